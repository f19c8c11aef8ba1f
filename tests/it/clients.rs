//! Real clients open every service: GDAL and OWSLib. QGIS is too big for a gate; it is run by hand.

use crate::support::region;
use serde_json::Value;
use std::process::Command;

/// Runs a program and answers its standard output; panics with its words when it fails.
#[track_caller]
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        // Answers must come from the server each time, and its axis order must be taken at its word.
        .env("GDAL_HTTP_TIMEOUT", "60")
        // Otherwise it keeps pictures in the current folder, which is the checkout.
        .env("GDAL_DEFAULT_WMS_CACHE_PATH", std::env::temp_dir().join("datasud-tests-gdal-cache"))
        .output()
        .unwrap_or_else(|e| panic!("{program} can't be run ({e}); `make test` installs what is missing"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}\n{out}\n{err}");
    out.into_owned()
}

/// What GDAL reads from a service, as GeoJSON in longitude and latitude.
#[track_caller]
fn gdal_features(source: &str, arguments: &[&str]) -> Value {
    let mut all = vec!["-f", "GeoJSON", "/vsistdout/", source];
    all.extend(arguments);
    serde_json::from_str(&run("ogr2ogr", &all)).expect("GeoJSON")
}

/// Count and corner sum of features, to compare what different roads deliver.
fn weigh(features: &Value) -> (usize, [f64; 2]) {
    let list = features["features"].as_array().expect("features");
    let mut sum = [0.0, 0.0];
    for feature in list {
        let mut place = &feature["geometry"]["coordinates"];
        while place[0].is_array() {
            place = &place[0];
        }
        sum[0] += place[0].as_f64().unwrap_or(0.0);
        sum[1] += place[1].as_f64().unwrap_or(0.0);
    }
    (list.len(), sum)
}

fn alike(a: (usize, [f64; 2]), b: (usize, [f64; 2])) -> bool {
    a.0 == b.0 && (a.1[0] - b.1[0]).abs() < 1e-3 && (a.1[1] - b.1[1]).abs() < 1e-3
}

#[test]
fn gdal_reads_the_same_features_through_wfs_and_ogc_api() {
    let region = region();
    let wfs = format!("WFS:{}", region.url("/wfs?VERSION=2.0.0"));
    let earlier = format!("WFS:{}", region.url("/wfs?VERSION=1.1.0"));
    let oapif = format!("OAPIF:{}", region.url("/ogc"));
    let names = run("ogrinfo", &["-q", "-ro", &wfs]);
    let typed = names
        .lines()
        .find_map(|l| l.split_whitespace().find(|w| w.ends_with(":communes")))
        .unwrap_or_else(|| panic!("no communes in {names}"))
        .to_owned();
    let api = gdal_features(&oapif, &["communes"]);
    let xml = gdal_features(&wfs, &[&typed, "-t_srs", "EPSG:4326"]);
    let (api_weight, xml_weight) = (weigh(&api), weigh(&xml));
    assert!(api_weight.0 > 50, "{api_weight:?}");
    assert!(alike(api_weight, xml_weight), "{api_weight:?} {xml_weight:?}");
    let old_weight = weigh(&gdal_features(&earlier, &[&typed, "-t_srs", "EPSG:4326"]));
    assert!(alike(api_weight, old_weight), "WFS 1.1: {api_weight:?} {old_weight:?}");
}

#[test]
fn gdal_filters_on_the_server_by_attribute_and_by_box() {
    let region = region();
    let wfs = format!("WFS:{}", region.url("/wfs?VERSION=2.0.0"));
    let all = gdal_features(&format!("OAPIF:{}", region.url("/ogc")), &["equipements"]);
    let first = &all["features"][0];
    let (x, y) = (
        first["geometry"]["coordinates"][0].as_f64().expect("x"),
        first["geometry"]["coordinates"][1].as_f64().expect("y"),
    );
    let inside = |f: &Value| {
        let c = &f["geometry"]["coordinates"];
        (c[0].as_f64().unwrap_or(0.0) - x).abs() <= 0.05 && (c[1].as_f64().unwrap_or(0.0) - y).abs() <= 0.05
    };
    let expected = all["features"].as_array().expect("list").iter().filter(|f| inside(f)).count();
    let bounds = [x - 0.05, y - 0.05, x + 0.05, y + 0.05].map(|v| v.to_string());
    let mut arguments = vec!["-spat"];
    arguments.extend(bounds.iter().map(String::as_str));
    let names = run("ogrinfo", &["-q", "-ro", &wfs]);
    let typed = names.lines().find_map(|l| l.split_whitespace().find(|w| w.ends_with(":equipements")));
    arguments.insert(0, typed.expect("type"));
    let found = gdal_features(&wfs, &arguments);
    assert!(expected > 0);
    assert_eq!(found["features"].as_array().map(Vec::len), Some(expected));
}

#[test]
fn gdal_draws_a_wms_layer_with_its_picture_not_blank() {
    let region = region();
    let capabilities = run("gdalinfo", &[&format!("WMS:{}", region.url("/wms"))]);
    assert!(capabilities.contains("LAYERS=communes"), "{capabilities}");
    let folder = tempfile::tempdir().expect("folder");
    let picture = folder.path().join("map.png");
    let source = capabilities
        .lines()
        .find(|l| l.contains("LAYERS=communes&") && l.contains("_NAME="))
        .and_then(|l| l.split_once('='))
        .map(|(_, address)| address.to_owned())
        .expect("subdataset");
    run(
        "gdal_translate",
        &["-q", "-of", "PNG", "-outsize", "200", "200", &source, &picture.display().to_string()],
    );
    let info = run("gdalinfo", &["-json", "-stats", &picture.display().to_string()]);
    let info: Value = serde_json::from_str(&info).expect("JSON");
    let spread = info["bands"][0]["stdDev"].as_f64().expect("statistics");
    assert!(spread > 1.0, "the map is blank: {info}");
}

/// Whether GDAL's copy of a source has something drawn in it.
#[track_caller]
fn is_drawn(source: &str, options: &[&str]) -> bool {
    let folder = tempfile::tempdir().expect("folder");
    let picture = folder.path().join("map.png").display().to_string();
    let mut arguments = vec!["-q", "-of", "PNG", "-outsize", "200", "200"];
    arguments.extend(options);
    arguments.extend([source, &picture]);
    run("gdal_translate", &arguments);
    let info: Value = serde_json::from_str(&run("gdalinfo", &["-json", "-stats", &picture])).expect("JSON");
    info["bands"][0]["stdDev"].as_f64().expect("statistics") > 1.0
}

#[test]
fn gdal_draws_wmts_layers_in_both_grids() {
    let region = region();
    let capabilities = run("gdalinfo", &[&format!("WMTS:{}", region.url("/wmts"))]);
    for grid in ["WebMercatorQuad", "WorldCRS84Quad"] {
        assert!(capabilities.contains(&format!("layer=communes,tilematrixset={grid}")), "{capabilities}");
        for address in ["/wmts", "/wmts/1.0.0/WMTSCapabilities.xml"] {
            let source = format!("WMTS:{},layer=communes,tilematrixset={grid}", region.url(address));
            let info: Value = serde_json::from_str(&run("gdalinfo", &["-json", &source])).expect("JSON");
            let corner = info["wgs84Extent"]["coordinates"][0][0].as_array().expect("a corner");
            assert!((corner[0].as_f64().expect("x") - 5.24).abs() < 0.1, "{grid}: {corner:?}");
            assert!((corner[1].as_f64().expect("y") - 43.93).abs() < 0.1, "{grid}: {corner:?}");
            assert!(is_drawn(&source, &[]), "{grid} {address}");
        }
    }
}

/// GDAL 3.6 reads tile matrix sets of the standard's first version only and opens no tileset; that it finds the
/// collections and reads a tile at the standard's address is what can be held.
#[test]
fn gdal_finds_collections_by_ogc_api_and_reads_a_tile_of_theirs() {
    let region = region();
    let found = run("gdalinfo", &[&format!("OGCAPI:{}", region.url("/ogc"))]);
    assert!(found.contains("/ogc/collections/communes"), "{found}");
    let tile = region.url("/ogc/collections/communes/tiles/WebMercatorQuad/8/93/132?f=mvt");
    let answer = crate::support::get(&tile);
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("tile.mvt");
    std::fs::write(&file, &answer.body).expect("written");
    let place = ["-oo", "Z=8", "-oo", "X=132", "-oo", "Y=93"];
    let mut options = place.to_vec();
    options.extend(["-t_srs", "EPSG:4326", "communes"]);
    let features = gdal_features(&format!("MVT:{}", file.display()), &options);
    let (count, [x, y]) = weigh(&features);
    let middle = [x / count as f64, y / count as f64];
    assert!(count > 20, "{count}");
    assert!((5.2..6.3).contains(&middle[0]) && (43.2..44.0).contains(&middle[1]), "{middle:?}");
}

#[test]
fn gdal_reads_a_vector_tile() {
    let region = region();
    let tile = region.url("/tiles/communes/8/132/93.mvt");
    let found = run("ogrinfo", &["-ro", "-so", "-al", &format!("MVT:{tile}")]);
    assert!(found.contains("Layer name: communes"), "{found}");
}

const OWSLIB: &str = r#"
import json, sys
from owslib.wms import WebMapService
from owslib.wfs import WebFeatureService
from owslib.csw import CatalogueServiceWeb
from owslib.fes import PropertyIsLike, BBox
from owslib.ogcapi.features import Features
base = sys.argv[1]
out = {}
for version in ("1.1.1", "1.3.0"):
    wms = WebMapService(base + "/wms", version=version)
    layer = wms["communes"]
    picture = wms.getmap(layers=["communes"], styles=[""], srs="EPSG:4326", bbox=layer.boundingBoxWGS84,
                         size=(64, 64), format="image/png").read()
    out["wms " + version] = picture[:8].hex()
    out["metadata " + version] = len(layer.metadataUrls)
wfs = WebFeatureService(base + "/wfs", version="2.0.0")
name = next(n for n in wfs.contents if n.endswith(":communes"))
out["wfs"] = json.load(wfs.getfeature(typename=[name], outputFormat="application/json", maxfeatures=3))["numberReturned"]
out["schema"] = sorted(wfs.get_schema(name)["properties"])
old = WebFeatureService(base + "/wfs", version="1.1.0")
out["wfs 1.1"] = old.getfeature(typename=[name], maxfeatures=3).read().count(b"<gml:featureMember>")
out["schema 1.1"] = sorted(old.get_schema(name)["properties"])
api = Features(base + "/ogc")
out["collections"] = sorted(api.feature_collections())
out["items"] = api.collection_items("communes", limit=5)["numberReturned"]
csw = CatalogueServiceWeb(base + "/csw")
csw.getrecords2(maxrecords=100)
out["records"] = csw.results["matches"]
csw.getrecords2(constraints=[PropertyIsLike("csw:AnyText", "commune")], esn="full", maxrecords=10)
out["found"] = csw.results["matches"]
out["references"] = sorted({r["scheme"] for r in next(iter(csw.records.values())).references})
csw.getrecords2(constraints=[BBox([43.0, 4.0, 45.5, 8.0], crs="urn:ogc:def:crs:EPSG::4326")])
out["in box"] = csw.results["matches"]
csw.getrecords2(outputschema="http://www.isotc211.org/2005/gmd", esn="full", maxrecords=10)
out["iso"] = sum(1 for r in csw.records.values() if r.identification)
print(json.dumps(out))
"#;

#[test]
fn owslib_opens_maps_features_and_the_catalogue() {
    let python = std::env::var("DATASUD_PYTHON")
        .expect("DATASUD_PYTHON names a Python with OWSLib; `make test` makes one (scripts/test-tools)");
    let out: Value = serde_json::from_str(&run(&python, &["-c", OWSLIB, &region().base])).expect("JSON");
    for version in ["1.1.1", "1.3.0"] {
        assert_eq!(out[format!("wms {version}")], "89504e470d0a1a0a", "{out}");
    }
    assert!(out["metadata 1.3.0"].as_u64() > Some(0), "{out}");
    assert_eq!(out["wfs"], 3, "{out}");
    assert_eq!(out["wfs 1.1"], 3, "{out}");
    assert_eq!(out["schema 1.1"], out["schema"], "{out}");
    assert_eq!(out["items"], 5, "{out}");
    let datasets = out["records"].as_u64().expect("count");
    assert!(datasets >= 5, "{out}");
    assert_eq!(out["iso"].as_u64(), Some(datasets), "{out}");
    assert_eq!(out["in box"].as_u64(), Some(datasets), "{out}");
    let found = out["found"].as_u64().expect("count");
    assert!((1..datasets).contains(&found), "{out}");
    for scheme in ["OGC:WMS", "OGC:WFS"] {
        assert!(out["references"].as_array().is_some_and(|l| l.iter().any(|s| s == scheme)), "{out}");
    }
}

const OWSLIB_CSW_3: &str = r#"
import json, sys
from owslib.csw import CatalogueServiceWeb
from owslib.fes2 import BBox, PropertyIsLike, SortBy, SortProperty
address = sys.argv[1] + "/csw"
old = CatalogueServiceWeb(address)
old.getrecords2(maxrecords=100)
csw = CatalogueServiceWeb(address, version="3.0.0")
out = {"version": csw.version, "operations": [o.name for o in csw.operations], "old": old.results["matches"]}
csw.getrecords(maxrecords=100, esn="full", sortby=SortBy([SortProperty("dc:title", "DESC")]))
out["all"] = csw.results["matches"]
out["titles"] = [r.title for r in csw.records.values()]
out["references"] = sorted({r["scheme"] for r in next(iter(csw.records.values())).references})
first = next(iter(csw.records))
csw.getrecords(constraints=[PropertyIsLike("csw:AnyText", "%commune%")])
out["found"] = csw.results["matches"]
csw.getrecords(constraints=[BBox([43.0, 4.0, 45.5, 8.0], crs="urn:ogc:def:crs:EPSG::4326")])
out["in box"] = csw.results["matches"]
csw.getrecords(outputschema="http://www.isotc211.org/2005/gmd", esn="full", maxrecords=2)
out["iso"] = sum(1 for r in csw.records.values() if r.identification)
out["next"] = csw.results["nextrecord"]
csw.getrecordbyid([first])
out["by id"] = csw._exml.getroot().tag
print(json.dumps(out))
"#;

#[test]
fn owslib_opens_the_catalogue_by_csw_3() {
    let python = std::env::var("DATASUD_PYTHON")
        .expect("DATASUD_PYTHON names a Python with OWSLib; `make test` makes one (scripts/test-tools)");
    let out: Value =
        serde_json::from_str(&run(&python, &["-c", OWSLIB_CSW_3, &region().base])).expect("JSON");
    let operations = ["GetCapabilities", "GetRecords", "GetDomain", "GetRecordById"];
    assert_eq!(out["operations"], serde_json::json!(operations));
    let datasets = out["all"].as_u64().expect("count");
    assert!(datasets >= 5 && out["old"].as_u64() == Some(datasets), "{out}");
    let titles: Vec<&str> =
        out["titles"].as_array().expect("titles").iter().filter_map(Value::as_str).collect();
    assert_eq!(titles.len() as u64, datasets, "{out}");
    assert!(titles.is_sorted_by(|a, b| a >= b), "{out}");
    assert!((1..datasets).contains(&out["found"].as_u64().expect("count")), "{out}");
    assert_eq!(out["in box"].as_u64(), Some(datasets), "{out}");
    assert_eq!((out["iso"].as_u64(), out["next"].as_u64()), (Some(2), Some(3)), "{out}");
    assert_eq!(out["by id"], "{http://www.opengis.net/cat/csw/3.0}Record", "{out}");
    assert!(out["references"].as_array().is_some_and(|l| l.iter().any(|s| s == "OGC:WMS")), "{out}");
}

//! WMS 1.3.0 and 1.1.1 over the real server.

use crate::picture::{self, Picture};
use crate::schemas;
use crate::support::{self, Answer, TestServer, get, get_with, head, ingest, post, region};
use datasud::config::Config;
use std::path::{Path, PathBuf};

const MAP: &str =
    "/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&STYLES=&FORMAT=image/png&WIDTH=100&HEIGHT=80";

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

/// A server with one layer `essai` of squares in Lambert-93, 100 m each, in the given style.
pub(crate) async fn squares(style: &str) -> (TestServer, support::TestDatabase, tempfile::TempDir) {
    let folder = support::open_folder("wms");
    let square = |index: usize, x: f64, y: f64, kind: &str, size: Option<i32>| {
        let (r, t) = (x + 100.0, y + 100.0);
        let size = size.map_or("null".to_owned(), |s| s.to_string());
        format!(
            r#"{{"type":"Feature","properties":{{"nom":"n°{index} <é>","genre":"{kind}","taille":{size}}},
            "geometry":{{"type":"Polygon","coordinates":[[[{x},{y}],[{r},{y}],[{r},{t}],[{x},{t}],[{x},{y}]]]}}}}"#
        )
    };
    let features = [
        square(1, 900_000.0, 6_250_000.0, "a", Some(1)),
        square(2, 900_100.0, 6_250_000.0, "b", Some(20)),
        square(3, 900_200.0, 6_250_000.0, "c", None),
    ];
    let crs = r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}}"#;
    let data = write(
        folder.path(),
        "essai.geojson",
        &format!(r#"{{"type":"FeatureCollection","crs":{crs},"features":[{}]}}"#, features.join(",")),
    );
    let style = write(folder.path(), "essai.sld", style);
    let database = support::database().await;
    ingest(&database, "essai", &[data], |r| {
        r.style = Some(std::fs::read_to_string(&style).expect("style"));
    })
    .await
    .expect("published");
    let server = support::server(&database);
    (server, database, folder)
}

pub(crate) fn rule(condition: &str, color: &str) -> String {
    format!(
        "<Rule>{condition}<PolygonSymbolizer><Fill><CssParameter name=\"fill\">{color}</CssParameter></Fill>\
         </PolygonSymbolizer></Rule>"
    )
}

pub(crate) fn style(rules: &str) -> String {
    format!(
        "<StyledLayerDescriptor version=\"1.0.0\" xmlns=\"http://www.opengis.net/sld\" \
         xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:gml=\"http://www.opengis.net/gml\"><NamedLayer>\
         <Name>essai</Name><UserStyle><FeatureTypeStyle>{rules}</FeatureTypeStyle></UserStyle></NamedLayer>\
         </StyledLayerDescriptor>"
    )
}

/// Three squares and a margin of 50 m: 400 × 200 m in 400 × 200 pixels.
pub(crate) const THREE: &str = "/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&STYLES=&FORMAT=image/png&LAYERS=essai\
     &CRS=EPSG:2154&BBOX=899950,6249950,900350,6250150&WIDTH=400&HEIGHT=200";

#[track_caller]
pub(crate) fn error(answer: &Answer, code: &str) -> String {
    let text = answer.text();
    assert!((400..500).contains(&answer.status), "{} {text}", answer.status);
    assert!(text.contains(&format!("code=\"{code}\"")), "no {code} in {text}");
    text
}

#[test]
fn capabilities_are_valid_against_the_official_schema_and_dtd_in_every_scope() {
    for scope in ["", "/org/vallee-de-l-aigue", "/dataset/patrimoine"] {
        let answer = get(&region().url(&format!("{scope}/wms?service=wms&request=getcapabilities")));
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/xml; charset=utf-8"));
        let schemas = [
            ("http://www.opengis.net/wms", "http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd"),
            ("http://www.opengis.net/sld", "http://schemas.opengis.net/sld/1.1.0/sld_capabilities.xsd"),
        ];
        schemas::validate_mixed(&answer.body, &schemas);
        let text = answer.text();
        assert_eq!(text.contains("<Name>communes</Name>"), scope != "/dataset/patrimoine");
        assert!(text.contains(&format!("{scope}/wms?\"")), "links stay in their scope");
        let old =
            get(&region().url(&format!("{scope}/wms?service=WMS&request=GetCapabilities&version=1.1.1")));
        assert_eq!(old.header("content-type"), "application/vnd.ogc.wms_xml");
        schemas::validate_by_dtd(&old.body);
    }
}

#[test]
fn versions_and_update_sequences_are_negotiated() {
    let ask = |more: &str| get(&region().url(&format!("/wms?SERVICE=WMS&REQUEST=GetCapabilities{more}")));
    for (asked, got) in [("", "1.3.0"), ("&VERSION=1.3.0", "1.3.0"), ("&VERSION=9.0.0", "1.3.0")] {
        assert!(ask(asked).text().contains(&format!("<WMS_Capabilities version=\"{got}\"")), "{asked}");
    }
    for asked in ["&VERSION=1.1.1", "&VERSION=1.0.0", "&WMTVER=1.1.0"] {
        assert!(ask(asked).text().contains("<WMT_MS_Capabilities version=\"1.1.1\""), "{asked}");
    }
    let text = ask("").text();
    let sequence = text.split("updateSequence=\"").nth(1).and_then(|t| t.split('"').next()).expect("one");
    error(&ask(&format!("&UPDATESEQUENCE={sequence}")), "CurrentUpdateSequence");
    error(&ask("&UPDATESEQUENCE=999999999"), "InvalidUpdateSequence");
    error(&ask("&UPDATESEQUENCE=hier"), "InvalidUpdateSequence");
    assert_eq!(ask("&UPDATESEQUENCE=0").status, 200);
}

#[test]
fn capabilities_are_the_same_text_packed_or_not_and_not_sent_again_to_who_has_them() {
    for path in [
        "/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.3.0",
        "/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.1.1",
        "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities",
    ] {
        let url = region().url(path);
        let plain = get_with(&url, &[("accept-encoding", "identity")]);
        let packed = get_with(&url, &[("accept-encoding", "gzip")]);
        assert_eq!((plain.header("content-encoding"), plain.status), ("", 200), "{path}");
        assert!(packed.header("vary").contains("Accept-Encoding"), "{path}");
        assert_eq!(plain.text(), packed.text(), "{path}");
        let etag = plain.header("etag").to_owned();
        assert_eq!(packed.header("etag"), etag, "{path}");
        let again = get_with(&url, &[("if-none-match", &etag)]);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        let other = get_with(&url, &[("if-none-match", "\"else\"")]);
        assert_eq!((other.status, other.text()), (200, plain.text()), "{path}");
        let english = get_with(&url, &[("accept-language", "en")]);
        assert_ne!(english.header("etag"), etag, "{path}");
        assert_eq!(head(&url).header("etag"), etag, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn capabilities_of_hundreds_of_layers_are_whole_while_they_are_written_and_follow_each_change() {
    let database = support::database().await;
    let data = [region::fixture("equipements.geojson")];
    ingest(&database, "equipements", &data, |_| ()).await.expect("published");
    let more = "with d as (insert into datasud.dataset (organisation_id, slug, title, record)
                    select organisation_id, 'jeu-' || n, 'Jeu <' || n || '>', gen_random_uuid()
                    from datasud.dataset, generate_series(1, 400) n returning id, slug, title),
                l as (insert into datasud.layer (dataset_id, slug, title, table_name, geometry, srid, columns, extent,
                        extent_lonlat, gml)
                    select d.id, d.slug, d.title, 'rien-' || d.slug, l.geometry, l.srid, l.columns, l.extent,
                        l.extent_lonlat, l.gml from d, datasud.layer l returning id)
                insert into datasud.style (layer_id, name, title, sld, is_default)
                select l.id, s.name, s.title, s.sld || '<!-- ' || l.id || ' -->', true from l, datasud.style s";
    let mut session = database.store.job().await.expect("session");
    session.batch(more).await.expect("layers");
    // Two nodes behind one address.
    let public_url = Some("https://cartes.example.org".to_owned());
    let config = Config { public_url, ..support::config() };
    let nodes = [0, 1].map(|_| support::server_with(&database, config.clone()));
    for (path, mark) in [
        ("/wms?SERVICE=WMS&REQUEST=GetCapabilities", "<Name>jeu-"),
        ("/wmts?SERVICE=WMTS&REQUEST=GetCapabilities&Sections=Contents", "<ows:Identifier>jeu-"),
    ] {
        let urls = nodes.each_ref().map(|node| format!("{}{path}", node.base));
        // All at once: one of them has it written, the others read along.
        let answers = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..4)
                .map(|n| {
                    let encoding = if n % 2 == 0 { "gzip" } else { "identity" };
                    let url = &urls[0];
                    scope.spawn(move || get_with(url, &[("accept-encoding", encoding)]))
                })
                .collect();
            asked.into_iter().map(|thread| thread.join().expect("an answer")).collect::<Vec<_>>()
        });
        let text = answers[0].text();
        assert_eq!(text.matches(mark).count(), 400, "{path}");
        assert!(text.trim_end().ends_with("Capabilities>"), "{path}");
        assert!(answers.iter().all(|a| a.text() == text), "{path}");
        assert_eq!(get(&urls[0]).text(), text, "{path}");
        let etag = answers[0].header("etag");
        assert_eq!(get_with(&urls[1], &[("if-none-match", etag)]).status, 304, "{path}: every node knows it");
    }
    let [node, _] = nodes;
    let url = format!("{}/wms?SERVICE=WMS&REQUEST=GetCapabilities", node.base);
    let before = get(&url).header("etag").to_owned();
    let renamed = "update datasud.layer set title = 'Autrement' where slug = 'jeu-123';
                   select pg_notify('datasud', '{\"kind\":\"catalogue\",\"generation\":0}')";
    session.batch(renamed).await.expect("renamed");
    support::until_holds("the change is never shown", async || {
        let now = get_with(&url, &[("if-none-match", &before)]);
        now.status == 200 && now.text().contains("<Title>Autrement</Title>")
    })
    .await;
}

#[test]
fn wrong_requests_get_the_standards_codes_in_the_versions_form() {
    let good = format!("{MAP}&LAYERS=communes&CRS=EPSG:2154&BBOX=900000,6200000,950000,6240000");
    assert_eq!(get(&region().url(&good)).status, 200);
    let cases = [
        ("LAYERS=communes", "LAYERS=rien", "LayerNotDefined"),
        ("LAYERS=communes", "LAYERS=communes,", "LayerNotDefined"),
        ("&LAYERS=communes", "", "MissingParameterValue"),
        ("STYLES=", "STYLES=beau", "StyleNotDefined"),
        ("STYLES=", "STYLES=default,default", "StyleNotDefined"),
        ("CRS=EPSG:2154", "CRS=EPSG:999999", "InvalidCRS"),
        ("CRS=EPSG:2154", "CRS=lambert", "InvalidCRS"),
        ("image/png", "image/bmp", "InvalidFormat"),
        ("&VERSION=1.3.0", "", "MissingParameterValue"),
        ("WIDTH=100", "WIDTH=0", "InvalidParameterValue"),
        ("WIDTH=100", "WIDTH=-5", "InvalidParameterValue"),
        ("WIDTH=100", "WIDTH=1000000", "InvalidParameterValue"),
        ("HEIGHT=80", "HEIGHT=ten", "InvalidParameterValue"),
        ("BBOX=900000,6200000,950000,6240000", "BBOX=950000,6200000,900000,6240000", "InvalidParameterValue"),
        ("BBOX=900000,6200000,950000,6240000", "BBOX=900000,6200000,900000,6240000", "InvalidParameterValue"),
        ("BBOX=900000,6200000,950000,6240000", "BBOX=NaN,6200000,900000,6240000", "InvalidParameterValue"),
        ("BBOX=900000,6200000,950000,6240000", "BBOX=-inf,6200000,900000,6240000", "InvalidParameterValue"),
        ("BBOX=900000,6200000,950000,6240000", "BBOX=-1e308,-1e308,1e308,1e308", "InvalidParameterValue"),
        ("BBOX=900000,6200000,950000,6240000", "BBOX=1,2,3", "InvalidParameterValue"),
        ("STYLES=", "STYLES=&BGCOLOR=blue", "InvalidParameterValue"),
        ("REQUEST=GetMap", "REQUEST=GetMoney", "OperationNotSupported"),
        ("SERVICE=WMS", "SERVICE=WFS", "InvalidParameterValue"),
        ("STYLES=", "STYLES=%zz", "InvalidParameterValue"),
    ];
    for (from, to, code) in cases {
        let answer = get(&region().url(&good.replace(from, to)));
        let text = error(&answer, code);
        schemas::validate(text.as_bytes(), "http://schemas.opengis.net/wms/1.3.0/exceptions_1_3_0.xsd");
    }
    let many = vec!["communes"; 51].join(",");
    error(&get(&region().url(&good.replace("communes", &many))), "InvalidParameterValue");
    let old = good.replace("1.3.0", "1.1.1").replace("CRS=EPSG:2154", "SRS=EPSG:999999");
    let answer = get(&region().url(&old));
    error(&answer, "InvalidSRS");
    assert_eq!(answer.header("content-type"), "application/vnd.ogc.se_xml");
    schemas::validate_by_dtd(&answer.body);
    let nowhere = get(&region().url("/org/personne/wms?SERVICE=WMS&REQUEST=GetCapabilities"));
    assert_eq!(nowhere.status, 404);
    assert!(nowhere.text().contains("ServiceExceptionReport"));
    let elsewhere = get(&region().url(&format!("/dataset/patrimoine{good}")));
    error(&elsewhere, "LayerNotDefined");
}

#[test]
fn errors_come_as_pictures_when_asked_for() {
    let wrong = format!("{MAP}&LAYERS=rien&CRS=EPSG:2154&BBOX=0,0,1,1").replace("WIDTH=100", "WIDTH=400");
    let blank = get(&region().url(&format!("{wrong}&EXCEPTIONS=BLANK&BGCOLOR=0x0000ff")));
    assert_eq!((blank.status, blank.header("content-type")), (200, "image/png"));
    assert_eq!(Picture::decode(&blank.body).count(|p| p == [0, 0, 255, 255]), 400 * 80);
    let told = get(&region().url(&format!("{wrong}&EXCEPTIONS=INIMAGE")));
    let told = Picture::decode(&told.body);
    assert!((100..10_000).contains(&told.count(|p| p[1] < 128)), "letters on white");
    let old = wrong.replace("1.3.0", "1.1.1").replace("CRS=", "SRS=");
    let clear =
        get(&region().url(&format!("{old}&EXCEPTIONS=application/vnd.ogc.se_blank&TRANSPARENT=TRUE")));
    assert_eq!(Picture::decode(&clear.body).count(|p| p[3] == 0), 400 * 80);
}

#[test]
fn backgrounds_are_white_coloured_or_transparent() {
    let empty = format!("{MAP}&LAYERS=communes&CRS=EPSG:2154&BBOX=100000,6900000,100100,6900080");
    let all = |more: &str, pixel: [u8; 4]| {
        let answer = get(&region().url(&format!("{empty}{more}")));
        assert_eq!(Picture::decode(&answer.body).count(|p| p == pixel), 8000, "{more}");
    };
    all("", [255, 255, 255, 255]);
    all("&BGCOLOR=0x0A1b2C", [10, 27, 44, 255]);
    all("&TRANSPARENT=true", [0, 0, 0, 0]);
    all("&TRANSPARENT=FALSE&BGCOLOR=%23010203", [1, 2, 3, 255]);
    let jpeg = get(&region().url(&empty.replace("image/png", "image/jpeg")));
    assert_eq!(jpeg.header("content-type"), "image/jpeg");
    assert_eq!(jpeg.body[..2], [0xff, 0xd8]);
}

#[test]
fn an_unchanged_map_is_not_sent_again_and_head_and_post_are_like_get() {
    let query = format!("{MAP}&LAYERS=communes&CRS=EPSG:3857&BBOX=600000,5300000,720000,5400000");
    let url = region().url(&query);
    let first = get(&url);
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with('"') && first.header("cache-control").contains("no-cache"));
    let again = get_with(&url, &[("If-None-Match", &etag)]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    let asked = head(&url);
    assert_eq!((asked.status, asked.body.len(), asked.header("etag")), (200, 0, etag.as_str()));
    let (path, form) = query.split_once('?').expect("a query");
    let posted = post(&region().url(path), "application/x-www-form-urlencoded", form);
    assert_eq!(posted.body, first.body);
    let xml = post(&region().url(path), "application/xml", "<GetMap/>");
    assert!(xml.status == 400 && xml.text().contains("ServiceException"));
    // What other servers understand is not in the way.
    let vendor = get(&format!("{url}&DPI=96&MAP_RESOLUTION=96&FORMAT_OPTIONS=dpi:96&tiled=yes&foo="));
    assert_eq!(vendor.body, first.body);
    let print = get(&format!("{url}&DPI=192"));
    assert_ne!(print.body, first.body, "twice the resolution has twice the line width");
}

#[test]
fn exponents_in_a_box_mean_the_same_number() {
    let plain = get(&region().url(&format!("{MAP}&LAYERS=communes&CRS=CRS:84&BBOX=5.5,43.1,6.5,43.9")));
    for spelled in ["5.5e0,431e-1,.65E1,4.39e%2B1", "5.5e0,431e-1,.65E+1,4.39e+1"] {
        let other = get(&region().url(&format!("{MAP}&LAYERS=communes&CRS=CRS:84&BBOX={spelled}")));
        assert_eq!(other.body, plain.body, "{spelled}");
    }
}

#[test]
fn legends_have_the_size_that_capabilities_state() {
    let text = get(&region().url("/wms?SERVICE=WMS&REQUEST=GetCapabilities")).text();
    let document = roxmltree::Document::parse(&text).expect("XML");
    let legends: Vec<_> = document
        .descendants()
        .filter(|n| n.has_tag_name(("http://www.opengis.net/wms", "LegendURL")))
        .collect();
    assert!(legends.len() >= 5);
    for legend in legends {
        let number = |name| legend.attribute(name).and_then(|v| v.parse::<u32>().ok()).expect("a number");
        let link = legend.descendants().find_map(|n| n.attribute(("http://www.w3.org/1999/xlink", "href")));
        let answer = get(link.expect("a link"));
        assert_eq!(answer.header("content-type"), "image/png");
        let picture = Picture::decode(&answer.body);
        assert_eq!((picture.width, picture.height), (number("width"), number("height")));
        assert!(picture.count(|p| p != [255, 255, 255, 255]) > 10, "not empty");
    }
    let old = "/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetLegendGraphic&LAYER=routes&FORMAT=image/png&SLD_VERSION=1.1.0";
    assert_eq!(get(&region().url(old)).status, 200);
    error(&get(&region().url(&old.replace("routes", "rien"))), "LayerNotDefined");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_tell_features_apart_in_memory_and_by_the_database_alike() {
    let literal = |name: &str, value: &str| {
        format!("<ogc:PropertyName>{name}</ogc:PropertyName><ogc:Literal>{value}</ogc:Literal>")
    };
    let equal = format!("<ogc:PropertyIsEqualTo>{}</ogc:PropertyIsEqualTo>", literal("genre", "a"));
    let greater =
        format!("<ogc:PropertyIsGreaterThan>{}</ogc:PropertyIsGreaterThan>", literal("taille", "9.5"));
    // Only the database can tell this one.
    let spatial = "<ogc:Intersects><ogc:PropertyName>geom</ogc:PropertyName><gml:Point><gml:pos>900150 6250050\
                   </gml:pos></gml:Point></ogc:Intersects>";
    for second in [greater.as_str(), spatial] {
        let rules = [
            rule(&format!("<ogc:Filter>{equal}</ogc:Filter>"), "#ff0000"),
            rule(&format!("<ogc:Filter>{second}</ogc:Filter>"), "#00ff00"),
            rule("<ElseFilter/>", "#0000ff"),
        ];
        let (server, _database, _folder) = squares(&style(&rules.concat())).await;
        let url = format!("{}{THREE}", server.base);
        let picture =
            tokio::task::spawn_blocking(move || Picture::decode(&get(&url).body)).await.expect("drawn");
        let colors = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]];
        for (index, color) in colors.into_iter().enumerate() {
            let middle = 100 + 100 * index as u32;
            assert_eq!(picture.at(middle, 100), color, "square {index} of {second}");
            // Flat to its very border, and not a pixel more.
            assert_eq!(picture.count(|p| p == color), 10_000, "square {index} of {second}");
        }
        assert_eq!(picture.count(|p| p == [255, 255, 255, 255]), 400 * 200 - 30_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn maps_and_infos_hold_only_what_the_conditions_of_a_request_leave() {
    let (server, _database, _folder) = squares(&style(&rule("", "#ff0000"))).await;
    let base = server.base.clone();
    let drawn = move |more: &str| -> Vec<u32> {
        let answer = get(&format!("{base}{THREE}{more}"));
        assert_eq!(answer.status, 200, "{more}: {}", answer.text());
        let picture = Picture::decode(&answer.body);
        (1..=3).filter(|square| picture.at(100 * square, 100) == [255, 0, 0, 255]).collect()
    };
    let base = server.base.clone();
    let check = move || {
        let fes = |name: &str, value: &str| {
            format!(
                "%3CFilter%3E%3CPropertyIsEqualTo%3E%3CPropertyName%3E{name}%3C/PropertyName%3E%3CLiteral%3E{value}%3C/Literal%3E%3C/PropertyIsEqualTo%3E%3C/Filter%3E"
            )
        };
        for (more, squares) in [
            (String::new(), vec![1, 2, 3]),
            ("&CQL_FILTER=genre='a'".to_owned(), vec![1]),
            ("&CQL_FILTER=INCLUDE".to_owned(), vec![1, 2, 3]),
            ("&CQL_FILTER=EXCLUDE".to_owned(), vec![]),
            ("&CQL_FILTER=taille%20IS%20NULL%20OR%20taille%3E9".to_owned(), vec![2, 3]),
            ("&CQL_FILTER=BBOX(geom,900110,6250010,900120,6250020)".to_owned(), vec![2]),
            (format!("&FILTER={}", fes("genre", "b")), vec![2]),
            (format!("&FILTER=({})", fes("genre", "b")), vec![2]),
            ("&FEATUREID=essai.3,essai.1".to_owned(), vec![1, 3]),
            ("&FEATUREID=essai.99,autre.1".to_owned(), vec![]),
            // Each condition must hold.
            ("&FEATUREID=essai.3,essai.1&CQL_FILTER=taille=1".to_owned(), vec![1]),
        ] {
            assert_eq!(drawn(&more), squares, "{more}");
            for (square, x) in (1..=3).zip([100, 200, 300]) {
                let address = format!("{base}{THREE}{more}").replace("GetMap", "GetFeatureInfo");
                let info = get(&format!(
                    "{address}&QUERY_LAYERS=essai&INFO_FORMAT=application/geo%2Bjson&I={x}&J=100"
                ));
                let found = info.json()["features"].as_array().expect("features").len();
                assert_eq!(found == 1, squares.contains(&square), "{more}: {square}");
            }
        }
        // One condition a layer; an empty one leaves its layer whole.
        let two = "&LAYERS=essai,essai&STYLES=";
        let both = format!("{base}{}", THREE.replace("&LAYERS=essai", two));
        let picture = Picture::decode(&get(&format!("{both}&CQL_FILTER=genre='a';genre='c'")).body);
        assert_eq!([100, 200, 300].map(|x| picture.at(x, 100)[1]), [0, 255, 0]);
        let picture = Picture::decode(&get(&format!("{both}&CQL_FILTER=genre='a';")).body);
        assert_eq!([100, 200, 300].map(|x| picture.at(x, 100)[1]), [0, 0, 0]);
        for (more, words) in [
            ("&CQL_FILTER=genre='a';genre='b'", ["2 conditions for 1 layers", "CQL_FILTER"]),
            ("&CQL_FILTER=couleur='a'", ["couleur", "genre"]),
            ("&CQL_FILTER=genre=", ["CQL_FILTER of layer 'essai'", "genre="]),
            ("&CQL_FILTER=taille='grand'", ["grand", "taille"]),
            ("&FILTER=%3CFilter%3E", ["FILTER of layer 'essai'", ""]),
            ("&FILTER=(%3CFilter/%3E)(%3CFilter/%3E)", ["2 conditions for 1 layers", "FILTER"]),
        ] {
            let text = error(&get(&format!("{base}{THREE}{more}")), "InvalidParameterValue");
            let text = text.replace("&apos;", "'").replace("&#39;", "'");
            for word in words {
                assert!(text.contains(word), "{word}: {text}");
            }
        }
    };
    tokio::task::spawn_blocking(check).await.expect("checked");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_drawn_within_their_scales_only() {
    // One metre a pixel is 1 : 3571.
    let rules = [
        rule("<MaxScaleDenominator>3000</MaxScaleDenominator>", "#ff0000"),
        rule(
            "<MinScaleDenominator>3000</MinScaleDenominator><MaxScaleDenominator>4000</MaxScaleDenominator>",
            "#00ff00",
        ),
        rule("<MinScaleDenominator>4000</MinScaleDenominator>", "#0000ff"),
    ];
    let (server, _database, _folder) = squares(&style(&rules.concat())).await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let at = |width: u32| {
            let query = THREE.replace("WIDTH=400", &format!("WIDTH={width}"));
            let query = query.replace("HEIGHT=200", &format!("HEIGHT={}", width / 2));
            let picture = Picture::decode(&get(&format!("{base}{query}")).body);
            picture.at(width / 2, width / 4)
        };
        assert_eq!(at(800), [255, 0, 0, 255]);
        assert_eq!(at(400), [0, 255, 0, 255]);
        assert_eq!(at(200), [0, 0, 255, 255]);
    })
    .await
    .expect("drawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_style_draws_as_it_was_accepted() {
    let rules = "<Rule><Title>Un</Title><PolygonSymbolizer><Fill><CssParameter name=\"fill\">#cde6b4</CssParameter>\
         </Fill><Stroke><CssParameter name=\"stroke\">#446622</CssParameter><CssParameter name=\"stroke-width\">3\
         </CssParameter><CssParameter name=\"stroke-dasharray\">12 6</CssParameter></Stroke></PolygonSymbolizer>\
         <PointSymbolizer><Graphic><Mark><WellKnownName>star</WellKnownName><Fill><CssParameter name=\"fill\">\
         #cc3311</CssParameter></Fill></Mark><Size>24</Size></Graphic></PointSymbolizer><TextSymbolizer><Label>\
         <ogc:PropertyName>nom</ogc:PropertyName></Label><Font><CssParameter name=\"font-size\">14</CssParameter>\
         <CssParameter name=\"font-weight\">bold</CssParameter></Font><LabelPlacement><PointPlacement><AnchorPoint>\
         <AnchorPointX>0.5</AnchorPointX><AnchorPointY>0</AnchorPointY></AnchorPoint><Displacement><DisplacementX>0\
         </DisplacementX><DisplacementY>14</DisplacementY></Displacement></PointPlacement></LabelPlacement><Halo>\
         <Radius>2</Radius></Halo></TextSymbolizer></Rule>";
    let (server, _database, _folder) = squares(&style(rules)).await;
    let url = format!("{}{THREE}", server.base);
    let answer = tokio::task::spawn_blocking(move || get(&url)).await.expect("drawn");
    picture::expect("wms-style", &answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_style_that_no_longer_fits_is_told_as_such_and_not_as_a_failure_of_the_server() {
    let (server, database, _folder) = squares(&style(&rule("", "#ff0000"))).await;
    let condition = "<ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>couleur</ogc:PropertyName>\
                     <ogc:Literal>a</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter>";
    let mut session = database.store.job().await.expect("session");
    for sld in [style(&rule(condition, "#ff0000")), "not a style".to_owned()] {
        session.execute("update datasud.style set sld = $1", &[&sld]).await.expect("changed behind the back");
        let fresh = support::server(&database);
        let url = format!("{}{THREE}", fresh.base);
        let answer = tokio::task::spawn_blocking(move || get(&url)).await.expect("answered");
        assert_eq!(answer.status, 400, "{}", answer.text());
        error(&answer, "StyleNotDefined");
        assert!(
            answer.text().contains("&apos;default&apos; ") && answer.text().contains("essai"),
            "{}",
            answer.text()
        );
        if sld.contains("couleur") {
            assert!(
                answer.text().contains("couleur") && answer.text().contains("genre"),
                "{}",
                answer.text()
            );
        }
    }
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caches_of_maps_and_tiles_spare_is_counted() {
    let (server, _database, _folder) = squares(&style(&rule("", "#ff0000"))).await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let told = |cache: &str, result: &str| {
            let line = format!("datasud_cache_requests_total{{cache=\"{cache}\",result=\"{result}\"}} ");
            let text = get(&format!("{base}/metrics")).text();
            text.lines().find_map(|l| l.strip_prefix(&line)?.parse::<u64>().ok()).unwrap_or(0)
        };
        // The middle of the squares, in the grid of Web Mercator.
        let tile = "/tiles/essai/14/8440/6000.mvt";
        for (cache, path) in [("maps", THREE), ("tiles", tile)] {
            let (hits, misses) = (told(cache, "hit"), told(cache, "miss"));
            let answer = get(&format!("{base}{path}"));
            assert!(answer.status == 200 && !answer.body.is_empty(), "{path}: {}", answer.status);
            assert!(told(cache, "miss") > misses, "{cache}: the first is made");
            assert_eq!(get(&format!("{base}{path}")).body, answer.body);
            assert!(told(cache, "hit") > hits, "{cache}: the second is kept");
        }
    })
    .await
    .expect("counted");
}

#[test]
fn a_map_too_large_in_all_is_refused_although_each_side_is_allowed() {
    let map = |width: u32, height: u32, more: &str| {
        get(&region().url(&format!(
            "/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&LAYERS=communes&STYLES=&FORMAT=image/png&CRS=EPSG:3857\
             &BBOX=0,0,1,1&WIDTH={width}&HEIGHT={height}{more}"
        )))
    };
    let refused = map(8000, 7000, "");
    error(&refused, "InvalidParameterValue");
    assert!(
        refused.text().contains("8000 by 7000") && refused.text().contains("50000000"),
        "{}",
        refused.text()
    );
    // Told in XML: the picture that should tell it would be as large.
    error(&map(8000, 7000, "&EXCEPTIONS=INIMAGE"), "InvalidParameterValue");
    assert_eq!(map(8000, 60, "").status, 200);
}

#[test]
fn the_demos_communes_look_as_they_were_accepted() {
    let query = "/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&LAYERS=communes,routes,equipements&STYLES=\
                 &FORMAT=image/png&CRS=EPSG:3857&BBOX=620000,5350000,700000,5410000&WIDTH=480&HEIGHT=360";
    picture::expect("wms-region", &get(&region().url(query)).body);
}

const INFO: &str = "&REQUEST=GetFeatureInfo&QUERY_LAYERS=essai&I=150&J=100";

#[tokio::test(flavor = "multi_thread")]
async fn feature_info_answers_in_every_format_and_escapes_what_it_shows() {
    let (server, _database, _folder) = squares(&style(&rule("", "#ff0000"))).await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let url = format!("{base}{}{INFO}", THREE.replace("&REQUEST=GetMap", ""));
        let ask = |format: &str| get(&format!("{url}&INFO_FORMAT={format}"));
        let text = ask("text/plain").text();
        assert!(text.contains("nom = n°1 <é>") && text.contains("taille = 1"), "{text}");
        let html = ask("text/html");
        assert_eq!(html.header("content-type"), "text/html; charset=utf-8");
        assert!(html.text().contains("n°1 &lt;é&gt;") && !html.text().contains("<é>"), "{}", html.text());
        for format in ["application/json", "application/geo%2Bjson"] {
            let json = ask(format).json();
            let features = json["features"].as_array().expect("features").clone();
            assert_eq!(features.len(), 1);
            assert_eq!(features[0]["properties"]["genre"], "a");
            assert_eq!(features[0]["id"], "essai.1");
            let longitude = features[0]["geometry"]["coordinates"][0][0][0].as_f64();
            assert!(longitude.is_some_and(|l| (5.0..6.0).contains(&l)), "GeoJSON is longitude first: {json}");
        }
        for format in ["text/xml", "application/vnd.ogc.gml", "application/gml%2Bxml;%20version=3.2"] {
            let gml = ask(format);
            assert_eq!(gml.status, 200, "{}", gml.text());
            let coordinates = if format.contains("vnd") { "<gml:coordinates>" } else { "<gml:posList>" };
            assert!(
                gml.text().contains("n°1 &lt;é&gt;") && gml.text().contains(coordinates),
                "{}",
                gml.text()
            );
            roxmltree::Document::parse(&gml.text()).expect("XML");
        }
        error(&ask("image/png"), "InvalidFormat");
        error(&get(&url.replace("I=150", "I=400")), "InvalidPoint");
        error(&get(&url.replace("J=100", "J=-1")), "InvalidPoint");
        error(&get(&url.replace("&I=150", "")), "MissingParameterValue");
        error(&get(&url.replace("QUERY_LAYERS=essai", "QUERY_LAYERS=rien")), "LayerNotDefined");
        // Nothing there: still a body of the declared type.
        let nothing = |format: &str| get(&format!("{}&INFO_FORMAT={format}", url.replace("I=150", "I=5")));
        assert!(!nothing("text/plain").body.is_empty());
        assert!(nothing("text/html").text().contains("</html>"));
        assert_eq!(nothing("application/json").json()["features"], serde_json::json!([]));
        roxmltree::Document::parse(&nothing("text/xml").text()).expect("XML");
        // On the common border both squares are hit, as many as asked for are told.
        let border = url.replace("I=150", "I=149");
        let told = |count: &str| {
            let answer = get(&format!("{border}&INFO_FORMAT=application/json{count}"));
            answer.json()["features"].as_array().expect("features").len()
        };
        assert_eq!((told(""), told("&FEATURE_COUNT=2"), told("&FEATURE_COUNT=-1")), (1, 2, 1));
        // The names of 1.1.1.
        let old = url
            .replace("1.3.0", "1.1.1")
            .replace("CRS=", "SRS=")
            .replace("I=150", "X=150")
            .replace("J=100", "Y=100");
        assert!(get(&old).text().contains("n°1"));
    })
    .await
    .expect("answered");
}

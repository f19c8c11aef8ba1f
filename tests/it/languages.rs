//! Styles in other languages than SLD, drawn: of QGIS and of MapLibre; and styles made from values. The `.qml` files were
//! saved by QGIS 3.22.

use crate::picture::{self, Picture};
use crate::support::region::{datasud, region};
use crate::support::{Answer, get};
use crate::wfs_t::editable;
use crate::wms::{THREE, rule, squares, style};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

const CATEGORIES: &str = include_str!("languages/categories.qml");
const RANGES: &str = include_str!("languages/ranges.qml");
const RULES: &str = include_str!("languages/rules.qml");
const SYMBOLS: &str = include_str!("languages/symbols.qml");
const LABELS: &str = include_str!("languages/labels.qml");

/// A map of the three squares in a style, at a pixel a metre. Their kinds are a, b and c, their sizes 1, 20 and null.
async fn drawn(style: &str) -> Vec<u8> {
    let (server, _database, _folder) = squares(style).await;
    let address = format!("{}{THREE}", server.base);
    let answer = tokio::task::spawn_blocking(move || get(&address)).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.body
}

/// Colours in the middle of the three squares.
fn middles(picture: &Picture) -> [String; 3] {
    [100, 200, 300].map(|x| {
        let [r, g, b, _] = picture.at(x, 100);
        format!("#{r:02x}{g:02x}{b:02x}")
    })
}

/// Holds two styles to the same picture, pixel by pixel.
async fn same(one: &str, other: &str) {
    let (one, other) = (Picture::decode(&drawn(one).await), Picture::decode(&drawn(other).await));
    assert_eq!(one.differing(&other, 2), 0);
    assert!(one.count(|p| p != [255, 255, 255, 255]) > 5_000, "nothing is drawn");
}

fn condition(name: &str, inside: &str) -> String {
    format!("<ogc:Filter><ogc:{name}>{inside}</ogc:{name}></ogc:Filter>")
}

fn is(property: &str, value: &str) -> String {
    format!("<ogc:PropertyName>{property}</ogc:PropertyName><ogc:Literal>{value}</ogc:Literal>")
}

/// A rule with a fill and the border that all the files have, 0.56 mm wide.
fn bordered(condition: &str, fill: &str, more: &str) -> String {
    rule(condition, fill).replace(
        "</Fill>",
        &format!(
            "</Fill><Stroke><CssParameter name=\"stroke\">#555555</CssParameter><CssParameter name=\"stroke-width\">2\
             </CssParameter>{more}</Stroke>"
        ),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_of_qgis_draw_what_the_same_rules_of_sld_do() {
    let dashes = "<CssParameter name=\"stroke-dasharray\">8 4</CssParameter><CssParameter name=\"stroke-linecap\">\
                  square</CssParameter>";
    let rules = [
        bordered(&condition("PropertyIsEqualTo", &is("genre", "a")), "#d95f0e", ""),
        // Switched off: its features are not drawn among the others either.
        bordered(&condition("PropertyIsEqualTo", &is("genre", "c")), "#fff7bc", dashes),
    ];
    same(CATEGORIES, &style(&rules.concat())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_of_qgis_draw_what_the_same_rules_of_sld_do() {
    let second = bordered(&condition("PropertyIsGreaterThan", &is("taille", "1")), "#0000ff", "")
        .replace("</Fill>", "<CssParameter name=\"fill-opacity\">0.502</CssParameter></Fill>");
    let first = bordered(&condition("PropertyIsEqualTo", &is("taille", "1")), "#ff0000", "");
    same(RANGES, &style(&format!("{first}{second}"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_qgis_stand_in_each_other_and_else_takes_what_is_left() {
    let picture = Picture::decode(&drawn(RULES).await);
    // Of the group: a, and the rest of those whose size is known; then what the group leaves.
    assert_eq!(middles(&picture), ["#ff0000", "#00ff00", "#0000ff"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hatches_dashes_markers_and_markers_along_lines_of_qgis_are_drawn() {
    let bytes = drawn(SYMBOLS).await;
    picture::expect("qml_symbols", &bytes);
    let picture = Picture::decode(&bytes);
    let at = |x, y| picture.at(x, y);
    // Offset into the area by ten pixels; a triangle that is turned to the right with its shift; dots on the border.
    assert_eq!(at(105, 60), [200, 0, 0, 255]);
    assert_eq!(at(75, 100), [0, 0, 255, 255]);
    assert_eq!([at(50, 50), at(70, 50)], [[0, 128, 0, 255]; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_and_data_defined_properties_of_qgis_are_drawn_and_what_is_not_is_told() {
    let (server, database, folder) = squares(LABELS).await;
    let address = format!("{}{THREE}", server.base);
    let answer = tokio::task::spawn_blocking(move || get(&address)).await.expect("an answer");
    let picture = Picture::decode(&answer.body);
    let color = |x: u32| picture.at(x, 120);
    // Where nothing is computed the fixed colour stays.
    assert_eq!(
        [color(70), color(200), color(330)],
        [[255, 0, 0, 255], [0, 0, 255, 255], [255, 255, 255, 255]]
    );
    let yellow = |p: [u8; 4]| p[0] > 200 && p[1] > 200 && p[2] < 80;
    for x in [60, 160] {
        assert!(picture.count_in(x, 60, 80, 80, yellow) > 50, "no halo at {x}");
    }
    // The border is half as wide as the size of the feature: 10 mm.
    let border = picture.count_in(200, 20, 1, 70, |p| p == [85, 85, 85, 255]);
    assert!(border.abs_diff(35) <= 1, "{border}");
    // On the command line.
    let file = folder.path().join("labels.qml");
    std::fs::write(&file, LABELS).expect("a file");
    let data = folder.path().join("essai.geojson");
    let ran = tokio::task::spawn_blocking(move || {
        let text = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
        let (data, file) = (text(&data), text(&file));
        datasud(&database, &["ingest", &data, "--dataset", "autre", "--style", &file, "--json"])
    });
    let ran = ran.await.expect("the command");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report = ran.json()["report"].clone();
    let told = report.as_array().expect("findings").iter().find(|f| f["code"] == "style-part-not-read");
    let told = told.unwrap_or_else(|| panic!("nothing is told: {report}"));
    assert_eq!((&told["level"], &told["layer"]), (&json!("warning"), &json!("autre-essai")));
    assert!(told["message"].as_str().is_some_and(|m| m.contains("'outlineStyle' is not computed")), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_style_that_is_written_for_maplibre_is_read_back_to_the_same_picture() {
    let rules = [
        bordered(&condition("PropertyIsEqualTo", &is("genre", "a")), "#d95f0e", ""),
        bordered("<ElseFilter/>", "#fff7bc", "<CssParameter name=\"stroke-dasharray\">6 4</CssParameter>"),
        format!(
            "<Rule>{}<MaxScaleDenominator>50000</MaxScaleDenominator><LineSymbolizer><Stroke><CssParameter \
             name=\"stroke\">#0000ff</CssParameter></Stroke><PerpendicularOffset>-6</PerpendicularOffset></LineSymbolizer>\
             <TextSymbolizer><Label><ogc:PropertyName>nom</ogc:PropertyName></Label><LabelPlacement><PointPlacement>\
             <AnchorPoint><AnchorPointX>0.5</AnchorPointX><AnchorPointY>0.5</AnchorPointY></AnchorPoint></PointPlacement>\
             </LabelPlacement><Halo><Radius>2</Radius></Halo></TextSymbolizer></Rule>",
            condition(
                "Not",
                "<ogc:PropertyIsNull><ogc:PropertyName>taille</ogc:PropertyName></ogc:PropertyIsNull>"
            )
        ),
    ];
    let sld = style(&rules.concat());
    let (server, _database, _folder) = squares(&sld).await;
    let address = format!("{}/styles/essai/default.json", server.base);
    let answer = tokio::task::spawn_blocking(move || get(&address)).await.expect("an answer");
    same(&answer.text(), &sld).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_style_of_maplibre_is_drawn_with_its_zooms_and_its_values() {
    let document = json!({
        "version": 8, "sources": {},
        "layers": [
            {"id": "fond", "type": "background", "paint": {"background-color": "#eee"}},
            {"id": "loin", "type": "fill", "source-layer": "essai", "maxzoom": 10, "paint": {"fill-color": "#000"}},
            {"id": "aires", "type": "fill", "source-layer": "essai", "paint": {
                "fill-color": ["match", ["get", "genre"], "a", "red", "b", "hsl(120, 100%, 50%)", "blue"]}},
            {"id": "petits", "type": "line", "source-layer": "essai", "filter": ["!=", "taille", 20], "paint": {
                "line-color": "white", "line-width": ["interpolate", ["linear"], ["zoom"], 5, 2, 10, 20]}},
        ],
    });
    let picture = Picture::decode(&drawn(&document.to_string()).await);
    assert_eq!(middles(&picture), ["#ff0000", "#00ff00", "#0000ff"]);
    // Twenty pixels at this scale, half of them inside; also where the size is null, as MapLibre has it.
    assert_eq!([picture.at(59, 100), picture.at(341, 100)], [[255; 4]; 2]);
    assert_eq!([picture.at(61, 100), picture.at(338, 100)], [[255, 0, 0, 255], [0, 0, 255, 255]]);
}

fn send(method: &str, url: &str, media: &str, body: &str) -> Answer {
    crate::ats::oapif_parts::send(method, url, &[("content-type", media)], body)
}

const QML: &str = "application/vnd.qgis.qml+xml";
const MAPLIBRE: &str = "application/vnd.mapbox.style+json";

fn is_drawn_in(base: &str, style: &str, color: [u8; 4]) -> bool {
    let answer = get(&format!("{base}/ogc/collections/chantiers/styles/{style}/map?width=100"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    Picture::decode(&answer.body).count(|p| p == color) > 100
}

#[test]
fn styles_of_qgis_and_maplibre_are_stored_as_sld_and_what_is_not_read_is_answered() {
    let region = editable();
    let qml = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis><renderer-v2 type=\"singleSymbol\"><symbols>\
               <symbol name=\"0\" type=\"fill\"><layer class=\"SHAPE\"><prop k=\"color\" v=\"255,0,0,255\"/></layer></symbol>\
               </symbols></renderer-v2></qgis>";
    let address = region.url("/ogc/styles/chantiers.rouge");
    let told = |answer: &Answer| answer.json()["notRead"].as_array().cloned().unwrap_or_default();
    let plain = qml.replace("SHAPE", "SimpleFill");
    let odd = qml.replace("SHAPE", "ShapeburstFill");
    let checked = send("PUT", &format!("{address}?dry-run=true"), QML, &odd);
    assert_eq!(checked.status, 200, "{}", checked.text());
    assert_eq!(told(&checked), [json!("line 2: the symbol layer 'ShapeburstFill' is drawn as a plain fill")]);
    assert_eq!(get(&address).status, 404, "only checked");
    let added = send("PUT", &address, QML, &odd);
    assert_eq!((added.status, added.json()["language"].clone()), (201, json!("QML")));
    assert_eq!(send("PUT", &address, "text/xml", &plain).status, 204, "nothing to tell");
    assert!(is_drawn_in(&region.base, "rouge", [255, 0, 0, 255]));
    assert_eq!(get(&address).header("content-type"), "application/vnd.ogc.sld+xml;version=1.1");
    // MapLibre's says itself what it is for.
    let green = json!({"version": 8, "name": "Vert clair", "layers": [
        {"id": "a", "type": "fill", "source-layer": "chantiers", "paint": {"fill-color": "lime"}},
        {"id": "b", "type": "line", "source-layer": "routes"}]});
    let put = send("PUT", &region.url("/ogc/styles/chantiers.vert"), MAPLIBRE, &green.to_string());
    assert_eq!(put.status, 201, "{}", put.text());
    assert_eq!(told(&put), [json!("1 layers of the source layer 'routes' are left out")]);
    assert!(is_drawn_in(&region.base, "vert", [0, 255, 0, 255]));
    let mut one = green.clone();
    one["layers"].as_array_mut().expect("layers").truncate(1);
    let added = send("POST", &region.url("/ogc/styles"), MAPLIBRE, &one.to_string());
    assert_eq!(added.status, 201, "{}", added.text());
    assert_eq!(added.header("location"), region.url("/ogc/styles/chantiers.vert-clair"));
}

#[test]
fn what_is_no_style_of_these_languages_is_refused_with_its_place() {
    let region = editable();
    let address = region.url("/ogc/styles/chantiers.essai");
    for (media, body, status, said) in [
        (QML, "<qgis>\n <renderer-v2 type=\"heatmapRenderer\"/></qgis>", 400, "line 2, column 2"),
        (QML, "<!DOCTYPE qgis [<!ENTITY a 'b'>]><qgis/>", 400, "DTD"),
        (MAPLIBRE, "{\n\"version\": 8,,", 400, "line 2, column 14"),
        (MAPLIBRE, "{\"version\": 8, \"layers\": []}", 400, "no layer that can be drawn"),
        (
            MAPLIBRE,
            "{\"version\": 8, \"layers\": [{\"type\": \"fill\", \"filter\": [\"==\", \"couleur\", 1]}]}",
            422,
            "couleur",
        ),
    ] {
        let answer = send("PUT", &address, media, body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(answer.text().contains(said), "{body}: {}", answer.text());
    }
    assert_eq!(get(&address).status, 404);
    // A style of QGIS doesn't say which layer it is for.
    let answer = send("POST", &region.url("/ogc/styles"), QML, CATEGORIES);
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains("PUT"), "{}", answer.text());
}

fn generated(layer: &str, query: &str) -> Answer {
    get(&region().url(&format!("/ogc/collections/{layer}/styles/generated?{query}")))
}

#[test]
fn a_generated_style_can_be_looked_at_before_it_is_stored() {
    let answer = generated("communes", "column=population&method=jenks&classes=4&palette=viridis&f=sld11");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/vnd.ogc.sld+xml;version=1.1");
    let body = utf8_percent_encode(&answer.text(), NON_ALPHANUMERIC).to_string();
    let extent = get(&region().url("/ogc/collections/communes?f=json")).json();
    let bbox: Vec<String> = extent["extent"]["spatial"]["bbox"][0]
        .as_array()
        .expect("a box")
        .iter()
        .map(Value::to_string)
        .collect();
    let map = get(&region().url(&format!(
        "/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS=communes&STYLES=&SRS=EPSG:4326&BBOX={}&WIDTH=400&HEIGHT=300\
         &FORMAT=image/png&SLD_BODY={body}",
        bbox.join(",")
    )));
    assert_eq!(map.status, 200, "{}", map.text());
    picture::expect("generated_population", &map.body);
    let picture = Picture::decode(&map.body);
    for color in [[0x44, 0x01, 0x54, 255], [0xfd, 0xe7, 0x25, 255]] {
        assert!(picture.count(|p| p == color) > 50, "{color:?}");
    }
    let mapbox = generated("communes", "column=population&f=mapbox").json();
    assert_eq!(mapbox["layers"].as_array().map(Vec::len), Some(10), "{mapbox}");
}

#[test]
fn generated_styles_have_a_colour_for_each_frequent_value_of_any_geometry() {
    let routes = generated("routes", "column=classe&f=sld10&lang=en").text();
    assert!(routes.contains("<LineSymbolizer") && routes.contains("#e69f00"), "{routes}");
    let few = generated("equipements", "column=nom&classes=2&f=sld10&lang=en").text();
    assert!(few.contains("<PointSymbolizer") && few.contains("<Title>Other</Title>"), "{few}");
    assert_eq!(few.matches("<Rule>").count(), 3);
}

#[test]
fn wrong_wishes_for_a_generated_style_are_named_with_what_there_is() {
    for (query, parameter, said) in [
        ("f=sld", "column", "population"),
        ("column=couleur", "column", "'couleur'"),
        ("column=population&method=magic", "method", "jenks"),
        ("column=nom&method=jenks", "method", "without numbers"),
        ("column=population&classes=0", "classes", "1 to 20"),
        ("column=population&classes=x", "classes", "1 to 20"),
        ("column=population&palette=rainbow", "palette", "viridis (sequential, safe for the colour-blind)"),
        ("column=nom&palette=tol-bright&classes=9", "palette", "6 colours"),
        ("column=population&reverse=oui", "reverse", "true or false"),
        ("column=population&color=red", "color", "no parameter"),
    ] {
        let answer = generated("communes", query);
        assert_eq!(answer.status, 400, "{query}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["parameter"], parameter, "{query}");
        assert!(answer.text().contains(said), "{query}: {}", answer.text());
    }
    assert_eq!(generated("nulle_part", "column=a").status, 404);
}

/// A GeoPackage as QGIS writes it: two layers, and the table of their styles.
fn geopackage(path: &std::path::Path, styles: &[(&str, &str, i32)]) {
    use gdal::spatial_ref::SpatialRef;
    use gdal::vector::{Feature, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
    let driver = gdal::DriverManager::get_driver_by_name("GPKG").expect("driver");
    let mut dataset = driver.create_vector_only(path).expect("file");
    let degrees = SpatialRef::from_epsg(4326).expect("4326");
    for name in ["villes", "zones"] {
        let ty = OGRwkbGeometryType::wkbPoint;
        let mut layer = dataset
            .create_layer(LayerOptions { name, srs: Some(&degrees), ty, options: None })
            .expect("layer");
        layer.create_defn_fields(&[("nom", OGRFieldType::OFTString)]).expect("field");
        layer.create_feature(Geometry::from_wkt("POINT (5.4 43.3)").expect("wkt")).expect("written");
    }
    let ty = OGRwkbGeometryType::wkbNone;
    let layer = dataset
        .create_layer(LayerOptions { name: "layer_styles", srs: None, ty, options: None })
        .expect("layer");
    let fields = [
        ("f_table_name", OGRFieldType::OFTString),
        ("styleQML", OGRFieldType::OFTString),
        ("styleSLD", OGRFieldType::OFTString),
        ("useAsDefault", OGRFieldType::OFTInteger),
    ];
    layer.create_defn_fields(&fields).expect("fields");
    for (table, qml, default) in styles {
        let mut feature = Feature::new(layer.defn()).expect("feature");
        feature.set_field_string(0, table).expect("set");
        feature.set_field_string(1, qml).expect("set");
        feature.set_field_integer(3, *default).expect("set");
        feature.create(&layer).expect("written");
    }
}

fn marker(color: &str) -> String {
    format!(
        "<qgis><renderer-v2 type=\"singleSymbol\"><symbols><symbol name=\"0\" type=\"marker\"><layer \
         class=\"SimpleMarker\"><prop k=\"name\" v=\"square\"/><prop k=\"size\" v=\"40\"/><prop k=\"size_unit\" v=\"Pixel\"/>\
         <prop k=\"color\" v=\"{color}\"/><prop k=\"outline_style\" v=\"no\"/></layer></symbol></symbols></renderer-v2></qgis>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_style_that_qgis_saved_in_a_geopackage_is_drawn_unless_another_is_given() {
    let folder = crate::support::open_folder("gpkg");
    let path = folder.path().join("base.gpkg");
    let unfit = marker("1,2,3")
        .replace("singleSymbol\"", "categorizedSymbol\" attr=\"couleur\"")
        .replace("</symbols>", "</symbols><categories><category value=\"a\" symbol=\"0\"/></categories>");
    let styles = [("villes", marker("0,0,255"), 0), ("villes", marker("255,0,0"), 1), ("zones", unfit, 1)];
    let styles: Vec<_> =
        styles.iter().map(|(table, qml, default)| (*table, qml.as_str(), *default)).collect();
    geopackage(&path, &styles);
    let database = crate::support::database().await;
    let published = crate::support::ingest(&database, "base", std::slice::from_ref(&path), |_| ())
        .await
        .expect("published");
    let said = |code: &str| {
        let found = published.report.iter().find(|f| f.code == code);
        found.unwrap_or_else(|| panic!("{code}: {:?}", published.report)).clone()
    };
    assert_eq!(said("style-of-file").layer.as_deref(), Some("villes"));
    // One that doesn't fit refuses nothing: nobody asked for it.
    let unusable = said("style-of-file-unusable");
    assert!(
        unusable.layer.as_deref() == Some("zones") && unusable.message.contains("'couleur'"),
        "{unusable:?}"
    );
    assert!(published.report.iter().all(|f| f.code != "table-without-geometry"), "{:?}", published.report);
    let server = crate::support::server(&database);
    let drawn = |base: String| {
        let get = move || {
            let address =
                format!("{base}/ogc/collections/villes/map?bbox=5.3,43.2,5.5,43.4&width=100&height=100");
            Picture::decode(&get(&address).body).at(50, 50)
        };
        tokio::task::spawn_blocking(get)
    };
    assert_eq!(drawn(server.base.clone()).await.expect("a pixel"), [255, 0, 0, 255]);
    drop(server);
    // A style that is given counts; it stays when the data is replaced.
    for style in [Some(marker("0,255,0")), None] {
        geopackage(&folder.path().join("again.gpkg"), &styles);
        let file = folder.path().join("again.gpkg");
        crate::support::ingest(&database, "base", std::slice::from_ref(&file), |request| {
            request.existing = datasud::publish::Existing::Replace;
            request.style = style;
        })
        .await
        .expect("replaced");
        std::fs::remove_file(&file).expect("removed");
        let server = crate::support::server(&database);
        assert_eq!(drawn(server.base.clone()).await.expect("a pixel"), [0, 255, 0, 255]);
    }
}

//! Symbology Encoding 1.1, drawn: parameters that are computed from features, units on the ground, lines beside lines.

use crate::picture::Picture;
use crate::support::{self, TestServer, get, ingest};
use crate::wms::{THREE, squares};

pub(crate) fn se(symbolizers: &str) -> String {
    format!(
        "<StyledLayerDescriptor version=\"1.1.0\" xmlns=\"http://www.opengis.net/sld\" \
         xmlns:se=\"http://www.opengis.net/se\" xmlns:ogc=\"http://www.opengis.net/ogc\"><NamedLayer>\
         <se:Name>essai</se:Name><UserStyle><se:FeatureTypeStyle><se:Rule>{symbolizers}</se:Rule>\
         </se:FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"
    )
}

fn fill(color: &str) -> String {
    format!(
        "<se:PolygonSymbolizer><se:Fill><se:SvgParameter name=\"fill\">{color}</se:SvgParameter></se:Fill>\
         </se:PolygonSymbolizer>"
    )
}

const SIZE: &str = "<ogc:PropertyName>taille</ogc:PropertyName>";

/// Colours in the middle of the three squares, whose sizes are 1, 20 and null and whose kinds are a, b and c.
async fn middles(symbolizers: &str) -> Vec<String> {
    let (server, _database, _folder) = squares(&se(symbolizers)).await;
    let address = format!("{}{THREE}", server.base);
    let answer = tokio::task::spawn_blocking(move || get(&address)).await.expect("an answer");
    let picture = Picture::decode(&answer.body);
    let color = |x: u32| {
        let [r, g, b, _] = picture.at(x, 100);
        format!("#{r:02x}{g:02x}{b:02x}")
    };
    [100, 200, 300].map(color).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_classes_curves_and_lists_of_values() {
    let classes = format!(
        "<se:Categorize fallbackValue=\"#000000\"><se:LookupValue>{SIZE}</se:LookupValue><se:Value>#ff0000</se:Value>\
         <se:Threshold>10</se:Threshold><se:Value>#00ff00</se:Value></se:Categorize>"
    );
    assert_eq!(middles(&fill(&classes)).await, ["#ff0000", "#00ff00", "#000000"]);
    let curve = format!(
        "<se:Interpolate fallbackValue=\"#0000ff\" method=\"color\"><se:LookupValue>{SIZE}</se:LookupValue>\
         <se:InterpolationPoint><se:Data>1</se:Data><se:Value>#000000</se:Value></se:InterpolationPoint>\
         <se:InterpolationPoint><se:Data>39</se:Data><se:Value>#ff8000</se:Value></se:InterpolationPoint>\
         </se:Interpolate>"
    );
    assert_eq!(middles(&fill(&curve)).await, ["#000000", "#804000", "#0000ff"]);
    let list = "<se:Recode fallbackValue=\"#999999\"><se:LookupValue><ogc:PropertyName>genre</ogc:PropertyName>\
                </se:LookupValue><se:MapItem><se:Data>b</se:Data><se:Value>#123456</se:Value></se:MapItem></se:Recode>";
    assert_eq!(middles(&fill(list)).await, ["#999999", "#123456", "#999999"]);
    // As GeoServer writes it; and a text that is made of others.
    let function = format!(
        "<ogc:Function name=\"Categorize\">{SIZE}<ogc:Literal>#ff0000</ogc:Literal><ogc:Literal>20</ogc:Literal>\
         <ogc:Literal>#00ff00</ogc:Literal><ogc:Literal>preceding</ogc:Literal></ogc:Function>"
    );
    assert_eq!(middles(&fill(&function)).await, ["#ff0000", "#ff0000", "#808080"]);
    let joined = "<se:Concatenate><se:StringValue>#0000</se:StringValue><se:StringValue><se:Substring><se:StringValue>\
                  fe</se:StringValue><se:Position>1</se:Position><se:Length>2</se:Length></se:Substring>\
                  </se:StringValue></se:Concatenate>";
    assert_eq!(middles(&fill(joined)).await, ["#0000fe"; 3]);
}

/// A map of the three squares in a style, and how wide its marks' or lines' dark pixels are in some places.
pub(crate) async fn map(symbolizers: &str, more: &str) -> Picture {
    let (server, _database, _folder) = squares(&se(symbolizers)).await;
    let address = format!("{}{THREE}{more}", server.base);
    let answer = tokio::task::spawn_blocking(move || get(&address)).await.expect("an answer");
    Picture::decode(&answer.body)
}

pub(crate) fn dark(pixel: [u8; 4]) -> bool {
    pixel[0] < 128
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_have_the_size_that_a_feature_says_and_keep_theirs_where_it_says_none() {
    let mark = |size: &str| {
        format!(
            "<se:PointSymbolizer><se:Graphic><se:Mark><se:WellKnownName>square</se:WellKnownName><se:Fill>\
             <se:SvgParameter name=\"fill\">#000000</se:SvgParameter></se:Fill></se:Mark><se:Size>{size}</se:Size>\
             </se:Graphic></se:PointSymbolizer>"
        )
    };
    let size = format!("<ogc:Mul>{SIZE}<ogc:Literal>2</ogc:Literal></ogc:Mul>");
    let picture = map(&mark(&size), "").await;
    let widths = [100, 200, 300].map(|x| picture.count_in(x - 45, 100, 90, 1, dark));
    // Twice 1, twice 20, and SE's own 6 for the null.
    assert!(
        widths[0].abs_diff(2) <= 1 && widths[1].abs_diff(40) <= 1 && widths[2].abs_diff(6) <= 1,
        "{widths:?}"
    );
    // What is too large is held at a size that still can be drawn.
    let size = format!("<ogc:Mul>{SIZE}<ogc:Literal>1e6</ogc:Literal></ogc:Mul>");
    let picture = map(&mark(&size), "").await;
    assert_eq!(picture.count(dark), 300 * 200 + 3 * 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn lengths_on_the_ground_grow_with_the_scale() {
    let line = |unit: &str, width: &str| {
        format!(
            "<se:LineSymbolizer uom=\"http://www.opengeospatial.org/se/units/{unit}\"><se:Stroke>\
             <se:SvgParameter name=\"stroke\">#000000</se:SvgParameter><se:SvgParameter name=\"stroke-width\">{width}\
             </se:SvgParameter></se:Stroke></se:LineSymbolizer>"
        )
    };
    // One metre a pixel; the border between the first and the second square lies at 150.
    let width = |picture: &Picture, x: u32, y: u32| picture.count_in(x - 40, y, 80, 1, dark);
    let picture = map(&line("metre", "20"), "").await;
    assert_eq!(width(&picture, 150, 100), 20);
    let picture = map(&line("foot", "100"), "").await;
    assert!(width(&picture, 150, 100).abs_diff(30) <= 1);
    let (server, _database, _folder) = squares(&se(&line("metre", "20"))).await;
    let small = format!("{}{THREE}", server.base).replace("WIDTH=400&HEIGHT=200", "WIDTH=200&HEIGHT=100");
    let answer = tokio::task::spawn_blocking(move || get(&small)).await.expect("an answer");
    assert_eq!(width(&Picture::decode(&answer.body), 75, 50), 10);
}

/// A server with one line to the east and one to the north, 100 m each, in metres of Lambert-93.
pub(crate) async fn lines(style: &str) -> (TestServer, support::TestDatabase, tempfile::TempDir) {
    let folder = support::open_folder("se");
    let data = folder.path().join("essai.geojson");
    let line = |points: &str| {
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"cote\":-10}},\"geometry\":{{\"type\":\"LineString\",\
             \"coordinates\":{points}}}}}"
        )
    };
    let features = [line("[[900000,6250050],[900100,6250050]]"), line("[[900250,6250000],[900250,6250100]]")];
    let crs = r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}}"#;
    let text = format!(r#"{{"type":"FeatureCollection","crs":{crs},"features":[{}]}}"#, features.join(","));
    std::fs::write(&data, text).expect("written");
    let database = support::database().await;
    let style = se(style);
    ingest(&database, "essai", &[data], |r| r.style = Some(style)).await.expect("published");
    (support::server(&database), database, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_and_borders_are_drawn_beside_where_they_lie() {
    let line = |offset: &str| {
        format!(
            "<se:LineSymbolizer><se:Stroke><se:SvgParameter name=\"stroke-width\">4</se:SvgParameter></se:Stroke>\
             <se:PerpendicularOffset>{offset}</se:PerpendicularOffset></se:LineSymbolizer>"
        )
    };
    for (offset, row, column) in [
        ("10", 90.0, 290.0),
        ("-10", 110.0, 310.0),
        ("<ogc:PropertyName>cote</ogc:PropertyName>", 110.0, 310.0),
    ] {
        let (server, _database, _folder) = lines(&line(offset)).await;
        let address = format!("{}{THREE}", server.base);
        let answer = tokio::task::spawn_blocking(move || get(&address)).await.expect("an answer");
        let picture = Picture::decode(&answer.body);
        let rows: Vec<u32> = (0..200).filter(|y| dark(picture.at(100, *y))).collect();
        let columns: Vec<u32> = (200..400).filter(|x| dark(picture.at(*x, 100))).collect();
        let middle =
            |places: &[u32]| places.iter().map(|p| f64::from(*p) + 0.5).sum::<f64>() / places.len() as f64;
        assert_eq!((middle(&rows), middle(&columns)), (row, column), "{offset}");
        assert_eq!((rows.len(), columns.len()), (4, 4), "{offset}");
    }
    let border = "<se:PolygonSymbolizer><se:Stroke><se:SvgParameter name=\"stroke-width\">2</se:SvgParameter></se:Stroke>\
                  <se:PerpendicularOffset>-10</se:PerpendicularOffset></se:PolygonSymbolizer>";
    let picture = map(border, "").await;
    // Inside of each square, ten metres from its borders.
    let columns: Vec<u32> = (50..150).filter(|x| dark(picture.at(*x, 100))).collect();
    assert_eq!(columns, [59, 60, 139, 140]);
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_are_computed_and_their_letters_grow() {
    let label = "<se:TextSymbolizer><se:Label><se:FormatNumber><se:NumericValue><ogc:PropertyName>taille\
                 </ogc:PropertyName></se:NumericValue><se:Pattern>'00</se:Pattern></se:FormatNumber></se:Label><se:Font>\
                 <se:SvgParameter name=\"font-size\"><ogc:Add><ogc:PropertyName>taille</ogc:PropertyName><ogc:Literal>10\
                 </ogc:Literal></ogc:Add></se:SvgParameter></se:Font></se:TextSymbolizer>";
    let picture = map(label, "").await;
    let ink = [100, 200, 300].map(|x| picture.count_in(x - 50, 20, 100, 160, dark));
    // Letters of 11 and of 30 pixels, and nothing where there is no number.
    assert!(ink[0] > 10 && ink[1] > 4 * ink[0] && ink[2] == 0, "{ink:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn web_maps_get_the_same_classes_and_what_they_cannot_do_is_named() {
    let classes = format!(
        "<se:Categorize><se:LookupValue>{SIZE}</se:LookupValue><se:Value>#ff0000</se:Value>\
         <se:Threshold>10</se:Threshold><se:Value>#00ff00</se:Value></se:Categorize>"
    );
    let wide = format!("<ogc:Div>{SIZE}<ogc:Literal>4</ogc:Literal></ogc:Div>");
    let style = format!(
        "<se:PolygonSymbolizer uom=\"metre\"><se:Fill><se:SvgParameter name=\"fill\">{classes}</se:SvgParameter></se:Fill>\
         <se:Stroke><se:SvgParameter name=\"stroke-width\">{wide}</se:SvgParameter></se:Stroke></se:PolygonSymbolizer>"
    );
    let (server, _database, _folder) = squares(&se(&style)).await;
    let address = format!("{}/styles/essai/default.json", server.base);
    let answer = tokio::task::spawn_blocking(move || get(&address)).await.expect("an answer");
    let document = answer.json();
    let layers = document["layers"].as_array().expect("layers");
    let expected = serde_json::json!(["step", ["to-number", ["get", "taille"]], "#ff0000", 10.0, "#00ff00"]);
    assert_eq!(layers[0]["paint"]["fill-color"], expected);
    let expected = serde_json::json!(["/", ["to-number", ["get", "taille"]], 4.0]);
    assert_eq!(layers[1]["paint"]["line-width"], expected);
    assert!(document["metadata"]["datasud:approximated"].to_string().contains("on the ground"), "{document}");
}

//! WMTS 1.0.0 (OGC 07-057r7 annex A), as the official suite asks: KVP in full, resources and GetFeatureInfo
//! beyond what its automatic script does.

use crate::picture::Picture;
use crate::schemas;
use crate::support::{Answer, get, get_with, head, post, region};
use roxmltree::{Document, Node};
use std::collections::BTreeSet;

const SCHEMA: &str = "http://schemas.opengis.net/wmts/1.0/wmts.xsd";
const OWS: &str = "http://schemas.opengis.net/ows/1.1.0/owsExceptionReport.xsd";

fn wmts(query: &str) -> Answer {
    get(&region().url(&format!("/wmts?{query}")))
}

/// Validates capabilities. The public artefact's schema dates from before the erratum that lets limits be
/// 0, which the one on the OGC's server and in the official suite have.
#[track_caller]
pub(crate) fn valid_by_schema(xml: &str) {
    let mut counted_from_one = xml.to_owned();
    for name in ["MinTileRow", "MaxTileRow", "MinTileCol", "MaxTileCol"] {
        counted_from_one = counted_from_one.replace(&format!("<{name}>0<"), &format!("<{name}>1<"));
    }
    schemas::validate(counted_from_one.as_bytes(), SCHEMA);
}

fn capabilities() -> String {
    let answer = wmts("service=WMTS&request=GetCapabilities");
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/xml"));
    answer.text()
}

/// The parameters of a valid GetTile.
fn valid() -> Vec<(&'static str, String)> {
    [
        ("service", "WMTS"),
        ("request", "GetTile"),
        ("version", "1.0.0"),
        ("layer", "communes"),
        ("style", "default"),
        ("format", "image/png"),
        ("TileMatrixSet", "WebMercatorQuad"),
        ("TileMatrix", "0"),
        ("TileRow", "0"),
        ("TileCol", "0"),
    ]
    .map(|(n, v)| (n, v.to_owned()))
    .to_vec()
}

fn written(parameters: &[(&str, String)]) -> String {
    parameters.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&")
}

/// The valid GetTile with one parameter changed.
fn with(name: &str, value: &str) -> String {
    let changed = |(n, v): (&'static str, String)| (n, if n == name { value.to_owned() } else { v });
    written(&valid().into_iter().map(changed).collect::<Vec<_>>())
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str, locator: Option<&str>) {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    assert!(answer.header("content-type").starts_with("application/xml"), "{text}");
    schemas::validate(&answer.body, OWS);
    let document = Document::parse(&text).expect("XML");
    let exception = document.descendants().find(|n| n.tag_name().name() == "Exception");
    let exception = exception.expect("an exception");
    assert_eq!(exception.attribute("exceptionCode"), Some(code), "{text}");
    let found = exception.attribute("locator").map(str::to_ascii_lowercase);
    assert_eq!(found, locator.map(str::to_ascii_lowercase), "{text}");
    assert!(exception.descendants().filter_map(|n| n.text()).any(|t| t.trim().len() > 10), "{text}");
}

fn named<'a>(node: Node<'a, 'a>, name: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(move |n| n.tag_name().name() == name)
}

fn text<'a>(node: Node<'a, 'a>, name: &'a str) -> &'a str {
    named(node, name).next().and_then(|n| n.text()).unwrap_or_default()
}

fn sections(xml: &str) -> Vec<String> {
    let document = Document::parse(xml).expect("XML");
    let root = document.root_element();
    root.children().filter(Node::is_element).map(|n| n.tag_name().name().to_owned()).collect()
}

#[test]
fn wmts10_common_operations_refuse_malformed_requests_with_code_and_locator() {
    for (query, code, locator) in [
        ("service=WMTS&request~GetCapabilities!version~1.0.0", "MissingParameterValue", "request"),
        ("service=BOGUS&request=GetCapabilities&AcceptVersions=1.0.0", "InvalidParameterValue", "service"),
        ("request=GetCapabilities&AcceptVersions=1.0.0", "MissingParameterValue", "service"),
        ("service=WMTS&request=GetBOGUS&version=1.0.0", "InvalidParameterValue", "request"),
        ("service=WMTS&version=1.0.0", "MissingParameterValue", "request"),
    ] {
        refused(&wmts(query), 400, code, Some(locator));
    }
    // What a client sent can't become markup.
    refused(&wmts("service=%3Cb%3E%26&request=x"), 400, "InvalidParameterValue", Some("service"));
    let broken = wmts("service=WMTS&request=%zz");
    refused(&broken, 400, "InvalidParameterValue", None);
    let text = post(&region().url("/wmts"), "text/plain", "hello");
    refused(&text, 400, "NoApplicableCode", None);
}

#[test]
fn wmts10_get_capabilities_mandatory_is_valid_with_all_sections() {
    let xml = capabilities();
    valid_by_schema(&xml);
    let all = [
        "ServiceIdentification",
        "ServiceProvider",
        "OperationsMetadata",
        "Contents",
        "Themes",
        "ServiceMetadataURL",
    ];
    assert_eq!(sections(&xml), all);
    assert!(xml.contains("http://schemas.opengis.net/wmts/1.0/wmts.xsd"));
    assert!(xml.contains("<ows:Value>KVP</ows:Value>"));
    assert!(xml.contains(&format!("<ows:Get xlink:href=\"{}?\">", region().url("/wmts"))));
    // The bare address and the resource are the same document.
    assert_eq!(get(&region().url("/wmts")).text(), xml);
    let resource = get(&region().url("/wmts/1.0.0/WMTSCapabilities.xml"));
    assert_eq!(resource.text(), xml);
    let unknown =
        get_with(&region().url("/wmts/1.0.0/WMTSCapabilities.xml"), &[("accept", "example/unknown")]);
    refused(&unknown, 406, "NoApplicableCode", None);
    let form = post(
        &region().url("/wmts"),
        "application/x-www-form-urlencoded",
        "service=WMTS&request=GetCapabilities",
    );
    assert_eq!(form.text(), xml);
}

#[test]
fn wmts10_get_capabilities_sections_are_the_ones_asked_for() {
    let get = |names: &str| wmts(&format!("service=WMTS&request=GetCapabilities&sections={names}"));
    for name in ["ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Contents", "Themes"] {
        let answer = get(name);
        valid_by_schema(&answer.text());
        assert_eq!(sections(&answer.text()), [name]);
    }
    assert_eq!(sections(&get("Contents,Themes").text()), ["Contents", "Themes"]);
    assert_eq!(get("All").text(), capabilities());
    refused(&get("Bogus"), 400, "InvalidParameterValue", Some("sections"));
    refused(&get(""), 400, "MissingParameterValue", Some("sections"));
}

#[test]
fn wmts10_get_capabilities_negotiates_version_format_and_sequence() {
    let get = |more: &str| wmts(&format!("service=WMTS&request=GetCapabilities&{more}"));
    assert_eq!(get("AcceptVersions=1.0.0").text(), capabilities());
    refused(&get("AcceptVersions=1.1.0"), 400, "VersionNegotiationFailed", None);
    for (asked, answered) in
        [("text/xml", "text/xml"), ("application/xml", "application/xml"), ("bogus/xml", "application/xml")]
    {
        let answer = get(&format!("AcceptFormats={asked}"));
        assert_eq!((answer.status, answer.header("content-type")), (200, answered));
    }
    let xml = capabilities();
    let document = Document::parse(&xml).expect("XML");
    let sequence: i64 =
        document.root_element().attribute("updateSequence").expect("there").parse().expect("a number");
    let equal = get(&format!("updateSequence={sequence}"));
    valid_by_schema(&equal.text());
    assert!(sections(&equal.text()).is_empty(), "{}", equal.text());
    assert_eq!(get(&format!("updateSequence={}", sequence - 1)).text(), xml);
    let greater = get(&format!("updateSequence={}", sequence + 1));
    refused(&greater, 400, "InvalidUpdateSequence", None);
}

#[test]
fn wmts10_get_capabilities_parameter_names_have_any_case_and_order() {
    let xml = capabilities();
    for query in [
        "SERVICE=WMTS&REQUEST=GetCapabilities&ACCEPTVERSIONS=1.0.0",
        "ReQuEsT=GetCapabilities&SeRvIcE=WMTS",
        "acceptversions=1.0.0&request=GetCapabilities&service=WMTS",
    ] {
        assert_eq!(wmts(query).text(), xml, "{query}");
    }
}

#[test]
fn wmts10_get_capabilities_identifiers_are_unique_and_references_lead_somewhere() {
    let xml = capabilities();
    let document = Document::parse(&xml).expect("XML");
    let contents = named(document.root_element(), "Contents").next().expect("contents");
    let unique = |names: Vec<&str>| {
        assert!(!names.is_empty() && names.iter().all(|n| !n.is_empty()), "{names:?}");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let layers = unique(named(contents, "Layer").map(|l| text(l, "Identifier")).collect());
    let grids = unique(named(contents, "TileMatrixSet").map(|l| text(l, "Identifier")).collect());
    let here = [
        "WebMercatorQuad",
        "WorldCRS84Quad",
        "LAMB93_10cm",
        "LAMB93_5cm",
        "EuropeanETRS89_LAEAQuad",
        "WorldMercatorWGS84Quad",
        "WGS1984Quad",
        "UTM31WGS84Quad",
        "UTM32WGS84Quad",
    ];
    assert_eq!(grids, here.map(str::to_owned).into());
    for grid in named(contents, "TileMatrixSet") {
        unique(named(grid, "TileMatrix").map(|m| text(m, "Identifier")).collect());
        unique(named(grid, "TileMatrix").map(|m| text(m, "ScaleDenominator")).collect());
    }
    for layer in named(contents, "Layer") {
        assert_eq!(named(layer, "Style").filter(|s| s.attribute("isDefault") == Some("true")).count(), 1);
        for link in named(layer, "TileMatrixSetLink") {
            assert!(grids.contains(text(link, "TileMatrixSet")));
        }
    }
    let themes = named(document.root_element(), "Themes").next().expect("themes");
    let referred: Vec<&str> =
        named(themes, "Theme").flat_map(|t| named(t, "LayerRef")).filter_map(|r| r.text()).collect();
    assert!(!referred.is_empty() && referred.iter().all(|r| layers.contains(*r)));
}

#[test]
fn wmts10_get_capabilities_grids_are_the_well_known_ones() {
    let xml = capabilities();
    let document = Document::parse(&xml).expect("XML");
    let grid = |id: &str| {
        let found = document
            .descendants()
            .filter(|n| n.tag_name().name() == "TileMatrixSet" && n.children().any(|c| c.is_element()))
            .find(|n| text(*n, "Identifier") == id);
        found.unwrap_or_else(|| panic!("no {id}"))
    };
    let mercator = grid("WebMercatorQuad");
    assert_eq!(text(mercator, "SupportedCRS"), "urn:ogc:def:crs:EPSG:6.18:3:3857");
    assert_eq!(text(mercator, "WellKnownScaleSet"), "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible");
    let corner = text(named(mercator, "TileMatrix").next().expect("a matrix"), "TopLeftCorner");
    assert!(corner.starts_with("-20037508.34278") && corner.ends_with(" 20037508.342789244"), "{corner}");
    for (level, matrix) in named(mercator, "TileMatrix").enumerate().take(19) {
        let scale: f64 = text(matrix, "ScaleDenominator").parse().expect("a number");
        let wanted = 559_082_264.028_717_8 / f64::from(1_u32 << level);
        assert!((scale - wanted).abs() < 1e-6, "{level}: {scale}");
    }
    let degrees = grid("WorldCRS84Quad");
    assert_eq!(text(degrees, "SupportedCRS"), "urn:ogc:def:crs:OGC:1.3:CRS84");
    assert_eq!(text(named(degrees, "TileMatrix").next().expect("a matrix"), "TopLeftCorner"), "-180 90");
}

#[test]
fn wmts10_get_capabilities_legends_have_the_size_and_format_told() {
    let xml = capabilities();
    let document = Document::parse(&xml).expect("XML");
    let legends: Vec<Node<'_, '_>> =
        document.descendants().filter(|n| n.tag_name().name() == "LegendURL").collect();
    assert!(legends.len() >= 5, "{}", legends.len());
    for legend in legends {
        let href = legend.attribute(("http://www.w3.org/1999/xlink", "href")).expect("an address");
        let answer = get(href);
        assert_eq!(legend.attribute("format"), Some(answer.header("content-type")), "{href}");
        let picture = Picture::decode(&answer.body);
        let told = |name: &str| legend.attribute(name).and_then(|v| v.parse::<u32>().ok());
        assert_eq!((told("width"), told("height")), (Some(picture.width), Some(picture.height)), "{href}");
    }
}

/// Layer, grid, matrix and the rows and columns that a layer has in it.
fn limits() -> Vec<(String, String, String, [u32; 4])> {
    let xml = capabilities();
    let document = Document::parse(&xml).expect("XML");
    let mut found = Vec::new();
    for layer in document.descendants().filter(|n| n.tag_name().name() == "Layer") {
        for link in named(layer, "TileMatrixSetLink") {
            for limits in named(link, "TileMatrixSetLimits").flat_map(|l| named(l, "TileMatrixLimits")) {
                let number = |name| text(limits, name).parse::<u32>().expect("a number");
                found.push((
                    text(layer, "Identifier").to_owned(),
                    text(link, "TileMatrixSet").to_owned(),
                    text(limits, "TileMatrix").to_owned(),
                    ["MinTileRow", "MaxTileRow", "MinTileCol", "MaxTileCol"].map(number),
                ));
            }
        }
    }
    found
}

#[test]
fn wmts10_get_tile_mandatory_answers_every_corner_of_the_limits() {
    let mut asked = 0;
    for (layer, grid, matrix, [min_row, max_row, min_col, max_col]) in limits() {
        let every = layer == "communes" || matrix == "3";
        if !every || matrix.parse::<u32>().is_ok_and(|m| m > 14) {
            continue;
        }
        for (row, col) in [(min_row, min_col), (min_row, max_col), (max_row, min_col), (max_row, max_col)] {
            let answer = wmts(&format!(
                "service=WMTS&request=GetTile&version=1.0.0&layer={layer}&style=&format=image%2Fpng\
                 &TileMatrixSet={grid}&TileMatrix={matrix}&TileRow={row}&TileCol={col}"
            ));
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (200, "image/png"),
                "{}",
                answer.text()
            );
            let picture = Picture::decode(&answer.body);
            assert_eq!((picture.width, picture.height), (256, 256));
            asked += 1;
        }
    }
    assert!(asked > 100, "{asked}");
}

#[test]
fn wmts10_get_tile_missing_parameters_are_named() {
    for (missing, _) in valid() {
        let rest: Vec<_> = valid().into_iter().filter(|(n, _)| *n != missing).collect();
        refused(&wmts(&written(&rest)), 400, "MissingParameterValue", Some(missing));
    }
}

#[test]
fn wmts10_get_tile_invalid_values_are_named() {
    for (name, value) in [
        ("layer", "nowhere"),
        ("style", "bogus"),
        ("format", "image/bogus"),
        ("TileMatrixSet", "Bogus"),
        ("TileMatrix", "25"),
        ("TileMatrix", "x"),
        ("TileRow", "a"),
        ("TileRow", "-1"),
        ("TileCol", "1.5"),
        ("version", "2.0.0"),
    ] {
        refused(&wmts(&with(name, value)), 400, "InvalidParameterValue", Some(name));
    }
}

#[test]
fn wmts10_get_tile_outside_of_the_limits_is_out_of_range() {
    let (layer, grid, matrix, [min_row, max_row, min_col, max_col]) = limits()
        .into_iter()
        .find(|(l, g, m, _)| l == "communes" && g == "WorldCRS84Quad" && m == "9")
        .expect("limits");
    let tile = |row: u64, col: u64| {
        wmts(&format!(
            "service=WMTS&request=GetTile&version=1.0.0&layer={layer}&style=default&format=image/jpeg\
             &TileMatrixSet={grid}&TileMatrix={matrix}&TileRow={row}&TileCol={col}"
        ))
    };
    let (row, col) = (u64::from(min_row), u64::from(min_col));
    assert_eq!(tile(row, col).header("content-type"), "image/jpeg");
    for outside in [row - 1, u64::from(max_row) + 1, 2_147_483_647, 99_999_999_999] {
        refused(&tile(outside, col), 400, "TileOutOfRange", Some("TileRow"));
    }
    for outside in [col - 1, u64::from(max_col) + 1, 2_147_483_647] {
        refused(&tile(row, outside), 400, "TileOutOfRange", Some("TileCol"));
    }
}

#[test]
fn wmts10_get_tile_is_transparent_where_nothing_is_drawn_and_white_in_jpeg() {
    let png = Picture::decode(&wmts(&with("layer", "communes")).body);
    assert!(png.count(|p| p[3] == 0) > 60_000, "the Earth around the region lets through");
    assert!(png.count(|p| p[3] != 0) > 0, "the region is there");
    let jpeg = wmts(&with("format", "image/jpeg"));
    assert_eq!((jpeg.header("content-type"), &jpeg.body[..2]), ("image/jpeg", &[0xff, 0xd8][..]));
}

#[test]
fn wmts10_get_tile_has_an_etag_and_is_not_sent_again() {
    let address = region().url(&format!("/wmts?{}", with("TileMatrix", "0")));
    let first = get(&address);
    let etag = first.header("etag").to_owned();
    assert!(etag.len() > 10, "{etag}");
    let again = get_with(&address, &[("if-none-match", &etag)]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(head(&address).header("etag"), etag);
    let other = get(&address.replace("image/png", "image/jpeg"));
    assert_ne!(other.header("etag"), etag);
}

#[test]
fn wmts10_resources_answer_as_the_templates_tell() {
    let xml = capabilities();
    let document = Document::parse(&xml).expect("XML");
    let layer = document
        .descendants()
        .find(|n| n.tag_name().name() == "Layer" && text(*n, "Identifier") == "communes")
        .expect("the layer");
    let fill = |template: &str, style: &str| {
        template
            .replace("{style}", style)
            .replace("{TileMatrixSet}", "WebMercatorQuad")
            .replace("{TileMatrix}", "0")
            .replace("{TileRow}", "0")
            .replace("{TileCol}", "0")
            .replace("{J}", "92")
            .replace("{I}", "131")
    };
    let mut kinds = BTreeSet::new();
    for resource in named(layer, "ResourceURL") {
        let template = resource.attribute("template").expect("a template");
        let format = resource.attribute("format").expect("a format");
        let answer = get(&fill(template, "default"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(
            answer.header("content-type").starts_with(format),
            "{format}: {}",
            answer.header("content-type")
        );
        kinds.insert((resource.attribute("resourceType").expect("a kind"), format));
        refused(&get(&fill(template, "bogus")), 404, "InvalidParameterValue", Some("style"));
        let elsewhere = fill(&template.replace("{TileRow}", "7"), "default");
        refused(&get(&elsewhere), 404, "TileOutOfRange", Some("TileRow"));
    }
    assert_eq!(kinds.iter().filter(|(kind, _)| *kind == "tile").count(), 2);
    assert_eq!(kinds.iter().filter(|(kind, _)| *kind == "FeatureInfo").count(), 6);
    let by_pairs = wmts(&with("TileMatrix", "0"));
    let by_address = get(&region().url("/wmts/1.0.0/communes/default/WebMercatorQuad/0/0/0.png"));
    assert_eq!(by_pairs.body, by_address.body);
}

#[test]
fn wmts10_get_feature_info_finds_what_the_tile_shows() {
    // The pixel in the middle of what is drawn of the communes, in a tile with all of them.
    let limits = limits();
    let (_, _, matrix, [row, _, col, _]) = limits
        .iter()
        .rfind(|(l, g, _, r)| l == "communes" && g == "WebMercatorQuad" && r[0] == r[1] && r[2] == r[3])
        .expect("a tile with all of it");
    let tile = format!(
        "service=WMTS&version=1.0.0&layer=communes&style=default&format=image/png\
         &TileMatrixSet=WebMercatorQuad&TileMatrix={matrix}&TileRow={row}&TileCol={col}"
    );
    let picture = Picture::decode(&wmts(&format!("{tile}&request=GetTile")).body);
    let (x, y) = picture.middle(|p| p[3] != 0).expect("drawn");
    let info = |format: &str, i: &str, j: &str| {
        wmts(&format!("{tile}&request=GetFeatureInfo&InfoFormat={format}&I={i}&J={j}"))
    };
    let (i, j) = ((x as u32).to_string(), (y as u32).to_string());
    let found = info("application/json", &i, &j).json();
    assert!(found["features"].as_array().is_some_and(|f| !f.is_empty()), "{found}");
    let nothing = info("application/json", "0", "0").json();
    assert_eq!(nothing["features"].as_array().map(Vec::len), Some(0));
    refused(&info("application/json", "256", "0"), 400, "PointIJOutOfRange", Some("I"));
    refused(&info("application/json", "0", "999"), 400, "PointIJOutOfRange", Some("J"));
    refused(&info("image/png", "0", "0"), 400, "InvalidParameterValue", Some("InfoFormat"));
    let parts =
        [("InfoFormat", "InfoFormat=text/plain"), ("I", "I=1"), ("J", "J=1"), ("format", "format=image/png")];
    for (name, part) in parts {
        let whole = format!("{tile}&request=GetFeatureInfo&InfoFormat=text/plain&I=1&J=1");
        refused(&wmts(&whole.replace(&format!("&{part}"), "")), 400, "MissingParameterValue", Some(name));
    }
}

#[test]
fn wmts10_scopes_show_their_own_layers_only() {
    let routes = get(&region().url("/dataset/routes/wmts")).text();
    assert!(routes.contains("<ows:Identifier>routes</ows:Identifier>"), "{routes}");
    assert!(!routes.contains("<ows:Identifier>communes</ows:Identifier>"));
    assert!(routes.contains(&format!("{}/dataset/routes/wmts?", region().base)));
    let there = region().url(&format!("/dataset/routes/wmts?{}", with("layer", "routes")));
    assert_eq!(get(&there).status, 200);
    let foreign = region().url(&format!("/dataset/routes/wmts?{}", with("layer", "communes")));
    refused(&get(&foreign), 400, "InvalidParameterValue", Some("layer"));
    let nowhere = get(&region().url("/org/nowhere/wmts?service=WMTS&request=GetCapabilities"));
    refused(&nowhere, 404, "NoApplicableCode", None);
}

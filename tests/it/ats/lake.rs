//! A small lake country of our own making, with the names, the titles and the places that the WMS suites
//! ask for, and how they ask.

use crate::support::{self, Answer, get, region::Region};
use datasud::publish::Request;
use std::fmt::Write as _;
use std::sync::OnceLock;

/// Layers, all titled `cite:…`, with their features in longitude and latitude: geometry type and
/// coordinates.
const LAYERS: [(&str, &[(&str, &str)]); 11] = [
    (
        "BasicPolygons",
        &[
            ("Polygon", "[[[-1,0],[0,-1],[1,0],[0,1],[-1,0]]]"),
            // Two squares that overlap around 0, 4.
            ("Polygon", "[[[-1.5,2.5],[0.5,2.5],[0.5,4.5],[-1.5,4.5],[-1.5,2.5]]]"),
            ("Polygon", "[[[-0.5,3.5],[1.5,3.5],[1.5,5.5],[-0.5,5.5],[-0.5,3.5]]]"),
        ],
    ),
    ("Bridges", &[("Point", "[0.0003,0.0006]")]),
    (
        "Buildings",
        &[
            (
                "Polygon",
                "[[[0.0009,0.0005],[0.0012,0.0005],[0.0012,0.0007],[0.0009,0.0007],[0.0009,0.0005]]]",
            ),
            ("Polygon", "[[[0.002,0.0008],[0.0023,0.0008],[0.0023,0.001],[0.002,0.001],[0.002,0.0008]]]"),
        ],
    ),
    (
        "DividedRoutes",
        &[("MultiLineString", "[[[-0.0033,-0.002],[-0.003,0.0021]],[[-0.0031,-0.002],[-0.0028,0.0021]]]")],
    ),
    (
        "Forests",
        &[(
            "Polygon",
            "[[[-0.0012,-0.002],[0.004,-0.0022],[0.0038,0.0016],[-0.001,0.0015],[-0.0012,-0.002]]]",
        )],
    ),
    (
        "Lakes",
        &[(
            "Polygon",
            "[[[0.0008,-0.0017],[0.0029,-0.0016],[0.0028,-0.0002],[0.001,-0.0003],[0.0008,-0.0017]],\
              [[0.0019,-0.001],[0.0019,-0.0007],[0.0023,-0.0007],[0.0023,-0.001],[0.0019,-0.001]]]",
        )],
    ),
    (
        "MapNeatline",
        &[(
            "LineString",
            "[[-0.0041,-0.0023],[0.0041,-0.0023],[0.0041,0.0023],[-0.0041,0.0023],[-0.0041,-0.0023]]",
        )],
    ),
    (
        "NamedPlaces",
        &[
            (
                "Polygon",
                "[[[0.0019,-0.001],[0.0023,-0.001],[0.0023,-0.0007],[0.0019,-0.0007],[0.0019,-0.001]]]",
            ),
            (
                "Polygon",
                "[[[0.0015,0.0004],[0.0039,0.0004],[0.0039,0.0022],[0.0015,0.0022],[0.0015,0.0004]]]",
            ),
        ],
    ),
    (
        "Ponds",
        &[(
            "MultiPolygon",
            "[[[[-0.0019,0.0016],[-0.0017,0.0016],[-0.0017,0.0018],[-0.0019,0.0018],[-0.0019,0.0016]]],\
              [[[-0.0016,0.0019],[-0.0014,0.0019],[-0.0014,0.0021],[-0.0016,0.0021],[-0.0016,0.0019]]]]",
        )],
    ),
    (
        "RoadSegments",
        &[
            ("LineString", "[[-0.004,-0.0009],[0.0003,0.0006]]"),
            ("LineString", "[[0.0003,0.0006],[0.004,0.0013]]"),
        ],
    ),
    (
        "Streams",
        &[
            ("LineString", "[[-0.0003,0.0022],[0.0003,0.0006],[0.0012,-0.0004]]"),
            ("LineString", "[[0.0024,-0.0016],[0.0034,-0.0022]]"),
        ],
    ),
];

/// The layers that the suites' basic class draws one over the other.
pub const SCENE: &str = "Streams,Lakes,Ponds,Bridges,RoadSegments,DividedRoutes,Buildings,MapNeatline";

/// Titles of the standard data set.
pub fn titles() -> impl Iterator<Item = String> {
    LAYERS.iter().map(|(name, _)| format!("cite:{name}"))
}

/// The server that shows it.
pub fn country() -> &'static Region {
    static COUNTRY: OnceLock<Region> = OnceLock::new();
    COUNTRY.get_or_init(|| {
        let folder = support::open_folder("lake");
        let request = |(name, features): &(&str, &[(&str, &str)])| {
            let features = features.iter().enumerate().map(|(index, (kind, coordinates))| {
                format!(
                    "{{\"type\":\"Feature\",\"properties\":{{\"number\":{index},\"label\":\"{name} <{index}>\"}},\
                     \"geometry\":{{\"type\":\"{kind}\",\"coordinates\":{coordinates}}}}}"
                )
            });
            let features: Vec<String> = features.collect();
            let file = folder.path().join(format!("{name}.geojson"));
            let text = format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","));
            std::fs::write(&file, text).expect("written");
            Request {
                files: vec![file],
                organisation: Some("cite".to_owned()),
                title: Some(format!("cite:{name}")),
                layer: Some((*name).to_owned()),
                ..Request::default()
            }
        };
        support::served(LAYERS.iter().map(request).collect())
    })
}

/// The service's address, as capabilities give it.
pub fn address() -> String {
    country().url("/org/cite/wms?")
}

/// Asks as the suites do: names of parameters in changing case, values percent-encoded.
pub fn ask(parameters: &[(&str, &str)]) -> Answer {
    get(&url(parameters))
}

pub fn url(parameters: &[(&str, &str)]) -> String {
    let mut url = address();
    for (name, value) in parameters {
        let name: String = name
            .chars()
            .enumerate()
            .map(|(at, c)| if at % 2 == 0 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect();
        let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
        let _ = write!(url, "{name}={value}&");
    }
    url.pop();
    url
}

/// `base` with some parameters changed, added, or left out where the value is `-`.
pub fn changed<'a>(base: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut parameters: Vec<_> =
        base.iter().copied().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name)).collect();
    parameters.extend(changes.iter().filter(|(_, value)| *value != "-"));
    parameters
}

/// Parses an answer, whose document type may be declared.
#[track_caller]
pub fn parse(text: &str) -> roxmltree::Document<'_> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    roxmltree::Document::parse_with_options(text, options).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// The media type without its parameters, in small letters: what the suites compare.
pub fn media(answer: &Answer) -> String {
    answer.header("content-type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Text of the child elements of a name, in any namespace.
pub fn children<'a>(node: roxmltree::Node<'a, 'a>, name: &str) -> Vec<&'a str> {
    node.children().filter(|n| n.tag_name().name() == name).filter_map(|n| n.text()).collect()
}

/// The elements of a name anywhere below, in any namespace.
pub fn all<'a>(document: &'a roxmltree::Document<'a>, name: &'a str) -> Vec<roxmltree::Node<'a, 'a>> {
    document.descendants().filter(|n| n.tag_name().name() == name).collect()
}

/// Follows an `OnlineResource` inside an element; answers what its `Format` says and what came.
pub fn linked(node: roxmltree::Node<'_, '_>) -> (String, Answer) {
    let format = node.children().find(|n| n.has_tag_name("Format") || n.tag_name().name() == "Format");
    let link = node.children().find(|n| n.tag_name().name() == "OnlineResource").expect("a link");
    let href = link.attribute(("http://www.w3.org/1999/xlink", "href")).expect("an address");
    (format.and_then(|f| f.text()).expect("a format").to_owned(), get(href))
}

/// Every `OnlineResource` of an operation ends where parameters can follow.
#[track_caller]
pub fn assert_prefixes(document: &roxmltree::Document<'_>) {
    for get in document.descendants().filter(|n| n.tag_name().name() == "Get") {
        let link = get.children().find(|n| n.tag_name().name() == "OnlineResource").expect("a link");
        let href = link.attribute(("http://www.w3.org/1999/xlink", "href")).expect("an address");
        assert!(href.ends_with('?') || href.contains('?') && href.ends_with('&'), "{href}");
    }
}

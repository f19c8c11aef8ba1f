//! The suite of WMS 1.3.0 (ets-wms13): its mandatory classes `data-independent` (basic elements,
//! GetCapabilities, GetMap, GetFeatureInfo, dimensions), `data-preconditions` and `basic`, and the classes
//! `queryable` and `recommendations`. Names in the messages are the suite's tests.

use super::lake::{self, SCENE, all, ask, changed, children, country, linked, media, titles};
use crate::picture::Picture;
use crate::schemas;
use crate::support::{Answer, get, region};
use roxmltree::{Document, Node};

type Parameters<'a> = [(&'a str, &'a str)];

const CAPABILITIES: [(&str, &str); 3] =
    [("request", "GetCapabilities"), ("service", "WMS"), ("version", "1.3.0")];
const MAP: [(&str, &str); 9] = [
    ("request", "GetMap"),
    ("version", "1.3.0"),
    ("layers", "Lakes"),
    ("styles", ""),
    ("crs", "CRS:84"),
    ("bbox", "-0.0025,-0.0025,0.0025,0.0025"),
    ("width", "200"),
    ("height", "200"),
    ("format", "image/png"),
];
const INFO: [(&str, &str); 13] = [
    ("request", "GetFeatureInfo"),
    ("version", "1.3.0"),
    ("layers", "Lakes"),
    ("query_layers", "Lakes"),
    ("styles", ""),
    ("crs", "CRS:84"),
    ("bbox", "-0.0025,-0.0025,0.0025,0.0025"),
    ("width", "200"),
    ("height", "200"),
    ("format", "image/png"),
    ("info_format", "text/plain"),
    ("i", "188"),
    ("j", "64"),
];

fn capabilities() -> String {
    ask(&CAPABILITIES).text()
}

fn root_version(answer: &Answer) -> String {
    let text = answer.text();
    let document = lake::parse(&text);
    document.root_element().attribute("version").expect("a version").to_owned()
}

/// A valid exception report of the version, with a code.
#[track_caller]
fn exception(answer: &Answer, code: Option<&str>, test: &str) {
    let text = answer.text();
    assert_eq!(media(answer), "text/xml", "{test}: {text}");
    schemas::validate(&answer.body, "http://schemas.opengis.net/wms/1.3.0/exceptions_1_3_0.xsd");
    let document = lake::parse(&text);
    let reports = document.root_element();
    assert!(reports.has_tag_name(("http://www.opengis.net/ogc", "ServiceExceptionReport")), "{test}: {text}");
    let found =
        reports.children().find(|n| n.has_tag_name(("http://www.opengis.net/ogc", "ServiceException")));
    let found = found.unwrap_or_else(|| panic!("{test}: no exception in {text}"));
    if code.is_some() {
        assert_eq!(found.attribute("code"), code, "{test}: {text}");
    }
}

#[track_caller]
fn map(changes: &Parameters<'_>, test: &str) -> Answer {
    let answer = ask(&changed(&MAP, changes));
    assert_eq!(media(&answer), "image/png", "{test}: {}", answer.text());
    answer
}

/// Layers that can be asked for, with what they inherit.
fn named<'a>(document: &'a Document<'a>) -> Vec<Node<'a, 'a>> {
    let layers = all(document, "Layer").into_iter();
    layers.filter(|l| !children(*l, "Name").is_empty()).collect()
}

fn inherited<'a>(layer: Node<'a, 'a>, name: &'a str) -> Vec<Node<'a, 'a>> {
    let layers = layer.ancestors().filter(|n| n.tag_name().name() == "Layer");
    layers.flat_map(|l| l.children().filter(move |n| n.tag_name().name() == name)).collect()
}

#[test]
fn wms13_basic_elements_versions_are_negotiated() {
    let versions = [("-", "1.3.0"), ("1.3.0", "1.3.0"), ("100.0.0", "1.3.0"), ("0.0.0", "1.1.1")];
    for (asked, got) in versions {
        let answer = ask(&changed(&CAPABILITIES, &[("version", asked)]));
        assert_eq!(root_version(&answer), got, "negotiation of {asked}");
    }
}

#[test]
fn wms13_basic_elements_escapes_and_unknown_parameters_are_read_as_the_standard_says() {
    let escaped = get(&format!(
        "{}ReQuEsT=%47%65%74%43%61%70%61%62%69%6C%69%74%69%65%73&VeRsIoN=1.3.0&SeRvIcE=WMS",
        lake::address()
    ));
    assert_eq!(root_version(&escaped), "1.3.0", "escaped-chars");
    for base in [&CAPABILITIES[..], &MAP, &INFO] {
        let answer = ask(&changed(base, &[("bogus", "ignored")]));
        assert_eq!(answer.body, ask(base).body, "extra-…-param: {}", answer.text());
        assert_eq!(answer.status, 200);
    }
}

#[test]
fn wms13_getcapabilities_formats_and_update_sequences() {
    for format in ["text/xml", "-", "invalid"] {
        let answer = ask(&changed(&CAPABILITIES, &[("format", format)]));
        assert_eq!(
            (media(&answer).as_str(), root_version(&answer).as_str()),
            ("text/xml", "1.3.0"),
            "{format}"
        );
    }
    let text = capabilities();
    let document = lake::parse(&text);
    let sequence: i64 =
        document.root_element().attribute("updateSequence").and_then(|s| s.parse().ok()).expect("a number");
    let with = |number: i64| ask(&changed(&CAPABILITIES, &[("updatesequence", &number.to_string())]));
    exception(&with(sequence), Some("CurrentUpdateSequence"), "updatesequence-current");
    exception(&with(sequence + 1), Some("InvalidUpdateSequence"), "updatesequence-higher");
    assert_eq!(root_version(&with(sequence - 1)), "1.3.0", "updatesequence-lower");
}

#[test]
fn wms13_getcapabilities_document_is_valid_by_the_normative_schema() {
    let answer = ask(&CAPABILITIES);
    let schemas = [
        ("http://www.opengis.net/wms", "http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd"),
        ("http://www.opengis.net/sld", "http://schemas.opengis.net/sld/1.1.0/sld_capabilities.xsd"),
    ];
    schemas::validate_mixed(&answer.body, &schemas);
    let text = answer.text();
    let document = lake::parse(&text);
    let location =
        document.root_element().attribute(("http://www.w3.org/2001/XMLSchema-instance", "schemaLocation"));
    assert_eq!(
        location.map(|l| l.split_whitespace().collect::<Vec<_>>()),
        Some(schemas.iter().flat_map(|(namespace, schema)| [*namespace, *schema]).collect()),
        "normative-schema"
    );
    lake::assert_prefixes(&document);
    let formats = children(all(&document, "GetCapabilities")[0], "Format");
    assert!(formats.contains(&"text/xml"), "capability-xml-getcapabilities-format");
    assert!(children(all(&document, "Exception")[0], "Format").contains(&"XML"));
}

#[test]
fn wms13_getcapabilities_layer_properties_hold_together() {
    // The fixtures' region has groups and systems of its own beside what the lake country has.
    let region = get(&region().url("/wms?request=GetCapabilities&service=WMS&version=1.3.0")).text();
    for text in [capabilities(), region] {
        let document = lake::parse(&text);
        let layers = named(&document);
        assert!(!layers.is_empty());
        let root = all(&document, "Layer")[0];
        for layer in &layers {
            let name = children(*layer, "Name")[0];
            let systems: Vec<&str> = inherited(*layer, "CRS").iter().filter_map(|n| n.text()).collect();
            assert!(!systems.is_empty(), "crs-present: {name}");
            let boxes = inherited(*layer, "BoundingBox");
            assert!(!boxes.is_empty(), "bbox-present: {name}");
            let geographic = inherited(*layer, "EX_GeographicBoundingBox");
            let earth = geographic.first().unwrap_or_else(|| panic!("ex_geobbox-present: {name}"));
            let side = |side: &str| children(*earth, side)[0].parse::<f32>().expect("a number");
            let (west, south) = (side("westBoundLongitude"), side("southBoundLatitude"));
            assert!(west < side("eastBoundLongitude") && south < side("northBoundLatitude"), "{name}");
            let own = children_boxes(*layer);
            for (index, (system, corner)) in own.iter().enumerate() {
                assert!(systems.contains(&system.as_str()), "bbox-crs-advertised: {name} {system}");
                assert!(own[..index].iter().all(|(other, _)| other != system), "bbox-distinct-crs: {name}");
                match system.as_str() {
                    "EPSG:4326" => assert_eq!(*corner, [south, west], "layer-extents: {name}"),
                    "CRS:84" => assert_eq!(*corner, [west, south], "layer-extents: {name}"),
                    _ => {}
                }
            }
            let authorities = inherited(*layer, "AuthorityURL");
            for identifier in layer.children().filter(|n| n.tag_name().name() == "Identifier") {
                let known =
                    authorities.iter().any(|a| a.attribute("name") == identifier.attribute("authority"));
                assert!(known, "identifier-matches-authorityurl: {name}");
            }
        }
        let common = inherited(layers[0], "CRS").into_iter().filter_map(|n| n.text()).filter(|system| {
            layers.iter().all(|l| inherited(*l, "CRS").iter().any(|n| n.text() == Some(*system)))
        });
        for system in common {
            assert!(children(root, "CRS").contains(&system), "crs-for-all-layers: {system}");
        }
    }
}

fn children_boxes(layer: Node<'_, '_>) -> Vec<(String, [f32; 2])> {
    let boxes = layer.children().filter(|n| n.tag_name().name() == "BoundingBox");
    boxes
        .map(|b| {
            let number = |name| b.attribute(name).and_then(|v| v.parse().ok()).expect("a number");
            (b.attribute("CRS").expect("a system").to_owned(), [number("minx"), number("miny")])
        })
        .collect()
}

#[test]
fn wms13_getcapabilities_links_lead_to_what_they_say() {
    let text = capabilities();
    let document = lake::parse(&text);
    let records = all(&document, "MetadataURL");
    // The group of the organisation has one, too.
    assert_eq!(records.len(), titles().count() + 1);
    for record in records {
        let (format, answer) = linked(record);
        assert_eq!((answer.status, media(&answer)), (200, format), "metadataurls");
    }
    for legend in all(&document, "LegendURL") {
        let (format, answer) = linked(legend);
        assert_eq!(media(&answer), format, "style-legendurls");
        let picture = Picture::decode(&answer.body);
        let said = |name| legend.attribute(name).and_then(|v| v.parse::<u32>().ok()).expect("a size");
        assert_eq!((picture.width, picture.height), (said("width"), said("height")), "style-legendurls");
    }
}

#[test]
fn wms13_getmap_boxes() {
    let white = |p: [u8; 4]| p == [255; 4];
    for wrong in ["1,0,0,1", "0,0,0,1", "0,1,1,0", "0,0,1,0"] {
        exception(&ask(&changed(&MAP, &[("bbox", wrong)])), None, wrong);
    }
    for (bbox, test) in [("-180,-90,-3,-2", "bbox-no-overlap"), ("-10,90,10,110", "bbox-outside-crs")] {
        let picture = Picture::decode(&map(&[("bbox", bbox), ("layers", "BasicPolygons")], test).body);
        assert_eq!(picture.count(white), 200 * 200, "{test}");
    }
}

#[test]
fn wms13_getmap_systems() {
    exception(&ask(&changed(&MAP, &[("crs", "UndefinedCRS")])), Some("InvalidCRS"), "invalid-crs");
    let text = capabilities();
    let document = lake::parse(&text);
    for layer in named(&document) {
        let name = children(layer, "Name")[0];
        for system in inherited(layer, "CRS").iter().filter_map(|n| n.text()) {
            let bbox = layer
                .children()
                .find(|n| n.tag_name().name() == "BoundingBox" && n.attribute("CRS") == Some(system))
                .map_or_else(
                    || "0,0,1,1".to_owned(),
                    |n| ["minx", "miny", "maxx", "maxy"].map(|a| n.attribute(a).expect("a side")).join(","),
                );
            map(&[("layers", name), ("crs", system), ("bbox", &bbox)], "each-crs");
        }
    }
}

#[test]
fn wms13_getmap_axis_order_is_the_authoritys() {
    // The suite compares the numbers of the capabilities alone; here the pictures must agree with them.
    let places = ("layers", "NamedPlaces,Lakes");
    let bbox = ("bbox", "0,-0.0022,0.004,0.0023");
    let longitude_first = map(&[places, bbox], "CRS:84").body;
    let swapped = [places, ("bbox", "-0.0022,0,0.0023,0.004"), ("crs", "EPSG:4326")];
    assert_eq!(map(&swapped, "EPSG:4326").body, longitude_first, "latitude first in EPSG:4326");
    assert_ne!(map(&[places, bbox, ("crs", "EPSG:4326")], "EPSG:4326").body, longitude_first);
}

#[test]
fn wms13_getmap_exceptions() {
    let wrong = [("layers", "NonExistant"), ("width", "100"), ("height", "100"), ("bbox", "0,0,1,1")];
    let with = |more: &Parameters<'_>| ask(&changed(&changed(&MAP, &wrong), more));
    exception(&with(&[]), Some("LayerNotDefined"), "exceptions-default");
    exception(&with(&[("exceptions", "XML")]), Some("LayerNotDefined"), "exceptions-xml");
    for format in ["image/png", "image/jpeg"] {
        for form in ["INIMAGE", "BLANK"] {
            let answer = with(&[("exceptions", form), ("format", format)]);
            assert_eq!((answer.status, media(&answer).as_str()), (200, format), "exceptions-{form}-mime");
        }
    }
    let red = Picture::decode(&with(&[("exceptions", "BLANK"), ("bgcolor", "0xFF0000")]).body);
    assert_eq!(red.count(|p| p == [255, 0, 0, 255]), 10_000, "exceptions-blank-red");
    let clear = Picture::decode(&with(&[("exceptions", "BLANK"), ("transparent", "TRUE")]).body);
    assert_eq!(clear.count(|p| p[3] == 0), 10_000, "exceptions-blank-transparent");
}

#[test]
fn wms13_getmap_formats_and_versions() {
    exception(&ask(&changed(&MAP, &[("format", "UnknownFormat")])), Some("InvalidFormat"), "invalid-format");
    exception(&ask(&changed(&MAP, &[("version", "-")])), None, "no-version");
    let text = capabilities();
    let document = lake::parse(&text);
    for format in children(all(&document, "GetMap")[0], "Format") {
        let answer = ask(&changed(&MAP, &[("format", format)]));
        assert_eq!(answer.header("content-type"), format, "each-format");
    }
}

#[test]
fn wms13_getmap_layers() {
    for layers in ["NonExistant", "NonExistant,Lakes", "Lakes,NonExistant"] {
        exception(&ask(&changed(&MAP, &[("layers", layers)])), Some("LayerNotDefined"), layers);
    }
    map(&[("layers", "Lakes,Forests")], "two-layers");
    map(&[("layers", "Lakes,Forests,Streams")], "three-layers");
    let text = capabilities();
    let document = lake::parse(&text);
    for layer in named(&document) {
        map(&[("layers", children(layer, "Name")[0])], "each-layer");
    }
    let limit: usize = all(&document, "LayerLimit")[0].text().and_then(|t| t.parse().ok()).expect("a number");
    map(&[("layers", &vec!["Lakes"; limit].join(","))], "layerlimit");
}

#[test]
fn wms13_getmap_styles() {
    for (layers, styles) in [
        ("Lakes", "UndefinedStyle"),
        ("Lakes,Forests", "UndefinedStyle,default"),
        ("Lakes,Forests", "default,UndefinedStyle"),
    ] {
        let wrong = ask(&changed(&MAP, &[("layers", layers), ("styles", styles)]));
        exception(&wrong, Some("StyleNotDefined"), styles);
    }
    let plain = map(&[("layers", "Forests,Lakes,Ponds,Streams")], "styles-default-multiple-layers").body;
    for styles in [",,,", "default,,default,", "default,default,default,default"] {
        let asked = map(&[("layers", "Forests,Lakes,Ponds,Streams"), ("styles", styles)], styles);
        assert_eq!(asked.body, plain, "{styles}");
    }
}

#[test]
fn wms13_getmap_transparency() {
    let clear =
        |changes: &Parameters<'_>| Picture::decode(&map(changes, "transparent").body).count(|p| p[3] == 0);
    assert_eq!(clear(&[]), 0, "transparent-default");
    assert_eq!(clear(&[("transparent", "FALSE")]), 0, "transparent-false");
    assert!(clear(&[("transparent", "TRUE")]) > 0, "transparent-true");
}

#[test]
fn wms13_getmap_sizes() {
    let small = Picture::decode(&map(&[("width", "8"), ("height", "5")], "small-size").body);
    assert_eq!((small.width, small.height), (8, 5));
    let text = capabilities();
    let document = lake::parse(&text);
    let most = |name| all(&document, name)[0].text().expect("a number");
    let (width, height) = (most("MaxWidth"), most("MaxHeight"));
    let large = map(&[("width", width), ("height", height)], "large-size").body;
    // Width and height stand in the first chunk; there is no need to unpack all of it.
    let side = |at: usize| u32::from_be_bytes(large[at..at + 4].try_into().expect("four bytes")).to_string();
    assert_eq!((side(16).as_str(), side(20).as_str()), (width, height), "large-size");
}

#[test]
fn wms13_getfeatureinfo_exceptions() {
    let wrong = |changes: &Parameters<'_>| ask(&changed(&INFO, changes));
    let unknown = [("layers", "UndefinedLayer"), ("query_layers", "UndefinedLayer")];
    exception(&wrong(&unknown), Some("LayerNotDefined"), "exceptions-default");
    let unknown = changed(&unknown, &[("exceptions", "XML")]);
    exception(&wrong(&unknown), Some("LayerNotDefined"), "exceptions-xml");
    exception(&wrong(&[("info_format", "InvalidInfoFormat")]), Some("InvalidFormat"), "invalid-info_format");
    exception(&wrong(&[("i", "250")]), Some("InvalidPoint"), "invalid-i");
    exception(&wrong(&[("j", "250")]), Some("InvalidPoint"), "invalid-j");
    exception(&wrong(&[("query_layers", "InvalidLayer")]), Some("LayerNotDefined"), "invalid-query_layers");
}

#[test]
fn wms13_getfeatureinfo_formats_and_layers() {
    let text = capabilities();
    let document = lake::parse(&text);
    for format in children(all(&document, "GetFeatureInfo")[0], "Format") {
        // Inside the lake, and where nothing is: a body of the declared type all the same.
        for (i, j) in [("160", "150"), ("5", "5")] {
            let answer = ask(&changed(&INFO, &[("info_format", format), ("i", i), ("j", j)]));
            let base = format.split(';').next().unwrap_or_default();
            assert_eq!((answer.status, media(&answer).as_str()), (200, base), "each-info_format");
            assert!(!answer.body.is_empty(), "each-info_format: {format}");
        }
    }
    for layer in named(&document) {
        assert_eq!(layer.attribute("queryable"), Some("1"));
        let name = children(layer, "Name")[0];
        let answer = ask(&changed(&INFO, &[("layers", name), ("query_layers", name)]));
        assert_eq!(media(&answer), "text/plain", "each-queryable-layer: {}", answer.text());
    }
    for (shown, queried) in [
        ("Lakes,Forests", "Lakes,Forests"),
        ("Lakes,Forests,Ponds", "Lakes,Forests,Ponds"),
        ("Lakes,Forests,Ponds", "Lakes,Ponds"),
    ] {
        let answer =
            ask(&changed(&INFO, &[("layers", shown), ("query_layers", queried), ("i", "160"), ("j", "150")]));
        assert_eq!(media(&answer), "text/plain", "{queried}");
        assert_eq!(answer.text().contains("Forests.1"), queried.contains("Forests"), "{}", answer.text());
    }
}

#[test]
fn wms13_dims_no_layer_has_a_dimension_without_a_default() {
    let text = capabilities();
    let document = lake::parse(&text);
    assert!(
        all(&document, "Dimension").iter().all(|d| d.attribute("default").is_some()),
        "missing-no-default"
    );
}

#[test]
fn wms13_data_preconditions_hold() {
    let text = capabilities();
    let document = lake::parse(&text);
    for title in titles() {
        let layers =
            all(&document, "Layer").into_iter().filter(|l| children(*l, "Title").contains(&title.as_str()));
        let layers: Vec<_> = layers.collect();
        let [layer] = layers.as_slice() else { panic!("{title}: {} layers", layers.len()) };
        assert_eq!(
            Some(children(*layer, "Name")[0]),
            title.strip_prefix("cite:"),
            "the name keeps its spelling"
        );
        assert!(inherited(*layer, "CRS").iter().any(|n| n.text() == Some("CRS:84")), "{title}");
        for attribute in ["noSubsets", "fixedWidth", "fixedHeight"] {
            assert!(layer.attribute(attribute).is_none_or(|v| v == "0"), "{title} {attribute}");
        }
    }
}

#[test]
fn wms13_basic_boxes_mean_the_outside_of_pixels_and_numbers_have_exponents() {
    let scene = |bbox: &str| {
        map(&[("layers", SCENE), ("width", "400"), ("height", "200"), ("bbox", bbox)], "bbox-exponential")
            .body
    };
    assert_eq!(
        scene("-0.005,-0.0025,0.005,0.0025"),
        scene("-.0005E1,-25E-4,+05E-3,.00025E+1"),
        "bbox-exponential"
    );
    let unescaped = get(&format!(
        "{}&BbOx=-.0005E1,-25E-4,%2B05E-3,.00025E%2B1",
        lake::url(&changed(&MAP, &[("layers", SCENE), ("width", "400"), ("height", "200"), ("bbox", "-")]))
    ));
    assert_eq!(unescaped.body, scene("-0.005,-0.0025,0.005,0.0025"), "bbox-exponential");
    let bbox = [("width", "10"), ("height", "7"), ("bbox", "0.0016,-0.0012,0.0026,-0.0005")];
    let lake = Picture::decode(&map(&bbox, "bbox-pixel-interpretation").body);
    let white = |p: [u8; 4]| p == [255; 4];
    for (x, y, width, height) in [(0, 0, 10, 1), (0, 6, 10, 1), (0, 1, 1, 5), (9, 1, 1, 5)] {
        assert_eq!(lake.count_in(x, y, width, height, white), 0, "bbox-pixel-interpretation at {x}, {y}");
    }
}

#[test]
fn wms13_basic_backgrounds() {
    let view = [("width", "200"), ("height", "100"), ("bbox", "0,-0.0020,0.0040,0")];
    let with = |more: &Parameters<'_>| Picture::decode(&map(&changed(&view, more), "bgcolor").body);
    for (picture, color) in [(with(&[]), [255; 4]), (with(&[("bgcolor", "0x0000FF")]), [0, 0, 255, 255])] {
        assert_eq!(picture.count_in(0, 0, 25, 100, |p| p == color), 2500, "{color:?}");
        assert_eq!(picture.count_in(150, 0, 50, 50, |p| p == color), 2500, "{color:?}");
        assert!(picture.count(|p| p != color) > 1000, "the lake is drawn");
    }
    assert!(with(&[("transparent", "TRUE")]).count(|p| p[3] == 0) > 0, "transparent-true");
}

#[test]
fn wms13_queryable_feature_count() {
    let view = [
        ("layers", "BasicPolygons"),
        ("query_layers", "BasicPolygons"),
        ("width", "100"),
        ("height", "100"),
        ("bbox", "-2,2,2,6"),
        ("i", "50"),
        ("j", "50"),
    ];
    let told = |count: &str| {
        ask(&changed(&changed(&INFO, &view), &[("feature_count", count)]))
            .text()
            .matches("BasicPolygons.")
            .count()
    };
    assert_eq!((told("-"), told("1"), told("2"), told("3")), (1, 1, 2, 2), "feature_count");
}

#[test]
fn wms13_recommendations_are_followed() {
    let text = capabilities();
    let document = lake::parse(&text);
    let service = all(&document, "Service")[0];
    let words = service.children().find(|n| n.tag_name().name() == "KeywordList").expect("service-keywords");
    assert!(!children(words, "Keyword").is_empty(), "service-keywords");
    let contact = all(&document, "ContactAddress");
    let pages = contact.first().map(|c| children(*c, "Address")).unwrap_or_default();
    assert_eq!(pages, [format!("{}/", country().base)], "service-contact-info");
    assert!(children(all(&document, "GetMap")[0], "Format").contains(&"image/png"), "png-getmap-format");
    for layer in named(&document) {
        let name = children(layer, "Name")[0];
        assert!(children(layer, "Abstract").iter().any(|t| !t.trim().is_empty()), "layer-abstracts: {name}");
        // Styles of a group would be styles of all its layers.
        let is_group = layer.children().any(|n| n.tag_name().name() == "Layer");
        for element in
            ["KeywordList", "MetadataURL", "Style"].into_iter().filter(|e| *e != "Style" || !is_group)
        {
            assert!(layer.children().any(|n| n.tag_name().name() == element), "{element}: {name}");
        }
        let styles = layer.children().filter(|n| n.tag_name().name() == "Style");
        assert!(styles.into_iter().all(|s| !children(s, "Title").is_empty()), "style titles: {name}");
        assert!(inherited(layer, "CRS").iter().any(|n| n.text() == Some("CRS:84")), "layer-crs: {name}");
    }
}

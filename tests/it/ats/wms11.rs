//! The suite of WMS 1.1.1 (ets-wms11): its classes without profile, `basic`, `queryable`, `recommended`,
//! GML feature information, fees, and the strict bounding box. Names in the messages are the suite's tests.

use super::lake::{self, SCENE, all, ask, changed, children, media, titles};
use crate::picture::Picture;
use crate::schemas;
use crate::support::{Answer, get};

type Parameters<'a> = [(&'a str, &'a str)];

const CAPABILITIES: [(&str, &str); 3] =
    [("request", "GetCapabilities"), ("service", "WMS"), ("version", "1.1.1")];
const MAP: [(&str, &str); 9] = [
    ("request", "GetMap"),
    ("version", "1.1.1"),
    ("layers", "Lakes"),
    ("styles", ""),
    ("srs", "EPSG:4326"),
    ("bbox", "0,-0.0020,0.0040,0"),
    ("width", "200"),
    ("height", "100"),
    ("format", "image/png"),
];
const INFO: [(&str, &str); 13] = [
    ("request", "GetFeatureInfo"),
    ("version", "1.1.1"),
    ("layers", "Lakes"),
    ("query_layers", "Lakes"),
    ("styles", ""),
    ("srs", "EPSG:4326"),
    ("bbox", "0,-0.0020,0.0040,0"),
    ("width", "200"),
    ("height", "100"),
    ("format", "image/png"),
    ("info_format", "text/plain"),
    ("x", "60"),
    ("y", "60"),
];

fn capabilities() -> String {
    ask(&CAPABILITIES).text()
}

#[track_caller]
fn version(answer: &Answer) -> String {
    let text = answer.text();
    let document = lake::parse(&text);
    document.root_element().attribute("version").expect("a version").to_owned()
}

/// An exception that its DTD allows, with a code.
#[track_caller]
fn exception(answer: &Answer, code: Option<&str>, test: &str) {
    let text = answer.text();
    assert_eq!(media(answer), "application/vnd.ogc.se_xml", "{test}: {text}");
    schemas::validate_by_dtd(&answer.body);
    let document = lake::parse(&text);
    let found = all(&document, "ServiceException");
    assert_eq!(found.len(), 1, "{test}: {text}");
    if code.is_some() {
        assert_eq!(found[0].attribute("code"), code, "{test}: {text}");
    }
}

#[track_caller]
fn map(changes: &Parameters<'_>, test: &str) -> Answer {
    let answer = ask(&changed(&MAP, changes));
    assert_eq!(media(&answer), "image/png", "{test}: {}", answer.text());
    answer
}

#[test]
fn wms11_no_profile_versions_are_negotiated_by_either_name() {
    for (version_asked, got) in [("1.1.1", "1.1.1"), ("0.0.0", "1.1.1"), ("-", "1.3.0")] {
        assert_eq!(
            version(&ask(&changed(&CAPABILITIES, &[("version", version_asked)]))),
            got,
            "{version_asked}"
        );
    }
    assert_eq!(version(&ask(&changed(&CAPABILITIES, &[("version", "-"), ("wmtver", "1.1.1")]))), "1.1.1");
    // VERSION decides, wherever it stands.
    for other in ["0.0.0", "100.0.0"] {
        let after = ask(&changed(&CAPABILITIES, &[("wmtver", other)]));
        let before = ask(&[
            ("wmtver", other),
            ("version", "1.1.1"),
            ("service", "WMS"),
            ("request", "GetCapabilities"),
        ]);
        assert_eq!(
            (version(&after).as_str(), version(&before).as_str()),
            ("1.1.1", "1.1.1"),
            "WMTVER={other}"
        );
    }
    assert_eq!(version(&ask(&changed(&CAPABILITIES, &[("request", "capabilities")]))), "1.1.1");
}

#[test]
fn wms11_no_profile_unknown_parameters_are_ignored() {
    for base in [&CAPABILITIES[..], &MAP, &INFO] {
        let answer = ask(&changed(base, &[("bogus", "ignored")]));
        assert_eq!((answer.status, &answer.body), (200, &ask(base).body), "param_rules-order_and_case");
    }
}

#[test]
fn wms11_no_profile_update_sequences() {
    let text = capabilities();
    let document = lake::parse(&text);
    let sequence: i64 =
        document.root_element().attribute("updateSequence").and_then(|s| s.parse().ok()).expect("a number");
    let with = |number: i64| ask(&changed(&CAPABILITIES, &[("updatesequence", &number.to_string())]));
    exception(&with(sequence), Some("CurrentUpdateSequence"), "updatesequence-2");
    exception(&with(sequence + 1), Some("InvalidUpdateSequence"), "updatesequence-6");
    assert_eq!(version(&with(sequence - 1)), "1.1.1", "updatesequence-5");
}

#[test]
fn wms11_no_profile_capabilities_are_valid_by_the_dtd_and_say_what_they_must() {
    let answer = ask(&CAPABILITIES);
    assert_eq!(media(&answer), "application/vnd.ogc.wms_xml", "response-1");
    let text = answer.text();
    assert!(text.contains("\"http://schemas.opengis.net/wms/1.1.1/capabilities_1_1_1.dtd\""), "response-2");
    schemas::validate_by_dtd(&answer.body);
    let document = lake::parse(&text);
    let service = all(&document, "Service")[0];
    assert_eq!(children(service, "Name"), ["OGC:WMS"], "general_metadata-1");
    lake::assert_prefixes(&document);
    let exceptions = children(all(&document, "Exception")[0], "Format");
    assert!(exceptions.contains(&"application/vnd.ogc.se_xml"), "output_formats-1");
    let root = all(&document, "Layer")[0];
    assert!(root.children().any(|n| n.has_tag_name("LatLonBoundingBox")), "latlonbbox-1");
    assert!(!children(root, "SRS").is_empty(), "srs-1");
    for bounds in all(&document, "LatLonBoundingBox") {
        for side in ["minx", "miny", "maxx", "maxy"] {
            let number = bounds.attribute(side).and_then(|v| v.parse::<f64>().ok()).expect("a number");
            assert!(number.abs() <= 180.0, "latlonbbox-2: {number}");
        }
    }
    for layer in all(&document, "Layer") {
        let systems: Vec<_> =
            layer.children().filter(|n| n.has_tag_name("BoundingBox")).map(|b| b.attribute("SRS")).collect();
        for (index, system) in systems.iter().enumerate() {
            assert!(!systems[..index].contains(system), "bbox-1: {system:?}");
        }
    }
}

#[test]
fn wms11_no_profile_boxes() {
    for wrong in ["1,0,0,1", "0,0,0,1", "0,1,1,0", "0,0,1,0"] {
        exception(&ask(&changed(&MAP, &[("bbox", wrong)])), None, wrong);
    }
    let scene = |bbox: &str| {
        map(&[("layers", SCENE), ("width", "400"), ("height", "200"), ("bbox", bbox)], "bbox-3").body
    };
    assert_eq!(scene("-0.005,-0.0025,0.005,0.0025"), scene("-.0005E1,-25E-4,+05E-3,.00025E+1"), "bbox-3");
    let bbox = [("width", "10"), ("height", "7"), ("bbox", "0.0016,-0.0012,0.0026,-0.0005")];
    let lake = Picture::decode(&map(&bbox, "bbox-4").body);
    for (x, y, width, height) in [(0, 0, 10, 1), (0, 6, 10, 1), (0, 1, 1, 5), (9, 1, 1, 5)] {
        assert_eq!(lake.count_in(x, y, width, height, |p| p == [255; 4]), 0, "bbox-4 at {x}, {y}");
    }
}

#[test]
fn wms11_no_profile_backgrounds_and_transparency() {
    for (more, color) in [(vec![], [255; 4]), (vec![("bgcolor", "0x0000FF")], [0, 0, 255, 255])] {
        let picture = Picture::decode(&map(&more, "bgcolor").body);
        assert_eq!(picture.count_in(0, 0, 25, 100, |p| p == color), 2500, "{color:?}");
        assert_eq!(picture.count_in(150, 0, 50, 50, |p| p == color), 2500, "{color:?}");
    }
    let clear = |value| Picture::decode(&map(&[("transparent", value)], value).body).count(|p| p[3] == 0);
    assert_eq!((clear("-"), clear("fAlSe")), (0, 0), "transparent-1 and 2");
    assert!(clear("TRUE") > 0, "transparent-3");
}

#[test]
fn wms11_no_profile_exceptions() {
    let wrong = [("layers", "NonExistant"), ("width", "100"), ("height", "100"), ("bbox", "-1,-1,1,1")];
    let with = |more: &Parameters<'_>| ask(&changed(&changed(&MAP, &wrong), more));
    exception(&with(&[]), Some("LayerNotDefined"), "exceptions-1");
    let xml = with(&[("exceptions", "application/vnd.ogc.se_xml")]);
    exception(&xml, Some("LayerNotDefined"), "exceptions-2");
    for form in ["application/vnd.ogc.se_inimage", "application/vnd.ogc.se_blank"] {
        for format in ["image/png", "image/jpeg"] {
            let answer = with(&[("exceptions", form), ("format", format)]);
            assert_eq!((answer.status, media(&answer).as_str()), (200, format), "exceptions-4 and 7: {form}");
        }
    }
    let blank = ("exceptions", "application/vnd.ogc.se_blank");
    let red = Picture::decode(&with(&[blank, ("bgcolor", "0xFF0000")]).body);
    assert_eq!(red.count(|p| p == [255, 0, 0, 255]), 10_000, "exceptions-5");
    let clear = Picture::decode(&with(&[blank, ("transparent", "TRUE")]).body);
    assert_eq!(clear.count(|p| p[3] == 0), 10_000, "exceptions-6");
    exception(&ask(&changed(&MAP, &[("srs", "NONE")])), Some("InvalidSRS"), "validate-exception");
}

#[test]
fn wms11_no_profile_layers_styles_systems_and_formats() {
    exception(&ask(&changed(&MAP, &[("format", "Unknown")])), Some("InvalidFormat"), "format-1");
    exception(&ask(&changed(&MAP, &[("srs", "UndefinedSRS")])), Some("InvalidSRS"), "srs-3");
    for layers in ["NonExistant", "Lakes,NonExistant", "NonExistant,Lakes"] {
        exception(&ask(&changed(&MAP, &[("layers", layers)])), Some("LayerNotDefined"), layers);
    }
    for (layers, styles) in [("Lakes", "UndefinedStyle"), ("Lakes,Ponds", "default,UndefinedStyle")] {
        let wrong = ask(&changed(&MAP, &[("layers", layers), ("styles", styles)]));
        exception(&wrong, Some("StyleNotDefined"), styles);
    }
    for layers in ["Lakes", "Lakes,Ponds", "Lakes,Ponds,Forests"] {
        map(&[("layers", layers)], "layers-1 to 3");
    }
    let four = ("layers", "Bridges,RoadSegments,DividedRoutes,Buildings");
    let plain = map(&[four], "styles-9").body;
    for styles in [",,,", "default,,default,"] {
        assert_eq!(map(&[four, ("styles", styles)], styles).body, plain, "styles-7 and 8");
    }
    let text = capabilities();
    let document = lake::parse(&text);
    for format in children(all(&document, "GetMap")[0], "Format") {
        let answer = ask(&changed(&MAP, &[("format", format)]));
        assert_eq!(answer.header("content-type"), format, "each-format");
    }
    for layer in all(&document, "Layer") {
        for name in children(layer, "Name") {
            map(&[("layers", name)], "each-layer");
            for system in layer.ancestors().flat_map(|l| children(l, "SRS")) {
                let bounds = layer
                    .children()
                    .find(|n| n.has_tag_name("BoundingBox") && n.attribute("SRS") == Some(system));
                let bbox = bounds.map_or_else(
                    || "0,0,1,1".to_owned(),
                    |n| ["minx", "miny", "maxx", "maxy"].map(|a| n.attribute(a).expect("a side")).join(","),
                );
                map(&[("layers", name), ("srs", system), ("bbox", &bbox)], "each-srs");
            }
        }
    }
}

#[test]
fn wms11_no_profile_sizes() {
    for (width, height) in [(1024, 768), (16, 16)] {
        let size = [("width", &*width.to_string()), ("height", &*height.to_string())];
        let picture = Picture::decode(&map(&size, "width_height").body);
        assert_eq!((picture.width, picture.height), (width, height), "width_height-1 and 2");
    }
}

#[test]
fn wms11_basic_the_standard_data_set_is_there() {
    let text = capabilities();
    let document = lake::parse(&text);
    for title in titles() {
        let layers =
            all(&document, "Layer").into_iter().filter(|l| children(*l, "Title").contains(&title.as_str()));
        let layers: Vec<_> = layers.collect();
        let [layer] = layers.as_slice() else { panic!("{title}: {} layers", layers.len()) };
        assert!(layer.ancestors().any(|l| children(l, "SRS").contains(&"EPSG:4326")), "{title}");
        for attribute in ["noSubsets", "fixedWidth", "fixedHeight"] {
            assert!(layer.attribute(attribute).is_none_or(|v| v == "0"), "{title} {attribute}");
        }
        assert_eq!(layer.attribute("queryable"), Some("1"), "profiles-queryable-3");
    }
    assert!(children(all(&document, "GetMap")[0], "Format").contains(&"image/png"), "profiles-basic-2");
}

#[test]
fn wms11_queryable_exceptions_counts_and_layers() {
    for form in ["-", "application/vnd.ogc.se_xml"] {
        let wrong = ask(&changed(&INFO, &[("query_layers", "UndefinedLayer"), ("exceptions", form)]));
        exception(&wrong, Some("LayerNotDefined"), "getfeatureinfo-params-exceptions");
    }
    let view = [
        ("layers", "BasicPolygons"),
        ("query_layers", "BasicPolygons"),
        ("height", "100"),
        ("width", "100"),
        ("bbox", "-2,2,2,6"),
        ("x", "50"),
        ("y", "50"),
    ];
    let told = |count: &str| {
        ask(&changed(&changed(&INFO, &view), &[("feature_count", count)]))
            .text()
            .matches("BasicPolygons.")
            .count()
    };
    assert_eq!((told("-"), told("1"), told("2")), (1, 1, 2), "feature_count-1 and 2");
    for (shown, queried) in [
        ("Lakes", "Lakes"),
        ("Lakes,Forests", "Lakes,Forests"),
        ("Forests,Lakes,Streams", "Forests,Lakes,Streams"),
        ("Forests,Lakes,Streams", "Lakes"),
    ] {
        let answer = ask(&changed(&INFO, &[("layers", shown), ("query_layers", queried)]));
        assert_eq!((answer.status, media(&answer).as_str()), (200, "text/plain"), "query_layers: {queried}");
        assert!(answer.text().contains("Lakes.1"), "{}", answer.text());
    }
}

#[test]
fn wms11_queryable_formats() {
    let text = capabilities();
    let document = lake::parse(&text);
    let formats = children(all(&document, "GetFeatureInfo")[0], "Format");
    let media_types: Vec<&str> = formats.iter().map(|f| f.split(';').next().unwrap_or_default()).collect();
    for (format, base) in formats.iter().zip(&media_types) {
        assert_eq!(media(&ask(&changed(&INFO, &[("info_format", format)]))), *base, "each-info_format");
    }
    let unsaid = media(&ask(&changed(&INFO, &[("info_format", "-")])));
    assert!(media_types.contains(&unsaid.as_str()), "info_format-1: {unsaid}");
}

#[test]
fn wms11_recommended_older_names_and_the_poles() {
    map(&[("request", "map")], "params-request-1");
    map(&[("version", "-"), ("wmtver", "1.1.1")], "params-version-1");
    let white = |p: [u8; 4]| p == [255; 4];
    for (bbox, test) in [("-5,90,5,100", "bbox-10"), ("-180,-90,-3,-2", "bbox-9")] {
        let view = [("layers", "Ponds"), ("bbox", bbox), ("width", "100"), ("height", "100")];
        assert_eq!(Picture::decode(&map(&view, test).body).count(white), 10_000, "{test}");
    }
}

#[test]
fn wms11_getfeatureinfo_gml_is_valid_gml_2() {
    let text = capabilities();
    let document = lake::parse(&text);
    let formats = children(all(&document, "GetFeatureInfo")[0], "Format");
    assert!(formats.contains(&"application/vnd.ogc.gml"), "capability_metadata-2");
    // A polygon with a hole, several geometries, points and lines in one answer, and nothing at all.
    let lake = [("layers", "Lakes"), ("query_layers", "Lakes")];
    let ponds = [("bbox", "-0.0020,0.0015,-0.0016,0.0019"), ("x", "60"), ("y", "60")];
    let pond = changed(&[("layers", "Ponds"), ("query_layers", "Ponds")], &ponds);
    let bridge = [
        ("layers", "Bridges,RoadSegments,Streams,DividedRoutes"),
        ("query_layers", "Bridges,RoadSegments,Streams,DividedRoutes"),
        ("bbox", "-0.0017,-0.0004,0.0023,0.0016"),
        ("x", "100"),
        ("y", "50"),
        ("feature_count", "9"),
    ];
    let nothing = [("x", "1"), ("y", "1")];
    for (changes, count) in [(&lake[..], 1), (&pond, 1), (&bridge, 4), (&nothing, 0)] {
        let parameters = changed(&changed(&INFO, changes), &[("info_format", "application/vnd.ogc.gml")]);
        let answer = ask(&parameters);
        assert_eq!(answer.header("content-type"), "application/vnd.ogc.gml", "info_format-2");
        let text = answer.text();
        let document = lake::parse(&text);
        let root = document.root_element();
        assert!(root.has_tag_name(("http://www.opengis.net/wfs", "FeatureCollection")), "{text}");
        assert_eq!(all(&document, "featureMember").len(), count, "{text}");
        let locations =
            root.attribute(("http://www.w3.org/2001/XMLSchema-instance", "schemaLocation")).expect("schemas");
        let pairs: Vec<&str> = locations.split_whitespace().collect();
        let [wfs, wfs_at, own, own_at] = pairs.as_slice() else { panic!("{locations}") };
        let schema = get(own_at);
        assert_eq!((schema.status, media(&schema).as_str()), (200, "text/xml"), "{}", schema.text());
        schemas::validate_mixed(&answer.body, &[(wfs, wfs_at), (own, &schema.text())]);
    }
    exception(
        &ask(&[("request", "GetFeatureInfoSchema"), ("version", "1.1.1")]),
        None,
        "a schema is of layers",
    );
    let unknown =
        ask(&[("request", "GetFeatureInfoSchema"), ("version", "1.1.1"), ("layers", "NonExistant")]);
    exception(&unknown, Some("LayerNotDefined"), "a schema is of layers that exist");
}

#[test]
fn wms11_fees_and_access_constraints_are_none() {
    let text = capabilities();
    let document = lake::parse(&text);
    let service = all(&document, "Service")[0];
    assert_eq!(
        (children(service, "Fees"), children(service, "AccessConstraints")),
        (vec!["none"], vec!["none"])
    );
}

#[test]
fn wms11_bbox_beyond_the_antimeridian_is_empty() {
    let view = [
        ("layers", "Ponds"),
        ("bbox", "359.9978,0.0014,359.9988,0.0022"),
        ("width", "100"),
        ("height", "100"),
    ];
    let picture = Picture::decode(&map(&view, "bbox-11").body);
    assert_eq!(picture.count(|p| p == [255; 4]), 10_000, "bbox-11");
}

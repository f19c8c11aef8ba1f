//! WFS 1.0.0 (OGC 02-058) over HTTP, by requirement: there is no suite for it. Numbers are clauses.

use crate::schemas;
use crate::support::{Answer, get, post, region};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use roxmltree::{Document, Node};

const WFS: &str = "http://www.opengis.net/wfs";
const GML: &str = "http://www.opengis.net/gml";
const CAPABILITIES: &str = "http://schemas.opengis.net/wfs/1.0.0/WFS-capabilities.xsd";
const BASIC: &str = "http://schemas.opengis.net/wfs/1.0.0/WFS-basic.xsd";
const EXCEPTION: &str = "http://schemas.opengis.net/wfs/1.0.0/OGC-exception.xsd";
const EVENTS: &str = "vallee-de-l-aigue:evenements";
const COMMUNES: &str = "vallee-de-l-aigue:communes";

fn ask(pairs: &[(&str, &str)]) -> Answer {
    let pairs = pairs.iter().map(|(n, v)| format!("&{n}={}", utf8_percent_encode(v, NON_ALPHANUMERIC)));
    get(&region().url(&format!("/wfs?SERVICE=WFS&VERSION=1.0.0{}", pairs.collect::<String>())))
}

fn send(body: &str) -> Answer {
    post(&region().url("/wfs?SERVICE=WFS"), "text/xml", body)
}

/// Looks at a good answer's XML.
#[track_caller]
fn read<T>(answer: &Answer, look: impl FnOnce(&Document<'_>) -> T) -> T {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    look(&Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}")))
}

fn named<'a, 'i>(document: &'a Document<'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    document.descendants().filter(move |n| n.tag_name().name() == name)
}

/// `fid` of the features, in order.
#[track_caller]
fn fids(answer: &Answer) -> Vec<String> {
    read(answer, |document| {
        let members = named(document, "featureMember").filter_map(|m| m.first_element_child());
        members.map(|f| f.attribute("fid").expect("a fid").to_owned()).collect()
    })
}

/// A collection that is valid against WFS 1.0 and the schema of its type.
#[track_caller]
fn valid(answer: &Answer, name: &str) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "text/xml; subtype=gml/2.1.2");
    let schema = ask(&[("REQUEST", "DescribeFeatureType"), ("TYPENAME", name)]).text();
    let space =
        Document::parse(&schema).expect("XML").root_element().attribute("targetNamespace").map(str::to_owned);
    schemas::validate_mixed(&answer.body, &[(WFS, BASIC), (&space.expect("a namespace"), &schema)]);
}

/// Code and locator of a report of the version's own form.
#[track_caller]
fn refused(answer: &Answer) -> (String, String) {
    assert_ne!(answer.status, 200, "{}", answer.text());
    schemas::validate(&answer.body, EXCEPTION);
    let text = answer.text();
    let document = Document::parse(&text).expect("XML");
    assert_eq!(document.root_element().attribute("version"), Some("1.2.0"));
    let exception = document.root_element().first_element_child().expect("an exception");
    assert!(!exception.text().unwrap_or_default().trim().is_empty(), "an exception says what is wrong");
    let attribute = |name| exception.attribute(name).unwrap_or_default().to_owned();
    (attribute("code"), attribute("locator").to_ascii_lowercase())
}

#[test]
fn clause_12_the_capabilities_are_valid_and_name_service_requests_types_and_filters() {
    let answer = ask(&[("REQUEST", "GetCapabilities")]);
    schemas::validate(&answer.body, CAPABILITIES);
    read(&answer, |document| {
        assert_eq!(document.root_element().attribute("version"), Some("1.0.0"));
        for request in ["GetCapabilities", "DescribeFeatureType", "GetFeature"] {
            let offered = named(document, request).next().expect(request);
            for method in ["Get", "Post"] {
                let place = offered.descendants().find(|n| n.tag_name().name() == method).expect(method);
                assert!(
                    place.attribute("onlineResource").is_some_and(|a| a.starts_with("http")),
                    "{request}"
                );
            }
        }
        assert_eq!(named(document, "XMLSCHEMA").count(), 1);
        assert_eq!(named(document, "GML2").count(), 1);
        // Not where nobody may edit.
        assert_eq!(named(document, "Transaction").count() + named(document, "Insert").count(), 0);
        assert!(named(document, "Query").count() >= 1, "operations on types");
        assert!(named(document, "FeatureType").count() >= 5);
        for feature_type in named(document, "FeatureType") {
            let srs = feature_type.children().find(|n| n.tag_name().name() == "SRS").and_then(|n| n.text());
            assert!(
                srs.is_some_and(|s| s.starts_with("EPSG:")),
                "QGIS takes the order of axes from it: {srs:?}"
            );
        }
        for operator in ["BBOX", "Intersect", "DWithin", "Simple_Comparisons", "Like", "Between", "NullCheck"]
        {
            assert_eq!(named(document, operator).count(), 1, "{operator}");
        }
    });
}

#[test]
fn clause_12_3_4_the_box_of_a_type_is_in_its_own_system() {
    let answer = ask(&[("REQUEST", "GetCapabilities")]);
    read(&answer, |document| {
        let of = |name: &str| {
            let mut types = named(document, "FeatureType");
            let found = types.find(|t| t.children().any(|n| n.text() == Some(name))).expect("the type");
            let corner =
                found.children().find(|n| n.tag_name().name() == "LatLongBoundingBox").expect("a box");
            let srs = found.children().find(|n| n.tag_name().name() == "SRS").and_then(|n| n.text());
            (
                srs.map(str::to_owned),
                corner.attribute("minx").expect("minx").parse::<f64>().expect("a number"),
            )
        };
        let (srs, x) = of(COMMUNES);
        assert_eq!(srs.as_deref(), Some("EPSG:2154"));
        assert!(x > 180.0, "{x}");
    });
}

#[test]
fn clause_6_2_4_another_version_is_answered_by_the_nearest_lower_one() {
    for (asked, answered) in
        [("1.0.0", "1.0.0"), ("1.0.5", "1.0.0"), ("0.0.14", "1.0.0"), ("1.0", "1.0.0"), ("1.2.0", "1.1.0")]
    {
        let answer = get(&region().url(&format!("/wfs?service=WFS&request=GetCapabilities&version={asked}")));
        read(&answer, |d| assert_eq!(d.root_element().attribute("version"), Some(answered), "{asked}"));
    }
    // Other requests must be of a version that is spoken.
    let answer =
        get(&region().url(&format!("/wfs?service=WFS&request=GetFeature&version=1.0.5&typeName={EVENTS}")));
    assert_eq!(refused(&answer).1, "version");
}

#[test]
fn clause_8_the_schema_of_a_type_has_geometries_of_gml_2() {
    let answer = ask(&[("REQUEST", "DescribeFeatureType"), ("TYPENAME", COMMUNES)]);
    read(&answer, |document| {
        let types: Vec<_> = named(document, "element").filter_map(|n| n.attribute("type")).collect();
        assert!(types.contains(&"gml:PolygonPropertyType"), "{types:?}");
        let imported = named(document, "import").next().and_then(|n| n.attribute("schemaLocation"));
        assert_eq!(imported, Some("http://schemas.opengis.net/gml/2.1.2/feature.xsd"));
        let element = named(document, "element").find(|n| n.attribute("name") == Some("communes"));
        assert_eq!(element.and_then(|n| n.attribute("substitutionGroup")), Some("gml:_Feature"));
    });
    for format in ["XMLSCHEMA", "xmlschema", "GML2"] {
        let named =
            ask(&[("REQUEST", "DescribeFeatureType"), ("TYPENAME", COMMUNES), ("OUTPUTFORMAT", format)]);
        assert_eq!(named.text(), answer.text(), "{format}");
    }
    // Without a name, all types are described, in one schema a namespace.
    let all = ask(&[("REQUEST", "DescribeFeatureType")]);
    read(&all, |document| {
        assert!(named(document, "complexType").count() >= 5 || named(document, "import").count() > 1)
    });
    let gml3 = ask(&[("REQUEST", "DescribeFeatureType"), ("TYPENAME", COMMUNES), ("OUTPUTFORMAT", "GML3")]);
    read(&gml3, |d| assert!(d.descendants().any(|n| n.attribute("type") == Some("gml:SurfacePropertyType"))));
}

#[test]
fn clause_9_features_are_gml_2_valid_against_their_schema_in_every_type() {
    for name in ["evenements", "routes", "communes"] {
        let name = format!("vallee-de-l-aigue:{name}");
        valid(&ask(&[("REQUEST", "GetFeature"), ("TYPENAME", &name), ("MAXFEATURES", "5")]), &name);
    }
}

#[test]
fn clause_9_2_maxfeatures_propertyname_and_featureid_choose_what_is_answered() {
    let answer = ask(&[("REQUEST", "GetFeature"), ("TYPENAME", EVENTS), ("MAXFEATURES", "2")]);
    let first = fids(&answer);
    assert_eq!(first.len(), 2);
    let one = ask(&[("REQUEST", "GetFeature"), ("FEATUREID", &first[1])]);
    assert_eq!(fids(&one), first[1..]);
    valid(&one, EVENTS);
    let projected = ask(&[
        ("REQUEST", "GetFeature"),
        ("TYPENAME", COMMUNES),
        ("PROPERTYNAME", "nom"),
        ("MAXFEATURES", "1"),
    ]);
    valid(&projected, COMMUNES);
    read(&projected, |document| {
        let feature = named(document, "communes").next().expect("a feature");
        let names: Vec<_> =
            feature.children().filter(Node::is_element).map(|n| n.tag_name().name()).collect();
        assert_eq!(names, ["nom"]);
    });
}

#[test]
fn positions_and_boxes_are_x_first_in_every_spelling_of_a_system() {
    let everything = ask(&[("REQUEST", "GetFeature"), ("TYPENAME", EVENTS), ("SRSNAME", "EPSG:4326")]);
    // One of them has no place.
    let all: Vec<String> = read(&everything, |document| {
        let placed =
            named(document, "evenements").filter(|e| e.descendants().any(|n| n.tag_name().name() == "Point"));
        placed.filter_map(|e| e.attribute("fid")).map(str::to_owned).collect()
    });
    read(&everything, |document| {
        for coordinates in named(document, "coordinates") {
            let (x, y) = coordinates.text().and_then(|t| t.split_once(',')).expect("x,y");
            let (x, y): (f64, f64) = (x.parse().expect("x"), y.parse().expect("y"));
            assert!((0.0..10.0).contains(&x) && (40.0..50.0).contains(&y), "{x},{y}");
        }
    });
    let around = ask(&[
        ("REQUEST", "GetFeature"),
        ("TYPENAME", EVENTS),
        ("BBOX", "4,42,8,46"),
        ("SRSNAME", "EPSG:4326"),
    ]);
    let crossed = ask(&[("REQUEST", "GetFeature"), ("TYPENAME", EVENTS), ("BBOX", "42,4,46,8")]);
    assert_eq!(crossed.status, 200, "{}", crossed.text());
    // A box without a system is in the type's own, whatever the answer is written in.
    let own = read(&ask(&[("REQUEST", "GetCapabilities")]), |document| {
        let mut types = named(document, "FeatureType");
        let found = types.find(|t| t.children().any(|n| n.text() == Some(EVENTS))).expect("the type");
        let corner = found.children().find(|n| n.tag_name().name() == "LatLongBoundingBox").expect("a box");
        ["minx", "miny", "maxx", "maxy"].map(|n| corner.attribute(n).expect("a number").to_owned()).join(",")
    });
    let whole = ask(&[("REQUEST", "GetFeature"), ("TYPENAME", EVENTS), ("BBOX", &own)]);
    assert_eq!(fids(&whole), all);
    let named = ask(&[("REQUEST", "GetFeature"), ("TYPENAME", EVENTS), ("BBOX", "4,42,8,46,EPSG:4326")]);
    assert_eq!(fids(&named), all);
    assert!(around.status == 200 && fids(&around).len() <= all.len());
}

#[test]
fn qgis_asks_version_1_0_for_gml_3_and_gets_positions_with_x_first() {
    let answer = ask(&[
        ("REQUEST", "GetFeature"),
        ("TYPENAME", EVENTS),
        ("SRSNAME", "EPSG:4326"),
        ("OUTPUTFORMAT", "GML3"),
        ("MAXFEATURES", "1"),
    ]);
    assert!(answer.header("content-type").starts_with("text/xml; subtype=gml/3.1.1"));
    read(&answer, |document| {
        assert_eq!(document.root_element().tag_name().namespace(), Some(WFS));
        let point = named(document, "Point").next().expect("a point");
        assert_eq!(point.attribute("srsName"), Some("EPSG:4326"));
        let x: f64 =
            named(document, "pos").next().and_then(|n| n.text()?.split(' ').next()?.parse().ok()).expect("x");
        assert!((0.0..10.0).contains(&x), "{x}");
    });
}

#[test]
fn clause_9_a_query_in_xml_has_properties_and_a_filter_of_encoding_1_0() {
    let name = read(&ask(&[("REQUEST", "GetFeature"), ("TYPENAME", COMMUNES), ("MAXFEATURES", "1")]), |d| {
        named(d, "nom").next().and_then(|n| n.text()).expect("a name").to_owned()
    });
    let query = |filter: &str| {
        send(&format!(
            "<GetFeature xmlns='{WFS}' xmlns:ogc='http://www.opengis.net/ogc' xmlns:gml='{GML}' service='WFS' \
             version='1.0.0' outputFormat='GML2'><Query typeName='{COMMUNES}'>\
             <ogc:PropertyName>nom</ogc:PropertyName><ogc:Filter>{filter}</ogc:Filter></Query></GetFeature>"
        ))
    };
    let equal = query(&format!(
        "<ogc:PropertyIsEqualTo><ogc:PropertyName>nom</ogc:PropertyName><ogc:Literal>{name}</ogc:Literal>\
         </ogc:PropertyIsEqualTo>"
    ));
    let found = fids(&equal);
    assert_eq!(found.len(), 1);
    valid(&equal, COMMUNES);
    assert_eq!(fids(&query(&format!("<ogc:FeatureId fid='{}'/>", found[0]))), found);
    let like = query(&format!(
        "<ogc:PropertyIsLike wildCard='*' singleChar='?' escape='!'><ogc:PropertyName>nom</ogc:PropertyName>\
         <ogc:Literal>{}*</ogc:Literal></ogc:PropertyIsLike>",
        name.chars().take(3).collect::<String>()
    ));
    assert!(fids(&like).contains(&found[0]));
    // A box of GML 2, x first in longitude and latitude too.
    let boxed = query(
        "<ogc:BBOX><ogc:PropertyName>geom</ogc:PropertyName><gml:Box srsName='EPSG:4326'>\
         <gml:coordinates>4,42 8,46</gml:coordinates></gml:Box></ogc:BBOX>",
    );
    assert!(fids(&boxed).contains(&found[0]));
}

#[test]
fn several_types_of_a_request_are_answered_one_after_the_other() {
    let types = format!("{EVENTS},{COMMUNES}");
    let both = ask(&[("REQUEST", "GetFeature"), ("TYPENAME", &types)]);
    let ids = fids(&both);
    let of = |slug: &str| ids.iter().filter(|id| id.starts_with(slug)).count();
    assert!(of("evenements.") > 0 && of("communes.") > 0);
    let xml = send(&format!(
        "<GetFeature xmlns='{WFS}' service='WFS' version='1.0.0'><Query typeName='{EVENTS}'/>\
         <Query typeName='{COMMUNES}'/></GetFeature>"
    ));
    assert_eq!(fids(&xml), ids);
    let limited = ask(&[("REQUEST", "GetFeature"), ("TYPENAME", &types), ("MAXFEATURES", "1")]);
    assert_eq!(fids(&limited), ids[..1]);
}

#[test]
fn other_formats_are_answered_in_this_version_too() {
    let answer = ask(&[
        ("REQUEST", "GetFeature"),
        ("TYPENAME", EVENTS),
        ("OUTPUTFORMAT", "application/json"),
        ("MAXFEATURES", "1"),
    ]);
    assert_eq!(answer.json()["features"].as_array().map(Vec::len), Some(1));
    // A count has no form in this version: the parameter is of another, and ignored.
    let hits =
        ask(&[("REQUEST", "GetFeature"), ("TYPENAME", EVENTS), ("RESULTTYPE", "hits"), ("MAXFEATURES", "1")]);
    assert_eq!(fids(&hits).len(), 1);
}

#[test]
fn clause_7_7_errors_are_service_exception_reports_that_name_what_is_wrong() {
    for (pairs, locator) in [
        (vec![("REQUEST", "GetFeature")], "typename"),
        (vec![("REQUEST", "GetFeature"), ("TYPENAME", "nobody:nothing")], "typename"),
        (vec![("REQUEST", "GetFeature"), ("TYPENAME", EVENTS), ("MAXFEATURES", "-1")], "maxfeatures"),
        (vec![("REQUEST", "GetFeature"), ("TYPENAME", EVENTS), ("PROPERTYNAME", "nope")], "propertyname"),
        (vec![("REQUEST", "GetFeature"), ("TYPENAME", EVENTS), ("SRSNAME", "EPSG:0")], "srsname"),
        (vec![("REQUEST", "GetFeature"), ("TYPENAME", EVENTS), ("OUTPUTFORMAT", "DWG")], "outputformat"),
        (vec![("REQUEST", "GetFeature"), ("TYPENAME", EVENTS), ("BBOX", "1,2,3")], "bbox"),
        (vec![("REQUEST", "GetFeature"), ("TYPENAME", EVENTS), ("FILTER", "<a")], "filter"),
        (vec![("REQUEST", "DescribeFeatureType"), ("TYPENAME", "nope")], "typename"),
        (vec![("REQUEST", "GetPropertyValue"), ("TYPENAME", EVENTS)], "getpropertyvalue"),
        (vec![("REQUEST", "Fly")], "fly"),
        (vec![], "request"),
    ] {
        let (code, found) = refused(&ask(&pairs));
        assert!(!code.is_empty() && found == locator, "{pairs:?}: {code} {found}");
    }
    let hostile = send(&format!(
        "<GetFeature xmlns='{WFS}' version='1.0.0'><Query typeName=\"'; drop table x --\"/></GetFeature>"
    ));
    assert_eq!(refused(&hostile).1, "typename");
    let foreign =
        send(&format!("<GetFeature xmlns='{WFS}' version='1.0.0'><StoredQuery id='x'/></GetFeature>"));
    refused(&foreign);
}

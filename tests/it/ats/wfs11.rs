//! The suite of WFS 1.1.0 (ets-wfs11): readiness and the class `basic`. Names in the messages are the suite's
//! tests.

use super::valley::{TYPES, ask, attribute, exception, ids, read, root, send, texts, with};
use crate::schemas;
use crate::support::Answer;

const WFS: &str = "http://www.opengis.net/wfs";
const XSD: &str = "http://schemas.opengis.net/wfs/1.1.0/wfs.xsd";
const OWS: &str = "http://schemas.opengis.net/ows/1.0.0/owsExceptionReport.xsd";
const SERVICE: [(&str, &str); 2] = [("service", "WFS"), ("version", "1.1.0")];

fn capabilities() -> Answer {
    ask(&with(&SERVICE, &[("request", "GetCapabilities")]))
}

/// A valid capabilities document of this version.
#[track_caller]
fn described(answer: &Answer, test: &str) {
    schemas::validate(&answer.body, XSD);
    assert_eq!(root(answer), ("WFS_Capabilities".to_owned(), WFS.to_owned()), "{test}");
    assert_eq!(attribute(answer, "version").as_deref(), Some("1.1.0"), "{test}");
}

/// A valid exception report of OWS Common 1.0.
#[track_caller]
fn refused(answer: &Answer, code: &str, locator: &str, test: &str) {
    schemas::validate(&answer.body, OWS);
    assert_eq!(root(answer).1, "http://www.opengis.net/ows", "{test}");
    assert_eq!(exception(answer), (code.to_owned(), locator.to_owned()), "{test}");
    assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8", "{test}");
}

fn schema_of(names: &str) -> String {
    ask(&with(&SERVICE, &[("request", "DescribeFeatureType"), ("typeName", names)])).text()
}

/// A collection valid against WFS and the schema of its types.
#[track_caller]
fn collected(answer: &Answer, name: &str, test: &str) {
    assert_eq!(root(answer), ("FeatureCollection".to_owned(), WFS.to_owned()), "{test}: {}", answer.text());
    let schema = schema_of(name);
    let space = roxmltree::Document::parse(&schema).expect("XML");
    let space = space.root_element().attribute("targetNamespace").expect("a namespace");
    schemas::validate_mixed(&answer.body, &[(WFS, XSD), (space, &schema)]);
    assert!(answer.header("content-type").starts_with("text/xml; subtype=gml/3.1.1"), "{test}");
}

/// A query of one type, as XML, with attributes and content.
fn query(attributes: &str, name: &str, inside: &str) -> String {
    format!(
        "<wfs:GetFeature xmlns:wfs='{WFS}' xmlns:ogc='http://www.opengis.net/ogc' \
         xmlns:gml='http://www.opengis.net/gml' {attributes}>\
         <wfs:Query typeName='{name}'>{inside}</wfs:Query></wfs:GetFeature>"
    )
}

#[test]
fn wfs11_readiness_the_capabilities_have_bindings_sections_systems_and_operators() {
    let answer = capabilities();
    described(&answer, "readiness-tests");
    read(&answer, |document| {
        let all = |name: &'static str| {
            document.descendants().filter(move |n| n.has_tag_name(name) || n.tag_name().name() == name)
        };
        for section in [
            "ServiceIdentification",
            "ServiceProvider",
            "OperationsMetadata",
            "FeatureTypeList",
            "Filter_Capabilities",
        ] {
            assert_eq!(all(section).count(), 1, "OptionalElementsPattern: {section}");
        }
        for operation in ["GetCapabilities", "DescribeFeatureType", "GetFeature"] {
            let found = all("Operation").find(|n| n.attribute("name") == Some(operation)).expect(operation);
            for method in ["Get", "Post"] {
                let bound = found.descendants().find(|n| n.tag_name().name() == method).expect(method);
                let href = bound.attribute(("http://www.w3.org/1999/xlink", "href")).expect("an address");
                assert!(href.starts_with("http"), "RequiredBasicBindingsPattern: {operation} {method}");
            }
        }
        assert!(all("Operation").all(|n| n.attribute("name") != Some("Transaction")), "not offered yet");
        assert!(all("SpatialOperator").any(|n| n.attribute("name") == Some("BBOX")), "SpatialOperators.BBOX");
        assert_eq!((all("EID").count(), all("FID").count()), (1, 1), "Id_Capabilities");
        for operator in [
            "EqualTo",
            "NotEqualTo",
            "LessThan",
            "GreaterThan",
            "LessThanEqualTo",
            "GreaterThanEqualTo",
            "Between",
        ] {
            assert!(
                all("ComparisonOperator").any(|n| n.text() == Some(operator)),
                "ComparisonOperators.{operator}"
            );
        }
        assert!(
            all("DefaultSRS").count() >= 5
                && all("DefaultSRS").all(|n| n.text().is_some_and(|t| t.starts_with("urn:ogc:def:crs:"))),
            "CRSReferencesPattern"
        );
    });
    // tc12 reads them in the document of the highest version.
    assert!(texts(&answer, "ServiceTypeVersion").contains(&"1.1.0".to_owned()));
}

#[test]
fn wfs11_getcapabilities_names_and_their_order_and_case_do_not_matter_and_unknown_ones_are_ignored() {
    let whole = capabilities();
    for (test, pairs) in [
        (
            "tc5",
            vec![
                ("service", "WFS"),
                ("version", "1.1.0"),
                ("versionXXX", "x.x.x"),
                ("request", "GetCapabilities"),
                ("ASDF", "asdf:asdf"),
            ],
        ),
        ("tc6", vec![("request", "GetCapabilities"), ("version", "1.1.0"), ("service", "WFS")]),
        ("tc8", vec![("rEQuEsT", "GetCapabilities"), ("VeRsIoN", "1.1.0"), ("sErViCe", "WFS")]),
        (
            "tc15.1",
            vec![("service", "WFS"), ("request", "GetCapabilities"), ("acceptversions", "1.1.0,1.0.0")],
        ),
    ] {
        let answer = ask(&pairs);
        described(&answer, test);
        assert_eq!(answer.text(), whole.text(), "{test}");
        assert!(answer.header("content-type").starts_with("text/xml"), "tc9");
    }
    let posted = send(&format!("<foo:GetCapabilities service='WFS' xmlns:foo='{WFS}'/>"));
    described(&posted, "POST tc2.1");
}

#[test]
fn wfs11_getcapabilities_without_a_version_answers_the_highest() {
    let answer = ask(&[("service", "WFS"), ("request", "GetCapabilities")]);
    assert_eq!(attribute(&answer, "version").as_deref(), Some("2.0.0"), "tc12");
    assert_eq!(texts(&answer, "ServiceTypeVersion"), ["2.0.0", "1.1.0", "1.0.0"], "tc12");
}

#[test]
fn wfs11_getcapabilities_sections_are_those_asked_for() {
    let some = [("request", "GetCapabilities"), ("sections", "OperationsMetadata,FeatureTypeList")];
    let answer = ask(&with(&SERVICE, &some));
    described(&answer, "tc19.2");
    let has = |name: &str| !texts(&answer, name).is_empty();
    assert!(has("OperationsMetadata") && has("FeatureTypeList"), "tc19.2");
    assert!(!has("ServiceIdentification") && !has("ServiceProvider"), "tc19.2");
    let none = ask(&with(&SERVICE, &[("request", "GetCapabilities"), ("sections", "")]));
    described(&none, "tc19.1");
    assert!(
        texts(&none, "OperationsMetadata").is_empty() && texts(&none, "FeatureTypeList").is_empty(),
        "tc19.1"
    );
}

#[test]
fn wfs11_getcapabilities_errors_are_reports_of_ows_1_0() {
    for (test, pairs, code, locator) in [
        (
            "tc13",
            vec![("version", "1.1.0"), ("request", "GetCapabilities")],
            "MissingParameterValue",
            "service",
        ),
        (
            "tc16.2",
            vec![("service", "ASDF"), ("version", "1.1.0"), ("request", "GetCapabilities")],
            "InvalidParameterValue",
            "service",
        ),
        (
            "tc15.2",
            vec![
                ("service", "WFS"),
                ("version", "1.1.0"),
                ("request", "GetCapabilities"),
                ("acceptversions", "2006.10.25"),
            ],
            "VersionNegotiationFailed",
            "version",
        ),
        (
            "tc16.4",
            vec![
                ("service", "WFS"),
                ("version", "1.1.0"),
                ("request", "GetCapabilities"),
                ("updatesequence", "9999999999"),
            ],
            "InvalidUpdateSequence",
            "updatesequence",
        ),
    ] {
        refused(&ask(&pairs), code, locator, test);
    }
}

#[test]
fn wfs11_describefeaturetype_get_one_schema_has_all_types_or_those_named() {
    let all = ask(&with(&SERVICE, &[("request", "DescribeFeatureType")]));
    assert!(all.header("content-type").contains("text/xml"), "tc4");
    let declared = |answer: &Answer| {
        read(answer, |document| {
            let root = document.root_element();
            let elements = root.children().filter(|n| n.tag_name().name() == "element");
            elements.filter_map(|n| n.attribute("name").map(str::to_owned)).collect::<Vec<_>>()
        })
    };
    let known = texts(&capabilities(), "Name");
    let names = declared(&all);
    for name in &known {
        let local = name.split(':').next_back().expect("a name");
        assert!(names.iter().any(|n| n == local), "tc3: {name}");
    }
    let two = format!("{},{}", TYPES[0], TYPES[2]);
    let some = ask(&with(&SERVICE, &[("request", "DescribeFeatureType"), ("typeName", &two)]));
    assert_eq!(declared(&some), ["communes", "evenements"]);
    assert!(some.text().contains("substitutionGroup=\"gml:_Feature\""));
    refused(
        &ask(&[("version", "1.1.0"), ("request", "DescribeFeatureType")]),
        "MissingParameterValue",
        "service",
        "tc5",
    );
    let unknown = with(&SERVICE, &[("request", "DescribeFeatureType"), ("typeName", "Asdf")]);
    refused(&ask(&unknown), "InvalidParameterValue", "typename", "an unknown type");
}

#[test]
fn wfs11_describefeaturetype_post_service_and_version_have_their_defaults() {
    for (test, attributes) in
        [("tc1", "service='WFS' version='1.1.0'"), ("tc4.2", "version='1.1.0'"), ("tc4.3", "")]
    {
        let answer = send(&format!("<wfs:DescribeFeatureType xmlns:wfs='{WFS}' {attributes}/>"));
        assert_eq!(root(&answer).0, "schema", "{test}: {}", answer.text());
        assert!(answer.text().contains("http://schemas.opengis.net/gml/3.1.1/base/gml.xsd"), "{test}");
    }
    let one = format!(
        "<wfs:DescribeFeatureType xmlns:wfs='{WFS}' xmlns:app='{}'><wfs:TypeName>app:routes</wfs:TypeName></wfs:DescribeFeatureType>",
        namespace()
    );
    assert!(send(&one).text().contains("name=\"routesType\""), "a prefix of the client's own");
}

/// The namespace of the valley's types.
fn namespace() -> String {
    let schema = schema_of(TYPES[0]);
    let document = roxmltree::Document::parse(&schema).expect("XML");
    document.root_element().attribute("targetNamespace").expect("a namespace").to_owned()
}

#[test]
fn wfs11_getfeature_get_features_are_valid_and_counted() {
    for name in TYPES {
        let get = with(&SERVICE, &[("request", "GetFeature"), ("typename", name)]);
        let answer = ask(&with(&get, &[("maxfeatures", "20"), ("bogus", "parameter")]));
        collected(&answer, name, "tc1, tc2, tc3");
        let found = ids(&answer).len();
        assert!(found > 0 && attribute(&answer, "numberOfFeatures") == Some(found.to_string()), "tc3");
        let hits = ask(&with(&get, &[("resulttype", "hits")]));
        collected(&hits, name, "tc1");
        assert!(ids(&hits).is_empty(), "hits have no features");
        let whole = ids(&ask(&get)).len();
        assert_eq!(attribute(&hits, "numberOfFeatures"), Some(whole.to_string()), "hits");
    }
    let own = format!("xmlns(app={})", namespace());
    let named =
        [("request", "GetFeature"), ("typename", "app:routes"), ("namespace", &own), ("maxfeatures", "1")];
    collected(&ask(&with(&SERVICE, &named)), TYPES[1], "a prefix of the client's own");
}

#[test]
fn wfs11_getfeature_get_what_is_missing_is_named() {
    let name = ("typename", TYPES[0]);
    let missing = "MissingParameterValue";
    refused(&ask(&[("version", "1.1.0"), ("request", "GetFeature"), name]), missing, "service", "tc4");
    refused(&ask(&with(&SERVICE, &[name])), missing, "request", "tc4");
    let unversioned = ask(&[("service", "WFS"), ("request", "GetFeature"), name]);
    assert_eq!(exception(&unversioned), (missing.to_owned(), "version".to_owned()), "tc4");
    refused(&ask(&with(&SERVICE, &[("request", "GetFeature")])), missing, "typename", "no type");
    for (test, pair, locator) in [
        ("tc6", ("typename", "Asdf"), "typename"),
        ("format", ("outputformat", "text/xml; subtype=gml/3.2"), "outputformat"),
        ("srs", ("srsname", "EPSG:1"), "srsname"),
    ] {
        let answer = ask(&with(&SERVICE, &[("request", "GetFeature"), pair, name]));
        refused(&answer, "InvalidParameterValue", locator, test);
    }
    let stored = ask(&with(&SERVICE, &[("request", "ListStoredQueries")]));
    refused(&stored, "OperationNotSupported", "liststoredqueries", "an operation of 2.0");
}

#[test]
fn wfs11_getfeature_get_filters_boxes_identifiers_order_and_projection_work() {
    let get = with(&SERVICE, &[("request", "GetFeature"), ("typename", TYPES[0])]);
    let first = ask(&with(&get, &[("maxfeatures", "1")]));
    let title = texts(&first, "titre").remove(0);
    let filter = format!(
        "<ogc:Filter xmlns:ogc='http://www.opengis.net/ogc'><ogc:PropertyIsEqualTo><ogc:PropertyName>titre\
         </ogc:PropertyName><ogc:Literal>{}</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter>",
        quick_xml::escape::escape(&title)
    );
    let matching = ask(&with(&get, &[("filter", &filter)]));
    collected(&matching, TYPES[0], "tc5");
    let titles = texts(&matching, "titre");
    assert!(!titles.is_empty() && titles.iter().all(|t| *t == title), "tc5: {titles:?}");
    let id = ids(&first).remove(0);
    assert_eq!(
        ids(&ask(&with(&SERVICE, &[("request", "GetFeature"), ("featureid", &id)]))),
        [id],
        "featureid"
    );
    let sorted = ask(&with(&get, &[("sortby", "titre D"), ("propertyname", "titre"), ("maxfeatures", "5")]));
    let titles = texts(&sorted, "titre");
    assert!(titles.is_sorted_by(|a, b| a >= b) && titles.len() == 5, "sortby: {titles:?}");
    assert!(texts(&sorted, "commune").is_empty() && texts(&sorted, "geom").is_empty(), "propertyname");
    let boxed = ask(&with(&get, &[("bbox", "43.3,5.3,43.6,5.8,urn:ogc:def:crs:EPSG::4326")])).text();
    assert_eq!(
        boxed.matches("<gml:featureMember>").count(),
        ids(&ask(&with(&get, &[("bbox", "5.3,43.3,5.8,43.6,EPSG:4326")]))).len(),
        "bbox"
    );
    assert!(boxed.contains("<gml:featureMember>"), "bbox");
}

#[test]
fn wfs11_getfeature_post_queries_have_their_limits_systems_and_schema_locations() {
    for name in TYPES {
        let srs = format!(
            "<wfs:GetFeature xmlns:wfs='{WFS}' version='1.1.0' service='WFS' maxFeatures='2'>\
             <wfs:Query srsName='urn:ogc:def:crs:EPSG::4326' featureVersion='ALL' typeName='{name}'/></wfs:GetFeature>"
        );
        let answer = send(&srs);
        collected(&answer, name, "tc1, tc3, tc4, tc8");
        assert_eq!(ids(&answer).len(), 2, "tc3");
        assert!(answer.text().contains("srsName=\"urn:ogc:def:crs:EPSG::4326\""), "tc1");
        let place = ("http://www.w3.org/2001/XMLSchema-instance", "schemaLocation");
        let located = read(&answer, |d| d.root_element().attribute(place).map(str::to_owned)).expect("tc5");
        let schema = located.split_whitespace().next_back().expect("an address").to_owned();
        assert_eq!(crate::support::get(&schema).text(), schema_of(name), "tc5: the address has the schema");
    }
    let hits = send(&query("resultType='hits'", TYPES[0], ""));
    collected(&hits, TYPES[0], "tc2");
    assert!(ids(&hits).is_empty() && attribute(&hits, "timeStamp").is_some(), "tc2");
    assert_ne!(attribute(&hits, "numberOfFeatures").as_deref(), Some("0"), "tc2");
}

#[test]
fn wfs11_getfeature_post_errors_are_reports_and_defaults_are_those_of_the_schema() {
    refused(&send(&query("version='1.1.0'", "app:Asdf", "")), "InvalidParameterValue", "typename", "tc6");
    let property = "<wfs:PropertyName>asdfProperty</wfs:PropertyName>";
    let unknown = send(&query("version='1.1.0'", TYPES[0], property));
    refused(&unknown, "InvalidParameterValue", "propertyname", "tc6");
    for attributes in ["version='1.1.0' service='WFS'", "version='1.1.0'", "service='WFS'", ""] {
        let answer = send(&query(&format!("{attributes} maxFeatures='1'"), TYPES[0], ""));
        collected(&answer, TYPES[0], "tc7");
    }
    refused(
        &send(&query("version='0.9.0'", TYPES[0], "")),
        "VersionNegotiationFailed",
        "version",
        "a foreign version",
    );
    let half = "<ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>titre</ogc:PropertyName>\
                </ogc:PropertyIsEqualTo></ogc:Filter>";
    let answer = send(&query("", TYPES[0], half));
    schemas::validate(&answer.body, OWS);
    assert_eq!(answer.status, 400, "{}", answer.text());
}

#[test]
fn wfs11_getfeature_post_filters_of_version_1_1_select_in_space_and_by_identifier() {
    let filters = [
        "<ogc:BBOX><ogc:PropertyName>geom</ogc:PropertyName><gml:Envelope srsName='urn:ogc:def:crs:EPSG::4326'>\
         <gml:lowerCorner>43.3 5.3</gml:lowerCorner><gml:upperCorner>43.6 5.8</gml:upperCorner></gml:Envelope></ogc:BBOX>",
        "<ogc:Intersects><ogc:PropertyName>geom</ogc:PropertyName><gml:Polygon srsName='EPSG:4326'><gml:exterior>\
         <gml:LinearRing><gml:posList>5.3 43.3 5.8 43.3 5.8 43.6 5.3 43.6 5.3 43.3</gml:posList></gml:LinearRing>\
         </gml:exterior></gml:Polygon></ogc:Intersects>",
    ];
    let [by_box, by_area] =
        filters.map(|f| ids(&send(&query("", TYPES[0], &format!("<ogc:Filter>{f}</ogc:Filter>")))));
    let whole = ids(&send(&query("", TYPES[0], ""))).len();
    assert!(!by_box.is_empty() && by_box.len() < whole, "{by_box:?}");
    assert_eq!(by_box, by_area);
    for id in ["<ogc:GmlObjectId gml:id='evenements.2'/>", "<ogc:FeatureId fid='evenements.2'/>"] {
        let answer = send(&query("", TYPES[0], &format!("<ogc:Filter>{id}</ogc:Filter>")));
        assert_eq!(ids(&answer), ["evenements.2"], "{id}");
    }
}

#[test]
fn wfs11_answers_of_several_types_and_of_every_layer_are_valid() {
    let names = texts(&capabilities(), "Name");
    assert!(names.len() >= 5, "{names:?}");
    for name in &names {
        let answer =
            ask(&with(&SERVICE, &[("request", "GetFeature"), ("typename", name), ("maxfeatures", "20")]));
        collected(&answer, name, "every layer");
    }
    let two = format!("{},{}", TYPES[0], TYPES[1]);
    let answer =
        ask(&with(&SERVICE, &[("request", "GetFeature"), ("typename", &two), ("maxfeatures", "400")]));
    collected(&answer, &two, "two types in one collection");
    let mut slugs: Vec<String> =
        ids(&answer).iter().filter_map(|id| Some(id.split_once('.')?.0.to_owned())).collect();
    slugs.dedup();
    assert_eq!(slugs, ["evenements", "routes"]);
}

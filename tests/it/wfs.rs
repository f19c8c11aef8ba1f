//! WFS 2.0 over HTTP.

use crate::support::region::fixture;
use crate::support::{TestDatabase, TestServer, get, get_with, head, post, region};
use crate::{expected, schemas, support};
use roxmltree::Document;
use std::collections::BTreeSet;

const XSD: &str = "http://schemas.opengis.net/wfs/2.0/wfs.xsd";
const WFS: &str = "http://www.opengis.net/wfs/2.0";
const OWS_OF_110: &str = "http://schemas.opengis.net/ows/1.0.0/owsExceptionReport.xsd";
const OWS: &str = "http://schemas.opengis.net/ows/1.1.0/owsExceptionReport.xsd";
const GML_ID: (&str, &str) = ("http://www.opengis.net/gml/3.2", "id");

fn url(query: &str) -> String {
    region().url(&format!("/wfs?service=WFS&version=2.0.0&{query}"))
}

/// The text of a good answer.
#[track_caller]
fn text(query: &str) -> String {
    let answer = get(&url(query));
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.text()
}

/// Identifiers of the features in a GML answer, in order.
fn ids(xml: &str) -> Vec<String> {
    let document = Document::parse(xml).expect("well-formed");
    let members = document.descendants().filter(|n| n.has_tag_name((WFS, "member")));
    members
        .filter_map(|m| m.first_element_child())
        .filter_map(|f| f.attribute(GML_ID).map(str::to_owned))
        .collect()
}

fn root_attribute(xml: &str, name: &str) -> Option<String> {
    Document::parse(xml).expect("well-formed").root_element().attribute(name).map(str::to_owned)
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The first coordinate pair of an answer.
fn first_position(xml: &str) -> (f64, f64) {
    let document = Document::parse(xml).expect("well-formed");
    let node = document
        .descendants()
        .find(|n| matches!(n.tag_name().name(), "pos" | "posList"))
        .expect("a position");
    let mut numbers =
        node.text().expect("text").split_whitespace().map(|n| n.parse::<f64>().expect("a number"));
    (numbers.next().expect("first"), numbers.next().expect("second"))
}

#[test]
fn capabilities_are_valid_and_as_expected() {
    let region = region();
    let answer = get(&region.url("/wfs?SERVICE=WFS&REQUEST=GetCapabilities&ACCEPTVERSIONS=2.0.0,1.1.0"));
    assert_eq!(answer.status, 200);
    schemas::validate(&answer.body, XSD);
    expected::xml("wfs/capabilities.xml", &region.base, &answer.body);
    let known = get_with(
        &region.url("/wfs?service=WFS&request=GetCapabilities"),
        &[("if-none-match", answer.header("etag"))],
    );
    assert_eq!(known.status, 304);
}

#[test]
fn sections_and_update_sequence_shorten_the_capabilities() {
    let some = text("request=GetCapabilities&sections=FeatureTypeList");
    schemas::validate(some.as_bytes(), XSD);
    assert!(some.contains("<wfs:FeatureTypeList>") && !some.contains("OperationsMetadata"));
    let now = root_attribute(&some, "updateSequence").expect("a sequence");
    let same = text(&format!("request=GetCapabilities&updateSequence={now}"));
    schemas::validate(same.as_bytes(), XSD);
    assert!(!same.contains("FeatureTypeList"));
}

#[test]
fn every_layer_has_a_schema_and_features_valid_against_it() {
    let capabilities = text("request=GetCapabilities");
    let document = Document::parse(&capabilities).expect("well-formed");
    let names: Vec<String> = document
        .descendants()
        .filter(|n| n.has_tag_name((WFS, "FeatureType")))
        .filter_map(|t| t.first_element_child().and_then(|n| n.text()).map(str::to_owned))
        .collect();
    assert!(names.len() >= 5, "{names:?}");
    for name in &names {
        let xsd = text(&format!("request=DescribeFeatureType&typeNames={name}"));
        let namespace = root_attribute(&xsd, "targetNamespace").expect("a namespace");
        for format in ["", "&outputFormat=text/xml;%20subtype=gml/3.2"] {
            let features = text(&format!("request=GetFeature&typeNames={name}&count=20{format}"));
            schemas::validate_mixed(features.as_bytes(), &[(WFS, XSD), (&namespace, &xsd)]);
        }
    }
    let all = text("request=DescribeFeatureType");
    for name in &names {
        assert!(all.contains(&format!("name=\"{}\"", name.split(':').next_back().expect("local"))));
    }
}

#[test]
fn answers_are_as_expected() {
    let base = &region().base;
    for (file, query) in [
        ("schema.xml", "request=DescribeFeatureType&typeNames=evenements"),
        ("features.xml", "request=GetFeature&typeNames=evenements&count=2"),
        (
            "features-sorted.xml",
            "request=GetFeature&typeNames=evenements&sortBy=titre%20DESC&propertyName=titre,geom&count=3",
        ),
        ("hits.xml", "request=GetFeature&typeNames=communes&resultType=hits"),
        (
            "two-types.xml",
            "request=GetFeature&typeNames=(equipements)(evenements)&propertyName=(nom)(titre)&count=3&startIndex=141",
        ),
        (
            "by-id.xml",
            "request=GetFeature&storedQuery_id=urn:ogc:def:query:OGC-WFS::GetFeatureById&id=equipements.1",
        ),
        ("values.xml", "request=GetPropertyValue&typeNames=evenements&valueReference=tarif&count=3"),
        ("stored-queries.xml", "request=ListStoredQueries"),
        ("stored-query.xml", "request=DescribeStoredQueries"),
    ] {
        expected::xml(&format!("wfs/{file}"), base, text(query).as_bytes());
    }
    let answer = get(&url("request=GetFeature&typeNames=evenements&count=2&outputFormat=application/json"));
    expected::json("wfs/features.json", base, &answer.json());
}

#[test]
fn the_spelling_of_a_system_decides_the_order_of_the_axes() {
    let at = |srs: &str| {
        first_position(&text(&format!("request=GetFeature&typeNames=equipements&count=1&srsName={srs}")))
    };
    for (srs, latitude_first) in [
        ("urn:ogc:def:crs:EPSG::4326", true),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", true),
        ("EPSG:4326", false),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", false),
    ] {
        let (first, second) = at(srs);
        let (lat, lon) = if latitude_first { (first, second) } else { (second, first) };
        assert!((43.0..44.0).contains(&lat) && (5.0..7.0).contains(&lon), "{srs}: {first} {second}");
        let xml = text(&format!("request=GetFeature&typeNames=equipements&count=1&srsName={srs}"));
        assert!(
            xml.contains(&format!(
                "srsName=\"{}\"",
                if srs.contains("CRS84") { "http://www.opengis.net/def/crs/OGC/1.3/CRS84" } else { srs }
            )),
            "{xml}"
        );
    }
    let (x, y) = at("EPSG:2154");
    assert!((8e5..1e6).contains(&x) && (6.2e6..6.4e6).contains(&y), "{x} {y}");
}

#[test]
fn a_box_finds_the_same_in_every_spelling() {
    let count = |bbox: &str| {
        let xml = text(&format!("request=GetFeature&typeNames=equipements&bbox={bbox}"));
        ids(&xml).into_iter().collect::<BTreeSet<_>>()
    };
    let native = count("43.3,5.3,43.6,5.8");
    assert!(!native.is_empty() && native.len() < 142);
    for bbox in [
        "43.3,5.3,43.6,5.8,urn:ogc:def:crs:EPSG::4326",
        "5.3,43.3,5.8,43.6,EPSG:4326",
        "5.3,43.3,5.8,43.6,urn:ogc:def:crs:OGC:1.3:CRS84",
    ] {
        assert_eq!(count(bbox), native, "{bbox}");
    }
}

#[test]
fn pages_add_up_to_the_whole_layer() {
    let whole = ids(&text("request=GetFeature&typeNames=equipements"));
    assert_eq!(whole.len(), 142);
    let mut next = Some(url("request=GetFeature&typeNames=equipements&count=25"));
    let mut paged = Vec::new();
    while let Some(address) = next {
        let answer = get(&address);
        assert_eq!(answer.status, 200);
        let xml = answer.text();
        let page = ids(&xml);
        assert_eq!(root_attribute(&xml, "numberReturned"), Some(page.len().to_string()));
        assert_eq!(root_attribute(&xml, "numberMatched").as_deref(), Some("142"));
        paged.extend(page);
        next = root_attribute(&xml, "next");
    }
    assert_eq!(paged, whole);
    let last = text("request=GetFeature&typeNames=equipements&count=25&startIndex=30");
    let previous = root_attribute(&last, "previous").expect("a page before");
    assert_eq!(ids(&get(&previous).text()), whole[5..30]);
    let beyond = text("request=GetFeature&typeNames=equipements&count=25&startIndex=1000000");
    assert_eq!(root_attribute(&beyond, "numberReturned").as_deref(), Some("0"));
    let none = text("request=GetFeature&typeNames=equipements&count=0");
    assert_eq!(root_attribute(&none, "numberReturned").as_deref(), Some("0"));
}

#[test]
fn a_posted_query_pages_on_by_get_with_its_filter() {
    let body = r#"<w:GetFeature xmlns:w="http://www.opengis.net/wfs/2.0" xmlns:f="http://www.opengis.net/fes/2.0"
        service="WFS" version="2.0.0" count="4"><w:Query typeNames="equipements">
        <f:Filter><f:PropertyIsLike wildCard="*" singleChar="." escapeChar="\"><f:ValueReference>nom</f:ValueReference>
        <f:Literal>*a*</f:Literal></f:PropertyIsLike></f:Filter>
        <f:SortBy><f:SortProperty><f:ValueReference>nom</f:ValueReference></f:SortProperty></f:SortBy></w:Query></w:GetFeature>"#;
    let first = post(&region().url("/wfs"), "text/xml", body);
    assert_eq!(first.status, 200, "{}", first.text());
    let xml = first.text();
    let matched: usize = root_attribute(&xml, "numberMatched").expect("matched").parse().expect("a number");
    let mut found = ids(&xml);
    let mut next = root_attribute(&xml, "next");
    while let Some(address) = next {
        let xml = get(&address).text();
        found.extend(ids(&xml));
        next = root_attribute(&xml, "next");
    }
    assert_eq!(found.len(), matched);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), matched);
}

#[test]
fn get_form_and_xml_give_the_same_answer() {
    let filter = "<fes:Filter xmlns:fes=\"http://www.opengis.net/fes/2.0\"><fes:PropertyIsEqualTo>\
        <fes:ValueReference>accessible_pmr</fes:ValueReference><fes:Literal>true</fes:Literal></fes:PropertyIsEqualTo></fes:Filter>";
    let by_get = ids(&text(&format!("request=GetFeature&typeNames=equipements&filter={}", encoded(filter))));
    assert!(!by_get.is_empty() && by_get.len() < 142);
    let form = format!(
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=equipements&FILTER={}",
        encoded(filter)
    );
    let by_form = post(&region().url("/wfs"), "application/x-www-form-urlencoded", form);
    let xml = format!(
        "<GetFeature xmlns=\"{WFS}\" service=\"WFS\" version=\"2.0.0\"><Query typeNames=\"equipements\">{filter}</Query></GetFeature>"
    );
    let by_xml = post(&region().url("/wfs?SERVICE=WFS"), "application/xml", xml);
    assert_eq!(ids(&by_form.text()), by_get);
    assert_eq!(ids(&by_xml.text()), by_get);
    let old = "<Filter xmlns=\"http://www.opengis.net/ogc\"><PropertyIsEqualTo><PropertyName>accessible_pmr</PropertyName>\
        <Literal>true</Literal></PropertyIsEqualTo></Filter>";
    let by_old = text(&format!("request=GetFeature&typeName=equipements&filter={}", encoded(old)));
    assert_eq!(ids(&by_old), by_get);
}

#[test]
fn features_are_found_by_their_identifiers() {
    let some = ids(&text("request=GetFeature&resourceId=equipements.3,evenements.2"));
    assert_eq!(some.len(), 2, "{some:?}");
    for id in [
        "urn:ogc:def:query:OGC-WFS::GetFeatureById",
        "http://www.opengis.net/def/query/OGC-WFS/0/GetFeatureById",
    ] {
        let one = text(&format!("request=GetFeature&storedQuery_id={id}&id=equipements.3"));
        let document = Document::parse(&one).expect("well-formed");
        assert_eq!(document.root_element().tag_name().name(), "equipements");
        assert_eq!(document.root_element().attribute(GML_ID), Some("equipements.3"));
    }
}

#[test]
fn geojson_has_text_identifiers_and_the_system_asked_for() {
    let plain = get(&url("request=GetFeature&typeNames=communes&count=1&outputFormat=geojson"));
    assert_eq!(plain.header("content-type"), "application/geo+json");
    let json = plain.json();
    assert!(json["features"][0]["id"].as_str().expect("text").starts_with("communes."));
    assert_eq!(json["crs"], serde_json::Value::Null);
    let web = get(&url(
        "request=GetFeature&typeNames=communes&count=1&outputFormat=application/json&srsName=EPSG:3857",
    ));
    assert_eq!(web.header("content-type"), "application/json");
    assert_eq!(web.json()["crs"]["properties"]["name"], "urn:ogc:def:crs:EPSG::3857");
}

#[test]
fn errors_are_exception_reports_with_code_and_locator() {
    let deep = format!("{}{}", "<fes:Not>".repeat(10_000), "</fes:Not>".repeat(10_000));
    let deep =
        encoded(&format!("<fes:Filter xmlns:fes=\"http://www.opengis.net/fes/2.0\">{deep}</fes:Filter>"));
    let get_feature = "service=WFS&version=2.0.0&request=GetFeature";
    let unknown = "%3CFilter%20xmlns='http://www.opengis.net/fes/2.0'%3E%3CPropertyIsNull%3E%3CValueReference%3Enope%3C/ValueReference%3E%3C/PropertyIsNull%3E%3C/Filter%3E";
    for (query, status, code, locator) in [
        ("request=GetCapabilities".to_owned(), 400, "MissingParameterValue", "service"),
        ("service=WFS".to_owned(), 400, "MissingParameterValue", "request"),
        (
            "service=WFS&request=GetCapabilities&acceptVersions=0.9.0,0.8".to_owned(),
            400,
            "VersionNegotiationFailed",
            "version",
        ),
        (
            "service=WFS&version=0.9.0&request=GetFeature&typeName=communes".to_owned(),
            400,
            "VersionNegotiationFailed",
            "version",
        ),
        (
            "service=WFS&version=2.0.0&request=Transaction".to_owned(),
            400,
            "OperationParsingFailed",
            "request",
        ),
        (get_feature.to_owned(), 400, "MissingParameterValue", "typeNames"),
        (format!("{get_feature}&typeNames=nope"), 400, "InvalidParameterValue", "typeNames"),
        (format!("{get_feature}&typeNames=wrong:communes"), 400, "InvalidParameterValue", "typeNames"),
        (
            format!("{get_feature}&typeNames=communes&srsName=EPSG:99999"),
            400,
            "InvalidParameterValue",
            "srsName",
        ),
        (
            format!("{get_feature}&typeNames=communes&srsName=elsewhere"),
            400,
            "InvalidParameterValue",
            "srsName",
        ),
        (
            format!("{get_feature}&typeNames=communes&outputFormat=SHAPE"),
            400,
            "InvalidParameterValue",
            "outputFormat",
        ),
        (
            format!("{get_feature}&typeNames=communes&propertyName=nope"),
            400,
            "InvalidParameterValue",
            "propertyName",
        ),
        (format!("{get_feature}&typeNames=communes&sortBy=nope"), 400, "InvalidParameterValue", "sortBy"),
        (format!("{get_feature}&typeNames=communes&count=x"), 400, "InvalidParameterValue", "count"),
        (
            format!("{get_feature}&typeNames=communes&startIndex=-1"),
            400,
            "InvalidParameterValue",
            "startIndex",
        ),
        (format!("{get_feature}&typeNames=communes&bbox=1,2,3"), 400, "InvalidParameterValue", "BBOX"),
        (format!("{get_feature}&typeNames=communes&bbox=9,9,1,1"), 400, "InvalidParameterValue", "BBOX"),
        (format!("{get_feature}&typeNames=communes&bbox=1,2,NaN,4"), 400, "InvalidParameterValue", "BBOX"),
        (format!("{get_feature}&typeNames=communes&bbox=1,2,inf,4"), 400, "InvalidParameterValue", "BBOX"),
        (
            format!("{get_feature}&typeNames=communes&filter=nonsense"),
            400,
            "OperationParsingFailed",
            "FILTER",
        ),
        (format!("{get_feature}&typeNames=communes&filter={unknown}"), 400, "InvalidParameterValue", "nope"),
        (format!("{get_feature}&typeNames=communes&filter={deep}"), 400, "OperationParsingFailed", "FILTER"),
        (
            format!("{get_feature}&typeNames=communes&resourceId=equipements.1"),
            400,
            "InvalidParameterValue",
            "RESOURCEID",
        ),
        (
            format!("{get_feature}&typeNames=communes&bbox=1,2,3,4&resourceId=communes.1"),
            400,
            "InvalidParameterValue",
            "FILTER",
        ),
        (format!("{get_feature}&typeNames=communes&count=1%2"), 400, "OperationParsingFailed", "count"),
        (format!("{get_feature}&typeNames=%ff"), 400, "OperationParsingFailed", "typeNames"),
        (format!("{get_feature}&storedQuery_id=nope"), 400, "InvalidParameterValue", "storedQuery_Id"),
        (
            format!(
                "{get_feature}&storedQuery_id=urn:ogc:def:query:OGC-WFS::GetFeatureById&id=communes.999999"
            ),
            404,
            "OperationProcessingFailed",
            "id",
        ),
        (
            "service=WFS&version=2.0.0&request=GetPropertyValue&typeNames=communes".to_owned(),
            400,
            "MissingParameterValue",
            "valueReference",
        ),
        (
            "service=WFS&version=2.0.0&request=GetPropertyValue&typeNames=communes&valueReference=nope"
                .to_owned(),
            400,
            "InvalidParameterValue",
            "valueReference",
        ),
        (
            "service=WFS&version=2.0.0&request=DescribeFeatureType&typeNames=nope".to_owned(),
            400,
            "InvalidParameterValue",
            "typeNames",
        ),
        (
            "service=WFS&version=2.0.0&request=DescribeStoredQueries&storedQuery_id=nope".to_owned(),
            400,
            "InvalidParameterValue",
            "storedQuery_Id",
        ),
    ] {
        let answer = if query.len() > 8000 {
            post(&region().url("/wfs"), "application/x-www-form-urlencoded", &query)
        } else {
            get(&region().url(&format!("/wfs?{query}")))
        };
        exception(&answer, status, code, locator, &query);
    }
}

#[track_caller]
fn exception(answer: &support::Answer, status: u16, code: &str, locator: &str, request: &str) {
    let request: String = request.chars().take(200).collect();
    assert_eq!(answer.status, status, "{request}: {}", answer.text());
    let text = answer.text();
    let document = Document::parse(&text).expect("well-formed");
    let earlier = document.root_element().tag_name().namespace() == Some("http://www.opengis.net/ows");
    schemas::validate(&answer.body, if earlier { OWS_OF_110 } else { OWS });
    let exception =
        document.descendants().find(|n| n.tag_name().name() == "Exception").expect("an exception");
    assert_eq!(exception.attribute("exceptionCode"), Some(code), "{request}: {text}");
    assert_eq!(exception.attribute("locator"), Some(locator), "{request}: {text}");
    assert_eq!(answer.header("access-control-allow-origin"), "*", "{request}");
}

#[test]
fn bodies_that_are_not_a_request_are_refused() {
    let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
    for (body, code, locator) in [
        ("<wfs:GetFeature".to_owned(), "OperationParsingFailed", "request"),
        ("".to_owned(), "MissingParameterValue", "service"),
        (deep, "OperationParsingFailed", "request"),
        (
            "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>".to_owned(),
            "OperationParsingFailed",
            "request",
        ),
        ("<a/>".to_owned(), "OperationParsingFailed", "request"),
        (
            "<GetFeature xmlns='http://www.opengis.net/wfs' service='WFS' version='0.9.0'/>".to_owned(),
            "VersionNegotiationFailed",
            "version",
        ),
        ("<GetFeature xmlns='http://www.opengis.net/wfs'/>".to_owned(), "MissingParameterValue", "typeName"),
        (
            format!("<GetFeature xmlns='{WFS}' service='WFS' version='2.0.0'/>"),
            "MissingParameterValue",
            "typeNames",
        ),
        (
            format!(
                "<GetFeature xmlns='{WFS}' service='WFS' version='2.0.0'><Query typeNames='nope'/></GetFeature>"
            ),
            "InvalidParameterValue",
            "typeNames",
        ),
    ] {
        let answer = post(&region().url("/wfs"), "text/xml", &body);
        exception(&answer, 400, code, locator, &body);
    }
}

#[test]
fn a_scope_shows_its_own_types_and_an_unknown_one_is_404() {
    let region = region();
    let one = get(&region.url("/dataset/routes/wfs?service=WFS&request=GetCapabilities"));
    let text = one.text();
    let types = text.matches("<wfs:FeatureType>").count();
    assert_eq!((one.status, types), (200, 1), "{text}");
    assert!(text.contains(&format!("{}/dataset/routes/wfs", region.base)));
    let other =
        get(&region
            .url("/dataset/routes/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=communes"));
    assert_eq!(other.status, 400);
    let unknown = get(&region.url("/org/nobody/wfs?service=WFS&request=GetCapabilities"));
    assert_eq!(unknown.status, 404);
    schemas::validate(&unknown.body, OWS);
}

#[test]
fn features_are_never_kept_and_head_answers_like_get() {
    let address = url("request=GetFeature&typeNames=equipements");
    let answer = get(&address);
    assert_eq!(answer.header("cache-control"), "no-store");
    let asked = head(&address);
    assert_eq!((asked.status, asked.header("content-type")), (200, answer.header("content-type")));
}

/// A server of its own with two organisations, and so two namespaces.
async fn two_organisations(change: impl FnOnce(&mut datasud::config::Config)) -> (TestDatabase, TestServer) {
    let database = support::database().await;
    for (dataset, organisation) in [("equipements", "Premier"), ("evenements", "Second")] {
        let files = [fixture(&format!("{dataset}.geojson"))];
        support::ingest(&database, dataset, &files, |request| {
            request.organisation = Some(organisation.into())
        })
        .await
        .expect("published");
    }
    let mut config = support::config();
    change(&mut config);
    let server = support::server_with(&database, config);
    (database, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn types_of_several_organisations_come_each_in_its_namespace() {
    let (_database, server) = two_organisations(|_| ()).await;
    let wfs = format!("{}/wfs?service=WFS&version=2.0.0&", server.base);
    let capabilities = get(&format!("{wfs}request=GetCapabilities"));
    schemas::validate(&capabilities.body, XSD);
    let all = get(&format!("{wfs}request=DescribeFeatureType")).text();
    let document = Document::parse(&all).expect("well-formed");
    let mut imported = vec![(WFS.to_owned(), XSD.to_owned())];
    for import in document.descendants().filter(|n| n.tag_name().name() == "import") {
        let location = import.attribute("schemaLocation").expect("a location");
        imported.push((import.attribute("namespace").expect("a namespace").to_owned(), get(location).text()));
    }
    assert_eq!(imported.len(), 3, "{all}");
    let features =
        get(&format!("{wfs}request=GetFeature&typeNames=(premier:equipements)(second:evenements)"));
    let schemas: Vec<(&str, &str)> = imported.iter().map(|(n, s)| (n.as_str(), s.as_str())).collect();
    schemas::validate_mixed(&features.body, &schemas);
    let mixed = get(&format!("{wfs}request=GetFeature&typeNames=second:equipements"));
    exception(&mixed, 400, "InvalidParameterValue", "typeNames", "another organisation's prefix");
    let namespace = encoded(&imported[1].0);
    let declared = get(&format!(
        "{wfs}request=GetFeature&count=1&namespaces=xmlns(x,{namespace})&typeNames=x:equipements"
    ));
    assert_eq!(declared.status, 200, "{}", declared.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_time_to_count_the_number_matched_is_unknown_and_the_number_returned_exact() {
    let (_database, server) = two_organisations(|config| config.limits.count_milliseconds = 0).await;
    let filtered = format!(
        "{}/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=equipements&bbox=5.3,43.3,5.9,43.7,EPSG:4326",
        server.base
    );
    let whole = get(&filtered).text();
    let all = ids(&whole);
    assert_eq!(root_attribute(&whole, "numberMatched").as_deref(), Some("unknown"));
    assert_eq!(root_attribute(&whole, "numberReturned"), Some(all.len().to_string()));
    let mut next = Some(format!("{filtered}&count=10"));
    let mut paged = Vec::new();
    while let Some(address) = next {
        let page = get(&address).text();
        assert_eq!(root_attribute(&page, "numberReturned"), Some(ids(&page).len().to_string()));
        paged.extend(ids(&page));
        next = root_attribute(&page, "next");
    }
    assert_eq!(paged, all);
    // Who asks for the number alone gets it.
    let hits = get(&format!("{filtered}&resultType=hits")).text();
    assert_eq!(root_attribute(&hits, "numberMatched"), Some(all.len().to_string()));
    let page =
        get(&format!("{}/ogc/collections/equipements/items?bbox=5.3,43.3,5.9,43.7", server.base)).json();
    assert_eq!(page["numberMatched"], serde_json::Value::Null);
    assert_eq!(page["numberReturned"], 10);
}

#[test]
fn functions_and_times_of_the_capabilities_work() {
    let found = |condition: &str| {
        let filter = format!(
            "<fes:Filter xmlns:fes=\"http://www.opengis.net/fes/2.0\" xmlns:gml=\"http://www.opengis.net/gml/3.2\">{condition}</fes:Filter>"
        );
        ids(&text(&format!("request=GetFeature&typeNames=evenements&filter={}", encoded(&filter)))).len()
    };
    let all = ids(&text("request=GetFeature&typeNames=evenements")).len();
    let day = "<fes:ValueReference>jour</fes:ValueReference>";
    let instant =
        "<gml:TimeInstant gml:id=\"t\"><gml:timePosition>2026-06-15</gml:timePosition></gml:TimeInstant>";
    let at = |operator: &str| found(&format!("<fes:{operator}>{day}{instant}</fes:{operator}>"));
    let (before, on, after) = (at("Before"), at("TEquals"), at("After"));
    assert!(before > 0 && after > 0, "{before} {after}");
    assert_eq!(before + on + after, all);
    let during = |begin: &str, end: &str| {
        found(&format!(
            "<fes:During>{day}<gml:TimePeriod gml:id=\"p\"><gml:beginPosition>{begin}</gml:beginPosition><gml:endPosition>{end}</gml:endPosition></gml:TimePeriod></fes:During>"
        ))
    };
    assert_eq!(during("1900-01-01", "2026-06-15"), before);
    assert_eq!(during("2026-06-15", "2999-01-01"), after);
    // Every function that is told of is called once, on an attribute or a literal of its kind.
    let capabilities = text("request=GetCapabilities");
    let document = Document::parse(&capabilities).expect("well-formed");
    let fes = "http://www.opengis.net/fes/2.0";
    let functions: Vec<_> = document.descendants().filter(|n| n.has_tag_name((fes, "Function"))).collect();
    assert!(functions.len() >= 48, "{}", functions.len());
    for function in functions {
        let name = function.attribute("name").expect("a name");
        let kinds = function.descendants().filter(|n| n.has_tag_name((fes, "Type"))).filter_map(|n| n.text());
        let mut arguments: Vec<&str> = kinds
            .map(|kind| match kind {
                "xs:string" => "<fes:ValueReference>titre</fes:ValueReference>",
                "xs:dateTime" => "<fes:ValueReference>jour</fes:ValueReference>",
                "gml:AbstractGeometryType" => "<fes:ValueReference>geom</fes:ValueReference>",
                _ => "<fes:Literal>2.5</fes:Literal>",
            })
            .collect();
        match name {
            // A pattern says how to read a literal.
            "dateParse" => {
                arguments =
                    vec!["<fes:Literal>yyyy-MM-dd</fes:Literal>", "<fes:Literal>2026-01-02</fes:Literal>"];
            }
            "relate" => arguments[2] = "<fes:Literal>T*F**F***</fes:Literal>",
            _ => {}
        }
        let call = format!("<fes:Function name=\"{name}\">{}</fes:Function>", arguments.concat());
        let returns =
            function.descendants().find(|n| n.has_tag_name((fes, "Returns"))).and_then(|n| n.text());
        let of_itself = |relation: &str| format!("<fes:{relation}>{call}{call}</fes:{relation}>");
        let nothing = format!("<fes:PropertyIsNull>{call}</fes:PropertyIsNull>");
        // What has a value is the same as itself.
        let same = if returns == Some("gml:AbstractGeometryType") { "BBOX" } else { "PropertyIsEqualTo" };
        let (has_none, is_same) = if same == "BBOX" {
            let is = of_itself("Intersects");
            (all - found(&is), found(&is))
        } else {
            (found(&nothing), found(&of_itself(same)))
        };
        assert_eq!(has_none + is_same, all, "{name}");
        assert!(is_same > 0 || matches!(name, "boundary" | "startPoint" | "endPoint"), "{name}");
    }
}

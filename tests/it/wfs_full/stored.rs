//! Stored queries that clients keep (OGC 09-025r2 clause 14).

use super::*;
use crate::support::region::Region;
use crate::wfs_t::{editable, namespace, with_config};
use datasud::config::{Config, Editing};

const LANGUAGE: &str = "urn:ogc:def:queryLanguage:OGC-WFS::WFSQueryExpression";

fn url(region: &Region, pairs: &[(&str, &str)]) -> String {
    region.url(&query(pairs))
}

fn create(region: &Region, definitions: &str) -> Answer {
    let body = format!(
        "<wfs:CreateStoredQuery service='WFS' version='2.0.0' xmlns:wfs='{WFS}' xmlns:fes='{FES}' \
         xmlns:gml='http://www.opengis.net/gml/3.2' xmlns:xsd='http://www.w3.org/2001/XMLSchema' \
         xmlns:v='{}'>{definitions}</wfs:CreateStoredQuery>",
        namespace(region)
    );
    post(&region.url("/wfs"), "application/xml", body)
}

fn drop_query(region: &Region, id: &str) -> Answer {
    let body = format!("<wfs:DropStoredQuery xmlns:wfs='{WFS}' service='WFS' version='2.0.0' id='{id}'/>");
    post(&region.url("/wfs"), "application/xml", body)
}

fn definition(id: &str, private: bool) -> String {
    format!(
        "<wfs:StoredQueryDefinition id='{id}'><wfs:Title xml:lang='fr'>Par gravité &amp; titre</wfs:Title>\
         <wfs:Abstract>Reports</wfs:Abstract><wfs:Parameter name='least' type='xsd:integer'/>\
         <wfs:Parameter name='start' type='xsd:string'><wfs:Abstract>of the title</wfs:Abstract></wfs:Parameter>\
         <wfs:QueryExpressionText returnFeatureTypes='v:signalements' language='{LANGUAGE}' isPrivate='{private}'>\
         <wfs:Query typeNames='v:signalements'><fes:Filter><fes:And><fes:PropertyIsGreaterThanOrEqualTo>\
         <fes:ValueReference>v:gravite</fes:ValueReference><fes:Literal>${{least}}</fes:Literal>\
         </fes:PropertyIsGreaterThanOrEqualTo><fes:PropertyIsLike wildCard='%' singleChar='_' escapeChar='!'>\
         <fes:ValueReference>v:titre</fes:ValueReference><fes:Literal>${{start}}%</fes:Literal></fes:PropertyIsLike>\
         </fes:And></fes:Filter></wfs:Query></wfs:QueryExpressionText></wfs:StoredQueryDefinition>"
    )
}

fn kept(region: &Region) -> Vec<String> {
    let answer = get(&url(region, &[("request", "ListStoredQueries")]));
    schemas::validate(&answer.body, XSD);
    read(&answer, |d| named(d, "StoredQuery").filter_map(|q| q.attribute("id")).map(str::to_owned).collect())
}

#[test]
fn a_query_is_kept_listed_described_run_by_both_encodings_and_dropped() {
    let region = editable();
    let before = kept(&region);
    let answer = create(&region, &definition("urn:q:graves", false));
    assert_eq!(answer.status, 200, "{}", answer.text());
    schemas::validate(&answer.body, XSD);
    assert!(answer.text().contains("CreateStoredQueryResponse"));
    assert_eq!(kept(&region).len(), before.len() + 1);
    let described =
        get(&url(&region, &[("request", "DescribeStoredQueries"), ("storedQuery_Id", "urn:q:graves")]));
    schemas::validate(&described.body, XSD);
    read(&described, |document| {
        assert_eq!(named(document, "StoredQueryDescription").count(), 1);
        let names: Vec<_> = named(document, "Parameter").filter_map(|p| p.attribute("name")).collect();
        assert_eq!(names, ["least", "start"]);
        assert!(named(document, "Query").next().is_some(), "its text is public");
        assert_eq!(named(document, "Title").next().and_then(|t| t.text()), Some("Par gravité & titre"));
    });
    let run = |least: &str, start: &str| {
        let pairs = [
            ("request", "GetFeature"),
            ("STOREDQUERY_ID", "urn:q:graves"),
            ("Least", least),
            ("start", start),
        ];
        get(&url(&region, &pairs))
    };
    assert_eq!(ids(&run("3", "")), ["signalements.1", "signalements.4"]);
    assert_eq!(ids(&run("3", "Arbre")), ["signalements.4"]);
    let xml = format!(
        "<wfs:GetFeature xmlns:wfs='{WFS}' service='WFS' version='2.0.0'><wfs:StoredQuery id='urn:q:graves'>\
         <wfs:Parameter name='least'>3</wfs:Parameter><wfs:Parameter name='start'>Nid</wfs:Parameter>\
         </wfs:StoredQuery></wfs:GetFeature>"
    );
    assert_eq!(ids(&post(&region.url("/wfs"), "text/xml", &xml)), ["signalements.1"]);
    // Beside another query, and GetFeatureById as one of several.
    let several = xml.replace(
        "</wfs:GetFeature>",
        "<wfs:StoredQuery id='urn:ogc:def:query:OGC-WFS::GetFeatureById'><wfs:Parameter name='id'>chantiers.1\
         </wfs:Parameter></wfs:StoredQuery></wfs:GetFeature>",
    );
    assert_eq!(ids(&post(&region.url("/wfs"), "text/xml", &several)), ["signalements.1", "chantiers.1"]);
    let gone = drop_query(&region, "urn:q:graves");
    assert_eq!(gone.status, 200, "{}", gone.text());
    schemas::validate(&gone.body, XSD);
    assert_eq!(kept(&region), before);
    assert_eq!(refused(&run("3", "")), ("InvalidParameterValue".to_owned(), "storedQuery_Id".to_owned()));
}

#[test]
fn pages_of_a_stored_query_link_to_the_query_and_its_values() {
    let region = editable();
    assert_eq!(create(&region, &definition("urn:q:graves", false)).status, 200);
    let mut next = Some(url(
        &region,
        &[
            ("request", "GetFeature"),
            ("storedQuery_Id", "urn:q:graves"),
            ("least", "1"),
            ("start", ""),
            ("count", "1"),
        ],
    ));
    let mut found = Vec::new();
    while let Some(address) = next {
        let page = get(&address);
        found.extend(ids(&page));
        next = read(&page, |d| d.root_element().attribute("next").map(str::to_owned));
    }
    assert_eq!(found, ["signalements.1", "signalements.2", "signalements.3", "signalements.4"]);
}

#[test]
fn values_are_never_part_of_the_query_whatever_they_are() {
    let region = editable();
    assert_eq!(create(&region, &definition("urn:q:graves", false)).status, 200);
    for hostile in [
        "' or 1=1 --",
        "</fes:Literal></fes:PropertyIsLike></fes:And></fes:Filter>",
        "<fes:Literal>x</fes:Literal>",
        "${least}",
        "]]>",
        "&amp;lt;",
        "%",
    ] {
        let pairs = [
            ("request", "GetFeature"),
            ("storedQuery_Id", "urn:q:graves"),
            ("least", "0"),
            ("start", hostile),
        ];
        let answer = get(&url(&region, &pairs));
        // The pattern's own wildcard is one in a value too: it is the query's author who knows its language.
        let expected = if hostile == "%" { "4" } else { "0" };
        assert_eq!(numbers(&answer).0, expected, "{hostile}");
    }
    let number =
        [("request", "GetFeature"), ("storedQuery_Id", "urn:q:graves"), ("least", "1 or 1=1"), ("start", "")];
    assert_eq!(
        refused(&get(&url(&region, &number))),
        ("InvalidParameterValue".to_owned(), "least".to_owned())
    );
}

#[test]
fn a_private_query_is_run_and_its_text_is_not_told() {
    let region = editable();
    assert_eq!(create(&region, &definition("urn:q:p", true)).status, 200);
    let described = get(&url(&region, &[("request", "DescribeStoredQueries")]));
    schemas::validate(&described.body, XSD);
    assert!(!described.text().contains("PropertyIsLike") && described.text().contains("urn:q:p"));
}

#[test]
fn what_cannot_be_kept_is_refused_whole() {
    let region = editable();
    let before = kept(&region);
    let code = |answer: &Answer| refused(answer);
    let named = |c: &str, l: &str| (c.to_owned(), l.to_owned());
    assert_eq!(create(&region, &definition("urn:q:one", false)).status, 200);
    assert_eq!(
        code(&create(&region, &definition("urn:q:one", false))),
        named("DuplicateStoredQueryIdValue", "urn:q:one")
    );
    // One of two is wrong: none is kept.
    let two = definition("urn:q:two", false) + &definition("urn:q:one", false);
    assert_eq!(code(&create(&region, &two)).0, "DuplicateStoredQueryIdValue");
    let same = definition("urn:q:two", false) + &definition("urn:q:two", false);
    assert_eq!(code(&create(&region, &same)), named("DuplicateStoredQueryIdValue", "urn:q:two"));
    let foreign = definition("urn:q:two", false).replace(LANGUAGE, "http://qry.example.org");
    assert_eq!(code(&create(&region, &foreign)), named("InvalidParameterValue", "language"));
    let twice = definition("urn:q:two", false).replace("name='start'", "name='least'");
    assert_eq!(code(&create(&region, &twice)).0, "DuplicateStoredQueryParameterName");
    let own = definition("urn:ogc:def:query:OGC-WFS::GetFeatureById", false);
    assert_eq!(code(&create(&region, &own)).0, "DuplicateStoredQueryIdValue");
    assert_eq!(code(&create(&region, "")).0, "MissingParameterValue");
    assert_eq!(kept(&region).len(), before.len() + 1);
    assert_eq!(code(&drop_query(&region, "urn:q:nope")), named("InvalidParameterValue", "id"));
    assert_eq!(code(&drop_query(&region, "")), named("MissingParameterValue", "id"));
    let by_id = drop_query(&region, "urn:ogc:def:query:OGC-WFS::GetFeatureById");
    assert_eq!(code(&by_id), named("InvalidParameterValue", "id"));
    let answer = get(&url(&region, &[("request", "DescribeStoredQueries"), ("storedQuery_Id", "nope")]));
    assert_eq!(code(&answer), named("InvalidParameterValue", "storedQuery_Id"));
}

#[test]
fn a_query_kept_for_one_address_is_not_of_others_but_the_platforms_is_of_all() {
    let region = editable();
    let at = |prefix: &str, body: &str| post(&region.url(&format!("{prefix}/wfs")), "application/xml", body);
    let body = |id: &str| {
        format!(
            "<wfs:CreateStoredQuery service='WFS' version='2.0.0' xmlns:wfs='{WFS}'><wfs:StoredQueryDefinition id='{id}'>\
             <wfs:QueryExpressionText returnFeatureTypes='' language='{LANGUAGE}'><wfs:Query typeNames='signalements'/>\
             </wfs:QueryExpressionText></wfs:StoredQueryDefinition></wfs:CreateStoredQuery>"
        )
    };
    assert_eq!(at("/org/ville", &body("urn:q:ville")).status, 200);
    assert_eq!(at("", &body("urn:q:all")).status, 200);
    let run = |prefix: &str, id: &str| {
        get(&region
            .url(&format!("{prefix}/wfs?service=WFS&version=2.0.0&request=GetFeature&storedQuery_Id={id}")))
        .status
    };
    assert_eq!(run("/org/ville", "urn:q:ville"), 200);
    assert_eq!(run("/org/ville", "urn:q:all"), 200);
    assert_eq!(run("", "urn:q:ville"), 400);
    assert_eq!(run("/dataset/signalements", "urn:q:ville"), 400);
    // A type that this address doesn't show is not shown by a query either.
    assert_eq!(run("/dataset/chantiers", "urn:q:all"), 400);
}

#[test]
fn where_nobody_may_edit_no_query_is_kept_and_none_is_offered_to_be() {
    let capabilities = ask(&[("request", "GetCapabilities")]).text();
    assert!(!capabilities.contains("CreateStoredQuery"));
    let body = format!("<wfs:CreateStoredQuery service='WFS' version='2.0.0' xmlns:wfs='{WFS}'/>");
    let answer = send(&body);
    assert_eq!(refused(&answer).0, "MissingParameterValue");
    let body = format!("<wfs:DropStoredQuery service='WFS' version='2.0.0' xmlns:wfs='{WFS}' id='x'/>");
    assert_eq!(refused(&send(&body)).0, "OperationNotSupported");
    let by_token = with_config(Config { editing: Editing::Token, ..crate::support::config() });
    let answer = create(&by_token, &definition("urn:q", false));
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert!(!answer.header("www-authenticate").is_empty());
    let open = get(&editable().url("/wfs?service=WFS&request=GetCapabilities")).text();
    assert!(
        open.contains("ManageStoredQueries\"><ows:NoValues/><ows:DefaultValue>TRUE")
            && open.contains(LANGUAGE)
    );
}

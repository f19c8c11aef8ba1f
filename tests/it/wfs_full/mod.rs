//! What WFS 2.0 has beyond its basic class (OGC 09-025r2): joins, stored queries that clients keep, SOAP, versions
//! of features, pages at any depth, INSPIRE's additions.

mod inspire;
mod joins;
mod pages;
mod soap;
mod stored;
mod versions;

use crate::schemas;
use crate::support::{Answer, get, post, region};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use roxmltree::{Document, Node};

const WFS: &str = "http://www.opengis.net/wfs/2.0";
const FES: &str = "http://www.opengis.net/fes/2.0";
const XSD: &str = "http://schemas.opengis.net/wfs/2.0/wfs.xsd";
const OWS: &str = "http://schemas.opengis.net/ows/1.1.0/owsExceptionReport.xsd";
const COMMUNES: &str = "vallee-de-l-aigue:communes";
const PLACES: &str = "vallee-de-l-aigue:equipements";
const EVENTS: &str = "vallee-de-l-aigue:evenements";

fn query(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(n, v)| format!("&{n}={}", utf8_percent_encode(v, NON_ALPHANUMERIC)));
    format!("/wfs?service=WFS&version=2.0.0{}", pairs.collect::<String>())
}

/// A request to the shared region.
fn ask(pairs: &[(&str, &str)]) -> Answer {
    get(&region().url(&query(pairs)))
}

fn send(body: &str) -> Answer {
    post(&region().url("/wfs"), "application/xml", body)
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

/// `numberMatched` and `numberReturned`.
#[track_caller]
fn numbers(answer: &Answer) -> (String, String) {
    read(answer, |document| {
        let attribute = |name| document.root_element().attribute(name).unwrap_or_default().to_owned();
        (attribute("numberMatched"), attribute("numberReturned"))
    })
}

/// `gml:id` of all features, in order.
#[track_caller]
fn ids(answer: &Answer) -> Vec<String> {
    read(answer, |document| {
        let id = ("http://www.opengis.net/gml/3.2", "id");
        let members = named(document, "member").filter_map(|m| m.first_element_child());
        members.filter_map(|f| f.attribute(id)).map(str::to_owned).collect()
    })
}

/// Code and locator of a valid exception report.
#[track_caller]
fn refused(answer: &Answer) -> (String, String) {
    assert_ne!(answer.status, 200, "{}", answer.text());
    schemas::validate(&answer.body, OWS);
    let text = answer.text();
    let document = Document::parse(&text).expect("XML");
    let found = document.descendants().find(|n| n.tag_name().name() == "Exception").expect("an exception");
    let attribute = |name| found.attribute(name).unwrap_or_default().to_owned();
    (attribute("exceptionCode"), attribute("locator"))
}

/// The schema of a type and its namespace.
fn schema_of(types: &str) -> (String, String) {
    let schema = ask(&[("request", "DescribeFeatureType"), ("typeNames", types)]).text();
    let document = Document::parse(&schema).expect("XML");
    let space = document.root_element().attribute("targetNamespace").expect("a namespace").to_owned();
    drop(document);
    (space, schema)
}

/// A collection that is valid against WFS and the schema of its types.
#[track_caller]
fn valid(answer: &Answer, types: &str) {
    let (space, schema) = schema_of(types);
    schemas::validate_mixed(&answer.body, &[(WFS, XSD), (&space, &schema)]);
}

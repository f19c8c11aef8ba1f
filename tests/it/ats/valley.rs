//! The demo's valley as the WFS suites ask for it: points with dates, lines, and areas.

use crate::support::{Answer, get, post, region};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use roxmltree::{Document, Node};

/// The feature types that the suites' data-driven tests go through.
pub const TYPES: [&str; 3] =
    ["vallee-de-l-aigue:evenements", "vallee-de-l-aigue:routes", "vallee-de-l-aigue:communes"];

/// A request by GET.
pub fn ask(pairs: &[(&str, &str)]) -> Answer {
    let query: Vec<String> =
        pairs.iter().map(|(n, v)| format!("{n}={}", utf8_percent_encode(v, NON_ALPHANUMERIC))).collect();
    get(&region().url(&format!("/wfs?{}", query.join("&"))))
}

/// The base with more parameters behind it.
pub fn with<'a>(base: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    base.iter().chain(more).copied().collect()
}

/// A request by POST.
pub fn send(body: &str) -> Answer {
    post(&region().url("/wfs"), "application/xml", body)
}

/// Looks at a good answer's XML.
#[track_caller]
pub fn read<T>(answer: &Answer, look: impl FnOnce(&Document<'_>) -> T) -> T {
    let text = answer.text();
    let document = Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    look(&document)
}

/// Local name and namespace of the root.
#[track_caller]
pub fn root(answer: &Answer) -> (String, String) {
    read(answer, |document| {
        let name = document.root_element().tag_name();
        (name.name().to_owned(), name.namespace().unwrap_or_default().to_owned())
    })
}

/// An attribute of the root.
#[track_caller]
pub fn attribute(answer: &Answer, name: &str) -> Option<String> {
    read(answer, |document| document.root_element().attribute(name).map(str::to_owned))
}

/// Whether an element says that its value is nil.
pub fn is_nil(element: &Node<'_, '_>) -> bool {
    element.attribute(("http://www.w3.org/2001/XMLSchema-instance", "nil")) == Some("true")
}

/// Texts of all elements of a name that are not nil, in order.
#[track_caller]
pub fn texts(answer: &Answer, name: &str) -> Vec<String> {
    read(answer, |document| {
        let named = document.descendants().filter(|n| n.tag_name().name() == name);
        named.filter(|n| !is_nil(n)).map(|n| n.text().unwrap_or_default().to_owned()).collect()
    })
}

/// Identifiers of the features, in order.
#[track_caller]
pub fn ids(answer: &Answer) -> Vec<String> {
    read(answer, |document| {
        let member = |n: &Node<'_, '_>| matches!(n.tag_name().name(), "member" | "featureMember");
        document
            .descendants()
            .filter(member)
            .filter_map(|m| m.first_element_child())
            .filter_map(|f| f.attributes().find(|a| a.name() == "id").map(|a| a.value().to_owned()))
            .collect()
    })
}

/// Code and locator of an exception report.
#[track_caller]
pub fn exception(answer: &Answer) -> (String, String) {
    assert_eq!(root(answer).0, "ExceptionReport", "{}", answer.text());
    read(answer, |document| {
        let found = document.descendants().find(|n| n.tag_name().name() == "Exception").expect("one");
        let attribute = |name| found.attribute(name).unwrap_or_default().to_owned();
        (attribute("exceptionCode"), attribute("locator").to_ascii_lowercase())
    })
}

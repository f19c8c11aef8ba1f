//! The catalogue as harvesters read it: whole, in order, with what is gone.

mod dcat;
mod gone;
mod oai;
mod records;
mod replays;
mod sitemap;

use crate::support::region::datasud;
use crate::support::{self, Answer, TestDatabase, get};
use roxmltree::{Document, Node};
use std::path::Path;

pub const OAI: &str = "http://www.openarchives.org/OAI/2.0/";

/// A csw:Record as a file holds it.
pub fn record(identifier: &str, title: &str, topic: &str) -> String {
    format!(
        "<csw:Record xmlns:csw=\"http://www.opengis.net/cat/csw/2.0.2\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:dct=\"http://purl.org/dc/terms/\"><dc:identifier>{identifier}</dc:identifier><dc:title>{title}</dc:title>\
         <dc:type>dataset</dc:type><dc:subject>{topic}</dc:subject><dct:abstract>Relevés de {title}.</dct:abstract>\
         <dct:modified>2019-05-02T00:00:00Z</dct:modified></csw:Record>"
    )
}

/// Imports records for an organisation.
#[track_caller]
pub fn import(database: &TestDatabase, organisation: &str, records: &[String]) {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("records.xml");
    std::fs::write(&file, format!("<all>{}</all>", records.concat())).expect("written");
    run(database, &["records", "import", path(&file), "--organisation", organisation]);
}

fn path(file: &Path) -> &str {
    file.to_str().expect("UTF-8")
}

/// Runs a command that must succeed.
#[track_caller]
pub fn run(database: &TestDatabase, arguments: &[&str]) -> String {
    let ran = datasud(database, arguments);
    assert_eq!(ran.code, 0, "{arguments:?}: {} {}", ran.stdout, ran.stderr);
    ran.stdout
}

/// A header of OAI-PMH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Without `oai:{host}:`.
    pub identifier: String,
    pub datestamp: String,
    pub is_gone: bool,
    pub sets: Vec<String>,
}

/// A page of a list.
#[derive(Debug, Default)]
pub struct Listed {
    pub headers: Vec<Header>,
    pub token: Option<String>,
    pub size: Option<usize>,
    pub cursor: Option<usize>,
    pub error: Option<String>,
    pub moment: String,
}

/// Reads an answer of OAI-PMH, and holds it against what the protocol's schema says of its frame.
#[track_caller]
pub fn read(answer: &Answer) -> Listed {
    let text = answer.text();
    assert_eq!(answer.status, 200, "{text}");
    assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
    let document = Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let root = document.root_element();
    assert_eq!((root.tag_name().namespace(), root.tag_name().name()), (Some(OAI), "OAI-PMH"));
    let children: Vec<Node<'_, '_>> = root.children().filter(Node::is_element).collect();
    let names: Vec<&str> = children.iter().map(|n| n.tag_name().name()).collect();
    assert_eq!(names.get(..2), Some(&["responseDate", "request"][..]), "{text}");
    assert_eq!(names.len(), 3, "{names:?}");
    let mut listed = Listed { moment: content(children[0]), ..Listed::default() };
    let inside = children[2];
    if inside.tag_name().name() == "error" {
        listed.error = inside.attribute("code").map(str::to_owned);
        assert!(!content(inside).is_empty(), "an error says what to do: {text}");
        return listed;
    }
    assert_eq!(children[1].attribute("verb"), Some(inside.tag_name().name()), "{text}");
    for node in inside.descendants().filter(|n| n.has_tag_name((OAI, "header"))) {
        listed.headers.push(header(node));
    }
    if let Some(token) = inside.children().find(|n| n.has_tag_name((OAI, "resumptionToken"))) {
        let number = |name: &str| token.attribute(name).and_then(|v| v.parse().ok());
        (listed.size, listed.cursor) = (number("completeListSize"), number("cursor"));
        listed.token = token.text().map(str::to_owned);
        assert_eq!(listed.token.is_some(), token.attribute("expirationDate").is_some(), "{text}");
    }
    listed
}

fn header(node: Node<'_, '_>) -> Header {
    let all = |name: &str| -> Vec<String> {
        node.children().filter(|n| n.has_tag_name((OAI, name))).map(content).collect()
    };
    let is_gone = node.attribute("status") == Some("deleted");
    let metadata = node
        .parent_element()
        .is_some_and(|record| record.children().any(|n| n.has_tag_name((OAI, "metadata"))));
    assert!(!(is_gone && metadata), "what is gone has no metadata");
    let identifier = all("identifier").concat();
    let local = identifier.splitn(3, ':').nth(2).expect("oai:host:identifier").to_owned();
    assert!(identifier.starts_with("oai:127.0.0.1:"), "{identifier}");
    Header { identifier: local, datestamp: all("datestamp").concat(), is_gone, sets: all("setSpec") }
}

fn content(node: Node<'_, '_>) -> String {
    node.text().unwrap_or_default().to_owned()
}

/// One page.
#[track_caller]
pub fn page(base: &str, query: &str) -> Listed {
    read(&get(&format!("{base}/oai?{query}")))
}

/// All pages of a list; `between` happens after each.
#[track_caller]
pub fn harvest(base: &str, query: &str, mut between: impl FnMut(usize)) -> Vec<Header> {
    let verb = query.split('&').next().expect("a verb").to_owned();
    let mut headers: Vec<Header> = Vec::new();
    let mut query = query.to_owned();
    for number in 1..1000 {
        let listed = page(base, &query);
        assert_eq!(listed.error, None, "{query}");
        if let Some(cursor) = listed.cursor {
            assert_eq!(cursor, headers.len(), "cursor of page {number}");
        }
        headers.extend(listed.headers);
        between(number);
        let Some(token) = listed.token else { return headers };
        query = format!("{verb}&resumptionToken={token}");
    }
    panic!("no end of pages");
}

/// Until the server has heard of a change.
pub fn wait(base: &str, path: &str, status: u16) {
    let url = format!("{base}{path}");
    support::until("the server hears of it", || get(&url).status == status);
}

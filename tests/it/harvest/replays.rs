//! What national harvesters and catalogues send to CSW, replayed request by request: the whole catalogue comes, each record
//! once, with exact counters, and nothing is refused.

use super::{import, record, run};
use crate::support::{self, TestDatabase, TestServer, get, post, server};
use roxmltree::{Document, Node};
use std::collections::{BTreeMap, BTreeSet};

const CSW: &str = "http://www.opengis.net/cat/csw/2.0.2";
const GMD: &str = "http://www.isotc211.org/2005/gmd";
const DCAT: &str = "http://www.w3.org/ns/dcat#";
const DCT: &str = "http://purl.org/dc/terms/";

/// Records in the catalogue: no page of anybody divides it.
const ALL: usize = 57;

struct Page {
    matched: usize,
    returned: usize,
    next: usize,
    /// The records as they stand in the answer.
    records: Vec<String>,
}

#[track_caller]
fn page(answer: &support::Answer) -> Page {
    let text = answer.text();
    assert_eq!(answer.status, 200, "{text}");
    assert!(answer.header("content-type").contains("xml"));
    let document = Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let results = document.descendants().find(|n| n.has_tag_name((CSW, "SearchResults"))).expect("results");
    let number = |name: &str| {
        results.attribute(name).and_then(|v| v.parse().ok()).unwrap_or_else(|| panic!("no {name}"))
    };
    let records = results.children().filter(Node::is_element).map(|n| text[n.range()].to_owned());
    let page = Page {
        matched: number("numberOfRecordsMatched"),
        returned: number("numberOfRecordsReturned"),
        next: number("nextRecord"),
        records: records.collect(),
    };
    assert_eq!(page.returned, page.records.len());
    page
}

fn file_identifier(record: &str) -> String {
    let document = Document::parse(record).expect("a record that stands alone");
    let root = document.root_element();
    assert!(root.has_tag_name((GMD, "MD_Metadata")), "{record}");
    let node = root.children().find(|n| n.has_tag_name((GMD, "fileIdentifier"))).expect("an identifier");
    node.descendants().filter(Node::is_text).filter_map(|n| n.text()).collect::<String>().trim().to_owned()
}

fn date_stamp(record: &str) -> String {
    let document = Document::parse(record).expect("a record");
    let node = document.descendants().find(|n| n.has_tag_name((GMD, "dateStamp"))).expect("a stamp");
    node.descendants().filter(Node::is_text).filter_map(|n| n.text()).collect::<String>().trim().to_owned()
}

fn names() -> BTreeSet<String> {
    (0..ALL).map(|n| format!("urn:test:{n:03}")).collect()
}

async fn catalogue() -> (TestDatabase, TestServer) {
    let database = support::database().await;
    let all: Vec<String> =
        names().iter().enumerate().map(|(n, id)| record(id, &format!("Titre {n}"), "Eau")).collect();
    import(&database, "onf", &all);
    let server = server(&database);
    (database, server)
}

/// The request of data.gouv.fr; its guide prints it without the namespace of gmd.
fn udata(schema: &str, start: usize, declared: bool) -> String {
    let gmd = if declared { " xmlns:gmd=\"http://www.isotc211.org/2005/gmd\"" } else { "" };
    let kinds = ["dataset", "nonGeographicDataset", "series", "service"].map(|kind| {
        format!(
            "<ogc:PropertyIsEqualTo><ogc:PropertyName>apiso:type</ogc:PropertyName><ogc:Literal>{kind}</ogc:Literal></ogc:PropertyIsEqualTo>"
        )
    });
    format!(
        "\n<csw:GetRecords xmlns:apiso=\"http://www.opengis.net/cat/csw/apiso/1.0\" xmlns:csw=\"{CSW}\"{gmd} \
         xmlns:ogc=\"http://www.opengis.net/ogc\" service=\"CSW\" version=\"2.0.2\" resultType=\"results\" \
         startPosition=\"{start}\" maxRecords=\"25\" outputFormat=\"application/xml\" outputSchema=\"{schema}\">\
         <csw:Query typeNames=\"gmd:MD_Metadata\"><csw:ElementSetName>full</csw:ElementSetName>\
         <csw:Constraint version=\"1.1.0\"><ogc:Filter><ogc:Or>{}</ogc:Or></ogc:Filter></csw:Constraint>\
         <ogc:SortBy><ogc:SortProperty><ogc:PropertyName>apiso:identifier</ogc:PropertyName>\
         <ogc:SortOrder>ASC</ogc:SortOrder></ogc:SortProperty></ogc:SortBy></csw:Query></csw:GetRecords>",
        kinds.concat()
    )
}

/// Reads all pages as data.gouv.fr does.
fn crawl_as_udata(base: &str, schema: &str, declared: bool) -> Vec<String> {
    let (mut all, mut start) = (Vec::new(), 1);
    for _ in 0..100 {
        let page = page(&post(&format!("{base}/csw"), "application/xml", udata(schema, start, declared)));
        assert_eq!(page.matched, ALL);
        all.extend(page.records);
        if page.next == 0 || page.next > page.matched || page.returned == 0 {
            return all;
        }
        assert!(page.next > start, "no progress");
        start = page.next;
    }
    panic!("no end of pages");
}

#[tokio::test]
async fn data_gouv_fr_reads_everything_as_iso_also_by_the_letter_of_its_guide() {
    let (_database, server) = catalogue().await;
    for declared in [true, false] {
        let ids: Vec<String> =
            crawl_as_udata(&server.base, GMD, declared).iter().map(|r| file_identifier(r)).collect();
        assert_eq!(ids.len(), ALL);
        assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), names());
    }
}

#[tokio::test]
async fn data_gouv_fr_reads_everything_as_dcat_each_record_alone() {
    let (_database, server) = catalogue().await;
    for schema in [DCAT, "http://data.europa.eu/930/", "http://data.europa.eu/903/"] {
        let records = crawl_as_udata(&server.base, schema, true);
        assert_eq!(records.len(), ALL, "{schema}");
        let mut ids = BTreeSet::new();
        for record in &records {
            let document = Document::parse(record).expect("a record that stands alone");
            let dataset =
                document.descendants().find(|n| n.has_tag_name((DCAT, "Dataset"))).expect("a dataset");
            let said = |name: &str| {
                let node = dataset.children().find(|n| n.has_tag_name((DCT, name)));
                node.and_then(|n| n.text()).unwrap_or_default().to_owned()
            };
            assert!(said("title").starts_with("Titre"), "{record}");
            ids.insert(said("identifier"));
        }
        assert_eq!(ids, names(), "{schema}");
    }
}

/// Pages of summaries as GeoNetwork asks for them: the prefix of gmd is not declared.
fn crawl_as_geonetwork(base: &str) -> BTreeMap<String, String> {
    let (mut all, mut start) = (BTreeMap::new(), 1);
    for _ in 0..100 {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<csw:GetRecords xmlns:csw=\"{CSW}\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             service=\"CSW\" version=\"2.0.2\" resultType=\"results\" outputSchema=\"{GMD}\" startPosition=\"{start}\" maxRecords=\"20\">\
             <csw:Query typeNames=\"csw:Record,gmd:MD_Metadata\"><csw:ElementSetName>summary</csw:ElementSetName></csw:Query></csw:GetRecords>"
        );
        let page = page(&post(&format!("{base}/csw"), "application/xml", body));
        for record in &page.records {
            let before = all.insert(file_identifier(record), date_stamp(record));
            assert_eq!(before, None, "twice: {record}");
        }
        // It goes on by what it got, not by nextRecord.
        start += page.returned;
        if page.next == 0 || page.next > page.matched || page.returned == 0 {
            return all;
        }
    }
    panic!("no end of pages");
}

#[tokio::test]
async fn geonetwork_reads_all_fetches_what_grew_and_deletes_what_is_gone() {
    let (database, server) = catalogue().await;
    let capabilities =
        get(&format!("{}/csw?SERVICE=CSW&REQUEST=GetCapabilities&VERSION=2.0.2", server.base)).text();
    assert!(capabilities.contains("FILTER") && capabilities.contains(GMD), "{capabilities}");
    let before = crawl_as_geonetwork(&server.base);
    assert_eq!(before.keys().cloned().collect::<BTreeSet<_>>(), names());
    import(
        &database,
        "onf",
        &[
            record("urn:test:003", "Autre titre", "Eau").replace("2019-05-02", "2024-01-01"),
            record("urn:test:new", "Neuf", "Eau"),
        ],
    );
    run(&database, &["records", "remove", "urn:test:004"]);
    let after = crawl_as_geonetwork(&server.base);
    let grown: Vec<&String> = after
        .iter()
        .filter(|(id, stamp)| before.get(*id).is_none_or(|old| *stamp > old))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(grown, ["urn:test:003", "urn:test:new"]);
    let gone: Vec<&String> = before.keys().filter(|id| !after.contains_key(*id)).collect();
    assert_eq!(gone, ["urn:test:004"]);
    for id in grown {
        let body = format!(
            "<csw:GetRecordById xmlns:csw=\"{CSW}\" service=\"CSW\" version=\"2.0.2\" outputSchema=\"{GMD}\">\
             <csw:Id>{id}</csw:Id><csw:ElementSetName>full</csw:ElementSetName></csw:GetRecordById>"
        );
        let answer = post(&format!("{}/csw", server.base), "application/xml", body).text();
        let document = Document::parse(&answer).expect("well-formed");
        let first = document.root_element().first_element_child().expect("a record");
        assert_eq!(&file_identifier(&answer[first.range()]), id);
    }
}

#[tokio::test]
async fn ckan_reads_overlapping_pages_and_one_behind_the_end() {
    let (_database, server) = catalogue().await;
    let mut ids = BTreeSet::new();
    for step in 0..10 {
        // The first request names no position, the others begin one record too early.
        let start = if step == 0 { String::new() } else { format!(" startPosition=\"{}\"", step * 10) };
        let body = format!(
            "<csw:GetRecords xmlns:csw=\"{CSW}\" xmlns:ogc=\"http://www.opengis.net/ogc\" service=\"CSW\" version=\"2.0.2\" \
             resultType=\"results\" outputSchema=\"{GMD}\" maxRecords=\"10\"{start}><csw:Query typeNames=\"csw:Record\">\
             <csw:ElementSetName>brief</csw:ElementSetName><ogc:SortBy><ogc:SortProperty><ogc:PropertyName>dc:identifier</ogc:PropertyName>\
             <ogc:SortOrder>ASC</ogc:SortOrder></ogc:SortProperty></ogc:SortBy></csw:Query></csw:GetRecords>"
        );
        let page = page(&post(&format!("{}/csw", server.base), "text/xml", body));
        ids.extend(page.records.iter().map(|r| file_identifier(r)));
        if step * 10 > ALL {
            assert_eq!((page.returned, page.next), (0, 0), "behind the end is empty, not an error");
        }
    }
    assert_eq!(ids, names());
}

#[tokio::test]
async fn a_client_that_reads_two_pages_at_a_time_gets_each_record_once() {
    let (_database, server) = catalogue().await;
    let url = |kind: &str, start: usize| {
        format!(
            "{}/csw?service=CSW&version=2.0.2&request=GetRecords&typeNames=gmd:MD_Metadata&outputSchema={GMD}\
             &elementSetName=full&resultType={kind}&startPosition={start}&maxRecords=20",
            server.base
        )
    };
    let hits = page(&get(&url("hits", 1)));
    assert_eq!((hits.matched, hits.returned), (ALL, 0));
    let starts: Vec<usize> = (0..).map(|n| 1 + n * 20).take_while(|start| *start <= hits.matched).collect();
    let mut ids = Vec::new();
    for pair in starts.chunks(2) {
        let asked: Vec<_> = pair
            .iter()
            .map(|start| {
                let url = url("results", *start);
                std::thread::spawn(move || get(&url))
            })
            .collect();
        for answer in asked {
            let page = page(&answer.join().expect("an answer"));
            ids.extend(page.records.iter().map(|r| file_identifier(r)));
        }
    }
    assert_eq!(ids.len(), ALL);
    assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), names());
}

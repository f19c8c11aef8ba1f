//! The catalogue as DCAT, as data.gouv.fr and CKAN read it: page by page, by what Hydra says.

use super::{import, record, run};
use crate::support::region::{fixture, ingest, region, scalar};
use crate::support::{self, get, get_with, head, server};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

const SYNTAXES: [(&str, &str); 4] = [
    ("ttl", "text/turtle; charset=utf-8"),
    ("rdf", "application/rdf+xml"),
    ("jsonld", "application/ld+json"),
    ("nt", "application/n-triples; charset=utf-8"),
];

/// A member of a node, as text; of several the first.
fn member(node: &Value, name: &str) -> String {
    let value = match &node[name] {
        Value::Array(all) => &all[0],
        one => one,
    };
    let text = ["@id", "@value"].iter().find_map(|key| value[*key].as_str());
    text.or_else(|| value.as_str()).unwrap_or_default().to_owned()
}

/// An address on the server that runs: records were written before it had a port.
fn here(address: &str) -> String {
    address.replace("http://127.0.0.1:0/", &region().url("/"))
}

/// Nodes of a class in an answer in JSON-LD.
fn nodes(answer: &Value, class: &str) -> Vec<Value> {
    let is = |node: &&Value| match &node["@type"] {
        Value::Array(all) => all.iter().any(|c| c == class),
        one => one == class,
    };
    answer["@graph"].as_array().expect("nodes").iter().filter(is).cloned().collect()
}

/// Identifiers of datasets on all pages, by following `hydra:next` as harvesters do; `between` happens after each.
fn crawl(first: &str, mut between: impl FnMut(usize)) -> (Vec<String>, Vec<String>) {
    let (mut ids, mut totals) = (Vec::new(), Vec::new());
    let mut url = first.to_owned();
    for number in 1..100 {
        let page = get(&url);
        assert_eq!(page.status, 200, "{url}: {}", page.text());
        let page = page.json();
        ids.extend(nodes(&page, "dcat:Dataset").iter().map(|d| member(d, "dct:identifier")));
        totals.push(member(&nodes(&page, "hydra:Collection")[0], "hydra:totalItems"));
        let view = &nodes(&page, "hydra:PartialCollectionView")[0];
        assert_eq!(member(&nodes(&page, "hydra:Collection")[0], "hydra:view"), member(view, "@id"));
        between(number);
        url = member(view, "hydra:next");
        if url.is_empty() {
            return (ids, totals);
        }
    }
    panic!("no end of pages");
}

#[test]
fn every_syntax_has_its_address_its_type_and_its_name_in_accept() {
    let region = region();
    for (ending, media) in SYNTAXES {
        let url = region.url(&format!("/dcat.{ending}"));
        let by_ending = get(&url);
        assert_eq!((by_ending.status, by_ending.header("content-type")), (200, media), "{ending}");
        let head = head(&url);
        assert_eq!((head.status, head.header("content-type")), (200, media));
        let bare = media.trim_end_matches("; charset=utf-8");
        let negotiated = get_with(&region.url("/dcat"), &[("accept", bare)]);
        assert_eq!(negotiated.header("content-type"), media);
        assert!(negotiated.header("vary").contains("Accept"), "{}", negotiated.header("vary"));
        let again = get_with(&url, &[("if-none-match", by_ending.header("etag"))]);
        assert_eq!(again.status, 304);
    }
    assert_eq!(get(&region.url("/dcat")).header("content-type"), "text/turtle; charset=utf-8");
    assert_eq!(get(&region.url("/dcat.n3")).status, 404);
    assert_eq!(get(&region.url("/org/nobody/dcat")).status, 404);
    for query in ["page=0", "page=x", "page_size=0", "page_size=5000", "after=%27", "page=%1"] {
        let answer = get(&region.url(&format!("/dcat.ttl?{query}")));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.header("content-type").starts_with("application/problem+json"));
    }
    let beyond = get(&region.url("/dcat.jsonld?page=1000")).json();
    assert!(nodes(&beyond, "dcat:Dataset").is_empty());
    assert_eq!(member(&nodes(&beyond, "hydra:PartialCollectionView")[0], "hydra:next"), "");
}

#[test]
fn a_published_dataset_says_all_that_the_profiles_ask_for_and_its_addresses_answer() {
    let region = region();
    let page = get(&region.url("/dcat.jsonld?page_size=1000")).json();
    let datasets = nodes(&page, "dcat:Dataset");
    assert!(datasets.len() >= 5);
    for dataset in &datasets {
        for property in
            ["dct:title", "dct:description", "dct:identifier", "dct:publisher", "dcat:landingPage"]
        {
            assert_ne!(member(dataset, property), "", "{property} of {dataset}");
        }
        assert_eq!(member(dataset, "dct:identifier"), member(dataset, "@id"));
        for property in ["@id", "dcat:landingPage"] {
            let status = get(&here(&member(dataset, property))).status;
            assert!(status < 400, "{property} of {dataset}: {status}");
        }
    }
    for distribution in nodes(&page, "dcat:Distribution") {
        assert_ne!(member(&distribution, "dcat:accessURL"), "");
        assert_ne!(member(&distribution, "dct:title"), "");
    }
    let downloads: Vec<String> = nodes(&page, "dcat:Distribution")
        .iter()
        .map(|d| here(&member(d, "dcat:downloadURL")))
        .filter(|url| url.ends_with(".gpkg"))
        .collect();
    assert!(!downloads.is_empty());
    assert_eq!(head(&downloads[0]).status, 200, "{}", downloads[0]);
    for service in nodes(&page, "dcat:DataService") {
        assert_ne!(member(&service, "dcat:endpointURL"), "", "{service}");
        assert_ne!(member(&service, "dct:title"), "");
        let described = here(&member(&service, "dcat:endpointDescription"));
        if !described.is_empty() {
            assert_eq!(get(&described).status, 200, "{described}");
        }
    }
    // Nothing is without an address of its own.
    assert!(!page.to_string().contains("\"_:"));
}

#[test]
fn one_record_comes_by_its_uuid_and_by_its_dataset_s_name() {
    let region = region();
    let page = get(&region.url("/org/vallee-de-l-aigue/dcat.jsonld?page_size=1")).json();
    let address = member(&nodes(&page, "dcat:Dataset")[0], "@id");
    for (ending, media) in SYNTAXES {
        let answer = get(&format!("{}.{ending}", here(&address)));
        assert_eq!((answer.status, answer.header("content-type")), (200, media), "{ending}");
        assert!(answer.text().contains(&address), "{ending}");
    }
    let by_name = get(&region.url("/datasets/communes.jsonld")).json();
    assert_eq!(nodes(&by_name, "dcat:Dataset").len(), 1);
    for missing in [
        "/datasets/nothing.ttl",
        "/datasets/%00.ttl",
        "/datasets/%27.rdf",
        "/org/nobody/datasets/communes.ttl",
    ] {
        assert_eq!(get(&region.url(missing)).status, 404, "{missing}");
    }
}

#[tokio::test]
async fn a_crawl_has_each_record_once_while_others_come_change_and_go() {
    let database = support::database().await;
    let many: Vec<String> =
        (0..25).map(|n| record(&format!("urn:test:{n:03}"), &format!("Titre {n}"), "Eau")).collect();
    import(&database, "onf", &many);
    let server = server(&database);
    let first = format!("{}/dcat.jsonld?page_size=10", server.base);
    let (ids, totals) = crawl(&first, |_| ());
    assert_eq!(ids.len(), 25);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 25);
    assert_eq!(totals, ["25", "25", "25"]);
    let (ids, _) = crawl(&first, |number| match number {
        1 => {
            run(&database, &["records", "remove", "urn:test:000", "urn:test:005"]);
            import(&database, "onf", &[record("urn:test:012", "Autre titre", "Eau")]);
        }
        2 => import(&database, "onf", &[record("urn:test:new", "Neuf", "Eau")]),
        _ => {}
    });
    let wanted: Vec<String> =
        (0..25).map(|n| format!("urn:test:{n:03}")).chain(["urn:test:new".to_owned()]).collect();
    assert_eq!(ids, wanted, "each once, in the order of their first appearance, the new one last");
    // By numbers alone, as a person would.
    let third = get(&format!("{}/dcat.jsonld?page=3&page_size=10", server.base)).json();
    assert_eq!(nodes(&third, "dcat:Dataset").len(), 4);
}

#[tokio::test]
async fn high_value_datasets_and_drafts_are_told_as_they_are() {
    let database = support::database().await;
    ingest(&database, "routes", &[fixture("routes.geojson")], |r| r.licence = Some("etalab-2.0".into()))
        .await
        .expect("published");
    let server = server(&database);
    let mut session = database.store.job().await.expect("session");
    session
        .batch(
            "delete from datasud.record where service is not null;
             update datasud.record set model = jsonb_set(model, '{hvd_categories}', '[\"c_ac64a52d\"]')",
        )
        .await
        .expect("a category");
    let page = get(&format!("{}/dcat.jsonld", server.base)).json();
    let dataset = &nodes(&page, "dcat:Dataset")[0];
    assert_eq!(member(dataset, "dcatap:hvdCategory"), "http://data.europa.eu/bna/c_ac64a52d");
    assert!(dataset["dcat:keyword"].to_string().contains("\"hvd\""), "{dataset}");
    for class in ["dcat:Dataset", "dcat:Distribution", "dcat:DataService"] {
        for node in nodes(&page, class) {
            let law = member(&node, "dcatap:applicableLegislation");
            assert_eq!(law, "http://data.europa.eu/eli/reg_impl/2023/138/oj", "{node}");
            assert_eq!(member(&node, "dct:license"), "https://spdx.org/licenses/etalab-2.0");
        }
    }
    let record = scalar(&database, "select record from datasud.dataset").await;
    session.batch("update datasud.dataset set visibility = 'draft'").await.expect("a draft");
    session
        .batch("select pg_notify('datasud', json_build_object('kind', 'catalogue', 'generation', 0)::text)")
        .await
        .expect("told");
    super::wait(&server.base, "/datasets/routes", 404);
    assert!(nodes(&get(&format!("{}/dcat.jsonld", server.base)).json(), "dcat:Dataset").is_empty());
    for path in [format!("/datasets/{record}.ttl"), "/datasets/routes.ttl".to_owned()] {
        let answer = get(&format!("{}{path}", server.base));
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn parts_of_the_catalogue_have_all_ways_out() {
    let database = support::database().await;
    let words = |id: &str, topic: &str| {
        record(id, "Titre", topic).replace("<dc:type>", "<dc:subject>inlandWaters</dc:subject><dc:type>")
    };
    import(
        &database,
        "onf",
        &[words("urn:test:eau", "Hydrographie"), record("urn:test:autre", "Autre", "Bois")],
    );
    let mut session = database.store.job().await.expect("session");
    session
        .batch(
            "update datasud.record set inspire = true, hvd = true, themes = '{hy}',
             model = model || '{\"inspire_themes\": [\"hy\"], \"hvd_categories\": [\"c_ac64a52d\"]}'
             where identifier = 'urn:test:eau'",
        )
        .await
        .expect("a theme");
    drop(session);
    let server = server(&database);
    for part in ["/inspire", "/hvd", "/theme/hy"] {
        let dcat = get(&format!("{}{part}/dcat.jsonld", server.base)).json();
        let ids: Vec<String> =
            nodes(&dcat, "dcat:Dataset").iter().map(|d| member(d, "dct:identifier")).collect();
        assert_eq!(ids, ["urn:test:eau"], "{part}");
        let oai =
            super::read(&get(&format!("{}{part}/oai?verb=ListIdentifiers&metadataPrefix=dcat", server.base)));
        assert_eq!(oai.headers.len(), 1, "{part}");
        assert!(oai.headers[0].sets.contains(&"inspire:hy".to_owned()), "{:?}", oai.headers);
        let items = get(&format!("{}{part}/records/collections/catalogue/items", server.base)).json();
        assert_eq!(items["numberMatched"], 1, "{part}");
    }
    run(&database, &["records", "remove", "urn:test:eau"]);
    for part in ["/inspire", "/hvd", "/theme/hy"] {
        let oai =
            super::read(&get(&format!("{}{part}/oai?verb=ListIdentifiers&metadataPrefix=dcat", server.base)));
        assert!(oai.headers.len() == 1 && oai.headers[0].is_gone, "{part}: {:?}", oai.headers);
    }
    assert_eq!(get(&format!("{}/theme/nothing/dcat.ttl", server.base)).status, 404);
}

/// Reads a page in each syntax and compares the graphs; counts what CKAN and data.gouv.fr look for.
const RDFLIB: &str = r#"
import json, sys
from urllib.request import Request, urlopen
from rdflib import Graph, RDF, Namespace, BNode
from rdflib.compare import isomorphic
DCAT = Namespace("http://www.w3.org/ns/dcat#")
DCT = Namespace("http://purl.org/dc/terms/")
def read(media, syntax):
    # By the Accept header, since pages behind an ending lead to others with the same ending.
    answer = urlopen(Request(sys.argv[1] + "/dcat", headers={"Accept": media}))
    return Graph().parse(data=answer.read(), format=syntax)
graphs = [read("text/turtle", "turtle"), read("application/rdf+xml", "xml"),
          read("application/ld+json", "json-ld"), read("application/n-triples", "nt")]
first = graphs[0]
print(json.dumps({
    "same": all(isomorphic(first, g) for g in graphs[1:]),
    "statements": len(first),
    "datasets": len(set(first.subjects(RDF.type, DCAT.Dataset))),
    "identified": len(set(first.subjects(DCT.identifier, None)) & set(first.subjects(RDF.type, DCAT.Dataset))),
    "distributions": len(set(first.subjects(RDF.type, DCAT.Distribution))),
    "anonymous": sum(1 for s in first.subjects() if isinstance(s, BNode)),
}))
"#;

#[test]
fn rdflib_reads_the_same_graph_from_every_syntax() {
    let python = std::env::var("DATASUD_PYTHON")
        .expect("DATASUD_PYTHON names a Python with rdflib; `make test` makes one (scripts/test-tools)");
    let output = Command::new(python).args(["-c", RDFLIB, &region().base]).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let out: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(out["same"], true, "{out}");
    assert!(out["datasets"].as_u64() >= Some(5) && out["datasets"] == out["identified"], "{out}");
    assert!(out["distributions"].as_u64() > Some(20), "{out}");
    assert_eq!(out["anonymous"], 0, "{out}");
}

/// Harvests everything in both forms, as a client library does.
const SICKLE: &str = r#"
import json, sys
from sickle import Sickle
oai = Sickle(sys.argv[1] + "/oai")
who = oai.Identify()
records = list(oai.ListRecords(metadataPrefix="oai_dc"))
headers = list(oai.ListIdentifiers(metadataPrefix="iso19139"))
one = oai.GetRecord(metadataPrefix="oai_dc", identifier=headers[0].identifier)
print(json.dumps({
    "deleted": who.deletedRecord,
    "formats": sorted(f.metadataPrefix for f in oai.ListMetadataFormats()),
    "sets": len(list(oai.ListSets())),
    "records": len(records),
    "titled": sum(1 for r in records if r.metadata.get("title") and r.metadata.get("identifier")),
    "same": sorted(r.header.identifier for r in records) == sorted(h.identifier for h in headers),
    "one": one.metadata["title"][0],
}))
"#;

#[test]
fn sickle_harvests_the_catalogue() {
    let python = std::env::var("DATASUD_PYTHON")
        .expect("DATASUD_PYTHON names a Python with Sickle; `make test` makes one (scripts/test-tools)");
    let output = Command::new(python).args(["-c", SICKLE, &region().base]).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let out: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(out["deleted"], "persistent", "{out}");
    assert!(out["records"].as_u64() >= Some(5) && out["records"] == out["titled"], "{out}");
    assert_eq!(out["same"], true, "{out}");
    assert!(out["sets"].as_u64() > Some(3) && !out["one"].as_str().unwrap_or_default().is_empty(), "{out}");
}

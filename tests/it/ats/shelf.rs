//! Twelve records of our own making, with the gaps that the catalogue suites ask for: some without a title, a
//! date or a box; and how the suites ask for them.

use crate::support::region::{Region, datasud, served};
use crate::support::{self, Answer, get, get_with, post};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Namespaces of the two versions.
pub const CSW2: &str = "http://www.opengis.net/cat/csw/2.0.2";
pub const CSW3: &str = "http://www.opengis.net/cat/csw/3.0";
pub const DC: &str = "http://purl.org/dc/elements/1.1/";
pub const OWS1: &str = "http://www.opengis.net/ows";
pub const OWS2: &str = "http://www.opengis.net/ows/2.0";

/// Type, and what else the record holds; `#n` is the identifier of the n-th.
const RECORDS: [(&str, &str); 12] = [
    (
        "Dataset",
        "<dc:title>Zonage forestier</dc:title><dc:subject scheme='http://example.org/themes'>Végétation-Forêt</dc:subject>\
         <dct:abstract>Limites levées le long du sentier.</dct:abstract><dc:date>2006-03-26</dc:date>\
         <ows:BoundingBox crs='urn:x-ogc:def:crs:EPSG:6.11:4326'><ows:LowerCorner>43.25 4.5</ows:LowerCorner>\
         <ows:UpperCorner>44.5 6.25</ows:UpperCorner></ows:BoundingBox>",
    ),
    (
        "Service",
        "<dct:abstract>Consultation du sentier nordique.</dct:abstract>\
         <ows:BoundingBox crs='urn:x-ogc:def:crs:EPSG:6.11:4326'><ows:LowerCorner>60.5 13.5</ows:LowerCorner>\
         <ows:UpperCorner>68.25 17.5</ows:UpperCorner></ows:BoundingBox>",
    ),
    (
        "Text",
        "<dc:title>Mémoire sur les eaux</dc:title><dc:format>application/xhtml+xml</dc:format>\
         <dc:subject>Eaux intérieures</dc:subject><dct:abstract>Sources au bord d'un sentier.</dct:abstract>",
    ),
    (
        "Service",
        "<dc:title>Diffusion du zonage</dc:title><dc:subject>Végétation</dc:subject><dc:relation>#1</dc:relation>",
    ),
    (
        "Text",
        "<dc:title>Dictionnaire des rivières</dc:title><dc:subject>Hydrographie</dc:subject>\
         <dc:format>application/pdf</dc:format><dc:date>2006-05-12</dc:date><dct:abstract>Noms relevés.</dct:abstract>",
    ),
    (
        "Image",
        "<dc:format>image/jp2</dc:format><dc:title>Vue de la côte</dc:title><dc:relation>#9</dc:relation>",
    ),
    (
        "Dataset",
        "<dc:subject scheme='http://example.org/themes'>Relief-Formes</dc:subject><dct:spatial>FR-PAC</dct:spatial>\
         <dct:abstract>Formes du terrain vues du sentier.</dct:abstract>",
    ),
    (
        "Image",
        "<dc:format>image/svg+xml</dc:format><dc:title>Sentier du littoral</dc:title><dct:spatial>FR-83</dct:spatial>\
         <dc:subject>Tourisme</dc:subject><dct:abstract>Tracé.</dct:abstract>",
    ),
    (
        "Dataset",
        "<dc:title>Ñuit d'été en mer</dc:title><dc:subject>Hydrographie-Mer</dc:subject><dc:date>2005-10-24</dc:date>\
         <ows:BoundingBox crs='urn:x-ogc:def:crs:EPSG:6.11:4326'><ows:LowerCorner>41.5 -2.5</ows:LowerCorner>\
         <ows:UpperCorner>42.75 3.5</ows:UpperCorner></ows:BoundingBox>",
    ),
    (
        "Image",
        "<dc:title>Sentier du littoral, vue du ciel</dc:title><dc:format>image/jpeg</dc:format>\
         <dct:spatial>FR-13</dct:spatial>",
    ),
    (
        "Service",
        "<dc:subject>Relief</dc:subject><dct:abstract>Altitudes.</dct:abstract><dc:relation>#7</dc:relation>",
    ),
    (
        "Text",
        "<dc:title>Étude des vallées</dc:title><dc:date>2003-05-09</dc:date><dc:subject>Foncier</dc:subject>\
         <dc:format>text/rtf</dc:format><dct:abstract>Parcelles.</dct:abstract>",
    ),
];

/// Identifier of the n-th record, from 1.
pub fn id(n: usize) -> String {
    format!("urn:uuid:5f0c0c1e-7d1a-4a6e-9b44-0000000000{n:02}")
}

/// The server that shows them, for the organisation `records`.
pub fn shelf() -> &'static Region {
    static SHELF: OnceLock<Region> = OnceLock::new();
    SHELF.get_or_init(|| {
        let folder = support::open_folder("shelf");
        for (index, (kind, inside)) in RECORDS.iter().enumerate() {
            let mut inside = (*inside).to_owned();
            for n in (1..=RECORDS.len()).rev() {
                inside = inside.replace(&format!("#{n}<"), &format!("{}<", id(n)));
            }
            let text = format!(
                "<csw:Record xmlns:csw='{CSW2}' xmlns:dc='{DC}' xmlns:dct='http://purl.org/dc/terms/' xmlns:ows='{OWS1}'>\
                 <dc:identifier>{}</dc:identifier><dc:type>http://purl.org/dc/dcmitype/{kind}</dc:type>{inside}</csw:Record>",
                id(index + 1)
            );
            std::fs::write(folder.path().join(format!("{index:02}.xml")), text).expect("written");
        }
        let region = served(Vec::new());
        let path = folder.path().display().to_string();
        let ran = datasud(&region.database, &["records", "import", &path, "--organisation", "records", "--json"]);
        assert_eq!(ran.code, 0, "{}", ran.json());
        let patience = Instant::now() + Duration::from_secs(30);
        while get(&region.url("/org/records/csw")).status != 200 {
            assert!(Instant::now() < patience, "the server doesn't hear of the import");
            std::thread::yield_now();
        }
        region
    })
}

/// Where the suites ask.
pub fn address() -> String {
    shelf().url("/org/records/csw")
}

/// An address of pairs, percent-encoded.
pub fn with(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}={}", encode(v))).collect();
    format!("{}?{}", address(), pairs.join("&"))
}

/// A request by GET that wants XML.
pub fn ask(pairs: &[(&str, &str)]) -> Answer {
    get_with(&with(pairs), &[("accept", "application/xml")])
}

/// A request by POST.
pub fn send(body: &str) -> Answer {
    post(&address(), "application/xml", body)
}

/// Reads an answer and does something with it.
#[track_caller]
pub fn read<T>(answer: &Answer, look: impl FnOnce(&roxmltree::Document<'_>) -> T) -> T {
    let text = answer.text();
    let document = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    look(&document)
}

/// Text of every element of a name.
#[track_caller]
pub fn texts(answer: &Answer, namespace: &str, name: &str) -> Vec<String> {
    read(answer, |document| {
        let found = document.descendants().filter(|n| n.has_tag_name((namespace, name)));
        found.map(|n| n.text().unwrap_or_default().trim().to_owned()).collect()
    })
}

/// The exception of an answer: its status, the namespace of its form, its code and its locator.
#[track_caller]
pub fn exception(answer: &Answer, form: &str, code: &str, locator: &str, test: &str) {
    read(answer, |document| {
        let found = document
            .descendants()
            .find(|n| n.has_tag_name((form, "Exception")))
            .unwrap_or_else(|| panic!("{test}: no exception of {form}: {}", answer.text()));
        assert_eq!(found.attribute("exceptionCode"), Some(code), "{test}: {}", answer.text());
        let said = found.attribute("locator").unwrap_or_default().to_ascii_lowercase();
        assert!(said.contains(&locator.to_ascii_lowercase()), "{test}: {}", answer.text());
    });
    assert_eq!(answer.status, 400, "{test}");
}

/// Attribute of SearchResults as a number.
#[track_caller]
pub fn counter(answer: &Answer, name: &str) -> u64 {
    read(answer, |document| {
        let found = document.descendants().find(|n| n.tag_name().name() == "SearchResults");
        let found = found.unwrap_or_else(|| panic!("no results: {}", answer.text()));
        found.attribute(name).expect(name).parse().expect(name)
    })
}

/// Names of the records in an answer of GetRecords.
#[track_caller]
pub fn records(answer: &Answer) -> Vec<String> {
    read(answer, |document| {
        let found = document.descendants().find(|n| n.tag_name().name() == "SearchResults");
        let found = found.unwrap_or_else(|| panic!("no results: {}", answer.text()));
        let all = found.children().filter(roxmltree::Node::is_element);
        all.map(|n| n.tag_name().name().to_owned()).collect()
    })
}

/// Numbers of the records in an answer, as they come.
#[track_caller]
pub fn numbers(answer: &Answer) -> Vec<usize> {
    let ids = texts(answer, DC, "identifier");
    let number = |found: &String| (1..=RECORDS.len()).find(|n| id(*n) == *found).expect("a known record");
    ids.iter().map(number).collect()
}

//! From bytes to the records in them.

use super::{ImportError, Imported, Schema, dublin_core, fragment, iso, rdf};
use crate::catalogue::dcat::{self, Syntax};
use crate::config::Limits;
use crate::filter::{FilterError, FilterLimits, xml};
use roxmltree::{Document, Node};

pub(super) const GMD: &str = "http://www.isotc211.org/2005/gmd";
/// mdb has two versions, which differ in parts that are not read here.
pub(super) const MDB: [&str; 2] =
    ["http://standards.iso.org/iso/19115/-3/mdb/2.0", "http://standards.iso.org/iso/19115/-3/mdb/1.0"];
pub(super) const CSW: &str = "http://www.opengis.net/cat/csw/2.0.2";
pub(super) const CSW3: &str = "http://www.opengis.net/cat/csw/3.0";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
pub(super) const OAI_DC: &str = "http://www.openarchives.org/OAI/2.0/oai_dc/";

/// Levels of elements that a metadata document may have: the deepest ISO records have some thirty.
const DEPTH: usize = 60;

/// Reads all records of a document: one alone, or those in an answer of CSW or OAI-PMH.
///
/// # Errors
/// [`ImportError`]: one bad record refuses the document.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Imported>, ImportError> {
    let text = decoded(bytes)?;
    if let Some(syntax) = dcat::syntax_of(&text) {
        return rdf::read(&text, syntax);
    }
    let document = parse(&text, limits)?;
    let root = document.root_element();
    if root.tag_name().namespace() == Some(RDF) && root.tag_name().name() == "RDF" {
        return rdf::read(&text, Syntax::RdfXml);
    }
    read_element(root)
}

/// A document within the limits.
pub(super) fn parse<'a>(text: &'a str, limits: &Limits) -> Result<Document<'a>, ImportError> {
    let bounds = FilterLimits { depth: DEPTH, ..FilterLimits::from(limits) };
    xml::parse_document(text, &bounds).map_err(refused)
}

/// Reads all records of an element, whose document was read within limits: the element itself, or those in it.
///
/// # Errors
/// As [`read`].
pub fn read_element(root: Node<'_, '_>) -> Result<Vec<Imported>, ImportError> {
    let mut records = Vec::new();
    collect(root, &mut records);
    if records.is_empty() {
        return Err(ImportError::NoRecord(root.tag_name().name().chars().take(80).collect()));
    }
    records.into_iter().enumerate().map(|(at, (schema, node))| imported(schema, node, at + 1)).collect()
}

/// The record of an element that is one.
fn imported(schema: Schema, node: Node<'_, '_>, number: usize) -> Result<Imported, ImportError> {
    let (record, own) = match schema {
        Schema::Iso | Schema::Iso3 => (iso::read(node, number)?, iso::forms(node)),
        Schema::DublinCore | Schema::Dcat => (dublin_core::read(node, number)?, dublin_core::forms(node)),
    };
    Ok(Imported { schema, source: fragment::standalone(node), words: words(node), record, own: Some(own) })
}

/// All text of a record, for searching.
fn words(record: Node<'_, '_>) -> String {
    let texts = record.descendants().filter(Node::is_text).filter_map(|n| n.text()).map(str::trim);
    texts.filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The outermost records below a node. Depth was bounded when the document was read.
fn collect<'a, 'i>(node: Node<'a, 'i>, found: &mut Vec<(Schema, Node<'a, 'i>)>) {
    if let Some(schema) = schema_of(node) {
        found.push((schema, node));
        return;
    }
    for child in xml::elements(node) {
        collect(child, found);
    }
}

pub(super) fn schema_of(node: Node<'_, '_>) -> Option<Schema> {
    let name = node.tag_name();
    match (name.namespace(), name.name()) {
        (Some(GMD), "MD_Metadata") => Some(Schema::Iso),
        (Some(uri), "MD_Metadata") if MDB.contains(&uri) => Some(Schema::Iso3),
        (Some(CSW | CSW3), "Record") | (Some(OAI_DC), "dc") => Some(Schema::DublinCore),
        _ => None,
    }
}

/// The text of the bytes: UTF-8, UTF-16 with a byte order mark, or what the declaration says.
fn decoded(bytes: &[u8]) -> Result<String, ImportError> {
    let declared = declared_encoding(bytes).unwrap_or("UTF-8");
    let encoding = encoding_rs::Encoding::for_bom(bytes)
        .map(|(encoding, _)| encoding)
        .or_else(|| encoding_rs::Encoding::for_label(declared.as_bytes()))
        .ok_or_else(|| ImportError::Encoding(declared.chars().take(40).collect()))?;
    let (text, _, broken) = encoding.decode(bytes);
    if broken {
        return Err(ImportError::Encoding(encoding.name().to_owned()));
    }
    Ok(text.into_owned())
}

fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    let head = bytes.get(..bytes.len().min(200))?;
    let end = head.windows(2).position(|w| w == b"?>")?;
    let head = std::str::from_utf8(head.get(..end)?).ok()?;
    let value = head.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split(quote).next()
}

fn refused(error: FilterError) -> ImportError {
    match error {
        FilterError::Xml { message, line, column } => ImportError::Xml { message, line, column },
        other => ImportError::Limit(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> ImportError {
        read(text.as_bytes(), &Limits::default()).expect_err("refused")
    }

    const DC: &str =
        "xmlns:csw='http://www.opengis.net/cat/csw/2.0.2' xmlns:dc='http://purl.org/dc/elements/1.1/'";

    #[test]
    fn what_is_no_record_is_refused_by_the_name_of_its_element() {
        assert!(matches!(refusal("<html/>"), ImportError::NoRecord(name) if name == "html"));
        assert!(matches!(refusal("<csw:Record"), ImportError::Xml { .. }));
        assert!(matches!(refusal(""), ImportError::Xml { .. }));
    }

    #[test]
    fn document_types_entities_and_depth_are_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbb'>]><a>&b;</a>";
        assert!(refusal(bomb).to_string().contains("document type"));
        let deep = format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000));
        assert!(matches!(refusal(&deep), ImportError::Limit(_)));
    }

    #[test]
    fn a_record_without_identifier_is_refused_by_its_number() {
        let text = format!(
            "<r {DC}><csw:Record><dc:identifier>a</dc:identifier></csw:Record><csw:Record><dc:title>b</dc:title></csw:Record></r>"
        );
        assert_eq!(refusal(&text), ImportError::NoIdentifier { number: 2, element: "dc:identifier" });
    }

    #[test]
    fn the_declared_encoding_is_followed_and_a_false_one_is_refused() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><csw:Record xmlns:csw='http://www.opengis.net/cat/csw/2.0.2' xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:identifier>a</dc:identifier><dc:title>\xe9t\xe9</dc:title></csw:Record>";
        let records = read(latin, &Limits::default()).expect("read");
        assert_eq!(records.first().map(Imported::title), Some("été"));
        let false_utf8 = [&b"<a>"[..], b"\xe9", b"</a>"].concat();
        assert!(matches!(read(&false_utf8, &Limits::default()), Err(ImportError::Encoding(_))));
    }

    use crate::catalogue::record::{
        Citation, Conformance, Contact, Distance, Format, Identifier, Keyword, Kind, Link, Period, Record,
        ReferenceSystem, Term, Thesaurus,
    };
    use crate::catalogue::{ElementSet, iso, iso3};
    use crate::geo::BBox;

    type Write = fn(&Record, chrono::DateTime<chrono::Utc>, ElementSet) -> Vec<u8>;

    /// A record that has everything.
    fn rich() -> Record {
        let contact = |role: &str| Contact {
            role: role.into(),
            organisation: Some("Région <Sud> & fils".into()),
            person: Some("Ada Martin".into()),
            position: Some("géomaticienne".into()),
            email: Some("sig@sud.example".into()),
            phone: Some("+33 4 00 00 00 00".into()),
            address: Some("1 place de l'Été".into()),
            city: Some("Aix".into()),
            postcode: Some("13100".into()),
            country: Some("France".into()),
            url: Some("https://sud.example/".into()),
        };
        let period = |text: &str| text.parse::<Period>().expect("a period");
        Record {
            identifier: "3f1c".into(),
            resource: Some(Identifier::uri("https://sud.example/datasets/3f1c")),
            title: "Communes \"2024\"".into(),
            alternate_titles: vec!["COM".into(), "Municipalités".into()],
            summary: "Limites\ndes communes.".into(),
            language: "fre".into(),
            resource_languages: vec!["fre".into(), "eng".into()],
            keywords: vec![
                Keyword::free("limites"),
                Keyword { kind: Some("place".into()), ..Keyword::free("Provence") },
                Keyword {
                    text: "zones vulnérables".into(),
                    uri: Some("https://example.org/c/1".into()),
                    kind: None,
                    thesaurus: Some(Thesaurus {
                        title: "Thésaurus".into(),
                        uri: Some("https://example.org/t".into()),
                        date: "2019-05".parse().ok(),
                        date_kind: Some("revision".into()),
                    }),
                },
            ],
            inspire_themes: vec!["au".into(), "gn".into()],
            hvd_categories: vec!["c_ac64a52d".into()],
            topics: vec!["boundaries".into(), "society".into()],
            spatial_scope: Some("regional".into()),
            contacts: vec![contact("owner"), Contact { organisation: None, ..contact("author") }],
            metadata_contacts: vec![contact("pointOfContact")],
            created: "2019".parse().ok(),
            published: "2020-02-03".parse().ok(),
            revised: "2024-05-06T07:08:09Z".parse().ok(),
            frequency: Some("triennially".into()),
            periods: vec![period("2019/2024-03"), period("2019-01-01/.."), period("../2001")],
            boxes: vec![BBox::new(4.25, 42.987_654, 7.72, 45.13), BBox::new(8.5, 41.0, 9.5, 43.0)],
            places: vec![Term::plain("FR-PAC"), Term::with_uri("Corse", "https://example.org/corse")],
            crs: vec![ReferenceSystem {
                code: "EPSG:2154".into(),
                uri: Some("http://www.opengis.net/def/crs/EPSG/0/2154".into()),
                name: crate::geo::Crs::from_epsg(2154).ok().map(|crs| crs.name.clone()),
            }],
            representation: Some("vector".into()),
            scales: vec![5000, 25_000],
            distances: vec![Distance { value: 0.5, unit: "m".into() }],
            formats: vec![
                Format { name: "GeoPackage".into(), version: Some("1.2".into()), media_type: None },
                Format { name: "DXF".into(), ..Format::default() },
            ],
            links: vec![
                Link {
                    url: "https://sud.example/wms?a=1&b=2".into(),
                    protocol: Some(Term::with_uri(
                        "OGC:WMS",
                        "http://www.opengis.net/def/serviceType/ogc/wms",
                    )),
                    profile: Some(Term::with_uri("view", "https://example.org/view")),
                    name: Some("communes".into()),
                    description: Some("Carte".into()),
                    function: Some("download".into()),
                    ..Link::default()
                },
                Link {
                    url: "https://sud.example/c.gpkg".into(),
                    protocol: Some(Term::plain("WWW:DOWNLOAD-1.0-http--download")),
                    bytes: Some(12_345_678),
                    ..Link::default()
                },
            ],
            licences: vec![
                Term::with_uri("Licence Ouverte 2.0", "https://spdx.org/licenses/etalab-2.0"),
                Term::plain("Citer la source."),
            ],
            use_limitations: vec!["Pas pour naviguer.".into()],
            access: vec![Term::with_uri("Pas de restriction", "https://example.org/noLimitations")],
            legislation: vec![
                Term::with_uri("High-value dataset", iso::HVD_REGULATION),
                Term::with_uri("Loi", "https://example.org/loi"),
                Term::plain("Arrêté du 1er mai"),
            ],
            lineage: Some("Relevé.".into()),
            conformity: vec![
                Conformance {
                    title: "Règlement".into(),
                    uri: Some("http://data.europa.eu/eli/reg/2010/1089".into()),
                    date: "2010-12-08".parse().ok(),
                    date_kind: Some("publication".into()),
                    explanation: Some("Voir".into()),
                    pass: None,
                },
                Conformance { title: "Standard".into(), pass: Some(false), ..Conformance::default() },
            ],
            preview: Some("https://sud.example/a.png?x=1&y=2".into()),
            parent: Some("parent-1".into()),
            ..Record::default()
        }
    }

    fn service() -> Record {
        Record {
            kind: Kind::Service,
            inspire_themes: Vec::new(),
            hvd_categories: Vec::new(),
            legislation: Vec::new(),
            resource_languages: Vec::new(),
            topics: Vec::new(),
            representation: None,
            scales: Vec::new(),
            distances: Vec::new(),
            service_type: Some("view".into()),
            service_versions: vec!["1.3.0".into(), "1.1.1".into()],
            operations: vec!["GetCapabilities".into(), "GetMap".into()],
            operates_on: vec![Citation {
                identifier: "a".into(),
                url: Some("https://sud.example/csw?id=a&x=1".into()),
                title: None,
                resource: Some("https://sud.example/datasets/a".into()),
            }],
            ..rich()
        }
    }

    #[test]
    fn what_is_written_as_iso_is_read_back_to_an_equal_record_in_both_schemas() {
        let stamp: chrono::DateTime<chrono::Utc> = "2025-01-02T03:04:05Z".parse().expect("a time");
        let writers: [Write; 2] = [iso::write, iso3::write];
        for record in [rich(), service()] {
            for write in writers {
                let xml = write(&record, stamp, ElementSet::Full);
                let text = String::from_utf8_lossy(&xml).into_owned();
                let back = read(&xml, &Limits::default()).unwrap_or_else(|e| panic!("{e}\n{text}"));
                let mut back = back.into_iter().next().expect("one record").record;
                assert_eq!(back.stated_stamp.map(|m| m.start), Some(stamp));
                back.stated_stamp = None;
                assert_eq!(
                    serde_json::to_string_pretty(&back).expect("JSON"),
                    serde_json::to_string_pretty(&record).expect("JSON"),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn brief_and_summary_are_read_as_well() {
        for set in [ElementSet::Brief, ElementSet::Summary] {
            let xml = iso3::write(&rich(), chrono::DateTime::UNIX_EPOCH, set);
            let back = read(&xml, &Limits::default()).expect("read");
            assert_eq!(back.first().map(Imported::title), Some(rich().title.as_str()));
        }
    }
}

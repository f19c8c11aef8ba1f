//! What the profiles ask for at least, held against a full record and an empty one.

use super::graph::{Graph, Object};
use super::{CatalogFacts, PageLinks, Stamped, Syntax, page, single, write};
use crate::catalogue::record::{
    Checksum, Contact, Distance, Identifier, Keyword, Kind, Link, LinkKind, Moment, Period, Record,
    ReferenceSystem, Term,
};
use crate::geo::BBox;
use chrono::DateTime;
use oxrdfxml::RdfXmlParser;
use oxttl::{NTriplesParser, TurtleParser};
use std::collections::BTreeSet;
use uuid::Uuid;

const BASE: &str = "https://data.example.org";

fn moment(text: &str) -> Option<Moment> {
    text.parse().ok()
}

fn full() -> Record {
    let uuid = Uuid::from_u128(7);
    Record {
        identifier: uuid.to_string(),
        uuid,
        resource: Some(Identifier::uri(format!("{BASE}/datasets/{uuid}"))),
        title: "Forêts \"<&'] \\ \n de la région".into(),
        alternate_titles: vec!["Bois".into()],
        summary: "Peuplements\u{8} relevés.".into(),
        language: "fre".into(),
        keywords: vec![Keyword::free("bois"), Keyword::free("")],
        inspire_themes: vec!["ef".into(), "nothing".into()],
        hvd_categories: vec!["c_ac64a52d".into()],
        topics: vec!["environment".into()],
        contacts: ["pointOfContact", "owner", "publisher", "custodian"]
            .map(|role| Contact {
                role: role.into(),
                organisation: Some("ONF".into()),
                email: Some("sig@example.org".into()),
                phone: Some("+33 4 00 00 00 00".into()),
                city: Some("Aix".into()),
                ..Contact::default()
            })
            .to_vec(),
        metadata_contacts: vec![Contact { organisation: Some("ONF".into()), ..Contact::default() }],
        created: moment("2019"),
        published: moment("2020-05"),
        revised: moment("2024-03-02T10:30:00Z"),
        frequency: Some("annually".into()),
        periods: vec![Period { begin: moment("2019-01-01"), end: None }],
        boxes: vec![BBox::new(4.2, 43.0, 7.7, 45.1)],
        places: vec![Term::plain("Provence"), Term::with_uri("Var", "http://id.insee.fr/geo/departement/83")],
        crs: vec![ReferenceSystem {
            code: "EPSG:2154".into(),
            uri: Some("http://www.opengis.net/def/crs/EPSG/0/2154".into()),
            name: Some("RGF93 / Lambert-93".into()),
        }],
        representation: Some("vector".into()),
        scales: vec![5000],
        distances: vec![Distance { value: 2.5, unit: "m".into() }],
        links: vec![
            Link {
                kind: Some(LinkKind::Wms),
                url: format!("{BASE}/dataset/forets/wms?SERVICE=WMS&REQUEST=GetCapabilities"),
                protocol: Some(Term::with_uri("OGC:WMS", "http://www.opengis.net/def/serviceType/ogc/wms")),
                layer: Some("forets".into()),
                ..Link::default()
            },
            Link {
                kind: Some(LinkKind::GeoPackage),
                url: format!("{BASE}/download/forets/forets.gpkg"),
                function: Some("download".into()),
                format: Some("GeoPackage".into()),
                media_type: Some("application/geopackage+sqlite3".into()),
                bytes: Some(12),
                checksum: Some(Checksum { algorithm: "sha256".into(), value: "00ff".into() }),
                layer: Some("forets".into()),
                ..Link::default()
            },
            Link { kind: Some(LinkKind::Page), url: format!("{BASE}/datasets/forets"), ..Link::default() },
            Link { url: "no address".into(), function: Some("download".into()), ..Link::default() },
        ],
        licences: vec![
            Term::with_uri("Licence Ouverte 2.0", "https://spdx.org/licenses/etalab-2.0"),
            Term::plain("Citer la source"),
        ],
        access: vec![Term::with_uri(
            "Pas de restriction d'accès public",
            "http://inspire.ec.europa.eu/metadata-codelist/LimitationsOnPublicAccess/noLimitations",
        )],
        lineage: Some("Relevé à pied.".into()),
        ..Record::default()
    }
}

fn graph_of(record: Record) -> Graph {
    single(&Stamped { record, stamp: DateTime::UNIX_EPOCH }, BASE)
}

/// What is said of a node by a property.
fn said<'g>(graph: &'g Graph, id: &str, property: &str) -> Vec<&'g Object> {
    let node = graph.nodes.iter().find(|n| n.id == id);
    node.iter().flat_map(|n| &n.facts).filter(|(p, _)| *p == property).map(|(_, o)| o).collect()
}

fn of_class(graph: &Graph, class: &'static str) -> Vec<String> {
    let is = |facts: &[(&'static str, Object)]| facts.contains(&("rdf:type", Object::Name(class)));
    graph.nodes.iter().filter(|n| is(&n.facts)).map(|n| n.id.clone()).collect()
}

/// Classes with the properties that they must have: DCAT-AP 3.0.1, and what HVD adds.
const MINIMUM: [(&str, &[&str]); 8] = [
    (
        "dcat:Dataset",
        &["dct:title", "dct:description", "dct:identifier", "dct:publisher", "dcat:contactPoint"],
    ),
    ("dcat:Distribution", &["dcat:accessURL"]),
    ("dcat:DataService", &["dct:title", "dcat:endpointURL"]),
    ("dcat:CatalogRecord", &["dct:modified", "foaf:primaryTopic"]),
    ("foaf:Agent", &["foaf:name"]),
    ("skos:Concept", &["skos:prefLabel", "skos:inScheme"]),
    ("spdx:Checksum", &["spdx:algorithm", "spdx:checksumValue"]),
    ("vcard:Kind", &["vcard:fn"]),
];
const HVD: [(&str, &[&str]); 3] = [
    ("dcat:Dataset", &["dcatap:applicableLegislation", "dcatap:hvdCategory"]),
    ("dcat:Distribution", &["dcat:accessURL", "dcatap:applicableLegislation", "dct:license"]),
    (
        "dcat:DataService",
        &[
            "dcatap:applicableLegislation",
            "dcatap:hvdCategory",
            "dcat:contactPoint",
            "dcat:endpointURL",
            "foaf:page",
        ],
    ),
];

#[test]
fn every_class_has_what_dcat_ap_and_its_profile_for_high_value_datasets_ask_for() {
    let graph = graph_of(full());
    for (class, properties) in MINIMUM.into_iter().chain(HVD) {
        let nodes = of_class(&graph, class);
        assert!(!nodes.is_empty(), "{class}");
        for node in nodes {
            for property in properties {
                assert!(!said(&graph, &node, property).is_empty(), "{class} {node} has no {property}");
            }
        }
    }
    let [dataset] = of_class(&graph, "dcat:Dataset").try_into().expect("one dataset");
    assert_eq!(dataset, format!("{BASE}/datasets/{}", Uuid::from_u128(7)));
    let text = |property| {
        let all = said(&graph, &dataset, property).into_iter();
        all.map(|o| match o {
            Object::Text(text, _) | Object::Value(text, _) | Object::Node(text) => text.clone(),
            Object::Name(name) => (*name).to_owned(),
        })
        .collect::<Vec<_>>()
    };
    for keyword in ["bois", "hvd", "Géospatiales"] {
        assert!(text("dcat:keyword").contains(&keyword.to_owned()), "{:?}", text("dcat:keyword"));
    }
    assert_eq!(text("dct:license"), ["https://spdx.org/licenses/etalab-2.0"]);
    assert_eq!(said(&graph, &dataset, "dct:publisher").len(), 1);
    assert_eq!(said(&graph, &dataset, "dct:issued"), [&Object::Value("2020-05".into(), "xsd:gYearMonth")]);
    assert!(text("dct:accessRights")[0].ends_with("/access-right/PUBLIC"));
    assert!(
        text("dct:accrualPeriodicity")[0].ends_with("/frequency/ANNUAL"),
        "{:?}",
        text("dct:accrualPeriodicity")
    );
    assert_eq!(said(&graph, &dataset, "geodcat:custodian").len(), 1);
    assert_eq!(
        said(&graph, &dataset, "dcat:spatialResolutionInMeters"),
        [&Object::Value("2.5".into(), "xsd:decimal")]
    );
    // What has no address is left out, with all that is said of it.
    assert_eq!(of_class(&graph, "dcat:Distribution").len(), 2);
    let service = format!("{BASE}/dataset/forets/wms#service");
    assert_eq!(said(&graph, &service, "dcat:servesDataset"), [&Object::Node(dataset)]);
}

#[test]
fn a_record_that_says_nothing_is_still_a_dataset() {
    let record = Record { identifier: "FR-1".into(), uuid: Uuid::from_u128(9), ..Record::default() };
    let graph = graph_of(record);
    let [dataset] = of_class(&graph, "dcat:Dataset").try_into().expect("one dataset");
    for property in ["dct:title", "dct:description", "dct:identifier"] {
        assert_eq!(said(&graph, &dataset, property), [&Object::Text("FR-1".into(), None)], "{property}");
    }
    let service = Record { kind: Kind::Service, identifier: "s".into(), ..Record::default() };
    assert_eq!(of_class(&graph_of(service), "dcat:DataService").len(), 1);
}

#[test]
fn all_syntaxes_hold_the_same_statements() {
    let facts = CatalogFacts {
        address: format!("{BASE}/dcat"),
        base: BASE.into(),
        title: "Région".into(),
        description: "Tout".into(),
        publisher: Contact { organisation: Some("Région".into()), ..Contact::default() },
        homepage: format!("{BASE}/"),
        total: 1,
        pages: PageLinks {
            this: format!("{BASE}/dcat?page=1&page_size=1"),
            first: format!("{BASE}/dcat?page=1"),
            previous: None,
            next: Some(format!("{BASE}/dcat?page=2&after=3")),
            last: format!("{BASE}/dcat?page=2"),
        },
    };
    let graph = page(&facts, &[Stamped { record: full(), stamp: DateTime::UNIX_EPOCH }]);
    let bytes = |syntax| write(&graph, syntax);
    let triples = bytes(Syntax::NTriples);
    let wanted: BTreeSet<String> =
        NTriplesParser::new().for_slice(&triples).map(|t| t.expect("a triple").to_string()).collect();
    assert!(wanted.len() > 100, "{}", wanted.len());
    let turtle: BTreeSet<String> = TurtleParser::new()
        .for_slice(&bytes(Syntax::Turtle))
        .map(|t| t.expect("a triple").to_string())
        .collect();
    assert_eq!(turtle, wanted);
    let xml: BTreeSet<String> = RdfXmlParser::new()
        .for_slice(&bytes(Syntax::RdfXml))
        .map(|t| t.expect("a triple").to_string())
        .collect();
    assert_eq!(xml, wanted);
    let json: BTreeSet<String> = oxjsonld::JsonLdParser::new()
        .for_slice(&bytes(Syntax::JsonLd))
        .map(|q| oxrdf::Triple::from(q.expect("a statement")).to_string())
        .collect();
    assert_eq!(json, wanted);
    assert!(!wanted.iter().any(|t| t.contains("_:")), "no node without an address");
    assert_eq!(said(&graph, &facts.address, "hydra:totalItems"), [&Object::Value("1".into(), "xsd:integer")]);
    assert_eq!(said(&graph, &facts.pages.this, "hydra:next").len(), 1);
}

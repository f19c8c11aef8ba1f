//! Records as portals write them, and what is no record.

use super::super::{Stamped, Syntax, single, write};
use super::{ReadError, read, syntax_of};
use crate::catalogue::record::{
    Checksum, Contact, Distance, Identifier, Keyword, Kind, Link, Moment, Period, Record, ReferenceSystem,
    Term,
};
use crate::geo::BBox;
use chrono::DateTime;
use std::collections::BTreeSet;

/// A dataset as a municipality's portal may write it: nodes without addresses, several languages, licence at the file.
const TOWN: &str = r#"
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix locn: <http://www.w3.org/ns/locn#> . @prefix gsp: <http://www.opengis.net/ont/geosparql#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix schema: <http://schema.org/> .
@prefix ex: <https://ville.example/ns#> .
<https://ville.example/catalogue> a dcat:Catalog ; dct:title "Tout" ; dcat:dataset <https://ville.example/d/arbres> .
<https://ville.example/d/arbres> a dcat:Dataset ;
  dct:identifier "arbres" ; dct:title "Trees"@en, "Arbres"@fr ; dct:description "Les arbres de la ville."@fr ;
  dcat:keyword "arbre"@fr, "tree"@en, "parc" ; ex:secret "gardé" ;
  dct:language <http://publications.europa.eu/resource/authority/language/FRA> ;
  dct:issued "2020-05-04"^^xsd:date ; dct:modified "2024-01-02T03:04:05"^^xsd:dateTime ;
  dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/ANNUAL> ;
  dcat:theme <http://publications.europa.eu/resource/authority/data-theme/ENVI> ;
  dct:publisher [ a foaf:Organization ; foaf:name "Ville d'Aix" ; foaf:mbox <mailto:sig@ville.example> ] ;
  dcat:contactPoint [ a vcard:Organization ; vcard:fn "Espaces verts" ; vcard:hasEmail <mailto:parcs@ville.example> ;
    vcard:hasTelephone [ vcard:hasValue <tel:+33400000000> ] ] ;
  dct:spatial [ a dct:Location ; locn:geometry "<http://www.opengis.net/def/crs/EPSG/0/4326> POLYGON((43.1 5.1,43.1 5.9,43.8 5.9,43.8 5.1,43.1 5.1))"^^gsp:wktLiteral ] ;
  dct:temporal [ a dct:PeriodOfTime ; schema:startDate "2019-01-01"^^xsd:date ] ;
  dcat:distribution [ a dcat:Distribution ; dct:title "Fichier" ; dcat:accessURL <https://ville.example/d/arbres> ;
    dcat:downloadURL <https://ville.example/d/arbres.csv> ; dct:format "CSV" ; dcat:byteSize "1024.0"^^xsd:decimal ;
    dct:license <https://www.etalab.gouv.fr/licence-ouverte-open-licence> ] ,
  [ a dcat:Distribution ; dcat:accessURL <https://ville.example/wms?service=WMS&request=GetCapabilities> ;
    dcat:accessService [ a dcat:DataService ; dct:title "Cartes" ; dcat:endpointURL <https://ville.example/wms> ;
      dct:conformsTo <http://www.opengis.net/def/serviceType/ogc/wms> ] ] .
"#;

fn one(text: &str, syntax: Syntax) -> Record {
    let [record] = <[Record; 1]>::try_from(read(text, syntax).expect("read")).expect("one record");
    record
}

#[test]
fn what_a_portal_says_is_understood() {
    let record = one(TOWN, Syntax::Turtle);
    assert_eq!(record.identifier, "arbres");
    assert_eq!(record.resource, Some(Identifier::uri("https://ville.example/d/arbres")));
    assert_eq!((record.title.as_str(), record.language.as_str()), ("Arbres", "fre"));
    assert_eq!(record.summary, "Les arbres de la ville.");
    let words: BTreeSet<&str> = record.keywords.iter().map(|k| k.text.as_str()).collect();
    assert_eq!(words, BTreeSet::from(["arbre", "parc"]));
    assert_eq!(record.topics, ["environment"]);
    assert_eq!(record.frequency.as_deref(), Some("annually"));
    assert_eq!(record.published.map(|m| m.to_string()).as_deref(), Some("2020-05-04"));
    assert_eq!(record.stated_stamp.map(|m| m.to_string()).as_deref(), Some("2024-01-02T03:04:05Z"));
    assert_eq!(record.periods.len(), 1);
    assert_eq!(record.boxes, [BBox::new(5.1, 43.1, 5.9, 43.8)]);
    let [point, publisher] = <[Contact; 2]>::try_from(record.contacts).expect("two contacts");
    assert_eq!(
        (point.role.as_str(), point.organisation.as_deref()),
        ("pointOfContact", Some("Espaces verts"))
    );
    assert_eq!(point.email.as_deref(), Some("parcs@ville.example"));
    assert_eq!(point.phone.as_deref(), Some("+33400000000"));
    assert_eq!(
        (publisher.role.as_str(), publisher.organisation.as_deref()),
        ("publisher", Some("Ville d'Aix"))
    );
    let [file, service] = <[Link; 2]>::try_from(record.links).expect("two links");
    assert_eq!(file.url, "https://ville.example/d/arbres.csv");
    assert_eq!((file.format.as_deref(), file.bytes), (Some("CSV"), Some(1024)));
    assert_eq!(service.protocol.map(|p| p.text).as_deref(), Some("OGC:WMS"));
    let licence = record.licences.first().expect("a licence");
    assert!(licence.text.contains("Licence Ouverte"), "{licence:?}");
}

#[test]
fn a_record_is_served_as_it_came_in_every_syntax_also_what_is_not_understood() {
    let record = one(TOWN, Syntax::Turtle);
    let graph =
        single(&Stamped { record: record.clone(), stamp: DateTime::UNIX_EPOCH }, "https://data.example");
    let lines = |text: &[u8]| -> BTreeSet<String> {
        String::from_utf8_lossy(text).lines().map(str::to_owned).collect()
    };
    let came = lines(record.rdf.as_ref().expect("statements").statements.as_bytes());
    assert!(came.iter().any(|line| line.contains("ns#secret> \"gardé\"")), "{came:?}");
    assert!(!came.iter().any(|line| line.contains("_:") || line.contains("\"Tout\"")), "{came:?}");
    let served = lines(&write(&graph, Syntax::NTriples));
    assert!(came.is_subset(&served), "{:?}", came.difference(&served).collect::<Vec<_>>());
    // The catalogue adds its own entry and nothing about the dataset.
    assert!(served.difference(&came).all(|line| !line.starts_with("<https://ville.example/d/arbres>")));
    for syntax in [Syntax::Turtle, Syntax::RdfXml, Syntax::JsonLd] {
        let text = String::from_utf8(write(&graph, syntax)).expect("text");
        let back = one(&text, syntax);
        let again = lines(back.rdf.as_ref().expect("statements").statements.as_bytes());
        assert!(came.is_subset(&again), "{syntax:?}: {:?}", came.difference(&again).collect::<Vec<_>>());
        assert_eq!(
            (back.title, back.links, back.boxes),
            (record.title.clone(), record.links.clone(), record.boxes.clone())
        );
    }
}

#[test]
fn what_is_kept_is_read_again_to_the_same_record() {
    let record = one(TOWN, Syntax::Turtle);
    let source = record.rdf.clone().expect("statements").statements;
    let syntax = syntax_of(&source).expect("a syntax");
    let again = one(&source, syntax);
    let mut sorted: Vec<&str> = source.lines().collect();
    sorted.sort_unstable();
    let kept = again.rdf.clone().expect("statements").statements;
    let mut kept: Vec<&str> = kept.lines().collect();
    kept.sort_unstable();
    assert_eq!(kept, sorted);
    assert_eq!(
        (again.identifier, again.title, again.contacts, again.links),
        (record.identifier, record.title, record.contacts, record.links)
    );
}

#[test]
fn a_record_is_the_same_text_in_whatever_order_its_portal_writes_it() {
    let record = one(TOWN, Syntax::Turtle);
    let graph = single(&Stamped { record, stamp: DateTime::UNIX_EPOCH }, "https://data.example");
    let text = String::from_utf8(write(&graph, Syntax::NTriples)).expect("text");
    // Nodes without addresses again, as portals write them, and statements in two orders.
    let numbers = 1..text.matches("#node-").count();
    let blank = numbers.fold(text, |text, n| {
        text.replace(&format!("<https://ville.example/d/arbres#node-{n}>"), &format!("_:n{n}"))
    });
    assert!(!blank.contains("#node-"), "{blank}");
    let lines: Vec<&str> = blank.lines().collect();
    let statements = |lines: &[&str]| {
        let records = read(&lines.join("\n"), Syntax::NTriples).expect("read");
        records.into_iter().next().and_then(|record| record.rdf).expect("statements").statements
    };
    let forwards = statements(&lines);
    let backwards: Vec<&str> = lines.iter().rev().copied().collect();
    assert_eq!(statements(&backwards), forwards);
    assert!(forwards.contains("#node-"), "{forwards}");
}

#[test]
fn records_without_addresses_name_each_other_by_the_addresses_that_they_get() {
    let text = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
        _:a a dcat:Dataset ; dct:identifier "urn:test:a" ; dct:title "A" ; dct:relation _:b .
        _:b a dcat:Dataset ; dct:identifier "urn:test:b" ; dct:title "B" ."#;
    let records = read(text, Syntax::Turtle).expect("read");
    let statements = &records.first().and_then(|r| r.rdf.as_ref()).expect("statements").statements;
    assert!(
        statements.contains("<urn:test:a> <http://purl.org/dc/terms/relation> <urn:test:b> ."),
        "{statements}"
    );
    assert!(!statements.contains("\"B\""), "named, not told: {statements}");
}

#[test]
fn what_xml_can_not_name_or_hold_does_not_break_the_page_and_stays_in_the_other_syntaxes() {
    let text = r#"<https://h/d> a <http://www.w3.org/ns/dcat#Dataset>, <https://h/class/1> ;
        <http://purl.org/dc/terms/title> "A\u0001B"@fr ; <https://h/property/> "x" ; <https://h/p/2> "y" ; <https://h/p#ok> "z" ."#;
    let record = one(text, Syntax::Turtle);
    let graph = single(&Stamped { record, stamp: DateTime::UNIX_EPOCH }, "https://data.example");
    let xml = String::from_utf8(write(&graph, Syntax::RdfXml)).expect("text");
    roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{error}\n{xml}"));
    let back = one(&xml, Syntax::RdfXml);
    assert_eq!(back.title, "AB");
    let kept = back.rdf.expect("statements").statements;
    assert!(kept.contains("\"z\"") && !kept.contains("\"y\""), "{kept}");
    for syntax in [Syntax::Turtle, Syntax::NTriples, Syntax::JsonLd] {
        let whole = one(&String::from_utf8(write(&graph, syntax)).expect("text"), syntax);
        let statements = whole.rdf.expect("statements").statements;
        for said in ["<https://h/class/1>", "\"x\"", "\"y\"", "\"z\""] {
            assert!(statements.contains(said), "{syntax:?} {said}: {statements}");
        }
    }
}

/// What of a record DCAT has words for.
fn rich() -> Record {
    let moment = |text: &str| text.parse::<Moment>().ok();
    let contact = |role: &str| Contact {
        role: role.into(),
        organisation: Some("Région Sud".into()),
        email: Some("sig@sud.example".into()),
        url: Some("https://sud.example/".into()),
        ..Contact::default()
    };
    Record {
        identifier: "3f1c".into(),
        resource: Some(Identifier::uri("https://sud.example/datasets/3f1c")),
        title: "Communes \"2024\"".into(),
        alternate_titles: vec!["COM".into()],
        summary: "Limites\ndes communes.".into(),
        language: "fre".into(),
        resource_languages: vec!["fre".into()],
        keywords: vec![Keyword::free("limites")],
        inspire_themes: vec!["au".into()],
        hvd_categories: vec!["c_ac64a52d".into()],
        topics: vec!["boundaries".into()],
        spatial_scope: Some("regional".into()),
        contacts: vec![
            Contact {
                phone: Some("+33400000000".into()),
                city: Some("Aix".into()),
                ..contact("pointOfContact")
            },
            contact("publisher"),
            contact("owner"),
        ],
        metadata_contacts: vec![contact("pointOfContact")],
        created: moment("2019"),
        published: moment("2020-02-03"),
        revised: moment("2024-05-06T07:08:09Z"),
        stated_stamp: Some(Moment::instant(DateTime::UNIX_EPOCH)),
        frequency: Some("annually".into()),
        periods: vec![Period { begin: moment("2019"), end: moment("2024-03") }],
        boxes: vec![BBox::new(4.25, 42.98, 7.72, 45.13)],
        places: vec![Term::with_uri("Var", "http://id.insee.fr/geo/departement/83")],
        crs: vec![ReferenceSystem {
            code: "EPSG:2154".into(),
            uri: Some("http://www.opengis.net/def/crs/EPSG/0/2154".into()),
            name: Some("Lambert-93".into()),
        }],
        representation: Some("vector".into()),
        scales: vec![5000, 25_000],
        distances: vec![Distance { value: 2.5, unit: "m".into() }],
        links: vec![
            Link {
                url: "https://sud.example/a.geojson".into(),
                description: Some("Fichier".into()),
                function: Some("download".into()),
                media_type: Some("application/geo+json".into()),
                format: Some("GeoJSON".into()),
                bytes: Some(12),
                checksum: Some(Checksum { algorithm: "sha256".into(), value: "00ff".into() }),
                ..Link::default()
            },
            Link {
                url: "https://sud.example/page".into(),
                function: Some("information".into()),
                ..Link::default()
            },
        ],
        licences: vec![Term::with_uri(
            "Licence Ouverte / Open Licence 2.0",
            "https://spdx.org/licenses/etalab-2.0",
        )],
        use_limitations: vec!["Citer la source".into()],
        lineage: Some("Relevé à pied.".into()),
        ..Record::default()
    }
}

#[test]
fn what_is_written_as_dcat_is_read_back() {
    let record = rich();
    let graph =
        single(&Stamped { record: record.clone(), stamp: DateTime::UNIX_EPOCH }, "https://data.example");
    for syntax in Syntax::ALL {
        let text = String::from_utf8(write(&graph, syntax)).expect("text");
        let mut back = one(&text, syntax);
        back.rdf = None;
        back.contacts
            .sort_by_key(|c| ["pointOfContact", "publisher", "owner"].iter().position(|r| *r == c.role));
        // Agents have no number or address in DCAT.
        let mut wanted = record.clone();
        wanted.formats = back.formats.clone();
        let json = |record: &Record| serde_json::to_string_pretty(record).expect("JSON");
        for (read, written) in json(&back).lines().zip(json(&wanted).lines()) {
            assert_eq!(read, written, "{syntax:?}\n{text}");
        }
        assert_eq!(json(&back), json(&wanted));
        assert_eq!(back.formats.first().map(|f| f.name.as_str()), Some("GeoJSON"));
    }
}

#[test]
fn services_of_their_own_are_records_and_those_behind_distributions_are_not() {
    let text = format!(
        "{TOWN}\n<https://ville.example/wfs> a dcat:DataService ; dct:title \"Objets\" ; dcat:endpointURL <https://ville.example/wfs> ;
         dct:conformsTo <http://www.opengis.net/def/serviceType/ogc/wfs> ; dcat:servesDataset <https://ville.example/d/arbres> ."
    );
    let records = read(&text, Syntax::Turtle).expect("read");
    assert_eq!(records.len(), 2);
    let service = records.last().expect("the service");
    assert_eq!((&service.kind, service.identifier.as_str()), (&Kind::Service, "https://ville.example/wfs"));
    assert_eq!(service.operates_on.first().map(|c| c.identifier.as_str()), Some("arbres"));
    assert_eq!(
        service.links.first().and_then(|l| l.protocol.as_ref()).map(|p| p.text.as_str()),
        Some("OGC:WFS")
    );
    // The dataset that it works on is named, not told again.
    assert!(!service.rdf.as_ref().expect("statements").statements.contains("Espaces verts"));
}

#[test]
fn what_is_no_record_is_refused_and_nothing_is_fetched() {
    let refusal = |text: &str, syntax| read(text, syntax).expect_err("refused");
    assert_eq!(refusal("<http://h/a> <http://h/b> <http://h/c> .", Syntax::Turtle), ReadError::NoRecord);
    for (text, syntax) in [
        ("<http://h/a> <http://h/b>", Syntax::Turtle),
        ("@prefix dcat: <http://www.w3.org/ns/dcat#> . <a> a dcat:Dataset .", Syntax::Turtle),
        ("{\"@context\": \"https://example.org/context\", \"@type\": \"Dataset\"}", Syntax::JsonLd),
        ("{\"@graph\": [", Syntax::JsonLd),
        (&"[".repeat(100_000), Syntax::JsonLd),
        (&format!("<http://h/a> <http://h/b> {}", "[ <http://h/b> ".repeat(100_000)), Syntax::Turtle),
        (&format!("<http://h/a> <http://h/b> {}", "( ".repeat(100_000)), Syntax::Turtle),
        ("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description", Syntax::RdfXml),
    ] {
        let error = refusal(text, syntax);
        assert!(matches!(error, ReadError::Syntax(_)), "{error:?}");
    }
    let blank = "@prefix dcat: <http://www.w3.org/ns/dcat#> . [] a dcat:Dataset .";
    assert_eq!(refusal(blank, Syntax::Turtle), ReadError::NoIdentifier(1));
}

#[test]
fn syntaxes_are_told_apart_by_how_they_begin() {
    for (text, syntax) in [
        ("\u{feff}\n@prefix a: <http://h/> .", Some(Syntax::Turtle)),
        ("PREFIX a: <http://h/>", Some(Syntax::Turtle)),
        ("<http://h/a> <http://h/b> 'c' .", Some(Syntax::Turtle)),
        ("<urn:a:b> a <urn:c:d> .", Some(Syntax::Turtle)),
        (" {\"@graph\": []}", Some(Syntax::JsonLd)),
        ("<?xml version='1.0'?><rdf:RDF/>", None),
        ("<gmd:MD_Metadata xmlns:gmd='http://www.isotc211.org/2005/gmd'>", None),
        ("", None),
    ] {
        assert_eq!(syntax_of(text), syntax, "{text}");
    }
}

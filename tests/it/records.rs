//! Metadata records from elsewhere: imported by the command line, found by the catalogue, kept as they came.

use crate::schemas;
use crate::support::region::{datasud, fixture};
use crate::support::{self, TestDatabase, get, server};
use datasud::catalogue::{RecordContext, ensure_current};
use serde_json::json;
use std::path::{Path, PathBuf};

const DISCOVERY: &str = "http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd";
const ISO: &str = "http://schemas.opengis.net/iso/19139/20070417/gmd/gmd.xsd";

fn dublin_core(identifier: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<csw:Record xmlns:csw=\"http://www.opengis.net/cat/csw/2.0.2\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dct=\"http://purl.org/dc/terms/\" \
         xmlns:ows=\"http://www.opengis.net/ows\"><dc:identifier>{identifier}</dc:identifier>{inside}</csw:Record>"
    )
}

const FOREST: &str = "<dc:type>http://purl.org/dc/dcmitype/Dataset</dc:type><dc:title>Forêts &amp; garrigues</dc:title>\
     <dc:subject scheme=\"http://example.org/themes\">Végétation</dc:subject><dc:subject>Bois</dc:subject>\
     <dc:format>image/tiff</dc:format><dct:spatial>FR-PAC</dct:spatial><dct:abstract>Peuplements.</dct:abstract>\
     <dc:date>2006-03-26</dc:date><dct:hasVersion>3</dct:hasVersion>\
     <ows:BoundingBox crs=\"urn:x-ogc:def:crs:EPSG:6.11:4326\"><ows:LowerCorner>43.1 4.2</ows:LowerCorner>\
     <ows:UpperCorner>45.0 7.7</ows:UpperCorner></ows:BoundingBox>";

fn iso(identifier: &str, title: &str, stamp: &str) -> String {
    let string = |text: &str| format!("<gco:CharacterString>{text}</gco:CharacterString>");
    let code = |list: &str, value: &str| {
        format!("<gmd:{list} codeList=\"http://example.org#{list}\" codeListValue=\"{value}\"/>")
    };
    format!(
        "<gmd:MD_Metadata xmlns:gmd=\"http://www.isotc211.org/2005/gmd\" xmlns:gco=\"http://www.isotc211.org/2005/gco\" \
         xmlns:gmx=\"http://www.isotc211.org/2005/gmx\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">\
         <!-- a remark --><gmd:fileIdentifier>{}</gmd:fileIdentifier><gmd:language>{}</gmd:language>\
         <gmd:hierarchyLevel>{}</gmd:hierarchyLevel>\
         <gmd:contact><gmd:CI_ResponsibleParty><gmd:organisationName>{}</gmd:organisationName><gmd:role>{}</gmd:role>\
         </gmd:CI_ResponsibleParty></gmd:contact><gmd:dateStamp><gco:Date>{stamp}</gco:Date></gmd:dateStamp>\
         <gmd:referenceSystemInfo><gmd:MD_ReferenceSystem><gmd:referenceSystemIdentifier><gmd:RS_Identifier><gmd:code>{}</gmd:code>\
         </gmd:RS_Identifier></gmd:referenceSystemIdentifier></gmd:MD_ReferenceSystem></gmd:referenceSystemInfo>\
         <gmd:identificationInfo><gmd:MD_DataIdentification><gmd:citation><gmd:CI_Citation>\
         <gmd:title><gmx:Anchor xlink:href=\"http://example.org/t?a=1&amp;b=2\">{title}</gmx:Anchor></gmd:title>\
         <gmd:date><gmd:CI_Date><gmd:date><gco:Date>2019-05-02</gco:Date></gmd:date><gmd:dateType>{}</gmd:dateType></gmd:CI_Date></gmd:date>\
         </gmd:CI_Citation></gmd:citation><gmd:abstract>{}</gmd:abstract>\
         <gmd:descriptiveKeywords><gmd:MD_Keywords><gmd:keyword>{}</gmd:keyword></gmd:MD_Keywords></gmd:descriptiveKeywords>\
         <gmd:language>{}</gmd:language><gmd:topicCategory><gmd:MD_TopicCategoryCode>inlandWaters</gmd:MD_TopicCategoryCode></gmd:topicCategory>\
         <gmd:extent><gmd:EX_Extent><gmd:geographicElement><gmd:EX_GeographicBoundingBox>\
         <gmd:westBoundLongitude><gco:Decimal>4.5</gco:Decimal></gmd:westBoundLongitude><gmd:eastBoundLongitude><gco:Decimal>6.5</gco:Decimal></gmd:eastBoundLongitude>\
         <gmd:southBoundLatitude><gco:Decimal>43.5</gco:Decimal></gmd:southBoundLatitude><gmd:northBoundLatitude><gco:Decimal>44.5</gco:Decimal></gmd:northBoundLatitude>\
         </gmd:EX_GeographicBoundingBox></gmd:geographicElement></gmd:EX_Extent></gmd:extent>\
         </gmd:MD_DataIdentification></gmd:identificationInfo>\
         <gmd:dataQualityInfo><gmd:DQ_DataQuality><gmd:scope><gmd:DQ_Scope><gmd:level>{}</gmd:level></gmd:DQ_Scope></gmd:scope>\
         <gmd:lineage><gmd:LI_Lineage><gmd:statement>{}</gmd:statement></gmd:LI_Lineage></gmd:lineage></gmd:DQ_DataQuality></gmd:dataQualityInfo>\
         </gmd:MD_Metadata>",
        string(identifier),
        string("fre"),
        code("MD_ScopeCode", "dataset"),
        string("Syndicat du Verdon"),
        code("CI_RoleCode", "owner"),
        string("EPSG:2154"),
        code("CI_DateTypeCode", "publication"),
        string("Cours d'eau relevés à pied."),
        string("Rivières"),
        string("fre"),
        code("MD_ScopeCode", "dataset"),
        string("Relevé de terrain."),
    )
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

fn import(database: &TestDatabase, files: &[&Path], organisation: &str) -> (i32, serde_json::Value) {
    let mut arguments = vec!["records", "import", "--json", "--organisation", organisation];
    arguments.extend(files.iter().map(|f| f.to_str().expect("UTF-8")));
    let ran = datasud(database, &arguments);
    (ran.code, ran.json())
}

fn by_id(base: &str, id: &str, set: &str, schema: &str) -> String {
    let url = format!(
        "{base}/csw?service=CSW&version=2.0.2&request=GetRecordById&id={id}&elementSetName={set}&outputSchema={schema}"
    );
    let answer = get(&url);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

const GMD: &str = "http://www.isotc211.org/2005/gmd";
const CSW: &str = "http://www.opengis.net/cat/csw/2.0.2";
const FORMS: [(&str, &str); 3] = [
    (CSW, DISCOVERY),
    (GMD, ISO),
    ("http://www.isotc211.org/2005/gmx", "http://schemas.opengis.net/iso/19139/20070417/gmx/gmx.xsd"),
];

fn matched(base: &str, constraint: &str) -> usize {
    let body = format!(
        "<csw:GetRecords xmlns:csw=\"{CSW}\" xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:dct=\"http://purl.org/dc/terms/\" xmlns:ows=\"http://www.opengis.net/ows\" xmlns:gml=\"http://www.opengis.net/gml\" \
         service=\"CSW\" version=\"2.0.2\" resultType=\"results\"><csw:Query typeNames=\"csw:Record\">\
         <csw:Constraint version=\"1.1.0\"><ogc:Filter>{constraint}</ogc:Filter></csw:Constraint></csw:Query></csw:GetRecords>"
    );
    let answer = support::post(&format!("{base}/csw"), "application/xml", body);
    let text = answer.text();
    assert_eq!(answer.status, 200, "{text}");
    let count = text.split("numberOfRecordsMatched=\"").nth(1).and_then(|t| t.split('"').next());
    count.expect("a count").parse().expect("a number")
}

#[tokio::test]
async fn a_dublin_core_record_is_served_with_every_element_that_it_came_with() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let file =
        write(folder.path(), "a.xml", dublin_core("urn:uuid:94bc9c83-97f6-4b40-9eb8-a8e8787a5c00", FOREST));
    let (code, answer) = import(&database, &[&file], "onf");
    assert_eq!((code, &answer["status"]), (0, &json!("imported")), "{answer}");
    assert_eq!(
        answer["records"],
        json!([{"identifier": "urn:uuid:94bc9c83-97f6-4b40-9eb8-a8e8787a5c00", "title": "Forêts & garrigues", "status": "added"}])
    );
    let server = server(&database);
    let id = "urn:uuid:94bc9c83-97f6-4b40-9eb8-a8e8787a5c00";
    let full = by_id(&server.base, id, "full", CSW);
    for part in [
        "<dc:subject scheme=\"http://example.org/themes\">Végétation</dc:subject>",
        "<dc:subject>Bois</dc:subject>",
        "<dct:hasVersion>3</dct:hasVersion>",
        "<dc:title>Forêts &amp; garrigues</dc:title>",
        "<ows:LowerCorner>43.1 4.2</ows:LowerCorner>",
    ] {
        assert!(full.contains(part), "{part} in {full}");
    }
    for set in ["full", "summary", "brief"] {
        schemas::validate(by_id(&server.base, id, set, CSW).as_bytes(), DISCOVERY);
        let iso = by_id(&server.base, id, set, GMD);
        schemas::validate_mixed(iso.as_bytes(), &FORMS);
        assert!(iso.contains(id) && iso.contains("43.100000"), "{iso}");
    }
    assert!(!by_id(&server.base, id, "brief", CSW).contains("abstract"));

    let text = |name: &str, value: &str| {
        format!(
            "<ogc:PropertyIsEqualTo><ogc:PropertyName>{name}</ogc:PropertyName><ogc:Literal>{value}</ogc:Literal></ogc:PropertyIsEqualTo>"
        )
    };
    assert_eq!(matched(&server.base, &text("dc:subject", "Bois")), 1);
    assert_eq!(matched(&server.base, &text("dct:spatial", "FR-PAC")), 1);
    assert_eq!(matched(&server.base, &text("dct:spatial", "FR")), 0);
    assert_eq!(matched(&server.base, &text("dc:date", "2006-03-26")), 1);
    let inside = |west: f64| {
        format!(
            "<ogc:BBOX><ogc:PropertyName>ows:BoundingBox</ogc:PropertyName><gml:Envelope srsName=\"urn:ogc:def:crs:EPSG::4326\">\
             <gml:lowerCorner>43.2 {west}</gml:lowerCorner><gml:upperCorner>43.3 {}</gml:upperCorner></gml:Envelope></ogc:BBOX>",
            west + 0.1
        )
    };
    assert_eq!(matched(&server.base, &inside(5.0)), 1, "latitude comes first in the record's own box");
    assert_eq!(matched(&server.base, &inside(9.0)), 0);
}

#[tokio::test]
async fn an_iso_record_is_served_as_it_came_and_understood_for_searches() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let file = write(folder.path(), "b.xml", iso("verdon-1", "Rivières du Verdon", "2020-02-03"));
    assert_eq!(import(&database, &[&file], "verdon").0, 0);
    let server = server(&database);
    let full = by_id(&server.base, "verdon-1", "full", GMD);
    assert!(full.contains("xlink:href=\"http://example.org/t?a=1&amp;b=2\""), "{full}");
    assert!(full.contains("<gco:CharacterString>Relevé de terrain.</gco:CharacterString>"), "{full}");
    for set in ["full", "summary", "brief"] {
        let answer = by_id(&server.base, "verdon-1", set, GMD);
        schemas::validate_mixed(answer.as_bytes(), &FORMS);
        schemas::validate(by_id(&server.base, "verdon-1", set, CSW).as_bytes(), DISCOVERY);
    }
    assert!(!by_id(&server.base, "verdon-1", "brief", GMD).contains("dataQualityInfo"));
    let dublin_core = by_id(&server.base, "verdon-1", "full", CSW);
    for part in [
        "<dc:title>Rivières du Verdon</dc:title>",
        "<dc:subject>Rivières</dc:subject>",
        "<dct:modified>2020-02-03T00:00:00Z</dct:modified>",
        "<dct:issued>2019-05-02</dct:issued>",
        "<dc:publisher>Syndicat du Verdon</dc:publisher>",
        "<dct:provenance>Relevé de terrain.</dct:provenance>",
        "<ows:LowerCorner>43.5 4.5</ows:LowerCorner>",
    ] {
        assert!(dublin_core.contains(part), "{part} in {dublin_core}");
    }
    let equals = |name: &str, value: &str| {
        format!(
            "<ogc:PropertyIsEqualTo><ogc:PropertyName>{name}</ogc:PropertyName><ogc:Literal>{value}</ogc:Literal></ogc:PropertyIsEqualTo>"
        )
    };
    for (name, value) in [
        ("apiso:TopicCategory", "inlandWaters"),
        ("apiso:OrganisationName", "Syndicat du Verdon"),
        ("apiso:CRS", "EPSG:2154"),
        ("apiso:PublicationDate", "2019-05-02"),
        ("apiso:Modified", "2020-02-03T00:00:00Z"),
        ("apiso:Type", "dataset"),
    ] {
        assert_eq!(matched(&server.base, &equals(name, value)), 1, "{name}");
        assert_eq!(matched(&server.base, &equals(name, "2001-01-01")), 0, "{name}");
    }
}

#[tokio::test]
async fn importing_again_replaces_what_differs_and_stamps_only_grow() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let status = |answer: &serde_json::Value| answer["records"][0]["status"].clone();
    let file = write(folder.path(), "a.xml", iso("r1", "Un", "2020-02-03"));
    assert_eq!(status(&import(&database, &[&file], "o").1), json!("added"));
    assert_eq!(status(&import(&database, &[&file], "o").1), json!("unchanged"));
    let server = server(&database);
    let modified = || {
        let text = by_id(&server.base, "r1", "full", GMD);
        assert_eq!(text.matches("MD_Metadata ").count(), 1);
        matched(
            &server.base,
            "<ogc:PropertyIsGreaterThan><ogc:PropertyName>dct:modified</ogc:PropertyName><ogc:Literal>2021-01-01</ogc:Literal></ogc:PropertyIsGreaterThan>",
        )
    };
    assert_eq!(modified(), 0, "the record's own stamp counts");
    // Other content under the same stamp: harvesters would miss it.
    write(folder.path(), "a.xml", iso("r1", "Deux", "2020-02-03"));
    assert_eq!(status(&import(&database, &[&file], "o").1), json!("replaced"));
    support::until("the running server shows it", || by_id(&server.base, "r1", "full", GMD).contains("Deux"));
    assert_eq!(modified(), 1);
    // The order of pages is that of the first appearance.
    let listed = datasud(&database, &["records", "list", "--json"]).json();
    assert_eq!(listed, json!([{"identifier": "r1", "title": "Deux", "organisation": "o"}]));
}

#[tokio::test]
async fn a_running_server_shows_and_forgets_records_of_an_organisation_that_has_nothing_else() {
    let database = support::database().await;
    let server = server(&database);
    let scoped = format!(
        "{}/org/dreal/csw?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results",
        server.base
    );
    assert_eq!(get(&scoped).status, 404);
    let folder = tempfile::tempdir().expect("folder");
    let file = write(folder.path(), "a.xml", dublin_core("a", FOREST));
    let other = write(folder.path(), "b.xml", dublin_core("b", FOREST));
    assert_eq!(import(&database, &[&file], "dreal").0, 0);
    assert_eq!(import(&database, &[&other], "autre").0, 0);
    support::until("the organisation has a catalogue", || get(&scoped).status == 200);
    let count = |url: &str| get(url).text().matches("<dc:identifier>").count();
    assert_eq!(count(&scoped), 1);
    let all = scoped.replace("/org/dreal", "");
    support::until("both are in the whole catalogue", || count(&all) == 2);

    let removed = datasud(&database, &["records", "remove", "a"]);
    assert_eq!(removed.code, 0, "{}", removed.stderr);
    support::until("it is gone", || count(&all) == 1 && get(&scoped).status == 404);
    let again = datasud(&database, &["records", "remove", "b", "a"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("'a'"), "{}", again.stderr);
    assert_eq!(count(&all), 1, "removed are all that are named, or none");
}

#[tokio::test]
async fn one_bad_file_refuses_the_whole_call_with_its_name_and_reason() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let good = write(folder.path(), "good.xml", dublin_core("good", FOREST));
    let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><r>&b;</r>";
    let deep = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
    let cases: [(&str, Vec<u8>, &str); 11] = [
        (
            "broken.ttl",
            b"@prefix dcat: <http://www.w3.org/ns/dcat#> . <http://h/a> a".to_vec(),
            "record-not-rdf",
        ),
        (
            "elsewhere.jsonld",
            b"{\"@context\": \"http://127.0.0.1:1/c\", \"@type\": \"Dataset\"}".to_vec(),
            "record-not-rdf",
        ),
        ("large.xml", format!("<r>{}</r>", " ".repeat(50 << 20)).into_bytes(), "record-too-large"),
        ("page.xml", b"<html><body/></html>".to_vec(), "record-missing"),
        ("cut.xml", dublin_core("x", FOREST).into_bytes()[..200].to_vec(), "record-not-xml"),
        ("bomb.xml", bomb.into(), "record-not-xml"),
        ("deep.xml", deep.into(), "record-too-large"),
        ("bytes.xml", vec![0xff, 0x00, 0x12, 0x80], "record-"),
        ("nameless.xml", dublin_core("  ", FOREST).into(), "record-without-identifier"),
        ("box.xml", dublin_core("y", &FOREST.replace("43.1 4.2", "43.1 quatre")).into(), "record-value"),
        ("twice.xml", dublin_core("good", FOREST).into(), "record-twice"),
    ];
    for (name, bytes, wanted) in cases {
        let bad = write(folder.path(), name, bytes);
        let (code, answer) = import(&database, &[&good, &bad], "o");
        assert_eq!((code, &answer["status"]), (1, &json!("refused")), "{name}: {answer}");
        let finding = &answer["report"][0];
        assert!(finding["code"].as_str().expect("code").starts_with(wanted), "{name}: {answer}");
        assert!(finding["message"].as_str().expect("text").contains(name), "{name}: {answer}");
        assert_eq!(finding["level"], "error");
        assert_eq!(datasud(&database, &["records", "list", "--json"]).json(), json!([]), "{name}");
    }
    let missing = datasud(&database, &["records", "import", "/nowhere/at-all.xml"]);
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("at-all.xml"), "{}", missing.stderr);
    assert_eq!(datasud(&database, &["records", "import"]).code, 2);
    assert_eq!(datasud(&database, &["records"]).code, 2);
}

#[tokio::test]
async fn an_identifier_of_a_dataset_or_of_others_is_not_taken_over() {
    let database = support::database().await;
    let published = datasud(
        &database,
        &[
            "ingest",
            fixture("equipements.geojson").to_str().expect("UTF-8"),
            "--organisation",
            "crige",
            "--json",
        ],
    );
    let record = published.json()["dataset"]["record"].as_str().expect("uuid").to_owned();
    let folder = tempfile::tempdir().expect("folder");
    let of_dataset = write(folder.path(), "a.xml", dublin_core(&record, FOREST));
    let (code, answer) = import(&database, &[&of_dataset], "crige");
    assert_eq!((code, &answer["report"][0]["code"]), (1, &json!("record-taken")), "{answer}");
    let mine = write(folder.path(), "b.xml", dublin_core("b", FOREST));
    assert_eq!(import(&database, &[&mine], "un").0, 0);
    assert_eq!(import(&database, &[&mine], "deux").1["report"][0]["code"], "record-taken");
    // The same uuid in another spelling is another identifier; both records stand side by side.
    let urn = write(folder.path(), "c.xml", dublin_core(&format!("urn:uuid:{record}"), FOREST));
    assert_eq!(import(&database, &[&urn], "crige").0, 0);
    let server = server(&database);
    assert!(by_id(&server.base, &record, "brief", CSW).contains("quipement"));
    assert!(by_id(&server.base, &format!("urn:uuid:{record}"), "brief", CSW).contains("garrigues"));
    assert_eq!(
        datasud(&database, &["records", "remove", &record]).code,
        1,
        "a dataset's record goes with it"
    );
}

#[tokio::test]
async fn answers_of_other_catalogues_are_imported_record_by_record() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let strip = |text: String| text.split_once("?>\n").map_or(text.clone(), |(_, rest)| rest.to_owned());
    let answer = format!(
        "<csw:GetRecordsResponse xmlns:csw=\"{CSW}\"><csw:SearchResults>{}{}{}</csw:SearchResults></csw:GetRecordsResponse>",
        strip(dublin_core("d1", FOREST)),
        iso("i1", "Un", "2020-01-01"),
        iso("i2", "Deux", "2020-01-01")
    );
    let oai = "<OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\"><ListRecords><record><metadata>\
        <oai_dc:dc xmlns:oai_dc=\"http://www.openarchives.org/OAI/2.0/oai_dc/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
        <dc:title>Carte</dc:title><dc:identifier>oai:1</dc:identifier></oai_dc:dc></metadata></record></ListRecords></OAI-PMH>";
    write(folder.path(), "1.xml", answer);
    write(folder.path(), "2.XML", oai);
    write(folder.path(), "notes.txt", "not looked at");
    let (code, answer) = import(&database, &[folder.path()], "o");
    assert_eq!(code, 0, "{answer}");
    let ids: Vec<_> = answer["records"].as_array().expect("list").iter().map(|r| &r["identifier"]).collect();
    assert_eq!(ids, ["d1", "i1", "i2", "oai:1"]);
}

#[tokio::test]
async fn imported_records_outlive_a_change_of_the_public_address() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let file = write(folder.path(), "a.xml", dublin_core("a", FOREST));
    assert_eq!(import(&database, &[&file], "o").0, 0);
    let context = |url: &str| RecordContext {
        public_url: url.to_owned(),
        title: "Région".to_owned(),
        contact_email: None,
    };
    ensure_current(&database.store, &context("https://un.example")).await.expect("first");
    // As if the writers had been other ones.
    let mut session = database.store.job().await.expect("session");
    session
        .execute("update datasud.record set dc_full = 'old', iso_brief = 'old', writers = 1", &[])
        .await
        .expect("spoiled");
    drop(session);
    ensure_current(&database.store, &context("https://deux.example")).await.expect("second");
    let server = server(&database);
    assert!(by_id(&server.base, "a", "full", CSW).contains("<dct:hasVersion>3</dct:hasVersion>"));
    schemas::validate_mixed(by_id(&server.base, "a", "brief", GMD).as_bytes(), &FORMS);
}

/// A town's catalogue in Turtle: what only some readers know, and a licence at the file.
const TOWN: &str = r#"
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix ex: <https://ville.example/ns#> .
<https://ville.example/d/arbres> a dcat:Dataset ; dct:identifier "arbres" ; dct:title "Platanes remarquables"@fr ;
  dct:description "Les arbres de la ville."@fr ; dcat:keyword "patrimoine arboré"@fr ; ex:secret "gardé" ;
  dct:modified "2024-01-02"^^xsd:date ; dct:publisher [ a foaf:Organization ; foaf:name "Ville d'Aix" ] ;
  dcat:distribution [ a dcat:Distribution ; dct:title "Fichier" ; dcat:downloadURL <https://ville.example/d/arbres.csv> ; dct:format "CSV" ;
    dct:license <https://www.etalab.gouv.fr/licence-ouverte-open-licence> ] .
<https://ville.example/d/bancs> a dcat:Dataset ; dct:title "Bancs"@fr ; dct:description "Bancs publics."@fr .
"#;

#[tokio::test]
async fn datasets_of_dcat_are_imported_and_served_by_every_protocol_and_as_dcat_as_they_came() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let file = write(folder.path(), "catalogue.ttl", TOWN);
    let (code, answer) = import(&database, &[&file], "ville");
    assert_eq!(code, 0, "{answer}");
    let ids: Vec<_> = answer["records"].as_array().expect("list").iter().map(|r| &r["identifier"]).collect();
    assert_eq!(ids, ["arbres", "https://ville.example/d/bancs"]);
    let (_, again) = import(&database, &[&file], "ville");
    assert!(again["records"].as_array().expect("list").iter().all(|r| r["status"] == "unchanged"), "{again}");
    let server = server(&database);
    for schema in [CSW, GMD] {
        let text = by_id(&server.base, "arbres", "full", schema);
        assert!(text.contains("Platanes remarquables") && text.contains("arbres.csv"), "{text}");
        match schema {
            CSW => schemas::validate(text.as_bytes(), DISCOVERY),
            _ => schemas::validate_mixed(text.as_bytes(), &FORMS),
        }
    }
    let words = "<ogc:PropertyIsLike wildCard=\"*\" singleChar=\"_\" escapeChar=\"\\\"><ogc:PropertyName>AnyText</ogc:PropertyName>\
                 <ogc:Literal>*platane*</ogc:Literal></ogc:PropertyIsLike>";
    assert_eq!(matched(&server.base, words), 1);
    let graph = get(&format!("{}/org/ville/dcat.nt", server.base)).text();
    for line in [
        "<https://ville.example/d/arbres> <https://ville.example/ns#secret> \"gardé\" .",
        "<https://ville.example/d/bancs> <http://purl.org/dc/terms/title> \"Bancs\"@fr .",
    ] {
        assert_eq!(graph.matches(line).count(), 1, "{line}\n{graph}");
    }
    let linked = format!(
        "{}/org/ville/dcat> <http://www.w3.org/ns/dcat#dataset> <https://ville.example/d/arbres> .",
        server.base
    );
    assert!(graph.contains(&linked), "{graph}");
    // What was changed at its source replaces the record here.
    let changed = write(folder.path(), "catalogue.ttl", TOWN.replace("remarquables", "de la Rotonde"));
    let (_, answer) = import(&database, &[&changed], "ville");
    assert_eq!(answer["records"][0]["status"], "replaced", "{answer}");
    let page = get(&format!("{}/records/collections/catalogue/items/arbres", server.base)).text();
    assert!(page.contains("Platanes de la Rotonde"), "{page}");
}

#[tokio::test]
async fn a_zip_of_records_in_several_schemas_is_imported_whole_or_not_at_all() {
    use std::io::Write;
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let zip = |name: &str, entries: &[(&str, Vec<u8>)]| {
        let path = folder.path().join(name);
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).expect("created"));
        for (name, bytes) in entries {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("begun");
            zip.write_all(bytes).expect("written");
        }
        zip.finish().expect("finished");
        path
    };
    // Written as UTF-8 would be, then in the encoding that it declares.
    let latin = dublin_core("latin", "<dc:title>@t@</dc:title>").replace("\"UTF-8\"", "\"ISO-8859-1\"");
    let latin: Vec<u8> = latin.bytes().map(|byte| if byte == b'@' { 0xe9 } else { byte }).collect();
    let good = [
        ("fiches/a.xml", dublin_core("a", FOREST).into_bytes()),
        ("fiches/latin.xml", latin),
        ("fiches/ville.ttl", TOWN.into()),
        ("lisez-moi.txt", b"pas une fiche".to_vec()),
        ("__MACOSX/fiches/a.xml", b"\0\0".to_vec()),
    ];
    let (code, answer) = import(&database, &[&zip("fiches.zip", &good)], "o");
    assert_eq!(code, 0, "{answer}");
    let titles: Vec<_> =
        answer["records"].as_array().expect("list").iter().map(|r| r["title"].as_str()).collect();
    assert_eq!(titles, ["Forêts & garrigues", "été", "Platanes remarquables", "Bancs"].map(Some));

    let large = format!("<r>{}</r>", " ".repeat(50 << 20));
    let bad = [("b.xml", dublin_core("b", FOREST).into_bytes()), ("c.xml", large.into_bytes())];
    let (code, answer) = import(&database, &[&zip("large.zip", &bad)], "o");
    assert_eq!((code, &answer["report"][0]["code"]), (1, &json!("record-too-large")), "{answer}");
    let (code, answer) = import(&database, &[&zip("none.zip", &[("a.txt", b"a".to_vec())])], "o");
    assert_eq!((code, &answer["report"][0]["code"]), (1, &json!("no-data")), "{answer}");
    let cut = std::fs::read(folder.path().join("fiches.zip")).expect("bytes");
    let cut = write(folder.path(), "cut.zip", &cut[..cut.len() / 2]);
    let (code, answer) = import(&database, &[&cut], "o");
    assert_eq!((code, &answer["report"][0]["code"]), (1, &json!("archive-damaged")), "{answer}");
    let listed = datasud(&database, &["records", "list", "--json"]).json();
    assert_eq!(listed.as_array().expect("list").len(), 4, "{listed}");
}

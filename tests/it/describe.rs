//! What people say of a dataset, the records of services, and records that are held back: by the command line,
//! as a running server shows them.

use crate::schemas;
use crate::support::region::{self, datasud, fixture};
use crate::support::{self, TestDatabase, get, server};
use serde_json::json;

const GMD: &str = "http://www.isotc211.org/2005/gmd";
const MDB: &str = "http://standards.iso.org/iso/19115/-3/mdb/2.0";
const FORMS: [(&str, &str); 3] = [
    ("http://www.opengis.net/cat/csw/2.0.2", DISCOVERY),
    (GMD, "http://schemas.opengis.net/iso/19139/20070417/gmd/gmd.xsd"),
    ("http://www.isotc211.org/2005/gmx", "http://schemas.opengis.net/iso/19139/20070417/gmx/gmx.xsd"),
];
const DISCOVERY: &str = "http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd";

/// Publishes the fixtures' communes; answers the identifier of their record.
async fn communes(database: &TestDatabase) -> String {
    let published = region::ingest(database, "communes", &[fixture("communes.zip")], |request| {
        request.organisation = Some("Région Sud".into());
        request.title = Some("Communes".into());
        request.licence = Some("etalab-2.0".into());
    })
    .await
    .expect("published");
    published.dataset.record.to_string()
}

fn by_id(base: &str, id: &str, schema: &str) -> String {
    let url = format!(
        "{base}/csw?service=CSW&version=2.0.2&request=GetRecordById&id={id}&elementSetName=full&outputSchema={schema}"
    );
    let answer = get(&url);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

fn records(base: &str, query: &str) -> String {
    get(&format!(
        "{base}?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&elementSetName=full&maxRecords=100{query}"
    ))
    .text()
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split(before).nth(1).unwrap_or_else(|| panic!("{before} is not in {text}"));
    rest.split(after).next().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_description_is_in_every_form_of_the_record_at_once_and_the_record_stays_valid() {
    let database = support::database().await;
    let id = communes(&database).await;
    let server = server(&database);
    let before = by_id(&server.base, &id, GMD);
    let stamp = |text: &str| between(text, "<gmd:dateStamp><gco:DateTime>", "<").to_owned();
    #[rustfmt::skip]
    let ran = datasud(&database, &[
        "describe", "communes", "--json",
        "--abstract", "Limites des communes & <hameaux>.",
        "--keyword", "limites", "--keyword", "territoire",
        "--inspire-theme", "unites administratives", "--hvd", "Géospatiales", "--topic", "Boundaries",
        "--spatial-scope", "régional", "--frequency", "Tous les trois ans",
        "--contact", "role=propriétaire, organisation=Région Sud, DSI, email=sig@sud.example, phone=+33 4",
        "--temporal", "2019-01-01/..", "--place", "Provence-Alpes-Côte d'Azur",
        "--lineage", "Relevé de terrain.", "--legal-basis", "Loi NOTRe https://example.org/notre",
        "--scale", "5000", "--resolution", "2.5", "--created", "2018-06",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let shown = ran.json();
    assert_eq!(shown["description"]["inspire-themes"], json!(["au"]));
    assert_eq!(shown["description"]["frequency"], json!("triennially"));
    assert_eq!(shown["record"], json!(id));
    support::until("the running server shows it", || by_id(&server.base, &id, GMD).contains("hameaux"));

    let iso = by_id(&server.base, &id, GMD);
    schemas::validate_mixed(iso.as_bytes(), &FORMS);
    assert!(stamp(&iso) > stamp(&before), "{} is not after {}", stamp(&iso), stamp(&before));
    for part in [
        "<gco:CharacterString>Unités administratives</gco:CharacterString>",
        "GEMET - INSPIRE themes, version 1.0",
        "xlink:href=\"http://inspire.ec.europa.eu/metadata-codelist/SpatialScope/regional\"",
        "xlink:href=\"http://data.europa.eu/eli/reg_impl/2023/138/oj\"",
        "xlink:href=\"http://data.europa.eu/bna/c_ac64a52d\"",
        "<gco:CharacterString>hvd</gco:CharacterString>",
        "<gco:CharacterString>Géospatiales</gco:CharacterString>",
        "codeListValue=\"TRIENNIAL\"",
        "<gts:TM_PeriodDuration xmlns:gts=\"http://www.isotc211.org/2005/gts\">P3Y<",
        "<gml:beginPosition>2019-01-01<",
        "<gml:endPosition indeterminatePosition=\"now\"/>",
        "<gco:Integer>5000<",
        "<gco:Distance uom=\"m\">2.5<",
        "<gco:Date>2018-06<",
        "Région Sud, DSI",
        "xlink:href=\"https://example.org/notre\"",
        "Relevé de terrain.\n",
        "xlink:href=\"http://www.opengis.net/def/serviceType/ogc/wms\"",
        "SpatialDataServiceType/download",
    ] {
        assert!(iso.contains(part), "{part} is not in {iso}");
    }
    let dublin_core = by_id(&server.base, &id, "http://www.opengis.net/cat/csw/2.0.2");
    schemas::validate(dublin_core.as_bytes(), DISCOVERY);
    for part in
        ["<dct:temporal>2019-01-01/..<", "<dct:spatial>Provence-Alpes-Côte d", "<dct:created>2018-06<"]
    {
        assert!(dublin_core.contains(part), "{part} is not in {dublin_core}");
    }
    let iso3 = by_id(&server.base, &id, MDB);
    let document = roxmltree::Document::parse(&iso3).expect("XML");
    assert!(
        document.root_element().first_element_child().expect("a record").has_tag_name((MDB, "MD_Metadata"))
    );
    assert!(iso3.contains("<gml:beginPosition>2019-01-01<") && iso3.contains("TRIENNIAL"), "{iso3}");
    // The same again changes nothing.
    let again = datasud(&database, &["describe", "communes", "--frequency", "triennially"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(stamp(&by_id(&server.base, &id, GMD)), stamp(&iso));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_values_are_refused_with_proposals_and_nothing_changes() {
    let database = support::database().await;
    communes(&database).await;
    let before = datasud(&database, &["describe", "communes", "--json"]).json();
    let folder = tempfile::tempdir().expect("folder");
    let unknown = folder.path().join("form.toml");
    std::fs::write(&unknown, "frequence = 'annuelle'\n").expect("written");
    let not_text = folder.path().join("form.json");
    std::fs::write(&not_text, b"{\"abstract\": \"\xe9t\xe9\"}").expect("written");
    let (unknown, not_text) = (unknown.to_str().expect("UTF-8"), not_text.to_str().expect("UTF-8"));
    for (arguments, said) in [
        (vec!["--abstract", "Bon", "--frequency", "anuelle"], "annually"),
        (vec!["--inspire-theme", "unité administrative"], "(au)"),
        (vec!["--hvd", "rien de tel"], "hvd-categories"),
        (vec!["--temporal", "2024/2019"], "2024/2019"),
        (vec!["--contact", "email=nowhere"], "nowhere"),
        (vec!["--scale", "0"], "1:5000"),
        (vec!["--file", unknown], "frequence"),
        (vec!["--file", not_text], "form.json"),
        (vec!["--file", "/nowhere/form.json"], "form.json"),
    ] {
        let all: Vec<&str> = ["describe", "communes"].into_iter().chain(arguments.clone()).collect();
        let ran = datasud(&database, &all);
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
        assert_eq!(datasud(&database, &["describe", "communes", "--json"]).json(), before);
    }
    for bad in [
        vec!["describe", "communes", "--scale", "x"],
        vec!["describe"],
        vec!["describe", "communes", "--contact", "mail=a"],
    ] {
        assert_eq!(datasud(&database, &bad).code, 2, "{bad:?}");
    }
    let nobody = datasud(&database, &["describe", "rien", "--abstract", "x"]);
    assert_eq!(nobody.code, 1);
    assert!(nobody.stderr.contains("'rien'"), "{}", nobody.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_may_come_with_their_description() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let form = folder.path().join("about.toml");
    let text = "title = 'Not this one'\nabstract = 'Limites.'\nfrequency = 'annuelle'\n[[contacts]]\nemail = 'a@sud.example'\n";
    std::fs::write(&form, text).expect("written");
    let file = fixture("communes.zip");
    let arguments = [
        "ingest",
        file.to_str().expect("UTF-8"),
        "--dataset",
        "communes",
        "--title",
        "Communes",
        "--json",
        "--description",
        form.to_str().expect("UTF-8"),
    ];
    let ran = datasud(&database, &arguments);
    assert_eq!(ran.code, 0, "{} {}", ran.stdout, ran.stderr);
    assert_eq!(ran.json()["dataset"]["title"], json!("Communes"));
    let shown = datasud(&database, &["describe", "communes", "--json"]).json();
    assert_eq!(shown["description"]["abstract"], json!("Limites."));
    assert_eq!(shown["description"]["frequency"], json!("annually"));
    // The organisation of the dataset is the contact's.
    let xml = region::scalar(
        &database,
        "select convert_from(iso_full, 'UTF8') from datasud.record where dataset_id is not null",
    )
    .await;
    assert!(xml.contains("a@sud.example"), "{xml}");
    // New data keep the description; a bad one refuses the data.
    let again = ["ingest", arguments[1], "--dataset", "communes", "--replace", "--title", "Communes 2"];
    assert_eq!(datasud(&database, &again).code, 0);
    assert_eq!(
        datasud(&database, &["describe", "communes", "--json"]).json()["description"]["frequency"],
        json!("annually")
    );
    std::fs::write(&form, "frequency = 'parfois'\n").expect("written");
    let refused = ["ingest", arguments[1], "--dataset", "autres", "--json", "--description", arguments[8]];
    let refused = datasud(&database, &refused);
    assert_eq!(
        (refused.code, refused.json()["report"][0]["code"].clone()),
        (1, json!("description-invalid"))
    );
    assert_eq!(
        region::scalar(&database, "select count(*) from datasud.dataset where slug = 'autres'").await,
        "0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_s_services_have_records_that_lead_to_its_data() {
    let database = support::database().await;
    let id = communes(&database).await;
    let server = server(&database);
    let catalogue = format!("{}/org/region-sud/csw", server.base);
    let all = get(&format!(
        "{catalogue}?service=CSW&version=2.0.2&request=GetRecords&typeNames=gmd:MD_Metadata&resultType=results&elementSetName=full&outputSchema={GMD}&maxRecords=10"
    ));
    let text = all.text();
    assert_eq!(text.matches("<srv:SV_ServiceIdentification>").count(), 3, "{text}");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let service =
        document.descendants().find(|n| n.tag_name().name() == "SV_ServiceIdentification").expect("one");
    let mut order: Vec<&str> =
        service.children().filter(|n| n.is_element()).map(|n| n.tag_name().name()).collect();
    order.dedup();
    // The order of ISO 19119's schema.
    assert_eq!(
        order,
        [
            "citation",
            "abstract",
            "pointOfContact",
            "descriptiveKeywords",
            "resourceConstraints",
            "serviceType",
            "serviceTypeVersion",
            "extent",
            "couplingType",
            "containsOperations",
        ],
        "the catalogue works on no data"
    );
    let view = document
        .descendants()
        .find(|n| n.tag_name().name() == "operatesOn")
        .and_then(|n| n.parent())
        .expect("one");
    let last: Vec<&str> = view
        .children()
        .filter(|n| n.is_element())
        .map(|n| n.tag_name().name())
        .skip_while(|n| *n != "extent")
        .collect();
    assert_eq!(last.first().copied(), Some("extent"));
    assert_eq!(last.get(1..3), Some(&["coupledResource", "couplingType"][..]));
    assert_eq!(last.last().copied(), Some("operatesOn"));
    for (kind, category) in [
        ("view", "infoMapAccessService"),
        ("download", "infoFeatureAccessService"),
        ("discovery", "infoCatalogueService"),
    ] {
        assert!(text.contains(&format!("<gco:LocalName>{kind}</gco:LocalName>")), "{kind}");
        assert!(text.contains(category), "{category}");
    }
    // By the uuid, and by an address that answers with the record.
    let operates = between(&text, "<srv:operatesOn ", "/>");
    assert!(operates.contains(&format!("uuidref=\"{id}\"")), "{operates}");
    let href = between(operates, "xlink:href=\"", "\"").replace("&amp;", "&");
    // The server's public address is not the one that it listens at here.
    let here = |url: &str| url.replace(&support::config().public_url(), &server.base);
    let record = get(&here(&href)).text();
    assert!(record.contains(&format!("<gmd:fileIdentifier><gco:CharacterString>{id}<")), "{record}");
    // The address of the service answers, too.
    let capabilities = between(&text, "<gmd:URL>", "<").replace("&amp;", "&");
    assert_eq!(get(&here(&capabilities)).status, 200, "{capabilities}");

    // Identifiers stay; the list of data grows; with the last dataset they go.
    let identifiers = async || {
        region::scalar(&database, "select string_agg(uuid::text, ' ' order by service) from datasud.record where service is not null").await
    };
    let first = identifiers().await;
    region::ingest(&database, "routes", &[fixture("routes.geojson")], |request| {
        request.organisation = Some("Région Sud".into());
    })
    .await
    .expect("published");
    assert_eq!(identifiers().await, first);
    support::until("both are listed", || {
        get(&format!("{catalogue}?service=CSW&version=2.0.2&request=GetRecords&typeNames=gmd:MD_Metadata&resultType=results&elementSetName=full&outputSchema={GMD}&maxRecords=10"))
            .text().matches("<srv:operatesOn ").count() == 4
    });
    for dataset in ["communes", "routes"] {
        assert_eq!(datasud(&database, &["remove", dataset]).code, 0);
    }
    assert_eq!(identifiers().await, "");
    support::until("the organisation has no catalogue", || get(&catalogue).status == 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_fails_a_check_is_in_no_catalogue_and_no_count_until_it_is_mended() {
    let database = support::database().await;
    let id = communes(&database).await;
    let server = server(&database);
    let catalogue = format!("{}/csw", server.base);
    let shown = || records(&catalogue, "").contains(&format!("<dc:identifier>{id}<"));
    let matched = || between(&records(&catalogue, ""), "numberOfRecordsMatched=\"", "\"").to_owned();
    assert!(shown());
    let before = matched();
    let checked = datasud(&database, &["records", "check", "communes", "--json"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    let report = checked.json();
    assert_eq!(report[0]["dataset"], json!("communes"));
    let verdict = |id: &str| {
        report[0]["requirements"]
            .as_array()
            .expect("requirements")
            .iter()
            .find(|r| r["requirement"] == json!(id))
            .map(|r| r["verdict"].clone())
    };
    assert_eq!(verdict("C.8"), Some(json!("met")));
    assert_eq!(verdict("C.9"), Some(json!("unmet")), "the stand-in for an abstract is none");
    assert_eq!(verdict("3.5"), Some(json!("not-applicable")));

    let claim =
        datasud(&database, &["describe", "communes", "--hvd", "Mobilité", "--licence", "CC-BY-NC-4.0"]);
    assert_eq!(claim.code, 0, "{}", claim.stderr);
    assert!(claim.stdout.contains("HVD-licence"), "{}", claim.stdout);
    support::until("it is held back", || !shown());
    let fewer: u32 = matched().parse().expect("a number");
    assert_eq!(fewer + 1, before.parse::<u32>().expect("a number"));
    assert!(!by_id(&server.base, &id, GMD).contains("MD_Metadata "), "nor by its identifier");
    let checked = datasud(&database, &["records", "check", "--all", "--language", "fr"]);
    assert_eq!(checked.code, 1);
    assert!(
        checked.stdout.contains("erreur HVD-licence") && checked.stdout.contains("Licence Ouverte"),
        "{}",
        checked.stdout
    );
    // The data themselves are served as before.
    assert_eq!(get(&format!("{}/ogc/collections/communes", server.base)).status, 200);

    assert_eq!(datasud(&database, &["describe", "communes", "--licence", "etalab-2.0"]).code, 0);
    support::until("it is back", shown);
    assert_eq!(matched(), before);
    let unknown = datasud(&database, &["records", "check", "rien"]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("'rien'"), "{}", unknown.stderr);
    assert_eq!(datasud(&database, &["records", "check"]).code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_iso_19115_3_is_served_as_it_came_and_converted_to_the_others() {
    let database = support::database().await;
    communes(&database).await;
    let written = region::scalar(
        &database,
        "select convert_from(iso3_full, 'UTF8') from datasud.record where dataset_id is not null",
    )
    .await;
    let id =
        region::scalar(&database, "select identifier from datasud.record where dataset_id is not null").await;
    // The same record as another catalogue would have it.
    let foreign = written.replace(&id, "ailleurs-1").replace("Communes", "Communes d'ailleurs");
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("fiche.xml");
    std::fs::write(&file, &foreign).expect("written");
    let ran = datasud(
        &database,
        &["records", "import", file.to_str().expect("UTF-8"), "--organisation", "ailleurs"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let server = server(&database);
    let own = by_id(&server.base, "ailleurs-1", MDB);
    assert!(own.contains("<mdb:metadataIdentifier>") && own.contains("Communes d&apos;ailleurs"), "{own}");
    let iso = by_id(&server.base, "ailleurs-1", GMD);
    schemas::validate_mixed(iso.as_bytes(), &FORMS);
    assert!(iso.contains("Région Sud"), "{iso}");
    assert!(iso.contains("http://www.opengis.net/def/crs/EPSG/0/2154"), "{iso}");
    schemas::validate(
        by_id(&server.base, "ailleurs-1", "http://www.opengis.net/cat/csw/2.0.2").as_bytes(),
        DISCOVERY,
    );
}

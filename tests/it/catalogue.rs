//! Records: written from the stored facts, valid against the official schemas, stamped, searched.

use crate::schemas;
use crate::support::{self, TestDatabase};
use datasud::catalogue::{
    self, Catalogue, CatalogueError, ElementSet, Form, Reach, RecordContext, Search, SortKey,
};
use datasud::filter::Filter;
use datasud::filter::ast::{CompareOp, Expr, LikePart, Literal};
use datasud::model::{Caller, Scope};
use datasud::store::Deadline;
use std::time::Duration;
use uuid::Uuid;

const GMX: &str = "http://schemas.opengis.net/iso/19139/20070417/gmx/gmx.xsd";
const GMD: &str = "http://schemas.opengis.net/iso/19139/20070417/gmd/gmd.xsd";
const CSW: &str = "http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd";

/// What tests publish by hand: a dataset with one layer, and its record.
pub struct Made {
    /// Key of the dataset.
    pub dataset: i64,
    /// Identifier of the record.
    pub record: Uuid,
}

/// What records are written with in tests.
pub fn context() -> RecordContext {
    RecordContext {
        public_url: "https://sud.example".into(),
        title: "Sud".into(),
        contact_email: Some("sig@sud.example".into()),
    }
}

/// Publishes a dataset of an organisation by its stored facts alone, for tests that need no table.
pub async fn make(
    database: &TestDatabase,
    organisation: &str,
    slug: &str,
    title: &str,
    keywords: &[&str],
    extent: Option<[f64; 4]>,
) -> Made {
    let mut session = database.store.job().await.expect("session");
    let keywords: Vec<String> = keywords.iter().map(|k| (*k).to_owned()).collect();
    let record = Uuid::new_v4();
    let row = session
        .query_one(
            "with o as (insert into datasud.organisation (slug, title, prefix, namespace)
               values ($1, 'Organisation ' || $1, $1, 'https://sud.example/' || $1)
               on conflict (slug) do update set title = excluded.title returning id)
             insert into datasud.dataset (organisation_id, slug, title, description, licence, keywords, record)
             select id, $2, $3, 'Des données & <plus>', 'etalab-2.0', $4, $5 from o returning id",
            &[&organisation, &slug, &title, &keywords, &record],
        )
        .await
        .expect("dataset");
    let dataset: i64 = row.get(0);
    let extent = extent.map(|e| e.to_vec());
    session
        .execute(
            "insert into datasud.layer (dataset_id, slug, title, table_name, geometry, srid, columns, extent_lonlat)
             values ($1, $2, $3, $2 || '_1', 'MultiPolygon', 2154, '[]', $4)",
            &[&dataset, &slug, &title, &extent],
        )
        .await
        .expect("layer");
    session
        .execute(
            "insert into datasud.ingest_run (dataset_id, started, files, features, report)
             values ($1, now(), array['/home/somebody/' || $2 || '.zip'], 947, '[]')",
            &[&dataset, &slug],
        )
        .await
        .expect("run");
    let built = catalogue::rebuild(&mut session, dataset, &context()).await.expect("record");
    assert_eq!(built, record);
    Made { dataset, record }
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

/// What anybody may find in a part of the platform.
pub async fn reach(database: &TestDatabase, scope: &Scope) -> Reach {
    let snapshot = datasud::publish::load(&database.store).await.expect("what is published");
    snapshot.reach(&Caller::Anonymous, scope)
}

fn search(reach: &Reach, filter: Option<Filter>) -> Search<'_> {
    Search {
        reach,
        client: None,
        words: None,
        near: None,
        filter,
        sort: Vec::new(),
        offset: 0,
        limit: 100,
        form: Form::DublinCore,
        elements: &[],
        set: ElementSet::Brief,
    }
}

fn like(property: &str, text: &str) -> Option<Filter> {
    Some(Filter::Like {
        expr: Expr::Property(property.into()),
        pattern: vec![LikePart::Text(text.into())],
        match_case: true,
    })
}

fn equal(property: &str, text: &str) -> Option<Filter> {
    Some(Filter::Compare {
        op: CompareOp::Equal,
        left: Expr::Property(property.into()),
        right: Expr::Literal(Literal::Text(text.into())),
        match_case: true,
    })
}

#[tokio::test]
async fn every_form_and_set_of_a_record_is_valid_against_the_official_schemas() {
    let database = support::database().await;
    let paca = [4.23, 42.98, 7.72, 45.13];
    let keywords = ["Unités administratives", "économie", "a < b & \"c\" ]]>", " "];
    let rich = make(&database, "crige", "communes", "Communes & <hameaux>", &keywords, Some(paca)).await;
    let poor = make(&database, "crige", "vide", "Vide", &[], None).await;
    let catalogue = Catalogue::new(database.store.clone());
    for made in [&rich, &poor] {
        for set in [ElementSet::Brief, ElementSet::Summary, ElementSet::Full] {
            for form in [Form::Iso, Form::DublinCore] {
                let ids = [made.record.to_string()];
                let records = catalogue
                    .get(&ids, &reach(&database, &Scope::Everything).await, form, set, deadline())
                    .await
                    .expect("got");
                let [record] = records.records.as_slice() else {
                    panic!("{} records", records.records.len())
                };
                match form {
                    Form::Iso3 | Form::Dcat => panic!("not asked for"),
                    Form::Iso => schemas::validate_mixed(
                        record,
                        &[
                            ("http://www.isotc211.org/2005/gmd", GMD),
                            ("http://www.isotc211.org/2005/gmx", GMX),
                        ],
                    ),
                    Form::DublinCore | Form::DublinCore3 => schemas::validate(record, CSW),
                }
            }
        }
    }
}

#[tokio::test]
async fn an_iso_record_says_what_national_harvesters_read() {
    let database = support::database().await;
    let keywords = ["Unités administratives", "économie"];
    let made =
        make(&database, "crige", "communes", "Communes", &keywords, Some([4.0, 43.0, 7.0, 45.0])).await;
    let catalogue = Catalogue::new(database.store.clone());
    let ids = [made.record.to_string()];
    let records = catalogue
        .get(&ids, &reach(&database, &Scope::Everything).await, Form::Iso, ElementSet::Full, deadline())
        .await
        .expect("got");
    let text = String::from_utf8(records.records[0].to_vec()).expect("text");
    for needed in [
        format!("<gmd:fileIdentifier><gco:CharacterString>{}<", made.record),
        format!("xlink:href=\"https://sud.example/datasets/{}\"", made.record),
        "codeListValue=\"fre\"".into(),
        "http://www.opengis.net/def/crs/EPSG/0/2154".into(),
        "https://spdx.org/licenses/etalab-2.0".into(),
        "LimitationsOnPublicAccess/noLimitations".into(),
        "GEMET - INSPIRE themes, version 1.0".into(),
        "<gmd:MD_TopicCategoryCode>boundaries<".into(),
        "https://sud.example/dataset/communes/wms?SERVICE=WMS&amp;VERSION=1.3.0&amp;REQUEST=GetCapabilities"
            .into(),
        "https://sud.example/ogc/collections/communes<".into(),
        "codeListValue=\"download\"".into(),
        "gco:nilReason=\"unknown\"".into(),
        "<gco:Decimal>43.000000<".into(),
        "communes.zip (947 objets)".into(),
        "sig@sud.example".into(),
    ] {
        assert!(text.contains(&needed), "{needed} is not in {text}");
    }
    assert!(!text.contains("/home/somebody"), "a folder of the producer's disk is in the record");
    assert!(!text.contains("gmd:codeSpace"));
}

#[tokio::test]
async fn the_date_stamp_grows_with_every_change_and_with_nothing_else() {
    let database = support::database().await;
    let made = make(&database, "crige", "communes", "Communes", &[], None).await;
    let mut session = database.store.job().await.expect("session");
    let stamp = "select datestamp from datasud.record";
    type Stamp = chrono::DateTime<chrono::Utc>;
    let first: Stamp = session.query_one(stamp, &[]).await.expect("stamp").get(0);
    catalogue::rebuild(&mut session, made.dataset, &context()).await.expect("rebuilt");
    let same: Stamp = session.query_one(stamp, &[]).await.expect("stamp").get(0);
    assert_eq!(first, same, "nothing changed");
    let mut last = same;
    for title in ["Communes 2", "Communes 3"] {
        session.execute("update datasud.dataset set title = $1", &[&title]).await.expect("renamed");
        catalogue::rebuild(&mut session, made.dataset, &context()).await.expect("rebuilt");
        let now: Stamp = session.query_one(stamp, &[]).await.expect("stamp").get(0);
        assert!(now > last, "{now} is not after {last}");
        last = now;
    }
}

#[tokio::test]
async fn a_new_public_address_rewrites_the_records_once() {
    let database = support::database().await;
    let made = make(&database, "crige", "communes", "Communes", &[], None).await;
    assert_eq!(catalogue::ensure_current(&database.store, &context()).await.expect("first"), 1);
    assert_eq!(catalogue::ensure_current(&database.store, &context()).await.expect("again"), 0);
    let moved = RecordContext { public_url: "https://neuf.example".into(), ..context() };
    assert_eq!(catalogue::ensure_current(&database.store, &moved).await.expect("moved"), 1);
    let catalogue = Catalogue::new(database.store.clone());
    for form in [Form::Iso, Form::DublinCore] {
        let ids = [made.record.to_string()];
        let records = catalogue
            .get(&ids, &reach(&database, &Scope::Everything).await, form, ElementSet::Full, deadline())
            .await
            .expect("got");
        let text = String::from_utf8_lossy(&records.records[0]);
        assert!(text.contains("https://neuf.example/") && !text.contains("https://sud.example/"), "{text}");
    }
}

#[tokio::test]
async fn a_dataset_that_does_not_exist_has_no_record_and_a_removed_one_loses_it() {
    let database = support::database().await;
    let mut session = database.store.job().await.expect("session");
    let missing = catalogue::rebuild(&mut session, 4711, &context()).await;
    assert!(matches!(missing, Err(CatalogueError::NoDataset(4711))));
    let made = make(&database, "crige", "communes", "Communes", &[], None).await;
    session.execute("delete from datasud.dataset where id = $1", &[&made.dataset]).await.expect("removed");
    let left: i64 =
        session.query_one("select count(*) from datasud.record", &[]).await.expect("count").get(0);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn words_are_found_whatever_their_case_and_accents_and_only_among_what_may_be_found() {
    let database = support::database().await;
    let foret = make(&database, "crige", "forets", "Forêts d'Été", &["Nature"], None).await;
    let route = make(&database, "dept", "routes", "Routes", &["Voirie", "100% réel_x"], None).await;
    let catalogue = Catalogue::new(database.store.clone());
    let all = reach(&database, &Scope::Everything).await;
    let of_foret = reach(&database, &Scope::Dataset("forets".into())).await;
    let matched = async |reach: &Reach, filter| {
        catalogue.search(&search(reach, filter), deadline()).await.expect("searched").matched
    };
    assert_eq!(matched(&all, None).await, 2);
    assert_eq!(matched(&all, like("csw:AnyText", "FORET")).await, 1);
    assert_eq!(matched(&all, like("AnyText", "orêt")).await, 1);
    assert_eq!(matched(&all, like("AnyText", "100%")).await, 1, "a percent sign is itself");
    assert_eq!(matched(&all, like("AnyText", "r_x")).await, 0, "an underscore is itself");
    assert_eq!(matched(&all, equal("dc:subject", "Voirie")).await, 1);
    assert_eq!(matched(&all, equal("dc:subject", "Voir")).await, 0, "a value of a list is whole");
    assert_eq!(matched(&all, equal("apiso:type", "dataset")).await, 2);
    let mut session = database.store.job().await.expect("session");
    let older = "update datasud.dataset set created = '2019-03-01T12:00:00Z' where id = $1";
    session.execute(older, &[&route.dataset]).await.expect("older");
    catalogue::rebuild(&mut session, route.dataset, &context()).await.expect("rebuilt");
    assert_eq!(matched(&all, equal("apiso:CreationDate", "2019-03-01T12:00:00Z")).await, 1);
    assert_eq!(matched(&all, equal("apiso:OrganisationName", "Organisation dept")).await, 1);
    assert_eq!(matched(&of_foret, like("AnyText", "Routes")).await, 0);
    assert_eq!(matched(&Reach::default(), None).await, 0);
    let found = catalogue.find_datasets("ete foret", &all, deadline()).await.expect("found");
    assert_eq!(found, [foret.dataset]);
    assert!(catalogue.find_datasets("%", &of_foret, deadline()).await.expect("found").is_empty());
    let unknown = catalogue.search(&search(&all, equal("nope", "x")), deadline()).await;
    assert!(matches!(unknown, Err(CatalogueError::Filter(e)) if e.to_string().contains("Title")));
}

#[tokio::test]
async fn pages_cover_every_record_once_also_among_ties_and_beyond_the_end() {
    let database = support::database().await;
    for n in 0..23 {
        let title = if n % 2 == 0 { "Même titre" } else { "Autre titre" };
        make(&database, "crige", &format!("d{n}"), title, &[], None).await;
    }
    let reach = &reach(&database, &Scope::Everything).await;
    let catalogue = Catalogue::new(database.store.clone());
    let orders = [vec![], vec![SortKey::parse("Title", true).expect("key")]];
    for (sort, client) in orders.into_iter().flat_map(|sort| [(sort.clone(), None), (sort, Some("somebody"))])
    {
        let mut seen = Vec::new();
        for offset in (0..40).step_by(5) {
            let asked = Search { sort: sort.clone(), client, offset, limit: 5, ..search(reach, None) };
            let page = catalogue.search(&asked, deadline()).await.expect("page");
            assert_eq!(page.matched, 23);
            seen.extend(page.records);
        }
        assert_eq!(seen.len(), 23);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 23, "a record came twice");
    }
}

#[tokio::test]
async fn words_are_ranked_by_where_they_stand_and_boxes_by_how_much_they_share() {
    let database = support::database().await;
    let here = Some([5.0, 43.0, 6.0, 44.0]);
    make(&database, "crige", "air", "Qualité de l'air", &["eau"], Some([0.0, 40.0, 10.0, 50.0])).await;
    make(&database, "crige", "eau", "Qualité de l'eau", &["Hydrographie"], here).await;
    make(&database, "crige", "eaux", "Réseaux d’eaux pluviales", &[], Some([5.5, 43.0, 6.5, 44.0])).await;
    make(&database, "crige", "route", "Routes", &[], here).await;
    let catalogue = Catalogue::new(database.store.clone());
    let reach = reach(&database, &Scope::Everything).await;
    let titles = async |words: Option<&str>, near: Option<[f64; 4]>| -> Vec<String> {
        let asked = Search { words, near: near.map(Into::into), ..search(&reach, None) };
        let page = catalogue.search_entries(&asked, deadline()).await.expect("searched");
        page.entries.into_iter().map(|entry| entry.title).collect()
    };
    let found = titles(Some("EAU"), None).await;
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[2], "Qualité de l'air", "a keyword counts less than a title: {found:?}");
    let near = titles(Some("eau"), Some([5.0, 43.0, 6.0, 44.0])).await;
    assert_eq!(near[0], "Qualité de l'eau");
    assert_eq!(near.len(), 3, "a box that ranks leaves nothing out");
    let nearest = titles(None, Some([5.5, 43.0, 6.5, 44.0])).await;
    assert_eq!(nearest[0], "Réseaux d’eaux pluviales");
    assert_eq!(nearest[3], "Qualité de l'air");
    assert!(titles(Some("eau inexistant"), None).await.is_empty());
    assert!(titles(Some("%"), None).await.is_empty(), "a percent sign is itself");
    assert_eq!(titles(Some("qual"), None).await.len(), 2, "a part of a word is found, too");
}

#[tokio::test]
async fn facets_count_what_a_search_finds_and_follow_every_change() {
    let database = support::database().await;
    for (n, keyword) in ["eau", "eau", "route"].iter().enumerate() {
        let organisation = if n == 0 { "dept" } else { "crige" };
        make(
            &database,
            organisation,
            &format!("d{n}"),
            &format!("Jeu {n}"),
            &[keyword, "Hydrographie"],
            None,
        )
        .await;
    }
    let catalogue = Catalogue::new(database.store.clone());
    let reach = reach(&database, &Scope::Everything).await;
    let count = async |filter: Option<Filter>, name: &str, value: &str| -> Option<u64> {
        let facets = catalogue.facets(&search(&reach, filter), 10, deadline()).await.expect("facets");
        let facet = facets.iter().find(|facet| facet.name == name).expect(name);
        facet.values.iter().find(|(text, _)| text == value).map(|(_, count)| *count)
    };
    assert_eq!(count(None, "keyword", "eau").await, Some(2));
    assert_eq!(count(None, "organisation", "Organisation crige").await, Some(2));
    assert_eq!(count(None, "type", "dataset").await, Some(3));
    assert_eq!(count(None, "inspire", "true").await, Some(3));
    assert_eq!(count(None, "theme", "hy").await, Some(3));
    assert_eq!(count(equal("Subject", "route"), "keyword", "eau").await, None);
    assert_eq!(count(equal("Subject", "route"), "type", "dataset").await, Some(1));
    // Kept counts are never old ones.
    let made = make(&database, "crige", "neu", "Neu", &["eau"], None).await;
    assert_eq!(count(None, "keyword", "eau").await, Some(3));
    let mut session = database.store.job().await.expect("session");
    session.execute("delete from datasud.dataset where id = $1", &[&made.dataset]).await.expect("removed");
    assert_eq!(count(None, "keyword", "eau").await, Some(2));
    let nothing = catalogue.facets(&search(&Reach::default(), None), 10, deadline()).await.expect("facets");
    assert!(nothing.iter().all(|facet| facet.values.is_empty()));
}

#[tokio::test]
async fn what_is_begun_is_proposed_whole_whatever_its_accents() {
    let database = support::database().await;
    make(&database, "crige", "a", "Forêts publiques", &["Végétation"], None).await;
    make(&database, "crige", "b", "Routes forestières", &["végétation", "100%"], None).await;
    let catalogue = Catalogue::new(database.store.clone());
    let reach = reach(&database, &Scope::Everything).await;
    let texts = async |begun: &str| -> Vec<String> {
        let found = catalogue.suggest(begun, &reach, 5, deadline()).await.expect("proposals");
        found.into_iter().map(|proposal| proposal.text).collect()
    };
    assert_eq!(texts("Forêts").await, ["Forêts publiques"]);
    assert_eq!(texts("fore").await, ["Forêts publiques", "Routes forestières"]);
    // Spelled in two ways, proposed once.
    assert_eq!(texts("veget").await, ["Végétation"]);
    assert!(texts("orets").await.is_empty(), "a word begins so");
    assert!(texts("").await.is_empty() && texts("\0").await.is_empty() && texts("_").await.is_empty());
    let many = catalogue.suggest("veg", &reach, 5, deadline()).await.expect("proposals");
    assert_eq!(many[0].records, 2);
}

//! Records that are gone are remembered, whichever way they went, and forgotten when they come back.

use super::{Header, import, page, record, run, wait};
use crate::support::region::{fixture, ingest, scalar};
use crate::support::{self, TestDatabase, server};

const LIST: &str = "verb=ListIdentifiers&metadataPrefix=oai_dc";

/// The only record beside those of services.
fn only(base: &str) -> Header {
    let mut headers = page(base, LIST).headers;
    headers.retain(|header| !header.sets.iter().any(|set| set == "type:service"));
    assert_eq!(headers.len(), 1, "{headers:?}");
    headers.remove(0)
}

/// How many datasets are remembered as gone.
const TOMBSTONES: &str = "select count(*) from datasud.record_tombstone where not 'type:service' = any(sets)";

async fn turn(database: &TestDatabase, visibility: &str) {
    let mut session = database.store.job().await.expect("session");
    session.execute("update datasud.dataset set visibility = $1", &[&visibility]).await.expect("changed");
    let notify = "select pg_notify('datasud', json_build_object('kind', 'catalogue', 'generation', 0)::text)";
    session.batch(notify).await.expect("told");
}

#[tokio::test]
async fn a_removed_dataset_leaves_a_deleted_record() {
    let database = support::database().await;
    ingest(&database, "routes", &[fixture("routes.geojson")], |_| ()).await.expect("published");
    let server = server(&database);
    let before = only(&server.base);
    run(&database, &["remove", "routes"]);
    wait(&server.base, "/datasets/routes", 404);
    let after = only(&server.base);
    assert!(after.is_gone && after.datestamp >= before.datestamp, "{before:?} {after:?}");
    assert_eq!((&after.identifier, &after.sets), (&before.identifier, &before.sets));
    let url =
        format!("verb=GetRecord&metadataPrefix=iso19139&identifier=oai:127.0.0.1:{}", before.identifier);
    assert_eq!(page(&server.base, &url).headers, [after]);
}

#[tokio::test]
async fn a_draft_is_gone_until_it_is_public_again_and_its_datestamp_only_grows() {
    let database = support::database().await;
    ingest(&database, "routes", &[fixture("routes.geojson")], |_| ()).await.expect("published");
    let server = server(&database);
    let first = only(&server.base);
    turn(&database, "draft").await;
    wait(&server.base, "/datasets/routes", 404);
    let draft = only(&server.base);
    assert!(draft.is_gone && draft.datestamp >= first.datestamp, "{first:?} {draft:?}");
    turn(&database, "public").await;
    wait(&server.base, "/datasets/routes", 200);
    let back = only(&server.base);
    assert!(!back.is_gone && back.datestamp >= draft.datestamp, "{draft:?} {back:?}");
    assert_eq!(scalar(&database, TOMBSTONES).await, "0");
}

#[tokio::test]
async fn a_draft_that_nobody_saw_is_removed_without_a_trace() {
    let database = support::database().await;
    ingest(&database, "routes", &[fixture("routes.geojson")], |_| ()).await.expect("published");
    turn(&database, "draft").await;
    let mut session = database.store.job().await.expect("session");
    session.batch("delete from datasud.record_tombstone").await.expect("as if it never had been public");
    drop(session);
    run(&database, &["remove", "routes"]);
    assert_eq!(scalar(&database, TOMBSTONES).await, "0");
}

#[tokio::test]
async fn an_imported_record_that_comes_back_is_newer_than_the_news_that_it_had_gone() {
    let database = support::database().await;
    let text = record("urn:test:a", "Forêts", "Bois");
    import(&database, "onf", std::slice::from_ref(&text));
    let server = server(&database);
    support::until("the server hears of it", || !page(&server.base, LIST).headers.is_empty());
    let first = only(&server.base);
    run(&database, &["records", "remove", "urn:test:a"]);
    let gone = only(&server.base);
    assert!(gone.is_gone && gone.datestamp >= first.datestamp);
    let news = scalar(&database, "select datestamp from datasud.record_tombstone").await;
    import(&database, "onf", &[text]);
    // Harvesters are told seconds, in which both may be; the order of changes is finer.
    let newer = format!("select changed > '{news}'::timestamptz from datasud.record");
    assert_eq!(scalar(&database, &newer).await, "true", "{news}");
    let back = only(&server.base);
    assert!(!back.is_gone && back.datestamp >= gone.datestamp, "{gone:?} {back:?}");
    // Its own stamp as well, by which harvesters of CSW go.
    let stamp = scalar(&database, "select datestamp > now() - interval '1 day' from datasud.record").await;
    assert_eq!(stamp, "true");
}

#[tokio::test]
async fn a_record_that_is_written_again_as_it_was_has_not_changed() {
    let database = support::database().await;
    ingest(&database, "routes", &[fixture("routes.geojson")], |_| ()).await.expect("published");
    let moment = || scalar(&database, "select changed from datasud.record where service is null");
    let before = moment().await;
    let mut session = database.store.job().await.expect("session");
    session
        .batch("update datasud.record set anytext = anytext || ' x', datestamp = datestamp")
        .await
        .expect("written");
    assert_eq!(moment().await, before);
    session.batch("update datasud.record set dc_full = dc_full || ' '::bytea").await.expect("written");
    drop(session);
    assert!(moment().await > before, "what readers see has changed");
}

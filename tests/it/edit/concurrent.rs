//! Several editors at once, data that is replaced or removed meanwhile, clients that leave.

use super::{Lab, PLACES, feature, fids, ids, lab, layer, named, place, soon};
use crate::support::region::{fixture, ingest, publisher};
use crate::support::{config, connect, database, server_with};
use datasud::config::{Config, Editing};
use datasud::features::edit::{EditError, NewFeature, Transaction};
use datasud::features::{Geometry, VersionSelect};
use datasud::filter::Filter;
use datasud::model::Value;
use datasud::store::{Deadline, StoreError};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

/// Whether a session waits for another one.
const WAITING: &str = "select count(*) > 0 from pg_stat_activity \
    where wait_event_type = 'Lock' and datname = current_database()";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn editors_of_one_feature_each_write_and_none_is_lost() {
    let lab = Arc::new(PLACES.lab().await);
    let editors: Vec<_> = (0..8)
        .map(|editor| {
            let lab = Arc::clone(&lab);
            tokio::spawn(async move {
                for round in 0..5 {
                    let name = format!("e{editor} r{round}");
                    // In opposite orders, which would be a circle if each waited for the other's row.
                    let (first, second) = if editor % 2 == 0 { (1, 2) } else { (2, 1) };
                    let changes = vec![
                        lab.update(ids(&[first]), &[("nom", &name)]),
                        lab.update(ids(&[second]), &[("nom", &name)]),
                    ];
                    lab.apply(changes).await.expect("applied");
                }
            })
        })
        .collect();
    for editor in editors {
        editor.await.expect("editor");
    }
    assert_eq!(lab.scalar("select count(distinct nom) from data.places where fid in (1, 2)").await, "1");
    let versions =
        "select string_agg(version::text, ' ' order by version) from datasud.feature_history where fid = 1";
    let all: Vec<String> = (1..=40).map(|n| n.to_string()).collect();
    assert_eq!(lab.scalar(versions).await, all.join(" "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn inserts_at_the_same_time_get_identifiers_of_their_own() {
    let lab = Arc::new(PLACES.lab().await);
    let editors: Vec<_> = (0..8)
        .map(|_| {
            let lab = Arc::clone(&lab);
            tokio::spawn(async move {
                fids(&lab.apply(vec![lab.insert(vec![feature(&[]); 50])]).await.expect("applied"))
            })
        })
        .collect();
    let mut all = BTreeSet::new();
    for editor in editors {
        all.extend(editor.await.expect("editor"));
    }
    assert_eq!(all.len(), 400);
    assert_eq!(
        lab.scalar("select count(*) || ' ' || (select features from datasud.layer) from data.places").await,
        "403 403"
    );
}

#[tokio::test]
async fn an_editor_in_plain_sql_and_the_engine_do_not_wait_for_ever() {
    let lab = PLACES.lab().await;
    // Plain SQL holds the row and then wants the layer; the engine holds the layer and then wants the row.
    let mut sql = lab.database.store.job().await.expect("session").begin().await.expect("begun");
    let session = sql.session().expect("session");
    session.execute("select from data.places_v1 where fid = 1 for update", &[]).await.expect("row locked");
    let engine = lab.engine.clone();
    let changes = vec![lab.update(ids(&[1]), &[("nom", "moteur")])];
    let edit =
        tokio::spawn(
            async move { engine.apply(Transaction { changes, ..Transaction::default() }, soon()).await },
        );
    lab.until(WAITING, "true").await;
    let plain = session.execute("update data.places_v1 set rang = 99 where fid = 1", &[]).await;
    match plain {
        Ok(_) => sql.commit().await.expect("committed"),
        Err(error) => {
            assert!(matches!(error, StoreError::Conflict), "{error}");
            sql.rollback().await.expect("rolled back");
        }
    }
    edit.await.expect("edit").expect("applied, at the second attempt where need be");
    assert_eq!(lab.scalar("select nom from data.places where fid = 1").await, "moteur");
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_leaves_nothing() {
    let lab = PLACES.lab().await;
    // Somebody holds the layer, so that the edit waits in its transaction.
    let mut holder = lab.database.store.job().await.expect("session").begin().await.expect("begun");
    holder
        .session()
        .expect("session")
        .execute("select from data.places_v1 where fid = 2 for update", &[])
        .await
        .expect("row locked");
    let engine = lab.engine.clone();
    let changes = vec![lab.insert(vec![place("fantôme", 700_000.0, 6_600_000.0)]), lab.delete(ids(&[2]))];
    let edit =
        tokio::spawn(
            async move { engine.apply(Transaction { changes, ..Transaction::default() }, soon()).await },
        );
    lab.until(WAITING, "true").await;
    edit.abort();
    assert!(edit.await.is_err_and(|e| e.is_cancelled()));
    holder.commit().await.expect("released");
    lab.until(WAITING, "false").await;
    // The layer is free again, and nothing of the edit is there.
    lab.apply(vec![lab.update(ids(&[1]), &[("rang", "8")])]).await.expect("applied");
    assert_eq!(lab.rows().await, "1 un 8, 2 deux 2, 3 trois 3");
}

#[tokio::test]
async fn a_deadline_ends_an_edit_and_nothing_is_written() {
    let lab = PLACES.lab().await;
    let mut holder = lab.database.store.job().await.expect("session").begin().await.expect("begun");
    let session = holder.session().expect("session");
    session.execute("select from datasud.layer for update", &[]).await.expect("layer locked");
    let changes = vec![lab.delete(None)];
    let deadline = Deadline::after(Duration::from_millis(200));
    let error = lab.engine.apply(Transaction { changes, ..Transaction::default() }, deadline).await;
    assert!(matches!(error, Err(EditError::Store(StoreError::Deadline))), "{error:?}");
    holder.commit().await.expect("released");
    assert_eq!(lab.rows().await, "1 un 1, 2 deux 2, 3 trois 3");
}

/// What a replacement by other data of the same or of another structure does to the layer's row.
async fn switch(lab: &Lab, columns: &str) {
    lab.sql(&format!(
        "create table data.places_v2 as select * from data.places_v1;
         alter table data.places_v2 add primary key (fid);
         select datasud.watch('places_v2', id) from datasud.layer;
         update datasud.layer set table_name = 'places_v2' {columns};
         create or replace view data.places as select * from data.places_v2;"
    ))
    .await;
}

#[tokio::test]
async fn an_edit_of_data_that_was_replaced_meanwhile_goes_to_the_new_table() {
    let lab = PLACES.lab().await;
    switch(&lab, "").await;
    // The client read the description of the first table.
    lab.apply(vec![
        lab.update(named("un"), &[("rang", "50")]),
        lab.insert(vec![feature(&[("nom", "neuf")])]),
    ])
    .await
    .expect("applied");
    assert_eq!(lab.rows().await, "1 un 50, 2 deux 2, 3 trois 3, 4 neuf");
    assert_eq!(lab.scalar("select count(*) from data.places_v1 where rang = 50 or fid > 3").await, "0");
}

#[tokio::test]
async fn an_edit_of_data_with_another_structure_or_of_none_is_refused_clearly() {
    let lab = PLACES.lab().await;
    switch(&lab, ", columns = '[{\"name\": \"nom\", \"type\": \"text\"}]'").await;
    let error = lab.apply(vec![lab.update(named("un"), &[("rang", "50")])]).await.expect_err("replaced");
    assert!(matches!(&error, EditError::Replaced(slug) if slug == "places"), "{error}");
    lab.sql("delete from datasud.layer").await;
    let error = lab.apply(vec![lab.insert(vec![NewFeature::default()])]).await.expect_err("removed");
    assert!(matches!(error, EditError::Replaced(_)), "{error}");
    assert_eq!(lab.scalar("select count(*) from data.places_v2 where rang = 50").await, "0");
}

#[tokio::test]
async fn a_replacement_waits_for_the_edit_under_way_and_the_edit_for_the_replacement() {
    let lab = PLACES.lab().await;
    let mut replacing = lab.database.store.job().await.expect("session").begin().await.expect("begun");
    let session = replacing.session().expect("session");
    session
        .batch(
            "create table data.places_v2 as select * from data.places_v1;
             alter table data.places_v2 add primary key (fid);
             select datasud.watch('places_v2', id) from datasud.layer;
             update datasud.layer set table_name = 'places_v2';
             create or replace view data.places as select * from data.places_v2;",
        )
        .await
        .expect("replacing");
    let engine = lab.engine.clone();
    let changes = vec![lab.update(ids(&[1]), &[("nom", "après")])];
    let edit =
        tokio::spawn(
            async move { engine.apply(Transaction { changes, ..Transaction::default() }, soon()).await },
        );
    lab.until(WAITING, "true").await;
    replacing.commit().await.expect("replaced");
    edit.await.expect("edit").expect("applied");
    assert_eq!(lab.scalar("select nom from data.places where fid = 1").await, "après");
    assert_eq!(lab.scalar("select nom from data.places_v1 where fid = 1").await, "un");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn edits_go_on_while_files_are_loaded_in_the_place_of_the_data() {
    let database = database().await;
    ingest(&database, "communes", &[fixture("communes.zip")], |_| ()).await.expect("published");
    let layer = layer(&database, "communes").await;
    let lab = lab(database, layer);
    let loading = async {
        for turn in 1..=3 {
            ingest(&lab.database, "communes", &[fixture("communes.zip")], |request| {
                request.existing = datasud::publish::Existing::Replace;
                request.description = Some(format!("turn {turn}"));
            })
            .await
            .expect("replaced");
        }
    };
    let editing = async {
        let mut edits = 0;
        loop {
            let name = format!("edit {edits}");
            let changes =
                vec![lab.update(ids_of(1), &[("nom", &name)]), lab.insert(vec![feature(&[("nom", &name)])])];
            // The layer as it was before the first replacement: its structure is still the same.
            let outcome = lab.apply(changes).await.expect("applied");
            assert_eq!((outcome.updated(), outcome.inserted()), (1, 1));
            edits += 1;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = loading => {}
        () = editing => {}
    }
    let changes = vec![lab.update(ids_of(1), &[("nom", "le dernier")])];
    lab.apply(changes).await.expect("applied");
    assert_eq!(lab.scalar("select nom from data.communes where fid = 1").await, "le dernier");
    assert_eq!(
        lab.scalar("select features = (select count(*) from data.communes) from datasud.layer").await,
        "true"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dataset_is_removed_between_two_edits_and_no_edit_is_half_done() {
    let database = database().await;
    ingest(&database, "communes", &[fixture("communes.zip")], |_| ()).await.expect("published");
    let layer = layer(&database, "communes").await;
    let lab = Arc::new(lab(database, layer));
    let editors: Vec<_> = (0..3)
        .map(|_| {
            let lab = Arc::clone(&lab);
            tokio::spawn(async move {
                let mut edits = 0;
                loop {
                    let changes =
                        vec![lab.insert(vec![feature(&[])]), lab.update(ids_of(1), &[("nom", "x")])];
                    match lab.apply(changes).await {
                        Ok(_) => edits += 1,
                        Err(EditError::Replaced(_)) => return edits,
                        Err(error) => panic!("after {edits} edits: {error}"),
                    }
                }
            })
        })
        .collect();
    lab.until("select count(*) > 0 from datasud.feature_history", "true").await;
    publisher(&lab.database).remove("communes").await.expect("removed");
    for editor in editors {
        editor.await.expect("editor");
    }
    assert_eq!(lab.scalar("select count(*) from datasud.layer").await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_editor_who_comes_while_a_removal_waits_waits_behind_it() {
    let database = database().await;
    ingest(&database, "communes", &[fixture("communes.zip")], |_| ()).await.expect("published");
    let layer = layer(&database, "communes").await;
    let lab = Arc::new(lab(database, layer));
    let mut under_way = lab.database.store.job().await.expect("session").begin().await.expect("begun");
    under_way.session().expect("session").turn_of_editor(&[lab.layer.id]).await.expect("its turn");
    let removal = tokio::spawn({
        let lab = Arc::clone(&lab);
        async move { publisher(&lab.database).remove("communes").await }
    });
    lab.until(WAITING, "true").await;
    // Were this one let in, an endless row of such editors would keep the dataset for ever.
    let late = tokio::spawn({
        let lab = Arc::clone(&lab);
        async move { lab.apply(vec![lab.update(ids_of(1), &[("nom", "x")])]).await }
    });
    let both = "select count(*) = 2 from pg_stat_activity \
        where wait_event_type = 'Lock' and datname = current_database()";
    lab.until(both, "true").await;
    under_way.commit().await.expect("ended");
    removal.await.expect("removal").expect("removed");
    let late = late.await.expect("late");
    assert!(matches!(late, Err(EditError::Replaced(_))), "{late:?}");
}

fn ids_of(fid: i64) -> Option<Filter> {
    Some(Filter::Ids(vec![fid.to_string()]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn edits_that_wait_leave_connections_to_readers() {
    let lab = Arc::new(PLACES.lab().await);
    let mut holder = lab.database.store.job().await.expect("session").begin().await.expect("begun");
    let session = holder.session().expect("session");
    session.execute("select from datasud.layer for update", &[]).await.expect("layer locked");
    // Many more than there are connections.
    let editors: Vec<_> = (0..40)
        .map(|_| {
            let lab = Arc::clone(&lab);
            tokio::spawn(async move { lab.apply(vec![lab.insert(vec![feature(&[])])]).await })
        })
        .collect();
    lab.until(WAITING, "true").await;
    assert_eq!(lab.scalar("select count(*) from data.places").await, "3");
    let changes = vec![lab.delete(None)];
    let deadline = Deadline::after(Duration::from_millis(200));
    let error = lab.engine.apply(Transaction { changes, ..Transaction::default() }, deadline).await;
    assert!(matches!(error, Err(EditError::Store(StoreError::Busy))), "{error:?}");
    holder.commit().await.expect("released");
    for editor in editors {
        editor.await.expect("editor").expect("applied");
    }
    assert_eq!(lab.scalar("select count(*) from data.places").await, "43");
}

#[tokio::test]
async fn a_request_that_is_cut_off_writes_nothing() {
    let lab = PLACES.lab().await;
    let server = server_with(&lab.database, Config { editing: Editing::Open, ..config() });
    let whole = "<wfs:Transaction service=\"WFS\" version=\"2.0.0\" xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" \
        xmlns:fes=\"http://www.opengis.net/fes/2.0\" xmlns:o=\"http://e.org/o\"><wfs:Delete typeName=\"o:places\">\
        <fes:Filter><fes:ResourceId rid=\"places.1\"/></fes:Filter></wfs:Delete></wfs:Transaction>";
    let send = |announced: usize| {
        let address = server.base.trim_start_matches("http://").to_owned();
        let mut socket = connect(&address);
        let head = format!(
            "POST /wfs HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/xml\r\nConnection: close\r\n\
             Content-Length: {announced}\r\n\r\n{whole}"
        );
        socket.write_all(head.as_bytes()).expect("sent");
        socket
    };
    // Well-formed as far as it came, but more was announced.
    let mut socket = send(whole.len() + 100);
    socket.shutdown(std::net::Shutdown::Write).expect("cut off");
    let mut answer = String::new();
    // The server may answer an error or hang up; it has nothing left to read either way.
    let _ = socket.read_to_string(&mut answer);
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(lab.rows().await, "1 un 1, 2 deux 2, 3 trois 3");
    // All of it, but its client leaves while the transaction waits for somebody else.
    let mut holder = lab.database.store.job().await.expect("session").begin().await.expect("begun");
    let session = holder.session().expect("session");
    session.execute("select from data.places_v1 where fid = 1 for update", &[]).await.expect("row locked");
    let socket = send(whole.len());
    lab.until(WAITING, "true").await;
    drop(socket);
    lab.until(WAITING, "false").await;
    holder.commit().await.expect("released");
    // All of it, and the client stays.
    let mut socket = send(whole.len());
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("totalDeleted>1<"), "{answer}");
    assert_eq!(lab.rows().await, "2 deux 2, 3 trois 3");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_version_is_read_with_its_own_state_while_the_feature_changes() {
    let lab = Arc::new(PLACES.lab().await);
    let editing = {
        let lab = Arc::clone(&lab);
        tokio::spawn(async move {
            // The name says the number of the version that it makes.
            for number in 2..60 {
                lab.apply(vec![lab.update(ids(&[1]), &[("nom", &number.to_string())])])
                    .await
                    .expect("applied");
            }
        })
    };
    while !editing.is_finished() {
        let read = lab.history.feature(&lab.layer, 1, VersionSelect::Last, Geometry::Skip, soon()).await;
        let (version, feature) = read.expect("read").expect("there");
        let name = feature.value(0);
        assert!(version.number == 1 || name == Value::Text(version.number.to_string().into()), "{name:?}");
    }
    editing.await.expect("edits");
}

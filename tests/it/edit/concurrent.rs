//! Several editors at once, data that is replaced or removed meanwhile, clients that leave.

use super::{Lab, PLACES, feature, fids, ids, named, place, soon};
use datasud::features::edit::{EditError, NewFeature, Transaction};
use datasud::store::{Deadline, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

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
    let waiting = "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    while lab.scalar(waiting).await != "true" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
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
    let waiting = "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    while lab.scalar(waiting).await != "true" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    edit.abort();
    assert!(edit.await.is_err_and(|e| e.is_cancelled()));
    holder.commit().await.expect("released");
    while lab.scalar(waiting).await == "true" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
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
    let waiting = "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    while lab.scalar(waiting).await != "true" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    replacing.commit().await.expect("replaced");
    edit.await.expect("edit").expect("applied");
    assert_eq!(lab.scalar("select nom from data.places where fid = 1").await, "après");
    assert_eq!(lab.scalar("select nom from data.places_v1 where fid = 1").await, "un");
}

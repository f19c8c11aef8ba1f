//! The store: cluster, sessions, migrations, change feed.

use crate::support;
use datasud::store::{Change, Deadline};
use std::time::Duration;

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

#[tokio::test]
async fn every_test_database_is_migrated_and_its_own() {
    let (one, two) = (support::database().await, support::database().await);
    let mut session = one.store.session(soon()).await.expect("session");
    session.batch("create table only_here (x int)").await.expect("table");
    let mut other = two.store.session(soon()).await.expect("session");
    let row = other.query_one("select count(*) from datasud.organisation", &[]).await.expect("platform");
    assert_eq!(row.get::<_, i64>(0), 0);
    assert!(other.query("select * from only_here", &[]).await.is_err());
}

const LAYER: &str = "
    insert into datasud.organisation (slug, title, prefix, namespace) values ('o', 'O', 'o', 'http://e.org/o');
    insert into datasud.dataset (organisation_id, slug, title, record)
        select id, 'd', 'D', gen_random_uuid() from datasud.organisation;
    create table data.points_v1 (fid bigint primary key, name text, geom geometry(Point, 2154));
    insert into data.points_v1 values (1, 'a', st_setsrid(st_makepoint(700000, 6600000), 2154));
    create view data.points as select * from data.points_v1;
    insert into datasud.layer (dataset_id, slug, title, table_name, geometry, srid, columns, features, extent, extent_lonlat)
        select id, 'points', 'Points', 'points_v1', 'Point', 2154, '[]', 1,
            array[700000, 6600000, 700000, 6600000], array[3, 46.5, 3, 46.5] from datasud.dataset;
    select datasud.watch('points_v1', id) from datasud.layer;
    select datasud.watch('points_v1', id) from datasud.layer;";

async fn next_edit(feed: &mut tokio::sync::broadcast::Receiver<Change>) -> Change {
    loop {
        let change = tokio::time::timeout(Duration::from_secs(30), feed.recv()).await;
        match change.expect("a change in time").expect("feed") {
            Change::Resync => {}
            change => return change,
        }
    }
}

#[tokio::test]
async fn plain_sql_edits_through_the_view_raise_the_generation_and_tell_the_box() {
    let database = support::database().await;
    let mut session = database.store.session(soon()).await.expect("session");
    session.batch(LAYER).await.expect("layer");
    let mut feed = database.store.changes();
    // The feed says when it listens.
    assert_eq!(feed.recv().await.expect("feed"), Change::Resync);
    let facts = "select id, generation, features, extent, extent_lonlat from datasud.layer";
    let row = session.query_one(facts, &[]).await.expect("facts");
    let (id, mut last): (i64, i64) = (row.get(0), row.get(1));

    let steps: [(&str, Option<[f64; 4]>, i64); 4] = [
        (
            "insert into data.points values (2, 'b', st_setsrid(st_makepoint(710000, 6610000), 2154)), (3, 'c', null)",
            Some([710_000.0, 6_610_000.0, 710_000.0, 6_610_000.0]),
            3,
        ),
        (
            "update data.points set geom = st_setsrid(st_makepoint(690000, 6610000), 2154) where fid = 2",
            Some([690_000.0, 6_610_000.0, 710_000.0, 6_610_000.0]),
            3,
        ),
        ("delete from data.points where fid = 3", None, 2),
        ("truncate data.points_v1", None, 0),
    ];
    for (sql, expected, features) in steps {
        session.batch(sql).await.expect(sql);
        let row = session.query_one(facts, &[]).await.expect("facts");
        let generation: i64 = row.get(1);
        assert!(generation > last, "{sql}");
        assert_eq!(row.get::<_, i64>(2), features, "{sql}");
        assert_eq!(next_edit(&mut feed).await, Change::Edited { layer_id: id, generation, bbox: expected });
        last = generation;
        if sql.starts_with("update") {
            let extent: Vec<f64> = row.get(3);
            assert_eq!(extent, [690_000.0, 6_600_000.0, 710_000.0, 6_610_000.0]);
            let lonlat: Vec<f64> = row.get(4);
            assert!(lonlat[0] < 2.88 && lonlat[2] > 3.12 && lonlat[3] > 46.58, "{lonlat:?}");
        }
    }
    session.batch("update data.points set name = 'x' where fid = 99").await.expect("nothing touched");
    let row = session.query_one(facts, &[]).await.expect("facts");
    assert_eq!(row.get::<_, i64>(1), last, "a statement that touches nothing changes nothing");
}

//! What the database notes of edits, and tiles on disk.

use super::{addresses, all_seen, asked_again, blocking, fid, middle, run, seen, squares};
use crate::support::region::scalar;
use crate::support::{self, TestDatabase, ingest, open_folder};
use datasud::config::{Config, Limits};
use datasud::geo::BBox;
use datasud::model::{Area, Layer};
use datasud::publish;
use std::path::Path;
use std::sync::Arc;

async fn published(folder: &Path) -> TestDatabase {
    let database = support::database().await;
    let file = squares(folder, "carres", |_| false);
    ingest(&database, "carres", &[file], |_| ()).await.expect("published");
    database
}

async fn layer(database: &TestDatabase) -> Arc<Layer> {
    publish::load(&database.store).await.expect("snapshot").layers.get("carres").expect("there").clone()
}

fn around(at: [u32; 2]) -> Area {
    let [x, y] = middle(at);
    Area::Within(BBox::new(x - 10.0, y - 10.0, x + 10.0, y + 10.0))
}

#[tokio::test]
async fn few_features_are_noted_for_themselves_and_many_by_their_neighbourhood() {
    let folder = open_folder("places");
    let database = published(folder.path()).await;
    let fresh = layer(&database).await;
    assert!(fresh.edits.is_uniform() && fresh.edits.whole == fresh.generation);
    run(&database, "update data.carres set nom = 'a' where fid in (1, 2, 45)").await;
    run(&database, "update data.carres set nom = 'b' where fid in (1, 45)").await;
    let count = "select count(*) from datasud.edited_place";
    assert_eq!(scalar(&database, count).await, "3", "the same box is noted once");
    let edited = layer(&database).await;
    assert_eq!(edited.edits.whole, fresh.generation);
    let at = |at| edited.generation_in(&around(at));
    assert!(at([0, 0]) > at([1, 0]) && at([1, 0]) > at([2, 0]) && at([2, 0]) == fresh.generation);
    assert!(at([0, 0]) == at([4, 2]) && at([0, 0]) < edited.generation, "a note comes before its edit");
    assert_eq!(edited.generation_in(&Area::Everywhere), at([0, 0]));

    run(&database, "update data.carres set nom = 'c' where fid > 200").await;
    let boxes: i64 = scalar(&database, count).await.parse().expect("a number");
    assert!((10..=103).contains(&boxes), "{boxes}");
    let edited = layer(&database).await;
    let at = |at| edited.generation_in(&around(at));
    assert!((0..20).all(|column| at([column, 10]) == at([19, 19]) && at([column, 7]) < at([19, 19])));

    // What touches no feature, or none with a place, changes no tile.
    let before = edited.generation_in(&Area::Everywhere);
    run(&database, "update data.carres set nom = 'd' where fid = -1; delete from data.carres where fid = -1")
        .await;
    assert_eq!(layer(&database).await.generation, edited.generation);
    run(&database, "insert into data.carres (nom) values ('nulle part')").await;
    let nowhere = layer(&database).await;
    assert!(nowhere.generation > edited.generation);
    assert_eq!((nowhere.generation_in(&Area::Everywhere), nowhere.edits.whole), (before, fresh.generation));
}

#[tokio::test]
async fn a_change_that_is_told_by_no_place_is_one_of_everything() {
    let folder = open_folder("places");
    let database = published(folder.path()).await;
    run(&database, "update data.carres set nom = 'a' where fid = 1").await;
    let edited = layer(&database).await;
    run(&database, "update datasud.layer set generation = nextval('datasud.generation')").await;
    let restyled = layer(&database).await;
    assert_eq!(restyled.edits.whole, restyled.generation);
    assert_eq!(restyled.generation_in(&around([0, 0])), restyled.generation);
    assert!(restyled.edits.is_uniform() && restyled.generation > edited.generation);
    run(&database, "update data.carres set nom = 'b' where fid = 2").await;
    let again = layer(&database).await;
    assert_eq!(again.edits.whole, restyled.generation);
    assert!(again.generation_in(&around([1, 0])) > again.generation_in(&around([0, 0])));
    // Coordinates that are no places.
    let geometry = "st_setsrid('POLYGON((890000 6240000, 1e20 6240000, 890100 6240100, 890000 6240000))'::geometry, 2154)";
    run(&database, &format!("update data.carres set geom = {geometry} where fid = 3")).await;
    let strange = layer(&database).await;
    assert!(strange.edits.whole > again.generation && strange.occupancy.is_none());
    // And also when such a place is left.
    run(&database, "delete from data.carres where fid = 3").await;
    assert!(layer(&database).await.edits.whole > strange.generation);
}

#[tokio::test]
async fn however_many_edits_there_are_their_places_are_some_hundreds_and_none_is_forgotten() {
    let folder = open_folder("places");
    let database = published(folder.path()).await;
    let first = layer(&database).await.generation;
    // Each at a place of its own.
    run(
        &database,
        "do $$ begin for n in 1..2600 loop
             update data.carres set geom = st_translate(geom, 0.01 * n, 0) where fid = 1 + n % 400;
         end loop; end $$",
    )
    .await;
    let boxes: i64 =
        scalar(&database, "select count(*) from datasud.edited_place").await.parse().expect("a number");
    assert!(boxes <= 1100, "{boxes}");
    let noted: i64 =
        scalar(&database, "select places from datasud.edited_table").await.parse().expect("a number");
    assert!(noted >= boxes && noted <= 1100, "{noted} {boxes}");
    let edited = layer(&database).await;
    assert_eq!(edited.edits.whole, first);
    for column in 0..20 {
        assert!(edited.generation_in(&around([column, column])) > first, "{column}");
    }
    // Outside of what was edited nothing changed.
    assert_eq!(edited.generation_in(&around([40, 40])), first);
    // They go with their table.
    run(&database, "insert into datasud.discarded_table (table_name) select table_name from datasud.layer; delete from datasud.discarded_table").await;
    let left = "(select count(*) from datasud.edited_place) + (select count(*) from datasud.edited_table) + (select count(*) from datasud.occupancy)";
    assert_eq!(scalar(&database, left).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_on_disk_that_an_edit_does_not_touch_are_there_after_a_restart() {
    let folder = open_folder("places");
    let database = published(folder.path()).await;
    let limits = Limits { tile_store_megabytes: 50, ..Limits::default() };
    let config = Config { data: folder.path().join("data"), limits, ..support::config() };
    let kept = |addresses: Vec<String>| -> Vec<String> {
        // Maps are not kept on disk, nor tiles of which something was chosen.
        let is_kept = |a: &String| !["bbox", "?properties", "?filter"].iter().any(|part| a.contains(part));
        addresses.into_iter().filter(is_kept).collect()
    };
    let far = kept(addresses(13..=16, middle([18, 18])));
    let here = kept(addresses(13..=16, middle([2, 2])));
    let server = support::server_with(&database, config.clone());
    let base = [server.base.clone()];
    let (asked, also) = (far.clone(), here.clone());
    let (before, touched) = blocking(move || (all_seen(&base, &asked), all_seen(&base, &also))).await;
    run(
        &database,
        &format!(
            "update data.carres set nom = 'autre', geom = st_translate(geom, 30, 0) where fid = {}",
            fid([2, 2])
        ),
    )
    .await;
    drop(server);

    // Nothing can be read of the table any more.
    let mut lock = database.store.job().await.expect("session").begin().await.expect("begun");
    let table = scalar(&database, "select table_name from datasud.layer").await;
    let sql = format!("lock table data.\"{table}\" in access exclusive mode");
    lock.session().expect("session").batch(&sql).await.expect("locked");
    let server = support::server_with(&database, config);
    let base = server.base.clone();
    let again = base.clone();
    blocking(move || {
        for before in &before[0] {
            assert_eq!(seen(&again, &before.address), *before);
        }
    })
    .await;
    lock.commit().await.expect("unlocked");
    blocking(move || {
        for before in &touched[0] {
            let now = asked_again(&base, before);
            assert!(now.status == 200 && now.body != before.body, "{}: {}", before.address, now.status);
        }
    })
    .await;
    drop(server);
}

//! Tiles in which nothing can be are known without asking the database.

use super::{blocking, grid_tile, middle, run, squares, vector, web_tile};
use crate::mvt::decode;
use crate::picture::Picture;
use crate::support::region::scalar;
use crate::support::{self, TestDatabase, get, get_with, ingest, open_folder, until};
use datasud::geo::grid::standard;
use datasud::publish;

/// In the middle of a hole of five kilometres.
const HOLE: [u32; 2] = [10, 10];

async fn with_hole(folder: &std::path::Path) -> TestDatabase {
    let database = support::database().await;
    let file = squares(folder, "carres", |[column, row]| (5..15).contains(&column) && (5..15).contains(&row));
    ingest(&database, "carres", &[file], |_| ()).await.expect("published");
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tile_in_a_hole_of_the_data_is_answered_while_the_table_is_locked() {
    let folder = open_folder("empty");
    let database = with_hole(folder.path()).await;
    let server = support::server(&database);
    let table = scalar(&database, "select table_name from datasud.layer").await;
    let mut lock = database.store.job().await.expect("session").begin().await.expect("begun");
    let sql = format!("lock table data.\"{table}\" in access exclusive mode");
    lock.session().expect("session").batch(&sql).await.expect("locked");
    let base = server.base.clone();
    blocking(move || {
        for z in 14..=18 {
            let empty = get(&format!("{base}{}", vector(z, middle(HOLE))));
            assert_eq!((empty.status, empty.body.len()), (204, 0), "{z}");
            let again = get_with(
                &format!("{base}{}", vector(z, middle(HOLE))),
                &[("if-none-match", empty.header("etag"))],
            );
            assert_eq!(again.status, 304);
        }
        let lambert = standard().iter().find(|g| g.id == "LAMB93_10cm").expect("there");
        let tile = grid_tile(lambert, 15, middle(HOLE));
        let at = format!("{}/{}/{}", tile.matrix().id, tile.row(), tile.col());
        let ogc = get(&format!("{base}/ogc/collections/carres/tiles/LAMB93_10cm/{at}"));
        assert_eq!((ogc.status, ogc.body.len()), (200, 0));
        let tile = web_tile(15, middle(HOLE));
        let picture = get(&format!(
            "{base}/wmts/1.0.0/carres/default/WebMercatorQuad/15/{}/{}.png",
            tile.row(),
            tile.col()
        ));
        assert_eq!(picture.status, 200);
        let picture = Picture::decode(&picture.body);
        assert!((0..256).step_by(15).all(|k| picture.at(k, 255 - k)[3] == 0), "it is empty");
        let metrics = get(&format!("{base}/metrics")).text();
        let known = metrics.lines().find_map(|line| line.strip_prefix("datasud_tiles_known_empty_total "));
        assert!(known.and_then(|n| n.parse::<u64>().ok()).is_some_and(|n| n >= 6), "{known:?}");
    })
    .await;
    lock.commit().await.expect("unlocked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_in_a_hole_is_seen_and_stays_after_a_restyle_and_a_restart() {
    let folder = open_folder("empty");
    let database = with_hole(folder.path()).await;
    let server = support::server(&database);
    let base = server.base.clone();
    let there = move |base: &str, z: u8| {
        let answer = get(&format!("{base}{}", vector(z, middle(HOLE))));
        answer.status == 200 && decode(&answer.body).iter().any(|layer| layer.features.len() == 1)
    };
    let asked = base.clone();
    blocking(move || assert!(!there(&asked, 15))).await;
    run(&database, "insert into data.carres (nom, geom) select 'neuf', st_translate(geom, 5000, 5000) from data.carres where nom = 'p1'").await;
    blocking(move || {
        until("the new feature is seen", || there(&base, 15));
        assert!(there(&base, 14) && there(&base, 16));
    })
    .await;
    run(&database, "update datasud.layer set generation = nextval('datasud.generation')").await;
    drop(server);
    let server = support::server(&database);
    let base = server.base.clone();
    blocking(move || assert!(there(&base, 15))).await;
    drop(server);
}

#[tokio::test]
async fn cells_are_few_for_small_layers_and_true_for_lines_that_cross_many() {
    let folder = open_folder("empty");
    let database = with_hole(folder.path()).await;
    let line = folder.path().join("ligne.geojson");
    let text = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[5.0,43.0],[6.0,44.0]]}},
        {"type":"Feature","properties":{},"geometry":null}]}"#;
    std::fs::write(&line, text).expect("written");
    ingest(&database, "ligne", &[line], |_| ()).await.expect("published");
    let snapshot = publish::load(&database.store).await.expect("snapshot");
    let grid = snapshot.layers["carres"].occupancy.clone().expect("noted");
    assert_eq!(grid.size, [35, 34], "four cells for each of 300 features");
    let set: u32 = grid.cells.iter().map(|byte| byte.count_ones()).sum();
    assert!((800..1100).contains(&set), "{set}");
    let line = snapshot.layers["ligne"].occupancy.clone().expect("noted");
    assert!(
        line.cells.iter().map(|byte| byte.count_ones()).sum::<u32>() == line.size[0] * line.size[1],
        "{line:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_was_edited_behind_the_scenes_is_asked_for_everything_when_it_is_restored() {
    let folder = open_folder("empty");
    let database = with_hole(folder.path()).await;
    let old = scalar(&database, "select table_name from datasud.layer").await;
    let file = squares(folder.path(), "carres", |[column, _]| column > 3);
    ingest(&database, "carres", &[file], |request| {
        request.existing = publish::Existing::Replace;
    })
    .await
    .expect("replaced");
    run(&database, &format!("insert into data.\"{old}\" (nom, geom) select 'caché', st_translate(geom, 5000, 5000) from data.\"{old}\" where nom = 'p1'")).await;
    support::region::publisher(&database).restore("carres").await.expect("restored");
    let server = support::server(&database);
    let base = server.base.clone();
    blocking(move || assert_eq!(get(&format!("{base}{}", vector(15, middle(HOLE)))).status, 200)).await;
    drop(server);
}

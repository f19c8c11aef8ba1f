//! Tiles that a server takes from the archives it made.

use super::background::{config, published};
use super::{gunzip, read, run};
use crate::grids::jobs::{ended, node};
use crate::grids::{CORNER, blocking};
use crate::support::region::scalar;
use crate::support::{self, TestDatabase, get, until};
use datasud::config::{Config, Limits};
use datasud::geo::grid::web_mercator_quad;
use datasud::geo::{BBox, Crs, Transform};
use datasud::jobs::State;
use datasud::store::Transaction;

/// The tile of zoom 15 in the middle of a square, counted from the west.
fn square(number: u32) -> (u8, u32, u32) {
    let crs = |srid| Crs::from_epsg(srid).expect("known");
    let way = Transform::new(&crs(2154), &crs(3857)).expect("a path");
    let east = CORNER[0] + 500.0 + 1000.0 * f64::from(number);
    let [x, y] = way.point(east, CORNER[1] + 500.0).expect("placed");
    let matrix = &web_mercator_quad().expect("there").matrices[15];
    let range = matrix.tiles_of(&BBox::new(x, y, x, y)).expect("inside");
    (15, range.min_col, range.min_row)
}

/// Holds a table so that nobody can read it.
async fn locked(database: &TestDatabase, table: &str) -> Transaction {
    let mut lock = database.store.job().await.expect("session").begin().await.expect("begun");
    let sql = format!("lock table data.\"{table}\" in access exclusive mode");
    lock.session().expect("session").batch(&sql).await.expect("locked");
    lock
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_was_made_answers_for_its_tiles_until_an_edit_touches_them() {
    let folder = support::open_folder("cold");
    let database = published(folder.path()).await;
    let runner = node(&database, config(folder.path())).await;
    let root = folder.path().to_owned();
    let (database, id) = blocking(move || {
        let export =
            ["tiles", "export", "essai", "essai.pmtiles", "--zoom", "10-15", "--background", "--json"];
        let added = run(&database, &root, &export);
        assert_eq!(added.code, 0, "{}", added.stderr);
        (database, added.json()["id"].as_i64().expect("a number"))
    })
    .await;
    assert_eq!(ended(&database, id).await.state, State::Done);
    runner.stop().await;

    // A server that has kept nothing yet, and keeps nothing.
    let limits = Limits { tile_cache_megabytes: 0, ..config(folder.path()).limits };
    let server = support::server_with(&database, Config { limits, ..config(folder.path()) });
    let (base, root) = (server.base.clone(), folder.path().to_owned());
    let archive = blocking(move || {
        let copy = root.join("copy.pmtiles");
        std::fs::write(&copy, get(&format!("{base}/download/essai/essai.pmtiles")).body).expect("written");
        read(&copy)
    })
    .await;
    assert!(archive.tiles.len() > 20, "{}", archive.tiles.len());
    let table = scalar(&database, "select table_name from datasud.layer where slug = 'essai'").await;
    let base = server.base.clone();
    let ask = move |(z, x, y): (u8, u32, u32)| get(&format!("{base}/tiles/essai/{z}/{x}/{y}.mvt"));

    let lock = locked(&database, &table).await;
    let (asked, tiles) = (ask.clone(), archive.tiles.clone());
    blocking(move || {
        for (place, tile) in &tiles {
            let answer = asked(*place);
            assert_eq!((answer.status, &answer.body), (200, &gunzip(tile)), "{place:?}");
        }
    })
    .await;
    lock.commit().await.expect("unlocked");

    let mut session = database.store.job().await.expect("session");
    session.batch(&format!("delete from data.\"{table}\" where sc = 'bas'")).await.expect("deleted");
    drop(session);
    let (asked, tiles) = (ask.clone(), archive.tiles.clone());
    blocking(move || {
        until("the edit is seen in the tile that it touched", || asked(square(0)).status == 204);
        // Another tile that shows the feature, with others.
        let (z, x, y) = (10, square(0).1 >> 5, square(0).2 >> 5);
        assert_ne!(asked((z, x, y)).body, gunzip(&tiles[&(z, x, y)]));
    })
    .await;
    let lock = locked(&database, &table).await;
    let tiles = archive.tiles.clone();
    blocking(move || {
        let answer = ask(square(2));
        assert_eq!((answer.status, answer.body), (200, gunzip(&tiles[&square(2)])));
        let metrics = get(&format!("{}/metrics", server.base)).text();
        let cold = metrics.lines().find_map(|line| line.strip_prefix("datasud_tiles_cold_total "));
        assert!(cold.and_then(|n| n.parse::<usize>().ok()).is_some_and(|n| n > tiles.len()), "{cold:?}");
    })
    .await;
    lock.commit().await.expect("unlocked");
}

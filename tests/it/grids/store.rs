//! Tiles on disk: they survive, they are never stale, they are made ahead of time and deleted.

use super::{CORNER, blocking, data};
use crate::support::region::{Ran, command};
use crate::support::{self, TestDatabase, get, get_with, ingest};
use datasud::config::{Config, Limits};
use std::path::{Path, PathBuf};

/// A configuration that keeps tiles in a folder.
pub(super) fn keeping(folder: &Path) -> Config {
    let limits = Limits { tile_store_megabytes: 50, ..Limits::default() };
    Config { data: folder.join("data"), limits, ..support::config() }
}

pub(super) async fn published(folder: &Path) -> TestDatabase {
    let database = support::database().await;
    ingest(&database, "essai", &[data(folder, "essai", 2154, CORNER)], |_| ()).await.expect("published");
    database
}

pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("data/tiles")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found
}

/// The program on the database, with tiles kept in the folder.
pub(super) fn run(database: &TestDatabase, folder: &Path, arguments: &[&str]) -> Ran {
    let config = folder.join("datasud.toml");
    std::fs::write(&config, "[limits]\ntile-store-megabytes = 50\n").expect("written");
    let mut command = command(database, arguments);
    command.env("DATASUD_CONFIG", config).env("DATASUD_DATA", folder.join("data"));
    command.output().expect("the program runs").into()
}

const PICTURE: &str = "/wmts/1.0.0/essai/default/LAMB93_10cm/12/438/68.png";
const VECTOR: &str = "/ogc/collections/essai/tiles/LAMB93_10cm/12/438/68";

#[tokio::test(flavor = "multi_thread")]
async fn tiles_on_disk_are_served_by_the_next_server_without_the_table_and_never_after_a_change() {
    let folder = support::open_folder("grids");
    let database = published(folder.path()).await;
    let config = keeping(folder.path());
    let server = support::server_with(&database, config.clone());
    let base = server.base.clone();
    let first = blocking(move || [PICTURE, VECTOR].map(|path| get(&format!("{base}{path}")))).await;
    assert!(first.iter().all(|answer| answer.status == 200), "{first:?}");
    drop(server);
    assert_eq!(files(folder.path()).len(), 2);

    // Nothing can be read of the table any more.
    let mut lock = database.store.job().await.expect("session").begin().await.expect("begun");
    let table =
        support::region::scalar(&database, "select table_name from datasud.layer where slug = 'essai'").await;
    let sql = format!("lock table data.\"{table}\" in access exclusive mode");
    lock.session().expect("session").batch(&sql).await.expect("locked");
    let server = support::server_with(&database, config.clone());
    let base = server.base.clone();
    let again = blocking(move || {
        let gzip = get_with(&format!("{base}{VECTOR}"), &[("accept-encoding", "gzip")]);
        assert_eq!(gzip.status, 200);
        [PICTURE, VECTOR].map(|path| get(&format!("{base}{path}")))
    })
    .await;
    for (a, b) in first.iter().zip(&again) {
        assert_eq!((a.status, &a.body), (b.status, &b.body));
    }
    lock.commit().await.expect("unlocked");
    drop(server);

    // One square less: the tiles that show it are made anew and take the places of those before.
    let mut before = files(folder.path());
    let mut session = database.store.job().await.expect("session");
    session.batch(&format!("delete from data.\"{table}\" where sc = 'bas'")).await.expect("deleted");
    let server = support::server_with(&database, config);
    let base = server.base.clone();
    let changed = blocking(move || [PICTURE, VECTOR].map(|path| get(&format!("{base}{path}")))).await;
    for (a, b) in first.iter().zip(&changed) {
        assert_eq!(b.status, 200);
        assert_ne!(a.body, b.body);
    }
    drop(server);
    let mut after = files(folder.path());
    before.sort();
    after.sort();
    assert_eq!((after.len(), after), (2, before));
}

#[tokio::test(flavor = "multi_thread")]
async fn seeding_makes_what_is_not_there_and_truncating_deletes_what_is_asked() {
    let folder = support::open_folder("grids");
    let database = published(folder.path()).await;
    let root = folder.path().to_owned();
    blocking(move || {
        let seed = ["tiles", "seed", "essai", "--grid", "LAMB93_10cm", "--zoom", "10-15", "--json"];
        let ran = run(&database, &root, &seed);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let first = ran.json();
        let made = first["made"].as_u64().expect("a number");
        assert!(made > 8 && first["status"] == "done" && first["there"] == 0, "{first}");
        assert_eq!((first["tiles"].as_u64(), files(&root).len() as u64), (Some(made), made));
        // A seeding that was stopped in the middle goes on.
        let some: Vec<PathBuf> = files(&root).into_iter().take(3).collect();
        some.iter().for_each(|file| std::fs::remove_file(file).expect("deleted"));
        let again = run(&database, &root, &seed).json();
        assert_eq!((again["made"].as_u64(), again["there"].as_u64()), (Some(3), Some(made - 3)));

        let vector =
            ["tiles", "seed", "essai", "--grid", "LAMB93_10cm", "--zoom", "12", "--format", "mvt", "--json"];
        let vector = run(&database, &root, &vector).json();
        assert_eq!(vector["status"], "done", "{vector}");
        let far = ["tiles", "seed", "essai", "--zoom", "5-8", "--bbox", "-60,10,-59,11", "--json"];
        assert_eq!(run(&database, &root, &far).json()["tiles"], 0);

        let status = run(&database, &root, &["tiles", "status", "--json"]).json();
        assert_eq!(status["entries"][0]["layers"], "essai");
        assert_eq!(status["entries"][0]["outdated"], 0);
        assert_eq!(status["files"].as_u64(), Some(files(&root).len() as u64));

        // What was seeded is what a server answers.
        let server = support::server_with(&database, keeping(&root));
        let there = files(&root).len();
        assert_eq!(get(&format!("{}{PICTURE}", server.base)).status, 200);
        assert_eq!(files(&root).len(), there);
        drop(server);

        let gone = run(&database, &root, &["tiles", "truncate", "essai", "--zoom", "15", "--json"]).json();
        assert!(gone["tiles"].as_u64().is_some_and(|n| n > 0) && files(&root).len() < there, "{gone}");
        let none = ["tiles", "truncate", "essai", "--bbox", "-60,10,-59,11", "--json"];
        assert_eq!(run(&database, &root, &none).json()["tiles"], 0);
        let here = ["tiles", "truncate", "essai", "--bbox", "5.3,43.2,5.6,43.5", "--json"];
        assert!(run(&database, &root, &here).json()["tiles"].as_u64().is_some_and(|n| n > 0));
        assert_eq!(run(&database, &root, &["tiles", "truncate", "--all"]).code, 0);
        assert!(files(&root).is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seeding_that_can_not_be_is_refused_with_a_sentence() {
    let folder = support::open_folder("grids");
    let database = published(folder.path()).await;
    let root = folder.path().to_owned();
    blocking(move || {
        for (arguments, code, said) in [
            (&["seed", "nulle"][..], 1, "there is no layer 'nulle'"),
            (&["seed", "essai", "--grid", "nulle"], 1, "there is no grid 'nulle'"),
            (&["seed", "essai", "--zoom", "20-30"], 1, "zooms 0 to 24"),
            (&["seed", "essai", "--style", "nulle"], 1, "has no style 'nulle'"),
            (&["seed", "essai", "--zoom", "9-3"], 2, "5-12"),
            (&["seed", "essai", "--bbox", "1,2,3"], 2, "west,south,east,north"),
            (&["seed", "essai", "--format", "gif"], 2, "png"),
            (&["seed"], 2, "LAYER"),
            (&["truncate"], 2, "LAYER"),
            (&["truncate", "nulle"], 1, "there is no layer 'nulle'"),
        ] {
            let ran = run(&database, &root, &[&["tiles"][..], arguments].concat());
            assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
        }
        let off = support::region::datasud(&database, &["tiles", "seed", "essai"]);
        assert_eq!(off.code, 1);
        assert!(off.stderr.contains("tile-store-megabytes"), "{}", off.stderr);
    })
    .await;
}

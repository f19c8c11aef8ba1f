//! Archives made by a server and offered for download.

use super::{read, run};
use crate::grids::jobs::{ended, forget, get as job, node, queue};
use crate::grids::{CORNER, blocking, data};
use crate::support::region::scalar;
use crate::support::{self, TestDatabase, get, get_with, head, ingest};
use datasud::config::Config;
use datasud::jobs::State;
use std::path::Path;
use std::time::Duration;

pub(super) async fn published(folder: &Path) -> TestDatabase {
    let database = support::database().await;
    ingest(&database, "essai", &[data(folder, "essai", 2154, CORNER)], |_| ()).await.expect("published");
    database
}

/// No tiles are kept on disk: archives need no store.
pub(super) fn config(folder: &Path) -> Config {
    Config { data: folder.join("data"), ..support::config() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_made_in_the_background_is_offered_in_parts_until_the_data_change() {
    let folder = support::open_folder("archives");
    let database = published(folder.path()).await;
    let server = support::server_with(&database, config(folder.path()));
    let address = format!("{}/download/essai/essai.pmtiles", server.base);
    let (root, url) = (folder.path().to_owned(), address.clone());
    let (database, id) = blocking(move || {
        let none = get(&url);
        assert_eq!(none.status, 404);
        assert!(
            none.text().contains("datasud tiles export essai essai.pmtiles --background"),
            "{}",
            none.text()
        );
        let export =
            ["tiles", "export", "essai", "essai.pmtiles", "--zoom", "8-14", "--background", "--json"];
        let added = run(&database, &root, &export);
        assert_eq!(added.code, 0, "{}", added.stderr);
        let shown = run(&database, &root, &["tiles", "jobs"]).stdout;
        assert!(shown.contains("export essai: waiting"), "{shown}");
        (database, added.json()["id"].as_i64().expect("a number"))
    })
    .await;
    let runner = node(&database, config(folder.path())).await;
    let done = ended(&database, id).await;
    assert_eq!(done.state, State::Done, "{done:?}");
    let p = &done.progress;
    assert_eq!((p.passed, p.made), (p.tiles, p.tiles), "{done:?}");

    let (root, url, base) = (folder.path().to_owned(), address.clone(), server.base.clone());
    blocking(move || {
        let whole = get(&url);
        assert_eq!(whole.status, 200, "{}", whole.text());
        assert_eq!(whole.body.len() as i64, done.progress.bytes);
        assert_eq!(whole.header("content-type"), "application/vnd.pmtiles");
        assert_eq!(whole.header("accept-ranges"), "bytes");
        assert_eq!(whole.header("content-length"), whole.body.len().to_string());
        assert!(whole.header("content-disposition").contains("essai.pmtiles"));
        assert!(whole.body.starts_with(b"PMTiles\x03"));
        let copy = root.join("copy.pmtiles");
        std::fs::write(&copy, &whole.body).expect("written");
        assert!(read(&copy).tiles.len() > 10);

        let first = head(&url);
        assert_eq!((first.status, first.header("content-length")), (200, whole.header("content-length")));
        assert!(first.body.is_empty());
        let etag = whole.header("etag").to_owned();
        let size = whole.body.len();
        let asked = |range: &str| get_with(&url, &[("range", range), ("accept-encoding", "gzip")]);
        for (range, expected) in [
            ("bytes=0-126", &whole.body[..127]),
            ("bytes=100-", &whole.body[100..]),
            ("bytes=-9", &whole.body[size - 9..]),
        ] {
            let part = asked(range);
            assert_eq!((part.status, &part.body[..]), (206, expected), "{range}");
            let from = if range == "bytes=-9" {
                size - 9
            } else {
                expected.as_ptr() as usize - whole.body.as_ptr() as usize
            };
            let said = format!("bytes {from}-{}/{size}", from + expected.len() - 1);
            assert_eq!(part.header("content-range"), said);
            assert_eq!(part.header("content-encoding"), "identity");
        }
        let beyond = asked(&format!("bytes={size}-"));
        assert_eq!((beyond.status, beyond.header("content-range")), (416, &*format!("bytes */{size}")));
        assert_eq!(asked("bytes=0-1,4-5").status, 200);
        assert_eq!(get_with(&url, &[("if-none-match", &etag)]).status, 304);
        let same = get_with(&url, &[("range", "bytes=0-9"), ("if-range", &etag)]);
        let other = get_with(&url, &[("range", "bytes=0-9"), ("if-range", "\"other\"")]);
        assert_eq!((same.status, other.status), (206, 200));
        let open = same.header("access-control-expose-headers").to_owned();
        assert!(open.contains("Content-Range") && open.contains("ETag"), "{open}");

        let files = get(&format!("{base}/download/essai")).json();
        let files = files["files"].as_array().expect("a list").clone();
        let listed = files.iter().find(|file| file["name"] == "essai.pmtiles").expect("listed");
        assert_eq!(get(listed["href"].as_str().expect("text")).status, 200);
        for missing in
            ["essai.mbtiles", "essai.x.pmtiles", "other.pmtiles", "..pmtiles", "%2e%2e%2fessai.pmtiles"]
        {
            assert_eq!(get(&format!("{base}/download/essai/{missing}")).status, 404, "{missing}");
        }
        assert_eq!(get(&format!("{base}/download/other/essai.pmtiles")).status, 404);
        assert_eq!(get(&format!("{base}/org/nobody/download/essai/essai.pmtiles")).status, 404);
    })
    .await;

    // Of data that are another there is none, and making it again deletes the one before.
    let table = scalar(&database, "select table_name from datasud.layer where slug = 'essai'").await;
    let mut session = database.store.job().await.expect("session");
    session.batch(&format!("delete from data.\"{table}\" where sc = 'bas'")).await.expect("deleted");
    drop(session);
    let url = address.clone();
    support::until_holds("the server never hears of it", async || {
        let url = url.clone();
        blocking(move || get(&url).status).await == 404
    })
    .await;
    runner.stop().await;
    let runner = node(&database, config(folder.path())).await;
    let root = folder.path().to_owned();
    let (database, id) = blocking(move || {
        let export =
            ["tiles", "export", "essai", "essai.pmtiles", "--zoom", "8-14", "--background", "--json"];
        let id = run(&database, &root, &export).json()["id"].as_i64().expect("a number");
        (database, id)
    })
    .await;
    assert_eq!(ended(&database, id).await.state, State::Done);
    let url = address.clone();
    assert_eq!(blocking(move || get(&url).status).await, 200);
    let mut archives = Vec::new();
    for layers in std::fs::read_dir(folder.path().join("data/archives")).expect("read").flatten() {
        archives.extend(std::fs::read_dir(layers.path()).expect("read").flatten());
    }
    assert_eq!(archives.len(), 1, "{archives:?}");
    runner.stop().await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_whose_server_is_gone_is_finished_by_another_and_ended_when_told() {
    let folder = support::open_folder("archives");
    let database = published(folder.path()).await;
    let root = folder.path().to_owned();
    let (database, ids) = blocking(move || {
        let mut ids = Vec::new();
        for name in ["essai.mbtiles", "essai.plus.pmtiles"] {
            let export = ["tiles", "export", "essai", name, "--zoom", "12-20", "--background", "--json"];
            ids.push(run(&database, &root, &export).json()["id"].as_i64().expect("a number"));
        }
        (database, ids)
    })
    .await;
    let first = node(&database, config(folder.path())).await;
    support::until_holds("it never gets on", async || job(&database, ids[0]).await.progress.passed > 0).await;
    // Without a word to the database, as by kill -9.
    drop(first);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let left = job(&database, ids[0]).await;
    assert!(left.state == State::Running && left.progress.passed < left.progress.tiles, "{left:?}");
    forget(&database).await;
    let second = node(&database, config(folder.path())).await;
    let done = ended(&database, ids[0]).await;
    let p = &done.progress;
    assert_eq!((done.state, p.passed), (State::Done, p.tiles), "{done:?}");
    assert!(p.there >= left.progress.passed && p.there + p.made == p.tiles, "{done:?} after {left:?}");

    support::until_holds("it is never taken", async || job(&database, ids[1]).await.progress.passed > 0)
        .await;
    queue(&database).cancel(ids[1]).await.expect("told");
    assert_eq!(ended(&database, ids[1]).await.state, State::Cancelled);
    second.stop().await;
    let server = support::server_with(&database, config(folder.path()));
    let base = server.base.clone();
    let root = folder.path().to_owned();
    blocking(move || {
        assert_eq!(get(&format!("{base}/download/essai/essai.plus.pmtiles")).status, 404);
        let whole = get(&format!("{base}/download/essai/essai.mbtiles"));
        assert_eq!(whole.header("content-type"), "application/vnd.sqlite3");
        std::fs::write(root.join("copy.mbtiles"), whole.body).expect("written");
        assert!(read(&root.join("copy.mbtiles")).tiles.len() > 1000);
    })
    .await;
    drop(server);
}

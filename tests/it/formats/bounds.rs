//! Bounds of files, and clients that leave.

use super::{bench_with, formats};
use crate::support::{get, head, until};
use datasud::config::Limits;
use datasud::formats::Making;
use std::io::{Read, Write};

/// Features that make every built file larger than some kilobytes.
const MORE: &str = "insert into data.valeurs__v1 (fid, nom, octets, geom)
    select 100 + n, md5(n::text) || md5((n + 1)::text), decode(md5(n::text), 'hex'),
        ST_SetSRID(ST_Point(890000 + n * 1.25, 6245000 + n), 2154)
    from generate_series(1, 20000) n;
    update datasud.layer set features = features + 20000 where slug = 'valeurs'";

impl super::Bench {
    /// Files that are being built.
    fn building(&self) -> usize {
        std::fs::read_dir(self.data.path().join("tmp")).map_or(0, Iterator::count)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_built_file_beyond_the_limit_is_refused_and_leaves_nothing() {
    let limits = Limits { export_bytes: 100_000, ..Limits::default() };
    let bench = bench_with(limits, MORE).await;
    for format in formats() {
        let path = format!("/download/formats/valeurs.{}", format.extension);
        let answer = get(&bench.url(&path));
        match format.making {
            Making::Streamed(_) => assert_eq!(answer.status, 200, "{path} is streamed without this bound"),
            Making::Built(_) => {
                assert_eq!(answer.status, 422, "{path}: {}", answer.text());
                let told = answer.text();
                assert!(told.contains("100000 bytes") && told.contains("limits.export-bytes"), "{told}");
                assert_eq!(head(&bench.url(&path)).status, 200, "a head builds nothing");
                let part = format!(
                    "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=valeurs&count=3&outputFormat={}",
                    format.short
                );
                if format.short != "gpkg" {
                    assert_eq!(get(&bench.url(&part)).status, 200, "{path}: a part that fits is answered");
                }
            }
        }
        assert_eq!(bench.building(), 0, "{path}: nothing is left of what was given up");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_in_the_middle_leaves_no_file() {
    let bench = bench_with(Limits::default(), MORE).await;
    let host = bench.server.base.trim_start_matches("http://").to_owned();
    for format in formats() {
        let mut stream = crate::support::connect(&host);
        let path = format!("/download/formats/valeurs.{}", format.extension);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("asked");
        let mut start = [0_u8; 2048];
        stream.read_exact(&mut start).expect("the start of the answer");
        assert!(start.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&start));
        drop(stream);
        until("no file is left", || bench.building() == 0);
    }
    // And one that leaves while the file is being built, which a lock on the table makes long.
    let session = bench.database.store.job().await.expect("session");
    let mut transaction = session.begin().await.expect("begun");
    let lock = "lock table data.valeurs__v1 in access exclusive mode";
    transaction.session().expect("session").batch(lock).await.expect("locked");
    for format in formats().filter(|f| matches!(f.making, Making::Built(_))) {
        let mut stream = crate::support::connect(&host);
        let path = format!("/download/formats/valeurs.{}", format.extension);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("asked");
        until("the file is begun", || bench.building() > 0);
        drop(stream);
        until("the file goes with its client", || bench.building() == 0);
    }
    transaction.rollback().await.expect("unlocked");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_cut_from_many_features() {
    let bench = bench_with(Limits::default(), MORE).await;
    for format in formats() {
        let body = bench.body(&format!("/download/formats/valeurs.{}", format.extension));
        let read = super::read(format, "valeurs", &body);
        assert_eq!(read.rows.len(), 20_007, "{}", format.name);
        let last = &read.rows[&20_100];
        assert_eq!(last.values["nom"].as_ref().map(String::len), Some(64), "{}", format.name);
        assert!(last.geometry.is_some(), "{}", format.name);
    }
}

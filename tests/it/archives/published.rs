//! Archives of tiles published as layers.

use super::background::config;
use super::{Archive, gunzip, read, run};
use crate::ats::wmts10::valid_by_schema;
use crate::grids::{CORNER, blocking, data};
use crate::support::{self, TestDatabase, get, get_with, head, ingest};
use datasud::publish::Publisher;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

/// A layer, and archives of its tiles in a folder: vector tiles and pictures of both kinds.
async fn exported(folder: &Path, names: &[(&str, &[&str])]) -> TestDatabase {
    let database = support::database().await;
    ingest(&database, "essai", &[data(folder, "essai", 2154, CORNER)], |request| {
        request.licence = Some("etalab-2.0".to_owned());
    })
    .await
    .expect("published");
    let names: Vec<(String, Vec<String>)> = names
        .iter()
        .map(|(name, more)| ((*name).to_owned(), more.iter().map(|m| (*m).to_owned()).collect()))
        .collect();
    let root = folder.to_owned();
    blocking(move || {
        for (name, more) in &names {
            let more: Vec<&str> = more.iter().map(String::as_str).collect();
            let ran = run(&database, &root, &[&["tiles", "export", "essai", name][..], &more].concat());
            assert_eq!(ran.code, 0, "{}", ran.stderr);
        }
        database
    })
    .await
}

/// Publishes a file as a dataset of the name `pyramide`; the outcome.
fn publish(database: &TestDatabase, folder: &Path, file: &str, more: &[&str]) -> (i32, Value) {
    let fixed = ["ingest", file, "--dataset", "pyramide", "--organisation", "Atelier", "--json"];
    let ran = run(database, folder, &[&fixed[..], more].concat());
    (ran.code, ran.json())
}

/// Head, in small letters, and body as they come over the wire: the client of the other tests unpacks what is compressed.
fn wire(url: &str, accept: &str) -> (String, Vec<u8>) {
    let (host, path) = url.trim_start_matches("http://").split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("connected");
    let head = format!(
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: {accept}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("asked");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("answered");
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    (String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase(), bytes[end + 4..].to_vec())
}

/// Every tile by an address with `{z}`, `{x}` and `{y}`, as it lies in the archive.
fn same_as_archive(archive: &Archive, address: &str, media_type: &str, is_packed: bool) {
    for ((z, x, y), tile) in &archive.tiles {
        let url = address
            .replace("{z}", &z.to_string())
            .replace("{x}", &x.to_string())
            .replace("{y}", &y.to_string());
        let (head, body) = wire(&url, "gzip");
        assert!(head.starts_with("http/1.1 200"), "{url}: {head}");
        assert!(head.contains(&format!("content-type: {media_type}")), "{url}: {head}");
        assert_eq!(head.contains("content-encoding: gzip"), is_packed, "{url}: {head}");
        assert!(body == *tile, "{url}: other bytes");
        if is_packed {
            let (head, body) = wire(&url, "identity");
            assert!(!head.contains("content-encoding") && head.contains("vary: accept-encoding"), "{head}");
            assert!(body == gunzip(tile), "{url}: other bytes, unpacked");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_vector_tiles_is_served_as_it_is_where_tiles_are_and_nowhere_else() {
    let folder = support::open_folder("archives");
    let zooms: &[&str] = &["--zoom", "8-14"];
    let database = exported(folder.path(), &[("a.pmtiles", zooms), ("a.mbtiles", zooms)]).await;
    let server = support::server_with(&database, config(folder.path()));
    let (root, base) = (folder.path().to_owned(), server.base.clone());
    let database = blocking(move || {
        for (name, layer) in [("a.pmtiles", "pyra_un"), ("a.mbtiles", "pyra_deux")] {
            let archive = read(&root.join(name));
            let replace: &[&str] = &["--layer", layer, "--replace", "--title", "Pyramide d'essai"];
            let (code, outcome) = publish(&database, &root, name, replace);
            assert_eq!((code, &outcome["status"]), (0, &json!("published")), "{outcome}");
            let said = &outcome["layers"][0];
            assert_eq!((&said["slug"], &said["geometry"]), (&json!(layer), &json!("Tiles")), "{outcome}");
            assert_eq!(said["features"].as_u64(), Some(archive.tiles.len() as u64), "{outcome}");
            let heard = || get(&format!("{base}/tiles/{layer}.json")).status == 200;
            let end = std::time::Instant::now() + support::PATIENCE;
            while !heard() {
                assert!(std::time::Instant::now() < end, "the server never hears of it");
                std::thread::sleep(std::time::Duration::from_millis(50));
            }

            let tilejson = get(&format!("{base}/tiles/{layer}.json")).json();
            assert_eq!((&tilejson["minzoom"], &tilejson["maxzoom"]), (&json!(8), &json!(14)), "{tilejson}");
            assert_eq!(tilejson["vector_layers"][0]["id"], "essai", "{tilejson}");
            assert_eq!(tilejson["vector_layers"][0]["fields"]["jour"], "String", "{tilejson}");
            assert_eq!(tilejson["attribution"], "© DataSud, etalab-2.0", "{tilejson}");
            assert_eq!(tilejson["name"], "Pyramide d'essai", "{tilejson}");
            let address = format!("{base}/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt");
            assert_eq!(tilejson["tiles"][0].as_str(), Some(&*address), "{tilejson}");
            let mvt = "application/vnd.mapbox-vector-tile";
            same_as_archive(&archive, &address, mvt, true);
            let rest = format!("{base}/wmts/1.0.0/{layer}/default/WebMercatorQuad/{{z}}/{{y}}/{{x}}.mvt");
            same_as_archive(&archive, &rest, mvt, true);
            let ogc = format!("{base}/ogc/collections/{layer}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}");
            same_as_archive(&archive, &ogc, mvt, true);

            let (z, x, y) = *archive.tiles.keys().last().expect("some");
            let one = format!("{base}/tiles/{layer}/{z}/{x}/{y}");
            let etag = get(&format!("{one}.mvt")).header("etag").to_owned();
            assert_eq!(get_with(&format!("{one}.mvt"), &[("if-none-match", &etag)]).status, 304);
            assert_eq!(head(&format!("{one}.pbf")).status, 200);
            let kvp = format!(
                "{base}/wmts?service=WMTS&request=GetTile&version=1.0.0&layer={layer}&style=&format={mvt}\
                 &TileMatrixSet=WebMercatorQuad&TileMatrix={z}&TileRow={y}&TileCol={x}"
            );
            assert_eq!(get(&kvp).body, get(&format!("{one}.mvt")).body);
            for (url, status, said) in [
                (format!("{base}/tiles/{layer}/14/0/0.mvt"), 204, ""),
                (format!("{base}/tiles/{layer}/20/0/0.mvt"), 204, ""),
                (format!("{base}/tiles/{layer}/14/99999/0.mvt"), 404, "no tile"),
                (format!("{base}/tiles/{layer}/x/0/0.mvt"), 400, "whole number"),
                (format!("{one}.png"), 404, "ask for .mvt"),
                (format!("{base}/tiles/essai,{layer}.json"), 400, "can't be joined"),
                (format!("{base}/tiles/{layer},essai/14/0/0.mvt"), 400, "can't be joined"),
                (kvp.replace("TileMatrix=14", "TileMatrix=3"), 400, "8 to 14"),
                (kvp.replace("WebMercatorQuad", "LAMB93_10cm"), 400, "WebMercatorQuad"),
                (kvp.replace(mvt, "image/png"), 400, mvt),
                (kvp.replace("style=", "style=nulle"), 400, "default"),
                (kvp.replace("GetTile", "GetFeatureInfo"), 400, "archive of tiles"),
                (format!("{base}/ogc/tiles/WebMercatorQuad/{z}/{y}/{x}?collections=essai,{layer}"), 400, "can't be joined"),
                (format!("{base}/ogc/collections/{layer}/items"), 404, "no collection"),
                (format!("{base}/ogc/collections/{layer}/map"), 404, "no collection"),
                (format!("{base}/ogc/collections/{layer}/map/tiles"), 404, "archive of mvt"),
                (format!("{base}/ogc/collections/{layer}/tiles/WorldCRS84Quad"), 404, "no other"),
                (format!("{base}/ogc/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}?f=png"), 400, "f is mvt"),
                (format!("{base}/styles/{layer}/default.json"), 404, "no layer"),
                (
                    format!("{base}/wms?service=WMS&version=1.3.0&request=GetMap&layers={layer}&styles=&crs=EPSG:3857&bbox=0,0,1,1&width=9&height=9&format=image/png"),
                    400,
                    "LayerNotDefined",
                ),
                (format!("{base}/download/pyramide/{layer}.gpkg"), 404, ""),
            ] {
                let answer = get(&url);
                assert_eq!(answer.status, status, "{url}: {}", answer.text());
                assert!(answer.text().contains(said), "{url}: {}", answer.text());
            }
            for names in ["wfs?service=WFS&version=2.0.0", "wms?service=WMS&version=1.3.0"] {
                let capabilities = get(&format!("{base}/{names}&request=GetCapabilities")).text();
                assert!(!capabilities.contains(layer) && capabilities.contains("essai"), "{names}");
            }
            let capabilities = get(&format!("{base}/wmts?service=WMTS&request=GetCapabilities")).text();
            assert!(capabilities.contains(&format!("<ows:Identifier>{layer}</ows:Identifier>")));
            assert!(capabilities.contains(&format!("<Format>{mvt}</Format>")));
            valid_by_schema(&capabilities);

            let collection = get(&format!("{base}/ogc/collections/{layer}?f=json")).json();
            assert_eq!(collection["id"], layer);
            let all = get(&format!("{base}/ogc/collections?f=json")).json();
            let listed = all["collections"].as_array().expect("a list").iter().filter(|c| c["id"] == layer);
            assert_eq!(listed.count(), 1);
            let sets = get(&format!("{base}/ogc/collections/{layer}/tiles")).json();
            let limits = &sets["tilesets"][0]["tileMatrixSetLimits"];
            assert_eq!((&limits[0]["tileMatrix"], limits.as_array().map(Vec::len)), (&json!("8"), Some(7)));
            let set = get(&format!("{base}/ogc/collections/{layer}/tiles/WebMercatorQuad")).json();
            assert_eq!(set["layers"][0]["propertiesSchema"]["properties"]["jour"]["type"], "string", "{set}");

            let page = get(&format!("{base}/datasets/pyramide?lang=en")).text();
            assert!(page.contains(&format!("{base}/tiles/{layer}.json")) && page.contains("zooms 8–14"), "{page}");
            assert!(!page.contains("/dataset/pyramide/wfs"), "{page}");
            let page = get(&format!("{base}/ogc/collections/{layer}?f=html"));
            assert_eq!((page.status, page.header("location")), (303, &*format!("{base}/datasets/pyramide")));
            let record = outcome["dataset"]["record"].as_str().expect("a uuid");
            let iso = get(&format!(
                "{base}/csw?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&outputSchema=http://www.isotc211.org/2005/gmd&id={record}"
            ))
            .text();
            assert!(iso.contains(&format!("/tiles/{layer}.json")) && iso.contains("Mapbox Vector Tile"), "{iso}");
            assert!(!iso.contains("GeoPackage") && !iso.contains("/dataset/pyramide/wms"), "{iso}");
        }
        let listed = run(&database, &root, &["list", "--json"]).json();
        let found = listed.as_array().expect("a list").iter().find(|d| d["slug"] == "pyramide");
        assert_eq!(found.expect("listed")["layers"][0]["geometry"], "Tiles", "{listed}");
        let again = run(&database, &root, &["tiles", "export", "pyra_deux", "x.pmtiles"]);
        assert!(again.code == 1 && again.stderr.contains("is an archive of tiles"), "{}", again.stderr);
        // It goes with its file.
        let removed = run(&database, &root, &["remove", "pyramide"]);
        assert_eq!(removed.code, 0, "{}", removed.stderr);
        assert_eq!(files_below(&root.join("data/images")), Vec::<String>::new());
        database
    })
    .await;
    drop(server);
    drop(database);
}

/// Names of the files in a folder, at any depth.
fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path.display().to_string()) }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_of_pictures_are_map_tiles_and_versions_come_and_go_with_their_files() {
    let folder = support::open_folder("archives");
    let of = |format: &'static str| ["--zoom", "12-14", "--format", format];
    let (png, webp) = (of("png"), of("webp"));
    let database =
        exported(folder.path(), &[("a.pmtiles", &png), ("b.mbtiles", &webp), ("c.mbtiles", &png)]).await;
    let server = support::server_with(&database, config(folder.path()));
    let (root, base) = (folder.path().to_owned(), server.base.clone());
    let (database, root, first) = blocking(move || {
        let (code, outcome) = publish(&database, &root, "a.pmtiles", &[]);
        assert_eq!(code, 0, "{outcome}");
        let url = format!("{base}/tiles/a.json");
        let end = std::time::Instant::now() + support::PATIENCE;
        while get(&url).status != 200 {
            assert!(std::time::Instant::now() < end, "the server never hears of it");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let tilejson = get(&url).json();
        assert_eq!((&tilejson["format"], &tilejson["vector_layers"]), (&json!("png"), &Value::Null));
        let archive = read(&root.join("a.pmtiles"));
        let address = format!("{base}/tiles/a/{{z}}/{{x}}/{{y}}.png");
        assert_eq!(tilejson["tiles"][0].as_str(), Some(&*address), "{tilejson}");
        same_as_archive(&archive, &address, "image/png", false);
        let rest = format!("{base}/wmts/1.0.0/a/default/WebMercatorQuad/{{z}}/{{y}}/{{x}}.png");
        same_as_archive(&archive, &rest, "image/png", false);
        let ogc = format!("{base}/ogc/collections/a/map/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}?f=png");
        same_as_archive(&archive, &ogc, "image/png", false);
        valid_by_schema(&get(&format!("{base}/wmts?service=WMTS&request=GetCapabilities")).text());
        for (url, said) in [
            (format!("{base}/tiles/a/12/0/0.webp"), "ask for .png"),
            (format!("{base}/ogc/collections/a/tiles"), "/map/tiles"),
            (format!("{base}/wmts/1.0.0/a/default/WebMercatorQuad/12/0/0.gif"), "template"),
        ] {
            let answer = get(&url);
            assert!(answer.status == 404 && answer.text().contains(said), "{url}: {}", answer.text());
        }
        let page = get(&format!("{base}/datasets/pyramide")).text();
        assert!(page.contains("images en tuiles (png)"), "{page}");
        // A style is drawn with, which nobody does here.
        std::fs::write(root.join("s.sld"), datasud::style::RASTER_SLD).expect("written");
        let styled = run(
            &database,
            &root,
            &["ingest", "b.mbtiles", "--dataset", "stylee", "--style", "s.sld", "--json"],
        );
        assert!(styled.code == 1 && styled.stdout.contains("has no style here"), "{}", styled.stdout);

        let (code, outcome) = publish(&database, &root, "b.mbtiles", &["--layer", "a", "--replace"]);
        assert_eq!((code, &outcome["dataset"]["version"]), (0, &json!(2)), "{outcome}");
        let replaced = std::time::Instant::now() + support::PATIENCE;
        while get(&url).json()["format"] != "webp" {
            assert!(std::time::Instant::now() < replaced, "the server never hears of it");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        same_as_archive(
            &read(&root.join("b.mbtiles")),
            &format!("{base}/tiles/a/{{z}}/{{x}}/{{y}}.webp"),
            "image/webp",
            false,
        );
        // The version before is kept.
        assert_eq!(files_below(&root.join("data/images")).len(), 2);
        (database, root, archive)
    })
    .await;
    let publisher = Publisher::new(Arc::new(config(folder.path())), database.store.clone());
    publisher.restore("pyramide").await.expect("restored");
    let (base, folder_of) = (server.base.clone(), root.clone());
    let url = format!("{base}/tiles/a.json");
    support::until_holds("the server never hears of it", async || {
        let url = url.clone();
        blocking(move || get(&url).json()["format"] == "png").await
    })
    .await;
    blocking(move || {
        same_as_archive(&first, &format!("{base}/tiles/a/{{z}}/{{x}}/{{y}}.png"), "image/png", false);
        // Two versions are kept, whatever comes after.
        let (code, outcome) = publish(&database, &folder_of, "c.mbtiles", &["--layer", "a", "--replace"]);
        assert_eq!(code, 0, "{outcome}");
        let left = files_below(&folder_of.join("data/images"));
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left.iter().any(|file| file.ends_with("1.mbtiles")), "{left:?}");
        assert_eq!(files_below(&folder_of.join("data/tmp")), Vec::<String>::new());
    })
    .await;
    drop(server);
}

//! Edits by whomever change the tiles and pictures that they touch, on every node, and no others.

mod edits;
mod empty;
mod places;
mod ways;

use crate::support::{self, Answer, TestDatabase, TestServer, config, get, get_with, ingest, open_folder};
use datasud::config::{Config, Editing};
use datasud::geo::grid::{Tile, TileMatrixSet, standard};
use datasud::geo::{BBox, Crs, Transform};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Lower left corner of the first square, in EPSG:2154.
const CORNER: [f64; 2] = [890_000.0, 6_240_000.0];

/// Squares along each side: of 400 metres, 100 metres between them.
const SIDE: u32 = 20;

/// The middle of a square, in EPSG:2154.
fn middle([column, row]: [u32; 2]) -> [f64; 2] {
    [CORNER[0] + f64::from(column) * 500.0 + 200.0, CORNER[1] + f64::from(row) * 500.0 + 200.0]
}

/// The identifier of a square.
const fn fid([column, row]: [u32; 2]) -> u32 {
    1 + row * SIDE + column
}

fn square([x, y]: [f64; 2]) -> String {
    let (west, south, east, north) = (x - 200.0, y - 200.0, x + 200.0, y + 200.0);
    format!("[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]")
}

/// Squares with their names, but those that `left_out` names.
fn squares(folder: &Path, name: &str, left_out: impl Fn([u32; 2]) -> bool) -> PathBuf {
    let all = (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| [column, row]));
    let features: Vec<String> = all
        .filter(|at| !left_out(*at))
        .map(|at| {
            format!(
                r#"{{"type":"Feature","id":{},"properties":{{"nom":"p{}"}},"geometry":{{"type":"Polygon","coordinates":{}}}}}"#,
                fid(at), fid(at), square(middle(at))
            )
        })
        .collect();
    let crs = r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}}"#;
    let path = folder.join(format!("{name}.geojson"));
    let text = format!(r#"{{"type":"FeatureCollection","crs":{crs},"features":[{}]}}"#, features.join(","));
    std::fs::write(&path, text).expect("written");
    path
}

/// Two servers over one database with the layer `carres`.
struct Nodes {
    database: TestDatabase,
    nodes: [TestServer; 2],
    folder: TempDir,
}

impl Nodes {
    async fn new() -> Self {
        let folder = open_folder("fresh");
        let database = support::database().await;
        let file = squares(folder.path(), "carres", |_| false);
        ingest(&database, "carres", &[file], |_| ()).await.expect("published");
        let editing = || Config { editing: Editing::Open, ..config() };
        let nodes = [(); 2].map(|()| support::server_with(&database, editing()));
        Self { database, nodes, folder }
    }

    fn bases(&self) -> [String; 2] {
        [0, 1].map(|node| self.nodes[node].base.clone())
    }

    async fn run(&self, sql: &str) {
        run(&self.database, sql).await;
    }
}

async fn run(database: &TestDatabase, sql: &str) {
    database.store.job().await.expect("session").batch(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("done")
}

fn placed(to: i32, [x, y]: [f64; 2]) -> [f64; 2] {
    let crs = |srid| Crs::from_epsg(srid).expect("known");
    Transform::new(&crs(2154), &crs(to)).expect("path").point(x, y).expect("placed")
}

/// The tile of a zoom of Web Mercator that a place in EPSG:2154 lies in.
fn web_tile(z: u8, place: [f64; 2]) -> Tile {
    let grid = standard().iter().find(|g| g.id == "WebMercatorQuad").expect("there");
    grid_tile(grid, usize::from(z), placed(3857, place))
}

fn grid_tile(grid: &'static TileMatrixSet, level: usize, [x, y]: [f64; 2]) -> Tile {
    let range = grid.matrices[level].tiles_of(&BBox::new(x, y, x, y)).expect("inside");
    grid.tile(level, range.min_row, range.min_col).expect("exists")
}

fn vector(z: u8, place: [f64; 2]) -> String {
    let tile = web_tile(z, place);
    format!("/tiles/carres/{z}/{}/{}.mvt", tile.col(), tile.row())
}

/// Tiles and maps that show a place in EPSG:2154: vector tiles of both grids from `zooms` on, pictures of tiles, and maps.
fn addresses(zooms: std::ops::RangeInclusive<u8>, place: [f64; 2]) -> Vec<String> {
    let mut all: Vec<String> = zooms.clone().map(|z| vector(z, place)).collect();
    // Of which something was chosen.
    all.push(format!("{}?properties=nom&buffer=0&extent=512", vector(14, place)));
    all.push(format!("{}?filter=nom%20is%20not%20null", vector(13, place)));
    let lambert = standard().iter().find(|g| g.id == "LAMB93_10cm").expect("there");
    for z in [12, 14, 16] {
        let tile = web_tile(z, place);
        all.push(format!("/wmts/1.0.0/carres/default/WebMercatorQuad/{z}/{}/{}.png", tile.row(), tile.col()));
        // Tiles of this grid are as wide as those of the zoom before.
        let level = usize::from(z) + 1;
        let tile = grid_tile(lambert, level, place);
        let at = format!("{}/{}/{}", tile.matrix().id, tile.row(), tile.col());
        all.push(format!("/ogc/collections/carres/tiles/LAMB93_10cm/{at}"));
        all.push(format!("/ogc/collections/carres/map/tiles/LAMB93_10cm/{at}?f=png"));
    }
    let [x, y] = placed(3857, place);
    all.push(format!(
        "/wms?service=WMS&version=1.3.0&request=GetMap&layers=carres&styles=&crs=EPSG:3857&format=image/png&width=200&height=200&bbox={},{},{},{}",
        x - 500.0, y - 500.0, x + 500.0, y + 500.0
    ));
    let [west, south] = placed(4326, [place[0] - 300.0, place[1] - 300.0]);
    let [east, north] = placed(4326, [place[0] + 300.0, place[1] + 300.0]);
    all.push(format!(
        "/ogc/collections/carres/map?bbox={west},{south},{east},{north}&width=150&height=150&f=png"
    ));
    if *zooms.start() > 12 {
        all.retain(|address| {
            !address.contains("WebMercatorQuad/12/") && !address.contains("LAMB93_10cm/13/")
        });
    }
    all
}

/// What an address answers now.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    address: String,
    etag: String,
    body: Vec<u8>,
}

fn seen(base: &str, address: &str) -> Seen {
    let answer = get(&format!("{base}{address}"));
    assert!(matches!(answer.status, 200 | 204), "{address}: {} {}", answer.status, answer.text());
    let etag = answer.header("etag").to_owned();
    assert!(!etag.is_empty(), "{address}");
    Seen { address: address.to_owned(), etag, body: answer.body }
}

fn all_seen(bases: &[String], addresses: &[String]) -> Vec<Vec<Seen>> {
    bases.iter().map(|base| addresses.iter().map(|address| seen(base, address)).collect()).collect()
}

/// The answer to who has seen something.
fn asked_again(base: &str, seen: &Seen) -> Answer {
    get_with(&format!("{base}{}", seen.address), &[("if-none-match", &seen.etag)])
}

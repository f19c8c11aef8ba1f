//! Tile grids beside those of the web: of France, of its regions overseas, of one's own.

mod dimensions;
pub(crate) mod jobs;
mod soap;
mod store;

use crate::ats::wmts10::valid_by_schema;
use crate::mvt::decode;
use crate::picture::Picture;
use crate::support::{self, Answer, TestDatabase, TestServer, get, ingest};
use datasud::config::{Config, TileMatrixSetConfig};
use datasud::geo::grid::{Grids, TileMatrixSet};

/// Three squares of a kilometre beside each other in Lambert-93, by day and scenario.
const FACTS: [&str; 3] = [
    r#""jour":"2024-05-01","sc":"bas""#,
    r#""jour":"2024-05-03","sc":"haut""#,
    r#""jour":"2024-05-05","sc":"haut""#,
];

/// Lower left corner of the first square.
pub(crate) const CORNER: [f64; 2] = [900_000.0, 6_250_000.0];

pub(crate) fn data(
    folder: &std::path::Path,
    name: &str,
    srid: i32,
    [x0, y0]: [f64; 2],
) -> std::path::PathBuf {
    let features: Vec<String> = FACTS
        .iter()
        .enumerate()
        .map(|(index, facts)| {
            let (x, y) = (x0 + 1000.0 * index as f64, y0);
            let (r, t) = (x + 1000.0, y + 1000.0);
            format!(
                r#"{{"type":"Feature","properties":{{{facts}}},"geometry":{{"type":"Polygon","coordinates":
                [[[{x},{y}],[{r},{y}],[{r},{t}],[{x},{t}],[{x},{y}]]]}}}}"#
            )
        })
        .collect();
    let path = folder.join(format!("{name}.geojson"));
    let crs = format!(r#"{{"type":"name","properties":{{"name":"urn:ogc:def:crs:EPSG::{srid}"}}}}"#);
    let text = format!(r#"{{"type":"FeatureCollection","crs":{crs},"features":[{}]}}"#, features.join(","));
    std::fs::write(&path, text).expect("written");
    path
}

/// A grid of one's own: tiles of 512 × 256, steps that are no halves.
fn own(id: &str, crs: &str, origin: [f64; 2], extent: [f64; 4]) -> TileMatrixSetConfig {
    TileMatrixSetConfig {
        id: id.into(),
        title: format!("Grille {id}"),
        crs: crs.into(),
        origin,
        resolutions: Some(vec![50.0, 20.0, 7.5]),
        scale_denominators: None,
        tile_size: [512, 256],
        extent: Some(extent),
        matrix_sizes: None,
    }
}

fn with_own_grids() -> Config {
    Config {
        tile_matrix_sets: vec![
            own(
                "ville",
                "EPSG:2154",
                [880_000.0, 6_270_000.0],
                [880_000.0, 6_230_000.0, 930_000.0, 6_270_000.0],
            ),
            own(
                "europe",
                "EPSG:3035",
                [3_900_000.0, 2_350_000.0],
                [3_900_000.0, 2_200_000.0, 4_050_000.0, 2_350_000.0],
            ),
            own(
                "ailleurs",
                "EPSG:2154",
                [100_000.0, 7_000_000.0],
                [100_000.0, 6_900_000.0, 200_000.0, 7_000_000.0],
            ),
        ],
        ..support::config()
    }
}

/// A server with the layer `essai`, and `ile` overseas, as a configuration says.
async fn serve(config: Config) -> (TestServer, TestDatabase, tempfile::TempDir) {
    let folder = support::open_folder("grids");
    let database = support::database().await;
    let essai = data(folder.path(), "essai", 2154, CORNER);
    ingest(&database, "essai", &[essai], |_| ()).await.expect("published");
    let ile = data(folder.path(), "ile", 2975, [340_000.0, 7_660_000.0]);
    ingest(&database, "ile", &[ile], |_| ()).await.expect("published");
    let server = support::server_with(&database, config);
    (server, database, folder)
}

pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("done")
}

fn grid(config: &Config, id: &str) -> &'static TileMatrixSet {
    config.grids().expect("good grids").find(id).expect("the grid")
}

/// The first tile of a matrix that the tileset says it has.
fn first_tile(base: &str, grid: &TileMatrixSet, matrix: &str) -> Option<[u32; 2]> {
    let document = get(&format!("{base}/ogc/collections/essai/map/tiles/{}", grid.id)).json();
    let limits = document["tileMatrixSetLimits"].as_array().expect("limits").clone();
    let found = limits.iter().find(|l| l["tileMatrix"] == matrix)?;
    let number = |name: &str| u32::try_from(found[name].as_u64().expect("a number")).expect("small");
    // The one with the middle of the data in it, or the first of those around.
    Some([
        (number("minTileRow") + number("maxTileRow")) / 2,
        (number("minTileCol") + number("maxTileCol")) / 2,
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tile_of_any_grid_is_the_map_of_the_same_box_pixel_by_pixel() {
    let config = with_own_grids();
    let (server, _database, _folder) = serve(config.clone()).await;
    let base = server.base.clone();
    blocking(move || {
        let mut seen = 0;
        for (id, system) in [("LAMB93_10cm", "EPSG:2154"), ("ville", "EPSG:2154"), ("europe", "EPSG:3035")] {
            let grid = grid(&config, id);
            for (level, matrix) in grid.matrices.iter().enumerate() {
                let [row, col] = first_tile(&base, grid, &matrix.id).expect("the layer has something there");
                let tile = grid.tile(level, row, col).expect("exists").bbox();
                let [a, b, c, d] = match grid.swapped() {
                    true => [tile.min_y, tile.min_x, tile.max_y, tile.max_x],
                    false => [tile.min_x, tile.min_y, tile.max_x, tile.max_y],
                };
                let map = get(&format!(
                    "{base}/wms?service=WMS&version=1.3.0&request=GetMap&layers=essai&styles=&crs={system}\
                     &bbox={a},{b},{c},{d}&width={}&height={}&format=image/png&transparent=TRUE",
                    matrix.tile_width, matrix.tile_height
                ));
                let map = Picture::decode(&map.body);
                let m = &matrix.id;
                for address in [
                    format!("{base}/wmts/1.0.0/essai/default/{id}/{m}/{row}/{col}.png"),
                    format!(
                        "{base}/wmts?service=WMTS&request=GetTile&version=1.0.0&layer=essai&style=&format=image/png\
                         &tilematrixset={id}&tilematrix={m}&tilerow={row}&tilecol={col}"
                    ),
                    format!("{base}/ogc/collections/essai/map/tiles/{id}/{m}/{row}/{col}?f=png"),
                ] {
                    let answer = get(&address);
                    assert_eq!(answer.status, 200, "{address}: {}", answer.text());
                    let picture = Picture::decode(&answer.body);
                    assert_eq!(picture.differing(&map, 0), 0, "{address}");
                }
                seen += map.count(|p| p[3] > 0);
            }
        }
        assert!(seen > 20_000, "{seen}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vector_tiles_of_lambert_93_have_their_points_where_they_belong() {
    let config = with_own_grids();
    let (server, _database, _folder) = serve(config.clone()).await;
    let base = server.base.clone();
    blocking(move || {
        for (id, level) in
            [("LAMB93_10cm", 0), ("LAMB93_10cm", 5), ("LAMB93_10cm", 11), ("LAMB93_10cm", 13), ("ville", 0)]
        {
            let grid = grid(&config, id);
            let matrix = &grid.matrices[level];
            let [width, height] = matrix.span();
            let [x, y] = [CORNER[0] + 500.0, CORNER[1] + 500.0];
            let (col, row) = ((x - matrix.origin[0]) / width, (matrix.origin[1] - y) / height);
            let tile = grid.tile(level, row as u32, col as u32).expect("exists");
            let address =
                format!("{base}/ogc/collections/essai/tiles/{id}/{level}/{}/{}", tile.row(), tile.col());
            let answer = get(&address);
            assert_eq!(answer.status, 200, "{address}: {}", answer.text());
            let layers = decode(&answer.body);
            if level < 8 && id != "ville" {
                // Squares of a kilometre are less than a unit there.
                continue;
            }
            let feature = layers[0].feature(1);
            let bbox = tile.bbox();
            let near = |[px, py]: [i32; 2]| {
                let at = [
                    bbox.min_x + f64::from(px) / 4096.0 * bbox.width(),
                    bbox.max_y - f64::from(py) / 4096.0 * bbox.height(),
                ];
                let unit = [bbox.width() / 4096.0, bbox.height() / 4096.0];
                // A corner of the square, or a point on the buffered edge of the tile.
                let on = |k: usize| {
                    let own = [CORNER[k], CORNER[k] + 1000.0].iter().any(|c| (at[k] - c).abs() <= unit[k]);
                    let cut = [-64, 4096 + 64].contains(&[px, py][k]);
                    own || cut
                };
                on(0) && on(1)
            };
            assert!(feature.paths[0].iter().all(|p| near(*p)), "{address}: {:?} {bbox:?}", feature.paths);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_is_offered_where_the_area_of_a_grid_meets_it_and_nowhere_else() {
    let (server, _database, _folder) = serve(with_own_grids()).await;
    let base = server.base.clone();
    blocking(move || {
        let capabilities = get(&format!("{base}/wmts")).text();
        valid_by_schema(&capabilities);
        let document = roxmltree::Document::parse(&capabilities).expect("XML");
        let of = |name: &str| -> Vec<String> {
            let layer = document
                .descendants()
                .filter(|n| n.has_tag_name(("http://www.opengis.net/wmts/1.0", "Layer")))
                .find(|n| n.children().any(|c| c.tag_name().name() == "Identifier" && c.text() == Some(name)))
                .expect("the layer");
            let links = layer.children().filter(|n| n.tag_name().name() == "TileMatrixSetLink");
            links.filter_map(|l| l.first_element_child()?.text().map(str::to_owned)).collect()
        };
        let world = ["WebMercatorQuad", "WorldCRS84Quad"];
        let here = [
            "LAMB93_10cm",
            "LAMB93_5cm",
            "EuropeanETRS89_LAEAQuad",
            "WorldMercatorWGS84Quad",
            "WGS1984Quad",
            "UTM31WGS84Quad",
            "ville",
            "europe",
        ];
        assert_eq!(of("essai"), [&world[..], &here[..]].concat());
        let there = ["RGR92UTM40S_10cm", "WorldMercatorWGS84Quad", "WGS1984Quad"];
        assert_eq!(of("ile"), [&world[..], &there[..]].concat());
        // Northing comes first in EPSG:3035, easting in EPSG:2154, as their definitions have it.
        assert!(capabilities.contains("<TopLeftCorner>2350000 3900000</TopLeftCorner>"));
        assert!(capabilities.contains("<TopLeftCorner>880000 6270000</TopLeftCorner>"));
        assert!(capabilities.contains("<ows:Identifier>ville</ows:Identifier>"));
        assert!(!capabilities.contains("<ows:Identifier>ailleurs</ows:Identifier>"));

        let listed = get(&format!("{base}/ogc/collections/ile/tiles")).json();
        let ids: Vec<&str> = listed["tilesets"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|t| t["tileMatrixSetId"].as_str())
            .collect();
        assert_eq!(ids, [&world[..], &there[..]].concat());
        assert_eq!(get(&format!("{base}/ogc/collections/ile/tiles/LAMB93_10cm")).status, 404);
        assert_eq!(get(&format!("{base}/ogc/collections/ile/tiles/LAMB93_10cm/12/438/68")).status, 404);
        assert_eq!(get(&format!("{base}/ogc/tiles/LAMB93_10cm/12/438/68?collections=essai,ile")).status, 200);
        assert_eq!(get(&format!("{base}/ogc/collections/essai/tiles/nulle")).status, 404);
        let refused = get(&format!("{base}/wmts/1.0.0/ile/default/LAMB93_10cm/12/438/68.png"));
        assert_eq!(refused.status, 404);
        assert!(refused.text().contains("RGR92UTM40S_10cm"), "{}", refused.text());
        let refused = tile(&base, "&tilematrixset=ailleurs&tilematrix=0&tilerow=0&tilecol=0");
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains("locator=\"TileMatrixSet\""), "{}", refused.text());

        let definitions = get(&format!("{base}/ogc/tileMatrixSets")).json();
        let count = definitions["tileMatrixSets"].as_array().map(Vec::len);
        assert_eq!(count, Some(Grids::default().iter().count() + 3));
        let europe = get(&format!("{base}/ogc/tileMatrixSets/europe")).json();
        assert_eq!(europe["crs"], "http://www.opengis.net/def/crs/EPSG/0/3035");
        assert_eq!(europe["orderedAxes"], serde_json::json!(["Y", "X"]));
        assert_eq!(europe["tileMatrices"][0]["pointOfOrigin"], serde_json::json!([2_350_000.0, 3_900_000.0]));
        assert_eq!(europe["tileMatrices"][0]["tileWidth"], 512);
    })
    .await;
}

/// A GetTile of `essai` with the parameters that follow.
fn tile(base: &str, more: &str) -> Answer {
    get(&format!(
        "{base}/wmts?service=WMTS&request=GetTile&version=1.0.0&layer=essai&style=&format=image/png{more}"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_all_of_a_layer_and_what_is_beyond_is_out_of_range() {
    let config = with_own_grids();
    let (server, _database, _folder) = serve(config.clone()).await;
    let base = server.base.clone();
    blocking(move || {
        let grid = grid(&config, "LAMB93_10cm");
        let document = get(&format!("{base}/ogc/collections/essai/tiles/LAMB93_10cm")).json();
        for limits in document["tileMatrixSetLimits"].as_array().expect("limits") {
            let level = grid.matrix_index(limits["tileMatrix"].as_str().expect("text")).expect("a matrix");
            let number = |name: &str| u32::try_from(limits[name].as_u64().expect("a number")).expect("small");
            let first = grid.tile(level, number("minTileRow"), number("minTileCol")).expect("exists").bbox();
            let last = grid.tile(level, number("maxTileRow"), number("maxTileCol")).expect("exists").bbox();
            let all = first.union(&last);
            assert!(
                all.contains(CORNER[0], CORNER[1]) && all.contains(CORNER[0] + 3000.0, CORNER[1] + 1000.0)
            );
            // No more than what symbols may reach, and the slant of the system against longitude and latitude.
            let [width, height] = grid.matrices[level].span();
            assert!(all.width() < 3000.0 + 600.0 + 2.3 * width, "{level}: {all:?}");
            assert!(all.height() < 1000.0 + 600.0 + 2.3 * height, "{level}: {all:?}");
        }
        let beyond = tile(&base, "&tilematrixset=LAMB93_10cm&tilematrix=12&tilerow=1&tilecol=68");
        assert_eq!(beyond.status, 400);
        assert!(beyond.text().contains("TileOutOfRange"), "{}", beyond.text());
        assert_eq!(get(&format!("{base}/ogc/collections/essai/tiles/LAMB93_10cm/12/1/68")).status, 404);
        assert_eq!(tile(&base, "&tilematrixset=LAMB93_10cm&tilematrix=22&tilerow=1&tilecol=1").status, 400);
    })
    .await;
}

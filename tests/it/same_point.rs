//! The same point asked for in every system, axis order and protocol lands on the same pixel or feature.

use crate::picture::Picture;
use crate::support::{self, TestServer, get, ingest};
use datasud::geo::{BBox, Crs, Transform};

/// A village square, and another point two kilometres east of it.
const POINT: [f64; 2] = [5.447_4, 43.529_7];
const OTHER: [f64; 2] = [5.472_4, 43.529_7];

/// A server with the two points as layer `lieux`, red and small; `POINT` is feature 1.
async fn served() -> (TestServer, support::TestDatabase, tempfile::TempDir) {
    let folder = support::open_folder("same-point");
    let feature = |name: &str, [x, y]: [f64; 2]| {
        format!(
            r#"{{"type":"Feature","properties":{{"nom":"{name}"}},"geometry":{{"type":"Point","coordinates":[{x},{y}]}}}}"#
        )
    };
    let path = folder.path().join("lieux.geojson");
    let features = [feature("ici", POINT), feature("ailleurs", OTHER)].join(",");
    std::fs::write(&path, format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#))
        .expect("written");
    let database = support::database().await;
    let style = "<UserStyle><FeatureTypeStyle><Rule><PointSymbolizer><Graphic><Mark><WellKnownName>square\
                 </WellKnownName><Fill><CssParameter name=\"fill\">#ff0000</CssParameter></Fill></Mark><Size>5\
                 </Size></Graphic></PointSymbolizer></Rule></FeatureTypeStyle></UserStyle>";
    ingest(&database, "lieux", &[path], |r| r.style = Some(style.to_owned())).await.expect("published");
    let server = support::server(&database);
    (server, database, folder)
}

/// A box of about one kilometre around [`POINT`] in a system, x first, with the point in its middle.
fn around(srid: i32) -> BBox {
    let (world, crs) = (Crs::from_epsg(4326).expect("known"), Crs::from_epsg(srid).expect("known"));
    let path = Transform::new(&world, &crs).expect("a path");
    let [x, y] = path.point(POINT[0], POINT[1]).expect("placed");
    BBox::new(x, y, x, y).expanded(500.0 / crs.metres_per_unit)
}

fn written(bbox: &BBox) -> String {
    let numbers: [f64; 4] = (*bbox).into();
    numbers.map(|v| format!("{v:.9}")).join(",")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_point_lands_on_the_same_pixel_in_every_system_and_axis_order_of_wms() {
    let (server, _database, _folder) = served().await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let cases = [
            // Version, system, whether the box is written y first.
            ("1.3.0", "CRS=EPSG:2154", 2154, false),
            ("1.3.0", "CRS=EPSG:3857", 3857, false),
            ("1.3.0", "CRS=EPSG:4326", 4326, true),
            ("1.3.0", "CRS=EPSG:4171", 4171, true),
            ("1.3.0", "CRS=CRS:84", 4326, false),
            ("1.3.0", "CRS=EPSG:3035", 3035, true),
            ("1.1.1", "SRS=EPSG:2154", 2154, false),
            ("1.1.1", "SRS=EPSG:3857", 3857, false),
            ("1.1.1", "SRS=EPSG:4326", 4326, false),
            ("1.1.1", "SRS=EPSG:3035", 3035, false),
        ];
        for (version, crs, srid, y_first) in cases {
            let bbox = around(srid);
            let bbox = written(&if y_first { bbox.swapped() } else { bbox });
            let query = format!(
                "/wms?SERVICE=WMS&VERSION={version}&{crs}&BBOX={bbox}&LAYERS=lieux&STYLES=&WIDTH=101&HEIGHT=101\
                 &FORMAT=image/png"
            );
            let map = get(&format!("{base}{query}&REQUEST=GetMap"));
            let picture = Picture::decode(&map.body);
            let (x, y) = picture.middle(|p| p[1] < 128).unwrap_or_else(|| panic!("{version} {crs}: empty"));
            assert!((x - 50.5).abs() < 0.3 && (y - 50.5).abs() < 0.3, "{version} {crs}: {x}, {y}");
            let info = get(&format!(
                "{base}{query}&REQUEST=GetFeatureInfo&QUERY_LAYERS=lieux&I=50&J=50&X=50&Y=50\
                 &INFO_FORMAT=application/json&FEATURE_COUNT=5"
            ))
            .json();
            let names: Vec<_> = info["features"].as_array().expect("features").iter().map(|f| f["properties"]["nom"].clone()).collect();
            assert_eq!(names, ["ici"], "{version} {crs}");
        }
    })
    .await
    .expect("asked");
}

/// Whether two coordinates are the same place: a millimetre, or the same in degrees.
fn near(a: [f64; 2], b: [f64; 2], geographic: bool) -> bool {
    let tolerance = if geographic { 1e-7 } else { 2e-3 };
    (a[0] - b[0]).abs() < tolerance && (a[1] - b[1]).abs() < tolerance
}

/// [`POINT`] in a system, x first.
fn point_in(srid: i32) -> ([f64; 2], bool) {
    let (world, crs) = (Crs::from_epsg(4326).expect("known"), Crs::from_epsg(srid).expect("known"));
    let path = Transform::new(&world, &crs).expect("a path");
    (path.point(POINT[0], POINT[1]).expect("placed"), crs.geographic)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_finds_the_same_feature_in_every_system_of_wfs_and_its_coordinates_come_back_in_order() {
    let (server, _database, _folder) = served().await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let cases = [
            ("urn:ogc:def:crs:EPSG::2154", 2154, false),
            ("urn:ogc:def:crs:EPSG::3857", 3857, false),
            ("urn:ogc:def:crs:EPSG::4326", 4326, true),
            ("http://www.opengis.net/def/crs/EPSG/0/4326", 4326, true),
            ("EPSG:4326", 4326, false),
            ("http://www.opengis.net/gml/srs/epsg.xml%234326", 4326, false),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326, false),
            ("urn:ogc:def:crs:EPSG::3035", 3035, true),
        ];
        let versions = ["version=2.0.0&typeNames=lieux", "version=1.1.0&typeName=lieux"];
        for (version, (crs, srid, y_first)) in versions.into_iter().flat_map(|v| cases.map(|c| (v, c))) {
            let bbox = around(srid);
            let bbox = written(&if y_first { bbox.swapped() } else { bbox });
            let url = format!(
                "{base}/wfs?service=WFS&{version}&request=GetFeature&srsName={crs}&bbox={bbox},{crs}"
            );
            let text = get(&url).text();
            let document = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{crs}: {e}: {text}"));
            let named = |name: &str| {
                document
                    .descendants()
                    .filter(|n| n.tag_name().name() == name)
                    .filter_map(|n| n.text())
                    .collect::<Vec<_>>()
            };
            assert_eq!(named("nom"), ["ici"], "{version} {crs}: {text}");
            let numbers: Vec<f64> = named("pos")[0].split(' ').filter_map(|n| n.parse().ok()).collect();
            let got = if y_first { [numbers[1], numbers[0]] } else { [numbers[0], numbers[1]] };
            let (truth, geographic) = point_in(srid);
            assert!(near(got, truth, geographic), "{version} {crs}: {got:?} for {truth:?}");
        }
    })
    .await
    .expect("asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_finds_the_same_feature_in_every_system_of_ogc_api_and_its_coordinates_come_back_in_order() {
    let (server, _database, _folder) = served().await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let epsg = |code: i32| format!("http://www.opengis.net/def/crs/EPSG/0/{code}");
        let crs84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84".to_owned();
        for (crs, srid, y_first) in [
            (crs84, 4326, false),
            (epsg(4326), 4326, true),
            (epsg(2154), 2154, false),
            (epsg(3857), 3857, false),
        ] {
            let bbox = around(srid);
            let bbox = written(&if y_first { bbox.swapped() } else { bbox });
            let answer = get(&format!(
                "{base}/ogc/collections/lieux/items?f=json&bbox={bbox}&bbox-crs={crs}&crs={crs}"
            ));
            assert_eq!(answer.status, 200, "{crs}: {}", answer.text());
            let json = answer.json();
            let features = json["features"].as_array().expect("features");
            assert_eq!(features.len(), 1, "{crs}: {json}");
            assert_eq!(features[0]["properties"]["nom"], "ici", "{crs}");
            let place = &features[0]["geometry"]["coordinates"];
            let (a, b) = (place[0].as_f64().expect("a number"), place[1].as_f64().expect("a number"));
            let got = if y_first { [b, a] } else { [a, b] };
            let (truth, geographic) = point_in(srid);
            assert!(near(got, truth, geographic), "{crs}: {got:?} for {truth:?}");
        }
    })
    .await
    .expect("asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_point_lies_at_its_place_in_its_vector_tile() {
    let (server, _database, _folder) = served().await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        const ZOOM: u32 = 14;
        let side = f64::from(1 << ZOOM);
        let ([x, y], _) = point_in(3857);
        let half = 20_037_508.342_789_244;
        let (column, row) = ((x + half) / (2.0 * half) * side, (half - y) / (2.0 * half) * side);
        let answer =
            get(&format!("{base}/tiles/lieux/{ZOOM}/{}/{}.mvt", column.floor() as u32, row.floor() as u32));
        assert_eq!(answer.status, 200);
        let layers = crate::mvt::decode(&answer.body);
        let layer = layers.iter().find(|l| l.name == "lieux").expect("the layer");
        let [got_x, got_y] = layer.feature(1).paths[0][0].map(f64::from);
        let extent = layer.extent as f64;
        let truth = [(column.fract()) * extent, (row.fract()) * extent];
        assert!(
            (got_x - truth[0]).abs() <= 1.0 && (got_y - truth[1]).abs() <= 1.0,
            "{got_x} {got_y} for {truth:?}"
        );
    })
    .await
    .expect("asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_point_lands_where_the_grid_says_in_tiles_of_every_kind() {
    let (server, _database, _folder) = served().await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let is_here = |grid: &&datasud::geo::grid::TileMatrixSet| {
            grid.crs.crs.area_of_use.is_some_and(|[west, south, east, north]| {
                BBox::new(west, south, east, north).contains(POINT[0], POINT[1])
            })
        };
        for grid in datasud::geo::grid::standard().iter().filter(is_here) {
            for level in [10, 14, 17].into_iter().filter(|level| *level < grid.matrices.len()) {
                // Only the nearer point: the other is two kilometres away.
                let is_alone = grid.matrices[level].scale_denominator < 40_000.0;
                let world = Crs::from_epsg(4326).expect("known");
                let path = Transform::new(&world, &grid.crs.crs).expect("a path");
                let [x, y] = path.point(POINT[0], POINT[1]).expect("placed");
                let range = grid.matrices[level].tiles_of(&BBox::new(x, y, x, y)).expect("inside");
                let (row, col) = (range.min_row, range.min_col);
                let tile = grid.tile(level, row, col).expect("there").bbox();
                let (left, top) = (x - tile.min_x, tile.max_y - y);
                let (left, top) = (left / tile.width() * 256.0, top / tile.height() * 256.0);
                let place = format!("{}/{}/{row}/{col}", grid.id, grid.matrices[level].id);
                for address in [
                    format!("/wmts/1.0.0/lieux/default/{place}.png"),
                    format!("/ogc/collections/lieux/map/tiles/{place}"),
                ] {
                    let answer = get(&format!("{base}{address}"));
                    let picture = Picture::decode(&answer.body);
                    let near =
                        |drawn: (f64, f64)| (drawn.0 - left).abs() < 0.6 && (drawn.1 - top).abs() < 0.6;
                    let middle = picture.middle(|p| p[3] > 128).unwrap_or_else(|| panic!("{address}: empty"));
                    let whole = left > 3.0 && left < 253.0 && top > 3.0 && top < 253.0;
                    assert!(!is_alone || !whole || near(middle), "{address}: {middle:?}, not {left} {top}");
                    let hit = picture.at((left as u32).min(255), (top as u32).min(255));
                    assert!(hit[0] > 200 && hit[3] > 200, "{address}: {hit:?}");
                }
                let info = get(&format!(
                    "{base}/wmts/1.0.0/lieux/default/{place}/{}/{}.json",
                    top as u32, left as u32
                ));
                assert_eq!(
                    info.json()["features"][0]["properties"]["nom"],
                    "ici",
                    "{place}: {}",
                    info.text()
                );
            }
        }
    })
    .await
    .expect("run");
}

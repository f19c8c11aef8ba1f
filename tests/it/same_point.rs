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

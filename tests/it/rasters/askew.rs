//! Images that don't lie straight to the north: turned, mirrored, placed by control points.

use super::bad::refused;
use super::{Lies, Made, Place, blocking, map, picture};
use datasud::ingest::Level;
use gdal::raster::ColorInterpretation::{BlueBand, GreenBand, RedBand};

/// Red, green, blue and white quarters of forty by forty pixels.
fn quarter(band: usize, column: usize, row: usize) -> u8 {
    let lit = match (column < 20, row < 20) {
        (true, true) => band == 0,
        (false, true) => band == 1,
        (true, false) => band == 2,
        (false, false) => true,
    };
    u8::from(lit) * 255
}

/// Where a pixel of the image lies: turned by thirty degrees about the middle of the map, 900200, 6250200.
fn turned(column: f64, row: f64) -> [f64; 2] {
    let (sin, cos) = 30_f64.to_radians().sin_cos();
    let (dx, dy) = ((column - 20.0) * 10.0, (20.0 - row) * 10.0);
    [900_200.0 + dx * cos - dy * sin, 6_250_200.0 + dx * sin + dy * cos]
}

fn affine() -> Lies {
    let ([x, y], [x1, y1], [x2, y2]) = (turned(0.0, 0.0), turned(1.0, 0.0), turned(0.0, 1.0));
    Lies::Affine([x, x1 - x, x2 - x, y, y1 - y, y2 - y])
}

fn points() -> Lies {
    let corners = [[0.0, 0.0], [40.0, 0.0], [0.0, 40.0], [40.0, 40.0], [20.0, 20.0]];
    Lies::Points(
        corners
            .map(|[column, row]| {
                let [x, y] = turned(column, row);
                [column, row, x, y]
            })
            .to_vec(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turned_image_is_drawn_where_it_lies_however_it_says_so() {
    for (lies, told) in [(affine(), "turned to the north"), (points(), "5 control points")] {
        let place = Place::new().await;
        let made = Made { lies, meanings: &[RedBand, GreenBand, BlueBand], ..Made::default() };
        let image = made.write(place.path(), 3, quarter);
        let published = place.publish(&[image], |_| ()).await.expect("published");
        let finding = published.report.iter().find(|f| f.code == "image-turned").expect("told");
        assert!(finding.level == Level::Info && finding.message.contains(told), "{}", finding.message);
        let server = place.server();
        let base = server.base.clone();
        blocking(move || {
            let drawn = picture(&map(&base, 40, 40));
            let at = |column: f64, row: f64| {
                let [x, y] = turned(column, row);
                drawn.at(((x - 900_000.0) / 10.0) as u32, ((6_250_400.0 - y) / 10.0) as u32)
            };
            for (column, row) in
                [(8.0, 8.0), (30.0, 8.0), (8.0, 30.0), (30.0, 30.0), (15.0, 17.0), (25.0, 24.0)]
            {
                let [r, g, b] = [0, 1, 2].map(|band| quarter(band, column as usize, row as usize));
                let found = at(column, row);
                let near = |a: u8, b: u8| a.abs_diff(b) <= 3;
                assert!(
                    near(found[0], r) && near(found[1], g) && near(found[2], b) && found[3] >= 250,
                    "{column} {row}: {found:?}"
                );
            }
            // What is between the old corners and the new border is empty, and not black.
            for (x, y) in [(0, 0), (39, 0), (0, 39), (39, 39)] {
                assert_eq!(drawn.at(x, y)[3], 0, "{x} {y}");
            }
            assert_eq!(drawn.count(|p| p[3] > 128 && p[..3] == [0, 0, 0]), 0);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn turned_heights_keep_their_values_and_have_none_beside_them() {
    let place = Place::new().await;
    let made = Made { lies: affine(), ..Made::default() };
    // A plane: what lies between two pixels is known.
    let image = made.write(place.path(), 1, |_, x, y| 100.0_f32 + x as f32 + 2.0 * y as f32);
    place.publish(&[image], |_| ()).await.expect("published");
    let server = place.server();
    let base = server.base.clone();
    blocking(move || {
        let info = map(&base, 40, 40).replace("REQUEST=GetMap", "REQUEST=GetFeatureInfo");
        let value = |x: u32, y: u32| {
            let url = format!("{info}&QUERY_LAYERS=essai&INFO_FORMAT=application/json&I={x}&J={y}");
            let answer: serde_json::Value =
                serde_json::from_slice(&crate::support::get(&url).body).expect("JSON");
            answer["features"][0]["properties"]["band_1"].as_f64()
        };
        for (column, row) in [(10.0_f64, 12.0), (30.0, 20.0), (20.0, 33.0)] {
            let [x, y] = turned(column, row);
            let (i, j) = (((x - 900_000.0) / 10.0) as u32, ((6_250_400.0 - y) / 10.0) as u32);
            let found = value(i, j).expect("a value");
            let expected = 100.0 + (column - 0.5) + 2.0 * (row - 0.5);
            assert!((found - expected).abs() < 2.5, "{found} for {expected}");
        }
        assert_eq!(value(0, 0), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_whose_rows_go_north_is_the_same_as_one_whose_rows_go_south() {
    let shade = |_: usize, x: usize, y: usize| (x * 5 + y) as u8;
    let straight = Place::new().await;
    let image = Made::default().write(straight.path(), 1, shade);
    straight.publish(&[image], |_| ()).await.expect("published");
    let mirrored = Place::new().await;
    let lies = Lies::Affine([900_000.0, 10.0, 0.0, 6_250_000.0, 0.0, 10.0]);
    let image = Made { lies, ..Made::default() }.write(mirrored.path(), 1, |b, x, y| shade(b, x, 39 - y));
    mirrored.publish(&[image], |_| ()).await.expect("published");
    let (a, b) = (straight.server(), mirrored.server());
    let (first, second) = (a.base.clone(), b.base.clone());
    blocking(move || {
        let (one, other) = (picture(&map(&first, 40, 40)), picture(&map(&second, 40, 40)));
        assert_eq!(one.differing(&other, 0), 0);
        assert_eq!(one.at(3, 7), [22, 22, 22, 255]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_that_make_no_place_are_refused() {
    let place = Place::new().await;
    let flat = Lies::Affine([900_000.0, 10.0, 10.0, 6_250_000.0, 10.0, 10.0]);
    let heap = Lies::Points(vec![[0.0, 0.0, 900_000.0, 6_250_000.0]; 4]);
    let one = Lies::Points(vec![[0.0, 0.0, 900_000.0, 6_250_000.0]]);
    for (name, lies) in [("plate.tif", flat), ("tas.tif", heap), ("seul.tif", one)] {
        let image = Made { name, lies, ..Made::default() }.write(place.path(), 1, |_, _, _| 1_u8);
        let (code, message) = refused(&place, &[image]).await;
        assert_eq!(code, "image-unplaced", "{message}");
        assert!(message.contains(name.trim_end_matches(".tif")), "{message}");
        assert!(!message.contains(&place.path().display().to_string()), "{message}");
        assert!(place.images().is_empty());
    }
}

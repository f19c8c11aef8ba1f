//! Dimensions in WMTS, `datetime` in maps and tiles of OGC API.

use super::{CORNER, FACTS, blocking, data};
use crate::ats::wmts10::valid_by_schema;
use crate::mvt::decode;
use crate::picture::Picture;
use crate::support::{self, Answer, TestDatabase, TestServer, get, ingest};
use datasud::publish::dimensions_of;

const TIME: &str = "name = 'time'\ncolumn = 'jour'";

async fn layer(dimensions: &str) -> (TestServer, TestDatabase, tempfile::TempDir) {
    let folder = support::open_folder("grids");
    let database = support::database().await;
    let dimensions = dimensions_of(dimensions).expect("dimensions");
    let essai = data(folder.path(), "essai", 2154, CORNER);
    ingest(&database, "essai", &[essai], |r| r.dimensions = Some(dimensions)).await.expect("published");
    let server = support::server(&database);
    (server, database, folder)
}

/// Which of the squares a tile of `LAMB93_10cm` 12/438/68 shows.
fn squares(answer: &Answer) -> Vec<usize> {
    let picture = Picture::decode(&answer.body);
    let (min_x, max_y) = (68.0 * 13_107.2, 12_000_000.0 - 438.0 * 13_107.2);
    let shown = |index: &usize| {
        let x = (CORNER[0] + 1000.0 * *index as f64 + 500.0 - min_x) / 51.2;
        let y = (max_y - CORNER[1] - 500.0) / 51.2;
        picture.at(x as u32, y as u32)[3] > 0
    };
    (0..FACTS.len()).filter(shown).map(|index| index + 1).collect()
}

fn kvp(base: &str, more: &str) -> Answer {
    super::tile(base, &format!("&tilematrixset=LAMB93_10cm&tilematrix=12&tilerow=438&tilecol=68{more}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tile_shows_the_day_that_is_asked_for_and_the_newest_by_default() {
    let (server, _database, _folder) = layer(&format!("[[dimension]]\n{TIME}\n")).await;
    let base = server.base.clone();
    blocking(move || {
        for (more, expected) in [
            ("", &[3][..]),
            ("&TIME=default", &[3]),
            ("&time=current", &[3]),
            ("&TIME=2024-05-01", &[1]),
            ("&TIME=2024-05-01/2024-05-04", &[1, 2]),
            ("&ELEVATION=7", &[3]),
        ] {
            let answer = kvp(&base, more);
            assert_eq!(answer.status, 200, "{more}: {}", answer.text());
            assert_eq!(squares(&answer), expected, "{more}");
        }
        assert!(kvp(&base, "").header("warning").contains("Default value used: time=2024-05-05"));
        for (segment, expected) in
            [("2024-05-01", &[1][..]), ("default", &[3]), ("2024-05-01%2F2024-05-04", &[1, 2])]
        {
            let answer = get(&format!("{base}/wmts/1.0.0/essai/default/{segment}/LAMB93_10cm/12/438/68.png"));
            assert_eq!(answer.status, 200, "{segment}: {}", answer.text());
            assert_eq!(squares(&answer), expected, "{segment}");
        }
        // What was drawn for one day is not taken for another, nor for the address without a day.
        let without = get(&format!("{base}/wmts/1.0.0/essai/default/LAMB93_10cm/12/438/68.png"));
        assert_eq!(squares(&without), [3]);
        let etags: std::collections::HashSet<String> = ["", "&TIME=2024-05-01", "&TIME=2024-05-03"]
            .map(|more| kvp(&base, more).header("etag").to_owned())
            .into();
        assert_eq!(etags.len(), 3);

        for more in ["&TIME=2024-05-02", "&TIME=hier", "&TIME=2024-05-01'--"] {
            let answer = kvp(&base, more);
            assert_eq!(answer.status, 400, "{more}");
            assert!(
                answer.text().contains("exceptionCode=\"InvalidParameterValue\" locator=\"TIME\""),
                "{}",
                answer.text()
            );
        }
        let gone = get(&format!("{base}/wmts/1.0.0/essai/default/2024-05-02/LAMB93_10cm/12/438/68.png"));
        assert_eq!(gone.status, 404);
        for odd in ["a/b/LAMB93_10cm/12/438/68.png", "LAMB93_10cm/12/438.png", "LAMB93_10cm/12/438/68", "x"] {
            let answer = get(&format!("{base}/wmts/1.0.0/essai/default/{odd}"));
            assert_eq!(answer.status, 404, "{odd}");
            assert!(answer.text().contains("ExceptionReport"), "{odd}: {}", answer.text());
        }

        let xml = get(&format!("{base}/wmts")).text();
        valid_by_schema(&xml);
        for part in [
            "<ows:Identifier>TIME</ows:Identifier><ows:UOM>ISO8601</ows:UOM><Default>2024-05-05</Default>",
            "<Value>2024-05-01</Value><Value>2024-05-03</Value><Value>2024-05-05</Value></Dimension>",
            "/{style}/{TIME}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.png",
        ] {
            assert!(xml.contains(part), "{part} not in {xml}");
        }
        let info = |more: &str| {
            let address = format!("{base}/wmts/1.0.0/essai/default/{more}LAMB93_10cm/12/438/68/166/180.json");
            get(&address).json()["features"].as_array().map(Vec::len)
        };
        // The pixel lies in the first square.
        assert_eq!((info("2024-05-01/"), info("")), (Some(1), Some(0)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nearest_values_and_dimensions_without_default_are_as_in_wms() {
    let dimensions = format!(
        "[[dimension]]\n{TIME}\nnearest = true\n[[dimension]]\nname = 'sc'\ncolumn = 'sc'\ndefault = 'none'\n"
    );
    let (server, _database, _folder) = layer(&dimensions).await;
    let base = server.base.clone();
    blocking(move || {
        let answer = kvp(&base, "&TIME=2024-05-02&DIM_SC=bas");
        assert_eq!(squares(&answer), [1]);
        assert!(answer.header("warning").contains("Nearest value used"), "{:?}", answer.headers);
        assert_eq!(squares(&kvp(&base, "&TIME=2024-05-03&DIM_SC=haut")), [2]);
        let missing = kvp(&base, "&TIME=2024-05-03");
        assert_eq!(missing.status, 400);
        assert!(missing.text().contains("MissingParameterValue"), "{}", missing.text());
        assert!(missing.text().contains("DIM_SC"), "{}", missing.text());
        let both = get(&format!("{base}/wmts/1.0.0/essai/default/2024-05-03/haut/LAMB93_10cm/12/438/68.png"));
        assert_eq!(squares(&both), [2]);
        valid_by_schema(&get(&format!("{base}/wmts")).text());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn datetime_chooses_in_maps_map_tiles_and_vector_tiles_of_ogc_api() {
    for dimensions in [
        format!("[[dimension]]\n{TIME}\n"),
        format!("[[dimension]]\n{TIME}\nmultiple = false\n"),
        String::new(),
    ] {
        let (server, _database, _folder) = layer(&dimensions).await;
        let base = server.base.clone();
        blocking(move || {
            let by_default: &[usize] = if dimensions.is_empty() { &[1, 2, 3] } else { &[3] };
            for (text, expected) in [
                ("", by_default),
                ("&datetime=2024-05-01", &[1]),
                ("&datetime=2024-05-02/2024-05-09", &[2, 3]),
                ("&datetime=../2024-05-03", &[1, 2]),
                ("&datetime=2024-05-03/..", &[2, 3]),
                ("&datetime=../..", &[1, 2, 3]),
                ("&datetime=2020-01-01", &[]),
            ] {
                let tile = get(&format!("{base}/ogc/collections/essai/map/tiles/LAMB93_10cm/12/438/68?f=png{text}"));
                assert_eq!(tile.status, 200, "{text}: {}", tile.text());
                assert_eq!(squares(&tile), expected, "{dimensions} {text}");
                let (x, y) = (68.0 * 13_107.2, 12_000_000.0 - 438.0 * 13_107.2);
                let map = get(&format!(
                    "{base}/ogc/collections/essai/map?f=png&crs=http://www.opengis.net/def/crs/EPSG/0/2154\
                     &bbox-crs=http://www.opengis.net/def/crs/EPSG/0/2154&bbox={x},{},{},{y}&width=256&height=256{text}",
                    y - 13_107.2,
                    x + 13_107.2
                ));
                assert_eq!(map.status, 200, "{text}: {}", map.text());
                assert_eq!(squares(&map), expected, "{dimensions} {text}");
                if text.is_empty() {
                    continue;
                }
                let tile = get(&format!("{base}/ogc/collections/essai/tiles/LAMB93_10cm/12/438/68?f=mvt{text}"));
                let mut ids: Vec<u64> =
                    decode(&tile.body).iter().flat_map(|l| l.features.iter().filter_map(|f| f.id)).collect();
                ids.sort_unstable();
                assert_eq!(ids.len(), expected.len(), "{dimensions} {text}");
            }
            for bad in ["hier", "2024-13-45", "2024-05-03/2024-05-01", "2024/2025/2026"] {
                for address in ["map?f=png", "map/tiles/LAMB93_10cm/12/438/68?f=png", "tiles/LAMB93_10cm/12/438/68?f=mvt"] {
                    let answer = get(&format!("{base}/ogc/collections/essai/{address}&datetime={bad}"));
                    assert_eq!(answer.status, 400, "{address} {bad}: {}", answer.text());
                }
            }
            assert_eq!(get(&format!("{base}/ogc/collections/essai/tiles?datetime=2024")).status, 400);
        })
        .await;
    }
}

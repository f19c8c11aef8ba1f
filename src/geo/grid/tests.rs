//! The grids hold what the standard says of them.

use super::*;

fn mercator() -> &'static TileMatrixSet {
    web_mercator_quad().expect("there")
}

fn degrees() -> &'static TileMatrixSet {
    standard().iter().find(|g| g.id == "WorldCRS84Quad").expect("there")
}

#[test]
fn the_top_tile_is_the_whole_square_and_rows_go_south() {
    let top = Tile::web_mercator(0, 0, 0).expect("exists").bbox();
    assert!((top.min_x + MERCATOR_EDGE).abs() < 1e-6 && (top.max_y - MERCATOR_EDGE).abs() < 1e-6);
    let south = Tile::web_mercator(1, 0, 1).expect("exists").bbox();
    assert!(south.max_y.abs() < 1e-6);
}

#[test]
fn tiles_outside_the_matrix_do_not_exist() {
    assert_eq!(Tile::web_mercator(1, 2, 0), None);
    assert_eq!(Tile::web_mercator(3, 0, 8), None);
    assert_eq!(Tile::web_mercator(25, 0, 0), None);
    assert_eq!(degrees().tile(0, 1, 0), None);
    assert!(degrees().tile(0, 0, 1).is_some());
    assert_eq!(degrees().tile(18, 0, 0), None);
}

#[test]
fn registered_grids_have_the_numbers_of_the_register() {
    let near = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-12, "{got} is not {want}");
    let first = &mercator().matrices[0];
    near(first.scale_denominator, 559_082_264.028_717_7);
    near(first.cell_size, 156_543.033_928_040_97);
    let last = &mercator().matrices[24];
    near(last.scale_denominator, 33.323_899_747_652_9);
    assert_eq!((last.id.as_str(), last.matrix_width, last.matrix_height), ("24", 16_777_216, 16_777_216));
    let first = &degrees().matrices[0];
    near(first.scale_denominator, 279_541_132.014_358_9);
    near(first.cell_size, 0.703_125);
    assert_eq!((first.matrix_width, first.matrix_height), (2, 1));
    assert_eq!(degrees().matrices.len(), 18);
}

#[test]
fn the_tiles_of_a_box_are_those_that_it_touches() {
    let matrix = &degrees().matrices[2];
    let range = |bbox: BBox| matrix.tiles_of(&bbox).map(|r| (r.min_row, r.max_row, r.min_col, r.max_col));
    assert_eq!(range(BBox::new(4.0, 43.0, 7.0, 45.1)), Some((0, 1, 4, 4)));
    // Ends on borders: no neighbour is needed.
    assert_eq!(range(BBox::new(0.0, 0.0, 45.0, 45.0)), Some((1, 1, 4, 4)));
    // A point on a border, and the last corner of the world.
    assert_eq!(range(BBox::new(45.0, 45.0, 45.0, 45.0)), Some((1, 1, 5, 5)));
    assert_eq!(range(BBox::new(180.0, -90.0, 180.0, -90.0)), Some((3, 3, 7, 7)));
    assert_eq!(range(BBox::new(-500.0, -500.0, 500.0, 500.0)), Some((0, 3, 0, 7)));
    assert_eq!(range(BBox::new(181.0, 0.0, 190.0, 1.0)), None);
    assert_eq!(range(BBox::EMPTY), None);
}

#[test]
fn every_tile_of_a_range_meets_its_box_and_lies_in_the_matrix() {
    for grid in standard() {
        for (level, matrix) in grid.matrices.iter().enumerate().take(8) {
            let whole = matrix.bbox();
            let bbox = BBox::new(
                whole.min_x + whole.width() * 0.51,
                whole.min_y + whole.height() * 0.66,
                whole.min_x + whole.width() * 0.58,
                whole.min_y + whole.height() * 0.81,
            );
            let range = matrix.tiles_of(&bbox).expect("inside");
            let mut covered = BBox::EMPTY;
            for (row, col) in [(range.min_row, range.min_col), (range.max_row, range.max_col)] {
                let tile = grid.tile(level, row, col).expect("exists").bbox();
                assert!(tile.intersects(&bbox), "{} {level}", grid.id);
                covered = covered.union(&tile);
            }
            assert!(
                covered.contains(bbox.min_x, bbox.min_y) && covered.contains(bbox.max_x, bbox.max_y),
                "{} {level}",
                grid.id
            );
        }
    }
}

/// A national grid as a later definition may have it: a CRS whose definition has northing first, rows
/// counted from below.
fn northing_first() -> TileMatrixSet {
    let crs = CrsRef::parse("http://www.opengis.net/def/crs/EPSG/0/3035").expect("known");
    let mut matrices = halving(&crs, [2_000_000.0, 1_000_000.0], 10_000.0, [2, 3], 3);
    for matrix in &mut matrices {
        matrix.corner = Corner::BottomLeft;
    }
    TileMatrixSet {
        id: "Test".into(),
        title: "Test".into(),
        uri: None,
        crs,
        axes: ["Y", "X"],
        well_known_scale_set: None,
        matrices,
    }
}

#[test]
fn a_definition_writes_points_in_the_order_of_its_system() {
    let swapped = northing_first().to_json();
    assert_eq!(swapped["tileMatrices"][0]["pointOfOrigin"], serde_json::json!([1_000_000.0, 2_000_000.0]));
    assert_eq!(swapped["tileMatrices"][0]["cornerOfOrigin"], "bottomLeft");
    assert_eq!(swapped.get("uri"), None);
    let straight = degrees().to_json();
    assert_eq!(straight["tileMatrices"][0]["pointOfOrigin"], serde_json::json!([-180.0, 90.0]));
    assert_eq!(straight["crs"], "http://www.opengis.net/def/crs/OGC/1.3/CRS84");
    assert_eq!(mercator().to_json()["crs"], "http://www.opengis.net/def/crs/EPSG/0/3857");
}

#[test]
fn rows_counted_from_below_go_north() {
    let grid: &'static TileMatrixSet = Box::leak(Box::new(northing_first()));
    let [low, high] = [0, 1].map(|row| grid.tile(1, row, 0).expect("exists").bbox());
    assert_eq!(low.min_y, 1_000_000.0);
    assert_eq!(high.min_y, low.max_y);
    let range = grid.matrices[1].tiles_of(&high.expanded(-1.0)).expect("inside");
    assert_eq!((range.min_row, range.max_row), (1, 1));
}

#[test]
fn equal_numbers_in_other_grids_are_other_tiles() {
    let [a, b] = [mercator(), degrees()].map(|grid| grid.tile(3, 2, 1).expect("exists"));
    assert_ne!(a, b);
    assert_eq!(a, Tile::web_mercator(3, 1, 2).expect("exists"));
    assert_eq!(format!("{a} {a:?}"), "3/1/2 WebMercatorQuad:3/1/2");
}

#[test]
fn the_grids_of_the_ign_have_its_numbers() {
    let grid = standard().iter().find(|g| g.id == "LAMB93_10cm").expect("there");
    assert_eq!(grid.matrices.len(), 22);
    for (level, cell, scale, width, height) in [
        (0, 209_715.2, 748_982_857.142_857, 1, 1),
        (3, 26_214.4, 93_622_857.142_857_1, 1, 2),
        (12, 51.2, 182_857.142_857_143, 99, 822),
        (21, 0.1, 357.142_857_142_857, 50_400, 420_409),
    ] {
        let matrix = &grid.matrices[level];
        assert!((matrix.cell_size - cell).abs() < 1e-9 && (matrix.scale_denominator - scale).abs() < 1e-3);
        assert_eq!((matrix.matrix_width, matrix.matrix_height), (width, height), "{level}");
        assert_eq!(matrix.origin, [0.0, 12_000_000.0]);
    }
}

#[test]
fn the_grid_of_5_cm_is_that_of_10_cm_with_one_level_more() {
    let [ten, five] =
        ["LAMB93_10cm", "LAMB93_5cm"].map(|id| standard().iter().find(|g| g.id == id).expect("there"));
    assert_eq!(five.matrices.len(), 23);
    assert_eq!(five.matrices[..22], ten.matrices[..]);
    let last = &five.matrices[22];
    assert!(
        (last.cell_size - 0.05).abs() < 1e-12 && (last.scale_denominator - 178.571_428_571_429).abs() < 1e-6
    );
    assert_eq!((last.matrix_width, last.matrix_height), (100_800, 840_818));
}

#[test]
fn the_grids_of_utm_have_the_numbers_of_the_register() {
    let grid = standard().iter().find(|g| g.id == "UTM31WGS84Quad").expect("there");
    assert_eq!(grid.uri.as_deref(), Some("http://www.opengis.net/def/tilematrixset/OGC/1.0/UTM31WGS84Quad"));
    assert_eq!((grid.matrices.len(), grid.crs.crs.srid), (24, 32_631));
    for (index, id, scale, cell, width, height) in [
        (0, "1", 279_072_704.500_914, 78_140.357_260_255_9, 1, 2),
        (11, "12", 136_265.968_994_587, 38.154_471_318_484_3, 2_048, 4_096),
        (23, "24", 33.268_058_836_569_1, 0.009_315_056_474_239_34, 8_388_608, 16_777_216),
    ] {
        let matrix = &grid.matrices[index];
        assert_eq!((matrix.id.as_str(), matrix.matrix_width, matrix.matrix_height), (id, width, height));
        assert!((matrix.scale_denominator / scale - 1.0).abs() < 1e-11, "{}", matrix.scale_denominator);
        assert!((matrix.cell_size / cell - 1.0).abs() < 1e-11, "{}", matrix.cell_size);
        assert_eq!(matrix.origin, [-9_501_965.729_312_76, 20_003_931.458_625_5]);
    }
    let east = standard().iter().find(|g| g.id == "UTM32WGS84Quad").expect("there");
    assert_eq!((east.uri.as_deref(), east.crs.crs.srid), (None, 32_632));
    assert_eq!(east.matrices, grid.matrices);
}

#[test]
fn the_grid_of_latitude_first_has_the_tiles_of_the_other() {
    let grid = standard().iter().find(|g| g.id == "WGS1984Quad").expect("there");
    assert_eq!(grid.matrices, degrees().matrices);
    let written = grid.to_json();
    assert_eq!(written["orderedAxes"], serde_json::json!(["Lat", "Lon"]));
    assert_eq!(written["tileMatrices"][0]["pointOfOrigin"], serde_json::json!([90.0, -180.0]));
}

#[test]
fn every_territory_lies_in_its_grid() {
    for (id, srid, [longitude, latitude]) in [
        ("LAMB93_10cm", 2154, [5.37, 43.30]),
        ("RGAF09UTM20_10cm", 5490, [-61.07, 14.60]),
        ("UTM22RGFG95_10cm", 2972, [-52.33, 4.93]),
        ("RGR92UTM40S_10cm", 2975, [55.45, -20.88]),
        ("RGM04UTM38S_10cm", 4471, [45.23, -12.78]),
        ("RGSPM06U21_10cm", 4467, [-56.18, 46.78]),
        ("EuropeanETRS89_LAEAQuad", 3035, [5.37, 43.30]),
    ] {
        let grid = standard().iter().find(|g| g.id == id).expect(id);
        assert_eq!(grid.crs.crs.srid, srid);
        let world = crate::geo::Crs::from_epsg(4326).expect("known");
        let way = crate::geo::Transform::new(&world, &grid.crs.crs).expect("a way");
        let [x, y] = way.point(longitude, latitude).expect("placed");
        assert!(grid.matrices.iter().all(|m| m.bbox().contains(x, y)), "{id}: {x} {y}");
    }
}

#[test]
fn the_register_of_the_ogc_has_the_same_european_grid() {
    let grid = standard().iter().find(|g| g.id == "EuropeanETRS89_LAEAQuad").expect("there");
    assert!((grid.matrices[0].scale_denominator - 62_779_017.857_142_87).abs() < 1e-6);
    let written = grid.to_json();
    assert_eq!(written["orderedAxes"], serde_json::json!(["Y", "X"]));
    assert_eq!(written["tileMatrices"][0]["pointOfOrigin"], serde_json::json!([5_500_000.0, 2_000_000.0]));
}

//! The grids that every platform has: those of the web, of France and its overseas regions, of Europe.

use super::{Corner, PIXEL_METRES, TileMatrix, TileMatrixSet, halving};
use crate::geo::{Crs, CrsError, CrsRef};
use std::sync::LazyLock;

/// Half the width of the Web Mercator square, in metres.
pub const MERCATOR_EDGE: f64 = 20_037_508.342_789_244;

/// In the order in which they are offered. Empty when PROJ's database is missing, which `doctor` tells.
static KNOWN: LazyLock<Vec<TileMatrixSet>> = LazyLock::new(|| {
    let mut made = vec![make_web_mercator_quad(), make_world_crs84_quad()];
    made.extend(NATIONAL.iter().map(National::make));
    made.push(make_european_laea_quad());
    made.push(make_world_mercator_quad());
    made.push(make_wgs1984_quad());
    made.extend([31, 32].map(make_utm_quad));
    made.into_iter()
        .filter_map(|grid| grid.inspect_err(|error| tracing::error!(%error, "a tile grid is missing")).ok())
        .collect()
});

/// The grids that every platform has, the preferred one first.
#[must_use]
pub fn standard() -> &'static [TileMatrixSet] {
    &KNOWN
}

/// `WebMercatorQuad` (OGC 17-083r4 annex D.1): the grid of web maps.
#[must_use]
pub fn web_mercator_quad() -> Option<&'static TileMatrixSet> {
    static FOUND: LazyLock<Option<&'static TileMatrixSet>> =
        LazyLock::new(|| standard().iter().find(|g| g.id == "WebMercatorQuad"));
    *FOUND
}

fn registered(id: &str) -> Option<String> {
    Some(format!("http://www.opengis.net/def/tilematrixset/OGC/1.0/{id}"))
}

fn make_web_mercator_quad() -> Result<TileMatrixSet, CrsError> {
    let crs = CrsRef::parse("http://www.opengis.net/def/crs/EPSG/0/3857")?;
    let matrices = halving(&crs, [-MERCATOR_EDGE, MERCATOR_EDGE], 2.0 * MERCATOR_EDGE / 256.0, [1, 1], 25);
    Ok(TileMatrixSet {
        id: "WebMercatorQuad".to_owned(),
        title: "Google Maps Compatible for the World".to_owned(),
        uri: registered("WebMercatorQuad"),
        crs,
        axes: ["X", "Y"],
        well_known_scale_set: Some("http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible".to_owned()),
        matrices,
    })
}

fn make_world_crs84_quad() -> Result<TileMatrixSet, CrsError> {
    let crs = CrsRef::crs84()?;
    let matrices = halving(&crs, [-180.0, 90.0], 180.0 / 256.0, [2, 1], 18);
    Ok(TileMatrixSet {
        id: "WorldCRS84Quad".to_owned(),
        title: "CRS84 for the World".to_owned(),
        uri: registered("WorldCRS84Quad"),
        crs,
        axes: ["Lon", "Lat"],
        well_known_scale_set: Some("http://www.opengis.net/def/wkss/OGC/1.0/GoogleCRS84Quad".to_owned()),
        matrices,
    })
}

/// `WGS1984Quad` (OGC 17-083r4 annex D): the tiles of `WorldCRS84Quad`, in a system with latitude first.
fn make_wgs1984_quad() -> Result<TileMatrixSet, CrsError> {
    let crs = CrsRef::parse("http://www.opengis.net/def/crs/EPSG/0/4326")?;
    let matrices = halving(&crs, [-180.0, 90.0], 180.0 / 256.0, [2, 1], 18);
    Ok(TileMatrixSet {
        id: "WGS1984Quad".to_owned(),
        title: "EPSG:4326 for the World".to_owned(),
        uri: registered("WGS1984Quad"),
        axes: axes(&crs),
        crs,
        well_known_scale_set: Some("http://www.opengis.net/def/wkss/OGC/1.0/GoogleCRS84Quad".to_owned()),
        matrices,
    })
}

/// Half a meridian of the WGS 84 ellipsoid in metres, from pole to pole.
const HALF_MERIDIAN: f64 = 20_003_931.458_625_5;
/// Upper left corner of the grids of UTM (OGC 17-083r4 annex D): a square half a meridian wide around the central one.
const UTM_LEFT: f64 = -9_501_965.729_312_76;

/// `UTM31WGS84Quad` and its like for a northern zone (OGC 17-083r4 annex D). The first matrix is called `1`. The register
/// has zone 31 alone.
fn make_utm_quad(zone: i32) -> Result<TileMatrixSet, CrsError> {
    let crs = CrsRef::parse(&format!("http://www.opengis.net/def/crs/EPSG/0/{}", 32_600 + zone))?;
    let mut matrices = halving(&crs, [UTM_LEFT, HALF_MERIDIAN], HALF_MERIDIAN / 256.0, [1, 2], 24);
    for (level, matrix) in matrices.iter_mut().enumerate() {
        matrix.id = (level + 1).to_string();
    }
    let id = format!("UTM{zone}WGS84Quad");
    Ok(TileMatrixSet {
        title: format!("Universal Transverse Mercator Zone {zone} WGS84 Quad"),
        uri: if zone == 31 { registered(&id) } else { None },
        id,
        axes: axes(&crs),
        crs,
        well_known_scale_set: None,
        matrices,
    })
}

/// `EuropeanETRS89_LAEAQuad` (OGC 17-083r4 annex D): equal areas, the grid of European statistics.
fn make_european_laea_quad() -> Result<TileMatrixSet, CrsError> {
    let crs = CrsRef::parse("http://www.opengis.net/def/crs/EPSG/0/3035")?;
    let matrices = halving(&crs, [2_000_000.0, 5_500_000.0], 4_500_000.0 / 256.0, [1, 1], 16);
    Ok(TileMatrixSet {
        id: "EuropeanETRS89_LAEAQuad".to_owned(),
        title: "Lambert Azimuthal Equal Area ETRS89 for Europe".to_owned(),
        uri: registered("EuropeanETRS89_LAEAQuad"),
        axes: axes(&crs),
        crs,
        well_known_scale_set: None,
        matrices,
    })
}

/// `WorldMercatorWGS84Quad` (OGC 17-083r4 annex D): Mercator on the ellipsoid.
fn make_world_mercator_quad() -> Result<TileMatrixSet, CrsError> {
    let crs = CrsRef::parse("http://www.opengis.net/def/crs/EPSG/0/3395")?;
    let matrices = halving(&crs, [-MERCATOR_EDGE, MERCATOR_EDGE], 2.0 * MERCATOR_EDGE / 256.0, [1, 1], 25);
    Ok(TileMatrixSet {
        id: "WorldMercatorWGS84Quad".to_owned(),
        title: "World Mercator WGS84 (ellipsoid)".to_owned(),
        uri: registered("WorldMercatorWGS84Quad"),
        axes: axes(&crs),
        crs,
        well_known_scale_set: Some("http://www.opengis.net/def/wkss/OGC/1.0/WorldMercatorWGS84".to_owned()),
        matrices,
    })
}

/// Names of a system's axes as 17-083r4 spells them in `orderedAxes`, in the order of the system.
pub(super) fn axes(crs: &CrsRef) -> [&'static str; 2] {
    match (crs.crs.geographic, crs.swapped(true)) {
        (true, true) => ["Lat", "Lon"],
        (true, false) => ["Lon", "Lat"],
        (false, true) => ["Y", "X"],
        (false, false) => ["X", "Y"],
    }
}

/// A grid of the IGN: cells of 10 cm at the deepest of 22 levels, or of 5 cm at one more, twice as wide at each above it, counted from
/// the point 0, 12 000 000. Tiles have the numbers that they have in the services of the IGN.
struct National {
    /// Identifier, as the IGN names the grid.
    id: &'static str,
    title: &'static str,
    srid: i32,
    /// Number of matrices.
    levels: u8,
    /// Tiles of the deepest matrix along a row and along a column.
    tiles: [u32; 2],
}

/// Tiles of the deepest matrix overseas: 1 290 km to the east, and down to the equator or the false origin of the south.
const OVERSEAS: [u32; 2] = [50_400, 468_750];

const NATIONAL: [National; 7] = [
    National {
        id: "LAMB93_10cm",
        title: "RGF93 / Lambert-93 (France métropolitaine)",
        srid: 2154,
        levels: LEVELS,
        tiles: [50_400, 420_409],
    },
    National {
        id: "LAMB93_5cm",
        title: "RGF93 / Lambert-93 (France métropolitaine), jusqu'à 5 cm",
        srid: 2154,
        levels: LEVELS + 1,
        tiles: [100_800, 840_818],
    },
    National {
        id: "RGAF09UTM20_10cm",
        title: "RGAF09 / UTM 20N (Guadeloupe, Martinique, Saint-Martin, Saint-Barthélemy)",
        srid: 5490,
        levels: LEVELS,
        tiles: OVERSEAS,
    },
    National {
        id: "UTM22RGFG95_10cm",
        title: "RGFG95 / UTM 22N (Guyane)",
        srid: 2972,
        levels: LEVELS,
        tiles: OVERSEAS,
    },
    National {
        id: "RGR92UTM40S_10cm",
        title: "RGR92 / UTM 40S (La Réunion)",
        srid: 2975,
        levels: LEVELS,
        tiles: OVERSEAS,
    },
    National {
        id: "RGM04UTM38S_10cm",
        title: "RGM04 / UTM 38S (Mayotte)",
        srid: 4471,
        levels: LEVELS,
        tiles: OVERSEAS,
    },
    National {
        id: "RGSPM06U21_10cm",
        title: "RGSPM06 / UTM 21N (Saint-Pierre-et-Miquelon)",
        srid: 4467,
        levels: LEVELS,
        tiles: OVERSEAS,
    },
];

/// Levels of a national grid down to cells of 10 cm.
const LEVELS: u8 = 22;

impl National {
    fn make(&self) -> Result<TileMatrixSet, CrsError> {
        let crs = CrsRef::parse(&Crs::from_epsg(self.srid)?.uri())?;
        let matrices = (0..self.levels).map(|level| {
            let power = 1_u32 << (self.levels - 1 - level);
            let cell_size = f64::from(1_u32 << LEVELS) / f64::from(1_u32 << level) / 20.0;
            TileMatrix {
                id: level.to_string(),
                scale_denominator: cell_size * crs.crs.metres_per_unit / PIXEL_METRES,
                cell_size,
                origin: [0.0, 12_000_000.0],
                corner: Corner::TopLeft,
                tile_width: 256,
                tile_height: 256,
                matrix_width: self.tiles[0].div_ceil(power),
                matrix_height: self.tiles[1].div_ceil(power),
            }
        });
        Ok(TileMatrixSet {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            uri: None,
            axes: axes(&crs),
            matrices: matrices.collect(),
            crs,
            well_known_scale_set: None,
        })
    }
}

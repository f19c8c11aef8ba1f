//! The grids of this platform.

use super::{TileMatrixSet, halving};
use crate::geo::{CrsError, CrsRef};
use std::sync::LazyLock;

/// Half the width of the Web Mercator square, in metres.
pub const MERCATOR_EDGE: f64 = 20_037_508.342_789_244;

/// In the order in which they are offered. Empty when PROJ's database is missing, which `doctor` tells.
static KNOWN: LazyLock<Vec<TileMatrixSet>> = LazyLock::new(|| {
    let made = [make_web_mercator_quad(), make_world_crs84_quad()];
    made.into_iter()
        .filter_map(|grid| grid.inspect_err(|error| tracing::error!(%error, "a tile grid is missing")).ok())
        .collect()
});

/// All grids, the preferred one first.
#[must_use]
pub fn all() -> &'static [TileMatrixSet] {
    &KNOWN
}

/// The grid of an identifier, which is compared exactly.
#[must_use]
pub fn find(id: &str) -> Option<&'static TileMatrixSet> {
    all().iter().find(|g| g.id == id)
}

/// `WebMercatorQuad` (OGC 17-083r4 annex D.1): the grid of web maps.
#[must_use]
pub fn web_mercator_quad() -> Option<&'static TileMatrixSet> {
    static FOUND: LazyLock<Option<&'static TileMatrixSet>> = LazyLock::new(|| find("WebMercatorQuad"));
    *FOUND
}

/// `WorldCRS84Quad` (OGC 17-083r4 annex D.2): longitude and latitude, two tiles at the top.
#[must_use]
pub fn world_crs84_quad() -> Option<&'static TileMatrixSet> {
    find("WorldCRS84Quad")
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

//! Tiles in other grids than that of web maps (OGC 17-083r4), by addresses of the same form.

use super::error::TilesError;
use super::handler::{labelled, sent};
use super::request;
use crate::geo::grid::{Tile, TileMatrixSet};
use crate::model::Layer;
use crate::services::edge::{Call, Kvp};
use crate::tiles::is_offered;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Side of a tile in metres from which on enlarging it shows nothing that isn't exact: that of a web map's tile at the zoom
/// where its own tiles end.
const FINEST_TILE: f64 = 612.0;

/// Parts of the address of a tile in a grid, as written.
#[derive(Deserialize)]
pub(super) struct GridTilePath {
    layers: String,
    grid: String,
    z: String,
    x: String,
    y: String,
    extension: String,
}

/// `/tiles/{layers}/{tileMatrixSet}/{z}/{x}/{y}.mvt`
pub(super) async fn tile(call: Call, request: HttpRequest, path: web::Path<GridTilePath>) -> HttpResponse {
    labelled("GetTile", answer(&call, &request, path.into_inner()).await)
}

async fn answer(call: &Call, request: &HttpRequest, path: GridTilePath) -> Result<HttpResponse, TilesError> {
    let form = request::form(&path.extension)?;
    let snapshot = call.app.registry.snapshot();
    let layers = request::layers(call, &snapshot, &path.layers)?;
    let grid = found(call, &path.grid, &layers)?;
    let tile = tile_of(grid, &path.z, &path.x, &path.y)?;
    sent(call, request, &layers, tile, form).await
}

/// The grid that the parameter `tileMatrixSet` of a TileJSON's address names, or `grid`; nothing without one, or when it
/// is the grid of web maps.
pub(super) fn asked(
    call: &Call,
    query: &str,
    layers: &[Arc<Layer>],
) -> Result<Option<&'static TileMatrixSet>, TilesError> {
    let kvp = Kvp::parse(query).map_err(|error| TilesError::Malformed(error.to_string()))?;
    match kvp.filled("tileMatrixSet").or_else(|| kvp.filled("grid")) {
        None => Ok(None),
        Some(id) => found(call, id, layers).map(|grid| Some(grid).filter(|g| g.id != "WebMercatorQuad")),
    }
}

/// A grid in which some of the layers lie.
fn found(call: &Call, id: &str, layers: &[Arc<Layer>]) -> Result<&'static TileMatrixSet, TilesError> {
    let offered = call.app.grids.iter().filter(|grid| is_offered(layers, grid));
    call.app.grids.find(id).filter(|grid| is_offered(layers, grid)).ok_or_else(|| {
        let shown: String = id.chars().take(80).collect();
        let all: Vec<&str> = offered.map(|grid| grid.id.as_str()).collect();
        TilesError::NotFound(format!(
            "there is no tile grid '{shown}' in which these layers lie; there are: {}",
            all.join(", ")
        ))
    })
}

/// The tile of three path segments: matrix, column, row.
fn tile_of(grid: &'static TileMatrixSet, z: &str, x: &str, y: &str) -> Result<Tile, TilesError> {
    let number = |name: &str, text: &str| {
        let digits = !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u64>().ok()).flatten().ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            TilesError::Malformed(format!("{name} of a tile is a whole number from 0 on, not '{shown}'"))
        })
    };
    let (column, row) = (number("x", x)?, number("y", y)?);
    let shown: String = z.chars().take(40).collect();
    let index = grid.matrix_index(z).ok_or_else(|| {
        let ends: Vec<&str> =
            grid.matrices.first().into_iter().chain(grid.matrices.last()).map(|m| m.id.as_str()).collect();
        TilesError::NotFound(format!(
            "grid {} has no tile matrix '{shown}'; they go from {}",
            grid.id,
            ends.join(" to ")
        ))
    })?;
    let narrow = || grid.tile(index, u32::try_from(row).ok()?, u32::try_from(column).ok()?);
    narrow().ok_or_else(|| {
        let size = grid.matrices.get(index).map_or([0, 0], |m| [m.matrix_width, m.matrix_height]);
        TilesError::NotFound(format!(
            "there is no tile {shown}/{column}/{row} in {}: this matrix has {} columns and {} rows",
            grid.id, size[0], size[1]
        ))
    })
}

/// Makes a TileJSON that of a grid. The specification knows the grid of web maps alone, so that viewers must be told.
pub(super) fn put(
    document: &mut Value,
    call: &Call,
    layers: &[Arc<Layer>],
    choice: &request::Choice,
    grid: &TileMatrixSet,
) {
    let slugs: Vec<&str> = layers.iter().map(|l| l.slug.as_str()).collect();
    let address =
        call.url(&format!("/tiles/{}/{}/{{z}}/{{x}}/{{y}}.mvt{}", slugs.join(","), grid.id, choice.query));
    document["tiles"] = json!([address]);
    let last = deepest(grid);
    let number = |index: usize| {
        let id = grid.matrices.get(index).map_or("", |m| m.id.as_str());
        id.parse::<u64>().map_or_else(|_| json!(index), |n| json!(n))
    };
    document["minzoom"] = number(0);
    document["maxzoom"] = number(last);
    for layer in document.get_mut("vector_layers").and_then(Value::as_array_mut).into_iter().flatten() {
        layer["minzoom"] = number(0);
        layer["maxzoom"] = number(last);
    }
    // Reckoned for the zooms of web maps.
    if let Some(members) = document.as_object_mut() {
        members.remove("center");
    }
    if let Some(extent) = layers.iter().filter_map(|l| l.extent_lonlat).reduce(|a, b| a.union(&b)) {
        document["bounds"] = json!([extent.min_x, extent.min_y, extent.max_x, extent.max_y]);
    }
    document["datasud:tileMatrixSet"] = json!({
        "id": grid.id,
        "uri": grid.uri,
        "crs": grid.crs.canonical(),
        "definition": call.url(&format!("/ogc/tileMatrixSets/{}", grid.id)),
        "note": "TileJSON knows Web Mercator only: z, x and y are those of this tile matrix set",
    });
}

/// The matrix from which on tiles can be enlarged.
fn deepest(grid: &TileMatrixSet) -> usize {
    let metres = grid.crs.crs.metres_per_unit;
    let is_fine = |side: f64| side * metres <= FINEST_TILE;
    grid.matrices
        .iter()
        .position(|matrix| is_fine(matrix.span()[0]))
        .unwrap_or_else(|| grid.matrices.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::grid::standard;

    fn grid(id: &str) -> &'static TileMatrixSet {
        standard().iter().find(|g| g.id == id).expect("there")
    }

    #[test]
    fn tiles_are_named_by_matrix_column_and_row() {
        let lambert = grid("LAMB93_10cm");
        let tile = tile_of(lambert, "10", "17", "109").expect("there");
        assert_eq!((tile.level(), tile.col(), tile.row()), (10, 17, 109));
        // The first matrix of UTM is called 1.
        assert_eq!(tile_of(grid("UTM31WGS84Quad"), "1", "0", "1").ok().map(|t| t.level()), Some(0));
        for (z, x, y) in
            [("22", "0", "0"), ("-1", "0", "0"), ("a", "0", "0"), ("10", "25", "0"), ("10", "0", "206")]
        {
            assert!(matches!(tile_of(lambert, z, x, y), Err(TilesError::NotFound(_))), "{z}/{x}/{y}");
        }
        for (x, y) in [("-1", "0"), ("0", "1.5"), ("", "0"), ("0", "+1")] {
            assert!(matches!(tile_of(lambert, "1", x, y), Err(TilesError::Malformed(_))), "{x}/{y}");
        }
    }

    #[test]
    fn tiles_end_where_enlarging_them_is_exact() {
        assert_eq!(deepest(grid("WebMercatorQuad")), 16);
        assert_eq!(deepest(grid("LAMB93_10cm")), 17);
        assert_eq!(deepest(grid("WorldCRS84Quad")), 15);
    }
}

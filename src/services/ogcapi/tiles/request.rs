//! From an address to layers, a grid and a tile.

use crate::geo::grid::{Tile, TileMatrixSet};
use crate::model::Layer;
use crate::services::edge::Call;
use crate::services::edge::selection::TILE_PARAMETERS;
use crate::services::ogcapi::common::{Parameters, Problem, check_scope, chosen_collections, find};
use crate::tiles::{TileForm, extent_in, is_offered, tiles_of};
use actix_web::HttpRequest;
use actix_web::http::header;
use std::sync::Arc;

/// What tiles hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Features.
    Vector,
    /// A picture.
    Map,
}

impl Kind {
    /// `dataType` of OGC 17-083r4, and the end of the relation `tilesets-…`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Vector => "vector",
            Self::Map => "map",
        }
    }
}

/// What a vector tile is written as (OGC 20-057 clauses 17 and 18): as `f` says, else the first that `Accept` names, else
/// the usual form.
pub(super) fn form(http: &HttpRequest, f: Option<&str>) -> Result<TileForm, Problem> {
    match f {
        Some("json") => Ok(TileForm::GeoJson),
        Some(name) => TileForm::named(name).ok_or_else(|| {
            let names = TileForm::ALL.map(TileForm::name).join(", ");
            Problem::invalid("f", format!("vector tiles are offered as {names}; f is one of them"))
        }),
        None => {
            let accept = http.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
            Ok(TileForm::accepted(accept).unwrap_or(TileForm::Mvt))
        }
    }
}

/// What tilesets are of: a collection, all of them, or some.
pub(super) struct Source {
    /// The collection in the address.
    pub(super) collection: Option<Arc<Layer>>,
    /// What `collections` chose.
    pub(super) chosen: Option<String>,
    /// The layers, each once.
    pub(super) layers: Vec<Arc<Layer>>,
    /// The address up to `/tiles`.
    pub(super) address: String,
}

impl Source {
    /// Reads the address and `collections`.
    pub(super) fn read(
        call: &Call,
        http: &HttpRequest,
        kind: Kind,
        parameters: &Parameters,
    ) -> Result<Self, Problem> {
        check_scope(call)?;
        let end = if kind == Kind::Map { "/map/tiles" } else { "/tiles" };
        if let Some(id) = http.match_info().get("collection") {
            let layer = find(call, id)?;
            let address = format!("{}/{}{end}", call.url("/ogc/collections"), layer.slug);
            let layers = vec![Arc::clone(&layer)];
            return Ok(Self { collection: Some(layer), chosen: None, layers, address });
        }
        let chosen = parameters.get("collections").map(str::to_owned);
        let layers = match &chosen {
            Some(names) => chosen_collections(call, names)?,
            None => {
                let snapshot = call.app.registry.snapshot();
                snapshot.visible_layers(&call.caller, &call.scope).cloned().collect()
            }
        };
        Ok(Self { collection: None, chosen, layers, address: call.url(&format!("/ogc{end}")) })
    }

    /// The parameters that every address of this source has.
    pub(super) fn known_parameters(http: &HttpRequest) -> &'static [&'static str] {
        if http.match_info().get("collection").is_some() { &["f"] } else { &["f", "collections"] }
    }

    /// Those of its tiles.
    pub(super) fn tile_parameters(http: &HttpRequest, kind: Kind) -> Vec<&'static str> {
        let own = Self::known_parameters(http).iter().copied().chain(["datetime"]);
        match kind {
            Kind::Vector => own.chain(TILE_PARAMETERS).collect(),
            Kind::Map => own.collect(),
        }
    }

    /// Refuses a grid that has nothing of the layers.
    pub(super) fn check_grid(&self, grid: &TileMatrixSet) -> Result<(), Problem> {
        if is_offered(&self.layers, grid) {
            return Ok(());
        }
        let detail =
            format!("nothing of this lies in the area of {}; {} lists the grids", grid.id, self.address);
        Err(Problem::not_found(detail))
    }

    /// Refuses more layers than one tile may have.
    pub(super) fn check_count(&self, call: &Call) -> Result<(), Problem> {
        let limit = call.app.config.limits.layers_per_request;
        if self.layers.len() <= limit {
            return Ok(());
        }
        let detail = format!("a tile may have at most {limit} collections; choose some: collections=a,b");
        Err(Problem::invalid("collections", detail))
    }
}

/// The grid in the address.
pub(super) fn grid(call: &Call, http: &HttpRequest) -> Result<&'static TileMatrixSet, Problem> {
    let name = http.match_info().get("grid").unwrap_or_default();
    call.app.grids.find(name).ok_or_else(|| {
        let known: Vec<&str> = call.app.grids.iter().map(|g| g.id.as_str()).collect();
        let shown: String = name.chars().take(80).collect();
        Problem::not_found(format!("there is no tile matrix set '{shown}'; there are: {}", known.join(", ")))
    })
}

/// The tile in the address: 400 for what is no number, 404 for what isn't there.
pub(super) fn tile(
    http: &HttpRequest,
    grid: &'static TileMatrixSet,
    layers: &[Arc<Layer>],
) -> Result<Tile, Problem> {
    let part = |name: &str| http.match_info().get(name).unwrap_or_default();
    let id = part("matrix");
    let index = grid.matrix_index(id);
    let (Some(index), Some(matrix)) = (index, index.and_then(|i| grid.matrices.get(i))) else {
        let shown: String = id.chars().take(40).collect();
        let detail = format!("{} has no tile matrix '{shown}'; its definition lists them", grid.id);
        return Err(Problem::not_found(detail));
    };
    let row = number("tileRow", part("row"))?;
    let col = number("tileCol", part("col"))?;
    let tile = match (u32::try_from(row), u32::try_from(col)) {
        (Ok(row), Ok(col)) => grid.tile(index, row, col),
        _ => None,
    };
    let tile = tile.ok_or_else(|| {
        Problem::not_found(format!(
            "there is no tile in row {row}, column {col}: matrix {id} of {} has {} rows and {} columns",
            grid.id, matrix.matrix_height, matrix.matrix_width
        ))
    })?;
    // Layers without features have no limits.
    let Some(extent) = extent_in(layers, grid) else { return Ok(tile) };
    let inside = tiles_of(matrix, &extent).filter(|range| {
        (range.min_row..=range.max_row).contains(&tile.row())
            && (range.min_col..=range.max_col).contains(&tile.col())
    });
    inside.map(|_| tile).ok_or_else(|| {
        let detail = format!("row {row}, column {col} lies outside of the limits that the tileset tells");
        Problem::not_found(detail)
    })
}

fn number(parameter: &str, text: &str) -> Result<u64, Problem> {
    let digits = text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    let read = if digits { text.parse().ok() } else { None };
    read.ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Problem::invalid(parameter, format!("{parameter} is a whole number from 0 on, not '{shown}'"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_are_whole_numbers_of_any_size() {
        assert_eq!(number("tileRow", "2147483647").ok(), Some(2_147_483_647));
        for text in ["", "-1", "+1", "1.0", "x", "9999999999999999999999"] {
            assert_eq!(number("tileRow", text).expect_err("refused").status.as_u16(), 400, "{text}");
        }
    }
}

//! Layers that are archives of tiles: their zooms of Web Mercator in their own format, pictures or vector tiles, in the one
//! style that they were made with.

use super::error::{Code, WmtsError};
use super::request::{Context, number, version};
use crate::access::Action;
use crate::geo::grid::{Tile, web_mercator_quad};
use crate::model::ArchiveLayer;
use crate::services::edge::{Call, Kvp, archive_status, archived_tile};
use actix_web::{HttpRequest, HttpResponse};
use std::sync::Arc;

/// The grid of archives.
pub(super) const GRID: &str = "WebMercatorQuad";

/// Their style.
pub(super) const STYLE: &str = "default";

/// GetTile (OGC 07-057r7 section 7.2.1) of an archive.
pub(super) struct ArchivedTile {
    archive: Arc<ArchiveLayer>,
    tile: Tile,
}

impl ArchivedTile {
    /// What is asked for; `None` when the layer is no archive.
    pub(super) fn of(kvp: &Kvp, context: &Context<'_>) -> Result<Option<Self>, WmtsError> {
        let Some(archive) = kvp.filled("layer").and_then(|name| find(context, name)) else { return Ok(None) };
        version(kvp)?;
        match kvp.get("style") {
            None => return Err(WmtsError::missing("style", STYLE)),
            Some(style) if style.is_empty() || style.eq_ignore_ascii_case(STYLE) => {}
            Some(style) => return Err(WmtsError::invalid("style", style, STYLE)),
        }
        let media_type = archive.facts.info.format.media_type();
        let format = kvp.filled("format").ok_or_else(|| WmtsError::missing("format", media_type))?;
        if !format.eq_ignore_ascii_case(media_type) {
            return Err(WmtsError::invalid("format", format, media_type));
        }
        let grid = kvp.filled("TileMatrixSet").ok_or_else(|| WmtsError::missing("TileMatrixSet", GRID))?;
        let grid = web_mercator_quad()
            .filter(|known| known.id == grid)
            .ok_or_else(|| WmtsError::invalid("TileMatrixSet", grid, GRID))?;
        let [first, last] = archive.facts.info.zooms;
        let name = kvp.filled("TileMatrix").ok_or_else(|| WmtsError::missing("TileMatrix", "12"))?;
        let level = grid
            .matrix_index(name)
            .filter(|level| (usize::from(first)..=usize::from(last)).contains(level))
            .ok_or_else(|| WmtsError::invalid("TileMatrix", name, &format!("{first} to {last}")))?;
        let row = kvp.filled("TileRow").ok_or_else(|| WmtsError::missing("TileRow", "0"))?;
        let col = kvp.filled("TileCol").ok_or_else(|| WmtsError::missing("TileCol", "0"))?;
        let (row, col) = (number("TileRow", row)?, number("TileCol", col)?);
        let tile = u32::try_from(row).ok().zip(u32::try_from(col).ok());
        let tile = tile.and_then(|(row, col)| grid.tile(level, row, col)).ok_or_else(|| {
            let message = format!("matrix {name} has no tile in row {row}, column {col}");
            WmtsError::new(Code::TileOutOfRange, "TileRow", message)
        })?;
        Ok(Some(Self { archive, tile }))
    }

    /// The answer: 204 where the archive has no tile.
    pub(super) async fn answer(self, call: &Call, http: &HttpRequest) -> Result<HttpResponse, WmtsError> {
        archived_tile(call, http, &self.archive, self.tile).await.map_err(|error| WmtsError {
            status: archive_status(&error),
            ..WmtsError::new(Code::NoApplicableCode, "", error.to_string())
        })
    }
}

/// An archive that the caller may read.
pub(super) fn find(context: &Context<'_>, name: &str) -> Option<Arc<ArchiveLayer>> {
    context.snapshot.archive(context.caller, Action::Read, context.scope, name).cloned()
}

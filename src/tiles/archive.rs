//! Tiles of published archives: read as they lie there, off the threads that wait.

use super::Body;
use crate::formats::archive::{ArchiveLibrary, Cell, ReadError};
use crate::geo::grid::{Tile, TileMatrix, TileRange, web_mercator_quad};
use crate::geo::{BBox, Crs, Transform};
use crate::model::ArchiveLayer;
use crate::store::Deadline;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;
use xxhash_rust::xxh3::xxh3_64;

/// Reads side by side: a disk has not more to give, and one slow archive may not take all threads that block.
const SIDE_BY_SIDE: usize = 16;

/// Why there is no tile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveTileError {
    /// The request's time is over before its turn came.
    #[error("too many tiles of archives are asked for at once; try again shortly")]
    Busy,
    /// The file is missing, or was damaged since it was published.
    #[error("the archive of layer '{layer}' can't be read; publish it again")]
    Unreadable {
        /// Layer slug.
        layer: String,
        /// Why.
        #[source]
        cause: ReadError,
    },
    /// The reading thread is gone, because the server stops or by a fault of ours.
    #[error("the tile could not be read")]
    Worker,
}

/// The matrices of Web Mercator that an archive has tiles of, each with the rows and columns of its border.
#[must_use]
pub fn tiles_of_archive(layer: &ArchiveLayer) -> Vec<(&'static TileMatrix, TileRange)> {
    let info = &layer.facts.info;
    let [first, last] = info.zooms.map(usize::from);
    let Some(grid) = web_mercator_quad() else { return Vec::new() };
    // Degrees near the poles have no place in the grid.
    let bounds = BBox::from(info.bounds).intersection(&BBox::new(-180.0, -85.06, 180.0, 85.06));
    let placed = bounds
        .zip(Crs::from_epsg(4326).ok())
        .and_then(|(bounds, world)| Transform::new(&world, &grid.crs.crs).ok()?.bbox(&bounds).ok());
    let matrices = grid.matrices.iter().skip(first).take(last + 1 - first);
    matrices
        .map(|matrix| {
            let all = TileRange {
                min_row: 0,
                max_row: matrix.matrix_height.saturating_sub(1),
                min_col: 0,
                max_col: matrix.matrix_width.saturating_sub(1),
            };
            (matrix, placed.and_then(|bounds| matrix.tiles_of(&bounds)).unwrap_or(all))
        })
        .collect()
}

/// Reads tiles of archives. Shared by all requests of a server.
#[derive(Clone, Debug)]
pub struct ArchiveEngine {
    library: ArchiveLibrary,
    turns: Arc<Semaphore>,
}

impl ArchiveEngine {
    /// The archives below a data folder.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self { library: ArchiveLibrary::new(data), turns: Arc::new(Semaphore::new(SIDE_BY_SIDE)) }
    }

    /// Names a tile and the state of its archive.
    #[must_use]
    pub fn etag(layer: &ArchiveLayer, tile: Tile) -> String {
        let text = format!("archive {}.{} {tile}", layer.id, layer.generation);
        format!("\"{:016x}\"", xxh3_64(text.as_bytes()))
    }

    /// A tile of Web Mercator, with the bytes that the archive has where `takes_gzip` or they are not compressed; `None` where it
    /// has none.
    ///
    /// # Errors
    /// [`ArchiveTileError`].
    pub async fn tile(
        &self,
        layer: &ArchiveLayer,
        tile: Tile,
        takes_gzip: bool,
        deadline: Deadline,
    ) -> Result<Option<Body>, ArchiveTileError> {
        let turn = tokio::time::timeout(deadline.left(), Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| ArchiveTileError::Busy)?.map_err(|_| ArchiveTileError::Worker)?;
        let cell = Cell { z: u8::try_from(tile.level()).unwrap_or(u8::MAX), x: tile.col(), y: tile.row() };
        let (library, table, kind) = (self.library.clone(), layer.table.clone(), layer.facts.kind);
        let read = tokio::task::spawn_blocking(move || {
            let found = library.tile((&table, kind), cell, takes_gzip);
            drop(turn);
            found
        });
        let found = read.await.map_err(|_| ArchiveTileError::Worker)?;
        let found =
            found.map_err(|cause| ArchiveTileError::Unreadable { layer: layer.slug.clone(), cause })?;
        Ok(found.map(|bytes| Body::of_bytes(bytes.into())))
    }
}

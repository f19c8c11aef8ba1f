//! What tiles are made in: `[tiles]` of the file.

use crate::geo::grid::{GridError, TileMatrixSet};
use serde::Deserialize;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Largest file of a grid in bytes: far beyond any.
const LARGEST: u64 = 1 << 20;

/// Tiles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TilesConfig {
    /// Files that define tile grids in JSON (OGC 17-083r4 clause 9), beside the standard ones. A path that isn't absolute
    /// begins in the folder of the configuration file.
    pub grids: Vec<PathBuf>,
}

impl TilesConfig {
    /// Reads the files.
    ///
    /// # Errors
    /// [`GridError::File`], naming the file and what is wrong in it.
    pub fn read(&self) -> Result<Vec<TileMatrixSet>, GridError> {
        self.grids.iter().map(|path| one(path)).collect()
    }

    /// Makes paths begin in `folder`.
    pub(super) fn beside(&mut self, folder: &Path) {
        for path in &mut self.grids {
            if path.is_relative() {
                *path = folder.join(&path);
            }
        }
    }
}

fn one(path: &Path) -> Result<TileMatrixSet, GridError> {
    let wrong = |cause: String| GridError::File { file: path.display().to_string(), cause };
    let file = std::fs::File::open(path).map_err(|e| wrong(format!("the file can't be read: {e}")))?;
    let mut text = String::new();
    file.take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(|e| wrong(format!("the file can't be read: {e}")))?;
    if text.len() as u64 > LARGEST {
        return Err(wrong(format!("the file has more than {LARGEST} bytes")));
    }
    TileMatrixSet::from_json(&text).map_err(|e| wrong(e.to_string()))
}

//! Where a tile lies.

use crate::model::Layer;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Tiles of a matrix that share a folder, along a row and along a column.
const BLOCK: u32 = 64;

/// Layers that are named in a folder's name; more are hashed.
const NAMED: usize = 8;

/// The place of a tile, or of some that are drawn together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Identifiers of the layers, from the bottom to the top.
    pub layers: String,
    /// The generations since which each of them counts as changed at once: edits at places leave it as it is.
    pub generations: String,
    /// Identifier of the grid.
    pub grid: String,
    /// Identifier of the matrix.
    pub matrix: String,
    /// Row; of the first tile of some.
    pub row: u32,
    /// Column; of the first tile of some.
    pub col: u32,
    /// What kind of tile, such as `png`.
    pub kind: &'static str,
    /// Hash of all that says which tile it is.
    hash: u128,
    /// Hash of the generations that the layers have in what it shows: a file with another one is out of date.
    pub(super) stamp: u64,
}

impl Address {
    /// The place of what was made of `layers` as `key` says, the same for the same tile and no other, when the layers had
    /// these generations in it. Layers are told from those of another database by the identifiers of their records.
    #[must_use]
    pub fn new<'a>(
        layers: impl Iterator<Item = &'a Layer> + Clone,
        [grid, matrix]: [&str; 2],
        [row, col]: [u32; 2],
        kind: &'static str,
        key: &str,
        generations: &[i64],
    ) -> Self {
        let joined = |name: &str, part: fn(&Layer) -> i64| {
            let parts: Vec<String> = layers.clone().map(|layer| part(layer).to_string()).collect();
            let text = parts.join("+");
            if parts.len() > NAMED { format!("{name}-{:032x}", xxh3_128(text.as_bytes())) } else { text }
        };
        let records: String = layers.clone().map(|layer| format!("{};", layer.dataset.record)).collect();
        let whole = format!("{}|{records}|{kind}|{key}", env!("CARGO_PKG_VERSION"));
        Self {
            layers: joined("many", |layer| layer.id),
            generations: joined("many", |layer| layer.edits.whole),
            grid: grid.to_owned(),
            matrix: matrix.to_owned(),
            row,
            col,
            kind,
            hash: xxh3_128(whole.as_bytes()),
            stamp: xxh3_64(format!("{generations:?}").as_bytes()),
        }
    }

    /// Its file below a folder.
    #[must_use]
    pub fn path(&self, root: &Path) -> PathBuf {
        let block = format!("{}-{}", self.row / BLOCK, self.col / BLOCK);
        let file = format!("{}-{}-{:032x}.{}", self.row, self.col, self.hash, self.kind);
        root.join(&self.layers)
            .join(&self.generations)
            .join(&self.grid)
            .join(&self.matrix)
            .join(block)
            .join(file)
    }
}

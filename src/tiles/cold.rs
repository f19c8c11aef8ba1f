//! The cold tier: PMTiles that a server has made of a layer in the background answer for its tiles, as long as no edit touched them.
//!
//! Such an archive is of one generation of its layer. A tile has the generation of the last edit that touched it (`area.rs`): where the archive's is as
//! late, its tile is the one that would be made. So an edit takes from the archive the tiles that it touches, and all others stay.

use super::encoding::Body;
use crate::config::OverviewConfig;
use crate::formats::archive::{ArchiveKind, Cell, OpenArchive, ReadLimits, TileFormat};
use crate::geo::grid::{Tile, web_mercator_quad};
use crate::model::Layer;
use moka::future::Cache;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// How long it may take until a new archive is seen.
const LOOKED_FOR: Duration = Duration::from_secs(10);

/// Archives that are kept open.
const OPEN: u64 = 256;

/// Longest name of a folder made of numbers of layers.
const LONGEST: usize = 120;

/// The folder of the archives that a server makes of layers in their present state: `archives/{layers}/{generations}.{settings}` in the data
/// directory. So one of an earlier state of the data is never found, nor one made by other rules, and nothing needs a list of what is there.
#[must_use]
pub fn archive_folder(
    data: &Path,
    layers: &[Arc<Layer>],
    overviews: &OverviewConfig,
    kilobytes: usize,
) -> PathBuf {
    let mut sorted: Vec<&Arc<Layer>> = layers.iter().collect();
    sorted.sort_by_key(|layer| layer.id);
    let joined = |number: fn(&Layer) -> i64| {
        let text = sorted.iter().map(|l| number(l).to_string()).collect::<Vec<_>>().join("+");
        if text.len() <= LONGEST { text } else { format!("many-{:032x}", xxh3_128(text.as_bytes())) }
    };
    let rules: Vec<String> = sorted.iter().map(|layer| settings(layer, overviews, kilobytes)).collect();
    let state = match rules.as_slice() {
        [one] => one.clone(),
        _ => format!("{:016x}", xxh3_64(rules.concat().as_bytes())),
    };
    data.join("archives").join(joined(|l| l.id)).join(format!("{}.{state}", joined(|l| l.generation)))
}

/// Names what beside its data decides on the tiles of a layer.
fn settings(layer: &Layer, overviews: &OverviewConfig, kilobytes: usize) -> String {
    let text = format!("{} {kilobytes} {}", env!("CARGO_PKG_VERSION"), overviews.own_text(&layer.slug));
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

/// Reads tiles of archives that servers with the same data directory made.
pub(super) struct Cold {
    data: PathBuf,
    kilobytes: usize,
    /// By layer: the archive of its latest state, or that there is none.
    found: Cache<i64, Option<Arc<Made>>>,
}

/// An archive of a layer.
struct Made {
    generation: i64,
    archive: OpenArchive,
}

impl Cold {
    pub(super) fn new(data: &Path, kilobytes: usize) -> Self {
        let found = Cache::builder().max_capacity(OPEN).time_to_live(LOOKED_FOR).build();
        Self { data: data.to_owned(), kilobytes, found }
    }

    /// The tile of a layer that has this generation there; `None` where no archive has it.
    pub(super) async fn tile(
        &self,
        layer: &Arc<Layer>,
        generation: i64,
        tile: Tile,
        overviews: &OverviewConfig,
    ) -> Option<Body> {
        web_mercator_quad().filter(|grid| std::ptr::eq(*grid, tile.grid()))?;
        let made = self.found.get_with(layer.id, self.look_for(layer, overviews)).await?;
        // Later than what this server knows of, it may show what it doesn't know of.
        if made.generation < generation || made.generation > layer.generation {
            return None;
        }
        let cell = Cell { z: u8::try_from(tile.level()).ok()?, x: tile.col(), y: tile.row() };
        let read = tokio::task::spawn_blocking(move || made.archive.tile(cell)).await.ok()?;
        match read {
            Ok(found) => {
                let body = Body::of_bytes(found?.into());
                metrics::counter!("datasud_tiles_cold_total").increment(1);
                Some(body)
            }
            Err(error) => {
                // The tile can be made: nobody has to suffer for a damaged file.
                tracing::warn!(layer = layer.slug, %error, "an archive of this server can't be read");
                None
            }
        }
    }

    async fn look_for(&self, layer: &Arc<Layer>, overviews: &OverviewConfig) -> Option<Arc<Made>> {
        let folder = archive_folder(&self.data, std::slice::from_ref(layer), overviews, self.kilobytes);
        let ending = format!(".{}", settings(layer, overviews, self.kilobytes));
        let file = format!("{}.{}", layer.slug, ArchiveKind::PmTiles.extension());
        let looked = tokio::task::spawn_blocking(move || latest(folder.parent()?, &ending, &file));
        looked.await.ok().flatten().map(Arc::new)
    }
}

/// The archive of a layer with the latest generation, made by these settings.
fn latest(folder: &Path, ending: &str, file: &str) -> Option<Made> {
    let names = std::fs::read_dir(folder).ok()?.flatten().filter_map(|e| e.file_name().into_string().ok());
    let generations = names.filter_map(|name| {
        let generation: i64 = name.strip_suffix(ending)?.parse().ok()?;
        folder.join(&name).join(file).is_file().then_some((generation, name))
    });
    let (generation, name) = generations.max()?;
    let path = folder.join(name).join(file);
    match OpenArchive::open(&path, ArchiveKind::PmTiles, ReadLimits::default()) {
        Ok(archive) => (archive.info().format == TileFormat::Mvt).then_some(Made { generation, archive }),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "an archive of this server can't be read");
            None
        }
    }
}

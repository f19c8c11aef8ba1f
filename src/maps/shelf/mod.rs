//! Tiles on disk: a second level under the caches in memory, which a restart doesn't empty.
//!
//! A tile lies under the generations that its layers have as a whole, and its name is a hash of all that says which tile it is. Files
//! end with a stamp of the generations that the layers had in what the tile shows: after an edit there, and only there, the
//! stamp is another one, and the next tile takes the file's place. Files are written beside their place and moved into it, and
//! end with a hash of their bytes, so that half a file is none. What is beyond the bound goes, the oldest first.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | reading and writing |
//! | `address.rs` | where a tile lies |
//! | `sweep.rs` | walking through all, counting, deleting |

mod address;
mod sweep;

pub use address::Address;
pub use sweep::{Found, Removed};

use crate::config::Config;
use bytes::Bytes;
use std::collections::HashSet;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes at the end of a file: the stamp of the generations, and a hash of all before it.
const SEAL: usize = 16;

/// Those of each of the two.
const HASH: usize = SEAL / 2;

/// Files that are written between two looks at what others have written.
const LOOK_AGAIN: u64 = 5_000;

/// What happens to a tile that would go beyond the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The oldest tiles make room: servers.
    Evict,
    /// It isn't kept: seeding, which would only push out what it has just made.
    Refuse,
}

/// A folder of tiles.
#[derive(Debug)]
pub struct Shelf {
    root: PathBuf,
    /// Bytes that all files may have together.
    most: u64,
    when_full: WhenFull,
    /// Bytes, as counted last and written since.
    size: AtomicU64,
    /// Files written since the last count; the greatest number before the first one.
    written: AtomicU64,
    is_full: AtomicBool,
    /// Bytes that were kept here since it was opened.
    put: AtomicU64,
    /// Held by who counts and deletes.
    sweeping: Mutex<()>,
    /// Folders whose earlier generations were deleted.
    tidied: Mutex<HashSet<String>>,
}

impl Shelf {
    /// The folder of a configuration; `None` where `tile-store-megabytes` is 0.
    #[must_use]
    pub fn of(config: &Config, when_full: WhenFull) -> Option<Arc<Self>> {
        let megabytes = config.limits.tile_store_megabytes;
        (megabytes > 0).then(|| Arc::new(Self::new(Self::folder(config), megabytes << 20, when_full)))
    }

    /// Where the tiles of a configuration lie, whether they are kept or not.
    #[must_use]
    pub fn folder(config: &Config) -> PathBuf {
        config.data.join("tiles")
    }

    /// A folder that holds at most so many bytes; it is made when the first tile comes.
    #[must_use]
    pub fn new(root: PathBuf, most: u64, when_full: WhenFull) -> Self {
        Self {
            root,
            most,
            when_full,
            size: AtomicU64::new(0),
            written: AtomicU64::new(u64::MAX),
            is_full: AtomicBool::new(false),
            put: AtomicU64::new(0),
            sweeping: Mutex::new(()),
            tidied: Mutex::default(),
        }
    }

    /// Whether a tile was not kept because the bound is reached; never where older ones make room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }

    /// Bytes of the tiles that were kept since the shelf was opened in this process.
    #[must_use]
    pub fn put_bytes(&self) -> u64 {
        self.put.load(Ordering::Relaxed)
    }

    /// Whether there is a tile, and not one that is out of date.
    pub async fn has(self: &Arc<Self>, address: &Address) -> bool {
        let (path, stamp) = (address.path(&self.root), address.stamp);
        tokio::task::spawn_blocking(move || stamp_of(&path).is_some_and(|found| found == stamp))
            .await
            .unwrap_or(false)
    }

    /// The bytes of a tile that is there, whole and up to date.
    pub async fn get(self: &Arc<Self>, address: &Address) -> Option<Bytes> {
        let (path, stamp) = (address.path(&self.root), address.stamp);
        let read = tokio::task::spawn_blocking(move || unsealed(std::fs::read(path).ok()?, stamp)).await;
        let found = read.ok().flatten();
        let result = if found.is_some() { "hit" } else { "miss" };
        metrics::counter!("datasud_cache_requests_total", "cache" => "tile-store", "result" => result)
            .increment(1);
        found
    }

    /// Keeps a tile. That it can't be is told in the log and to nobody else: the tile itself is well.
    pub async fn put(self: &Arc<Self>, address: Address, bytes: Bytes) {
        let shelf = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || shelf.write(&address, &bytes)).await;
        if let Ok(Err(error)) = done {
            tracing::warn!(%error, folder = %self.root.display(), "a tile can't be kept on disk");
        }
    }

    fn write(&self, address: &Address, bytes: &Bytes) -> std::io::Result<()> {
        let size = (bytes.len() + SEAL) as u64;
        if !self.has_room(size) {
            return Ok(());
        }
        self.tidy(address);
        let path = address.path(&self.root);
        let folder = path.parent().unwrap_or(&self.root);
        std::fs::create_dir_all(folder)?;
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let own = COUNT.fetch_add(1, Ordering::Relaxed);
        let beside = folder.join(format!(".{}-{own}", std::process::id()));
        let mut sealed = Vec::with_capacity(bytes.len() + SEAL);
        sealed.extend_from_slice(bytes);
        sealed.extend_from_slice(&address.stamp.to_le_bytes());
        sealed.extend_from_slice(&xxh3_64(&sealed).to_le_bytes());
        let written = std::fs::write(&beside, &sealed).and_then(|()| std::fs::rename(&beside, &path));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        written?;
        self.size.fetch_add(size, Ordering::Relaxed);
        self.put.fetch_add(size, Ordering::Relaxed);
        self.written.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Whether so many bytes more may be kept, after older tiles made room where they do.
    fn has_room(&self, more: u64) -> bool {
        let fits = || self.size.load(Ordering::Relaxed).saturating_add(more) <= self.most;
        if self.written.load(Ordering::Relaxed) < LOOK_AGAIN && fits() {
            return true;
        }
        if more > self.most {
            return false;
        }
        let turn = self.sweeping.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have counted meanwhile.
        if self.written.load(Ordering::Relaxed) >= LOOK_AGAIN || !fits() {
            let mut size = sweep::size(&self.root);
            if self.when_full == WhenFull::Evict && size.saturating_add(more) > self.most {
                // Room for a while, so that not each tile has to look for some.
                size = sweep::evict(&self.root, (self.most - self.most / 10).min(self.most - more));
            }
            self.size.store(size, Ordering::Relaxed);
            self.written.store(0, Ordering::Relaxed);
        }
        drop(turn);
        let fits = fits();
        if !fits {
            self.is_full.store(true, Ordering::Relaxed);
        }
        fits
    }

    /// Deletes earlier generations of the same layers, once for each that is seen.
    fn tidy(&self, address: &Address) {
        let seen = format!("{}/{}", address.layers, address.generations);
        if !self.tidied.lock().unwrap_or_else(PoisonError::into_inner).insert(seen) {
            return;
        }
        sweep::drop_earlier(&self.root.join(&address.layers), &address.generations);
    }

    /// All tiles that are there, in no order. Blocks: for commands.
    pub fn tiles(root: &Path, visit: &mut dyn FnMut(Found)) {
        sweep::walk(root, visit);
    }

    /// Deletes the tiles that a condition is true of. Blocks: for commands.
    #[must_use]
    pub fn remove(root: &Path, condition: &dyn Fn(&Found) -> bool) -> Removed {
        sweep::remove(root, condition)
    }
}

/// The bytes of a file without its end; `None` when they are not those that were written, or of other generations.
fn unsealed(file: Vec<u8>, stamp: u64) -> Option<Bytes> {
    let file = Bytes::from(file);
    let (before, seal) = file.split_last_chunk::<HASH>()?;
    let (bytes, found) = before.split_last_chunk::<HASH>()?;
    let is_whole = xxh3_64(before) == u64::from_le_bytes(*seal);
    (is_whole && u64::from_le_bytes(*found) == stamp).then(|| file.slice(..bytes.len()))
}

/// The stamp of a file.
fn stamp_of(path: &Path) -> Option<u64> {
    let mut file = std::fs::File::open(path).ok()?;
    file.seek(SeekFrom::End(-(SEAL as i64))).ok()?;
    let mut stamp = [0; HASH];
    file.read_exact(&mut stamp).ok()?;
    Some(u64::from_le_bytes(stamp))
}

#[cfg(test)]
mod tests;

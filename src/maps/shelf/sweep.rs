//! Walking through all tiles: counting, making room, deleting. All of it blocks.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// After so long a file that nobody moved into its place is of a process that ended before.
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// A tile that is there.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its file.
    pub path: PathBuf,
    /// Identifiers of its layers.
    pub layers: String,
    /// Their generations when it was made.
    pub generations: String,
    /// Its grid.
    pub grid: String,
    /// Its matrix.
    pub matrix: String,
    /// Its row.
    pub row: u32,
    /// Its column.
    pub col: u32,
    /// Bytes of its file.
    pub size: u64,
    /// When it was written.
    pub written: SystemTime,
}

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Files.
    pub tiles: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Shows all tiles below a folder. What can't be read, or is gone meanwhile, is passed over.
pub(super) fn walk(root: &Path, visit: &mut dyn FnMut(Found)) {
    for (layers, path) in folders(root) {
        for (generations, path) in folders(&path) {
            for (grid, path) in folders(&path) {
                for (matrix, path) in folders(&path) {
                    for (_, path) in folders(&path) {
                        for entry in entries(&path) {
                            let names = [&layers, &generations, &grid, &matrix];
                            if let Some(found) = tile(&entry, names) {
                                visit(found);
                            }
                        }
                    }
                }
            }
        }
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = DirEntry> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}

fn folders(folder: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let folders = entries(folder).filter(|entry| entry.file_type().is_ok_and(|t| t.is_dir()));
    folders.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
}

fn tile(entry: &DirEntry, [layers, generations, grid, matrix]: [&String; 4]) -> Option<Found> {
    let data = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let name = entry.file_name().to_string_lossy().into_owned();
    let written = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    if name.starts_with('.') {
        if written.elapsed().is_ok_and(|age| age > FORGOTTEN) {
            let _ = fs::remove_file(entry.path());
        }
        return None;
    }
    let mut parts = name.splitn(3, '-');
    let mut number = || parts.next()?.parse::<u32>().ok();
    let (row, col) = (number()?, number()?);
    Some(Found {
        path: entry.path(),
        layers: layers.clone(),
        generations: generations.clone(),
        grid: grid.clone(),
        matrix: matrix.clone(),
        row,
        col,
        size: data.len(),
        written,
    })
}

/// Bytes of all tiles.
pub(super) fn size(root: &Path) -> u64 {
    let mut size = 0;
    walk(root, &mut |found| size += found.size);
    size
}

/// Deletes the oldest tiles until no more than `keep` bytes are left; answers how many are.
pub(super) fn evict(root: &Path, keep: u64) -> u64 {
    let mut all = Vec::new();
    walk(root, &mut |found| all.push((found.written, found.size, found.path)));
    all.sort();
    let mut size: u64 = all.iter().map(|(_, size, _)| size).sum();
    for (_, bytes, path) in all {
        if size <= keep {
            break;
        }
        if fs::remove_file(path).is_ok() {
            size -= bytes;
        }
    }
    size
}

/// Deletes tiles, and the folders that are empty then.
pub(super) fn remove(root: &Path, condition: &dyn Fn(&Found) -> bool) -> Removed {
    let mut removed = Removed::default();
    walk(root, &mut |found| {
        if condition(&found) && fs::remove_file(&found.path).is_ok() {
            removed.tiles += 1;
            removed.bytes += found.size;
        }
    });
    prune(root);
    removed
}

/// Deletes folders with nothing in them; those that somebody is writing to stay.
fn prune(folder: &Path) {
    for (_, inner) in folders(folder) {
        prune(&inner);
        // Refused for one that isn't empty.
        let _ = fs::remove_dir(inner);
    }
}

/// Deletes the generations that came before one: each of their numbers is at most the same layer's.
pub(super) fn drop_earlier(layers: &Path, current: &str) {
    let numbers = |text: &str| text.split('+').map(|n| n.parse::<i64>().ok()).collect::<Option<Vec<_>>>();
    let Some(now) = numbers(current) else { return };
    for (name, path) in folders(layers) {
        let Some(then) = numbers(&name) else { continue };
        let is_earlier = then.len() == now.len() && then != now && then.iter().zip(&now).all(|(a, b)| a <= b);
        if is_earlier && let Err(error) = fs::remove_dir_all(&path) {
            tracing::warn!(%error, folder = %path.display(), "tiles that are out of date can't be deleted");
        }
    }
}

//! Where documents of records are: files, the files of a folder, the entries of a zip.

use crate::config::Limits;
use crate::ingest::{Finding, IngestError, is_hidden};
use crate::publish::PublishError;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use zip::ZipArchive;

/// Documents of one import at most, folders and archives opened.
const MOST: usize = 100_000;

/// Endings of documents, in folders and archives. `.json` may be anything, and is read where it is named itself.
const ENDINGS: [&str; 5] = ["xml", "rdf", "ttl", "nt", "jsonld"];

/// A document that is to be read.
#[derive(Clone, Debug)]
pub(super) enum Input {
    /// A file.
    File(PathBuf),
    /// An entry of an archive, by its place in it, with its name.
    Entry(Arc<Archive>, usize, String),
}

/// A zip that is read by several readers in turn.
#[derive(Debug)]
pub(super) struct Archive {
    shown: String,
    zip: Mutex<ZipArchive<BufReader<File>>>,
    /// Bytes that its entries unpacked to so far.
    unpacked: AtomicU64,
}

impl Input {
    /// What people know it by.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Entry(archive, _, name) => format!("{}/{name}", archive.shown),
        }
    }

    /// Its bytes, or why they are not taken.
    ///
    /// # Errors
    /// [`PublishError::File`] when the file can't be read at all.
    pub(super) fn bytes(&self, limits: &Limits) -> Result<Result<Vec<u8>, Box<Finding>>, PublishError> {
        let most = limits.body_bytes as u64;
        let too_large = |size: &str| {
            let shown = self.shown();
            let message =
                format!("'{shown}' has {size} bytes; a file of records may have {most} (limit body-bytes)");
            Ok(Err(Box::new(Finding::error("record-too-large", message))))
        };
        match self {
            Self::File(path) => {
                let unreadable = |cause| PublishError::File { path: path.clone(), cause };
                let size = std::fs::metadata(path).map_err(unreadable)?.len();
                if size > most {
                    return too_large(&size.to_string());
                }
                Ok(Ok(std::fs::read(path).map_err(unreadable)?))
            }
            Self::Entry(archive, at, _) => {
                let bytes = match archive.entry(*at, most) {
                    Ok(bytes) if bytes.len() as u64 > most => return too_large("more"),
                    Ok(bytes) => bytes,
                    Err(error) => {
                        let message =
                            format!("'{}' can't be unpacked ({error}); make the zip again", self.shown());
                        return Ok(Err(Box::new(Finding::error("archive-damaged", message))));
                    }
                };
                let before = archive.unpacked.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                if before.saturating_add(bytes.len() as u64) > limits.archive_bytes {
                    let message = format!(
                        "{} unpacks to more than {} bytes; split it",
                        archive.shown, limits.archive_bytes
                    );
                    return Ok(Err(Box::new(Finding::error("archive-too-large", message))));
                }
                Ok(Ok(bytes))
            }
        }
    }
}

impl Archive {
    /// An entry up to one byte more than it may have.
    fn entry(&self, at: usize, most: u64) -> std::io::Result<Vec<u8>> {
        let mut zip = self.zip.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = Vec::new();
        zip.by_index(at)?.take(most + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// The documents of files, folders and zips, each by name. Blocking.
///
/// # Errors
/// [`PublishError::File`] for what can't be read, [`PublishError::Ingest`] for an archive that is none,
/// [`PublishError::Option`] for too many or none.
pub(super) fn inputs(paths: &[PathBuf], limits: &Limits) -> Result<Vec<Input>, PublishError> {
    let mut all = Vec::new();
    for path in paths {
        if path.is_dir() {
            all.extend(folder(path)?.into_iter().map(Input::File));
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip")) {
            all.extend(archive(path, limits)?);
        } else {
            all.push(Input::File(path.clone()));
        }
        if all.len() > MOST {
            return Err(PublishError::Option(format!(
                "more than {MOST} files were given; load them in several calls"
            )));
        }
    }
    Ok(all)
}

fn folder(path: &Path) -> Result<Vec<PathBuf>, PublishError> {
    let unreadable = |cause| PublishError::File { path: path.to_owned(), cause };
    let mut inside = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.is_file() && is_document(&file) {
            inside.push(file);
        }
        if inside.len() > MOST {
            return Err(PublishError::Option(format!("'{}' has more than {MOST} files", path.display())));
        }
    }
    if inside.is_empty() {
        return Err(PublishError::Option(nothing(path, "folder")));
    }
    inside.sort();
    Ok(inside)
}

fn archive(path: &Path, limits: &Limits) -> Result<Vec<Input>, PublishError> {
    let shown = path.display().to_string();
    let file = File::open(path).map_err(|cause| PublishError::File { path: path.to_owned(), cause })?;
    let refused =
        |code: &str, message: String| Err(PublishError::Ingest(IngestError::refused(code, message)));
    let Ok(zip) = ZipArchive::new(BufReader::new(file)) else {
        return refused("archive-damaged", format!("'{shown}' is not a whole zip; make it again"));
    };
    let most = limits.archive_entries;
    if zip.len() > most {
        let message =
            format!("'{shown}' holds {} files, {most} are allowed (limit archive-entries)", zip.len());
        return refused("archive-too-many", message);
    }
    let mut named = Vec::new();
    for at in 0..zip.len() {
        let Some(Ok(name)) = zip.name_for_index(at) else {
            return refused(
                "archive-damaged",
                format!("'{shown}' has a name that can't be read; make it again"),
            );
        };
        if is_document(Path::new(name.as_ref())) && !is_hidden(&name) {
            named.push((name.into_owned(), at));
        }
    }
    named.sort();
    if named.is_empty() {
        return refused("no-data", nothing(path, "archive"));
    }
    let archive = Arc::new(Archive { shown, zip: Mutex::new(zip), unpacked: AtomicU64::new(0) });
    Ok(named.into_iter().map(|(name, at)| Input::Entry(Arc::clone(&archive), at, name)).collect())
}

fn nothing(path: &Path, what: &str) -> String {
    format!("the {what} '{}' has no file that ends in .{}", path.display(), ENDINGS.join(", ."))
}

fn is_document(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

//! Unpacking archives that anybody may have made.
//!
//! Names inside never become paths here: each entry goes to a numbered file of a private folder. Names that
//! try to leave the archive refuse it all the same, for nobody makes them by accident.

use super::Finding;
use crate::config::Limits;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use zip::result::ZipError;

/// Unpacked bytes from which the ratio of compression is judged; small files may well be all spaces.
const RATIO_MATTERS: u64 = 256 << 20;
/// Unpacked bytes for one packed byte beyond which an archive is a bomb.
const RATIO: u64 = 250;

/// A file with the name that people know it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Path in the archive or folder, with `/`.
    pub name: String,
    /// Where its bytes are.
    pub path: PathBuf,
}

/// Unpacks the entries that `wanted` says yes to, into `folder`.
///
/// # Errors
/// A refusal that names the archive `name` and the fault.
pub(super) fn unpack(
    archive: &Path,
    name: &str,
    folder: &Path,
    limits: &Limits,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Found>, Box<Finding>> {
    let refuse = |code: &str, message: String| Box::new(Finding::error(code, message));
    let damaged = |error: &ZipError| match error {
        ZipError::Io(e) if e.kind() == io::ErrorKind::StorageFull => {
            refuse("disk-full", "the disk is full; free some space and load the file again".to_owned())
        }
        ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => refuse(
            "archive-unsupported",
            format!("{name} is packed in a way that is not supported; make an ordinary zip without password"),
        ),
        _ => refuse("archive-damaged", format!("{name} is not a whole zip archive; make it again")),
    };
    let file =
        File::open(archive).map_err(|e| refuse("file-unreadable", format!("{name} can't be read ({e})")))?;
    let packed = file.metadata().map_or(0, |m| m.len());
    let mut zip = zip::ZipArchive::new(io::BufReader::new(file)).map_err(|e| damaged(&e))?;
    if zip.is_empty() {
        return Err(refuse("archive-empty", format!("{name} is an empty archive; put the data in it")));
    }
    if zip.len() > limits.archive_entries {
        return Err(refuse(
            "archive-too-many",
            format!(
                "{name} holds {} files, {} are allowed; leave some out",
                zip.len(),
                limits.archive_entries
            ),
        ));
    }
    if zip.has_overlapping_entries().map_err(|e| damaged(&e))? {
        return Err(refuse(
            "archive-bomb",
            format!("{name} has entries that share their bytes; it is refused"),
        ));
    }
    let mut found = Vec::new();
    let mut unpacked = 0_u64;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(|e| damaged(&e))?;
        let inside = match std::str::from_utf8(entry.name_raw()) {
            Ok(text) => text.to_owned(),
            Err(_) => entry.name().map_err(|e| damaged(&e))?.into_owned(),
        };
        if escapes(&inside) || entry.is_symlink() {
            let shown: String = inside.chars().filter(|c| !c.is_control()).take(100).collect();
            let message = format!("{name} has an entry that points outside of it ('{shown}'); it is refused");
            return Err(refuse("archive-escapes", message));
        }
        if entry.is_dir() || is_hidden(&inside) || !wanted(&inside) {
            continue;
        }
        let path = folder.join(format!("entry-{index}"));
        let mut output = File::create_new(&path)
            .map_err(|e| refuse("file-unreadable", format!("{name} can't be unpacked ({e})")))?;
        let mut buffer = vec![0; 1 << 17];
        loop {
            let count = entry.read(&mut buffer).map_err(|e| damaged(&ZipError::Io(e)))?;
            if count == 0 {
                break;
            }
            unpacked += count as u64;
            if unpacked > limits.archive_bytes {
                return Err(refuse(
                    "archive-too-large",
                    format!("{name} unpacks to more than {} bytes; split it", limits.archive_bytes),
                ));
            }
            if unpacked > RATIO_MATTERS && unpacked / RATIO > packed {
                let message =
                    format!("{name} unpacks to far more than its size, like a zip bomb; it is refused");
                return Err(refuse("archive-bomb", message));
            }
            output.write_all(buffer.get(..count).unwrap_or(&[])).map_err(|e| damaged(&ZipError::Io(e)))?;
        }
        found.push(Found { name: inside.replace('\\', "/"), path });
    }
    Ok(found)
}

/// Whether a name tries to leave the folder it is unpacked in, on any system.
fn escapes(name: &str) -> bool {
    let bytes = name.as_bytes();
    let drive = bytes.get(1) == Some(&b':') && bytes.first().is_some_and(u8::is_ascii_alphabetic);
    name.starts_with(['/', '\\'])
        || drive
        || name.contains('\0')
        || name.split(['/', '\\']).any(|part| part == "..")
}

/// Whether a file of an archive or folder is one that systems add on their own, by its path with `/`.
#[must_use]
pub fn is_hidden(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| part.starts_with('.') || part == "__MACOSX")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_archive_are_seen_whatever_the_system() {
        for bad in ["../a.shp", "a/../../b", "/etc/passwd", "\\x", "C:\\x", "c:x", "a\\..\\b", "a\0.shp"] {
            assert!(escapes(bad), "{bad:?}");
        }
        for good in ["a.shp", "dossier/a.shp", "a..b/c.shp", "Données/été.shp"] {
            assert!(!escapes(good), "{good:?}");
        }
    }
}

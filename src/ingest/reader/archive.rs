//! An archive of tiles: copied, then the copy is checked, so that what is served is what was looked at.

use super::frame::{self, Request, Tag};
use super::{Stop, refuse};
use crate::formats::archive::{OpenArchive, ReadError, ReadLimits};
use crate::model::{ArchiveFacts, ArchiveKind};
use std::io::Write;
use std::path::Path;

/// Copies an archive to `target`, checks it and writes its frame.
pub(super) fn read(
    request: &Request,
    kind: ArchiveKind,
    target: &Path,
    output: &mut impl Write,
) -> Result<(), Stop> {
    let bytes = std::fs::copy(&request.path, target)?;
    match checked(target, kind, bytes) {
        Ok(facts) => Ok(frame::write_json(output, Tag::Archive, &facts)?),
        Err(error) => refuse(code(&error), format!("{}: {error}", request.name)),
    }
}

fn checked(path: &Path, kind: ArchiveKind, bytes: u64) -> Result<ArchiveFacts, ReadError> {
    let archive = OpenArchive::open(path, kind, ReadLimits::default())?;
    let tiles = archive.check()?;
    Ok(ArchiveFacts { kind, is_packed: archive.is_packed(), tiles, bytes, info: archive.info().clone() })
}

/// The code of the finding.
const fn code(error: &ReadError) -> &'static str {
    match error {
        ReadError::Io(_) => "file-unreadable",
        ReadError::Foreign { .. } => "tiles-foreign",
        ReadError::Version(_) => "tiles-version",
        ReadError::Truncated(_) => "tiles-truncated",
        ReadError::Damaged(_) => "tiles-damaged",
        ReadError::Unsupported(_) => "tiles-unsupported",
        ReadError::TooLarge { .. } => "tiles-too-large",
        ReadError::TooSlow(_) => "tiles-too-slow",
    }
}

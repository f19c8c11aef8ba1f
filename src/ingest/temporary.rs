//! Private folders that are gone when they are no longer needed.

use super::IngestError;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A folder that only this user may enter; removed with all it holds when dropped.
pub(super) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    /// A new folder under `<data>/tmp`.
    pub(super) fn new(data: &Path) -> Result<Self, IngestError> {
        let failed = |e| IngestError::system("the temporary folder in the data directory can't be made", e);
        let parent = data.join("tmp");
        std::fs::create_dir_all(&parent).map_err(failed)?;
        Self::make(&parent.canonicalize().map_err(failed)?)
    }

    /// A new folder inside this one.
    pub(super) fn inside(&self) -> Result<Self, IngestError> {
        Self::make(&self.0)
    }

    fn make(parent: &Path) -> Result<Self, IngestError> {
        let path = parent.join(format!("ingest-{}", uuid::Uuid::new_v4().simple()));
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|e| IngestError::system("a temporary folder can't be made", e))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "a temporary folder could not be removed");
        }
    }
}

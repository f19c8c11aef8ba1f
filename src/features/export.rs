//! Files that are built on disk: features flow from the database to a thread that may block, and the file
//! has no name any more when it is handed out.

use super::engine::FeatureEngine;
use super::feature::Feature;
use super::query::{FeatureError, Geometry, Query};
use crate::config::Config;
use crate::formats::output::Build;
use crate::formats::{BuildError, BuildLimits, Target};
use crate::geo::CrsRef;
use crate::model::{Column, Layer};
use crate::store::Deadline;
use futures_util::StreamExt;
use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Features that may be on their way from the database to the file.
const ON_THE_WAY: usize = 64;

/// What begins the name of a folder in which a file is built.
const PREFIX: &str = "export-";

/// A layer's features on their way into a file.
#[derive(Clone, Debug)]
pub struct ExportPart {
    /// What to read.
    pub query: Query,
    /// The system of the query's geometries.
    pub crs: CrsRef,
}

/// A file without a name: its space is free again when it is dropped.
#[derive(Debug)]
pub struct Exported {
    /// The file, to be read from its beginning.
    pub file: File,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// As many files as may be are being built.
    #[error("this server is building as many files as it can at once; try again a little later")]
    Busy,
    /// It took too long.
    #[error("the file could not be built within the {seconds} seconds given to it")]
    Time {
        /// What was given.
        seconds: u64,
    },
    /// The features can't be read.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// The file can't be written.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// This machine fails; the cause is for the log.
    #[error("this server can't build files at the moment")]
    System(#[source] std::io::Error),
}

/// Builds files. Cloning shares the places for files that are built at once.
#[derive(Clone)]
pub struct Exporter {
    engine: FeatureEngine,
    folder: PathBuf,
    limits: BuildLimits,
    time: Duration,
    patience: Duration,
    places: Arc<Semaphore>,
}

impl Exporter {
    /// An exporter that builds under the data directory.
    #[must_use]
    pub fn new(engine: FeatureEngine, config: &Config) -> Self {
        let limits = &config.limits;
        let folder = config.data.join("tmp");
        sweep(&folder, limits.export());
        Self {
            engine,
            folder,
            limits: BuildLimits { bytes: limits.export_bytes },
            time: limits.export(),
            patience: limits.request(),
            places: Arc::new(Semaphore::new(limits.exports)),
        }
    }

    /// Builds a file of some layers. Dropping this ends the queries, and what was written goes with them.
    ///
    /// # Errors
    /// [`ExportError`]; nothing is left of the file.
    pub async fn export(&self, build: Build, parts: Vec<ExportPart>) -> Result<Exported, ExportError> {
        let waited = tokio::time::timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(Ok(place)) = waited else { return Err(ExportError::Busy) };
        let deadline = Deadline::after(self.time);
        let (sender, receiver) = mpsc::channel(ON_THE_WAY);
        let (folder, limits) = (self.folder.clone(), self.limits);
        let writing = tokio::task::spawn_blocking(move || write(&folder, build, &limits, receiver, place));
        let whole = async {
            // Whoever fails first makes the other stop: a reader that fails drops the sender before its end,
            // a writer that fails drops the receiver, and then says why.
            let read = self.read(parts, &sender, deadline).await;
            drop(sender);
            let written = writing.await.map_err(|e| ExportError::System(std::io::Error::other(e)))?;
            match (read, written) {
                (Ok(Sent::All), written) => written,
                (Ok(Sent::Refused), Err(error)) | (Err(error), _) => Err(error),
                (Ok(Sent::Refused), Ok(_)) => {
                    Err(ExportError::Build(BuildError::Library("the writer left before the end".to_owned())))
                }
            }
        };
        let seconds = self.time.as_secs();
        tokio::time::timeout_at(deadline.instant(), whole).await.unwrap_or(Err(ExportError::Time { seconds }))
    }

    async fn read(
        &self,
        parts: Vec<ExportPart>,
        sender: &mpsc::Sender<Step>,
        deadline: Deadline,
    ) -> Result<Sent, ExportError> {
        for ExportPart { query, crs } in parts {
            let mut features = self.engine.stream(&query, deadline).await?;
            let begin = Step::Layer {
                columns: features.columns().to_vec(),
                has_geometry: query.geometry != Geometry::Skip,
                layer: query.layer,
                crs,
            };
            if sender.send(begin).await.is_err() {
                return Ok(Sent::Refused);
            }
            while let Some(feature) = features.next().await {
                if sender.send(Step::Feature(feature?)).await.is_err() {
                    return Ok(Sent::Refused);
                }
            }
        }
        Ok(if sender.send(Step::End).await.is_ok() { Sent::All } else { Sent::Refused })
    }
}

/// How far the reader came.
enum Sent {
    All,
    Refused,
}

/// What the writer is told.
enum Step {
    Layer {
        layer: Arc<Layer>,
        columns: Vec<Column>,
        crs: CrsRef,
        has_geometry: bool,
    },
    Feature(Feature),
    /// That was all. Without it the file is not whole.
    End,
}

/// Writes what comes until the end, on a thread that may block. The place is free when this is over, however
/// it ends.
fn write(
    parent: &Path,
    build: Build,
    limits: &BuildLimits,
    mut steps: mpsc::Receiver<Step>,
    _place: OwnedSemaphorePermit,
) -> Result<Exported, ExportError> {
    let folder = Folder::new(parent).map_err(ExportError::System)?;
    let path = folder.0.join("export");
    let mut builder = build(&path, limits)?;
    loop {
        match steps.blocking_recv() {
            Some(Step::Layer { layer, columns, crs, has_geometry }) => builder.layer(&Target {
                layer: &layer,
                columns: &columns,
                crs: &crs,
                has_geometry,
                features: None,
                schema_location: "",
                json_schema: "",
            })?,
            Some(Step::Feature(feature)) => {
                let values = feature.values();
                builder.feature(feature.reference(&values))?;
            }
            Some(Step::End) => break,
            // The reader failed or the client went: nobody hears of this.
            None => {
                let cause =
                    std::io::Error::new(std::io::ErrorKind::BrokenPipe, "the features ended before the end");
                return Err(ExportError::System(cause));
            }
        }
    }
    builder.finish()?;
    let file = File::open(&path).map_err(ExportError::System)?;
    let bytes = file.metadata().map_err(ExportError::System)?.len();
    Ok(Exported { file, bytes })
}

/// A folder that only this user may enter; removed with all it holds when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(parent: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(parent)?;
        let path = parent.join(format!("{PREFIX}{}", uuid::Uuid::new_v4().simple()));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "the folder of a built file could not be removed");
        }
    }
}

/// Removes what a server that was killed left behind. Younger folders may be another server's.
fn sweep(folder: &Path, time: Duration) {
    let old = time.saturating_add(Duration::from_secs(3600));
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let made = entry.metadata().and_then(|m| m.modified()).ok();
        let age = made.and_then(|made| SystemTime::now().duration_since(made).ok());
        if is_ours && age.is_some_and(|age| age > old) {
            // Another server may be quicker.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_server_left_is_swept_and_younger_or_other_folders_stay() {
        let folder = tempfile::tempdir().expect("folder");
        let aged = |name: &str, seconds: u64| {
            let path = folder.path().join(name);
            std::fs::create_dir(&path).expect("made");
            std::fs::write(path.join("export"), b"x").expect("written");
            let then = SystemTime::now() - Duration::from_secs(seconds);
            File::open(&path).and_then(|f| f.set_modified(then)).expect("aged");
            path
        };
        let (old, young) = (aged("export-1", 10_000), aged("export-2", 1000));
        let other = aged("ingest-1", 10_000);
        sweep(folder.path(), Duration::from_secs(3600));
        assert!(!old.exists());
        assert!(young.exists() && other.exists());
    }
}

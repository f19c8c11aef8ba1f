//! Archives made in the background.

use super::{Progress, Runner, State, tell};
use crate::formats::archive::ArchiveError;
use crate::jobs::{Export, Job, JobError, Order, export};
use crate::publish::Snapshot;
use std::path::Path;

/// How often an archive is begun anew because its data was changed meanwhile.
const ATTEMPTS: usize = 3;

impl Runner {
    /// An archive, from where its work file says. When the data is changed meanwhile it is begun anew, a few times.
    pub(super) async fn export(&self, job: &mut Job, order: &Order) -> Result<State, JobError> {
        let mut changed = Vec::new();
        for _ in 0..ATTEMPTS {
            let snapshot = self.registry.snapshot();
            let layers = order.check(&snapshot, &self.grids)?.unwrap_or_default();
            let file = order.file.as_deref().unwrap_or_default();
            let (target, kind) = export::target(&self.config, &snapshot, &layers, file)?;
            prepare(target.clone()).await?;
            let tools = (&*self.config, &self.features, &self.pool);
            let opened = Export::open(tools, order, layers.clone(), (&target, kind), true).await;
            let export = match opened {
                // The folder is ours: a work file that is none was left by a server that ended just then.
                Err(JobError::Archive(ArchiveError::Foreign(path))) => {
                    std::fs::remove_file(&path).map_err(|cause| ArchiveError::Io { path, cause })?;
                    Export::open(tools, order, layers, (&target, kind), true).await?
                }
                opened => opened?,
            };
            if let Some(state) = self.export_all(job, export, &snapshot, &mut changed).await? {
                return Ok(state);
            }
        }
        tell(
            &mut job.progress,
            format!("layer '{}' is changed again and again; try it at a quieter time", changed.join("', '")),
        );
        Ok(State::Failed)
    }

    /// `None` when the data was changed meanwhile.
    async fn export_all(
        &self,
        job: &mut Job,
        mut export: Export,
        begun_with: &Snapshot,
        changed: &mut Vec<String>,
    ) -> Result<Option<State>, JobError> {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        job.progress.tiles = number(export.tiles());
        job.progress.there = number(export.passed());
        let mut edition = begun_with.edition;
        let mut beat = self.beat();
        loop {
            let more = {
                let advancing = export.advance(1);
                let mut advancing = std::pin::pin!(advancing);
                loop {
                    tokio::select! {
                        more = &mut advancing => break more?,
                        _ = beat.tick() => if self.queue.keep(self.node, job).await? {
                            return Ok(Some(State::Cancelled));
                        },
                    }
                }
            };
            let Progress { passed, made, there, outside, .. } = &mut job.progress;
            (*passed, *outside) = (number(export.passed()), number(export.outside()));
            *made = *passed - *there - *outside;
            let now = self.registry.snapshot();
            if now.edition != edition || !more {
                edition = now.edition;
                *changed = export.changed(&now);
                if !changed.is_empty() {
                    export.discard().await;
                    return Ok(None);
                }
            }
            if !more {
                break;
            }
        }
        let finishing = export.finish();
        let mut finishing = std::pin::pin!(finishing);
        let exported = loop {
            tokio::select! {
                exported = &mut finishing => break exported?,
                _ = beat.tick() => if self.queue.keep(self.node, job).await? {
                    return Ok(Some(State::Cancelled));
                },
            }
        };
        job.progress.bytes = number(exported.bytes);
        Ok(Some(State::Done))
    }
}

/// Makes the folder of an archive, and deletes those of earlier states of its data.
async fn prepare(target: std::path::PathBuf) -> Result<(), JobError> {
    let prepared = tokio::task::spawn_blocking(move || {
        let Some(folder) = target.parent() else { return Ok(()) };
        for other in folder.parent().map(std::fs::read_dir).into_iter().flatten().flatten().flatten() {
            if other.path() != folder {
                // What can't be deleted takes room and is never found.
                let _ = std::fs::remove_dir_all(other.path());
            }
        }
        make(folder)
    });
    Ok(prepared.await.map_err(|_| JobError::wrong("the folder of archives can't be made"))??)
}

fn make(folder: &Path) -> Result<(), ArchiveError> {
    std::fs::create_dir_all(folder).map_err(|cause| ArchiveError::Io { path: folder.to_owned(), cause })
}

//! The embedded cluster: PostgreSQL and PostGIS inside the data directory, so that nothing has to be
//! set up.
//!
//! Several processes may use one cluster, such as a running `serve` and an `ingest` beside it. Whoever
//! comes first starts the postmaster, whoever leaves last stops it. Two lock files hold that: each user
//! keeps a shared lock on `postgres.users`; starting and stopping happen under an exclusive lock on
//! `postgres.start`, so that nobody attaches to a server that is about to stop. The kernel releases both
//! when a process is killed.

mod account;
mod locks;
mod postmaster;
mod programs;
mod tuning;

use super::StoreError;
use account::Account;
use locks::{StartLock, UserLock};
use postmaster::Postmaster;
pub use programs::{Programs, find_programs};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How the embedded cluster is run.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// Whether a committed change survives a power cut. Only throw-away clusters of tests say no.
    pub durable: bool,
    /// Connections that all processes together may open.
    pub connections: usize,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self { durable: true, connections: 100 }
    }
}

/// A cluster that this process uses. Dropping it stops PostgreSQL when no other process uses it.
#[derive(Debug)]
pub struct Cluster {
    postmaster: Postmaster,
    data: PathBuf,
    lock: Mutex<Option<UserLock>>,
}

/// The role that owns everything in an embedded cluster.
pub(super) const ROLE: &str = "datasud";

impl Cluster {
    /// Creates the cluster in `<data>/postgres` when there is none, starts it when it is not running,
    /// and registers this process as its user. Blocks for seconds when the cluster is new.
    ///
    /// # Errors
    /// [`StoreError::Cluster`]: what is missing or in the way, and what to do.
    pub fn start(data: &Path, options: &ClusterOptions) -> Result<Self, StoreError> {
        let data = create_data_directory(data)?;
        let _starting = StartLock::take(&data)?;
        let folder = data.join("postgres");
        let account = Account::for_cluster(&folder)?;
        let programs = programs::find(&folder)?;
        account.check_can_enter(&data, &programs)?;
        let postmaster = Postmaster::new(folder, programs, account, options.clone())?;
        postmaster.initialise()?;
        postmaster.start()?;
        let lock = Mutex::new(Some(UserLock::take(&data)?));
        Ok(Self { postmaster, data, lock })
    }

    /// Whether a cluster could run with this data directory; changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Cluster`]: what is missing or in the way, and what to do.
    pub fn check(data: &Path) -> Result<Programs, StoreError> {
        let data = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
        let folder = data.join("postgres");
        let account = Account::for_cluster(&folder)?;
        let programs = programs::find(&folder)?;
        if let Some(there) = data.ancestors().find(|p| p.is_dir()) {
            account.check_can_enter(there, &programs)?;
        }
        Ok(programs)
    }

    /// Starts PostgreSQL again when it has died.
    ///
    /// # Errors
    /// [`StoreError::Cluster`] when it can't be started.
    pub fn ensure_running(&self) -> Result<(), StoreError> {
        if self.lock.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            return Err(StoreError::Cluster("the database has been closed".into()));
        }
        let _starting = StartLock::take(&self.data)?;
        self.postmaster.start()
    }

    /// Folder of the unix socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        self.postmaster.socket()
    }

    /// Address of a database of this cluster, in the form that `--database-url` and libpq take.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
        format!(
            "host='{}' user={ROLE} dbname='{}'",
            quoted(&self.socket().display().to_string()),
            quoted(database)
        )
    }

    /// Process id of the postmaster, when it is running.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.postmaster.running()
    }

    /// Stops using the cluster; the last user stops PostgreSQL. Blocks until it has stopped. Called
    /// again it does nothing.
    pub fn release(&self) {
        let Some(lock) = self.lock.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        let outcome = StartLock::take(&self.data)
            .and_then(|_starting| if lock.was_last(&self.data)? { self.postmaster.stop() } else { Ok(()) });
        if let Err(error) = outcome {
            tracing::warn!(%error, "the embedded database was not stopped");
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.release();
    }
}

fn create_data_directory(data: &Path) -> Result<PathBuf, StoreError> {
    std::fs::create_dir_all(data).and_then(|()| data.canonicalize()).map_err(|e| {
        StoreError::Cluster(format!(
            "the data directory {} can't be made: {e}; choose another with --data",
            data.display()
        ))
    })
}

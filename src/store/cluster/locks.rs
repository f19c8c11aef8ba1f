//! The two lock files of a shared cluster.

use crate::store::StoreError;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::path::Path;

fn open(data: &Path, name: &str) -> Result<File, StoreError> {
    let path = data.join(name);
    File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(|e| {
        StoreError::Cluster(format!(
            "the lock file {} can't be opened: {e}; run datasud as the user that owns the data directory",
            path.display()
        ))
    })
}

fn lock(file: &File, operation: FlockOperation) -> Result<(), StoreError> {
    loop {
        match flock(file, operation) {
            Ok(()) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(StoreError::Cluster(format!("the data directory can't be locked: {e}"))),
        }
    }
}

/// Held while a process starts or stops the postmaster.
#[derive(Debug)]
pub(super) struct StartLock(#[expect(dead_code, reason = "held, not read")] File);

impl StartLock {
    /// Waits for its turn.
    pub(super) fn take(data: &Path) -> Result<Self, StoreError> {
        let file = open(data, "postgres.start")?;
        lock(&file, FlockOperation::LockExclusive)?;
        Ok(Self(file))
    }
}

/// Held as long as a process uses the cluster.
#[derive(Debug)]
pub(super) struct UserLock(File);

impl UserLock {
    /// Registers a user. Nobody holds this lock exclusively without the start lock, so that it can't
    /// wait.
    pub(super) fn take(data: &Path) -> Result<Self, StoreError> {
        let file = open(data, "postgres.users")?;
        lock(&file, FlockOperation::LockShared)?;
        Ok(Self(file))
    }

    /// Gives the lock up; whether no other user is left. To be called under the start lock.
    pub(super) fn was_last(self, data: &Path) -> Result<bool, StoreError> {
        drop(self.0);
        let file = open(data, "postgres.users")?;
        Ok(flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok())
    }
}

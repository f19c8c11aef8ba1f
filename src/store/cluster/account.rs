//! The account PostgreSQL runs as: it refuses root.

use super::Programs;
use crate::store::StoreError;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Ourselves, or an unprivileged user when we are root.
#[derive(Clone, Debug)]
pub(super) struct Account {
    other: Option<Other>,
}

#[derive(Clone, Debug)]
struct Other {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    /// The owner of an existing cluster; for a new one ourselves or, as root, `postgres` or `nobody`.
    pub(super) fn for_cluster(folder: &Path) -> Result<Self, StoreError> {
        let me = rustix::process::geteuid();
        let owner = std::fs::metadata(folder).ok().map(|m| (m.uid(), m.gid()));
        if !me.is_root() {
            return match owner {
                Some((uid, _)) if uid != me.as_raw() => Err(StoreError::Cluster(format!(
                    "the database in {} belongs to another user (number {uid}); run datasud as that user or as root, or choose another --data",
                    folder.display()
                ))),
                _ => Ok(Self { other: None }),
            };
        }
        if let Some((uid, gid)) = owner.filter(|(uid, _)| *uid != 0) {
            return Ok(Self { other: Some(Other { name: format!("user number {uid}"), uid, gid }) });
        }
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let other = ["postgres", "nobody"].iter().find_map(|name| Other::find(&accounts, name));
        other.map(|other| Self { other: Some(other) }).ok_or_else(|| {
            StoreError::Cluster(
                "PostgreSQL refuses to run as root and there is neither a user 'postgres' nor 'nobody'; run datasud as a normal user"
                    .into(),
            )
        })
    }

    /// A command that runs as this account, apart from our terminal.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // Ctrl-C on our terminal must not reach it: the last user stops it in order.
        command.process_group(0).stdin(Stdio::null()).current_dir("/");
        command.env_remove("PGDATA").env_remove("PGPORT").env_remove("PGHOST");
        if let Some(other) = &self.other {
            command.uid(other.uid).gid(other.gid);
        }
        command
    }

    /// Makes the account the owner of a folder that only it may enter.
    pub(super) fn own(&self, folder: &Path) -> std::io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        match &self.other {
            Some(other) => std::os::unix::fs::chown(folder, Some(other.uid), Some(other.gid)),
            None => Ok(()),
        }
    }

    /// User number of the account.
    pub(super) fn uid(&self) -> u32 {
        self.other.as_ref().map_or_else(|| rustix::process::geteuid().as_raw(), |o| o.uid)
    }

    /// Refuses when the account can't enter the data directory, naming the folder in the way.
    pub(super) fn check_can_enter(&self, data: &Path, programs: &Programs) -> Result<(), StoreError> {
        let Some(other) = &self.other else { return Ok(()) };
        if self.can_enter(data, programs)? {
            return Ok(());
        }
        let mut folders: Vec<&Path> = data.ancestors().collect();
        folders.reverse();
        for folder in folders {
            if !self.can_enter(folder, programs)? {
                return Err(StoreError::Cluster(format!(
                    "PostgreSQL does not run as root and its account '{}' can't enter {}; allow it with 'chmod o+x {}' or choose a data directory elsewhere with --data",
                    other.name,
                    folder.display(),
                    folder.display()
                )));
            }
        }
        Ok(())
    }

    fn can_enter(&self, folder: &Path, programs: &Programs) -> Result<bool, StoreError> {
        // The folder is entered after the change of account: the system itself answers, with
        // access lists and mounts counted in.
        let entered = self
            .command(&programs.program("postgres"))
            .arg("--version")
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        match entered {
            Ok(_) => Ok(true),
            Err(e) if e.kind() == ErrorKind::PermissionDenied => Ok(false),
            Err(e) => Err(StoreError::Cluster(format!("PostgreSQL's programs can't be run: {e}"))),
        }
    }
}

impl Other {
    fn find(accounts: &str, name: &str) -> Option<Self> {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next() != Some(name) {
                return None;
            }
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            (uid != 0).then(|| Self { name: name.to_owned(), uid, gid })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_name_and_root_is_never_taken() {
        let text = "root:x:0:0::/root:/bin/sh\npostgres:x:101:104:a,,,:/var:/bin/bash\nodd\n";
        let found = Other::find(text, "postgres").expect("postgres");
        assert_eq!((found.uid, found.gid), (101, 104));
        assert!(Other::find(text, "root").is_none());
        assert!(Other::find(text, "odd").is_none());
    }
}

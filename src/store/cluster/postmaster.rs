//! The life of the postmaster: initialised, started, found dead, stopped.

use super::account::Account;
use super::{ClusterOptions, Programs, ROLE, tuning};
use crate::store::StoreError;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Path length that fits a unix socket address on Linux.
const LONGEST_SOCKET: usize = 107;
const SOCKET_FILE: &str = ".s.PGSQL.5432";
/// How long PostgreSQL may take to start, recovery after a crash included.
const START_TIME: Duration = Duration::from_secs(120);

/// PostgreSQL in one folder. The caller holds the start lock.
#[derive(Debug)]
pub(super) struct Postmaster {
    folder: PathBuf,
    programs: Programs,
    account: Account,
    options: ClusterOptions,
    socket: PathBuf,
}

impl Postmaster {
    pub(super) fn new(
        folder: PathBuf,
        programs: Programs,
        account: Account,
        options: ClusterOptions,
    ) -> Result<Self, StoreError> {
        let socket = socket_folder(&folder, &account)?;
        Ok(Self { folder, programs, account, options, socket })
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Makes the cluster when there is none. A half-made one of an interrupted run is made anew.
    pub(super) fn initialise(&self) -> Result<(), StoreError> {
        if self.folder.join("PG_VERSION").is_file() {
            return Ok(());
        }
        if self.folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(StoreError::Cluster(format!(
                "{} is not empty and not a PostgreSQL cluster; move it away or choose another --data",
                self.folder.display()
            )));
        }
        let new = self.folder.with_extension("new");
        let trouble = |e: std::io::Error| {
            StoreError::Cluster(format!("the folder {} can't be made: {e}", new.display()))
        };
        if new.exists() {
            std::fs::remove_dir_all(&new).map_err(trouble)?;
        }
        std::fs::create_dir(&new).map_err(trouble)?;
        self.account.own(&new).map_err(trouble)?;
        tracing::info!(folder = %self.folder.display(), "creating the embedded database");
        let made = self.initdb(&new, "C.UTF-8").or_else(|_| {
            // Without that locale; case of accented letters is then only folded by our own code.
            for entry in std::fs::read_dir(&new).map_err(trouble)?.flatten() {
                let path = entry.path();
                let removed =
                    if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
                removed.map_err(trouble)?;
            }
            self.initdb(&new, "C")
        });
        made?;
        let main = new.join("postgresql.conf");
        let mut text = std::fs::read_to_string(&main).map_err(trouble)?;
        text.push_str("\ninclude_if_exists 'datasud.conf'\n");
        std::fs::write(&main, text).map_err(trouble)?;
        std::fs::rename(&new, &self.folder).map_err(trouble)
    }

    fn initdb(&self, folder: &Path, locale: &str) -> Result<(), StoreError> {
        let mut command = self.account.command(&self.programs.program("initdb"));
        command.args(["-U", ROLE, "-E", "UTF8", "--data-checksums"]);
        command.args(["--auth-local=trust", "--auth-host=reject"]).arg(format!("--locale={locale}"));
        if !self.options.durable {
            command.arg("--no-sync");
        }
        command.arg("-D").arg(folder);
        run(command, "the embedded database can't be created")
    }

    /// Starts PostgreSQL unless it is running; waits until it accepts connections.
    pub(super) fn start(&self) -> Result<(), StoreError> {
        let until = Instant::now() + START_TIME;
        let mut pause = Duration::from_millis(50);
        loop {
            match self.running() {
                Some(_) if self.answers() => return Ok(()),
                // Starting, or stopping after somebody else's order.
                Some(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(50)),
                Some(process) => {
                    return Err(StoreError::Cluster(format!(
                        "the embedded database (process {process}) does not answer; see {}",
                        self.log().display()
                    )));
                }
                None => match self.launch() {
                    Ok(()) => {}
                    // Children of a killed postmaster hold its memory for a moment.
                    Err(_) if Instant::now() + Duration::from_secs(100) < until => {
                        std::thread::sleep(pause);
                        pause = (pause * 2).min(Duration::from_secs(2));
                    }
                    Err(error) => return Err(error),
                },
            }
        }
    }

    fn launch(&self) -> Result<(), StoreError> {
        self.clear_stale_files();
        let settings = tuning::settings(&self.options, &self.socket);
        std::fs::write(self.folder.join("datasud.conf"), settings)
            .map_err(|e| StoreError::Cluster(format!("the database's settings can't be written: {e}")))?;
        let log = self.log();
        if log.metadata().is_ok_and(|m| m.len() > 16 << 20) {
            let _ = std::fs::rename(&log, log.with_extension("log.old"));
        }
        let mut command = self.account.command(&self.programs.program("pg_ctl"));
        command.arg("start").args(["-w", "-s", "-t"]).arg(START_TIME.as_secs().to_string());
        command.arg("-l").arg(&log).arg("-D").arg(&self.folder);
        run(command, "the embedded database can't be started").map_err(|error| {
            let lines = std::fs::read_to_string(&log).unwrap_or_default();
            let said = lines.lines().rev().find(|l| l.contains("FATAL:") || l.contains("PANIC:"));
            match said.and_then(|l| l.split_once(": ").map(|(_, text)| text.trim())) {
                Some(said) => StoreError::Cluster(format!("{error} (PostgreSQL said: {said})")),
                None => error,
            }
        })
    }

    /// Stops PostgreSQL, ending its sessions; everything committed is safe.
    pub(super) fn stop(&self) -> Result<(), StoreError> {
        if self.running().is_none() {
            return Ok(());
        }
        let mut command = self.account.command(&self.programs.program("pg_ctl"));
        command.arg("stop").args(["-w", "-s", "-m", "fast", "-t", "60", "-D"]).arg(&self.folder);
        run(command, "the embedded database can't be stopped")
    }

    /// Process id of this cluster's postmaster, when it lives. A number in `postmaster.pid` may belong
    /// to another program after a crash.
    pub(super) fn running(&self) -> Option<u32> {
        let text = std::fs::read_to_string(self.folder.join("postmaster.pid")).ok()?;
        let process: u32 = text.lines().next()?.trim().parse().ok()?;
        let command = std::fs::read(format!("/proc/{process}/cmdline")).ok()?;
        let folder = self.folder.as_os_str().as_encoded_bytes();
        command.split(|b| *b == 0).any(|argument| argument == folder).then_some(process)
    }

    fn answers(&self) -> bool {
        UnixStream::connect(self.socket.join(SOCKET_FILE)).is_ok()
    }

    /// PostgreSQL refuses to start when a stale file holds the number of a process that lives.
    fn clear_stale_files(&self) {
        let lock = self.socket.join(format!("{SOCKET_FILE}.lock"));
        for file in [self.folder.join("postmaster.pid"), self.socket.join(SOCKET_FILE), lock] {
            if std::fs::remove_file(&file).is_ok() {
                tracing::info!(file = %file.display(), "removed a leftover of a database that died");
            }
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.join("datasud.log")
    }
}

/// A folder for the socket: beside the cluster when its path is short enough for a socket address.
fn socket_folder(cluster: &Path, account: &Account) -> Result<PathBuf, StoreError> {
    let near = cluster.with_file_name("run");
    let length = near.join(SOCKET_FILE).as_os_str().len();
    let folder = if length <= LONGEST_SOCKET { near } else { far_socket_folder(cluster, account) };
    let trouble = |e: std::io::Error| {
        StoreError::Cluster(format!("the socket folder {} can't be made: {e}", folder.display()))
    };
    match std::fs::create_dir(&folder) {
        Ok(()) => account.own(&folder).map_err(trouble)?,
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            let is = std::fs::symlink_metadata(&folder).map_err(trouble)?;
            // Interrupted between making and owning it, or put there by a stranger.
            if is.is_dir() && is.uid() == rustix::process::geteuid().as_raw() {
                account.own(&folder).map_err(trouble)?;
            } else if !is.is_dir() || is.uid() != account.uid() || is.mode() & 0o077 != 0 {
                return Err(StoreError::Cluster(format!(
                    "{} exists and is not the database's own private folder; remove it",
                    folder.display()
                )));
            }
        }
        Err(e) => return Err(trouble(e)),
    }
    Ok(folder)
}

fn far_socket_folder(cluster: &Path, account: &Account) -> PathBuf {
    let hash = xxhash_rust::xxh3::xxh3_64(cluster.as_os_str().as_encoded_bytes());
    let parent = if rustix::process::geteuid().is_root() {
        PathBuf::from("/run")
    } else {
        std::env::var_os("XDG_RUNTIME_DIR")
            .map(PathBuf::from)
            .filter(|p| p.is_dir())
            .unwrap_or_else(|| PathBuf::from("/tmp"))
    };
    let parent = if parent.is_dir() { parent } else { PathBuf::from("/tmp") };
    parent.join(format!("datasud-{}-{hash:016x}", account.uid()))
}

fn run(mut command: Command, what: &str) -> Result<(), StoreError> {
    let output = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|e| StoreError::Cluster(format!("{what}: {e}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().map(str::trim).filter(|l| !l.is_empty()).take(3).collect();
    Err(StoreError::Cluster(format!("{what}: {}", said.join("; "))))
}

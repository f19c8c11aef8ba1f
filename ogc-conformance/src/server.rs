//! The server under test: started with a database of its own on loopback, loaded by the product's own
//! commands, stopped at the end.

use crate::plan::{Dataset, Load, Records, Transaction};
use crate::process::{Ended, Group, Interrupt};
use crate::sources::{Sources, matches};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long the first start may take: it creates a database cluster.
const START: Duration = Duration::from_secs(180);
/// How long it may take to stop its database.
const STOP: Duration = Duration::from_secs(60);
/// How long one command may load.
const LOADING: Duration = Duration::from_secs(300);

/// A server that can't be had or used.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A file or process of ours failed.
    #[error("{what}: {cause}")]
    System {
        /// What was tried.
        what: String,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// It ended, or isn't ready in time.
    #[error("the server {how}; it last said:\n{log}")]
    Start {
        /// What happened.
        how: String,
        /// The end of its log.
        log: String,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// The server under test; ends when dropped.
#[derive(Debug)]
pub struct Server {
    binary: PathBuf,
    data: tempfile::TempDir,
    work: PathBuf,
    listen: String,
    group: Option<Group>,
    /// Address without a slash at its end.
    pub base: String,
}

impl Server {
    /// Starts the binary with a new data directory, on a free port of the loopback interface.
    ///
    /// # Errors
    /// [`ServerError`] when it doesn't get ready.
    pub fn start(binary: &Path, work: &Path, interrupt: &Interrupt) -> Result<Self, ServerError> {
        let system = |what: &str| {
            let what = what.to_owned();
            move |cause| ServerError::System { what, cause }
        };
        // Its database may run as another user, who must get through; socket paths must stay short.
        let data = tempfile::Builder::new().prefix("datasud-ogc-").tempdir();
        let data = data.map_err(system("no temporary folder"))?;
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(data.path(), open).map_err(system("the temporary folder"))?;
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr());
        let listen = free.map_err(system("no free port"))?.to_string();
        let base = format!("http://{listen}");
        let mut server = Self { binary: binary.into(), data, work: work.into(), listen, group: None, base };
        let log = std::fs::File::create(server.log()).map_err(system("the server's log"))?;
        let copy = log.try_clone().map_err(system("the server's log"))?;
        let started =
            Group::start(server.command().args(["--editing", "open", "serve"]).stdout(log).stderr(copy));
        server.group = Some(started.map_err(system(&binary.display().to_string()))?);
        server.until_ready(interrupt)?;
        Ok(server)
    }

    fn log(&self) -> PathBuf {
        self.work.join("server.log")
    }

    /// The binary with the options that all commands share.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--data").arg(self.data.path().join("data"));
        command.args(["--listen", &self.listen, "--public-url", &self.base]);
        // Nothing of the caller's own installation.
        for variable in ["DATABASE_URL", "CONFIG", "EDITING", "DATA", "LISTEN", "PUBLIC_URL"] {
            command.env_remove(format!("DATASUD_{variable}"));
        }
        command
    }

    fn until_ready(&mut self, interrupt: &Interrupt) -> Result<(), ServerError> {
        let end = Instant::now() + START;
        let ready = format!("{}/ready", self.base);
        loop {
            let ended = self.group.as_mut().and_then(Group::ended);
            let how = match ended {
                Some(ended) => ended.to_string(),
                None if Instant::now() > end => format!("wasn't ready after {} s", START.as_secs()),
                None if interrupt.asked() => return Err(ServerError::Interrupted),
                None if ureq::get(&ready).call().is_ok() => return Ok(()),
                None => {
                    std::thread::sleep(Duration::from_millis(100));
                    continue;
                }
            };
            return Err(ServerError::Start { how, log: tail(&self.log()) });
        }
    }

    /// Loads what the plan says from the sources that are there. Returns, by source, what went wrong.
    #[must_use]
    pub fn load(&self, plan: &Load, sources: &Sources, interrupt: &Interrupt) -> BTreeMap<String, String> {
        let mut wrong = BTreeMap::new();
        for dataset in &plan.datasets {
            if let Some(Ok(folder)) = sources.get(&dataset.source)
                && let Err(sentence) = self.ingest(dataset, folder, interrupt)
            {
                wrong.entry(dataset.source.clone()).or_insert(sentence);
            }
        }
        for transaction in &plan.transactions {
            if let Some(Ok(folder)) = sources.get(&transaction.source)
                && let Err(sentence) = self.transact(transaction, folder)
            {
                wrong.entry(transaction.source.clone()).or_insert(sentence);
            }
        }
        for records in &plan.records {
            if let Some(Ok(folder)) = sources.get(&records.source)
                && let Err(sentence) = self.import(records, folder, interrupt)
            {
                wrong.entry(records.source.clone()).or_insert(sentence);
            }
        }
        wrong
    }

    fn ingest(&self, dataset: &Dataset, folder: &Path, interrupt: &Interrupt) -> Result<(), String> {
        let mut command = self.command();
        command.arg("ingest").arg(folder.join(&dataset.file)).arg("--json");
        command.args(["--organisation", &dataset.organisation, "--title", &dataset.title]);
        // A dataset is named in small letters, a layer as the suites spell it.
        command.args(["--dataset", &dataset.layer.to_ascii_lowercase(), "--layer", &dataset.layer]);
        if let Some(style) = &dataset.style {
            command.arg("--style").arg(crate::folder().join(style));
        }
        if let Some(crs) = &dataset.crs {
            command.args(["--crs", crs]);
        }
        if let Some(dimensions) = &dataset.dimensions {
            command.arg("--dimensions").arg(crate::folder().join(dimensions));
        }
        if let Some(gml) = &dataset.gml {
            command.arg("--gml").arg(crate::folder().join(gml));
        }
        let what = format!("ingest-{}", dataset.layer);
        let said = self.run(command, &what, interrupt)?;
        let layer = said.pointer("/layers/0/slug").and_then(|s| s.as_str()).unwrap_or_default();
        if layer == dataset.layer {
            return Ok(());
        }
        Err(format!("datasud ingest made a layer '{layer}' instead of '{}'", dataset.layer))
    }

    fn transact(&self, transaction: &Transaction, folder: &Path) -> Result<(), String> {
        let file = folder.join(&transaction.file);
        let wrong = |e: &dyn std::fmt::Display| format!("the transaction {}: {e}", file.display());
        let text = std::fs::read_to_string(&file).map_err(|e| wrong(&e))?;
        let address = format!("{}/org/{}/wfs", self.base, transaction.organisation);
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let answer = agent.post(&address).header("Content-Type", "text/xml").send(text);
        let answer = answer.and_then(|mut a| Ok((a.status(), a.body_mut().read_to_string()?)));
        let (status, said) = answer.map_err(|e| wrong(&e))?;
        if status.is_success() { Ok(()) } else { Err(wrong(&format!("{status}: {}", said.trim()))) }
    }

    fn import(&self, records: &Records, folder: &Path, interrupt: &Interrupt) -> Result<(), String> {
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let fits = |name: &std::ffi::OsStr| name.to_str().is_some_and(|n| matches(&records.files, n));
        let mut files: Vec<_> = files.filter(|f| fits(&f.file_name())).map(|f| f.path()).collect();
        files.sort();
        if files.is_empty() {
            return Err(format!("the source '{}' holds no {}", records.source, records.files));
        }
        let mut command = self.command();
        command.args(["records", "import"]).args(files);
        command.args(["--organisation", &records.organisation, "--json"]);
        self.run(command, "records-import", interrupt).map(drop)
    }

    /// Runs a command that writes one JSON object. An error is a sentence.
    fn run(
        &self,
        mut command: Command,
        what: &str,
        interrupt: &Interrupt,
    ) -> Result<serde_json::Value, String> {
        let file = |ending: &str| self.work.join(format!("{what}.{ending}"));
        let create = |path: PathBuf| std::fs::File::create(path).map_err(|e| format!("{what}: {e}"));
        command.stdout(create(file("json"))?).stderr(create(file("log"))?);
        let group = Group::start(&mut command).map_err(|e| format!("{what}: {e}"))?;
        let ended = group.wait(LOADING, interrupt);
        let said = std::fs::read_to_string(file("json")).unwrap_or_default();
        if ended != Ended::Code(0) {
            let why = format!("{} {}", said.trim(), tail(&file("log")).trim());
            return Err(format!("{what} {ended}: {}", why.trim()));
        }
        serde_json::from_str(&said).map_err(|e| format!("{what} wrote no JSON: {e}"))
    }

    /// Stops it. Returns whether it ended when asked, as it must.
    pub fn stop(&mut self) -> bool {
        self.group.take().is_none_or(|group| group.stop(STOP))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The end of a file, for a person.
#[must_use]
pub fn tail(path: &Path) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")
}

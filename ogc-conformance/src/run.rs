//! A whole run, from the plan to the results.

use crate::expected::Expected;
use crate::plan::{Plan, PlanError, Suite};
use crate::process::Interrupt;
use crate::proxy::{Mirror, Proxy};
use crate::report::{Entry, Mirrored, Outcome, Results, Whose, exit_code};
use crate::results::{Case, ctl, earl, testng};
use crate::server::{Server, ServerError};
use crate::sources::Sources;
use crate::suites::{Files, Finder};
use crate::verdict::{Facts, judge};
use crate::{Options, engine, folder, own, say, sources, suites};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// A run that can't be done at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The server under test.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// A suite that the plan doesn't know.
    #[error("there is no suite '{0}'; there are {1}")]
    Unknown(String, String),
    /// A file or process of ours failed.
    #[error("{what}: {cause}")]
    System {
        /// What was tried.
        what: String,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// The user asked to stop.
    #[error("interrupted; nothing was written")]
    Interrupted,
    /// A sentence.
    #[error("{0}")]
    Other(String),
}

/// What all of a run shares.
struct Run<'a> {
    plan: &'a Plan,
    options: &'a Options,
    work: PathBuf,
    interrupt: Interrupt,
    date: String,
    server: String,
}

/// Where the suites of a run go.
struct Tested<'a> {
    base: &'a str,
    proxy: &'a Proxy,
}

/// Does it; returns the exit code.
///
/// # Errors
/// [`RunError`], when it can't be done.
pub fn all(options: &Options) -> Result<u8, RunError> {
    let plan = Plan::read(&folder())?;
    let chosen = chosen(&plan, &options.suites)?;
    let run = Run {
        plan: &plan,
        options,
        interrupt: Interrupt::listen().map_err(|cause| system("signals", cause))?,
        date: chrono::Local::now().format("%Y-%m-%d").to_string(),
        server: server_name(&options.datasud)?,
        work: empty(&options.work)?,
    };
    let mut entries = run.official(&chosen)?;
    if !options.no_own && !run.interrupt.asked() {
        let own = own::entries(&chosen, &run.work, &run.interrupt, &run.date, &run.server);
        own.iter().for_each(|entry| say(&entry.lines()));
        entries.extend(own);
    }
    if run.interrupt.asked() {
        return Err(RunError::Interrupted);
    }
    let code = exit_code(&entries, options.allow_missing);
    let target = options.results.clone().unwrap_or_else(folder);
    let order: Vec<_> = plan.suites.iter().map(|s| s.id.as_str()).collect();
    let results = Results::read(&target).map_err(RunError::Other)?.merged(entries, &order);
    results.write(&target, &plan.waivers).map_err(RunError::Other)?;
    Ok(code)
}

fn system(what: &str, cause: std::io::Error) -> RunError {
    RunError::System { what: what.into(), cause }
}

fn chosen<'a>(plan: &'a Plan, asked: &[String]) -> Result<Vec<&'a Suite>, RunError> {
    if let Some(unknown) = asked.iter().find(|id| !plan.suites.iter().any(|s| s.id == **id)) {
        let known: Vec<_> = plan.suites.iter().map(|s| s.id.as_str()).collect();
        return Err(RunError::Unknown(unknown.clone(), known.join(", ")));
    }
    Ok(plan.suites.iter().filter(|s| asked.is_empty() || asked.contains(&s.id)).collect())
}

/// An empty folder of this run.
fn empty(work: &Path) -> Result<PathBuf, RunError> {
    let work = std::path::absolute(work).map_err(|e| system(&work.display().to_string(), e))?.join("run");
    let name = work.display().to_string();
    match std::fs::remove_dir_all(&work) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(system(&name, e)),
        _ => {}
    }
    std::fs::create_dir_all(&work).map_err(|e| system(&name, e))?;
    Ok(work)
}

/// Where fetched suites are kept: the user's cache, else beside the logs.
fn cache(work: &Path) -> PathBuf {
    let folder = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let user = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|h| h.join(".cache")));
    user.map_or_else(|| work.join("cache"), |c| c.join("datasud/ogc-suites"))
}

/// Version of the program under test, and the commit of the tree that it stands in.
fn server_name(binary: &Path) -> Result<String, RunError> {
    let output = Command::new(binary).arg("--version").output();
    let output = output.map_err(|e| system(&format!("{} can't be run", binary.display()), e))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().trim_start_matches("datasud ").to_owned();
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(folder()).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=10", "HEAD"]) else { return Ok(version) };
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", ":/src", ":/Cargo.lock"]);
    let changed = if changed.is_some_and(|c| !c.is_empty()) { " with changes" } else { "" };
    Ok(format!("{version} ({commit}{changed})"))
}

impl Run<'_> {
    /// The official suites: finds them and their data, starts a server when there is one to run.
    fn official(&self, chosen: &[&Suite]) -> Result<Vec<Entry>, RunError> {
        let finder = Finder {
            prepared: self.options.suites_in.clone(),
            cache: cache(&self.options.work),
            pom: folder().join("pom.xml"),
            offline: self.options.offline,
            interrupt: self.interrupt.clone(),
        };
        let (mut entries, mut runnable) = (Vec::new(), Vec::new());
        let general = suites::java().and_then(|()| finder.schemas());
        for suite in chosen {
            let found = general.as_ref().map_err(Clone::clone).and_then(|_| finder.suite(suite));
            match found {
                Ok(files) => runnable.push((*suite, files)),
                Err(sentence) => entries.push(Entry { sentence, ..self.entry(suite) }),
            }
        }
        let needed = runnable.iter().flat_map(|(s, _)| s.needs.iter().map(String::as_str));
        let sources = sources::find(self.plan, &needed.collect::<Vec<_>>(), &finder, &self.work);
        runnable.retain(|(suite, _)| {
            let sentence = suite.needs.iter().find_map(|n| sources.get(n)?.as_ref().err());
            entries.extend(sentence.cloned().map(|sentence| Entry { sentence, ..self.entry(suite) }));
            sentence.is_none()
        });
        for entry in &entries {
            say(&entry.lines());
        }
        if let (Ok(schemas), false) = (general, runnable.is_empty()) {
            let mirror = Mirror { overlay: folder().join("overlay"), schemas };
            entries.extend(self.on_a_server(runnable, &sources, mirror)?);
        }
        Ok(entries)
    }

    /// An entry without results.
    fn entry(&self, suite: &Suite) -> Entry {
        let mut entry = Entry::new(&suite.id, Whose::Official, &suite.standard, &self.date, &self.server);
        entry.version = Some(suite.version.clone());
        entry.targets.clone_from(&suite.targets);
        entry.properties.clone_from(&suite.properties);
        entry
    }

    /// Starts proxy and server, loads the data, runs the suites, stops all.
    fn on_a_server(
        &self,
        runnable: Vec<(&Suite, Files)>,
        sources: &Sources,
        mirror: Mirror,
    ) -> Result<Vec<Entry>, RunError> {
        let proxy = Proxy::start(mirror).map_err(|e| system("the proxy", e))?;
        let mut server = Server::start(&self.options.datasud, &self.work, &self.interrupt)?;
        let wrong = server.load(&self.plan.load, sources, &self.interrupt);
        let base = server.base.clone();
        let tested = Tested { base: &base, proxy: &proxy };
        let mut entries = Vec::new();
        for (suite, files) in runnable {
            if self.interrupt.asked() {
                return Err(RunError::Interrupted);
            }
            let mut entry = self.entry(suite);
            let unloaded = suite.needs.iter().find_map(|n| wrong.get(n));
            let done = match unloaded {
                Some(sentence) => Err(sentence.clone()),
                None => self.suite(suite, &files, &tested, &mut entry),
            };
            if let Err(sentence) = done {
                entry.outcome = Outcome::Broken;
                entry.sentence = sentence;
            }
            say(&entry.lines());
            entries.push(entry);
        }
        if !server.stop() {
            return Err(RunError::Other("the server didn't end when it was asked to".into()));
        }
        Ok(entries)
    }

    /// Runs one suite on all its targets. An error is a sentence.
    fn suite(
        &self,
        suite: &Suite,
        files: &Files,
        tested: &Tested<'_>,
        entry: &mut Entry,
    ) -> Result<(), String> {
        let started = Instant::now();
        let (mut cases, mut facts) = (Vec::new(), Facts::default());
        let mut earl = Some(earl::Earl::default());
        drop(tested.proxy.take());
        for (i, target) in suite.targets.iter().enumerate() {
            let out = self.work.join(format!("{}-{}", suite.id, i + 1));
            std::fs::create_dir_all(&out).map_err(|e| format!("{} can't be written: {e}", out.display()))?;
            let address = target.replace("{base}", tested.base);
            let subject = match &suite.save_as {
                Some(ending) => save(&address, &out.join(format!("subject.{ending}")))?,
                None => address,
            };
            let mut properties: BTreeMap<_, _> = suite.properties.clone();
            properties.values_mut().for_each(|v| *v = v.replace("{base}", tested.base));
            properties.insert(suite.subject.clone(), subject);
            let ended = engine::run(suite, files, &properties, &out, tested.proxy.port(), &self.interrupt)?;
            facts.ended.push(ended);
            let read = read(suite, &out)
                .map_err(|e| format!("{e}; it {ended}; see {}", out.join("java.log").display()));
            let (tests, report) = read?;
            cases.extend(tests);
            earl = earl.zip(report).map(|(a, b)| earl::Earl {
                passed: a.passed + b.passed,
                failed: a.failed + b.failed,
                skipped: a.skipped + b.skipped,
                core_passed: b.core_passed,
            });
        }
        facts.earl = earl;
        let asked = tested.proxy.take();
        facts.misses = asked.iter().filter(|r| !r.served).map(|r| r.line.clone()).collect();
        facts.misses.sort();
        facts.misses.dedup();
        entry.mirror =
            Mirrored { served: asked.iter().filter(|r| r.served).count(), missed: facts.misses.len() };
        entry.seconds = started.elapsed().as_secs();
        let expected = if self.options.update_expected { None } else { Expected::read(&folder(), suite)? };
        let verdict = judge(suite, &cases, &facts, expected.as_ref(), &self.plan.waivers);
        if self.options.update_expected && verdict.problems.is_empty() {
            Expected::of(suite, &verdict).write(&folder(), suite)?;
        }
        entry.judged(verdict);
        Ok(())
    }
}

/// Reads what a suite wrote.
fn read(suite: &Suite, out: &Path) -> Result<(Vec<Case>, Option<earl::Earl>), crate::results::ResultsError> {
    let cases = match suite.kind {
        crate::plan::Kind::Testng => testng::collect(out)?,
        crate::plan::Kind::Ctl => {
            let classes: Vec<_> = suite.classes.iter().map(|c| c.name.as_str()).collect();
            ctl::collect(out, &classes)?
        }
    };
    Ok((cases, earl::collect(out)?))
}

/// Saves what an address answers; returns the file's own address.
fn save(address: &str, file: &Path) -> Result<String, String> {
    let wrong = |e: &dyn std::fmt::Display| format!("the file under test can't be had from {address}: {e}");
    let mut answer = ureq::get(address).call().map_err(|e| wrong(&e))?;
    let mut out = std::fs::File::create(file).map_err(|e| wrong(&e))?;
    std::io::copy(&mut answer.body_mut().as_reader(), &mut out).map_err(|e| wrong(&e))?;
    Ok(file_address(file))
}

/// A file's address.
fn file_address(file: &Path) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~".contains(&b);
    let encode = |b: &u8| if plain(*b) { char::from(*b).to_string() } else { format!("%{b:02X}") };
    format!("file://{}", file.as_os_str().as_encoded_bytes().iter().map(encode).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_suite_is_refused_with_the_known_ones() {
        let plan = Plan::read(&folder()).expect("plan");
        let error = chosen(&plan, &["wms13".into(), "wms99".into()]).expect_err("refused").to_string();
        assert!(error.contains("'wms99'") && error.contains("wms13, wms11"), "{error}");
        let ids = |asked: &[&str]| {
            let asked: Vec<_> = asked.iter().map(|s| (*s).to_owned()).collect();
            chosen(&plan, &asked).expect("known").iter().map(|s| s.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&["cat30", "wms13"]), ["wms13", "cat30"]);
        assert_eq!(ids(&[]).len(), plan.suites.len());
    }

    #[test]
    fn the_address_of_a_file_holds_any_name() {
        assert_eq!(file_address(Path::new("/a b/é.gml")), "file:///a%20b/%C3%A9.gml");
    }
}

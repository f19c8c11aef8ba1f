//! What is kept of a run: `results.json`, and the lines on the terminal. `markdown.rs` makes the page.

use crate::verdict::{ClassResult, Counts, Failure, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// How a suite fared.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every claimed class passed, nothing is amiss.
    Passed,
    /// A test failed, or the run isn't clean.
    Failed,
    /// It was started, or should have been, and gave no results.
    Broken,
    /// It could not be had.
    NotRun,
}

/// Whose tests they are.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// The OGC's.
    Official,
    /// Our own, which replay the same requests.
    Own,
}

/// One line of the table.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Entry {
    /// Suite.
    pub id: String,
    /// Whose tests.
    pub whose: Whose,
    /// Standard with its version.
    pub standard: String,
    /// Version of the suite, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How it fared.
    pub outcome: Outcome,
    /// Why it is broken or wasn't run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sentence: String,
    /// Day of the run.
    pub date: String,
    /// Server under test: version and commit.
    pub server: String,
    /// How long it took.
    pub seconds: u64,
    /// All tests.
    #[serde(flatten)]
    pub totals: Counts,
    /// Whether every mandatory class passed.
    pub core_passed: bool,
    /// Why the run isn't clean.
    #[serde(default)]
    pub problems: Vec<String>,
    /// Its classes.
    #[serde(default)]
    pub classes: Vec<ClassResult>,
    /// What failed.
    #[serde(default)]
    pub failures: Vec<Failure>,
    /// What was under test, with `{base}` for the server's address.
    #[serde(default)]
    pub targets: Vec<String>,
    /// Properties of the suite.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    /// Requests that the mirror served and lacked.
    #[serde(default)]
    pub mirror: Mirrored,
    /// When it could not be run since, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_run_since: Option<String>,
}

/// What a suite asked from the mirror.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Mirrored {
    /// Served.
    pub served: usize,
    /// Lacking.
    pub missed: usize,
}

impl Entry {
    /// An entry without results.
    #[must_use]
    pub fn new(id: &str, whose: Whose, standard: &str, date: &str, server: &str) -> Self {
        Self {
            id: id.into(),
            whose,
            standard: standard.into(),
            version: None,
            outcome: Outcome::NotRun,
            sentence: String::new(),
            date: date.into(),
            server: server.into(),
            seconds: 0,
            totals: Counts::default(),
            core_passed: false,
            problems: Vec::new(),
            classes: Vec::new(),
            failures: Vec::new(),
            targets: Vec::new(),
            properties: BTreeMap::new(),
            mirror: Mirrored::default(),
            not_run_since: None,
        }
    }

    /// Takes over a verdict.
    pub fn judged(&mut self, verdict: Verdict) {
        self.outcome = if verdict.problems.is_empty() { Outcome::Passed } else { Outcome::Failed };
        self.totals = verdict.totals;
        self.core_passed = verdict.core_passed;
        self.problems = verdict.problems;
        self.classes = verdict.classes;
        self.failures = verdict.failures;
    }

    /// Its name on the terminal.
    #[must_use]
    pub fn name(&self) -> String {
        match self.whose {
            Whose::Official => self.id.clone(),
            Whose::Own => format!("own {}", self.id),
        }
    }

    /// Its line, and below it what isn't clean.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let name = self.name();
        let counts = &self.totals;
        let mut lines = vec![match self.outcome {
            Outcome::Passed | Outcome::Failed => {
                let Counts { passed, failed, skipped, .. } = counts;
                format!("{name}: {passed} passed, {failed} failed, {skipped} skipped")
            }
            Outcome::Broken => format!("{name}: broken: {}", self.sentence),
            Outcome::NotRun => format!("{name}: not run: {}", self.sentence),
        }];
        lines.extend(self.problems.iter().map(|p| format!("  not clean: {p}")));
        if self.outcome == Outcome::Failed && !self.core_passed && self.whose == Whose::Official {
            lines.push("  core passed: no".into());
        }
        for f in &self.failures {
            let times = if f.times > 1 { format!(" ({} times)", f.times) } else { String::new() };
            let waived = f.waived.as_ref().map(|issue| format!(" [waived: {issue}]")).unwrap_or_default();
            lines.push(format!("  failed{waived}: {} / {}{times}: {}", f.class, f.test, f.message));
        }
        lines
    }
}

/// `results.json`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Results {
    /// Official suites in the plan's order, then our own tests.
    pub results: Vec<Entry>,
}

impl Results {
    /// Reads what earlier runs left; nothing when there is no file.
    ///
    /// # Errors
    /// A sentence, when the file is there and can't be used.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let path = folder.join("results.json");
        match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|e| format!("{} is not ours, move it away: {e}", path.display())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(format!("{} can't be read: {e}", path.display())),
        }
    }

    /// Puts new entries into the place of old ones. What could not be run keeps its last results, dated,
    /// and says so.
    #[must_use]
    pub fn merged(mut self, new: Vec<Entry>, order: &[&str]) -> Self {
        for entry in new {
            let known = self.results.iter_mut().find(|e| e.id == entry.id && e.whose == entry.whose);
            match known {
                Some(old) if entry.outcome == Outcome::NotRun && old.outcome != Outcome::NotRun => {
                    old.not_run_since = Some(format!("{}: {}", entry.date, entry.sentence));
                }
                Some(old) => *old = entry,
                None => self.results.push(entry),
            }
        }
        let place = |e: &Entry| order.iter().position(|id| *id == e.id).unwrap_or(order.len());
        self.results.sort_by_key(|e| (e.whose == Whose::Own, place(e), e.id.clone()));
        self
    }

    /// Writes `results.json` and `RESULTS.md`.
    ///
    /// # Errors
    /// A sentence, when they can't be written.
    pub fn write(&self, folder: &Path, waivers: &[crate::plan::Waiver]) -> Result<(), String> {
        let json = serde_json::to_string_pretty(self).map_err(|e| e.to_string())? + "\n";
        let page = crate::markdown::page(&self.results, waivers);
        let made = std::fs::create_dir_all(folder);
        let written = made.and_then(|()| std::fs::write(folder.join("results.json"), json));
        written
            .and_then(|()| std::fs::write(folder.join("RESULTS.md"), page))
            .map_err(|e| format!("the results can't be written into {}: {e}", folder.display()))
    }
}

/// The exit code: 0 all passed, 1 something failed, 2 nothing failed but something was not run.
#[must_use]
pub fn exit_code(entries: &[Entry], allow_missing: bool) -> u8 {
    let any = |outcomes: &[Outcome]| entries.iter().any(|e| outcomes.contains(&e.outcome));
    if any(&[Outcome::Failed, Outcome::Broken]) || entries.is_empty() {
        1
    } else if any(&[Outcome::NotRun]) && !allow_missing {
        2
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, outcome: Outcome) -> Entry {
        let mut entry = Entry::new(id, Whose::Official, "S", "2026-01-01", "1");
        entry.outcome = outcome;
        entry.totals = Counts { passed: 220, failed: 0, skipped: 3, other: 9 };
        entry
    }

    #[test]
    fn a_suite_has_one_line_of_an_agreed_form() {
        assert_eq!(entry("wms13", Outcome::Passed).lines(), ["wms13: 220 passed, 0 failed, 3 skipped"]);
        let mut own = entry("wms13", Outcome::Passed);
        own.whose = Whose::Own;
        assert_eq!(own.lines(), ["own wms13: 220 passed, 0 failed, 3 skipped"]);
        let mut not_run = entry("wms13", Outcome::NotRun);
        not_run.sentence = "install it".into();
        assert_eq!(not_run.lines(), ["wms13: not run: install it"]);
        let mut failed = entry("wms13", Outcome::Failed);
        failed.problems = vec!["1 test failed".into()];
        let lines = failed.lines();
        assert_eq!(lines[1..], ["  not clean: 1 test failed", "  core passed: no"]);
    }

    #[test]
    fn the_exit_code_tells_failures_from_what_could_not_be_run() {
        use Outcome::{Broken, Failed, NotRun, Passed};
        for (outcomes, strict, lenient) in [
            (vec![Passed, Passed], 0, 0),
            (vec![Passed, NotRun], 2, 0),
            (vec![Failed, NotRun], 1, 1),
            (vec![Broken, Passed], 1, 1),
            (vec![], 1, 1),
        ] {
            let entries: Vec<_> = outcomes.iter().map(|o| entry("s", *o)).collect();
            assert_eq!(
                (exit_code(&entries, false), exit_code(&entries, true)),
                (strict, lenient),
                "{outcomes:?}"
            );
        }
    }

    #[test]
    fn what_could_not_be_run_keeps_its_last_results_and_says_so() {
        let old = Results { results: vec![entry("b", Outcome::Passed), entry("a", Outcome::NotRun)] };
        let mut not_run = entry("b", Outcome::NotRun);
        not_run.sentence = "no Java".into();
        let merged = old.merged(vec![not_run, entry("a", Outcome::Failed)], &["a", "b"]);
        assert_eq!(merged.results[0].outcome, Outcome::Failed);
        assert_eq!(merged.results[1].outcome, Outcome::Passed);
        assert_eq!(merged.results[1].not_run_since.as_deref(), Some("2026-01-01: no Java"));
        let again = merged.merged(vec![entry("b", Outcome::Passed)], &["a", "b"]);
        assert_eq!(again.results[1].not_run_since, None);
    }

    #[test]
    fn results_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().expect("folder");
        assert!(Results::read(folder.path()).expect("none").results.is_empty());
        let mut failed = entry("a", Outcome::Failed);
        failed.classes =
            vec![ClassResult { name: "basic".into(), mandatory: true, ..ClassResult::default() }];
        Results { results: vec![failed] }.write(folder.path(), &[]).expect("written");
        let again = Results::read(folder.path()).expect("read");
        assert_eq!(again.results[0].lines(), ["a: 220 passed, 0 failed, 3 skipped", "  core passed: no"]);
        std::fs::write(folder.path().join("results.json"), "[]").expect("written");
        assert!(Results::read(folder.path()).is_err());
    }
}

//! Our own tests that replay the suites' requests, `tests/it/ats/` of the product: they guard conformance
//! where a suite can't be had.

use crate::plan::Suite;
use crate::process::{Ended, Group, Interrupt};
use crate::report::{Entry, Outcome, Whose};
use crate::verdict::{Counts, Failure};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long building and running them may take.
const LIMIT: Duration = Duration::from_secs(3600);

/// What came of the tests that belong to one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Own {
    /// An ignored test is skipped.
    counts: Counts,
    /// Names of those that failed.
    failed: Vec<String>,
}

/// Runs those of the chosen suites; an entry each.
#[must_use]
pub fn entries(
    chosen: &[&Suite],
    work: &Path,
    interrupt: &Interrupt,
    date: &str,
    server: &str,
) -> Vec<Entry> {
    let root = crate::folder();
    let root = root.parent().unwrap_or(&root);
    let started = Instant::now();
    let ids: Vec<_> = chosen.iter().map(|s| s.id.as_str()).collect();
    let done = run(root, &ids, work, interrupt);
    let seconds = started.elapsed().as_secs();
    let entry = |suite: &&Suite| {
        let mut entry = Entry::new(&suite.id, Whose::Own, &suite.standard, date, server);
        match done.as_ref().map(|own| own.get(&suite.id)) {
            Ok(Some(own)) => {
                entry.failures = own.failed.iter().map(|test| failure(test)).collect();
                let passed = own.counts.failed == 0 && own.counts.passed > 0;
                entry.outcome = if passed { Outcome::Passed } else { Outcome::Failed };
                entry.totals = own.counts;
                entry.seconds = seconds;
            }
            Ok(None) => entry.sentence = format!("there are no tests named ats::{}", suite.id),
            Err(sentence) => {
                entry.outcome = Outcome::Broken;
                entry.sentence.clone_from(sentence);
            }
        }
        entry
    };
    chosen.iter().map(entry).collect()
}

fn failure(test: &str) -> Failure {
    Failure {
        class: "own tests".into(),
        test: test.into(),
        times: 1,
        message: format!("see cargo test --test it {test}"),
        input: String::new(),
        waived: None,
    }
}

/// Runs them. An error is a sentence.
fn run(
    root: &Path,
    suites: &[&str],
    work: &Path,
    interrupt: &Interrupt,
) -> Result<BTreeMap<String, Own>, String> {
    let path = work.join("own.log");
    let log =
        std::fs::File::create(&path).map_err(|e| format!("{} can't be written: {e}", path.display()))?;
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--locked", "--test", "it", "--"]).current_dir(root);
    cargo.args(suites.iter().map(|id| format!("ats::{id}::")));
    let copy = log.try_clone().map_err(|e| e.to_string())?;
    let group = Group::start(cargo.stdout(log).stderr(copy));
    let group = group.map_err(|e| format!("cargo can't be started: {e}; install Rust"))?;
    let ended = group.wait(LIMIT, interrupt);
    let said = String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
    let own = parse(&said);
    let failed = own.values().any(|o| o.counts.failed > 0);
    match ended {
        Ended::Code(0) => Ok(own),
        Ended::Code(_) if failed => Ok(own),
        ended => Err(format!("cargo test {ended}; see {}", path.display())),
    }
}

/// Reads the lines `test ats::SUITE::NAME ... ok` of a test binary, by suite. A line whose end is lost in the
/// output of a test is a failure.
fn parse(said: &str) -> BTreeMap<String, Own> {
    let mut own: BTreeMap<String, Own> = BTreeMap::new();
    for line in said.lines() {
        let named = line.strip_prefix("test ats::").and_then(|l| l.split_once(" ... "));
        let Some((name, result)) = named else { continue };
        let name = name.strip_suffix(" - should panic").unwrap_or(name);
        let Some((suite, test)) = name.split_once("::") else { continue };
        let entry = own.entry(suite.to_owned()).or_default();
        match result {
            "ok" => entry.counts.passed += 1,
            _ if result.starts_with("ignored") => entry.counts.skipped += 1,
            _ => {
                entry.counts.failed += 1;
                entry.failed.push(test.to_owned());
            }
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_the_test_binary_are_counted_by_suite() {
        let said = "\
running 4 tests
test ats::csw20::csw20_get_records_pages ... ok
test ats::wms13::wms13_basic_a_white_background - should panic ... FAILED
test ats::wms13::wms13_getmap_exceptions ... ok
test ats::wms13::wms13_time ... ignored, later
test wms::something_else ... ok
test result: FAILED. 2 passed; 1 failed; 1 ignored
";
        let own = parse(said);
        assert_eq!(own.len(), 2);
        assert_eq!(own["csw20"].counts, Counts { passed: 1, ..Counts::default() });
        assert_eq!(own["wms13"].counts, Counts { passed: 1, failed: 1, skipped: 1, other: 0 });
        assert_eq!(own["wms13"].failed, ["wms13_basic_a_white_background"]);
    }

    #[test]
    fn a_line_with_another_end_is_no_pass() {
        let own = parse("test ats::wfs20::x ... okay\ntest ats::wfs20::y ... \n");
        assert_eq!(own["wfs20"].counts.failed, 2);
        assert!(parse("error: could not compile").is_empty());
    }
}

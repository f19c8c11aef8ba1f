//! From tests to a verdict. "Passed" can't come from silence: whatever should be there and isn't, is a problem.

use crate::expected::Expected;
use crate::plan::{Suite, Waiver};
use crate::process::Ended;
use crate::results::earl::Earl;
use crate::results::{Case, Status};
use serde::{Deserialize, Serialize};

/// Tests by how they ended. What a suite leaves out or only remarks isn't among the first three.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Passed.
    pub passed: u64,
    /// Failed, waived or not.
    pub failed: u64,
    /// Skipped.
    pub skipped: u64,
    /// Warnings, best practice, left out by the suite, without a verdict of its own.
    #[serde(default)]
    pub other: u64,
}

impl Counts {
    fn add(&mut self, status: Status) {
        match status {
            Status::Passed => self.passed += 1,
            Status::Failed => self.failed += 1,
            Status::Skipped => self.skipped += 1,
            Status::Warning | Status::BestPractice | Status::NotTested | Status::Continue => self.other += 1,
            // No tests of their own.
            Status::Gate | Status::Inherited => {}
        }
    }
}

/// What came of one class.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ClassResult {
    /// Its name.
    pub name: String,
    /// Whether certification asks for it.
    pub mandatory: bool,
    /// Why it isn't claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<String>,
    /// Its tests.
    #[serde(flatten)]
    pub counts: Counts,
    /// Why tests were skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<String>,
}

/// Tests that failed in the same way.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Class.
    pub class: String,
    /// Test.
    pub test: String,
    /// How often.
    pub times: u64,
    /// What the suite says.
    pub message: String,
    /// On which input, where it runs on several: the first.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub input: String,
    /// The issue of the waiver that covers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

/// What came of a suite that was run.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Verdict {
    /// All its tests.
    pub totals: Counts,
    /// Whether every mandatory class passed something and failed nothing.
    pub core_passed: bool,
    /// Why the run is not clean, a sentence each.
    pub problems: Vec<String>,
    /// Its classes, in the plan's order, then others that it ran.
    pub classes: Vec<ClassResult>,
    /// What failed.
    pub failures: Vec<Failure>,
}

/// What is known of the runs beside their tests.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// How each run ended.
    pub ended: Vec<Ended>,
    /// Requests that the mirror couldn't answer.
    pub misses: Vec<String>,
    /// Sums of the suite's own reports, if it wrote one for each run.
    pub earl: Option<Earl>,
}

/// Judges the tests of a suite.
#[must_use]
pub fn judge(
    suite: &Suite,
    cases: &[Case],
    facts: &Facts,
    expected: Option<&Expected>,
    waivers: &[Waiver],
) -> Verdict {
    let mut verdict = Verdict { classes: classes(suite, cases), ..Verdict::default() };
    for case in cases {
        verdict.totals.add(case.status);
    }
    verdict.failures = failures(suite, cases, waivers);
    let fine = |c: &ClassResult| {
        c.counts.passed > 0 && c.counts.failed == 0 && (suite.gated_by_content || !gated(cases, &c.name))
    };
    verdict.core_passed = verdict.classes.iter().filter(|c| c.mandatory).all(fine);

    let mut problems = Vec::new();
    problems.extend(facts.ended.iter().filter(|e| **e != Ended::Code(0)).map(|e| format!("the suite {e}")));
    if verdict.totals == Counts::default() {
        problems.push("it ran no test".to_owned());
    }
    problems.extend(verdict.classes.iter().filter_map(|class| silence(class, cases)));
    let unwaived = verdict.failures.iter().filter(|f| f.waived.is_none());
    match unwaived.map(|f| f.times).sum() {
        0 => {}
        1 => problems.push("1 test failed".to_owned()),
        n => problems.push(format!("{n} tests failed")),
    }
    problems.extend(facts.earl.and_then(|earl| disagreement(earl, &verdict.totals)));
    problems.extend(misses(&facts.misses));
    problems.extend(unneeded(suite, &verdict.failures, waivers));
    if let Some(expected) = expected {
        problems.extend(expected.losses(suite, &verdict));
    }
    verdict.problems = problems;
    verdict
}

fn gated(cases: &[Case], class: &str) -> bool {
    cases.iter().any(|c| c.class == class && c.status == Status::Gate)
}

fn classes(suite: &Suite, cases: &[Case]) -> Vec<ClassResult> {
    let planned = suite.classes.iter().map(|class| ClassResult {
        name: class.name.clone(),
        mandatory: class.mandatory,
        off: class.off.clone(),
        ..ClassResult::default()
    });
    let mut results: Vec<_> = planned.collect();
    for case in cases {
        let known = results.iter().position(|r| r.name == case.class);
        let index = known.unwrap_or_else(|| {
            results.push(ClassResult { name: case.class.clone(), ..ClassResult::default() });
            results.len() - 1
        });
        let Some(result) = results.get_mut(index) else { continue };
        result.counts.add(case.status);
        // A gate says why the class is skipped; without one, the skipped tests say it.
        if case.status == Status::Gate && !case.message.is_empty() && !result.gates.contains(&case.message) {
            result.gates.push(case.message.clone());
        }
    }
    for result in results.iter_mut().filter(|r| r.counts.skipped > 0 && r.gates.is_empty()) {
        let skipped = cases.iter().filter(|c| c.class == result.name && c.status == Status::Skipped);
        for case in skipped.filter(|c| !c.message.is_empty()) {
            if result.gates.len() < 3 && !result.gates.contains(&case.message) {
                result.gates.push(case.message.clone());
            }
        }
    }
    results
}

/// Why a class that is claimed says nothing.
fn silence(class: &ClassResult, cases: &[Case]) -> Option<String> {
    if class.off.is_some() || class.counts.passed > 0 || class.counts.failed > 0 {
        return None;
    }
    let reason = class.gates.first().map(|gate| format!(": {gate}")).unwrap_or_default();
    if class.counts.skipped > 0 || gated(cases, &class.name) {
        Some(format!("the class '{}' was skipped as a whole{reason}", class.name))
    } else if class.counts.other > 0 || cases.iter().any(|c| c.class == class.name) {
        // Only what calls other tests, or remarks: the outermost test of a script.
        (class.mandatory).then(|| format!("the class '{}' passed no test", class.name))
    } else {
        Some(format!("the class '{}' is missing from the results", class.name))
    }
}

fn failures(suite: &Suite, cases: &[Case], waivers: &[Waiver]) -> Vec<Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    for case in cases.iter().filter(|c| c.status == Status::Failed) {
        let same =
            |f: &&mut Failure| f.class == case.class && f.test == case.test && f.message == case.message;
        if let Some(known) = failures.iter_mut().find(same) {
            known.times += 1;
            continue;
        }
        let covers = |w: &&Waiver| w.suite == suite.id && w.class == case.class && w.test == case.test;
        failures.push(Failure {
            class: case.class.clone(),
            test: case.test.clone(),
            times: 1,
            message: case.message.clone(),
            input: case.input.clone(),
            waived: waivers.iter().find(covers).map(|w| w.issue.clone()),
        });
    }
    failures
}

/// The certification programme counts by the report; it may leave out a class that refused to start, but
/// it must not know of more failures than we do.
fn disagreement(earl: Earl, totals: &Counts) -> Option<String> {
    (earl.failed > totals.failed)
        .then(|| format!("the suite's own report counts {} failed tests, not {}", earl.failed, totals.failed))
}

fn misses(misses: &[String]) -> Option<String> {
    let first = misses.first()?;
    let more = if misses.len() > 1 { format!(" and {} more", misses.len() - 1) } else { String::new() };
    Some(format!("it asked for what the mirror lacks: {first}{more}"))
}

/// Waivers that cover nothing any more.
fn unneeded(suite: &Suite, failures: &[Failure], waivers: &[Waiver]) -> Vec<String> {
    let ours = waivers.iter().filter(|w| w.suite == suite.id);
    let idle = ours.filter(|w| !failures.iter().any(|f| f.class == w.class && f.test == w.test));
    idle.map(|w| format!("the waiver of '{}' covers no failure any more: remove it", w.test)).collect()
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;

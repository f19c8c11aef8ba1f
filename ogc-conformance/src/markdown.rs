//! `RESULTS.md`: the results as a page.

use crate::plan::Waiver;
use crate::report::{Entry, Outcome, Whose};
use crate::verdict::ClassResult;

const HEAD: &str = "\
# Results of the OGC's test suites

Written by `ogc-conformance/run`; don't edit. How to run it and how to read this page: [README.md](README.md).
*Core passed* means that every mandatory class (M) passed tests and failed none. A run is *clean* when beside that every
claimed class passed, nothing was asked from outside, and nothing fell behind the last good run.
*Own tests* are ours, not the OGC's: they replay the requests of the suite in `make test`, also where the suite can't be had.

";

/// The page.
#[must_use]
pub fn page(entries: &[Entry], waivers: &[Waiver]) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| suite | standard | tests | version | passed | failed | skipped | core passed | clean | date | server | s |\n");
    page.push_str("|---|---|---|---|--:|--:|--:|---|---|---|---|--:|\n");
    for entry in entries {
        page.push_str(&row(entry));
    }
    page.push_str("\nRepeat all: `ogc-conformance/run`; one: `ogc-conformance/run SUITE`. Where the suites and data come from is said in ");
    page.push_str("`pom.xml` and `load.toml`.\n");
    page.push_str(&waived(waivers));
    for entry in entries.iter().filter(|e| e.whose == Whose::Official) {
        page.push_str(&section(entry));
    }
    let failed = entries.iter().filter(|e| e.whose == Whose::Own && !e.failures.is_empty());
    for entry in failed {
        page.push_str(&format!("\n## {}\n", entry.name()));
        page.push_str(&failures(entry));
    }
    page
}

fn row(entry: &Entry) -> String {
    let Entry { id, standard, date, server, seconds, totals, .. } = entry;
    let tests = if entry.whose == Whose::Own { "own tests" } else { "OGC" };
    let version = entry.version.as_deref().unwrap_or("–");
    let cell = match entry.outcome {
        Outcome::NotRun => {
            return format!(
                "| {id} | {standard} | {tests} | {version} | **not run** | | | no | no | {date} | | |\n"
            );
        }
        Outcome::Broken => "**broken**",
        Outcome::Passed => "yes",
        Outcome::Failed => "**no**",
    };
    let core = match entry.whose {
        Whose::Own => "–",
        Whose::Official if entry.core_passed => "yes",
        Whose::Official => "**no**",
    };
    format!(
        "| {id} | {standard} | {tests} | {version} | {} | {} | {} | {core} | {cell} | {date} | {server} | {seconds} |\n",
        totals.passed, totals.failed, totals.skipped
    )
}

fn waived(waivers: &[Waiver]) -> String {
    let mut text = "\n## Waivers\n\n".to_owned();
    if waivers.is_empty() {
        return text + "None.\n";
    }
    text.push_str("Defects of the suites themselves. These failures stay counted above.\n\n");
    text.push_str("| suite | class | test | issue | reading of the standard |\n|---|---|---|---|---|\n");
    for w in waivers {
        let cells = [&w.suite, &w.class, &w.test, &w.issue, &w.reading].map(|c| escape(c));
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

fn section(entry: &Entry) -> String {
    let version = entry.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
    let mut text = format!("\n## {}: {}, suite{version}\n\n", entry.id, entry.standard);
    match entry.outcome {
        Outcome::NotRun => return text + &format!("Not run: {}.\n", escape(&entry.sentence)),
        Outcome::Broken => text.push_str(&format!("Broken: {}.\n\n", escape(&entry.sentence))),
        Outcome::Passed | Outcome::Failed => {}
    }
    if let Some(since) = &entry.not_run_since {
        text.push_str(&format!(
            "**These results are of {}; it could not be run since.** {}.\n\n",
            entry.date,
            escape(since)
        ));
    }
    for problem in &entry.problems {
        text.push_str(&format!("- not clean: {}\n", escape(problem)));
    }
    if !entry.problems.is_empty() {
        text.push('\n');
    }
    if !entry.classes.is_empty() {
        text.push_str("| class | M/O | passed | failed | skipped | other | why skipped, or not claimed |\n");
        text.push_str("|---|---|--:|--:|--:|--:|---|\n");
        text.extend(entry.classes.iter().map(class));
    }
    text.push_str(&failures(entry));
    let targets: Vec<_> = entry.targets.iter().map(|t| format!("`{t}`")).collect();
    text.push_str(&format!("\nUnder test: {}. ", targets.join(", ")));
    let properties: Vec<_> = entry.properties.iter().map(|(k, v)| format!("`{k}={v}`")).collect();
    if !properties.is_empty() {
        text.push_str(&format!("Switched on: {}. ", properties.join(", ")));
    }
    let mirror = entry.mirror;
    text.push_str(&format!("Schema requests: {} served, {} missed. ", mirror.served, mirror.missed));
    text.push_str(&format!("Repeat: `ogc-conformance/run {}`.\n", entry.id));
    text
}

fn class(class: &ClassResult) -> String {
    let mark = if class.mandatory { "M" } else { "O" };
    let off = class.off.iter().map(|reason| format!("not claimed: {reason}"));
    let why: Vec<_> = off.chain(class.gates.iter().cloned()).map(|w| escape(&w)).collect();
    let c = class.counts;
    let name = escape(&class.name);
    format!(
        "| {name} | {mark} | {} | {} | {} | {} | {} |\n",
        c.passed,
        c.failed,
        c.skipped,
        c.other,
        why.join("; ")
    )
}

fn failures(entry: &Entry) -> String {
    if entry.failures.is_empty() {
        return String::new();
    }
    let mut text = "\nFailed:\n\n".to_owned();
    for f in &entry.failures {
        let times = if f.times > 1 { format!(" ({} times)", f.times) } else { String::new() };
        let waived = f.waived.as_ref().map(|issue| format!(" **waived**, {issue}")).unwrap_or_default();
        let input = if f.input.is_empty() { String::new() } else { format!(" on {}", escape(&f.input)) };
        let (class, test, message) = (escape(&f.class), escape(&f.test), escape(&f.message));
        text.push_str(&format!("- {class} / {test}{times}{waived}{input}: {message}\n"));
    }
    text
}

/// Text of a suite, which can hold anything, as plain text in a table's cell.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Counts, Failure};

    fn entry() -> Entry {
        let mut entry = Entry::new("wms13", Whose::Official, "WMS 1.3.0", "2026-01-02", "0.1.0");
        entry.outcome = Outcome::Failed;
        entry.version = Some("1.34".into());
        entry.totals = Counts { passed: 7, failed: 1, skipped: 2, other: 0 };
        entry.problems = vec!["1 test failed".into()];
        entry.classes = vec![
            ClassResult {
                name: "basic".into(),
                mandatory: true,
                counts: entry.totals,
                ..ClassResult::default()
            },
            ClassResult { name: "time".into(), off: Some("later".into()), ..ClassResult::default() },
        ];
        entry.failures = vec![Failure {
            class: "basic".into(),
            test: "bbox".into(),
            times: 2,
            message: "<b> | two".into(),
            input: String::new(),
            waived: Some("https://x.org/i/9".into()),
        }];
        entry
    }

    #[test]
    fn the_page_shows_counts_classes_gates_failures_and_waivers() {
        let page = page(&[entry()], &[]);
        for wanted in [
            "| wms13 | WMS 1.3.0 | OGC | 1.34 | 7 | 1 | 2 | **no** | **no** | 2026-01-02 | 0.1.0 | 0 |",
            "| basic | M | 7 | 1 | 2 | 0 |  |",
            "| time | O | 0 | 0 | 0 | 0 | not claimed: later |",
            "- basic / bbox (2 times) **waived**, https://x.org/i/9: &lt;b&gt; \\| two",
            "- not clean: 1 test failed",
            "## Waivers\n\nNone.",
        ] {
            assert!(page.contains(wanted), "lacks {wanted}\n{page}");
        }
    }

    #[test]
    fn what_was_not_run_is_never_shown_as_passed() {
        let mut missing = entry();
        missing.outcome = Outcome::NotRun;
        missing.sentence = "install Java".into();
        let page = page(&[missing], &[]);
        assert!(
            page.contains("| **not run** | | | no | no |") && page.contains("Not run: install Java."),
            "{page}"
        );
    }

    #[test]
    fn a_waiver_is_shown_whole() {
        let text = "suite = 's'\nclass = 'c'\ntest = 't'\nissue = 'https://x.org/i/9'\nreading = 'clause 7'";
        let waiver: Waiver = toml::from_str(text).expect("whole");
        assert!(page(&[], &[waiver]).contains("| s | c | t | https://x.org/i/9 | clause 7 |"));
    }
}

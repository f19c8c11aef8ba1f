//! `earl-results.rdf`, the report that the certification programme reads: totals, as a check on our counts.

use super::{ResultsError, find, read};
use roxmltree::{Document, Node};
use std::path::Path;

const FILE: &str = "earl-results.rdf";
const CITE: &str = "http://cite.opengeospatial.org/";

/// What the report says of a whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earl {
    /// Tests passed.
    pub passed: u64,
    /// Tests failed.
    pub failed: u64,
    /// Tests skipped.
    pub skipped: u64,
    /// The report's own word on the core classes; `None` where it marks no class as core, since it then
    /// says "true" whatever failed.
    pub core_passed: Option<bool>,
}

/// Reads the report below the folder of a run; `None` when the suite wrote none.
///
/// # Errors
/// [`ResultsError`] when it can't be read.
pub fn collect(run: &Path) -> Result<Option<Earl>, ResultsError> {
    let Some(path) = find(run, FILE).pop() else { return Ok(None) };
    parse(&read(&path)?).map(Some).map_err(|message| ResultsError::Form { path, what: FILE, message })
}

fn parse(text: &str) -> Result<Earl, String> {
    let document = Document::parse(text).map_err(|e| e.to_string())?;
    let core = |n: &Node<'_, '_>| n.has_tag_name((CITE, "areCoreConformanceClassesPassed"));
    let flag = document.descendants().find(core).ok_or("it describes no test run")?;
    let run = flag.parent().ok_or("it describes no test run")?;
    let count = |name: &str| {
        let node = run.children().find(|n| n.has_tag_name((CITE, name)));
        let text = node.and_then(|n| n.text()).map(str::trim).ok_or_else(|| format!("it has no {name}"))?;
        text.parse().map_err(|_| format!("{name} is '{text}'"))
    };
    let basic =
        |n: Node<'_, '_>| n.has_tag_name((CITE, "isBasic")) && n.text().map(str::trim) == Some("true");
    let core_passed = document.descendants().any(basic).then(|| flag.text().map(str::trim) == Some("true"));
    Ok(Earl {
        passed: count("testsPassed")?,
        failed: count("testsFailed")?,
        skipped: count("testsSkipped")?,
        core_passed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(basic: &str, core: &str) -> String {
        format!(
            r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cite="{CITE}">
  <cite:TestRun>
    <cite:testsPassed rdf:datatype="x"
    >12</cite:testsPassed><cite:testsFailed>1</cite:testsFailed><cite:testsSkipped>3</cite:testsSkipped>
    <cite:areCoreConformanceClassesPassed>{core}</cite:areCoreConformanceClassesPassed>
    <cite:requirements><cite:r>{basic}<cite:testsPassed>5</cite:testsPassed></cite:r></cite:requirements>
  </cite:TestRun>
</rdf:RDF>"#
        )
    }

    #[test]
    fn the_totals_of_the_run_are_read_and_not_those_of_a_class() {
        let earl = parse(&report("<cite:isBasic>true</cite:isBasic>", "false")).expect("good");
        assert_eq!(earl, Earl { passed: 12, failed: 1, skipped: 3, core_passed: Some(false) });
    }

    #[test]
    fn the_core_flag_means_nothing_where_no_class_is_core() {
        assert_eq!(parse(&report("", "true")).expect("good").core_passed, None);
        let none_basic = report("<cite:isBasic>false</cite:isBasic>", "true");
        assert_eq!(parse(&none_basic).expect("good").core_passed, None);
    }

    #[test]
    fn a_report_that_lacks_a_total_is_an_error() {
        let lacking = report("", "true").replace("testsFailed>", "testsLost>");
        assert!(parse(&lacking).expect_err("refused").contains("testsFailed"));
        assert!(parse("<a/>").is_err());
    }

    #[test]
    fn a_run_without_a_report_has_none() {
        let run = tempfile::tempdir().expect("folder");
        assert_eq!(collect(run.path()).expect("good"), None);
    }
}

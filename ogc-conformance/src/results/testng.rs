//! `testng-results.xml`: `<test>` is a class, `<test-method>` a test.

use super::{Case, ResultsError, Status, find, one_line, read};
use roxmltree::{Document, Node};
use std::path::Path;

const FILE: &str = "testng-results.xml";

/// Reads the results below the folder of a run.
///
/// # Errors
/// [`ResultsError`] when there are none or they can't be read.
pub fn collect(run: &Path) -> Result<Vec<Case>, ResultsError> {
    let path = find(run, FILE).pop().ok_or(ResultsError::Nothing(FILE))?;
    parse(&read(&path)?).map_err(|message| ResultsError::Form { path, what: FILE, message })
}

fn parse(text: &str) -> Result<Vec<Case>, String> {
    let document = Document::parse(text).map_err(|e| e.to_string())?;
    if !document.root_element().has_tag_name("testng-results") {
        return Err(format!("its root is '{}'", document.root_element().tag_name().name()));
    }
    let mut cases = Vec::new();
    for test in document.descendants().filter(|n| n.has_tag_name("test")) {
        let class = test.attribute("name").unwrap_or_default();
        for method in test.descendants().filter(|n| n.has_tag_name("test-method")) {
            cases.extend(case(class, method)?);
        }
    }
    Ok(cases)
}

fn case(class: &str, method: Node<'_, '_>) -> Result<Option<Case>, String> {
    let exception = method.children().find(|n| n.has_tag_name("exception"));
    let thrown = exception.and_then(|e| e.attribute("class")).unwrap_or_default();
    let configures = method.attribute("is-config") == Some("true");
    let status = match (method.attribute("status").unwrap_or_default(), configures) {
        ("PASS" | "SKIP", true) => return Ok(None),
        ("FAIL", true) => Status::Gate,
        ("PASS", false) => Status::Passed,
        ("SKIP", false) => Status::Skipped,
        // Releases of TestNG differ in how they report a test that skips itself.
        ("FAIL", false) if thrown.ends_with("SkipException") => Status::Skipped,
        ("FAIL", false) => Status::Failed,
        (other, _) => return Err(format!("a test has the unknown status '{other}'")),
    };
    let java = method.ancestors().find(|n| n.has_tag_name("class")).and_then(|n| n.attribute("name"));
    let java = java.and_then(|n| n.rsplit('.').next()).unwrap_or_default();
    let message = exception.and_then(|e| e.children().find(|n| n.has_tag_name("message")));
    let message = message.map_or(thrown, |m| m.text().unwrap_or_default());
    Ok(Some(Case {
        class: class.to_owned(),
        test: format!("{java}.{}", method.attribute("name").unwrap_or_default()),
        input: input(method),
        status,
        message: one_line(message),
    }))
}

/// The parameters of a test that runs on several inputs; whole documents and Java objects are left out.
fn input(method: Node<'_, '_>) -> String {
    let values = method.descendants().filter(|n| n.has_tag_name("value")).filter_map(|n| n.text());
    let values =
        values.map(one_line).filter(|v| !v.is_empty() && v.len() < 200 && !v.starts_with("org.testng."));
    values.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testng-results skipped="2" failed="1" total="5" passed="1">
  <suite name="sample"><groups/>
    <test name="Core">
      <class name="org.example.core.LandingPage">
        <test-method status="PASS" is-config="true" name="prepare"/>
        <test-method status="SKIP" is-config="true" name="prepareMore"/>
        <test-method status="PASS" name="links"><params><param index="0"><value><![CDATA[communes]]></value></param></params></test-method>
        <test-method status="FAIL" name="links">
          <params><param index="0"><value><![CDATA[forêts]]></value></param></params>
          <exception class="java.lang.AssertionError"><message><![CDATA[no link
            with rel 'self' <a>]]></message><full-stacktrace>long</full-stacktrace></exception>
        </test-method>
      </class>
    </test>
    <test name="Locking">
      <class name="org.example.Locking">
        <test-method status="FAIL" is-config="true" name="implementsLocking">
          <exception class="org.testng.SkipException"><message>not claimed</message></exception>
        </test-method>
        <test-method status="SKIP" name="lock"/>
        <test-method status="FAIL" name="unlock"><exception class="org.testng.SkipException"/></test-method>
      </class>
    </test>
  </suite>
</testng-results>"#;

    #[test]
    fn every_run_of_a_test_counts_and_set_up_does_not() {
        let cases = parse(SAMPLE).expect("good");
        let statuses: Vec<_> = cases.iter().map(|c| c.status).collect();
        use Status::{Failed, Gate, Passed, Skipped};
        assert_eq!(statuses, [Passed, Failed, Gate, Skipped, Skipped]);
        assert_eq!(cases[1].test, "LandingPage.links");
        assert_eq!(cases[1].input, "forêts");
        assert_eq!(cases[1].message, "no link with rel 'self' <a>");
        assert_eq!((cases[2].class.as_str(), cases[2].message.as_str()), ("Locking", "not claimed"));
    }

    #[test]
    fn an_unknown_status_is_an_error_and_not_a_pass() {
        let error = parse(&SAMPLE.replace("PASS", "FINE")).expect_err("refused");
        assert!(error.contains("FINE"), "{error}");
    }

    #[test]
    fn half_a_file_or_another_file_is_an_error() {
        assert!(parse(&SAMPLE[..900]).is_err());
        assert!(parse("<html/>").is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn a_run_without_results_says_so() {
        let folder = tempfile::tempdir().expect("folder");
        assert!(matches!(collect(folder.path()), Err(ResultsError::Nothing(_))));
    }
}

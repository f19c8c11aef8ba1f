//! `log.xml` of every test that TEAM Engine called. A test's folder lies in the folder of the test that
//! called it, so the folders tell which class a test belongs to.

use super::{Case, ResultsError, Status, find, one_line, read};
use roxmltree::Document;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FILE: &str = "log.xml";

/// One log.
struct Log {
    name: String,
    status: Status,
    message: String,
}

/// Reads all logs below the folder of a run. A test belongs to the innermost of `classes` among itself and
/// the tests that called it; outside of all of them to the outermost test.
///
/// # Errors
/// [`ResultsError`] when there are none or one can't be read.
pub fn collect(run: &Path, classes: &[&str]) -> Result<Vec<Case>, ResultsError> {
    let mut logs = BTreeMap::new();
    for path in find(run, FILE) {
        let log = parse(&read(&path)?);
        let log = log.map_err(|message| ResultsError::Form { path: path.clone(), what: FILE, message })?;
        if let (Some(log), Some(folder)) = (log, path.parent()) {
            logs.insert(folder.to_owned(), log);
        }
    }
    if logs.is_empty() {
        return Err(ResultsError::Nothing(FILE));
    }
    let case = |(folder, log): (&PathBuf, &Log)| Case {
        class: class_of(folder, &logs, classes).to_owned(),
        test: log.name.clone(),
        input: String::new(),
        status: log.status,
        message: log.message.clone(),
    };
    Ok(logs.iter().map(case).collect())
}

fn class_of<'a>(folder: &Path, logs: &'a BTreeMap<PathBuf, Log>, classes: &[&'a str]) -> &'a str {
    let mut outermost = "";
    for above in folder.ancestors() {
        let Some(log) = logs.get(above) else { continue };
        outermost = &log.name;
        if let Some(class) = classes.iter().find(|c| **c == log.name) {
            return class;
        }
    }
    outermost
}

/// Reads one log; `None` for one that isn't about a test.
fn parse(text: &str) -> Result<Option<Log>, String> {
    let document = Document::parse(text).map_err(|e| e.to_string())?;
    let root = document.root_element();
    let Some(start) = root.children().find(|n| n.has_tag_name("starttest")) else { return Ok(None) };
    let name = start.attribute("local-name").unwrap_or_default().to_owned();
    let end = root.children().rfind(|n| n.has_tag_name("endtest"));
    let status = end.map(|n| status(n.attribute("result").unwrap_or_default())).transpose()?;
    let text = |n: roxmltree::Node<'_, '_>| {
        n.descendants().filter(|d| d.is_text()).filter_map(|d| d.text()).collect::<String>()
    };
    let said =
        root.children().filter(|n| ["message", "exception", "parser"].iter().any(|t| n.has_tag_name(*t)));
    let said: Vec<_> = said.map(|n| one_line(&text(n))).filter(|t| !t.is_empty()).collect();
    let mut message = said.get(said.len().saturating_sub(2)..).unwrap_or_default().join(" | ");
    if status.is_none() {
        message = format!("the test has no end: the engine stopped in it. {message}");
    }
    if message.is_empty()
        && let Some(assertion) = start.children().find(|n| n.has_tag_name("assertion"))
    {
        message = format!("expected: {}", unescape(&text(assertion)));
    }
    Ok(Some(Log { name, status: status.unwrap_or(Status::Failed), message: one_line(&message) }))
}

/// The engine escapes assertions twice.
fn unescape(text: &str) -> String {
    let marks = [("&quot;", "\""), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    marks.into_iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn status(code: &str) -> Result<Status, String> {
    Ok(match code {
        "-1" => Status::Continue,
        "0" => Status::BestPractice,
        "1" => Status::Passed,
        "2" => Status::NotTested,
        "3" => Status::Skipped,
        "4" => Status::Warning,
        "5" => Status::Inherited,
        "6" => Status::Failed,
        other => return Err(format!("a test has the unknown result '{other}'")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(name: &str, rest: &str) -> String {
        format!(
            "<log mode='Test'><starttest local-name='{name}' prefix='p' namespace-uri='urn:x'>\
             <assertion>All &lt;is&gt; &amp;quot;well&amp;quot;.</assertion></starttest>{rest}</log>"
        )
    }

    fn write(folder: &Path, inside: &str, text: &str) {
        let folder = folder.join(inside);
        std::fs::create_dir_all(&folder).expect("folder");
        std::fs::write(folder.join("log.xml"), text).expect("written");
    }

    #[test]
    fn a_test_belongs_to_the_innermost_class_that_called_it() {
        let run = tempfile::tempdir().expect("folder");
        write(run.path(), "s1", &log("main", "<testcall path='s1/a'/><endtest result='5'/>"));
        write(run.path(), "s1/a", &log("basic", "<endtest result='5'/>"));
        write(run.path(), "s1/a/b", &log("helper", "<endtest result='5'/>"));
        let failure = "<message id='m'><![CDATA[one]]></message><message>two <b>white</b></message><message>three</message>\
                       <endtest result='6'/>";
        write(run.path(), "s1/a/b/c", &log("bbox", failure));
        write(run.path(), "s1/d", &log("queryable", "<endtest result='1'/>"));
        let cases = collect(run.path(), &["basic", "queryable"]).expect("good");
        let seen: Vec<_> = cases.iter().map(|c| (c.class.as_str(), c.test.as_str(), c.status)).collect();
        assert_eq!(
            seen,
            [
                ("main", "main", Status::Inherited),
                ("basic", "basic", Status::Inherited),
                ("basic", "helper", Status::Inherited),
                ("basic", "bbox", Status::Failed),
                ("queryable", "queryable", Status::Passed),
            ]
        );
        assert_eq!(cases[3].message, "two white | three");
    }

    #[test]
    fn a_test_without_an_end_has_failed() {
        let parsed = parse(&log("a", "<exception><![CDATA[java.lang.X]]></exception>"));
        let parsed = parsed.expect("reads").expect("a test");
        assert_eq!(parsed.status, Status::Failed);
        assert!(parsed.message.contains("no end") && parsed.message.contains("java.lang.X"));
    }

    #[test]
    fn without_a_message_the_assertion_says_what_was_expected() {
        let parsed = parse(&log("a", "<endtest result='6'/>")).expect("reads").expect("a test");
        assert_eq!(parsed.message, "expected: All <is> \"well\".");
    }

    #[test]
    fn every_code_has_its_meaning_and_another_one_is_an_error() {
        let codes: Vec<_> = (-1..=6).map(|c: i32| status(&c.to_string()).expect("known")).collect();
        use Status::{BestPractice, Continue, Failed, Inherited, NotTested, Passed, Skipped, Warning};
        assert_eq!(codes, [Continue, BestPractice, Passed, NotTested, Skipped, Warning, Inherited, Failed]);
        assert!(parse(&log("a", "<endtest result='7'/>")).is_err());
    }

    #[test]
    fn a_run_without_logs_or_with_half_a_log_is_an_error() {
        let run = tempfile::tempdir().expect("folder");
        assert!(matches!(collect(run.path(), &[]), Err(ResultsError::Nothing(_))));
        write(run.path(), "s1", "<log><starttest local-name='a'>");
        assert!(matches!(collect(run.path(), &[]), Err(ResultsError::Form { .. })));
    }
}

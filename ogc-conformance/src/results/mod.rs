//! What a suite wrote, as one list of tests: reading only, no judging.

pub mod ctl;
pub mod earl;
pub mod testng;

use std::path::{Path, PathBuf};

/// Results that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The suite wrote nothing that its kind must write.
    #[error("it wrote no {0}")]
    Nothing(&'static str),
    /// A file can't be read.
    #[error("{} can't be read: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A file isn't XML, or not the expected XML.
    #[error("{} is no {what}: {message}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// What is wrong.
        message: String,
    },
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Passed.
    Passed,
    /// Failed by itself.
    Failed,
    /// Not done, because something it needs is not there.
    Skipped,
    /// A set-up method refused a whole class; not a test, but the reason of its skips.
    Gate,
    /// Passed with a warning (CTL only).
    Warning,
    /// Good practice, beyond what is asked (CTL only).
    BestPractice,
    /// Left out by the suite (CTL only).
    NotTested,
    /// Has no verdict of its own (CTL only).
    Continue,
    /// Failed only because a test that it calls failed, which is counted itself (CTL only).
    Inherited,
}

/// One test that was run, or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The class it belongs to.
    pub class: String,
    /// The test, stable between runs.
    pub test: String,
    /// With what it was run, where a test runs on several inputs.
    pub input: String,
    /// How it ended.
    pub status: Status,
    /// What the suite says about it, on one line.
    pub message: String,
}

/// A text on one line, cut where it gets long.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if joined.chars().count() <= LONGEST {
        return joined;
    }
    joined.chars().take(LONGEST).chain(['…']).collect()
}

/// A file's text with what XML 1.0 can't hold replaced: engines copy answers of servers into their results.
fn read(path: &Path) -> Result<String, ResultsError> {
    let bytes = std::fs::read(path).map_err(|cause| ResultsError::File { path: path.into(), cause })?;
    let text = String::from_utf8_lossy(&bytes);
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r') || c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}');
    Ok(text.chars().map(|c| if allowed(c) { c } else { '\u{fffd}' }).collect())
}

/// All files of a name below a folder, sorted.
fn find(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() && entry.file_name() == name => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_become_one_short_line() {
        assert_eq!(one_line(" a\n\t b  "), "a b");
        assert_eq!(one_line(&"é".repeat(1000)).chars().count(), 301);
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("x.xml");
        std::fs::write(&path, b"<a>\x00\x0b\xff ok</a>").expect("written");
        assert_eq!(read(&path).expect("read"), "<a>\u{fffd}\u{fffd}\u{fffd} ok</a>");
    }
}

//! `expected/SUITE.json`: the counts of the last good run, below which a run must not fall.

use crate::plan::Suite;
use crate::verdict::{Counts, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The last good run of a suite.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Version of the suite.
    pub version: String,
    /// By name, the counts of the classes that are claimed.
    pub classes: BTreeMap<String, Counts>,
}

fn file(folder: &Path, suite: &Suite) -> PathBuf {
    folder.join("expected").join(format!("{}.json", suite.id))
}

impl Expected {
    /// What a verdict leaves for the next time.
    #[must_use]
    pub fn of(suite: &Suite, verdict: &Verdict) -> Self {
        let claimed = verdict.classes.iter().filter(|c| c.off.is_none());
        let classes = claimed.map(|c| (c.name.clone(), c.counts)).collect();
        Self { version: suite.version.clone(), classes }
    }

    /// The last good run, if there was one.
    ///
    /// # Errors
    /// A sentence, when the file is there and can't be read.
    pub fn read(folder: &Path, suite: &Suite) -> Result<Option<Self>, String> {
        let path = file(folder, suite);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(format!("{} can't be read: {e}", path.display())),
        };
        serde_json::from_str(&text).map(Some).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// Keeps it for the next time.
    ///
    /// # Errors
    /// A sentence, when it can't be written.
    pub fn write(&self, folder: &Path, suite: &Suite) -> Result<(), String> {
        let path = file(folder, suite);
        let text = serde_json::to_string_pretty(self).map_err(|e| e.to_string())?;
        let made = std::fs::create_dir_all(folder.join("expected"));
        made.and_then(|()| std::fs::write(&path, text + "\n"))
            .map_err(|e| format!("{} can't be written: {e}", path.display()))
    }

    /// Where a run falls behind it, a sentence each.
    #[must_use]
    pub fn losses(&self, suite: &Suite, verdict: &Verdict) -> Vec<String> {
        if self.version != suite.version {
            return vec![format!(
                "expected/{}.json is of version {} of the suite; after a good run rewrite it with --update-expected",
                suite.id, self.version
            )];
        }
        let mut losses = Vec::new();
        for (name, before) in &self.classes {
            let class = verdict.classes.iter().find(|c| c.name == *name);
            let Some(class) = class else {
                losses.push(format!("the class '{name}' was there before and is missing"));
                continue;
            };
            if class.counts.passed < before.passed {
                losses.push(format!(
                    "the class '{name}' passed {}, before {}",
                    class.counts.passed, before.passed
                ));
            }
            if class.counts.skipped > before.skipped {
                losses.push(format!(
                    "the class '{name}' skipped {}, before {}",
                    class.counts.skipped, before.skipped
                ));
            }
        }
        losses
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    #[test]
    fn what_is_written_is_read_again_and_what_is_broken_is_said() {
        let folder = tempfile::tempdir().expect("folder");
        let suite = Plan::read(&crate::folder()).expect("plan").suites.remove(0);
        assert!(Expected::read(folder.path(), &suite).expect("none yet").is_none());
        let counts = Counts { passed: 3, failed: 0, skipped: 1, other: 2 };
        let expected =
            Expected { version: suite.version.clone(), classes: BTreeMap::from([("basic".into(), counts)]) };
        expected.write(folder.path(), &suite).expect("written");
        let again = Expected::read(folder.path(), &suite).expect("read").expect("there");
        assert_eq!(again.classes, expected.classes);
        std::fs::write(file(folder.path(), &suite), "{").expect("written");
        assert!(Expected::read(folder.path(), &suite).expect_err("broken").contains("wms13.json"));
    }
}

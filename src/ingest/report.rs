//! What ingestion tells a person.

use crate::store::StoreError;
use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know; nothing to do.
    Info,
    /// Published, but somebody should look.
    Warning,
    /// Not published.
    Error,
}

/// One feature that a finding is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// `fid` of the loaded row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fid: Option<i64>,
    /// Place in the layer's own system, x first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<[f64; 2]>,
    /// What is wrong there.
    pub reason: String,
}

/// One thing that was found, said once however often it occurs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable name for programs and translations, such as `geometry-repaired`.
    pub code: String,
    /// How much it matters.
    pub level: Level,
    /// The layer's slug, or its name in the source when it has no slug yet; absent when about a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// How often it occurs.
    pub count: u64,
    /// A sentence that names the thing and the remedy.
    pub message: String,
    /// Some of the occurrences, as many as `limits.report_examples` allows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
}

impl Finding {
    /// A finding that occurs once and has no example.
    #[must_use]
    pub fn new(level: Level, code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            level,
            layer: None,
            count: 1,
            message: message.into(),
            examples: Vec::new(),
        }
    }

    /// A refusal.
    #[must_use]
    pub fn error(code: &str, message: impl Into<String>) -> Self {
        Self::new(Level::Error, code, message)
    }

    /// Says which layer it is about.
    #[must_use]
    pub fn in_layer(mut self, layer: &str) -> Self {
        self.layer = Some(layer.to_owned());
        self
    }

    /// Says how often it occurs.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.count = count;
        self
    }
}

/// Why nothing was loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// A file or a layer can't be taken; the findings say why, one of them at least with level `error`.
    #[error("{}", first_error(.0))]
    Refused(Vec<Finding>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This machine failed: no temporary folder, no child process.
    #[error("{what}: {cause}")]
    System {
        /// What could not be done.
        what: String,
        /// The system's words.
        #[source]
        cause: std::io::Error,
    },
}

impl IngestError {
    /// A refusal with one finding.
    #[must_use]
    pub fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::Refused(vec![Finding::error(code, message)])
    }

    pub(super) fn system(what: impl Into<String>, cause: std::io::Error) -> Self {
        Self::System { what: what.into(), cause }
    }
}

impl From<Finding> for IngestError {
    fn from(finding: Finding) -> Self {
        Self::Refused(vec![finding])
    }
}

fn first_error(findings: &[Finding]) -> &str {
    findings.iter().find(|f| f.level == Level::Error).map_or("the file was refused", |f| f.message.as_str())
}

//! A requirement, and how it is judged.

use crate::catalogue::record::{Kind, Record};
use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know.
    Info,
    /// Should be mended.
    Warning,
    /// Holds the record back.
    Error,
}

/// What should be mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Number of the requirement: `C.6`, `1.4`, `DCAT-publisher`, `HVD-licence`.
    pub requirement: String,
    /// How bad it is.
    pub level: Level,
    /// Field of the description form that mends it, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What to do, in French.
    pub fr: String,
    /// What to do, in English.
    pub en: String,
}

/// Whether a requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is.
    Met,
    /// It isn't.
    Unmet,
    /// It is about another kind of resource.
    NotApplicable,
}

/// A requirement as it was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// Its number.
    pub requirement: &'static str,
    /// Whether it is met.
    pub verdict: Verdict,
    /// What should be mended.
    #[serde(skip)]
    pub finding: Option<Finding>,
}

/// What resources a requirement is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// All.
    Everything,
    /// Datasets and series with a place.
    Data,
    /// Datasets, series and tables.
    DataAndTables,
    /// Services.
    Services,
    /// What is named a high-value dataset.
    HighValue,
}

impl About {
    fn covers(self, record: &Record) -> bool {
        let is_service = record.kind == Kind::Service;
        match self {
            Self::Everything => true,
            Self::Data => !is_service && record.kind != Kind::NonGeographic,
            Self::DataAndTables => !is_service,
            Self::Services => is_service,
            Self::HighValue => !record.hvd_categories.is_empty(),
        }
    }
}

/// A gap: how bad, the field that closes it, French and English words.
pub(super) type Gap = (Level, Option<&'static str>, String, String);

/// A requirement.
pub(super) struct Rule {
    pub(super) id: &'static str,
    pub(super) about: About,
    pub(super) gap: fn(&Record) -> Option<Gap>,
}

impl Rule {
    pub(super) fn judge(&self, record: &Record) -> Judgement {
        if !self.about.covers(record) {
            return Judgement { requirement: self.id, verdict: Verdict::NotApplicable, finding: None };
        }
        let finding = (self.gap)(record).map(|(level, field, fr, en)| Finding {
            requirement: self.id.to_owned(),
            level,
            field: field.map(str::to_owned),
            fr,
            en,
        });
        let verdict = if finding.is_some() { Verdict::Unmet } else { Verdict::Met };
        Judgement { requirement: self.id, verdict, finding }
    }
}

/// A gap where a condition is not met.
pub(super) fn unless(
    met: bool,
    level: Level,
    field: &'static str,
    fr: impl Into<String>,
    en: impl Into<String>,
) -> Option<Gap> {
    (!met).then(|| (level, (!field.is_empty()).then_some(field), fr.into(), en.into()))
}

/// What every writer sees to, whatever the record: the schema, one element, codes with their list, no empty elements.
pub(super) const fn written(_: &Record) -> Option<Gap> {
    None
}

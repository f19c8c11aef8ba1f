//! What becomes of a field.

use super::Field;
use crate::catalogue::record::Record;
use crate::model::Lang;
use serde::Serialize;

/// Letters shown of a value.
const SHOWN: usize = 160;

/// Words in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// French.
    pub fr: String,
    /// English.
    pub en: String,
}

impl Said {
    pub(super) fn new(fr: impl Into<String>, en: impl Into<String>) -> Self {
        Self { fr: fr.into(), en: en.into() }
    }

    /// In one of them.
    #[must_use]
    pub fn pick(&self, lang: Lang) -> &str {
        match lang {
            Lang::Fr => &self.fr,
            Lang::En => &self.en,
        }
    }
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It arrives.
    Kept,
    /// It arrives otherwise than it was said.
    Changed,
    /// It doesn't arrive.
    Lost,
    /// There is nothing to take, and the harvester would make use of it.
    Absent,
    /// The whole record is not taken for it.
    Refused,
}

impl Verdict {
    /// In a word.
    #[must_use]
    pub const fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::Kept => lang.pick("gardé", "kept"),
            Self::Changed => lang.pick("changé", "changed"),
            Self::Lost => lang.pick("perdu", "lost"),
            Self::Absent => lang.pick("à renseigner", "to fill in"),
            Self::Refused => lang.pick("bloquant", "blocking"),
        }
    }
}

/// What a harvester makes of a value of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The field.
    pub field: Field,
    /// What becomes of it.
    pub verdict: Verdict,
    /// What the record says.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ours: String,
    /// Where it arrives, or what it becomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<Said>,
    /// Why it doesn't arrive as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Said>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Said>,
}

impl Outcome {
    fn of(field: Field, verdict: Verdict, values: &[String]) -> Self {
        Self { field, verdict, ours: shown(values), theirs: None, why: None, remedy: None }
    }

    /// What arrives, and as what.
    pub(super) fn kept(field: Field, values: &[String], fr: &str, en: &str) -> Self {
        Self { theirs: Some(Said::new(fr, en)), ..Self::of(field, Verdict::Kept, values) }
    }

    /// What arrives as something else.
    pub(super) fn changed(field: Field, values: &[String], theirs: Said, why: Said) -> Self {
        Self { theirs: Some(theirs), why: Some(why), ..Self::of(field, Verdict::Changed, values) }
    }

    /// What doesn't arrive.
    pub(super) fn lost(field: Field, values: &[String], why: Said) -> Self {
        Self { why: Some(why), ..Self::of(field, Verdict::Lost, values) }
    }

    /// Why the record isn't taken.
    pub(super) fn refused(field: Field, values: &[String], why: Said) -> Self {
        Self { why: Some(why), ..Self::of(field, Verdict::Refused, values) }
    }

    /// With what to do.
    pub(super) fn with_remedy(self, fr: impl Into<String>, en: impl Into<String>) -> Self {
        Self { remedy: Some(Said::new(fr, en)), ..self }
    }
}

/// A field that arrives as it is where the record has it; where it hasn't, what the harvester would have liked and how to give it.
pub(super) fn plain(record: &Record, field: Field, fr: &str, en: &str) -> Vec<Outcome> {
    let values = field.values(record);
    if values.is_empty() { absent(field) } else { vec![Outcome::kept(field, &values, fr, en)] }
}

/// A field that has no place there; nothing is said where the record hasn't got it.
pub(super) fn no_place(record: &Record, field: Field, fr: &str, en: &str) -> Vec<Outcome> {
    let values = field.values(record);
    if values.is_empty() { Vec::new() } else { vec![Outcome::lost(field, &values, Said::new(fr, en))] }
}

/// A field that the record lacks.
pub(super) fn absent(field: Field) -> Vec<Outcome> {
    let Some(option) = field.option() else { return Vec::new() };
    let outcome = Outcome::of(field, Verdict::Absent, &[]);
    vec![outcome.with_remedy(
        format!("À renseigner : datasud describe JEU {option}"),
        format!("Fill it in: datasud describe DATASET {option}"),
    )]
}

/// A field without which the record isn't taken.
pub(super) fn needed(record: &Record, field: Field, fr: &str, en: &str) -> Vec<Outcome> {
    let values = field.values(record);
    if !values.is_empty() {
        return vec![Outcome::kept(field, &values, fr, en)];
    }
    let why = Said::new("sans cela, la fiche n'est pas prise", "without it the record is not taken");
    let refused = Outcome::refused(field, &[], why);
    match field.option() {
        Some(option) => vec![refused.with_remedy(
            format!("À renseigner : datasud describe JEU {option}"),
            format!("Fill it in: datasud describe DATASET {option}"),
        )],
        None => vec![refused],
    }
}

fn shown(values: &[String]) -> String {
    let all = values.join(" ; ");
    let mut text: String = all.chars().take(SHOWN).collect();
    if text.len() < all.len() {
        text.push('…');
    }
    text
}

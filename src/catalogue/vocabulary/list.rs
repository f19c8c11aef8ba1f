//! A code list: one shape for all of `schemas/codelists/`.

use super::fold;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How like a text must be to an entry to be proposed for it, from 0 to 1.
const LIKENESS: f64 = 0.55;
/// Proposals at most.
const PROPOSALS: usize = 3;

/// An entry of a code list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeEntry {
    /// The code that is stored.
    pub code: String,
    /// Address in the list's register.
    pub uri: String,
    /// Label in French.
    pub fr: String,
    /// Label in English.
    pub en: String,
    /// Other codes, addresses and labels of the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Of an INSPIRE theme: its ISO topic category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Of a frequency: ISO 8601 duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// Of a frequency: whether ISO 19115:2003 has the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iso: Option<bool>,
    /// Of a licence: whether French law lists it for public data (CRPA article D323-2-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<bool>,
    /// Of a licence: whether it is open as high-value datasets have to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
}

impl CodeEntry {
    /// The label in a language: `en`, `eng`; French otherwise.
    #[must_use]
    pub fn label(&self, language: &str) -> &str {
        if language.starts_with("en") { &self.en } else { &self.fr }
    }
}

/// A code list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeList {
    /// Name of the list, and of its file.
    pub id: String,
    /// Title in French.
    pub fr: String,
    /// Title in English.
    pub en: String,
    /// Address of the register.
    pub uri: String,
    /// Where the entries come from.
    pub source: String,
    /// The entries in the order of the list.
    pub entries: Vec<CodeEntry>,
    /// Every spelling as [`fold()`] writes it, to the place of its entry.
    #[serde(skip)]
    spellings: HashMap<String, usize>,
}

impl CodeList {
    /// Reads a list. A test reads every one that is part of the program, so that none is empty.
    pub(super) fn read(text: &str) -> Self {
        let mut list: Self = serde_json::from_str(text).unwrap_or_default();
        for (at, entry) in list.entries.iter().enumerate() {
            let spellings = [&entry.code, &entry.uri, &entry.fr, &entry.en];
            for spelling in spellings.into_iter().chain(&entry.also) {
                list.spellings.entry(folded(spelling)).or_insert(at);
            }
        }
        list
    }

    /// The entry of a code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&CodeEntry> {
        self.entries.iter().find(|entry| entry.code == code)
    }

    /// The entry that a text means: its code, address or label in French or English, in any case, with or
    /// without accents.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&CodeEntry> {
        self.spellings.get(&folded(text)).and_then(|at| self.entries.get(*at))
    }

    /// Entries that a misspelled text may have meant, the likest first.
    #[must_use]
    pub fn nearest(&self, text: &str) -> Vec<&CodeEntry> {
        let text = folded(text);
        let mut scored: Vec<(f64, &CodeEntry)> = self
            .entries
            .iter()
            .map(|entry| {
                let spellings = [&entry.code, &entry.fr, &entry.en].into_iter().chain(&entry.also);
                let score = spellings.map(|spelling| likeness(&text, &folded(spelling)));
                (score.fold(0.0, f64::max), entry)
            })
            .filter(|(score, _)| *score >= LIKENESS)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.into_iter().take(PROPOSALS).map(|(_, entry)| entry).collect()
    }
}

/// Schemes are no difference of meaning, nor is a slash at the end.
fn folded(text: &str) -> String {
    let folded = fold(text.trim());
    let bare = folded.strip_prefix("https://").or_else(|| folded.strip_prefix("http://"));
    bare.unwrap_or(&folded).trim_end_matches('/').to_owned()
}

fn likeness(text: &str, spelling: &str) -> f64 {
    let part = text.chars().count() >= 4
        && (spelling.contains(text) || text.contains(spelling) && spelling.len() >= 4);
    let whole = strsim::normalized_damerau_levenshtein(text, spelling);
    if part { whole.max(0.8) } else { whole }
}

//! Keywords, terms and citations.

use super::Moment;
use serde::{Deserialize, Serialize};

/// Words with the address of what they mean, where it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Term {
    /// Words for people.
    pub text: String,
    /// Address.
    pub uri: Option<String>,
}

impl Term {
    /// Words without an address.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), uri: None }
    }

    /// Words with an address.
    #[must_use]
    pub fn with_uri(text: impl Into<String>, uri: impl Into<String>) -> Self {
        Self { text: text.into(), uri: Some(uri.into()) }
    }
}

/// A keyword.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Keyword {
    /// The word.
    pub text: String,
    /// Address of the concept.
    pub uri: Option<String>,
    /// MD_KeywordTypeCode (`theme`, `place`).
    pub kind: Option<String>,
    /// Where the word comes from; none for a free one.
    pub thesaurus: Option<Thesaurus>,
}

impl Keyword {
    /// A free keyword.
    #[must_use]
    pub fn free(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// A list of words that somebody keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Thesaurus {
    /// Its title.
    pub title: String,
    /// Its address.
    pub uri: Option<String>,
    /// Its date.
    pub date: Option<Moment>,
    /// What happened at the date: CI_DateTypeCode.
    pub date_kind: Option<String>,
}

/// A unique identifier, in a space of names where it is not an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Identifier {
    /// The identifier.
    pub code: String,
    /// Whose identifiers these are.
    pub space: Option<String>,
}

impl Identifier {
    /// An address.
    #[must_use]
    pub fn uri(address: impl Into<String>) -> Self {
        Self { code: address.into(), space: None }
    }

    /// The identifier as one text, as INSPIRE reads it: space, slash, code.
    #[must_use]
    pub fn whole(&self) -> String {
        match &self.space {
            Some(space) => format!("{}/{}", space.trim_end_matches('/'), self.code),
            None => self.code.clone(),
        }
    }
}

/// A record that another one refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Citation {
    /// Identifier of the record.
    pub identifier: String,
    /// Address of the record.
    pub url: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Identifier of what the record describes.
    pub resource: Option<String>,
}

/// What the resource was compared with, and what came out (DQ_ConformanceResult).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Conformance {
    /// The specification.
    pub title: String,
    /// Its address.
    pub uri: Option<String>,
    /// Its date.
    pub date: Option<Moment>,
    /// What happened at the date: CI_DateTypeCode.
    pub date_kind: Option<String>,
    /// Words on the result.
    pub explanation: Option<String>,
    /// The result; none when it was not evaluated.
    pub pass: Option<bool>,
}

/// What an imported graph said, to be said again as it came (RDF 1.1 N-Triples).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Rdf {
    /// Address of what is described.
    pub subject: String,
    /// Statements, one a line.
    pub statements: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_in_a_space_of_names_is_one_text() {
        let of = |space: Option<&str>| Identifier { code: "a".into(), space: space.map(str::to_owned) };
        assert_eq!(of(None).whole(), "a");
        assert_eq!(of(Some("http://x/")).whole(), "http://x/a");
        assert_eq!(of(Some("FR-1")).whole(), "FR-1/a");
    }
}

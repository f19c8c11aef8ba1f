//! What people say of a dataset that its data can't: kept with the dataset, checked against the code lists
//! before, part of its record.
//!
//! | file | what |
//! |---|---|
//! | `form.rs` | the form as it is filled in: fields that are given change, `null` or empty clears |
//! | `check.rs` | values against the code lists, with proposals for misspelled ones |

mod check;
mod form;

pub use check::FieldError;
pub use form::{ContactForm, DescriptionForm, FormError};

use super::record::{Contact, Moment, Period, Term};
use serde::{Deserialize, Serialize};

/// The description of a dataset: codes of the code lists, dates, people. Titles, abstract, keywords and licence are
/// the dataset's own columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Description {
    /// Other titles.
    pub alternate_titles: Vec<String>,
    /// Codes of `inspire-themes`.
    pub inspire_themes: Vec<String>,
    /// Codes of `hvd-categories`.
    pub hvd_categories: Vec<String>,
    /// Codes of `topic-categories`.
    pub topics: Vec<String>,
    /// Code of `spatial-scopes`.
    pub spatial_scope: Option<String>,
    /// Code of `frequencies`.
    pub frequency: Option<String>,
    /// Languages of the data, ISO 639-2/B.
    pub languages: Vec<String>,
    /// Who answers for the data, by role.
    pub contacts: Vec<Contact>,
    /// Times that the data are about.
    pub periods: Vec<Period>,
    /// Names of places.
    pub places: Vec<Term>,
    /// How the data came to be.
    pub lineage: Option<String>,
    /// Law that they are made or published under.
    pub legislation: Vec<Term>,
    /// Codes of `access-limitations`; none means that there are no limitations.
    pub access: Vec<String>,
    /// Denominator of the scale that they are good for.
    pub scale: Option<u32>,
    /// Distance between samples on the ground, metres.
    pub resolution: Option<f64>,
    /// When the data were made.
    pub created: Option<Moment>,
}

/// A dataset's description with the fields that are columns of the dataset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Described {
    /// Title.
    pub title: String,
    /// Abstract; empty when nobody wrote one.
    pub summary: String,
    /// Free keywords.
    pub keywords: Vec<String>,
    /// Licence as it was given.
    pub licence: Option<String>,
    /// All else.
    pub description: Description,
}

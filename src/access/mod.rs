//! Who may do what: the one place that answers it, default deny.
//!
//! Who somebody is, [`Tokens`] tells. Every way out asks [`allows`]: map, legend, feature, tile, record, file, count, capabilities, page,
//! statistics. Nothing else in the house reads [`Visibility`]; accounts and more levels change only
//! this room.

mod token;

pub use token::{Token, TokenError, TokenRefused, Tokens};

use crate::model::{Caller, Dataset, Editor, Visibility};

/// What somebody wants to do something with.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A dataset, its layers, styles, files and its record.
    Dataset(&'a Dataset),
    /// Records that were imported for an organisation, of data that is elsewhere. They are imported to be
    /// found: whoever may not publish does not import.
    ImportedRecords,
    /// Records that were imported for one organisation, to change them by a protocol.
    RecordsOf {
        /// Slug of the organisation.
        organisation: &'a str,
    },
    /// What is kept for a service's address, such as stored queries: an organisation's address, or the whole
    /// platform's.
    Address {
        /// Slug of the organisation.
        organisation: Option<&'a str>,
    },
}

impl<'a> From<&'a Dataset> for Subject<'a> {
    fn from(dataset: &'a Dataset) -> Self {
        Self::Dataset(dataset)
    }
}

/// What somebody wants to do with a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Know that it exists: lists, capabilities, counts, searches.
    Discover,
    /// Read its data in any form: maps, features, tiles, files.
    Read,
    /// Change features.
    Edit,
    /// Replace, describe, style or remove it.
    Manage,
}

/// Whether `caller` may do `action` to `subject`. What no rule allows is denied.
#[must_use]
pub fn allows<'a>(caller: &Caller, action: Action, subject: impl Into<Subject<'a>>) -> bool {
    let subject = subject.into();
    let is_public = match subject {
        Subject::Dataset(dataset) => dataset.visibility == Visibility::Public,
        Subject::ImportedRecords | Subject::RecordsOf { .. } | Subject::Address { .. } => true,
    };
    match (caller, action) {
        (Caller::System, _) => true,
        (Caller::Anonymous, Action::Discover | Action::Read) => is_public,
        (Caller::Anonymous, _) => false,
        (Caller::Editor(_), Action::Discover | Action::Read) => is_public,
        (Caller::Editor(editor), Action::Edit) => is_public && edits(editor, subject),
        (Caller::Editor(_), Action::Manage) => false,
    }
}

/// Whether a subject is among what an editor may change. Records as a whole are not edited: those of an organisation are.
fn edits(editor: &Editor, subject: Subject<'_>) -> bool {
    match subject {
        Subject::Dataset(dataset) => {
            editor.organisation.as_ref().is_none_or(|slug| *slug == dataset.organisation.slug)
        }
        Subject::ImportedRecords => false,
        Subject::RecordsOf { organisation } => {
            editor.organisation.as_deref().is_none_or(|slug| slug == organisation)
        }
        Subject::Address { organisation } => {
            editor.organisation.as_deref().is_none_or(|slug| Some(slug) == organisation)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    fn dataset(visibility: Visibility) -> Dataset {
        Dataset { visibility, ..sample::dataset() }
    }

    #[test]
    fn strangers_see_public_datasets_and_nothing_of_drafts() {
        for action in [Action::Discover, Action::Read] {
            assert!(allows(&Caller::Anonymous, action, &dataset(Visibility::Public)));
            assert!(!allows(&Caller::Anonymous, action, &dataset(Visibility::Draft)));
        }
    }

    #[test]
    fn editors_change_features_of_their_organisation_and_nothing_else() {
        let of =
            |slug: Option<&str>| Caller::Editor(Editor { name: None, organisation: slug.map(str::to_owned) });
        let public = dataset(Visibility::Public);
        for (organisation, may) in [(None, true), (Some("o"), true), (Some("other"), false)] {
            assert_eq!(allows(&of(organisation), Action::Edit, &public), may, "{organisation:?}");
            assert!(allows(&of(organisation), Action::Read, &public));
            assert!(!allows(&of(organisation), Action::Manage, &public));
            let records = Subject::RecordsOf { organisation: "o" };
            assert_eq!(allows(&of(organisation), Action::Edit, records), may, "{organisation:?}");
            assert!(!allows(&of(organisation), Action::Manage, records));
            for action in [Action::Read, Action::Edit] {
                assert!(!allows(&of(organisation), action, &dataset(Visibility::Draft)));
            }
        }
        assert!(!allows(&of(None), Action::Edit, Subject::ImportedRecords));
    }

    #[test]
    fn strangers_change_nothing() {
        for action in [Action::Edit, Action::Manage] {
            assert!(!allows(&Caller::Anonymous, action, &dataset(Visibility::Public)));
            assert!(!allows(&Caller::Anonymous, action, Subject::ImportedRecords));
            assert!(!allows(&Caller::Anonymous, action, Subject::RecordsOf { organisation: "o" }));
        }
    }
}

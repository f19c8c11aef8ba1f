//! Code lists that records speak (`schemas/codelists/`), and how words are folded for searching.
//!
//! | file | what |
//! |---|---|
//! | `list.rs` | a code list: its entries found by code, address or label; the nearest of a misspelling |
//! | `lists.rs` | the lists that are part of the program |
//! | `licence.rs` | what the text of a licence means |
//! | `topic.rs` | the topic category that words hint at |
//! | `fold.rs` | text as it is searched |

mod fold;
mod licence;
mod list;
mod lists;
mod topic;

pub use fold::fold;
pub use licence::{Licence, licence, licence_entry};
pub use list::{CodeEntry, CodeList};
pub use lists::{
    ACCESS_LIMITATIONS, FREQUENCIES, HVD_CATEGORIES, INSPIRE_THEMES, LICENCES, ROLES, SPATIAL_SCOPES,
    TOPIC_CATEGORIES, all_lists,
};
pub(super) use topic::topic_category;

/// The INSPIRE theme that a keyword names, with its exact French label, whatever the keyword's case and accents.
#[must_use]
pub fn inspire_theme(keyword: &str) -> Option<&'static str> {
    INSPIRE_THEMES
        .find(keyword)
        .filter(|entry| !entry.code.eq_ignore_ascii_case(keyword))
        .map(|e| e.fr.as_str())
}

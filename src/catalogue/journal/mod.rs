//! The journal of harvests: who read the catalogue, when, how far it came, which records it was given and which it never asked for.
//!
//! Services tell [`Journal::note`] of each answer with records; a task writes it down a moment later, so that no answer waits for it.
//! Requests of one program from one place at one address make a harvest, until it begins anew or is silent for half an hour. No address
//! of a caller is kept, only what tells callers apart. Browsers are not noted.

mod harvester;
mod keep;
mod read;

pub use harvester::Harvester;
pub use keep::Journal;
pub use read::{Coverage, Harvest, MissingRecord, PageNote, Why};

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// An answer of the catalogue, as the journal sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// What the program calls itself.
    pub agent: String,
    /// Address that it came from; only a digest of it is kept.
    pub address: String,
    /// `CSW`, `OAI-PMH`, `DCAT`, `OGC API Records`.
    pub protocol: &'static str,
    /// Path of the service.
    pub endpoint: String,
    /// What was asked for, in a few words: `gmd full 25`.
    pub asked: String,
    /// Position of the first record from 1; none where records were asked for by identifier.
    pub position: Option<u64>,
    /// Records that match in all, where the answer says so.
    pub matched: Option<u64>,
    /// Records given.
    pub records: Vec<Uuid>,
    /// Whether they were given whole, rather than listed.
    pub whole: bool,
    /// Whether nothing follows.
    pub last: bool,
    /// Why there were none, when the request failed.
    pub problem: Option<String>,
}

#[cfg(test)]
fn sample() -> Visit {
    Visit {
        at: DateTime::UNIX_EPOCH,
        agent: "uData/0.1 csw-iso-19139".into(),
        address: "192.0.2.7".into(),
        protocol: "CSW",
        endpoint: "/csw".into(),
        asked: "gmd full 25".into(),
        position: Some(1),
        matched: Some(3),
        records: Vec::new(),
        whole: true,
        last: true,
        problem: None,
    }
}

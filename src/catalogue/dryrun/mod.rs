//! A dry run of a harvest: what each national harvester will keep of a record, field by field, before anybody publishes it, and what
//! to do about the rest.
//!
//! The rules are what the programs do, read in their sources and seen by running them: udata, behind data.gouv.fr, with the XSLT of SEMIC
//! for ISO 19139 and with its own reader for DCAT; GeoNetwork's CSW harvester, which Géocatalogue and Géoplateforme use; ckanext-spatial.
//!
//! | file | what |
//! |---|---|
//! | `field.rs` | the fields of a record, and what it says in each |
//! | `outcome.rs` | what becomes of a field |
//! | `udata.rs` | data.gouv.fr by CSW and by DCAT |
//! | `geonetwork.rs`, `ckan.rs` | the others |
//! | `links.rs` | what becomes of links, which is most of what gets lost |
//! | `sum.rs` | the same for many records |

mod ckan;
mod field;
mod geonetwork;
mod links;
mod outcome;
mod sum;
mod udata;

pub use field::Field;
pub use outcome::{Outcome, Said, Verdict};
pub use sum::{Dropped, dropped};

use crate::catalogue::record::Record;
use serde::Serialize;

/// A harvester with the way in that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// data.gouv.fr by CSW and ISO 19139 (udata's `csw-iso-19139`).
    DataGouvCsw,
    /// data.gouv.fr by DCAT (udata's `dcat`).
    DataGouvDcat,
    /// Géocatalogue, Géoplateforme and other GeoNetworks by CSW.
    #[serde(rename = "geonetwork")]
    GeoNetwork,
    /// CKAN with ckanext-spatial by CSW.
    Ckan,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::DataGouvCsw, Self::DataGouvDcat, Self::GeoNetwork, Self::Ckan];

    /// Name in addresses and on the command line.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DataGouvCsw => "data-gouv-csw",
            Self::DataGouvDcat => "data-gouv-dcat",
            Self::GeoNetwork => "geonetwork",
            Self::Ckan => "ckan",
        }
    }

    /// Name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::DataGouvCsw => "data.gouv.fr (CSW, ISO 19139)",
            Self::DataGouvDcat => "data.gouv.fr (DCAT)",
            Self::GeoNetwork => "Géocatalogue (GeoNetwork)",
            Self::Ckan => "CKAN",
        }
    }

    /// The target with a code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.code() == code)
    }
}

/// What a harvester makes of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DryRun {
    /// The harvester.
    pub target: Target,
    /// Whether it takes the record at all.
    pub taken: bool,
    /// What becomes of each field that the record has or should have, in the order of [`Field::ALL`]; of links one by one.
    pub outcomes: Vec<Outcome>,
}

impl DryRun {
    /// How many outcomes have a verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.verdict == verdict).count()
    }
}

/// Runs a record through a harvester's rules. `now` is when it would run: dates of the future are refused by some.
#[must_use]
pub fn dry_run(record: &Record, target: Target, now: chrono::DateTime<chrono::Utc>) -> DryRun {
    let mut outcomes = Vec::new();
    for field in Field::ALL {
        let of_field = match target {
            Target::DataGouvCsw => udata::by_csw(record, field, now),
            Target::DataGouvDcat => udata::by_dcat(record, field, now),
            Target::GeoNetwork => geonetwork::outcomes(record, field),
            Target::Ckan => ckan::outcomes(record, field),
        };
        outcomes.extend(of_field);
    }
    DryRun { target, taken: outcomes.iter().all(|o| o.verdict != Verdict::Refused), outcomes }
}

#[cfg(test)]
mod tests;

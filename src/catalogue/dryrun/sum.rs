//! Many records run through a harvester's rules: what gets lost, and of how many.

use super::{Field, Outcome, Said, Target, Verdict, dry_run};
use crate::catalogue::record::Record;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::HashSet;

/// Something that a harvester doesn't keep as it is, in some of the records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// The field.
    pub field: Field,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Said>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Said>,
    /// In how many of the records.
    pub records: usize,
}

/// What a harvester doesn't keep of these records, for each reason with the number of records; the heaviest first. What records don't
/// say is not among it.
#[must_use]
pub fn dropped(records: &[Record], target: Target, now: DateTime<Utc>) -> Vec<Dropped> {
    let mut all: Vec<Dropped> = Vec::new();
    for record in records {
        let mut told = HashSet::new();
        for Outcome { field, verdict, why, remedy, .. } in dry_run(record, target, now).outcomes {
            if matches!(verdict, Verdict::Kept | Verdict::Absent) {
                continue;
            }
            let at = all.iter().position(|d| (d.field, d.verdict, &d.why) == (field, verdict, &why));
            let at = at.unwrap_or_else(|| {
                all.push(Dropped { field, verdict, why, remedy, records: 0 });
                all.len() - 1
            });
            // Several links of a record may go the same way.
            if told.insert(at)
                && let Some(dropped) = all.get_mut(at)
            {
                dropped.records += 1;
            }
        }
    }
    all.sort_by_key(|d| (std::cmp::Reverse(weight(d.verdict)), std::cmp::Reverse(d.records)));
    all
}

const fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Refused => 2,
        Verdict::Lost => 1,
        _ => 0,
    }
}

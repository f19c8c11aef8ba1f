//! Earlier states of features, by `ResourceId` (OGC 09-025r2 clause 7.9.2.4.2, OGC 09-026r2 clause 7.11). A state
//! that isn't today's has an identifier of its own: `communes.12.v3`.

use super::error::WfsError;
use super::plan::{Part, split_version};
use crate::features::{Feature, History, Version, VersionSelect as Select};
use crate::filter::Filter;
use crate::filter::ast::{ResourceId, VersionSelect};
use crate::model::Layer;
use crate::services::edge::Call;
use crate::store::Deadline;
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Identifiers with versions in one request: each is looked up by itself.
const MOST: usize = 1000;

/// A state of a feature.
#[derive(Debug)]
pub struct Found {
    /// Its number and time.
    pub version: Version,
    /// The feature as it was.
    pub feature: Feature,
    /// Whether it is the last one, which has the identifier without a number.
    pub is_last: bool,
}

impl Found {
    /// The state in the words of OGC 09-025r2 clause 11.3.3.2.
    pub const fn state(&self) -> &'static str {
        match (self.version.until, self.version.deleted) {
            (None, _) => "valid",
            (Some(_), true) => "retired",
            (Some(_), false) => "superseded",
        }
    }

    /// What its identifier has behind that of the feature.
    pub fn suffix(&self) -> String {
        if self.is_last { String::new() } else { format!(".v{}", self.version.number) }
    }
}

/// The identifiers of a condition when one of them asks for another state than today's.
pub fn asked(filter: &Filter) -> Option<Vec<ResourceId>> {
    match filter {
        Filter::ResourceIds(ids) => Some(ids.clone()),
        Filter::Ids(ids) if ids.iter().any(|id| split_version(id).is_some_and(|(.., v)| v.is_some())) => {
            let plain = |rid: &String| ResourceId {
                rid: rid.clone(),
                previous: None,
                version: None,
                start: None,
                end: None,
            };
            Some(ids.iter().map(plain).collect())
        }
        _ => None,
    }
}

/// Reads the states that a query's identifiers ask for.
///
/// # Errors
/// [`WfsError`] of the database.
pub async fn read(call: &Call, part: &mut Part, ids: &[ResourceId]) -> Result<(), WfsError> {
    if ids.len() > MOST {
        let message = format!("one request may ask for {MOST} identifiers with versions at most");
        return Err(WfsError::new(StatusCode::BAD_REQUEST, "OptionNotSupported", "rid", message));
    }
    let deadline = call.deadline();
    let layer = &part.query.layer;
    let mut found: Vec<Found> = Vec::new();
    for id in ids {
        let Some((slug, fid, number)) = split_version(&id.rid) else { continue };
        if slug != layer.slug {
            continue;
        }
        let all = versions(&call.app.history, layer, fid, deadline).await?;
        let last = all.last().map(|v| v.number);
        for version in chosen(&all, id, number) {
            if found.iter().any(|f| f.feature.fid() == fid && f.version.number == version.number) {
                continue;
            }
            let geometry = part.query.geometry.clone();
            let select = Select::Number(version.number);
            let state = call.app.history.feature(layer, fid, select, geometry, deadline).await;
            if let Some((version, feature)) = state.map_err(of_history)? {
                let is_last = last == Some(version.number);
                found.push(Found { version, feature, is_last });
            }
        }
    }
    part.found = Some(Arc::new(found));
    Ok(())
}

/// One state of a feature by its number.
///
/// # Errors
/// [`WfsError`] of the database.
pub async fn one(
    call: &Call,
    layer: &Arc<Layer>,
    fid: i64,
    number: i64,
    geometry: crate::features::Geometry,
) -> Result<Option<Feature>, WfsError> {
    let state = call.app.history.feature(layer, fid, Select::Number(number), geometry, call.deadline()).await;
    Ok(state.map_err(of_history)?.map(|(_, feature)| feature))
}

async fn versions(
    history: &History,
    layer: &Arc<Layer>,
    fid: i64,
    deadline: Deadline,
) -> Result<Vec<Version>, WfsError> {
    history.versions(layer, fid, deadline).await.map_err(of_history)
}

fn of_history(error: crate::features::edit::EditError) -> WfsError {
    super::transaction::of_edit(super::version::Version::V200, error)
}

/// The versions that an identifier asks for. `number` is that of the identifier itself; without one it means
/// today's state.
fn chosen(all: &[Version], id: &ResourceId, number: Option<i64>) -> Vec<Version> {
    let numbered = |n: Option<i64>| all.iter().filter(move |v| Some(v.number) == n).copied().collect();
    let last = all.last().map(|v| v.number);
    let base = number.or(last);
    if let Some(previous) = &id.previous {
        let before = split_version(previous).and_then(|(.., n)| n);
        // The one whose predecessor is named; without a number the last one's.
        return match before {
            Some(n) => numbered(n.checked_add(1)),
            None => numbered(last),
        };
    }
    if id.start.is_some() || id.end.is_some() {
        let meets = |v: &&Version| {
            id.end.is_none_or(|end| v.from.is_none_or(|from| from <= end))
                && id.start.is_none_or(|start| v.until.is_none_or(|until| start < until))
        };
        return all.iter().filter(meets).copied().collect();
    }
    match id.version {
        Some(VersionSelect::First) => all.first().copied().into_iter().collect(),
        Some(VersionSelect::Last) => all.last().copied().into_iter().collect(),
        Some(VersionSelect::Previous) => numbered(base.and_then(|n| n.checked_sub(1))),
        Some(VersionSelect::Next) => numbered(base.and_then(|n| n.checked_add(1))),
        Some(VersionSelect::All) => all.to_vec(),
        Some(VersionSelect::Number(n)) => numbered(Some(i64::from(n))),
        Some(VersionSelect::At(instant)) => at(all, instant).into_iter().collect(),
        None => match number {
            Some(number) => numbered(Some(number)),
            // Today's state, if the feature is there today.
            None => all.last().filter(|v| v.until.is_none()).copied().into_iter().collect(),
        },
    }
}

/// The version of an instant, or the one nearest to it (OGC 09-026r2 clause 7.11.2).
fn at(all: &[Version], instant: DateTime<Utc>) -> Option<Version> {
    let holds = |v: &&Version| {
        v.from.is_none_or(|from| from <= instant) && v.until.is_none_or(|until| instant < until)
    };
    let distance = |v: &&Version| {
        let from = v.from.map_or(i64::MAX, |from| (from - instant).num_milliseconds().abs());
        let until = v.until.map_or(i64::MAX, |until| (until - instant).num_milliseconds().abs());
        from.min(until)
    };
    all.iter().find(holds).or_else(|| all.iter().min_by_key(distance)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> DateTime<Utc> {
        format!("2021-08-{day:02}T00:00:00Z").parse().expect("an instant")
    }

    /// Three versions: loaded, changed on the 2nd and the 4th, deleted on the 6th when `deleted`.
    fn history(deleted: bool) -> Vec<Version> {
        vec![
            Version { number: 1, from: None, until: Some(day(2)), deleted: false },
            Version { number: 2, from: Some(day(2)), until: Some(day(4)), deleted: false },
            Version { number: 3, from: Some(day(4)), until: deleted.then(|| day(6)), deleted },
        ]
    }

    fn numbers(rid: &str, deleted: bool, change: impl FnOnce(&mut ResourceId)) -> Vec<i64> {
        let mut id = ResourceId { rid: rid.into(), previous: None, version: None, start: None, end: None };
        change(&mut id);
        let (.., number) = split_version(rid).expect("an identifier");
        chosen(&history(deleted), &id, number).iter().map(|v| v.number).collect()
    }

    #[test]
    fn every_way_of_asking_finds_its_versions() {
        let by = |version| move |id: &mut ResourceId| id.version = Some(version);
        let none: Vec<i64> = Vec::new();
        assert_eq!(numbers("a.1", false, |_| {}), [3]);
        assert_eq!(numbers("a.1", true, |_| {}), none);
        assert_eq!(numbers("a.1.v2", true, |_| {}), [2]);
        assert_eq!(numbers("a.1", false, by(VersionSelect::First)), [1]);
        assert_eq!(numbers("a.1", true, by(VersionSelect::Last)), [3]);
        assert_eq!(numbers("a.1", false, by(VersionSelect::Previous)), [2]);
        assert_eq!(numbers("a.1.v2", false, by(VersionSelect::Previous)), [1]);
        assert_eq!(numbers("a.1", false, by(VersionSelect::Next)), none);
        assert_eq!(numbers("a.1.v1", false, by(VersionSelect::Next)), [2]);
        assert_eq!(numbers("a.1", false, by(VersionSelect::All)), [1, 2, 3]);
        assert_eq!(numbers("a.1", false, by(VersionSelect::Number(2))), [2]);
        assert_eq!(numbers("a.1", false, by(VersionSelect::Number(9))), none);
        assert_eq!(numbers("a.1", false, by(VersionSelect::At(day(3)))), [2]);
        assert_eq!(numbers("a.1", true, by(VersionSelect::At(day(20)))), [3], "the nearest");
        assert_eq!(numbers("a.1", false, |id| id.previous = Some("a.1.v1".into())), [2]);
        let between = |start, end| move |id: &mut ResourceId| (id.start, id.end) = (start, end);
        assert_eq!(numbers("a.1", false, between(Some(day(3)), None)), [2, 3]);
        assert_eq!(numbers("a.1", false, between(None, Some(day(1)))), [1]);
        assert_eq!(numbers("a.1", true, between(Some(day(7)), Some(day(8)))), none);
    }
}

//! Identifiers: `ResourceId` with its versions (OGC 09-026r2 clause 7.11), `FeatureId`, `GmlObjectId`.

use super::incomplete;
use crate::filter::ast::{Filter, ResourceId, VersionSelect};
use crate::filter::error::{FilterError, excerpt};
use crate::filter::literal;
use chrono::{DateTime, NaiveTime, Utc};
use roxmltree::Node;

/// Several identifiers as one condition.
pub(super) fn condition(ids: Vec<ResourceId>) -> Filter {
    let plain = |id: &ResourceId| {
        id.previous.is_none() && id.version.is_none() && id.start.is_none() && id.end.is_none()
    };
    if ids.iter().all(plain) {
        return Filter::Ids(ids.into_iter().map(|id| id.rid).collect());
    }
    Filter::ResourceIds(ids)
}

pub(super) fn resource_id(node: Node<'_, '_>) -> Result<ResourceId, FilterError> {
    let operator = node.tag_name().name();
    let rid = ["rid", "fid", "id"]
        .iter()
        .find_map(|name| node.attribute(*name))
        .or_else(|| node.attributes().find(|a| a.name() == "id").map(|a| a.value()))
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .ok_or_else(|| incomplete(operator, "an identifier such as rid=\"communes.12\""))?;
    let time = |name: &str| -> Result<Option<DateTime<Utc>>, FilterError> {
        let Some(text) = node.attribute(name) else { return Ok(None) };
        let unread = || incomplete(operator, &format!("a {name} such as 2021-08-02T12:00:00Z"));
        instant(text).map(Some).ok_or_else(unread)
    };
    let (start, end) = (time("startDate")?, time("endDate")?);
    if let (Some(start), Some(end)) = (start, end)
        && start > end
    {
        return Err(incomplete(operator, "a startDate that doesn't lie after its endDate"));
    }
    Ok(ResourceId {
        rid: rid.to_owned(),
        previous: node.attribute("previousRid").map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned),
        version: node.attribute("version").map(|text| version(text, operator)).transpose()?,
        start,
        end,
    })
}

fn version(text: &str, operator: &str) -> Result<VersionSelect, FilterError> {
    let text = text.trim();
    let select = match text {
        "FIRST" => Some(VersionSelect::First),
        "LAST" => Some(VersionSelect::Last),
        "PREVIOUS" => Some(VersionSelect::Previous),
        "NEXT" => Some(VersionSelect::Next),
        "ALL" => Some(VersionSelect::All),
        _ => text
            .parse::<u32>()
            .ok()
            .filter(|n| *n > 0)
            .map(VersionSelect::Number)
            .or_else(|| instant(text).map(VersionSelect::At)),
    };
    select.ok_or_else(|| FilterError::Unexpected {
        found: excerpt(text),
        expected: format!(
            "the version of a {operator} is FIRST, LAST, PREVIOUS, NEXT, ALL, a number from 1 or an instant"
        ),
    })
}

/// An instant; a day is its begin.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let day = literal::date(text).map(|day| day.and_time(NaiveTime::MIN).and_utc());
    day.or_else(|| literal::timestamp(text))
}

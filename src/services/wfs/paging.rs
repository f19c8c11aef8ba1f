//! Links to the pages around an answer (OGC 09-025r2 clause 7.7.4.4): addresses for GET, also where the
//! request came as XML.

use super::error::WfsError;
use super::request::{GetFeature, RawQuery};
use super::response::Head;
use crate::features::PageKey;
use crate::services::edge::Call;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write as _;

/// Longest address of a link: past it, servers on the way may refuse it, and no link is given.
const LONGEST_LINK: usize = 8000;
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b':')
    .remove(b',')
    .remove(b'/');

/// A place in an answer that a link keeps beside `startIndex`, so that a page costs the same at any depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The first feature of the page before.
    pub after: PageKey,
    /// Features between it and this page.
    pub skip: u64,
}

impl Cursor {
    /// Reads the parameter of a link.
    ///
    /// # Errors
    /// `InvalidParameterValue` for a text that no link has.
    pub fn parse(text: &str) -> Result<Self, WfsError> {
        let parts = text.split_once('.').and_then(|(skip, key)| {
            let skip = skip.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok())?;
            Some(Self { after: PageKey::decode(key)?, skip })
        });
        parts.ok_or_else(foreign_cursor)
    }
}

/// The error about a cursor that isn't of this query.
pub fn foreign_cursor() -> WfsError {
    WfsError::invalid(
        "cursor",
        "cursor is taken from the link of a page and belongs to its query; leave it out",
    )
}

/// Adds a page's first feature to the link of the next one.
pub fn keep_place(head: &mut Head, first: &PageKey) {
    if let (Some(next), Some(skip)) = (&mut head.next, head.returned.checked_sub(1)) {
        let cursor = format!("&cursor={skip}.{}", first.encode());
        if next.len() + cursor.len() <= LONGEST_LINK {
            next.push_str(&cursor);
        }
    }
}

/// Addresses of the next and the previous page, by GET. `is_last` tells that nothing follows, whatever the
/// numbers say.
pub fn links(
    call: &Call,
    get: &GetFeature,
    head: &Head,
    is_last: bool,
    reference: Option<&str>,
) -> (Option<String>, Option<String>) {
    // Links are addresses: several stored queries have no form there.
    if get.queries.len() > 1 && get.queries.iter().any(|q| q.stored.is_some()) {
        return (None, None);
    }
    let Some(count) = get.count.filter(|c| *c > 0) else { return (None, None) };
    if get.hits {
        // From a count, next leads to the first page (OGC 09-025r2 clause 7.7.4.4.1).
        let next =
            head.matched.is_none_or(|m| get.start < m).then(|| page(call, get, get.start, count, reference));
        return (next.filter(|l| l.len() <= LONGEST_LINK), None);
    }
    let end = get.start.saturating_add(head.returned);
    let more = match get.cursor {
        Some(_) => !is_last,
        None => head.matched.map_or(head.returned == count, |m| end < m),
    };
    let more = more && head.returned > 0;
    let next = more.then(|| page(call, get, end, count, reference));
    let previous = (get.start > 0).then(|| {
        let start = get.start.saturating_sub(count);
        page(call, get, start, get.start - start, reference)
    });
    (next.filter(|l| l.len() <= LONGEST_LINK), previous.filter(|l| l.len() <= LONGEST_LINK))
}

fn page(call: &Call, get: &GetFeature, start: u64, count: u64, reference: Option<&str>) -> String {
    let operation = if reference.is_some() { "GetPropertyValue" } else { "GetFeature" };
    let version = get.version;
    let mut url = format!("{}?service=WFS&version={}&request={operation}", call.url("/wfs"), version.text());
    let mut own = Vec::new();
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = write!(url, "&{name}={}", utf8_percent_encode(value, VALUE));
        }
    };
    let lists = |pick: fn(&RawQuery) -> String| -> String {
        let all: Vec<String> = get.queries.iter().map(pick).collect();
        match all.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            several if several.iter().all(String::is_empty) => String::new(),
            several => several.iter().map(|v| format!("({v})")).collect(),
        }
    };
    let same = |pick: fn(&RawQuery) -> Option<&str>| {
        get.queries.first().and_then(pick).unwrap_or_default().to_owned()
    };
    let spaces: Vec<String> = get
        .namespaces
        .iter()
        .filter(|(prefix, _)| {
            let start = format!("{prefix}:");
            get.queries.iter().any(|q| {
                let values = q.stored.iter().flat_map(|s| &s.parameters).map(|(_, value)| value);
                q.types.iter().chain(values).any(|text| text.starts_with(&start))
            })
        })
        .map(|(prefix, uri)| format!("xmlns({prefix},{uri})"))
        .collect();
    add("namespaces", &spaces.join(","));
    if let Some(stored) = get.queries.first().and_then(|q| q.stored.as_ref()) {
        add("storedQuery_Id", &stored.id);
        // An empty value is one.
        own.extend(stored.parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())));
    }
    add(version.types_parameter(), &lists(|q| q.types.join(",")));
    add("aliases", &lists(|q| q.aliases.join(",")));
    add("srsName", &lists(|q| q.srs.clone().unwrap_or_default()));
    add("propertyName", &lists(|q| q.properties.join(",")));
    add("filter", &lists(|q| q.filter.clone().unwrap_or_default()));
    add("cql_filter", &get.queries.iter().filter_map(|q| q.cql.clone()).collect::<Vec<_>>().join(";"));
    add("sortBy", &lists(|q| q.sort.clone().unwrap_or_default()));
    add("bbox", &same(|q| q.bbox.as_deref()));
    add("resourceId", &get.queries.first().map(|q| q.ids.join(",")).unwrap_or_default());
    add("valueReference", reference.unwrap_or_default());
    add("outputFormat", get.format.media_type());
    add("startIndex", &start.to_string());
    add(version.count_parameter(), &count.to_string());
    for (name, value) in own {
        let (name, value) = (utf8_percent_encode(name, VALUE), utf8_percent_encode(value, VALUE));
        let _ = write!(url, "&{name}={value}");
    }
    url
}

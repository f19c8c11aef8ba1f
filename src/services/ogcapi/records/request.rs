//! From parameters to a search: `q`, `bbox`, `datetime`, `type`, `ids`, `externalIds`, any queryable, `filter`, `sortby`,
//! `limit`, `offset` (OGC 20-004r1 clause "Record API query parameters"). All conditions must hold.

use super::documents::FORMS;
use crate::catalogue::{SortKey, offered};
use crate::filter::ast::{Expr, LikePart};
use crate::filter::{Filter, FilterError, FilterLimits, Reading, kvp};
use crate::geo::CrsRef;
use crate::services::edge::{Call, selection};
use crate::services::ogcapi::common::{Form, Offer, Parameters, Problem, negotiated};
use actix_web::HttpRequest;

/// Parameters beside the queryables.
pub(super) const PARAMETERS: [&str; 14] = [
    "f",
    "q",
    "bbox",
    "bbox-crs",
    "datetime",
    "type",
    "ids",
    "externalIds",
    "limit",
    "offset",
    "sortby",
    "filter",
    "filter-lang",
    "filter-crs",
];

/// Records of a page at most.
pub(super) const MOST: u64 = 1000;

/// Values in one list, and terms in one search.
const VALUES: usize = 1000;

/// Records as GeoJSON, and as a page.
const ITEMS: [Offer; 2] = [
    Offer {
        form: Form::Json,
        names: &["json", "geojson"],
        media_types: &["application/geo+json", "application/json", "text/json"],
    },
    FORMS[1],
];

/// A page of a search.
#[derive(Debug)]
pub(super) struct Items {
    pub(super) form: Form,
    pub(super) filter: Option<Filter>,
    pub(super) sort: Vec<SortKey>,
    pub(super) limit: u64,
    pub(super) offset: u64,
    /// Parameters that links to other pages keep.
    pub(super) kept: Vec<(String, String)>,
    /// Words that are looked for.
    pub(super) words: String,
}

/// The form of one record.
pub(super) fn form(http: &HttpRequest) -> Result<Form, Problem> {
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    negotiated(http, parameters.get("f"), &ITEMS)
}

/// What somebody begins to type.
pub(super) fn begun(http: &HttpRequest) -> Result<String, Problem> {
    let parameters = Parameters::read(http, &["q"], |_| false)?;
    Ok(parameters.get("q").unwrap_or_default().to_owned())
}

/// Reads a search.
///
/// # Errors
/// 400 that names the parameter.
pub(super) fn items(call: &Call, http: &HttpRequest) -> Result<Items, Problem> {
    let queryables = offered();
    let is_queryable = |name: &str| queryables.iter().any(|q| q.name == name && q.kind.0 != "object");
    let parameters = Parameters::read(http, &PARAMETERS, is_queryable)?;
    let form = negotiated(http, parameters.get("f"), &ITEMS)?;
    let limits = FilterLimits::from(&call.app.config.limits);
    let limit = number(&parameters, "limit", 1)?.unwrap_or(call.app.config.limits.default_page as u64);
    let offset = number(&parameters, "offset", 0)?.unwrap_or(0);
    let mut filter = conditions(&parameters, limits)?;
    for (name, value) in
        parameters.iter().filter(|(name, _)| is_queryable(name) && !PARAMETERS.contains(name))
    {
        filter = Filter::and(filter, Some(kvp::equals(name, value)));
    }
    let kept = parameters.iter().filter(|(n, _)| !["limit", "offset", "f"].contains(n));
    Ok(Items {
        form,
        filter,
        sort: sort(parameters.get("sortby"))?,
        limit: limit.min(MOST),
        offset,
        kept: kept.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        words: parameters.get("q").unwrap_or_default().to_owned(),
    })
}

fn number(parameters: &Parameters, name: &'static str, least: u64) -> Result<Option<u64>, Problem> {
    let Some(text) = parameters.get(name) else { return Ok(None) };
    let is_plain = (1..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let number = if is_plain { text.parse().ok().filter(|n| *n >= least) } else { None };
    number.map(Some).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Problem::invalid(name, format!("{name} is a whole number from {least}, not '{shown}'"))
    })
}

fn conditions(parameters: &Parameters, limits: FilterLimits) -> Result<Option<Filter>, Problem> {
    let mut all = None;
    if let Some(text) = parameters.get("q") {
        all = Filter::and(all, Some(words(text)?));
    }
    let crs = match parameters.get("bbox-crs") {
        None => CrsRef::crs84()?,
        Some(name) => selection::named_crs("bbox-crs", name)?,
    };
    if let Some(text) = parameters.get("bbox") {
        let reading = Reading { limits, short_means_authority: true, default_crs: Some(crs) };
        all = Filter::and(all, Some(kvp::bbox("bbox", text, &reading)?));
    }
    if let Some(text) = parameters.get("datetime") {
        all = Filter::and(all, Some(kvp::datetime("datetime", text, "revised")?));
    }
    for (name, property) in [("type", "type"), ("ids", "id"), ("externalIds", "externalIds")] {
        if let Some(text) = parameters.get(name) {
            all = Filter::and(all, Some(one_of(name, property, text)?));
        }
    }
    if let Some(filter) = selection::filter(|name| parameters.get(name), limits)? {
        all = Filter::and(all, Some(filter));
    }
    Ok(all)
}

/// One of the values between commas.
fn one_of(name: &'static str, property: &str, text: &str) -> Result<Filter, Problem> {
    let values: Vec<&str> = text.split(',').map(str::trim).filter(|v| !v.is_empty()).collect();
    if values.is_empty() || values.len() > VALUES {
        let detail = format!("{name} names from 1 to {VALUES} values, with commas between them");
        return Err(Problem::invalid(name, detail));
    }
    Ok(Filter::Or(values.into_iter().map(|value| kvp::equals(property, value)).collect()))
}

/// `q`: between commas are alternatives; of each the words must follow each other somewhere in the record, whatever
/// their case and accents.
fn words(text: &str) -> Result<Filter, Problem> {
    let terms: Vec<String> = text
        .split(',')
        .map(|term| term.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|term| !term.is_empty())
        .collect();
    if terms.is_empty() || terms.len() > VALUES {
        return Err(Problem::invalid(
            "q",
            format!("q needs from 1 to {VALUES} terms, with commas between them"),
        ));
    }
    let like = |term: String| Filter::Like {
        expr: Expr::Property("AnyText".to_owned()),
        pattern: vec![LikePart::Text(term)],
        match_case: false,
    };
    Ok(Filter::Or(terms.into_iter().map(like).collect()))
}

/// `sortby=title,-updated`.
fn sort(text: Option<&str>) -> Result<Vec<SortKey>, Problem> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let known: Vec<&str> = offered().into_iter().filter(|o| o.is_sortable).map(|o| o.name).collect();
    let mut keys = Vec::new();
    for part in text.split(',') {
        let (descending, name) = match part.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, part.strip_prefix(['+', ' ']).unwrap_or(part)),
        };
        let refused = || {
            let shown: String = name.chars().take(80).collect();
            let detail = format!("'{shown}' can't be sorted by; sortables are: {}", known.join(", "));
            Problem::invalid("sortby", detail)
        };
        if !known.contains(&name) {
            return Err(refused());
        }
        let key = SortKey::parse(name, descending).map_err(|_| refused())?;
        if keys.contains(&key) {
            return Err(Problem::invalid("sortby", format!("'{name}' is named twice")));
        }
        keys.push(key);
    }
    Ok(keys)
}

/// A condition that doesn't fit records, with the parameter to blame.
pub(super) fn misfit(error: &FilterError) -> Problem {
    Problem::invalid("filter", error.to_string())
}

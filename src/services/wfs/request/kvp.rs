//! Key-value pairs as raw requests (OGC 09-025r2 clauses 7.6 and 7.9.2.3; OGC 04-094 clause 14; OGC 02-058
//! clause 13).

use super::{Invocation, RawQuery, RawRequest};
use crate::filter::ecql;
use crate::services::edge::Kvp;
use crate::services::wfs::error::WfsError;

/// Parameters that are no stored query's own.
const RESERVED: [&str; 18] = [
    "service",
    "request",
    "version",
    "namespaces",
    "namespace",
    "outputformat",
    "count",
    "maxfeatures",
    "startindex",
    "cursor",
    "resulttype",
    "resolve",
    "resolvedepth",
    "resolvetimeout",
    "resolvepath",
    "storedquery_id",
    "valuereference",
    "exceptions",
];

/// Key-value pairs as a raw request.
///
/// # Errors
/// [`WfsError`] when lists don't fit each other.
pub fn from_kvp(kvp: Kvp) -> Result<RawRequest, WfsError> {
    let mut raw = RawRequest { operation: kvp.filled("request").map(str::to_owned), ..RawRequest::default() };
    raw.namespaces = namespaces(kvp.filled("namespaces").or_else(|| kvp.filled("namespace")))?;
    raw.queries = match kvp.filled("storedQuery_Id").filter(|_| !is_early(&kvp)) {
        Some(id) => vec![RawQuery { stored: Some(invocation(id, &kvp)), ..RawQuery::default() }],
        None => queries(&kvp)?,
    };
    raw.parameters = kvp;
    Ok(raw)
}

/// Whether a request is of a version before 2.0, which knows neither stored queries nor joins.
fn is_early(kvp: &Kvp) -> bool {
    kvp.filled("version").is_some_and(|v| v.starts_with("1."))
}

fn invocation(id: &str, kvp: &Kvp) -> Invocation {
    let own = kvp.iter().filter(|(name, _)| !RESERVED.contains(&name.to_ascii_lowercase().as_str()));
    let parameters = own.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    Invocation { id: id.to_owned(), parameters, is_strict: false }
}

/// `xmlns(prefix,uri),xmlns(uri)` of clause 7.6.6; `=` instead of the comma is WFS 1.1's form.
fn namespaces(text: Option<&str>) -> Result<Vec<(String, String)>, WfsError> {
    let mut out = Vec::new();
    for part in text.unwrap_or_default().split("xmlns(").skip(1) {
        let inner = part.trim_end_matches([',', ' ']).strip_suffix(')').ok_or_else(|| {
            WfsError::invalid(
                "NAMESPACES",
                "NAMESPACES is not written as xmlns(prefix,uri),xmlns(prefix,uri)",
            )
        })?;
        match inner.split_once([',', '=']) {
            Some((prefix, uri)) if !prefix.contains('/') => {
                out.push((prefix.trim().to_owned(), uri.trim().to_owned()))
            }
            _ => out.push((String::new(), inner.trim().to_owned())),
        }
    }
    Ok(out)
}

/// `(a)(b)` as its parts, anything else as one part.
pub fn parts(text: &str) -> Vec<String> {
    match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inner) => inner.split(")(").map(|p| p.trim().to_owned()).collect(),
        None => vec![text.to_owned()],
    }
}

/// The items of a list.
pub fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()
}

/// The types of each query. `(a)(b)` are two queries and `(a,b)` is a join; `a,b` is a join as well where the
/// request tells how (aliases, or one filter), and otherwise what clients of earlier versions mean by it: each
/// type by itself.
fn types(kvp: &Kvp) -> Vec<Vec<String>> {
    let Some(text) = kvp.filled("typeNames").or_else(|| kvp.filled("typeName")) else { return Vec::new() };
    let lists: Vec<Vec<String>> = parts(text).iter().map(|p| list(p)).filter(|l| !l.is_empty()).collect();
    let one_filter = kvp.filled("filter").is_some_and(|f| !f.starts_with('('));
    let is_join = !is_early(kvp) && (text.starts_with('(') || kvp.filled("aliases").is_some() || one_filter);
    if is_join { lists } else { lists.into_iter().flatten().map(|name| vec![name]).collect() }
}

/// The ad hoc queries of clause 7.9.2.3.
fn queries(kvp: &Kvp) -> Result<Vec<RawQuery>, WfsError> {
    let ids = kvp.filled("resourceId").or_else(|| kvp.filled("featureId")).map(list).unwrap_or_default();
    let types = types(kvp);
    if types.is_empty() && ids.is_empty() {
        return Ok(Vec::new());
    }
    let several = |name: &str, split: fn(&str) -> Vec<String>| -> Result<Vec<Option<String>>, WfsError> {
        let Some(text) = kvp.filled(name) else { return Ok(vec![None; types.len().max(1)]) };
        let values = split(text);
        match values.len() {
            1 => Ok(vec![values.into_iter().next(); types.len().max(1)]),
            n if n == types.len() => Ok(values.into_iter().map(Some).collect()),
            n => {
                let message = format!("{name} has {n} lists for {} queries", types.len());
                Err(WfsError::invalid(name, message))
            }
        }
    };
    let (properties, filters) = (several("propertyName", parts)?, several("filter", parts)?);
    let (sorts, srs, aliases) =
        (several("sortBy", parts)?, several("srsName", parts)?, several("aliases", parts)?);
    let conditions = several("cql_filter", conditions)?;
    let given = [kvp.filled("bbox").is_some(), !ids.is_empty(), kvp.filled("filter").is_some()];
    if given.iter().filter(|g| **g).count() > 1 {
        let message =
            "BBOX, FILTER and RESOURCEID exclude each other; write the box as a condition of the filter";
        return Err(WfsError::invalid("FILTER", message));
    }
    if kvp.filled("filter").is_some() && kvp.filled("cql_filter").is_some() {
        return Err(WfsError::invalid("CQL_FILTER", "FILTER and CQL_FILTER exclude each other; send one"));
    }
    let one = |at: usize, types: Vec<String>| RawQuery {
        types,
        aliases: aliases.get(at).cloned().flatten().map(|a| list(&a)).unwrap_or_default(),
        srs: srs.get(at).cloned().flatten(),
        properties: properties.get(at).cloned().flatten().map(|p| list(&p)).unwrap_or_default(),
        filter: filters.get(at).cloned().flatten().filter(|f| !f.is_empty()),
        cql: conditions.get(at).cloned().flatten().filter(|f| !f.is_empty()),
        sort: sorts.get(at).cloned().flatten().filter(|s| !s.is_empty()),
        bbox: kvp.filled("bbox").map(str::to_owned),
        ids: ids.clone(),
        stored: None,
    };
    if types.is_empty() {
        return Ok(vec![one(0, Vec::new())]);
    }
    Ok(types.into_iter().enumerate().map(|(at, names)| one(at, names)).collect())
}

/// `a = 1;b = 2` as its parts, as GeoServer's users write conditions of several types: the semicolon parts
/// outside quotes only. `(a = 1;b = 2)` is the same.
fn conditions(text: &str) -> Vec<String> {
    let split = |text: &str| -> Vec<String> { ecql::split(text).into_iter().map(str::to_owned).collect() };
    let whole = split(text);
    match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        // Brackets around a list, not around the first and the last of its conditions.
        Some(inner) if whole.len() > 1 && split(inner).iter().all(|part| is_balanced(part)) => split(inner),
        _ => whole,
    }
}

fn is_balanced(text: &str) -> bool {
    let mut open = 0_i32;
    text.chars().all(|c| {
        open += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        open >= 0
    }) && open == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types_of(query: &str) -> Vec<Vec<String>> {
        types(&Kvp::parse(query).expect("read"))
    }

    #[test]
    fn types_in_one_list_are_a_join_where_the_request_says_how() {
        let (separate, joined) =
            (vec![vec!["a".to_owned()], vec!["b".to_owned()]], vec![vec!["a".to_owned(), "b".to_owned()]]);
        assert_eq!(types_of("typeNames=a,b"), separate);
        assert_eq!(types_of("typeNames=(a)(b)"), separate);
        assert_eq!(types_of("version=1.1.0&typeName=a,b&filter=<x/>"), separate);
        assert_eq!(types_of("typeNames=a,b&filter=(<x/>)(<y/>)"), separate);
        assert_eq!(types_of("typeNames=(a,b)"), joined);
        assert_eq!(types_of("typeNames=a,b&aliases=x,y"), joined);
        assert_eq!(types_of("typeNames=a,b&filter=<x/>"), joined);
    }

    #[test]
    fn conditions_part_at_semicolons_outside_quotes() {
        for (text, expected) in [
            ("a=1", vec!["a=1"]),
            ("a=1;b=2", vec!["a=1", "b=2"]),
            ("(a=1;b=2)", vec!["a=1", "b=2"]),
            ("(a=1);(b=2)", vec!["(a=1)", "(b=2)"]),
            ("(a=1) and (b=2)", vec!["(a=1) and (b=2)"]),
            ("a='x;''y';b=2", vec!["a='x;''y'", "b=2"]),
            ("\"a;b\"=1", vec!["\"a;b\"=1"]),
            ("(INTERSECTS(g, SRID=2154;POINT(1 2));b=2)", vec!["INTERSECTS(g, SRID=2154;POINT(1 2))", "b=2"]),
        ] {
            assert_eq!(conditions(text), expected, "{text}");
        }
    }

    #[test]
    fn a_stored_query_is_given_what_is_not_the_requests_own() {
        let text =
            "service=WFS&request=GetFeature&version=2.0.0&storedQuery_Id=q&Name=x&count=3&language=fre";
        let raw = from_kvp(Kvp::parse(text).expect("read")).expect("understood");
        let stored = raw.queries[0].stored.as_ref().expect("invoked");
        let named = |n: &str, v: &str| (n.to_owned(), v.to_owned());
        assert_eq!(stored.parameters, [named("Name", "x"), named("language", "fre")]);
    }
}

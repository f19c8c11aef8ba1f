//! Joins of a request: one query over several types (OGC 09-025r2 clause 7.9.2.5.3).

use super::{Part, filter_error, layer, properties, sort_keys};
use crate::features::{Geometry, Join, JoinSort, Query, Side, side_of};
use crate::filter::{Filter, FilterLimits, Reading, fes, xml};
use crate::geo::CrsRef;
use crate::publish::Snapshot;
use crate::services::edge::Call;
use crate::services::wfs::error::WfsError;
use crate::services::wfs::request::{GetFeature, RawQuery};
use actix_web::http::StatusCode;
use std::sync::Arc;

/// Types in one join: more would be a mistake, and a burden.
const MOST_TYPES: usize = 5;

fn not_supported(parameter: &str, message: impl Into<String>) -> WfsError {
    WfsError::new(StatusCode::BAD_REQUEST, "OptionNotSupported", parameter, message)
}

/// The part of an answer that a join is.
///
/// # Errors
/// [`WfsError`] that names the type, alias, property or filter element at fault.
pub fn part(call: &Call, snapshot: &Snapshot, raw: &RawQuery, get: &GetFeature) -> Result<Part, WfsError> {
    if !get.format.is_gml() {
        let message = "tuples of a join have a form in GML only; leave out outputFormat";
        return Err(WfsError::invalid("outputFormat", message));
    }
    if raw.types.len() > MOST_TYPES {
        return Err(not_supported("typeNames", format!("a join has {MOST_TYPES} feature types at most")));
    }
    if raw.bbox.is_some() || !raw.ids.is_empty() || raw.cql.is_some() {
        let message = "a join is told by a FILTER, which names the properties of each type";
        return Err(not_supported("FILTER", message));
    }
    let mut sides = sides(call, snapshot, raw, get)?;
    let crs = match raw.srs.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
        Some(text) => Some(CrsRef::parse(text)?),
        None => None,
    };
    project(&mut sides, raw)?;
    for side in &mut sides {
        side.query.geometry = match (&crs, &side.query.geometry) {
            (_, Geometry::Skip) => Geometry::Skip,
            (Some(crs), _) if crs.crs.srid != side.query.layer.crs.srid => Geometry::In(Arc::clone(&crs.crs)),
            _ => Geometry::Native,
        };
    }
    let first = sides.first().map(|side| side.query.clone());
    let query = first.ok_or_else(|| WfsError::missing("typeNames", "a join needs feature types"))?;
    let filter = filter(call, raw, get, &sides)?;
    let mut sort = Vec::new();
    for (name, descending) in sort_keys(raw.sort.as_deref().unwrap_or_default())? {
        sort.push(JoinSort { property: name.to_owned(), descending });
    }
    let native = super::native(&query.layer, get.version);
    let is_given = crs.is_some();
    let join = Join { sides, filter, sort, limit: None, offset: 0 };
    Ok(Part { crs: crs.unwrap_or(native), is_native: !is_given, join: Some(join), ..Part::of(query) })
}

/// The types with the names that they have in the query.
fn sides(call: &Call, snapshot: &Snapshot, raw: &RawQuery, get: &GetFeature) -> Result<Vec<Side>, WfsError> {
    if !raw.aliases.is_empty() && raw.aliases.len() != raw.types.len() {
        let message = format!("{} aliases for {} feature types", raw.aliases.len(), raw.types.len());
        return Err(WfsError::invalid("aliases", message));
    }
    let mut sides: Vec<Side> = Vec::with_capacity(raw.types.len());
    for (at, name) in raw.types.iter().enumerate() {
        let layer = layer(call, snapshot, name, &get.namespaces, get.version.types_parameter())?;
        let name = raw.aliases.get(at).map_or(layer.slug.as_str(), String::as_str).trim().to_owned();
        if sides.iter().any(|side| side.name == name) {
            let message = "two feature types of a join have the same name; give them different aliases";
            return Err(WfsError::invalid("aliases", message));
        }
        sides.push(Side { name, query: Query::all(layer) });
    }
    Ok(sides)
}

/// Keeps the properties that are named; all, where none is.
fn project(sides: &mut [Side], raw: &RawQuery) -> Result<(), WfsError> {
    if raw.properties.is_empty() || raw.properties.iter().any(|p| p == "*") {
        return Ok(());
    }
    let mut wanted: Vec<Vec<String>> = vec![Vec::new(); sides.len()];
    for name in &raw.properties {
        let found = side_of(sides, name).and_then(|(at, rest)| wanted.get_mut(at).map(|w| (w, rest)));
        let (names, rest) = found.ok_or_else(|| {
            let named: String = name.chars().take(120).collect();
            let message = format!("'{named}' is no property of one of the types; write type/property");
            WfsError::invalid("propertyName", message)
        })?;
        names.push(rest.to_owned());
    }
    for (side, names) in sides.iter_mut().zip(wanted) {
        let (columns, geometry) = properties(&side.query.layer, &names)?;
        side.query.columns = Some(columns);
        side.query.geometry = if geometry { Geometry::Native } else { Geometry::Skip };
    }
    Ok(())
}

fn filter(call: &Call, raw: &RawQuery, get: &GetFeature, sides: &[Side]) -> Result<Filter, WfsError> {
    let Some(text) = &raw.filter else {
        let message = "a join needs a FILTER that says which features go together";
        return Err(WfsError::missing("FILTER", message));
    };
    let reading = Reading {
        limits: FilterLimits::from(&call.app.config.limits),
        short_means_authority: false,
        default_crs: sides.first().map(|side| super::native(&side.query.layer, get.version)),
    };
    let filter = xml::parse_document(text, &reading.limits)
        .and_then(|document| fes::parse_as(document.root_element(), &reading))
        .map_err(|e| filter_error(e, "FILTER"))?;
    if !filter.resource_ids().is_empty() {
        let message = "identifiers are no condition of a join, whose types they don't tell apart";
        return Err(not_supported("FILTER", message));
    }
    Ok(filter)
}

//! What of each feature, in which system and order: `properties`, `skipGeometry`, `crs`, `sortby`.

use crate::features::{Geometry, Sort};
use crate::geo::CrsRef;
use crate::model::{ColumnType, Layer};
use crate::services::edge;
use crate::services::ogcapi::common::Problem;
use std::sync::Arc;

/// Names in `sortby` at most.
const NAMES: usize = 64;

/// The geometry treatment for a system.
pub fn geometry(layer: &Layer, crs: &CrsRef) -> Geometry {
    if crs.crs.srid == layer.crs.srid { Geometry::Native } else { Geometry::In(Arc::clone(&crs.crs)) }
}

/// The system asked for; CRS84 when none is.
///
/// # Errors
/// 400.
pub fn output_crs(text: Option<&str>) -> Result<CrsRef, Problem> {
    text.map_or_else(|| Ok(CrsRef::crs84()?), |text| named_crs("crs", text))
}

/// A system that a parameter names: any of the EPSG registry, those that a collection lists among them. What is
/// none is refused (requirement `/req/crs/fc-crs-valid-value`).
///
/// # Errors
/// 400 that names the parameter.
pub fn named_crs(parameter: &'static str, text: &str) -> Result<CrsRef, Problem> {
    Ok(edge::selection::named_crs(parameter, text)?)
}

/// Whether features can be put in the order of an attribute.
pub const fn sortable(kind: ColumnType) -> bool {
    !matches!(kind, ColumnType::Json | ColumnType::Binary)
}

/// `sortby=a,-b,+c` (OGC 24-030 clause 7). The `+` may have come as the space that a form makes of it.
pub(super) fn sortby(layer: &Layer, text: Option<&str>) -> Result<Vec<Sort>, Problem> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let mut keys: Vec<Sort> = Vec::new();
    for part in text.split(',') {
        let (descending, name) = match part.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, part.strip_prefix(['+', ' ']).unwrap_or(part)),
        };
        let column = match layer.column(name) {
            Some(column) if sortable(column.kind) => name,
            None if ["fid", "id"].contains(&name) => "fid",
            _ => {
                let known = layer.columns.iter().filter(|c| sortable(c.kind)).map(|c| c.name.as_str());
                let known: Vec<&str> = known.chain(["fid"]).collect();
                let detail = format!(
                    "'{}' can't be sorted by; sortables are: {}",
                    name.chars().take(100).collect::<String>(),
                    known.join(", ")
                );
                return Err(Problem::invalid("sortby", detail));
            }
        };
        if keys.iter().any(|key| key.column == column) {
            return Err(Problem::invalid("sortby", format!("'{column}' is named twice")));
        }
        if keys.len() == NAMES {
            return Err(Problem::invalid("sortby", format!("more than {NAMES} properties are named")));
        }
        keys.push(Sort { column: column.to_owned(), descending });
    }
    Ok(keys)
}

/// `properties=a,b` (OGC 24-019 clause 6): the attributes wanted, in the layer's order.
pub(super) fn properties(layer: &Arc<Layer>, text: &str) -> Result<Vec<String>, Problem> {
    let chosen = edge::selection::properties(std::slice::from_ref(layer), text, |_| true)?;
    Ok(chosen.into_iter().flatten().collect())
}

/// `skipGeometry`.
pub(super) fn skips_geometry(text: Option<&str>) -> Result<bool, Problem> {
    match text {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::invalid("skipGeometry", "skipGeometry is true or false")),
    }
}

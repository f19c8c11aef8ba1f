//! From a typed request to queries of the feature engine: names looked up, filters read.

use super::error::WfsError;
use super::request::{GetFeature, RawQuery};
use super::version::Version;
use crate::access::Action;
use crate::features::{FeatureError, Geometry, Page, Query, Sort};
use crate::filter::{Filter, FilterError, FilterLimits, Reading, fes, kvp, xml};
use crate::geo::CrsRef;
use crate::geo::crs::CrsSpelling;
use crate::model::Layer;
use crate::publish::Snapshot;
use crate::services::edge::Call;
use std::sync::Arc;

/// One query of a request, ready to be run.
#[derive(Clone, Debug)]
pub struct Part {
    /// What to read; the page is set when counts are known.
    pub query: Query,
    /// The system to write, in the spelling that the client used.
    pub crs: CrsRef,
}

/// The queries of a request.
///
/// # Errors
/// [`WfsError`] that names the type, property, system or filter element at fault.
pub fn parts(call: &Call, snapshot: &Snapshot, get: &GetFeature) -> Result<Vec<Part>, WfsError> {
    let mut parts = Vec::new();
    for raw in &get.queries {
        if raw.types.len() > 1 {
            let message =
                "joins of several types in one query are not offered; ask for them in several queries";
            return Err(WfsError::new(
                actix_web::http::StatusCode::BAD_REQUEST,
                "OptionNotSupported",
                get.version.types_parameter(),
                message,
            ));
        }
        let layers = match raw.types.first() {
            Some(name) => vec![layer(call, snapshot, name, &get.namespaces, get.version.types_parameter())?],
            None => layers_of_ids(call, snapshot, &raw.ids)?,
        };
        for layer in layers {
            parts.push(part(call, snapshot, layer, raw, get)?);
        }
    }
    let most = call.app.config.limits.layers_per_request;
    if parts.len() > most {
        let message = format!("one request may ask for {most} feature types at most, not {}", parts.len());
        return Err(WfsError::invalid(get.version.types_parameter(), message));
    }
    Ok(parts)
}

/// A layer by the name of its type: `prefix:slug`, `slug` or `{namespace}slug`. A prefix is the
/// organisation's, or one that the request declares for the organisation's namespace.
pub fn layer(
    call: &Call,
    snapshot: &Snapshot,
    name: &str,
    namespaces: &[(String, String)],
    parameter: &str,
) -> Result<Arc<Layer>, WfsError> {
    let (prefix, uri, slug) = match name.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((uri, slug)) => (None, Some(uri), slug),
        None => match name.split_once(':') {
            Some((prefix, slug)) => (Some(prefix), None, slug),
            None => (None, None, name),
        },
    };
    let fits = |l: &Layer| {
        let organisation = &l.dataset.organisation;
        match (prefix, uri) {
            (_, Some(uri)) => organisation.namespace == uri,
            (Some(prefix), _) => {
                let declared = namespaces.iter().any(|(p, u)| p == prefix && *u == organisation.namespace);
                declared || organisation.prefix == prefix
            }
            (None, None) => true,
        }
    };
    // A schema's own name goes before the slug, which then is no type's name.
    let mut named = snapshot.visible_layers(&call.caller, &call.scope);
    let found = named.find(|l| l.gml.type_name.as_deref() == Some(slug) && fits(l)).map(|l| l.slug.as_str());
    let found = snapshot.layer(&call.caller, Action::Read, &call.scope, found.unwrap_or(slug));
    let found = found.filter(|l| fits(l) && l.local_type_name() == slug);
    found.cloned().ok_or_else(|| {
        let named: String = name.chars().take(120).collect();
        let message = format!("there is no feature type '{named}' here; the capabilities list the types");
        WfsError::invalid(parameter, message)
    })
}

/// The layers that identifiers `slug.fid` name, each once.
fn layers_of_ids(call: &Call, snapshot: &Snapshot, ids: &[String]) -> Result<Vec<Arc<Layer>>, WfsError> {
    let mut layers: Vec<Arc<Layer>> = Vec::new();
    for id in ids {
        let (slug, _) = split_id(id).ok_or_else(|| unknown_id(id))?;
        let layer =
            snapshot.layer(&call.caller, Action::Read, &call.scope, slug).ok_or_else(|| unknown_id(id))?;
        if !layers.iter().any(|l| l.slug == layer.slug) {
            layers.push(Arc::clone(layer));
        }
    }
    Ok(layers)
}

fn unknown_id(id: &str) -> WfsError {
    let named: String = id.chars().take(120).collect();
    let message =
        format!("'{named}' is not the identifier of a feature here; identifiers look like communes.1");
    WfsError::invalid("RESOURCEID", message)
}

/// Layer and `fid` of an identifier, a prefix tolerated.
pub fn split_id(id: &str) -> Option<(&str, i64)> {
    let (name, fid) = id.trim().rsplit_once('.')?;
    let slug = name.rsplit(':').next().unwrap_or(name);
    Some((slug, fid.parse().ok()?))
}

fn part(
    call: &Call,
    snapshot: &Snapshot,
    layer: Arc<Layer>,
    raw: &RawQuery,
    get: &GetFeature,
) -> Result<Part, WfsError> {
    let native = native(&layer, get.version);
    let crs = match raw.srs.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
        Some(text) => CrsRef::parse(text)?,
        // RFC 7946 section 4 knows longitude and latitude only, where nothing else is agreed.
        None if !get.format.is_native() => CrsRef::crs84()?,
        None => native.clone(),
    };
    let mut query = Query::all(Arc::clone(&layer));
    let mut geometry_wanted = true;
    if !raw.properties.is_empty() && !raw.properties.iter().any(|p| p == "*") {
        let (columns, geometry) = properties(&layer, &raw.properties)?;
        query.columns = Some(columns);
        geometry_wanted = geometry;
    }
    query.geometry = match (geometry_wanted, crs.crs.srid == layer.crs.srid) {
        (false, _) => Geometry::Skip,
        (true, true) => Geometry::Native,
        (true, false) => Geometry::In(Arc::clone(&crs.crs)),
    };
    query.filter = condition(call, snapshot, &layer, raw, native)?;
    query.sort = match &raw.sort {
        Some(text) => sort(&layer, text)?,
        None => Vec::new(),
    };
    query.page = Page::default();
    Ok(Part { query, crs })
}

/// A layer's own system as a version spells it: WFS 1.0 knows `EPSG:2154`, and x, y by it, only.
pub fn native(layer: &Layer, version: Version) -> CrsRef {
    let spelling = if version == Version::V100 { CrsSpelling::Short } else { CrsSpelling::Urn };
    CrsRef { crs: Arc::clone(&layer.crs), spelling }
}

/// The attributes among property names, and whether the geometry is among them.
fn properties(layer: &Layer, names: &[String]) -> Result<(Vec<String>, bool), WfsError> {
    let mut columns: Vec<String> = Vec::new();
    let mut geometry = false;
    for name in names {
        match property(layer, name) {
            Some(Property::Column(column)) => {
                if !columns.iter().any(|c| c == column) {
                    columns.push(column.to_owned());
                }
            }
            Some(Property::Geometry) => geometry = true,
            Some(Property::Identifier | Property::Standard) => {}
            None => return Err(unknown_property(layer, name, "propertyName")),
        }
    }
    // The schema is a sequence: its order, not the client's.
    columns.sort_by_key(|c| layer.columns.iter().position(|known| known.name == *c));
    Ok((columns, geometry))
}

/// What a property name of a request means.
pub enum Property<'a> {
    /// An attribute.
    Column(&'a str),
    /// The geometry.
    Geometry,
    /// `@gml:id`.
    Identifier,
    /// One of GML's own properties that the layer has no column for.
    Standard,
}

/// The property of a name, with or without prefix or path.
pub fn property<'a>(layer: &'a Layer, name: &str) -> Option<Property<'a>> {
    let name = name.trim();
    let last = name.rsplit('/').next().unwrap_or(name);
    if let Some(standard) = last.strip_prefix("gml:") {
        let standard = standard.strip_suffix("[1]").unwrap_or(standard);
        if let Some(column) = layer.column(&format!("gml:{standard}")) {
            return Some(Property::Column(&column.name));
        }
        let known =
            ["boundedBy", "name", "description", "identifier", "descriptionReference", "metaDataProperty"];
        if known.contains(&standard) {
            return Some(Property::Standard);
        }
    }
    if matches!(name, "@gml:id" | "gml:id" | "@id") {
        return Some(Property::Identifier);
    }
    let tail = name.rsplit('/').next().unwrap_or(name);
    let local = tail.rsplit(':').next().unwrap_or(tail);
    let local = local.strip_suffix("[1]").unwrap_or(local);
    let column = layer.column(name).or_else(|| layer.column(local));
    match column {
        Some(column) => Some(Property::Column(&column.name)),
        None if layer.is_geometry(local) => Some(Property::Geometry),
        None => None,
    }
}

/// The error about a property that isn't there.
pub fn unknown_property(layer: &Layer, name: &str, parameter: &str) -> WfsError {
    let named: String = name.chars().take(120).collect();
    let known: Vec<&str> = layer.columns.iter().map(|c| c.name.as_str()).collect();
    let message = format!("'{}' has no property '{named}'; it has: geom, {}", layer.slug, known.join(", "));
    WfsError::invalid(parameter, message)
}

/// The layer and the condition of each query, without what is to be read.
///
/// # Errors
/// [`WfsError`] that names the type or the filter element at fault.
pub fn conditions(
    call: &Call,
    snapshot: &Snapshot,
    version: Version,
    queries: &[RawQuery],
    namespaces: &[(String, String)],
) -> Result<Vec<(Arc<Layer>, Option<Filter>)>, WfsError> {
    let mut found = Vec::new();
    for raw in queries {
        let layers = match raw.types.first() {
            Some(name) => vec![layer(call, snapshot, name, namespaces, version.types_parameter())?],
            None => layers_of_ids(call, snapshot, &raw.ids)?,
        };
        for layer in layers {
            let condition = condition(call, snapshot, &layer, raw, native(&layer, version))?;
            found.push((layer, condition));
        }
    }
    Ok(found)
}

fn condition(
    call: &Call,
    snapshot: &Snapshot,
    layer: &Layer,
    raw: &RawQuery,
    native: CrsRef,
) -> Result<Option<Filter>, WfsError> {
    let reading = Reading {
        limits: FilterLimits::from(&call.app.config.limits),
        // Only URNs and URIs mean the authority's order in WFS (OGC 09-025r2 clause 7.9.2.4.4).
        short_means_authority: false,
        default_crs: Some(native),
    };
    let mut condition = None;
    if let Some(text) = &raw.filter {
        let filter = xml::parse_document(text, &reading.limits)
            .and_then(|document| fes::parse_as(document.root_element(), &reading))
            .map_err(|e| filter_error(e, "FILTER"))?;
        condition = Filter::and(condition, Some(filter));
    }
    if let Some(text) = &raw.bbox {
        let filter = kvp::bbox("BBOX", text, &reading).map_err(|e| filter_error(e, "BBOX"))?;
        condition = Filter::and(condition, Some(filter));
    }
    if !raw.ids.is_empty() {
        condition = Filter::and(condition, Some(Filter::Ids(raw.ids.clone())));
    }
    // An id of another type is a client's mistake, not an empty answer (OGC 09-025r2 clause 7.9.2.4.2);
    // without types the ids themselves say which types are meant.
    if !raw.types.is_empty()
        && let Some(filter) = &condition
    {
        for id in filter.resource_ids() {
            // What is no identifier of any type here simply names no feature.
            if split_id(id).is_some_and(|(slug, _)| slug != layer.slug && is_layer(call, snapshot, slug)) {
                return Err(unknown_id(id));
            }
        }
    }
    Ok(condition)
}

/// Whether the caller may know of a layer of this name.
fn is_layer(call: &Call, snapshot: &Snapshot, slug: &str) -> bool {
    snapshot.layer(&call.caller, Action::Discover, &call.scope, slug).is_some()
}

fn sort(layer: &Layer, text: &str) -> Result<Vec<Sort>, WfsError> {
    let mut keys = Vec::new();
    for key in text.split(',').map(str::trim).filter(|k| !k.is_empty()) {
        let (name, direction) = match key.rsplit_once(char::is_whitespace) {
            Some((name, direction)) => (name.trim(), direction.trim().to_ascii_uppercase()),
            None => (key, String::new()),
        };
        let descending = match direction.as_str() {
            "" | "A" | "ASC" => false,
            "D" | "DESC" => true,
            _ => return Err(WfsError::invalid("sortBy", "sortBy is written as name ASC,other DESC")),
        };
        match property(layer, name) {
            Some(Property::Column(column)) => keys.push(Sort { column: column.to_owned(), descending }),
            // Identifiers are the last key of every order anyway.
            Some(Property::Identifier) if !descending => break,
            Some(_) => {
                let named: String = name.chars().take(120).collect();
                return Err(WfsError::invalid("sortBy", format!("features can't be sorted by '{named}'")));
            }
            None => return Err(unknown_property(layer, name, "sortBy")),
        }
    }
    Ok(keys)
}

/// A filter's error in this protocol's words.
pub fn filter_error(error: FilterError, parameter: &str) -> WfsError {
    let code = match &error {
        FilterError::Xml { .. } | FilterError::TooDeep(_) | FilterError::TooLarge(_) => {
            "OperationParsingFailed"
        }
        // The filter is well formed and its names are known, but it has no result (OGC 09-025r2 table 3).
        FilterError::IsGeometry(_) | FilterError::NotGeometry(_) | FilterError::Types { .. } => {
            "OperationProcessingFailed"
        }
        _ => "InvalidParameterValue",
    };
    let locator = error.locator().unwrap_or(parameter).to_owned();
    WfsError::new(actix_web::http::StatusCode::BAD_REQUEST, code, &locator, error.to_string())
}

impl From<FeatureError> for WfsError {
    fn from(error: FeatureError) -> Self {
        match error {
            FeatureError::Store(error) => error.into(),
            FeatureError::Filter(error) => filter_error(error, "FILTER"),
            FeatureError::Transform(_) => Self::invalid("srsName", error.to_string()),
            FeatureError::UnknownProperty { .. } => Self::invalid("propertyName", error.to_string()),
            FeatureError::Geometry { .. } => {
                tracing::error!(%error, "a stored geometry can't be read");
                Self::new(
                    actix_web::http::StatusCode::INTERNAL_SERVER_ERROR,
                    "OperationProcessingFailed",
                    "",
                    error.to_string(),
                )
            }
            _ => Self::new(
                actix_web::http::StatusCode::BAD_REQUEST,
                "OperationProcessingFailed",
                "",
                error.to_string(),
            ),
        }
    }
}

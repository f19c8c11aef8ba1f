//! From a typed request to queries of the feature engine: names looked up, filters read.

use super::error::WfsError;
use super::request::{GetFeature, RawQuery};
use super::version::Version;
use super::versions::{self, Found};
use crate::access::Action;
use crate::features::{FeatureError, Geometry, Join, Page, Query, Sort};
use crate::filter::ast::ResourceId;
use crate::filter::{Filter, FilterError, FilterLimits, Reading, ecql, fes, kvp, xml};
use crate::geo::CrsRef;
use crate::geo::crs::CrsSpelling;
use crate::model::Layer;
use crate::publish::Snapshot;
use crate::services::edge::Call;
use std::sync::Arc;

mod join;

/// One query of a request, ready to be run.
#[derive(Clone, Debug)]
pub struct Part {
    /// What to read; the page is set when counts are known. Of a join its first type.
    pub query: Query,
    /// The system to write, in the spelling that the client used.
    pub crs: CrsRef,
    /// Whether no system was asked for, so that each type of a join has its own.
    pub is_native: bool,
    /// The join that the query is.
    pub join: Option<Join>,
    /// The identifiers with versions that the query asks for.
    pub resources: Option<Vec<ResourceId>>,
    /// What was found by them.
    pub found: Option<Arc<Vec<Found>>>,
}

impl Part {
    /// A query in its layer's own system.
    pub fn of(query: Query) -> Self {
        let crs = native(&query.layer, Version::V200);
        Self { query, crs, is_native: true, join: None, resources: None, found: None }
    }
}

/// The queries of a request.
///
/// # Errors
/// [`WfsError`] that names the type, property, system or filter element at fault.
pub fn parts(call: &Call, snapshot: &Snapshot, get: &GetFeature) -> Result<Vec<Part>, WfsError> {
    let mut parts = Vec::new();
    for raw in &get.queries {
        // Before 2.0, several types in a query are that many queries.
        if raw.types.len() > 1 && get.version == Version::V200 {
            parts.push(join::part(call, snapshot, raw, get)?);
            continue;
        }
        let layers = if raw.types.is_empty() {
            layers_of_ids(call, snapshot, &raw.ids)?
        } else {
            let parameter = get.version.types_parameter();
            let found = raw.types.iter().map(|name| layer(call, snapshot, name, &get.namespaces, parameter));
            found.collect::<Result<_, _>>()?
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
    // Few types have a name that an agreed schema gives them: only what is no slug is looked for among all.
    let read = |slug: &str| snapshot.layer(&call.caller, Action::Read, &call.scope, slug);
    let by_slug = read(slug).filter(|l| fits(l) && l.local_type_name() == slug);
    let found = by_slug.or_else(|| {
        let mut layers = snapshot.visible_layers(&call.caller, &call.scope);
        let named = layers.find(|l| l.gml.type_name.as_deref() == Some(slug) && fits(l))?;
        read(&named.slug)
    });
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
    split_version(id).map(|(slug, fid, _)| (slug, fid))
}

/// The same with the number of a version that isn't the last: `communes.12.v3`.
pub fn split_version(id: &str) -> Option<(&str, i64, Option<i64>)> {
    let (name, last) = id.trim().rsplit_once('.')?;
    let number = last.strip_prefix('v').and_then(|n| n.parse::<i64>().ok());
    let (name, fid) = if number.is_some() { name.rsplit_once('.')? } else { (name, last) };
    let slug = name.rsplit(':').next().unwrap_or(name);
    Some((slug, fid.parse().ok()?, number))
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
    let resources = query.filter.as_ref().and_then(versions::asked);
    Ok(Part { query, crs, is_native: false, join: None, resources, found: None })
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

/// A layer, and which of its features are meant; all without a filter.
pub type Condition = (Arc<Layer>, Option<Filter>);

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
) -> Result<Vec<Condition>, WfsError> {
    let mut found = Vec::new();
    for raw in queries {
        if raw.types.len() > 1 && version == Version::V200 {
            let message = "a join is read only; name one feature type in each query";
            return Err(WfsError::invalid(version.types_parameter(), message));
        }
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
    if let Some(text) = &raw.cql {
        let filter = ecql::parse(text, &reading).map_err(|e| filter_error(e, "CQL_FILTER"))?;
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

/// The names of `a ASC,b DESC`, and whether each is descending.
fn sort_keys(text: &str) -> Result<Vec<(&str, bool)>, WfsError> {
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
        keys.push((name, descending));
    }
    Ok(keys)
}

fn sort(layer: &Layer, text: &str) -> Result<Vec<Sort>, WfsError> {
    let mut keys = Vec::new();
    for (name, descending) in sort_keys(text)? {
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
        FilterError::Xml { .. }
        | FilterError::Syntax { .. }
        | FilterError::TooDeep(_)
        | FilterError::TooLarge(_) => "OperationParsingFailed",
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
            FeatureError::Paging => super::paging::foreign_cursor(),
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

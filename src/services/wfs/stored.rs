//! Stored queries (OGC 09-025r2 clauses 7.9.3 and 14): the two that every service here has, and those that
//! clients keep.

mod definition;
mod table;

use super::error::WfsError;
use super::plan;
use super::request::{GET_FEATURE_BY_ID, Invocation, RawQuery, id_of, is_by_id};
use super::schema::Prefixes;
use super::transaction;
use crate::access::{self, Action, Subject};
use crate::model::{Dataset, Layer, Scope};
use crate::publish::Snapshot;
use crate::services::edge::Call;
use actix_web::http::StatusCode;
use definition::Definition;
use std::fmt::Write as _;
use std::sync::Arc;

/// The dataset of an INSPIRE download service (Technical Guidance for Download Services 3.1, requirement 45).
const GET_SPATIAL_DATA_SET: &str = "http://inspire.ec.europa.eu/operation/download/GetSpatialDataSet";

/// The language of the queries that can be kept (OGC 09-025r2 clause 14.2.2.5.3).
pub const LANGUAGE: &str = "urn:ogc:def:queryLanguage:OGC-WFS::WFSQueryExpression";

/// Code and namespace of a dataset's identifier, as its metadata record has it.
pub fn dataset_identifier(call: &Call, dataset: &Dataset) -> (String, String) {
    (dataset.record.to_string(), format!("{}/datasets/", call.app.config.public_url()))
}

/// The queries of a request, with those that are stored put in their places.
///
/// # Errors
/// `InvalidParameterValue` for an identifier or a parameter that isn't known, `MissingParameterValue`.
pub async fn looked_up(
    call: &Call,
    snapshot: &Snapshot,
    queries: Vec<RawQuery>,
    namespaces: &mut Vec<(String, String)>,
) -> Result<Vec<RawQuery>, WfsError> {
    let mut out = Vec::with_capacity(queries.len());
    for query in queries {
        let Some(invocation) = &query.stored else {
            out.push(query);
            continue;
        };
        if is_by_id(&invocation.id) {
            out.push(RawQuery { ids: vec![id_of(invocation)?], ..RawQuery::default() });
        } else if invocation.id == GET_SPATIAL_DATA_SET {
            out.extend(data_set(call, snapshot, invocation)?);
        } else {
            let found = table::find(call, &invocation.id).await?;
            let found = found.ok_or_else(|| unknown(&invocation.id, "storedQuery_Id"))?;
            let (found, declared) = found.queries(invocation, &call.app.config.limits)?;
            out.extend(found);
            namespaces.extend(declared);
        }
    }
    Ok(out)
}

fn unknown(id: &str, parameter: &str) -> WfsError {
    let named: String = id.chars().take(120).collect();
    let message = format!("there is no stored query '{named}'; ListStoredQueries names those that there are");
    WfsError::invalid(parameter, message)
}

/// All types of the dataset that is named.
fn data_set(call: &Call, snapshot: &Snapshot, invocation: &Invocation) -> Result<Vec<RawQuery>, WfsError> {
    let value = |name: &str| {
        let missing = || WfsError::missing(name, format!("GetSpatialDataSet needs the parameter {name}"));
        invocation.value(name).filter(|v| !v.is_empty()).ok_or_else(missing)
    };
    let (crs, code, space) = (value("CRS")?, value("DataSetIdCode")?, value("DataSetIdNamespace")?);
    let dataset = snapshot.visible_datasets(&call.caller, &call.scope).find(|dataset| {
        let (own_code, own_space) = dataset_identifier(call, dataset);
        own_space.trim_end_matches('/') == space.trim_end_matches('/')
            && (own_code.eq_ignore_ascii_case(code) || code == format!("{own_space}{own_code}"))
    });
    let dataset = dataset.ok_or_else(|| {
        let named: String = code.chars().take(120).collect();
        let message = format!(
            "there is no dataset '{named}' in this namespace; the capabilities list SpatialDataSetIdentifier"
        );
        WfsError::invalid("DataSetIdCode", message)
    })?;
    let layers = snapshot.visible_layers(&call.caller, &call.scope).filter(|l| l.dataset.id == dataset.id);
    Ok(layers
        .map(|layer| RawQuery {
            types: vec![layer.type_name()],
            srs: Some(crs.to_owned()),
            ..RawQuery::default()
        })
        .collect())
}

/// Whether the caller may keep and drop queries at this address: who edits what it shows.
///
/// # Errors
/// [`WfsError`] with the status that says what would help.
pub fn may_manage(call: &Call, snapshot: &Snapshot) -> Result<(), WfsError> {
    transaction::may_edit(call)?;
    let organisation = match &call.scope {
        Scope::Everything | Scope::Part(_) => None,
        Scope::Organisation(slug) => Some(slug.as_str()),
        Scope::Dataset(slug) => snapshot.datasets.get(slug).map(|dataset| dataset.organisation.slug.as_str()),
    };
    if access::allows(&call.caller, Action::Edit, Subject::Address { organisation }) {
        return Ok(());
    }
    let message = "this token edits another organisation's data, and keeps no queries here";
    Err(WfsError::new(StatusCode::FORBIDDEN, "OperationProcessingFailed", "", message))
}

/// Keeps queries: all of a request, or none.
///
/// # Errors
/// Codes of OGC 09-025r2 table 3, with what is at fault as locator.
pub async fn create(call: &Call, definitions: &[String]) -> Result<String, WfsError> {
    let depth = call.app.config.limits.filter_depth;
    let mut new: Vec<Definition> = Vec::with_capacity(definitions.len());
    for text in definitions {
        let definition = Definition::read(text, depth)?;
        let known = is_by_id(&definition.id) || definition.id == GET_SPATIAL_DATA_SET;
        if known || new.iter().any(|d| d.id == definition.id) {
            return Err(table::duplicate(&definition.id));
        }
        new.push(definition);
    }
    table::insert(call, &new).await?;
    Ok(status("CreateStoredQueryResponse"))
}

/// Drops a query that was kept at this address.
///
/// # Errors
/// `InvalidParameterValue` when there is none of this identifier.
pub async fn drop(call: &Call, id: &str) -> Result<String, WfsError> {
    if is_by_id(id) || id == GET_SPATIAL_DATA_SET {
        return Err(WfsError::invalid("id", "this query is part of the service and can't be dropped"));
    }
    if table::delete(call, id).await? {
        Ok(status("DropStoredQueryResponse"))
    } else {
        Err(unknown(id, "id"))
    }
}

fn status(name: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <wfs:{name} xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"http://www.opengis.net/wfs/2.0 http://schemas.opengis.net/wfs/2.0/wfs.xsd\" \
         status=\"OK\"/>\n"
    )
}

fn root(out: &mut String, name: &str, layers: &[&Arc<Layer>]) {
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <wfs:{name} xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:gml=\"http://www.opengis.net/gml/3.2\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"{} \
         xsi:schemaLocation=\"http://www.opengis.net/wfs/2.0 http://schemas.opengis.net/wfs/2.0/wfs.xsd\">\n",
        Prefixes::of(layers.iter().copied()).declarations()
    );
}

/// Names of all types; any feature where there is none yet.
fn types(layers: &[&Arc<Layer>]) -> Vec<String> {
    if layers.is_empty() {
        return vec!["gml:AbstractFeature".to_owned()];
    }
    layers.iter().map(|l| l.type_name()).collect()
}

/// The answer of ListStoredQueries.
///
/// # Errors
/// [`WfsError`] of the database.
pub async fn list(call: &Call, snapshot: &Snapshot, layers: &[&Arc<Layer>]) -> Result<String, WfsError> {
    let kept = table::all(call).await?;
    let mut out = String::new();
    root(&mut out, "ListStoredQueriesResponse", layers);
    let all = types(layers);
    let returned = |out: &mut String, names: &[String]| {
        for name in if names.is_empty() { &all } else { names } {
            let _ = writeln!(out, "<wfs:ReturnFeatureType>{name}</wfs:ReturnFeatureType>");
        }
        out.push_str("</wfs:StoredQuery>\n");
    };
    let _ = write!(
        out,
        "<wfs:StoredQuery id=\"{GET_FEATURE_BY_ID}\">\n<wfs:Title xml:lang=\"en\">Get feature by identifier</wfs:Title>\n\
         <wfs:Title xml:lang=\"fr\">Objet par son identifiant</wfs:Title>\n"
    );
    returned(&mut out, &[]);
    let _ = write!(
        out,
        "<wfs:StoredQuery id=\"{GET_SPATIAL_DATA_SET}\">\n<wfs:Title xml:lang=\"en\">Get spatial data set</wfs:Title>\n\
         <wfs:Title xml:lang=\"fr\">Jeu de données entier</wfs:Title>\n"
    );
    returned(&mut out, &[]);
    for definition in kept {
        definition.push_head(&mut out);
        let names = definition.return_types().into_iter().filter_map(|(name, namespaces)| {
            plan::layer(call, snapshot, &name, &namespaces, "typeNames").ok().map(|l| l.type_name())
        });
        returned(&mut out, &names.collect::<Vec<_>>());
    }
    out.push_str("</wfs:ListStoredQueriesResponse>\n");
    Ok(out)
}

/// The answer of DescribeStoredQueries; of all queries when no identifier is given.
///
/// # Errors
/// `InvalidParameterValue` for an identifier that isn't known.
pub async fn describe(call: &Call, layers: &[&Arc<Layer>], ids: &[String]) -> Result<String, WfsError> {
    let mut out = String::new();
    root(&mut out, "DescribeStoredQueriesResponse", layers);
    let types = types(layers).join(" ");
    let kept = match ids {
        [] => table::all(call).await?,
        ids if ids.iter().all(|id| is_by_id(id) || id == GET_SPATIAL_DATA_SET) => Vec::new(),
        _ => table::all(call).await?,
    };
    if ids.is_empty() {
        by_id(&mut out, GET_FEATURE_BY_ID, &types);
        spatial_data_set(&mut out, &types);
        for definition in &kept {
            out.push_str(&definition.description());
        }
    }
    for id in ids {
        if is_by_id(id) {
            by_id(&mut out, id, &types);
        } else if id == GET_SPATIAL_DATA_SET {
            spatial_data_set(&mut out, &types);
        } else {
            let found = kept.iter().find(|d| d.id == *id);
            out.push_str(&found.ok_or_else(|| unknown(id, "storedQuery_Id"))?.description());
        }
    }
    out.push_str("</wfs:DescribeStoredQueriesResponse>\n");
    Ok(out)
}

/// The end of a description whose expression is the server's own affair.
fn private(out: &mut String, types: &str) {
    let _ = write!(
        out,
        "<wfs:QueryExpressionText returnFeatureTypes=\"{types}\" language=\"{LANGUAGE}\" isPrivate=\"true\"/>\n\
         </wfs:StoredQueryDescription>\n"
    );
}

fn by_id(out: &mut String, id: &str, types: &str) {
    let _ = write!(
        out,
        "<wfs:StoredQueryDescription id=\"{id}\">\n\
         <wfs:Title xml:lang=\"en\">Get feature by identifier</wfs:Title>\n\
         <wfs:Abstract xml:lang=\"en\">The one feature whose gml:id is given.</wfs:Abstract>\n\
         <wfs:Parameter name=\"id\" type=\"xs:string\"/>\n"
    );
    private(out, types);
}

fn spatial_data_set(out: &mut String, types: &str) {
    let _ = write!(
        out,
        "<wfs:StoredQueryDescription id=\"{GET_SPATIAL_DATA_SET}\">\n\
         <wfs:Title xml:lang=\"en\">Get spatial data set</wfs:Title>\n\
         <wfs:Abstract xml:lang=\"en\">All features of the data set whose identifier is given (INSPIRE).</wfs:Abstract>\n\
         <wfs:Parameter name=\"CRS\" type=\"xs:string\"/>\n\
         <wfs:Parameter name=\"DataSetIdCode\" type=\"xs:string\"/>\n\
         <wfs:Parameter name=\"DataSetIdNamespace\" type=\"xs:string\"/>\n\
         <wfs:Parameter name=\"Language\" type=\"xs:string\"/>\n"
    );
    private(out, types);
}

//! Transactions in all versions (OGC 09-025r2 clause 15, OGC 04-094 clause 12, OGC 02-058 clause 11): read
//! whole (`read`), handed to the edit engine as one transaction of the database, answered in the version of
//! the request (`respond`), whatever version the client's layer has: QGIS sends the form of 1.0 to any.

mod error;
mod feature;
mod heights;
mod identity;
mod kvp;
mod model;
mod names;
mod read;
mod respond;

use super::error::WfsError;
use super::plan;
use super::version::Version;
use crate::features::edit::{self, Change, NewValue, Release};
use crate::features::{LockId, add_gml_properties};
use crate::model::Layer;
use crate::publish::Snapshot;
use crate::services::edge::{Call, Kvp};
use crate::store::StoreError;
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use model::{Action, NewFeature, Value, What};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Pause before it is looked again whether this node has heard of a change.
const HEARD: Duration = Duration::from_millis(5);

pub use error::{excerpt, of_edit};
pub use read::some;
pub use respond::SCHEMA_100;

/// A Transaction as it came.
#[derive(Clone, Debug)]
pub enum Source {
    /// The document.
    Xml(Arc<str>),
    /// Key-value pairs, which can say Delete only.
    Kvp(Box<super::request::RawRequest>),
}

/// Makes a transaction and tells what it did.
///
/// # Errors
/// [`WfsError`] that names the action, feature and property at fault; nothing is written then.
pub async fn answer(
    call: &Call,
    snapshot: &Arc<Snapshot>,
    version: Version,
    source: Source,
) -> Result<HttpResponse, WfsError> {
    let body = match run(call, snapshot, version, source).await {
        Ok(outcome) => respond::success(version, &outcome),
        Err(error) if version == Version::V100 && is_refusal(&error) => respond::failure_100(&error),
        Err(error) => return Err(error),
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type(format!("{}; charset=utf-8", version.document_type()))
        .body(body))
}

/// Whether an error is about what the transaction says, rather than about reading it or the caller.
fn is_refusal(error: &WfsError) -> bool {
    matches!(error.status, StatusCode::BAD_REQUEST | StatusCode::CONFLICT)
        && error.code != "OperationParsingFailed"
}

async fn run(
    call: &Call,
    snapshot: &Arc<Snapshot>,
    version: Version,
    source: Source,
) -> Result<edit::Outcome, WfsError> {
    may_edit(call)?;
    let (transaction, wanted) = read(call, Arc::clone(snapshot), version, source.clone()).await?;
    let transaction = if wanted.is_empty() {
        transaction
    } else {
        // The layers get the properties, and the transaction is read again as they then are.
        let snapshot = give_gml_properties(call, version, &wanted).await?;
        read(call, snapshot, version, source).await?.0
    };
    let mut transaction = transaction;
    if version == Version::V200 {
        restore(call, &mut transaction).await?;
    }
    let transaction = to_engine(transaction);
    call.app.editor.apply(transaction, call.deadline()).await.map_err(|error| of_edit(version, error))
}

/// Gives inserted features that were deleted before the identifiers that they had: their history goes on. All
/// others get new ones; WFS 2.0 leaves that to the server (OGC 09-025r2 clause 15.2.4).
async fn restore(call: &Call, transaction: &mut model::Transaction) -> Result<(), WfsError> {
    let mut used: HashSet<(i64, i64)> = HashSet::new();
    for action in &mut transaction.actions {
        let What::Insert(features) = &mut action.what else { continue };
        let layer = &action.layer;
        let named = |feature: &NewFeature| {
            let (slug, fid) = plan::split_id(feature.id.as_deref()?)?;
            (slug == layer.slug && fid > 0).then_some(fid)
        };
        let fids: Vec<i64> = features.iter().filter_map(named).collect();
        if fids.is_empty() {
            continue;
        }
        let deleted = call.app.history.deleted(layer, &fids, call.deadline()).await;
        let deleted = deleted.map_err(|error| of_edit(Version::V200, error))?;
        for feature in features {
            feature.fid = named(feature).filter(|fid| deleted.contains(fid) && used.insert((layer.id, *fid)));
        }
    }
    Ok(())
}

/// Properties of GML's own that layers are to have a column for.
type Wanted = Vec<(Arc<Layer>, Vec<String>)>;

/// Adds the columns and answers what is published then.
async fn give_gml_properties(
    call: &Call,
    version: Version,
    wanted: &Wanted,
) -> Result<Arc<Snapshot>, WfsError> {
    let deadline = call.deadline();
    for (layer, columns) in wanted {
        let added = add_gml_properties(&call.app.store, layer, columns, deadline).await;
        added.map_err(|error| of_edit(version, error))?;
    }
    loop {
        let snapshot = call.app.registry.snapshot();
        let has = |(layer, columns): &(Arc<Layer>, Vec<String>)| {
            let now = snapshot.layers.get(&layer.slug);
            now.is_none_or(|now| columns.iter().all(|name| now.column(name).is_some()))
        };
        if wanted.iter().all(has) {
            return Ok(snapshot);
        }
        if deadline.left().is_zero() {
            return Err(StoreError::Deadline.into());
        }
        tokio::time::sleep(HEARD).await;
    }
}

/// Reads away from the workers that serve: a transaction may be long.
async fn read(
    call: &Call,
    snapshot: Arc<Snapshot>,
    version: Version,
    source: Source,
) -> Result<(model::Transaction, Wanted), WfsError> {
    let call = call.clone();
    let work = move || {
        let reader = read::Reader::new(&call, &snapshot, version);
        let transaction = match source {
            Source::Xml(text) => reader.document(&text)?,
            Source::Kvp(raw) => kvp::delete(&call, &snapshot, version, &raw)?,
        };
        Ok::<_, WfsError>((transaction, reader.wanted()))
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(read) => read,
        Err(_) => {
            let message = "the transaction could not be read; try again";
            Err(WfsError::new(StatusCode::INTERNAL_SERVER_ERROR, "NoApplicableCode", "", message))
        }
    }
}

/// Whether the caller may edit at all, before anything of the request is looked at.
///
/// # Errors
/// [`WfsError`] with the status that says what would help.
pub fn may_edit(call: &Call) -> Result<(), WfsError> {
    if call.head_only {
        let message = "HEAD changes nothing; send the request by POST";
        return Err(WfsError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "OperationNotSupported",
            "request",
            message,
        ));
    }
    call.may_edit_something().map_err(|denied| error::of_denied(&denied, "request"))
}

/// Whether the caller may edit a layer.
///
/// # Errors
/// [`WfsError`] with the status that says what would help.
pub fn permit(call: &Call, layer: &Layer, locator: &str) -> Result<(), WfsError> {
    call.may_edit_features(layer).map_err(|denied| error::of_denied(&denied, locator))
}

/// The lock that a parameter names.
fn lock(kvp: &Kvp) -> Option<String> {
    kvp.filled("lockId").map(str::to_owned)
}

fn to_engine(transaction: model::Transaction) -> edit::Transaction {
    edit::Transaction {
        changes: transaction.actions.into_iter().flat_map(changes).collect(),
        lock: transaction.lock_id.as_deref().map(LockId::new),
        release: if transaction.release_some { Release::Some } else { Release::All },
        expected: Vec::new(),
    }
}

fn changes(action: Action) -> Vec<Change> {
    let Action { handle, layer, what } = action;
    match what {
        What::Insert(features) => {
            let mut changes = Vec::new();
            // One that replaces another makes room for itself first.
            let replaced: Vec<String> =
                features.iter().filter(|f| f.replace).filter_map(|f| Some(f.fid?.to_string())).collect();
            if !replaced.is_empty() {
                let filter = Some(crate::filter::Filter::Ids(replaced));
                changes.push(Change::Delete { layer: Arc::clone(&layer), filter, handle: handle.clone() });
            }
            let features = features.into_iter().map(new_feature).collect();
            changes.push(Change::Insert { layer, features, handle });
            changes
        }
        What::Update(values, filter) => {
            let values = values.into_iter().map(|(name, value)| (name, new_value(value))).collect();
            vec![Change::Update { layer, filter, values, handle }]
        }
        What::Replace(feature, filter) => {
            let feature = new_feature(*feature);
            vec![Change::Replace { layer, filter: Some(filter), feature, handle }]
        }
        What::Delete(filter) => vec![Change::Delete { layer, filter: Some(filter), handle }],
    }
}

fn new_feature(feature: NewFeature) -> edit::NewFeature {
    edit::NewFeature {
        fid: feature.fid,
        values: feature.values.into_iter().map(|(name, value)| (name, new_value(value))).collect(),
        geometry: feature.geometry,
    }
}

fn new_value(value: Value) -> NewValue {
    match value {
        Value::Null => NewValue::Null,
        Value::Text(text) => NewValue::Text(text),
        Value::Geometry(geometry) => NewValue::Geometry(geometry),
    }
}

//! LockFeature and GetFeatureWithLock (OGC 09-025r2 clauses 12 and 13, OGC 04-094 clauses 10 and 11, OGC 02-058
//! clause 10): what is asked is found as GetFeature finds it, and held by the lock engine.

use super::error::WfsError;
use super::handler;
use super::plan::Part;
use super::request::{self, GetFeature, RawRequest};
use super::transaction::{SCHEMA_100, excerpt, may_edit, of_edit, permit, some};
use super::version::Version;
use crate::features::{Geometry, Lock, LockAction, LockId, LockPart, LockRequest};
use crate::filter::Filter;
use crate::publish::Snapshot;
use crate::services::edge::{Call, printable};
use actix_web::HttpResponse;
use actix_web::http::header;
use futures_util::StreamExt;
use quick_xml::escape::escape;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// A lock's time when none is asked for: the schemas of all versions say five minutes.
const DEFAULT_EXPIRY: Duration = Duration::from_secs(300);

/// A lock's longest time: who needs longer resets the lock.
const LONGEST_EXPIRY: Duration = Duration::from_secs(24 * 3600);

/// How features are to be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locking {
    /// Time until the lock ends by itself.
    pub expiry: Duration,
    /// Whether some features are enough.
    pub action: LockAction,
}

/// A LockFeature request.
#[derive(Clone, Debug)]
pub enum LockFeature {
    /// A new lock of what queries find.
    New(GetFeature, Locking),
    /// A lock's time begins anew.
    Renew(String, Locking),
}

/// Reads the parameters of a LockFeature.
///
/// # Errors
/// [`WfsError`] for what is missing or out of range.
pub fn feature(raw: &RawRequest, version: Version) -> Result<LockFeature, WfsError> {
    let locking = locking(raw, version)?;
    match raw.parameters.filled("lockId") {
        None => Ok(LockFeature::New(request::get_feature(raw, version)?, locking)),
        Some(_) if !raw.queries.is_empty() => {
            let message = "a lock is reset by its lockId alone; leave out the queries, or the lockId";
            Err(WfsError::parsing("lockId", message))
        }
        Some(id) => Ok(LockFeature::Renew(id.to_owned(), locking)),
    }
}

/// Reads `expiry` and `lockAction`: minutes in WFS 1, seconds in WFS 2 (OGC 04-094 clause 10.2.1, OGC 09-025r2
/// clause 12.2.4.3).
///
/// # Errors
/// [`WfsError`] for another value than there may be.
pub fn locking(raw: &RawRequest, version: Version) -> Result<Locking, WfsError> {
    let (unit, seconds) = if version == Version::V200 { ("seconds", 1) } else { ("minutes", 60) };
    let expiry = match raw.parameters.filled("expiry") {
        None => DEFAULT_EXPIRY,
        Some(text) => {
            let wanted =
                text.parse::<u64>().ok().and_then(|n| n.checked_mul(seconds)).map(Duration::from_secs);
            wanted.filter(|d| !d.is_zero() && *d <= LONGEST_EXPIRY).ok_or_else(|| {
                let message = format!(
                    "expiry is a whole number of {unit} from 1 to {}, not '{}'",
                    LONGEST_EXPIRY.as_secs() / seconds,
                    excerpt(text)
                );
                WfsError::invalid("expiry", message)
            })?
        }
    };
    let action = match some(raw.parameters.filled("lockAction"), "lockAction")? {
        true => LockAction::Some,
        false => LockAction::All,
    };
    Ok(Locking { expiry, action })
}

/// Locks features, or resets a lock, and tells which features it holds.
///
/// # Errors
/// [`WfsError`]; nothing is locked then.
pub async fn lock_feature(
    call: &Call,
    snapshot: &Snapshot,
    version: Version,
    request: LockFeature,
) -> Result<HttpResponse, WfsError> {
    may_edit(call)?;
    let lock = match request {
        LockFeature::Renew(id, locking) => {
            let renewed = call.app.locks.renew(&LockId::new(&id), locking.expiry, call.deadline()).await;
            renewed.map_err(|error| of_edit(version, error))?
        }
        LockFeature::New(get, locking) => {
            let mut parts = handler::parts(call, snapshot, &get).await?;
            acquire(call, &get, &mut parts, locking).await?
        }
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type(format!("{}; charset=utf-8", version.document_type()))
        .body(response(version, &lock)))
}

/// Locks what a GetFeature would answer, and answers what is locked.
///
/// # Errors
/// [`WfsError`]; nothing is locked then.
pub async fn get_feature(
    call: &Call,
    snapshot: &Snapshot,
    mut get: GetFeature,
    locking: Locking,
) -> Result<HttpResponse, WfsError> {
    may_edit(call)?;
    if get.hits {
        let message =
            "resultType is 'results' here: features are locked to be had (use LockFeature otherwise)";
        return Err(WfsError::invalid("resultType", message));
    }
    if !get.format.is_gml() {
        let message = "features with a lock are answered as GML, whose collections can tell the lockId";
        return Err(WfsError::invalid("outputFormat", message));
    }
    let mut parts = handler::parts(call, snapshot, &get).await?;
    let lock = acquire(call, &get, &mut parts, locking).await?;
    for part in &mut parts {
        let slug = &part.query.layer.slug;
        let held = lock.locked.iter().filter(|(layer, _)| layer == slug);
        let held = Filter::Ids(held.map(|(_, fid)| fid.to_string()).collect());
        part.query.filter = Filter::and(part.query.filter.take(), Some(held));
    }
    // The page was chosen when the features were locked.
    (get.start, get.count, get.by_id) = (0, None, None);
    get.lock_id = Some(lock.id.as_str().to_owned());
    handler::answer_parts(call, &get, parts, None).await
}

/// Locks the features of some queries; of those with a page, the features of the page, which then are the
/// query.
async fn acquire(
    call: &Call,
    get: &GetFeature,
    parts: &mut [Part],
    locking: Locking,
) -> Result<Lock, WfsError> {
    if parts.iter().any(|part| part.join.is_some() || part.found.is_some()) {
        let message = "features are locked as they are today, by queries of one feature type each";
        return Err(WfsError::invalid(get.version.types_parameter(), message));
    }
    for part in parts.iter() {
        permit(call, &part.query.layer, get.version.types_parameter())?;
    }
    if get.count.is_some() || get.start > 0 {
        choose_page(call, get, parts).await?;
    }
    let parts = parts.iter().map(|part| LockPart {
        layer: Arc::clone(&part.query.layer),
        filter: part.query.filter.clone(),
        handle: None,
    });
    let request = LockRequest { parts: parts.collect(), expiry: locking.expiry, action: locking.action };
    call.app.locks.lock(request, call.deadline()).await.map_err(|error| of_edit(get.version, error))
}

/// Makes each query's condition the identifiers of its part of the page.
async fn choose_page(call: &Call, get: &GetFeature, parts: &mut [Part]) -> Result<(), WfsError> {
    let (mut skip, mut left) = (get.start, get.count.unwrap_or(u64::MAX));
    let most = call.app.config.limits.transaction_features as u64;
    let deadline = call.deadline();
    for part in parts {
        let mut bare = part.query.clone();
        bare.columns = Some(Vec::new());
        bare.geometry = Geometry::Skip;
        if skip > 0 {
            let all = handler::rows(&call.app.features, &bare, deadline).await?;
            bare.page.offset = skip.min(all);
            skip -= bare.page.offset;
        }
        // One more than may be locked, so that too many are told rather than cut.
        bare.page.limit = Some(left.min(most.saturating_add(1)));
        let mut stream = call.app.features.stream(&bare, deadline).await?;
        let mut chosen = Vec::new();
        while let Some(feature) = stream.next().await {
            chosen.push(feature?.fid().to_string());
        }
        left -= chosen.len() as u64;
        part.query.filter = Some(Filter::Ids(chosen));
    }
    Ok(())
}

/// What is locked and what is not, in the form of a version.
fn response(version: Version, lock: &Lock) -> String {
    const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
    let id = escape(printable(lock.id.as_str())).into_owned();
    let (name, element, attribute) = match version {
        Version::V200 => ("wfs:LockFeatureResponse", "fes:ResourceId", "rid"),
        Version::V110 => ("wfs:LockFeatureResponse", "ogc:FeatureId", "fid"),
        Version::V100 => ("wfs:WFS_LockFeatureResponse", "ogc:FeatureId", "fid"),
    };
    let schema = if version == Version::V100 { SCHEMA_100 } else { version.schema() };
    let (filter_prefix, filter) = version.filter_namespace();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{name} xmlns:wfs=\"{wfs}\" xmlns:{filter_prefix}=\"{filter}\" xmlns:xsi=\"{XSI}\" \
         xsi:schemaLocation=\"{wfs} {schema}\"",
        wfs = version.namespace()
    );
    if version == Version::V200 {
        let _ = writeln!(out, " lockId=\"{id}\">");
    } else {
        let _ = write!(out, ">\n<wfs:LockId>{id}</wfs:LockId>\n");
    }
    for (list, features) in [("FeaturesLocked", &lock.locked), ("FeaturesNotLocked", &lock.refused)] {
        if features.is_empty() {
            continue;
        }
        let _ = write!(out, "<wfs:{list}>");
        for (layer, fid) in features {
            let _ = write!(out, "<{element} {attribute}=\"{layer}.{fid}\"/>");
        }
        let _ = writeln!(out, "</wfs:{list}>");
    }
    let _ = writeln!(out, "</{name}>");
    out
}

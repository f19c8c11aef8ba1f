//! The operations: what is visible is asked of `access` through the snapshot, features of the engine.

use super::error::WfsError;
use super::format::Format;
use super::plan::{self, Part};
use super::request::{GetFeature, Request};
use super::response::{self, Head};
use super::version::Version;
use super::{capabilities, lock, paging, schema, stored, transaction, versions};
use crate::access::Action;
use crate::features::{Count, FeatureEngine, Geometry, Query};
use crate::filter::Filter;
use crate::filter::ast::Expr;
use crate::geo::CrsRef;
use crate::geo::crs::CrsSpelling;
use crate::model::Layer;
use crate::publish::Snapshot;
use crate::services::edge::{Call, etag_matches, not_modified, with_etag};
use crate::store::Deadline;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// Media type of the documents of WFS 2.0.
const XML: &str = "application/xml; charset=utf-8";

/// Answers a request.
///
/// # Errors
/// [`WfsError`], to be told to the client.
pub async fn answer(
    call: &Call,
    http: &HttpRequest,
    version: Version,
    request: Request,
) -> Result<HttpResponse, WfsError> {
    let snapshot = call.app.registry.snapshot();
    if !snapshot.has_scope(&call.caller, &call.scope) {
        let message = format!("there is nothing at '{}'", call.scope.prefix());
        return Err(WfsError::new(StatusCode::NOT_FOUND, "InvalidParameterValue", "", message));
    }
    match request {
        Request::GetCapabilities { sections, update_sequence } => {
            get_capabilities(call, http, &snapshot, version, &sections, update_sequence.as_deref())
        }
        Request::DescribeFeatureType { types, namespaces, format } => {
            let named = types
                .iter()
                .map(|name| plan::layer(call, &snapshot, name, &namespaces, version.types_parameter()))
                .collect::<Result<Vec<_>, _>>()?;
            describe_feature_type(call, http, &snapshot, version, &named, format.as_deref())
        }
        Request::GetFeature(get) => get_feature(call, &snapshot, get).await,
        Request::GetPropertyValue(get, reference) => {
            get_property_value(call, &snapshot, get, &reference).await
        }
        Request::Transaction(_)
        | Request::LockFeature(_)
        | Request::GetFeatureWithLock(..)
        | Request::CreateStoredQuery(_)
        | Request::DropStoredQuery(_)
            if !call.editing() =>
        {
            Err(WfsError::not_supported(version, request.name()))
        }
        Request::Transaction(source) => transaction::answer(call, &snapshot, version, source).await,
        Request::LockFeature(request) => lock::lock_feature(call, &snapshot, version, request).await,
        Request::GetFeatureWithLock(get, locking) => lock::get_feature(call, &snapshot, get, locking).await,
        Request::ListStoredQueries => {
            let document = stored::list(call, &snapshot, &visible(call, &snapshot)).await?;
            Ok(described(http, document, XML))
        }
        Request::DescribeStoredQueries(ids) => {
            let document = stored::describe(call, &visible(call, &snapshot), &ids).await?;
            Ok(described(http, document, XML))
        }
        Request::CreateStoredQuery(definitions) => {
            stored::may_manage(call, &snapshot)?;
            Ok(done(stored::create(call, &definitions).await?))
        }
        Request::DropStoredQuery(id) => {
            stored::may_manage(call, &snapshot)?;
            Ok(done(stored::drop(call, &id).await?))
        }
    }
}

/// What a change answers.
fn done(document: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).content_type(XML).body(document)
}

fn visible<'a>(call: &'a Call, snapshot: &'a Snapshot) -> Vec<&'a Arc<Layer>> {
    snapshot.visible_layers(&call.caller, &call.scope).collect()
}

/// A document that hangs on stored facts alone: with the ETag of its text.
fn described(http: &HttpRequest, document: String, media_type: &str) -> HttpResponse {
    let etag = format!("\"{:016x}\"", xxh3_64(document.as_bytes()));
    if etag_matches(http, &etag) {
        return not_modified(&etag);
    }
    with_etag(&mut HttpResponse::Ok(), &etag)
        .insert_header((header::VARY, "Accept-Language"))
        .content_type(media_type)
        .body(document)
}

fn get_capabilities(
    call: &Call,
    http: &HttpRequest,
    snapshot: &Snapshot,
    version: Version,
    sections: &[String],
    update_sequence: Option<&str>,
) -> Result<HttpResponse, WfsError> {
    let media_type = format!("{}; charset=utf-8", version.document_type());
    let answer = |layers: &[&Arc<Layer>], sections: &[String]| {
        let document = capabilities::document(call, version, layers, snapshot.generation, sections);
        described(http, document, &media_type)
    };
    if let Some(known) = update_sequence {
        // OGC 06-121r3 section 7.3.4: the same is answered by a short document, a later one is wrong.
        match known.parse::<i64>() {
            Ok(n) if n < snapshot.generation => {}
            Ok(n) if n == snapshot.generation => {
                return Ok(answer(&[], &["none".to_owned()]));
            }
            _ => {
                let message = format!("updateSequence is {} here", snapshot.generation);
                return Err(WfsError::new(
                    StatusCode::BAD_REQUEST,
                    "InvalidUpdateSequence",
                    "updateSequence",
                    message,
                ));
            }
        }
    }
    Ok(answer(&visible(call, snapshot), sections))
}

fn describe_feature_type(
    call: &Call,
    http: &HttpRequest,
    snapshot: &Snapshot,
    version: Version,
    named: &[Arc<Layer>],
    format: Option<&str>,
) -> Result<HttpResponse, WfsError> {
    let format = match Format::parse(version, format)? {
        format if format.is_gml() => format,
        _ => {
            let offered: Vec<_> = Format::of_schemas(version).collect();
            let message = format!("the schema is offered as {}", offered.join(" and "));
            return Err(WfsError::invalid("outputFormat", message));
        }
    };
    let mut layers: Vec<&Arc<Layer>> =
        if named.is_empty() { visible(call, snapshot) } else { named.iter().collect() };
    layers.sort_by(|a, b| a.slug.cmp(&b.slug));
    layers.dedup_by(|a, b| a.slug == b.slug);
    Ok(described(http, schema::document(version, &layers, &call.url("/wfs"), format), format.media_type()))
}

async fn get_feature(call: &Call, snapshot: &Snapshot, get: GetFeature) -> Result<HttpResponse, WfsError> {
    if let Some(id) = &get.by_id {
        return feature_by_id(call, snapshot, id, get.format).await;
    }
    let parts = parts(call, snapshot, &get).await?;
    answer_parts(call, &get, parts, None).await
}

/// The queries of a request, stored ones as ad hoc ones.
pub(super) async fn parts(call: &Call, snapshot: &Snapshot, get: &GetFeature) -> Result<Vec<Part>, WfsError> {
    if let Some(id) = &get.by_id {
        return Ok(vec![part_of_id(call, snapshot, id)?]);
    }
    let mut parts = if get.queries.iter().all(|query| query.stored.is_none()) {
        plan::parts(call, snapshot, get)?
    } else {
        let mut whole = get.clone();
        let queries = std::mem::take(&mut whole.queries);
        whole.queries = stored::looked_up(call, snapshot, queries, &mut whole.namespaces).await?;
        plan::parts(call, snapshot, &whole)?
    };
    for part in &mut parts {
        if let Some(resources) = part.resources.take() {
            versions::read(call, part, &resources).await?;
        }
    }
    Ok(parts)
}

async fn get_property_value(
    call: &Call,
    snapshot: &Snapshot,
    mut get: GetFeature,
    reference: &str,
) -> Result<HttpResponse, WfsError> {
    let mut parts = parts(call, snapshot, &get).await?;
    get.by_id = None;
    if parts.iter().any(|part| part.join.is_some() || part.found.is_some()) {
        let message = "values are read of one feature type, as it is today; use GetFeature";
        return Err(WfsError::new(StatusCode::BAD_REQUEST, "OptionNotSupported", "", message));
    }
    for part in &mut parts {
        let layer = Arc::clone(&part.query.layer);
        let present = |name: &str| Filter::Not(Box::new(Filter::IsNull(Expr::Property(name.to_owned()))));
        // Only features that have the value answer with a member; counts follow.
        let (columns, condition, geometry) = match plan::property(&layer, reference) {
            Some(plan::Property::Column(name)) => (vec![name.to_owned()], Some(present(name)), false),
            Some(plan::Property::Geometry) => (Vec::new(), Some(present("geom")), true),
            Some(plan::Property::Identifier) => (Vec::new(), None, false),
            Some(plan::Property::Standard) => (Vec::new(), Some(Filter::Constant(false)), false),
            None => return Err(plan::unknown_property(&layer, reference, "valueReference")),
        };
        part.query.columns = Some(columns);
        part.query.filter = Filter::and(part.query.filter.take(), condition);
        if !geometry {
            part.query.geometry = Geometry::Skip;
        }
    }
    answer_parts(call, &get, parts, Some(reference)).await
}

/// Counts, then writes the head and the parts as features arrive.
pub(super) async fn answer_parts(
    call: &Call,
    get: &GetFeature,
    mut parts: Vec<Part>,
    reference: Option<&str>,
) -> Result<HttpResponse, WfsError> {
    let cursor = get.cursor.as_ref().filter(|_| !get.hits);
    if let Some(cursor) = cursor {
        let [part] = parts.as_mut_slice() else { return Err(paging::foreign_cursor()) };
        if part.join.is_some() || part.found.is_some() || matches!(get.format, Format::File(_)) {
            return Err(paging::foreign_cursor());
        }
        part.query.page.after = Some(cursor.after.clone());
    }
    if let (Format::File(format), false) = (get.format, get.hits)
        && (parts.len() == 1 || (get.start == 0 && get.count.is_none()))
    {
        // Where the pages of several types needn't be told apart, nothing is counted.
        for part in &mut parts {
            (part.query.page.offset, part.query.page.limit) = (get.start, get.count);
        }
        return response::file(call, format, parts).await;
    }
    let engine = call.app.features.clone();
    // A number alone is no export: a filter that is hard to count must not hold a connection for long.
    let deadline = if get.hits { call.deadline() } else { call.export_deadline() };
    let several = parts.len() > 1;
    let mut matched = Some(0_u64);
    let mut returned = 0_u64;
    let mut heads = Vec::with_capacity(parts.len());
    let (mut skip, mut left) = (get.start, get.count);
    let mut is_last = false;
    for part in &mut parts {
        if let Some(cursor) = cursor {
            part.query.page.offset = cursor.skip;
            // One more tells whether there is another page.
            part.query.page.limit = left.map(|l| l.saturating_add(1));
            let count = engine.count(&part.query, deadline).await?;
            let found = rows(&engine, &part.query, deadline).await?;
            part.query.page.limit = left;
            let here = found.min(left.unwrap_or(u64::MAX));
            is_last = found == here;
            matched = match count {
                Count::Exact(n) => Some(n),
                Count::Estimated(_) => None,
            };
            returned = here;
            heads.push(Head { matched, returned, next: None, previous: None });
            continue;
        }
        // Pages over several types and a client that only wants the number need it exactly.
        let counted = match (&part.join, &part.found) {
            (Some(join), _) => Count::Exact(engine.count_join(join, deadline).await?),
            (None, Some(found)) => Count::Exact(found.len() as u64),
            (None, None) => engine.count(&part.query, deadline).await?,
        };
        let count = match counted {
            Count::Estimated(_) if several || get.hits => {
                Count::Exact(rows(&engine, &part.query, deadline).await?)
            }
            count => count,
        };
        part.query.page.offset = skip;
        part.query.page.limit = left;
        if let Some(join) = &mut part.join {
            (join.offset, join.limit) = (skip, left);
        }
        let (part_matched, part_returned) = match count {
            Count::Exact(n) => {
                part.query.unordered = is_better_unordered(&part.query, n);
                let here = n.saturating_sub(skip).min(left.unwrap_or(u64::MAX));
                skip = skip.saturating_sub(n);
                left = left.map(|l| l - here);
                (Some(n), here)
            }
            Count::Estimated(_) if get.hits => (None, 0),
            Count::Estimated(_) => (None, rows(&engine, &part.query, deadline).await?),
        };
        matched = matched.zip(part_matched).map(|(a, b)| a + b);
        returned += part_returned;
        heads.push(Head { matched: part_matched, returned: part_returned, next: None, previous: None });
    }
    if let (Format::File(format), false) = (get.format, get.hits) {
        return response::file(call, format, parts).await;
    }
    let mut head =
        Head { matched, returned: if get.hits { 0 } else { returned }, next: None, previous: None };
    (head.next, head.previous) = paging::links(call, get, &head, is_last, reference);
    if get.hits {
        return Ok(response::hits(call, get, &parts, &head, reference));
    }
    response::stream(call, get, parts, heads, head, reference.map(str::to_owned)).await
}

/// Whether all of a long answer is asked for, in no order: what the table gives as it lies comes a quarter sooner
/// than what its index has to look up row by row.
fn is_better_unordered(query: &Query, found: u64) -> bool {
    const LONG: u64 = 10_000;
    let is_whole = query.page.offset == 0 && query.page.limit.is_none_or(|limit| limit >= found);
    found > LONG && is_whole && query.sort.is_empty() && query.page.after.is_none()
}

/// The number of rows that a query really gives, counted as they come.
pub(super) async fn rows(engine: &FeatureEngine, query: &Query, deadline: Deadline) -> Result<u64, WfsError> {
    let mut bare = query.clone();
    bare.columns = Some(Vec::new());
    bare.geometry = Geometry::Skip;
    let mut stream = engine.stream(&bare, deadline).await?;
    let mut count = 0;
    while let Some(row) = stream.next().await {
        row?;
        count += 1;
    }
    Ok(count)
}

fn no_such_feature(id: &str) -> WfsError {
    let named: String = id.chars().take(120).collect();
    WfsError::new(
        StatusCode::NOT_FOUND,
        "OperationProcessingFailed",
        "id",
        format!("there is no feature '{named}' here"),
    )
}

/// The layer and `fid` of an identifier, if the caller may read it.
fn find<'a>(call: &Call, snapshot: &'a Snapshot, id: &str) -> Result<(&'a Arc<Layer>, i64), WfsError> {
    let (slug, fid) = plan::split_id(id).ok_or_else(|| no_such_feature(id))?;
    let layer =
        snapshot.layer(&call.caller, Action::Read, &call.scope, slug).ok_or_else(|| no_such_feature(id))?;
    Ok((layer, fid))
}

fn part_of_id(call: &Call, snapshot: &Snapshot, id: &str) -> Result<Part, WfsError> {
    let (layer, fid) = find(call, snapshot, id)?;
    let mut query = Query::all(Arc::clone(layer));
    query.filter = Some(Filter::Ids(vec![fid.to_string()]));
    Ok(Part::of(query))
}

/// GetFeatureById answers with the feature itself, not with a collection (OGC 09-025r2 clause 7.9.3.6).
async fn feature_by_id(
    call: &Call,
    snapshot: &Snapshot,
    id: &str,
    format: Format,
) -> Result<HttpResponse, WfsError> {
    if let Format::File(format) = format {
        let mut part = part_of_id(call, snapshot, id)?;
        let layer = &part.query.layer;
        part.crs = format.default_crs(layer)?;
        if part.crs.crs.srid != layer.crs.srid {
            part.query.geometry = Geometry::In(Arc::clone(&part.crs.crs));
        }
        // A file of no feature would look like an answer.
        return match rows(&call.app.features, &part.query, call.deadline()).await? {
            0 => Err(no_such_feature(id)),
            _ => response::file(call, format, vec![part]).await,
        };
    }
    let (layer, fid) = find(call, snapshot, id)?;
    let (crs, geometry) = if format.is_gml() {
        let native = CrsRef { crs: Arc::clone(&layer.crs), spelling: CrsSpelling::Urn };
        (native, Geometry::Native)
    } else {
        let crs = CrsRef::crs84()?;
        let same = crs.crs.srid == layer.crs.srid;
        (crs.clone(), if same { Geometry::Native } else { Geometry::In(crs.crs) })
    };
    let feature = match plan::split_version(id) {
        Some((.., Some(number))) => versions::one(call, layer, fid, number, geometry).await?,
        _ => call.app.features.get(layer, fid, geometry, call.deadline()).await?,
    };
    let feature = feature.ok_or_else(|| no_such_feature(id))?;
    response::one(call, layer, &crs, &feature, (id, format))
}

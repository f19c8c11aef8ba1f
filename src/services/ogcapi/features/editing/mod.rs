//! Creating, replacing, updating and deleting features (OGC 20-002r1). Where editing is switched off these
//! methods are not there; what a client may change, [`crate::access`] says.

mod body;
mod condition;
mod shape;

use super::handler::{etag, identifier, item_url};
use crate::features::edit::{Change, EditError, Effect, Outcome, Transaction};
use crate::filter::Filter;
use crate::model::Layer;
use crate::services::edge::Call;
use crate::services::ogcapi::common::{
    Form, Parameters, Problem, changing, find, method_not_allowed, read_body,
};
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use body::{PATCH, Reading, Sent, WHOLE};
use serde_json::json as js;
use std::sync::Arc;

const READ_ONLY: &str = "GET, HEAD, OPTIONS";
const ITEMS: &str = "GET, HEAD, POST, OPTIONS";
const ITEM: &str = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS";

/// Links in the answer to a collection of new features at most.
const LINKS: usize = 1000;

/// Methods that items don't have, and `OPTIONS`.
pub async fn items_otherwise(call: Call, http: HttpRequest) -> HttpResponse {
    otherwise(&call, http, ITEMS).await
}

/// Methods that single features don't have, and `OPTIONS`.
pub async fn item_otherwise(call: Call, http: HttpRequest) -> HttpResponse {
    otherwise(&call, http, ITEM).await
}

async fn otherwise(call: &Call, http: HttpRequest, allowed: &'static str) -> HttpResponse {
    if !call.editing() {
        return method_not_allowed(http, READ_ONLY).await;
    }
    let asks = *http.method() == Method::OPTIONS;
    let mut answer = method_not_allowed(http, allowed).await;
    if asks {
        let (name, value) = if allowed == ITEMS { ("accept-post", WHOLE) } else { ("accept-patch", PATCH) };
        let headers = answer.headers_mut();
        headers.insert(header::HeaderName::from_static(name), header::HeaderValue::from_static(value));
    }
    answer
}

/// `POST /ogc/collections/{collection}/items`
pub async fn create(call: Call, http: HttpRequest, payload: Payload) -> HttpResponse {
    changing(&call, http, READ_ONLY, "create", async |http| answer_create(&call, http, payload).await).await
}

async fn answer_create(call: &Call, http: &HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let layer = editable(call, http)?;
    let reading = Reading::of(http, WHOLE)?;
    let sent = read(read_body(call, payload).await?, move |bytes| reading.whole(bytes)).await?;
    let (features, is_collection) = match sent {
        Sent::One(feature) => (vec![feature], false),
        Sent::Many(features) => (features, true),
    };
    let change = Change::Insert { layer: Arc::clone(&layer), features, handle: None };
    let transaction = Transaction { changes: vec![change], ..Transaction::default() };
    let outcome = apply(call, transaction).await.map_err(|error| {
        let problem = Problem::from(error);
        match problem.feature {
            Some(number) if is_collection => problem.inside(number.saturating_sub(1)),
            // There is only one.
            _ => Problem { feature: None, ..problem },
        }
    })?;
    let fids: Vec<i64> = outcome
        .changes
        .iter()
        .flat_map(|c| if let Effect::Inserted(all) = &c.effect { all.as_slice() } else { &[] })
        .map(|written| written.fid)
        .collect();
    match fids.as_slice() {
        [fid] if !is_collection => {
            let mut response = HttpResponse::Created();
            response.insert_header((header::LOCATION, item_url(call, &layer, *fid)));
            add_tag(call, &layer, *fid, &mut response).await;
            Ok(response.finish())
        }
        fids => {
            let link = |fid: &i64| js!({"rel": "item", "href": item_url(call, &layer, *fid), "type": super::forms::GEOJSON});
            let links: Vec<_> = fids.iter().take(LINKS).map(link).collect();
            let body = js!({"numberCreated": fids.len(), "ids": fids, "links": links});
            Ok(HttpResponse::Created().content_type("application/json").body(body.to_string()))
        }
    }
}

/// `PUT /ogc/collections/{collection}/items/{feature}`
pub async fn replace(call: Call, http: HttpRequest, payload: Payload) -> HttpResponse {
    changing(&call, http, READ_ONLY, "replace", async |http| answer_replace(&call, http, payload).await).await
}

async fn answer_replace(call: &Call, http: &HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let (layer, fid) = one(call, http)?;
    let reading = Reading::of(http, WHOLE)?;
    let feature = read(read_body(call, payload).await?, move |bytes| reading.one(bytes)).await?;
    let filter = only(fid);
    let change = Change::Replace { layer: Arc::clone(&layer), filter, feature, handle: None };
    changed(call, http, &layer, fid, change).await
}

/// `PATCH /ogc/collections/{collection}/items/{feature}`
pub async fn update(call: Call, http: HttpRequest, payload: Payload) -> HttpResponse {
    changing(&call, http, READ_ONLY, "update", async |http| answer_update(&call, http, payload).await).await
}

async fn answer_update(call: &Call, http: &HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let (layer, fid) = one(call, http)?;
    let reading = Reading::of(http, PATCH)?;
    let values = read(read_body(call, payload).await?, move |bytes| reading.patch(bytes)).await?;
    let change = Change::Update { layer: Arc::clone(&layer), filter: only(fid), values, handle: None };
    changed(call, http, &layer, fid, change).await
}

/// `DELETE /ogc/collections/{collection}/items/{feature}`
pub async fn delete(call: Call, http: HttpRequest) -> HttpResponse {
    changing(&call, http, READ_ONLY, "delete", async |http| answer_delete(&call, http).await).await
}

async fn answer_delete(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (layer, fid) = one(call, http)?;
    let change = Change::Delete { layer: Arc::clone(&layer), filter: only(fid), handle: None };
    changed(call, http, &layer, fid, change).await
}

/// The collection of a request that may change it.
fn editable(call: &Call, http: &HttpRequest) -> Result<Arc<Layer>, Problem> {
    Parameters::read(http, &[], |_| false)?;
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    call.may_edit_features(&layer)?;
    Ok(layer)
}

/// The feature of a request that may change it.
fn one(call: &Call, http: &HttpRequest) -> Result<(Arc<Layer>, i64), Problem> {
    let layer = editable(call, http)?;
    let fid = identifier(&layer, http.match_info().get("feature").unwrap_or_default())?;
    Ok((layer, fid))
}

fn only(fid: i64) -> Option<Filter> {
    Some(Filter::Ids(vec![fid.to_string()]))
}

/// Reads a body away from the workers that serve: it may be long.
async fn read<T: Send + 'static>(
    body: Bytes,
    work: impl FnOnce(&[u8]) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let read = tokio::task::spawn_blocking(move || work(&body)).await;
    read.unwrap_or_else(|_| {
        let detail = "the body could not be read; try again";
        Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail))
    })
}

async fn apply(call: &Call, transaction: Transaction) -> Result<Outcome, EditError> {
    call.app.editor.apply(transaction, call.deadline()).await
}

/// Makes a change of one feature, if it is as the client believes.
async fn changed(
    call: &Call,
    http: &HttpRequest,
    layer: &Arc<Layer>,
    fid: i64,
    change: Change,
) -> Result<HttpResponse, Problem> {
    let (expected, conditional) = condition::read(call, http, layer, fid).await?;
    let goes = matches!(change, Change::Delete { .. });
    let transaction =
        Transaction { changes: vec![change], expected: vec![expected], ..Transaction::default() };
    if let Err(error) = apply(call, transaction).await {
        let gone = matches!(error, EditError::NotFound { .. });
        let problem = Problem { feature: None, ..Problem::from(error) };
        // Nothing is in the state that `If-Match` names (RFC 9110 section 13.1.1).
        return Err(match conditional && gone {
            true => Problem { status: StatusCode::PRECONDITION_FAILED, ..problem },
            false => problem,
        });
    }
    let mut response = HttpResponse::NoContent();
    if !goes {
        add_tag(call, layer, fid, &mut response).await;
    }
    Ok(response.finish())
}

/// The tag of the new state, so that the client can go on without reading it.
async fn add_tag(call: &Call, layer: &Arc<Layer>, fid: i64, response: &mut HttpResponseBuilder) {
    const LONGITUDE_LATITUDE: i32 = 4326;
    if let Ok(Some(tag)) = call.app.editor.tag(layer, fid, call.deadline()).await {
        let tag = etag(&tag, Form::Json, LONGITUDE_LATITUDE, call.lang.code());
        response.insert_header((header::ETAG, tag));
    }
}

//! The operations.

use super::error::TilesError;
use super::{archives, capabilities as document, grids, request, response};
use crate::access::Action;
use crate::geo::grid::Tile;
use crate::model::{Layer, StyleInfo};
use crate::publish::Snapshot;
use crate::services::edge::{Call, Operation, StyleAddresses, accepted_encoding, etag_matches, not_modified};
use crate::style::{self, Style};
use crate::tiles::{Encoding, TileForm};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// `/tiles/{layers}.json`
pub(super) async fn tilejson(
    call: Call,
    request: HttpRequest,
    path: web::Path<request::LayersPath>,
) -> HttpResponse {
    labelled("GetTileJson", answer_tilejson(&call, &request, path.into_inner()).await)
}

async fn answer_tilejson(
    call: &Call,
    request: &HttpRequest,
    path: request::LayersPath,
) -> Result<HttpResponse, TilesError> {
    let snapshot = call.app.registry.snapshot();
    if let Some(archive) = archives::find(call, &snapshot, &path.layers)? {
        return archives::tilejson(call, request, &archive);
    }
    let layers = request::layers(call, &snapshot, &path.layers)?;
    let choice = request::Choice::read(call, request, &layers)?;
    let grid = grids::asked(call, request.query_string(), &layers)?;
    let what = format!("tilejson {} {}", choice.query, grid.map_or("", |g| &g.id));
    let etag = document_etag(&what, call, &layers);
    if etag_matches(request, &etag) {
        return Ok(not_modified(&etag));
    }
    let mut document = document::build(call, &layers, &choice);
    if let Some(grid) = grid {
        grids::put(&mut document, call, &layers, &choice, grid);
    }
    Ok(response::json(&document, &etag))
}

/// `/tiles/{layers}/{z}/{x}/{y}.mvt`
pub(super) async fn tile(
    call: Call,
    request: HttpRequest,
    path: web::Path<request::TilePath>,
) -> HttpResponse {
    labelled("GetTile", answer_tile(&call, &request, path.into_inner()).await)
}

async fn answer_tile(
    call: &Call,
    request: &HttpRequest,
    path: request::TilePath,
) -> Result<HttpResponse, TilesError> {
    let snapshot = call.app.registry.snapshot();
    if let Some(archive) = archives::find(call, &snapshot, &path.layers)? {
        return archives::tile(call, request, &archive, &path).await;
    }
    let form = request::form(&path.extension)?;
    let tile = request::tile(&path.z, &path.x, &path.y)?;
    let layers = request::layers(call, &snapshot, &path.layers)?;
    sent(call, request, &layers, tile, form).await
}

/// A tile of layers with what is chosen of them, or that nothing of it has changed.
pub(super) async fn sent(
    call: &Call,
    request: &HttpRequest,
    layers: &[Arc<Layer>],
    tile: Tile,
    form: TileForm,
) -> Result<HttpResponse, TilesError> {
    let layers = request::Choice::read(call, request, layers)?.layers;
    let engine = &call.app.tiles;
    let etag = form.etag(&engine.etag(&layers, tile));
    if etag_matches(request, &etag) {
        return Ok(not_modified(&etag));
    }
    let encoding = accepted_encoding(request, Encoding::OFFERED);
    let body = engine.written(form, &layers, tile, encoding, call.deadline()).await?;
    Ok(response::tile(body, form, &etag))
}

/// `/styles/{layer}/{style}.json`
pub(super) async fn style(
    call: Call,
    request: HttpRequest,
    path: web::Path<request::StylePath>,
) -> HttpResponse {
    labelled("GetStyle", answer_style(&call, &request, path.into_inner()).await)
}

async fn answer_style(
    call: &Call,
    request: &HttpRequest,
    path: request::StylePath,
) -> Result<HttpResponse, TilesError> {
    let snapshot = call.app.registry.snapshot();
    let (layer, info) = style_of(call, &snapshot, &path)?;
    let etag = document_etag(&format!("style {}", info.id), call, std::slice::from_ref(&layer));
    if etag_matches(request, &etag) {
        return Ok(not_modified(&etag));
    }
    let parsed = parsed(&layer, &info)?;
    let title = if info.title.is_empty() { &layer.title } else { &info.title };
    let addresses = StyleAddresses::of(call, &layer, Some(&info.name));
    let document = style::maplibre::write(&parsed, &layer, title, addresses.borrowed());
    Ok(response::json(&document, &etag))
}

/// The layer and the style of an address, when the caller may read them.
pub(super) fn style_of(
    call: &Call,
    snapshot: &Snapshot,
    path: &request::StylePath,
) -> Result<(Arc<Layer>, StyleInfo), TilesError> {
    let request::StylePath { layer: slug, style: name } = path;
    let shown = |text: &str| text.chars().take(80).collect::<String>();
    let layer = snapshot
        .layer(&call.caller, Action::Read, &call.scope, slug)
        .ok_or_else(|| TilesError::NotFound(format!("there is no layer '{}' here", shown(slug))))?;
    let info = layer.style(name).ok_or_else(|| {
        let known: Vec<&str> = layer.styles.iter().map(|s| s.name.as_str()).collect();
        TilesError::NotFound(format!(
            "layer '{slug}' has no style '{}'; it has: {}",
            shown(name),
            known.join(", ")
        ))
    })?;
    Ok((Arc::clone(layer), info.clone()))
}

/// A stored style, read.
pub(super) fn parsed(layer: &Layer, info: &StyleInfo) -> Result<Style, TilesError> {
    style::sld::parse(&info.sld).map_err(|error| TilesError::Style {
        layer: layer.slug.clone(),
        style: info.name.clone(),
        reason: error.to_string(),
    })
}

pub(super) fn labelled(operation: &'static str, outcome: Result<HttpResponse, TilesError>) -> HttpResponse {
    Operation("tiles", operation).on(outcome.unwrap_or_else(|error| error.error_response()))
}

/// Names the state of a document: what it is, the layers' generations and the address it speaks of.
fn document_etag(what: &str, call: &Call, layers: &[Arc<Layer>]) -> String {
    let mut text = format!("{what} {} {}", env!("CARGO_PKG_VERSION"), call.url("/"));
    for layer in layers {
        text.push_str(&format!(" {}.{}", layer.id, layer.generation));
    }
    format!("\"{:016x}\"", xxh3_64(text.as_bytes()))
}

//! Tiles.

use super::archives;
use super::request::{self, Kind, Source};
use crate::filter::{Filter, FilterLimits};
use crate::geo::grid::TileMatrixSet;
use crate::maps::{MapLayer, at_time, shown_at_time};
use crate::render::ImageFormat;
use crate::services::edge::selection::tile_layers;
use crate::services::edge::{Call, Operation, accepted_encoding, etag_matches, not_modified, with_etag};
use crate::services::ogcapi::common::{Parameters, Problem, of_map, picture_format};
use crate::tiles::{Encoding, TILE_FORMATS, TileError, map_of, part_of};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use std::sync::Arc;

/// `…/tiles/{grid}/{matrix}/{row}/{col}`
pub(super) async fn tile(call: Call, http: HttpRequest, kind: Kind) -> HttpResponse {
    let answer = answer(&call, &http, kind).await.unwrap_or_else(|problem| problem.respond());
    let operation = if kind == Kind::Map { "mapTile" } else { "tile" };
    Operation("ogcapi", operation).on(answer)
}

async fn answer(call: &Call, http: &HttpRequest, kind: Kind) -> Result<HttpResponse, Problem> {
    if let Some(archive) = archives::of(call, http, kind)? {
        return archives::tile(call, http, &archive).await;
    }
    let parameters = Parameters::read(http, &Source::tile_parameters(http, kind), |_| false)?;
    let grid = request::grid(call, http)?;
    let source = Source::read(call, http, kind, &parameters)?;
    source.check_count(call)?;
    source.check_grid(grid)?;
    match kind {
        Kind::Vector => vector(call, http, &source, grid, &parameters).await,
        Kind::Map => map(call, http, source, grid, &parameters).await,
    }
}

async fn vector(
    call: &Call,
    http: &HttpRequest,
    source: &Source,
    grid: &'static TileMatrixSet,
    parameters: &Parameters,
) -> Result<HttpResponse, Problem> {
    let form = request::form(http, parameters.get("f"))?;
    let tile = request::tile(http, grid, &source.layers)?;
    let limits = FilterLimits::from(&call.app.config.limits);
    let mut layers = tile_layers(&source.layers, limits, |name| parameters.get(name))?;
    if let Some(text) = parameters.get("datetime") {
        for shown in &mut layers {
            shown.filter = Filter::and(shown.filter.take(), at_time(&shown.layer, text)?);
        }
    }
    let engine = &call.app.tiles;
    let etag = form.etag(&engine.etag(&layers, tile));
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let encoding = accepted_encoding(http, Encoding::OFFERED);
    let made = engine.written(form, &layers, tile, encoding, call.deadline()).await;
    let body = made.map_err(|error| of_tile(&error))?;
    let mut response = HttpResponse::Ok();
    if body.encoding != Encoding::Identity {
        response.insert_header((header::CONTENT_ENCODING, body.encoding.name()));
    }
    Ok(with_etag(&mut response, &etag)
        .insert_header((header::VARY, "Accept, Accept-Encoding"))
        .content_type(form.media_type())
        .body(body.bytes))
}

async fn map(
    call: &Call,
    http: &HttpRequest,
    source: Source,
    grid: &'static TileMatrixSet,
    parameters: &Parameters,
) -> Result<HttpResponse, Problem> {
    let format = picture_format(http, parameters.get("f"))?;
    if !TILE_FORMATS.contains(&format) {
        let names = TILE_FORMATS.map(ImageFormat::name).join(", ");
        return Err(Problem::invalid("f", format!("map tiles are offered as {names}; f is one of them")));
    }
    let tile = request::tile(http, grid, &source.layers)?;
    let styled = |layer: Arc<crate::model::Layer>| {
        let style = layer.style("").cloned()?;
        Some(MapLayer::new(layer, style))
    };
    let mut layers: Vec<MapLayer> = source.layers.into_iter().filter_map(styled).collect();
    if let Some(text) = parameters.get("datetime") {
        for shown in &mut layers {
            shown_at_time(shown, text)?;
        }
    }
    let asked = map_of(tile, layers, format);
    let part = part_of(tile, &asked);
    let etag = call.app.maps.part_etag(&asked, &part);
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let image = call.app.maps.part(asked, part, call.deadline()).await.map_err(|error| of_map(&error))?;
    let mut response = HttpResponse::Ok();
    Ok(with_etag(&mut response, &image.etag)
        .insert_header((header::VARY, "Accept"))
        .content_type(format.media_type())
        .body(image.bytes))
}

fn of_tile(error: &TileError) -> Problem {
    let status = match error {
        TileError::TooManyFeatures { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        error if error.is_of_request() => StatusCode::BAD_REQUEST,
        error if error.is_passing() => StatusCode::SERVICE_UNAVAILABLE,
        _ => {
            tracing::error!(error = error as &dyn std::error::Error, "a tile could not be made");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    Problem::new(status, error.to_string())
}

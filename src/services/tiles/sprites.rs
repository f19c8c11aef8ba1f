//! Sprites of web maps: `sprite` of the MapLibre Style Specification, one for each style of a layer.

use super::error::TilesError;
use super::handler::{labelled, parsed, style_of};
use super::request;
use crate::render::{RenderError, Sprite};
use crate::services::edge::{Call, etag_matches, not_modified, with_etag};
use crate::style::maplibre;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use std::sync::Arc;

/// Parts of a sprite's address.
#[derive(Deserialize)]
pub(super) struct SpritePath {
    layer: String,
    style: String,
    /// `sprite` with what MapLibre joins to it: nothing or `@2x`, and an ending.
    file: String,
}

/// Which of a sprite's four files is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct File {
    ratio: u8,
    is_list: bool,
}

impl File {
    fn named(name: &str) -> Option<Self> {
        let (stem, is_list) = match name.rsplit_once('.')? {
            (stem, "json") => (stem, true),
            (stem, "png") => (stem, false),
            _ => return None,
        };
        let ratio = match stem {
            "sprite" => 1,
            "sprite@2x" => 2,
            _ => return None,
        };
        Some(Self { ratio, is_list })
    }
}

/// `/styles/{layer}/{style}/sprite.json` and its like.
pub(super) async fn sprite(call: Call, request: HttpRequest, path: web::Path<SpritePath>) -> HttpResponse {
    labelled("GetSprite", answer(&call, &request, path.into_inner()).await)
}

async fn answer(call: &Call, request: &HttpRequest, path: SpritePath) -> Result<HttpResponse, TilesError> {
    let SpritePath { layer, style, file } = path;
    let file = File::named(&file).ok_or_else(|| {
        TilesError::NotFound(
            "a sprite has the files sprite.json, sprite.png, sprite@2x.json and sprite@2x.png".to_owned(),
        )
    })?;
    let snapshot = call.app.registry.snapshot();
    let (layer, info) = style_of(call, &snapshot, &request::StylePath { layer, style })?;
    let key = format!("sprite {}.{} {} {file:?}", layer.id, layer.generation, info.id);
    let (app, deadline) = (Arc::clone(&call.app), call.deadline());
    let made = async move {
        let parsed = parsed(&layer, &info)?;
        let drawn = app.pool.run(deadline, move || {
            let sprite = Sprite::draw(&maplibre::icons(&parsed, &layer), file.ratio)?;
            if file.is_list { Ok(sprite.index().to_string().into_bytes()) } else { sprite.png() }
        });
        let drawn: Result<Vec<u8>, RenderError> = drawn.await.map_err(|e| TilesError::Pool(Arc::new(e)))?;
        Ok::<_, TilesError>(drawn?)
    };
    let document = call.app.symbols.get(key, made).await.map_err(TilesError::Shared)?;
    if etag_matches(request, &document.etag) {
        return Ok(not_modified(&document.etag));
    }
    // Asked for anew each time, as the style is: a sprite of yesterday would have other icons.
    Ok(with_etag(&mut HttpResponse::Ok(), &document.etag)
        .content_type(if file.is_list { "application/json" } else { "image/png" })
        .body(document.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sprite_has_four_files() {
        for (name, ratio, is_list) in [
            ("sprite.json", 1, true),
            ("sprite.png", 1, false),
            ("sprite@2x.json", 2, true),
            ("sprite@2x.png", 2, false),
        ] {
            assert_eq!(File::named(name), Some(File { ratio, is_list }));
        }
        for name in ["sprite", "sprite@3x.png", "sprite.svg", "Sprite.png", "sprite@2x", ".png", ""] {
            assert_eq!(File::named(name), None, "{name}");
        }
    }
}

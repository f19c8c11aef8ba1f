//! The style sheet and the scripts, compiled in.

use crate::services::edge::problem;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use std::sync::LazyLock;

const STYLE: &str = include_str!("../../templates/portal/portal.css");
const SCRIPT: &str = include_str!("../../templates/portal/portal.js");
const STYLES_SCRIPT: &str = include_str!("../../templates/portal/style.js");
const TILES_SCRIPT: &str = include_str!("../../templates/portal/tiles.js");

/// Folder of MapLibre GL JS among the assets; its version is in it, so that its files may be kept for ever.
pub(super) const MAP_FOLDER: &str = "maplibre-gl-6.17.0";
/// The library as its makers publish it, with its licence.
const MAP_FILES: [(&str, &str, &str); 4] = [
    (
        "maplibre-gl.mjs",
        "text/javascript; charset=utf-8",
        include_str!("../../templates/vendor/maplibre-gl/maplibre-gl.mjs"),
    ),
    (
        "maplibre-gl-worker.mjs",
        "text/javascript; charset=utf-8",
        include_str!("../../templates/vendor/maplibre-gl/maplibre-gl-worker.mjs"),
    ),
    (
        "maplibre-gl.css",
        "text/css; charset=utf-8",
        include_str!("../../templates/vendor/maplibre-gl/maplibre-gl.css"),
    ),
    (
        "LICENSE.txt",
        "text/plain; charset=utf-8",
        include_str!("../../templates/vendor/maplibre-gl/LICENSE.txt"),
    ),
];

/// Changes with their text: it stands in their addresses, so that they may be kept for ever.
pub(super) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all = [STYLE, SCRIPT, STYLES_SCRIPT, TILES_SCRIPT].concat();
    format!("{:08x}", xxhash_rust::xxh3::xxh3_64(all.as_bytes()) & 0xffff_ffff)
});

/// The style sheet.
pub(super) async fn style() -> HttpResponse {
    kept("text/css; charset=utf-8", STYLE)
}

/// The script.
pub(super) async fn script() -> HttpResponse {
    kept("text/javascript; charset=utf-8", SCRIPT)
}

/// The script of a layer's page of styles.
pub(super) async fn styles_script() -> HttpResponse {
    kept("text/javascript; charset=utf-8", STYLES_SCRIPT)
}

/// The script of a layer's page of tiles.
pub(super) async fn tiles_script() -> HttpResponse {
    kept("text/javascript; charset=utf-8", TILES_SCRIPT)
}

/// A file of MapLibre GL JS.
pub(super) async fn map_library(http: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let name = path.into_inner();
    match MAP_FILES.iter().find(|(file, ..)| *file == name) {
        Some((_, media, text)) => kept(media, text),
        None => problem(&http, StatusCode::NOT_FOUND, "there is no such file of the map library"),
    }
}

fn kept(media: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(text)
}

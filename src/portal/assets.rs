//! The style sheet and the scripts, compiled in.

use actix_web::HttpResponse;
use actix_web::http::header;
use std::sync::LazyLock;

const STYLE: &str = include_str!("../../templates/portal/portal.css");
const SCRIPT: &str = include_str!("../../templates/portal/portal.js");
const STYLES_SCRIPT: &str = include_str!("../../templates/portal/style.js");

/// Changes with their text: it stands in their addresses, so that they may be kept for ever.
pub(super) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all = [STYLE, SCRIPT, STYLES_SCRIPT].concat();
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

fn kept(media: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(text)
}

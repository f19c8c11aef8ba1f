//! Letters of web maps: `glyphs` of the MapLibre Style Specification, from the fonts that our own maps are drawn with.

use super::error::TilesError;
use super::handler::labelled;
use crate::render::{FontStack, font_names};
use crate::services::edge::{Call, etag_matches};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Names of a stack, and characters of all of them together.
const NAMES: usize = 10;
const CHARACTERS: usize = 500;
/// Names of fonts carry no version, so that browsers ask again after a day.
const KEPT: &str = "public, max-age=86400";
/// Tells which fonts letters come from: those that aren't installed are replaced, since MapLibre draws no label at all when
/// an address of letters has none.
const FONTS_USED: &str = "datasud-fonts";

/// Parts of the address of letters.
#[derive(Deserialize)]
pub(super) struct RangePath {
    /// Names of fonts, joined by commas.
    fontstack: String,
    /// First and last code point, joined by a hyphen.
    range: String,
}

/// `/fonts.json`
pub(super) async fn list(call: Call, request: HttpRequest) -> HttpResponse {
    labelled("GetFonts", answer_list(&call, &request).await)
}

async fn answer_list(call: &Call, request: &HttpRequest) -> Result<HttpResponse, TilesError> {
    let app = Arc::clone(&call.app);
    let deadline = call.deadline();
    let made = call.app.symbols.get("fonts".to_owned(), async move {
        app.pool.run(deadline, || serde_json::json!(font_names()).to_string().into_bytes()).await
    });
    let document = made.await?;
    if etag_matches(request, &document.etag) {
        return Ok(unchanged(&document.etag));
    }
    Ok(kept(&document.etag).content_type("application/json").body(document.bytes))
}

/// `/fonts/{fontstack}/{range}.pbf`
pub(super) async fn range(call: Call, request: HttpRequest, path: web::Path<RangePath>) -> HttpResponse {
    labelled("GetGlyphs", answer_range(&call, &request, &path).await)
}

async fn answer_range(
    call: &Call,
    request: &HttpRequest,
    path: &RangePath,
) -> Result<HttpResponse, TilesError> {
    let letters = code_points(&path.range)?;
    check_names(&path.fontstack)?;
    let stack = FontStack::find(path.fontstack.split(','));
    let name = stack.name();
    // The key has the fonts that were found: invented names don't fill the memory.
    let key = format!("glyphs {name} {}", letters.start());
    let app = Arc::clone(&call.app);
    let deadline = call.deadline();
    let made =
        call.app.symbols.get(key, async move { app.pool.run(deadline, move || stack.glyphs(letters)).await });
    let document = made.await?;
    if etag_matches(request, &document.etag) {
        return Ok(unchanged(&document.etag));
    }
    let mut response = kept(&document.etag);
    if let Ok(used) = header::HeaderValue::from_str(&name) {
        response.insert_header((FONTS_USED, used));
    }
    Ok(response.content_type("application/x-protobuf").body(document.bytes))
}

/// A range as MapLibre asks for it: 256 code points from a multiple of 256 on, up to the end of the basic plane.
fn code_points(text: &str) -> Result<RangeInclusive<u32>, TilesError> {
    let number = |digits: &str| {
        let is_plain = !digits.is_empty() && digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit());
        is_plain.then(|| digits.parse::<u32>().ok()).flatten()
    };
    text.split_once('-')
        .and_then(|(first, last)| Some((number(first)?, number(last)?)))
        .filter(|(first, last)| first % 256 == 0 && *last == first + 255 && *last <= 0xffff)
        .map(|(first, last)| first..=last)
        .ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            TilesError::Malformed(format!(
                "'{shown}' is no range of letters: ranges are 0-255, 256-511 and so on to 65280-65535"
            ))
        })
}

fn check_names(stack: &str) -> Result<(), TilesError> {
    let names = stack.split(',').count();
    if names > NAMES || stack.chars().count() > CHARACTERS {
        return Err(TilesError::Malformed(format!(
            "a font stack has at most {NAMES} names and {CHARACTERS} characters; name fewer fonts, joined by commas"
        )));
    }
    Ok(())
}

/// An answer that browsers keep for a day.
fn kept(etag: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::ETAG, etag)).insert_header((header::CACHE_CONTROL, KEPT));
    response
}

/// The 304 of one that was kept.
fn unchanged(etag: &str) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, KEPT))
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_256_letters_and_nothing_else() {
        assert_eq!(code_points("0-255").ok(), Some(0..=255));
        assert_eq!(code_points("65280-65535").ok(), Some(65280..=65535));
        for wrong in [
            "",
            "0",
            "0-",
            "-255",
            "0-256",
            "1-256",
            "255-0",
            "65536-65791",
            "0-255-",
            "+0-255",
            "a-b",
            "0-99999",
        ] {
            assert!(matches!(code_points(wrong), Err(TilesError::Malformed(_))), "{wrong}");
        }
    }

    #[test]
    fn stacks_have_a_bounded_number_of_names() {
        assert!(check_names("DejaVu Sans Bold,Arial").is_ok());
        assert!(check_names(&["A"; 11].join(",")).is_err());
        assert!(check_names(&"é".repeat(501)).is_err());
    }
}

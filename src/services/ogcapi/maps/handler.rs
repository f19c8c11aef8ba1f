//! Maps.

use super::request;
use crate::services::edge::{Call, Operation, etag_matches, not_modified, with_etag};
use crate::services::ogcapi::common::{Problem, of_map};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

/// `…/map`
pub(super) async fn map(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer(&call, &http).await.unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", "map").on(answer)
}

async fn answer(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (asked, crs) = request::read(call, http)?;
    let etag = call.app.maps.etag(&asked);
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let (format, bbox) = (asked.format, asked.bbox);
    let image = call.app.maps.image(asked, call.deadline()).await.map_err(|error| of_map(&error))?;
    let written = if crs.swapped(true) { bbox.swapped() } else { bbox };
    let numbers: [f64; 4] = written.into();
    let mut response = HttpResponse::Ok();
    Ok(with_etag(&mut response, &image.etag)
        .insert_header((header::VARY, "Accept"))
        // Requirement /req/core/map-success: where the picture lies, in the order of the system's axes.
        .insert_header(("Content-Crs", format!("<{}>", crs.canonical())))
        .insert_header(("Content-Bbox", numbers.map(|n| n.to_string()).join(",")))
        .content_type(format.media_type())
        .body(image.bytes))
}

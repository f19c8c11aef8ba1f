//! Tiles of archives, the same answer by every service that has them.

use super::{Call, accepted_encoding, etag_matches, not_modified, with_etag};
use crate::geo::grid::Tile;
use crate::model::ArchiveLayer;
use crate::tiles::{ArchiveEngine, ArchiveTileError, Encoding};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};

/// The answer with a tile of Web Mercator as it lies in the archive, unpacked for who doesn't take gzip; 204 where there is none.
///
/// # Errors
/// [`ArchiveTileError`]; [`archive_status`] has its status.
pub async fn archived_tile(
    call: &Call,
    http: &HttpRequest,
    layer: &ArchiveLayer,
    tile: Tile,
) -> Result<HttpResponse, ArchiveTileError> {
    let etag = ArchiveEngine::etag(layer, tile);
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let takes_gzip = accepted_encoding(http, &[Encoding::Gzip]) == Encoding::Gzip;
    let found = call.app.archives.tile(layer, tile, takes_gzip, call.deadline()).await?;
    let mut response = match found {
        Some(_) => HttpResponse::Ok(),
        None => HttpResponse::NoContent(),
    };
    if found.as_ref().is_some_and(|body| body.encoding == Encoding::Gzip) {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    if layer.facts.is_packed {
        response.insert_header((header::VARY, "Accept-Encoding"));
    }
    with_etag(&mut response, &etag);
    Ok(match found {
        Some(body) => response.content_type(layer.facts.info.format.media_type()).body(body.bytes),
        None => response.finish(),
    })
}

/// The status of an answer without a tile; what is behind it goes to the log.
#[must_use]
pub fn archive_status(error: &ArchiveTileError) -> StatusCode {
    if matches!(error, ArchiveTileError::Busy) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    tracing::error!(error = error as &dyn std::error::Error, "a tile of an archive could not be read");
    StatusCode::INTERNAL_SERVER_ERROR
}

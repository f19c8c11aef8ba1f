//! Documents that list everything published: made once for each state of the registry, so that their cost
//! doesn't grow with the number of those who ask.

use super::problem::Problem;
use crate::services::edge::{Call, etag_matches, not_modified, with_etag};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};

/// The answer with the document of a name, which `make` writes from stored facts when it isn't kept: for this
/// part of the platform, caller and language.
///
/// # Errors
/// What `make` fails with.
pub async fn cached(
    call: &Call,
    http: &HttpRequest,
    name: &str,
    media_type: &str,
    make: impl FnOnce(&Call) -> Result<String, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let edition = call.app.registry.snapshot().edition;
    let key =
        format!("ogcapi {name} {} {} {edition} {:?}", call.scope.prefix(), call.lang.code(), call.caller);
    let asked = call.clone();
    let making = async move {
        // A thousand layers take longer than a worker may be held.
        let made = tokio::task::spawn_blocking(move || make(&asked).map(String::into_bytes));
        made.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a document could not be made");
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the document could not be made"))
        })
    };
    let document = call.app.documents.get(key, making).await.map_err(|problem| (*problem).clone())?;
    if etag_matches(http, &document.etag) {
        return Ok(not_modified(&document.etag));
    }
    Ok(with_etag(&mut HttpResponse::Ok(), &document.etag)
        .insert_header((header::VARY, "Accept, Accept-Language"))
        .content_type(media_type)
        .body(document.bytes))
}

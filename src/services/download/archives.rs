//! Archives of tiles that a server has made (`datasud tiles export … --background`), read by offsets or taken whole.

use super::error::DownloadError;
use super::request;
use crate::formats::archive::ArchiveKind;
use crate::jobs::export;
use crate::model::{Dataset, Layer};
use crate::publish::Snapshot;
use crate::services::edge::{Call, ranged_file};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;

/// The answer with an archive; `None` when the name is not that of one.
pub(super) async fn answer(
    call: &Call,
    http: &HttpRequest,
    snapshot: &Snapshot,
    [slug, file]: [&str; 2],
) -> Option<Result<HttpResponse, DownloadError>> {
    ArchiveKind::of_file(Path::new(file))?;
    Some(found(call, http, snapshot, [slug, file]).await)
}

async fn found(
    call: &Call,
    http: &HttpRequest,
    snapshot: &Snapshot,
    [slug, file]: [&str; 2],
) -> Result<HttpResponse, DownloadError> {
    let (dataset, layers) = request::dataset(call, snapshot, slug)?;
    let missing = || {
        let shown: String = file.chars().take(80).collect();
        let names: Vec<&str> = layers.iter().map(|l| l.slug.as_str()).collect();
        DownloadError::NotFound(format!(
            "dataset '{}' has no archive '{shown}' of the data as they are now; who runs the server has one made by \
             'datasud tiles export {} {}.pmtiles --background'",
            dataset.slug,
            names.first().copied().unwrap_or_default(),
            names.first().copied().unwrap_or_default(),
        ))
    };
    let (config, of, about) = (Arc::clone(&call.app.config), Arc::clone(dataset), layers.clone());
    let name = file.to_owned();
    let looked = actix_web::web::block(move || export::find(&config, &of, &about, &name)).await;
    let (path, kind) = looked.ok().flatten().ok_or_else(missing)?;
    match ranged_file(http, &path, kind.media_type(), file).await {
        Ok(answer) => Ok(answer),
        // Taken away in this moment, because the data changed.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(missing()),
        Err(error) => {
            tracing::error!(%error, path = %path.display(), "an archive can't be read");
            Err(DownloadError::Unreadable)
        }
    }
}

/// The archives that a dataset has, as the list of files describes them.
pub(super) async fn listed(call: &Call, dataset: &Arc<Dataset>, layers: &[Arc<Layer>]) -> Vec<Json> {
    let (config, of, about) = (Arc::clone(&call.app.config), Arc::clone(dataset), layers.to_vec());
    let names = actix_web::web::block(move || export::names(&config, &of, &about)).await;
    let base = call.url(&format!("/download/{}", dataset.slug));
    let file = |(name, layers): (String, Vec<Arc<Layer>>)| {
        let kind = ArchiveKind::of_file(Path::new(&name))?;
        Some(json!({
            "name": name,
            "href": format!("{base}/{name}"),
            "type": kind.media_type(),
            "format": kind.name(),
            "layers": layers.iter().map(|l| l.slug.as_str()).collect::<Vec<_>>(),
        }))
    };
    names.unwrap_or_default().into_iter().filter_map(file).collect()
}

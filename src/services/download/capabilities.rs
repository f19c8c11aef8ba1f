//! What files there are of a dataset.

use crate::formats::{OutputFormat, output};
use crate::model::{Dataset, Layer};
use crate::services::edge::Call;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Each file: its name without the ending, its format and its layers.
fn each<'a>(
    dataset: &'a Dataset,
    layers: &'a [Arc<Layer>],
) -> impl Iterator<Item = (&'a str, &'static OutputFormat, &'a [Arc<Layer>])> {
    output::ALL.into_iter().flat_map(move |format| {
        let whole = format.several_layers.then_some((dataset.slug.as_str(), format, layers));
        let one = layers
            .iter()
            .filter(move |l| (format.suits)(l) && !(format.several_layers && l.slug == dataset.slug))
            .map(move |l| (l.slug.as_str(), format, std::slice::from_ref(l)));
        whole.into_iter().chain(one)
    })
}

/// The names of all files.
pub(super) fn file_names(dataset: &Dataset, layers: &[Arc<Layer>]) -> Vec<String> {
    each(dataset, layers).map(|(name, format, _)| format!("{name}.{}", format.extension)).collect()
}

/// The files as JSON, with the archives that there are.
pub(super) fn document(call: &Call, dataset: &Dataset, layers: &[Arc<Layer>], archives: Vec<Json>) -> Json {
    let base = call.url(&format!("/download/{}", dataset.slug));
    let files: Vec<Json> = each(dataset, layers)
        .map(|(name, format, layers)| {
            json!({
                "name": format!("{name}.{}", format.extension),
                "href": format!("{base}/{name}.{}", format.extension),
                "type": format.media_type(),
                "format": format.name,
                "layers": layers.iter().map(|l| l.slug.as_str()).collect::<Vec<_>>(),
            })
        })
        .chain(archives)
        .collect();
    json!({"dataset": dataset.slug, "title": dataset.title, "files": files})
}

//! Whether the styles of a dataset fit its data: a map that can't be drawn is not published.

use super::write::unusable_style;
use super::{PublishError, Snapshot};
use crate::ingest::{Finding, IngestError, Loaded, LoadedLayer};
use crate::maps::check_fit;
use crate::style::sld;

/// The layers whose style came with their file and doesn't fit them, with what there is to say: nobody asked for that
/// style, so that it refuses nothing.
pub(super) fn unfit_file_styles<'a>(
    snapshot: &Snapshot,
    dataset_id: i64,
    loaded: &'a Loaded,
) -> Vec<(i64, &'a LoadedLayer, Finding)> {
    let mut unfit = Vec::new();
    for own in loaded.layers.iter().filter(|layer| layer.style.is_some()) {
        let slug = own.target.slug.as_str();
        let Some(layer) = snapshot.layers.values().find(|l| l.dataset.id == dataset_id && l.slug == slug)
        else {
            continue;
        };
        let Some(info) = layer.styles.iter().find(|s| s.is_default) else { continue };
        let reason = match sld::parse(&info.sld) {
            Ok(style) => check_fit(&style, layer).err(),
            Err(error) => Some(error.to_string()),
        };
        if let Some(reason) = reason {
            unfit.push((layer.id, own, unusable_style(slug, &reason)));
        }
    }
    unfit
}

/// Holds the default style of every layer of a dataset against its columns. `given` says that the style
/// came with this publication rather than being kept from the one before.
///
/// # Errors
/// A refusal with a finding for each layer whose style names what it doesn't have.
pub(super) fn check_styles(snapshot: &Snapshot, dataset_id: i64, given: bool) -> Result<(), PublishError> {
    let mut findings = Vec::new();
    for layer in snapshot.layers.values().filter(|l| l.dataset.id == dataset_id) {
        let Some(info) = layer.styles.iter().find(|s| s.is_default) else { continue };
        let style = sld::parse(&info.sld).map_err(PublishError::Style)?;
        let Err(reason) = check_fit(&style, layer) else { continue };
        let slug = &layer.slug;
        let message = if given {
            format!("the style doesn't fit layer '{slug}': {reason}; correct the style")
        } else {
            format!(
                "the style that layer '{slug}' has doesn't fit the new data: {reason}; give one that does with --style"
            )
        };
        findings.push(Finding::error("style-unfit", message).in_layer(slug));
    }
    if findings.is_empty() { Ok(()) } else { Err(IngestError::Refused(findings).into()) }
}

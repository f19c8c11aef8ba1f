//! Whether the styles of a dataset fit its data: a map that can't be drawn is not published.

use super::{PublishError, Snapshot};
use crate::ingest::{Finding, IngestError};
use crate::maps::check_fit;
use crate::style::sld;

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

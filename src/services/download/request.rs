//! From an address to a dataset, its layers and a format.

use super::capabilities::file_names;
use super::error::DownloadError;
use crate::access::Action;
use crate::formats::{OutputFormat, output};
use crate::geo::{Crs, CrsRef};
use crate::model::{Dataset, Layer};
use crate::publish::Snapshot;
use crate::services::edge::{Call, Kvp};
use std::sync::Arc;

/// Systems that errors name, beside the data's own: those that people here ask for.
const USUAL: [i32; 5] = [2154, 4326, 3857, 4258, 3035];

/// A file that is asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Its layers.
    pub(super) layers: Vec<Arc<Layer>>,
    /// Its format.
    pub(super) format: &'static OutputFormat,
    /// The system asked for; the format's default when none is.
    pub(super) crs: Option<CrsRef>,
    /// Its name without the ending.
    pub(super) name: String,
}

/// A dataset that the caller may read, and its layers in the producer's order.
///
/// # Errors
/// [`DownloadError::NotFound`], also where it may not be read: that it exists is not told.
pub(super) fn dataset<'a>(
    call: &'a Call,
    snapshot: &'a Snapshot,
    slug: &str,
) -> Result<(&'a Arc<Dataset>, Vec<Arc<Layer>>), DownloadError> {
    let missing = || {
        let shown: String = slug.chars().take(80).collect();
        DownloadError::NotFound(format!("there is no dataset '{shown}' here; the start page lists them"))
    };
    let mut visible = snapshot.visible_datasets(&call.caller, &call.scope);
    let dataset = visible.find(|d| d.slug == slug).ok_or_else(missing)?;
    let readable =
        |l: &&Arc<Layer>| snapshot.layer(&call.caller, Action::Read, &call.scope, &l.slug).is_some();
    let layers: Vec<_> = snapshot.layers_of(dataset).filter(readable).cloned().collect();
    if layers.is_empty() { Err(missing()) } else { Ok((dataset, layers)) }
}

/// The file of an address.
///
/// # Errors
/// [`DownloadError`] that names what there is instead.
pub(super) fn wanted(
    call: &Call,
    snapshot: &Snapshot,
    slug: &str,
    file: &str,
    query: &str,
) -> Result<Wanted, DownloadError> {
    let (dataset, mut layers) = dataset(call, snapshot, slug)?;
    let shown = |text: &str| text.chars().take(80).collect::<String>();
    let (name, format) = OutputFormat::of_file(file).ok_or_else(|| {
        let known: Vec<&str> = output::ALL.iter().map(|f| f.extension).collect();
        DownloadError::NotFound(format!(
            "'{}' is in no format that is offered; offered are .{}",
            shown(file),
            known.join(", .")
        ))
    })?;
    let is_whole = name == dataset.slug && format.several_layers;
    if !is_whole {
        layers.retain(|l| l.slug == name && (format.suits)(l));
    }
    if layers.is_empty() {
        let (dataset, layers) = self::dataset(call, snapshot, slug)?;
        return Err(DownloadError::NotFound(format!(
            "dataset '{}' has no file '{}'; it has: {}",
            dataset.slug,
            shown(file),
            file_names(dataset, &layers).join(", ")
        )));
    }
    let crs = system(query, &layers)?;
    Ok(Wanted { layers, format, crs, name: name.to_owned() })
}

/// The system that the parameters ask for.
fn system(query: &str, layers: &[Arc<Layer>]) -> Result<Option<CrsRef>, DownloadError> {
    let kvp = Kvp::parse(query)?;
    if let Some((name, _)) = kvp.iter().find(|(name, _)| !name.eq_ignore_ascii_case("crs")) {
        let shown: String = name.chars().take(80).collect();
        return Err(DownloadError::Invalid(format!(
            "there is no parameter '{shown}' here; there is crs, such as crs=EPSG:2154"
        )));
    }
    let Some(text) = kvp.get("crs") else { return Ok(None) };
    CrsRef::parse(text).map(Some).map_err(|error| {
        let mut offered: Vec<String> = layers.iter().map(|l| l.crs.code()).collect();
        offered.extend(USUAL.iter().filter_map(|s| Crs::from_epsg(*s).ok()).map(|c| c.code()));
        let mut seen = std::collections::HashSet::new();
        offered.retain(|code| seen.insert(code.clone()));
        DownloadError::Invalid(format!(
            "{error}; offered are {}, CRS:84 and every other horizontal system of the EPSG registry",
            offered.join(", ")
        ))
    })
}

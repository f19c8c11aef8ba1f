//! `datasud demo`: a small invented region to look around in. Its files are part of the program, so that
//! the demo needs nothing beside it.

use super::{output, progress};
use crate::config::Config;
use crate::model::{Slug, SlugError};
use crate::publish::{Existing, Outcome, PublishError, Publisher, Request};
use crate::store::Store;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Load a small invented region, then serve
///
/// The second time nothing is loaded again. Edits made to the demo's features stay.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {}

const REGION: &str = include_str!("../../fixtures/region.toml");

/// The files that `region.toml` names.
const FILES: [(&str, &[u8]); 5] = [
    ("communes.zip", include_bytes!("../../fixtures/communes.zip")),
    ("routes.geojson", include_bytes!("../../fixtures/routes.geojson")),
    ("equipements.geojson", include_bytes!("../../fixtures/equipements.geojson")),
    ("evenements.geojson", include_bytes!("../../fixtures/evenements.geojson")),
    ("patrimoine.gpkg", include_bytes!("../../fixtures/patrimoine.gpkg")),
];

/// The styles that it names.
const STYLES: [(&str, &str); 2] = [
    ("communes.sld", include_str!("../../fixtures/communes.sld")),
    ("routes.sld", include_str!("../../fixtures/routes.sld")),
];

/// `fixtures/region.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Region {
    organisation: String,
    licence: String,
    dataset: Vec<Entry>,
}

/// One dataset of the region.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    slug: String,
    title: String,
    description: String,
    keywords: Vec<String>,
    files: Vec<String>,
    style: Option<String>,
}

/// Why the region can't be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The program was built with a broken description.
    #[error("the demo's description can't be read: {0}")]
    Region(#[from] toml::de::Error),
    /// A name in it is none.
    #[error("the demo's description can't be read: {0}")]
    Slug(#[from] SlugError),
    /// The files can't be unpacked.
    #[error("the demo's files can't be written to '{}': {cause}", folder.display())]
    Unpack {
        /// Where.
        folder: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A dataset was refused.
    #[error("{0}; start the demo in a folder of its own with --data DIRECTORY if this one has other data")]
    Publish(#[from] PublishError),
}

/// The region's datasets as requests, their files taken from `folder`.
///
/// # Errors
/// [`DemoError`] when the description is broken.
pub fn requests(folder: &Path) -> Result<Vec<Request>, DemoError> {
    let region: Region = toml::from_str(REGION)?;
    let request = |entry: Entry| {
        Ok(Request {
            files: entry.files.iter().map(|f| folder.join(f)).collect(),
            organisation: Some(region.organisation.clone()),
            dataset: Some(Slug::parse(&entry.slug)?),
            title: Some(entry.title),
            description: Some(entry.description),
            keywords: Some(entry.keywords),
            licence: Some(region.licence.clone()),
            style: entry.style.as_deref().and_then(style).map(str::to_owned),
            existing: Existing::ReplaceChanged,
            ..Request::default()
        })
    };
    region.dataset.into_iter().map(request).collect()
}

/// Publishes the region on a migrated database, what is there already aside.
///
/// # Errors
/// [`DemoError`]; the datasets before the failing one are published.
pub async fn load(config: &Arc<Config>, store: &Store) -> Result<(), DemoError> {
    let folder = config.data.join("demo");
    unpack(&folder).map_err(|cause| DemoError::Unpack { folder: folder.clone(), cause })?;
    let publisher = Publisher::new(Arc::clone(config), store.clone());
    for request in requests(&folder)? {
        let progress = progress::start();
        let published = publisher.publish(request, &|event| progress.show(&event)).await;
        progress.end();
        let published = published?;
        let verb = match published.outcome {
            Outcome::Loaded => "loaded",
            Outcome::Unchanged => "already there",
        };
        output::errors(&[format!("{verb}: {}", published.dataset.title)]);
    }
    Ok(())
}

fn style(name: &str) -> Option<&'static str> {
    STYLES.iter().find(|(known, _)| *known == name).map(|(_, sld)| *sld)
}

fn unpack(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    FILES.iter().try_for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes))
}

/// Three lines that say where to look.
#[must_use]
pub fn welcome(config: &Config) -> [String; 3] {
    let base = config.public_url();
    [
        format!("Look around:  {base}/"),
        format!("In QGIS:      {base}/wms  {base}/wfs  {base}/ogc  {base}/csw"),
        "Your own:     datasud ingest FILE, in another terminal".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_and_style_that_the_region_names_is_in_the_program_and_good() {
        let requests = requests(Path::new("")).expect("region.toml reads");
        assert_eq!(requests.len(), 5);
        let region: Region = toml::from_str(REGION).expect("region.toml reads");
        for name in region.dataset.iter().filter_map(|d| d.style.as_deref()) {
            let sld = style(name).unwrap_or_else(|| panic!("{name} is not in the program"));
            crate::style::sld::parse(sld).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
        for file in requests.iter().flat_map(|r| &r.files) {
            assert!(FILES.iter().any(|(name, _)| Path::new(name) == file), "{}", file.display());
        }
    }
}

//! Where the archives of servers lie ([`archive_folder`]), and how they are called.

use super::super::JobError;
use crate::config::Config;
use crate::formats::archive::ArchiveKind;
use crate::model::{Dataset, Layer};
use crate::publish::Snapshot;
use crate::tiles::archive_folder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest name of an archive.
const NAME: usize = 120;

/// What an archive of a name is about: the layers of a dataset that its name begins with, up to the first dot. `communes.pmtiles`
/// is the layer, or all layers of the dataset, of that name; so is `communes.nord.pmtiles`.
fn subject(file: &str) -> Option<(&str, ArchiveKind)> {
    let kind = ArchiveKind::of_file(Path::new(file))?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    let is_name = file.len() <= NAME && file.bytes().all(plain) && !file.contains("..");
    let name = file.split('.').next().filter(|name| is_name && !name.is_empty())?;
    Some((name, kind))
}

/// The layers of a dataset that a name is about; none when it is about something else.
fn subjects(dataset: &Dataset, layers: &[Arc<Layer>], name: &str) -> Vec<Arc<Layer>> {
    if name == dataset.slug {
        return layers.to_vec();
    }
    layers.iter().filter(|layer| layer.slug == name).cloned().collect()
}

/// Where a server puts an archive, and its kind.
///
/// # Errors
/// [`JobError::Wrong`]: the name says something else than the layers.
pub fn target(
    config: &Config,
    snapshot: &Snapshot,
    layers: &[Arc<Layer>],
    file: &str,
) -> Result<(PathBuf, ArchiveKind), JobError> {
    let (about, kind) = named(snapshot, layers, file)?;
    Ok((folder(config, &about).join(file), kind))
}

/// Whether a server can keep an archive of these layers under a name.
///
/// # Errors
/// [`JobError::Wrong`], with the name that it should have.
pub(in crate::jobs) fn check_name(
    snapshot: &Snapshot,
    layers: &[Arc<Layer>],
    file: &str,
) -> Result<(), JobError> {
    named(snapshot, layers, file).map(|_| ())
}

fn named(
    snapshot: &Snapshot,
    layers: &[Arc<Layer>],
    file: &str,
) -> Result<(Vec<Arc<Layer>>, ArchiveKind), JobError> {
    let (name, kind) = subject(file).ok_or_else(|| {
        JobError::wrong(format!(
            "'{file}' is no name of an archive that a server makes; write small letters and the ending .pmtiles or \
             .mbtiles, no folder"
        ))
    })?;
    let Some(first) = layers.first() else { return Err(JobError::wrong("name the layers of the archive")) };
    let dataset = &first.dataset;
    let all: Vec<Arc<Layer>> = snapshot.layers_of(dataset).cloned().collect();
    let about = subjects(dataset, &all, name);
    let key = |layers: &[Arc<Layer>]| {
        let mut ids: Vec<i64> = layers.iter().map(|layer| layer.id).collect();
        ids.sort_unstable();
        ids
    };
    if key(&about) != key(layers) {
        let asked: Vec<&str> = layers.iter().map(|l| l.slug.as_str()).collect();
        let wanted = match layers {
            [layer] => format!("{0}.{1} or {0}.something.{1}", layer.slug, kind.extension()),
            _ => format!("{}.{} for all layers of that dataset", dataset.slug, kind.extension()),
        };
        return Err(JobError::wrong(format!(
            "a server keeps an archive under the name of its layer, or of its dataset for all layers of it; '{file}' is not \
             the name of {}: call it {wanted}",
            asked.join(", ")
        )));
    }
    Ok((about, kind))
}

/// The archive of a name that a dataset has, if it is there and of the data's present state: its file and its kind. `layers`
/// are those of the dataset. Reads the disk.
#[must_use]
pub fn find(
    config: &Config,
    dataset: &Dataset,
    layers: &[Arc<Layer>],
    file: &str,
) -> Option<(PathBuf, ArchiveKind)> {
    let (name, kind) = subject(file)?;
    let about = subjects(dataset, layers, name);
    if about.is_empty() {
        return None;
    }
    let path = folder(config, &about).join(file);
    path.is_file().then_some((path, kind))
}

/// Names of all archives that a dataset has, of the data's present state, with their layers. Reads the disk.
#[must_use]
pub fn names(config: &Config, dataset: &Dataset, layers: &[Arc<Layer>]) -> Vec<(String, Vec<Arc<Layer>>)> {
    let mut found = found_in(&folder(config, layers), &dataset.slug, layers);
    for layer in layers.iter().filter(|layer| layer.slug != dataset.slug) {
        let one = std::slice::from_ref(layer);
        found.extend(found_in(&folder(config, one), &layer.slug, one));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Names of the archives in a folder that are about `name`.
fn found_in(folder: &Path, name: &str, layers: &[Arc<Layer>]) -> Vec<(String, Vec<Arc<Layer>>)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter_map(|entry| entry.file_name().into_string().ok());
    files
        .filter(|file| subject(file).is_some_and(|(about, _)| about == name))
        .map(|file| (file, layers.to_vec()))
        .collect()
}

fn folder(config: &Config, layers: &[Arc<Layer>]) -> PathBuf {
    archive_folder(&config.data, layers, &config.overviews, config.limits.tile_kilobytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_archives_are_plain() {
        assert_eq!(subject("communes.pmtiles"), Some(("communes", ArchiveKind::PmTiles)));
        assert_eq!(subject("communes.nord-1.mbtiles"), Some(("communes", ArchiveKind::MbTiles)));
        for name in
            ["", "communes", ".pmtiles", "a/b.pmtiles", "../b.pmtiles", "a..pmtiles", "É.pmtiles", "a.zip"]
        {
            assert_eq!(subject(name), None, "{name}");
        }
        assert_eq!(subject(&format!("{}.pmtiles", "a".repeat(200))), None);
    }
}

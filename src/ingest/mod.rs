//! From a file to a checked table: detect, read, check, load. May not publish.
//!
//! `detect` names what a path holds (unpacking archives under strict limits), a child process reads it
//! with GDAL under bounded memory and time (`reader`), checks and repairs geometries, sorts rows along a
//! Hilbert curve and writes them as PostgreSQL's binary COPY; `load` forwards those bytes into a new table
//! inside the caller's transaction, then builds its key and index. A file is loaded whole or not at all:
//! every failure is an [`IngestError`] before the caller commits.

mod archive;
mod archives;
mod child;
mod detect;
mod drivers;
mod frame;
mod images;
mod load;
mod reader;
mod report;
mod temporary;

pub use archive::is_hidden;
pub use drivers::lacking_formats;
use images::IMAGE_COLUMNS;
pub use images::NewImages;
pub use reader::run as read_file;
pub use report::{Example, Finding, IngestError, Level};

use crate::config::Config;
use crate::geo::{BBox, Crs};
use crate::model::{ArchiveFacts, Column, Coverage, GeometryType};
use crate::store::Session;
use frame::Format;
use load::Loader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use temporary::TemporaryFolder;

/// What the producer knows better than the file.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Names of the layers to read, as the source spells them; all of them when empty. One that no file
    /// has is an error.
    pub layers: Vec<String>,
    /// The coordinate reference system, whatever the file says.
    pub crs: Option<Arc<Crs>>,
    /// Label of the text encoding, such as `windows-1252` or `CP850`, whatever the file says.
    pub encoding: Option<String>,
    /// The program that has the hidden command `read-file`; the running program when absent. Tests,
    /// whose program is another, give it.
    pub reader: Option<PathBuf>,
}

/// A layer found in a file, before it has a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLayer {
    /// Name in the source: of the shapefile, of the GeoPackage's layer, of the GeoJSON file.
    pub name: String,
    /// Title in the source, or the name made readable.
    pub title: String,
    /// Name of the file that was given, without its folder.
    pub file: String,
}

/// Where a layer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Name of the new table in schema `data`; must not exist.
    pub table: String,
    /// What findings call the layer: its slug.
    pub slug: String,
}

/// A layer that stands in its new table, checked and measured.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedLayer {
    /// What it was in the file.
    pub source: SourceLayer,
    /// Where it is.
    pub target: Target,
    /// Type of `geom`.
    pub geometry: GeometryType,
    /// Whether points have Z.
    pub has_z: bool,
    /// Whether points have M.
    pub has_m: bool,
    /// The data's own system; `geom` has its code as SRID.
    pub crs: Arc<Crs>,
    /// Attributes in the source's order, `fid` and `geom` aside.
    pub columns: Vec<Column>,
    /// Box in [`LoadedLayer::crs`], x first; `None` when there is no geometry at all.
    pub extent: Option<BBox>,
    /// The same in longitude and latitude.
    pub extent_lonlat: Option<BBox>,
    /// Number of rows, or of tiles of an archive.
    pub features: i64,
    /// The pixels, where rows are images.
    pub coverage: Option<Coverage>,
    /// What it holds, where it is an archive of tiles: then its one row is the border.
    pub archive: Option<ArchiveFacts>,
    /// Text of the style that the file itself has for it, as a GeoPackage that QGIS wrote.
    pub style: Option<String>,
}

/// What [`read_and_load`] did.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The layers, in the order of files and of layers in them.
    pub layers: Vec<LoadedLayer>,
    /// What a person should know; no finding here has level `error`.
    pub report: Vec<Finding>,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProgressEvent {
    /// A file is being read.
    Reading {
        /// Layer in the source.
        layer: String,
        /// Features read so far.
        rows: u64,
        /// Features in all, where the format tells.
        total: Option<u64>,
    },
    /// Rows are going into the table.
    Loading {
        /// Layer in the source.
        layer: String,
        /// Rows sent so far.
        rows: u64,
        /// Rows in all.
        total: u64,
    },
    /// The key and the spatial index are being built.
    Indexing {
        /// Layer in the source.
        layer: String,
    },
}

/// The files that [`read_and_load`] reads of a path, each with the name that tells it from the others, in an
/// order that is always the same; more than the limit when a folder holds too many. Blocking.
///
/// # Errors
/// The operating system's.
pub fn files_of(path: &Path, config: &Config) -> std::io::Result<Vec<(String, PathBuf)>> {
    detect::files_of(path, &config.limits)
}

/// Reads all files and loads each layer into the new table that `place` names for it, inside the
/// transaction that `session` has open.
///
/// `place` is asked once a layer, in order, before its table is made; it may refuse with a finding. The
/// tables have `fid bigint primary key`, the columns and `geom` with a GiST index, and are analysed. Images
/// become one layer, an archive of tiles another; the folders that they are put in are noted in `new`.
///
/// # Errors
/// [`IngestError::Refused`] with at least one finding of level `error` when a file, a layer or a value
/// can't be taken; [`IngestError::Store`] when the database fails. The caller rolls back then.
pub async fn read_and_load(
    session: &mut Session,
    files: &[PathBuf],
    options: &ReadOptions,
    config: &Config,
    place: &mut (dyn FnMut(&SourceLayer) -> Result<Target, Finding> + Send),
    new: &mut NewImages,
    progress: &(dyn Fn(ProgressEvent) + Send + Sync),
) -> Result<Loaded, IngestError> {
    let folder = TemporaryFolder::new(&config.data)?;
    let mut loader = Loader {
        session,
        options,
        limits: &config.limits,
        place: &mut |layer| place(layer),
        progress,
        layers: Vec::new(),
        report: Vec::new(),
    };
    if files.is_empty() {
        return Err(IngestError::refused("file-missing", "no file was given; name at least one"));
    }
    // What archives held stays until the images of all of them have been read together.
    let mut insides = Vec::new();
    let mut images = Vec::new();
    for path in files {
        let (path, limits) = (path.clone(), config.limits.clone());
        let inside = folder.inside()?;
        let found = inside.path().to_owned();
        let detected =
            tokio::task::spawn_blocking(move || detect::detect(&path, &found, &limits))
                .await
                .map_err(|e| IngestError::system("looking at the file failed", std::io::Error::other(e)))??;
        loader.report.extend(detected.findings);
        for source in detected.sources {
            match source.format {
                Format::Image => images.push(source),
                Format::Tiles(kind) => {
                    loader.load_archive((&source, kind), &inside, &config.data, new).await?;
                }
                _ => loader.load(&source, &inside).await?,
            }
        }
        insides.push(inside);
    }
    loader.load_images(&images, &folder.inside()?, &config.data, new).await?;
    let Loader { layers, mut report, .. } = loader;
    if let Some(missing) = options.layers.iter().find(|l| !layers.iter().any(|have| have.source.name == **l))
    {
        report.push(Finding::error(
            "layer-missing",
            format!("there is no layer '{missing}' in what was given; check its spelling"),
        ));
        return Err(IngestError::Refused(report));
    }
    Ok(Loaded { layers, report })
}

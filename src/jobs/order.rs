//! What is wanted of a job.

use super::area::Area;
use super::plan::{self, Zooms};
use super::{Chosen, JobError, export};
use crate::geo::grid::Grids;
use crate::model::Layer;
use crate::publish::Snapshot;
use crate::render::ImageFormat;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What to do with tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// Make those that are not there yet.
    Seed,
    /// Delete those that are there.
    Truncate,
    /// Put them in one file.
    Export,
}

/// The order for a job, as it is kept in the database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Order {
    /// What to do.
    pub work: Work,
    /// Slugs of layers; truncating takes none for all.
    #[serde(default)]
    pub layers: Vec<String>,
    /// Grid; `WebMercatorQuad` for seeding and for export, which has no other, all for truncating where absent.
    #[serde(default)]
    pub grid: Option<String>,
    /// First and last matrix of the grid; 0 to 10 for seeding, 0 to 14 for export, all for truncating where absent.
    #[serde(default)]
    pub zooms: Option<Zooms>,
    /// Form of tiles: `png`, `jpeg`, `webp`, `mvt`; where absent `png` for seeding, `mvt` for export.
    #[serde(default)]
    pub format: Option<String>,
    /// Style of pictures; that of each layer where absent.
    #[serde(default)]
    pub style: Option<String>,
    /// Where; everywhere when absent.
    #[serde(default)]
    pub area: Option<Area>,
    /// Name of the file of an export in the background, in the folder of archives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// Forms of tiles.
pub(super) const FORMATS: [&str; 4] = ["png", "jpeg", "webp", "mvt"];

impl Order {
    /// The grid of a seeding.
    pub(super) fn grid_name(&self) -> &str {
        self.grid.as_deref().unwrap_or("WebMercatorQuad")
    }

    /// The scales of a seeding or an export.
    pub(super) fn all_zooms(&self) -> Zooms {
        let last = if self.work == Work::Export { 14 } else { 10 };
        self.zooms.unwrap_or(Zooms { first: 0, last })
    }

    /// The form of pictures; `None` for vector tiles.
    pub(super) fn picture(&self) -> Option<ImageFormat> {
        let usual = if self.work == Work::Export { "mvt" } else { "png" };
        match self.format.as_deref().unwrap_or(usual) {
            "mvt" => None,
            name => ImageFormat::named(name),
        }
    }

    /// Whether the order can be done with what is published; the layers that it is about, `None` for all.
    ///
    /// # Errors
    /// [`JobError`], with a sentence that names what is wrong.
    pub fn check(&self, snapshot: &Snapshot, grids: &Grids) -> Result<Option<Vec<Arc<Layer>>>, JobError> {
        let layers = plan::layers(snapshot, &self.layers)?;
        match self.work {
            Work::Truncate => {
                if self.format.is_some() || self.style.is_some() {
                    return Err(JobError::wrong("tiles are deleted in every format and style"));
                }
                Chosen::of(self, snapshot, grids)?;
                Ok((!layers.is_empty()).then_some(layers))
            }
            Work::Seed | Work::Export => {
                if layers.is_empty() {
                    return Err(JobError::wrong("name the layers whose tiles are to be made"));
                }
                if let Some(format) = self.format.as_deref().filter(|format| !FORMATS.contains(format)) {
                    let known = FORMATS.join(", ");
                    return Err(JobError::wrong(format!(
                        "there is no format '{format}'; there are: {known}"
                    )));
                }
                if self.picture().is_some() {
                    check_style(&layers, self.style.as_deref().unwrap_or_default())?;
                }
                if self.work == Work::Export {
                    export::check(self, &layers)?;
                    if let Some(file) = &self.file {
                        export::check_name(snapshot, &layers, file)?;
                    }
                    return Ok(Some(layers));
                }
                let grid = plan::grid(grids, self.grid_name())?;
                plan::parts(&layers, grid, self.all_zooms(), self.area.as_ref())?;
                if let Some(area) = &self.area {
                    area.cover(&grid.crs.crs)?;
                }
                Ok(Some(layers))
            }
        }
    }
}

fn check_style(layers: &[Arc<Layer>], style: &str) -> Result<(), JobError> {
    match layers.iter().find(|layer| layer.style(style).is_none()) {
        None => Ok(()),
        Some(layer) => {
            let known: Vec<&str> = layer.styles.iter().map(|s| s.name.as_str()).collect();
            Err(JobError::wrong(format!(
                "layer '{}' has no style '{style}'; it has: {}",
                layer.slug,
                known.join(", ")
            )))
        }
    }
}

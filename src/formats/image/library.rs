//! Open files, kept for the next map.

use super::{Samples, Window};
use crate::geo::BBox;
use gdal::raster::ResampleAlg;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, PoisonError};

/// Files that are kept open.
const OPEN: usize = 128;
/// Megabytes of decoded blocks that GDAL keeps for all of them.
const BLOCKS: &str = "128";

/// The folder of a raster layer's images below the data folder.
#[must_use]
pub fn folder_of(data: &Path, table: &str) -> PathBuf {
    data.join("images").join(table)
}

/// The file of one image.
#[must_use]
pub fn file_of(data: &Path, table: &str, fid: i64) -> PathBuf {
    folder_of(data, table).join(format!("{fid}.tif"))
}

/// Why an image can't be read. The file was good when it was ingested.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("image {fid} of {table} can't be read; its file is missing or damaged, load the layer again")]
pub struct ImageError {
    /// The table.
    pub table: String,
    /// The image.
    pub fid: i64,
}

/// How large an image is and where it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageFacts {
    /// Pixels a row, and rows.
    pub size: [usize; 2],
    /// x and y of its upper left corner, in the layer's system.
    pub corner: [f64; 2],
    /// Width and height of a pixel, in units of the layer's system.
    pub pixel: [f64; 2],
}

impl ImageFacts {
    /// The column and the row of a place, with their fractions.
    #[must_use]
    pub fn pixel_at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [(x - self.corner[0]) / self.pixel[0], (self.corner[1] - y) / self.pixel[1]]
    }

    /// Whether a column and a row lie on it.
    #[must_use]
    pub fn holds(&self, [column, row]: [f64; 2]) -> bool {
        // What lies on the border but for rounding.
        const SLACK: f64 = 1e-6;
        column >= -SLACK
            && row >= -SLACK
            && column < self.size[0] as f64 + SLACK
            && row < self.size[1] as f64 + SLACK
    }

    /// Its border.
    #[must_use]
    pub fn extent(&self) -> BBox {
        let [left, top] = self.corner;
        let across = self.pixel[0] * self.size[0] as f64;
        let down = self.pixel[1] * self.size[1] as f64;
        BBox::new(left, top - down, left + across, top)
    }
}

/// The images of all layers. Cloning shares the open files. Reading blocks.
#[derive(Clone)]
pub struct Library {
    data: PathBuf,
    open: Arc<Mutex<HashMap<PathBuf, Vec<Dataset>>>>,
}

impl Library {
    /// The images below a data folder.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let _ = gdal::config::set_config_option("GDAL_CACHEMAX", BLOCKS);
        });
        Self { data: data.to_owned(), open: Arc::default() }
    }

    /// How large an image is and where it lies.
    ///
    /// # Errors
    /// [`ImageError`]
    pub fn facts(&self, table: &str, fid: i64) -> Result<ImageFacts, ImageError> {
        self.with(table, fid, |dataset| {
            let [left, pixel_x, _, top, _, pixel_y] = dataset.geo_transform()?;
            let (width, height) = dataset.raster_size();
            Ok(ImageFacts { size: [width, height], corner: [left, top], pixel: [pixel_x, -pixel_y] })
        })
    }

    /// Reads a window of an image.
    ///
    /// # Errors
    /// [`ImageError`]
    pub fn read(&self, table: &str, fid: i64, window: &Window) -> Result<Samples, ImageError> {
        self.with(table, fid, |dataset| samples(dataset, window))
    }

    fn with<T>(
        &self,
        table: &str,
        fid: i64,
        act: impl FnOnce(&Dataset) -> gdal::errors::Result<T>,
    ) -> Result<T, ImageError> {
        let failed = || ImageError { table: table.to_owned(), fid };
        let path = file_of(&self.data, table, fid);
        let dataset = match self.taken(&path) {
            Some(dataset) => dataset,
            None => open(&path).map_err(|error| {
                tracing::error!(%error, table, fid, "an image can't be opened");
                failed()
            })?,
        };
        let read = act(&dataset);
        self.put_back(path, dataset);
        read.map_err(|error| {
            tracing::error!(%error, table, fid, "an image can't be read");
            failed()
        })
    }

    fn taken(&self, path: &Path) -> Option<Dataset> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get_mut(path)?.pop()
    }

    fn put_back(&self, path: PathBuf, dataset: Dataset) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= OPEN && !open.contains_key(&path) {
            // Files of tables that are gone go this way, too.
            open.clear();
        }
        let kept = open.entry(path).or_default();
        if kept.len() < 4 {
            kept.push(dataset);
        }
    }
}

fn open(path: &Path) -> gdal::errors::Result<Dataset> {
    Dataset::open_ex(
        path,
        DatasetOptions {
            open_flags: GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_READONLY,
            allowed_drivers: Some(&["GTiff"]),
            open_options: None,
            // Nothing lies beside it.
            sibling_files: Some(&[]),
        },
    )
}

fn samples(dataset: &Dataset, window: &Window) -> gdal::errors::Result<Samples> {
    let Window { corner, size, pixels, .. } = *window;
    let how = if window.smooth { ResampleAlg::Average } else { ResampleAlg::NearestNeighbour };
    let at = (corner[0].cast_signed(), corner[1].cast_signed());
    let (size, shape) = ((size[0], size[1]), (pixels[0], pixels[1]));
    let mut bands = Vec::new();
    let mut mask: Option<Vec<u8>> = None;
    for number in &window.bands {
        let band = dataset.rasterband(number + 1)?;
        bands.push(band.read_as::<f32>(at, size, shape, Some(how))?.into_shape_and_vec().1);
        if !band.mask_flags()?.is_all_valid() {
            let own = band.open_mask_band()?.read_as::<u8>(at, size, shape, None)?.into_shape_and_vec().1;
            // A pixel is there when it is in one of the bands.
            match &mut mask {
                Some(all) => all.iter_mut().zip(own).for_each(|(all, own)| *all = (*all).max(own)),
                None => mask = Some(own),
            }
        }
    }
    Ok(Samples { width: pixels[0], height: pixels[1], bands, mask })
}

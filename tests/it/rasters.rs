//! Raster layers: images that are ingested, kept as Cloud Optimized GeoTIFFs, and drawn.

mod askew;
mod bad;
mod drawing;

use crate::picture::Picture;
use crate::support::{self, Answer, PROGRAM, TestDatabase, TestServer, config, get};
use datasud::config::Config;
use datasud::model::Slug;
use datasud::publish::{Existing, PublishError, Published, Publisher, Request};
use gdal::DriverManager;
use gdal::Gcp;
use gdal::raster::{Buffer, ColorInterpretation, GdalDataType, GdalType};
use gdal::spatial_ref::SpatialRef;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An image to be written: Lambert-93, pixels of ten metres.
pub struct Made<'a> {
    pub name: &'a str,
    /// x and y of the upper left corner.
    pub corner: [f64; 2],
    pub size: [usize; 2],
    pub srid: Option<u32>,
    pub nodata: Option<f64>,
    pub meanings: &'a [ColorInterpretation],
    pub lies: Lies,
}

/// How an image lies on the ground.
pub enum Lies {
    /// Straight to the north, from its corner, with pixels of ten metres.
    Straight,
    /// By the six numbers of an affine transform, as GDAL orders them.
    Affine([f64; 6]),
    /// By control points: column, row, x, y.
    Points(Vec<[f64; 4]>),
}

impl Default for Made<'_> {
    fn default() -> Self {
        Self {
            name: "essai.tif",
            corner: [900_000.0, 6_250_400.0],
            size: [40, 40],
            srid: Some(2154),
            nodata: None,
            meanings: &[],
            lies: Lies::Straight,
        }
    }
}

impl Made<'_> {
    /// Writes it; `value` says what a band has at a column and a row.
    pub fn write<T: GdalType + Copy>(
        &self,
        folder: &Path,
        bands: usize,
        value: impl Fn(usize, usize, usize) -> T,
    ) -> PathBuf {
        let path = folder.join(self.name);
        let driver = DriverManager::get_driver_by_name("GTiff").expect("GTiff");
        let [width, height] = self.size;
        let mut image = driver.create_with_band_type::<T, _>(&path, width, height, bands).expect("made");
        let [left, top] = self.corner;
        let system = self.srid.map(|srid| SpatialRef::from_epsg(srid).expect("known"));
        match &self.lies {
            Lies::Straight => image.set_geo_transform(&[left, 10.0, 0.0, top, 0.0, -10.0]).expect("placed"),
            Lies::Affine(numbers) => image.set_geo_transform(numbers).expect("placed"),
            Lies::Points(points) => {
                let points = points.iter().enumerate().map(|(at, &[pixel, line, x, y])| Gcp {
                    id: at.to_string(),
                    info: String::new(),
                    pixel,
                    line,
                    x,
                    y,
                    z: 0.0,
                });
                image.set_gcps(points.collect(), system.as_ref().expect("a system")).expect("placed");
            }
        }
        if let (Some(system), false) = (&system, matches!(self.lies, Lies::Points(_))) {
            image.set_spatial_ref(system).expect("set");
        }
        for number in 0..bands {
            let values = (0..width * height).map(|at| value(number, at % width, at / width)).collect();
            let mut band = image.rasterband(number + 1).expect("band");
            band.set_no_data_value(self.nodata).expect("set");
            if let Some(meaning) = self.meanings.get(number) {
                let meaning = ColorInterpretation::from_name(&meaning.name()).expect("one");
                band.set_color_interpretation(meaning).expect("set");
            }
            let mut buffer = Buffer::new((width, height), values);
            band.write((0, 0), (width, height), &mut buffer).expect("written");
        }
        assert_ne!(image.rasterband(1).expect("band").band_type(), GdalDataType::Unknown);
        image.flush_cache().expect("flushed");
        path
    }
}

/// A database with a data folder of its own.
pub struct Place {
    pub database: TestDatabase,
    pub folder: tempfile::TempDir,
}

impl Place {
    pub async fn new() -> Self {
        Self { database: support::database().await, folder: support::open_folder("rasters") }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn config(&self) -> Config {
        Config { data: self.path().join("data"), ..config() }
    }

    /// Publishes images as dataset and layer `essai`.
    pub async fn publish(
        &self,
        files: &[PathBuf],
        change: impl FnOnce(&mut Request),
    ) -> Result<Published, PublishError> {
        let mut request = Request {
            files: files.to_vec(),
            dataset: Some(Slug::parse("essai").expect("a slug")),
            layer: Some("essai".to_owned()),
            existing: Existing::Replace,
            ..Request::default()
        };
        change(&mut request);
        self.publisher().publish(request, &|_| ()).await
    }

    pub fn publisher(&self) -> Publisher {
        Publisher::new(Arc::new(self.config()), self.database.store.clone()).with_reader(PROGRAM.into())
    }

    pub fn server(&self) -> TestServer {
        support::server_with(&self.database, self.config())
    }

    /// The files of all images that are kept.
    pub fn images(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let folders = std::fs::read_dir(self.path().join("data/images")).into_iter().flatten().flatten();
        for folder in folders {
            found.extend(std::fs::read_dir(folder.path()).into_iter().flatten().flatten().map(|f| f.path()));
        }
        found.sort();
        found
    }
}

/// The address of a map of `essai` in Lambert-93, of pixels of ten metres from 900000, 6250000.
pub fn map(base: &str, width: u32, height: u32) -> String {
    let (right, top) = (900_000 + 10 * width, 6_250_000 + 10 * height);
    format!(
        "{base}/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&STYLES=&FORMAT=image/png&TRANSPARENT=true&LAYERS=essai\
         &CRS=EPSG:2154&BBOX=900000,6250000,{right},{top}&WIDTH={width}&HEIGHT={height}"
    )
}

/// The same drawn by a symbolizer that the request brings.
pub fn styled(address: &str, symbolizer: &str) -> String {
    let sld = format!(
        "<StyledLayerDescriptor version=\"1.0.0\" xmlns=\"http://www.opengis.net/sld\"><NamedLayer><Name>essai</Name>\
         <UserStyle><FeatureTypeStyle><Rule>{symbolizer}</Rule></FeatureTypeStyle></UserStyle></NamedLayer>\
         </StyledLayerDescriptor>"
    );
    format!("{address}&SLD_BODY={}", utf8_percent_encode(&sld, NON_ALPHANUMERIC)).replace("&LAYERS=essai", "")
}

#[track_caller]
pub fn picture(url: &str) -> Picture {
    let answer: Answer = get(url);
    assert_eq!(answer.status, 200, "{url}: {}", answer.text());
    Picture::decode(&answer.body)
}

/// Runs what blocks beside the test's runtime.
pub async fn blocking<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(act).await.expect("done")
}

//! From images to one raster layer: each is rewritten by a child of its own, and its border becomes a row.

use super::detect::Source;
use super::frame::{Image, Tag};
use super::load::{Loader, confused};
use super::{IngestError, LoadedLayer, ProgressEvent, SourceLayer, TemporaryFolder};
use crate::formats::image::folder_of;
use crate::geo::{BBox, Crs};
use crate::model::{Column, ColumnType, Coverage, GeometryType};
use crate::store::{Ident, Session};
use std::path::{Path, PathBuf};

/// Folders of images and of archives of tiles that were made for tables which aren't committed yet: they go when this is dropped.
#[derive(Debug, Default)]
pub struct NewImages(Vec<PathBuf>);

impl NewImages {
    /// Notes a folder.
    pub(super) fn note(&mut self, folder: &Path) {
        self.0.push(folder.to_owned());
    }

    /// The tables are there to stay, and so are their images.
    pub fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for NewImages {
    fn drop(&mut self) {
        for folder in &self.0 {
            if let Err(error) = std::fs::remove_dir_all(folder) {
                tracing::warn!(%error, "images of a layer that was not published could not be removed");
            }
        }
    }
}

impl Loader<'_> {
    /// Loads images as one layer, a mosaic where there are several.
    pub(super) async fn load_images(
        &mut self,
        sources: &[Source],
        folder: &TemporaryFolder,
        data: &Path,
        new: &mut NewImages,
    ) -> Result<(), IngestError> {
        let Some(first) = sources.first() else { return Ok(()) };
        let name = mosaic_name(sources);
        let wanted = &self.options.layers;
        if !wanted.is_empty() && !wanted.contains(&name) {
            return Ok(());
        }
        let mut images: Vec<Image> = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            let (rows, total) = (index as u64, Some(sources.len() as u64));
            (self.progress)(ProgressEvent::Reading { layer: name.clone(), rows, total });
            let target = folder.path().join(format!("{}.tif", index + 1));
            let image: Image = self.put(source, folder, target, Tag::Image).await?;
            if let Some(before) = images.first() {
                alike(before, &image)?;
            }
            images.push(image);
        }
        let title = name.replace('_', " ").trim().to_owned();
        let origin = SourceLayer { name: name.clone(), title, file: first.file.clone() };
        let target = (self.place)(&origin)?;
        let Some(described) = described(&images) else { return Err(confused()) };
        let crs =
            Crs::from_epsg(described.srid).map_err(|e| IngestError::refused("crs-unknown", e.to_string()))?;
        (self.progress)(ProgressEvent::Indexing { layer: name });
        write_rows(self.session, &Ident::data(&target.table), described.srid, &images).await?;
        let place = folder_of(data, &target.table);
        move_images(folder.path(), &place, images.len(), new)
            .map_err(|e| IngestError::system("the images can't be put into the data folder", e))?;
        for finding in images.into_iter().flat_map(|i| i.findings) {
            self.report.push(finding.in_layer(&target.slug));
        }
        self.layers.push(LoadedLayer {
            source: origin,
            target,
            geometry: GeometryType::Polygon,
            has_z: false,
            has_m: false,
            crs,
            columns: IMAGE_COLUMNS.iter().map(|(name, kind)| Column::new(*name, *kind)).collect(),
            extent: Some(described.extent),
            extent_lonlat: described.extent_lonlat,
            features: described.count,
            coverage: Some(described.coverage),
            archive: None,
            style: None,
        });
        Ok(())
    }
}

/// The name of what several images make: of the archive or folder that they came in, else of the first.
fn mosaic_name(sources: &[Source]) -> String {
    let first = sources.first();
    let (name, file) = first.map(|s| (s.name.clone(), s.file.clone())).unwrap_or_default();
    if sources.len() == 1 {
        return name;
    }
    let together = sources.iter().all(|s| s.file == file);
    let stem = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem);
    if together { stem.to_owned() } else { name }
}

/// Images of one layer have the same system and the same bands.
fn alike(first: &Image, other: &Image) -> Result<(), IngestError> {
    let refuse = |what: String| {
        let message = format!(
            "images {} and {} don't fit together: {what}; load them as two datasets",
            first.name, other.name
        );
        Err(IngestError::refused("images-differ", message))
    };
    if first.srid != other.srid {
        return refuse(format!("one is in EPSG:{}, the other in EPSG:{}", first.srid, other.srid));
    }
    let (a, b) = (&first.coverage, &other.coverage);
    if a.bands.len() != b.bands.len() {
        return refuse(format!("one has {} bands, the other {}", a.bands.len(), b.bands.len()));
    }
    for (a, b) in a.bands.iter().zip(&b.bands) {
        if a.kind != b.kind || a.meaning != b.meaning {
            return refuse(format!("band {} is not the same in both", a.name));
        }
    }
    if a.palette != b.palette {
        return refuse("their palettes differ".to_owned());
    }
    Ok(())
}

/// What all images together are.
struct Described {
    srid: i32,
    extent: BBox,
    extent_lonlat: Option<BBox>,
    coverage: Coverage,
    count: i64,
}

fn described(images: &[Image]) -> Option<Described> {
    let (first, others) = images.split_first()?;
    let mut coverage = first.coverage.clone();
    let mut extent = first.extent;
    let mut extent_lonlat = first.extent_lonlat;
    for image in others {
        extent = extent.union(&image.extent);
        extent_lonlat = match (extent_lonlat, image.extent_lonlat) {
            (Some(a), Some(b)) => Some(a.union(&b)),
            (one, other) => one.or(other),
        };
        coverage.pixel =
            [coverage.pixel[0].min(image.coverage.pixel[0]), coverage.pixel[1].min(image.coverage.pixel[1])];
        for (all, own) in coverage.bands.iter_mut().zip(&image.coverage.bands) {
            all.join(own);
        }
    }
    let count = i64::try_from(images.len()).ok()?;
    Some(Described { srid: first.srid, extent, extent_lonlat, coverage, count })
}

/// What is told of each image: its name, the day that it shows, its columns and rows, the width of a pixel.
pub(super) const IMAGE_COLUMNS: [(&str, ColumnType); 5] = [
    ("image", ColumnType::Text),
    ("date", ColumnType::Date),
    ("width", ColumnType::Integer),
    ("height", ColumnType::Integer),
    ("pixel", ColumnType::Real),
];

async fn write_rows(
    session: &mut Session,
    table: &Ident,
    srid: i32,
    images: &[Image],
) -> Result<(), IngestError> {
    session
        .batch(&format!(
            "create table {table} (fid bigint primary key, {}, geom geometry(Polygon, {srid}))",
            IMAGE_COLUMNS.map(|(name, kind)| format!("{} {}", Ident::new(name), kind.sql())).join(", ")
        ))
        .await?;
    let insert = format!(
        "insert into {table} values ($1, $2, $3, $4, $5, $6, ST_MakeEnvelope($7, $8, $9, $10, {srid}))"
    );
    for (index, image) in images.iter().enumerate() {
        let fid = i64::try_from(index + 1).unwrap_or(i64::MAX);
        let pixels = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
        let BBox { min_x, min_y, max_x, max_y } = image.extent;
        session
            .execute(
                &insert,
                &[
                    &fid,
                    &image.name,
                    &image.date,
                    &pixels(image.width),
                    &pixels(image.height),
                    &image.coverage.pixel[0],
                    &min_x,
                    &min_y,
                    &max_x,
                    &max_y,
                ],
            )
            .await?;
    }
    session.batch(&format!("create index on {table} using gist (geom); analyze {table}")).await?;
    Ok(())
}

/// Moves the rewritten files to where the server looks for them.
fn move_images(from: &Path, to: &Path, count: usize, new: &mut NewImages) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    new.note(to);
    (1..=count).try_for_each(|number| {
        let name = format!("{number}.tif");
        std::fs::rename(from.join(&name), to.join(&name))
    })
}

//! From an archive of tiles to a layer: a child of its own copies and checks it, its border becomes the one row.

use super::detect::Source;
use super::frame::Tag;
use super::images::NewImages;
use super::load::Loader;
use super::{IngestError, LoadedLayer, ProgressEvent, SourceLayer, TemporaryFolder};
use crate::formats::archive::file_of;
use crate::geo::{BBox, Crs};
use crate::model::{ArchiveFacts, ArchiveKind, GeometryType};
use crate::store::Ident;
use std::path::Path;

impl Loader<'_> {
    /// Loads an archive of tiles as one layer.
    pub(super) async fn load_archive(
        &mut self,
        (source, kind): (&Source, ArchiveKind),
        folder: &TemporaryFolder,
        data: &Path,
        new: &mut NewImages,
    ) -> Result<(), IngestError> {
        let name = source.name.clone();
        let wanted = &self.options.layers;
        if !wanted.is_empty() && !wanted.contains(&name) {
            return Ok(());
        }
        (self.progress)(ProgressEvent::Reading { layer: name.clone(), rows: 0, total: None });
        // A folder of its own: what a zip held lies in the one that was given.
        let folder = folder.inside()?;
        let copy = folder.path().join(format!("tiles.{}", kind.extension()));
        let facts: ArchiveFacts = self.put(source, &folder, copy.clone(), Tag::Archive).await?;
        let said = facts.info.name.trim();
        let title = if said.is_empty() { name.replace('_', " ").trim().to_owned() } else { said.to_owned() };
        let origin = SourceLayer { name: name.clone(), title, file: source.file.clone() };
        let target = (self.place)(&origin)?;
        let crs = Crs::from_epsg(4326).map_err(|e| IngestError::refused("crs-unknown", e.to_string()))?;
        (self.progress)(ProgressEvent::Indexing { layer: name });
        let table = Ident::data(&target.table);
        let BBox { min_x, min_y, max_x, max_y } = BBox::from(facts.info.bounds);
        self.session
            .batch(&format!("create table {table} (fid bigint primary key, geom geometry(Polygon, 4326))"))
            .await?;
        let insert = format!("insert into {table} values (1, ST_MakeEnvelope($1, $2, $3, $4, 4326))");
        self.session.execute(&insert, &[&min_x, &min_y, &max_x, &max_y]).await?;
        self.session.batch(&format!("create index on {table} using gist (geom); analyze {table}")).await?;
        let place = file_of(data, &target.table, kind);
        move_to(&copy, &place, new)
            .map_err(|e| IngestError::system("the archive can't be put into the data folder", e))?;
        let extent = Some(BBox::from(facts.info.bounds));
        self.layers.push(LoadedLayer {
            source: origin,
            target,
            geometry: GeometryType::Polygon,
            has_z: false,
            has_m: false,
            crs,
            columns: Vec::new(),
            extent,
            extent_lonlat: extent,
            features: i64::try_from(facts.tiles).unwrap_or(i64::MAX),
            coverage: None,
            archive: Some(facts),
            style: None,
        });
        Ok(())
    }
}

/// Moves the copy to where the server looks for it.
fn move_to(copy: &Path, place: &Path, new: &mut NewImages) -> std::io::Result<()> {
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder)?;
        new.note(folder);
    }
    std::fs::rename(copy, place)
}

//! From the child's frames into new tables.

use super::child::{self, Child};
use super::detect::Source;
use super::frame::{Format, LayerHeader, LayerTrailer, Progress, Request, Tag};
use super::{
    Finding, IngestError, LoadedLayer, ProgressEvent, ReadOptions, SourceLayer, Target, TemporaryFolder,
};
use crate::config::Limits;
use crate::geo::Crs;
use crate::store::{Ident, Session};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use std::path::PathBuf;

/// Names the table of a layer, or refuses it.
pub(super) type Place<'a> = dyn FnMut(&SourceLayer) -> Result<Target, Finding> + Send + 'a;
/// Hears how far it is.
pub(super) type Listener<'a> = dyn Fn(ProgressEvent) + Send + Sync + 'a;

/// Begin and end of a binary COPY stream.
const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const COPY_TRAILER: &[u8] = &[0xff, 0xff];

/// Everything that loading one source after the other needs.
pub(super) struct Loader<'a> {
    pub session: &'a mut Session,
    pub options: &'a ReadOptions,
    pub limits: &'a Limits,
    pub place: &'a mut Place<'a>,
    pub progress: &'a Listener<'a>,
    pub layers: Vec<LoadedLayer>,
    pub report: Vec<Finding>,
}

impl Loader<'_> {
    /// Loads all layers of a source.
    pub(super) async fn load(
        &mut self,
        source: &Source,
        folder: &TemporaryFolder,
    ) -> Result<(), IngestError> {
        let request = self.request(source, folder, None);
        let mut child = Child::start(&child::program(self.options.reader.as_deref())?, &request).await?;
        let mut about_file: Vec<Finding> = Vec::new();
        loop {
            let (tag, payload) = child.frame().await?;
            match tag {
                Tag::Progress => self.tell_reading(&payload)?,
                Tag::Findings => about_file = parse(&payload)?,
                Tag::Header => {
                    let header: LayerHeader = parse(&payload)?;
                    let layer = self.layer(source, header, &mut child).await?;
                    if source.format != Format::GeoPackage {
                        for finding in &mut about_file {
                            finding.layer = Some(layer.target.slug.clone());
                        }
                    }
                    self.layers.push(layer);
                }
                Tag::Refused => {
                    let mut all = std::mem::take(&mut self.report);
                    all.append(&mut about_file);
                    all.extend(parse::<Vec<Finding>>(&payload)?);
                    return Err(IngestError::Refused(all));
                }
                Tag::Done => break,
                Tag::Rows | Tag::Trailer | Tag::Image | Tag::Archive => return Err(confused()),
            }
        }
        child.finish().await;
        self.report.append(&mut about_file);
        Ok(())
    }

    /// Has a child put a source into a file as it should lie there, and returns what it tells of it, in a frame of this kind.
    pub(super) async fn put<T: DeserializeOwned>(
        &mut self,
        source: &Source,
        folder: &TemporaryFolder,
        target: PathBuf,
        told: Tag,
    ) -> Result<T, IngestError> {
        let request = self.request(source, folder, Some(target));
        let mut child = Child::start(&child::program(self.options.reader.as_deref())?, &request).await?;
        let mut facts = None;
        loop {
            let (tag, payload) = child.frame().await?;
            match tag {
                Tag::Done => break,
                Tag::Refused => {
                    let mut all = std::mem::take(&mut self.report);
                    all.extend(parse::<Vec<Finding>>(&payload)?);
                    return Err(IngestError::Refused(all));
                }
                tag if tag == told => facts = Some(parse::<T>(&payload)?),
                _ => return Err(confused()),
            }
        }
        child.finish().await;
        facts.ok_or_else(confused)
    }

    /// What a child is asked; `rewritten` is where an image or an archive goes.
    pub(super) fn request(
        &self,
        source: &Source,
        folder: &TemporaryFolder,
        rewritten: Option<PathBuf>,
    ) -> Request {
        Request {
            path: source.path.clone(),
            format: source.format,
            name: source.name.clone(),
            layers: self.options.layers.clone(),
            srid: self.options.crs.as_ref().map(|c| c.srid),
            encoding: self.options.encoding.clone(),
            rewritten,
            folder: folder.path().to_owned(),
            megabytes: self.limits.reader_megabytes,
            seconds: self.limits.reader_seconds,
            columns: self.limits.columns,
            examples: self.limits.report_examples,
        }
    }

    fn tell_reading(&self, payload: &[u8]) -> Result<(), IngestError> {
        let Progress { layer, rows, total } = parse(payload)?;
        (self.progress)(ProgressEvent::Reading { layer, rows, total });
        Ok(())
    }

    async fn layer(
        &mut self,
        source: &Source,
        header: LayerHeader,
        child: &mut Child,
    ) -> Result<LoadedLayer, IngestError> {
        let origin =
            SourceLayer { name: header.name.clone(), title: header.title.clone(), file: source.file.clone() };
        let target = (self.place)(&origin)?;
        let crs =
            Crs::from_epsg(header.srid).map_err(|e| IngestError::refused("crs-unknown", e.to_string()))?;
        let table = Ident::data(&target.table);
        self.session.batch(&create(&table, &header)).await?;
        let rows = self.copy(&table, &header, child).await?;
        (self.progress)(ProgressEvent::Indexing { layer: header.name.clone() });
        self.session
            .batch(&format!(
                "alter table {table} add primary key (fid); create index on {table} using gist (geom); analyze {table}"
            ))
            .await?;
        for mut finding in header.findings {
            finding.layer = Some(target.slug.clone());
            self.report.push(finding);
        }
        Ok(LoadedLayer {
            source: origin,
            target,
            geometry: header.geometry,
            has_z: header.has_z,
            has_m: header.has_m,
            extent: header.extent,
            extent_lonlat: header.extent_lonlat,
            crs,
            columns: header.columns,
            features: rows.cast_signed(),
            coverage: None,
            archive: None,
            style: header.style,
        })
    }

    async fn copy(
        &mut self,
        table: &Ident,
        header: &LayerHeader,
        child: &mut Child,
    ) -> Result<u64, IngestError> {
        // The table was made in this transaction, so rows may be written as already visible to all: the
        // first map does not have to mark each of them.
        let sql = format!("copy {table} from stdin (format binary, freeze)");
        let mut copy = self.session.copy_in(&sql).await?;
        copy.send(Bytes::from_static(COPY_HEADER)).await?;
        let mut sent = 0_u64;
        let announced = loop {
            let (tag, payload) = child.frame().await?;
            match tag {
                Tag::Rows => {
                    sent += payload.len() as u64;
                    copy.send(payload).await?;
                    let rows = header.features.min(sent / 64);
                    (self.progress)(ProgressEvent::Loading {
                        layer: header.name.clone(),
                        rows,
                        total: header.features,
                    });
                }
                Tag::Trailer => break parse::<LayerTrailer>(&payload)?.rows,
                _ => return Err(confused()),
            }
        };
        copy.send(Bytes::from_static(COPY_TRAILER)).await?;
        let rows = copy.finish().await?;
        if rows == announced && rows == header.features { Ok(rows) } else { Err(confused()) }
    }
}

fn create(table: &Ident, header: &LayerHeader) -> String {
    use std::fmt::Write;
    let mut sql = format!("create table {table} (fid bigint not null");
    for column in &header.columns {
        let _ = write!(sql, ", {} {}", Ident::new(&column.name), column.kind.sql());
    }
    let (z, m) = (if header.has_z { "Z" } else { "" }, if header.has_m { "M" } else { "" });
    let _ = write!(sql, ", geom geometry({}{z}{m}, {}))", header.geometry.name(), header.srid);
    sql
}

/// What a frame says.
pub(super) fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, IngestError> {
    serde_json::from_slice(payload).map_err(|_| confused())
}

/// The child said what it never should.
pub(super) fn confused() -> IngestError {
    IngestError::refused(
        "reader-failed",
        "the process that reads files answered nonsense; please report this",
    )
}

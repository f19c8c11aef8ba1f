//! Sets of files and the archive of them.

use super::LARGEST;
use super::shapes::{Kind, Shapes, Sorted};
use super::table::{Table, quoted};
use crate::formats::bounded::{Bounded, Exceeded, failed};
use crate::formats::names::Names;
use crate::formats::output::{BuildError, BuildLimits, FileBuilder, Target};
use crate::formats::system::Notations;
use crate::model::{Column, FeatureRef};
use chrono::NaiveDate;
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Rows between two looks at the size.
const LOOK_EVERY: u32 = 256;

/// Fields that every reader takes.
const USUAL_FIELDS: usize = 255;

/// Begins an archive at a path where nothing is.
pub(super) fn create(path: &Path, limits: &BuildLimits) -> Result<Box<dyn FileBuilder>, BuildError> {
    Ok(Box::new(begin(path, limits)?))
}

fn begin(path: &Path, limits: &BuildLimits) -> Result<Writer, BuildError> {
    let folder = path.with_extension("sets");
    std::fs::create_dir(&folder).map_err(|e| failed(&e, limits.bytes))?;
    Ok(Writer {
        path: path.to_owned(),
        folder,
        limit: limits.bytes,
        names: Names::default(),
        table_of_names: "layer,file,column,field,type,width,remarks\r\n".to_owned(),
        finished: Vec::new(),
        finished_bytes: 0,
        current: None,
    })
}

struct Writer {
    path: PathBuf,
    /// Where sets wait for the archive.
    folder: PathBuf,
    limit: u64,
    /// Names of sets.
    names: Names,
    table_of_names: String,
    /// Names of finished sets.
    finished: Vec<String>,
    finished_bytes: u64,
    current: Option<Current>,
}

/// The layer begun last.
struct Current {
    slug: String,
    columns: Vec<Column>,
    changed: NaiveDate,
    /// The kind of all its shapes; none in a layer of mixed ones.
    kind: Option<Kind>,
    has_geometry: bool,
    has_z: bool,
    prj: String,
    sets: Vec<Set>,
    since_look: u32,
}

/// One set of files.
struct Set {
    name: String,
    /// None for rows without shape.
    kind: Option<Kind>,
    shapes: Option<Shapes<BufWriter<File>>>,
    table: Table,
}

impl FileBuilder for Writer {
    fn layer(&mut self, target: &Target<'_>) -> Result<(), BuildError> {
        self.end_layer()?;
        let layer = target.layer;
        let kind = Kind::of(layer.geometry).filter(|_| target.has_geometry);
        self.current = Some(Current {
            slug: layer.slug.clone(),
            columns: target.columns.to_vec(),
            changed: layer.updated.date_naive(),
            kind,
            has_geometry: target.has_geometry,
            has_z: layer.has_z,
            prj: Notations::of(&target.crs.crs)?.esri()?,
            sets: Vec::new(),
            since_look: 0,
        });
        if kind.is_some() || !target.has_geometry {
            // Also when no feature comes.
            self.set(kind)?;
        }
        Ok(())
    }

    fn feature(&mut self, feature: FeatureRef<'_>) -> Result<(), BuildError> {
        let read = |ewkb| Sorted::read(ewkb);
        let sorted = feature.geometry.map(read).transpose();
        let sorted = sorted
            .map_err(|cause| BuildError::Feature { fid: feature.fid, reason: cause.to_string() })?
            .unwrap_or_default();
        let (fixed, has_geometry) = self.current.as_ref().map_or((None, false), |c| (c.kind, c.has_geometry));
        let kinds = match (fixed, has_geometry) {
            (Some(kind), _) => vec![Some(kind)],
            (None, false) => vec![None],
            (None, true) => mixed(feature.geometry, &sorted),
        };
        for kind in kinds {
            let limit = self.limit;
            let set = self.set(kind)?;
            let added = set.add(&feature, kind.and_then(|kind| sorted.of(kind)));
            added.map_err(|e| failed(&e, limit))?;
        }
        self.look()
    }

    fn finish(mut self: Box<Self>) -> Result<(), BuildError> {
        self.end_layer()?;
        let zipped = self.zip();
        zipped.map_err(|e| failed(&e, self.limit))
    }
}

/// The kinds of a geometry in a layer of mixed ones; of none, no kind.
fn mixed(geometry: Option<&[u8]>, sorted: &Sorted) -> Vec<Option<Kind>> {
    let header = geometry.and_then(|ewkb| crate::geo::wkb::header(ewkb).ok());
    let all: &[Kind] = match header.map(|h| Kind::of(h.kind)) {
        Some(Some(Kind::Point)) => &[Kind::Point],
        Some(Some(kind)) => match kind {
            Kind::Line => &[Kind::Line],
            Kind::Polygon => &[Kind::Polygon],
            _ => &[Kind::MultiPoint],
        },
        Some(None) => &[Kind::MultiPoint, Kind::Line, Kind::Polygon],
        None => &[],
    };
    let found: Vec<_> = all.iter().filter(|k| sorted.of(**k).is_some()).map(|k| Some(*k)).collect();
    if found.is_empty() { vec![None] } else { found }
}

impl Writer {
    /// The set of a kind in the current layer, begun when it is needed.
    fn set(&mut self, kind: Option<Kind>) -> Result<&mut Set, BuildError> {
        let nothing = || BuildError::Library("a feature before the first layer".to_owned());
        let current = self.current.as_mut().ok_or_else(nothing)?;
        if let Some(at) = current.sets.iter().position(|set| set.kind == kind) {
            return current.sets.get_mut(at).ok_or_else(nothing);
        }
        let suffix = match (current.kind, kind) {
            (None, Some(kind)) => kind.suffix(),
            (None, None) if current.has_geometry => "_table",
            _ => "",
        };
        let name = self.names.unique(&format!("{}{suffix}", current.slug));
        let base = self.folder.join(&name);
        let set = Set::begin(name, &base, kind, current);
        current.sets.push(set.map_err(|e| failed(&e, self.limit))?);
        current.sets.last_mut().ok_or_else(nothing)
    }

    /// Looks now and then at what has been written so far.
    fn look(&mut self) -> Result<(), BuildError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        current.since_look += 1;
        if current.since_look < LOOK_EVERY {
            return Ok(());
        }
        current.since_look = 0;
        let bytes: u64 = current.sets.iter().map(Set::bytes).sum();
        let largest = current.sets.iter().map(Set::largest).max().unwrap_or(0);
        self.check(self.finished_bytes + bytes, largest)
    }

    /// Whether what is written, and the largest file of it, may be so large.
    fn check(&self, bytes: u64, largest: u64) -> Result<(), BuildError> {
        if bytes > self.limit {
            return Err(BuildError::TooLarge { limit: self.limit });
        }
        if largest > LARGEST {
            return Err(BuildError::Unsuited(
                "the files of a shapefile hold no more than 2 GB each, and this layer needs more; ask for a part of \
                 it, or for GeoPackage or FlatGeobuf"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    fn end_layer(&mut self) -> Result<(), BuildError> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        if current.sets.is_empty() {
            // A layer of mixed geometries without any feature is a table without rows.
            self.current = Some(current);
            self.set(None)?;
            let Some(again) = self.current.take() else { return Ok(()) };
            current = again;
        }
        for set in std::mem::take(&mut current.sets) {
            self.finished_bytes += set.bytes();
            self.check(self.finished_bytes, set.largest())?;
            self.describe(&current, &set);
            self.finished.push(set.name.clone());
            let base = self.folder.join(&set.name);
            set.finish(&base, &current).map_err(|e| match e.kind() {
                ErrorKind::InvalidData => BuildError::Unsuited(format!(
                    "a row of layer '{}' is longer than a shapefile's table holds (65,535 bytes); ask for fewer \
                     attributes or for another format",
                    current.slug
                )),
                _ => failed(&e, self.limit),
            })?;
        }
        Ok(())
    }

    /// What became of a set's columns.
    fn describe(&mut self, current: &Current, set: &Set) {
        let fields = set.table.fields();
        for (at, field) in fields.iter().enumerate() {
            let declared = field.learned.declared();
            let mut remarks = field.learned.remarks();
            if at == USUAL_FIELDS {
                let more = "from here on beyond 255 fields, which some programs don't read";
                remarks = if remarks.is_empty() { more.to_owned() } else { format!("{more}; {remarks}") };
            }
            self.table_of_names.push_str(&format!(
                "{},{}.dbf,{},{},{},{},{}\r\n",
                current.slug,
                set.name,
                quoted(&field.column),
                quoted(&field.name),
                char::from(declared.letter),
                declared.width,
                quoted(&remarks)
            ));
        }
    }

    /// Puts all files into the archive.
    fn zip(&mut self) -> std::io::Result<()> {
        let exceeded = Exceeded::default();
        let file = Bounded::silent(File::create_new(&self.path)?, self.limit, Arc::clone(&exceeded));
        let mut archive = ZipWriter::new(BufWriter::new(file));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(1))
            // The same data makes the same file.
            .last_modified_time(zip::DateTime::default());
        for name in &self.finished {
            for ending in ["shp", "shx", "dbf", "prj", "cpg", "long-texts.csv"] {
                let at = self.folder.join(format!("{name}.{ending}"));
                let Ok(mut file) = File::open(&at) else { continue };
                let size = file.metadata()?.len();
                archive
                    .start_file(format!("{name}.{ending}"), options.large_file(size > u64::from(u32::MAX)))?;
                std::io::copy(&mut file, &mut archive)?;
                std::fs::remove_file(&at)?;
            }
        }
        archive.start_file("names.csv", options)?;
        archive.write_all(self.table_of_names.as_bytes())?;
        archive.finish()?.into_inner().map_err(|e| e.into_error())?.flush()?;
        if exceeded.load(Ordering::Relaxed) { Err(ErrorKind::FileTooLarge.into()) } else { Ok(()) }
    }
}

impl Set {
    fn begin(name: String, base: &Path, kind: Option<Kind>, current: &Current) -> std::io::Result<Self> {
        let file = |ending: &str| File::create_new(base.with_extension(ending)).map(BufWriter::new);
        let shapes = match kind {
            Some(kind) => Some(Shapes::begin(file("shp")?, file("shx")?, kind, current.has_z)?),
            None => None,
        };
        Ok(Self { name, kind, shapes, table: Table::begin(base, &current.columns)? })
    }

    fn add(
        &mut self,
        feature: &FeatureRef<'_>,
        positions: Option<&super::shapes::Positions>,
    ) -> std::io::Result<()> {
        if let Some(shapes) = &mut self.shapes {
            shapes.add(positions)?;
        }
        self.table.add(feature)
    }

    fn bytes(&self) -> u64 {
        self.table.bytes() + self.table.long_bytes() + self.shapes.as_ref().map_or(0, Shapes::bytes)
    }

    fn largest(&self) -> u64 {
        self.shapes.as_ref().map_or(0, Shapes::bytes).max(self.table.bytes())
    }

    fn finish(self, base: &Path, current: &Current) -> std::io::Result<()> {
        if let Some(shapes) = self.shapes {
            shapes.finish()?;
            std::fs::write(base.with_extension("prj"), &current.prj)?;
        }
        std::fs::write(base.with_extension("cpg"), "UTF-8")?;
        let table = BufWriter::new(File::create_new(base.with_extension("dbf"))?);
        self.table.finish(table, current.changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tests::layer;
    use crate::geo::CrsRef;
    use crate::model::{ColumnType, Layer, Value};

    fn writer(folder: &Path, bytes: u64) -> Writer {
        begin(&folder.join("a.zip"), &BuildLimits { bytes }).expect("begun")
    }

    fn target<'a>(layer: &'a Layer, crs: &'a CrsRef) -> Target<'a> {
        let (columns, schema_location, json_schema) = (layer.columns.as_slice(), "", "");
        Target { layer, columns, crs, has_geometry: true, features: None, schema_location, json_schema }
    }

    #[test]
    fn a_file_of_more_than_two_gigabytes_is_refused_and_so_is_more_than_the_bound() {
        let folder = tempfile::tempdir().expect("folder");
        let writer = writer(folder.path(), 5 << 30);
        assert!(writer.check(4 << 30, LARGEST).is_ok());
        let refused = writer.check(3 << 30, LARGEST + 1).expect_err("too large");
        assert!(matches!(refused, BuildError::Unsuited(_)), "{refused}");
        assert!(refused.to_string().contains("2 GB") && refused.to_string().contains("FlatGeobuf"));
        assert!(matches!(writer.check((5 << 30) + 1, 0), Err(BuildError::TooLarge { .. })));
    }

    #[test]
    fn long_texts_count_as_the_rest_does() {
        let folder = tempfile::tempdir().expect("folder");
        let (layer, crs) = (layer("a", &[("texte", ColumnType::Text)]), CrsRef::crs84().expect("CRS84"));
        let mut writer = writer(folder.path(), 1 << 20);
        writer.layer(&target(&layer, &crs)).expect("begun");
        let values = [Value::Text("x".repeat(10_000).into())];
        let refused = (1..1000).find_map(|fid| {
            writer.feature(FeatureRef { fid, geometry: None, columns: &layer.columns, values: &values }).err()
        });
        assert!(matches!(refused, Some(BuildError::TooLarge { .. })), "{refused:?}");
    }

    #[test]
    fn a_row_longer_than_a_table_holds_is_refused_by_the_name_of_its_layer() {
        let folder = tempfile::tempdir().expect("folder");
        let names: Vec<String> = (0..300).map(|n| format!("c{n}")).collect();
        let columns: Vec<_> = names.iter().map(|n| (n.as_str(), ColumnType::Text)).collect();
        let (layer, crs) = (layer("communes", &columns), CrsRef::crs84().expect("CRS84"));
        let mut writer = writer(folder.path(), 1 << 30);
        writer.layer(&target(&layer, &crs)).expect("begun");
        let values = vec![Value::Text("x".repeat(254).into()); 300];
        let feature = FeatureRef { fid: 1, geometry: None, columns: &layer.columns, values: &values };
        writer.feature(feature).expect("added");
        let refused = Box::new(writer).finish().expect_err("too long");
        assert!(refused.to_string().contains("layer 'communes'"), "{refused}");
        assert!(refused.to_string().contains("65,535 bytes"), "{refused}");
    }
}

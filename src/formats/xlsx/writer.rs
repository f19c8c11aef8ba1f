//! Sheets of layers and the notes behind them.

use super::package::{parts, sheet_path};
use super::sheet::{CHARACTERS, COLUMNS, HEAD, ROWS, Row, TAIL, letters};
use crate::formats::bounded::{Bounded, Exceeded, failed};
use crate::formats::decimals_for;
use crate::formats::names::Names;
use crate::formats::output::{BuildError, BuildLimits, FileBuilder, Target};
use crate::formats::wkb::position;
use crate::formats::wkt::push_wkt;
use crate::geo::wkb::WkbError;
use crate::model::{FeatureRef, GeometryType, Value};
use std::fs::File;
use std::io::{BufWriter, Result as IoResult, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Characters of a sheet's name.
const NAME: usize = 31;

/// Cells that the notes name one by one; what is beyond is counted.
const NOTES: usize = 10_000;

/// Bytes gathered before they go into the archive.
const CHUNK: usize = 64 * 1024;

type Archive = ZipWriter<BufWriter<Bounded<File>>>;

/// Begins a workbook at a path where nothing is.
pub(super) fn create(path: &Path, limits: &BuildLimits) -> Result<Box<dyn FileBuilder>, BuildError> {
    Ok(Box::new(begin(path, limits)?))
}

fn begin(path: &Path, limits: &BuildLimits) -> Result<Writer, BuildError> {
    let file = File::create_new(path).map_err(|e| failed(&e, limits.bytes))?;
    let exceeded = Exceeded::default();
    let file = Bounded::silent(file, limits.bytes, Arc::clone(&exceeded));
    Ok(Writer {
        archive: ZipWriter::new(BufWriter::new(file)),
        exceeded,
        limit: limits.bytes,
        names: Names::with(&["notes", "history"]),
        sheets: Vec::new(),
        current: None,
        notes: Vec::new(),
        more_notes: 0,
        out: Vec::new(),
    })
}

struct Writer {
    archive: Archive,
    exceeded: Exceeded,
    limit: u64,
    names: Names,
    /// Names of the sheets so far.
    sheets: Vec<String>,
    current: Option<Current>,
    notes: Vec<Note>,
    more_notes: u64,
    out: Vec<u8>,
}

/// The layer begun last.
struct Current {
    /// Letters of the attributes' columns, and their names.
    columns: Vec<(String, String)>,
    place: Place,
    /// Letters of the geometry's columns.
    place_columns: Vec<String>,
    decimals: usize,
    rows: u32,
    wkt: Vec<u8>,
}

/// How a geometry is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Nowhere,
    Wkt,
    Ordinates,
}

/// A cell that doesn't hold all it should.
struct Note {
    sheet: String,
    fid: i64,
    column: String,
    told: &'static str,
}

impl FileBuilder for Writer {
    fn layer(&mut self, target: &Target<'_>) -> Result<(), BuildError> {
        self.end_sheet().map_err(|e| failed(&e, self.limit))?;
        let layer = target.layer;
        let place = match (target.has_geometry, layer.geometry) {
            (false, _) => Place::Nowhere,
            (true, GeometryType::Point) => Place::Ordinates,
            (true, _) => Place::Wkt,
        };
        let places: &[&str] = match (place, target.crs.crs.geographic, layer.has_z) {
            (Place::Nowhere, ..) => &[],
            (Place::Wkt, ..) => &["geom"],
            (Place::Ordinates, true, false) => &["lon", "lat"],
            (Place::Ordinates, true, true) => &["lon", "lat", "z"],
            (Place::Ordinates, false, false) => &["x", "y"],
            (Place::Ordinates, false, true) => &["x", "y", "z"],
        };
        let mut header = vec!["fid".to_owned()];
        header.extend(target.columns.iter().map(|c| c.name.clone()));
        let mut names = Names::with(&header.iter().map(String::as_str).collect::<Vec<_>>());
        header.extend(places.iter().map(|name| names.unique(name)));
        if header.len() > COLUMNS {
            return Err(BuildError::Unsuited(format!(
                "a sheet has no more than {COLUMNS} columns, and layer '{}' needs {}; ask for fewer attributes or \
                 for another format",
                layer.slug,
                header.len()
            )));
        }
        let place_from = header.len() - places.len();
        let lettered = |at: usize| letters(at);
        let columns = target.columns.iter().enumerate().map(|(at, c)| (lettered(at + 1), c.name.clone()));
        self.current = Some(Current {
            columns: columns.collect(),
            place,
            place_columns: (place_from..header.len()).map(lettered).collect(),
            decimals: decimals_for(&target.crs.crs),
            rows: 1,
            wkt: Vec::new(),
        });
        let name = self.names.unique_within(&layer.slug, NAME, |name| name.encode_utf16().count());
        self.begin_sheet(name, &header).map_err(|e| failed(&e, self.limit))
    }

    fn feature(&mut self, feature: FeatureRef<'_>) -> Result<(), BuildError> {
        let Some(current) = &mut self.current else {
            return Err(BuildError::Library("a feature before the first layer".to_owned()));
        };
        if current.rows >= ROWS {
            return Err(BuildError::Unsuited(format!(
                "a sheet has no more than {ROWS} rows, one of them for the names, and there are more features; ask \
                 for a part of them or for another format, such as CSV"
            )));
        }
        current.rows += 1;
        let mut told = Vec::new();
        let mut row = Row::begin(current.rows, &mut self.out);
        row.value("A", &Value::Integer(feature.fid));
        for ((letters, name), value) in current.columns.iter().zip(feature.values) {
            if !row.value(letters, value) {
                told.push((name.clone(), "the text is cut"));
            }
        }
        let placed = current.push_place(feature.geometry, &mut row);
        match placed {
            Ok(true) => {}
            Ok(false) => told.push(("geom".to_owned(), "the geometry is left out")),
            Err(cause) => {
                return Err(BuildError::Feature { fid: feature.fid, reason: cause.to_string() });
            }
        }
        row.end();
        for (column, told) in told {
            self.note(feature.fid, column, told);
        }
        if self.out.len() >= CHUNK {
            self.pass_on().map_err(|e| failed(&e, self.limit))?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), BuildError> {
        let (limit, exceeded) = (self.limit, Arc::clone(&self.exceeded));
        (*self).complete().map_err(|e| failed(&e, limit))?;
        if exceeded.load(Ordering::Relaxed) { Err(BuildError::TooLarge { limit }) } else { Ok(()) }
    }
}

impl Current {
    /// Writes the geometry; false when it is longer than a cell.
    fn push_place(&mut self, geometry: Option<&[u8]>, row: &mut Row<'_>) -> Result<bool, WkbError> {
        let Some(ewkb) = geometry else { return Ok(true) };
        match self.place {
            Place::Nowhere => {}
            Place::Wkt => {
                self.wkt.clear();
                push_wkt(ewkb, self.decimals, &mut self.wkt)?;
                // Well-known text is ASCII.
                if self.wkt.len() > CHARACTERS {
                    return Ok(false);
                }
                if let (Some(letters), false) = (self.place_columns.first(), self.wkt.is_empty()) {
                    row.text(letters, &String::from_utf8_lossy(&self.wkt));
                }
            }
            Place::Ordinates => {
                let found = position(ewkb)?.map(|([x, y], z)| [x, y].into_iter().chain(z));
                for (letters, ordinate) in self.place_columns.iter().zip(found.into_iter().flatten()) {
                    row.number(letters, ordinate);
                }
            }
        }
        Ok(true)
    }
}

impl Writer {
    fn options() -> SimpleFileOptions {
        SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(1))
            // The same data makes the same file.
            .last_modified_time(zip::DateTime::default())
    }

    fn begin_sheet(&mut self, name: String, header: &[String]) -> IoResult<()> {
        self.sheets.push(name);
        // Nobody knows how long a sheet will be.
        self.archive.start_file(sheet_path(self.sheets.len()), Self::options().large_file(true))?;
        self.out.extend_from_slice(HEAD.as_bytes());
        let mut row = Row::begin(1, &mut self.out);
        for (at, name) in header.iter().enumerate() {
            row.name(&letters(at), name);
        }
        row.end();
        Ok(())
    }

    fn end_sheet(&mut self) -> IoResult<()> {
        if self.current.take().is_some() {
            self.out.extend_from_slice(TAIL.as_bytes());
            self.pass_on()?;
        }
        Ok(())
    }

    fn pass_on(&mut self) -> IoResult<()> {
        self.archive.write_all(&self.out)?;
        self.out.clear();
        Ok(())
    }

    fn note(&mut self, fid: i64, column: String, told: &'static str) {
        if self.notes.len() < NOTES {
            let sheet = self.sheets.last().cloned().unwrap_or_default();
            self.notes.push(Note { sheet, fid, column, told });
        } else {
            self.more_notes += 1;
        }
    }

    fn complete(mut self) -> IoResult<()> {
        self.end_sheet()?;
        if !self.notes.is_empty() {
            self.write_notes()?;
        }
        for (path, text) in parts(&self.sheets) {
            self.archive.start_file(path, Self::options())?;
            self.archive.write_all(text.as_bytes())?;
        }
        self.archive.finish()?.flush()
    }

    /// A sheet that names each cell that doesn't hold all it should.
    fn write_notes(&mut self) -> IoResult<()> {
        let header = ["sheet", "fid", "column", "note"].map(str::to_owned);
        self.begin_sheet("notes".to_owned(), &header)?;
        let notes = std::mem::take(&mut self.notes);
        let mut number = 1;
        for note in &notes {
            number += 1;
            let mut row = Row::begin(number, &mut self.out);
            row.text("A", &note.sheet);
            row.value("B", &Value::Integer(note.fid));
            row.text("C", &note.column);
            row.text("D", &format!("a cell holds {CHARACTERS} characters: {}", note.told));
            row.end();
        }
        if self.more_notes > 0 {
            let mut row = Row::begin(number + 1, &mut self.out);
            row.text("D", &format!("and {} cells more", self.more_notes));
            row.end();
        }
        self.out.extend_from_slice(TAIL.as_bytes());
        self.pass_on()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tests::layer;
    use crate::geo::CrsRef;
    use crate::model::{Column, ColumnType, Layer};
    use std::io::Read;

    fn writer(folder: &Path) -> Writer {
        begin(&folder.join("a.xlsx"), &BuildLimits { bytes: 1 << 30 }).expect("begun")
    }

    fn target<'a>(layer: &'a Layer, columns: &'a [Column], crs: &'a CrsRef) -> Target<'a> {
        let (schema_location, json_schema) = ("", "");
        Target { layer, columns, crs, has_geometry: true, features: None, schema_location, json_schema }
    }

    fn feature<'a>(fid: i64, columns: &'a [Column], values: &'a [Value<'a>]) -> FeatureRef<'a> {
        FeatureRef { fid, geometry: None, columns, values }
    }

    #[test]
    fn a_sheet_is_full_after_its_last_row_and_says_what_to_do() {
        let folder = tempfile::tempdir().expect("folder");
        let mut writer = writer(folder.path());
        let (layer, crs) = (layer("communes", &[]), CrsRef::crs84().expect("CRS84"));
        writer.layer(&target(&layer, &[], &crs)).expect("begun");
        writer.current.as_mut().expect("a sheet").rows = ROWS - 1;
        writer.feature(feature(1, &[], &[])).expect("the last row");
        let refused = writer.feature(feature(2, &[], &[])).expect_err("no row left");
        assert!(matches!(refused, BuildError::Unsuited(_)));
        assert!(refused.to_string().contains("1048576 rows") && refused.to_string().contains("CSV"));
    }

    #[test]
    fn more_columns_than_a_sheet_has_are_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let mut writer = writer(folder.path());
        let (layer, crs) = (layer("communes", &[]), CrsRef::crs84().expect("CRS84"));
        let column = |n: usize| Column::new(format!("c{n}"), ColumnType::Integer);
        let columns: Vec<_> = (0..COLUMNS).map(column).collect();
        let refused = writer.layer(&target(&layer, &columns, &crs)).expect_err("too many");
        assert!(refused.to_string().contains("'communes' needs 16387"), "{refused}");
    }

    #[test]
    fn notes_beyond_those_that_are_named_are_counted() {
        let folder = tempfile::tempdir().expect("folder");
        let mut writer = writer(folder.path());
        let layer = layer("notes", &[("texte", ColumnType::Text)]);
        let crs = CrsRef::crs84().expect("CRS84");
        writer.layer(&target(&layer, &layer.columns, &crs)).expect("begun");
        assert_eq!(writer.sheets, ["notes_2"], "the sheet of notes keeps its name");
        let long = [Value::Text("x".repeat(CHARACTERS + 1).into())];
        writer.feature(feature(7, &layer.columns, &long)).expect("cut");
        for fid in 0..NOTES as i64 + 1 {
            writer.note(fid, "texte".to_owned(), "the text is cut");
        }
        Box::new(writer).finish().expect("finished");
        let file = File::open(folder.path().join("a.xlsx")).expect("opened");
        let mut archive = zip::ZipArchive::new(file).expect("an archive");
        let mut text = String::new();
        archive.by_name("xl/worksheets/sheet2.xml").expect("notes").read_to_string(&mut text).expect("text");
        assert!(text.contains("the text is cut") && text.contains("and 2 cells more"));
    }
}

//! The `.dbf` of attributes. Its fields have fixed widths that stand before the first row, so that rows wait in
//! a file beside it until all have passed.

use super::cells::{Declared, Learned, WIDEST, fitting};
use crate::formats::names::Names;
use crate::model::{Column, ColumnType, FeatureRef, Value};
use chrono::{Datelike, NaiveDate};
use std::fs::File;
use std::io::{BufReader, BufWriter, Error, ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};

/// Bytes of a field's name at most.
const NAME: usize = 10;

/// Marks a value that is null, in the place of its length.
const NULL: u8 = u8::MAX;

/// Rows on their way into a table.
pub(super) struct Table {
    waiting: BufWriter<File>,
    waiting_at: PathBuf,
    fields: Vec<Field>,
    rows: u32,
    cell: Vec<u8>,
    /// Texts that are longer than a field, for the file beside.
    long: LongTexts,
}

/// A field of the table.
pub(super) struct Field {
    /// Name of the column.
    pub(super) column: String,
    /// Name in the table.
    pub(super) name: String,
    pub(super) learned: Learned,
}

impl Table {
    /// Begins a table whose files are named by `base` with their endings.
    pub(super) fn begin(base: &Path, columns: &[Column]) -> Result<Self> {
        let mut names = Names::default();
        let fid = Column::new("fid", ColumnType::BigInteger);
        let fields = std::iter::once(&fid)
            .chain(columns)
            .map(|column| Field {
                column: column.name.clone(),
                name: names.unique_within(&column.name, NAME, str::len),
                learned: Learned::new(column.kind),
            })
            .collect();
        let waiting_at = base.with_extension("rows");
        Ok(Self {
            waiting: BufWriter::new(File::create_new(&waiting_at)?),
            waiting_at,
            fields,
            rows: 0,
            cell: Vec::new(),
            long: LongTexts { at: base.with_extension("long-texts.csv"), file: None, bytes: 0 },
        })
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// An estimate of the finished table's size: its rows as wide as they have to be so far.
    pub(super) fn bytes(&self) -> u64 {
        let row: u64 = self.fields.iter().map(|f| u64::from(f.learned.declared().width)).sum();
        (row + 1) * u64::from(self.rows)
    }

    /// Bytes of the file of long texts.
    pub(super) const fn long_bytes(&self) -> u64 {
        self.long.bytes
    }

    /// Adds a row.
    pub(super) fn add(&mut self, feature: &FeatureRef<'_>) -> Result<()> {
        let fid = Value::Integer(feature.fid);
        for (field, value) in self.fields.iter_mut().zip(std::iter::once(&fid).chain(feature.values)) {
            self.cell.clear();
            if !field.learned.push(value, &mut self.cell) {
                self.waiting.write_all(&[NULL])?;
                continue;
            }
            let kept = fitting(&self.cell);
            if kept.len() < self.cell.len() {
                field.learned.cut += 1;
                self.long.add(feature.fid, &field.column, &self.cell)?;
            }
            self.waiting.write_all(&[u8::try_from(kept.len()).unwrap_or(NULL)])?;
            self.waiting.write_all(kept)?;
        }
        self.rows += 1;
        Ok(())
    }

    /// Writes the table; `changed` is the day of the data's last change.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] when a row is longer than the format allows.
    pub(super) fn finish(mut self, mut out: impl Write, changed: NaiveDate) -> Result<()> {
        self.waiting.flush()?;
        self.long.finish()?;
        let declared: Vec<Declared> = self.fields.iter().map(|f| f.learned.declared()).collect();
        let header = 32 + 32 * declared.len() + 1;
        let row = 1 + declared.iter().map(|d| usize::from(d.width)).sum::<usize>();
        let (Ok(header), Ok(row)) = (u16::try_from(header), u16::try_from(row)) else {
            return Err(ErrorKind::InvalidData.into());
        };
        // dBASE III; the year counts from 1900.
        let year = u8::try_from(changed.year() - 1900).unwrap_or(0);
        out.write_all(&[3, year, narrow(changed.month()), narrow(changed.day())])?;
        out.write_all(&self.rows.to_le_bytes())?;
        out.write_all(&header.to_le_bytes())?;
        out.write_all(&row.to_le_bytes())?;
        out.write_all(&[0; 20])?;
        for (field, Declared { letter, width, decimals, .. }) in self.fields.iter().zip(&declared) {
            let mut descriptor = [0_u8; 32];
            for (place, byte) in descriptor.iter_mut().zip(field.name.bytes().take(NAME)) {
                *place = byte;
            }
            for (place, byte) in descriptor.iter_mut().skip(11).zip([*letter, 0, 0, 0, 0, *width, *decimals])
            {
                *place = byte;
            }
            out.write_all(&descriptor)?;
        }
        out.write_all(b"\r")?;
        let mut waiting = BufReader::new(File::open(&self.waiting_at)?);
        let mut cell = [0_u8; WIDEST];
        for _ in 0..self.rows {
            out.write_all(b" ")?;
            for declared in &declared {
                let text = next(&mut waiting, &mut cell)?;
                push_cell(text, *declared, &mut out)?;
            }
        }
        drop(waiting);
        std::fs::remove_file(&self.waiting_at)?;
        out.write_all(&[0x1a])?;
        out.flush()
    }
}

fn narrow(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(0)
}

/// The next waiting value; empty for null.
fn next<'a>(waiting: &mut impl Read, cell: &'a mut [u8; WIDEST]) -> Result<&'a [u8]> {
    let mut length = [0];
    waiting.read_exact(&mut length)?;
    let length = match length {
        [NULL] => 0,
        [length] => usize::from(length),
    };
    let text = cell.get_mut(..length).ok_or_else(|| Error::from(ErrorKind::InvalidData))?;
    waiting.read_exact(text)?;
    Ok(text)
}

/// Writes a value with the blanks that its field's width wants.
fn push_cell(text: &[u8], declared: Declared, out: &mut impl Write) -> Result<()> {
    const BLANKS: [u8; WIDEST] = [b' '; WIDEST];
    let blanks = BLANKS.get(..usize::from(declared.width).saturating_sub(text.len())).unwrap_or_default();
    if declared.is_right {
        out.write_all(blanks)?;
        out.write_all(text)
    } else if declared.letter == b'L' && text.is_empty() {
        out.write_all(b"?")
    } else {
        out.write_all(text)?;
        out.write_all(blanks)
    }
}

/// Texts as they are, where a field cuts them: identifier, column, text.
struct LongTexts {
    at: PathBuf,
    file: Option<BufWriter<File>>,
    bytes: u64,
}

impl LongTexts {
    fn add(&mut self, fid: i64, column: &str, text: &[u8]) -> Result<()> {
        if self.file.is_none() {
            let mut file = BufWriter::new(File::create_new(&self.at)?);
            file.write_all(b"fid,column,text\r\n")?;
            self.file = Some(file);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        let line = format!("{fid},{},{}\r\n", quoted(column), quoted(&String::from_utf8_lossy(text)));
        self.bytes += line.len() as u64;
        file.write_all(line.as_bytes())
    }

    fn finish(&mut self) -> Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// Text as a cell of CSV.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

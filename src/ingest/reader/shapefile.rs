//! A shapefile's own headers: whether its three files are whole and fit together, and how texts are encoded.
//!
//! GDAL reads what it can of a damaged shapefile; here it is refused instead. Layout: ESRI Shapefile
//! Technical Description (1998), dBASE III.

use super::encoding::Decoder;
use crate::ingest::{Finding, Level};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes of the table looked at to tell the encoding.
const SAMPLE: u64 = 64 << 20;

/// A column of the DBF.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DbfField {
    /// `C`, `N`, `F`, `L`, `D`…
    pub kind: u8,
    pub width: usize,
    pub decimals: u8,
}

/// What the headers say.
pub(super) struct Shapefile {
    pub fields: Vec<DbfField>,
    pub decoder: Decoder,
    pub findings: Vec<Finding>,
}

/// Checks the files beside `shp`, which all have its stem and lower-case extensions.
///
/// # Errors
/// A refusal that names the file and the fault.
pub(super) fn inspect(shp: &Path, name: &str, encoding: Option<&str>) -> Result<Shapefile, Box<Finding>> {
    let shapes = check_shapes(shp, name, "shp")?;
    let index = shp.with_extension("shx");
    let indexed = check_shapes(&index, name, "shx")?.saturating_sub(100) / 8;
    check_records(shp, &index, shapes, indexed).map_err(|fault| broken(name, "shp", &fault))?;
    let dbf = read_dbf(&shp.with_extension("dbf"), name)?;
    if dbf.rows != indexed {
        let fault = format!("it has {} rows for {indexed} shapes; attributes would be mixed up", dbf.rows);
        return Err(broken(name, "dbf", &fault));
    }
    let mut findings = Vec::new();
    let label = std::fs::read_to_string(shp.with_extension("cpg")).ok();
    let decoder = decide(&dbf, label.as_deref(), encoding, &mut findings)?;
    Ok(Shapefile { fields: dbf.fields, decoder, findings })
}

fn broken(name: &str, extension: &str, fault: &str) -> Box<Finding> {
    let message =
        format!("the shapefile is damaged: {name}.{extension}: {fault}; export it again from its source");
    Box::new(Finding::error("shapefile-damaged", message))
}

/// Checks a `.shp` or `.shx` and answers its length in bytes.
fn check_shapes(path: &Path, name: &str, extension: &str) -> Result<u64, Box<Finding>> {
    let unreadable = |e: std::io::Error| broken(name, extension, &format!("it can't be read ({e})"));
    let mut file = File::open(path).map_err(unreadable)?;
    let actual = file.metadata().map_err(unreadable)?.len();
    let mut head = [0; 100];
    if file.read_exact(&mut head).is_err() {
        return Err(broken(name, extension, "it is shorter than its header"));
    }
    let word = |at: usize| head.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
    if word(0) != 9994 {
        return Err(broken(name, extension, "it does not begin like a shapefile"));
    }
    let announced = u64::from(word(24)) * 2;
    if announced < 100 || actual < announced {
        let fault = format!("it is cut off: {actual} bytes of {announced}");
        return Err(broken(name, extension, &fault));
    }
    Ok(announced)
}

/// Checks that each shape that the index lists begins where it should, with a type that the file has.
/// GDAL answers no geometry for one that does not.
fn check_records(shp: &Path, shx: &Path, length: u64, count: u64) -> Result<(), String> {
    let unreadable = |e: std::io::Error| format!("it can't be read ({e})");
    let mut shapes = BufReader::with_capacity(1 << 16, File::open(shp).map_err(unreadable)?);
    let mut index = BufReader::with_capacity(1 << 16, File::open(shx).map_err(unreadable)?);
    let mut head = [0; 36];
    shapes.read_exact(&mut head).map_err(unreadable)?;
    let [.., t0, t1, t2, t3] = head;
    let kind = u32::from_le_bytes([t0, t1, t2, t3]);
    index.seek(SeekFrom::Start(100)).map_err(unreadable)?;
    let mut at = 36_i64;
    for number in 1..=count {
        let mut entry = [0; 8];
        index.read_exact(&mut entry).map_err(unreadable)?;
        let [o0, o1, o2, o3, l0, l1, l2, l3] = entry;
        let start = i64::from(u32::from_be_bytes([o0, o1, o2, o3])) * 2;
        let content = i64::from(u32::from_be_bytes([l0, l1, l2, l3])) * 2;
        let wrong = || format!("shape {number} is not where the .shx says");
        if start < 100 || content < 4 || start + 8 + content > length.cast_signed() {
            return Err(wrong());
        }
        let mut record = [0; 12];
        shapes.seek_relative(start - at).map_err(unreadable)?;
        shapes.read_exact(&mut record).map_err(unreadable)?;
        at = start + 12;
        let [.., k0, k1, k2, k3] = record;
        if ![0, kind].contains(&u32::from_le_bytes([k0, k1, k2, k3])) {
            return Err(wrong());
        }
    }
    Ok(())
}

struct Dbf {
    fields: Vec<DbfField>,
    rows: u64,
    language: u8,
    /// Texts outside ASCII, one a line, and the raw names of fields.
    sample: Vec<u8>,
}

fn read_dbf(path: &Path, name: &str) -> Result<Dbf, Box<Finding>> {
    let bad = |fault: &str| broken(name, "dbf", fault);
    let unreadable = |e: std::io::Error| bad(&format!("it can't be read ({e})"));
    let file = File::open(path).map_err(unreadable)?;
    let actual = file.metadata().map_err(unreadable)?.len();
    let mut input = BufReader::with_capacity(1 << 18, file);
    let mut head = [0; 32];
    input.read_exact(&mut head).map_err(|_| bad("it is shorter than its header"))?;
    let [_, _, _, _, r0, r1, r2, r3, h0, h1, w0, w1, ..] = head;
    let rows = u64::from(u32::from_le_bytes([r0, r1, r2, r3]));
    let header = usize::from(u16::from_le_bytes([h0, h1]));
    let width = usize::from(u16::from_le_bytes([w0, w1]));
    if header < 33 || width == 0 {
        return Err(bad("its header makes no sense"));
    }
    let needed = header as u64 + rows * width as u64;
    if actual < needed {
        return Err(bad(&format!("it is cut off: {actual} bytes of {needed}")));
    }
    let mut descriptors = vec![0; header - 32];
    input.read_exact(&mut descriptors).map_err(unreadable)?;
    let mut sample = Vec::new();
    let mut fields = Vec::new();
    for one in descriptors.chunks_exact(32).take_while(|d| d.first() != Some(&0x0d)) {
        let title: Vec<u8> = one.iter().copied().take(11).take_while(|b| *b != 0).collect();
        keep_foreign(&title, usize::MAX, &mut sample);
        let &[kind, width, decimals] = &[one[11], one[16], one[17]];
        // Long character fields use the decimals as high byte.
        let wide = kind == b'C';
        let width = usize::from(width) + if wide { usize::from(decimals) << 8 } else { 0 };
        fields.push(DbfField { kind, width, decimals: if wide { 0 } else { decimals } });
    }
    input.seek(SeekFrom::Start(header as u64)).map_err(unreadable)?;
    let mut row = vec![0; width];
    let looked_at = rows.min(SAMPLE / width as u64 + 1);
    for _ in 0..looked_at {
        input.read_exact(&mut row).map_err(unreadable)?;
        if row.is_ascii() || sample.len() > 1 << 20 {
            continue;
        }
        let mut at = 1;
        for field in &fields {
            if field.kind == b'C' {
                keep_foreign(row.get(at..at + field.width).unwrap_or(&[]), field.width, &mut sample);
            }
            at += field.width;
        }
    }
    Ok(Dbf { fields, rows, language: head[29], sample })
}

/// Adds a text outside ASCII to the sample. A character cut in two by the field's width is left out, or
/// UTF-8 would not be recognised.
fn keep_foreign(text: &[u8], width: usize, sample: &mut Vec<u8>) {
    let text = text.trim_ascii_end();
    let text = text.split(|b| *b == 0).next().unwrap_or(&[]);
    if text.is_ascii() {
        return;
    }
    let whole = match std::str::from_utf8(text) {
        Err(error) if error.error_len().is_none() => text.get(..error.valid_up_to()).unwrap_or(text),
        _ => text,
    };
    // A lone accent at the end of a full field says nothing: it may be cut UTF-8 or one Latin byte.
    if whole.is_ascii() && text.len() >= width {
        return;
    }
    sample.extend_from_slice(if whole.is_ascii() { text } else { whole });
    sample.push(b'\n');
}

fn decide(
    dbf: &Dbf,
    side_file: Option<&str>,
    given: Option<&str>,
    findings: &mut Vec<Finding>,
) -> Result<Decoder, Box<Finding>> {
    if let Some(label) = given {
        return Decoder::from_label(label).ok_or_else(|| unknown_encoding(label));
    }
    let said = side_file
        .and_then(Decoder::from_label)
        .map(|d| (d, "its .cpg file"))
        .or_else(|| Decoder::from_language_byte(dbf.language).map(|d| (d, "its language byte")));
    let is_utf_8 = std::str::from_utf8(&dbf.sample).is_ok();
    if dbf.sample.is_empty() {
        return Ok(said.map_or(Decoder::utf_8(), |(decoder, _)| decoder));
    }
    let guess = Decoder::guess(&dbf.sample);
    let (decoder, message) = match said {
        Some((said, source)) if said == Decoder::utf_8() && !is_utf_8 => {
            (guess, format!("{source} says UTF-8, but the texts are not; they were read as {}", guess.name()))
        }
        // Texts of another encoding are never valid UTF-8 by accident once there are several.
        Some((said, source)) if said != Decoder::utf_8() && is_utf_8 => (
            Decoder::utf_8(),
            format!("{source} says {}, but the texts are UTF-8 and were read as such", said.name()),
        ),
        Some((said, _)) => return Ok(said),
        None => (guess, format!("the file names no text encoding; {} was recognised", guess.name())),
    };
    let message = format!("{message}; if accents are wrong, load it again with --encoding");
    let level = if said.is_some() { Level::Warning } else { Level::Info };
    findings.push(Finding::new(level, "encoding-guessed", message));
    Ok(decoder)
}

/// The refusal of an encoding that nobody knows.
pub(super) fn unknown_encoding(label: &str) -> Box<Finding> {
    let label: String = label.chars().take(60).collect();
    let message = format!("'{label}' is not a text encoding known here; use UTF-8, windows-1252 or CP850");
    Box::new(Finding::error("encoding-unknown", message))
}

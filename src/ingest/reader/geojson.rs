//! GeoJSON before GDAL sees it: is it JSON to its last byte, is it GeoJSON, one text or many, in UTF-8?
//!
//! GDAL keeps what it could read of a broken file; here it is refused, with line and column.

use super::encoding::Decoder;
use super::shapefile::unknown_encoding;
use crate::ingest::{Finding, Level};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What to open and how.
pub(super) struct GeoJson {
    /// The file, or its copy in UTF-8.
    pub path: PathBuf,
    /// Several texts, one after the other (RFC 8142 or one a line).
    pub is_sequence: bool,
    pub findings: Vec<Finding>,
}

/// Reads the file once.
///
/// # Errors
/// A refusal that says where and what.
pub(super) fn inspect(
    path: &Path,
    name: &str,
    encoding: Option<&str>,
    folder: &Path,
) -> Result<GeoJson, Box<Finding>> {
    let unreadable =
        |e: io::Error| Box::new(Finding::error("file-unreadable", format!("{name}: it can't be read ({e})")));
    let mut findings = Vec::new();
    let mut path = path.to_owned();
    if let Some(decoder) = foreign_encoding(&path, encoding)? {
        path = transcode(&path, folder, decoder).map_err(unreadable)?;
        let message = format!(
            "{name} is not in UTF-8 as GeoJSON must be; it was read as {}; if accents are wrong, load it again with --encoding",
            decoder.name()
        );
        findings.push(Finding::new(Level::Warning, "encoding-guessed", message));
    }
    let file = File::open(&path).map_err(unreadable)?;
    let input = BufReader::with_capacity(1 << 18, Plain::new(file).map_err(unreadable)?);
    let mut texts = 0_u64;
    for text in serde_json::Deserializer::from_reader(input).into_iter::<TopLevel>() {
        let text = text.map_err(|e| {
            let message = if e.is_eof() {
                format!(
                    "{name} is cut off: the JSON ends in the middle, at line {}; get the whole file",
                    e.line()
                )
            } else {
                format!("{name} is not valid JSON: {e}; correct it or export it again")
            };
            Box::new(Finding::error("geojson-invalid", message))
        })?;
        texts += 1;
        check_type(&text, name)?;
    }
    if texts == 0 {
        return Err(Box::new(Finding::error(
            "geojson-invalid",
            format!("{name} is empty; it holds no GeoJSON"),
        )));
    }
    Ok(GeoJson { path, is_sequence: texts > 1, findings })
}

fn check_type(text: &TopLevel, name: &str) -> Result<(), Box<Finding>> {
    const TYPES: [&str; 9] = [
        "FeatureCollection",
        "Feature",
        "Point",
        "LineString",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "GeometryCollection",
    ];
    let refuse = |message: String| Err(Box::new(Finding::error("geojson-invalid", message)));
    match text.kind.as_deref() {
        Some("FeatureCollection") if text.features != Some(true) => {
            refuse(format!("{name} is a FeatureCollection without a list of 'features'"))
        }
        Some(kind) if TYPES.contains(&kind) => Ok(()),
        Some(kind) => {
            let kind: String = kind.chars().take(40).collect();
            refuse(format!("{name} is not GeoJSON: its type is '{kind}' instead of FeatureCollection"))
        }
        None => refuse(format!("{name} is JSON but not GeoJSON: it has no \"type\"; export it as GeoJSON")),
    }
}

/// The members of a GeoJSON text that matter here.
#[derive(Default)]
struct TopLevel {
    kind: Option<String>,
    /// Whether `features` is a list.
    features: Option<bool>,
}

impl<'de> Deserialize<'de> for TopLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = TopLevel;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a GeoJSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TopLevel, A::Error> {
                let mut top = TopLevel::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "type" => {
                            top.kind = match map.next_value::<Scalar>()? {
                                Scalar::Text(text) => Some(text),
                                Scalar::Other => None,
                            }
                        }
                        "features" => top.features = Some(map.next_value::<List>()?.0),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(top)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

enum Scalar {
    Text(String),
    Other,
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text as \"type\"")
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Whether a value is a list; its items are passed over.
struct List(bool);

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = List;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list as \"features\"")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<List, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(List(true))
            }
        }
        deserializer.deserialize_seq(Items)
    }
}

/// Leaves out a byte order mark, and record separators (RFC 8142), which are no JSON.
struct Plain {
    file: File,
    first: Option<Vec<u8>>,
}

impl Plain {
    fn new(mut file: File) -> io::Result<Self> {
        let mut first = vec![0; 3];
        let mut filled = 0;
        while filled < 3 {
            match file.read(first.get_mut(filled..).unwrap_or(&mut []))? {
                0 => break,
                more => filled += more,
            }
        }
        first.truncate(filled);
        if first == [0xef, 0xbb, 0xbf] {
            first.clear();
        }
        Ok(Self { file, first: Some(first) })
    }
}

impl Read for Plain {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.first.take_if(|f| !f.is_empty() && buffer.len() >= f.len()) {
            Some(first) => {
                if let Some(place) = buffer.get_mut(..first.len()) {
                    place.copy_from_slice(&first);
                }
                first.len()
            }
            None => self.file.read(buffer)?,
        };
        for byte in buffer.iter_mut().take(count) {
            if *byte == 0x1e {
                *byte = b'\n';
            }
        }
        Ok(count)
    }
}

/// The encoding, if it is not UTF-8.
fn foreign_encoding(path: &Path, given: Option<&str>) -> Result<Option<Decoder>, Box<Finding>> {
    if let Some(label) = given {
        let decoder = Decoder::from_label(label).ok_or_else(|| unknown_encoding(label))?;
        return Ok((decoder != Decoder::utf_8()).then_some(decoder));
    }
    let Ok(mut file) = File::open(path) else { return Ok(None) };
    let mut chunk = vec![0; 1 << 20];
    let mut kept = 0;
    let mut is_first = true;
    while let Ok(count) = file.read(chunk.get_mut(kept..).unwrap_or(&mut [])) {
        let filled = chunk.get(..kept + count).unwrap_or(&[]);
        if is_first && let Some((bom, _)) = encoding_rs::Encoding::for_bom(filled) {
            return Ok((bom != encoding_rs::UTF_8).then_some(Decoder::Web(bom)).or(None));
        }
        is_first = false;
        let rest = match std::str::from_utf8(filled) {
            Ok(_) => 0,
            Err(e) if e.error_len().is_none() && count > 0 => filled.len() - e.valid_up_to(),
            Err(_) => return Ok(Some(Decoder::guess(filled))),
        };
        if count == 0 {
            break;
        }
        chunk.copy_within(kept + count - rest..kept + count, 0);
        kept = rest;
    }
    Ok(None)
}

fn transcode(path: &Path, folder: &Path, decoder: Decoder) -> io::Result<PathBuf> {
    let target = folder.join("utf-8.geojson");
    let mut input = File::open(path)?;
    let mut output = BufWriter::new(File::create(&target)?);
    match decoder {
        Decoder::Web(encoding) => {
            let mut state = encoding.new_decoder();
            let (mut bytes, mut text) = (vec![0; 1 << 16], String::with_capacity(1 << 18));
            loop {
                let count = input.read(&mut bytes)?;
                text.clear();
                let _ = state.decode_to_string(bytes.get(..count).unwrap_or(&[]), &mut text, count == 0);
                output.write_all(text.as_bytes())?;
                if count == 0 {
                    break;
                }
            }
        }
        Decoder::Dos(..) => {
            let mut bytes = vec![0; 1 << 16];
            loop {
                let count = input.read(&mut bytes)?;
                if count == 0 {
                    break;
                }
                output.write_all(decoder.decode(bytes.get(..count).unwrap_or(&[])).0.as_bytes())?;
            }
        }
    }
    output.flush()?;
    Ok(target)
}

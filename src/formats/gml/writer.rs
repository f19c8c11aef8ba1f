//! Features as GML 3, and collections of WFS 2.0.

use super::Dialect;
use super::geometry::{Spelling, push_geometry};
use super::named;
use crate::formats::encoder::{EncodeError, FeatureEncoder};
use crate::formats::number::{push_date, push_integer, push_time, push_timestamp};
use crate::geo::wkb::WkbError;
use crate::model::{Column, FeatureRef, GmlProfile, Layer, Value};
use base64::Engine;
use std::io::Write;

/// Writes the members of one layer: `<wfs:member><p:communes gml:id="communes.1">…`.
#[derive(Clone, Debug)]
pub struct Members {
    /// `prefix:slug`.
    type_name: String,
    /// `slug.`
    id_prefix: String,
    /// Opening and closing tags of the columns; empty for GML's own.
    tags: Vec<(String, String)>,
    /// Positions of the columns that refer to something else.
    references: Vec<usize>,
    /// GML's own properties among the columns, in GML's order.
    standard: Vec<Standard>,
    geometry_tags: (String, String),
    /// Names that an agreed schema prescribes, with the prefix of the types.
    profile: GmlProfile,
    prefix: String,
    spelling: Spelling,
    dialect: Dialect,
    /// What stands behind the identifier.
    suffix: String,
}

/// One of the properties that GML gives every feature, which stand before all others (OGC 07-036 clause
/// 9.4.1).
#[derive(Clone, Debug)]
struct Standard {
    /// Position among the columns.
    column: usize,
    /// Opening and closing tag.
    tags: (String, String),
    /// Whether GML 3.2 was the first to have it.
    is_new: bool,
}

/// GML's own properties among columns, in GML's order.
fn standard(layer: &Layer, columns: &[Column]) -> Vec<Standard> {
    let mut found: Vec<(usize, Standard)> = Vec::new();
    for (column, place) in columns.iter().enumerate().filter_map(|(at, c)| Some((at, c.gml()?))) {
        let name = Column::GML.get(place).copied().unwrap_or_default();
        let is_new = name == "gml:identifier";
        let mut open = format!("<{name}").into_bytes();
        if is_new {
            attribute("codeSpace", &layer.dataset.organisation.namespace, &mut open);
        }
        let open = format!("{}>", String::from_utf8_lossy(&open));
        found.push((place, Standard { column, tags: (open, format!("</{name}>")), is_new }));
    }
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, standard)| standard).collect()
}

impl Members {
    /// A writer of a layer's features with these columns, in GML 3.2.
    #[must_use]
    pub fn new(layer: &Layer, columns: &[Column], spelling: Spelling) -> Self {
        let prefix = &layer.dataset.organisation.prefix;
        let tags = |name: &str| (format!("<{prefix}:{name}>"), format!("</{prefix}:{name}>"));
        Self {
            type_name: layer.type_name(),
            id_prefix: format!("{}.", layer.slug),
            tags: columns
                .iter()
                .map(|c| if c.gml().is_some() { (String::new(), String::new()) } else { tags(&c.name) })
                .collect(),
            references: (0..columns.len())
                .filter(|at| columns.get(*at).is_some_and(|c| layer.gml.references.contains(&c.name)))
                .collect(),
            standard: standard(layer, columns),
            geometry_tags: tags("geom"),
            profile: layer.gml.clone(),
            prefix: prefix.clone(),
            spelling,
            dialect: Dialect::Gml32,
            suffix: String::new(),
        }
    }

    /// The same with something behind each identifier, where a document has a feature more than once.
    #[must_use]
    pub fn with_suffix(&self, suffix: String) -> Self {
        Self { suffix, ..self.clone() }
    }

    /// The same in another dialect.
    #[must_use]
    pub fn in_dialect(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    fn standard_of_dialect(&self) -> impl Iterator<Item = &Standard> {
        self.standard.iter().filter(|s| !s.is_new || self.dialect == Dialect::Gml32)
    }

    /// Appends the feature in a `wfs:member` (`gml:featureMember` in GML 3.1.1).
    ///
    /// # Errors
    /// [`EncodeError`]; `out` then ends where it did before.
    pub fn member(&self, feature: FeatureRef<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.member_with("", feature, out)
    }

    /// The same with attributes in the member's start tag, each with a space before it: the state of a
    /// version (OGC 09-025r2 clause 11.3.3.2).
    ///
    /// # Errors
    /// [`EncodeError`]; `out` then ends where it did before.
    pub fn member_with(
        &self,
        attributes: &str,
        feature: FeatureRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let start = out.len();
        let member = self.dialect.member();
        for piece in ["<", member, attributes, ">"] {
            out.extend_from_slice(piece.as_bytes());
        }
        self.element(feature, "", out).inspect_err(|_| out.truncate(start))?;
        for piece in ["</", member, ">\n"] {
            out.extend_from_slice(piece.as_bytes());
        }
        Ok(())
    }

    /// Appends the feature's element alone; `attributes` stand in its start tag (namespace declarations,
    /// with a space before each), for an answer that is the feature itself. In GML 3.2 prefix `xsi` must be
    /// declared there or around.
    ///
    /// # Errors
    /// [`EncodeError`]; `out` then ends where it did before.
    pub fn element(
        &self,
        feature: FeatureRef<'_>,
        attributes: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let start = out.len();
        let mut id = Vec::with_capacity(self.id_prefix.len() + 26);
        id.extend_from_slice(self.id_prefix.as_bytes());
        push_integer(feature.fid, &mut id);
        id.extend_from_slice(self.suffix.as_bytes());
        for piece in ["<", self.type_name.as_str(), " gml:id=\""] {
            out.extend_from_slice(piece.as_bytes());
        }
        out.extend_from_slice(&id);
        out.push(b'"');
        out.extend_from_slice(attributes.as_bytes());
        out.push(b'>');
        for Standard { column, tags: (open, close), .. } in self.standard_of_dialect() {
            if let Some(value) = feature.values.get(*column).filter(|value| is_writable(value)) {
                out.extend_from_slice(open.as_bytes());
                push_value(value, out);
                out.extend_from_slice(close.as_bytes());
            }
        }
        // Where a schema names the geometry, it has it first.
        let is_first = !self.profile.geometry.is_empty();
        if is_first {
            self.geometry(feature, &mut id, out).inspect_err(|_| out.truncate(start))?;
        }
        for (at, ((open, close), value)) in self.tags.iter().zip(feature.values).enumerate() {
            if open.is_empty() {
                continue;
            }
            if !is_writable(value) {
                if self.dialect.writes_nils() {
                    out.extend_from_slice(open.trim_end_matches('>').as_bytes());
                    out.extend_from_slice(b" xsi:nil=\"true\"/>");
                }
                continue;
            }
            if self.references.contains(&at) {
                push_reference(open.trim_matches(['<', '>']), value, out);
                continue;
            }
            out.extend_from_slice(open.as_bytes());
            push_value(value, out);
            out.extend_from_slice(close.as_bytes());
        }
        if !is_first {
            self.geometry(feature, &mut id, out).inspect_err(|_| out.truncate(start))?;
        }
        for piece in ["</", self.type_name.as_str(), ">"] {
            out.extend_from_slice(piece.as_bytes());
        }
        Ok(())
    }

    /// Appends the geometry's property, or properties where a schema has several. Geometries' identifiers are
    /// the feature's `id` and their name.
    fn geometry(
        &self,
        feature: FeatureRef<'_>,
        id: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let Some(ewkb) = feature.geometry else { return Ok(()) };
        let failed = |cause| EncodeError::Geometry { fid: feature.fid, cause };
        if self.profile.geometry.is_empty() {
            let (open, close) = &self.geometry_tags;
            return self.property(ewkb, id, "geom", (open, close), out).map_err(failed);
        }
        for (name, part) in named::properties(&self.profile, ewkb).map_err(failed)? {
            let (prefix, name) = (&self.prefix, &name.name);
            let tags = (format!("<{prefix}:{name}>"), format!("</{prefix}:{name}>"));
            self.property(&part, id, name, (&tags.0, &tags.1), out).map_err(failed)?;
        }
        Ok(())
    }

    fn property(
        &self,
        ewkb: &[u8],
        id: &mut Vec<u8>,
        name: &str,
        (open, close): (&str, &str),
        out: &mut Vec<u8>,
    ) -> Result<(), WkbError> {
        let (before, length) = (out.len(), id.len());
        out.extend_from_slice(open.as_bytes());
        id.push(b'.');
        id.extend_from_slice(name.as_bytes());
        let whole = std::str::from_utf8(id).ok().filter(|_| self.dialect.geometries_have_ids());
        let written = push_geometry(ewkb, whole, &self.spelling, out);
        id.truncate(length);
        if written? {
            out.extend_from_slice(close.as_bytes());
        } else {
            out.truncate(before);
        }
        Ok(())
    }
}

/// Appends a property that refers to something else (OGC 07-036 clause 7.2.3.3). It declares the prefix itself,
/// since few documents need it.
pub(super) fn push_reference(name: &str, value: &Value, out: &mut Vec<u8>) {
    let Value::Text(address) = value else { return };
    let mut tag = format!("<{name} xmlns:xlink=\"http://www.w3.org/1999/xlink\"").into_bytes();
    attribute("xlink:href", address, &mut tag);
    out.append(&mut tag);
    out.extend_from_slice(b"/>");
}

/// The start tag and end of a `wfs:FeatureCollection` of WFS 2.0 (OGC 09-025r2 clause 11.3.1).
#[derive(Clone, Debug, Default)]
pub struct Collection {
    /// Prefix and URI of the feature types' namespaces.
    pub namespaces: Vec<(String, String)>,
    /// Namespace and schema address, pair by pair: `xsi:schemaLocation`.
    pub schema_locations: Vec<(String, String)>,
    /// When the answer was made, RFC 3339.
    pub time_stamp: String,
    /// Features that match; `unknown` when absent.
    pub number_matched: Option<u64>,
    /// Features in this answer.
    pub number_returned: u64,
    /// Address of the page after this one.
    pub next: Option<String>,
    /// Address of the page before this one.
    pub previous: Option<String>,
}

impl Collection {
    /// Appends the XML declaration and the start tag.
    pub fn head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.start_tag(true, out);
    }

    /// Appends the start tag alone; nested collections (one a type) need no namespaces of their own.
    pub fn start_tag(&self, with_namespaces: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<wfs:FeatureCollection");
        if with_namespaces {
            attribute("xmlns:wfs", "http://www.opengis.net/wfs/2.0", out);
            attribute("xmlns:gml", super::NAMESPACE, out);
            attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance", out);
            for (prefix, uri) in &self.namespaces {
                attribute(&format!("xmlns:{prefix}"), uri, out);
            }
            let pairs: Vec<String> =
                self.schema_locations.iter().map(|(uri, at)| format!("{uri} {at}")).collect();
            if !pairs.is_empty() {
                attribute("xsi:schemaLocation", &pairs.join(" "), out);
            }
        }
        attribute("timeStamp", &self.time_stamp, out);
        let matched = self.number_matched.map_or_else(|| "unknown".to_owned(), |n| n.to_string());
        attribute("numberMatched", &matched, out);
        attribute("numberReturned", &self.number_returned.to_string(), out);
        for (name, address) in [("next", &self.next), ("previous", &self.previous)] {
            if let Some(address) = address {
                attribute(name, address, out);
            }
        }
        out.extend_from_slice(b">\n");
    }

    /// Appends the end tag.
    pub fn end_tag(out: &mut Vec<u8>) {
        out.extend_from_slice(b"</wfs:FeatureCollection>\n");
    }
}

/// A collection of one layer's features.
#[derive(Clone, Debug)]
pub struct Writer {
    collection: Collection,
    members: Members,
}

impl Writer {
    /// A writer of a collection.
    #[must_use]
    pub const fn new(collection: Collection, members: Members) -> Self {
        Self { collection, members }
    }
}

impl FeatureEncoder for Writer {
    fn content_type(&self) -> &'static str {
        super::CONTENT_TYPE
    }

    fn file_extension(&self) -> &'static str {
        "gml"
    }

    fn head(&mut self, out: &mut Vec<u8>) {
        self.collection.head(out);
    }

    fn feature(&mut self, feature: FeatureRef<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.members.member(feature, out)
    }

    fn tail(&mut self, out: &mut Vec<u8>) {
        Collection::end_tag(out);
    }
}

/// Whether a value has a form in its XML Schema type; what has none is written as a null is.
pub(super) fn is_writable(value: &Value<'_>) -> bool {
    match value {
        Value::Null => false,
        // xsd:decimal has neither NaN nor infinity.
        Value::Decimal(text) => text.ends_with(|c: char| c.is_ascii_digit()),
        _ => true,
    }
}

/// Appends a value in the notation of its XML Schema type (part 2), escaped.
pub fn push_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => {}
        Value::Text(text) | Value::Json(text) => push_escaped(text, out),
        Value::Integer(number) => push_integer(*number, out),
        Value::Real(number) if number.is_nan() => out.extend_from_slice(b"NaN"),
        Value::Real(number) if number.is_infinite() => {
            out.extend_from_slice(if *number > 0.0 { b"INF" } else { b"-INF" });
        }
        Value::Real(number) => push_real(*number, out),
        Value::Decimal(text) => out.extend_from_slice(text.as_bytes()),
        Value::Boolean(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Value::Date(day) => push_date(*day, out),
        Value::Time(time) => push_time(*time, out),
        Value::Timestamp(at) => push_timestamp(*at, out),
        Value::Binary(bytes) => {
            out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(bytes).as_bytes());
        }
    }
}

/// The shortest digits that are this number, never in scientific notation.
fn push_real(number: f64, out: &mut Vec<u8>) {
    if !(1e-4..1e15).contains(&number.abs()) {
        let _ = write!(out, "{number}");
        return;
    }
    // In this range JSON has the same digits, found faster; whole numbers end in `.0` there. Writing to a Vec
    // can't fail.
    let _ = serde_json::to_writer(&mut *out, &number);
    if out.ends_with(b".0") {
        out.truncate(out.len() - 2);
    }
}

/// Appends an attribute with a space before it.
pub(super) fn attribute(name: &str, value: &str, out: &mut Vec<u8>) {
    out.push(b' ');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    push_escaped(value, out);
    out.push(b'"');
}

/// Appends text for element content or a quoted attribute. Characters that XML 1.0 can't hold even
/// escaped (section 2.2) are left out.
pub fn push_escaped(text: &str, out: &mut Vec<u8>) {
    // 0xef begins U+FFFE and U+FFFF, among others.
    let special = |byte| matches!(byte, 0..=0x1f | b'"' | b'&' | b'<' | b'>' | 0xef);
    if !text.bytes().any(special) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let mut plain_from = 0;
    for (at, c) in text.char_indices() {
        let replacement: &[u8] = match c {
            '&' => b"&amp;",
            '<' => b"&lt;",
            '>' => b"&gt;",
            '"' => b"&quot;",
            // Written plainly, readers would turn it into a line feed.
            '\r' => b"&#13;",
            '\t' | '\n' => continue,
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => b"",
            _ => continue,
        };
        out.extend_from_slice(text.get(plain_from..at).unwrap_or_default().as_bytes());
        out.extend_from_slice(replacement);
        plain_from = at + c.len_utf8();
    }
    out.extend_from_slice(text.get(plain_from..).unwrap_or_default().as_bytes());
}

#[cfg(test)]
mod tests;

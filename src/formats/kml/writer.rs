//! Documents and placemarks (OGC 07-147r2 clause 9).

use super::MEDIA_TYPE;
use super::geometry::push_geometry;
use crate::formats::encoder::{EncodeError, FeatureEncoder};
use crate::formats::gml::push_escaped;
use crate::formats::names::Names;
use crate::formats::number::push_integer;
use crate::formats::output::Target;
use crate::formats::text::{naming_column, plain, push_plain};
use crate::model::{ColumnType, FeatureRef, Value};

struct Writer {
    slug: String,
    title: String,
    description: String,
    columns: Vec<(String, &'static str)>,
    /// Beginnings of each attribute's element.
    openings: Vec<Vec<u8>>,
    naming: Option<usize>,
}

/// A document of one layer.
pub(super) fn encoder(target: &Target<'_>) -> Box<dyn FeatureEncoder> {
    let layer = target.layer;
    // GDAL takes names that differ in their case alone for one field.
    let mut names = Names::default();
    let mut columns = vec![(names.unique("fid"), "string")];
    columns.extend(target.columns.iter().map(|c| (names.unique(&c.name), field_type(c.kind))));
    let opening = |name: &String| {
        let mut out = b"<SimpleData name=\"".to_vec();
        push_escaped(name, &mut out);
        out.extend_from_slice(b"\">");
        out
    };
    Box::new(Writer {
        slug: layer.slug.clone(),
        title: if layer.title.trim().is_empty() { layer.slug.clone() } else { layer.title.clone() },
        description: layer.description.clone(),
        openings: columns.iter().map(|(name, _)| opening(name)).collect(),
        columns,
        naming: naming_column(target.columns),
    })
}

/// The type of a `SimpleField` (clause 9.9.3.2). Its integers have 32 bits, so larger ones are text, as all is
/// that has no type.
const fn field_type(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => "int",
        ColumnType::Real | ColumnType::Decimal => "double",
        ColumnType::Boolean => "bool",
        _ => "string",
    }
}

fn push_element(name: &str, text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("<{name}>").as_bytes());
    push_escaped(text, out);
    out.extend_from_slice(format!("</{name}>").as_bytes());
}

impl FeatureEncoder for Writer {
    fn content_type(&self) -> &'static str {
        MEDIA_TYPE
    }

    fn file_extension(&self) -> &'static str {
        "kml"
    }

    fn head(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n<Document>",
        );
        push_element("name", &self.title, out);
        if !self.description.is_empty() {
            push_element("description", &self.description, out);
        }
        out.extend_from_slice(format!("\n<Schema id=\"{0}\" name=\"{0}\">", self.slug).as_bytes());
        for (name, kind) in &self.columns {
            out.extend_from_slice(format!("<SimpleField type=\"{kind}\" name=\"").as_bytes());
            push_escaped(name, out);
            out.extend_from_slice(b"\"/>");
        }
        out.extend_from_slice(b"</Schema>\n");
    }

    fn feature(&mut self, feature: FeatureRef<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        out.extend_from_slice(format!("<Placemark id=\"{}.", self.slug).as_bytes());
        push_integer(feature.fid, out);
        out.extend_from_slice(b"\">");
        if let Some(name) = self.naming.and_then(|at| feature.values.get(at)).filter(|n| **n != Value::Null) {
            push_element("name", &plain(name), out);
        }
        out.extend_from_slice(format!("<ExtendedData><SchemaData schemaUrl=\"#{}\">", self.slug).as_bytes());
        let fid = Value::Integer(feature.fid);
        for (opening, value) in self.openings.iter().zip(std::iter::once(&fid).chain(feature.values)) {
            if *value == Value::Null {
                continue;
            }
            out.extend_from_slice(opening);
            match value {
                Value::Text(text) | Value::Json(text) => push_escaped(text, out),
                // GDAL reads the words `true` and `false` as zero.
                Value::Boolean(truth) => out.push(if *truth { b'1' } else { b'0' }),
                other => push_plain(other, out),
            }
            out.extend_from_slice(b"</SimpleData>");
        }
        out.extend_from_slice(b"</SchemaData></ExtendedData>");
        if let Some(ewkb) = feature.geometry {
            push_geometry(ewkb, out).map_err(|cause| {
                out.truncate(start);
                EncodeError::Geometry { fid: feature.fid, cause }
            })?;
        }
        out.extend_from_slice(b"</Placemark>\n");
        Ok(())
    }

    fn tail(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"</Document>\n</kml>\n");
    }
}

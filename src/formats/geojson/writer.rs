//! Features and collections as GeoJSON (RFC 7946 sections 3.2 and 3.3).

use super::geometry::push_geometry;
use crate::formats::encoder::{EncodeError, FeatureEncoder};
use crate::formats::number::{push_date, push_integer, push_time, push_timestamp};
use crate::geo::CrsRef;
use crate::model::{Column, FeatureRef, Value};
use base64::Engine;
use serde_json::Value as Json;

/// Writes a FeatureCollection, or single features.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    decimals: usize,
    /// Column names as JSON keys, with their colon.
    keys: Vec<Vec<u8>>,
    collection: Collection,
    /// What stands before the number in a textual identifier, escaped, with its opening quote.
    id_prefix: Option<Vec<u8>>,
}

/// What stands around and between the features of a collection in JSON.
#[derive(Clone, Debug, Default)]
pub(in crate::formats) struct Collection {
    /// Members before the features.
    pub(in crate::formats) head: Vec<(String, Json)>,
    /// Members after them.
    pub(in crate::formats) tail: Vec<(String, Json)>,
    /// Features so far.
    pub(in crate::formats) written: u64,
}

impl Collection {
    /// Appends the beginning; `more` writes members before our own, each with a comma before it.
    pub(in crate::formats) fn begin(&self, more: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"type\":\"FeatureCollection\"");
        more(out);
        push_members(&self.head, out);
        out.extend_from_slice(b",\"features\":[\n");
    }

    /// Appends what stands between two features.
    pub(in crate::formats) fn separate(&self, out: &mut Vec<u8>) {
        if self.written > 0 {
            out.extend_from_slice(b",\n");
        }
    }

    /// Appends the end.
    pub(in crate::formats) fn end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\n]");
        push_members(&self.tail, out);
        out.push(b'}');
    }
}

fn push_members(members: &[(String, Json)], out: &mut Vec<u8>) {
    for (name, value) in members {
        out.push(b',');
        push_member(name, value, out);
    }
}

/// Column names as JSON keys, with their colon.
pub(in crate::formats) fn keys(columns: &[Column]) -> Vec<Vec<u8>> {
    let key = |column: &Column| {
        let mut key = Vec::new();
        push_string(&column.name, &mut key);
        key.push(b':');
        key
    };
    columns.iter().map(key).collect()
}

impl Writer {
    /// A writer of features with these columns; coordinates have at most `decimals` places
    /// (see [`crate::formats::decimals_for`]).
    #[must_use]
    pub fn new(columns: &[Column], decimals: usize) -> Self {
        Self { decimals, keys: keys(columns), ..Self::default() }
    }

    /// A member of the collection, before its features: `numberMatched`, `links`, `timeStamp`, `crs`.
    pub fn member(&mut self, name: &str, value: Json) -> &mut Self {
        self.collection.head.push((name.to_owned(), value));
        self
    }

    /// A member of the collection after its features: what is known only when all are written.
    pub fn tail_member(&mut self, name: &str, value: Json) -> &mut Self {
        self.collection.tail.push((name.to_owned(), value));
        self
    }

    /// Makes identifiers text: `communes.12` with the prefix `communes.`, as WFS names features.
    pub fn id_prefix(&mut self, prefix: &str) -> &mut Self {
        let mut text = Vec::new();
        push_string(prefix, &mut text);
        text.pop();
        self.id_prefix = Some(text);
        self
    }

    /// Features written so far.
    #[must_use]
    pub const fn written(&self) -> u64 {
        self.collection.written
    }

    /// Appends one feature that stands alone, with further members such as `links`.
    ///
    /// # Errors
    /// [`EncodeError`]; `out` then ends where it did before.
    pub fn single(
        &self,
        feature: FeatureRef<'_>,
        members: &[(&str, Json)],
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        self.push_feature(feature, out)?;
        out.pop();
        for (name, value) in members {
            out.push(b',');
            push_member(name, value, out);
        }
        out.push(b'}');
        Ok(())
    }

    fn push_feature(&self, feature: FeatureRef<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
        match &self.id_prefix {
            None => push_integer(feature.fid, out),
            Some(prefix) => {
                out.extend_from_slice(prefix);
                push_integer(feature.fid, out);
                out.push(b'"');
            }
        }
        out.extend_from_slice(b",\"geometry\":");
        match feature.geometry {
            None => out.extend_from_slice(b"null"),
            Some(ewkb) => {
                if let Err(cause) = push_geometry(ewkb, self.decimals, out) {
                    out.truncate(start);
                    return Err(EncodeError::Geometry { fid: feature.fid, cause });
                }
            }
        }
        out.extend_from_slice(b",\"properties\":{");
        for (at, (key, value)) in self.keys.iter().zip(feature.values).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key);
            push_value(value, out);
        }
        out.extend_from_slice(b"}}");
        Ok(())
    }
}

impl FeatureEncoder for Writer {
    fn content_type(&self) -> &'static str {
        "application/geo+json"
    }

    fn file_extension(&self) -> &'static str {
        "geojson"
    }

    fn head(&mut self, out: &mut Vec<u8>) {
        self.collection.begin(|_| {}, out);
    }

    fn feature(&mut self, feature: FeatureRef<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        self.collection.separate(out);
        self.push_feature(feature, out).inspect_err(|_| out.truncate(start))?;
        self.collection.written += 1;
        Ok(())
    }

    fn tail(&mut self, out: &mut Vec<u8>) {
        self.collection.end(out);
    }
}

/// The `crs` member of GeoJSON 2008 that WFS clients read where coordinates are not CRS84: its name is a
/// URN, its coordinates are x, y all the same, as GDAL and QGIS expect.
#[must_use]
pub fn crs_member(crs: &CrsRef) -> Json {
    serde_json::json!({"type": "name", "properties": {"name": crs.crs.urn()}})
}

/// Appends a value: numbers as numbers, also decimals; dates `YYYY-MM-DD`; instants RFC 3339 in UTC; JSON
/// as it is; bytes as base64.
pub fn push_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Text(text) => push_string(text, out),
        Value::Integer(number) => push_integer(*number, out),
        Value::Real(number) if number.is_finite() => push_json(number, out),
        // JSON has no NaN and no infinity.
        Value::Real(_) => out.extend_from_slice(b"null"),
        Value::Decimal(text) if text.ends_with(|c: char| c.is_ascii_digit()) => {
            out.extend_from_slice(text.as_bytes());
        }
        Value::Decimal(_) => out.extend_from_slice(b"null"),
        Value::Boolean(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Value::Date(day) => quoted(out, |out| push_date(*day, out)),
        Value::Time(time) => quoted(out, |out| push_time(*time, out)),
        Value::Timestamp(at) => quoted(out, |out| push_timestamp(*at, out)),
        Value::Json(text) => out.extend_from_slice(text.as_bytes()),
        Value::Binary(bytes) => {
            push_string(&base64::engine::general_purpose::STANDARD.encode(bytes), out);
        }
    }
}

pub(in crate::formats) fn push_member(name: &str, value: &Json, out: &mut Vec<u8>) {
    push_string(name, out);
    out.push(b':');
    push_json(value, out);
}

pub(in crate::formats) fn push_string(text: &str, out: &mut Vec<u8>) {
    // Control characters, quotes and backslashes are rare (RFC 8259 section 7).
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        push_json(text, out);
    } else {
        quoted(out, |out| out.extend_from_slice(text.as_bytes()));
    }
}

/// Quotes around what needs no escape.
fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

fn push_json(value: &(impl serde::Serialize + ?Sized), out: &mut Vec<u8>) {
    // Writing text, numbers and JSON to a Vec can't fail.
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::wkb;
    use crate::model::ColumnType;
    use chrono::{NaiveDate, NaiveTime, TimeZone, Utc};
    use proptest::prelude::*;

    fn column(name: &str) -> Column {
        Column::new(name, ColumnType::Text)
    }

    fn point() -> Vec<u8> {
        wkb::from_geo(&geo_types::Point::new(5.4, 43.6).into(), 4326).expect("ewkb")
    }

    #[test]
    fn a_collection_is_valid_json_with_its_members_around_the_features() {
        let columns = [column("nom"), column("l\"été")];
        let values = [Value::Text("l'Étang & <x> \"\n".into()), Value::Null];
        let ewkb = point();
        let mut writer = Writer::new(&columns, 7);
        writer.member("numberMatched", Json::from(2)).tail_member("numberReturned", Json::from(2));
        let mut out = Vec::new();
        writer.head(&mut out);
        for fid in [1, 2] {
            let feature = FeatureRef { fid, geometry: Some(&ewkb), columns: &columns, values: &values };
            writer.feature(feature, &mut out).expect("written");
        }
        writer.tail(&mut out);
        let read: Json = serde_json::from_slice(&out).expect("json");
        assert_eq!(read["numberMatched"], 2);
        assert_eq!(read["numberReturned"], 2);
        assert_eq!(read["features"][1]["id"], 2);
        assert_eq!(read["features"][0]["properties"]["nom"], "l'Étang & <x> \"\n");
        assert_eq!(read["features"][0]["properties"]["l\"été"], Json::Null);
        assert_eq!(read["features"][0]["geometry"]["coordinates"], serde_json::json!([5.4, 43.6]));
    }

    #[test]
    fn an_empty_collection_is_valid_json() {
        let mut out = Vec::new();
        let mut writer = Writer::new(&[], 7);
        writer.head(&mut out);
        writer.tail(&mut out);
        let read: Json = serde_json::from_slice(&out).expect("json");
        assert_eq!(read["features"], serde_json::json!([]));
    }

    #[test]
    fn values_keep_their_type() {
        let noon = Utc.with_ymd_and_hms(2021, 8, 2, 12, 0, 0).single().expect("instant");
        for (value, text) in [
            (Value::Integer(-7), "-7"),
            (Value::Real(156_186.518_890_335_4), "156186.5188903354"),
            (Value::Real(f64::NAN), "null"),
            (Value::Decimal("238.4680".into()), "238.4680"),
            (Value::Decimal("NaN".into()), "null"),
            (Value::Decimal("-Infinity".into()), "null"),
            (Value::Boolean(true), "true"),
            (Value::Date(NaiveDate::from_ymd_opt(2021, 8, 2).expect("day")), "\"2021-08-02\""),
            (Value::Time(NaiveTime::from_hms_opt(8, 5, 0).expect("time")), "\"08:05:00\""),
            (Value::Timestamp(noon), "\"2021-08-02T12:00:00Z\""),
            (Value::Json("{\"a\": [1]}".into()), "{\"a\": [1]}"),
            (Value::Binary(vec![0, 255].into()), "\"AP8=\""),
            (Value::Text("\u{1}".into()), "\"\\u0001\""),
        ] {
            let mut out = Vec::new();
            push_value(&value, &mut out);
            assert_eq!(String::from_utf8(out).expect("utf-8"), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_by_a_reader_of_json(text in any::<String>(), fid in any::<i64>()) {
            let mut writer = Writer::new(&[column(&text)], 7);
            writer.id_prefix(&text);
            let values = [Value::Text(text.as_str().into())];
            let feature = FeatureRef { fid, geometry: None, columns: &[], values: &values };
            let mut out = Vec::new();
            writer.single(feature, &[], &mut out).expect("written");
            let read: Json = serde_json::from_slice(&out).expect("json");
            prop_assert_eq!(&read["id"], &Json::from(format!("{text}{fid}")));
            prop_assert_eq!(read["properties"][&text].as_str(), Some(text.as_str()));
        }
    }

    #[test]
    fn a_broken_geometry_leaves_no_half_feature() {
        let mut writer = Writer::new(&[], 7);
        let mut out = Vec::new();
        writer.head(&mut out);
        let before = out.clone();
        let broken = FeatureRef { fid: 9, geometry: Some(&[1, 2, 3]), columns: &[], values: &[] };
        let error = writer.feature(broken, &mut out).expect_err("refused");
        assert_eq!(
            error.to_string(),
            "the geometry of feature 9 can't be read: the geometry ends in the middle"
        );
        assert_eq!(out, before);
    }

    #[test]
    fn a_single_feature_takes_links_and_a_prefixed_identifier() {
        let mut writer = Writer::new(&[], 7);
        writer.id_prefix("communes.");
        let feature = FeatureRef { fid: 3, geometry: None, columns: &[], values: &[] };
        let mut out = Vec::new();
        writer.single(feature, &[("links", serde_json::json!([]))], &mut out).expect("written");
        let read: Json = serde_json::from_slice(&out).expect("json");
        assert_eq!(
            read,
            serde_json::json!({"type": "Feature", "id": "communes.3", "geometry": null,
            "properties": {}, "links": []})
        );
    }
}

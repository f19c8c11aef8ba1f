//! Features and collections as JSON-FG (OGC 21-045r1 clauses 7.3 to 7.8).

use super::{CONFORMS_TO, MEDIA_TYPE};
use crate::formats::decimals_for;
use crate::formats::encoder::{EncodeError, FeatureEncoder};
use crate::formats::geojson::{Collection, keys, push_geometry, push_member, push_value};
use crate::formats::number::push_integer;
use crate::geo::crs::{AxisOrder, CrsSpelling};
use crate::geo::wkb::{self, WkbError};
use crate::geo::{CrsRef, Transform};
use crate::model::{Column, FeatureRef, Layer, PrimaryTime, Value};
use chrono::{Datelike, SecondsFormat};
use serde_json::{Value as Json, json};

/// Writes a FeatureCollection, or single features. Geometries come in the system given to [`Writer::new`] with
/// x, y order, as everywhere in the house: `place` is turned to the authority's order here.
#[derive(Clone, Debug)]
pub struct Writer {
    feature_type: String,
    schema: Option<String>,
    dimension: Option<u8>,
    /// Column names as JSON keys, with their colon.
    keys: Vec<Vec<u8>>,
    /// The columns that say when features are.
    time: Option<PrimaryTime>,
    /// The system of `place`; none when `geometry` says all.
    place: Option<Place>,
    collection: Collection,
}

#[derive(Clone, Debug)]
struct Place {
    uri: String,
    decimals: usize,
    is_swapped: bool,
    /// To longitude and latitude; none where there is no way.
    to_lonlat: Option<Transform>,
    srid: i32,
}

/// Decimals of degrees.
const DEGREES: usize = 7;

impl Writer {
    /// A writer of a layer's features with these columns, whose geometries are in a system.
    #[must_use]
    pub fn new(layer: &Layer, columns: &[Column], crs: &CrsRef) -> Self {
        let place = (crs.spelling != CrsSpelling::Crs84).then(|| {
            let lonlat = CrsRef::crs84().ok();
            Place {
                uri: crs.crs.uri(),
                decimals: decimals_for(&crs.crs),
                is_swapped: crs.crs.authority_axes == AxisOrder::YX,
                srid: lonlat.as_ref().map_or(0, |l| l.crs.srid),
                to_lonlat: lonlat.and_then(|l| Transform::new(&crs.crs, &l.crs).ok()),
            }
        });
        Self {
            feature_type: layer.slug.clone(),
            schema: None,
            dimension: layer.geometry.dimension(),
            keys: keys(columns),
            time: PrimaryTime::of(columns),
            place,
            collection: Collection::default(),
        }
    }

    /// The address of the features' JSON Schema (`featureSchema`).
    pub fn schema(&mut self, address: &str) -> &mut Self {
        self.schema = Some(address.to_owned());
        self
    }

    /// A member of the collection, before its features: `links`, `numberMatched`.
    pub fn member(&mut self, name: &str, value: Json) -> &mut Self {
        self.collection.head.push((name.to_owned(), value));
        self
    }

    /// A member of the collection after its features: what is known only when all are written.
    pub fn tail_member(&mut self, name: &str, value: Json) -> &mut Self {
        self.collection.tail.push((name.to_owned(), value));
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
        let own = self.document_members();
        for (name, value) in own.iter().map(|(n, v)| (*n, v)).chain(members.iter().map(|(n, v)| (*n, v))) {
            out.push(b',');
            push_member(name, value, out);
        }
        out.push(b'}');
        Ok(())
    }

    /// What a document says once, as a collection or as a single feature (clauses 7.2, 7.5 and 7.8).
    fn document_members(&self) -> Vec<(&'static str, Json)> {
        let mut members =
            vec![("conformsTo", json!(CONFORMS_TO)), ("featureType", Json::from(self.feature_type.as_str()))];
        if let Some(schema) = &self.schema {
            members.push(("featureSchema", Json::from(schema.as_str())));
        }
        if let Some(place) = &self.place {
            members.push(("coordRefSys", Json::from(place.uri.as_str())));
        }
        members
    }

    fn push_feature(&self, feature: FeatureRef<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
        push_integer(feature.fid, out);
        out.extend_from_slice(b",\"time\":");
        self.push_time(feature.values, out);
        self.push_places(feature.geometry, out).map_err(|cause| {
            out.truncate(start);
            EncodeError::Geometry { fid: feature.fid, cause }
        })?;
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

    /// An instant as a date or a timestamp, or an interval of them, `..` for an open end (clause 7.4).
    fn push_time(&self, values: &[Value<'_>], out: &mut Vec<u8>) {
        let end = |at: usize| values.get(at).and_then(instant);
        let text = match self.time {
            None => None,
            Some(PrimaryTime::Instant(at)) => {
                end(at).map(|(kind, text)| format!("{{\"{kind}\":\"{text}\"}}"))
            }
            Some(PrimaryTime::Interval { start, end: last }) => match (end(start), end(last)) {
                (None, None) => None,
                (from, to) => {
                    let text =
                        |end: Option<(&str, String)>| end.map_or_else(|| "..".to_owned(), |(_, text)| text);
                    Some(format!("{{\"interval\":[\"{}\",\"{}\"]}}", text(from), text(to)))
                }
            },
        };
        out.extend_from_slice(text.as_deref().unwrap_or("null").as_bytes());
    }

    /// `place` and `geometry` (clause 7.6). A geometry without position is none: points and lines need positions
    /// in their schema.
    fn push_places(&self, geometry: Option<&[u8]>, out: &mut Vec<u8>) -> Result<(), WkbError> {
        let geometry = match geometry {
            Some(ewkb) if is_somewhere(ewkb)? => Some(ewkb),
            _ => None,
        };
        out.extend_from_slice(b",\"place\":");
        let (Some(ewkb), Some(place)) = (geometry, &self.place) else {
            out.extend_from_slice(b"null,\"geometry\":");
            match geometry {
                Some(ewkb) => push_geometry(ewkb, DEGREES, out)?,
                None => out.extend_from_slice(b"null"),
            }
            return Ok(());
        };
        if place.is_swapped {
            let mut swapped = ewkb.to_vec();
            wkb::swap_axes(&mut swapped)?;
            push_geometry(&swapped, place.decimals, out)?;
        } else {
            push_geometry(ewkb, place.decimals, out)?;
        }
        out.extend_from_slice(b",\"geometry\":");
        match &place.to_lonlat {
            Some(transform) => {
                let mut moved = ewkb.to_vec();
                wkb::transform(&mut moved, transform, place.srid)?;
                push_geometry(&moved, DEGREES, out)
            }
            None => {
                out.extend_from_slice(b"null");
                Ok(())
            }
        }
    }
}

/// Whether a geometry has a position.
fn is_somewhere(ewkb: &[u8]) -> Result<bool, WkbError> {
    let mut found = false;
    wkb::each_list(ewkb, |coords| found |= !coords.is_empty())?;
    Ok(found)
}

impl FeatureEncoder for Writer {
    fn content_type(&self) -> &'static str {
        MEDIA_TYPE
    }

    fn file_extension(&self) -> &'static str {
        "fg.json"
    }

    fn head(&mut self, out: &mut Vec<u8>) {
        let own = |out: &mut Vec<u8>| {
            for (name, value) in self.document_members() {
                out.push(b',');
                push_member(name, &value, out);
            }
            if let Some(dimension) = self.dimension {
                out.extend_from_slice(format!(",\"geometryDimension\":{dimension}").as_bytes());
            }
        };
        self.collection.begin(own, out);
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

/// A day or an instant with the name of its kind; years have four digits.
fn instant(value: &Value<'_>) -> Option<(&'static str, String)> {
    match value {
        Value::Date(day) if (0..=9999).contains(&day.year()) => Some(("date", day.to_string())),
        Value::Timestamp(at) if (0..=9999).contains(&at.year()) => {
            Some(("timestamp", at.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tests::layer;
    use crate::model::ColumnType;
    use chrono::{NaiveDate, TimeZone, Utc};

    fn written(crs: &str, ewkb: Option<&[u8]>, value: Value<'_>, kind: ColumnType) -> Json {
        let layer = layer("evenements", &[("debut", kind)]);
        let mut writer = Writer::new(&layer, &layer.columns, &CrsRef::parse(crs).expect("a system"));
        let mut out = Vec::new();
        writer.schema("http://localhost/schema").member("numberMatched", 1.into());
        writer.head(&mut out);
        let values = [value];
        for fid in 1..3 {
            let feature = FeatureRef { fid, geometry: ewkb, columns: &layer.columns, values: &values };
            writer.feature(feature, &mut out).expect("written");
        }
        writer.tail_member("numberReturned", 2.into());
        writer.tail(&mut out);
        assert_eq!(writer.written(), 2);
        serde_json::from_slice(&out).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out)))
    }

    fn point(x: f64, y: f64) -> Vec<u8> {
        wkb::from_geo(&geo_types::Point::new(x, y).into(), 0).expect("ewkb")
    }

    #[test]
    fn a_place_in_its_own_system_stands_beside_longitude_and_latitude() {
        let day = NaiveDate::from_ymd_opt(2024, 2, 29).expect("a day");
        let ewkb = point(700_000.0, 6_600_000.0);
        let json = written("EPSG:2154", Some(&ewkb), Value::Date(day), ColumnType::Date);
        assert_eq!(json["coordRefSys"], "http://www.opengis.net/def/crs/EPSG/0/2154");
        assert_eq!(json["conformsTo"], json!(CONFORMS_TO));
        assert_eq!((&json["featureType"], &json["geometryDimension"]), (&json!("evenements"), &json!(0)));
        assert_eq!(json["featureSchema"], "http://localhost/schema");
        assert_eq!((&json["numberMatched"], &json["numberReturned"]), (&json!(1), &json!(2)));
        let feature = &json["features"][1];
        assert_eq!(feature["place"], json!({"type": "Point", "coordinates": [700_000, 6_600_000]}));
        assert_eq!(feature["geometry"], json!({"type": "Point", "coordinates": [3, 46.5]}));
        assert_eq!(feature["time"], json!({"date": "2024-02-29"}));
        assert_eq!(feature["properties"], json!({"debut": "2024-02-29"}));
    }

    #[test]
    fn two_ends_are_an_interval_with_open_ends_where_they_are_null() {
        let day = |day| Value::Date(NaiveDate::from_ymd_opt(2024, 2, day).expect("a day"));
        let columns = [("debut", ColumnType::Date), ("fin", ColumnType::Date)];
        let layer = layer("travaux", &columns);
        let writer = Writer::new(&layer, &layer.columns, &CrsRef::crs84().expect("a system"));
        for (values, time) in [
            ([day(1), day(9)], json!({"interval": ["2024-02-01", "2024-02-09"]})),
            ([day(1), Value::Null], json!({"interval": ["2024-02-01", ".."]})),
            ([Value::Null, day(9)], json!({"interval": ["..", "2024-02-09"]})),
            ([Value::Null, Value::Null], Json::Null),
        ] {
            let mut out = Vec::new();
            let feature = FeatureRef { fid: 1, geometry: None, columns: &layer.columns, values: &values };
            writer.single(feature, &[], &mut out).expect("written");
            let json: Json = serde_json::from_slice(&out).expect("JSON");
            assert_eq!(json["time"], time);
        }
    }

    #[test]
    fn longitude_and_latitude_have_no_place_and_other_orders_are_the_authoritys() {
        let at = Utc.with_ymd_and_hms(2024, 2, 29, 12, 0, 0).single().expect("an instant");
        let ewkb = point(5.5, 43.25);
        let json = written("CRS:84", Some(&ewkb), Value::Timestamp(at), ColumnType::Timestamp);
        assert!(json.get("coordRefSys").is_none());
        let feature = &json["features"][0];
        assert!(feature["place"].is_null());
        assert_eq!(feature["geometry"]["coordinates"], json!([5.5, 43.25]));
        assert_eq!(feature["time"], json!({"timestamp": "2024-02-29T12:00:00Z"}));
        let json = written("EPSG:4326", Some(&ewkb), Value::Null, ColumnType::Timestamp);
        let feature = &json["features"][0];
        assert_eq!(feature["place"]["coordinates"], json!([43.25, 5.5]));
        assert_eq!(feature["geometry"]["coordinates"], json!([5.5, 43.25]));
        assert!(feature["time"].is_null());
        let empty = wkb::from_geo(&geo_types::LineString::<f64>(Vec::new()).into(), 2154).expect("ewkb");
        let json = written("EPSG:2154", Some(&empty), Value::Null, ColumnType::Text);
        assert!(json["features"][0]["place"].is_null() && json["features"][0]["geometry"].is_null());
        let late = NaiveDate::from_ymd_opt(12_024, 1, 1).expect("a day");
        let json = written("EPSG:2154", None, Value::Date(late), ColumnType::Date);
        let feature = &json["features"][0];
        assert!(feature["place"].is_null() && feature["geometry"].is_null() && feature["time"].is_null());
    }

    #[test]
    fn a_feature_alone_says_what_a_collection_says() {
        let layer = layer("evenements", &[]);
        let writer = Writer::new(&layer, &[], &CrsRef::parse("EPSG:2154").expect("2154"));
        let ewkb = point(700_000.0, 6_600_000.0);
        let mut out = Vec::new();
        let feature = FeatureRef { fid: 7, geometry: Some(&ewkb), columns: &[], values: &[] };
        writer.single(feature, &[("links", json!([]))], &mut out).expect("written");
        let json: Json = serde_json::from_slice(&out).expect("JSON");
        assert_eq!((&json["id"], &json["featureType"]), (&json!(7), &json!("evenements")));
        assert!(json["conformsTo"].is_array() && json["links"].is_array() && json["coordRefSys"].is_string());
    }

    #[test]
    fn a_geometry_that_cannot_be_read_leaves_nothing() {
        let layer = layer("evenements", &[]);
        let mut writer = Writer::new(&layer, &[], &CrsRef::parse("EPSG:3035").expect("3035"));
        let mut out = b"x".to_vec();
        let feature = FeatureRef { fid: 7, geometry: Some(&[1, 2, 3]), columns: &[], values: &[] };
        assert!(writer.feature(feature, &mut out).is_err());
        assert_eq!((out.as_slice(), writer.written()), (b"x".as_slice(), 0));
    }
}

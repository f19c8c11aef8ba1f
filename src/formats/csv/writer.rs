//! Lines of values.

use crate::formats::encoder::{EncodeError, FeatureEncoder};
use crate::formats::names::Names;
use crate::formats::number::push_integer;
use crate::formats::output::Target;
use crate::formats::text::push_plain;
use crate::formats::wkb::position;
use crate::formats::wkt::push_wkt;
use crate::formats::{decimals_for, push_fixed};
use crate::geo::wkb::WkbError;
use crate::model::{FeatureRef, Value};

/// How a geometry is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Not at all: it was not asked for.
    Nowhere,
    /// As text in one column.
    Wkt,
    /// A column for each ordinate of a point.
    Ordinates { has_z: bool },
}

struct Writer {
    place: Place,
    decimals: usize,
    header: Vec<String>,
    wkt: Vec<u8>,
}

/// A writer of well-known text.
pub(super) fn with_wkt(target: &Target<'_>) -> Box<dyn FeatureEncoder> {
    writer(target, Place::Wkt, &["geom"])
}

/// A writer of points.
pub(super) fn with_ordinates(target: &Target<'_>) -> Box<dyn FeatureEncoder> {
    let has_z = target.layer.has_z;
    let names = if target.crs.crs.geographic { ["lon", "lat", "z"] } else { ["x", "y", "z"] };
    let count = 2 + usize::from(has_z);
    writer(target, Place::Ordinates { has_z }, names.get(..count).unwrap_or_default())
}

fn writer(target: &Target<'_>, place: Place, place_names: &[&str]) -> Box<dyn FeatureEncoder> {
    let place = if target.has_geometry { place } else { Place::Nowhere };
    let place_names = if target.has_geometry { place_names } else { &[] };
    let mut header = vec!["fid"];
    header.extend(target.columns.iter().map(|c| c.name.as_str()));
    // Points often come with columns of their ordinates, whose names are theirs.
    let mut names = Names::with(&header);
    let mut header: Vec<String> = header.into_iter().map(str::to_owned).collect();
    header.extend(place_names.iter().map(|name| names.unique(name)));
    Box::new(Writer { place, decimals: decimals_for(&target.crs.crs), header, wkt: Vec::new() })
}

impl FeatureEncoder for Writer {
    fn content_type(&self) -> &'static str {
        "text/csv; charset=utf-8"
    }

    fn file_extension(&self) -> &'static str {
        "csv"
    }

    fn head(&mut self, out: &mut Vec<u8>) {
        for (at, name) in self.header.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            push_text(name, out);
        }
        out.extend_from_slice(b"\r\n");
    }

    fn feature(&mut self, feature: FeatureRef<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        push_integer(feature.fid, out);
        for value in feature.values {
            out.push(b',');
            match value {
                Value::Text(text) | Value::Json(text) => push_text(text, out),
                other => push_plain(other, out),
            }
        }
        let placed = match (self.place, feature.geometry) {
            (Place::Nowhere, _) => Ok(()),
            (Place::Wkt, geometry) => self.push_wkt(geometry, out),
            (Place::Ordinates { has_z }, geometry) => push_ordinates(geometry, self.decimals, has_z, out),
        };
        placed.map_err(|cause| {
            out.truncate(start);
            EncodeError::Geometry { fid: feature.fid, cause }
        })?;
        out.extend_from_slice(b"\r\n");
        Ok(())
    }

    fn tail(&mut self, _: &mut Vec<u8>) {}
}

impl Writer {
    fn push_wkt(&mut self, geometry: Option<&[u8]>, out: &mut Vec<u8>) -> Result<(), WkbError> {
        out.push(b',');
        let Some(ewkb) = geometry else { return Ok(()) };
        self.wkt.clear();
        push_wkt(ewkb, self.decimals, &mut self.wkt)?;
        // Only points have no comma; the text itself has no quotes.
        let quoted = self.wkt.contains(&b',');
        out.extend(quoted.then_some(b'"'));
        out.extend_from_slice(&self.wkt);
        out.extend(quoted.then_some(b'"'));
        Ok(())
    }
}

/// The ordinates of a point; of an empty one, and of none, empty cells.
fn push_ordinates(
    geometry: Option<&[u8]>,
    decimals: usize,
    has_z: bool,
    out: &mut Vec<u8>,
) -> Result<(), WkbError> {
    let found = geometry.map(position).transpose()?.flatten();
    let ordinates = [found.map(|(xy, _)| (xy[0], decimals)), found.map(|(xy, _)| (xy[1], decimals))];
    let height = has_z.then(|| found.and_then(|(_, z)| z).map(|z| (z, 3)));
    for ordinate in ordinates.into_iter().chain(height) {
        out.push(b',');
        if let Some((number, decimals)) = ordinate {
            push_fixed(number, decimals, out);
        }
    }
    Ok(())
}

/// Appends text, quoted where it must be: a quote inside is doubled. Empty text is quoted, so that it differs
/// from no value.
fn push_text(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let needs = |b: &u8| matches!(b, b'"' | b',' | b'\r' | b'\n');
    let at_edge = |b: Option<&u8>| b.is_none_or(|b| matches!(b, b' ' | b'\t'));
    if !bytes.iter().any(needs) && !at_edge(bytes.first()) && !at_edge(bytes.last()) {
        out.extend_from_slice(bytes);
        return;
    }
    out.push(b'"');
    for byte in bytes {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::wkb;
    use proptest::prelude::*;

    fn quoted(text: &str) -> String {
        let mut out = Vec::new();
        push_text(text, &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn only_what_must_be_is_quoted() {
        for (text, written) in [
            ("Aix-en-Provence", "Aix-en-Provence"),
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("dit \"le Vieux\"", "\"dit \"\"le Vieux\"\"\""),
            ("a\r\nb", "\"a\r\nb\""),
            (" bord", "\" bord\""),
            ("=1+1", "=1+1"),
            ("é;\u{1}", "é;\u{1}"),
        ] {
            assert_eq!(quoted(text), written);
        }
    }

    #[test]
    fn a_point_has_its_ordinates_and_an_empty_one_has_none() {
        let written = |point: Option<geo_types::Point<f64>>, has_z| {
            let ewkb = point.map(|p| wkb::from_geo(&p.into(), 4326).expect("ewkb"));
            let mut out = Vec::new();
            push_ordinates(ewkb.as_deref(), 7, has_z, &mut out).expect("written");
            String::from_utf8(out).expect("text")
        };
        assert_eq!(written(Some(geo_types::Point::new(5.5, 43.25)), false), ",5.5,43.25");
        assert_eq!(written(Some(geo_types::Point::new(5.5, 43.25)), true), ",5.5,43.25,");
        assert_eq!(written(Some(geo_types::Point::new(f64::NAN, f64::NAN)), false), ",,");
        assert_eq!(written(None, true), ",,,");
    }

    proptest! {
        #[test]
        fn any_text_reads_back_from_its_cell(text in "[a-z\",\r\n =é]{0,12}") {
            let cell = quoted(&text);
            let back = match cell.strip_prefix('"') {
                Some(rest) => rest.strip_suffix('"').expect("closed").replace("\"\"", "\""),
                None => cell.clone(),
            };
            prop_assert_eq!(back, text);
        }
    }
}

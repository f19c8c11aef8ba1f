//! Numbers, days, types and values as people read them.

use crate::geo::wkb::GeometryType;
use crate::model::{ArchiveLayer, ColumnType, Lang, Layer, TileFormat, Value};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Longest text of a cell.
const CELL: usize = 160;

/// A whole number with its thousands apart.
pub(super) fn number(value: i64, lang: Lang) -> String {
    let digits = value.unsigned_abs().to_string();
    let gap = lang.pick("\u{202f}", ",");
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push_str(gap);
        }
        out.push(digit);
    }
    if value < 0 { format!("−{out}") } else { out }
}

/// What layers hold: `947 entités`, `12 images`, or both.
pub(super) fn contents<'a>(layers: impl Iterator<Item = &'a Layer>, lang: Lang) -> String {
    let (mut images, mut others, mut has_others) = (0, 0, false);
    for layer in layers {
        if layer.coverage.is_some() {
            images += layer.features;
        } else {
            others += layer.features;
            has_others = true;
        }
    }
    let pictures = if images.abs() < 2 { "image" } else { "images" };
    let pictures = (images > 0).then(|| format!("{} {pictures}", number(images, lang)));
    match (pictures, has_others) {
        (Some(pictures), true) => format!("{}, {pictures}", features(others, lang)),
        (Some(pictures), false) => pictures,
        (None, _) => features(others, lang),
    }
}

/// `947 entités`.
fn features(count: i64, lang: Lang) -> String {
    let word = match (lang, count.abs() < 2, count == 1) {
        (Lang::Fr, true, _) => "entité",
        (Lang::Fr, false, _) => "entités",
        (Lang::En, _, true) => "feature",
        (Lang::En, _, false) => "features",
    };
    format!("{} {word}", number(count, lang))
}

/// What layers and archives of tiles hold: `947 entités, 12 tuiles`.
pub(super) fn all_contents<'a>(
    layers: impl Iterator<Item = &'a Layer>,
    archives: &[&Arc<ArchiveLayer>],
    lang: Lang,
) -> String {
    let mut layers = layers.peekable();
    let of_layers = (layers.peek().is_some() || archives.is_empty()).then(|| contents(layers, lang));
    let tiles = archives.iter().map(|archive| archive.facts.tiles).sum();
    let of_archives = (!archives.is_empty()).then(|| self::tiles(tiles, lang));
    of_layers.into_iter().chain(of_archives).collect::<Vec<_>>().join(", ")
}

/// `12 tuiles`.
pub(super) fn tiles(count: u64, lang: Lang) -> String {
    let word = match (lang, count) {
        (Lang::Fr, 0 | 1) => "tuile",
        (Lang::Fr, _) => "tuiles",
        (Lang::En, 1) => "tile",
        (Lang::En, _) => "tiles",
    };
    format!("{} {word}", number(i64::try_from(count).unwrap_or(i64::MAX), lang))
}

/// What the tiles of an archive are.
pub(super) const fn kind_of_archive(archive: &ArchiveLayer, lang: Lang) -> &'static str {
    match archive.facts.info.format {
        TileFormat::Mvt => lang.pick("tuiles vectorielles", "vector tiles"),
        _ => lang.pick("images en tuiles", "tiled pictures"),
    }
}

/// A day.
pub(super) fn day(instant: DateTime<Utc>, lang: Lang) -> String {
    instant.format(lang.pick("%d/%m/%Y", "%-d %B %Y")).to_string()
}

/// A day and a time of it, in universal time.
pub(super) fn moment(instant: DateTime<Utc>, lang: Lang) -> String {
    instant.format(lang.pick("%d/%m/%Y à %Hh%M:%S UTC", "%-d %B %Y, %H:%M:%S UTC")).to_string()
}

/// How long something took: `42 s`, `3 min 5 s`.
pub(super) fn duration(took: chrono::TimeDelta) -> String {
    let seconds = took.num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// What a layer is made of: its geometries, or images.
pub(super) fn kind(layer: &Layer, lang: Lang) -> &'static str {
    match &layer.coverage {
        Some(_) => "raster",
        None => geometry(layer.geometry, lang),
    }
}

const fn geometry(kind: GeometryType, lang: Lang) -> &'static str {
    match kind {
        GeometryType::Point | GeometryType::MultiPoint => lang.pick("points", "points"),
        GeometryType::LineString | GeometryType::MultiLineString => lang.pick("lignes", "lines"),
        GeometryType::Polygon | GeometryType::MultiPolygon => lang.pick("polygones", "polygons"),
        GeometryType::Geometry | GeometryType::GeometryCollection => {
            lang.pick("géométries mixtes", "mixed geometries")
        }
    }
}

/// What a column holds.
pub(super) const fn column(kind: ColumnType, lang: Lang) -> &'static str {
    match kind {
        ColumnType::Text => lang.pick("texte", "text"),
        ColumnType::Integer | ColumnType::BigInteger => lang.pick("nombre entier", "whole number"),
        ColumnType::Real | ColumnType::Decimal => lang.pick("nombre décimal", "decimal number"),
        ColumnType::Boolean => lang.pick("oui ou non", "yes or no"),
        ColumnType::Date => lang.pick("date", "date"),
        ColumnType::Time => lang.pick("heure", "time"),
        ColumnType::Timestamp => lang.pick("date et heure", "date and time"),
        ColumnType::Json => lang.pick("structure (JSON)", "structure (JSON)"),
        ColumnType::Binary => lang.pick("octets", "bytes"),
    }
}

/// A value of a row, long ones cut. Empty for none.
pub(super) fn value(value: &Value<'_>, lang: Lang) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) | Value::Json(text) => short(text),
        Value::Integer(n) => n.to_string(),
        Value::Real(n) => decimal(&n.to_string(), lang),
        Value::Decimal(n) => decimal(n, lang),
        Value::Boolean(true) => lang.pick("oui", "yes").to_owned(),
        Value::Boolean(false) => lang.pick("non", "no").to_owned(),
        Value::Date(date) => date.format(lang.pick("%d/%m/%Y", "%Y-%m-%d")).to_string(),
        Value::Time(time) => time.format("%H:%M:%S").to_string(),
        Value::Timestamp(at) => at.format(lang.pick("%d/%m/%Y %H:%M UTC", "%Y-%m-%d %H:%M UTC")).to_string(),
        Value::Binary(bytes) => format!("{} {}", bytes.len(), lang.pick("octets", "bytes")),
    }
}

fn decimal(text: &str, lang: Lang) -> String {
    if lang == Lang::Fr { text.replace('.', ",") } else { text.to_owned() }
}

/// A text cut where it is too long for its place.
pub(super) fn short(text: &str) -> String {
    if text.chars().count() <= CELL {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(CELL).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart_as_each_language_does() {
        assert_eq!(number(0, Lang::Fr), "0");
        assert_eq!(number(947, Lang::Fr), "947");
        assert_eq!(number(1_234_567, Lang::En), "1,234,567");
        assert_eq!(number(-20_000, Lang::Fr), "−20\u{202f}000");
        assert_eq!(features(1, Lang::En), "1 feature");
        assert_eq!(features(0, Lang::Fr), "0 entité");
    }

    #[test]
    fn values_are_written_for_people() {
        assert_eq!(value(&Value::Real(1.5), Lang::Fr), "1,5");
        assert_eq!(value(&Value::Boolean(true), Lang::En), "yes");
        assert_eq!(value(&Value::Null, Lang::Fr), "");
        assert_eq!(value(&Value::Text("é".repeat(300).into()), Lang::Fr).chars().count(), 161);
    }
}

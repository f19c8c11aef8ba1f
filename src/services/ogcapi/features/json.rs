//! The two forms of JSON behind one face: GeoJSON and JSON-FG.

use super::forms::GEOJSON;
use super::links::collection_url;
use crate::formats::{EncodeError, FeatureEncoder, decimals_for, geojson, jsonfg};
use crate::geo::{CrsRef, wkb};
use crate::model::{Column, FeatureRef, Layer};
use crate::services::edge::Call;
use crate::services::ogcapi::common::Form;
use serde_json::Value;

/// A writer of one of them.
pub enum JsonWriter {
    /// GeoJSON (RFC 7946); whether the system asked for has its axes the other way round.
    Geo(geojson::Writer, bool),
    /// JSON-FG (OGC 21-045), which orders axes itself.
    Fg(Box<jsonfg::Writer>),
}

impl JsonWriter {
    /// A writer of a layer's features with these columns, in a system.
    pub fn new(call: &Call, layer: &Layer, columns: &[Column], crs: &CrsRef, form: Form) -> Self {
        if form == Form::JsonFg {
            let mut writer = jsonfg::Writer::new(layer, columns, crs);
            writer.schema(&(collection_url(call, layer) + "/schema"));
            return Self::Fg(Box::new(writer));
        }
        Self::Geo(geojson::Writer::new(columns, decimals_for(&crs.crs)), crs.swapped(true))
    }

    /// The media type of answers.
    pub const fn media_type(&self) -> &'static str {
        match self {
            Self::Geo(..) => GEOJSON,
            Self::Fg(_) => jsonfg::MEDIA_TYPE,
        }
    }

    /// Features written so far.
    pub const fn written(&self) -> u64 {
        match self {
            Self::Geo(writer, _) => writer.written(),
            Self::Fg(writer) => writer.written(),
        }
    }

    /// A member behind the features.
    pub fn tail_member(&mut self, name: &str, value: Value) {
        match self {
            Self::Geo(writer, _) => drop(writer.tail_member(name, value)),
            Self::Fg(writer) => drop(writer.tail_member(name, value)),
        }
    }

    /// What stands before the features.
    pub fn head(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Geo(writer, _) => writer.head(out),
            Self::Fg(writer) => writer.head(out),
        }
    }

    /// A feature of a collection.
    ///
    /// # Errors
    /// [`EncodeError`]; `out` then ends where it did before.
    pub fn feature(&mut self, row: &crate::features::Feature, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let swapped = self.turned(row)?;
        let values = row.values();
        let feature = reference(row, swapped.as_deref(), &values);
        match self {
            Self::Geo(writer, _) => writer.feature(feature, out),
            Self::Fg(writer) => writer.feature(feature, out),
        }
    }

    /// A feature that stands alone.
    ///
    /// # Errors
    /// [`EncodeError`].
    pub fn single(
        &self,
        row: &crate::features::Feature,
        members: &[(&str, Value)],
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let swapped = self.turned(row)?;
        let values = row.values();
        let feature = reference(row, swapped.as_deref(), &values);
        match self {
            Self::Geo(writer, _) => writer.single(feature, members, out),
            Self::Fg(writer) => writer.single(feature, members, out),
        }
    }

    /// What stands behind the features.
    pub fn tail(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Geo(writer, _) => writer.tail(out),
            Self::Fg(writer) => writer.tail(out),
        }
    }

    /// The geometry with its axes the other way round, where the system wants it so.
    fn turned(&self, row: &crate::features::Feature) -> Result<Option<Vec<u8>>, EncodeError> {
        let (Self::Geo(_, true), Some(geometry)) = (self, row.geometry()) else { return Ok(None) };
        let mut bytes = geometry.to_vec();
        wkb::swap_axes(&mut bytes).map_err(|cause| EncodeError::Geometry { fid: row.fid(), cause })?;
        Ok(Some(bytes))
    }
}

fn reference<'a>(
    row: &'a crate::features::Feature,
    turned: Option<&'a [u8]>,
    values: &'a [crate::model::Value<'a>],
) -> FeatureRef<'a> {
    let whole = row.reference(values);
    FeatureRef { geometry: turned.or(whole.geometry), ..whole }
}

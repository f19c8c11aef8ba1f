//! What lies under a pixel: a feature, and where it is an image, the values that it has there.

use crate::features::Feature;
use crate::maps::PixelValues;
use crate::model::{Column, ColumnType, Coverage, FeatureRef, Value};

/// The bands of images as attributes.
pub(super) fn bands(coverage: &Coverage) -> impl Iterator<Item = Column> {
    coverage.bands.iter().map(|band| Column::new(&band.name, ColumnType::Real))
}

/// A feature under the pixel.
pub(super) struct Hit {
    feature: Feature,
    /// Its attributes, then the bands of an image.
    columns: Vec<Column>,
    pixel: PixelValues,
}

impl Hit {
    /// A feature that is no image.
    pub(super) fn of(feature: Feature) -> Self {
        Self { columns: feature.columns().to_vec(), feature, pixel: Vec::new() }
    }

    /// An image with its values at the point.
    pub(super) fn image(feature: Feature, coverage: &Coverage, pixel: PixelValues) -> Self {
        let mut hit = Self::of(feature);
        hit.columns.extend(bands(coverage));
        hit.pixel = pixel;
        hit
    }

    pub(super) const fn fid(&self) -> i64 {
        self.feature.fid()
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// As many as [`Hit::columns`].
    pub(super) fn values(&self) -> Vec<Value<'_>> {
        let pixel = self.pixel.iter().map(|value| match value {
            // The shortest text that is read back as the same value: no digits that a 32-bit value never had.
            Some(value) => value.to_string().parse().map_or(Value::Null, Value::Real),
            None => Value::Null,
        });
        self.feature.values().into_iter().chain(pixel).collect()
    }

    /// EWKB, where it was asked for.
    pub(super) fn geometry(&self) -> Option<&[u8]> {
        self.feature.geometry()
    }

    /// As encoders take it, with its [`Hit::values`].
    pub(super) fn reference<'a>(&'a self, values: &'a [Value<'a>]) -> FeatureRef<'a> {
        FeatureRef { columns: &self.columns, values, ..self.feature.reference(values) }
    }
}

//! What images have at one point: GetFeatureInfo of raster layers.

use super::pixels::split;
use super::{MapEngine, MapError, MapLayer};
use crate::filter::Filter;
use crate::formats::image::Window;
use crate::geo::{Crs, Transform};
use crate::model::Layer;
use crate::store::Deadline;
use std::sync::Arc;

/// The values of all bands at a point, nothing for a band without one.
pub type PixelValues = Vec<Option<f32>>;

impl MapLayer {
    /// What its filter says of its features; what it says of the pixels of images aside.
    #[must_use]
    pub fn feature_filter(&self) -> Option<Filter> {
        feature_filter(self.filter.as_ref()?, &self.layer)
    }
}

/// What a filter says of the features of a layer; what it says of the pixels of images aside.
#[must_use]
pub fn feature_filter(filter: &Filter, layer: &Layer) -> Option<Filter> {
    match &layer.coverage {
        Some(coverage) => split(filter.clone(), coverage).0,
        None => Some(filter.clone()),
    }
}

impl MapEngine {
    /// The values of images of a layer at a point of a system, in the order of `fids`; `None` for an image that shows
    /// nothing there, and for what is no image.
    ///
    /// # Errors
    /// [`MapError`].
    pub async fn pixel_values(
        &self,
        shown: &MapLayer,
        (crs, at): (&Arc<Crs>, [f64; 2]),
        fids: Vec<i64>,
        deadline: Deadline,
    ) -> Result<Vec<Option<PixelValues>>, MapError> {
        let layer = Arc::clone(&shown.layer);
        let Some(coverage) = layer.coverage.clone() else { return Ok(vec![None; fids.len()]) };
        let condition = shown.filter.clone().and_then(|filter| split(filter, &coverage).1);
        let way = Transform::new(crs, &layer.crs).map_err(|e| MapError::Features(e.into()))?;
        let Some(place) = way.point(at[0], at[1]) else { return Ok(vec![None; fids.len()]) };
        let library = self.library.clone();
        let read = move || {
            let one = |fid: i64| -> Result<Option<PixelValues>, MapError> {
                let facts = library.facts(&layer.table, fid)?;
                let pixel = facts.pixel_at(place);
                if !facts.holds(pixel) {
                    return Ok(None);
                }
                let corner = [0, 1]
                    .map(|axis| (pixel[axis].max(0.0) as usize).min(facts.size[axis].saturating_sub(1)));
                let bands: Vec<usize> = (0..coverage.bands.len()).collect();
                let window = Window { corner, size: [1, 1], pixels: [1, 1], bands, smooth: false };
                let samples = library.read(&layer.table, fid, &window)?;
                let value = |band: usize| samples.value(band, 0, 0);
                let is_shown = samples.presence(0, 0) > 0
                    && condition.as_ref().is_none_or(|condition| condition.holds(&value));
                Ok(is_shown.then(|| (0..coverage.bands.len()).map(value).collect()))
            };
            fids.into_iter().map(one).collect::<Result<Vec<_>, _>>()
        };
        self.pool.run(deadline, read).await?
    }
}

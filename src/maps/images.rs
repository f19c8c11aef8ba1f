//! Images in a map: read as finely as the map shows them, laid onto its pixels, coloured.

use super::pixels::PixelCondition;
use super::warp::{Mesh, Part, laid};
use super::{MapError, MapRequest};
use crate::formats::image::Library;
use crate::geo::Transform;
use crate::model::{Coverage, Layer};
use crate::render::{Canvas, ShownBands, colored, is_smooth};
use crate::store::Deadline;
use crate::style::{Overlap, RasterSymbolizer};
use std::sync::Arc;

/// The images of a layer in a map.
pub(super) struct Images {
    pub(super) library: Library,
    pub(super) layer: Arc<Layer>,
    pub(super) coverage: Arc<Coverage>,
    /// Name of the style, for people.
    pub(super) style: String,
    /// By shape.
    pub(super) fids: Vec<i64>,
    /// Which pixels are shown.
    pub(super) condition: Option<PixelCondition>,
}

impl Images {
    /// Draws images with a symbolizer. Reads files: not for async workers.
    pub(super) fn paint(
        &self,
        canvas: &mut dyn Canvas,
        request: &MapRequest,
        features: &[u32],
        symbolizer: &RasterSymbolizer,
        deadline: Deadline,
    ) -> Result<(), MapError> {
        let shown = ShownBands::of(symbolizer, &self.coverage).map_err(|message| MapError::Unfit {
            layer: self.layer.slug.clone(),
            style: self.style.clone(),
            message,
        })?;
        let mut bands = shown.places().to_vec();
        if let Some(condition) = &self.condition {
            condition.bands(&mut |band| {
                if !bands.contains(&band) {
                    bands.push(band);
                }
            });
        }
        let painting = Painting { images: self, request, symbolizer, shown, bands };
        let fid = |shape: &u32| self.fids.get(*shape as usize).copied();
        let mut fids: Vec<i64> = features.iter().filter_map(fid).collect();
        if symbolizer.overlap == Overlap::Earliest {
            fids.reverse();
        }
        for fid in fids {
            if deadline.left().is_zero() {
                return Err(MapError::Deadline);
            }
            painting.image(canvas, fid)?;
        }
        Ok(())
    }
}

struct Painting<'a> {
    images: &'a Images,
    request: &'a MapRequest,
    symbolizer: &'a RasterSymbolizer,
    shown: ShownBands,
    /// All that are read, the shown ones first.
    bands: Vec<usize>,
}

impl Painting<'_> {
    fn image(&self, canvas: &mut dyn Canvas, fid: i64) -> Result<(), MapError> {
        let Images { library, layer, coverage, condition, .. } = self.images;
        let facts = library.facts(&layer.table, fid)?;
        let path = |from, to| Transform::new(from, to).map_err(|e| MapError::Features(e.into()));
        let (to_map, to_layer) = (path(&layer.crs, &self.request.crs)?, path(&self.request.crs, &layer.crs)?);
        let Ok(on_map) = to_map.bbox(&facts.extent()) else { return Ok(()) };
        // Shades of hills look one pixel further.
        let margin = u32::from(self.symbolizer.relief.is_some());
        let Some(part) = Part::of(self.request, &on_map, margin) else { return Ok(()) };
        let mesh = Mesh::new(self.request, &part, &to_layer, &facts);
        let smooth = is_smooth(self.symbolizer, coverage);
        let Some(window) = mesh.window(&facts, &self.bands, smooth) else { return Ok(()) };
        let read = library.read(&layer.table, fid, &window)?;
        let samples = laid(&read, &window, &mesh, &part, &facts, smooth);
        let keep = |index: usize| {
            let value = |band: usize| {
                let at = self.bands.iter().position(|b| *b == band)?;
                samples.bands.get(at)?.get(index).copied().filter(|v| !v.is_nan())
            };
            condition.as_ref().is_none_or(|condition| condition.holds(&value))
        };
        let ground = self.request.pixel().map(|side| side * self.request.crs.metres_per_unit);
        let picture = colored(&samples, self.symbolizer, coverage, &self.shown, ground, &keep);
        let inset = if picture.width() < samples.width as u32 { i64::from(margin) } else { 0 };
        canvas.blit(&picture, part.left + inset, part.top + inset);
        Ok(())
    }
}

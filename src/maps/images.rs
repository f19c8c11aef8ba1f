//! Images in a map: read as finely as the map shows them, laid onto its pixels, coloured.

use super::pixels::PixelCondition;
use super::warp::{Mesh, Part, laid};
use super::{MapError, MapRequest};
use crate::formats::image::{Library, Samples};
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
        // Between classes lies nothing.
        if symbolizer.overlap == Overlap::Average && self.coverage.palette.is_empty() {
            return painting.mean(canvas, &fids, deadline);
        }
        for fid in fids {
            if deadline.left().is_zero() {
                return Err(MapError::Deadline);
            }
            if let Some((part, samples)) = painting.laid(fid)? {
                painting.blit(canvas, &part, &samples);
            }
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
    /// Pixels that are looked at beyond the map: shades of hills look one further.
    fn margin(&self) -> u32 {
        u32::from(self.symbolizer.relief.is_some())
    }

    /// The values of an image on the pixels of the part of the map that it covers; `None` where it covers none.
    fn laid(&self, fid: i64) -> Result<Option<(Part, Samples)>, MapError> {
        let Images { library, layer, coverage, .. } = self.images;
        let facts = library.facts(&layer.table, fid)?;
        let path = |from, to| Transform::new(from, to).map_err(|e| MapError::Features(e.into()));
        let (to_map, to_layer) = (path(&layer.crs, &self.request.crs)?, path(&self.request.crs, &layer.crs)?);
        let Ok(on_map) = to_map.bbox(&facts.extent()) else { return Ok(None) };
        let Some(part) = Part::of(self.request, &on_map, self.margin()) else { return Ok(None) };
        let mesh = Mesh::new(self.request, &part, &to_layer, &facts);
        let smooth = is_smooth(self.symbolizer, coverage);
        let Some(window) = mesh.window(&facts, &self.bands, smooth) else { return Ok(None) };
        let read = library.read(&layer.table, fid, &window)?;
        let samples = laid(&read, &window, &mesh, &part, &facts, smooth);
        Ok(Some((part, samples)))
    }

    /// Whether a pixel of laid samples is shown.
    fn keeps(&self, samples: &Samples, index: usize) -> bool {
        let value = |band: usize| {
            let at = self.bands.iter().position(|b| *b == band)?;
            samples.bands.get(at)?.get(index).copied().filter(|v| !v.is_nan())
        };
        self.images.condition.as_ref().is_none_or(|condition| condition.holds(&value))
    }

    /// Colours laid samples and puts them on the map.
    fn blit(&self, canvas: &mut dyn Canvas, part: &Part, samples: &Samples) {
        let keep = |index: usize| self.keeps(samples, index);
        let ground = self.request.pixel().map(|side| side * self.request.crs.metres_per_unit);
        let picture = colored(samples, self.symbolizer, &self.images.coverage, &self.shown, ground, &keep);
        let inset = if picture.width() < samples.width as u32 { i64::from(self.margin()) } else { 0 };
        canvas.blit(&picture, part.left + inset, part.top + inset);
    }

    /// Draws the mean of all images.
    fn mean(&self, canvas: &mut dyn Canvas, fids: &[i64], deadline: Deadline) -> Result<(), MapError> {
        let Some(whole) = Part::of(self.request, &self.request.bbox, self.margin()) else { return Ok(()) };
        let mut mean = Mean::new(&whole, self.bands.len());
        for fid in fids {
            if deadline.left().is_zero() {
                return Err(MapError::Deadline);
            }
            if let Some((part, samples)) = self.laid(*fid)? {
                mean.add(&whole, &part, &samples, &|index| self.keeps(&samples, index));
            }
        }
        self.blit(canvas, &whole, &mean.samples());
        Ok(())
    }
}

/// Sums of the values of several images.
struct Mean {
    sums: Samples,
    /// By band: how many values there are in each sum.
    counts: Vec<Vec<u16>>,
}

impl Mean {
    fn new(part: &Part, bands: usize) -> Self {
        let pixels = part.width * part.height;
        let sums = Samples {
            width: part.width,
            height: part.height,
            bands: vec![vec![0.0; pixels]; bands],
            mask: Some(vec![0; pixels]),
        };
        Self { sums, counts: vec![vec![0; pixels]; bands] }
    }

    /// Adds the values that are there and shown.
    fn add(&mut self, whole: &Part, part: &Part, samples: &Samples, keep: &dyn Fn(usize) -> bool) {
        for row in 0..samples.height {
            let Ok(y) = usize::try_from(part.top + row as i64 - whole.top) else { continue };
            for column in 0..samples.width {
                let Ok(x) = usize::try_from(part.left + column as i64 - whole.left) else { continue };
                let presence = samples.presence(column, row);
                let inside = x < whole.width && y < whole.height;
                if presence == 0 || !inside || !keep(row * samples.width + column) {
                    continue;
                }
                let to = y * whole.width + x;
                if let Some(place) = self.sums.mask.as_mut().and_then(|mask| mask.get_mut(to)) {
                    *place = presence.max(*place);
                }
                for (band, (sums, counts)) in self.sums.bands.iter_mut().zip(&mut self.counts).enumerate() {
                    if let (Some(value), Some(sum), Some(count)) =
                        (samples.value(band, column, row), sums.get_mut(to), counts.get_mut(to))
                        && *count < u16::MAX
                    {
                        *sum += value;
                        *count += 1;
                    }
                }
            }
        }
    }

    /// The means; no number where no image has a value.
    fn samples(self) -> Samples {
        let mut samples = self.sums;
        for (values, counts) in samples.bands.iter_mut().zip(&self.counts) {
            for (value, count) in values.iter_mut().zip(counts) {
                *value = if *count == 0 { f32::NAN } else { *value / f32::from(*count) };
            }
        }
        samples
    }
}

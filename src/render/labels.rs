//! Labels of a map: placed where they hide no other and are not cut, drawn above everything.

use super::anchors;
use super::canvas::Canvas;
use super::shapes::Shapes;
use super::text::{LabelImage, LabelLook, label};
use crate::style::{Placement, TextSymbolizer};
use rstar::primitives::Rectangle;
use rstar::{AABB, RTree};
use std::rc::Rc;

/// Free room around a label, in pixels.
const ROOM: f32 = 2.0;
/// A line is straight enough for a label whose ends are no nearer than this share of its width.
const STRAIGHT: f32 = 0.92;

/// The labels of one map. The first that asks for a place gets it: earlier layers and rules go first.
pub struct Labels {
    width: f32,
    height: f32,
    taken: RTree<Rectangle<[f32; 2]>>,
    placed: Vec<(Rc<LabelImage>, i64, i64)>,
}

impl Labels {
    /// For a picture of this size.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        Self { width: width as f32, height: height as f32, taken: RTree::new(), placed: Vec::new() }
    }

    /// Places a feature's label if there is room. `scale` multiplies every length of the style.
    pub fn add(
        &mut self,
        shapes: &Shapes,
        feature: u32,
        text: &str,
        symbolizer: &TextSymbolizer,
        scale: f32,
    ) {
        let mut look = LabelLook {
            font: &symbolizer.font,
            fill: symbolizer.fill,
            halo: symbolizer.halo,
            rotation: 0.0,
            scale,
        };
        match symbolizer.placement {
            Placement::Point { anchor, displacement, rotation } => {
                let Some(at) = anchors::one(shapes, feature, symbolizer.at) else { return };
                if !self.is_free(at) {
                    return;
                }
                look.rotation = rotation;
                let Some(image) = label(text, look) else { return };
                let x = (0.5 - anchor[0]) * image.width + displacement[0] * scale;
                let y = -(0.5 - anchor[1]) * image.height - displacement[1] * scale;
                let (sin, cos) = rotation.to_radians().sin_cos();
                self.place(image, [at[0] + x * cos - y * sin, at[1] + x * sin + y * cos]);
            }
            Placement::Line { offset } => self.along(shapes, feature, text, look, offset),
        }
    }

    /// On the longest line of a feature, at its middle, the right way up.
    fn along(&mut self, shapes: &Shapes, feature: u32, text: &str, mut look: LabelLook<'_>, offset: f32) {
        let Some(line) = anchors::longest(shapes, feature) else { return };
        let length = anchors::length(line);
        let Some(middle) = anchors::along(line, length / 2.0) else { return };
        if !self.is_free(middle) {
            return;
        }
        let Some(flat) = label(text, look) else { return };
        let half = flat.width / 2.0;
        if length < flat.width {
            return;
        }
        let ends = (anchors::along(line, length / 2.0 - half), anchors::along(line, length / 2.0 + half));
        let (Some(from), Some(to)) = ends else { return };
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        if dx.hypot(dy) < flat.width * STRAIGHT {
            return;
        }
        let mut angle = dy.atan2(dx).to_degrees();
        if angle > 90.0 {
            angle -= 180.0;
        } else if angle <= -90.0 {
            angle += 180.0;
        }
        look.rotation = angle;
        let Some(image) = label(text, look) else { return };
        let (sin, cos) = angle.to_radians().sin_cos();
        let up = offset * look.scale;
        let chord = [f32::midpoint(from[0], to[0]), f32::midpoint(from[1], to[1])];
        self.place(image, [chord[0] + up * sin, chord[1] - up * cos]);
    }

    /// A cheap first look, before any text is shaped.
    fn is_free(&self, [x, y]: [f32; 2]) -> bool {
        x >= 0.0
            && y >= 0.0
            && x <= self.width
            && y <= self.height
            && self.taken.locate_at_point([x, y]).is_none()
    }

    fn place(&mut self, image: Rc<LabelImage>, centre: [f32; 2]) {
        let (w, h) = (image.picture.width() as f32, image.picture.height() as f32);
        // Whole pixels keep the letters as sharp as they were drawn.
        let (left, top) = ((centre[0] - w / 2.0).round(), (centre[1] - h / 2.0).round());
        if left < 0.0 || top < 0.0 || left + w > self.width || top + h > self.height {
            return;
        }
        let corners = ([left - ROOM, top - ROOM], [left + w + ROOM, top + h + ROOM]);
        let place = AABB::from_corners(corners.0, corners.1);
        if self.taken.locate_in_envelope_intersecting(place).next().is_some() {
            return;
        }
        self.taken.insert(Rectangle::from_corners(corners.0, corners.1));
        self.placed.push((image, left as i64, top as i64));
    }

    /// Number of labels that found a place.
    #[must_use]
    pub fn len(&self) -> usize {
        self.placed.len()
    }

    /// Whether no label found a place.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.placed.is_empty()
    }

    /// Draws them.
    pub fn draw(&self, canvas: &mut dyn Canvas) {
        for (image, left, top) in &self.placed {
            canvas.blit(&image.picture, *left, *top);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Tracer;
    use crate::style::{Color, Fill, Font, LabelPart};

    fn symbolizer(placement: Placement) -> TextSymbolizer {
        TextSymbolizer {
            unit: crate::style::Unit::Pixel,
            computed: Vec::new(),
            label: vec![LabelPart::Property("nom".into())],
            font: Font { size: 12.0, ..Font::default() },
            fill: Fill { color: Color::BLACK, opacity: 1.0 },
            halo: None,
            placement,
            at: crate::style::Places::default(),
        }
    }

    #[test]
    fn the_first_label_takes_its_place_and_none_is_cut() {
        let mut tracer = Tracer::new(300, 100, 0.0);
        for at in [[100.0, 50.0], [105.0, 55.0], [298.0, 50.0], [100.0, 80.0]] {
            tracer.point(at);
            tracer.feature();
        }
        let shapes = tracer.finish();
        let style = symbolizer(Placement::default());
        let mut labels = Labels::new(300, 100);
        for (feature, placed) in [(0, 1), (1, 1), (2, 1), (3, 2)] {
            labels.add(&shapes, feature, "Pertuis", &style, 1.0);
            assert_eq!(labels.len(), placed, "feature {feature}");
        }
    }

    #[test]
    fn a_line_carries_a_label_only_where_it_is_long_and_straight_enough() {
        let mut tracer = Tracer::new(300, 300, 0.0);
        tracer.line([[20.0, 250.0], [200.0, 70.0]].into_iter());
        tracer.feature();
        tracer.line([[250.0, 250.0], [260.0, 250.0]].into_iter());
        tracer.feature();
        tracer.line((0..60).map(|i| [f64::from(i), if i % 2 == 0 { 280.0 } else { 295.0 }]));
        tracer.feature();
        let shapes = tracer.finish();
        let style = symbolizer(Placement::Line { offset: 0.0 });
        let mut labels = Labels::new(300, 300);
        for feature in 0..3 {
            labels.add(&shapes, feature, "Route de Sisteron", &style, 1.0);
        }
        assert_eq!(labels.len(), 1);
    }
}

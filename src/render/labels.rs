//! Labels of a map: placed where they hide no other and are not cut, drawn above everything.

use super::anchors;
use super::canvas::Canvas;
use super::label_image::{LabelImage, LabelLook, curved, label, width};
use super::label_lines::{lines, reversed};
use super::offset::beside;
use super::shapes::Shapes;
use crate::style::{LabelLayout, Placement, Repeat, TextSymbolizer};
use rstar::primitives::Rectangle;
use rstar::{AABB, RTree};
use std::rc::Rc;

/// A line is straight enough for a label whose ends are no nearer than this share of its width.
const STRAIGHT: f32 = 0.92;
/// Places along one line that are tried at most.
const PLACES: usize = 200;
/// Places near each other that a label on a line tries.
const TRIES: usize = 5;

/// A label that is wanted.
pub struct Label<'a> {
    /// Where its features are.
    pub shapes: &'a Shapes,
    /// One feature, or all those of a group.
    pub features: Vec<u32>,
    /// What it says.
    pub text: &'a str,
    /// What it looks like.
    pub style: &'a TextSymbolizer,
    /// What every length of the style is multiplied with.
    pub scale: f32,
    /// The greatest goes first.
    pub priority: f32,
}

/// The labels of one map. The first that asks for a place gets it.
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

    /// Places a label if there is room.
    pub fn add(&mut self, label: &Label<'_>) {
        match label.style.placement {
            Placement::Point { anchor, displacement, rotation } => {
                self.at_point(label, anchor, displacement, rotation);
            }
            Placement::Line { offset } => self.on_lines(label, offset),
        }
    }

    fn at_point(
        &mut self,
        wanted: &Label<'_>,
        anchor: [f32; 2],
        displacement: [f32; 2],
        rotation: f32,
    ) -> Option<()> {
        let (style, scale) = (wanted.style, wanted.scale);
        let layout = &style.layout;
        let (feature, at) = anchors::best(wanted.shapes, &wanted.features, style.at)?;
        // A cheap first look, before any text is shaped.
        if !self.is_free(wanted, at) && layout.max_displacement <= 0.0 {
            return None;
        }
        let image = label(wanted.text, LabelLook { rotation, ..look(wanted) })?;
        let x = (0.5 - anchor[0]) * image.width + displacement[0] * scale;
        let y = -(0.5 - anchor[1]) * image.height - displacement[1] * scale;
        let (sin, cos) = rotation.to_radians().sin_cos();
        let centre = [at[0] + x * cos - y * sin, at[1] + x * sin + y * cos];
        for [dx, dy] in around(layout.max_displacement * scale) {
            let centre = [centre[0] + dx, centre[1] + dy];
            let fits = layout.fit <= 0.0
                || anchors::share_inside(wanted.shapes, feature, centre, [image.width, image.height])
                    .is_none_or(|share| share >= layout.fit);
            if fits && self.place(wanted, &image, centre) {
                return Some(());
            }
        }
        None
    }

    /// On the longest line of its features, at its middle; or all along each of them.
    fn on_lines(&mut self, wanted: &Label<'_>, offset: f32) {
        let layout = &wanted.style.layout;
        let mut lines = lines(wanted.shapes, &wanted.features, layout.group);
        if layout.repeat.is_none() {
            lines.truncate(1);
            let middle = lines.first().and_then(|l| anchors::along(l, anchors::length(l) / 2.0));
            let free = middle.is_some_and(|middle| self.is_free(wanted, middle));
            if !free && layout.max_displacement <= 0.0 {
                return;
            }
        }
        let Some(wide) = width(wanted.text, look(wanted)) else { return };
        for line in &lines {
            let length = anchors::length(line);
            if length < wide {
                continue;
            }
            match layout.repeat {
                None => {
                    let most = layout.max_displacement * wanted.scale;
                    let middle = length / 2.0;
                    let places: Vec<f32> = if most > 0.0 {
                        [0.0, 0.5, -0.5, 1.0, -1.0].iter().map(|shift| middle + shift * most).collect()
                    } else {
                        straight_near(line, middle, (length - wide) / 2.0, wide, layout)
                    };
                    self.first_along(wanted, line, &places, wide, offset);
                }
                Some(repeat) => {
                    let middles = middles(length, wide, repeat, wanted.scale);
                    // The only one may move along the whole line, others up to halfway to the next.
                    let alone = middles.len() == 1;
                    let aside = if alone { (length - wide) / 2.0 } else { repeat.gap * wanted.scale / 2.0 };
                    for middle in middles {
                        let places = straight_near(line, middle, aside, wide, layout);
                        self.first_along(wanted, line, &places, wide, offset);
                    }
                }
            }
        }
    }

    /// At the first of some places of a line that is free.
    fn first_along(&mut self, wanted: &Label<'_>, line: &[[f32; 2]], places: &[f32], wide: f32, offset: f32) {
        for place in places {
            // A look at the middle costs less than turned letters; it tells nothing about letters above the line.
            let free =
                offset != 0.0 || anchors::along(line, *place).is_some_and(|at| self.is_free(wanted, at));
            if free && self.along(wanted, line, *place, wide, offset).is_some() {
                return;
            }
        }
    }

    /// Around a place of a line, the right way up.
    fn along(
        &mut self,
        wanted: &Label<'_>,
        line: &[[f32; 2]],
        middle: f32,
        wide: f32,
        offset: f32,
    ) -> Option<()> {
        let layout = &wanted.style.layout;
        let (half, up) = (wide / 2.0, offset * wanted.scale);
        if !layout.aligned {
            let [x, y] = anchors::along(line, middle)?;
            let image = label(wanted.text, look(wanted))?;
            return self.place(wanted, &image, [x, y - up]).then_some(());
        }
        if middle < half || middle + half > anchors::length(line) {
            return None;
        }
        let (from, to) = (anchors::along(line, middle - half)?, anchors::along(line, middle + half)?);
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let turned = layout.upright && (dx < 0.0 || dx == 0.0 && dy > 0.0);
        let straight = dx.hypot(dy) >= wide * STRAIGHT;
        if layout.follow && dx.hypot(dy) < wide * 0.999 {
            let bent = if turned { reversed(line) } else { line.to_vec() };
            let middle = if turned { anchors::length(line) - middle } else { middle };
            // Letters stand on the line beside it: on the line itself they would crowd inside of bends.
            let raised = beside(&bent, up, false);
            let middle = middle * anchors::length(&raised) / anchors::length(&bent).max(1.0);
            let (image, centre) = curved(wanted.text, look(wanted), &raised, middle, layout.max_angle)?;
            return self.place(wanted, &Rc::new(image), centre).then_some(());
        }
        if !straight {
            return None;
        }
        let angle = dy.atan2(dx).to_degrees() + if turned { 180.0 } else { 0.0 };
        let angle = if angle > 180.0 { angle - 360.0 } else { angle };
        let image = label(wanted.text, LabelLook { rotation: angle, ..look(wanted) })?;
        let (sin, cos) = angle.to_radians().sin_cos();
        let chord = [f32::midpoint(from[0], to[0]), f32::midpoint(from[1], to[1])];
        self.place(wanted, &image, [chord[0] + up * sin, chord[1] - up * cos]).then_some(())
    }

    fn is_free(&self, wanted: &Label<'_>, [x, y]: [f32; 2]) -> bool {
        let layout = &wanted.style.layout;
        let seen = x >= 0.0 && y >= 0.0 && x <= self.width && y <= self.height;
        let free = !layout.conflict || layout.room < 0.0 || self.taken.locate_at_point([x, y]).is_none();
        (seen || layout.partials) && free
    }

    /// Lays a label's middle on a point, if there is room for it.
    fn place(&mut self, wanted: &Label<'_>, image: &Rc<LabelImage>, centre: [f32; 2]) -> bool {
        let layout = &wanted.style.layout;
        let (w, h) = (image.size[0] as f32, image.size[1] as f32);
        // Whole pixels keep the letters as sharp as they were drawn.
        let (left, top) = ((centre[0] - w / 2.0).round(), (centre[1] - h / 2.0).round());
        let cut = left < 0.0 || top < 0.0 || left + w > self.width || top + h > self.height;
        if cut && !layout.partials {
            return false;
        }
        if layout.conflict {
            // Room below nothing makes the box smaller, down to its middle.
            let half = image.seen.map(|side| (side / 2.0 + layout.room * wanted.scale).max(0.0));
            let middle = [left + w / 2.0, top + h / 2.0];
            let corners = ([0, 1].map(|i| middle[i] - half[i]), [0, 1].map(|i| middle[i] + half[i]));
            let place = AABB::from_corners(corners.0, corners.1);
            if self.taken.locate_in_envelope_intersecting(place).next().is_some() {
                return false;
            }
            self.taken.insert(Rectangle::from_corners(corners.0, corners.1));
        }
        self.placed.push((Rc::clone(image), left as i64, top as i64));
        true
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
            if canvas.is_drawing() {
                let half = image.size.map(|side| side as f32 / 2.0);
                image.draw(canvas, [*left as f32 + half[0], *top as f32 + half[1]]);
                continue;
            }
            canvas.blit(image.picture(), *left, *top);
        }
    }
}

fn look<'a>(wanted: &Label<'a>) -> LabelLook<'a> {
    let style = wanted.style;
    LabelLook {
        font: &style.font,
        fill: style.fill,
        halo: style.halo,
        rotation: 0.0,
        scale: wanted.scale,
        wrap: style.layout.wrap * wanted.scale,
    }
}

/// The places of a line nearest to another, up to so far from it, at which a flat label fits onto the line: a bend in
/// the middle, or another label there, need not cost the whole label. Only the place itself where letters follow the line.
fn straight_near(line: &[[f32; 2]], middle: f32, aside: f32, width: f32, layout: &LabelLayout) -> Vec<f32> {
    if layout.follow || !layout.aligned {
        return vec![middle];
    }
    let length = anchors::length(line);
    let fits = |at: &f32| {
        let (begin, end) = (at - width / 2.0, at + width / 2.0);
        begin >= 0.0
            && end <= length
            && anchors::along(line, begin)
                .zip(anchors::along(line, end))
                .is_some_and(|(from, to)| (to[0] - from[0]).hypot(to[1] - from[1]) >= width * STRAIGHT)
    };
    let shifts = [0.0, 0.2, -0.2, 0.4, -0.4, 0.7, -0.7];
    shifts.into_iter().map(|shift| middle + shift * aside).filter(fits).take(TRIES).collect()
}

/// Shifts to try: none first, then in eight directions, half as far and as far as allowed.
fn around(most: f32) -> impl Iterator<Item = [f32; 2]> {
    let rings = if most > 0.0 { 2 } else { 0 };
    let shift = move |step: i32| {
        let distance = if step < 8 { most / 2.0 } else { most };
        let (sin, cos) = (step as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
        [cos * distance, -sin * distance]
    };
    std::iter::once([0.0, 0.0]).chain((0..rings * 8).map(shift))
}

/// Middles of labels along a line, from its beginning or around its middle.
fn middles(length: f32, width: f32, repeat: Repeat, scale: f32) -> Vec<f32> {
    let step = (width + repeat.gap * scale).max(1.0);
    match repeat.initial_gap {
        Some(gap) => (0..PLACES).map(|i| gap * scale + width / 2.0 + i as f32 * step).collect(),
        None => {
            let fit = ((length - width) / 2.0 / step).max(0.0) as usize;
            let each_way = (1..=fit.min(PLACES / 2)).flat_map(|i| [-(i as f32), i as f32]);
            std::iter::once(0.0).chain(each_way).map(|i| length / 2.0 + i * step).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Tracer;
    use crate::style::{Color, Fill, Font, LabelPart};

    fn add(labels: &mut Labels, shapes: &Shapes, features: &[u32], text: &str, style: &TextSymbolizer) {
        let features = features.to_vec();
        labels.add(&Label { shapes, features, text, style, scale: 1.0, priority: 0.0 });
    }

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
            layout: LabelLayout::default(),
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
            add(&mut labels, &shapes, &[feature], "Pertuis", &style);
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
            add(&mut labels, &shapes, &[feature], "Route de Sisteron", &style);
        }
        assert_eq!(labels.len(), 1);
    }

    /// Labels placed with a layout, on a line of 280 pixels in three pieces and on points at the same place.
    fn placed(placement: Placement, layout: LabelLayout) -> [usize; 3] {
        let mut tracer = Tracer::new(300, 300, 0.0);
        for piece in
            [[[10.0, 50.0], [100.0, 50.0]], [[100.0, 50.0], [200.0, 50.0]], [[200.0, 50.0], [290.0, 50.0]]]
        {
            tracer.line(piece.into_iter());
            tracer.feature();
        }
        for _ in 0..3 {
            tracer.point([150.0, 200.0]);
            tracer.feature();
        }
        // A bend of half a circle.
        tracer.line((0..=60).map(|i| {
            let (sin, cos) = (f64::from(i) * 3.0_f64).to_radians().sin_cos();
            [100.0 + 25.0 * cos, 200.0 + 25.0 * sin]
        }));
        tracer.feature();
        let shapes = tracer.finish();
        let style = TextSymbolizer { layout, ..symbolizer(placement) };
        [&[0_u32, 1, 2][..], &[3, 4, 5], &[6]].map(|features| {
            let mut labels = Labels::new(300, 300);
            if style.layout.group {
                add(&mut labels, &shapes, features, "Durance", &style);
            } else {
                features.iter().for_each(|f| add(&mut labels, &shapes, &[*f], "Durance", &style));
            }
            labels.len()
        })
    }

    #[test]
    fn a_bend_in_the_middle_of_a_line_moves_its_label_to_where_the_line_is_straight() {
        let line = |corner: f64| {
            let mut tracer = Tracer::new(400, 200, 0.0);
            tracer.line([[20.0, 100.0], [corner, 100.0], [corner, 20.0]].into_iter());
            tracer.feature();
            tracer.finish()
        };
        let style = symbolizer(Placement::Line { offset: 0.0 });
        // The corner is the middle: along it, a label would be cut short by the bend.
        let mut labels = Labels::new(400, 200);
        add(&mut labels, &line(100.0), &[0], "Évenos", &style);
        assert_eq!(labels.len(), 1);
        let (_, left, top) = &labels.placed[0];
        assert!((*left < 60 && *top > 70) || (*left > 80 && *top < 60), "{left} {top}");
        // A second one beside it moves along its line, until both have room.
        let straight = |height: f64| {
            let mut tracer = Tracer::new(400, 200, 0.0);
            tracer.line([[20.0, height], [380.0, height]].into_iter());
            tracer.feature();
            tracer.finish()
        };
        let mut labels = Labels::new(400, 200);
        for height in [100.0, 112.0] {
            add(&mut labels, &straight(height), &[0], "Évenos", &style);
        }
        assert_eq!(labels.len(), 2);
        // Too short on both sides of its corner, there is no such place.
        let mut tracer = Tracer::new(400, 200, 0.0);
        tracer.line([[20.0, 100.0], [50.0, 100.0], [50.0, 70.0]].into_iter());
        tracer.feature();
        let mut none = Labels::new(400, 200);
        add(&mut none, &tracer.finish(), &[0], "Évenos", &style);
        assert!(none.is_empty());
    }

    #[test]
    fn labels_are_grouped_repeated_moved_and_bent_where_the_style_says_so() {
        let (point, line) = (Placement::default(), Placement::Line { offset: 0.0 });
        let layout = LabelLayout::default;
        assert_eq!(placed(point, layout()), [3, 1, 1]);
        assert_eq!(placed(line, layout()), [3, 0, 0]);
        assert_eq!(placed(line, LabelLayout { group: true, ..layout() }), [1, 0, 0]);
        assert_eq!(placed(line, LabelLayout { follow: true, ..layout() })[2], 1);
        let sharp = LabelLayout { follow: true, max_angle: 2.0, ..layout() };
        assert_eq!(placed(line, sharp)[2], 0);
        let repeat = Some(Repeat { initial_gap: Some(5.0), gap: 10.0 });
        let along = placed(line, LabelLayout { group: true, repeat, ..layout() })[0];
        assert!((3..=5).contains(&along), "{along}");
        let repeat = Some(Repeat { initial_gap: None, gap: 60.0 });
        assert_eq!(placed(line, LabelLayout { group: true, repeat, ..layout() })[0], 3);
        assert_eq!(placed(point, LabelLayout { conflict: false, ..layout() })[1], 3);
        assert_eq!(placed(point, LabelLayout { max_displacement: 60.0, ..layout() })[1], 3);
        assert_eq!(placed(point, LabelLayout { room: 200.0, ..layout() })[0], 1);
    }

    #[test]
    fn a_label_lies_in_its_area_where_the_style_says_so() {
        let mut tracer = Tracer::new(300, 300, 0.0);
        for side in [10.0, 100.0] {
            let (a, b) = (150.0 - side, 150.0 + side);
            tracer.ring([[a, a], [b, a], [b, b], [a, b], [a, a]].into_iter(), true);
            tracer.feature();
        }
        let shapes = tracer.finish();
        let centred = Placement::Point { anchor: [0.5, 0.5], displacement: [0.0, 0.0], rotation: 0.0 };
        for (fit, expected) in [(0.0, [1, 1]), (0.9, [0, 1])] {
            let style = TextSymbolizer {
                layout: LabelLayout { fit, ..LabelLayout::default() },
                ..symbolizer(centred)
            };
            let found = [0, 1].map(|feature| {
                let mut labels = Labels::new(300, 300);
                add(&mut labels, &shapes, &[feature], "Manosque", &style);
                labels.len()
            });
            assert_eq!(found, expected, "{fit}");
        }
    }
}

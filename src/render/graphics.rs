//! Graphics: drawn once into small pictures, then laid down at every point, along lines and over areas.

use super::canvas::{Canvas, Path};
use super::marks::{MarkLook, draw_mark};
use super::{Picture, draw};
use crate::style::{ExternalGraphic, Graphic, GraphicFill, GraphicStroke, MarkShape, PictureContent, Symbol};
use resvg::tiny_skia::{FilterQuality, PixmapMut, PixmapPaint, PixmapRef, Transform};
use std::collections::HashMap;

/// A pixel is split so finely when a graphic is placed: a quarter of a pixel can't be told apart by eye.
const STEPS: usize = 4;
/// Pixels of the sprites that are kept for one symbolizer in one map: 64 MB.
const KEPT: usize = 16 << 20;
/// Graphics along a line that lie over each other at one place: with more, none of them could be told apart.
const OVERLAPPING: f32 = 32.0;
/// Largest sprite or tile, pixels a side.
const LARGEST: f32 = 4096.0;

/// A graphic at each place within a pixel and in each turn, made when first needed.
pub(super) struct Sprites<'a> {
    graphic: &'a Graphic,
    scale: f32,
    side: u32,
    made: HashMap<(i32, usize, usize), Picture>,
}

impl<'a> Sprites<'a> {
    /// `scale` multiplies all lengths of the graphic.
    pub(super) fn new(graphic: &'a Graphic, scale: f32) -> Self {
        Self { graphic, scale, side: side(graphic, scale), made: HashMap::new() }
    }

    /// Lays the graphic's anchor on a point of the canvas, turned by `turn` degrees beside its own rotation.
    pub(super) fn place(&mut self, canvas: &mut dyn Canvas, [x, y]: [f32; 2], turn: f32) {
        let Self { graphic: g, scale, side, .. } = *self;
        let (height, width) = (g.size * scale, g.size * g.aspect() * scale);
        let shift = [
            (0.5 - g.anchor[0]) * width + g.displacement[0] * scale,
            -(0.5 - g.anchor[1]) * height - g.displacement[1] * scale,
        ];
        // What stands along a line is shifted with the line.
        let (sin, cos) = turn.to_radians().sin_cos();
        let (x, y) = (x + shift[0] * cos - shift[1] * sin, y + shift[0] * sin + shift[1] * cos);
        if canvas.is_drawing() {
            return draw_graphic(canvas, g, scale, [x, y], turn);
        }
        let steps = STEPS as f32;
        let (x, y) = ((x * steps).round() / steps, (y * steps).round() / steps);
        let (column, row) = (((x - x.floor()) * steps) as usize, ((y - y.floor()) * steps) as usize);
        let degrees = turn.round();
        if (self.made.len() + 1) * (side as usize).pow(2) > KEPT {
            self.made.clear();
        }
        let sprite = self.made.entry((degrees as i32, column, row)).or_insert_with(|| {
            let middle = (side / 2) as f32;
            let centre = [middle + column as f32 / steps, middle + row as f32 / steps];
            draw(side, side, None, |small| draw_graphic(small, g, scale, centre, degrees))
                .unwrap_or_else(|_| Picture::new(1, 1, None))
        });
        let half = i64::from(side / 2);
        canvas.blit(sprite, x.floor() as i64 - half, y.floor() as i64 - half);
    }

    /// Lays the graphic along a line, turned with it.
    fn along(&mut self, canvas: &mut dyn Canvas, line: &[[f32; 2]], stroke: &GraphicStroke) {
        let width = self.graphic.size * self.graphic.aspect() * self.scale;
        // A thin graphic with a wide border would be laid down on every pixel.
        let step = (width + stroke.gap * self.scale).max(self.side as f32 / OVERLAPPING).max(1.0);
        let (right, bottom) =
            (canvas.width() as f32 + self.side as f32, canvas.height() as f32 + self.side as f32);
        let mut next = stroke.initial_gap * self.scale + width / 2.0;
        let mut walked = 0.0;
        for pair in line.windows(2) {
            let ([x0, y0], [x1, y1]) = (pair[0], pair[1]);
            let length = (x1 - x0).hypot(y1 - y0);
            let turn = (y1 - y0).atan2(x1 - x0).to_degrees();
            while next <= walked + length && length > 0.0 {
                let share = (next - walked) / length;
                let at = [x0 + (x1 - x0) * share, y0 + (y1 - y0) * share];
                let near = -(self.side as f32);
                if at[0] > near && at[1] > near && at[0] < right && at[1] < bottom {
                    self.place(canvas, at, turn);
                }
                next += step;
            }
            walked += length;
        }
    }
}

/// Lays a `GraphicStroke` along lines.
pub(super) fn graphic_line<'p>(
    canvas: &mut dyn Canvas,
    lines: impl Iterator<Item = std::borrow::Cow<'p, [[f32; 2]]>>,
    stroke: &GraphicStroke,
    scale: f32,
) {
    let mut sprites = Sprites::new(&stroke.graphic, scale);
    for line in lines {
        sprites.along(canvas, &line, stroke);
    }
}

/// How large a picture any turn of a graphic fits in.
pub(super) fn side(graphic: &Graphic, scale: f32) -> u32 {
    let border = graphic.mark().and_then(|m| m.stroke.as_ref()).map_or(0.0, |s| s.width);
    let longest = graphic.size * graphic.aspect().max(1.0);
    // A turned graphic reaches as far as its diagonal.
    let reach = (longest * 1.5 + border * 2.0) * scale + 4.0;
    reach.ceil().clamp(4.0, LARGEST) as u32
}

/// Draws a graphic around a point, turned by `turn` degrees beside its own rotation.
pub(super) fn draw_graphic(
    canvas: &mut dyn Canvas,
    graphic: &Graphic,
    scale: f32,
    centre: [f32; 2],
    turn: f32,
) {
    let rotation = graphic.rotation + turn;
    match &graphic.symbol {
        Symbol::Mark(mark) => {
            let look = MarkLook { size: graphic.size * scale, rotation, opacity: graphic.opacity, scale };
            draw_mark(canvas, mark, look, centre);
        }
        Symbol::Picture(external) => {
            let side = side(graphic, scale);
            // Drawn around the middle of a picture of its own, then laid down on whole pixels.
            let (left, top) =
                ((centre[0] - side as f32 / 2.0).floor(), (centre[1] - side as f32 / 2.0).floor());
            let within = [centre[0] - left, centre[1] - top];
            let height = graphic.size * scale;
            if let Some(mut small) = drawn(external, side, height, rotation, within) {
                if graphic.opacity < 1.0 {
                    small.fade(graphic.opacity);
                }
                canvas.blit(&small, left as i64, top as i64);
            }
        }
    }
}

/// A picture of `side` pixels with an external graphic around a point of it.
fn drawn(
    external: &ExternalGraphic,
    side: u32,
    height: f32,
    rotation: f32,
    [x, y]: [f32; 2],
) -> Option<Picture> {
    let mut out = Picture::new(side, side, None);
    let mut pixels = PixmapMut::from_bytes(out.data_mut(), side, side)?;
    let ratio = height / external.height;
    let place = Transform::from_translate(-external.width / 2.0, -external.height / 2.0)
        .post_scale(ratio, ratio)
        .post_rotate(rotation)
        .post_translate(x, y);
    match &external.content {
        PictureContent::Svg(tree) => resvg::render(tree, place, &mut pixels),
        PictureContent::Png(rgba) => {
            let source = PixmapRef::from_bytes(rgba, external.width as u32, external.height as u32)?;
            let paint = PixmapPaint { quality: FilterQuality::Bicubic, ..PixmapPaint::default() };
            pixels.draw_pixmap(0, 0, source, &paint, place, None);
        }
    }
    Some(out)
}

/// The tile that covers an area with a `GraphicFill`.
pub(super) fn tile(fill: &GraphicFill, scale: f32) -> Option<Picture> {
    let graphic = &fill.graphic;
    let [top, right, bottom, left] = fill.margin.map(|m| m * scale);
    let whole = |n: f32| n.round().clamp(1.0, LARGEST);
    let height = whole(graphic.size * scale + top + bottom);
    let width = whole(graphic.size * graphic.aspect() * scale + left + right);
    // Whole pixels: the graphic fills what the margins leave, so that lines meet at the borders.
    let own = Graphic { size: ((height - top - bottom) / scale).max(0.5 / scale), ..graphic.clone() };
    let centre = [left + (width - left - right) / 2.0, top + (height - top - bottom) / 2.0];
    let shape = graphic.mark().map(|m| &m.shape).filter(|s| s.is_hatch());
    let lines = shape.filter(|_| fill.margin == [0.0; 4] && graphic.rotation == 0.0);
    draw(width as u32, height as u32, None, |canvas| match lines {
        // A line runs on into the next tile: drawn longer than the tile it has no ends to be seen. Parallel ones beside
        // it reach into the tile's corners.
        Some(shape) => {
            let long = Graphic { size: own.size * 3.0, ..own };
            for step in [-1.0, 0.0, 1.0] {
                let along = if *shape == MarkShape::Horizontal { [0.0, height] } else { [width, 0.0] };
                draw_graphic(canvas, &long, scale, [0, 1].map(|i| centre[i] + step * along[i]), 0.0);
            }
        }
        None => draw_graphic(canvas, &own, scale, centre, 0.0),
    })
    .ok()
}

/// Fills a path with a tile; `origin` is where the upper left corner of one of them lies.
pub(super) fn cover(canvas: &mut dyn Canvas, path: &Path, tile: &Picture, origin: [f64; 2]) {
    let part = |at: f64, side: u32| at.rem_euclid(f64::from(side)).floor() as f32;
    canvas.pattern(path, tile, [part(origin[0], tile.width()), part(origin[1], tile.height())]);
}

//! Marks: drawn once into small pictures, then laid down at every point.

use super::canvas::{Canvas, Path};
use super::{Picture, draw};
use crate::style::{Fill, MarkShape, PointSymbolizer};
use std::f64::consts::PI;

/// A pixel is split so finely when a mark is placed: a quarter of a pixel can't be told apart by eye.
const STEPS: usize = 4;

/// A symbolizer's mark at each place within a pixel, made when first needed.
pub(super) struct MarkSprites<'a> {
    symbolizer: &'a PointSymbolizer,
    scale: f32,
    side: u32,
    made: [Option<Picture>; STEPS * STEPS],
}

impl<'a> MarkSprites<'a> {
    pub(super) fn new(symbolizer: &'a PointSymbolizer, scale: f32) -> Self {
        let border = symbolizer.mark.stroke.as_ref().map_or(0.0, |s| s.width);
        // A turned mark reaches as far as its diagonal.
        let reach = (symbolizer.size * 1.5 + border * 2.0) * scale + 4.0;
        let side = (reach.ceil().clamp(4.0, 4096.0)) as u32;
        Self { symbolizer, scale, side, made: Default::default() }
    }

    /// Lays the mark's anchor on a point of the canvas.
    pub(super) fn place(&mut self, canvas: &mut dyn Canvas, [x, y]: [f32; 2]) {
        let s = self.symbolizer;
        let size = s.size * self.scale;
        let x = x + (0.5 - s.anchor[0]) * size + s.displacement[0] * self.scale;
        let y = y - (0.5 - s.anchor[1]) * size - s.displacement[1] * self.scale;
        let steps = STEPS as f32;
        let (x, y) = ((x * steps).round() / steps, (y * steps).round() / steps);
        let (column, row) = (((x - x.floor()) * steps) as usize, ((y - y.floor()) * steps) as usize);
        let (scale, side) = (self.scale, self.side);
        let Some(slot) = self.made.get_mut(row.min(STEPS - 1) * STEPS + column.min(STEPS - 1)) else {
            return;
        };
        let sprite = slot.get_or_insert_with(|| {
            let middle = (side / 2) as f32;
            let centre = [middle + column as f32 / steps, middle + row as f32 / steps];
            draw(side, side, None, |small| draw_mark(small, s, scale, centre))
                .unwrap_or_else(|_| Picture::new(1, 1, None))
        });
        let half = i64::from(side / 2);
        canvas.blit(sprite, x.floor() as i64 - half, y.floor() as i64 - half);
    }
}

/// Draws a mark around a point.
pub(super) fn draw_mark(canvas: &mut dyn Canvas, symbolizer: &PointSymbolizer, scale: f32, centre: [f32; 2]) {
    let mark = &symbolizer.mark;
    let path = outline(mark.shape, symbolizer.size * scale, symbolizer.rotation, centre);
    // Crosses are lines: filled, they would be empty.
    if let Some(fill) = mark.fill
        && !matches!(mark.shape, MarkShape::X | MarkShape::Cross)
    {
        canvas.fill(&path, Fill { opacity: fill.opacity * symbolizer.opacity, ..fill });
    }
    let lined = match (&mark.stroke, mark.fill, mark.shape) {
        (Some(stroke), _, _) => Some(stroke.clone()),
        (None, Some(fill), MarkShape::X | MarkShape::Cross) => Some(crate::style::Stroke {
            color: fill.color,
            opacity: fill.opacity,
            width: (symbolizer.size / 5.0).max(1.0),
            ..crate::style::Stroke::default()
        }),
        _ => None,
    };
    if let Some(mut stroke) = lined {
        stroke.opacity *= symbolizer.opacity;
        canvas.stroke(&path, &super::paint::scaled(&stroke, scale));
    }
}

fn outline(shape: MarkShape, size: f32, rotation: f32, centre: [f32; 2]) -> Path {
    let half = f64::from(size) / 2.0;
    let (sin, cos) = f64::from(rotation).to_radians().sin_cos();
    let at = |x: f64, y: f64| {
        let (x, y) = (x * half, y * half);
        (f64::from(centre[0]) + x * cos - y * sin, f64::from(centre[1]) + x * sin + y * cos)
    };
    let mut path = Path::new();
    let mut polygon = |corners: &[(f64, f64)]| {
        for (index, &(x, y)) in corners.iter().enumerate() {
            if index == 0 { path.move_to(at(x, y)) } else { path.line_to(at(x, y)) }
        }
        path.close_path();
    };
    match shape {
        MarkShape::Square => polygon(&[(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]),
        MarkShape::Triangle => polygon(&[(0.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]),
        MarkShape::Star => {
            let corners: Vec<(f64, f64)> = (0..10)
                .map(|i| {
                    let radius = if i % 2 == 0 { 1.0 } else { 0.4 };
                    let angle = f64::from(i) * PI / 5.0;
                    (angle.sin() * radius, -angle.cos() * radius)
                })
                .collect();
            polygon(&corners);
        }
        MarkShape::Circle => {
            let corners: Vec<(f64, f64)> =
                (0..64).map(|i| (f64::from(i) * PI / 32.0).sin_cos()).map(|(s, c)| (c, s)).collect();
            polygon(&corners);
        }
        MarkShape::Cross | MarkShape::X => {
            let ends = if shape == MarkShape::Cross {
                [((-1.0, 0.0), (1.0, 0.0)), ((0.0, -1.0), (0.0, 1.0))]
            } else {
                [((-1.0, -1.0), (1.0, 1.0)), ((-1.0, 1.0), (1.0, -1.0))]
            };
            for ((x0, y0), (x1, y1)) in ends {
                path.move_to(at(x0, y0));
                path.line_to(at(x1, y1));
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::{Color, Mark};

    #[test]
    fn every_mark_paints_around_its_point_and_is_turned_with_it() {
        for shape in MarkShape::ALL {
            let mark = Mark { shape, fill: Some(Fill { color: Color::BLACK, opacity: 1.0 }), stroke: None };
            let symbolizer = PointSymbolizer { mark, size: 12.0, ..PointSymbolizer::default() };
            let mut sprites = MarkSprites::new(&symbolizer, 1.0);
            let picture =
                draw(40, 40, Some(Color::WHITE), |c| sprites.place(c, [20.5, 20.5])).expect("drawn");
            assert_eq!(picture.pixel(20, 20), Some([0, 0, 0, 255]), "{shape:?}");
            let dark: Vec<(u32, u32)> = (0..1600)
                .map(|i| (i % 40, i / 40))
                .filter(|&(x, y)| picture.pixel(x, y).is_some_and(|p| p[0] < 128))
                .collect();
            assert!(dark.iter().all(|&(x, y)| (14..=27).contains(&x) && (14..=27).contains(&y)), "{shape:?}");
        }
    }
}

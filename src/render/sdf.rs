//! Letters as signed distance fields: how far each pixel is from the nearest edge, so that a map can draw a letter at any
//! size, with a halo.
//!
//! Distances are those to the outline itself, not to the pixels of a letter drawn before: strokes thinner than a pixel keep
//! their width.

use super::canvas::Path;
use i_overlay::core::fill_rule::FillRule;
use i_overlay::float::simplify::SimplifyShape;
use vello_cpu::kurbo::{PathEl, flatten};

/// Pixels over which the field falls from 255 to 0.
const RADIUS: f64 = 8.0;
/// Share of the field that lies outside of the edge's value.
const CUTOFF: f64 = 0.25;
/// How far a curve may lie from the lines that stand for it, in pixels: a thirtieth of a step of the field.
const TOLERANCE: f64 = 0.001;
/// Largest side of a letter in pixels: beyond, it isn't one.
const LARGEST: f64 = 400.0;

/// A field with its place; rows run down from the top, with a border around the shape.
pub(super) struct Field {
    /// Width without the border.
    pub(super) width: u32,
    /// Height without the border.
    pub(super) height: u32,
    /// Left edge without the border.
    pub(super) left: i32,
    /// Upper edge without the border, above the baseline.
    pub(super) top: i32,
    pub(super) values: Vec<u8>,
}

/// The field of an outline in pixels, y up, which is filled by the non-zero rule, and of `margin` pixels around it; `None`
/// when nothing of it is seen.
pub(super) fn field(outline: &Path, margin: u32) -> Option<Field> {
    let contours = contours(outline);
    // Contours that lie over each other have edges inside of the letter, which are none.
    let shapes = contours.simplify_shape(FillRule::NonZero);
    let edges: Vec<[[f64; 2]; 2]> = shapes
        .iter()
        .flatten()
        .flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| [*a, *b]))
        .collect();
    let points = || edges.iter().map(|[a, _]| *a);
    let least = |axis: usize| points().map(|p| p[axis & 1]).fold(f64::INFINITY, f64::min).floor();
    let greatest = |axis: usize| points().map(|p| p[axis & 1]).fold(f64::NEG_INFINITY, f64::max).ceil();
    let (left, right, bottom, top) = (least(0), greatest(0), least(1), greatest(1));
    let (width, height) = (right - left, top - bottom);
    if !(width > 0.0 && height > 0.0 && width <= LARGEST && height <= LARGEST) {
        return None;
    }
    let (width, height) = (width as u32, height as u32);
    let border = f64::from(margin);
    let mut values = Vec::with_capacity(((width + 2 * margin) * (height + 2 * margin)) as usize);
    for row in 0..height + 2 * margin {
        for column in 0..width + 2 * margin {
            let at = [left - border + f64::from(column) + 0.5, top + border - f64::from(row) - 0.5];
            values.push(value(distance(&edges, at)));
        }
    }
    Some(Field { width, height, left: left as i32, top: top as i32, values })
}

/// What is written for a distance, which is greater than 0 inside.
fn value(distance: f64) -> u8 {
    (255.0 * (1.0 - CUTOFF + distance / RADIUS)).round().clamp(0.0, 255.0) as u8
}

fn contours(outline: &Path) -> Vec<Vec<[f64; 2]>> {
    let mut contours: Vec<Vec<[f64; 2]>> = Vec::new();
    flatten(outline.elements().iter().copied(), TOLERANCE, |element| match element {
        PathEl::MoveTo(p) => contours.push(vec![[p.x, p.y]]),
        PathEl::LineTo(p) => {
            if let Some(contour) = contours.last_mut() {
                contour.push([p.x, p.y]);
            }
        }
        // The flattened path has no curves.
        PathEl::QuadTo(..) | PathEl::CurveTo(..) | PathEl::ClosePath => {}
    });
    contours.retain(|contour| contour.len() > 2);
    contours
}

/// Distance of a point to the nearest edge, greater than 0 inside.
fn distance(edges: &[[[f64; 2]; 2]], [x, y]: [f64; 2]) -> f64 {
    let (mut nearest, mut inside) = (f64::INFINITY, false);
    for [[ax, ay], [bx, by]] in edges {
        let (dx, dy) = (bx - ax, by - ay);
        let length = dx * dx + dy * dy;
        let along =
            if length > 0.0 { (((x - ax) * dx + (y - ay) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
        let (ex, ey) = (ax + along * dx - x, ay + along * dy - y);
        nearest = nearest.min(ex * ex + ey * ey);
        if (*ay > y) != (*by > y) && x < ax + (y - ay) / dy * dx {
            inside = !inside;
        }
    }
    if inside { nearest.sqrt() } else { -nearest.sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::glyphs::BORDER;
    use vello_cpu::kurbo::{Rect, Shape};

    fn rectangle(x0: f64, y0: f64, x1: f64, y1: f64) -> Path {
        Rect::new(x0, y0, x1, y1).to_path(0.01)
    }

    fn at(field: &Field, column: u32, row: u32) -> u8 {
        field.values[(row * (field.width + 2 * BORDER) + column) as usize]
    }

    #[test]
    fn the_edge_has_the_cutoff_and_an_eighth_of_the_range_is_a_pixel() {
        let field = field(&rectangle(1.5, -2.5, 9.5, 5.5), BORDER).expect("seen");
        assert_eq!((field.left, field.top, field.width, field.height), (1, 6, 9, 9));
        assert_eq!(field.values.len(), 15 * 15);
        // A pixel whose middle is on the left edge, those beside it, and the corner far outside.
        assert_eq!((at(&field, 3, 7), at(&field, 2, 7), at(&field, 4, 7)), (191, 159, 223));
        let corner = 0.75 - (3.0_f64 * 3.0 * 2.0).sqrt() / 8.0;
        assert_eq!(at(&field, 0, 0), (corner * 255.0).round() as u8);
        assert_eq!(at(&field, 7, 7), 255);
    }

    #[test]
    fn contours_that_overlap_have_no_edge_inside_and_holes_stay() {
        let mut cross = rectangle(0.0, 4.0, 12.0, 8.0);
        cross.extend(rectangle(4.0, 0.0, 8.0, 12.0));
        let whole = field(&cross, BORDER).expect("seen");
        assert_eq!(at(&whole, 9, 9), 255);
        let mut ring = rectangle(0.0, 0.0, 12.0, 12.0);
        ring.extend(rectangle(3.0, 3.0, 9.0, 9.0).reverse_subpaths());
        let hole = field(&ring, BORDER).expect("seen");
        assert!(at(&hole, 9, 9) < 191 && at(&hole, 4, 9) > 191);
    }

    #[test]
    fn a_stroke_thinner_than_a_pixel_keeps_its_width() {
        let field = field(&rectangle(0.3, 0.0, 0.7, 10.0), BORDER).expect("seen");
        // The middle of the stroke is a fifth of a pixel from its edges.
        assert_eq!(at(&field, 3, 8), value(0.2));
        assert!(super::field(&Path::new(), BORDER).is_none());
        assert!(super::field(&rectangle(0.0, 0.0, 1000.0, 1.0), BORDER).is_none());
    }
}

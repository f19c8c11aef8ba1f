//! Marks as outlines.

use super::canvas::{Canvas, Path};
use super::text::shaped;
use crate::style::{Fill, Font, LineJoin, Mark, MarkShape, Stroke};
use std::f64::consts::PI;

/// How a mark is drawn.
#[derive(Clone, Copy)]
pub(super) struct MarkLook {
    /// Height and width in pixels.
    pub size: f32,
    /// Turn in degrees, clockwise.
    pub rotation: f32,
    /// Opacity of the whole.
    pub opacity: f32,
    /// What lengths of its border are multiplied with.
    pub scale: f32,
}

/// Draws a mark around a point.
pub(super) fn draw_mark(canvas: &mut dyn Canvas, mark: &Mark, look: MarkLook, centre: [f32; 2]) {
    if let MarkShape::Letter { family, letter } = &mark.shape {
        return draw_letter(canvas, (family, *letter), mark, look, centre);
    }
    let path = outline(&mark.shape, look.size, look.rotation, centre);
    if let Some(fill) = mark.fill.filter(|_| !mark.shape.is_open()) {
        canvas.fill(&path, Fill { opacity: fill.opacity * look.opacity, ..fill });
    }
    let lined = match (&mark.stroke, mark.fill) {
        (Some(stroke), _) => Some(super::paint::scaled(stroke, look.scale)),
        // Lines that are only filled have the fill's colour.
        (None, Some(fill)) if mark.shape.is_open() => Some(Stroke {
            color: fill.color,
            opacity: fill.opacity,
            width: if mark.shape.is_hatch() { look.scale } else { (look.size / 5.0).max(1.0) },
            join: LineJoin::Bevel,
            ..Stroke::default()
        }),
        _ => None,
    };
    if let Some(mut stroke) = lined {
        stroke.opacity *= look.opacity;
        canvas.stroke(&path, &stroke);
    }
}

/// A letter of a font, as high as the mark.
fn draw_letter(
    canvas: &mut dyn Canvas,
    (family, letter): (&str, char),
    mark: &Mark,
    look: MarkLook,
    centre: [f32; 2],
) {
    let stroke = mark.stroke.as_ref().map(|s| Fill { color: s.color, opacity: s.opacity });
    let Some(fill) = mark.fill.or(stroke) else { return };
    let font = Font { families: vec![family.to_owned()], ..Font::default() };
    if let Some(glyphs) = shaped(&letter.to_string(), &font, look.size, 0.0) {
        let fill = Fill { opacity: fill.opacity * look.opacity, ..fill };
        canvas.glyphs(&glyphs, centre, look.rotation, fill);
    }
}

/// The shape around a point; y runs down, so that -1 is its upper edge.
pub(super) fn outline(shape: &MarkShape, size: f32, rotation: f32, centre: [f32; 2]) -> Path {
    let half = f64::from(size) / 2.0;
    let (sin, cos) = f64::from(rotation).to_radians().sin_cos();
    let at = |(x, y): (f64, f64)| {
        let (x, y) = (x * half, y * half);
        (f64::from(centre[0]) + x * cos - y * sin, f64::from(centre[1]) + x * sin + y * cos)
    };
    let mut path = Path::new();
    let mut polyline = |corners: &[(f64, f64)], closed: bool| {
        for (index, &corner) in corners.iter().enumerate() {
            if index == 0 { path.move_to(at(corner)) } else { path.line_to(at(corner)) }
        }
        if closed {
            path.close_path();
        }
    };
    match shape {
        MarkShape::Square => polyline(&[(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)], true),
        MarkShape::Triangle => polyline(&[(0.0, -1.0), (1.0, 1.0), (-1.0, 1.0)], true),
        MarkShape::Diamond => polyline(&[(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)], true),
        MarkShape::Star => polyline(&around(10, |i| if i % 2 == 0 { 1.0 } else { 0.4 }), true),
        MarkShape::Pentagon => polyline(&around(5, |_| 1.0), true),
        MarkShape::Hexagon => polyline(&around(6, |_| 1.0), true),
        MarkShape::Octagon => {
            let (near, far) = ((PI / 8.0).tan(), 1.0);
            let corner = |i: i32| match i {
                0 => (near, -far),
                1 => (far, -near),
                2 => (far, near),
                3 => (near, far),
                4 => (-near, far),
                5 => (-far, near),
                6 => (-far, -near),
                _ => (-near, -far),
            };
            polyline(&(0..8).map(corner).collect::<Vec<_>>(), true);
        }
        MarkShape::Circle => polyline(&around(64, |_| 1.0), true),
        MarkShape::Dot => polyline(&around(32, |_| 0.25), true),
        MarkShape::SemiCircle => {
            let arc = |i: u32| {
                let (sin, cos) = (PI + f64::from(i) * PI / 32.0).sin_cos();
                (cos, sin)
            };
            polyline(&(0..=32).map(arc).collect::<Vec<_>>(), true);
        }
        MarkShape::Heart => {
            // The usual curve, brought into the square from -1 to 1.
            let point = |i: u32| {
                let t = f64::from(i) * PI / 32.0;
                let x = 16.0 * t.sin().powi(3);
                let y = 13.0 * t.cos() - 5.0 * (2.0 * t).cos() - 2.0 * (3.0 * t).cos() - (4.0 * t).cos();
                (x / 17.0, -(y + 2.5) / 17.0)
            };
            polyline(&(0..64).map(point).collect::<Vec<_>>(), true);
        }
        MarkShape::CrossFill => {
            let (a, b) = (1.0 / 3.0, 1.0);
            let quarter = [(a, -b), (a, -a), (b, -a)];
            let corners: Vec<(f64, f64)> = (0..4)
                .flat_map(|turn| {
                    quarter.map(|(x, y)| match turn {
                        0 => (x, y),
                        1 => (-y, x),
                        2 => (-x, -y),
                        _ => (y, -x),
                    })
                })
                .collect();
            polyline(&corners, true);
        }
        MarkShape::Arrow => {
            let (head, shaft) = (0.0, 0.3);
            let corners = [
                (0.0, -1.0),
                (0.8, head),
                (shaft, head),
                (shaft, 1.0),
                (-shaft, 1.0),
                (-shaft, head),
                (-0.8, head),
            ];
            polyline(&corners, true);
        }
        MarkShape::FilledArrowhead => polyline(&[(0.0, -1.0), (0.6, 1.0), (-0.6, 1.0)], true),
        MarkShape::Arrowhead => polyline(&[(-1.0, 1.0), (0.0, -1.0), (1.0, 1.0)], false),
        MarkShape::Cross => {
            polyline(&[(-1.0, 0.0), (1.0, 0.0)], false);
            polyline(&[(0.0, -1.0), (0.0, 1.0)], false);
        }
        MarkShape::X => {
            polyline(&[(-1.0, -1.0), (1.0, 1.0)], false);
            polyline(&[(-1.0, 1.0), (1.0, -1.0)], false);
        }
        MarkShape::Vertical => polyline(&[(0.0, -1.0), (0.0, 1.0)], false),
        MarkShape::Horizontal => polyline(&[(-1.0, 0.0), (1.0, 0.0)], false),
        MarkShape::Slash => polyline(&[(-1.0, 1.0), (1.0, -1.0)], false),
        MarkShape::Backslash => polyline(&[(-1.0, -1.0), (1.0, 1.0)], false),
        // Drawn as text.
        MarkShape::Letter { .. } => {}
    }
    path
}

/// Corners around the middle, the first above it, at distances that depend on their number.
fn around(corners: u32, distance: impl Fn(u32) -> f64) -> Vec<(f64, f64)> {
    let corner = |i: u32| {
        let (sin, cos) = (f64::from(i) * 2.0 * PI / f64::from(corners)).sin_cos();
        (sin * distance(i), -cos * distance(i))
    };
    (0..corners).map(corner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::draw;
    use crate::style::Color;

    fn dark(shape: MarkShape, rotation: f32) -> Vec<(u32, u32)> {
        let mark = Mark { shape, fill: Some(Fill { color: Color::BLACK, opacity: 1.0 }), stroke: None };
        let look = MarkLook { size: 12.0, rotation, opacity: 1.0, scale: 1.0 };
        let picture =
            draw(40, 40, Some(Color::WHITE), |c| draw_mark(c, &mark, look, [20.5, 20.5])).expect("drawn");
        (0..1600)
            .map(|i| (i % 40, i / 40))
            .filter(|&(x, y)| picture.pixel(x, y).is_some_and(|p| p[0] < 128))
            .collect()
    }

    #[test]
    fn every_mark_paints_within_its_size_around_its_point() {
        for shape in MarkShape::ALL {
            let dark = dark(shape.clone(), 0.0);
            assert!(dark.len() > 4, "{shape:?}: {dark:?}");
            assert!(dark.iter().all(|&(x, y)| (14..=27).contains(&x) && (14..=27).contains(&y)), "{shape:?}");
            let (sum_x, sum_y) = dark.iter().fold((0, 0), |sum, (x, y)| (sum.0 + x, sum.1 + y));
            let middle = |sum: u32| sum as f32 / dark.len() as f32 - 20.0;
            assert!(middle(sum_x).abs() < 0.6 && middle(sum_y).abs() < 3.0, "{shape:?}");
        }
        let plane = MarkShape::Letter { family: "DejaVu Sans".into(), letter: '✈' };
        assert!(dark(plane, 0.0).len() > 10);
    }

    #[test]
    fn a_mark_is_turned_clockwise() {
        let side =
            |dark: &[(u32, u32)], test: fn(&(u32, u32)) -> bool| dark.iter().filter(|p| test(p)).count();
        let (up, right) = (dark(MarkShape::SemiCircle, 0.0), dark(MarkShape::SemiCircle, 90.0));
        assert!(side(&up, |p| p.1 < 20) > 20 && side(&up, |p| p.1 > 21) == 0);
        assert!(side(&right, |p| p.0 > 20) > 20 && side(&right, |p| p.0 < 19) == 0);
    }
}

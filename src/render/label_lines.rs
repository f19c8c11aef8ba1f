//! The lines that labels run along.

use super::anchors::length;
use super::shapes::{PartKind, Shapes};
use std::collections::HashMap;

/// Ends of lines nearer than this meet, in parts of a pixel.
const MEET: f32 = 4.0;

/// Lines and borders of features; where `merged`, those that meet end to end are one.
pub(super) fn lines(shapes: &Shapes, features: &[u32], merged: bool) -> Vec<Vec<[f32; 2]>> {
    let all: Vec<Vec<[f32; 2]>> = features
        .iter()
        .flat_map(|feature| shapes.parts(*feature))
        .filter(|(kind, points)| matches!(kind, PartKind::Line | PartKind::Exterior) && points.len() > 1)
        .map(|(_, points)| points.to_vec())
        .collect();
    let mut all = if merged && all.len() > 1 { joined(all) } else { all };
    all.sort_by(|a, b| length(b).total_cmp(&length(a)));
    all
}

type End = (i32, i32);

fn end([x, y]: [f32; 2]) -> End {
    ((x * MEET).round() as i32, (y * MEET).round() as i32)
}

/// Joins lines where exactly two of them meet.
fn joined(lines: Vec<Vec<[f32; 2]>>) -> Vec<Vec<[f32; 2]>> {
    let mut lines: Vec<Option<Vec<[f32; 2]>>> = lines.into_iter().map(Some).collect();
    let ends = |line: &[[f32; 2]]| Some([end(*line.first()?), end(*line.last()?)]);
    let mut at: HashMap<End, Vec<usize>> = HashMap::new();
    for (index, line) in lines.iter().enumerate() {
        for end in line.as_deref().and_then(ends).into_iter().flatten() {
            at.entry(end).or_default().push(index);
        }
    }
    let mut out = Vec::new();
    for index in 0..lines.len() {
        let Some(mut line) = lines.get_mut(index).and_then(Option::take) else { continue };
        // Once from its end, once from its beginning.
        for _ in 0..2 {
            while let Some(last) = line.last().copied() {
                let here = at.get(&end(last)).map(Vec::as_slice).unwrap_or_default();
                let [a, b] = here else { break };
                let Some(mut next) = [*a, *b].into_iter().find_map(|i| lines.get_mut(i)?.take()) else {
                    break;
                };
                if next.first().map(|p| end(*p)) != Some(end(last)) {
                    next.reverse();
                }
                line.extend(next.into_iter().skip(1));
            }
            line.reverse();
        }
        out.push(line);
    }
    out
}

/// A line from the other end.
pub(super) fn reversed(line: &[[f32; 2]]) -> Vec<[f32; 2]> {
    line.iter().rev().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Tracer;

    #[test]
    fn lines_that_meet_end_to_end_are_one_and_crossings_stay_ends() {
        let mut tracer = Tracer::new(200, 200, 0.0);
        let pieces = [
            [[0.0, 0.0], [50.0, 0.0]],
            [[100.0, 0.0], [50.0, 0.0]],
            [[100.0, 0.0], [150.0, 0.0]],
            // A crossing of three.
            [[150.0, 0.0], [190.0, 0.0]],
            [[150.0, 0.0], [150.0, 50.0]],
        ];
        for piece in pieces {
            tracer.line(piece.into_iter());
            tracer.feature();
        }
        let shapes = tracer.finish();
        let features = [0, 1, 2, 3, 4];
        let lengths =
            |merged| lines(&shapes, &features, merged).iter().map(|l| length(l)).collect::<Vec<_>>();
        assert_eq!(lengths(true), [150.0, 50.0, 40.0]);
        assert_eq!(lengths(false).len(), 5);
        // A ring of pieces ends where it began.
        let mut tracer = Tracer::new(200, 200, 0.0);
        for piece in [[[0.0, 0.0], [50.0, 0.0]], [[50.0, 0.0], [25.0, 40.0]], [[25.0, 40.0], [0.0, 0.0]]] {
            tracer.line(piece.into_iter());
            tracer.feature();
        }
        assert_eq!(lines(&tracer.finish(), &[0, 1, 2], true).len(), 1);
    }
}

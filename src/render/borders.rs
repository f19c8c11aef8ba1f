//! Borders that areas share: filled as if they were not there, drawn once.
//!
//! Parcels, communes and land cover meet edge by edge, so that every border is there twice, once in each direction. In one
//! path under the non-zero rule the two cancel each other, whatever lies around them: leaving both out changes no pixel
//! but for the light seam between them, and a stroke of one opaque colour needs to run along one of them only. Half of a
//! cadastral map's cost, and most of its fill's, is gone with them.

use super::canvas::Path;
use super::shapes::{Shapes, is_area, trace};
use std::collections::HashMap;

/// Edges that are compared with each other: some 12 MB while they are.
pub(super) const EDGES: usize = 500_000;

/// Cosine of the angle between two edges above which the tip of their mitre is seen: such a corner is drawn with some of the
/// edge beyond it.
const SHARP: f32 = 0.2;

/// What becomes of each edge of some features' areas, in the order of features, parts and points.
pub(super) struct Borders {
    fates: Vec<Fate>,
}

/// What is known of an edge.
#[derive(Clone, Copy)]
struct Fate {
    /// Whether it runs from the point with the lesser name to the other.
    is_up: bool,
    /// Whether another edge runs back along it.
    is_cancelled: bool,
    /// Whether an edge before it has the same ends.
    is_repeated: bool,
}

/// A run of edges that stay, as indices of its points.
#[derive(Clone, Copy)]
struct Chain {
    first: usize,
    end: usize,
}

/// Edges by their ends: a table with room for half as many more, whose entries hold what sets an edge apart from others in
/// its place and the edge's number. 39 bits and those that lead to the place are enough for the few edges of a map.
struct Table {
    entries: Vec<u64>,
}

impl Table {
    /// Bits of an edge's number, counted from one.
    const NUMBER: u32 = 25;
    const NUMBERS: u64 = (1 << Self::NUMBER) - 1;

    fn new(edges: usize) -> Self {
        Self { entries: vec![0; (edges + edges / 2).next_power_of_two().max(2)] }
    }

    /// Whether edges can be told apart by this.
    fn holds(edges: usize) -> bool {
        (edges as u64) < Self::NUMBERS
    }

    /// The entry of an edge by its ends' hash: that of the edge with the same ends, or an empty one.
    fn entry(&mut self, hash: u64) -> Option<&mut u64> {
        let mask = self.entries.len() - 1;
        let mut at = hash as usize & mask;
        while self.entries.get(at).is_some_and(|entry| *entry != 0 && (*entry ^ hash) > Self::NUMBERS) {
            at = (at + 1) & mask;
        }
        self.entries.get_mut(at)
    }
}

impl Borders {
    /// Compares the edges of these features.
    pub(super) fn of(shapes: &Shapes, features: &[u32]) -> Self {
        let count: usize = rings(shapes, features).map(<[_]>::len).sum();
        let mut fates: Vec<Fate> = Vec::with_capacity(count);
        let mut table = Table::new(count);
        let is_compared = Table::holds(count);
        for ring in rings(shapes, features) {
            for (from, to) in edges(ring) {
                let is_up = from < to;
                let mut fate = Fate { is_up, is_cancelled: from == to, is_repeated: from == to };
                let hash = if is_up { hash(from, to) } else { hash(to, from) };
                if is_compared
                    && from != to
                    && let Some(entry) = table.entry(hash)
                {
                    let number = *entry & Table::NUMBERS;
                    fate.is_repeated = *entry != 0;
                    let other = number.checked_sub(1).and_then(|at| fates.get_mut(at as usize));
                    match other.filter(|other| !other.is_cancelled) {
                        Some(other) if other.is_up != is_up => {
                            other.is_cancelled = true;
                            fate.is_cancelled = true;
                        }
                        // The one that is there waits for the one that runs back.
                        Some(_) => {}
                        None => *entry = (hash & !Table::NUMBERS) | (fates.len() as u64 + 1),
                    }
                }
                fates.push(fate);
            }
        }
        Self { fates }
    }

    /// The rings of the features that were compared, with the fates of their edges.
    fn rings<'a>(
        &'a self,
        shapes: &'a Shapes,
        features: &'a [u32],
    ) -> impl Iterator<Item = (&'a [[f32; 2]], &'a [Fate])> {
        let mut fates = self.fates.as_slice();
        rings(shapes, features).map(move |ring| {
            let (own, rest) = fates.split_at_checked(ring.len()).unwrap_or_default();
            fates = rest;
            (ring, own)
        })
    }

    /// The path that covers what the features cover under the non-zero rule, without the borders between them.
    pub(super) fn outer(&self, shapes: &Shapes, features: &[u32]) -> Path {
        let mut path = Path::new();
        let mut points = Vec::new();
        let mut chains = Vec::new();
        for (ring, fates) in self.rings(shapes, features) {
            each_run(
                fates,
                |fate| !fate.is_cancelled,
                |run| match run {
                    Run::Ring => trace(&mut path, ring, true),
                    Run::Open { start, length } => {
                        let first = points.len();
                        points.extend(
                            (start..=start + length).filter_map(|i| ring.get(i % ring.len()).copied()),
                        );
                        chains.push(Chain { first, end: points.len() });
                    }
                },
            );
        }
        link(&mut path, &points, &chains);
        path
    }

    /// Every border once, as paths of some features each, for a stroke of this width.
    pub(super) fn once(&self, shapes: &Shapes, features: &[u32], width: f32, mut draw: impl FnMut(&Path)) {
        /// Elements of a path: sorting longer ones costs more than beginning anew.
        const ELEMENTS: usize = 64;
        let mut path = Path::new();
        for (ring, fates) in self.rings(shapes, features) {
            each_run(
                fates,
                |fate| !fate.is_repeated,
                |run| match run {
                    Run::Ring => trace(&mut path, ring, true),
                    Run::Open { start, length } => open(&mut path, ring, start, length, width),
                },
            );
            if path.elements().len() > ELEMENTS {
                draw(&path);
                path.truncate(0);
            }
        }
        if !path.elements().is_empty() {
            draw(&path);
        }
    }
}

/// The areas' rings.
fn rings<'a>(shapes: &'a Shapes, features: &'a [u32]) -> impl Iterator<Item = &'a [[f32; 2]]> {
    let parts = features.iter().flat_map(|feature| shapes.parts(*feature));
    parts.filter(|(kind, _)| is_area(*kind)).map(|(_, points)| points)
}

/// The edges of a ring by their ends, the last one back to its first point.
fn edges(ring: &[[f32; 2]]) -> impl Iterator<Item = (u64, u64)> {
    let ends = ring.iter().skip(1).chain(ring.first());
    ring.iter().zip(ends).map(|(from, to)| (name(*from), name(*to)))
}

/// A point as a number: equal for equal points only.
fn name([x, y]: [f32; 2]) -> u64 {
    // Adding nothing makes one of the two zeros.
    (u64::from((x + 0.0).to_bits()) << 32) | u64::from((y + 0.0).to_bits())
}

fn hash(low: u64, high: u64) -> u64 {
    let product = u128::from(low ^ 0x9e37_79b9_7f4a_7c15) * u128::from(high ^ 0xd1b5_4a32_d192_ed03);
    (product >> 64) as u64 ^ product as u64
}

/// Edges of a ring one after the other that stay.
enum Run {
    /// All of them.
    Ring,
    /// So many from the point `start` on, not all.
    Open { start: usize, length: usize },
}

fn each_run(fates: &[Fate], stays: impl Fn(&Fate) -> bool, mut take: impl FnMut(Run)) {
    let Some(gap) = fates.iter().position(|fate| !stays(fate)) else {
        if !fates.is_empty() {
            take(Run::Ring);
        }
        return;
    };
    // From behind a gap on, no run goes over the end.
    let count = fates.len();
    let (head, tail) = fates.split_at_checked(gap + 1).unwrap_or_default();
    let mut length = 0;
    for (step, fate) in tail.iter().chain(head).enumerate() {
        if stays(fate) {
            length += 1;
        } else if length > 0 {
            take(Run::Open { start: (gap + 1 + step - length) % count, length });
            length = 0;
        }
    }
}

/// Draws a run of a ring; where it begins or ends at a sharp corner, with a bit of the edge beyond.
fn open(path: &mut Path, ring: &[[f32; 2]], start: usize, length: usize, width: f32) {
    let count = ring.len();
    let at = |index: usize| ring.get(index % count).copied().unwrap_or_default();
    let stub = |beyond: [f32; 2], corner: [f32; 2], next: [f32; 2]| {
        let (a, b) = (towards(corner, beyond), towards(corner, next));
        (a.0[0] * b.0[0] + a.0[1] * b.0[1] > SHARP).then(|| {
            let reach = a.1.min(width);
            [corner[0] + a.0[0] * reach, corner[1] + a.0[1] * reach]
        })
    };
    let before = stub(at(start + count - 1), at(start), at(start + 1));
    let end = start + length;
    let after = stub(at(end + 1), at(end), at(end + count - 1));
    let points = before.into_iter().chain((start..=end).map(at)).chain(after);
    for (index, [x, y]) in points.enumerate() {
        let point = (f64::from(x), f64::from(y));
        if index == 0 { path.move_to(point) } else { path.line_to(point) }
    }
}

/// Direction and distance.
fn towards(from: [f32; 2], to: [f32; 2]) -> ([f32; 2], f32) {
    let (x, y) = (to[0] - from[0], to[1] - from[1]);
    let length = x.hypot(y).max(f32::MIN_POSITIVE);
    ([x / length, y / length], length)
}

/// Joins chains, end to beginning, into rings: at every point as many begin as end, because as many edges came as went
/// before the pairs were left out.
fn link(path: &mut Path, points: &[[f32; 2]], chains: &[Chain]) {
    const NONE: usize = usize::MAX;
    let first = |chain: &Chain| points.get(chain.first).map(|p| name(*p));
    let last = |chain: &Chain| points.get(chain.end - 1).map(|p| name(*p));
    // Chains that begin at the same point, one behind the other.
    let mut begins: HashMap<u64, usize> = HashMap::with_capacity(chains.len());
    let mut next = vec![NONE; chains.len()];
    for (index, chain) in chains.iter().enumerate() {
        if let (Some(at), Some(behind)) = (first(chain), next.get_mut(index)) {
            *behind = begins.insert(at, index).unwrap_or(NONE);
        }
    }
    let mut is_used = vec![false; chains.len()];
    let mut ring: Vec<[f32; 2]> = Vec::new();
    for index in 0..chains.len() {
        ring.clear();
        let mut current = index;
        while let (Some(chain), Some(used @ false)) = (chains.get(current), is_used.get_mut(current)) {
            *used = true;
            ring.extend(points.get(chain.first..chain.end - 1).unwrap_or_default());
            let Some(begin) = last(chain).and_then(|end| begins.get_mut(&end)) else { break };
            while is_used.get(*begin).copied().unwrap_or(false) {
                *begin = next.get(*begin).copied().unwrap_or(NONE);
            }
            current = *begin;
        }
        trace(path, &ring, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Picture, Tracer, draw};
    use crate::style::{Color, Fill, Stroke};

    /// A field of cells whose borders wind, each with the points of its neighbours', from (10, 10) on.
    fn mosaic(cells: usize, side: f64) -> Vec<Vec<[f64; 2]>> {
        // The same for everyone who asks for the point, whatever way he comes.
        let wind = |x: usize, y: usize, k: usize| {
            let noise = (x * 7919 + y * 104_729 + k * 1_299_709) % 1000;
            (noise as f64 / 1000.0 - 0.5) * side * 0.3
        };
        let corner = |x: usize, y: usize| {
            [10.0 + x as f64 * side + wind(x, y, 0), 10.0 + y as f64 * side + wind(x, y, 1)]
        };
        let between = |a: [f64; 2], b: [f64; 2], k: usize, (x, y): (usize, usize)| {
            let middle = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
            [middle[0] + wind(x, y, k), middle[1] + wind(x, y, k + 1)]
        };
        let right = |x, y| between(corner(x, y), corner(x + 1, y), 2, (x, y));
        let down = |x, y| between(corner(x, y), corner(x, y + 1), 4, (x, y));
        let cell = |x: usize, y: usize| {
            vec![
                corner(x, y),
                right(x, y),
                corner(x + 1, y),
                down(x + 1, y),
                corner(x + 1, y + 1),
                right(x, y + 1),
                corner(x, y + 1),
                down(x, y),
            ]
        };
        (0..cells * cells).map(|at| cell(at % cells, at / cells)).collect()
    }

    /// Polygons given by their rings, the exterior first.
    fn shapes(polygons: &[Vec<Vec<[f64; 2]>>]) -> (Shapes, Vec<u32>) {
        let mut tracer = Tracer::new(200, 200, 2.0);
        let mut features = Vec::new();
        for rings in polygons {
            for (index, ring) in rings.iter().enumerate() {
                tracer.ring(ring.iter().copied(), index == 0);
            }
            features.extend(tracer.feature());
        }
        (tracer.finish(), features)
    }

    fn square(x: f64, y: f64, side: f64) -> Vec<[f64; 2]> {
        vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
    }

    fn filled(path: &Path) -> Picture {
        draw(200, 200, Some(Color::WHITE), |canvas| {
            canvas.fill(path, Fill { color: Color::BLACK, opacity: 1.0 });
        })
        .expect("drawn")
    }

    fn all_of(shapes: &Shapes, features: &[u32]) -> Path {
        let mut path = Path::new();
        rings(shapes, features).for_each(|ring| trace(&mut path, ring, true));
        path
    }

    fn darkness(picture: &Picture) -> Vec<f64> {
        picture.data().chunks_exact(4).map(|p| 1.0 - f64::from(p[0]) / 255.0).collect()
    }

    /// The greatest difference of two pictures in one pixel.
    fn difference(one: &Picture, other: &Picture) -> f64 {
        darkness(one).into_iter().zip(darkness(other)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn what_is_filled_is_the_same_without_the_borders_between_neighbours() {
        let cells: Vec<_> = mosaic(12, 14.3).into_iter().map(|ring| vec![ring]).collect();
        let (shapes, features) = shapes(&cells);
        let path = Borders::of(&shapes, &features).outer(&shapes, &features);
        assert!(path.elements().len() < 12 * 4 * 2 + 10, "{}", path.elements().len());
        let (with, without) = (filled(&all_of(&shapes, &features)), filled(&path));
        assert!(difference(&with, &without) < 0.02);
        assert!((20..150).all(|n| without.pixel(n, 80) == Some([0, 0, 0, 255])), "a seam is left");
    }

    #[test]
    fn gaps_holes_islands_and_repetitions_are_filled_as_before() {
        let mut cells: Vec<_> = mosaic(8, 20.0).into_iter().map(|ring| vec![ring]).collect();
        // A gap in the middle, one that touches the outside, a cell twice, a hole that another feature fills, one that none does.
        cells.remove(27);
        cells.remove(3);
        cells.push(cells[40].clone());
        cells[10].push(square(57.0, 37.0, 5.0));
        cells.push(vec![square(57.0, 37.0, 5.0)]);
        cells[12].push(square(98.0, 37.0, 5.0));
        let (shapes, features) = shapes(&cells);
        let path = Borders::of(&shapes, &features).outer(&shapes, &features);
        let (with, without) = (filled(&all_of(&shapes, &features)), filled(&path));
        assert!(difference(&with, &without) < 0.02);
        assert_eq!(without.pixel(100, 39), Some([255, 255, 255, 255]), "the hole");
        assert_eq!(without.pixel(59, 39), Some([0, 0, 0, 255]), "the island");
    }

    #[test]
    fn a_border_is_drawn_once_and_looks_as_if_drawn_twice() {
        let cells: Vec<_> = mosaic(12, 14.3).into_iter().map(|ring| vec![ring]).collect();
        let (shapes, features) = shapes(&cells);
        for width in [0.6, 1.0, 2.0, 6.0] {
            let stroke = Stroke { width, color: Color::BLACK, opacity: 1.0, ..Stroke::default() };
            let mut elements = 0;
            let once = draw(200, 200, Some(Color::WHITE), |canvas| {
                Borders::of(&shapes, &features).once(&shapes, &features, width, |path| {
                    elements += path.elements().len();
                    canvas.stroke(path, &stroke);
                });
            })
            .expect("drawn");
            let twice = draw(200, 200, Some(Color::WHITE), |canvas| {
                for ring in rings(&shapes, &features) {
                    let mut path = Path::new();
                    trace(&mut path, ring, true);
                    canvas.stroke(&path, &stroke);
                }
            })
            .expect("drawn");
            let all: usize = rings(&shapes, &features).map(|ring| ring.len() + 1).sum();
            assert!(elements * 10 < all * 7, "{elements} of {all}");
            let mut worse = 0;
            let mut least = 0.0_f64;
            for (once, twice) in darkness(&once).into_iter().zip(darkness(&twice)) {
                // Half covered pixels are no longer covered twice.
                let expected = 1.0 - (1.0 - once) * (1.0 - once);
                least = least.max(once - twice);
                worse += usize::from(twice > expected + 0.1);
            }
            // Two lines of one path that each cover half a pixel fill it; one after the other they leave a quarter.
            assert!(least < 0.26, "{width}: {least}");
            assert!(worse < 200 * 200 / 100, "{width}: {worse}");
        }
    }

    #[test]
    fn rings_that_are_hardly_rings_end() {
        let polygons = vec![
            vec![vec![[10.0, 10.0], [50.0, 50.0]]],
            vec![vec![[10.0, 10.0], [50.0, 50.0], [10.0, 10.0], [50.0, 50.0]]],
            vec![vec![[10.0, 10.0], [50.0, 10.0], [10.0, 10.0], [10.0, 50.0], [60.0, 60.0]]],
            vec![square(20.0, 20.0, 30.0), square(20.0, 20.0, 30.0)],
            vec![vec![[20.0, 20.0], [50.0, 50.0], [50.0, 20.0], [20.0, 50.0]]],
        ];
        let (shapes, features) = shapes(&polygons);
        let path = Borders::of(&shapes, &features).outer(&shapes, &features);
        let (with, without) = (filled(&all_of(&shapes, &features)), filled(&path));
        assert!(difference(&with, &without) < 0.02);
        let mut drawn = 0;
        Borders::of(&shapes, &features).once(&shapes, &features, 1.0, |_| drawn += 1);
        assert_eq!(drawn, 1);
        assert!(Borders::of(&shapes, &[]).outer(&shapes, &[]).elements().is_empty());
    }
}

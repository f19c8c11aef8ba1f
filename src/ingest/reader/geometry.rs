//! Geometries of one layer: checked, repaired, measured, and their common type found.

use super::edit::{self, Shape};
use super::lonlat::LonLat;
use super::ogr::{self, Verdict};
use super::survey::Survey;
use crate::geo::wkb::{GeometryType, Header};
use crate::geo::{BBox, Crs};
use crate::ingest::{Example, Finding, Level};
use std::sync::Arc;

/// A place in the file and the id there; which of the two becomes `fid` is known at the end.
#[derive(Clone, Copy)]
pub(super) struct Whence {
    pub sequence: u64,
    pub fid: i64,
}

/// What happened to some features, with the first of them.
#[derive(Default)]
pub(super) struct Tally {
    pub count: u64,
    examples: Vec<(Whence, Option<[f64; 2]>, String)>,
}

impl Tally {
    pub(super) fn add(&mut self, limit: usize, whence: Whence, at: Option<[f64; 2]>, reason: &str) {
        self.count += 1;
        if self.examples.len() < limit {
            self.examples.push((whence, at, reason.to_owned()));
        }
    }

    /// The finding, if anything happened. `fid` tells the final id.
    pub(super) fn finding(
        self,
        level: Level,
        code: &str,
        fid: impl Fn(Whence) -> i64,
        message: impl FnOnce(u64) -> String,
    ) -> Option<Finding> {
        let mut finding = Finding::new(level, code, (self.count > 0).then(|| message(self.count))?);
        finding.count = self.count;
        finding.examples = self
            .examples
            .into_iter()
            .map(|(whence, position, reason)| Example { fid: Some(fid(whence)), position, reason })
            .collect();
        Some(finding)
    }
}

/// The geometries of a layer.
pub(super) struct Geometries {
    /// Box of all that was kept.
    pub extent: BBox,
    /// The same in longitude and latitude.
    pub lonlat: LonLat,
    /// Boxes of features must lie within this to count as placed; absent where nothing is known.
    bounds: Option<BBox>,
    examples: usize,
    kinds: u16,
    with_z: u64,
    with_m: u64,
    present: u64,
    absent: u64,
    survey: Survey,
    repaired: Tally,
    invalid: Tally,
    dropped: Tally,
    outside: Tally,
}

impl Geometries {
    pub(super) fn new(crs: &Arc<Crs>, bounds: Option<BBox>, examples: usize) -> Self {
        Self {
            extent: BBox::EMPTY,
            lonlat: LonLat::from(crs),
            bounds,
            examples,
            kinds: 0,
            with_z: 0,
            with_m: 0,
            present: 0,
            absent: 0,
            survey: Survey::new(),
            repaired: Tally::default(),
            invalid: Tally::default(),
            dropped: Tally::default(),
            outside: Tally::default(),
        }
    }

    /// Counts a feature without geometry.
    pub(super) const fn skip(&mut self) {
        self.absent += 1;
    }

    /// Takes a geometry in ISO WKB, which may be rewritten; answers the centre of its box. `None` means
    /// that it can't be kept and `wkb` is empty now.
    pub(super) fn take(&mut self, wkb: &mut Vec<u8>, whence: Whence) -> Option<[f64; 2]> {
        let Some(header) = self.sound(wkb, whence) else {
            wkb.clear();
            return None;
        };
        self.present += 1;
        self.kinds |= 1 << header.kind.code();
        self.with_z += u64::from(header.has_z);
        self.with_m += u64::from(header.has_m);
        let extent = self.survey.extent;
        let centre = extent.centre();
        if let Some(bounds) = &self.bounds
            && bounds.intersection(&extent) != Some(extent)
        {
            self.outside.add(self.examples, whence, Some(centre), "outside the area of use");
        }
        self.extent = self.extent.union(&extent);
        self.lonlat.add(wkb, &extent);
        Some(centre)
    }

    /// Makes the geometry one that PostGIS takes and, where possible, a valid one.
    fn sound(&mut self, wkb: &mut Vec<u8>, whence: Whence) -> Option<Header> {
        let mut header = match self.survey.take(wkb) {
            Ok(header) if !self.survey.not_finite => header,
            Ok(_) => {
                self.dropped.add(self.examples, whence, None, "a coordinate is not a finite number");
                return None;
            }
            Err(error) => {
                self.dropped.add(self.examples, whence, None, &error.to_string());
                return None;
            }
        };
        let at = self.survey.extent.is_valid().then(|| self.survey.extent.centre());
        if self.survey.degenerate {
            let shape = Shape { has_z: header.has_z, has_m: header.has_m, only: None };
            let Some(better) = edit::conform(wkb, shape) else {
                self.dropped.add(self.examples, whence, at, "too few points to be a line or an area");
                return None;
            };
            self.repaired.add(self.examples, whence, at, "parts with too few points were left out");
            *wkb = better;
            header = self.survey.take(wkb).ok()?;
        }
        if self.survey.is_surely_valid() {
            return Some(header);
        }
        if let Verdict::Invalid { reason, repaired } = ogr::judge(wkb) {
            let (reason, place) = split_reason(&reason);
            match repaired.and_then(|r| same_dimension(r, header)) {
                Some(better) => {
                    *wkb = better;
                    header = self.survey.take(wkb).ok()?;
                    self.repaired.add(self.examples, whence, place.or(at), reason);
                }
                None => self.invalid.add(self.examples, whence, place.or(at), reason),
            }
        }
        Some(header)
    }

    /// Whether there are geometries and not one lies where the system is defined.
    pub(super) const fn is_elsewhere(&self) -> bool {
        self.present > 0 && self.outside.count == self.present
    }

    /// The type that holds all geometries; `declared` counts only where there is none.
    pub(super) fn kind(&self, declared: GeometryType) -> GeometryType {
        let seen = |kind: GeometryType| self.kinds & (1 << kind.code()) != 0;
        if self.kinds == 0 {
            return declared;
        }
        let only = |a: GeometryType, b: GeometryType| self.kinds & !(1 << a.code() | 1 << b.code()) == 0;
        for single in [GeometryType::Point, GeometryType::LineString, GeometryType::Polygon] {
            if only(single, single.multi()) {
                return if seen(single.multi()) { single.multi() } else { single };
            }
        }
        let collection = GeometryType::GeometryCollection;
        if only(collection, collection) { collection } else { GeometryType::Geometry }
    }

    pub(super) const fn has_z(&self) -> bool {
        self.with_z > 0
    }

    pub(super) const fn has_m(&self) -> bool {
        self.with_m > 0
    }

    /// Whether some geometries lack an ordinate that others have.
    pub(super) const fn is_uneven(&self) -> bool {
        (self.with_z > 0 && self.with_z < self.present) || (self.with_m > 0 && self.with_m < self.present)
    }

    /// What there is to say about them.
    pub(super) fn findings(self, kind: GeometryType, crs: &str, fid: impl Fn(Whence) -> i64) -> Vec<Finding> {
        let uneven = self.is_uneven();
        let mut all = Vec::new();
        all.extend(self.repaired.finding(Level::Warning, "geometry-repaired", &fid, |n| {
            format!("{n} invalid geometries were repaired; look at the places listed and correct the source")
        }));
        all.extend(self.invalid.finding(Level::Warning, "geometry-invalid", &fid, |n| {
            format!(
                "{n} invalid geometries could not be repaired without changing their type and were kept as they are; correct them in the source"
            )
        }));
        all.extend(self.dropped.finding(Level::Warning, "geometry-dropped", &fid, |n| {
            format!(
                "{n} features have a geometry that can't be stored; they were kept without it; correct them in the source"
            )
        }));
        all.extend(self.outside.finding(Level::Warning, "outside-crs", &fid, |n| {
            format!(
                "{n} features reach outside the area where {crs} is defined; check their coordinates, or name the right system with --crs"
            )
        }));
        if self.absent > 0 {
            let message =
                format!("{} features have no geometry; they appear in tables but not on maps", self.absent);
            all.push(Finding::new(Level::Info, "geometry-missing", message).times(self.absent));
        }
        if kind == GeometryType::Geometry && self.kinds != 0 {
            let kinds: Vec<&str> = (1..=7)
                .filter(|code| self.kinds & (1 << code) != 0)
                .filter_map(|code| GeometryType::from_code(code).map(GeometryType::name))
                .collect();
            let message = format!(
                "the layer mixes {}; it is published as one, but some clients expect one kind of geometry a layer",
                kinds.join(", ")
            );
            all.push(Finding::new(Level::Warning, "geometry-mixed", message).times(self.present));
        }
        if uneven {
            let message =
                "some features have heights or measures and others not; the missing ones were set to 0";
            all.push(Finding::new(Level::Warning, "geometry-uneven", message));
        }
        all
    }
}

/// The repaired geometry, if it is of the original's dimension. GEOS splits a polygon with a flat spike
/// into the polygon and a line: the line has no area and is left out. GEOS knows no M.
fn same_dimension(repaired: Vec<u8>, original: Header) -> Option<Vec<u8>> {
    if original.has_m {
        return None;
    }
    match original.kind.dimension() {
        Some(dimension) => edit::extract(&repaired, dimension, original.has_z),
        None => edit::conform(&repaired, Shape { has_z: original.has_z, has_m: false, only: None }),
    }
}

/// Splits `Self-intersection at or near point 5 43` into the reason and the place.
fn split_reason(text: &str) -> (&str, Option<[f64; 2]>) {
    let Some((reason, place)) = text.split_once(" at or near point ") else { return (text, None) };
    let mut numbers = place.split_whitespace().map_while(|n| n.parse::<f64>().ok());
    let place = numbers.next().zip(numbers.next()).filter(|(x, y)| x.is_finite() && y.is_finite());
    (reason, place.map(|(x, y)| [x, y]))
}

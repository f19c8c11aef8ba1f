//! From EWKB straight into the shapes of a picture.

use super::projector::Projector;
use crate::geo::wkb::{self, Coords, Visitor, WkbError};
use crate::render::Tracer;

/// Walks geometries and hands their parts, moved into pixels, to the tracer.
pub(super) struct Decoder {
    projector: Projector,
    scratch: Vec<[f64; 2]>,
    /// What has been seen so far.
    pub(super) tracer: Tracer,
}

impl Decoder {
    pub(super) fn new(projector: Projector, tracer: Tracer) -> Self {
        Self { projector, scratch: Vec::new(), tracer }
    }

    /// Takes a feature's geometry; its index in the shapes, `None` when nothing of it can be seen.
    pub(super) fn feature(&mut self, ewkb: &[u8]) -> Result<Option<u32>, WkbError> {
        let walked = wkb::walk(ewkb, self);
        let index = self.tracer.feature();
        walked.map(|_| index)
    }

    fn moved(&mut self, coords: Coords<'_>) {
        self.scratch.clear();
        self.scratch.extend(coords.iter());
        self.projector.project(&mut self.scratch);
    }
}

impl Visitor for Decoder {
    fn point(&mut self, coords: Coords<'_>) {
        self.moved(coords);
        if let Some(at) = self.scratch.first() {
            self.tracer.point(*at);
        }
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.moved(coords);
        self.tracer.line(self.scratch.iter().copied());
    }

    fn ring(&mut self, coords: Coords<'_>, exterior: bool) {
        self.moved(coords);
        self.tracer.ring(self.scratch.iter().copied(), exterior);
    }
}

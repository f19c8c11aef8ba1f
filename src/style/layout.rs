//! How labels find their places: what SE says of lines (OGC 05-077r4 clause 11.4.4) and the options that GeoServer added
//! to it, which producers' styles use most.

use super::Expression;

/// How a label finds its place.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelLayout {
    /// Labels of greater priority go first, whatever their layer; 1000 where it yields nothing (`Priority`).
    pub priority: Option<Expression>,
    /// Whether it keeps off other labels and they off it (`conflictResolution`).
    pub conflict: bool,
    /// Free room around it (`spaceAround`); negative where labels may overlap a little.
    pub room: f32,
    /// Again and again along a line.
    pub repeat: Option<Repeat>,
    /// One label for all features with the same text: lines that meet are one (`group`).
    pub group: bool,
    /// Letters follow the bends of a line (`followLine`).
    pub follow: bool,
    /// Greatest angle between neighbouring letters, in degrees (`maxAngleDelta`).
    pub max_angle: f32,
    /// Whether it runs along the line rather than from left to right (`IsAligned`).
    pub aligned: bool,
    /// Whether it is turned so that it can be read (`forceLeftToRight`).
    pub upright: bool,
    /// How far it may move to find room (`maxDisplacement`).
    pub max_displacement: f32,
    /// Width from which on a line is broken (`autoWrap`); never when 0.
    pub wrap: f32,
    /// Share of it that must lie in its area, 0 to 1 (`goodnessOfFit`).
    pub fit: f32,
    /// Whether it may be cut at the border of the map (`partials`).
    pub partials: bool,
}

/// How a label is repeated along a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repeat {
    /// Where the first begins; around the middle of the line when absent.
    pub initial_gap: Option<f32>,
    /// Free room from one to the next.
    pub gap: f32,
}

impl LabelLayout {
    /// Priority of labels that have none.
    pub const PRIORITY: f32 = 1000.0;
}

impl Default for LabelLayout {
    fn default() -> Self {
        Self {
            priority: None,
            conflict: true,
            room: 2.0,
            repeat: None,
            group: false,
            follow: false,
            max_angle: 22.5,
            aligned: true,
            upright: true,
            max_displacement: 0.0,
            wrap: 0.0,
            fit: 0.0,
            partials: false,
        }
    }
}

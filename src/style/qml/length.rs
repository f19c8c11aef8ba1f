//! Lengths and their units.

use super::reader::Reader;
use crate::style::Unit;
use roxmltree::Node;

/// Millimetres of a pixel, in SLD and here.
const PIXEL: f64 = 0.28;
/// Largest length in pixels or metres: what SLD takes.
const LARGEST: f64 = 1_000.0;
/// Where one symbol has lengths on paper and on the ground, they are the same at this scale.
const COMMON: f64 = 10_000.0;

/// A length as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Length {
    /// How much.
    pub(super) value: f64,
    /// Of what: `MM`, `Pixel`, `Point`, `Inch`, `MapUnit`, `RenderMetersInMapUnits`.
    pub(super) unit: String,
}

impl Length {
    /// Whether it grows with the map.
    pub(super) fn is_on_ground(&self) -> bool {
        matches!(self.unit.as_str(), "MapUnit" | "RenderMetersInMapUnits" | "MetersInMapUnits")
    }
}

/// What the lengths of a symbolizer are told in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    ground: bool,
    reference: Option<f64>,
}

impl Measure {
    /// The measure of a symbol whose main length this is.
    pub(super) fn of(reader: &Reader<'_, '_>, main: &Length) -> Self {
        Self { ground: main.is_on_ground() || reader.reference.is_some(), reference: reader.reference }
    }

    /// What the symbolizer says.
    pub(super) const fn unit(self) -> Unit {
        if self.ground { Unit::Metre } else { Unit::Pixel }
    }

    /// How much of its unit one of a length's is; what can't be told exactly is noted.
    pub(super) fn factor<'a, 'i>(
        self,
        reader: &mut Reader<'a, 'i>,
        node: Node<'a, 'i>,
        length: &Length,
    ) -> f64 {
        if length.unit == "MapUnit" {
            reader.note(node, "map units are taken for metres");
        }
        if length.is_on_ground() {
            if self.ground {
                return 1.0;
            }
            reader
                .note(node, "lengths on paper and on the ground in one symbol are the same at 1:10000 only");
            return 1000.0 / (PIXEL * COMMON);
        }
        let pixels = match length.unit.as_str() {
            "Pixel" => 1.0,
            "Point" | "Points" => 25.4 / 72.0 / PIXEL,
            "Inch" | "Inches" => 25.4 / PIXEL,
            "MM" => 1.0 / PIXEL,
            other => {
                let named: String = other.chars().take(40).collect();
                reader.note(node, &format!("the unit '{named}' is not known; millimetres are taken"));
                1.0 / PIXEL
            }
        };
        match (self.ground, self.reference) {
            (false, _) => pixels,
            (true, Some(reference)) => pixels * PIXEL / 1000.0 * reference,
            (true, None) => {
                reader.note(
                    node,
                    "lengths on paper and on the ground in one symbol are the same at 1:10000 only",
                );
                pixels * PIXEL / 1000.0 * COMMON
            }
        }
    }

    /// A length in its unit, within what SLD takes.
    pub(super) fn length<'a, 'i>(
        self,
        reader: &mut Reader<'a, 'i>,
        node: Node<'a, 'i>,
        length: &Length,
    ) -> f32 {
        if length.value == 0.0 {
            return 0.0;
        }
        let value = length.value * self.factor(reader, node, length);
        if value.abs() > LARGEST {
            reader.note(node, &format!("a length of {value:.0} is drawn as {LARGEST}"));
        }
        tidy(value.clamp(-LARGEST, LARGEST))
    }
}

/// Without the digits that a change of unit adds.
pub(super) fn tidy(value: f64) -> f32 {
    ((value * 1e4).round() / 1e4) as f32
}

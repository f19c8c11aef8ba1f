//! Parameters of symbolizers that are computed from each feature.

use super::{
    Cell, Color, Expression, Fill, Halo, Mark, Placement, PointSymbolizer, Stroke, Symbol, Symbolizer,
};

/// Largest width, size or distance that is computed, in the symbolizer's units: features outside of a map must be read
/// so far.
pub const LARGEST_COMPUTED: f32 = 200.0;

/// A parameter that is computed from each feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    /// Which.
    pub parameter: Parameter,
    /// What yields it; where that is nothing, the parameter's default stays.
    pub value: Expression,
}

/// What of a symbolizer can be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Colour of the interior, of the mark's, or of letters.
    Fill,
    /// Opacity of the same.
    FillOpacity,
    /// Colour of the border or line.
    Stroke,
    /// Opacity of the same.
    StrokeOpacity,
    /// Width of the same.
    StrokeWidth,
    /// Distance of a line, or of a label, from where it would lie.
    PerpendicularOffset,
    /// Size of a mark.
    Size,
    /// Turn of a mark or label.
    Rotation,
    /// Opacity of a whole mark.
    Opacity,
    /// Size of letters.
    FontSize,
    /// Colour of a halo.
    HaloFill,
    /// Opacity of a halo.
    HaloOpacity,
    /// Radius of a halo.
    HaloRadius,
}

impl PointSymbolizer {
    fn mark(&mut self) -> Option<&mut Mark> {
        match &mut self.graphic.symbol {
            Symbol::Mark(mark) => Some(mark),
            Symbol::Picture(_) => None,
        }
    }
}

impl Symbolizer {
    /// Its computed parameters.
    #[must_use]
    pub fn computed(&self) -> &[Computed] {
        match self {
            Self::Polygon(polygon) => &polygon.computed,
            Self::Line(line) => &line.computed,
            Self::Point(point) => &point.computed,
            Self::Text(text) => &text.computed,
            Self::Raster(_) => &[],
        }
    }

    /// The symbolizer of one feature: with the values of its computed parameters, in their order.
    #[must_use]
    pub fn with(&self, values: &[Cell]) -> Self {
        let mut own = self.clone();
        for (computed, value) in self.computed().iter().zip(values) {
            match (value.color(), value.number()) {
                (Some(color), _) => own.color(computed.parameter, color),
                (None, Some(number)) => own.number(computed.parameter, number as f32),
                (None, None) => {}
            }
        }
        own
    }

    fn fill(&mut self) -> Option<&mut Fill> {
        match self {
            Self::Polygon(polygon) => polygon.fill.as_mut(),
            Self::Point(point) => point.mark()?.fill.as_mut(),
            Self::Text(text) => Some(&mut text.fill),
            Self::Line(_) | Self::Raster(_) => None,
        }
    }

    fn stroke(&mut self) -> Option<&mut Stroke> {
        match self {
            Self::Polygon(polygon) => polygon.stroke.as_mut(),
            Self::Line(line) => Some(&mut line.stroke),
            Self::Point(point) => point.mark()?.stroke.as_mut(),
            Self::Text(_) | Self::Raster(_) => None,
        }
    }

    fn halo(&mut self) -> Option<&mut Halo> {
        match self {
            Self::Text(text) => text.halo.as_mut(),
            _ => None,
        }
    }

    fn color(&mut self, parameter: Parameter, color: Color) {
        let place = match parameter {
            Parameter::Fill => self.fill().map(|fill| &mut fill.color),
            Parameter::Stroke => self.stroke().map(|stroke| &mut stroke.color),
            Parameter::HaloFill => self.halo().map(|halo| &mut halo.fill.color),
            _ => None,
        };
        if let Some(place) = place {
            *place = color;
        }
    }

    fn number(&mut self, parameter: Parameter, number: f32) {
        let length = number.clamp(0.0, LARGEST_COMPUTED);
        let share = number.clamp(0.0, 1.0);
        let (place, value) = match (parameter, &mut *self) {
            (Parameter::FillOpacity, own) => (own.fill().map(|fill| &mut fill.opacity), share),
            (Parameter::StrokeOpacity, own) => (own.stroke().map(|stroke| &mut stroke.opacity), share),
            (Parameter::StrokeWidth, own) => (own.stroke().map(|stroke| &mut stroke.width), length),
            (Parameter::HaloOpacity, own) => (own.halo().map(|halo| &mut halo.fill.opacity), share),
            (Parameter::HaloRadius, own) => (own.halo().map(|halo| &mut halo.radius), length.min(50.0)),
            (Parameter::Size, Self::Point(point)) => (Some(&mut point.graphic.size), length),
            (Parameter::Opacity, Self::Point(point)) => (Some(&mut point.graphic.opacity), share),
            (Parameter::Rotation, Self::Point(point)) => (Some(&mut point.graphic.rotation), number % 360.0),
            (Parameter::Rotation, Self::Text(text)) => match &mut text.placement {
                Placement::Point { rotation, .. } => (Some(rotation), number % 360.0),
                Placement::Line { .. } => (None, 0.0),
            },
            (Parameter::FontSize, Self::Text(text)) => (Some(&mut text.font.size), length.max(1.0)),
            (Parameter::PerpendicularOffset, Self::Line(line)) => {
                (Some(&mut line.offset), number.clamp(-LARGEST_COMPUTED, LARGEST_COMPUTED))
            }
            _ => (None, 0.0),
        };
        if let Some(place) = place {
            *place = value;
        }
    }

    /// The greatest value of a computed parameter; `None` when it isn't computed.
    #[must_use]
    pub fn greatest(&self, parameter: Parameter) -> Option<f32> {
        let computed = self.computed().iter().find(|c| c.parameter == parameter)?;
        let greatest = computed.value.greatest().map_or(LARGEST_COMPUTED, |v| v as f32);
        Some(greatest.clamp(0.0, LARGEST_COMPUTED))
    }
}

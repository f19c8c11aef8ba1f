//! Marks as distance fields: MapLibre colours them itself, so that colours may come from the data, and draws them at any
//! size, large or small, with a border that keeps its width.

use super::computed;
use super::icons::{IconContent, Look};
use super::layers::tidy;
use crate::style::{Color, Computed, Fill, Mark, MarkShape, Parameter, PointSymbolizer, Symbolizer};
use serde_json::{Value, json};

/// What fields draw from the data.
const SAID: [Parameter; 8] = [
    Parameter::Size,
    Parameter::Rotation,
    Parameter::Opacity,
    Parameter::Fill,
    Parameter::FillOpacity,
    Parameter::Stroke,
    Parameter::StrokeOpacity,
    Parameter::StrokeWidth,
];
/// What a picture can't.
const NEEDED: [Parameter; 6] = [
    Parameter::Size,
    Parameter::Fill,
    Parameter::FillOpacity,
    Parameter::Stroke,
    Parameter::StrokeOpacity,
    Parameter::StrokeWidth,
];

/// A mark as a field, when it is a closed shape, and its colours or its size are computed; `None` also where an expression
/// can't be said.
pub(super) fn look(point: &PointSymbolizer) -> Option<Look> {
    let mark = point.graphic.mark()?;
    let is_closed = !mark.shape.is_open() && !matches!(mark.shape, MarkShape::Letter { .. });
    let asked = |one: &Computed| NEEDED.contains(&one.parameter);
    if !is_closed || !point.computed.iter().any(asked) {
        return None;
    }
    let values = Values { point, mark };
    let size = values.number(Parameter::Size, point.graphic.size)?;
    // Fields are enlarged well and made small badly: a border of some pixels of the map would be wider than the field goes.
    let unit = match Symbolizer::Point(point.clone()).greatest(Parameter::Size) {
        Some(greatest) => (greatest / 4.0).clamp(8.0, 12.0),
        None => point.graphic.size.clamp(8.0, 64.0),
    }
    .round();
    let (width, halo) = values.border()?;
    // Borders lie half inside of the shape, halos outside.
    let icon_size = match (size.as_f64(), width.as_f64()) {
        (Some(size), Some(width)) => json!(rounded((size - width).max(0.0) / f64::from(unit))),
        _ => json!(["/", ["max", ["-", size, width], 0], unit]),
    };
    let mut paint = json!({ "icon-color": values.interior()? });
    if let Some(halo) = halo {
        paint["icon-halo-color"] = halo;
        paint["icon-halo-width"] = width;
    }
    Some(Look {
        content: IconContent::Field { shape: mark.shape.clone(), size: unit },
        unit,
        size: icon_size,
        turn: values.number(Parameter::Rotation, point.graphic.rotation)?,
        opacity: values.number(Parameter::Opacity, point.graphic.opacity)?,
        paint,
        said: SAID.to_vec(),
    })
}

/// Parameters of a mark, fixed or computed.
struct Values<'a> {
    point: &'a PointSymbolizer,
    mark: &'a Mark,
}

impl Values<'_> {
    fn computed(&self, parameter: Parameter) -> Option<&Computed> {
        self.point.computed.iter().find(|c| c.parameter == parameter)
    }

    fn number(&self, parameter: Parameter, fixed: f32) -> Option<Value> {
        self.computed(parameter).map_or_else(|| Some(json!(tidy(fixed))), |c| computed::number(&c.value))
    }

    fn color(&self, parameter: Parameter, fixed: Color) -> Option<Value> {
        self.computed(parameter).map_or_else(|| Some(json!(fixed.hex())), |c| computed::text(&c.value))
    }

    /// The colour within the border; a mark without one is its border only.
    fn interior(&self) -> Option<Value> {
        let is_computed = self.computed(Parameter::Fill).is_some();
        match self.mark.fill.or_else(|| is_computed.then(Fill::default)) {
            None => Some(json!("rgba(0,0,0,0)")),
            Some(fill) => {
                let opacity = self.number(Parameter::FillOpacity, fill.opacity)?;
                Some(translucent(self.color(Parameter::Fill, fill.color)?, &opacity))
            }
        }
    }

    /// Width and colour of the border.
    fn border(&self) -> Option<(Value, Option<Value>)> {
        let Some(stroke) = &self.mark.stroke else { return Some((json!(0), None)) };
        let opacity = self.number(Parameter::StrokeOpacity, stroke.opacity)?;
        let color = translucent(self.color(Parameter::Stroke, stroke.color)?, &opacity);
        Some((self.number(Parameter::StrokeWidth, stroke.width)?, Some(color)))
    }
}

/// A colour with an opacity, of which each may be an expression.
fn translucent(color: Value, opacity: &Value) -> Value {
    if opacity.as_f64().is_some_and(|o| o >= 1.0) {
        return color;
    }
    let part = |index: u8| json!(["at", index, ["var", "color"]]);
    json!(["let", "color", ["to-rgba", ["to-color", color]], ["rgba", part(0), part(1), part(2), opacity]])
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

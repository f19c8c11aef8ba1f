//! What stands where a computed value is nothing.
//!
//! Other languages write a fixed value beside the computed one. SLD has the expression alone, so that the fixed value
//! must be its fallback, or SLD's own default would be drawn.

use super::{
    Categorize, Cell, Color, Computed, Expression, Fill, Parameter, Placement, Stroke, Style, Symbolizer,
    ThresholdsBelongTo,
};

/// Gives every computed parameter its fixed value as fallback; what is the same for all features is fixed.
pub(super) fn keep(style: &mut Style) {
    let rules = style.feature_type_styles.iter_mut().flat_map(|pass| &mut pass.rules);
    for symbolizer in rules.flat_map(|rule| &mut rule.symbolizers) {
        fix(symbolizer);
        let fixed: Vec<Option<String>> =
            symbolizer.computed().iter().map(|c| fixed(symbolizer, c.parameter)).collect();
        for (computed, fixed) in all_of(symbolizer).into_iter().flatten().zip(fixed) {
            if let Some(fixed) = fixed {
                computed.value = with(computed.value.clone(), computed.parameter, fixed);
            }
        }
    }
}

/// Puts what no property changes in its place, within the bounds of that.
fn fix(symbolizer: &mut Symbolizer) {
    let is_fixed = |computed: &Computed| {
        let mut fixed = true;
        computed.value.properties(&mut |_| fixed = false);
        fixed
    };
    let value = |computed: &Computed| match is_fixed(computed) {
        true => computed.value.evaluate(&|_| Cell::Nothing),
        false => Cell::Nothing,
    };
    let cells: Vec<Cell> = symbolizer.computed().iter().map(value).collect();
    *symbolizer = symbolizer.with(&cells);
    if let Some(all) = all_of(symbolizer) {
        all.retain(|computed| !is_fixed(computed));
    }
}

/// What is computed; nothing of images is.
fn all_of(symbolizer: &mut Symbolizer) -> Option<&mut Vec<Computed>> {
    Some(match symbolizer {
        Symbolizer::Polygon(polygon) => &mut polygon.computed,
        Symbolizer::Line(line) => &mut line.computed,
        Symbolizer::Point(point) => &mut point.computed,
        Symbolizer::Text(text) => &mut text.computed,
        Symbolizer::Raster(_) => return None,
    })
}

/// An expression that yields the fixed value where it would yield nothing.
fn with(value: Expression, parameter: Parameter, fixed: String) -> Expression {
    match value {
        Expression::Recode(mut map) => {
            map.fallback.get_or_insert(fixed);
            Expression::Recode(map)
        }
        Expression::Categorize(mut classes) => {
            classes.fallback.get_or_insert(fixed);
            Expression::Categorize(classes)
        }
        Expression::Interpolate(mut curve) => {
            curve.fallback.get_or_insert(fixed);
            Expression::Interpolate(curve)
        }
        // A number on both sides of a threshold is itself, and what is no number is the fallback.
        value if is_number(parameter) && fixed != default(parameter) => {
            Expression::Categorize(Box::new(Categorize {
                lookup: value.clone(),
                first: value.clone(),
                classes: vec![(Expression::Literal("0".to_owned()), value)],
                belong: ThresholdsBelongTo::Succeeding,
                fallback: Some(fixed),
            }))
        }
        value => value,
    }
}

const fn is_number(parameter: Parameter) -> bool {
    !matches!(parameter, Parameter::Fill | Parameter::Stroke | Parameter::HaloFill)
}

/// SLD's own default.
const fn default(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::Fill => "#808080",
        Parameter::Stroke => "#000000",
        Parameter::HaloFill => "#ffffff",
        Parameter::PerpendicularOffset | Parameter::Rotation => "0",
        Parameter::Size => "6",
        Parameter::FontSize => "10",
        Parameter::FillOpacity
        | Parameter::StrokeOpacity
        | Parameter::StrokeWidth
        | Parameter::Opacity
        | Parameter::HaloOpacity
        | Parameter::HaloRadius => "1",
    }
}

/// The fixed value of a parameter, as SLD writes it.
fn fixed(symbolizer: &Symbolizer, parameter: Parameter) -> Option<String> {
    let (mut fill, mut stroke, mut halo): (Option<Fill>, Option<&Stroke>, Option<(f32, Fill)>) =
        (None, None, None);
    let mut number = None;
    match symbolizer {
        Symbolizer::Raster(_) => return None,
        Symbolizer::Polygon(polygon) => (fill, stroke) = (polygon.fill, polygon.stroke.as_ref()),
        Symbolizer::Line(line) => {
            stroke = Some(&line.stroke);
            number = (parameter == Parameter::PerpendicularOffset).then_some(line.offset);
        }
        Symbolizer::Point(point) => {
            let mark = point.graphic.mark();
            (fill, stroke) = (mark.and_then(|m| m.fill), mark.and_then(|m| m.stroke.as_ref()));
            number = match parameter {
                Parameter::Size => Some(point.graphic.size),
                Parameter::Rotation => Some(point.graphic.rotation),
                Parameter::Opacity => Some(point.graphic.opacity),
                _ => None,
            };
        }
        Symbolizer::Text(text) => {
            fill = Some(text.fill);
            halo = text.halo.map(|h| (h.radius, h.fill));
            number = match (parameter, text.placement) {
                (Parameter::FontSize, _) => Some(text.font.size),
                (Parameter::Rotation, Placement::Point { rotation, .. }) => Some(rotation),
                _ => None,
            };
        }
    }
    let hex = |color: Option<Color>| color.map(Color::hex);
    match parameter {
        Parameter::Fill => hex(fill.map(|f| f.color)),
        Parameter::FillOpacity => fill.map(|f| f.opacity.to_string()),
        Parameter::Stroke => hex(stroke.map(|s| s.color)),
        Parameter::StrokeOpacity => stroke.map(|s| s.opacity.to_string()),
        Parameter::StrokeWidth => stroke.map(|s| s.width.to_string()),
        Parameter::HaloFill => hex(halo.map(|(_, f)| f.color)),
        Parameter::HaloOpacity => halo.map(|(_, f)| f.opacity.to_string()),
        Parameter::HaloRadius => halo.map(|(radius, _)| radius.to_string()),
        _ => number.map(|n| n.to_string()),
    }
}

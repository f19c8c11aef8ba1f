//! Labels of `symbol` layers.

use super::layer::{Got, Properties, put, tidy};
use super::value;
use crate::filter::ast::ArithmeticOp;
use crate::style::{
    Color, Expression, Fill, Font, FontName, Halo, LabelLayout, LabelPart, Parameter, Placement, Places,
    Repeat, Symbolizer, TextFunction, TextSymbolizer, Unit,
};
use serde_json::Value;

/// Widths of lines, in letters, from which on nobody breaks them.
const UNBROKEN: f32 = 100.0;
/// Gaps between labels are counted from middle to middle: so many letters a label is long.
const LETTERS: f32 = 8.0;

/// The label of a layer; nothing where it has none.
pub(super) fn label(p: &mut Properties<'_>) -> Option<Symbolizer> {
    p.undrawn(&["icon-image"]);
    let parts = text(p)?;
    let mut computed = Vec::new();
    let size = p.number("text-size", 16.0);
    let color = p.color("text-color", (Color::BLACK, 1.0));
    let opacity = p.share("text-opacity");
    let points = size.fixed.clamp(1.0, 500.0);
    let font = Font { size: points, ..font(p) };
    let halo = halo(p, &mut computed);
    let placement = placement(p, points, &mut computed);
    let layout = layout(p, points, placement);
    put(&mut computed, Parameter::FontSize, size.computed);
    put(&mut computed, Parameter::Fill, color.computed);
    put(&mut computed, Parameter::FillOpacity, opacity.computed);
    p.undrawn(&["text-letter-spacing", "text-translate", "text-variable-anchor", "text-radial-offset"]);
    Some(Symbolizer::Text(TextSymbolizer {
        label: parts,
        font,
        fill: Fill { color: color.fixed.0, opacity: tidy(f64::from(color.fixed.1 * opacity.fixed)) },
        halo,
        placement,
        at: Places::default(),
        layout,
        unit: Unit::Pixel,
        computed,
    }))
}

fn text(p: &mut Properties<'_>) -> Option<Vec<LabelPart>> {
    let json = p.get("text-field")?.clone();
    let upper = match p.text("text-transform") {
        Some("uppercase") => Some(true),
        Some("lowercase") => Some(false),
        _ => None,
    };
    let parts = match &json {
        Value::String(text) if text.is_empty() => return None,
        Value::String(text) => tokens(text),
        _ => match value::value(&json, p.notes) {
            Ok(value) => parts(value),
            Err(untold) => {
                p.notes.add(&format!("the label is not drawn: it uses {untold}"));
                return None;
            }
        },
    };
    // A text of nothing is no label.
    if !parts.iter().any(LabelPart::is_seen) {
        return None;
    }
    let Some(upper) = upper else { return Some(parts) };
    let cased = |value| Expression::Text(Box::new(TextFunction::ChangeCase { value, upper }));
    let changed = parts.into_iter().map(|part| match part {
        LabelPart::Text(text) => {
            LabelPart::Text(if upper { text.to_uppercase() } else { text.to_lowercase() })
        }
        LabelPart::Property(name) => LabelPart::Computed(cased(Expression::Property(name))),
        LabelPart::Computed(value) => LabelPart::Computed(cased(value)),
    });
    Some(changed.collect())
}

/// `{name}` of early versions.
fn tokens(text: &str) -> Vec<LabelPart> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        if !before.is_empty() {
            parts.push(LabelPart::Text(before.to_owned()));
        }
        if !name.is_empty() {
            parts.push(LabelPart::Property(name.to_owned()));
        }
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push(LabelPart::Text(rest.to_owned()));
    }
    parts
}

fn parts(value: Expression) -> Vec<LabelPart> {
    match value {
        Expression::Property(name) => vec![LabelPart::Property(name)],
        Expression::Literal(text) => vec![LabelPart::Text(text)],
        Expression::Text(function) => match *function {
            TextFunction::Concatenate(all) => all.into_iter().flat_map(parts).collect(),
            other => vec![LabelPart::Computed(Expression::Text(Box::new(other)))],
        },
        other => vec![LabelPart::Computed(other)],
    }
}

/// Fonts are named with their weight: `Noto Sans Bold Italic`.
fn font(p: &Properties<'_>) -> Font {
    let value = p.get("text-font");
    let list = value.and_then(|v| match v.get(0).and_then(Value::as_str) {
        Some("literal") => v.get(1).and_then(Value::as_array),
        _ => v.as_array(),
    });
    let mut font = Font::default();
    for (index, name) in list.into_iter().flatten().filter_map(Value::as_str).take(10).enumerate() {
        let FontName { family, weight, style } = FontName::parse(name);
        if index == 0 {
            (font.weight, font.style) = (weight, style);
        }
        let plain: String = family.chars().filter(|c| !matches!(c, ',' | '"' | '\'')).collect();
        if !plain.is_empty() && !font.families.contains(&plain) {
            font.families.push(plain);
        }
    }
    font
}

fn halo(p: &mut Properties<'_>, computed: &mut Vec<crate::style::Computed>) -> Option<Halo> {
    let width = p.number("text-halo-width", 0.0);
    let color = p.color("text-halo-color", (Color::BLACK, 0.0));
    p.undrawn(&["text-halo-blur"]);
    let is_there = width.computed.is_some() || width.fixed > 0.0;
    let is_seen = color.computed.is_some() || color.fixed.1 > 0.0;
    if !is_there || !is_seen {
        return None;
    }
    let opacity = if color.computed.is_some() { 1.0 } else { tidy(f64::from(color.fixed.1)) };
    put(computed, Parameter::HaloRadius, width.computed);
    put(computed, Parameter::HaloFill, color.computed);
    let fill = Fill { color: color.fixed.0, opacity };
    Some(Halo { radius: width.fixed.clamp(0.0, 50.0), fill })
}

fn placement(p: &mut Properties<'_>, size: f32, computed: &mut Vec<crate::style::Computed>) -> Placement {
    // Offsets are counted in letters, downwards.
    let [x, y] = p.pair("text-offset").map(|ems| tidy(f64::from(ems * size)).clamp(-10_000.0, 10_000.0));
    if matches!(p.text("symbol-placement"), Some("line" | "line-center")) {
        return Placement::Line { offset: (0.0 - y).clamp(-1_000.0, 1_000.0) };
    }
    let turn: Got<f32> = p.number("text-rotate", 0.0);
    put(computed, Parameter::Rotation, turn.computed);
    let name = p.text("text-anchor").unwrap_or("center");
    let side = |low: &str, high: &str| match name {
        n if n.contains(low) => 0.0,
        n if n.contains(high) => 1.0,
        _ => 0.5,
    };
    let anchor = [side("left", "right"), side("bottom", "top")];
    Placement::Point { anchor, displacement: [x, 0.0 - y], rotation: turn.fixed % 360.0 }
}

fn layout(p: &mut Properties<'_>, size: f32, placement: Placement) -> LabelLayout {
    let mut layout = LabelLayout::default();
    let ours = p.is_ours();
    layout.conflict = !(p.is("text-allow-overlap") && p.is("text-ignore-placement"));
    let width = p.number("text-max-width", 10.0).fixed;
    if width < UNBROKEN {
        layout.wrap = tidy(f64::from(width * size)).clamp(0.0, 10_000.0);
    }
    if !ours {
        layout.room = p.number("text-padding", 2.0).fixed.clamp(-500.0, 500.0);
    }
    if matches!(placement, Placement::Line { .. }) {
        let angle = p.number("text-max-angle", 45.0).fixed;
        // Labels along lines always bend; what the house wrote without an angle doesn't.
        layout.follow = !ours || p.get("text-max-angle").is_some();
        if layout.follow {
            layout.max_angle = angle.clamp(0.0, 360.0);
        }
        if p.text("symbol-placement") == Some("line") {
            let spacing = p.number("symbol-spacing", 250.0).fixed;
            let gap = tidy(f64::from(spacing - size * LETTERS)).clamp(1.0, 10_000.0);
            layout.repeat = Some(Repeat { initial_gap: None, gap });
        }
        layout.wrap = 0.0;
    }
    layout.upright = p.get("text-keep-upright") != Some(&Value::Bool(false));
    layout.aligned = p.text("text-rotation-alignment") != Some("viewport");
    let key = p.number("symbol-sort-key", 0.0);
    let zero = || Box::new(Expression::Literal("0".to_owned()));
    layout.priority = match key.computed {
        // The lowest key goes first, and so does the greatest priority.
        Some(Expression::Arithmetic(ArithmeticOp::Sub, nothing, priority)) if nothing == zero() => {
            Some(*priority)
        }
        Some(key) => Some(Expression::Arithmetic(ArithmeticOp::Sub, zero(), Box::new(key))),
        None if key.fixed != 0.0 => Some(Expression::Literal((0.0 - key.fixed).to_string())),
        None => None,
    };
    layout
}

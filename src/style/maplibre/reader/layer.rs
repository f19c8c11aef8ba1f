//! Layers as rules: areas, lines, circles.

use super::super::icons;
use super::bands;
use super::{Notes, color, condition, is_set, label, short, value};
use crate::filter::Filter;
use crate::filter::ast::ArithmeticOp;
use crate::style::{
    Color, Computed, Expression, Fill, Graphic, LineCap, LineJoin, LineSymbolizer, Mark, MarkShape,
    Parameter, Places, PointSymbolizer, PolygonSymbolizer, Rule, Stroke, Symbol, Symbolizer, Unit,
};
use serde_json::{Value, json};

/// Largest width, size or distance: what SLD takes.
const LARGEST: f32 = 1_000.0;

/// A layer, or some that belong together, in one band of zooms.
pub(super) struct Found {
    pub(super) rule: Rule,
    /// Filter and type of the last layer.
    filter: Value,
    kind: String,
    /// Which symbolizer of which rule of ours it was written from.
    origin: Option<[String; 2]>,
}

impl Found {
    /// Puts a layer to the one before it where both are parts of one rule; otherwise gives it back.
    pub(super) fn join(&mut self, next: Self) -> Option<Self> {
        let same = self.filter == next.filter
            && (self.rule.min_scale, self.rule.max_scale) == (next.rule.min_scale, next.rule.max_scale);
        let belongs = match (&self.origin, &next.origin) {
            (Some([rule, _]), Some([other, _])) => rule == other,
            (None, None) => self.kind == "fill" && next.kind == "line",
            _ => false,
        };
        if !same || !belongs {
            return Some(next);
        }
        let one_symbol = self.origin.is_some() && self.origin == next.origin;
        for symbolizer in next.rule.symbolizers {
            match (self.rule.symbolizers.last_mut(), symbolizer) {
                // An area and its border, which were written as two layers.
                (Some(Symbolizer::Polygon(area)), Symbolizer::Line(line))
                    if one_symbol
                        && area.stroke.is_none()
                        && line.computed.iter().all(|c| border_of(c.parameter)) =>
                {
                    area.stroke = Some(line.stroke);
                    area.offset = line.offset;
                    area.computed.extend(line.computed);
                }
                (_, symbolizer) => self.rule.symbolizers.push(symbolizer),
            }
        }
        self.kind = next.kind;
        self.origin = next.origin;
        None
    }
}

const fn border_of(parameter: Parameter) -> bool {
    matches!(parameter, Parameter::Stroke | Parameter::StrokeOpacity | Parameter::StrokeWidth)
}

/// Reads a layer: a rule for each band of zooms.
pub(super) fn layer(layer: &Value, notes: &mut Notes) -> Result<Vec<Found>, String> {
    let kind = layer.get("type").and_then(Value::as_str).unwrap_or_default();
    if layer.pointer("/layout/visibility").is_some_and(|v| v == "none") {
        return Ok(Vec::new());
    }
    match kind {
        "fill" | "line" | "circle" | "symbol" => {}
        "fill-extrusion" => notes.add("'fill-extrusion' is drawn flat"),
        "" if is_set(layer.get("ref")) => {
            notes.add("a layer that takes its type from another ('ref') is left out");
            return Ok(Vec::new());
        }
        other => {
            notes.add(&format!("a layer of type '{}' is left out", short(other)));
            return Ok(Vec::new());
        }
    }
    let mut found = Vec::new();
    let remembered = icons::remembered(layer);
    // Icons stand on points only, as circles do.
    let shape = if matches!(remembered, Some(Symbolizer::Point(_))) { "circle" } else { kind };
    for band in bands::bands(layer) {
        let own = bands::fixed(layer, band.middle());
        let Some((filter, asked)) = filter(&own, shape, notes) else { return Ok(Vec::new()) };
        let mut properties = Properties { layer: &own, notes };
        let symbolizer = match kind {
            "fill" | "symbol" if remembered.is_some() => remembered.clone(),
            "fill" | "fill-extrusion" => Some(fill(&mut properties)),
            "line" => line(&mut properties),
            "circle" => Some(circle(&mut properties)),
            _ => label::label(&mut properties),
        };
        let Some(symbolizer) = symbolizer else { continue };
        let mut rule = named(layer);
        band.limit(&mut rule);
        rule.filter = filter;
        rule.symbolizers = vec![symbolizer];
        found.push(Found { rule, filter: asked, kind: kind.to_owned(), origin: origin(layer, kind) });
    }
    // What is the same in neighbouring bands is one rule.
    let mut joined: Vec<Found> = Vec::new();
    for next in found {
        match joined.last_mut() {
            Some(last)
                if last.rule.symbolizers == next.rule.symbolizers
                    && last.rule.filter == next.rule.filter
                    && last.rule.min_scale == next.rule.max_scale =>
            {
                last.rule.min_scale = next.rule.min_scale;
            }
            _ => joined.push(next),
        }
    }
    Ok(joined)
}

/// The rule's name: that of the rule that was written, or the layer's own.
fn named(layer: &Value) -> Rule {
    let text = |v: Option<&Value>| {
        let shown = v?.as_str()?.chars().filter(|c| !c.is_control());
        Some(shown.take(200).collect::<String>())
    };
    let title = match text(layer.pointer("/metadata/datasud:rule")) {
        // Rules without a name are counted when they are written.
        Some(name) if name.starts_with("rule ") => None,
        Some(name) => Some(name),
        None => text(layer.get("id")).filter(|id| !id.is_empty()),
    };
    Rule { name: title.clone(), title, ..Rule::default() }
}

/// Where the house wrote a layer from: `{layer}-{pass}-{rule}-{part}-{kind}`.
fn origin(layer: &Value, kind: &str) -> Option<[String; 2]> {
    layer.pointer("/metadata/datasud:rule")?;
    let id = layer.get("id")?.as_str()?;
    let (rule, part) = id.strip_suffix(&format!("-{kind}"))?.rsplit_once('-')?;
    Some([rule.to_owned(), part.to_owned()])
}

/// The condition, and its text without the test of the type that its layer draws anyway. Nothing where it can't be said.
fn filter(layer: &Value, kind: &str, notes: &mut Notes) -> Option<(Option<Filter>, Value)> {
    let own = match kind {
        "fill" => "Polygon",
        "circle" => "Point",
        _ => "",
    };
    let tests = [json!(["==", ["geometry-type"], own]), json!(["==", "$type", own])];
    let asked = match layer.get("filter") {
        None | Some(Value::Null) => Value::Null,
        Some(test) if tests.contains(test) => Value::Null,
        Some(Value::Array(all)) if all.first().is_some_and(|v| v == "all") => {
            let rest: Vec<Value> = all.iter().filter(|part| !tests.contains(part)).cloned().collect();
            match rest.as_slice() {
                [_] => Value::Null,
                [_, only] => only.clone(),
                _ => Value::Array(rest),
            }
        }
        Some(other) => other.clone(),
    };
    if asked.is_null() {
        return Some((None, asked));
    }
    match condition::condition(&asked) {
        Ok(Filter::Constant(true)) => Some((None, Value::Null)),
        Ok(filter) => Some((Some(filter), asked)),
        Err(untold) => {
            notes.add(&format!("the layer is left out: its filter uses {untold}"));
            None
        }
    }
}

/// Properties of a layer at one zoom.
pub(super) struct Properties<'a> {
    layer: &'a Value,
    pub(super) notes: &'a mut Notes,
}

/// A property: fixed, or computed with its default.
pub(super) struct Got<T> {
    pub(super) fixed: T,
    pub(super) computed: Option<Expression>,
}

impl Properties<'_> {
    /// A property as written.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        ["paint", "layout"].iter().find_map(|part| self.layer.get(part)?.get(name)).filter(|v| !v.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    /// Whether the house wrote the layer.
    pub(super) fn is_ours(&self) -> bool {
        self.layer.pointer("/metadata/datasud:rule").is_some()
    }

    /// A property that is computed, unless it can't be said.
    fn computed(&mut self, name: &str) -> Option<Expression> {
        let json = self.get(name)?.clone();
        match value::value(&json, self.notes) {
            Ok(value) => Some(value),
            Err(untold) => {
                self.notes.add(&format!("'{name}' is not computed: it uses {untold}"));
                None
            }
        }
    }

    pub(super) fn number(&mut self, name: &str, default: f32) -> Got<f32> {
        if let Some(fixed) = self.get(name).and_then(Value::as_f64) {
            return Got { fixed: tidy(fixed), computed: None };
        }
        match self.computed(name) {
            Some(Expression::Literal(text)) => Got {
                fixed: text.parse().ok().filter(|n: &f32| n.is_finite()).unwrap_or(default),
                computed: None,
            },
            computed => Got { fixed: default, computed },
        }
    }

    /// An opacity.
    pub(super) fn share(&mut self, name: &str) -> Got<f32> {
        let got = self.number(name, 1.0);
        Got { fixed: got.fixed.clamp(0.0, 1.0), ..got }
    }

    /// A colour and its opacity.
    pub(super) fn color(&mut self, name: &str, default: (Color, f32)) -> Got<(Color, f32)> {
        match self.computed(name).map(value::plain_color) {
            Some(Expression::Literal(_)) => {
                let written = self.text(name).and_then(color::parse);
                let fixed = written.or_else(|| match self.computed(name).map(value::plain_color) {
                    Some(Expression::Literal(text)) => color::parse(&text),
                    _ => None,
                });
                if fixed.is_none() {
                    self.notes.add(&format!("'{name}' is no colour"));
                }
                Got { fixed: fixed.unwrap_or(default), computed: None }
            }
            computed => Got { fixed: default, computed },
        }
    }

    /// Two numbers.
    pub(super) fn pair(&self, name: &str) -> [f32; 2] {
        let value = self.get(name);
        let list = value.and_then(|v| v.get(1).filter(|_| v.get(0) == Some(&json!("literal"))).or(Some(v)));
        let at = |index| list.and_then(|v: &Value| v.get(index)).and_then(Value::as_f64).unwrap_or(0.0);
        [tidy(at(0)), tidy(at(1))]
    }

    /// Names what isn't drawn.
    pub(super) fn undrawn(&mut self, names: &[&str]) {
        for name in names {
            let value = self.get(name);
            let usual =
                value.is_none_or(|v| v.as_f64() == Some(0.0) || *v == json!([0, 0]) || *v == json!(false));
            if !usual {
                self.notes.add(&format!("'{name}' is not drawn"));
            }
        }
    }
}

/// Without the digits that a computation adds.
pub(super) fn tidy(value: f64) -> f32 {
    ((value * 1e4).round() / 1e4) as f32
}

/// Puts a computed parameter into a list.
pub(super) fn put(list: &mut Vec<Computed>, parameter: Parameter, value: Option<Expression>) {
    list.extend(value.map(|value| Computed { parameter, value }));
}

/// A computed number times a fixed one.
fn times(value: Option<Expression>, factor: &str) -> Option<Expression> {
    // Twice the half that was written is the whole.
    value.map(|value| match (value, factor) {
        (Expression::Arithmetic(ArithmeticOp::Div, whole, by), "2")
            if *by == Expression::Literal("2".to_owned()) =>
        {
            *whole
        }
        (Expression::Arithmetic(ArithmeticOp::Mul, whole, by), "-1")
            if *by == Expression::Literal("-1".to_owned()) =>
        {
            *whole
        }
        (value, factor) => {
            let factor = Box::new(Expression::Literal(factor.to_owned()));
            Expression::Arithmetic(ArithmeticOp::Mul, Box::new(value), factor)
        }
    })
}

const BLACK: (Color, f32) = (Color::BLACK, 1.0);

fn fill(p: &mut Properties<'_>) -> Symbolizer {
    let flat = p.get("fill-extrusion-color").is_some() || p.get("fill-extrusion-height").is_some();
    let prefix = if flat { "fill-extrusion" } else { "fill" };
    let mut computed = Vec::new();
    let color = p.color(&format!("{prefix}-color"), BLACK);
    let opacity = p.share(&format!("{prefix}-opacity"));
    let mut fill =
        Some(Fill { color: color.fixed.0, opacity: tidy(f64::from(color.fixed.1 * opacity.fixed)) });
    put(&mut computed, Parameter::Fill, color.computed);
    put(&mut computed, Parameter::FillOpacity, opacity.computed);
    if p.get("fill-pattern").is_some() {
        p.notes.add("'fill-pattern' is not drawn: pictures are not part of the style");
        if p.get("fill-color").is_none() {
            fill = Some(Fill { opacity: tidy(f64::from(opacity.fixed * 0.4)), ..Fill::default() });
        }
    }
    let mut stroke = None;
    if p.get("fill-outline-color").is_some() {
        let border = p.color("fill-outline-color", BLACK);
        let seen = border.fixed.1 * opacity.fixed;
        stroke = Some(Stroke { color: border.fixed.0, opacity: tidy(f64::from(seen)), ..Stroke::default() });
        put(&mut computed, Parameter::Stroke, border.computed);
    }
    p.undrawn(&["fill-translate"]);
    Symbolizer::Polygon(PolygonSymbolizer { fill, stroke, computed, ..PolygonSymbolizer::default() })
}

fn line(p: &mut Properties<'_>) -> Option<Symbolizer> {
    let mut computed = Vec::new();
    let color = p.color("line-color", BLACK);
    let opacity = p.share("line-opacity");
    let width = p.number("line-width", 1.0);
    let offset = p.number("line-offset", 0.0);
    p.undrawn(&["line-pattern", "line-gradient", "line-gap-width", "line-blur", "line-translate"]);
    if width.computed.is_none() && width.fixed <= 0.0 {
        return None;
    }
    put(&mut computed, Parameter::Stroke, color.computed);
    put(&mut computed, Parameter::StrokeOpacity, opacity.computed);
    put(&mut computed, Parameter::StrokeWidth, width.computed);
    put(&mut computed, Parameter::PerpendicularOffset, times(offset.computed, "-1"));
    let cap = match p.text("line-cap") {
        Some("round") => LineCap::Round,
        Some("square") => LineCap::Square,
        _ => LineCap::Butt,
    };
    let join = match p.text("line-join") {
        Some("round") => LineJoin::Round,
        Some("bevel") => LineJoin::Bevel,
        _ => LineJoin::Mitre,
    };
    let width = width.fixed.clamp(0.0, LARGEST);
    let stroke = Stroke {
        color: color.fixed.0,
        opacity: tidy(f64::from(color.fixed.1 * opacity.fixed)),
        width,
        cap,
        join,
        dashes: dashes(p, width),
        ..Stroke::default()
    };
    // MapLibre counts to the right.
    let offset = (0.0 - offset.fixed).clamp(-LARGEST, LARGEST);
    Some(Symbolizer::Line(LineSymbolizer { stroke, offset, unit: Unit::Pixel, computed }))
}

/// Dashes, which MapLibre counts in widths of the line.
fn dashes(p: &mut Properties<'_>, width: f32) -> Vec<f32> {
    const MOST: usize = 32;
    let Some(json) = p.get("line-dasharray") else { return Vec::new() };
    let literal = json.get(1).filter(|_| json.get(0) == Some(&json!("literal")));
    let list = literal.unwrap_or(json).as_array();
    let lengths: Option<Vec<f32>> =
        list.and_then(|all| all.iter().map(|d| Some(tidy(d.as_f64()? * f64::from(width)))).collect());
    match lengths {
        Some(mut lengths)
            if lengths.len() <= MOST / 2 && lengths.iter().all(|d| (0.0..=LARGEST).contains(d)) =>
        {
            if lengths.len() % 2 == 1 {
                lengths.extend_from_within(..);
            }
            if lengths.iter().sum::<f32>() >= 0.5 { lengths } else { Vec::new() }
        }
        _ => {
            p.notes.add("'line-dasharray' is not drawn: it is no short list of numbers");
            Vec::new()
        }
    }
}

fn circle(p: &mut Properties<'_>) -> Symbolizer {
    let mut computed = Vec::new();
    let radius = p.number("circle-radius", 5.0);
    let color = p.color("circle-color", BLACK);
    let opacity = p.share("circle-opacity");
    let width = p.number("circle-stroke-width", 0.0);
    let border = p.color("circle-stroke-color", BLACK);
    let border_opacity = p.share("circle-stroke-opacity");
    p.undrawn(&["circle-blur"]);
    put(&mut computed, Parameter::Size, times(radius.computed, "2"));
    put(&mut computed, Parameter::Fill, color.computed);
    let stroke = (width.computed.is_some() || width.fixed > 0.0).then(|| Stroke {
        color: border.fixed.0,
        opacity: tidy(f64::from(border.fixed.1 * border_opacity.fixed)),
        width: width.fixed.clamp(0.0, LARGEST),
        ..Stroke::default()
    });
    put(&mut computed, Parameter::FillOpacity, opacity.computed);
    if stroke.is_some() {
        put(&mut computed, Parameter::Stroke, border.computed);
        put(&mut computed, Parameter::StrokeOpacity, border_opacity.computed);
        put(&mut computed, Parameter::StrokeWidth, width.computed);
    }
    let seen = tidy(f64::from(color.fixed.1 * opacity.fixed));
    let fill = Some(Fill { color: color.fixed.0, opacity: seen });
    let [x, y] = p.pair("circle-translate");
    let mark = Mark { shape: MarkShape::Circle, fill, stroke };
    let graphic = Graphic {
        symbol: Symbol::Mark(mark),
        size: (radius.fixed * 2.0).clamp(0.0, LARGEST),
        displacement: [x.clamp(-LARGEST, LARGEST), (0.0 - y).clamp(-LARGEST, LARGEST)],
        ..Graphic::default()
    };
    Symbolizer::Point(PointSymbolizer { graphic, at: Places::default(), unit: Unit::Pixel, computed })
}

//! Labels, simple and by rules.

use super::color;
use super::defined::{Becomes, Defined, active, computed_beside};
use super::expression::{self, Node as Syntax};
use super::length::{Length, Measure, tidy};
use super::reader::{Reader, child, flag, number, quoted};
use super::renderer::DrawnRule;
use super::rules::{Around, walk, within};
use super::symbol::Drawn;
use crate::filter::Filter;
use crate::filter::ast::ArithmeticOp;
use crate::style::{
    Color, Computed, Expression, Fill, Font, FontStyle, Halo, LabelLayout, LabelPart, Parameter, Placement,
    Places, Repeat, Rule, StyleError, Symbolizer, TextFunction, TextSymbolizer,
};
use roxmltree::Node;

/// Rules that draw the labels of a layer.
pub(super) fn labels<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    root: Node<'a, 'i>,
) -> Result<Vec<Rule>, StyleError> {
    reader.place.clear();
    diagrams(reader, root);
    let Some(labeling) = child(root, "labeling").filter(|_| flag(root, "labelsEnabled", true)) else {
        return Ok(Vec::new());
    };
    let kind = child(root, "layerGeometryType").and_then(|g| g.text()).map(str::trim).and_then(Kind::of);
    match labeling.attribute("type").unwrap_or_default() {
        "simple" => {
            let Some(settings) = child(labeling, "settings") else { return Ok(Vec::new()) };
            reader.place = "labels".to_owned();
            Ok(label(reader, settings, kind, Rule::default()).into_iter().collect())
        }
        "rule-based" => {
            let Some(rules) = child(labeling, "rules") else { return Ok(Vec::new()) };
            let mut draw = |reader: &mut Reader<'a, 'i>, rule: Node<'a, 'i>, own: Rule| {
                reader.place = format!("labels of {}", reader.place);
                let drawn = label(reader, child(rule, "settings")?, kind, own)?;
                let symbols = drawn.symbolizers.iter().cloned();
                let symbols = symbols.map(|symbolizer| Drawn { level: 0, symbolizer }).collect();
                Some(DrawnRule { rule: drawn, symbols })
            };
            let mut found = Vec::new();
            walk(reader, rules, &Around::default(), &mut draw, &mut found)?;
            let has_rest = found.iter().any(|r| r.rule.otherwise);
            Ok(found.into_iter().filter(|r| has_rest || !r.symbols.is_empty()).map(|r| r.rule).collect())
        }
        other => {
            let named = quoted(other);
            reader.note(labeling, &format!("labels of type '{named}' are not drawn"));
            Ok(Vec::new())
        }
    }
}

fn diagrams<'a, 'i>(reader: &mut Reader<'a, 'i>, root: Node<'a, 'i>) {
    for name in ["SingleCategoryDiagramRenderer", "LinearlyInterpolatedDiagramRenderer"] {
        let held = child(root, name);
        if let Some(node) =
            held.filter(|h| child(*h, "DiagramCategory").is_some_and(|c| flag(c, "enabled", false)))
        {
            reader.note(node, "diagrams are not drawn");
        }
    }
}

/// What the features are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Point,
    Line,
    Polygon,
}

impl Kind {
    fn of(text: &str) -> Option<Self> {
        match text {
            "0" | "PointGeometry" => Some(Self::Point),
            "1" | "LineGeometry" => Some(Self::Line),
            "2" | "PolygonGeometry" => Some(Self::Polygon),
            _ => None,
        }
    }
}

/// The settings of a label; nothing where it can't be drawn.
fn label<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    settings: Node<'a, 'i>,
    kind: Option<Kind>,
    mut rule: Rule,
) -> Option<Rule> {
    let style = child(settings, "text-style")?;
    let rendering = child(settings, "rendering");
    if rendering.is_some_and(|r| !flag(r, "drawLabels", true)) {
        return None;
    }
    let parts = text(reader, settings, style)?;
    let size = Length {
        value: number(style, "fontSize").unwrap_or(10.0),
        unit: style.attribute("fontSizeUnit").unwrap_or("Point").to_owned(),
    };
    let measure = Measure::of(reader, &size);
    let (color, opacity) = style.attribute("textColor").and_then(color::parse).unwrap_or((Color::BLACK, 1.0));
    let opacity = opacity * number(style, "textOpacity").unwrap_or(1.0).clamp(0.0, 1.0) as f32;
    let font = Font {
        families: style.attribute("fontFamily").map(str::to_owned).into_iter().collect(),
        size: measure.length(reader, style, &size).clamp(1.0, 500.0),
        weight: weight(style),
        style: if flag(style, "fontItalic", false) { FontStyle::Italic } else { FontStyle::Normal },
    };
    let halo = halo(reader, style, measure);
    undrawn(reader, settings, style);
    let mut drawn = TextSymbolizer {
        label: parts,
        font,
        fill: Fill { color, opacity: tidy(f64::from(opacity)) },
        halo,
        placement: Placement::default(),
        at: Places::default(),
        layout: LabelLayout::default(),
        unit: measure.unit(),
        computed: Vec::new(),
    };
    if let Some(placement) = child(settings, "placement") {
        let kind = kind.or_else(|| Kind::of(placement.attribute("layerType").unwrap_or_default()));
        place(reader, placement, kind, measure, &mut drawn);
    }
    if let Some(format) = child(settings, "text-format") {
        let letters = number(format, "autoWrapLength").unwrap_or(0.0);
        // Half a font's size is the usual width of a letter.
        drawn.layout.wrap = tidy(letters * f64::from(drawn.font.size) * 0.5).clamp(0.0, 10_000.0);
        if format.attribute("wrapChar").is_some_and(|w| !w.is_empty()) {
            reader.note(format, "lines are not broken at a letter of one's own ('wrapChar')");
        }
    }
    if let Some(rendering) = rendering {
        render(reader, rendering, &mut drawn, &mut rule);
    }
    let factor = measure.factor(reader, style, &size);
    let shown = properties(reader, [settings, style], factor, &mut drawn);
    let shown = match style.attribute("fieldName") {
        Some(name) if flag(style, "isExpression", false) && !rule.otherwise => {
            Filter::and(shown, expression::parse(name).ok().and_then(|syntax| expression::present(&syntax)))
        }
        _ => shown,
    };
    rule.filter = match shown {
        Some(shown) if rule.otherwise => {
            // A rule for the rest has no condition of its own.
            reader.note(settings, "the data-defined property 'Show' of a rule ELSE is not computed");
            drop(shown);
            None
        }
        shown => Filter::and(rule.filter, shown),
    };
    rule.symbolizers.push(Symbolizer::Text(drawn));
    Some(rule)
}

/// The text: a column or an expression.
fn text<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    settings: Node<'a, 'i>,
    style: Node<'a, 'i>,
) -> Option<Vec<LabelPart>> {
    let name = style.attribute("fieldName").filter(|name| !name.trim().is_empty())?;
    let is_column = !flag(style, "isExpression", false) || reader.columns.iter().any(|c| c == name);
    let mut value = if is_column {
        Expression::Property(name.to_owned())
    } else {
        let read = expression::parse(name)
            .and_then(|syntax| expression::value(&syntax).map_err(|untold| format!("it uses {untold}")));
        match read {
            Ok(value) => value,
            Err(why) => {
                let named = quoted(name);
                reader.note(style, &format!("the label '{named}' is not drawn: {why}"));
                return None;
            }
        }
    };
    if let Some(format) = child(settings, "text-format").filter(|f| flag(*f, "formatNumbers", false)) {
        let decimals = number(format, "decimals").unwrap_or(0.0).clamp(0.0, 15.0) as usize;
        value = expression::formatted(value, decimals);
    }
    value = match style.attribute("capitalization").unwrap_or("0") {
        "0" => value,
        case @ ("1" | "2") => {
            Expression::Text(Box::new(TextFunction::ChangeCase { value, upper: case == "1" }))
        }
        _ => {
            reader.note(style, "capital letters at the beginning of words are not made");
            value
        }
    };
    let parts = parts(value);
    // A text of nothing is no label.
    parts.iter().any(LabelPart::is_seen).then_some(parts)
}

fn parts(value: Expression) -> Vec<LabelPart> {
    match value {
        Expression::Property(name) => vec![LabelPart::Property(name)],
        Expression::Literal(text) => vec![LabelPart::Text(text)],
        Expression::Text(function) => match *function {
            // Spaces at the ends of pieces are kept in a computed text only.
            TextFunction::Concatenate(all) if all.iter().all(is_plain) => {
                all.into_iter().flat_map(parts).collect()
            }
            other => vec![LabelPart::Computed(Expression::Text(Box::new(other)))],
        },
        other => vec![LabelPart::Computed(other)],
    }
}

const fn is_plain(part: &Expression) -> bool {
    matches!(part, Expression::Property(_))
}

/// Weights of Qt 5 run to 99, those of Qt 6 to 900.
fn weight(style: Node<'_, '_>) -> f32 {
    const QT5: [(f64, f32); 9] = [
        (0.0, 100.0),
        (12.0, 200.0),
        (25.0, 300.0),
        (50.0, 400.0),
        (57.0, 500.0),
        (63.0, 600.0),
        (75.0, 700.0),
        (81.0, 800.0),
        (87.0, 900.0),
    ];
    let is_bold = flag(style, "fontBold", false) || flag(style, "forcedBold", false);
    let named = style.attribute("namedStyle").is_some_and(|name| name.to_lowercase().contains("bold"));
    match number(style, "fontWeight") {
        Some(weight) if weight >= 100.0 => weight.min(900.0) as f32,
        Some(weight) if !is_bold && (weight != 50.0 || !named) => {
            QT5.into_iter().rev().find(|(own, _)| *own <= weight).map_or(400.0, |(_, w)| w)
        }
        _ if is_bold || named => 700.0,
        _ => 400.0,
    }
}

fn halo<'a, 'i>(reader: &mut Reader<'a, 'i>, style: Node<'a, 'i>, measure: Measure) -> Option<Halo> {
    let buffer = child(style, "text-buffer").filter(|b| flag(*b, "bufferDraw", false))?;
    let size = Length {
        value: number(buffer, "bufferSize").unwrap_or(1.0),
        unit: buffer.attribute("bufferSizeUnits").unwrap_or("MM").to_owned(),
    };
    let (color, opacity) =
        buffer.attribute("bufferColor").and_then(color::parse).unwrap_or((Color::WHITE, 1.0));
    let opacity = opacity * number(buffer, "bufferOpacity").unwrap_or(1.0).clamp(0.0, 1.0) as f32;
    let radius = measure.length(reader, buffer, &size).clamp(0.0, 50.0);
    Some(Halo { radius, fill: Fill { color, opacity: tidy(f64::from(opacity)) } })
}

/// What labels of QGIS may have and these don't.
fn undrawn<'a, 'i>(reader: &mut Reader<'a, 'i>, settings: Node<'a, 'i>, style: Node<'a, 'i>) {
    let has = |name: &str, on: &str| child(style, name).filter(|node| flag(*node, on, false));
    for (name, on, what) in [
        ("background", "shapeDraw", "the background of labels"),
        ("shadow", "shadowDraw", "the shadow of labels"),
        ("text-mask", "maskEnabled", "the mask of labels"),
    ] {
        if let Some(node) = has(name, on) {
            reader.note(node, &format!("{what} is not drawn"));
        }
    }
    for name in ["fontUnderline", "fontStrikeout", "allowHtml", "useSubstitutions"] {
        if flag(style, name, false) {
            reader.note(style, &format!("'{name}' of labels is not used"));
        }
    }
    for name in ["fontLetterSpacing", "fontWordSpacing"] {
        if number(style, name).is_some_and(|n| n != 0.0) {
            reader.note(style, &format!("'{name}' of labels is not used"));
        }
    }
    let callout = child(settings, "callout").and_then(|c| child(c, "Option"));
    let on = callout.and_then(|map| super::reader::member(map, "enabled"));
    if let Some(node) = on.filter(|on| matches!(on.attribute("value"), Some("1" | "true"))) {
        reader.note(node, "callouts of labels are not drawn");
    }
}

/// Where labels stand: modes by their numbers in QGIS.
fn place<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    kind: Option<Kind>,
    measure: Measure,
    drawn: &mut TextSymbolizer,
) {
    let length = |reader: &mut Reader<'a, 'i>, name: &str, unit: &str| {
        let unit = node.attribute(unit).unwrap_or("MM").to_owned();
        let length = Length { value: number(node, name).unwrap_or(0.0), unit };
        measure.length(reader, node, &length)
    };
    let dist = length(reader, "dist", "distUnits");
    let shift = [length(reader, "xOffset", "offsetUnits"), length(reader, "yOffset", "offsetUnits")];
    let repeat = length(reader, "repeatDistance", "repeatDistanceUnits");
    if flag(node, "geometryGeneratorEnabled", false) {
        reader.note(node, "labels stand at the features, not at a geometry that is computed");
    }
    let rotation = tidy(number(node, "rotationAngle").unwrap_or(0.0) % 360.0);
    let flags = number(node, "placementFlags").unwrap_or(10.0) as u32;
    let mode = number(node, "placement").unwrap_or(0.0) as u32;
    let is_area = kind == Some(Kind::Polygon);
    if is_area && matches!(mode, 0 | 1) && !flag(node, "centroidInside", false) {
        drawn.at = Places::Centroid;
    }
    let centred = Placement::Point { anchor: [0.5, 0.5], displacement: [0.0, 0.0], rotation };
    drawn.placement = match mode {
        // Around the point; QGIS begins at the upper right.
        0 | 6 => {
            let away = tidy(f64::from(dist) / std::f64::consts::SQRT_2);
            drawn.layout.max_displacement = drawn.font.size.min(1_000.0);
            Placement::Point { anchor: [0.0, 0.0], displacement: [away, away], rotation }
        }
        1 => {
            let quadrant = (number(node, "quadOffset").unwrap_or(4.0) as usize).min(8);
            let thirds = |third: usize| third as f32 / 2.0;
            // The first is above and to the left of the point, the last below and to the right.
            let anchor = [1.0 - thirds(quadrant % 3), thirds(quadrant / 3)];
            Placement::Point { anchor, displacement: [shift[0], 0.0 - shift[1]], rotation }
        }
        2 | 3 | 7 => {
            drawn.layout.follow = mode != 2;
            // Half a line of text, as QGIS counts it.
            let half = drawn.font.size * 0.7;
            let offset = match flags {
                f if f & 2 != 0 => half + dist,
                f if f & 1 != 0 => 0.0,
                f if f & 4 != 0 => -half - dist,
                _ => 0.0,
            };
            if mode == 3 {
                let angle = number(node, "maxCurvedCharAngleIn").unwrap_or(25.0).clamp(0.0, 360.0);
                drawn.layout.max_angle = tidy(angle);
            }
            Placement::Line { offset: tidy(f64::from(offset)).clamp(-1_000.0, 1_000.0) }
        }
        4 | 5 => centred,
        8 => {
            reader.note(node, "labels outside of areas are drawn inside");
            centred
        }
        _ => {
            reader.note(node, &format!("the placement {mode} is not known; labels stand in the middle"));
            centred
        }
    };
    if repeat > 0.0 {
        drawn.layout.repeat = Some(Repeat { initial_gap: None, gap: repeat });
    }
    if flag(node, "fitInPolygonOnly", false) {
        drawn.layout.fit = 1.0;
    }
    let priority = number(node, "priority").unwrap_or(5.0);
    if priority != 5.0 {
        drawn.layout.priority = Some(Expression::Literal(in_house(priority).to_string()));
    }
}

/// QGIS's priorities run from 0 to 10; 5, the usual one, is the house's.
fn in_house(priority: f64) -> f64 {
    f64::from(LabelLayout::PRIORITY) + (priority - 5.0) * 100.0
}

fn render<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    drawn: &mut TextSymbolizer,
    rule: &mut Rule,
) {
    if flag(node, "scaleVisibility", false) {
        let read = |name| number(node, name).filter(|scale| *scale > 0.0);
        // Here the smaller denominator is called the minimum.
        let own = (read("scaleMin"), read("scaleMax"));
        (rule.min_scale, rule.max_scale) = within((rule.min_scale, rule.max_scale), own);
    }
    drawn.layout.conflict = !flag(node, "displayAll", false);
    drawn.layout.group = flag(node, "mergeLines", false);
    drawn.layout.upright = node.attribute("upsidedownLabels") != Some("2");
    for (name, what) in [
        ("fontLimitPixelSize", "labels are drawn whatever their size in pixels"),
        ("limitNumLabels", "the number of labels is not limited"),
        ("labelPerPart", "features have one label, not one for each part"),
    ] {
        if flag(node, name, false) {
            reader.note(node, what);
        }
    }
    if number(node, "minFeatureSize").is_some_and(|size| size > 0.0) {
        reader.note(node, "small features have labels as well");
    }
}

/// Data-defined properties; answers the condition that a label is shown.
fn properties<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    owners: [Node<'a, 'i>; 2],
    factor: f64,
    drawn: &mut TextSymbolizer,
) -> Option<Filter> {
    let known = [
        ("Size", Becomes::Number(Parameter::FontSize, factor)),
        ("Color", Becomes::Color(Parameter::Fill)),
        ("FontOpacity", Becomes::Number(Parameter::FillOpacity, 0.01)),
        ("BufferSize", Becomes::Number(Parameter::HaloRadius, factor)),
        ("BufferColor", Becomes::Color(Parameter::HaloFill)),
        ("BufferOpacity", Becomes::Number(Parameter::HaloOpacity, 0.01)),
        ("LabelRotation", Becomes::Number(Parameter::Rotation, 1.0)),
    ];
    let mut shown = None;
    for owner in owners {
        let mut own = computed_beside(reader, owner, &known, &["Show", "Priority"]);
        own.retain(|c: &Computed| drawn.computed.iter().all(|have| have.parameter != c.parameter));
        drawn.computed.extend(own);
        for defined in active(owner) {
            match defined.name {
                "Show" => shown = Filter::and(shown, condition(reader, &defined)),
                "Priority" => {
                    drawn.layout.priority = priority(reader, &defined).or(drawn.layout.priority.take())
                }
                _ => {}
            }
        }
    }
    shown
}

fn condition<'a, 'i>(reader: &mut Reader<'a, 'i>, defined: &Defined<'a, 'i>) -> Option<Filter> {
    let read = defined.syntax().and_then(|syntax| match &syntax {
        Syntax::Text(text) => Ok(Filter::Constant(matches!(text.as_str(), "1" | "true"))),
        other => expression::condition(other).map_err(|untold| format!("it uses {untold}")),
    });
    read.map_err(|why| {
        reader.note(defined.node, &format!("the data-defined property 'Show' is not computed: {why}"))
    })
    .ok()
}

fn priority<'a, 'i>(reader: &mut Reader<'a, 'i>, defined: &Defined<'a, 'i>) -> Option<Expression> {
    let literal = |number: f64| Box::new(Expression::Literal(number.to_string()));
    match defined.value() {
        Ok(value) => {
            let hundreds = Expression::Arithmetic(ArithmeticOp::Mul, Box::new(value), literal(100.0));
            Some(Expression::Arithmetic(ArithmeticOp::Add, literal(in_house(0.0)), Box::new(hundreds)))
        }
        Err(why) => {
            reader
                .note(defined.node, &format!("the data-defined property 'Priority' is not computed: {why}"));
            None
        }
    }
}

//! Rules as MapLibre layers.

use super::zoom;
use super::{computed, expression, icons};
use crate::filter::Filter;
use crate::model::Layer;
use crate::style::{
    Fill, FontName, Graphic, LabelPart, LineCap, LineJoin, Parameter, Placement, Places, PointSymbolizer,
    RasterSymbolizer, Rule, Stroke, Style, Symbolizer, TextSymbolizer, Unit,
};
use serde_json::{Map, Value, json};

/// What came of a style.
#[derive(Default)]
pub(super) struct Drawn {
    pub(super) layers: Vec<Value>,
    /// What layers take from the sprite.
    pub(super) icons: Vec<icons::Icon>,
    /// Whether the document may name a sprite.
    pub(super) has_sprite: bool,
    /// Whether it names where letters come from.
    pub(super) has_glyphs: bool,
    pub(super) left_out: Vec<String>,
    pub(super) approximated: Vec<String>,
}

impl Drawn {
    fn stands_on_points(&mut self, base: &Base<'_>) {
        self.approximated.push(format!("{}: the mark stands on points only", base.rule_name));
    }
}

/// Writes the layers of a style in drawing order.
pub(super) fn write(style: &Style, layer: &Layer, has_sprite: bool, has_glyphs: bool) -> Drawn {
    let mut drawn = Drawn { has_sprite, has_glyphs, ..Drawn::default() };
    for (pass, feature_style) in style.feature_type_styles.iter().enumerate() {
        for (number, rule) in feature_style.rules.iter().enumerate() {
            let name = match rule.label() {
                "" => format!("rule {}.{}", pass + 1, number + 1),
                label => label.to_owned(),
            };
            let filter = match condition(rule, &feature_style.rules, layer) {
                Ok(filter) => filter,
                Err(reason) => {
                    drawn.left_out.push(format!("{name}: MapLibre has no expression for {reason}"));
                    continue;
                }
            };
            for (part, symbolizer) in rule.symbolizers.iter().enumerate() {
                let base = Base {
                    id: format!("{}-{pass}-{number}-{part}", layer.slug),
                    rule,
                    rule_name: &name,
                    filter: filter.clone(),
                    source: &layer.slug,
                    dimension: layer.geometry.dimension(),
                };
                symbolizer_layers(symbolizer, &base, &mut drawn);
            }
        }
    }
    drawn
}

/// A rule's condition; that of an else rule is that no other rule of the pass takes the feature.
fn condition(rule: &Rule, pass: &[Rule], layer: &Layer) -> Result<Option<Value>, expression::Unsayable> {
    if !rule.otherwise {
        return rule.filter.as_ref().map(|f| expression::condition(f, layer)).transpose();
    }
    let mut none = vec![json!("all")];
    for other in pass.iter().filter(|r| !r.otherwise && overlap(r, rule)) {
        let filter = other.filter.as_ref().unwrap_or(&Filter::Constant(true));
        none.push(json!(["!", expression::condition(filter, layer)?]));
    }
    Ok((none.len() > 1).then_some(Value::Array(none)))
}

fn overlap(a: &Rule, b: &Rule) -> bool {
    let below = |min: Option<f64>, max: Option<f64>| match (min, max) {
        (Some(min), Some(max)) => min < max,
        _ => true,
    };
    below(a.min_scale, b.max_scale) && below(b.min_scale, a.max_scale)
}

/// What the layers of a symbolizer have in common.
pub(super) struct Base<'a> {
    id: String,
    rule: &'a Rule,
    pub(super) rule_name: &'a str,
    filter: Option<Value>,
    source: &'a str,
    /// Of the layer's geometries: 0 points, 1 lines, 2 areas; `None` when it has several.
    pub(super) dimension: Option<u8>,
}

impl Base<'_> {
    /// Whether nothing but points is drawn with marks.
    pub(super) fn is_of_points(&self) -> bool {
        self.dimension.is_none_or(|d| d == 0)
    }

    pub(super) fn layer(&self, kind: &str, only: Option<&str>, layout: Value, paint: Value) -> Value {
        let mut layer = Map::new();
        layer.insert("id".into(), json!(format!("{}-{kind}", self.id)));
        layer.insert("type".into(), json!(kind));
        layer.insert("source".into(), json!(self.source));
        layer.insert("source-layer".into(), json!(self.source));
        // Drawn at denominators from the minimum up to below the maximum: larger numbers are lower zooms.
        if let Some(max) = self.rule.max_scale {
            layer.insert("minzoom".into(), json!(zoom(max)));
        }
        if let Some(min) = self.rule.min_scale.filter(|min| *min > 0.0) {
            layer.insert("maxzoom".into(), json!(zoom(min)));
        }
        let geometry = only.map(|kind| json!(["==", ["geometry-type"], kind]));
        let filter = match (geometry, self.filter.clone()) {
            (Some(a), Some(b)) => Some(json!(["all", a, b])),
            (one, None) | (None, one) => one,
        };
        if let Some(filter) = filter {
            layer.insert("filter".into(), filter);
        }
        layer.insert("layout".into(), layout);
        layer.insert("paint".into(), paint);
        layer.insert("metadata".into(), json!({ "datasud:rule": self.rule_name }));
        Value::Object(layer)
    }
}

fn symbolizer_layers(symbolizer: &Symbolizer, base: &Base<'_>, drawn: &mut Drawn) {
    let first = drawn.layers.len();
    let mut said: Vec<Parameter> = Vec::new();
    match symbolizer {
        Symbolizer::Polygon(polygon) => {
            if let Some(fill) = &polygon.fill {
                drawn.layers.push(base.layer("fill", None, json!({}), fill_paint(fill)));
            }
            if let Some(layer) = polygon.pattern.as_ref().and_then(|p| icons::pattern(base, p, drawn)) {
                drawn.layers.push(layer);
            } else if let Some(pattern) = &polygon.pattern {
                // Some of what is below is seen between the marks.
                let fill = pattern.graphic.dot().map(|f| Fill { opacity: f.opacity * 0.4, ..f });
                drawn.approximated.push(format!("{}: the pattern is drawn as a colour", base.rule_name));
                if let Some(fill) = fill {
                    drawn.layers.push(base.layer("fill", None, json!({}), fill_paint(&fill)));
                }
            }
            if let Some(stroke) = &polygon.stroke {
                // The border of an area runs with the area on its right.
                let layer = line(base, stroke, polygon.offset, drawn);
                drawn.layers.push(layer);
            }
        }
        Symbolizer::Line(symbol) => {
            let layer = line(base, &symbol.stroke, symbol.offset, drawn);
            drawn.layers.push(layer);
        }
        Symbolizer::Point(point) => {
            if let Some((layer, parameters)) = icons::point(base, point, drawn) {
                drawn.layers.push(layer);
                said = parameters;
                match base.dimension {
                    None => drawn.stands_on_points(base),
                    Some(0) => {}
                    Some(_) if point.at == Places::Start => {}
                    Some(_) => drawn
                        .approximated
                        .push(format!("{}: the mark stands in each tile that has a part", base.rule_name)),
                }
            } else {
                let layer = circle(base, point, drawn);
                drawn.layers.push(layer);
                if base.dimension != Some(0) || point.at != Places::Suitable {
                    drawn.stands_on_points(base);
                }
            }
        }
        Symbolizer::Text(text) => {
            let layer = label(base, text, drawn);
            drawn.layers.push(layer);
        }
        Symbolizer::Raster(raster) => {
            drawn.layers.push(images(base, raster));
            drawn
                .approximated
                .push(format!("{}: images come drawn by the server, in the default style", base.rule_name));
            if let Some(outline) = &raster.outline {
                symbolizer_layers(outline, base, drawn);
            }
        }
    }
    if symbolizer.unit() != Unit::Pixel {
        drawn.approximated.push(format!("{}: lengths on the ground are drawn as pixels", base.rule_name));
    }
    for parameter in symbolizer.computed().iter().filter(|c| !said.contains(&c.parameter)) {
        let layers = drawn.layers.get_mut(first..).unwrap_or_default();
        if !computed::put(parameter, layers) {
            let said = format!("{}: {:?} is not computed from the data", base.rule_name, parameter.parameter);
            drawn.approximated.push(said);
        }
    }
}

/// The source of the pictures that the server draws of a layer.
pub(super) fn image_source(layer: &str) -> String {
    format!("{layer}-images")
}

fn images(base: &Base<'_>, raster: &RasterSymbolizer) -> Value {
    let mut layer = base.layer(
        "raster",
        None,
        json!({}),
        json!({ "raster-opacity": tidy(raster.opacity.unwrap_or(1.0)) }),
    );
    if let Some(layer) = layer.as_object_mut() {
        layer.insert("source".into(), json!(image_source(base.source)));
        layer.remove("source-layer");
        layer.remove("filter");
    }
    layer
}

fn fill_paint(fill: &Fill) -> Value {
    json!({ "fill-color": fill.color.hex(), "fill-opacity": tidy(fill.opacity) })
}

fn line(base: &Base<'_>, stroke: &Stroke, offset: f32, drawn: &mut Drawn) -> Value {
    if let Some(graphic) = &stroke.graphic {
        if let Some(layer) = icons::along(base, graphic, offset, drawn) {
            return layer;
        }
        drawn.approximated.push(format!("{}: the line of graphics is drawn as a plain line", base.rule_name));
        let seen = graphic.graphic.dot().unwrap_or_default();
        let plain = Stroke { color: seen.color, opacity: seen.opacity, graphic: None, ..stroke.clone() };
        return line(base, &plain, offset, drawn);
    }
    let cap = match stroke.cap {
        LineCap::Butt => "butt",
        LineCap::Round => "round",
        LineCap::Square => "square",
    };
    let join = match stroke.join {
        LineJoin::Mitre => "miter",
        LineJoin::Round => "round",
        LineJoin::Bevel => "bevel",
    };
    let mut paint = json!({
        "line-color": stroke.color.hex(),
        "line-opacity": tidy(stroke.opacity),
        "line-width": tidy(stroke.width),
    });
    if !stroke.dashes.is_empty() && stroke.width > 0.0 {
        // MapLibre counts dashes in widths of the line.
        let mut dashes: Vec<f64> = stroke.dashes.iter().map(|d| tidy(d / stroke.width)).collect();
        if dashes.len() % 2 == 1 {
            dashes.extend_from_within(..);
        }
        paint["line-dasharray"] = json!(dashes);
    }
    if offset != 0.0 {
        // MapLibre counts to the right.
        paint["line-offset"] = json!(tidy(-offset));
    }
    base.layer("line", None, json!({ "line-cap": cap, "line-join": join }), paint)
}

fn circle(base: &Base<'_>, point: &PointSymbolizer, drawn: &mut Drawn) -> Value {
    let Graphic { size, opacity, anchor, displacement, .. } = point.graphic;
    if let Some(shape) = icons::shown(&point.graphic) {
        drawn.approximated.push(format!("{}: the {shape} is drawn as a circle", base.rule_name));
    }
    if anchor != [0.5, 0.5] {
        drawn.approximated.push(format!("{}: the mark stands centred on its point", base.rule_name));
    }
    let mut paint = json!({ "circle-radius": tidy(size / 2.0) });
    let mark = point.graphic.mark();
    match mark.map_or(Some(Fill::default()), |mark| mark.fill) {
        Some(fill) => {
            paint["circle-color"] = json!(fill.color.hex());
            paint["circle-opacity"] = json!(tidy(fill.opacity * opacity));
        }
        None => paint["circle-opacity"] = json!(0),
    }
    if let Some(stroke) = mark.and_then(|mark| mark.stroke.as_ref()) {
        paint["circle-stroke-color"] = json!(stroke.color.hex());
        paint["circle-stroke-opacity"] = json!(tidy(stroke.opacity * opacity));
        paint["circle-stroke-width"] = json!(tidy(stroke.width));
    }
    if displacement != [0.0, 0.0] {
        paint["circle-translate"] = json!([tidy(displacement[0]), tidy(-displacement[1])]);
    }
    // On lines and areas MapLibre would put a circle on every vertex.
    base.layer("circle", Some("Point"), json!({}), paint)
}

fn label(base: &Base<'_>, text: &TextSymbolizer, drawn: &mut Drawn) -> Value {
    let mut field = vec![json!("concat")];
    for part in &text.label {
        field.push(match part {
            LabelPart::Text(text) => json!(text),
            LabelPart::Property(name) => json!(["to-string", ["get", name]]),
            LabelPart::Computed(value) => match computed::text(value) {
                Some(value) => value,
                None => {
                    drawn.approximated.push(format!("{}: a part of the label is left out", base.rule_name));
                    json!("")
                }
            },
        });
    }
    let mut layout = json!({
        "text-field": field,
        "text-size": tidy(text.font.size),
        "symbol-placement": "point",
    });
    // What stands behind all families in our own maps.
    let families = text.font.families.iter().map(String::as_str).chain(["DejaVu Sans"]);
    let mut fonts: Vec<String> = families.map(|family| FontName::of(family, &text.font)).collect();
    fonts.dedup();
    if drawn.has_glyphs || !text.font.families.is_empty() {
        layout["text-font"] = json!(fonts);
    }
    let ems = |pixels: f32| if text.font.size > 0.0 { tidy(pixels / text.font.size) } else { 0.0 };
    match text.placement {
        Placement::Point { anchor, displacement, rotation } => {
            layout["text-anchor"] = json!(text_anchor(anchor));
            if displacement != [0.0, 0.0] {
                layout["text-offset"] = json!([ems(displacement[0]), ems(-displacement[1])]);
            }
            if rotation != 0.0 {
                layout["text-rotate"] = json!(tidy(rotation));
            }
        }
        Placement::Line { offset } => {
            layout["symbol-placement"] = json!("line-center");
            if let Some(repeat) = text.layout.repeat {
                layout["symbol-placement"] = json!("line");
                // MapLibre counts from middle to middle: with the gap alone labels stand nearer than they are long.
                layout["symbol-spacing"] = json!(tidy(repeat.gap.max(1.0) + text.font.size * 8.0));
            }
            if offset != 0.0 {
                layout["text-offset"] = json!([0, ems(-offset)]);
            }
        }
    }
    place(text, base, &mut layout, drawn);
    let mut paint = json!({
        "text-color": text.fill.color.hex(),
        "text-opacity": tidy(text.fill.opacity),
    });
    if let Some(halo) = &text.halo {
        paint["text-halo-color"] = json!(halo.fill.color.hex());
        paint["text-halo-width"] = json!(tidy(halo.radius));
    }
    let note = "labels use the viewer's own fonts: this document names no glyphs".to_owned();
    if !drawn.has_glyphs && !drawn.approximated.contains(&note) {
        drawn.approximated.push(note);
    }
    base.layer("symbol", None, layout, paint)
}

/// How a label finds its place.
fn place(text: &TextSymbolizer, base: &Base<'_>, layout: &mut Value, drawn: &mut Drawn) {
    let how = &text.layout;
    if !how.conflict {
        layout["text-allow-overlap"] = json!(true);
        layout["text-ignore-placement"] = json!(true);
    }
    layout["text-max-width"] = if how.wrap > 0.0 && text.font.size > 0.0 {
        json!(tidy(how.wrap / text.font.size))
    } else {
        json!(1000)
    };
    if how.follow {
        layout["text-max-angle"] = json!(tidy(how.max_angle));
    }
    if !how.upright {
        layout["text-keep-upright"] = json!(false);
    }
    if !how.aligned {
        layout["text-rotation-alignment"] = json!("viewport");
    }
    if let Some(priority) = &how.priority {
        // MapLibre places the lowest key first.
        match computed::number(priority) {
            Some(priority) => layout["symbol-sort-key"] = json!(["-", priority]),
            None => drawn.approximated.push(format!("{}: labels have no priority", base.rule_name)),
        }
    }
}

/// The part of the text that stands on the point: SE counts from the lower left, in parts of the box.
fn text_anchor(anchor: [f32; 2]) -> &'static str {
    let third = |v: f32| if v < 1.0 / 3.0 { 0 } else { 1 + usize::from(v > 2.0 / 3.0) };
    match (third(anchor[0]), third(anchor[1])) {
        (0, 0) => "bottom-left",
        (0, 1) => "left",
        (0, _) => "top-left",
        (1, 0) => "bottom",
        (1, 1) => "center",
        (1, _) => "top",
        (_, 0) => "bottom-right",
        (_, 1) => "right",
        _ => "top-right",
    }
}

/// A number of a style without the digits that single precision adds.
pub(super) fn tidy(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

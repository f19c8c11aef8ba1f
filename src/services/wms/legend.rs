//! A legend as data: the JSON of GeoServer, which clients that draw their own legends read.

use crate::filter::ecql;
use crate::maps::LayerLegend;
use crate::style::{
    ColorMap, ColorMapEntry, ColorMapKind, Fill, FontStyle, Graphic, LabelPart, LineCap, LineJoin, Placement,
    Rule, Stroke, Symbol, Symbolizer, Unit,
};
use serde_json::{Map, Value, json};

/// The document. Numbers are texts in it, as they are in style documents.
pub(super) fn document(layers: &[LayerLegend]) -> Value {
    let layer = |shown: &LayerLegend| {
        let rules: Vec<Value> = shown.rules().map(|(told, count)| rule(told, count)).collect();
        json!({"layerName": shown.layer.slug, "title": shown.layer.title, "rules": rules})
    };
    json!({"Legend": layers.iter().map(layer).collect::<Vec<_>>()})
}

fn rule(rule: &Rule, count: Option<u64>) -> Value {
    let mut out = Map::new();
    let mut set = |name: &str, value: Value| out.insert(name.to_owned(), value);
    if let Some(name) = &rule.name {
        set("name", json!(name));
    }
    if let Some(title) = &rule.title {
        set("title", json!(title));
    }
    // A condition that ECQL has no words for is left out: the rule is still one of several.
    if let Some(filter) = rule.filter.as_ref().and_then(ecql::write) {
        set("filter", json!(format!("[{filter}]")));
    }
    if rule.otherwise {
        set("ElseFilter", json!("true"));
    }
    if let Some(scale) = rule.min_scale {
        set("minScaleDenominator", json!(scale.to_string()));
    }
    if let Some(scale) = rule.max_scale {
        set("maxScaleDenominator", json!(scale.to_string()));
    }
    if let Some(count) = count {
        set("count", json!(count));
    }
    let symbolizers: Vec<Value> = rule.symbolizers.iter().map(symbolizer).collect();
    set("symbolizers", json!(symbolizers));
    Value::Object(out)
}

fn symbolizer(symbolizer: &Symbolizer) -> Value {
    let mut out = Map::new();
    match symbolizer.unit() {
        Unit::Pixel => {}
        Unit::Metre => drop(out.insert("uom".into(), json!("metre"))),
        Unit::Foot => drop(out.insert("uom".into(), json!("foot"))),
    }
    let kind = match symbolizer {
        Symbolizer::Polygon(polygon) => {
            fill(&mut out, "fill", polygon.fill);
            if let Some(pattern) = &polygon.pattern {
                out.insert("graphic-fill".into(), graphic(&pattern.graphic));
            }
            stroke(&mut out, polygon.stroke.as_ref());
            "Polygon"
        }
        Symbolizer::Line(line) => {
            stroke(&mut out, Some(&line.stroke));
            if line.offset != 0.0 {
                out.insert("perpendicular-offset".into(), number(line.offset));
            }
            "Line"
        }
        Symbolizer::Point(point) => {
            if let Value::Object(described) = graphic(&point.graphic) {
                out.extend(described);
            }
            "Point"
        }
        Symbolizer::Text(text) => {
            let label: String = text
                .label
                .iter()
                .map(|part| match part {
                    LabelPart::Text(text) => text.clone(),
                    LabelPart::Property(name) => format!("[{name}]"),
                    LabelPart::Computed(_) => "[…]".to_owned(),
                })
                .collect();
            out.insert("label".into(), json!(label));
            let font = &text.font;
            out.insert(
                "fonts".into(),
                json!([{
                    "font-family": font.families,
                    "font-style": match font.style {
                        FontStyle::Normal => "normal",
                        FontStyle::Italic => "italic",
                        FontStyle::Oblique => "oblique",
                    },
                    "font-weight": if font.weight >= 600.0 { "bold" } else { "normal" },
                    "font-size": number(font.size),
                }]),
            );
            if let Placement::Point { anchor, displacement, rotation } = text.placement {
                out.insert(
                    "label-placement".into(),
                    json!({
                        "x-anchor": number(anchor[0]), "y-anchor": number(anchor[1]), "rotation": number(rotation),
                        "x-displacement": number(displacement[0]), "y-displacement": number(displacement[1]),
                    }),
                );
            }
            fill(&mut out, "fill", Some(text.fill));
            if let Some(halo) = &text.halo {
                let mut around = Map::new();
                around.insert("radius".into(), number(halo.radius));
                fill(&mut around, "fill", Some(halo.fill));
                out.insert("halo".into(), Value::Object(around));
            }
            "Text"
        }
        Symbolizer::Raster(raster) => {
            out.insert("opacity".into(), number(raster.opacity.unwrap_or(1.0)));
            if let Some(colors) = &raster.colors {
                out.insert("colormap".into(), color_map(colors));
            }
            "Raster"
        }
    };
    json!({ (kind): out })
}

/// Colours by value; the last of intervals has no value where it goes on for ever.
fn color_map(colors: &ColorMap) -> Value {
    let kind = match colors.kind {
        ColorMapKind::Ramp => "ramp",
        ColorMapKind::Intervals { .. } => "intervals",
        ColorMapKind::Values => "values",
    };
    let entry = |entry: &ColorMapEntry| {
        let mut out = Map::new();
        out.insert("label".into(), json!(entry.label.clone().unwrap_or_default()));
        if entry.quantity.is_finite() {
            out.insert("quantity".into(), json!(entry.quantity.to_string()));
        }
        out.insert("color".into(), json!(entry.color.hex()));
        out.insert("opacity".into(), number(entry.opacity));
        Value::Object(out)
    };
    json!({ "type": kind, "entries": colors.entries.iter().map(entry).collect::<Vec<_>>() })
}

fn graphic(graphic: &Graphic) -> Value {
    let mut symbol = Map::new();
    match &graphic.symbol {
        Symbol::Mark(mark) => {
            symbol.insert("mark".into(), json!(mark.shape.name()));
            fill(&mut symbol, "fill", mark.fill);
            stroke(&mut symbol, mark.stroke.as_ref());
        }
        Symbol::Picture(picture) => {
            symbol.insert("external-graphic-type".into(), json!(picture.media_type()));
        }
    }
    let mut out = Map::new();
    out.insert("size".into(), number(graphic.size));
    out.insert("opacity".into(), number(graphic.opacity));
    out.insert("rotation".into(), number(graphic.rotation));
    out.insert("graphics".into(), json!([symbol]));
    Value::Object(out)
}

fn fill(out: &mut Map<String, Value>, name: &str, fill: Option<Fill>) {
    if let Some(fill) = fill {
        out.insert(name.to_owned(), json!(fill.color.hex()));
        out.insert(format!("{name}-opacity"), number(fill.opacity));
    }
}

fn stroke(out: &mut Map<String, Value>, stroke: Option<&Stroke>) {
    let Some(stroke) = stroke else { return };
    out.insert("stroke".into(), json!(stroke.color.hex()));
    out.insert("stroke-width".into(), number(stroke.width));
    out.insert("stroke-opacity".into(), number(stroke.opacity));
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
    out.insert("stroke-linecap".into(), json!(cap));
    out.insert("stroke-linejoin".into(), json!(join));
    if !stroke.dashes.is_empty() {
        let dashes: Vec<String> = stroke.dashes.iter().map(f32::to_string).collect();
        out.insert("stroke-dasharray".into(), json!(dashes));
        out.insert("stroke-dashoffset".into(), number(stroke.dash_offset));
    }
    if let Some(along) = &stroke.graphic {
        out.insert("graphic-stroke".into(), graphic(&along.graphic));
    }
}

/// A number in the fewest digits that say it.
fn number(value: f32) -> Value {
    json!(value.to_string())
}

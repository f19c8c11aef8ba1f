//! From a MapLibre style document (MapLibre Style Specification, version 8) to the style model.
//!
//! The layers of one source are read, in their order, each as a rule. What changes with the zoom is read as rules for
//! bands of scales: steps as they are, curves with the value of each whole zoom. What has no counterpart is named in
//! [`Style::notes`].

mod bands;
mod color;
mod condition;
mod label;
mod layer;
#[cfg(test)]
mod tests;
mod value;

use super::DENOMINATOR_AT_ZOOM_0;
use crate::model::slugify;
use crate::style::{FeatureTypeStyle, Rule, Style, StyleError};
use bands::Band;
use layer::Found;
use serde_json::Value;

/// Layers of one document.
const LAYERS: usize = 2_000;
/// Rules that are made of them: a layer may need one for each zoom.
const RULES: usize = 5_000;
/// How deep arrays stand in each other.
const DEPTH: usize = 40;
/// Findings that are listed; further ones are counted.
const NOTES: usize = 200;

/// Reads a style. `target` is the layer that it is for: of several source layers the one of that name is read, and when
/// a document has only one, it is that. Without a target all layers are read.
///
/// # Errors
/// [`StyleError`]: JSON that is not well-formed (with line and column), another version, no layer that can be drawn.
pub fn parse(text: &str, target: Option<&str>) -> Result<Style, StyleError> {
    let document: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| {
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).max(1);
        let message = format!("the document is not well-formed JSON: {e}");
        StyleError { line: at(e.line()), column: at(e.column()), message }
    })?;
    read(&document, target).map_err(|message| StyleError { line: 1, column: 1, message })
}

/// What is found on the way.
#[derive(Default)]
struct Notes {
    list: Vec<String>,
    more: usize,
    /// The layer at hand.
    place: String,
}

impl Notes {
    fn add(&mut self, message: &str) {
        let note =
            if self.place.is_empty() { message.to_owned() } else { format!("{}: {message}", self.place) };
        if self.list.contains(&note) {
            return;
        }
        if self.list.len() < NOTES { self.list.push(note) } else { self.more += 1 }
    }

    fn into_list(mut self) -> Vec<String> {
        if self.more > 0 {
            self.list.push(format!("{} more parts of the style were not read", self.more));
        }
        self.list
    }
}

fn read(document: &Value, target: Option<&str>) -> Result<Style, String> {
    if document.get("version").and_then(Value::as_f64) != Some(8.0) {
        return Err("the document is no MapLibre style of version 8: 'version' must be 8".to_owned());
    }
    let Some(layers) = document.get("layers").and_then(Value::as_array) else {
        return Err("the document is no MapLibre style: it has no list 'layers'".to_owned());
    };
    if layers.len() > LAYERS {
        return Err(format!("the style has more than {LAYERS} layers"));
    }
    let mut notes = Notes::default();
    let source = source(layers, target)?;
    let (own, others): (Vec<&Value>, Vec<&Value>) =
        layers.iter().partition(|l| target.is_none() || source_of(l).is_none_or(|name| Some(name) == source));
    for name in distinct(others.iter().filter_map(|l| source_of(l))) {
        let count = others.iter().filter(|l| source_of(l) == Some(name)).count();
        notes.add(&format!("{count} layers of the source layer '{}' are left out", short(name)));
    }
    let mut rules = Vec::new();
    let mut last: Option<Found> = None;
    for layer in own {
        notes.place =
            format!("layer '{}'", short(layer.get("id").and_then(Value::as_str).unwrap_or_default()));
        if too_deep(layer, 0) {
            return Err(format!("{}: arrays stand in each other more than {DEPTH} deep", notes.place));
        }
        for found in layer::layer(layer, &mut notes)? {
            let apart = match &mut last {
                Some(before) => before.join(found),
                None => Some(found),
            };
            if let Some(found) = apart {
                rules.extend(last.replace(found).map(|before| before.rule));
            }
        }
        if rules.len() > RULES {
            return Err(format!("the style needs more than {RULES} rules for its zooms"));
        }
    }
    rules.extend(last.map(|found| found.rule));
    if rules.is_empty() {
        return Err(match source {
            Some(name) => format!("no layer of '{}' can be drawn", short(name)),
            None => "the style has no layer that can be drawn".to_owned(),
        });
    }
    let name = document.get("name").and_then(Value::as_str).map(str::trim).filter(|n| !n.is_empty());
    notes.place.clear();
    Ok(Style {
        layer: source.or(target).map(str::to_owned),
        name: name.map(|name| slugify(name).to_string()),
        title: name.map(|name| name.chars().filter(|c| !c.is_control()).take(200).collect()),
        feature_type_styles: vec![FeatureTypeStyle { rules }],
        notes: notes.into_list(),
    })
}

/// The source layer that is read: the target, or the only one there is.
fn source<'a>(layers: &'a [Value], target: Option<&'a str>) -> Result<Option<&'a str>, String> {
    let names = distinct(layers.iter().filter_map(source_of));
    match (names.as_slice(), target) {
        ([], _) => Ok(None),
        ([only], _) => Ok(Some(only)),
        // Nobody asked for one of them.
        (_, None) => Ok(None),
        (several, Some(target)) if several.contains(&target) => Ok(Some(target)),
        (several, Some(target)) => {
            let shown: Vec<String> = several.iter().take(20).map(|name| short(name)).collect();
            let wanted = short(target);
            Err(format!(
                "the style is of several source layers, none of which is '{wanted}': {}",
                shown.join(", ")
            ))
        }
    }
}

fn source_of(layer: &Value) -> Option<&str> {
    layer.get("source-layer").and_then(Value::as_str)
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

fn too_deep(value: &Value, depth: usize) -> bool {
    depth > DEPTH
        || match value {
            Value::Array(all) => all.iter().any(|inner| too_deep(inner, depth + 1)),
            Value::Object(all) => all.values().any(|inner| too_deep(inner, depth + 1)),
            _ => false,
        }
}

/// Whether a member asks for something other than its usual value.
fn is_set(value: Option<&Value>) -> bool {
    !matches!(value, None | Some(Value::Null))
}

impl Band {
    /// The scales of the band, as a rule has them.
    fn limit(self, rule: &mut Rule) {
        rule.max_scale = (self.from > 0.0).then(|| denominator(self.from));
        rule.min_scale = (self.to < 24.0).then(|| denominator(self.to));
    }
}

/// The scale denominator of a zoom. A layer is drawn at its least zoom and not at its greatest, rules the other way
/// round: hence the hair's breadth. Zooms that were made of a round denominator become that again.
fn denominator(zoom: f64) -> f64 {
    let exact = DENOMINATOR_AT_ZOOM_0 / zoom.exp2();
    if (zoom * 2.0).fract() == 0.0 {
        return exact * (1.0 + 1e-5);
    }
    let unit = 10_f64.powf(exact.log10().floor() - 2.0);
    let round = (exact / unit).round() * unit;
    if (round / exact - 1.0).abs() < 7e-5 { round } else { exact }
}

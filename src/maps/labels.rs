//! The labels of a map, all layers together, in the order in which they look for room.

use super::read::{LabelDrawing, LayerDrawing, RuleDrawing, symbolizers};
use crate::render::Label;
use crate::style::{Symbolizer, TextSymbolizer};
use std::collections::HashMap;

/// The labels that are wanted: those of greater priority first, else earlier layers, rules and features.
pub(super) fn wanted(layers: &[LayerDrawing]) -> Vec<Label<'_>> {
    let mut wanted: Vec<Label<'_>> = Vec::new();
    for layer in layers {
        for rule in &layer.rules {
            let mut groups: HashMap<(usize, &str), usize> = HashMap::new();
            for label in &rule.labels {
                let Some((style, scale)) = style(layer, rule, label) else { continue };
                if style.layout.group {
                    let next = wanted.len();
                    let place = *groups.entry((label.symbolizer, &label.text)).or_insert(next);
                    if let Some(first) = wanted.get_mut(place) {
                        first.features.push(label.feature);
                        first.priority = first.priority.max(label.priority);
                        continue;
                    }
                }
                wanted.push(Label {
                    shapes: &layer.shapes,
                    features: vec![label.feature],
                    text: &label.text,
                    style,
                    scale,
                    priority: label.priority,
                });
            }
        }
    }
    wanted.sort_by(|a, b| b.priority.total_cmp(&a.priority));
    wanted
}

/// How a label looks, and what its lengths are multiplied with.
fn style<'a>(
    layer: &'a LayerDrawing,
    rule: &'a RuleDrawing,
    label: &LabelDrawing,
) -> Option<(&'a TextSymbolizer, f32)> {
    let variants = rule.variants.iter().find(|v| v.symbolizer == label.symbolizer);
    let look = label.look.and_then(|look| variants?.looks.get(look)).map(|(look, _)| look);
    let symbolizer = look.or_else(|| symbolizers(&layer.style, rule.place).get(label.symbolizer))?;
    match symbolizer {
        Symbolizer::Text(text) => Some((text, layer.scale * symbolizer.unit().pixels(layer.denominator))),
        _ => None,
    }
}

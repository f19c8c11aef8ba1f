//! Whether a style fits the data it shall draw.

use super::plan::{no_property, source};
use crate::filter::check;
use crate::model::Layer;
use crate::style::{LabelPart, Style, Symbolizer};

/// Holds every condition and label of a style, drawn at whatever scale, against the columns of a layer.
///
/// # Errors
/// A sentence that names the property that is missing, and those there are, or the comparison that can't
/// be made.
pub fn check_fit(style: &Style, layer: &Layer) -> Result<(), String> {
    for rule in style.rules() {
        if let Some(filter) = &rule.filter {
            check(filter, layer).map_err(|e| e.to_string())?;
        }
        for symbolizer in &rule.symbolizers {
            let Symbolizer::Text(text) = symbolizer else { continue };
            for part in &text.label {
                let LabelPart::Property(name) = part else { continue };
                let columns: Vec<String> = layer.columns.iter().map(|c| c.name.clone()).collect();
                if source(layer, &columns, name).is_none() {
                    return Err(no_property(layer, name));
                }
            }
        }
    }
    Ok(())
}

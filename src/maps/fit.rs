//! Whether a style fits the data it shall draw.

use super::plan::{no_property, source};
use crate::filter::check;
use crate::model::Layer;
use crate::render::ShownBands;
use crate::style::{Style, Symbolizer};

/// Holds every condition, label and computed parameter of a style, drawn at whatever scale, against the columns of a layer.
///
/// # Errors
/// A sentence that names the property that is missing, and those there are, or the comparison that can't
/// be made.
pub fn check_fit(style: &Style, layer: &Layer) -> Result<(), String> {
    for rule in style.rules() {
        if let Some(filter) = &rule.filter {
            check(filter, layer).map_err(|e| e.to_string())?;
        }
        let columns: Vec<String> = layer.columns.iter().map(|c| c.name.clone()).collect();
        for symbolizer in &rule.symbolizers {
            if let Symbolizer::Raster(raster) = symbolizer {
                let Some(coverage) = &layer.coverage else {
                    return Err("a RasterSymbolizer draws images, and this layer has none".to_owned());
                };
                ShownBands::of(raster, coverage)?;
            }
        }
        let mut missing = None;
        for symbolizer in &rule.symbolizers {
            symbolizer.properties(&mut |name| {
                if missing.is_none() && source(layer, &columns, name).is_none() {
                    missing = Some(no_property(layer, name));
                }
            });
        }
        if let Some(missing) = missing {
            return Err(missing);
        }
    }
    Ok(())
}

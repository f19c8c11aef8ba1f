//! The layers of a map and what they are drawn in: `LAYERS` and `STYLES`, or a document of styles.

use super::styled::Document;
use super::{Context, Parsed, condition};
use crate::maps::MapLayer;
use crate::model::Layer;
use crate::services::edge::Kvp;
use crate::services::wms::error::{Code, WmsError};
use std::sync::Arc;

/// The layers of `LAYERS`, in their order.
pub(super) fn named_layers(kvp: &Kvp, context: &Context<'_>) -> Parsed<Vec<Arc<Layer>>> {
    let names = names(kvp, context)?;
    names.into_iter().map(|name| context.layer(name, "LAYERS")).collect()
}

fn names<'a>(kvp: &'a Kvp, context: &Context<'_>) -> Parsed<Vec<&'a str>> {
    let names = kvp.filled("LAYERS").ok_or_else(|| WmsError::missing("LAYERS", "communes"))?;
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    bounded(names.len(), context, "LAYERS")?;
    Ok(names)
}

/// Holds a number of layers against the most that a request may name.
pub(super) fn bounded(count: usize, context: &Context<'_>, parameter: &'static str) -> Parsed<()> {
    let limit = context.limits.layers_per_request;
    if count > limit {
        let message = format!("a request names at most {limit} layers here; ask for fewer");
        return Err(WmsError::new(Code::InvalidParameterValue, parameter, message));
    }
    Ok(())
}

/// What a map shows, from the bottom to the top, each layer with its style and its conditions.
pub(super) fn layers(kvp: &Kvp, context: &Context<'_>) -> Parsed<Vec<MapLayer>> {
    let document = Document::of(kvp)?;
    let mut layers = match &document {
        Some(document) if kvp.filled("LAYERS").is_none() => document.layers(context)?,
        _ => listed(kvp, context, document.as_ref())?,
    };
    condition::add(kvp, context, &mut layers)?;
    Ok(layers)
}

/// The layers of `LAYERS`; a document is a library of styles for them (OGC 05-078r4 clause 7.3.2).
fn listed(kvp: &Kvp, context: &Context<'_>, document: Option<&Document>) -> Parsed<Vec<MapLayer>> {
    let names = names(kvp, context)?;
    // An empty list means the default style of each.
    let styles = kvp.get("STYLES").unwrap_or_default();
    let styles: Vec<&str> = if styles.is_empty() { Vec::new() } else { styles.split(',').collect() };
    if !styles.is_empty() && styles.len() != names.len() {
        let message = format!(
            "STYLES names {} styles for {} layers; give one a layer, or none at all",
            styles.len(),
            names.len()
        );
        return Err(WmsError::new(Code::StyleNotDefined, "STYLES", message));
    }
    let styled = names.into_iter().enumerate().map(|(index, name)| {
        let layer = context.layer(name, "LAYERS")?;
        let style = styles.get(index).map_or("", |s| s.trim());
        let (style, filter) = match document {
            Some(document) => document.styled(context, name, &layer, style, "STYLES")?,
            None => (context.style(&layer, style, "STYLES")?.into(), None),
        };
        Ok(MapLayer { layer, style, filter })
    });
    styled.collect()
}

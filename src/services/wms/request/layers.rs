//! The layers of a map and what they are drawn in: `LAYERS` and `STYLES`, or a document of styles.

use super::styled::Document;
use super::{Context, Parsed, condition};
use crate::maps::MapLayer;
use crate::model::Layer;
use crate::services::edge::Kvp;
use crate::services::wms::error::{Code, WmsError};
use std::sync::Arc;

/// The layers of `LAYERS`, in their order; those of a group from its bottom to its top.
pub(in crate::services::wms) fn named_layers(kvp: &Kvp, context: &Context<'_>) -> Parsed<Vec<Arc<Layer>>> {
    let mut all = Vec::new();
    for name in names(kvp, context)? {
        all.extend(context.layers(name, "LAYERS")?);
        bounded(all.len(), context, "LAYERS")?;
    }
    Ok(all)
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
    let mut named = match &document {
        Some(document) if kvp.filled("LAYERS").is_none() => {
            document.layers(context)?.into_iter().map(|layer| vec![layer]).collect()
        }
        _ => listed(kvp, context, document.as_ref())?,
    };
    condition::add(kvp, context, &mut named)?;
    Ok(named.into_iter().flatten().collect())
}

/// What each name of `LAYERS` shows; a document is a library of styles for them (OGC 05-078r4 clause 7.3.2).
fn listed(kvp: &Kvp, context: &Context<'_>, document: Option<&Document>) -> Parsed<Vec<Vec<MapLayer>>> {
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
    let mut count = 0;
    let mut shown = Vec::with_capacity(names.len());
    for (index, name) in names.into_iter().enumerate() {
        let style = styles.get(index).map_or("", |s| s.trim());
        let layers = styled(name, style, context, document, ["LAYERS", "STYLES"])?;
        count += layers.len();
        bounded(count, context, "LAYERS")?;
        shown.push(layers);
    }
    Ok(shown)
}

/// The layers of a name in a style by its name: a layer in one of its styles, those of a group in their default ones.
pub(super) fn styled(
    name: &str,
    style: &str,
    context: &Context<'_>,
    document: Option<&Document>,
    [of_layer, of_style]: [&'static str; 2],
) -> Parsed<Vec<MapLayer>> {
    let layers = context.layers(name, of_layer)?;
    let is_group = context.is_group(name);
    if is_group && !style.is_empty() && !style.eq_ignore_ascii_case("default") {
        let message =
            format!("'{name}' is a group; it is drawn in its layers' default styles: leave its style empty");
        return Err(WmsError::new(Code::StyleNotDefined, of_style, message));
    }
    let styled = layers.into_iter().map(|layer| {
        let (name, style) = if is_group { (layer.slug.as_str(), "") } else { (name, style) };
        let (style, filter) = match document {
            Some(document) => document.styled(context, name, &layer, style, of_style)?,
            None => (context.style(&layer, style, of_style)?.into(), None),
        };
        Ok(MapLayer { layer, style, filter })
    });
    styled.collect()
}

//! Which features of each layer a map shows: `CQL_FILTER`, `FILTER` and `FEATUREID`, as GeoServer, MapServer and QGIS
//! Server take them beside the standard.

use super::{Context, Parsed};
use crate::filter::{Filter, FilterError, FilterLimits, Reading, check, ecql, fes, xml};
use crate::maps::{MapLayer, feature_filter};
use crate::services::edge::Kvp;
use crate::services::wms::error::{Code, WmsError};

/// Adds the conditions of a request to what it names: the layers of each name have their condition together.
pub(super) fn add(kvp: &Kvp, context: &Context<'_>, layers: &mut [Vec<MapLayer>]) -> Parsed<()> {
    let limits = FilterLimits::from(context.limits);
    let reading = Reading { limits, ..Reading::default() };
    if let Some(text) = kvp.filled("CQL_FILTER") {
        let read = |text: &str| ecql::parse(text, &reading);
        each(layers, "CQL_FILTER", &ecql::split(text), "CQL_FILTER=INCLUDE;commune='Aix'", read)?;
    }
    if let Some(text) = kvp.filled("FILTER") {
        let read = |text: &str| {
            let document = xml::parse_document(text, &reading.limits)?;
            fes::parse_as(document.root_element(), &reading)
        };
        each(layers, "FILTER", &groups(text), "FILTER=(<Filter>…</Filter>)(<Filter>…</Filter>)", read)?;
    }
    if let Some(text) = kvp.filled("FEATUREID") {
        identified(layers, text);
    }
    Ok(())
}

/// One condition a layer or group, in their order; an empty one leaves it whole.
fn each(
    layers: &mut [Vec<MapLayer>],
    parameter: &'static str,
    texts: &[&str],
    example: &str,
    read: impl Fn(&str) -> Result<Filter, FilterError>,
) -> Parsed<()> {
    if texts.len() != layers.len() {
        let message = format!(
            "{parameter} has {} conditions for {} layers; give one a layer, in their order, such as {example}",
            texts.len(),
            layers.len()
        );
        return Err(WmsError::new(Code::InvalidParameterValue, parameter, message));
    }
    for (named, text) in layers.iter_mut().zip(texts).filter(|(_, text)| !text.is_empty()) {
        for layer in named {
            let wrong = |error: FilterError| {
                let message = format!("{parameter} of layer '{}': {error}", layer.layer.slug);
                WmsError::new(Code::InvalidParameterValue, parameter, message)
            };
            let filter = read(text).map_err(wrong)?;
            // What is said of the pixels of images needs no attribute.
            if let Some(of_features) = feature_filter(&filter, &layer.layer) {
                check(&of_features, &*layer.layer).map_err(wrong)?;
            }
            layer.filter = Filter::and(layer.filter.take(), Some(filter));
        }
    }
    Ok(())
}

/// The conditions between parentheses; the whole text where there are none.
fn groups(text: &str) -> Vec<&str> {
    let text = text.trim();
    match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        // A filter has elements around everything, so that this is no text of one.
        Some(inner) => inner.split(")(").map(str::trim).collect(),
        None => vec![text],
    }
}

/// Shows of each layer that the identifiers name only what they name; of one that they don't name, nothing.
fn identified(layers: &mut [Vec<MapLayer>], text: &str) {
    let ids: Vec<String> =
        text.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    for layer in layers.iter_mut().flatten() {
        layer.filter = Filter::and(layer.filter.take(), Some(Filter::Ids(ids.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_stand_between_parentheses_or_alone() {
        assert_eq!(groups("<Filter/>"), ["<Filter/>"]);
        assert_eq!(groups(" (<Filter/>)() "), ["<Filter/>", ""]);
        assert_eq!(groups("(<a/>)(<b>f(x) (y)</b>)(<c/>)"), ["<a/>", "<b>f(x) (y)</b>", "<c/>"]);
    }
}

//! `SLD_BODY`: a document of styles that a request brings (OGC 02-070 section 6.2, OGC 05-078r4 clause 7.3).
//!
//! Without `LAYERS` the document is the map: its layers, in its order, each in its styles. With `LAYERS` it is a
//! library, in which styles are looked for before those of the server.

use super::layers::bounded;
use super::{Context, Parsed};
use crate::filter::{Filter, check};
use crate::maps::{MapLayer, MapStyle, check_fit};
use crate::model::Layer;
use crate::services::edge::Kvp;
use crate::services::wms::error::{Code, WmsError, excerpt};
use crate::style::Style;
use crate::style::sld::{self, LayerStyle, StyledLayer};
use std::sync::Arc;

const PARAMETER: &str = "SLD_BODY";

/// A document of styles.
pub(super) struct Document {
    layers: Vec<StyledLayer>,
    /// Hash of its text.
    hash: u128,
}

impl Document {
    /// The document of a request, if it brings one. Documents elsewhere are not fetched.
    pub(super) fn of(kvp: &Kvp) -> Parsed<Option<Self>> {
        if kvp.filled("SLD").is_some() {
            let message = "SLD is not supported: this server fetches no document from elsewhere; send the \
                           document itself in SLD_BODY, by GET or by POST";
            return Err(WmsError::new(Code::OperationNotSupported, "SLD", message));
        }
        let Some(text) = kvp.filled(PARAMETER) else { return Ok(None) };
        let layers = sld::parse_layers(text).map_err(|error| refused(error.to_string()))?;
        Ok(Some(Self { layers, hash: xxhash_rust::xxh3::xxh3_128(text.as_bytes()) }))
    }

    /// All layers of the document in their order, each as often as it has styles.
    pub(super) fn layers(&self, context: &Context<'_>) -> Parsed<Vec<MapLayer>> {
        let count = self.layers.iter().map(|layer| layer.styles.len().max(1)).sum();
        bounded(count, context, PARAMETER)?;
        let mut shown = Vec::with_capacity(count);
        for (place, styled) in self.layers.iter().enumerate() {
            let layer = context.layer(&styled.name, PARAMETER)?;
            let filter = constraint(styled, &layer)?;
            let mut add = |style: MapStyle| {
                shown.push(MapLayer { layer: Arc::clone(&layer), style, filter: filter.clone() });
            };
            if styled.styles.is_empty() {
                add(context.style(&layer, "", PARAMETER)?.into());
            }
            for (turn, style) in styled.styles.iter().enumerate() {
                add(self.drawn(context, &layer, (place, turn), style)?);
            }
        }
        Ok(shown)
    }

    /// The style of a layer by the name of the style, or its default when that is empty: the document's, else the
    /// server's; and what the document lets through of the layer.
    pub(super) fn styled(
        &self,
        context: &Context<'_>,
        name: &str,
        layer: &Layer,
        style: &str,
        parameter: &'static str,
    ) -> Parsed<(MapStyle, Option<Filter>)> {
        let is_meant = |styled: &StyledLayer| {
            styled.name == name || context.layer(&styled.name, PARAMETER).is_ok_and(|l| l.id == layer.id)
        };
        let Some((place, styled)) = self.layers.iter().enumerate().find(|(_, styled)| is_meant(styled))
        else {
            return Ok((context.style(layer, style, parameter)?.into(), None));
        };
        let filter = constraint(styled, layer)?;
        let mut styles = styled.styles.iter().enumerate();
        let found = if style.is_empty() {
            let default =
                |(_, s): &(usize, &LayerStyle)| matches!(s, LayerStyle::User { is_default: true, .. });
            styles.clone().find(default).or_else(|| styles.next())
        } else {
            let named = |(_, s): &(usize, &LayerStyle)| match s {
                LayerStyle::User { style: own, .. } => own.name.as_deref() == Some(style),
                LayerStyle::Named(_) => false,
            };
            styles.find(named)
        };
        let style = match found {
            Some((turn, style)) => self.drawn(context, layer, (place, turn), style)?,
            None => context.style(layer, style, parameter)?.into(),
        };
        Ok((style, filter))
    }

    fn drawn(
        &self,
        context: &Context<'_>,
        layer: &Layer,
        (place, turn): (usize, usize),
        style: &LayerStyle,
    ) -> Parsed<MapStyle> {
        match style {
            LayerStyle::Named(name) => Ok(context.style(layer, name, PARAMETER)?.into()),
            LayerStyle::User { style, .. } => {
                fitting(style, layer)?;
                let which = xxhash_rust::xxh3::xxh3_128(format!("{:x} {place} {turn}", self.hash).as_bytes());
                Ok(MapStyle::Given { style: Arc::new(style.clone()), hash: which })
            }
        }
    }
}

pub(super) fn fitting(style: &Style, layer: &Layer) -> Parsed<()> {
    check_fit(style, layer).map_err(|reason| {
        let name = excerpt(style.name.as_deref().unwrap_or("without a name"));
        refused(format!("style '{name}' does not fit layer '{}': {reason}", layer.slug))
    })
}

fn constraint(styled: &StyledLayer, layer: &Layer) -> Parsed<Option<Filter>> {
    if let Some(filter) = &styled.constraint {
        check(filter, layer)
            .map_err(|e| refused(format!("the constraints of layer '{}': {e}", layer.slug)))?;
    }
    Ok(styled.constraint.clone())
}

pub(super) fn refused(message: String) -> WmsError {
    WmsError::new(Code::InvalidParameterValue, PARAMETER, format!("{PARAMETER}: {message}"))
}

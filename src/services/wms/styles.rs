//! What a client is told of layers and their styles: DescribeLayer, GetStyles, PutStyles.

use super::error::{Code, WmsError};
use super::request::{PutMode, StylesToPut};
use super::version::Version;
use crate::features::edit::wait_until_seen;
use crate::model::Layer;
use crate::publish::{NewStyle, RestyleError, put_styles};
use crate::services::edge::{Call, restyle_status};
use crate::style::{Style, sld};
use quick_xml::escape::escape;
use std::sync::Arc;

/// The media type of a document of styles.
pub(super) const SLD: &str = "application/vnd.ogc.sld+xml";

/// DescribeLayer: where the features of layers are (OGC 02-070 clause 8, OGC 05-078r4 clause 8).
pub(super) fn describe(call: &Call, layers: &[Arc<Layer>], version: Version) -> String {
    let wfs = escape(format!("{}?", call.url("/wfs"))).into_owned();
    let type_name = |layer: &Layer| {
        let prefix = &layer.dataset.organisation.prefix;
        escape(format!("{prefix}:{}", layer.slug)).into_owned()
    };
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    match version {
        Version::V111 => {
            out.push_str(
                "<!DOCTYPE WMS_DescribeLayerResponse SYSTEM \
                 \"http://schemas.opengis.net/wms/1.1.1/WMS_DescribeLayerResponse.dtd\">\n\
                 <WMS_DescribeLayerResponse version=\"1.1.1\">\n",
            );
            for layer in layers {
                let (name, type_name) = (escape(layer.slug.as_str()), type_name(layer));
                out.push_str(&format!(
                    "<LayerDescription name=\"{name}\" wfs=\"{wfs}\" owsURL=\"{wfs}\" owsType=\"WFS\">\
                     <Query typeName=\"{type_name}\"/></LayerDescription>\n"
                ));
            }
            out.push_str("</WMS_DescribeLayerResponse>\n");
        }
        Version::V130 => {
            out.push_str(
                "<DescribeLayerResponse xmlns=\"http://www.opengis.net/sld\" \
                 xmlns:se=\"http://www.opengis.net/se\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
                 xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                 xsi:schemaLocation=\"http://www.opengis.net/sld \
                 http://schemas.opengis.net/sld/1.1.0/DescribeLayer.xsd\">\n<Version>1.1.0</Version>\n",
            );
            for layer in layers {
                let organisation = &layer.dataset.organisation;
                out.push_str(&format!(
                    "<LayerDescription><owsType>wfs</owsType><se:OnlineResource xlink:type=\"simple\" \
                     xlink:href=\"{wfs}\"/><TypeName><se:FeatureTypeName xmlns:{}=\"{}\">{}</se:FeatureTypeName>\
                     </TypeName></LayerDescription>\n",
                    escape(organisation.prefix.as_str()),
                    escape(organisation.namespace.as_str()),
                    type_name(layer)
                ));
            }
            out.push_str("</DescribeLayerResponse>\n");
        }
    }
    out
}

/// GetStyles: all styles of layers as one document (OGC 02-070 clause 13.1).
pub(super) fn document(layers: &[Arc<Layer>], version: sld::Version) -> Result<String, WmsError> {
    let mut read: Vec<Vec<Style>> = Vec::new();
    for layer in layers {
        let styles = layer.styles.iter().map(|info| {
            sld::parse(&info.sld).map_err(|error| {
                WmsError::internal(format!(
                    "style '{}' of layer '{}' can't be read any more: {error}",
                    info.name, layer.slug
                ))
            })
        });
        read.push(styles.collect::<Result<_, _>>()?);
    }
    let all: Vec<(&str, Vec<sld::Named<'_>>)> =
        layers.iter().zip(&read).map(|(layer, styles)| (layer.slug.as_str(), named(layer, styles))).collect();
    sld::write_layers(&all, version)
        .map_err(|error| WmsError::new(Code::None, "SLDVER", format!("{error}; ask with SLDVER=1.1.0")))
}

fn named<'a>(layer: &'a Layer, styles: &'a [Style]) -> Vec<sld::Named<'a>> {
    let pairs = layer.styles.iter().zip(styles);
    pairs
        .map(|(info, style)| sld::Named {
            name: &info.name,
            title: &info.title,
            is_default: info.is_default,
            style,
        })
        .collect()
}

/// PutStyles, for those who may edit the layers (OGC 02-070 clause 13.2): all of it or nothing.
pub(super) async fn put(call: &Call, sent: &StylesToPut) -> Result<String, WmsError> {
    for style in &sent.styles {
        call.may_edit(&style.layer)?;
    }
    let new: Vec<NewStyle<'_>> = sent
        .styles
        .iter()
        .map(|style| NewStyle {
            layer: &style.layer,
            name: &style.name,
            title: &style.title,
            sld: &style.sld,
            is_default: style.is_default,
        })
        .collect();
    let done = put_styles(&call.app.store, &new, sent.mode == PutMode::ReplaceAll).await?;
    let seen: Vec<_> = sent.styles.iter().zip(&done).map(|(s, done)| (s.layer.id, done.generation)).collect();
    wait_until_seen(&call.app.registry, &seen).await;
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PutStylesResponse>\n");
    for (style, done) in sent.styles.iter().zip(&done) {
        let what = if done.is_new { "Inserted" } else { "Replaced" };
        let (layer, name) = (escape(style.layer.slug.as_str()), style.name.to_string());
        out.push_str(&format!("<{what} layer=\"{layer}\" style=\"{}\"/>\n", escape(&name)));
    }
    out.push_str("</PutStylesResponse>\n");
    Ok(out)
}

impl From<RestyleError> for WmsError {
    fn from(error: RestyleError) -> Self {
        let status = restyle_status(&error);
        let message = match &error {
            RestyleError::Publish(cause) => {
                tracing::error!(error = cause as &dyn std::error::Error, "styles could not be stored");
                "the styles could not be stored; nothing has changed".to_owned()
            }
            told => told.to_string(),
        };
        Self { status, ..Self::new(Code::None, "SLD_BODY", message) }
    }
}

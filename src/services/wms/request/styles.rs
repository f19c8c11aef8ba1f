//! DescribeLayer, GetStyles and PutStyles (OGC 02-070 clauses 8 and 13, OGC 05-078r4 clause 8).

use super::styled::{fitting, refused};
use super::{Context, Parsed};
use crate::model::{Layer, Slug};
use crate::services::edge::Kvp;
use crate::services::wms::error::{Code, WmsError, excerpt};
use crate::services::wms::version::Version;
use crate::style::Style;
use crate::style::sld::{self, LayerStyle};
use std::sync::Arc;

/// `SLDVER`, or else the version of SLD that goes with the version of WMS.
pub(in crate::services::wms) fn sld_version(kvp: &Kvp, version: Version) -> Parsed<sld::Version> {
    match kvp.filled("SLDVER").or_else(|| kvp.filled("SLD_VERSION")) {
        Some(text) => {
            sld::Version::named(text).ok_or_else(|| WmsError::invalid("SLDVER", text, "1.0.0 or 1.1.0"))
        }
        None => Ok(match version {
            Version::V111 => sld::Version::V100,
            Version::V130 => sld::Version::V110,
        }),
    }
}

/// `MODE` of PutStyles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::services::wms) enum PutMode {
    /// Styles of the same names are replaced, others stay.
    InsertAndReplace,
    /// All other styles of the layers go.
    ReplaceAll,
}

/// What PutStyles brings.
pub(in crate::services::wms) struct StylesToPut {
    pub(in crate::services::wms) mode: PutMode,
    pub(in crate::services::wms) styles: Vec<StyleToPut>,
}

/// A style of a layer, which it fits.
pub(in crate::services::wms) struct StyleToPut {
    pub(in crate::services::wms) layer: Arc<Layer>,
    pub(in crate::services::wms) name: Slug,
    pub(in crate::services::wms) title: String,
    pub(in crate::services::wms) sld: String,
    pub(in crate::services::wms) is_default: bool,
}

/// Reads a PutStyles: `MODE` and `SLD_BODY`.
pub(in crate::services::wms) fn styles_to_put(kvp: &Kvp, context: &Context<'_>) -> Parsed<StylesToPut> {
    let modes = "InsertAndReplace or ReplaceAll";
    let mode = match kvp.filled("MODE") {
        None => return Err(WmsError::missing("MODE", "InsertAndReplace")),
        Some(text) if text.eq_ignore_ascii_case("InsertAndReplace") => PutMode::InsertAndReplace,
        Some(text) if text.eq_ignore_ascii_case("ReplaceAll") => PutMode::ReplaceAll,
        Some(text) => return Err(WmsError::invalid("MODE", text, modes)),
    };
    if kvp.filled("SLD").is_some() {
        let message =
            "SLD is not supported: this server fetches no document from elsewhere; send it in SLD_BODY";
        return Err(WmsError::new(Code::OperationNotSupported, "SLD", message));
    }
    let text =
        kvp.filled("SLD_BODY").ok_or_else(|| WmsError::missing("SLD_BODY", "<StyledLayerDescriptor…"))?;
    let layers = sld::parse_layers(text).map_err(|error| refused(error.to_string()))?;
    let version = sld::Version::of(text);
    let mut styles: Vec<StyleToPut> = Vec::new();
    for styled in &layers {
        let layer = context.layer(&styled.name, "SLD_BODY")?;
        for style in &styled.styles {
            let LayerStyle::User { style, is_default } = style else {
                return Err(refused(format!("layer '{}' has a NamedStyle; expected UserStyle", layer.slug)));
            };
            let put = style_to_put(&layer, style, *is_default, version)?;
            if styles.iter().any(|s| s.layer.id == layer.id && s.name == put.name) {
                let message = format!("layer '{}' has two styles '{}'", layer.slug, put.name);
                return Err(refused(message));
            }
            styles.push(put);
        }
    }
    if styles.is_empty() {
        return Err(refused("the document has no UserStyle in a NamedLayer".to_owned()));
    }
    Ok(StylesToPut { mode, styles })
}

fn style_to_put(
    layer: &Arc<Layer>,
    style: &Style,
    is_default: bool,
    version: sld::Version,
) -> Parsed<StyleToPut> {
    fitting(style, layer)?;
    let written = style.name.as_deref().unwrap_or_default();
    let name = Slug::parse(written).map_err(|_| {
        refused(format!(
            "'{}' can't be the name of a style: use lower case letters, digits, - and _",
            excerpt(written)
        ))
    })?;
    let title: String = style.title.as_deref().unwrap_or(written).chars().take(200).collect();
    let named = sld::Named { name: written, title: &title, is_default, style };
    let sld = sld::write(&layer.slug, named, version).map_err(|error| refused(error.to_string()))?;
    Ok(StyleToPut { layer: Arc::clone(layer), name, title, sld, is_default })
}

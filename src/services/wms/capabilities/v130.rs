//! Capabilities of WMS 1.3.0 (OGC 06-042 section 7.2.4). GetLegendGraphic is found through each style's
//! `LegendURL`: listed as an operation it would need SLD's schema beside the WMS's own to be valid.

use super::{Facts, Group, LayerFacts, description, element, number, operation};
use crate::geo::{AxisOrder, BBox, Crs};
use crate::model::Dimension;
use crate::render::ImageFormat;
use crate::services::edge::Call;
use crate::services::edge::feature_info::INFO_FORMATS;
use quick_xml::escape::escape;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <WMS_Capabilities version=\"1.3.0\" xmlns=\"http://www.opengis.net/wms\" \
    xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xsi:schemaLocation=\"http://www.opengis.net/wms \
    http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd\" \
    updateSequence=\"";

pub(super) fn write(call: &Call, facts: &Facts<'_>) -> String {
    let mut out = String::with_capacity(64 << 10);
    out.push_str(HEAD);
    out.push_str(&format!("{}\">\n", facts.sequence));
    super::service(&mut out, facts, "WMS");
    element(&mut out, "LayerLimit", &facts.layer_limit.to_string());
    element(&mut out, "MaxWidth", &facts.side_limit.to_string());
    element(&mut out, "MaxHeight", &facts.side_limit.to_string());
    out.push_str("</Service>\n<Capability>\n<Request>\n");
    operation(&mut out, "GetCapabilities", &["text/xml"], &facts.address);
    operation(&mut out, "GetMap", &ImageFormat::ALL.map(ImageFormat::media_type), &facts.address);
    operation(&mut out, "GetFeatureInfo", &INFO_FORMATS, &facts.address);
    out.push_str("</Request>\n<Exception>\n");
    for format in ["XML", "INIMAGE", "BLANK"] {
        element(&mut out, "Format", format);
    }
    out.push_str("</Exception>\n<Layer>\n");
    element(&mut out, "Title", &facts.title);
    element(&mut out, "Abstract", call.lang.pick("Toutes les couches", "All layers"));
    element(&mut out, "CRS", "CRS:84");
    for system in &facts.systems {
        element(&mut out, "CRS", system);
    }
    geographic(&mut out, &facts.bbox);
    for group in &facts.groups {
        write_group(&mut out, facts, group);
    }
    out.push_str("</Layer>\n</Capability>\n</WMS_Capabilities>\n");
    out
}

fn write_group(out: &mut String, facts: &Facts<'_>, group: &Group<'_>) {
    let several = group.layers.len() > 1;
    if several {
        out.push_str("<Layer>\n");
        element(out, "Title", &group.dataset.title);
        if !group.dataset.description.trim().is_empty() {
            element(out, "Abstract", group.dataset.description.trim());
        }
    }
    for layer in &group.layers {
        write_layer(out, layer, facts.own_system(layer.layer));
    }
    if several {
        out.push_str("</Layer>\n");
    }
}

fn write_layer(out: &mut String, facts: &LayerFacts<'_>, own_system: Option<String>) {
    out.push_str("<Layer queryable=\"1\">\n");
    description(out, facts);
    if let Some(own) = own_system {
        element(out, "CRS", &own);
    }
    if let Some(lonlat) = &facts.lonlat {
        geographic(out, lonlat);
        bounding(out, "CRS:84", lonlat);
        if let Ok(world) = Crs::from_epsg(4326) {
            in_authority_order(out, &world, lonlat);
        }
    }
    for (crs, bbox) in &facts.boxes {
        in_authority_order(out, crs, bbox);
    }
    for dimension in &facts.layer.dimensions {
        write_dimension(out, dimension);
    }
    super::references(out, facts, "ISO19115:2003");
    super::styles(out, facts);
    out.push_str("</Layer>\n");
}

/// `Dimension` (OGC 06-042 section C.2), for those that have a value.
fn write_dimension(out: &mut String, dimension: &Dimension) {
    let Some(extent) = dimension.extent_text() else { return };
    let info = &dimension.info;
    out.push_str(&format!("<Dimension name=\"{}\" units=\"{}\"", escape(&info.name), escape(info.units())));
    if let Some(symbol) = info.unit_symbol() {
        out.push_str(&format!(" unitSymbol=\"{}\"", escape(symbol)));
    }
    if let Some(default) = dimension.default_text() {
        out.push_str(&format!(" default=\"{}\"", escape(&default)));
    }
    let flag = |on: bool| u8::from(on);
    out.push_str(&format!(
        " multipleValues=\"{}\" nearestValue=\"{}\">{}</Dimension>\n",
        flag(info.multiple),
        flag(info.nearest),
        escape(&extent)
    ));
}

fn geographic(out: &mut String, bbox: &BBox) {
    out.push_str("<EX_GeographicBoundingBox>\n");
    element(out, "westBoundLongitude", &number(bbox.min_x));
    element(out, "eastBoundLongitude", &number(bbox.max_x));
    element(out, "southBoundLatitude", &number(bbox.min_y));
    element(out, "northBoundLatitude", &number(bbox.max_y));
    out.push_str("</EX_GeographicBoundingBox>\n");
}

fn in_authority_order(out: &mut String, crs: &Crs, bbox: &BBox) {
    let written = if crs.authority_axes == AxisOrder::YX { bbox.swapped() } else { *bbox };
    bounding(out, &crs.code(), &written);
}

fn bounding(out: &mut String, crs: &str, bbox: &BBox) {
    out.push_str(&format!(
        "<BoundingBox CRS=\"{crs}\" minx=\"{}\" miny=\"{}\" maxx=\"{}\" maxy=\"{}\"/>\n",
        number(bbox.min_x),
        number(bbox.min_y),
        number(bbox.max_x),
        number(bbox.max_y)
    ));
}

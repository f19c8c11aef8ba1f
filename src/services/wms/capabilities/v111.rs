//! Capabilities of WMS 1.1.1 (OGC 01-068r3 section 7.1.4). Boxes are x, y in every system.

use super::{Facts, Group, LayerFacts, description, element, number, operation};
use crate::geo::BBox;
use crate::model::{Dimension, DimensionInfo};
use crate::render::ImageFormat;
use crate::services::edge::Call;
use crate::services::edge::feature_info::INFO_FORMATS;
use quick_xml::escape::escape;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <!DOCTYPE WMT_MS_Capabilities SYSTEM \
    \"http://schemas.opengis.net/wms/1.1.1/capabilities_1_1_1.dtd\">\n";

pub(super) fn write(call: &Call, facts: &Facts<'_>) -> String {
    let mut out = String::with_capacity(64 << 10);
    out.push_str(HEAD);
    out.push_str(&format!("<WMT_MS_Capabilities version=\"1.1.1\" updateSequence=\"{}\">\n", facts.sequence));
    super::service(&mut out, facts, "OGC:WMS");
    out.push_str("</Service>\n<Capability>\n<Request>\n");
    operation(&mut out, "GetCapabilities", &["application/vnd.ogc.wms_xml"], &facts.address);
    operation(&mut out, "GetMap", &ImageFormat::ALL.map(ImageFormat::media_type), &facts.address);
    operation(&mut out, "GetFeatureInfo", &INFO_FORMATS, &facts.address);
    operation(&mut out, "DescribeLayer", &["application/vnd.ogc.wms_xml"], &facts.address);
    operation(&mut out, "GetLegendGraphic", &ImageFormat::ALL.map(ImageFormat::media_type), &facts.address);
    operation(&mut out, "GetStyles", &["application/vnd.ogc.sld+xml"], &facts.address);
    out.push_str("</Request>\n<Exception>\n");
    for format in
        ["application/vnd.ogc.se_xml", "application/vnd.ogc.se_inimage", "application/vnd.ogc.se_blank"]
    {
        element(&mut out, "Format", format);
    }
    out.push_str("</Exception>\n");
    // Styles that a request brings are drawn; data that it brings or that are elsewhere are not.
    out.push_str(
        "<UserDefinedSymbolization SupportSLD=\"1\" UserLayer=\"0\" UserStyle=\"1\" RemoteWFS=\"0\"/>\n<Layer>\n",
    );
    element(&mut out, "Title", &facts.title);
    element(&mut out, "Abstract", call.lang.pick("Toutes les couches", "All layers"));
    for system in &facts.systems {
        element(&mut out, "SRS", system);
    }
    geographic(&mut out, &facts.bbox);
    for group in &facts.groups {
        write_group(&mut out, facts, group);
    }
    out.push_str("</Layer>\n</Capability>\n</WMT_MS_Capabilities>\n");
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
        element(out, "SRS", &own);
    }
    if let Some(lonlat) = &facts.lonlat {
        geographic(out, lonlat);
        bounding(out, "EPSG:4326", lonlat);
    }
    for (crs, bbox) in &facts.boxes {
        bounding(out, &crs.code(), bbox);
    }
    let dimensions = || facts.layer.dimensions.iter().filter_map(|d| Some((d, d.extent_text()?)));
    for (dimension, _) in dimensions() {
        write_dimension(out, &dimension.info);
    }
    for (dimension, extent) in dimensions() {
        write_extent(out, dimension, &extent);
    }
    super::references(out, facts, "TC211");
    super::styles(out, facts);
    out.push_str("</Layer>\n");
}

/// `Dimension` (OGC 01-068r3 section C.2).
fn write_dimension(out: &mut String, info: &DimensionInfo) {
    // This version knows vertical systems by their EPSG codes only: CRS:88 is NAVD88 height.
    let units = if info.units() == "CRS:88" { "EPSG:5703" } else { info.units() };
    out.push_str(&format!("<Dimension name=\"{}\" units=\"{}\"", escape(&info.name), escape(units)));
    if let Some(symbol) = info.unit_symbol() {
        out.push_str(&format!(" unitSymbol=\"{}\"", escape(symbol)));
    }
    out.push_str("/>\n");
}

/// `Extent` (OGC 01-068r3 section C.3).
fn write_extent(out: &mut String, dimension: &Dimension, extent: &str) {
    let info = &dimension.info;
    out.push_str(&format!("<Extent name=\"{}\"", escape(&info.name)));
    if let Some(default) = dimension.default_text() {
        out.push_str(&format!(" default=\"{}\"", escape(&default)));
    }
    let flag = |on: bool| u8::from(on);
    out.push_str(&format!(
        " multipleValues=\"{}\" nearestValue=\"{}\">{}</Extent>\n",
        flag(info.multiple),
        flag(info.nearest),
        escape(extent)
    ));
}

fn geographic(out: &mut String, bbox: &BBox) {
    box_element(out, "<LatLonBoundingBox", bbox);
}

fn bounding(out: &mut String, srs: &str, bbox: &BBox) {
    box_element(out, &format!("<BoundingBox SRS=\"{srs}\""), bbox);
}

fn box_element(out: &mut String, begin: &str, bbox: &BBox) {
    out.push_str(&format!(
        "{begin} minx=\"{}\" miny=\"{}\" maxx=\"{}\" maxy=\"{}\"/>\n",
        number(bbox.min_x),
        number(bbox.min_y),
        number(bbox.max_x),
        number(bbox.max_y)
    ));
}

//! Capabilities of WMS 1.1.1 (OGC 01-068r3 section 7.1.4). Boxes are x, y in every system.

use super::service::{legend_formats, operation, posted, service};
use super::{Facts, Group, LayerFacts, Node, description, element, inspire, number};
use crate::config::Editing;
use crate::geo::BBox;
use crate::maps::ScaleRange;
use crate::model::{Dimension, DimensionInfo};
use crate::render::ImageFormat;
use crate::services::edge::DocumentWriter;
use crate::services::edge::feature_info::INFO_FORMATS;
use quick_xml::escape::escape;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <!DOCTYPE WMT_MS_Capabilities SYSTEM \
    \"http://schemas.opengis.net/wms/1.1.1/capabilities_1_1_1.dtd\"";

/// Metres of the diagonal of the standardised pixel, which `ScaleHint` counts in (OGC 01-068r3 section 7.1.4.5.16).
const DIAGONAL: f64 = 0.000_28 * std::f64::consts::SQRT_2;

pub(super) fn write(out: &mut DocumentWriter, facts: &Facts<'_>) {
    out.push_str(HEAD);
    if facts.inspire.is_some() {
        out.push_str(&format!(" [\n{}]", inspire::ELEMENTS));
    }
    out.push_str(">\n");
    out.push_str(&format!("<WMT_MS_Capabilities version=\"1.1.1\" updateSequence=\"{}\">\n", facts.sequence));
    service(out, facts, "OGC:WMS");
    out.push_str("</Service>\n<Capability>\n<Request>\n");
    operation(out, "GetCapabilities", &["application/vnd.ogc.wms_xml"], &facts.address);
    operation(out, "GetMap", &ImageFormat::ALL.map(ImageFormat::media_type), &facts.address);
    operation(out, "GetFeatureInfo", &INFO_FORMATS, &facts.address);
    operation(out, "DescribeLayer", &["application/vnd.ogc.wms_xml"], &facts.address);
    operation(out, "GetLegendGraphic", &legend_formats(), &facts.address);
    operation(out, "GetStyles", &["application/vnd.ogc.sld+xml"], &facts.address);
    if facts.call.app.config.editing != Editing::Off {
        posted(out, "PutStyles", "text/xml", &facts.address);
    }
    out.push_str("</Request>\n<Exception>\n");
    for format in
        ["application/vnd.ogc.se_xml", "application/vnd.ogc.se_inimage", "application/vnd.ogc.se_blank"]
    {
        element(out, "Format", format);
    }
    out.push_str("</Exception>\n");
    if let Some(inspire) = &facts.inspire {
        out.push_str("<VendorSpecificCapabilities>\n");
        out.push_str(&inspire.v111);
        out.push_str("</VendorSpecificCapabilities>\n");
    }
    // Styles that a request brings are drawn; data that it brings or that are elsewhere are not.
    out.push_str(
        "<UserDefinedSymbolization SupportSLD=\"1\" UserLayer=\"0\" UserStyle=\"1\" RemoteWFS=\"0\"/>\n",
    );
    write_group(out, facts, &facts.root);
    out.push_str("</Capability>\n</WMT_MS_Capabilities>\n");
}

/// A group and what is in it.
fn write_group(out: &mut DocumentWriter, facts: &Facts<'_>, group: &Group<'_>) {
    // Who asks a group for what is under a pixel asks its layers.
    out.push_str(if group.name.is_some() { "<Layer queryable=\"1\">\n" } else { "<Layer>\n" });
    if let Some(name) = &group.name {
        element(out, "Name", name);
    }
    element(out, "Title", &group.title);
    if !group.summary.is_empty() {
        element(out, "Abstract", &group.summary);
    }
    if !group.keywords.is_empty() {
        super::keyword_list(out, &group.keywords);
    }
    for system in &group.systems {
        element(out, "SRS", system);
    }
    if let Some(bbox) = &group.bbox {
        geographic(out, bbox);
        // What can be asked for has a box in a system that it can be asked for in.
        if group.name.is_some() {
            bounding(out, "EPSG:4326", bbox);
        }
    }
    if let Some(organisation) = group.organisation {
        super::source(out, organisation, &facts.contact.pages);
    }
    if let Some(dataset) = group.dataset {
        super::identifier(out, dataset);
    }
    if let Some(record) = &group.record {
        super::metadata_url(out, record, "TC211");
    }
    for node in &group.nodes {
        match node {
            Node::Group(inner) => write_group(out, facts, inner),
            Node::Layer(leaf) => write_layer(out, &LayerFacts::gather(facts, leaf)),
        }
        out.pass_on();
    }
    out.push_str("</Layer>\n");
}

fn write_layer(out: &mut String, facts: &LayerFacts<'_>) {
    out.push_str("<Layer queryable=\"1\">\n");
    description(out, facts);
    if let Some(own) = &facts.own_system {
        element(out, "SRS", own);
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
    super::identifier(out, &facts.layer.dataset);
    super::metadata_url(out, &facts.record, "TC211");
    super::styles(out, facts);
    scale_hint(out, facts.scales);
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

/// `ScaleHint` (OGC 01-068r3 section 7.1.4.5.16), where anything bounds the scales.
fn scale_hint(out: &mut String, scales: ScaleRange) {
    if scales.min.is_none() && scales.max.is_none() {
        return;
    }
    // There is no word for "without end".
    let max = scales.max.map_or(1e9, |max| max * DIAGONAL);
    let min = scales.min.map_or(0.0, |min| min * DIAGONAL);
    out.push_str(&format!("<ScaleHint min=\"{}\" max=\"{}\"/>\n", number(min), number(max)));
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

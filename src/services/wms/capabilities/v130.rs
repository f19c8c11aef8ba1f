//! Capabilities of WMS 1.3.0 (OGC 06-042 section 7.2.4), with what SLD for WMS (OGC 05-078r4 clause 6) adds.

use super::service::{legend_formats, operation, service};
use super::{Facts, Group, LayerFacts, Node, description, element, inspire, number};
use crate::geo::{AxisOrder, BBox, Crs};
use crate::model::Dimension;
use crate::render::ImageFormat;
use crate::services::edge::DocumentWriter;
use crate::services::edge::feature_info::INFO_FORMATS;
use quick_xml::escape::escape;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <WMS_Capabilities version=\"1.3.0\" xmlns=\"http://www.opengis.net/wms\" \
    xmlns:xlink=\"http://www.w3.org/1999/xlink\" xmlns:sld=\"http://www.opengis.net/sld\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xsi:schemaLocation=\"http://www.opengis.net/wms \
    http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd \
    http://www.opengis.net/sld http://schemas.opengis.net/sld/1.1.0/sld_capabilities.xsd";

pub(super) fn write(out: &mut DocumentWriter, facts: &Facts<'_>) {
    out.push_str(HEAD);
    if facts.inspire.is_some() {
        out.push_str(&format!(" {} {}", inspire::NAMESPACE, inspire::SCHEMA));
    }
    out.push_str(&format!("\" updateSequence=\"{}\">\n", facts.sequence));
    service(out, facts, "WMS");
    element(out, "LayerLimit", &facts.layer_limit.to_string());
    element(out, "MaxWidth", &facts.side_limit.to_string());
    element(out, "MaxHeight", &facts.side_limit.to_string());
    out.push_str("</Service>\n<Capability>\n<Request>\n");
    operation(out, "GetCapabilities", &["text/xml"], &facts.address);
    operation(out, "GetMap", &ImageFormat::ALL.map(ImageFormat::media_type), &facts.address);
    operation(out, "GetFeatureInfo", &INFO_FORMATS, &facts.address);
    operation(out, "sld:DescribeLayer", &["text/xml"], &facts.address);
    operation(out, "sld:GetLegendGraphic", &legend_formats(), &facts.address);
    out.push_str("</Request>\n<Exception>\n");
    for format in ["XML", "INIMAGE", "BLANK"] {
        element(out, "Format", format);
    }
    out.push_str("</Exception>\n");
    if let Some(inspire) = &facts.inspire {
        out.push_str(&inspire.v130);
    }
    // Styles that a request brings are drawn; data that it brings or that are elsewhere are not.
    out.push_str(
        "<sld:UserDefinedSymbolization SupportSLD=\"1\" UserLayer=\"0\" UserStyle=\"1\" RemoteWFS=\"0\" \
         InlineFeature=\"0\" RemoteWCS=\"0\"/>\n",
    );
    write_group(out, facts, &facts.root, true);
    out.push_str("</Capability>\n</WMS_Capabilities>\n");
}

/// A group and what is in it; the root layer is the outermost.
fn write_group(out: &mut DocumentWriter, facts: &Facts<'_>, group: &Group<'_>, outermost: bool) {
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
    if outermost {
        element(out, "CRS", "CRS:84");
    }
    for system in &group.systems {
        element(out, "CRS", system);
    }
    if let Some(bbox) = &group.bbox {
        geographic(out, bbox);
        // What can be asked for has a box in a system that it can be asked for in.
        if group.name.is_some() {
            world_boxes(out, facts, bbox);
        }
    }
    if let Some(organisation) = group.organisation {
        super::source(out, organisation, &facts.contact.pages);
    }
    if let Some(dataset) = group.dataset {
        super::identifier(out, dataset);
    }
    if let Some(record) = &group.record {
        super::metadata_url(out, record, "ISO19115:2003");
    }
    for node in &group.nodes {
        match node {
            Node::Group(inner) => write_group(out, facts, inner, false),
            Node::Layer(leaf) => write_layer(out, facts, &LayerFacts::gather(facts, leaf)),
        }
        out.pass_on();
    }
    out.push_str("</Layer>\n");
}

fn write_layer(out: &mut String, service: &Facts<'_>, facts: &LayerFacts<'_>) {
    out.push_str("<Layer queryable=\"1\">\n");
    description(out, facts);
    if let Some(own) = &facts.own_system {
        element(out, "CRS", own);
    }
    if let Some(lonlat) = &facts.lonlat {
        geographic(out, lonlat);
        world_boxes(out, service, lonlat);
    }
    for (crs, bbox) in &facts.boxes {
        in_authority_order(out, crs, bbox);
    }
    for dimension in &facts.layer.dimensions {
        write_dimension(out, dimension);
    }
    super::identifier(out, &facts.layer.dataset);
    super::metadata_url(out, &facts.record, "ISO19115:2003");
    super::styles(out, facts);
    if let Some(min) = facts.scales.min {
        element(out, "MinScaleDenominator", &number(min));
    }
    if let Some(max) = facts.scales.max {
        element(out, "MaxScaleDenominator", &number(max));
    }
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

fn world_boxes(out: &mut String, facts: &Facts<'_>, lonlat: &BBox) {
    bounding(out, "CRS:84", lonlat);
    if let Some(world) = &facts.frame.world {
        in_authority_order(out, world, lonlat);
    }
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

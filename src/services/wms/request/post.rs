//! `GetMap` as an XML document (OGC 02-070 section 6.4.1, OGC 05-078r4 clause 10): read into the parameters of a GET.

use super::Parsed;
use crate::config::Limits;
use crate::filter::{FilterLimits, xml};
use crate::services::edge::Kvp;
use crate::services::wms::error::{Code, WmsError, excerpt};
use roxmltree::Node;

/// The parameters that a posted document means, beside those of the address: a `GetMap`, or a `StyledLayerDescriptor`
/// for a map that the address describes.
pub(in crate::services::wms) fn posted(mut kvp: Kvp, text: &str, limits: &Limits) -> Parsed<Kvp> {
    let document = xml::parse_document(text, &FilterLimits::from(limits))
        .map_err(|error| refused(format!("the document can't be read: {error}")))?;
    let root = document.root_element();
    match root.tag_name().name() {
        "StyledLayerDescriptor" => {}
        "GetMap" => parameters(&mut kvp, root)?,
        other => {
            return Err(refused(format!(
                "'{}' is not a request of this service; expected GetMap or StyledLayerDescriptor, or a form \
                 (application/x-www-form-urlencoded) with the parameters of a GET",
                excerpt(other)
            )));
        }
    }
    kvp.set("SLD_BODY", text);
    Ok(kvp)
}

fn parameters(kvp: &mut Kvp, root: Node<'_, '_>) -> Parsed<()> {
    kvp.set("REQUEST", "GetMap");
    if let Some(service) = root.attribute("service") {
        kvp.set("SERVICE", service);
    }
    kvp.set("VERSION", root.attribute("version").unwrap_or("1.3.0"));
    for child in xml::elements(root) {
        let value = xml::text(child);
        let value = value.trim();
        match child.tag_name().name() {
            "CRS" | "SRS" => kvp.set("CRS", value),
            "BoundingBox" | "BBOX" => bounding_box(kvp, child)?,
            "Output" => output(kvp, child),
            "Exceptions" => kvp.set("EXCEPTIONS", value),
            "Time" => kvp.set("TIME", value),
            "Elevation" => kvp.set("ELEVATION", value),
            "StyledLayerDescriptor" => {}
            other => {
                return Err(refused(format!(
                    "'{}' has no meaning in GetMap; expected StyledLayerDescriptor, CRS, BoundingBox, Output, \
                     Exceptions, Time or Elevation",
                    excerpt(other)
                )));
            }
        }
    }
    Ok(())
}

/// Corners of OWS Common or of GML 2, in the order of axes that a BBOX of the version has.
fn bounding_box(kvp: &mut Kvp, node: Node<'_, '_>) -> Parsed<()> {
    if let Some(crs) = node.attribute("crs").or_else(|| node.attribute("srsName")) {
        kvp.set("CRS", crs);
    }
    let mut numbers = String::new();
    for part in node.descendants().filter(|n| n.is_text()).filter_map(|n| n.text()) {
        for number in part.split([',', ' ', '\n', '\t', '\r']).filter(|n| !n.is_empty()) {
            if !numbers.is_empty() {
                numbers.push(',');
            }
            numbers.push_str(number);
        }
    }
    if numbers.is_empty() {
        return Err(refused(
            "the BoundingBox of GetMap has no corners; expected two of two numbers".to_owned(),
        ));
    }
    kvp.set("BBOX", &numbers);
    Ok(())
}

fn output(kvp: &mut Kvp, node: Node<'_, '_>) {
    for child in node.descendants().filter(Node::is_element) {
        let value = xml::text(child);
        let value = value.trim();
        match child.tag_name().name() {
            "Format" => kvp.set("FORMAT", value),
            "Transparent" => kvp.set("TRANSPARENT", if value == "1" { "TRUE" } else { value }),
            "BGcolor" | "BGColor" => kvp.set("BGCOLOR", value),
            "Width" => kvp.set("WIDTH", value),
            "Height" => kvp.set("HEIGHT", value),
            _ => {}
        }
    }
}

fn refused(message: String) -> WmsError {
    WmsError::new(Code::InvalidParameterValue, "", message)
}

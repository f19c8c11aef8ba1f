//! Boxes, places and times.

use super::Named;
use super::node::{moment, term, value};
use crate::catalogue::import::ImportError;
use crate::catalogue::record::{Moment, Period, Record};
use crate::filter::xml::child;
use crate::geo::BBox;
use roxmltree::Node;

pub(super) fn read(resource: Node<'_, '_>, read: &mut Record) -> Result<(), ImportError> {
    for node in resource.descendants().filter(Node::is_element) {
        match node.tag_name().name() {
            "EX_GeographicBoundingBox" => {
                let bbox = bounding_box(node, &read.identifier)?;
                // A box over the date line has its west in the east: no box of two corners is true of it.
                if bbox.is_valid() {
                    read.boxes.push(bbox);
                }
            }
            "geographicIdentifier" => {
                let code = node.descendants().find(|n| n.has_tag_name_in("code"));
                read.places.extend(code.and_then(term));
            }
            "TimePeriod" => {
                let side =
                    |names: [&str; 2]| names.into_iter().find_map(|name| child(node, name)).and_then(moment);
                let period =
                    Period { begin: side(["beginPosition", "begin"]), end: side(["endPosition", "end"]) };
                if period != Period::default() {
                    read.periods.push(period);
                }
            }
            "TimeInstant" if !within_period(node) => {
                let at: Option<Moment> = child(node, "timePosition").and_then(moment);
                read.periods.extend(at.map(|at| Period { begin: Some(at), end: Some(at) }));
            }
            _ => {}
        }
    }
    Ok(())
}

fn within_period(node: Node<'_, '_>) -> bool {
    node.ancestors().any(|n| n.has_tag_name_in("TimePeriod"))
}

fn bounding_box(node: Node<'_, '_>, identifier: &str) -> Result<BBox, ImportError> {
    let side = |name: &'static str| -> Result<f64, ImportError> {
        let text = child(node, name).and_then(value).unwrap_or_default();
        text.parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(|| ImportError::Value {
            identifier: identifier.chars().take(120).collect(),
            element: name,
            value: text.chars().take(60).collect(),
            wanted: "number of degrees",
        })
    };
    Ok(BBox::new(
        side("westBoundLongitude")?,
        side("southBoundLatitude")?,
        side("eastBoundLongitude")?,
        side("northBoundLatitude")?,
    ))
}

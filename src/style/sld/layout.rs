//! How labels find their places: `LinePlacement`, `Priority` and the vendor options of labels.

use super::StyleError;
use super::expression::{DEPTH, mixed};
use super::reader::{Reader, described, elements, quoted};
use super::rules::vendor_option;
use crate::style::{LabelLayout, Placement, Repeat};
use roxmltree::Node;

type Parsed<T> = Result<T, StyleError>;

/// `LinePlacement` (OGC 05-077r4 clause 11.4.4).
pub(super) fn line_placement<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    layout: &mut LabelLayout,
) -> Parsed<Placement> {
    let mut offset = 0.0;
    let mut repeat = Repeat { initial_gap: None, gap: 0.0 };
    let mut repeated = false;
    for child in elements(node) {
        match child.tag_name().name() {
            "PerpendicularOffset" => offset = reader.single(child, -1000.0, 1000.0)?,
            "IsRepeated" => repeated = flag(reader, child)?,
            "IsAligned" => layout.aligned = flag(reader, child)?,
            "InitialGap" => repeat.initial_gap = Some(reader.single(child, 0.0, 10_000.0)?),
            "Gap" => repeat.gap = reader.single(child, 0.0, 10_000.0)?,
            "GeneralizeLine" => reader.note(child, "GeneralizeLine is not used"),
            _ => {
                let expected = "PerpendicularOffset, IsRepeated, InitialGap, Gap or IsAligned";
                return Err(reader.unexpected(child, expected));
            }
        }
    }
    if repeated {
        layout.repeat = Some(repeat);
    }
    Ok(Placement::Line { offset })
}

/// `Priority`
pub(super) fn priority<'a, 'i>(
    reader: &Reader<'a, 'i>,
    node: Node<'a, 'i>,
    layout: &mut LabelLayout,
) -> Parsed<()> {
    layout.priority = Some(mixed(reader, node, DEPTH)?);
    Ok(())
}

/// A `VendorOption` of a label; one that isn't known is noted.
pub(super) fn option<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    layout: &mut LabelLayout,
) -> Parsed<()> {
    match described(node) {
        "conflictResolution" => layout.conflict = flag(reader, node)?,
        "spaceAround" => layout.room = reader.single(node, -500.0, 500.0)?,
        "group" => layout.group = flag(reader, node)?,
        "followLine" => layout.follow = flag(reader, node)?,
        "maxAngleDelta" => layout.max_angle = reader.single(node, 0.0, 360.0)?,
        "forceLeftToRight" => layout.upright = flag(reader, node)?,
        "maxDisplacement" => layout.max_displacement = reader.single(node, 0.0, 1000.0)?,
        "autoWrap" => layout.wrap = reader.single(node, 0.0, 10_000.0)?,
        "goodnessOfFit" => layout.fit = reader.single(node, 0.0, 1.0)?,
        "partials" => layout.partials = flag(reader, node)?,
        "repeat" => {
            let gap = reader.single(node, 0.0, 10_000.0)?;
            layout.repeat = (gap > 0.0).then_some(Repeat { initial_gap: None, gap });
        }
        "labelAllGroup" | "removeOverlaps" if !flag(reader, node)? => {}
        _ => vendor_option(reader, node),
    }
    Ok(())
}

/// Yes or no, as programs write it.
fn flag<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<bool> {
    let text = reader.text(node)?;
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => {
            let message = format!("'{}' of '{}' is neither true nor false", quoted(&text), described(node));
            Err(reader.error(node, message))
        }
    }
}

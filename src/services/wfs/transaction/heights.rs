//! Heights of geometries in GML. What filters compare is planar, and so is what they read; a feature that is
//! written keeps the third coordinate of its positions.

use crate::filter::ast::Geometry;
use crate::filter::xml::{child, elements, text};
use crate::geo::wkb::{HAS_SRID, HAS_Z};
use roxmltree::Node;

/// The geometry with the heights that its element gives, which are all or none.
///
/// # Errors
/// The rest of a sentence that begins with the property.
pub fn add(element: Node<'_, '_>, geometry: Geometry) -> Result<Geometry, String> {
    let mut heights = Vec::new();
    if !collect(element, &mut heights) || heights.is_empty() {
        return Ok(geometry);
    }
    let mut raiser = Raiser { input: &geometry.ewkb, heights: heights.iter(), out: Vec::new() };
    let whole = raiser.geometry(0).is_some() && raiser.heights.next().is_none() && raiser.input.is_empty();
    if !whole {
        return Err("its heights can't be told apart; write curves as one part each".to_owned());
    }
    Ok(Geometry { ewkb: raiser.out, srid: geometry.srid })
}

/// Takes the heights of all positions in document order; false when one has none.
fn collect(element: Node<'_, '_>, heights: &mut Vec<f64>) -> bool {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    for node in element.descendants().filter(|n| n.is_element()) {
        let of_here: Vec<Option<f64>> = match node.tag_name().name() {
            "pos" => vec![text(node).split_ascii_whitespace().nth(2).and_then(number)],
            "posList" => {
                let dimension = node.ancestors().find_map(|n| n.attribute("srsDimension"));
                if dimension.map(str::trim) != Some("3") {
                    return false;
                }
                let list = text(node);
                let numbers: Vec<&str> = list.split_ascii_whitespace().collect();
                numbers.chunks(3).map(|position| position.get(2).and_then(|z| number(z))).collect()
            }
            "coordinates" => {
                let separator = node.attribute("cs").filter(|s| !s.is_empty()).unwrap_or(",");
                let list = text(node);
                let tuples = list.split_ascii_whitespace();
                tuples.map(|tuple| tuple.split(separator).nth(2).and_then(number)).collect()
            }
            "coord" => vec![child(node, "Z").and_then(|z| number(&text(z)))],
            _ => continue,
        };
        for height in of_here {
            match height {
                Some(height) => heights.push(height),
                None => return false,
            }
        }
    }
    elements(element).next().is_some()
}

/// Copies EWKB of the machine-independent little-endian kind that this house writes, a height behind each
/// position.
struct Raiser<'a> {
    input: &'a [u8],
    heights: std::slice::Iter<'a, f64>,
    out: Vec<u8>,
}

impl Raiser<'_> {
    fn geometry(&mut self, depth: usize) -> Option<()> {
        if depth > 32 {
            return None;
        }
        if self.take(1)? != [1] {
            return None;
        }
        self.out.push(1);
        let kind = self.word()?;
        if kind & HAS_Z != 0 {
            return None;
        }
        self.out.extend_from_slice(&(kind | HAS_Z).to_le_bytes());
        if kind & HAS_SRID != 0 {
            let srid = self.take(4)?;
            self.out.extend_from_slice(srid);
        }
        match kind & 0xff {
            1 => self.positions(1),
            2 => {
                let positions = self.count()?;
                self.positions(positions)
            }
            3 => {
                for _ in 0..self.count()? {
                    let positions = self.count()?;
                    self.positions(positions)?;
                }
                Some(())
            }
            4..=7 => {
                for _ in 0..self.count()? {
                    self.geometry(depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }

    fn positions(&mut self, positions: u32) -> Option<()> {
        for _ in 0..positions {
            let position = self.take(16)?;
            self.out.extend_from_slice(position);
            self.out.extend_from_slice(&self.heights.next()?.to_le_bytes());
        }
        Some(())
    }

    fn count(&mut self) -> Option<u32> {
        let count = self.word()?;
        self.out.extend_from_slice(&count.to_le_bytes());
        Some(count)
    }

    fn word(&mut self) -> Option<u32> {
        let bytes = self.take(4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }
}

impl<'a> Raiser<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.input.split_at_checked(bytes)?;
        self.input = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{Reading, gml};
    use crate::geo::wkb;

    fn heights(xml: &str) -> Result<Vec<Option<f64>>, String> {
        let text = format!("<g xmlns:gml='http://www.opengis.net/gml/3.2'>{xml}</g>");
        let document = roxmltree::Document::parse(&text).expect("well-formed");
        let element = elements(document.root_element()).next().expect("a geometry");
        let flat = gml::parse_geometry(element, &Reading::default()).expect("read");
        let raised = add(element, flat)?;
        let mut found = Vec::new();
        wkb::each_list(&raised.ewkb, |list| found.extend(list.iter_z().map(|(_, z)| z))).expect("EWKB");
        Ok(found)
    }

    #[test]
    fn heights_of_every_notation_stay_with_their_positions() {
        let z = |heights: &[f64]| Ok(heights.iter().copied().map(Some).collect::<Vec<_>>());
        assert_eq!(heights("<gml:Point><gml:pos>1 2 3</gml:pos></gml:Point>"), z(&[3.0]));
        assert_eq!(heights("<gml:Point><gml:coordinates>1,2,-4.5</gml:coordinates></gml:Point>"), z(&[-4.5]));
        assert_eq!(
            heights(
                "<gml:LineString srsDimension='3'><gml:posList>1 2 3 4 5 6</gml:posList></gml:LineString>"
            ),
            z(&[3.0, 6.0])
        );
        let ring = |list: &str| format!("<gml:LinearRing><gml:posList>{list}</gml:posList></gml:LinearRing>");
        let polygon = format!(
            "<gml:MultiSurface srsDimension='3'><gml:surfaceMember><gml:Polygon><gml:exterior>{}</gml:exterior>\
             <gml:interior>{}</gml:interior></gml:Polygon></gml:surfaceMember></gml:MultiSurface>",
            ring("0 0 1 9 0 2 9 9 3 0 0 1"),
            ring("5 4 4 6 4 5 6 5 6 5 4 4")
        );
        assert_eq!(heights(&polygon), z(&[1.0, 2.0, 3.0, 1.0, 4.0, 5.0, 6.0, 4.0]));
    }

    #[test]
    fn flat_geometries_stay_flat_and_a_curve_of_parts_is_refused() {
        assert_eq!(heights("<gml:Point><gml:pos>1 2</gml:pos></gml:Point>"), Ok(vec![None]));
        let half = "<gml:LineString><gml:pos>1 2 3</gml:pos><gml:pos>4 5</gml:pos></gml:LineString>";
        assert_eq!(heights(half), Ok(vec![None, None]));
        let parts = "<gml:Curve srsDimension='3'><gml:segments><gml:LineStringSegment><gml:posList>0 0 1 1 1 2</gml:posList>\
            </gml:LineStringSegment><gml:LineStringSegment><gml:posList>1 1 2 2 2 3</gml:posList></gml:LineStringSegment>\
            </gml:segments></gml:Curve>";
        assert!(heights(parts).is_err());
    }
}

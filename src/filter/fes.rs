//! Filter Encoding: FES 2.0 (OGC 09-026r2) and OGC Filter 1.0 and 1.1 (OGC 04-095) in one reader.
//!
//! Elements are told apart by their local names, which the versions share. Depth and number of nodes are
//! counted before a level is entered.

mod identifier;
mod temporal;
mod writer;

pub(super) use temporal::OPERATORS as TEMPORAL_OPERATORS;
pub use writer::write;

use super::ast::{ArithmeticOp, CompareOp, Expr, Filter, LikePart, Literal, ResourceId, SpatialOp};
use super::error::{FilterError, FilterLimits, Reading, excerpt};
use super::gml;
use super::xml::{child, elements, text};
use roxmltree::Node;
use std::cell::Cell;

/// Reads a `Filter` element, or an operator by itself, with WFS's axis rule: `EPSG:n` is x, y, URNs and
/// URIs are in the authority's order; a geometry that names no system is in the layer's own.
///
/// # Errors
/// [`FilterError`], naming the element.
pub fn parse(node: Node<'_, '_>, limits: &FilterLimits) -> Result<Filter, FilterError> {
    parse_as(node, &Reading { limits: *limits, ..Reading::default() })
}

/// Reads a filter with another axis rule or default system.
///
/// # Errors
/// [`FilterError`], naming the element.
pub fn parse_as(node: Node<'_, '_>, reading: &Reading) -> Result<Filter, FilterError> {
    let parser = Parser { reading, nodes: Cell::new(0) };
    if node.tag_name().name() != "Filter" {
        return parser.condition(node, 0);
    }
    let mut ids: Vec<ResourceId> = Vec::new();
    let mut conditions = Vec::new();
    for element in elements(node) {
        if is_identifier(element.tag_name().name()) {
            parser.enter(0)?;
            ids.push(identifier::resource_id(element)?);
        } else {
            conditions.push(parser.condition(element, 0)?);
        }
    }
    match (conditions.pop(), conditions.is_empty(), ids.is_empty()) {
        (None, _, false) => Ok(identifier::condition(ids)),
        (Some(condition), true, true) => Ok(condition),
        (None, _, true) => Err(incomplete("Filter", "a condition inside")),
        _ => Err(incomplete("Filter", "exactly one condition; combine several with And or Or")),
    }
}

fn is_identifier(name: &str) -> bool {
    matches!(name, "ResourceId" | "FeatureId" | "GmlObjectId")
}

struct Parser<'r> {
    reading: &'r Reading,
    nodes: Cell<usize>,
}

impl Parser<'_> {
    fn enter(&self, depth: usize) -> Result<(), FilterError> {
        let FilterLimits { depth: deepest, nodes, .. } = self.reading.limits;
        self.nodes.set(self.nodes.get() + 1);
        if depth >= deepest {
            return Err(FilterError::TooDeep(deepest));
        }
        if self.nodes.get() > nodes {
            return Err(FilterError::TooLarge(nodes));
        }
        Ok(())
    }

    fn condition(&self, node: Node<'_, '_>, depth: usize) -> Result<Filter, FilterError> {
        self.enter(depth)?;
        let name = node.tag_name().name();
        match name {
            "And" | "Or" => {
                let all =
                    elements(node).map(|n| self.condition(n, depth + 1)).collect::<Result<Vec<_>, _>>()?;
                if all.is_empty() {
                    return Err(incomplete(name, "conditions inside"));
                }
                Ok(if name == "And" { Filter::And(all) } else { Filter::Or(all) })
            }
            "Not" => {
                let inner = only(node, name)?;
                Ok(Filter::Not(Box::new(self.condition(inner, depth + 1)?)))
            }
            _ => self.operator(node, depth),
        }
    }

    /// What holds no further condition. Apart, so that the function that calls itself has a small frame.
    #[inline(never)]
    fn operator(&self, node: Node<'_, '_>, depth: usize) -> Result<Filter, FilterError> {
        let name = node.tag_name().name();
        if let Some(op) = comparison(name) {
            match_action(node)?;
            let [left, right] = self.operands(node, depth)?;
            return Ok(Filter::Compare { op, left, right, match_case: match_case(node) });
        }
        if let Some(op) = spatial(name) {
            let (left, right) = self.spatial_operands(node, depth)?;
            return Ok(Filter::Spatial { op, left, right });
        }
        if let Some(op) = temporal::operator(name) {
            return self.temporal(op, node, depth);
        }
        match name {
            "PropertyIsLike" => self.like(node, depth),
            // What is nil is without value here, whatever its reason.
            "PropertyIsNull" | "PropertyIsNil" => {
                Ok(Filter::IsNull(self.expression(only(node, name)?, depth + 1)?))
            }
            "PropertyIsBetween" => self.between(node, depth),
            "BBOX" => self.bbox(node, depth),
            "DWithin" | "Beyond" => {
                let (left, right) = self.spatial_operands(node, depth)?;
                Ok(Filter::Distance { beyond: name == "Beyond", left, right, metres: distance(node)? })
            }
            _ if is_identifier(name) => Ok(identifier::condition(vec![identifier::resource_id(node)?])),
            _ => Err(FilterError::Unexpected {
                found: excerpt(name),
                expected: "use And, Or, Not, a PropertyIs… comparison, a spatial operator such as BBOX or Intersects, a temporal operator such as During, or ResourceId".to_owned(),
            }),
        }
    }

    fn operands(&self, node: Node<'_, '_>, depth: usize) -> Result<[Expr; 2], FilterError> {
        let operands =
            elements(node).map(|n| self.expression(n, depth + 1)).collect::<Result<Vec<_>, _>>()?;
        operands.try_into().map_err(|_| incomplete(node.tag_name().name(), "exactly two operands"))
    }

    fn expression(&self, node: Node<'_, '_>, depth: usize) -> Result<Expr, FilterError> {
        self.enter(depth)?;
        let name = node.tag_name().name();
        let op = match name {
            "ValueReference" | "PropertyName" => return Ok(Expr::Property(property_name(node)?)),
            "Literal" => {
                return match elements(node).next() {
                    Some(inside) => self.expression(inside, depth + 1),
                    None => Ok(Expr::Literal(Literal::Text(text(node)))),
                };
            }
            "TimeInstant" | "TimePeriod" => return temporal::time(node),
            "Function" => {
                let args = elements(node).map(|n| self.expression(n, depth + 1)).collect::<Result<_, _>>()?;
                let name =
                    node.attribute("name").ok_or_else(|| incomplete("Function", "a name attribute"))?;
                return Ok(Expr::Function { name: name.to_owned(), args });
            }
            _ if gml::is_geometry(name) => {
                let geometry = gml::parse_geometry(node, self.reading)?;
                return Ok(Expr::Literal(Literal::Geometry(geometry)));
            }
            _ => ArithmeticOp::of_element(name).ok_or_else(|| FilterError::Unexpected {
                found: excerpt(name),
                expected: "use ValueReference, Literal, Function, Add, Sub, Mul, Div or a geometry of GML"
                    .to_owned(),
            })?,
        };
        let [left, right] = self.operands(node, depth)?;
        Ok(Expr::Arithmetic { op, left: Box::new(left), right: Box::new(right) })
    }

    fn like(&self, node: Node<'_, '_>, depth: usize) -> Result<Filter, FilterError> {
        let [expr, pattern] = self.operands(node, depth)?;
        let Expr::Literal(Literal::Text(pattern)) = pattern else {
            return Err(incomplete("PropertyIsLike", "a Literal with the pattern as its second operand"));
        };
        let one = |names: &[&str], default: char| -> Result<char, FilterError> {
            let Some(value) = names.iter().find_map(|n| node.attribute(*n)) else { return Ok(default) };
            let mut characters = value.chars();
            match (characters.next(), characters.next()) {
                (Some(only), None) => Ok(only),
                _ => Err(incomplete(
                    "PropertyIsLike",
                    "wildCard, singleChar and escapeChar of one character each",
                )),
            }
        };
        let any = one(&["wildCard"], '%')?;
        let single = one(&["singleChar"], '_')?;
        let escape = one(&["escapeChar", "escape"], '\\')?;
        let pattern = like_parts(&pattern, any, single, escape);
        Ok(Filter::Like { expr, pattern, match_case: match_case(node) })
    }

    fn between(&self, node: Node<'_, '_>, depth: usize) -> Result<Filter, FilterError> {
        let needs = || incomplete("PropertyIsBetween", "an operand, LowerBoundary and UpperBoundary");
        let bound = |name| -> Result<Expr, FilterError> {
            let boundary = child(node, name).ok_or_else(needs)?;
            self.expression(only(boundary, name)?, depth + 1)
        };
        let tested = elements(node).next().filter(|n| !n.tag_name().name().ends_with("Boundary"));
        Ok(Filter::Between {
            expr: self.expression(tested.ok_or_else(needs)?, depth + 1)?,
            lower: bound("LowerBoundary")?,
            upper: bound("UpperBoundary")?,
        })
    }

    fn temporal(
        &self,
        op: super::ast::TemporalOp,
        node: Node<'_, '_>,
        depth: usize,
    ) -> Result<Filter, FilterError> {
        let name = node.tag_name().name();
        let operands: Vec<_> = elements(node).collect();
        let [left, right] = operands.as_slice() else {
            return Err(incomplete(name, "a ValueReference and a gml:TimeInstant or gml:TimePeriod"));
        };
        let operand = |operand: &Node<'_, '_>| match self.expression(*operand, depth + 1)? {
            // A position alone is an instant.
            Expr::Literal(Literal::Text(position)) => temporal::position(&position, name),
            other => Ok(other),
        };
        Ok(Filter::Temporal { op, left: operand(left)?, right: operand(right)? })
    }

    /// Meeting a box, or the box of another property (OGC 09-026r2 clause 7.8.3.2).
    fn bbox(&self, node: Node<'_, '_>, depth: usize) -> Result<Filter, FilterError> {
        let operands: Vec<_> = elements(node).collect();
        let (property, place) = match operands.as_slice() {
            [place] => (Expr::DefaultGeometry, *place),
            [first, second] if is_reference(*second) && !is_reference(*first) => {
                (self.spatial_operand(*second, depth)?, *first)
            }
            [first, second] => (self.spatial_operand(*first, depth)?, *second),
            _ => return Err(incomplete("BBOX", "a property and a gml:Envelope")),
        };
        if is_reference(place) {
            let other = self.spatial_operand(place, depth)?;
            let right = Expr::Function { name: "envelope".to_owned(), args: vec![other] };
            return Ok(Filter::Spatial { op: SpatialOp::Intersects, left: property, right });
        }
        self.enter(depth + 1)?;
        let literal = if place.tag_name().name() == "Literal" { only(place, "Literal")? } else { place };
        let property = match property {
            Expr::DefaultGeometry => None,
            Expr::Property(name) => Some(name),
            computed => {
                // Not only its box would do, but the whole of an envelope is its box.
                gml::parse_envelope(literal, self.reading)?;
                let right = Expr::Literal(Literal::Geometry(gml::parse_geometry(literal, self.reading)?));
                return Ok(Filter::Spatial { op: SpatialOp::Intersects, left: computed, right });
            }
        };
        let (bbox, srid) = gml::parse_envelope(literal, self.reading)?;
        Ok(Filter::BBox { property, bbox, srid })
    }

    /// Both sides of a spatial operator, in their order; the geometry there is, where only one is given.
    fn spatial_operands(&self, node: Node<'_, '_>, depth: usize) -> Result<(Expr, Expr), FilterError> {
        let name = node.tag_name().name();
        let operands: Vec<_> = elements(node).filter(|n| n.tag_name().name() != "Distance").collect();
        match operands.as_slice() {
            [one] if !is_reference(*one) => Ok((Expr::DefaultGeometry, self.spatial_operand(*one, depth)?)),
            [left, right] => Ok((self.spatial_operand(*left, depth)?, self.spatial_operand(*right, depth)?)),
            [] | [_] => Err(incomplete(name, "a property and a literal geometry")),
            [_, _, more, ..] => Err(FilterError::Unexpected {
                found: excerpt(more.tag_name().name()),
                expected: format!("{name} takes two geometries: properties, functions or literals"),
            }),
        }
    }

    fn spatial_operand(&self, operand: Node<'_, '_>, depth: usize) -> Result<Expr, FilterError> {
        // An empty name means the geometry there is.
        if is_reference(operand) && text(operand).trim().is_empty() {
            self.enter(depth + 1)?;
            return Ok(Expr::DefaultGeometry);
        }
        match operand.tag_name().name() {
            "ValueReference" | "PropertyName" | "Literal" | "Function" => self.expression(operand, depth + 1),
            _ => {
                self.enter(depth + 1)?;
                Ok(Expr::Literal(Literal::Geometry(gml::parse_geometry(operand, self.reading)?)))
            }
        }
    }
}

fn is_reference(node: Node<'_, '_>) -> bool {
    matches!(node.tag_name().name(), "ValueReference" | "PropertyName")
}

fn comparison(name: &str) -> Option<CompareOp> {
    Some(match name {
        "PropertyIsEqualTo" => CompareOp::Equal,
        "PropertyIsNotEqualTo" => CompareOp::NotEqual,
        "PropertyIsLessThan" => CompareOp::Less,
        "PropertyIsLessThanOrEqualTo" => CompareOp::LessOrEqual,
        "PropertyIsGreaterThan" => CompareOp::Greater,
        "PropertyIsGreaterThanOrEqualTo" => CompareOp::GreaterOrEqual,
        _ => return None,
    })
}

fn spatial(name: &str) -> Option<SpatialOp> {
    Some(match name {
        "Equals" => SpatialOp::Equals,
        "Disjoint" => SpatialOp::Disjoint,
        // `Intersect` is what Filter 1.0 clients of the time wrote.
        "Intersects" | "Intersect" => SpatialOp::Intersects,
        "Touches" => SpatialOp::Touches,
        "Crosses" => SpatialOp::Crosses,
        "Within" => SpatialOp::Within,
        "Contains" => SpatialOp::Contains,
        "Overlaps" => SpatialOp::Overlaps,
        _ => return None,
    })
}

fn incomplete(operator: &str, needs: &str) -> FilterError {
    FilterError::Incomplete { operator: operator.to_owned(), needs: needs.to_owned() }
}

fn only<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Result<Node<'a, 'i>, FilterError> {
    let mut inside = elements(node);
    match (inside.next(), inside.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(incomplete(name, "exactly one element inside")),
    }
}

fn property_name(node: Node<'_, '_>) -> Result<String, FilterError> {
    let name = text(node).trim().to_owned();
    if name.is_empty() { Err(incomplete(node.tag_name().name(), "the name of a property")) } else { Ok(name) }
}

fn match_case(node: Node<'_, '_>) -> bool {
    !matches!(node.attribute("matchCase"), Some("false" | "0"))
}

/// Which of several values of a property have to match (OGC 09-026r2 clause 7.7.3.3). Every property here has
/// one value, of which any, all and one say the same.
fn match_action(node: Node<'_, '_>) -> Result<(), FilterError> {
    match node.attribute("matchAction") {
        None | Some("All" | "Any" | "One") => Ok(()),
        Some(_) => Err(incomplete(node.tag_name().name(), "a matchAction of Any, All or One")),
    }
}

/// The distance of `DWithin` and `Beyond`, in metres.
fn distance(node: Node<'_, '_>) -> Result<f64, FilterError> {
    let operator = node.tag_name().name();
    let element = child(node, "Distance").ok_or_else(|| incomplete(operator, "a Distance"))?;
    let value = text(element).trim().parse::<f64>().ok().filter(|v| v.is_finite() && *v >= 0.0);
    let value = value.ok_or_else(|| incomplete(operator, "a Distance that is a number of zero or more"))?;
    let unit = element.attribute("uom").or_else(|| element.attribute("units")).unwrap_or("m");
    let tail = unit.rsplit(['#', ':', '/']).next().unwrap_or(unit).to_ascii_lowercase();
    let metres = match tail.as_str() {
        "m" | "metre" | "meter" | "metres" | "meters" | "9001" => 1.0,
        "km" | "kilometre" | "kilometer" | "kilometres" | "kilometers" | "9036" => 1000.0,
        "cm" => 0.01,
        "ft" | "[ft_i]" | "foot" | "feet" | "9002" => 0.3048,
        "mi" | "[mi_i]" | "mile" | "miles" | "statute miles" | "9093" => 1_609.344,
        "nmi" | "nm" | "[nmi_i]" | "nautical miles" | "9030" => 1_852.0,
        // A degree on the equator, as styles and scale denominators reckon it.
        "deg" | "degree" | "degrees" | "9102" => 111_319.490_793,
        _ => {
            return Err(FilterError::Unexpected {
                found: excerpt(unit),
                expected: "use the unit m, km, ft, mi or nmi".to_owned(),
            });
        }
    };
    Ok(value * metres)
}

/// Cuts a pattern at its wildcards. The escape character makes the next one plain; at the end it stands
/// for itself.
pub(super) fn like_parts(pattern: &str, any: char, single: char, escape: char) -> Vec<LikePart> {
    let mut parts: Vec<LikePart> = Vec::new();
    let plain = |c: char, parts: &mut Vec<LikePart>| match parts.last_mut() {
        Some(LikePart::Text(text)) => text.push(c),
        _ => parts.push(LikePart::Text(c.to_string())),
    };
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        if c == escape {
            plain(characters.next().unwrap_or(escape), &mut parts);
        } else if c == any {
            parts.push(LikePart::Any);
        } else if c == single {
            parts.push(LikePart::One);
        } else {
            plain(c, &mut parts);
        }
    }
    parts
}

#[cfg(test)]
mod tests;

//! Filter Encoding: FES 2.0 (OGC 09-026r2) and OGC Filter 1.0 and 1.1 (OGC 04-095) in one reader.
//!
//! Elements are told apart by their local names, which the versions share. Depth and number of nodes are
//! counted before a level is entered.

use super::ast::{ArithmeticOp, CompareOp, Expr, Filter, LikePart, Literal, SpatialOp};
use super::error::{FilterError, FilterLimits, Reading, excerpt};
use super::gml;
use super::literal;
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
    let mut ids = Vec::new();
    let mut conditions = Vec::new();
    for element in elements(node) {
        match parser.condition(element, 0)? {
            Filter::Ids(more) => ids.extend(more),
            condition => conditions.push(condition),
        }
    }
    match (conditions.pop(), conditions.is_empty(), ids.is_empty()) {
        (None, _, false) => Ok(Filter::Ids(ids)),
        (Some(condition), true, true) => Ok(condition),
        (None, _, true) => Err(incomplete("Filter", "a condition inside")),
        _ => Err(incomplete("Filter", "exactly one condition; combine several with And or Or")),
    }
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
            let [left, right] = self.operands(node, depth)?;
            return Ok(Filter::Compare { op, left, right, match_case: match_case(node) });
        }
        if let Some(op) = spatial(name) {
            let (property, literal) = self.spatial_operands(node)?;
            let geometry = gml::parse_geometry(literal, self.reading)?;
            let right = Expr::Literal(Literal::Geometry(geometry));
            return Ok(Filter::Spatial { op, left: geometry_property(property), right });
        }
        match name {
            "PropertyIsLike" => self.like(node, depth),
            "PropertyIsNull" | "PropertyIsNil" => {
                Ok(Filter::IsNull(self.expression(only(node, name)?, depth + 1)?))
            }
            "PropertyIsBetween" => self.between(node, depth),
            "BBOX" => {
                let (property, literal) = self.spatial_operands(node)?;
                let (bbox, srid) = gml::parse_envelope(literal, self.reading)?;
                Ok(Filter::BBox { property, bbox, srid })
            }
            "DWithin" | "Beyond" => {
                let (property, literal) = self.spatial_operands(node)?;
                let geometry = gml::parse_geometry(literal, self.reading)?;
                Ok(Filter::Distance {
                    beyond: name == "Beyond",
                    left: geometry_property(property),
                    right: Expr::Literal(Literal::Geometry(geometry)),
                    metres: distance(node)?,
                })
            }
            "After" | "Before" | "TEquals" | "During" => self.temporal(node, depth),
            "ResourceId" | "FeatureId" | "GmlObjectId" => identifier(node),
            _ => Err(FilterError::Unexpected {
                found: excerpt(name),
                expected: "use And, Or, Not, a PropertyIs… comparison, a spatial operator such as BBOX or Intersects, or ResourceId".to_owned(),
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
            "Literal" => return Ok(Expr::Literal(Literal::Text(text(node)))),
            "Function" => {
                let args = elements(node).map(|n| self.expression(n, depth + 1)).collect::<Result<_, _>>()?;
                let name =
                    node.attribute("name").ok_or_else(|| incomplete("Function", "a name attribute"))?;
                return Ok(Expr::Function { name: name.to_owned(), args });
            }
            "Add" => ArithmeticOp::Add,
            "Sub" => ArithmeticOp::Sub,
            "Mul" => ArithmeticOp::Mul,
            "Div" => ArithmeticOp::Div,
            _ => {
                return Err(FilterError::Unexpected {
                    found: excerpt(name),
                    expected: "use ValueReference, Literal, Function, Add, Sub, Mul or Div".to_owned(),
                });
            }
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

    /// The temporal operators on a property whose values are instants or days (FES clause 7.9). As in
    /// ISO 19108, an instant is during a period strictly between its ends, and equals no period but one
    /// that begins and ends with it.
    fn temporal(&self, node: Node<'_, '_>, depth: usize) -> Result<Filter, FilterError> {
        let name = node.tag_name().name();
        let needs = || incomplete(name, "a ValueReference and a gml:TimeInstant or gml:TimePeriod");
        let mut operands = elements(node);
        let expr = self.expression(operands.next().ok_or_else(needs)?, depth + 1)?;
        let time = time_of(operands.next().ok_or_else(needs)?, name)?;
        let compare = |op, when: &str| Filter::Compare {
            op,
            left: expr.clone(),
            right: Expr::Literal(Literal::Text(when.to_owned())),
            match_case: true,
        };
        Ok(match (name, &time) {
            ("After", Time::Instant(at) | Time::Period(_, at)) => compare(CompareOp::Greater, at),
            ("Before", Time::Instant(at) | Time::Period(at, _)) => compare(CompareOp::Less, at),
            ("TEquals", Time::Instant(at)) => compare(CompareOp::Equal, at),
            ("TEquals", Time::Period(begin, end)) => {
                Filter::And(vec![compare(CompareOp::Equal, begin), compare(CompareOp::Equal, end)])
            }
            (_, Time::Period(begin, end)) => {
                Filter::And(vec![compare(CompareOp::Greater, begin), compare(CompareOp::Less, end)])
            }
            (_, Time::Instant(_)) => return Err(incomplete(name, "a gml:TimePeriod as its second operand")),
        })
    }

    /// The property, if one is named, and the literal, in either order.
    fn spatial_operands<'a, 'i>(
        &self,
        node: Node<'a, 'i>,
    ) -> Result<(Option<String>, Node<'a, 'i>), FilterError> {
        let mut property = None;
        let mut literal = None;
        for operand in elements(node) {
            match operand.tag_name().name() {
                "ValueReference" | "PropertyName" if property.is_none() => {
                    // An empty name means the geometry there is.
                    property = Some(text(operand).trim().to_owned()).filter(|name| !name.is_empty());
                }
                "Distance" => {}
                "Literal" if literal.is_none() => literal = elements(operand).next(),
                _ if literal.is_none() => literal = Some(operand),
                other => {
                    return Err(FilterError::Unexpected {
                        found: excerpt(other),
                        expected: "a spatial operator takes one property and one literal geometry".to_owned(),
                    });
                }
            }
        }
        literal
            .map(|literal| (property, literal))
            .ok_or_else(|| incomplete(node.tag_name().name(), "a literal geometry"))
    }
}

fn geometry_property(name: Option<String>) -> Expr {
    name.map_or(Expr::DefaultGeometry, Expr::Property)
}

/// A time that a filter names, its positions as written.
enum Time {
    Instant(String),
    Period(String, String),
}

/// Reads `gml:TimeInstant` and `gml:TimePeriod` in both versions of GML, in a `Literal` or bare, and a
/// position as a literal's text.
fn time_of(operand: Node<'_, '_>, operator: &str) -> Result<Time, FilterError> {
    let wrapped = operand.tag_name().name() == "Literal";
    let time = elements(operand).next().filter(|_| wrapped).unwrap_or(operand);
    // An end of a period is a position, or an element around an instant that has one.
    let position = |names: &[&str]| {
        let holder = time.descendants().find(|n| names.contains(&n.tag_name().name()))?;
        let inner = holder.descendants().find(|n| n.tag_name().name() == "timePosition");
        Some(text(inner.unwrap_or(holder)).trim().to_owned())
    };
    let time = match time.tag_name().name() {
        "TimePeriod" => position(&["beginPosition", "begin"])
            .zip(position(&["endPosition", "end"]))
            .map(|(b, e)| Time::Period(b, e)),
        "TimeInstant" => position(&["timePosition"]).map(Time::Instant),
        "Literal" => Some(Time::Instant(text(time).trim().to_owned())),
        _ => None,
    };
    let known = |at: &String| literal::date(at).is_some() || literal::timestamp(at).is_some();
    time.filter(|time| match time {
        Time::Instant(at) => known(at),
        Time::Period(begin, end) => known(begin) && known(end),
    })
    .ok_or_else(|| {
        incomplete(
            operator,
            "a gml:TimeInstant or gml:TimePeriod with positions such as 2021-08-02 or 2021-08-02T12:00:00Z",
        )
    })
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

fn identifier(node: Node<'_, '_>) -> Result<Filter, FilterError> {
    let id = ["rid", "fid", "id"]
        .iter()
        .find_map(|name| node.attribute(*name))
        .or_else(|| node.attributes().find(|a| a.name() == "id").map(|a| a.value()))
        .map(str::trim)
        .filter(|id| !id.is_empty());
    id.map(|id| Filter::Ids(vec![id.to_owned()]))
        .ok_or_else(|| incomplete(node.tag_name().name(), "an identifier such as rid=\"communes.12\""))
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

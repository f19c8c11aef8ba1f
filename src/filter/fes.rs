//! Filter Encoding: FES 2.0 (OGC 09-026r2) and OGC Filter 1.0 and 1.1 (OGC 04-095) in one reader.
//!
//! Elements are told apart by their local names, which the versions share. Depth and number of nodes are
//! counted before a level is entered.

use super::ast::{ArithmeticOp, CompareOp, Expr, Filter, LikePart, Literal, SpatialOp};
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
        if let Some(op) = comparison(name) {
            let [left, right] = self.operands(node, depth)?;
            return Ok(Filter::Compare { op, left, right, match_case: match_case(node) });
        }
        if let Some(op) = spatial(name) {
            let (property, literal) = self.spatial_operands(node)?;
            return Ok(Filter::Spatial {
                op,
                property,
                geometry: gml::parse_geometry(literal, self.reading)?,
            });
        }
        match name {
            "And" | "Or" => {
                let all = elements(node).map(|n| self.condition(n, depth + 1)).collect::<Result<Vec<_>, _>>()?;
                if all.is_empty() {
                    return Err(incomplete(name, "conditions inside"));
                }
                Ok(if name == "And" { Filter::And(all) } else { Filter::Or(all) })
            }
            "Not" => {
                let inner = only(node, name)?;
                Ok(Filter::Not(Box::new(self.condition(inner, depth + 1)?)))
            }
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
                Ok(Filter::Distance { beyond: name == "Beyond", property, geometry, metres: distance(node)? })
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

    /// The temporal operators that need no more than a comparison (FES clause 7.9).
    fn temporal(&self, node: Node<'_, '_>, depth: usize) -> Result<Filter, FilterError> {
        let name = node.tag_name().name();
        let needs = || incomplete(name, "a ValueReference and a gml:TimeInstant or gml:TimePeriod");
        let mut operands = elements(node);
        let expr = self.expression(operands.next().ok_or_else(needs)?, depth + 1)?;
        let time = operands.next().ok_or_else(needs)?;
        let at = |names: [&str; 2]| {
            let found = time.descendants().find(|n| names.contains(&n.tag_name().name()) && n.is_element());
            found.map(|n| {
                text(n.descendants().filter(|d| d.is_element()).last().unwrap_or(n)).trim().to_owned()
            })
        };
        let (begin, end) = match at(["timePosition", "timePosition"]) {
            Some(instant) => (instant.clone(), instant),
            None if time.tag_name().name() == "Literal" => {
                let instant = text(time).trim().to_owned();
                (instant.clone(), instant)
            }
            None => (
                at(["beginPosition", "begin"]).ok_or_else(needs)?,
                at(["endPosition", "end"]).ok_or_else(needs)?,
            ),
        };
        let compare = |op, when: String| Filter::Compare {
            op,
            left: expr.clone(),
            right: Expr::Literal(Literal::Text(when)),
            match_case: true,
        };
        Ok(match name {
            "After" => compare(CompareOp::Greater, end),
            "Before" => compare(CompareOp::Less, begin),
            "TEquals" => compare(CompareOp::Equal, begin),
            _ => Filter::And(vec![compare(CompareOp::Greater, begin), compare(CompareOp::Less, end)]),
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
mod tests {
    use super::*;
    use crate::filter::xml::parse_document;
    use proptest::prelude::*;

    fn read(xml: &str) -> Result<Filter, FilterError> {
        let limits = FilterLimits::default();
        let wrapped = format!(
            "<fes:Filter xmlns:fes=\"http://www.opengis.net/fes/2.0\" xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:gml=\"http://www.opengis.net/gml/3.2\">{xml}</fes:Filter>"
        );
        let document = parse_document(&wrapped, &limits)?;
        parse(document.root_element(), &limits)
    }

    fn property(name: &str) -> Expr {
        Expr::Property(name.to_owned())
    }

    fn literal(text: &str) -> Expr {
        Expr::Literal(Literal::Text(text.to_owned()))
    }

    #[test]
    fn both_generations_of_the_language_give_the_same_tree() {
        let expected = Ok(Filter::Compare {
            op: CompareOp::GreaterOrEqual,
            left: property("crige:pop"),
            right: literal("12"),
            match_case: false,
        });
        for (name, reference) in [("fes", "ValueReference"), ("ogc", "PropertyName")] {
            let xml = format!(
                "<{name}:PropertyIsGreaterThanOrEqualTo matchCase=\"false\"><{name}:{reference}>crige:pop</{name}:{reference}><{name}:Literal>12</{name}:Literal></{name}:PropertyIsGreaterThanOrEqualTo>"
            );
            assert_eq!(read(&xml), expected, "{xml}");
        }
    }

    #[test]
    fn patterns_are_cut_at_their_own_wildcards() {
        let like = read(
            "<ogc:PropertyIsLike wildCard=\"*\" singleChar=\"?\" escapeChar=\"!\"><ogc:PropertyName>nom</ogc:PropertyName><ogc:Literal>Saint*%?!*x!</ogc:Literal></ogc:PropertyIsLike>",
        );
        let text = |t: &str| LikePart::Text(t.to_owned());
        assert_eq!(
            like,
            Ok(Filter::Like {
                expr: property("nom"),
                pattern: vec![text("Saint"), LikePart::Any, text("%"), LikePart::One, text("*x!")],
                match_case: true,
            })
        );
    }

    #[test]
    fn spatial_operators_read_property_geometry_and_distance() {
        let point = "<gml:Point srsName=\"EPSG:2154\"><gml:pos>1 2</gml:pos></gml:Point>";
        let near = format!(
            "<fes:DWithin><fes:ValueReference>geom</fes:ValueReference>{point}<fes:Distance uom=\"km\">1.5</fes:Distance></fes:DWithin>"
        );
        let Ok(Filter::Distance { beyond: false, property: Some(name), metres, geometry }) = read(&near)
        else {
            panic!("{:?}", read(&near));
        };
        assert_eq!((name.as_str(), geometry.srid), ("geom", Some(2154)));
        assert!((metres - 1500.0).abs() < 1e-9);
        assert!(matches!(
            read(&format!("<fes:Intersects>{point}</fes:Intersects>")),
            Ok(Filter::Spatial { op: SpatialOp::Intersects, property: None, .. })
        ));
        let bbox = "<fes:BBOX><gml:Envelope srsName=\"urn:ogc:def:crs:EPSG::4326\"><gml:lowerCorner>43 5</gml:lowerCorner><gml:upperCorner>44 6</gml:upperCorner></gml:Envelope></fes:BBOX>";
        assert_eq!(
            read(bbox),
            Ok(Filter::BBox {
                property: None,
                bbox: crate::geo::BBox::new(5.0, 43.0, 6.0, 44.0),
                srid: Some(4326)
            })
        );
    }

    #[test]
    fn several_identifiers_are_one_condition() {
        assert_eq!(
            read(
                "<fes:ResourceId rid=\"a.1\"/><ogc:FeatureId fid=\"a.2\"/><ogc:GmlObjectId gml:id=\"a.3\"/>"
            ),
            Ok(Filter::Ids(vec!["a.1".into(), "a.2".into(), "a.3".into()]))
        );
    }

    #[test]
    fn instants_and_periods_become_comparisons() {
        let during = "<fes:During><fes:ValueReference>vu</fes:ValueReference><gml:TimePeriod><gml:beginPosition>2021-01-01T00:00:00Z</gml:beginPosition><gml:endPosition>2022-01-01T00:00:00Z</gml:endPosition></gml:TimePeriod></fes:During>";
        let Ok(Filter::And(both)) = read(during) else { panic!("{:?}", read(during)) };
        assert_eq!(both.len(), 2);
        let after = "<fes:After><fes:ValueReference>vu</fes:ValueReference><gml:TimeInstant><gml:timePosition>2021-01-01</gml:timePosition></gml:TimeInstant></fes:After>";
        assert_eq!(
            read(after),
            Ok(Filter::Compare {
                op: CompareOp::Greater,
                left: property("vu"),
                right: literal("2021-01-01"),
                match_case: true
            })
        );
    }

    #[test]
    fn wrong_filters_name_the_element() {
        for (xml, said) in [
            ("", "'Filter' needs a condition"),
            ("<fes:Wibble/>", "'Wibble' is not supported"),
            ("<fes:Not/>", "'Not' needs exactly one"),
            ("<fes:And/>", "'And' needs conditions"),
            (
                "<fes:PropertyIsEqualTo><fes:ValueReference>a</fes:ValueReference></fes:PropertyIsEqualTo>",
                "exactly two operands",
            ),
            (
                "<fes:PropertyIsEqualTo><fes:ValueReference> </fes:ValueReference><fes:Literal/></fes:PropertyIsEqualTo>",
                "name of a property",
            ),
            ("<fes:PropertyIsEqualTo><fes:Wibble/><fes:Literal/></fes:PropertyIsEqualTo>", "'Wibble'"),
            (
                "<fes:PropertyIsBetween><fes:ValueReference>a</fes:ValueReference></fes:PropertyIsBetween>",
                "LowerBoundary",
            ),
            ("<fes:ResourceId/>", "an identifier"),
            ("<fes:BBOX/>", "a literal geometry"),
            ("<fes:DWithin><gml:Point><gml:pos>1 2</gml:pos></gml:Point></fes:DWithin>", "a Distance"),
            (
                "<fes:DWithin><gml:Point><gml:pos>1 2</gml:pos></gml:Point><fes:Distance uom=\"parsec\">1</fes:Distance></fes:DWithin>",
                "'parsec'",
            ),
            (
                "<fes:DWithin><gml:Point><gml:pos>1 2</gml:pos></gml:Point><fes:Distance>-1</fes:Distance></fes:DWithin>",
                "zero or more",
            ),
            (
                "<fes:PropertyIsLike wildCard=\"**\"><fes:ValueReference>a</fes:ValueReference><fes:Literal>x</fes:Literal></fes:PropertyIsLike>",
                "one character",
            ),
            (
                "<fes:PropertyIsNull><fes:ValueReference>a</fes:ValueReference></fes:PropertyIsNull><fes:PropertyIsNull><fes:ValueReference>a</fes:ValueReference></fes:PropertyIsNull>",
                "exactly one condition",
            ),
        ] {
            let error = read(xml).expect_err(xml).to_string();
            assert!(error.contains(said), "{xml}: {error}");
        }
    }

    #[test]
    fn filters_nested_ten_thousand_deep_are_an_error_that_says_so() {
        let inside = "<fes:PropertyIsNull><fes:ValueReference>a</fes:ValueReference></fes:PropertyIsNull>";
        for depth in [99, 149, 10_000, 100_000] {
            let xml = format!("{}{inside}{}", "<fes:Not>".repeat(depth), "</fes:Not>".repeat(depth));
            assert_eq!(read(&xml), Err(FilterError::TooDeep(100)), "{depth}");
        }
    }

    #[test]
    fn a_filter_of_too_many_conditions_is_refused() {
        let inside = "<fes:PropertyIsNull><fes:ValueReference>a</fes:ValueReference></fes:PropertyIsNull>";
        let xml = format!("<fes:Or>{}</fes:Or>", inside.repeat(6_000));
        assert_eq!(read(&xml), Err(FilterError::TooLarge(10_000)));
    }

    proptest! {
        #[test]
        fn any_arrangement_of_elements_is_read_or_refused(
            names in prop::collection::vec((prop::sample::select(vec![
                "And", "Or", "Not", "BBOX", "DWithin", "Literal", "ValueReference", "PropertyIsLike",
                "PropertyIsBetween", "LowerBoundary", "Function", "Add", "During", "ResourceId", "Envelope",
                "Point", "pos", "Distance", "Filter",
            ]), 0_u8..3), 0..30)
        ) {
            let mut xml = String::new();
            let mut open = Vec::new();
            for (name, leave) in names {
                xml += &format!("<{name}>1 2");
                open.push(name);
                for _ in 0..leave {
                    if let Some(name) = open.pop() {
                        xml += &format!("</{name}>");
                    }
                }
            }
            while let Some(name) = open.pop() {
                xml += &format!("</{name}>");
            }
            let _ = read(&xml);
        }
    }
}

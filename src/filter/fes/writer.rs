//! Writes filters as OGC Filter 1.1 (OGC 04-095), which SLD 1.0 and SE 1.1 hold.

use super::super::ast::{CompareOp, Expr, Filter, Geometry, LikePart, Literal, SpatialOp, TemporalOp};
use crate::geo::wkb;
use geo_types::{Coord, Geometry as Shape, LineString, Polygon};
use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use std::borrow::Cow;
use std::io::{self, Error, ErrorKind, Write};

/// Writes an `ogc:Filter`; geometries are GML 3.1 in x, y order, their system named as `EPSG:n`.
///
/// # Errors
/// Kind [`ErrorKind::Unsupported`] with words for what the language can't say: sets of values, periods.
pub fn write<W: Write>(filter: &Filter, out: &mut Writer<W>) -> io::Result<()> {
    element(out, "ogc:Filter", &[], |out| match filter {
        Filter::Ids(ids) => ids.iter().try_for_each(|id| empty(out, "ogc:FeatureId", &[("fid", id)])),
        other => condition(other, out),
    })
}

fn write_expression<W: Write>(expr: &Expr, out: &mut Writer<W>) -> io::Result<()> {
    match expr {
        Expr::Property(name) => leaf(out, "ogc:PropertyName", name),
        Expr::DefaultGeometry => leaf(out, "ogc:PropertyName", ""),
        Expr::Literal(Literal::Geometry(shape)) => geometry(shape, out),
        Expr::Literal(value) => leaf(out, "ogc:Literal", &literal(value)?),
        Expr::Arithmetic { op, left, right } => {
            let name = op.element().ok_or_else(|| unsayable("remainders, whole divisions and powers"))?;
            element(out, &format!("ogc:{name}"), &[], |out| {
                write_expression(left, out)?;
                write_expression(right, out)
            })
        }
        Expr::Function { name, args } => element(out, "ogc:Function", &[("name", name)], |out| {
            args.iter().try_for_each(|arg| write_expression(arg, out))
        }),
        Expr::CaseI(inner) => call("casei", inner, out),
        Expr::AccentI(inner) => call("accenti", inner, out),
        Expr::Interval(..) => Err(unsayable("periods of time")),
        Expr::Array(_) => Err(unsayable("sets of values")),
        Expr::Condition(_) => Err(unsayable("conditions as values")),
    }
}

fn unsayable(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("OGC Filter 1.1 has no words for {what}"))
}

fn call<W: Write>(name: &str, inner: &Expr, out: &mut Writer<W>) -> io::Result<()> {
    element(out, "ogc:Function", &[("name", name)], |out| write_expression(inner, out))
}

fn condition<W: Write>(filter: &Filter, out: &mut Writer<W>) -> io::Result<()> {
    match filter {
        Filter::And(all) | Filter::Or(all) => {
            let name = if matches!(filter, Filter::And(_)) { "ogc:And" } else { "ogc:Or" };
            match all.as_slice() {
                [only] => condition(only, out),
                _ => element(out, name, &[], |out| all.iter().try_for_each(|c| condition(c, out))),
            }
        }
        Filter::Not(inner) => element(out, "ogc:Not", &[], |out| condition(inner, out)),
        Filter::Compare { op, left, right, match_case } => compare(*op, (left, right), *match_case, out),
        Filter::Between { expr, lower, upper } => element(out, "ogc:PropertyIsBetween", &[], |out| {
            write_expression(expr, out)?;
            element(out, "ogc:LowerBoundary", &[], |out| write_expression(lower, out))?;
            element(out, "ogc:UpperBoundary", &[], |out| write_expression(upper, out))
        }),
        Filter::Like { expr, pattern, match_case } => like(expr, pattern, *match_case, out),
        Filter::IsNull(expr) => element(out, "ogc:PropertyIsNull", &[], |out| write_expression(expr, out)),
        Filter::In { expr, list } => {
            let one = |out: &mut Writer<W>, value| compare(CompareOp::Equal, (expr, value), true, out);
            match list.as_slice() {
                [only] => one(out, only),
                _ => element(out, "ogc:Or", &[], |out| list.iter().try_for_each(|value| one(out, value))),
            }
        }
        Filter::Truth(expr) => {
            let truth = Expr::Literal(Literal::Boolean(true));
            compare(CompareOp::Equal, (expr, &truth), true, out)
        }
        Filter::Spatial { op, left, right } => element(out, relation(*op), &[], |out| {
            write_expression(left, out)?;
            write_expression(right, out)
        }),
        Filter::Distance { beyond, left, right, metres } => {
            let name = if *beyond { "ogc:Beyond" } else { "ogc:DWithin" };
            element(out, name, &[], |out| {
                write_expression(left, out)?;
                write_expression(right, out)?;
                leaf_with(out, "ogc:Distance", &[("units", "m")], &metres.to_string())
            })
        }
        Filter::Temporal { op, left, right } => {
            let op = match op {
                TemporalOp::After => CompareOp::Greater,
                TemporalOp::Before => CompareOp::Less,
                TemporalOp::Equals => CompareOp::Equal,
                _ => return Err(unsayable("relations of times other than before, after and equal")),
            };
            compare(op, (left, right), true, out)
        }
        Filter::BBox { property, bbox, srid } => element(out, "ogc:BBOX", &[], |out| {
            leaf(out, "ogc:PropertyName", property.as_deref().unwrap_or_default())?;
            let system = srid.map(|srid| format!("EPSG:{srid}"));
            let attributes: Vec<(&str, &str)> = system.iter().map(|s| ("srsName", s.as_str())).collect();
            element(out, "gml:Envelope", &attributes, |out| {
                leaf(out, "gml:lowerCorner", &format!("{} {}", bbox.min_x, bbox.min_y))?;
                leaf(out, "gml:upperCorner", &format!("{} {}", bbox.max_x, bbox.max_y))
            })
        }),
        Filter::Ids(_) | Filter::ResourceIds(_) => Err(unsayable("identifiers beside other conditions")),
        Filter::Array { .. } => Err(unsayable("sets of values")),
        Filter::Constant(truth) => {
            let value = |n: &str| Expr::Literal(Literal::Text(n.to_owned()));
            let right = value(if *truth { "1" } else { "0" });
            compare(CompareOp::Equal, (&value("1"), &right), true, out)
        }
    }
}

fn compare<W: Write>(
    op: CompareOp,
    (left, right): (&Expr, &Expr),
    match_case: bool,
    out: &mut Writer<W>,
) -> io::Result<()> {
    let name = match op {
        CompareOp::Equal => "ogc:PropertyIsEqualTo",
        CompareOp::NotEqual => "ogc:PropertyIsNotEqualTo",
        CompareOp::Less => "ogc:PropertyIsLessThan",
        CompareOp::LessOrEqual => "ogc:PropertyIsLessThanOrEqualTo",
        CompareOp::Greater => "ogc:PropertyIsGreaterThan",
        CompareOp::GreaterOrEqual => "ogc:PropertyIsGreaterThanOrEqualTo",
    };
    let attributes: &[(&str, &str)] = if match_case { &[] } else { &[("matchCase", "false")] };
    element(out, name, attributes, |out| {
        write_expression(left, out)?;
        write_expression(right, out)
    })
}

/// Wild cards of Filter 1.1's example; its own characters are escaped.
fn like<W: Write>(
    expr: &Expr,
    pattern: &[LikePart],
    match_case: bool,
    out: &mut Writer<W>,
) -> io::Result<()> {
    let mut written = String::new();
    for part in pattern {
        match part {
            LikePart::Any => written.push('*'),
            LikePart::One => written.push('?'),
            LikePart::Text(text) => text.chars().for_each(|letter| {
                if matches!(letter, '*' | '?' | '!') {
                    written.push('!');
                }
                written.push(letter);
            }),
        }
    }
    let mut attributes = vec![("wildCard", "*"), ("singleChar", "?"), ("escapeChar", "!")];
    if !match_case {
        attributes.push(("matchCase", "false"));
    }
    element(out, "ogc:PropertyIsLike", &attributes, |out| {
        write_expression(expr, out)?;
        leaf(out, "ogc:Literal", &written)
    })
}

const fn relation(op: SpatialOp) -> &'static str {
    match op {
        SpatialOp::Equals => "ogc:Equals",
        SpatialOp::Disjoint => "ogc:Disjoint",
        SpatialOp::Intersects => "ogc:Intersects",
        SpatialOp::Touches => "ogc:Touches",
        SpatialOp::Crosses => "ogc:Crosses",
        SpatialOp::Within => "ogc:Within",
        SpatialOp::Contains => "ogc:Contains",
        SpatialOp::Overlaps => "ogc:Overlaps",
    }
}

fn literal(value: &Literal) -> io::Result<Cow<'_, str>> {
    Ok(match value {
        Literal::Text(text) => Cow::Borrowed(text),
        Literal::Integer(number) => Cow::Owned(number.to_string()),
        Literal::Number(number) => Cow::Owned(number.to_string()),
        Literal::Boolean(truth) => Cow::Owned(truth.to_string()),
        Literal::Date(day) => Cow::Owned(day.to_string()),
        Literal::Timestamp(at) => Cow::Owned(at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        Literal::Geometry(_) | Literal::Null => return Err(unsayable("a literal without a value")),
    })
}

fn geometry<W: Write>(geometry: &Geometry, out: &mut Writer<W>) -> io::Result<()> {
    let shape = wkb::to_geo(&geometry.ewkb).map_err(|e| Error::new(ErrorKind::InvalidData, e.to_string()))?;
    let system = geometry.srid.map(|srid| format!("EPSG:{srid}"));
    let attributes: Vec<(&str, &str)> = system.iter().map(|s| ("srsName", s.as_str())).collect();
    gml(&shape, &attributes, out)
}

fn gml<W: Write>(shape: &Shape<f64>, system: &[(&str, &str)], out: &mut Writer<W>) -> io::Result<()> {
    match shape {
        Shape::Point(point) => element(out, "gml:Point", system, |out| {
            leaf(out, "gml:pos", &positions(std::iter::once(point.0)))
        }),
        Shape::LineString(line) => linear("gml:LineString", line, system, out),
        Shape::Polygon(polygon) => surface(polygon, system, out),
        Shape::MultiPoint(points) => element(out, "gml:MultiPoint", system, |out| {
            points.iter().try_for_each(|p| {
                element(out, "gml:pointMember", &[], |out| gml(&Shape::Point(*p), &[], out))
            })
        }),
        Shape::MultiLineString(lines) => element(out, "gml:MultiLineString", system, |out| {
            lines.iter().try_for_each(|line| {
                element(out, "gml:lineStringMember", &[], |out| linear("gml:LineString", line, &[], out))
            })
        }),
        Shape::MultiPolygon(polygons) => element(out, "gml:MultiPolygon", system, |out| {
            polygons.iter().try_for_each(|polygon| {
                element(out, "gml:polygonMember", &[], |out| surface(polygon, &[], out))
            })
        }),
        Shape::GeometryCollection(all) => element(out, "gml:MultiGeometry", system, |out| {
            all.iter().try_for_each(|one| element(out, "gml:geometryMember", &[], |out| gml(one, &[], out)))
        }),
        _ => Err(unsayable("this geometry")),
    }
}

fn linear<W: Write>(
    name: &str,
    line: &LineString<f64>,
    system: &[(&str, &str)],
    out: &mut Writer<W>,
) -> io::Result<()> {
    element(out, name, system, |out| leaf(out, "gml:posList", &positions(line.coords().copied())))
}

fn surface<W: Write>(polygon: &Polygon<f64>, system: &[(&str, &str)], out: &mut Writer<W>) -> io::Result<()> {
    element(out, "gml:Polygon", system, |out| {
        element(out, "gml:exterior", &[], |out| linear("gml:LinearRing", polygon.exterior(), &[], out))?;
        polygon.interiors().iter().try_for_each(|ring| {
            element(out, "gml:interior", &[], |out| linear("gml:LinearRing", ring, &[], out))
        })
    })
}

fn positions(coords: impl Iterator<Item = Coord<f64>>) -> String {
    let numbers: Vec<String> = coords.flat_map(|c| [c.x.to_string(), c.y.to_string()]).collect();
    numbers.join(" ")
}

fn element<W: Write>(
    out: &mut Writer<W>,
    name: &str,
    attributes: &[(&str, &str)],
    inside: impl FnOnce(&mut Writer<W>) -> io::Result<()>,
) -> io::Result<()> {
    let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
    out.write_event(Event::Start(start))?;
    inside(out)?;
    out.write_event(Event::End(BytesEnd::new(name)))
}

fn empty<W: Write>(out: &mut Writer<W>, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
    out.write_event(Event::Empty(BytesStart::new(name).with_attributes(attributes.iter().copied())))
}

fn leaf<W: Write>(out: &mut Writer<W>, name: &str, text: &str) -> io::Result<()> {
    leaf_with(out, name, &[], text)
}

fn leaf_with<W: Write>(
    out: &mut Writer<W>,
    name: &str,
    attributes: &[(&str, &str)],
    text: &str,
) -> io::Result<()> {
    element(out, name, attributes, |out| out.write_event(Event::Text(BytesText::new(text))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::error::{FilterLimits, Reading};
    use crate::filter::{cql2, ecql, fes, xml};

    fn written(filter: &Filter) -> io::Result<String> {
        let mut out = Writer::new(Vec::new());
        write(filter, &mut out)?;
        let text = String::from_utf8(out.into_inner()).expect("UTF-8");
        let namespaces = "xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:gml=\"http://www.opengis.net/gml\"";
        Ok(text.replacen("<ogc:Filter", &format!("<ogc:Filter {namespaces}"), 1))
    }

    fn read(text: &str) -> Filter {
        let limits = FilterLimits::default();
        let document = xml::parse_document(text, &limits).expect(text);
        fes::parse(document.root_element(), &limits).expect(text)
    }

    #[test]
    fn what_is_written_is_read_back_the_same() {
        for text in [
            "a = 'x'",
            "a <> 3 AND (b > 2.5 OR b <= -1) AND NOT c IS NULL",
            "a LIKE 'Sa*int%?_!'",
            "a ILIKE '%x'",
            "a BETWEEN 1 AND 2",
            "a IN ('x', 'y')",
            "INTERSECTS(geom, POLYGON((0 0, 1 0, 1 1, 0 0), (0.1 0.1, 0.2 0.1, 0.2 0.2, 0.1 0.1)))",
            "WITHIN(geom, MULTIPOINT((1 2), (3 4)))",
            "DWITHIN(geom, LINESTRING(1 2, 3 4), 100, meters)",
            "BBOX(geom, 1, 2, 3, 4, 'EPSG:2154')",
            "strToLowerCase(a) = 'x'",
            "a + b * 2 > 3 / c",
            "a AFTER 2021-01-01T00:00:00Z",
        ] {
            let filter = ecql::parse(text, &Reading::default()).expect(text);
            let once = written(&filter).expect(text);
            // Texts and numbers are one in XML, so that what was read from it is compared.
            let again = read(&once);
            assert_eq!(written(&again).expect(text), once, "{text}");
        }
        let ids = Filter::Ids(vec!["a.1".into(), "a.<2>".into()]);
        assert_eq!(read(&written(&ids).expect("ids")), ids);
    }

    #[test]
    fn what_the_language_cannot_say_is_an_error_that_names_it() {
        let reading = Reading::default();
        for (text, said) in [
            ("A_OVERLAPS(a, (1, 2))", "sets of values"),
            ("T_DURING(a, INTERVAL('2020-01-01', '2021-01-01'))", "relations of times"),
            ("a % 2 = 1", "remainders"),
        ] {
            let filter = cql2::parse_text(text, &reading).expect(text);
            assert!(written(&filter).expect_err(text).to_string().contains(said), "{text}");
        }
    }
}

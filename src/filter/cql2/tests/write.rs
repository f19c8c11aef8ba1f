//! Trees written as text and JSON: what was read must come back the same.

use crate::filter::ast::{
    ArithmeticOp, ArrayOp, CompareOp, Expr, Filter, IntervalEnd, LikePart, Literal, SpatialOp, TemporalOp,
};
use crate::geo::wkb;
use chrono::SecondsFormat;
use geo_types::{Coord, Geometry as Shape, LineString, Polygon};
use serde_json::{Value, json};

/// A tree as an operator with its arguments, the form that both encodings are written from.
pub(super) enum Term {
    Op(&'static str, Vec<Term>),
    Call(String, Vec<Term>),
    Property(String),
    Plain(Value),
    Pattern(String),
    Date(String),
    Timestamp(String),
    Interval(Box<Term>, Box<Term>),
    Shape(Shape<f64>),
    Boxes([f64; 4]),
    List(Vec<Term>),
}

pub(super) fn text(filter: &Filter) -> String {
    of_filter(filter).text()
}

pub(super) fn json(filter: &Filter) -> Value {
    of_filter(filter).json()
}

fn of_filter(filter: &Filter) -> Term {
    let two = |op, left: &Expr, right: &Expr| Term::Op(op, vec![of_expr(left), of_expr(right)]);
    match filter {
        Filter::And(all) => Term::Op("and", all.iter().map(of_filter).collect()),
        Filter::Or(all) => Term::Op("or", all.iter().map(of_filter).collect()),
        Filter::Not(inner) => Term::Op("not", vec![of_filter(inner)]),
        Filter::Compare { op, left, right, .. } => {
            let op = match op {
                CompareOp::Equal => "=",
                CompareOp::NotEqual => "<>",
                CompareOp::Less => "<",
                CompareOp::LessOrEqual => "<=",
                CompareOp::Greater => ">",
                CompareOp::GreaterOrEqual => ">=",
            };
            two(op, left, right)
        }
        Filter::Between { expr, lower, upper } => {
            Term::Op("between", vec![of_expr(expr), of_expr(lower), of_expr(upper)])
        }
        Filter::Like { expr, pattern, match_case } => {
            let mut written = String::new();
            for part in pattern {
                match part {
                    LikePart::Any => written.push('%'),
                    LikePart::One => written.push('_'),
                    LikePart::Text(text) => {
                        for c in text.chars() {
                            if matches!(c, '%' | '_' | '\\') {
                                written.push('\\');
                            }
                            written.push(c);
                        }
                    }
                }
            }
            let (mut left, mut right) = (of_expr(expr), Term::Pattern(written));
            if !match_case {
                left = Term::Op("casei", vec![left]);
                right = Term::Op("casei", vec![right]);
            }
            Term::Op("like", vec![left, right])
        }
        Filter::IsNull(expr) => Term::Op("isNull", vec![of_expr(expr)]),
        Filter::In { expr, list } => {
            Term::Op("in", vec![of_expr(expr), Term::List(list.iter().map(of_expr).collect())])
        }
        Filter::Truth(expr) => of_expr(expr),
        Filter::Spatial { op, left, right } => {
            let op = match op {
                SpatialOp::Equals => "s_equals",
                SpatialOp::Disjoint => "s_disjoint",
                SpatialOp::Intersects => "s_intersects",
                SpatialOp::Touches => "s_touches",
                SpatialOp::Crosses => "s_crosses",
                SpatialOp::Within => "s_within",
                SpatialOp::Contains => "s_contains",
                SpatialOp::Overlaps => "s_overlaps",
            };
            two(op, left, right)
        }
        Filter::Temporal { op, left, right } => two(temporal(*op), left, right),
        Filter::Array { op, left, right } => {
            let op = match op {
                ArrayOp::Equals => "a_equals",
                ArrayOp::Contains => "a_contains",
                ArrayOp::ContainedBy => "a_containedBy",
                ArrayOp::Overlaps => "a_overlaps",
            };
            two(op, left, right)
        }
        Filter::BBox { property, bbox, .. } => {
            let corners = Term::Boxes([bbox.min_x, bbox.min_y, bbox.max_x, bbox.max_y]);
            Term::Op("s_intersects", vec![Term::Property(property.clone().expect("named")), corners])
        }
        Filter::Constant(truth) => Term::Plain(json!(truth)),
        Filter::Ids(_) | Filter::ResourceIds(_) | Filter::Distance { .. } => {
            panic!("CQL2 can't say {filter:?}")
        }
    }
}

fn temporal(op: TemporalOp) -> &'static str {
    match op {
        TemporalOp::After => "t_after",
        TemporalOp::Before => "t_before",
        TemporalOp::Contains => "t_contains",
        TemporalOp::Disjoint => "t_disjoint",
        TemporalOp::During => "t_during",
        TemporalOp::Equals => "t_equals",
        TemporalOp::FinishedBy => "t_finishedBy",
        TemporalOp::Finishes => "t_finishes",
        TemporalOp::Intersects => "t_intersects",
        TemporalOp::Meets => "t_meets",
        TemporalOp::MetBy => "t_metBy",
        TemporalOp::OverlappedBy => "t_overlappedBy",
        TemporalOp::Overlaps => "t_overlaps",
        TemporalOp::StartedBy => "t_startedBy",
        TemporalOp::Starts => "t_starts",
    }
}

fn of_expr(expr: &Expr) -> Term {
    match expr {
        Expr::Property(name) => Term::Property(name.clone()),
        Expr::Literal(literal) => match literal {
            Literal::Text(text) => Term::Plain(json!(text)),
            Literal::Integer(number) => Term::Plain(json!(number)),
            Literal::Number(number) => Term::Plain(json!(number)),
            Literal::Boolean(truth) => Term::Plain(json!(truth)),
            Literal::Date(day) => Term::Date(day.to_string()),
            Literal::Timestamp(instant) => {
                Term::Timestamp(instant.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
            Literal::Geometry(geometry) => Term::Shape(wkb::to_geo(&geometry.ewkb).expect("ewkb")),
            Literal::Null => panic!("CQL2 has no null literal"),
        },
        Expr::Arithmetic { op, left, right } => {
            let op = match op {
                ArithmeticOp::Add => "+",
                ArithmeticOp::Sub => "-",
                ArithmeticOp::Mul => "*",
                ArithmeticOp::Div => "/",
                ArithmeticOp::Mod => "%",
                ArithmeticOp::IntDiv => "div",
                ArithmeticOp::Pow => "^",
            };
            Term::Op(op, vec![of_expr(left), of_expr(right)])
        }
        Expr::Function { name, args } => Term::Call(name.clone(), args.iter().map(of_expr).collect()),
        Expr::Interval(begin, end) => Term::Interval(Box::new(of_end(begin)), Box::new(of_end(end))),
        Expr::Array(list) => Term::List(list.iter().map(of_expr).collect()),
        Expr::CaseI(inner) => Term::Op("casei", vec![of_expr(inner)]),
        Expr::AccentI(inner) => Term::Op("accenti", vec![of_expr(inner)]),
        Expr::Condition(filter) => of_filter(filter),
        Expr::DefaultGeometry => panic!("CQL2 names its geometries"),
    }
}

fn of_end(end: &IntervalEnd) -> Term {
    match end {
        IntervalEnd::Open => Term::Plain(json!("..")),
        IntervalEnd::At(expr) => match of_expr(expr) {
            Term::Date(text) | Term::Timestamp(text) => Term::Plain(json!(text)),
            term => term,
        },
    }
}

impl Term {
    pub(super) fn json(&self) -> Value {
        let all = |args: &[Self]| args.iter().map(Self::json).collect::<Vec<_>>();
        match self {
            Self::Op(op, args) => json!({"op": op, "args": all(args)}),
            Self::Call(name, args) => json!({"op": name, "args": all(args)}),
            Self::Property(name) => json!({"property": name}),
            Self::Plain(value) => value.clone(),
            Self::Pattern(text) => json!(text),
            Self::Date(text) => json!({"date": text}),
            Self::Timestamp(text) => json!({"timestamp": text}),
            Self::Interval(begin, end) => json!({"interval": [begin.json(), end.json()]}),
            Self::Shape(shape) => geojson(shape),
            Self::Boxes(corners) => json!({"bbox": corners}),
            Self::List(list) => json!(all(list)),
        }
    }

    pub(super) fn text(&self) -> String {
        let joined = |args: &[Self], by: &str| args.iter().map(Self::text).collect::<Vec<_>>().join(by);
        match self {
            Self::Op("and", args) => format!("({})", joined(args, " AND ")),
            Self::Op("or", args) => format!("({})", joined(args, " OR ")),
            Self::Op("not", args) => format!("(NOT {})", joined(args, "")),
            Self::Op("isNull", args) => format!("({} IS NULL)", joined(args, "")),
            Self::Op("like", args) => format!("({})", joined(args, " LIKE ")),
            Self::Op("between", args) => match args.as_slice() {
                [a, b, c] => format!("({} BETWEEN {} AND {})", a.text(), b.text(), c.text()),
                _ => panic!("between takes three"),
            },
            Self::Op("in", args) => format!("({})", joined(args, " IN ")),
            Self::Op(op, args) if op.starts_with(char::is_alphabetic) && *op != "div" => {
                format!("{}({})", op.to_uppercase(), joined(args, ", "))
            }
            Self::Op(op, args) => format!("({})", joined(args, &format!(" {op} "))),
            Self::Call(name, args) => format!("{}({})", quoted(name), joined(args, ",")),
            Self::Property(name) => quoted(name),
            Self::Plain(Value::String(text)) | Self::Pattern(text) => {
                format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
            }
            Self::Plain(value) => value.to_string(),
            Self::Date(text) => format!("DATE('{text}')"),
            Self::Timestamp(text) => format!("TIMESTAMP('{text}')"),
            Self::Interval(begin, end) => format!("INTERVAL({}, {})", begin.text(), end.text()),
            Self::Shape(shape) => wkt(shape),
            Self::Boxes([a, b, c, d]) => format!("BBOX({a},{b},{c},{d})"),
            Self::List(list) => format!("({})", joined(list, ", ")),
        }
    }
}

fn rings(polygon: &Polygon<f64>) -> Vec<&LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors()).collect()
}

fn geojson(shape: &Shape<f64>) -> Value {
    let at = |c: &Coord| json!([c.x, c.y]);
    let line = |l: &LineString<f64>| l.0.iter().map(at).collect::<Vec<_>>();
    let polygon = |p: &Polygon<f64>| rings(p).into_iter().map(line).collect::<Vec<_>>();
    let (kind, coordinates) = match shape {
        Shape::Point(p) => ("Point", at(&p.0)),
        Shape::LineString(l) => ("LineString", json!(line(l))),
        Shape::Polygon(p) => ("Polygon", json!(polygon(p))),
        Shape::MultiPoint(m) => ("MultiPoint", json!(m.0.iter().map(|p| at(&p.0)).collect::<Vec<_>>())),
        Shape::MultiLineString(m) => ("MultiLineString", json!(m.0.iter().map(line).collect::<Vec<_>>())),
        Shape::MultiPolygon(m) => ("MultiPolygon", json!(m.0.iter().map(polygon).collect::<Vec<_>>())),
        Shape::GeometryCollection(c) => {
            return json!({"type": "GeometryCollection", "geometries": c.0.iter().map(geojson).collect::<Vec<_>>()});
        }
        other => panic!("{other:?}"),
    };
    json!({"type": kind, "coordinates": coordinates})
}

fn wkt(shape: &Shape<f64>) -> String {
    let at = |c: &Coord| format!("{} {}", c.x, c.y);
    let joined = |parts: Vec<String>| format!("({})", parts.join(","));
    let line = |l: &LineString<f64>| joined(l.0.iter().map(at).collect());
    let polygon = |p: &Polygon<f64>| joined(rings(p).into_iter().map(line).collect());
    match shape {
        Shape::Point(p) => format!("POINT({})", at(&p.0)),
        Shape::LineString(l) => format!("LINESTRING{}", line(l)),
        Shape::Polygon(p) => format!("POLYGON{}", polygon(p)),
        Shape::MultiPoint(m) => {
            format!("MULTIPOINT{}", joined(m.0.iter().map(|p| format!("({})", at(&p.0))).collect()))
        }
        Shape::MultiLineString(m) => format!("MULTILINESTRING{}", joined(m.0.iter().map(line).collect())),
        Shape::MultiPolygon(m) => format!("MULTIPOLYGON{}", joined(m.0.iter().map(polygon).collect())),
        Shape::GeometryCollection(c) => {
            format!("GEOMETRYCOLLECTION{}", joined(c.0.iter().map(wkt).collect()))
        }
        other => panic!("{other:?}"),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

//! The naive evaluator: what the standards say of each node, in the plainest words, on one row in memory.

use super::Row;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use datasud::filter::ast::{
    ArithmeticOp, ArrayOp, CompareOp, Expr, Filter, IntervalEnd, LikePart, Literal, SpatialOp, TemporalOp,
};
use datasud::geo::wkb;
use geo::{
    Area, BoundingRect, Centroid, CoordsIter, Distance, Euclidean, HasDimensions, Intersects, Length, Relate,
};
use geo_types::{Geometry, LineString, Point, Rect};
use serde_json::Value;
use std::cmp::Ordering;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Val {
    Null,
    /// A literal that takes the type of what it is compared with.
    Raw(String),
    Text(String),
    Number(f64),
    Truth(bool),
    Day(NaiveDate),
    /// A day that was written, which beside instants is the whole day.
    WrittenDay(NaiveDate),
    Instant(DateTime<Utc>),
    Set(Vec<Value>),
}

pub fn shape(wkt: &str) -> Geometry<f64> {
    use geozero::ToGeo;
    geozero::wkt::Wkt(wkt).to_geo().expect("wkt")
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

pub fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("an instant").with_timezone(&Utc)
}

/// True, false or unknown.
pub fn holds(filter: &Filter, row: &Row) -> Option<bool> {
    match filter {
        Filter::Constant(truth) => Some(*truth),
        Filter::And(all) => both(all.iter().map(|f| holds(f, row))),
        Filter::Or(all) => either(all.iter().map(|f| holds(f, row))),
        Filter::Not(inner) => holds(inner, row).map(|truth| !truth),
        Filter::Compare { op, left, right, match_case } => {
            let fold = |v: Val| match v {
                Val::Text(t) if !match_case => Val::Text(t.to_lowercase()),
                Val::Raw(t) if !match_case => Val::Raw(t.to_lowercase()),
                other => other,
            };
            order(fold(value(left, row)), fold(value(right, row))).map(|o| compare(*op, o))
        }
        Filter::Between { expr, lower, upper } => {
            let side = |op, bound: &Expr| order(value(expr, row), value(bound, row)).map(|o| compare(op, o));
            both([side(CompareOp::GreaterOrEqual, lower), side(CompareOp::LessOrEqual, upper)].into_iter())
        }
        Filter::In { expr, list } => {
            either(list.iter().map(|item| order(value(expr, row), value(item, row)).map(Ordering::is_eq)))
        }
        Filter::Like { expr, pattern, match_case } => {
            let text = text(value(expr, row))?;
            let fold = |t: &str| {
                let t = if *match_case { t.to_owned() } else { t.to_lowercase() };
                folded_as(expr, t)
            };
            let pattern: Vec<_> = pattern
                .iter()
                .map(|part| match part {
                    LikePart::Text(t) => LikePart::Text(fold(t)),
                    other => other.clone(),
                })
                .collect();
            Some(like(&fold(&text).chars().collect::<Vec<_>>(), &pattern))
        }
        Filter::Truth(expr) => match value(expr, row) {
            Val::Truth(truth) => Some(truth),
            Val::Raw(text) => Some(text == "true" || text == "1"),
            Val::Null => None,
            other => panic!("{other:?}"),
        },
        Filter::IsNull(expr) => Some(match geometry(expr, row) {
            Some(geometry) => geometry.is_none(),
            None => value(expr, row) == Val::Null,
        }),
        Filter::Spatial { op, left, right } => {
            let functions = [left, right].iter().any(|e| matches!(e, Expr::Function { .. }));
            let (left, right) = (geometry(left, row)??, geometry(right, row)??);
            Some(related(*op, &left, &right, functions))
        }
        Filter::Distance { beyond, left, right, metres } => {
            let (left, right) = (geometry(left, row)??, geometry(right, row)??);
            let near = !left.is_empty() && !right.is_empty() && Euclidean.distance(&left, &right) <= *metres;
            Some(near != *beyond)
        }
        Filter::BBox { bbox, .. } => {
            let geometry = row.wkt.map(shape)?;
            let area = Rect::new((bbox.min_x, bbox.min_y), (bbox.max_x, bbox.max_y));
            Some(!geometry.is_empty() && geometry.intersects(&area))
        }
        Filter::Temporal { op, left, right } => temporal(*op, left, right, row),
        Filter::Array { op, left, right } => {
            let (Val::Set(left), Val::Set(right)) = (value(left, row), value(right, row)) else {
                return None;
            };
            let within = |a: &[Value], b: &[Value]| a.iter().all(|v| b.contains(v));
            Some(match op {
                ArrayOp::Contains => within(&right, &left),
                ArrayOp::ContainedBy => within(&left, &right),
                ArrayOp::Equals => within(&left, &right) && within(&right, &left),
                ArrayOp::Overlaps => left.iter().any(|v| right.contains(v)),
            })
        }
        Filter::Ids(ids) => Some(ids.iter().any(|id| *id == format!("t.{}", row.fid))),
        Filter::ResourceIds(ids) => Some(ids.iter().any(|id| id.rid == format!("t.{}", row.fid))),
    }
}

fn both(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let all: Vec<_> = all.collect();
    if all.contains(&Some(false)) {
        return Some(false);
    }
    if all.contains(&None) { None } else { Some(true) }
}

fn either(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    both(all.map(|truth| truth.map(|t| !t))).map(|t| !t)
}

fn value(expr: &Expr, row: &Row) -> Val {
    match expr {
        Expr::Property(name) => property(name, row),
        Expr::Literal(literal) => match literal {
            Literal::Text(text) => Val::Raw(text.clone()),
            #[allow(clippy::cast_precision_loss)]
            Literal::Integer(number) => Val::Number(*number as f64),
            Literal::Number(number) => Val::Number(*number),
            Literal::Boolean(truth) => Val::Truth(*truth),
            Literal::Date(day) => Val::WrittenDay(*day),
            Literal::Timestamp(instant) => Val::Instant(*instant),
            Literal::Null => Val::Null,
            Literal::Geometry(_) => panic!("a geometry"),
        },
        Expr::Arithmetic { op, left, right } => match (number(value(left, row)), number(value(right, row))) {
            (Some(a), Some(b)) => computed(*op, a, b),
            _ => Val::Null,
        },
        Expr::Function { name, args } => called(name, args, row),
        Expr::CaseI(inner) | Expr::AccentI(inner) => {
            text(value(inner, row)).map_or(Val::Null, |t| Val::Text(folded(expr, t)))
        }
        Expr::Array(items) => Val::Set(items.iter().map(|item| json(value(item, row))).collect()),
        Expr::Condition(filter) => holds(filter, row).map_or(Val::Null, Val::Truth),
        Expr::DefaultGeometry | Expr::Interval(..) => panic!("{expr:?}"),
    }
}

fn property(name: &str, row: &Row) -> Val {
    let date = |text: Option<&str>| text.map_or(Val::Null, |t| Val::Day(day(t)));
    match name {
        "nom" => row.nom.map_or(Val::Null, |v| Val::Text(v.to_owned())),
        #[allow(clippy::cast_precision_loss)]
        "pop" => row.pop.map_or(Val::Null, |v| Val::Number(v as f64)),
        "surface" => row.surface.map_or(Val::Null, Val::Number),
        "ratio" => row.ratio.map_or(Val::Null, Val::Number),
        "vaste" => row.vaste.map_or(Val::Null, Val::Truth),
        "maj" => date(row.maj),
        "debut" => date(row.debut),
        "fin" => date(row.fin),
        "vu" => row.vu.map_or(Val::Null, |t| Val::Instant(instant(t))),
        "tags" => row.tags.map_or(Val::Null, |t| match serde_json::from_str(t).expect("json") {
            Value::Array(items) => Val::Set(items.into_iter().map(same_number).collect()),
            other => Val::Set(vec![same_number(other)]),
        }),
        other => panic!("{other}"),
    }
}

/// JSON's numbers are equal whether or not they have a point.
fn same_number(value: Value) -> Value {
    value.as_f64().map_or(value, Value::from)
}

fn json(value: Val) -> Value {
    match value {
        Val::Null => Value::Null,
        Val::Raw(t) | Val::Text(t) => t.into(),
        Val::Number(n) => n.into(),
        Val::Truth(t) => t.into(),
        Val::Day(d) | Val::WrittenDay(d) => d.to_string().into(),
        other => panic!("{other:?}"),
    }
}

fn computed(op: ArithmeticOp, a: f64, b: f64) -> Val {
    let divides = matches!(op, ArithmeticOp::Div | ArithmeticOp::IntDiv | ArithmeticOp::Mod);
    if divides && b == 0.0 {
        return Val::Null;
    }
    Val::Number(match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Sub => a - b,
        ArithmeticOp::Mul => a * b,
        ArithmeticOp::Div => a / b,
        ArithmeticOp::IntDiv => (a / b).trunc(),
        ArithmeticOp::Mod => a % b,
        ArithmeticOp::Pow => {
            let power = a.powf(b);
            // What is too large or too near to nothing for the numbers of the database is none.
            if !power.is_finite() || (a != 0.0 && (b * a.abs().ln()).abs() > 700.0) {
                return Val::Null;
            }
            power
        }
    })
}

fn called(name: &str, args: &[Expr], row: &Row) -> Val {
    let truth = |t: bool| Val::Truth(t);
    #[allow(clippy::cast_precision_loss)]
    let count = |n: usize| Val::Number(n as f64);
    if name == "isNull" {
        return truth(value(&args[0], row) == Val::Null);
    }
    if let Some(geometry) = args.first().and_then(|first| geometry(first, row)) {
        let Some(geometry) = geometry else { return Val::Null };
        return match name {
            "area" => Val::Number(geometry.unsigned_area()),
            "geomLength" | "length" => Val::Number(length(&geometry)),
            "numPoints" => count(geometry.coords_count()),
            "geometryType" => Val::Text(row.wkt.map(type_name).expect("there").to_owned()),
            "isEmpty" => truth(geometry.is_empty()),
            "getX" => match geometry {
                Geometry::Point(point) => Val::Number(point.x()),
                _ => Val::Null,
            },
            "distance" => match super::naive::geometry(&args[1], row).flatten() {
                Some(other) if !other.is_empty() && !geometry.is_empty() => {
                    Val::Number(Euclidean.distance(&geometry, &other))
                }
                _ => Val::Null,
            },
            "relate" => truth(
                !geometry.is_empty() && {
                    let other = super::naive::geometry(&args[1], row).flatten().expect("a literal");
                    geometry.relate(&other).is_within()
                },
            ),
            other => panic!("{other}"),
        };
    }
    let args: Vec<Val> = args.iter().map(|arg| value(arg, row)).collect();
    let numbers = || args.iter().cloned().filter_map(number);
    if matches!(name, "min" | "max") {
        let best = if name == "min" { numbers().reduce(f64::min) } else { numbers().reduce(f64::max) };
        return best.map_or(Val::Null, Val::Number);
    }
    if args.contains(&Val::Null) {
        return Val::Null;
    }
    let texts: Vec<String> = args.iter().cloned().filter_map(text).collect();
    let word = |at: usize| texts[at].as_str();
    let at = |at: usize| number(args[at].clone()).expect("a number");
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let place = |index: usize| at(index).max(0.0) as usize;
    match name {
        "lower" | "strToLowerCase" => Val::Text(word(0).to_lowercase()),
        "upper" => Val::Text(word(0).to_uppercase()),
        "length" | "strLength" => count(word(0).chars().count()),
        "concat" => Val::Text(texts.concat()),
        "strSubstring" => {
            let (from, to) = (place(1), place(2));
            Val::Text(word(0).chars().take(to).skip(from).collect())
        }
        "startsWith" => truth(word(0).starts_with(word(1))),
        "endsWith" => truth(word(0).ends_with(word(1))),
        "indexOf" => {
            word(0).find(word(1)).map_or(Val::Number(-1.0), |byte| count(word(0)[..byte].chars().count()))
        }
        "abs" => Val::Number(at(0).abs()),
        "ceil" => Val::Number(at(0).ceil()),
        "floor" => Val::Number(at(0).floor()),
        "sqrt" => computed(ArithmeticOp::Pow, at(0), 0.5),
        "year" => match &args[0] {
            Val::Day(d) => Val::Number(d.format("%Y").to_string().parse().expect("a year")),
            Val::Instant(i) => Val::Number(i.format("%Y").to_string().parse().expect("a year")),
            other => panic!("{other:?}"),
        },
        other => panic!("{other}"),
    }
}

/// Whether a relation between two geometries of the same row is part of it, however deep.
pub fn relates_to_itself(filter: &Filter) -> bool {
    let of_row = |expr: &Expr| !matches!(expr, Expr::Literal(_));
    match filter {
        Filter::And(all) | Filter::Or(all) => all.iter().any(relates_to_itself),
        Filter::Not(inner) => relates_to_itself(inner),
        Filter::Spatial { left, right, .. } | Filter::Distance { left, right, .. } => {
            of_row(left) && of_row(right)
        }
        Filter::Compare { left, right, .. }
        | Filter::Temporal { left, right, .. }
        | Filter::Array { left, right, .. } => relates_inside(left) || relates_inside(right),
        Filter::Between { expr, lower, upper } => [expr, lower, upper].into_iter().any(relates_inside),
        Filter::In { expr, list } => relates_inside(expr) || list.iter().any(relates_inside),
        Filter::Like { expr, .. } | Filter::IsNull(expr) | Filter::Truth(expr) => relates_inside(expr),
        Filter::BBox { .. } | Filter::Ids(_) | Filter::ResourceIds(_) | Filter::Constant(_) => false,
    }
}

fn relates_inside(expr: &Expr) -> bool {
    match expr {
        Expr::Condition(inner) => relates_to_itself(inner),
        Expr::Arithmetic { left, right, .. } => relates_inside(left) || relates_inside(right),
        Expr::Function { args: parts, .. } | Expr::Array(parts) => parts.iter().any(relates_inside),
        Expr::CaseI(inner) | Expr::AccentI(inner) => relates_inside(inner),
        Expr::Interval(begin, end) => [begin, end]
            .into_iter()
            .any(|end| matches!(&**end, IntervalEnd::At(expr) if relates_inside(expr))),
        Expr::Property(_) | Expr::DefaultGeometry | Expr::Literal(_) => false,
    }
}

/// A geometry: `None` when the expression yields none, `Some(None)` when there is no value.
fn geometry(expr: &Expr, row: &Row) -> Option<Option<Geometry<f64>>> {
    match expr {
        Expr::DefaultGeometry => Some(row.wkt.map(shape)),
        Expr::Property(name) if name.ends_with("geom") => Some(row.wkt.map(shape)),
        Expr::Literal(Literal::Geometry(literal)) => Some(Some(wkb::to_geo(&literal.ewkb).expect("ewkb"))),
        Expr::Function { name, args } => {
            let of = || geometry(&args[0], row).expect("a geometry");
            match name.as_str() {
                "centroid" => Some(of().map(|g| match g.centroid() {
                    Some(point) => point.into(),
                    None => shape("GEOMETRYCOLLECTION EMPTY"),
                })),
                "envelope" => Some(of().map(|g| match g.bounding_rect() {
                    Some(rect) if rect.min() == rect.max() => Point(rect.min()).into(),
                    Some(rect) if rect.width() == 0.0 || rect.height() == 0.0 => {
                        LineString(vec![rect.min(), rect.max()]).into()
                    }
                    Some(rect) => rect.to_polygon().into(),
                    None => shape("GEOMETRYCOLLECTION EMPTY"),
                })),
                _ => None,
            }
        }
        _ => None,
    }
}

fn length(geometry: &Geometry<f64>) -> f64 {
    match geometry {
        Geometry::LineString(line) => Euclidean.length(line),
        Geometry::MultiLineString(lines) => Euclidean.length(lines),
        Geometry::Polygon(polygon) => {
            std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(|r| Euclidean.length(r)).sum()
        }
        _ => 0.0,
    }
}

fn type_name(wkt: &str) -> &'static str {
    match wkt.split(['(', ' ']).next().unwrap_or_default() {
        "POINT" => "Point",
        "LINESTRING" => "LineString",
        "POLYGON" => "Polygon",
        "MULTIPOINT" => "MultiPoint",
        other => panic!("{other}"),
    }
}

fn related(op: SpatialOp, left: &Geometry<f64>, right: &Geometry<f64>, functions: bool) -> bool {
    if left.is_empty() || right.is_empty() {
        // Boxes of nothing don't meet; where functions leave no box to ask, nothing equals nothing.
        let nothing = left.is_empty() && right.is_empty();
        return op == SpatialOp::Disjoint || (op == SpatialOp::Equals && nothing && functions);
    }
    let relation = left.relate(right);
    match op {
        SpatialOp::Intersects => left.intersects(right),
        SpatialOp::Disjoint => !left.intersects(right),
        SpatialOp::Within => relation.is_within(),
        SpatialOp::Contains => relation.is_contains(),
        SpatialOp::Touches => relation.is_touches(),
        // What is the same to the last bit is equal, be it valid or not.
        SpatialOp::Equals => left == right || relation.is_equal_topo(),
        SpatialOp::Crosses => relation.is_crosses(),
        SpatialOp::Overlaps => relation.is_overlaps(),
    }
}

fn temporal(op: TemporalOp, left: &Expr, right: &Expr, row: &Row) -> Option<bool> {
    let interval = |e: &Expr| matches!(e, Expr::Interval(..));
    if !interval(left) && !interval(right) {
        let ordering = order(timed(value(left, row)), timed(value(right, row)))?;
        return Some(match op {
            TemporalOp::After => ordering.is_gt(),
            TemporalOp::Before => ordering.is_lt(),
            TemporalOp::Equals | TemporalOp::Intersects => ordering.is_eq(),
            TemporalOp::Disjoint => ordering.is_ne(),
            other => panic!("{other:?}"),
        });
    }
    let fine = instants(left) || instants(right);
    let (a, b) = (span(left, row, fine)?, span(right, row, fine)?);
    let periods = interval(left) && interval(right);
    Some(match op {
        TemporalOp::After => a.0 > b.1,
        TemporalOp::Before => a.1 < b.0,
        TemporalOp::Intersects => !(a.1 < b.0 || a.0 > b.1),
        TemporalOp::Disjoint => a.1 < b.0 || a.0 > b.1,
        TemporalOp::Equals => a == b,
        TemporalOp::During => b.0 < a.0 && a.1 < b.1,
        TemporalOp::Contains => a.0 < b.0 && b.1 < a.1,
        TemporalOp::Starts => a.0 == b.0 && a.1 < b.1,
        TemporalOp::StartedBy => a.0 == b.0 && a.1 > b.1,
        TemporalOp::Finishes => a.0 > b.0 && a.1 == b.1,
        TemporalOp::FinishedBy => a.0 < b.0 && a.1 == b.1,
        TemporalOp::Meets => periods && a.1 == b.0,
        TemporalOp::MetBy => periods && a.0 == b.1,
        TemporalOp::Overlaps => periods && a.0 < b.0 && b.0 < a.1 && a.1 < b.1,
        TemporalOp::OverlappedBy => periods && b.0 < a.0 && a.0 < b.1 && b.1 < a.1,
    })
}

/// Whether an instant is anywhere in it, rather than days alone.
fn instants(expr: &Expr) -> bool {
    match expr {
        Expr::Interval(begin, end) => [begin, end].iter().any(|end| match &***end {
            IntervalEnd::At(expr) => instants(expr),
            IntervalEnd::Open => false,
        }),
        Expr::Property(name) => name == "vu",
        Expr::Literal(Literal::Text(text)) => text.len() > 10,
        Expr::Literal(Literal::Timestamp(_)) => true,
        _ => false,
    }
}

/// Microseconds of begin and end; unknown when an instant has no value.
fn span(expr: &Expr, row: &Row, fine: bool) -> Option<(i64, i64)> {
    if let Expr::Interval(begin, end) = expr {
        let at = |end: &IntervalEnd| match end {
            IntervalEnd::At(expr) => moments(timed(value(expr, row)), fine),
            IntervalEnd::Open => None,
        };
        return Some((at(begin).map_or(i64::MIN, |m| m.0), at(end).map_or(i64::MAX, |m| m.1)));
    }
    moments(timed(value(expr, row)), fine)
}

fn moments(value: Val, fine: bool) -> Option<(i64, i64)> {
    const DAY: i64 = 86_400_000_000;
    match value {
        Val::Day(day) | Val::WrittenDay(day) => {
            let begin = day.and_time(NaiveTime::MIN).and_utc().timestamp_micros();
            Some((begin, if fine { begin + DAY - 1 } else { begin }))
        }
        Val::Instant(instant) => Some((instant.timestamp_micros(), instant.timestamp_micros())),
        Val::Null => None,
        other => panic!("{other:?}"),
    }
}

/// A written time.
fn timed(value: Val) -> Val {
    match value {
        Val::Raw(text) if text.len() == 10 => Val::WrittenDay(day(&text)),
        Val::Raw(text) => Val::Instant(instant(&text)),
        other => other,
    }
}

fn number(value: Val) -> Option<f64> {
    match value {
        Val::Number(n) => Some(n),
        Val::Raw(t) => t.trim().parse().ok(),
        _ => None,
    }
}

fn text(value: Val) -> Option<String> {
    match value {
        Val::Text(t) | Val::Raw(t) => Some(t),
        Val::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

fn order(left: Val, right: Val) -> Option<Ordering> {
    let days = |i: &DateTime<Utc>, d: &NaiveDate| i.date_naive().cmp(d);
    match (left, right) {
        (Val::Null, _) | (_, Val::Null) => None,
        (Val::Raw(a), Val::Raw(b)) => match (a.trim().parse::<f64>(), b.trim().parse::<f64>()) {
            (Ok(a), Ok(b)) => a.partial_cmp(&b),
            _ => Some(a.cmp(&b)),
        },
        (Val::Raw(a), b) => order(b, Val::Raw(a)).map(Ordering::reverse),
        (Val::Number(a), b) => a.partial_cmp(&number(b).expect("a number")),
        (Val::Truth(a), Val::Truth(b)) => Some(a.cmp(&b)),
        (Val::Truth(a), Val::Raw(b)) => Some(a.cmp(&(b == "true" || b == "1"))),
        (Val::Text(a), Val::Text(b) | Val::Raw(b)) => Some(a.cmp(&b)),
        (a @ (Val::Day(_) | Val::Instant(_) | Val::WrittenDay(_)), b @ Val::Raw(_)) => order(a, timed(b)),
        (Val::Day(a) | Val::WrittenDay(a), Val::Day(b) | Val::WrittenDay(b)) => Some(a.cmp(&b)),
        (Val::Instant(a), Val::Instant(b)) => Some(a.cmp(&b)),
        (Val::Instant(a), Val::WrittenDay(b)) => Some(days(&a, &b)),
        (Val::WrittenDay(a), Val::Instant(b)) => Some(days(&b, &a).reverse()),
        // A stored day beside a stored instant is its midnight, beside a written one the day of that.
        (Val::Day(a), Val::Instant(b)) => Some(a.cmp(&b.date_naive())),
        other => panic!("{other:?}"),
    }
}

fn compare(op: CompareOp, ordering: Ordering) -> bool {
    match op {
        CompareOp::Equal => ordering.is_eq(),
        CompareOp::NotEqual => ordering.is_ne(),
        CompareOp::Less => ordering.is_lt(),
        CompareOp::LessOrEqual => ordering.is_le(),
        CompareOp::Greater => ordering.is_gt(),
        CompareOp::GreaterOrEqual => ordering.is_ge(),
    }
}

/// What `casei` and `accenti` leave of a text.
fn folded(expr: &Expr, text: String) -> String {
    match expr {
        Expr::CaseI(_) => text.to_lowercase(),
        Expr::AccentI(_) => text
            .chars()
            .map(|c| match c {
                'É' => 'E',
                'é' | 'è' => 'e',
                'î' => 'i',
                other => other,
            })
            .collect(),
        _ => text,
    }
}

/// A pattern is folded as the expression is that it stands beside.
fn folded_as(expr: &Expr, text: String) -> String {
    match expr {
        Expr::CaseI(inner) | Expr::AccentI(inner) => folded(expr, folded_as(inner, text)),
        _ => text,
    }
}

fn like(text: &[char], pattern: &[LikePart]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return text.is_empty() };
    match first {
        LikePart::Any => (0..=text.len()).any(|skip| like(&text[skip..], rest)),
        LikePart::One => !text.is_empty() && like(&text[1..], rest),
        LikePart::Text(part) => {
            let part: Vec<char> = part.chars().collect();
            text.starts_with(&part) && like(&text[part.len()..], rest)
        }
    }
}

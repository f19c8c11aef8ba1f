//! Writes filters as ECQL: for people and for clients that filter with what a legend tells.

use crate::filter::ast::{CompareOp, Expr, Filter, IntervalEnd, LikePart, Literal, SpatialOp, TemporalOp};
use crate::geo::wkb;
use geozero::ToWkt;

/// The filter as text; `None` for what ECQL has no words for: sets of values, identifiers of other versions.
#[must_use]
pub fn write(filter: &Filter) -> Option<String> {
    Some(match filter {
        Filter::And(all) => joined(all, " AND ", "INCLUDE")?,
        Filter::Or(all) => joined(all, " OR ", "EXCLUDE")?,
        Filter::Not(inner) => format!("NOT {}", inside(inner)?),
        Filter::Compare { op, left, right, match_case } => {
            let case = |text: String| if *match_case { text } else { format!("casei({text})") };
            format!("{} {} {}", case(expression(left)?), comparison(*op), case(expression(right)?))
        }
        Filter::Between { expr, lower, upper } => {
            format!("{} BETWEEN {} AND {}", expression(expr)?, expression(lower)?, expression(upper)?)
        }
        Filter::Like { expr, pattern, match_case } => {
            let word = if *match_case { "LIKE" } else { "ILIKE" };
            format!("{} {word} {}", expression(expr)?, quoted(&like(pattern)))
        }
        Filter::IsNull(expr) => format!("{} IS NULL", expression(expr)?),
        Filter::In { expr, list } => {
            let values: Option<Vec<String>> = list.iter().map(expression).collect();
            format!("{} IN ({})", expression(expr)?, values?.join(", "))
        }
        Filter::Truth(expr) => format!("{} = TRUE", expression(expr)?),
        Filter::Spatial { op, left, right } => {
            format!("{}({}, {})", relation(*op), expression(left)?, expression(right)?)
        }
        Filter::Distance { beyond, left, right, metres } => {
            let word = if *beyond { "BEYOND" } else { "DWITHIN" };
            format!("{word}({}, {}, {metres}, meters)", expression(left)?, expression(right)?)
        }
        Filter::Temporal { op, left, right } => {
            let word = match op {
                TemporalOp::After => "AFTER",
                TemporalOp::Before => "BEFORE",
                TemporalOp::During => "DURING",
                TemporalOp::Equals => "TEQUALS",
                _ => return None,
            };
            format!("{} {word} {}", instant(left)?, instant(right)?)
        }
        Filter::BBox { property, bbox, srid } => {
            let name = property.as_deref().map_or_else(|| "geom".to_owned(), name);
            let system = srid.map_or_else(String::new, |srid| format!(", 'EPSG:{srid}'"));
            format!("BBOX({name}, {}, {}, {}, {}{system})", bbox.min_x, bbox.min_y, bbox.max_x, bbox.max_y)
        }
        Filter::Ids(ids) => {
            let ids: Vec<String> = ids.iter().map(|id| quoted(id)).collect();
            format!("IN ({})", ids.join(", "))
        }
        Filter::Constant(true) => "INCLUDE".to_owned(),
        Filter::Constant(false) => "EXCLUDE".to_owned(),
        Filter::Array { .. } | Filter::ResourceIds(_) => return None,
    })
}

fn joined(all: &[Filter], word: &str, empty: &str) -> Option<String> {
    match all {
        [] => Some(empty.to_owned()),
        [only] => write(only),
        several => Some(several.iter().map(inside).collect::<Option<Vec<_>>>()?.join(word)),
    }
}

/// A condition within another.
fn inside(filter: &Filter) -> Option<String> {
    let text = write(filter)?;
    Some(match filter {
        Filter::And(all) | Filter::Or(all) if all.len() > 1 => format!("({text})"),
        Filter::Not(_) => format!("({text})"),
        _ => text,
    })
}

fn expression(expr: &Expr) -> Option<String> {
    Some(match expr {
        Expr::Property(property) => name(property),
        Expr::DefaultGeometry => "geom".to_owned(),
        Expr::Literal(value) => literal(value)?,
        Expr::Arithmetic { op, left, right } => {
            use crate::filter::ast::ArithmeticOp as Op;
            let sign = match op {
                Op::Add => "+",
                Op::Sub => "-",
                Op::Mul => "*",
                Op::Div => "/",
                Op::Mod | Op::IntDiv | Op::Pow => return None,
            };
            format!("({} {sign} {})", expression(left)?, expression(right)?)
        }
        Expr::Function { name, args } => {
            let args: Option<Vec<String>> = args.iter().map(expression).collect();
            format!("{name}({})", args?.join(", "))
        }
        Expr::CaseI(inner) => format!("casei({})", expression(inner)?),
        Expr::AccentI(inner) => format!("accenti({})", expression(inner)?),
        Expr::Interval(..) | Expr::Array(_) | Expr::Condition(_) => return None,
    })
}

/// A moment without quotes, as ECQL has it behind words of time.
fn instant(expr: &Expr) -> Option<String> {
    let end = |end: &IntervalEnd| match end {
        IntervalEnd::At(at) => instant(at),
        IntervalEnd::Open => None,
    };
    match expr {
        Expr::Literal(Literal::Timestamp(at)) => {
            Some(at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
        }
        Expr::Literal(Literal::Date(day)) => Some(day.to_string()),
        Expr::Literal(Literal::Text(text)) => Some(text.clone()),
        Expr::Interval(from, to) => Some(format!("{}/{}", end(from)?, end(to)?)),
        other => expression(other),
    }
}

fn literal(value: &Literal) -> Option<String> {
    Some(match value {
        Literal::Text(text) => quoted(text),
        Literal::Integer(number) => number.to_string(),
        Literal::Number(number) => number.to_string(),
        Literal::Boolean(truth) => truth.to_string().to_uppercase(),
        Literal::Date(day) => quoted(&day.to_string()),
        Literal::Timestamp(at) => quoted(&at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        Literal::Geometry(geometry) => {
            let text = wkb::to_geo(&geometry.ewkb).ok()?.to_wkt().ok()?;
            match geometry.srid {
                Some(srid) => format!("SRID={srid};{text}"),
                None => text,
            }
        }
        Literal::Null => return None,
    })
}

/// A name, between quotes unless it is a plain word.
fn name(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn like(pattern: &[LikePart]) -> String {
    let mut written = String::new();
    for part in pattern {
        match part {
            LikePart::Any => written.push('%'),
            LikePart::One => written.push('_'),
            LikePart::Text(text) => text.chars().for_each(|letter| {
                if matches!(letter, '%' | '_' | '\\') {
                    written.push('\\');
                }
                written.push(letter);
            }),
        }
    }
    written
}

const fn comparison(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Equal => "=",
        CompareOp::NotEqual => "<>",
        CompareOp::Less => "<",
        CompareOp::LessOrEqual => "<=",
        CompareOp::Greater => ">",
        CompareOp::GreaterOrEqual => ">=",
    }
}

const fn relation(op: SpatialOp) -> &'static str {
    match op {
        SpatialOp::Equals => "EQUALS",
        SpatialOp::Disjoint => "DISJOINT",
        SpatialOp::Intersects => "INTERSECTS",
        SpatialOp::Touches => "TOUCHES",
        SpatialOp::Crosses => "CROSSES",
        SpatialOp::Within => "WITHIN",
        SpatialOp::Contains => "CONTAINS",
        SpatialOp::Overlaps => "OVERLAPS",
    }
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::filter::{Reading, ecql};

    #[test]
    fn what_is_written_is_read_back_as_the_same_filter() {
        for text in [
            "population >= 5000 AND (nom LIKE 'Saint%' OR nom = 'L''Aigue')",
            "NOT (type IN ('a', 'b')) AND \"Ma colonne\" IS NULL",
            "longueur BETWEEN 1.5 AND 20 OR longueur * 2 > 7",
            "INTERSECTS(geom, POLYGON((0 0,1 0,1 1,0 0)))",
            "nom ILIKE '%a\\_b%'",
            "INCLUDE",
            "EXCLUDE",
            "quand AFTER 2024-05-01T00:00:00Z",
        ] {
            let read = |text: &str| {
                ecql::parse(text, &Reading::default()).unwrap_or_else(|error| panic!("{text}: {error}"))
            };
            let filter = read(text);
            let written = write(&filter).unwrap_or_else(|| panic!("{text} is not written"));
            assert_eq!(read(&written), filter, "{text} became {written}");
        }
    }
}

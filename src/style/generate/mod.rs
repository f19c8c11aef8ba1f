//! Makes styles from the values of a column: a colour for each value, or for classes of numbers.

mod classes;
mod palettes;

use super::{
    Color, FeatureTypeStyle, Fill, Graphic, LineSymbolizer, Mark, MarkShape, PointSymbolizer,
    PolygonSymbolizer, Rule, Stroke, Style, Symbol, Symbolizer,
};
use crate::filter::Filter;
use crate::filter::ast::{CompareOp, Expr, Literal};
use crate::model::GeometryType;
pub use classes::Method;
pub use palettes::{Kind, PALETTES, Palette};
use std::collections::HashMap;

/// Classes at most: nobody tells more colours apart.
pub const MOST_CLASSES: usize = 20;

/// What stands for values that have no class of their own.
const OTHER: Color = Color { r: 0xcc, g: 0xcc, b: 0xcc };

/// What is made.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Name of the column.
    pub column: &'a str,
    /// How many classes, or values with a colour of their own.
    pub classes: usize,
    /// Colours.
    pub palette: &'a Palette,
    /// Whether the palette runs backwards.
    pub reversed: bool,
    /// What the layer's features are.
    pub geometry: GeometryType,
    /// Titles of what has no class: other values, and no value.
    pub rest: [&'a str; 2],
}

/// Why a style can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The column has nothing to tell apart.
    #[error("column '{0}' has no values that can be told apart; choose another column")]
    NoValues(String),
    /// More values than the palette has colours.
    #[error(
        "palette '{palette}' has {colours} colours; ask for at most so many classes, or choose a palette that runs \
         (such as viridis)"
    )]
    TooFewColours {
        /// Palette.
        palette: &'static str,
        /// Its colours.
        colours: usize,
    },
}

/// A colour for each of the most frequent values, and one for the rest.
///
/// # Errors
/// [`GenerateError`].
pub fn categorized(
    wanted: Wanted<'_>,
    values: impl IntoIterator<Item = Option<String>>,
) -> Result<Style, GenerateError> {
    let mut counted: HashMap<String, u64> = HashMap::new();
    let mut nothing = false;
    for value in values {
        match value {
            Some(value) => *counted.entry(value).or_default() += 1,
            None => nothing = true,
        }
    }
    let mut counted: Vec<(String, u64)> = counted.into_iter().collect();
    if counted.is_empty() {
        return Err(GenerateError::NoValues(wanted.column.to_owned()));
    }
    counted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let has_others = counted.len() > wanted.classes;
    counted.truncate(wanted.classes);
    let colors = colors(wanted, counted.len())?;
    let mut rules: Vec<Rule> = counted
        .into_iter()
        .zip(colors)
        .map(|((value, _), color)| {
            let test = compare(wanted.column, CompareOp::Equal, Literal::Text(value.clone()));
            rule(wanted, &value, Some(test), color)
        })
        .collect();
    if has_others || nothing {
        let title = if has_others { wanted.rest[0] } else { wanted.rest[1] };
        rules.push(rest(wanted, title));
    }
    Ok(style(rules))
}

/// A colour for each class of numbers; the first and the last class are open, so that new extremes are drawn as well.
///
/// # Errors
/// [`GenerateError`].
pub fn graduated(
    wanted: Wanted<'_>,
    method: Method,
    values: impl IntoIterator<Item = Option<f64>>,
) -> Result<Style, GenerateError> {
    let mut numbers = Vec::new();
    let mut nothing = false;
    for value in values {
        match value.filter(|v| v.is_finite()) {
            Some(value) => numbers.push(value),
            None => nothing = true,
        }
    }
    numbers.sort_by(f64::total_cmp);
    let edges = method.edges(&numbers, wanted.classes);
    if edges.len() < 2 {
        return Err(GenerateError::NoValues(wanted.column.to_owned()));
    }
    let count = edges.len() - 1;
    let colors = colors(wanted, count)?;
    let mut rules = Vec::new();
    for (index, (pair, color)) in edges.windows(2).zip(colors).enumerate() {
        let [from, to] = pair else { continue };
        let mut tests = Vec::new();
        if index > 0 {
            tests.push(compare(wanted.column, CompareOp::GreaterOrEqual, Literal::Number(*from)));
        }
        if index + 1 < count {
            tests.push(compare(wanted.column, CompareOp::Less, Literal::Number(*to)));
        }
        let filter = match tests.len() {
            // One class has all that have a value.
            0 => Filter::Not(Box::new(Filter::IsNull(Expr::Property(wanted.column.to_owned())))),
            1 => tests.swap_remove(0),
            _ => Filter::And(tests),
        };
        rules.push(rule(wanted, &format!("{from} – {to}"), Some(filter), color));
    }
    if nothing {
        rules.push(rest(wanted, wanted.rest[1]));
    }
    Ok(style(rules))
}

fn style(rules: Vec<Rule>) -> Style {
    Style { feature_type_styles: vec![FeatureTypeStyle { rules }], ..Style::default() }
}

fn colors(wanted: Wanted<'_>, count: usize) -> Result<Vec<Color>, GenerateError> {
    let colors = wanted.palette.colors(count, wanted.reversed);
    colors.ok_or(GenerateError::TooFewColours {
        palette: wanted.palette.name,
        colours: wanted.palette.anchors.len(),
    })
}

fn compare(column: &str, op: CompareOp, value: Literal) -> Filter {
    let left = Expr::Property(column.to_owned());
    Filter::Compare { op, left, right: Expr::Literal(value), match_case: true }
}

fn rule(wanted: Wanted<'_>, title: &str, filter: Option<Filter>, color: Color) -> Rule {
    let title: String = title.chars().take(200).collect();
    Rule { title: Some(title), filter, symbolizers: symbolizers(wanted.geometry, color), ..Rule::default() }
}

fn rest(wanted: Wanted<'_>, title: &str) -> Rule {
    Rule { otherwise: true, ..rule(wanted, title, None, OTHER) }
}

/// What draws a colour on the geometries of a layer.
fn symbolizers(geometry: GeometryType, color: Color) -> Vec<Symbolizer> {
    let line = |color, width| Stroke { color, width, ..Stroke::default() };
    let area = || {
        Symbolizer::Polygon(PolygonSymbolizer {
            fill: Some(Fill { color, opacity: 1.0 }),
            stroke: Some(line(Color { r: 0x55, g: 0x55, b: 0x55 }, 0.5)),
            ..PolygonSymbolizer::default()
        })
    };
    let path = || Symbolizer::Line(LineSymbolizer { stroke: line(color, 2.0), ..LineSymbolizer::default() });
    let point = || {
        let fill = Some(Fill { color, opacity: 1.0 });
        let mark = Mark { shape: MarkShape::Circle, fill, stroke: Some(line(Color::WHITE, 1.0)) };
        let graphic = Graphic { symbol: Symbol::Mark(mark), size: 9.0, ..Graphic::default() };
        Symbolizer::Point(PointSymbolizer { graphic, ..PointSymbolizer::default() })
    };
    match geometry.dimension() {
        Some(0) => vec![point()],
        Some(1) => vec![path()],
        Some(_) => vec![area()],
        None => vec![area(), path(), point()],
    }
}

#[cfg(test)]
mod tests;

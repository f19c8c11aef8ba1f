//! Renderers: which symbol draws which feature.

use super::expression;
use super::reader::{Reader, child, children, flag, number, quoted};
use super::rules::rule_based;
use super::symbol::{Drawn, symbol};
use crate::filter::Filter;
use crate::filter::ast::{CompareOp, Expr, Literal};
use crate::style::{FeatureTypeStyle, Rule, StyleError};
use roxmltree::Node;
use std::collections::HashMap;

/// A rule and what draws it.
#[derive(Clone, Debug, Default)]
pub(super) struct DrawnRule {
    /// Names, condition and scales.
    pub(super) rule: Rule,
    /// Symbolizers with their levels.
    pub(super) symbols: Vec<Drawn>,
}

/// Symbols of a renderer by their names.
pub(super) type Symbols<'a, 'i> = HashMap<&'a str, Node<'a, 'i>>;

/// Renderers around others that change where or how often features are drawn.
const AROUND: [&str; 5] =
    ["pointDisplacement", "pointCluster", "invertedPolygonRenderer", "mergedFeatureRenderer", "25dRenderer"];

/// How deep renderers stand in each other.
const DEPTH: usize = 4;

/// Reads a `renderer-v2`.
pub(super) fn renderer<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    depth: usize,
) -> Result<Vec<FeatureTypeStyle>, StyleError> {
    let kind = node.attribute("type").unwrap_or_default();
    if AROUND.contains(&kind)
        && let Some(inner) = child(node, "renderer-v2").filter(|_| depth < DEPTH)
    {
        reader.note(node, &format!("the renderer '{kind}' is not drawn; the symbols in it are"));
        return renderer(reader, inner, depth + 1);
    }
    reader.reference = number(node, "referencescale").filter(|scale| *scale > 0.0);
    for (name, what) in [("rotation", "turn"), ("sizescale", "size")] {
        if let Some(old) =
            child(node, name).filter(|o| o.attributes().len() > 0 && o.attribute("field") != Some(""))
        {
            reader.note(old, &format!("the {what} of all symbols by a column is not drawn"));
        }
    }
    if flag(node, "enableorderby", false) {
        reader.note(node, "features are not drawn in the order of an expression");
    }
    let symbols: Symbols<'a, 'i> = child(node, "symbols")
        .into_iter()
        .flat_map(|held| children(held, "symbol"))
        .filter_map(|s| Some((s.attribute("name")?, s)))
        .collect();
    let rules = match kind {
        "nullSymbol" => Vec::new(),
        "singleSymbol" => single(reader, node, &symbols)?,
        "categorizedSymbol" => categories(reader, node, &symbols)?,
        "graduatedSymbol" => ranges(reader, node, &symbols)?,
        "RuleRenderer" => rule_based(reader, node, &symbols)?,
        other => {
            return Err(reader.error(
                node,
                format!(
                    "the renderer '{}' can't be read; expected singleSymbol, categorizedSymbol, graduatedSymbol, \
                     RuleRenderer or nullSymbol",
                    quoted(other)
                ),
            ));
        }
    };
    reader.place.clear();
    Ok(passes(rules, flag(node, "symbollevels", false)))
}

/// One pass, or with symbol levels one for each.
fn passes(rules: Vec<DrawnRule>, by_levels: bool) -> Vec<FeatureTypeStyle> {
    let has_rest = rules.iter().any(|r| r.rule.otherwise);
    let mut levels: Vec<i64> = rules.iter().flat_map(|r| r.symbols.iter().map(|s| s.level)).collect();
    levels.sort_unstable();
    levels.dedup();
    if !by_levels {
        levels.truncate(1);
    }
    let mut passes = Vec::new();
    for level in levels {
        let mut pass = FeatureTypeStyle::default();
        for DrawnRule { rule, symbols } in &rules {
            let own = symbols.iter().filter(|s| !by_levels || s.level == level);
            let symbolizers: Vec<_> = own.map(|s| s.symbolizer.clone()).collect();
            // A rule that draws nothing still keeps its features from the rest.
            if !symbolizers.is_empty() || has_rest {
                pass.rules.push(Rule { symbolizers, ..rule.clone() });
            }
        }
        passes.push(pass);
    }
    passes
}

/// What draws the symbol of a name.
pub(super) fn named_symbol<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    symbols: &Symbols<'a, 'i>,
    name: &str,
) -> Vec<Drawn> {
    match symbols.get(name) {
        Some(found) => symbol(reader, *found),
        None => {
            let named = quoted(name);
            reader.note(node, &format!("there is no symbol '{named}'"));
            Vec::new()
        }
    }
}

fn titled(label: &str) -> Rule {
    let title = Some(label.trim()).filter(|l| !l.is_empty()).map(str::to_owned);
    Rule { name: title.clone(), title, ..Rule::default() }
}

fn single<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    symbols: &Symbols<'a, 'i>,
) -> Result<Vec<DrawnRule>, StyleError> {
    match symbols.values().next() {
        Some(only) => Ok(vec![DrawnRule { rule: Rule::default(), symbols: symbol(reader, *only) }]),
        None => Err(reader.error(node, "the renderer has no symbol")),
    }
}

/// What classes are made of: a column, or an expression.
fn classified<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Result<Expr, StyleError> {
    let text = node.attribute("attr").unwrap_or_default();
    if text.trim().is_empty() {
        return Err(reader.error(node, "the renderer names no column ('attr')"));
    }
    if reader.columns.iter().any(|column| column == text) {
        return Ok(Expr::Property(text.to_owned()));
    }
    let refused =
        |why: String| reader.error(node, format!("the classes of '{}' can't be read: {why}", quoted(text)));
    match expression::parse(text) {
        Ok(syntax) => expression::operand(&syntax).map_err(|untold| refused(format!("it uses {untold}"))),
        // A column whose name is no word: 'code postal'.
        Err(_) if !text.contains(['(', '\'', '"']) => Ok(Expr::Property(text.to_owned())),
        Err(why) => Err(refused(why)),
    }
}

/// A value as the type that is written beside it says.
fn literal(text: &str, kind: Option<&str>) -> Literal {
    let kind = kind.unwrap_or_default();
    match kind {
        "bool" => Literal::Boolean(matches!(text, "true" | "1")),
        "int" | "integer" | "uint" | "long" | "longlong" | "ulonglong" | "double" => {
            match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(whole), _) => Literal::Integer(whole),
                (_, Ok(number)) if number.is_finite() => Literal::Number(number),
                _ => Literal::Text(text.to_owned()),
            }
        }
        _ => Literal::Text(text.to_owned()),
    }
}

fn categories<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    symbols: &Symbols<'a, 'i>,
) -> Result<Vec<DrawnRule>, StyleError> {
    let expr = classified(reader, node)?;
    let mut rules: Vec<DrawnRule> = Vec::new();
    for category in child(node, "categories").into_iter().flat_map(|held| children(held, "category")) {
        let value = category.attribute("value").unwrap_or_default();
        let kind = category.attribute("type");
        let label = category.attribute("label").filter(|l| !l.is_empty()).unwrap_or(value);
        reader.place = format!("category '{}'", quoted(label));
        let mut rule = titled(label);
        let list: Vec<Expr> = children(category, "val")
            .filter_map(|v| Some(Expr::Literal(literal(v.attribute("value")?, v.attribute("type")))))
            .collect();
        if !list.is_empty() {
            rule.filter = Some(Filter::In { expr: expr.clone(), list });
        } else if value.is_empty() || kind == Some("NULL") {
            // The category of all other values, and of none.
            if rules.iter().any(|r| r.rule.otherwise) {
                reader.note(category, "a second category of all other values is not drawn");
                continue;
            }
            rule.otherwise = true;
        } else {
            let right = Expr::Literal(literal(value, kind));
            rule.filter =
                Some(Filter::Compare { op: CompareOp::Equal, left: expr.clone(), right, match_case: true });
        }
        let drawn = if flag(category, "render", true) {
            named_symbol(reader, category, symbols, category.attribute("symbol").unwrap_or_default())
        } else {
            Vec::new()
        };
        rules.push(DrawnRule { rule, symbols: drawn });
    }
    if rules.is_empty() {
        return Err(reader.error(node, "the renderer has no category"));
    }
    Ok(rules)
}

/// Ranges include both their ends; a value in several is of the first.
fn ranges<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    symbols: &Symbols<'a, 'i>,
) -> Result<Vec<DrawnRule>, StyleError> {
    let expr = classified(reader, node)?;
    let mut rules = Vec::new();
    let mut before: Vec<(f64, f64)> = Vec::new();
    for range in child(node, "ranges").into_iter().flat_map(|held| children(held, "range")) {
        let (Some(lower), Some(upper)) = (number(range, "lower"), number(range, "upper")) else {
            return Err(reader.error(range, "a range has no number 'lower' or 'upper'"));
        };
        let label = match range.attribute("label").filter(|l| !l.is_empty()) {
            Some(label) => label.to_owned(),
            None => format!("{lower} - {upper}"),
        };
        reader.place = format!("range '{}'", quoted(&label));
        let is_taken = |value: f64| before.iter().any(|(from, to)| (*from..=*to).contains(&value));
        let op = |taken, without, with| if taken { without } else { with };
        let side = |op, value: f64| Filter::Compare {
            op,
            left: expr.clone(),
            right: Expr::Literal(Literal::Number(value)),
            match_case: true,
        };
        let from = side(op(is_taken(lower), CompareOp::Greater, CompareOp::GreaterOrEqual), lower);
        let to = side(op(is_taken(upper), CompareOp::Less, CompareOp::LessOrEqual), upper);
        if before.iter().any(|(l, u)| lower < *u && *l < upper) {
            reader.note(range, "ranges that lie over each other are both drawn");
        }
        before.push((lower, upper));
        let rule = Rule { filter: Some(Filter::And(vec![from, to])), ..titled(&label) };
        let drawn = if flag(range, "render", true) {
            named_symbol(reader, range, symbols, range.attribute("symbol").unwrap_or_default())
        } else {
            Vec::new()
        };
        rules.push(DrawnRule { rule, symbols: drawn });
    }
    if rules.is_empty() {
        return Err(reader.error(node, "the renderer has no range"));
    }
    Ok(rules)
}

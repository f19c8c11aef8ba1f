//! Rules in rules, of symbols and of labels.
//!
//! A rule draws what it and all rules around it take. An ELSE rule draws what none of those beside it took; as in QGIS
//! those count that are switched off or not drawn at the scale.

use super::expression;
use super::reader::{Reader, child, children, flag, number, quoted};
use super::renderer::{DrawnRule, Symbols, named_symbol};
use crate::filter::Filter;
use crate::style::logic::not_true;
use crate::style::{Rule, StyleError};
use roxmltree::Node;

/// How deep rules stand in each other.
const DEPTH: usize = 16;

/// What the rules around one say.
#[derive(Clone, Default)]
pub(super) struct Around {
    /// Their conditions.
    filter: Option<Filter>,
    /// Their scales: the least and the greatest denominator.
    pub(super) scales: (Option<f64>, Option<f64>),
    depth: usize,
}

/// A condition as the document has it.
enum Asked {
    All,
    Some(Filter),
    Else,
    /// It can't be said: the rule is left out.
    Unknown,
}

/// Scale denominators that an element gives: `scalemindenom` is the smaller one, 0 is none.
pub(super) fn scales(node: Node<'_, '_>) -> (Option<f64>, Option<f64>) {
    let read = |name| number(node, name).filter(|scale| *scale > 0.0);
    (read("scalemindenom"), read("scalemaxdenom"))
}

/// Both limits at once.
pub(super) fn within(
    a: (Option<f64>, Option<f64>),
    b: (Option<f64>, Option<f64>),
) -> (Option<f64>, Option<f64>) {
    let pick = |a: Option<f64>, b: Option<f64>, pick: fn(f64, f64) -> f64| match (a, b) {
        (Some(a), Some(b)) => Some(pick(a, b)),
        (one, None) | (None, one) => one,
    };
    (pick(a.0, b.0, f64::max), pick(a.1, b.1, f64::min))
}

/// The rules of a `RuleRenderer`.
pub(super) fn rule_based<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    symbols: &Symbols<'a, 'i>,
) -> Result<Vec<DrawnRule>, StyleError> {
    let Some(root) = child(node, "rules") else {
        return Err(reader.error(node, "the renderer has no 'rules'"));
    };
    let mut draw = |reader: &mut Reader<'a, 'i>, rule: Node<'a, 'i>, own: Rule| {
        let name = rule.attribute("symbol")?;
        Some(DrawnRule { rule: own, symbols: named_symbol(reader, rule, symbols, name) })
    };
    let mut found = Vec::new();
    walk(reader, root, &Around::default(), &mut draw, &mut found)?;
    // A group draws nothing itself.
    Ok(found)
}

/// Walks through the rules below an element; `draw` makes what a rule draws itself.
pub(super) fn walk<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    parent: Node<'a, 'i>,
    around: &Around,
    draw: &mut dyn FnMut(&mut Reader<'a, 'i>, Node<'a, 'i>, Rule) -> Option<DrawnRule>,
    found: &mut Vec<DrawnRule>,
) -> Result<(), StyleError> {
    if around.depth > DEPTH {
        return Err(reader.error(parent, format!("rules stand in each other more than {DEPTH} deep")));
    }
    let siblings: Vec<Node<'a, 'i>> = children(parent, "rule").collect();
    let has_else = siblings.iter().any(|s| is_else(*s) && is_active(*s));
    for rule in &siblings {
        let title =
            rule.attribute("label").or_else(|| rule.attribute("description")).unwrap_or_default().trim();
        let asked = asked(reader, *rule, title);
        let is_rest = matches!(asked, Asked::Else);
        // At the top the pass itself knows what is left; below, and where it holds rules, it must be told.
        let is_plain = around.depth == 0 && children(*rule, "rule").next().is_none();
        let filter = match asked {
            Asked::Unknown => continue,
            Asked::All => around.filter.clone(),
            Asked::Some(filter) => Filter::and(around.filter.clone(), Some(filter)),
            Asked::Else if is_plain => None,
            Asked::Else => {
                let others = siblings.iter().filter(|s| !is_else(**s)).filter_map(|s| taken(*s));
                let rest: Vec<Filter> = others.map(|f| not_true(&f)).collect();
                Filter::and(around.filter.clone(), (!rest.is_empty()).then_some(Filter::And(rest)))
            }
        };
        let limits = within(around.scales, scales(*rule));
        if !is_rest
            && has_else
            && around.depth == 0
            && is_limited(*rule)
            && let Some(kept) = taken(*rule)
        {
            let filter = (kept != Filter::Constant(true)).then_some(kept);
            found.push(DrawnRule { rule: Rule { filter, ..Rule::default() }, symbols: Vec::new() });
        }
        if !is_active(*rule) {
            continue;
        }
        let name = Some(title).filter(|t| !t.is_empty()).map(str::to_owned);
        reader.place = format!("rule '{}'", quoted(title));
        let own = Rule {
            title: name.clone(),
            name,
            min_scale: limits.0,
            max_scale: limits.1,
            otherwise: is_rest && is_plain,
            filter: filter.clone(),
            symbolizers: Vec::new(),
        };
        found.extend(draw(reader, *rule, own));
        let inner = Around { filter, scales: limits, depth: around.depth + 1 };
        walk(reader, *rule, &inner, draw, found)?;
    }
    Ok(())
}

fn is_active(rule: Node<'_, '_>) -> bool {
    flag(rule, "checkstate", true) && flag(rule, "active", true)
}

/// Whether a rule, or one in it, is not always drawn.
fn is_limited(rule: Node<'_, '_>) -> bool {
    !is_active(rule) || scales(rule) != (None, None) || children(rule, "rule").any(is_limited)
}

fn is_else(rule: Node<'_, '_>) -> bool {
    rule.attribute("filter").is_some_and(|f| f.trim().eq_ignore_ascii_case("else"))
}

fn asked<'a, 'i>(reader: &mut Reader<'a, 'i>, rule: Node<'a, 'i>, title: &str) -> Asked {
    let text = rule.attribute("filter").unwrap_or_default();
    if text.trim().is_empty() {
        return Asked::All;
    }
    if is_else(rule) {
        return Asked::Else;
    }
    match read(text) {
        Ok(filter) => Asked::Some(filter),
        Err(why) => {
            reader.place.clear();
            let named = quoted(if title.is_empty() { text } else { title });
            reader.note(rule, &format!("rule '{named}' is left out: its condition can't be read: {why}"));
            Asked::Unknown
        }
    }
}

/// A condition's text.
pub(super) fn read(text: &str) -> Result<Filter, String> {
    let syntax = expression::parse(text)?;
    expression::condition(&syntax).map_err(|untold| format!("it uses {untold}"))
}

/// The features that a rule takes, whether or not it is drawn; `None` where that can't be told.
fn taken(rule: Node<'_, '_>) -> Option<Filter> {
    let own = match rule.attribute("filter").unwrap_or_default().trim() {
        "" => Filter::Constant(true),
        text => read(text).ok()?,
    };
    if rule.attribute("symbol").is_some() || child(rule, "settings").is_some() || !is_active(rule) {
        return Some(own);
    }
    let inner: Vec<Filter> = children(rule, "rule").filter(|r| !is_else(*r)).filter_map(taken).collect();
    match inner.len() {
        0 => Some(Filter::Constant(false)),
        _ => Some(Filter::And(vec![own, Filter::Or(inner)])),
    }
}

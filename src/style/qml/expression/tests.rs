//! Expressions of QGIS, against what QGIS makes of them.

use super::*;
use crate::filter::ast::{CompareOp, Expr, Filter, Literal};
use crate::style::logic::not_true;
use crate::style::{Cell, Expression};

/// What a value yields where `a` is 7, `t` is `Le Var` and `n` is nothing.
fn yields(text: &str) -> Option<String> {
    let lookup = |name: &str| match name {
        "a" => Cell::Number(7.0),
        "t" => Cell::Text("Le Var".to_owned()),
        "d" => Cell::Text("2021-03-04".to_owned()),
        _ => Cell::Nothing,
    };
    value(&parse(text).expect(text)).expect(text).evaluate(&lookup).text()
}

fn untold(text: &str) -> String {
    value(&parse(text).expect(text)).expect_err(text)
}

#[test]
fn operators_bind_as_tightly_as_in_qgis() {
    for (text, expected) in [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("a - 2 - 1", "4"),
        ("a * 2 || 3", "161"),
        ("2 ^ 2", "4"),
        ("-a", "-7"),
        ("a // 2", "3"),
        ("9 ^ 0.5", "3"),
        ("'it''s' || ' ' || 'a\\'b'", "it's a'b"),
        ("\"a\" -- the number\n + /* and */ 1", "8"),
    ] {
        assert_eq!(yields(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn functions_yield_what_those_of_qgis_do() {
    for (text, expected) in [
        ("upper(t)", "LE VAR"),
        ("substr(t, 4, 2)", "Va"),
        ("left(t, 2)", "Le"),
        ("concat(t, ' ', a)", "Le Var 7"),
        ("round(2.567, 1)", "2.6"),
        ("max(a, 9)", "9"),
        ("format_number(a * 1000, 1)", "7,000.0"),
        ("format_date(d, 'dd/MM/yyyy')", "04/03/2021"),
        ("year(d)", "2021"),
        ("scale_linear(a, 0, 10, 1, 11)", "8"),
        ("color_rgb(255, 128, 0)", "#ff8000"),
        ("CASE WHEN t = 'Le Var' THEN 'x' WHEN t IN ('b', 'c') THEN 'y' ELSE 'z' END", "x"),
        ("CASE WHEN a < 5 THEN 'small' WHEN a < 7 THEN 'middle' ELSE 'large' END", "large"),
        ("CASE WHEN a <= 5 THEN 'small' WHEN a <= 7 THEN 'middle' ELSE 'large' END", "middle"),
        ("CASE WHEN a > 7 THEN 'large' WHEN a > 6 THEN 'middle' ELSE 'small' END", "middle"),
        ("if(t = 'x', 1, 2)", "2"),
        ("coalesce(n, '')", ""),
    ] {
        let expected = Some(expected).filter(|e| !e.is_empty());
        assert_eq!(yields(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn what_has_no_counterpart_is_named() {
    for (text, named) in [
        ("regexp_replace(t, 'a', 'b')", "'regexp_replace'"),
        ("@map_scale", "'@map_scale'"),
        ("a % 2", "'%'"),
        ("a ^ 7", "'^ 7'"),
        ("coalesce(n, a)", "'coalesce'"),
        ("CASE WHEN a < 5 AND t = 'x' THEN 1 ELSE 2 END", "CASE"),
        ("right(t, 2)", "'right'"),
    ] {
        assert!(untold(text).contains(named), "{text}: {}", untold(text));
    }
}

#[test]
fn what_is_no_expression_is_refused_with_the_place() {
    for (text, said) in [
        ("", "it ends where a value"),
        ("a =", "it ends where a value"),
        ("a b", "letter 3"),
        ("'a", "letter 1 is not closed"),
        ("(a", "')' was expected"),
        ("CASE END", "WHEN"),
        ("a ; b", "';' at letter 3"),
        ("t ~ 'x'", "'~'"),
        ("/* a", "no end"),
    ] {
        let error = parse(text).expect_err(text);
        assert!(error.contains(said), "{text}: {error}");
    }
    let deep = format!("{}a{}", "(".repeat(3000), ")".repeat(3000));
    assert!(parse(&deep).expect_err("deep").contains("deep"));
    assert!(parse(&"not ".repeat(3000)).expect_err("deep").contains("deep"));
    assert!(parse(&format!("a{}", " or a".repeat(3000))).expect_err("long").contains("operators"));
    assert!(parse(&"a".repeat(30_000)).expect_err("long").contains("letters"));
}

fn asks(text: &str) -> Filter {
    condition(&parse(text).expect(text)).expect(text)
}

#[test]
fn a_joined_text_needs_a_value_of_each_piece() {
    let present = |text: &str| present(&parse(text).expect(text));
    let there = |name: &str| Filter::Not(Box::new(Filter::IsNull(Expr::Property(name.to_owned()))));
    assert_eq!(present("a || ' m'"), Some(there("a")));
    assert_eq!(present("round(a + b) || ' m' || a"), Some(Filter::And(vec![there("a"), there("b")])));
    // What has a value all the same needs nothing, and neither does what joins nothing.
    for text in ["coalesce(a, '') || ' m'", "concat(a, ' m')", "'a' || ' m'", "a", "upper(a)"] {
        assert_eq!(present(text), None, "{text}");
    }
}

#[test]
fn conditions_become_filters() {
    let property = || Expr::Property("a".to_owned());
    let compare = |op, right| Filter::Compare { op, left: property(), right, match_case: true };
    let seven = || Expr::Literal(Literal::Integer(7));
    assert_eq!(asks("a = 7"), compare(CompareOp::Equal, seven()));
    assert_eq!(asks("\"a\" <> -7.5"), compare(CompareOp::NotEqual, Expr::Literal(Literal::Number(-7.5))));
    assert_eq!(asks("a IS NULL"), Filter::IsNull(property()));
    assert_eq!(asks("a IS NOT NULL"), Filter::Not(Box::new(Filter::IsNull(property()))));
    let list = vec![seven(), Expr::Literal(Literal::Integer(8))];
    assert_eq!(asks("a NOT IN (7, 8)"), Filter::Not(Box::new(Filter::In { expr: property(), list })));
    assert!(matches!(asks("a = 1 or a = 2 or a = 3"), Filter::Or(all) if all.len() == 3));
    assert!(matches!(asks("a = 1 and a = 2 or a = 3"), Filter::Or(all) if all.len() == 2));
    assert!(matches!(asks("not a = 1 and a = 2"), Filter::And(all) if all.len() == 2));
    assert!(
        matches!(asks("t ILIKE '%x\\\\%_'"), Filter::Like { pattern, match_case: false, .. } if pattern.len() == 3)
    );
    assert_eq!(asks("a = NULL"), Filter::Constant(false));
    assert!(matches!(asks("a between 1 and 2"), Filter::Between { .. }));
    assert!(matches!(asks("lower(t) = 'x'"), Filter::Compare { left: Expr::Function { .. }, .. }));
    for (text, named) in
        [("a % 2 = 0", "'%'"), ("sha256(t) = 'x'", "'sha256'"), ("a + 1", "a value where a condition")]
    {
        let error = condition(&parse(text).expect(text)).expect_err(text);
        assert!(error.contains(named), "{text}: {error}");
    }
}

#[test]
fn the_rest_of_a_condition_has_also_those_of_which_nothing_is_known() {
    let rest = not_true(&asks("a = 7"));
    assert!(
        matches!(&rest, Filter::Or(all) if all.len() == 2 && matches!(all[1], Filter::IsNull(_))),
        "{rest:?}"
    );
    assert_eq!(not_true(&not_true(&asks("a is null"))), asks("a is null"));
    assert!(matches!(not_true(&asks("a = 1 or a = 2")), Filter::And(all) if all.len() == 2));
}

#[test]
fn columns_are_found_with_and_without_quotes() {
    assert_eq!(
        value(&parse("\"Été \"\"x\"\"\"").expect("quoted")),
        Ok(Expression::Property("Été \"x\"".to_owned()))
    );
    assert_eq!(value(&parse("$id").expect("id")), Ok(Expression::Property("fid".to_owned())));
}

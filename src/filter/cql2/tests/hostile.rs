//! Texts that mean harm: too deep, too large, cut and mutated.

use super::write;
use super::{EXAMPLES, read, read_json};
use crate::filter::cql2::{parse_json, parse_text};
use crate::filter::{FilterError, FilterLimits, Reading};
use proptest::prelude::*;

#[test]
fn no_nesting_uses_up_the_stack() {
    let many = 100_000;
    for text in [
        "(".repeat(many),
        format!("{}a=1{}", "(".repeat(many), ")".repeat(many)),
        "NOT ".repeat(many) + "a=1",
        "a = ".to_owned() + &"-".repeat(many) + "1",
        "a = ".to_owned() + &"- ".repeat(many) + "b",
        "f(".repeat(many),
        "CASEI(".repeat(many),
        "a = 1 AND (b = 2 OR (".repeat(many),
        "a IN (".repeat(many),
        "a = 1 + (".repeat(many),
        "S_INTERSECTS(".repeat(many),
        "A_EQUALS((".repeat(many),
        "INTERVAL(f(".repeat(many),
    ] {
        assert_eq!(read(&text), Err(FilterError::TooDeep(100)), "{}", text.get(..20).unwrap_or_default());
    }
    for text in ["a LIKE ".to_owned() + &"CASEI(".repeat(many), "a BETWEEN ".repeat(many)] {
        assert!(read(&text).is_err());
    }
    let collections = "S_WITHIN(g,".to_owned() + &"GEOMETRYCOLLECTION(".repeat(many);
    assert!(matches!(read(&collections), Err(FilterError::TooDeep(_))));
    for json in [
        r#"{"op":"not","args":["#.repeat(many),
        "[".repeat(many),
        r#"{"op":"=","args":[1,["#.repeat(many),
        format!("{}true{}", r#"{"op":"not","args":["#.repeat(60), "]}".repeat(60)).repeat(2),
    ] {
        assert!(read_json(&json).is_err());
    }
    let deep = format!("{}true{}", r#"{"op":"not","args":["#.repeat(many), "]}".repeat(many));
    assert_eq!(read_json(&deep), Err(FilterError::TooDeep(100)));
}

#[test]
fn a_chain_that_would_make_a_deep_tree_is_refused() {
    let sum = |terms: usize| format!("a = 1{}", " + 1".repeat(terms));
    assert!(read(&sum(90)).is_ok());
    assert_eq!(read(&sum(1_000)), Err(FilterError::TooDeep(100)));
    // Each level of parentheses may not add its own chain.
    let tower = format!("a = {}1{}", "(".repeat(50), " + 1 + 1)".repeat(50));
    assert_eq!(read(&tower), Err(FilterError::TooDeep(100)));
    // Conditions side by side are one node with many below it.
    let flat = vec!["a = 1"; 900].join(" AND ");
    assert!(read(&flat).is_ok());
}

#[test]
fn the_deepest_configuration_is_read_and_dropped_within_a_small_stack() {
    let limits = FilterLimits { depth: FilterLimits::DEEPEST, ..FilterLimits::default() };
    let reading = Reading { limits, ..Reading::default() };
    let run = move || {
        let levels = FilterLimits::DEEPEST / 2 - 4;
        let text = format!("{}a = 1{}", "NOT (".repeat(levels), ")".repeat(levels));
        assert!(parse_text(&text, &reading).is_ok());
        let calls = FilterLimits::DEEPEST - 4;
        let text = format!("{}1{}", "f(".repeat(calls), ")".repeat(calls));
        assert!(parse_text(&text, &reading).is_ok());
        let mixed = format!("{}1{}", "a = 1 OR b = 2 + 3 * f(".repeat(28), ")".repeat(28));
        assert!(parse_text(&mixed, &reading).is_ok());
    };
    let worker = std::thread::Builder::new().stack_size(1024 * 1024).spawn(run).expect("thread");
    worker.join().expect("no overflow");
}

#[test]
fn sizes_are_bounded() {
    let limits = FilterLimits { nodes: 10, bytes: 1_000, positions: 3, ..FilterLimits::default() };
    let reading = Reading { limits, ..Reading::default() };
    let list = format!("a IN ({}1)", "1,".repeat(20));
    assert_eq!(parse_text(&list, &reading), Err(FilterError::TooLarge(10)));
    let json = format!(r#"{{"op":"in","args":[1,[{}1]]}}"#, "1,".repeat(20));
    assert_eq!(parse_json(&json, &reading), Err(FilterError::TooLarge(10)));
    let long = format!("a = '{}'", "x".repeat(1_000));
    assert_eq!(parse_text(&long, &reading), Err(FilterError::TooLarge(1_000)));
    assert_eq!(parse_json(&long, &reading), Err(FilterError::TooLarge(1_000)));
    let line = "S_WITHIN(g,LINESTRING(1 1,2 2,3 3,4 4))";
    assert!(parse_text(line, &reading).expect_err("positions").to_string().contains("3 positions"));
}

/// A filter that was taken must come back from its own text and JSON.
fn comes_back(filter: &crate::filter::Filter) {
    let text = write::text(filter);
    // Parentheses around everything count as levels.
    let limits = FilterLimits { depth: FilterLimits::DEEPEST, ..FilterLimits::default() };
    let again = parse_text(&text, &Reading { limits, ..Reading::default() });
    if again != Err(FilterError::TooDeep(FilterLimits::DEEPEST)) {
        assert_eq!(again.as_ref(), Ok(filter), "{text}");
    }
}

/// Pieces that mutated texts are made of.
const PIECES: [&str; 44] = [
    "(",
    ")",
    ",",
    "'",
    "\"",
    " ",
    "\\",
    "%",
    "_",
    "^",
    "div",
    "-",
    "+",
    "*",
    "/",
    "=",
    "<",
    ">",
    "NOT ",
    " AND ",
    " OR ",
    " LIKE ",
    " IN ",
    " BETWEEN ",
    " IS NULL",
    "CASEI(",
    "DATE('2020-01-01')",
    "INTERVAL('..',",
    "POINT(",
    "BBOX(",
    "EMPTY",
    "1",
    "0.5e3",
    "é",
    "日本",
    "a",
    "\u{0}",
    "\n",
    "true",
    "A_EQUALS(",
    "T_AFTER(",
    "S_INTERSECTS(",
    "f()",
    "9223372036854775808",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mutated_texts_never_panic_and_what_is_taken_comes_back(
        which in 0..EXAMPLES.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0..3_u8), 1..4),
    ) {
        let (_, text, json) = EXAMPLES[which];
        let (mut text, mut json) = (text.to_owned(), json.to_owned());
        for (place, piece, kind) in edits {
            for target in [&mut text, &mut json] {
                let ends: Vec<usize> = target.char_indices().map(|(at, _)| at).collect();
                if ends.is_empty() { continue; }
                let at = *place.get(&ends);
                match kind {
                    0 => target.insert_str(at, PIECES[piece]),
                    1 => { target.remove(at); }
                    _ => target.truncate(at),
                }
            }
        }
        if let Ok(filter) = read(&text) {
            comes_back(&filter);
        }
        if let Ok(filter) = read_json(&json) {
            prop_assert_eq!(read_json(&write::json(&filter).to_string()), Ok(filter));
        }
    }

    #[test]
    fn pieces_thrown_together_never_panic(parts in prop::collection::vec(0..PIECES.len(), 0..30)) {
        let text: String = parts.iter().map(|part| PIECES[*part]).collect();
        if let Ok(filter) = read(&text) {
            comes_back(&filter);
        }
    }

    #[test]
    fn no_text_at_all_makes_reading_panic(text in any::<String>()) {
        let _ = read(&text);
        let _ = read_json(&text);
    }
}

//! Dates, steps and domains of dimensions.

use super::moment::Moment;
use super::*;

fn span(text: &str) -> Option<(String, String)> {
    let moment = Moment::parse(text)?;
    let shown = |instant: chrono::DateTime<chrono::Utc>| instant.format("%Y-%m-%dT%H:%M:%S%.f").to_string();
    Some((shown(moment.from), shown(moment.to)))
}

#[test]
fn dates_name_the_stretch_of_their_precision() {
    for (text, from, to) in [
        ("2024", "2024-01-01T00:00:00", "2024-12-31T23:59:59.999999"),
        ("2024-02", "2024-02-01T00:00:00", "2024-02-29T23:59:59.999999"),
        (" 2024-02-29 ", "2024-02-29T00:00:00", "2024-02-29T23:59:59.999999"),
        ("2024-02-29T10", "2024-02-29T10:00:00", "2024-02-29T10:59:59.999999"),
        ("2024-02-29T10:30Z", "2024-02-29T10:30:00", "2024-02-29T10:30:59.999999"),
        ("2024-02-29T10:30:15Z", "2024-02-29T10:30:15", "2024-02-29T10:30:15"),
        ("2024-02-29T10:30:15.25", "2024-02-29T10:30:15.250", "2024-02-29T10:30:15.250"),
        ("2024-02-29 10:30:15+02:00", "2024-02-29T08:30:15", "2024-02-29T08:30:15"),
        ("2024-02-29T10:30:15 0530", "2024-02-29T05:00:15", "2024-02-29T05:00:15"),
        ("2024-03-01T00:30-01", "2024-03-01T01:30:00", "2024-03-01T01:30:59.999999"),
    ] {
        assert_eq!(span(text), Some((from.to_owned(), to.to_owned())), "{text}");
    }
    for bad in
        ["", "24", "2024-13", "2023-02-29", "2024-1-1", "2024-01-01T25", "2024-01-01T10:30+", "hier", "-"]
    {
        assert_eq!(span(bad), None, "{bad}");
    }
}

fn texts(domain: &Domain) -> Vec<&str> {
    match domain {
        Domain::List(values) => values.iter().map(|v| v.text.as_str()).collect(),
        Domain::Range(first, last) => vec![&first.text, "...", &last.text],
        Domain::Empty => Vec::new(),
    }
}

#[test]
fn domains_are_lists_steps_and_ranges() {
    let read = |text: &str, kind: DimensionKind| Domain::parse(text, kind);
    for (text, kind, expected) in [
        ("500,490, 480", DimensionKind::Number, vec!["480", "490", "500"]),
        ("0/1/0.25", DimensionKind::Number, vec!["0", "0.25", "0.5", "0.75", "1"]),
        ("0/425/1e-9", DimensionKind::Number, vec!["0", "...", "425"]),
        ("0/425", DimensionKind::Number, vec!["0", "...", "425"]),
        ("2020/2022/P1Y,2030", DimensionKind::Year, vec!["2020", "2021", "2022", "2030"]),
        (
            "2024-01-31/2024-04-30/P1M",
            DimensionKind::Date,
            vec!["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"],
        ),
        (
            "2000-01-01T00:00:00Z/2000-01-01T00:00:12Z/PT5S",
            DimensionKind::Timestamp,
            vec!["2000-01-01T00:00:00Z", "2000-01-01T00:00:05Z", "2000-01-01T00:00:10Z"],
        ),
        ("2000-01-01/2024-01-01/PT1S", DimensionKind::Timestamp, vec!["2000-01-01", "...", "2024-01-01"]),
        ("a/b,c", DimensionKind::Text, vec!["a/b", "c"]),
    ] {
        assert_eq!(texts(&read(text, kind).expect(text)), expected, "{text}");
    }
    for (text, kind) in [
        ("5,x", DimensionKind::Number),
        ("5/1", DimensionKind::Number),
        ("1/5/0/2", DimensionKind::Number),
        ("1/5/-1", DimensionKind::Number),
        ("1/NaN", DimensionKind::Number),
        ("2020/2022/1Y", DimensionKind::Year),
        ("2020/2022/P", DimensionKind::Year),
        ("2020/2022/P0Y", DimensionKind::Year),
        ("2020/2022/P99999999999999999999Y", DimensionKind::Year),
        ("", DimensionKind::Text),
    ] {
        assert!(read(text, kind).is_err(), "{text}");
    }
}

#[test]
fn a_domain_has_what_meets_its_values_and_knows_what_is_nearest() {
    let value = |text: &str, kind: DimensionKind| DimensionValue::parse(text, kind).expect(text);
    let heights = Domain::parse("480,490,500", DimensionKind::Number).expect("read");
    let height = |text: &str| value(text, DimensionKind::Number);
    assert!(heights.has(&height("490.0")) && !heights.has(&height("492")));
    assert_eq!(heights.nearest(&height("492")).map(|v| v.text.as_str()), Some("490"));
    assert_eq!(heights.nearest(&height("485")).map(|v| v.text.as_str()), Some("480"));
    assert_eq!(heights.nearest(&height("9999")).map(|v| v.text.as_str()), Some("500"));
    let days = Domain::parse("2024-01-01,2024-03-01", DimensionKind::Date).expect("read");
    let day = |text: &str| value(text, DimensionKind::Date);
    assert!(
        days.has(&day("2024-01")) && days.has(&day("2024-03-01T15:00:00Z")) && !days.has(&day("2024-02"))
    );
    let interval = |a: &str, b: &str| DimensionValue::span(&day(a), &day(b)).expect("a span");
    assert!(days.reaches(&interval("2024-02-01", "2024-02-02")));
    assert!(!days.reaches(&interval("2024-03-02", "2025")));
    assert!(DimensionValue::span(&day("2025"), &day("2024")).is_none());
    let words = Domain::parse("rcp26,rcp85", DimensionKind::Text).expect("read");
    assert_eq!(words.nearest(&value("rcp27", DimensionKind::Text)), None);
}

#[test]
fn what_is_advertised_follows_the_values_and_what_people_say() {
    let dimension = |default: &str, domain: &str| Dimension {
        info: serde_json::from_value(
            serde_json::json!({"name": "time", "column": "jour", "default": default}),
        )
        .expect("a dimension"),
        kind: DimensionKind::Date,
        domain: Domain::parse(domain, DimensionKind::Date).expect("a domain"),
        written: Vec::new(),
    };
    let three = "2024-01-01,2024-01-02,2024-01-03";
    assert_eq!(dimension("last", three).default_text().as_deref(), Some("2024-01-03"));
    assert_eq!(dimension("first", three).default_text().as_deref(), Some("2024-01-01"));
    assert_eq!(dimension("all", three).default_text().as_deref(), Some("2024-01-01/2024-01-03"));
    assert_eq!(dimension("all", "2024").default_text().as_deref(), Some("2024"));
    assert_eq!(dimension("none", three).default_text(), None);
    assert_eq!(dimension("2024-01-02", three).default_text().as_deref(), Some("2024-01-02"));
    assert_eq!(dimension("last", three).extent_text().as_deref(), Some(three));
    assert_eq!(dimension("last", "2020/2024").extent_text().as_deref(), Some("2020/2024/0"));
    let empty = Dimension { domain: Domain::Empty, ..dimension("last", three) };
    assert_eq!((empty.default_text(), empty.extent_text()), (None, None));
    let own: DimensionInfo =
        serde_json::from_str("{\"name\": \"scenario\", \"column\": \"s\"}").expect("a dimension");
    assert_eq!((own.parameter().as_str(), own.units(), own.unit_symbol()), ("DIM_SCENARIO", "", None));
}

//! What expressions yield.

use super::*;

fn property(name: &str) -> Expression {
    Expression::Property(name.to_owned())
}

fn literal(text: &str) -> Expression {
    Expression::Literal(text.to_owned())
}

/// A feature with a number, a text, and a null.
fn feature(name: &str) -> Cell {
    match name {
        "n" => Cell::Number(12.5),
        "t" => Cell::Text(" Aix-en-Provence ".to_owned()),
        "d" => Cell::Text("2024-02-09T08:05:03Z".to_owned()),
        _ => Cell::Nothing,
    }
}

fn at(number: f64) -> impl Fn(&str) -> Cell {
    move |_| Cell::Number(number)
}

#[test]
fn thresholds_belong_above_or_below() {
    let classes = |belong| Categorize {
        lookup: property("n"),
        first: literal("a"),
        classes: vec![(literal("10"), literal("b")), (literal("20"), literal("c"))],
        belong,
        fallback: Some("z".to_owned()),
    };
    let above = Expression::Categorize(Box::new(classes(ThresholdsBelongTo::Succeeding)));
    let below = Expression::Categorize(Box::new(classes(ThresholdsBelongTo::Preceding)));
    for (number, one, other) in
        [(9.0, "a", "a"), (10.0, "b", "a"), (15.0, "b", "b"), (20.0, "c", "b"), (99.0, "c", "c")]
    {
        assert_eq!(above.evaluate(&at(number)), Cell::Text(one.to_owned()), "{number}");
        assert_eq!(below.evaluate(&at(number)), Cell::Text(other.to_owned()), "{number}");
    }
    assert_eq!(above.evaluate(&|_| Cell::Nothing), Cell::Text("z".to_owned()));
}

#[test]
fn values_run_between_points_and_stay_beyond_them() {
    let curve = |mode, method, values: [&str; 3]| {
        Expression::Interpolate(Box::new(Interpolate {
            lookup: property("n"),
            points: [0.0, 10.0, 20.0].into_iter().zip(values.map(literal)).collect(),
            mode,
            method,
            fallback: None,
        }))
    };
    let linear = curve(Mode::Linear, Method::Numeric, ["1", "3", "4"]);
    for (number, expected) in
        [(-5.0, 1.0), (0.0, 1.0), (5.0, 2.0), (10.0, 3.0), (15.0, 3.5), (20.0, 4.0), (99.0, 4.0)]
    {
        assert_eq!(linear.evaluate(&at(number)).number(), Some(expected), "{number}");
    }
    assert_eq!(linear.greatest(), Some(4.0));
    let cosine = curve(Mode::Cosine, Method::Numeric, ["0", "1", "0"]);
    let value = cosine.evaluate(&at(2.5)).number().expect("a number");
    assert!((value - 0.146_446_6).abs() < 1e-6, "{value}");
    let cubic = curve(Mode::Cubic, Method::Numeric, ["0", "10", "20"]);
    let value = cubic.evaluate(&at(3.0)).number().expect("a number");
    assert!((value - 3.0).abs() < 1e-9, "a straight line stays one: {value}");
    let colors = curve(Mode::Linear, Method::Color, ["#000000", "#ff8000", "#ffffff"]);
    assert_eq!(colors.evaluate(&at(5.0)), Cell::Text("#804000".to_owned()));
    assert_eq!(colors.evaluate(&|_| Cell::Nothing), Cell::Nothing);
}

#[test]
fn values_are_recoded_by_text_and_by_number() {
    let map = Expression::Recode(Box::new(Recode {
        lookup: property("n"),
        items: vec![("12.50".to_owned(), literal("x")), ("nord".to_owned(), literal("y"))],
        fallback: Some("z".to_owned()),
    }));
    assert_eq!(map.evaluate(&feature), Cell::Text("x".to_owned()));
    assert_eq!(map.evaluate(&|_| Cell::Text("nord".to_owned())), Cell::Text("y".to_owned()));
    assert_eq!(map.evaluate(&|_| Cell::Text("sud".to_owned())), Cell::Text("z".to_owned()));
}

#[test]
fn numbers_are_computed_and_what_cannot_be_is_nothing() {
    let twice =
        |op, right: &str| Expression::Arithmetic(op, Box::new(property("n")), Box::new(literal(right)));
    assert_eq!(twice(ArithmeticOp::Mul, "2").evaluate(&feature), Cell::Number(25.0));
    assert_eq!(twice(ArithmeticOp::Div, "0").evaluate(&feature), Cell::Nothing);
    assert_eq!(twice(ArithmeticOp::Add, "rouge").evaluate(&feature), Cell::Nothing);
    let root = Expression::Rounded(Rounding::Sqrt, Box::new(literal("-4")));
    assert_eq!(root.evaluate(&feature), Cell::Nothing);
    let least = Expression::Extreme { greatest: false, of: vec![property("n"), literal("8")] };
    assert_eq!((least.evaluate(&feature), least.greatest()), (Cell::Number(8.0), Some(8.0)));
    let mut names = Vec::new();
    twice(ArithmeticOp::Mul, "2").properties(&mut |name| names.push(name.to_owned()));
    assert_eq!(names, ["n"]);
}

#[test]
fn texts_are_cut_joined_and_counted_by_letters() {
    let yields = |function: TextFunction| Expression::Text(Box::new(function)).evaluate(&feature);
    let text = |text: &str| Cell::Text(text.to_owned());
    let substring = |position: &str, length: Option<&str>| TextFunction::Substring {
        value: literal("Évreux"),
        position: Some(literal(position)),
        length: length.map(literal),
    };
    assert_eq!(yields(substring("1", Some("2"))), text("Év"));
    assert_eq!(yields(substring("3", None)), text("reux"));
    assert_eq!(yields(substring("-3", Some("-1"))), text(""));
    assert_eq!(yields(TextFunction::ChangeCase { value: literal("été"), upper: true }), text("ÉTÉ"));
    let trim =
        |leading, trailing| TextFunction::Trim { value: property("t"), leading, trailing, letter: ' ' };
    assert_eq!(yields(trim(true, true)), text("Aix-en-Provence"));
    assert_eq!(yields(trim(false, true)), text(" Aix-en-Provence"));
    let position = |sought: &str, backwards| TextFunction::Position {
        value: literal("été"),
        sought: literal(sought),
        backwards,
    };
    assert_eq!(yields(position("é", false)), Cell::Number(1.0));
    assert_eq!(yields(position("é", true)), Cell::Number(3.0));
    assert_eq!(yields(position("x", true)), Cell::Number(0.0));
    assert_eq!(yields(TextFunction::Length(literal("été"))), Cell::Number(3.0));
    let all = vec![literal("a"), property("n"), property("nothing"), literal("b")];
    assert_eq!(yields(TextFunction::Concatenate(all)), text("a12.5b"));
}

#[test]
fn numbers_and_dates_are_written_in_patterns() {
    let number = |value: &str, pattern: &str| {
        let function = TextFunction::FormatNumber {
            value: literal(value),
            pattern: pattern.to_owned(),
            decimal_point: ",".to_owned(),
            grouping: " ".to_owned(),
        };
        Expression::Text(Box::new(function)).evaluate(&feature).text()
    };
    for (value, pattern, expected) in [
        ("1234567.891", "#,##0.00", "1 234 567,89"),
        ("1234567", "#,##0.##", "1 234 567"),
        ("0.5", "#.0", ",5"),
        ("0.5", "0", "1"),
        ("-3.14159", "0.00 m", "-3,14 m"),
        ("-3", "0;(0)", "(3)"),
        ("-0.001", "0.0", "0,0"),
        ("7", "000", "007"),
        ("0.256", "0 %", "26 %"),
    ] {
        assert_eq!(number(value, pattern).as_deref(), Some(expected), "{value} {pattern}");
    }
    assert_eq!(number("x", "0"), None);
    let date = |value: &str, pattern: &str| {
        let function = TextFunction::FormatDate { value: literal(value), pattern: pattern.to_owned() };
        Expression::Text(Box::new(function)).evaluate(&feature).text()
    };
    for (value, pattern, expected) in [
        ("2024-02-09T08:05:03Z", "DD/MM/YYYY hh:mm:ss", "09/02/2024 08:05:03"),
        ("2024-02-09", "D MMMM YYYY", "9 février 2024"),
        ("2024-02-09", "'le' DD.MM.YY", "le 09.02.24"),
    ] {
        assert_eq!(date(value, pattern).as_deref(), Some(expected), "{value} {pattern}");
    }
    assert_eq!(date("hier", "DD"), None);
}

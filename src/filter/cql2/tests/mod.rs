//! CQL2 in both encodings: the standard's examples, precedence, faults, and that what is read comes back.

mod examples;
mod hostile;
mod write;

use super::{parse_json, parse_text};
use crate::filter::ast::{ArithmeticOp, Expr, Filter, LikePart, Literal, TemporalOp};
use crate::filter::{FilterError, Reading};
use crate::geo::{BBox, CrsRef, wkb};
use examples::EXAMPLES;

fn read(text: &str) -> Result<Filter, FilterError> {
    parse_text(text, &Reading::default())
}

fn read_json(text: &str) -> Result<Filter, FilterError> {
    parse_json(text, &Reading::default())
}

fn same(left: &str, right: &str) {
    assert_eq!(read(left).expect(left), read(right).expect(right), "{left} | {right}");
}

fn refused(text: &str) -> String {
    read(text).expect_err(text).to_string()
}

#[test]
fn text_and_json_of_every_example_of_the_standard_are_the_same_tree() {
    assert!(EXAMPLES.len() >= 100, "{}", EXAMPLES.len());
    for (name, text, json) in EXAMPLES {
        let from_text = read(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let from_json = read_json(json).unwrap_or_else(|e| panic!("{name}: {e}"));
        // The one example with and without a hole differs in the hole.
        assert_eq!(from_text, from_json, "{name}");
    }
}

#[test]
fn every_example_comes_back_when_it_is_written_and_read_again() {
    for (name, text, _) in EXAMPLES {
        let filter = read(text).expect(name);
        let as_text = write::text(&filter);
        assert_eq!(read(&as_text).unwrap_or_else(|e| panic!("{name}: {as_text}: {e}")), filter, "{as_text}");
        let as_json = write::json(&filter).to_string();
        assert_eq!(read_json(&as_json).unwrap_or_else(|e| panic!("{name}: {e}")), filter, "{as_json}");
    }
}

#[test]
fn or_binds_weaker_than_and_which_binds_weaker_than_not() {
    same("a=1 OR b=2 AND c=3", "a=1 OR (b=2 AND c=3)");
    same("a=1 AND b=2 OR c=3", "(a=1 AND b=2) OR c=3");
    same("NOT a=1 AND b=2", "(NOT (a=1)) AND b=2");
    same("NOT a=1 OR b=2", "(NOT (a=1)) OR b=2");
    same("not not a=1", "NOT (NOT (a=1))");
    assert_ne!(read("(a=1 OR b=2) AND c=3"), read("a=1 OR b=2 AND c=3"));
    let three = read("a=1 and b=2 and c=3").expect("and");
    assert!(matches!(three, Filter::And(all) if all.len() == 3));
}

#[test]
fn computations_follow_the_grammar_of_the_standard() {
    same("a = 1+2*3", "a = 1+(2*3)");
    same("a = 8-3-2", "a = (8-3)-2");
    same("a = 8/4*2", "a = (8/4)*2");
    same("a = 2*b^2", "a = 2*(b^2)");
    same("a = 7 DIV 2 % 2", "a = (7 div 2) % 2");
    same("a = -b^2", "a = (-b)^2");
    same("a=1038290-2*2^0", "a = 1038290 - (2*(2^0))");
    same("a = b- -1", "a = b - (-1)");
    let negative = read("a = -5").expect("negative");
    let Filter::Compare { right, .. } = negative else { panic!("{negative:?}") };
    assert_eq!(right, Expr::Literal(Literal::Integer(-5)));
    assert!(refused("a = 2^3^2").contains("which power comes first"));
    assert!(refused("a = 1 + (b = 2)").contains("only numbers"));
}

#[test]
fn numbers_are_whole_when_written_whole() {
    let right = |text: &str| match read(text) {
        Ok(Filter::Compare { right: Expr::Literal(literal), .. }) => literal,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(right("a = 9007199254740993"), Literal::Integer(9_007_199_254_740_993));
    assert_eq!(right("a = -9223372036854775808"), Literal::Integer(i64::MIN));
    assert_eq!(right("a = 1.50"), Literal::Number(1.5));
    assert_eq!(right("a = 1e3"), Literal::Number(1000.0));
    assert_eq!(right("a = +.5"), Literal::Number(0.5));
    assert!(refused("a = 1e999").contains("beyond all measure"));
}

#[test]
fn keywords_are_read_in_any_case_and_are_properties_where_nothing_else_is_meant() {
    same("a LiKe 'x' aNd b iS nOt NuLl", "a LIKE 'x' AND b IS NOT NULL");
    same("s_InterSects(geom, point(1 2))", "S_INTERSECTS(geom, POINT(1 2))");
    same("date > DATE('2020-01-01') and point = 3", "\"date\" > DATE('2020-01-01') AND \"point\" = 3");
    same("interval IS NULL", "\"interval\" IS NULL");
    assert!(refused("and = 1").contains("double quotes"));
    assert!(read("\"and\" = 1").is_ok());
    assert!(refused("a = NULL").contains("IS NULL"));
}

#[test]
fn operators_may_have_blanks_inside_as_the_grammar_has() {
    same("a < > 1", "a <> 1");
    same("a > = 1", "a >= 1");
    same("a != 1", "a <> 1");
    assert!(refused("a =< 1").contains("'<' after 'a ='"));
    assert!(refused("a == 1").contains("'=' after 'a ='"));
}

#[test]
fn properties_functions_and_literals_that_are_true_or_false_are_conditions() {
    assert_eq!(read("true"), Ok(Filter::Constant(true)));
    assert_eq!(read("FALSE"), Ok(Filter::Constant(false)));
    assert_eq!(read("piscine"), Ok(Filter::Truth(Expr::Property("piscine".into()))));
    same("NOT piscine AND f(1)", "(NOT (piscine)) AND (f(1))");
    let compared = read("(a = 1) = TRUE").expect("compared");
    assert!(matches!(compared, Filter::Compare { left: Expr::Condition(_), .. }), "{compared:?}");
    assert!(matches!(read("(a > 1) IS NULL"), Ok(Filter::IsNull(Expr::Condition(_)))));
    assert!(matches!(read("f(a > 1, true)"), Ok(Filter::Truth(_))));
    for no_condition in
        ["12", "'x'", "a + 1", "DATE('2020-01-01')", "POINT(1 2)", "(1,2)", "CASEI(a)", "a = 1 AND 2"]
    {
        assert!(refused(no_condition).contains("write a condition"), "{no_condition}");
    }
}

#[test]
fn patterns_have_the_wildcards_of_the_standard() {
    let pattern = |text: &str| match read(text) {
        Ok(Filter::Like { pattern, .. }) => pattern,
        other => panic!("{text}: {other:?}"),
    };
    let text = |t: &str| LikePart::Text(t.to_owned());
    assert_eq!(pattern("a LIKE 'B_r%'"), [text("B"), LikePart::One, text("r"), LikePart::Any]);
    assert_eq!(pattern(r"a LIKE '100\%'"), [text("100%")]);
    assert_eq!(pattern(r"a LIKE '\_*'"), [text("_*")]);
    assert_eq!(pattern("a LIKE ''"), []);
    // A backslash for itself is doubled for the pattern, and each of them for the literal.
    assert_eq!(pattern(r"a LIKE 'a\\\\b'"), [text(r"a\b")]);
}

#[test]
fn case_folds_on_both_sides_of_a_pattern_or_on_the_side_that_says_so() {
    let like = |text: &str| match read(text) {
        Ok(Filter::Like { expr, pattern, match_case }) => (expr, pattern, match_case),
        other => panic!("{text}: {other:?}"),
    };
    let nom = || Box::new(Expr::Property("nom".into()));
    let both = like("CASEI(nom) LIKE casei('B%')");
    assert_eq!(both, (*nom(), vec![LikePart::Text("B".into()), LikePart::Any], false));
    let right = like("nom LIKE CASEI('FOO%')");
    assert_eq!(right, (*nom(), vec![LikePart::Text("foo".into()), LikePart::Any], true));
    let left = like("CASEI(nom) LIKE 'B%'");
    assert_eq!(left, (Expr::CaseI(nom()), vec![LikePart::Text("B".into()), LikePart::Any], true));
    let accents = like("ACCENTI(CASEI(nom)) LIKE accenti(casei('Chiș%'))");
    assert_eq!(accents.0, Expr::AccentI(nom()));
    assert!(!accents.2);
    assert_eq!(accents, like("CASEI(ACCENTI(nom)) LIKE casei(accenti('Chiș%'))"));
}

#[test]
fn a_box_that_is_met_keeps_its_own_straight_edges() {
    let expected =
        |property: &str, bbox| Filter::BBox { property: Some(property.into()), bbox, srid: Some(4326) };
    let bbox = BBox::new(0.0, 40.0, 10.0, 50.0);
    assert_eq!(read("S_INTERSECTS(geom,BBOX(0,40,10,50))"), Ok(expected("geom", bbox)));
    assert_eq!(read("S_INTERSECTS(BBOX(0,40,10,50), geom)"), Ok(expected("geom", bbox)));
    assert_eq!(read("S_INTERSECTS(geom,BBOX(0,40,-5,10,50,99))"), Ok(expected("geom", bbox)));
    let Ok(Filter::Or(parts)) = read("S_INTERSECTS(geom,BBOX(150,-90,-150,90))") else {
        panic!("a box across the antimeridian is two")
    };
    assert_eq!(
        parts,
        [
            expected("geom", BBox::new(150.0, -90.0, 180.0, 90.0)),
            expected("geom", BBox::new(-180.0, -90.0, -150.0, 90.0))
        ]
    );
    assert!(matches!(read("S_WITHIN(geom,BBOX(150,-90,-150,90))"), Ok(Filter::Spatial { .. })));
    for flat in ["BBOX(1,2,1,2)", "BBOX(1,2,1,5)", "BBOX(1,2,4,2)", "BBOX(170,5,-170,5)"] {
        assert!(read(&format!("S_WITHIN(geom,{flat})")).is_ok(), "{flat}");
    }
}

#[test]
fn the_system_of_the_filter_and_its_spelling_decide_the_axes() {
    let place = |crs: &str, text: &str| {
        let reading = Reading { default_crs: Some(CrsRef::parse(crs).expect(crs)), ..Reading::default() };
        match parse_text(text, &reading) {
            Ok(Filter::Spatial { right: Expr::Literal(Literal::Geometry(g)), .. }) => {
                (wkb::bbox(&g.ewkb).expect("bbox"), g.srid)
            }
            other => panic!("{crs}: {other:?}"),
        }
    };
    let at = (BBox::new(5.4, 43.6, 5.4, 43.6), Some(4326));
    assert_eq!(place("http://www.opengis.net/def/crs/EPSG/0/4326", "S_WITHIN(g,POINT(43.6 5.4))"), at);
    assert_eq!(place("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "S_WITHIN(g,POINT(5.4 43.6))"), at);
    assert_eq!(place("EPSG:4326", "S_WITHIN(g,POINT(5.4 43.6))"), at);
    let lambert =
        place("http://www.opengis.net/def/crs/EPSG/0/2154", "S_WITHIN(g,BBOX(8e5,6.2e6,9e5,6.3e6))");
    assert_eq!(lambert, (BBox::new(8e5, 6.2e6, 9e5, 6.3e6), Some(2154)));
    let swapped = place("http://www.opengis.net/def/crs/EPSG/0/4326", "S_WITHIN(g,BBOX(42,4,45,8))");
    assert_eq!(swapped, (BBox::new(4.0, 42.0, 8.0, 45.0), Some(4326)));
}

#[test]
fn a_place_beyond_the_pole_is_refused_as_the_conformance_tests_want() {
    for text in ["S_INTERSECTS(g,POINT(90 180))", "S_INTERSECTS(g,MULTIPOINT(7.02 49.92, 90 180))"] {
        assert!(refused(text).contains("latitude 180"), "{text}");
    }
    assert!(refused("S_INTERSECTS(g,POINT(400 10))").contains("longitude 400"));
    assert!(refused("S_INTERSECTS(g,BBOX(0,0,10,100))").contains("latitude 100"));
    assert!(read("S_INTERSECTS(g,POINT(190 10))").is_ok());
    let json = r#"{"op":"s_intersects","args":[{"property":"g"},{"type":"Point","coordinates":[90,180]}]}"#;
    assert!(read_json(json).expect_err("pole").to_string().contains("latitude 180"));
}

#[test]
fn geometries_are_read_with_heights_and_in_the_forms_that_people_write() {
    same("S_WITHIN(g,MULTIPOINT(1 2, 3 4))", "S_WITHIN(g,MULTIPOINT((1 2),(3 4)))");
    same("S_WITHIN(g,POINT Z (1 2 3))", "S_WITHIN(g,POINT(1 2))");
    same("S_WITHIN(g,POINTZ(1 2 3))", "S_WITHIN(g,POINT(1 2 3))");
    same("S_WITHIN(g,POINT ZM (1 2 3 4))", "S_WITHIN(g,POINT(1 2))");
    same("S_WITHIN(g,LineString(1 -2, 3 +4))", "S_WITHIN(g,LINESTRING (1 -2,3 4))");
    for (bad, said) in [
        ("POINT(1)", "a number is not"),
        ("POINT(1 2 3 4 5)", "close the parenthesis"),
        ("POINT()", "write a number"),
        ("POINT EMPTY", "empty"),
        ("POINT(1, 2)", "write a number"),
        ("LINESTRING(1 2)", "two positions"),
        ("POLYGON((0 0, 1 0, 1 1, 5 5))", "last the same as the first"),
        ("POLYGON(0 0, 1 0, 1 1, 0 0)", "in parentheses"),
        ("POLYGON((0 0, 0 0, 0 0))", "four positions"),
        ("GEOMETRYCOLLECTION(1 2)", "write a geometry"),
        ("MULTIPOLYGON(((0 0,1 0,1 1,0 0))", "close the parenthesis"),
        ("BBOX(1,2,3)", "3 values"),
        ("BBOX(1,2,3,4,5,6,7)", "six with heights"),
        ("BBOX(1,5,2,4)", "reversed"),
        ("POINT(nan 1)", "write a number"),
    ] {
        let error = read(&format!("S_WITHIN(g,{bad})")).expect_err(bad).to_string();
        let said = if said == "a number is not" { "write a number" } else { said };
        assert!(error.contains(said), "{bad}: {error}");
    }
}

#[test]
fn times_are_days_instants_and_intervals() {
    let Ok(Filter::Temporal { op, right, .. }) = read("t_after(d, interval('2020-01-01','..'))") else {
        panic!("temporal")
    };
    assert_eq!(op, TemporalOp::After);
    assert!(matches!(right, Expr::Interval(..)));
    same(
        "T_AFTER(d, TIMESTAMP('2020-01-01T10:00:00+02:00'))",
        "T_AFTER(d, TIMESTAMP('2020-01-01T08:00:00Z'))",
    );
    same("T_AFTER(d, INTERVAL('', '2020-01-01'))", "T_AFTER(d, INTERVAL('..', '2020-01-01'))");
    assert!(read("T_AFTER(d, INTERVAL('2020-01-01T10:00:00Z', '2020-01-01'))").is_ok());
    for (bad, said) in [
        ("DATE('2020-02-30')", "DATE('2021-08-02')"),
        ("DATE('hier')", "DATE('2021-08-02')"),
        ("DATE(2020)", "DATE('2021-08-02')"),
        ("DATE('2020-01-01T00:00:00Z')", "DATE('2021-08-02')"),
        ("TIMESTAMP('2020-01-01')", "TIMESTAMP('2021-08-02T12:00:00Z')"),
        ("TIMESTAMP('2020-01-01T25:00:00Z')", "TIMESTAMP('2021-08-02T12:00:00Z')"),
        ("INTERVAL('2020-01-01')", "a comma"),
        ("INTERVAL('2020-01-01','demain')", "'..'"),
        ("INTERVAL('2020-01-02','2020-01-01')", "earlier end first"),
        ("INTERVAL('2020-01-01','2021-01-01','..')", "two ends"),
    ] {
        let error = read(&format!("T_AFTER(d, {bad})")).expect_err(bad).to_string();
        assert!(error.contains(said), "{bad}: {error}");
    }
}

#[test]
fn arrays_may_be_empty_of_one_or_nested() {
    let right = |text: &str| match read(text) {
        Ok(Filter::Array { right: Expr::Array(list), .. }) => list.len(),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(right("A_EQUALS(t, ())"), 0);
    assert_eq!(right("A_EQUALS(t, ('a'))"), 1);
    assert_eq!(right("A_EQUALS(t, ((1,2),(3,4),5))"), 3);
    same("A_EQUALS(t, ('a'))", "a_equals(t,( 'a' ))");
    let one = r#"{"op":"a_equals","args":[{"property":"t"},["a"]]}"#;
    assert_eq!(read_json(one), read("A_EQUALS(t, ('a'))"));
    assert!(refused("a IN ()").contains("at least one value"));
}

#[test]
fn faults_say_where_what_and_what_instead() {
    for (bad, said) in [
        ("", "the end is not expected; write a condition"),
        ("etages >", "the end after 'etages >' is not expected; write a property, a literal or a function"),
        ("etages > 5 nom = 'x'", "column 12: 'nom' after 'etages > 5' is not expected; write AND or OR"),
        ("etages > 5 AND", "the end after 'etages > 5 AND'"),
        ("(etages > 5", "close what was opened"),
        ("etages > 5)", "')' after 'etages > 5'"),
        ("a = b = c", "put the first comparison in parentheses"),
        ("a NOT = 5", "LIKE, BETWEEN or IN"),
        ("a LIKE b", "write the pattern as a text"),
        ("a LIKE CASEI('x'", "close the parenthesis behind the pattern"),
        ("a BETWEEN 1 OR 2", "BETWEEN lower AND upper"),
        ("a IN 1", "values in parentheses"),
        ("a IS 5", "IS NULL or IS NOT NULL"),
        ("S_INTERSECTS(a)", "the second operand"),
        ("S_INTERSECTS(a,b,c)", "two operands"),
        ("f(a", "write a comma, or close"),
        ("a ; b", "';'"),
        ("a = 'x", "close the text"),
        ("\"\" = 1", "the name of a property"),
        ("[a = 1]", "'['"),
        ("a = 1\n  AND\n b ! 2", "line 3"),
    ] {
        let error = refused(bad);
        assert!(error.contains(said), "{bad}: {error}");
        assert!(error.starts_with("CQL2 text: line "), "{error}");
    }
}

#[test]
fn faults_of_json_name_the_operator_and_the_place() {
    for (bad, said) in [
        ("", "the end is not expected"),
        ("{", "the end is not expected"),
        ("nom = 'x'", "line 1, column 2"),
        ("{\"op\":\"=\",}", "CQL2 JSON: line 1"),
        ("[]", "write a condition"),
        ("12", "write a condition"),
        ("null", "write a condition"),
        ("\"x\"", "write a condition"),
        ("{}", "write a condition"),
        (r#"{"op":5,"args":[]}"#, "'op' must be the name"),
        (r#"{"op":"="}"#, "'=' needs its arguments in 'args'"),
        (r#"{"op":"=","args":[{"property":"a"}]}"#, "'=' needs two arguments; 1 given"),
        (r#"{"op":"=","args":[{"property":"a"},1,2]}"#, "3 given"),
        (r#"{"op":"=","args":[{"property":"a"},null]}"#, "isNull"),
        (r#"{"op":"=","args":[{"property":5},1]}"#, "(at args[0])"),
        (r#"{"op":"and","args":[]}"#, "'and' needs conditions"),
        (
            r#"{"op":"and","args":[true,{"op":"not","args":[{"op":"=","args":[1,{"x":1}]}]}]}"#,
            "(at args[1].args[0].args[1])",
        ),
        (r#"{"op":"not","args":[true,true]}"#, "one condition; 2 given"),
        (r#"{"op":"+","args":[1,2]}"#, "it yields a value"),
        (r#"{"op":"=","args":[{"op":"+","args":[1]},2]}"#, "'+' needs two numbers; 1 given"),
        (r#"{"op":"like","args":[{"property":"a"},5]}"#, "the pattern must be a text"),
        (
            r#"{"op":"like","args":[{"property":"a"},{"op":"upper","args":["x"]}]}"#,
            "the pattern must be a text",
        ),
        (r#"{"op":"between","args":[{"property":"a"},1]}"#, "an upper end; 2 given"),
        (r#"{"op":"in","args":[{"property":"a"},[]]}"#, "at least one value"),
        (r#"{"op":"isNull","args":[]}"#, "one argument; 0 given"),
        (r#"{"op":"t_after","args":[{"property":"a"},{"date":"2020-02-30"}]}"#, "write a day"),
        (r#"{"op":"t_after","args":[{"property":"a"},{"timestamp":5}]}"#, "write an instant"),
        (
            r#"{"op":"t_after","args":[{"property":"a"},{"interval":["2020-01-01"]}]}"#,
            "an interval has two ends",
        ),
        (r#"{"op":"s_within","args":[{"property":"a"},{"bbox":[1,2,3]}]}"#, "3 values"),
        (r#"{"op":"s_within","args":[{"property":"a"},{"bbox":[1,2,3,"x"]}]}"#, "is not a number"),
        (
            r#"{"op":"s_within","args":[{"property":"a"},{"type":"Feature"}]}"#,
            "'Feature' is no geometry type",
        ),
        (r#"{"op":"s_within","args":[{"property":"a"},{"type":"Point"}]}"#, "needs 'coordinates'"),
        (r#"{"op":"s_within","args":[{"property":"a"},{"type":"Point","coordinates":[1]}]}"#, "two numbers"),
        (
            r#"{"op":"s_within","args":[{"property":"a"},{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,5]]]}]}"#,
            "last the same",
        ),
        (
            r#"{"op":"s_within","args":[{"property":"a"},{"type":"MultiPoint","coordinates":[]}]}"#,
            "at least one part",
        ),
    ] {
        let error = read_json(bad).expect_err(bad).to_string();
        assert!(error.contains(said), "{bad}: {error}");
    }
}

#[test]
fn json_of_older_drafts_and_lenient_clients_is_understood() {
    for (json, text) in [
        (r#"{"op":"between","args":[{"property":"a"},[1,2]]}"#, "a BETWEEN 1 AND 2"),
        (r#"{"op":"isNull","args":{"property":"a"}}"#, "a IS NULL"),
        (r#"{"op":"NOT","args":[{"op":"ISNULL","args":[{"property":"a"}]}]}"#, "a IS NOT NULL"),
        (r#"{"op":"=","args":["x",{"property":"a"}]}"#, "'x' = a"),
        (r#"{"op":"eq","args":[{"property":"a"},1]}"#, "a = 1"),
        (r#"{"op":"in","args":[{"property":"a"},1,2]}"#, "a IN (1,2)"),
        (
            r#"{"op":"T_AFTER","args":[{"property":"a"},{"interval":["2020-01-01",null]}]}"#,
            "T_AFTER(a,INTERVAL('2020-01-01','..'))",
        ),
        (r#"{"op":"=","args":[{"property":"a"},{"op":"-","args":[{"property":"b"}]}]}"#, "a = -b"),
        (r#"{"op":"=","args":[{"op":"=","args":[1,2]},true]}"#, "(1=2) = true"),
        (r#"{"property":"piscine"}"#, "piscine"),
        ("true", "true"),
    ] {
        assert_eq!(read_json(json), read(text), "{json}");
    }
}

#[test]
fn a_negated_property_is_computed() {
    let Ok(Filter::Compare { right, .. }) = read("a = -b") else { panic!("compare") };
    assert!(matches!(right, Expr::Arithmetic { op: ArithmeticOp::Mul, .. }));
}

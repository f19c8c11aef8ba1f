//! ECQL as users of GeoServer write it.

use super::{parse, split};
use crate::filter::ast::{Expr, Filter, Literal, SpatialOp, TemporalOp};
use crate::filter::cql2::parse_text;
use crate::filter::{FilterError, Reading};
use crate::geo::{BBox, CrsRef, wkb};
use proptest::prelude::*;

fn read(text: &str) -> Result<Filter, FilterError> {
    parse(text, &Reading::default())
}

fn same(left: &str, right: &str) {
    assert_eq!(read(left).expect(left), read(right).expect(right), "{left} | {right}");
}

fn refused(text: &str) -> String {
    read(text).expect_err(text).to_string()
}

#[test]
fn what_it_shares_with_cql2_is_the_same_tree() {
    for text in [
        "population > 10000 AND nom <> 'Arles'",
        "nom LIKE 'Mar%' OR nom NOT LIKE '%x_'",
        "a BETWEEN 1 AND 2.5 AND b NOT BETWEEN 3 AND 4",
        "a IN ('x','y') AND b NOT IN (1,2)",
        "a IS NULL AND NOT b IS NOT NULL",
        "strToLowerCase(a) = 'x' AND abs(b - 3) * 2 < c / 4",
        "(a = 1 OR b = 2) AND c = true",
        "\"été\" = 'l''eau'",
    ] {
        assert_eq!(read(text), parse_text(text, &Reading::default()), "{text}");
    }
}

#[test]
fn conditions_may_be_grouped_by_square_brackets() {
    same("[a = 1 OR b = 2] AND c = 3", "(a = 1 OR b = 2) AND c = 3");
    same("NOT [a = 1]", "NOT a = 1");
    assert!(refused("[a = 1)").contains("close what was opened"));
}

#[test]
fn spatial_predicates_name_their_geometry_and_are_in_the_layers_own_system() {
    for (word, op) in [
        ("EQUALS", SpatialOp::Equals),
        ("DISJOINT", SpatialOp::Disjoint),
        ("INTERSECTS", SpatialOp::Intersects),
        ("TOUCHES", SpatialOp::Touches),
        ("CROSSES", SpatialOp::Crosses),
        ("WITHIN", SpatialOp::Within),
        ("CONTAINS", SpatialOp::Contains),
        ("overlaps", SpatialOp::Overlaps),
    ] {
        let filter = read(&format!("{word}(geom, POINT(892000 6247000))")).expect(word);
        let Filter::Spatial { op: found, left, right } = filter else { panic!("{word}: {filter:?}") };
        assert_eq!((found, left), (op, Expr::Property("geom".into())));
        let Expr::Literal(Literal::Geometry(geometry)) = right else { panic!("{right:?}") };
        assert_eq!(geometry.srid, None);
    }
    assert!(read("INTERSECTS(geom, autre)").is_ok());
    assert!(read("INTERSECTS(buffer(geom, 3), POINT(1 2))").is_ok());
    let related = read("RELATE(geom, POINT(1 2), 'T*****FF*')").expect("a matrix");
    assert!(
        matches!(&related, Filter::Truth(Expr::Function { name, args }) if name == "RELATE" && args.len() == 3),
        "{related:?}"
    );
    assert!(refused("INTERSECTS(geom)").contains("the second geometry"));
}

#[test]
fn a_geometry_may_name_its_system_and_is_x_y_all_the_same() {
    let place = |text: &str, reading: &Reading| match parse(text, reading) {
        Ok(Filter::Spatial { right: Expr::Literal(Literal::Geometry(g)), .. }) => {
            (wkb::bbox(&g.ewkb).expect("bbox"), g.srid)
        }
        other => panic!("{text}: {other:?}"),
    };
    let at = BBox::new(5.4, 43.6, 5.4, 43.6);
    let plain = Reading::default();
    assert_eq!(place("WITHIN(geom, SRID=4326;POINT(5.4 43.6))", &plain), (at, Some(4326)));
    assert_eq!(place("WITHIN(geom, srid = 4326 ; POINT(5.4 43.6))", &plain), (at, Some(4326)));
    let urn = CrsRef::parse("urn:ogc:def:crs:EPSG::4326").expect("crs");
    let reading = Reading { default_crs: Some(urn), ..Reading::default() };
    assert_eq!(place("WITHIN(geom, POINT(5.4 43.6))", &reading), (at, Some(4326)));
    assert!(refused("WITHIN(geom, SRID=99;POINT(1 2))").contains("99"));
    assert!(refused("WITHIN(geom, SRID=4326;nom)").contains("SRID=2154;POINT"));
    assert!(refused("WITHIN(geom, SRID=4326.5;POINT(1 2))").contains("4326.5"));
}

#[test]
fn boxes_have_an_optional_system() {
    let bbox = BBox::new(4.0, 42.0, 8.0, 45.0);
    let filter = |srid| Ok(Filter::BBox { property: Some("geom".into()), bbox, srid });
    assert_eq!(read("BBOX(geom, 4, 42, 8, 45)"), filter(None));
    assert_eq!(read("BBOX(geom, 4, 42, 8, 45, 'EPSG:4326')"), filter(Some(4326)));
    assert_eq!(read("bbox(geom,42,4,45,8,'urn:ogc:def:crs:EPSG::4326')"), filter(Some(4326)));
    assert_eq!(read("INTERSECTS(geom, ENVELOPE(4, 8, 45, 42))"), filter(None));
    assert_eq!(read("INTERSECTS(geom, ENVELOPE(4, 8, 42, 45))"), filter(None));
    for (bad, said) in [
        ("BBOX(geom, 4, 42, 8)", "3 values"),
        ("BBOX(4, 42, 8, 45)", "3 values"),
        ("BBOX(geom, 8, 42, 4, 45)", "reversed"),
        ("BBOX(geom, 4, 42, 8, 45, 'EPSG:0')", "EPSG:0"),
        ("BBOX(geom, 4, 42, 8, 45, 'EPSG:4326', 3)", "write BBOX"),
        ("BBOX(geom, 1,2,3,4,5,6,7,8)", "write BBOX"),
    ] {
        assert!(refused(bad).contains(said), "{bad}: {}", refused(bad));
    }
}

#[test]
fn distances_have_units() {
    for (unit, expected) in [
        ("meters", 10.0),
        ("metres", 10.0),
        ("kilometers", 10_000.0),
        ("feet", 3.048),
        ("statute miles", 16_093.44),
        ("nautical miles", 18_520.0),
    ] {
        for (word, is_beyond) in [("DWITHIN", false), ("BEYOND", true)] {
            let text = format!("{word}(geom, POINT(1 2), 10, {unit})");
            let Ok(Filter::Distance { beyond, metres, .. }) = read(&text) else { panic!("{text}") };
            assert_eq!(beyond, is_beyond);
            assert!((metres - expected).abs() < 1e-9, "{text}: {metres}");
        }
    }
    assert!(refused("DWITHIN(geom, POINT(1 2), 10)").contains("the unit of the distance"));
    assert!(refused("DWITHIN(geom, POINT(1 2), 10, leagues)").contains("'leagues'"));
    assert!(refused("DWITHIN(geom, POINT(1 2), 10, statute)").contains("statute miles"));
    assert!(refused("DWITHIN(geom, POINT(1 2), -1, meters)").contains("zero or more"));
}

#[test]
fn times_stand_between_and_periods_may_have_a_length() {
    let right = |text: &str| match read(text) {
        Ok(Filter::Temporal { op, right, .. }) => (op, right),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(right("d BEFORE 2021-08-02T12:00:00Z").0, TemporalOp::Before);
    assert_eq!(right("d AFTER 2021-08-02").0, TemporalOp::After);
    assert_eq!(right("d TEQUALS '2021-08-02T12:00:00Z'").0, TemporalOp::Equals);
    let period = right("d DURING 2021-01-31T00:00:00Z/2021-02-28T00:00:00Z");
    assert_eq!(period.0, TemporalOp::During);
    assert_eq!(right("d DURING 2021-01-31T00:00:00Z/P1M"), period);
    assert_eq!(right("d DURING 2021-01-31T00:00:00Z/P28D"), period);
    assert_eq!(right("d DURING 2021-01-31T00:00:00Z/P4W"), period);
    assert_eq!(right("d DURING P28D/2021-02-28T00:00:00Z"), period);
    assert_eq!(right("d DURING 2021-01-31T00:00:00Z/P27DT23H59M60S"), period);
    assert!(matches!(right("d AFTER autre").1, Expr::Property(_)));
    same("d BEFORE 2020-01-01 OR e = 1", "(d BEFORE 2020-01-01) OR e = 1");
    for (text, outside) in [
        ("d BEFORE OR DURING 2020-01-01/P1Y", TemporalOp::Before),
        ("d DURING OR AFTER 2020-01-01/P1Y", TemporalOp::After),
    ] {
        let Ok(Filter::Or(parts)) = read(text) else { panic!("{text}") };
        let ops: Vec<_> = parts
            .iter()
            .map(|part| match part {
                Filter::Temporal { op, .. } => *op,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(ops, [outside, TemporalOp::Intersects]);
    }
    assert!(read("d > 2021-08-02T12:00:00Z AND d BETWEEN 2020-01-01 AND 2021-01-01").is_ok());
    for (bad, said) in [
        ("d DURING 2021-02-30/P1D", "2021-08-02T12:00:00Z"),
        ("d DURING 2021-01-01/demain", "P1D"),
        ("d DURING 2021-01-02/2021-01-01", "earlier end first"),
        ("d DURING P1D/P2D", "P1D"),
        ("d DURING P1D", "P1D"),
        ("d DURING 9999-01-01/P9999Y", "four digits"),
        ("d DURING P9999Y/2000-01-01", "four digits"),
        ("d DURING 2021-01-01/P99999999999Y", "P1D"),
        ("d > 2021-99-01", "a day that exists"),
    ] {
        let error = refused(bad);
        assert!(error.contains(said), "{bad}: {error}");
    }
}

#[test]
fn a_list_without_property_is_of_identifiers() {
    let ids = |list: &[&str]| Ok(Filter::Ids(list.iter().map(|id| (*id).to_owned()).collect()));
    assert_eq!(read("IN ('communes.1','communes.2')"), ids(&["communes.1", "communes.2"]));
    assert_eq!(read("in (12)"), ids(&["12"]));
    assert!(matches!(read("NOT IN ('communes.1')"), Ok(Filter::Not(_))));
    assert!(matches!(read("a = 1 AND IN ('communes.1')"), Ok(Filter::And(_))));
    assert!(refused("IN ()").contains("write identifiers"));
    assert!(refused("IN (a)").contains("write identifiers"));
}

#[test]
fn everything_nothing_existence_and_patterns_without_case() {
    assert_eq!(read("INCLUDE"), Ok(Filter::Constant(true)));
    assert_eq!(read("exclude"), Ok(Filter::Constant(false)));
    let Ok(Filter::Like { match_case, .. }) = read("nom ILIKE '%arl%'") else { panic!("like") };
    assert!(!match_case);
    assert!(matches!(read("nom NOT ILIKE '%arl%'"), Ok(Filter::Not(_))));
    assert!(matches!(read("nom EXISTS"), Ok(Filter::Or(_))));
    assert!(matches!(read("nom DOES-NOT-EXIST"), Ok(Filter::And(_))));
    assert!(refused("nom DOES-EXIST").contains("DOES-NOT-EXIST"));
    assert!(refused("3 EXISTS").contains("a property before EXISTS"));
}

#[test]
fn faults_are_told_in_the_languages_name() {
    for bad in ["a =", "a = 1 b", "CASEI(a) =", "a # 1", "INTERSECTS(geom, POINT(1))", "a = 2020-01-01T"] {
        let error = refused(bad);
        assert!(error.starts_with("ECQL: line 1, column "), "{bad}: {error}");
    }
}

#[test]
fn a_list_is_split_at_its_semicolons_only() {
    assert_eq!(split("a = 1; b = ';' ;\"c;\" = 2"), ["a = 1", "b = ';'", "\"c;\" = 2"]);
    assert_eq!(split("WITHIN(g, SRID=4326;POINT(1 2));a = 1"), ["WITHIN(g, SRID=4326;POINT(1 2))", "a = 1"]);
    assert_eq!(split("srid = 12 ; POINT(1 2); b"), ["srid = 12 ; POINT(1 2)", "b"]);
    assert_eq!(split("a = 4326;b"), ["a = 4326", "b"]);
    assert_eq!(split(""), [""]);
    assert_eq!(split("a;;b"), ["a", "", "b"]);
}

#[test]
fn no_nesting_uses_up_the_stack() {
    for text in
        ["[", "(", "NOT ", "f(", "IN (", "BBOX(", "DWITHIN(", "a DURING f(", "INTERSECTS(f(", "a = 1 OR ["]
    {
        assert_eq!(read(&text.repeat(100_000)), Err(FilterError::TooDeep(100)), "{text}");
    }
}

const PIECES: [&str; 34] = [
    "(",
    ")",
    "[",
    "]",
    ",",
    "'",
    "\"",
    ";",
    " ",
    "/",
    "-",
    "=",
    "<",
    "NOT ",
    " AND ",
    " OR ",
    " LIKE 'x'",
    " IN ",
    " DURING ",
    " BEFORE ",
    "2020-01-01",
    "T10:00:00Z",
    "P1D",
    "SRID=4326;",
    "POINT(1 2)",
    "BBOX(",
    "geom",
    "DWITHIN(",
    " meters",
    "1",
    "é",
    "INCLUDE",
    " EXISTS",
    " DOES-NOT-EXIST",
];

proptest! {
    #[test]
    fn pieces_thrown_together_never_panic(parts in prop::collection::vec(0..PIECES.len(), 0..25)) {
        let text: String = parts.iter().map(|part| PIECES[*part]).collect();
        let _ = read(&text);
        let joined = split(&text).join(";");
        prop_assert_eq!(joined.matches(';').count(), text.matches(';').count());
    }

    #[test]
    fn no_text_at_all_makes_reading_panic(text in any::<String>()) {
        let _ = read(&text);
        let _ = split(&text);
    }
}

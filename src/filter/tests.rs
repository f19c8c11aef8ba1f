//! What a filter becomes: SQL without values, or an error that names the fault.

use super::ast::{ArithmeticOp, CompareOp, Expr, Filter, Geometry, LikePart, Literal, SpatialOp};
use super::{FilterError, Property, PropertyKind, Schema, SqlBuilder, check};
use crate::geo::{BBox, wkb};
use crate::model::ColumnType;

/// One property of each type.
struct Table {
    srid: i32,
}

impl Schema for Table {
    fn property(&self, name: &str) -> Option<Property> {
        let kind = match name {
            "nom" => ColumnType::Text,
            "pop" => ColumnType::Integer,
            "ratio" => ColumnType::Real,
            "ok" => ColumnType::Boolean,
            "maj" => ColumnType::Date,
            "vu" => ColumnType::Timestamp,
            "raw" => ColumnType::Binary,
            "json" => ColumnType::Json,
            "geom" => return self.geometry(),
            _ => return None,
        };
        Some(Property { sql: format!("\"{name}\""), kind: PropertyKind::Column(kind) })
    }

    fn geometry(&self) -> Option<Property> {
        (self.srid != 0)
            .then(|| Property { sql: "geom".into(), kind: PropertyKind::Geometry { srid: self.srid } })
    }

    fn names(&self) -> Vec<String> {
        ["nom", "pop", "geom"].map(str::to_owned).to_vec()
    }

    fn identifier(&self) -> Property {
        Property { sql: "fid".into(), kind: PropertyKind::Column(ColumnType::BigInteger) }
    }

    fn identifier_value(&self, id: &str) -> Option<String> {
        id.strip_prefix("t.").map(str::to_owned)
    }
}

fn sql_in(filter: &Filter, srid: i32) -> Result<String, FilterError> {
    let mut sql = SqlBuilder::new();
    check(filter, &Table { srid })?.to_sql(&mut sql);
    Ok(sql.text().to_owned())
}

fn sql(filter: &Filter) -> Result<String, FilterError> {
    sql_in(filter, 2154)
}

fn property(name: &str) -> Expr {
    Expr::Property(name.into())
}

fn text(text: &str) -> Expr {
    Expr::Literal(Literal::Text(text.into()))
}

fn compare(op: CompareOp, left: Expr, right: Expr) -> Filter {
    Filter::Compare { op, left, right, match_case: true }
}

fn equal(name: &str, literal: &str) -> Filter {
    compare(CompareOp::Equal, property(name), text(literal))
}

fn point(srid: Option<i32>) -> Expr {
    let ewkb = wkb::from_geo(&geo_types::Point::new(5.4, 43.6).into(), srid.unwrap_or(0)).expect("ewkb");
    Expr::Literal(Literal::Geometry(Geometry { ewkb, srid }))
}

#[test]
fn values_are_bound_and_never_written() {
    let attack = "x'; drop table data.t; --";
    assert_eq!(sql(&equal("nom", attack)).expect("fits"), "(\"nom\" = $1::text)");
    let like = Filter::Like {
        expr: property("nom"),
        pattern: vec![LikePart::Text(attack.into()), LikePart::Any],
        match_case: false,
    };
    assert_eq!(sql(&like).expect("fits"), "(lower(\"nom\") like lower($1::text))");
    let ids = Filter::Ids(vec!["t.1".into(), "u.2".into(), "t.1; drop".into()]);
    assert_eq!(sql(&ids).expect("fits"), "(fid = any($1::bigint[]))");
    let bbox = Filter::BBox { property: None, bbox: BBox::new(0.0, 0.0, 1.0, 1.0), srid: None };
    let exact = "(geom && $1::geometry and case when geom @ $2::geometry then true else ST_Intersects(geom, $3::geometry) end)";
    assert_eq!(sql(&bbox).expect("fits"), exact);
}

#[test]
fn literals_take_the_type_of_the_property() {
    for (name, literal, written) in [
        ("pop", "12", "$1::bigint"),
        ("pop", "12.5", "$1::text::numeric"),
        ("ratio", "12", "$1::float8"),
        ("ok", "1", "$1::boolean"),
        ("maj", "2021-08-02", "$1::date"),
        ("maj", "2021-08-02T23:00:00Z", "$1::date"),
        ("vu", "2021-08-02T10:00:00+02:00", "$1::timestamptz"),
        ("nom", "12", "$1::text"),
    ] {
        assert_eq!(sql(&equal(name, literal)).expect("fits"), format!("(\"{name}\" = {written})"));
    }
    assert_eq!(
        sql(&equal("vu", "2021-08-02")).expect("fits"),
        "((\"vu\" >= $1::timestamptz) and (\"vu\" < $2::timestamptz))"
    );
    let reversed = compare(CompareOp::Less, text("3"), property("pop"));
    assert_eq!(sql(&reversed).expect("fits"), "(\"pop\" > $1::bigint)");
}

#[test]
fn what_does_not_fit_is_named() {
    let arithmetic = Expr::Arithmetic {
        op: ArithmeticOp::Add,
        left: Box::new(property("nom")),
        right: Box::new(text("1")),
    };
    let call = |name: &str, args: Vec<Expr>| Expr::Function { name: name.into(), args };
    for (filter, said) in [
        (equal("wibble", "1"), "there is no property 'wibble'; there are: nom, pop, geom"),
        (equal("pop", "douze"), "'douze' is not a number, which property 'pop' needs"),
        (equal("ok", "oui"), "'oui' is not a truth value"),
        (equal("maj", "2021-02-30"), "'2021-02-30' is not a date"),
        (equal("raw", "x"), "'x' is not a binary value"),
        (equal("geom", "x"), "'geom' is a geometry; compare it with a spatial operator"),
        (
            compare(CompareOp::Equal, property("nom"), property("pop")),
            "property 'nom' is text and property 'pop' is number: they can't be compared",
        ),
        (compare(CompareOp::Equal, arithmetic, text("1")), "they can't be computed"),
        (
            compare(CompareOp::Equal, call("wibble", vec![]), text("1")),
            "there is no function 'wibble'; there are: lower",
        ),
        (compare(CompareOp::Equal, call("lower", vec![]), text("1")), "function 'lower' takes one text"),
        (
            compare(CompareOp::Equal, call("abs", vec![property("nom")]), text("1")),
            "function 'abs' takes one number",
        ),
        (
            Filter::Spatial { op: SpatialOp::Within, left: property("nom"), right: point(None) },
            "'nom' is not a geometry",
        ),
        (
            Filter::BBox { property: None, bbox: BBox::new(1.0, 0.0, 0.0, 1.0), srid: None },
            "a box needs finite numbers",
        ),
        (
            Filter::Distance {
                beyond: false,
                left: Expr::DefaultGeometry,
                right: point(None),
                metres: f64::NAN,
            },
            "finite distance",
        ),
    ] {
        let error = sql(&filter).expect_err(said).to_string();
        assert!(error.contains(said), "{error}");
    }
    let nowhere = Filter::BBox { property: None, bbox: BBox::new(0.0, 0.0, 1.0, 1.0), srid: None };
    assert_eq!(sql_in(&nowhere, 0), Err(FilterError::NoGeometry));
}

#[test]
fn filters_that_code_nests_without_end_are_refused() {
    let mut filter = Filter::Constant(true);
    for _ in 0..2_000 {
        filter = Filter::Not(Box::new(filter));
    }
    assert!(matches!(sql(&filter), Err(FilterError::TooDeep(_))));
}

#[test]
fn the_deepest_filters_that_are_allowed_leave_stack_to_spare() {
    let deepest = super::FilterLimits::DEEPEST - 1;
    let mut expr = property("pop");
    for _ in 0..deepest {
        expr = Expr::Arithmetic { op: ArithmeticOp::Add, left: Box::new(expr), right: Box::new(text("1")) };
    }
    assert!(sql(&compare(CompareOp::Equal, expr, text("1"))).is_ok());
    let mut filter = equal("pop", "1");
    for _ in 0..deepest {
        filter = Filter::Not(Box::new(filter));
    }
    assert!(sql(&filter).is_ok());
}

#[test]
fn the_whole_world_is_no_obstacle_to_a_national_grid() {
    for srid in [4326, 3857] {
        let bbox = if srid == 4326 {
            BBox::new(-180.0, -90.0, 180.0, 90.0)
        } else {
            BBox::new(-20_037_508.34, -20_037_508.34, 20_037_508.34, 20_037_508.34)
        };
        let world = Filter::BBox { property: None, bbox, srid: Some(srid) };
        assert!(sql(&world).expect("placed").contains("ST_Intersects"), "{srid}");
    }
    let antipodes =
        Filter::BBox { property: None, bbox: BBox::new(160.0, -50.0, 170.0, -40.0), srid: Some(4326) };
    assert_eq!(sql(&antipodes).expect("nothing there"), "false");
}

#[test]
fn distances_are_metres_whatever_the_system() {
    let near = Filter::Distance {
        beyond: false,
        left: Expr::DefaultGeometry,
        right: point(Some(4326)),
        metres: 500.0,
    };
    assert_eq!(sql(&near).expect("fits"), "ST_DWithin(geom, $1::geometry, $2::float8)");
    assert_eq!(
        sql_in(&near, 4326).expect("fits"),
        "(geom && $1::geometry and ST_DWithin((geom)::geography, $2::geography, $3::float8))"
    );
    let beyond =
        Filter::Distance { beyond: true, left: Expr::DefaultGeometry, right: point(Some(4326)), metres: 1.0 };
    assert!(sql(&beyond).expect("fits").starts_with("(not "));
}

#[test]
fn empty_combinations_are_constants() {
    assert_eq!(sql(&Filter::And(Vec::new())).expect("fits"), "true");
    assert_eq!(sql(&Filter::Or(Vec::new())).expect("fits"), "false");
    assert_eq!(sql(&Filter::IsNull(property("geom"))).expect("fits"), "(geom is null)");
    assert_eq!(sql(&Filter::IsNull(property("raw"))).expect("fits"), "(\"raw\" is null)");
}

//! The SQL's answer equals a naive evaluation in memory, for filters made at random.

use super::{fids, layer};
use crate::support::database;
use datasud::config::Limits;
use datasud::features::{FeatureEngine, Geometry, Query};
use datasud::filter::ast::{self, ArithmeticOp, CompareOp, Expr, Filter, LikePart, Literal, SpatialOp};
use datasud::geo::{BBox, wkb};
use datasud::model::{ColumnType, GeometryType};
use geo::{Distance, Euclidean, Intersects, Relate};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cmp::Ordering;

/// A row as the evaluator sees it.
#[derive(Clone, Debug)]
struct Row {
    fid: i64,
    nom: Option<&'static str>,
    pop: Option<i64>,
    surface: Option<f64>,
    vaste: Option<bool>,
    maj: Option<&'static str>,
    wkt: Option<&'static str>,
}

const NAMES: [Option<&str>; 8] = [
    Some("Apt"),
    Some("Étang"),
    Some("étang"),
    Some(""),
    None,
    Some("100%_\\x"),
    Some("l'île \"d\""),
    Some("apt"),
];
const NUMBERS: [Option<i64>; 6] = [Some(0), Some(-3), None, Some(12), Some(13), Some(2_000_000_000)];
const SURFACES: [Option<f64>; 5] = [Some(0.5), Some(12.0), None, Some(-1.25), Some(238.5)];
const TRUTHS: [Option<bool>; 3] = [Some(true), Some(false), None];
const DAYS: [Option<&str>; 4] = [Some("2021-08-02"), None, Some("1999-12-31"), Some("2024-02-29")];
const SHAPES: [Option<&str>; 10] = [
    Some("POINT(1 1)"),
    Some("POINT(5 5)"),
    Some("LINESTRING(0 0,4 4)"),
    Some("LINESTRING(2 0,2 9)"),
    Some("POLYGON((0 0,4 0,4 4,0 4,0 0))"),
    Some("POLYGON((2 2,6 2,6 6,2 6,2 2),(3 3,5 3,5 5,3 5,3 3))"),
    // Crosses itself.
    Some("POLYGON((6 6,9 9,9 6,6 9,6 6))"),
    Some("POLYGON EMPTY"),
    None,
    Some("MULTIPOINT((1 1),(8 8))"),
];

fn rows() -> Vec<Row> {
    (0..120)
        .map(|i: usize| Row {
            fid: i64::try_from(i).expect("small"),
            nom: NAMES[i % NAMES.len()],
            pop: NUMBERS[i / 2 % NUMBERS.len()],
            surface: SURFACES[i / 3 % SURFACES.len()],
            vaste: TRUTHS[i % TRUTHS.len()],
            maj: DAYS[i / 5 % DAYS.len()],
            wkt: SHAPES[i % SHAPES.len()],
        })
        .collect()
}

fn shape(wkt: &str) -> geo_types::Geometry<f64> {
    use geozero::ToGeo;
    geozero::wkt::Wkt(wkt).to_geo().expect("wkt")
}

/// A value of the evaluator.
#[derive(Clone, Debug, PartialEq)]
enum Val {
    Null,
    Text(String),
    Number(f64),
    Truth(bool),
    /// Days order as their text does.
    Day(String),
}

fn value(expr: &Expr, row: &Row) -> Val {
    match expr {
        Expr::Property(name) => match name.as_str() {
            "nom" => row.nom.map_or(Val::Null, |v| Val::Text(v.to_owned())),
            #[allow(clippy::cast_precision_loss)]
            "pop" => row.pop.map_or(Val::Null, |v| Val::Number(v as f64)),
            "surface" => row.surface.map_or(Val::Null, Val::Number),
            "vaste" => row.vaste.map_or(Val::Null, Val::Truth),
            "maj" => row.maj.map_or(Val::Null, |v| Val::Day(v.to_owned())),
            other => panic!("{other}"),
        },
        Expr::Literal(Literal::Text(text)) => Val::Text(text.clone()),
        Expr::Arithmetic { op, left, right } => match (number(value(left, row)), number(value(right, row))) {
            (Some(a), Some(b)) => match op {
                ArithmeticOp::Add => Val::Number(a + b),
                ArithmeticOp::Sub => Val::Number(a - b),
                ArithmeticOp::Mul => Val::Number(a * b),
                ArithmeticOp::Div if b == 0.0 => Val::Null,
                ArithmeticOp::Div => Val::Number(a / b),
                other => panic!("{other:?}"),
            },
            _ => Val::Null,
        },
        Expr::Function { name, args } => match (name.as_str(), value(&args[0], row)) {
            (_, Val::Null) => Val::Null,
            ("lower", Val::Text(t)) => Val::Text(t.to_lowercase()),
            #[allow(clippy::cast_precision_loss)]
            ("length", Val::Text(t)) => Val::Number(t.chars().count() as f64),
            ("abs", v) => number(v).map_or(Val::Null, |n| Val::Number(n.abs())),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn number(value: Val) -> Option<f64> {
    match value {
        Val::Number(n) => Some(n),
        Val::Text(t) => t.trim().parse().ok(),
        _ => None,
    }
}

fn order(left: Val, right: Val) -> Option<Ordering> {
    match (left, right) {
        (Val::Null, _) | (_, Val::Null) => None,
        (Val::Number(a), b) => a.partial_cmp(&number(b).expect("a number")),
        (Val::Truth(a), Val::Text(b)) => Some(a.cmp(&(b == "true" || b == "1"))),
        (Val::Day(a), Val::Text(b)) => Some(a.cmp(&b)),
        (Val::Text(a), Val::Text(b)) => Some(a.cmp(&b)),
        other => panic!("{other:?}"),
    }
}

fn compare(op: CompareOp, ordering: Ordering) -> bool {
    match op {
        CompareOp::Equal => ordering.is_eq(),
        CompareOp::NotEqual => ordering.is_ne(),
        CompareOp::Less => ordering.is_lt(),
        CompareOp::LessOrEqual => ordering.is_le(),
        CompareOp::Greater => ordering.is_gt(),
        CompareOp::GreaterOrEqual => ordering.is_ge(),
    }
}

fn like(text: &[char], pattern: &[LikePart]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return text.is_empty() };
    match first {
        LikePart::Any => (0..=text.len()).any(|skip| like(&text[skip..], rest)),
        LikePart::One => !text.is_empty() && like(&text[1..], rest),
        LikePart::Text(part) => {
            let part: Vec<char> = part.chars().collect();
            text.starts_with(&part) && like(&text[part.len()..], rest)
        }
    }
}

/// True, false or unknown.
fn holds(filter: &Filter, row: &Row) -> Option<bool> {
    let geometry = row.wkt.map(shape);
    let empty = row.wkt.is_some_and(|w| w.ends_with("EMPTY"));
    match filter {
        Filter::Constant(truth) => Some(*truth),
        Filter::And(all) => {
            let all: Vec<_> = all.iter().map(|f| holds(f, row)).collect();
            if all.contains(&Some(false)) {
                Some(false)
            } else if all.contains(&None) {
                None
            } else {
                Some(true)
            }
        }
        Filter::Or(all) => {
            let all: Vec<_> = all.iter().map(|f| holds(f, row)).collect();
            if all.contains(&Some(true)) {
                Some(true)
            } else if all.contains(&None) {
                None
            } else {
                Some(false)
            }
        }
        Filter::Not(inner) => holds(inner, row).map(|truth| !truth),
        Filter::Compare { op, left, right, match_case } => {
            let fold = |v: Val| match v {
                Val::Text(t) if !match_case => Val::Text(t.to_lowercase()),
                other => other,
            };
            order(fold(value(left, row)), fold(value(right, row))).map(|o| compare(*op, o))
        }
        Filter::Between { expr, lower, upper } => {
            let side = |op, bound: &Expr| order(value(expr, row), value(bound, row)).map(|o| compare(op, o));
            Some(side(CompareOp::GreaterOrEqual, lower)? && side(CompareOp::LessOrEqual, upper)?)
        }
        Filter::Like { expr, pattern, match_case } => match value(expr, row) {
            Val::Text(text) => {
                let fold = |t: &str| if *match_case { t.to_owned() } else { t.to_lowercase() };
                let pattern: Vec<_> = pattern
                    .iter()
                    .map(|part| match part {
                        LikePart::Text(t) => LikePart::Text(fold(t)),
                        other => other.clone(),
                    })
                    .collect();
                Some(like(&fold(&text).chars().collect::<Vec<_>>(), &pattern))
            }
            _ => None,
        },
        Filter::IsNull(Expr::Property(name)) if name == "geom" => Some(row.wkt.is_none()),
        Filter::IsNull(expr) => Some(value(expr, row) == Val::Null),
        Filter::Spatial { op, right: Expr::Literal(Literal::Geometry(literal)), .. } => {
            let geometry = geometry?;
            if empty {
                return Some(*op == SpatialOp::Disjoint);
            }
            let literal = wkb::to_geo(&literal.ewkb).expect("ewkb");
            let relation = geometry.relate(&literal);
            Some(match op {
                SpatialOp::Intersects => geometry.intersects(&literal),
                SpatialOp::Disjoint => !geometry.intersects(&literal),
                SpatialOp::Within => relation.is_within(),
                SpatialOp::Touches => relation.is_touches(),
                other => panic!("{other:?}"),
            })
        }
        Filter::Distance { beyond, right: Expr::Literal(Literal::Geometry(literal)), metres, .. } => {
            let geometry = geometry?;
            let literal = wkb::to_geo(&literal.ewkb).expect("ewkb");
            let near = !empty && Euclidean.distance(&geometry, &literal) <= *metres;
            Some(near != *beyond)
        }
        Filter::BBox { bbox, .. } => {
            let area = geo_types::Rect::new((bbox.min_x, bbox.min_y), (bbox.max_x, bbox.max_y));
            Some(!empty && geometry.as_ref().map(|g| g.intersects(&area))?)
        }
        Filter::Ids(ids) => Some(ids.iter().any(|id| *id == format!("t.{}", row.fid))),
        other => panic!("{other:?}"),
    }
}

fn text(text: &str) -> Expr {
    Expr::Literal(Literal::Text(text.to_owned()))
}

fn property(name: &str) -> Expr {
    Expr::Property(name.to_owned())
}

fn comparisons() -> impl Strategy<Value = Filter> {
    let op = prop::sample::select(vec![
        CompareOp::Equal,
        CompareOp::NotEqual,
        CompareOp::Less,
        CompareOp::LessOrEqual,
        CompareOp::Greater,
        CompareOp::GreaterOrEqual,
    ]);
    let words = prop::sample::select(vec![
        "Apt",
        "étang",
        "",
        "100%_\\x",
        "l'île \"d\"",
        "z'; drop table t; --",
        "B",
    ]);
    let numbers =
        prop::sample::select(vec!["12", "12.5", "-3", "0", "99999999999999999999", "1e2", "-0.5", " 12 "]);
    let days = prop::sample::select(vec!["2021-08-02", "2000-01-01", "2024-02-29"]);
    let truths = prop::sample::select(vec!["true", "false", "1", "0"]);
    let arithmetic = prop::sample::select(vec![
        ArithmeticOp::Add,
        ArithmeticOp::Sub,
        ArithmeticOp::Mul,
        ArithmeticOp::Div,
    ]);
    let sides = prop_oneof![
        words.clone().prop_map(|w| (property("nom"), text(w))),
        words.prop_map(|w| (
            Expr::Function { name: "Lower".to_lowercase(), args: vec![property("nom")] },
            text(w)
        )),
        numbers.clone().prop_map(|n| (property("pop"), text(n))),
        numbers.clone().prop_map(|n| (property("surface"), text(n))),
        days.prop_map(|d| (property("maj"), text(d))),
        truths.prop_map(|t| (property("vaste"), text(t))),
        Just((property("pop"), property("surface"))),
        Just((Expr::Function { name: "length".into(), args: vec![property("nom")] }, text("3"))),
        Just((Expr::Function { name: "abs".into(), args: vec![property("pop")] }, property("surface"))),
        (arithmetic, prop::sample::select(vec!["0", "2", "-1", "4"])).prop_map(|(op, n)| {
            let left = Expr::Arithmetic { op, left: Box::new(property("pop")), right: Box::new(text(n)) };
            (left, text("24"))
        }),
    ];
    (op, sides, any::<bool>(), any::<bool>()).prop_map(|(op, (left, right), match_case, reversed)| {
        // A literal on the left is read the other way round.
        if reversed && matches!(right, Expr::Property(_)) {
            return Filter::Compare { op, left: right, right: left, match_case };
        }
        Filter::Compare { op, left, right, match_case }
    })
}

fn spatial() -> impl Strategy<Value = Filter> {
    let literals = prop::sample::select(vec![
        "POINT(1 1)",
        "LINESTRING(0 4,4 0)",
        "POLYGON((0 0,10 0,10 10,0 10,0 0))",
        "POLYGON((1 1,3 1,3 3,1 3,1 1))",
        "POLYGON((3.5 3.5,4.5 3.5,4.5 4.5,3.5 4.5,3.5 3.5))",
    ])
    .prop_map(|wkt| {
        let ewkb = wkb::from_geo(&shape(wkt), 2154).expect("ewkb");
        ast::Geometry { ewkb, srid: Some(2154) }
    });
    let op = prop::sample::select(vec![SpatialOp::Intersects, SpatialOp::Disjoint, SpatialOp::Within]);
    let property =
        || prop::sample::select(vec![None, Some("geom".to_owned()), Some("crige:geom".to_owned())]);
    prop_oneof![
        (op, property(), literals.clone()).prop_map(|(op, property, geometry)| Filter::Spatial {
            op,
            left: property.map_or(Expr::DefaultGeometry, Expr::Property),
            right: Expr::Literal(Literal::Geometry(geometry)),
        }),
        (any::<bool>(), property(), literals, 0_u8..6).prop_map(|(beyond, property, geometry, metres)| {
            Filter::Distance {
                beyond,
                left: property.map_or(Expr::DefaultGeometry, Expr::Property),
                right: Expr::Literal(Literal::Geometry(geometry)),
                metres: f64::from(metres) + 0.1,
            }
        }),
        (property(), 0_u8..10, 0_u8..10, 0_u8..5, 0_u8..5).prop_map(|(property, x, y, width, height)| {
            let (x, y) = (f64::from(x), f64::from(y));
            let bbox = BBox::new(x, y, x + f64::from(width), y + f64::from(height));
            Filter::BBox { property, bbox, srid: None }
        }),
    ]
}

fn filters() -> impl Strategy<Value = Filter> {
    let part = prop_oneof![
        Just(LikePart::Any),
        Just(LikePart::One),
        prop::sample::select(vec!["t", "É", "%", "_", "\\", "ang", "'", "100"])
            .prop_map(|t| LikePart::Text(t.to_owned())),
    ];
    let leaf = prop_oneof![
        4 => comparisons(),
        3 => spatial(),
        2 => (prop::collection::vec(part, 0..4), any::<bool>())
            .prop_map(|(pattern, match_case)| Filter::Like { expr: property("nom"), pattern, match_case }),
        1 => prop::sample::select(vec!["nom", "pop", "geom", "maj"]).prop_map(|n| Filter::IsNull(property(n))),
        1 => (-5_i32..20, -5_i32..300).prop_map(|(a, b)| Filter::Between {
            expr: property("surface"),
            lower: text(&a.to_string()),
            upper: text(&b.to_string()),
        }),
        1 => prop::collection::vec(prop::sample::select(vec!["t.1", "t.50", "u.2", "t.x", "t."]), 0..4)
            .prop_map(|ids| Filter::Ids(ids.into_iter().map(str::to_owned).collect())),
        1 => any::<bool>().prop_map(Filter::Constant),
    ];
    leaf.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::Or),
            inner.prop_map(|f| Filter::Not(Box::new(f))),
        ]
    })
}

#[test]
fn the_database_and_a_naive_evaluator_agree_on_random_filters() {
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let rows = rows();
    let database = runtime.block_on(async {
        let database = database().await;
        let mut session = database.store.job().await.expect("session");
        session
            .batch(
                "create table data.t (fid bigint primary key, nom text, pop integer, surface numeric,
                 vaste boolean, maj date, geom geometry(Geometry, 2154))",
            )
            .await
            .expect("table");
        for row in &rows {
            let surface = row.surface.map(|s| s.to_string());
            session
                .execute(
                    "insert into data.t values ($1::bigint, $2::text, $3::bigint, $4::text::numeric, $5::boolean,
                     $6::text::date, st_setsrid($7::text::geometry, 2154))",
                    &[&row.fid, &row.nom, &row.pop, &surface, &row.vaste, &row.maj, &row.wkt],
                )
                .await
                .expect("row");
        }
        database
    });
    let columns = [
        ("nom", ColumnType::Text),
        ("pop", ColumnType::Integer),
        ("surface", ColumnType::Decimal),
        ("vaste", ColumnType::Boolean),
        ("maj", ColumnType::Date),
    ];
    let layer = layer("t", GeometryType::Geometry, 2154, &columns, 120);
    let engine = FeatureEngine::new(database.store.clone(), &Limits::default());
    let config = Config { cases: 500, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&filters(), |filter| {
        let expected: Vec<i64> =
            rows.iter().filter(|row| holds(&filter, row) == Some(true)).map(|row| row.fid).collect();
        let query = Query {
            geometry: Geometry::Skip,
            columns: Some(Vec::new()),
            filter: Some(filter),
            ..Query::all(layer.clone())
        };
        let found = runtime.block_on(fids(&engine, &query));
        let found = found.map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(found, expected);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

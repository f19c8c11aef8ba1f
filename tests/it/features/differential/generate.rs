//! Filters made at random, of every kind of node.

use super::naive::{instant, shape};
use datasud::filter::ast::{
    self, ArithmeticOp, ArrayOp, CompareOp, Expr, Filter, IntervalEnd, LikePart, Literal, SpatialOp,
    TemporalOp,
};
use datasud::geo::{BBox, wkb};
use proptest::prelude::*;
use proptest::sample::select;

fn text(text: &str) -> Expr {
    Expr::Literal(Literal::Text(text.to_owned()))
}

fn property(name: &str) -> Expr {
    Expr::Property(name.to_owned())
}

fn call(name: &str, args: Vec<Expr>) -> Expr {
    Expr::Function { name: name.to_owned(), args }
}

fn folded(expr: Expr, how: u8) -> Expr {
    match how {
        0 => Expr::CaseI(Box::new(expr)),
        1 => Expr::AccentI(Box::new(expr)),
        2 => Expr::CaseI(Box::new(Expr::AccentI(Box::new(expr)))),
        _ => expr,
    }
}

fn compare_ops() -> impl Strategy<Value = CompareOp> {
    select(vec![
        CompareOp::Equal,
        CompareOp::NotEqual,
        CompareOp::Less,
        CompareOp::LessOrEqual,
        CompareOp::Greater,
        CompareOp::GreaterOrEqual,
    ])
}

fn words() -> impl Strategy<Value = &'static str> {
    select(vec!["Apt", "étang", "etang", "", "100%_\\x", "l'île \"d\"", "z'; drop table t; --", "B"])
}

/// Numbers as XML writes them, and as languages that have numbers do.
fn numbers() -> impl Strategy<Value = Expr> {
    prop_oneof![
        select(vec!["12", "12.5", "-3", "0", "99999999999999999999", "1e2", "-0.5", " 12 "]).prop_map(text),
        (-4_i64..14).prop_map(|n| Expr::Literal(Literal::Integer(n))),
        select(vec![0.5, -1.25, 238.5, 1e3]).prop_map(|n| Expr::Literal(Literal::Number(n))),
        Just(Expr::Literal(Literal::Null)),
    ]
}

fn arithmetic() -> impl Strategy<Value = Expr> {
    let op = select(vec![
        ArithmeticOp::Add,
        ArithmeticOp::Sub,
        ArithmeticOp::Mul,
        ArithmeticOp::Div,
        ArithmeticOp::Mod,
        ArithmeticOp::IntDiv,
        ArithmeticOp::Pow,
    ]);
    let side = || {
        prop_oneof![
            select(vec!["pop", "surface", "ratio"]).prop_map(property),
            select(vec!["0", "2", "-1", "4"]).prop_map(text),
        ]
    };
    (op, side(), side()).prop_map(|(op, left, right)| Expr::Arithmetic {
        op,
        left: Box::new(left),
        right: Box::new(right),
    })
}

fn days() -> impl Strategy<Value = &'static str> {
    select(vec!["2021-08-02", "2000-01-01", "2024-02-29", "1999-12-31", "2021-08-03"])
}

fn moments() -> impl Strategy<Value = &'static str> {
    select(vec![
        "2021-08-02T00:00:00Z",
        "2021-08-02T10:30:00Z",
        "2021-08-02T23:59:59.999999Z",
        "2000-01-01T00:00:00Z",
        "2024-02-29T12:00:00+02:00",
    ])
}

fn number_terms() -> impl Strategy<Value = Expr> {
    let geometry = || select(vec![Expr::DefaultGeometry, property("geom")]);
    prop_oneof![
        select(vec!["pop", "surface", "ratio"]).prop_map(property),
        arithmetic(),
        Just(call("length", vec![property("nom")])),
        Just(call("strLength", vec![text("quatre")])),
        (select(vec!["abs", "ceil", "floor", "sqrt"]), select(vec!["pop", "surface", "ratio"]))
            .prop_map(|(name, of)| call(name, vec![property(of)])),
        (select(vec!["min", "max"]), numbers())
            .prop_map(|(name, n)| call(name, vec![property("pop"), n, property("surface")])),
        select(vec!["maj", "vu"]).prop_map(|of| call("year", vec![property(of)])),
        words().prop_map(|w| call("indexOf", vec![property("nom"), text(w)])),
        (select(vec!["area", "geomLength", "length", "numPoints", "getX"]), geometry())
            .prop_map(|(name, of)| call(name, vec![of])),
        (geometry(), literals()).prop_map(|(of, other)| call("distance", vec![of, other])),
    ]
}

fn text_terms() -> impl Strategy<Value = Expr> {
    prop_oneof![
        2 => Just(property("nom")),
        2 => (0_u8..3).prop_map(|how| folded(property("nom"), how)),
        1 => select(vec!["lower", "upper", "strToLowerCase"]).prop_map(|n| call(n, vec![property("nom")])),
        1 => words().prop_map(|w| call("concat", vec![property("nom"), text(w), text("!")])),
        1 => (-1_i64..4, -1_i64..6).prop_map(|(from, to)| {
            let at = |n| Expr::Literal(Literal::Integer(n));
            call("strSubstring", vec![property("nom"), at(from), at(to)])
        }),
    ]
}

fn comparisons() -> impl Strategy<Value = Filter> {
    let sides = prop_oneof![
        (text_terms(), words(), 0_u8..5).prop_map(|(term, word, how)| (term, folded(text(word), how))),
        (text_terms(), text_terms()),
        (number_terms(), numbers()),
        (number_terms(), number_terms()),
        (select(vec!["maj", "vu", "debut"]), days()).prop_map(|(of, d)| (property(of), text(d))),
        (select(vec!["maj", "vu"]), moments()).prop_map(|(of, m)| (property(of), text(m))),
        (select(vec!["maj", "vu"]), days())
            .prop_map(|(of, d)| { (property(of), Expr::Literal(Literal::Date(d.parse().expect("a day")))) }),
        select(vec!["true", "false", "1", "0"]).prop_map(|t| (property("vaste"), text(t))),
        any::<bool>().prop_map(|t| (property("vaste"), Expr::Literal(Literal::Boolean(t)))),
        select(vec!["Point", "Polygon"])
            .prop_map(|t| { (call("geometryType", vec![Expr::DefaultGeometry]), text(t)) }),
        (words(), words()).prop_map(|(a, b)| (text(a), text(b))),
    ];
    (compare_ops(), sides, any::<bool>(), any::<bool>()).prop_map(
        |(op, (left, right), match_case, reversed)| {
            let (left, right) = if reversed { (right, left) } else { (left, right) };
            Filter::Compare { op, left, right, match_case }
        },
    )
}

fn literals() -> impl Strategy<Value = Expr> {
    select(vec![
        "POINT(1 1)",
        "LINESTRING(0 4,4 0)",
        "POLYGON((0 0,10 0,10 10,0 10,0 0))",
        "POLYGON((1 1,3 1,3 3,1 3,1 1))",
        "POLYGON((3.5 3.5,4.5 3.5,4.5 4.5,3.5 4.5,3.5 3.5))",
        "POLYGON((0 0,4 0,4 4,0 4,0 0))",
    ])
    .prop_map(|wkt| {
        let ewkb = wkb::from_geo(&shape(wkt), 2154).expect("ewkb");
        Expr::Literal(Literal::Geometry(ast::Geometry { ewkb, srid: Some(2154) }))
    })
}

fn spatial() -> impl Strategy<Value = Filter> {
    let op = || {
        select(vec![
            SpatialOp::Intersects,
            SpatialOp::Disjoint,
            SpatialOp::Within,
            SpatialOp::Contains,
            SpatialOp::Touches,
            SpatialOp::Equals,
            SpatialOp::Crosses,
            SpatialOp::Overlaps,
        ])
    };
    let geometry = || select(vec![Expr::DefaultGeometry, property("geom"), property("crige:geom")]);
    let made =
        || (select(vec!["centroid", "envelope"]), geometry()).prop_map(|(name, of)| call(name, vec![of]));
    let sides = || prop_oneof![4 => literals(), 1 => geometry(), 1 => made()];
    let names = || select(vec![None, Some("geom".to_owned()), Some("crige:geom".to_owned())]);
    prop_oneof![
        4 => (op(), geometry(), sides(), any::<bool>()).prop_map(|(op, left, right, reversed)| {
            let (left, right) = if reversed { (right, left) } else { (left, right) };
            Filter::Spatial { op, left, right }
        }),
        2 => (any::<bool>(), geometry(), literals(), 0_u8..6, any::<bool>())
            .prop_map(|(beyond, left, right, metres, reversed)| {
                let (left, right) = if reversed { (right, left) } else { (left, right) };
                Filter::Distance { beyond, left, right, metres: f64::from(metres) + 0.1 }
            }),
        2 => (names(), 0_u8..10, 0_u8..10, 0_u8..5, 0_u8..5).prop_map(|(property, x, y, width, height)| {
            let (x, y) = (f64::from(x), f64::from(y));
            let bbox = BBox::new(x, y, x + f64::from(width), y + f64::from(height));
            Filter::BBox { property, bbox, srid: None }
        }),
    ]
}

fn temporal() -> impl Strategy<Value = Filter> {
    let time = || prop_oneof![days().prop_map(text), moments().prop_map(text)];
    let end = || {
        prop_oneof![
            1 => Just(IntervalEnd::Open),
            3 => time().prop_map(IntervalEnd::At),
            1 => moments().prop_map(|m| IntervalEnd::At(Expr::Literal(Literal::Timestamp(instant(m))))),
            2 => select(vec!["debut", "fin", "vu"]).prop_map(|n| IntervalEnd::At(property(n))),
        ]
    };
    let interval = || {
        prop_oneof![
            (end(), end()).prop_map(|(b, e)| Expr::Interval(Box::new(b), Box::new(e))),
            Just(Expr::Interval(
                Box::new(IntervalEnd::At(property("debut"))),
                Box::new(IntervalEnd::At(property("fin")))
            )),
        ]
    };
    let any_op = select(vec![
        TemporalOp::After,
        TemporalOp::Before,
        TemporalOp::Contains,
        TemporalOp::Disjoint,
        TemporalOp::During,
        TemporalOp::Equals,
        TemporalOp::FinishedBy,
        TemporalOp::Finishes,
        TemporalOp::Intersects,
        TemporalOp::Meets,
        TemporalOp::MetBy,
        TemporalOp::OverlappedBy,
        TemporalOp::Overlaps,
        TemporalOp::StartedBy,
        TemporalOp::Starts,
    ]);
    let of_instants = select(vec![
        TemporalOp::After,
        TemporalOp::Before,
        TemporalOp::Disjoint,
        TemporalOp::Equals,
        TemporalOp::Intersects,
    ]);
    let instants = || select(vec!["maj", "vu"]).prop_map(property);
    prop_oneof![
        (any_op.clone(), interval(), prop_oneof![interval(), instants().boxed(), time().boxed()])
            .prop_map(|(op, left, right)| Filter::Temporal { op, left, right }),
        (any_op, instants(), interval()).prop_map(|(op, left, right)| Filter::Temporal { op, left, right }),
        (of_instants, instants(), time()).prop_map(|(op, left, right)| Filter::Temporal { op, left, right }),
    ]
}

fn arrays() -> impl Strategy<Value = Filter> {
    let op = select(vec![ArrayOp::Equals, ArrayOp::Contains, ArrayOp::ContainedBy, ArrayOp::Overlaps]);
    let item = prop_oneof![
        select(vec!["a", "b", "é", "solo", "'; drop"]).prop_map(text),
        (1_i64..3).prop_map(|n| Expr::Literal(Literal::Integer(n))),
        Just(Expr::Literal(Literal::Number(2.5))),
        any::<bool>().prop_map(|t| Expr::Literal(Literal::Boolean(t))),
        Just(Expr::Literal(Literal::Null)),
        Just(property("nom")),
        Just(property("vaste")),
    ];
    let set = || prop::collection::vec(item.clone(), 0..4).prop_map(Expr::Array);
    let side = prop_oneof![3 => set(), 1 => Just(property("tags"))];
    (op, Just(property("tags")), side, any::<bool>()).prop_map(|(op, left, right, reversed)| {
        let (left, right) = if reversed { (right, left) } else { (left, right) };
        Filter::Array { op, left, right }
    })
}

fn lists() -> impl Strategy<Value = Filter> {
    let null = || Expr::Literal(Literal::Null);
    let texts =
        (text_terms(), prop::collection::vec(prop_oneof![words().prop_map(text), Just(null())], 0..4));
    let of_numbers = (number_terms(), prop::collection::vec(numbers(), 0..4));
    let times = (
        select(vec!["maj", "vu"]).prop_map(property),
        prop::collection::vec(prop_oneof![days().prop_map(text), moments().prop_map(text)], 0..4),
    );
    let terms = (number_terms(), prop::collection::vec(number_terms(), 0..3));
    prop_oneof![texts, of_numbers, times, terms].prop_map(|(expr, list)| Filter::In { expr, list })
}

fn truths() -> impl Strategy<Value = Filter> {
    prop_oneof![
        Just(property("vaste")),
        any::<bool>().prop_map(|t| Expr::Literal(Literal::Boolean(t))),
        Just(Expr::Literal(Literal::Null)),
        (select(vec!["startsWith", "endsWith"]), select(vec!["é", "t", "", "\\x"]))
            .prop_map(|(name, part)| call(name, vec![property("nom"), text(part)])),
        Just(call("isEmpty", vec![Expr::DefaultGeometry])),
        literals().prop_map(|other| call("relate", vec![property("geom"), other, text("T*F**F***")])),
        number_terms().prop_map(|term| call("isNull", vec![term])),
    ]
    .prop_map(Filter::Truth)
}

fn patterns() -> impl Strategy<Value = Filter> {
    let part = prop_oneof![
        Just(LikePart::Any),
        Just(LikePart::One),
        select(vec!["t", "É", "e", "%", "_", "\\", "ang", "'", "100"])
            .prop_map(|t| LikePart::Text(t.to_owned())),
    ];
    (prop::collection::vec(part, 0..4), any::<bool>(), 0_u8..6).prop_map(|(pattern, match_case, how)| {
        Filter::Like { expr: folded(property("nom"), how), pattern, match_case }
    })
}

pub fn filters() -> impl Strategy<Value = Filter> {
    let names = || prop::collection::vec(select(vec!["t.1", "t.50", "u.2", "t.x", "t."]), 0..4);
    let leaf = prop_oneof![
        6 => comparisons(),
        4 => spatial(),
        3 => temporal(),
        2 => arrays(),
        2 => lists(),
        2 => truths(),
        2 => patterns(),
        1 => prop_oneof![
            select(vec!["nom", "pop", "geom", "maj", "tags"]).prop_map(property),
            Just(Expr::DefaultGeometry),
            number_terms(),
            text_terms(),
        ]
        .prop_map(Filter::IsNull),
        1 => (number_terms(), numbers(), numbers())
            .prop_map(|(expr, lower, upper)| Filter::Between { expr, lower, upper }),
        1 => names().prop_map(|ids| Filter::Ids(ids.into_iter().map(str::to_owned).collect())),
        1 => names().prop_map(|ids| Filter::ResourceIds(
            ids.into_iter().map(|rid| ast::ResourceId { rid: rid.to_owned(), ..Default::default() }).collect()
        )),
        1 => any::<bool>().prop_map(Filter::Constant),
    ];
    leaf.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::And),
            3 => prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::Or),
            3 => inner.clone().prop_map(|f| Filter::Not(Box::new(f))),
            1 => (inner.clone(), any::<bool>()).prop_map(|(f, truth)| Filter::Compare {
                op: CompareOp::Equal,
                left: Expr::Condition(Box::new(f)),
                right: Expr::Literal(Literal::Boolean(truth)),
                match_case: true,
            }),
            1 => inner.prop_map(|f| Filter::In {
                expr: property("vaste"),
                list: vec![Expr::Condition(Box::new(f)), Expr::Literal(Literal::Boolean(false))],
            }),
        ]
    })
}

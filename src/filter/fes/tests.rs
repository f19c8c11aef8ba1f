//! Filters in both generations of the language, right and wrong.

use super::*;
use crate::filter::ast::{IntervalEnd, TemporalOp, VersionSelect};
use crate::filter::xml::parse_document;
use proptest::prelude::*;

fn read(xml: &str) -> Result<Filter, FilterError> {
    let limits = FilterLimits::default();
    let wrapped = format!(
        "<fes:Filter xmlns:fes=\"http://www.opengis.net/fes/2.0\" xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:gml=\"http://www.opengis.net/gml/3.2\">{xml}</fes:Filter>"
    );
    let document = parse_document(&wrapped, &limits)?;
    parse(document.root_element(), &limits)
}

fn property(name: &str) -> Expr {
    Expr::Property(name.to_owned())
}

fn literal(text: &str) -> Expr {
    Expr::Literal(Literal::Text(text.to_owned()))
}

#[test]
fn both_generations_of_the_language_give_the_same_tree() {
    let expected = Ok(Filter::Compare {
        op: CompareOp::GreaterOrEqual,
        left: property("crige:pop"),
        right: literal("12"),
        match_case: false,
    });
    for (name, reference) in [("fes", "ValueReference"), ("ogc", "PropertyName")] {
        let xml = format!(
            "<{name}:PropertyIsGreaterThanOrEqualTo matchCase=\"false\"><{name}:{reference}>crige:pop</{name}:{reference}><{name}:Literal>12</{name}:Literal></{name}:PropertyIsGreaterThanOrEqualTo>"
        );
        assert_eq!(read(&xml), expected, "{xml}");
    }
}

#[test]
fn patterns_are_cut_at_their_own_wildcards() {
    let like = read(
        "<ogc:PropertyIsLike wildCard=\"*\" singleChar=\"?\" escapeChar=\"!\"><ogc:PropertyName>nom</ogc:PropertyName><ogc:Literal>Saint*%?!*x!</ogc:Literal></ogc:PropertyIsLike>",
    );
    let text = |t: &str| LikePart::Text(t.to_owned());
    assert_eq!(
        like,
        Ok(Filter::Like {
            expr: property("nom"),
            pattern: vec![text("Saint"), LikePart::Any, text("%"), LikePart::One, text("*x!")],
            match_case: true,
        })
    );
}

#[test]
fn spatial_operators_read_property_geometry_and_distance() {
    let point = "<gml:Point srsName=\"EPSG:2154\"><gml:pos>1 2</gml:pos></gml:Point>";
    let near = format!(
        "<fes:DWithin><fes:ValueReference>geom</fes:ValueReference>{point}<fes:Distance uom=\"km\">1.5</fes:Distance></fes:DWithin>"
    );
    let Ok(Filter::Distance {
        beyond: false,
        left: Expr::Property(name),
        right: Expr::Literal(Literal::Geometry(geometry)),
        metres,
    }) = read(&near)
    else {
        panic!("{:?}", read(&near));
    };
    assert_eq!((name.as_str(), geometry.srid), ("geom", Some(2154)));
    assert!((metres - 1500.0).abs() < 1e-9);
    assert!(matches!(
        read(&format!("<fes:Intersects>{point}</fes:Intersects>")),
        Ok(Filter::Spatial { op: SpatialOp::Intersects, left: Expr::DefaultGeometry, .. })
    ));
    let bbox = "<fes:BBOX><gml:Envelope srsName=\"urn:ogc:def:crs:EPSG::4326\"><gml:lowerCorner>43 5</gml:lowerCorner><gml:upperCorner>44 6</gml:upperCorner></gml:Envelope></fes:BBOX>";
    assert_eq!(
        read(bbox),
        Ok(Filter::BBox {
            property: None,
            bbox: crate::geo::BBox::new(5.0, 43.0, 6.0, 44.0),
            srid: Some(4326)
        })
    );
}

#[test]
fn several_identifiers_are_one_condition() {
    assert_eq!(
        read("<fes:ResourceId rid=\"a.1\"/><ogc:FeatureId fid=\"a.2\"/><ogc:GmlObjectId gml:id=\"a.3\"/>"),
        Ok(Filter::Ids(vec!["a.1".into(), "a.2".into(), "a.3".into()]))
    );
}

fn at(position: &str) -> Box<IntervalEnd> {
    Box::new(IntervalEnd::At(literal(position)))
}

fn timed(operator: &str, time: &str) -> Result<Filter, FilterError> {
    read(&format!("<fes:{operator}><fes:ValueReference>vu</fes:ValueReference>{time}</fes:{operator}>"))
}

#[test]
fn all_temporal_operators_of_fes_are_read() {
    let instant = "<gml:TimeInstant><gml:timePosition>2021-01-01</gml:timePosition></gml:TimeInstant>";
    for (name, op) in temporal::OPERATORS {
        let expected = Filter::Temporal { op, left: property("vu"), right: literal("2021-01-01") };
        assert_eq!(timed(name, instant), Ok(expected.clone()), "{name}");
        assert_eq!(timed(name, "<fes:Literal>2021-01-01</fes:Literal>"), Ok(expected), "{name}");
    }
    let other = timed("TEquals", "<fes:ValueReference>a/debut</fes:ValueReference>");
    assert_eq!(
        other,
        Ok(Filter::Temporal { op: TemporalOp::Equals, left: property("vu"), right: property("a/debut") })
    );
}

#[test]
fn periods_are_read_in_both_forms_and_may_be_open() {
    let instant =
        |at: &str| format!("<gml:TimeInstant><gml:timePosition>{at}</gml:timePosition></gml:TimeInstant>");
    let nested = format!(
        "<fes:Literal><gml:TimePeriod><gml:begin>{}</gml:begin><gml:end>{}</gml:end></gml:TimePeriod></fes:Literal>",
        instant("2021-01-01"),
        instant("2022-01-01T10:00:00Z")
    );
    let flat = "<gml:TimePeriod><gml:beginPosition>2021-01-01</gml:beginPosition><gml:endPosition>2022-01-01T10:00:00Z</gml:endPosition></gml:TimePeriod>";
    let during = |begin, end| {
        Ok(Filter::Temporal {
            op: TemporalOp::During,
            left: property("vu"),
            right: Expr::Interval(begin, end),
        })
    };
    for period in [nested.as_str(), flat] {
        assert_eq!(timed("During", period), during(at("2021-01-01"), at("2022-01-01T10:00:00Z")));
    }
    let open = || Box::new(IntervalEnd::Open);
    for (begin, end, expected) in [
        (
            "<gml:beginPosition indeterminatePosition=\"unknown\"/>",
            "<gml:endPosition>2021-01-01</gml:endPosition>",
            during(open(), at("2021-01-01")),
        ),
        (
            "<gml:beginPosition>2021-01-01</gml:beginPosition>",
            "<gml:endPosition indeterminatePosition=\"after\">2022-01-01</gml:endPosition>",
            during(at("2021-01-01"), open()),
        ),
    ] {
        let period = format!("<gml:TimePeriod>{begin}{end}</gml:TimePeriod>");
        assert_eq!(timed("During", &period), expected, "{period}");
    }
}

#[test]
fn a_month_or_a_year_is_the_period_of_its_days() {
    let day = |y, m, d| {
        let day = chrono::NaiveDate::from_ymd_opt(y, m, d).expect("a day");
        Box::new(IntervalEnd::At(Expr::Literal(Literal::Date(day))))
    };
    for (written, begin, end) in
        [("2024", day(2024, 1, 1), day(2024, 12, 31)), ("2024-02", day(2024, 2, 1), day(2024, 2, 29))]
    {
        let time =
            format!("<gml:TimeInstant><gml:timePosition>{written}</gml:timePosition></gml:TimeInstant>");
        assert_eq!(
            timed("During", &time),
            Ok(Filter::Temporal {
                op: TemporalOp::During,
                left: property("vu"),
                right: Expr::Interval(begin, end)
            })
        );
    }
}

#[test]
fn wrong_times_say_how_they_should_be() {
    for time in [
        "<gml:TimeInstant><gml:timePosition>yesterday</gml:timePosition></gml:TimeInstant>",
        "<gml:TimeInstant><gml:timePosition indeterminatePosition=\"before\">2021-01-01</gml:timePosition></gml:TimeInstant>",
        "<gml:TimeInstant/>",
        "<gml:TimePeriod/>",
        "<gml:TimePeriod><gml:beginPosition>2021-01-01</gml:beginPosition></gml:TimePeriod>",
        "<fes:Literal>2021-13</fes:Literal>",
        "<fes:Literal>0000</fes:Literal>",
        "<fes:Literal>20211</fes:Literal>",
        "",
    ] {
        let error = timed("After", time).expect_err(time).to_string();
        assert!(error.contains("osition") || error.contains("gml:Time"), "{error}");
    }
}

#[test]
fn identifiers_may_ask_for_versions() {
    let with = |attributes: &str| read(&format!("<fes:ResourceId rid=\"a.1\" {attributes}/>"));
    let id = || ResourceId { rid: "a.1".into(), ..ResourceId::default() };
    for (written, version) in [
        ("FIRST", VersionSelect::First),
        ("LAST", VersionSelect::Last),
        ("PREVIOUS", VersionSelect::Previous),
        ("NEXT", VersionSelect::Next),
        ("ALL", VersionSelect::All),
        ("3", VersionSelect::Number(3)),
    ] {
        let expected = Filter::ResourceIds(vec![ResourceId { version: Some(version), ..id() }]);
        assert_eq!(with(&format!("version=\"{written}\"")), Ok(expected), "{written}");
    }
    let Ok(Filter::ResourceIds(ids)) =
        with("startDate=\"2021-01-01\" endDate=\"2021-06-01T00:00:00Z\" previousRid=\"a.1.v1\"")
    else {
        panic!("versions")
    };
    let [only] = ids.as_slice() else { panic!("one") };
    assert_eq!(only.previous.as_deref(), Some("a.1.v1"));
    assert!(only.start < only.end);
    let several = read("<fes:ResourceId rid=\"a.1\"/><fes:ResourceId rid=\"a.2\" version=\"ALL\"/>");
    assert_eq!(several.map(|f| f.resource_ids().join(" ")), Ok("a.1 a.2".to_owned()));
    for bad in [
        "version=\"0\"",
        "version=\"OLDEST\"",
        "version=\"\"",
        "startDate=\"soon\"",
        "startDate=\"2022-01-01\" endDate=\"2021-01-01\"",
    ] {
        assert!(with(bad).is_err(), "{bad}");
    }
}

#[test]
fn both_sides_of_a_spatial_operator_keep_their_order() {
    let point = "<gml:Point srsName=\"EPSG:2154\"><gml:pos>1 2</gml:pos></gml:Point>";
    let name = |n: &str| format!("<fes:ValueReference>{n}</fes:ValueReference>");
    let Ok(Filter::Spatial { op: SpatialOp::Within, left: Expr::Literal(Literal::Geometry(_)), right }) =
        read(&format!("<fes:Within><fes:Literal>{point}</fes:Literal>{}</fes:Within>", name("geom")))
    else {
        panic!("a literal within a property")
    };
    assert_eq!(right, property("geom"));
    assert_eq!(
        read(&format!("<fes:Intersects>{}{}</fes:Intersects>", name("a/geom"), name("b/geom"))),
        Ok(Filter::Spatial {
            op: SpatialOp::Intersects,
            left: property("a/geom"),
            right: property("b/geom")
        })
    );
    let function = format!("<fes:Function name=\"centroid\">{}</fes:Function>", name("geom"));
    let Ok(Filter::Spatial { left: Expr::Function { .. }, right: Expr::Literal(_), .. }) =
        read(&format!("<fes:Within>{function}{point}</fes:Within>"))
    else {
        panic!("a function within a literal")
    };
    let boxes = read(&format!("<fes:BBOX>{}{}</fes:BBOX>", name("a/geom"), name("b/geom")));
    assert_eq!(
        boxes,
        Ok(Filter::Spatial {
            op: SpatialOp::Intersects,
            left: property("a/geom"),
            right: Expr::Function { name: "envelope".into(), args: vec![property("b/geom")] }
        })
    );
}

#[test]
fn the_box_of_filter_1_0_is_in_x_and_y_whatever_its_system() {
    let expected = Filter::BBox {
        property: Some("geom".into()),
        bbox: crate::geo::BBox::new(5.0, 43.0, 6.0, 44.0),
        srid: Some(4326),
    };
    for system in ["EPSG:4326", "http://www.opengis.net/gml/srs/epsg.xml#4326"] {
        for corners in [
            "<gml:coordinates>5,43 6,44</gml:coordinates>",
            "<gml:coord><gml:X>5</gml:X><gml:Y>43</gml:Y></gml:coord><gml:coord><gml:X>6</gml:X><gml:Y>44</gml:Y></gml:coord>",
        ] {
            let xml = format!(
                "<ogc:BBOX><ogc:PropertyName>geom</ogc:PropertyName><gml:Box srsName=\"{system}\">{corners}</gml:Box></ogc:BBOX>"
            );
            assert_eq!(read(&xml), Ok(expected.clone()), "{xml}");
        }
    }
}

#[test]
fn the_action_of_a_match_is_one_of_three() {
    let with = |action: &str| {
        read(&format!(
            "<fes:PropertyIsEqualTo matchAction=\"{action}\"><fes:ValueReference>a</fes:ValueReference><fes:Literal>1</fes:Literal></fes:PropertyIsEqualTo>"
        ))
    };
    for action in ["Any", "All", "One"] {
        assert!(matches!(with(action), Ok(Filter::Compare { .. })), "{action}");
    }
    assert!(with("Some").expect_err("refused").to_string().contains("Any, All or One"));
}

#[test]
fn wrong_filters_name_the_element() {
    for (xml, said) in [
        ("", "'Filter' needs a condition"),
        ("<fes:Wibble/>", "'Wibble' is not supported"),
        ("<fes:Not/>", "'Not' needs exactly one"),
        ("<fes:And/>", "'And' needs conditions"),
        (
            "<fes:PropertyIsEqualTo><fes:ValueReference>a</fes:ValueReference></fes:PropertyIsEqualTo>",
            "exactly two operands",
        ),
        (
            "<fes:PropertyIsEqualTo><fes:ValueReference> </fes:ValueReference><fes:Literal/></fes:PropertyIsEqualTo>",
            "name of a property",
        ),
        ("<fes:PropertyIsEqualTo><fes:Wibble/><fes:Literal/></fes:PropertyIsEqualTo>", "'Wibble'"),
        (
            "<fes:PropertyIsBetween><fes:ValueReference>a</fes:ValueReference></fes:PropertyIsBetween>",
            "LowerBoundary",
        ),
        ("<fes:ResourceId/>", "an identifier"),
        ("<fes:BBOX/>", "a gml:Envelope"),
        ("<fes:DWithin><gml:Point><gml:pos>1 2</gml:pos></gml:Point></fes:DWithin>", "a Distance"),
        (
            "<fes:DWithin><gml:Point><gml:pos>1 2</gml:pos></gml:Point><fes:Distance uom=\"parsec\">1</fes:Distance></fes:DWithin>",
            "'parsec'",
        ),
        (
            "<fes:DWithin><gml:Point><gml:pos>1 2</gml:pos></gml:Point><fes:Distance>-1</fes:Distance></fes:DWithin>",
            "zero or more",
        ),
        (
            "<fes:PropertyIsLike wildCard=\"**\"><fes:ValueReference>a</fes:ValueReference><fes:Literal>x</fes:Literal></fes:PropertyIsLike>",
            "one character",
        ),
        (
            "<fes:PropertyIsNull><fes:ValueReference>a</fes:ValueReference></fes:PropertyIsNull><fes:PropertyIsNull><fes:ValueReference>a</fes:ValueReference></fes:PropertyIsNull>",
            "exactly one condition",
        ),
    ] {
        let error = read(xml).expect_err(xml).to_string();
        assert!(error.contains(said), "{xml}: {error}");
    }
}

#[test]
fn filters_nested_ten_thousand_deep_are_an_error_that_says_so() {
    let inside = "<fes:PropertyIsNull><fes:ValueReference>a</fes:ValueReference></fes:PropertyIsNull>";
    for depth in [99, 149, 10_000, 100_000] {
        let xml = format!("{}{inside}{}", "<fes:Not>".repeat(depth), "</fes:Not>".repeat(depth));
        assert_eq!(read(&xml), Err(FilterError::TooDeep(100)), "{depth}");
    }
}

#[test]
fn a_filter_of_too_many_conditions_is_refused() {
    let inside = "<fes:PropertyIsNull><fes:ValueReference>a</fes:ValueReference></fes:PropertyIsNull>";
    let xml = format!("<fes:Or>{}</fes:Or>", inside.repeat(6_000));
    assert_eq!(read(&xml), Err(FilterError::TooLarge(10_000)));
}

proptest! {
    #[test]
    fn any_arrangement_of_elements_is_read_or_refused(
        names in prop::collection::vec((prop::sample::select(vec![
            "And", "Or", "Not", "BBOX", "DWithin", "Literal", "ValueReference", "PropertyIsLike",
            "PropertyIsBetween", "LowerBoundary", "Function", "Add", "During", "ResourceId", "Envelope",
            "Point", "pos", "Distance", "Filter", "TimePeriod", "beginPosition", "endPosition", "TimeInstant",
            "timePosition", "PropertyIsNil", "AnyInteracts", "Intersects",
        ]), 0_u8..3), 0..30)
    ) {
        let mut xml = String::new();
        let mut open = Vec::new();
        for (name, leave) in names {
            xml += &format!("<{name}>1 2");
            open.push(name);
            for _ in 0..leave {
                if let Some(name) = open.pop() {
                    xml += &format!("</{name}>");
                }
            }
        }
        while let Some(name) = open.pop() {
            xml += &format!("</{name}>");
        }
        let _ = read(&xml);
    }
}

//! Filters in both generations of the language, right and wrong.

use super::*;
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

#[test]
fn instants_and_periods_become_comparisons() {
    let during = "<fes:During><fes:ValueReference>vu</fes:ValueReference><gml:TimePeriod><gml:beginPosition>2021-01-01T00:00:00Z</gml:beginPosition><gml:endPosition>2022-01-01T00:00:00Z</gml:endPosition></gml:TimePeriod></fes:During>";
    let Ok(Filter::And(both)) = read(during) else { panic!("{:?}", read(during)) };
    assert_eq!(both.len(), 2);
    let after = "<fes:After><fes:ValueReference>vu</fes:ValueReference><gml:TimeInstant><gml:timePosition>2021-01-01</gml:timePosition></gml:TimeInstant></fes:After>";
    assert_eq!(
        read(after),
        Ok(Filter::Compare {
            op: CompareOp::Greater,
            left: property("vu"),
            right: literal("2021-01-01"),
            match_case: true
        })
    );
}

#[test]
fn a_period_whose_ends_are_instants_is_a_period() {
    let instant =
        |at: &str| format!("<gml:TimeInstant><gml:timePosition>{at}</gml:timePosition></gml:TimeInstant>");
    let period = format!(
        "<fes:Literal><gml:TimePeriod><gml:begin>{}</gml:begin><gml:end>{}</gml:end></gml:TimePeriod></fes:Literal>",
        instant("2021-01-01"),
        instant("2022-01-01")
    );
    let with = |operator: &str, time: &str| {
        read(&format!("<fes:{operator}><fes:ValueReference>vu</fes:ValueReference>{time}</fes:{operator}>"))
    };
    let at =
        |op, when: &str| Filter::Compare { op, left: property("vu"), right: literal(when), match_case: true };
    let during = vec![at(CompareOp::Greater, "2021-01-01"), at(CompareOp::Less, "2022-01-01")];
    assert_eq!(with("During", &period), Ok(Filter::And(during)));
    assert_eq!(with("After", &period), Ok(at(CompareOp::Greater, "2022-01-01")));
    assert_eq!(with("Before", &period), Ok(at(CompareOp::Less, "2021-01-01")));
    assert_eq!(with("TEquals", &instant("2021-01-01")), Ok(at(CompareOp::Equal, "2021-01-01")));
    for (operator, time) in [
        ("During", instant("2021-01-01")),
        ("After", instant("yesterday")),
        ("After", "<gml:TimePeriod/>".to_owned()),
        ("After", "<gml:Point><gml:pos>1 2</gml:pos></gml:Point>".to_owned()),
    ] {
        let error = with(operator, &time).expect_err(&time).to_string();
        assert!(error.contains(operator) && error.contains("gml:Time"), "{error}");
    }
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
        ("<fes:BBOX/>", "a literal geometry"),
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
            "Point", "pos", "Distance", "Filter",
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

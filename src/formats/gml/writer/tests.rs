//! What features look like as GML 3.

use super::super::schema::tests::layer;
use super::*;
use crate::geo::wkb;
use crate::model::GeometryType;
use chrono::NaiveDate;
use proptest::prelude::*;

#[test]
fn a_collection_of_members_is_well_formed_and_escaped() {
    let layer = layer(GeometryType::Point);
    let columns = layer.columns.clone();
    let values = [
        Value::Text("l'Étang & <note> \"Archail\"\u{1}".into()),
        Value::Null,
        Value::Date(NaiveDate::from_ymd_opt(2021, 8, 2).expect("day")),
    ];
    let ewkb = wkb::from_geo(&geo_types::Point::new(5.4, 43.6).into(), 2154).expect("ewkb");
    let collection = Collection {
        namespaces: vec![("crige".into(), "http://crige.example/ns".into())],
        time_stamp: "2026-01-01T00:00:00Z".into(),
        number_returned: 1,
        next: Some("http://host/wfs?a=1&b=2".into()),
        ..Collection::default()
    };
    let members = Members::new(&layer, &columns, Spelling::urn(&layer.crs));
    let mut writer = Writer::new(collection, members);
    let mut out = Vec::new();
    writer.head(&mut out);
    let feature = FeatureRef { fid: 7, geometry: Some(&ewkb), columns: &columns, values: &values };
    writer.feature(feature, &mut out).expect("written");
    writer.tail(&mut out);
    let text = String::from_utf8(out).expect("utf-8");
    let document = roxmltree::Document::parse(&text).expect("well-formed");
    let root = document.root_element();
    assert_eq!(root.attribute("numberMatched"), Some("unknown"));
    assert_eq!(root.attribute("next"), Some("http://host/wfs?a=1&b=2"));
    let element = root.descendants().find(|n| n.has_tag_name("communes")).expect("feature");
    assert_eq!(element.attribute((super::super::NAMESPACE, "id")), Some("communes.7"));
    let names: Vec<_> = element.children().map(|n| n.tag_name().name()).collect();
    assert_eq!(names, ["nom", "surface", "maj", "geom"]);
    let nil = element.children().find(|n| n.has_tag_name("surface")).expect("nil");
    assert_eq!(nil.attribute(("http://www.w3.org/2001/XMLSchema-instance", "nil")), Some("true"));
    assert_eq!(element.first_child().and_then(|n| n.text()), Some("l'Étang & <note> \"Archail\""));
}

#[test]
fn features_of_gml_3_1_1_are_in_feature_members_and_geometries_without_identifiers() {
    let layer = layer(GeometryType::Point);
    let members = Members::new(&layer, &[], Spelling::urn(&layer.crs)).in_dialect(Dialect::Gml311);
    let ewkb = wkb::from_geo(&geo_types::Point::new(1.0, 2.0).into(), 2154).expect("ewkb");
    let mut out = Vec::new();
    members
        .member(FeatureRef { fid: 7, geometry: Some(&ewkb), columns: &[], values: &[] }, &mut out)
        .expect("written");
    assert_eq!(
        String::from_utf8(out).expect("utf-8"),
        "<gml:featureMember><crige:communes gml:id=\"communes.7\"><crige:geom><gml:Point \
         srsName=\"urn:ogc:def:crs:EPSG::2154\"><gml:pos>1 2</gml:pos></gml:Point></crige:geom>\
         </crige:communes></gml:featureMember>\n"
    );
}

#[test]
fn a_broken_geometry_leaves_no_half_member() {
    let layer = layer(GeometryType::Point);
    let members = Members::new(&layer, &[], Spelling::urn(&layer.crs));
    let mut out = b"before".to_vec();
    let broken = FeatureRef { fid: 7, geometry: Some(&[1]), columns: &[], values: &[] };
    assert!(members.member(broken, &mut out).is_err());
    assert_eq!(out, b"before");
}

proptest! {
    #[test]
    fn a_real_number_is_written_as_it_is_shown(
        number in prop_oneof![any::<f64>(), -1e6_f64..1e6, (-1e9_f64..1e9).prop_map(f64::round)],
    ) {
        let mut out = Vec::new();
        push_real(number, &mut out);
        prop_assert_eq!(String::from_utf8(out).expect("ascii"), number.to_string());
    }

    #[test]
    fn any_text_survives_but_what_xml_cannot_hold(text in any::<String>()) {
        let mut out = b"<x>".to_vec();
        push_escaped(&text, &mut out);
        out.extend_from_slice(b"</x>");
        let xml = String::from_utf8(out).expect("utf-8");
        let document = roxmltree::Document::parse(&xml).expect("well-formed");
        let kept: String = text
            .chars()
            .filter(|c| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'))
            .collect();
        prop_assert_eq!(document.root_element().text().unwrap_or_default(), kept);
    }
}

//! What INSPIRE asks of a download service: extended capabilities, languages, a dataset as a whole.

use super::*;

const COMMON: &str = "http://inspire.ec.europa.eu/schemas/common/1.0";
const DOWNLOAD: &str = "http://inspire.ec.europa.eu/schemas/inspire_dls/1.0";
const GET_SPATIAL_DATA_SET: &str = "http://inspire.ec.europa.eu/operation/download/GetSpatialDataSet";

/// Code and namespace of each dataset's identifier.
fn identifiers(answer: &Answer) -> Vec<(String, String)> {
    read(answer, |document| {
        let found = document.descendants().filter(|n| n.has_tag_name((DOWNLOAD, "SpatialDataSetIdentifier")));
        let text = |node: Node<'_, '_>, name| {
            let part = node.children().find(|n| n.has_tag_name((COMMON, name)));
            part.and_then(|n| n.text()).unwrap_or_default().to_owned()
        };
        found.map(|node| (text(node, "Code"), text(node, "Namespace"))).collect()
    })
}

#[test]
fn the_capabilities_say_where_metadata_is_in_which_languages_and_name_the_datasets() {
    let all = ask(&[("request", "GetCapabilities")]);
    schemas::validate(&all.body, XSD);
    assert_eq!(identifiers(&all).len(), 5);
    let one = get(&region().url("/dataset/communes/wfs?service=WFS&request=GetCapabilities"));
    assert_eq!(identifiers(&one).len(), 1);
    read(&one, |document| {
        let text = |name: &'static str| {
            let found = document.descendants().find(|n| n.has_tag_name((COMMON, name)));
            found
                .and_then(|n| n.descendants().filter_map(|n| n.text()).find(|t| !t.trim().is_empty()))
                .map(str::to_owned)
        };
        assert_eq!(text("DefaultLanguage").as_deref(), Some("fre"));
        assert_eq!(text("SupportedLanguage").as_deref(), Some("eng"));
        assert_eq!(text("ResponseLanguage").as_deref(), Some("fre"));
        assert_eq!(text("MediaType").as_deref(), Some("application/vnd.iso.19139+xml"));
        // The record is there, and has the identifier.
        let record = get(&text("URL").expect("an address"));
        let (code, namespace) = &identifiers(&one)[0];
        assert!(namespace.ends_with("/datasets/") && record.text().contains(code), "{}", record.text());
    });
}

#[test]
fn the_language_asked_for_is_answered_and_an_unknown_one_by_the_default() {
    let title = |language: &str| {
        let answer = ask(&[("request", "GetCapabilities"), ("language", language)]);
        read(&answer, |document| {
            let found = document.descendants().find(|n| n.has_tag_name((COMMON, "ResponseLanguage")));
            let code = found.and_then(|n| n.first_element_child()?.text()).map(str::to_owned);
            (code.unwrap_or_default(), answer.text().contains("Feature download service"))
        })
    };
    assert_eq!(title("eng"), ("eng".to_owned(), true));
    assert_eq!(title("fre"), ("fre".to_owned(), false));
    assert_eq!(title("ger"), ("fre".to_owned(), false));
}

#[test]
fn get_spatial_data_set_answers_all_types_of_a_dataset_in_the_system_asked_for() {
    let one = get(&region().url("/dataset/patrimoine/wfs?service=WFS&request=GetCapabilities"));
    let (code, namespace) = identifiers(&one).remove(0);
    let base = [("request", "GetFeature"), ("storedQuery_Id", GET_SPATIAL_DATA_SET)];
    let whole = [
        ("CRS", "urn:ogc:def:crs:EPSG::4258"),
        ("DataSetIdCode", code.as_str()),
        ("DataSetIdNamespace", namespace.as_str()),
        ("Language", "fre"),
    ];
    let answer = ask(&[&base[..], &whole].concat());
    read(&answer, |document| {
        assert!(named(document, "FeatureCollection").count() > 1, "a collection a type");
        let systems: Vec<_> = document.descendants().filter_map(|n| n.attribute("srsName")).collect();
        assert!(!systems.is_empty() && systems.iter().all(|s| *s == "urn:ogc:def:crs:EPSG::4258"));
    });
    for missing in ["CRS", "DataSetIdCode", "DataSetIdNamespace"] {
        let rest: Vec<_> = whole.iter().copied().filter(|(name, _)| *name != missing).collect();
        let answer = ask(&[&base[..], &rest].concat());
        assert_eq!(refused(&answer), ("MissingParameterValue".to_owned(), missing.to_owned()));
    }
    let mut other = whole;
    other[1].1 = "'; drop table datasud.layer; --";
    assert_eq!(refused(&ask(&[&base[..], &other].concat())).1, "DataSetIdCode");
    other = whole;
    other[0].1 = "EPSG:0";
    assert_eq!(refused(&ask(&[&base[..], &other].concat())).1, "srsName");
    let described = ask(&[("request", "DescribeStoredQueries"), ("storedQuery_Id", GET_SPATIAL_DATA_SET)]);
    schemas::validate(&described.body, XSD);
    read(&described, |document| assert_eq!(named(document, "Parameter").count(), 4));
}

//! Earlier versions of features (OGC 09-025r2 clause 7.9.2.4.2, OGC 09-026r2 clause 7.11).

use super::*;
use crate::support::region::Region;
use crate::wfs_t::{editable, namespace, transaction};

/// A feature that was changed twice, and one that was changed and deleted.
fn changed() -> Region {
    let region = editable();
    let update = |id: u32, title: &str| {
        format!(
            "<wfs:Update typeName='v:signalements'><wfs:Property><wfs:ValueReference>titre</wfs:ValueReference>\
             <wfs:Value>{title}</wfs:Value></wfs:Property><fes:Filter><fes:ResourceId rid='signalements.{id}'/></fes:Filter>\
             </wfs:Update>"
        )
    };
    for action in [update(1, "deux"), update(1, "trois"), update(2, "autre")] {
        assert_eq!(transaction(&region, "", &action).status, 200);
    }
    let delete = "<wfs:Delete typeName='v:signalements'><fes:Filter><fes:ResourceId rid='signalements.2'/></fes:Filter></wfs:Delete>";
    assert_eq!(transaction(&region, "", delete).status, 200);
    region
}

fn asked(region: &Region, resources: &str) -> Answer {
    let body = format!(
        "<wfs:GetFeature xmlns:wfs='{WFS}' xmlns:fes='{FES}' xmlns:v='{}' service='WFS' version='2.0.0'>\
         <wfs:Query typeNames='v:signalements'><fes:Filter>{resources}</fes:Filter></wfs:Query></wfs:GetFeature>",
        namespace(region)
    );
    post(&region.url("/wfs"), "application/xml", body)
}

/// Identifier, state and title of each answered version.
fn states(answer: &Answer) -> Vec<(String, String, String)> {
    read(answer, |document| {
        let id = ("http://www.opengis.net/gml/3.2", "id");
        let members = document.root_element().children().filter(|n| n.tag_name().name() == "member");
        members
            .map(|member| {
                let feature = member.first_element_child().expect("a feature");
                let title =
                    feature.children().find(|n| n.tag_name().name() == "titre").and_then(|n| n.text());
                let state = member.attribute("state").unwrap_or_default();
                let id = feature.attribute(id).unwrap_or_default();
                (id.to_owned(), state.to_owned(), title.unwrap_or_default().to_owned())
            })
            .collect()
    })
}

#[test]
fn versions_are_found_by_first_last_previous_next_all_number_and_by_their_own_identifiers() {
    let region = changed();
    let find = |attributes: &str| states(&asked(&region, &format!("<fes:ResourceId {attributes}/>")));
    let state = |id: &str, state: &str, title: &str| (id.to_owned(), state.to_owned(), title.to_owned());
    let first = state("signalements.1.v1", "superseded", "Nid-de-poule");
    let second = state("signalements.1.v2", "superseded", "deux");
    let third = state("signalements.1", "valid", "trois");
    assert_eq!(find("rid='signalements.1' version='FIRST'"), std::slice::from_ref(&first));
    assert_eq!(find("rid='signalements.1' version='LAST'"), std::slice::from_ref(&third));
    assert_eq!(find("rid='signalements.1' version='PREVIOUS'"), std::slice::from_ref(&second));
    assert_eq!(find("rid='signalements.1' version='NEXT'"), []);
    assert_eq!(find("rid='signalements.1.v1' version='NEXT'"), std::slice::from_ref(&second));
    assert_eq!(find("rid='signalements.1' version='1'"), std::slice::from_ref(&first));
    assert_eq!(find("rid='signalements.1.v2'"), std::slice::from_ref(&second));
    assert_eq!(find("rid='signalements.1' version='ALL'"), [first.clone(), second.clone(), third.clone()]);
    assert_eq!(
        find("rid='signalements.1' startDate='2000-01-01T00:00:00Z' endDate='2000-01-02T00:00:00Z'"),
        std::slice::from_ref(&first)
    );
    assert_eq!(find("rid='signalements.1' version='2000-01-01T00:00:00Z'"), [first]);
    // A deleted feature is there no more, and its last version is retired.
    assert_eq!(find("rid='signalements.2'"), []);
    assert_eq!(find("rid='signalements.2' version='LAST'"), [state("signalements.2", "retired", "autre")]);
    assert_eq!(find("rid='signalements.99' version='ALL'"), []);
}

#[test]
fn an_answer_of_versions_is_valid_counted_and_paged() {
    let region = changed();
    let all = asked(
        &region,
        "<fes:ResourceId rid='signalements.1' version='ALL'/><fes:ResourceId rid='signalements.2' version='ALL'/>",
    );
    assert_eq!(numbers(&all), ("5".to_owned(), "5".to_owned()));
    let schema =
        get(&region.url(&query(&[("request", "DescribeFeatureType"), ("typeNames", "signalements")]))).text();
    schemas::validate_mixed(&all.body, &[(WFS, XSD), (&namespace(&region), &schema)]);
    // By address, a version has its own identifier.
    let by_id = |id: &str| {
        get(&region.url(&query(&[
            ("request", "GetFeature"),
            ("storedQuery_Id", "urn:ogc:def:query:OGC-WFS::GetFeatureById"),
            ("id", id),
        ])))
    };
    let second = by_id("signalements.1.v2");
    assert!(
        second.text().contains("gml:id=\"signalements.1.v2\"") && second.text().contains("deux"),
        "{}",
        second.text()
    );
    assert_eq!(by_id("signalements.1.v9").status, 404);
    let kvp =
        get(&region
            .url(&query(&[("request", "GetFeature"), ("resourceId", "signalements.1.v1,signalements.3")])));
    assert_eq!(states(&kvp).len(), 2);
}

#[test]
fn a_transaction_tells_the_identifier_of_the_version_before() {
    let region = editable();
    let update = "<wfs:Update typeName='v:signalements'><wfs:Property><wfs:ValueReference>gravite</wfs:ValueReference>\
        <wfs:Value>5</wfs:Value></wfs:Property><fes:Filter><fes:ResourceId rid='signalements.3'/></fes:Filter></wfs:Update>";
    let answer = transaction(&region, "", update);
    let previous = crate::wfs_t::attributes(&answer, "ResourceId", "previousRid");
    assert_eq!(previous, ["signalements.3.v1"]);
    let before = asked(&region, &format!("<fes:ResourceId rid='{}'/>", previous[0]));
    assert_eq!(states(&before)[0].1, "superseded");
}

#[test]
fn versions_are_read_by_getfeature_in_gml_and_geojson_only() {
    let region = changed();
    let base = [("request", "GetFeature"), ("resourceId", "signalements.1.v1")];
    let file = get(&region.url(&query(&[&base[..], &[("outputFormat", "csv")]].concat())));
    assert_eq!(refused(&file).1, "outputFormat");
    let json = get(&region.url(&query(&[&base[..], &[("outputFormat", "application/json")]].concat())));
    assert_eq!(json.json()["features"][0]["properties"]["titre"], "Nid-de-poule");
    let value = get(&region.url(&query(&[
        ("request", "GetPropertyValue"),
        ("resourceId", "signalements.1.v1"),
        ("typeNames", "signalements"),
        ("valueReference", "titre"),
    ])));
    assert_eq!(refused(&value).0, "OptionNotSupported");
    for hostile in [
        "signalements.1.v",
        "signalements.1.v-9223372036854775808",
        "signalements.1.v99999999999999999999",
        "signalements..v1",
    ] {
        let answer = get(&region.url(&query(&[
            ("request", "GetFeature"),
            ("typeNames", "signalements"),
            ("resourceId", hostile),
        ])));
        assert!(answer.status == 400 || numbers(&answer).0 == "0", "{hostile}: {}", answer.text());
    }
}

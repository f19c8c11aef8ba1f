//! Joins (OGC 09-025r2 clauses 7.9.2.5.3 and 11.3.3.6).

use super::*;

fn filter(condition: &str) -> String {
    format!(
        "<fes:Filter xmlns:fes='{FES}' xmlns:gml='http://www.opengis.net/gml/3.2'>{condition}</fes:Filter>"
    )
}

const BY_CODE: &str = "<fes:PropertyIsEqualTo><fes:ValueReference>c/code_insee</fes:ValueReference>\
    <fes:ValueReference>e/commune</fes:ValueReference></fes:PropertyIsEqualTo>";
const BY_PLACE: &str = "<fes:Contains><fes:ValueReference>c/geom</fes:ValueReference>\
    <fes:ValueReference>e/geom</fes:ValueReference></fes:Contains>";

/// Communes and the places that a condition gives them.
fn join(condition: &str, more: &[(&str, &str)]) -> Answer {
    let types = format!("({COMMUNES},{PLACES})");
    let filter = filter(condition);
    let base =
        [("request", "GetFeature"), ("typeNames", &types), ("aliases", "(c,e)"), ("filter", filter.as_str())];
    ask(&base.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>())
}

/// Texts of a property of each tuple's features.
fn pairs(answer: &Answer, left: &'static str, right: &'static str) -> Vec<(String, String)> {
    read(answer, |document| {
        let text = |tuple: Node<'_, '_>, path: &str| {
            let (of, name) = path.split_once('/').expect("a path");
            let feature = tuple.descendants().find(|n| n.tag_name().name() == of).expect("a feature");
            let found = feature.children().find(|n| n.tag_name().name() == name);
            found.and_then(|n| n.text()).unwrap_or_default().to_owned()
        };
        named(document, "Tuple").map(|tuple| (text(tuple, left), text(tuple, right))).collect()
    })
}

#[test]
fn a_standard_join_answers_tuples_of_the_features_that_go_together() {
    let answer = join(BY_CODE, &[]);
    let found = pairs(&answer, "communes/code_insee", "equipements/commune");
    assert!(found.len() > 100 && found.iter().all(|(left, right)| left == right), "{}", found.len());
    let n = found.len().to_string();
    assert_eq!(numbers(&answer), (n.clone(), n));
    read(&answer, |document| {
        for tuple in named(document, "Tuple") {
            assert_eq!(tuple.children().filter(Node::is_element).count(), 2);
        }
    });
    // Valid means that no identifier stands in the document twice.
    valid(&answer, &format!("{COMMUNES},{PLACES}"));
}

#[test]
fn a_spatial_join_compares_geometries_of_different_systems() {
    let inside = join(BY_PLACE, &[]);
    let found = pairs(&inside, "communes/code_insee", "equipements/commune");
    let right = found.iter().filter(|(left, right)| left == right).count();
    assert!(found.len() > 100 && right * 10 > found.len() * 9, "{right} of {}", found.len());
    let near = "<fes:And><fes:DWithin><fes:ValueReference>c/geom</fes:ValueReference><fes:ValueReference>e/geom\
        </fes:ValueReference><fes:Distance uom='m'>500</fes:Distance></fes:DWithin><fes:PropertyIsEqualTo>\
        <fes:ValueReference>e/categorie</fes:ValueReference><fes:Literal>mairie</fes:Literal></fes:PropertyIsEqualTo></fes:And>";
    let near = join(near, &[]);
    assert!(pairs(&near, "communes/nom", "equipements/categorie").iter().all(|(_, kind)| kind == "mairie"));
    let matched: usize = numbers(&near).0.parse().expect("a number");
    assert!(matched >= 60, "every commune has its town hall: {matched}");
}

#[test]
fn a_temporal_join_compares_days() {
    let types = format!("({COMMUNES},{EVENTS})");
    let after = filter(
        "<fes:And><fes:After><fes:ValueReference>e/jour</fes:ValueReference><fes:ValueReference>c/maj</fes:ValueReference>\
         </fes:After><fes:PropertyIsEqualTo><fes:ValueReference>c/nom</fes:ValueReference>\
         <fes:ValueReference>e/commune</fes:ValueReference></fes:PropertyIsEqualTo></fes:And>",
    );
    let answer =
        ask(&[("request", "GetFeature"), ("typeNames", &types), ("aliases", "(c,e)"), ("filter", &after)]);
    let found = pairs(&answer, "communes/maj", "evenements/jour");
    assert!(!found.is_empty() && found.iter().all(|(changed, day)| day > changed), "{found:?}");
}

#[test]
fn a_join_in_xml_names_types_by_their_own_prefix_and_is_the_same() {
    let (space, _) = schema_of(COMMUNES);
    let body = format!(
        "<wfs:GetFeature xmlns:wfs='{WFS}' xmlns:fes='{FES}' xmlns:p='{space}' service='WFS' version='2.0.0' count='7'>\
         <wfs:Query typeNames='p:communes p:equipements'><fes:Filter><fes:PropertyIsEqualTo>\
         <fes:ValueReference>p:communes/p:code_insee</fes:ValueReference>\
         <fes:ValueReference>p:equipements/p:commune</fes:ValueReference></fes:PropertyIsEqualTo></fes:Filter>\
         </wfs:Query></wfs:GetFeature>"
    );
    let xml = send(&body);
    let kvp = join(BY_CODE, &[("count", "7")]);
    assert_eq!(ids(&xml), ids(&kvp));
    assert_eq!(ids(&xml).len(), 14);
}

#[test]
fn pages_sorting_projection_and_hits_of_a_join() {
    let total: usize = numbers(&join(BY_CODE, &[("resultType", "hits")])).0.parse().expect("a number");
    let all = pairs(&join(BY_CODE, &[]), "communes/nom", "equipements/nom");
    assert_eq!(all.len(), total);
    let mut paged = Vec::new();
    let mut next = Some(region().url(&query(&[
        ("request", "GetFeature"),
        ("typeNames", &format!("({COMMUNES},{PLACES})")),
        ("aliases", "(c,e)"),
        ("filter", &filter(BY_CODE)),
        ("count", "50"),
    ])));
    while let Some(url) = next {
        let page = get(&url);
        paged.extend(pairs(&page, "communes/nom", "equipements/nom"));
        next = read(&page, |d| d.root_element().attribute("next").map(str::to_owned));
    }
    assert_eq!(paged, all);
    let sorted = join(BY_CODE, &[("sortBy", "e/nom DESC,c/nom"), ("propertyName", "e/nom,c/nom")]);
    let names = pairs(&sorted, "communes/nom", "equipements/nom");
    assert_eq!(names.len(), total);
    read(&sorted, |document| {
        let feature = named(document, "equipements").next().expect("a place");
        let properties: Vec<_> =
            feature.children().filter(Node::is_element).map(|n| n.tag_name().name()).collect();
        assert_eq!(properties, ["nom"]);
    });
    let world = join(BY_CODE, &[("srsName", "urn:ogc:def:crs:EPSG::3857"), ("count", "1")]);
    read(&world, |document| {
        let systems: Vec<_> = document.descendants().filter_map(|n| n.attribute("srsName")).collect();
        assert!(
            systems.len() >= 2 && systems.iter().all(|s| *s == "urn:ogc:def:crs:EPSG::3857"),
            "{systems:?}"
        );
    });
}

#[test]
fn a_type_joined_with_itself_needs_aliases() {
    let types = format!("({COMMUNES},{COMMUNES})");
    let touching = filter(
        "<fes:Touches><fes:ValueReference>a/geom</fes:ValueReference><fes:ValueReference>b/geom</fes:ValueReference></fes:Touches>",
    );
    let base = [("request", "GetFeature"), ("typeNames", types.as_str()), ("filter", touching.as_str())];
    let neighbours = ask(&[&base[..], &[("aliases", "(a,b)")]].concat());
    let found = pairs(&neighbours, "communes/nom", "communes/nom");
    assert!(!found.is_empty());
    valid(&neighbours, COMMUNES);
    assert_eq!(refused(&ask(&base)), ("InvalidParameterValue".to_owned(), "aliases".to_owned()));
    let same = ask(&[&base[..], &[("aliases", "(a,a)")]].concat());
    assert_eq!(refused(&same).1, "aliases");
    let one = ask(&[&base[..], &[("aliases", "(a)")]].concat());
    assert_eq!(refused(&one).1, "aliases");
}

#[test]
fn what_a_join_cannot_be_is_said() {
    let types = format!("({COMMUNES},{PLACES})");
    let by_code = filter(BY_CODE);
    let get = |more: &[(&str, &str)]| {
        ask(&[&[("request", "GetFeature"), ("typeNames", types.as_str())], more].concat())
    };
    assert_eq!(refused(&get(&[])), ("MissingParameterValue".to_owned(), "FILTER".to_owned()));
    let foreign = filter(&BY_CODE.replace("e/commune", "e/nope"));
    let aliased: [(&str, &str); 1] = [("aliases", "(c,e)")];
    let refused_with = |more: &[(&str, &str)]| refused(&get(&[&aliased[..], more].concat()));
    assert_eq!(refused_with(&[("filter", &foreign)]).0, "InvalidParameterValue");
    // A name that both types have must say which is meant.
    let vague = filter(&BY_CODE.replace("c/code_insee", "nom"));
    assert_eq!(refused_with(&[("filter", &vague)]).0, "InvalidParameterValue");
    assert_eq!(refused_with(&[("filter", &by_code), ("outputFormat", "application/json")]).1, "outputFormat");
    assert_eq!(refused_with(&[("filter", &by_code), ("propertyName", "e/nope")]).1, "propertyName");
    assert_eq!(refused_with(&[("filter", &by_code), ("sortBy", "e/geom")]).0, "InvalidParameterValue");
    let ids = filter("<fes:ResourceId rid='communes.1'/>");
    assert_eq!(refused_with(&[("filter", &ids)]).0, "OptionNotSupported");
    let injected = filter(&BY_CODE.replace("e/commune", "e/commune\" = '' or 1=1; --"));
    assert_eq!(refused_with(&[("filter", &injected)]).0, "InvalidParameterValue");
    let value = ask(&[
        ("request", "GetPropertyValue"),
        ("typeNames", &types),
        ("filter", &by_code),
        ("aliases", "(c,e)"),
        ("valueReference", "nom"),
    ]);
    assert_eq!(refused(&value).0, "OptionNotSupported");
    let many = format!("({})", [COMMUNES; 9].join(","));
    let nine = ask(&[("request", "GetFeature"), ("typeNames", &many), ("filter", &by_code)]);
    assert_eq!(refused(&nine).0, "OptionNotSupported");
}

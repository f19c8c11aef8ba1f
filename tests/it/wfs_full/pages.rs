//! Pages that cost the same at any depth, conditions in ECQL, and the parameters of resolving.

use super::*;

fn next_of(answer: &Answer) -> Option<String> {
    read(answer, |document| document.root_element().attribute("next").map(str::to_owned))
}

/// All features of all pages, by following the links.
fn followed(pairs: &[(&str, &str)]) -> Vec<String> {
    let mut out = Vec::new();
    let mut next = Some(region().url(&query(pairs)));
    while let Some(url) = next {
        let page = get(&url);
        out.extend(ids(&page));
        next = next_of(&page);
    }
    out
}

#[test]
fn links_keep_the_place_of_the_page_beside_its_number_and_lead_through_everything_once() {
    for more in [
        vec![],
        vec![("sortBy", "categorie DESC,capacite")],
        vec![("sortBy", "capacite DESC"), ("cql_filter", "accessible_pmr = true")],
        vec![("bbox", "43.5,5,44.2,6.5,urn:ogc:def:crs:EPSG::4326")],
    ] {
        let base = [&[("request", "GetFeature"), ("typeNames", PLACES)][..], &more].concat();
        let all = ids(&ask(&base));
        assert!(all.len() > 20, "{more:?}");
        let paged = [&base[..], &[("count", "9")]].concat();
        assert_eq!(followed(&paged), all, "{more:?}");
        let second = next_of(&ask(&paged)).expect("a second page");
        assert!(second.contains("startIndex=9") && second.contains("cursor=8."), "{second}");
        // Clients that know the number alone get the same page.
        let bare: String = second.split("&cursor=").next().expect("a part").to_owned();
        assert_eq!(ids(&get(&bare)), ids(&get(&second)));
        assert_eq!(numbers(&get(&second)), (all.len().to_string(), "9".to_owned()));
    }
}

#[test]
fn pages_whose_number_divides_the_whole_end_without_an_empty_one() {
    let all = ids(&ask(&[("request", "GetFeature"), ("typeNames", EVENTS)]));
    assert_eq!(all.len() % 10, 0, "the fixture has a round number");
    let last = all.len() - 10;
    let mut url = region().url(&query(&[("request", "GetFeature"), ("typeNames", EVENTS), ("count", "10")]));
    let mut pages = 1;
    while let Some(next) = next_of(&get(&url)) {
        url = next;
        pages += 1;
    }
    assert_eq!(pages, all.len() / 10);
    assert!(url.contains(&format!("startIndex={last}")), "{url}");
}

#[test]
fn the_links_of_geojson_keep_the_place_too() {
    let first = ask(&[
        ("request", "GetFeature"),
        ("typeNames", PLACES),
        ("count", "5"),
        ("outputFormat", "application/json"),
    ]);
    let next = first.json()["links"][0]["href"].as_str().expect("a link").to_owned();
    assert!(next.contains("cursor=4."), "{next}");
    let second = get(&next).json();
    assert_eq!(second["features"].as_array().map(Vec::len), Some(5));
    assert_ne!(second["features"][0]["id"], first.json()["features"][0]["id"]);
}

#[test]
fn a_cursor_of_another_query_or_none_at_all_is_refused() {
    let base = [("request", "GetFeature"), ("typeNames", PLACES), ("count", "5")];
    let next = next_of(&ask(&[&base[..], &[("sortBy", "nom")]].concat())).expect("a link");
    let cursor = next.split("cursor=").nth(1).expect("a cursor").to_owned();
    for wrong in [cursor.as_str(), "x", "1", "-1.AAAA", "1.", "99999999999999999999.AQI", "1.é", "1.AQI;drop"]
    {
        let answer = ask(&[&base[..], &[("cursor", wrong)]].concat());
        assert_eq!(refused(&answer), ("InvalidParameterValue".to_owned(), "cursor".to_owned()), "{wrong}");
    }
    let two = ask(&[
        ("request", "GetFeature"),
        ("typeNames", &format!("({PLACES})({EVENTS})")),
        ("count", "5"),
        ("cursor", "4.AQI"),
    ]);
    assert_eq!(refused(&two).1, "cursor");
}

#[test]
fn conditions_in_ecql_are_those_of_a_filter_for_each_type() {
    let filtered =
        |cql: &str| ids(&ask(&[("request", "GetFeature"), ("typeNames", PLACES), ("cql_filter", cql)]));
    let halls = filtered("categorie = 'mairie'");
    assert!(halls.len() >= 50, "{}", halls.len());
    assert_eq!(filtered("categorie IN ('mairie') AND capacite IS NULL OR categorie = 'mairie'"), halls);
    assert!(filtered("nom ILIKE 'MAIRIE%'").len() >= 50);
    let both = |cql: &str| {
        let types = format!("{PLACES},{EVENTS}");
        ids(&ask(&[("request", "GetFeature"), ("typeNames", &types), ("cql_filter", cql)]))
    };
    let found = both("(categorie = 'mairie';gratuit = true)");
    assert_eq!(found.iter().filter(|id| id.starts_with("equipements.")).count(), halls.len());
    assert!(found.iter().any(|id| id.starts_with("evenements.")));
    assert_eq!(both("categorie = 'mairie';gratuit = true"), found);
    for (wrong, locator) in
        [("categorie =", "CQL_FILTER"), ("nope = 1", "nope"), ("a=1;b=2;c=3", "cql_filter")]
    {
        let answer = ask(&[("request", "GetFeature"), ("typeNames", PLACES), ("cql_filter", wrong)]);
        assert_eq!(refused(&answer).1, locator, "{wrong}: {}", answer.text());
    }
    let twice = ask(&[
        ("request", "GetFeature"),
        ("typeNames", PLACES),
        ("cql_filter", "INCLUDE"),
        ("filter", "<fes:Filter xmlns:fes='http://www.opengis.net/fes/2.0'/>"),
    ]);
    assert_eq!(refused(&twice).1, "CQL_FILTER");
}

#[test]
fn resolving_stays_local_and_its_parameters_are_checked() {
    let base = [("request", "GetFeature"), ("typeNames", EVENTS), ("count", "1")];
    for good in [
        vec![("resolve", "local")],
        vec![("resolve", "none")],
        vec![("resolve", "local"), ("resolveDepth", "*"), ("resolveTimeout", "10")],
        vec![("resolve", "local"), ("resolveDepth", "0")],
    ] {
        assert_eq!(ids(&ask(&[&base[..], &good].concat())).len(), 1, "{good:?}");
    }
    for (wrong, locator) in [
        (("resolve", "remote"), "resolve"),
        (("resolve", "all"), "resolve"),
        (("resolveDepth", "deep"), "resolveDepth"),
        (("resolveDepth", "-1"), "resolveDepth"),
        (("resolveTimeout", "0"), "resolveTimeout"),
        (("resolveTimeout", "soon"), "resolveTimeout"),
    ] {
        let answer = ask(&[&base[..], &[wrong]].concat());
        assert_eq!(refused(&answer), ("InvalidParameterValue".to_owned(), locator.to_owned()), "{wrong:?}");
    }
}

//! The class OpenSearch: the description document, its templates, and what they find.

use super::{ALL, ATOM_MEDIA, DESCRIPTION, OS, capabilities, feed, root, values};
use crate::ats::shelf::{CSW3, address, counter, id, numbers, read, texts};
use crate::schemas;
use crate::support::{Answer, get, get_with};

const GML: &str = "http://www.opengis.net/gml";

fn description() -> Answer {
    get_with(
        &address(),
        &[("accept", "application/vnd.a9.opensearchdescription+xml, application/opensearchdescription+xml")],
    )
}

/// Media type and template of every address with a parameter.
fn templates(parameter: &str) -> Vec<(String, String)> {
    read(&description(), |document| {
        let urls = document.descendants().filter(|n| n.has_tag_name((OS, "Url")));
        urls.map(|n| {
            (
                n.attribute("type").unwrap_or_default().to_owned(),
                n.attribute("template").unwrap_or_default().to_owned(),
            )
        })
        .filter(|(_, template)| template.contains(&format!("{{{parameter}")))
        .collect()
    })
}

/// The address that a template becomes: an optional parameter without a value is left empty.
fn expand(template: &str, values: &[(&str, &str)]) -> String {
    let mut url = template.to_owned();
    for (name, value) in values {
        let value =
            percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string();
        url = url.replace(&format!("{{{name}?}}"), &value).replace(&format!("{{{name}}}"), &value);
    }
    while let Some((from, length)) = url.find('{').and_then(|at| Some((at, url.get(at..)?.find('}')? + 1))) {
        url.replace_range(from..from + length, "");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    assert!(url.chars().all(plain), "no URI: {url}");
    url
}

#[test]
fn cat30_opensearch_description_at_the_base_address_and_by_the_capabilities() {
    let preferred =
        get_with(&address(), &[("accept", "application/xml; q=0.5, application/opensearchdescription+xml")]);
    let document = values(&capabilities(&[]), "OpenSearchDescriptionDocument");
    assert_eq!(document.len(), 1, "getOpenSearchDescriptionFromCapabilities");
    for answer in [description(), preferred, get(&document[0])] {
        assert_eq!(answer.status, 200);
        assert_eq!(root(&answer), (OS.to_owned(), "OpenSearchDescription".to_owned()));
        assert!(answer.header("content-type").starts_with(DESCRIPTION), "preferOpenSearchDescription");
    }
    let name = texts(&description(), OS, "ShortName");
    assert!(name.len() == 1 && name[0].chars().count() <= 16, "validOpenSearchDescription: {name:?}");
    assert!(texts(&description(), OS, "LongName").iter().all(|n| n.chars().count() <= 48));
    let kinds = templates("searchTerms");
    assert!(kinds.iter().any(|(media, _)| media.starts_with(ATOM_MEDIA)), "{kinds:?}");
    let csw = |(media, template): &(String, String)| {
        media.starts_with("application/xml")
            && template.contains("outputschema=http://www.opengis.net/cat/csw/3.0")
    };
    assert!(kinds.iter().any(csw), "{kinds:?}");
}

#[track_caller]
fn entries(media: &str, answer: &Answer, test: &str) -> Vec<usize> {
    if media == ATOM_MEDIA {
        return feed(answer, test);
    }
    assert_eq!(root(answer), (CSW3.to_owned(), "GetRecordsResponse".to_owned()), "{test}: {}", answer.text());
    schemas::validate(&answer.body, ALL);
    numbers(answer)
}

#[test]
fn cat30_opensearch_core_words_slices_and_the_example() {
    for (media, template) in templates("searchTerms") {
        let accept = [("accept", media.as_str())];
        let search = |values: &[(&str, &str)]| get_with(&expand(&template, values), &accept);
        let ask = |words: &str| search(&[("searchTerms", words)]);
        assert_eq!(entries(&media, &ask("qzxvwkjq"), "keywordSearch_emptyResultSet"), [0; 0]);
        assert_eq!(entries(&media, &ask("vallées"), "singleKeywordSearch"), [12]);
        assert_eq!(entries(&media, &ask("Ñuit Hydrographie-Mer"), "multipleKeywordSearch"), [9]);
        let slice = search(&[("count", "4"), ("startIndex", "3")]);
        assert_eq!(entries(&media, &slice, "sliceResults"), [3, 4, 5, 6]);
        if media == ATOM_MEDIA {
            assert_eq!(
                (texts(&slice, OS, "itemsPerPage"), texts(&slice, OS, "startIndex")),
                (vec!["4".into()], vec!["3".into()])
            );
        } else {
            assert_eq!(counter(&slice, "nextRecord"), 7);
        }
        let example = read(&description(), |document| {
            let query = document.descendants().find(|n| n.has_tag_name((OS, "Query"))).expect("an example");
            assert_eq!(query.attribute("role"), Some("example"));
            ["count", "startIndex"].map(|name| query.attribute(name).expect(name).to_owned())
        });
        let found = search(&[("count", &example[0]), ("startIndex", &example[1])]);
        assert!(!entries(&media, &found, "executeExampleQueries").is_empty());
    }
}

#[test]
fn cat30_opensearch_geo_identifiers_and_boxes() {
    assert_eq!(templates("geo:uid").len(), 2);
    for (media, template) in templates("geo:uid") {
        let ask = |values: &[(&str, &str)]| get_with(&expand(&template, values), &[("accept", &media)]);
        assert_eq!(ask(&[("geo:uid", "uid-0")]).status, 404, "getResourceById_notFound");
        assert_eq!(entries(&media, &ask(&[("geo:uid", &id(4))]), "getResourceById"), [4]);
        let far = ask(&[("geo:box", "514432,5429689,529130,5451619")]);
        assert_eq!(far.status, 400, "invalidBoundingBoxCoords");
        let placed = ask(&[("geo:box", "4,43,7,45")]);
        assert_eq!(entries(&media, &placed, "boundingBoxQuery"), [1]);
        if media == ATOM_MEDIA {
            assert_eq!(texts(&placed, GML, "lowerCorner"), ["43.250000 4.500000"], "latitude first");
            let told = read(&placed, |document| {
                let query = document.descendants().find(|n| n.has_tag_name((OS, "Query"))).expect("a query");
                query.attribute(("http://a9.com/-/opensearch/extensions/geo/1.0/", "box")).map(str::to_owned)
            });
            assert_eq!(told.as_deref(), Some("4,43,7,45"));
        }
    }
}

//! The page of a layer's styles, and what its script asks the server for.

use crate::support::{Answer, agent, config, get, get_with, head, post, region};
use crate::wfs_t::with_config;
use datasud::config::{Config, Editing};

fn page(layer: &str, query: &str) -> Answer {
    get(&region().url(&format!("/styles/{layer}{query}")))
}

/// The value of an attribute of the first element that has it, unescaped.
fn attribute(page: &str, name: &str) -> String {
    let begin = page.split(&format!("{name}=\"")).nth(1).unwrap_or_else(|| panic!("no {name} in {page}"));
    let value = begin.split('"').next().unwrap_or_default();
    value.replace("&#38;", "&").replace("&amp;", "&")
}

#[test]
fn each_style_has_a_map_a_legend_and_its_documents() {
    let answer = page("communes", "");
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    let text = answer.text().replace("&#38;", "&").replace("&amp;", "&");
    for needed in [
        "<html lang=\"fr\">",
        "Styles de la couche",
        "/ogc/styles/communes.default?f=sld10",
        "/ogc/styles/communes.default?f=sld11",
        "/styles/communes/default.json",
        "REQUEST=GetMap&LAYERS=communes&STYLES=default&",
        "REQUEST=GetLegendGraphic",
        "<label for=\"sld\">",
        "<label for=\"sld-file\">",
        "role=\"alert\"",
        "/datasets/communes",
        "Essayer",
    ] {
        assert!(text.contains(needed), "{needed} is not in {text}");
    }
    // Every address on it answers.
    for attribute in [" href=\"", " src=\""] {
        for address in text.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
            if address.starts_with('/') {
                let told = get(&region().url(address));
                assert_eq!(told.status, 200, "{address}: {}", told.text());
            }
        }
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("connect-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(!text.contains("<script>") && !text.contains(" onclick"), "no script within the page");
    assert_eq!(head(&region().url("/styles/communes")).status, 200);
}

#[test]
fn the_page_speaks_english_and_is_kept_by_its_tag() {
    let english = page("communes", "?lang=en").text();
    assert!(english.contains("<html lang=\"en\">") && english.contains("Try another style"), "{english}");
    let tag = page("communes", "").header("etag").to_owned();
    assert_eq!(get_with(&region().url("/styles/communes"), &[("if-none-match", &tag)]).status, 304);
    let missing = page("nulle_part", "");
    assert!(missing.status == 404 && missing.text().contains("existe pas"), "{}", missing.text());
    assert_eq!(page("%3Cscript%3E", "").status, 404);
}

#[test]
fn the_form_alone_draws_the_document_and_tells_what_is_wrong_with_line_and_column() {
    let text = page("communes", "").text();
    let action = attribute(&text, "action");
    assert!(!action.contains("LAYERS="), "{action}");
    // As it stands in the text area, unescaped.
    let area = text.split("<textarea").nth(1).and_then(|t| t.split_once('>')).expect("a text").1;
    let document = area.split("</textarea>").next().unwrap_or_default();
    let document =
        document.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'");
    let document = document.replace("&#38;", "&");
    assert!(document.contains("StyledLayerDescriptor") && document.contains("communes"), "{document}");
    let form = |document: &str| {
        let encoded = percent_encoding::utf8_percent_encode(document, percent_encoding::NON_ALPHANUMERIC);
        post(&region().url(&action), "application/x-www-form-urlencoded", format!("SLD_BODY={encoded}"))
    };
    let drawn = form(&document);
    assert_eq!((drawn.status, drawn.header("content-type")), (200, "image/png"), "{}", drawn.text());
    let wrong = form(&document.replacen("PolygonSymbolizer>", "PolygonSymbolizer>\n<Banane/>", 1)).text();
    assert!(wrong.contains("line ") && wrong.contains(", column "), "{wrong}");
    assert!(wrong.contains("Banane"), "{wrong}");
}

#[test]
fn saving_is_offered_where_editing_is_on_and_asks_for_a_token_where_one_is_needed() {
    assert!(!page("communes", "").text().contains("id=\"save\""));
    for (editing, token) in [(Editing::Open, false), (Editing::Token, true)] {
        let served = with_config(Config { editing, ..config() });
        let text = get(&served.url("/styles/chantiers")).text();
        assert!(text.contains("id=\"save\""), "{text}");
        assert_eq!(text.contains("id=\"token\""), token);
        assert_eq!(attribute(&text, "data-address"), "/ogc/styles/chantiers.");
        let put = agent()
            .put(served.url("/ogc/styles/chantiers.essai"))
            .header("content-type", "application/vnd.ogc.sld+xml")
            .send("<FeatureTypeStyle><Rule><PolygonSymbolizer/></Rule></FeatureTypeStyle>")
            .expect("answered");
        assert_eq!(put.status().as_u16(), if token { 401 } else { 201 });
        assert_eq!(get(&served.url("/styles/chantiers")).text().contains("id=\"style-essai\""), !token);
    }
}

#[test]
fn dataset_and_collection_pages_show_a_map_and_lead_to_the_styles() {
    for layer in ["communes", "routes", "equipements"] {
        let dataset = get(&region().url(&format!("/datasets/{layer}"))).text();
        assert!(dataset.contains(&format!("href=\"/styles/{layer}\"")), "{dataset}");
        let collection =
            get(&region().url(&format!("/ogc/collections/{layer}?f=html"))).text().replace("&#38;", "&");
        assert!(collection.contains(&format!("/styles/{layer}\"")), "{collection}");
        let src = collection.split("<img src=\"").nth(1).and_then(|t| t.split('"').next()).expect("a map");
        let map = get(src);
        assert_eq!((map.status, map.header("content-type")), (200, "image/png"), "{src}");
    }
}

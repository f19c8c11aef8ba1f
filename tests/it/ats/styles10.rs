//! OGC API - Styles (OGC 20-009), by requirement: reading for everybody, managing for those who may edit.

use super::oapif_parts;
use crate::picture::Picture;
use crate::support::region::{Region, region};
use crate::support::{Answer, config, get, get_with};
use crate::wfs_t::{editable, with_config};
use datasud::config::{Config, Editing};
use serde_json::{Value, json};

const SLD: &str = "application/vnd.ogc.sld+xml;version=1.0";
const MAPLIBRE: &str = "application/vnd.mapbox.style+json";

fn style(layer: &str, name: &str, color: &str, condition: &str) -> String {
    format!(
        "<StyledLayerDescriptor version='1.0.0' xmlns='http://www.opengis.net/sld' xmlns:ogc='http://www.opengis.net/ogc'>\
         <NamedLayer><Name>{layer}</Name><UserStyle><Name>{name}</Name><Title>Style « {name} »</Title><FeatureTypeStyle>\
         <Rule>{condition}<PolygonSymbolizer><Fill><CssParameter name='fill'>{color}</CssParameter></Fill></PolygonSymbolizer></Rule>\
         </FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"
    )
}

fn send(method: &str, url: &str, media: &str, body: &str) -> Answer {
    oapif_parts::send(method, url, &[("content-type", media)], body)
}

fn delete(url: &str) -> Answer {
    oapif_parts::send("DELETE", url, &[], "")
}

#[track_caller]
fn refused(answer: &Answer, status: u16, words: &[&str]) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    for word in words {
        assert!(answer.text().contains(word), "{word}: {}", answer.text());
    }
}

#[test]
fn styles10_core_every_style_is_listed_and_comes_in_each_language() {
    let all = get(&region().url("/ogc/styles")).json();
    let styles = all["styles"].as_array().expect("styles");
    assert!(styles.len() >= 7, "{all}");
    for style in styles {
        for link in style["links"].as_array().expect("links") {
            let answer = get(link["href"].as_str().expect("an address"));
            assert_eq!(answer.status, 200, "{link}: {}", answer.text());
            assert_eq!(answer.header("content-type"), link["type"].as_str().expect("a type"), "{link}");
        }
    }
    let of = get(&region().url("/ogc/collections/communes/styles")).json();
    assert_eq!(
        (&of["default"], &of["styles"][0]["id"]),
        (&json!("communes.default"), &json!("communes.default"))
    );
    let one = region().url("/ogc/styles/communes.default");
    let document = get_with(&one, &[("accept", "application/vnd.ogc.sld+xml")]);
    assert!(document.text().contains("StyledLayerDescriptor"), "{}", document.text());
    let drawn = get_with(&one, &[("accept", MAPLIBRE)]);
    assert_eq!(drawn.header("content-type"), MAPLIBRE);
    assert_eq!(drawn.json()["layers"], get(&region().url("/styles/communes/default.json")).json()["layers"]);
    let metadata = get(&format!("{one}/metadata")).json();
    assert_eq!(metadata["layers"][0]["id"], "communes");
    assert_eq!(metadata["layers"][0]["type"], "polygon");
    let native: Vec<&Value> =
        metadata["stylesheets"].as_array().expect("sheets").iter().filter(|s| s["native"] == true).collect();
    assert_eq!(native.len(), 1);
    refused(&get(&region().url("/ogc/styles/communes.nulle_part")), 404, &["communes.nulle_part"]);
    refused(&get(&region().url("/ogc/styles/communes")), 404, &["/ogc/styles"]);
    refused(&get(&format!("{one}?f=qml")), 400, &["sld", "mapbox"]);
    assert_eq!(get_with(&one, &[("accept", "image/png")]).status, 406);
}

/// Whether the areas are filled with a colour.
fn is_drawn_in(region: &Region, style: &str, color: [u8; 4]) -> bool {
    let answer = get(&region.url(&format!("/ogc/collections/chantiers/styles/{style}/map?width=100")));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let picture = Picture::decode(&answer.body);
    let drawn = picture.count(|p| p[3] == 255);
    drawn > 100 && picture.count(|p| p == color) == drawn
}

#[test]
fn styles10_manage_a_style_is_added_drawn_replaced_and_removed() {
    let region = editable();
    let styles = region.url("/ogc/styles");
    let red = style("chantiers", "alerte", "#ff0000", "");
    // Only checked.
    assert_eq!(send("POST", &format!("{styles}?dry-run=true"), SLD, &red).status, 204);
    refused(&get(&format!("{styles}/chantiers.alerte")), 404, &[]);
    let added = send("POST", &styles, SLD, &red);
    assert_eq!(added.status, 201, "{}", added.text());
    assert_eq!(added.header("location"), format!("{styles}/chantiers.alerte"));
    assert_eq!(get(added.header("location")).text(), red, "as it was written");
    let metadata = get(&format!("{styles}/chantiers.alerte/metadata")).json();
    assert_eq!(metadata["title"], "Style « alerte »");
    assert!(is_drawn_in(&region, "alerte", [255, 0, 0, 255]));
    // WMS and WMTS know it at once.
    let capabilities = get(&region.url("/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.3.0")).text();
    assert!(capabilities.contains("<Name>alerte</Name>"), "{capabilities}");
    refused(&send("POST", &styles, SLD, &red), 409, &["alerte", "PUT"]);
    let address = format!("{styles}/chantiers.alerte");
    assert_eq!(send("PUT", &address, "text/xml", &style("chantiers", "alerte", "#0000ff", "")).status, 204);
    assert!(is_drawn_in(&region, "alerte", [0, 0, 255, 255]), "no picture of the earlier one");
    assert_eq!(send("PUT", &format!("{styles}/chantiers.nouveau"), SLD, &red).status, 201);
    assert_eq!(delete(&address).status, 204);
    refused(&get(&address), 404, &[]);
    refused(&delete(&address), 404, &[]);
    refused(&delete(&format!("{styles}/chantiers.default")), 409, &["default", "replace"]);
    // The default is replaced like any other, and stays the default.
    assert_eq!(send("PUT", &format!("{styles}/chantiers.default"), SLD, &red).status, 204);
    assert_eq!(get(&region.url("/ogc/collections/chantiers/styles")).json()["default"], "chantiers.default");
}

#[test]
fn styles10_core_the_language_is_that_of_the_document_whatever_its_declaration_says() {
    let region = editable();
    let address = region.url("/ogc/styles/chantiers.moderne");
    let se = "<?xml version='1.0' encoding='UTF-8'?><StyledLayerDescriptor version='1.1.0' xmlns='http://www.opengis.net/sld' \
        xmlns:se='http://www.opengis.net/se'><NamedLayer><se:Name>chantiers</se:Name><UserStyle><se:FeatureTypeStyle><se:Rule>\
        <se:PolygonSymbolizer><se:Fill><se:SvgParameter name='fill'>#ff0000</se:SvgParameter></se:Fill></se:PolygonSymbolizer>\
        </se:Rule></se:FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>";
    assert_eq!(send("PUT", &address, "application/xml", se).status, 201);
    assert_eq!(get(&address).header("content-type"), "application/vnd.ogc.sld+xml;version=1.1");
    let old = format!("<?xml version='1.0'?>{}", style("chantiers", "ancien", "#00ff00", ""));
    let old = send("PUT", &region.url("/ogc/styles/chantiers.ancien"), SLD, &old);
    assert_eq!(old.status, 201, "{}", old.text());
    assert_eq!(get(&region.url("/ogc/styles/chantiers.ancien")).header("content-type"), SLD);
}

#[test]
fn styles10_validation_what_is_no_style_of_the_layer_is_refused_with_its_place() {
    let region = editable();
    let styles = region.url("/ogc/styles");
    let address = format!("{styles}/chantiers.essai");
    let put = |body: &str| send("PUT", &address, SLD, body);
    let unknown = "<ogc:Filter><ogc:PropertyIsNull><ogc:PropertyName>couleur</ogc:PropertyName></ogc:PropertyIsNull></ogc:Filter>";
    refused(&put("<StyledLayerDescriptor"), 400, &["line 1"]);
    refused(&put("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), 400, &["DTD"]);
    refused(&put(&style("chantiers", "essai", "rouge", "")), 400, &["line", "column", "rouge"]);
    refused(&put(&style("chantiers", "essai", "#ff0000", unknown)), 422, &["couleur"]);
    refused(&put("{\"version\":8}"), 400, &["line 1"]);
    refused(&send("PUT", &address, "application/json", "{}"), 400, &["line 1", "'version' must be 8"]);
    refused(&send("PUT", &address, "text/css", "a { }"), 415, &["sld+xml", "qml+xml", "mapbox.style+json"]);
    refused(
        &send("PUT", &format!("{styles}/nulle_part.essai"), SLD, &style("a", "b", "#fff", "")),
        404,
        &["nulle_part"],
    );
    refused(
        &send("PUT", &format!("{styles}/chantiers.L%27%C3%89t%C3%A9"), SLD, &style("a", "b", "#fff", "")),
        422,
        &["lower case"],
    );
    refused(
        &send("PUT", &format!("{styles}/chantiers"), SLD, &style("a", "b", "#fff", "")),
        404,
        &["LAYER.NAME"],
    );
    refused(
        &send("PUT", &format!("{address}?dry-run=oui"), SLD, &style("a", "b", "#fff", "")),
        400,
        &["dry-run"],
    );
    refused(
        &send(
            "POST",
            &styles,
            SLD,
            "<FeatureTypeStyle xmlns='http://www.opengis.net/sld'><Rule><LineSymbolizer/></Rule></FeatureTypeStyle>",
        ),
        422,
        &["NamedLayer"],
    );
    assert_eq!(
        get(&region.url("/ogc/collections/chantiers/styles")).json()["styles"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn styles10_manage_needs_the_permission_to_edit() {
    let body = style("chantiers", "alerte", "#ff0000", "");
    let off = region().url("/ogc/styles/communes.default");
    assert_eq!(send("PUT", &off, SLD, &body).status, 405);
    assert_eq!(delete(&off).status, 405);
    assert_eq!(send("POST", &region().url("/ogc/styles"), SLD, &body).status, 405);
    let region = with_config(Config { editing: Editing::Token, ..config() });
    let address = region.url("/ogc/styles/chantiers.alerte");
    for answer in [send("PUT", &address, SLD, &body), send("POST", &region.url("/ogc/styles"), SLD, &body)] {
        refused(&answer, 401, &["token"]);
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    refused(&delete(&region.url("/ogc/styles/chantiers.default")), 401, &["token"]);
}

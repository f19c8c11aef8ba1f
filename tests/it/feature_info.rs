//! GetFeatureInfo beyond the standard: tolerances, GML 3.1.1, templates of layers and organisations.

use crate::schemas;
use crate::support::region::{Region, fixture, served_as};
use crate::support::{Answer, config, get, open_folder, region};
use crate::wms::error;
use datasud::config::Config;
use datasud::model::Slug;
use datasud::publish::Request;
use std::path::Path;

/// The first town hall's neighbourhood: its point lies in the middle of a map of 100 m by 100 m, a pixel a metre.
fn around(base: &str, across: u32, more: &str) -> Answer {
    let items = get(&format!(
        "{base}/ogc/collections/equipements/items?limit=1&f=json&crs=http://www.opengis.net/def/crs/EPSG/0/2154"
    ));
    let place = &items.json()["features"][0]["geometry"]["coordinates"];
    let place = if place[0].is_array() { place[0].clone() } else { place.clone() };
    let (x, y) = (place[0].as_f64().expect("x"), place[1].as_f64().expect("y"));
    get(&format!(
        "{base}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=equipements&QUERY_LAYERS=equipements&STYLES=\
         &CRS=EPSG:2154&BBOX={},{},{},{}&WIDTH=100&HEIGHT=100&I={across}&J=50&FEATURE_COUNT=1{more}",
        x - 50.0,
        y - 50.0,
        x + 50.0,
        y + 50.0
    ))
}

fn count(answer: &Answer) -> usize {
    answer.json()["features"].as_array().unwrap_or_else(|| panic!("{}", answer.text())).len()
}

#[test]
fn a_click_is_near_by_as_many_pixels_as_the_request_says() {
    let base = region().url("");
    let found =
        |across, more: &str| count(&around(&base, across, &format!("&INFO_FORMAT=application/json{more}")));
    assert_eq!((found(50, ""), found(80, "")), (1, 0));
    assert_eq!((found(80, "&BUFFER=40"), found(80, "&FI_POINT_TOLERANCE=40")), (1, 1));
    assert_eq!((found(80, "&FI_LINE_TOLERANCE=40"), found(80, "&BUFFER=40&FI_POINT_TOLERANCE=1")), (0, 0));
    // What is drawn is hit without any tolerance.
    assert_eq!(found(53, "&BUFFER=0"), 1);
    for wrong in ["&BUFFER=-1", "&BUFFER=viel", "&FI_POINT_TOLERANCE=1000", "&FI_LINE_TOLERANCE=NaN"] {
        error(&around(&base, 50, &format!("&INFO_FORMAT=application/json{wrong}")), "InvalidParameterValue");
    }
}

#[test]
fn answers_in_gml_3_1_1_are_those_of_wfs_1_1() {
    let base = region().url("");
    let answer = around(&base, 50, "&INFO_FORMAT=application/vnd.ogc.gml/3.1.1");
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/vnd.ogc.gml/3.1.1"));
    let text = answer.text();
    assert!(text.contains("numberOfFeatures=\"1\"") && text.contains("gml:featureMember"), "{text}");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let namespace =
        document.root_element().namespaces().find(|n| n.name() == Some("vallee-de-l-aigue")).expect("one");
    let types = get(&format!("{base}/wfs?service=WFS&version=1.1.0&request=DescribeFeatureType")).text();
    schemas::validate_mixed(
        &answer.body,
        &[
            ("http://www.opengis.net/wfs", "http://schemas.opengis.net/wfs/1.1.0/wfs.xsd"),
            (namespace.uri(), &types),
        ],
    );
    let listed = get(&format!("{base}/wms?SERVICE=WMS&REQUEST=GetCapabilities")).text();
    assert!(listed.contains("<Format>application/vnd.ogc.gml/3.1.1</Format>"));
}

fn with_templates(data: &Path, files: &[(&str, &str)]) -> Region {
    for (name, text) in files {
        let path = data.join("templates/feature-info").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, text).expect("written");
    }
    let request = Request {
        files: vec![fixture("equipements.geojson")],
        dataset: Some(Slug::parse("equipements").expect("a slug")),
        organisation: Some("Vallée & Cie <x>".into()),
        ..Request::default()
    };
    served_as(Config { data: data.to_owned(), ..config() }, vec![request])
}

#[test]
fn a_template_of_the_layer_or_else_of_its_organisation_makes_the_page() {
    let folder = open_folder("templates");
    let of_organisation = "<h1>{{ organisation.title }}</h1>{% for f in features %}<p id=\"{{ f.id }}\">{{ f.properties.nom }}\
                           {{ f.properties.absent }}</p>{% endfor %}";
    let served = with_templates(folder.path(), &[("organisations/vallee-cie-x.html", of_organisation)]);
    let page = |more: &str| around(&served.base, 50, &format!("&INFO_FORMAT=text/html{more}"));
    let answer = page("");
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    let text = answer.text();
    assert!(
        text.contains("<h1>Vallée &amp; Cie &lt;x&gt;</h1>") && text.contains("<p id=\"equipements."),
        "{text}"
    );
    assert!(!text.contains("<table>"), "{text}");
    // The layer's own goes first, and a changed file shows at once.
    let own = folder.path().join("templates/feature-info/layers/equipements.html");
    std::fs::create_dir_all(own.parent().expect("a folder")).expect("folder");
    std::fs::write(&own, "<b>{{ layer.title }} {{ lang }}</b>").expect("written");
    assert!(page("&LANGUAGE=eng").text().contains(" en</b>"), "{}", page("").text());
    // Other forms know nothing of templates.
    assert!(around(&served.base, 50, "&INFO_FORMAT=text/plain").text().contains("nom = "));
    // Nothing under the pixel, nothing to make.
    assert!(!around(&served.base, 5, "&INFO_FORMAT=text/html&BUFFER=0").text().contains("<b>"));
}

#[test]
fn a_template_that_fails_leaves_the_usual_table() {
    let folder = open_folder("templates");
    let endless = "{% for a in range(9000) %}{% for b in range(9000) %}x{% endfor %}{% endfor %}";
    let served = with_templates(folder.path(), &[("layers/equipements.html", endless)]);
    let own = folder.path().join("templates/feature-info/layers/equipements.html");
    for text in [endless.to_owned(), "{% for".to_owned(), "{% include 'x' %}".to_owned(), "x".repeat(300_000)]
    {
        std::fs::write(&own, &text).expect("written");
        let answer = around(&served.base, 50, "&INFO_FORMAT=text/html");
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("<table>") && answer.text().len() < 50_000, "{}", answer.text());
    }
}

//! Layers within layers in WMS capabilities, groups in requests, and INSPIRE's extended capabilities.

use crate::picture::Picture;
use crate::schemas;
use crate::support::region::{Region, fixture, served_as};
use crate::support::{Answer, config, get, region, served};
use crate::wms::error;
use datasud::config::{Config, InspireView};
use datasud::model::Slug;
use datasud::publish::Request;

const WMS: &str = "http://www.opengis.net/wms";
const COMMON: &str = "http://inspire.ec.europa.eu/schemas/common/1.0";
const VIEW: &str = "http://inspire.ec.europa.eu/schemas/inspire_vs/1.0";
const SCHEMA: &str = "http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd";
const SLD_SCHEMA: &str = "http://schemas.opengis.net/sld/1.1.0/sld_capabilities.xsd";

fn capabilities(scope: &str, more: &str) -> Answer {
    get(&region().url(&format!("{scope}/wms?SERVICE=WMS&REQUEST=GetCapabilities{more}")))
}

/// The layers of a document as lines of names, each as deep as it lies.
fn tree(text: &str) -> Vec<String> {
    fn walk(node: roxmltree::Node<'_, '_>, depth: usize, out: &mut Vec<String>) {
        for layer in node.children().filter(|n| n.tag_name().name() == "Layer") {
            let name = layer.children().find(|n| n.tag_name().name() == "Name").and_then(|n| n.text());
            out.push(format!("{}{}", "  ".repeat(depth), name.unwrap_or("-")));
            walk(layer, depth + 1, out);
        }
    }
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let document = roxmltree::Document::parse_with_options(text, options).expect("XML");
    let capability = document.descendants().find(|n| n.tag_name().name() == "Capability").expect("one");
    let mut out = Vec::new();
    walk(capability, 0, &mut out);
    out
}

fn map(layers: &str, more: &str) -> Answer {
    get(&region().url(&format!(
        "/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&LAYERS={layers}&STYLES=&CRS=EPSG:2154\
         &BBOX=881440,6241310,958640,6318510&WIDTH=300&HEIGHT=300&FORMAT=image/png{more}"
    )))
}

#[test]
fn layers_stand_in_their_dataset_in_their_organisation_in_every_scope_and_version() {
    for version in ["1.3.0", "1.1.1"] {
        let lines = |scope| tree(&capabilities(scope, &format!("&VERSION={version}")).text());
        let all = lines("");
        let begin = ["-", "  org:vallee-de-l-aigue", "    communes"].map(str::to_owned);
        assert_eq!(all.get(..3), Some(&begin[..]), "{all:?}");
        let group = all.iter().position(|l| l == "    dataset:patrimoine").expect("a group");
        assert!(all[group + 1..].iter().take(3).all(|l| l.starts_with("      ")), "{all:?}");
        let own = lines("/org/vallee-de-l-aigue");
        assert_eq!(own[..2], ["org:vallee-de-l-aigue".to_owned(), "  communes".to_owned()]);
        let one = lines("/dataset/patrimoine");
        assert_eq!((one.len(), one[0].as_str()), (4, "dataset:patrimoine"));
        assert_eq!(lines("/dataset/routes"), ["dataset:routes", "  routes"]);
    }
}

#[test]
fn what_layers_share_stands_once_on_the_group_around_them() {
    let text = capabilities("", "").text();
    assert_eq!(text.matches("<AuthorityURL").count(), 1);
    assert_eq!(text.matches("<Attribution>").count(), 1);
    assert_eq!(text.matches("<CRS>EPSG:2154</CRS>").count(), 1);
    assert_eq!(text.matches("<CRS>EPSG:3857</CRS>").count(), 1);
    // An identifier for each dataset of one layer, and for a group and each of its layers.
    assert_eq!(text.matches("<Identifier authority=").count(), 8);
    let document = roxmltree::Document::parse(&text).expect("XML");
    for layer in document.descendants().filter(|n| n.has_tag_name((WMS, "Layer"))) {
        let boxed = layer.children().any(|n| n.has_tag_name((WMS, "EX_GeographicBoundingBox")));
        assert!(boxed, "every layer and group says where it is");
    }
}

#[test]
fn a_group_is_drawn_as_its_layers_with_the_points_on_top() {
    let group = map("dataset:patrimoine", "");
    let layers = map("sites_proteges,sentiers,monuments", "");
    assert_eq!(group.status, 200, "{}", group.text());
    assert_eq!(group.body, layers.body);
    assert!(Picture::decode(&group.body).count(|p| p != [255, 255, 255, 255]) > 100);
    assert_eq!(
        map("communes,dataset:patrimoine", "").body,
        map("communes,sites_proteges,sentiers,monuments", "").body
    );
    assert_eq!(map("org:vallee-de-l-aigue", "").status, 200);
    assert_eq!(
        map("dataset:patrimoine", "&CQL_FILTER=EXCLUDE").body,
        map("communes", "&CQL_FILTER=EXCLUDE").body
    );
}

#[test]
fn groups_that_are_not_here_or_are_asked_for_in_a_style_are_refused() {
    for wrong in ["dataset:rien", "org:rien", "org:", "dataset:", "Dataset:patrimoine"] {
        error(&map(wrong, ""), "LayerNotDefined");
    }
    // A group of another dataset is not behind this one's address.
    let url = region().url(
        "/dataset/communes/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&LAYERS=dataset:patrimoine&STYLES=&CRS=EPSG:2154\
         &BBOX=881440,6241310,958640,6318510&WIDTH=30&HEIGHT=30&FORMAT=image/png",
    );
    error(&get(&url), "LayerNotDefined");
    let styled = |style: &str| {
        get(&region().url(&format!(
            "/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&LAYERS=dataset:patrimoine&STYLES={style}&CRS=EPSG:2154\
             &BBOX=881440,6241310,958640,6318510&WIDTH=30&HEIGHT=30&FORMAT=image/png"
        )))
    };
    assert_eq!(styled("default").status, 200);
    assert!(error(&styled("beau"), "StyleNotDefined").contains("group"));
    error(&map(&vec!["dataset:patrimoine"; 20].join(","), ""), "InvalidParameterValue");
}

#[test]
fn feature_info_legends_and_descriptions_take_groups() {
    let info = |query: &str| {
        get(&region().url(&format!(
            "/wms?SERVICE=WMS&REQUEST=GetFeatureInfo&VERSION=1.3.0&LAYERS=org:vallee-de-l-aigue&QUERY_LAYERS={query}\
             &STYLES=&CRS=EPSG:2154&BBOX=881440,6241310,958640,6318510&WIDTH=300&HEIGHT=300&I=150&J=150\
             &INFO_FORMAT=application/json&FEATURE_COUNT=5"
        )))
    };
    let found = info("org:vallee-de-l-aigue").json();
    let ids = found["features"].as_array().expect("features").iter().filter_map(|f| f["id"].as_str());
    assert!(ids.clone().any(|id| id.starts_with("communes.")), "{found}");
    assert_eq!(info("communes").json()["features"].as_array().map(Vec::len), Some(1));
    let outside = info("communes").text();
    assert!(!outside.contains("routes."), "{outside}");
    let described =
        get(&region().url("/wms?SERVICE=WMS&REQUEST=DescribeLayer&VERSION=1.3.0&LAYERS=dataset:patrimoine"));
    assert_eq!(described.text().matches("</se:FeatureTypeName>").count(), 3, "{}", described.text());
    let legend = |layer: &str| {
        let answer = get(&region().url(&format!(
            "/wms?SERVICE=WMS&REQUEST=GetLegendGraphic&VERSION=1.3.0&LAYER={layer}&FORMAT=image/png"
        )));
        assert_eq!(answer.status, 200, "{}", answer.text());
        Picture::decode(&answer.body)
    };
    let (group, one) = (legend("dataset:patrimoine"), legend("monuments"));
    assert!(group.height > one.height * 4, "{} and {}", group.height, one.height);
}

#[test]
fn titles_of_the_server_follow_the_parameter_language() {
    let summary = |more: &str| {
        let text = capabilities("", more).text();
        (text.contains("All layers"), text.contains("Toutes les couches"))
    };
    assert_eq!(summary("&LANGUAGE=eng"), (true, false));
    assert_eq!(summary("&language=fre"), (false, true));
    assert_eq!(summary("&LANGUAGE=ger"), (false, true));
}

#[test]
fn scales_of_styles_are_told_in_each_versions_words() {
    let text = capabilities("", "").text();
    let old = capabilities("", "&VERSION=1.1.1").text();
    // The demo's styles draw something at every scale.
    assert!(!text.contains("ScaleDenominator>") && !old.contains("<ScaleHint"));
    let style = "<StyledLayerDescriptor version='1.0.0' xmlns='http://www.opengis.net/sld'><NamedLayer><Name>routes</Name>\
                 <UserStyle><FeatureTypeStyle><Rule><MinScaleDenominator>1000</MinScaleDenominator>\
                 <MaxScaleDenominator>50000</MaxScaleDenominator><LineSymbolizer/></Rule><Rule><MaxScaleDenominator>\
                 250000</MaxScaleDenominator><MinScaleDenominator>2000</MinScaleDenominator><LineSymbolizer/></Rule>\
                 </FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>";
    let routes = served(vec![request(&["routes"], |r| r.style = Some(style.to_owned()))]);
    let ask = |version: &str| {
        get(&routes.url(&format!("/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION={version}")))
    };
    let (new, old) = (ask("1.3.0"), ask("1.1.1"));
    schemas::validate_mixed(&new.body, &[(WMS, SCHEMA), ("http://www.opengis.net/sld", SLD_SCHEMA)]);
    schemas::validate_by_dtd(&old.body);
    let text = new.text();
    assert!(text.contains("<MinScaleDenominator>1000</MinScaleDenominator>"), "{text}");
    assert!(text.contains("<MaxScaleDenominator>250000</MaxScaleDenominator>"), "{text}");
    // Metres of the diagonal of a pixel.
    assert!(old.text().contains("<ScaleHint min=\"0.39598\" max=\"98.994949\"/>"), "{}", old.text());
}

fn request(keywords: &[&str], change: impl FnOnce(&mut Request)) -> Request {
    let mut request = Request {
        files: vec![fixture("routes.geojson")],
        dataset: Some(Slug::parse("routes").expect("a slug")),
        organisation: Some("CRIGE".into()),
        keywords: Some(keywords.iter().map(|k| (*k).to_owned()).collect()),
        ..Request::default()
    };
    change(&mut request);
    request
}

fn inspire(view: InspireView, email: Option<&str>) -> Region {
    let config = Config { inspire_view: view, contact_email: email.map(str::to_owned), ..config() };
    served_as(config, vec![request(&["réseaux de transport", "routes"], |_| ())])
}

/// Texts of elements of `inspire_common`, in document order.
fn told(text: &str, name: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(text).expect("XML");
    let found = document.descendants().filter(|n| n.has_tag_name((COMMON, name)));
    let texts = |node: roxmltree::Node<'_, '_>| {
        let texts = node.descendants().filter(|n| n.is_text()).filter_map(|n| n.text());
        texts.collect::<String>().trim().to_owned()
    };
    found.map(texts).collect()
}

/// The official schema isn't at hand, so that its place is held by one that allows the element.
fn validate_extended(answer: &Answer) {
    let stand_in = format!(
        "<schema xmlns='http://www.w3.org/2001/XMLSchema' xmlns:wms='{WMS}' targetNamespace='{VIEW}'>\
         <import namespace='{WMS}' schemaLocation='{SCHEMA}'/>\
         <element name='ExtendedCapabilities' substitutionGroup='wms:_ExtendedCapabilities'/></schema>"
    );
    let schemas = [(WMS, SCHEMA), ("http://www.opengis.net/sld", SLD_SCHEMA), (VIEW, stand_in.as_str())];
    schemas::validate_mixed(&answer.body, &schemas);
}

#[test]
fn data_of_an_inspire_theme_get_extended_capabilities_and_others_none() {
    assert!(!capabilities("", "").text().contains("inspire"));
    let served = inspire(InspireView::MetadataUrl, None);
    let ask = |path: &str| get(&served.url(&format!("{path}REQUEST=GetCapabilities&SERVICE=WMS")));
    let one = ask("/dataset/routes/wms?LANGUAGE=eng&");
    validate_extended(&one);
    let text = one.text();
    assert_eq!(told(&text, "MediaType"), ["application/vnd.iso.19139+xml"]);
    assert_eq!(told(&text, "DefaultLanguage"), ["fre"]);
    assert_eq!(told(&text, "SupportedLanguage"), ["eng"]);
    assert_eq!(told(&text, "ResponseLanguage"), ["eng"]);
    let record = get(&told(&text, "URL")[0]);
    assert!(record.status == 200 && record.text().contains("gmd:MD_Metadata"), "{}", record.text());
    let all = ask("/wms?").text();
    assert_eq!(told(&all, "MediaType"), ["application/vnd.ogc.csw.capabilities.response_xml"]);
    assert_eq!(told(&all, "ResponseLanguage"), ["fre"]);
    let old = ask("/wms?VERSION=1.1.1&");
    schemas::validate_by_dtd(&old.body);
    assert!(
        old.text().contains("<VendorSpecificCapabilities>\n<inspire_vs:ExtendedCapabilities"),
        "{}",
        old.text()
    );
    let off = inspire(InspireView::Off, None);
    assert!(!get(&off.url("/wms?REQUEST=GetCapabilities&SERVICE=WMS")).text().contains("inspire_vs"));
}

#[test]
fn the_metadata_of_the_service_stand_inline_where_the_configuration_wants_it() {
    let served = inspire(InspireView::Inline, Some("sig@example.org"));
    let answer = get(&served.url("/wms?REQUEST=GetCapabilities&SERVICE=WMS"));
    validate_extended(&answer);
    let text = answer.text();
    assert!(told(&text, "MetadataUrl").is_empty());
    for (name, value) in [
        ("ResourceType", "service"),
        ("SpatialDataServiceType", "view"),
        ("Degree", "notEvaluated"),
        ("MandatoryKeyword", "infoMapAccessService"),
        ("EmailAddress", "sig@example.org"),
        ("OrganisationName", "DataSud"),
        ("ResponseLanguage", "fre"),
    ] {
        assert_eq!(told(&text, name), [value], "{name}");
    }
    assert!(told(&text, "KeywordValue").contains(&"Réseaux de transport".to_owned()), "{text}");
    // 1.1.1 points to the metadata, and without an address for questions so does 1.3.0.
    schemas::validate_by_dtd(
        &get(&served.url("/wms?REQUEST=GetCapabilities&SERVICE=WMS&VERSION=1.1.1")).body,
    );
    let nobody = inspire(InspireView::Inline, None);
    let text = get(&nobody.url("/wms?REQUEST=GetCapabilities&SERVICE=WMS")).text();
    assert_eq!(told(&text, "MetadataUrl").len(), 1);
}

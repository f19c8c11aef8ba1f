//! DescribeLayer, GetStyles and PutStyles of WMS.

use crate::picture::Picture;
use crate::schemas;
use crate::support::{Answer, config, get, post, region};
use crate::wfs_t::{editable, with_config};
use crate::wms::error;
use datasud::config::{Config, Editing};

fn ask(base: &str, query: &str) -> Answer {
    get(&format!("{base}/wms?SERVICE=WMS&{query}"))
}

#[test]
fn describelayer_names_the_feature_type_of_each_layer_in_both_versions() {
    let base = region().url("");
    let new = ask(&base, "REQUEST=DescribeLayer&VERSION=1.3.0&LAYERS=communes,routes");
    schemas::validate(&new.body, "http://schemas.opengis.net/sld/1.1.0/DescribeLayer.xsd");
    let text = new.text();
    assert!(text.contains("/wfs?\"") && text.contains(":communes</se:FeatureTypeName>"), "{text}");
    assert!(text.find("communes") < text.find("routes"), "{text}");
    let old = ask(&base, "REQUEST=DescribeLayer&VERSION=1.1.1&LAYERS=communes");
    assert_eq!(old.header("content-type"), "application/vnd.ogc.wms_xml");
    let text = old.text();
    assert!(text.contains("owsType=\"WFS\"") && text.contains(":communes\"/>"), "{text}");
    // The type is there under that name.
    let name = text.split("typeName=\"").nth(1).and_then(|t| t.split('"').next()).expect("a name");
    let wfs =
        get(&format!("{base}/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES={name}&COUNT=1"));
    assert_eq!(wfs.status, 200, "{}", wfs.text());
    error(&ask(&base, "REQUEST=DescribeLayer&VERSION=1.3.0&LAYERS=nulle_part"), "LayerNotDefined");
    error(&ask(&base, "REQUEST=DescribeLayer&VERSION=1.3.0"), "MissingParameterValue");
}

#[test]
fn getstyles_gives_all_styles_in_the_version_asked_for_and_they_draw_the_same_map() {
    let base = region().url("");
    let map = |more: &str| {
        format!(
            "{base}/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&CRS=EPSG:2154&BBOX=880000,6240000,920000,6280000\
             &WIDTH=300&HEIGHT=300&FORMAT=image/png{more}"
        )
    };
    let layers = ["communes", "routes", "equipements"];
    let expected = Picture::decode(&get(&map("&LAYERS=communes,routes,equipements&STYLES=")).body);
    for (version, schema) in [
        ("1.0.0", "http://schemas.opengis.net/sld/1.0.0/StyledLayerDescriptor.xsd"),
        ("1.1.0", "http://schemas.opengis.net/sld/1.1.0/StyledLayerDescriptor.xsd"),
    ] {
        let query = format!("REQUEST=GetStyles&VERSION=1.3.0&LAYERS={}&SLDVER={version}", layers.join(","));
        let answer = ask(&base, &query);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "application/vnd.ogc.sld+xml");
        schemas::validate(&answer.body, schema);
        let text = answer.text();
        assert!(text.contains(&format!("version=\"{version}\"")), "{text}");
        let drawn = post(&map("&LAYERS=communes,routes,equipements&STYLES="), "text/xml", text.as_bytes());
        let drawn = Picture::decode(&drawn.body);
        // Strokes that meet may be laid down in another order.
        assert_eq!(drawn.differing(&expected, 8), 0, "{version}");
    }
    let usual = ask(&base, "REQUEST=GetStyles&VERSION=1.1.1&LAYERS=communes").text();
    assert!(usual.contains("version=\"1.0.0\""), "{usual}");
    error(&ask(&base, "REQUEST=GetStyles&VERSION=1.3.0&LAYERS=communes&SLDVER=2"), "InvalidParameterValue");
}

fn document(styles: &[(&str, &str, bool)]) -> String {
    let styles: String = styles
        .iter()
        .map(|(name, color, is_default)| {
            format!(
                "<UserStyle><Name>{name}</Name><Title>{name}</Title><IsDefault>{}</IsDefault><FeatureTypeStyle><Rule>\
                 <PolygonSymbolizer><Fill><CssParameter name='fill'>{color}</CssParameter></Fill></PolygonSymbolizer>\
                 </Rule></FeatureTypeStyle></UserStyle>",
                u8::from(*is_default)
            )
        })
        .collect();
    format!(
        "<StyledLayerDescriptor version='1.0.0' xmlns='http://www.opengis.net/sld'><NamedLayer><Name>chantiers</Name>\
         {styles}</NamedLayer></StyledLayerDescriptor>"
    )
}

/// Names of the styles of the layer, the default first.
fn names(base: &str) -> Vec<String> {
    let list = get(&format!("{base}/ogc/collections/chantiers/styles")).json();
    let default = list["default"].clone();
    let mut names: Vec<String> = list["styles"]
        .as_array()
        .expect("styles")
        .iter()
        .map(|s| s["id"].as_str().expect("an id").trim_start_matches("chantiers.").to_owned())
        .collect();
    names.sort_by_key(|name| (default != format!("chantiers.{name}"), name.clone()));
    names
}

#[test]
fn putstyles_adds_replaces_and_removes_styles_all_or_none() {
    let region = editable();
    let base = region.url("");
    let put = |mode: &str, body: &str| {
        post(&format!("{base}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=PutStyles&MODE={mode}"), "text/xml", body)
    };
    let added = put("InsertAndReplace", &document(&[("rouge", "#ff0000", false), ("bleu", "#0000ff", true)]));
    assert_eq!(added.status, 200, "{}", added.text());
    assert!(added.text().contains("<Inserted layer=\"chantiers\" style=\"rouge\"/>"), "{}", added.text());
    assert_eq!(names(&base), ["bleu", "default", "rouge"]);
    // One that doesn't fit keeps all of them out.
    let wrong = document(&[("vert", "#00ff00", false), ("Ça", "#00ff00", false)]);
    let refused = error(&put("InsertAndReplace", &wrong), "InvalidParameterValue");
    assert!(refused.contains("name of a style"), "{refused}");
    assert_eq!(names(&base).len(), 3);
    let alone = put("ReplaceAll", &document(&[("rouge", "#00ff00", false), ("gris", "#888888", false)]));
    assert!(alone.text().contains("<Replaced layer=\"chantiers\" style=\"rouge\"/>"), "{}", alone.text());
    assert_eq!(names(&base).len(), 2);
    let map = get(&format!("{base}/ogc/collections/chantiers/styles/rouge/map?width=100"));
    assert!(Picture::decode(&map.body).count(|p| p == [0, 255, 0, 255]) > 100, "the new colour");
    for (mode, body, code) in [
        ("Delete", document(&[("a", "#000000", false)]), "InvalidParameterValue"),
        ("", document(&[("a", "#000000", false)]), "MissingParameterValue"),
        ("ReplaceAll", document(&[]), "InvalidParameterValue"),
        (
            "ReplaceAll",
            document(&[("a", "#000000", false), ("a", "#000001", false)]),
            "InvalidParameterValue",
        ),
        (
            "ReplaceAll",
            document(&[("a", "#000000", false)]).replace("chantiers", "nulle_part"),
            "LayerNotDefined",
        ),
    ] {
        error(&put(mode, &body), code);
    }
    // An address that somebody follows changes nothing.
    let followed =
        get(&format!("{base}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=PutStyles&MODE=ReplaceAll&SLD_BODY=x"));
    assert_eq!(followed.status, 405, "{}", followed.text());
    assert_eq!(names(&base).len(), 2);
}

#[test]
fn putstyles_needs_the_permission_to_edit() {
    let body = document(&[("rouge", "#ff0000", false)]);
    let address = region().url("/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=PutStyles&MODE=InsertAndReplace");
    let answer = post(&address, "text/xml", &body);
    assert_eq!(answer.status, 403, "{}", answer.text());
    error(&answer, "OperationNotSupported");
    // Where a token would help the answer asks for one.
    let region = with_config(Config { editing: Editing::Token, ..config() });
    let address = region.url("/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=PutStyles&MODE=InsertAndReplace");
    let answer = post(&address, "text/xml", &body);
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer realm=\"datasud\""));
    error(&answer, "OperationNotSupported");
}

#[test]
fn capabilities_of_1_1_1_name_putstyles_where_editing_is_on() {
    let query = "REQUEST=GetCapabilities&VERSION=1.1.1";
    let served = editable();
    let answer = ask(&served.base, query);
    schemas::validate_by_dtd(&answer.body);
    let text = answer.text();
    let part = text.split("<PutStyles>").nth(1).and_then(|t| t.split("</PutStyles>").next()).expect("named");
    assert!(part.contains("<Post>") && !part.contains("<Get>"), "{part}");
    assert!(!ask(&region().url(""), query).text().contains("<PutStyles>"));
}

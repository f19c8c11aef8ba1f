//! WFS transactions and locks over HTTP: OGC 09-025r2 clauses 12, 13 and 15, OGC 04-094 clauses 10 to 12,
//! OGC 02-058 clauses 10 and 11.

mod actions;
mod agreed;
mod clients;
mod locks;
mod refused;
mod versions;

use crate::schemas;
use crate::support::region::{Region, served_as};
use crate::support::{Answer, config, get, post};
use datasud::config::{Config, Editing, Limits};
use datasud::model::Slug;
use datasud::publish::Request;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use roxmltree::Document;

pub const WFS: &str = "http://www.opengis.net/wfs/2.0";
pub const FES: &str = "http://www.opengis.net/fes/2.0";
const XSD: &str = "http://schemas.opengis.net/wfs/2.0/wfs.xsd";
const XSD_110: &str = "http://schemas.opengis.net/wfs/1.1.0/wfs.xsd";
const XSD_100: &str = "http://schemas.opengis.net/wfs/1.0.0/WFS-transaction.xsd";
const OWS: &str = "http://schemas.opengis.net/ows/1.1.0/owsExceptionReport.xsd";
const OWS_OF_110: &str = "http://schemas.opengis.net/ows/1.0.0/owsExceptionReport.xsd";

/// Reports that citizens send: points with a value of every type.
const REPORTS: &str = r#"{"type":"FeatureCollection","name":"signalements","features":[
{"type":"Feature","properties":{"titre":"Nid-de-poule","gravite":3,"cout":12.50,"taille":1.25,"urgent":true,"jour":"2026-03-01","vu":"2026-03-01T08:00:00Z"},"geometry":{"type":"Point","coordinates":[5.40,43.50]}},
{"type":"Feature","properties":{"titre":"Lampadaire éteint","gravite":1,"cout":80.10,"taille":0.5,"urgent":false,"jour":"2026-03-02","vu":"2026-03-02T09:30:00Z"},"geometry":{"type":"Point","coordinates":[5.41,43.51]}},
{"type":"Feature","properties":{"titre":"Dépôt <sauvage> & odeurs","gravite":2,"cout":null,"taille":7.75,"urgent":null,"jour":"2026-03-03","vu":null},"geometry":{"type":"Point","coordinates":[5.42,43.52]}},
{"type":"Feature","properties":{"titre":"Arbre tombé","gravite":5,"cout":300.00,"taille":12,"urgent":true,"jour":null,"vu":"2026-03-04T18:45:00Z"},"geometry":{"type":"Point","coordinates":[5.43,43.53]}}]}"#;

/// Areas of work, in the system that is kept.
const AREAS: &str = r#"{"type":"FeatureCollection","name":"chantiers","features":[
{"type":"Feature","properties":{"nom":"Place"},"geometry":{"type":"MultiPolygon","coordinates":[[[[5.4,43.5],[5.41,43.5],[5.41,43.51],[5.4,43.51],[5.4,43.5]]]]}},
{"type":"Feature","properties":{"nom":"Quai"},"geometry":{"type":"Polygon","coordinates":[[[5.5,43.6],[5.51,43.6],[5.51,43.61],[5.5,43.6]]]}}]}"#;

/// A server of one's own on which everybody may edit.
pub fn editable() -> Region {
    with_config(Config { editing: Editing::Open, ..config() })
}

pub fn with_config(config: Config) -> Region {
    let folder = crate::support::open_folder("edits");
    let request = |name: &str, text: &str| {
        let file = folder.path().join(format!("{name}.geojson"));
        std::fs::write(&file, text).expect("a file");
        Request {
            files: vec![file],
            organisation: Some("ville".to_owned()),
            dataset: Some(Slug::parse(name).expect("a slug")),
            ..Request::default()
        }
    };
    served_as(config, vec![request("signalements", REPORTS), request("chantiers", AREAS)])
}

pub fn limited(limits: Limits) -> Region {
    with_config(Config { editing: Editing::Open, limits, ..config() })
}

/// Posts a document.
pub fn send(region: &Region, body: impl AsRef<[u8]>) -> Answer {
    post(&region.url("/wfs?SERVICE=WFS"), "text/xml", body)
}

/// A Transaction of WFS 2.0.
pub fn transaction(region: &Region, attributes: &str, actions: &str) -> Answer {
    send(region, document_200(region, attributes, actions))
}

pub fn document_200(region: &Region, attributes: &str, actions: &str) -> String {
    format!(
        "<wfs:Transaction service='WFS' version='2.0.0' xmlns:wfs='{WFS}' xmlns:fes='{FES}' \
         xmlns:gml='http://www.opengis.net/gml/3.2' xmlns:v='{}' \
         xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' {attributes}>{actions}</wfs:Transaction>",
        namespace(region)
    )
}

/// A Transaction of WFS 1.1.
pub fn transaction_110(region: &Region, attributes: &str, actions: &str) -> Answer {
    let body = format!(
        "<wfs:Transaction service='WFS' version='1.1.0' xmlns:wfs='http://www.opengis.net/wfs' \
         xmlns:ogc='http://www.opengis.net/ogc' xmlns:gml='http://www.opengis.net/gml' xmlns:v='{}' \
         {attributes}>{actions}</wfs:Transaction>",
        namespace(region)
    );
    send(region, body)
}

/// A Transaction of WFS 1.0.
pub fn transaction_100(region: &Region, attributes: &str, actions: &str) -> Answer {
    let body = format!(
        "<Transaction xmlns='http://www.opengis.net/wfs' service='WFS' version='1.0.0' \
         xmlns:ogc='http://www.opengis.net/ogc' xmlns:gml='http://www.opengis.net/gml' xmlns:v='{}' \
         {attributes}>{actions}</Transaction>",
        namespace(region)
    );
    send(region, body)
}

/// Namespace of the types.
pub fn namespace(region: &Region) -> String {
    let schema = get(&region.url("/wfs?service=WFS&version=2.0.0&request=DescribeFeatureType")).text();
    let document = Document::parse(&schema).expect("well-formed");
    document.root_element().attribute("targetNamespace").expect("a namespace").to_owned()
}

/// A filter on one property in FES 2.0.
pub fn equal(property: &str, value: &str) -> String {
    format!(
        "<fes:Filter><fes:PropertyIsEqualTo><fes:ValueReference>{property}</fes:ValueReference>\
         <fes:Literal>{value}</fes:Literal></fes:PropertyIsEqualTo></fes:Filter>"
    )
}

pub fn by_id(id: &str) -> String {
    format!("<fes:Filter><fes:ResourceId rid='{id}'/></fes:Filter>")
}

/// Text of the first element of a name.
#[track_caller]
pub fn text_of(answer: &Answer, name: &str) -> Option<String> {
    let text = answer.text();
    let document = Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let found = document.descendants().find(|n| n.tag_name().name() == name);
    found.map(|n| n.text().unwrap_or_default().to_owned())
}

/// Values of an attribute of all elements of a name.
#[track_caller]
pub fn attributes(answer: &Answer, element: &str, attribute: &str) -> Vec<String> {
    let text = answer.text();
    let document = Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let found = document.descendants().filter(|n| n.tag_name().name() == element);
    found.filter_map(|n| n.attribute(attribute)).map(str::to_owned).collect()
}

/// Inserted, updated, replaced and deleted features of a good answer of WFS 2.0.
#[track_caller]
pub fn totals(answer: &Answer) -> [usize; 4] {
    assert_eq!(answer.status, 200, "{}", answer.text());
    schemas::validate(&answer.body, XSD);
    ["totalInserted", "totalUpdated", "totalReplaced", "totalDeleted"]
        .map(|name| text_of(answer, name).expect(name).parse().expect("a number"))
}

/// Code, locator and text of an exception.
#[track_caller]
pub fn exception(answer: &Answer) -> (String, String, String) {
    let text = answer.text();
    let document = Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let found =
        document.descendants().find(|n| matches!(n.tag_name().name(), "Exception" | "ServiceException"));
    let found = found.unwrap_or_else(|| panic!("no exception: {text}"));
    let code = found.attribute("exceptionCode").or_else(|| found.attribute("code")).unwrap_or_default();
    let words: String = found.descendants().filter(|n| n.is_text()).filter_map(|n| n.text()).collect();
    (code.to_owned(), found.attribute("locator").unwrap_or_default().to_owned(), words.trim().to_owned())
}

/// A refusal of WFS 2.0: valid, with this code, its words naming these.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, code: &str, named: &[&str]) {
    assert_eq!(answer.status, status, "{}", answer.text());
    schemas::validate(&answer.body, OWS);
    let (found, locator, words) = exception(answer);
    assert_eq!(found, code, "{words}");
    for name in named {
        assert!(words.contains(name) || locator == *name, "'{name}' is not in '{words}' at '{locator}'");
    }
}

/// The features of a layer as GeoJSON, by identifier.
#[track_caller]
pub fn features(region: &Region, name: &str, more: &str) -> Vec<serde_json::Value> {
    let url = format!(
        "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames={name}&outputFormat=application/json{more}"
    );
    let answer = get(&region.url(&url));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()["features"].as_array().expect("features").clone()
}

/// The only feature of an identifier.
#[track_caller]
pub fn feature(region: &Region, id: &str) -> serde_json::Value {
    let layer = id.split('.').next().expect("a layer");
    let mut found = features(region, layer, &format!("&resourceId={id}"));
    assert_eq!(found.len(), 1, "{id}");
    found.remove(0)
}

pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A report as an Insert brings it.
pub fn report(title: &str) -> String {
    format!("<v:signalements><v:titre>{title}</v:titre></v:signalements>")
}

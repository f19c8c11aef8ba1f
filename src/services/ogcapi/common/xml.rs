//! Documents as XML (OGC 17-069r4 clause 8.4.1, table 8): the forms that come with GML for what is no feature.

use crate::geo::crs::CRS84_URI;
use quick_xml::escape::escape;
use serde_json::Value;

const NAMESPACE: &str = "http://www.opengis.net/ogcapi-features-1/1.0";
const SCHEMA: &str = "http://schemas.opengis.net/ogcapi/features/part1/1.0/xml/core.xsd";

/// A document with a root element of the core schema.
fn document(root: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{root} xmlns=\"{NAMESPACE}\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"{NAMESPACE} {SCHEMA}\" \
         service=\"OGCAPI-Features\" version=\"1.0.0\">\n{content}</{root}>\n"
    )
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>\n", escape(printable(text).as_str()))
}

fn printable(text: &str) -> String {
    crate::services::edge::printable(text)
}

fn links(json: &Value) -> String {
    let all = json["links"].as_array().map_or(&[][..], Vec::as_slice);
    all.iter()
        .map(|link| {
            let attributes: String = ["rel", "href", "type", "title"]
                .iter()
                .filter_map(|name| {
                    let value = printable(link[*name].as_str()?);
                    Some(format!(" {name}=\"{}\"", escape(value.as_str())))
                })
                .collect();
            format!("<atom:link{attributes}/>\n")
        })
        .collect()
}

fn optional(json: &Value, member: &str, name: &str) -> String {
    json[member].as_str().map(|text| element(name, text)).unwrap_or_default()
}

/// The landing page as `LandingPage`, from its JSON form.
pub fn landing(json: &Value) -> String {
    let texts = optional(json, "title", "Title") + &optional(json, "description", "Description");
    document("LandingPage", &(texts + &links(json)))
}

/// The conformance classes as `ConformsTo`.
pub fn conformance<'a>(classes: impl Iterator<Item = &'a str>) -> String {
    let links: String = classes.map(|class| format!("<atom:link href=\"{}\"/>\n", escape(class))).collect();
    document("ConformsTo", &links)
}

/// Collections as `Collections`, from their JSON forms; `around` has the links of the document itself.
pub fn collections(around: &Value, all: &[Value]) -> String {
    let collections: String = all.iter().map(collection).collect();
    document("Collections", &(links(around) + &collections))
}

fn collection(json: &Value) -> String {
    let mut content = optional(json, "id", "Id")
        + &element("ItemType", "feature")
        + &optional(json, "title", "Title")
        + &optional(json, "description", "Description")
        + &links(json);
    let numbers = json.pointer("/extent/spatial/bbox/0").and_then(Value::as_array);
    if let Some([west, south, east, north]) = numbers.map(Vec::as_slice) {
        content += &format!(
            "<Extent><Spatial crs=\"{CRS84_URI}\"><LowerCorner>{west} {south}</LowerCorner>\
             <UpperCorner>{east} {north}</UpperCorner></Spatial></Extent>\n"
        );
    }
    for system in json["crs"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        content += &element("Crs", system);
    }
    content += &optional(json, "storageCrs", "StorageCrs");
    format!("<Collection>\n{content}</Collection>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_are_well_formed_whatever_titles_hold() {
        let evil = "a<b>&\"'\u{1}]]>";
        let link = json!({"rel": "self", "href": "http://h/?a=1&b=2", "type": "x/y", "title": evil});
        let one = json!({
            "id": "a", "title": evil, "description": evil, "links": [link],
            "extent": {"spatial": {"bbox": [[1.0, 2.0, 3.0, 4.5]]}}, "crs": ["http://c"], "storageCrs": "http://c",
        });
        for text in [
            landing(&one),
            conformance(["http://a", "http://b"].into_iter()),
            collections(&one, &[one.clone(), one.clone()]),
        ] {
            let document = roxmltree::Document::parse(&text).expect("well-formed");
            assert_eq!(document.root_element().tag_name().namespace(), Some(NAMESPACE));
        }
    }
}

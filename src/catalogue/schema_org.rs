//! Records as schema.org Dataset, which search engines read on pages (<https://schema.org/Dataset>).

use super::record::{LinkKind, Record};
use super::vocabulary::LICENCES;
use serde_json::{Map, Value, json};

/// A record as JSON-LD for a page at an address.
#[must_use]
pub fn schema_org(record: &Record, page: &str) -> Value {
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| {
        let is_empty = match &value {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            Value::Array(values) => values.is_empty(),
            _ => false,
        };
        if !is_empty {
            all.insert(name.to_owned(), value);
        }
    };
    put("@context", json!("https://schema.org/"));
    put("@type", json!("Dataset"));
    put("name", json!(record.title));
    put("description", json!(record.summary));
    put("url", json!(page));
    put(
        "identifier",
        json!(record.resource.as_ref().map_or_else(|| record.identifier.clone(), |r| r.whole())),
    );
    put("keywords", json!(record.subjects()));
    put("inLanguage", json!(if record.language == "eng" { "en" } else { "fr" }));
    put("isAccessibleForFree", json!(true));
    let licence = record.licences.first().and_then(|licence| {
        let known = licence.uri.as_deref().and_then(|uri| LICENCES.find(uri)).map(|entry| entry.uri.clone());
        known.or_else(|| licence.uri.clone())
    });
    put("license", json!(licence));
    put("datePublished", json!(record.published.map(|m| m.to_string())));
    put("dateCreated", json!(record.created.map(|m| m.to_string())));
    put("dateModified", json!(record.revised.map(|m| m.to_string())));
    let periods = record.periods.iter().map(ToString::to_string);
    put("temporalCoverage", json!(periods.collect::<Vec<_>>()));
    put("creator", party(record));
    put("publisher", party(record));
    if let Some(b) = record.extent() {
        // South, west, north, east.
        let box_text = format!("{} {} {} {}", b.min_y, b.min_x, b.max_y, b.max_x);
        put("spatialCoverage", json!({"@type": "Place", "geo": {"@type": "GeoShape", "box": box_text}}));
    }
    let downloads = record.links.iter().filter(|link| link.kind.is_some_and(LinkKind::is_file));
    let downloads: Vec<Value> = downloads
        .map(|link| {
            json!({
                "@type": "DataDownload",
                "contentUrl": link.url,
                "encodingFormat": link.media_type,
                "name": link.description,
            })
        })
        .collect();
    put("distribution", json!(downloads));
    put("thumbnailUrl", json!(record.preview));
    Value::Object(all)
}

fn party(record: &Record) -> Value {
    let Some(name) = record.organisation() else { return Value::Null };
    let email = record.contacts.iter().find_map(|c| c.email.as_deref());
    let mut party = json!({"@type": "Organization", "name": name});
    if let Some(email) = email {
        party["email"] = json!(email);
    }
    party
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::record::{Contact, Link};
    use crate::geo::BBox;

    #[test]
    fn a_dataset_tells_search_engines_where_it_is_and_how_to_get_it() {
        let record = Record {
            title: "Forêts".into(),
            summary: "Bois.".into(),
            boxes: vec![BBox::new(4.0, 43.0, 5.0, 44.0)],
            contacts: vec![Contact {
                role: "owner".into(),
                organisation: Some("ONF".into()),
                ..Contact::default()
            }],
            links: vec![
                Link { kind: Some(LinkKind::GeoPackage), url: "http://h/f.gpkg".into(), ..Link::default() },
                Link { kind: Some(LinkKind::Page), url: "http://h/datasets/f".into(), ..Link::default() },
            ],
            ..Record::default()
        };
        let said = schema_org(&record, "http://h/datasets/f");
        assert_eq!(said["spatialCoverage"]["geo"]["box"], "43 4 44 5");
        assert_eq!(said["creator"]["name"], "ONF");
        assert_eq!(said["distribution"].as_array().map(Vec::len), Some(1));
        assert_eq!(said.get("license"), None);
    }
}

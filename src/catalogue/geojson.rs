//! Records as GeoJSON features (OGC API - Records Part 1, OGC 20-004r1 clause "Record"): written from the model. Links to
//! the record itself are those of the service that gives it out.

use super::record::{Contact, Link, LinkKind, Moment, Precision, Record};
use super::vocabulary::{CodeList, HVD_CATEGORIES, INSPIRE_THEMES, LICENCES, TOPIC_CATEGORIES};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

/// The class that a record meets.
const CONFORMS_TO: &str = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core";

/// A record as a feature, with `links` before its own.
#[must_use]
pub fn record_json(record: &Record, stamp: DateTime<Utc>, links: Vec<Value>) -> Value {
    let mut all = links;
    all.extend(record.links.iter().map(link));
    if let Some(preview) = &record.preview {
        all.push(json!({"rel": "preview", "href": preview, "type": "image/png"}));
    }
    if let Some(uri) = record.licences.first().and_then(|licence| licence.uri.as_deref()) {
        all.push(json!({"rel": "license", "href": uri}));
    }
    json!({
        "type": "Feature",
        "id": record.identifier,
        "conformsTo": [CONFORMS_TO],
        "geometry": geometry(record),
        "time": time(record),
        "properties": properties(record, stamp),
        "links": all,
    })
}

fn geometry(record: &Record) -> Value {
    record.extent().map_or(Value::Null, |b| {
        let ring = [
            [b.min_x, b.min_y],
            [b.max_x, b.min_y],
            [b.max_x, b.max_y],
            [b.min_x, b.max_y],
            [b.min_x, b.min_y],
        ];
        json!({"type": "Polygon", "coordinates": [ring]})
    })
}

/// The time that the content is about, from the first begin to the last end.
fn time(record: &Record) -> Value {
    if record.periods.is_empty() {
        return Value::Null;
    }
    let text = |moment: Option<Moment>| match moment {
        None => "..".to_owned(),
        Some(m) if m.precision == Precision::Instant => m.to_string(),
        Some(m) => m.as_day(),
    };
    let open =
        |end: bool| record.periods.iter().any(|p| if end { p.end.is_none() } else { p.begin.is_none() });
    let begin = record.periods.iter().filter_map(|p| p.begin).min_by_key(|m| m.start);
    let end = record.periods.iter().filter_map(|p| p.end).max_by_key(|m| m.start);
    json!({"interval": [text(begin.filter(|_| !open(false))), text(end.filter(|_| !open(true)))]})
}

fn properties(record: &Record, stamp: DateTime<Utc>) -> Value {
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
    let title = if record.title.trim().is_empty() { &record.identifier } else { &record.title };
    put("type", json!(record.kind_text()));
    put("title", json!(title));
    put("description", json!(record.summary));
    put("created", json!(record.published.map(|m| m.to_string())));
    put("updated", json!(stamp.to_rfc3339_opts(SecondsFormat::Secs, true)));
    put("revised", json!(record.revised.map(|m| m.to_string())));
    if !record.language.is_empty() {
        put("language", json!({"code": record.language}));
    }
    let languages: Vec<Value> = record.resource_languages.iter().map(|l| json!({"code": l})).collect();
    put("resourceLanguages", json!(languages));
    put(
        "keywords",
        json!(record.keywords.iter().map(|k| k.text.as_str()).filter(|k| !k.is_empty()).collect::<Vec<_>>()),
    );
    put("themes", json!(themes(record)));
    if let Some(identifier) = &record.resource {
        let mut external = json!({"value": identifier.code});
        if let Some(space) = &identifier.space {
            external["scheme"] = json!(space);
        }
        put("externalIds", json!([external]));
    }
    let formats: Vec<Value> = record
        .formats
        .iter()
        .map(|f| {
            let mut format = json!({"name": f.name});
            if let Some(media) = &f.media_type {
                format["mediaType"] = json!(media);
            }
            format
        })
        .collect();
    put("formats", json!(formats));
    put("contacts", json!(record.contacts.iter().filter_map(contact).collect::<Vec<_>>()));
    let licence = record.licences.first().map(|licence| {
        let known = licence.uri.as_deref().and_then(|uri| LICENCES.find(uri));
        let own = || licence.uri.clone().unwrap_or_else(|| licence.text.clone());
        known.map_or_else(own, |entry| entry.code.clone())
    });
    put("license", json!(licence));
    put("rights", json!(record.rights().join("\n")));
    put("lineage", json!(record.lineage));
    put("crs", json!(record.crs.iter().map(|c| c.best()).collect::<Vec<_>>()));
    Value::Object(all)
}

/// Concepts by the list that they are of.
fn themes(record: &Record) -> Vec<Value> {
    let of = |list: &'static CodeList, codes: &[String]| -> Option<Value> {
        let concepts: Vec<Value> = codes
            .iter()
            .filter_map(|code| list.get(code))
            .map(|e| json!({"id": e.code, "title": e.label(&record.language), "url": e.uri}))
            .collect();
        (!concepts.is_empty()).then(|| json!({"scheme": list.uri, "concepts": concepts}))
    };
    let known = [
        of(&INSPIRE_THEMES, &record.inspire_themes),
        of(&HVD_CATEGORIES, &record.hvd_categories),
        of(&TOPIC_CATEGORIES, &record.topics),
    ];
    known.into_iter().flatten().collect()
}

fn contact(contact: &Contact) -> Option<Value> {
    let name = contact.organisation.as_ref().or(contact.person.as_ref())?;
    let mut all = json!({"name": contact.person.as_ref().unwrap_or(name), "roles": [contact.role]});
    if let Some(organisation) = &contact.organisation {
        all["organization"] = json!(organisation);
    }
    if let Some(position) = &contact.position {
        all["position"] = json!(position);
    }
    if let Some(email) = &contact.email {
        all["emails"] = json!([{"value": email}]);
    }
    if let Some(phone) = &contact.phone {
        all["phones"] = json!([{"value": phone}]);
    }
    if let Some(url) = &contact.url {
        all["links"] = json!([{"rel": "about", "href": url}]);
    }
    Some(all)
}

/// A link; `protocol` and `name` are what QGIS and other clients of catalogues add layers by.
fn link(link: &Link) -> Value {
    let rel = match link.kind {
        Some(LinkKind::Page) => "about",
        Some(kind) if kind.is_file() => "enclosure",
        Some(_) => "service",
        None if link.function.as_deref() == Some("download") => "enclosure",
        None => "related",
    };
    let mut all = json!({"rel": rel, "href": link.url});
    let protocol = link.protocol.as_ref().map(|p| p.text.clone()).filter(|p| !p.is_empty());
    for (member, value) in [
        ("type", &link.media_type),
        ("title", &link.description),
        ("name", &link.name),
        ("protocol", &protocol),
    ] {
        if let Some(value) = value {
            all[member] = json!(value);
        }
    }
    if let Some(bytes) = link.bytes {
        all["length"] = json!(bytes);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::record::{Identifier, Keyword, Period, Term};
    use crate::geo::BBox;

    #[test]
    fn a_record_is_a_feature_with_what_it_says_and_nothing_else() {
        let bare = record_json(
            &Record { identifier: "a".into(), ..Record::default() },
            DateTime::UNIX_EPOCH,
            Vec::new(),
        );
        assert_eq!(
            (&bare["id"], &bare["type"], &bare["geometry"], &bare["time"]),
            (&json!("a"), &json!("Feature"), &Value::Null, &Value::Null)
        );
        assert_eq!(
            bare["properties"],
            json!({"type": "dataset", "title": "a", "updated": "1970-01-01T00:00:00Z"})
        );
        let full = Record {
            identifier: "b".into(),
            title: "Forêts".into(),
            resource: Some(Identifier { code: "x".into(), space: Some("FR".into()) }),
            boxes: vec![BBox::new(4.0, 43.0, 5.0, 44.0)],
            periods: vec![
                Period { begin: "2019".parse().ok(), end: "2020-05-02".parse().ok() },
                Period { begin: "2021".parse().ok(), end: None },
            ],
            keywords: vec![Keyword::free("bois")],
            inspire_themes: vec!["au".into()],
            licences: vec![Term::with_uri("LO", "https://spdx.org/licenses/etalab-2.0")],
            language: "fre".into(),
            ..Record::default()
        };
        let said = record_json(&full, DateTime::UNIX_EPOCH, vec![json!({"rel": "self"})]);
        assert_eq!(said["time"], json!({"interval": ["2019-01-01", ".."]}));
        assert_eq!(said["geometry"]["coordinates"][0][2], json!([5.0, 44.0]));
        assert_eq!(said["properties"]["license"], "etalab-2.0");
        assert_eq!(said["properties"]["externalIds"], json!([{"value": "x", "scheme": "FR"}]));
        assert_eq!(said["properties"]["themes"][0]["concepts"][0]["id"], "au");
        assert_eq!(said["links"][0]["rel"], "self");
    }
}

//! Answers of features: written while rows arrive, with bounded memory (OGC 09-025r2 clause 11.3).

use super::error::WfsError;
use super::format::Format;
use super::plan::{Part, split_version};
use super::request::GetFeature;
use super::schema::{self, Prefixes};
use super::version::Version;
use crate::features::{ExportPart, Feature};
use crate::formats::gml::{self, Collection, Members, Spelling, gml2, gml31};
use crate::formats::{OutputFormat, decimals_for, geojson};
use crate::geo::CrsRef;
use crate::model::Layer;
use crate::services::edge::{Call, FeatureFile};
use actix_web::HttpResponse;
use actix_web::http::header;
use chrono::{SecondsFormat, Utc};
use quick_xml::escape::escape;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

mod stream;

pub use stream::stream;

/// What stands at the top of a collection.
#[derive(Clone, Debug)]
pub struct Head {
    /// Features that match, `None` when that isn't known exactly.
    pub matched: Option<u64>,
    /// Features in this answer.
    pub returned: u64,
    /// Address of the next page.
    pub next: Option<String>,
    /// Address of the page before.
    pub previous: Option<String>,
}

/// The answer to `resultType=hits`: the head alone.
pub fn hits(
    call: &Call,
    get: &GetFeature,
    parts: &[Part],
    head: &Head,
    reference: Option<&str>,
) -> HttpResponse {
    let layers = layers_of(parts);
    let format = match get.format {
        // A file has no head that could be told alone.
        Format::File(_) => Format::default_of(get.version),
        format => format,
    };
    let body = if format.is_gml() {
        let mut out = Vec::new();
        open(&mut out, call, get, &layers, head, reference.is_some());
        close(&mut out, reference.is_some());
        out
    } else {
        let mut out = Vec::new();
        open_geojson(&mut out, None);
        close_geojson(&mut out, head);
        out
    };
    fresh(format).body(body)
}

/// The layers of some queries, those of joins all.
fn layers_of(parts: &[Part]) -> Vec<&Arc<Layer>> {
    let mut layers = Vec::new();
    for part in parts {
        match &part.join {
            Some(join) => layers.extend(join.sides.iter().map(|side| &side.query.layer)),
            None => layers.push(&part.query.layer),
        }
    }
    layers
}

/// The features of some queries as a file of a format that is not written here.
///
/// # Errors
/// [`WfsError`] also when the format holds one type only, and several are asked for.
pub async fn file(
    call: &Call,
    format: &'static OutputFormat,
    parts: Vec<Part>,
) -> Result<HttpResponse, WfsError> {
    let Some(first) = parts.first().map(|p| Arc::clone(&p.query.layer)) else {
        return Err(WfsError::missing("typeNames", "parameter typeNames is missing; name a feature type"));
    };
    if parts.iter().any(|part| part.found.is_some()) {
        let message = "earlier versions of features are answered as GML or GeoJSON; leave out outputFormat";
        return Err(WfsError::invalid("outputFormat", message));
    }
    if parts.iter().any(|part| part.join.is_some()) {
        let message = "a join is answered as GML; leave out outputFormat";
        return Err(WfsError::invalid("outputFormat", message));
    }
    if parts.len() > 1 && !format.several_layers {
        let message = format!("{} holds one feature type; ask for each in a request of its own", format.name);
        return Err(WfsError::invalid("outputFormat", message));
    }
    let names: Vec<String> = parts.iter().map(|p| p.query.layer.type_name()).collect();
    let file = FeatureFile {
        format,
        name: if parts.len() == 1 { first.slug.clone() } else { "features".to_owned() },
        parts: parts.into_iter().map(|p| ExportPart { query: p.query, crs: p.crs }).collect(),
        schema_location: schema::location(Version::V200, &call.url("/wfs"), &names),
    };
    let mut response = file.answer(call).await?;
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Answers of features are never kept: they change the moment an edit is made, and QGIS would answer a
/// second layer from its cache.
fn fresh(format: Format) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store")).content_type(format.media_type());
    response
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Head of a collection with its namespaces, and the lock that holds its features.
fn open(out: &mut Vec<u8>, call: &Call, get: &GetFeature, layers: &[&Arc<Layer>], head: &Head, values: bool) {
    let start = out.len();
    open_unlocked(out, call, get, layers, head, values);
    let Some(lock) = &get.lock_id else { return };
    let text = String::from_utf8_lossy(out.get(start..).unwrap_or_default()).into_owned();
    out.truncate(start);
    let attribute = format!("<wfs:FeatureCollection lockId=\"{}\"", escape(lock));
    out.extend_from_slice(text.replacen("<wfs:FeatureCollection", &attribute, 1).as_bytes());
}

fn open_unlocked(
    out: &mut Vec<u8>,
    call: &Call,
    get: &GetFeature,
    layers: &[&Arc<Layer>],
    head: &Head,
    values: bool,
) {
    let namespaces = Prefixes::of(layers.iter().copied()).pairs();
    let schema_locations = locations(call, get.version, get.format, layers);
    if get.format == Format::Gml2 {
        gml2::head(&namespaces, &schema_locations, out);
        return;
    }
    if get.format == Format::Gml311 {
        let number_of_features = if get.hits { head.matched } else { Some(head.returned) };
        let time_stamp = now();
        gml31::Collection { namespaces, schema_locations, time_stamp, number_of_features }.head(out);
        return;
    }
    let mut text = Vec::new();
    let collection = Collection { namespaces, schema_locations, ..collection(head) };
    collection.head(&mut text);
    if values {
        // A collection of values has the same attributes under its own name (clause 10.3.1).
        let renamed =
            String::from_utf8_lossy(&text).replacen("<wfs:FeatureCollection", "<wfs:ValueCollection", 1);
        out.extend_from_slice(renamed.as_bytes());
    } else {
        out.append(&mut text);
    }
}

/// The attributes of a collection.
fn collection(head: &Head) -> Collection {
    Collection {
        time_stamp: now(),
        number_matched: head.matched,
        number_returned: head.returned,
        next: head.next.clone(),
        previous: head.previous.clone(),
        ..Collection::default()
    }
}

/// The `schemaLocation` pairs: WFS itself and the layers' namespaces.
fn locations(call: &Call, version: Version, format: Format, layers: &[&Arc<Layer>]) -> Vec<(String, String)> {
    // A schema of the version's own GML fits no other.
    let version = match (version, format) {
        (Version::V110, Format::Gml2) => Version::V100,
        (Version::V100, Format::Gml311) => Version::V110,
        _ => version,
    };
    let [wfs, gml] = match version {
        Version::V100 => [gml2::WFS_SCHEMA, gml2::GML_SCHEMA],
        _ => [version.schema(), version.gml().schema_location()],
    };
    let wfs = (version.namespace().to_owned(), wfs.to_owned());
    let gml = (version.gml().namespace().to_owned(), gml.to_owned());
    let mut spaces: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for layer in layers {
        let names = spaces.entry(layer.dataset.organisation.namespace.as_str()).or_default();
        if !names.contains(&layer.type_name()) {
            names.push(layer.type_name());
        }
    }
    let url = call.url("/wfs");
    let types = spaces
        .iter()
        .map(|(namespace, names)| ((*namespace).to_owned(), schema::location(version, &url, names)));
    [wfs, gml].into_iter().chain(types).collect()
}

fn close(out: &mut Vec<u8>, values: bool) {
    if values {
        out.extend_from_slice(b"</wfs:ValueCollection>\n");
    } else {
        Collection::end_tag(out);
    }
}

/// One feature, bare.
///
/// # Errors
/// When its stored geometry can't be read.
pub fn one(
    call: &Call,
    layer: &Arc<Layer>,
    crs: &CrsRef,
    feature: &Feature,
    (id, format): (&str, Format),
) -> Result<HttpResponse, WfsError> {
    let mut out = Vec::new();
    let values = feature.values();
    let whole = feature.reference(&values);
    if format.is_gml() {
        let places: Vec<String> = locations(call, Version::V200, format, &[layer])
            .iter()
            .skip(1)
            .map(|(space, at)| format!("{space} {at}"))
            .collect();
        let root = format!(
            " xmlns:gml=\"{}\"{} xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"{}\"",
            gml::NAMESPACE,
            Prefixes::of([layer]).declarations(),
            escape(places.join(" "))
        );
        out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let version = split_version(id).and_then(|(.., version)| version);
        let suffix = version.map_or_else(String::new, |number| format!(".v{number}"));
        let members = Members::new(layer, feature.columns(), Spelling::of(crs, false)).with_suffix(suffix);
        members.element(whole, &root, &mut out)?;
    } else {
        let mut writer = geojson::Writer::new(feature.columns(), decimals_for(&crs.crs));
        writer.id_prefix(&format!("{}.", layer.slug));
        writer.single(whole, &[], &mut out)?;
    }
    Ok(fresh(format).body(out))
}
/// Head of a GeoJSON collection. RFC 7946 has no member for a system; the one of its predecessor is what
/// clients read.
fn open_geojson(out: &mut Vec<u8>, crs: Option<&CrsRef>) {
    out.extend_from_slice(b"{\"type\":\"FeatureCollection\"");
    let plain = CrsRef::crs84().ok().map(|c| c.crs.srid);
    if let Some(crs) = crs.filter(|c| Some(c.crs.srid) != plain) {
        out.extend_from_slice(format!(",\"crs\":{}", geojson::crs_member(crs)).as_bytes());
    }
    out.extend_from_slice(b",\"features\":[\n");
}

fn close_geojson(out: &mut Vec<u8>, head: &Head) {
    let matched = head.matched.map_or_else(|| serde_json::json!("unknown"), |m| serde_json::json!(m));
    let links: Vec<serde_json::Value> = [("next", &head.next), ("prev", &head.previous)]
        .into_iter()
        .filter_map(|(rel, link)| {
            let href = link.as_ref()?;
            Some(serde_json::json!({"rel": rel, "type": "application/geo+json", "href": href}))
        })
        .collect();
    let mut text = format!(
        "\n],\"numberMatched\":{matched},\"numberReturned\":{},\"timeStamp\":\"{}\"",
        head.returned,
        now()
    );
    if !links.is_empty() {
        let _ = write!(text, ",\"links\":{}", serde_json::Value::Array(links));
    }
    text.push_str("}\n");
    out.extend_from_slice(text.as_bytes());
}

//! Answers of features: written while rows arrive, with bounded memory (OGC 09-025r2 clause 11.3).

use super::error::WfsError;
use super::plan::{Part, Property, property};
use super::request::{Format, GetFeature, RawQuery};
use super::schema::{self, Prefixes};
use crate::features::{Feature, FeatureEngine, FeatureError, FeatureStream};
use crate::formats::{geojson, gml};
use crate::geo::CrsRef;
use crate::model::{FeatureRef, Layer};
use crate::services::edge::Call;
use crate::store::Deadline;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use chrono::{SecondsFormat, Utc};
use futures_util::{Stream, StreamExt};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::escape::escape;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;

/// Bytes gathered before they are sent.
const CHUNK: usize = 32 * 1024;
/// Longest address of a link: past it, servers on the way may refuse it, and no link is given.
const LONGEST_LINK: usize = 8000;
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':').remove(b',').remove(b'/');

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

/// Addresses of the next and the previous page, by GET.
pub fn links(
    call: &Call,
    get: &GetFeature,
    head: &Head,
    reference: Option<&str>,
) -> (Option<String>, Option<String>) {
    let Some(count) = get.count.filter(|c| *c > 0) else { return (None, None) };
    let end = get.start.saturating_add(head.returned);
    let more = head.returned > 0 && head.matched.map_or(head.returned == count, |m| end < m);
    let next = more.then(|| page(call, get, end, count, reference));
    let previous = (get.start > 0).then(|| {
        let start = get.start.saturating_sub(count);
        page(call, get, start, get.start - start, reference)
    });
    (next.filter(|l| l.len() <= LONGEST_LINK), previous.filter(|l| l.len() <= LONGEST_LINK))
}

fn page(call: &Call, get: &GetFeature, start: u64, count: u64, reference: Option<&str>) -> String {
    let operation = if reference.is_some() { "GetPropertyValue" } else { "GetFeature" };
    let mut url = format!("{}?service=WFS&version=2.0.0&request={operation}", call.url("/wfs"));
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = write!(url, "&{name}={}", utf8_percent_encode(value, VALUE));
        }
    };
    let lists = |pick: fn(&RawQuery) -> String| -> String {
        let all: Vec<String> = get.queries.iter().map(pick).collect();
        match all.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            several if several.iter().all(String::is_empty) => String::new(),
            several => several.iter().map(|v| format!("({v})")).collect(),
        }
    };
    let same = |pick: fn(&RawQuery) -> Option<&str>| get.queries.first().and_then(pick).unwrap_or_default().to_owned();
    let spaces: Vec<String> = get
        .namespaces
        .iter()
        .filter(|(prefix, _)| get.queries.iter().flat_map(|q| &q.types).any(|t| t.starts_with(&format!("{prefix}:"))))
        .map(|(prefix, uri)| format!("xmlns({prefix},{uri})"))
        .collect();
    add("namespaces", &spaces.join(","));
    add("typeNames", &lists(|q| q.types.join(",")));
    add("srsName", &lists(|q| q.srs.clone().unwrap_or_default()));
    add("propertyName", &lists(|q| q.properties.join(",")));
    add("filter", &lists(|q| q.filter.clone().unwrap_or_default()));
    add("sortBy", &lists(|q| q.sort.clone().unwrap_or_default()));
    add("bbox", &same(|q| q.bbox.as_deref()));
    add("resourceId", &get.queries.first().map(|q| q.ids.join(",")).unwrap_or_default());
    add("valueReference", reference.unwrap_or_default());
    add("outputFormat", get.format.media_type());
    add("startIndex", &start.to_string());
    add("count", &count.to_string());
    url
}

/// The answer to `resultType=hits`: the head alone.
pub fn hits(call: &Call, get: &GetFeature, parts: &[Part], head: &Head, reference: Option<&str>) -> HttpResponse {
    let layers: Vec<&Arc<Layer>> = parts.iter().map(|p| &p.query.layer).collect();
    let body = if get.format.is_gml() {
        let mut out = String::new();
        open(&mut out, call, &layers, head, reference.is_some());
        close(&mut out, reference.is_some());
        out
    } else {
        let matched = head.matched.map_or_else(|| "\"unknown\"".to_owned(), |m| m.to_string());
        format!(
            "{{\"type\":\"FeatureCollection\",\"features\":[],\"numberMatched\":{matched},\"numberReturned\":0,\"timeStamp\":\"{}\"}}",
            now()
        )
    };
    fresh(get.format).body(body)
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

/// The start tag of a collection with its namespaces.
fn open(out: &mut String, call: &Call, layers: &[&Arc<Layer>], head: &Head, values: bool) {
    let element = if values { "ValueCollection" } else { "FeatureCollection" };
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <wfs:{element} xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" xmlns:gml=\"http://www.opengis.net/gml/3.2\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"{} \
         xsi:schemaLocation=\"http://www.opengis.net/wfs/2.0 http://schemas.opengis.net/wfs/2.0/wfs.xsd \
         http://www.opengis.net/gml/3.2 http://schemas.opengis.net/gml/3.2.1/gml.xsd{}\" ",
        Prefixes::of(layers.iter().copied()).declarations(),
        escape(locations(call, layers)),
    );
    attributes(out, head);
    out.push_str(">\n");
}

fn attributes(out: &mut String, head: &Head) {
    let matched = head.matched.map_or_else(|| "unknown".to_owned(), |m| m.to_string());
    let _ = write!(
        out,
        "timeStamp=\"{}\" numberMatched=\"{matched}\" numberReturned=\"{}\"",
        now(),
        head.returned
    );
    for (name, link) in [("next", &head.next), ("previous", &head.previous)] {
        if let Some(link) = link {
            let _ = write!(out, " {name}=\"{}\"", escape(link));
        }
    }
}

/// The `schemaLocation` pairs of the layers' namespaces.
fn locations(call: &Call, layers: &[&Arc<Layer>]) -> String {
    let mut spaces: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
    for layer in layers {
        let names = spaces.entry(layer.dataset.organisation.namespace.as_str()).or_default();
        if !names.contains(&layer.type_name()) {
            names.push(layer.type_name());
        }
    }
    let url = call.url("/wfs");
    spaces.iter().fold(String::new(), |mut out, (namespace, names)| {
        let _ = write!(out, " {namespace} {}", schema::location(&url, names));
        out
    })
}

fn close(out: &mut String, values: bool) {
    out.push_str(if values { "</wfs:ValueCollection>\n" } else { "</wfs:FeatureCollection>\n" });
}

/// One feature, bare.
pub fn one(call: &Call, layer: &Arc<Layer>, crs: &CrsRef, feature: &Feature, format: Format) -> HttpResponse {
    let mut out = Vec::new();
    let values = feature.values();
    let feature = FeatureRef {
        fid: feature.fid(),
        geometry: feature.geometry(),
        columns: feature.columns(),
        values: &values,
    };
    if format.is_gml() {
        let root = format!(
            "{} xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"{}\"",
            Prefixes::of([layer]).declarations(),
            escape(locations(call, &[layer]).trim_start())
        );
        out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        gml_feature(&mut out, layer, crs, &feature, &root);
    } else {
        geojson_feature(&mut out, &feature);
    }
    fresh(format).body(out)
}

/// Opens the first query, so that what it refuses is still told as an exception, then streams.
///
/// # Errors
/// [`WfsError`] of the first query.
pub async fn stream(
    call: &Call,
    http: &HttpRequest,
    get: &GetFeature,
    parts: Vec<Part>,
    heads: Vec<Head>,
    head: Head,
    reference: Option<String>,
) -> Result<HttpResponse, WfsError> {
    let engine = call.app.features.clone();
    let deadline = call.export_deadline();
    let mut response = fresh(get.format);
    if *http.method() == Method::HEAD {
        return Ok(response.finish());
    }
    let several = parts.len() > 1;
    let mut out = String::new();
    let layers: Vec<&Arc<Layer>> = parts.iter().map(|p| &p.query.layer).collect();
    if get.format.is_gml() {
        open(&mut out, call, &layers, &head, reference.is_some());
    } else {
        open_geojson(&mut out, parts.first().map(|p| &p.crs));
    }
    let mut parts: VecDeque<(Part, Head)> = parts.into_iter().zip(heads).collect();
    let current = match parts.pop_front() {
        Some((part, head)) => Some((engine.stream(&part.query, deadline).await?, part, head)),
        None => None,
    };
    let writer = Writer {
        engine,
        deadline,
        format: get.format,
        several,
        reference,
        head,
        parts,
        current,
        opened: false,
        first: true,
        out: out.into_bytes(),
        over: false,
    };
    Ok(response.streaming(writer.chunks()))
}

/// A running answer.
struct Writer {
    engine: FeatureEngine,
    deadline: Deadline,
    format: Format,
    several: bool,
    /// The property of GetPropertyValue.
    reference: Option<String>,
    head: Head,
    parts: VecDeque<(Part, Head)>,
    current: Option<(FeatureStream, Part, Head)>,
    /// Whether the collection of the current part is begun.
    opened: bool,
    /// Whether no feature has been written yet.
    first: bool,
    out: Vec<u8>,
    over: bool,
}

impl Writer {
    fn chunks(self) -> impl Stream<Item = Result<Bytes, FeatureError>> {
        futures_util::stream::unfold(Some(self), |state| async move {
            let mut writer = state?;
            match writer.fill().await {
                Ok(()) => {
                    let chunk = Bytes::from(std::mem::take(&mut writer.out));
                    let rest = (!writer.over).then_some(writer);
                    Some((Ok(chunk), rest))
                }
                Err(error) => {
                    // The head is gone: breaking the connection off is the only way to say that the
                    // answer is not whole.
                    tracing::warn!(%error, "a feature answer was broken off");
                    Some((Err(error), None))
                }
            }
        })
    }

    /// Writes until a chunk is full or nothing is left.
    async fn fill(&mut self) -> Result<(), FeatureError> {
        while self.out.len() < CHUNK && !self.over {
            let Some((stream, part, head)) = &mut self.current else {
                match self.parts.pop_front() {
                    Some((part, head)) => {
                        let stream = self.engine.stream(&part.query, self.deadline).await?;
                        self.current = Some((stream, part, head));
                        self.opened = false;
                    }
                    None => self.end(),
                }
                continue;
            };
            if self.several && !self.opened && self.format.is_gml() && self.reference.is_none() {
                let mut text = String::from("<wfs:member><wfs:FeatureCollection ");
                attributes(&mut text, head);
                text.push_str(">\n");
                self.out.extend_from_slice(text.as_bytes());
            }
            self.opened = true;
            match stream.next().await {
                Some(feature) => {
                    let feature = feature?;
                    write_feature(&mut self.out, self.format, part, self.reference.as_deref(), &feature, self.first);
                    self.first = false;
                }
                None => {
                    if self.several && self.format.is_gml() && self.reference.is_none() {
                        self.out.extend_from_slice(b"</wfs:FeatureCollection></wfs:member>\n");
                    }
                    self.current = None;
                }
            }
        }
        Ok(())
    }

    fn end(&mut self) {
        let mut text = String::new();
        if self.format.is_gml() {
            close(&mut text, self.reference.is_some());
        } else {
            close_geojson(&mut text, &self.head);
        }
        self.out.extend_from_slice(text.as_bytes());
        self.over = true;
    }
}

fn write_feature(
    out: &mut Vec<u8>,
    format: Format,
    part: &Part,
    reference: Option<&str>,
    feature: &Feature,
    first: bool,
) {
    let values = feature.values();
    let feature = FeatureRef {
        fid: feature.fid(),
        geometry: feature.geometry(),
        columns: feature.columns(),
        values: &values,
    };
    let layer = &part.query.layer;
    if !format.is_gml() {
        if !first {
            out.extend_from_slice(b",\n");
        }
        geojson_feature(out, &feature);
        return;
    }
    out.extend_from_slice(b"<wfs:member>");
    match reference {
        None => gml_feature(out, layer, &part.crs, &feature, ""),
        Some(reference) if matches!(property(layer, reference), Some(Property::Identifier)) => {
            out.extend_from_slice(format!("{}.{}", layer.slug, feature.fid).as_bytes());
        }
        Some(_) => gml_properties(out, layer, &part.crs, &feature),
    }
    out.extend_from_slice(b"</wfs:member>\n");
}

fn open_geojson(out: &mut String, crs: Option<&CrsRef>) {
    out.push_str("{\"type\":\"FeatureCollection\"");
    // RFC 7946 has no member for a system; the one of its predecessor is what clients read.
    if let Some(crs) = crs.filter(|c| c.crs.srid != WGS84) {
        let _ = write!(out, ",\"crs\":{{\"type\":\"name\",\"properties\":{{\"name\":\"{}\"}}}}", crs.crs.urn());
    }
    out.push_str(",\"features\":[\n");
}

const WGS84: i32 = 4326;

fn close_geojson(out: &mut String, head: &Head) {
    let matched = head.matched.map_or_else(|| "\"unknown\"".to_owned(), |m| m.to_string());
    let _ = write!(
        out,
        "\n],\"numberMatched\":{matched},\"numberReturned\":{},\"timeStamp\":\"{}\"",
        head.returned,
        now()
    );
    let mut links = Vec::new();
    for (rel, link) in [("next", &head.next), ("prev", &head.previous)] {
        if let Some(link) = link {
            links.push(serde_json::json!({"rel": rel, "type": "application/geo+json", "href": link}));
        }
    }
    if !links.is_empty() {
        let _ = write!(out, ",\"links\":{}", serde_json::Value::Array(links));
    }
    out.push_str("}\n");
}

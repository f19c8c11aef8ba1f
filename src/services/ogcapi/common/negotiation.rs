//! Which form a client wants, and which parameters it sent.

use super::problem::Problem;
use crate::services::edge::{Call, Kvp, etag_matches, not_modified, with_etag};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::percent_decode_str;
use xxhash_rust::xxh3::xxh3_64;

/// A representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON or GeoJSON.
    Json,
    /// A page.
    Html,
}

/// The form that `f` names, else the preferred of the `Accept` header (RFC 9110 section 12.5.1). What
/// can't be had is answered as JSON: RFC 9110 lets a server send what it has.
///
/// # Errors
/// 400 for another `f`.
pub fn negotiated(http: &HttpRequest, f: Option<&str>) -> Result<Form, Problem> {
    match f {
        Some("json" | "geojson") => return Ok(Form::Json),
        Some("html") => return Ok(Form::Html),
        Some(other) => {
            let named: String = other.chars().take(60).collect();
            return Err(Problem::invalid("f", format!("form '{named}' is not offered; f is json or html")));
        }
        None => {}
    }
    let header = http.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("*/*");
    let (mut json, mut html) = (0.0_f32, 0.0_f32);
    for range in header.split(',') {
        let mut fields = range.split(';');
        let kind = fields.next().unwrap_or_default().trim().to_ascii_lowercase();
        let weight = fields
            .find_map(|p| p.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()))
            .unwrap_or(1.0);
        match kind.as_str() {
            "text/html" | "application/xhtml+xml" => html = html.max(weight),
            _ if kind.contains("json") => json = json.max(weight),
            // Anything will do: a little less than what is named.
            "*/*" | "application/*" => json = json.max(weight * 0.99),
            "text/*" => html = html.max(weight * 0.99),
            _ => {}
        }
    }
    Ok(if html > json { Form::Html } else { Form::Json })
}

/// The parameters of a request. Names are case-sensitive (OGC 17-069r4 clause 7.6).
pub struct Parameters {
    kvp: Kvp,
}

impl Parameters {
    /// Reads them; those that neither `known` nor `also` has are refused (requirement
    /// `/req/core/query-param-unknown`).
    ///
    /// # Errors
    /// 400 that names the parameter.
    pub fn read(http: &HttpRequest, known: &[&str], also: impl Fn(&str) -> bool) -> Result<Self, Problem> {
        // A path that is not UTF-8 names nothing; it must not be taken for something else.
        if percent_decode_str(http.uri().path()).decode_utf8().is_err() {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "the address is not UTF-8 text"));
        }
        let kvp = Kvp::parse(http.query_string())?;
        for (name, _) in kvp.iter() {
            if !known.contains(&name) && !also(name) {
                let named: String = name.chars().take(100).collect();
                let detail = format!("there is no parameter '{named}' here; there are: {}", known.join(", "));
                return Err(Problem::invalid(&named, detail));
            }
            if kvp.iter().filter(|(other, _)| *other == name).count() > 1 {
                let named: String = name.chars().take(100).collect();
                return Err(Problem::invalid(&named, format!("parameter '{named}' is given more than once")));
            }
        }
        Ok(Self { kvp })
    }

    /// The value of a parameter, exactly as sent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.kvp.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.kvp.iter()
    }
}

/// The scope must exist for anything to be answered.
///
/// # Errors
/// 404.
pub fn check_scope(call: &Call) -> Result<(), Problem> {
    let snapshot = call.app.registry.snapshot();
    if snapshot.has_scope(&call.caller, &call.scope) {
        return Ok(());
    }
    Err(Problem::not_found(format!("there is nothing at '{}'", call.scope.prefix())))
}

/// A JSON document that hangs on stored facts alone: with the ETag of its text.
pub fn json(http: &HttpRequest, document: &serde_json::Value, media_type: &str) -> HttpResponse {
    tagged(http, document.to_string(), media_type)
}

/// A page, with the ETag of its text.
pub fn write_html(http: &HttpRequest, page: String) -> HttpResponse {
    tagged(http, page, "text/html; charset=utf-8")
}

fn tagged(http: &HttpRequest, text: String, media_type: &str) -> HttpResponse {
    let etag = format!("\"{:016x}\"", xxh3_64(text.as_bytes()));
    if etag_matches(http, &etag) {
        return not_modified(&etag);
    }
    with_etag(&mut HttpResponse::Ok(), &etag)
        .insert_header((header::VARY, "Accept, Accept-Language"))
        .content_type(media_type)
        .body(text)
}

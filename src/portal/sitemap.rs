//! What search engines begin with: `/robots.txt`, `/sitemap.xml` and its parts (<https://www.sitemaps.org/protocol.html>).

use crate::services::edge::{Call, etag_matches, not_modified, problem, with_etag};
use crate::store::StoreError;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::SecondsFormat;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::escape::escape;
use std::fmt::Write as _;
use xxhash_rust::xxh3::xxh3_64;

/// Addresses of one part: as many as the protocol allows.
const PART: u64 = 50_000;

const OPEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACE: &str = "xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"";

/// `/robots.txt`
pub(super) async fn robots(http: HttpRequest, call: Call) -> HttpResponse {
    let base = call.app.config.public_url();
    let text = format!("User-agent: *\nAllow: /\nSitemap: {base}/sitemap.xml\n");
    tagged(&http, text, "text/plain; charset=utf-8")
}

/// `/sitemap.xml`: the parts that there are.
pub(super) async fn index(http: HttpRequest, call: Call) -> HttpResponse {
    let snapshot = call.app.registry.snapshot();
    let reach = snapshot.reach(&call.caller, &call.scope);
    let total = match call.app.catalogue.count_models(&reach, call.deadline()).await {
        Ok(total) => total,
        Err(error) => return failed(&http, &error),
    };
    let base = call.app.config.public_url();
    let mut out = format!("{OPEN}<sitemapindex {NAMESPACE}>\n");
    for part in 1..=total.div_ceil(PART).max(1) {
        let _ = writeln!(out, "<sitemap><loc>{}/sitemap-{part}.xml</loc></sitemap>", escape(&base));
    }
    out.push_str("</sitemapindex>\n");
    tagged(&http, out, "application/xml; charset=utf-8")
}

/// `/sitemap-{part}.xml`: pages of datasets, and of records that were imported.
pub(super) async fn part(http: HttpRequest, call: Call, path: web::Path<u64>) -> HttpResponse {
    let Some(before) = path.into_inner().checked_sub(1).and_then(|n| n.checked_mul(PART)) else {
        return problem(&http, StatusCode::NOT_FOUND, "parts of the sitemap begin with 1");
    };
    let snapshot = call.app.registry.snapshot();
    let reach = snapshot.reach(&call.caller, &call.scope);
    let listed = match call.app.catalogue.addresses(&reach, before, PART, call.deadline()).await {
        Ok(listed) => listed,
        Err(error) => return failed(&http, &error),
    };
    if listed.is_empty() && before > 0 {
        return problem(&http, StatusCode::NOT_FOUND, "there is no such part; /sitemap.xml lists them");
    }
    let base = call.app.config.public_url();
    let mut out = format!("{OPEN}<urlset {NAMESPACE}>\n<url><loc>{}/</loc></url>\n", escape(&base));
    for page in &listed {
        let address = match &page.dataset {
            Some(slug) => format!("{base}/datasets/{slug}"),
            None => {
                let name = utf8_percent_encode(&page.identifier, NON_ALPHANUMERIC);
                format!("{base}/records/collections/catalogue/items/{name}?f=html")
            }
        };
        let changed = page.changed.to_rfc3339_opts(SecondsFormat::Secs, true);
        let _ = writeln!(out, "<url><loc>{}</loc><lastmod>{changed}</lastmod></url>", escape(&address));
    }
    out.push_str("</urlset>\n");
    tagged(&http, out, "application/xml; charset=utf-8")
}

fn tagged(http: &HttpRequest, text: String, media: &str) -> HttpResponse {
    let etag = format!("\"{:016x}\"", xxh3_64(text.as_bytes()));
    if etag_matches(http, &etag) {
        return not_modified(&etag);
    }
    with_etag(&mut HttpResponse::Ok(), &etag).content_type(media).body(text)
}

fn failed(http: &HttpRequest, error: &crate::catalogue::CatalogueError) -> HttpResponse {
    tracing::warn!(?error, "the sitemap could not be written");
    let status = match error {
        crate::catalogue::CatalogueError::Store(StoreError::Deadline | StoreError::Unavailable(_)) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    problem(http, status, &error.to_string())
}

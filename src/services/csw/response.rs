//! Answers: stored records spliced into their envelopes, byte for byte.

use super::request::{GetRecords, ResultType};
use super::version::Version;
use crate::catalogue::{ElementSet, Form, Page};
use crate::services::edge::printable;
use actix_web::HttpResponse;
use actix_web::http::header;
use bytes::Bytes;
use chrono::{SecondsFormat, Utc};
use quick_xml::escape::escape;
use std::fmt::Write as _;

/// The XML declaration.
pub(super) const OPEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Namespaces and schema of a message.
fn namespaces(version: Version) -> String {
    let (namespace, schema) = (version.namespace(), version.schema());
    format!(
        "xmlns:csw=\"{namespace}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"{namespace} {schema}\""
    )
}

/// The namespace that names a form.
const fn schema(form: Form) -> &'static str {
    match form {
        Form::Iso => "http://www.isotc211.org/2005/gmd",
        Form::Iso3 => "http://standards.iso.org/iso/19115/-3/mdb/2.0",
        Form::DublinCore => Version::V202.namespace(),
        Form::DublinCore3 => Version::V300.namespace(),
        Form::Dcat => "http://www.w3.org/ns/dcat#",
    }
}

pub(super) const fn set_name(set: ElementSet) -> &'static str {
    match set {
        ElementSet::Brief => "brief",
        ElementSet::Summary => "summary",
        ElementSet::Full => "full",
    }
}

/// Position of the first record that is not in the answer, 0 when nothing follows. Where no record was wanted
/// it is the one that would have been the first.
pub(super) fn next(request: &GetRecords, matched: u64) -> u64 {
    let before = request.start - 1;
    // Not by what was returned: a record that is shown no more leaves its position.
    let last = before.saturating_add(request.max.min(matched.saturating_sub(before)));
    let follows = last < matched && request.result_type == ResultType::Results;
    if follows { last + 1 } else { 0 }
}

/// csw:GetRecordsResponse (OGC 07-006r1 section 10.8.4.13, OGC 12-176r7 clause 7.3.5): matched, returned and
/// next are always there, and next is 0 when nothing follows.
pub(super) fn get_records(version: Version, form: Form, request: &GetRecords, page: &Page) -> HttpResponse {
    let returned = page.records.len() as u64;
    let next = next(request, page.matched);
    let mut head =
        format!("{OPEN}<csw:GetRecordsResponse {} version=\"{}\">", namespaces(version), version.text());
    if let Some(id) = &request.request_id {
        let _ = write!(head, "<csw:RequestId>{}</csw:RequestId>", escape(printable(id).as_str()));
    }
    let _ = write!(
        head,
        "<csw:SearchStatus timestamp=\"{}\"/><csw:SearchResults numberOfRecordsMatched=\"{}\" \
         numberOfRecordsReturned=\"{returned}\" nextRecord=\"{next}\" recordSchema=\"{}\"",
        now(),
        page.matched,
        schema(form),
    );
    if request.elements.is_empty() {
        let _ = write!(head, " elementSet=\"{}\"", set_name(request.set));
    }
    if version == Version::V300 {
        let status = match (page.matched, next) {
            (0, _) => "none",
            (_, 0) if returned > 0 => "complete",
            _ => "subset",
        };
        let _ = write!(head, " status=\"{status}\"");
    }
    head.push('>');
    splice(head, &page.records, "</csw:SearchResults></csw:GetRecordsResponse>\n")
}

/// csw:GetRecordByIdResponse (OGC 07-006r1 section 10.9.4); empty when no identifier is known.
pub(super) fn get_record_by_id(records: &[Bytes]) -> HttpResponse {
    let head = format!("{OPEN}<csw:GetRecordByIdResponse {}>", namespaces(Version::V202));
    splice(head, records, "</csw:GetRecordByIdResponse>\n")
}

/// The record itself, as CSW 3.0 answers (OGC 12-176r7 clause 7.4.5).
pub(super) fn record(record: &[u8]) -> HttpResponse {
    let mut body = OPEN.as_bytes().to_vec();
    body.extend_from_slice(record);
    xml(Bytes::from(body))
}

/// csw:Acknowledgement (OGC 07-006r1 section 10.8.4.12) of a request that was only to be checked.
pub(super) fn acknowledgement(version: Version, request: &GetRecords) -> HttpResponse {
    let body = format!(
        "{OPEN}<csw:Acknowledgement {} timeStamp=\"{}\"><csw:EchoedRequest>{}</csw:EchoedRequest></csw:Acknowledgement>\n",
        namespaces(version),
        now(),
        request.echo
    );
    xml(Bytes::from(body))
}

/// csw:TransactionResponse (OGC 07-006r1 section 10.11.3): how many records were inserted, updated and deleted, and those
/// that are new.
pub(super) fn transaction(
    version: Version,
    request_id: Option<&str>,
    [inserted, updated, deleted]: [usize; 3],
    results: &[(Option<&str>, Vec<Bytes>)],
) -> HttpResponse {
    let (namespace, schema) = match version {
        Version::V202 => (version.namespace(), "http://schemas.opengis.net/csw/2.0.2/CSW-publication.xsd"),
        Version::V300 => (version.namespace(), version.schema()),
    };
    let id = request_id.map(|id| format!(" requestId=\"{}\"", escape(printable(id).as_str())));
    let head = format!(
        "{OPEN}<csw:TransactionResponse xmlns:csw=\"{namespace}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"{namespace} {schema}\" version=\"{}\"><csw:TransactionSummary{}>\
         <csw:totalInserted>{inserted}</csw:totalInserted><csw:totalUpdated>{updated}</csw:totalUpdated>\
         <csw:totalDeleted>{deleted}</csw:totalDeleted></csw:TransactionSummary>",
        version.text(),
        id.unwrap_or_default()
    );
    let mut body = head.into_bytes();
    for (handle, records) in results.iter().filter(|(_, records)| !records.is_empty()) {
        let handle = handle.map(|h| format!(" handleRef=\"{}\"", escape(printable(h).as_str())));
        body.extend_from_slice(format!("<csw:InsertResult{}>", handle.unwrap_or_default()).as_bytes());
        for record in records {
            body.extend_from_slice(record);
        }
        body.extend_from_slice(b"</csw:InsertResult>");
    }
    body.extend_from_slice(b"</csw:TransactionResponse>\n");
    xml(Bytes::from(body))
}

/// An XML answer.
pub(super) fn xml(body: Bytes) -> HttpResponse {
    fresh("application/xml; charset=utf-8", body)
}

/// An answer that no cache may keep: records change at any moment, and a harvest must never see an old page.
pub(super) fn fresh(media: &str, body: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body)
}

/// This moment in whole seconds.
pub(super) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn splice(head: String, records: &[Bytes], tail: &str) -> HttpResponse {
    let length = head.len() + tail.len() + records.iter().map(|r| r.len() + 1).sum::<usize>();
    let mut body = Vec::with_capacity(length);
    body.extend_from_slice(head.as_bytes());
    for record in records {
        body.push(b'\n');
        body.extend_from_slice(record);
    }
    body.extend_from_slice(tail.as_bytes());
    xml(Bytes::from(body))
}

//! Answers: stored records spliced into their envelopes, byte for byte.

use super::request::{GetRecords, ResultType};
use crate::catalogue::{ElementSet, Form, Page};
use actix_web::HttpResponse;
use actix_web::http::header;
use bytes::Bytes;
use chrono::{SecondsFormat, Utc};
use quick_xml::escape::escape;
use std::fmt::Write as _;

const OPEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACES: &str = "xmlns:csw=\"http://www.opengis.net/cat/csw/2.0.2\" \
     xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
     xsi:schemaLocation=\"http://www.opengis.net/cat/csw/2.0.2 http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd\"";

/// The namespace that names a form.
pub(super) const fn schema(form: Form) -> &'static str {
    match form {
        Form::Iso => "http://www.isotc211.org/2005/gmd",
        Form::DublinCore => "http://www.opengis.net/cat/csw/2.0.2",
    }
}

const fn set_name(set: ElementSet) -> &'static str {
    match set {
        ElementSet::Brief => "brief",
        ElementSet::Summary => "summary",
        ElementSet::Full => "full",
    }
}

/// csw:GetRecordsResponse (OGC 07-006r1 section 10.8.4.13): matched, returned and next are always there,
/// and next is 0 when nothing follows.
pub(super) fn get_records(request: &GetRecords, page: &Page) -> HttpResponse {
    let returned = page.records.len() as u64;
    let last = (request.start - 1).saturating_add(returned);
    let next = if request.result_type == ResultType::Hits || returned == 0 || last >= page.matched {
        0
    } else {
        last + 1
    };
    let mut head = format!("{OPEN}<csw:GetRecordsResponse {NAMESPACES} version=\"2.0.2\">");
    if let Some(id) = &request.request_id {
        let _ = write!(head, "<csw:RequestId>{}</csw:RequestId>", escape(id.as_str()));
    }
    let _ = write!(
        head,
        "<csw:SearchStatus timestamp=\"{}\"/><csw:SearchResults numberOfRecordsMatched=\"{}\" \
         numberOfRecordsReturned=\"{returned}\" nextRecord=\"{next}\" recordSchema=\"{}\" elementSet=\"{}\">",
        now(),
        page.matched,
        schema(request.form),
        set_name(request.set)
    );
    splice(head, &page.records, "</csw:SearchResults></csw:GetRecordsResponse>\n")
}

/// csw:GetRecordByIdResponse (section 10.9.4); empty when no identifier is known.
pub(super) fn get_record_by_id(records: &[Bytes]) -> HttpResponse {
    splice(
        format!("{OPEN}<csw:GetRecordByIdResponse {NAMESPACES}>"),
        records,
        "</csw:GetRecordByIdResponse>\n",
    )
}

/// csw:Acknowledgement (section 10.8.4.12) of a request that was only to be checked.
pub(super) fn acknowledgement(request: &GetRecords) -> HttpResponse {
    let body = format!(
        "{OPEN}<csw:Acknowledgement {NAMESPACES} timeStamp=\"{}\"><csw:EchoedRequest>{}</csw:EchoedRequest></csw:Acknowledgement>\n",
        now(),
        request.echo
    );
    xml(Bytes::from(body))
}

/// An XML answer.
pub(super) fn xml(body: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/xml; charset=utf-8"))
        // Records change at any moment, and a harvest must never see an old page.
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body)
}

fn now() -> String {
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

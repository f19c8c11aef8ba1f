//! OpenSearch: the description document (OpenSearch 1.1 draft 6, OGC 12-176r7 clause 6.5.6) and answers as Atom
//! feeds (OGC 10-032r8 clause 9.3).

use super::output::ATOM;
use super::request::GetRecords;
use super::response::{OPEN, fresh, next, now};
use crate::catalogue::{ATOM_NAMESPACES, Entry, EntryPage};
use crate::services::edge::{Call, printable};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::escape::escape;
use std::fmt::Write as _;

/// Media type of description documents.
pub(super) const DESCRIPTION: &str = "application/opensearchdescription+xml";
/// Characters that stay as they are in a query value.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b':').remove(b',');
const NAMESPACES: &str = "xmlns:os=\"http://a9.com/-/spec/opensearch/1.1/\" \
     xmlns:geo=\"http://a9.com/-/opensearch/extensions/geo/1.0/\" \
     xmlns:time=\"http://a9.com/-/opensearch/extensions/time/1.0/\"";

/// Where the description document is.
pub(super) fn address(call: &Call) -> String {
    call.url("/csw/opensearch")
}

/// The description document: what to put into which address. Every parameter may stay empty.
pub(super) fn description(call: &Call, title: &str) -> HttpResponse {
    let template = |format: &str, schema: &str| {
        let url = format!(
            "{}?service=CSW&version=3.0.0&request=GetRecords&typenames=Record&elementsetname=full\
             &outputformat={format}&outputschema={schema}&q={{searchTerms?}}&bbox={{geo:box?}}\
             &recordids={{geo:uid?}}&time={{time:start?}}/{{time:end?}}&startposition={{startIndex?}}\
             &maxrecords={{count?}}",
            call.url("/csw")
        );
        escape(url.as_str()).into_owned()
    };
    let cut = |text: &str, length: usize| -> String {
        let part: String = text.chars().take(length).collect();
        escape(printable(&part).as_str()).into_owned()
    };
    let mut out = format!(
        "{OPEN}<os:OpenSearchDescription {NAMESPACES}><os:ShortName>Catalogue</os:ShortName>\
         <os:Description>{}</os:Description>",
        cut(
            call.lang.pick(
                "Recherche des données publiées, par mots, emprise, date et identifiant",
                "Search for published data, by words, box, date and identifier",
            ),
            1024
        )
    );
    for (media, schema) in
        [(ATOM, "http://www.w3.org/2005/Atom"), ("application/xml", "http://www.opengis.net/cat/csw/3.0")]
    {
        let _ = write!(
            out,
            "<os:Url type=\"{media}\" rel=\"results\" indexOffset=\"1\" template=\"{}\"/>",
            template(&media.replace('+', "%2B"), schema)
        );
    }
    let _ = write!(
        out,
        "<os:Url type=\"{DESCRIPTION}\" rel=\"self\" template=\"{}\"/>",
        escape(address(call).as_str())
    );
    if let Some(email) = &call.app.config.contact_email {
        let _ = write!(out, "<os:Contact>{}</os:Contact>", escape(email.as_str()));
    }
    let _ = writeln!(
        out,
        "<os:Tags>catalogue CSW metadata</os:Tags><os:LongName>{}</os:LongName>\
         <os:Query role=\"example\" startIndex=\"1\" count=\"5\"/>\
         <os:SyndicationRight>open</os:SyndicationRight><os:Language>fr</os:Language>\
         <os:InputEncoding>UTF-8</os:InputEncoding><os:OutputEncoding>UTF-8</os:OutputEncoding>\
         </os:OpenSearchDescription>",
        cut(title, 48)
    );
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, DESCRIPTION))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::VARY, "Accept"))
        .body(out)
}

/// Where a record is as a whole.
fn whole_record(call: &Call, identifier: &str) -> String {
    format!(
        "{}?service=CSW&version=3.0.0&request=GetRecordById&elementsetname=full&id={}",
        call.url("/csw"),
        utf8_percent_encode(identifier, VALUE)
    )
}

/// A record as an atom:entry that stands alone.
pub(super) fn entry(call: &Call, entry: &Entry) -> HttpResponse {
    let mut body = OPEN.as_bytes().to_vec();
    body.extend_from_slice(&entry.to_atom(&whole_record(call, &entry.identifier), true));
    fresh("application/atom+xml; type=entry; charset=utf-8", Bytes::from(body))
}

/// A page of records as an atom:feed.
pub(super) fn feed(
    call: &Call,
    http: &HttpRequest,
    title: &str,
    request: &GetRecords,
    page: &EntryPage,
) -> HttpResponse {
    let mut out = format!("{OPEN}<feed");
    for (name, namespace) in ATOM_NAMESPACES {
        let _ = write!(out, " {name}=\"{namespace}\"");
    }
    let this = match http.query_string() {
        "" => call.url("/csw"),
        query => format!("{}?{query}", call.url("/csw")),
    };
    let this = escape(printable(&this).as_str()).into_owned();
    let updated = page.entries.iter().map(|e| e.updated).max();
    let updated = updated.map_or_else(now, |t| t.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    let _ = write!(
        out,
        " {NAMESPACES}><id>{this}</id><title>{}</title><updated>{updated}</updated><author><name>{}</name></author>\
         <link rel=\"self\" type=\"{ATOM}\" href=\"{this}\"/>\
         <link rel=\"search\" type=\"{DESCRIPTION}\" href=\"{}\"/>",
        escape(printable(title).as_str()),
        escape(printable(&call.app.config.title).as_str()),
        escape(address(call).as_str())
    );
    let following = next(request, page.matched);
    if let Some(address) = page_address(call, http, following).filter(|_| following > 0) {
        let _ = write!(out, "<link rel=\"next\" type=\"{ATOM}\" href=\"{}\"/>", escape(address.as_str()));
    }
    let _ = write!(
        out,
        "<os:totalResults>{}</os:totalResults><os:startIndex>{}</os:startIndex>\
         <os:itemsPerPage>{}</os:itemsPerPage><os:Query role=\"request\" startIndex=\"{}\" count=\"{}\"",
        page.matched, request.start, request.max, request.start, request.max
    );
    let terms = &request.terms;
    let (begin, end) = terms.time.as_deref().map_or((None, None), |t| match t.split_once('/') {
        Some((begin, end)) => (Some(begin), Some(end)),
        None => (Some(t), Some(t)),
    });
    for (name, value) in [
        ("searchTerms", terms.words.as_deref()),
        ("geo:box", terms.bbox.as_deref()),
        ("geo:uid", terms.ids.as_deref()),
        ("time:start", begin),
        ("time:end", end),
    ] {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            let _ = write!(out, " {name}=\"{}\"", escape(printable(value).as_str()));
        }
    }
    out.push_str("/>");
    let mut body = out.into_bytes();
    for entry in &page.entries {
        body.push(b'\n');
        body.extend_from_slice(&entry.to_atom(&whole_record(call, &entry.identifier), false));
    }
    body.extend_from_slice(b"</feed>\n");
    fresh("application/atom+xml; charset=utf-8", Bytes::from(body))
}

/// The same search from another position; none for a search that was posted.
fn page_address(call: &Call, http: &HttpRequest, position: u64) -> Option<String> {
    let query = http.query_string();
    let mut pairs: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            !pair.split('=').next().unwrap_or_default().eq_ignore_ascii_case("startposition")
                && !pair.is_empty()
        })
        .collect();
    let start = format!("startposition={position}");
    pairs.push(&start);
    (!query.is_empty()).then(|| format!("{}?{}", call.url("/csw"), pairs.join("&")))
}

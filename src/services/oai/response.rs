//! Answers (section 3.2): what was asked, when it was answered, and the answer or the error.

use super::error::OaiError;
use super::request::{Format, Request};
use super::token::Token;
use crate::catalogue::dcat::{Stamped, element};
use crate::catalogue::{Change, Record, oai_dc};
use crate::services::edge::{Call, printable};
use actix_web::HttpResponse;
use actix_web::http::header;
use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use quick_xml::escape::escape;
use std::fmt::Write as _;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\" \
     xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
     xsi:schemaLocation=\"http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd\">";

/// What an identifier holds as it is; the rest is percent-encoded (RFC 3986 section 2.3, and the colon).
const LOCAL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// The host that identifiers name: that of the public address, without a port.
pub(super) struct Host(pub(super) String);

impl Host {
    /// Of the server.
    pub(super) fn of(call: &Call) -> Self {
        let url = call.app.config.public_url();
        let authority = url.split("://").nth(1).unwrap_or(&url).split('/').next().unwrap_or_default();
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        };
        Self(host.trim_matches(['[', ']']).to_ascii_lowercase())
    }

    /// Whether it is a domain name, as the scheme of identifiers wants it, not an address.
    pub(super) fn is_domain(&self) -> bool {
        self.0.contains('.')
            && self.0.split('.').all(|part| {
                part.starts_with(|c: char| c.is_ascii_alphabetic())
                    && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            })
    }

    /// What harvesters know a record by.
    pub(super) fn identifier(&self, record: &str) -> String {
        format!("oai:{}:{}", self.0, utf8_percent_encode(record, LOCAL))
    }

    /// The record that such an identifier names.
    pub(super) fn record(&self, identifier: &str) -> Option<String> {
        let local = identifier.strip_prefix("oai:")?.strip_prefix(self.0.as_str())?.strip_prefix(':')?;
        let record = percent_decode_str(local).decode_utf8().ok()?;
        Some(record.into_owned()).filter(|record| !record.is_empty())
    }
}

/// An element that holds text.
pub(super) fn text(out: &mut String, element: &str, value: &str) {
    let _ = write!(out, "<{element}>{}</{element}>", escape(printable(value).as_str()));
}

/// The answer to a request that could be answered, of the moment `moment`.
pub(super) fn answer(call: &Call, request: &Request, moment: DateTime<Utc>, inside: &str) -> HttpResponse {
    document(call, &request.arguments, moment, inside)
}

/// The answer with an error.
pub(super) fn error(call: &Call, error: &OaiError) -> HttpResponse {
    let inside =
        format!("<error code=\"{}\">{}</error>", error.code, escape(printable(&error.text).as_str()));
    document(call, &error.echo, Utc::now(), &inside)
}

fn document(
    call: &Call,
    arguments: &[(String, String)],
    moment: DateTime<Utc>,
    inside: &str,
) -> HttpResponse {
    let mut body = String::with_capacity(inside.len() + 1000);
    body.push_str(HEAD);
    text(&mut body, "responseDate", &stamp(moment));
    body.push_str("<request");
    for (name, value) in arguments {
        let _ = write!(body, " {name}=\"{}\"", escape(printable(value).as_str()));
    }
    let _ = write!(body, ">{}</request>", escape(call.url("/oai")));
    body.push_str(inside);
    body.push_str("</OAI-PMH>\n");
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/xml; charset=utf-8"))
        // A harvest must never see an old page.
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body)
}

/// `GetRecord`.
pub(super) fn record(call: &Call, change: &Change, format: Format) -> String {
    let mut out = String::from("<GetRecord>");
    push_record(&mut out, &Host::of(call), change, format, call.app.catalogue.base());
    out.push_str("</GetRecord>");
    out
}

/// A page of `ListRecords` or `ListIdentifiers`.
pub(super) fn list(
    call: &Call,
    request: &Request,
    changes: &[Change],
    format: Option<Format>,
    token: Option<&str>,
) -> String {
    let host = Host::of(call);
    let verb = request.verb();
    let mut out = format!("<{verb}>");
    for change in changes {
        match format {
            Some(format) => push_record(&mut out, &host, change, format, call.app.catalogue.base()),
            None => push_header(&mut out, &host, change),
        }
    }
    out.push_str(token.unwrap_or_default());
    let _ = write!(out, "</{verb}>");
    out
}

/// `resumptionToken` of a page: empty at the end of a list in several parts.
pub(super) fn token(token: Option<(&Token, String)>, cursor: u64, size: u64) -> String {
    match token {
        Some((token, text)) => format!(
            "<resumptionToken expirationDate=\"{}\" completeListSize=\"{size}\" cursor=\"{cursor}\">{text}</resumptionToken>",
            stamp(token.expires)
        ),
        None => format!("<resumptionToken completeListSize=\"{size}\" cursor=\"{cursor}\"/>"),
    }
}

/// A model as rdf:RDF; of one that can't be read its identifier alone.
fn dcat(body: &[u8], change: &Change, base: &str) -> String {
    let stamped = serde_json::from_slice(body).unwrap_or_else(|error| {
        tracing::warn!(%error, "the model of a record can't be read");
        let (identifier, uuid) = (change.identifier.clone(), change.key.uuid);
        Stamped { record: Record { identifier, uuid, ..Record::default() }, stamp: change.key.moment }
    });
    String::from_utf8(element(&stamped, base)).unwrap_or_default()
}

fn push_record(out: &mut String, host: &Host, change: &Change, format: Format, base: &str) {
    out.push_str("<record>");
    push_header(out, host, change);
    if let Some(body) = &change.body {
        out.push_str("<metadata>");
        match format {
            Format::OaiDc => out.push_str(&oai_dc(body)),
            Format::Iso19139 => out.push_str(&String::from_utf8_lossy(body)),
            Format::Dcat => out.push_str(&dcat(body, change, base)),
        }
        out.push_str("</metadata>");
    }
    out.push_str("</record>\n");
}

fn push_header(out: &mut String, host: &Host, change: &Change) {
    out.push_str(if change.is_gone { "<header status=\"deleted\">" } else { "<header>" });
    text(out, "identifier", &host.identifier(&change.identifier));
    text(out, "datestamp", &stamp(change.key.moment));
    // A set within a set says that the record is in both (section 2.6).
    for set in change.sets.iter().filter(|set| set.contains(':')) {
        text(out, "setSpec", set);
    }
    out.push_str("</header>");
}

fn stamp(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_come_back_whatever_is_in_them() {
        let host = Host("data.example.org".to_owned());
        assert!(host.is_domain());
        for record in ["94bc9c83-97f6-4b40-9eb8-a8e8787a5c63", "urn:x:a", "a b/é?&<", "http://e.org/1#2"] {
            let identifier = host.identifier(record);
            assert!(identifier.is_ascii() && !identifier.contains([' ', '<', '?']), "{identifier}");
            assert_eq!(host.record(&identifier).as_deref(), Some(record));
        }
        for other in ["", "oai:data.example.org:", "oai:other.org:a", "94bc", "oai:data.example.orga"] {
            assert_eq!(host.record(other), None, "{other}");
        }
        for host in ["127.0.0.1", "localhost", "::1"] {
            assert!(!Host(host.to_owned()).is_domain(), "{host}");
        }
    }
}

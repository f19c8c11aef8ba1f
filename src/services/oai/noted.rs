//! What the journal of harvests is told of this service's answers.

use super::error::{OaiError, Refusal};
use super::request::{Format, Selection};
use crate::catalogue::Change;
use crate::services::edge::{Call, visit};
use actix_web::HttpRequest;

/// A page of a list: its changes, how many were read before, and whether more follow.
pub(super) fn list(
    call: &Call,
    http: &HttpRequest,
    (changes, before, goes_on): (&[Change], u64, bool),
    (only_headers, selection): (bool, &Selection),
) {
    let mut visit = visit(call, http, "OAI-PMH", "/oai");
    visit.asked = selection.format.prefix().to_owned();
    for (name, is_there) in [
        ("from", selection.from.is_some()),
        ("until", selection.until.is_some()),
        ("set", selection.set.is_some()),
    ] {
        if is_there {
            visit.asked.push(' ');
            visit.asked.push_str(name);
        }
    }
    visit.position = Some(before + 1);
    visit.last = !goes_on;
    visit.whole = !only_headers;
    visit.records = changes.iter().filter(|change| !change.is_gone).map(|change| change.key.uuid).collect();
    call.app.journal.note(visit);
}

/// One record.
pub(super) fn record(call: &Call, http: &HttpRequest, change: &Change, format: Format) {
    let mut visit = visit(call, http, "OAI-PMH", "/oai");
    visit.asked = format.prefix().to_owned();
    visit.records = Some(change.key.uuid).filter(|_| !change.is_gone).into_iter().collect();
    call.app.journal.note(visit);
}

/// A request that failed. That nothing matches is an answer.
pub(super) fn failed(call: &Call, http: &HttpRequest, refusal: &Refusal) {
    let mut visit = visit(call, http, "OAI-PMH", "/oai");
    if let Refusal::Protocol(OaiError { code: "noRecordsMatch", .. }) = refusal {
        visit.position = Some(1);
    } else {
        visit.last = false;
        visit.problem = Some(refusal.to_string());
    }
    call.app.journal.note(visit);
}

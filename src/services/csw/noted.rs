//! What the journal of harvests is told of this service's answers.

use super::error::CswError;
use super::request::{GetRecordById, GetRecords, ResultType};
use super::response::{next, set_name};
use crate::catalogue::{ElementSet, Form, Page};
use crate::services::edge::{Call, visit};
use actix_web::HttpRequest;

/// A request that failed: a harvester that gets nothing is worth knowing.
pub(super) fn failed(call: &Call, http: &HttpRequest, error: &CswError) {
    let mut visit = visit(call, http, "CSW", "/csw");
    visit.last = false;
    visit.problem = Some(error.text().to_owned());
    call.app.journal.note(visit);
}

/// A page of records.
pub(super) fn get_records(call: &Call, http: &HttpRequest, form: Form, asked: &GetRecords, page: &Page) {
    if asked.result_type != ResultType::Results {
        return;
    }
    let mut visit = visit(call, http, "CSW", "/csw");
    visit.asked = format!("{} {} {}", words(form), set_name(asked.set), asked.max);
    if asked.filter.is_some() {
        visit.asked.push_str(" filter");
    }
    visit.position = Some(asked.start);
    visit.whole = asked.set == ElementSet::Full && asked.elements.is_empty();
    visit.matched = Some(page.matched);
    visit.last = next(asked, page.matched) == 0;
    visit.records.clone_from(&page.keys);
    call.app.journal.note(visit);
}

/// Records asked for by their identifiers.
pub(super) fn get_record_by_id(
    call: &Call,
    http: &HttpRequest,
    form: Form,
    asked: &GetRecordById,
    page: &Page,
) {
    let mut visit = visit(call, http, "CSW", "/csw");
    visit.asked = format!("{} {}", words(form), set_name(asked.set));
    visit.whole = asked.set == ElementSet::Full;
    visit.records.clone_from(&page.keys);
    call.app.journal.note(visit);
}

const fn words(form: Form) -> &'static str {
    match form {
        Form::Iso => "gmd",
        Form::Iso3 => "mdb",
        Form::DublinCore | Form::DublinCore3 => "csw",
        Form::Dcat => "dcat",
    }
}

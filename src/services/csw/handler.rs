//! The operations: what the caller may discover is asked once, then the catalogue answers.

use super::error::CswError;
use super::output::Output;
use super::request::{GetRecordById, GetRecords, Request, ResultType};
use super::version::Version;
use super::{capabilities, describe, domain, noted, opensearch, response, transaction};
use crate::catalogue::{CatalogueError, Form, Reach, Search};
use crate::services::edge::{Call, client};
use actix_web::{HttpRequest, HttpResponse};

/// Answers a request in a version.
pub(super) async fn answer(
    call: &Call,
    http: &HttpRequest,
    version: Version,
    request: Request,
) -> Result<HttpResponse, CswError> {
    let snapshot = call.app.registry.snapshot();
    if !snapshot.has_scope(&call.caller, &call.scope) {
        return Err(CswError::no_scope());
    }
    let reach = &snapshot.reach(&call.caller, &call.scope);
    let client = &client(http);
    let title = || capabilities::title(call, &snapshot);
    match request {
        Request::Description => Ok(opensearch::description(call, &title())),
        Request::GetCapabilities(asked) => capabilities::answer(call, http, &snapshot, version, &asked),
        Request::GetDomain(asked) => domain::answer(call, version, reach, &asked).await,
        Request::Transaction(asked) => transaction::answer(call, &snapshot, version, &asked).await,
        Request::DescribeRecord(types) => Ok(describe::describe(&types)),
        Request::GetRecords(asked) => match asked.output {
            Output::Records(form) => {
                get_records(call, http, version, form, search(reach, client, form, &asked), &asked).await
            }
            Output::Atom => {
                get_feed(call, http, &title(), search(reach, client, Form::DublinCore3, &asked), &asked).await
            }
        },
        Request::GetRecordById(asked) => get_record_by_id(call, http, version, reach, &asked).await,
    }
}

fn search<'a>(reach: &'a Reach, client: &'a str, form: Form, asked: &'a GetRecords) -> Search<'a> {
    Search {
        reach,
        client: Some(client),
        words: None,
        near: None,
        filter: asked.filter.clone(),
        sort: asked.sort.clone(),
        offset: asked.start - 1,
        limit: if asked.result_type == ResultType::Results { asked.max } else { 0 },
        form,
        set: asked.set,
        elements: &asked.elements,
    }
}

async fn get_records(
    call: &Call,
    http: &HttpRequest,
    version: Version,
    form: Form,
    search: Search<'_>,
    asked: &GetRecords,
) -> Result<HttpResponse, CswError> {
    // Also a request that is only to be validated: its names and values are known to fit then.
    let page = call.app.catalogue.search(&search, call.deadline()).await.map_err(located)?;
    noted::get_records(call, http, form, asked, &page);
    known(asked, page.matched)?;
    Ok(match asked.result_type {
        ResultType::Validate => response::acknowledgement(version, asked),
        ResultType::Hits | ResultType::Results => response::get_records(version, form, asked, &page),
    })
}

async fn get_feed(
    call: &Call,
    http: &HttpRequest,
    title: &str,
    search: Search<'_>,
    asked: &GetRecords,
) -> Result<HttpResponse, CswError> {
    let page = call.app.catalogue.search_entries(&search, call.deadline()).await.map_err(located)?;
    known(asked, page.matched)?;
    Ok(opensearch::feed(call, http, title, asked, &page))
}

/// Who asks for records by their identifiers alone and names none that exists is told so (OGC 12-176r7
/// requirement 141), as by GetRecordById.
fn known(asked: &GetRecords, matched: u64) -> Result<(), CswError> {
    match &asked.terms.ids {
        Some(ids) if matched == 0 && asked.terms.only_ids() => Err(CswError::no_record("recordIds", ids)),
        _ => Ok(()),
    }
}

async fn get_record_by_id(
    call: &Call,
    http: &HttpRequest,
    version: Version,
    reach: &Reach,
    asked: &GetRecordById,
) -> Result<HttpResponse, CswError> {
    let (catalogue, ids) = (&call.app.catalogue, &asked.ids);
    let missing = || CswError::no_record("id", ids.first().map_or("", String::as_str));
    match (asked.output, version) {
        (Output::Atom, _) => {
            let entries = catalogue.get_entries(ids, reach, call.deadline()).await?;
            entries.first().map(|entry| opensearch::entry(call, entry)).ok_or_else(missing)
        }
        (Output::Records(form), _) => {
            let page = catalogue.get(ids, reach, form, asked.set, call.deadline()).await?;
            noted::get_record_by_id(call, http, form, asked, &page);
            match version {
                Version::V202 => Ok(response::get_record_by_id(&page.records)),
                Version::V300 => {
                    page.records.first().map(|record| response::record(record)).ok_or_else(missing)
                }
            }
        }
    }
}

fn located(error: CatalogueError) -> CswError {
    match error {
        CatalogueError::Filter(error) => super::xml::filter_error(&error),
        other => other.into(),
    }
}

//! The operations: what the caller may discover is asked once, then the catalogue answers.

use super::error::CswError;
use super::output::Output;
use super::request::{GetRecordById, GetRecords, Request, ResultType};
use super::version::Version;
use super::{capabilities, describe, opensearch, response};
use crate::catalogue::{CatalogueError, Form, Search};
use crate::services::edge::Call;
use actix_web::{HttpRequest, HttpResponse};

/// What the caller may discover in this scope.
struct Seen {
    /// Keys of datasets.
    datasets: Vec<i64>,
    /// Keys of organisations with imported records.
    imported: Vec<i64>,
}

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
    let seen = &Seen {
        datasets: snapshot.visible_datasets(&call.caller, &call.scope).map(|d| d.id).collect(),
        imported: snapshot.visible_records(&call.caller, &call.scope),
    };
    let title = || capabilities::title(call, &snapshot);
    match request {
        Request::Description => Ok(opensearch::description(call, &title())),
        Request::GetCapabilities(asked) => capabilities::answer(call, http, &snapshot, version, &asked),
        Request::DescribeRecord(types) => Ok(describe::describe(&types)),
        Request::GetRecords(asked) => match asked.output {
            Output::Records(form) => get_records(call, version, form, seen, &asked).await,
            Output::Atom => get_feed(call, http, &title(), seen, &asked).await,
        },
        Request::GetRecordById(asked) => get_record_by_id(call, version, seen, &asked).await,
    }
}

fn search<'a>(seen: &'a Seen, form: Form, asked: &'a GetRecords) -> Search<'a> {
    Search {
        datasets: &seen.datasets,
        imported: &seen.imported,
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
    version: Version,
    form: Form,
    seen: &Seen,
    asked: &GetRecords,
) -> Result<HttpResponse, CswError> {
    // Also a request that is only to be validated: its names and values are known to fit then.
    let search = search(seen, form, asked);
    let page = call.app.catalogue.search(&search, call.deadline()).await.map_err(located)?;
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
    seen: &Seen,
    asked: &GetRecords,
) -> Result<HttpResponse, CswError> {
    let search = search(seen, Form::DublinCore3, asked);
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
    version: Version,
    seen: &Seen,
    asked: &GetRecordById,
) -> Result<HttpResponse, CswError> {
    let (catalogue, ids) = (&call.app.catalogue, &asked.ids);
    let Seen { datasets, imported } = seen;
    let missing = || CswError::no_record("id", ids.first().map_or("", String::as_str));
    match (asked.output, version) {
        (Output::Atom, _) => {
            let entries = catalogue.get_entries(ids, datasets, imported, call.deadline()).await?;
            entries.first().map(|entry| opensearch::entry(call, entry)).ok_or_else(missing)
        }
        (Output::Records(form), Version::V202) => {
            let records = catalogue.get(ids, datasets, imported, form, asked.set, call.deadline()).await?;
            Ok(response::get_record_by_id(&records))
        }
        (Output::Records(form), Version::V300) => {
            let records = catalogue.get(ids, datasets, imported, form, asked.set, call.deadline()).await?;
            records.first().map(|record| response::record(record)).ok_or_else(missing)
        }
    }
}

fn located(error: CatalogueError) -> CswError {
    match error {
        CatalogueError::Filter(error) => super::xml::filter_error(&error),
        other => other.into(),
    }
}

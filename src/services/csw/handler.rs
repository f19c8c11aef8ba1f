//! The operations: what the caller may discover is asked once, then the catalogue answers.

use super::error::CswError;
use super::request::{GetRecordById, GetRecords, Request, ResultType};
use super::{capabilities, describe, response};
use crate::catalogue::{CatalogueError, Page, Search};
use crate::services::edge::Call;
use actix_web::{HttpRequest, HttpResponse};

/// Answers a request.
pub(super) async fn answer(
    call: &Call,
    http: &HttpRequest,
    request: Request,
) -> Result<HttpResponse, CswError> {
    let snapshot = call.app.registry.snapshot();
    if !snapshot.has_scope(&call.caller, &call.scope) {
        return Err(CswError::no_scope());
    }
    let datasets: Vec<i64> = snapshot.visible_datasets(&call.caller, &call.scope).map(|d| d.id).collect();
    let imported = snapshot.visible_records(&call.caller, &call.scope);
    match request {
        Request::GetCapabilities(asked) => capabilities::answer(call, http, &snapshot, &asked),
        Request::DescribeRecord(types) => Ok(describe::describe(&types)),
        Request::GetRecords(asked) => get_records(call, &datasets, &imported, &asked).await,
        Request::GetRecordById(asked) => get_record_by_id(call, &datasets, &imported, &asked).await,
    }
}

async fn get_records(
    call: &Call,
    datasets: &[i64],
    imported: &[i64],
    asked: &GetRecords,
) -> Result<HttpResponse, CswError> {
    let counted = asked.result_type != ResultType::Results;
    let search = Search {
        datasets,
        imported,
        filter: asked.filter.clone(),
        sort: asked.sort.clone(),
        offset: asked.start - 1,
        limit: if counted { 0 } else { asked.max },
        form: asked.form,
        set: asked.set,
    };
    // Also a request that is only to be validated: its names and values are known to fit then.
    let page: Page = call.app.catalogue.search(&search, call.deadline()).await.map_err(located)?;
    Ok(match asked.result_type {
        ResultType::Validate => response::acknowledgement(asked),
        ResultType::Hits | ResultType::Results => response::get_records(asked, &page),
    })
}

async fn get_record_by_id(
    call: &Call,
    datasets: &[i64],
    imported: &[i64],
    asked: &GetRecordById,
) -> Result<HttpResponse, CswError> {
    let records = call
        .app
        .catalogue
        .get(&asked.ids, datasets, imported, asked.form, asked.set, call.deadline())
        .await?;
    Ok(response::get_record_by_id(&records))
}

fn located(error: CatalogueError) -> CswError {
    match error {
        CatalogueError::Filter(error) => super::xml::filter_error(&error),
        other => other.into(),
    }
}

//! The operations: what the caller may discover is asked once; graphs are written where they hold up nobody else.

use super::error::DcatError;
use super::request::{self, Page};
use super::{capabilities, response};
use crate::catalogue::dcat::{self, Stamped, Syntax};
use crate::catalogue::{Begin, Placed};
use crate::model::Scope;
use crate::services::edge::{Call, visit};
use actix_web::{HttpRequest, HttpResponse};

/// `/dcat`
pub(super) async fn catalogue(call: &Call, http: &HttpRequest) -> Result<HttpResponse, DcatError> {
    let snapshot = call.app.registry.snapshot();
    if !snapshot.has_scope(&call.caller, &call.scope) {
        let detail = "nothing is published under this address; see /dcat for the whole catalogue";
        return Err(DcatError::NotFound(detail.to_owned()));
    }
    let (syntax, ending) = request::syntax(http);
    let page = request::page(http.query_string(), call.app.config.limits.harvest_page)?;
    let reach = snapshot.reach(&call.caller, &call.scope);
    let catalogue = &call.app.catalogue;
    let total = catalogue.count_models(&reach, call.deadline()).await?;
    // One more tells whether there is a next page.
    let mut placed = catalogue.models(&reach, begin(page), page.size + 1, call.deadline()).await?;
    let goes_on = placed.len() > page.size;
    placed.truncate(page.size);
    let next = placed.last().filter(|_| goes_on).map(|last| last.position);
    noted(call, http, syntax, page, total, &placed, goes_on);
    let facts = capabilities::facts(call, &snapshot, ending, page, total, next);
    let body = written(call, syntax, move || {
        let records: Vec<Stamped> = placed.into_iter().map(|Placed { stamped, .. }| stamped).collect();
        dcat::page(&facts, &records)
    });
    Ok(response::graph(http, body.await?, syntax))
}

/// Tells the journal of harvests of a page.
fn noted(
    call: &Call,
    http: &HttpRequest,
    syntax: Syntax,
    page: Page,
    total: u64,
    placed: &[Placed],
    goes_on: bool,
) {
    // What asks only for the head reads nothing.
    if call.head_only {
        return;
    }
    let mut visit = visit(call, http, "DCAT", "/dcat");
    visit.asked = format!("{} {}", syntax.ending(), page.size);
    visit.position = Some((page.number - 1).saturating_mul(page.size as u64) + 1);
    visit.matched = Some(total);
    visit.last = !goes_on;
    visit.records = placed.iter().map(|placed| placed.stamped.record.uuid).collect();
    call.app.journal.note(visit);
}

fn begin(page: Page) -> Begin {
    match page.after {
        Some(position) => Begin::After(position),
        None => Begin::Offset((page.number - 1).saturating_mul(page.size as u64)),
    }
}

/// `/datasets/{record}.{syntax}`
pub(super) async fn record(call: &Call, http: &HttpRequest) -> Result<HttpResponse, DcatError> {
    let snapshot = call.app.registry.snapshot();
    let name = http.match_info().get("record").unwrap_or_default();
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
    let (syntax, _) = request::syntax(http);
    let of_dataset = snapshot.visible_datasets(&call.caller, &call.scope).find(|d| d.slug == name);
    let identifier = of_dataset.map_or_else(|| name.clone(), |d| d.record.to_string());
    let reach = snapshot.reach(&call.caller, &call.scope);
    let found = call.app.catalogue.model(&identifier, &reach, call.deadline()).await?;
    let found = found.ok_or_else(|| {
        let shown: String = name.chars().take(80).collect();
        let all = match &call.scope {
            Scope::Everything => "/dcat".to_owned(),
            scope => format!("{}/dcat", scope.prefix()),
        };
        DcatError::NotFound(format!("there is no record '{shown}' here; {all} has all of them"))
    })?;
    let base = call.app.config.public_url();
    let body = written(call, syntax, move || dcat::single(&found, &base)).await?;
    Ok(response::graph(http, body, syntax))
}

/// The graph in a syntax, made apart from the workers of connections.
async fn written(
    call: &Call,
    syntax: Syntax,
    graph: impl FnOnce() -> dcat::Graph + Send + 'static,
) -> Result<Vec<u8>, DcatError> {
    let write = move || dcat::write(&graph(), syntax);
    call.app.runtime.spawn_blocking(write).await.map_err(|_| DcatError::Stopping)
}

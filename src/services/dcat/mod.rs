//! The catalogue as DCAT (DCAT-AP 3.0.1 with GeoDCAT-AP 3 and HVD) in pages of the Hydra vocabulary, and single records.
//!
//! | address | what |
//! |---|---|
//! | `/dcat` | a page in the syntax that `Accept` likes best, Turtle where it names none |
//! | `/dcat.ttl`, `.rdf`, `.jsonld`, `.nt` | the same in a syntax |
//! | `/datasets/{record}.ttl` … | one record, by its identifier, its uuid or its dataset's name |
//!
//! Pages follow each other by the records' order of first appearance, which never changes: `next` names the last
//! position of its page, so that a harvest has each record once however many others change meanwhile.

mod capabilities;
mod error;
mod handler;
mod request;
mod response;

use crate::services::edge::{Call, Operation, visit};
use actix_web::{HttpRequest, HttpResponse, web};
use error::DcatError;

/// Registers the addresses.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/dcat").route(web::get().to(catalogue)))
        .service(web::resource("/dcat.{syntax:ttl|rdf|jsonld|nt}").route(web::get().to(catalogue)))
        .service(web::resource("/datasets/{record}.{syntax:ttl|rdf|jsonld|nt}").route(web::get().to(record)));
}

async fn catalogue(http: HttpRequest, call: Call) -> HttpResponse {
    let answer = handler::catalogue(&call, &http).await;
    Operation("dcat", "GetCatalog").on(answer.unwrap_or_else(|error| {
        let mut visit = visit(&call, &http, "DCAT", "/dcat");
        visit.last = false;
        visit.problem = Some(error.to_string());
        call.app.journal.note(visit);
        error.respond(&http)
    }))
}

async fn record(http: HttpRequest, call: Call) -> HttpResponse {
    let answer = handler::record(&call, &http).await;
    Operation("dcat", "GetRecord").on(answer.unwrap_or_else(|error: DcatError| error.respond(&http)))
}

//! Who harvests: what the journal is told of a request, whichever protocol it speaks, and by what a harvester is known again.

use super::Call;
use crate::catalogue::journal::Visit;
use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderValue};
use chrono::Utc;

/// A visit of this caller at a service of the catalogue, `path` without the scope: `/csw`. Its service fills in what was asked and given.
#[must_use]
pub fn visit(call: &Call, http: &HttpRequest, protocol: &'static str, path: &str) -> Visit {
    let agent = http.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    Visit {
        at: Utc::now(),
        agent: agent.to_owned(),
        address: http.connection_info().realip_remote_addr().unwrap_or_default().to_owned(),
        protocol,
        endpoint: format!("{}{path}", call.scope.prefix()),
        asked: String::new(),
        position: None,
        matched: None,
        records: Vec::new(),
        whole: true,
        last: true,
        problem: None,
    }
}

/// Who asks, as far as a harvester can be known again by its next request.
#[must_use]
pub fn client(http: &HttpRequest) -> String {
    let info = http.connection_info();
    let program = http.headers().get(header::USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
    format!("{} {}", info.realip_remote_addr().unwrap_or_default(), String::from_utf8_lossy(program))
}

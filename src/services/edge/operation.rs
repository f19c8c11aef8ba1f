//! What a request turned out to be, for metrics and logs.

use actix_web::HttpResponse;

/// Service and operation in the standard's words, such as `("wms", "GetMap")`. A handler puts it on
/// its response; both parts are constants, so that no client can make up new metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation(pub &'static str, pub &'static str);

impl Operation {
    /// Labels a response.
    #[must_use]
    pub fn on(self, mut response: HttpResponse) -> HttpResponse {
        response.extensions_mut().insert(self);
        response
    }
}

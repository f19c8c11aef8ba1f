//! OGC API - Maps 1.0 (OGC 20-058): maps of collections and of the whole dataset, of any box and size.
//!
//! | address below `/ogc` | what |
//! |---|---|
//! | `map` | a map of all collections, or of some of them (`collections=a,b`) |
//! | `collections/{id}/map` | a map of a collection in its default style |
//! | `collections/{id}/styles/{style}/map` | the same in another of its styles |
//!
//! Map tilesets are in [`super::tiles`].

mod area;
mod handler;
mod request;

use crate::services::ogcapi::common::readable;
use actix_web::Scope;

/// Adds the routes of maps.
pub fn routes(scope: Scope) -> Scope {
    ["/map", "/collections/{collection}/map", "/collections/{collection}/styles/{style}/map"]
        .into_iter()
        .fold(scope, |scope, path| scope.service(readable(path, handler::map)))
}

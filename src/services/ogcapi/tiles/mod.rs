//! OGC API - Tiles 1.0 (OGC 20-057): vector tiles and map tiles of collections and of the whole dataset,
//! in the grids of OGC 17-083r4.
//!
//! | address below `/ogc` | what |
//! |---|---|
//! | `tileMatrixSets`, `tileMatrixSets/{grid}` | the grids |
//! | `collections/{id}/tiles` | vector tilesets of a collection |
//! | `collections/{id}/tiles/{grid}` | one of them, with the tiles that it has |
//! | `collections/{id}/tiles/{grid}/{matrix}/{row}/{col}` | a tile |
//! | `collections/{id}/map/tiles…` | the same as pictures |
//! | `tiles…`, `map/tiles…` | the same for all collections, or some of them (`collections=a,b`) |
//!
//! Collections that are archives of tiles (`archives.rs`) have one of both kinds, in `WebMercatorQuad`, and answer 204 where they have
//! no tile.
//!
//! An empty tile is 200 with no features (nothing, or a transparent picture); a tile outside of the limits that the
//! tileset tells is 404 (requirement 6, `/req/core/tc-error`).

mod archives;
mod documents;
mod grids;
mod handler;
mod request;

use crate::services::ogcapi::common::readable;
use actix_web::Scope;
use request::Kind;

/// Adds the routes of tiles.
pub fn routes(scope: Scope) -> Scope {
    let mut scope = scope
        .service(readable("/tileMatrixSets", grids::list))
        .service(readable("/tileMatrixSets/{grid}", grids::one));
    for place in ["", "/collections/{collection}"] {
        for (kind, end) in [(Kind::Vector, ""), (Kind::Map, "/map")] {
            let base = format!("{place}{end}/tiles");
            scope = scope
                .service(readable(&base, move |call, http| documents::list(call, http, kind)))
                .service(readable(&format!("{base}/{{grid}}"), move |call, http| {
                    documents::tileset(call, http, kind)
                }))
                .service(readable(
                    &format!("{base}/{{grid}}/{{matrix}}/{{row}}/{{col}}"),
                    move |call, http| handler::tile(call, http, kind),
                ));
        }
    }
    scope
}

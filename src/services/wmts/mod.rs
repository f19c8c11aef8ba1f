//! WMTS 1.0.0 (OGC 07-057r7): maps in ready-made tiles, by key-value pairs, by resource addresses, by XML
//! and by SOAP.
//!
//! | address | what |
//! |---|---|
//! | `/wmts?service=WMTS&request=…` | GetCapabilities, GetTile, GetFeatureInfo; by POST also in XML, plain or in a SOAP envelope |
//! | `/wmts/1.0.0/WMTSCapabilities.xml` | the capabilities |
//! | `/wmts/1.0.0/{layer}/{style}/{grid}/{matrix}/{row}/{col}.png` (or `.jpg`) | a tile |
//! | `/wmts/1.0.0/{layer}/{style}/{grid}/{matrix}/{row}/{col}/{j}/{i}.json` (`.geojson`, `.gml`, `.html`, `.txt`, `.xml`) | what lies under a pixel |
//!
//! Values of a layer's dimensions stand between the style and the grid, all of them or none.
//!
//! Errors are reports of OWS Common 1.1 with status 400; at a resource's address what isn't there is 404.

mod archives;
mod capabilities;
mod error;
mod handler;
mod request;
mod resource;
mod response;
mod soap;
mod xml;

use actix_web::web;

/// Adds this service's addresses.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::resource("/wmts")
            .route(web::get().to(handler::get))
            .route(web::head().to(handler::get))
            .route(web::post().to(handler::post)),
    )
    .service(
        web::resource(["/wmts/WMTSCapabilities.xml", "/wmts/1.0.0/WMTSCapabilities.xml"])
            .route(web::get().to(handler::capabilities_resource))
            .route(web::head().to(handler::capabilities_resource)),
    )
    .service(
        web::resource("/wmts/1.0.0/{layer}/{style}/{rest:.+}")
            .route(web::get().to(handler::resource))
            .route(web::head().to(handler::resource)),
    );
}

//! Which address is whose.

use super::{errors, watch};
use crate::{portal, services};
use actix_web::web::{self, ServiceConfig};

/// Every address of the platform.
pub(super) fn all(cfg: &mut ServiceConfig) {
    cfg.route("/health", web::get().to(watch::health))
        .route("/ready", web::get().to(watch::ready))
        .route("/metrics", web::get().to(watch::metrics))
        .service(web::scope("/org/{organisation_scope}").configure(scoped))
        .service(web::scope("/dataset/{dataset_scope}").configure(scoped))
        .service(web::scope("/inspire").configure(catalogues))
        .service(web::scope("/hvd").configure(catalogues))
        .service(web::scope("/theme/{part_scope}").configure(catalogues))
        .configure(scoped)
        .configure(portal::routes)
        .default_service(web::to(errors::not_found));
}

/// The catalogue's services, which also stand behind its parts: INSPIRE, high-value datasets, each theme.
fn catalogues(cfg: &mut ServiceConfig) {
    services::csw::routes(cfg);
    services::oai::routes(cfg);
    services::dcat::routes(cfg);
    services::ogcapi::records::routes(cfg);
}

/// The services and the pages of tiles, which stand at the root and behind each organisation and dataset.
///
/// Addresses are tried in this order, each by a pattern: those come first that are asked for most and answered fastest.
fn scoped(cfg: &mut ServiceConfig) {
    services::tiles::routes(cfg);
    services::wmts::routes(cfg);
    services::wms::routes(cfg);
    services::wfs::routes(cfg);
    services::csw::routes(cfg);
    services::oai::routes(cfg);
    services::dcat::routes(cfg);
    services::ogcapi::routes(cfg);
    services::download::routes(cfg);
    portal::scoped_routes(cfg);
}

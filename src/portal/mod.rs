//! Web pages for people, in French and English, usable without JavaScript.
//!
//! `/` lists and searches datasets, `/datasets/{dataset}` shows one, `/styles/{layer}` the styles of a layer. Pages come whole from the server;
//! they load nothing from elsewhere, and `access` decides what is in them as everywhere.

mod assets;
mod dataset;
mod format;
mod home;
mod site;
mod style;

use actix_web::web;

/// Registers the pages. Called at the root only.
pub fn routes(cfg: &mut web::ServiceConfig) {
    let page = |path: &str| web::resource(path.to_owned());
    cfg.service(page("/").route(web::get().to(home::home)).route(web::head().to(home::home)))
        .service(
            page("/datasets/{dataset}")
                .route(web::get().to(dataset::dataset))
                .route(web::head().to(dataset::dataset)),
        )
        .service(
            // Names of layers have no dot: documents of styles that aren't there are not pages.
            page("/styles/{layer:[A-Za-z0-9_-]+}")
                .route(web::get().to(style::styles))
                .route(web::head().to(style::styles)),
        )
        .service(
            page("/assets/style.js")
                .route(web::get().to(assets::styles_script))
                .route(web::head().to(assets::styles_script)),
        )
        .service(
            page("/assets/portal.css")
                .route(web::get().to(assets::style))
                .route(web::head().to(assets::style)),
        )
        .service(
            page("/assets/portal.js")
                .route(web::get().to(assets::script))
                .route(web::head().to(assets::script)),
        );
}

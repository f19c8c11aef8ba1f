//! Web pages for people, in French and English, usable without JavaScript.
//!
//! `/` lists and searches datasets, `/datasets/{dataset}` shows one, `/styles/{layer}` the styles of a layer,
//! `/tiles/{layer}` its tiles on a map, `/harvests` who harvests the catalogue; `/sitemap.xml` leads search engines to them. Pages come whole
//! from the server;
//! they load nothing from elsewhere, and `access` decides what is in them as everywhere.

mod assets;
mod dataset;
mod format;
mod harvesters;
mod harvests;
mod home;
mod site;
mod sitemap;
mod snippets;
mod style;
mod tiles;

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
            page("/datasets/{dataset}/harvesters")
                .route(web::get().to(harvesters::harvesters))
                .route(web::head().to(harvesters::harvesters)),
        )
        .service(
            // Names of layers have no dot: documents of styles that aren't there are not pages.
            page("/styles/{layer:[A-Za-z0-9_-]+}")
                .route(web::get().to(style::styles))
                .route(web::head().to(style::styles)),
        )
        .service(page("/robots.txt").route(web::get().to(sitemap::robots)))
        .service(page("/sitemap.xml").route(web::get().to(sitemap::index)))
        .service(page("/sitemap-{part:[0-9]{1,9}}.xml").route(web::get().to(sitemap::part)))
        .service(
            page("/assets/style.js")
                .route(web::get().to(assets::styles_script))
                .route(web::head().to(assets::styles_script)),
        )
        .service(
            page("/assets/tiles.js")
                .route(web::get().to(assets::tiles_script))
                .route(web::head().to(assets::tiles_script)),
        )
        .service(
            page(&format!("/assets/{}/{{file}}", assets::MAP_FOLDER))
                .route(web::get().to(assets::map_library))
                .route(web::head().to(assets::map_library)),
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

/// Registers the pages that also stand behind each organisation and dataset.
pub fn scoped_routes(cfg: &mut web::ServiceConfig) {
    let page = |path: &str| web::resource(path.to_owned());
    cfg.service(page("/tiles").route(web::get().to(tiles::list)).route(web::head().to(tiles::list)))
        .service(
            // Names of layers have no dot: documents that aren't there are not pages.
            page("/tiles/{layer:[A-Za-z0-9_-]+}")
                .route(web::get().to(tiles::layer))
                .route(web::head().to(tiles::layer)),
        )
        .service(page("/harvests").route(web::get().to(harvests::list)).route(web::head().to(harvests::list)))
        .service(
            page("/harvests/{id}").route(web::get().to(harvests::one)).route(web::head().to(harvests::one)),
        );
}

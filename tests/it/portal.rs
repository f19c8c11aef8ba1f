//! Pages for people: found, escaped, in two languages, kept by their tags.

use crate::support::region::{fixture, ingest, scalar};
use crate::support::{self, TestDatabase, TestServer, get, get_with, head, server};
use datasud::config::Config;

async fn served() -> (TestDatabase, TestServer) {
    let database = support::database().await;
    ingest(&database, "equipements", &[fixture("equipements.geojson")], |r| {
        r.organisation = Some("CRIGE <Région> & Sud".into());
        r.title = Some("Équipements \"publics\" <script>alert(1)</script>".into());
        r.licence = Some("etalab-2.0".into());
    })
    .await
    .expect("published");
    ingest(&database, "routes", &[fixture("routes.geojson")], |r| r.title = Some("Réseau routier".into()))
        .await
        .expect("published");
    let server = server(&database);
    (database, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_page_lists_and_searches_whatever_case_and_accents() {
    let (_database, server) = served().await;
    let page = |query: &str| get(&format!("{}/{query}", server.base)).text();
    let all = page("");
    assert!(all.contains("2 jeux de données") && all.contains("/datasets/routes"), "{all}");
    let found = page("?q=RESEAU");
    assert!(found.contains("/datasets/routes") && !found.contains("/datasets/equipements"), "{found}");
    let none = page("?q=introuvable%3Cb%3E");
    assert!(none.contains("0 jeu de données") && !none.contains("<b>"), "{none}");
    for odd in ["?q=%25", "?q=%00", "?page=-1", "?page=999999999999999999999", "?q=%ff", "?lang=xx"] {
        assert_eq!(get(&format!("{}/{odd}", server.base)).status, 200, "{odd}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_page_shows_map_columns_rows_record_and_addresses() {
    let (database, server) = served().await;
    let answer = get(&format!("{}/datasets/equipements", server.base));
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    let text = answer.text();
    let record = scalar(&database, "select record from datasud.dataset where slug = 'equipements'").await;
    for needed in [
        "/wms?SERVICE=WMS",
        "CRS=EPSG:3857",
        "accessible_pmr",
        "Mairie de Saint-Étienne",
        &record,
        &format!("{}/dataset/equipements/wfs", server.base),
        "/tiles/equipements.json",
        "/styles/equipements/default.json",
        "https://spdx.org/licenses/etalab-2.0",
        "142 entités",
        "<html lang=\"fr\">",
        "class=\"skip\"",
        "<caption",
        "scope=\"col\"",
    ] {
        assert!(text.contains(needed), "{needed} is not in {text}");
    }
    assert!(!text.contains("<script>alert") && !text.contains("<Région>"), "user text is escaped");
    assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    let by_uuid = get(&format!("{}/datasets/{record}", server.base));
    assert_eq!((by_uuid.status, by_uuid.header("location")), (303, "/datasets/equipements"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_layer_hides_another_on_a_datasets_map_and_each_has_its_own() {
    let database = support::database().await;
    ingest(&database, "patrimoine", &[fixture("patrimoine.gpkg")], |_| ()).await.expect("published");
    let server = server(&database);
    // In the file the points come first.
    let together = "LAYERS=sites_proteges,sentiers,monuments&";
    assert!(get(&server.base).text().replace("&#38;", "&").contains(together));
    let page = get(&format!("{}/datasets/patrimoine", server.base)).text().replace("&#38;", "&");
    assert!(page.contains(together), "{page}");
    for layer in ["sites_proteges", "sentiers", "monuments"] {
        assert!(page.contains(&format!("LAYERS={layer}&")), "{layer} has no map: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn below_a_path_of_another_site_every_address_begins_with_it() {
    let database = support::database().await;
    ingest(&database, "routes", &[fixture("routes.geojson")], |r| r.keywords = Some(vec!["voirie".into()]))
        .await
        .expect("published");
    let public = "https://sig.example.org/geo";
    let config = Config { public_url: Some(format!("{public}/")), ..support::config() };
    let server = support::server_with(&database, config);
    let record = scalar(&database, "select record from datasud.dataset").await;
    for page in [
        "/",
        "/?q=route&lang=en",
        "/datasets/routes?lang=fr",
        "/datasets/nulle-part",
        "/ogc?f=html",
        "/ogc/collections?f=html",
        "/ogc/collections/routes?f=html",
        "/ogc/collections/routes/items?f=html",
        "/ogc/collections/routes/items/1?f=html",
        "/ogc/conformance?f=html",
        "/ogc/api?f=html",
    ] {
        let text = get(&format!("{}{page}", server.base)).text();
        let mut seen = 0;
        for attribute in [" href=\"", " src=\"", " action=\""] {
            for rest in text.split(attribute).skip(1) {
                let address = rest.split('"').next().unwrap_or_default();
                let within = address.starts_with("/geo/") || address.starts_with(&format!("{public}/"));
                let elsewhere = ["#", "data:", "?", "http"].iter().any(|s| address.starts_with(s));
                assert!(within || elsewhere, "{address} in {page}");
                assert!(!address.contains(&server.base), "{address} in {page}");
                seen += usize::from(within);
            }
        }
        assert!(seen > 0, "{page} leads nowhere: {text}");
    }
    let by_uuid = get(&format!("{}/datasets/{record}", server.base));
    assert_eq!(by_uuid.header("location"), "/geo/datasets/routes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_is_the_readers() {
    let (_database, server) = served().await;
    let url = format!("{}/datasets/routes", server.base);
    let english = get_with(&url, &[("accept-language", "en-GB,en;q=0.9,fr;q=0.2")]);
    assert!(english.text().contains("<html lang=\"en\">") && english.text().contains("First rows"));
    assert_eq!(english.header("content-language"), "en");
    let chosen = get_with(&format!("{url}?lang=fr"), &[("accept-language", "en")]).text();
    assert!(chosen.contains("Premières lignes") && chosen.contains("?lang=en"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_kept_by_a_tag_that_changes_with_the_language_and_missing_ones_say_so() {
    let (database, server) = served().await;
    let url = format!("{}/datasets/routes", server.base);
    let tag = get(&url).header("etag").to_owned();
    assert_eq!(get_with(&url, &[("if-none-match", &tag)]).status, 304);
    assert_eq!(get_with(&url, &[("if-none-match", &tag), ("accept-language", "en")]).status, 200);
    assert_eq!(head(&url).status, 200);
    let missing = get(&format!("{}/datasets/nulle-part", server.base));
    assert_eq!(missing.status, 404);
    assert!(missing.text().contains("nulle part") && missing.text().contains("<form"));
    let mut session = database.store.job().await.expect("session");
    session.execute("update datasud.dataset set visibility = 'draft'", &[]).await.expect("drafts");
    let fresh = support::server(&database);
    assert_eq!(get(&format!("{}/datasets/routes", fresh.base)).status, 404);
    assert!(!get(&fresh.base).text().contains("/datasets/routes"));
    for asset in ["portal.css", "portal.js"] {
        assert_eq!(get(&format!("{}/assets/{asset}", server.base)).status, 200);
    }
}

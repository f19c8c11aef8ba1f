//! What search engines find: robots.txt, the sitemap, and what pages tell them.

use super::{import, record};
use crate::support::region::{fixture, ingest, region};
use crate::support::{self, get, server};
use roxmltree::Document;

#[tokio::test]
async fn the_sitemap_leads_to_the_page_of_every_record() {
    let database = support::database().await;
    ingest(&database, "routes", &[fixture("routes.geojson")], |_| ()).await.expect("published");
    import(&database, "onf", &[record("urn:test:a/b", "Forêts", "Bois")]);
    let server = server(&database);
    let robots = get(&format!("{}/robots.txt", server.base));
    assert!(robots.header("content-type").starts_with("text/plain"));
    let index = robots.text().lines().find_map(|l| l.strip_prefix("Sitemap: ").map(str::to_owned));
    let index = get(&index.expect("a sitemap")).text();
    let index = Document::parse(&index).expect("well-formed");
    let locations = |document: &Document<'_>| -> Vec<String> {
        let all = document.descendants().filter(|n| n.tag_name().name() == "loc");
        all.filter_map(|n| n.text()).map(str::to_owned).collect()
    };
    let parts = locations(&index);
    assert_eq!(parts.len(), 1);
    let text = get(&parts[0]).text();
    let part = Document::parse(&text).expect("well-formed");
    let pages = locations(&part);
    assert_eq!(pages.len(), 6, "the start page, two records and those of three services: {pages:?}");
    for page in &pages {
        let answer = get(page);
        assert_eq!(answer.status, 200, "{page}");
        assert!(answer.header("content-type").starts_with("text/html"), "{page}");
    }
    assert_eq!(part.descendants().filter(|n| n.tag_name().name() == "lastmod").count(), 5);
    for missing in ["/sitemap-0.xml", "/sitemap-2.xml", "/sitemap-x.xml", "/sitemap-999999999.xml"] {
        assert_eq!(get(&format!("{}{missing}", server.base)).status, 404, "{missing}");
    }
}

#[test]
fn a_dataset_s_page_says_what_it_is_in_words_of_schema_org() {
    let page = get(&region().url("/datasets/communes")).text();
    let inside = page.split("<script type=\"application/ld+json\">").nth(1).expect("a block");
    let json = inside.split("</script>").next().expect("its end");
    let said: serde_json::Value = serde_json::from_str(json).expect("JSON");
    assert_eq!(said["@type"], "Dataset");
    for member in [
        "name",
        "description",
        "url",
        "identifier",
        "license",
        "publisher",
        "spatialCoverage",
        "distribution",
    ] {
        assert!(!said[member].is_null(), "{member}: {said}");
    }
    assert!(page.contains("type=\"text/turtle\""), "the page links to DCAT");
}

#[tokio::test]
async fn what_producers_write_can_not_end_the_block() {
    let database = support::database().await;
    ingest(&database, "routes", &[fixture("routes.geojson")], |r| {
        r.title = Some("a</script><script>alert(1)</script>".into());
    })
    .await
    .expect("published");
    let server = server(&database);
    let page = get(&format!("{}/datasets/routes", server.base)).text();
    assert!(!page.contains("<script>alert(1)"), "{page}");
    assert!(page.contains("\\u003c/script"), "{page}");
}

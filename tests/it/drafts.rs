//! A draft is not there, whichever way it is asked for.

use crate::support::region::{fixture, ingest, scalar};
use crate::support::{self, Answer, get, get_with, post};

/// How a way out is asked, and what shows that the dataset is there.
struct Way {
    path: String,
    body: Option<String>,
    shows: &'static str,
}

fn ways(record: &str) -> Vec<Way> {
    let way = |path: &str, shows: &'static str| Way { path: path.to_owned(), body: None, shows };
    let map = "WIDTH=20&HEIGHT=20&CRS=EPSG:3857&BBOX=590000,5360000,690000,5460000&STYLES=&FORMAT=image/png";
    let records = "/csw?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&elementSetName=full";
    let mut all = vec![
        way("/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.3.0", "equipements"),
        way("/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.1.1", "equipements"),
        way("/dataset/equipements/wms?SERVICE=WMS&REQUEST=GetCapabilities", "equipements"),
        way(&format!("/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=equipements&{map}"), "PNG"),
        way(&format!("/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=routes,equipements&{map}"), "PNG"),
        way(
            &format!(
                "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=equipements&QUERY_LAYERS=equipements&I=1&J=1&INFO_FORMAT=application/json&{map}"
            ),
            "FeatureCollection",
        ),
        way(
            "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=equipements&FORMAT=image/png",
            "PNG",
        ),
        way("/wfs?service=WFS&request=GetCapabilities", "equipements"),
        way("/wfs?service=WFS&version=2.0.0&request=DescribeFeatureType", "equipements"),
        way(
            "/wfs?service=WFS&version=2.0.0&request=DescribeFeatureType&typeNames=equipements",
            "accessible_pmr",
        ),
        way(
            "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=equipements&count=1",
            "equipements.",
        ),
        way(
            "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=equipements&resultType=hits",
            "numberMatched=\"142\"",
        ),
        way("/wfs?service=WFS&version=2.0.0&request=GetFeature&resourceId=equipements.1", "equipements.1\""),
        way(
            "/wfs?service=WFS&version=2.0.0&request=GetFeature&storedQuery_id=urn:ogc:def:query:OGC-WFS::GetFeatureById&id=equipements.1",
            "equipements.1\"",
        ),
        way(
            "/wfs?service=WFS&version=2.0.0&request=GetPropertyValue&typeNames=equipements&valueReference=nom&count=1",
            "nom>",
        ),
        way("/download/equipements", "equipements.gpkg"),
        way("/download/equipements/equipements.gpkg", "SQLite"),
        way("/download/equipements/equipements.gml", "accessible_pmr"),
        way("/dataset/equipements/download/equipements/equipements.geojson", "accessible_pmr"),
        way(
            "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=equipements&outputFormat=gpkg",
            "SQLite",
        ),
        way("/ogc/collections/equipements/items?f=gpkg", "SQLite"),
        way("/ogc/collections", "equipements"),
        way("/ogc/api", "equipements"),
        way("/ogc/collections/equipements", "equipements"),
        way("/ogc/collections/equipements/queryables", "accessible_pmr"),
        way("/ogc/collections/equipements/items", "accessible_pmr"),
        way("/ogc/collections/equipements/items/1", "accessible_pmr"),
        way("/dataset/equipements/ogc/", "/dataset/equipements/ogc/collections\""),
        way("/tiles/equipements.json", "tilejson"),
        way("/tiles/routes,equipements.json", "tilejson"),
        way("/tiles/equipements/9/264/187.pbf", "accessible_pmr"),
        way("/styles/equipements/default.json", "equipements"),
        way(records, record_title()),
        way(
            &format!(
                "{records}&constraintLanguage=FILTER&constraint=%3CFilter%3E%3CPropertyIsLike%20wildCard=%22*%22%20singleChar=%22%3F%22%20escapeChar=%22!%22%3E%3CPropertyName%3EAnyText%3C/PropertyName%3E%3CLiteral%3E*vacances*%3C/Literal%3E%3C/PropertyIsLike%3E%3C/Filter%3E"
            ),
            record_title(),
        ),
        way(
            &format!("/csw?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&id={record}"),
            record_title(),
        ),
        way("/dataset/equipements/csw?service=CSW&request=GetCapabilities", "Capabilities"),
        way("/csw?service=CSW&version=3.0.0&request=GetRecords&typeNames=Record&q=vacances", record_title()),
        way("/csw?service=CSW&version=3.0.0&request=GetRecords&elementName=dc:title", record_title()),
        way(
            "/csw?service=CSW&version=3.0.0&request=GetRecords&outputFormat=application/atom%2Bxml",
            record_title(),
        ),
        way(&format!("/csw?service=CSW&version=3.0.0&request=GetRecordById&id={record}"), record_title()),
        way(
            &format!(
                "/csw?service=CSW&version=3.0.0&request=GetRecordById&outputFormat=application/atom%2Bxml&id={record}"
            ),
            record_title(),
        ),
        way("/dataset/equipements/csw/opensearch", "OpenSearchDescription"),
        way("/", "/datasets/equipements"),
        way("/?q=vacances", "/datasets/equipements"),
        way("/datasets/equipements", record_title()),
    ];
    let by_post = format!(
        "<GetRecordById xmlns=\"http://www.opengis.net/cat/csw/2.0.2\" service=\"CSW\" version=\"2.0.2\" outputSchema=\"http://www.isotc211.org/2005/gmd\"><Id>{record}</Id><ElementSetName>full</ElementSetName></GetRecordById>"
    );
    all.push(Way { path: "/csw".to_owned(), body: Some(by_post), shows: record_title() });
    let by_post = "<GetFeature xmlns=\"http://www.opengis.net/wfs/2.0\" service=\"WFS\" version=\"2.0.0\" count=\"1\"><Query typeNames=\"equipements\"/></GetFeature>";
    all.push(Way { path: "/wfs".to_owned(), body: Some(by_post.to_owned()), shows: "equipements." });
    all
}

const fn record_title() -> &'static str {
    "Colonies de vacances"
}

fn ask(base: &str, way: &Way) -> Answer {
    let url = format!("{base}{}", way.path);
    match &way.body {
        Some(body) => post(&url, "text/xml", body),
        None => get(&url),
    }
}

fn shown(answer: &Answer, way: &Way) -> bool {
    answer.status == 200 && answer.text().contains(way.shows)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_leaves_every_way_out_and_comes_back_by_all_of_them() {
    let database = support::database().await;
    ingest(&database, "equipements", &[fixture("equipements.geojson")], |r| {
        r.title = Some(record_title().into());
    })
    .await
    .expect("published");
    ingest(&database, "routes", &[fixture("routes.geojson")], |_| ()).await.expect("published");
    let server = support::server(&database);
    let record = scalar(&database, "select record from datasud.dataset where slug = 'equipements'").await;
    let ways = ways(&record);
    // Asked once while it is public, so that whatever keeps answers has them.
    for way in &ways {
        let answer = ask(&server.base, way);
        assert!(shown(&answer, way), "public, {}: {} {:.400}", way.path, answer.status, answer.text());
    }
    let style = get(&format!("{}/styles/equipements/default.json", server.base));
    let tag = style.header("etag").to_owned();
    turn(&database, "draft").await;
    wait(&server.base, 404);
    for way in &ways {
        let answer = ask(&server.base, way);
        assert!(answer.status < 500, "{}: {}", way.path, answer.status);
        assert!(!shown(&answer, way), "draft, {}: {:.400}", way.path, answer.text());
        let whole = answer.text();
        assert!(!whole.contains(record_title()), "draft, {} tells its title", way.path);
        assert!(answer.status != 200 || !whole.contains("accessible_pmr"), "{}", way.path);
    }
    // Nor does a tag from before confirm that it is there.
    let kept =
        get_with(&format!("{}/styles/equipements/default.json", server.base), &[("if-none-match", &tag)]);
    assert_eq!(kept.status, 404);
    turn(&database, "public").await;
    wait(&server.base, 200);
    for way in &ways {
        let answer = ask(&server.base, way);
        assert!(shown(&answer, way), "public again, {}: {} {:.400}", way.path, answer.status, answer.text());
    }
}

/// Changes the visibility by SQL, as an administrator would, and tells the nodes.
async fn turn(database: &support::TestDatabase, visibility: &str) {
    let mut session = database.store.job().await.expect("session");
    let sql = "update datasud.dataset set visibility = $1 where slug = 'equipements'";
    session.execute(sql, &[&visibility]).await.expect("changed");
    let notify = "select pg_notify('datasud', json_build_object('kind', 'catalogue', 'generation', 0)::text)";
    session.batch(notify).await.expect("told");
}

/// Until the server has read what is published again.
fn wait(base: &str, status: u16) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while get(&format!("{base}/ogc/collections/equipements")).status != status {
        assert!(std::time::Instant::now() < until, "the change never arrived");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

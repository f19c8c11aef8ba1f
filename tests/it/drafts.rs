//! A draft is not there, whichever way it is asked for.

use crate::support::region::{fixture, ingest, scalar};
use crate::support::{self, Answer, get, get_with, head, post};

/// How a way out is asked, and what shows that the dataset is there.
struct Way {
    path: String,
    body: Option<String>,
    shows: &'static str,
}

fn ways(record: &str) -> Vec<Way> {
    let way = |path: &str, shows: &'static str| Way { path: path.to_owned(), body: None, shows };
    let map = "WIDTH=20&HEIGHT=20&CRS=EPSG:3857&BBOX=590000,5360000,690000,5460000&STYLES=&FORMAT=image/png";
    let tile = "LAYER=equipements&STYLE=&FORMAT=image/png&TILEMATRIXSET=WebMercatorQuad&TILEMATRIX=9&TILEROW=187&TILECOL=264";
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
        way(
            &format!(
                "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=equipements&QUERY_LAYERS=equipements&I=1&J=1&INFO_FORMAT=application/vnd.ogc.gml&{map}"
            ),
            "GetFeatureInfoSchema",
        ),
        way(
            "/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetFeatureInfoSchema&LAYERS=equipements",
            "accessible_pmr",
        ),
        way("/wmts?SERVICE=WMTS&REQUEST=GetCapabilities", record_title()),
        way("/wmts/1.0.0/WMTSCapabilities.xml", "/wmts/1.0.0/equipements/"),
        way("/dataset/equipements/wmts", "equipements"),
        way(&format!("/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&{tile}"), "PNG"),
        way(
            &format!(
                "/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetFeatureInfo&I=1&J=1&INFOFORMAT=application/json&{tile}"
            ),
            "FeatureCollection",
        ),
        way("/wmts/1.0.0/equipements/default/WebMercatorQuad/9/187/264.png", "PNG"),
        way("/dataset/equipements/wmts/1.0.0/equipements/default/WebMercatorQuad/9/187/264.jpg", "JFIF"),
        way("/wmts/1.0.0/equipements/default/WebMercatorQuad/9/187/264/1/1.json", "FeatureCollection"),
        way("/ogc/collections/equipements/tiles", "tilesets"),
        way("/ogc/collections/equipements/tiles/WebMercatorQuad", "accessible_pmr"),
        way("/ogc/collections/equipements/tiles/WebMercatorQuad/9/187/264", "accessible_pmr"),
        way("/ogc/collections/equipements/map/tiles", "tilesets"),
        way("/ogc/collections/equipements/map/tiles/WebMercatorQuad", "equipements"),
        way("/ogc/collections/equipements/map/tiles/WebMercatorQuad/9/187/264?f=png", "PNG"),
        way("/ogc/tiles/WebMercatorQuad", "accessible_pmr"),
        way("/ogc/tiles?collections=equipements,routes", "tilesets"),
        way("/ogc/tiles/WebMercatorQuad/9/187/264", "accessible_pmr"),
        way("/ogc/tiles/WebMercatorQuad/9/187/264?collections=routes,equipements", "accessible_pmr"),
        way("/ogc/map/tiles/WebMercatorQuad/9/187/264?f=png&collections=routes,equipements", "PNG"),
        way("/dataset/equipements/ogc/map/tiles/WebMercatorQuad/9/187/264", "PNG"),
        way("/dataset/equipements/ogc/tileMatrixSets", "WebMercatorQuad"),
        way("/wfs?service=WFS&request=GetCapabilities&version=1.1.0", "equipements"),
        way("/dataset/equipements/wfs?service=WFS&request=GetCapabilities&version=1.1.0", "equipements"),
        way("/wfs?service=WFS&version=1.1.0&request=DescribeFeatureType", "accessible_pmr"),
        way(
            "/wfs?service=WFS&version=1.1.0&request=DescribeFeatureType&typeName=equipements",
            "accessible_pmr",
        ),
        way(
            "/wfs?service=WFS&version=1.1.0&request=GetFeature&typeName=equipements&maxFeatures=1",
            "equipements.",
        ),
        way(
            "/wfs?service=WFS&version=1.1.0&request=GetFeature&typeName=equipements&resultType=hits",
            "numberOfFeatures=\"142\"",
        ),
        way("/wfs?service=WFS&version=1.1.0&request=GetFeature&featureId=equipements.1", "equipements.1\""),
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
        way(
            &format!("/csw?service=CSW&version=3.0.0&request=GetRecords&typeNames=Record&recordIds={record}"),
            record_title(),
        ),
        way("/dataset/equipements/csw?service=CSW&version=3.0.0&request=GetCapabilities", "Capabilities"),
        way("/dataset/equipements/csw/opensearch", "OpenSearchDescription"),
        way("/dcat.ttl", record_title()),
        way("/dcat.jsonld", record_title()),
        way("/datasets/equipements.ttl", record_title()),
        way(&format!("/datasets/{record}.rdf"), record_title()),
        way("/oai?verb=ListRecords&metadataPrefix=oai_dc", record_title()),
        way("/oai?verb=ListRecords&metadataPrefix=dcat", record_title()),
        way(
            &format!("/oai?verb=GetRecord&metadataPrefix=iso19139&identifier=oai:127.0.0.1:{record}"),
            record_title(),
        ),
        way("/records/collections/catalogue/items", record_title()),
        way("/records/collections/catalogue/items?f=html", record_title()),
        way(&format!("/records/collections/catalogue/items/{record}"), record_title()),
        way("/sitemap-1.xml", "/datasets/equipements"),
        way("/", "/datasets/equipements"),
        way("/?q=vacances", "/datasets/equipements"),
        way("/datasets/equipements", record_title()),
    ];
    let by_post = format!(
        "<GetRecordById xmlns=\"http://www.opengis.net/cat/csw/2.0.2\" service=\"CSW\" version=\"2.0.2\" outputSchema=\"http://www.isotc211.org/2005/gmd\"><Id>{record}</Id><ElementSetName>full</ElementSetName></GetRecordById>"
    );
    all.push(Way { path: "/csw".to_owned(), body: Some(by_post), shows: record_title() });
    let by_post = format!(
        "<GetRecords xmlns=\"http://www.opengis.net/cat/csw/3.0\" service=\"CSW\" version=\"3.0.0\"><Query typeNames=\"Record\"><ElementSetName>full</ElementSetName><Constraint version=\"1.1.0\"><Filter xmlns=\"http://www.opengis.net/fes/2.0\"><PropertyIsEqualTo><ValueReference>dc:identifier</ValueReference><Literal>{record}</Literal></PropertyIsEqualTo></Filter></Constraint></Query></GetRecords>"
    );
    all.push(Way { path: "/csw".to_owned(), body: Some(by_post), shows: record_title() });
    let by_post = "<GetFeature xmlns=\"http://www.opengis.net/wfs\" service=\"WFS\" version=\"1.1.0\" maxFeatures=\"1\"><Query typeName=\"equipements\"/></GetFeature>";
    all.push(Way { path: "/wfs".to_owned(), body: Some(by_post.to_owned()), shows: "equipements." });
    let by_post = "<GetFeature xmlns=\"http://www.opengis.net/wfs/2.0\" service=\"WFS\" version=\"2.0.0\" count=\"1\"><Query typeNames=\"equipements\"/></GetFeature>";
    all.push(Way { path: "/wfs".to_owned(), body: Some(by_post.to_owned()), shows: "equipements." });
    all
}

/// Addresses whose answers clients keep.
const TAGGED: [&str; 7] = [
    "/styles/equipements/default.json",
    "/download/equipements/equipements.gpkg",
    "/download/equipements/equipements.geojson",
    "/wmts/1.0.0/equipements/default/WebMercatorQuad/9/187/264.png",
    "/ogc/collections/equipements/tiles/WebMercatorQuad/9/187/264",
    "/ogc/collections/equipements/map/tiles/WebMercatorQuad/9/187/264",
    "/ogc/collections/equipements/tiles/WebMercatorQuad",
];
const WHOLE_MAP: &str = "/ogc/map/tiles/WebMercatorQuad/9/187/264?f=png";

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
    let tags: Vec<(&str, String)> = TAGGED
        .iter()
        .map(|path| (*path, get(&format!("{}{path}", server.base)).header("etag").to_owned()))
        .collect();
    assert!(tags.iter().all(|(_, tag)| !tag.is_empty()), "{tags:?}");
    let picture = get(&format!("{}{WHOLE_MAP}", server.base));
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
    // Nor does a tag from before confirm that it is there, nor a request for the head alone.
    for (path, tag) in &tags {
        let url = format!("{}{path}", server.base);
        assert_eq!(get_with(&url, &[("if-none-match", tag)]).status, 404, "{path}");
        assert_eq!(head(&url).status, 404, "{path}");
    }
    // The map of everything is the map of what is left.
    let left = get(&format!("{}{WHOLE_MAP}", server.base));
    let routes = get(&format!("{}{WHOLE_MAP}&collections=routes", server.base));
    assert_eq!((picture.status, left.status, routes.status), (200, 200, 200));
    assert!(left.body == routes.body && left.body != picture.body);
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
    let url = format!("{base}/ogc/collections/equipements");
    support::until("the server hears of it", || get(&url).status == status);
}

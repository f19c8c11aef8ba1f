//! What every way in and out has in common: a scope that isn't there, HEAD, methods that aren't offered,
//! versions that are left out.

use crate::support::region::{fixture, ingest, scalar};
use crate::support::{self, Answer, config, get, get_with, head, post, region, server_with};
use datasud::config::{Config, Limits};

/// How errors are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Wms,
    Ows,
    Json,
}

/// Good requests below a scope.
const WAYS: [(Form, &str); 27] = [
    (Form::Wms, "/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetFeatureInfoSchema&LAYERS=communes"),
    (Form::Ows, "/wmts"),
    (Form::Ows, "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities"),
    (
        Form::Ows,
        "/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&LAYER=communes&STYLE=&FORMAT=image/png&TILEMATRIXSET=WebMercatorQuad&TILEMATRIX=8&TILEROW=93&TILECOL=132",
    ),
    (
        Form::Ows,
        "/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetFeatureInfo&LAYER=communes&STYLE=&FORMAT=image/png&TILEMATRIXSET=WebMercatorQuad&TILEMATRIX=8&TILEROW=93&TILECOL=132&I=1&J=1&INFOFORMAT=text/html",
    ),
    (Form::Ows, "/wmts/1.0.0/WMTSCapabilities.xml"),
    (Form::Ows, "/wmts/1.0.0/communes/default/WebMercatorQuad/8/93/132.png"),
    (Form::Ows, "/wmts/1.0.0/communes/default/WebMercatorQuad/8/93/132/1/1.json"),
    (Form::Ows, "/wfs?SERVICE=WFS&VERSION=1.1.0&REQUEST=GetCapabilities"),
    (Form::Ows, "/wfs?SERVICE=WFS&VERSION=1.1.0&REQUEST=DescribeFeatureType&TYPENAME=communes"),
    (Form::Ows, "/wfs?SERVICE=WFS&VERSION=1.1.0&REQUEST=DescribeFeatureType"),
    (Form::Ows, "/wfs?SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=communes&MAXFEATURES=1"),
    (
        Form::Ows,
        "/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=communes&OUTPUTFORMAT=gpkg&COUNT=1",
    ),
    (Form::Ows, "/csw?service=CSW&version=3.0.0&request=GetCapabilities"),
    (Form::Ows, "/csw?service=CSW&version=3.0.0&request=GetRecords&elementSetName=full&q=communes"),
    (Form::Ows, "/csw?service=CSW&version=3.0.0&request=GetRecords&outputFormat=application/atom%2Bxml"),
    (Form::Ows, "/csw/opensearch"),
    (Form::Json, "/ogc/tileMatrixSets"),
    (Form::Json, "/ogc/tileMatrixSets/WebMercatorQuad"),
    (Form::Json, "/ogc/tiles"),
    (Form::Json, "/ogc/map/tiles/WebMercatorQuad"),
    (Form::Json, "/ogc/tiles/WebMercatorQuad/8/93/132"),
    (Form::Json, "/ogc/collections/communes/map/tiles/WebMercatorQuad/8/93/132"),
    (Form::Json, "/ogc/collections/communes/items?f=gpkg&limit=1"),
    (Form::Json, "/download/communes"),
    (Form::Json, "/download/communes/communes.gpkg"),
    (Form::Json, "/download/communes/communes.geojson"),
];

#[track_caller]
fn assert_form(form: Form, answer: &Answer, what: &str) {
    let text = answer.text();
    match form {
        Form::Wms => assert!(text.contains("<ServiceExceptionReport"), "{what}: {text}"),
        Form::Ows => {
            roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{what}: {e}"));
            assert!(text.contains("ExceptionReport") && text.contains("exceptionCode="), "{what}: {text}");
        }
        Form::Json => {
            assert_eq!(answer.header("content-type"), "application/problem+json", "{what}: {text}");
            assert_eq!(answer.json()["status"], answer.status, "{what}");
        }
    }
}

#[test]
fn they_answer_in_every_scope_that_has_the_data() {
    for (_, way) in WAYS {
        for scope in ["", "/org/vallee-de-l-aigue", "/dataset/communes"] {
            let answer = get(&region().url(&format!("{scope}{way}")));
            assert_eq!(answer.status, 200, "{scope}{way}: {}", answer.text());
        }
    }
}

#[test]
fn a_scope_that_is_not_there_is_404_in_the_form_of_each_protocol() {
    for (form, way) in WAYS {
        for scope in ["/org/nobody", "/dataset/nothing", "/dataset/communes'--", "/org/%F0%9F%98%80"] {
            let what = format!("{scope}{way}");
            let answer = get(&region().url(&what));
            assert_eq!(answer.status, 404, "{what}: {}", answer.text());
            assert_form(form, &answer, &what);
        }
    }
}

#[test]
fn a_scope_without_the_layer_does_not_show_it() {
    for (form, way) in WAYS {
        let what = format!("/dataset/routes{way}");
        let answer = get(&region().url(&what));
        let text = answer.text();
        assert!(answer.status < 500, "{what}: {text}");
        // Where no layer is named there is an answer without it.
        let names_it = way.to_ascii_lowercase().contains("communes") && !way.contains("q=communes");
        assert_eq!(answer.status >= 400, names_it || answer.status == 404, "{what}: {text}");
        if names_it {
            assert_form(form, &answer, &what);
        } else {
            assert!(!text.contains("Communes de la vall"), "{what}: {text}");
        }
    }
}

#[test]
fn head_has_what_get_has_but_the_body() {
    let bad = [
        "/wmts/1.0.0/communes/default/WebMercatorQuad/8/0/0.png",
        "/wmts?REQUEST=GetTile",
        "/download/x/y.gpkg",
    ];
    for way in WAYS.iter().map(|(_, way)| *way).chain(bad) {
        let url = region().url(way);
        let plain = [("accept-encoding", "identity")];
        let (whole, alone) = (get_with(&url, &plain), head(&url));
        assert_eq!(whole.status, alone.status, "{way}");
        for name in
            ["content-type", "etag", "content-disposition", "cache-control", "access-control-allow-origin"]
        {
            assert_eq!(whole.header(name), alone.header(name), "{name} of {way}");
        }
        assert!(!whole.body.is_empty(), "{way}");
        let sent = raw(&format!(
            "HEAD {way} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
        ));
        let (_, body) = sent.split_once("\r\n\r\n").expect("headers");
        assert_eq!(body, "", "{way}");
    }
}

/// Sends bytes as they are; everything that comes back.
fn raw(request: &str) -> String {
    raw_at(&region().base, request)
}

fn raw_at(base: &str, request: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = support::connect(base);
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_method_that_is_not_offered_is_405_and_says_which_are() {
    for (_, way) in WAYS {
        // Services by parameters take POST.
        let by_parameters =
            ["/wms?", "/wmts?", "/wfs?", "/csw?"].iter().any(|s| way.starts_with(s)) || way == "/wmts";
        let methods: &[&str] =
            if by_parameters { &["PUT", "DELETE", "PATCH"] } else { &["PUT", "DELETE", "PATCH", "POST"] };
        for method in methods {
            let answer = raw(&format!(
                "{method} {way} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            ));
            let lower = answer.to_lowercase();
            assert!(lower.starts_with("http/1.1 405"), "{method} {way}: {answer}");
            let allow = lower.lines().find_map(|l| l.strip_prefix("allow: ")).unwrap_or_default();
            assert!(allow.contains("get"), "{method} {way}: {answer}");
            assert!(lower.contains("content-type: application/problem+json"), "{method} {way}: {answer}");
            assert!(lower.contains("access-control-allow-origin: *"), "{method} {way}: {answer}");
        }
        let asked = raw(&format!("OPTIONS {way} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        assert!(
            ["HTTP/1.1 204", "HTTP/1.1 200"].iter().any(|s| asked.starts_with(s)),
            "OPTIONS {way}: {asked}"
        );
    }
}

#[test]
fn a_wfs_request_without_a_version_is_told_which_to_name() {
    for query in [
        "REQUEST=GetFeature&TYPENAMES=communes",
        "REQUEST=GetFeature&TYPENAME=communes&MAXFEATURES=1",
        "REQUEST=DescribeFeatureType&TYPENAME=communes",
        "REQUEST=GetFeature&TYPENAMES=communes&VERSION=",
        "REQUEST=GetPropertyValue&TYPENAMES=communes&VALUEREFERENCE=nom",
        "REQUEST=ListStoredQueries",
    ] {
        let answer = get(&region().url(&format!("/wfs?SERVICE=WFS&{query}")));
        assert_eq!(answer.status, 400, "{query}: {}", answer.text());
        assert_form(Form::Ows, &answer, query);
        let text = answer.text();
        for told in
            ["exceptionCode=\"MissingParameterValue\"", "locator=\"version\"", "version=2.0.0", "1.1.0"]
        {
            assert!(text.contains(told), "{query}: {told} is not in {text}");
        }
    }
    // GetCapabilities is how a client finds out.
    assert_eq!(get(&region().url("/wfs?SERVICE=WFS&REQUEST=GetCapabilities")).status, 200);
}

#[test]
fn a_form_that_is_posted_means_what_it_means_in_the_address() {
    for (_, way) in WAYS {
        let Some((service, query)) = way.split_once('?').filter(|(s, _)| !s.starts_with("/ogc")) else {
            continue;
        };
        let asked = get(&region().url(way));
        let posted = post(&region().url(service), "application/x-www-form-urlencoded", query);
        assert_eq!(posted.status, 200, "{way}: {}", posted.text());
        assert_eq!(asked.header("content-type"), posted.header("content-type"), "{way}");
    }
}

#[test]
fn paths_that_climb_or_repeat_lead_nowhere_else() {
    for path in [
        "/download/../../etc/passwd",
        "/download/communes/../../../etc/passwd",
        "/download/communes/..%2f..%2f..%2fetc%2fpasswd",
        "/download/communes/%2e%2e/communes.gpkg.",
        "/download/communes/communes.gpkg%00",
        "/download/communes/.gpkg",
        "/download/communes/communes%2Fcommunes.gpkg",
        "/wmts/1.0.0/../../../etc/passwd",
        "/wmts/1.0.0/communes/default/WebMercatorQuad/8/93/..%2f132.png",
        "/wmts/1.0.0/communes/default/WebMercatorQuad/8/93/132",
        "/wmts/1.0.0/communes/default/WebMercatorQuad/8/93/132.png/",
        "/wmts/1.0.0/communes/default/WebMercatorQuad/8/93/132.png.png",
        "/wmts/9.9.9/communes/default/WebMercatorQuad/8/93/132.png",
        "/ogc/collections/communes/tiles/WebMercatorQuad/8/93/132/1",
        "/ogc/collections/..%2fcommunes/tiles/WebMercatorQuad/8/93/132",
        "/ogc/tileMatrixSets/..%2f..%2fapi",
        "/org//wmts",
        "/dataset/communes/dataset/communes/wmts",
    ] {
        let answer = raw(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        let status = answer.get(9..12).unwrap_or_default();
        let slashed = path.ends_with(".png/") && status == "200";
        assert!(slashed || ["400", "404"].contains(&status), "{path}: {answer:.600}");
        assert!(!answer.contains("root:"), "{path}");
    }
}

#[test]
fn examples_of_the_documentation_answer() {
    let mut asked = 0;
    for name in [
        "wms",
        "wmts",
        "wfs",
        "csw",
        "dcat",
        "oai-pmh",
        "ogc-api-records",
        "ogc-api-features",
        "ogc-api-maps",
        "ogc-api-styles",
        "ogc-api-tiles",
        "vector-tiles",
        "downloads",
        "gallery",
    ] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{name}.md"));
        let text = std::fs::read_to_string(path).expect("a page");
        // Those with a body or with more parameters need a shell, and those of `urn:example:` what such a one made.
        let alone = |line: &&str| {
            line.starts_with("curl ")
                && ![" -d ", " -G ", "urn:example:"].iter().any(|word| line.contains(word))
        };
        for line in text.lines().filter(alone) {
            let Some((_, address)) = line.split_once("http://127.0.0.1:8080") else { continue };
            let address = address.split(['\'', '"', ' ']).next().unwrap_or_default();
            let answer = get(&region().url(address));
            assert_eq!(answer.status, 200, "{name}: {address}: {}", answer.text());
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_that_is_larger_than_a_file_may_be_is_refused_and_leaves_nothing_behind() {
    let database = support::database().await;
    ingest(&database, "patrimoine", &[fixture("patrimoine.gpkg")], |_| ()).await.expect("published");
    let data = tempfile::tempdir().expect("folder");
    let left = || std::fs::read_dir(data.path().join("tmp")).map_or(0, Iterator::count);
    let limited = |export_bytes| {
        let limits = Limits { export_bytes, ..Limits::default() };
        server_with(&database, Config { limits, data: data.path().to_owned(), ..config() })
    };
    let whole = "/download/patrimoine/patrimoine.gpkg";
    let one = "/download/patrimoine/monuments.gpkg";
    let server = limited(Limits::default().export_bytes);
    let sizes = [one, whole].map(|p| get(&format!("{}{p}", server.base)).body.len() as u64);
    drop(server);
    assert!(sizes[0] < sizes[1], "{sizes:?}");
    // One byte less than the whole: a layer fits, the dataset doesn't.
    let server = limited(sizes[1] - 1);
    for scope in ["", "/dataset/patrimoine"] {
        let answer = get(&format!("{}{scope}{whole}", server.base));
        assert_eq!((answer.status, answer.header("content-type")), (422, "application/problem+json"));
        let said = answer.text();
        for word in
            ["limits.export-bytes", "one layer instead of the whole dataset", &(sizes[1] - 1).to_string()]
        {
            assert!(said.contains(word), "{word} is not in {said}");
        }
        assert_eq!(left(), 0, "something is left of what was given up");
        assert_eq!(get(&format!("{}{scope}{one}", server.base)).status, 200);
        assert_eq!(left(), 0, "something is left of what was sent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_features_that_takes_too_long_to_count_is_503_and_not_an_export() {
    let database = support::database().await;
    ingest(&database, "routes", &[fixture("routes.geojson")], |_| ()).await.expect("published");
    let limits = Limits { request_seconds: 1, ..Limits::default() };
    let server = server_with(&database, Config { limits, ..config() });
    let table = scalar(&database, "select table_name from datasud.layer").await;
    let session = database.store.job().await.expect("session");
    let mut transaction = session.begin().await.expect("begun");
    let lock = format!("lock table data.\"{table}\" in access exclusive mode");
    transaction.session().expect("session").batch(&lock).await.expect("locked");
    for query in ["VERSION=2.0.0&TYPENAMES=routes", "VERSION=1.1.0&TYPENAME=routes"] {
        let way =
            format!("/wfs?SERVICE=WFS&REQUEST=GetFeature&RESULTTYPE=hits&BBOX=5,43,6,44,CRS:84&{query}");
        let answer =
            raw_at(&server.base, &format!("GET {way} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 503"), "{query}: {answer}");
        assert!(answer.to_lowercase().contains("retry-after: "), "{query}: {answer}");
        assert!(answer.contains("ExceptionReport"), "{query}: {answer}");
    }
    transaction.rollback().await.expect("unlocked");
}

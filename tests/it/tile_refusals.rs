//! Tiles that can't be: each wrong request is answered at once, in its protocol's form, with a status that says whose fault
//! it is and a sentence that says what to do.

use crate::support::{Answer, get, region};
use std::time::{Duration, Instant};

fn ask(path: &str) -> Answer {
    let started = Instant::now();
    let answer = get(&region().url(path));
    assert!(started.elapsed() < Duration::from_secs(20), "{path} took {:?}", started.elapsed());
    answer
}

/// Problem details with a status, whose detail has all of `words`.
#[track_caller]
fn refused(path: &str, status: u16, words: &[&str]) {
    let answer = ask(path);
    let shown: String = path.chars().take(120).collect();
    assert_eq!(answer.status, status, "{shown}: {}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json", "{shown}");
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    let detail = problem["detail"].as_str().expect("a detail");
    for word in words {
        assert!(detail.contains(word), "{shown}: '{word}' is missing: {detail}");
    }
    assert!(detail.len() < 4000, "{shown}: {} characters", detail.len());
}

/// The addresses of a tile of a layer with a query: of web maps and of OGC API.
fn both(query: &str) -> [String; 2] {
    [
        format!("/tiles/communes/8/132/93.mvt?{query}"),
        format!("/ogc/collections/communes/tiles/WebMercatorQuad/8/93/132?{query}"),
    ]
}

#[test]
fn tiles_outside_of_the_matrix_and_numbers_that_are_none_are_told_apart() {
    for (place, status) in [
        ("2/4/0", 404),
        ("2/0/4", 404),
        ("25/0/0", 404),
        ("8/132/2147483647", 404),
        ("8/2147483647/93", 404),
        ("8/132/99999999999999", 404),
        ("99999999999/0/0", 404),
        ("8/132/-1", 400),
        ("8/-132/93", 400),
        ("-8/132/93", 400),
        ("8/132/93.5", 400),
        ("8/132/1e2", 400),
        ("8/132/%20", 400),
        ("8/x/93", 400),
        ("8/132/99999999999999999999999999", 400),
        ("8/%00/93", 400),
    ] {
        for form in ["mvt", "pbf", "geojson"] {
            refused(&format!("/tiles/communes/{place}.{form}"), status, &["tile"]);
        }
    }
    for (place, status) in [
        ("8/2147483647/132", 404),
        ("8/93/2147483647", 404),
        ("8/0/0", 404),
        ("99/0/0", 404),
        ("x/0/0", 404),
        ("8/-1/132", 400),
        ("8/93/-1", 400),
        ("8/9.5/132", 400),
        ("8/93/a", 400),
    ] {
        for f in ["mvt", "geojson"] {
            refused(&format!("/ogc/collections/communes/tiles/WebMercatorQuad/{place}?f={f}"), status, &[]);
            refused(&format!("/ogc/tiles/WebMercatorQuad/{place}?collections=communes&f={f}"), status, &[]);
        }
    }
}

#[test]
fn unknown_layers_grids_forms_and_scopes_are_not_found_or_bad() {
    for (path, status, word) in [
        ("/tiles/nulle-part/8/132/93.mvt", 404, "'nulle-part'"),
        ("/tiles/communes,nulle-part/8/132/93.mvt", 404, "'nulle-part'"),
        ("/tiles/communes,/8/132/93.mvt", 404, "layer"),
        ("/tiles/communes,communes/8/132/93.mvt", 400, "twice"),
        ("/tiles/communes%27--/8/132/93.mvt", 404, "layer"),
        ("/tiles/communes/8/132/93.png", 404, ".geojson"),
        ("/tiles/communes/8/132/93.MVT", 404, ".mvt"),
        ("/tiles/nulle-part.json", 404, "'nulle-part'"),
        ("/org/autre/tiles/communes/8/132/93.mvt", 404, "communes"),
        ("/dataset/routes/tiles/communes/8/132/93.mvt", 404, "communes"),
        ("/ogc/collections/nulle-part/tiles/WebMercatorQuad/8/93/132", 404, "'nulle-part'"),
        ("/ogc/collections/communes/tiles/Bogus/8/93/132", 404, "'Bogus'"),
        ("/ogc/collections/communes/tiles/WebMercatorQuad/8/93/132?f=png", 400, "geojson"),
        ("/ogc/collections/communes/tiles/WebMercatorQuad/8/93/132?f=", 400, "mvt"),
        ("/ogc/collections/communes/tiles/WebMercatorQuad/8/93/132?propertys=nom", 400, "'propertys'"),
        (
            "/ogc/collections/communes/tiles/WebMercatorQuad/8/93/132?extent=512&extent=512",
            400,
            "more than once",
        ),
        ("/ogc/collections/communes/map/tiles/WebMercatorQuad/8/93/132?filter=1%3D1", 400, "'filter'"),
        ("/ogc/tiles/WebMercatorQuad/8/93/132?collections=nulle-part", 400, "'nulle-part'"),
        ("/ogc/tiles/WebMercatorQuad/8/93/132?collections=communes,communes", 400, "twice"),
    ] {
        refused(path, status, &[word]);
    }
}

#[test]
fn lists_of_a_thousand_layers_are_refused_whatever_they_name() {
    let unknown: Vec<String> = (0..1000).map(|n| format!("couche-{n}")).collect();
    let same = vec!["communes"; 1000].join(",");
    for list in [unknown.join(","), same.clone()] {
        refused(&format!("/tiles/{list}/8/132/93.mvt"), 400, &["at most 50 layers"]);
        refused(&format!("/tiles/{list}/8/132/93.geojson"), 400, &["at most 50 layers"]);
        refused(&format!("/tiles/{list}.json"), 400, &["at most 50 layers"]);
        refused(&format!("/ogc/tiles/WebMercatorQuad/8/93/132?collections={list}"), 400, &[]);
    }
    let endless = get(&region().url(&format!("/tiles/{}/8/132/93.mvt", vec!["communes"; 4000].join(","))));
    assert_eq!(endless.status, 414);
}

#[test]
fn attributes_that_are_not_there_are_named_with_those_that_are() {
    for path in both("properties=nom,rue") {
        refused(&path, 400, &["'rue'", "code_insee", "population"]);
    }
    for path in both("properties=geom%22,nom") {
        refused(&path, 400, &["property"]);
    }
    for path in both("properties=routes.classe") {
        refused(&path, 400, &["'routes.classe'"]);
    }
    refused(
        "/tiles/communes,routes/8/132/93.mvt?properties=communes.classe",
        400,
        &["'communes.classe'", "layer 'routes' has"],
    );
    let many: String = (0..1001).map(|n| format!("p{n},")).collect();
    for path in both(&format!("properties={many}")) {
        refused(&path, 400, &["more than 1000"]);
    }
    for path in both(&format!("properties={}", "x".repeat(5000))) {
        refused(&path, 400, &["there are: "]);
    }
}

#[test]
fn units_out_of_bounds_are_refused_with_the_bounds() {
    for value in ["0", "-512", "255", "1000", "32768", "4294967296", "4096.0", "x", ""] {
        for path in both(&format!("extent={value}")) {
            refused(&path, 400, &["extent", "256", "16384"]);
        }
    }
    for value in ["-1", "257", "99999999999", "1.5", "x", ""] {
        for path in both(&format!("buffer={value}")) {
            refused(&path, 400, &["buffer", "256"]);
        }
    }
}

#[test]
fn conditions_that_do_not_fit_are_refused_by_name_and_never_reach_the_database_as_text() {
    for (condition, words) in [
        // What the table has and the layer doesn't show is no more there than what doesn't exist.
        ("filter=ctid%20IS%20NULL", &["'ctid'"][..]),
        ("filter=xmin%20%3D%201", &["'xmin'"]),
        ("filter=rue%3D'x'", &["'rue'", "population"]),
        ("filter=population%20%3E%20'beaucoup'", &["beaucoup"]),
        ("filter=population%20%3E", &["line 1"]),
        ("filter=", &["CQL2"]),
        ("filter=population%3E1;drop%20table%20data.communes", &["line 1"]),
        ("filter=nom%20%3D%20'x'%20UNION%20SELECT%201", &["line 1"]),
        ("filter=%7B%22op%22:%22drop%22%7D", &["'drop'"]),
        ("filter=%7B", &["JSON"]),
        ("filter=nichts(nom)%3D1", &["nichts"]),
        ("filter=S_INTERSECTS(nom,POINT(5%2043))", &["'nom'"]),
        ("filter=S_INTERSECTS(geom,POINT(x%2043))", &["line 1"]),
        ("filter=population%3E1&filter-lang=sql", &["cql2-text"]),
        ("filter-lang=ecql", &["cql2-json"]),
        ("filter=population%3E1&filter-crs=EPSG:999999", &["999999"]),
        ("filter-crs=nulle-part", &["filter-crs"]),
    ] {
        for path in both(condition) {
            let words: Vec<&str> = words
                .iter()
                .filter(|w| !(path.starts_with("/ogc") && **w == "filter-crs"))
                .copied()
                .collect();
            refused(&path, 400, &words);
        }
    }
    let deep = format!("filter={}population%3E1{}", "(".repeat(400), ")".repeat(400));
    let wide = format!("filter=population%20IN%20({}1)", "1,".repeat(12_000));
    for condition in [deep, wide] {
        for path in both(&condition) {
            refused(&path, 400, &[]);
        }
    }
    refused(
        "/tiles/routes,equipements/8/132/93.mvt?filter=population%3E1",
        400,
        &["layer 'routes'", "'population'"],
    );
    // What can't be computed has no value, or is the client's fault; it is never the server's.
    for condition in [
        "population%20%2F%200%20%3E%201",
        "population%20%5E%20100000%20%3E%201",
        "population%20*%209223372036854775807%20%3E%201",
        "sqrt(0%20-%20population)%20%3E%201",
        "area(buffer(geom,1e308))%20%3E%201",
    ] {
        for path in both(&format!("filter={condition}")) {
            let answer = ask(&path);
            assert!([200, 204, 400].contains(&answer.status), "{path}: {} {}", answer.status, answer.text());
        }
    }
    // Percent signs that lead nowhere.
    refused("/tiles/communes/8/132/93.mvt?filter=%zz", 400, &["filter"]);
}

//! Maps at a time, a height, or any other place along a dimension (OGC 06-042 annex C).

use crate::picture::Picture;
use crate::schemas;
use crate::support::{self, Answer, TestDatabase, TestServer, get, ingest};
use crate::wms::{THREE, error};
use datasud::publish::{Existing, dimensions_of};

/// Three squares, by day, year, height, scenario, a text with a date, and from when to when.
const FACTS: [&str; 3] = [
    r#""jour":"2024-05-01","an":2022,"alt":480.5,"sc":"bas","texte":"2024-05-01T10:00:00Z","deb":"2024-01-01T00:00:00Z","fin":"2024-03-01T00:00:00Z""#,
    r#""jour":"2024-05-03","an":2023,"alt":490,"sc":"haut","texte":"2024-05-01T11:00Z","deb":"2024-02-01T00:00:00Z","fin":null"#,
    r#""jour":null,"an":2024,"alt":500,"sc":"haut","texte":"vers midi","deb":"2024-06-01T12:00:00Z","fin":"2024-06-02T00:00:00Z""#,
];

fn data(folder: &std::path::Path, facts: &[&str]) -> std::path::PathBuf {
    let features: Vec<String> = facts
        .iter()
        .enumerate()
        .map(|(index, facts)| {
            let (x, y) = (900_000 + 100 * index, 6_250_000);
            let (r, t) = (x + 100, y + 100);
            format!(
                r#"{{"type":"Feature","properties":{{{facts}}},"geometry":{{"type":"Polygon","coordinates":
                [[[{x},{y}],[{r},{y}],[{r},{t}],[{x},{t}],[{x},{y}]]]}}}}"#
            )
        })
        .collect();
    let path = folder.join("essai.geojson");
    let crs = r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}}"#;
    let text = format!(r#"{{"type":"FeatureCollection","crs":{crs},"features":[{}]}}"#, features.join(","));
    std::fs::write(&path, text).expect("written");
    path
}

/// A server with the layer `essai`, whose dimension is described by lines of TOML.
async fn layer(dimension: &str) -> (TestServer, TestDatabase, tempfile::TempDir) {
    let folder = support::open_folder("dimensions");
    let database = support::database().await;
    let dimensions = dimensions_of(&format!("[[dimension]]\n{dimension}")).expect("dimensions");
    ingest(&database, "essai", &[data(folder.path(), &FACTS)], |r| r.dimensions = Some(dimensions))
        .await
        .expect("published");
    let server = support::server(&database);
    (server, database, folder)
}

/// Which of the squares a map shows.
fn shown(answer: &Answer) -> Vec<u32> {
    let picture = Picture::decode(&answer.body);
    (1..=3).filter(|square| picture.at(square * 100, 100)[..3] != [255, 255, 255]).collect()
}

/// What a request along the dimension answers: the squares and the warning, or the code of the exception.
fn asked(base: &str, more: &str) -> Result<(Vec<u32>, String), String> {
    let answer = get(&format!("{base}{THREE}{more}"));
    if answer.header("content-type").starts_with("image/png") {
        return Ok((shown(&answer), answer.header("warning").to_owned()));
    }
    let text = answer.text();
    let code = text.split_once("code=\"").and_then(|(_, rest)| rest.split_once('"')).expect("a code").0;
    Err(code.to_owned())
}

const INVALID: &str = "InvalidDimensionValue";

/// Holds requests against what they show.
async fn check(
    dimension: &'static str,
    cases: &'static [(&'static str, Result<&'static [u32], &'static str>)],
) {
    let (server, _database, _folder) = layer(dimension).await;
    let base = server.base.clone();
    let run = move || {
        for (more, expected) in cases {
            let got = asked(&base, more).map(|(squares, _)| squares);
            assert_eq!(got, expected.map(<[u32]>::to_vec).map_err(str::to_owned), "{dimension} {more}");
        }
    };
    tokio::task::spawn_blocking(run).await.expect("checked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_shows_the_days_that_are_asked_for() {
    let cases: &[(&str, Result<&[u32], &str>)] = &[
        ("", Ok(&[2])),
        ("&TIME=2024-05-01", Ok(&[1])),
        ("&time=2024-05-01T00:00:00.000Z", Ok(&[1])),
        ("&TIME=2024-05", Ok(&[1, 2])),
        ("&TIME=current", Ok(&[2])),
        ("&TIME=2024-05-01,2024-05-03", Ok(&[1, 2])),
        ("&TIME=2024-05-02/2024-05-09", Ok(&[2])),
        ("&TIME=2024-05-02/current", Ok(&[2])),
        ("&TIME=2024-05-01/2024-05-09/P1D", Ok(&[1, 2])),
        ("&TIME=2024-05-02/2024-05-02", Ok(&[])),
        ("&TIME=2024-05-02", Err(INVALID)),
        ("&TIME=2025", Err(INVALID)),
        ("&TIME=2024-05-04/2024-05-09", Err(INVALID)),
        ("&TIME=2024-05-09/2024-05-01", Err(INVALID)),
        ("&TIME=hier", Err(INVALID)),
        ("&TIME=2024-05-01/2024-05-03/P1D/P2D", Err(INVALID)),
        ("&TIME=2024-05-01'%20or%20'1'='1", Err(INVALID)),
        // Another condition of the request counts, too; what the layer has no dimension for is no matter.
        ("&TIME=2024-05&CQL_FILTER=an=2022", Ok(&[1])),
        ("&ELEVATION=5&DIM_SC=x", Ok(&[2])),
    ];
    check("name = 'time'\ncolumn = 'jour'", cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn years_periods_and_dates_written_as_text_are_times_too() {
    let years: &[(&str, Result<&[u32], &str>)] = &[
        ("", Ok(&[1, 2, 3])),
        ("&TIME=2023", Ok(&[2])),
        ("&TIME=2023-07-14", Ok(&[2])),
        ("&TIME=2022-06/2023-02", Ok(&[1, 2])),
        ("&TIME=2022/2024/P2Y", Ok(&[1, 3])),
        ("&TIME=2021", Err(INVALID)),
    ];
    check("name = 'time'\ncolumn = 'an'\ndefault = 'all'", years).await;
    let periods: &[(&str, Result<&[u32], &str>)] = &[
        ("", Ok(&[2, 3])),
        ("&TIME=2024-01-15", Ok(&[1])),
        ("&TIME=2024-02-15T10:00:00Z", Ok(&[1, 2])),
        ("&TIME=2024-03-01T00:00:00Z", Ok(&[1, 2])),
        ("&TIME=2024-03-02/2024-06-01T11:00:00Z", Ok(&[2])),
        ("&TIME=2024-06-01", Ok(&[2, 3])),
        ("&TIME=2023", Err(INVALID)),
    ];
    check("name = 'time'\ncolumn = 'deb'\nend = 'fin'", periods).await;
    let texts: &[(&str, Result<&[u32], &str>)] = &[
        ("", Ok(&[1])),
        ("&TIME=2024-05-01T10:00Z", Ok(&[1])),
        ("&TIME=2024-05-01T13:00:30%2B02:00", Ok(&[2])),
        ("&TIME=2024-05-01", Ok(&[1, 2])),
        ("&TIME=2024-05-01T10:30:00Z/2024-05-02", Ok(&[2])),
        ("&TIME=2024-05-02", Err(INVALID)),
    ];
    check("name = 'time'\ncolumn = 'texte'\ndefault = 'first'", texts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heights_and_words_are_dimensions_with_their_own_rules() {
    let heights: &[(&str, Result<&[u32], &str>)] = &[
        ("", Ok(&[3])),
        ("&ELEVATION=490", Ok(&[2])),
        ("&elevation=480.5", Ok(&[1])),
        ("&ELEVATION=492", Ok(&[2])),
        ("&ELEVATION=-1e9", Ok(&[1])),
        ("&ELEVATION=490,500", Err(INVALID)),
        ("&ELEVATION=480/500", Err(INVALID)),
        ("&ELEVATION=NaN", Err(INVALID)),
    ];
    check(
        "name = 'elevation'\ncolumn = 'alt'\ndefault = '500'\nmultiple = false\nnearest = true\nvalues = '500,490,480.5'",
        heights,
    )
    .await;
    let words: &[(&str, Result<&[u32], &str>)] = &[
        ("", Err("MissingDimensionValue")),
        ("&DIM_SC=", Err("MissingDimensionValue")),
        ("&DIM_SC=haut", Ok(&[2, 3])),
        ("&dim_sc=haut,bas", Ok(&[1, 2, 3])),
        ("&DIM_SC=Haut", Err(INVALID)),
        ("&SC=haut", Err("MissingDimensionValue")),
    ];
    check("name = 'sc'\ncolumn = 'sc'\ndefault = 'none'\nnearest = true", words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_told_which_value_was_used_and_infos_are_of_it() {
    let toml = "name = 'elevation'\ncolumn = 'alt'\nnearest = true";
    let (server, _database, _folder) = layer(toml).await;
    let base = server.base.clone();
    let run = move || {
        let warning = |more: &str| asked(&base, more).expect("a map").1;
        assert_eq!(warning(""), "99 Default value used: elevation=500 CRS:88");
        assert_eq!(warning("&ELEVATION=492,480.5"), "99 Nearest value used: elevation=490 CRS:88");
        assert_eq!(warning("&ELEVATION=490"), "");
        let info = format!("{base}{THREE}&QUERY_LAYERS=essai&INFO_FORMAT=application/geo%2Bjson&J=100")
            .replace("GetMap", "GetFeatureInfo");
        let found = |more: &str| {
            let answer = get(&format!("{info}{more}"));
            answer.json()["features"].as_array().expect("features").len()
        };
        assert_eq!((found("&I=300"), found("&I=100"), found("&I=100&ELEVATION=480.5")), (1, 0, 1));
        error(&get(&format!("{info}&I=100&ELEVATION=haut")), INVALID);
        let refused = error(&get(&format!("{base}{THREE}&ELEVATION=haut")), INVALID);
        for word in ["haut", "ELEVATION", "480.5,490,500", "locator=\"ELEVATION\""] {
            assert!(refused.contains(word), "{word}: {refused}");
        }
        // The other ways to the same picture show the same.
        let tile = get(&format!(
            "{base}/ogc/collections/essai/map?bbox=899950,6249950,900350,6250150&bbox-crs=\
                                 http://www.opengis.net/def/crs/EPSG/0/2154&crs=http://www.opengis.net/def/crs/\
                                 EPSG/0/2154&width=400&height=200&transparent=false&f=png"
        ));
        assert_eq!(shown(&tile), [3], "{}", tile.text());
    };
    tokio::task::spawn_blocking(run).await.expect("checked");
}

#[tokio::test(flavor = "multi_thread")]
async fn capabilities_tell_dimensions_in_both_versions_and_follow_the_data() {
    let (server, database, _folder) = layer("name = 'time'\ncolumn = 'jour'").await;
    let capabilities = |version: &str| {
        let address = format!("{}/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION={version}", server.base);
        tokio::task::spawn_blocking(move || get(&address))
    };
    let new = capabilities("1.3.0").await.expect("an answer");
    let schemas = [
        ("http://www.opengis.net/wms", "http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd"),
        ("http://www.opengis.net/sld", "http://schemas.opengis.net/sld/1.1.0/sld_capabilities.xsd"),
    ];
    schemas::validate_mixed(&new.body, &schemas);
    let expected = "<Dimension name=\"time\" units=\"ISO8601\" default=\"2024-05-03\" multipleValues=\"1\" \
                    nearestValue=\"0\">2024-05-01,2024-05-03</Dimension>";
    assert!(new.text().contains(expected), "{}", new.text());
    let old = capabilities("1.1.1").await.expect("an answer");
    schemas::validate_by_dtd(&old.body);
    let text = old.text();
    assert!(text.contains("<Dimension name=\"time\" units=\"ISO8601\"/>"), "{text}");
    assert!(
        text.contains(
            "<Extent name=\"time\" default=\"2024-05-03\" multipleValues=\"1\" nearestValue=\"0\">"
        )
    );
    // An edit, by whatever program, brings a new day.
    let mut session = database.store.job().await.expect("a session");
    session.execute("update data.essai set jour = '2024-07-14' where an = 2024", &[]).await.expect("edited");
    let base = server.base.clone();
    let run = move || {
        support::until("the new day to be advertised", || {
            let text = get(&format!("{base}/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.3.0")).text();
            text.contains("default=\"2024-07-14\"") && text.contains(">2024-05-01,2024-05-03,2024-07-14<")
        });
        assert_eq!(asked(&base, "").expect("a map").0, [3]);
    };
    tokio::task::spawn_blocking(run).await.expect("checked");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_data_keep_the_dimensions_or_are_refused_when_they_have_no_attribute_for_them() {
    let (server, database, folder) = layer("name = 'sc'\ncolumn = 'sc'").await;
    let replace = async |facts: &[&str]| {
        let path = data(folder.path(), facts);
        ingest(&database, "essai", &[path], |r| r.existing = Existing::Replace).await
    };
    replace(&[r#""sc":"moyen""#, r#""sc":"bas""#]).await.expect("replaced");
    let mut session = database.store.job().await.expect("a session");
    let indexes = "select count(*) from pg_indexes i join datasud.layer l on l.table_name = i.tablename \
                   where i.indexdef like '%(sc)%'";
    let count: i64 = session.query_one(indexes, &[]).await.expect("counted").get(0);
    assert_eq!(count, 1);
    let base = server.base.clone();
    let run = move || {
        support::until("the new data to be shown", || asked(&base, "&DIM_SC=moyen").is_ok());
        assert_eq!(asked(&base, "&DIM_SC=moyen").expect("a map").0, [1]);
    };
    tokio::task::spawn_blocking(run).await.expect("checked");
    let refused = replace(&[r#""autre":1"#]).await.expect_err("no attribute").findings();
    assert_eq!(refused[0].code, "dimension-unfit");
    assert!(refused[0].message.contains("'sc'") && refused[0].message.contains("--dimensions"));
    let path = data(folder.path(), &[r#""autre":1"#]);
    let without = |r: &mut datasud::publish::Request| {
        r.existing = Existing::Replace;
        r.dimensions = Some(Vec::new());
    };
    ingest(&database, "essai", &[path], without).await.expect("replaced without dimensions");
}

//! Attributes: types, encodings, names.

use super::files::{Shapefile, collection, point};
use super::{Bench, codes, finding};
use datasud::ingest::Level;
use datasud::model::ColumnType;

fn one_text(value: &[u8]) -> Shapefile {
    Shapefile::new(1).field("nom", b'C', 40, 0).point(890_000.0, 6_245_000.0, &[value])
}

#[tokio::test]
async fn municipal_texts_come_out_right_whatever_the_encoding() {
    let bench = Bench::new().await;
    let expected = "Gréoux-les-Bains, cœur d’été";
    let windows = b"Gr\xe9oux-les-Bains, c\x9cur d\x92\xe9t\xe9";
    let mut cases = vec![("detected", one_text(windows), Some("encoding-guessed"))];
    let mut marked = one_text(windows);
    marked.language = 0x57;
    cases.push(("marked", marked, None));
    let mut labelled = one_text(windows);
    labelled.cpg = Some("1252\n".to_owned());
    cases.push(("labelled", labelled, None));
    cases.push(("unicode", one_text(expected.as_bytes()), Some("encoding-guessed")));
    let mut said = one_text(expected.as_bytes());
    said.cpg = Some("UTF-8".to_owned());
    cases.push(("said", said, None));
    let mut wrong = one_text(expected.as_bytes());
    wrong.language = 0x57;
    cases.push(("wrong-byte", wrong, Some("encoding-guessed")));
    let mut lying = one_text(windows);
    lying.cpg = Some("UTF-8".to_owned());
    cases.push(("lying", lying, Some("encoding-guessed")));
    for (name, shape, said) in cases {
        let loaded = bench.load(&bench.write(&format!("{name}.zip"), shape.zip(name))).await;
        let slug = loaded.layers[0].target.table.clone();
        let text = bench.text(&format!("select nom from data.\"{slug}\"")).await;
        assert_eq!(text.as_deref(), Some(expected), "{name}");
        assert_eq!(codes(&loaded.report).first().copied(), said, "{name}: {:?}", loaded.report);
    }
}

#[tokio::test]
async fn ms_dos_texts_are_read_by_their_language_byte() {
    let bench = Bench::new().await;
    let mut shape = one_text(b"Gr\x82oux");
    shape.language = 0x02;
    bench.load(&bench.write("dos.zip", shape.zip("dos"))).await;
    assert_eq!(bench.text("select nom from data.dos__v1").await.as_deref(), Some("Gréoux"));
}

#[tokio::test]
async fn the_encoding_given_overrides_the_file_and_a_wrong_name_is_refused() {
    let mut bench = Bench::new().await;
    let mut shape = one_text(b"Gr\x82oux");
    shape.language = 0x57;
    let path = bench.write("a.zip", shape.zip("a"));
    bench.options.encoding = Some("cp850".to_owned());
    bench.load(&path).await;
    assert_eq!(bench.text("select nom from data.a__v1").await.as_deref(), Some("Gréoux"));
    let mut bench = Bench::new().await;
    bench.options.encoding = Some("klingon".to_owned());
    let refusal = bench.refusal(&bench.write("a.zip", shape.zip("a"))).await;
    assert!(refusal.code == "encoding-unknown" && refusal.message.contains("klingon"), "{refusal:?}");
}

#[tokio::test]
async fn a_text_cut_inside_a_character_loses_that_character_only() {
    let bench = Bench::new().await;
    let mut shape = Shapefile::new(1).field("nom", b'C', 10, 0);
    shape = shape.point(890_000.0, 6_245_000.0, &["Évènemen\u{c9}".as_bytes().get(..10).expect("cut")]);
    shape = shape.point(890_000.0, 6_245_000.0, &["aaaaaaaaaé".as_bytes().get(..10).expect("cut")]);
    shape.cpg = Some("UTF-8".to_owned());
    let loaded = bench.load(&bench.write("a.zip", shape.zip("a"))).await;
    let names = bench.text("select array_agg(nom order by fid) from data.a__v1").await;
    assert_eq!(names.as_deref(), Some("{Évènemen,aaaaaaaaa}"));
    assert!(loaded.report.is_empty(), "{:?}", loaded.report);
}

#[tokio::test]
async fn geojson_in_latin_1_is_read_and_said() {
    let bench = Bench::new().await;
    let text = collection(&[(r#"{"nom":"Gr#oux"}"#, &point(5.9, 43.7))]);
    let bytes: Vec<u8> = text.bytes().map(|b| if b == b'#' { 0xe9 } else { b }).collect();
    let loaded = bench.load(&bench.write("a.geojson", bytes)).await;
    assert_eq!(bench.text("select nom from data.a__v1").await.as_deref(), Some("Gréoux"));
    assert_eq!(finding(&loaded, "encoding-guessed").layer.as_deref(), Some("a"));
}

#[tokio::test]
async fn the_types_of_a_dbf_are_kept() {
    let bench = Bench::new().await;
    let shape = Shapefile::new(1)
        .field("t", b'C', 10, 0)
        .field("i", b'N', 5, 0)
        .field("big", b'N', 18, 0)
        .field("prix", b'N', 10, 2)
        .field("flot", b'N', 24, 15)
        .field("ok", b'L', 1, 0)
        .field("jour", b'D', 8, 0)
        .point(
            890_000.0,
            6_245_000.0,
            &[b"a", b"-42", b"123456789012345678", b"-12345.60", b"0.500000000000000", b"T", b"19011231"],
        )
        .point(890_000.0, 6_245_000.0, &[b"b", b"", b"", b"", b"", b"?", b"00000000"])
        .point(890_000.0, 6_245_000.0, &[b"c", b"1", b"1", b"0.07", b"1e3", b"f", b"20240229"]);
    let layer = bench.load_one(&bench.write("a.zip", shape.zip("a"))).await;
    let kinds: Vec<_> = layer.columns.iter().map(|c| c.kind).collect();
    use ColumnType::{BigInteger, Boolean, Date, Decimal, Integer, Real, Text};
    assert_eq!(kinds, [Text, Integer, BigInteger, Decimal, Real, Boolean, Date]);
    let rows =
        bench.rows("select i, big, prix::text, flot, ok, jour::text from data.a__v1 order by fid", &[]).await;
    let row = |index: usize| {
        let r = &rows[index];
        (
            r.get::<_, Option<i32>>(0),
            r.get::<_, Option<i64>>(1),
            r.get::<_, Option<String>>(2),
            r.get::<_, Option<f64>>(3),
            r.get::<_, Option<bool>>(4),
            r.get::<_, Option<String>>(5),
        )
    };
    let some = |t: &str| Some(t.to_owned());
    assert_eq!(
        row(0),
        (
            Some(-42),
            Some(123_456_789_012_345_678),
            some("-12345.60"),
            Some(0.5),
            Some(true),
            some("1901-12-31")
        )
    );
    assert_eq!(row(1), (None, None, None, None, None, None));
    assert_eq!(row(2), (Some(1), Some(1), some("0.07"), Some(1000.0), Some(false), some("2024-02-29")));
}

#[tokio::test]
async fn the_types_of_geojson_are_kept() {
    let bench = Bench::new().await;
    let full = r#"{"ok":true,"n":1,"big":9223372036854775807,"x":0.1,"t":"é\nè","d":"1969-07-20","h":"20:17:40","m":"1969-07-20T20:17:40.250+02:00","l":[1,2],"s":["a","b"],"o":{"a":{"b":null}},"melange":1}"#;
    let empty = r#"{"ok":null,"n":null,"big":null,"x":null,"t":null,"d":null,"h":null,"m":null,"l":null,"s":null,"o":null,"melange":"deux"}"#;
    let text = collection(&[(full, &point(5.4, 43.3)), (empty, "null"), ("{}", "null")]);
    let loaded = bench.load(&bench.write("a.geojson", text)).await;
    let kinds: Vec<_> = loaded.layers[0].columns.iter().map(|c| c.kind).collect();
    use ColumnType::{BigInteger, Boolean, Date, Integer, Json, Real, Text, Time, Timestamp};
    assert_eq!(
        kinds,
        [Boolean, Integer, BigInteger, Real, Text, Date, Time, Timestamp, Json, Json, Json, Text]
    );
    let row = bench
        .text("select row(ok, n, big, x, d, h, (m at time zone 'UTC')::text, l, s, o, melange) from data.a__v1 where fid = 1")
        .await;
    assert_eq!(
        row.as_deref(),
        Some(
            r#"(t,1,9223372036854775807,0.1,1969-07-20,20:17:40,"1969-07-20 18:17:40.25","[1, 2]","[""a"", ""b""]","{""a"": {""b"": null}}",1)"#
        )
    );
    assert_eq!(bench.text("select t from data.a__v1 where fid = 1").await.as_deref(), Some("é\nè"));
    let nulls =
        bench.text("select num_nulls(ok,n,big,x,t,d,h,m,l,s,o,melange,geom) from data.a__v1 where fid = 3");
    assert_eq!(nulls.await.as_deref(), Some("13"));
    assert_eq!(finding(&loaded, "geometry-missing").count, 2);
}

#[tokio::test]
async fn names_are_made_safe_once_and_the_source_is_remembered() {
    let bench = Bench::new().await;
    let text = collection(&[(
        r#"{"fid":1,"geom":2,"Nom Commune":"a","nom commune":"b","2024":3,"xmin":4,"Été":5,"a.b-c":6}"#,
        &point(5.4, 43.3),
    )]);
    let loaded = bench.load(&bench.write("a.geojson", text)).await;
    let names: Vec<_> = loaded.layers[0].columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["fid_1", "geom_1", "Nom_Commune", "nom_commune_2", "_2024", "xmin_1", "Été", "a_b_c"]);
    let sources: Vec<_> = loaded.layers[0].columns.iter().map(|c| c.source_name.as_deref()).collect();
    assert_eq!(sources[2], Some("Nom Commune"));
    assert_eq!(sources[6], None);
    let said = finding(&loaded, "column-renamed");
    assert_eq!((said.level, said.count), (Level::Info, 7));
    let value = bench.text(r#"select "Nom_Commune" || "nom_commune_2" from data.a__v1"#).await;
    assert_eq!(value.as_deref(), Some("ab"));
}

#[tokio::test]
async fn three_hundred_columns_are_loaded_and_too_many_are_refused() {
    let mut bench = Bench::new().await;
    let properties: Vec<String> = (0..300).map(|i| format!(r#""colonne_{i}":"valeur {i}""#)).collect();
    let text = collection(&[(&format!("{{{}}}", properties.join(",")), &point(5.4, 43.3))]);
    let path = bench.write("wide.geojson", text);
    assert_eq!(bench.load_one(&path).await.columns.len(), 300);
    assert_eq!(bench.text("select colonne_299 from data.wide__v1").await.as_deref(), Some("valeur 299"));
    bench = Bench::new().await;
    bench.config.limits.columns = 299;
    let path = bench.write("wide.geojson", std::fs::read(&path).unwrap_or_else(|_| many(300).into_bytes()));
    let refusal = bench.refusal(&path).await;
    assert!(refusal.code == "too-many-columns" && refusal.message.contains("300"), "{refusal:?}");
}

fn many(count: usize) -> String {
    let properties: Vec<String> = (0..count).map(|i| format!(r#""c{i}":{i}"#)).collect();
    collection(&[(&format!("{{{}}}", properties.join(",")), &point(5.4, 43.3))])
}

#[tokio::test]
async fn an_impossible_date_is_left_empty_and_said() {
    let bench = Bench::new().await;
    let shape = Shapefile::new(1)
        .field("jour", b'D', 8, 0)
        .point(890_000.0, 6_245_000.0, &[b"20230231"])
        .point(890_000.0, 6_245_000.0, &[b"20230228"]);
    let loaded = bench.load(&bench.write("a.zip", shape.zip("a"))).await;
    let said = finding(&loaded, "value-dropped");
    assert_eq!((said.count, said.examples[0].fid), (1, Some(1)));
    assert!(said.message.contains("jour"), "{said:?}");
    assert_eq!(bench.text("select count(jour) from data.a__v1").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn rows_that_do_not_fit_in_memory_are_sorted_on_disk() {
    let mut bench = Bench::new().await;
    // A twelfth of it is for rows: these make two runs.
    bench.config.limits.reader_megabytes = 900;
    let long = "x".repeat(60_000);
    let features: Vec<(String, String)> = (0..2_000)
        .map(|i| {
            let (x, y) = (5.0 + f64::from(i % 50) / 50.0, 43.0 + f64::from(i * 7 % 40) / 40.0);
            (format!(r#"{{"n":{i},"t":"{long}"}}"#), point(x, y))
        })
        .collect();
    let features: Vec<(&str, &str)> = features.iter().map(|(p, g)| (p.as_str(), g.as_str())).collect();
    let lines = features
        .iter()
        .map(|(p, g)| format!(r#"{{"type":"Feature","properties":{p},"geometry":{g}}}"#))
        .collect::<Vec<_>>()
        .join("\n");
    let layer = bench.load_one(&bench.write("large.geojsonl", lines)).await;
    assert_eq!(layer.features, 2_000);
    let sums =
        bench.text("select row(sum(n), count(distinct fid), min(length(t))) from data.large__v1").await;
    assert_eq!(sums.as_deref(), Some("(1999000,2000,60000)"));
    // Neighbours in the table are neighbours on the map: far less than the mean distance of two points.
    let step = bench
        .text("select (avg(d) < 0.12)::text from (select st_distance(geom, lag(geom) over (order by ctid)) d from data.large__v1) s")
        .await;
    assert_eq!(step.as_deref(), Some("true"));
}

#[tokio::test]
async fn a_shapefile_of_nothing_is_published_and_said() {
    let bench = Bench::new().await;
    let shape = Shapefile::new(3).field("nom", b'C', 10, 0);
    let loaded = bench.load(&bench.write("vide.zip", shape.zip("vide"))).await;
    assert_eq!((loaded.layers[0].features, loaded.layers[0].extent), (0, None));
    assert!(finding(&loaded, "layer-empty").message.contains("no feature"));
    let empty = collection(&[]);
    let loaded = bench.load(&bench.write("rien.geojson", empty)).await;
    assert_eq!(loaded.layers[0].features, 0);
    assert_eq!(finding(&loaded, "layer-empty").level, Level::Warning);
}

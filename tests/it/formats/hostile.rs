//! Names and values that formats trip over: quotes, formulas, slashes, control characters.

use super::reading::lines;
use super::{bench_with, formats, read};
use crate::support::get;
use datasud::config::Limits;

/// A layer whose columns are called by what programs take for syntax, and whose values hold control
/// characters, which XML 1.0 has no way to write.
const LAYER: &str = r#"
create table data.pieges__v1 (fid bigint primary key, "=cmd|' /C calc'!A0" text, "a""b" text, "x<y>&z" text,
    "../../etc/passwd" text, "fid " text, "FID" integer, "geometry" text, "GEOM" text, "lon" text,
    "très long nom de colonne, avec une virgule" text, geom geometry(Point, 2154));
insert into data.pieges__v1 values
    (1, '=1+1', '@SUM(1)', '+33', '-1', E'\tbord ', 1, '<![CDATA[x]]>', ']]>', '"', E'un\x01deux\x1f\x7f\ufffe\uffff',
     'SRID=2154;POINT(890000 6245000)'),
    (2, E'a\r\nb', E'\r', E'\n', ' ', '', 2, '&amp;', '&#0;', '_x0041_', E'\u2028\u202e\u200b', null);
insert into datasud.layer (dataset_id, position, slug, title, description, table_name, geometry, srid, columns, features)
select id, 20, 'pieges', E'Pièges <b>"''&\x02', '=1+1', 'pieges__v1', 'Point', 2154,
    (select jsonb_agg(jsonb_build_object('name', attname, 'type', case atttypid when 23 then 'integer' else 'text' end)
        order by attnum) from pg_attribute where attrelid = 'data.pieges__v1'::regclass and attnum > 1
        and attname <> 'geom'), 2
from datasud.dataset where slug = 'formats'"#;

#[tokio::test(flavor = "multi_thread")]
async fn no_name_and_no_value_breaks_a_file() {
    let bench = bench_with(Limits::default(), LAYER).await;
    // Ingestion makes every column's name a name of XML, on which GML relies.
    for format in formats().filter(|f| f.short != "gml") {
        let path = format!("/download/formats/pieges.{}", format.extension);
        let answer = get(&bench.url(&path));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        if format.short == "kml" {
            let text = answer.text();
            roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        }
        if format.short.starts_with("csv") {
            // GDAL takes the column `GEOM` for the geometry.
            let lines = lines(&answer.text());
            assert_eq!(lines[0][1..4], ["=cmd|' /C calc'!A0", "a\"b", "x<y>&z"], "{path}");
            let wanted = ["=1+1", "@SUM(1)", "+33", "-1", "\tbord ", "1", "<![CDATA[x]]>", "]]>", "\""];
            assert_eq!(lines[1][1..10], wanted, "{path}");
            assert_eq!(lines[2][1..6], ["a\r\nb", "\r", "\n", " ", ""], "{path}");
            assert_eq!(lines.len(), 3, "{path}");
            continue;
        }
        let read = read(format, "pieges", &answer.body);
        assert_eq!(read.rows.keys().copied().collect::<Vec<_>>(), [1, 2], "{path}");
        let all = |fid: i64| -> Vec<&str> {
            read.rows[&fid].values.values().flatten().map(String::as_str).collect()
        };
        for text in ["=1+1", "@SUM(1)", "+33", "-1", "<![CDATA[x]]>", "]]>", "\""] {
            assert!(all(1).contains(&text), "{path}: no {text} in {:?}", read.rows[&1].values);
        }
        // What looks like a workbook's own escape is escaped (ECMA-376 part 1 clause 22.9.2.19), which GDAL leaves.
        let escape = if format.short == "xlsx" { "_x005F_x0041_" } else { "_x0041_" };
        for text in ["&amp;", "&#0;", escape] {
            assert!(all(2).contains(&text), "{path}: no {text} in {:?}", read.rows[&2].values);
        }
        let has_both = all(1).iter().any(|t| t.starts_with("un") && t.contains("deux"));
        assert!(has_both, "{path}: {:?}", read.rows[&1].values);
        // The layer has a column `lon` of its own.
        let is_placed = read.rows[&1].geometry.is_some()
            || read.rows[&1].values.get("lon_2").is_some_and(Option::is_some);
        assert!(is_placed, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_files_and_formats_that_are_none_are_refused() {
    let bench = super::bench().await;
    for file in [
        "valeurs.shp",
        "valeurs.zip",
        "valeurs.shp.zip.zip",
        "valeurs.CSV",
        "valeurs.xy",
        ".csv",
        "valeurs.",
        "..%2fvaleurs.csv",
        "valeurs%00.csv",
        "surfaces.xy.csv",
        "formats.csv",
        "formats.fgb",
        "valeurs.csv%20",
    ] {
        let answer = get(&bench.url(&format!("/download/formats/{file}")));
        assert_eq!(answer.status, 404, "{file}: {}", answer.text());
    }
    for name in ["shp.zip.zip", "zip", "csv;geometry=xyz;", "text/plain", "", "dbf", "kmz", "application/"] {
        let path = format!(
            "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=valeurs&outputFormat={}",
            percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)
        );
        let answer = get(&bench.url(&path));
        assert!(
            answer.status == 400 || answer.header("content-type").contains("gml"),
            "{path}: {} {}",
            answer.status,
            answer.header("content-type")
        );
    }
}

//! Every road to a file: downloads, WFS in its versions, OGC API Features, and the lists that name them.

use super::{bench, default_system, differences, formats, read, tolerance};
use crate::support::{get, get_with, head};
use datasud::formats::OutputFormat;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Formats that WFS writes itself.
fn is_written_by_wfs(format: &OutputFormat) -> bool {
    matches!(format.short, "gml" | "geojson")
}

#[tokio::test(flavor = "multi_thread")]
async fn wfs_answers_the_same_file_in_every_version_under_every_name() {
    let bench = bench().await;
    for format in formats().filter(|f| !is_written_by_wfs(f)) {
        let whole = bench.body(&format!("/download/formats/valeurs.{}", format.extension));
        let names = [&format.short, &format.extension].into_iter();
        for name in names.chain(format.media_types).chain(format.aliases) {
            for (version, types) in [("2.0.0", "typeNames"), ("1.1.0", "typeName"), ("1.0.0", "typeName")] {
                let path = format!(
                    "/wfs?service=WFS&version={version}&request=GetFeature&{types}=essais:valeurs&outputFormat={}",
                    encoded(name)
                );
                let answer = get(&bench.url(&path));
                assert_eq!(answer.status, 200, "{path}: {}", answer.text());
                assert_eq!(answer.header("content-type"), format.content_type(), "{path}");
                let disposition = format!("attachment; filename=\"valeurs.{}\"", format.extension);
                assert_eq!(answer.header("content-disposition"), disposition, "{path}");
                assert!(answer.body == whole, "{path} differs from the download");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wfs_answers_single_features_parts_and_other_systems() {
    let bench = bench().await;
    let wfs = "/wfs?service=WFS&version=2.0.0&request=GetFeature";
    for format in formats().filter(|f| !is_written_by_wfs(f)) {
        let of = format!("outputFormat={}", encoded(format.short));
        let fids = |path: &str| {
            let read = read(format, "valeurs", &bench.body(path));
            (read.rows.keys().copied().collect::<Vec<_>>(), read.srid)
        };
        let by_id = "storedQuery_id=urn:ogc:def:query:OGC-WFS::GetFeatureById&id=valeurs.2";
        assert_eq!(fids(&format!("{wfs}&{by_id}&{of}")).0, [2], "{}", format.name);
        let page = format!("{wfs}&typeNames=valeurs&startIndex=1&count=3&{of}");
        assert_eq!(fids(&page).0, [2, 3, 4], "{}", format.name);
        let none = format!("{wfs}&typeNames=valeurs&count=2&propertyName=nom&{of}");
        let read = read(format, "valeurs", &bench.body(&none));
        assert_eq!(read.rows.keys().copied().collect::<Vec<_>>(), [1, 2], "{}", format.name);
        assert!(
            read.rows.values().all(|r| r.geometry.is_none()),
            "{}: no geometry was asked for",
            format.name
        );
        assert_eq!(read.rows[&1].values["nom"].as_deref(), Some("Aix-en-Provence"), "{}", format.name);
        assert!(!read.rows[&1].values.contains_key("prix"), "{}", format.name);
        let in_3857 = format!("{wfs}&typeNames=valeurs&srsName=urn:ogc:def:crs:EPSG::3857&count=3&{of}");
        let answer = get(&bench.url(&in_3857));
        if format.short == "kml" {
            assert_eq!(answer.status, 400, "{}", answer.text());
            assert!(answer.text().contains("EPSG:3857") && answer.text().contains("another format"));
            continue;
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        if !matches!(format.short, "csv" | "csv-xy" | "xlsx" | "jsonfg") {
            assert_eq!(fids(&in_3857).1, Some(3857), "{}", format.name);
        }
        if !format.several_layers {
            let both = get(&bench.url(&format!("{wfs}&typeNames=(valeurs)(sommets)&{of}")));
            assert_eq!(both.status, 400, "{}: {}", format.name, both.text());
            assert!(both.text().contains("one feature type"), "{}", both.text());
        }
    }
    let join = format!("{wfs}&typeNames=(valeurs%20sommets)&outputFormat=csv");
    assert_eq!(get(&bench.url(&join)).status, 400, "a join is no table of one type");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_comes_in_the_system_asked_for() {
    let bench = bench().await;
    for format in formats() {
        for (asked, srid) in [("EPSG:3857", 3857), ("EPSG:3943", 3943), ("EPSG:4326", 4326), ("CRS:84", 4326)]
        {
            let path = format!("/download/formats/valeurs.{}?crs={asked}", format.extension);
            let answer = get(&bench.url(&path));
            if format.short == "kml" && srid != 4326 {
                assert_eq!(answer.status, 400, "{path}");
                let told = answer.text();
                assert!(told.contains(asked) && told.contains("longitude and latitude"), "{told}");
                continue;
            }
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            let mut read = read(format, "valeurs", &answer.body);
            if format.short == "jsonfg" {
                // GDAL reads its longitude and latitude; the place is compared where it is written.
                let text = answer.text();
                assert_eq!(text.contains("coordRefSys"), asked != "CRS:84", "{path}");
                read.srid = Some(srid);
            }
            if !matches!(format.short, "csv" | "csv-xy" | "xlsx") {
                assert_eq!(read.srid, Some(srid), "{path}");
            }
            let as_written = if format.short == "jsonfg" { 4326 } else { srid };
            if format.short == "xlsx" || format.short == "csv-xy" {
                let x = if srid == 4326 { "lon" } else { "x" };
                assert!(
                    read.rows[&1].values.contains_key(x) || read.rows[&1].geometry.is_some(),
                    "{path}: {x}"
                );
                if srid != 4326 {
                    continue;
                }
            }
            let table = bench.table("valeurs", as_written).await;
            let wrong = differences(&table, &read, tolerance(as_written));
            assert!(wrong.is_empty(), "{path}: {}", wrong.join("\n"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ogc_api_answers_items_in_every_format() {
    let bench = bench().await;
    for format in formats() {
        let items = "/ogc/collections/valeurs/items";
        let path = format!("{items}?f={}&limit=100", encoded(format.short));
        let answer = get(&bench.url(&path));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        if format.short != "geojson" {
            let bare = |t: &str| t.split(';').next().unwrap_or_default().trim().to_owned();
            assert_eq!(bare(answer.header("content-type")), bare(format.media_type()), "{path}");
        }
        let table = bench.table("valeurs", 4326).await;
        let wrong = differences(&table, &read(format, "valeurs", &answer.body), tolerance(4326));
        assert!(wrong.is_empty(), "{path}: {}", wrong.join("\n"));
        let part = format!("{items}?f={}&limit=100&bbox=5.33,43.23,5.34,43.24", encoded(format.short));
        let fids: Vec<i64> = read(format, "valeurs", &bench.body(&part)).rows.into_keys().collect();
        // What is nowhere meets every box, as the standard has it.
        for fid in [7, 9_007_199_254_740_995] {
            assert!(fids.contains(&fid), "{part}: {fids:?}");
        }
        assert!(!fids.contains(&2), "{part}: {fids:?}");
    }
    let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let accepted =
        get_with(&bench.url("/ogc/collections/valeurs/items"), &[("accept", &format!("{xlsx}, */*;q=0.1"))]);
    assert_eq!(accepted.header("content-type"), xlsx, "{}", accepted.text());
    let refused = get(&bench.url("/ogc/collections/surfaces/items?f=csv-xy"));
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(refused.text().contains("csv-xy"), "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_names_every_format_and_leads_to_its_files() {
    let bench = bench().await;
    // The schema of version 1.0.0 has a word for GML alone.
    for version in ["2.0.0", "1.1.0"] {
        let path = format!("/wfs?service=WFS&version={version}&request=GetCapabilities");
        let capabilities = String::from_utf8(bench.body(&path)).expect("text");
        for format in formats().filter(|f| !is_written_by_wfs(f)) {
            let named = capabilities.contains(&format!(">{}<", format.media_type()));
            assert!(named, "{version} doesn't name {}", format.name);
        }
    }
    let files = get(&bench.url("/download/formats")).json();
    let files = files["files"].as_array().expect("files");
    let mut seen = 0;
    for file in files {
        let (href, kind) = (file["href"].as_str().expect("href"), file["type"].as_str().expect("type"));
        let answer = head(href);
        assert_eq!(answer.status, 200, "{href}");
        assert!(answer.header("content-type").starts_with(kind), "{href}");
        seen += 1;
    }
    // Eight layers in ten formats, the points in one more, and the whole dataset in three.
    assert_eq!(seen, 8 * 10 + 3 + 3);
    let page = get_with(&bench.url("/datasets/formats"), &[("accept", "text/html")]);
    let page = if page.status == 200 { page } else { get(&bench.url("/dataset/formats")) };
    for format in formats() {
        let link = format!("/download/formats/valeurs.{}", format.extension);
        assert!(page.text().contains(&link), "{link} isn't on the page: {}", page.status);
    }
    assert!(!page.text().contains("surfaces.xy.csv"), "a file that there isn't");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_data_is_the_same_file_in_every_format() {
    let bench = bench().await;
    for format in formats() {
        let path = format!("/download/formats/valeurs.{}", format.extension);
        let (one, other) = (get(&bench.url(&path)), get(&bench.url(&path)));
        assert!(one.body == other.body, "{path}");
        let again = get_with(&bench.url(&path), &[("if-none-match", one.header("etag"))]);
        assert_eq!(again.status, 304, "{path}");
        assert_eq!(default_system(format) == 2154, {
            let text = get(&bench.url(&format!("{path}?crs=EPSG:2154")));
            text.status == 200 && text.body == one.body
        });
    }
}

//! Formats of several parts: shapefiles and their table of names, workbooks and their notes.

use super::reading::{entries, entry};
use super::{bench, read};
use crate::support::get;
use datasud::formats::OutputFormat;
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_mixed_layer_is_a_set_of_files_for_each_kind() {
    let bench = bench().await;
    let archive = bench.body("/download/formats/melange.shp.zip");
    let sets: BTreeSet<String> =
        entries(&archive).into_iter().filter_map(|n| n.strip_suffix(".dbf").map(str::to_owned)).collect();
    let wanted = ["melange_line", "melange_multipoint", "melange_point", "melange_polygon", "melange_table"];
    assert_eq!(sets, wanted.map(str::to_owned).into());
    for set in &sets {
        assert_eq!(entry(&archive, &format!("{set}.cpg")).as_deref(), Some("UTF-8"));
        let prj = entry(&archive, &format!("{set}.prj"));
        assert_eq!(prj.is_some_and(|p| p.starts_with("PROJCS[\"RGF")), set != "melange_table", "{set}");
    }
    let empty = bench.body("/download/formats/rien.shp.zip");
    assert!(entries(&empty).contains("rien_table.dbf"), "a layer without features is a table without rows");
    assert!(entries(&bench.body("/download/formats/vide.shp.zip")).contains("vide.shp"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shapefile_cannot_hold_is_said_in_it() {
    let bench = bench().await;
    let archive = bench.body("/download/formats/valeurs.shp.zip");
    let names = entry(&archive, "names.csv").expect("names.csv");
    for told in
        ["values longer than 254 bytes are cut", "instants in UTC, as text", "numbers with more digits"]
    {
        assert!(names.contains(told), "{names}");
    }
    let long = entry(&archive, "valeurs.long-texts.csv").expect("long texts");
    assert!(long.contains(&"longue phrase, ".repeat(30)), "the text stands whole: {long}");
    let wide = entry(&bench.body("/download/formats/large.shp.zip"), "names.csv").expect("names.csv");
    let rows: Vec<&str> = wide.lines().skip(1).collect();
    let fields: BTreeSet<String> =
        rows.iter().map(|r| r.split(',').nth(3).expect("a field").to_lowercase()).collect();
    assert_eq!((rows.len(), fields.len()), (301, 301), "no two fields have one name");
    assert!(wide.contains("beyond 255 fields"));
    assert!(fields.iter().all(|f| f.trim_matches('"').len() <= 10), "{fields:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_is_one_archive_and_one_workbook() {
    let bench = bench().await;
    let archive = bench.body("/download/formats/formats.shp.zip");
    let format = OutputFormat::find("shape-zip").expect("shapefiles");
    for layer in ["valeurs", "surfaces", "hauteurs"] {
        assert!(entries(&archive).contains(&format!("{layer}.shp")), "{layer}");
    }
    assert_eq!(format.content_type(), "application/zip");
    let workbook = bench.body("/download/formats/formats.xlsx");
    let sheets = entry(&workbook, "xl/workbook.xml").expect("a workbook");
    for layer in super::LAYERS {
        assert!(sheets.contains(&format!("name=\"{layer}\"")), "{sheets}");
        let table = bench.table(layer, 4326).await;
        let read = read(OutputFormat::find("xlsx").expect("XLSX"), layer, &workbook);
        assert_eq!(read.rows.len(), table.rows.len(), "{layer}");
    }
    assert!(sheets.contains("name=\"notes\""), "{sheets}");
    // Twice the same type is twice a sheet.
    let wfs =
        "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=(sommets)(sommets)&outputFormat=xlsx";
    let sheets = entry(&bench.body(wfs), "xl/workbook.xml").expect("a workbook");
    assert!(sheets.contains("name=\"sommets\"") && sheets.contains("name=\"sommets_2\""), "{sheets}");
    let answer = get(&bench.url(&wfs.replace("xlsx", "shape-zip")));
    assert!(entries(&answer.body).contains("sommets_2.shp"));
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"features.shp.zip\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_of_a_workbook_have_types_and_texts_stay_texts() {
    let bench = bench().await;
    let workbook = bench.body("/download/formats/valeurs.xlsx");
    let sheet = entry(&workbook, "xl/worksheets/sheet1.xml").expect("a sheet");
    // 29 February 2024 in days since 1900 as spreadsheets count them, and half a day later.
    assert!(sheet.contains("<v>45351</v>"), "{sheet}");
    assert!(sheet.contains("t=\"b\"><v>1</v>") && sheet.contains("t=\"b\"><v>0</v>"), "{sheet}");
    assert!(sheet.contains("<t>=SOMME(A1:A9)</t>") && !sheet.contains("<f>"), "no formula comes from data");
    assert!(sheet.contains("<t>9007199254740993</t>"), "an integer beyond 15 digits is text");
    let surfaces = bench.body("/download/formats/surfaces.xlsx");
    let notes = entry(&surfaces, "xl/worksheets/sheet2.xml").expect("notes");
    assert!(notes.contains("the geometry is left out") && notes.contains("the text is cut"), "{notes}");
    assert!(
        !entries(&workbook).contains("xl/worksheets/sheet2.xml"),
        "no notes where there is nothing to note"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flatgeobuf_finds_what_is_in_a_box_by_its_index() {
    use gdal::vector::LayerAccess;
    let bench = bench().await;
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("valeurs.fgb");
    std::fs::write(&path, bench.body("/download/formats/valeurs.fgb")).expect("written");
    let dataset = gdal::Dataset::open(&path).expect("opened");
    let mut layer = dataset.layer(0).expect("a layer");
    assert_eq!(layer.feature_count(), 7);
    layer.set_spatial_filter_rect(889_000.0, 6_239_000.0, 891_000.0, 6_241_000.0);
    let at = layer.defn().field_index("fid").expect("fid");
    let fids: BTreeSet<i64> =
        layer.features().filter_map(|f| f.field_as_integer64(at).expect("a field")).collect();
    assert_eq!(fids, [7, 9_007_199_254_740_995].into());
}

//! Every format of maps, read back by other programs and held against the PNG.

use crate::picture::Picture;
use crate::support::{Answer, get, region};
use crate::wms::error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Areas, lines and labels of the demo around its middle: 400 × 300 pixels of 100 m.
fn map(format: &str, more: &str) -> Answer {
    let format = percent_encoding::utf8_percent_encode(format, percent_encoding::NON_ALPHANUMERIC);
    let answer = get(&region().url(&format!(
        "/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&LAYERS=communes,routes&STYLES=&CRS=EPSG:2154\
         &BBOX=880000,6240000,920000,6270000&WIDTH=400&HEIGHT=300&FORMAT={format}{more}"
    )));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

/// The answer as a file, and as GDAL reads it.
fn by_gdal(folder: &Path, name: &str, bytes: &[u8], options: &[&str]) -> Picture {
    let (file, png) = (folder.join(name), folder.join(format!("{name}.png")));
    std::fs::write(&file, bytes).expect("written");
    let done =
        Command::new("gdal_translate").args(["-q", "-of", "PNG"]).args(options).args([&file, &png]).output();
    let done = done.expect("gdal_translate (package gdal-bin)");
    assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    Picture::decode(&std::fs::read(png).expect("a picture"))
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    (folder, path)
}

#[test]
fn pictures_in_every_format_show_the_same_map() {
    let (_kept, folder) = folder();
    let expected = Picture::decode(&map("image/png", "").body);
    for (format, name, options, off) in [
        ("image/png; mode=8bit", "a8.png", &["-expand", "rgb"][..], 40),
        ("image/jpeg", "a.jpg", &[], 60),
        ("image/webp", "a.webp", &[], 8),
        ("image/gif", "a.gif", &["-expand", "rgb"], 40),
        ("image/tiff", "a.tif", &[], 8),
    ] {
        let answer = map(format, "");
        assert_eq!(answer.header("content-type"), format);
        let got = by_gdal(&folder, name, &answer.body, options);
        let far = got.differing(&expected, off);
        // The database gives features in any order: where strokes meet, pixels of two drawings differ a little.
        assert!(far * 100 <= 400 * 300, "{format}: {far} pixels");
        assert_eq!((got.width, got.height), (400, 300));
    }
    // What lets through does so where the format can.
    let clear = |p: [u8; 4]| p[3] == 0;
    let expected = Picture::decode(&map("image/png", "&TRANSPARENT=TRUE").body).count(clear);
    assert!(expected > 1000, "there is some sea: {expected}");
    for (format, name, options) in [
        ("image/webp", "t.webp", &[][..]),
        ("image/gif", "t.gif", &["-expand", "rgba"]),
        ("image/tiff", "t.tif", &[]),
        ("image/png; mode=8bit", "t8.png", &["-expand", "rgba"]),
    ] {
        let got = by_gdal(&folder, name, &map(format, "&TRANSPARENT=TRUE").body, options);
        let found = got.count(clear);
        assert!(found.abs_diff(expected) < 600, "{format}: {found} of {expected}");
    }
}

#[test]
fn a_tiff_lies_where_the_map_was_asked_for() {
    let (_kept, folder) = folder();
    let file = folder.join("a.tif");
    std::fs::write(&file, map("image/tiff", "").body).expect("written");
    let info =
        Command::new("gdalinfo").arg("-json").arg(&file).output().expect("gdalinfo (package gdal-bin)");
    let info: serde_json::Value = serde_json::from_slice(&info.stdout).expect("JSON");
    assert_eq!(info["geoTransform"], serde_json::json!([880000.0, 100.0, 0.0, 6270000.0, 0.0, -100.0]));
    assert!(info["coordinateSystem"]["wkt"].to_string().contains("\"EPSG\\\",2154"), "{info}");
}

#[test]
fn drawings_stay_sharp_and_show_the_same_map() {
    let (_kept, folder) = folder();
    let expected = Picture::decode(&map("image/png", "").body);
    let svg = map("image/svg+xml", "");
    assert_eq!(svg.header("content-type"), "image/svg+xml");
    assert!(svg.text().contains("viewBox=\"0 0 400 300\"") && !svg.text().contains("<image"), "no pixels");
    let tree = resvg::usvg::Tree::from_str(&svg.text(), &resvg::usvg::Options::default()).expect("an SVG");
    let mut pixels = resvg::tiny_skia::Pixmap::new(400, 300).expect("pixels");
    let scale = 400.0 / tree.size().width();
    let place = resvg::tiny_skia::Transform::from_scale(scale, scale);
    resvg::render(&tree, place, &mut pixels.as_mut());
    let drawn = Picture::decode(&pixels.encode_png().expect("a PNG"));
    let far = drawn.differing(&expected, 90);
    assert!(far * 50 < 400 * 300, "SVG: {far} pixels");
    let pdf = map("application/pdf", "");
    assert!(pdf.body.starts_with(b"%PDF-1."));
    // 400 pixels of 0.28 mm at 90.7 dots an inch.
    let config = ["--config", "GDAL_PDF_DPI", "90.714"];
    let drawn = by_gdal(&folder, "a.pdf", &pdf.body, &config);
    assert_eq!((drawn.width, drawn.height), (400, 300));
    let far = drawn.differing(&expected, 90);
    assert!(far * 50 < 400 * 300, "PDF: {far} pixels");
    let legend = get(&region()
        .url("/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=routes&FORMAT=image/svg%2Bxml"));
    assert!(legend.text().contains("<path") && !legend.text().contains("<image"), "{}", legend.text());
}

#[test]
fn other_formats_are_refused_with_those_there_are_and_tiles_have_four() {
    let answer = get(&region().url(
        "/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&LAYERS=communes&STYLES=&CRS=EPSG:2154\
         &BBOX=880000,6240000,920000,6270000&WIDTH=40&HEIGHT=30&FORMAT=image/bmp",
    ));
    assert!(error(&answer, "InvalidFormat").contains("application/pdf"));
    let tile = |end: &str| {
        get(&region().url(&format!("/wmts/1.0.0/communes/default/WebMercatorQuad/8/93/131.{end}")))
    };
    assert_eq!(tile("webp").header("content-type"), "image/webp");
    assert!(tile("svg").text().contains(".png, .jpg, .webp or .mvt"), "{}", tile("svg").text());
    let map = |f: &str| get(&region().url(&format!("/ogc/collections/communes/map?width=100&f={f}")));
    for (f, media) in [("webp", "image/webp"), ("svg", "image/svg+xml"), ("pdf", "application/pdf")] {
        assert_eq!(map(f).header("content-type"), media);
    }
    assert_eq!(map("bmp").status, 400);
}

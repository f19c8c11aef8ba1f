//! The gallery of `docs/gallery.md`: every style in it is read, and draws the picture beside it.

use crate::picture::Picture;
use crate::rasters::Place;
use crate::support::region::fixture;
use crate::support::{get, post};
use datasud::cli::demo;
use datasud::model::Slug;
use datasud::publish::Request;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/gallery")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn pictures() -> Vec<Value> {
    serde_json::from_str(&read("pictures.json")).expect("JSON")
}

fn text<'a>(picture: &'a Value, key: &str) -> &'a str {
    picture[key].as_str().unwrap_or_else(|| panic!("{key} of {picture}"))
}

/// The demo's region with the relief beside it. Styles that can't be sent with a map are those of their layers.
async fn place() -> Place {
    let place = Place::new().await;
    let mut requests = demo::requests(&fixture("")).expect("the region's description");
    for request in &mut requests {
        let style = match request.dataset.as_ref().map(Slug::as_str) {
            Some("communes") => "qgis.qml",
            Some("routes") => "maplibre.json",
            _ => continue,
        };
        request.style = Some(read(style));
    }
    requests.push(Request {
        files: vec![folder().join("relief.tif")],
        dataset: Some(Slug::parse("relief").expect("a slug")),
        organisation: requests.first().and_then(|r| r.organisation.clone()),
        ..Request::default()
    });
    let publisher = place.publisher();
    for request in requests {
        publisher.publish(request, &|_| ()).await.expect("published");
    }
    place
}

/// The form that `docs/gallery/make` posts for a picture.
fn form(picture: &Value) -> String {
    let mut pairs = vec![
        ("SERVICE", "WMS".to_owned()),
        ("VERSION", "1.3.0".to_owned()),
        ("FORMAT", "image/png; mode=8bit".to_owned()),
    ];
    let style = text(picture, "style");
    if style.ends_with(".sld") {
        pairs.push(("SLD_BODY", read(style)));
    } else {
        pairs.push(("LAYERS", text(picture, "layer").to_owned()));
        pairs.push(("STYLES", String::new()));
    }
    if picture["legend"] == true {
        pairs.push(("REQUEST", "GetLegendGraphic".to_owned()));
        pairs.push(("LAYER", text(picture, "layer").to_owned()));
    } else {
        let numbers = |key: &str| -> Vec<String> {
            picture[key].as_array().expect("numbers").iter().map(ToString::to_string).collect()
        };
        let size = numbers("size");
        pairs.push(("REQUEST", "GetMap".to_owned()));
        pairs.push(("CRS", "EPSG:2154".to_owned()));
        pairs.push(("BBOX", numbers("bbox").join(",")));
        pairs.push(("WIDTH", size[0].clone()));
        pairs.push(("HEIGHT", size[1].clone()));
    }
    let encoded = |value: &str| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_style_of_the_gallery_draws_the_picture_beside_it() {
    let place = place().await;
    let server = place.server();
    let base = server.base.clone();
    let drawn = tokio::task::spawn_blocking(move || {
        for picture in pictures() {
            let name = text(&picture, "name");
            let answer = post(&format!("{base}/wms"), "application/x-www-form-urlencoded", form(&picture));
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
            assert_eq!(answer.header("content-type"), "image/png; mode=8bit", "{name}: {}", answer.text());
            let got = Picture::decode(&answer.body);
            let first = got.at(0, 0);
            assert!(got.count(|p| p != first) > 100, "{name} is empty");
            let kept = std::fs::read(folder().join(format!("{name}.png"))).expect("the picture is kept");
            let kept = Picture::decode(&kept);
            assert_eq!((got.width, got.height), (kept.width, kept.height), "{name}: draw it again");
            // Room for other releases of the font.
            let allowed = (got.width * got.height) as usize / 50;
            let differing = got.differing(&kept, 60);
            assert!(differing <= allowed, "{name} is drawn otherwise ({differing} pixels): draw it again");
        }
        for picture in pictures().iter().filter(|p| p["generated"].is_object()) {
            let asked = picture["generated"].as_object().expect("parameters");
            let query: Vec<String> = asked
                .iter()
                .map(|(name, value)| {
                    format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                })
                .collect();
            let layer = text(picture, "layer");
            let path = format!("/ogc/collections/{layer}/styles/generated?{}&f=sld11", query.join("&"));
            assert_eq!(get(&format!("{base}{path}")).text(), read(text(picture, "style")), "{path}");
        }
    });
    drawn.await.expect("all drawn");
}

#[test]
fn the_page_shows_every_picture_and_the_folder_has_nothing_else_and_stays_small() {
    let page = std::fs::read_to_string(folder().with_extension("md")).expect("the page");
    let pictures = pictures();
    let mut known: Vec<String> = ["make", "pictures.json", "relief.tif"].map(str::to_owned).to_vec();
    for picture in &pictures {
        let (image, style) = (format!("{}.png", text(picture, "name")), text(picture, "style").to_owned());
        assert!(page.contains(&format!("gallery/{image}")), "{image} is not on the page");
        assert!(page.contains(&format!("gallery/{style}")), "{style} is not on the page");
        known.extend([image, style]);
    }
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder()).expect("the folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(known.contains(&name), "{name} belongs to no picture");
        bytes += entry.metadata().expect("a size").len();
    }
    assert!(bytes < 1_500_000, "{bytes}");
}

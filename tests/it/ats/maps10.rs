//! OGC API - Maps 1.0 (OGC 20-058 annex A), by requirement. The same map asked for by WMS is the expected picture.

use crate::picture::Picture;
use crate::support::region::region;
use crate::support::{Answer, get, get_with};
use serde_json::Value;

const LAMBERT: &str = "http://www.opengis.net/def/crs/EPSG/0/2154";
const MERCATOR: &str = "http://www.opengis.net/def/crs/EPSG/0/3857";
const WGS84: &str = "http://www.opengis.net/def/crs/EPSG/0/4326";
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const MAP: &str = "http://www.opengis.net/def/rel/ogc/1.0/map";

fn ogc(path: &str) -> String {
    region().url(&format!("/ogc{path}"))
}

#[track_caller]
fn map(path: &str) -> Answer {
    let answer = get(&ogc(path));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer
}

#[track_caller]
fn size(answer: &Answer) -> (u32, u32) {
    let picture = Picture::decode(&answer.body);
    (picture.width, picture.height)
}

/// `Content-Bbox`.
fn bbox(answer: &Answer) -> Vec<f64> {
    answer.header("content-bbox").split(',').map(|n| n.parse().expect("a number")).collect()
}

#[track_caller]
fn near(found: &[f64], expected: &[f64], by: f64) {
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= by), "{found:?} is not {expected:?}");
}

/// A map by WMS 1.3.0.
fn wms(query: &str) -> Vec<u8> {
    let start = "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&STYLES=&FORMAT=image/png&TRANSPARENT=TRUE";
    let answer = get(&region().url(&format!("{start}&{query}")));
    assert_eq!(answer.header("content-type"), "image/png", "{}", answer.text());
    answer.body
}

#[track_caller]
fn refused(path: &str, parameter: &str, words: &[&str]) {
    let answer = get(&ogc(path));
    assert_eq!(answer.status, 400, "{path}: {}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["parameter"], parameter, "{path}: {problem}");
    for word in words {
        assert!(problem["detail"].as_str().expect("a detail").contains(word), "{path}: {problem}");
    }
}

#[test]
fn maps10_core_maps_are_found_by_links_and_declared() {
    let classes = get(&ogc("/conformance")).json();
    let classes: Vec<&str> =
        classes["conformsTo"].as_array().expect("classes").iter().filter_map(Value::as_str).collect();
    for class in [
        "core",
        "scaling",
        "spatial-subsetting",
        "background",
        "crs",
        "display-resolution",
        "collection-map",
        "dataset-map",
        "styled-map",
        "collections-selection",
        "tilesets",
        "png",
        "jpeg",
    ] {
        let class = format!("http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/{class}");
        assert!(classes.contains(&class.as_str()), "{class}");
    }
    let collections = get(&ogc("/collections")).json();
    let mut documents: Vec<Value> = collections["collections"].as_array().expect("collections").clone();
    documents.push(get(&ogc("")).json());
    for document in documents {
        let links = document["links"].as_array().expect("links");
        let maps: Vec<&Value> = links.iter().filter(|link| link["rel"] == MAP).collect();
        assert!(maps.len() >= 2, "{document}");
        for link in maps {
            let answer = get(link["href"].as_str().expect("an address"));
            assert_eq!(answer.status, 200, "{link}: {}", answer.text());
            assert_eq!(answer.header("content-type"), link["type"].as_str().expect("a type"), "{link}");
        }
    }
    let api = get(&ogc("/api")).json();
    for path in
        ["/map", "/collections/{collectionId}/map", "/collections/{collectionId}/styles/{styleId}/map"]
    {
        assert!(api["paths"][path]["get"]["parameters"].as_array().expect("parameters").len() > 15, "{path}");
    }
}

#[test]
fn maps10_core_a_map_without_parameters_shows_all_in_the_system_of_the_data() {
    let answer = map("/collections/communes/map");
    let collection = get(&ogc("/collections/communes")).json();
    assert_eq!(
        answer.header("content-crs"),
        format!("<{}>", collection["storageCrs"].as_str().expect("a system"))
    );
    let (width, height) = size(&answer);
    assert_eq!(width.max(height), 1024);
    let area = bbox(&answer);
    let shape = (area[2] - area[0]) / (area[3] - area[1]);
    assert!((shape - f64::from(width) / f64::from(height)).abs() < 0.01, "{area:?} in {width} x {height}");
    let shown = Picture::decode(&answer.body);
    assert!(shown.count(|p| p[3] > 0) > 1000, "something is drawn");
    // All of it, as the collection tells its extent.
    let lonlat = map(&format!("/collections/communes/map?crs={CRS84}"));
    let extent: Vec<f64> =
        serde_json::from_value(collection["extent"]["spatial"]["bbox"][0].clone()).expect("numbers");
    near(&bbox(&lonlat), &extent, 1e-4);
}

#[test]
fn maps10_core_the_form_is_that_of_f_or_of_accept() {
    let png = map("/collections/communes/map?width=64");
    assert_eq!(png.header("content-type"), "image/png");
    assert_eq!(png.header("vary"), "Accept");
    let jpeg = get_with(&ogc("/collections/communes/map?width=64"), &[("accept", "image/jpeg")]);
    assert_eq!(jpeg.header("content-type"), "image/jpeg");
    assert_eq!(map("/collections/communes/map?width=64&f=jpeg").body, jpeg.body);
    refused("/collections/communes/map?f=bmp", "f", &["png", "jpeg"]);
    let again =
        get_with(&ogc("/collections/communes/map?width=64"), &[("if-none-match", png.header("etag"))]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(get(&ogc("/collections/nowhere/map")).status, 404);
    refused("/collections/communes/map?couleur=rouge", "couleur", &["bgcolor"]);
    refused("/collections/communes/map?collections=routes", "collections", &[]);
}

#[test]
fn maps10_spatial_subsetting_every_way_to_say_a_box_draws_what_wms_draws() {
    // In the system of the data.
    let expected =
        wms("LAYERS=communes&CRS=EPSG:2154&BBOX=900000,6250000,940000,6270000&WIDTH=400&HEIGHT=200");
    for query in [
        format!("bbox=900000,6250000,940000,6270000&bbox-crs={LAMBERT}"),
        format!("subset=E(900000:940000),N(6250000:6270000)&subset-crs={LAMBERT}"),
        format!("subset=y(6250000:6270000),x(900000:940000)&subset-crs={LAMBERT}"),
        // A hundred metres for a pixel of 0.28 mm.
        format!("center=920000,6260000&center-crs={LAMBERT}&scale-denominator=357142.857142857"),
    ] {
        let answer = map(&format!("/collections/communes/map?crs={LAMBERT}&width=400&height=200&{query}"));
        near(&bbox(&answer), &[900_000.0, 6_250_000.0, 940_000.0, 6_270_000.0], 0.01);
        let (found, wanted) = (Picture::decode(&answer.body), Picture::decode(&expected));
        assert!(found.differing(&wanted, 2) < 40, "{query}: {} pixels differ", found.differing(&wanted, 2));
    }
    // In longitude and latitude, and in latitude and longitude.
    let expected = wms("LAYERS=communes&CRS=CRS:84&BBOX=5.4,43.4,5.8,43.6&WIDTH=400&HEIGHT=200");
    for (query, order) in [
        (format!("bbox=5.4,43.4,5.8,43.6&crs={CRS84}"), [5.4, 43.4, 5.8, 43.6]),
        (format!("bbox=43.4,5.4,43.6,5.8&bbox-crs={WGS84}&crs={CRS84}"), [5.4, 43.4, 5.8, 43.6]),
        (format!("bbox=5.4,43.4,0,5.8,43.6,900&crs={WGS84}"), [43.4, 5.4, 43.6, 5.8]),
        (format!("subset=Lat(43.4:43.6),Lon(5.4:5.8)&crs={WGS84}"), [43.4, 5.4, 43.6, 5.8]),
    ] {
        let answer = map(&format!("/collections/communes/map?width=400&height=200&{query}"));
        near(&bbox(&answer), &order, 1e-9);
        assert_eq!(Picture::decode(&answer.body).differing(&Picture::decode(&expected), 0), 0, "{query}");
    }
    // An axis that isn't named is whole.
    let all = bbox(&map(&format!("/collections/communes/map?width=50&crs={CRS84}")));
    let part = bbox(&map(&format!("/collections/communes/map?width=50&crs={CRS84}&subset=Lon(5.4:5.8)")));
    near(&part, &[5.4, all[1], 5.8, all[3]], 1e-9);
    for (query, parameter) in [
        ("bbox=1,2,3", "bbox"),
        ("bbox=5.8,43.4,5.4,43.6", "bbox"),
        ("bbox=5.4,43.4,5.8,NaN", "bbox"),
        ("bbox=5.4,43.4,5.8,43.6&center=5,43", "bbox"),
        ("bbox=5.4,43.4,5.8,43.6&bbox-crs=EPSG:99999", "bbox-crs"),
        ("subset=Lat(43.4:43.6),Lat(43:44)", "subset"),
        ("subset=Hauteur(1:2)", "subset"),
        ("subset=Lat(43.4)", "subset"),
        ("subset=Lat(43.6:43.4)", "subset"),
        ("center=5", "center"),
        ("center=5,x", "center"),
        ("crs=EPSG:99999", "crs"),
    ] {
        refused(&format!("/collections/communes/map?{query}"), parameter, &[]);
    }
}

#[test]
fn maps10_scaling_what_is_not_said_follows_from_what_is() {
    let of = |query: &str| {
        let box_of = format!("bbox=900000,6250000,940000,6270000&bbox-crs={LAMBERT}&crs={LAMBERT}");
        size(&map(&format!("/collections/communes/map?{box_of}&{query}")))
    };
    assert_eq!(of(""), (1024, 512));
    assert_eq!(of("width=300"), (300, 150));
    assert_eq!(of("height=100"), (200, 100));
    assert_eq!(of("width=70&height=90"), (70, 90));
    // 100 m a pixel of 0.28 mm.
    assert_eq!(of("scale-denominator=357142.857142857"), (400, 200));
    assert_eq!(of("scale-denominator=357142.857142857&mm-per-pixel=0.14"), (800, 400));
    let around = map(&format!(
        "/collections/communes/map?crs={LAMBERT}&scale-denominator=357142.857142857&width=40&height=20"
    ));
    let area = bbox(&around);
    near(&[area[2] - area[0], area[3] - area[1]], &[4000.0, 2000.0], 0.01);
    for (query, parameter) in [
        ("width=0", "width"),
        ("width=100000", "width"),
        ("height=-5", "height"),
        ("width=8192&height=8192", "width"),
        ("scale-denominator=0", "scale-denominator"),
        ("scale-denominator=x", "scale-denominator"),
        ("scale-denominator=1&bbox=5,43,6,44", "width"),
        ("scale-denominator=1000&bbox=5,43,6,44&width=10", "scale-denominator"),
        ("mm-per-pixel=0", "mm-per-pixel"),
        ("mm-per-pixel=99", "mm-per-pixel"),
    ] {
        refused(&format!("/collections/communes/map?{query}"), parameter, &[]);
    }
}

#[test]
fn maps10_background_is_nothing_white_or_coloured() {
    // A corner where there is no commune.
    let corner = |query: &str| {
        let area = "bbox=4,42,4.1,42.1&width=20&height=20";
        let answer = map(&format!("/collections/communes/map?{area}&{query}"));
        Picture::decode(&answer.body).at(10, 10)
    };
    assert_eq!(corner("")[3], 0, "nothing");
    assert_eq!(corner("transparent=false"), [255, 255, 255, 255]);
    for color in ["0xFF8800", "%23ff8800", "FF8800"] {
        assert_eq!(corner(&format!("bgcolor={color}")), [255, 136, 0, 255], "{color}");
    }
    assert_eq!(corner("bgcolor=0xFF8800&transparent=true")[3], 0);
    let jpeg = map("/collections/communes/map?bbox=4,42,4.1,42.1&width=20&height=20&f=jpeg");
    assert_eq!(jpeg.header("content-type"), "image/jpeg", "which has no transparency");
    assert_eq!(corner("void-color=0x00FF00&void-transparent=false")[3], 0, "nothing is void here");
    for (query, parameter) in [
        ("bgcolor=rouge", "bgcolor"),
        ("bgcolor=0xF80", "bgcolor"),
        ("transparent=oui", "transparent"),
        ("void-color=x", "void-color"),
        ("void-transparent=1", "void-transparent"),
    ] {
        refused(&format!("/collections/communes/map?{query}"), parameter, &[]);
    }
}

#[test]
fn maps10_crs_the_picture_and_its_box_are_in_the_system_asked_for() {
    let expected =
        wms("LAYERS=communes&CRS=EPSG:3857&BBOX=600000,5370000,640000,5400000&WIDTH=400&HEIGHT=300");
    let area = format!("bbox=600000,5370000,640000,5400000&bbox-crs={MERCATOR}&width=400&height=300");
    let answer = map(&format!("/collections/communes/map?{area}&crs={MERCATOR}"));
    assert_eq!(answer.header("content-crs"), format!("<{MERCATOR}>"));
    assert_eq!(Picture::decode(&answer.body).differing(&Picture::decode(&expected), 0), 0);
    // The box moves into the system of the data, whose picture is another.
    let moved = map(&format!("/collections/communes/map?{area}"));
    assert_eq!(moved.header("content-crs"), format!("<{LAMBERT}>"));
    assert!(bbox(&moved)[0] > 800_000.0 && bbox(&moved)[1] > 6_000_000.0, "{:?}", bbox(&moved));
}

#[test]
fn maps10_dataset_map_shows_the_collections_chosen_one_above_the_other() {
    let area = "bbox=5.4,43.4,5.8,43.6&width=400&height=200";
    let two = map(&format!("/map?collections=communes,routes&crs={CRS84}&{area}"));
    let expected =
        wms("LAYERS=communes,routes&STYLES=&CRS=CRS:84&BBOX=5.4,43.4,5.8,43.6&WIDTH=400&HEIGHT=200");
    assert_eq!(Picture::decode(&two.body).differing(&Picture::decode(&expected), 0), 0);
    let turned = map(&format!("/map?collections=routes,communes&crs={CRS84}&{area}"));
    assert!(turned.body != two.body, "the last lies on top");
    assert!(map(&format!("/map?{area}")).body.len() > 1000);
    let scoped = get(&region().url(&format!("/dataset/communes/ogc/map?crs={CRS84}&{area}")));
    assert_eq!(scoped.status, 200, "{}", scoped.text());
    refused("/map?collections=communes,nowhere", "collections", &["nowhere"]);
    refused("/map?collections=communes,communes", "collections", &["twice"]);
}

#[test]
fn maps10_styled_map_draws_in_the_style_of_the_address() {
    let collection = get(&ogc("/collections/communes")).json();
    let plain = map("/collections/communes/map?width=100");
    let styled = map("/collections/communes/styles/default/map?width=100");
    assert_eq!(plain.body, styled.body, "{collection}");
    let answer = get(&ogc("/collections/communes/styles/nulle_part/map"));
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("default"), "{}", answer.text());
}

//! Part 2, Coordinate Reference Systems by Reference (OGC 18-058r1 annex A): discovery, parameter crs, parameter
//! bbox-crs. Coordinates are compared with formulas of our own, for the systems that have short ones.

use super::{CRS84, GEOJSON, all, ask, collections, extent, id, ids, items_address, json, ogc, positions};
use crate::support::{Answer, get_with};
use gdal::spatial_ref::{CoordTransform, SpatialRef};
use serde_json::Value;
use std::f64::consts::FRAC_PI_4;

const UNSUPPORTED: &str = "http://www.opengis.net/def/crs/0/unsupported";

/// Systems of a collection, in order.
fn systems(collection: &Value) -> Vec<&str> {
    let list = collection["crs"].as_array().expect("/req/crs/fc-md-crs-list: crs");
    list.iter().map(|crs| crs.as_str().expect("/req/crs/crs-uri: a string")).collect()
}

/// Web Mercator, x and y of longitude and latitude.
fn mercator([lon, lat]: [f64; 2]) -> [f64; 2] {
    let radius = 6_378_137.0;
    [radius * lon.to_radians(), radius * (FRAC_PI_4 + lat.to_radians() / 2.0).tan().ln()]
}

/// Lambert-93, by the constants that the IGN publishes (NTG 71).
fn lambert([lon, lat]: [f64; 2]) -> [f64; 2] {
    let (n, c, xs, ys, e) =
        (0.725_607_765_053_267, 11_754_255.426_096, 700_000.0, 12_655_612.049_876, 0.081_819_191_042_816_f64);
    let phi = lat.to_radians();
    let isometric =
        (FRAC_PI_4 + phi / 2.0).tan().ln() - e / 2.0 * ((1.0 + e * phi.sin()) / (1.0 - e * phi.sin())).ln();
    let (radius, gamma) = (c * (-n * isometric).exp(), n * (lon - 3.0).to_radians());
    [xs + radius * gamma.sin(), ys - radius * gamma.cos()]
}

/// What a position in CRS84 is in a system in the order of its axes, and how near that comes; nothing where the
/// formula is long, as the suite leaves out the systems that it doesn't know.
fn expected(crs: &str, [lon, lat]: [f64; 2]) -> Option<([f64; 2], f64)> {
    match crs.rsplit('/').next()? {
        "CRS84" => Some(([lon, lat], 1e-9)),
        // WGS 84, ETRS89 and RGF93 agree to less than the coordinates tell.
        "4326" | "4258" | "4171" => Some(([lat, lon], 1e-6)),
        "3857" => Some((mercator([lon, lat]), 0.05)),
        "2154" => Some((lambert([lon, lat]), 0.05)),
        _ => None,
    }
}

/// A box in longitude and latitude as one in a system that holds it.
fn boxed(crs: &str, [w, s, e, n]: [f64; 4]) -> Option<[f64; 4]> {
    let steps = 50;
    let mut out = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
    for step in 0..=steps {
        let part = f64::from(step) / f64::from(steps);
        let (x, y) = (w + (e - w) * part, s + (n - s) * part);
        for position in [[x, s], [x, n], [w, y], [e, y]] {
            let ([a, b], _) = expected(crs, position)?;
            out = [out[0].min(a), out[1].min(b), out[2].max(a), out[3].max(b)];
        }
    }
    Some(out)
}

#[track_caller]
fn in_system(answer: &Answer, crs: &str, test: &str) {
    assert_eq!(answer.status, 200, "{test}: {}", answer.text());
    assert_eq!(answer.header("content-crs"), format!("<{crs}>"), "{test}, /req/crs/ogc-crs-header");
}

/// Each position of a feature in a system against the same in CRS84.
#[track_caller]
fn transformed(crs: &str, plain: &Value, feature: &Value, test: &str) {
    assert_eq!((&plain["id"], &plain["properties"]), (&feature["id"], &feature["properties"]), "{test}");
    let (from, to) = (positions(plain), positions(feature));
    assert_eq!(from.len(), to.len(), "{test}: {crs}");
    for from in from {
        let Some((should, near)) = expected(crs, from) else { continue };
        // Rings turn round where the axes swap: the order of positions is not compared.
        let off = |p: &[f64; 2]| (should[0] - p[0]).abs().max((should[1] - p[1]).abs());
        let nearest = to.iter().map(off).fold(f64::MAX, f64::min);
        assert!(
            nearest <= near,
            "{test}: {crs}: {from:?} should be {should:?}, the nearest is {nearest} off"
        );
    }
}

#[test]
fn features10_crs_identifiers_are_uris_of_the_naming_authority() {
    let document = json(&ogc("/collections"), "/conf/crs/crs-uri");
    let global = document["crs"].as_array().cloned().unwrap_or_default();
    for listed in collections() {
        let alone = json(&ogc(&format!("/collections/{}", id(&listed))), "/conf/crs/crs-uri");
        for collection in [&listed, &alone] {
            let storage = collection["storageCrs"].as_str().expect("/req/crs/fc-md-storageCrs");
            let all = systems(collection);
            assert!(all.len() > 2, "/req/crs/fc-md-crs-list: {all:?}");
            for crs in all.iter().chain([&storage]) {
                let rest = crs.strip_prefix("http://www.opengis.net/def/crs/");
                let rest = rest.unwrap_or_else(|| panic!("/conf/crs/crs-uri: {crs}"));
                let parts: Vec<&str> = rest.split('/').collect();
                let plain = |p: &&str| p.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
                let good = parts.len() == 3 && parts.iter().all(|p| !p.is_empty() && plain(p));
                assert!(good, "/conf/crs/crs-uri, authority/version/code: {crs}");
            }
            assert!(all.contains(&CRS84), "/conf/crs/default-crs: {}", id(collection));
            let listed = all.contains(&storage) || global.contains(&Value::from(storage));
            assert!(listed, "/conf/crs/storageCrs: {storage}");
        }
    }
}

#[test]
fn features10_crs_parameter_invalid_is_refused() {
    for collection in collections() {
        let base = items_address(&collection).split('?').next().expect("an address");
        let feature = &all(&collection, "limit=1000")[0]["id"];
        for address in [base.to_owned(), format!("{base}/{feature}")] {
            for crs in [UNSUPPORTED, "nonsense", "http://www.opengis.net/def/crs/EPSG/0/99999"] {
                let answer = get_with(&format!("{address}?crs={crs}"), &[("accept", GEOJSON)]);
                let test = "/conf/crs/crs-parameter-invalid";
                assert_eq!(answer.status, 400, "{test}: {address} {crs}: {}", answer.text());
                assert_eq!(answer.json()["parameter"], "crs", "{test}: {address}");
            }
        }
    }
}

#[test]
fn features10_crs_any_system_of_the_registry_is_taken_though_collections_list_few() {
    let communes = collections().into_iter().find(|c| id(c) == "communes").expect("communes");
    let plain = ask(&communes, "limit=20").json();
    let wgs84 = SpatialRef::from_epsg(4326).expect("known to PROJ");
    // UTM 32 north, LCC of Europe (northing first), CC44, world Mercator, and the grid of Great Britain.
    for epsg in [32632, 3034, 3944, 3395, 2154, 27700] {
        let crs = format!("http://www.opengis.net/def/crs/EPSG/0/{epsg}");
        let answer = ask(&communes, &format!("limit=20&crs={crs}"));
        in_system(&answer, &crs, "/req/crs/fc-crs-definition");
        let target = SpatialRef::from_epsg(epsg).expect("known to PROJ");
        let to_target = CoordTransform::new(&wgs84, &target).expect("a transformation");
        let mut corners = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
        for (from, to) in all_of(&plain).iter().zip(all_of(&answer.json())) {
            let expected: Vec<[f64; 2]> = positions(from)
                .into_iter()
                .map(|[lon, lat]| {
                    let (mut x, mut y, mut z) = ([lat], [lon], [0.0]);
                    to_target.transform_coords(&mut x, &mut y, &mut z).expect("moved");
                    [x[0], y[0]]
                })
                .collect();
            let found = positions(to);
            assert_eq!(expected.len(), found.len(), "EPSG:{epsg}");
            for [a, b] in &expected {
                corners = [corners[0].min(*a), corners[1].min(*b), corners[2].max(*a), corners[3].max(*b)];
                let off = |p: &[f64; 2]| (a - p[0]).abs().max((b - p[1]).abs());
                let nearest = found.iter().map(off).fold(f64::MAX, f64::min);
                assert!(nearest < 0.05, "EPSG:{epsg}: [{a}, {b}] is {nearest} off");
            }
        }
        // The box of these in that system finds them again.
        let [a, b, c, d] = corners;
        let boxed = ask(&communes, &format!("limit=1000&bbox={a},{b},{c},{d}&bbox-crs={crs}")).json();
        let found: Vec<&Value> = all_of(&boxed).iter().map(|f| &f["id"]).collect();
        assert!(all_of(&plain).iter().all(|f| found.contains(&&f["id"])), "EPSG:{epsg}: bbox-crs");
        let filter = format!("S_INTERSECTS(geom,BBOX({a},{b},{c},{d}))");
        let filtered = ask(&communes, &format!("limit=1000&filter-crs={crs}&filter={filter}")).json();
        assert!(all_of(&filtered).len() >= 20, "EPSG:{epsg}: filter-crs");
    }
}

#[test]
fn features10_crs_a_system_where_the_region_has_no_place_is_a_clear_error_or_right() {
    let communes = collections().into_iter().find(|c| id(c) == "communes").expect("communes");
    // The other side of the world, both poles, and systems with a zone of their own.
    for epsg in [32760, 3031, 3413, 2193, 5490, 4647] {
        let crs = format!("http://www.opengis.net/def/crs/EPSG/0/{epsg}");
        let answer = ask(&communes, &format!("limit=20&crs={crs}"));
        match answer.status {
            200 => assert_eq!(all_of(&answer.json()).len(), 20, "EPSG:{epsg}"),
            status => assert_eq!(status, 400, "EPSG:{epsg}: {}", answer.text()),
        }
    }
}

fn all_of(page: &Value) -> &Vec<Value> {
    page["features"].as_array().expect("features")
}

#[test]
fn features10_crs_parameter_default_is_told_in_the_header() {
    for collection in collections() {
        let test = "/conf/crs/crs-parameter-default";
        let answer = ask(&collection, "limit=1");
        in_system(&answer, CRS84, test);
        let base = items_address(&collection).split('?').next().expect("an address");
        let address = format!("{base}/{}", answer.json()["features"][0]["id"]);
        in_system(&get_with(&address, &[("accept", GEOJSON)]), CRS84, test);
    }
}

#[test]
fn features10_crs_parameter_transform_moves_the_coordinates_of_lists_and_features() {
    let test = "/conf/crs/crs-parameter-transform";
    let mut compared = 0;
    for collection in collections() {
        let plain = ask(&collection, "limit=20").json();
        let base = items_address(&collection).split('?').next().expect("an address");
        for crs in systems(&collection) {
            let answer = ask(&collection, &format!("limit=20&crs={crs}"));
            in_system(&answer, crs, "/conf/crs/crs-parameter");
            let page = answer.json();
            let (from, to) = (plain["features"].as_array(), page["features"].as_array());
            let (from, to) = (from.expect("features"), to.expect("features"));
            assert_eq!(from.len(), to.len(), "{test}: {crs}");
            from.iter().zip(to).for_each(|(plain, feature)| transformed(crs, plain, feature, test));
            let one = get_with(&format!("{base}/{}?crs={crs}", from[0]["id"]), &[("accept", GEOJSON)]);
            in_system(&one, crs, "/conf/crs/crs-parameter");
            transformed(crs, &from[0], &one.json(), test);
            compared += usize::from(expected(crs, [5.0, 43.0]).is_some());
        }
    }
    assert!(compared >= 6 * collections().len(), "{test}: {compared} systems are known");
}

#[test]
fn features10_bbox_crs_parameter_chooses_the_same_in_every_system() {
    let test = "/conf/crs/bbox-crs-parameter";
    for collection in collections() {
        let [west, south, east, north] = extent(&collection);
        // Off every coordinate of the data, so that rounding decides nothing.
        let part = [west - 0.01, south - 0.01, f64::midpoint(west, east), f64::midpoint(south, north)];
        let query = |bbox: [f64; 4], more: &str| {
            let [a, b, c, d] = bbox;
            let answer = ask(&collection, &format!("limit=1000&bbox={a},{b},{c},{d}{more}"));
            assert_eq!(answer.status, 200, "{test}: {bbox:?} {more}: {}", answer.text());
            assert_eq!(answer.header("content-crs"), format!("<{CRS84}>"), "{test}: the answer stays");
            ids(&answer.json())
        };
        let plain = query(part, "");
        let whole = all(&collection, "limit=1000").len();
        assert!(!plain.is_empty() && plain.len() < whole, "{} must be cut", id(&collection));
        for crs in systems(&collection) {
            let Some(bbox) = boxed(crs, part) else { continue };
            let found = query(bbox, &format!("&bbox-crs={crs}"));
            if crs.ends_with("/2154") {
                // A box that holds the same area is a little larger there.
                assert!(found.is_superset(&plain), "{test}: {} {crs}", id(&collection));
                assert!(found.len() < whole, "{test}: {} {crs}", id(&collection));
            } else {
                assert_eq!(found, plain, "{test}: {} {crs}", id(&collection));
            }
        }
        assert_eq!(
            query(part, &format!("&bbox-crs={CRS84}")),
            plain,
            "/conf/crs/bbox-crs-parameter-default: {}",
            id(&collection)
        );
    }
}

#[test]
fn features10_bbox_crs_parameter_invalid_is_refused() {
    for collection in collections() {
        for crs in [UNSUPPORTED, "nonsense", "http://www.opengis.net/def/crs/EPSG/0/99999"] {
            let answer = ask(&collection, &format!("bbox=5,49,6,50&bbox-crs={crs}"));
            let test = "/conf/crs/bbox-crs-parameter-invalid";
            assert_eq!(answer.status, 400, "{test}: {crs}: {}", answer.text());
            assert_eq!(answer.json()["parameter"], "bbox-crs", "{test}: {crs}");
        }
    }
}

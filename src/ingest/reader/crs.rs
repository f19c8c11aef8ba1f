//! Which coordinate reference system a layer is in, and whether its coordinates can be.

use super::ogr;
use crate::geo::{BBox, Crs, Transform};
use gdal::spatial_ref::SpatialRef;
use std::sync::Arc;

/// Confidence in percent above which PROJ's match is taken.
const CONFIDENT: i32 = 90;

/// The registered system that a definition means, `None` when none is recognised.
pub(super) fn recognise(system: &SpatialRef) -> Option<Arc<Crs>> {
    let known = |code: i32| Crs::from_epsg(code).ok();
    let registered = |system: &SpatialRef| match system.auth_name()?.as_str() {
        "EPSG" => known(system.auth_code().ok()?),
        // CRS84 has no numeric code.
        "OGC" if system.authority().is_ok_and(|a| a.contains("84")) => known(4326),
        _ => None,
    };
    // A height may come along: its horizontal part is what counts.
    let part = |node| ogr::epsg_of_part(system, node).and_then(known);
    registered(system)
        .or_else(|| part(c"PROJCS"))
        .or_else(|| if system.is_projected() { None } else { part(c"GEOGCS") })
        // French names first: PROJ finds several realisations of RGF93 equally good.
        .or_else(|| by_name(system).and_then(known))
        .or_else(|| {
            let found = ogr::matches(system);
            found.into_iter().filter(|(_, confidence)| *confidence >= CONFIDENT).find_map(|(c, _)| known(c))
        })
        .or_else(|| by_parameters(system).and_then(known))
}

/// Recognises the names that French and ESRI software write without code.
fn by_name(system: &SpatialRef) -> Option<i32> {
    let name: String = system
        .name()?
        .to_lowercase()
        .chars()
        .map(|c| match c {
            'é' | 'è' => 'e',
            c if c.is_alphanumeric() => c,
            _ => ' ',
        })
        .collect();
    let words: Vec<&str> = name.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    if system.is_geographic() {
        return match words.join("_").as_str() {
            "gcs_wgs_1984" | "wgs_1984" | "wgs_84" | "wgs84" => Some(4326),
            "gcs_rgf_1993" | "rgf93" | "rgf_1993" | "rgf93_v1" | "gcs_rgf93" => Some(4171),
            "gcs_etrs_1989" | "etrs89" => Some(4258),
            _ => None,
        };
    }
    if !system.is_projected() || (system.linear_units() - 1.0).abs() > 1e-9 {
        return None;
    }
    let rgf = has("rgf93") || has("rgf") || has("rgf1993");
    if name.contains("lambert 93") || name.contains("lambert93") || (rgf && has("l93")) {
        return Some(2154);
    }
    if rgf && let Some(zone) = conic_zone(&words) {
        return Some(3900 + zone);
    }
    if name.contains("web mercator") || name.contains("pseudo mercator") {
        return Some(3857);
    }
    if has("ntf") || has("lambert") && (has("zone") || has("carto") || has("france")) {
        let extended = has("etendu") || has("carto") || has("etendue");
        return match (has("ii") || has("2"), extended) {
            (true, true) => Some(27572),
            _ if has("nord") => Some(27561),
            _ if has("centre") => Some(27562),
            _ if has("sud") => Some(27563),
            _ if has("corse") => Some(27564),
            (true, false) if has("zone") => Some(27572),
            _ if has("iii") && has("zone") => Some(27573),
            _ if has("iv") && has("zone") => Some(27574),
            _ if has("i") && has("zone") => Some(27571),
            _ => None,
        };
    }
    None
}

/// The zone of `CC45`, `cc 45` or `zone 4` (which is CC45: zones count from CC42).
fn conic_zone(words: &[&str]) -> Option<i32> {
    let number = |text: &str| text.parse::<i32>().ok();
    let zone = words
        .iter()
        .find_map(|w| w.strip_prefix("cc").and_then(number))
        .or_else(|| words.windows(2).find(|w| w[0] == "cc").and_then(|w| number(w[1])))
        .or_else(|| words.windows(2).find(|w| w[0] == "zone").and_then(|w| number(w[1])).map(|z| z + 41))?;
    (42..=50).contains(&zone).then_some(zone)
}

/// Recognises RGF93's conic projections by their numbers alone.
fn by_parameters(system: &SpatialRef) -> Option<i32> {
    if !system.is_projected() || !(6_378_136.9..6_378_137.1).contains(&system.semi_major().ok()?) {
        return None;
    }
    let value = |name: &str| system.get_proj_param(name).ok().flatten();
    let (east, north) = (value("false_easting")?, value("false_northing")?);
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    if !near(value("central_meridian")?, 3.0) {
        return None;
    }
    if near(east, 700_000.0) && near(north, 6_600_000.0) {
        return Some(2154);
    }
    let zone = (north - 200_000.0) / 1_000_000.0;
    (near(east, 1_700_000.0) && near(zone, zone.round()) && (1.0..=9.0).contains(&zone))
        .then(|| 3941 + zone.round() as i32)
}

/// The box, x first, in which coordinates of the system can reasonably lie: its area of use with a wide
/// margin, since data cross borders and the antimeridian. `None` where the registry says nothing.
pub(super) fn bounds(crs: &Arc<Crs>) -> Option<BBox> {
    const WORLD: BBox = BBox::new(-200.0, -90.01, 200.0, 90.01);
    let [west, south, east, north] = crs.area_of_use?;
    if crs.geographic {
        // Geographic systems are used far beyond their area (4171 or 4258 for the whole of Europe).
        return Some(WORLD);
    }
    let area = if west > east {
        BBox::new(-180.0, south, 180.0, north)
    } else {
        BBox::new(west, south, east, north)
    };
    let margin = (area.width().max(area.height()) / 2.0).clamp(1.0, 20.0);
    let wide = area.expanded(margin).intersection(&BBox::new(-180.0, -89.0, 180.0, 89.0))?;
    let lonlat = Crs::from_epsg(4326).ok()?;
    let native = Transform::new(&lonlat, crs).ok()?.bbox(&wide).ok()?;
    // The world's edge is no edge of data.
    Some(native.expanded(native.width().max(native.height()) * 0.02))
}

/// What the coordinates look like, when they can't be what was said.
pub(super) fn suggestion(extent: &BBox, said: &Crs) -> Option<&'static str> {
    let [x, y] = extent.centre();
    let within = |west: f64, south: f64, east: f64, north: f64| {
        x > west && x < east && y > south && y < north && extent.is_valid()
    };
    if !said.geographic && extent.intersection(&BBox::new(-180.0, -90.0, 180.0, 90.0)) == Some(*extent) {
        return Some("longitude and latitude (EPSG:4326)");
    }
    if within(-100_000.0, 6_000_000.0, 1_300_000.0, 7_200_000.0) {
        return Some("Lambert-93 (EPSG:2154)");
    }
    const ZONES: [&str; 9] = [
        "CC42 (EPSG:3942)",
        "CC43 (EPSG:3943)",
        "CC44 (EPSG:3944)",
        "CC45 (EPSG:3945)",
        "CC46 (EPSG:3946)",
        "CC47 (EPSG:3947)",
        "CC48 (EPSG:3948)",
        "CC49 (EPSG:3949)",
        "CC50 (EPSG:3950)",
    ];
    if within(1_000_000.0, 1_000_000.0, 2_400_000.0, 9_600_000.0) {
        return ZONES.get(((y - 700_000.0) / 1_000_000.0) as usize).copied();
    }
    if within(-20_037_508.0, -20_037_508.0, 20_037_508.0, 20_037_508.0) && said.geographic {
        return Some("metres of a projected system, such as Lambert-93 (EPSG:2154) or EPSG:3857");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn esri(name: &str, north: f64, east: f64, parallels: (f64, f64), origin: f64) -> SpatialRef {
        let (one, two) = parallels;
        SpatialRef::from_esri(&format!(
            "PROJCS[\"{name}\",GEOGCS[\"GCS_RGF_1993\",DATUM[\"D_RGF_1993\",SPHEROID[\"GRS_1980\",6378137.0,298.257222101]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Lambert_Conformal_Conic\"],PARAMETER[\"False_Easting\",{east}],PARAMETER[\"False_Northing\",{north}],PARAMETER[\"Central_Meridian\",3.0],PARAMETER[\"Standard_Parallel_1\",{one}],PARAMETER[\"Standard_Parallel_2\",{two}],PARAMETER[\"Latitude_Of_Origin\",{origin}],UNIT[\"Meter\",1.0]]"
        ))
        .expect("definition")
    }

    #[test]
    fn definitions_without_code_are_recognised_by_name_and_by_numbers() {
        let code = |s: &SpatialRef| recognise(s).map(|c| c.srid);
        for name in ["RGF_1993_Lambert_93", "RGF93_Lambert_93", "RGF93 / Lambert-93", "chez nous"] {
            assert_eq!(code(&esri(name, 6_600_000.0, 700_000.0, (44.0, 49.0), 46.5)), Some(2154), "{name}");
        }
        for name in ["RGF93_CC44", "RGF_1993_CC44", "RGF93 / CC44", "notre zone"] {
            let system = esri(name, 3_200_000.0, 1_700_000.0, (43.25, 44.75), 44.0);
            assert_eq!(code(&system), Some(3944), "{name}");
        }
    }

    #[test]
    fn every_code_that_french_producers_use_is_recognised_from_esri_text() {
        for srid in [2154, 3943, 3946, 4326, 4171, 3857, 27572, 27563, 32631, 32632, 2975, 3035] {
            let system = SpatialRef::from_epsg(srid).expect("known");
            system.morph_to_esri().expect("ESRI form");
            let stripped = SpatialRef::from_esri(&system.to_wkt().expect("text")).expect("read");
            assert_eq!(recognise(&stripped).map(|c| c.srid), i32::try_from(srid).ok());
        }
    }

    #[test]
    fn a_local_system_is_not_mistaken_for_a_registered_one() {
        let system = esri("plan communal", 1_234.0, 5_678.0, (44.0, 49.0), 46.5);
        assert_eq!(recognise(&system), None);
    }

    #[test]
    fn bounds_hold_the_area_and_metres_are_not_degrees() {
        let crs = |code| Crs::from_epsg(code).expect("known");
        let lambert = bounds(&crs(2154)).expect("bounds");
        assert!(lambert.contains(900_000.0, 6_250_000.0) && !lambert.contains(5.4, 43.3));
        let degrees = bounds(&crs(4326)).expect("bounds");
        assert!(degrees.contains(183.8, -22.0) && !degrees.contains(900_000.0, 6_250_000.0));
        let box_93 = BBox::new(880_000.0, 6_240_000.0, 890_000.0, 6_250_000.0);
        assert_eq!(suggestion(&box_93, &crs(4326)), Some("Lambert-93 (EPSG:2154)"));
        let box_44 = BBox::new(1_880_000.0, 3_140_000.0, 1_890_000.0, 3_150_000.0);
        assert_eq!(suggestion(&box_44, &crs(2154)), Some("CC44 (EPSG:3944)"));
        let degrees = BBox::new(5.0, 43.0, 6.0, 44.0);
        assert_eq!(suggestion(&degrees, &crs(2154)), Some("longitude and latitude (EPSG:4326)"));
    }
}

//! Where and when.

use super::super::graph::expanded;
use super::resource::Reading;
use super::statements::address;
use crate::catalogue::record::{Distance, Moment, Period, Record, Term};
use crate::geo::{BBox, Crs, CrsRef, Transform};
use oxrdf::NamedOrBlankNode;

/// Reads places, periods and resolution.
pub(super) fn read(of: &Reading<'_>, record: &mut Record) {
    for node in of.nodes("dct:spatial") {
        location(of, &node, record);
    }
    let words = of.said.all_words(of.subject, "dct:spatial", of.language);
    for text in words {
        match bbox(&text) {
            Some(bbox) => record.boxes.push(bbox),
            None => record.places.push(Term::plain(text)),
        }
    }
    record.periods = of.nodes("dct:temporal").iter().filter_map(|node| period(of, node)).collect();
    let texts = of.said.all_words(of.subject, "dct:temporal", of.language);
    record.periods.extend(texts.iter().filter_map(|text| text.parse::<Period>().ok()));
    for text in of.said.all_words(of.subject, "dcat:spatialResolutionInMeters", "") {
        if let Some(value) = text.parse().ok().filter(|value: &f64| value.is_finite()) {
            record.distances.push(Distance { value, unit: "m".to_owned() });
        }
    }
    for node in of.nodes("dqv:hasQualityMeasurement") {
        record.scales.extend(scale(of, &node));
    }
}

fn location(of: &Reading<'_>, node: &NamedOrBlankNode, record: &mut Record) {
    // One box of a place, however many ways it is written in.
    let shapes = ["dcat:bbox", "locn:geometry", "dct:spatial"]
        .into_iter()
        .flat_map(|property| of.said.all_words(node, property, ""));
    if let Some(bbox) = shapes.into_iter().find_map(|text| bbox(&text)) {
        record.boxes.push(bbox);
    }
    let uri = address(node).filter(|uri| !uri.contains('#')).map(str::to_owned);
    let text = of.said.label(node, of.language);
    match (text, uri) {
        (Some(text), uri) => record.places.push(Term { text, uri }),
        // A place of a list, as Geonames, known by its address.
        (None, Some(uri)) if of.said.of(node).next().is_none() => {
            record.places.push(Term::with_uri(uri.clone(), uri))
        }
        (None, _) => {}
    }
}

fn period(of: &Reading<'_>, node: &NamedOrBlankNode) -> Option<Period> {
    let side = |properties: [&str; 3], instant: &str| -> Option<Moment> {
        let own = properties.into_iter().flat_map(|p| of.said.all_words(node, p, ""));
        let nested = of.said.nodes(node, instant).into_iter().flat_map(|n| {
            ["inXSDDateTimeStamp", "inXSDDateTime", "inXSDDate"]
                .into_iter()
                .flat_map(move |name| {
                    of.said.all_words(&n, &format!("http://www.w3.org/2006/time#{name}"), "")
                })
                .collect::<Vec<_>>()
        });
        own.chain(nested).find_map(|text| text.parse().ok())
    };
    let begin = ["dcat:startDate", "http://schema.org/startDate", "https://schema.org/startDate"];
    let end = ["dcat:endDate", "http://schema.org/endDate", "https://schema.org/endDate"];
    let begin = side(begin, "http://www.w3.org/2006/time#hasBeginning");
    let end = side(end, "http://www.w3.org/2006/time#hasEnd");
    (begin.is_some() || end.is_some()).then_some(Period { begin, end })
}

/// The denominator of a scale that is written as a fraction.
fn scale(of: &Reading<'_>, node: &NamedOrBlankNode) -> Option<u32> {
    let metric = of.said.addresses(node, "dqv:isMeasurementOf");
    if !metric.contains(&expanded("geodcat:spatialResolutionAsScale")) {
        return None;
    }
    let value: f64 = of.said.words(node, "dqv:value", "")?.parse().ok()?;
    let denominator = (1.0 / value).round();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (denominator >= 1.0 && denominator <= f64::from(u32::MAX)).then_some(denominator as u32)
}

/// The box of a geometry in GeoJSON or well-known text, longitude first unless its system says otherwise (GeoSPARQL 1.1
/// section 8.5.1).
fn bbox(text: &str) -> Option<BBox> {
    let text = text.trim();
    if text.starts_with('{') {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        let mut numbers = Vec::new();
        positions(value.get("coordinates")?, &mut numbers);
        return around(&numbers).filter(in_world);
    }
    let (system, shape) = match text.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((system, shape)) => (Some(system), shape),
        None => (None, text),
    };
    let shape = shape.trim_start();
    if !shape.starts_with(|c: char| c.is_ascii_alphabetic()) || !shape.contains('(') {
        return None;
    }
    let numbers: Vec<[f64; 2]> = shape
        .split(['(', ')', ','])
        .filter_map(|position| {
            let mut numbers = position.split_whitespace().map(str::parse::<f64>);
            Some([numbers.next()?.ok()?, numbers.next()?.ok()?])
        })
        .collect();
    let mut bbox = around(&numbers)?;
    if let Some(system) = system {
        let system = CrsRef::parse(system).ok()?;
        if system.swapped(true) {
            bbox = BBox::new(bbox.min_y, bbox.min_x, bbox.max_y, bbox.max_x);
        }
        bbox = Transform::new(&system.crs, &Crs::from_epsg(4326).ok()?).ok()?.bbox(&bbox).ok()?;
    }
    Some(bbox).filter(in_world)
}

fn positions(value: &serde_json::Value, numbers: &mut Vec<[f64; 2]>) {
    let Some(list) = value.as_array() else { return };
    match (list.first().and_then(serde_json::Value::as_f64), list.get(1).and_then(serde_json::Value::as_f64))
    {
        (Some(x), Some(y)) => numbers.push([x, y]),
        _ => list.iter().for_each(|inner| positions(inner, numbers)),
    }
}

fn around(numbers: &[[f64; 2]]) -> Option<BBox> {
    let point = |[x, y]: &[f64; 2]| BBox::new(*x, *y, *x, *y);
    numbers.iter().map(point).reduce(|a, b| a.union(&b))
}

fn in_world(bbox: &BBox) -> bool {
    bbox.is_valid()
        && bbox.min_x >= -180.0
        && bbox.max_x <= 180.0
        && bbox.min_y >= -90.0
        && bbox.max_y <= 90.0
}

//! Where and when: locations, periods, resolutions, reference systems.

use super::graph::Graph;
use super::resource::Described;
use super::terms::INSPIRE_CODES;
use crate::catalogue::record::{Moment, Precision, Record};
use crate::geo::BBox;

/// Says where, when and how exactly.
pub(super) fn describe(graph: &mut Graph, subject: &str, of: &Described<'_>) {
    let record = of.record;
    for (n, bbox) in record.boxes.iter().enumerate() {
        let node = format!("{}#place-{}", of.node, n + 1);
        graph.link(subject, "dct:spatial", &node);
        graph.class(&node, "dct:Location");
        graph.value(&node, "dcat:bbox", wkt(bbox), "gsp:wktLiteral");
        // One geometry (DCAT-AP 3.0.1 section 8.11); portals read either.
        graph.value(&node, "locn:geometry", geojson(bbox), "iana:vnd.geo+json");
    }
    for (n, place) in record.places.iter().enumerate() {
        let own = place.uri.as_deref().and_then(super::graph::iri);
        let node = own.unwrap_or_else(|| format!("{}#name-{}", of.node, n + 1));
        graph.link(subject, "dct:spatial", &node);
        graph.class(&node, "dct:Location");
        graph.text(&node, "skos:prefLabel", &place.text, of.language);
    }
    for (n, period) in record.periods.iter().enumerate() {
        let node = format!("{}#period-{}", of.node, n + 1);
        graph.link(subject, "dct:temporal", &node);
        graph.class(&node, "dct:PeriodOfTime");
        for (property, moment) in [("dcat:startDate", period.begin), ("dcat:endDate", period.end)] {
            if let Some(moment) = moment {
                date(graph, &node, property, moment);
            }
        }
    }
    resolution(graph, subject, of);
    systems(graph, subject, record);
}

fn resolution(graph: &mut Graph, subject: &str, of: &Described<'_>) {
    for metres in of.record.distances.iter().filter_map(crate::catalogue::record::Distance::metres) {
        graph.value(subject, "dcat:spatialResolutionInMeters", metres.to_string(), "xsd:decimal");
    }
    for scale in of.record.scales.iter().filter(|scale| **scale > 0) {
        let node = format!("{}#scale-{scale}", of.node);
        graph.link(subject, "dqv:hasQualityMeasurement", &node);
        graph.class(&node, "dqv:QualityMeasurement");
        graph.link(&node, "dqv:isMeasurementOf", "http://data.europa.eu/930/spatialResolutionAsScale");
        let value = format!("{:.9}", 1.0 / f64::from(*scale));
        graph.value(&node, "dqv:value", value.trim_end_matches('0'), "xsd:decimal");
    }
}

fn systems(graph: &mut Graph, subject: &str, record: &Record) {
    let known = record.crs.iter().filter_map(|s| Some((s, super::graph::iri(s.uri.as_deref()?)?)));
    for (system, uri) in known {
        let uri = &uri;
        graph.link(subject, "dct:conformsTo", uri);
        graph.class(uri, "dct:Standard");
        graph.link(uri, "dct:type", "http://inspire.ec.europa.eu/glossary/SpatialReferenceSystem");
        graph.text(uri, "dct:title", system.name.as_deref().unwrap_or(&system.code), None);
    }
    if let Some(scope) = &record.spatial_scope {
        graph.link(subject, "dct:subject", &format!("{INSPIRE_CODES}/SpatialScope/{scope}"));
    }
}

/// A date with no more precision than it has.
pub(super) fn date(graph: &mut Graph, subject: &str, property: &'static str, moment: Moment) {
    let datatype = match moment.precision {
        Precision::Year => "xsd:gYear",
        Precision::Month => "xsd:gYearMonth",
        Precision::Day => "xsd:date",
        Precision::Instant => "xsd:dateTime",
    };
    graph.value(subject, property, moment.to_string(), datatype);
}

/// Longitude before latitude: the axis order of CRS84, which WKT without a system has (GeoSPARQL 1.1 requirement 15).
fn wkt(b: &BBox) -> String {
    let [w, s, e, n] = [b.min_x, b.min_y, b.max_x, b.max_y].map(rounded);
    format!("POLYGON(({w} {s},{e} {s},{e} {n},{w} {n},{w} {s}))")
}

fn geojson(b: &BBox) -> String {
    let [w, s, e, n] = [b.min_x, b.min_y, b.max_x, b.max_y].map(rounded);
    format!("{{\"type\":\"Polygon\",\"coordinates\":[[[{w},{s}],[{e},{s}],[{e},{n}],[{w},{n}],[{w},{s}]]]}}")
}

/// A ten-millionth of a degree is a centimetre.
fn rounded(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

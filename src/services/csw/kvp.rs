//! Requests as key-value pairs: OGC 07-006r1 clause 10 and OGC 12-176r7 tables 6, 12, 19 and 21.

use super::error::{CswError, short};
use super::output::{Output, accept_formats, output, output_format, prefers};
use super::request::{
    GetCapabilities, GetDomain, GetRecordById, GetRecords, Request, Terms, check_service, described_types,
    max_records, result_type, schema_language, sort_key, start_position, type_names_missing, types, view,
};
use super::version::Version;
use super::xml;
use crate::catalogue::SortKey;
use crate::config::Limits;
use crate::filter::ast::{Expr, LikePart};
use crate::filter::{Filter, Reading, ecql, kvp as pairs};
use crate::geo::CrsRef;
use crate::services::edge::Kvp;

/// Media types of OpenSearch description documents.
const DESCRIPTIONS: [&str; 2] =
    ["application/opensearchdescription+xml", "application/vnd.a9.opensearchdescription+xml"];
/// Words of a text search at most.
const WORDS: usize = 50;
/// Constraints of CSW 3.0 that are not understood: answering without them would answer another question.
const NOT_DONE: [&str; 3] = ["responsehandler", "federatedcatalogues", "distributedsearch"];
/// Metres around a point when the client names no radius (OGC 10-032r8 leaves it to the server).
const RADIUS: f64 = 10_000.0;

/// Reads a request; nothing at all asks for the capabilities, or for the OpenSearch description where `Accept`
/// says so (OGC 12-176r7 clause 6.4).
pub(super) fn request(
    kvp: &Kvp,
    version: Version,
    accept: Option<&str>,
    limits: &Limits,
) -> Result<Request, CswError> {
    if kvp.iter().next().is_none() {
        let description = prefers(accept, &DESCRIPTIONS);
        return Ok(if description {
            Request::Description
        } else {
            Request::GetCapabilities(GetCapabilities::default())
        });
    }
    let service = kvp.filled("service");
    let name = kvp.filled("request").ok_or_else(|| {
        CswError::missing("request", "parameter 'request' is needed, such as request=GetCapabilities")
    })?;
    check_service(service)?;
    match operation(name, version)? {
        "GetCapabilities" => capabilities(kvp, version),
        "DescribeRecord" => {
            output_format(kvp.filled("outputformat"))?;
            schema_language(kvp.filled("schemalanguage"))?;
            let names = kvp.filled("typename").or_else(|| kvp.filled("typenames")).unwrap_or_default();
            Ok(Request::DescribeRecord(described_types(names, "typeName")?))
        }
        "GetDomain" => {
            let names = |name: &str| {
                kvp.filled(name).map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>())
            };
            let properties = names("propertyname").or_else(|| names("valuereference"));
            Ok(Request::GetDomain(GetDomain::new(
                properties.unwrap_or_default(),
                names("parametername").unwrap_or_default(),
            )?))
        }
        "GetRecords" => Ok(Request::GetRecords(Box::new(records(kvp, version, accept, limits)?))),
        _ => {
            let (format, schema) = (kvp.filled("outputformat"), kvp.filled("outputschema"));
            let output = output(version, format, schema, accept)?;
            let ids = kvp.filled("id").unwrap_or_default();
            let ids = match version {
                Version::V202 => ids.split(',').map(str::to_owned).collect(),
                // One record, whose identifier may hold commas.
                Version::V300 => vec![ids.to_owned()],
            };
            Ok(Request::GetRecordById(GetRecordById::new(ids, output, kvp.filled("elementsetname"))?))
        }
    }
}

/// The operation of a name, in any case in 2.0.2.
fn operation(name: &str, version: Version) -> Result<&'static str, CswError> {
    let known = ["GetCapabilities", "DescribeRecord", "GetDomain", "GetRecords", "GetRecordById"];
    let found = known.into_iter().find(|k| k.eq_ignore_ascii_case(name));
    match (found, version) {
        (Some("DescribeRecord") | None, Version::V300) | (None, _) => Err(CswError::operation(name)),
        (Some(found), Version::V300) if found != name => Err(CswError::operation_case(name)),
        (Some(found), _) => Ok(found),
    }
}

fn capabilities(kvp: &Kvp, version: Version) -> Result<Request, CswError> {
    let list = |name: &str| -> Option<Vec<String>> {
        let parts = kvp.get(name)?.split(',').map(|s| s.trim().to_owned());
        Some(parts.filter(|s| !s.is_empty()).collect())
    };
    let formats = list("acceptformats").unwrap_or_default();
    Ok(Request::GetCapabilities(GetCapabilities {
        sections: list("sections"),
        update_sequence: kvp.filled("updatesequence").map(str::to_owned),
        text_xml: accept_formats(version, &formats)?,
    }))
}

fn records(
    kvp: &Kvp,
    version: Version,
    accept: Option<&str>,
    limits: &Limits,
) -> Result<GetRecords, CswError> {
    let output = output(version, kvp.filled("outputformat"), kvp.filled("outputschema"), accept)?;
    let names = kvp.filled("typenames").or_else(|| kvp.filled("typename"));
    match (names, version) {
        (Some(names), _) => drop(types(names, "typeNames")?),
        // Templates of OpenSearch need none: there is csw:Record.
        (None, Version::V300) => {}
        (None, Version::V202) => return Err(type_names_missing()),
    }
    let elements: Vec<String> = kvp
        .filled("elementname")
        .map(|list| list.split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect())
        .unwrap_or_default();
    let (set, elements) = view(version, kvp.filled("elementsetname"), &elements, output)?;
    let mut all: Vec<Filter> = constraint(kvp, limits)?.into_iter().collect();
    let mut terms = Terms::default();
    if version == Version::V300 {
        terms = searched(kvp, limits, &mut all)?;
    }
    let filter = match all.pop() {
        Some(one) if all.is_empty() => Some(one),
        Some(last) => {
            all.push(last);
            Some(Filter::And(all))
        }
        None => None,
    };
    Ok(GetRecords {
        request_id: kvp.filled("requestid").map(str::to_owned),
        result_type: result_type(version, kvp.filled("resulttype"))?,
        output,
        set,
        elements,
        filter,
        terms,
        sort: kvp.filled("sortby").map(sort_keys).transpose()?.unwrap_or_default(),
        start: start_position(kvp.filled("startposition"))?,
        max: max_records(version, kvp.filled("maxrecords"))?,
        echo: match output {
            Output::Atom => String::new(),
            Output::Records(_) => xml::echo_of_kvp(kvp, version),
        },
    })
}

/// `constraint`: an XML filter or a text in CQL.
fn constraint(kvp: &Kvp, limits: &Limits) -> Result<Option<Filter>, CswError> {
    let Some(text) = kvp.filled("constraint") else { return Ok(None) };
    match kvp.filled("constraintlanguage") {
        None if text.starts_with('<') => xml::filter_text(text, limits),
        Some(l) if l.eq_ignore_ascii_case("FILTER") || l == "http://www.opengis.net/fes/2.0" => {
            xml::filter_text(text, limits)
        }
        Some(l) if ["CQL_TEXT", "CQL", "CQLTEXT"].iter().any(|name| l.eq_ignore_ascii_case(name)) => {
            xml::cql_text(text, limits).map(Some)
        }
        None => Err(CswError::missing(
            "constraintLanguage",
            "parameter 'constraintLanguage' is needed beside 'constraint': constraintLanguage=FILTER or CQL_TEXT",
        )),
        Some(l) => Err(CswError::invalid(
            "constraintLanguage",
            format!("constraints in '{}' are not read here; use FILTER or CQL_TEXT", short(l)),
        )),
    }
}

/// The search by words, identifiers, box and time of CSW 3.0 (OGC 12-176r7 table 6); what is empty, as
/// expanded templates leave it, asks for nothing.
fn searched(kvp: &Kvp, limits: &Limits, all: &mut Vec<Filter>) -> Result<Terms, CswError> {
    if let Some(name) = NOT_DONE.into_iter().find(|n| kvp.filled(n).is_some()) {
        let text = format!(
            "'{name}' is not done here; leave it out and search by q, bbox, geometry, lat, lon and radius, name, recordIds, time or constraint"
        );
        return Err(CswError::option(name, text));
    }
    // NUL is in no text that is stored.
    if let Some(name) =
        ["q", "recordIds", "name"].into_iter().find(|n| kvp.get(n).is_some_and(|v| v.contains('\0')))
    {
        return Err(CswError::invalid(
            name,
            format!("the value of '{name}' has a NUL character; leave it out"),
        ));
    }
    let mut terms = Terms::default();
    if let Some(words) = kvp.filled("q") {
        let list: Vec<&str> = words.split([' ', ',', '\t', '\n', '\r']).filter(|w| !w.is_empty()).collect();
        if list.len() > WORDS {
            return Err(CswError::invalid("q", format!("at most {WORDS} words can be looked for at once")));
        }
        all.extend(list.into_iter().map(word));
        terms.words = Some(words.to_owned());
    }
    if let Some(ids) = kvp.filled("recordids") {
        all.push(pairs::resource_ids("recordIds", ids, &reading(limits)).map_err(|e| xml::filter_error(&e))?);
        terms.ids = Some(ids.to_owned());
    }
    if let Some(text) = kvp.filled("bbox") {
        all.push(bbox(text, limits)?);
        terms.bbox = Some(text.to_owned());
    }
    all.extend(places(kvp, limits, &mut terms)?);
    if let Some(time) = kvp.filled("time").filter(|t| *t != "/") {
        all.push(pairs::datetime("time", time, "RevisionDate").map_err(|e| xml::filter_error(&e))?);
        terms.time = Some(time.to_owned());
    }
    Ok(terms)
}

/// `geometry` with `relation`, `lat`, `lon` and `radius`, and `name` (OGC 10-032r8 clause 9.3.3): where records are.
fn places(kvp: &Kvp, limits: &Limits, terms: &mut Terms) -> Result<Vec<Filter>, CswError> {
    let mut all = Vec::new();
    if let Some(wkt) = kvp.filled("geometry") {
        all.push(geometry(wkt, kvp.filled("relation"), limits)?);
        terms.place = true;
    }
    if let Some(filter) = around(kvp)? {
        all.push(filter);
        terms.place = true;
    }
    if let Some(name) = kvp.filled("name") {
        let text = LikePart::Text(name.to_owned());
        all.push(Filter::Like {
            expr: Expr::Property("Spatial".to_owned()),
            pattern: vec![LikePart::Any, text, LikePart::Any],
            match_case: false,
        });
        terms.place = true;
    }
    Ok(all)
}

/// A geometry in WKT, longitude first, and how records lie to it.
fn geometry(wkt: &str, relation: Option<&str>, limits: &Limits) -> Result<Filter, CswError> {
    let relation = match relation.map(str::to_ascii_lowercase).as_deref() {
        None | Some("intersects") => "INTERSECTS",
        Some("contains") => "WITHIN",
        Some("disjoint") => "DISJOINT",
        Some(other) => {
            return Err(CswError::invalid(
                "relation",
                format!("there is no relation '{}'; there are: intersects, contains, disjoint", short(other)),
            ));
        }
    };
    let read = ecql::parse(&format!("{relation}(BoundingBox, {wkt})"), &reading(limits));
    match read {
        Ok(filter @ Filter::Spatial { .. }) => Ok(filter),
        Ok(_) => Err(CswError::invalid("geometry", "it is not one geometry in WKT, such as POINT(5.4 43.3)")),
        Err(error) => Err(CswError::invalid(
            "geometry",
            format!("it can't be read as WKT such as POLYGON((5 43,6 43,6 44,5 43)): {error}"),
        )),
    }
}

/// All within a radius of a point.
fn around(kvp: &Kvp) -> Result<Option<Filter>, CswError> {
    let number = |name: &str, most: f64| -> Result<Option<f64>, CswError> {
        let Some(text) = kvp.filled(name) else { return Ok(None) };
        let number = text.parse::<f64>().ok().filter(|n| n.is_finite() && n.abs() <= most);
        number.map(Some).ok_or_else(|| {
            CswError::invalid(name, format!("'{}' is no number between -{most} and {most}", short(text)))
        })
    };
    let (lat, lon) = (number("lat", 90.0)?, number("lon", 180.0)?);
    let radius = number("radius", 20_100_000.0)?;
    match (lat, lon) {
        (Some(lat), Some(lon)) => {
            let metres = radius.unwrap_or(RADIUS);
            if metres < 0.0 {
                return Err(CswError::invalid("radius", "the radius is in metres and not negative"));
            }
            let point = ecql::parse(
                &format!("DWITHIN(BoundingBox, POINT({lon} {lat}), {metres}, meters)"),
                &Reading { default_crs: CrsRef::crs84().ok(), ..reading(&Limits::default()) },
            );
            point.map(Some).map_err(|e| xml::filter_error(&e))
        }
        (None, None) if radius.is_none() => Ok(None),
        (lat, _) => {
            let missing = if lat.is_none() { "lat" } else { "lon" };
            Err(CswError::missing(missing, "a search around a point needs lat and lon, in degrees"))
        }
    }
}

fn reading(limits: &Limits) -> Reading {
    Reading { limits: limits.into(), short_means_authority: false, default_crs: CrsRef::crs84().ok() }
}

fn word(word: &str) -> Filter {
    Filter::Like {
        expr: Expr::Property("AnyText".to_owned()),
        pattern: vec![LikePart::Text(word.to_owned())],
        match_case: false,
    }
}

/// A box (OGC 06-121r9 section 10.2.3), in longitude and latitude unless it names a system.
fn bbox(text: &str, limits: &Limits) -> Result<Filter, CswError> {
    let reading = reading(limits);
    let refused = |e: &crate::filter::FilterError| CswError::invalid("bbox", e.to_string());
    let found = pairs::boxes("bbox", text, &reading).map_err(|e| refused(&e))?;
    let geographic = found.crs.as_ref().is_some_and(|crs| crs.crs.geographic);
    let on_earth =
        |b: &crate::geo::BBox| b.min_x >= -180.0 && b.max_x <= 180.0 && b.min_y >= -90.0 && b.max_y <= 90.0;
    if geographic && !found.boxes.iter().all(on_earth) {
        return Err(CswError::invalid(
            "bbox",
            "the box lies outside -180 to 180 degrees of longitude and -90 to 90 of latitude; name the system of \
             other coordinates behind the numbers, and check the order of the axes",
        ));
    }
    pairs::bbox("bbox", text, &reading).map_err(|e| refused(&e))
}

/// `Title:A,apiso:modified:D`, `dc:title ASC` or bare names.
fn sort_keys(list: &str) -> Result<Vec<SortKey>, CswError> {
    let mut keys: Vec<(String, bool)> = Vec::new();
    for token in list.split([',', ' ']).filter(|k| !k.is_empty()) {
        let descending = match token.to_ascii_uppercase().as_str() {
            "ASC" | "ASCENDING" => Some(false),
            "DESC" | "DESCENDING" => Some(true),
            _ => None,
        };
        match (descending, keys.last_mut(), token.rsplit_once(':')) {
            (Some(descending), Some(last), _) => last.1 = descending,
            (None, _, Some((name, order))) if order.eq_ignore_ascii_case("A") => {
                keys.push((name.to_owned(), false));
            }
            (None, _, Some((name, order))) if order.eq_ignore_ascii_case("D") => {
                keys.push((name.to_owned(), true));
            }
            _ => keys.push((token.to_owned(), false)),
        }
    }
    keys.iter().map(|(name, descending)| sort_key(name, *descending)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Request, CswError> {
        let kvp = Kvp::parse(query).expect("pairs");
        let version = Version::of_kvp(&kvp).map_err(|(_, error)| error)?;
        request(&kvp, version, None, &Limits::default())
    }

    fn found(query: &str) -> GetRecords {
        let base = "service=CSW&version=3.0.0&request=GetRecords";
        match read(&format!("{base}&{query}")) {
            Ok(Request::GetRecords(records)) => *records,
            other => panic!("{query}: {other:?}"),
        }
    }

    #[test]
    fn an_expanded_template_with_nothing_filled_in_asks_for_everything() {
        let asked = found("q=&bbox=&recordids=&time=/&startposition=1&maxrecords=");
        assert_eq!((asked.filter, asked.terms, asked.start, asked.max), (None, Terms::default(), 1, 10));
    }

    #[test]
    fn words_must_all_occur_and_constraints_come_together() {
        let Some(Filter::And(all)) = found("q=eau%20mer,bois&recordIds=a,b&bbox=4,43,5,44").filter else {
            panic!("several constraints");
        };
        assert_eq!(all.len(), 5);
        assert!(found("recordIds=a").terms.only_ids());
        assert!(!found("recordIds=a&q=b").terms.only_ids());
    }

    #[test]
    fn boxes_that_lie_nowhere_on_earth_and_unknown_systems_are_refused() {
        for bbox in
            ["514432,5429689,529130,5451619", "0,0,1,1,urn:ogc:def:crs:EPSG::0000", "1,2,3", "a,b,c,d"]
        {
            let read = read(&format!("service=CSW&version=3.0.0&request=GetRecords&bbox={bbox}"));
            let error = read.expect_err(bbox);
            assert!(format!("{error:?}").contains("bbox"), "{error:?}");
        }
        let swapped = found("bbox=43,4,44,5,urn:ogc:def:crs:EPSG::4326").filter;
        assert_eq!(swapped, found("bbox=4,43,5,44").filter);
    }

    #[test]
    fn names_of_operations_have_a_case_in_3_0_only() {
        assert!(read("service=CSW&request=getcapabilities&version=2.0.2").is_ok());
        assert!(read("service=CSW&request=getcapabilities&acceptVersions=3.0.0").is_err());
        assert!(read("service=CSW&request=DescribeRecord&version=3.0.0").is_err());
    }

    #[test]
    fn orders_are_read_in_the_ways_of_both_versions() {
        let keys = |text: &str| sort_keys(text).map_err(|e| format!("{e:?}"));
        assert_eq!(keys("Title:A,Modified:D"), keys("dc:title ASC, dct:modified DESC"));
        assert_eq!(keys("apiso:title"), keys("Title:A"));
        assert!(keys("nope").is_err() && keys("ASC").is_err());
    }
}

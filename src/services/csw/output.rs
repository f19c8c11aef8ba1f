//! What an answer is written as: parameters, `Accept` headers and schemas that say so.

use super::error::{CswError, short};
use super::version::Version;
use crate::catalogue::Form;

/// Media type of Atom feeds.
pub(super) const ATOM: &str = "application/atom+xml";

/// What records are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Records(Form),
    Atom,
}

/// Text XML forms only: harvesters need nothing else of 2.0.2.
pub(super) fn output_format(format: Option<&str>) -> Result<(), CswError> {
    match format {
        None => Ok(()),
        Some(f) if matches!(media(f).as_str(), "application/xml" | "text/xml") => Ok(()),
        Some(f) => Err(CswError::invalid(
            "outputFormat",
            format!("'{}' is not written here; use application/xml", short(f)),
        )),
    }
}

/// A media type without its parameters. A `+` that was not percent-encoded arrives as a space.
fn media(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().replace(' ', "+").to_ascii_lowercase()
}

/// What records are written as. In 3.0 `outputFormat` comes before the `Accept` header (OGC 12-176r7 clause
/// 6.3), and either before the schema's own format.
pub(super) fn output(
    version: Version,
    format: Option<&str>,
    schema: Option<&str>,
    accept: Option<&str>,
) -> Result<Output, CswError> {
    if version == Version::V202 {
        output_format(format)?;
        return Ok(Output::Records(form(version, schema)?));
    }
    let atom_schema = schema.is_some_and(|s| bare(s) == "www.w3.org/2005/atom");
    let records = if atom_schema { Output::Atom } else { Output::Records(form(version, schema)?) };
    match format.map(|f| (media(f), f)) {
        Some((media, _)) if media == ATOM => Ok(Output::Atom),
        Some((media, _)) if matches!(media.as_str(), "application/xml" | "text/xml") => Ok(records),
        Some((_, asked)) => Err(CswError::invalid(
            "outputFormat",
            format!("'{}' is not written here; use application/xml or {ATOM}", short(asked)),
        )),
        None if schema.is_none() && prefers(accept, &[ATOM]) => Ok(Output::Atom),
        None => Ok(records),
    }
}

/// Whether an `Accept` header wants one of these media types more than XML (RFC 9110 section 12.5.1).
pub(super) fn prefers(accept: Option<&str>, wanted: &[&str]) -> bool {
    let Some(accept) = accept else { return false };
    let best = |types: &[&str]| types.iter().map(|t| quality(accept, t)).max().unwrap_or(0);
    best(wanted) > best(&["application/xml", "text/xml"])
}

/// How much a media type is wanted, in thousandths; what matches most closely counts.
fn quality(accept: &str, wanted: &str) -> u16 {
    let group = wanted.split('/').next().unwrap_or_default();
    let mut found = (0, 0);
    for part in accept.split(',') {
        let mut pieces = part.split(';');
        let range = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let closeness = match range.split_once('/') {
            _ if range == wanted => 3,
            Some((g, "*")) if g == group => 2,
            Some(("*", "*")) => 1,
            _ => continue,
        };
        let q = pieces.find_map(|p| p.trim().strip_prefix("q=")?.trim().parse::<f32>().ok()).unwrap_or(1.0);
        if closeness > found.0 {
            // Between 0 and 1000, so nothing is lost.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let thousandths = (q.clamp(0.0, 1.0) * 1000.0) as u16;
            found = (closeness, thousandths);
        }
    }
    found.1
}

/// The media type of a capabilities document: whether text/xml. 2.0.2 falls back to the default form, 3.0
/// refuses what it can't write (OGC 06-121r9 section 7.3.5).
pub(super) fn accept_formats(version: Version, list: &[String]) -> Result<bool, CswError> {
    let known = list.iter().map(|f| media(f)).find(|f| matches!(f.as_str(), "application/xml" | "text/xml"));
    match (known, version, list.first()) {
        (Some(found), ..) => Ok(found == "text/xml"),
        (None, Version::V300, Some(asked)) => Err(CswError::invalid(
            "acceptFormats",
            format!("'{}' is not written here; use application/xml or text/xml", short(asked)),
        )),
        (None, ..) => Ok(false),
    }
}

/// An address without what people vary: scheme, case and slashes at the end.
fn bare(address: &str) -> String {
    let lower = address.trim_end_matches('/').to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    rest.map_or_else(|| lower.clone(), str::to_owned)
}

/// The form that an output schema names; the version's own Dublin Core when none does.
fn form(version: Version, schema: Option<&str>) -> Result<Form, CswError> {
    let Some(schema) = schema else { return Ok(version.dublin_core()) };
    let name = bare(schema);
    if name == bare(version.namespace()) {
        return Ok(version.dublin_core());
    }
    match name.as_str() {
        "www.opengis.net/cat/csw" | "csw:record" | "csw30:record" | "csw" | "ogccore" | "record" => {
            Ok(version.dublin_core())
        }
        "www.isotc211.org/2005/gmd" | "gmd:md_metadata" | "gmd" | "csw:isorecord" | "isorecord" | "own" => {
            Ok(Form::Iso)
        }
        // The number of GeoDCAT-AP is misspelt in the guide of data.gouv.fr. Both are the same words here.
        "www.w3.org/ns/dcat#"
        | "www.w3.org/ns/dcat"
        | "data.europa.eu/930"
        | "data.europa.eu/903"
        | "dcat"
        | "dcat-ap"
        | "geodcat-ap" => Ok(Form::Dcat),
        "standards.iso.org/iso/19115/-3/mdb/2.0" | "mdb:md_metadata" | "mdb" => Ok(Form::Iso3),
        _ => Err(CswError::invalid(
            "outputSchema",
            format!(
                "records are not written in '{}'; use {}, http://www.isotc211.org/2005/gmd, http://www.w3.org/ns/dcat# or http://data.europa.eu/930/",
                short(schema),
                version.namespace()
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accept_header_is_weighed_by_closeness_and_quality() {
        const OSD: &str = "application/opensearchdescription+xml";
        for (accept, wanted) in [
            ("application/xml; q=0.5, application/opensearchdescription+xml", true),
            ("application/opensearchdescription+xml", true),
            ("text/html; q=0.5, application/xml", false),
            ("*/*", false),
            ("application/*;q=0.9, application/xml;q=0.2, text/xml;q=0.1", true),
            ("application/opensearchdescription+xml;q=x", true),
            ("", false),
        ] {
            assert_eq!(prefers(Some(accept), &[OSD]), wanted, "{accept}");
        }
        assert!(!prefers(None, &[OSD]));
    }

    #[test]
    fn the_format_comes_before_the_header_and_the_schema() {
        let of = |format, schema, accept| output(Version::V300, format, schema, accept);
        let xml = Ok(Output::Records(Form::DublinCore3));
        assert_eq!(of(None, None, Some("application/atom+xml")), Ok(Output::Atom));
        assert_eq!(of(Some("application/xml"), None, Some("application/atom+xml")), xml);
        assert_eq!(of(Some("application/atom+xml"), None, Some("application/xml")), Ok(Output::Atom));
        assert_eq!(of(None, Some("http://www.w3.org/2005/Atom"), None), Ok(Output::Atom));
        assert_eq!(of(None, Some("http://www.isotc211.org/2005/gmd"), None), Ok(Output::Records(Form::Iso)));
        assert!(of(Some("text/example"), None, None).is_err());
        assert!(of(None, Some("http://www.opengis.net/cat/csw/2.0.2"), None).is_err());
        assert!(output(Version::V202, Some("application/atom+xml"), None, None).is_err());
        assert!(output(Version::V202, None, Some("http://www.opengis.net/cat/csw/3.0"), None).is_err());
    }
}

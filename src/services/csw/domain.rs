//! GetDomain (OGC 07-006r1 section 10.7, OGC 12-176r7 clause 7.5): the values that properties of records have, and those that
//! parameters of requests may have.

use super::error::CswError;
use super::request::GetDomain;
use super::response::{OPEN, xml};
use super::version::Version;
use crate::catalogue::{CatalogueError, Domain, Reach};
use crate::services::edge::{Call, printable};
use actix_web::HttpResponse;
use bytes::Bytes;
use quick_xml::escape::escape;
use std::fmt::Write as _;

/// Values of a property that are listed: the most frequent of those that there are.
const VALUES: u32 = 1000;

const SETS: [&str; 3] = ["brief", "summary", "full"];
const TYPES: [&str; 2] = ["csw:Record", "gmd:MD_Metadata"];

/// Answers with one csw:DomainValues for each name, in the order of the request.
pub(super) async fn answer(
    call: &Call,
    version: Version,
    reach: &Reach,
    asked: &GetDomain,
) -> Result<HttpResponse, CswError> {
    let namespace = version.namespace();
    let mut out = format!(
        "{OPEN}<csw:GetDomainResponse xmlns:csw=\"{namespace}\" xmlns:gmd=\"http://www.isotc211.org/2005/gmd\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"{namespace} {}\">",
        version.schema()
    );
    for name in &asked.properties {
        let domain = call.app.catalogue.domain(name, reach, VALUES, call.deadline()).await;
        let domain = domain.map_err(|error| match error {
            CatalogueError::Queryable(error) => {
                CswError::invalid(property_element(version), error.to_string())
            }
            other => other.into(),
        })?;
        values(&mut out, version, property_element(version), name, &domain);
    }
    for name in &asked.parameters {
        let all = parameter(version, name).ok_or_else(|| {
            let text = format!(
                "there is no parameter '{}'; parameters are named with their operation, such as GetRecords.outputSchema",
                super::error::short(name)
            );
            CswError::invalid("ParameterName", text)
        })?;
        let domain = Domain::Values(all.iter().map(|value| ((*value).to_owned(), 0)).collect());
        values(&mut out, version, "ParameterName", name, &domain);
    }
    out.push_str("</csw:GetDomainResponse>\n");
    Ok(xml(Bytes::from(out)))
}

const fn property_element(version: Version) -> &'static str {
    match version {
        Version::V202 => "PropertyName",
        Version::V300 => "ValueReference",
    }
}

fn values(out: &mut String, version: Version, element: &str, name: &str, domain: &Domain) {
    let name = printable(name);
    let result = if version == Version::V300 { " resultType=\"available\"" } else { "" };
    let _ = write!(
        out,
        "<csw:DomainValues type=\"csw:Record\"{result}><csw:{element}>{}</csw:{element}>",
        escape(name.as_str())
    );
    match domain {
        Domain::Values(all) => {
            out.push_str("<csw:ListOfValues>");
            for (value, count) in all {
                let count = match version {
                    Version::V300 if *count > 0 => format!(" count=\"{count}\""),
                    _ => String::new(),
                };
                let _ = write!(out, "<csw:Value{count}>{}</csw:Value>", escape(printable(value).as_str()));
            }
            out.push_str("</csw:ListOfValues>");
        }
        Domain::Range(least, greatest) => {
            let _ = write!(
                out,
                "<csw:RangeOfValues><csw:MinValue>{}</csw:MinValue><csw:MaxValue>{}</csw:MaxValue></csw:RangeOfValues>",
                escape(least.as_str()),
                escape(greatest.as_str())
            );
        }
        Domain::Nothing => {}
    }
    out.push_str("</csw:DomainValues>");
}

/// The values of a parameter, whose name is that of its operation and its own.
fn parameter(version: Version, name: &str) -> Option<&'static [&'static str]> {
    let name = name.to_ascii_lowercase();
    let (operation, parameter) = name.rsplit_once(['.', '/'])?;
    let formats: &[&str] = match version {
        Version::V202 => &["application/xml"],
        Version::V300 => &["application/xml", "text/xml", "application/atom+xml"],
    };
    let reads = matches!(operation, "getrecords" | "getrecordbyid");
    Some(match (operation, parameter) {
        (_, "service") => &["CSW"],
        (_, "version") => &["2.0.2", "3.0.0"],
        (_, "outputschema") if reads => version.output_schemas(),
        (_, "outputformat") if reads => formats,
        (_, "elementsetname") if reads => &SETS,
        ("getrecords", "typenames") | ("describerecord", "typename" | "typenames") => &TYPES,
        ("getrecords", "resulttype") => &["hits", "results", "validate"],
        ("getrecords", "constraintlanguage") => &["FILTER", "CQL_TEXT"],
        ("getcapabilities", "sections") => {
            &["ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Filter_Capabilities"]
        }
        ("getcapabilities", "acceptversions") => &["2.0.2", "3.0.0"],
        ("getcapabilities", "acceptformats") => &["application/xml", "text/xml"],
        ("describerecord", "schemalanguage") => &["http://www.w3.org/XML/Schema"],
        ("describerecord", "outputformat") => &["application/xml"],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_named_with_their_operation_in_any_case() {
        assert_eq!(parameter(Version::V202, "GetRecords.resultType").map(<[_]>::len), Some(3));
        assert_eq!(parameter(Version::V300, "getrecords/OUTPUTSCHEMA").map(<[_]>::len), Some(6));
        assert_eq!(parameter(Version::V202, "resultType"), None);
        assert_eq!(parameter(Version::V202, "GetRecords.wibble"), None);
    }
}

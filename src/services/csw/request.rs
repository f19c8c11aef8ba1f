//! Typed requests of CSW 2.0.2 (OGC 07-006r1 clause 10) and 3.0 (OGC 12-176r7 clause 7), and how single values
//! are read, whichever way they came.

use super::error::{CswError, short};
use super::output::Output;
use super::transaction::Transaction;
use super::version::Version;
use crate::catalogue::{DublinElement, ElementSet, Form, SortKey};
use crate::filter::Filter;

/// Most records in one answer; advertised.
pub(super) const MAX_RECORDS: u64 = 1000;
/// Records in an answer when the client names no number: the standards' default.
const DEFAULT_RECORDS: u64 = 10;

/// Properties and parameters of one GetDomain.
const DOMAINS: usize = 50;

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Request {
    /// The OpenSearch description document.
    Description,
    GetCapabilities(GetCapabilities),
    DescribeRecord(Vec<RecordType>),
    GetDomain(GetDomain),
    GetRecords(Box<GetRecords>),
    GetRecordById(GetRecordById),
    Transaction(Box<Transaction>),
}

/// Types of records that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordType {
    /// csw:Record.
    Dublin,
    /// gmd:MD_Metadata.
    Iso,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GetCapabilities {
    /// Names of sections; all when absent, none of those that may be left out when empty.
    pub(super) sections: Option<Vec<String>>,
    /// What the client has.
    pub(super) update_sequence: Option<String>,
    /// Whether text/xml was preferred.
    pub(super) text_xml: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResultType {
    Hits,
    Results,
    Validate,
}

/// Search terms as sent, for the description of the search in a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) words: Option<String>,
    pub(super) bbox: Option<String>,
    pub(super) ids: Option<String>,
    pub(super) time: Option<String>,
    /// Whether a geometry, a point or the name of a place is asked for.
    pub(super) place: bool,
}

impl Terms {
    /// Whether records are asked for by their identifiers and by nothing else.
    pub(super) const fn only_ids(&self) -> bool {
        self.ids.is_some()
            && self.words.is_none()
            && self.bbox.is_none()
            && self.time.is_none()
            && !self.place
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct GetRecords {
    pub(super) request_id: Option<String>,
    pub(super) result_type: ResultType,
    pub(super) output: Output,
    pub(super) set: ElementSet,
    /// Elements asked for one by one; the whole set when empty.
    pub(super) elements: Vec<DublinElement>,
    pub(super) filter: Option<Filter>,
    pub(super) terms: Terms,
    pub(super) sort: Vec<SortKey>,
    /// Counts from 1.
    pub(super) start: u64,
    pub(super) max: u64,
    /// The request as XML, to echo it.
    pub(super) echo: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GetRecordById {
    pub(super) ids: Vec<String>,
    pub(super) output: Output,
    pub(super) set: ElementSet,
}

/// GetDomain (OGC 07-006r1 section 10.7, OGC 12-176r7 clause 7.5): the values of properties and parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GetDomain {
    pub(super) properties: Vec<String>,
    pub(super) parameters: Vec<String>,
}

impl GetDomain {
    pub(super) fn new(properties: Vec<String>, parameters: Vec<String>) -> Result<Self, CswError> {
        let named = |names: Vec<String>| -> Vec<String> {
            names.iter().map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect()
        };
        let (properties, parameters) = (named(properties), named(parameters));
        if properties.is_empty() && parameters.is_empty() {
            return Err(CswError::missing(
                "PropertyName",
                "GetDomain needs a PropertyName such as dc:type, or a ParameterName such as GetRecords.outputSchema",
            ));
        }
        if properties.len() + parameters.len() > DOMAINS {
            return Err(CswError::invalid(
                "PropertyName",
                format!("at most {DOMAINS} properties and parameters can be asked for at once"),
            ));
        }
        Ok(Self { properties, parameters })
    }
}

impl Request {
    /// The operation, for metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Description => "OpenSearch",
            Self::GetCapabilities(_) => "GetCapabilities",
            Self::DescribeRecord(_) => "DescribeRecord",
            Self::GetDomain(_) => "GetDomain",
            Self::GetRecords(_) => "GetRecords",
            Self::GetRecordById(_) => "GetRecordById",
            Self::Transaction(_) => "Transaction",
        }
    }
}

impl GetRecordById {
    pub(super) fn new(ids: Vec<String>, output: Output, set: Option<&str>) -> Result<Self, CswError> {
        let mut all: Vec<String> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for id in ids {
            let id = id.trim().to_owned();
            if !id.is_empty() && seen.insert(id.clone()) {
                all.push(id);
            }
        }
        if all.is_empty() {
            return Err(CswError::missing(
                "id",
                "parameter 'id' is needed: one or several identifiers of records",
            ));
        }
        if all.len() as u64 > MAX_RECORDS {
            return Err(CswError::invalid(
                "id",
                format!("at most {MAX_RECORDS} records can be asked for at once"),
            ));
        }
        Ok(Self { ids: all, output, set: element_set(set)?.unwrap_or(ElementSet::Summary) })
    }
}

pub(super) fn check_service(service: Option<&str>) -> Result<(), CswError> {
    match service {
        None => Err(CswError::missing("service", "parameter 'service' is needed: service=CSW")),
        Some(s) if s.eq_ignore_ascii_case("CSW") => Ok(()),
        Some(s) => Err(CswError::invalid(
            "service",
            format!("this is a catalogue, not '{}'; use service=CSW", short(s)),
        )),
    }
}

pub(super) fn schema_language(language: Option<&str>) -> Result<(), CswError> {
    const KNOWN: [&str; 5] = [
        "XMLSCHEMA",
        "http://www.w3.org/XML/Schema",
        "http://www.w3.org/TR/xmlschema-1/",
        "http://www.w3.org/2001/XMLSchema",
        "http://www.w3.org/XML/Schema/",
    ];
    match language {
        None => Ok(()),
        Some(l) if KNOWN.iter().any(|k| k.eq_ignore_ascii_case(l)) => Ok(()),
        Some(l) => Err(CswError::invalid(
            "schemaLanguage",
            format!("'{}' is not spoken here; use http://www.w3.org/XML/Schema", short(l)),
        )),
    }
}

/// Names of types, separated by spaces or commas, with any prefix, declared or not. The views of csw:Record
/// are no types (OGC 07-006r1 sections 10.2.5.3.3 and 10.2.5.3.4).
pub(super) fn types(names: &str, locator: &str) -> Result<Vec<RecordType>, CswError> {
    let mut all = Vec::new();
    for name in names.split([',', ' ', '\t', '\n', '\r']).filter(|n| !n.is_empty()) {
        let local = name.rsplit(':').next().unwrap_or(name);
        let found = if local.eq_ignore_ascii_case("Record") {
            RecordType::Dublin
        } else if local.eq_ignore_ascii_case("MD_Metadata") {
            RecordType::Iso
        } else {
            return Err(CswError::invalid(
                locator,
                format!("there is no type '{}'; there are: csw:Record, gmd:MD_Metadata", short(name)),
            ));
        };
        if !all.contains(&found) {
            all.push(found);
        }
    }
    Ok(all)
}

/// Types to be described, which must be named in full (OGC 07-006r1 section 10.6.4.2).
pub(super) fn described_types(names: &str, locator: &str) -> Result<Vec<RecordType>, CswError> {
    match names.split([',', ' ', '\t', '\n', '\r']).find(|n| !n.is_empty() && !n.contains(':')) {
        Some(bare) => Err(CswError::invalid(
            locator,
            format!("'{}' has no namespace; write csw:Record or gmd:MD_Metadata", short(bare)),
        )),
        None => types(names, locator),
    }
}

/// Which view of records, or which of their elements: one or the other (OGC 12-176r7 clause 7.3.4.8).
pub(super) fn view(
    version: Version,
    set: Option<&str>,
    names: &[String],
    output: Output,
) -> Result<(ElementSet, Vec<DublinElement>), CswError> {
    let set = element_set(set)?;
    match (set, names, version) {
        (Some(_), [_, ..], Version::V300) => Err(CswError::contradiction(
            "parameters 'elementSetName' and 'elementName' exclude each other; leave one out",
        )),
        (Some(set), ..) => Ok((set, Vec::new())),
        (None, [], _) => Ok((ElementSet::Summary, Vec::new())),
        // Elements of ISO records come within the whole.
        (None, _, _) if output == Output::Records(Form::Iso) => Ok((ElementSet::Full, Vec::new())),
        (None, names, _) => {
            let element = |name: &String| {
                DublinElement::parse(name).ok_or_else(|| {
                    CswError::invalid(
                        "ElementName",
                        format!("csw:Record has no element '{}'; ask for such as dc:title", short(name)),
                    )
                })
            };
            Ok((ElementSet::Full, names.iter().map(element).collect::<Result<_, _>>()?))
        }
    }
}

fn element_set(name: Option<&str>) -> Result<Option<ElementSet>, CswError> {
    let Some(name) = name else { return Ok(None) };
    match name.to_ascii_lowercase().as_str() {
        "brief" => Ok(Some(ElementSet::Brief)),
        "summary" => Ok(Some(ElementSet::Summary)),
        "full" => Ok(Some(ElementSet::Full)),
        _ => Err(CswError::invalid(
            "ElementSetName",
            format!("there is no element set '{}'; there are: brief, summary, full", short(name)),
        )),
    }
}

/// The schema's default in 2.0.2 is hits; 3.0 has only results, but a client that says it wants hits gets them.
pub(super) fn result_type(version: Version, name: Option<&str>) -> Result<ResultType, CswError> {
    match name.map(str::to_ascii_lowercase).as_deref() {
        None if version == Version::V300 => Ok(ResultType::Results),
        None | Some("hits") => Ok(ResultType::Hits),
        Some("results") => Ok(ResultType::Results),
        Some("validate") => Ok(ResultType::Validate),
        Some(other) => Err(CswError::invalid(
            "resultType",
            format!("there is no result type '{}'; there are: hits, results, validate", short(other)),
        )),
    }
}

/// The first record wanted, from 1.
pub(super) fn start_position(text: Option<&str>) -> Result<u64, CswError> {
    let Some(text) = text else { return Ok(1) };
    whole(text).filter(|n| *n > 0).ok_or_else(|| {
        CswError::invalid(
            "startPosition",
            format!("'{}' is not a position; positions count from 1", short(text)),
        )
    })
}

/// How many records, never more than [`MAX_RECORDS`].
pub(super) fn max_records(version: Version, text: Option<&str>) -> Result<u64, CswError> {
    let Some(text) = text else { return Ok(DEFAULT_RECORDS) };
    if version == Version::V300 && text == "unlimited" {
        return Ok(MAX_RECORDS);
    }
    whole(text).map(|n| n.min(MAX_RECORDS)).ok_or_else(|| {
        CswError::invalid("maxRecords", format!("'{}' is not a whole number from 0", short(text)))
    })
}

/// A whole number; one too large for the machine is as large as can be.
fn whole(text: &str) -> Option<u64> {
    let text = text.trim().trim_start_matches('+');
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().unwrap_or(u64::MAX))
}

/// A property to sort by, which must be a queryable.
pub(super) fn sort_key(property: &str, descending: bool) -> Result<SortKey, CswError> {
    SortKey::parse(property, descending).map_err(|e| CswError::invalid("SortBy", e.to_string()))
}

pub(super) fn type_names_missing() -> CswError {
    CswError::missing("typeNames", "parameter 'typeNames' is needed: csw:Record or gmd:MD_Metadata")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_and_elements_exclude_each_other_in_3_0_only() {
        let names = ["dc:title".to_owned()];
        let output = Output::Records(Form::DublinCore3);
        assert!(view(Version::V300, Some("brief"), &names, output).is_err());
        assert_eq!(view(Version::V202, Some("brief"), &names, output), Ok((ElementSet::Brief, Vec::new())));
        assert!(view(Version::V300, None, &["undefined".to_owned()], output).is_err());
    }
}

//! Typed requests of CSW 2.0.2, and how they are read from key-value pairs (OGC 07-006r1 clause 10).

use super::error::{CswError, short};
use super::xml;
use crate::catalogue::{ElementSet, Form, SortKey};
use crate::config::Limits;
use crate::filter::Filter;
use crate::services::edge::Kvp;

/// Most records in one answer; advertised.
pub(super) const MAX_RECORDS: u64 = 1000;
/// Records in an answer when the client names no number: CSW 2.0.2's default.
const DEFAULT_RECORDS: u64 = 10;

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Request {
    GetCapabilities(GetCapabilities),
    DescribeRecord(Vec<RecordType>),
    GetRecords(Box<GetRecords>),
    GetRecordById(GetRecordById),
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
    /// Names of sections; all when empty.
    pub(super) sections: Vec<String>,
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

#[derive(Debug, Clone, PartialEq)]
pub(super) struct GetRecords {
    pub(super) request_id: Option<String>,
    pub(super) result_type: ResultType,
    pub(super) form: Form,
    pub(super) set: ElementSet,
    pub(super) filter: Option<Filter>,
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
    pub(super) form: Form,
    pub(super) set: ElementSet,
}

impl Request {
    /// The operation, for metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::GetCapabilities(_) => "GetCapabilities",
            Self::DescribeRecord(_) => "DescribeRecord",
            Self::GetRecords(_) => "GetRecords",
            Self::GetRecordById(_) => "GetRecordById",
        }
    }

    /// Reads key-value pairs. Nothing at all asks for the capabilities.
    pub(super) fn from_kvp(kvp: &Kvp, limits: &Limits) -> Result<Self, CswError> {
        if kvp.iter().next().is_none() {
            return Ok(Self::GetCapabilities(GetCapabilities::default()));
        }
        let service = kvp.filled("service");
        let name = kvp.filled("request").ok_or_else(|| {
            CswError::missing("request", "parameter 'request' is needed, such as request=GetCapabilities")
        })?;
        check_service(service)?;
        match name.to_ascii_lowercase().as_str() {
            "getcapabilities" => capabilities(kvp),
            "describerecord" => {
                check_version(kvp.filled("version"))?;
                output_format(kvp.filled("outputformat"))?;
                schema_language(kvp.filled("schemalanguage"))?;
                let names = kvp.filled("typename").or_else(|| kvp.filled("typenames")).unwrap_or_default();
                Ok(Self::DescribeRecord(types(names, "typeName")?))
            }
            "getrecords" => {
                check_version(kvp.filled("version"))?;
                Ok(Self::GetRecords(Box::new(records(kvp, limits)?)))
            }
            "getrecordbyid" => {
                check_version(kvp.filled("version"))?;
                output_format(kvp.filled("outputformat"))?;
                let ids = kvp.filled("id").map(|list| list.split(',').map(str::to_owned).collect());
                let set = kvp.filled("elementsetname");
                Ok(Self::GetRecordById(GetRecordById::new(ids, kvp.filled("outputschema"), set)?))
            }
            _ => Err(CswError::operation(name)),
        }
    }
}

impl GetRecordById {
    pub(super) fn new(
        ids: Option<Vec<String>>,
        schema: Option<&str>,
        set: Option<&str>,
    ) -> Result<Self, CswError> {
        let mut all: Vec<String> = Vec::new();
        for id in ids.unwrap_or_default() {
            let id = id.trim().to_owned();
            if !id.is_empty() && !all.contains(&id) {
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
        Ok(Self { ids: all, form: form(schema)?, set: element_set(set)?.unwrap_or(ElementSet::Summary) })
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

pub(super) fn check_version(version: Option<&str>) -> Result<(), CswError> {
    match version {
        None | Some("2.0.2") => Ok(()),
        Some(v) => {
            Err(CswError::invalid("version", format!("version {} is not spoken here; use 2.0.2", short(v))))
        }
    }
}

/// Text XML forms only: harvesters need nothing else of 2.0.2.
pub(super) fn output_format(format: Option<&str>) -> Result<(), CswError> {
    let media = |f: &str| f.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match format {
        None => Ok(()),
        Some(f) if matches!(media(f).as_str(), "application/xml" | "text/xml") => Ok(()),
        Some(f) => Err(CswError::invalid(
            "outputFormat",
            format!("'{}' is not written here; use application/xml", short(f)),
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

/// Names of types, separated by spaces or commas, with any prefix, declared or not.
pub(super) fn types(names: &str, locator: &str) -> Result<Vec<RecordType>, CswError> {
    let mut all = Vec::new();
    for name in names.split([',', ' ', '\t', '\n', '\r']).filter(|n| !n.is_empty()) {
        let local = name.rsplit(':').next().unwrap_or(name);
        let found =
            if ["Record", "BriefRecord", "SummaryRecord"].iter().any(|n| n.eq_ignore_ascii_case(local)) {
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

/// The form that an output schema names; Dublin Core when none does.
pub(super) fn form(schema: Option<&str>) -> Result<Form, CswError> {
    let Some(schema) = schema else { return Ok(Form::DublinCore) };
    let bare = schema.trim_end_matches('/').to_ascii_lowercase();
    let bare = bare.strip_prefix("https://").or_else(|| bare.strip_prefix("http://")).unwrap_or(&bare);
    match bare {
        "www.opengis.net/cat/csw/2.0.2"
        | "www.opengis.net/cat/csw"
        | "csw:record"
        | "csw"
        | "ogccore"
        | "record" => Ok(Form::DublinCore),
        "www.isotc211.org/2005/gmd" | "gmd:md_metadata" | "gmd" | "csw:isorecord" | "isorecord" | "own" => {
            Ok(Form::Iso)
        }
        _ => Err(CswError::invalid(
            "outputSchema",
            format!(
                "records are not written in '{}'; use http://www.opengis.net/cat/csw/2.0.2 or http://www.isotc211.org/2005/gmd",
                short(schema)
            ),
        )),
    }
}

pub(super) fn element_set(name: Option<&str>) -> Result<Option<ElementSet>, CswError> {
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

pub(super) fn result_type(name: Option<&str>) -> Result<ResultType, CswError> {
    match name.map(str::to_ascii_lowercase).as_deref() {
        // The schema's default is hits.
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
pub(super) fn max_records(text: Option<&str>) -> Result<u64, CswError> {
    let Some(text) = text else { return Ok(DEFAULT_RECORDS) };
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

fn capabilities(kvp: &Kvp) -> Result<Request, CswError> {
    check_version(kvp.filled("version"))?;
    if let Some(accepted) = kvp.filled("acceptversions") {
        accept_versions(accepted.split(','))?;
    }
    let list = |name: &str| -> Vec<String> {
        kvp.filled(name)
            .map(|l| l.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect())
            .unwrap_or_default()
    };
    Ok(Request::GetCapabilities(GetCapabilities {
        sections: list("sections"),
        update_sequence: kvp.filled("updatesequence").map(str::to_owned),
        text_xml: list("acceptformats").first().is_some_and(|f| f.eq_ignore_ascii_case("text/xml")),
    }))
}

/// OGC 05-008c1 section 7.3.2: any version in common is enough.
pub(super) fn accept_versions<'a>(versions: impl Iterator<Item = &'a str>) -> Result<(), CswError> {
    let all: Vec<&str> = versions.map(str::trim).filter(|v| !v.is_empty()).collect();
    if all.is_empty() || all.contains(&"2.0.2") { Ok(()) } else { Err(CswError::version(&all.join(", "))) }
}

fn records(kvp: &Kvp, limits: &Limits) -> Result<GetRecords, CswError> {
    output_format(kvp.filled("outputformat"))?;
    let names = kvp.filled("typenames").or_else(|| kvp.filled("typename")).ok_or_else(type_names_missing)?;
    types(names, "typeNames")?;
    let set = element_set(kvp.filled("elementsetname"))?;
    let filter = match kvp.filled("constraint") {
        None => None,
        Some(text) => {
            match kvp.filled("constraintlanguage") {
                None if text.starts_with('<') => {}
                Some(l) if l.eq_ignore_ascii_case("FILTER") => {}
                None => {
                    return Err(CswError::missing(
                        "constraintLanguage",
                        "parameter 'constraintLanguage' is needed beside 'constraint': constraintLanguage=FILTER",
                    ));
                }
                Some(l) => {
                    return Err(CswError::invalid(
                        "constraintLanguage",
                        format!("constraints in '{}' are not read here; use FILTER", short(l)),
                    ));
                }
            }
            xml::filter_text(text, limits)?
        }
    };
    let sort = kvp
        .filled("sortby")
        .map(|list| list.split([',', ' ']).filter(|k| !k.is_empty()).map(kvp_sort).collect())
        .transpose()?
        .unwrap_or_default();
    Ok(GetRecords {
        request_id: kvp.filled("requestid").map(str::to_owned),
        result_type: result_type(kvp.filled("resulttype"))?,
        form: form(kvp.filled("outputschema"))?,
        set: set.unwrap_or(if kvp.filled("elementname").is_some() {
            ElementSet::Full
        } else {
            ElementSet::Summary
        }),
        filter,
        sort,
        start: start_position(kvp.filled("startposition"))?,
        max: max_records(kvp.filled("maxrecords"))?,
        echo: xml::echo_of_kvp(kvp),
    })
}

pub(super) fn type_names_missing() -> CswError {
    CswError::missing("typeNames", "parameter 'typeNames' is needed: csw:Record or gmd:MD_Metadata")
}

/// `Title:A`, `apiso:title:D` or a bare name.
fn kvp_sort(key: &str) -> Result<SortKey, CswError> {
    match key.rsplit_once(':') {
        Some((name, order)) if order.eq_ignore_ascii_case("A") => sort_key(name, false),
        Some((name, order)) if order.eq_ignore_ascii_case("D") => sort_key(name, true),
        _ => sort_key(key, false),
    }
}

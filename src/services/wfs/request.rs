//! From key-value pairs or XML to a typed request (OGC 09-025r2 clauses 7 to 14; OGC 04-094 clauses 8, 9, 13
//! and 14).

use super::error::WfsError;
use super::format::Format;
use super::lock::{self, LockFeature, Locking};
use super::transaction;
use super::version::Version;
use crate::services::edge::Kvp;

/// The stored query that every WFS has (OGC 09-025r2 clause 7.9.3.6).
pub const GET_FEATURE_BY_ID: &str = "urn:ogc:def:query:OGC-WFS::GetFeatureById";
/// The same in the spelling of OGC 09-025r1 and of some clients.
const GET_FEATURE_BY_ID_HTTP: &str = "http://www.opengis.net/def/query/OGC-WFS/0/GetFeatureById";

/// What both encodings come to before values are looked at.
#[derive(Clone, Debug, Default)]
pub struct RawRequest {
    /// Operation as named.
    pub operation: Option<String>,
    /// The version that the namespace of an XML request means.
    pub namespace_version: Option<Version>,
    /// Parameters by name, attributes of the root element in XML.
    pub parameters: Kvp,
    /// Ad hoc queries.
    pub queries: Vec<RawQuery>,
    /// Prefixes that the request declares.
    pub namespaces: Vec<(String, String)>,
    /// The document of a Transaction, still to be read.
    pub body: Option<std::sync::Arc<str>>,
}

/// One ad hoc query, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawQuery {
    /// Types, with or without prefix.
    pub types: Vec<String>,
    /// `srsName`.
    pub srs: Option<String>,
    /// Properties wanted; all when empty.
    pub properties: Vec<String>,
    /// Filter as XML that can be read alone.
    pub filter: Option<String>,
    /// `a ASC,b DESC`.
    pub sort: Option<String>,
    /// `bbox`.
    pub bbox: Option<String>,
    /// `resourceId`.
    pub ids: Vec<String>,
}

/// A request that is understood; names are not yet looked up.
#[derive(Clone, Debug)]
pub enum Request {
    /// GetCapabilities.
    GetCapabilities {
        /// Sections wanted, in lower case; all when empty.
        sections: Vec<String>,
        /// The client's `updateSequence`.
        update_sequence: Option<String>,
    },
    /// DescribeFeatureType.
    DescribeFeatureType {
        /// Types wanted; all when empty.
        types: Vec<String>,
        /// Prefixes that the request declares.
        namespaces: Vec<(String, String)>,
        /// `outputFormat`.
        format: Option<String>,
    },
    /// GetFeature.
    GetFeature(GetFeature),
    /// GetPropertyValue: what to read, and the reference of the property.
    GetPropertyValue(GetFeature, String),
    /// Transaction.
    Transaction(transaction::Source),
    /// LockFeature.
    LockFeature(LockFeature),
    /// GetFeatureWithLock: what to read, and how to lock it.
    GetFeatureWithLock(GetFeature, Locking),
    /// ListStoredQueries.
    ListStoredQueries,
    /// DescribeStoredQueries: of the only one that there is.
    DescribeStoredQueries,
}

impl Request {
    /// Name of the operation, for metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::GetCapabilities { .. } => "GetCapabilities",
            Self::DescribeFeatureType { .. } => "DescribeFeatureType",
            Self::GetFeature(_) => "GetFeature",
            Self::GetPropertyValue(..) => "GetPropertyValue",
            Self::Transaction(_) => "Transaction",
            Self::LockFeature(_) => "LockFeature",
            Self::GetFeatureWithLock(..) => "GetFeatureWithLock",
            Self::ListStoredQueries => "ListStoredQueries",
            Self::DescribeStoredQueries => "DescribeStoredQueries",
        }
    }
}

/// What GetFeature and GetPropertyValue share.
#[derive(Clone, Debug)]
pub struct GetFeature {
    /// Version of the request and of the answer.
    pub version: Version,
    /// Ad hoc queries; empty for the stored query.
    pub queries: Vec<RawQuery>,
    /// The id asked of GetFeatureById.
    pub by_id: Option<String>,
    /// At most this many.
    pub count: Option<u64>,
    /// Leave out this many first.
    pub start: u64,
    /// Only the count.
    pub hits: bool,
    /// Encoding.
    pub format: Format,
    /// Prefixes that the request declares.
    pub namespaces: Vec<(String, String)>,
    /// The lock that holds the features, which a collection tells (GetFeatureWithLock).
    pub lock_id: Option<String>,
}

/// Key-value pairs as a raw request.
///
/// # Errors
/// [`WfsError`] when lists don't fit each other.
pub fn from_kvp(kvp: Kvp) -> Result<RawRequest, WfsError> {
    let mut raw = RawRequest { operation: kvp.filled("request").map(str::to_owned), ..RawRequest::default() };
    raw.namespaces = namespaces(kvp.filled("namespaces").or_else(|| kvp.filled("namespace")))?;
    raw.queries = queries(&kvp)?;
    raw.parameters = kvp;
    Ok(raw)
}

/// `xmlns(prefix,uri),xmlns(uri)` of clause 7.6.6; `=` instead of the comma is WFS 1.1's form.
fn namespaces(text: Option<&str>) -> Result<Vec<(String, String)>, WfsError> {
    let mut out = Vec::new();
    for part in text.unwrap_or_default().split("xmlns(").skip(1) {
        let inner = part.trim_end_matches([',', ' ']).strip_suffix(')').ok_or_else(|| {
            WfsError::invalid(
                "NAMESPACES",
                "NAMESPACES is not written as xmlns(prefix,uri),xmlns(prefix,uri)",
            )
        })?;
        match inner.split_once([',', '=']) {
            Some((prefix, uri)) if !prefix.contains('/') => {
                out.push((prefix.trim().to_owned(), uri.trim().to_owned()))
            }
            _ => out.push((String::new(), inner.trim().to_owned())),
        }
    }
    Ok(out)
}

/// `(a)(b)` as its parts, anything else as one part.
fn parts(text: &str) -> Vec<String> {
    match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inner) => inner.split(")(").map(|p| p.trim().to_owned()).collect(),
        None => vec![text.to_owned()],
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()
}

/// The ad hoc queries of clause 7.9.2.3. `typeNames=(a)(b)` are two queries; so are `a,b` here: joins
/// are not offered, and that is what clients of earlier versions mean by it.
fn queries(kvp: &Kvp) -> Result<Vec<RawQuery>, WfsError> {
    let ids = kvp.filled("resourceId").or_else(|| kvp.filled("featureId")).map(list).unwrap_or_default();
    let types: Vec<String> = match kvp.filled("typeNames").or_else(|| kvp.filled("typeName")) {
        Some(text) => parts(text).iter().flat_map(|p| list(p)).collect(),
        None => Vec::new(),
    };
    if types.is_empty() && ids.is_empty() {
        return Ok(Vec::new());
    }
    let several = |name: &str| -> Result<Vec<Option<String>>, WfsError> {
        let Some(text) = kvp.filled(name) else { return Ok(vec![None; types.len().max(1)]) };
        let values = parts(text);
        match values.len() {
            1 => Ok(vec![values.into_iter().next(); types.len().max(1)]),
            n if n == types.len() => Ok(values.into_iter().map(Some).collect()),
            n => {
                let message = format!("{name} has {n} lists for {} feature types", types.len());
                Err(WfsError::invalid(name, message))
            }
        }
    };
    let (properties, filters, sorts) = (several("propertyName")?, several("filter")?, several("sortBy")?);
    let srs = several("srsName")?;
    let given = [kvp.filled("bbox").is_some(), !ids.is_empty(), kvp.filled("filter").is_some()];
    if given.iter().filter(|g| **g).count() > 1 {
        let message =
            "BBOX, FILTER and RESOURCEID exclude each other; write the box as a condition of the filter";
        return Err(WfsError::invalid("FILTER", message));
    }
    let one = |at: usize, types: Vec<String>| RawQuery {
        types,
        srs: srs.get(at).cloned().flatten(),
        properties: properties.get(at).cloned().flatten().map(|p| list(&p)).unwrap_or_default(),
        filter: filters.get(at).cloned().flatten().filter(|f| !f.is_empty()),
        sort: sorts.get(at).cloned().flatten().filter(|s| !s.is_empty()),
        bbox: kvp.filled("bbox").map(str::to_owned),
        ids: ids.clone(),
    };
    if types.is_empty() {
        return Ok(vec![one(0, Vec::new())]);
    }
    Ok(types.iter().enumerate().map(|(at, name)| one(at, vec![name.clone()])).collect())
}

/// Understands a raw request, in its version.
///
/// # Errors
/// [`WfsError`] for anything missing, unknown or out of range.
pub fn understand(raw: RawRequest) -> Result<(Version, Request), WfsError> {
    let kvp = &raw.parameters;
    match kvp.get("service") {
        None | Some("") => {
            return Err(WfsError::missing("service", "parameter service is missing; use service=WFS"));
        }
        Some(s) if s.eq_ignore_ascii_case("wfs") => {}
        Some(other) => {
            let named: String = other.chars().take(60).collect();
            return Err(WfsError::invalid(
                "service",
                format!("service '{named}' is not offered here; use service=WFS"),
            ));
        }
    }
    let Some(operation) = raw.operation.as_deref() else {
        return Err(WfsError::missing(
            "request",
            "parameter request is missing, for example request=GetCapabilities",
        ));
    };
    let offers = |v: Version| {
        let known = v.operations().iter().chain(v.edit_operations());
        known.into_iter().any(|known| known.eq_ignore_ascii_case(operation))
    };
    if !Version::ALL.into_iter().any(offers) {
        return Err(WfsError::not_supported(Version::guessed(kvp), operation));
    }
    let version = Version::negotiated(kvp, operation, raw.namespace_version)?;
    if !offers(version) {
        return Err(WfsError::not_supported(version, operation));
    }
    Ok((version, operation_of(&raw, version, operation)?))
}

fn operation_of(raw: &RawRequest, version: Version, operation: &str) -> Result<Request, WfsError> {
    let kvp = &raw.parameters;
    let split = |name: &str| kvp.filled(name).map(list).unwrap_or_default();
    match operation.to_ascii_lowercase().as_str() {
        "getcapabilities" => Ok(Request::GetCapabilities {
            sections: match kvp.get("sections") {
                // An empty list is no section at all in OWS Common 1.0 (OGC 05-008 table 3); clients of later
                // versions mean all by it.
                Some("") if version != Version::V200 => vec!["none".to_owned()],
                _ => sections(&split("sections"))?,
            },
            update_sequence: kvp.filled("updateSequence").map(str::to_owned),
        }),
        "describefeaturetype" => {
            let types = kvp.filled("typeNames").or_else(|| kvp.filled("typeName")).unwrap_or_default();
            let types = parts(types).iter().flat_map(|p| list(p)).collect();
            let format = kvp.filled("outputFormat").map(str::to_owned);
            Ok(Request::DescribeFeatureType { types, namespaces: raw.namespaces.clone(), format })
        }
        "getfeature" => Ok(Request::GetFeature(get_feature(raw, version)?)),
        "getpropertyvalue" => {
            let reference = match kvp.get("valueReference") {
                None => {
                    let message = "parameter valueReference is missing; name the property wanted";
                    return Err(WfsError::missing("valueReference", message));
                }
                Some("") => return Err(WfsError::invalid("valueReference", "valueReference is empty")),
                Some(reference) => reference.to_owned(),
            };
            let get = get_feature(raw, version)?;
            if !get.format.is_gml() {
                return Err(WfsError::invalid("outputFormat", "property values are only written as GML 3.2"));
            }
            Ok(Request::GetPropertyValue(get, reference))
        }
        "transaction" => Ok(Request::Transaction(transaction::Source::of(raw, version)?)),
        "lockfeature" => Ok(Request::LockFeature(lock::feature(raw, version)?)),
        "getfeaturewithlock" => {
            Ok(Request::GetFeatureWithLock(get_feature(raw, version)?, lock::locking(raw, version)?))
        }
        "liststoredqueries" => Ok(Request::ListStoredQueries),
        "describestoredqueries" => {
            let ids: Vec<String> = split("storedQuery_Id");
            if let Some(unknown) = ids.iter().find(|id| !is_by_id(id)) {
                return Err(unknown_stored_query(unknown));
            }
            Ok(Request::DescribeStoredQueries)
        }
        _ => Err(WfsError::not_supported(version, operation)),
    }
}

fn is_by_id(id: &str) -> bool {
    id == GET_FEATURE_BY_ID
        || id == GET_FEATURE_BY_ID_HTTP
        || id == "urn:ogc:def:storedQuery:OGC-WFS::GetFeatureById"
}

fn unknown_stored_query(id: &str) -> WfsError {
    let named: String = id.chars().take(120).collect();
    let message = format!("there is no stored query '{named}'; there is {GET_FEATURE_BY_ID}");
    WfsError::invalid("storedQuery_Id", message)
}

fn sections(asked: &[String]) -> Result<Vec<String>, WfsError> {
    const KNOWN: [&str; 6] = [
        "serviceidentification",
        "serviceprovider",
        "operationsmetadata",
        "featuretypelist",
        "filter_capabilities",
        "all",
    ];
    let lower: Vec<String> = asked.iter().map(|s| s.to_ascii_lowercase()).collect();
    if let Some(bad) = lower.iter().find(|s| !KNOWN.contains(&s.as_str())) {
        let named: String = bad.chars().take(60).collect();
        let message = format!(
            "there is no section '{named}'; there are ServiceIdentification, ServiceProvider, \
             OperationsMetadata, FeatureTypeList, Filter_Capabilities and All"
        );
        return Err(WfsError::invalid("sections", message));
    }
    if lower.iter().any(|s| s == "all") { Ok(Vec::new()) } else { Ok(lower) }
}

pub fn get_feature(raw: &RawRequest, version: Version) -> Result<GetFeature, WfsError> {
    let kvp = &raw.parameters;
    // Counts came with 1.1; what a version doesn't know is ignored.
    let result_type = kvp.filled("resultType").filter(|_| version != Version::V100);
    let hits = match result_type.map(str::to_ascii_lowercase).as_deref() {
        None | Some("results") => false,
        Some("hits") => true,
        Some(_) => return Err(WfsError::invalid("resultType", "resultType is 'results' or 'hits'")),
    };
    if let Some(resolve) = kvp.filled("resolve")
        && !matches!(resolve.to_ascii_lowercase().as_str(), "none" | "local")
    {
        return Err(WfsError::invalid(
            "resolve",
            "resolve is 'none' or 'local'; nothing here refers to elsewhere",
        ));
    }
    // Stored queries came with 2.0; to 1.1 it is an unknown parameter, and those are ignored.
    let by_id = match kvp.filled("storedQuery_Id").filter(|_| version == Version::V200) {
        None => None,
        Some(id) if is_by_id(id) => match kvp.filled("id") {
            Some(id) => Some(id.to_owned()),
            None => {
                return Err(WfsError::missing(
                    "id",
                    "GetFeatureById needs the parameter id, for example id=communes.1",
                ));
            }
        },
        Some(other) => return Err(unknown_stored_query(other)),
    };
    if by_id.is_none()
        && (raw.queries.is_empty() || raw.queries.iter().any(|q| q.types.is_empty() && q.ids.is_empty()))
    {
        let parameter = version.types_parameter();
        let message = format!("parameter {parameter} is missing; the capabilities list the types");
        return Err(WfsError::missing(parameter, message));
    }
    Ok(GetFeature {
        version,
        queries: if by_id.is_some() { Vec::new() } else { raw.queries.clone() },
        by_id,
        count: number(kvp, "count")?.or(number(kvp, "maxFeatures")?),
        start: number(kvp, "startIndex")?.unwrap_or(0),
        hits,
        format: Format::parse(version, kvp.filled("outputFormat"))?,
        namespaces: raw.namespaces.clone(),
        lock_id: None,
    })
}

fn number(kvp: &Kvp, name: &str) -> Result<Option<u64>, WfsError> {
    kvp.filled(name)
        .map(|text| {
            // PostgreSQL counts rows in 63 bits.
            text.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok()).ok_or_else(|| {
                let named: String = text.chars().take(40).collect();
                WfsError::invalid(name, format!("{name} is a whole number from 0, not '{named}'"))
            })
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Request, WfsError> {
        Ok(understand(from_kvp(Kvp::parse(&format!("{query}&version=2.0.0"))?)?)?.1)
    }

    fn code(query: &str) -> (&'static str, Option<String>) {
        let error = read(query).expect_err(query);
        (error.code, error.locator)
    }

    #[test]
    fn parameters_are_read_in_any_case_and_with_both_type_names() {
        let request = read("SERVICE=wfs&Request=getfeature&TYPENAMES=p:a&TYPENAME=p:a&startindex=3&COUNT=2");
        let Ok(Request::GetFeature(get)) = request else { panic!("{request:?}") };
        assert_eq!((get.start, get.count, get.queries.len()), (3, Some(2), 1));
        assert_eq!(get.queries[0].types, ["p:a"]);
    }

    #[test]
    fn several_types_are_several_queries_with_their_own_lists() {
        let request = read("service=WFS&request=GetFeature&typeNames=(a)(b)&propertyName=(x,y)(z)&sortBy=x");
        let Ok(Request::GetFeature(get)) = request else { panic!("{request:?}") };
        assert_eq!(get.queries[0].properties, ["x", "y"]);
        assert_eq!(get.queries[1].properties, ["z"]);
        assert_eq!(get.queries[1].sort.as_deref(), Some("x"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let named = |c, l: &str| (c, Some(l.to_owned()));
        assert_eq!(code("request=GetCapabilities"), named("MissingParameterValue", "service"));
        assert_eq!(code("service=WMS&request=GetCapabilities"), named("InvalidParameterValue", "service"));
        assert_eq!(code("service=WFS"), named("MissingParameterValue", "request"));
        assert_eq!(code("service=WFS&request=Fly"), named("OperationNotSupported", "Fly"));
        let get = "service=WFS&request=GetFeature";
        assert_eq!(code(get), named("MissingParameterValue", "typeNames"));
        assert_eq!(code(&format!("{get}&typeNames=a&count=-1")), named("InvalidParameterValue", "count"));
        assert_eq!(
            code(&format!("{get}&typeNames=a&version=1.0.7")),
            named("VersionNegotiationFailed", "version")
        );
        assert_eq!(
            code(&format!("{get}&typeNames=a&outputFormat=shp")),
            named("InvalidParameterValue", "outputFormat")
        );
        assert_eq!(
            code(&format!("{get}&storedQuery_id=x")),
            named("InvalidParameterValue", "storedQuery_Id")
        );
        assert_eq!(
            code(&format!("{get}&storedQuery_id={GET_FEATURE_BY_ID}")),
            named("MissingParameterValue", "id")
        );
        assert_eq!(
            code("service=WFS&request=GetCapabilities&acceptVersions=1.0.7,0.9"),
            named("VersionNegotiationFailed", "version")
        );
    }

    #[test]
    fn version_1_1_has_its_own_names_and_fewer_operations() {
        let get = "service=WFS&version=1.1.0&request=GetFeature";
        let request = read(&format!("{get}&typeName=p:a&maxFeatures=2&featureVersion=ALL"));
        let Ok(Request::GetFeature(get_feature)) = request else { panic!("{request:?}") };
        assert_eq!((get_feature.version, get_feature.count), (Version::V110, Some(2)));
        assert_eq!(get_feature.format, Format::Gml311);
        assert_eq!(code(get), ("MissingParameterValue", Some("typeName".to_owned())));
        let later = "service=WFS&version=1.1.0&request=GetPropertyValue&typeNames=a&valueReference=b";
        assert_eq!(code(later), ("OperationNotSupported", Some("GetPropertyValue".to_owned())));
    }
}

//! From key-value pairs or XML to a typed request (OGC 09-025r2 clauses 7 to 14; OGC 04-094 clauses 8, 9, 13
//! and 14).

use super::error::WfsError;
use super::format::Format;
use super::lock::{self, LockFeature, Locking};
use super::paging::Cursor;
use super::transaction;
use super::version::Version;
use crate::services::edge::Kvp;
pub use kvp::from_kvp;
use kvp::{list, parts};

mod kvp;

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
    /// Definitions of queries to keep, each an element that can be read alone.
    pub definitions: Vec<String>,
    /// The document of a Transaction, still to be read.
    pub body: Option<std::sync::Arc<str>>,
}

/// One query of a request, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawQuery {
    /// Types, with or without prefix: several are joined.
    pub types: Vec<String>,
    /// Other names of the types in this query, one each or none.
    pub aliases: Vec<String>,
    /// `srsName`.
    pub srs: Option<String>,
    /// Properties wanted; all when empty.
    pub properties: Vec<String>,
    /// Filter as XML that can be read alone.
    pub filter: Option<String>,
    /// Condition in ECQL: `CQL_FILTER`, as GeoServer's users write it.
    pub cql: Option<String>,
    /// `a ASC,b DESC`.
    pub sort: Option<String>,
    /// `bbox`.
    pub bbox: Option<String>,
    /// `resourceId`.
    pub ids: Vec<String>,
    /// The query is one that is kept here, and the rest is empty until it is looked up.
    pub stored: Option<Invocation>,
}

/// A stored query as a request asks for it (OGC 09-025r2 clause 7.9.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// Its identifier.
    pub id: String,
    /// Its parameters; an element as value is written so that it can be read alone.
    pub parameters: Vec<(String, String)>,
    /// Whether every parameter must be one of the query's. In key-value pairs others may be meant for
    /// something else.
    pub is_strict: bool,
}

impl Invocation {
    /// The value of a parameter, whose name has no case.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
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
    /// DescribeStoredQueries: of these, all when empty.
    DescribeStoredQueries(Vec<String>),
    /// CreateStoredQuery: these definitions.
    CreateStoredQuery(Vec<String>),
    /// DropStoredQuery: the one of this identifier.
    DropStoredQuery(String),
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
            Self::DescribeStoredQueries(_) => "DescribeStoredQueries",
            Self::CreateStoredQuery(_) => "CreateStoredQuery",
            Self::DropStoredQuery(_) => "DropStoredQuery",
        }
    }
}

/// What GetFeature and GetPropertyValue share.
#[derive(Clone, Debug)]
pub struct GetFeature {
    /// Version of the request and of the answer.
    pub version: Version,
    /// The queries, stored ones not yet looked up; empty for GetFeatureById.
    pub queries: Vec<RawQuery>,
    /// The id asked of GetFeatureById, when that is the only query.
    pub by_id: Option<String>,
    /// At most this many.
    pub count: Option<u64>,
    /// Leave out this many first.
    pub start: u64,
    /// The place that a link kept: it finds the page without counting to `start`.
    pub cursor: Option<Cursor>,
    /// Only the count.
    pub hits: bool,
    /// Encoding.
    pub format: Format,
    /// Prefixes that the request declares.
    pub namespaces: Vec<(String, String)>,
    /// The lock that holds the features, which a collection tells (GetFeatureWithLock).
    pub lock_id: Option<String>,
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
        "describestoredqueries" => Ok(Request::DescribeStoredQueries(split("storedQuery_Id"))),
        "createstoredquery" if raw.definitions.is_empty() => {
            let message = "a StoredQueryDefinition is missing; this operation is sent as XML";
            Err(WfsError::missing("StoredQueryDefinition", message))
        }
        "createstoredquery" => Ok(Request::CreateStoredQuery(raw.definitions.clone())),
        "dropstoredquery" => {
            let id = kvp.filled("storedQuery_Id").or_else(|| kvp.filled("id"));
            let id =
                id.ok_or_else(|| WfsError::missing("id", "parameter id is missing; name the stored query"))?;
            Ok(Request::DropStoredQuery(id.to_owned()))
        }
        _ => Err(WfsError::not_supported(version, operation)),
    }
}

/// Whether an identifier is GetFeatureById's, in any of its spellings.
pub fn is_by_id(id: &str) -> bool {
    id == GET_FEATURE_BY_ID
        || id == GET_FEATURE_BY_ID_HTTP
        || id == "urn:ogc:def:storedQuery:OGC-WFS::GetFeatureById"
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
    // Nothing here refers to anything, at any depth and in no time.
    if let Some(depth) = kvp.filled("resolveDepth").filter(|d| *d != "*")
        && depth.parse::<u64>().is_err()
    {
        return Err(WfsError::invalid("resolveDepth", "resolveDepth is a whole number from 0, or '*'"));
    }
    if let Some(seconds) = kvp.filled("resolveTimeout")
        && !seconds.parse::<u64>().is_ok_and(|n| n > 0)
    {
        return Err(WfsError::invalid(
            "resolveTimeout",
            "resolveTimeout is a whole number of seconds from 1",
        ));
    }
    // Alone, GetFeatureById answers with the feature itself.
    let by_id = match raw.queries.as_slice() {
        [RawQuery { stored: Some(invocation), .. }] if is_by_id(&invocation.id) => Some(id_of(invocation)?),
        _ => None,
    };
    let is_empty = |q: &RawQuery| q.stored.is_none() && q.types.is_empty() && q.ids.is_empty();
    if by_id.is_none() && (raw.queries.is_empty() || raw.queries.iter().any(is_empty)) {
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
        cursor: kvp.filled("cursor").map(Cursor::parse).transpose()?,
        hits,
        format: Format::parse(version, kvp.filled("outputFormat"))?,
        namespaces: raw.namespaces.clone(),
        lock_id: None,
    })
}

/// The identifier that GetFeatureById is asked for.
pub fn id_of(invocation: &Invocation) -> Result<String, WfsError> {
    let id = invocation.value("id").filter(|id| !id.is_empty());
    id.map(str::to_owned).ok_or_else(|| {
        WfsError::missing("id", "GetFeatureById needs the parameter id, for example id=communes.1")
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
            code(&format!("{get}&typeNames=a&outputFormat=docx")),
            named("InvalidParameterValue", "outputFormat")
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

//! Versions: what a client asks for, and what differs between their answers. All that is the same in
//! both is written once elsewhere and asks here.

use super::error::WfsError;
use crate::formats::gml::Dialect;
use crate::services::edge::Kvp;

/// A version that is spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// WFS 2.0.0 (OGC 09-025r1) and its corrigendum 2.0.2 (OGC 09-025r2), which answers the same.
    V200,
    /// WFS 1.1.0 (OGC 04-094).
    V110,
    /// WFS 1.0.0 (OGC 02-058).
    V100,
}

impl Version {
    /// All of them, the highest first.
    pub const ALL: [Self; 3] = [Self::V200, Self::V110, Self::V100];

    /// As requests and answers name it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::V200 => "2.0.0",
            Self::V110 => "1.1.0",
            Self::V100 => "1.0.0",
        }
    }

    /// The version of a text.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "2.0.0" | "2.0.2" | "2.0" => Some(Self::V200),
            "1.1.0" | "1.1" => Some(Self::V110),
            "1.0.0" | "1.0" => Some(Self::V100),
            _ => None,
        }
    }

    /// The version of a request whose elements have a namespace: 1.0 and 1.1 share theirs, and the request's
    /// `version` tells them apart (fixed in the schema of 1.0, with a default in that of 1.1).
    pub fn of_namespace(uri: &str, version: Option<&str>) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|version| version.namespace() == uri)?;
        match version.and_then(Self::parse) {
            Some(named) if named.namespace() == uri => Some(named),
            _ => Some(found),
        }
    }

    /// The highest version that is not above a number, or the lowest there is (OGC 02-058 clause 6.2.4):
    /// what a client of the time before AcceptVersions expects.
    fn nearest(text: &str) -> Option<Self> {
        let mut numbers = [0_u32; 3];
        let mut given = text.trim().split('.');
        for number in &mut numbers {
            match given.next() {
                Some(part) if part.len() < 6 => *number = part.parse().ok()?,
                Some(_) => return None,
                None => break,
            }
        }
        if given.next().is_some() {
            return None;
        }
        let below = |version: &Self| version.numbers() <= numbers;
        Some(Self::ALL.into_iter().find(below).unwrap_or(Self::V100))
    }

    const fn numbers(self) -> [u32; 3] {
        match self {
            Self::V200 => [2, 0, 0],
            Self::V110 => [1, 1, 0],
            Self::V100 => [1, 0, 0],
        }
    }

    /// The version to answer in: of a list in the client's order the first that is spoken, else what the
    /// request names, else what its namespace means, else the highest (OGC 05-008 and OGC 06-121r3, clause
    /// 7.3.2). Only GetCapabilities may leave it open (OGC 09-025r2 table 7, OGC 04-094 clause 13.1), and
    /// only there another number than those spoken is answered by the nearest lower one.
    ///
    /// # Errors
    /// `VersionNegotiationFailed` when all that the client names is foreign, `MissingParameterValue`.
    pub fn negotiated(kvp: &Kvp, operation: &str, namespace: Option<Self>) -> Result<Self, WfsError> {
        let open = operation.eq_ignore_ascii_case("GetCapabilities");
        if open && let Some(accepted) = kvp.filled("acceptVersions") {
            return accepted.split(',').find_map(Self::parse).ok_or_else(|| WfsError::version(accepted));
        }
        match kvp.filled("version") {
            Some(text) if open && namespace.is_none() => {
                Self::parse(text).or_else(|| Self::nearest(text)).ok_or_else(|| WfsError::version(text))
            }
            Some(text) => match (Self::parse(text), namespace) {
                (Some(version), None) => Ok(version),
                (Some(version), Some(space)) if version == space => Ok(version),
                _ => Err(WfsError::version(text)),
            },
            None => namespace.or(open.then_some(Self::V200)).ok_or_else(|| {
                WfsError::missing(
                    "version",
                    "parameter version is missing; write version=2.0.0, or the client's own: 1.1.0 or 1.0.0",
                )
            }),
        }
    }

    /// The version whose form an error has, also when the request's own can't be told.
    pub fn guessed(kvp: &Kvp) -> Self {
        let named = kvp.filled("version").or_else(|| kvp.filled("acceptVersions")).unwrap_or_default();
        let first = named.split(',').next().unwrap_or_default().trim();
        match Self::parse(first) {
            Some(version) => version,
            None if first.starts_with("1.0") => Self::V100,
            None if first.starts_with("1.") => Self::V110,
            None => Self::V200,
        }
    }

    /// Namespace of WFS.
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::V200 => "http://www.opengis.net/wfs/2.0",
            Self::V110 | Self::V100 => "http://www.opengis.net/wfs",
        }
    }

    /// Where the schema of WFS is; the test suites compare this text: `http`, not `https`.
    pub const fn schema(self) -> &'static str {
        match self {
            Self::V200 => "http://schemas.opengis.net/wfs/2.0/wfs.xsd",
            Self::V110 => "http://schemas.opengis.net/wfs/1.1.0/wfs.xsd",
            Self::V100 => "http://schemas.opengis.net/wfs/1.0.0/WFS-capabilities.xsd",
        }
    }

    /// Namespace of OWS Common: 1.1 (OGC 06-121r3) and 1.0 (OGC 05-008), which WFS 1.0 came before.
    pub const fn ows_namespace(self) -> &'static str {
        match self {
            Self::V200 => "http://www.opengis.net/ows/1.1",
            Self::V110 | Self::V100 => "http://www.opengis.net/ows",
        }
    }

    /// Version number of OWS Common, as its schemas' addresses have it.
    pub const fn ows_version(self) -> &'static str {
        match self {
            Self::V200 => "1.1.0",
            Self::V110 | Self::V100 => "1.0.0",
        }
    }

    /// Prefix and namespace of filters: FES 2.0 (OGC 09-026r2), Filter 1.1 (OGC 04-095) and 1.0
    /// (OGC 02-059).
    pub const fn filter_namespace(self) -> (&'static str, &'static str) {
        match self {
            Self::V200 => ("fes", "http://www.opengis.net/fes/2.0"),
            Self::V110 | Self::V100 => ("ogc", "http://www.opengis.net/ogc"),
        }
    }

    /// The GML 3 of features and schemas; WFS 1.0 has GML 2 unless it is asked for the other.
    pub const fn gml(self) -> Dialect {
        match self {
            Self::V200 => Dialect::Gml32,
            Self::V110 | Self::V100 => Dialect::Gml311,
        }
    }

    /// Media type of capabilities (OGC 04-094 clause 6.4, OGC 09-025r2 clause 7.3).
    pub const fn document_type(self) -> &'static str {
        match self {
            Self::V200 => "application/xml",
            Self::V110 | Self::V100 => "text/xml",
        }
    }

    /// Name of the parameter that names feature types.
    pub const fn types_parameter(self) -> &'static str {
        match self {
            Self::V200 => "typeNames",
            Self::V110 | Self::V100 => "typeName",
        }
    }

    /// Name of the parameter that limits the number of features.
    pub const fn count_parameter(self) -> &'static str {
        match self {
            Self::V200 => "count",
            Self::V110 | Self::V100 => "maxFeatures",
        }
    }

    /// The operations offered.
    pub const fn operations(self) -> &'static [&'static str] {
        match self {
            Self::V200 => &[
                "GetCapabilities",
                "DescribeFeatureType",
                "GetFeature",
                "GetPropertyValue",
                "ListStoredQueries",
                "DescribeStoredQueries",
            ],
            Self::V110 | Self::V100 => &["GetCapabilities", "DescribeFeatureType", "GetFeature"],
        }
    }

    /// The operations offered besides where editing is on.
    pub const fn edit_operations(self) -> &'static [&'static str] {
        match self {
            Self::V200 => {
                &["Transaction", "LockFeature", "GetFeatureWithLock", "CreateStoredQuery", "DropStoredQuery"]
            }
            Self::V110 | Self::V100 => &["Transaction", "LockFeature", "GetFeatureWithLock"],
        }
    }

    /// An exception code in the version's own list: OWS Common 1.0 has fewer (OGC 05-008 table 20).
    pub fn exception_code(self, code: &'static str) -> &'static str {
        const OF_110: [&str; 5] = [
            "OperationNotSupported",
            "MissingParameterValue",
            "InvalidParameterValue",
            "VersionNegotiationFailed",
            "InvalidUpdateSequence",
        ];
        match self {
            Self::V110 | Self::V100 if !OF_110.contains(&code) => "NoApplicableCode",
            _ => code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(query: &str, operation: &str) -> Option<Version> {
        Version::negotiated(&Kvp::parse(query).expect("read"), operation, None).ok()
    }

    #[test]
    fn the_first_accepted_version_that_is_spoken_is_answered_and_the_highest_when_none_is_named() {
        for (query, expected) in [
            ("", Some(Version::V200)),
            ("version=1.1.0", Some(Version::V110)),
            ("version=2.0.2", Some(Version::V200)),
            ("version=1.0.0", Some(Version::V100)),
            ("version=1.0.14", Some(Version::V100)),
            ("version=1.9", Some(Version::V110)),
            ("version=3.0.0", Some(Version::V200)),
            ("version=0.0.1", Some(Version::V100)),
            ("version=one", None),
            ("version=1.0.0.0", None),
            ("acceptVersions=1.1.0,2.0.0", Some(Version::V110)),
            ("acceptVersions=9.9.9, 2.0.0", Some(Version::V200)),
            ("acceptVersions=9.9.9&version=1.1.0", None),
        ] {
            assert_eq!(negotiated(query, "GetCapabilities"), expected, "{query}");
        }
        assert_eq!(negotiated("acceptVersions=9.9.9&version=1.1.0", "GetFeature"), Some(Version::V110));
        assert_eq!(negotiated("acceptVersions=1.1.0", "GetFeature"), None);
    }

    #[test]
    fn a_namespace_means_a_version_and_may_not_contradict_the_number() {
        let read = |query, space| Version::negotiated(&Kvp::parse(query).expect("read"), "GetFeature", space);
        assert_eq!(read("", Some(Version::V110)).ok(), Some(Version::V110));
        assert!(read("version=1.1.0", Some(Version::V200)).is_err());
        assert!(read("version=1.0.0", Some(Version::V200)).is_err());
        let named = |version| Version::of_namespace("http://www.opengis.net/wfs", version);
        assert_eq!(named(None), Some(Version::V110));
        assert_eq!(named(Some("1.0.0")), Some(Version::V100));
        assert_eq!(named(Some("2.0.0")), Some(Version::V110));
        assert_eq!(Version::of_namespace("http://elsewhere", Some("1.0.0")), None);
    }

    #[test]
    fn errors_have_the_form_of_the_version_asked_for() {
        let guessed = |query| Version::guessed(&Kvp::parse(query).expect("read"));
        assert_eq!(guessed("version=1.1.0"), Version::V110);
        assert_eq!(guessed("version=1.0.0"), Version::V100);
        assert_eq!(guessed("acceptVersions=1.3.9,0.1"), Version::V110);
        assert_eq!(guessed("request=GetFeature"), Version::V200);
        assert_eq!(Version::V110.exception_code("OperationParsingFailed"), "NoApplicableCode");
    }
}

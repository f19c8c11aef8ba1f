//! Versions: what a client asks for, what it gets, and what differs in name.

use super::error::{CswError, short};
use crate::catalogue::Form;
use crate::services::edge::Kvp;

/// A version that is spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Version {
    V202,
    V300,
}

impl Version {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::V202 => "2.0.2",
            Self::V300 => "3.0.0",
        }
    }

    /// Namespace of its messages and of csw:Record.
    pub(super) const fn namespace(self) -> &'static str {
        match self {
            Self::V202 => "http://www.opengis.net/cat/csw/2.0.2",
            Self::V300 => "http://www.opengis.net/cat/csw/3.0",
        }
    }

    /// Schema of all its messages.
    pub(super) const fn schema(self) -> &'static str {
        match self {
            Self::V202 => "http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd",
            Self::V300 => "http://schemas.opengis.net/cat/csw/3.0/cswAll.xsd",
        }
    }

    /// Namespace of the OWS Common that it speaks.
    pub(super) const fn ows(self) -> &'static str {
        match self {
            Self::V202 => "http://www.opengis.net/ows",
            Self::V300 => "http://www.opengis.net/ows/2.0",
        }
    }

    /// `version` of an exception report (OGC 07-006r1 section 10.3.7; OGC 12-176r7 clause 6.9).
    pub(super) const fn of_reports(self) -> &'static str {
        match self {
            Self::V202 => "1.2.0",
            Self::V300 => "3.0.0",
        }
    }

    /// Values of `outputSchema`, as they are advertised.
    pub(super) const fn output_schemas(self) -> &'static [&'static str] {
        match self {
            Self::V202 => &[
                "http://www.opengis.net/cat/csw/2.0.2",
                "http://www.isotc211.org/2005/gmd",
                "http://standards.iso.org/iso/19115/-3/mdb/2.0",
                "http://www.w3.org/ns/dcat#",
                "http://data.europa.eu/930/",
            ],
            Self::V300 => &[
                "http://www.opengis.net/cat/csw/3.0",
                "http://www.isotc211.org/2005/gmd",
                "http://standards.iso.org/iso/19115/-3/mdb/2.0",
                "http://www.w3.org/2005/Atom",
                "http://www.w3.org/ns/dcat#",
                "http://data.europa.eu/930/",
            ],
        }
    }

    /// The form of csw:Record.
    pub(super) const fn dublin_core(self) -> Form {
        match self {
            Self::V202 => Form::DublinCore,
            Self::V300 => Form::DublinCore3,
        }
    }

    /// The version that a `version` parameter names. Nothing named is 2.0.2: harvesters, which are older than
    /// 3.0, leave it out.
    pub(super) fn named(text: Option<&str>) -> Result<Self, (Self, CswError)> {
        match text {
            None | Some("2.0.2") => Ok(Self::V202),
            Some("3.0.0" | "3.0") => Ok(Self::V300),
            Some(other) => {
                let text = format!("version {} is not spoken here; use 2.0.2 or 3.0.0", short(other));
                let form = if other.starts_with(['3', '4']) { Self::V300 } else { Self::V202 };
                Err((form, CswError::invalid("version", text)))
            }
        }
    }

    /// The first version of a list that is spoken here (OGC 06-121r9 section 7.3.2). When there is none, the
    /// report has the form of the highest.
    pub(super) fn negotiated<'a>(
        accepted: impl Iterator<Item = &'a str>,
    ) -> Result<Option<Self>, (Self, CswError)> {
        let all: Vec<&str> = accepted.map(str::trim).filter(|v| !v.is_empty()).collect();
        if all.is_empty() {
            return Ok(None);
        }
        let known = |text: &&str| [Self::V202, Self::V300].into_iter().find(|v| v.text() == *text);
        let found = all.iter().find_map(known);
        found.map(Some).ok_or_else(|| (Self::V300, CswError::version(&all.join(", "))))
    }

    /// The version of a request by key-value pairs. A bare address is for who knows nothing of the service
    /// yet and gets the highest version (OGC 12-176r7 clause 6.4).
    pub(super) fn of_kvp(kvp: &Kvp) -> Result<Self, (Self, CswError)> {
        if kvp.iter().next().is_none() {
            return Ok(Self::V300);
        }
        if let Some(accepted) = kvp.filled("acceptversions")
            && let Some(version) = Self::negotiated(accepted.split(','))?
        {
            return Ok(version);
        }
        Self::named(kvp.filled("version"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Result<Version, (Version, CswError)> {
        Version::of_kvp(&Kvp::parse(query).expect("pairs"))
    }

    #[test]
    fn a_bare_address_is_3_0_and_a_harvester_that_names_no_version_gets_2_0_2() {
        assert_eq!(of(""), Ok(Version::V300));
        assert_eq!(of("service=CSW&request=GetCapabilities"), Ok(Version::V202));
        assert_eq!(of("service=CSW&request=GetCapabilities&version=3.0.0"), Ok(Version::V300));
        assert_eq!(of("request=GetRecords&VERSION=2.0.2"), Ok(Version::V202));
    }

    #[test]
    fn the_first_accepted_version_that_is_spoken_wins() {
        for (list, version) in [
            ("3.0.0,2.0.2", Version::V300),
            ("2.0.2,3.0.0", Version::V202),
            ("2.0.1,2.0.0,3.0.0", Version::V300),
            ("2.0.2,2.0.0", Version::V202),
        ] {
            assert_eq!(of(&format!("acceptVersions={list}")), Ok(version), "{list}");
        }
    }

    #[test]
    fn unknown_versions_are_refused_in_the_form_nearest_to_them() {
        assert_eq!(of("acceptVersions=9.9").expect_err("refused").0, Version::V300);
        assert_eq!(of("request=GetRecords&version=3.1.0").expect_err("refused").0, Version::V300);
        assert_eq!(of("request=GetRecords&version=1.0").expect_err("refused").0, Version::V202);
    }
}

//! Who asks, as far as a request tells.

use super::Visit;
use crate::catalogue::dryrun::Target;

/// The programs that harvest French catalogues, and the rest by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Harvester {
    /// data.gouv.fr and other portals on udata.
    Udata,
    /// Géocatalogue, Géoplateforme and most infrastructures: GeoNetwork's CSW harvester.
    GeoNetwork,
    /// CKAN with ckanext-spatial.
    Ckan,
    /// QGIS: MetaSearch.
    Qgis,
    /// OWSLib, which pycsw and scripts are built on.
    Owslib,
    /// Another program.
    Other,
}

impl Harvester {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Udata, Self::GeoNetwork, Self::Ckan, Self::Qgis, Self::Owslib, Self::Other];

    /// Name in the database and in addresses.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Udata => "udata",
            Self::GeoNetwork => "geonetwork",
            Self::Ckan => "ckan",
            Self::Qgis => "qgis",
            Self::Owslib => "owslib",
            Self::Other => "other",
        }
    }

    /// Name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Udata => "data.gouv.fr (udata)",
            Self::GeoNetwork => "GeoNetwork (Géocatalogue, Géoplateforme)",
            Self::Ckan => "CKAN",
            Self::Qgis => "QGIS",
            Self::Owslib => "OWSLib (pycsw)",
            Self::Other => "—",
        }
    }

    /// Whose rules its records go through, where they are known.
    #[must_use]
    pub fn target(self, protocol: &str) -> Option<Target> {
        match (self, protocol) {
            (Self::Udata, "CSW") => Some(Target::DataGouvCsw),
            (Self::Udata, "DCAT") => Some(Target::DataGouvDcat),
            (Self::GeoNetwork, "CSW") => Some(Target::GeoNetwork),
            (Self::Ckan, "CSW") => Some(Target::Ckan),
            _ => None,
        }
    }

    /// The harvester with a code.
    #[must_use]
    pub fn parse(code: &str) -> Self {
        Self::ALL.into_iter().find(|known| known.code() == code).unwrap_or(Self::Other)
    }

    /// The harvester that sends such a request. The name that a program gives itself counts first; where it is the name of a library,
    /// the form of the request tells: CKAN asks by OWSLib for brief records, GeoNetwork by a Java client for summaries.
    #[must_use]
    pub fn recognise(visit: &Visit) -> Self {
        let agent = visit.agent.to_ascii_lowercase();
        let says = |word: &str| agent.contains(word);
        let asks = |word: &str| visit.asked.split_whitespace().any(|part| part.eq_ignore_ascii_case(word));
        if agent.starts_with("udata/") {
            Self::Udata
        } else if says("geonetwork") || (says("java") && asks("summary") && asks("gmd")) {
            Self::GeoNetwork
        } else if says("ckan") || (says("owslib") && asks("brief") && asks("gmd")) {
            Self::Ckan
        } else if says("qgis") {
            Self::Qgis
        } else if says("owslib") {
            Self::Owslib
        } else {
            Self::Other
        }
    }
}

/// Whether it is a person who looks around: browsers call themselves Mozilla, and so does QGIS.
pub(super) fn is_browser(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    agent.starts_with("mozilla/") && !agent.contains("qgis")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::journal::sample;

    #[test]
    fn harvesters_are_known_by_their_name_and_by_what_they_ask_for() {
        for (agent, asked, expected) in [
            ("uData/0.1 csw-iso-19139", "gmd full 25", Harvester::Udata),
            ("uData/0.1 dcat", "", Harvester::Udata),
            ("Apache-HttpClient/4.5.13 (Java/1.8.0_292)", "gmd summary 20", Harvester::GeoNetwork),
            ("Apache-HttpClient/4.5.13 (Java/1.8.0_292)", "csw full 20", Harvester::Other),
            ("GeoNetwork/4.2", "", Harvester::GeoNetwork),
            ("OWSLib (https://owslib.readthedocs.io", "gmd brief 10", Harvester::Ckan),
            ("OWSLib 0.35.0 (https://owslib.readthedocs.io)", "csw full 10", Harvester::Owslib),
            ("Mozilla/5.0 QGIS/32216", "", Harvester::Qgis),
            ("curl/8.1", "gmd full", Harvester::Other),
            ("", "", Harvester::Other),
        ] {
            let visit = Visit { agent: agent.into(), asked: asked.into(), ..sample() };
            assert_eq!(Harvester::recognise(&visit), expected, "{agent} {asked}");
        }
    }

    #[test]
    fn a_browser_is_no_harvester_and_qgis_is_no_browser() {
        assert!(is_browser("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"));
        assert!(!is_browser("Mozilla/5.0 QGIS/32216"));
        assert!(!is_browser("curl/8.1"));
    }

    #[test]
    fn codes_are_read_back() {
        for harvester in Harvester::ALL {
            assert_eq!(Harvester::parse(harvester.code()), harvester);
        }
        assert_eq!(Harvester::parse("gone"), Harvester::Other);
    }
}

//! Versions: what a client asks for and what it gets.

use crate::services::edge::Kvp;

/// A version that is spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Version {
    V130,
    V111,
}

impl Version {
    /// Negotiation of GetCapabilities (OGC 06-042 section 6.2.4): the same version, else the next lower
    /// one, else the lowest; the highest when none is named.
    pub(super) fn negotiated(asked: Option<&str>) -> Self {
        match asked.and_then(numbers) {
            Some(version) if version < [1, 3, 0] => Self::V111,
            _ => Self::V130,
        }
    }

    /// The version of any other operation, which must name it; 1.0.0 and 1.1.0 are read as 1.1.1, which
    /// has their parameters.
    pub(super) fn named(text: &str) -> Option<Self> {
        match numbers(text)? {
            [1, 3, _] => Some(Self::V130),
            [1, 0 | 1, _] => Some(Self::V111),
            _ => None,
        }
    }

    /// The version whose form an error has when the request's own can't be told.
    pub(super) fn guessed(kvp: &Kvp) -> Self {
        let asked = kvp.filled("VERSION").or_else(|| kvp.filled("WMTVER"));
        match asked.and_then(Self::named) {
            Some(version) => version,
            None if kvp.get("SRS").is_some() && kvp.get("CRS").is_none() => Self::V111,
            None => Self::negotiated(asked),
        }
    }

    /// Name of the parameter that names the system.
    pub(super) const fn crs_parameter(self) -> &'static str {
        match self {
            Self::V130 => "CRS",
            Self::V111 => "SRS",
        }
    }
}

fn numbers(text: &str) -> Option<[u32; 3]> {
    let mut parts = text.trim().split('.').map(|p| p.parse::<u32>().ok());
    let version = [parts.next()??, parts.next().flatten().unwrap_or(0), parts.next().flatten().unwrap_or(0)];
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_negotiated_as_the_standard_says() {
        for (asked, got) in [
            (None, Version::V130),
            (Some("1.3.0"), Version::V130),
            (Some("1.4.0"), Version::V130),
            (Some("100.0.0"), Version::V130),
            (Some("1.1.1"), Version::V111),
            (Some("1.2.0"), Version::V111),
            (Some("1.0.0"), Version::V111),
            (Some("0.0.1"), Version::V111),
            (Some("x"), Version::V130),
        ] {
            assert_eq!(Version::negotiated(asked), got, "{asked:?}");
        }
        assert_eq!(Version::named("1.1.0"), Some(Version::V111));
        assert_eq!(Version::named("2.0.0"), None);
    }
}

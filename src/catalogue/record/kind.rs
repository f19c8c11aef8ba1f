//! What a record describes.

use serde::{Deserialize, Serialize};

/// What a record describes (ISO 19115 MD_ScopeCode). Stored as the code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Kind {
    /// Data with a place.
    #[default]
    Dataset,
    /// Several datasets of one specification.
    Series,
    /// A table without geometries.
    NonGeographic,
    /// A service.
    Service,
    /// Another scope code, such as `software` or `document`.
    Other(String),
}

impl Kind {
    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Dataset => "dataset",
            Self::Series => "series",
            Self::NonGeographic => "nonGeographicDataset",
            Self::Service => "service",
            Self::Other(code) => code,
        }
    }

    /// The kind that a type of Dublin Core or DCAT means: DCMI types are addresses that end in their name.
    #[must_use]
    pub fn of_type(text: &str) -> Self {
        let name = text.rsplit(['/', '#', ':']).next().unwrap_or(text).trim().to_ascii_lowercase();
        match name.as_str() {
            "service" | "dataservice" => Self::Service,
            "collection" | "series" | "datasetseries" => Self::Series,
            "software" | "application" => Self::Other("software".to_owned()),
            "dataset" | "" => Self::Dataset,
            _ => Self::NonGeographic,
        }
    }
}

impl From<String> for Kind {
    fn from(code: String) -> Self {
        match code.as_str() {
            "dataset" => Self::Dataset,
            "series" => Self::Series,
            "nonGeographicDataset" => Self::NonGeographic,
            "service" => Self::Service,
            _ => Self::Other(code),
        }
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_become_codes_of_iso_and_codes_come_back_as_they_went() {
        assert_eq!(Kind::of_type("http://purl.org/dc/dcmitype/Dataset"), Kind::Dataset);
        assert_eq!(Kind::of_type("http://purl.org/dc/dcmitype/Service"), Kind::Service);
        assert_eq!(Kind::of_type("http://purl.org/dc/dcmitype/Image"), Kind::NonGeographic);
        for code in ["dataset", "series", "nonGeographicDataset", "service", "tile"] {
            assert_eq!(Kind::from(code.to_owned()).code(), code);
        }
    }
}

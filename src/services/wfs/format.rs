//! The encodings of features and how clients name them.

use super::error::WfsError;

/// An encoding of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GML 3.2 as `application/gml+xml; version=3.2`.
    Gml,
    /// GML 3.2 as `text/xml; subtype=gml/3.2`.
    GmlText,
    /// GeoJSON (RFC 7946) as `application/json`, the name that web clients ask by.
    Json,
    /// GeoJSON under its own media type.
    GeoJson,
}

impl Format {
    /// All, under the names that the capabilities list.
    pub const LISTED: [(&'static str, Self); 4] = [
        ("application/gml+xml; version=3.2", Self::Gml),
        ("text/xml; subtype=gml/3.2", Self::GmlText),
        ("application/json", Self::Json),
        ("application/geo+json", Self::GeoJson),
    ];

    /// The format of a name; spaces and case don't matter, and a `+` that came as a space is known.
    ///
    /// # Errors
    /// `InvalidParameterValue` that lists the formats.
    pub fn parse(name: Option<&str>) -> Result<Self, WfsError> {
        let Some(name) = name else { return Ok(Self::Gml) };
        let bare: String =
            name.chars().filter(|c| !c.is_whitespace() && *c != '+').flat_map(char::to_lowercase).collect();
        match bare.as_str() {
            "application/gmlxml;version=3.2" | "application/gmlxml" | "gml32" | "gml3.2" | "gml" | "gml3" => {
                Ok(Self::Gml)
            }
            "text/xml;subtype=gml/3.2"
            | "text/xml;subtype=gml/3.2.1"
            | "text/xml;subtype=\"gml/3.2\""
            | "text/xml"
            | "application/xml" => Ok(Self::GmlText),
            "application/json" | "json" => Ok(Self::Json),
            "application/geojson" | "geojson" | "application/vnd.geojson" => Ok(Self::GeoJson),
            _ => {
                let known: Vec<_> = Self::LISTED.iter().map(|(n, _)| *n).collect();
                let named: String = name.chars().take(80).collect();
                let message = format!("format '{named}' is not offered; offered are {}", known.join(", "));
                Err(WfsError::invalid("outputFormat", message))
            }
        }
    }

    /// The media type to answer with.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Gml => "application/gml+xml; version=3.2",
            Self::GmlText => "text/xml; subtype=gml/3.2",
            Self::Json => "application/json",
            Self::GeoJson => "application/geo+json",
        }
    }

    /// Whether it is GML.
    pub const fn is_gml(self) -> bool {
        matches!(self, Self::Gml | Self::GmlText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_name_and_by_media_type() {
        for (name, format) in Format::LISTED {
            assert_eq!(Format::parse(Some(name)).ok(), Some(format), "{name}");
        }
        assert_eq!(Format::parse(Some("application/gml xml;version=3.2")).ok(), Some(Format::Gml));
        assert_eq!(Format::parse(Some("GeoJSON")).ok(), Some(Format::GeoJson));
    }
}

//! The encodings of features and how clients name them.

use super::error::WfsError;
use crate::formats::output::{self, DefaultCrs, OutputFormat};

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
    /// A whole file in another format of [`crate::formats::output`], such as GeoPackage.
    File(&'static OutputFormat),
}

impl Format {
    /// Those written here, under the names that the capabilities list.
    pub const LISTED: [(&'static str, Self); 4] = [
        ("application/gml+xml; version=3.2", Self::Gml),
        ("text/xml; subtype=gml/3.2", Self::GmlText),
        ("application/json", Self::Json),
        ("application/geo+json", Self::GeoJson),
    ];

    /// All names that the capabilities list.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::LISTED.iter().map(|(name, _)| *name).chain(Self::files().map(OutputFormat::media_type))
    }

    /// The formats of files that are not written here.
    fn files() -> impl Iterator<Item = &'static OutputFormat> {
        output::ALL.into_iter().filter(|f| !matches!(f.extension, "gml" | "geojson"))
    }

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
                let file = OutputFormat::find(name).filter(|found| Self::files().any(|f| f == *found));
                if let Some(file) = file {
                    return Ok(Self::File(file));
                }
                let known: Vec<_> = Self::names().collect();
                let named: String = name.chars().take(80).collect();
                let message = format!("format '{named}' is not offered; offered are {}", known.join(", "));
                Err(WfsError::invalid("outputFormat", message))
            }
        }
    }

    /// The media type to answer with.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Gml => "application/gml+xml; version=3.2",
            Self::GmlText => "text/xml; subtype=gml/3.2",
            Self::Json => "application/json",
            Self::GeoJson => "application/geo+json",
            Self::File(format) => format.media_type(),
        }
    }

    /// Whether coordinates are in the data's own system when no other is asked for.
    pub fn is_native(self) -> bool {
        match self {
            Self::Gml | Self::GmlText => true,
            Self::Json | Self::GeoJson => false,
            Self::File(format) => format.default_crs == DefaultCrs::Native,
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
        for name in ["application/geopackage+sqlite3", "application/geopackage sqlite3", "gpkg", "GeoPackage"]
        {
            assert!(
                matches!(Format::parse(Some(name)), Ok(Format::File(f)) if f.extension == "gpkg"),
                "{name}"
            );
        }
        for name in Format::names() {
            assert!(Format::parse(Some(name)).is_ok(), "{name}");
        }
        let refused = Format::parse(Some("shape-zip")).expect_err("unknown").message;
        assert!(refused.contains("geopackage"), "{refused}");
    }
}

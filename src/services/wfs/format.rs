//! The encodings of features and how clients name them.

use super::error::WfsError;
use super::version::Version;
use crate::formats::output::{self, DefaultCrs, OutputFormat};

/// An encoding of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GML 3.2 as `application/gml+xml; version=3.2`.
    Gml,
    /// GML 3.2 as `text/xml; subtype=gml/3.2`.
    GmlText,
    /// GML 3.1.1 as `text/xml; subtype=gml/3.1.1`, the GML of WFS 1.1.
    Gml311,
    /// GML 2.1.2 as `text/xml; subtype=gml/2.1.2`, the GML of WFS 1.0.
    Gml2,
    /// GeoJSON (RFC 7946) as `application/json`, the name that web clients ask by.
    Json,
    /// GeoJSON under its own media type.
    GeoJson,
    /// A whole file in another format of [`crate::formats::output`], such as GeoPackage.
    File(&'static OutputFormat),
}

impl Format {
    /// Those of a version that are written here, its GML first.
    const fn written(version: Version) -> &'static [Self] {
        match version {
            Version::V200 => &[Self::Gml, Self::GmlText, Self::Json, Self::GeoJson],
            Version::V110 => &[Self::Gml311, Self::Gml2, Self::Json, Self::GeoJson],
            Version::V100 => &[Self::Gml2, Self::Gml311, Self::Json, Self::GeoJson],
        }
    }

    /// All names that the capabilities of a version list.
    pub fn names(version: Version) -> impl Iterator<Item = &'static str> {
        let written = Self::written(version).iter().map(|format| format.media_type());
        written.chain(Self::files().map(OutputFormat::media_type))
    }

    /// Those of schemas: the version's GML.
    pub fn of_schemas(version: Version) -> impl Iterator<Item = &'static str> {
        Self::written(version).iter().filter(|format| format.is_gml()).map(|format| format.media_type())
    }

    /// What a version answers when no format is named (OGC 09-025r2 clause 7.6.3.7, OGC 04-094 clause 9.4, OGC 02-058
    /// clause 9.2).
    pub const fn default_of(version: Version) -> Self {
        match version {
            Version::V200 => Self::Gml,
            Version::V110 => Self::Gml311,
            Version::V100 => Self::Gml2,
        }
    }

    /// The formats of files that are not written here.
    fn files() -> impl Iterator<Item = &'static OutputFormat> {
        output::ALL.into_iter().filter(|f| !matches!(f.extension, "gml" | "geojson"))
    }

    /// The format of a name; spaces and case don't matter, and a `+` that came as a space is known.
    ///
    /// # Errors
    /// `InvalidParameterValue` that lists the formats.
    pub fn parse(version: Version, name: Option<&str>) -> Result<Self, WfsError> {
        let Some(name) = name else { return Ok(Self::default_of(version)) };
        let bare: String =
            name.chars().filter(|c| !c.is_whitespace() && *c != '+').flat_map(char::to_lowercase).collect();
        match bare.as_str() {
            "gml" => Ok(Self::default_of(version)),
            "gml3" if version == Version::V200 => Ok(Self::Gml),
            "gml3" => Ok(Self::Gml311),
            "gml2"
            | "gml2.1.2"
            | "xmlschema"
            | "text/xml;subtype=gml/2.1.2"
            | "text/xml;subtype=\"gml/2.1.2\""
                if version != Version::V200 =>
            {
                Ok(Self::Gml2)
            }
            "text/xml" | "application/xml" if version == Version::V100 => Ok(Self::Gml2),
            "application/gmlxml;version=3.2" | "application/gmlxml" | "gml32" | "gml3.2"
                if version == Version::V200 =>
            {
                Ok(Self::Gml)
            }
            "text/xml;subtype=gml/3.2"
            | "text/xml;subtype=gml/3.2.1"
            | "text/xml;subtype=\"gml/3.2\""
            | "text/xml"
            | "application/xml"
                if version == Version::V200 =>
            {
                Ok(Self::GmlText)
            }
            "text/xml;subtype=gml/3.1.1"
            | "text/xml;subtype=\"gml/3.1.1\""
            | "text/gml;subtype=gml/3.1.1"
            | "gml31"
            | "gml3.1.1"
                if version != Version::V200 =>
            {
                Ok(Self::Gml311)
            }
            "text/xml" | "application/xml" if version == Version::V110 => Ok(Self::Gml311),
            "application/json" | "json" => Ok(Self::Json),
            "application/geojson" | "geojson" | "application/vnd.geojson" => Ok(Self::GeoJson),
            _ => {
                let file = OutputFormat::find(name).filter(|found| Self::files().any(|f| f == *found));
                if let Some(file) = file {
                    return Ok(Self::File(file));
                }
                let known: Vec<_> = Self::names(version).collect();
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
            Self::Gml311 => "text/xml; subtype=gml/3.1.1",
            Self::Gml2 => "text/xml; subtype=gml/2.1.2",
            Self::Json => "application/json",
            Self::GeoJson => "application/geo+json",
            Self::File(format) => format.media_type(),
        }
    }

    /// Whether coordinates are in the data's own system when no other is asked for.
    pub fn is_native(self) -> bool {
        match self {
            Self::Gml | Self::GmlText | Self::Gml311 | Self::Gml2 => true,
            Self::Json | Self::GeoJson => false,
            Self::File(format) => format.default_crs == DefaultCrs::Native,
        }
    }

    /// Whether it is GML.
    pub const fn is_gml(self) -> bool {
        matches!(self, Self::Gml | Self::GmlText | Self::Gml311 | Self::Gml2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_name_and_by_media_type() {
        let parse = |name| Format::parse(Version::V200, Some(name));
        for version in Version::ALL {
            for format in Format::written(version) {
                let name = format.media_type();
                assert_eq!(Format::parse(version, Some(name)).ok(), Some(*format), "{name}");
            }
            for name in Format::names(version) {
                assert!(Format::parse(version, Some(name)).is_ok(), "{name}");
            }
        }
        assert_eq!(parse("application/gml xml;version=3.2").ok(), Some(Format::Gml));
        assert_eq!(parse("GeoJSON").ok(), Some(Format::GeoJson));
        for name in ["application/geopackage+sqlite3", "application/geopackage sqlite3", "gpkg", "GeoPackage"]
        {
            assert!(matches!(parse(name), Ok(Format::File(f)) if f.extension == "gpkg"), "{name}");
        }
        let refused = parse("dwg").expect_err("unknown").message;
        assert!(refused.contains("geopackage"), "{refused}");
    }

    #[test]
    fn gml_is_that_of_the_version() {
        let old = |name| Format::parse(Version::V110, name).ok();
        assert_eq!(old(None), Some(Format::Gml311));
        assert_eq!(old(Some("GML3")), Some(Format::Gml311));
        assert_eq!(old(Some("text/xml; subtype=gml/3.2")), None);
        assert!(Format::parse(Version::V200, Some("text/xml; subtype=gml/3.1.1")).is_err());
    }
}

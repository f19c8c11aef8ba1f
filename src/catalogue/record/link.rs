//! Links, formats and checksums.

use super::Term;
use serde::{Deserialize, Serialize};

/// A format the data can be had in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Format {
    /// Name.
    pub name: String,
    /// Version of the format.
    pub version: Option<String>,
    /// IANA media type.
    pub media_type: Option<String>,
}

/// What a link of the platform leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LinkKind {
    /// Capabilities of the WMS.
    Wms,
    /// Capabilities of the WFS.
    Wfs,
    /// Capabilities of the CSW.
    Csw,
    /// A collection of the OGC API.
    OgcApiFeatures,
    /// Vector tiles, or tiles of pictures.
    TileJson,
    /// A style with its tiles for web maps.
    MapLibreStyle,
    /// All features as GeoJSON.
    GeoJson,
    /// All features as GML 3.2.
    Gml,
    /// All features as a GeoPackage.
    GeoPackage,
    /// The page for people.
    Page,
}

impl LinkKind {
    /// Protocol as catalogues write it.
    #[must_use]
    pub const fn protocol(self) -> &'static str {
        match self {
            Self::Wms => "OGC:WMS",
            Self::Wfs => "OGC:WFS",
            Self::Csw => "OGC:CSW",
            Self::OgcApiFeatures => "OGC API - Features",
            Self::TileJson => "TileJSON",
            Self::MapLibreStyle => "MapLibre Style",
            Self::GeoJson | Self::Gml | Self::GeoPackage => "WWW:DOWNLOAD-1.0-http--download",
            Self::Page => "WWW:LINK-1.0-http--link",
        }
    }

    /// For services: the protocol's address in the OGC register and the INSPIRE type of service, which
    /// link the data with its services (INSPIRE TG metadata 2.0, class 8.1).
    #[must_use]
    pub const fn service(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Wms => Some(("http://www.opengis.net/def/serviceType/ogc/wms", "view")),
            Self::Wfs => Some(("http://www.opengis.net/def/serviceType/ogc/wfs", "download")),
            Self::Csw => Some(("http://www.opengis.net/def/serviceType/ogc/csw", "discovery")),
            _ => None,
        }
    }

    /// CI_OnLineFunctionCode: harvesters make a resource of `download` and a mere page of the rest.
    #[must_use]
    pub const fn function(self) -> &'static str {
        match self {
            Self::Page => "information",
            _ => "download",
        }
    }

    /// IANA media type of what is behind it.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Wms | Self::Wfs | Self::Csw => "text/xml",
            Self::OgcApiFeatures | Self::TileJson | Self::MapLibreStyle => "application/json",
            Self::GeoJson => "application/geo+json",
            Self::Gml => "application/gml+xml",
            Self::GeoPackage => "application/geopackage+sqlite3",
            Self::Page => "text/html",
        }
    }

    /// Whether it is one file with all of the data.
    #[must_use]
    pub const fn is_file(self) -> bool {
        matches!(self, Self::GeoJson | Self::Gml | Self::GeoPackage)
    }
}

/// Where something can be had or read about (CI_OnlineResource, dcat:Distribution).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    /// What it leads to, where it is of the platform.
    pub kind: Option<LinkKind>,
    /// Absolute address.
    pub url: String,
    /// Protocol: words, with the address of a register's entry where there is one.
    pub protocol: Option<Term>,
    /// Application profile: for INSPIRE the type of service.
    pub profile: Option<Term>,
    /// Name of the layer in that service, or of the file.
    pub name: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// CI_OnLineFunctionCode.
    pub function: Option<String>,
    /// IANA media type of what is behind it.
    pub media_type: Option<String>,
    /// Format of what is behind it, by name.
    pub format: Option<String>,
    /// Size in bytes, where it is a file of known size.
    pub bytes: Option<u64>,
    /// Checksum of the file.
    pub checksum: Option<Checksum>,
    /// Slug of the layer it belongs to.
    pub layer: Option<String>,
}

/// A checksum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Checksum {
    /// `sha256`, `sha1`, `md5`.
    pub algorithm: String,
    /// Hexadecimal digits, small letters.
    pub value: String,
}

//! The formats in which whole files of features can be had: WFS, OGC API Features and downloads offer what
//! is listed here. A new format is a new folder beside this file and a line in [`ALL`].

use super::{EncodeError, FeatureEncoder, geojson, gml, gpkg};
use crate::geo::crs::CrsSpelling;
use crate::geo::{CrsError, CrsRef};
use crate::model::{Column, FeatureRef, Layer};
use std::path::Path;
use std::sync::Arc;

/// All formats, the one that most people want first.
pub static ALL: [&OutputFormat; 3] = [&gpkg::OUTPUT, &geojson::OUTPUT, &gml::OUTPUT];

/// A format of files.
#[derive(Debug)]
pub struct OutputFormat {
    /// Name for people.
    pub name: &'static str,
    /// Ending of a file's name, without the dot; also the short name in `f=` and `outputFormat=`.
    pub extension: &'static str,
    /// Media types that ask for it; answers bear the first.
    pub media_types: &'static [&'static str],
    /// Other short names that clients use, in lower case.
    pub aliases: &'static [&'static str],
    /// Whether one file may hold several layers.
    pub several_layers: bool,
    /// Which system coordinates are in when nobody asks for one.
    pub default_crs: DefaultCrs,
    /// How a file comes into being.
    pub making: Making,
}

/// The system of a format's coordinates when none is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultCrs {
    /// The layer's own.
    Native,
    /// Longitude and latitude (RFC 7946 section 4).
    Crs84,
}

/// How a file comes into being.
#[derive(Clone, Copy, Debug)]
pub enum Making {
    /// Written while features arrive.
    Streamed(fn(&Target<'_>) -> Box<dyn FeatureEncoder>),
    /// Built on disk, since its parts refer to one another, then sent.
    Built(Build),
}

/// Makes an empty file at a path where nothing is.
pub type Build = fn(&Path, &BuildLimits) -> Result<Box<dyn FileBuilder>, BuildError>;

/// A layer on its way into a file.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The layer.
    pub layer: &'a Layer,
    /// The attributes of each feature.
    pub columns: &'a [Column],
    /// The system that geometries are in.
    pub crs: &'a CrsRef,
    /// Whether features have their geometry.
    pub has_geometry: bool,
    /// How many features there will be; `None` when nobody knows.
    pub features: Option<u64>,
    /// Address of the layer's application schema, for formats that name it.
    pub schema_location: &'a str,
}

/// Bounds of a file that is built on disk.
#[derive(Clone, Copy, Debug)]
pub struct BuildLimits {
    /// Largest size in bytes.
    pub bytes: u64,
}

/// Why a file can't be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// It grew beyond its bound.
    #[error("the file would be larger than {limit} bytes")]
    TooLarge {
        /// The bound.
        limit: u64,
    },
    /// The disk of this machine is full.
    #[error("the disk of this server is full")]
    DiskFull,
    /// A feature has no place in the format.
    #[error("feature {fid} can't be written: {reason}")]
    Feature {
        /// Feature.
        fid: i64,
        /// Why.
        reason: String,
    },
    /// The library that writes the format failed; the text is for the log.
    #[error("the file can't be written")]
    Library(String),
}

/// Builds a file layer by layer. All calls come from one thread, which may block.
pub trait FileBuilder {
    /// Begins a layer; the features that follow are of it.
    ///
    /// # Errors
    /// [`BuildError`]; the file is then of no use.
    fn layer(&mut self, target: &Target<'_>) -> Result<(), BuildError>;

    /// Adds a feature to the layer begun last.
    ///
    /// # Errors
    /// [`BuildError`]; the file is then of no use.
    fn feature(&mut self, feature: FeatureRef<'_>) -> Result<(), BuildError>;

    /// Completes the file and closes it.
    ///
    /// # Errors
    /// [`BuildError`]; the file is then of no use.
    fn finish(self: Box<Self>) -> Result<(), BuildError>;
}

impl PartialEq for OutputFormat {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for OutputFormat {}

impl OutputFormat {
    /// The format that a file's ending, a short name or a media type names. Case, spaces and the parameters
    /// of a media type don't matter; a `+` that came as a space is known.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        let bare = |text: &str| -> String {
            let kind = text.split(';').next().unwrap_or_default();
            kind.chars().filter(|c| !c.is_whitespace() && *c != '+').flat_map(char::to_lowercase).collect()
        };
        let wanted = bare(name);
        ALL.into_iter().find(|f| {
            f.extension == wanted
                || f.aliases.contains(&wanted.as_str())
                || f.media_types.iter().any(|m| bare(m) == wanted)
        })
    }

    /// The format of a file's ending, exactly as written.
    #[must_use]
    pub fn by_extension(extension: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|f| f.extension == extension)
    }

    /// The media type of answers.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        self.media_types.first().copied().unwrap_or("application/octet-stream")
    }

    /// The system in which the format gives a layer when none is asked for.
    ///
    /// # Errors
    /// Only when PROJ's database is missing.
    pub fn default_crs(&self, layer: &Layer) -> Result<CrsRef, CrsError> {
        match self.default_crs {
            DefaultCrs::Native => Ok(CrsRef { crs: Arc::clone(&layer.crs), spelling: CrsSpelling::Urn }),
            DefaultCrs::Crs84 => CrsRef::crs84(),
        }
    }
}

impl From<EncodeError> for BuildError {
    fn from(error: EncodeError) -> Self {
        let EncodeError::Geometry { fid, cause } = error;
        Self::Feature { fid, reason: cause.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_format_is_known_by_its_ending_its_media_types_and_its_other_names() {
        for format in ALL {
            let names = std::iter::once(&format.extension).chain(format.media_types).chain(format.aliases);
            for name in names {
                let found = OutputFormat::find(name).unwrap_or_else(|| panic!("{name} is unknown"));
                assert_eq!(found.name, format.name, "{name}");
                assert!(OutputFormat::find(&name.to_uppercase().replace('+', " ")).is_some(), "{name}");
            }
        }
        assert!(OutputFormat::find("shp").is_none() && OutputFormat::find("").is_none());
        assert!(OutputFormat::by_extension("GPKG").is_none(), "addresses have one spelling");
    }

    #[test]
    fn no_two_formats_share_a_name() {
        let mut seen = BTreeSet::new();
        for format in ALL {
            for name in std::iter::once(&format.extension).chain(format.media_types).chain(format.aliases) {
                assert!(seen.insert(*name), "{name} names two formats");
            }
        }
    }
}

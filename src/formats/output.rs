//! The formats in which whole files of features can be had: WFS, OGC API Features and downloads offer what
//! is listed here. A new format is a new folder beside this file and a line in [`ALL`].

use super::{
    EncodeError, FeatureEncoder, csv, flatgeobuf, geojson, geoparquet, gml, gpkg, jsonfg, kml, shapefile,
    xlsx,
};
use crate::geo::crs::CrsSpelling;
use crate::geo::{CrsError, CrsRef};
use crate::model::{Column, FeatureRef, Layer};
use std::path::Path;
use std::sync::Arc;

/// All formats, the one that most people want first.
pub static ALL: [&OutputFormat; 11] = [
    &gpkg::OUTPUT,
    &shapefile::OUTPUT,
    &geojson::OUTPUT,
    &flatgeobuf::OUTPUT,
    &geoparquet::OUTPUT,
    &csv::OUTPUT,
    &xlsx::OUTPUT,
    &csv::OUTPUT_XY,
    &kml::OUTPUT,
    &gml::OUTPUT,
    &jsonfg::OUTPUT,
];

/// A format of files.
#[derive(Debug)]
pub struct OutputFormat {
    /// Name for people.
    pub name: &'static str,
    /// Short name, in `f=` and `outputFormat=`.
    pub short: &'static str,
    /// Ending of a file's name, without the first dot: what tells it from other formats of the same program
    /// stands before a second one, as in `shp.zip`.
    pub extension: &'static str,
    /// Media types that ask for it; answers bear the first, see [`OutputFormat::content_type`].
    pub media_types: &'static [&'static str],
    /// Other short names that clients use, in lower case.
    pub aliases: &'static [&'static str],
    /// Whether one file may hold several layers.
    pub several_layers: bool,
    /// Which system coordinates are in when nobody asks for one.
    pub default_crs: DefaultCrs,
    /// Whether its beginning says how many features follow.
    pub counted: bool,
    /// Whether it can hold a layer: a format for points alone isn't offered for others.
    pub suits: fn(&Layer) -> bool,
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
    /// Longitude and latitude, and nothing else can be asked for (OGC 07-147r2 clause 6.2).
    Crs84Only,
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
    /// How many features there will be; `None` when nobody knows or [`OutputFormat::counted`] doesn't ask.
    pub features: Option<u64>,
    /// Address of the layer's application schema, for formats that name it.
    pub schema_location: &'a str,
    /// Address of the JSON Schema of its features, for formats that name it; may be empty.
    pub json_schema: &'a str,
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
    /// The format can't hold the layer as it was asked for.
    #[error("{0}")]
    Unsuited(String),
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
    /// The format that a file's ending, a short name or a media type names. Case and spaces don't matter, nor
    /// do parameters of a media type that no format knows; a `+` that came as a space is known.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        let plain = |text: &str| -> String {
            text.chars().filter(|c| !c.is_whitespace() && *c != '+').flat_map(char::to_lowercase).collect()
        };
        let bare = |text: &str| plain(text.split(';').next().unwrap_or_default());
        let (wanted, kind) = (plain(name), bare(name));
        let exactly = |f: &&Self| {
            [f.short, f.extension].contains(&wanted.as_str())
                || f.aliases.contains(&wanted.as_str())
                || f.media_types.iter().any(|m| plain(m) == wanted)
        };
        let roughly = |f: &&Self| f.media_types.iter().any(|m| bare(m) == kind);
        ALL.into_iter().find(exactly).or_else(|| ALL.into_iter().find(roughly))
    }

    /// The format of a file and its name without the ending, which must be written exactly.
    #[must_use]
    pub fn of_file(file: &str) -> Option<(&str, &'static Self)> {
        let (name, extension) = file.split_once('.')?;
        ALL.into_iter().find(|f| f.extension == extension).map(|format| (name, format))
    }

    /// The media type of answers.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        self.media_types.first().copied().unwrap_or("application/octet-stream")
    }

    /// The media type as answers bear it: text says that it is UTF-8.
    #[must_use]
    pub fn content_type(&self) -> String {
        let media_type = self.media_type();
        if media_type.starts_with("text/") {
            format!("{media_type}; charset=utf-8")
        } else {
            media_type.to_owned()
        }
    }

    /// Whether the format can hold a layer in a system.
    ///
    /// # Errors
    /// [`BuildError::Unsuited`], which names what it can.
    pub fn check(&self, layer: &Layer, crs: &CrsRef) -> Result<(), BuildError> {
        if !(self.suits)(layer) {
            return Err(BuildError::Unsuited(format!(
                "{} doesn't hold geometries of type {}, as layer '{}' has; ask for another format",
                self.name,
                layer.geometry.name(),
                layer.slug
            )));
        }
        if self.default_crs == DefaultCrs::Crs84Only
            && CrsRef::crs84().is_ok_and(|c| c.crs.srid != crs.crs.srid)
        {
            return Err(BuildError::Unsuited(format!(
                "{} knows longitude and latitude on WGS 84 alone, not {}; leave the system out or ask for another format",
                self.name,
                crs.crs.code()
            )));
        }
        Ok(())
    }

    /// The system in which the format gives a layer when none is asked for.
    ///
    /// # Errors
    /// Only when PROJ's database is missing.
    pub fn default_crs(&self, layer: &Layer) -> Result<CrsRef, CrsError> {
        match self.default_crs {
            DefaultCrs::Native => Ok(CrsRef { crs: Arc::clone(&layer.crs), spelling: CrsSpelling::Urn }),
            DefaultCrs::Crs84 | DefaultCrs::Crs84Only => CrsRef::crs84(),
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
            let names = [&format.short, &format.extension].into_iter().chain(format.media_types);
            for name in names.chain(format.aliases) {
                let found = OutputFormat::find(name).unwrap_or_else(|| panic!("{name} is unknown"));
                assert_eq!(found.name, format.name, "{name}");
                assert!(OutputFormat::find(&name.to_uppercase().replace('+', " ")).is_some(), "{name}");
            }
        }
        for unknown in ["dwg", "", ";", ";charset=utf-8", "text", "zip"] {
            assert!(OutputFormat::find(unknown).is_none(), "{unknown}");
        }
        assert_eq!(OutputFormat::of_file("a.gpkg").map(|(name, f)| (name, f.short)), Some(("a", "gpkg")));
        for unknown in ["a.GPKG", "a", "a.", "a.b.gpkg", ".", ""] {
            assert!(OutputFormat::of_file(unknown).is_none(), "addresses have one spelling: {unknown}");
        }
    }

    #[test]
    fn no_two_formats_share_a_name() {
        let mut seen = BTreeSet::new();
        for format in ALL {
            let mut own: BTreeSet<&str> = [format.short, format.extension].into();
            own.extend(format.media_types.iter().chain(format.aliases));
            for name in own {
                assert!(seen.insert(name), "{name} names two formats");
                assert_eq!(name, name.to_lowercase(), "{name} is never found");
            }
        }
    }
}

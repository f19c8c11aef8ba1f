//! Reads a style in whatever language it came: by what it holds, not by what it is called.
//!
//! A style is kept as SLD. What comes in another language is written as SLD (1.1 where that has the words for it), and read again from that, so that what
//! is checked is what will be drawn.

use super::sld::{self, Named};
use super::{Style, StyleError, fallback, maplibre, qml};

/// A language that styles are read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// SLD 1.0 or 1.1 (OGC 02-070, 05-078r4).
    Sld,
    /// A style of QGIS (`.qml`).
    Qml,
    /// A style of MapLibre, version 8.
    MapLibre,
}

impl Language {
    /// The language of a text, by how it begins.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('{') {
            return Self::MapLibre;
        }
        // The root element is the first tag that is neither a declaration nor a comment.
        let mut rest = text;
        while let Some(at) = rest.find('<') {
            rest = rest.get(at + 1..).unwrap_or_default();
            if let Some(comment) = rest.strip_prefix("!--") {
                rest = comment.split_once("-->").map_or("", |(_, after)| after);
            } else if !rest.starts_with(['?', '!']) {
                break;
            }
        }
        let is_qgis =
            rest.strip_prefix("qgis").is_some_and(|r| r.starts_with(|c: char| !c.is_alphanumeric()));
        if is_qgis { Self::Qml } else { Self::Sld }
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sld => "SLD",
            Self::Qml => "QML",
            Self::MapLibre => "MapLibre",
        }
    }
}

/// The layer that a style is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Its slug: of a MapLibre style the layers of this source are read.
    pub layer: String,
    /// Names of its columns: in a QGIS style they tell a column from an expression.
    pub columns: Vec<String>,
}

/// A style that was read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The language it came in.
    pub language: Language,
    /// The style; its notes say what of the document is drawn otherwise or not at all.
    pub style: Style,
    /// The text to keep: the document itself when it is SLD, else SLD 1.1 that says the same.
    pub sld: String,
}

/// Reads a style in any language. Without a target nothing is told apart by the layer's name and columns.
///
/// # Errors
/// [`StyleError`] with line and column, as the languages' own readers.
pub fn read(text: &str, target: Option<&Target>) -> Result<Reading, StyleError> {
    let language = Language::of(text);
    let columns = || target.map(|t| t.columns.clone()).unwrap_or_default();
    let mut drawn = match language {
        Language::Sld => {
            return Ok(Reading { language, style: sld::parse(text)?, sld: text.to_owned() });
        }
        Language::Qml => qml::parse(text, columns())?,
        Language::MapLibre => maplibre::parse(text, target.map(|t| t.layer.as_str()))?,
    };
    fallback::keep(&mut drawn);
    let layer = target.map(|t| t.layer.as_str()).or(drawn.layer.as_deref()).unwrap_or("layer");
    let named = Named {
        name: drawn.name.as_deref().unwrap_or("default"),
        title: drawn.title.as_deref().unwrap_or_default(),
        is_default: true,
        style: &drawn,
    };
    let kept = |reason: String| StyleError {
        line: 1,
        column: 1,
        message: format!("the {} style can't be kept as SLD: {reason}", language.name()),
    };
    // Each version has words that the other lacks, for colours of images above all.
    let sld = sld::write(layer, named, sld::Version::V110)
        .or_else(|e| sld::write(layer, named, sld::Version::V100).map_err(|_| kept(e.to_string())))?;
    let again = sld::parse(&sld).map_err(|e| kept(e.to_string()))?;
    let style =
        Style { layer: drawn.layer, name: drawn.name, title: drawn.title, notes: drawn.notes, ..again };
    Ok(Reading { language, style, sld })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_that_are_always_or_never_true_fit_every_layer() {
        use crate::filter::check;
        use crate::model::{ColumnType, GeometryType, sample};
        let layer = sample::layer("a", GeometryType::Polygon, 2154, &[("n", ColumnType::Integer)]);
        for filter in [
            "true",
            "false",
            "n = NULL",
            "case when n &gt; 1 then true else n &lt; -5 end",
            "n in (1, 2)",
            "$area &gt; 5",
        ] {
            let text = format!(
                "<qgis><renderer-v2 type=\"RuleRenderer\"><rules><rule filter=\"{filter}\" symbol=\"0\"><rule \
                 filter=\"n = 2\" symbol=\"0\"/><rule filter=\"ELSE\" symbol=\"0\"/></rule></rules><symbols><symbol \
                 type=\"fill\" name=\"0\"><layer class=\"SimpleFill\"><prop k=\"color\" v=\"1,2,3\"/></layer></symbol>\
                 </symbols></renderer-v2></qgis>"
            );
            let reading = read(&text, None).unwrap_or_else(|e| panic!("{filter}: {e}"));
            assert_eq!(reading.style.rules().count(), 3, "{filter}");
            for rule in reading.style.rules() {
                let own = rule.filter.as_ref().unwrap_or_else(|| panic!("{filter}: no condition"));
                check(own, &layer).unwrap_or_else(|e| panic!("{filter}: {e}"));
            }
            assert_eq!(Language::of(&reading.sld), Language::Sld);
        }
    }

    #[test]
    fn the_language_is_told_by_what_a_text_holds() {
        for (text, language) in [
            ("<StyledLayerDescriptor/>", Language::Sld),
            ("\u{feff}<?xml version=\"1.0\"?>\n<!-- <qgis> -->\n<sld:StyledLayerDescriptor>", Language::Sld),
            (
                "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3\">",
                Language::Qml,
            ),
            ("<qgis>", Language::Qml),
            ("<qgisx>", Language::Sld),
            (" {\"version\": 8}", Language::MapLibre),
            ("", Language::Sld),
            ("<!-- no end", Language::Sld),
        ] {
            assert_eq!(Language::of(text), language, "{text}");
        }
    }
}

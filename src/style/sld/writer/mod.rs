//! Writes styles as SLD 1.0 (OGC 02-070) and as SLD 1.1 with SE 1.1 (OGC 05-078r4, 05-077r4).
//!
//! What SLD 1.0 has no element for is written as GeoServer's users write it: functions by name, vendor options of labels.

mod expression;
mod graphics;
mod raster;
mod symbolizers;
mod text;

use crate::filter::fes;
use crate::style::{FeatureTypeStyle, Rule, Style};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io;

/// A version of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// SLD 1.0.0.
    V100,
    /// SLD 1.1.0 with SE 1.1.0.
    V110,
}

impl Version {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V100, Self::V110];

    /// `1.0.0` or `1.1.0`.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::V100 => "1.0.0",
            Self::V110 => "1.1.0",
        }
    }

    /// The version of a number.
    #[must_use]
    pub fn named(number: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.number() == number)
    }

    /// The version of a document, told without reading the whole of it.
    #[must_use]
    pub fn of(document: &str) -> Self {
        // The version stands in the tag of the root; a style without a root around it is SE's own when it has SE's
        // namespace.
        let tag = document.split_once("StyledLayerDescriptor").and_then(|(_, rest)| rest.split_once('>'));
        let is_11 = match tag {
            Some((tag, _)) => ["version=\"1.1", "version='1.1"].iter().any(|version| tag.contains(version)),
            None => document.contains("http://www.opengis.net/se"),
        };
        if is_11 { Self::V110 } else { Self::V100 }
    }
}

/// What a style says that a version has no words for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the style can't be written in this language: {0}")]
pub struct WriteError(String);

/// A style of a layer to be written.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// `UserStyle/Name`.
    pub name: &'a str,
    /// `UserStyle/Title`; nothing when empty.
    pub title: &'a str,
    /// The style that is drawn when none is named.
    pub is_default: bool,
    /// The style.
    pub style: &'a Style,
}

/// Writes one style of a layer as a document.
///
/// # Errors
/// [`WriteError`].
pub fn write(layer: &str, style: Named<'_>, version: Version) -> Result<String, WriteError> {
    write_layers(&[(layer, vec![style])], version)
}

/// Writes layers with their styles as one document, as GetStyles answers (OGC 02-070 clause 13).
///
/// # Errors
/// [`WriteError`].
pub fn write_layers(layers: &[(&str, Vec<Named<'_>>)], version: Version) -> Result<String, WriteError> {
    let mut xml = Xml { out: Writer::new_with_indent(Vec::new(), b' ', 2), version };
    let written = xml.document(layers);
    let bytes = written.map(|()| xml.out.into_inner()).map_err(|e| WriteError(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| WriteError(e.to_string()))
}

/// A document being written.
struct Xml {
    out: Writer<Vec<u8>>,
    version: Version,
}

type Written = io::Result<()>;

/// What the version has no words for.
fn unsayable(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, what.to_owned())
}

impl Xml {
    /// An element of SLD.
    fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        inside: impl FnOnce(&mut Self) -> Written,
    ) -> Written {
        let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.out.write_event(Event::Start(start))?;
        inside(self)?;
        self.out.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element with text.
    fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> Written {
        self.element(name, attributes, |xml| xml.text(text))
    }

    fn text(&mut self, text: &str) -> Written {
        self.out.write_event(Event::Text(BytesText::new(text)))
    }

    /// The name of an element of SE in this version.
    fn se(&self, name: &str) -> String {
        match self.version {
            Version::V100 => name.to_owned(),
            Version::V110 => format!("se:{name}"),
        }
    }

    /// An element of SE.
    fn symbol(&mut self, name: &str, inside: impl FnOnce(&mut Self) -> Written) -> Written {
        let name = self.se(name);
        self.element(&name, &[], inside)
    }

    /// An element of SE with text.
    fn symbol_leaf(&mut self, name: &str, text: &str) -> Written {
        self.symbol(name, |xml| xml.text(text))
    }

    fn vendor(&mut self, name: &str, value: &str) -> Written {
        let element = self.se("VendorOption");
        self.leaf(&element, &[("name", name)], value)
    }

    fn document(&mut self, layers: &[(&str, Vec<Named<'_>>)]) -> Written {
        self.out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let mut attributes = vec![
            ("version", self.version.number()),
            ("xmlns", "http://www.opengis.net/sld"),
            ("xmlns:ogc", "http://www.opengis.net/ogc"),
            ("xmlns:gml", "http://www.opengis.net/gml"),
            ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
        ];
        if self.version == Version::V110 {
            attributes.push(("xmlns:se", "http://www.opengis.net/se"));
        }
        self.element("StyledLayerDescriptor", &attributes, |xml| {
            layers.iter().try_for_each(|(layer, styles)| {
                xml.element("NamedLayer", &[], |xml| {
                    xml.symbol_leaf("Name", layer)?;
                    styles.iter().try_for_each(|style| xml.user_style(style))
                })
            })
        })
    }

    /// `UserStyle` (OGC 02-070 clause 11.5, OGC 05-078r4 clause 11.5).
    fn user_style(&mut self, named: &Named<'_>) -> Written {
        self.element("UserStyle", &[], |xml| {
            xml.symbol_leaf("Name", named.name)?;
            xml.title(Some(named.title).filter(|t| !t.is_empty()))?;
            xml.leaf("IsDefault", &[], if named.is_default { "1" } else { "0" })?;
            named.style.feature_type_styles.iter().try_for_each(|pass| xml.feature_type_style(pass))
        })
    }

    fn title(&mut self, title: Option<&str>) -> Written {
        match (title, self.version) {
            (None, _) => Ok(()),
            (Some(title), Version::V100) => self.leaf("Title", &[], title),
            (Some(title), Version::V110) => self.symbol("Description", |xml| xml.symbol_leaf("Title", title)),
        }
    }

    fn feature_type_style(&mut self, pass: &FeatureTypeStyle) -> Written {
        self.symbol("FeatureTypeStyle", |xml| pass.rules.iter().try_for_each(|rule| xml.rule(rule)))
    }

    fn rule(&mut self, rule: &Rule) -> Written {
        self.symbol("Rule", |xml| {
            if let Some(name) = &rule.name {
                xml.symbol_leaf("Name", name)?;
            }
            xml.title(rule.title.as_deref())?;
            if let Some(filter) = &rule.filter {
                fes::write(filter, &mut xml.out)?;
            }
            if rule.otherwise {
                let name = xml.se("ElseFilter");
                xml.out.write_event(Event::Empty(BytesStart::new(name)))?;
            }
            if let Some(scale) = rule.min_scale {
                xml.symbol_leaf("MinScaleDenominator", &scale.to_string())?;
            }
            if let Some(scale) = rule.max_scale {
                xml.symbol_leaf("MaxScaleDenominator", &scale.to_string())?;
            }
            rule.symbolizers.iter().try_for_each(|symbolizer| xml.symbolizer(symbolizer))
        })
    }
}

#[cfg(test)]
mod tests;

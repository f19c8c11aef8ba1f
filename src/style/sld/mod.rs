//! Reads and writes SLD 1.0 (OGC 02-070) and SE 1.1 (OGC 05-077r4); reads also without the layer elements around them.
//!
//! Elements are known by their local names: producers write `sld:`, `se:` or no prefix at all. What isn't
//! supported is refused by name and place, never left out silently; `VendorOption` alone is passed over,
//! with a note in [`Style::notes`].

mod descriptor;
mod expression;
mod functions;
mod graphics;
mod layout;
mod raster;
mod reader;
mod rules;
mod symbolizers;
mod text;
mod writer;

use super::Style;
pub use descriptor::{LayerStyle, StyledLayer};
use reader::{Reader, elements};
use roxmltree::{Document, ParsingOptions};
pub use writer::{Named, Version, WriteError, write, write_layers};

/// Elements and texts in one document: far beyond any style made by hand or by a program.
const NODES: u32 = 500_000;

/// Why a document is no style, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct StyleError {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What was found and what was expected.
    pub message: String,
}

/// Reads a style: `StyledLayerDescriptor`, `UserStyle` or `FeatureTypeStyle`. Of several layers and
/// styles in one document the first style is taken and the others are noted.
///
/// # Errors
/// [`StyleError`] with line and column: XML that is not well-formed, a DTD, an element or value that isn't
/// supported here.
pub fn parse(text: &str) -> Result<Style, StyleError> {
    let document = document(text)?;
    let mut reader = Reader::new(&document);
    let mut style = rules::document(&mut reader, document.root_element())?;
    style.notes = reader.into_notes();
    Ok(style)
}

/// Reads the layers of a `StyledLayerDescriptor`, in their order, with all their styles; also of one that stands in
/// another element, as in the GetMap of OGC 05-078r4 clause 10.
///
/// # Errors
/// [`StyleError`] with line and column, as [`parse`]; data that the document brings (`UserLayer`) are refused.
pub fn parse_layers(text: &str) -> Result<Vec<StyledLayer>, StyleError> {
    const NAME: &str = "StyledLayerDescriptor";
    let document = document(text)?;
    let mut reader = Reader::new(&document);
    let root = document.root_element();
    let found = (root.tag_name().name() == NAME).then_some(root);
    let Some(root) = found.or_else(|| elements(root).find(|c| c.tag_name().name() == NAME)) else {
        let name = reader::quoted(root.tag_name().name());
        return Err(reader.error(root, format!("'{name}' is not a {NAME}, which is expected here")));
    };
    descriptor::descriptor(&mut reader, root)
}

fn document(text: &str) -> Result<Document<'_>, StyleError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text.trim_start_matches('\u{feff}'), options).map_err(|e| {
        let place = e.pos();
        let message = match e {
            roxmltree::Error::DtdDetected => {
                "the document has a DTD (<!DOCTYPE …>), which isn't read; remove it".to_owned()
            }
            other => format!("the document is not well-formed XML: {other}"),
        };
        StyleError { line: place.row, column: place.col, message }
    })
}

#[cfg(test)]
mod tests;

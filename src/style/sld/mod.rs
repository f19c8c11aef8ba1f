//! Reads SLD 1.0 (OGC 02-070) and SE 1.1 (OGC 05-077r4), also without the layer elements around them.
//!
//! Elements are known by their local names: producers write `sld:`, `se:` or no prefix at all. What isn't
//! supported is refused by name and place, never left out silently; `VendorOption` alone is passed over,
//! with a note in [`Style::notes`].

mod reader;
mod rules;
mod symbolizers;
mod text;

use super::Style;
use reader::Reader;
use roxmltree::{Document, ParsingOptions};

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
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    let document =
        Document::parse_with_options(text.trim_start_matches('\u{feff}'), options).map_err(|e| {
            let place = e.pos();
            let message = match e {
                roxmltree::Error::DtdDetected => {
                    "the document has a DTD (<!DOCTYPE …>), which isn't read; remove it".to_owned()
                }
                other => format!("the document is not well-formed XML: {other}"),
            };
            StyleError { line: place.row, column: place.col, message }
        })?;
    let mut reader = Reader::new(&document);
    let mut style = rules::document(&mut reader, document.root_element())?;
    style.notes = reader.into_notes();
    Ok(style)
}

#[cfg(test)]
mod tests;

//! XML that a stranger sends: without DTDs and entities, no deeper and no larger than is good.

use quick_xml::events::Event;
use roxmltree::{Document, ParsingOptions};

/// Elements and attributes in a request; a filter with 10,000 conditions fits.
const NODES: u32 = 500_000;

/// Why a document is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Elements in elements in elements.
    #[error("the XML is nested deeper than {0} elements")]
    Deep(usize),
    /// A document type, which may hide anything.
    #[error("the XML has a DTD; send it without one")]
    Dtd,
    /// Not well-formed, or too large.
    #[error("the XML can't be read: {0}")]
    Unreadable(String),
}

/// Parses text as XML without DTD, no deeper than `depth`.
///
/// # Errors
/// [`XmlError`].
pub fn document(text: &str, depth: usize) -> Result<Document<'_>, XmlError> {
    guard_depth(text, depth)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| XmlError::Unreadable(error.to_string()))
}

/// Refuses nesting deeper than `depth`, and DTDs, before any tree is built.
///
/// # Errors
/// [`XmlError`].
pub fn guard_depth(text: &str, depth: usize) -> Result<(), XmlError> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut level = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => {
                level += 1;
                if level > depth {
                    return Err(XmlError::Deep(depth));
                }
            }
            Ok(Event::End(_)) => level = level.saturating_sub(1),
            Ok(Event::DocType(_)) => return Err(XmlError::Dtd),
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(XmlError::Unreadable(error.to_string())),
        }
    }
}

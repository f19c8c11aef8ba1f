//! From bytes to the records in them.

use super::{ImportError, Imported, Schema, dublin_core, fragment, iso};
use crate::config::Limits;
use crate::filter::{FilterError, FilterLimits, xml};
use roxmltree::{Document, Node};

pub(super) const GMD: &str = "http://www.isotc211.org/2005/gmd";
pub(super) const CSW: &str = "http://www.opengis.net/cat/csw/2.0.2";
pub(super) const CSW3: &str = "http://www.opengis.net/cat/csw/3.0";
pub(super) const OAI_DC: &str = "http://www.openarchives.org/OAI/2.0/oai_dc/";

/// Levels of elements that a metadata document may have: the deepest ISO records have some thirty.
const DEPTH: usize = 60;

/// Reads all records of a document: one alone, or those in an answer of CSW or OAI-PMH.
///
/// # Errors
/// [`ImportError`]: one bad record refuses the document.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Imported>, ImportError> {
    let text = decoded(bytes)?;
    read_element(parse(&text, limits)?.root_element())
}

/// A document within the limits.
pub(super) fn parse<'a>(text: &'a str, limits: &Limits) -> Result<Document<'a>, ImportError> {
    let bounds = FilterLimits { depth: DEPTH, ..FilterLimits::from(limits) };
    xml::parse_document(text, &bounds).map_err(refused)
}

/// Reads all records of an element, whose document was read within limits: the element itself, or those in it.
///
/// # Errors
/// As [`read`].
pub fn read_element(root: Node<'_, '_>) -> Result<Vec<Imported>, ImportError> {
    let mut records = Vec::new();
    collect(root, &mut records);
    if records.is_empty() {
        return Err(ImportError::NoRecord(root.tag_name().name().chars().take(80).collect()));
    }
    records.into_iter().enumerate().map(|(at, (schema, node))| imported(schema, node, at + 1)).collect()
}

/// The record of an element that is one.
fn imported(schema: Schema, node: Node<'_, '_>, number: usize) -> Result<Imported, ImportError> {
    let (record, own) = match schema {
        Schema::Iso => (iso::read(node, number)?, iso::forms(node)),
        Schema::DublinCore => (dublin_core::read(node, number)?, dublin_core::forms(node)),
    };
    Ok(Imported { schema, source: fragment::standalone(node), words: words(node), record, own })
}

/// All text of a record, for searching.
fn words(record: Node<'_, '_>) -> String {
    let texts = record.descendants().filter(Node::is_text).filter_map(|n| n.text()).map(str::trim);
    texts.filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The outermost records below a node. Depth was bounded when the document was read.
fn collect<'a, 'i>(node: Node<'a, 'i>, found: &mut Vec<(Schema, Node<'a, 'i>)>) {
    if let Some(schema) = schema_of(node) {
        found.push((schema, node));
        return;
    }
    for child in xml::elements(node) {
        collect(child, found);
    }
}

pub(super) fn schema_of(node: Node<'_, '_>) -> Option<Schema> {
    let name = node.tag_name();
    match (name.namespace(), name.name()) {
        (Some(GMD), "MD_Metadata") => Some(Schema::Iso),
        (Some(CSW | CSW3), "Record") | (Some(OAI_DC), "dc") => Some(Schema::DublinCore),
        _ => None,
    }
}

/// The text of the bytes: UTF-8, UTF-16 with a byte order mark, or what the declaration says.
fn decoded(bytes: &[u8]) -> Result<String, ImportError> {
    let declared = declared_encoding(bytes).unwrap_or("UTF-8");
    let encoding = encoding_rs::Encoding::for_bom(bytes)
        .map(|(encoding, _)| encoding)
        .or_else(|| encoding_rs::Encoding::for_label(declared.as_bytes()))
        .ok_or_else(|| ImportError::Encoding(declared.chars().take(40).collect()))?;
    let (text, _, broken) = encoding.decode(bytes);
    if broken {
        return Err(ImportError::Encoding(encoding.name().to_owned()));
    }
    Ok(text.into_owned())
}

fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    let head = bytes.get(..bytes.len().min(200))?;
    let end = head.windows(2).position(|w| w == b"?>")?;
    let head = std::str::from_utf8(head.get(..end)?).ok()?;
    let value = head.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split(quote).next()
}

fn refused(error: FilterError) -> ImportError {
    match error {
        FilterError::Xml { message, line, column } => ImportError::Xml { message, line, column },
        other => ImportError::Limit(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> ImportError {
        read(text.as_bytes(), &Limits::default()).expect_err("refused")
    }

    const DC: &str =
        "xmlns:csw='http://www.opengis.net/cat/csw/2.0.2' xmlns:dc='http://purl.org/dc/elements/1.1/'";

    #[test]
    fn what_is_no_record_is_refused_by_the_name_of_its_element() {
        assert!(matches!(refusal("<html/>"), ImportError::NoRecord(name) if name == "html"));
        assert!(matches!(refusal("<csw:Record"), ImportError::Xml { .. }));
        assert!(matches!(refusal(""), ImportError::Xml { .. }));
    }

    #[test]
    fn document_types_entities_and_depth_are_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbb'>]><a>&b;</a>";
        assert!(refusal(bomb).to_string().contains("document type"));
        let deep = format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000));
        assert!(matches!(refusal(&deep), ImportError::Limit(_)));
    }

    #[test]
    fn a_record_without_identifier_is_refused_by_its_number() {
        let text = format!(
            "<r {DC}><csw:Record><dc:identifier>a</dc:identifier></csw:Record><csw:Record><dc:title>b</dc:title></csw:Record></r>"
        );
        assert_eq!(refusal(&text), ImportError::NoIdentifier { number: 2, element: "dc:identifier" });
    }

    #[test]
    fn the_declared_encoding_is_followed_and_a_false_one_is_refused() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><csw:Record xmlns:csw='http://www.opengis.net/cat/csw/2.0.2' xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:identifier>a</dc:identifier><dc:title>\xe9t\xe9</dc:title></csw:Record>";
        let records = read(latin, &Limits::default()).expect("read");
        assert_eq!(records.first().map(Imported::title), Some("été"));
        let false_utf8 = [&b"<a>"[..], b"\xe9", b"</a>"].concat();
        assert!(matches!(read(&false_utf8, &Limits::default()), Err(ImportError::Encoding(_))));
    }
}

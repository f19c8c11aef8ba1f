//! Single values of an imported record changed in its document (csw:RecordProperty, OGC 07-006r1 section 10.11.2.3).

use super::{ImportError, Imported, Schema, document};
use crate::catalogue::dcat;
use crate::config::Limits;
use crate::filter::xml::elements;
use quick_xml::escape::escape;
use roxmltree::{Document, Node};

/// Names of queryables and where ISO 19139 has them; `*` is any element.
const ISO: [(&str, &str); 8] = [
    ("title", "identificationInfo/*/citation/CI_Citation/title"),
    ("abstract", "identificationInfo/*/abstract"),
    ("description", "identificationInfo/*/abstract"),
    ("identifier", "fileIdentifier"),
    ("modified", "dateStamp"),
    ("parentidentifier", "parentIdentifier"),
    ("organisationname", "identificationInfo/*/pointOfContact/CI_ResponsibleParty/organisationName"),
    ("lineage", "dataQualityInfo/DQ_DataQuality/lineage/LI_Lineage/statement"),
];

/// Terms of Dublin Core's first set; others are of its second (`dct:`).
const DC: [&str; 15] = [
    "title",
    "creator",
    "subject",
    "description",
    "publisher",
    "contributor",
    "date",
    "type",
    "format",
    "identifier",
    "source",
    "language",
    "relation",
    "coverage",
    "rights",
];

/// Why a value can't be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PropertyError {
    /// The record's document has no such element, and it can't be told where it would stand.
    #[error(
        "record '{identifier}' has no element '{name}' with a value of its own; name one that it has, by its path such as /gmd:MD_Metadata/gmd:dateStamp, or send the whole record"
    )]
    Unknown {
        /// Identifier of the record.
        identifier: String,
        /// As it was asked for.
        name: String,
    },
    /// The identifier names the record for ever.
    #[error("the identifier of record '{0}' can't be changed; delete it and insert another one")]
    Identifier(String),
    /// The record's document is RDF, which has no elements.
    #[error(
        "record '{0}' came as DCAT, whose values are not changed one by one; import it again as it shall be"
    )]
    Dcat(String),
    /// What came of it is no record any more.
    #[error(transparent)]
    Import(#[from] ImportError),
}

/// The record with other values; none removes the element.
///
/// # Errors
/// [`PropertyError`]; the record is as it was.
pub fn with_properties(
    identifier: &str,
    source: &str,
    properties: &[(String, Option<String>)],
    limits: &Limits,
) -> Result<Imported, PropertyError> {
    if dcat::syntax_of(source).is_some() {
        return Err(PropertyError::Dcat(identifier.to_owned()));
    }
    let mut text = source.to_owned();
    for (name, value) in properties {
        text = with_property(identifier, &text, name, value.as_deref(), limits)?;
    }
    let changed = document::read(text.as_bytes(), limits)?.pop();
    match changed {
        Some(record) if record.identifier() == identifier => Ok(record),
        _ => Err(PropertyError::Identifier(identifier.to_owned())),
    }
}

fn with_property(
    identifier: &str,
    source: &str,
    name: &str,
    value: Option<&str>,
    limits: &Limits,
) -> Result<String, PropertyError> {
    let document = document::parse(source, limits)?;
    let root = document.root_element();
    let found = match document::schema_of(root) {
        Some(Schema::DublinCore) => of_dublin_core(root, name),
        _ => of_iso(root, name),
    };
    let mut places: Vec<(usize, usize, String)> = Vec::new();
    for (at, node) in found.iter().enumerate() {
        let whole = node.range();
        match value {
            // Of several the first takes the value, which is then the only one.
            Some(value) if at == 0 => {
                let inside = inner(source, holder(*node)).ok_or_else(|| unknown(identifier, name))?;
                places.push((inside.0, inside.1, escape(value).into_owned()));
            }
            _ => places.push((whole.start, whole.end, String::new())),
        }
    }
    if let (true, Some(value), Some(Schema::DublinCore)) =
        (found.is_empty(), value, document::schema_of(root))
    {
        places.push(added(&document, source, name, value).ok_or_else(|| unknown(identifier, name))?);
    }
    if places.is_empty() {
        return Err(unknown(identifier, name));
    }
    // From the end, so that places before stay where they are.
    places.sort_by_key(|place| std::cmp::Reverse(place.0));
    let mut text = source.to_owned();
    for (start, end, new) in places {
        text.replace_range(start..end, &new);
    }
    Ok(text)
}

fn unknown(identifier: &str, name: &str) -> PropertyError {
    PropertyError::Unknown {
        identifier: identifier.chars().take(120).collect(),
        name: name.chars().take(120).collect(),
    }
}

fn local(name: &str) -> &str {
    name.trim().rsplit(['/', ':']).next().unwrap_or(name)
}

fn of_dublin_core<'a, 'i>(root: Node<'a, 'i>, name: &str) -> Vec<Node<'a, 'i>> {
    let wanted = local(name);
    elements(root).filter(|n| n.tag_name().name().eq_ignore_ascii_case(wanted)).collect()
}

/// The elements that hold the values of a path, or of a queryable that stands for one.
fn of_iso<'a, 'i>(root: Node<'a, 'i>, name: &str) -> Vec<Node<'a, 'i>> {
    let known =
        ISO.iter().find(|(queryable, _)| queryable.eq_ignore_ascii_case(local(name)) && !name.contains('/'));
    let path = known.map_or(name, |(_, path)| *path);
    let mut steps: Vec<&str> = path
        .split('/')
        .filter(|s| !s.is_empty())
        .map(|step| step.rsplit(':').next().unwrap_or(step))
        .collect();
    if steps.first() == Some(&root.tag_name().name()) {
        steps.remove(0);
    }
    if steps.is_empty() {
        return Vec::new();
    }
    let mut found = vec![root];
    for step in steps {
        found = found
            .into_iter()
            .flat_map(|node| elements(node).filter(move |n| step == "*" || n.tag_name().name() == step))
            .collect();
    }
    found
}

/// The element with the text: `gco:CharacterString` of a property that is named without it. What holds more than a value
/// is itself.
fn holder<'a, 'i>(node: Node<'a, 'i>) -> Node<'a, 'i> {
    let mut inside = elements(node);
    match (inside.next(), inside.next()) {
        (Some(only), None) if elements(only).next().is_none() => only,
        _ => node,
    }
}

/// Where the text of an element stands; none for one that holds elements, or nothing by an empty tag.
fn inner(source: &str, node: Node<'_, '_>) -> Option<(usize, usize)> {
    if elements(node).next().is_some() {
        return None;
    }
    let range = node.range();
    let text = source.get(range.clone())?;
    // Values of attributes have their `>` escaped: documents are kept as this house writes them.
    let open = text.find('>')?;
    let close = text.rfind("</").filter(|close| *close > open)?;
    Some((range.start + open + 1, range.start + close))
}

/// A new element of Dublin Core, at the end.
fn added(document: &Document<'_>, source: &str, name: &str, value: &str) -> Option<(usize, usize, String)> {
    let term = local(name);
    let is_name = !term.is_empty() && term.chars().all(|c| c.is_ascii_alphanumeric());
    let range = document.root_element().range();
    let end = range.start + source.get(range)?.rfind("</")?;
    let (prefix, namespace) = if DC.contains(&term) {
        ("dc", "http://purl.org/dc/elements/1.1/")
    } else {
        ("dct", "http://purl.org/dc/terms/")
    };
    let value = escape(value);
    is_name.then(|| {
        (end, end, format!("<{prefix}:{term} xmlns:{prefix}=\"{namespace}\">{value}</{prefix}:{term}>"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = "<csw:Record xmlns:csw=\"http://www.opengis.net/cat/csw/2.0.2\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
         <dc:identifier>a</dc:identifier><dc:title>Vieux &amp; gris</dc:title><dc:subject>un</dc:subject><dc:subject>deux</dc:subject></csw:Record>";
    const METADATA: &str = "<gmd:MD_Metadata xmlns:gmd=\"http://www.isotc211.org/2005/gmd\" xmlns:gco=\"http://www.isotc211.org/2005/gco\">\
         <gmd:fileIdentifier><gco:CharacterString>a</gco:CharacterString></gmd:fileIdentifier><gmd:dateStamp><gco:Date>2019-05-02</gco:Date></gmd:dateStamp>\
         <gmd:identificationInfo><gmd:MD_DataIdentification><gmd:citation><gmd:CI_Citation><gmd:title><gco:CharacterString>Vieux</gco:CharacterString></gmd:title>\
         </gmd:CI_Citation></gmd:citation></gmd:MD_DataIdentification></gmd:identificationInfo></gmd:MD_Metadata>";

    fn changed(source: &str, name: &str, value: Option<&str>) -> Result<Imported, PropertyError> {
        let properties = [(name.to_owned(), value.map(str::to_owned))];
        with_properties("a", source, &properties, &Limits::default())
    }

    #[test]
    fn a_record_of_dcat_is_changed_as_a_whole_and_says_so() {
        let source = "<urn:test:a> <http://purl.org/dc/terms/title> \"A\" .\n";
        let error = changed(source, "dc:title", Some("B")).expect_err("refused");
        assert_eq!(error, PropertyError::Dcat("a".to_owned()));
        assert!(error.to_string().contains("came as DCAT"), "{error}");
    }

    #[test]
    fn values_are_replaced_added_and_removed() {
        let title = changed(RECORD, "/csw:Record/dc:title", Some("Neuf <1>")).expect("changed");
        assert_eq!(title.title(), "Neuf <1>");
        let one = changed(RECORD, "dc:subject", Some("trois")).expect("changed");
        assert!(one.source.contains("<dc:subject>trois</dc:subject></csw:Record>"), "{}", one.source);
        let whole = changed(METADATA, "gmd:dateStamp", None).expect("changed");
        assert!(!whole.source.contains("dateStamp"), "no empty element is left: {}", whole.source);
        let none = changed(RECORD, "subject", None).expect("changed");
        assert!(!none.source.contains("subject"));
        let new = changed(RECORD, "dct:abstract", Some("x")).expect("changed");
        assert!(new.source.contains("dct:abstract") && new.source.contains(">x<"));
        for name in [
            "apiso:Title",
            "/gmd:MD_Metadata/gmd:identificationInfo/*/gmd:citation/gmd:CI_Citation/gmd:title",
        ] {
            assert_eq!(changed(METADATA, name, Some("Neuf")).expect("changed").title(), "Neuf", "{name}");
        }
    }

    #[test]
    fn what_is_not_there_and_the_identifier_are_refused() {
        for (source, name) in [
            (METADATA, "apiso:Lineage"),
            (METADATA, "/"),
            (RECORD, "dc:"),
            (METADATA, "gmd:identificationInfo"),
        ] {
            assert!(matches!(changed(source, name, Some("x")), Err(PropertyError::Unknown { .. })), "{name}");
        }
        assert!(matches!(changed(RECORD, "dc:identifier", Some("b")), Err(PropertyError::Identifier(_))));
        assert!(changed(RECORD, "dc:identifier", None).is_err());
    }
}

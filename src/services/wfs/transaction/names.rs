//! What a property of a transaction is called: a column, the geometry, or one of the properties that GML
//! gives every feature.

use crate::model::Layer;
use roxmltree::Node;

/// GML's namespaces: 2 and 3.1.1, and 3.2.
const GML: [&str; 2] = ["http://www.opengis.net/gml", "http://www.opengis.net/gml/3.2"];

/// WFS's namespaces; what stands in them by a default declaration has no namespace of its own.
const WFS: [&str; 2] = ["http://www.opengis.net/wfs", "http://www.opengis.net/wfs/2.0"];

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A column; one of GML's own may be still to be made.
    Column(String),
    /// The geometry.
    Geometry,
    /// GML's box of the feature, which is computed and can't be set.
    BoundedBy,
    /// The feature's identifier, which can't be changed.
    Identifier,
    /// Nothing that the type has.
    Unknown,
}

/// Whether a namespace is GML's.
pub fn is_gml(namespace: Option<&str>) -> bool {
    namespace.is_some_and(|n| GML.contains(&n))
}

/// Whether a namespace is WFS's.
pub fn is_wfs(namespace: Option<&str>) -> bool {
    namespace.is_some_and(|n| WFS.contains(&n))
}

/// What a feature's child element is.
pub fn of_element(layer: &Layer, node: Node<'_, '_>) -> Named {
    let tag = node.tag_name();
    if is_gml(tag.namespace()) {
        return of_gml(tag.name());
    }
    let own = match tag.namespace() {
        None => true,
        Some(uri) => uri == layer.dataset.organisation.namespace || is_wfs(Some(uri)),
    };
    if own { of_own(layer, tag.name()) } else { Named::Unknown }
}

/// What a property reference is (a simple path: `p:name`, `type/name`, `name[1]`); prefixes are those that
/// are declared at `node`.
pub fn of_reference(layer: &Layer, node: Node<'_, '_>, reference: &str) -> Named {
    let reference = reference.trim();
    // A column may hold a colon or a slash itself.
    if layer.column(reference).is_some() {
        return Named::Column(reference.to_owned());
    }
    let last = reference.rsplit('/').next().unwrap_or(reference);
    // Every property is there once: its first value is its value.
    let last = last.strip_suffix("[1]").unwrap_or(last);
    if last.starts_with('@') || last == "gml:id" {
        return Named::Identifier;
    }
    let Some((prefix, local)) = last.split_once(':') else { return of_own(layer, last) };
    let uri = node.lookup_namespace_uri(Some(prefix));
    if is_gml(uri) || (uri.is_none() && prefix == "gml") {
        return of_gml(local);
    }
    match of_own(layer, last) {
        Named::Unknown => of_own(layer, local),
        named => named,
    }
}

fn of_own(layer: &Layer, name: &str) -> Named {
    if layer.column(name).is_some() {
        return Named::Column(name.to_owned());
    }
    match name {
        name if layer.is_geometry(name) => Named::Geometry,
        "fid" => Named::Identifier,
        _ => Named::Unknown,
    }
}

/// GML's own properties (OGC 07-036 clause 9.4): a description, an identifier and a name are values of
/// columns called so.
fn of_gml(local: &str) -> Named {
    match local {
        "boundedBy" => Named::BoundedBy,
        "name" | "description" | "identifier" => Named::Column(format!("gml:{local}")),
        _ => Named::Unknown,
    }
}

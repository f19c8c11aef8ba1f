//! What a filter is held against: names, types and the SQL that reads them.

use crate::model::{ColumnType, Layer};

/// A property that a filter may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// SQL that yields the value, identifiers already quoted.
    pub sql: String,
    /// Type.
    pub kind: PropertyKind,
}

/// Type of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyKind {
    /// An attribute.
    Column(ColumnType),
    /// A geometry.
    Geometry {
        /// EPSG code of its coordinates.
        srid: i32,
    },
}

/// The properties of what is filtered: a layer, or the records of the catalogue.
pub trait Schema {
    /// The property of a name, any prefix or path tolerated.
    fn property(&self, name: &str) -> Option<Property>;

    /// The geometry that spatial operators mean when they name none.
    fn geometry(&self) -> Option<Property>;

    /// Names for people who asked for one that isn't there.
    fn names(&self) -> Vec<String>;

    /// The property that identifiers are compared with: of type `bigint` or `text`.
    fn identifier(&self) -> Property;

    /// The identifier's value in what a client wrote, `None` when it can be none of these.
    fn identifier_value(&self, id: &str) -> Option<String>;
}

impl Schema for Layer {
    fn property(&self, name: &str) -> Option<Property> {
        if self.column(name).is_none()
            && let Some(standard) = name.rsplit('/').next().and_then(|last| last.strip_prefix("gml:"))
            && let Some(property) = standard_property(self, standard)
        {
            return Some(property);
        }
        // A column may hold a colon or a slash itself: the exact name goes first.
        let tail = name.rsplit(['/', ':']).next().unwrap_or(name);
        // Every property is there once: its first value is its value.
        let tail = tail.strip_suffix("[1]").unwrap_or(tail);
        [name, tail].into_iter().find_map(|name| self.own_property(name))
    }

    fn geometry(&self) -> Option<Property> {
        Some(Property { sql: "geom".to_owned(), kind: PropertyKind::Geometry { srid: self.crs.srid } })
    }

    fn names(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.name.clone()).chain(["geom".to_owned()]).collect()
    }

    fn identifier(&self) -> Property {
        Property { sql: "fid".to_owned(), kind: PropertyKind::Column(ColumnType::BigInteger) }
    }

    fn identifier_value(&self, id: &str) -> Option<String> {
        let fid = match id.rsplit_once('.') {
            None => id,
            Some((layer, fid)) => {
                let slug = layer.rsplit(':').next().unwrap_or(layer);
                if slug != self.slug {
                    return None;
                }
                fid
            }
        };
        fid.parse::<i64>().ok().map(|fid| fid.to_string())
    }
}

impl Layer {
    fn own_property(&self, name: &str) -> Option<Property> {
        if let Some(column) = self.column(name) {
            return Some(Property { sql: quoted(name), kind: PropertyKind::Column(column.kind) });
        }
        match name {
            name if self.is_geometry(name) => Schema::geometry(self),
            "fid" | "@gml:id" | "@id" | "id" => Some(self.identifier()),
            _ => None,
        }
    }
}

/// GML's own properties of every feature (OGC 07-036 clause 9.4), which features only have a value of where
/// the layer has a column for it; the envelope is that of the geometry.
fn standard_property(layer: &Layer, name: &str) -> Option<Property> {
    let name = name.strip_suffix("[1]").unwrap_or(name);
    let column = format!("gml:{name}");
    if layer.column(&column).is_some() {
        return layer.own_property(&column);
    }
    match name {
        "boundedBy" => Schema::geometry(layer),
        "name" | "description" | "identifier" | "descriptionReference" | "metaDataProperty" => {
            Some(Property { sql: "null::text".to_owned(), kind: PropertyKind::Column(ColumnType::Text) })
        }
        _ => None,
    }
}

/// An identifier in quotes; PostgreSQL can't hold NUL in one.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

//! What differs between the versions of GML 3.

/// A version of GML with curves, surfaces and position lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// GML 3.1.1 (OGC 03-105r1), of WFS 1.1.
    Gml311,
    /// GML 3.2.1 (OGC 07-036), of WFS 2.0.
    #[default]
    Gml32,
}

impl Dialect {
    /// The namespace of its elements.
    #[must_use]
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::Gml311 => super::gml2::NAMESPACE,
            Self::Gml32 => super::NAMESPACE,
        }
    }

    /// Where its own schema is.
    #[must_use]
    pub const fn schema_location(self) -> &'static str {
        match self {
            Self::Gml311 => "http://schemas.opengis.net/gml/3.1.1/base/gml.xsd",
            Self::Gml32 => super::SCHEMA_LOCATION,
        }
    }

    /// The element that feature types stand for.
    pub(super) const fn abstract_feature(self) -> &'static str {
        match self {
            Self::Gml311 => "_Feature",
            Self::Gml32 => "AbstractFeature",
        }
    }

    /// The element around each feature of a collection.
    pub(super) const fn member(self) -> &'static str {
        match self {
            Self::Gml311 => "gml:featureMember",
            Self::Gml32 => "wfs:member",
        }
    }

    /// Whether a null is an element with `xsi:nil` (ISO 19136 clause 8.2.3.2), which `PropertyIsNil` of WFS
    /// 2.0 asks for; otherwise it has no element.
    pub(super) const fn writes_nils(self) -> bool {
        matches!(self, Self::Gml32)
    }

    /// Whether each geometry must have a `gml:id` (OGC 07-036 clause 7.2.4.5).
    pub(super) const fn geometries_have_ids(self) -> bool {
        matches!(self, Self::Gml32)
    }
}

//! What an agreed application schema says about the features of a layer.

use super::GeometryType;
use serde::{Deserialize, Serialize};

/// Names in GML that an agreed schema prescribes (INSPIRE, COVADIS, the OGC's test suites), in the place of
/// those that this house gives: the layer's slug, `geom`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GmlProfile {
    /// Local name of the feature type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// Names of the geometry property, in the schema's order. They stand before all other properties.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub geometry: Vec<GeometryName>,
    /// Columns that must have a value whenever somebody writes a feature.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// Columns of text that hold the address of something else: in GML an `xlink:href`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
}

/// A name of the geometry property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeometryName {
    /// The name, an XML NCName.
    pub name: String,
    /// Type of the geometries that have it, as `Point`; all that no other name takes when absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none", with = "kind")]
    pub kind: Option<GeometryType>,
}

impl GmlProfile {
    /// Whether a schema says anything at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The name of geometries of a type: the first that is for them, or for all.
    #[must_use]
    pub fn name_of(&self, kind: GeometryType) -> Option<&GeometryName> {
        let exact = self.geometry.iter().find(|g| g.kind == Some(kind));
        exact.or_else(|| self.geometry.iter().find(|g| g.kind.is_none()))
    }

    /// The entry of a name.
    #[must_use]
    pub fn geometry_called(&self, name: &str) -> Option<&GeometryName> {
        self.geometry.iter().find(|g| g.name == name)
    }
}

mod kind {
    use super::GeometryType;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        kind: &Option<GeometryType>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match kind {
            Some(kind) => serializer.serialize_str(kind.name()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<GeometryType>, D::Error> {
        let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        GeometryType::from_name(&name).map(Some).ok_or_else(|| {
            serde::de::Error::custom(format!("'{name}' is no type of geometry, such as Point"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_keeps_its_names_and_their_order() {
        let text =
            r#"{"type":"Entité","geometry":[{"name":"b","type":"Polygon"},{"name":"a"}],"required":["x"]}"#;
        let profile: GmlProfile = serde_json::from_str(text).expect("read");
        assert_eq!(profile.name_of(GeometryType::Polygon).map(|g| g.name.as_str()), Some("b"));
        assert_eq!(profile.name_of(GeometryType::Point).map(|g| g.name.as_str()), Some("a"));
        assert_eq!(serde_json::to_string(&profile).expect("written"), text);
        assert_eq!(serde_json::to_string(&GmlProfile::default()).expect("written"), "{}");
        assert!(serde_json::from_str::<GmlProfile>(r#"{"geometry":[{"name":"b","type":"Blob"}]}"#).is_err());
        assert!(serde_json::from_str::<GmlProfile>(r#"{"geometri":[]}"#).is_err());
    }
}

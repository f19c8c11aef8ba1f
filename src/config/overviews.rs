//! How layers are made light for small scales: `[overviews]` of the file.

use super::ConfigError;
use serde::{Deserialize, Serialize};

/// Rules of overviews. Good for most data as they are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct OverviewConfig {
    /// Layers of fewer features have none, unless their table is large; 0 makes none at all.
    pub least_features: u64,
    /// Makes overviews in the transaction that publishes, which takes several times as long; otherwise a server makes them
    /// right after it.
    pub with_publication: bool,
    /// Rules of single layers: `[[overviews.layer]]`.
    #[serde(rename = "layer")]
    pub layers: Vec<LayerOverviewConfig>,
}

impl Default for OverviewConfig {
    fn default() -> Self {
        Self { least_features: 20_000, with_publication: false, layers: Vec::new() }
    }
}

/// What is particular to a layer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LayerOverviewConfig {
    /// The layer's slug.
    pub layer: String,
    /// Attribute of numbers whose greatest value is shown first, and stands for smaller features around it; area or
    /// length when absent.
    #[serde(default)]
    pub rank: Option<String>,
    /// What becomes of points.
    #[serde(default)]
    pub points: PointRule,
    /// Attributes that tiles have of the layer where they don't show every feature; all when absent.
    #[serde(default)]
    pub attributes: Option<Vec<String>>,
    /// Makes no overviews of the layer.
    #[serde(default)]
    pub off: bool,
}

/// What decides which features are seen. Stored with the overviews that were made by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OverviewRules {
    /// See [`LayerOverviewConfig::rank`].
    pub rank: Option<String>,
    /// See [`LayerOverviewConfig::points`].
    pub points: PointRule,
    /// See [`LayerOverviewConfig::off`].
    pub off: bool,
    /// See [`OverviewConfig::least_features`].
    pub least_features: u64,
}

/// What becomes of points at small scales.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PointRule {
    /// One stays in each cell of a pixel: the first by rank.
    #[default]
    Thin,
    /// All stay.
    All,
    /// One stands for all in a cell, and tells how many: in overviews a cell is a pixel, in tiles an eighth of the tile's
    /// side.
    Cluster,
}

impl OverviewConfig {
    /// The rules of a layer.
    #[must_use]
    pub fn of(&self, slug: &str) -> OverviewRules {
        let own = self.layers.iter().find(|l| l.layer == slug);
        OverviewRules {
            rank: own.and_then(|l| l.rank.clone()),
            points: own.map_or_else(PointRule::default, |l| l.points),
            off: self.least_features == 0 || own.is_some_and(|l| l.off),
            least_features: self.least_features,
        }
    }

    /// The attributes of a layer in tiles that don't show every feature, where that was configured.
    #[must_use]
    pub fn attributes(&self, slug: &str) -> Option<&[String]> {
        self.layers.iter().find(|l| l.layer == slug)?.attributes.as_deref()
    }

    /// What is particular to a layer, as a text that tells other rules apart; empty where nothing is.
    #[must_use]
    pub fn own_text(&self, slug: &str) -> String {
        self.layers.iter().find(|l| l.layer == slug).map(|own| format!("{own:?}")).unwrap_or_default()
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (at, layer) in self.layers.iter().enumerate() {
            let wrong = |message| Err(ConfigError::Value { key: "overviews.layer", message });
            if layer.layer.trim().is_empty() {
                return wrong("has no 'layer'; it names the layer that the rules are for".into());
            }
            if self.layers.iter().take(at).any(|other| other.layer == layer.layer) {
                return wrong(format!("comes twice for layer '{}'; put its rules into one", layer.layer));
            }
            if layer.rank.as_ref().is_some_and(|rank| rank.trim().is_empty()) {
                return wrong(format!(
                    "of layer '{}' has an empty 'rank'; it names an attribute of numbers",
                    layer.layer
                ));
            }
        }
        Ok(())
    }
}

//! Reference systems and resolution.

use serde::{Deserialize, Serialize};

/// A reference system as records name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ReferenceSystem {
    /// `EPSG:2154`, or what an imported record says.
    pub code: String,
    /// `http://www.opengis.net/def/crs/EPSG/0/2154`, where the system is known.
    pub uri: Option<String>,
    /// Name in the register.
    pub name: Option<String>,
}

impl ReferenceSystem {
    /// The address, else the code.
    #[must_use]
    pub fn best(&self) -> &str {
        self.uri.as_deref().unwrap_or(&self.code)
    }
}

/// A distance on the ground.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Distance {
    /// How much.
    pub value: f64,
    /// Unit as the record says: `m`, `km`, an address.
    pub unit: String,
}

impl Distance {
    /// In metres; none for a unit that is not known.
    #[must_use]
    pub fn metres(&self) -> Option<f64> {
        let unit = self.unit.rsplit(['#', '/', ':']).next().unwrap_or(&self.unit);
        let factor = match unit {
            "m" | "meter" | "metre" | "meters" | "metres" | "9001" => 1.0,
            "km" | "kilometer" | "kilometre" => 1000.0,
            "cm" => 0.01,
            "mm" => 0.001,
            "ft" => 0.3048,
            _ => return None,
        };
        Some(self.value * factor)
    }
}

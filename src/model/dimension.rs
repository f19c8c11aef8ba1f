//! Dimensions of a layer's maps beside the two of the picture: when, how high, or anything else (OGC 06-042 annex C).

mod moment;
mod values;

use super::{Column, ColumnType};
use serde::{Deserialize, Serialize};

pub use values::{DimensionValue, Domain};

/// Name of the dimension of time.
pub const TIME: &str = "time";
/// Name of the dimension of height.
pub const ELEVATION: &str = "elevation";
/// Units of dates and times (OGC 06-042 section C.2).
pub const ISO8601: &str = "ISO8601";

/// What people say about a dimension: which attribute it is, and how maps are asked for by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DimensionInfo {
    /// `time`, `elevation`, or a name of its own, which requests write as `DIM_{name}`.
    pub name: String,
    /// The attribute.
    pub column: String,
    /// The attribute that says until when, where [`DimensionInfo::column`] says from when; without end where it is null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Units; ISO8601 for time, CRS:88 for elevation, none for others unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<String>,
    /// Symbol of the units; `m` for elevation unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_symbol: Option<String>,
    /// Values to advertise: a list of values and of `least/greatest/step`; those that the data have unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
    /// What a request without a value shows.
    #[serde(default)]
    pub default: DefaultPosition,
    /// Whether requests may ask for several values or for intervals.
    #[serde(default = "yes")]
    pub multiple: bool,
    /// Whether the nearest value is shown for one that isn't there.
    #[serde(default)]
    pub nearest: bool,
}

const fn yes() -> bool {
    true
}

/// What is shown when a request names no value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum DefaultPosition {
    /// The greatest value: the newest.
    #[default]
    Last,
    /// The least.
    First,
    /// All features, whatever their value.
    All,
    /// Nothing: the request is refused.
    None,
    /// This value.
    Value(String),
}

impl From<String> for DefaultPosition {
    fn from(text: String) -> Self {
        match text.as_str() {
            "last" => Self::Last,
            "first" => Self::First,
            "all" => Self::All,
            "none" => Self::None,
            _ => Self::Value(text),
        }
    }
}

impl From<DefaultPosition> for String {
    fn from(position: DefaultPosition) -> Self {
        match position {
            DefaultPosition::Last => "last".to_owned(),
            DefaultPosition::First => "first".to_owned(),
            DefaultPosition::All => "all".to_owned(),
            DefaultPosition::None => "none".to_owned(),
            DefaultPosition::Value(text) => text,
        }
    }
}

/// What values of a dimension are, by its units and the attribute that holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DimensionKind {
    /// Numbers.
    Number,
    /// Whole numbers that are years.
    Year,
    /// Days.
    Date,
    /// Instants.
    Timestamp,
    /// Dates and times that the data hold as text.
    Written,
    /// Words, equal or not.
    Text,
}

/// A dimension of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// What people say about it.
    pub info: DimensionInfo,
    /// What its values are.
    pub kind: DimensionKind,
    /// What requests may ask for: the values that are advertised.
    pub domain: Domain,
    /// The values as the data hold them, where they are dates written as text; else empty.
    pub written: Vec<DimensionValue>,
}

impl DimensionInfo {
    /// The parameter that asks for it, in capital letters.
    #[must_use]
    pub fn parameter(&self) -> String {
        match self.name.as_str() {
            TIME | ELEVATION => self.name.to_uppercase(),
            own => format!("DIM_{}", own.to_uppercase()),
        }
    }

    /// Its units, by its name unless said.
    #[must_use]
    pub fn units(&self) -> &str {
        match (&self.units, self.name.as_str()) {
            (Some(units), _) => units,
            (None, TIME) => ISO8601,
            (None, ELEVATION) => "CRS:88",
            (None, _) => "",
        }
    }

    /// The symbol of its units.
    #[must_use]
    pub fn unit_symbol(&self) -> Option<&str> {
        let metres = (self.name == ELEVATION && self.units.is_none()).then_some("m");
        self.unit_symbol.as_deref().or(metres)
    }

    /// What values in a column are under these units; `None` where they can't be any.
    #[must_use]
    pub fn kind(&self, column: &Column) -> Option<DimensionKind> {
        if self.units() == ISO8601 {
            return match column.kind {
                ColumnType::Integer | ColumnType::BigInteger => Some(DimensionKind::Year),
                ColumnType::Date => Some(DimensionKind::Date),
                ColumnType::Timestamp => Some(DimensionKind::Timestamp),
                ColumnType::Text => Some(DimensionKind::Written),
                _ => None,
            };
        }
        match column.kind {
            kind if kind.is_numeric() => Some(DimensionKind::Number),
            ColumnType::Text => Some(DimensionKind::Text),
            _ => None,
        }
    }
}

impl Dimension {
    /// The value of a request that names none, as it is advertised.
    #[must_use]
    pub fn default_text(&self) -> Option<String> {
        match &self.info.default {
            DefaultPosition::None => None,
            DefaultPosition::Value(text) => Some(text.clone()),
            DefaultPosition::First => Some(self.domain.first()?.text.clone()),
            DefaultPosition::Last => Some(self.domain.last()?.text.clone()),
            DefaultPosition::All => {
                let (first, last) = (self.domain.first()?, self.domain.last()?);
                if self.kind == DimensionKind::Text {
                    return self.domain.extent();
                }
                Some(if first == last { first.text.clone() } else { format!("{}/{}", first.text, last.text) })
            }
        }
    }

    /// The values as they are advertised (OGC 06-042 table C.2).
    #[must_use]
    pub fn extent_text(&self) -> Option<String> {
        self.info.values.clone().or_else(|| self.domain.extent())
    }
}

#[cfg(test)]
mod tests;

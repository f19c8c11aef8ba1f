//! Attributes of a layer.

use serde::{Deserialize, Serialize};

/// Type of an attribute: the PostgreSQL type it is stored in and how protocols name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// `text`
    Text,
    /// `integer`, 32 bits
    Integer,
    /// `bigint`, 64 bits
    BigInteger,
    /// `double precision`
    Real,
    /// `numeric`: exact decimals
    Decimal,
    /// `boolean`
    Boolean,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `timestamptz`, answered in UTC
    Timestamp,
    /// `jsonb`: lists and objects
    Json,
    /// `bytea`
    Binary,
}

impl ColumnType {
    /// The type in PostgreSQL.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::BigInteger => "bigint",
            Self::Real => "double precision",
            Self::Decimal => "numeric",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamptz",
            Self::Json => "jsonb",
            Self::Binary => "bytea",
        }
    }

    /// The type in XML Schema (part 2), for DescribeFeatureType.
    #[must_use]
    pub const fn xsd(self) -> &'static str {
        match self {
            Self::Text | Self::Json => "string",
            Self::Integer => "int",
            Self::BigInteger => "long",
            Self::Real => "double",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "dateTime",
            Self::Binary => "base64Binary",
        }
    }

    /// Whether values are numbers.
    #[must_use]
    pub const fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::BigInteger | Self::Real | Self::Decimal)
    }

    /// Whether values are instants or days.
    #[must_use]
    pub const fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }
}

/// An attribute of a layer, geometry and `fid` aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Name in the table and in every service: an XML NCName of at most 63 bytes, or one of [`Column::GML`].
    pub name: String,
    /// Name in the source file, where it had to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// Type of the values.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// The values there may be, where the source says so; any of the type when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Code>,
}

/// A value of a code list: an enumeration of the GeoPackage schema extension (OGC 12-128r19 annex F.9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The value as text: of whole numbers the digits, without leading zeros.
    pub value: String,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Column {
    /// A column that has its name from the source and takes any value of its type.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: ColumnType) -> Self {
        Self { name: name.into(), source_name: None, kind, codes: Vec::new() }
    }

    /// The columns that hold properties which GML gives every feature (OGC 07-036 clause 9.4), in GML's order.
    /// Their names are GML's own, with the prefix that no other column can have.
    pub const GML: [&str; 3] = ["gml:description", "gml:identifier", "gml:name"];

    /// Place in [`Column::GML`] of a column that holds one of GML's own properties.
    #[must_use]
    pub fn gml(&self) -> Option<usize> {
        Self::GML.iter().position(|name| *name == self.name)
    }
}

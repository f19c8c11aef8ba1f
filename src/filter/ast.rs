//! The filter tree as parsed, before it is held against a layer: what Filter Encoding 1.0 to 2.0
//! (OGC 09-026r2 clause 7), CQL2 (OGC 21-065r2) and ECQL can say between them.

use super::error::FilterError;
use crate::geo::{BBox, wkb};
use chrono::{DateTime, NaiveDate, Utc};

/// A condition on a feature.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of them (FES `And`).
    And(Vec<Filter>),
    /// At least one of them (FES `Or`).
    Or(Vec<Filter>),
    /// Not this (FES `Not`). A null comparison stays null, as in SQL.
    Not(Box<Filter>),
    /// `left op right` (FES clause 7.7).
    Compare {
        /// Comparison.
        op: CompareOp,
        /// Usually a property.
        left: Expr,
        /// Usually a literal.
        right: Expr,
        /// Whether letters' case matters (FES `matchCase`); true unless said otherwise.
        match_case: bool,
    },
    /// `lower <= expr <= upper` (FES `PropertyIsBetween`), both ends included.
    Between {
        /// What is tested.
        expr: Expr,
        /// Lower end.
        lower: Expr,
        /// Upper end.
        upper: Expr,
    },
    /// Pattern match (FES `PropertyIsLike`).
    Like {
        /// What is tested.
        expr: Expr,
        /// Pattern, already in pieces: wildcards are the filter's own characters.
        pattern: Vec<LikePart>,
        /// Whether letters' case matters.
        match_case: bool,
    },
    /// The property has no value (FES `PropertyIsNull`, `PropertyIsNil`).
    IsNull(Expr),
    /// One of a list (CQL2 `IN`). A null in the list makes what is not found unknown, as in SQL.
    In {
        /// What is tested.
        expr: Expr,
        /// What it may be.
        list: Vec<Expr>,
    },
    /// A truth value used as a condition: a boolean property, function or literal.
    Truth(Expr),
    /// Spatial relation (FES clause 7.8, CQL2 clause 7.7). Either side is a property, a literal geometry or a
    /// function that gives a geometry.
    Spatial {
        /// Relation of the left to the right.
        op: SpatialOp,
        /// Usually [`Expr::DefaultGeometry`] or a property.
        left: Expr,
        /// Usually a literal.
        right: Expr,
    },
    /// Within, or farther than, a distance (FES `DWithin`, `Beyond`).
    Distance {
        /// `Beyond` rather than `DWithin`.
        beyond: bool,
        /// Usually [`Expr::DefaultGeometry`] or a property.
        left: Expr,
        /// Usually a literal.
        right: Expr,
        /// Distance in metres on the ground.
        metres: f64,
    },
    /// Temporal relation (FES clause 7.9, CQL2 clause 7.8) of instants and intervals.
    Temporal {
        /// Relation of the left to the right.
        op: TemporalOp,
        /// An instant or an [`Expr::Interval`].
        left: Expr,
        /// An instant or an [`Expr::Interval`].
        right: Expr,
    },
    /// Relation of two sets of values (CQL2 clause 7.9).
    Array {
        /// Relation of the left to the right.
        op: ArrayOp,
        /// Usually a property that holds a JSON array.
        left: Expr,
        /// Usually an [`Expr::Array`].
        right: Expr,
    },
    /// The feature meets a box (FES `BBOX`, KVP `bbox`); in the box's own system its edges are straight.
    BBox {
        /// Geometry property; `None` means the layer's geometry.
        property: Option<String>,
        /// Box in x, y order.
        bbox: BBox,
        /// EPSG code of the box; `None` means the layer's own system.
        srid: Option<i32>,
    },
    /// One of these, as written: `slug.fid`, or a bare `fid` (FES `ResourceId`, OGC 09-026r2 clause 7.11).
    /// An id of another layer matches nothing.
    Ids(Vec<String>),
    /// Identifiers of which at least one asks for another state of a feature than today's (FES `ResourceId`
    /// with `previousRid`, `version`, `startDate` or `endDate`, OGC 09-026r2 clause 7.11.2). As a condition on
    /// what is there today these are the identifiers alone.
    ResourceIds(Vec<ResourceId>),
    /// Always true or always false: what an empty `And` or an id of another type comes to.
    Constant(bool),
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Spatial relations of simple features (OGC 06-103r4 section 6.1.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpatialOp {
    /// Same points.
    Equals,
    /// No point in common.
    Disjoint,
    /// At least a point in common.
    Intersects,
    /// Borders meet, interiors don't.
    Touches,
    /// Interiors meet in a lower dimension.
    Crosses,
    /// The feature lies in the literal.
    Within,
    /// The feature holds the literal.
    Contains,
    /// Interiors meet, neither holds the other.
    Overlaps,
}

/// Temporal relations (CQL2 clause 7.8; Allen's, as ISO 19108 names them, and what they add up to). Those
/// between periods alone hold for no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TemporalOp {
    /// Begins after the other has ended.
    After,
    /// Ends before the other begins.
    Before,
    /// Begins before and ends after the other (FES `TContains`).
    Contains,
    /// Nothing in common.
    Disjoint,
    /// Begins after and ends before the other.
    During,
    /// Begins and ends with the other (FES `TEquals`).
    Equals,
    /// Begins before the other and ends with it (FES `EndedBy`).
    FinishedBy,
    /// Begins after the other and ends with it (FES `Ends`).
    Finishes,
    /// Something in common (FES `AnyInteracts`).
    Intersects,
    /// Ends when the other begins.
    Meets,
    /// Begins when the other ends.
    MetBy,
    /// Begins within the other and ends after it.
    OverlappedBy,
    /// Begins before the other and ends within it (FES `TOverlaps`).
    Overlaps,
    /// Begins with the other and ends after it (FES `BegunBy`).
    StartedBy,
    /// Begins with the other and ends before it (FES `Begins`).
    Starts,
}

/// Relations of sets of values (CQL2 clause 7.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArrayOp {
    /// The same values (`A_EQUALS`).
    Equals,
    /// All values of the right are in the left (`A_CONTAINS`).
    Contains,
    /// All values of the left are in the right (`A_CONTAINEDBY`).
    ContainedBy,
    /// At least a value in common (`A_OVERLAPS`).
    Overlaps,
}

/// A value or what yields one.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A property by name as written, with its prefix or path: the schema knows which of them it can leave
    /// out, and a join which type or alias they mean.
    Property(String),
    /// The geometry that is meant when none is named.
    DefaultGeometry,
    /// A literal as it was written; its type comes from what it is compared with.
    Literal(Literal),
    /// `+ - * /` and what CQL2 adds; a negation is `0 - x`.
    Arithmetic {
        /// Operator.
        op: ArithmeticOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// A function by name.
    Function {
        /// Name as written.
        name: String,
        /// Arguments.
        args: Vec<Expr>,
    },
    /// From one instant to another (CQL2 `INTERVAL`, `gml:TimePeriod`).
    Interval(Box<IntervalEnd>, Box<IntervalEnd>),
    /// A set of values (CQL2 array).
    Array(Vec<Expr>),
    /// A text without difference of case (CQL2 `CASEI`).
    CaseI(Box<Expr>),
    /// A text without accents (CQL2 `ACCENTI`).
    AccentI(Box<Expr>),
    /// A condition as a truth value, to be compared with another.
    Condition(Box<Filter>),
}

/// An end of an interval.
#[derive(Clone, Debug, PartialEq)]
pub enum IntervalEnd {
    /// Without end: `..` of CQL2, `indeterminatePosition="unknown"` of GML. A property without value as an end
    /// means the same.
    Open,
    /// This date or timestamp.
    At(Expr),
}

/// Arithmetic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`: the remainder, with the sign of the left.
    Mod,
    /// `div`: division without what lies behind the point.
    IntDiv,
    /// `^`
    Pow,
}

impl ArithmeticOp {
    /// Those that FES and OGC Filter have an element for (OGC 04-095 clause 8.3), by its name.
    pub const ELEMENTS: [(&'static str, Self); 4] =
        [("Add", Self::Add), ("Sub", Self::Sub), ("Mul", Self::Mul), ("Div", Self::Div)];

    /// The operator of an element.
    #[must_use]
    pub fn of_element(name: &str) -> Option<Self> {
        Self::ELEMENTS.into_iter().find(|(own, _)| *own == name).map(|(_, op)| op)
    }

    /// The element, if there is one.
    #[must_use]
    pub fn element(self) -> Option<&'static str> {
        Self::ELEMENTS.into_iter().find(|(_, op)| *op == self).map(|(name, _)| name)
    }
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Text, also numbers and dates of XML and KVP, where nothing tells them apart.
    Text(String),
    /// A whole number of a language that has numbers.
    Integer(i64),
    /// Another number of a language that has numbers.
    Number(f64),
    /// A truth value of a language that has them.
    Boolean(bool),
    /// A day (CQL2 `DATE('…')`).
    Date(NaiveDate),
    /// An instant (CQL2 `TIMESTAMP('…')`).
    Timestamp(DateTime<Utc>),
    /// A geometry.
    Geometry(Geometry),
    /// No value.
    Null,
}

/// A piece of a LIKE pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LikePart {
    /// These characters.
    Text(String),
    /// Any run of characters, also none.
    Any,
    /// Any one character.
    One,
}

/// A literal geometry.
#[derive(Clone, Debug, PartialEq)]
pub struct Geometry {
    /// EWKB in x, y order, without or with SRID.
    pub ewkb: Vec<u8>,
    /// EPSG code of the coordinates; `None` means the layer's own system.
    pub srid: Option<i32>,
}

impl Geometry {
    /// A literal of a shape in x, y order.
    ///
    /// # Errors
    /// [`FilterError::Geometry`] when it has more than `positions` positions or can't be written.
    pub fn new(
        shape: &geo_types::Geometry<f64>,
        srid: Option<i32>,
        positions: usize,
    ) -> Result<Self, FilterError> {
        /// Bytes of a position in WKB.
        const POSITION_BYTES: usize = 16;
        // 0 is EWKB's word for no system at all.
        let ewkb = wkb::from_geo(shape, srid.unwrap_or(0))
            .map_err(|error| FilterError::Geometry(error.to_string()))?;
        if ewkb.len() / POSITION_BYTES > positions {
            return Err(FilterError::too_many_positions(positions));
        }
        Ok(Self { ewkb, srid })
    }
}

/// One `ResourceId` of Filter Encoding 2.0 (OGC 09-026r2 clause 7.11.2).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceId {
    /// `rid`, as written.
    pub rid: String,
    /// `previousRid`: the identifier of the version before.
    pub previous: Option<String>,
    /// `version`.
    pub version: Option<VersionSelect>,
    /// `startDate`: versions valid from then on.
    pub start: Option<DateTime<Utc>>,
    /// `endDate`: versions valid until then.
    pub end: Option<DateTime<Utc>>,
}

/// The versions of a resource that `version` of a `ResourceId` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionSelect {
    /// The oldest.
    First,
    /// The one of today.
    Last,
    /// The one before that of the `rid`.
    Previous,
    /// The one after that of the `rid`.
    Next,
    /// All of them.
    All,
    /// The n-th, from 1.
    Number(u32),
    /// The one that was valid then, or nearest to it.
    At(DateTime<Utc>),
}

impl Filter {
    /// The identifiers that a filter names anywhere, for protocols that must refuse foreign ones.
    #[must_use]
    pub fn resource_ids(&self) -> Vec<&str> {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::resource_ids).collect(),
            Self::Not(inner) => inner.resource_ids(),
            Self::Ids(ids) => ids.iter().map(String::as_str).collect(),
            Self::ResourceIds(ids) => ids.iter().map(|id| id.rid.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    /// Both conditions; `None` is no condition.
    #[must_use]
    pub fn and(left: Option<Self>, right: Option<Self>) -> Option<Self> {
        match (left, right) {
            (Some(Self::And(mut all)), Some(b)) => {
                all.push(b);
                Some(Self::And(all))
            }
            (Some(a), Some(b)) => Some(Self::And(vec![a, b])),
            (one, None) | (None, one) => one,
        }
    }
}

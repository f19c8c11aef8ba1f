//! The filter tree as parsed, before it is held against a layer (OGC 09-026r2, FES 2.0, clause 7).

use crate::geo::BBox;

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
    /// Spatial relation with a literal geometry (FES clause 7.8).
    Spatial {
        /// Relation.
        op: SpatialOp,
        /// Geometry property; `None` means the layer's geometry.
        property: Option<String>,
        /// Literal.
        geometry: Geometry,
    },
    /// Within, or farther than, a distance (FES `DWithin`, `Beyond`).
    Distance {
        /// `Beyond` rather than `DWithin`.
        beyond: bool,
        /// Geometry property; `None` means the layer's geometry.
        property: Option<String>,
        /// Literal.
        geometry: Geometry,
        /// Distance in metres on the ground.
        metres: f64,
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

/// A value or what yields one.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A property by name, any prefix and path removed.
    Property(String),
    /// A literal as it was written; its type comes from what it is compared with.
    Literal(Literal),
    /// `+ - * /` (FES arithmetic operators).
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
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Text, also numbers and dates of XML and KVP, where nothing tells them apart.
    Text(String),
    /// A number of a language that has numbers.
    Number(f64),
    /// A truth value of a language that has them.
    Boolean(bool),
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

impl Filter {
    /// The identifiers that a filter names anywhere, for protocols that must refuse foreign ones.
    #[must_use]
    pub fn resource_ids(&self) -> Vec<&str> {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::resource_ids).collect(),
            Self::Not(inner) => inner.resource_ids(),
            Self::Ids(ids) => ids.iter().map(String::as_str).collect(),
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

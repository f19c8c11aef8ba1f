//! What can be wrong with a filter, and the bounds it is read under.

use crate::config::Limits;
use crate::geo::{CrsError, CrsRef, TransformError};

/// Why a filter is refused. Every message names the thing and what to do; all may be shown.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// The document is not well-formed XML, or uses what is refused (DTDs, entities).
    #[error("the XML can't be read: {message} (line {line}, column {column})")]
    Xml {
        /// What is wrong.
        message: String,
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
    /// A text that is not of its language, or breaks off.
    #[error("{language}: line {line}, column {column}: {found} is not expected; {expected}")]
    Syntax {
        /// `CQL2 text`, `CQL2 JSON` or `ECQL`.
        language: &'static str,
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
        /// What stands there, quoted, or `the end`.
        found: String,
        /// What may stand there.
        expected: String,
    },
    /// Elements or conditions nested too deeply.
    #[error("the filter is nested more than {0} levels deep; make it flatter")]
    TooDeep(usize),
    /// Too many conditions, elements or coordinates.
    #[error("the filter has more than {0} parts; make it smaller")]
    TooLarge(usize),
    /// An element that is no filter operator or stands in the wrong place.
    #[error("'{found}' is not supported here; {expected}")]
    Unexpected {
        /// Element or word found.
        found: String,
        /// What may stand there.
        expected: String,
    },
    /// An operator without what it needs.
    #[error("'{operator}' needs {needs}")]
    Incomplete {
        /// Operator.
        operator: String,
        /// What is missing.
        needs: String,
    },
    /// A property that the layer doesn't have.
    #[error("there is no property '{property}'; there are: {known}")]
    UnknownProperty {
        /// Name asked for.
        property: String,
        /// Names there are.
        known: String,
    },
    /// A spatial condition on something without geometry.
    #[error("a spatial condition was given, but there is no geometry property here")]
    NoGeometry,
    /// A spatial condition on a plain property.
    #[error("'{0}' is not a geometry; spatial operators need a geometry property")]
    NotGeometry(String),
    /// A comparison on a geometry.
    #[error("'{0}' is a geometry; compare it with a spatial operator")]
    IsGeometry(String),
    /// A literal that doesn't have the type of what it is compared with.
    #[error("'{value}' is not a {expected}, which {what} needs")]
    Literal {
        /// The literal.
        value: String,
        /// Type wanted, for people.
        expected: &'static str,
        /// The other side, for people.
        what: String,
    },
    /// Two sides that can't be compared or computed.
    #[error("{left} is {left_type} and {right} is {right_type}: they can't be {done}")]
    Types {
        /// Left side.
        left: String,
        /// Its type.
        left_type: &'static str,
        /// Right side.
        right: String,
        /// Its type.
        right_type: &'static str,
        /// What was tried: `compared`, `computed`.
        done: &'static str,
    },
    /// A function that doesn't exist.
    #[error("there is no function '{name}'; there are: {known}")]
    UnknownFunction {
        /// Name asked for.
        name: String,
        /// Names there are.
        known: String,
    },
    /// A function with the wrong arguments.
    #[error("function '{name}' takes {takes}")]
    Arguments {
        /// Function.
        name: String,
        /// What it takes.
        takes: String,
    },
    /// A literal geometry that can't be read.
    #[error("the geometry can't be read: {0}")]
    Geometry(String),
    /// A request parameter that can't be read.
    #[error("parameter '{name}': {message}")]
    Parameter {
        /// Parameter.
        name: &'static str,
        /// What is wrong and how it should be.
        message: String,
    },
    /// A coordinate reference system that isn't known.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// A geometry that can't be placed in the layer's system.
    #[error(transparent)]
    Transform(#[from] TransformError),
}

impl FilterError {
    pub(super) fn too_many_positions(most: usize) -> Self {
        Self::Geometry(format!(
            "it has more than {most} positions (limits.filter-positions); send a simpler one"
        ))
    }

    /// The property, element, function or parameter at fault, where there is one: what OWS exceptions
    /// call the locator.
    #[must_use]
    pub fn locator(&self) -> Option<&str> {
        match self {
            Self::UnknownProperty { property, .. } => Some(property),
            Self::NotGeometry(name) | Self::IsGeometry(name) => Some(name),
            Self::Unexpected { found, .. } => Some(found),
            Self::Incomplete { operator, .. } => Some(operator),
            Self::UnknownFunction { name, .. } | Self::Arguments { name, .. } => Some(name),
            Self::Parameter { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// At most this many characters of what a client sent are repeated in a message.
pub(super) fn excerpt(text: &str) -> String {
    const KEPT: usize = 100;
    let mut short: String = text.chars().take(KEPT).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Bounds on a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterLimits {
    /// Nested conditions, expressions and elements.
    pub depth: usize,
    /// Conditions, expressions and elements in all.
    pub nodes: usize,
    /// Bytes of a document.
    pub bytes: usize,
    /// Positions of a literal geometry. PostGIS compares one with a feature without listening for the end of
    /// a query, in time that can grow with their square.
    pub positions: usize,
}

impl FilterLimits {
    /// No configuration goes beyond: reading and checking recurse.
    pub(super) const DEEPEST: usize = 150;
}

impl Default for FilterLimits {
    fn default() -> Self {
        Self::from(&Limits::default())
    }
}

impl From<&Limits> for FilterLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            depth: limits.filter_depth.min(Self::DEEPEST),
            nodes: limits.filter_nodes,
            bytes: limits.body_bytes,
            positions: limits.filter_positions,
        }
    }
}

/// How geometries in a request are to be understood: bounds, and the protocol's axis rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Bounds.
    pub limits: FilterLimits,
    /// Whether `EPSG:4326` means the authority's axis order; false in WFS, where only URNs and URIs do.
    pub short_means_authority: bool,
    /// The system of geometries that name none, with the axis order of its spelling; the layer's own in
    /// x, y order when absent.
    pub default_crs: Option<CrsRef>,
}

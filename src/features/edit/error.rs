//! Why a transaction is refused. Nothing of it has been written then.

use crate::features::FeatureError;
use crate::filter::FilterError;
use crate::store::StoreError;
use std::fmt;

/// Where in a transaction something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Position of the change in the transaction, or of the part in the lock, from 1.
    pub change: usize,
    /// The action: `Insert`, `Update`, `Replace`, `Delete` or `Lock`.
    pub action: &'static str,
    /// The client's name for the change.
    pub handle: Option<String>,
    /// Slug of the layer.
    pub layer: String,
    /// The feature, where it is one in particular.
    pub feature: Option<Which>,
}

/// A feature of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Position among the features that the change brings, from 1.
    Position(usize),
    /// Identifier.
    Fid(i64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.feature {
            Some(Which::Position(position)) => write!(f, "feature {position} of ")?,
            Some(Which::Fid(fid)) => write!(f, "feature {fid} in ")?,
            None => {}
        }
        write!(f, "{} {}", self.action, self.change)?;
        if let Some(handle) = &self.handle {
            write!(f, " ('{}')", handle.chars().take(80).collect::<String>())?;
        }
        write!(f, " on layer '{}'", self.layer)
    }
}

/// Why a transaction or a lock is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// A property that the layer doesn't have.
    #[error("{place}: there is no property '{property}'; there are: {known}")]
    UnknownProperty {
        /// Where.
        place: Box<Place>,
        /// Name given.
        property: String,
        /// Names there are.
        known: String,
    },
    /// A property that nobody may write, or that is given twice.
    #[error("{place}: property '{property}' {reason}")]
    Property {
        /// Where.
        place: Box<Place>,
        /// Name given.
        property: String,
        /// Why not.
        reason: &'static str,
    },
    /// A value that doesn't have its property's type.
    #[error("{place}: '{value}' can't be the value of property '{property}': {expected}")]
    Value {
        /// Where.
        place: Box<Place>,
        /// Property.
        property: String,
        /// The value, cut where it is long.
        value: String,
        /// What it should be.
        expected: String,
    },
    /// A geometry that the layer can't take.
    #[error("{place}: the geometry {reason}")]
    Geometry {
        /// Where.
        place: Box<Place>,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// An identifier that is in use.
    #[error("{place}: there is a feature {fid} already; leave out the identifier or replace that feature")]
    Duplicate {
        /// Where.
        place: Box<Place>,
        /// Identifier given.
        fid: i64,
    },
    /// A filter that doesn't fit the layer.
    #[error("{place}: {cause}")]
    Filter {
        /// Where.
        place: Box<Place>,
        /// What is wrong with it.
        cause: FilterError,
    },
    /// A feature that is expected to be there is not.
    #[error("there is no feature {fid} in layer '{layer}'")]
    NotFound {
        /// Slug of the layer.
        layer: String,
        /// Identifier.
        fid: i64,
    },
    /// A feature is not as the client believes: somebody changed it meanwhile.
    #[error(
        "feature {fid} of layer '{layer}' has been changed meanwhile; read it again and repeat the change"
    )]
    Conflict {
        /// Slug of the layer.
        layer: String,
        /// Identifier.
        fid: i64,
    },
    /// Features that somebody has locked.
    #[error(
        "{} of layer '{layer}' {} locked; send the lockId of the lock that holds {}, or wait until it ends",
        fids_text(fids, *total), if *total == 1 { "is" } else { "are" }, if *total == 1 { "it" } else { "them" }
    )]
    Locked {
        /// Slug of the layer.
        layer: String,
        /// The first of them, by identifier.
        fids: Vec<i64>,
        /// How many there are.
        total: usize,
        /// Whether the transaction came with a lock, which holds other features.
        had_lock: bool,
    },
    /// Features that somebody else has locked, when all were to be locked.
    #[error("{} of layer '{layer}' can't be locked: somebody else holds {}", fids_text(fids, *total), if *total == 1 { "it" } else { "them" })]
    CannotLock {
        /// Slug of the layer.
        layer: String,
        /// The first of them, by identifier.
        fids: Vec<i64>,
        /// How many there are.
        total: usize,
    },
    /// A lock that doesn't exist.
    #[error(
        "there is no lock '{0}': it was never given, has been released, or ended when its data was replaced"
    )]
    UnknownLock(String),
    /// A lock whose time is over.
    #[error("the time of lock '{0}' is over; lock the features again")]
    LockExpired(String),
    /// A lock for longer than locks may last.
    #[error("a lock lasts {0} seconds at most; ask for less, and renew it in time")]
    LockTime(i64),
    /// Too many features in one transaction or lock.
    #[error("more than {0} features are changed or locked at once; divide the request")]
    Limit(usize),
    /// An update that would write too much.
    #[error("this would write more than {0} MB into the features it finds; divide the request")]
    Volume(usize),
    /// The data has another structure than when the request was read, or is gone.
    #[error("the data of layer '{0}' was replaced or removed meanwhile; read its description again")]
    Replaced(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Reading features failed.
    #[error(transparent)]
    Feature(FeatureError),
}

/// `feature 3`, `features 3, 4 and 5`, `features 1, 2, 3 and 40 more`.
fn fids_text(fids: &[i64], total: usize) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = fids.iter().take(SHOWN).map(i64::to_string).collect();
    match total.saturating_sub(shown.len()) {
        0 if total == 1 => format!("feature {}", shown.join("")),
        0 => format!("features {}", shown.join(", ")),
        more => format!("features {} and {more} more", shown.join(", ")),
    }
}

impl From<FeatureError> for EditError {
    fn from(error: FeatureError) -> Self {
        match error {
            FeatureError::Store(error) => Self::Store(error),
            error => Self::Feature(error),
        }
    }
}

impl EditError {
    /// Where in the transaction it is, if it is somewhere in particular.
    #[must_use]
    pub const fn place(&self) -> Option<&Place> {
        match self {
            Self::UnknownProperty { place, .. }
            | Self::Property { place, .. }
            | Self::Value { place, .. }
            | Self::Geometry { place, .. }
            | Self::Duplicate { place, .. }
            | Self::Filter { place, .. } => Some(place),
            _ => None,
        }
    }

    /// The client's name for the change at fault: what OWS exceptions give as locator.
    #[must_use]
    pub fn handle(&self) -> Option<&str> {
        self.place().and_then(|p| p.handle.as_deref())
    }
}

//! What can go wrong with the database, in words that may be shown.

use tokio_postgres::error::SqlState;

/// A failure of the store. Messages never hold SQL, a connection string or row contents; the cause is
/// for the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The time given to the request is over; its query has been cancelled.
    #[error("the database did not answer within the time given to this request")]
    Deadline,
    /// No connection could be had in time, or the server is down.
    #[error("the database can't be reached at the moment")]
    Unavailable(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// A table is gone: the layer was removed or replaced twice while the request ran.
    #[error("the data was replaced or removed while it was being read")]
    Gone,
    /// Somebody holds a lock for longer than a change may wait.
    #[error("somebody else has been using this data for too long; try again later")]
    Busy,
    /// Two changes waited for each other, and this one was given up.
    #[error("somebody else changed the same data at the same moment; try again")]
    Conflict,
    /// The disk of the database is full.
    #[error("the database's disk is full")]
    DiskFull,
    /// A value can't be processed by the function asked for, such as a broken geometry.
    #[error("the database can't compute this: {0}")]
    Data(String),
    /// Something that should be unique is not.
    #[error("this name or key is already in use")]
    Duplicate,
    /// Anything else; the log has the cause.
    #[error("the database reported an internal error")]
    Database(#[source] tokio_postgres::Error),
    /// The cluster can't be set up or started; says why and what to do.
    #[error("{0}")]
    Cluster(String),
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.is_closed() {
            return Self::Unavailable(Some(Box::new(error)));
        }
        let Some(state) = error.code() else {
            // No SQLSTATE: the connection broke or a value did not fit the wire.
            return match std::error::Error::source(&error) {
                Some(cause) if cause.is::<std::io::Error>() => Self::Unavailable(Some(Box::new(error))),
                _ => Self::Database(error),
            };
        };
        match *state {
            SqlState::QUERY_CANCELED => Self::Deadline,
            SqlState::UNDEFINED_TABLE => Self::Gone,
            SqlState::LOCK_NOT_AVAILABLE => Self::Busy,
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::Conflict,
            SqlState::DISK_FULL => Self::DiskFull,
            SqlState::UNIQUE_VIOLATION => Self::Duplicate,
            SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => {
                Self::Unavailable(Some(Box::new(error)))
            }
            _ if state.code().starts_with("22") || state.code().starts_with("23") || is_geometric(&error) => {
                Self::Data(error.as_db_error().map_or_else(String::new, |e| e.message().to_owned()))
            }
            _ => Self::Database(error),
        }
    }
}

/// Whether PostGIS itself says that it can't compute something, such as a ring around everything: for its own errors it has
/// no better code than that of a broken server.
fn is_geometric(error: &tokio_postgres::Error) -> bool {
    error
        .as_db_error()
        .is_some_and(|e| e.code() == &SqlState::INTERNAL_ERROR && e.routine() == Some("pg_error"))
}

//! Why something could not be published.

use crate::store::StoreError;

/// A refusal or failure of publishing. Nothing has changed when one is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

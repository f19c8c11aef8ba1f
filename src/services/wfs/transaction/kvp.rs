//! Transactions in key-value pairs, which WFS 1 has for Delete (OGC 04-094 clause 14.7.7, OGC 02-058
//! clause 13.3.7).

use super::model::{Action, Transaction, What};
use super::{Source, excerpt, lock, permit, some};
use crate::publish::Snapshot;
use crate::services::edge::Call;
use crate::services::wfs::error::WfsError;
use crate::services::wfs::plan;
use crate::services::wfs::request::RawRequest;
use crate::services::wfs::version::Version;
use std::sync::Arc;

impl Source {
    /// The transaction of a request: its document, or its key-value pairs where the version has them.
    ///
    /// # Errors
    /// [`WfsError`] when pairs say something else than Delete.
    pub fn of(raw: &RawRequest, version: Version) -> Result<Self, WfsError> {
        if let Some(text) = &raw.body {
            return Ok(Self::Xml(Arc::clone(text)));
        }
        let operation = raw.parameters.filled("operation");
        match operation {
            _ if version == Version::V200 => {
                Err(WfsError::parsing("request", "a Transaction is sent as an XML document by POST"))
            }
            Some(name) if name.eq_ignore_ascii_case("Delete") => Ok(Self::Kvp(Box::new(raw.clone()))),
            Some(other) => {
                let message = format!(
                    "operation '{}' has no form in key-value pairs, only Delete has; send an XML document",
                    excerpt(other)
                );
                Err(WfsError::invalid("operation", message))
            }
            None => {
                let message = "parameter operation is missing: operation=Delete, or an XML document by POST";
                Err(WfsError::missing("operation", message))
            }
        }
    }
}

/// The deletions of a request.
pub fn delete(
    call: &Call,
    snapshot: &Snapshot,
    version: Version,
    raw: &RawRequest,
) -> Result<Transaction, WfsError> {
    let mut transaction = Transaction {
        lock_id: lock(&raw.parameters),
        release_some: some(raw.parameters.filled("releaseAction"), "releaseAction")?,
        actions: Vec::new(),
    };
    for (layer, condition) in plan::conditions(call, snapshot, version, &raw.queries, &raw.namespaces)? {
        permit(call, &layer, version.types_parameter())?;
        let Some(filter) = condition else {
            return Err(WfsError::missing("FILTER", super::read::NO_FILTER));
        };
        transaction.actions.push(Action { handle: None, layer, what: What::Delete(filter) });
    }
    if transaction.actions.is_empty() {
        let message =
            "parameter typeName is missing; name the type to delete from, and a FILTER or FEATUREID";
        return Err(WfsError::missing(version.types_parameter(), message));
    }
    Ok(transaction)
}

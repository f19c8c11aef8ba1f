//! Transaction (OGC 07-006r1 section 10.11, OGC 12-176r7 clause 7.7): imported records inserted, updated and deleted, all of
//! one request or none. What the platform writes itself is changed by describing the dataset.

use super::error::CswError;
use super::request::types;
use super::response;
use super::version::Version;
use super::xml::{attribute, child, children, constraint, text};
use crate::access::{Action, Subject, allows};
use crate::catalogue::import::{ImportError, Imported, PropertyError, read_element};
use crate::catalogue::{CatalogueError, ElementSet, Reach};
use crate::config::Limits;
use crate::model::{Caller, Scope};
use crate::publish::{Publisher, RecordAction, RecordChange, RecordChangeError, Snapshot, Touched, load};
use crate::services::edge::{Call, EditDenied};
use actix_web::HttpResponse;
use bytes::Bytes;
use roxmltree::Node;
use std::sync::Arc;

/// A transaction as it was sent.
#[derive(Debug, Clone)]
pub(super) struct Transaction {
    pub(super) request_id: Option<String>,
    pub(super) verbose: bool,
    actions: Vec<RecordAction>,
    /// The handle of each action.
    handles: Vec<Option<String>>,
}

impl PartialEq for Transaction {
    fn eq(&self, other: &Self) -> bool {
        self.request_id == other.request_id && self.handles == other.handles
    }
}

/// Reads csw:Transaction.
pub(super) fn read(root: Node<'_, '_>, limits: &Limits) -> Result<Transaction, CswError> {
    let (mut actions, mut handles) = (Vec::new(), Vec::new());
    for node in root.children().filter(Node::is_element) {
        if let Some(name) = attribute(node, "typeName") {
            types(name, "typeName")?;
        }
        let action = match node.tag_name().name() {
            "Insert" => RecordAction::Insert(records(node, "Insert")?),
            "Update" => update(node, limits)?,
            "Delete" => match constraint(node, limits)? {
                Some(filter) => RecordAction::Delete(filter),
                None => {
                    return Err(CswError::missing(
                        "Constraint",
                        "a csw:Delete needs a csw:Constraint that says which records go",
                    ));
                }
            },
            other => {
                return Err(CswError::invalid(
                    "Transaction",
                    format!(
                        "there is no action '{}'; there are: Insert, Update, Delete",
                        super::error::short(other)
                    ),
                ));
            }
        };
        actions.push(action);
        handles.push(attribute(node, "handle").map(str::to_owned));
    }
    if actions.is_empty() {
        let text = "a Transaction needs at least one of csw:Insert, csw:Update and csw:Delete";
        return Err(CswError::missing("Transaction", text));
    }
    let verbose = attribute(root, "verboseResponse").is_some_and(|v| matches!(v, "true" | "1"));
    Ok(Transaction { request_id: attribute(root, "requestId").map(str::to_owned), verbose, actions, handles })
}

/// The records in an action.
fn records(node: Node<'_, '_>, locator: &str) -> Result<Vec<Imported>, CswError> {
    let mut all = Vec::new();
    for element in node.children().filter(Node::is_element) {
        if matches!(element.tag_name().name(), "Constraint" | "RecordProperty") {
            continue;
        }
        all.extend(read_element(element).map_err(|error| unreadable(&error))?);
    }
    if all.is_empty() {
        let text = "there is no record in it; put gmd:MD_Metadata or csw:Record elements there";
        return Err(CswError::missing(locator, text));
    }
    Ok(all)
}

fn update(node: Node<'_, '_>, limits: &Limits) -> Result<RecordAction, CswError> {
    let mut properties = Vec::new();
    for property in children(node, "RecordProperty") {
        let name = child(property, "Name").map(text).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| {
            CswError::missing("Name", "a csw:RecordProperty needs a csw:Name, such as /csw:Record/dc:title")
        })?;
        properties.push((name, child(property, "Value").map(text)));
    }
    if properties.is_empty() {
        return records(node, "Update").map(RecordAction::Replace);
    }
    let filter = constraint(node, limits)?;
    if filter.is_none() {
        let text = "an Update by csw:RecordProperty needs a csw:Constraint that says which records change";
        return Err(CswError::missing("Constraint", text));
    }
    Ok(RecordAction::Set { filter, properties })
}

fn unreadable(error: &ImportError) -> CswError {
    CswError::invalid("Transaction", format!("a record of the transaction: {error}"))
}

/// Makes the changes and tells of them.
pub(super) async fn answer(
    call: &Call,
    snapshot: &Snapshot,
    version: Version,
    asked: &Transaction,
) -> Result<HttpResponse, CswError> {
    call.may_edit_something().map_err(|denied| denied_as(&denied))?;
    if matches!(call.scope, Scope::Dataset(_)) {
        return Err(CswError::forbidden(
            "records are not changed at a dataset's address; send the transaction to /csw or to the organisation's",
        ));
    }
    let organisation = organisation(call, snapshot);
    let reach = &snapshot.reach(&call.caller, &call.scope);
    let change = RecordChange {
        actions: &asked.actions,
        organisation: organisation.as_ref().map(|(slug, title)| (slug.as_str(), title.as_str())),
        reach,
        may: &|slug| allows(&call.caller, Action::Edit, Subject::RecordsOf { organisation: slug }),
    };
    let publisher = Publisher::new(Arc::clone(&call.app.config), call.app.store.clone());
    let (touched, reach) = publisher.change_records(&change).await.map_err(refused)?;
    // The client's next request shows the change, also where an organisation is new.
    match load(&call.app.store).await {
        Ok(snapshot) => call.app.registry.replace(snapshot),
        Err(error) => tracing::warn!(%error, "what is published could not be read after a transaction"),
    }
    told(call, version, asked, &touched, &reach).await
}

/// Whose new records are: the address's, else the token's, else the platform's.
fn organisation(call: &Call, snapshot: &Snapshot) -> Option<(String, String)> {
    let slug = match (&call.scope, &call.caller) {
        (Scope::Organisation(slug), _) => slug.clone(),
        (_, Caller::Editor(editor)) => editor.organisation.clone()?,
        _ => return None,
    };
    let known = snapshot.datasets.values().find(|d| d.organisation.slug == slug);
    let title = known.map_or_else(|| slug.clone(), |d| d.organisation.title.clone());
    Some((slug, title))
}

async fn told(
    call: &Call,
    version: Version,
    asked: &Transaction,
    touched: &[Touched],
    reach: &Reach,
) -> Result<HttpResponse, CswError> {
    let count = |wanted: fn(&RecordAction) -> bool| -> usize {
        asked.actions.iter().zip(touched).filter(|(action, _)| wanted(action)).map(|(_, ids)| ids.len()).sum()
    };
    let totals = [
        count(|a| matches!(a, RecordAction::Insert(_))),
        count(|a| matches!(a, RecordAction::Replace(_) | RecordAction::Set { .. })),
        count(|a| matches!(a, RecordAction::Delete(_))),
    ];
    let mut results: Vec<(Option<&str>, Vec<Bytes>)> = Vec::new();
    if asked.verbose {
        for ((action, ids), handle) in asked.actions.iter().zip(touched).zip(&asked.handles) {
            if matches!(action, RecordAction::Insert(_)) {
                let (form, set) = (version.dublin_core(), ElementSet::Brief);
                let briefs = call.app.catalogue.get(ids, reach, form, set, call.deadline()).await?;
                results.push((handle.as_deref(), briefs.records));
            }
        }
    }
    Ok(response::transaction(version, asked.request_id.as_deref(), totals, &results))
}

fn denied_as(denied: &EditDenied) -> CswError {
    CswError::denied(denied.status(), denied.challenge(), denied.to_string())
}

/// The error of a transaction that changed nothing (OGC 07-006r1 section 10.11.4).
fn refused(error: RecordChangeError) -> CswError {
    match error {
        RecordChangeError::Denied { .. } | RecordChangeError::Written(_) => {
            CswError::forbidden(error.to_string())
        }
        RecordChangeError::Exists(_) | RecordChangeError::Missing(_) | RecordChangeError::Import(_) => {
            CswError::transaction(error.to_string())
        }
        RecordChangeError::Property(PropertyError::Unknown { ref name, .. }) => {
            CswError::invalid(&super::error::short(name), error.to_string())
        }
        RecordChangeError::Property(_) | RecordChangeError::TooMany(_) => {
            CswError::transaction(error.to_string())
        }
        RecordChangeError::Catalogue(CatalogueError::Filter(error)) => super::xml::filter_error(&error),
        RecordChangeError::Catalogue(error) => error.into(),
        RecordChangeError::Publish(crate::publish::PublishError::Store(error)) => error.into(),
        other => {
            tracing::warn!(error = ?other, "a transaction on records failed");
            CswError::transaction("the transaction failed and nothing has changed; try again later")
        }
    }
}

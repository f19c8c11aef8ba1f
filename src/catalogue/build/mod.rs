//! From the stored facts of a dataset to its row in `datasud.record`.
//!
//! | file | what |
//! |---|---|
//! | `facts.rs` | what is stored of a dataset |
//! | `record.rs` | the record that the facts make |
//! | `links.rs` | its links and formats |
//! | `services.rs` | records of an organisation's services |

mod facts;
mod links;
mod record;
mod services;

pub(super) use record::made_abstract;
pub use services::rebuild_services;

use super::iso::ElementSet;
use super::record::Record;
use super::row::{self, Forms, Origin, RecordRow, WRITERS};
use super::{CatalogueError, dublin_core, import, iso, iso3};
use crate::config::Config;
use crate::store::{Session, Store};
use chrono::{DateTime, Duration, SubsecRound, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use serde_json::json;
use uuid::Uuid;

/// Any number that nothing else in the database uses as an advisory lock.
const REBUILD_LOCK: i64 = 0x6461_7461_7375_6402;

/// Characters that stay as they are in a query value.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b':').remove(b',');

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
/// Once a server has said what address it is reached by ([`ensure_current`]), that address is written,
/// whatever `context` a command beside it was started with.
///
/// # Errors
/// [`CatalogueError::NoDataset`], or the database's.
pub async fn rebuild(
    session: &mut Session,
    dataset_id: i64,
    context: &RecordContext,
) -> Result<Uuid, CatalogueError> {
    let facts = facts::read(session, dataset_id).await?;
    let served = served_context(session).await?;
    let record = record::of(&facts, served.as_ref().unwrap_or(context));
    stamped(session, &record, facts.organisation_id, Origin::Dataset(facts.dataset)).await?;
    Ok(record.uuid)
}

/// Stores a record of our own making; its stamp grows when anything in it changed.
async fn stamped(
    session: &mut Session,
    record: &Record,
    organisation_id: i64,
    origin: Origin<'_>,
) -> Result<(), CatalogueError> {
    let stored = session
        .query_opt(
            "select datestamp, model, iso_full, dc_full from datasud.record where uuid = $1 for update",
            &[&record.uuid],
        )
        .await?;
    let now = Utc::now().trunc_subsecs(0);
    let stamp = match stored {
        None => now,
        Some(stored) => {
            let before: DateTime<Utc> = stored.get(0);
            let unchanged =
                stored.get::<_, Option<serde_json::Value>>(1).is_none_or(|model| model == json!(record))
                    && iso::write(record, before, ElementSet::Full) == stored.get::<_, &[u8]>(2)
                    && dublin_core::write(record, before, ElementSet::Full) == stored.get::<_, &[u8]>(3);
            // Clocks of nodes differ; a stamp that went back would hide the change from harvesters.
            if unchanged { before } else { now.max(before + Duration::seconds(1)) }
        }
    };
    let forms = |write: fn(&Record, DateTime<Utc>, ElementSet) -> Vec<u8>| Forms::of(record, stamp, write);
    RecordRow {
        record,
        organisation_id,
        datestamp: stamp,
        words: row::anytext(record),
        iso: &forms(iso::write),
        dublin_core: &forms(dublin_core::write),
        iso3: &iso3::write(record, stamp, ElementSet::Full),
        origin,
    }
    .write(session)
    .await
}

/// The context of the server that was started last on this database, if any was: what a command beside it
/// goes by.
///
/// # Errors
/// The database's.
pub async fn served_context(session: &mut Session) -> Result<Option<RecordContext>, CatalogueError> {
    let stored = session.query_opt("select context->'context' from datasud.record_context", &[]).await?;
    Ok(stored.and_then(|row| serde_json::from_value(row.get(0)).ok()))
}

/// Writes all records anew that were written with another context or by other writers, and those that
/// are missing; called at start. Answers how many. Searches see the old records until it is done.
///
/// # Errors
/// The database's.
pub async fn ensure_current(store: &Store, context: &RecordContext) -> Result<usize, CatalogueError> {
    let wanted = json!({ "writers": WRITERS, "context": context });
    let mut transaction = store.job().await?.begin().await?;
    let session = transaction.session()?;
    session.execute("select pg_advisory_xact_lock($1)", &[&REBUILD_LOCK]).await?;
    let current = session
        .query_opt("select 1 from datasud.record_context where context = $1", &[&wanted])
        .await?
        .is_some();
    // Publishing writes the records of services; a database of an earlier version has datasets without them.
    let is_older = session
        .query_opt(
            "select 1 where exists (select from datasud.record where writers = 0)
                or exists (select from datasud.record_context where context->'writers' <> $1::jsonb->'writers')",
            &[&wanted],
        )
        .await?
        .is_some();
    let datasets = session
        .query(
            "select d.id from datasud.dataset d
             where not $1 or not exists (select from datasud.record r where r.dataset_id = d.id) order by d.id",
            &[&current],
        )
        .await?;
    if current && datasets.is_empty() {
        transaction.rollback().await?;
        return Ok(0);
    }
    session
        .execute(
            "insert into datasud.record_context (context) values ($1)
             on conflict (one) do update set context = excluded.context",
            &[&wanted],
        )
        .await?;
    for row in &datasets {
        match rebuild(session, row.get(0), context).await {
            // Removed meanwhile.
            Ok(_) | Err(CatalogueError::NoDataset(_)) => {}
            Err(error) => return Err(error),
        }
    }
    if !current {
        import::rewrite(session).await?;
        let owners = "select id from datasud.organisation o where $1 or exists (
                        select from datasud.record r where r.organisation_id = o.id and r.service is not null)
                      order by id";
        for row in session.query(owners, &[&is_older]).await? {
            rebuild_services(session, row.get(0), context).await?;
        }
    }
    transaction.commit().await?;
    Ok(datasets.len())
}

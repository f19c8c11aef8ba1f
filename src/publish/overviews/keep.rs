//! The task of a server that keeps overviews true: stale blocks are made anew, missing overviews made, retired ones
//! dropped. Several nodes may run it on one database: a table is one node's at a time, by a lock that ends with its
//! transaction, and whatever is interrupted is as if it had not begun.

use super::make::{Subject, build, prepare, renew};
use crate::config::Config;
use crate::publish::load::field;
use crate::publish::registry::{Registry, Snapshot};
use crate::publish::{PublishError, write};
use crate::store::{Change, Ident, Store, Transaction};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// Time between looks where nothing is heard: for what other nodes left undone.
const LOOK: Duration = Duration::from_secs(60);

/// Time after an edit in which others of the same hand may follow.
const PAUSE: Duration = Duration::from_millis(250);

/// Pause after a failure.
const RETRY: Duration = Duration::from_secs(5);

/// Blocks made anew in one transaction: about a second of work where they are full.
const BLOCKS: i64 = 64;

/// Keeps the overviews of everything that is published, for as long as the store lives.
pub fn keep(config: Arc<Config>, registry: Registry, store: Store) -> tokio::task::JoinHandle<()> {
    let mut changes = store.changes();
    tokio::spawn(async move {
        let mut starts = true;
        loop {
            let is_edit = match tokio::time::timeout(LOOK, changes.recv()).await {
                Ok(Err(RecvError::Closed)) => return,
                Ok(Ok(Change::Edited { .. })) => true,
                Ok(Ok(_) | Err(RecvError::Lagged(_))) | Err(_) => false,
            };
            tokio::time::sleep(PAUSE).await;
            // What was told until now is seen by the look that follows.
            let mut all = !is_edit;
            while let Ok(change) = changes.try_recv() {
                all |= !matches!(change, Change::Edited { .. });
            }
            if let Err(error) = look(&config, &registry.snapshot(), &store, all, starts).await {
                tracing::warn!(%error, "overviews could not be kept; it is tried again");
                tokio::time::sleep(RETRY).await;
                continue;
            }
            starts &= !all;
        }
    })
}

/// Makes stale blocks anew, and looks at everything for what is missing if it is time to.
async fn look(
    config: &Config,
    published: &Snapshot,
    store: &Store,
    all: bool,
    starts: bool,
) -> Result<(), PublishError> {
    let mut first = Ok(());
    // One that fails is no reason to leave the others.
    let mut note = |outcome: Result<(), PublishError>| {
        if let Err(error) = outcome
            && first.is_ok()
        {
            first = Err(error);
        }
    };
    let due = if all { due(store).await? } else { Vec::new() };
    for layer in published.layers.values() {
        let subject = Subject::of(layer, config.overviews.of(&layer.slug));
        if all && is_due(&subject, &due, starts) {
            note(make_missing(store, &subject).await);
        }
    }
    for table in stale(store).await? {
        if let Some(layer) = published.layers.values().find(|layer| layer.table == table) {
            let subject = Subject::of(layer, config.overviews.of(&layer.slug));
            note(renew_all(store, &subject).await);
        }
    }
    if all {
        note(drop_retired(store).await);
    }
    first
}

/// A table that was looked at.
struct Looked {
    table: String,
    rules: serde_json::Value,
    /// Whether it has overviews.
    has: bool,
    /// Whether that is long ago.
    old: bool,
}

async fn due(store: &Store) -> Result<Vec<Looked>, PublishError> {
    let sql = "select d.table_name, d.rules, d.made < now() - interval '1 hour' as old, \
                   exists (select from datasud.overview o where o.table_name = d.table_name and o.retired is null) as has \
               from datasud.overviewed d";
    let rows = store.job().await?.query(sql, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Looked {
                table: field(row, "table_name")?,
                rules: field(row, "rules")?,
                has: field(row, "has")?,
                old: field(row, "old")?,
            })
        })
        .collect()
}

/// Whether overviews of a table are to be made: it was never looked at, or has grown since, or what was begun was not
/// ended. Other rules hold from the start of a server: nodes of different configurations must not take turns for ever.
fn is_due(subject: &Subject, looked: &[Looked], starts: bool) -> bool {
    let Some(known) = looked.iter().find(|l| l.table == subject.table) else { return true };
    let grown = !known.has
        && known.old
        && !subject.rules.off
        && subject.features.unsigned_abs() >= subject.rules.least_features;
    let begun = known.rules.is_null();
    begun || grown || (starts && known.rules != serde_json::json!(subject.rules))
}

/// Tables with stale blocks.
async fn stale(store: &Store) -> Result<Vec<String>, PublishError> {
    let sql = "select distinct table_name from datasud.overview_stale order by 1";
    store.job().await?.query(sql, &[]).await?.iter().map(|row| field(row, "table_name")).collect()
}

/// A transaction that sees one moment, if no other node is at the table. What is edited later leaves marks that it does
/// not see and so does not take away.
async fn in_turn(store: &Store, subject: &Subject) -> Result<Option<Transaction>, PublishError> {
    let mut transaction = store.job().await?.begin().await?;
    let session = transaction.session()?;
    session.batch("set transaction isolation level repeatable read; set local lock_timeout = '2s'").await?;
    let sql = "select pg_try_advisory_xact_lock(hashtextextended('datasud.overview.' || $1::text, 0)) \
               and exists (select from datasud.layer where table_name = $1) as mine";
    if field(&session.query_one(sql, &[&subject.table]).await?, "mine")? {
        return Ok(Some(transaction));
    }
    transaction.rollback().await?;
    Ok(None)
}

/// Makes the overviews of a table that is in use.
async fn make_missing(store: &Store, subject: &Subject) -> Result<(), PublishError> {
    // Edits are marked from before the moment that the overviews are made of.
    let Some(mut transaction) = in_turn(store, subject).await? else { return Ok(()) };
    let block = prepare(transaction.session()?, subject).await?;
    transaction.commit().await?;
    let Some(block) = block else { return Ok(()) };
    let Some(mut transaction) = in_turn(store, subject).await? else { return Ok(()) };
    let session = transaction.session()?;
    build(session, subject, block).await?;
    write::announce(session).await?;
    transaction.commit().await?;
    tell(store, subject).await
}

/// Where points are counted, what was drawn before must not stand beside what is drawn now: near the border of two tiles a
/// point may be counted in the one by the layer and in the other by an overview. A new generation makes all of them anew.
async fn tell(store: &Store, subject: &Subject) -> Result<(), PublishError> {
    if !subject.is_counted() {
        return Ok(());
    }
    let sql = "with raised as (update datasud.layer set generation = nextval('datasud.generation') \
                   where id = $1 and table_name = $2 returning id, generation) \
               select pg_notify('datasud', json_build_object('kind', 'edited', 'layer', id, \
                   'generation', generation, 'bbox', null)::text) from raised";
    store.job().await?.query(sql, &[&subject.layer_id, &subject.table]).await?;
    Ok(())
}

/// Makes the stale blocks of a table anew, some in each transaction.
async fn renew_all(store: &Store, subject: &Subject) -> Result<(), PublishError> {
    let mut done = 0;
    while let Some(mut transaction) = in_turn(store, subject).await? {
        let blocks = renew(transaction.session()?, subject, BLOCKS).await?;
        transaction.commit().await?;
        done += blocks;
        if blocks == 0 {
            break;
        }
    }
    if done > 0 { tell(store, subject).await } else { Ok(()) }
}

/// Drops overviews that others took the place of: every node has heard of it by now.
async fn drop_retired(store: &Store) -> Result<(), PublishError> {
    let sql = "select id, band from datasud.overview where retired < now() - interval '5 minutes'";
    let rows = store.job().await?.query(sql, &[]).await?;
    for row in rows {
        let (id, band): (i64, String) = (field(&row, "id")?, field(&row, "band")?);
        let mut transaction = store.job().await?.begin().await?;
        let session = transaction.session()?;
        let drop =
            format!("set local lock_timeout = '500ms'; drop table if exists {}", Ident::overview(&band));
        session.batch(&drop).await?;
        session.execute("delete from datasud.overview where id = $1", &[&id]).await?;
        transaction.commit().await?;
    }
    Ok(())
}

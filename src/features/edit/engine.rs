//! One transaction from its first check to its commit.

use super::gate::Gate;
use super::prepare::{Action, Prepared, Row, Step, Target, prepare};
use super::write;
use super::{Changed, EditError, Effect, Expected, Outcome, Place, Transaction, Written};
use crate::config::Limits;
use crate::features::locks;
use crate::model::Layer;
use crate::store::{Deadline, Ident, Session, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Knows how far this node has followed the database, so that who edited finds the new state by the next
/// request.
pub trait Witness: Send + Sync {
    /// Resolves when this node knows the layer at this generation or a later one.
    fn seen<'a>(&'a self, layer: i64, generation: i64) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

/// Bytes that one update may write.
const MOST_BYTES: usize = 512 << 20;
/// Longest wait for this node to hear of its own edit.
const HEARD: Duration = Duration::from_secs(5);

/// Makes changes. Cloning shares the database's pool.
#[derive(Clone)]
pub struct EditEngine {
    store: Store,
    gate: Gate,
    limit: usize,
    witness: Option<Arc<dyn Witness>>,
}

impl EditEngine {
    /// An engine on a database.
    #[must_use]
    pub fn new(store: Store, limits: &Limits) -> Self {
        Self { store, gate: Gate::new(limits), limit: limits.transaction_features, witness: None }
    }

    /// Lets [`EditEngine::apply`] answer only when this node knows of the change.
    #[must_use]
    pub fn with_witness(mut self, witness: Arc<dyn Witness>) -> Self {
        self.witness = Some(witness);
        self
    }

    /// Makes all changes of a transaction, or none. Dropping the future undoes what was not committed.
    ///
    /// # Errors
    /// [`EditError`]; nothing is written then.
    pub async fn apply(&self, transaction: Transaction, deadline: Deadline) -> Result<Outcome, EditError> {
        let limit = self.limit;
        let prepared = tokio::task::spawn_blocking(move || prepare(transaction, limit)).await;
        let prepared = prepared.map_err(|_| StoreError::Unavailable(None))??;
        let place = self.gate.enter(deadline).await?;
        let outcome = match self.attempt(&prepared, deadline).await {
            // Who waits in a circle with plain SQL, or took an identifier at the same moment as it, finds
            // the way free the second time.
            Err(EditError::Store(StoreError::Conflict | StoreError::Duplicate)) => {
                self.attempt(&prepared, deadline).await?
            }
            first => first?,
        };
        drop(place);
        self.wait_until_seen(&outcome).await;
        Ok(outcome)
    }

    async fn attempt(&self, prepared: &Prepared, deadline: Deadline) -> Result<Outcome, EditError> {
        let mut transaction = self.store.session(deadline).await?.begin().await?;
        match self.in_transaction(transaction.session()?, prepared).await {
            Ok(outcome) => {
                transaction.commit().await?;
                Ok(outcome)
            }
            Err(error) => {
                // Ended before the refusal is told: who tries again must not wait for this attempt's locks.
                if let Err(failure) = transaction.rollback().await {
                    tracing::debug!(error = %failure, "the transaction went with its connection");
                }
                Err(error)
            }
        }
    }

    async fn in_transaction(&self, session: &mut Session, prepared: &Prepared) -> Result<Outcome, EditError> {
        let steps = prepared.steps.iter().map(|s| &s.layer);
        let layers: BTreeMap<i64, &Arc<Layer>> =
            steps.chain(prepared.expected.iter().map(|e| &e.layer)).map(|l| (l.id, l)).collect();
        let layers: Vec<&Arc<Layer>> = layers.into_values().collect();
        let tables = write::lock_layers(session, &layers).await?;
        for expected in &prepared.expected {
            check_expected(session, expected, &tables).await?;
        }
        if let Some(lock) = &prepared.lock {
            locks::check(session, lock).await?;
        }
        write::check_validity(session, geometries(&prepared.steps)).await?;
        let mut work =
            Work { session, tables, prepared, limit: self.limit, left: self.limit, touched: BTreeMap::new() };
        let mut changes = work.all().await?;
        let touched = std::mem::take(&mut work.touched);
        if let Some(lock) = &prepared.lock {
            locks::release_after(session, lock, prepared.release, &touched).await?;
        }
        finish(session, &mut changes, &layers, &touched).await
    }

    async fn wait_until_seen(&self, outcome: &Outcome) {
        let Some(witness) = &self.witness else { return };
        wait_until_seen(&**witness, &outcome.generations).await;
    }

    /// The tag of a feature's present state, for ETags: other after every change, by whomever. `None`
    /// when there is no such feature.
    ///
    /// # Errors
    /// [`EditError::Store`].
    pub async fn tag(
        &self,
        layer: &Arc<Layer>,
        fid: i64,
        deadline: Deadline,
    ) -> Result<Option<String>, EditError> {
        let mut session = self.store.session(deadline).await?;
        Ok(tag(&mut session, &layer.table, fid).await?)
    }
}

/// A tag says nothing about tables to those who see it.
async fn tag(session: &mut Session, table: &str, fid: i64) -> Result<Option<String>, StoreError> {
    let sql = format!(
        "select (select max(h.version + (h.change <> 'insert')::int)::bigint from datasud.feature_history h \
         where h.table_name = $1 and h.fid = t.fid) as version from {} t where t.fid = $2",
        Ident::data(table)
    );
    let Some(row) = session.query_opt(&sql, &[&table, &fid]).await? else { return Ok(None) };
    let version: Option<i64> = write::field(&row, "version")?;
    let table = xxhash_rust::xxh3::xxh3_64(table.as_bytes());
    Ok(Some(format!("{table:016x}-{}", version.unwrap_or(1))))
}

/// Waits until this node has heard of generations (layer's key, generation) that are committed, so that whoever changed them reads
/// the change: not for long, since the change itself is safe.
pub async fn wait_until_seen(witness: &dyn Witness, generations: &[(i64, i64)]) {
    let all = async {
        for (layer, generation) in generations {
            witness.seen(*layer, *generation).await;
        }
    };
    if tokio::time::timeout(HEARD, all).await.is_err() {
        tracing::warn!("a change is committed, but this node has not heard of it yet");
    }
}

async fn check_expected(
    session: &mut Session,
    expected: &Expected,
    tables: &HashMap<i64, String>,
) -> Result<(), EditError> {
    let Expected { layer, fid, tags } = expected;
    let table = tables.get(&layer.id).ok_or_else(|| EditError::Replaced(layer.slug.clone()))?;
    let found = tag(session, table, *fid).await?;
    match (found, tags) {
        (None, _) => Err(EditError::NotFound { layer: layer.slug.clone(), fid: *fid }),
        (Some(found), Some(tags)) if !tags.contains(&found) => {
            Err(EditError::Conflict { layer: layer.slug.clone(), fid: *fid })
        }
        _ => Ok(()),
    }
}

/// All geometries of a transaction with where they stand.
fn geometries(steps: &[Step]) -> impl Iterator<Item = (&Place, Option<usize>, &Vec<u8>)> {
    steps.iter().flat_map(|step| {
        let (rows, positions) = match &step.action {
            Action::Insert(rows) => (rows.as_slice(), true),
            Action::Update(_, row) | Action::Replace(_, row) => (std::slice::from_ref(row), false),
            Action::Delete(_) => (&[][..], false),
        };
        rows.iter().enumerate().filter_map(move |(index, row)| {
            let geometry = row.geometry.as_ref()?.as_ref()?;
            Some((&step.place, positions.then_some(index + 1), geometry))
        })
    })
}

/// A transaction while it is written.
struct Work<'a> {
    session: &'a mut Session,
    tables: HashMap<i64, String>,
    prepared: &'a Prepared,
    limit: usize,
    /// Features that may still be touched.
    left: usize,
    /// Features that were, by layer.
    touched: BTreeMap<i64, BTreeSet<i64>>,
}

impl Work<'_> {
    /// Writes step after step; inserts that follow each other in one layer go together.
    async fn all(&mut self) -> Result<Vec<Changed>, EditError> {
        let mut changes = Vec::with_capacity(self.prepared.steps.len());
        let mut steps = self.prepared.steps.as_slice();
        while let Some(step) = steps.first() {
            let together = steps.iter().take_while(|s| s.follows(step)).count().max(1);
            let (now, later) = steps.split_at(together.min(steps.len()));
            match &step.action {
                Action::Insert(_) => self.insert(now, &mut changes).await?,
                Action::Update(target, row) => {
                    let fids = self.write(step, target, row).await?;
                    changes.push(step.changed(Effect::Updated(fids)));
                }
                Action::Replace(target, row) => {
                    let fids = self.write(step, target, row).await?;
                    changes.push(step.changed(Effect::Replaced(fids)));
                }
                Action::Delete(target) => {
                    let fids = self.find(step, target).await?;
                    write::delete(self.session, self.table(step)?.as_str(), &fids).await?;
                    changes.push(step.changed(Effect::Deleted(fids)));
                }
            }
            steps = later;
        }
        Ok(changes)
    }

    fn table(&self, step: &Step) -> Result<String, EditError> {
        self.tables.get(&step.layer.id).cloned().ok_or_else(|| EditError::Replaced(step.layer.slug.clone()))
    }

    /// The features of a step, none of which somebody else has locked.
    async fn find(&mut self, step: &Step, target: &Target) -> Result<Vec<i64>, EditError> {
        let table = self.table(step)?;
        let fids = write::find(self.session, &table, target, self.left)
            .await?
            .ok_or(EditError::Limit(self.limit))?;
        self.left -= fids.len();
        locks::refuse_locked(self.session, &step.layer, &fids, self.prepared.lock.as_ref()).await?;
        self.touched.entry(step.layer.id).or_default().extend(&fids);
        Ok(fids)
    }

    async fn write(&mut self, step: &Step, target: &Target, row: &Row) -> Result<Vec<Written>, EditError> {
        let fids = self.find(step, target).await?;
        // One large value may go to many features: more is written than was ever sent.
        if row.bytes().saturating_mul(fids.len()) > MOST_BYTES {
            return Err(EditError::Volume(MOST_BYTES >> 20));
        }
        let table = self.table(step)?;
        write::update(self.session, &step.layer, &table, row, &fids).await?;
        Ok(written(&fids))
    }

    async fn insert(&mut self, steps: &[Step], changes: &mut Vec<Changed>) -> Result<(), EditError> {
        let Some(first) = steps.first() else { return Ok(()) };
        let table = self.table(first)?;
        let rows: Vec<(&Place, usize, &Row)> = steps
            .iter()
            .flat_map(|step| {
                let rows = if let Action::Insert(rows) = &step.action { rows.as_slice() } else { &[] };
                rows.iter().enumerate().map(|(index, row)| (&step.place, index + 1, row))
            })
            .collect();
        self.left = self.left.checked_sub(rows.len()).ok_or(EditError::Limit(self.limit))?;
        let fids = if rows.is_empty() {
            Vec::new()
        } else {
            write::insert(self.session, &first.layer, &table, &rows).await?
        };
        self.touched.entry(first.layer.id).or_default().extend(&fids);
        let mut fids = fids.as_slice();
        for step in steps {
            let count = if let Action::Insert(rows) = &step.action { rows.len() } else { 0 };
            let (own, others) = fids.split_at(count.min(fids.len()));
            changes.push(step.changed(Effect::Inserted(written(own))));
            fids = others;
        }
        Ok(())
    }
}

impl Step {
    /// Whether both insert into the same layer.
    fn follows(&self, first: &Self) -> bool {
        matches!((&self.action, &first.action), (Action::Insert(_), Action::Insert(_)))
            && self.layer.id == first.layer.id
    }

    fn changed(&self, effect: Effect) -> Changed {
        Changed { layer: self.layer.slug.clone(), handle: self.place.handle.clone(), effect }
    }
}

/// Versions are filled in at the end.
fn written(fids: &[i64]) -> Vec<Written> {
    fids.iter().map(|fid| Written { fid: *fid, version: 1 }).collect()
}

/// Fills in the versions that features have now, and the layers' generations.
async fn finish(
    session: &mut Session,
    changes: &mut Vec<Changed>,
    layers: &[&Arc<Layer>],
    touched: &BTreeMap<i64, BTreeSet<i64>>,
) -> Result<Outcome, EditError> {
    let mut versions: HashMap<(&str, i64), i64> = HashMap::new();
    let mut generations = Vec::new();
    for layer in layers {
        let Some(fids) = touched.get(&layer.id).filter(|fids| !fids.is_empty()) else { continue };
        let fids: Vec<i64> = fids.iter().copied().collect();
        let sql = "select table_name, generation from datasud.layer where id = $1";
        let row = session.query_one(sql, &[&layer.id]).await?;
        let table: String = write::field(&row, "table_name")?;
        generations.push((layer.id, write::field(&row, "generation")?));
        for (fid, version) in write::versions(session, &table, &fids).await? {
            versions.insert((layer.slug.as_str(), fid), version);
        }
    }
    for change in changes.iter_mut() {
        let Changed { layer, effect, .. } = change;
        if let Effect::Inserted(all) | Effect::Updated(all) | Effect::Replaced(all) = effect {
            for one in all {
                one.version = versions.get(&(layer.as_str(), one.fid)).copied().unwrap_or(1);
            }
        }
    }
    Ok(Outcome { changes: std::mem::take(changes), generations })
}

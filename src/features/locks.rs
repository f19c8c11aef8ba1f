//! Locks of features for the time between reading and changing them (OGC 09-025r2 clauses 12 and 13).
//!
//! A lock is a random name; whoever knows it may change the features it holds, nobody else may by any
//! protocol. Plain SQL is not held by locks. A lock ends by itself when its time is over.

use super::edit::write::{self, field};
use super::edit::{EditError, Gate, Place, Release, Target};
use crate::config::Limits;
use crate::filter::Filter;
use crate::model::Layer;
use crate::store::{Deadline, Session, Store, StoreError};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The name of a lock (`lockId`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LockId(String);

impl LockId {
    /// Takes a client's text; whether there is such a lock is for the database to say.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.chars().take(100).collect())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What to lock.
#[derive(Clone, Debug)]
pub struct LockRequest {
    /// Features by layer and condition.
    pub parts: Vec<LockPart>,
    /// Time until the lock ends by itself.
    pub expiry: Duration,
    /// Whether some features are enough (`lockAction`).
    pub action: LockAction,
}

/// Features of one layer.
#[derive(Clone, Debug)]
pub struct LockPart {
    /// The layer.
    pub layer: Arc<Layer>,
    /// Which features; `None` means all.
    pub filter: Option<Filter>,
    /// The client's name for this part.
    pub handle: Option<String>,
}

/// Whether some features are enough (OGC 09-025r2 clause 12.2.4.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockAction {
    /// All features, or none and an error.
    #[default]
    All,
    /// As many as nobody else has locked.
    Some,
}

/// A lock that is held.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// Its name.
    pub id: LockId,
    /// When it ends by itself.
    pub expires: DateTime<Utc>,
    /// Features it holds: layer slug and `fid`, in the order of the request's parts, then by `fid`.
    pub locked: Vec<(String, i64)>,
    /// Features that were asked for and are locked by somebody else.
    pub refused: Vec<(String, i64)>,
}

/// Locks and releases. Cloning shares the database's pool.
#[derive(Clone)]
pub struct LockEngine {
    store: Store,
    gate: Gate,
    limit: usize,
    /// Longest time of a lock in seconds.
    longest: i64,
}

impl LockEngine {
    /// An engine on a database.
    #[must_use]
    pub fn new(store: Store, limits: &Limits) -> Self {
        Self {
            store,
            gate: Gate::new(limits),
            limit: limits.transaction_features,
            longest: i64::try_from(limits.lock_seconds).unwrap_or(i64::MAX),
        }
    }

    /// Locks features.
    ///
    /// # Errors
    /// [`EditError::CannotLock`] when all were wanted and some are held by somebody else;
    /// [`EditError::LockTime`], [`EditError::Filter`], [`EditError::Limit`], [`EditError::Replaced`],
    /// [`EditError::Store`].
    pub async fn lock(&self, request: LockRequest, deadline: Deadline) -> Result<Lock, EditError> {
        let seconds = self.seconds(request.expiry)?;
        let _place = self.gate.enter(deadline).await?;
        let mut transaction = self.store.session(deadline).await?.begin().await?;
        let locked = self.in_transaction(transaction.session()?, &request, seconds).await;
        match locked {
            Ok(lock) => {
                transaction.commit().await?;
                Ok(lock)
            }
            Err(error) => {
                if let Err(failure) = transaction.rollback().await {
                    tracing::debug!(error = %failure, "the transaction went with its connection");
                }
                Err(error)
            }
        }
    }

    fn seconds(&self, expiry: Duration) -> Result<i64, EditError> {
        i64::try_from(expiry.as_secs())
            .ok()
            .filter(|seconds| *seconds <= self.longest)
            .ok_or(EditError::LockTime(self.longest))
    }

    async fn in_transaction(
        &self,
        session: &mut Session,
        request: &LockRequest,
        seconds: i64,
    ) -> Result<Lock, EditError> {
        let layers: BTreeMap<i64, &Arc<Layer>> =
            request.parts.iter().map(|p| (p.layer.id, &p.layer)).collect();
        let layers: Vec<&Arc<Layer>> = layers.into_values().collect();
        let tables = write::lock_layers(session, &layers).await?;
        clean(session).await?;
        let id = LockId(uuid::Uuid::new_v4().simple().to_string());
        let create = "insert into datasud.lock (id, seconds, expires) \
                      values ($1, $2, clock_timestamp() + $2::bigint * interval '1 second') returning expires";
        let row = session.query_one(create, &[&id.as_str(), &seconds]).await?;
        let mut lock = Lock { expires: field(&row, "expires")?, id, locked: Vec::new(), refused: Vec::new() };
        let mut left = self.limit;
        for (index, part) in request.parts.iter().enumerate() {
            let target = part_target(index, part)?;
            let table = tables.get(&part.layer.id).ok_or_else(|| replaced(&part.layer))?;
            let fids = write::find(session, table, &target, left).await?;
            let fids = fids.ok_or(EditError::Limit(self.limit))?;
            left -= fids.len();
            self.take(session, &part.layer, fids, request.action, &mut lock).await?;
        }
        Ok(lock)
    }

    /// Puts features under the lock, as far as nobody else holds them.
    async fn take(
        &self,
        session: &mut Session,
        layer: &Layer,
        fids: Vec<i64>,
        action: LockAction,
        lock: &mut Lock,
    ) -> Result<(), EditError> {
        let held = held_by_others(session, layer.id, &fids, Some(&lock.id)).await?;
        if action == LockAction::All && !held.is_empty() {
            let total = held.len();
            let fids = held.into_iter().take(SHOWN).collect();
            return Err(EditError::CannotLock { layer: layer.slug.clone(), fids, total });
        }
        let (refused, taken): (Vec<i64>, Vec<i64>) = fids.into_iter().partition(|fid| held.contains(fid));
        // What an ended lock still holds changes hands.
        let hold = "insert into datasud.locked_feature (layer_id, fid, lock_id) \
                    select $1, fid, $3 from unnest($2::bigint[]) as fid \
                    on conflict (layer_id, fid) do update set lock_id = excluded.lock_id";
        session.execute(hold, &[&layer.id, &taken, &lock.id.as_str()]).await?;
        // Two parts may name the same feature.
        let before: BTreeSet<i64> =
            lock.locked.iter().filter(|(slug, _)| *slug == layer.slug).map(|(_, fid)| *fid).collect();
        let new = taken.into_iter().filter(|fid| !before.contains(fid));
        lock.locked.extend(new.map(|fid| (layer.slug.clone(), fid)));
        lock.refused.extend(refused.into_iter().map(|fid| (layer.slug.clone(), fid)));
        Ok(())
    }

    /// Begins the time of a lock anew and tells what it holds (`LockFeature` with a `lockId`).
    ///
    /// # Errors
    /// [`EditError::UnknownLock`], [`EditError::LockExpired`], [`EditError::LockTime`],
    /// [`EditError::Store`].
    pub async fn renew(&self, id: &LockId, expiry: Duration, deadline: Deadline) -> Result<Lock, EditError> {
        let seconds = self.seconds(expiry)?;
        let mut session = self.store.session(deadline).await?;
        let renew = "update datasud.lock set seconds = $2, \
                     expires = clock_timestamp() + $2::bigint * interval '1 second' \
                     where id = $1 and expires > clock_timestamp() returning expires";
        let Some(row) = session.query_opt(renew, &[&id.as_str(), &seconds]).await? else {
            // Says which of the two it is.
            check(&mut session, id).await?;
            return Err(EditError::LockExpired(id.to_string()));
        };
        let held = "select l.slug, f.fid from datasud.locked_feature f \
                    join datasud.layer l on l.id = f.layer_id where f.lock_id = $1 order by l.id, f.fid";
        let mut locked = Vec::new();
        for row in session.query(held, &[&id.as_str()]).await? {
            locked.push((field(&row, "slug")?, field(&row, "fid")?));
        }
        Ok(Lock { id: id.clone(), expires: field(&row, "expires")?, locked, refused: Vec::new() })
    }

    /// Ends a lock.
    ///
    /// # Errors
    /// [`EditError::UnknownLock`], [`EditError::Store`].
    pub async fn release(&self, id: &LockId, deadline: Deadline) -> Result<(), EditError> {
        let mut session = self.store.session(deadline).await?;
        if end(&mut session, id).await? { Ok(()) } else { Err(EditError::UnknownLock(id.to_string())) }
    }
}

/// Seconds for which an ended lock is remembered, so that its holder hears that it ended.
const REMEMBERED: i64 = 86_400;
/// Features that an error names.
const SHOWN: usize = 5;

fn replaced(layer: &Layer) -> EditError {
    EditError::Replaced(layer.slug.clone())
}

fn part_target(index: usize, part: &LockPart) -> Result<Target, EditError> {
    let checked = part.filter.as_ref().map(|f| crate::filter::check(f, &*part.layer)).transpose();
    checked.map(Target).map_err(|cause| EditError::Filter {
        place: Box::new(Place {
            change: index + 1,
            action: "Lock",
            handle: part.handle.clone(),
            layer: part.layer.slug.clone(),
            feature: None,
        }),
        cause,
    })
}

/// Forgets locks that ended long ago.
async fn clean(session: &mut Session) -> Result<(), StoreError> {
    let old = "with gone as (delete from datasud.lock where expires < now() - $1::bigint * interval '1 second' \
               returning id) \
               delete from datasud.locked_feature f using gone where f.lock_id = gone.id";
    session.execute(old, &[&REMEMBERED]).await?;
    Ok(())
}

/// Deletes a lock; whether there was one.
async fn end(session: &mut Session, id: &LockId) -> Result<bool, StoreError> {
    let sql = "with gone as (delete from datasud.lock where id = $1 returning id), \
               freed as (delete from datasud.locked_feature where lock_id = $1) \
               select count(*) as gone from gone";
    let gone: i64 = field(&session.query_one(sql, &[&id.as_str()]).await?, "gone")?;
    Ok(gone > 0)
}

/// Whether a lock can be used now; until the end of the session's transaction nobody else ends it.
pub(super) async fn check(session: &mut Session, id: &LockId) -> Result<(), EditError> {
    let sql = "select expires > clock_timestamp() as lives from datasud.lock where id = $1 for update";
    match session.query_opt(sql, &[&id.as_str()]).await? {
        None => Err(EditError::UnknownLock(id.to_string())),
        Some(row) if field(&row, "lives")? => Ok(()),
        Some(_) => Err(EditError::LockExpired(id.to_string())),
    }
}

/// The features among these that a lock other than the client's own holds.
async fn held_by_others(
    session: &mut Session,
    layer: i64,
    fids: &[i64],
    own: Option<&LockId>,
) -> Result<BTreeSet<i64>, StoreError> {
    let sql = "select f.fid from datasud.locked_feature f join datasud.lock l on l.id = f.lock_id \
               where f.layer_id = $1 and f.fid = any($2) and l.expires > clock_timestamp() \
                 and l.id is distinct from $3 order by f.fid";
    let own = own.map(LockId::as_str);
    session.query(sql, &[&layer, &fids, &own]).await?.iter().map(|row| field(row, "fid")).collect()
}

/// Refuses to touch what somebody else has locked.
pub(super) async fn refuse_locked(
    session: &mut Session,
    layer: &Layer,
    fids: &[i64],
    own: Option<&LockId>,
) -> Result<(), EditError> {
    if fids.is_empty() {
        return Ok(());
    }
    let held = held_by_others(session, layer.id, fids, own).await?;
    if held.is_empty() {
        return Ok(());
    }
    Err(EditError::Locked {
        layer: layer.slug.clone(),
        total: held.len(),
        fids: held.into_iter().take(SHOWN).collect(),
        had_lock: own.is_some(),
    })
}

/// What becomes of the client's lock after its transaction.
pub(super) async fn release_after(
    session: &mut Session,
    id: &LockId,
    release: Release,
    touched: &BTreeMap<i64, BTreeSet<i64>>,
) -> Result<(), EditError> {
    if release == Release::Some {
        for (layer, fids) in touched {
            let fids: Vec<i64> = fids.iter().copied().collect();
            let free =
                "delete from datasud.locked_feature where lock_id = $1 and layer_id = $2 and fid = any($3)";
            session.execute(free, &[&id.as_str(), layer, &fids]).await?;
        }
        let renew = "update datasud.lock set expires = clock_timestamp() + seconds * interval '1 second' \
                     where id = $1 and exists (select from datasud.locked_feature where lock_id = $1)";
        if session.execute(renew, &[&id.as_str()]).await? > 0 {
            return Ok(());
        }
    }
    // All of it, or nothing is left of it.
    end(session, id).await?;
    Ok(())
}

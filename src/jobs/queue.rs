//! The jobs in the database.

use super::{JobError, Order};
use crate::store::{FromSql, Row, Store, StoreError, ToSql};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// Jobs that may wait or run at once.
const OPEN: i64 = 1_000;

/// Days that the outcome of a job is kept.
const KEPT_DAYS: i32 = 30;

/// How often a job is taken up without getting on before it has failed.
const ATTEMPTS: i32 = 5;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// No server has it yet.
    Waiting,
    /// A server has it.
    Running,
    /// All was done.
    Done,
    /// Some tiles could not be made, or the order can't be done any more.
    Failed,
    /// The store has no room for more.
    Full,
    /// Somebody ended it.
    Cancelled,
}

impl State {
    const ALL: [Self; 6] =
        [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Full, Self::Cancelled];

    /// Its name in the database and in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Full => "full",
            Self::Cancelled => "cancelled",
        }
    }

    fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.name() == name).unwrap_or(Self::Failed)
    }
}

/// How far a job is. What is passed is made, there before, outside the area, or failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Tiles of the order; for truncating those deleted so far.
    pub tiles: i64,
    /// Tiles that are behind it, in the order of the plan.
    pub passed: i64,
    /// Tiles made.
    pub made: i64,
    /// Tiles that were there already.
    pub there: i64,
    /// Tiles of the box around the area that have nothing of it.
    pub outside: i64,
    /// Tiles that could not be made.
    pub failed: i64,
    /// Files deleted.
    pub deleted: i64,
    /// Bytes written, or deleted.
    pub bytes: i64,
    /// What is to be said about it, the first of many.
    pub messages: Vec<String>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What is wanted.
    pub wanted: serde_json::Value,
    /// Where it stands.
    pub state: State,
    /// How far it is.
    #[serde(flatten)]
    pub progress: Progress,
    /// Who asked, where somebody did by name.
    pub asked_by: Option<String>,
    /// When it was asked for.
    pub created: DateTime<Utc>,
    /// When it was begun.
    pub started: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished: Option<DateTime<Utc>>,
    /// Identifiers of its layers; `None` for all.
    #[serde(skip)]
    pub layers: Option<Vec<i64>>,
    /// Hash of the tiles as they were planned.
    #[serde(skip)]
    pub(super) plan: String,
}

/// The columns of a [`Job`]. Statements are constants: they are kept prepared by their text.
macro_rules! columns {
    () => {
        "id, wanted, layers, asked_by, state, plan, tiles, passed, made, there, outside, failed, deleted, bytes, \
         messages, created, started, finished"
    };
}

const LIST: &str = concat!("select ", columns!(), " from datasud.tile_job order by id desc limit $1");

const GET: &str = concat!("select ", columns!(), " from datasud.tile_job where id = $1");

const TAKE: &str = concat!(
    "update datasud.tile_job set state = 'running', node = $1, lease = now() + make_interval(secs => $2), \
       started = coalesce(started, now()), attempts = attempts + 1 \
     where id = (select id from datasud.tile_job \
                 where (state = 'waiting' or (state = 'running' and lease < now())) \
                   and ($3 or wanted ->> 'work' = 'export') \
                 order by id limit 1 for update skip locked) \
     returning ",
    columns!()
);

/// The jobs. Cloning shares the connections.
#[derive(Clone)]
pub struct Queue {
    store: Store,
    lease: Duration,
}

impl Queue {
    /// The jobs of a database; a server must be heard of once in a `lease`.
    #[must_use]
    pub const fn new(store: Store, lease: Duration) -> Self {
        Self { store, lease }
    }

    /// Adds a job, whose order was checked before; its number.
    ///
    /// # Errors
    /// [`JobError::Wrong`] when too many wait.
    pub async fn add(
        &self,
        order: &Order,
        layers: Option<Vec<i64>>,
        asked_by: Option<&str>,
    ) -> Result<i64, JobError> {
        let wanted = serde_json::to_value(order)
            .map_err(|error| JobError::wrong(format!("the order can't be kept: {error}")))?;
        let mut session = self.store.job().await?;
        let forget = "delete from datasud.tile_job where finished < now() - make_interval(days => $1)";
        session.execute(forget, &[&KEPT_DAYS]).await?;
        let add = "insert into datasud.tile_job (wanted, layers, asked_by) select $1, $2, $3 \
                   where (select count(*) from datasud.tile_job where state in ('waiting', 'running')) < $4 \
                   returning id";
        match session.query_opt(add, &[&wanted, &layers, &asked_by, &OPEN]).await? {
            Some(row) => field(&row, "id"),
            None => Err(JobError::wrong(format!("{OPEN} jobs wait already; cancel some, or wait"))),
        }
    }

    /// The newest jobs, `most` at most.
    ///
    /// # Errors
    /// [`JobError::Store`].
    pub async fn list(&self, most: i64) -> Result<Vec<Job>, JobError> {
        let rows = self.store.job().await?.query(LIST, &[&most]).await?;
        rows.iter().map(job).collect()
    }

    /// A job; `None` when there is none of that number.
    ///
    /// # Errors
    /// [`JobError::Store`].
    pub async fn get(&self, id: i64) -> Result<Option<Job>, JobError> {
        self.store.job().await?.query_opt(GET, &[&id]).await?.as_ref().map(job).transpose()
    }

    /// Ends a job: at once where no server has it, else as soon as that server hears of it. How it stands then; `None`
    /// when there is no such job. One that has ended stays as it is.
    ///
    /// # Errors
    /// [`JobError::Store`].
    pub async fn cancel(&self, id: i64) -> Result<Option<State>, JobError> {
        let sql = "update datasud.tile_job set stop = true, \
                     finished = case when state = 'waiting' or lease < now() then now() end, \
                     state = case when state = 'waiting' or lease < now() then 'cancelled' else state end \
                   where id = $1 and state in ('waiting', 'running')";
        let mut session = self.store.job().await?;
        session.execute(sql, &[&id]).await?;
        drop(session);
        Ok(self.get(id).await?.map(|job| job.state))
    }

    /// Takes the oldest job that no server has, or that one had which was not heard of since: any, or where no tiles are kept
    /// on disk one that puts them in a file.
    ///
    /// # Errors
    /// [`JobError::Store`].
    pub(super) async fn take(&self, node: Uuid, keeps_tiles: bool) -> Result<Option<Job>, JobError> {
        let mut session = self.store.job().await?;
        let give_up = "update datasud.tile_job set state = 'failed', finished = now(), \
                         messages = array_append(messages, 'taken up again and again, and never got on') \
                       where state = 'running' and lease < now() and attempts >= $1";
        session.execute(give_up, &[&ATTEMPTS]).await?;
        let row = session.query_opt(TAKE, &[&node, &self.lease.as_secs_f64(), &keeps_tiles]).await?;
        row.as_ref().map(job).transpose()
    }

    /// Renews the lease and writes down how far the job is; whether it is to end.
    ///
    /// # Errors
    /// [`JobError::Lost`] when another server has it by now.
    pub(super) async fn keep(&self, node: Uuid, job: &Job) -> Result<bool, JobError> {
        let sql = "update datasud.tile_job set lease = now() + make_interval(secs => $3), plan = $4, tiles = $5, \
                     attempts = case when passed = $6 and deleted = $11 then attempts else 1 end, \
                     passed = $6, made = $7, there = $8, outside = $9, failed = $10, deleted = $11, bytes = $12, \
                     messages = $13 \
                   where id = $1 and node = $2 and state = 'running' returning stop";
        let Progress { tiles, passed, made, there, outside, failed, deleted, bytes, messages } =
            &job.progress;
        let lease = self.lease.as_secs_f64();
        let (id, plan) = (&job.id, &job.plan);
        let values: [&(dyn ToSql + Sync); 13] =
            [id, &node, &lease, plan, tiles, passed, made, there, outside, failed, deleted, bytes, messages];
        let row = self.store.job().await?.query_opt(sql, &values).await?;
        row.as_ref().map(|row| field(row, "stop")).transpose()?.ok_or(JobError::Lost)
    }

    /// Writes down how a job ended.
    ///
    /// # Errors
    /// [`JobError::Lost`] when another server has it by now.
    pub(super) async fn finish(&self, node: Uuid, job: &Job, state: State) -> Result<(), JobError> {
        self.keep(node, job).await?;
        let sql = "update datasud.tile_job set state = $3, finished = now(), lease = null \
                   where id = $1 and node = $2 and state = 'running'";
        self.store.job().await?.execute(sql, &[&job.id, &node, &state.name()]).await?;
        Ok(())
    }

    /// Gives back what a server has, so that another need not wait for the lease to run out.
    ///
    /// # Errors
    /// [`JobError::Store`].
    pub(super) async fn release(&self, node: Uuid) -> Result<(), JobError> {
        let sql = "update datasud.tile_job set lease = now() - interval '1 second', attempts = attempts - 1 \
                   where node = $1 and state = 'running'";
        self.store.job().await?.execute(sql, &[&node]).await?;
        Ok(())
    }

    /// How often a lease is renewed.
    pub(super) fn beat(&self) -> Duration {
        (self.lease / 6).min(Duration::from_secs(2))
    }
}

fn job(row: &Row) -> Result<Job, JobError> {
    let state: String = field(row, "state")?;
    Ok(Job {
        id: field(row, "id")?,
        wanted: field(row, "wanted")?,
        state: State::named(&state),
        progress: Progress {
            tiles: field(row, "tiles")?,
            passed: field(row, "passed")?,
            made: field(row, "made")?,
            there: field(row, "there")?,
            outside: field(row, "outside")?,
            failed: field(row, "failed")?,
            deleted: field(row, "deleted")?,
            bytes: field(row, "bytes")?,
            messages: field(row, "messages")?,
        },
        asked_by: field(row, "asked_by")?,
        created: field(row, "created")?,
        started: field(row, "started")?,
        finished: field(row, "finished")?,
        layers: field(row, "layers")?,
        plan: field(row, "plan")?,
    })
}

fn field<'a, T: FromSql<'a>>(row: &'a Row, name: &str) -> Result<T, JobError> {
    Ok(row.try_get(name).map_err(StoreError::from)?)
}

//! What changed in the catalogue, and when: records and what is left of those that are gone, in the order of their
//! changes. It is what harvesters that come again are answered from (OAI-PMH 2.0 section 2.5).
//!
//! Pages go by key (moment, uuid): the millionth costs what the first does, and a record that changes while it is
//! being read comes once more at the end, and is never lost. Moments are kept by the database's triggers
//! (`V21__record_changes.sql`), all by the database's own clock.

use super::{Catalogue, CatalogueError, Reach};
use crate::filter::SqlBuilder;
use crate::store::{Deadline, Row, Session};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use uuid::Uuid;

/// The end of time, as far as the database's and ours both reach.
const NEVER: DateTime<Utc> = match DateTime::from_timestamp(253_402_300_799, 0) {
    Some(end) => end,
    None => DateTime::UNIX_EPOCH,
};

/// What is left of a second that begins: moments are kept to the microsecond.
const SECOND: TimeDelta = TimeDelta::microseconds(999_999);

/// Whose records a harvester may see.
#[derive(Clone, Copy, Debug)]
pub struct Visible<'a> {
    /// Records that are there: what `access` lets the caller discover in its scope.
    pub reach: &'a Reach,
    /// Which of those that are gone.
    pub gone: Gone<'a>,
}

/// Which records that are gone a harvester hears of. Nothing of them is known but that they were public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone<'a> {
    /// All of the platform.
    All,
    /// Those of a set, such as `organisation:crige`.
    Of(&'a str),
    /// None: where the scope is one dataset, it is gone as a whole.
    None,
}

/// A place in the order of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeKey {
    /// Moment of the change.
    pub moment: DateTime<Utc>,
    /// Breaks ties.
    pub uuid: Uuid,
}

/// A question for changes.
#[derive(Clone, Debug)]
pub struct ChangeQuery<'a> {
    /// Whose records.
    pub visible: Visible<'a>,
    /// Earliest moment, itself included.
    pub from: Option<DateTime<Utc>>,
    /// Latest second, itself included to its end.
    pub until: Option<DateTime<Utc>>,
    /// The moment up to which changes are known to be complete ([`Catalogue::complete_until`]): what lies behind it waits, since
    /// something may still come before it.
    pub complete: DateTime<Utc>,
    /// Name of the set that records must be in, such as `organisation:crige`.
    pub set: Option<&'a str>,
    /// The last change that was read before.
    pub after: Option<ChangeKey>,
    /// Changes wanted.
    pub limit: usize,
    /// Whether the records themselves are wanted, and as what.
    pub body: Option<StoredForm>,
}

/// Stored bytes of a whole record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredForm {
    /// gmd:MD_Metadata (ISO 19139).
    Iso,
    /// csw:Record.
    DublinCore,
    /// The model with its date stamp, as [`super::dcat::Stamped`] is read from JSON.
    Model,
}

impl StoredForm {
    const fn column(self) -> &'static str {
        match self {
            Self::Iso => "r.iso_full",
            Self::DublinCore => "r.dc_full",
            Self::Model => {
                "convert_to(json_build_object('record', r.model, 'stamp', r.datestamp)::text, 'UTF8')"
            }
        }
    }
}

/// A record that changed, or what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it stands in the order of changes.
    pub key: ChangeKey,
    /// What the catalogue knows it by.
    pub identifier: String,
    /// Names of its sets, parents included.
    pub sets: Vec<String>,
    /// Whether it is gone.
    pub is_gone: bool,
    /// The record, where it was asked for and is there.
    pub body: Option<Bytes>,
}

/// A set of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSet {
    /// Name, such as `organisation:crige`.
    pub name: String,
    /// For people, where the platform knows one.
    pub title: Option<String>,
}

impl Catalogue {
    /// The moment up to which [`Catalogue::changes`] is complete: now, or the beginning of a transaction that is still
    /// writing records. To be asked for before the changes are: who comes again from this moment on misses nothing.
    ///
    /// The beginning of the statement is taken for now: what begins to write while locks are looked at stamps later.
    ///
    /// # Errors
    /// The database's.
    pub async fn complete_until(&self, deadline: Deadline) -> Result<DateTime<Utc>, CatalogueError> {
        const SQL: &str = "\
            select least(statement_timestamp(), min(a.xact_start))
            from pg_locks l join pg_stat_activity a on a.pid = l.pid
            where l.database = (select oid from pg_database where datname = current_database())
              and l.relation in ('datasud.record'::regclass, 'datasud.record_tombstone'::regclass)
              and l.mode = 'RowExclusiveLock' and a.pid <> pg_backend_pid()";
        let mut session = self.store().session(deadline).await?;
        Ok(session.query_one(SQL, &[]).await?.get(0))
    }

    /// Changes in their order.
    ///
    /// # Errors
    /// The database's.
    pub async fn changes(
        &self,
        query: &ChangeQuery<'_>,
        deadline: Deadline,
    ) -> Result<Vec<Change>, CatalogueError> {
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
        let body = query.body.map_or("null::bytea", StoredForm::column);
        let mut sql = SqlBuilder::new();
        sql.push("select * from ((select r.changed as moment, r.uuid, r.identifier, r.sets, false as gone, ");
        sql.push(body).push(" as body from datasud.record r where ");
        records(query, &mut sql);
        sql.push(" order by r.changed, r.uuid limit ").bind(limit, "bigint");
        sql.push(
            ") union all (select t.datestamp, t.uuid, t.identifier, t.sets, true, null
             from datasud.record_tombstone t where ",
        );
        tombstones(query, &mut sql);
        sql.push(" order by t.datestamp, t.uuid limit ").bind(limit, "bigint");
        sql.push(")) change order by moment, uuid limit ").bind(limit, "bigint");
        let mut session = self.store().session(deadline).await?;
        let rows = session.query(sql.text(), &sql.params()).await?;
        Ok(rows.iter().map(change).collect())
    }

    /// How many changes there are in all.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_changes(
        &self,
        query: &ChangeQuery<'_>,
        deadline: Deadline,
    ) -> Result<u64, CatalogueError> {
        let mut sql = SqlBuilder::new();
        sql.push("select (select count(*) from datasud.record r where ");
        records(query, &mut sql);
        sql.push(") + (select count(*) from datasud.record_tombstone t where ");
        tombstones(query, &mut sql);
        sql.push(")");
        let mut session = self.store().session(deadline).await?;
        let count: i64 = session.query_one(sql.text(), &sql.params()).await?.get(0);
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The record of an identifier, or what is left of it; none where there never was one that may be seen.
    ///
    /// # Errors
    /// The database's.
    pub async fn change_of(
        &self,
        identifier: &str,
        visible: Visible<'_>,
        body: Option<StoredForm>,
        deadline: Deadline,
    ) -> Result<Option<Change>, CatalogueError> {
        // NUL can't be in a text of PostgreSQL, nor in an identifier.
        if identifier.contains('\0') {
            return Ok(None);
        }
        let mut sql = SqlBuilder::new();
        sql.push("select r.changed, r.uuid, r.identifier, r.sets, false, ");
        sql.push(body.map_or("null::bytea", StoredForm::column));
        sql.push(" from datasud.record r where r.identifier = ").bind(identifier.to_owned(), "text");
        sql.push(" and ");
        visible.reach.to_sql(&mut sql);
        sql.push(
            " union all select t.datestamp, t.uuid, t.identifier, t.sets, true, null
             from datasud.record_tombstone t where t.identifier = ",
        );
        sql.bind(identifier.to_owned(), "text").push(" and ");
        gone(visible.gone, &mut sql);
        let mut session = self.store().session(deadline).await?;
        let rows = session.query(sql.text(), &sql.params()).await?;
        Ok(rows.first().map(change))
    }

    /// The moment of the first change that is known; none where nothing ever was.
    ///
    /// # Errors
    /// The database's.
    pub async fn first_change(&self, deadline: Deadline) -> Result<Option<DateTime<Utc>>, CatalogueError> {
        const SQL: &str = "select least((select min(changed) from datasud.record),
                                        (select min(datestamp) from datasud.record_tombstone))";
        let mut session = self.store().session(deadline).await?;
        Ok(session.query_one(SQL, &[]).await?.get(0))
    }

    /// The sets that records which may be seen are in, parents before their children.
    ///
    /// # Errors
    /// The database's.
    pub async fn sets(&self, reach: &Reach, deadline: Deadline) -> Result<Vec<RecordSet>, CatalogueError> {
        let mut sql = SqlBuilder::new();
        sql.push("with named as (select distinct unnest(r.sets) as name from datasud.record r where ");
        reach.to_sql(&mut sql);
        sql.push(
            ") select n.name, o.title from named n
             left join datasud.organisation o on n.name = 'organisation:' || datasud.set_part(o.slug)
             order by n.name",
        );
        let mut session = self.store().session(deadline).await?;
        let rows = session.query(sql.text(), &sql.params()).await?;
        Ok(rows.iter().map(|row| RecordSet { name: row.get(0), title: row.get(1) }).collect())
    }

    /// Whether a set has, or had, a record that is gone now: an organisation that took back its last one is still
    /// to be heard of.
    ///
    /// # Errors
    /// The database's.
    pub async fn had_records(&self, set: &str, deadline: Deadline) -> Result<bool, CatalogueError> {
        if set.contains('\0') {
            return Ok(false);
        }
        let mut sql = SqlBuilder::new();
        sql.push("select exists (select from datasud.record_tombstone t where ");
        gone(Gone::Of(set), &mut sql);
        sql.push(")");
        let mut session = self.store().session(deadline).await?;
        Ok(session.query_one(sql.text(), &sql.params()).await?.get(0))
    }
}

/// Of these identifiers, those whose records are gone, and when that was told: a record that comes back must be
/// newer.
///
/// # Errors
/// The database's.
pub(super) async fn gone_since(
    session: &mut Session,
    identifiers: &[&str],
) -> Result<HashMap<String, DateTime<Utc>>, CatalogueError> {
    let sql = "select identifier, date_trunc('second', datestamp) from datasud.record_tombstone
               where identifier = any($1)";
    let rows = session.query(sql, &[&identifiers]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Appends the condition on `r`, a record.
fn records(query: &ChangeQuery<'_>, sql: &mut SqlBuilder) {
    query.visible.reach.to_sql(sql);
    sql.push(" and ");
    between("r.changed", "r", query, sql);
}

/// Appends the condition on `t`, a tombstone.
fn tombstones(query: &ChangeQuery<'_>, sql: &mut SqlBuilder) {
    gone(query.visible.gone, sql);
    sql.push(" and ");
    between("t.datestamp", "t", query, sql);
}

fn gone(which: Gone<'_>, sql: &mut SqlBuilder) {
    match which {
        Gone::All => sql.push("true"),
        Gone::None => sql.push("false"),
        Gone::Of(set) => sql.push("t.sets @> ").bind(vec![set.to_owned()], "text[]"),
    };
}

fn between(moment: &str, table: &str, query: &ChangeQuery<'_>, sql: &mut SqlBuilder) {
    let (after, uuid, until) = bounds(query);
    sql.push("(").push(moment).push(", ").push(table).push(".uuid) > (").bind(after, "timestamptz");
    sql.push(", ").bind(uuid, "uuid").push(") and ").push(moment).push(" <= ").bind(until, "timestamptz");
    if let Some(set) = query.set {
        sql.push(" and ").push(table).push(".sets @> ").bind(vec![set.to_owned()], "text[]");
    }
}

/// The key that changes lie behind, and the moment that they don't lie behind. No record has the nil uuid.
fn bounds(query: &ChangeQuery<'_>) -> (DateTime<Utc>, Uuid, DateTime<Utc>) {
    let from = query.from.unwrap_or(DateTime::UNIX_EPOCH);
    let key = query.after.filter(|key| key.moment >= from);
    let (moment, uuid) = key.map_or((from, Uuid::nil()), |key| (key.moment, key.uuid));
    let until = query.until.map_or(NEVER, |until| until + SECOND);
    (moment, uuid, until.min(query.complete))
}

fn change(row: &Row) -> Change {
    Change {
        key: ChangeKey { moment: row.get(0), uuid: row.get(1) },
        identifier: row.get(2),
        sets: row.get(3),
        is_gone: row.get(4),
        body: row.get::<_, Option<&[u8]>>(5).map(Bytes::copy_from_slice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_continues_a_list_only_behind_its_beginning() {
        let reach = Reach::default();
        let visible = Visible { reach: &reach, gone: Gone::All };
        let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("a moment");
        let key = ChangeKey { moment: at(100), uuid: Uuid::max() };
        let query = |from: i64| ChangeQuery {
            visible,
            from: Some(at(from)),
            until: None,
            complete: NEVER,
            set: None,
            after: Some(key),
            limit: 1,
            body: None,
        };
        assert_eq!(bounds(&query(50)), (at(100), Uuid::max(), NEVER));
        assert_eq!(bounds(&query(200)), (at(200), Uuid::nil(), NEVER));
    }
}

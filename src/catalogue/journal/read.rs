//! Reading it.

use super::{Harvester, Journal};
use crate::catalogue::{Reach, Record};
use crate::filter::SqlBuilder;
use crate::store::{Deadline, Row, StoreError};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Harvests in a list.
const LISTED: i64 = 200;
/// Records told by name of those that a harvest doesn't have.
const NAMED: i64 = 200;
/// Records that are looked at for what the harvester drops of them.
const GIVEN: i64 = 500;

/// One harvest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Harvest {
    /// Key.
    pub id: i64,
    /// Code of the program, see [`Harvester`].
    pub harvester: String,
    /// What it calls itself.
    pub agent: String,
    /// Protocol spoken.
    pub protocol: String,
    /// Path of the service.
    pub endpoint: String,
    /// First request.
    pub started: DateTime<Utc>,
    /// Last request.
    pub last: DateTime<Utc>,
    /// Requests in all.
    pub requests: i32,
    /// Pages of a list that were answered.
    pub pages: i32,
    /// Records that match what it asks for, as the last page said.
    pub matched: Option<i64>,
    /// Whether the last page was read.
    pub ended: bool,
    /// Requests that failed.
    pub errors: i32,
    /// Why the last of them failed.
    pub last_error: Option<String>,
    /// What was asked for.
    pub asked: String,
}

impl Harvest {
    /// The program.
    #[must_use]
    pub fn program(&self) -> Harvester {
        Harvester::parse(&self.harvester)
    }
}

/// A request of a harvest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageNote {
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// First record from 1; none where records were asked for by identifier.
    pub position: Option<i64>,
    /// Records given.
    pub returned: i32,
    /// Why it failed.
    pub problem: Option<String>,
}

/// Why a harvest doesn't have a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It was published or changed after the harvest had begun: the next one will have it.
    Newer,
    /// The harvest never came to its end.
    NotReached,
    /// What the harvester asks for leaves it out.
    LeftOut,
}

/// A record that is published and that a harvest was not given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MissingRecord {
    /// Identifier.
    pub identifier: String,
    /// Title.
    pub title: String,
    /// Type (MD_ScopeCode).
    #[serde(rename = "type")]
    pub kind: String,
    /// Its date stamp.
    pub datestamp: DateTime<Utc>,
    /// Why.
    pub why: Why,
}

/// What a harvest has of what is published now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Records published.
    pub published: i64,
    /// Of these, records that it was given whole.
    pub whole: i64,
    /// Of these, records that it only saw listed: it has them from before, or will ask for them.
    pub listed: i64,
    /// Of these, records that it never saw.
    pub missing: i64,
    /// The first of them.
    pub examples: Vec<MissingRecord>,
    /// Records that it was given and that are published no more.
    pub gone: i64,
}

const COLUMNS: &str = "id, harvester, agent, protocol, endpoint, started, last, requests, pages, matched, ended, \
                       errors, last_error, asked";

impl Journal {
    /// The harvests below a path, the newest first, at most 200. Requests that are no harvest, of an unknown program that read one page,
    /// are left out.
    ///
    /// # Errors
    /// The database's.
    pub async fn harvests(&self, below: &str, deadline: Deadline) -> Result<Vec<Harvest>, StoreError> {
        let mut session = self.store.session(deadline).await?;
        let sql = format!(
            "select {COLUMNS} from datasud.harvest where starts_with(endpoint, $1)
             and (harvester <> 'other' or pages > 1 or requests > 10) order by last desc limit {LISTED}"
        );
        let rows = session.query(&sql, &[&below]).await?;
        Ok(rows.iter().map(harvest).collect())
    }

    /// One harvest below a path.
    ///
    /// # Errors
    /// The database's.
    pub async fn harvest(
        &self,
        id: i64,
        below: &str,
        deadline: Deadline,
    ) -> Result<Option<Harvest>, StoreError> {
        let mut session = self.store.session(deadline).await?;
        let sql =
            format!("select {COLUMNS} from datasud.harvest where id = $1 and starts_with(endpoint, $2)");
        Ok(session.query_opt(&sql, &[&id, &below]).await?.as_ref().map(harvest))
    }

    /// Its requests, the first thousand.
    ///
    /// # Errors
    /// The database's.
    pub async fn pages(&self, id: i64, deadline: Deadline) -> Result<Vec<PageNote>, StoreError> {
        let mut session = self.store.session(deadline).await?;
        let rows = session
            .query(
                "select at, position, returned, problem from datasud.harvest_page where harvest_id = $1 order by at",
                &[&id],
            )
            .await?;
        let page = |row: &Row| PageNote {
            at: row.get(0),
            position: row.get(1),
            returned: row.get(2),
            problem: row.get(3),
        };
        Ok(rows.iter().map(page).collect())
    }

    /// What a harvest has of the records in reach: those that its caller may find.
    ///
    /// # Errors
    /// The database's.
    pub async fn coverage(
        &self,
        harvest: &Harvest,
        reach: &Reach,
        deadline: Deadline,
    ) -> Result<Coverage, StoreError> {
        let mut session = self.store.session(deadline).await?;
        let mut sql = compared(harvest, reach);
        sql.push(
            " select count(*), count(*) filter (where whole), count(*) filter (where not whole),
                     count(*) filter (where whole is null), (select count(*) from taken) - count(whole)
              from published left join taken on record = uuid",
        );
        let counts = session.query_one(sql.text(), &sql.params()).await?;
        let mut sql = compared(harvest, reach);
        sql.push(
            " select identifier, title, type, datestamp from published
              where not exists (select from taken where record = uuid) order by position limit ",
        );
        sql.bind(NAMED, "bigint");
        let rows = session.query(sql.text(), &sql.params()).await?;
        let missing = |row: &Row| {
            let datestamp: DateTime<Utc> = row.get(3);
            let why = if datestamp >= harvest.started {
                Why::Newer
            } else if harvest.ended {
                Why::LeftOut
            } else {
                Why::NotReached
            };
            MissingRecord { identifier: row.get(0), title: row.get(1), kind: row.get(2), datestamp, why }
        };
        Ok(Coverage {
            published: counts.get(0),
            whole: counts.get(1),
            listed: counts.get(2),
            missing: counts.get(3),
            gone: counts.get(4),
            examples: rows.iter().map(missing).collect(),
        })
    }
}

impl Journal {
    /// The first of the records that a harvest was given, as far as they are in reach: at most 500.
    ///
    /// # Errors
    /// The database's.
    pub async fn given(
        &self,
        harvest: &Harvest,
        reach: &Reach,
        deadline: Deadline,
    ) -> Result<Vec<Record>, StoreError> {
        let mut session = self.store.session(deadline).await?;
        let mut sql = compared(harvest, reach);
        sql.push(
            " select r.model from published p join taken on record = p.uuid
              join datasud.record r on r.uuid = p.uuid where r.model is not null order by p.position limit ",
        );
        sql.bind(GIVEN, "bigint");
        let rows = session.query(sql.text(), &sql.params()).await?;
        Ok(rows.iter().filter_map(|row| serde_json::from_value(row.get(0)).ok()).collect())
    }
}

/// Begins a statement with what a harvest was given and what is published.
fn compared(harvest: &Harvest, reach: &Reach) -> SqlBuilder {
    let mut sql = SqlBuilder::new();
    sql.push(
        "with taken as materialized (select record, bool_or(whole) as whole
         from datasud.harvest_taken, unnest(records) as record where harvest_id = ",
    );
    sql.bind(harvest.id, "bigint").push(" group by record), published as materialized (");
    sql.push(
        "select r.uuid, r.identifier, r.title, r.type, r.datestamp, r.position from datasud.record r where ",
    );
    reach.to_sql(&mut sql);
    sql.push(")");
    sql
}

fn harvest(row: &Row) -> Harvest {
    Harvest {
        id: row.get(0),
        harvester: row.get(1),
        agent: row.get(2),
        protocol: row.get(3),
        endpoint: row.get(4),
        started: row.get(5),
        last: row.get(6),
        requests: row.get(7),
        pages: row.get(8),
        matched: row.get(9),
        ended: row.get(10),
        errors: row.get(11),
        last_error: row.get(12),
        asked: row.get(13),
    }
}

//! What people type: words by relevance, facets with their counts, proposals while somebody types.

use super::queryables::checked;
use super::search::Search;
use super::text;
use super::vocabulary::fold;
use super::{Catalogue, CatalogueError, Reach, paging};
use crate::filter::SqlBuilder;
use crate::geo::BBox;
use crate::store::{Deadline, Session, StoreError};
use std::collections::HashMap;
use std::sync::Arc;

/// Words of a question that are looked for as parts of words, too.
const PARTS: usize = 20;

/// Records that proposals are taken from.
const LOOKED_AT: i64 = 500;

/// What records are counted under: organisation, INSPIRE theme or else topic (codes), keyword, licence, type, format,
/// INSPIRE, category of high-value datasets, territory, year.
pub const FACETS: [&str; 10] =
    ["organisation", "theme", "keyword", "licence", "type", "format", "inspire", "hvd", "territory", "date"];

/// A facet of the records that a search finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// One of [`FACETS`].
    pub name: &'static str,
    /// Values with the number of records of each, the most frequent first.
    pub values: Vec<(String, u64)>,
}

/// A proposal for what somebody begins to type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// A title or a keyword, as a record spells it.
    pub text: String,
    /// Records that have it.
    pub records: u64,
}

/// Facets as they were counted, and the state of the catalogue that they are of.
#[derive(Clone)]
pub(super) struct Counted {
    seen: String,
    facets: Arc<Vec<Facet>>,
}

/// Facets of the questions of late.
pub(super) type Counts = moka::future::Cache<Vec<u8>, Counted>;

/// Questions whose facets are kept.
const KEPT: u64 = 1_000;

pub(super) fn counts() -> Counts {
    moka::future::Cache::new(KEPT)
}

impl Catalogue {
    /// Keys of the datasets in whose record every word occurs, in any form of it or as a part of a word, whatever its
    /// case and accents; the most fitting first. What a person types into a search box.
    ///
    /// # Errors
    /// The database's.
    pub async fn find_datasets(
        &self,
        words: &str,
        reach: &Reach,
        deadline: Deadline,
    ) -> Result<Vec<i64>, CatalogueError> {
        let mut sql = SqlBuilder::new();
        sql.push("select r.dataset_id from datasud.record r where ");
        reach.to_sql(&mut sql);
        sql.push(" and r.dataset_id is not null and ");
        words_to_sql(words, &mut sql);
        sql.push(" order by ");
        relevance_to_sql(Some(words), None, &mut sql);
        sql.push(" desc, r.title, r.uuid");
        let mut session = self.store.session(deadline).await?;
        let rows = session.query(sql.text(), &sql.params()).await?;
        rows.iter().map(|row| row.try_get(0).map_err(|error| StoreError::from(error).into())).collect()
    }

    /// The facets of the records that a search finds, at most `most` values of each. Form, page and order of the search mean
    /// nothing here. They are kept until a record changes.
    ///
    /// # Errors
    /// As [`Catalogue::search`].
    pub async fn facets(
        &self,
        search: &Search<'_>,
        most: u32,
        deadline: Deadline,
    ) -> Result<Arc<Vec<Facet>>, CatalogueError> {
        let mut question = paging::question(search);
        question.extend_from_slice(&most.to_be_bytes());
        let mut session = self.store.session(deadline).await?;
        if let Some(counted) = self.counts.get(&question).await
            && is_current(&mut session, &counted.seen).await?
        {
            return Ok(counted.facets);
        }
        let condition = search.filter.as_ref().map(checked).transpose()?;
        let mut sql = SqlBuilder::new();
        sql.push("with matched as materialized (select r.facets from datasud.record r where ");
        search.condition(condition.as_ref(), &mut sql);
        sql.push(
            "), counted as (select f, count(*) as n from matched, unnest(facets) as f group by f), \
             ranked as (select split_part(f, '=', 1) as name, substr(f, strpos(f, '=') + 1) as value, n, \
             row_number() over (partition by split_part(f, '=', 1) order by n desc, f collate \"C\") as k from counted) \
             select pg_current_snapshot()::text, name, value, n from (select 1) one left join ranked on k <= ",
        );
        sql.bind(i64::from(most), "bigint").push(" order by name, k");
        let rows = session.query(sql.text(), &sql.params()).await?;
        let mut all: HashMap<String, Vec<(String, u64)>> = HashMap::new();
        let mut seen = String::new();
        for row in &rows {
            seen = row.try_get(0).map_err(StoreError::from)?;
            let name: Option<String> = row.try_get(1).map_err(StoreError::from)?;
            let (Some(name), value, count) = (
                name,
                row.try_get::<_, Option<String>>(2).map_err(StoreError::from)?.unwrap_or_default(),
                row.try_get::<_, Option<i64>>(3).map_err(StoreError::from)?.unwrap_or_default(),
            ) else {
                continue;
            };
            all.entry(name).or_default().push((value, u64::try_from(count).unwrap_or(0)));
        }
        let facets = FACETS.iter().map(|name| Facet { name, values: all.remove(*name).unwrap_or_default() });
        let facets = Arc::new(facets.collect::<Vec<_>>());
        self.counts.insert(question, Counted { seen, facets: Arc::clone(&facets) }).await;
        Ok(facets)
    }

    /// Titles and keywords in which a word begins as somebody types, those of most records first.
    ///
    /// # Errors
    /// The database's.
    pub async fn suggest(
        &self,
        begun: &str,
        reach: &Reach,
        most: usize,
        deadline: Deadline,
    ) -> Result<Vec<Suggestion>, CatalogueError> {
        let begun = fold(&begun.replace('\0', " "));
        let begun = begun.trim();
        if begun.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = SqlBuilder::new();
        // Each line of the heading is a title or a keyword, folded; the same line of the other list has it as it is spelled.
        sql.push(
            "select line, coalesce(min(said collate \"C\"), line), count(*) from (select r.heading, \
             regexp_replace(r.title, E'[\\n\\r]', ' ', 'g') || rtrim(r.subjects, E'\\n') as spelled from datasud.record r where ",
        );
        reach.to_sql(&mut sql);
        sql.push(" and r.heading like ").bind(format!("%{}%", literal(begun)), "text");
        sql.push(" limit ").bind(LOOKED_AT, "bigint");
        sql.push(
            ") h, unnest(string_to_array(h.heading, E'\\n'), string_to_array(h.spelled, E'\\n')) as t (line, said) \
             where strpos(line, ",
        );
        sql.bind(begun.to_owned(), "text")
            .push(") > 0 group by line order by 3 desc, length(line), line collate \"C\"");
        let mut session = self.store.session(deadline).await?;
        let rows = session.query(sql.text(), &sql.params()).await?;
        let begins = |line: &str| {
            line.match_indices(begun).any(|(at, _)| {
                !line.get(..at).unwrap_or_default().chars().next_back().is_some_and(char::is_alphanumeric)
            })
        };
        let mut all = Vec::new();
        for row in &rows {
            let folded: String = row.try_get(0).map_err(StoreError::from)?;
            let text: String = row.try_get(1).map_err(StoreError::from)?;
            let records: i64 = row.try_get(2).map_err(StoreError::from)?;
            if all.len() < most && begins(&folded) {
                all.push(Suggestion { text, records: u64::try_from(records).unwrap_or(0) });
            }
        }
        Ok(all)
    }
}

/// Whether no record has changed since a snapshot of the database.
async fn is_current(session: &mut Session, seen: &str) -> Result<bool, CatalogueError> {
    let sql = "select not exists (select from datasud.record_change where not pg_visible_in_snapshot(tx, $1::text::pg_snapshot))";
    let row = session.query_one(sql, &[&seen]).await?;
    Ok(row.try_get(0).map_err(StoreError::from)?)
}

/// Appends the condition that every word occurs.
pub(super) fn words_to_sql(words: &str, sql: &mut SqlBuilder) {
    let folded = fold(&words.replace('\0', " "));
    let patterns: Vec<String> =
        folded.split_whitespace().take(PARTS).map(|word| format!("%{}%", literal(word))).collect();
    sql.push("(");
    if let Some(query) = text::query(words) {
        sql.push("r.search @@ ").bind(query, "text").push("::tsquery or ");
    }
    sql.push("r.anytext like all(").bind(patterns, "text[]").push("))");
}

/// Appends how well a record fits: by its words, those of its title most, and by how much of its box is the box asked for.
pub(super) fn relevance_to_sql(words: Option<&str>, near: Option<BBox>, sql: &mut SqlBuilder) {
    sql.push("(");
    match words.and_then(text::query) {
        Some(query) => {
            sql.push("(0.01 + ts_rank('{0.05,0.2,0.5,1}', r.search, ")
                .bind(query, "text")
                .push("::tsquery))");
        }
        None => {
            sql.push("1");
        }
    }
    if let Some(b) = near {
        // Shared area by the area of both, 1 for the very box; degrees are good enough to compare places.
        sql.push(" * (0.1 + coalesce((with b as (select ").bind(b.min_x, "float8").push(" as w, ");
        sql.bind(b.min_y, "float8").push(" as s, ").bind(b.max_x, "float8").push(" as e, ");
        sql.bind(b.max_y, "float8").push(" as n");
        sql.push(
            ") select c / nullif((b.e - b.w) * (b.n - b.s) + (r.east - r.west) * (r.north - r.south) - c, 0) \
             from b, lateral (select greatest(least(b.e, r.east) - greatest(b.w, r.west), 0) \
             * greatest(least(b.n, r.north) - greatest(b.s, r.south), 0) as c) x), 0))",
        );
    }
    sql.push(")");
}

fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

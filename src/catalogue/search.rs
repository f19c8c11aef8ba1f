//! Searching records and giving out their stored bytes.

use super::queryables::{Records, SortKey, stored_form};
use super::vocabulary::fold;
use super::{CatalogueError, ElementSet};
use crate::filter::{self, Filter, SqlBuilder};
use crate::store::{Deadline, Store};
use bytes::Bytes;

/// A form that records are stored in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// ISO 19139.
    Iso,
    /// csw:Record and its kin.
    DublinCore,
}

/// A question to the catalogue.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// Keys of the datasets whose records may be found: what `access` lets the caller discover.
    pub datasets: &'a [i64],
    /// Keys of the organisations whose imported records may be found.
    pub imported: &'a [i64],
    /// Condition; all records when absent.
    pub filter: Option<Filter>,
    /// Order; that of first appearance when empty. The uuid breaks ties.
    pub sort: Vec<SortKey>,
    /// Records to pass over.
    pub offset: u64,
    /// Records wanted.
    pub limit: u64,
    /// Form of the records.
    pub form: Form,
    /// How much of them.
    pub set: ElementSet,
}

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Records that match in all.
    pub matched: u64,
    /// The records, each an XML element without declaration.
    pub records: Vec<Bytes>,
}

/// The catalogue. Cloning shares it.
#[derive(Clone)]
pub struct Catalogue {
    store: Store,
}

impl Catalogue {
    /// The catalogue of a database.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Searches. Count and records are of one moment, so that they never disagree.
    ///
    /// # Errors
    /// [`CatalogueError::Filter`] for a condition that doesn't fit records, or the database's.
    pub async fn search(&self, search: &Search<'_>, deadline: Deadline) -> Result<Page, CatalogueError> {
        let condition = match &search.filter {
            Some(filter) => Some(filter::check(&stored_form(filter.clone()), &Records)?),
            None => None,
        };
        let mut order: Vec<String> = search.sort.iter().map(|key| key.sql()).collect();
        if order.is_empty() {
            order.push("position".to_owned());
        }
        order.push("uuid".to_owned());
        let order = order.join(", ");

        let mut sql = SqlBuilder::new();
        sql.push("with matched as materialized (select uuid, row_number() over (order by ");
        sql.push(&order).push(") as rank from datasud.record where (dataset_id = any(");
        sql.bind(search.datasets.to_vec(), "bigint[]");
        sql.push(") or dataset_id is null and organisation_id = any(");
        sql.bind(search.imported.to_vec(), "bigint[]").push("))");
        if let Some(condition) = &condition {
            sql.push(" and (");
            condition.to_sql(&mut sql);
            sql.push(")");
        }
        let (offset, limit) = (whole(search.offset), whole(search.limit));
        sql.push("), page as (select rank, uuid from matched where rank > ").bind(offset, "bigint");
        sql.push(" and rank <= ").bind(offset.saturating_add(limit), "bigint");
        sql.push(") select total.n, r.").push(column(search.form, search.set));
        sql.push(
            " from (select count(*) as n from matched) total left join page on true
             left join datasud.record r on r.uuid = page.uuid order by page.rank",
        );
        let mut session = self.store.session(deadline).await?;
        let rows = session.query(sql.text(), &sql.params()).await?;
        let matched = rows.first().map_or(0, |row| row.get::<_, i64>(0));
        let records = rows
            .iter()
            .filter_map(|row| row.get::<_, Option<&[u8]>>(1))
            .map(Bytes::copy_from_slice)
            .collect();
        Ok(Page { matched: u64::try_from(matched).unwrap_or(0), records })
    }

    /// The records of these identifiers, in their order; those that don't exist, or that are neither of
    /// `datasets` nor imported for an organisation of `imported`, are left out.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(
        &self,
        identifiers: &[String],
        datasets: &[i64],
        imported: &[i64],
        form: Form,
        set: ElementSet,
        deadline: Deadline,
    ) -> Result<Vec<Bytes>, CatalogueError> {
        let sql = format!(
            "select r.{} from unnest($1::text[]) with ordinality as asked (identifier, rank)
             join datasud.record r on r.identifier = asked.identifier
             where r.dataset_id = any($2) or r.dataset_id is null and r.organisation_id = any($3)
             order by asked.rank",
            column(form, set)
        );
        let mut session = self.store.session(deadline).await?;
        // NUL can't be in a text of PostgreSQL, nor in an identifier.
        let asked: Vec<String> = identifiers.iter().filter(|id| !id.contains('\0')).cloned().collect();
        let rows = session.query(&sql, &[&asked, &datasets, &imported]).await?;
        Ok(rows.iter().map(|row| Bytes::copy_from_slice(row.get::<_, &[u8]>(0))).collect())
    }

    /// Keys of the datasets in whose record every word occurs, as a part of a word and whatever its case
    /// and accents; the most fitting first. What a person types into a search box.
    ///
    /// # Errors
    /// The database's.
    pub async fn find_datasets(
        &self,
        words: &str,
        datasets: &[i64],
        deadline: Deadline,
    ) -> Result<Vec<i64>, CatalogueError> {
        let words = fold(&words.replace('\0', " "));
        let patterns: Vec<String> = words
            .split_whitespace()
            .take(20)
            .map(|word| {
                let literal = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                format!("%{literal}%")
            })
            .collect();
        let mut session = self.store.session(deadline).await?;
        let rows = session
            .query(
                "select dataset_id from datasud.record
                 where dataset_id = any($1) and anytext like all($2)
                 order by ts_rank(words, plainto_tsquery('french', $3)) desc, title, uuid",
                &[&datasets, &patterns, &words],
            )
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}

const fn column(form: Form, set: ElementSet) -> &'static str {
    match (form, set) {
        (Form::Iso, ElementSet::Full) => "iso_full",
        (Form::Iso, ElementSet::Summary) => "iso_summary",
        (Form::Iso, ElementSet::Brief) => "iso_brief",
        (Form::DublinCore, ElementSet::Full) => "dc_full",
        (Form::DublinCore, ElementSet::Summary) => "dc_summary",
        (Form::DublinCore, ElementSet::Brief) => "dc_brief",
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

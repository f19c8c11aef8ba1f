//! Earlier states of features: edits by anybody, plain SQL included, leave them behind.

use super::edit::EditError;
use super::edit::write::field;
use super::{Feature, FeatureStream, Geometry, Query, plan};
use crate::filter::{Filter, SqlBuilder};
use crate::model::Layer;
use crate::store::{Deadline, Ident, Session, Store, StoreError};
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use std::collections::HashSet;
use std::sync::Arc;

/// One version of a feature: the state between two changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Counts from 1 in a dataset's version; replacing the data begins anew.
    pub number: i64,
    /// When it began; `None` when it came with the loading of the data.
    pub from: Option<DateTime<Utc>>,
    /// When it ended; `None` for the present state.
    pub until: Option<DateTime<Utc>>,
    /// Whether the feature was deleted then.
    pub deleted: bool,
}

/// Which version (OGC 09-026r2 clause 7.11.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionSelect {
    /// The first one that is known.
    First,
    /// The last one; also of a feature that was deleted.
    Last,
    /// The one before this number.
    Previous(i64),
    /// The one after this number.
    Next(i64),
    /// The one of this number.
    Number(i64),
    /// The one of this instant.
    At(DateTime<Utc>),
}

/// Reads history. Cloning shares the database's pool.
#[derive(Clone)]
pub struct History {
    store: Store,
}

impl History {
    /// History in a database.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// All versions of a feature that are known, the oldest first; none when there never was one.
    ///
    /// # Errors
    /// [`EditError::Store`].
    pub async fn versions(
        &self,
        layer: &Arc<Layer>,
        fid: i64,
        deadline: Deadline,
    ) -> Result<Vec<Version>, EditError> {
        let mut session = self.store.session(deadline).await?;
        Ok(versions(&mut session, layer, fid).await?)
    }

    /// Those of some identifiers whose features were there once and are deleted now.
    ///
    /// # Errors
    /// [`EditError::Store`].
    pub async fn deleted(
        &self,
        layer: &Arc<Layer>,
        fids: &[i64],
        deadline: Deadline,
    ) -> Result<HashSet<i64>, EditError> {
        let sql = format!(
            "select distinct h.fid from datasud.feature_history h where h.table_name = $1 and h.fid = any($2) \
             and h.change = 'delete' and not exists (select from {} t where t.fid = h.fid)",
            Ident::data(&layer.table)
        );
        let mut session = self.store.session(deadline).await?;
        let rows = session.query(&sql, &[&layer.table, &fids]).await?;
        rows.iter().map(|row| Ok(field(row, "fid")?)).collect()
    }

    /// A feature as it was in one version, with all attributes.
    ///
    /// # Errors
    /// [`EditError`]; a version that isn't there is `None`.
    pub async fn feature(
        &self,
        layer: &Arc<Layer>,
        fid: i64,
        select: VersionSelect,
        geometry: Geometry,
        deadline: Deadline,
    ) -> Result<Option<(Version, Feature)>, EditError> {
        let mut session = self.store.session(deadline).await?;
        let Some(mut version) = select.among(&versions(&mut session, layer, fid).await?) else {
            return Ok(None);
        };
        loop {
            let feature = state(session, layer, &version, fid, geometry.clone()).await?;
            if version.until.is_some() {
                return Ok(feature.map(|feature| (version, feature)));
            }
            // The present state may have become an earlier one between finding its number and reading it. Then
            // it is kept as that, and doesn't change any more.
            session = self.store.session(deadline).await?;
            let now = versions(&mut session, layer, fid).await?;
            let Some(same) = now.into_iter().find(|v| v.number == version.number) else { return Ok(None) };
            if same == version {
                return Ok(feature.map(|feature| (version, feature)));
            }
            version = same;
        }
    }
}

/// A feature in the state of a version.
async fn state(
    session: Session,
    layer: &Arc<Layer>,
    version: &Version,
    fid: i64,
    geometry: Geometry,
) -> Result<Option<Feature>, EditError> {
    let query = Query {
        geometry,
        filter: Some(Filter::Ids(vec![fid.to_string()])),
        unordered: true,
        ..Query::all(Arc::clone(layer))
    };
    let (mut sql, shape) = plan::select(&query, None)?;
    if version.until.is_some() {
        sql = past(&query, version, fid);
    }
    let rows = session.stream(sql.text(), &sql.params()).await?;
    let mut found = FeatureStream::new(rows, shape);
    let feature = found.next().await.transpose()?;
    // Reading to the end gives the connection back to the pool.
    while found.next().await.is_some() {}
    Ok(feature)
}

impl VersionSelect {
    fn among(self, all: &[Version]) -> Option<Version> {
        let numbered = |number: Option<i64>| all.iter().find(|v| Some(v.number) == number);
        let found = match self {
            Self::First => all.first(),
            Self::Last => all.last(),
            Self::Previous(number) => numbered(number.checked_sub(1)),
            Self::Next(number) => numbered(number.checked_add(1)),
            Self::Number(number) => numbered(Some(number)),
            // From its beginning, and before its end.
            Self::At(instant) => all.iter().find(|v| {
                v.from.is_none_or(|from| from <= instant) && v.until.is_none_or(|until| instant < until)
            }),
        };
        found.copied()
    }
}

async fn versions(session: &mut Session, layer: &Layer, fid: i64) -> Result<Vec<Version>, StoreError> {
    let ended = "select version, change, valid_from, valid_to from datasud.feature_history \
                 where table_name = $1 and fid = $2 order by version, change <> 'insert'";
    let mut all = Vec::new();
    // What is remembered of the feature's beginnings and ends, as far as it tells of the present state.
    let (mut number, mut since) = (1, None);
    for row in session.query(ended, &[&layer.table, &fid]).await? {
        let change: String = field(&row, "change")?;
        let version: i64 = field(&row, "version")?;
        let until: DateTime<Utc> = field(&row, "valid_to")?;
        since = Some(until);
        if change == "insert" {
            number = version;
            continue;
        }
        number = version.saturating_add(1);
        let from: Option<DateTime<Utc>> = field(&row, "valid_from")?;
        all.push(Version { number: version, from, until: Some(until), deleted: change == "delete" });
    }
    let living = format!("select exists (select from {} where fid = $1) as lives", Ident::data(&layer.table));
    if field(&session.query_one(&living, &[&fid]).await?, "lives")? {
        all.push(Version { number, from: since, until: None, deleted: false });
    }
    Ok(all)
}

/// The statement that reads an ended version in the form of a row of the layer.
fn past(query: &Query, version: &Version, fid: i64) -> SqlBuilder {
    let mut sql = SqlBuilder::new();
    sql.push("select h.fid");
    if query.geometry != Geometry::Skip {
        sql.push(", h.geom");
    }
    for column in &query.layer.columns {
        sql.push(", r.").push(&Ident::new(&column.name).to_string());
    }
    let table = Ident::data(&query.layer.table).to_string();
    sql.push(" from datasud.feature_history h cross join lateral jsonb_populate_record(null::");
    sql.push(&table).push(", h.attributes) r where h.table_name = ");
    sql.bind(query.layer.table.clone(), "text").push(" and h.fid = ").bind(fid, "bigint");
    sql.push(" and h.version = ").bind(version.number, "bigint").push(" and h.change <> 'insert'");
    sql
}

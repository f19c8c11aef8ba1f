//! All overviews of a table, and single blocks of them anew.

use super::scale::{cells, of_block};
use super::statement::{Fill, Source, create, index};
use crate::config::{OverviewRules, PointRule};
use crate::geo::{BBox, Crs};
use crate::model::{Column, GeometryType, Layer};
use crate::publish::PublishError;
use crate::publish::load::field;
use crate::store::{Ident, Session};
use std::sync::Arc;

/// Bytes of a table from which on a layer of few features has overviews, too: large shapes.
const LARGE: i64 = 16 << 20;

/// Share of rows and bytes that an overview saves at least; another one is not worth its place.
const WORTHWHILE: f64 = 0.3;

/// A table that overviews are made of.
pub(in crate::publish) struct Subject {
    pub(in crate::publish) layer_id: i64,
    pub(in crate::publish) table: String,
    pub(in crate::publish) geometry: GeometryType,
    pub(in crate::publish) columns: Vec<Column>,
    pub(in crate::publish) crs: Arc<Crs>,
    pub(in crate::publish) lonlat: Option<BBox>,
    pub(in crate::publish) features: i64,
    pub(in crate::publish) is_raster: bool,
    pub(in crate::publish) rules: OverviewRules,
}

impl Subject {
    pub(super) fn of(layer: &Layer, rules: OverviewRules) -> Self {
        Self {
            layer_id: layer.id,
            table: layer.table.clone(),
            geometry: layer.geometry,
            columns: layer.columns.clone(),
            crs: Arc::clone(&layer.crs),
            lonlat: layer.extent_lonlat,
            features: layer.features,
            is_raster: layer.coverage.is_some(),
            rules,
        }
    }

    /// The attribute that ranks, if there is such a one of numbers.
    pub(super) fn rank_column(&self) -> Option<&Column> {
        let name = self.rules.rank.as_ref()?;
        self.columns.iter().find(|c| c.name == *name && c.kind.is_numeric())
    }

    /// Whether it is points whose number tiles tell.
    pub(super) fn is_counted(&self) -> bool {
        self.geometry.dimension() == Some(0) && self.rules.points == PointRule::Cluster
    }

    /// What the rules rank by and the table doesn't have.
    pub(in crate::publish) fn unknown_rank(&self) -> Option<&str> {
        self.rules.rank.as_deref().filter(|_| self.rank_column().is_none())
    }

    /// Whether overviews can be made, whatever the size. Where kinds are mixed nothing says what is larger.
    fn is_fit(&self) -> bool {
        !self.rules.off
            && !self.is_raster
            && self.geometry.dimension().is_some()
            && self.lonlat.is_some()
            && !self.columns.iter().any(|c| c.name.starts_with("datasud:"))
    }
}

/// A band that is there.
struct Band {
    name: String,
    rows: i64,
    bytes: i64,
}

/// Looks at a table and makes its overviews where it is large, in the transaction that made the table.
///
/// # Errors
/// [`PublishError::Store`].
pub(in crate::publish) async fn make(session: &mut Session, subject: &Subject) -> Result<(), PublishError> {
    match prepare(session, subject).await? {
        Some(block) => build(session, subject, block).await,
        None => Ok(()),
    }
}

/// Notes that a table was looked at and, where it is to have overviews, has its edits marked; answers the side of its
/// blocks then, which never changes.
///
/// # Errors
/// [`PublishError::Store`].
pub(super) async fn prepare(session: &mut Session, subject: &Subject) -> Result<Option<f64>, PublishError> {
    let base = size(session, "data", &subject.table).await?;
    let is_large = subject.features.unsigned_abs() >= subject.rules.least_features || base >= LARGE;
    let wanted = is_large && subject.is_fit();
    // Only what is made is made by these rules.
    let rules = if wanted { serde_json::Value::Null } else { serde_json::json!(subject.rules) };
    let block = cells(&subject.crs, subject.lonlat.as_ref()).last().copied().unwrap_or(1.0);
    let note = "insert into datasud.overviewed (table_name, layer_id, block, rules) values ($1, $2, $3, $4) \
                on conflict (table_name) do update set rules = $4, made = now() returning block";
    let row = session.query_one(note, &[&subject.table, &subject.layer_id, &block, &rules]).await?;
    let block: f64 = field(&row, "block")?;
    if !wanted {
        session.execute(RETIRE, &[&subject.table]).await?;
        return Ok(None);
    }
    session.execute("select datasud.overview_watch($1, $2)", &[&subject.table, &block]).await?;
    Ok(Some(block))
}

const RETIRE: &str = "update datasud.overview set retired = now() where table_name = $1 and retired is null";

/// Makes all overviews of a table whose edits are marked. Those that were there are retired.
///
/// # Errors
/// [`PublishError::Store`].
pub(super) async fn build(session: &mut Session, subject: &Subject, block: f64) -> Result<(), PublishError> {
    let rules = serde_json::json!(subject.rules);
    let note = "update datasud.overviewed set rules = $2, made = now() where table_name = $1";
    session.execute(note, &[&subject.table, &rules]).await?;
    session.execute(RETIRE, &[&subject.table]).await?;
    session.execute("delete from datasud.overview_stale where table_name = $1", &[&subject.table]).await?;
    let base = size(session, "data", &subject.table).await?;
    let count = format!("select count(*) as features from {}", Ident::data(&subject.table));
    let features: i64 = field(&session.query_one(&count, &[]).await?, "features")?;
    let mut source = Source::Layer;
    let mut finer = Band { name: String::new(), rows: features, bytes: base };
    for cell in of_block(block) {
        let name: String = field(
            &session.query_one("select 'o' || nextval('datasud.overview_id_seq') as name", &[]).await?,
            "name",
        )?;
        session.batch(&create(subject, &name)).await?;
        let fill = Fill { subject, band: &name, source: &source, cell, block, merges: true, blocks: None };
        let rows = run(session, &fill).await?;
        let bytes = size(session, "overview", &name).await?;
        let is_less = |now: i64, before: i64| now as f64 <= (1.0 - WORTHWHILE) * before as f64;
        if !is_less(rows, finer.rows) && !is_less(bytes, finer.bytes) {
            session.batch(&format!("drop table {}", Ident::overview(&name))).await?;
            continue;
        }
        session.batch(&index(&name)).await?;
        // All features are there as long as no row stands for several, and none was left out.
        let complete = rows == features;
        let insert =
            "insert into datasud.overview (table_name, band, cell, complete) values ($1, $2, $3, $4)";
        session.execute(insert, &[&subject.table, &name, &cell, &complete]).await?;
        source = Source::Band(name.clone());
        finer = Band { name, rows, bytes };
    }
    tracing::debug!(table = subject.table, coarsest = finer.name, rows = finer.rows, "overviews were made");
    Ok(())
}

/// Makes the stale blocks of a table anew, as many as `limit`. The session's transaction sees one moment throughout
/// (`repeatable read`): what is edited meanwhile leaves marks that stay. Answers the number of blocks.
///
/// # Errors
/// [`PublishError::Store`].
pub(super) async fn renew(
    session: &mut Session,
    subject: &Subject,
    limit: i64,
) -> Result<usize, PublishError> {
    let stale = "select x, y from datasud.overview_stale where table_name = $1 group by x, y \
                 order by min(id) limit $2";
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for row in session.query(stale, &[&subject.table, &limit]).await? {
        x.push(field::<i64>(&row, "x")?);
        y.push(field::<i64>(&row, "y")?);
    }
    let known = "select o.band, o.cell, o.complete, d.block from datasud.overview o \
                 join datasud.overviewed d on d.table_name = o.table_name \
                 where o.table_name = $1 and o.retired is null order by o.cell";
    let mut source = Source::Layer;
    for row in session.query(known, &[&subject.table]).await? {
        let (band, block): (String, f64) = (field(&row, "band")?, field(&row, "block")?);
        let clear = format!(
            "delete from {} b using unnest($1::bigint[], $2::bigint[]) as chosen(bx, by) \
             where b.\"datasud:x\" = bx and b.\"datasud:y\" = by",
            Ident::overview(&band)
        );
        session.execute(&clear, &[&x, &y]).await?;
        // Where every feature was for itself, each one stays so: maps rely on it.
        let merges = !field::<bool>(&row, "complete")?;
        let blocks = Some((x.as_slice(), y.as_slice()));
        let cell = field(&row, "cell")?;
        run(session, &Fill { subject, band: &band, source: &source, cell, block, merges, blocks }).await?;
        source = Source::Band(band);
    }
    let done = "delete from datasud.overview_stale s using unnest($2::bigint[], $3::bigint[]) as chosen(bx, by) \
                where s.table_name = $1 and s.x = bx and s.y = by";
    session.execute(done, &[&subject.table, &x, &y]).await?;
    Ok(x.len())
}

/// Fills an overview and answers the number of its new rows.
async fn run(session: &mut Session, fill: &Fill<'_>) -> Result<i64, PublishError> {
    let kept = fill.kept();
    let mut rows = session.execute(kept.text(), &kept.params()).await?;
    if fill.merges {
        let merged = fill.merged();
        rows += session.execute(merged.text(), &merged.params()).await?;
    }
    Ok(rows.cast_signed())
}

/// Bytes of a table with what its large values take.
async fn size(session: &mut Session, schema: &str, table: &str) -> Result<i64, PublishError> {
    let sql = "select coalesce(pg_table_size(to_regclass(format('%I.%I', $1::text, $2::text))), 0) as bytes";
    field(&session.query_one(sql, &[&schema, &table]).await?, "bytes")
}

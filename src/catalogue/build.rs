//! From the stored facts of a dataset to its row in `datasud.record`.

use super::iso::{self, ElementSet};
use super::record::{Facts, LayerFacts, Record, RunFacts};
use super::row::{Forms, RecordRow};
use super::{CatalogueError, dublin_core, import};
use crate::config::Config;
use crate::geo::BBox;
use crate::store::{Row, Session, Store};
use chrono::{DateTime, Duration, SubsecRound, Utc};
use uuid::Uuid;

/// Raised when the writers change what they write, so that stored records are written anew.
const WRITERS: u32 = 3;
/// Any number that nothing else in the database uses as an advisory lock.
const REBUILD_LOCK: i64 = 0x6461_7461_7375_6402;

/// What records say that is not a fact of their dataset.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RecordContext {
    /// What clients see of the server, without a slash at the end.
    pub public_url: String,
    /// Name of the platform.
    pub title: String,
    /// Address for questions where the organisation has none.
    pub contact_email: Option<String>,
}

impl RecordContext {
    /// The context that a configuration means.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            public_url: config.public_url(),
            title: config.title.clone(),
            contact_email: config.contact_email.clone(),
        }
    }
}

/// Writes the record of a dataset anew from the stored facts: to be called in the transaction that
/// changes them. The record keeps its identifier; its date stamp grows when anything in it changed.
///
/// Once a server has said what address it is reached by ([`ensure_current`]), that address is written,
/// whatever `context` a command beside it was started with.
///
/// # Errors
/// [`CatalogueError::NoDataset`], or the database's.
pub async fn rebuild(
    session: &mut Session,
    dataset_id: i64,
    context: &RecordContext,
) -> Result<Uuid, CatalogueError> {
    let facts = read_facts(session, dataset_id).await?;
    let served = served_context(session).await?;
    let record = Record::of(&facts, served.as_ref().unwrap_or(context));
    let stored = session
        .query_opt(
            "select datestamp, iso_full, dc_full from datasud.record where uuid = $1 for update",
            &[&record.uuid],
        )
        .await?;
    let now = Utc::now().trunc_subsecs(0);
    let Some(stored) = stored else {
        store(session, &facts, &record, now).await?;
        return Ok(record.uuid);
    };
    let before: DateTime<Utc> = stored.get(0);
    let unchanged = iso::write(&record, before, ElementSet::Full) == stored.get::<_, &[u8]>(1)
        && dublin_core::write(&record, before, ElementSet::Full) == stored.get::<_, &[u8]>(2);
    // Clocks of nodes differ; a stamp that went back would hide the change from harvesters.
    let stamp = if unchanged { before } else { now.max(before + Duration::seconds(1)) };
    store(session, &facts, &record, stamp).await?;
    Ok(record.uuid)
}

/// The context of the server that was started last on this database, if any was: what a command beside it
/// goes by.
///
/// # Errors
/// The database's.
pub async fn served_context(session: &mut Session) -> Result<Option<RecordContext>, CatalogueError> {
    let stored = session.query_opt("select context->'context' from datasud.record_context", &[]).await?;
    Ok(stored.and_then(|row| serde_json::from_value(row.get(0)).ok()))
}

/// Writes all records anew that were written with another context or by other writers, and those that
/// are missing; called at start. Answers how many. Searches see the old records until it is done.
///
/// # Errors
/// The database's.
pub async fn ensure_current(store: &Store, context: &RecordContext) -> Result<usize, CatalogueError> {
    let wanted = serde_json::json!({ "writers": WRITERS, "context": context });
    let mut transaction = store.job().await?.begin().await?;
    let session = transaction.session()?;
    session.execute("select pg_advisory_xact_lock($1)", &[&REBUILD_LOCK]).await?;
    let current = session
        .query_opt("select 1 from datasud.record_context where context = $1", &[&wanted])
        .await?
        .is_some();
    let datasets = session
        .query(
            "select d.id from datasud.dataset d
             where not $1 or not exists (select from datasud.record r where r.dataset_id = d.id) order by d.id",
            &[&current],
        )
        .await?;
    if current && datasets.is_empty() {
        transaction.rollback().await?;
        return Ok(0);
    }
    session
        .execute(
            "insert into datasud.record_context (context) values ($1)
             on conflict (one) do update set context = excluded.context",
            &[&wanted],
        )
        .await?;
    for row in &datasets {
        match rebuild(session, row.get(0), context).await {
            // Removed meanwhile.
            Ok(_) | Err(CatalogueError::NoDataset(_)) => {}
            Err(error) => return Err(error),
        }
    }
    if !current {
        import::rewrite(session).await?;
    }
    transaction.commit().await?;
    Ok(datasets.len())
}

async fn read_facts(session: &mut Session, dataset_id: i64) -> Result<Facts, CatalogueError> {
    let dataset = session
        .query_opt(
            "select d.id, d.organisation_id, d.record, d.slug, d.title, d.description, d.licence, d.keywords,
                    d.version, d.created, d.updated, o.title, o.email, o.prefix
             from datasud.dataset d join datasud.organisation o on o.id = d.organisation_id where d.id = $1",
            &[&dataset_id],
        )
        .await?
        .ok_or(CatalogueError::NoDataset(dataset_id))?;
    let prefix: String = dataset.get(13);
    let layers = session
        .query(
            "select slug, title, srid, extent_lonlat, coverage is not null,
                    archive #>> '{info,format}' from datasud.layer where dataset_id = $1
             order by position, id",
            &[&dataset_id],
        )
        .await?;
    let run = session
        .query_opt(
            "select finished, files, features from datasud.ingest_run where dataset_id = $1
             order by id desc limit 1",
            &[&dataset_id],
        )
        .await?;
    Ok(Facts {
        dataset: dataset.get(0),
        organisation_id: dataset.get(1),
        uuid: dataset.get(2),
        slug: dataset.get(3),
        title: dataset.get(4),
        description: dataset.get(5),
        licence: dataset.get(6),
        keywords: dataset.get(7),
        version: dataset.get(8),
        created: dataset.get(9),
        updated: dataset.get(10),
        organisation: dataset.get(11),
        email: dataset.get(12),
        layers: layers.iter().map(|row| layer_facts(row, &prefix)).collect(),
        run: run.map(|row| RunFacts {
            finished: row.get(0),
            files: row.get::<_, Vec<String>>(1).iter().map(|path| file_name(path)).collect(),
            features: row.get(2),
        }),
    })
}

fn layer_facts(row: &Row, prefix: &str) -> LayerFacts {
    let slug: String = row.get(0);
    let extent: Option<Vec<f64>> = row.get(3);
    // The row of an archive is its border; its tiles lie in Web Mercator.
    let tiles: Option<String> = row.get(5);
    LayerFacts {
        type_name: format!("{prefix}:{slug}"),
        slug,
        title: row.get(1),
        srid: if tiles.is_some() { 3857 } else { row.get(2) },
        is_raster: row.get(4),
        tiles,
        extent: extent
            .and_then(|numbers| <[f64; 4]>::try_from(numbers).ok())
            .map(BBox::from)
            .filter(BBox::is_valid),
    }
}

/// A record is public: the folders on somebody's disk are nobody's business.
fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

async fn store(
    session: &mut Session,
    facts: &Facts,
    record: &Record,
    stamp: DateTime<Utc>,
) -> Result<(), CatalogueError> {
    let forms = |write: fn(&Record, DateTime<Utc>, ElementSet) -> Vec<u8>| Forms {
        full: write(record, stamp, ElementSet::Full),
        summary: write(record, stamp, ElementSet::Summary),
        brief: write(record, stamp, ElementSet::Brief),
    };
    let rights = record.licence.as_ref().map(|l| match &l.uri {
        Some(uri) => format!("{} {uri}", l.title),
        None => l.title.clone(),
    });
    RecordRow {
        uuid: record.uuid,
        identifier: &record.uuid.to_string(),
        dataset: Some(facts.dataset),
        organisation_id: facts.organisation_id,
        datestamp: stamp,
        title: &record.title,
        summary: &record.summary,
        kind: record.kind.code(),
        language: "fre",
        organisation: &record.contact.organisation,
        resource: &record.resource,
        words: anytext(facts, record, rights.as_deref()),
        rights,
        lineage: Some(&record.lineage),
        creation: Some(facts.created),
        publication: Some(record.published),
        revision: Some(record.revised),
        subjects: record.keywords.iter().cloned().chain([record.topic.to_owned()]).collect(),
        topics: vec![record.topic.to_owned()],
        formats: record.formats.iter().map(|f| f.name.to_owned()).collect(),
        crs: record.crs.iter().flat_map(|c| [c.code(), c.urn(), c.uri()]).collect(),
        services: record.links.iter().map(|l| l.kind.protocol().to_owned()).collect(),
        places: Vec::new(),
        extent: record.extent,
        iso: &forms(iso::write),
        dublin_core: &forms(dublin_core::write),
        source: None,
    }
    .write(session)
    .await
}

/// All that somebody may look for in the record.
fn anytext(facts: &Facts, record: &Record, rights: Option<&str>) -> String {
    let mut parts = vec![record.uuid.to_string(), record.title.clone(), record.summary.clone()];
    parts.extend(record.keywords.iter().cloned());
    parts.extend([record.contact.organisation.clone(), facts.slug.clone(), record.topic.to_owned()]);
    parts.extend(rights.map(str::to_owned));
    parts.extend(facts.layers.iter().flat_map(|l| [l.slug.clone(), l.title.clone()]));
    parts.extend(record.formats.iter().map(|f| f.name.to_owned()));
    parts.extend(record.crs.iter().map(|c| c.code()));
    parts.push(record.lineage.clone());
    parts.join("\n")
}

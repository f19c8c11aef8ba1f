//! From the stored facts of a dataset to its row in `datasud.record`.

use super::iso::{self, ElementSet};
use super::record::{Facts, LayerFacts, Record, RunFacts};
use super::vocabulary::fold;
use super::{CatalogueError, dublin_core};
use crate::config::Config;
use crate::geo::BBox;
use crate::store::{Row, Session, Store};
use chrono::{DateTime, Duration, SubsecRound, Utc};
use uuid::Uuid;

/// Raised when the writers change what they write, so that stored records are written anew.
const WRITERS: u32 = 1;
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
            "select d.id from datasud.dataset d left join datasud.record r on r.dataset_id = d.id
             where r.uuid is null or not $1 order by d.id",
            &[&current],
        )
        .await?;
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
            "select slug, title, srid, extent_lonlat from datasud.layer where dataset_id = $1
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
    LayerFacts {
        type_name: format!("{prefix}:{slug}"),
        slug,
        title: row.get(1),
        srid: row.get(2),
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
    let forms = [ElementSet::Full, ElementSet::Summary, ElementSet::Brief];
    let [iso_full, iso_summary, iso_brief] = forms.map(|set| iso::write(record, stamp, set));
    let [dc_full, dc_summary, dc_brief] = forms.map(|set| dublin_core::write(record, stamp, set));
    let list = |values: &mut dyn Iterator<Item = String>| {
        let mut text = String::from("\n");
        for value in values {
            text.push_str(&value.replace(['\n', '\r'], " "));
            text.push('\n');
        }
        text
    };
    let subjects = list(&mut record.keywords.iter().cloned().chain([record.topic.to_owned()]));
    let topics = list(&mut [record.topic.to_owned()].into_iter());
    let formats = list(&mut record.formats.iter().map(|f| f.name.to_owned()));
    let crs = list(&mut record.crs.iter().flat_map(|c| [c.code(), c.urn(), c.uri()]));
    let services = list(&mut record.links.iter().map(|l| l.kind.protocol().to_owned()));
    let rights = record.licence.as_ref().map(|l| match &l.uri {
        Some(uri) => format!("{} {uri}", l.title),
        None => l.title.clone(),
    });
    let anytext = fold(&anytext(facts, record, rights.as_deref()));
    let [west, south, east, north] = match record.extent {
        Some(b) => [Some(b.min_x), Some(b.min_y), Some(b.max_x), Some(b.max_y)],
        None => [None; 4],
    };
    session
        .execute(
            "insert into datasud.record
             (uuid, identifier, dataset_id, organisation_id, datestamp, title, abstract, type, language,
              organisation, resource_identifier, rights, lineage, publication, revision, subjects, topics,
              formats, crs, services, west, south, east, north, bbox, anytext, words,
              iso_full, iso_summary, iso_brief, dc_full, dc_summary, dc_brief)
             values ($1, $2, $3, $4, $5, $6, $7, $8, 'fre', $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
              $19, $20, $21, $22, $23,
              case when $20::float8 is not null then
                ST_MakeEnvelope($20::float8, $21::float8, $22::float8, $23::float8, 4326) end,
              $24, to_tsvector('french', $24), $25, $26, $27, $28, $29, $30)
             on conflict (uuid) do update set
              dataset_id = excluded.dataset_id, organisation_id = excluded.organisation_id,
              datestamp = excluded.datestamp, title = excluded.title, abstract = excluded.abstract,
              type = excluded.type, organisation = excluded.organisation,
              resource_identifier = excluded.resource_identifier, rights = excluded.rights,
              lineage = excluded.lineage, publication = excluded.publication, revision = excluded.revision,
              subjects = excluded.subjects, topics = excluded.topics, formats = excluded.formats,
              crs = excluded.crs, services = excluded.services, west = excluded.west,
              south = excluded.south, east = excluded.east, north = excluded.north, bbox = excluded.bbox,
              anytext = excluded.anytext, words = excluded.words, iso_full = excluded.iso_full,
              iso_summary = excluded.iso_summary, iso_brief = excluded.iso_brief,
              dc_full = excluded.dc_full, dc_summary = excluded.dc_summary, dc_brief = excluded.dc_brief",
            &[
                &record.uuid,
                &record.uuid.to_string(),
                &facts.dataset,
                &facts.organisation_id,
                &stamp,
                &clean(&record.title),
                &clean(&record.summary),
                &record.kind.code(),
                &clean(&record.contact.organisation),
                &record.resource,
                &rights,
                &record.lineage,
                &record.published,
                &record.revised,
                &subjects,
                &topics,
                &formats,
                &crs,
                &services,
                &west,
                &south,
                &east,
                &north,
                &anytext,
                &iso_full,
                &iso_summary,
                &iso_brief,
                &dc_full,
                &dc_summary,
                &dc_brief,
            ],
        )
        .await?;
    Ok(())
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

fn clean(text: &str) -> String {
    text.replace('\0', "")
}

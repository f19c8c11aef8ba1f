//! Keeping imported records: stored, replaced, listed, removed; each inside the caller's transaction.

use super::{Imported, Schema, read};
use crate::catalogue::CatalogueError;
use crate::catalogue::changes::gone_since;
use crate::catalogue::record::Record;
use crate::catalogue::row::{Forms, Origin, RecordRow, WRITERS};
use crate::catalogue::{ElementSet, dublin_core, iso, iso3};
use crate::config::Limits;
use crate::store::{Session, StoreError};
use chrono::{DateTime, Duration, SubsecRound, Utc};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// New.
    Added,
    /// Other than before.
    Replaced,
    /// Known already, with the same content.
    Unchanged,
}

/// A record that is kept now.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Kept {
    /// What harvesters know it by.
    pub identifier: String,
    /// Title; empty when it has none.
    pub title: String,
    /// What became of it.
    pub status: Status,
}

/// An imported record in a list.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Listed {
    /// What harvesters know it by.
    pub identifier: String,
    /// Title; empty when it has none.
    pub title: String,
    /// Slug of the organisation it was imported for.
    pub organisation: String,
}

/// A record that has an identifier already.
struct Known {
    uuid: Uuid,
    /// A record that the platform writes itself has no source.
    is_own: bool,
    organisation: Option<i64>,
    source: Option<String>,
    datestamp: DateTime<Utc>,
    owner: Option<String>,
}

/// Keeps records of different identifiers for an organisation, in their order.
///
/// # Errors
/// [`CatalogueError::RecordTaken`] when an identifier is a dataset's or another organisation's, or the
/// database's.
pub async fn keep_all(
    session: &mut Session,
    organisation: i64,
    records: &[Imported],
) -> Result<Vec<Kept>, CatalogueError> {
    let mut known = known(session, records).await?;
    let mut taken = taken(session, records).await?;
    let identifiers: Vec<&str> = records.iter().map(Imported::identifier).collect();
    let gone = gone_since(session, &identifiers).await?;
    let now = Utc::now().trunc_subsecs(0);
    let mut kept = Vec::with_capacity(records.len());
    for record in records {
        let identifier = record.identifier();
        let said = record.record.stated_stamp.map(|stamp| stamp.start);
        let status = match known.remove(identifier) {
            None => {
                let uuid = free_uuid(identifier, &mut taken);
                // One that was here before, and comes back, is newer than the news that it had gone.
                let gone = gone.get(identifier).copied();
                let said = said.filter(|said| gone.is_none_or(|gone| *said > gone));
                let stamp =
                    said.unwrap_or_else(|| gone.map_or(now, |gone| now.max(gone + Duration::seconds(1))));
                write(session, organisation, record, uuid, stamp).await?;
                Status::Added
            }
            Some(known) if known.is_own || known.organisation != Some(organisation) => {
                return Err(CatalogueError::RecordTaken {
                    identifier: identifier.chars().take(120).collect(),
                    owner: known.owner.unwrap_or_default(),
                });
            }
            Some(known) if known.source.as_deref() == Some(&record.source) => Status::Unchanged,
            Some(known) => {
                // Harvesters look only at stamps that grew.
                let stamp = said
                    .filter(|stamp| *stamp > known.datestamp)
                    .unwrap_or_else(|| now.max(known.datestamp + Duration::seconds(1)));
                write(session, organisation, record, known.uuid, stamp).await?;
                Status::Replaced
            }
        };
        kept.push(Kept { identifier: identifier.to_owned(), title: record.title().to_owned(), status });
    }
    Ok(kept)
}

async fn known(
    session: &mut Session,
    records: &[Imported],
) -> Result<HashMap<String, Known>, CatalogueError> {
    let identifiers: Vec<&str> = records.iter().map(Imported::identifier).collect();
    let rows = session
        .query(
            "select r.identifier, r.uuid, r.source is null, r.organisation_id, r.source, r.datestamp, o.slug
             from datasud.record r left join datasud.organisation o on o.id = r.organisation_id
             where r.identifier = any($1) order by r.uuid for update of r",
            &[&identifiers],
        )
        .await?;
    let one = |row: &crate::store::Row| -> Result<(String, Known), StoreError> {
        let known = Known {
            uuid: row.try_get(1)?,
            is_own: row.try_get(2)?,
            organisation: row.try_get(3)?,
            source: row.try_get(4)?,
            datestamp: row.try_get(5)?,
            owner: row.try_get(6)?,
        };
        Ok((row.try_get(0)?, known))
    };
    rows.iter().map(|row| one(row).map_err(CatalogueError::from)).collect()
}

/// Of the uuids that the identifiers name, those that records have already.
async fn taken(session: &mut Session, records: &[Imported]) -> Result<HashSet<Uuid>, CatalogueError> {
    let own: Vec<Uuid> = records.iter().filter_map(|record| own_uuid(record.identifier())).collect();
    let rows = session.query("select uuid from datasud.record where uuid = any($1)", &[&own]).await?;
    rows.iter().map(|row| row.try_get(0).map_err(|error| StoreError::from(error).into())).collect()
}

fn own_uuid(identifier: &str) -> Option<Uuid> {
    Uuid::try_parse(identifier.rsplit(':').next().unwrap_or(identifier)).ok()
}

/// The identifier's own uuid where it is one that nobody has, otherwise one made from it.
fn free_uuid(identifier: &str, taken: &mut HashSet<Uuid>) -> Uuid {
    match own_uuid(identifier) {
        Some(own) if taken.insert(own) => own,
        _ => Uuid::new_v5(&Uuid::NAMESPACE_URL, identifier.as_bytes()),
    }
}

async fn write(
    session: &mut Session,
    organisation: i64,
    imported: &Imported,
    uuid: Uuid,
    datestamp: DateTime<Utc>,
) -> Result<(), CatalogueError> {
    let record = Record { uuid, ..imported.record.clone() };
    let own = |schema: Schema| imported.own.as_ref().filter(|_| imported.schema == schema);
    let written =
        |schema, write| own(schema).cloned().unwrap_or_else(|| Forms::of(&record, datestamp, write));
    let iso3 = own(Schema::Iso3)
        .map_or_else(|| iso3::write(&record, datestamp, ElementSet::Full), |forms| forms.full.clone());
    RecordRow {
        record: &record,
        organisation_id: organisation,
        datestamp,
        words: imported.words.clone(),
        iso: &written(Schema::Iso, iso::write),
        dublin_core: &written(Schema::DublinCore, dublin_core::write),
        iso3: &iso3,
        origin: Origin::Document(imported.schema.name(), &imported.source),
    }
    .write(session)
    .await
}

/// Writes every imported record anew from its source that earlier writers have written. One that can't
/// be read any more is held back. Answers how many there were.
///
/// # Errors
/// The database's.
pub(in crate::catalogue) async fn rewrite(session: &mut Session) -> Result<usize, CatalogueError> {
    // They were within the limits of their day.
    let limits = Limits { body_bytes: usize::MAX, ..Limits::default() };
    let (mut position, mut count) = (i64::MIN, 0);
    loop {
        // A part at a time: the documents of all would not fit into memory.
        let rows = session
            .query(
                "select uuid, organisation_id, datestamp, source, identifier, position from datasud.record
                 where source is not null and writers < $2 and position > $1 order by position limit 200",
                &[&position, &WRITERS],
            )
            .await?;
        let Some(last) = rows.last() else { return Ok(count) };
        position = last.try_get(5).map_err(StoreError::from)?;
        count += rows.len();
        for row in &rows {
            let source: String = row.try_get(3).map_err(StoreError::from)?;
            match read(source.as_bytes(), &limits).map(|mut records| records.pop()) {
                Ok(Some(record)) => {
                    let stamp = row.try_get(2).map_err(StoreError::from)?;
                    let organisation = row.try_get(1).map_err(StoreError::from)?;
                    let uuid = row.try_get(0).map_err(StoreError::from)?;
                    write(session, organisation, &record, uuid, stamp).await?;
                }
                Ok(None) | Err(_) => {
                    let identifier: String = row.try_get(4).map_err(StoreError::from)?;
                    tracing::warn!(
                        identifier,
                        "an imported record can't be written anew from its source, and is held back"
                    );
                    // Its stored forms are not all there.
                    let hold = "update datasud.record set held = true, writers = $2 where identifier = $1";
                    session.execute(hold, &[&identifier, &WRITERS]).await?;
                }
            }
        }
    }
}

/// All imported records, in the order of their appearance.
///
/// # Errors
/// The database's.
pub async fn list(session: &mut Session) -> Result<Vec<Listed>, CatalogueError> {
    let rows = session
        .query(
            "select r.identifier, r.title, o.slug from datasud.record r
             join datasud.organisation o on o.id = r.organisation_id
             where r.source is not null order by r.position",
            &[],
        )
        .await?;
    let one = |row: &crate::store::Row| -> Result<Listed, StoreError> {
        Ok(Listed { identifier: row.try_get(0)?, title: row.try_get(1)?, organisation: row.try_get(2)? })
    };
    rows.iter().map(|row| one(row).map_err(CatalogueError::from)).collect()
}

/// Removes an imported record; answers whether there was one.
///
/// # Errors
/// The database's.
pub async fn remove(session: &mut Session, identifier: &str) -> Result<bool, CatalogueError> {
    let sql = "delete from datasud.record where identifier = $1 and source is not null";
    Ok(session.execute(sql, &[&identifier]).await? > 0)
}

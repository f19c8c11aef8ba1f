//! Keeping imported records: stored, replaced, listed, removed; each inside the caller's transaction.

use super::{Imported, Schema, read};
use crate::catalogue::CatalogueError;
use crate::catalogue::record::Record;
use crate::catalogue::row::{Forms, Origin, RecordRow};
use crate::catalogue::{ElementSet, dublin_core, iso, iso3};
use crate::config::Limits;
use crate::store::{Session, StoreError};
use chrono::{DateTime, Duration, SubsecRound, Utc};
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

/// Keeps a record for an organisation.
///
/// # Errors
/// [`CatalogueError::RecordTaken`] when the identifier is a dataset's or another organisation's, or the
/// database's.
pub async fn keep(
    session: &mut Session,
    organisation: i64,
    record: &Imported,
) -> Result<Kept, CatalogueError> {
    let identifier = record.identifier();
    let kept = |status| Kept { identifier: identifier.to_owned(), title: record.title().to_owned(), status };
    let known = session
        .query_opt(
            "select r.uuid, r.source is null, r.organisation_id, r.source, r.datestamp, o.slug
             from datasud.record r left join datasud.organisation o on o.id = r.organisation_id
             where r.identifier = $1 for update of r",
            &[&identifier],
        )
        .await?;
    let now = Utc::now().trunc_subsecs(0);
    let said = record.record.stated_stamp.map(|stamp| stamp.start);
    let Some(known) = known else {
        let uuid = free_uuid(session, identifier).await?;
        write(session, organisation, record, uuid, said.unwrap_or(now)).await?;
        return Ok(kept(Status::Added));
    };
    // A record that the platform writes itself has no source.
    let is_own: bool = known.try_get(1).map_err(StoreError::from)?;
    let owner: Option<i64> = known.try_get(2).map_err(StoreError::from)?;
    if is_own || owner != Some(organisation) {
        return Err(CatalogueError::RecordTaken {
            identifier: identifier.chars().take(120).collect(),
            owner: known.try_get::<_, Option<String>>(5).map_err(StoreError::from)?.unwrap_or_default(),
        });
    }
    let source: Option<String> = known.try_get(3).map_err(StoreError::from)?;
    if source.as_deref() == Some(&record.source) {
        return Ok(kept(Status::Unchanged));
    }
    let before: DateTime<Utc> = known.try_get(4).map_err(StoreError::from)?;
    // Harvesters look only at stamps that grew.
    let stamp =
        said.filter(|stamp| *stamp > before).unwrap_or_else(|| now.max(before + Duration::seconds(1)));
    let uuid: Uuid = known.try_get(0).map_err(StoreError::from)?;
    write(session, organisation, record, uuid, stamp).await?;
    Ok(kept(Status::Replaced))
}

/// The identifier's own uuid where it is one that nobody has, otherwise one made from it.
async fn free_uuid(session: &mut Session, identifier: &str) -> Result<Uuid, CatalogueError> {
    let made = Uuid::new_v5(&Uuid::NAMESPACE_URL, identifier.as_bytes());
    let bare = identifier.rsplit(':').next().unwrap_or(identifier);
    let Ok(own) = Uuid::try_parse(bare) else { return Ok(made) };
    let taken = session.query_opt("select 1 from datasud.record where uuid = $1", &[&own]).await?;
    Ok(if taken.is_some() { made } else { own })
}

async fn write(
    session: &mut Session,
    organisation: i64,
    imported: &Imported,
    uuid: Uuid,
    datestamp: DateTime<Utc>,
) -> Result<(), CatalogueError> {
    let record = Record { uuid, ..imported.record.clone() };
    let written = |own: Schema, write| {
        if imported.schema == own { imported.own.clone() } else { Forms::of(&record, datestamp, write) }
    };
    let iso3 = match imported.schema {
        Schema::Iso3 => imported.own.full.clone(),
        Schema::Iso | Schema::DublinCore => iso3::write(&record, datestamp, ElementSet::Full),
    };
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

/// Writes every imported record anew from its source; called when the writers have changed. One that can't
/// be read any more is held back. Answers how many there are.
///
/// # Errors
/// The database's.
pub(in crate::catalogue) async fn rewrite(session: &mut Session) -> Result<usize, CatalogueError> {
    // They were within the limits of their day.
    let limits = Limits { body_bytes: usize::MAX, ..Limits::default() };
    let rows = session
        .query(
            "select uuid, organisation_id, datestamp, source, identifier from datasud.record
             where source is not null order by position",
            &[],
        )
        .await?;
    for row in &rows {
        let source: String = row.try_get(3).map_err(StoreError::from)?;
        match read(source.as_bytes(), &limits).map(|mut records| records.pop()) {
            Ok(Some(record)) => {
                let stamp = row.try_get(2).map_err(StoreError::from)?;
                let organisation = row.try_get(1).map_err(StoreError::from)?;
                write(session, organisation, &record, row.try_get(0).map_err(StoreError::from)?, stamp)
                    .await?;
            }
            Ok(None) | Err(_) => {
                let identifier: String = row.try_get(4).map_err(StoreError::from)?;
                tracing::warn!(
                    identifier,
                    "an imported record can't be written anew from its source, and is held back"
                );
                // Its stored forms are not all there.
                let hold = "update datasud.record set held = true where identifier = $1";
                session.execute(hold, &[&identifier]).await?;
            }
        }
    }
    Ok(rows.len())
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

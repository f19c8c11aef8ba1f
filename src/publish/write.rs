//! The statements of a publication, each inside the transaction that its caller has open.

use super::load::field;
use super::names::title_of;
use super::plan::Plan;
use super::publisher::next_generation;
use super::{GmlSchema, PublishError, Request, discard, places};
use crate::ingest::{Finding, Level, Loaded, LoadedLayer};
use crate::model::Slug;
use crate::store::{Ident, Session};
use crate::style::{self, Language, RASTER_SLD, Reading, Target, default_sld};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use uuid::Uuid;

/// First key of the advisory locks that publications of one name take.
const LOCK: i32 = 0x6461_7461;

/// What is published under a name.
pub(super) struct Known {
    /// Key of the dataset.
    pub(super) id: i64,
    /// Its version.
    pub(super) version: i32,
    /// Slug of its organisation.
    pub(super) organisation: String,
    /// Whether anybody edited its features since they were loaded.
    pub(super) edited: bool,
    /// Its layers.
    pub(super) layers: Vec<KnownLayer>,
    checksum: Option<String>,
}

/// A published layer, as far as replacing it wants to know.
pub(super) struct KnownLayer {
    pub(super) id: i64,
    pub(super) slug: String,
    /// Geometry type and columns: what the view's columns are made of.
    shape: serde_json::Value,
}

impl Known {
    /// Whether it was made from files and options with this checksum.
    pub(super) fn is(&self, sum: &str) -> bool {
        self.checksum.as_deref() == Some(sum)
    }

    /// Slug of its only layer, where it has one.
    pub(super) fn only_layer(&self) -> Option<Slug> {
        match self.layers.as_slice() {
            [only] => Slug::spelled(&only.slug).ok(),
            _ => None,
        }
    }
}

/// Lets one publication of a name at a time go on; others wait here until it ends.
pub(super) async fn lock(session: &mut Session, slug: &Slug) -> Result<(), PublishError> {
    session.execute("select pg_advisory_xact_lock($1, hashtext($2))", &[&LOCK, &slug.as_str()]).await?;
    Ok(())
}

/// From here on, waiting for somebody who reads or edits the data has an end: the change fails then and
/// nothing is changed.
pub(super) async fn limit_waiting(session: &mut Session) -> Result<(), PublishError> {
    session.batch("set local lock_timeout = '30s'").await?;
    Ok(())
}

pub(super) async fn known(session: &mut Session, slug: &Slug) -> Result<Option<Known>, PublishError> {
    let Some(row) = session.query_opt(include_str!("sql/known.sql"), &[&slug.as_str()]).await? else {
        return Ok(None);
    };
    let id: i64 = field(&row, "id")?;
    let mut layers = Vec::new();
    let shapes = "select id, slug, jsonb_build_array(geometry, has_z, has_m, srid, columns) as shape \
                  from datasud.layer where dataset_id = $1 order by id";
    for layer in session.query(shapes, &[&id]).await? {
        layers.push(KnownLayer {
            id: field(&layer, "id")?,
            slug: field(&layer, "slug")?,
            shape: field(&layer, "shape")?,
        });
    }
    Ok(Some(Known {
        id,
        version: field(&row, "version")?,
        organisation: field(&row, "organisation")?,
        edited: field(&row, "edited")?,
        layers,
        checksum: field(&row, "source_checksum")?,
    }))
}

/// Layer slugs of the other datasets in small letters, with the slug of the dataset that has them.
pub(super) async fn layers_of_others(
    session: &mut Session,
    dataset: &Slug,
) -> Result<HashMap<String, String>, PublishError> {
    let sql = "select lower(l.slug) as slug, d.slug as dataset from datasud.layer l \
               join datasud.dataset d on d.id = l.dataset_id where d.slug <> $1";
    let rows = session.query(sql, &[&dataset.as_str()]).await?;
    rows.iter().map(|row| Ok((field(row, "slug")?, field(row, "dataset")?))).collect()
}

/// A number that no other publication has.
pub(super) async fn serial(session: &mut Session) -> Result<i64, PublishError> {
    next_generation(session).await
}

/// The organisation of a slug, created when it is new. Its namespace never changes afterwards, whatever
/// address the server has.
pub(super) async fn organisation(
    session: &mut Session,
    slug: &Slug,
    title: &str,
    public_url: &str,
    schema: Option<&GmlSchema>,
) -> Result<i64, PublishError> {
    let insert = "insert into datasud.organisation (slug, title, prefix, namespace) values ($1, $2, $3, $4) \
                  on conflict (slug) do nothing";
    let prefix = schema.and_then(|s| s.prefix.clone()).unwrap_or_else(|| super::names::prefix_of(slug));
    let namespace =
        schema.and_then(|s| s.namespace.clone()).unwrap_or_else(|| format!("{public_url}/ns/{slug}"));
    session.execute(insert, &[&slug.as_str(), &title, &prefix, &namespace]).await?;
    let find = "select id from datasud.organisation where slug = $1";
    field(&session.query_one(find, &[&slug.as_str()]).await?, "id")
}

pub(super) async fn dataset(
    session: &mut Session,
    organisation: i64,
    plan: &Plan,
    request: &Request,
    sum: &str,
) -> Result<i64, PublishError> {
    let row = session
        .query_one(
            include_str!("sql/dataset_insert.sql"),
            &[
                &organisation,
                &plan.slug.as_str(),
                &plan.title,
                &request.description,
                &request.licence,
                &request.keywords,
                &Uuid::new_v4(),
                &sum,
            ],
        )
        .await?;
    field(&row, "id")
}

pub(super) async fn next_version(
    session: &mut Session,
    known: &Known,
    plan: &Plan,
    request: &Request,
    sum: &str,
) -> Result<(), PublishError> {
    session
        .execute(
            include_str!("sql/dataset_replace.sql"),
            &[&known.id, &plan.given_title, &request.description, &request.licence, &request.keywords, &sum],
        )
        .await?;
    Ok(())
}

/// Makes the loaded tables the current versions: layers by slug, views, styles, versions that go. Answers
/// what should be said about it.
pub(super) async fn switch(
    session: &mut Session,
    dataset_id: i64,
    known: Option<&Known>,
    loaded: &mut Loaded,
    request: &Request,
    plan: &Plan,
) -> Result<Vec<Finding>, PublishError> {
    let mut notes = Vec::new();
    let version = known.map_or(1, |k| k.version.saturating_add(1));
    let before = known.map(|k| k.layers.as_slice()).unwrap_or_default();
    // Names of layers that vanish are free for the new ones only after they are gone.
    for gone in before.iter().filter(|b| loaded.layers.iter().all(|l| l.target.slug != b.slug)) {
        drop_view(session, &gone.slug).await?;
        discard::all_versions(session, gone.id).await?;
        session.execute("delete from datasud.layer where id = $1", &[&gone.id]).await?;
        let said = format!("layer '{}' is not in the new data and was removed from every service", gone.slug);
        notes.push(Finding::new(Level::Warning, "layer-removed", said).in_layer(&gone.slug));
    }
    let single = loaded.layers.len() == 1;
    let new_title = if single { plan.given_title.as_deref() } else { None };
    for (position, layer) in loaded.layers.iter().enumerate() {
        let position = i32::try_from(position).unwrap_or(i32::MAX);
        let slug = &layer.target.slug;
        let old = before.iter().find(|b| b.slug == *slug);
        let id = match old {
            Some(old) => {
                replace_layer(session, old.id, position, layer, new_title).await?;
                old.id
            }
            None => {
                let title = match &layer.source {
                    _ if single => plan.title.clone(),
                    source if source.title == source.name => title_of(&source.name),
                    source => source.title.clone(),
                };
                let id = insert_layer(session, dataset_id, position, layer, &title).await?;
                if known.is_some() {
                    let said = format!("layer '{slug}' is new in this version");
                    notes.push(Finding::new(Level::Info, "layer-added", said).in_layer(slug));
                }
                id
            }
        };
        if layer.archive.is_some() {
            // Tiles are drawn by who reads them.
            if request.style.is_some() {
                return Err(PublishError::Option(format!(
                    "layer '{slug}' is an archive of tiles, which has no style here; leave the style out"
                )));
            }
            finish_switch(session, id, layer, old, version).await?;
            continue;
        }
        let given = given_style(request, layer)?.or_else(|| match old {
            // A layer keeps its own.
            Some(_) => None,
            None => file_style(layer, &mut notes),
        });
        notes.extend(given.iter().flat_map(|reading| unread(reading, slug)));
        set_style(session, id, layer, given.map(|reading| reading.sld).as_deref()).await?;
        finish_switch(session, id, layer, old, version).await?;
    }
    // What was there before keeps its style, whatever the file has.
    for kept in loaded.layers.iter_mut().filter(|l| before.iter().any(|b| b.slug == l.target.slug)) {
        kept.style = None;
    }
    Ok(notes)
}

/// Watches the new table, keeps the version, and lets the view show it.
async fn finish_switch(
    session: &mut Session,
    id: i64,
    layer: &LoadedLayer,
    old: Option<&KnownLayer>,
    version: i32,
) -> Result<(), PublishError> {
    session.execute("select datasud.watch($1, $2)", &[&layer.target.table, &id]).await?;
    places::occupy(session, &layer.target.table, layer.extent, layer.features).await?;
    session.execute(include_str!("sql/layer_version.sql"), &[&id, &version]).await?;
    discard::old_versions(session, id, version.saturating_sub(1)).await?;
    let same_shape = old.is_some_and(|o| o.shape == shape(layer));
    set_view(session, &layer.target.slug, &layer.target.table, old.is_some(), same_shape).await
}

fn shape(layer: &LoadedLayer) -> serde_json::Value {
    serde_json::json!([layer.geometry.name(), layer.has_z, layer.has_m, layer.crs.srid, layer.columns])
}

/// The key of a layer.
pub(super) async fn layer_id(
    session: &mut Session,
    dataset_id: i64,
    slug: &str,
) -> Result<i64, PublishError> {
    let sql = "select id from datasud.layer where dataset_id = $1 and slug = $2";
    field(&session.query_one(sql, &[&dataset_id, &slug]).await?, "id")
}

async fn insert_layer(
    session: &mut Session,
    dataset_id: i64,
    position: i32,
    layer: &LoadedLayer,
    title: &str,
) -> Result<i64, PublishError> {
    let columns = serde_json::json!(layer.columns);
    let coverage = layer.coverage.as_ref().map(|coverage| serde_json::json!(coverage));
    let archive = layer.archive.as_ref().map(|archive| serde_json::json!(archive));
    let row = session
        .query_one(
            include_str!("sql/layer_insert.sql"),
            &[
                &dataset_id,
                &position,
                &layer.target.slug,
                &title,
                &layer.target.table,
                &layer.geometry.name(),
                &layer.has_z,
                &layer.has_m,
                &layer.crs.srid,
                &columns,
                &layer.extent.map(|b| <[f64; 4]>::from(b).to_vec()),
                &layer.extent_lonlat.map(|b| <[f64; 4]>::from(b).to_vec()),
                &layer.features,
                &coverage,
                &archive,
            ],
        )
        .await?;
    field(&row, "id")
}

async fn replace_layer(
    session: &mut Session,
    id: i64,
    position: i32,
    layer: &LoadedLayer,
    title: Option<&str>,
) -> Result<(), PublishError> {
    session.execute(include_str!("sql/layer_remember.sql"), &[&id]).await?;
    let columns = serde_json::json!(layer.columns);
    let coverage = layer.coverage.as_ref().map(|coverage| serde_json::json!(coverage));
    let archive = layer.archive.as_ref().map(|archive| serde_json::json!(archive));
    session
        .execute(
            include_str!("sql/layer_replace.sql"),
            &[
                &id,
                &position,
                &layer.target.table,
                &layer.geometry.name(),
                &layer.has_z,
                &layer.has_m,
                &layer.crs.srid,
                &columns,
                &layer.extent.map(|b| <[f64; 4]>::from(b).to_vec()),
                &layer.extent_lonlat.map(|b| <[f64; 4]>::from(b).to_vec()),
                &layer.features,
                &title,
                &coverage,
                &archive,
            ],
        )
        .await?;
    Ok(())
}

/// The style that was given, read for this layer.
fn given_style(request: &Request, layer: &LoadedLayer) -> Result<Option<Reading>, PublishError> {
    let Some(text) = &request.style else { return Ok(None) };
    style::read(text, Some(&target(layer))).map(Some).map_err(PublishError::Style)
}

fn target(layer: &LoadedLayer) -> Target {
    let columns = layer.columns.iter().map(|column| column.name.clone()).collect();
    Target { layer: layer.target.slug.clone(), columns }
}

/// The style that the file itself has for a layer: nobody asked for it, so one that can't be used refuses nothing.
fn file_style(layer: &LoadedLayer, notes: &mut Vec<Finding>) -> Option<Reading> {
    let slug = &layer.target.slug;
    let text = layer.style.as_deref()?;
    match style::read(text, Some(&target(layer))) {
        Ok(reading) => {
            let said = format!("layer '{slug}' is drawn in the style that its file has (table layer_styles)");
            notes.push(Finding::new(Level::Info, "style-of-file", said).in_layer(slug));
            Some(reading)
        }
        Err(error) => {
            notes.push(unusable_style(slug, &error.to_string()));
            None
        }
    }
}

/// Says that the style in a file is not used.
pub(super) fn unusable_style(slug: &str, reason: &str) -> Finding {
    let said = format!(
        "the style that the file has for layer '{slug}' (table layer_styles) is not used: {reason}; give one with --style"
    );
    Finding::new(Level::Warning, "style-of-file-unusable", said).in_layer(slug)
}

/// What of a style isn't drawn as it asks. SLD's notes are of options that other products have.
fn unread(reading: &Reading, slug: &str) -> Vec<Finding> {
    let level = if reading.language == Language::Sld { Level::Info } else { Level::Warning };
    let finding =
        |note: &String| Finding::new(level, "style-part-not-read", format!("style: {note}")).in_layer(slug);
    reading.style.notes.iter().map(finding).collect()
}

/// The style that was given becomes the default; without one a layer keeps its own, and a new layer gets
/// one that fits its geometry.
async fn set_style(
    session: &mut Session,
    layer_id: i64,
    layer: &LoadedLayer,
    given: Option<&str>,
) -> Result<(), PublishError> {
    if let Some(sld) = given {
        let changed = session
            .execute(
                "update datasud.style set sld = $2 where layer_id = $1 and is_default",
                &[&layer_id, &sld],
            )
            .await?;
        if changed > 0 {
            return Ok(());
        }
    }
    let made;
    let sld = match given {
        Some(sld) => sld,
        None => {
            made = default_of(layer);
            &made
        }
    };
    let insert = "insert into datasud.style (layer_id, name, title, sld, is_default) \
                  select $1, 'default', 'Style par défaut', $2, true \
                  where not exists (select from datasud.style where layer_id = $1 and is_default)";
    session.execute(insert, &[&layer_id, &sld]).await?;
    Ok(())
}

/// Puts the style by geometry type in the place of a layer's default.
pub(super) async fn reset_style(
    session: &mut Session,
    layer_id: i64,
    layer: &LoadedLayer,
) -> Result<(), PublishError> {
    set_style(session, layer_id, layer, Some(&default_of(layer))).await
}

/// A style that fits the layer's geometries, or its images.
fn default_of(layer: &LoadedLayer) -> String {
    match &layer.coverage {
        Some(_) => RASTER_SLD.to_owned(),
        None => default_sld(layer.geometry, &layer.target.slug),
    }
}

/// Lets `data.<slug>` show a table. A view whose columns stay keeps its grants and what others built on it.
pub(super) async fn set_view(
    session: &mut Session,
    slug: &str,
    table: &str,
    exists: bool,
    same_shape: bool,
) -> Result<(), PublishError> {
    if exists && !same_shape {
        drop_view(session, slug).await?;
    }
    let (view, table) = (Ident::data(slug), Ident::data(table));
    session.batch(&format!("create or replace view {view} as select * from {table}")).await?;
    Ok(())
}

/// Drops the view of a layer.
pub(super) async fn drop_view(session: &mut Session, slug: &str) -> Result<(), PublishError> {
    let view = Ident::data(slug).to_string();
    let others = "select exists (select from pg_catalog.pg_depend d \
                  join pg_catalog.pg_rewrite r on r.oid = d.objid \
                  where d.refobjid = to_regclass($1) and d.classid = 'pg_rewrite'::regclass \
                    and r.ev_class <> d.refobjid) as dependents";
    if field(&session.query_one(others, &[&view]).await?, "dependents")? {
        return Err(PublishError::Dependents(slug.to_owned()));
    }
    session.batch(&format!("drop view if exists {view}")).await?;
    Ok(())
}

/// Remembers what was loaded, when and from what.
pub(super) async fn run(
    session: &mut Session,
    dataset_id: i64,
    started: DateTime<Utc>,
    request: &Request,
    loaded: &Loaded,
) -> Result<(), PublishError> {
    let name = |f: &std::path::PathBuf| {
        f.file_name().map_or_else(|| f.display().to_string(), |n| n.to_string_lossy().into_owned())
    };
    let files: Vec<String> = request.files.iter().map(name).collect();
    let features: i64 = loaded.layers.iter().map(|l| l.features).sum();
    let report = serde_json::json!(loaded.report);
    let insert = "insert into datasud.ingest_run (dataset_id, started, files, features, report) \
                  values ($1, $2, $3, $4, $5)";
    session.execute(insert, &[&dataset_id, &started, &files, &features, &report]).await?;
    Ok(())
}

/// Raises the platform's generation and tells every node, when the transaction commits.
pub(super) async fn announce(session: &mut Session) -> Result<(), PublishError> {
    session.query(include_str!("sql/announce.sql"), &[]).await?;
    Ok(())
}

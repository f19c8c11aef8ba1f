//! From the stored facts to a [`Snapshot`]: four short queries, none of which reads a layer's data. Only the values of
//! dimensions come from there, by their indexes.

use super::{PublishError, Snapshot, dimensions, places};
use crate::geo::{BBox, Crs};
use crate::model::{
    ArchiveLayer, Column, Coverage, Dataset, Extents, GeometryType, GmlProfile, Layer, Organisation,
    Overviews, StyleInfo, Visibility,
};
use crate::store::{Row, Session, Store, StoreError};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

const DATASETS: &str = include_str!("sql/datasets.sql");
const LAYERS: &str = include_str!("sql/layers.sql");
const STYLES: &str = include_str!("sql/styles.sql");
const RECORD_OWNERS: &str = include_str!("sql/record_owners.sql");
const GENERATION: &str = include_str!("sql/generation.sql");

/// Reads what is published, as of one moment.
///
/// # Errors
/// [`PublishError::Store`] when the database can't be read.
pub async fn load(store: &Store) -> Result<Snapshot, PublishError> {
    let mut transaction = store.job().await?.begin().await?;
    let session = transaction.session()?;
    // One moment for all queries: a layer can't be seen without its dataset.
    session.batch("set transaction isolation level repeatable read, read only").await?;
    let snapshot = read(session).await?;
    transaction.commit().await?;
    Ok(snapshot)
}

/// The snapshot that comes after `before` when one layer's data was edited: only its facts are read
/// again.
///
/// # Errors
/// [`PublishError::Store`] when the database can't be read.
pub(super) async fn reload_layer(
    store: &Store,
    before: &Snapshot,
    layer_id: i64,
) -> Result<Snapshot, PublishError> {
    let Some(known) = before.layers.values().find(|l| l.id == layer_id) else {
        // Published while its first edit was already under way, or an archive: read everything.
        return load(store).await;
    };
    let mut session = store.job().await?;
    let only: Option<Vec<i64>> = Some(vec![layer_id]);
    let styles = read_styles(&mut session, &only).await?;
    let generation = session.query_one(GENERATION, &[]).await?;
    let generation: i64 = field(&generation, "generation")?;
    let Some(row) = session.query_opt(LAYERS, &[&only]).await? else {
        return load(store).await;
    };
    if field::<Option<serde_json::Value>>(&row, "archive")?.is_some() {
        // Features were replaced by an archive.
        return load(store).await;
    }
    let mut layer = layer(&row, &known.dataset, &styles)?;
    if let Some(layer) = &mut layer {
        layer.dimensions = dimensions::read(&mut session, layer, field(&row, "dimensions")?).await?;
    }
    let mut layers = before.layers.clone();
    if let Some(layer) = layer {
        layers.insert(layer.slug.clone(), Arc::new(layer));
    }
    Ok(Snapshot {
        datasets: before.datasets.clone(),
        layers,
        archives: before.archives.clone(),
        record_owners: before.record_owners.clone(),
        generation: generation.max(before.generation),
        edition: before.edition,
        circles: OnceLock::new(),
    })
}

/// Everything that is published, as the session's transaction sees it.
pub(super) async fn read(session: &mut Session) -> Result<Snapshot, PublishError> {
    let everything: Option<Vec<i64>> = None;
    let mut organisations = HashMap::new();
    let mut by_id = HashMap::new();
    for row in session.query(DATASETS, &[]).await? {
        let dataset = Arc::new(dataset(&row, &mut organisations)?);
        by_id.insert(dataset.id, dataset);
    }
    let styles = read_styles(session, &everything).await?;
    let (mut layers, mut archives) = (BTreeMap::new(), BTreeMap::new());
    for row in session.query(LAYERS, &[&everything]).await? {
        let Some(dataset) = by_id.get(&field::<i64>(&row, "dataset_id")?) else { continue };
        if let Some(facts) = field::<Option<serde_json::Value>>(&row, "archive")? {
            if let Some(archive) = archive(&row, dataset, facts)? {
                archives.insert(archive.slug.clone(), Arc::new(archive));
            }
            continue;
        }
        if let Some(mut layer) = layer(&row, dataset, &styles)? {
            layer.dimensions = dimensions::read(session, &layer, field(&row, "dimensions")?).await?;
            layers.insert(layer.slug.clone(), Arc::new(layer));
        }
    }
    let mut record_owners = BTreeMap::new();
    for row in session.query(RECORD_OWNERS, &[]).await? {
        record_owners.insert(field(&row, "slug")?, field(&row, "id")?);
    }
    let row = session.query_one(GENERATION, &[]).await?;
    Ok(Snapshot {
        datasets: by_id.into_values().map(|d| (d.slug.clone(), d)).collect(),
        layers,
        archives,
        record_owners,
        generation: field(&row, "generation")?,
        edition: 0,
        circles: OnceLock::new(),
    })
}

async fn read_styles(
    session: &mut Session,
    only: &Option<Vec<i64>>,
) -> Result<HashMap<i64, Vec<StyleInfo>>, PublishError> {
    let mut styles: HashMap<i64, Vec<StyleInfo>> = HashMap::new();
    for row in session.query(STYLES, &[only]).await? {
        let sld: String = field(&row, "sld")?;
        styles.entry(field(&row, "layer_id")?).or_default().push(StyleInfo {
            id: field(&row, "id")?,
            name: field(&row, "name")?,
            title: field(&row, "title")?,
            sld: sld.into(),
            is_default: field(&row, "is_default")?,
        });
    }
    Ok(styles)
}

fn dataset(row: &Row, organisations: &mut HashMap<i64, Arc<Organisation>>) -> Result<Dataset, PublishError> {
    let id: i64 = field(row, "organisation_id")?;
    let organisation = match organisations.get(&id) {
        Some(known) => Arc::clone(known),
        None => {
            let organisation = Arc::new(Organisation {
                id,
                slug: field(row, "organisation_slug")?,
                title: field(row, "organisation_title")?,
                prefix: field(row, "prefix")?,
                namespace: field(row, "namespace")?,
                email: field(row, "email")?,
            });
            organisations.insert(id, Arc::clone(&organisation));
            organisation
        }
    };
    let visibility: String = field(row, "visibility")?;
    Ok(Dataset {
        id: field(row, "id")?,
        slug: field(row, "slug")?,
        title: field(row, "title")?,
        description: field(row, "description")?,
        organisation,
        licence: field(row, "licence")?,
        keywords: field(row, "keywords")?,
        // Anything that isn't known to be public is not.
        visibility: if visibility == "public" { Visibility::Public } else { Visibility::Draft },
        version: field(row, "version")?,
        record: field(row, "record")?,
        created: field(row, "created")?,
        updated: field(row, "updated")?,
    })
}

/// The layer of a row; `None`, with a line in the log, when this program can't serve it: one such layer
/// must not take the others down.
fn layer(
    row: &Row,
    dataset: &Arc<Dataset>,
    styles: &HashMap<i64, Vec<StyleInfo>>,
) -> Result<Option<Layer>, PublishError> {
    let id: i64 = field(row, "id")?;
    let slug: String = field(row, "slug")?;
    let geometry: String = field(row, "geometry")?;
    let columns: serde_json::Value = field(row, "columns")?;
    let columns = serde_json::from_value::<Vec<Column>>(columns);
    let gml = serde_json::from_value::<GmlProfile>(field(row, "gml")?);
    let coverage: Option<serde_json::Value> = field(row, "coverage")?;
    let coverage = coverage.map(serde_json::from_value::<Coverage>).transpose();
    let (Some(geometry), Ok(crs), Ok(columns), Ok(gml), Ok(coverage)) =
        (GeometryType::from_name(&geometry), Crs::from_epsg(field(row, "srid")?), columns, gml, coverage)
    else {
        tracing::error!(layer = slug, "stored facts of the layer can't be read; it is not served");
        return Ok(None);
    };
    Ok(Some(Layer {
        id,
        slug,
        title: field(row, "title")?,
        description: field(row, "description")?,
        dataset: Arc::clone(dataset),
        table: field(row, "table_name")?,
        geometry,
        has_z: field(row, "has_z")?,
        has_m: field(row, "has_m")?,
        crs,
        columns,
        extent: extent(row, "extent")?,
        extent_lonlat: extent(row, "extent_lonlat")?,
        extents: Extents::default(),
        features: field(row, "features")?,
        generation: field(row, "generation")?,
        edits: places::edits(row)?,
        occupancy: places::occupancy(row)?,
        gml,
        coverage: coverage.map(Arc::new),
        dimensions: Vec::new(),
        overviews: overviews(row)?,
        styles: styles.get(&id).cloned().unwrap_or_default(),
        updated: field(row, "updated")?,
    }))
}

/// The archive of tiles of a row; `None`, with a line in the log, when this program can't serve it.
fn archive(
    row: &Row,
    dataset: &Arc<Dataset>,
    facts: serde_json::Value,
) -> Result<Option<ArchiveLayer>, PublishError> {
    let slug: String = field(row, "slug")?;
    let Ok(facts) = serde_json::from_value(facts) else {
        tracing::error!(layer = slug, "stored facts of the archive can't be read; it is not served");
        return Ok(None);
    };
    Ok(Some(ArchiveLayer {
        id: field(row, "id")?,
        slug,
        title: field(row, "title")?,
        description: field(row, "description")?,
        dataset: Arc::clone(dataset),
        table: field(row, "table_name")?,
        extent_lonlat: extent(row, "extent_lonlat")?,
        generation: field(row, "generation")?,
        facts,
        updated: field(row, "updated")?,
    }))
}

/// A layer whose overviews can't be understood is read without them.
fn overviews(row: &Row) -> Result<Overviews, PublishError> {
    let block: Option<f64> = field(row, "overview_block")?;
    let bands = serde_json::from_value(field(row, "overview_bands")?).unwrap_or_default();
    Ok(block.map(|block| Overviews { block, bands }).unwrap_or_default())
}

fn extent(row: &Row, name: &str) -> Result<Option<BBox>, PublishError> {
    let numbers: Option<Vec<f64>> = field(row, name)?;
    Ok(numbers.and_then(|n| <[f64; 4]>::try_from(n).ok()).map(BBox::from))
}

/// A column of a row, without the panic of `Row::get`.
pub(super) fn field<'a, T: crate::store::FromSql<'a>>(row: &'a Row, name: &str) -> Result<T, PublishError> {
    Ok(row.try_get(name).map_err(StoreError::from)?)
}

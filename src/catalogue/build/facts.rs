//! What the platform has stored of a dataset.

use crate::catalogue::{CatalogueError, Description};
use crate::geo::BBox;
use crate::model::Column;
use crate::store::{Row, Session};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A dataset's stored facts.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// Key of the dataset.
    pub(super) dataset: i64,
    /// Key of the organisation.
    pub(super) organisation_id: i64,
    /// Identifier of the record.
    pub(super) uuid: Uuid,
    /// Address part.
    pub(super) slug: String,
    /// Name.
    pub(super) title: String,
    /// What it is.
    pub(super) description: String,
    /// Licence as stored.
    pub(super) licence: Option<String>,
    /// Keywords.
    pub(super) keywords: Vec<String>,
    /// What people say of it.
    pub(super) about: Description,
    /// Counts replacements.
    pub(super) version: i32,
    /// First publication.
    pub(super) created: DateTime<Utc>,
    /// Last change.
    pub(super) updated: DateTime<Utc>,
    /// Name of the organisation.
    pub(super) organisation: String,
    /// Its address for questions.
    pub(super) email: Option<String>,
    /// Layers in the producer's order.
    pub(super) layers: Vec<LayerFacts>,
    /// Last run, where known.
    pub(super) run: Option<RunFacts>,
}

/// A layer.
#[derive(Clone, Debug)]
pub(super) struct LayerFacts {
    pub(super) slug: String,
    pub(super) title: String,
    /// Name of the feature type with its prefix.
    pub(super) type_name: String,
    pub(super) geometry: String,
    pub(super) srid: i32,
    /// West, south, east, north.
    pub(super) extent: Option<BBox>,
    pub(super) features: i64,
    pub(super) columns: Vec<Column>,
    /// Whether it is made of images.
    pub(super) is_raster: bool,
    /// What its tiles are, where it is an archive of them: `mvt`, `png`, `jpeg`, `webp`.
    pub(super) tiles: Option<String>,
}

impl LayerFacts {
    /// Whether it is pictures.
    pub(super) fn is_grid(&self) -> bool {
        self.is_raster || self.tiles.as_deref().is_some_and(|format| format != "mvt")
    }
}

/// What was loaded last.
#[derive(Clone, Debug)]
pub(super) struct RunFacts {
    /// End of the run.
    pub(super) finished: DateTime<Utc>,
    /// Names of the files.
    pub(super) files: Vec<String>,
    /// Features loaded.
    pub(super) features: i64,
}

/// Reads the facts of a dataset.
pub(super) async fn read(session: &mut Session, dataset_id: i64) -> Result<Facts, CatalogueError> {
    let dataset = session
        .query_opt(
            "select d.id, d.organisation_id, d.record, d.slug, d.title, d.description, d.licence, d.keywords,
                    d.version, d.created, d.updated, o.title, o.email, o.prefix, d.about
             from datasud.dataset d join datasud.organisation o on o.id = d.organisation_id where d.id = $1",
            &[&dataset_id],
        )
        .await?
        .ok_or(CatalogueError::NoDataset(dataset_id))?;
    let prefix: String = dataset.get(13);
    let layers = session
        .query(
            "select slug, title, srid, extent_lonlat, coverage is not null, archive #>> '{info,format}',
                    geometry, features, columns from datasud.layer where dataset_id = $1
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
        about: serde_json::from_value(dataset.get(14)).unwrap_or_default(),
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
        geometry: if tiles.is_some() { "Tiles".to_owned() } else { row.get(6) },
        srid: if tiles.is_some() { 3857 } else { row.get(2) },
        is_raster: row.get(4),
        tiles,
        features: row.get(7),
        columns: serde_json::from_value(row.get(8)).unwrap_or_default(),
        extent: extent
            .and_then(|numbers| <[f64; 4]>::try_from(numbers).ok())
            .map(|sides| BBox::from(sides.map(micro)))
            .filter(BBox::is_valid),
    }
}

/// Degrees to six decimals, a decimetre: what every form of the record writes.
pub(super) fn micro(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

/// A record is public: the folders on somebody's disk are nobody's business.
fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

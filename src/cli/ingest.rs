//! `datasud ingest`: files in, a published dataset out.

use super::output::{self, Human};
use super::{describe, progress};
use crate::config::Config;
use crate::ingest::Finding;
use crate::model::{DimensionInfo, Slug, SlugError};
use crate::publish::{
    DatasetSummary, Existing, GmlSchema, LayerSummary, Outcome, PublishError, Published, Publisher, Request,
    dimensions_of,
};
use crate::store::Store;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Load files and publish them as one dataset
///
/// Takes zipped or bare shapefiles, folders of them, GeoJSON (also one feature a line), GeoPackages, and images on the
/// ground: GeoTIFF, JPEG 2000, ASCII grids.
/// All files of one call become the layers of one dataset, published together or not at all; call it once
/// a dataset. Works with or without a running server, which shows the data at once.
///
/// What comes out wrong is mended with --crs (no .prj, or a wrong one) and --encoding (Ã© for é).
///
/// Exit code 0: published. 1: refused, nothing has changed. 2: the command line was wrong.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  datasud ingest communes.zip --organisation crige --title \"Communes de la région\"
  datasud ingest communes-2027.zip --dataset communes --replace
  datasud ingest sentiers.shp --crs EPSG:2154 --encoding windows-1252
  datasud ingest base.gpkg --layer sentiers --json")]
pub struct Args {
    /// Files or folders to load
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Publisher, by slug or by name; created when it is new
    #[arg(long, value_name = "NAME")]
    pub organisation: Option<String>,
    /// Name of the dataset in addresses: a-z, 0-9, - and _ [default: made from the title or file name]
    #[arg(long, value_name = "SLUG", value_parser = Slug::parse)]
    pub dataset: Option<Slug>,
    /// Title for people [default: made from the file name]
    #[arg(long)]
    pub title: Option<String>,
    /// Of a file with several layers, the one to load; of a file with one, its name in the services, which
    /// keeps the capital letters that are written here
    #[arg(long, value_name = "NAME", value_parser = layer_name)]
    pub layer: Option<String>,
    /// Licence, such as etalab-2.0 or ODbL-1.0, or its address
    #[arg(long)]
    pub licence: Option<String>,
    /// Coordinate reference system of the data, whatever the file says: EPSG:2154
    #[arg(long)]
    pub crs: Option<String>,
    /// Encoding of the text, whatever the file says: utf-8, windows-1252, CP850…
    #[arg(long)]
    pub encoding: Option<String>,
    /// Put the data in the place of the dataset that has this name; names, style and record stay
    #[arg(long)]
    pub replace: bool,
    /// Style of the layers: a file in SLD 1.0 or SE 1.1, of QGIS (.qml) or of MapLibre (.json) [default: by geometry type]
    #[arg(long, value_name = "FILE")]
    pub style: Option<PathBuf>,
    /// Names in GML that an agreed schema prescribes: a TOML file with prefix, namespace, type, geometry, required
    #[arg(long, value_name = "FILE.toml")]
    pub gml: Option<PathBuf>,
    /// Dimensions of the layer's maps, such as TIME: a TOML file with one table `dimension` each
    #[arg(long, value_name = "FILE.toml")]
    pub dimensions: Option<PathBuf>,
    /// What the data can't say, as 'datasud describe --file' takes it: JSON or TOML; options win over it
    #[arg(long, value_name = "FILE")]
    pub description: Option<PathBuf>,
    /// Write one JSON object to standard output
    #[arg(long)]
    pub json: bool,
}

/// A layer may be named as its file spells it.
fn layer_name(text: &str) -> Result<String, SlugError> {
    if text.chars().any(char::is_alphanumeric) {
        Ok(text.to_owned())
    } else {
        Err(SlugError(text.to_owned()))
    }
}

/// The JSON of an ingest, published or refused.
#[derive(Serialize)]
struct Answer<'a> {
    status: &'static str,
    dataset: Option<&'a DatasetSummary>,
    layers: &'a [LayerSummary],
    report: &'a [Finding],
}

/// Runs the command.
pub async fn run(config: Arc<Config>, args: Args) -> ExitCode {
    let json = args.json;
    match publish(&config, args).await {
        Ok(published) => {
            if json {
                output::json(&Answer {
                    status: "published",
                    dataset: Some(&published.dataset),
                    layers: &published.layers,
                    report: &published.report,
                });
            } else {
                output::lines(&describe(&config, &published));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            output::log_cause(&error);
            let report = error.findings();
            if json {
                output::json(&Answer { status: "refused", dataset: None, layers: &[], report: &report });
            } else {
                let mut lines = vec!["not published; nothing has changed".to_owned()];
                lines.extend(report.iter().map(output::finding));
                output::errors(&lines);
            }
            ExitCode::FAILURE
        }
    }
}

async fn publish(config: &Arc<Config>, args: Args) -> Result<Published, PublishError> {
    let style = match &args.style {
        Some(path) => Some(read_style(path)?),
        None => None,
    };
    let gml = match &args.gml {
        Some(path) => Some(read_gml(path)?),
        None => None,
    };
    let dimensions = match &args.dimensions {
        Some(path) => Some(read_dimensions(path)?),
        None => None,
    };
    let mut about = args.description.as_deref().map(describe::read_form).transpose()?;
    if let Some(about) = &mut about {
        if args.title.is_some() {
            about.title = None;
        }
        if args.licence.is_some() {
            about.licence = None;
        }
    }
    let store = Store::open(config).await?;
    store.migrate().await?;
    let request = Request {
        files: args.files,
        organisation: args.organisation,
        dataset: args.dataset,
        title: args.title,
        layer: args.layer,
        licence: args.licence,
        crs: args.crs,
        encoding: args.encoding,
        style,
        gml,
        dimensions,
        about,
        existing: if args.replace { Existing::Replace } else { Existing::Refuse },
        ..Request::default()
    };
    let progress = progress::start();
    let publisher = Publisher::new(Arc::clone(config), store.clone());
    let published = publisher.publish(request, &|event| progress.show(&event)).await;
    progress.end();
    store.close().await;
    published
}

fn read_style(path: &PathBuf) -> Result<String, PublishError> {
    let unreadable = |cause| PublishError::File { path: path.clone(), cause };
    let bytes = std::fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes)
        .map_err(|_| PublishError::Option(format!("the style '{}' is not UTF-8 text", path.display())))
}

fn read_gml(path: &PathBuf) -> Result<GmlSchema, PublishError> {
    let unreadable = |cause| PublishError::File { path: path.clone(), cause };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    GmlSchema::parse(&text)
        .map_err(|e| PublishError::Option(format!("the schema '{}' can't be read: {e}", path.display())))
}

fn read_dimensions(path: &PathBuf) -> Result<Vec<DimensionInfo>, PublishError> {
    let unreadable = |cause| PublishError::File { path: path.clone(), cause };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    dimensions_of(&text)
        .map_err(|e| PublishError::Option(format!("the dimensions '{}' can't be read: {e}", path.display())))
}

/// What was published, what was noticed and where to look, for people.
fn describe(config: &Config, published: &Published) -> Vec<String> {
    let dataset = &published.dataset;
    let verb = match published.outcome {
        Outcome::Loaded => "published",
        Outcome::Unchanged => "unchanged",
    };
    let mut lines = vec![format!(
        "{verb}: dataset '{}' ({}), version {}, of organisation '{}'",
        dataset.slug, dataset.title, dataset.version, dataset.organisation
    )];
    let mut layers = Vec::new();
    for layer in &published.layers {
        let extent = layer.extent.map_or_else(
            || "no extent".to_owned(),
            |e| {
                // Hundredths of a degree, a kilometre, tell a wrong place; a small layer needs more.
                let digits = if e.width().max(e.height()) < 0.5 { 4 } else { 2 };
                format!(
                    "{:.digits$}, {:.digits$} to {:.digits$}, {:.digits$}",
                    e.min_x, e.min_y, e.max_x, e.max_y
                )
            },
        );
        layers.push(vec![
            format!("  '{}'", layer.slug),
            format!("{} {}", Human(layer.features), layer.geometry),
            layer.crs.clone(),
            extent,
        ]);
    }
    lines.extend(output::table(&layers));
    lines.extend(published.report.iter().map(output::finding));
    let base = config.public_url();
    lines.push(format!("with 'datasud serve' running: {base}/datasets/{}", dataset.slug));
    lines.extend(output::services(&base).map(|line| format!("  {line}")));
    lines
}

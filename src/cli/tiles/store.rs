//! `datasud tiles status` and `datasud tiles truncate`: what the store has, and deleting from it.

use super::super::output::{self, Human};
use super::area::AreaArgs;
use super::background;
use crate::config::Config;
use crate::jobs::{Chosen, Order, Work, Zooms};
use crate::maps::shelf::Shelf;
use crate::publish::{self, Snapshot};
use crate::store::Store;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::process::ExitCode;

/// Delete tiles of layers from the store
#[derive(Clone, Debug, clap::Args)]
pub(super) struct TruncateArgs {
    /// Layers, as 'datasud list' shows them
    #[arg(value_name = "LAYER", required_unless_present = "all")]
    layers: Vec<String>,
    /// Tiles of all layers, also of those that are gone
    #[arg(long, conflicts_with = "layers")]
    all: bool,
    /// Only tiles of this grid
    #[arg(long, value_name = "GRID")]
    grid: Option<String>,
    /// Only these zooms: one, or the first and the last
    #[arg(long, value_name = "FIRST-LAST", value_parser = Zooms::parse)]
    zoom: Option<Zooms>,
    #[command(flatten)]
    area: AreaArgs,
    /// Leave it to a running server
    #[arg(long)]
    background: bool,
    /// Write the outcome as a JSON object
    #[arg(long)]
    json: bool,
}

/// Show what the store has
#[derive(Clone, Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// Write a JSON object
    #[arg(long)]
    json: bool,
}

/// Deletes tiles.
pub(super) async fn truncate(config: &Config, args: TruncateArgs) -> Result<ExitCode, Box<dyn Error>> {
    let store = Store::open(config).await?;
    let chosen = choose(config, &store, &args).await;
    store.close().await;
    let Some(chosen) = chosen? else { return Ok(ExitCode::SUCCESS) };
    let root = Shelf::folder(config);
    let removed =
        tokio::task::spawn_blocking(move || Shelf::remove(&root, &|found| chosen.has(found))).await?;
    if args.json {
        output::json(&serde_json::json!({"tiles": removed.tiles, "bytes": removed.bytes}));
    } else {
        output::lines(&[format!("deleted: {} tiles, {}", count(removed.tiles), size(removed.bytes))]);
    }
    Ok(ExitCode::SUCCESS)
}

/// The tiles that are to be deleted here; `None` when that is left to a server.
async fn choose(
    config: &Config,
    store: &Store,
    args: &TruncateArgs,
) -> Result<Option<Chosen>, Box<dyn Error>> {
    store.migrate().await?;
    let (snapshot, grids) = (publish::load(store).await?, config.grids()?);
    let order = Order {
        work: Work::Truncate,
        layers: args.layers.clone(),
        grid: args.grid.clone(),
        zooms: args.zoom,
        format: None,
        style: None,
        area: args.area.area(config, store, &snapshot).await?,
        file: None,
    };
    let layers = order.check(&snapshot, &grids)?;
    if args.background {
        background::add(store, &order, layers, args.json).await?;
        return Ok(None);
    }
    Ok(Some(Chosen::of(&order, &snapshot, &grids)?))
}

async fn snapshot(config: &Config) -> Result<Snapshot, Box<dyn Error>> {
    let store = Store::open(config).await?;
    let loaded = match store.migrate().await {
        Ok(_) => publish::load(&store).await.map_err(Into::into),
        Err(error) => Err(error.into()),
    };
    store.close().await;
    loaded
}

/// Tiles of a layer in a grid.
#[derive(Clone, Debug, Default, Serialize)]
struct Entry {
    layers: String,
    grid: String,
    files: u64,
    bytes: u64,
    /// Files of earlier versions of the data and its style: never served, and deleted in time. A tile that was edited is
    /// not among them: the next one takes its file's place.
    outdated: u64,
}

/// Shows what is there.
pub(super) async fn status(config: &Config, args: StatusArgs) -> Result<ExitCode, Box<dyn Error>> {
    let names: HashMap<String, (String, i64)> = snapshot(config)
        .await?
        .layers
        .values()
        .map(|layer| (layer.id.to_string(), (layer.slug.clone(), layer.edits.whole)))
        .collect();
    let root = Shelf::folder(config);
    let entries = tokio::task::spawn_blocking(move || entries(&root, &names)).await?;
    let (files, bytes) = entries.iter().fold((0, 0), |(f, b), entry| (f + entry.files, b + entry.bytes));
    let most = config.limits.tile_store_megabytes;
    if args.json {
        let document = serde_json::json!({
            "megabytes": most, "files": files, "bytes": bytes, "entries": entries,
        });
        output::json(&document);
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines: Vec<String> = entries
        .iter()
        .map(|entry| {
            let Entry { layers, grid, files, bytes, outdated } = entry;
            let old =
                if *outdated > 0 { format!(", {} out of date", count(*outdated)) } else { String::new() };
            format!("{layers}, {grid}: {} files, {}{old}", count(*files), size(*bytes))
        })
        .collect();
    lines.push(match most {
        0 => format!("{}, and none are added: tile-store-megabytes is 0", size(bytes)),
        most => format!("{} of {}", size(bytes), size(most << 20)),
    });
    output::lines(&lines);
    Ok(ExitCode::SUCCESS)
}

fn entries(root: &std::path::Path, names: &HashMap<String, (String, i64)>) -> Vec<Entry> {
    let mut all: BTreeMap<(String, String), Entry> = BTreeMap::new();
    Shelf::tiles(root, &mut |found| {
        let known: Vec<Option<&(String, i64)>> = found.layers.split('+').map(|id| names.get(id)).collect();
        let title: Vec<&str> = known.iter().map(|k| k.map_or("(gone)", |(slug, _)| slug)).collect();
        let title =
            if found.layers.starts_with("many-") { "many layers".to_owned() } else { title.join("+") };
        let current: Vec<String> = known
            .iter()
            .map(|k| k.map_or_else(String::new, |(_, generation)| generation.to_string()))
            .collect();
        let is_old = !found.layers.starts_with("many-") && current.join("+") != found.generations;
        let entry = all.entry((title.clone(), found.grid.clone())).or_insert_with(|| Entry {
            layers: title,
            grid: found.grid.clone(),
            ..Entry::default()
        });
        entry.files += 1;
        entry.bytes += found.size;
        entry.outdated += u64::from(is_old);
    });
    all.into_values().collect()
}

fn count(number: u64) -> String {
    Human(i64::try_from(number).unwrap_or(i64::MAX)).to_string()
}

/// Bytes for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0),
    }
}

//! `datasud tiles seed`: tiles made before anybody asks for them.

use super::super::output::{self, Human};
use super::plan::{self, Part, Zooms};
use crate::config::Config;
use crate::features::FeatureEngine;
use crate::formats::image::Library;
use crate::geo::BBox;
use crate::geo::grid::{Tile, TileMatrixSet};
use crate::maps::shelf::{Shelf, WhenFull};
use crate::maps::{MapEngine, MapLayer, Seeded};
use crate::model::Layer;
use crate::publish::{self, Snapshot};
use crate::render::{DrawingPool, ImageFormat};
use crate::store::{Deadline, Store};
use crate::tiles::{TILE_FORMATS, TileEngine, TileLayer, map_of, part_of};
use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::error::Error;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Failures that are told one by one.
const TOLD: usize = 5;

/// Tiles a side that labelled pictures are drawn together by; see `tiles::part_of`.
const TOGETHER: u32 = 4;

/// Make the tiles of layers before anybody asks for them
///
/// Tiles that are on disk already are left as they are, so that a seeding that was stopped (Ctrl-C) goes on
/// where it ended when it is started again.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Layers, as 'datasud list' shows them
    #[arg(value_name = "LAYER", required = true)]
    layers: Vec<String>,
    /// Grid of the tiles
    #[arg(long, value_name = "GRID", default_value = "WebMercatorQuad")]
    grid: String,
    /// Zooms of the grid: one, or the first and the last
    #[arg(long, value_name = "FIRST-LAST", default_value = "0-10", value_parser = Zooms::parse)]
    zoom: Zooms,
    /// Only this box in degrees: west,south,east,north
    #[arg(long, value_name = "BOX", value_parser = plan::parse_box, allow_hyphen_values = true)]
    bbox: Option<BBox>,
    /// Form of the tiles: png, jpeg, webp, or mvt for vector tiles
    #[arg(long, value_name = "FORMAT", default_value = "png", value_parser = ["png", "jpeg", "webp", "mvt"])]
    format: String,
    /// Style of pictures [default: that of each layer]
    #[arg(long, value_name = "STYLE")]
    style: Option<String>,
    /// Write the outcome as a JSON object
    #[arg(long)]
    json: bool,
}

/// What a seeding did.
#[derive(Clone, Debug, Default, Serialize)]
struct Outcome {
    /// `done`, `stopped`, `full`, or `failed` where tiles could not be made.
    status: &'static str,
    tiles: u64,
    made: u64,
    there: u64,
    failed: u64,
    seconds: f64,
    messages: Vec<String>,
}

/// What makes the tiles.
struct Maker {
    maps: MapEngine,
    tiles: TileEngine,
    grid: &'static TileMatrixSet,
    /// `None` for vector tiles.
    format: Option<ImageFormat>,
    style: String,
    time: Duration,
}

/// Runs the command.
pub(super) async fn run(config: &Arc<Config>, args: Args) -> Result<ExitCode, Box<dyn Error>> {
    let shelf = Shelf::of(config, WhenFull::Refuse).ok_or(
        "no tiles are kept on disk; set tile-store-megabytes under [limits] of the configuration, such as 2048",
    )?;
    let grid = plan::grid(&config.grids()?, &args.grid)?;
    let store = Store::open(config).await?;
    let outcome = seed(config, &store, &shelf, grid, &args).await;
    store.close().await;
    let outcome = outcome?;
    if args.json {
        output::json(&outcome);
    } else {
        tell(&outcome);
    }
    Ok(if outcome.status == "done" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn seed(
    config: &Config,
    store: &Store,
    shelf: &Arc<Shelf>,
    grid: &'static TileMatrixSet,
    args: &Args,
) -> Result<Outcome, Box<dyn Error>> {
    store.migrate().await?;
    let snapshot = publish::load(store).await?;
    let layers = plan::layers(&snapshot, &args.layers)?;
    let style = args.style.clone().unwrap_or_default();
    let format = ImageFormat::named(&args.format).filter(|format| TILE_FORMATS.contains(format));
    if format.is_some() {
        check_style(&layers, &style)?;
    }
    let parts = plan::parts(&layers, grid, args.zoom, args.bbox.as_ref())?;
    let features = FeatureEngine::new(store.clone(), &config.limits);
    let pool = DrawingPool::new(config.limits.drawing_workers, config.limits.drawing_queue);
    let maps = MapEngine::new(features.clone(), Library::new(&config.data), pool, &config.limits)
        .with_shelf(Some(Arc::clone(shelf)));
    let tiles = TileEngine::new(features, &config.limits)
        .with_overviews(config.overviews.clone())
        .with_shelf(Some(Arc::clone(shelf)));
    let time = config.limits.export();
    let maker = Maker { maps, tiles, grid, format, style, time };
    let mut outcome = make(&maker, &parts, shelf).await;
    let now = publish::load(store).await?;
    outcome.messages.extend(changed(&layers, &now));
    Ok(outcome)
}

fn check_style(layers: &[Arc<Layer>], style: &str) -> Result<(), Box<dyn Error>> {
    match layers.iter().find(|layer| layer.style(style).is_none()) {
        None => Ok(()),
        Some(layer) => {
            let known: Vec<&str> = layer.styles.iter().map(|s| s.name.as_str()).collect();
            Err(format!("layer '{}' has no style '{style}'; it has: {}", layer.slug, known.join(", ")).into())
        }
    }
}

/// Makes all tiles, some at a time; ends early when asked to, or when there is no room.
async fn make(maker: &Maker, parts: &[Part], shelf: &Shelf) -> Outcome {
    let start = Instant::now();
    let mut outcome =
        Outcome { status: "done", tiles: parts.iter().map(Part::count).sum(), ..Outcome::default() };
    let bar = bar(outcome.tiles);
    let all = parts.iter().flat_map(|part| part.tiles(TOGETHER).map(move |at| (part, at)));
    let side_by_side = std::thread::available_parallelism().map_or(2, usize::from);
    let mut work = futures_util::stream::iter(all)
        .map(|(part, [row, col])| async move { maker.one(part, row, col).await })
        .buffer_unordered(side_by_side);
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let next = tokio::select! {
            next = work.next() => next,
            _ = &mut stop => {
                outcome.status = "stopped";
                break;
            }
        };
        match next {
            None => break,
            Some(Ok(Seeded::There)) => outcome.there += 1,
            Some(Ok(Seeded::Made)) => outcome.made += 1,
            Some(Err(message)) => {
                outcome.failed += 1;
                outcome.status = "failed";
                if outcome.messages.len() < TOLD {
                    outcome.messages.push(message);
                }
            }
        }
        bar.inc(1);
        if shelf.is_full() {
            outcome.status = "full";
            outcome.messages.push(
                "the store is full; raise tile-store-megabytes, or make room with 'datasud tiles truncate'"
                    .to_owned(),
            );
            break;
        }
    }
    bar.finish_and_clear();
    outcome.seconds = start.elapsed().as_secs_f64();
    outcome
}

impl Maker {
    async fn one(&self, part: &Part, row: u32, col: u32) -> Result<Seeded, String> {
        let Some(tile) = self.grid.tile(part.level, row, col) else { return Ok(Seeded::There) };
        let made = match self.format {
            None => {
                let layers = [TileLayer::from(Arc::clone(&part.layer))];
                let made = self.tiles.seed(&layers, tile, Deadline::after(self.time)).await;
                made.map_err(|error| error.to_string())
            }
            Some(format) => self.picture(&part.layer, tile, format).await,
        };
        made.map_err(|error| format!("layer '{}', tile {tile}: {error}", part.layer.slug))
    }

    async fn picture(&self, layer: &Arc<Layer>, tile: Tile, format: ImageFormat) -> Result<Seeded, String> {
        let Some(style) = layer.style(&self.style) else { return Err("the style is gone".to_owned()) };
        let map = map_of(tile, vec![MapLayer::new(Arc::clone(layer), style.clone())], format);
        let part = part_of(tile, &map);
        let made = self.maps.seed(map, part, Deadline::after(self.time)).await;
        made.map_err(|error| error.to_string())
    }
}

/// Layers whose data is another by now: their tiles are of the state before.
fn changed(layers: &[Arc<Layer>], now: &Snapshot) -> Vec<String> {
    let moved = layers.iter().filter(|layer| {
        now.layers.get(&layer.slug).is_none_or(|current| current.generation != layer.generation)
    });
    moved.map(|layer| format!("layer '{}' was changed meanwhile; seed it once more", layer.slug)).collect()
}

fn bar(total: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} tiles [{wide_bar}] {human_pos}/{human_len} {eta}")
    {
        bar.set_style(style);
    }
    bar
}

fn tell(outcome: &Outcome) {
    let human = |count: u64| Human(i64::try_from(count).unwrap_or(i64::MAX)).to_string();
    let Outcome { status, tiles, made, there, failed, seconds, messages } = outcome;
    output::errors(messages);
    let mut line = format!(
        "{status}: {} of {} tiles, {} made and {} there before",
        human(made + there),
        human(*tiles),
        human(*made),
        human(*there)
    );
    if *failed > 0 {
        line.push_str(&format!(", {} failed", human(*failed)));
    }
    output::lines(&[format!("{line}, in {seconds:.1} s")]);
}

//! `datasud tiles seed`: tiles made before anybody asks for them.

use super::super::output::{self, Human};
use super::area::AreaArgs;
use super::{background, drawing};
use crate::config::Config;
use crate::features::FeatureEngine;
use crate::jobs::{self, Cover, Maker, Order, Part, TOGETHER, Work, Zooms};
use crate::maps::Seeded;
use crate::maps::shelf::{Shelf, WhenFull};
use crate::model::Layer;
use crate::publish::{self, Snapshot};
use crate::store::Store;
use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::error::Error;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// Failures that are told one by one.
const TOLD: usize = 5;

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
    #[command(flatten)]
    area: AreaArgs,
    /// Form of the tiles: png, jpeg, webp, or mvt for vector tiles
    #[arg(long, value_name = "FORMAT", default_value = "png", value_parser = ["png", "jpeg", "webp", "mvt"])]
    format: String,
    /// Style of pictures [default: that of each layer]
    #[arg(long, value_name = "STYLE")]
    style: Option<String>,
    /// Leave it to a running server, which makes the tiles while nobody needs it
    #[arg(long)]
    background: bool,
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
    /// Tiles of the box around the area that have nothing of it.
    outside: u64,
    failed: u64,
    seconds: f64,
    messages: Vec<String>,
}

/// Runs the command.
pub(super) async fn run(config: &Arc<Config>, args: Args) -> Result<ExitCode, Box<dyn Error>> {
    let shelf = Shelf::of(config, WhenFull::Refuse).ok_or(
        "no tiles are kept on disk; set tile-store-megabytes under [limits] of the configuration, such as 2048",
    )?;
    let store = Store::open(config).await?;
    let done = seed(config, &store, &shelf, &args).await;
    store.close().await;
    done
}

async fn seed(
    config: &Config,
    store: &Store,
    shelf: &Arc<Shelf>,
    args: &Args,
) -> Result<ExitCode, Box<dyn Error>> {
    store.migrate().await?;
    let (snapshot, grids) = (publish::load(store).await?, config.grids()?);
    let mut order = Order {
        work: Work::Seed,
        layers: args.layers.clone(),
        grid: Some(args.grid.clone()),
        zooms: Some(args.zoom),
        format: Some(args.format.clone()),
        style: args.style.clone(),
        area: None,
        file: None,
    };
    // What can be told without reading features is told before they are read.
    order.check(&snapshot, &grids)?;
    order.area = args.area.area(config, store, &snapshot).await?;
    let layers = order.check(&snapshot, &grids)?;
    if args.background {
        return background::add(store, &order, layers, args.json).await;
    }
    let layers = layers.unwrap_or_default();
    let features = FeatureEngine::new(store.clone(), &config.limits);
    let pool = drawing(config);
    let maker = Maker::new(config, features, pool, shelf, (&order, &grids))?;
    let parts = jobs::parts(&layers, maker.grid(), args.zoom, order.area.as_ref())?;
    let cover = order.area.as_ref().map(|area| area.cover(&maker.grid().crs.crs)).transpose()?.flatten();
    let mut outcome = make(&maker, &parts, cover.as_ref(), shelf).await;
    let now = publish::load(store).await?;
    outcome.messages.extend(changed(&layers, &now));
    if args.json {
        output::json(&outcome);
    } else {
        tell(&outcome);
    }
    Ok(if outcome.status == "done" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes all tiles, some at a time; ends early when asked to, or when there is no room.
async fn make(maker: &Maker, parts: &[Part], cover: Option<&Cover>, shelf: &Shelf) -> Outcome {
    let start = Instant::now();
    let mut outcome =
        Outcome { status: "done", tiles: parts.iter().map(Part::count).sum(), ..Outcome::default() };
    let bar = bar(outcome.tiles);
    let all = parts.iter().flat_map(|part| part.tiles(TOGETHER).map(move |at| (part, at)));
    let side_by_side = std::thread::available_parallelism().map_or(2, usize::from);
    let mut work = futures_util::stream::iter(all)
        .map(|(part, [row, col])| async move {
            let tile = maker.grid().tile(part.level, row, col);
            let inside = cover.is_none_or(|cover| tile.is_some_and(|tile| cover.touches(&tile.bbox())));
            if inside { maker.one(part, row, col).await.map(Some) } else { Ok(None) }
        })
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
            Some(Ok(None)) => outcome.outside += 1,
            Some(Ok(Some(Seeded::There))) => outcome.there += 1,
            Some(Ok(Some(Seeded::Made))) => outcome.made += 1,
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

/// Layers whose data is another by now: their tiles are of the state before.
fn changed(layers: &[Arc<Layer>], now: &Snapshot) -> Vec<String> {
    let moved = layers.iter().filter(|layer| {
        now.layers.get(&layer.slug).is_none_or(|current| current.generation != layer.generation)
    });
    moved.map(|layer| format!("layer '{}' was changed meanwhile; seed it once more", layer.slug)).collect()
}

/// A bar on a terminal.
pub(super) fn bar(total: u64) -> ProgressBar {
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
    let Outcome { status, tiles, made, there, outside, failed, seconds, messages } = outcome;
    output::errors(messages);
    let mut line = format!(
        "{status}: {} of {} tiles, {} made and {} there before",
        human(made + there),
        human(tiles.saturating_sub(*outside)),
        human(*made),
        human(*there)
    );
    if *failed > 0 {
        line.push_str(&format!(", {} failed", human(*failed)));
    }
    output::lines(&[format!("{line}, in {seconds:.1} s")]);
}

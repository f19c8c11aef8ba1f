//! `datasud tiles export`: tiles of layers put in one file.

use super::super::output::{self, Human};
use super::area::AreaArgs;
use super::seed::bar;
use super::store::size;
use super::{background, drawing};
use crate::config::Config;
use crate::features::FeatureEngine;
use crate::formats::archive::{ArchiveKind, Begun, WorkFile};
use crate::jobs::{Export, Exported, JobError, Order, Work, Zooms};
use crate::publish::{self, Snapshot};
use crate::store::Store;
use serde::Serialize;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// Put the tiles of layers in one file: PMTiles or MBTiles
///
/// Finished tiles are kept beside the file until all are there, so that an export that was stopped (Ctrl-C) goes on where it
/// ended when the same command is given again. When the data has changed since, it begins anew.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Layers, as 'datasud list' shows them, joined by commas: all in each tile
    #[arg(value_name = "LAYER,…", value_delimiter = ',', num_args = 1, required = true)]
    layers: Vec<String>,
    /// File; its ending, .pmtiles or .mbtiles, tells which
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Zooms: one, or the first and the last
    #[arg(long, alias = "zooms", value_name = "FIRST-LAST", default_value = "0-14", value_parser = Zooms::parse)]
    zoom: Zooms,
    #[command(flatten)]
    area: AreaArgs,
    /// Form of the tiles: mvt for vector tiles, png, jpeg, webp [default: mvt, or png with a style]
    #[arg(long, value_name = "FORMAT", value_parser = ["mvt", "png", "jpeg", "webp"])]
    format: Option<String>,
    /// Style of pictures [default: that of each layer]
    #[arg(long, visible_alias = "picture", value_name = "STYLE")]
    style: Option<String>,
    /// Put it in the place of a file that is there
    #[arg(long)]
    replace: bool,
    /// Leave it to a running server, which makes it while nobody needs it and offers it for download: FILE is its name there, that
    /// of the layer or of the dataset
    #[arg(long)]
    background: bool,
    /// Write the outcome as a JSON object
    #[arg(long)]
    json: bool,
}

/// What an export did.
#[derive(Clone, Debug, Default, Serialize)]
struct Outcome {
    /// `done`, `stopped`, or `failed`.
    status: &'static str,
    file: String,
    /// Tiles of the plan.
    tiles: u64,
    /// Tiles that an earlier run had behind it.
    before: u64,
    /// Tiles of the box around the area that have nothing of it, passed in this run.
    outside: u64,
    /// Tiles in the file; 0 until it is there.
    exported: u64,
    bytes: u64,
    seconds: f64,
    messages: Vec<String>,
}

/// Runs the command.
pub(super) async fn run(config: &Arc<Config>, args: Args) -> Result<ExitCode, Box<dyn Error>> {
    let kind = ArchiveKind::of_file(&args.file).ok_or_else(|| {
        format!("{}: the ending tells the kind of the file; write .pmtiles or .mbtiles", args.file.display())
    })?;
    if !args.background && !args.replace && args.file.exists() {
        let name = args.file.display();
        return Err(format!("{name} is there already; give --replace to put the new one in its place").into());
    }
    let store = Store::open(config).await?;
    let done = export(config, &store, &args, kind).await;
    store.close().await;
    done
}

async fn export(
    config: &Config,
    store: &Store,
    args: &Args,
    kind: ArchiveKind,
) -> Result<ExitCode, Box<dyn Error>> {
    store.migrate().await?;
    let (snapshot, grids) = (publish::load(store).await?, config.grids()?);
    let usual = if args.style.is_some() { "png" } else { "mvt" };
    let mut order = Order {
        work: Work::Export,
        layers: args.layers.clone(),
        grid: None,
        zooms: Some(args.zoom),
        format: Some(args.format.clone().unwrap_or_else(|| usual.to_owned())),
        style: args.style.clone(),
        area: None,
        file: args.background.then(|| args.file.to_string_lossy().into_owned()),
    };
    // What can be told without reading features is told before they are read.
    order.check(&snapshot, &grids)?;
    order.area = args.area.area(config, store, &snapshot).await?;
    let layers = order.check(&snapshot, &grids)?;
    if args.background {
        return background::add(store, &order, layers, args.json).await;
    }
    let features = FeatureEngine::new(store.clone(), &config.limits);
    let pool = drawing(config);
    let tools = (config, &features, &pool);
    let export = Export::open(tools, &order, layers.unwrap_or_default(), (&args.file, kind), false).await?;
    let outcome = make(export, &args.file, async || publish::load(store).await).await?;
    if args.json {
        output::json(&outcome);
    } else {
        tell(&outcome);
    }
    Ok(if outcome.status == "done" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes all tiles and the file, or ends early when asked to.
async fn make(
    mut export: Export,
    file: &Path,
    now: impl AsyncFn() -> Result<Snapshot, publish::PublishError>,
) -> Result<Outcome, Box<dyn Error>> {
    let start = Instant::now();
    let mut outcome = Outcome {
        file: file.display().to_string(),
        tiles: export.tiles(),
        before: export.passed(),
        ..Outcome::default()
    };
    if export.begun() == Begun::Anew {
        let message =
            "what was kept of an earlier export is of other data, or of another order: it begins anew";
        outcome.messages.push(message.to_owned());
    }
    let bar = bar(outcome.tiles);
    bar.set_position(outcome.before);
    bar.reset_eta();
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    let side_by_side = std::thread::available_parallelism().map_or(2, usize::from);
    let work = async {
        while export.advance(side_by_side).await? {
            outcome.outside = export.outside();
            bar.set_position(export.passed());
        }
        let changed = export.changed(&now().await?);
        if !changed.is_empty() {
            export.discard().await;
            return Err(JobError::Wrong(format!(
                "layer '{}' was changed meanwhile, so that tiles would be of two states; export it once more",
                changed.join("', '")
            )));
        }
        export.finish().await
    };
    let ended = tokio::select! {
        ended = work => Some(ended),
        _ = &mut stop => None,
    };
    bar.finish_and_clear();
    outcome.seconds = start.elapsed().as_secs_f64();
    match ended {
        Some(Ok(Exported { tiles, bytes })) => {
            outcome.status = "done";
            (outcome.exported, outcome.bytes) = (tiles, bytes);
        }
        Some(Err(error)) => {
            outcome.status = "failed";
            output::log_cause(&error);
            outcome.messages.push(error.to_string());
        }
        None => outcome.status = "stopped",
    }
    let kept = WorkFile::path_of(file);
    if outcome.status != "done" && kept.exists() {
        outcome.messages.push(format!(
            "finished tiles are kept in {}; the same command goes on from there",
            kept.display()
        ));
    }
    Ok(outcome)
}

fn tell(outcome: &Outcome) {
    let human = |count: u64| Human(i64::try_from(count).unwrap_or(i64::MAX)).to_string();
    let Outcome { status, file, tiles, before, exported, bytes, seconds, messages, .. } = outcome;
    output::errors(messages);
    let what = match *status {
        "done" => format!("{file}: {} tiles, {}", human(*exported), size(*bytes)),
        _ => format!("{status}: {file} is not made; it has {} places for tiles", human(*tiles)),
    };
    let before =
        if *before > 0 { format!(", {} of them made before", human(*before)) } else { String::new() };
    output::lines(&[format!("{what}{before}, in {seconds:.1} s")]);
}

//! `datasud tiles`: the store of tiles on disk, filled ahead of time, looked at and emptied; tiles in one file.
//!
//! | file | what |
//! |---|---|
//! | `seed.rs` | making tiles that are not there yet |
//! | `export.rs` | tiles put in one file |
//! | `area.rs` | where |
//! | `store.rs` | what is there; deleting |
//! | `background.rs` | jobs that servers do |

mod area;
mod background;
mod export;
mod seed;
mod store;

use super::output;
use crate::config::Config;
use crate::render::DrawingPool;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

/// Fill, look at and empty the store of tiles on disk; put tiles in one file
///
/// The store is switched on by 'tile-store-megabytes' in the table of limits of the configuration file. Servers fill it as
/// they draw; 'tiles seed' does so ahead of time, with or without a server running.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  datasud tiles seed communes --zoom 5-12
  datasud tiles seed communes routes --grid LAMB93_10cm --zoom 8-14 --bbox 5.2,43.2,5.6,43.5
  datasud tiles seed communes --format mvt --zoom 0-12
  datasud tiles seed routes --zoom 8-16 --in communes --where \"code_insee = '13055'\" --background
  datasud tiles export communes communes.pmtiles --zoom 0-13
  datasud tiles export communes,routes region.mbtiles --format png --bbox 5.2,43.2,5.6,43.5
  datasud tiles jobs
  datasud tiles status
  datasud tiles truncate communes --zoom 10-14")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What to do with the store.
#[derive(Clone, Debug, clap::Subcommand)]
enum Action {
    Seed(seed::Args),
    Export(export::Args),
    Truncate(store::TruncateArgs),
    Status(store::StatusArgs),
    Jobs(background::JobsArgs),
    Cancel(background::CancelArgs),
}

/// The workers of a command that draws.
fn drawing(config: &Config) -> DrawingPool {
    DrawingPool::new(config.limits.drawing_workers, config.limits.drawing_queue)
}

/// Runs the command.
pub async fn run(config: Arc<Config>, args: Args) -> ExitCode {
    let done = match args.action {
        Action::Seed(args) => seed::run(&config, args).await,
        Action::Export(args) => export::run(&config, args).await,
        Action::Truncate(args) => store::truncate(&config, args).await,
        Action::Status(args) => store::status(&config, args).await,
        Action::Jobs(args) => background::jobs(&config, args).await,
        Action::Cancel(args) => background::cancel(&config, args).await,
    };
    done.unwrap_or_else(|error: Box<dyn Error>| {
        output::log_cause(error.as_ref());
        output::errors(&[format!("error: {error}")]);
        ExitCode::FAILURE
    })
}

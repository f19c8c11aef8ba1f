//! The command line, one file a command. Exit codes: 0 done, 1 failed or refused, 2 bad usage.

mod args;
pub mod demo;
mod describe;
mod doctor;
mod ingest;
mod list;
mod output;
mod preview;
mod progress;
mod read_file;
mod records;
mod remove;
mod serve;
mod tiles;
mod token;

use args::{Cli, Command, LogFormat};
use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// Exit code of a command line or a configuration that can't be used.
const BAD_USAGE: u8 = 2;

/// What a server logs by default: its own words and others' warnings.
const SERVING: &str = "warn,datasud=info";

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::ReadFile) {
        return read_file::run();
    }
    let serving = matches!(cli.command, Command::Serve(_) | Command::Demo(_));
    start_log(cli.options.log_format, if serving { SERVING } else { "warn" });
    let config = match cli.options.config() {
        Ok(config) => Arc::new(config),
        Err(error) => {
            output::errors(&[format!("error: {error}")]);
            return ExitCode::from(BAD_USAGE);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::errors(&[format!("error: the program's threads can't be started: {error}")]);
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => serve::run(config, args).await,
            Command::Demo(_) => serve::demo(config).await,
            Command::Ingest(args) => ingest::run(config, *args).await,
            Command::Describe(args) => describe::run(config, *args).await,
            Command::List(args) => list::run(config, args).await,
            Command::Remove(args) => remove::run(config, args).await,
            Command::Records(args) => records::run(config, args).await,
            Command::Tiles(args) => tiles::run(config, args).await,
            Command::Token(args) => token::run(config, args).await,
            Command::Doctor(args) => doctor::run(config, args).await,
            Command::ReadFile => read_file::run(),
        }
    })
}

/// The log goes to standard error; standard output is for results.
fn start_log(format: LogFormat, level: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second start in one process, as tests do, keeps the first log.
    let _ = match format {
        LogFormat::Text => log.with_target(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

//! Runs the OGC's test suites against DataSud, offline, and writes down what they say. README.md is the guide.

mod engine;
mod expected;
mod markdown;
mod own;
mod plan;
mod process;
mod proxy;
mod report;
mod results;
mod run;
mod server;
mod sources;
mod suites;
mod verdict;

use clap::Parser;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Run the OGC's test suites against DataSud
///
/// Starts a server with a database of its own, loads the suites' data, runs each suite without network and
/// writes results.json and RESULTS.md.
///
/// Exit code 0: all passed. 1: something failed or fell behind the last good run. 2: nothing failed, but
/// something could not be run.
#[derive(Clone, Debug, Parser)]
#[command(name = "ogc-conformance/run", version, max_term_width = 100)]
pub struct Options {
    /// Suites to run, such as wms13 [default: all]
    #[arg(value_name = "SUITE")]
    pub suites: Vec<String>,
    /// The server's program
    #[arg(long, env = "DATASUD_BIN", value_name = "FILE")]
    pub datasud: PathBuf,
    /// A folder that holds the suites already; README.md says how it is laid out
    #[arg(long, env = "CITE_SUITES", value_name = "FOLDER")]
    pub suites_in: Option<PathBuf>,
    /// Where logs and the suites' own reports are put
    #[arg(long, value_name = "FOLDER")]
    pub work: PathBuf,
    /// Where results.json and RESULTS.md are written [default: this folder]
    #[arg(long, value_name = "FOLDER")]
    pub results: Option<PathBuf>,
    /// Ask nothing from the network, also not through Maven and pip
    #[arg(long)]
    pub offline: bool,
    /// Leave out our own tests, which `make test` runs
    #[arg(long)]
    pub no_own: bool,
    /// After a good run, make its counts those that later runs must reach
    #[arg(long)]
    pub update_expected: bool,
    /// Exit code 0 also where a suite could not be had (it is still said)
    #[arg(long)]
    pub allow_missing: bool,
}

/// This folder: the plan, the overlay and our own data lie in it. `run` says where it is, because a build folder
/// that several checkouts share may hold a program that was built in another one.
#[must_use]
pub fn folder() -> PathBuf {
    std::env::var_os("OGC_CONFORMANCE")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

/// Writes lines for people. A terminal that went away is no reason to fail.
fn say<S: AsRef<str>>(lines: &[S]) {
    let mut out = std::io::stdout().lock();
    for line in lines {
        let _ = writeln!(out, "{}", line.as_ref());
    }
    let _ = out.flush();
}

fn main() -> ExitCode {
    match run::all(&Options::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "ogc-conformance: {error}");
            ExitCode::FAILURE
        }
    }
}

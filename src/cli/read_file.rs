//! `datasud read-file`: the hidden command in which files are read (see [`crate::ingest`]).

use std::process::ExitCode;

/// Serves one request from standard input on standard output. Called before anything else of the program
/// starts, so that its limits hold from the first byte.
#[must_use]
pub fn run() -> ExitCode {
    match crate::ingest::read_file(std::io::stdin().lock(), std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

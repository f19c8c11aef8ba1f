//! The command line, one file a command.

pub mod demo;
pub mod ingest;
pub mod list;
mod output;
mod progress;
pub mod read_file;
pub mod remove;

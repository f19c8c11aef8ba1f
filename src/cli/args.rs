//! The words of the command line. What each command takes stands beside the command.

use super::{demo, describe, doctor, ingest, list, records, remove, serve, tiles, token};
use crate::config::{Config, ConfigError, Editing, Overrides};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Geodata server: a file goes in; a map, features, tiles and a metadata record come out.
///
/// Needs no database of its own making: without --database-url it creates and runs PostgreSQL with PostGIS
/// inside the data directory.
#[derive(Debug, Parser)]
#[command(
    name = "datasud",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "\
Begin with:
  datasud demo                                    a small invented region, on http://127.0.0.1:8080
  datasud serve                                   an empty server
  datasud ingest communes.zip                     load and publish a file, with or without a server running
  datasud doctor                                  check the installation

'datasud help COMMAND' explains a command with examples."
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) options: Options,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What all commands take, before or after the command's name.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options for all commands")]
pub(super) struct Options {
    /// Data directory: the embedded database, uploads, caches [default: ./datasud-data]
    #[arg(long, global = true, env = "DATASUD_DATA", value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// An existing PostgreSQL server, such as postgres://user:password@host/name?sslmode=require
    /// [default: the embedded database]
    #[arg(long, global = true, env = "DATASUD_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "DATASUD_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// What clients see in links and capabilities [default: http:// and the listening address]
    #[arg(long, global = true, env = "DATASUD_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Who may change features by WFS and OGC API: nobody, holders of a token, everyone [default: off]
    #[arg(long, global = true, env = "DATASUD_EDITING", value_name = "WHO")]
    editing: Option<WhoEdits>,
    /// Configuration file (TOML); the command line and the environment win over it
    #[arg(long, global = true, env = "DATASUD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Form of the log on standard error; RUST_LOG chooses what is in it
    #[arg(long, global = true, env = "DATASUD_LOG_FORMAT", value_name = "FORM", default_value = "text")]
    pub(super) log_format: LogFormat,
}

/// Who may edit, on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum WhoEdits {
    /// Nobody
    Off,
    /// Holders of a token, which 'datasud token create' makes
    Token,
    /// Everyone: closed networks and conformance runs
    Open,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Serve(serve::Args),
    Demo(demo::Args),
    Ingest(Box<ingest::Args>),
    Describe(Box<describe::Args>),
    List(list::Args),
    Remove(remove::Args),
    Records(records::Args),
    Tiles(tiles::Args),
    Token(token::Args),
    Doctor(doctor::Args),
    /// Read a file for ingestion, which starts this as a process of its own
    #[command(hide = true)]
    ReadFile,
}

impl Options {
    /// The configuration that the options, the environment and the file make.
    pub(super) fn config(&self) -> Result<Config, ConfigError> {
        let editing = self.editing.map(|who| match who {
            WhoEdits::Off => Editing::Off,
            WhoEdits::Token => Editing::Token,
            WhoEdits::Open => Editing::Open,
        });
        let overrides = Overrides {
            data: self.data.clone(),
            database_url: self.database_url.clone(),
            listen: self.listen.clone(),
            public_url: self.public_url.clone(),
            editing,
        };
        Config::load(self.config.as_deref(), overrides)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_stand_before_or_after_the_command() {
        for line in [["datasud", "--data", "/d", "list"], ["datasud", "list", "--data", "/d"]] {
            let cli = Cli::try_parse_from(line).expect("good");
            assert_eq!(cli.options.config().expect("config").data, PathBuf::from("/d"));
        }
    }

    #[test]
    fn the_reader_is_not_shown_to_people() {
        let cli = Cli::try_parse_from(["datasud", "read-file"]).expect("good");
        assert!(matches!(cli.command, Command::ReadFile));
        assert!(!Cli::command().render_help().to_string().contains("read-file"));
    }
}

//! `datasud token`: who may edit where editing needs a token.

use super::output;
use crate::access::{Token, TokenError, Tokens};
use crate::config::{Config, Editing};
use crate::store::{Deadline, Store};
use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Make, list and revoke the tokens of those who may edit
///
/// A server that runs with --editing token lets holders of a token change features by WFS Transaction and
/// OGC API Features: they send the header 'Authorization: Bearer TOKEN' with each request.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

/// Make a token and write it to standard output
///
/// It is shown this once: the database keeps only what tells it from others. Works with or without a running
/// server, which takes the token at once.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  datasud token create \"Anne, service voirie\" --days 365
  datasud token create parc --organisation parc-national
  TOKEN=$(datasud token create robot --days 1)")]
struct Create {
    /// Who will hold it, to know it again in the list
    #[arg(value_name = "NAME")]
    name: String,
    /// Slug of the only organisation whose layers it may change [default: all]
    #[arg(long, value_name = "SLUG")]
    organisation: Option<String>,
    /// Days until it ends by itself [default: it lasts until it is revoked]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
    /// Write one JSON object to standard output
    #[arg(long)]
    json: bool,
}

/// Show the tokens there are, without their secrets
#[derive(Clone, Debug, clap::Args)]
struct List {
    /// Write a JSON array
    #[arg(long)]
    json: bool,
}

/// End a token: running servers refuse it within seconds
#[derive(Clone, Debug, clap::Args)]
struct Revoke {
    /// Name of the token, as 'datasud token list' shows it
    #[arg(value_name = "NAME")]
    name: String,
}

/// The JSON of a new token.
#[derive(Serialize)]
struct Created<'a> {
    #[serde(flatten)]
    token: &'a Token,
    secret: &'a str,
}

/// Runs the command.
pub async fn run(config: Arc<Config>, args: Args) -> ExitCode {
    let outcome = async {
        let store = Store::open(&config).await?;
        store.migrate().await?;
        let done = act(&config, &Tokens::new(store.clone()), args.action).await;
        store.close().await;
        done
    };
    match outcome.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::log_cause(&error);
            output::errors(&[format!("error: {error}")]);
            ExitCode::FAILURE
        }
    }
}

async fn act(config: &Config, tokens: &Tokens, action: Action) -> Result<(), TokenError> {
    let deadline = Deadline::after(Duration::from_secs(30));
    match action {
        Action::Create(args) => {
            let (secret, token) =
                tokens.create(&args.name, args.organisation.as_deref(), args.days, deadline).await?;
            if args.json {
                output::json(&Created { token: &token, secret: &secret });
            } else {
                output::lines(&[secret]);
                output::errors(&explained(config, &token));
            }
        }
        Action::List(args) => {
            let all = tokens.list(deadline).await?;
            if args.json {
                output::json(&all);
            } else if all.is_empty() {
                output::errors(&["no token was made yet; 'datasud token create NAME' makes one".to_owned()]);
            } else {
                output::lines(&output::table(&all.iter().map(row).collect::<Vec<_>>()));
            }
        }
        Action::Revoke(args) => {
            tokens.revoke(&args.name, deadline).await?;
            output::lines(&[format!("revoked: token '{}'", args.name)]);
        }
    }
    Ok(())
}

/// What a person needs to know of the token just made.
fn explained(config: &Config, token: &Token) -> Vec<String> {
    let what = match &token.organisation {
        Some(slug) => format!("the layers of organisation '{slug}'"),
        None => "all layers".to_owned(),
    };
    let end =
        token.expires.map_or_else(|| "until it is revoked".to_owned(), |at| format!("until {}", day(at)));
    let mut lines = vec![
        format!("token '{}' may change {what} {end}; it is shown this once", token.name),
        "clients send it in the header 'Authorization: Bearer TOKEN'".to_owned(),
    ];
    if config.editing != Editing::Token {
        lines.push("note: tokens count on a server that runs with --editing token".to_owned());
    }
    lines
}

fn row(token: &Token) -> Vec<String> {
    let layers = token.organisation.as_ref().map_or_else(|| "all layers".to_owned(), |o| format!("of {o}"));
    let end = match token.expires {
        Some(at) if token.ended() => format!("ended {}", day(at)),
        Some(at) => format!("until {}", day(at)),
        None => "until revoked".to_owned(),
    };
    vec![token.name.clone(), layers, format!("made {}", day(token.created)), end]
}

fn day(instant: DateTime<Utc>) -> String {
    instant.format("%Y-%m-%d %H:%M UTC").to_string()
}

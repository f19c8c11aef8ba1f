//! `datasud tiles jobs` and `datasud tiles cancel`: what servers do in the background.

use super::super::output::{self, Human};
use super::store::size;
use crate::config::Config;
use crate::jobs::{Job, Order, Queue, State, Work};
use crate::model::Layer;
use crate::store::Store;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Jobs that are shown.
const SHOWN: i64 = 100;

/// Show the jobs of tiles in the background, the newest first
#[derive(Clone, Debug, clap::Args)]
pub(super) struct JobsArgs {
    /// Write a JSON array
    #[arg(long)]
    json: bool,
}

/// End a job in the background; what it has made stays
#[derive(Clone, Debug, clap::Args)]
pub(super) struct CancelArgs {
    /// Number of the job, as 'datasud tiles jobs' shows it
    #[arg(value_name = "ID")]
    id: i64,
}

/// The jobs; commands hold none, so that their lease doesn't matter.
fn queue(store: &Store) -> Queue {
    Queue::new(store.clone(), Duration::from_secs(30))
}

/// Leaves an order to the servers.
pub(super) async fn add(
    store: &Store,
    order: &Order,
    layers: Option<Vec<Arc<Layer>>>,
    json: bool,
) -> Result<ExitCode, Box<dyn Error>> {
    let ids = layers.map(|layers| layers.iter().map(|layer| layer.id).collect());
    let id = queue(store).add(order, ids, None).await?;
    if json {
        output::json(&serde_json::json!({"status": "waiting", "id": id}));
    } else {
        let who = match order.work {
            Work::Export => "a server",
            Work::Seed | Work::Truncate => "a server that keeps tiles",
        };
        output::lines(&[format!("job {id}: {who} takes it; 'datasud tiles jobs' shows how far it is")]);
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows the jobs.
pub(super) async fn jobs(config: &Config, args: JobsArgs) -> Result<ExitCode, Box<dyn Error>> {
    let store = Store::open(config).await?;
    let jobs = async {
        store.migrate().await?;
        Ok::<_, Box<dyn Error>>(queue(&store).list(SHOWN).await?)
    };
    let jobs = jobs.await;
    store.close().await;
    let jobs = jobs?;
    if args.json {
        output::json(&jobs);
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines: Vec<String> = jobs.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("there are no jobs; 'datasud tiles seed … --background' adds one".to_owned());
    }
    output::lines(&lines);
    Ok(ExitCode::SUCCESS)
}

fn line(job: &Job) -> String {
    let text = |key: &str| job.wanted.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    let layers = job.wanted.get("layers").and_then(serde_json::Value::as_array);
    let layers: Vec<&str> = layers.into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    let layers = if layers.is_empty() { "all layers".to_owned() } else { layers.join(" ") };
    let p = &job.progress;
    let far = if text("work") == "truncate" {
        format!("{} files deleted", Human(p.deleted))
    } else {
        let failed = if p.failed > 0 { format!(", {} failed", Human(p.failed)) } else { String::new() };
        format!("{} of {} tiles, {} made{failed}", Human(p.passed), Human(p.tiles), Human(p.made))
    };
    let bytes = size(u64::try_from(p.bytes).unwrap_or(0));
    let messages: String = p.messages.iter().map(|message| format!("\n  {message}")).collect();
    format!("{}: {} {layers}: {}, {far}, {bytes}{messages}", job.id, text("work"), job.state.name())
}

/// Ends a job.
pub(super) async fn cancel(config: &Config, args: CancelArgs) -> Result<ExitCode, Box<dyn Error>> {
    let store = Store::open(config).await?;
    let ended = async {
        store.migrate().await?;
        Ok::<_, Box<dyn Error>>(queue(&store).cancel(args.id).await?)
    };
    let ended = ended.await;
    store.close().await;
    let id = args.id;
    let said = match ended? {
        None => {
            return Err(
                format!("there is no job {id}; 'datasud tiles jobs' shows those that there are").into()
            );
        }
        Some(State::Cancelled) => format!("job {id} is cancelled"),
        Some(State::Running) => format!("job {id} ends as soon as its server hears of it"),
        Some(state) => format!("job {id} had ended before: {}", state.name()),
    };
    output::lines(&[said]);
    Ok(ExitCode::SUCCESS)
}

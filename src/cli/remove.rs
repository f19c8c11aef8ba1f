//! `datasud remove`: out of every service.

use super::output;
use crate::config::Config;
use crate::publish::{PublishError, Publisher};
use crate::store::Store;
use std::process::ExitCode;
use std::sync::Arc;

/// Take a dataset out of every service and delete its data
///
/// Its layers, styles and record go with it, for good. Running servers stop showing it at once.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Name of the dataset, as 'datasud list' shows it
    #[arg(value_name = "DATASET")]
    pub dataset: String,
}

/// Runs the command.
pub async fn run(config: Arc<Config>, args: Args) -> ExitCode {
    match remove(&config, &args.dataset).await {
        Ok(()) => {
            output::lines(&[format!("removed: dataset '{}'", args.dataset)]);
            ExitCode::SUCCESS
        }
        Err(error) => {
            output::log_cause(&error);
            output::errors(&[format!("error: {error}")]);
            ExitCode::FAILURE
        }
    }
}

async fn remove(config: &Arc<Config>, dataset: &str) -> Result<(), PublishError> {
    let store = Store::open(config).await?;
    store.migrate().await?;
    let removed = Publisher::new(Arc::clone(config), store.clone()).remove(dataset).await;
    store.close().await;
    removed
}

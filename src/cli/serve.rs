//! `datasud serve`: the server; and what `datasud demo` does after loading.

use super::{demo, output};
use crate::catalogue::{self, RecordContext};
use crate::config::{Config, Editing};
use crate::jobs;
use crate::publish::{self, Registry};
use crate::server;
use crate::services::edge::App;
use crate::store::Store;
use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Serve what is published
///
/// The first start creates the database inside the data directory, which takes some seconds. Stops on
/// Ctrl-C or SIGTERM: running requests are finished first.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  datasud serve
  datasud serve --listen 0.0.0.0:80 --public-url https://data.example.org --data /srv/datasud
  datasud serve --database-url 'postgres://datasud:secret@db.example.org/geo?sslmode=require'")]
pub struct Args {}

/// Whether the demo is to be loaded first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Published,
    Demo,
}

/// Runs the command.
pub async fn run(config: Arc<Config>, _: Args) -> ExitCode {
    report(serve(config, Content::Published).await)
}

/// Loads the demo, then serves.
pub async fn demo(config: Arc<Config>) -> ExitCode {
    report(serve(config, Content::Demo).await)
}

fn report(outcome: Result<(), Box<dyn Error>>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::log_cause(error.as_ref());
            output::errors(&[format!("error: {error}")]);
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: Arc<Config>, content: Content) -> Result<(), Box<dyn Error>> {
    // Before anything slow: a signal that comes early must stop us in order, too.
    let mut stop = Stop::new()?;
    // Before the database: a port in use is the commonest mistake, and told at once.
    let (listener, address) = server::bind(&config.listen)?;
    let store = tokio::select! {
        opened = Store::open(&config) => opened?,
        () = stop.asked() => return Ok(()),
    };
    let served = tokio::select! {
        prepared = prepare(&config, &store, content, address) => match prepared {
            Ok(app) => run_until_stopped(app, listener, content, &mut stop).await,
            Err(error) => Err(error),
        },
        () = stop.asked() => Ok(()),
    };
    store.close().await;
    served
}

/// Brings the database up to date and reads what is published.
async fn prepare(
    config: &Arc<Config>,
    store: &Store,
    content: Content,
    address: SocketAddr,
) -> Result<Arc<App>, Box<dyn Error>> {
    store.migrate().await?;
    if content == Content::Demo {
        demo::load(config, store).await?;
    }
    let registry = Registry::default();
    registry.replace(publish::load(store).await?);
    let mut config = Config::clone(config);
    if config.listen.ends_with(":0") {
        // The system chose a port: links must name it.
        config.listen = address.to_string();
    }
    // Records name the server's address, which may be another than last time.
    catalogue::ensure_current(store, &RecordContext::of(&config)).await?;
    let config = Arc::new(config);
    publish::follow(registry.clone(), store.clone());
    publish::keep_overviews(Arc::clone(&config), registry.clone(), store.clone());
    Ok(Arc::new(App::new(config, store.clone(), registry)))
}

async fn run_until_stopped(
    app: Arc<App>,
    listener: TcpListener,
    content: Content,
    stop: &mut Stop,
) -> Result<(), Box<dyn Error>> {
    welcome(&app, content);
    let asked = async {
        stop.asked().await;
        output::errors(&["stopping; running requests are being finished".to_owned()]);
    };
    let jobs = jobs::start(&app.config, &app.store, &app.registry, &app.features, (&app.pool, &app.grids));
    let served = server::run(app, listener, asked).await;
    jobs.stop().await;
    Ok(served?)
}

fn welcome(app: &App, content: Content) {
    let config = &app.config;
    let base = config.public_url();
    if content == Content::Demo {
        output::lines(&demo::welcome(config));
    } else {
        let published = app.registry.snapshot();
        let mut lines = vec![format!("DataSud {} at {base}/", env!("CARGO_PKG_VERSION"))];
        lines.extend(output::services(&base));
        lines.push(format!(
            "{} datasets, {} layers; 'datasud ingest FILE' in another terminal adds one",
            published.datasets.len(),
            published.layers.len()
        ));
        output::lines(&lines);
    }
    if config.editing == Editing::Open {
        output::errors(&[
            "WARNING: editing is open: everybody who reaches this server may change and delete its data."
                .to_owned(),
            "         Only for closed networks; --editing token asks for a token, --editing off ends it."
                .to_owned(),
        ]);
    }
    if config.public_url.is_none()
        && (config.listen.starts_with("0.0.0.0:") || config.listen.starts_with("[::]:"))
    {
        output::errors(&[format!(
            "note: links will say {base}, which other machines can't follow; say what they use with --public-url"
        )]);
    }
}

/// The signals that ask the server to stop.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

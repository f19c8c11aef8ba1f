//! The HTTP server: routes, middleware, limits, metrics, shutdown.
//!
//! Every request passes, from outside in: `observe` (request id, log line, metrics, CORS, a panic made a
//! clean 500), `shape` (HEAD answered as GET without body, errors without a body explained), compression,
//! then the routes of the services.

mod cors;
mod errors;
mod head;
mod metrics;
mod observe;
mod routes;
mod watch;

use crate::services::edge::App;
use actix_web::middleware::{Compress, NormalizePath, TrailingSlash, from_fn};
use actix_web::{HttpServer, web};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Another program has the port.
    #[error(
        "port {port} is already in use by another program (perhaps another datasud); stop it or choose another port with --listen"
    )]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// The address can't be listened on.
    #[error("{address} can't be listened on: {cause}; choose another address with --listen")]
    Listen {
        /// As configured.
        address: String,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The server failed while it ran.
    #[error("the server failed: {0}")]
    Run(#[from] std::io::Error),
}

/// Takes the port. Connections wait in the system's queue until [`run`] accepts them.
///
/// # Errors
/// [`ServerError::PortInUse`] or [`ServerError::Listen`].
pub fn bind(address: &str) -> Result<(TcpListener, SocketAddr), ServerError> {
    let listening = TcpListener::bind(address).and_then(|listener| {
        let local = listener.local_addr()?;
        Ok((listener, local))
    });
    listening.map_err(|cause| match cause.kind() {
        std::io::ErrorKind::AddrInUse => ServerError::PortInUse {
            port: address.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(0),
        },
        _ => ServerError::Listen { address: address.to_owned(), cause },
    })
}

/// Serves until `stop` is done; then accepts nothing more, gives running requests
/// `limits.shutdown_seconds`, and cancels what is left. Must run inside the tokio runtime of the store.
///
/// # Errors
/// [`ServerError::Run`].
pub async fn run(
    app: Arc<App>,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<(), ServerError> {
    let recorder = metrics::recorder();
    let limits = app.config.limits.clone();
    let data = web::Data::from(app);
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(data.clone())
            .app_data(web::Data::new(recorder.clone()))
            .app_data(web::PayloadConfig::new(data.config.limits.body_bytes))
            .wrap(Compress::default())
            .wrap(from_fn(head::answer_like_get))
            .wrap(from_fn(errors::explain))
            .wrap(NormalizePath::new(TrailingSlash::Trim))
            .wrap(from_fn(observe::observe))
            .configure(routes::all)
    })
    .workers(cores)
    .disable_signals()
    // A client that closes its side has gone: what runs for it ends, also before its answer begins.
    .h1_allow_half_closed(false)
    // The end of an answer doesn't wait for the client to confirm its beginning, which takes clients 40 ms.
    .tcp_nodelay(true)
    .shutdown_timeout(limits.shutdown_seconds)
    .keep_alive(Duration::from_secs(75))
    .client_request_timeout(Duration::from_secs(20))
    .listen(listener)?
    .run();
    let handle = server.handle();
    tokio::pin!(server);
    tokio::select! {
        ended = &mut server => return Ok(ended?),
        () = stop => {}
    }
    let (_, ended) = tokio::join!(handle.stop(true), server);
    Ok(ended?)
}

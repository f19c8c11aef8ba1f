//! What operators and load balancers ask: alive, ready, metrics.

use crate::services::edge::{App, Operation, problem};
use crate::store::{Deadline, StoreError};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use metrics_exporter_prometheus::PrometheusHandle;
use std::time::Duration;

/// Time the database has for an answer to a watcher.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process is alive.
pub(super) async fn health() -> HttpResponse {
    let alive = HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body("alive\n");
    Operation("watch", "health").on(alive)
}

/// Requests can be answered: the database answers and what is published is known.
pub(super) async fn ready(request: HttpRequest, app: web::Data<App>) -> HttpResponse {
    let reason = if app.registry.snapshot().generation == 0 {
        Some("what is published has not been read yet")
    } else if ask_database(&app).await.is_err() {
        Some("the database does not answer")
    } else {
        None
    };
    let answer = match reason {
        None => HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body("ready\n"),
        Some(reason) => problem(&request, StatusCode::SERVICE_UNAVAILABLE, reason),
    };
    Operation("watch", "ready").on(answer)
}

async fn ask_database(app: &App) -> Result<(), StoreError> {
    app.store.session(Deadline::after(PATIENCE)).await?.query_one("select 1", &[]).await.map(drop)
}

/// The metrics in Prometheus' text form.
pub(super) async fn metrics(app: web::Data<App>, recorder: web::Data<PrometheusHandle>) -> HttpResponse {
    measure(&app).await;
    let text = recorder.render();
    let answer = HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text);
    Operation("watch", "metrics").on(answer)
}

/// Takes the measures that are only taken when somebody asks.
#[expect(clippy::cast_precision_loss, reason = "gauges are floating point numbers")]
async fn measure(app: &App) {
    let pool = app.store.pool_status();
    for (state, value) in [("open", pool.size), ("in_use", pool.in_use), ("max", pool.max)] {
        metrics::gauge!("datasud_pool_connections", "state" => state).set(value as f64);
    }
    metrics::gauge!("datasud_pool_waiting").set(pool.waiting as f64);
    let published = app.registry.snapshot();
    metrics::gauge!("datasud_registry_generation").set(published.generation as f64);
    metrics::gauge!("datasud_datasets").set(published.datasets.len() as f64);
    metrics::gauge!("datasud_layers").set(published.layers.len() as f64);
    if let Some(bytes) = resident_bytes() {
        metrics::gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    // A database that is down must not hide the other metrics.
    if let Ok((runs, features)) = loads(app).await {
        metrics::counter!("datasud_ingest_runs_total").absolute(runs);
        metrics::counter!("datasud_ingest_features_total").absolute(features);
    }
}

async fn loads(app: &App) -> Result<(u64, u64), StoreError> {
    let sql = "select count(*), coalesce(sum(features), 0)::bigint from datasud.ingest_run";
    let row = app.store.session(Deadline::after(PATIENCE)).await?.query_one(sql, &[]).await?;
    let count = |column| u64::try_from(row.try_get::<_, i64>(column).unwrap_or(0)).unwrap_or(0);
    Ok((count(0), count(1)))
}

fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

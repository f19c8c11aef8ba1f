//! Metrics for Prometheus. Their names are fixed: dashboards hang on them.
//!
//! | metric | labels | told by |
//! |---|---|---|
//! | `datasud_requests_total` | `service`, `operation`, `status` | every request |
//! | `datasud_request_duration_seconds` | `service`, `operation` | every request, its last byte included |
//! | `datasud_requests_in_flight` | | every request |
//! | `datasud_cache_requests_total` | `cache` (`maps`, `tiles`, `tile-store`), `result` (`hit`, `miss`) | the engines that hold caches |
//! | `datasud_tiles_known_empty_total` | | the tile engine |
//! | `datasud_tiles_cold_total` | | the tile engine |
//! | `datasud_harvest_notes_lost_total` | | the journal of harvests |
//! | `datasud_pool_connections` | `state` (`open`, `in_use`, `max`) | the pool, when asked |
//! | `datasud_pool_waiting` | | the pool, when asked |
//! | `datasud_registry_generation`, `datasud_datasets`, `datasud_layers` | | the registry, when asked |
//! | `datasud_ingest_runs_total`, `datasud_ingest_features_total` | | the database, when asked: loads by any process |

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

/// From a cached tile to a long export.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// The recorder of this process; the first call puts it in place.
pub(super) fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let builder = PrometheusBuilder::new();
            let duration = Matcher::Full("datasud_request_duration_seconds".to_owned());
            // Only an empty list of buckets is an error.
            let builder = match builder.set_buckets_for_metric(duration, &SECONDS) {
                Ok(builder) => builder,
                Err(_) => PrometheusBuilder::new(),
            };
            let recorder = builder.build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another metrics recorder is in place; /metrics stays empty");
            }
            describe();
            handle
        })
        .clone()
}

/// Tells Prometheus what each metric is.
fn describe() {
    metrics::describe_counter!("datasud_requests_total", "Requests answered");
    metrics::describe_histogram!(
        "datasud_request_duration_seconds",
        "Time from a request's first to its answer's last byte"
    );
    metrics::describe_gauge!("datasud_requests_in_flight", "Requests being answered");
    metrics::describe_counter!("datasud_cache_requests_total", "Answers looked for in a cache");
    metrics::describe_counter!(
        "datasud_tiles_known_empty_total",
        "Tiles known to be empty without the database"
    );
    metrics::describe_counter!("datasud_tiles_cold_total", "Tiles from archives that a server has made");
    metrics::describe_counter!(
        "datasud_harvest_notes_lost_total",
        "Answers of the catalogue that the journal of harvests could not note"
    );
    metrics::describe_gauge!("datasud_pool_connections", "Database connections");
    metrics::describe_gauge!("datasud_pool_waiting", "Requests waiting for a database connection");
    metrics::describe_gauge!("datasud_registry_generation", "Generation of what is published");
    metrics::describe_gauge!("datasud_datasets", "Datasets published");
    metrics::describe_gauge!("datasud_layers", "Layers published");
    metrics::describe_counter!("datasud_ingest_runs_total", "Loads that were published, by any process");
    metrics::describe_counter!("datasud_ingest_features_total", "Features loaded, by any process");
    metrics::describe_gauge!("process_resident_memory_bytes", "Memory of this process");
    metrics::describe_gauge!("datasud_build_info", "Version of the program");
    metrics::gauge!("datasud_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// Requests being answered. Looked up once: the recorder is in place before the first request.
pub(super) fn in_flight() -> &'static metrics::Gauge {
    static GAUGE: LazyLock<metrics::Gauge> = LazyLock::new(|| metrics::gauge!("datasud_requests_in_flight"));
    &GAUGE
}

pub(super) fn request(service: &'static str, operation: &'static str, status: u16, took: Duration) {
    metrics::counter!(
        "datasud_requests_total",
        "service" => service, "operation" => operation, "status" => status.to_string()
    )
    .increment(1);
    metrics::histogram!(
        "datasud_request_duration_seconds", "service" => service, "operation" => operation
    )
    .record(took.as_secs_f64());
}

//! The HTTP server: routes, middleware, limits, metrics, shutdown.

//! The one tile engine: in-process vector tiles, single flight, an encoded cache.

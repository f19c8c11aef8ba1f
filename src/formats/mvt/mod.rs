//! Mapbox Vector Tile 2.1.

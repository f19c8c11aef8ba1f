//! TileJSON 3.0, vector tiles by XYZ address, MapLibre styles.

//! The style model, and the languages it is read from and written to: SLD 1.0, SE 1.1, MapLibre JSON.
//! Does no I/O and draws nothing.

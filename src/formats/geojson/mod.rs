//! GeoJSON (RFC 7946).

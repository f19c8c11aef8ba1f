//! Layers that are archives of tiles: alone at their address, for their tiles are taken as they are.

use super::error::TilesError;
use super::request;
use crate::access::Action;
use crate::model::{ArchiveLayer, TileFormat};
use crate::publish::Snapshot;
use crate::services::edge::{Call, archived_tile, etag_matches, not_modified};
use crate::tiles::credit;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// The archive of a name that the caller may read; `None` when it names something else.
pub(super) fn find(
    call: &Call,
    snapshot: &Snapshot,
    names: &str,
) -> Result<Option<Arc<ArchiveLayer>>, TilesError> {
    let one = |name: &str| snapshot.archive(&call.caller, Action::Read, &call.scope, name).cloned();
    if !names.contains(',') {
        return Ok(one(names));
    }
    match names.split(',').find_map(one) {
        None => Ok(None),
        Some(archive) => Err(TilesError::Malformed(format!(
            "layer '{}' is an archive of finished tiles, which can't be joined with other layers in one tile; ask for it alone, \
             and show both on the map",
            archive.slug
        ))),
    }
}

/// `/tiles/{layer}.json`
pub(super) fn tilejson(
    call: &Call,
    http: &HttpRequest,
    archive: &ArchiveLayer,
) -> Result<HttpResponse, TilesError> {
    let state = format!("{} {}.{}", env!("CARGO_PKG_VERSION"), archive.id, archive.generation);
    let etag =
        format!("\"{:016x}\"", xxh3_64(format!("archive tilejson {state} {}", call.url("/")).as_bytes()));
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    Ok(super::response::json(&document(call, archive), &etag))
}

/// TileJSON 3.0 of what the archive says of itself.
fn document(call: &Call, archive: &ArchiveLayer) -> Value {
    let info = &archive.facts.info;
    let address = format!("{}/{{z}}/{{x}}/{{y}}", call.url(&format!("/tiles/{}", archive.slug)));
    let mut document = Map::new();
    document.insert("tilejson".into(), json!("3.0.0"));
    document.insert("name".into(), json!(archive.title));
    if !archive.text().is_empty() {
        document.insert("description".into(), json!(archive.text()));
    }
    let attribution =
        if info.attribution.is_empty() { credit(&archive.dataset) } else { info.attribution.clone() };
    document.insert("attribution".into(), json!(attribution));
    document.insert("version".into(), json!(format!("{}.0.0", archive.dataset.version)));
    document.insert("scheme".into(), json!("xyz"));
    document.insert("tiles".into(), json!([format!("{address}.{}", info.format.extension())]));
    document.insert("minzoom".into(), json!(info.zooms[0]));
    document.insert("maxzoom".into(), json!(info.zooms[1]));
    document.insert("bounds".into(), json!(info.bounds));
    document.insert("center".into(), json!(info.center));
    if info.format == TileFormat::Mvt {
        let layers = info.vector_layers.iter().cloned().map(with_fields);
        document.insert("vector_layers".into(), layers.collect());
    } else {
        // Of MBTiles, and what readers of pictures look for.
        document.insert("format".into(), json!(info.format.mbtiles_name()));
    }
    Value::Object(document)
}

/// A layer with the member `fields`, which TileJSON 3.0 (section 3.3) requires.
fn with_fields(mut layer: Value) -> Value {
    if let Some(layer) = layer.as_object_mut() {
        layer.entry("fields").or_insert_with(|| json!({}));
    }
    layer
}

/// `/tiles/{layer}/{z}/{x}/{y}.{extension}`
pub(super) async fn tile(
    call: &Call,
    http: &HttpRequest,
    archive: &ArchiveLayer,
    path: &request::TilePath,
) -> Result<HttpResponse, TilesError> {
    let format = archive.facts.info.format;
    if TileFormat::named(&path.extension) != Some(format) {
        return Err(TilesError::NotFound(format!(
            "the tiles of layer '{}' are {}; ask for .{}",
            archive.slug,
            format.name(),
            format.extension()
        )));
    }
    let tile = request::tile(&path.z, &path.x, &path.y)?;
    Ok(archived_tile(call, http, archive, tile).await?)
}

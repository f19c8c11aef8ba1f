//! Collections that are archives of tiles: one tileset, in Web Mercator, in the format of the archive.

use super::documents::{json_only, scheme_link};
use super::request::{self, Kind};
use crate::geo::crs::CRS84_URI;
use crate::geo::grid::TileMatrixSet;
use crate::model::{ArchiveLayer, TileFormat};
use crate::services::edge::{Call, archive_status, archived_tile};
use crate::services::ogcapi::common::{Parameters, Problem, find_archive, json, link};
use crate::tiles::tiles_of_archive;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json as js};
use std::sync::Arc;

/// The grid of archives.
const GRID: &str = "WebMercatorQuad";

/// The archive in the address; `None` when there is something else.
pub(super) fn of(call: &Call, http: &HttpRequest, kind: Kind) -> Result<Option<Arc<ArchiveLayer>>, Problem> {
    let Some(archive) = http.match_info().get("collection").and_then(|id| find_archive(call, id)) else {
        return Ok(None);
    };
    let (own, end) = kind_of(&archive);
    if own == kind {
        return Ok(Some(archive));
    }
    Err(Problem::not_found(format!(
        "collection '{}' is an archive of {}; /ogc/collections/{0}{end}/tiles has its tiles",
        archive.slug,
        archive.facts.info.format.name()
    )))
}

/// What the tiles hold, and what stands before `/tiles` in their addresses.
fn kind_of(archive: &ArchiveLayer) -> (Kind, &'static str) {
    match archive.facts.info.format {
        TileFormat::Mvt => (Kind::Vector, ""),
        _ => (Kind::Map, "/map"),
    }
}

fn address(call: &Call, archive: &ArchiveLayer) -> String {
    format!("{}/{}{}/tiles", call.url("/ogc/collections"), archive.slug, kind_of(archive).1)
}

/// `…/tiles`
pub(super) fn list(call: &Call, http: &HttpRequest, archive: &ArchiveLayer) -> Result<HttpResponse, Problem> {
    json_only(&Parameters::read(http, &["f"], |_| false)?)?;
    let grid = grid(call, GRID)?;
    let mut tileset = summary(archive, grid);
    tileset.insert("links".into(), Value::Array(links(call, archive, grid)));
    let own = format!("{}?f=json", address(call, archive));
    let document = js!({
        "links": [
            link("self", &own, "application/json", call.lang.pick("Ce document", "This document")),
            link(
                "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
                &call.url("/ogc/tileMatrixSets"),
                "application/json",
                call.lang.pick("Grilles de tuiles", "Tile matrix sets"),
            ),
        ],
        "tilesets": [tileset],
    });
    Ok(json(http, &document, "application/json"))
}

/// `…/tiles/{grid}`
pub(super) fn tileset(
    call: &Call,
    http: &HttpRequest,
    archive: &ArchiveLayer,
) -> Result<HttpResponse, Problem> {
    json_only(&Parameters::read(http, &["f"], |_| false)?)?;
    let grid = grid(call, &request::grid(call, http)?.id)?;
    let mut document = summary(archive, grid);
    if !archive.text().is_empty() {
        document.insert("description".into(), js!(archive.text()));
    }
    if !archive.dataset.keywords.is_empty() {
        document.insert("keywords".into(), js!(archive.dataset.keywords));
    }
    document.insert("attribution".into(), js!(archive.dataset.organisation.title));
    if let Some(licence) = &archive.dataset.licence {
        document.insert("license".into(), js!(licence));
    }
    if let Some(b) = archive.extent_lonlat {
        document.insert(
            "boundingBox".into(),
            js!({
                "lowerLeft": [b.min_x, b.min_y],
                "upperRight": [b.max_x, b.max_y],
                "crs": CRS84_URI,
                "orderedAxes": ["Lon", "Lat"],
            }),
        );
    }
    if kind_of(archive).0 == Kind::Vector {
        let layers = archive.facts.info.vector_layers.iter().map(described);
        document.insert("layers".into(), layers.collect());
    }
    document.insert("links".into(), Value::Array(links(call, archive, grid)));
    Ok(json(http, &document.into(), "application/json"))
}

/// `…/tiles/{grid}/{matrix}/{row}/{col}`: 204 where the archive has no tile.
pub(super) async fn tile(
    call: &Call,
    http: &HttpRequest,
    archive: &ArchiveLayer,
) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let format = archive.facts.info.format;
    if parameters.get("f").is_some_and(|name| TileFormat::named(name) != Some(format)) {
        let detail = format!("the tiles of this archive are offered as they are; f is {}", format.name());
        return Err(Problem::invalid("f", detail));
    }
    let grid = grid(call, &request::grid(call, http)?.id)?;
    let tile = request::tile(http, grid, &[])?;
    archived_tile(call, http, archive, tile)
        .await
        .map_err(|error| Problem::new(archive_status(&error), error.to_string()))
}

/// The grid of archives, when it is the one of a name.
fn grid(call: &Call, name: &str) -> Result<&'static TileMatrixSet, Problem> {
    call.app
        .grids
        .find(name)
        .filter(|grid| grid.id == GRID)
        .ok_or_else(|| Problem::not_found(format!("an archive of tiles has the grid {GRID} and no other")))
}

fn summary(archive: &ArchiveLayer, grid: &TileMatrixSet) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("title".into(), js!(format!("{} ({})", archive.title, grid.id)));
    document.insert("dataType".into(), js!(kind_of(archive).0.name()));
    document.insert("crs".into(), js!(grid.crs.canonical()));
    if let Some(uri) = &grid.uri {
        document.insert("tileMatrixSetURI".into(), js!(uri));
    }
    document.insert("tileMatrixSetId".into(), js!(grid.id));
    let limits = tiles_of_archive(archive).into_iter().map(|(matrix, range)| {
        js!({
            "tileMatrix": matrix.id,
            "minTileRow": range.min_row,
            "maxTileRow": range.max_row,
            "minTileCol": range.min_col,
            "maxTileCol": range.max_col,
        })
    });
    document.insert("tileMatrixSetLimits".into(), limits.collect());
    document
}

fn links(call: &Call, archive: &ArchiveLayer, grid: &TileMatrixSet) -> Vec<Value> {
    let (base, format) = (address(call, archive), archive.facts.info.format);
    let own = format!("{base}/{}?f=json", grid.id);
    let template = format!("{base}/{}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f={}", grid.id, format.name());
    let mut item = link("item", &template, format.media_type(), call.lang.pick("Tuiles", "Tiles"));
    item["templated"] = js!(true);
    let collection = format!("{}/{}", call.url("/ogc/collections"), archive.slug);
    vec![
        link("self", &own, "application/json", &grid.title),
        scheme_link(call, grid),
        item,
        link(
            "http://www.opengis.net/def/rel/ogc/1.0/geodata",
            &collection,
            "application/json",
            &archive.title,
        ),
    ]
}

/// A layer of the tiles (OGC 17-083r4 clause 9), from its description in TileJSON (3.0, section 3.3).
fn described(layer: &Value) -> Value {
    let kind = |name: &str| match name.to_ascii_lowercase().as_str() {
        "number" => "number",
        "boolean" => "boolean",
        _ => "string",
    };
    let fields = layer.get("fields").and_then(Value::as_object);
    let properties: Map<String, Value> = fields
        .into_iter()
        .flatten()
        .map(|(name, of)| (name.clone(), js!({"type": kind(of.as_str().unwrap_or_default())})))
        .collect();
    let mut described = js!({"id": layer.get("id"), "dataType": "vector"});
    if let Some(text) = layer.get("description").and_then(Value::as_str).filter(|text| !text.is_empty()) {
        described["description"] = js!(text);
    }
    described["propertiesSchema"] = js!({"type": "object", "properties": properties});
    described
}

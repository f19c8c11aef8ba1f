//! Lists of tilesets and their metadata (OGC 20-057 clauses 8 and 9, OGC 17-083r4 clauses 7 and 9).

use super::request::{self, Kind, Source};
use crate::formats::mvt;
use crate::geo::crs::CRS84_URI;
use crate::geo::grid::TileMatrixSet;
use crate::model::{ColumnType, Layer};
use crate::services::edge::{Call, Operation};
use crate::services::ogcapi::common::{Parameters, Problem, encoded, json, link};
use crate::tiles::{TileForm, extent_in, is_offered, tiles_of};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json as js};

/// Refuses forms that these documents don't have.
pub(super) fn json_only(parameters: &Parameters) -> Result<(), Problem> {
    match parameters.get("f") {
        None | Some("json") => Ok(()),
        Some(_) => Err(Problem::invalid("f", "this document is offered as JSON only; f is json")),
    }
}

/// `…/tiles`
pub(super) async fn list(call: Call, http: HttpRequest, kind: Kind) -> HttpResponse {
    let answer = answer_list(&call, &http, kind).unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", "tilesets").on(answer)
}

fn answer_list(call: &Call, http: &HttpRequest, kind: Kind) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, Source::known_parameters(http), |_| false)?;
    json_only(&parameters)?;
    let source = Source::read(call, http, kind, &parameters)?;
    let tilesets: Vec<Value> = call
        .app
        .grids
        .iter()
        .filter(|grid| is_offered(&source.layers, grid))
        .map(|grid| {
            let mut tileset = summary(call, &source, kind, grid);
            tileset.insert("links".into(), Value::Array(links(call, &source, kind, grid)));
            Value::Object(tileset)
        })
        .collect();
    let own = format!("{}?f=json{}", source.address, choice(&source, '&'));
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
        "tilesets": tilesets,
    });
    Ok(json(http, &document, "application/json"))
}

/// `…/tiles/{grid}`
pub(super) async fn tileset(call: Call, http: HttpRequest, kind: Kind) -> HttpResponse {
    let answer = answer_tileset(&call, &http, kind).unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", "tileset").on(answer)
}

fn answer_tileset(call: &Call, http: &HttpRequest, kind: Kind) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, Source::known_parameters(http), |_| false)?;
    json_only(&parameters)?;
    let grid = request::grid(call, http)?;
    let source = Source::read(call, http, kind, &parameters)?;
    source.check_grid(grid)?;
    let mut document = summary(call, &source, kind, grid);
    if let Some(layer) = &source.collection {
        let text = if layer.description.is_empty() { &layer.dataset.description } else { &layer.description };
        if !text.is_empty() {
            document.insert("description".into(), js!(text));
        }
        if !layer.dataset.keywords.is_empty() {
            document.insert("keywords".into(), js!(layer.dataset.keywords));
        }
        document.insert("attribution".into(), js!(layer.dataset.organisation.title));
        if let Some(licence) = &layer.dataset.licence {
            document.insert("license".into(), js!(licence));
        }
    }
    let lonlat = source.layers.iter().filter_map(|l| l.extent_lonlat).reduce(|a, b| a.union(&b));
    if let Some(b) = lonlat {
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
    if kind == Kind::Vector {
        let layers: Vec<Value> = source.layers.iter().map(|l| described(l)).collect();
        document.insert("layers".into(), Value::Array(layers));
    }
    document.insert("links".into(), Value::Array(links(call, &source, kind, grid)));
    Ok(json(http, &document.into(), "application/json"))
}

/// What the list tells of a tileset.
fn summary(call: &Call, source: &Source, kind: Kind, grid: &TileMatrixSet) -> Map<String, Value> {
    let what = match &source.collection {
        Some(layer) => layer.title.clone(),
        None => call.lang.pick("Toutes les collections", "All collections").to_owned(),
    };
    let mut document = Map::new();
    document.insert("title".into(), js!(format!("{what} ({})", grid.id)));
    document.insert("dataType".into(), js!(kind.name()));
    document.insert("crs".into(), js!(grid.crs.canonical()));
    if let Some(uri) = &grid.uri {
        document.insert("tileMatrixSetURI".into(), js!(uri));
    }
    // Of older drafts, yet what the official suite and some clients look for.
    document.insert("tileMatrixSetId".into(), js!(grid.id));
    if let Some(limits) = limits(source, grid) {
        document.insert("tileMatrixSetLimits".into(), limits);
    }
    document
}

/// `?collections=…` where some were chosen.
fn choice(source: &Source, before: char) -> String {
    match &source.chosen {
        Some(names) => format!("{before}collections={}", encoded(names)),
        None => String::new(),
    }
}

fn own_link(source: &Source, grid: &TileMatrixSet, rel: &str) -> Value {
    let address = format!("{}/{}?f=json{}", source.address, grid.id, choice(source, '&'));
    link(rel, &address, "application/json", &grid.title)
}

fn scheme_link(call: &Call, grid: &TileMatrixSet) -> Value {
    let address = format!("{}/{}?f=json", call.url("/ogc/tileMatrixSets"), grid.id);
    link("http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme", &address, "application/json", &grid.title)
}

fn links(call: &Call, source: &Source, kind: Kind, grid: &TileMatrixSet) -> Vec<Value> {
    let say = |fr, en| call.lang.pick(fr, en);
    let mut links = vec![own_link(source, grid, "self"), scheme_link(call, grid)];
    let vector = TileForm::ALL.map(|form| (form.name(), form.media_type()));
    let forms: &[(&str, &str)] = match kind {
        Kind::Vector => &vector,
        Kind::Map => &[("png", "image/png"), ("jpeg", "image/jpeg")],
    };
    for (form, media_type) in forms {
        let template = format!(
            "{}/{}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f={form}{}",
            source.address,
            grid.id,
            choice(source, '&')
        );
        let mut item = link("item", &template, media_type, say("Tuiles", "Tiles"));
        item["templated"] = js!(true);
        links.push(item);
    }
    let geodata = "http://www.opengis.net/def/rel/ogc/1.0/geodata";
    match &source.collection {
        Some(layer) => {
            let address = format!("{}/{}", call.url("/ogc/collections"), layer.slug);
            links.push(link(geodata, &address, "application/json", &layer.title));
        }
        None => links.push(link(geodata, &call.url("/ogc"), "application/json", say("Données", "Data"))),
    }
    links
}

/// `tileMatrixSetLimits`: which tiles have something in.
fn limits(source: &Source, grid: &TileMatrixSet) -> Option<Value> {
    let extent = extent_in(&source.layers, grid)?;
    let ranges = grid.matrices.iter().filter_map(|matrix| {
        let range = tiles_of(matrix, &extent)?;
        Some(js!({
            "tileMatrix": matrix.id,
            "minTileRow": range.min_row,
            "maxTileRow": range.max_row,
            "minTileCol": range.min_col,
            "maxTileCol": range.max_col,
        }))
    });
    Some(Value::Array(ranges.collect()))
}

/// A layer of a vector tileset: its name in the tile and its attributes there.
fn described(layer: &Layer) -> Value {
    let properties: Map<String, Value> = layer
        .columns
        .iter()
        .filter(|c| mvt::encodes(c))
        .map(|c| (c.name.clone(), js!({"type": schema_type(c.kind)})))
        .collect();
    let mut described = js!({"id": layer.slug, "title": layer.title, "dataType": "vector"});
    if let Some(dimension) = layer.geometry.dimension() {
        described["geometryDimension"] = js!(dimension);
    }
    described["propertiesSchema"] = js!({"type": "object", "properties": properties});
    described
}

const fn schema_type(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer | ColumnType::BigInteger => "integer",
        ColumnType::Real | ColumnType::Decimal => "number",
        ColumnType::Boolean => "boolean",
        _ => "string",
    }
}

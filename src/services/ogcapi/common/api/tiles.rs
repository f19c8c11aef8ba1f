//! Paths of tiles in the API definition (OGC 20-057 clause 15). Operation identifiers end as its table 11
//! wants. One path with `{collectionId}` stands for all collections: their tiles differ in nothing.

use super::{get, parameter, responses};
use crate::formats::mvt::{BUFFER, EXTENT, Resolution};
use crate::render::ImageFormat;
use crate::services::edge::Call;
use crate::tiles::{TILE_FORMATS, TileForm};
use serde_json::{Map, Value, json as js};

/// Names of the parameters that choose what a vector tile holds.
const CONTENT: [&str; 6] =
    ["tileProperties", "tileFilter", "tileFilterLang", "tileFilterCrs", "tileExtent", "tileBuffer"];

/// Adds the paths.
pub(super) fn add(paths: &mut Map<String, Value>) {
    grids(paths);
    let vector = (
        "Vector tiles",
        "vector",
        js!({
            "application/vnd.mapbox-vector-tile": binary(),
            "application/geo+json": {"schema": {"$ref": "#/components/schemas/TileFeatures"}},
        }),
        "fVector",
    );
    let pictures = TILE_FORMATS.map(|f| (f.media_type().to_owned(), binary()));
    let map = ("Map tiles", "map", Value::Object(Map::from_iter(pictures)), "fMap");
    for (title, kind, content, f) in [&vector, &map] {
        let end = if *kind == "map" { "/map" } else { "" };
        let of = [
            ("/collections/{collectionId}", "collection", "a collection"),
            ("", "dataset", "all collections"),
        ];
        for (place, scope, what) in of {
            let base = format!("{place}{end}/tiles");
            let shared = if scope == "collection" { "collectionId" } else { "collections" };
            let with = |names: &[&str]| -> Vec<Value> {
                std::iter::once(&shared).chain(names).map(|n| parameter(n)).collect()
            };
            let id = |operation: &str| format!("{scope}.{kind}.{operation}");
            let list = with(&["fJson"]);
            let one = with(&["tileMatrixSetId", "fJson"]);
            let mut tile = with(&["tileMatrixSetId", "tileMatrix", "tileRow", "tileCol", "datetime", f]);
            if *kind == "vector" {
                tile.extend(CONTENT.map(parameter));
            }
            let summary = format!("{title} of {what}");
            add_one(paths, &base, get(&id("getTileSetsList"), "Tiles", &summary, list, document("TileSets")));
            let summary = format!("{title} of {what} in one grid");
            let path = format!("{base}/{{tileMatrixSetId}}");
            add_one(paths, &path, get(&id("getTileSet"), "Tiles", &summary, one, document("TileSet")));
            let summary = format!("A tile of {what}");
            let path = format!("{path}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}");
            let answers = responses(js!({"description": "The tile", "content": content}), true);
            add_one(paths, &path, get(&id("getTile"), "Tiles", &summary, tile, answers));
        }
    }
}

fn grids(paths: &mut Map<String, Value>) {
    let list = get(
        "getTileMatrixSetsList",
        "Tiles",
        "Grids that tiles are offered in",
        vec![parameter("fJson")],
        document("TileMatrixSets"),
    );
    add_one(paths, "/tileMatrixSets", list);
    let one = get(
        "getTileMatrixSet",
        "Tiles",
        "Definition of a grid",
        vec![parameter("tileMatrixSetId"), parameter("fJson")],
        document("TileMatrixSet"),
    );
    add_one(paths, "/tileMatrixSets/{tileMatrixSetId}", one);
}

fn add_one(paths: &mut Map<String, Value>, path: &str, item: Value) {
    paths.insert(path.to_owned(), item);
}

fn binary() -> Value {
    js!({"schema": {"type": "string", "format": "binary"}})
}

fn document(schema: &str) -> Value {
    let content = js!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}});
    responses(js!({"description": "The document", "content": content}), true)
}

/// Adds the parameters that the paths name.
pub(super) fn add_parameters(call: &Call, parameters: &mut Value) {
    let grids: Vec<&str> = call.app.grids.iter().map(|g| g.id.as_str()).collect();
    let path = |name: &str, description: &str, schema: Value| {
        js!({
            "name": name, "in": "path", "required": true, "description": description, "schema": schema,
        })
    };
    let query = |name: &str, description: &str, schema: Value| {
        js!({
            "name": name, "in": "query", "required": false, "description": description, "schema": schema,
            "style": "form", "explode": false,
        })
    };
    let index = js!({"type": "integer", "minimum": 0});
    let entries = [
        (
            "tileMatrixSetId",
            path("tileMatrixSetId", "Identifier of a grid", js!({"type": "string", "enum": grids})),
        ),
        ("tileMatrix", path("tileMatrix", "Identifier of a tile matrix", js!({"type": "string"}))),
        ("tileRow", path("tileRow", "Row, from the top", index.clone())),
        ("tileCol", path("tileCol", "Column, from the left", index)),
        (
            "collections",
            query(
                "collections",
                "Only these collections",
                js!({"type": "array", "items": {"type": "string"}}),
            ),
        ),
        ("fJson", query("f", "Form of the answer", js!({"type": "string", "enum": ["json"]}))),
        (
            "fVector",
            query(
                "f",
                "Form of the tile",
                js!({"type": "string", "enum": TileForm::ALL.map(TileForm::name)}),
            ),
        ),
        (
            "tileProperties",
            query(
                "properties",
                "Attributes in the tile, also as collection.attribute; empty for none. All without it",
                js!({"type": "array", "items": {"type": "string"}}),
            ),
        ),
        (
            "tileFilter",
            query(
                "filter",
                "Condition on the features, in CQL2; of several collections it holds for those that have all its properties",
                js!({"type": "string"}),
            ),
        ),
        (
            "tileFilterLang",
            query(
                "filter-lang",
                "Language of the filter; told by its first character without it",
                js!({"type": "string", "enum": ["cql2-text", "cql2-json"]}),
            ),
        ),
        (
            "tileFilterCrs",
            query(
                "filter-crs",
                "System of the filter's coordinates; CRS84 without it",
                js!({"type": "string", "format": "uri"}),
            ),
        ),
        (
            "tileExtent",
            query(
                "extent",
                "Units of a tile's side",
                js!({"type": "integer", "enum": [256, 512, 1024, 2048, 4096, 8192, 16_384], "default": EXTENT}),
            ),
        ),
        (
            "tileBuffer",
            query(
                "buffer",
                "Margin around the tile, in 4096ths of its side",
                js!({"type": "integer", "minimum": 0, "maximum": Resolution::MOST_BUFFER, "default": BUFFER}),
            ),
        ),
        (
            "fMap",
            query(
                "f",
                "Form of the tile; the Accept header counts without it",
                js!({"type": "string", "enum": TILE_FORMATS.map(ImageFormat::name)}),
            ),
        ),
        (
            "fPicture",
            query(
                "f",
                "Form of the map; the Accept header counts without it",
                js!({"type": "string", "enum": ImageFormat::ALL.map(ImageFormat::name)}),
            ),
        ),
    ];
    for (name, value) in entries {
        parameters[name] = value;
    }
}

/// Adds the schemas that the paths name.
pub(super) fn add_schemas(schemas: &mut Value) {
    let links = js!({"type": "array", "items": {"$ref": "#/components/schemas/Link"}});
    let index = js!({"type": "integer", "minimum": 0});
    schemas["TileFeatures"] = js!({
        "type": "object", "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {
                "type": "object", "required": ["type", "layer", "properties", "geometry"],
                "properties": {
                    "type": {"type": "string", "enum": ["Feature"]}, "id": index, "layer": {"type": "string"},
                    "properties": {"type": "object"}, "geometry": {"type": "object"},
                },
            }},
        },
    });
    schemas["TileSet"] = js!({
        "type": "object", "required": ["dataType", "crs", "links"],
        "properties": {
            "title": {"type": "string"}, "description": {"type": "string"},
            "dataType": {"type": "string", "enum": ["vector", "map"]},
            "crs": {"type": "string"}, "tileMatrixSetURI": {"type": "string"},
            "tileMatrixSetLimits": {"type": "array", "items": {
                "type": "object",
                "required": ["tileMatrix", "minTileRow", "maxTileRow", "minTileCol", "maxTileCol"],
                "properties": {
                    "tileMatrix": {"type": "string"},
                    "minTileRow": index, "maxTileRow": index, "minTileCol": index, "maxTileCol": index,
                },
            }},
            "boundingBox": {"type": "object"},
            "layers": {"type": "array", "items": {"type": "object"}},
            "links": links,
        },
    });
    schemas["TileSets"] = js!({
        "type": "object", "required": ["tilesets"],
        "properties": {"tilesets": {"type": "array", "items": {"$ref": "#/components/schemas/TileSet"}}, "links": links},
    });
    schemas["TileMatrixSets"] = js!({
        "type": "object", "required": ["tileMatrixSets"],
        "properties": {
            "tileMatrixSets": {"type": "array", "items": {
                "type": "object", "required": ["id", "links"],
                "properties": {
                    "id": {"type": "string"}, "title": {"type": "string"}, "uri": {"type": "string"},
                    "crs": {"type": "string"}, "links": links,
                },
            }},
            "links": links,
        },
    });
    schemas["TileMatrixSet"] = js!({
        "type": "object", "required": ["crs", "tileMatrices"],
        "properties": {
            "id": {"type": "string"}, "title": {"type": "string"}, "uri": {"type": "string"},
            "crs": {"type": "string"},
            "orderedAxes": {"type": "array", "items": {"type": "string"}},
            "wellKnownScaleSet": {"type": "string"},
            "tileMatrices": {"type": "array", "items": {
                "type": "object",
                "required": ["id", "scaleDenominator", "cellSize", "pointOfOrigin", "tileWidth", "tileHeight", "matrixWidth", "matrixHeight"],
                "properties": {
                    "id": {"type": "string"},
                    "scaleDenominator": {"type": "number"}, "cellSize": {"type": "number"},
                    "cornerOfOrigin": {"type": "string", "enum": ["topLeft", "bottomLeft"]},
                    "pointOfOrigin": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}},
                    "tileWidth": {"type": "integer"}, "tileHeight": {"type": "integer"},
                    "matrixWidth": {"type": "integer"}, "matrixHeight": {"type": "integer"},
                },
            }},
        },
    });
}

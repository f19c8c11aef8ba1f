//! Paths of maps in the API definition (OGC 20-058 clause 22). As with tiles, one path with `{collectionId}` stands for
//! all collections.

use super::{get, parameter, responses};
use crate::geo::crs::CRS84_URI;
use crate::render::ImageFormat;
use serde_json::{Map, Value, json as js};

/// Parameters of every map, as the components name them.
const SHARED: [&str; 16] = [
    "datetime",
    "mapWidth",
    "mapHeight",
    "mapScaleDenominator",
    "mapMmPerPixel",
    "mapBbox",
    "mapBboxCrs",
    "mapSubset",
    "mapSubsetCrs",
    "mapCenter",
    "mapCenterCrs",
    "mapCrs",
    "mapBgcolor",
    "mapTransparent",
    "mapVoidColor",
    "mapVoidTransparent",
];

/// Adds the paths.
pub(super) fn add(paths: &mut Map<String, Value>) {
    let of = [
        ("/map", "dataset", "all collections", &["collections"][..]),
        ("/collections/{collectionId}/map", "collection", "a collection", &["collectionId"]),
        (
            "/collections/{collectionId}/styles/{styleId}/map",
            "collection.style",
            "a collection in one of its styles",
            &["collectionId", "styleId"],
        ),
    ];
    for (path, scope, what, own) in of {
        let names = own.iter().chain(&SHARED).chain(&["fPicture", "lang"]);
        let binary = js!({"schema": {"type": "string", "format": "binary"}});
        let map = js!({
            "description": "The map",
            "content": Map::from_iter(ImageFormat::ALL.map(|f| (f.media_type().to_owned(), binary.clone()))),
            "headers": {
                "Content-Crs": {"description": "System of the map", "schema": {"type": "string"}},
                "Content-Bbox": {"description": "Box of the map, in that system", "schema": {"type": "string"}},
            },
        });
        let mut answers = responses(map, true);
        for (status, why) in
            [("422", "Too much to draw"), ("503", "Too busy; Retry-After tells when to come back")]
        {
            answers[status] = js!({
                "description": why,
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            });
        }
        let parameters = names.map(|name| parameter(name)).collect();
        let operation =
            get(&format!("{scope}.getMap"), "Maps", &format!("A map of {what}"), parameters, answers);
        paths.insert(path.to_owned(), operation);
    }
}

/// Adds the parameters that the paths name.
pub(super) fn add_parameters(parameters: &mut Value) {
    let query = |name: &str, description: &str, schema: Value| {
        js!({
            "name": name, "in": "query", "required": false, "description": description, "schema": schema,
            "style": "form", "explode": false,
        })
    };
    let system = || js!({"type": "string", "format": "uri", "default": CRS84_URI});
    let numbers = |least: u32, most: u32| js!({"type": "array", "items": {"type": "number"}, "minItems": least, "maxItems": most});
    let pixels = || js!({"type": "integer", "minimum": 1});
    let color = || js!({"type": "string", "pattern": "^(0x|#)?[0-9A-Fa-f]{6}$"});
    let entries = [
        ("mapWidth", query("width", "Pixels of a row", pixels())),
        ("mapHeight", query("height", "Rows", pixels())),
        (
            "mapScaleDenominator",
            query(
                "scale-denominator",
                "Denominator of the scale, in the place of a size or beside a center",
                js!({"type": "number", "minimum": 0, "exclusiveMinimum": true}),
            ),
        ),
        (
            "mapMmPerPixel",
            query(
                "mm-per-pixel",
                "Millimetres of a pixel where the map is looked at; symbols keep their size",
                js!({"type": "number", "minimum": 0.02, "maximum": 3, "default": 0.28}),
            ),
        ),
        ("mapBbox", query("bbox", "Box of the map, in the order of bbox-crs", numbers(4, 6))),
        ("mapBboxCrs", query("bbox-crs", "System of bbox", system())),
        (
            "mapSubset",
            query(
                "subset",
                "Ranges of axes, such as Lat(43.2:43.4),Lon(5.2:5.6)",
                js!({"type": "array", "items": {"type": "string"}}),
            ),
        ),
        ("mapSubsetCrs", query("subset-crs", "System of subset", system())),
        ("mapCenter", query("center", "Middle of the map, in the order of center-crs", numbers(2, 2))),
        ("mapCenterCrs", query("center-crs", "System of center", system())),
        (
            "mapCrs",
            query(
                "crs",
                "System of the map; that of the data if it has one, else CRS84",
                js!({"type": "string", "format": "uri"}),
            ),
        ),
        ("mapBgcolor", query("bgcolor", "Colour below everything", color())),
        (
            "mapTransparent",
            query("transparent", "No background; true without bgcolor", js!({"type": "boolean"})),
        ),
        (
            "mapVoidColor",
            query("void-color", "Colour of what is outside of the system's area; nothing is", color()),
        ),
        ("mapVoidTransparent", query("void-transparent", "The same, transparent", js!({"type": "boolean"}))),
        (
            "styleId",
            js!({
                "name": "styleId", "in": "path", "required": true, "description": "Name of a style of the collection",
                "schema": {"type": "string"},
            }),
        ),
    ];
    for (name, value) in entries {
        parameters[name] = value;
    }
}

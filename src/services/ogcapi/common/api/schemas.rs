//! Schemas of the documents that the API definition names.

use serde_json::{Value, json as js};

/// All of them.
pub(super) fn schemas() -> Value {
    let links = js!({"type": "array", "items": {"$ref": "#/components/schemas/Link"}});
    js!({
        "Problem": {
            "type": "object", "required": ["title", "status"],
            "properties": {
                "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                "detail": {"type": "string"}, "parameter": {"type": "string"},
                "member": {"type": "string"}, "feature": {"type": "integer"},
            },
        },
        "Link": {
            "type": "object", "required": ["href", "rel"],
            "properties": {
                "href": {"type": "string"}, "rel": {"type": "string"}, "type": {"type": "string"}, "title": {"type": "string"},
                "method": {"type": "string"}, "body": {"type": "object"},
            },
        },
        "LandingPage": {
            "type": "object", "required": ["links"],
            "properties": {"title": {"type": "string"}, "description": {"type": "string"}, "links": links},
        },
        "Conformance": {
            "type": "object", "required": ["conformsTo"],
            "properties": {"conformsTo": {"type": "array", "items": {"type": "string"}}, "links": links},
        },
        "Api": {"type": "object"},
        "Schema": {
            "type": "object", "required": ["$schema", "$id", "type", "properties"],
            "properties": {
                "$schema": {"type": "string"}, "$id": {"type": "string"}, "type": {"type": "string", "enum": ["object"]},
                "title": {"type": "string"}, "description": {"type": "string"}, "properties": {"type": "object"},
                "additionalProperties": {"type": "boolean"},
            },
        },
        "CodeList": {
            "type": "object", "required": ["id", "title", "codes", "links"],
            "properties": {
                "id": {"type": "string", "format": "uri"}, "title": {"type": "string"}, "links": links,
                "codes": {"type": "array", "items": {
                    "type": "object", "required": ["value"],
                    "properties": {
                        "value": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                        "title": {"type": "string"},
                    },
                }},
            },
        },
        "Functions": {
            "type": "object", "required": ["functions"],
            "properties": {"functions": {"type": "array", "items": {
                "type": "object", "required": ["name", "returns"],
                "properties": {
                    "name": {"type": "string"}, "description": {"type": "string"},
                    "arguments": {"type": "array", "items": {
                        "type": "object", "required": ["type"],
                        "properties": {
                            "title": {"type": "string"}, "description": {"type": "string"},
                            "type": {"type": "array", "items": {"type": "string"}},
                        },
                    }},
                    "returns": {"type": "array", "items": {"type": "string"}},
                },
            }}},
        },
        "Collections": {
            "type": "object", "required": ["links", "collections"],
            "properties": {"links": links, "collections": {"type": "array", "items": {"$ref": "#/components/schemas/Collection"}}},
        },
        "Collection": {
            "type": "object", "required": ["id", "links"],
            "properties": {
                "id": {"type": "string"}, "title": {"type": "string"}, "description": {"type": "string"},
                "keywords": {"type": "array", "items": {"type": "string"}},
                "extent": {"type": "object", "properties": {"spatial": {
                    "type": "object",
                    "properties": {
                        "bbox": {"type": "array", "minItems": 1, "items": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}},
                        "crs": {"type": "string"},
                    },
                }}},
                "itemType": {"type": "string"},
                "crs": {"type": "array", "items": {"type": "string"}},
                "storageCrs": {"type": "string"},
                "links": links,
            },
        },
        "Geometry": {
            "type": "object", "nullable": true, "required": ["type"],
            "properties": {
                "type": {"type": "string", "enum": ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"]},
                "coordinates": {"type": "array", "items": {}},
                "geometries": {"type": "array", "items": {"type": "object"}},
            },
        },
        "NewFeature": {
            "type": "object", "required": ["type", "geometry", "properties"],
            "properties": {
                "type": {"type": "string", "enum": ["Feature"]},
                "geometry": {"$ref": "#/components/schemas/Geometry"},
                "properties": {"type": "object", "nullable": true},
            },
        },
        "NewFeatures": {
            "type": "object", "required": ["type", "features"],
            "properties": {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "features": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/NewFeature"}},
            },
        },
        "MergePatch": {
            "type": "object",
            "properties": {
                "geometry": {"$ref": "#/components/schemas/Geometry"},
                "properties": {"type": "object"},
            },
        },
        "Search": {
            "type": "object",
            "description": "The parameters of items as members; an attribute by its name chooses features with its value",
            "properties": {
                "filter": {"description": "CQL2 text, or CQL2 JSON", "anyOf": [{"type": "string"}, {"type": "object"}]},
                "filter-lang": {"type": "string", "enum": ["cql2-text", "cql2-json"]},
                "filter-crs": {"type": "string", "format": "uri"},
                "bbox": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
                "bbox-crs": {"type": "string", "format": "uri"},
                "datetime": {"type": "string"},
                "q": {"type": "string"},
                "ids": {"type": "array", "minItems": 1, "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
                "sortby": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                "properties": {"type": "array", "items": {"type": "string"}},
                "skipGeometry": {"type": "boolean"},
                "crs": {"type": "string", "format": "uri"},
                "limit": {"type": "integer", "minimum": 1},
                "offset": {"type": "integer", "minimum": 0},
                "cursor": {"type": "string"},
                "f": {"type": "string"},
                "lang": {"type": "string", "enum": ["fr", "en"]},
            },
        },
        "Feature": {
            "type": "object", "required": ["type", "geometry", "properties"],
            "properties": {
                "type": {"type": "string", "enum": ["Feature"]},
                "id": {"type": "integer", "format": "int64"},
                "geometry": {"$ref": "#/components/schemas/Geometry"},
                "properties": {"type": "object", "nullable": true},
                "links": links,
            },
        },
        "FeatureCollection": {
            "type": "object", "required": ["type", "features"],
            "properties": {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
                "links": links,
                "timeStamp": {"type": "string", "format": "date-time"},
                "numberMatched": {"type": "integer", "minimum": 0},
                "numberReturned": {"type": "integer", "minimum": 0},
            },
        },
    })
}

//! What paths of the API definition share: parameters, headers, problems.

use super::{maps, schemas, styles, tiles};
use crate::config::Editing;
use crate::model::Layer;
use crate::services::edge::Call;
use crate::services::ogcapi::features::{item_forms, item_offers};
use serde_json::{Map, Value, json as js};
use std::sync::Arc;

/// All of them.
pub(super) fn all(call: &Call, layers: &[&Arc<Layer>]) -> Value {
    let mut components = js!({
        "parameters": parameters(call, layers),
        "headers": headers(),
        "responses": responses(),
        "schemas": schemas::schemas(),
    });
    styles::add_schemas(&mut components["schemas"]);
    maps::add_parameters(&mut components["parameters"]);
    styles::add_parameters(&mut components["parameters"]);
    tiles::add_parameters(call, &mut components["parameters"]);
    tiles::add_schemas(&mut components["schemas"]);
    if call.app.config.editing == Editing::Token {
        components["securitySchemes"] =
            js!({"bearer": {"type": "http", "scheme": "bearer", "description": "A token of this server"}});
    }
    components
}

/// A parameter of a query string; lists stand between commas.
fn query(name: &str, description: &str, schema: Value) -> Value {
    js!({
        "name": name, "in": "query", "required": false, "description": description, "schema": schema,
        "style": "form", "explode": false,
    })
}

fn parameters(call: &Call, layers: &[&Arc<Layer>]) -> Value {
    let limits = &call.app.config.limits;
    let form = |names: Vec<&str>, more: &str| {
        query(
            "f",
            &format!("Form of the answer; the Accept header counts without it{more}"),
            js!({"type": "string", "enum": names}),
        )
    };
    let names = |offers: &[super::Offer]| offers.iter().map(super::Offer::name).collect::<Vec<_>>();
    let mut collection = js!({"type": "string"});
    if layers.len() > super::OWN_PATHS {
        collection["enum"] = layers.iter().map(|l| Value::from(l.slug.as_str())).collect();
    }
    let path = |name: &str, description: &str, schema: Value| js!({"name": name, "in": "path", "required": true, "description": description, "schema": schema});
    let header = |name: &str, description: &str| js!({"name": name, "in": "header", "required": false, "description": description, "schema": {"type": "string"}});
    let text = || js!({"type": "string"});
    js!({
        "f": form(vec!["json", "html", "xml"], ""),
        "fApi": form(vec!["json", "html"], ""),
        "fSchema": form(vec!["json", "xml"], ""),
        "fItem": form(names(item_forms()), ""),
        "itemsForm": form(names(item_offers()), ". A file holds all features that match, unless limit is given"),
        "lang": query("lang", "Language of titles and pages; the Accept-Language header counts without it", js!({"type": "string", "enum": ["fr", "en"]})),
        "collectionId": path("collectionId", "Identifier of a collection", collection),
        "featureId": path("featureId", "Identifier of a feature", text()),
        "limit": query("limit", "Features in a page at most", js!({"type": "integer", "minimum": 1, "maximum": limits.max_page, "default": limits.default_page})),
        "offset": query("offset", "Features to leave out first; next links page faster, and miss nothing while data changes", js!({"type": "integer", "minimum": 0, "default": 0})),
        "cursor": query("cursor", "Where a page begins, as next and prev links have it", text()),
        "bbox": query("bbox", "Only features that meet this box: west, south, east, north in longitude and latitude, or in bbox-crs; heights are not looked at", js!({"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}})),
        "datetime": query("datetime", "An instant, a day or an interval (2024-01-01/2024-12-31, ../2024-12-31) that the features' time must meet", text()),
        "filter": query("filter", "A condition in CQL2 on the collection's queryables", text()),
        "filterLang": query("filter-lang", "Language of filter", js!({"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"})),
        "q": query("q", "Words to be found in the texts of a feature, whatever their case and accents: all of them; between commas are alternatives", text()),
        "ids": query("ids", "Only features with these identifiers", js!({"type": "array", "minItems": 1, "items": {"type": "string"}})),
        "fid": query("fid", "Only the feature with this identifier", js!({"type": "integer", "format": "int64"})),
        "sortby": query("sortby", "Order by these sortables, the largest first behind a -", js!({"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "[+|-]?[A-Za-z_].*"}})),
        "skipGeometry": query("skipGeometry", "Leave out the geometries", js!({"type": "boolean", "default": false})),
        "schemaType": query("type", "The schema of what is sent by such a request", js!({"type": "string", "enum": ["create", "replace", "update"]})),
        "contentCrs": header("Content-Crs", "System of the coordinates in the body, in angle brackets; CRS84 without it"),
        "ifMatch": header("If-Match", "ETag of the feature as it was read: the change is made only when it is still so"),
    })
}

fn headers() -> Value {
    let header = |description: &str, kind: &str| js!({"description": description, "schema": {"type": kind}});
    js!({
        "Content-Crs": header("System of the coordinates, in angle brackets", "string"),
        "ETag": header("State of the feature", "string"),
        "Link": header("Links, for forms that have none in their content", "string"),
        "Location": header("Address of the new feature", "string"),
        "OGC-NumberMatched": header("Features that match, for forms that don't say so in their content", "integer"),
        "OGC-NumberReturned": header("Features in the page, for forms that don't say so in their content", "integer"),
    })
}

fn responses() -> Value {
    let problems = [
        ("InvalidParameter", "A parameter or the body has a value that can't be used"),
        ("Unauthorized", "A token is needed, or the one sent is none"),
        ("Forbidden", "The token's holder may not change this"),
        ("NotFound", "There is no such thing"),
        ("NotAcceptable", "No form that the Accept header names is offered here"),
        ("Conflict", "The collection's data was replaced meanwhile, so that the change can't be made"),
        ("PreconditionFailed", "The feature has been changed meanwhile, or is gone"),
        ("TooLarge", "The body is too large"),
        ("AddressTooLong", "The address is too long; search takes parameters in a body"),
        ("UnsupportedMediaType", "Bodies of this type can't be read here"),
        ("Unprocessable", "The feature breaks a rule of the collection"),
        ("Locked", "Somebody has locked the feature"),
        ("ServerError", "The server failed"),
        ("Unavailable", "The server is too busy or the database can't be reached; try again"),
    ];
    let content = js!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
    let all = problems
        .into_iter()
        .map(|(name, description)| (name.to_owned(), js!({"description": description, "content": content})));
    Value::Object(all.collect::<Map<_, _>>())
}

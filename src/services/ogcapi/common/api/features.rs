//! Paths of collections and their features (OGC 17-069r4 clause 9, OGC 20-002r1).

use super::super::collections::crs_uris;
use super::super::negotiation::{DOCUMENT, Offer};
use super::{get, parameter, response, responses, success};
use crate::config::Editing;
use crate::model::{Column, Layer};
use crate::services::ogcapi::features::{PARAMETERS, is_filterable, item_forms, item_offers, property};
use serde_json::{Map, Value, json as js};

/// Adds the paths of one collection, or of any.
pub(super) fn add(paths: &mut Map<String, Value>, layer: Option<&Layer>, editing: Editing) {
    let names = Names::of(layer);
    let (base, id, title) = (&names.base, &names.id, &names.title);
    let mut insert = |end: &str, item: Value| paths.insert(format!("{base}{end}"), item);
    let answers = responses(success("The collection", &DOCUMENT, "Collection"), true);
    let with = |ends: &[&str]| names.with(ends);
    insert(
        "",
        get(
            &format!("describe{id}"),
            "Capabilities",
            &format!("Description of {title}"),
            with(&["f", "lang"]),
            answers,
        ),
    );
    let schemas = [
        (
            "schema",
            "Schema",
            "Properties that features have and take",
            &["fSchema", "schemaType", "lang"][..],
        ),
        ("queryables", "Queryables", "Properties that features can be chosen by", &["fJson", "lang"][..]),
        ("sortables", "Sortables", "Properties that features can be ordered by", &["fJson", "lang"][..]),
    ];
    for (end, name, summary, parameters) in schemas {
        let offers: &[Offer] = if end == "schema" { &[Offer::SCHEMA, Offer::XML] } else { &[Offer::SCHEMA] };
        let answers = responses(success("JSON Schema", offers, "Schema"), true);
        let summary = format!("{summary}: {title}");
        insert(
            &format!("/{end}"),
            get(&format!("get{id}{name}"), "Capabilities", &summary, with(parameters), answers),
        );
    }
    if layer.is_none_or(|layer| layer.columns.iter().any(|column| !column.codes.is_empty())) {
        let mut parameters = with(&["fJson", "lang"]);
        parameters.push(listed(layer));
        let answers = responses(success("The code list", &[Offer::JSON], "CodeList"), true);
        let summary = format!("What the values of a property mean: {title}");
        insert(
            "/codelists/{property}",
            get(&format!("get{id}CodeList"), "Capabilities", &summary, parameters, answers),
        );
    }
    let mut page = success("A page of features", item_offers(), "FeatureCollection");
    page["headers"] = headers(&["Content-Crs", "Link", "OGC-NumberMatched", "OGC-NumberReturned"]);
    let mut items = get(
        &format!("get{id}Items"),
        "Data",
        &format!("Features of {title}"),
        items_parameters(&names, layer),
        responses(page.clone(), true),
    );
    if editing != Editing::Off {
        items["post"] = create(&names, editing);
    }
    insert("/items", items);
    let mut feature = success("The feature", item_forms(), "Feature");
    feature["headers"] = headers(&["Content-Crs", "ETag", "Link"]);
    let mut parameters = with(&["featureId", "fItem", "lang"]);
    parameters.push(system("crs", "System of the coordinates in the answer", layer));
    let mut item = get(
        &format!("get{id}Item"),
        "Data",
        &format!("A feature of {title}"),
        parameters,
        responses(feature, true),
    );
    if editing != Editing::Off {
        change(&mut item, &names, editing);
    }
    insert("/items/{featureId}", item);
    insert("/search", search(&names, page));
}

/// What the operations of a collection are called.
struct Names {
    base: String,
    id: String,
    title: String,
    any: bool,
}

impl Names {
    fn of(layer: Option<&Layer>) -> Self {
        let Some(layer) = layer else {
            let (base, id) = ("/collections/{collectionId}".to_owned(), "Any".to_owned());
            return Self { base, id, title: "a collection".to_owned(), any: true };
        };
        let mut id = String::new();
        for part in layer.slug.split('-') {
            let mut letters = part.chars();
            id.extend(letters.next().map(|c| c.to_ascii_uppercase()));
            id.push_str(letters.as_str());
        }
        Self { base: format!("/collections/{}", layer.slug), id, title: layer.title.clone(), any: false }
    }

    fn with(&self, names: &[&str]) -> Vec<Value> {
        let any = self.any.then(|| parameter("collectionId"));
        any.into_iter().chain(names.iter().map(|n| parameter(n))).collect()
    }
}

fn headers(names: &[&str]) -> Value {
    let all =
        names.iter().map(|name| ((*name).to_owned(), js!({"$ref": format!("#/components/headers/{name}")})));
    Value::Object(all.collect())
}

fn items_parameters(names: &Names, layer: Option<&Layer>) -> Vec<Value> {
    let mut all = names.with(&[
        "limit",
        "offset",
        "cursor",
        "bbox",
        "datetime",
        "filter",
        "filterLang",
        "q",
        "ids",
        "sortby",
        "skipGeometry",
        "itemsForm",
        "lang",
    ]);
    all.extend([
        system("crs", "System of the coordinates in the answer", layer),
        system("bbox-crs", "System of the coordinates of bbox", layer),
        system("filter-crs", "System of the coordinates in filter", layer),
    ]);
    match layer {
        Some(layer) => {
            let names: Vec<&str> = layer.columns.iter().map(|c| c.name.as_str()).collect();
            all.push(properties(Some(names)));
            let attributes = layer
                .columns
                .iter()
                .filter(|c| is_filterable(c.kind) && !PARAMETERS.contains(&c.name.as_str()));
            all.extend(attributes.map(attribute));
            all.push(parameter("fid"));
        }
        None => {
            all.push(properties(None));
            all.push(js!({
                "name": "attributes", "in": "query", "required": false, "style": "form", "explode": true,
                "description": "Any attribute of the collection with the value that it must have",
                "schema": {"type": "object", "additionalProperties": {"type": "string"}},
            }));
        }
    }
    all
}

fn properties(names: Option<Vec<&str>>) -> Value {
    let items = match names.filter(|n| !n.is_empty()) {
        Some(names) => js!({"type": "string", "enum": names}),
        None => js!({"type": "string"}),
    };
    js!({
        "name": "properties", "in": "query", "required": false, "style": "form", "explode": false,
        "description": "Only these attributes of each feature",
        "schema": {"type": "array", "items": items},
    })
}

/// The part of an address that names a property with a code list.
fn listed(layer: Option<&Layer>) -> Value {
    let mut schema = js!({"type": "string"});
    if let Some(layer) = layer {
        let with = layer.columns.iter().filter(|column| !column.codes.is_empty());
        schema["enum"] = with.map(|column| column.name.as_str()).collect();
    }
    js!({
        "name": "property", "in": "path", "required": true, "description": "A property with a code list",
        "schema": schema,
    })
}

/// A parameter that names a system: one of those that the collection lists, or any other of the EPSG registry.
fn system(name: &str, description: &str, layer: Option<&Layer>) -> Value {
    const ANY: &str = r"^http://www\.opengis\.net/def/crs/(OGC/1\.3/CRS84|EPSG/0/[0-9]{4,6})$";
    let mut schema = js!({"type": "string", "format": "uri", "default": crate::geo::crs::CRS84_URI});
    match layer {
        Some(layer) => schema["anyOf"] = js!([{"enum": crs_uris(layer)}, {"pattern": ANY}]),
        None => schema["pattern"] = js!(ANY),
    }
    js!({"name": name, "in": "query", "required": false, "description": description, "schema": schema})
}

/// An attribute as a parameter, with the type that the queryables give it.
fn attribute(column: &Column) -> Value {
    let mut schema = property(column);
    if let Some(members) = schema.as_object_mut() {
        members.remove("title");
    }
    js!({
        "name": column.name, "in": "query", "required": false,
        "description": format!("Only features whose {} is this", column.name),
        "schema": schema, "style": "form", "explode": false,
    })
}

fn search(names: &Names, page: Value) -> Value {
    let mut answers = responses(page, true);
    answers["413"] = response("TooLarge");
    answers["415"] = response("UnsupportedMediaType");
    js!({"post": {
        "operationId": format!("search{}", names.id),
        "tags": ["Data"],
        "summary": format!("Features of {}, by parameters in a body: for filters too long for an address", names.title),
        "parameters": names.with(&["lang"]),
        "requestBody": {"required": true, "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Search"}},
            "application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/Search"}},
        }},
        "responses": answers,
    }})
}

/// The responses of an operation that changes something.
fn changes(success: (&str, Value), more: &[(&str, &str)]) -> Value {
    let mut all = Map::new();
    all.insert(success.0.to_owned(), success.1);
    let common =
        [("400", "InvalidParameter"), ("401", "Unauthorized"), ("403", "Forbidden"), ("404", "NotFound")];
    let rest = [("409", "Conflict"), ("500", "ServerError"), ("503", "Unavailable")];
    for (status, name) in common.iter().chain(more).chain(&rest) {
        all.insert((*status).to_owned(), response(name));
    }
    Value::Object(all)
}

const BODY: [(&str, &str); 4] =
    [("413", "TooLarge"), ("415", "UnsupportedMediaType"), ("422", "Unprocessable"), ("423", "Locked")];

fn secured(mut operation: Value, editing: Editing) -> Value {
    if editing == Editing::Token {
        operation["security"] = js!([{"bearer": []}]);
    }
    operation
}

fn create(names: &Names, editing: Editing) -> Value {
    let mut created = js!({"description": "Created; Location has the address of the feature, or the body those of several"});
    created["headers"] = headers(&["Location", "ETag"]);
    created["content"] = js!({"application/json": {"schema": {"type": "object"}}});
    let mut parameters = names.with(&[]);
    parameters.push(parameter("contentCrs"));
    secured(
        js!({
            "operationId": format!("create{}Item", names.id),
            "tags": ["Editing"],
            "summary": format!("A new feature of {}, or several at once", names.title),
            "parameters": parameters,
            "requestBody": {"required": true, "content": {"application/geo+json": {"schema": {"anyOf": [
                {"$ref": "#/components/schemas/NewFeature"}, {"$ref": "#/components/schemas/NewFeatures"},
            ]}}}},
            "responses": changes(("201", created), &BODY),
        }),
        editing,
    )
}

fn change(item: &mut Value, names: &Names, editing: Editing) {
    let id = &names.id;
    let done = |description: &str| {
        let mut done = js!({"description": description});
        done["headers"] = headers(&["ETag"]);
        done
    };
    let failed: Vec<(&str, &str)> = [("412", "PreconditionFailed")].into_iter().chain(BODY).collect();
    let mut operation = |method: &str, name: &str, summary: &str, body: Option<Value>, answers: Value| {
        let mut parameters = names.with(&["featureId", "ifMatch"]);
        if body.is_some() {
            parameters.push(parameter("contentCrs"));
        }
        let mut operation = js!({
            "operationId": format!("{name}{id}Item"),
            "tags": ["Editing"],
            "summary": format!("{summary} of {}", names.title),
            "parameters": parameters,
            "responses": answers,
        });
        if let Some(content) = body {
            operation["requestBody"] = js!({"required": true, "content": content});
        }
        item[method] = secured(operation, editing);
    };
    let whole = js!({"application/geo+json": {"schema": {"$ref": "#/components/schemas/NewFeature"}}});
    let patch = js!({
        "application/merge-patch+json": {"schema": {"$ref": "#/components/schemas/MergePatch"}},
        "application/geo+json": {"schema": {"$ref": "#/components/schemas/MergePatch"}},
    });
    operation(
        "put",
        "replace",
        "Replaces a feature",
        Some(whole),
        changes(("204", done("Replaced")), &failed),
    );
    operation(
        "patch",
        "update",
        "Changes a feature in part",
        Some(patch),
        changes(("204", done("Changed")), &failed),
    );
    let failed = [("412", "PreconditionFailed"), ("423", "Locked")];
    operation(
        "delete",
        "delete",
        "Deletes a feature",
        None,
        changes(("204", js!({"description": "Deleted"})), &failed),
    );
}

//! Paths of styles in the API definition (OGC 20-009).

use super::{get, parameter, response, responses};
use crate::config::Editing;
use crate::style::generate::{MOST_CLASSES, Method, PALETTES};
use serde_json::{Map, Value, json as js};

/// Adds the paths.
pub(super) fn add(paths: &mut Map<String, Value>, editing: Editing) {
    let document = |schema: &str| {
        let content =
            js!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}});
        responses(js!({"description": "The document", "content": content}), true)
    };
    let with = |names: &[&str]| -> Vec<Value> { names.iter().map(|name| parameter(name)).collect() };
    let json = |names: &[&str]| with(&[names, &["fJson", "lang"]].concat());
    let mut list = get("getStyles", "Styles", "Styles of all collections", json(&[]), document("Styles"));
    let text = js!({"schema": {"type": "string"}});
    let sheets = js!({
        "application/vnd.ogc.sld+xml;version=1.0": text, "application/vnd.ogc.sld+xml;version=1.1": text,
        "application/vnd.mapbox.style+json": {"schema": {"type": "object"}},
    });
    let answers = responses(js!({"description": "The style", "content": sheets.clone()}), true);
    let parameters = with(&["styleName", "fStyle", "lang"]);
    let mut style = get("getStyle", "Styles", "A style, for programs that draw", parameters, answers);
    if editing != Editing::Off {
        let body = js!({"required": true, "content": {
            "application/vnd.ogc.sld+xml": text, "application/xml": text, "application/vnd.qgis.qml+xml": text,
            "application/vnd.mapbox.style+json": {"schema": {"type": "object"}},
        }});
        let change = |id: &str, summary: &str, names: &[&str], has_body: bool| {
            let mut answers = js!({
                "200": {"description": "Done, or nothing to object to; what is drawn otherwise is listed"},
                "204": {"description": "Done, or nothing to object to"},
                "400": response("InvalidParameter"), "404": response("NotFound"),
            });
            for (status, why) in [
                ("201", "Added; Location tells where"),
                ("401", "A token is needed"),
                ("403", "Not allowed"),
                ("409", "There is such a style already, or it is the default"),
                ("413", "Too long"),
                ("415", "Not a language that styles are read in"),
                ("422", "The style doesn't fit the layer"),
            ] {
                answers[status] = js!({"description": why});
            }
            let mut operation = js!({
                "operationId": id, "tags": ["Styles"], "summary": summary, "parameters": with(names), "responses": answers,
            });
            if has_body {
                operation["requestBody"] = body.clone();
            }
            operation
        };
        list["post"] = change("createStyle", "Add the style of a document", &["dryRun", "lang"], true);
        let names = &["styleName", "dryRun", "lang"];
        style["put"] = change("replaceStyle", "Replace a style, or add it", names, true);
        style["delete"] = change("deleteStyle", "Remove a style", &["styleName", "lang"], false);
    }
    paths.insert("/styles".to_owned(), list);
    paths.insert("/styles/{styleName}".to_owned(), style);
    let one = get(
        "getStyleMetadata",
        "Styles",
        "What a style is and which collection it is for",
        json(&["styleName"]),
        document("StyleMetadata"),
    );
    paths.insert("/styles/{styleName}/metadata".to_owned(), one);
    let of = get(
        "getCollectionStyles",
        "Styles",
        "Styles of a collection",
        json(&["collectionId"]),
        document("Styles"),
    );
    paths.insert("/collections/{collectionId}/styles".to_owned(), of);
    let answers = responses(js!({"description": "The style", "content": sheets}), true);
    let names =
        ["collectionId", "styleColumn", "styleMethod", "styleClasses", "stylePalette", "styleReverse"];
    let parameters = with(&[names.as_slice(), &["fStyle", "lang"]].concat());
    let summary = "A style made from the values of a column";
    let made = get("getGeneratedStyle", "Styles", summary, parameters, answers);
    paths.insert("/collections/{collectionId}/styles/generated".to_owned(), made);
}

/// Adds the parameters that the paths name.
pub(super) fn add_parameters(parameters: &mut Value) {
    parameters["styleName"] = js!({
        "name": "styleName", "in": "path", "required": true,
        "description": "Identifier of a style: the collection's, a point, and the style's name", "schema": {"type": "string"},
    });
    let query = |name: &str, description: &str, schema: Value| js!({"name": name, "in": "query", "required": false, "description": description, "schema": schema});
    let forms = js!({"type": "string", "enum": ["sld", "sld10", "sld11", "mapbox"]});
    parameters["fStyle"] = query("f", "Language of the style; the Accept header counts without it", forms);
    let column = query("column", "Column whose values are told apart", js!({"type": "string"}));
    parameters["styleColumn"] = column;
    parameters["styleColumn"]["required"] = Value::from(true);
    let methods: Vec<&str> =
        std::iter::once("categories").chain(Method::ALL.into_iter().map(|(name, _)| name)).collect();
    parameters["styleMethod"] = query(
        "method",
        "Each value for itself, or classes of numbers",
        js!({"type": "string", "enum": methods}),
    );
    let classes = js!({"type": "integer", "minimum": 1, "maximum": MOST_CLASSES});
    parameters["styleClasses"] =
        query("classes", "Number of classes, or of values with a colour of their own", classes);
    let palettes: Vec<&str> = PALETTES.iter().map(|palette| palette.name).collect();
    parameters["stylePalette"] = query("palette", "Colours", js!({"type": "string", "enum": palettes}));
    parameters["styleReverse"] =
        query("reverse", "Whether the palette runs backwards", js!({"type": "boolean"}));
    parameters["dryRun"] = query("dry-run", "Only check", js!({"type": "boolean"}));
}

/// Adds the schemas that the paths name.
pub(super) fn add_schemas(schemas: &mut Value) {
    let links = js!({"type": "array", "items": {"$ref": "#/components/schemas/Link"}});
    schemas["Styles"] = js!({
        "type": "object", "required": ["styles"],
        "properties": {
            "default": {"type": "string"}, "links": links,
            "styles": {"type": "array", "items": {
                "type": "object", "required": ["id", "links"],
                "properties": {"id": {"type": "string"}, "title": {"type": "string"}, "links": links},
            }},
        },
    });
    schemas["StyleMetadata"] = js!({
        "type": "object", "required": ["id", "stylesheets", "layers"],
        "properties": {
            "id": {"type": "string"}, "title": {"type": "string"}, "scope": {"type": "string", "enum": ["style"]},
            "keywords": {"type": "array", "items": {"type": "string"}}, "pointOfContact": {"type": "string"},
            "license": {"type": "string"}, "created": {"type": "string"}, "updated": {"type": "string"},
            "stylesheets": {"type": "array", "items": {"type": "object"}},
            "layers": {"type": "array", "items": {"type": "object"}}, "links": links,
        },
    });
}

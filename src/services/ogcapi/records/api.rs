//! The API definition as OpenAPI 3.0.3, complete in itself.

use super::documents::OPENAPI;
use super::request::MOST;
use super::{CATALOGUE, check_catalogue, pages};
use crate::catalogue::offered;
use crate::services::edge::{Call, Operation};
use crate::services::ogcapi::common::{Form, Offer, Parameters, Problem, json, negotiated, write_html};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json as js};

const OFFERS: [Offer; 2] = [
    Offer {
        form: Form::Json,
        names: &["json", "openapi"],
        media_types: &[OPENAPI, "application/openapi+json;version=3.0", "application/json"],
    },
    Offer::HTML,
];

/// `/records/api`
pub(super) async fn api(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer(&call, &http).unwrap_or_else(|problem| problem.respond());
    Operation("records", "api").on(answer)
}

fn answer(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_catalogue(call, http)?;
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let definition = definition(call);
    if negotiated(http, parameters.get("f"), &OFFERS)? == Form::Json {
        return Ok(json(http, &definition, OPENAPI));
    }
    let title = call.lang.pick("Documentation de l'API", "API documentation");
    let rows: Vec<Value> = definition["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(path, item)| {
            let name = item["get"]["summary"].as_str().unwrap_or_default();
            js!({"href": call.url(&format!("/records{path}")), "title": format!("GET {path}: {name}")})
        })
        .filter(|link| !link["href"].as_str().unwrap_or_default().contains('{'))
        .collect();
    let page = pages::document(call, http, title, &js!({"links": rows}))?;
    Ok(write_html(http, page))
}

fn definition(call: &Call) -> Value {
    let items = format!("/collections/{CATALOGUE}/items");
    let own = format!("/collections/{CATALOGUE}");
    let mut paths = Map::new();
    for (path, id, summary) in [
        ("/".to_owned(), "getLandingPage", "Landing page"),
        ("/conformance".to_owned(), "getConformance", "Conformance classes"),
        ("/collections".to_owned(), "getCollections", "The catalogue in a list of one"),
        (own.clone(), "getCatalogue", "The catalogue"),
    ] {
        paths.insert(path, get(id, summary, vec![form(&["json", "html"])], "application/json"));
    }
    for name in ["queryables", "sortables"] {
        let id = format!("get{}", if name == "queryables" { "Queryables" } else { "Sortables" });
        let path = format!("{own}/{name}");
        paths.insert(path, get(&id, name, vec![form(&["json"])], "application/schema+json"));
    }
    let facets =
        get("getFacets", "How many of the records found have which value", parameters(), "application/json");
    paths.insert(format!("{own}/facets"), facets);
    let begun = js!({
        "name": "q", "in": "query", "required": false, "description": "What somebody begins to type",
        "schema": {"type": "string"},
    });
    let summary = "Titles and keywords that begin so";
    let proposals = get("getSuggestions", summary, vec![begun], "application/x-suggestions+json");
    paths.insert(format!("{own}/suggestions"), proposals);
    paths.insert(items.clone(), get("getRecords", "Records", parameters(), "application/geo+json"));
    let record = js!({
        "name": "recordId", "in": "path", "required": true, "description": "Identifier of a record",
        "schema": {"type": "string"},
    });
    let one = get("getRecord", "A record", vec![record, form(&["json", "html"])], "application/geo+json");
    paths.insert(format!("{items}/{{recordId}}"), one);
    js!({
        "openapi": "3.0.3",
        "info": {"title": pages::title(call), "version": env!("CARGO_PKG_VERSION")},
        "servers": [{"url": call.url("/records")}],
        "paths": paths,
    })
}

fn get(id: &str, summary: &str, mut parameters: Vec<Value>, media: &str) -> Value {
    parameters.push(js!({
        "name": "lang", "in": "query", "required": false, "description": "Language of what people read",
        "schema": {"type": "string", "enum": ["fr", "en"]},
    }));
    let problem = |description: &str| js!({"description": description, "content": {"application/problem+json": {"schema": {"type": "object"}}}});
    let mut content = Map::new();
    content.insert(media.to_owned(), js!({"schema": {"type": "object"}}));
    if parameters.iter().any(|p| p["schema"]["enum"].to_string().contains("html")) {
        content.insert("text/html".to_owned(), js!({"schema": {"type": "string"}}));
    }
    js!({"get": {
        "operationId": id,
        "summary": summary,
        "tags": ["Records"],
        "parameters": parameters,
        "responses": {
            "200": {"description": summary, "content": content},
            "400": problem("A parameter that can't be used"),
            "404": problem("There is no such thing here"),
            "406": problem("No form that is offered is accepted"),
            "500": problem("The server failed"),
            "503": problem("The server is busy"),
        },
    }})
}

fn form(names: &[&str]) -> Value {
    js!({
        "name": "f", "in": "query", "required": false, "description": "Form of the answer; before the Accept header",
        "schema": {"type": "string", "enum": names},
    })
}

/// Parameters of a search.
fn parameters() -> Vec<Value> {
    let query = |name: &str, description: &str, schema: Value| js!({"name": name, "in": "query", "required": false, "description": description, "schema": schema, "style": "form", "explode": false});
    let list = || js!({"type": "array", "items": {"type": "string"}, "minItems": 1});
    let mut all = vec![
        form(&["json", "geojson", "html"]),
        query(
            "q",
            "Words that follow each other somewhere in the record; alternatives between commas",
            js!({"type": "string", "minLength": 1}),
        ),
        query(
            "bbox",
            "West, south, east, north",
            js!({"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}),
        ),
        query("bbox-crs", "System of the coordinates of bbox", js!({"type": "string", "format": "uri"})),
        query(
            "datetime",
            "An instant, a day or an interval of the last change of the resource",
            js!({"type": "string"}),
        ),
        query("type", "Types of resources", list()),
        query("ids", "Identifiers of records", list()),
        query("externalIds", "Identifiers of resources", list()),
        query(
            "limit",
            "Records in a page",
            js!({"type": "integer", "minimum": 1, "maximum": MOST, "default": 10}),
        ),
        query("offset", "Records to pass over", js!({"type": "integer", "minimum": 0, "default": 0})),
        query("sortby", "Properties in whose order records come; - before one for descending", list()),
        query("filter", "A condition in CQL2", js!({"type": "string"})),
        query(
            "filter-lang",
            "Language of filter",
            js!({"type": "string", "enum": ["cql2-text", "cql2-json"]}),
        ),
        query("filter-crs", "System of the coordinates in filter", js!({"type": "string", "format": "uri"})),
    ];
    let own: Vec<String> = all.iter().filter_map(|p| p["name"].as_str().map(str::to_owned)).collect();
    for queryable in offered().iter().filter(|q| q.kind.0 != "object" && !own.iter().any(|n| n == q.name)) {
        let mut schema = js!({"type": queryable.kind.0});
        if let Some(format) = queryable.kind.1 {
            schema["format"] = js!(format);
        }
        all.push(query(queryable.name, queryable.titles.1, schema));
    }
    all
}

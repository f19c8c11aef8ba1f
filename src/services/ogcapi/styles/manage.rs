//! Adding, replacing and removing styles, for those who may edit the layer.

use super::stylesheet;
use crate::access::Action;
use crate::features::edit::wait_until_seen;
use crate::maps::check_fit;
use crate::model::{Layer, Slug};
use crate::publish::{NewStyle, PublishError, RestyleError, delete_style, put_styles};
use crate::services::edge::{Call, restyle_status};
use crate::services::ogcapi::common::{Parameters, Problem, changing, check_scope, read_body};
use crate::style::{self, Language, Reading, Target};
use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json as js;
use std::sync::Arc;

/// Methods where nothing may be changed.
const READ_ONLY: &str = "GET, HEAD, OPTIONS";

/// What a style may be sent as. Which language it is, its text tells.
const TAKEN: [&str; 9] = [
    "application/vnd.ogc.sld+xml",
    "application/vnd.ogc.se+xml",
    "application/xml",
    "text/xml",
    "application/sld+xml",
    "application/vnd.qgis.qml+xml",
    "application/vnd.qgis.style+xml",
    "application/vnd.mapbox.style+json",
    "application/json",
];

/// `POST /ogc/styles`: the layer and the name are those in the document.
pub(super) async fn create(call: Call, http: HttpRequest, payload: Payload) -> HttpResponse {
    let answer = async |http: &HttpRequest| answer_create(&call, http, payload).await;
    changing(&call, http, READ_ONLY, "createStyle", answer).await
}

async fn answer_create(call: &Call, http: &HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let dry = dry_run(http)?;
    call.may_edit_something()?;
    let sent = Sent::read(http, read_body(call, payload).await?)?;
    let missing = |what: &str| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!(
                "the document doesn't say {what}; write it there, or send the style by PUT to /ogc/styles/LAYER.NAME"
            ),
        )
    };
    let said = &sent.read.style;
    let layer = said.layer.clone().ok_or_else(|| missing("which layer it is for (NamedLayer/Name)"))?;
    let name = said.name.clone().ok_or_else(|| missing("what the style is called (UserStyle/Name)"))?;
    let (layer, name) = target(call, &layer, &name)?;
    if layer.styles.iter().any(|style| style.name == *name.to_string()) {
        let detail = format!("layer '{}' has a style '{name}' already; replace it by PUT", layer.slug);
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    store(call, &layer, &name, sent, dry).await
}

/// `PUT /ogc/styles/{style}`
pub(super) async fn replace(call: Call, http: HttpRequest, payload: Payload) -> HttpResponse {
    let answer = async |http: &HttpRequest| answer_replace(&call, http, payload).await;
    changing(&call, http, READ_ONLY, "replaceStyle", answer).await
}

async fn answer_replace(call: &Call, http: &HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let dry = dry_run(http)?;
    let (layer, name) = addressed(call, http)?;
    let sent = Sent::read(http, read_body(call, payload).await?)?;
    store(call, &layer, &name, sent, dry).await
}

/// `DELETE /ogc/styles/{style}`
pub(super) async fn delete(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = async |http: &HttpRequest| answer_delete(&call, http).await;
    changing(&call, http, READ_ONLY, "deleteStyle", answer).await
}

async fn answer_delete(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    Parameters::read(http, &[], |_| false)?;
    let (layer, style) = stylesheet::find(call, http)?;
    call.may_edit(&layer)?;
    let done = delete_style(&call.app.store, &layer, &style.name).await?;
    wait_until_seen(&call.app.registry, &[(layer.id, done.generation)]).await;
    Ok(HttpResponse::NoContent().finish())
}

/// The layer and the name of an identifier that need not be one of a style yet.
fn addressed(call: &Call, http: &HttpRequest) -> Result<(Arc<Layer>, Slug), Problem> {
    let id = http.match_info().get("style").unwrap_or_default();
    let (layer, name) = id.split_once('.').ok_or_else(|| {
        Problem::not_found("a style is addressed as /ogc/styles/LAYER.NAME, such as communes.population")
    })?;
    target(call, layer, name)
}

fn target(call: &Call, layer: &str, name: &str) -> Result<(Arc<Layer>, Slug), Problem> {
    check_scope(call)?;
    let shown = |text: &str| text.chars().take(80).collect::<String>();
    let snapshot = call.app.registry.snapshot();
    let found = snapshot.layer(&call.caller, Action::Read, &call.scope, layer).ok_or_else(|| {
        Problem::not_found(format!("there is no layer '{}'; /ogc/collections lists them", shown(layer)))
    })?;
    call.may_edit(found)?;
    let name = Slug::parse(name).map_err(|_| {
        let detail = format!(
            "'{}' can't be the name of a style: use lower case letters, digits, - and _",
            shown(name)
        );
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    })?;
    Ok((Arc::clone(found), name))
}

fn dry_run(http: &HttpRequest) -> Result<bool, Problem> {
    let parameters = Parameters::read(http, &["dry-run"], |_| false)?;
    match parameters.get("dry-run") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::invalid("dry-run", "dry-run is true or false")),
    }
}

/// A style that came and can be read.
struct Sent {
    text: String,
    read: Reading,
}

impl Sent {
    fn read(http: &HttpRequest, body: Bytes) -> Result<Self, Problem> {
        let media =
            http.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("text/xml");
        let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !TAKEN.contains(&media.as_str()) {
            let named: String = media.chars().take(60).collect();
            let detail =
                format!("styles of type '{named}' can't be read here; send one of: {}", TAKEN.join(", "));
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let text = String::from_utf8(body.to_vec())
            .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the style is not UTF-8 text"))?;
        let read = style::read(&text, None).map_err(unreadable)?;
        Ok(Self { text, read })
    }

    /// The same, read for a layer: its name and its columns tell what some languages mean.
    fn for_layer(self, layer: &Layer) -> Result<Reading, Problem> {
        if self.read.language == Language::Sld {
            return Ok(self.read);
        }
        let columns = layer.columns.iter().map(|column| column.name.clone()).collect();
        style::read(&self.text, Some(&Target { layer: layer.slug.clone(), columns })).map_err(unreadable)
    }
}

fn unreadable(error: style::StyleError) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, error.to_string())
}

async fn store(
    call: &Call,
    layer: &Arc<Layer>,
    name: &Slug,
    sent: Sent,
    dry: bool,
) -> Result<HttpResponse, Problem> {
    let sent = sent.for_layer(layer)?;
    check_fit(&sent.style, layer).map_err(|reason| {
        let detail = format!("the style doesn't fit layer '{}': {reason}", layer.slug);
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    })?;
    // SLD's notes are of options that other products have.
    let unread = sent.language != Language::Sld && !sent.style.notes.is_empty();
    let told = || js!({"id": format!("{}.{name}", layer.slug), "language": sent.language.name(), "notRead": sent.style.notes});
    let done_with = |mut response: actix_web::HttpResponseBuilder| match unread {
        true => response.content_type("application/json").body(told().to_string()),
        false => response.finish(),
    };
    if dry {
        return Ok(done_with(if unread { HttpResponse::Ok() } else { HttpResponse::NoContent() }));
    }
    let title = sent.style.title.clone().or(sent.style.name.clone());
    let title: String = title.unwrap_or_else(|| name.to_string()).chars().take(200).collect();
    let style = NewStyle { layer, name, title: &title, sld: &sent.sld, is_default: false };
    let done = put_styles(&call.app.store, &[style], false).await?;
    let seen: Vec<_> = done.iter().map(|done| (layer.id, done.generation)).collect();
    wait_until_seen(&call.app.registry, &seen).await;
    let address = format!("{}/{}.{name}", call.url("/ogc/styles"), layer.slug);
    Ok(match done.iter().any(|done| done.is_new) {
        true => {
            let mut response = HttpResponse::Created();
            response.insert_header((header::LOCATION, address));
            done_with(response)
        }
        false if unread => done_with(HttpResponse::Ok()),
        false => done_with(HttpResponse::NoContent()),
    })
}

impl From<RestyleError> for Problem {
    fn from(error: RestyleError) -> Self {
        let status = restyle_status(&error);
        match error {
            RestyleError::Publish(PublishError::Store(cause)) => Self::from(cause),
            error => Self::new(status, error.to_string()),
        }
    }
}

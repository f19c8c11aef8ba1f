//! What a client believes of a feature: `If-Match` and `If-None-Match` (RFC 9110 sections 13.1.1 and 13.1.2).

use super::super::handler::missing;
use crate::features::edit::Expected;
use crate::model::Layer;
use crate::services::edge::Call;
use crate::services::ogcapi::common::Problem;
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use std::sync::Arc;

/// Tags of a header.
#[derive(Debug, PartialEq)]
enum Tags {
    /// `*`
    Any,
    /// The states that strong tags name; weak ones match nothing that is changed.
    These(Vec<String>),
}

/// The state that a change of a feature needs, and whether the client named it.
///
/// # Errors
/// 412 where `If-None-Match` names the present state, 404 where it is given and there is no such feature.
pub async fn read(
    call: &Call,
    http: &HttpRequest,
    layer: &Arc<Layer>,
    fid: i64,
) -> Result<(Expected, bool), Problem> {
    if let Some(unwanted) = tags(http, &IF_NONE_MATCH) {
        let now = call.app.editor.tag(layer, fid, call.deadline()).await?;
        let now = now.ok_or_else(|| missing(layer, &fid.to_string()))?;
        if match &unwanted {
            Tags::Any => true,
            Tags::These(states) => states.contains(&now),
        } {
            let detail =
                format!("feature {fid} of layer '{}' is in a state that If-None-Match names", layer.slug);
            return Err(Problem::new(StatusCode::PRECONDITION_FAILED, detail));
        }
    }
    let wanted = tags(http, &IF_MATCH);
    let conditional = wanted.is_some();
    let tags = match wanted {
        Some(Tags::These(states)) => Some(states),
        // Without a condition the feature only has to be there.
        Some(Tags::Any) | None => None,
    };
    Ok((Expected { layer: Arc::clone(layer), fid, tags }, conditional))
}

fn tags(http: &HttpRequest, name: &HeaderName) -> Option<Tags> {
    let values: Vec<&str> = http.headers().get_all(name).map(|v| v.to_str().unwrap_or_default()).collect();
    (!values.is_empty()).then(|| parse(&values.join(",")))
}

fn parse(text: &str) -> Tags {
    if text.trim() == "*" {
        return Tags::Any;
    }
    // Behind the colon stands which representation a tag is of: all of them show the same state.
    let state =
        |tag: &str| Some(tag.trim().strip_prefix('"')?.strip_suffix('"')?.split(':').next()?.to_owned());
    // No tag of this server has a comma in it.
    Tags::These(text.split(',').filter_map(state).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_tags_name_states_and_nothing_else_does() {
        let these = |all: &[&str]| Tags::These(all.iter().map(|s| (*s).to_owned()).collect());
        for (text, tags) in [
            ("*", Tags::Any),
            (" * ", Tags::Any),
            ("\"ab-1:json:4326\"", these(&["ab-1"])),
            ("\"ab-1\" , \"ab-2:html:fr\"", these(&["ab-1", "ab-2"])),
            ("W/\"ab-1\"", these(&[])),
            ("ab-1", these(&[])),
            ("\"ab-1", these(&[])),
            ("\"", these(&[])),
            ("", these(&[])),
            ("\"ab-1\", *", these(&["ab-1"])),
        ] {
            assert_eq!(parse(text), tags, "{text}");
        }
    }
}

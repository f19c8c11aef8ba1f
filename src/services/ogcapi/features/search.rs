//! The body of a search: the parameters of items, for filters that are too long for an address. JSON, or what a
//! form sends.

use crate::services::edge::{Call, Kvp};
use crate::services::ogcapi::common::{Problem, read_body};
use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::Payload;
use serde_json::{Map, Value};

/// What a body asks for.
pub struct Asked {
    /// As parameters of items.
    pub pairs: Vec<(String, String)>,
    /// As JSON, for the links of the answer.
    pub body: Map<String, Value>,
}

/// Reads a body; what the address asks for beside it holds as well.
///
/// # Errors
/// 400, 413, 415.
pub async fn read(call: &Call, http: &HttpRequest, payload: Payload) -> Result<Asked, Problem> {
    let media = http.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let bytes = read_body(call, payload).await?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body is not UTF-8 text"))?;
    let owned = |kvp: &Kvp| -> Vec<(String, String)> {
        kvp.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
    };
    let as_json = |pairs: &[(String, String)]| -> Map<String, Value> {
        pairs.iter().map(|(n, v)| (n.clone(), Value::from(v.as_str()))).collect()
    };
    let mut pairs = owned(&Kvp::parse(http.query_string())?);
    match media.as_str() {
        "application/x-www-form-urlencoded" => {
            pairs.extend(owned(&Kvp::parse(text)?));
            let body = as_json(&pairs);
            Ok(Asked { pairs, body })
        }
        "" | "application/json" | "application/query+json" => {
            let body = match serde_json::from_str(text) {
                Ok(Value::Object(body)) => body,
                Ok(_) => return Err(Problem::new(StatusCode::BAD_REQUEST, "the body is not a JSON object")),
                Err(error) => {
                    let detail = format!("the body is not JSON: {error}");
                    return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
                }
            };
            let mut whole = as_json(&pairs);
            for (name, value) in &body {
                pairs.extend(pair(name, value)?);
            }
            whole.extend(body);
            Ok(Asked { pairs, body: whole })
        }
        other => {
            let named: String = other.chars().take(60).collect();
            let detail = format!(
                "bodies of type '{named}' can't be read here; send application/json or application/x-www-form-urlencoded"
            );
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
        }
    }
}

/// A member of the body as a parameter; `null` is none.
fn pair(name: &str, value: &Value) -> Result<Option<(String, String)>, Problem> {
    let refused = || {
        let named: String = name.chars().take(100).collect();
        Problem::invalid(
            &named,
            format!("the value of '{named}' must be text, a number, true or false, or a list of them"),
        )
    };
    let text = match (name, value) {
        (_, Value::Null) => return Ok(None),
        // CQL2 JSON, as it is.
        ("filter", Value::Object(_)) => value.to_string(),
        ("sortby", Value::Array(keys)) => {
            let keys: Option<Vec<String>> = keys.iter().map(sort_key).collect();
            keys.ok_or_else(refused)?.join(",")
        }
        (_, Value::Array(all)) => {
            let all: Option<Vec<String>> = all.iter().map(scalar).collect();
            all.ok_or_else(refused)?.join(",")
        }
        _ => scalar(value).ok_or_else(refused)?,
    };
    Ok(Some((name.to_owned(), text)))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// `"-name"`, or `{"field": "name", "direction": "desc"}` as other search languages have it.
fn sort_key(value: &Value) -> Option<String> {
    let Value::Object(key) = value else { return scalar(value) };
    let name = key.get("field").or_else(|| key.get("property"))?.as_str()?;
    match key.get("direction").and_then(Value::as_str) {
        None | Some("asc") => Some(format!("+{name}")),
        Some("desc") => Some(format!("-{name}")),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_become_parameters() {
        for (name, value, text) in [
            ("limit", json!(10), Some("10")),
            ("bbox", json!([1, 2.5, 3, 4]), Some("1,2.5,3,4")),
            ("filter", json!({"op": "=", "args": []}), Some("{\"op\":\"=\",\"args\":[]}")),
            ("filter", json!("a = 1"), Some("a = 1")),
            ("sortby", json!(["a", "-b", {"field": "c", "direction": "desc"}]), Some("a,-b,-c")),
            ("skipGeometry", json!(true), Some("true")),
            ("q", json!(null), None),
        ] {
            let read = pair(name, &value).expect("read").map(|(_, text)| text);
            assert_eq!(read.as_deref(), text, "{name} {value}");
        }
        for (name, value) in [
            ("bbox", json!([[1]])),
            ("limit", json!({})),
            ("sortby", json!([{"direction": "asc"}])),
            ("sortby", json!([{"field": "a", "direction": "x"}])),
        ] {
            assert_eq!(pair(name, &value).expect_err("refused").parameter.as_deref(), Some(name));
        }
    }
}

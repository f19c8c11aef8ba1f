//! The answer as a page: a table a feature, or what the template of a layer or of its organisation makes of them.

use super::template::Template;
use super::{Found, plain};
use crate::services::edge::Call;
use crate::store::Deadline;
use quick_xml::escape::escape;
use serde_json::{Map, Value, json};

const HEAD: &str = "<!doctype html>\n<html>\n<head><meta charset=\"utf-8\"><title>GetFeatureInfo</title>\n<style>\
     body{font:14px/1.4 sans-serif;margin:8px}table{border-collapse:collapse;margin-bottom:12px}\
     th,td{border:1px solid #ccc;padding:2px 6px;text-align:left;vertical-align:top}th{background:#f4f4f4}\
     caption{font-weight:bold;text-align:left;padding:4px 0}</style></head>\n<body>\n";

/// The page of all layers.
pub(super) async fn html(call: &Call, found: &[Found]) -> Vec<u8> {
    let mut out = String::from(HEAD);
    let mut any = false;
    for layer in found.iter().filter(|f| !f.features.is_empty()) {
        any = true;
        match templated(call, layer, call.deadline()).await {
            Some(made) => out.push_str(&made),
            None => tables(&mut out, layer),
        }
    }
    if !any {
        out.push_str("<p>–</p>\n");
    }
    out.push_str("</body>\n</html>\n");
    out.into_bytes()
}

/// What a template makes of the features; `None` without one, or with one that fails, which the log tells: who looks
/// at a map can't mend it.
async fn templated(call: &Call, found: &Found, deadline: Deadline) -> Option<String> {
    let template = Template::of(&call.app.config.data, &found.layer).await?;
    let context = context(call, found);
    let name = template.path.display().to_string();
    let made = call.app.pool.run(deadline, move || template.render(&context)).await;
    let told = match made {
        Ok(Ok(text)) => return Some(text),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::warn!(template = name, error = told, "a template of GetFeatureInfo can't be used");
    None
}

fn context(call: &Call, found: &Found) -> Value {
    let layer = &found.layer;
    let feature = |feature: &super::hit::Hit| {
        let mut properties = Map::new();
        for (column, value) in feature.columns().iter().zip(feature.values()) {
            properties.insert(column.name.clone(), json!(plain(&value)));
        }
        json!({
            "fid": feature.fid(),
            "id": format!("{}.{}", layer.slug, feature.fid()),
            "properties": properties,
        })
    };
    json!({
        "lang": call.lang.code(),
        "layer": {"name": layer.slug, "title": layer.title, "description": layer.description},
        "dataset": {"name": layer.dataset.slug, "title": layer.dataset.title},
        "organisation": {"name": layer.dataset.organisation.slug, "title": layer.dataset.organisation.title},
        "features": found.features.iter().map(feature).collect::<Vec<_>>(),
    })
}

fn tables(out: &mut String, Found { layer, features }: &Found) {
    for feature in features {
        out.push_str(&format!("<table>\n<caption>{}</caption>\n", escape(layer.title.as_str())));
        out.push_str(&format!("<tr><th scope=\"row\">fid</th><td>{}</td></tr>\n", feature.fid()));
        for (column, value) in feature.columns().iter().zip(feature.values()) {
            out.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n",
                escape(column.name.as_str()),
                escape(plain(&value).as_str())
            ));
        }
        out.push_str("</table>\n");
    }
}

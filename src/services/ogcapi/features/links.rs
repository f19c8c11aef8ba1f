//! Addresses of pages, and the links between them.

use super::forms;
use super::request::{Cursor, Direction, Items, Origin};
use crate::features::PageKey;
use crate::model::Layer;
use crate::services::edge::Call;
use crate::services::ogcapi::common::Form;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value as Json, json};

const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What is known of a page once its features are.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Features that match in all.
    pub matched: Option<u64>,
    /// Features in the page.
    pub returned: u64,
    /// The place of its first feature.
    pub first: Option<PageKey>,
    /// The place of its last feature.
    pub last: Option<PageKey>,
    /// Whether features follow it.
    pub more: bool,
}

/// A link to a page, as it stands in an answer.
#[derive(Clone, Debug)]
pub struct Link {
    /// Relation.
    pub rel: &'static str,
    /// Address.
    pub href: String,
    /// Media type.
    pub media_type: &'static str,
    /// The body to send there by `POST`, for pages of a search.
    pub body: Option<Map<String, Json>>,
}

impl Link {
    /// The link as JSON.
    pub fn json(self) -> Json {
        let mut link = json!({"rel": self.rel, "href": self.href, "type": self.media_type});
        if let Some(body) = self.body {
            link["method"] = Json::from("POST");
            link["body"] = Json::Object(body);
        }
        link
    }

    /// The link as a header (RFC 8288 section 3); `None` when it needs a body.
    pub fn header(&self) -> Option<String> {
        // Addresses are percent-encoded, media types our own.
        let media_type = self.media_type.replace('"', "\\\"");
        self.body.is_none().then(|| format!("<{}>; rel=\"{}\"; type=\"{media_type}\"", self.href, self.rel))
    }
}

/// Address of a collection.
pub fn collection_url(call: &Call, layer: &Layer) -> String {
    format!("{}/{}", call.url("/ogc/collections"), layer.slug)
}

/// Address of a collection's items.
pub fn items_url(call: &Call, layer: &Layer) -> String {
    collection_url(call, layer) + "/items"
}

/// Address of a page with the parameters that stay, and more.
pub fn page_url(base: &str, kept: &[(String, String)], also: &[(&str, &str)]) -> String {
    let encode = |v: &str| utf8_percent_encode(v, VALUE).to_string();
    let pairs: Vec<String> = kept
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .chain(also.iter().copied())
        .map(|(n, v)| format!("{}={}", encode(n), encode(v)))
        .collect();
    if pairs.is_empty() { base.to_owned() } else { format!("{base}?{}", pairs.join("&")) }
}

/// What `f` and media type a form has.
fn named(form: Form) -> (&'static str, &'static str) {
    let offer = forms::items().iter().find(|o| o.form == form).unwrap_or(&forms::JSON);
    (offer.name(), offer.link_type())
}

/// All links of a page.
pub fn of_page(call: &Call, items: &Items, seen: &Seen) -> Vec<Link> {
    let own = items.start.own.as_ref().map(|(name, value)| (*name, value.as_str()));
    let mut links = vec![link(call, items, "self", items.form, own)];
    let others = forms::item().iter().filter(|o| o.form != items.form);
    // A search is answered for programs alone.
    let others = others.filter(|o| o.form != Form::Html || matches!(items.origin, Origin::Items));
    links.extend(others.map(|o| link(call, items, "alternate", o.form, own)));
    links.push(Link {
        rel: "collection",
        href: collection_url(call, &items.query.layer),
        media_type: "application/json",
        body: None,
    });
    links.extend(next(call, items, seen));
    links.extend(previous(call, items, seen));
    links
}

/// The page after this one.
pub fn next(call: &Call, items: &Items, seen: &Seen) -> Option<Link> {
    let key = seen.last.clone().filter(|_| seen.more)?;
    let position = items.start.position.saturating_add(seen.returned);
    let cursor = cursor(items, seen, Direction::After, key, position);
    Some(link(call, items, "next", items.form, Some(("cursor", &cursor))))
}

/// The page before this one.
pub fn previous(call: &Call, items: &Items, seen: &Seen) -> Option<Link> {
    if !items.start.has_previous {
        return None;
    }
    match seen.first.clone() {
        Some(key) => {
            let cursor = cursor(items, seen, Direction::Before, key, items.start.position);
            Some(link(call, items, "prev", items.form, Some(("cursor", &cursor))))
        }
        // Nothing here to go back from: behind the end, or all that followed a cursor is gone.
        None => {
            let offset = items.start.position.saturating_sub(items.limit).to_string();
            Some(link(call, items, "prev", items.form, Some(("offset", &offset))))
        }
    }
}

fn cursor(items: &Items, seen: &Seen, direction: Direction, key: PageKey, position: u64) -> String {
    let matched = seen.matched.map(|n| (n, items.query.layer.generation));
    Cursor { direction, key, position, matched, seal: items.seal }.write()
}

fn link(call: &Call, items: &Items, rel: &'static str, form: Form, place: Option<(&str, &str)>) -> Link {
    let (f, media_type) = named(form);
    let layer = &items.query.layer;
    match &items.origin {
        Origin::Items => {
            let mut also: Vec<(&str, &str)> = place.into_iter().collect();
            also.push(("f", f));
            let href = page_url(&items_url(call, layer), &items.kept, &also);
            Link { rel, href, media_type, body: None }
        }
        Origin::Search(body) => {
            let mut body = body.clone();
            body.retain(|name, _| !["cursor", "offset", "f"].contains(&name.as_str()));
            if let Some((name, value)) = place {
                body.insert(name.to_owned(), Json::from(value));
            }
            if form != Form::Json {
                body.insert("f".to_owned(), Json::from(f));
            }
            Link { rel, href: collection_url(call, layer) + "/search", media_type, body: Some(body) }
        }
    }
}

//! `/styles/{layer}`: how a layer is drawn, style by style, and a place to try another style before it is saved.

use super::site::{Asked, Map, Policy, Site, encoded, map};
use crate::access::Action;
use crate::config::Editing;
use crate::maps::StyleFacts;
use crate::model::{Lang, Layer};
use crate::services::edge::Call;
use crate::style::sld;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "portal/style.html")]
struct Page {
    lang: Lang,
    site: Site,
    layer: String,
    title: String,
    dataset: Link,
    styles: Vec<StyleView>,
    trial: Option<Trial>,
}

#[derive(Template)]
#[template(path = "portal/no_layer.html")]
struct Missing {
    lang: Lang,
    site: Site,
}

struct Link {
    href: String,
    text: String,
}

struct StyleView {
    name: String,
    title: String,
    is_default: bool,
    map: Option<Map>,
    /// `None` where the style can't be read any more.
    legend: Option<Picture>,
    links: Vec<Link>,
}

struct Picture {
    src: String,
    width: u32,
    height: u32,
}

/// Where a style may be tried.
struct Trial {
    /// Address of GetMap, without the document.
    action: String,
    /// Address of GetLegendGraphic, without the document.
    legend: String,
    map: Map,
    /// The default style as a document to begin with.
    sld: String,
    save: Option<Save>,
}

/// Where it may be saved.
struct Save {
    /// Address of the layer's styles, to which the name is joined.
    address: String,
    wants_token: bool,
}

/// A layer's page.
pub(super) async fn styles(
    http: HttpRequest,
    call: Call,
    path: actix_web::web::Path<String>,
) -> HttpResponse {
    let asked = Asked::read(&http, &call);
    let snapshot = call.app.registry.snapshot();
    let Some(layer) = snapshot.layer(&call.caller, Action::Read, &call.scope, &path.into_inner()).cloned()
    else {
        let missing = Missing { lang: asked.lang, site: asked.site(&http, &call) };
        return asked.answer(&http, &call, &snapshot, StatusCode::NOT_FOUND, &missing, Policy::Still);
    };
    if let Some(known) = asked.known(&http, &call, &snapshot) {
        return known;
    }
    let (root, lang) = (call.app.config.public_path(), asked.lang);
    let facts = legends(&call, &layer).await;
    let page = Page {
        lang,
        site: asked.site(&http, &call),
        layer: layer.slug.clone(),
        title: layer.title.clone(),
        dataset: Link {
            href: format!("{root}/datasets/{}{}", layer.dataset.slug, asked.suffix()),
            text: layer.dataset.title.clone(),
        },
        styles: views(&root, &layer, &facts, lang),
        trial: trial(&call, &root, &layer, lang),
    };
    asked.answer(&http, &call, &snapshot, StatusCode::OK, &page, Policy::Live)
}

/// What is known of each style's legend; shaping its texts takes a worker.
async fn legends(call: &Call, layer: &Arc<Layer>) -> Vec<Option<StyleFacts>> {
    let (maps, own) = (call.app.maps.clone(), Arc::clone(layer));
    let told = call.app.pool.run(call.deadline(), move || {
        own.styles.iter().map(|style| maps.style_facts(&own, style).ok()).collect()
    });
    told.await.unwrap_or_default()
}

fn views(root: &str, layer: &Arc<Layer>, facts: &[Option<StyleFacts>], lang: Lang) -> Vec<StyleView> {
    let mut views = Vec::with_capacity(layer.styles.len());
    for (index, style) in layer.styles.iter().enumerate() {
        let (slug, name) = (&layer.slug, &style.name);
        let known = facts.get(index).copied().flatten();
        let shown = map(root, &[layer], &layer.title, 560.0, 380.0, lang);
        let shown = shown.filter(|_| known.is_some()).map(|map| Map {
            src: map.src.replace("&STYLES=&", &format!("&STYLES={}&", encoded(name))),
            ..map
        });
        let document = format!("{root}/ogc/styles/{}.{}", encoded(slug), encoded(name));
        let link = |text: &str, href: String| Link { href, text: text.to_owned() };
        let mut links = vec![
            link("SLD 1.0", format!("{document}?f=sld10")),
            link("SLD 1.1", format!("{document}?f=sld11")),
            link("MapLibre", format!("{root}/styles/{}/{}.json", encoded(slug), encoded(name))),
        ];
        if let Some(map) = &shown {
            links.push(link(lang.pick("Carte (WMS)", "Map (WMS)"), map.src.clone()));
        }
        views.push(StyleView {
            name: name.clone(),
            title: if style.title.is_empty() { name.clone() } else { style.title.clone() },
            is_default: style.is_default,
            map: shown,
            legend: known.map(|facts| Picture {
                src: format!(
                    "{root}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&FORMAT=image/png&LAYER={}&STYLE={}",
                    encoded(slug),
                    encoded(name)
                ),
                width: facts.legend.0,
                height: facts.legend.1,
            }),
            links,
        });
    }
    views.sort_by_key(|view| !view.is_default);
    views
}

fn trial(call: &Call, root: &str, layer: &Arc<Layer>, lang: Lang) -> Option<Trial> {
    let map = map(root, &[layer], &layer.title, 560.0, 380.0, lang)?;
    // Without LAYERS the document is the map: one for another layer is told as such, not passed over.
    let action = map.src.replace(&format!("&LAYERS={}&STYLES=", layer.slug), "");
    let save = match call.app.config.editing {
        Editing::Off => None,
        editing => Some(Save {
            address: format!("{root}/ogc/styles/{}.", layer.slug),
            wants_token: editing == Editing::Token,
        }),
    };
    Some(Trial {
        legend: format!(
            "{root}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&FORMAT=image/png&LAYER={}",
            encoded(&layer.slug)
        ),
        action,
        map,
        sld: document(layer),
        save,
    })
}

/// The default style in the newest language that it can be written in; as it was given where it can't be.
fn document(layer: &Layer) -> String {
    let Some(info) = layer.style("") else { return String::new() };
    let written = sld::parse(&info.sld).ok().and_then(|style| {
        let named = sld::Named { name: &info.name, title: &info.title, is_default: true, style: &style };
        sld::write(&layer.slug, named, sld::Version::V110).ok()
    });
    written.unwrap_or_else(|| info.sld.to_string())
}

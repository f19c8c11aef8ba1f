//! What all pages share: the frame around them, their language, their caching.

use super::assets;
use crate::model::{Lang, Layer};
use crate::publish::Snapshot;
use crate::services::edge::{Call, Kvp, Operation, accepts_html, etag_matches, not_modified, with_etag};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;

/// The frame around a page.
pub(super) struct Site {
    pub(super) title: String,
    /// Path of the public address: what every address inside the site begins with.
    pub(super) root: String,
    pub(super) email: Option<String>,
    pub(super) version: &'static str,
    /// Whether the address names the language; links inside then do, too.
    pub(super) explicit: bool,
    /// `?lang=en` or nothing.
    pub(super) suffix: String,
    /// This page in the other language.
    pub(super) other_lang: String,
}

/// A request for a page: its parameters and its language.
pub(super) struct Asked {
    pub(super) kvp: Kvp,
    pub(super) lang: Lang,
    pub(super) explicit: bool,
}

/// What a page may do in a browser, and whether it is kept there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// It shows what the server sent.
    Still,
    /// The same, with a passing trouble in it.
    Passing,
    /// Its script asks the server for more.
    Live,
}

impl Policy {
    fn is_kept(self) -> bool {
        self != Self::Passing
    }

    const fn header(self) -> &'static str {
        match self {
            Self::Still | Self::Passing => {
                "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; \
                 form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            }
            Self::Live => {
                "default-src 'none'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; \
                 connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            }
        }
    }
}

impl Asked {
    /// Reads the query; one that can't be read counts as none, since a person can't mend it.
    pub(super) fn read(http: &HttpRequest, call: &Call) -> Self {
        let kvp = Kvp::parse(http.query_string()).unwrap_or_default();
        let named = kvp.filled("lang").and_then(|l| match l.to_ascii_lowercase().as_str() {
            "fr" => Some(Lang::Fr),
            "en" => Some(Lang::En),
            _ => None,
        });
        Self { explicit: named.is_some(), lang: named.unwrap_or(call.lang), kvp }
    }

    pub(super) fn site(&self, http: &HttpRequest, call: &Call) -> Site {
        let other = if self.lang == Lang::Fr { Lang::En } else { Lang::Fr };
        let mut pairs: Vec<String> = self
            .kvp
            .iter()
            .filter(|(name, value)| !name.eq_ignore_ascii_case("lang") && !value.is_empty())
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        pairs.push(format!("lang={}", other.code()));
        Site {
            title: call.app.config.title.clone(),
            root: call.app.config.public_path(),
            email: call.app.config.contact_email.clone(),
            version: assets::VERSION.as_str(),
            explicit: self.explicit,
            suffix: self.suffix(),
            other_lang: format!("{}{}?{}", call.app.config.public_path(), http.path(), pairs.join("&")),
        }
    }

    /// What the address gives where it gives both: a page for people, or a document for programs.
    pub(super) fn wants_page(&self, http: &HttpRequest) -> bool {
        match self.kvp.filled("f").map(str::to_ascii_lowercase).as_deref() {
            Some("html") => true,
            Some("json") => false,
            _ => accepts_html(http.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok())),
        }
    }

    pub(super) fn suffix(&self) -> String {
        if self.explicit { format!("?lang={}", self.lang.code()) } else { String::new() }
    }

    /// Entity tag of this page: what it shows hangs on the stored facts, the address and the language.
    fn etag(&self, http: &HttpRequest, call: &Call, snapshot: &Snapshot) -> String {
        let config = &call.app.config;
        let about = format!(
            "{} {} {} {} {:?} {:?}",
            http.uri(),
            config.title,
            config.public_url(),
            env!("CARGO_PKG_VERSION"),
            config.contact_email,
            config.editing
        );
        let hash = xxhash_rust::xxh3::xxh3_64(about.as_bytes());
        format!("\"page-{}-{}-{}-{hash:x}\"", snapshot.generation, self.lang.code(), assets::VERSION.as_str())
    }

    /// The 304 of a browser that has this page.
    pub(super) fn known(&self, http: &HttpRequest, call: &Call, snapshot: &Snapshot) -> Option<HttpResponse> {
        let etag = self.etag(http, call, snapshot);
        etag_matches(http, &etag).then(|| not_modified(&etag))
    }

    /// The page as an answer.
    pub(super) fn answer(
        &self,
        http: &HttpRequest,
        call: &Call,
        snapshot: &Snapshot,
        status: StatusCode,
        page: &impl Template,
        policy: Policy,
    ) -> HttpResponse {
        let Ok(body) = page.render() else {
            return HttpResponse::InternalServerError().body("the page could not be written");
        };
        let mut response = HttpResponseBuilder::new(status);
        response
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CONTENT_LANGUAGE, self.lang.code()))
            .insert_header((header::VARY, "Accept-Language"))
            .insert_header((header::CONTENT_SECURITY_POLICY, policy.header()));
        if policy.is_kept() && status == StatusCode::OK {
            with_etag(&mut response, &self.etag(http, call, snapshot));
        } else {
            response.insert_header((header::CACHE_CONTROL, "no-store"));
        }
        Operation("portal", "page").on(response.body(body))
    }
}

/// Caches must not give a page to a program.
pub(super) fn varying(mut response: HttpResponse) -> HttpResponse {
    let varies = header::HeaderValue::from_static("Accept, Accept-Language");
    response.headers_mut().insert(header::VARY, varies);
    response
}

/// A value for a query.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A drawn map.
pub(super) struct Map {
    pub(super) src: String,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) alt: String,
}

/// Layers in the order in which none hides another: areas, then lines, then points; among those of one
/// kind the wide ones first. The producer's order tells nothing of the kind.
fn bottom_up<'a>(layers: &[&'a Arc<Layer>]) -> Vec<&'a Arc<Layer>> {
    let mut sorted = layers.to_vec();
    let area = |l: &Layer| l.extent_lonlat.map_or(0.0, |e| e.width() * e.height());
    sorted.sort_by(|a, b| {
        // Layers of any geometry may hold areas.
        let kind = |l: &Layer| l.geometry.dimension().unwrap_or(2);
        kind(b).cmp(&kind(a)).then_with(|| area(b).total_cmp(&area(a)))
    });
    sorted
}

/// A GetMap, below the path `root`, of layers in Web Mercator that fits `wide` by `high` pixels, with a margin; `None` when there
/// is nothing to show.
pub(super) fn map(
    root: &str,
    layers: &[&Arc<Layer>],
    title: &str,
    wide: f64,
    high: f64,
    lang: Lang,
) -> Option<Map> {
    const MOST: usize = 20;
    let extent = layers
        .iter()
        .filter_map(|l| l.extent_lonlat)
        .filter(crate::geo::BBox::is_valid)
        .reduce(|a, b| a.union(&b))?;
    let from = crate::geo::Crs::from_epsg(4326).ok()?;
    let to = crate::geo::Crs::from_epsg(3857).ok()?;
    // Web Mercator ends before the poles.
    let within = extent.intersection(&crate::geo::BBox::new(-180.0, -85.0, 180.0, 85.0))?;
    let metres = crate::geo::Transform::new(&from, &to).ok()?.bbox(&within).ok()?;
    let side = metres.width().max(metres.height());
    let shown = metres.expanded((side * 0.06).max(250.0));
    let scale = (wide / shown.width()).min(high / shown.height());
    let (width, height) =
        ((shown.width() * scale).round().max(60.0), (shown.height() * scale).round().max(60.0));
    // The box takes the picture's proportions, which very long data would otherwise lose to the minimum.
    let [x, y] = shown.centre();
    let (half_width, half_height) = (width / scale / 2.0, height / scale / 2.0);
    let names: Vec<&str> = bottom_up(layers).iter().take(MOST).map(|l| l.slug.as_str()).collect();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let (width, height) = (width as u32, height as u32);
    Some(Map {
        src: format!(
            "{root}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={}&STYLES=&CRS=EPSG:3857&BBOX={:.1},{:.1},{:.1},{:.1}&WIDTH={width}&HEIGHT={height}&FORMAT=image/png",
            names.join(","),
            x - half_width,
            y - half_height,
            x + half_width,
            y + half_height,
        ),
        width,
        height,
        alt: match lang {
            Lang::Fr => format!(
                "Carte de « {} » : de {:.2}° à {:.2}° de longitude, de {:.2}° à {:.2}° de latitude",
                title, extent.min_x, extent.max_x, extent.min_y, extent.max_y
            ),
            Lang::En => format!(
                "Map of “{}”: from {:.2}° to {:.2}° longitude, {:.2}° to {:.2}° latitude",
                title, extent.min_x, extent.max_x, extent.min_y, extent.max_y
            ),
        },
    })
}

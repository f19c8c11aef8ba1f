//! Pages: what all of them share.

use super::negotiation::page_query;
use super::parameters::LANG;
use super::problem::Problem;
use crate::model::Lang;
use crate::services::edge::Call;
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use askama::Template;

/// A step of the way to a page.
#[derive(Clone, Debug)]
pub struct Crumb {
    /// Name for people.
    pub title: String,
    /// Address.
    pub href: String,
}

/// What stands around the content of every page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Language of the page.
    pub lang: Lang,
    /// Its title.
    pub title: String,
    /// The way to it.
    pub crumbs: Vec<Crumb>,
    /// Address of the same in JSON.
    pub json: String,
    /// Query of links to other pages: form, and language when it was chosen.
    pub query: String,
    /// The other language, and the address of this page in it.
    pub other: (Lang, String),
}

impl Frame {
    /// The frame of the page at an address.
    #[must_use]
    pub fn new(call: &Call, http: &HttpRequest, title: String, crumbs: Vec<Crumb>, json: String) -> Self {
        let other = match call.lang {
            Lang::Fr => Lang::En,
            Lang::En => Lang::Fr,
        };
        let kept = http.query_string().split('&').filter(|pair| {
            !pair.is_empty() && !pair.starts_with(&format!("{LANG}=")) && !pair.starts_with("f=")
        });
        let kept: Vec<&str> = kept.collect();
        let address = format!("?{}&f=html&{LANG}={}", kept.join("&"), other.code());
        Self {
            lang: call.lang,
            title,
            crumbs,
            json,
            query: page_query(http, call.lang),
            other: (other, address.replacen("?&", "?", 1)),
        }
    }
}

/// Renders a page.
///
/// # Errors
/// 500 when the template can't be filled; the log has the reason.
pub fn render(page: &impl Template) -> Result<String, Problem> {
    page.render().map_err(|error| {
        tracing::error!(%error, "a page could not be written");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be written")
    })
}

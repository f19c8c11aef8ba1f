//! Pages: what all of them share.

use super::problem::Problem;
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

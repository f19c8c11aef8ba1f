//! From an address, its parameters and the `Accept` header to a page in a syntax.

use super::error::DcatError;
use crate::catalogue::dcat::Syntax;
use crate::services::edge::Kvp;
use actix_web::HttpRequest;
use actix_web::http::header;

/// Records of a page at most.
pub(super) const MOST: usize = 1000;

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Records in it.
    pub(super) size: usize,
    /// Position of the last record of the page before, where its link was followed.
    pub(super) after: Option<i64>,
}

/// Reads `page`, `page_size` and `after`; others say nothing here.
///
/// # Errors
/// [`DcatError::Invalid`], naming the parameter.
pub(super) fn page(query: &str, usual: usize) -> Result<Page, DcatError> {
    let kvp = Kvp::parse(query)?;
    let refused = |name: &str, text: &str, wanted: &str| {
        let shown: String = text.chars().take(40).collect();
        DcatError::Invalid(format!("{name} is '{shown}'; it is {wanted}"))
    };
    let number = match kvp.filled("page") {
        None => 1,
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| *n >= 1)
            .ok_or_else(|| refused("page", text, "the number of a page, from 1"))?,
    };
    let size = match kvp.filled("page_size") {
        None => usual.clamp(1, MOST),
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| (1..=MOST).contains(n))
            .ok_or_else(|| refused("page_size", text, "a number of records, from 1 to 1000"))?,
    };
    let after = kvp
        .filled("after")
        .map(|text| text.parse().map_err(|_| refused("after", text, "what the link to the next page has")));
    Ok(Page { number, size, after: after.transpose()? })
}

/// The syntax of the address, else the one that `Accept` likes best; Turtle where it names none that is written here.
pub(super) fn syntax(http: &HttpRequest) -> (Syntax, Option<&'static str>) {
    if let Some(syntax) = http.match_info().get("syntax").and_then(Syntax::of_ending) {
        return (syntax, Some(syntax.ending()));
    }
    let accept: Vec<&str> =
        http.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok()).collect();
    (preferred(&accept.join(",")), None)
}

/// The syntax with the greatest weight (RFC 9110 section 12.5.1), the first of the header among equals.
fn preferred(accept: &str) -> Syntax {
    let mut best: Option<(f32, Syntax)> = None;
    for range in accept.split(',') {
        let mut fields = range.split(';');
        let syntax = match fields.next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "text/turtle" | "application/x-turtle" | "text/n3" => Syntax::Turtle,
            "application/rdf+xml" | "application/xml" | "text/xml" => Syntax::RdfXml,
            "application/ld+json" | "application/json" => Syntax::JsonLd,
            "application/n-triples" | "text/plain" => Syntax::NTriples,
            _ => continue,
        };
        let weight = fields.find_map(|f| f.trim().strip_prefix("q=")?.trim().parse::<f32>().ok());
        let weight = weight.unwrap_or(1.0);
        if weight > 0.0 && best.is_none_or(|(w, _)| weight > w) {
            best = Some((weight, syntax));
        }
    }
    best.map_or(Syntax::Turtle, |(_, syntax)| syntax)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_syntax_is_the_best_liked_that_is_written_here() {
        for (accept, syntax) in [
            ("", Syntax::Turtle),
            ("*/*", Syntax::Turtle),
            ("application/rdf+xml", Syntax::RdfXml),
            ("application/ld+json;q=0.9, text/turtle;q=0.8", Syntax::JsonLd),
            ("text/turtle;q=0, application/n-triples;q=0.1", Syntax::NTriples),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Syntax::RdfXml),
            ("image/png", Syntax::Turtle),
            ("application/rdf+xml;q=x", Syntax::RdfXml),
        ] {
            assert_eq!(preferred(accept), syntax, "{accept}");
        }
    }

    #[test]
    fn pages_out_of_bounds_are_refused_by_name() {
        assert_eq!(page("", 100).expect("a page"), Page { number: 1, size: 100, after: None });
        assert_eq!(
            page("page=3&page_size=20&after=77&x=1", 100).expect("a page"),
            Page { number: 3, size: 20, after: Some(77) }
        );
        for (query, name) in [
            ("page=0", "page "),
            ("page=-1", "page "),
            ("page=zwei", "page "),
            ("page_size=0", "page_size"),
            ("page_size=1001", "page_size"),
            ("after=x", "after"),
            ("page=%1", "page"),
        ] {
            let error = page(query, 100).expect_err(query).to_string();
            assert!(error.contains(name), "{query}: {error}");
        }
    }
}

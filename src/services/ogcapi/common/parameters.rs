//! The parameters of a request. Names are case-sensitive (OGC 17-069r4 clause 7.6).

use super::language;
use super::problem::Problem;
use crate::services::edge::Kvp;
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use percent_encoding::percent_decode_str;

/// Name of the parameter for the language of what people read, which every resource has.
pub const LANG: &str = "lang";

/// Parameters that have been held against what a resource knows.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Reads those of an address; what neither `known` nor `also` has is refused (requirement
    /// `/req/core/query-param-unknown`).
    ///
    /// # Errors
    /// 400 that names the parameter.
    pub fn read(http: &HttpRequest, known: &[&str], also: impl Fn(&str) -> bool) -> Result<Self, Problem> {
        // A path that is not UTF-8 names nothing; it must not be taken for something else.
        if percent_decode_str(http.uri().path()).decode_utf8().is_err() {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "the address is not UTF-8 text"));
        }
        let kvp = Kvp::parse(http.query_string())?;
        Self::checked(kvp.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(), known, also)
    }

    /// Holds pairs from an address or a body against what is known.
    ///
    /// # Errors
    /// 400 that names the parameter.
    pub fn checked(
        pairs: Vec<(String, String)>,
        known: &[&str],
        also: impl Fn(&str) -> bool,
    ) -> Result<Self, Problem> {
        for (at, (name, value)) in pairs.iter().enumerate() {
            let named = || name.chars().take(100).collect::<String>();
            if name == LANG {
                if language::read(value).is_none() {
                    return Err(Problem::invalid(LANG, "the languages are fr and en"));
                }
            } else if !known.contains(&name.as_str()) && !also(name) {
                let detail = format!(
                    "there is no parameter '{}' here; there are: {}, lang",
                    named(),
                    known.join(", ")
                );
                return Err(Problem::invalid(&named(), detail));
            }
            if pairs.iter().take(at).any(|(other, _)| other == name) {
                let detail = format!("parameter '{}' is given more than once", named());
                return Err(Problem::invalid(&named(), detail));
            }
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter, exactly as sent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

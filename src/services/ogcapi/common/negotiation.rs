//! Which form a client wants: `f` before the `Accept` header (RFC 9110 section 12.5.1).

use super::problem::Problem;
use crate::formats::OutputFormat;
use crate::model::Lang;
use crate::services::edge::{Call, etag_matches, not_modified, with_etag};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use xxhash_rust::xxh3::xxh3_64;

/// A representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON, GeoJSON or JSON Schema, whichever the resource has.
    Json,
    /// JSON-FG (OGC 21-045).
    JsonFg,
    /// A page.
    Html,
    /// XML of OGC 17-069r4 clause 8.4.
    Xml,
    /// XML in another version of its language.
    OtherXml,
    /// GML of a level of the Simple Features profile (OGC 10-100r3): 0 or 2.
    Gml(u8),
    /// A file with everything that was asked for, not a page of it.
    File(&'static OutputFormat),
}

/// A form that a resource is offered in.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// The form.
    pub form: Form,
    /// What `f` calls it, the first of them in messages.
    pub names: &'static [&'static str],
    /// Media types that ask for it; answers bear the first.
    pub media_types: &'static [&'static str],
}

impl Offer {
    /// A page for people.
    pub const HTML: Self = Self {
        form: Form::Html,
        names: &["html"],
        media_types: &["text/html; charset=utf-8", "application/xhtml+xml"],
    };
    /// A document. Programs that read features ask for documents as if they were GeoJSON, too.
    pub const JSON: Self = Self {
        form: Form::Json,
        names: &["json"],
        media_types: &["application/json", "text/json", "application/geo+json"],
    };
    /// The same document in XML.
    pub const XML: Self =
        Self { form: Form::Xml, names: &["xml"], media_types: &["application/xml", "text/xml"] };
    /// A JSON Schema.
    pub const SCHEMA: Self = Self {
        form: Form::Json,
        names: &["json", "schema"],
        media_types: &["application/schema+json", "application/json"],
    };
    /// A file of a format.
    #[must_use]
    pub const fn file(format: &'static OutputFormat) -> Self {
        Self { form: Form::File(format), names: &[], media_types: format.media_types }
    }

    /// The media type of answers.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        self.media_types.first().copied().unwrap_or("application/octet-stream")
    }

    /// The media type as links and definitions bear it.
    #[must_use]
    pub fn link_type(&self) -> &'static str {
        self.media_type().trim_end_matches("; charset=utf-8")
    }

    /// What `f` calls it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.form {
            Form::File(format) => format.short,
            _ => self.names.first().copied().unwrap_or_default(),
        }
    }

    fn is_called(&self, f: &str) -> bool {
        match self.form {
            Form::File(format) => OutputFormat::find(f).is_some_and(|found| found == format),
            _ => self.names.iter().any(|name| name.eq_ignore_ascii_case(f)),
        }
    }
}

/// A document as JSON, as a page, and in the XML of the GML conformance classes.
pub const DOCUMENT: [Offer; 3] = [Offer::JSON, Offer::HTML, Offer::XML];

/// The form that `f` names, else the preferred of the `Accept` header. Of what is liked equally the first
/// offer is taken.
///
/// # Errors
/// 400 for another `f`, 406 when the header accepts none of the offers.
pub fn negotiated(http: &HttpRequest, f: Option<&str>, offers: &[Offer]) -> Result<Form, Problem> {
    if let Some(f) = f {
        // Names come before media types: `json` is also a short name of whole GeoJSON files.
        let found = offers.iter().find(|o| o.names.contains(&f));
        let found = found.or_else(|| offers.iter().find(|o| o.is_called(f)));
        return found.map(|o| o.form).ok_or_else(|| {
            let named: String = f.chars().take(60).collect();
            let known: Vec<&str> = offers.iter().map(Offer::name).collect();
            Problem::invalid(
                "f",
                format!("form '{named}' is not offered here; f is one of: {}", known.join(", ")),
            )
        });
    }
    let header: Vec<&str> = http.headers().get_all(header::ACCEPT).filter_map(|v| v.to_str().ok()).collect();
    preferred(&header.join(","), offers).ok_or_else(|| {
        let known: Vec<&str> = offers.iter().map(Offer::media_type).collect();
        let detail =
            format!("the Accept header names no form that is offered here; there are: {}", known.join(", "));
        Problem::new(StatusCode::NOT_ACCEPTABLE, detail)
    })
}

/// The form that an `Accept` header likes best; `None` when it likes none. A header without any media range
/// that can be read counts as absent.
fn preferred(accept: &str, offers: &[Offer]) -> Option<Form> {
    let ranges: Vec<MediaRange> = split_outside_quotes(accept, ',').filter_map(MediaRange::parse).collect();
    if ranges.is_empty() {
        return offers.first().map(|o| o.form);
    }
    let mut best: Option<(f32, usize, Form)> = None;
    for offer in offers {
        let liked = offer.media_types.iter().filter_map(|media| {
            let media = MediaRange::parse(media)?;
            // The most specific range that matches decides.
            ranges.iter().filter_map(|r| Some((r.matches(&media)?, r.weight))).max_by_key(|(how, _)| *how)
        });
        let Some((how, weight)) = liked.max_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0))) else {
            continue;
        };
        let better = best.is_none_or(|(w, h, _)| weight > w || (weight >= w && how > h));
        if weight > 0.0 && better {
            best = Some((weight, how, offer.form));
        }
    }
    best.map(|(_, _, form)| form)
}

/// A media range of an `Accept` header.
struct MediaRange {
    kind: String,
    parameters: Vec<(String, String)>,
    weight: f32,
}

impl MediaRange {
    fn parse(text: &str) -> Option<Self> {
        let mut fields = split_outside_quotes(text, ';');
        let kind = fields.next()?.trim().to_ascii_lowercase();
        let (main, sub) = kind.split_once('/')?;
        if main.is_empty() || sub.is_empty() {
            return None;
        }
        let mut range = Self { kind, parameters: Vec::new(), weight: 1.0 };
        for field in fields {
            let Some((name, value)) = field.split_once('=') else { continue };
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
            if name == "q" {
                range.weight = value.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(1.0);
            } else {
                range.parameters.push((name, value.to_owned()));
            }
        }
        Some(range)
    }

    /// How specifically this range names a media type; `None` when it doesn't. A parameter that the type
    /// doesn't have is passed over, one that it has must be the same.
    fn matches(&self, media: &Self) -> Option<usize> {
        let how = if self.kind == media.kind {
            2
        } else if self.kind == "*/*" {
            return Some(0);
        } else {
            let (main, sub) = self.kind.split_once('/')?;
            (sub == "*" && media.kind.split_once('/')?.0 == main).then_some(1)?
        };
        let mut same = 0;
        for (name, value) in &self.parameters {
            match media.parameters.iter().find(|(n, _)| n == name) {
                Some((_, own)) if own.eq_ignore_ascii_case(value) => same += 1,
                Some(_) => return None,
                None => {}
            }
        }
        Some(how + same)
    }
}

/// The parts of a header between separators, those in quotation marks aside.
fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
}

/// The scope must exist for anything to be answered.
///
/// # Errors
/// 404.
pub fn check_scope(call: &Call) -> Result<(), Problem> {
    let snapshot = call.app.registry.snapshot();
    if snapshot.has_scope(&call.caller, &call.scope) {
        return Ok(());
    }
    Err(Problem::not_found(format!("there is nothing at '{}'", call.scope.prefix())))
}

/// A JSON document that hangs on stored facts alone: with the ETag of its text.
pub fn json(http: &HttpRequest, document: &serde_json::Value, media_type: &str) -> HttpResponse {
    tagged(http, document.to_string(), media_type)
}

/// A page, with the ETag of its text.
pub fn write_html(http: &HttpRequest, page: String) -> HttpResponse {
    tagged(http, page, Offer::HTML.media_type())
}

/// A text that hangs on stored facts alone, with its ETag.
pub fn tagged(http: &HttpRequest, text: String, media_type: &str) -> HttpResponse {
    let etag = format!("\"{:016x}\"", xxh3_64(text.as_bytes()));
    if etag_matches(http, &etag) {
        return not_modified(&etag);
    }
    with_etag(&mut HttpResponse::Ok(), &etag)
        .insert_header((header::VARY, "Accept, Accept-Language"))
        .content_type(media_type)
        .body(text)
}

/// What stands behind the `?` of a link between pages: the form, and the language when the reader chose one in
/// the address.
pub fn page_query(http: &HttpRequest, lang: Lang) -> String {
    let chosen = super::language::asked(http.query_string()).is_some();
    if chosen { format!("f=html&lang={}", lang.code()) } else { "f=html".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SF0: &str =
        "application/gml+xml;version=3.2;profile=\"http://www.opengis.net/def/profile/ogc/2.0/gml-sf0\"";
    const SF2: &str =
        "application/gml+xml;version=3.2;profile=\"http://www.opengis.net/def/profile/ogc/2.0/gml-sf2\"";
    const OFFERS: [Offer; 4] = [
        Offer {
            form: Form::Json,
            names: &["json"],
            media_types: &["application/geo+json", "application/json"],
        },
        Offer::HTML,
        Offer { form: Form::Gml(0), names: &["gml"], media_types: &[SF0] },
        Offer { form: Form::Gml(2), names: &["gml-sf2"], media_types: &[SF2] },
    ];

    #[test]
    fn the_heaviest_range_decides_and_the_most_specific_one_for_each_form() {
        for (accept, form) in [
            ("", Some(Form::Json)),
            ("nonsense", Some(Form::Json)),
            ("*/*", Some(Form::Json)),
            ("text/*", Some(Form::Html)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(Form::Html)),
            ("application/json, text/html;q=0.5", Some(Form::Json)),
            ("application/json;q=0.4, text/html;q=0.5", Some(Form::Html)),
            ("application/geo+json, application/json", Some(Form::Json)),
            ("APPLICATION/JSON", Some(Form::Json)),
            ("application/json;q=0, */*", Some(Form::Json)),
            ("application/json;q=0, application/geo+json;q=0, */*;q=0.1", Some(Form::Html)),
            (SF0, Some(Form::Gml(0))),
            (SF2, Some(Form::Gml(2))),
            ("application/gml+xml", Some(Form::Gml(0))),
            ("application/gml+xml;version=3.2;q=0.2, text/html;q=0.1", Some(Form::Gml(0))),
            ("application/gml+xml;version=2.0", None),
            ("image/png", None),
            ("*/*;q=0", None),
            ("text/html;q=7", Some(Form::Html)),
        ] {
            assert_eq!(preferred(accept, &OFFERS), form, "{accept}");
        }
    }

    #[test]
    fn quoted_separators_belong_to_the_value() {
        let parts: Vec<_> = split_outside_quotes("a;b=\"c;d,e\",f", ',').collect();
        assert_eq!(parts, ["a;b=\"c;d,e\"", "f"]);
    }
}

//! GetCapabilities (OGC 07-006r1 section 10.5, OGC 12-176r7 clause 7.1), from configuration and the registry.

mod inspire;
mod v202;
mod v300;

use super::error::CswError;
use super::request::GetCapabilities;
use super::version::Version;
use crate::model::{Part, Scope};
use crate::publish::Snapshot;
use crate::services::edge::{Call, etag_matches, not_modified, with_etag};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

const TYPES: [&str; 2] = ["csw:Record", "gmd:MD_Metadata"];
/// Media types of the document itself.
const FORMATS: [&str; 2] = ["application/xml", "text/xml"];

/// Sections of a document that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown {
    identification: bool,
    provider: bool,
    operations: bool,
    /// 3.0 only.
    languages: bool,
    /// 2.0.2 has it always.
    filters: bool,
}

impl Shown {
    const ALL: Self =
        Self { identification: true, provider: true, operations: true, languages: true, filters: true };
    const NONE: Self =
        Self { identification: false, provider: false, operations: false, languages: false, filters: false };

    fn of(version: Version, asked: Option<&[String]>) -> Result<Self, CswError> {
        let Some(asked) = asked else { return Ok(Self::ALL) };
        let mut shown = Self::NONE;
        for name in asked {
            match (name.to_ascii_lowercase().as_str(), version) {
                ("all", _) => return Ok(Self::ALL),
                ("serviceidentification", _) => shown.identification = true,
                ("serviceprovider", _) => shown.provider = true,
                ("operationsmetadata", _) => shown.operations = true,
                ("filter_capabilities", _) => shown.filters = true,
                ("languages", Version::V300) => shown.languages = true,
                _ => {
                    let text = format!(
                        "there is no section '{}'; there are: ServiceIdentification, ServiceProvider, \
                         OperationsMetadata, Filter_Capabilities, All",
                        super::error::short(name)
                    );
                    return Err(CswError::invalid("sections", text));
                }
            }
        }
        Ok(shown)
    }
}

/// The capabilities document, or 304 for a client that has it.
pub(super) fn answer(
    call: &Call,
    http: &HttpRequest,
    snapshot: &Snapshot,
    version: Version,
    asked: &GetCapabilities,
) -> Result<HttpResponse, CswError> {
    let mut shown = Shown::of(version, asked.sections.as_deref())?;
    let sequence = snapshot.generation.to_string();
    if let Some(theirs) = &asked.update_sequence {
        match theirs.parse::<i64>() {
            Ok(theirs) if theirs > snapshot.generation => {
                return Err(CswError::update_sequence(&theirs.to_string()));
            }
            // The client is up to date: no more than the schema wants (OGC 05-008c1 table 7).
            Ok(theirs) if theirs == snapshot.generation => shown = Shown::NONE,
            // An unknown or older one: all is sent.
            _ => {}
        }
    }
    let title = title(call, snapshot);
    let body = match version {
        Version::V202 => v202::document(call, &title, &sequence, shown),
        Version::V300 => v300::document(call, &title, &sequence, shown),
    };
    let etag = format!("\"csw-{sequence}-{:016x}\"", xxhash_rust::xxh3::xxh3_64(body.as_bytes()));
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let media = if asked.text_xml { "text/xml; charset=utf-8" } else { "application/xml; charset=utf-8" };
    let mut response = HttpResponse::Ok();
    with_etag(&mut response, &etag);
    // A bare address may also be asked for the OpenSearch description.
    response.insert_header((header::VARY, "Accept"));
    Ok(response.insert_header((header::CONTENT_TYPE, media)).body(body))
}

/// Name of the catalogue that the address shows.
pub(super) fn title(call: &Call, snapshot: &Snapshot) -> String {
    let first = || snapshot.visible_datasets(&call.caller, &call.scope).next();
    let part = match &call.scope {
        Scope::Everything => None,
        Scope::Organisation(_) => first().map(|d| d.organisation.title.clone()),
        Scope::Dataset(_) => first().map(|d| d.title.clone()),
        Scope::Part(Part::Inspire) => Some("INSPIRE".to_owned()),
        Scope::Part(Part::Hvd) => {
            Some(call.lang.pick("données de forte valeur", "high-value datasets").to_owned())
        }
        Scope::Part(Part::Theme(theme)) => Some(theme.clone()),
    };
    let platform = &call.app.config.title;
    part.map_or_else(|| format!("{platform} : catalogue"), |part| format!("{platform} : catalogue, {part}"))
}

fn abstract_text(call: &Call) -> &'static str {
    call.lang.pick(
        "Fiches de métadonnées de toutes les données publiées, en ISO 19139 et Dublin Core",
        "Metadata records of all published data, in ISO 19139 and Dublin Core",
    )
}

//! What INSPIRE adds to the capabilities of view and download services alike: where the service's metadata is, and
//! its languages (Technical Guidance for View Services 3.11, clause 4.2.3; for Download Services 3.1, clause 5.2).

use super::Call;
use crate::model::{Dataset, Scope};
use quick_xml::escape::escape;
use std::fmt::Write as _;
use std::sync::Arc;

/// Namespace of the elements that all INSPIRE services share (`inspire_common`).
pub const INSPIRE_COMMON: &str = "http://inspire.ec.europa.eu/schemas/common/1.0";

/// Writes `inspire_common:MetadataUrl`: the address of one dataset is described by that dataset's record, others by
/// their catalogue.
pub fn push_metadata_url(out: &mut String, call: &Call, first: &Dataset) {
    let (address, media_type) = match call.scope {
        Scope::Dataset(_) => {
            (record_address(call, &first.record.to_string()), "application/vnd.iso.19139+xml")
        }
        _ => (
            format!("{}?service=CSW&version=2.0.2&request=GetCapabilities", call.url("/csw")),
            "application/vnd.ogc.csw.capabilities.response_xml",
        ),
    };
    let _ = write!(
        out,
        "<inspire_common:MetadataUrl>\n<inspire_common:URL>{}</inspire_common:URL>\n\
         <inspire_common:MediaType>{media_type}</inspire_common:MediaType>\n</inspire_common:MetadataUrl>\n",
        escape(&address),
    );
}

/// Writes `inspire_common:SupportedLanguages` and `inspire_common:ResponseLanguage`.
pub fn push_languages(out: &mut String, call: &Call) {
    let _ = write!(
        out,
        "<inspire_common:SupportedLanguages>\n\
         <inspire_common:DefaultLanguage><inspire_common:Language>fre</inspire_common:Language>\
         </inspire_common:DefaultLanguage>\n\
         <inspire_common:SupportedLanguage><inspire_common:Language>eng</inspire_common:Language>\
         </inspire_common:SupportedLanguage>\n</inspire_common:SupportedLanguages>\n\
         <inspire_common:ResponseLanguage><inspire_common:Language>{}</inspire_common:Language>\
         </inspire_common:ResponseLanguage>\n",
        call.lang.pick("fre", "eng"),
    );
}

/// Address of a metadata record in ISO 19139, by the identifier of its resource.
#[must_use]
pub fn record_address(call: &Call, id: &str) -> String {
    format!(
        "{}?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full\
         &outputSchema=http://www.isotc211.org/2005/gmd&id={id}",
        call.url("/csw")
    )
}

/// The datasets of some layers, each once, in the order of their first publication.
pub fn datasets_of<'a>(layers: impl Iterator<Item = &'a Arc<Dataset>>) -> Vec<&'a Arc<Dataset>> {
    let mut datasets: Vec<_> = layers.collect();
    datasets.sort_by_key(|dataset| dataset.id);
    datasets.dedup_by_key(|dataset| dataset.id);
    datasets
}

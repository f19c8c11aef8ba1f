//! What INSPIRE adds to the capabilities of a download service (Technical Guidance for Download Services 3.1,
//! clause 5.2): where its metadata is, its languages, and the identifiers of its datasets.

use crate::model::{Layer, Scope};
use crate::services::edge::Call;
use crate::services::wfs::stored::dataset_identifier;
use quick_xml::escape::escape;
use std::fmt::Write as _;
use std::sync::Arc;

const COMMON: &str = "http://inspire.ec.europa.eu/schemas/common/1.0";
const DOWNLOAD: &str = "http://inspire.ec.europa.eu/schemas/inspire_dls/1.0";

/// Appends the extended capabilities; nothing where there is no dataset to name.
pub fn extended(out: &mut String, call: &Call, layers: &[&Arc<Layer>]) {
    let mut datasets: Vec<_> = layers.iter().map(|layer| &layer.dataset).collect();
    datasets.sort_by_key(|dataset| dataset.id);
    datasets.dedup_by_key(|dataset| dataset.id);
    let Some(first) = datasets.first() else { return };
    // The address of one dataset is described by that dataset's record, others by their catalogue.
    let (address, media_type) = match call.scope {
        Scope::Dataset(_) => (record(call, &first.record.to_string()), "application/vnd.iso.19139+xml"),
        _ => (
            format!("{}?service=CSW&version=2.0.2&request=GetCapabilities", call.url("/csw")),
            "application/vnd.ogc.csw.capabilities.response_xml",
        ),
    };
    let _ = write!(
        out,
        "<ows:ExtendedCapabilities>\n\
         <inspire_dls:ExtendedCapabilities xmlns:inspire_dls=\"{DOWNLOAD}\" xmlns:inspire_common=\"{COMMON}\">\n\
         <inspire_common:MetadataUrl>\n<inspire_common:URL>{}</inspire_common:URL>\n\
         <inspire_common:MediaType>{media_type}</inspire_common:MediaType>\n</inspire_common:MetadataUrl>\n\
         <inspire_common:SupportedLanguages>\n\
         <inspire_common:DefaultLanguage><inspire_common:Language>fre</inspire_common:Language>\
         </inspire_common:DefaultLanguage>\n\
         <inspire_common:SupportedLanguage><inspire_common:Language>eng</inspire_common:Language>\
         </inspire_common:SupportedLanguage>\n</inspire_common:SupportedLanguages>\n\
         <inspire_common:ResponseLanguage><inspire_common:Language>{}</inspire_common:Language>\
         </inspire_common:ResponseLanguage>\n",
        escape(&address),
        call.lang.pick("fre", "eng"),
    );
    for dataset in datasets {
        let (code, namespace) = dataset_identifier(call, dataset);
        let _ = writeln!(
            out,
            "<inspire_dls:SpatialDataSetIdentifier metadataURL=\"{}\"><inspire_common:Code>{}</inspire_common:Code>\
             <inspire_common:Namespace>{}</inspire_common:Namespace></inspire_dls:SpatialDataSetIdentifier>",
            escape(record(call, &code)),
            escape(&code),
            escape(&namespace),
        );
    }
    out.push_str("</inspire_dls:ExtendedCapabilities>\n</ows:ExtendedCapabilities>\n");
}

fn record(call: &Call, id: &str) -> String {
    format!(
        "{}?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full\
         &outputSchema=http://www.isotc211.org/2005/gmd&id={id}",
        call.url("/csw")
    )
}

//! What INSPIRE adds to the capabilities of a download service (Technical Guidance for Download Services 3.1,
//! clause 5.2): where its metadata is, its languages, and the identifiers of its datasets.

use crate::model::Layer;
use crate::services::edge::Call;
use crate::services::edge::inspire::{
    INSPIRE_COMMON, datasets_of, push_languages, push_metadata_url, record_address,
};
use crate::services::wfs::stored::dataset_identifier;
use quick_xml::escape::escape;
use std::fmt::Write as _;
use std::sync::Arc;

const DOWNLOAD: &str = "http://inspire.ec.europa.eu/schemas/inspire_dls/1.0";

/// Appends the extended capabilities; nothing where there is no dataset to name.
pub fn extended(out: &mut String, call: &Call, layers: &[&Arc<Layer>]) {
    let datasets = datasets_of(layers.iter().map(|layer| &layer.dataset));
    let Some(first) = datasets.first() else { return };
    let _ = write!(
        out,
        "<ows:ExtendedCapabilities>\n\
         <inspire_dls:ExtendedCapabilities xmlns:inspire_dls=\"{DOWNLOAD}\" xmlns:inspire_common=\"{INSPIRE_COMMON}\">\n"
    );
    push_metadata_url(out, call, first);
    push_languages(out, call);
    for dataset in datasets {
        let (code, namespace) = dataset_identifier(call, dataset);
        let _ = writeln!(
            out,
            "<inspire_dls:SpatialDataSetIdentifier metadataURL=\"{}\"><inspire_common:Code>{}</inspire_common:Code>\
             <inspire_common:Namespace>{}</inspire_common:Namespace></inspire_dls:SpatialDataSetIdentifier>",
            escape(record_address(call, &code)),
            escape(&code),
            escape(&namespace),
        );
    }
    out.push_str("</inspire_dls:ExtendedCapabilities>\n</ows:ExtendedCapabilities>\n");
}

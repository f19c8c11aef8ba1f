//! What INSPIRE adds to the capabilities of a view service (Technical Guidance for View Services 3.11, clause 4.2.3.3).

use super::Contact;
use crate::catalogue::inspire_theme;
use crate::config::InspireView;
use crate::model::Dataset;
use crate::services::edge::Call;
use crate::services::edge::inspire::{INSPIRE_COMMON, push_languages, push_metadata_url};
use quick_xml::escape::escape;
use std::fmt::Write as _;
use std::sync::Arc;

pub(super) const NAMESPACE: &str = "http://inspire.ec.europa.eu/schemas/inspire_vs/1.0";
pub(super) const SCHEMA: &str = "http://inspire.ec.europa.eu/schemas/inspire_vs/1.0/inspire_vs.xsd";

/// What an internal subset adds to the DTD of WMS 1.1.1, which leaves vendor-specific capabilities to it
/// (OGC 01-068r3 section 7.1.4.5.2).
pub(super) const ELEMENTS: &str = "<!ELEMENT VendorSpecificCapabilities (inspire_vs:ExtendedCapabilities)>\n\
    <!ELEMENT inspire_vs:ExtendedCapabilities (inspire_common:MetadataUrl, inspire_common:SupportedLanguages, \
    inspire_common:ResponseLanguage)>\n\
    <!ATTLIST inspire_vs:ExtendedCapabilities xmlns:inspire_vs CDATA #FIXED \
    \"http://inspire.ec.europa.eu/schemas/inspire_vs/1.0\" xmlns:inspire_common CDATA #FIXED \
    \"http://inspire.ec.europa.eu/schemas/common/1.0\">\n\
    <!ELEMENT inspire_common:MetadataUrl (inspire_common:URL, inspire_common:MediaType)>\n\
    <!ELEMENT inspire_common:URL (#PCDATA)>\n\
    <!ELEMENT inspire_common:MediaType (#PCDATA)>\n\
    <!ELEMENT inspire_common:SupportedLanguages (inspire_common:DefaultLanguage, inspire_common:SupportedLanguage)>\n\
    <!ELEMENT inspire_common:DefaultLanguage (inspire_common:Language)>\n\
    <!ELEMENT inspire_common:SupportedLanguage (inspire_common:Language)>\n\
    <!ELEMENT inspire_common:ResponseLanguage (inspire_common:Language)>\n\
    <!ELEMENT inspire_common:Language (#PCDATA)>\n";

/// The extended capabilities in both versions.
#[derive(Default)]
pub(super) struct Extended {
    /// As configured.
    pub(super) v130: String,
    /// Where the metadata are: WMS 1.1.1 is no version of INSPIRE's, so that this is a pointer and no more.
    pub(super) v111: String,
}

/// The extended capabilities; `None` where no dataset is of a theme of INSPIRE, or the configuration wants none.
pub(super) fn extended(call: &Call, datasets: &[&Arc<Dataset>], contact: &Contact<'_>) -> Option<Extended> {
    let view = call.app.config.inspire_view;
    let themes = |dataset: &Dataset| dataset.keywords.iter().any(|k| inspire_theme(k).is_some());
    let concerned: Vec<&Arc<Dataset>> = match view {
        InspireView::Off => return None,
        _ => datasets.iter().copied().filter(|dataset| themes(dataset)).collect(),
    };
    let first = concerned.first()?;
    let v111 = wrapped(|out| {
        push_metadata_url(out, call, first);
        push_languages(out, call);
    });
    // The schema has no metadata without an address for questions.
    let email = contact.email.filter(|_| view == InspireView::Inline);
    let v130 = match email {
        Some(email) => wrapped(|out| inline(out, call, &concerned, (contact.name, email))),
        None => v111.clone(),
    };
    Some(Extended { v130, v111 })
}

fn wrapped(write: impl FnOnce(&mut String)) -> String {
    let mut out = format!(
        "<inspire_vs:ExtendedCapabilities xmlns:inspire_vs=\"{NAMESPACE}\" xmlns:inspire_common=\"{INSPIRE_COMMON}\">\n"
    );
    write(&mut out);
    out.push_str("</inspire_vs:ExtendedCapabilities>\n");
    out
}

/// Scenario 2: the metadata of the service that WMS itself has no elements for.
fn inline(out: &mut String, call: &Call, datasets: &[&Arc<Dataset>], (name, email): (&str, &str)) {
    let created = datasets.iter().map(|d| d.created).min().unwrap_or_default().format("%F");
    let updated = datasets.iter().map(|d| d.updated).max().unwrap_or_default().format("%F");
    let regulation = call.lang.pick(
        "Règlement (CE) n° 976/2009 de la Commission du 19 octobre 2009 portant modalités d'application de la \
         directive 2007/2/CE en ce qui concerne les services en réseau",
        "Commission Regulation (EC) No 976/2009 of 19 October 2009 implementing Directive 2007/2/EC as regards the \
         Network Services",
    );
    let address = format!("{}?SERVICE=WMS&REQUEST=GetCapabilities", call.url("/wms"));
    let _ = write!(
        out,
        "<inspire_common:ResourceLocator>\n<inspire_common:URL>{}</inspire_common:URL>\n\
         <inspire_common:MediaType>text/xml</inspire_common:MediaType>\n</inspire_common:ResourceLocator>\n\
         <inspire_common:ResourceType>service</inspire_common:ResourceType>\n\
         <inspire_common:TemporalReference>\n\
         <inspire_common:DateOfLastRevision>{updated}</inspire_common:DateOfLastRevision>\n\
         <inspire_common:DateOfPublication>{created}</inspire_common:DateOfPublication>\n\
         </inspire_common:TemporalReference>\n\
         <inspire_common:Conformity>\n<inspire_common:Specification>\n\
         <inspire_common:Title>{}</inspire_common:Title>\n\
         <inspire_common:DateOfPublication>2009-10-20</inspire_common:DateOfPublication>\n\
         </inspire_common:Specification>\n<inspire_common:Degree>notEvaluated</inspire_common:Degree>\n\
         </inspire_common:Conformity>\n\
         <inspire_common:MetadataPointOfContact>\n\
         <inspire_common:OrganisationName>{}</inspire_common:OrganisationName>\n\
         <inspire_common:EmailAddress>{}</inspire_common:EmailAddress>\n</inspire_common:MetadataPointOfContact>\n\
         <inspire_common:MetadataDate>{updated}</inspire_common:MetadataDate>\n\
         <inspire_common:SpatialDataServiceType>view</inspire_common:SpatialDataServiceType>\n\
         <inspire_common:MandatoryKeyword>\n\
         <inspire_common:KeywordValue>infoMapAccessService</inspire_common:KeywordValue>\n\
         </inspire_common:MandatoryKeyword>\n",
        escape(address.as_str()),
        escape(regulation),
        escape(name),
        escape(email),
    );
    let mut themes: Vec<&str> =
        datasets.iter().flat_map(|d| &d.keywords).filter_map(|keyword| inspire_theme(keyword)).collect();
    themes.sort_unstable();
    themes.dedup();
    for theme in themes {
        let _ = write!(
            out,
            "<inspire_common:Keyword>\n<inspire_common:OriginatingControlledVocabulary>\n\
             <inspire_common:Title>GEMET - INSPIRE themes</inspire_common:Title>\n\
             <inspire_common:DateOfPublication>2008-06-01</inspire_common:DateOfPublication>\n\
             </inspire_common:OriginatingControlledVocabulary>\n\
             <inspire_common:KeywordValue>{}</inspire_common:KeywordValue>\n</inspire_common:Keyword>\n",
            escape(theme)
        );
    }
    push_languages(out, call);
}

//! What INSPIRE adds to the capabilities of a discovery service: its own metadata and its languages (Technical Guidance for
//! Discovery Services 3.1, clause 4.3.1, second scenario: all of it in the document).

use crate::services::edge::Call;
use crate::services::edge::inspire::{INSPIRE_COMMON, push_languages};
use chrono::Utc;
use quick_xml::escape::escape;
use std::fmt::Write as _;

/// Namespace of the extended capabilities of discovery services.
const INSPIRE_DS: &str = "http://inspire.ec.europa.eu/schemas/inspire_ds/1.0";

/// Writes ows:ExtendedCapabilities. The date is that of the document, which is made of what is published at this moment.
pub(super) fn push(out: &mut String, call: &Call) {
    let config = &call.app.config;
    let url = format!("{}?service=CSW&version=2.0.2&request=GetCapabilities", call.url("/csw"));
    let day = Utc::now().format("%Y-%m-%d");
    let contact = config.contact_email.as_ref().map(|email| {
        format!(
            "<inspire_common:MetadataPointOfContact><inspire_common:OrganisationName>{}</inspire_common:OrganisationName>\
             <inspire_common:EmailAddress>{}</inspire_common:EmailAddress></inspire_common:MetadataPointOfContact>",
            escape(config.title.as_str()),
            escape(email.as_str())
        )
    });
    let contact = contact.unwrap_or_default();
    let _ = write!(
        out,
        "<ows:ExtendedCapabilities><inspire_ds:ExtendedCapabilities xmlns:inspire_ds=\"{INSPIRE_DS}\" \
         xmlns:inspire_common=\"{INSPIRE_COMMON}\">\
         <inspire_common:ResourceLocator><inspire_common:URL>{}</inspire_common:URL>\
         <inspire_common:MediaType>application/vnd.ogc.csw.capabilities.response_xml</inspire_common:MediaType>\
         </inspire_common:ResourceLocator><inspire_common:ResourceType>service</inspire_common:ResourceType>\
         <inspire_common:TemporalReference><inspire_common:DateOfLastRevision>{day}</inspire_common:DateOfLastRevision>\
         </inspire_common:TemporalReference><inspire_common:Conformity><inspire_common:Specification>\
         <inspire_common:Title>COMMISSION REGULATION (EC) No 976/2009 of 19 October 2009 implementing Directive 2007/2/EC of \
         the European Parliament and of the Council as regards the Network Services</inspire_common:Title>\
         <inspire_common:DateOfPublication>2009-10-20</inspire_common:DateOfPublication>\
         <inspire_common:URI>http://data.europa.eu/eli/reg/2009/976/oj</inspire_common:URI></inspire_common:Specification>\
         <inspire_common:Degree>notEvaluated</inspire_common:Degree></inspire_common:Conformity>\
         {contact}<inspire_common:MetadataDate>{day}</inspire_common:MetadataDate>\
         <inspire_common:SpatialDataServiceType>discovery</inspire_common:SpatialDataServiceType>\
         <inspire_common:MandatoryKeyword><inspire_common:KeywordValue>infoCatalogueService</inspire_common:KeywordValue>\
         </inspire_common:MandatoryKeyword>",
        escape(url.as_str()),
    );
    push_languages(out, call);
    out.push_str("</inspire_ds:ExtendedCapabilities></ows:ExtendedCapabilities>");
}

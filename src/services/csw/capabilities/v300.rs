//! The capabilities document of CSW 3.0 (OGC 12-176r7 clause 7.1, OWS Common 2.0), with the list of classes that
//! are met.

use super::{FORMATS, Shown, abstract_text};
use crate::catalogue::{Family, queryables};
use crate::services::csw::opensearch;
use crate::services::csw::output::ATOM;
use crate::services::csw::request::MAX_RECORDS;
use crate::services::csw::version::Version;
use crate::services::edge::Call;
use quick_xml::escape::escape;
use std::fmt::Write as _;

const SECTIONS: [&str; 6] = [
    "ServiceIdentification",
    "ServiceProvider",
    "OperationsMetadata",
    "Languages",
    "Filter_Capabilities",
    "All",
];
const OUTPUTS: [&str; 3] = ["application/xml", "text/xml", ATOM];

/// Conformance classes beyond Basic-Catalogue (OGC 12-176r7 tables 1 and 17), and whether they are met.
const CLASSES: [(&str, bool); 20] = [
    ("OpenSearch", true),
    ("GetCapabilities-XML", true),
    ("GetRecordById-XML", true),
    ("GetRecords-Basic-XML", true),
    ("GetRecords-Distributed-XML", false),
    ("GetRecords-Distributed-KVP", false),
    ("GetRecords-Async-XML", false),
    ("GetRecords-Async-KVP", false),
    ("GetDomain-XML", true),
    ("GetDomain-KVP", true),
    ("Transaction", true),
    ("Harvest-Basic-XML", false),
    ("Harvest-Basic-KVP", false),
    ("Harvest-Async-XML", false),
    ("Harvest-Async-KVP", false),
    ("Harvest-Periodic-XML", false),
    ("Harvest-Periodic-KVP", false),
    ("Filter-CQL", true),
    ("Filter-FES-XML", true),
    ("Filter-FES-KVP-Advanced", false),
];

/// Classes of Filter Encoding 2.0 (OGC 09-026r2 table 13).
const FILTER_CLASSES: [(&str, bool); 15] = [
    ("ImplementsQuery", false),
    ("ImplementsAdHocQuery", true),
    ("ImplementsFunctions", true),
    ("ImplementsResourceId", true),
    ("ImplementsMinStandardFilter", true),
    ("ImplementsStandardFilter", true),
    ("ImplementsMinSpatialFilter", true),
    ("ImplementsSpatialFilter", true),
    ("ImplementsMinTemporalFilter", true),
    ("ImplementsTemporalFilter", false),
    ("ImplementsVersionNav", false),
    ("ImplementsSorting", true),
    ("ImplementsExtendedOperators", false),
    ("ImplementsMinimumXPath", true),
    ("ImplementsSchemaElementFunc", false),
];

pub(super) fn document(call: &Call, title: &str, sequence: &str, shown: Shown) -> String {
    let mut out = String::with_capacity(16 << 10);
    let (namespace, schema) = (Version::V300.namespace(), Version::V300.schema());
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<csw:Capabilities xmlns:csw=\"{namespace}\" \
         xmlns:gmd=\"http://www.isotc211.org/2005/gmd\" xmlns:ows=\"http://www.opengis.net/ows/2.0\" \
         xmlns:ows11=\"http://www.opengis.net/ows/1.1\" xmlns:fes=\"http://www.opengis.net/fes/2.0\" \
         xmlns:gml=\"http://www.opengis.net/gml/3.2\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" version=\"3.0.0\" updateSequence=\"{sequence}\" \
         xsi:schemaLocation=\"{namespace} {schema}\">"
    );
    if shown.identification {
        service_identification(&mut out, title, call);
    }
    if shown.provider {
        service_provider(&mut out, call);
    }
    if shown.operations {
        operations_metadata(&mut out, call);
    }
    if shown.languages {
        out.push_str(
            "<ows:Languages><ows:Language>fr</ows:Language><ows:Language>en</ows:Language></ows:Languages>",
        );
    }
    if shown.filters {
        filter_capabilities(&mut out);
    }
    out.push_str("</csw:Capabilities>\n");
    out
}

fn service_identification(out: &mut String, title: &str, call: &Call) {
    let _ = write!(
        out,
        "<ows:ServiceIdentification><ows:Title>{}</ows:Title><ows:Abstract>{}</ows:Abstract><ows:Keywords>\
         <ows:Keyword>catalogue</ows:Keyword><ows:Keyword>métadonnées</ows:Keyword>\
         <ows:Keyword>infoCatalogueService</ows:Keyword></ows:Keywords>\
         <ows:ServiceType codeSpace=\"OGC\">CSW</ows:ServiceType>\
         <ows:ServiceTypeVersion>3.0.0</ows:ServiceTypeVersion>\
         <ows:ServiceTypeVersion>2.0.2</ows:ServiceTypeVersion>\
         <ows:Profile>http://www.opengis.net/spec/csw/3.0/conf/OpenSearch</ows:Profile>\
         <ows:Fees>none</ows:Fees><ows:AccessConstraints>none</ows:AccessConstraints></ows:ServiceIdentification>",
        escape(title),
        escape(abstract_text(call))
    );
}

fn service_provider(out: &mut String, call: &Call) {
    let config = &call.app.config;
    let site = config.public_url();
    let site = escape(site.as_str());
    let _ = write!(
        out,
        "<ows:ServiceProvider><ows:ProviderName>{}</ows:ProviderName><ows:ProviderSite xlink:href=\"{site}/\"/>\
         <ows:ServiceContact><ows:ContactInfo>",
        escape(config.title.as_str()),
    );
    if let Some(email) = &config.contact_email {
        let _ = write!(
            out,
            "<ows:Address><ows:ElectronicMailAddress>{}</ows:ElectronicMailAddress></ows:Address>",
            escape(email.as_str())
        );
    }
    let _ = write!(
        out,
        "<ows:OnlineResource xlink:href=\"{site}/\"/></ows:ContactInfo><ows:Role>pointOfContact</ows:Role>\
         </ows:ServiceContact></ows:ServiceProvider>"
    );
}

fn operations_metadata(out: &mut String, call: &Call) {
    let url = call.url("/csw");
    out.push_str("<ows:OperationsMetadata>");
    operation(out, "GetCapabilities", &url, |out| {
        values(out, "Parameter", "sections", &SECTIONS);
        values(out, "Parameter", "acceptFormats", &FORMATS);
        values(out, "Parameter", "acceptVersions", &["3.0.0", "2.0.2"]);
    });
    operation(out, "GetRecords", &url, |out| {
        values(out, "Parameter", "outputFormat", &OUTPUTS);
        values(out, "Parameter", "outputSchema", Version::V300.output_schemas());
        values(out, "Parameter", "typeNames", &["csw:Record", "gmd:MD_Metadata"]);
        values(out, "Parameter", "ElementSetName", &["brief", "summary", "full"]);
        values(out, "Parameter", "CONSTRAINTLANGUAGE", &["FILTER", "CQL_TEXT"]);
        values(out, "Constraint", "CoreQueryables", queryables(Family::Core));
        values(out, "Constraint", "CoreISOQueryables", queryables(Family::Iso));
        values(out, "Constraint", "AdditionalQueryables", queryables(Family::Inspire));
    });
    operation(out, "GetDomain", &url, |_| {});
    operation(out, "GetRecordById", &url, |out| {
        values(out, "Parameter", "outputFormat", &OUTPUTS);
        values(out, "Parameter", "outputSchema", Version::V300.output_schemas());
        values(out, "Parameter", "ElementSetName", &["brief", "summary", "full"]);
    });
    if call.editing() {
        operation(out, "Transaction", &url, |_| {});
    }
    values(out, "Parameter", "service", &["CSW"]);
    values(out, "Parameter", "version", &["3.0.0", "2.0.2"]);
    for (class, met) in CLASSES {
        default(
            out,
            "ows",
            &format!("http://www.opengis.net/spec/csw/3.0/conf/{class}"),
            if met && (class != "Transaction" || call.editing()) { "TRUE" } else { "FALSE" },
        );
    }
    default(out, "ows", "MaxRecordDefault", "10");
    default(out, "ows", "MaxRecords", &MAX_RECORDS.to_string());
    values(out, "Constraint", "PostEncoding", &["XML"]);
    values(out, "Constraint", "OpenSearchDescriptionDocument", &[&opensearch::address(call)]);
    out.push_str("</ows:OperationsMetadata>");
}

fn operation(out: &mut String, name: &str, url: &str, more: impl FnOnce(&mut String)) {
    let url = escape(url);
    let _ = write!(
        out,
        "<ows:Operation name=\"{name}\"><ows:DCP><ows:HTTP><ows:Get xlink:href=\"{url}\"/>\
         <ows:Post xlink:href=\"{url}\"><ows:Constraint name=\"PostEncoding\"><ows:AllowedValues>\
         <ows:Value>XML</ows:Value></ows:AllowedValues></ows:Constraint></ows:Post></ows:HTTP></ows:DCP>"
    );
    more(out);
    out.push_str("</ows:Operation>");
}

fn values(out: &mut String, kind: &str, name: &str, values: &[&str]) {
    let _ = write!(out, "<ows:{kind} name=\"{name}\"><ows:AllowedValues>");
    for value in values {
        let _ = write!(out, "<ows:Value>{}</ows:Value>", escape(*value));
    }
    let _ = write!(out, "</ows:AllowedValues></ows:{kind}>");
}

/// A constraint that says one thing; of FES it is written in OWS Common 1.1.
fn default(out: &mut String, prefix: &str, name: &str, value: &str) {
    let ows = if prefix == "fes" { "ows11" } else { "ows" };
    let _ = write!(
        out,
        "<{prefix}:Constraint name=\"{name}\"><{ows}:NoValues/><{ows}:DefaultValue>{value}</{ows}:DefaultValue>\
         </{prefix}:Constraint>"
    );
}

fn filter_capabilities(out: &mut String) {
    out.push_str("<fes:Filter_Capabilities><fes:Conformance>");
    for (class, met) in FILTER_CLASSES {
        default(out, "fes", class, if met { "TRUE" } else { "FALSE" });
    }
    out.push_str(
        "</fes:Conformance><fes:Id_Capabilities><fes:ResourceIdentifier name=\"fes:ResourceId\"/>\
         </fes:Id_Capabilities>",
    );
    crate::filter::push_fes_operators(out);
    out.push_str("</fes:Filter_Capabilities>");
}

//! The capabilities document of CSW 2.0.2 (OGC 07-006r1 section 10.5, OWS Common 1.0).

use super::{FORMATS, Shown, TYPES, abstract_text};
use crate::catalogue::{Family, queryables};
use crate::services::csw::request;
use crate::services::csw::version::Version;
use crate::services::edge::Call;
use quick_xml::escape::escape;
use std::fmt::Write as _;

const SECTIONS: [&str; 4] =
    ["ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Filter_Capabilities"];

pub(super) fn document(call: &Call, title: &str, sequence: &str, shown: Shown) -> String {
    let mut out = String::with_capacity(16 << 10);
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<csw:Capabilities \
         xmlns:csw=\"http://www.opengis.net/cat/csw/2.0.2\" xmlns:gmd=\"http://www.isotc211.org/2005/gmd\" \
         xmlns:apiso=\"http://www.opengis.net/cat/csw/apiso/1.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:dct=\"http://purl.org/dc/terms/\" xmlns:ows=\"http://www.opengis.net/ows\" \
         xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:gml=\"http://www.opengis.net/gml\" \
         xmlns:xlink=\"http://www.w3.org/1999/xlink\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         version=\"2.0.2\" updateSequence=\"{sequence}\" \
         xsi:schemaLocation=\"http://www.opengis.net/cat/csw/2.0.2 \
         http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd\">"
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
    // The schema wants this section in every answer, whichever were asked for.
    out.push_str(FILTERS);
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
         <ows:ServiceTypeVersion>2.0.2</ows:ServiceTypeVersion><ows:Fees>none</ows:Fees>\
         <ows:AccessConstraints>none</ows:AccessConstraints></ows:ServiceIdentification>",
        escape(title),
        escape(abstract_text(call))
    );
}

fn service_provider(out: &mut String, call: &Call) {
    let config = &call.app.config;
    let _ = write!(
        out,
        "<ows:ServiceProvider><ows:ProviderName>{}</ows:ProviderName><ows:ProviderSite xlink:href=\"{}/\"/>\
         <ows:ServiceContact><ows:ContactInfo>",
        escape(config.title.as_str()),
        escape(config.public_url().as_str())
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
        "<ows:OnlineResource xlink:href=\"{}/\"/></ows:ContactInfo><ows:Role>pointOfContact</ows:Role>\
         </ows:ServiceContact></ows:ServiceProvider>",
        escape(config.public_url().as_str())
    );
}

fn operations_metadata(out: &mut String, call: &Call) {
    let url = call.url("/csw");
    let url = escape(url.as_str());
    out.push_str("<ows:OperationsMetadata>");
    operation(out, "GetCapabilities", &url, |out| {
        values(out, "Parameter", "sections", &SECTIONS);
        values(out, "Parameter", "acceptFormats", &FORMATS);
        values(out, "Parameter", "acceptVersions", &["2.0.2", "3.0.0"]);
    });
    operation(out, "DescribeRecord", &url, |out| {
        values(out, "Parameter", "typeName", &TYPES);
        values(out, "Parameter", "outputFormat", &["application/xml"]);
        values(out, "Parameter", "schemaLanguage", &["http://www.w3.org/XML/Schema", "XMLSCHEMA"]);
    });
    operation(out, "GetRecords", &url, |out| {
        values(out, "Parameter", "resultType", &["hits", "results", "validate"]);
        values(out, "Parameter", "outputFormat", &["application/xml"]);
        values(out, "Parameter", "outputSchema", Version::V202.output_schemas());
        values(out, "Parameter", "typeNames", &TYPES);
        values(out, "Parameter", "ElementSetName", &["brief", "summary", "full"]);
        values(out, "Parameter", "CONSTRAINTLANGUAGE", &["FILTER", "CQL_TEXT"]);
        values(out, "Constraint", "SupportedDublinCoreQueryables", queryables(Family::Core));
        values(out, "Constraint", "SupportedISOQueryables", queryables(Family::Iso));
        values(out, "Constraint", "AdditionalQueryables", queryables(Family::Inspire));
    });
    operation(out, "GetDomain", &url, |out| {
        values(
            out,
            "Parameter",
            "ParameterName",
            &[
                "GetRecords.resultType",
                "GetRecords.outputSchema",
                "GetRecords.typeNames",
                "GetRecords.ElementSetName",
                "GetRecords.CONSTRAINTLANGUAGE",
                "GetRecordById.ElementSetName",
                "DescribeRecord.typeName",
            ],
        );
        values(out, "Parameter", "PropertyName", queryables(Family::Core));
    });
    operation(out, "GetRecordById", &url, |out| {
        values(out, "Parameter", "outputFormat", &["application/xml"]);
        values(out, "Parameter", "outputSchema", Version::V202.output_schemas());
        values(out, "Parameter", "ElementSetName", &["brief", "summary", "full"]);
    });
    // Who may not change records is told so by the operation itself; where nobody may, it isn't there.
    if call.editing() {
        operation(out, "Transaction", &url, |_| {});
    }
    values(out, "Parameter", "service", &["CSW"]);
    values(out, "Parameter", "version", &["2.0.2"]);
    let maximum = request::MAX_RECORDS.to_string();
    values(out, "Constraint", "MaxRecordDefault", &[&maximum]);
    values(out, "Constraint", "PostEncoding", &["XML", "SOAP"]);
    values(out, "Constraint", "IsoProfiles", &["http://www.isotc211.org/2005/gmd"]);
    super::inspire::push(out, call);
    out.push_str("</ows:OperationsMetadata>");
}

fn operation(out: &mut String, name: &str, url: &str, more: impl FnOnce(&mut String)) {
    let _ = write!(
        out,
        "<ows:Operation name=\"{name}\"><ows:DCP><ows:HTTP><ows:Get xlink:href=\"{url}\"/>\
         <ows:Post xlink:href=\"{url}\"><ows:Constraint name=\"PostEncoding\"><ows:Value>XML</ows:Value>\
         </ows:Constraint></ows:Post></ows:HTTP></ows:DCP>"
    );
    more(out);
    out.push_str("</ows:Operation>");
}

fn values(out: &mut String, kind: &str, name: &str, values: &[&str]) {
    let _ = write!(out, "<ows:{kind} name=\"{name}\">");
    for value in values {
        let _ = write!(out, "<ows:Value>{}</ows:Value>", escape(*value));
    }
    let _ = write!(out, "</ows:{kind}>");
}

/// What filters may say (OGC 04-095 clause 19).
const FILTERS: &str = "<ogc:Filter_Capabilities><ogc:Spatial_Capabilities><ogc:GeometryOperands>\
<ogc:GeometryOperand>gml:Envelope</ogc:GeometryOperand><ogc:GeometryOperand>gml:Point</ogc:GeometryOperand>\
<ogc:GeometryOperand>gml:LineString</ogc:GeometryOperand><ogc:GeometryOperand>gml:Polygon</ogc:GeometryOperand>\
</ogc:GeometryOperands><ogc:SpatialOperators><ogc:SpatialOperator name=\"BBOX\"/>\
<ogc:SpatialOperator name=\"Equals\"/><ogc:SpatialOperator name=\"Disjoint\"/>\
<ogc:SpatialOperator name=\"Intersects\"/><ogc:SpatialOperator name=\"Touches\"/>\
<ogc:SpatialOperator name=\"Crosses\"/><ogc:SpatialOperator name=\"Within\"/>\
<ogc:SpatialOperator name=\"Contains\"/><ogc:SpatialOperator name=\"Overlaps\"/>\
<ogc:SpatialOperator name=\"Beyond\"/><ogc:SpatialOperator name=\"DWithin\"/></ogc:SpatialOperators>\
</ogc:Spatial_Capabilities><ogc:Scalar_Capabilities><ogc:LogicalOperators/><ogc:ComparisonOperators>\
<ogc:ComparisonOperator>EqualTo</ogc:ComparisonOperator><ogc:ComparisonOperator>NotEqualTo</ogc:ComparisonOperator>\
<ogc:ComparisonOperator>LessThan</ogc:ComparisonOperator><ogc:ComparisonOperator>GreaterThan</ogc:ComparisonOperator>\
<ogc:ComparisonOperator>LessThanEqualTo</ogc:ComparisonOperator>\
<ogc:ComparisonOperator>GreaterThanEqualTo</ogc:ComparisonOperator>\
<ogc:ComparisonOperator>Like</ogc:ComparisonOperator><ogc:ComparisonOperator>Between</ogc:ComparisonOperator>\
<ogc:ComparisonOperator>NullCheck</ogc:ComparisonOperator></ogc:ComparisonOperators></ogc:Scalar_Capabilities>\
<ogc:Id_Capabilities><ogc:EID/></ogc:Id_Capabilities></ogc:Filter_Capabilities>";

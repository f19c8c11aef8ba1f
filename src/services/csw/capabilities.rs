//! GetCapabilities (OGC 07-006r1 section 10.5, OWS Common 1.0), from configuration and the registry.

use super::error::CswError;
use super::request::{self, GetCapabilities};
use crate::catalogue::{Family, queryables};
use crate::model::Scope;
use crate::publish::Snapshot;
use crate::services::edge::{Call, etag_matches, not_modified, with_etag};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use quick_xml::escape::escape;
use std::fmt::Write as _;

const SECTIONS: [&str; 4] =
    ["ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Filter_Capabilities"];
const SCHEMAS: [&str; 2] = ["http://www.opengis.net/cat/csw/2.0.2", "http://www.isotc211.org/2005/gmd"];
const TYPES: [&str; 2] = ["csw:Record", "gmd:MD_Metadata"];

/// The capabilities document, or 304 for a client that has it.
pub(super) fn answer(
    call: &Call,
    http: &HttpRequest,
    snapshot: &Snapshot,
    asked: &GetCapabilities,
) -> Result<HttpResponse, CswError> {
    let sections = sections(&asked.sections)?;
    let sequence = snapshot.generation.to_string();
    let mut shown = sections;
    if let Some(theirs) = &asked.update_sequence {
        match theirs.parse::<i64>() {
            Ok(theirs) if theirs > snapshot.generation => {
                return Err(CswError::update_sequence(&theirs.to_string()));
            }
            // The client is up to date: no more than the schema wants (OGC 05-008c1 table 7).
            Ok(theirs) if theirs == snapshot.generation => shown = [false; 4],
            // An unknown or older one: all is sent.
            _ => {}
        }
    }
    let body = document(call, snapshot, &sequence, shown);
    let etag = format!("\"csw-{sequence}-{:016x}\"", xxhash_rust::xxh3::xxh3_64(body.as_bytes()));
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let media = if asked.text_xml { "text/xml; charset=utf-8" } else { "application/xml; charset=utf-8" };
    let mut response = HttpResponse::Ok();
    with_etag(&mut response, &etag);
    Ok(response.insert_header((header::CONTENT_TYPE, media)).body(body))
}

fn sections(asked: &[String]) -> Result<[bool; 4], CswError> {
    if asked.is_empty() {
        return Ok([true; 4]);
    }
    let mut shown = [false; 4];
    for name in asked {
        if name.eq_ignore_ascii_case("All") {
            return Ok([true; 4]);
        }
        let at = SECTIONS.iter().position(|s| s.eq_ignore_ascii_case(name));
        match at.and_then(|i| shown.get_mut(i)) {
            Some(slot) => *slot = true,
            None => {
                let text = format!(
                    "there is no section '{}'; there are: {}, All",
                    super::error::short(name),
                    SECTIONS.join(", ")
                );
                return Err(CswError::invalid("sections", text));
            }
        }
    }
    Ok(shown)
}

fn document(call: &Call, snapshot: &Snapshot, sequence: &str, shown: [bool; 4]) -> String {
    let [identification, provider, operations, _] = shown;
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
    let title = title(call, snapshot);
    if identification {
        service_identification(&mut out, &title, call);
    }
    if provider {
        service_provider(&mut out, call);
    }
    if operations {
        operations_metadata(&mut out, &call.url("/csw"));
    }
    // The schema wants this section in every answer, whichever were asked for.
    out.push_str(FILTERS);
    out.push_str("</csw:Capabilities>\n");
    out
}

fn title(call: &Call, snapshot: &Snapshot) -> String {
    let part = snapshot.visible_datasets(&call.caller, &call.scope).next().and_then(|d| match &call.scope {
        Scope::Everything => None,
        Scope::Organisation(_) => Some(d.organisation.title.clone()),
        Scope::Dataset(_) => Some(d.title.clone()),
    });
    let platform = &call.app.config.title;
    part.map_or_else(|| format!("{platform} : catalogue"), |part| format!("{platform} : catalogue, {part}"))
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
        escape(call.lang.pick(
            "Fiches de métadonnées de toutes les données publiées, en ISO 19139 et Dublin Core",
            "Metadata records of all published data, in ISO 19139 and Dublin Core",
        ))
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

fn operations_metadata(out: &mut String, url: &str) {
    let url = escape(url);
    let formats: [&str; 2] = ["application/xml", "text/xml"];
    out.push_str("<ows:OperationsMetadata>");
    operation(out, "GetCapabilities", &url, |out| {
        values(out, "Parameter", "sections", &SECTIONS);
        values(out, "Parameter", "acceptFormats", &formats);
        values(out, "Parameter", "acceptVersions", &["2.0.2"]);
    });
    operation(out, "DescribeRecord", &url, |out| {
        values(out, "Parameter", "typeName", &TYPES);
        values(out, "Parameter", "outputFormat", &["application/xml"]);
        values(out, "Parameter", "schemaLanguage", &["http://www.w3.org/XML/Schema", "XMLSCHEMA"]);
    });
    operation(out, "GetRecords", &url, |out| {
        values(out, "Parameter", "resultType", &["hits", "results", "validate"]);
        values(out, "Parameter", "outputFormat", &["application/xml"]);
        values(out, "Parameter", "outputSchema", &SCHEMAS);
        values(out, "Parameter", "typeNames", &TYPES);
        values(out, "Parameter", "ElementSetName", &["brief", "summary", "full"]);
        values(out, "Parameter", "CONSTRAINTLANGUAGE", &["FILTER"]);
        values(out, "Constraint", "SupportedDublinCoreQueryables", queryables(Family::Core));
        values(out, "Constraint", "SupportedISOQueryables", queryables(Family::Iso));
        values(out, "Constraint", "AdditionalQueryables", queryables(Family::Inspire));
    });
    operation(out, "GetRecordById", &url, |out| {
        values(out, "Parameter", "outputFormat", &["application/xml"]);
        values(out, "Parameter", "outputSchema", &SCHEMAS);
        values(out, "Parameter", "ElementSetName", &["brief", "summary", "full"]);
    });
    values(out, "Parameter", "service", &["CSW"]);
    values(out, "Parameter", "version", &["2.0.2"]);
    let maximum = request::MAX_RECORDS.to_string();
    values(out, "Constraint", "MaxRecordDefault", &[&maximum]);
    values(out, "Constraint", "PostEncoding", &["XML"]);
    values(out, "Constraint", "IsoProfiles", &["http://www.isotc211.org/2005/gmd"]);
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

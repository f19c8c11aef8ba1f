//! DescribeRecord (OGC 07-006r1 section 10.6): each type's schema, by reference to the official one.

use super::request::RecordType;
use super::response::xml;
use actix_web::HttpResponse;
use bytes::Bytes;

const DUBLIN: &str = "<csw:SchemaComponent targetNamespace=\"http://www.opengis.net/cat/csw/2.0.2\" \
     schemaLanguage=\"http://www.w3.org/XML/Schema\">\
     <xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
     targetNamespace=\"http://www.opengis.net/cat/csw/2.0.2\" elementFormDefault=\"qualified\" version=\"2.0.2\">\
     <xs:include schemaLocation=\"http://schemas.opengis.net/csw/2.0.2/record.xsd\"/>\
     </xs:schema></csw:SchemaComponent>";
const ISO: &str = "<csw:SchemaComponent targetNamespace=\"http://www.isotc211.org/2005/gmd\" \
     schemaLanguage=\"http://www.w3.org/XML/Schema\">\
     <xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
     targetNamespace=\"http://www.isotc211.org/2005/gmd\" elementFormDefault=\"qualified\" version=\"2007-04-17\">\
     <xs:include schemaLocation=\"http://schemas.opengis.net/iso/19139/20070417/gmd/metadataEntity.xsd\"/>\
     </xs:schema></csw:SchemaComponent>";

/// The schemas of these types; of all when none is named.
pub(super) fn describe(types: &[RecordType]) -> HttpResponse {
    let mut body = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<csw:DescribeRecordResponse \
         xmlns:csw=\"http://www.opengis.net/cat/csw/2.0.2\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"http://www.opengis.net/cat/csw/2.0.2 http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd\">",
    );
    let all = [RecordType::Dublin, RecordType::Iso];
    for kind in if types.is_empty() { &all } else { types } {
        body.push_str(match kind {
            RecordType::Dublin => DUBLIN,
            RecordType::Iso => ISO,
        });
    }
    body.push_str("</csw:DescribeRecordResponse>\n");
    xml(Bytes::from(body))
}

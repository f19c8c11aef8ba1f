//! DescribeRecord (OGC 07-006r1 section 10.6): each type's schema. CSW 3.0 has no such operation.

use super::request::RecordType;
use super::response::xml;
use actix_web::HttpResponse;
use bytes::Bytes;

/// The declarations of csw:Record and its views (OGC 07-006r1 section 10.2.5), with the terms of Dublin Core by
/// reference: a client finds the element it asked for without following anything.
const DUBLIN: &str = "<csw:SchemaComponent targetNamespace=\"http://www.opengis.net/cat/csw/2.0.2\" \
     schemaLanguage=\"http://www.w3.org/XML/Schema\">\
     <xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
     xmlns:dct=\"http://purl.org/dc/terms/\" xmlns:ows=\"http://www.opengis.net/ows\" \
     targetNamespace=\"http://www.opengis.net/cat/csw/2.0.2\" elementFormDefault=\"qualified\" version=\"2.0.2\">\
     <xs:import namespace=\"http://purl.org/dc/elements/1.1/\" \
     schemaLocation=\"http://schemas.opengis.net/csw/2.0.2/rec-dcmes.xsd\"/>\
     <xs:import namespace=\"http://purl.org/dc/terms/\" \
     schemaLocation=\"http://schemas.opengis.net/csw/2.0.2/rec-dcterms.xsd\"/>\
     <xs:import namespace=\"http://www.opengis.net/ows\" \
     schemaLocation=\"http://schemas.opengis.net/ows/1.0.0/owsAll.xsd\"/>\
     <xs:element name=\"AbstractRecord\" type=\"csw:AbstractRecordType\" abstract=\"true\"/>\
     <xs:complexType name=\"AbstractRecordType\" abstract=\"true\"/>\
     <xs:element name=\"Record\" type=\"csw:RecordType\" substitutionGroup=\"csw:AbstractRecord\"/>\
     <xs:complexType name=\"RecordType\"><xs:complexContent><xs:extension base=\"csw:AbstractRecordType\"><xs:sequence>\
     <xs:group ref=\"dct:DCMI-terms\"/><xs:element name=\"AnyText\" type=\"xs:anyType\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
     <xs:element ref=\"ows:BoundingBox\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
     </xs:sequence></xs:extension></xs:complexContent></xs:complexType>\
     <xs:element name=\"SummaryRecord\" type=\"csw:SummaryRecordType\" substitutionGroup=\"csw:AbstractRecord\"/>\
     <xs:complexType name=\"SummaryRecordType\"><xs:complexContent><xs:extension base=\"csw:AbstractRecordType\"><xs:sequence>\
     <xs:element ref=\"dc:identifier\" maxOccurs=\"unbounded\"/><xs:element ref=\"dc:title\" maxOccurs=\"unbounded\"/>\
     <xs:element ref=\"dc:type\" minOccurs=\"0\"/><xs:element ref=\"dc:subject\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
     <xs:element ref=\"dc:format\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
     <xs:element ref=\"dc:relation\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
     <xs:element ref=\"dct:modified\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
     <xs:element ref=\"dct:abstract\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
     <xs:element ref=\"dct:spatial\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
     <xs:element ref=\"ows:BoundingBox\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
     </xs:sequence></xs:extension></xs:complexContent></xs:complexType>\
     <xs:element name=\"BriefRecord\" type=\"csw:BriefRecordType\" substitutionGroup=\"csw:AbstractRecord\"/>\
     <xs:complexType name=\"BriefRecordType\"><xs:complexContent><xs:extension base=\"csw:AbstractRecordType\"><xs:sequence>\
     <xs:element ref=\"dc:identifier\" maxOccurs=\"unbounded\"/><xs:element ref=\"dc:title\" maxOccurs=\"unbounded\"/>\
     <xs:element ref=\"dc:type\" minOccurs=\"0\"/><xs:element ref=\"ows:BoundingBox\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
     </xs:sequence></xs:extension></xs:complexContent></xs:complexType>\
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

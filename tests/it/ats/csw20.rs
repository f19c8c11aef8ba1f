//! The suite of CSW 2.0.2 (ets-csw202): GetCapabilities, DescribeRecord, GetRecordById, GetRecords. Numbers in
//! the messages are the suite's test cases.

use super::shelf::{
    CSW2, DC, OWS1, address, ask, counter, exception, id, numbers, read, records, send, texts,
};
use crate::schemas;
use crate::support::{Answer, get};

const DISCOVERY: &str = "http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd";
const REPORT: &str = "http://schemas.opengis.net/ows/1.0.0/owsExceptionReport.xsd";
const CAPABILITIES: [(&str, &str); 3] =
    [("service", "CSW"), ("request", "GetCapabilities"), ("AcceptVersions", "2.0.2")];

#[track_caller]
fn refused(answer: &Answer, code: &str, locator: &str, test: &str) {
    exception(answer, OWS1, code, locator, test);
    schemas::validate(&answer.body, REPORT);
    let version = read(answer, |d| d.root_element().attribute("version").map(str::to_owned));
    assert_eq!(version.as_deref(), Some("1.2.0"), "{test}");
}

#[track_caller]
fn valid(answer: Answer, test: &str) -> Answer {
    assert_eq!(answer.status, 200, "{test}: {}", answer.text());
    schemas::validate(&answer.body, DISCOVERY);
    answer
}

fn capabilities(more: &[(&str, &str)]) -> Answer {
    ask(&[&CAPABILITIES[..], more].concat())
}

/// Names of the document's sections.
#[track_caller]
fn sections(answer: &Answer) -> Vec<String> {
    read(answer, |document| {
        assert!(document.root_element().has_tag_name((CSW2, "Capabilities")), "{}", answer.text());
        assert_eq!(document.root_element().attribute("version"), Some("2.0.2"));
        let all = document.root_element().children().filter(roxmltree::Node::is_element);
        all.map(|n| n.tag_name().name().to_owned()).collect()
    })
}

const ALL: [&str; 4] =
    ["ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Filter_Capabilities"];

#[test]
fn csw20_get_capabilities_in_the_version_that_is_accepted() {
    for (test, more) in [
        ("tc1.1", vec![]),
        ("tc5.1", vec![("date", "2006-10-20")]),
        ("tc5.2", vec![("acceptformats", "message/example")]),
    ] {
        assert_eq!(sections(&valid(capabilities(&more), test)), ALL, "{test}");
    }
    let first = ask(&[("SERVICE", "CSW"), ("REQUEST", "GetCapabilities"), ("ACCEPTVERSIONS", "2.0.2,2.0.0")]);
    assert_eq!(sections(&valid(first, "tc1.2")), ALL);
    let mixed = ask(&[("sErViCe", "CSW"), ("REQUEST", "GetCapabilities"), ("AcceptVersions", "2.0.2")]);
    assert_eq!(sections(&valid(mixed, "tc4.1")), ALL);
    let named = ask(&[("service", "CSW"), ("version", "2.0.2"), ("request", "GetCapabilities")]);
    assert_eq!(sections(&valid(named, "preconditions")), ALL);
    // A harvester that names no version means this one.
    let unnamed = ask(&[("service", "CSW"), ("request", "GetCapabilities")]);
    assert_eq!(sections(&valid(unnamed, "harvesters")), ALL);
    let unknown =
        ask(&[("service", "CSW"), ("request", "GetCapabilities"), ("acceptversions", "2006.10.29")]);
    assert!(unknown.text().contains("VersionNegotiationFailed"), "tc1.3: {}", unknown.text());
}

#[test]
fn csw20_get_capabilities_errors_and_media_types() {
    let missing = ask(&[("request", "GetCapabilities"), ("AcceptVersions", "2.0.2")]);
    refused(&missing, "MissingParameterValue", "service", "tc2.1");
    let wrong = ask(&[("service", "FOO"), ("request", "GetCapabilities"), ("AcceptVersions", "2.0.2")]);
    refused(&wrong, "InvalidParameterValue", "service", "tc3.1");
    assert!(capabilities(&[]).header("content-type").contains("/xml"), "tc6.1");
    for format in ["application/xml", "text/xml"] {
        let answer = capabilities(&[("acceptformats", format)]);
        assert!(answer.header("content-type").starts_with(format), "tc8.1 {format}");
        assert!(answer.text().contains(&format!("<ows:Value>{format}</ows:Value>")), "tc8.1 advertised");
    }
}

#[test]
fn csw20_get_capabilities_has_the_sections_asked_for() {
    assert_eq!(sections(&valid(capabilities(&[("sections", "")]), "tc7.1")), ["Filter_Capabilities"]);
    let some = capabilities(&[("sections", "OperationsMetadata,ServiceIdentification")]);
    let expected = ["ServiceIdentification", "OperationsMetadata", "Filter_Capabilities"];
    assert_eq!(sections(&valid(some, "tc7.2")), expected);
}

#[test]
fn csw20_describe_record_declares_the_element_of_each_type() {
    let describe = |attributes: &str, types: &str| {
        send(&format!(
            "<csw:DescribeRecord xmlns:csw='{CSW2}' service='CSW' version='2.0.2' {attributes}>{types}</csw:DescribeRecord>"
        ))
    };
    let declared = |answer: &Answer| -> Vec<String> {
        read(answer, |document| {
            let components = document.descendants().filter(|n| n.has_tag_name((CSW2, "SchemaComponent")));
            components.map(|n| n.attribute("targetNamespace").unwrap_or_default().to_owned()).collect()
        })
    };
    let all = valid(describe("", ""), "tc1.1");
    assert_eq!(declared(&all), [CSW2, "http://www.isotc211.org/2005/gmd"], "tc1.1");
    let language = "schemaLanguage='http://www.w3.org/XML/Schema'";
    let one = valid(describe(language, "<csw:TypeName>csw:Record</csw:TypeName>"), "tc2.1");
    assert_eq!(declared(&one), [CSW2], "tc2.1");
    let element = read(&one, |document| {
        document.descendants().any(|n| {
            n.has_tag_name(("http://www.w3.org/2001/XMLSchema", "element"))
                && n.attribute("name") == Some("Record")
        })
    });
    assert!(element, "tc2.1");
    assert!(one.header("content-type").contains("/xml"), "tc4.1");
    let record = "<csw:TypeName>csw:Record</csw:TypeName>";
    refused(
        &describe(&format!("{language} outputFormat='text/sgml'"), record),
        "InvalidParameterValue",
        "outputFormat",
        "tc5.1",
    );
    refused(
        &describe("schemaLanguage='http://purl.oclc.org/dsdl/schematron'", record),
        "InvalidParameterValue",
        "schemaLanguage",
        "tc6.1",
    );
    let bare = describe(language, "<csw:TypeName>Record</csw:TypeName>");
    refused(&bare, "InvalidParameterValue", "TypeName", "tc7.1");
}

fn by_id(more: &[(&str, &str)]) -> Answer {
    ask(&[&[("service", "CSW"), ("version", "2.0.2"), ("request", "GetRecordById")], more].concat())
}

#[test]
fn csw20_get_record_by_id_gives_the_view_asked_for() {
    for (set, name) in [("", "SummaryRecord"), ("brief", "BriefRecord"), ("full", "Record")] {
        for n in 1..=12 {
            let answer = valid(by_id(&[("ID", &id(n)), ("ElementSetName", set)]), "tc1.1 to tc2.2");
            assert_eq!(texts(&answer, CSW2, name).len(), 1, "{set}: {}", answer.text());
            assert_eq!(numbers(&answer), [n]);
        }
    }
    let none = valid(by_id(&[("id", "urn:uuid:ce8627a0-685c-11db-bd13-0800200c9a66")]), "tc3.1");
    assert!(read(&none, |d| d.root_element().first_element_child().is_none()), "tc3.1");
    let several = valid(by_id(&[("id", &format!("{},{}", id(2), id(1)))]), "several");
    assert_eq!(numbers(&several), [2, 1]);
}

#[test]
fn csw20_get_record_by_id_errors() {
    refused(&by_id(&[]), "MissingParameterValue", "id", "tc4.1");
    let format = by_id(&[("OutputFormat", "application/bogus+xml"), ("id", &id(1))]);
    refused(&format, "InvalidParameterValue", "outputFormat", "tc5.1");
    let schema = by_id(&[("OutputSchema", "http://example.org/unsupported"), ("Id", &id(1))]);
    refused(&schema, "InvalidParameterValue", "outputSchema", "tc6.1");
}

/// GetRecords with attributes and with what stands in its query.
fn query(attributes: &str, types: &str, inside: &str) -> Answer {
    send(&format!(
        "<csw:GetRecords xmlns:csw='{CSW2}' service='CSW' version='2.0.2' {attributes}>\
         <csw:Query xmlns:dc='{DC}' xmlns:dct='http://purl.org/dc/terms/' xmlns:ows='{OWS1}' \
         xmlns:ogc='http://www.opengis.net/ogc' xmlns:gml='http://www.opengis.net/gml' typeNames='{types}'>{inside}\
         </csw:Query></csw:GetRecords>"
    ))
}

fn found(inside: &str, test: &str) -> Answer {
    valid(query("resultType='results' maxRecords='20'", "csw:Record", inside), test)
}

fn filtered(view: &str, filter: &str) -> String {
    format!("{view}<csw:Constraint version='1.1.0'><ogc:Filter>{filter}</ogc:Filter></csw:Constraint>")
}

fn compared(op: &str, more: &str, name: &str, value: &str) -> String {
    format!(
        "<ogc:{op} {more}><ogc:PropertyName>{name}</ogc:PropertyName><ogc:Literal>{value}</ogc:Literal></ogc:{op}>"
    )
}

fn in_box(property: &str, lower: &str, upper: &str) -> String {
    format!(
        "<ogc:BBOX><ogc:PropertyName>{property}</ogc:PropertyName><gml:Envelope srsName='urn:x-ogc:def:crs:EPSG:6.11:4326'>\
         <gml:lowerCorner>{lower}</gml:lowerCorner><gml:upperCorner>{upper}</gml:upperCorner></gml:Envelope></ogc:BBOX>"
    )
}

const BRIEF: &str = "<csw:ElementSetName>brief</csw:ElementSetName>";
const SUMMARY: &str = "<csw:ElementSetName>summary</csw:ElementSetName>";
const FULL: &str = "<csw:ElementSetName>full</csw:ElementSetName>";
const DATED: &str = "<csw:ElementName>dc:identifier</csw:ElementName><csw:ElementName>dc:type</csw:ElementName>\
     <csw:ElementName>dc:date</csw:ElementName>";
const PLACED: &str =
    "<csw:ElementName>dc:identifier</csw:ElementName><csw:ElementName>ows:BoundingBox</csw:ElementName>";
const LIKE: &str = "wildCard='*' singleChar='?' escapeChar='\\'";

#[track_caller]
fn sorted(mut numbers: Vec<usize>) -> Vec<usize> {
    numbers.sort_unstable();
    numbers
}

#[test]
fn csw20_get_records_has_ten_records_unless_told_otherwise() {
    let hits = valid(query("", "csw:Record", BRIEF), "tc1.1");
    assert_eq!((records(&hits).len(), counter(&hits, "numberOfRecordsMatched")), (0, 12), "tc1.1");
    for (test, view, name) in [("tc2.1", SUMMARY, "SummaryRecord"), ("tc2.2", BRIEF, "BriefRecord")] {
        let answer = valid(query("resultType='results'", "csw:Record", view), test);
        assert_eq!(records(&answer), [name; 10], "{test}");
        assert_eq!(counter(&answer, "numberOfRecordsReturned"), 10, "{test}");
    }
    assert_eq!(records(&found(BRIEF, "maxRecords=20")).len(), 12);
    let slice = valid(
        query("resultType='results' startPosition='3' maxRecords='5'", "csw:Record", SUMMARY),
        "tc22.1",
    );
    assert_eq!((records(&slice).len(), counter(&slice, "nextRecord")), (5, 8), "tc22.1");
    let none = valid(query("resultType='results' maxRecords='0'", "csw:Record", BRIEF), "tc23.1");
    assert_eq!((records(&none).len(), counter(&none, "nextRecord")), (0, 1), "tc23.1");
    let checked = valid(query("resultType='validate'", "csw:Record", FULL), "tc24.1");
    assert!(read(&checked, |d| d.root_element().has_tag_name((CSW2, "Acknowledgement"))), "tc24.1");
}

#[test]
fn csw20_get_records_gives_single_elements_and_sorts() {
    let answer = found(DATED, "tc3.1");
    assert_eq!(records(&answer), ["Record"; 12], "tc3.1");
    read(&answer, |document| {
        for record in document.descendants().filter(|n| n.has_tag_name((CSW2, "Record"))) {
            for element in record.children().filter(roxmltree::Node::is_element) {
                assert!(["identifier", "type", "date"].contains(&element.tag_name().name()), "tc3.1");
            }
        }
    });
    let order = |name: &str, order: &str| {
        format!(
            "<ogc:SortBy><ogc:SortProperty><ogc:PropertyName>{name}</ogc:PropertyName><ogc:SortOrder>{order}</ogc:SortOrder>\
             </ogc:SortProperty></ogc:SortBy>"
        )
    };
    let by_id = found(&format!("{BRIEF}{}", order("dc:identifier", "ASC")), "tc4.1");
    assert_eq!(numbers(&by_id), (1..=12).collect::<Vec<_>>(), "tc4.1");
    let by_date = found(&format!("{DATED}{}", order("dc:date", "DESC")), "tc4.2");
    assert_eq!(
        texts(&by_date, DC, "date"),
        ["2006-05-12", "2006-03-26", "2005-10-24", "2003-05-09"],
        "tc4.2"
    );
    assert_eq!(numbers(&by_date)[..4], [5, 1, 9, 12], "tc4.2: what has no date comes last");
}

#[test]
fn csw20_get_records_finds_by_place() {
    let here = in_box("ows:BoundingBox", "43 4", "45 7");
    let answer = found(&filtered(PLACED, &here), "tc5.1");
    assert_eq!(numbers(&answer), [1], "tc5.1");
    assert!(answer.text().contains("crs=\"urn:x-ogc:def:crs:EPSG:6.11:4326\""), "tc5.1: as it was given");
    let place =
        query("resultType='results'", "csw:Record", &filtered(BRIEF, &in_box("dct:spatial", "43 4", "45 7")));
    refused(&place, "InvalidParameterValue", "", "tc5.2");
    let north = format!("<ogc:Not>{}</ogc:Not>", in_box("ows:BoundingBox", "60 12", "70 20"));
    let outside = found(&filtered(PLACED, &north), "tc14.2");
    assert_eq!(numbers(&outside).len(), 11, "tc14.2: what has no box is not in it");
    let late = compared("PropertyIsGreaterThan", "", "dc:date", "2006-01-01");
    let either = found(&filtered(PLACED, &format!("<ogc:Or>{here}{late}</ogc:Or>")), "tc16.2");
    assert_eq!(sorted(numbers(&either)), [1, 5], "tc16.2");
    let both = found(&filtered(PLACED, &format!("<ogc:And>{here}{late}</ogc:And>")), "tc17.2");
    assert_eq!(numbers(&both), [1], "tc17.2");
    let west = in_box("ows:BoundingBox", "40 -9", "50 -1");
    let dataset =
        compared("PropertyIsEqualTo", "matchCase='false'", "dc:type", "HTTP://purl.org/dc/dcmitype/dataset");
    let rest =
        found(&filtered(PLACED, &format!("<ogc:And><ogc:Not>{west}</ogc:Not>{dataset}</ogc:And>")), "tc18.1");
    assert_eq!(sorted(numbers(&rest)), [1, 7], "tc18.1");
}

#[test]
fn csw20_get_records_compares_values() {
    for (test, filter, expected) in [
        ("tc6.1", compared("PropertyIsEqualTo", "", "dc:title", "Étude des vallées"), vec![12]),
        ("tc6.1 case", compared("PropertyIsEqualTo", "", "dc:title", "étude des vallées"), vec![]),
        ("tc6.2", compared("PropertyIsEqualTo", "matchCase='false'", "dc:subject", "rELIEf"), vec![11]),
        ("tc9.1", compared("PropertyIsGreaterThan", "", "dc:date", "2004-01-01"), vec![1, 5, 9]),
        ("tc10.1", compared("PropertyIsLessThan", "", "dc:date", "2006-05-01"), vec![1, 9, 12]),
        ("tc11.1", compared("PropertyIsLike", LIKE, "dc:title", "Sentier du*"), vec![8, 10]),
        ("tc12.1", compared("PropertyIsLessThanOrEqualTo", "", "dc:date", "2005-10-24"), vec![9, 12]),
        ("tc13.1", compared("PropertyIsGreaterThanOrEqualTo", "", "dc:date", "2006-03-26"), vec![1, 5]),
        ("tc19.1", compared("PropertyIsLike", LIKE, "csw:AnyText", "*SENTIER*"), vec![1, 2, 3, 7, 8, 10]),
    ] {
        assert_eq!(sorted(numbers(&found(&filtered(BRIEF, &filter), test))), expected, "{test}");
    }
    let other = compared("PropertyIsNotEqualTo", "", "dc:title", "Étude des vallées");
    assert_eq!(numbers(&found(&filtered(BRIEF, &other), "tc8.1")).len(), 11, "tc8.1");
    let other = compared("PropertyIsNotEqualTo", "matchCase='false'", "dc:subject", "rELIEf");
    assert!(!numbers(&found(&filtered(BRIEF, &other), "tc8.2")).contains(&11), "tc8.2");
    let like = compared("PropertyIsLike", LIKE, "dc:title", "Sentier du*");
    let not = found(&filtered(SUMMARY, &format!("<ogc:Not>{like}</ogc:Not>")), "tc14.1");
    assert_eq!(numbers(&not).len(), 10, "tc14.1: what has no title is among them");
    let xml = compared("PropertyIsLike", LIKE, "dc:format", "application/*xml");
    let image = compared("PropertyIsEqualTo", "", "dc:type", "http://purl.org/dc/dcmitype/Image");
    let either = found(&filtered(SUMMARY, &format!("<ogc:Or>{xml}{image}</ogc:Or>")), "tc16.1");
    assert_eq!(sorted(numbers(&either)), [3, 6, 8, 10], "tc16.1");
    let image = compared("PropertyIsLike", LIKE, "dc:format", "image/*");
    let related = compared("PropertyIsEqualTo", "", "dc:relation", &id(9));
    let both = found(&filtered(SUMMARY, &format!("<ogc:And>{image}{related}</ogc:And>")), "tc17.1");
    assert_eq!(numbers(&both), [6], "tc17.1");
}

#[test]
fn csw20_get_records_errors() {
    let results = |inside: &str| query("resultType='results'", "csw:Record", inside);
    let function = "<ogc:PropertyIsEqualTo><ogc:PropertyName>dc:title</ogc:PropertyName><ogc:Function name='DummyFunction'>\
         <ogc:Literal>input</ogc:Literal></ogc:Function></ogc:PropertyIsEqualTo>";
    refused(&results(&filtered(BRIEF, function)), "InvalidParameterValue", "", "tc7.1");
    let filter = compared("PropertyIsEqualTo", "", "dc:title", "a");
    let foreign = filtered(BRIEF, &filter)
        .replace("<ogc:Filter>", "<ogc:Filter xmlns:ogc='http://www.opengis.net/foo'>");
    refused(&results(&foreign), "InvalidParameterValue", "Filter", "tc15.1");
    for (test, view) in [("tc20.1", "csw:SummaryRecord"), ("tc21.1", "csw:BriefRecord")] {
        let answer = query("resultType='results'", view, BRIEF);
        refused(&answer, "InvalidParameterValue", "typeNames", test);
    }
    let format = query("resultType='results' outputFormat='application/xhtml+xml'", "csw:Record", SUMMARY);
    refused(&format, "InvalidParameterValue", "outputFormat", "tc25.1");
    let schema =
        query("resultType='results' outputSchema='http://example.org/unsupported'", "csw:Record", SUMMARY);
    refused(&schema, "InvalidParameterValue", "outputSchema", "tc26.1");
}

#[test]
fn csw20_every_record_is_valid_in_every_view_of_either_schema() {
    for view in [BRIEF, SUMMARY, FULL] {
        assert_eq!(records(&found(view, "Dublin Core")).len(), 12);
    }
    let iso = "http://www.isotc211.org/2005/gmd";
    let url = format!(
        "{}?service=CSW&version=2.0.2&request=GetRecords&typeNames=gmd:MD_Metadata&resultType=results&maxRecords=20\
         &elementSetName=full&outputSchema={iso}",
        address()
    );
    assert_eq!(records(&get(&url)), ["MD_Metadata"; 12]);
}

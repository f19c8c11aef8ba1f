//! The suite of Catalogue 3.0 (ets-cat30): Basic-Catalogue (GetCapabilities, GetRecordById, GetRecords, Search) and
//! OpenSearch. Names in the messages are the suite's tests.

mod opensearch;

use super::shelf::{
    CSW3, DC, OWS2, address, ask, counter, exception, id, numbers, read, records, send, shelf, texts, with,
};
use crate::schemas;
use crate::support::{Answer, get, get_with};

const ALL: &str = "http://schemas.opengis.net/cat/csw/3.0/cswAll.xsd";
const REPORT: &str = "http://schemas.opengis.net/ows/2.0/owsExceptionReport.xsd";
const ATOM: &str = "http://www.w3.org/2005/Atom";
const OS: &str = "http://a9.com/-/spec/opensearch/1.1/";
const ATOM_MEDIA: &str = "application/atom+xml";
const DESCRIPTION: &str = "application/opensearchdescription+xml";

#[track_caller]
fn refused(answer: &Answer, code: &str, locator: &str, test: &str) {
    exception(answer, OWS2, code, locator, test);
    schemas::validate(&answer.body, REPORT);
    let version = read(answer, |d| d.root_element().attribute("version").map(str::to_owned));
    assert_eq!(version.as_deref(), Some("3.0.0"), "{test}");
}

#[track_caller]
fn valid(answer: Answer, test: &str) -> Answer {
    assert_eq!(answer.status, 200, "{test}: {}", answer.text());
    schemas::validate(&answer.body, ALL);
    answer
}

#[track_caller]
fn root(answer: &Answer) -> (String, String) {
    read(answer, |document| {
        let name = document.root_element().tag_name();
        (name.namespace().unwrap_or_default().to_owned(), name.name().to_owned())
    })
}

fn capabilities(more: &[(&str, &str)]) -> Answer {
    let base = [("request", "GetCapabilities"), ("service", "CSW"), ("acceptVersions", "3.0.0")];
    ask(&[&base[..], more].concat())
}

#[track_caller]
fn sections(answer: &Answer) -> Vec<String> {
    assert_eq!(root(answer), (CSW3.to_owned(), "Capabilities".to_owned()), "{}", answer.text());
    read(answer, |document| {
        let all = document.root_element().children().filter(roxmltree::Node::is_element);
        all.map(|n| n.tag_name().name().to_owned()).collect()
    })
}

const COMPLETE: [&str; 5] =
    ["ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Languages", "Filter_Capabilities"];

/// Values of a constraint or parameter.
#[track_caller]
fn values(answer: &Answer, name: &str) -> Vec<String> {
    read(answer, |document| {
        let of = document.descendants().filter(|n| n.attribute("name") == Some(name));
        of.flat_map(|n| n.descendants())
            .filter(|n| n.has_tag_name((OWS2, "Value")) || n.has_tag_name((OWS2, "DefaultValue")))
            .map(|n| n.text().unwrap_or_default().to_owned())
            .collect()
    })
}

#[test]
fn cat30_get_capabilities_complete_and_with_every_class_judged() {
    let answer = valid(capabilities(&[]), "getFullCapabilitiesAcceptVersion3");
    assert_eq!(sections(&answer), COMPLETE);
    for (class, met) in [
        ("OpenSearch", "TRUE"),
        ("GetCapabilities-XML", "TRUE"),
        ("GetRecordById-XML", "TRUE"),
        ("GetRecords-Basic-XML", "TRUE"),
        ("Filter-FES-XML", "TRUE"),
        ("GetRecords-Distributed-XML", "FALSE"),
        ("GetRecords-Distributed-KVP", "FALSE"),
        ("GetRecords-Async-XML", "FALSE"),
        ("GetRecords-Async-KVP", "FALSE"),
        ("GetDomain-XML", "TRUE"),
        ("GetDomain-KVP", "TRUE"),
        ("Transaction", "FALSE"),
        ("Harvest-Basic-XML", "FALSE"),
        ("Harvest-Basic-KVP", "FALSE"),
        ("Harvest-Async-XML", "FALSE"),
        ("Harvest-Async-KVP", "FALSE"),
        ("Harvest-Periodic-XML", "FALSE"),
        ("Harvest-Periodic-KVP", "FALSE"),
        ("Filter-CQL", "TRUE"),
        ("Filter-FES-KVP-Advanced", "FALSE"),
    ] {
        assert_eq!(
            values(&answer, &format!("http://www.opengis.net/spec/csw/3.0/conf/{class}")),
            [met],
            "{class}"
        );
    }
    for (name, value) in [
        ("outputSchema", CSW3),
        ("outputSchema", ATOM),
        ("outputFormat", "application/xml"),
        ("outputFormat", ATOM_MEDIA),
        ("acceptVersions", "3.0.0"),
        ("acceptFormats", "text/xml"),
        ("sections", "Filter_Capabilities"),
        ("sections", "All"),
    ] {
        assert!(values(&answer, name).iter().any(|v| v == value), "{name} {value}");
    }
    assert_eq!(texts(&answer, OWS2, "ServiceTypeVersion"), ["3.0.0", "2.0.2"]);
}

#[test]
fn cat30_get_capabilities_from_the_base_address_by_what_is_accepted() {
    for accept in ["*/*", "text/html; q=0.5, application/xml"] {
        let answer = get_with(&address(), &[("accept", accept)]);
        assert_eq!(sections(&answer), COMPLETE, "getCapabilitiesFromBaseURL {accept}");
    }
    assert_eq!(sections(&get(&address())), COMPLETE);
    let mixed = ask(&[("Request", "GetCapabilities"), ("SERVICE", "CSW"), ("acceptversions", "3.0.0")]);
    assert_eq!(sections(&mixed), COMPLETE, "getCapabilitiesWithMixedCaseParamNames");
    let posted = send(&format!(
        "<csw:GetCapabilities xmlns:csw='{CSW3}' xmlns:ows='{OWS2}' service='CSW'><ows:AcceptVersions>\
         <ows:Version>3.0.0</ows:Version></ows:AcceptVersions></csw:GetCapabilities>"
    ));
    assert_eq!(sections(&valid(posted, "GetCapabilities-XML")), COMPLETE);
}

#[test]
fn cat30_get_capabilities_errors() {
    let case = ask(&[("request", "getCapabilities"), ("service", "CSW"), ("acceptVersions", "3.0.0")]);
    refused(&case, "InvalidParameterValue", "request", "getCapabilitiesWithInvalidParamValue");
    let service = ask(&[("request", "GetCapabilities"), ("acceptVersions", "3.0.0")]);
    refused(&service, "MissingParameterValue", "service", "getCapabilitiesIsMissingServiceParam");
    let version =
        ask(&[("request", "GetCapabilities"), ("service", "CSW"), ("acceptVersions", "9999.12.31")]);
    refused(&version, "VersionNegotiationFailed", "acceptVersions", "getCapabilitiesWithUnsupportedVersion");
    let format = capabilities(&[("acceptFormats", "model/x3d+xml")]);
    refused(&format, "InvalidParameterValue", "acceptFormats", "getCapabilitiesInUnsupportedFormat");
}

#[test]
fn cat30_get_capabilities_by_format_and_section() {
    let all = capabilities(&[]);
    for format in values(&all, "acceptFormats") {
        let answer = capabilities(&[("acceptFormats", &format)]);
        let media = answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
        assert_eq!(media, format, "getCapabilitiesInSupportedFormat");
    }
    for section in values(&all, "sections") {
        let answer = valid(capabilities(&[("sections", &section)]), "getCapabilitiesBySection");
        if section == "All" {
            assert_eq!(sections(&answer), COMPLETE);
        } else {
            assert_eq!(sections(&answer), [section]);
        }
    }
}

fn by_id(more: &[(&str, &str)]) -> Answer {
    ask(&[&[("request", "GetRecordById"), ("service", "CSW"), ("version", "3.0.0")], more].concat())
}

#[test]
fn cat30_get_record_by_id_gives_the_record_itself() {
    for (set, name) in [("", "SummaryRecord"), ("brief", "BriefRecord"), ("full", "Record")] {
        for n in 1..=12 {
            let answer =
                valid(by_id(&[("id", &id(n)), ("elementSetName", set)]), "getSummaryRecordById and kin");
            assert_eq!(root(&answer), (CSW3.to_owned(), name.to_owned()), "{}", answer.text());
            assert_eq!(numbers(&answer), [n]);
        }
    }
    let posted = send(&format!(
        "<csw:GetRecordById xmlns:csw='{CSW3}' service='CSW' version='3.0.0'><csw:Id>{}</csw:Id></csw:GetRecordById>",
        id(3)
    ));
    assert_eq!(numbers(&valid(posted, "GetRecordById-XML")), [3]);
}

#[test]
fn cat30_get_record_by_id_as_an_atom_entry() {
    let url = with(&[("request", "GetRecordById"), ("service", "CSW"), ("version", "3.0.0"), ("id", &id(1))]);
    let by_header = get_with(&url, &[("accept", ATOM_MEDIA)]);
    let by_format = by_id(&[("id", &id(1)), ("outputFormat", ATOM_MEDIA)]);
    for answer in [by_header, by_format] {
        assert_eq!(root(&answer), (ATOM.to_owned(), "entry".to_owned()), "{}", answer.text());
        assert_eq!(numbers(&answer), [1], "getRecordByIdAsAtomEntry");
        for needed in ["id", "title", "updated"] {
            assert_eq!(texts(&answer, ATOM, needed).len(), 1, "{needed}");
        }
        assert!(answer.header("content-type").starts_with(ATOM_MEDIA));
    }
}

#[test]
fn cat30_get_record_by_id_errors() {
    let unknown = by_id(&[("id", "urn:example:1")]);
    assert_eq!(unknown.status, 404, "getRecordById_noMatch");
    assert!(
        unknown.text().contains("exceptionCode=\"InvalidParameterValue\" locator=\"id\""),
        "{}",
        unknown.text()
    );
    let format = by_id(&[("id", &id(1)), ("outputFormat", "model/vnd.collada+xml")]);
    refused(&format, "InvalidParameterValue", "outputFormat", "getRecordByIdWithUnsupportedFormat");
    let schema = by_id(&[("id", &id(1)), ("outputSchema", "http://www.example.org/ns/alpha")]);
    refused(&schema, "InvalidParameterValue", "outputSchema", "getRecordByIdWithUnsupportedSchema");
    refused(&by_id(&[]), "MissingParameterValue", "id", "getRecordByIdWithMissingId");
}

const RECORDS: [(&str, &str); 4] =
    [("request", "GetRecords"), ("service", "CSW"), ("version", "3.0.0"), ("typeNames", "Record")];

fn found(more: &[(&str, &str)]) -> Answer {
    ask(&[&RECORDS[..], more].concat())
}

#[test]
fn cat30_get_records_in_the_views_of_the_default_schema() {
    let base = &RECORDS[..3];
    let bound = [("namespace", "xmlns(tns=http://www.opengis.net/cat/csw/3.0)"), ("typeNames", "tns:Record")];
    let brief = ask(&[base, &bound, &[("elementSetName", "brief")]].concat());
    assert_eq!(records(&valid(brief, "getBriefRecordsWithNamespaceBinding")), ["BriefRecord"; 10]);
    for (set, name) in [("summary", "SummaryRecord"), ("full", "Record"), ("", "SummaryRecord")] {
        let answer = valid(found(&[("elementSetName", set), ("maxRecords", "20")]), "in every view");
        assert_eq!(records(&answer), [name; 12]);
    }
    let slice = [("elementSetName", "summary"), ("startPosition", "3"), ("maxRecords", "2")];
    let slice = valid(found(&slice), "getPartialResults");
    assert_eq!((records(&slice).len(), counter(&slice, "numberOfRecordsReturned")), (2, 2));
    assert_eq!(counter(&slice, "nextRecord"), 5);
    let title = [("elementName", "tns:title"), ("namespace", "xmlns(tns=http://purl.org/dc/elements/1.1/)")];
    let titles = valid(found(&title), "presentTitleProperty");
    read(&titles, |document| {
        for record in document.descendants().filter(|n| n.has_tag_name((CSW3, "Record"))) {
            assert!(
                record.children().filter(roxmltree::Node::is_element).all(|n| n.has_tag_name((DC, "title")))
            );
        }
    });
    assert_eq!(texts(&titles, DC, "title").len(), 8, "ten records, of which two have no title");
    let iso = found(&[("outputSchema", "http://www.isotc211.org/2005/gmd"), ("maxRecords", "unlimited")]);
    assert_eq!(records(&iso), ["MD_Metadata"; 12]);
}

#[test]
fn cat30_get_records_by_xml() {
    let ask = |inside: &str| {
        send(&format!(
            "<csw:GetRecords xmlns:csw='{CSW3}' xmlns:fes='http://www.opengis.net/fes/2.0' xmlns:dc='{DC}' service='CSW' \
             version='3.0.0' maxRecords='20'><csw:Query typeNames='csw:Record'><csw:ElementSetName>brief</csw:ElementSetName>\
             {inside}</csw:Query></csw:GetRecords>"
        ))
    };
    let like = "<csw:Constraint version='2.0.0'><fes:Filter><fes:PropertyIsLike wildCard='*' singleChar='?' escapeChar='\\'>\
         <fes:ValueReference>dc:title</fes:ValueReference><fes:Literal>Sentier*</fes:Literal></fes:PropertyIsLike></fes:Filter>\
         </csw:Constraint><fes:SortBy><fes:SortProperty><fes:ValueReference>dc:title</fes:ValueReference>\
         <fes:SortOrder>DESC</fes:SortOrder></fes:SortProperty></fes:SortBy>";
    assert_eq!(numbers(&valid(ask(like), "GetRecords-Basic-XML, Filter-FES-XML")), [10, 8]);
    let unknown = like
        .replace("dc:title</fes:ValueReference><fes:Literal>", "dc:nope</fes:ValueReference><fes:Literal>");
    refused(&ask(&unknown), "InvalidParameterValue", "dc:nope", "an unknown property");
    let handler = send(&format!(
        "<csw:GetRecords xmlns:csw='{CSW3}'><csw:ResponseHandler>mailto:a@b.c</csw:ResponseHandler></csw:GetRecords>"
    ));
    refused(&handler, "OptionNotSupported", "ResponseHandler", "asynchronous answers are not given");
}

/// The obligations of a feed: RFC 4287 and OGC 10-032r8 table 6.
#[track_caller]
fn feed(answer: &Answer, test: &str) -> Vec<usize> {
    assert_eq!(answer.status, 200, "{test}: {}", answer.text());
    assert!(answer.header("content-type").starts_with(ATOM_MEDIA), "{test}");
    assert_eq!(root(answer), (ATOM.to_owned(), "feed".to_owned()), "{test}");
    read(answer, |document| {
        let feed = document.root_element();
        let child = |namespace: &str, name: &str| {
            feed.children()
                .find(|n| n.has_tag_name((namespace, name)))
                .unwrap_or_else(|| panic!("{test}: no {name}"))
        };
        for needed in ["id", "title", "updated", "author"] {
            child(ATOM, needed);
        }
        for needed in ["totalResults", "startIndex", "itemsPerPage"] {
            child(OS, needed);
        }
        assert_eq!(child(OS, "Query").attribute("role"), Some("request"), "{test}");
        let search = feed.children().any(|n| {
            n.has_tag_name((ATOM, "link"))
                && n.attribute("rel") == Some("search")
                && n.attribute("type") == Some(DESCRIPTION)
        });
        assert!(search, "{test}: no way to the description");
        for entry in feed.children().filter(|n| n.has_tag_name((ATOM, "entry"))) {
            for needed in ["id", "title", "updated"] {
                assert!(entry.children().any(|n| n.has_tag_name((ATOM, needed))), "{test}: {needed}");
            }
        }
    });
    numbers(answer)
}

#[test]
fn cat30_get_records_as_an_atom_feed() {
    let url = with(&RECORDS);
    let answer = get_with(&url, &[("accept", ATOM_MEDIA)]);
    assert_eq!(feed(&answer, "getSummaryRecordsInAtomFeed").len(), 10);
    let slice = found(&[("outputFormat", ATOM_MEDIA), ("startPosition", "3"), ("maxRecords", "2")]);
    assert_eq!(feed(&slice, "getPartialResultsAsAtomFeed"), [3, 4]);
    assert_eq!(texts(&slice, OS, "startIndex"), ["3"]);
    assert_eq!(texts(&slice, OS, "itemsPerPage"), ["2"]);
    assert_eq!(texts(&slice, OS, "totalResults"), ["12"]);
    let next = read(&slice, |document| {
        let links = document.root_element().children().filter(|n| n.has_tag_name((ATOM, "link")));
        links
            .filter(|n| n.attribute("rel") == Some("next"))
            .find_map(|n| n.attribute("href"))
            .map(str::to_owned)
    });
    assert_eq!(feed(&get(&next.expect("a next page")), "the next page"), [5, 6]);
}

#[test]
fn cat30_get_records_errors() {
    for (more, locator, test) in [
        (vec![("outputFormat", "text/example")], "outputFormat", "getRecordsInUnsupportedOutputFormat"),
        (vec![("elementSetName", "undefined-view")], "elementSetName", "unknownElementSetName"),
        (vec![("outputSchema", "urn:uuid:6a29d2a8")], "outputSchema", "getRecordsWithUnsupportedSchema"),
        (vec![("elementName", "undefined")], "elementName", "presentUnknownRecordProperty"),
        (vec![("maxRecords", "-1")], "maxRecords", "a negative count"),
        (vec![("time", "yesterday")], "time", "a time that is none"),
    ] {
        refused(&found(&more), "InvalidParameterValue", locator, test);
    }
    let unknown = ask(&[&RECORDS[..3], &[("typeNames", "UnknownType")]].concat());
    refused(&unknown, "InvalidParameterValue", "typeNames", "getRecordsWithUnknownTypeName");
    let both = found(&[("elementSetName", "brief"), ("elementName", "ns1:subject")]);
    refused(&both, "NoApplicableCode", "", "elementSetAndElementName");
    let elsewhere = found(&[("federatedCatalogues", "http://example.org/csw")]);
    refused(&elsewhere, "OptionNotSupported", "federatedcatalogues", "what is not done is not left out");
}

#[test]
fn cat30_search_by_words() {
    for (words, expected, test) in [
        ("vallées", vec![12], "singleTermTextSearch"),
        ("VALLEES", vec![12], "whatever case and accents"),
        ("Ñuit Hydrographie-Mer", vec![9], "multipleTermTextSearch"),
        ("Ñuit,mer", vec![9], "terms between commas"),
        ("qzxvwkjq", vec![], "textSearchProducesEmptyResultSet"),
        ("100%", vec![], "a character that means something elsewhere"),
    ] {
        let answer = valid(found(&[("q", words), ("elementSetName", "full")]), test);
        assert_eq!(numbers(&answer), expected, "{test}");
    }
    let counted = found(&[("q", "Forêt"), ("maxRecords", "0"), ("elementSetName", "summary")]);
    read(&counted, |document| {
        let results = document.descendants().find(|n| n.has_tag_name((CSW3, "SearchResults")));
        assert!(!results.expect("results").has_children(), "getRecordsBySubjectWithoutResults");
    });
    assert_eq!(
        (counter(&counted, "numberOfRecordsReturned"), counter(&counted, "numberOfRecordsMatched")),
        (0, 1)
    );
}

#[test]
fn cat30_search_by_place_identifier_and_time() {
    let latlon = "43,4,45,7,urn:ogc:def:crs:EPSG::4326";
    let lonlat = "4,43,7,45,urn:ogc:def:crs:OGC:1.3:CRS84";
    for (bbox, set) in [(latlon, "brief"), (lonlat, "summary"), ("4,43,7,45", "full")] {
        let answer = valid(found(&[("bbox", bbox), ("elementSetName", set)]), "getRecordsByBBOX");
        assert_eq!(numbers(&answer), [1], "{bbox}");
        let system = read(&answer, |document| {
            let boxes = document.descendants().filter(|n| n.has_tag_name((OWS2, "BoundingBox")));
            boxes.filter_map(|n| n.attribute("crs")).map(str::to_owned).collect::<Vec<_>>()
        });
        assert_eq!(system, ["urn:ogc:def:crs:EPSG:6.11:4326"], "in the registered name");
    }
    let crs = found(&[("bbox", "472944,5363287,492722,5455253,urn:ogc:def:crs:EPSG::0000")]);
    refused(&crs, "InvalidParameterValue", "bbox", "getRecordsByBBOXWithUnsupportedCRS");
    let both = found(&[("bbox", "-10,40,10,50"), ("q", "Zonage"), ("maxRecords", "15")]);
    assert_eq!(numbers(&valid(both, "getRecordsByBBOXAndTitle")), [1]);
    let list = format!("{},{}", id(1), id(12));
    let listed = found(&[("recordIds", &list), ("elementSetName", "summary")]);
    assert_eq!(records(&valid(listed, "getMultipleRecordsById")), ["SummaryRecord"; 2]);
    for (time, expected) in
        [("2006-01-01/2006-12-31", vec![1, 5]), ("/2004-01-01", vec![12]), ("/", (1..=10).collect())]
    {
        assert_eq!(numbers(&found(&[("time", time)])), expected, "{time}");
    }
    let nothing_with = found(&[("recordIds", &id(1)), ("q", "qzxvwkjq")]);
    assert_eq!((nothing_with.status, counter(&nothing_with, "numberOfRecordsMatched")), (200, 0));
}

#[test]
fn cat30_the_whole_catalogue_answers_as_an_organisation_does() {
    let url = shelf().url("/csw?service=CSW&version=3.0.0&request=GetRecords&typeNames=Record&maxRecords=20");
    assert_eq!(records(&valid(get(&url), "at the root")).len(), 12);
}

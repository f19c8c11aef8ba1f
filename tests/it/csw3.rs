//! CSW 3.0 and OpenSearch over records that the platform writes itself; the suite's requests are replayed in
//! `ats/cat30`.

use crate::csw::served;
use crate::schemas;
use crate::support::{Answer, get, get_with, head, post};

const ALL: &str = "http://schemas.opengis.net/cat/csw/3.0/cswAll.xsd";
const CSW: &str = "http://www.opengis.net/cat/csw/3.0";
const ATOM: &str = "http://www.w3.org/2005/Atom";
const RECORDS: &str = "service=CSW&version=3.0.0&request=GetRecords";

#[track_caller]
fn count(answer: &Answer, namespace: &str, name: &str) -> usize {
    let text = answer.text();
    let document = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    document.descendants().filter(|n| n.has_tag_name((namespace, name))).count()
}

#[track_caller]
fn code(answer: &Answer) -> String {
    let text = answer.text();
    let document = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let found = document
        .descendants()
        .find(|n| n.has_tag_name(("http://www.opengis.net/ows/2.0", "Exception")))
        .unwrap_or_else(|| panic!("no exception: {text}"));
    found.attribute("exceptionCode").unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_datasets_are_valid_in_every_view() {
    let (_database, server, all) = served(3).await;
    let csw = format!("{}/csw", server.base);
    for set in ["brief", "summary", "full"] {
        let answer = get(&format!("{csw}?{RECORDS}&elementSetName={set}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        schemas::validate(&answer.body, ALL);
        let id = all[0].record;
        let one = get(&format!(
            "{csw}?service=CSW&version=3.0.0&request=GetRecordById&elementSetName={set}&id={id}"
        ));
        schemas::validate(&one.body, ALL);
        assert!(one.text().contains(&id.to_string()));
    }
    let parts = get(&format!("{csw}?{RECORDS}&elementName=dc:title,dc:creator,ows:BoundingBox"));
    schemas::validate(&parts.body, ALL);
    assert_eq!(
        (count(&parts, CSW, "Record"), count(&parts, "http://purl.org/dc/elements/1.1/", "creator")),
        (3, 3)
    );
    assert_eq!(count(&parts, "http://purl.org/dc/elements/1.1/", "identifier"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_tells_of_its_records_and_leads_through_all_pages() {
    let (_database, server, all) = served(7).await;
    let mut url = format!("{}/csw?{RECORDS}&outputFormat=application/atom%2Bxml&maxRecords=3", server.base);
    let (mut pages, mut entries) = (0, Vec::new());
    loop {
        let answer = get(&url);
        let text = answer.text();
        let document = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        for entry in document.descendants().filter(|n| n.has_tag_name((ATOM, "entry"))) {
            let child = |name: &str| entry.children().find(|n| n.has_tag_name((ATOM, name)));
            entries.push(child("id").and_then(|n| n.text()).expect("an id").to_owned());
            assert_eq!(child("summary").and_then(|n| n.text()), Some("Des données & <plus>"));
            let whole = entry
                .children()
                .filter(|n| n.has_tag_name((ATOM, "link")) && n.attribute("rel") == Some("alternate"))
                .find_map(|n| n.attribute("href"))
                .expect("an address");
            let record = get(whole);
            assert_eq!((record.status, count(&record, CSW, "Record")), (200, 1), "{whole}");
        }
        pages += 1;
        let next = document
            .root_element()
            .children()
            .find(|n| n.has_tag_name((ATOM, "link")) && n.attribute("rel") == Some("next"))
            .and_then(|n| n.attribute("href"));
        match next {
            Some(next) => url = next.to_owned(),
            None => break,
        }
    }
    let expected: Vec<String> = all.iter().map(|made| format!("urn:uuid:{}", made.record)).collect();
    assert_eq!((pages, entries), (3, expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_has_a_search_of_its_own() {
    let (_database, server, _all) = served(7).await;
    let description = get(&format!("{}/org/dept/csw/opensearch", server.base));
    assert_eq!(description.status, 200);
    assert!(description.text().contains(&format!("template=\"{}/org/dept/csw?", server.base)));
    assert_eq!(head(&format!("{}/org/dept/csw/opensearch", server.base)).status, 200);
    let found = get(&format!("{}/org/dept/csw?{RECORDS}&typeNames=Record", server.base));
    assert_eq!(count(&found, CSW, "SummaryRecord"), 3);
    for nowhere in ["/org/nope/csw", "/org/nope/csw/opensearch", "/dataset/brouillon/csw"] {
        let answer = get(&format!("{}{nowhere}", server.base));
        assert_eq!((answer.status, code(&answer).as_str()), (404, "NoApplicableCode"), "{nowhere}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_address_is_answered_by_what_is_accepted_and_kept_by_its_tag() {
    let (_database, server, _all) = served(1).await;
    let url = format!("{}/csw", server.base);
    let first = get(&url);
    assert_eq!(count(&first, CSW, "Capabilities"), 1);
    assert!(first.header("vary").to_ascii_lowercase().contains("accept"), "{}", first.header("vary"));
    let tag = first.header("etag").to_owned();
    assert_eq!(get_with(&url, &[("if-none-match", &tag)]).status, 304);
    let older = get(&format!("{url}?service=CSW&request=GetCapabilities&version=2.0.2"));
    assert_ne!(older.header("etag"), tag, "the versions are different documents");
    let current = first.text();
    let sequence = current.split("updateSequence=\"").nth(1).and_then(|t| t.split('"').next()).expect("one");
    let asked = format!("{url}?service=CSW&request=GetCapabilities&version=3.0.0&updateSequence");
    let same = get(&format!("{asked}={sequence}"));
    schemas::validate(&same.body, ALL);
    assert_eq!(count(&same, "http://www.opengis.net/ows/2.0", "OperationsMetadata"), 0);
    assert_eq!(code(&get(&format!("{asked}=99999999"))), "InvalidUpdateSequence");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_are_refused_in_the_form_of_3_0() {
    let (_database, server, _all) = served(1).await;
    let csw = format!("{}/csw", server.base);
    let words = "mot%20".repeat(60);
    let ids = "a,".repeat(100_000);
    for (query, expected) in [
        (format!("q={words}"), "InvalidParameterValue"),
        ("bbox=NaN,0,1,1".to_owned(), "InvalidParameterValue"),
        ("bbox=5,43,4,42".to_owned(), "InvalidParameterValue"),
        ("bbox=1,2,3,4,urn:nope".to_owned(), "InvalidParameterValue"),
        ("startPosition=0".to_owned(), "InvalidParameterValue"),
        ("maxRecords=many".to_owned(), "InvalidParameterValue"),
        ("sortBy=nope".to_owned(), "InvalidParameterValue"),
        ("elementName=%3Cscript%3E".to_owned(), "InvalidParameterValue"),
        ("constraint=x%3D1&constraintLanguage=CQL_TEXT".to_owned(), "InvalidParameterValue"),
        ("q=%4".to_owned(), "InvalidParameterValue"),
        ("q=a%00".to_owned(), "InvalidParameterValue"),
        ("recordIds=a%00".to_owned(), "InvalidParameterValue"),
        ("federatedCatalogues=http://a".to_owned(), "OptionNotSupported"),
    ] {
        let answer = get(&format!("{csw}?{RECORDS}&{query}"));
        assert_eq!((answer.status, code(&answer).as_str()), (400, expected), "{query:.80}");
    }
    let many = post(&csw, "application/x-www-form-urlencoded", format!("{RECORDS}&recordIds={ids}"));
    assert_eq!(many.status, 400, "{:.200}", many.text());
    // What is searched for comes back in the feed: as text, whatever it is.
    for odd in ["%3C/os:Query%3E%22%26", "%01%1b", "%ef%bf%bf", "'%20or%20''%3D'", "%25_%5C"] {
        let feed = get(&format!("{csw}?{RECORDS}&outputFormat=application/atom%2Bxml&q={odd}"));
        assert_eq!((feed.status, count(&feed, ATOM, "entry")), (200, 0), "{odd}: {}", feed.text());
    }
    let unknown = get(&format!("{csw}?service=CSW&version=3.0.0&request=GetRecordById&id=%00"));
    assert_eq!((unknown.status, code(&unknown).as_str()), (404, "InvalidParameterValue"));
    let operation = get(&format!("{csw}?service=CSW&version=3.0.0&request=Harvest"));
    assert_eq!(code(&operation), "OperationNotSupported");
    let body =
        format!("<csw:GetDomain xmlns:csw='{CSW}'><csw:ParameterName>a</csw:ParameterName></csw:GetDomain>");
    assert_eq!(code(&post(&csw, "application/xml", body)), "InvalidParameterValue");
    let body = format!("<csw:Harvest xmlns:csw='{CSW}'><csw:Source>http://a</csw:Source></csw:Harvest>");
    assert_eq!(code(&post(&csw, "application/xml", body)), "OperationNotSupported");
}

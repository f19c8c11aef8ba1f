//! CSW as harvesters and catalogue clients use it: their literal requests, and bad ones.

use crate::catalogue::{Made, context, make};
use crate::support::{self, Answer, TestDatabase, TestServer, get, get_with, head, post};
use crate::{schemas, support::server};
use datasud::catalogue::ensure_current;
use std::collections::BTreeSet;

const DISCOVERY: &str = "http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd";
const CSW: &str = "http://www.opengis.net/cat/csw/2.0.2";
const GMD: &str = "http://www.isotc211.org/2005/gmd";

/// A catalogue of `count` records of two organisations, and a draft that nobody may see.
pub async fn served(count: usize) -> (TestDatabase, TestServer, Vec<Made>) {
    let database = support::database().await;
    let mut all = Vec::new();
    for n in 0..count {
        let organisation = if n % 3 == 0 { "dept" } else { "crige" };
        let west = 4.0 + 0.1 * n as f64;
        let extent = Some([west, 43.0, west + 0.05, 43.5]);
        let title = if n == 0 { "Forêts d'Été".to_owned() } else { format!("Jeu {n:03}") };
        all.push(make(&database, organisation, &format!("jeu-{n}"), &title, &["économie"], extent).await);
    }
    let draft = make(&database, "crige", "brouillon", "Brouillon", &[], None).await;
    let mut session = database.store.job().await.expect("session");
    session
        .execute("update datasud.dataset set visibility = 'draft' where id = $1", &[&draft.dataset])
        .await
        .expect("draft");
    ensure_current(&database.store, &context()).await.expect("records");
    let server = server(&database);
    (database, server, all)
}

struct Results {
    matched: u64,
    returned: u64,
    next: u64,
    children: Vec<String>,
    ids: Vec<String>,
}

/// Reads an answer of GetRecords; all three counters must be there.
#[track_caller]
fn results(answer: &Answer) -> Results {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-type").contains("xml"));
    let text = answer.text();
    let document = roxmltree::Document::parse(&text).expect("XML");
    let found =
        document.descendants().find(|n| n.has_tag_name((CSW, "SearchResults"))).expect("SearchResults");
    let number = |name: &str| found.attribute(name).expect(name).parse::<u64>().expect(name);
    let records: Vec<_> = found.children().filter(roxmltree::Node::is_element).collect();
    let id = |record: &roxmltree::Node<'_, '_>| {
        let holder = record
            .children()
            .find(|n| matches!(n.tag_name().name(), "identifier" | "fileIdentifier"))
            .expect("an identifier");
        holder
            .descendants()
            .filter(|n| n.is_text())
            .filter_map(|n| n.text())
            .collect::<String>()
            .trim()
            .to_owned()
    };
    Results {
        matched: number("numberOfRecordsMatched"),
        returned: number("numberOfRecordsReturned"),
        next: number("nextRecord"),
        children: records.iter().map(|r| r.tag_name().name().to_owned()).collect(),
        ids: records.iter().map(id).collect(),
    }
}

#[track_caller]
fn exception(answer: &Answer, code: &str, locator: &str) {
    let text = answer.text();
    let document = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let found = document
        .descendants()
        .find(|n| n.has_tag_name(("http://www.opengis.net/ows", "Exception")))
        .unwrap_or_else(|| panic!("no exception: {text}"));
    assert_eq!(found.attribute("exceptionCode"), Some(code), "{text}");
    assert_eq!(found.attribute("locator").unwrap_or(""), locator, "{text}");
    assert_eq!(document.root_element().attribute("version"), Some("1.2.0"));
    assert!(answer.status >= 400 && answer.status < 500, "{}", answer.status);
}

fn published(all: &[Made]) -> BTreeSet<String> {
    all.iter().map(|m| m.record.to_string()).collect()
}

/// What udata (data.gouv.fr) posts.
fn udata(start: u64) -> String {
    let types: String = ["dataset", "nonGeographicDataset", "series", "service"]
        .iter()
        .map(|t| {
            format!("<ogc:PropertyIsEqualTo><ogc:PropertyName>apiso:type</ogc:PropertyName><ogc:Literal>{t}</ogc:Literal></ogc:PropertyIsEqualTo>")
        })
        .collect();
    format!(
        r#"
<csw:GetRecords xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:apiso="http://www.opengis.net/cat/csw/apiso/1.0" xmlns:ogc="http://www.opengis.net/ogc" service="CSW" version="2.0.2" resultType="results" startPosition="{start}" maxRecords="25" outputFormat="application/xml" outputSchema="http://www.isotc211.org/2005/gmd">
  <csw:Query typeNames="gmd:MD_Metadata"><csw:ElementSetName>full</csw:ElementSetName>
    <csw:Constraint version="1.1.0"><ogc:Filter><ogc:Or>{types}</ogc:Or></ogc:Filter></csw:Constraint>
    <ogc:SortBy><ogc:SortProperty><ogc:PropertyName>apiso:identifier</ogc:PropertyName><ogc:SortOrder>ASC</ogc:SortOrder></ogc:SortProperty></ogc:SortBy>
  </csw:Query></csw:GetRecords>"#
    )
}

fn geonetwork(start: u64, filter: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<csw:GetRecords xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/" service="CSW" version="2.0.2" resultType="results" startPosition="{start}" maxRecords="20" outputSchema="http://www.isotc211.org/2005/gmd"><csw:Query typeNames="csw:Record,gmd:MD_Metadata"><csw:ElementSetName>summary</csw:ElementSetName>{filter}</csw:Query></csw:GetRecords>"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn udata_reads_every_record_once_in_pages_of_25() {
    let (_database, server, all) = served(53).await;
    let csw = format!("{}/csw", server.base);
    let (mut start, mut ids, mut pages) = (1, Vec::new(), 0);
    loop {
        let page = results(&post(&csw, "application/xml", udata(start)));
        assert_eq!(page.matched, 53);
        assert_eq!(page.returned, page.ids.len() as u64);
        assert!(page.children.iter().all(|c| c == "MD_Metadata"));
        ids.extend(page.ids);
        pages += 1;
        if page.next == 0 {
            break;
        }
        assert_eq!(page.next, start + page.returned);
        start = page.next;
    }
    assert_eq!((pages, ids.len()), (3, 53));
    assert!(ids.is_sorted());
    assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), published(&all));
}

#[tokio::test(flavor = "multi_thread")]
async fn geonetwork_lists_summaries_then_fetches_each_record_by_post() {
    let (_database, server, all) = served(45).await;
    let csw = format!("{}/csw", server.base);
    let mut start = 1;
    let mut ids = BTreeSet::new();
    loop {
        let page = results(&post(&csw, "application/xml", geonetwork(start, "")));
        ids.extend(page.ids);
        start += page.returned;
        if page.next == 0 || page.next > page.matched || page.returned == 0 {
            break;
        }
    }
    assert_eq!(ids, published(&all));
    let by_id = format!(
        r#"<csw:GetRecordById xmlns:csw="{CSW}" service="CSW" version="2.0.2" outputSchema="{GMD}"><csw:Id>{}</csw:Id><csw:ElementSetName>full</csw:ElementSetName></csw:GetRecordById>"#,
        all[7].record
    );
    let answer = post(&csw, "application/xml", by_id);
    let text = answer.text();
    let document = roxmltree::Document::parse(&text).expect("XML");
    let first = document.root_element().first_element_child().expect("a record");
    assert!(first.has_tag_name((GMD, "MD_Metadata")));
    assert!(text.contains(&all[7].record.to_string()) && text.contains("gmd:dateStamp"));
    // A box without srsName is in longitude and latitude: it meets the first records only.
    let bbox = r#"<csw:Constraint version="1.1.0"><ogc:Filter xmlns:ogc="http://www.opengis.net/ogc" xmlns:gml="http://www.opengis.net/gml" xmlns:ows="http://www.opengis.net/ows"><ogc:BBOX><ogc:PropertyName>ows:BoundingBox</ogc:PropertyName><gml:Envelope><gml:lowerCorner>4.0 43.1</gml:lowerCorner><gml:upperCorner>4.16 43.2</gml:upperCorner></gml:Envelope></ogc:BBOX></ogc:Filter></csw:Constraint>"#;
    assert_eq!(results(&post(&csw, "text/xml", geonetwork(1, bbox))).matched, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn ckan_pages_overlap_and_end_without_an_exception() {
    let (_database, server, all) = served(23).await;
    let csw = format!("{}/csw", server.base);
    let mut ids = BTreeSet::new();
    for start in [1, 10, 20, 30] {
        let body = format!(
            r#"<csw:GetRecords xmlns:csw="{CSW}" xmlns:ogc="http://www.opengis.net/ogc" service="CSW" version="2.0.2" resultType="results" outputSchema="{GMD}" maxRecords="10" startPosition="{start}"><csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName><ogc:SortBy><ogc:SortProperty><ogc:PropertyName>dc:identifier</ogc:PropertyName><ogc:SortOrder>ASC</ogc:SortOrder></ogc:SortProperty></ogc:SortBy></csw:Query></csw:GetRecords>"#
        );
        let page = results(&post(&csw, "text/xml", body));
        assert_eq!(page.matched, 23);
        if start == 30 {
            assert_eq!((page.returned, page.next), (0, 0));
        }
        ids.extend(page.ids);
    }
    assert_eq!(ids, published(&all));
}

#[tokio::test(flavor = "multi_thread")]
async fn metasearch_finds_words_and_boxes_in_latitude_and_longitude() {
    let (_database, server, all) = served(12).await;
    let csw = format!("{}/csw", server.base);
    let ask = |filter: &str| {
        let body = format!(
            r#"<csw:GetRecords xmlns:csw="{CSW}" xmlns:ogc="http://www.opengis.net/ogc" xmlns:gml="http://www.opengis.net/gml" xmlns:ows="http://www.opengis.net/ows" outputSchema="{CSW}" outputFormat="application/xml" version="2.0.2" service="CSW" resultType="results" maxRecords="10"><csw:Query typeNames="csw:Record"><csw:ElementSetName>full</csw:ElementSetName><csw:Constraint version="1.1.0"><ogc:Filter>{filter}</ogc:Filter></csw:Constraint></csw:Query></csw:GetRecords>"#
        );
        post(&csw, "text/xml", body)
    };
    let like = r#"<ogc:PropertyIsLike wildCard="%" singleChar="_" escapeChar="\"><ogc:PropertyName>csw:AnyText</ogc:PropertyName><ogc:Literal>foret</ogc:Literal></ogc:PropertyIsLike>"#;
    let answer = ask(like);
    let found = results(&answer);
    assert_eq!(found.ids, [all[0].record.to_string()]);
    assert!(answer.text().contains("dct:references scheme=\"OGC:WMS\""), "{}", answer.text());
    let bbox = |corners: &str, upper: &str| {
        format!(
            r#"<ogc:BBOX><ogc:PropertyName>ows:BoundingBox</ogc:PropertyName><gml:Envelope srsName="urn:ogc:def:crs:EPSG::4326"><gml:lowerCorner>{corners}</gml:lowerCorner><gml:upperCorner>{upper}</gml:upperCorner></gml:Envelope></ogc:BBOX>"#
        )
    };
    assert_eq!(results(&ask(&bbox("43.1 4.0", "43.2 4.16"))).matched, 2);
    assert_eq!(results(&ask(&bbox("4.0 43.1", "4.16 43.2"))).matched, 0);
    let everything = results(&get(&format!(
        "{csw}?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results"
    )));
    assert_eq!((everything.matched, everything.returned, everything.next), (12, 10, 11), "ten by default");
    let more = results(&get(&format!(
        "{csw}?SERVICE=CSW&VERSION=2.0.2&REQUEST=getrecords&TYPENAMES=gmd:MD_Metadata&RESULTTYPE=results&MAXRECORDS=20"
    )));
    assert_eq!((more.returned, more.next), (12, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_valid_against_the_official_schemas() {
    let (_database, server, all) = served(3).await;
    let csw = format!("{}/csw", server.base);
    let gets = [
        "service=CSW&request=GetCapabilities".to_owned(),
        "service=CSW&request=GetCapabilities&sections=OperationsMetadata".to_owned(),
        "service=CSW&version=2.0.2&request=DescribeRecord".to_owned(),
        "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=hits".to_owned(),
        "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=validate".to_owned(),
        "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&elementSetName=full".to_owned(),
        format!("service=CSW&version=2.0.2&request=GetRecordById&id={},nope", all[0].record),
    ];
    for query in gets {
        let answer = get(&format!("{csw}?{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        schemas::validate(&answer.body, DISCOVERY);
    }
    let capabilities = get(&format!("{csw}?service=CSW&request=GetCapabilities")).text();
    for needed in ["FILTER", "SupportedISOQueryables", "apiso:Modified", GMD, "MaxRecordDefault"] {
        assert!(capabilities.contains(needed), "{needed}");
    }
    let failed = get(&format!("{csw}?service=CSW&request=Nope"));
    schemas::validate(&failed.body, "http://schemas.opengis.net/ows/1.0.0/owsExceptionReport.xsd");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_identifier_gives_an_empty_answer_and_a_draft_none_at_all() {
    let (database, server, all) = served(2).await;
    let csw = format!("{}/csw", server.base);
    let by_id =
        |id: &str| get(&format!("{csw}?service=CSW&version=2.0.2&request=GetRecordById&id={id}")).text();
    assert!(by_id(&all[0].record.to_string()).contains("csw:SummaryRecord"));
    assert!(!by_id("nope").contains("Record>"));
    let draft =
        support::region::scalar(&database, "select record from datasud.dataset where slug = 'brouillon'")
            .await;
    assert!(!by_id(&draft).contains("SummaryRecord"));
    let everything = results(&get(&format!(
        "{csw}?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results"
    )));
    assert_eq!(everything.matched, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_and_a_dataset_have_catalogues_of_their_own() {
    let (_database, server, all) = served(7).await;
    let query = "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results";
    let dept = results(&get(&format!("{}/org/dept/csw?{query}", server.base)));
    assert_eq!(dept.matched, 3);
    let one = results(&get(&format!("{}/dataset/jeu-4/csw?{query}", server.base)));
    assert_eq!(one.ids, [all[4].record.to_string()]);
    let capabilities =
        get(&format!("{}/org/dept/csw?service=CSW&request=GetCapabilities", server.base)).text();
    assert!(capabilities.contains(&format!("{}/org/dept/csw\"", server.base)), "{capabilities}");
    for nowhere in ["/org/nope/csw", "/dataset/brouillon/csw"] {
        let answer = get(&format!("{}{nowhere}?{query}", server.base));
        assert_eq!(answer.status, 404);
        exception(&answer, "NoApplicableCode", "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn capabilities_are_kept_by_their_tag_and_head_has_no_body() {
    let (_database, server, _all) = served(1).await;
    let url = format!("{}/csw?service=CSW&request=GetCapabilities", server.base);
    let first = get(&url);
    let tag = first.header("etag").to_owned();
    assert!(!tag.is_empty());
    assert_eq!(get_with(&url, &[("if-none-match", &tag)]).status, 304);
    assert_eq!(head(&url).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_key_value_pairs_name_what_is_wrong() {
    let (_database, server, _all) = served(1).await;
    let csw = format!("{}/csw", server.base);
    let records = "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record";
    for (query, code, locator) in [
        ("request=GetCapabilities".to_owned(), "MissingParameterValue", "service"),
        ("service=WMS&request=GetCapabilities".to_owned(), "InvalidParameterValue", "service"),
        ("service=CSW".to_owned(), "MissingParameterValue", "request"),
        ("service=CSW&request=Nope".to_owned(), "OperationNotSupported", "Nope"),
        ("service=CSW&request=GetCapabilities&sections=Nope".to_owned(), "InvalidParameterValue", "sections"),
        (
            "service=CSW&version=1.0&request=GetRecords&typeNames=csw:Record".to_owned(),
            "InvalidParameterValue",
            "version",
        ),
        ("service=CSW&version=2.0.2&request=GetRecords".to_owned(), "MissingParameterValue", "typeNames"),
        (
            "service=CSW&version=2.0.2&request=GetRecords&typeNames=a:b".to_owned(),
            "InvalidParameterValue",
            "typeNames",
        ),
        (
            "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:SummaryRecord".to_owned(),
            "InvalidParameterValue",
            "typeNames",
        ),
        (
            "service=CSW&version=2.0.2&request=DescribeRecord&typeName=Record".to_owned(),
            "InvalidParameterValue",
            "typeName",
        ),
        (format!("{records}&elementName=dc:nope"), "InvalidParameterValue", "ElementName"),
        (
            format!("{records}&outputSchema=http://www.opengis.net/cat/csw/3.0"),
            "InvalidParameterValue",
            "outputSchema",
        ),
        (format!("{records}&outputFormat=application/atom%2Bxml"), "InvalidParameterValue", "outputFormat"),
        ("service=CSW&version=2.0.2&request=GetRecordById".to_owned(), "MissingParameterValue", "id"),
        (
            "service=CSW&version=2.0.2&request=DescribeRecord&typeName=x:y".to_owned(),
            "InvalidParameterValue",
            "typeName",
        ),
        (format!("{records}&outputSchema=http://nope"), "InvalidParameterValue", "outputSchema"),
        (format!("{records}&outputFormat=text/html"), "InvalidParameterValue", "outputFormat"),
        (format!("{records}&elementSetName=all"), "InvalidParameterValue", "ElementSetName"),
        (format!("{records}&resultType=some"), "InvalidParameterValue", "resultType"),
        (format!("{records}&startPosition=0"), "InvalidParameterValue", "startPosition"),
        (format!("{records}&startPosition=-1"), "InvalidParameterValue", "startPosition"),
        (format!("{records}&startPosition=NaN"), "InvalidParameterValue", "startPosition"),
        (format!("{records}&maxRecords=-5"), "InvalidParameterValue", "maxRecords"),
        (format!("{records}&sortBy=nope:A"), "InvalidParameterValue", "SortBy"),
        (format!("{records}&constraint=x%3D1&constraintLanguage=CQL_TEXT"), "InvalidParameterValue", "x"),
        (format!("{records}&elementSetName=%4"), "InvalidParameterValue", "elementSetName"),
    ] {
        exception(&get(&format!("{csw}?{query}")), code, locator);
    }
    for query in [
        format!("{records}&resultType=results&maxRecords=99999999999999999999999"),
        format!("{records}&resultType=results&startPosition=99999999999999999999999"),
        format!("{records}&ReSuLtTyPe=results&MAXrecords=1"),
    ] {
        results(&get(&format!("{csw}?{query}")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_are_refused_in_words() {
    let (_database, server, _all) = served(1).await;
    let csw = format!("{}/csw", server.base);
    let deep = |n: usize| {
        let (open, close) = ("<ogc:Not>".repeat(n), "</ogc:Not>".repeat(n));
        geonetwork(
            1,
            &format!(
                "<csw:Constraint version=\"1.1.0\"><ogc:Filter xmlns:ogc=\"http://www.opengis.net/ogc\">{open}{close}</ogc:Filter></csw:Constraint>"
            ),
        )
    };
    let entity = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>"
        .to_owned();
    let half = udata(1).chars().take(600).collect::<String>();
    for body in [String::new(), "hello".to_owned(), half, entity, deep(10_000), deep(200)] {
        let answer = post(&csw, "application/xml", &body);
        exception(&answer, "NoApplicableCode", "");
        assert!(!answer.text().contains("root:"));
    }
    exception(&post(&csw, "application/xml", [0xff, 0xfe, 0x00]), "NoApplicableCode", "");
    let unknown = udata(1).replace("apiso:type<", "apiso:nope<");
    let answer = post(&csw, "application/xml", unknown);
    exception(&answer, "InvalidParameterValue", "apiso:nope");
    assert!(answer.text().contains("OrganisationName"), "the queryables there are: {}", answer.text());
    let unknown = udata(1).replace("apiso:identifier", "apiso:nope");
    exception(&post(&csw, "application/xml", unknown), "InvalidParameterValue", "SortBy");
    let nothing = format!("<csw:Nope xmlns:csw=\"{CSW}\" service=\"CSW\"/>");
    exception(&post(&csw, "application/xml", nothing), "OperationNotSupported", "Nope");
}

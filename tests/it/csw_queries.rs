//! CSW beyond what harvesters need: CQL, GetDomain, SOAP, further queryables, parts of the catalogue.

use crate::catalogue::make;
use crate::csw::served;
use crate::schemas;
use crate::support::{self, Answer, get, get_with, post, server};

const DISCOVERY: &str = "http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd";
const GET_RECORDS: &str = "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=hits";

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[track_caller]
fn matched(answer: &Answer) -> u64 {
    let text = answer.text();
    assert_eq!(answer.status, 200, "{text}");
    let at = text.split("numberOfRecordsMatched=\"").nth(1).expect("a count");
    at.split('"').next().expect("a count").parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn constraints_are_read_in_cql_as_in_xml() {
    let (_database, server, all) = served(6).await;
    let csw = format!("{}/csw", server.base);
    let cql = |text: &str| {
        get(&format!("{csw}?{GET_RECORDS}&constraintLanguage=CQL_TEXT&constraint={}", encoded(text)))
    };
    let first = all[0].record.to_string();
    for (text, count) in [
        ("apiso:type = 'dataset'", 6),
        ("csw:AnyText LIKE '%foret%'", 1),
        ("Title = 'Jeu 003' OR dc:title = 'Jeu 004'", 2),
        ("dc:subject IN ('économie', 'autre')", 6),
        ("dc:subject = 'écon'", 0),
        ("BBOX(ows:BoundingBox, 4.09, 42.9, 4.11, 43.1)", 1),
        ("NOT (Title LIKE 'Jeu%')", 1),
        ("apiso:Modified > 2001-01-01T00:00:00Z", 6),
        ("apiso:ParentIdentifier = 'x'", 0),
        ("apiso:Denominator < 100 OR apiso:TempExtent_begin > 2001-01-01T00:00:00Z", 0),
        ("apiso:ParentIdentifier IS NULL", 6),
    ] {
        assert_eq!(matched(&cql(text)), count, "{text}");
    }
    assert_eq!(matched(&cql(&format!("apiso:Identifier = '{first}'"))), 1);
    for text in ["Title =", "nope = 'x'", "Title = 'a' ; drop table datasud.record", "((((", "Title LIKE 3 4"]
    {
        let answer = cql(text);
        assert_eq!(answer.status, 400, "{text}: {}", answer.text());
        assert!(answer.text().contains("InvalidParameterValue"), "{}", answer.text());
    }
    let body = "<csw:GetRecords xmlns:csw='http://www.opengis.net/cat/csw/2.0.2' service='CSW' version='2.0.2'>\
        <csw:Query typeNames='csw:Record'><csw:Constraint version='1.1.0'><csw:CqlText>Title = 'Jeu 003'</csw:CqlText></csw:Constraint></csw:Query></csw:GetRecords>";
    assert_eq!(matched(&post(&csw, "application/xml", body)), 1);
    let unknown = get(&format!("{csw}?{GET_RECORDS}&constraintLanguage=SQL&constraint=x"));
    assert!(unknown.status == 400 && unknown.text().contains("CQL_TEXT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_advertised_queryable_may_be_asked_for_in_any_spelling() {
    let (_database, server, _) = served(2).await;
    let csw = format!("{}/csw", server.base);
    let capabilities = get(&format!("{csw}?service=CSW&request=GetCapabilities")).text();
    let document = roxmltree::Document::parse(&capabilities).expect("XML");
    let mut names = 0;
    for node in document.descendants().filter(|n| {
        n.tag_name().name() == "Constraint"
            && n.attribute("name").is_some_and(|name| name.ends_with("Queryables"))
    }) {
        for value in node.children().filter(roxmltree::Node::is_element) {
            let name = value.text().expect("a name");
            if name.ends_with("BoundingBox") {
                continue;
            }
            let bare = name.rsplit(':').next().expect("a name").to_lowercase();
            for spelling in [name.to_owned(), bare.clone(), format!("undeclared:{}", bare.to_uppercase())] {
                let answer = get(&format!(
                    "{csw}?{GET_RECORDS}&constraintLanguage=CQL_TEXT&constraint={}",
                    encoded(&format!("{spelling} IS NULL"))
                ));
                assert_eq!(answer.status, 200, "{spelling}: {}", answer.text());
            }
            let domain =
                get(&format!("{csw}?service=CSW&version=2.0.2&request=GetDomain&PropertyName={name}"));
            assert_eq!(domain.status, 200, "{name}: {}", domain.text());
            names += 1;
        }
    }
    assert!(names > 55, "{names}");
    assert!(
        capabilities.contains("inspire_ds:ExtendedCapabilities")
            && capabilities.contains("<inspire_common:Language>fre<")
    );
    assert!(!capabilities.contains("name=\"Transaction\""), "editing is off");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_domain_of_a_property_is_what_records_have_of_it() {
    let (_database, server, _) = served(5).await;
    let csw = format!("{}/csw", server.base);
    let domain = |names: &str| get(&format!("{csw}?service=CSW&request=GetDomain&version=2.0.2&{names}"));
    let types =
        domain("PropertyName=dc:type,apiso:OrganisationName,dct:modified,ows:BoundingBox,apiso:Degree");
    schemas::validate(types.text().as_bytes(), DISCOVERY);
    let text = types.text();
    assert!(text.contains("<csw:PropertyName>dc:type</csw:PropertyName><csw:ListOfValues><csw:Value>dataset</csw:Value></csw:ListOfValues>"), "{text}");
    assert!(text.contains("Organisation crige") && text.contains("Organisation dept"));
    assert!(text.contains("<csw:RangeOfValues><csw:MinValue>20"));
    assert!(!domain("PropertyName=dc:title").text().contains("Brouillon"), "a draft has no values");
    let parameters = domain("ParameterName=GetRecords.resultType");
    schemas::validate(parameters.text().as_bytes(), DISCOVERY);
    assert!(parameters.text().contains(
        "<csw:Value>hits</csw:Value><csw:Value>results</csw:Value><csw:Value>validate</csw:Value>"
    ));
    for (wrong, locator) in [
        ("PropertyName=nope", "PropertyName"),
        ("ParameterName=GetRecords.nope", "ParameterName"),
        ("ParameterName=nope", "ParameterName"),
        ("", "PropertyName"),
    ] {
        let answer = domain(wrong);
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.text().contains(&format!("locator=\"{locator}\"")), "{wrong}: {}", answer.text());
    }
    let three = get(&format!("{csw}?service=CSW&request=GetDomain&version=3.0.0&valueReference=dc:type"));
    assert!(three.text().contains("<csw:Value count=\"5\">dataset</csw:Value>"), "{}", three.text());
    let posted = post(
        &csw,
        "application/xml",
        "<csw:GetDomain xmlns:csw='http://www.opengis.net/cat/csw/2.0.2' service='CSW' version='2.0.2'><csw:PropertyName>dc:subject</csw:PropertyName></csw:GetDomain>",
    );
    assert!(posted.text().contains("<csw:Value>économie</csw:Value>"), "{}", posted.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_an_envelope_is_answered_in_one() {
    let (_database, server, _) = served(2).await;
    let csw = format!("{}/csw", server.base);
    for (namespace, media) in [
        ("http://schemas.xmlsoap.org/soap/envelope/", "text/xml"),
        ("http://www.w3.org/2003/05/soap-envelope", "application/soap+xml"),
    ] {
        let ask = |inside: &str| {
            let body = format!("<s:Envelope xmlns:s='{namespace}'><s:Body>{inside}</s:Body></s:Envelope>");
            post(&csw, media, body)
        };
        let good = ask(
            "<csw:GetRecords xmlns:csw='http://www.opengis.net/cat/csw/2.0.2' service='CSW' version='2.0.2'><csw:Query typeNames='csw:Record'/></csw:GetRecords>",
        );
        assert_eq!(good.status, 200, "{}", good.text());
        assert!(good.header("content-type").starts_with(media));
        let text = good.text();
        let document = roxmltree::Document::parse(&text).expect("one document");
        assert!(document.root_element().has_tag_name((namespace, "Envelope")));
        assert!(document.descendants().any(|n| n.tag_name().name() == "SearchResults"));
        let bad = ask(
            "<csw:GetRecords xmlns:csw='http://www.opengis.net/cat/csw/2.0.2' service='CSW' version='2.0.2'><csw:Query typeNames='wibble'/></csw:GetRecords>",
        );
        assert_eq!(bad.status, 400);
        let text = bad.text();
        let document = roxmltree::Document::parse(&text).expect("one document");
        assert!(document.descendants().any(|n| n.has_tag_name((namespace, "Fault"))), "{text}");
        assert!(text.contains("InvalidParameterValue"));
        assert_eq!(ask("").status, 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn version_3_searches_by_geometry_point_and_name_of_a_place() {
    let (_database, server, _) = served(6).await;
    let csw = format!(
        "{}/csw?service=CSW&version=3.0.0&request=GetRecords&elementSetName=brief&maxRecords=1",
        server.base
    );
    let count = |more: &str| matched(&get(&format!("{csw}&{more}")));
    assert_eq!(
        count(&format!(
            "geometry={}",
            encoded("POLYGON((4.09 42.9,4.11 42.9,4.11 43.1,4.09 43.1,4.09 42.9))")
        )),
        1
    );
    assert_eq!(count(&format!("relation=disjoint&geometry={}", encoded("POINT(4.11 43.1)"))), 5);
    assert_eq!(count("lat=43.2&lon=4.12&radius=100"), 1);
    assert_eq!(count("lat=43.2&lon=4.12"), 3, "ten kilometres where no radius is named");
    assert_eq!(count("name=Provence"), 0);
    for wrong in [
        format!("geometry={}", encoded("POINT(1 2)) OR (1=1")),
        format!("geometry={}", encoded("wibble")),
        "relation=near&geometry=POINT(1%202)".to_owned(),
        "lat=91&lon=4".to_owned(),
        "lat=43".to_owned(),
        "radius=100".to_owned(),
        "lat=43&lon=4&radius=-1".to_owned(),
        "lat=NaN&lon=4".to_owned(),
    ] {
        let answer = get(&format!("{csw}&{wrong}"));
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inspire_high_value_and_each_theme_have_catalogues_of_their_own() {
    let database = support::database().await;
    make(&database, "crige", "eau", "Cours d'eau", &["Hydrographie"], None).await;
    make(&database, "crige", "hvd", "Adresses", &["HVD", "Adresses"], None).await;
    make(&database, "crige", "rien", "Recettes de cuisine", &["cuisine"], None).await;
    let server = server(&database);
    let count = |part: &str| matched(&get(&format!("{}{part}/csw?{GET_RECORDS}", server.base)));
    assert_eq!(count(""), 3);
    assert_eq!(count("/inspire"), 2);
    assert_eq!(count("/hvd"), 1);
    for theme in ["hydrographie", "hy", "HY", "inlandWaters"] {
        assert_eq!(count(&format!("/theme/{theme}")), 1, "{theme}");
    }
    assert_eq!(count("/theme/oceans"), 0, "a theme without records is an empty catalogue");
    for unknown in ["/theme/wibble", "/theme/%27", "/theme/hydro"] {
        let answer = get(&format!("{}{unknown}/csw?{GET_RECORDS}", server.base));
        assert_eq!(answer.status, 404, "{unknown}: {}", answer.text());
    }
    let capabilities =
        get(&format!("{}/theme/hydrographie/csw?service=CSW&request=GetCapabilities", server.base));
    assert!(capabilities.text().contains("/theme/hydrographie/csw\""), "its own address");
    let page = get_with(&format!("{}/hvd/csw?{}", server.base, GET_RECORDS.replace("hits", "results")), &[]);
    assert!(page.text().contains("Adresses") && !page.text().contains("cuisine"));
}

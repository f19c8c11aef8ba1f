//! CSW transactions: records inserted, updated and deleted by those who may, all of a request or none.

use crate::catalogue::make;
use crate::schemas;
use crate::support::region::datasud;
use crate::support::{self, Answer, TestDatabase, TestServer, config, get, post_with, server_with};
use datasud::config::{Config, Editing};

const PUBLICATION: &str = "http://schemas.opengis.net/csw/2.0.2/CSW-publication.xsd";
const GMD: &str = "xmlns:gmd='http://www.isotc211.org/2005/gmd' xmlns:gco='http://www.isotc211.org/2005/gco'";
const DC: &str = "xmlns:dc='http://purl.org/dc/elements/1.1/'";

fn transaction(attributes: &str, inside: &str) -> String {
    format!(
        "<csw:Transaction xmlns:csw='http://www.opengis.net/cat/csw/2.0.2' xmlns:ogc='http://www.opengis.net/ogc' service='CSW' version='2.0.2' {attributes}>{inside}</csw:Transaction>"
    )
}

fn record(id: &str, title: &str) -> String {
    format!(
        "<csw:Record {DC}><dc:identifier>{id}</dc:identifier><dc:title>{title}</dc:title><dc:type>dataset</dc:type></csw:Record>"
    )
}

fn iso(id: &str, title: &str) -> String {
    let string = |text: &str| format!("<gco:CharacterString>{text}</gco:CharacterString>");
    format!(
        "<gmd:MD_Metadata {GMD}><gmd:fileIdentifier>{}</gmd:fileIdentifier><gmd:identificationInfo><gmd:MD_DataIdentification>\
         <gmd:citation><gmd:CI_Citation><gmd:title>{}</gmd:title></gmd:CI_Citation></gmd:citation></gmd:MD_DataIdentification></gmd:identificationInfo></gmd:MD_Metadata>",
        string(id),
        string(title)
    )
}

fn insert(records: &str) -> String {
    format!("<csw:Insert handle='eins'>{records}</csw:Insert>")
}

fn constraint(id: &str) -> String {
    format!(
        "<csw:Constraint version='1.1.0'><ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>dc:identifier</ogc:PropertyName><ogc:Literal>{id}</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter></csw:Constraint>"
    )
}

fn send(server: &TestServer, path: &str, token: Option<&str>, body: &str) -> Answer {
    let authorization = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("Content-Type", "application/xml")];
    headers.extend(authorization.as_deref().map(|value| ("Authorization", value)));
    post_with(&format!("{}{path}", server.base), &headers, body)
}

fn title_of(server: &TestServer, id: &str) -> Option<String> {
    let answer = get(&format!(
        "{}/csw?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&id={id}",
        server.base
    ));
    let text = answer.text();
    let document = roxmltree::Document::parse(&text).expect("XML");
    document.descendants().find(|n| n.tag_name().name() == "title").and_then(|n| n.text()).map(str::to_owned)
}

async fn stored(database: &TestDatabase) -> i64 {
    let mut session = database.store.job().await.expect("session");
    session.query_one("select count(*) from datasud.record", &[]).await.expect("count").get(0)
}

#[track_caller]
fn totals(answer: &Answer) -> [u32; 3] {
    let text = answer.text();
    assert_eq!(answer.status, 200, "{text}");
    schemas::validate(text.as_bytes(), PUBLICATION);
    let document = roxmltree::Document::parse(&text).expect("XML");
    ["totalInserted", "totalUpdated", "totalDeleted"].map(|name| {
        let node = document.descendants().find(|n| n.tag_name().name() == name).expect(name);
        node.text().expect("a number").parse().expect("a number")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_inserted_updated_and_deleted_and_shown_at_once() {
    let database = support::database().await;
    let server = server_with(&database, Config { editing: Editing::Open, ..config() });
    let both = insert(&format!("{}{}", record("a", "Eins"), iso("b", "Zwei")));
    let inserted = send(&server, "/csw", None, &transaction("verboseResponse='true' requestId='r1'", &both));
    assert_eq!(totals(&inserted), [2, 0, 0]);
    let text = inserted.text();
    assert!(
        text.contains("requestId=\"r1\"")
            && text.contains("handleRef=\"eins\"")
            && text.contains("<dc:title>Zwei"),
        "{text}"
    );
    assert_eq!((title_of(&server, "a"), title_of(&server, "b")), (Some("Eins".into()), Some("Zwei".into())));

    let update = format!("<csw:Update>{}</csw:Update>", record("a", "Neu"));
    let values = format!(
        "<csw:Update><csw:RecordProperty><csw:Name>apiso:Title</csw:Name><csw:Value>Auch &lt;neu&gt;</csw:Value></csw:RecordProperty>{}</csw:Update>",
        constraint("b")
    );
    assert_eq!(
        totals(&send(&server, "/csw", None, &transaction("", &format!("{update}{values}")))),
        [0, 2, 0]
    );
    assert_eq!(
        (title_of(&server, "a"), title_of(&server, "b")),
        (Some("Neu".into()), Some("Auch <neu>".into()))
    );

    let delete = format!("<csw:Delete>{}</csw:Delete>", constraint("a"));
    assert_eq!(totals(&send(&server, "/csw", None, &transaction("", &delete))), [0, 0, 1]);
    assert_eq!(title_of(&server, "a"), None);
    let nothing = transaction("", &format!("<csw:Delete>{}</csw:Delete>", constraint("nobody")));
    assert_eq!(totals(&send(&server, "/csw", None, &nothing)), [0, 0, 0]);
    let cql = "<csw:Delete><csw:Constraint version='1.1.0'><csw:CqlText>apiso:Identifier = 'b'</csw:CqlText></csw:Constraint></csw:Delete>";
    assert_eq!(totals(&send(&server, "/csw", None, &transaction("", cql))), [0, 0, 1]);
    let three = transaction("", &insert(&record("c", "Drei")))
        .replace("cat/csw/2.0.2", "cat/csw/3.0")
        .replace("2.0.2", "3.0.0");
    let answer = send(&server, "/csw", None, &three);
    assert!(answer.status == 200 && answer.text().contains("version=\"3.0.0\""), "{}", answer.text());
    let capabilities = get(&format!("{}/csw?service=CSW&request=GetCapabilities", server.base)).text();
    assert!(capabilities.contains("name=\"Transaction\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_with_one_bad_action_changes_nothing() {
    let database = support::database().await;
    let made = make(&database, "crige", "communes", "Communes", &[], None).await;
    let server = server_with(&database, Config { editing: Editing::Open, ..config() });
    let first = insert(&record("a", "Eins"));
    assert_eq!(totals(&send(&server, "/csw", None, &transaction("", &first))), [1, 0, 0]);
    let good = insert(&record("new", "Neu"));
    let own = made.record.to_string();
    let property = |name: &str, id: &str| {
        format!(
            "<csw:Update><csw:RecordProperty><csw:Name>{name}</csw:Name><csw:Value>x</csw:Value></csw:RecordProperty>{}</csw:Update>",
            constraint(id)
        )
    };
    for (bad, status, said) in [
        (insert(&record("a", "Wieder")), 400, "already"),
        (format!("{}{}", insert(&record("b", "1")), insert(&record("b", "2"))), 400, "already"),
        (insert(&record(&own, "Fremd")), 400, "already"),
        (format!("<csw:Update>{}</csw:Update>", record("nobody", "x")), 400, "no record"),
        (format!("<csw:Update>{}</csw:Update>", record(&own, "x")), 403, "written by the platform"),
        (format!("<csw:Delete>{}</csw:Delete>", constraint(&own)), 403, "written by the platform"),
        (property("dc:title", &own), 403, "written by the platform"),
        (property("dc:identifier", "a"), 400, "identifier"),
        (property("dc:", "a"), 400, "no element"),
        (insert(&format!("<csw:Record {DC}><dc:title>x</dc:title></csw:Record>")), 400, "dc:identifier"),
        (insert("<a/>"), 400, "no metadata record"),
        (insert(""), 400, "no record in it"),
        ("<csw:Delete/>".to_owned(), 400, "Constraint"),
        (
            format!("<csw:Delete>{}</csw:Delete>", constraint("a").replace("dc:identifier", "nope")),
            400,
            "nope",
        ),
        (
            "<csw:Update><csw:RecordProperty><csw:Name>dc:title</csw:Name></csw:RecordProperty></csw:Update>"
                .to_owned(),
            400,
            "Constraint",
        ),
        ("<csw:Wibble/>".to_owned(), 400, "Wibble"),
    ] {
        let answer = send(&server, "/csw", None, &transaction("", &format!("{good}{bad}")));
        let text = answer.text();
        assert_eq!(answer.status, status, "{bad}: {text}");
        assert!(text.contains(said) && text.contains("ExceptionReport"), "{bad}: {text}");
        assert_eq!(stored(&database).await, 2, "{bad}");
    }
    assert_eq!(title_of(&server, "a"), Some("Eins".into()));
    assert_eq!(send(&server, "/csw", None, &transaction("", "")).status, 400);
    let dtd = format!("<!DOCTYPE a [<!ENTITY b 'x'>]>{}", transaction("", &good));
    assert_eq!(send(&server, "/csw", None, &dtd).status, 400);
    assert_eq!(send(&server, "/dataset/communes/csw", None, &transaction("", &good)).status, 403);
    assert_eq!(stored(&database).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_changed_by_their_organisations_tokens_alone() {
    let database = support::database().await;
    make(&database, "crige", "communes", "Communes", &[], None).await;
    make(&database, "dept", "routes", "Routes", &[], None).await;
    let off = server_with(&database, config());
    let good = transaction("", &insert(&record("a", "Eins")));
    let refused = send(&off, "/csw", None, &good);
    assert_eq!(refused.status, 403, "{}", refused.text());
    drop(off);
    let token = |organisation: &str| -> String {
        let made = datasud(&database, &["token", "create", organisation, "--organisation", organisation]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        made.stdout.trim().to_owned()
    };
    let (crige, dept) = (token("crige"), token("dept"));
    let server = server_with(&database, Config { editing: Editing::Token, ..config() });
    let nobody = send(&server, "/csw", None, &good);
    assert_eq!(nobody.status, 401);
    assert!(nobody.header("www-authenticate").contains("Bearer"));
    assert_eq!(send(&server, "/csw", Some("wrong"), &good).status, 401);
    assert_eq!(stored(&database).await, 2);
    assert_eq!(totals(&send(&server, "/csw", Some(&crige), &good)), [1, 0, 0]);
    let of = |path: &str| {
        get(&format!("{}{path}/csw?service=CSW&version=2.0.2&request=GetRecordById&id=a", server.base)).text()
    };
    assert!(of("/org/crige").contains("Eins") && !of("/org/dept").contains("Eins"));
    let elsewhere = transaction("", &insert(&record("b", "Zwei")));
    assert_eq!(send(&server, "/org/dept/csw", Some(&crige), &elsewhere).status, 403);
    for action in [
        format!("<csw:Delete>{}</csw:Delete>", constraint("a")),
        format!("<csw:Update>{}</csw:Update>", record("a", "Fremd")),
    ] {
        let answer = send(&server, "/csw", Some(&dept), &transaction("", &action));
        assert_eq!(answer.status, 403, "{}", answer.text());
    }
    assert_eq!(title_of(&server, "a"), Some("Eins".into()));
    let delete = format!("<csw:Delete>{}</csw:Delete>", constraint("a"));
    assert_eq!(totals(&send(&server, "/csw", Some(&crige), &transaction("", &delete))), [0, 0, 1]);
}

//! The journal of harvests: what each harvester took, how far it came, and what it never asked for.

use crate::csw::served;
use crate::support::region::{datasud, fixture};
use crate::support::{TestServer, agent, get, get_with, until};
use serde_json::Value;

/// A page as udata asks for it.
fn udata_page(server: &TestServer, path: &str, start: usize) -> String {
    page(server, path, "uData/0.1 csw-iso-19139", start, 25, "full", TYPES)
}

const TYPES: &str = "<csw:Constraint version=\"1.1.0\"><ogc:Filter><ogc:Or>\
    <ogc:PropertyIsEqualTo><ogc:PropertyName>apiso:type</ogc:PropertyName><ogc:Literal>dataset</ogc:Literal></ogc:PropertyIsEqualTo>\
    <ogc:PropertyIsEqualTo><ogc:PropertyName>apiso:type</ogc:PropertyName><ogc:Literal>series</ogc:Literal></ogc:PropertyIsEqualTo>\
    </ogc:Or></ogc:Filter></csw:Constraint>";

fn page(
    server: &TestServer,
    path: &str,
    program: &str,
    start: usize,
    max: usize,
    set: &str,
    constraint: &str,
) -> String {
    let body = format!(
        "\n<csw:GetRecords xmlns:csw=\"http://www.opengis.net/cat/csw/2.0.2\" xmlns:gmd=\"http://www.isotc211.org/2005/gmd\" \
         xmlns:apiso=\"http://www.opengis.net/cat/csw/apiso/1.0\" xmlns:ogc=\"http://www.opengis.net/ogc\" service=\"CSW\" \
         version=\"2.0.2\" resultType=\"results\" startPosition=\"{start}\" maxRecords=\"{max}\" \
         outputSchema=\"http://www.isotc211.org/2005/gmd\"><csw:Query typeNames=\"gmd:MD_Metadata\">\
         <csw:ElementSetName>{set}</csw:ElementSetName>{constraint}<ogc:SortBy><ogc:SortProperty>\
         <ogc:PropertyName>apiso:identifier</ogc:PropertyName><ogc:SortOrder>ASC</ogc:SortOrder></ogc:SortProperty>\
         </ogc:SortBy></csw:Query></csw:GetRecords>"
    );
    let mut answer = agent()
        .post(format!("{}{path}", server.base))
        .header("Content-Type", "application/xml")
        .header("User-Agent", program)
        .send(&body)
        .expect("an answer");
    answer.body_mut().read_to_string().expect("text")
}

fn journal(server: &TestServer, path: &str) -> Vec<Value> {
    get(&format!("{}{path}", server.base)).json()["harvests"].as_array().cloned().unwrap_or_default()
}

/// The harvests below a path as soon as the newest of them meets a condition; notes are written a moment after the answers.
fn journal_when(server: &TestServer, path: &str, holds: impl Fn(&Value) -> bool) -> Vec<Value> {
    until("the journal", || journal(server, path).first().is_some_and(&holds));
    journal(server, path)
}

fn details(harvest: &Value) -> Value {
    get(harvest["href"].as_str().expect("a link")).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_harvest_of_data_gouv_fr_is_told_page_by_page_and_has_every_record() {
    let (_database, server, all) = served(60).await;
    for start in [1, 26, 51] {
        assert!(udata_page(&server, "/csw", start).contains("MD_Metadata"));
    }
    let harvests = journal_when(&server, "/harvests", |h| h["pages"] == 3);
    assert_eq!(harvests.len(), 1, "{harvests:?}");
    let harvest = details(&harvests[0]);
    assert_eq!(
        (&harvest["harvester"], &harvest["endpoint"], &harvest["protocol"]),
        (&Value::from("udata"), &Value::from("/csw"), &Value::from("CSW"))
    );
    assert_eq!((&harvest["matched"], &harvest["ended"]), (&Value::from(60), &Value::from(true)));
    assert_eq!(harvest["asked"], "gmd full 25 filter");
    let read: Vec<_> = harvest["pagesRead"].as_array().expect("pages").iter().collect();
    assert_eq!(
        read.iter().map(|p| (p["position"].clone(), p["returned"].clone())).collect::<Vec<_>>(),
        [(1, 25), (26, 25), (51, 10)].map(|(a, b)| (Value::from(a), Value::from(b)))
    );
    let coverage = &harvest["coverage"];
    assert_eq!(coverage["published"].as_u64(), Some(all.len() as u64));
    assert_eq!(coverage["whole"], coverage["published"]);
    assert_eq!((&coverage["missing"], &coverage["gone"]), (&Value::from(0), &Value::from(0)));
    // What its rules drop of them, each reason with the number of records.
    assert_eq!(harvest["dropped"]["records"].as_u64(), Some(all.len() as u64));
    let reasons = harvest["dropped"]["reasons"].as_array().expect("reasons");
    let topics = reasons.iter().find(|r| r["field"] == "topics").expect("topics are not read");
    assert_eq!(
        (&topics["verdict"], topics["records"].as_u64()),
        (&Value::from("lost"), Some(all.len() as u64))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_harvest_that_stops_half_way_says_which_records_it_never_asked_for() {
    let (database, server, all) = served(40).await;
    udata_page(&server, "/csw", 1);
    let harvests = journal_when(&server, "/harvests", |h| h["pages"] == 1);
    let harvest = details(&harvests[0]);
    assert_eq!((&harvest["ended"], &harvest["coverage"]["missing"]), (&Value::from(false), &Value::from(15)));
    let examples = harvest["coverage"]["examples"].as_array().expect("examples");
    assert_eq!(examples.len(), 15);
    assert!(examples.iter().all(|e| e["why"] == "not-reached"), "{examples:?}");
    let known: Vec<String> = all.iter().map(|made| made.record.to_string()).collect();
    assert!(examples.iter().all(|e| known.iter().any(|id| e["identifier"] == id.as_str())));

    // The rest; and then a record goes.
    udata_page(&server, "/csw", 26);
    journal_when(&server, "/harvests", |h| h["ended"] == true);
    let mut session = database.store.job().await.expect("session");
    session.execute("delete from datasud.record where uuid = $1", &[&all[0].record]).await.expect("deleted");
    let harvest = details(&journal(&server, "/harvests")[0]);
    assert_eq!(
        (&harvest["coverage"]["missing"], &harvest["coverage"]["gone"]),
        (&Value::from(0), &Value::from(1))
    );

    // Another night is another harvest.
    udata_page(&server, "/csw", 1);
    let harvests = journal_when(&server, "/harvests", |h| h["ended"] == false);
    assert_eq!(harvests.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_leaves_records_out_is_the_reason_why_they_are_missing() {
    let (_database, server, _) = served(6).await;
    let only = "<csw:Constraint version=\"1.1.0\"><ogc:Filter><ogc:PropertyIsLike wildCard=\"%\" singleChar=\"_\" escapeChar=\"\\\">\
                <ogc:PropertyName>dc:title</ogc:PropertyName><ogc:Literal>%003%</ogc:Literal></ogc:PropertyIsLike></ogc:Filter></csw:Constraint>";
    page(&server, "/csw", "uData/0.1 csw-iso-19139", 1, 25, "full", only);
    let harvest = details(&journal_when(&server, "/harvests", |h| h["pages"] == 1)[0]);
    assert_eq!((&harvest["matched"], &harvest["coverage"]["missing"]), (&Value::from(1), &Value::from(5)));
    let examples = harvest["coverage"]["examples"].as_array().expect("examples").clone();
    assert!(examples.iter().all(|e| e["why"] == "left-out"), "{examples:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn geonetwork_lists_summaries_and_then_takes_records_one_by_one() {
    let (_database, server, all) = served(5).await;
    let java = "Apache-HttpClient/4.5.13 (Java/1.8.0_292)";
    for _ in 0..2 {
        page(&server, "/csw", java, 1, 20, "summary", "");
    }
    for made in &all[..2] {
        let address = format!(
            "{}/csw?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&outputSchema=http://www.isotc211.org/2005/gmd&id={}",
            server.base, made.record
        );
        assert_eq!(get_with(&address, &[("User-Agent", java)]).status, 200);
    }
    let harvests = journal_when(&server, "/harvests", |h| h["requests"] == 4);
    assert_eq!(harvests.len(), 1, "the first page is asked for twice: {harvests:?}");
    let harvest = details(&harvests[0]);
    assert_eq!((&harvest["harvester"], &harvest["ended"]), (&Value::from("geonetwork"), &Value::from(true)));
    let coverage = &harvest["coverage"];
    assert_eq!(
        [&coverage["whole"], &coverage["listed"], &coverage["missing"]],
        [&Value::from(2), &Value::from(3), &Value::from(0)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_organisation_sees_the_harvests_of_its_own_address_only() {
    let (_database, server, all) = served(9).await;
    let ckan = "OWSLib (https://owslib.readthedocs.io";
    page(&server, "/org/crige/csw", ckan, 1, 10, "brief", "");
    udata_page(&server, "/org/dept/csw", 1);
    until("both", || journal(&server, "/harvests").len() == 2);
    let of = |path: &str| -> Vec<String> {
        journal(&server, path)
            .iter()
            .map(|h| h["harvester"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(of("/org/crige/harvests"), ["ckan"]);
    assert_eq!(of("/org/dept/harvests"), ["udata"]);
    let harvest = details(&journal(&server, "/org/dept/harvests")[0]);
    let own = all.len().div_ceil(3);
    assert_eq!(
        harvest["coverage"]["published"].as_u64(),
        Some(own as u64),
        "its own records are what counts"
    );
    assert_eq!(harvest["coverage"]["whole"], harvest["coverage"]["published"]);
    // Another's harvest isn't there, whoever knows its number.
    let foreign = harvest["id"].as_i64().expect("a number");
    for odd in [
        foreign.to_string(),
        "0".into(),
        "-1".into(),
        "99999999999999999999".into(),
        "x".into(),
        "%00".into(),
    ] {
        assert_eq!(get(&format!("{}/org/crige/harvests/{odd}", server.base)).status, 404, "{odd}");
    }
    assert_eq!(get(&format!("{}/org/nobody/harvests", server.base)).status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_fails_is_told_and_browsers_and_passers_by_are_not_noted() {
    let (database, server, _) = served(2).await;
    let wrong =
        format!("{}/csw?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Nothing", server.base);
    assert_eq!(get_with(&wrong, &[("User-Agent", "uData/0.1 csw-iso-19139")]).status, 400);
    let harvests = journal_when(&server, "/harvests", |h| h["errors"] == 1);
    assert_eq!(harvests[0]["ended"], false);
    assert!(harvests[0]["last_error"].as_str().is_some_and(|e| e.contains("csw:Nothing")), "{harvests:?}");

    let right = format!(
        "{}/csw?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results",
        server.base
    );
    get_with(&right, &[("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0")]);
    get_with(&right, &[("User-Agent", "curl/8.1")]);
    // Written down in the order of the answers: when the last is there, all are.
    udata_page(&server, "/csw", 1);
    until("the last", || journal(&server, "/harvests").iter().any(|h| h["pages"] == 1));
    assert_eq!(journal(&server, "/harvests").len(), 1, "a page in passing is no harvest");
    let mut session = database.store.job().await.expect("session");
    let agents = session.query("select agent, client from datasud.harvest", &[]).await.expect("rows");
    let agents: Vec<(String, String)> = agents.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert!(!agents.iter().any(|(agent, _)| agent.starts_with("Mozilla")), "{agents:?}");
    assert!(!agents.iter().any(|(_, client)| client.contains("127.0.0.1")), "no address is kept: {agents:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_the_journal_speak_both_languages_and_escape_what_clients_say() {
    let (_database, server, _) = served(30).await;
    let page_of = |path: &str, lang: &str| {
        get_with(&format!("{}{path}", server.base), &[("Accept", "text/html"), ("Accept-Language", lang)])
            .text()
    };
    assert!(page_of("/harvests", "fr").contains("encore moissonné ce catalogue"));
    page(&server, "/csw", "uData/0.1 <script>alert(1)</script>", 1, 25, "full", TYPES);
    let id = journal_when(&server, "/harvests", |h| h["pages"] == 1)[0]["id"].to_string();
    for (lang, words) in [
        ("fr", ["Qui moissonne", "jamais demandées", "inachevé"]),
        ("en", ["Who harvests", "never asked for", "unfinished"]),
    ] {
        let both = page_of("/harvests", lang) + &page_of(&format!("/harvests/{id}"), lang);
        for word in words {
            assert!(both.contains(word), "{lang}: no {word}");
        }
        assert!(both.contains("data.gouv.fr") && !both.contains("<script>alert"), "{lang}");
    }
    let missing = page_of("/harvests/0", "fr");
    assert!(missing.contains("no such harvest"), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_field_by_field_what_each_harvester_keeps() {
    let database = crate::support::database().await;
    crate::support::ingest(&database, "routes", &[fixture("routes.geojson")], |r| {
        r.title = Some("Routes <b>".into());
        r.licence = Some("etalab-2.0".into());
    })
    .await
    .expect("published");
    let server = crate::support::server(&database);
    let answer = get(&format!("{}/datasets/routes/harvesters", server.base));
    assert_eq!((answer.status, answer.header("vary")), (200, "Accept, Accept-Language"));
    let document = answer.json();
    let runs = document["harvesters"].as_array().expect("harvesters");
    let targets: Vec<_> = runs.iter().map(|run| run["target"].as_str().unwrap_or_default()).collect();
    assert_eq!(targets, ["data-gouv-csw", "data-gouv-dcat", "geonetwork", "ckan"]);
    let verdicts = |target: usize, field: &str| -> Vec<&str> {
        let outcomes = runs[target]["outcomes"].as_array().expect("outcomes");
        let of_field = outcomes.iter().filter(|outcome| outcome["field"] == field);
        of_field.map(|outcome| outcome["verdict"].as_str().unwrap_or_default()).collect()
    };
    for (target, run) in runs.iter().enumerate() {
        assert_eq!(run["taken"], true, "{run}");
        assert_eq!(verdicts(target, "title"), ["kept"]);
    }
    assert_eq!(verdicts(0, "frequency"), ["absent"], "nobody said how often");
    assert_eq!(verdicts(0, "licence"), ["kept"]);
    assert_eq!(verdicts(3, "lineage"), ["lost"], "CKAN doesn't read it");
    // WMS and WFS are services there; the page is dropped by one way and kept by the other.
    let links = [verdicts(0, "links"), verdicts(1, "links")];
    assert!(links[0].contains(&"kept") && links[0].contains(&"lost"), "{links:?}");
    assert!(links[1].iter().all(|verdict| *verdict == "kept"), "{links:?}");

    let requirements = document["inspire"]["requirements"].as_array().expect("requirements");
    assert!(
        requirements.iter().any(|r| r["requirement"] == "C.8" && r["verdict"] == "met"),
        "{requirements:?}"
    );
    let gaps = document["inspire"]["findings"].as_array().expect("findings");
    assert!(gaps.iter().any(|gap| gap["requirement"] == "C.15"), "no INSPIRE theme was given: {gaps:?}");

    for (lang, words) in [("fr", "Ce que les moissonneurs garderont"), ("en", "What harvesters will keep")] {
        let page = get_with(
            &format!("{}/datasets/routes/harvesters", server.base),
            &[("Accept", "text/html"), ("Accept-Language", lang)],
        );
        let text = page.text();
        assert!(
            text.contains(words) && text.contains("data.gouv.fr (DCAT)") && !text.contains("Routes <b>"),
            "{text}"
        );
    }
    for odd in ["nothing", "%00", "routes%2F"] {
        assert_eq!(get(&format!("{}/datasets/{odd}/harvesters", server.base)).status, 404, "{odd}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_are_run_through_on_the_command_line_and_not_on_the_web() {
    let (database, server, _) = served(1).await;
    assert_eq!(get(&format!("{}/datasets/brouillon/harvesters", server.base)).status, 404);
    let ran = datasud(&database, &["records", "preview", "brouillon", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.json()["harvesters"].as_array().map(Vec::len), Some(4));
    let one = datasud(&database, &["records", "preview", "brouillon", "--for", "ckan", "--language", "fr"]);
    assert!(one.code == 0 && one.stdout.starts_with("CKAN: fiche prise"), "{}", one.stdout);
    assert!(one.stdout.contains("gardé") && one.stdout.contains("Brouillon"), "{}", one.stdout);
    let none = datasud(&database, &["records", "preview", "nothing"]);
    assert!(
        none.code == 1 && none.stderr.contains("there is no dataset or record 'nothing'"),
        "{}",
        none.stderr
    );
    let odd = datasud(&database, &["records", "preview", "brouillon", "--for", "everybody"]);
    assert_eq!(odd.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn harvests_by_dcat_and_oai_pmh_are_told_like_those_by_csw() {
    let (_database, server, all) = served(7).await;
    let asked = |path: &str, agent: &str| {
        get_with(&format!("{}{path}", server.base), &[("User-Agent", agent), ("Accept", "text/turtle")])
    };
    // data.gouv.fr asks for the head first, which is no page.
    assert_eq!(crate::support::head(&format!("{}/dcat.rdf", server.base)).status, 200);
    for page in 1..=2 {
        assert_eq!(asked(&format!("/dcat.ttl?page={page}&page_size=5"), "uData/0.1 dcat").status, 200);
    }
    let harvest = details(&journal_when(&server, "/harvests", |h| h["pages"] == 2)[0]);
    assert_eq!((&harvest["harvester"], &harvest["protocol"]), (&Value::from("udata"), &Value::from("DCAT")));
    assert_eq!(
        (&harvest["ended"], harvest["coverage"]["whole"].as_u64()),
        (&Value::from(true), Some(all.len() as u64))
    );
    let reasons = harvest["dropped"]["reasons"].as_array().expect("its rules are known");
    assert!(reasons.iter().any(|r| r["field"] == "topics" && r["verdict"] == "lost"), "{reasons:?}");

    let oai = "/oai?verb=ListRecords&metadataPrefix=iso19139";
    assert_eq!(asked(oai, "GeoNetwork/4.4").status, 200);
    let harvests = journal_when(&server, "/harvests", |h| h["protocol"] == "OAI-PMH" && h["pages"] == 1);
    let harvest = details(&harvests[0]);
    assert_eq!(
        (&harvest["harvester"], &harvest["asked"]),
        (&Value::from("geonetwork"), &Value::from("iso19139"))
    );
    assert_eq!(harvest["coverage"]["whole"].as_u64(), Some(all.len() as u64));
    // A refusal of OAI-PMH has status 200, and is one nevertheless.
    asked("/oai?verb=ListRecords&metadataPrefix=nothing", "GeoNetwork/4.4");
    let harvests = journal_when(&server, "/harvests", |h| h["errors"] == 1);
    assert!(harvests[0]["last_error"].as_str().is_some_and(|e| e.contains("nothing")), "{harvests:?}");
}

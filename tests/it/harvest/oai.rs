//! OAI-PMH 2.0, requirement by requirement.

use super::{harvest, import, page, read, record, run, wait};
use crate::support::region::{fixture, ingest, region};
use crate::support::{self, config, get, head, post, server, server_with};
use datasud::config::Config;
use roxmltree::Document;
use std::collections::BTreeSet;

fn many(count: usize) -> Vec<String> {
    (0..count).map(|n| record(&format!("urn:test:{n:03}"), &format!("Titre {n}"), "Eau")).collect()
}

/// A server that gives three records a page.
fn small() -> Config {
    let mut config = config();
    config.limits.harvest_page = 3;
    config
}

#[test]
fn the_repository_says_who_it_is() {
    let region = region();
    let text = get(&region.url("/oai?verb=Identify")).text();
    let document = Document::parse(&text).expect("well-formed");
    let names: Vec<&str> = document
        .descendants()
        .find(|n| n.tag_name().name() == "Identify")
        .expect("Identify")
        .children()
        .filter(roxmltree::Node::is_element)
        .map(|n| n.tag_name().name())
        .collect();
    // The order of the schema.
    assert_eq!(
        names,
        [
            "repositoryName",
            "baseURL",
            "protocolVersion",
            "adminEmail",
            "earliestDatestamp",
            "deletedRecord",
            "granularity",
            "compression"
        ]
    );
    let value = |name: &str| {
        let node = document.descendants().find(|n| n.tag_name().name() == name);
        node.and_then(|n| n.text()).unwrap_or_default().to_owned()
    };
    assert_eq!(value("baseURL"), region.url("/oai"));
    assert_eq!(value("deletedRecord"), "persistent");
    assert!(value("adminEmail").contains('@'));
    let first = page(&region.base, "verb=ListIdentifiers&metadataPrefix=oai_dc").headers;
    let earliest = value("earliestDatestamp");
    assert!(first.iter().all(|h| h.datestamp >= earliest), "{earliest} {first:?}");
    // By POST of a form, and by the head alone.
    let posted = post(&region.url("/oai"), "application/x-www-form-urlencoded", "verb=Identify");
    assert!(posted.text().contains("<deletedRecord>persistent"), "{}", posted.text());
    assert_eq!(head(&region.url("/oai?verb=Identify")).header("content-type"), "text/xml; charset=utf-8");
}

#[test]
fn formats_and_sets_are_those_that_lists_take() {
    let region = region();
    let formats = get(&region.url("/oai?verb=ListMetadataFormats")).text();
    let document = Document::parse(&formats).expect("well-formed");
    let values = |document: &Document<'_>, name: &str| -> Vec<String> {
        let all = document.descendants().filter(|n| n.tag_name().name() == name);
        all.filter_map(|n| n.text()).map(str::to_owned).collect()
    };
    let all = page(&region.base, "verb=ListIdentifiers&metadataPrefix=oai_dc").headers.len();
    let prefixes = values(&document, "metadataPrefix");
    assert_eq!(prefixes, ["oai_dc", "iso19139", "dcat"]);
    let namespaces = values(&document, "metadataNamespace");
    for (prefix, namespace) in prefixes.iter().zip(&namespaces) {
        let text = get(&region.url(&format!("/oai?verb=ListRecords&metadataPrefix={prefix}"))).text();
        let records = Document::parse(&text).expect("well-formed");
        let inside: Vec<_> = records
            .descendants()
            .filter(|n| n.tag_name().name() == "metadata" && n.tag_name().namespace() == Some(super::OAI))
            .collect();
        assert_eq!(inside.len(), all, "{prefix}");
        for metadata in inside {
            let root = metadata.first_element_child().expect("a record");
            assert_eq!(root.tag_name().namespace(), Some(namespace.as_str()), "{prefix}");
        }
    }
    let sets = get(&region.url("/oai?verb=ListSets")).text();
    let document = Document::parse(&sets).expect("well-formed");
    let specs = values(&document, "setSpec");
    assert!(
        specs.contains(&"organisation".to_owned()) && specs.contains(&"type:dataset".to_owned()),
        "{specs:?}"
    );
    for spec in &specs {
        let listed = page(&region.base, &format!("verb=ListIdentifiers&metadataPrefix=oai_dc&set={spec}"));
        assert!(!listed.headers.is_empty(), "{spec}");
        let within = |set: &String| set == spec || set.starts_with(&format!("{spec}:"));
        assert!(listed.headers.iter().all(|h| h.sets.iter().any(within)), "{spec} {:?}", listed.headers);
    }
    let parents: Vec<&String> = specs.iter().filter(|s| !s.contains(':')).collect();
    assert!(specs.iter().all(|s| parents.iter().any(|p| s.split(':').next() == Some(p))), "{specs:?}");
}

#[test]
fn a_record_comes_by_the_identifier_that_lists_name() {
    let region = region();
    for header in page(&region.base, "verb=ListIdentifiers&metadataPrefix=iso19139").headers {
        let id = format!("oai:127.0.0.1:{}", header.identifier);
        for prefix in ["oai_dc", "iso19139", "dcat"] {
            let answer =
                get(&region.url(&format!("/oai?verb=GetRecord&metadataPrefix={prefix}&identifier={id}")));
            assert_eq!(read(&answer).headers, std::slice::from_ref(&header), "{prefix}");
            assert!(answer.text().contains(&header.identifier));
        }
        let formats = get(&region.url(&format!("/oai?verb=ListMetadataFormats&identifier={id}")));
        assert!(formats.text().contains("<metadataPrefix>oai_dc</metadataPrefix>"), "{}", formats.text());
    }
}

#[test]
fn every_wrong_request_has_its_code_and_status_200() {
    let base = &region().base;
    let list = "verb=ListRecords&metadataPrefix=oai_dc";
    for (query, code) in [
        ("", "badVerb"),
        ("verb=Harvest", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&until=2026-01-01", "badArgument"),
        ("verb=Identify&x=%1", "badArgument"),
        ("verb=Identify&x=%ff", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        (&format!("{list}&from=2026-01-01&from=2026-01-01"), "badArgument"),
        (&format!("{list}&from=2026-01-02&until=2026-01-01"), "badArgument"),
        (&format!("{list}&from=2026-01-01&until=2026-01-01T00:00:00Z"), "badArgument"),
        (&format!("{list}&from=hier"), "badArgument"),
        (&format!("{list}&set=a%20b"), "badArgument"),
        (&format!("{list}&set=x%27%20or%201=1"), "badArgument"),
        (&format!("{list}&set=organisation:nobody"), "noRecordsMatch"),
        (&format!("{list}&set=%27"), "noRecordsMatch"),
        (&format!("{list}&until=1990-01-01"), "noRecordsMatch"),
        (&format!("{list}&from=2190-01-01"), "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=marc21", "cannotDisseminateFormat"),
        ("verb=ListRecords&resumptionToken=forged", "badResumptionToken"),
        ("verb=ListSets&resumptionToken=forged", "badResumptionToken"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:nothing", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:elsewhere.org:nothing", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:%00", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=x&identifier=oai:127.0.0.1:a", "cannotDisseminateFormat"),
        ("verb=ListMetadataFormats&identifier=%3Cscript%3E", "idDoesNotExist"),
    ] {
        let answer = get(&format!("{base}/oai?{query}"));
        assert_eq!(read(&answer).error.as_deref(), Some(code), "{query}: {}", answer.text());
        assert!(!answer.text().contains("<script>"), "{}", answer.text());
        let posted = post(&format!("{base}/oai"), "application/x-www-form-urlencoded", query);
        assert_eq!(read(&posted).error.as_deref(), Some(code), "POST {query}: {}", posted.text());
    }
    let both =
        post(&format!("{base}/oai?verb=Identify"), "application/x-www-form-urlencoded", "verb=Identify");
    assert_eq!(read(&both).error.as_deref(), Some("badVerb"));
    let broken = post(&format!("{base}/oai"), "application/x-www-form-urlencoded", b"verb=\xff");
    assert_eq!(read(&broken).error.as_deref(), Some("badArgument"));
    // The arguments are told back, but for those that are at fault.
    let told = get(&format!("{base}/oai?{list}&until=1990-01-01")).text();
    assert!(
        told.contains("<request verb=\"ListRecords\" metadataPrefix=\"oai_dc\" until=\"1990-01-01\">"),
        "{told}"
    );
    assert!(get(&format!("{base}/oai?verb=Identify&x=1")).text().contains("<request>http"));
    assert_eq!(get(&format!("{base}/org/nobody/oai?verb=Identify")).status, 404);
}

#[tokio::test]
async fn a_harvest_in_parts_has_each_record_once_and_exact_counts() {
    let database = support::database().await;
    import(&database, "onf", &many(11));
    let server = server_with(&database, small());
    for verb in ["ListIdentifiers", "ListRecords"] {
        let first = page(&server.base, &format!("verb={verb}&metadataPrefix=oai_dc"));
        assert_eq!((first.headers.len(), first.size, first.cursor), (3, Some(11), Some(0)));
        let all = harvest(&server.base, &format!("verb={verb}&metadataPrefix=oai_dc"), |_| ());
        let names: BTreeSet<&str> = all.iter().map(|h| h.identifier.as_str()).collect();
        assert_eq!((all.len(), names.len()), (11, 11));
        assert!(all.is_sorted_by_key(|h| h.datestamp.clone()));
    }
    // The end of a list in parts is an empty token.
    let nine = page(&server.base, "verb=ListIdentifiers&metadataPrefix=oai_dc").token.expect("a token");
    let mut token = nine;
    let last = loop {
        let next = page(&server.base, &format!("verb=ListIdentifiers&resumptionToken={token}"));
        match next.token {
            Some(more) => token = more,
            None => break next,
        }
    };
    assert_eq!((last.headers.len(), last.size, last.cursor), (2, Some(11), Some(9)));
    // A token goes on in its own list only.
    for (path, verb) in [("", "ListRecords"), ("/org/onf", "ListIdentifiers")] {
        let url = format!("{}{path}/oai?verb={verb}&resumptionToken={token}", server.base);
        assert_eq!(read(&get(&url)).error.as_deref(), Some("badResumptionToken"), "{url}");
    }
}

#[tokio::test]
async fn records_that_change_during_a_harvest_come_once_more_at_the_end_and_none_is_lost() {
    let database = support::database().await;
    import(&database, "onf", &many(9));
    let server = server_with(&database, small());
    let order = harvest(&server.base, "verb=ListIdentifiers&metadataPrefix=oai_dc", |_| ());
    let order: Vec<String> = order.into_iter().map(|h| h.identifier).collect();
    let (first, last) = (&order[0], &order[8]);
    // What comes in the second of those that were read is told by the next harvest.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let all = harvest(&server.base, "verb=ListRecords&metadataPrefix=oai_dc", |number| match number {
        // One that was read and a new one, then one that is yet to come goes.
        1 => import(
            &database,
            "onf",
            &[record(first, "Titre nouveau", "Eau"), record("urn:test:new", "Neuf", "Eau")],
        ),
        2 => {
            run(&database, &["records", "remove", last]);
        }
        _ => {}
    });
    let of = |id: &str| all.iter().filter(|h| h.identifier == id).count();
    assert_eq!(of(first), 2, "the one that changed after it was read comes once more: {all:?}");
    for id in order[1..].iter().map(String::as_str).chain(["urn:test:new"]) {
        assert_eq!(of(id), 1, "{id}: {all:?}");
    }
    assert_eq!(all.iter().filter(|h| h.is_gone).map(|h| &h.identifier).collect::<Vec<_>>(), [last]);
    assert!(all.is_sorted_by_key(|h| h.datestamp.clone()), "{all:?}");
}

#[tokio::test]
async fn what_comes_in_the_second_that_a_harvester_is_reading_is_not_passed_over() {
    let database = support::database().await;
    import(&database, "onf", &many(4));
    let server = server_with(&database, small());
    let first = page(&server.base, "verb=ListIdentifiers&metadataPrefix=oai_dc");
    let token = first.token.expect("a token");
    // By the same clock and in one statement, so that all have the second of what was read, and any uuids.
    let mut session = database.store.job().await.expect("session");
    session
        .batch(
            "create temp table copy as select * from datasud.record where identifier = 'urn:test:000';
             alter table copy drop column position, drop column circle;
             do $$ declare columns text; begin
               select string_agg(quote_ident(attname), ', ') into columns from pg_attribute
               where attrelid = 'copy'::regclass and attnum > 0 and not attisdropped
                 and attname not in ('uuid', 'identifier');
               execute format('insert into datasud.record (uuid, identifier, %1$s)
                               select gen_random_uuid(), ''urn:copy:'' || n, %1$s from copy, generate_series(1, 40) n',
                              columns);
             end $$",
        )
        .await
        .expect("more records");
    drop(session);
    let rest = format!("verb=ListIdentifiers&resumptionToken={token}");
    let mut names: BTreeSet<String> = first.headers.into_iter().map(|h| h.identifier).collect();
    let mut next = Some(rest);
    while let Some(query) = next {
        let listed = page(&server.base, &query);
        names.extend(listed.headers.into_iter().map(|h| h.identifier));
        next = listed.token.map(|token| format!("verb=ListIdentifiers&resumptionToken={token}"));
    }
    assert_eq!(names.len(), 44, "{names:?}");
}

#[tokio::test]
async fn who_comes_again_gets_what_changed_since_and_nothing_else() {
    let database = support::database().await;
    // Its own date is of 2019: what counts is when it came here.
    import(&database, "onf", &many(3));
    let server = server(&database);
    let list = "verb=ListIdentifiers&metadataPrefix=oai_dc";
    let before = page(&server.base, list);
    assert!(before.headers.iter().all(|h| h.datestamp.as_str() > "2026"), "{before:?}");
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let moment = page(&server.base, "verb=Identify").moment;
    import(
        &database,
        "onf",
        &[record("urn:test:001", "Autre titre", "Eau"), record("urn:test:000", "Titre 0", "Eau")],
    );
    let since = page(&server.base, &format!("{list}&from={moment}"));
    let names: Vec<&str> = since.headers.iter().map(|h| h.identifier.as_str()).collect();
    assert_eq!(names, ["urn:test:001"], "one was imported again as it was");
    let day = &moment[..10];
    assert_eq!(page(&server.base, &format!("{list}&from={day}&until={day}")).headers.len(), 3);
    let until = page(&server.base, &format!("{list}&until={}", before.headers[0].datestamp));
    assert!(until.headers.iter().all(|h| h.identifier != "urn:test:001"), "{until:?}");
}

#[tokio::test]
async fn what_is_written_while_a_harvester_reads_is_told_when_it_comes_again() {
    let database = support::database().await;
    import(&database, "onf", &many(2));
    let server = server(&database);
    let mut writing = database.store.job().await.expect("session").begin().await.expect("begun");
    let session = writing.session().expect("session");
    let change = "update datasud.record set iso_full = iso_full || ' '::bytea, datestamp = datestamp + interval '1 second'
                  where identifier = 'urn:test:000'";
    session.execute(change, &[]).await.expect("changed");
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    let list = "verb=ListIdentifiers&metadataPrefix=oai_dc";
    let meanwhile = page(&server.base, list);
    assert_eq!(meanwhile.headers.len(), 2);
    writing.commit().await.expect("committed");
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let again = page(&server.base, &format!("{list}&from={}", meanwhile.moment));
    assert!(again.headers.iter().any(|h| h.identifier == "urn:test:000"), "{meanwhile:?} {again:?}");
}

#[tokio::test]
async fn an_organisation_has_its_own_repository_also_when_all_of_it_is_gone() {
    let database = support::database().await;
    import(&database, "onf", &many(2));
    ingest(&database, "routes", &[fixture("routes.geojson")], |r| r.organisation = Some("crige".into()))
        .await
        .expect("published");
    let server = server(&database);
    let list = "oai?verb=ListIdentifiers&metadataPrefix=oai_dc";
    let listed = |scope: &str| {
        let mut listed = read(&get(&format!("{}{scope}/{list}", server.base)));
        // The organisation's services have records, too.
        listed.headers.retain(|header| !header.sets.iter().any(|set| set == "type:service"));
        listed
    };
    let of = |scope: &str| listed(scope).headers.len();
    assert_eq!((of(""), of("/org/onf"), of("/org/crige"), of("/dataset/routes")), (3, 2, 1, 1));
    run(&database, &["remove", "routes"]);
    wait(&server.base, "/datasets/routes", 404);
    let gone = listed("/org/crige");
    assert!(gone.headers.len() == 1 && gone.headers[0].is_gone, "{gone:?}");
    assert_eq!(get(&format!("{}/dataset/routes/{list}", server.base)).status, 404);
    assert_eq!((of(""), of("/org/onf")), (3, 2));
}

//! Harvests in the middle of edits (replay R9): each record once, one count from the first page to the last, whoever else
//! reads, and whichever node answers.

use crate::catalogue::{Made, context, make};
use crate::support::{self, TestDatabase, get, get_with, server};
use datasud::catalogue::rebuild;
use std::collections::BTreeSet;

const CSW: &str = "http://www.opengis.net/cat/csw/2.0.2";

/// A page as its reader sees it.
#[derive(Debug)]
struct Page {
    matched: u64,
    returned: u64,
    next: u64,
    ids: Vec<String>,
    text: String,
}

/// A harvester that goes by `nextRecord`, as a program of its own name.
struct Harvester {
    name: &'static str,
    sort: &'static str,
    size: u64,
    next: u64,
    pages: Vec<Page>,
}

impl Harvester {
    fn new(name: &'static str) -> Self {
        Self { name, sort: "&sortBy=apiso:identifier:A", size: 4, next: 1, pages: Vec::new() }
    }

    /// Reads the next page from a node.
    fn read(&mut self, base: &str) -> &Page {
        let page = page(
            &format!("{base}/csw"),
            &[("User-Agent", self.name)],
            &format!("{}&startPosition={}&maxRecords={}", self.sort, self.next, self.size),
        );
        self.next = page.next;
        self.pages.push(page);
        self.pages.last().expect("a page")
    }

    fn finish(&mut self, base: &str) {
        while self.next != 0 {
            self.read(base);
        }
    }

    fn ids(&self) -> Vec<String> {
        self.pages.iter().flat_map(|p| p.ids.clone()).collect()
    }

    /// Every page is full but the last, all say the same count, and what was read is this set, each once.
    #[track_caller]
    fn saw(&self, wanted: &BTreeSet<String>) {
        let ids = self.ids();
        assert_eq!(ids.len(), wanted.len(), "{}: {:?}", self.name, self.pages);
        assert_eq!(&ids.iter().cloned().collect::<BTreeSet<_>>(), wanted, "{}", self.name);
        for (at, page) in self.pages.iter().enumerate() {
            assert_eq!(page.matched, wanted.len() as u64, "{}: page {at}", self.name);
            assert_eq!(page.returned, page.ids.len() as u64);
            assert!(at + 1 == self.pages.len() || page.returned == self.size, "{}: page {at}", self.name);
        }
    }
}

fn page(csw: &str, headers: &[(&str, &str)], more: &str) -> Page {
    let address = format!(
        "{csw}?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&elementSetName=full{more}"
    );
    let answer = get_with(&address, headers);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    let document = roxmltree::Document::parse(&text).expect("XML");
    let found = document.descendants().find(|n| n.has_tag_name((CSW, "SearchResults"))).expect("results");
    let number = |name: &str| found.attribute(name).expect(name).parse::<u64>().expect(name);
    let id = |record: roxmltree::Node<'_, '_>| {
        let node = record.children().find(|n| n.tag_name().name() == "identifier").expect("identifier");
        node.text().expect("text").to_owned()
    };
    Page {
        matched: number("numberOfRecordsMatched"),
        returned: number("numberOfRecordsReturned"),
        next: number("nextRecord"),
        ids: found.children().filter(roxmltree::Node::is_element).map(id).collect(),
        text: text.clone(),
    }
}

async fn made(database: &TestDatabase, count: usize) -> Vec<Made> {
    let mut all = Vec::new();
    for n in 0..count {
        all.push(make(database, "crige", &format!("jeu-{n}"), &format!("Jeu {n:03}"), &[], None).await);
    }
    // In the order of their identifiers, as harvesters ask for them.
    all.sort_by_key(|m| m.record.to_string());
    all
}

fn set(all: &[Made]) -> BTreeSet<String> {
    all.iter().map(|m| m.record.to_string()).collect()
}

async fn execute(database: &TestDatabase, sql: &str, dataset: i64) {
    let mut session = database.store.job().await.expect("session");
    assert_eq!(session.execute(sql, &[&dataset]).await.expect("done"), 1);
}

const REMOVE: &str = "delete from datasud.dataset where id = $1";

#[tokio::test(flavor = "multi_thread")]
async fn a_harvest_in_the_middle_of_edits_sees_each_record_once_with_one_count() {
    let database = support::database().await;
    let all = made(&database, 15).await;
    let server = server(&database);
    let wanted = set(&all);
    let mut harvester = Harvester::new("one");
    harvester.read(&server.base);
    // Read already, to be read next, and to be read last.
    for n in [1, 5, 14] {
        execute(&database, REMOVE, all[n].dataset).await;
    }
    for n in 0..6 {
        make(&database, "crige", &format!("neu-{n}"), "Neu", &[], None).await;
    }
    harvester.read(&server.base);
    execute(&database, "update datasud.dataset set title = 'Anders' where id = $1", all[9].dataset).await;
    let mut session = database.store.job().await.expect("session");
    rebuild(&mut session, all[9].dataset, &context()).await.expect("rebuilt");
    harvester.finish(&server.base);
    harvester.saw(&wanted);
    let text: String = harvester.pages.iter().map(|p| p.text.as_str()).collect();
    assert!(text.contains("<dc:title>Anders</dc:title>"), "a record that changed is given out as it is now");

    // Who begins now sees what is there now, the same program too.
    let mut again = Harvester::new("one");
    again.finish(&server.base);
    let ids: BTreeSet<String> = again.ids().into_iter().collect();
    assert_eq!(ids.len(), 18);
    assert!(!ids.contains(&all[5].record.to_string()));
    again.saw(&ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_harvesters_with_an_edit_between_them_each_read_their_own_catalogue() {
    let database = support::database().await;
    let all = made(&database, 11).await;
    let server = server(&database);
    let (mut first, mut second) = (Harvester::new("first"), Harvester::new("second"));
    let before = set(&all);
    first.read(&server.base);
    execute(&database, REMOVE, all[0].dataset).await;
    let new = make(&database, "crige", "neu", "Neu", &[], None).await;
    let mut after = before.clone();
    after.remove(&all[0].record.to_string());
    after.insert(new.record.to_string());
    // Page by page, one after the other.
    while first.next != 0 || second.next != 0 {
        for harvester in [&mut second, &mut first] {
            if harvester.next != 0 {
                harvester.read(&server.base);
            }
        }
    }
    first.saw(&before);
    second.saw(&after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_begins_again_while_it_still_reads_finishes_both() {
    let database = support::database().await;
    let all = made(&database, 12).await;
    let server = server(&database);
    let (mut first, mut second) = (Harvester::new("same"), Harvester::new("same"));
    let before = set(&all);
    first.read(&server.base);
    first.read(&server.base);
    execute(&database, REMOVE, all[1].dataset).await;
    let mut after = before.clone();
    after.remove(&all[1].record.to_string());
    second.read(&server.base);
    first.finish(&server.base);
    second.finish(&server.base);
    first.saw(&before);
    second.saw(&after);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_node_gives_out_any_page() {
    let database = support::database().await;
    let all = made(&database, 13).await;
    let nodes = [server(&database), server(&database)];
    let mut harvester = Harvester::new("load-balanced");
    let mut turn = 0;
    while harvester.next != 0 {
        harvester.read(&nodes[turn % 2].base);
        execute(&database, REMOVE, all[turn].dataset).await;
        turn += 1;
    }
    assert_eq!(turn, 4);
    harvester.saw(&set(&all));
}

#[tokio::test(flavor = "multi_thread")]
async fn overlapping_pages_of_other_sizes_and_repeated_ones_are_of_the_same_answer() {
    let database = support::database().await;
    let all = made(&database, 14).await;
    let server = server(&database);
    let csw = format!("{}/csw", server.base);
    let read = |start: u64, size: u64| {
        let more = format!("&sortBy=dc:identifier&startPosition={start}&maxRecords={size}");
        page(&csw, &[("User-Agent", "CKAN")], &more).ids
    };
    let ids: Vec<String> = all.iter().map(|m| m.record.to_string()).collect();
    assert_eq!(read(1, 5), ids[..5]);
    execute(&database, REMOVE, all[0].dataset).await;
    assert_eq!(read(5, 5), ids[4..9], "pages that overlap by one");
    assert_eq!(read(5, 5), ids[4..9], "a page that is asked for again");
    assert_eq!(read(10, 2), ids[9..11]);
    assert_eq!(read(2, 1), ids[1..2], "a page from before");
    assert!(read(15, 5).is_empty() && read(u64::MAX, 5).is_empty(), "beyond the end");
    assert_eq!(read(12, 1000), ids[11..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_becomes_a_draft_is_shown_no_more_and_moves_no_other() {
    let database = support::database().await;
    let all = made(&database, 12).await;
    let server = server(&database);
    let mut harvester = Harvester::new("one");
    harvester.read(&server.base);
    execute(&database, "update datasud.dataset set visibility = 'draft' where id = $1", all[5].dataset).await;
    execute(&database, "update datasud.dataset set visibility = 'draft' where id = $1", all[8].dataset).await;
    // Also one that is removed as a draft.
    execute(&database, REMOVE, all[8].dataset).await;
    harvester.finish(&server.base);
    let mut wanted = set(&all);
    for n in [5, 8] {
        wanted.remove(&all[n].record.to_string());
    }
    assert_eq!(harvester.ids().into_iter().collect::<BTreeSet<_>>(), wanted);
    assert_eq!(harvester.ids().len(), wanted.len());
    assert_eq!(harvester.pages.iter().map(|p| p.returned).collect::<Vec<_>>(), [4, 3, 3]);
    assert!(harvester.pages.iter().all(|p| p.matched == 12), "positions and counts stay");
    let begun = page(&format!("{}/csw", server.base), &[], "&maxRecords=100");
    assert_eq!((begun.matched, begun.returned), (10, 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_begins_in_the_middle_or_asks_for_one_page_keeps_no_list() {
    let database = support::database().await;
    let all = made(&database, 6).await;
    let server = server(&database);
    let csw = format!("{}/csw", server.base);
    let more = "&sortBy=dc:identifier&maxRecords=4";
    assert_eq!(page(&csw, &[], &format!("{more}&startPosition=3")).ids.len(), 4);
    assert_eq!(page(&csw, &[], "&maxRecords=6").returned, 6);
    assert_eq!(page(&csw, &[], "&maxRecords=0").matched, 6);
    let lists = async || -> i64 {
        let mut session = database.store.job().await.expect("session");
        session.query_one("select count(*) from datasud.record_list", &[]).await.expect("count").get(0)
    };
    assert_eq!(lists().await, 0);
    // A list that nobody reads on in is dropped when the next one is made.
    page(&csw, &[("User-Agent", "a")], more);
    assert_eq!(lists().await, 1);
    let mut session = database.store.job().await.expect("session");
    session
        .batch("update datasud.record_reader set used = now() - interval '16 minutes'")
        .await
        .expect("aged");
    execute(&database, REMOVE, all[0].dataset).await;
    page(&csw, &[("User-Agent", "b")], more);
    assert_eq!(lists().await, 1);
    // Nor is it read on in: the position is one of what is there now.
    let rest = page(&csw, &[("User-Agent", "a")], &format!("{more}&startPosition=5"));
    assert_eq!((rest.matched, rest.ids), (5, vec![all[5].record.to_string()]));
    assert_eq!(
        get(&format!("{csw}?request=GetRecords&service=CSW&typeNames=csw:Record&startPosition=0")).status,
        400
    );
}

//! Edits by every way, seen through two nodes.

use super::{
    Nodes, Seen, addresses, all_seen, asked_again, blocking, fid, middle, placed, seen, square, squares,
    vector,
};
use crate::mvt::decode;
use crate::support::{self, get, ingest, post, until};
use std::time::Instant;

/// Squares that are edited: one, where it moves to, and one that stays.
const HERE: [u32; 2] = [2, 2];
const THERE: [u32; 2] = [2, 17];
const FAR: [u32; 2] = [18, 18];

/// What both nodes showed before an edit, at places that it touches and at one that it doesn't.
struct Before {
    bases: [String; 2],
    touched: Vec<Vec<Seen>>,
    far: Vec<Vec<Seen>>,
}

impl Before {
    async fn of(nodes: &Nodes, touched: &[[u32; 2]]) -> Self {
        let bases = nodes.bases();
        let touched: Vec<String> = touched.iter().flat_map(|at| addresses(8..=16, middle(*at))).collect();
        let far = addresses(13..=16, middle(FAR));
        blocking(move || Self { touched: all_seen(&bases, &touched), far: all_seen(&bases, &far), bases })
            .await
    }

    /// After the edit: what it touches is another on both nodes, what it doesn't touch stands.
    async fn check(self, what: &'static str) {
        blocking(move || {
            let start = Instant::now();
            for (base, before) in self.bases.iter().zip(&self.touched) {
                let last = before.last().expect("some");
                until(what, || asked_again(base, last).status != 304);
            }
            let took = start.elapsed();
            for (node, base) in self.bases.iter().enumerate() {
                for before in &self.touched[node] {
                    let now = seen(base, &before.address);
                    assert_ne!(now.etag, before.etag, "{what}, node {node}, {}", before.address);
                    // From there on every feature is in it, with its name.
                    if (12..=16).any(|z| before.address.starts_with(&format!("/tiles/carres/{z}/"))) {
                        assert!(now.body != before.body, "{what}, node {node}, {}", before.address);
                    }
                }
                for before in &self.far[node] {
                    assert_eq!(
                        asked_again(base, before).status,
                        304,
                        "{what}, node {node}, {}",
                        before.address
                    );
                    assert_eq!(seen(base, &before.address), *before, "{what}, node {node}");
                }
            }
            assert!(took.as_secs() < 10, "{what}: {took:?}");
        })
        .await;
    }

    /// After a change of everything.
    async fn check_all(self, what: &'static str) {
        blocking(move || {
            for (node, base) in self.bases.iter().enumerate() {
                for before in self.touched[node].iter().chain(&self.far[node]) {
                    until(what, || asked_again(base, before).status != 304);
                }
            }
        })
        .await;
    }
}

fn geometry(at: [u32; 2]) -> String {
    format!(
        "st_setsrid(st_geomfromgeojson('{{\"type\":\"Polygon\",\"coordinates\":{}}}'), 2154)",
        square(middle(at))
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_sql_changes_what_it_touches_on_every_node_in_every_grid_and_nothing_else() {
    let nodes = Nodes::new().await;
    let here = fid(HERE);
    let before = Before::of(&nodes, &[HERE]).await;
    nodes.run(&format!("update data.carres set nom = 'autre' where fid = {here}")).await;
    before.check("an attribute").await;

    let before = Before::of(&nodes, &[HERE]).await;
    nodes.run(&format!("delete from data.carres where fid = {here}")).await;
    before.check("a deletion").await;

    let before = Before::of(&nodes, &[HERE]).await;
    nodes.run(&format!("insert into data.carres (nom, geom) values ('neuf', {})", geometry(HERE))).await;
    before.check("an insertion").await;

    let before = Before::of(&nodes, &[HERE, THERE]).await;
    nodes.run(&format!("update data.carres set geom = {} where nom = 'neuf'", geometry(THERE))).await;
    before.check("a move").await;

    // Many at once, in a corner: told by some boxes.
    let before = Before::of(&nodes, &[[3, 3], [7, 7], [0, 0]]).await;
    nodes.run("update data.carres set nom = nom || '!' where st_xmax(geom) < 894100 and st_ymax(geom) < 6244100").await;
    before.check("many features").await;

    // A transaction of several statements, and one that is not made.
    let before = Before::of(&nodes, &[HERE, THERE]).await;
    nodes
        .run(&format!(
            "begin; update data.carres set nom = 'x' where fid = {}; insert into data.carres (nom, geom) values ('y', {}); commit;
             begin; delete from data.carres; rollback;",
            fid(THERE), geometry(HERE)
        ))
        .await;
    before.check("a transaction").await;

    let before = Before::of(&nodes, &[HERE]).await;
    let table = support::region::scalar(&nodes.database, "select table_name from datasud.layer").await;
    nodes.run(&format!("truncate data.\"{table}\"")).await;
    before.check_all("emptied").await;
    let bases = nodes.bases();
    blocking(move || assert_eq!(get(&format!("{}{}", bases[1], vector(14, middle(FAR)))).status, 204)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_by_protocol_change_what_they_touch_on_the_other_node_as_well() {
    let nodes = Nodes::new().await;
    let bases = nodes.bases();
    let [one, other] = bases.clone();
    let namespace = blocking(move || {
        let schema = get(&format!("{one}/wfs?service=WFS&version=2.0.0&request=DescribeFeatureType")).text();
        let document = roxmltree::Document::parse(&schema).expect("well-formed");
        document.root_element().attribute("targetNamespace").expect("a namespace").to_owned()
    })
    .await;

    let before = Before::of(&nodes, &[HERE]).await;
    let [one, _] = bases.clone();
    blocking(move || {
        let body = format!(
            "<wfs:Transaction service='WFS' version='2.0.0' xmlns:wfs='http://www.opengis.net/wfs/2.0' \
             xmlns:fes='http://www.opengis.net/fes/2.0' xmlns:v='{namespace}'><wfs:Update typeName='v:carres'>\
             <wfs:Property><wfs:ValueReference>nom</wfs:ValueReference><wfs:Value>par WFS</wfs:Value></wfs:Property>\
             <fes:Filter><fes:ResourceId rid='carres.{}'/></fes:Filter></wfs:Update></wfs:Transaction>",
            fid(HERE)
        );
        let answer = post(&format!("{one}/wfs?service=WFS"), "text/xml", body);
        assert!(answer.status == 200 && answer.text().contains("totalUpdated>1<"), "{}", answer.text());
    })
    .await;
    before.check("WFS-T").await;

    let before = Before::of(&nodes, &[THERE]).await;
    blocking(move || {
        let [x, y] = middle(THERE);
        let corners = [[-50.0, -50.0], [50.0, -50.0], [50.0, 50.0], [-50.0, -50.0]];
        let ring: Vec<[f64; 2]> = corners.iter().map(|[a, b]| placed(4326, [x + a, y + b])).collect();
        let body = format!(
            r#"{{"type":"Feature","properties":{{"nom":"par OGC API"}},"geometry":{{"type":"MultiPolygon","coordinates":[[{ring:?}]]}}}}"#
        );
        let answer = post(&format!("{other}/ogc/collections/carres/items"), "application/geo+json", body);
        assert_eq!(answer.status, 201, "{}", answer.text());
    })
    .await;
    before.check("OGC API").await;

    // Another version of the data is all new.
    let before = Before::of(&nodes, &[HERE]).await;
    let file = squares(nodes.folder.path(), "carres", |at| at == [10, 10]);
    ingest(&nodes.database, "carres", &[file], |request| {
        request.existing = datasud::publish::Existing::Replace;
    })
    .await
    .expect("replaced");
    before.check_all("replaced").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tile_that_is_made_while_data_changes_is_never_kept_as_the_later_one() {
    let nodes = Nodes::new().await;
    let bases = nodes.bases();
    let addresses: Vec<String> =
        [[2, 2], [9, 9], [18, 3]].iter().flat_map(|at| addresses(11..=15, middle(*at))).collect();
    let asked = addresses.clone();
    let (stop, stopped) = (std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)), bases.clone());
    let readers: Vec<_> = stopped
        .iter()
        .map(|base| {
            let (base, asked, stop) = (base.clone(), asked.clone(), std::sync::Arc::clone(&stop));
            std::thread::spawn(move || {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    asked.iter().for_each(|address| drop(seen(&base, address)));
                }
            })
        })
        .collect();
    for round in 0..30_u32 {
        let at = [[2, 2], [9, 9], [18, 3]][(round % 3) as usize];
        let moved = format!("st_translate(geom, {}, 0)", if round % 2 == 0 { 40 } else { -40 });
        nodes
            .run(&format!("update data.carres set nom = 'r{round}', geom = {moved} where fid = {}", fid(at)))
            .await;
        tokio::time::sleep(std::time::Duration::from_millis(u64::from(round) * 3)).await;
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let joined = blocking(move || readers.into_iter().all(|reader| reader.join().is_ok())).await;
    assert!(joined, "a reader failed");
    // A server that has nothing in its caches says what is right.
    let third = support::server(&nodes.database);
    let right = third.base.clone();
    blocking(move || {
        for address in &addresses {
            let right = seen(&right, address);
            for base in &bases {
                until("both nodes have heard", || seen(base, address).etag == right.etag);
                let body = seen(base, address).body;
                assert!(same(address, &body, &right.body), "{base}{address} is not what is in the database");
            }
        }
    })
    .await;
    drop(third);
}

/// Whether two answers are the same, in whatever order the database gave features.
fn same(address: &str, one: &[u8], other: &[u8]) -> bool {
    let is_picture = address.contains("png");
    let sorted = |body: &[u8]| {
        let features = decode(body).into_iter().flat_map(|layer| layer.features);
        let mut features: Vec<String> = features.map(|feature| format!("{feature:?}")).collect();
        features.sort();
        features
    };
    if is_picture { one == other } else { sorted(one) == sorted(other) }
}

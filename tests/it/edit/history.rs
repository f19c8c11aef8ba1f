//! What edits leave behind, by the engine and by plain SQL.

use super::{Lab, PLACES, Table, feature, ids, soon};
use crate::support::database;
use crate::support::region::{fixture, ingest, scalar};
use datasud::features::{Geometry, VersionSelect};
use datasud::geo::wkb;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

impl Lab {
    /// The name in each version of a feature; `†` behind a version that ended by deletion.
    async fn names(&self, fid: i64) -> String {
        let versions = self.history.versions(&self.layer, fid, soon()).await.expect("versions");
        let mut names = Vec::new();
        for version in versions {
            let select = VersionSelect::Number(version.number);
            let found = self.history.feature(&self.layer, fid, select, Geometry::Native, soon()).await;
            let (same, feature) = found.expect("read").expect("there");
            assert_eq!(same, version);
            let name = match feature.value(0) {
                datasud::model::Value::Text(text) => text.into_owned(),
                _ => "-".to_owned(),
            };
            names.push(format!("{}:{name}{}", version.number, if version.deleted { "†" } else { "" }));
        }
        names.join(" ")
    }
}

#[tokio::test]
async fn edits_by_anybody_leave_the_earlier_states() {
    let lab = PLACES.lab().await;
    assert_eq!(lab.names(1).await, "1:un");
    lab.apply(vec![lab.update(ids(&[1]), &[("nom", "moteur")])]).await.expect("applied");
    lab.sql("update data.places set nom = 'sql' where fid = 1").await;
    assert_eq!(lab.names(1).await, "1:un 2:moteur 3:sql");
    lab.sql("delete from data.places_v1 where fid = 1").await;
    assert_eq!(lab.names(1).await, "1:un 2:moteur 3:sql†");
    // The same identifier again: the numbers go on.
    lab.sql("insert into data.places (fid, nom) values (1, 'revenu')").await;
    assert_eq!(lab.names(1).await, "1:un 2:moteur 3:sql† 4:revenu");
    lab.apply(vec![lab.delete(ids(&[1]))]).await.expect("applied");
    assert_eq!(lab.names(1).await, "1:un 2:moteur 3:sql† 4:revenu†");
    assert_eq!(lab.names(2).await, "1:deux");
    assert_eq!(lab.names(99).await, "");
    lab.apply(vec![lab.insert(vec![feature(&[("nom", "neuf")])])]).await.expect("applied");
    assert_eq!(lab.names(4).await, "1:neuf");
    lab.sql("update data.places set nom = 'NEUF' where fid = 4").await;
    assert_eq!(lab.names(4).await, "1:neuf 2:NEUF");
}

#[tokio::test]
async fn versions_are_found_by_place_number_and_instant() {
    let lab = PLACES.lab().await;
    lab.apply(vec![lab.insert(vec![feature(&[("nom", "a")])])]).await.expect("applied");
    for name in ["b", "c"] {
        lab.apply(vec![lab.update(ids(&[4]), &[("nom", name)])]).await.expect("applied");
    }
    let all = lab.history.versions(&lab.layer, 4, soon()).await.expect("versions");
    assert_eq!(all.iter().map(|v| v.number).collect::<Vec<_>>(), [1, 2, 3]);
    // One ends where the next begins, and the first began when it was inserted.
    assert!(all.windows(2).all(|w| w[0].until == w[1].from && w[0].from < w[0].until));
    assert!(all[0].from.is_some() && all[2].until.is_none());
    let begin = |n: usize| all[n].from.expect("a beginning");
    let just_before = begin(0) - chrono::Duration::microseconds(1);
    let far = chrono::DateTime::<chrono::Utc>::MAX_UTC;
    for (select, number) in [
        (VersionSelect::First, Some(1)),
        (VersionSelect::Last, Some(3)),
        (VersionSelect::Previous(3), Some(2)),
        (VersionSelect::Previous(1), None),
        (VersionSelect::Previous(i64::MIN), None),
        (VersionSelect::Next(1), Some(2)),
        (VersionSelect::Next(3), None),
        (VersionSelect::Next(i64::MAX), None),
        (VersionSelect::Number(2), Some(2)),
        (VersionSelect::Number(0), None),
        (VersionSelect::At(begin(0)), Some(1)),
        (VersionSelect::At(begin(1)), Some(2)),
        (VersionSelect::At(just_before), None),
        (VersionSelect::At(chrono::DateTime::UNIX_EPOCH), None),
        (VersionSelect::At(far), Some(3)),
    ] {
        let found = lab.history.feature(&lab.layer, 4, select, Geometry::Skip, soon()).await.expect("read");
        assert_eq!(found.map(|(version, _)| version.number), number, "{select:?}");
    }
    // Loaded features have been there for ever.
    let old = VersionSelect::At(chrono::DateTime::UNIX_EPOCH);
    assert!(lab.history.feature(&lab.layer, 1, old, Geometry::Skip, soon()).await.expect("read").is_some());
}

#[tokio::test]
async fn the_state_of_the_layer_at_an_instant_can_be_asked_from_the_history() {
    let lab = PLACES.lab().await;
    let now = "select clock_timestamp()";
    let begin = lab.scalar(now).await;
    lab.apply(vec![
        lab.update(ids(&[1]), &[("nom", "UN")]),
        lab.delete(ids(&[2])),
        lab.insert(vec![feature(&[("nom", "quatre")])]),
    ])
    .await
    .expect("applied");
    let middle = lab.scalar(now).await;
    lab.sql("update data.places set nom = upper(nom) where fid <> 1; delete from data.places where fid = 1")
        .await;
    let at = |instant: &str| {
        format!(
            "select string_agg(name, ' ' order by fid) from (
                 select h.fid, h.attributes ->> 'nom' as name from datasud.feature_history h
                 where h.change <> 'insert' and h.valid_to > '{instant}'
                   and (h.valid_from is null or h.valid_from <= '{instant}')
                 union all
                 select p.fid, p.nom from data.places p
                 where not exists (select from datasud.feature_history h
                     where h.table_name = 'places_v1' and h.fid = p.fid and h.valid_to > '{instant}')
             ) t"
        )
    };
    assert_eq!(lab.scalar(&at(&begin)).await, "un deux trois");
    assert_eq!(lab.scalar(&at(&middle)).await, "UN trois quatre");
    assert_eq!(lab.scalar(&at("infinity")).await, "TROIS QUATRE");
}

#[tokio::test]
async fn one_transaction_is_one_moment() {
    let lab = PLACES.lab().await;
    lab.apply(vec![
        lab.update(ids(&[1]), &[("nom", "a")]),
        lab.update(ids(&[1]), &[("nom", "b")]),
        lab.delete(ids(&[2])),
    ])
    .await
    .expect("applied");
    assert_eq!(lab.scalar("select count(distinct valid_to) from datasud.feature_history").await, "1");
    assert_eq!(lab.names(1).await, "1:un 2:a 3:b");
    lab.sql("begin; update data.places set nom = 'x'; update data.places set nom = 'y'; commit").await;
    assert_eq!(lab.scalar("select count(distinct valid_to) from datasud.feature_history").await, "2");
}

#[tokio::test]
async fn moments_follow_commits_and_not_beginnings() {
    let lab = PLACES.lab().await;
    // Begins first and edits last.
    let mut early = lab.database.store.job().await.expect("session").begin().await.expect("begun");
    let session = early.session().expect("session");
    session.query("select now()", &[]).await.expect("its time is set");
    lab.apply(vec![lab.update(ids(&[1]), &[("nom", "second")])]).await.expect("applied");
    session.execute("update data.places set nom = 'troisième' where fid = 1", &[]).await.expect("edited");
    early.commit().await.expect("committed");
    let versions = lab.history.versions(&lab.layer, 1, soon()).await.expect("versions");
    assert!(versions.windows(2).all(|w| w[0].until == w[1].from && w[0].from < w[0].until), "{versions:?}");
}

#[tokio::test]
async fn every_type_comes_back_from_the_history_as_it_was() {
    let table = Table { geometry: "MultiPolygon", srid: 2154, z: true, columns: &[], rows: "" };
    let columns: &'static [(&'static str, &'static str)] = &[
        ("nom", "text"),
        ("b", "biginteger"),
        ("c", "real"),
        ("d", "decimal"),
        ("e", "boolean"),
        ("f", "date"),
        ("g", "time"),
        ("h", "timestamp"),
        ("i", "json"),
        ("j", "binary"),
    ];
    let rows = "(1, 'Étang', 9007199254740993, 'NaN', 12345678901234567890.000100, true, '2021-08-02', '08:05:01.5', \
                '2021-08-02 14:00+02', '{\"k\": [1, \"é\"]}', '\\x00ff', \
                'SRID=2154;MULTIPOLYGON Z (((700000 6600000 5, 700001 6600000 5, 700001 6600001 5, 700000 6600000 5)))'), \
                (2, null, null, null, null, null, null, null, null, null, null, null)";
    let lab = Table { columns, rows, ..table }.lab().await;
    let read = async |fid, select| {
        let found = lab.history.feature(&lab.layer, fid, select, Geometry::Native, soon()).await;
        let (_, feature) = found.expect("read").expect("there");
        (
            feature.values().iter().map(|v| format!("{v:?}")).collect::<Vec<_>>(),
            feature.geometry().map(<[u8]>::to_vec),
        )
    };
    let before = [read(1, VersionSelect::Last).await, read(2, VersionSelect::Last).await];
    lab.sql(
        "update data.places set nom = 'x', b = 1, c = 2, d = 3, e = false, f = '1999-01-01', g = '00:00', \
             h = now(), i = '1', j = '', geom = null",
    )
    .await;
    let after = [read(1, VersionSelect::First).await, read(2, VersionSelect::First).await];
    assert_eq!(before, after);
    assert!(wkb::header(before[0].1.as_deref().expect("a geometry")).expect("header").has_z);
}

#[tokio::test]
async fn emptying_the_table_keeps_what_was_in_it() {
    let lab = PLACES.lab().await;
    lab.sql("truncate data.places_v1").await;
    assert_eq!(lab.names(1).await, "1:un†");
    assert_eq!(
        lab.scalar("select string_agg(change, ' ') from datasud.feature_history").await,
        "delete delete delete"
    );
}

#[tokio::test]
async fn a_feature_that_gets_another_identifier_ends_and_begins() {
    let lab = PLACES.lab().await;
    lab.sql("update data.places set fid = fid + 10 where fid > 1").await;
    assert_eq!(lab.names(2).await, "1:deux†");
    assert_eq!(lab.names(12).await, "1:deux");
    assert!(lab.history.versions(&lab.layer, 12, soon()).await.expect("versions")[0].from.is_some());
    lab.sql("update data.places set fid = fid - 10 where fid > 10").await;
    assert_eq!(lab.names(2).await, "1:deux† 2:deux");
}

#[tokio::test]
async fn loading_leaves_no_history_and_a_dropped_table_takes_its_own_along() {
    let database = database().await;
    let folder = tempfile::tempdir().expect("folder");
    let copy = folder.path().join("communes.zip");
    fs::copy(fixture("communes.zip"), &copy).expect("copied");
    let count = "select count(*) from datasud.feature_history";
    ingest(&database, "communes", std::slice::from_ref(&copy), |_| ()).await.expect("published");
    assert_eq!(scalar(&database, count).await, "0");
    let mut session = database.store.job().await.expect("session");
    session.batch("update data.communes set nom = 'x'").await.expect("edited");
    drop(session);
    assert_eq!(scalar(&database, count).await, "60");
    // The first replacement keeps the table for restoring, the second one drops it.
    for kept in ["60", "0"] {
        ingest(&database, "communes", std::slice::from_ref(&copy), |r| {
            r.existing = datasud::publish::Existing::Replace;
            r.description = Some(kept.to_owned());
        })
        .await
        .expect("replaced");
        let mut session = database.store.job().await.expect("session");
        session.batch("delete from data.communes where fid = 1").await.expect("edited");
        drop(session);
        let of_first = "select count(*) from datasud.feature_history where change = 'update'";
        assert_eq!(scalar(&database, of_first).await, kept);
    }
}

#[tokio::test]
async fn layers_without_attributes_have_a_history_too() {
    let lab = Table { columns: &[], rows: "(1, 'SRID=2154;POINT(700001 6600000)')", ..PLACES }.lab().await;
    lab.apply(vec![lab.delete(None)]).await.expect("applied");
    let found = lab.history.feature(&lab.layer, 1, VersionSelect::Last, Geometry::Native, soon()).await;
    let (version, feature) = found.expect("read").expect("there");
    assert!(version.deleted && feature.columns().is_empty() && feature.geometry().is_some());
}

#[tokio::test]
async fn the_versions_of_many_features_are_found_by_index() {
    let lab = PLACES.lab().await;
    lab.sql("insert into data.places (nom) select 'n' || i from generate_series(1, 3000) i").await;
    // A session that has edited a few features goes on to many.
    for which in ["fid = 1", "fid < 4", "true", "true"] {
        lab.sql(&format!(
            "update data.places set rang = rang + 1 where {which}; select pg_stat_force_next_flush()"
        ))
        .await;
    }
    assert_eq!(lab.scalar("select max(version) from datasud.feature_history where fid = 1").await, "4");
    let scans =
        lab.scalar("select seq_scan from pg_stat_user_tables where relname = 'feature_history'").await;
    let scans: i64 = scans.parse().expect("a number");
    assert!(scans < 100, "the whole history was read {scans} times");
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }

    /// One of the features that there are, or one that isn't there.
    fn fid(&mut self, places: &BTreeMap<i64, String>) -> i64 {
        let nth = self.below(places.len() + 1);
        places.keys().nth(nth).copied().unwrap_or(999)
    }
}

/// One edit by the engine or in plain SQL, made in the database and in `places` alike.
async fn edit(lab: &Lab, dice: &mut Dice, places: &mut BTreeMap<i64, String>, name: &str) {
    let fid = dice.fid(places);
    match dice.below(10) {
        0 | 1 => {
            let new = vec![feature(&[("nom", name)]); 1 + dice.below(3)];
            let outcome = lab.apply(vec![lab.insert(new)]).await.expect("inserted");
            places.extend(super::fids(&outcome).into_iter().map(|fid| (fid, name.to_owned())));
        }
        2 | 3 => {
            lab.apply(vec![lab.update(ids(&[fid]), &[("nom", name)])]).await.expect("updated");
            places.entry(fid).and_modify(|old| name.clone_into(old));
        }
        4 => {
            // Several times in one transaction, and away.
            let other = dice.fid(places);
            let changes = vec![
                lab.update(ids(&[fid, other]), &[("nom", "entre deux")]),
                lab.update(ids(&[fid]), &[("nom", name)]),
                lab.delete(ids(&[other])),
            ];
            lab.apply(changes).await.expect("applied");
            places.entry(fid).and_modify(|old| name.clone_into(old));
            places.remove(&other);
        }
        5 => {
            lab.sql(&format!("update data.places set nom = '{name}' where fid % 2 = {}", fid % 2)).await;
            let same = places.iter_mut().filter(|(other, _)| *other % 2 == fid % 2);
            same.for_each(|(_, old)| name.clone_into(old));
        }
        6 => {
            lab.sql(&format!("delete from data.places_v1 where fid = {fid}")).await;
            places.remove(&fid);
        }
        7 => {
            let free = (100..).find(|free| !places.contains_key(free)).expect("a free one");
            lab.sql(&format!("update data.places set fid = {free} where fid = {fid}")).await;
            if let Some(old) = places.remove(&fid) {
                places.insert(free, old);
            }
        }
        8 => {
            // An identifier that was used before.
            let free = (1..).find(|free| !places.contains_key(free)).expect("a free one");
            lab.sql(&format!("insert into data.places (fid, nom) values ({free}, '{name}')")).await;
            places.insert(free, name.to_owned());
        }
        _ if places.len() > 12 => {
            lab.sql("truncate data.places_v1").await;
            places.clear();
        }
        _ => {
            let error = lab.apply(vec![lab.delete(None), lab.update(None, &[("rang", "x")])]).await;
            error.expect_err("refused");
        }
    }
}

#[tokio::test]
async fn whatever_is_edited_every_moment_can_be_read_back() {
    for seed in [5, 77, 4242] {
        edit_and_read_back(Dice(seed)).await;
    }
}

async fn edit_and_read_back(mut dice: Dice) {
    let lab = PLACES.lab().await;
    let mut places: BTreeMap<i64, String> =
        [(1, "un"), (2, "deux"), (3, "trois")].map(|(fid, name)| (fid, name.to_owned())).into();
    let mut moments = Vec::new();
    let mut known: BTreeSet<i64> = places.keys().copied().collect();
    for step in 0..50 {
        edit(&lab, &mut dice, &mut places, &format!("s{step}")).await;
        let now = lab.scalar("select to_json(clock_timestamp()) #>> '{}'").await;
        let now: chrono::DateTime<chrono::Utc> = now.parse().expect("an instant");
        known.extend(places.keys());
        moments.push((now, places.clone()));
    }
    let now = "select string_agg(fid || ' ' || nom, ', ' order by fid) from data.places";
    let expected: Vec<String> = places.iter().map(|(fid, name)| format!("{fid} {name}")).collect();
    assert_eq!(lab.scalar(now).await, expected.join(", "));
    for (step, (instant, places)) in moments.iter().enumerate().step_by(4) {
        for fid in &known {
            let select = VersionSelect::At(*instant);
            let found = lab.history.feature(&lab.layer, *fid, select, Geometry::Skip, soon()).await;
            let name = found.expect("read").map(|(_, feature)| match feature.value(0) {
                datasud::model::Value::Text(text) => text.into_owned(),
                other => panic!("{other:?}"),
            });
            assert_eq!(name.as_ref(), places.get(fid), "feature {fid} after step {step}");
        }
    }
    // Versions of each feature count on without gaps and follow each other.
    for fid in known {
        let versions = lab.history.versions(&lab.layer, fid, soon()).await.expect("versions");
        let numbers: Vec<i64> = versions.iter().map(|v| v.number).collect();
        assert_eq!(numbers, (1..).take(versions.len()).collect::<Vec<_>>(), "feature {fid}");
        assert!(versions.windows(2).all(|w| w[0].until <= w[1].from), "feature {fid}: {versions:?}");
    }
}

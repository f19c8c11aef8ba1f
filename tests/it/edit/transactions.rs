//! Inserting, updating, replacing, deleting: whole or not at all.

use super::{PLACES, Table, feature, fids, ids, layer, named, place, shape, soon, texts};
use crate::support::database;
use crate::support::region::{fixture, ingest, scalar};
use datasud::config::Limits;
use datasud::features::edit::{
    Change, EditEngine, EditError, Effect, Expected, NewFeature, NewValue, Transaction, Which, Written,
};
use datasud::features::{Feature, FeatureEngine, Geometry};
use datasud::filter::Filter;
use datasud::geo::wkb;
use datasud::model::Value;
use geo_types::{line_string, point, polygon};
use std::sync::Arc;

#[tokio::test]
async fn features_are_inserted_updated_replaced_and_deleted_in_one_transaction() {
    let lab = PLACES.lab().await;
    let outcome = lab
        .apply(vec![
            Change::Insert {
                layer: Arc::clone(&lab.layer),
                features: vec![place("quatre", 700_004.0, 6_600_000.0), feature(&[("rang", " 5 ")])],
                handle: Some("nouveaux".into()),
            },
            lab.update(named("un"), &[("rang", "10"), ("o:nom", "UN")]),
            Change::Replace {
                layer: Arc::clone(&lab.layer),
                filter: ids(&[2]),
                feature: feature(&[("nom", "DEUX")]),
                handle: None,
            },
            lab.delete(ids(&[3])),
        ])
        .await
        .expect("applied");
    assert_eq!(lab.rows().await, "1 UN 10, 2 DEUX, 4 quatre, 5 5");
    assert_eq!(lab.scalar("select count(geom) from data.places").await, "2");
    assert_eq!((outcome.inserted(), outcome.updated(), outcome.replaced(), outcome.deleted()), (2, 1, 1, 1));
    let effects: Vec<_> = outcome.changes.iter().map(|c| c.effect.clone()).collect();
    let first = |fid| Written { fid, version: 1 };
    let second = |fid| Written { fid, version: 2 };
    assert_eq!(
        effects,
        [
            Effect::Inserted(vec![first(4), first(5)]),
            Effect::Updated(vec![second(1)]),
            Effect::Replaced(vec![second(2)]),
            Effect::Deleted(vec![3])
        ]
    );
    assert_eq!(outcome.changes[0].handle.as_deref(), Some("nouveaux"));
}

#[tokio::test]
async fn one_bad_feature_of_a_thousand_means_nothing_is_written() {
    let lab = PLACES.lab().await;
    let mut features: Vec<NewFeature> =
        (0..1000).map(|n| place(&format!("p{n}"), 700_000.0 + f64::from(n), 6_600_000.0)).collect();
    features[700].values = texts(&[("rang", "sept cents")]);
    let error = lab.apply(vec![lab.delete(ids(&[1])), lab.insert(features)]).await.expect_err("refused");
    let EditError::Value { place, property, .. } = &error else { panic!("{error}") };
    assert_eq!((place.feature, place.change, property.as_str()), (Some(Which::Position(701)), 2, "rang"));
    assert_eq!(lab.rows().await, "1 un 1, 2 deux 2, 3 trois 3");
    assert_eq!(lab.scalar("select count(*) from datasud.feature_history").await, "0");
}

#[tokio::test]
async fn what_the_database_refuses_late_undoes_what_was_written_before() {
    let lab = Table { geometry: "Polygon", ..PLACES_WITHOUT_ROWS }.lab().await;
    lab.sql("alter table data.places_v1 add constraint small check (rang < 100)").await;
    let changes = vec![
        lab.insert(vec![feature(&[("nom", "bon"), ("rang", "1")])]),
        lab.update(named("bon"), &[("rang", "100")]),
    ];
    let error = lab.apply(changes).await.expect_err("refused");
    assert!(matches!(error, EditError::Store(_)), "{error}");
    assert_eq!(lab.rows().await, "");
    // The engine is well afterwards.
    lab.apply(vec![lab.insert(vec![feature(&[("nom", "bon")])])]).await.expect("applied");
}

const PLACES_WITHOUT_ROWS: Table = Table { rows: "", ..PLACES };

const KINDS: Table = Table {
    geometry: "Point",
    srid: 4326,
    z: false,
    columns: &[
        ("l'été \"x\"", "text"),
        ("a", "integer"),
        ("b", "biginteger"),
        ("c", "real"),
        ("d", "decimal"),
        ("e", "boolean"),
        ("f", "date"),
        ("g", "time"),
        ("h", "timestamp"),
        ("i", "json"),
        ("j", "binary"),
    ],
    rows: "",
};

const KIND_TEXTS: [(&str, &str); 11] = [
    ("l'été \"x\"", "Étang '); drop table data.places_v1; --"),
    ("a", "-7"),
    ("b", "9007199254740993"),
    ("c", "0.1"),
    ("d", "12345678901234567890.000100"),
    ("e", "1"),
    ("f", "2021-08-02Z"),
    ("g", "08:05:01.5"),
    ("h", "2021-08-02T14:00:00+02:00"),
    ("i", "{\"k\": [1, \"é\"]}"),
    ("j", "AP8="),
];

fn kind_values(feature: &Feature) -> Vec<String> {
    feature.values().iter().map(|v| format!("{v:?}")).collect()
}

#[tokio::test]
async fn every_type_is_written_as_it_is_read_back() {
    let lab = KINDS.lab().await;
    let outcome = lab
        .apply(vec![lab.insert(vec![feature(&KIND_TEXTS), feature(&[]), feature(&KIND_TEXTS)])])
        .await
        .expect("applied");
    // Updated to null and back again.
    let nulls = KIND_TEXTS.iter().map(|(name, _)| ((*name).to_owned(), NewValue::Null)).collect();
    let null =
        Change::Update { layer: Arc::clone(&lab.layer), filter: ids(&[3]), values: nulls, handle: None };
    lab.apply(vec![null]).await.expect("applied");
    let engine = FeatureEngine::new(lab.database.store.clone(), &Limits::default());
    let get =
        async |fid| engine.get(&lab.layer, fid, Geometry::Skip, soon()).await.expect("read").expect("there");
    assert_eq!(fids(&outcome), [1, 2, 3]);
    let (full, empty, emptied) = (get(1).await, get(2).await, get(3).await);
    assert_eq!(
        kind_values(&full),
        [
            "Text(\"Étang '); drop table data.places_v1; --\")",
            "Integer(-7)",
            "Integer(9007199254740993)",
            "Real(0.1)",
            "Decimal(\"12345678901234567890.000100\")",
            "Boolean(true)",
            "Date(2021-08-02)",
            "Time(08:05:01.500)",
            "Timestamp(2021-08-02T12:00:00Z)",
            "Json(\"{\\\"k\\\": [1, \\\"é\\\"]}\")",
            "Binary([0, 255])",
        ]
    );
    for feature in [empty, emptied] {
        assert!(feature.values().iter().all(|v| *v == Value::Null), "{:?}", feature.values());
    }
    lab.apply(vec![lab.update(ids(&[2]), &KIND_TEXTS)]).await.expect("applied");
    assert_eq!(kind_values(&get(2).await), kind_values(&full));
}

#[tokio::test]
async fn hostile_texts_are_stored_as_they_are_or_refused_in_every_column() {
    let lab = KINDS.lab().await;
    let hostile = [
        "'; drop table data.places_v1; --",
        "\" or \"1\"=\"1",
        "$1",
        "\\x00",
        "%s%n{}",
        "<script>alert(1)</script>",
        "]]>&amp;",
        "\u{202e}\u{0}",
        "\u{7f}\u{1b}[2J",
        "null",
        "NULL",
        "{1,2}",
        "\\N",
        "1); select pg_sleep(10); --",
        "🦀",
    ];
    let mut stored = 0;
    for (name, _) in KIND_TEXTS {
        for text in hostile {
            match lab.apply(vec![lab.insert(vec![feature(&[(name, text)])])]).await {
                Ok(outcome) => {
                    stored += 1;
                    let found = format!(
                        "select \"{}\" from data.places where fid = {}",
                        name.replace('"', "\"\""),
                        fids(&outcome)[0]
                    );
                    let kept = lab.scalar(&found).await;
                    assert!(kept == text || matches!(name, "i" | "j"), "{name}: {text} became {kept}");
                }
                Err(error) => {
                    let EditError::Value { value, .. } = &error else { panic!("{name}, {text}: {error}") };
                    assert!(!value.contains(|c: char| c.is_control()), "{value:?}");
                }
            }
        }
    }
    assert_eq!(lab.scalar("select count(*) from data.places").await, stored.to_string());
}

#[tokio::test]
async fn json_values_count_by_their_own_type() {
    let lab = KINDS.lab().await;
    let with = |name: &str, json: serde_json::Value| NewFeature {
        values: vec![(name.to_owned(), NewValue::Json(json))],
        ..NewFeature::default()
    };
    lab.apply(vec![lab.insert(vec![
        with("a", serde_json::json!(3)),
        with("i", serde_json::json!({"x": [null, true]})),
        with("f", serde_json::json!("2024-02-29")),
        with("e", serde_json::json!(null)),
    ])])
    .await
    .expect("applied");
    for (name, json) in
        [("a", serde_json::json!("3")), ("f", serde_json::json!(20240229)), ("e", serde_json::json!(1))]
    {
        let error = lab.apply(vec![lab.insert(vec![with(name, json)])]).await.expect_err("refused");
        assert!(error.to_string().contains(&format!("property '{name}'")), "{error}");
    }
}

#[tokio::test]
async fn geometries_are_moved_promoted_and_fitted() {
    let lab = Table { geometry: "MultiPolygon", z: true, ..PLACES_WITHOUT_ROWS }.lab().await;
    let square = polygon![(x: 5.0, y: 43.0), (x: 5.1, y: 43.0), (x: 5.1, y: 43.1), (x: 5.0, y: 43.0)];
    let new = NewFeature { geometry: Some(shape(square, 4326)), ..feature(&[("nom", "carré")]) };
    lab.apply(vec![lab.insert(vec![new])]).await.expect("applied");
    let stored = "select concat_ws(' ', st_geometrytype(geom), st_srid(geom), st_ndims(geom), \
                  st_distance(st_transform(st_force2d(geom), 4326), 'SRID=4326;POINT(5 43)'::geometry) < 1e-7) from data.places";
    assert_eq!(lab.scalar(stored).await, "ST_MultiPolygon 2154 3 t");
    // By name, and away again.
    let geometry = NewValue::Geometry(shape(
        polygon![(x: 6.0, y: 43.0), (x: 6.1, y: 43.0), (x: 6.1, y: 43.1), (x: 6.0, y: 43.0)],
        4326,
    ));
    let update = |value| Change::Update {
        layer: Arc::clone(&lab.layer),
        filter: None,
        values: vec![("geom".to_owned(), value)],
        handle: None,
    };
    lab.apply(vec![update(geometry)]).await.expect("applied");
    assert_eq!(
        lab.scalar(
            "select st_x(st_transform(st_pointonsurface(st_force2d(geom)), 4326)) > 6 from data.places"
        )
        .await,
        "true"
    );
    lab.apply(vec![update(NewValue::Null)]).await.expect("applied");
    assert_eq!(lab.scalar("select count(*) from data.places where geom is null").await, "1");
}

#[tokio::test]
async fn a_geometry_that_crosses_itself_is_refused_with_the_place_of_the_crossing() {
    let lab = Table { geometry: "Polygon", ..PLACES_WITHOUT_ROWS }.lab().await;
    let good = polygon![(x: 700_000.0, y: 6_600_000.0), (x: 700_010.0, y: 6_600_000.0), (x: 700_010.0, y: 6_600_010.0), (x: 700_000.0, y: 6_600_000.0)];
    let bow = polygon![(x: 700_000.0, y: 6_600_000.0), (x: 700_010.0, y: 6_600_010.0), (x: 700_010.0, y: 6_600_000.0), (x: 700_000.0, y: 6_600_010.0), (x: 700_000.0, y: 6_600_000.0)];
    let with = |p| NewFeature { geometry: Some(shape(p, 2154)), ..NewFeature::default() };
    let error =
        lab.apply(vec![lab.insert(vec![with(good.clone()), with(bow.clone())])]).await.expect_err("refused");
    let EditError::Geometry { place, reason } = &error else { panic!("{error}") };
    assert_eq!(place.feature, Some(Which::Position(2)));
    assert!(reason.contains("Self-intersection at 700005 6600005"), "{reason}");
    lab.apply(vec![lab.insert(vec![with(good)])]).await.expect("applied");
    let replace =
        Change::Replace { layer: Arc::clone(&lab.layer), filter: None, feature: with(bow), handle: None };
    assert!(matches!(lab.apply(vec![replace]).await, Err(EditError::Geometry { .. })));
    assert_eq!(lab.scalar("select count(*) from data.places where st_isvalid(geom)").await, "1");
}

#[tokio::test]
async fn geometries_of_the_wrong_type_place_or_system_are_refused() {
    let lab = PLACES.lab().await;
    let line = line_string![(x: 700_000.0, y: 6_600_000.0), (x: 700_001.0, y: 6_600_000.0)];
    for (geometry, told) in [
        (shape(line, 2154), "is a LineString, but the layer takes Point"),
        (shape(point!(x: 5.4, y: 43.3), 2154), "outside the area of EPSG:2154"),
        (shape(point!(x: 43.3, y: 105.4), 4326), "EPSG:2154"),
        (shape(point!(x: f64::NAN, y: 1.0), 2154), "no finite number"),
        (shape(point!(x: 1.0, y: 1.0), 123_456), "EPSG:123456"),
    ] {
        let new = NewFeature { geometry: Some(geometry), ..feature(&[("nom", "x")]) };
        let error = lab.apply(vec![lab.insert(vec![new])]).await.expect_err(told);
        assert!(matches!(error, EditError::Geometry { .. }) && error.to_string().contains(told), "{error}");
    }
    assert_eq!(lab.scalar("select count(*) from data.places").await, "3");
}

#[tokio::test]
async fn new_identifiers_never_meet_loaded_chosen_or_deleted_ones() {
    let lab = PLACES.lab().await;
    let one = || lab.insert(vec![feature(&[])]);
    assert_eq!(fids(&lab.apply(vec![one()]).await.expect("applied")), [4]);
    lab.apply(vec![lab.delete(ids(&[4]))]).await.expect("applied");
    assert_eq!(fids(&lab.apply(vec![one()]).await.expect("applied")), [5]);
    // Chosen by a client, together with others that are given.
    let chosen = NewFeature { fid: Some(7), ..NewFeature::default() };
    let outcome =
        lab.apply(vec![lab.insert(vec![feature(&[]), chosen.clone(), feature(&[])])]).await.expect("applied");
    assert_eq!(fids(&outcome), [8, 7, 9]);
    // Chosen in plain SQL, and given to plain SQL.
    lab.sql("insert into data.places (fid, nom) values (20, 'vingt'); insert into data.places (nom) values ('libre')").await;
    assert_eq!(lab.scalar("select fid from data.places where nom = 'libre'").await, "21");
    assert_eq!(fids(&lab.apply(vec![one()]).await.expect("applied")), [22]);
    let error = lab.apply(vec![one(), lab.insert(vec![feature(&[]), chosen])]).await.expect_err("taken");
    let EditError::Duplicate { place, fid: 7 } = &error else { panic!("{error}") };
    assert_eq!((place.change, place.feature), (2, Some(Which::Position(2))));
}

#[tokio::test]
async fn identifiers_of_ingested_data_go_on_after_the_last_also_when_it_was_replaced() {
    let database = database().await;
    ingest(&database, "arbres", &[fixture("communes.zip")], |_| ()).await.expect("published");
    for version in 1..=2 {
        let layer = layer(&database, "communes").await;
        let highest: i64 =
            scalar(&database, "select max(fid) from data.communes").await.parse().expect("a number");
        let engine = EditEngine::new(database.store.clone(), &Limits::default());
        let insert = Change::Insert { layer, features: vec![NewFeature::default(); 2], handle: None };
        let transaction = Transaction { changes: vec![insert], ..Transaction::default() };
        let outcome = engine.apply(transaction, soon()).await.expect("applied");
        assert_eq!(fids(&outcome), [highest + 1, highest + 2], "version {version}");
        if version == 1 {
            ingest(&database, "arbres", &[fixture("communes.zip")], |r| {
                r.existing = datasud::publish::Existing::Replace;
            })
            .await
            .expect("replaced");
        }
    }
}

#[tokio::test]
async fn no_match_changes_nothing_and_is_no_error() {
    let lab = PLACES.lab().await;
    let before = lab.scalar("select generation from datasud.layer").await;
    let outcome = lab
        .apply(vec![
            lab.update(named("personne"), &[("rang", "1")]),
            lab.delete(ids(&[99])),
            lab.delete(Some(Filter::Ids(vec!["autre.1".into()]))),
        ])
        .await
        .expect("applied");
    assert_eq!((outcome.updated(), outcome.deleted()), (0, 0));
    assert_eq!(lab.scalar("select generation from datasud.layer").await, before);
    assert_eq!(lab.rows().await, "1 un 1, 2 deux 2, 3 trois 3");
}

#[tokio::test]
async fn more_features_than_the_limit_are_left_alone() {
    let lab = PLACES.lab().await;
    lab.sql("insert into data.places (nom) select 'n' || i from generate_series(1, 5000) i").await;
    for change in [lab.update(None, &[("rang", "0")]), lab.delete(None)] {
        let error = lab.apply(vec![change]).await.expect_err("too many");
        assert!(matches!(error, EditError::Limit(5000)), "{error}");
    }
    let error = lab.apply(vec![lab.delete(ids(&[1])), lab.insert(vec![NewFeature::default(); 5000])]).await;
    assert!(matches!(error, Err(EditError::Limit(5000))), "{error:?}");
    assert_eq!(lab.scalar("select count(*) from data.places where rang <> 0 or rang is null").await, "5003");
}

#[tokio::test]
async fn a_large_value_for_many_features_is_refused_before_it_is_written() {
    let lab = PLACES.lab().await;
    lab.sql("insert into data.places (nom) select 'n' || i from generate_series(1, 3000) i").await;
    let large = "x".repeat(200_000);
    let error = lab.apply(vec![lab.update(None, &[("nom", &large)])]).await.expect_err("600 MB");
    assert!(matches!(error, EditError::Volume(512)), "{error}");
    lab.apply(vec![lab.update(ids(&[1, 2]), &[("nom", &large)])]).await.expect("applied");
    assert_eq!(lab.scalar("select count(*) from data.places where length(nom) = 200000").await, "2");
}

#[tokio::test]
async fn an_expected_state_that_is_no_more_stops_the_transaction() {
    let lab = PLACES.lab().await;
    let tag = lab.engine.tag(&lab.layer, 1, soon()).await.expect("read").expect("there");
    let expect = |fid, tags: Option<&str>| Transaction {
        changes: vec![lab.update(ids(&[fid]), &[("rang", "7")])],
        expected: vec![Expected {
            layer: Arc::clone(&lab.layer),
            fid,
            tags: tags.map(|tag| vec!["autre".to_owned(), tag.to_owned()]),
        }],
        ..Transaction::default()
    };
    lab.engine.apply(expect(1, Some(&tag)), soon()).await.expect("unchanged until then");
    let error = lab.engine.apply(expect(1, Some(&tag)), soon()).await.expect_err("changed");
    assert!(matches!(error, EditError::Conflict { fid: 1, .. }), "{error}");
    let next = lab.engine.tag(&lab.layer, 1, soon()).await.expect("read").expect("there");
    assert_ne!(tag, next);
    // Plain SQL makes another state, too.
    lab.sql("update data.places set nom = 'sql' where fid = 1").await;
    let error = lab.engine.apply(expect(1, Some(&next)), soon()).await.expect_err("changed by SQL");
    assert!(matches!(error, EditError::Conflict { .. }), "{error}");
    lab.engine.apply(expect(1, None), soon()).await.expect("there is one");
    let error = lab.engine.apply(expect(99, None), soon()).await.expect_err("there is none");
    assert!(matches!(error, EditError::NotFound { fid: 99, .. }), "{error}");
    assert_eq!(lab.engine.tag(&lab.layer, 99, soon()).await.expect("read"), None);
}

#[tokio::test]
async fn generation_count_extent_and_the_changed_box_follow_in_the_same_transaction() {
    let lab = PLACES.lab().await;
    let mut feed = lab.database.store.changes();
    assert_eq!(feed.recv().await.expect("feed"), datasud::store::Change::Resync);
    let outcome =
        lab.apply(vec![lab.insert(vec![place("loin", 710_000.0, 6_610_000.0)])]).await.expect("applied");
    let facts = "select concat_ws(' ', generation, features, extent[3]) from datasud.layer";
    let (id, generation) = outcome.generations[0];
    assert_eq!(lab.scalar(facts).await, format!("{generation} 4 710000"));
    let heard = tokio::time::timeout(std::time::Duration::from_secs(30), feed.recv()).await.expect("in time");
    let bbox = Some([710_000.0, 6_610_000.0, 710_000.0, 6_610_000.0]);
    assert_eq!(heard.expect("feed"), datasud::store::Change::Edited { layer_id: id, generation, bbox });
}

#[tokio::test]
async fn the_next_request_on_this_node_sees_the_edit() {
    let lab = PLACES.lab().await;
    let registry = datasud::publish::Registry::default();
    registry.replace(datasud::publish::load(&lab.database.store).await.expect("loaded"));
    let following = datasud::publish::follow(registry.clone(), lab.database.store.clone());
    let engine = lab.engine.clone().with_witness(Arc::new(registry.clone()));
    for count in 4..20 {
        let changes = vec![lab.insert(vec![feature(&[])])];
        engine.apply(Transaction { changes, ..Transaction::default() }, soon()).await.expect("applied");
        assert_eq!(registry.snapshot().layers["places"].features, count);
    }
    following.abort();
}

#[tokio::test]
async fn stored_geometries_are_those_that_were_sent_when_the_system_is_the_layers() {
    let lab = PLACES.lab().await;
    let outcome = lab
        .apply(vec![lab.insert(vec![place("exact", 700_000.123_456_789, 6_600_000.1)])])
        .await
        .expect("applied");
    let engine = FeatureEngine::new(lab.database.store.clone(), &Limits::default());
    let feature = engine
        .get(&lab.layer, fids(&outcome)[0], Geometry::Native, soon())
        .await
        .expect("read")
        .expect("there");
    let bbox = wkb::bbox(feature.geometry().expect("a geometry")).expect("readable");
    assert_eq!((bbox.min_x, bbox.min_y), (700_000.123_456_789, 6_600_000.1));
}

//! The classes of CQL2's abstract test suite (OGC 21-065r2 annex A) and ECQL, against tables of our own with the
//! same kinds of columns; what each filter must find was worked out by hand.

use crate::features::{fids, layer};
use crate::support::region::scalar;
use crate::support::{TestDatabase, database};
use datasud::config::Limits;
use datasud::features::{FeatureEngine, FeatureError, Geometry, Query};
use datasud::filter::{Filter, FilterError, Reading, cql2, ecql};
use datasud::model::{ColumnType, GeometryType, Layer};
use std::sync::Arc;

type Read = fn(&str, &Reading) -> Result<Filter, FilterError>;

/// Places, areas, and who asks for them.
struct Tables {
    database: TestDatabase,
    engine: FeatureEngine,
    places: Arc<Layer>,
    areas: Arc<Layer>,
}

const TABLES: &str = r#"
create table data.lieux (fid bigint primary key, nom text, pop integer, rang integer, altitude double precision,
  prefecture boolean, maj date, vu timestamptz, debut date, fin date, themes jsonb, geom geometry(Point, 4326));
insert into data.lieux values
  (1, 'Arles', 50968, 3, 10.5, false, '2021-04-16', '2021-04-16T10:15:59Z', '2021-04-01', '2021-04-30',
   '["eau", "parc"]', 'srid=4326;POINT(4.63 43.68)'),
  (2, 'Marseille', 873076, 1, 12, true, '2022-04-16', '2022-04-16T10:13:19Z', '2022-04-01', '2022-04-30',
   '["mer", "port", "eau"]', 'srid=4326;POINT(5.37 43.30)'),
  (3, 'Nice', 348085, 2, 18, true, '2023-01-01', '2023-01-01T00:00:00Z', '2023-01-01', '2023-12-31',
   '["mer"]', 'srid=4326;POINT(7.27 43.70)'),
  (4, 'Étang de Berre', null, null, 0, false, null, null, null, null, null, 'srid=4326;POINT(5.1 43.45)'),
  (5, 'Gap', 40631, 4, 735, true, '2022-04-16', '2022-04-16T22:00:00Z', '2021-04-10', '2022-05-31',
   '["mont"]', 'srid=4326;POINT(6.08 44.56)'),
  (6, 'ARLES', 12, 3, null, false, '2021-04-15', '2021-04-15T23:59:59Z', '2021-01-01', '2021-03-31',
   '[]', 'srid=4326;POINT(5.0 43.0)'),
  (7, 'Sète', 44270, 5, 5, null, '2020-02-29', '2020-02-29T12:00:00Z', '2020-02-29', '2020-03-31',
   '["mer", "port"]', null);
create table data.zones (fid bigint primary key, nom text, geom geometry(Polygon, 4326));
insert into data.zones values
  (1, 'ouest', 'srid=4326;POLYGON((4 43,5 43,5 44,4 44,4 43))'),
  (2, 'est', 'srid=4326;POLYGON((5 43,6 43,6 44,5 44,5 43))'),
  (3, 'milieu', 'srid=4326;POLYGON((4.5 43.2,5.5 43.2,5.5 43.8,4.5 43.8,4.5 43.2))'),
  (4, 'coin', 'srid=4326;POLYGON((4.2 43.2,4.4 43.2,4.4 43.4,4.2 43.4,4.2 43.2))'),
  (5, 'loin', 'srid=4326;POLYGON((7 44,8 44,8 45,7 45,7 44))')"#;

async fn tables() -> Tables {
    let database = database().await;
    database.store.job().await.expect("session").batch(TABLES).await.expect("tables");
    let columns = [
        ("nom", ColumnType::Text),
        ("pop", ColumnType::Integer),
        ("rang", ColumnType::Integer),
        ("altitude", ColumnType::Real),
        ("prefecture", ColumnType::Boolean),
        ("maj", ColumnType::Date),
        ("vu", ColumnType::Timestamp),
        ("debut", ColumnType::Date),
        ("fin", ColumnType::Date),
        ("themes", ColumnType::Json),
    ];
    Tables {
        engine: FeatureEngine::new(database.store.clone(), &Limits::default()),
        places: layer("lieux", GeometryType::Point, 4326, &columns, 7),
        areas: layer("zones", GeometryType::Polygon, 4326, &columns[..1], 5),
        database,
    }
}

impl Tables {
    async fn find(&self, layer: &Arc<Layer>, filter: Filter) -> Result<Vec<i64>, FeatureError> {
        let query = Query {
            geometry: Geometry::Skip,
            columns: Some(Vec::new()),
            filter: Some(filter),
            ..Query::all(layer.clone())
        };
        fids(&self.engine, &query).await
    }

    async fn each(&self, layer: &Arc<Layer>, read: Read, expected: &[(&str, &[i64])]) {
        for (text, fids) in expected {
            let filter = read(text, &Reading::default()).unwrap_or_else(|e| panic!("{text}: {e}"));
            let found = self.find(layer, filter).await.unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(&found, fids, "{text}");
        }
    }
}

async fn places(expected: &[(&str, &[i64])]) {
    let tables = tables().await;
    tables.each(&tables.places, cql2::parse_text, expected).await;
}

async fn areas(expected: &[(&str, &[i64])]) {
    let tables = tables().await;
    tables.each(&tables.areas, cql2::parse_text, expected).await;
}

#[tokio::test]
async fn cql2_basic_compares_and_combines() {
    places(&[
        ("nom = 'Arles'", &[1]),
        ("nom <> 'Arles'", &[2, 3, 4, 5, 6, 7]),
        ("pop > 44270", &[1, 2, 3]),
        ("pop >= 44270", &[1, 2, 3, 7]),
        ("pop < 44270", &[5, 6]),
        ("pop <= 44270", &[5, 6, 7]),
        ("prefecture = true", &[2, 3, 5]),
        ("prefecture", &[2, 3, 5]),
        ("NOT prefecture", &[1, 4, 6]),
        ("pop IS NULL", &[4]),
        ("pop IS NOT NULL", &[1, 2, 3, 5, 6, 7]),
        ("geom IS NULL", &[7]),
        ("maj = DATE('2022-04-16')", &[2, 5]),
        ("maj < DATE('2021-04-16')", &[6, 7]),
        ("vu >= TIMESTAMP('2022-04-16T10:13:19Z')", &[2, 3, 5]),
        ("vu = TIMESTAMP('2023-01-01T00:00:00Z')", &[3]),
        ("nom = 'Arles' OR nom = 'Nice' AND pop > 1000000", &[1]),
        ("(nom = 'Arles' OR nom = 'Nice') AND pop > 1000000", &[]),
        // What is unknown of the fourth stays unknown.
        ("NOT (nom = 'Arles' OR pop > 50000)", &[5, 6, 7]),
        ("true", &[1, 2, 3, 4, 5, 6, 7]),
        ("false", &[]),
    ])
    .await;
}

#[tokio::test]
async fn cql2_advanced_comparison_operators_find_patterns_ranges_and_lists() {
    places(&[
        ("nom LIKE 'A%'", &[1, 6]),
        ("nom LIKE '_ice'", &[3]),
        ("nom NOT LIKE 'A%'", &[2, 3, 4, 5, 7]),
        ("nom LIKE '%\\%%'", &[]),
        ("pop BETWEEN 40631 AND 50968", &[1, 5, 7]),
        ("pop NOT BETWEEN 40631 AND 50968", &[2, 3, 6]),
        ("rang IN (1,2)", &[2, 3]),
        ("rang NOT IN (1,2)", &[1, 5, 6, 7]),
        ("nom IN ('Gap','Sète')", &[5, 7]),
    ])
    .await;
}

#[tokio::test]
async fn cql2_case_insensitive_comparison_folds_both_sides() {
    places(&[
        ("CASEI(nom) = CASEI('arles')", &[1, 6]),
        ("CASEI(nom) LIKE CASEI('ARL%')", &[1, 6]),
        ("CASEI(nom) IN (CASEI('NICE'),CASEI('gap'))", &[3, 5]),
        ("CASEI(nom) = CASEI('SÈTE')", &[7]),
        ("CASEI(nom) = CASEI('SETE')", &[]),
    ])
    .await;
}

#[tokio::test]
async fn cql2_accent_insensitive_comparison_folds_both_sides() {
    places(&[
        ("ACCENTI(nom) = ACCENTI('Sete')", &[7]),
        ("ACCENTI(nom) = ACCENTI('sete')", &[]),
        ("ACCENTI(nom) LIKE ACCENTI('Etang%')", &[4]),
        ("CASEI(ACCENTI(nom)) = CASEI(ACCENTI('SETE'))", &[7]),
    ])
    .await;
}

#[tokio::test]
async fn cql2_basic_spatial_functions_find_what_meets_points_and_boxes() {
    places(&[
        ("S_INTERSECTS(geom, BBOX(4,43,5,44))", &[1, 6]),
        ("S_INTERSECTS(geom, POINT(7.27 43.70))", &[3]),
        // Across the antimeridian there is nothing; around the other side everything that has a place.
        ("S_INTERSECTS(geom, BBOX(170,-90,-170,90))", &[]),
        ("S_INTERSECTS(geom, BBOX(-180,-90,180,90))", &[1, 2, 3, 4, 5, 6]),
    ])
    .await;
}

#[tokio::test]
async fn cql2_spatial_functions_tell_the_eight_relations_apart() {
    areas(&[
        ("S_WITHIN(geom, POLYGON((4 43,5 43,5 44,4 44,4 43)))", &[1, 4]),
        ("S_TOUCHES(geom, POLYGON((5 43,6 43,6 44,5 44,5 43)))", &[1]),
        ("S_OVERLAPS(geom, POLYGON((5 43,6 43,6 44,5 44,5 43)))", &[3]),
        ("S_EQUALS(geom, POLYGON((6 44,5 44,5 43,6 43,6 44)))", &[2]),
        ("S_CONTAINS(geom, POINT(4.3 43.3))", &[1, 4]),
        ("S_DISJOINT(geom, POLYGON((5 43,6 43,6 44,5 44,5 43)))", &[4, 5]),
        ("S_INTERSECTS(geom, POLYGON((5 43,6 43,6 44,5 44,5 43)))", &[1, 2, 3]),
        ("S_CROSSES(geom, LINESTRING(3.5 43.1,4.5 43.1))", &[1]),
        ("S_INTERSECTS(geom, GEOMETRYCOLLECTION(POINT(7.5 44.5),LINESTRING(5.9 43.9,5.8 43.9)))", &[2, 5]),
        ("S_INTERSECTS(geom, MULTIPOINT((4.3 43.3),(7.5 44.5)))", &[1, 4, 5]),
    ])
    .await;
}

#[tokio::test]
async fn cql2_temporal_functions_compare_instants_and_intervals() {
    places(&[
        ("T_AFTER(maj, DATE('2022-04-16'))", &[3]),
        ("T_BEFORE(maj, DATE('2021-04-16'))", &[6, 7]),
        ("T_EQUALS(maj, DATE('2022-04-16'))", &[2, 5]),
        ("T_DURING(vu, INTERVAL('2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'))", &[2, 5]),
        ("T_DURING(vu, INTERVAL('2022-01-01T00:00:00Z','..'))", &[2, 3, 5]),
        // An end without a value is open, as '..' is: the fourth has always been and will be.
        ("T_INTERSECTS(INTERVAL(debut,fin), INTERVAL('2021-04-15','2021-04-20'))", &[1, 4, 5]),
        ("T_DISJOINT(maj, INTERVAL('2021-01-01','2022-12-31'))", &[3, 7]),
        ("T_OVERLAPS(INTERVAL(debut,fin), INTERVAL('2021-04-15','2022-12-31'))", &[1, 5]),
        ("T_STARTS(INTERVAL(debut,fin), INTERVAL('2021-04-01','2021-12-31'))", &[1]),
        ("T_FINISHES(INTERVAL(debut,fin), INTERVAL('2021-01-01','2021-04-30'))", &[1]),
        ("T_CONTAINS(INTERVAL(debut,fin), INTERVAL('2021-05-01','2021-06-01'))", &[4, 5]),
    ])
    .await;
}

#[tokio::test]
async fn cql2_array_functions_compare_sets() {
    places(&[
        ("A_CONTAINS(themes, ('mer','port'))", &[2, 7]),
        ("A_CONTAINEDBY(themes, ('mer','port'))", &[3, 6, 7]),
        ("A_OVERLAPS(themes, ('eau','mont'))", &[1, 2, 5]),
        ("A_EQUALS(themes, ('port','mer'))", &[7]),
    ])
    .await;
}

#[tokio::test]
async fn cql2_property_property_comparisons_have_properties_on_both_sides() {
    places(&[
        ("maj > debut", &[1, 2, 5, 6]),
        ("debut = maj", &[3, 7]),
        ("10 = altitude", &[]),
        ("12 >= altitude", &[1, 2, 4, 7]),
    ])
    .await;
}

#[tokio::test]
async fn cql2_functions_and_arithmetic_compute() {
    places(&[
        ("length(nom) = 4", &[3, 7]),
        ("year(maj) = 2022", &[2, 5]),
        ("upper(nom) = 'ARLES'", &[1, 6]),
        ("pop = 40000 + 631", &[5]),
        ("pop / 2 > 400000", &[2]),
        ("rang * 2 - 1 = 5", &[1, 6]),
        ("pop % 2 = 1", &[3, 5]),
        ("rang ^ 2 = 25", &[7]),
        ("pop div 100 = 406", &[5]),
    ])
    .await;
}

#[tokio::test]
async fn cql2_json_finds_what_the_text_finds() {
    let tables = tables().await;
    let expected: &[(&str, &[i64])] = &[
        (
            r#"{"op":"and","args":[{"op":">","args":[{"property":"pop"},44270]},{"property":"prefecture"}]}"#,
            &[2, 3],
        ),
        (
            r#"{"op":"like","args":[{"op":"casei","args":[{"property":"nom"}]},{"op":"casei","args":["arl%"]}]}"#,
            &[1, 6],
        ),
        (r#"{"op":"between","args":[{"property":"pop"},40631,50968]}"#, &[1, 5, 7]),
        (r#"{"op":"in","args":[{"property":"rang"},[1,2]]}"#, &[2, 3]),
        (r#"{"op":"s_intersects","args":[{"property":"geom"},{"bbox":[4,43,5,44]}]}"#, &[1, 6]),
        (r#"{"op":"t_after","args":[{"property":"maj"},{"date":"2022-04-16"}]}"#, &[3]),
        (r#"{"op":"a_containedBy","args":[{"property":"themes"},["mer","port"]]}"#, &[3, 6, 7]),
        (r#"{"op":"not","args":[{"op":"isNull","args":[{"property":"pop"}]}]}"#, &[1, 2, 3, 5, 6, 7]),
    ];
    tables.each(&tables.places, cql2::parse_json, expected).await;
}

#[tokio::test]
async fn ecql_finds_what_users_of_cql_filter_expect() {
    let tables = tables().await;
    let expected: &[(&str, &[i64])] = &[
        ("INCLUDE", &[1, 2, 3, 4, 5, 6, 7]),
        ("EXCLUDE", &[]),
        ("nom ILIKE 'arl%'", &[1, 6]),
        ("strToLowerCase(nom) = 'arles'", &[1, 6]),
        ("IN ('lieux.3')", &[3]),
        ("rang IN (1, 2) AND [pop > 400000 OR nom = 'Gap']", &[2]),
        ("BBOX(geom, 4, 43, 5, 44)", &[1, 6]),
        ("DWITHIN(geom, POINT(5.37 43.30), 29, kilometers)", &[2, 4]),
        ("BEYOND(geom, POINT(5.37 43.30), 100, kilometers)", &[3, 5]),
        ("vu DURING 2022-04-01T00:00:00Z/P1M", &[2, 5]),
        ("vu BEFORE 2021-04-16T00:00:00Z", &[6, 7]),
        ("RELATE(geom, POINT(7.27 43.7), '0FFFFFFF2')", &[3]),
        ("INTERSECTS(geom, SRID=4326;POLYGON((4 43,5 43,5 44,4 44,4 43)))", &[1, 6]),
    ];
    tables.each(&tables.places, ecql::parse, expected).await;
}

#[tokio::test]
async fn no_text_of_a_filter_becomes_sql() {
    let tables = tables().await;
    let expected: &[(&str, &[i64])] = &[
        ("nom = 'x''; drop table data.lieux; --'", &[]),
        ("nom LIKE '''; drop table data.lieux; --%'", &[]),
        ("A_CONTAINS(themes, ('\"]''::jsonb; drop table data.lieux; --'))", &[]),
    ];
    tables.each(&tables.places, cql2::parse_text, expected).await;
    assert_eq!(scalar(&tables.database, "select count(*)::text from data.lieux").await, "7");
    let hostile = "\"nom\"\" is null; drop table data.lieux; --\" = 'x'";
    let filter = cql2::parse_text(hostile, &Reading::default()).expect("a quoted name");
    let refused = tables.find(&tables.places, filter).await.expect_err("no such property").to_string();
    assert!(refused.contains("there is no property"), "{refused}");
}

#[tokio::test]
async fn what_a_layer_cannot_answer_is_refused_by_name() {
    let tables = tables().await;
    for (text, said) in [
        ("hauteur = 1", "hauteur"),
        ("nomme(nom) = 'x'", "nomme"),
        ("pop = 'beaucoup'", "beaucoup"),
        ("geom = 'x'", "geom"),
        ("S_INTERSECTS(nom, POINT(1 2))", "nom"),
    ] {
        let filter = cql2::parse_text(text, &Reading::default()).expect(text);
        let refused = tables.find(&tables.places, filter).await.expect_err(text).to_string();
        assert!(refused.contains(said), "{text}: {refused}");
    }
}

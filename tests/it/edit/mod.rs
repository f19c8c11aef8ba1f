//! The edit engine over a real PostGIS: transactions, locks, history, tokens.

// Helpers outside of #[test] functions may fail a test too.
#![allow(clippy::expect_used, clippy::panic)]

mod concurrent;
mod history;
mod locks;
mod tokens;
mod transactions;

use crate::support::{TestDatabase, database, region::scalar, until_holds};
use datasud::config::Limits;
use datasud::features::edit::{
    Change, EditEngine, EditError, Effect, NewFeature, NewValue, Outcome, Transaction,
};
use datasud::features::{History, LockEngine};
use datasud::filter::Filter;
use datasud::filter::ast::{CompareOp, Expr, Geometry, Literal};
use datasud::geo::wkb;
use datasud::model::Layer;
use datasud::publish;
use datasud::store::{Deadline, Ident, Store};
use std::sync::Arc;
use std::time::Duration;

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

/// A database with one layer and the engines over it.
struct Lab {
    database: TestDatabase,
    engine: EditEngine,
    locks: LockEngine,
    history: History,
    layer: Arc<Layer>,
}

/// Points with a name and a rank; three of them are there: 1 `un`, 2 `deux`, 3 `trois`.
const PLACES: Table = Table {
    geometry: "Point",
    srid: 2154,
    z: false,
    columns: &[("nom", "text"), ("rang", "integer")],
    rows: "(1, 'un', 1, 'SRID=2154;POINT(700001 6600000)'), (2, 'deux', 2, 'SRID=2154;POINT(700002 6600000)'), \
           (3, 'trois', 3, null)",
};

/// A table to be served as layer `places`.
#[derive(Clone, Copy)]
struct Table {
    geometry: &'static str,
    srid: i32,
    z: bool,
    columns: &'static [(&'static str, &'static str)],
    rows: &'static str,
}

impl Table {
    async fn lab(self) -> Lab {
        let database = database().await;
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(name, kind)| format!("{} {},", Ident::new(name), sql_type(kind)))
            .collect();
        let described: Vec<serde_json::Value> =
            self.columns.iter().map(|(name, kind)| serde_json::json!({"name": name, "type": kind})).collect();
        let described = serde_json::Value::from(described).to_string().replace('\'', "''");
        let Self { geometry, srid, z, rows, .. } = self;
        let suffix = if z { "Z" } else { "" };
        let insert = if rows.is_empty() {
            String::new()
        } else {
            format!("insert into data.places_v1 values {rows};")
        };
        let sql = format!(
            "insert into datasud.organisation (slug, title, prefix, namespace) values ('o', 'O', 'o', 'http://e.org/o');
             insert into datasud.dataset (organisation_id, slug, title, record)
                 select id, 'd', 'D', gen_random_uuid() from datasud.organisation;
             create table data.places_v1 (fid bigint primary key, {} geom geometry({geometry}{suffix}, {srid}));
             {insert}
             create view data.places as select * from data.places_v1;
             insert into datasud.layer (dataset_id, slug, title, table_name, geometry, has_z, srid, columns, features)
                 select id, 'places', 'Places', 'places_v1', '{geometry}', {z}, {srid}, '{described}',
                     (select count(*) from data.places_v1) from datasud.dataset;
             select datasud.watch('places_v1', id) from datasud.layer;",
            columns.join(" ")
        );
        let mut session = database.store.job().await.expect("session");
        session.batch(&sql).await.expect("layer");
        let layer = layer(&database, "places").await;
        lab(database, layer)
    }
}

fn sql_type(kind: &str) -> &str {
    match kind {
        "biginteger" => "bigint",
        "real" => "double precision",
        "decimal" => "numeric",
        "timestamp" => "timestamptz",
        "json" => "jsonb",
        "binary" => "bytea",
        other => other,
    }
}

fn lab(database: TestDatabase, layer: Arc<Layer>) -> Lab {
    let limits = Limits { transaction_features: 5000, ..Limits::default() };
    let store: Store = database.store.clone();
    Lab {
        engine: EditEngine::new(store.clone(), &limits),
        locks: LockEngine::new(store.clone(), &limits),
        history: History::new(store),
        layer,
        database,
    }
}

async fn layer(database: &TestDatabase, slug: &str) -> Arc<Layer> {
    let snapshot = publish::load(&database.store).await.expect("what is published");
    Arc::clone(snapshot.layers.get(slug).unwrap_or_else(|| panic!("no layer '{slug}'")))
}

impl Lab {
    async fn apply(&self, changes: Vec<Change>) -> Result<Outcome, EditError> {
        self.engine.apply(Transaction { changes, ..Transaction::default() }, soon()).await
    }

    fn insert(&self, features: Vec<NewFeature>) -> Change {
        Change::Insert { layer: Arc::clone(&self.layer), features, handle: None }
    }

    fn update(&self, filter: Option<Filter>, values: &[(&str, &str)]) -> Change {
        Change::Update { layer: Arc::clone(&self.layer), filter, values: texts(values), handle: None }
    }

    fn delete(&self, filter: Option<Filter>) -> Change {
        Change::Delete { layer: Arc::clone(&self.layer), filter, handle: None }
    }

    /// The table in one line: `1 un 1, 2 deux 2`.
    async fn rows(&self) -> String {
        let sql = "select string_agg(concat_ws(' ', fid, nom, rang), ', ' order by fid) from data.places";
        scalar(&self.database, sql).await
    }

    async fn scalar(&self, sql: &str) -> String {
        scalar(&self.database, sql).await
    }

    /// Until the database answers so.
    async fn until(&self, sql: &str, value: &str) {
        until_holds(sql, async || self.scalar(sql).await == value).await;
    }

    async fn sql(&self, sql: &str) {
        let mut session = self.database.store.job().await.expect("session");
        session.batch(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    }
}

fn texts(values: &[(&str, &str)]) -> Vec<(String, NewValue)> {
    values.iter().map(|(name, value)| ((*name).to_owned(), NewValue::Text((*value).to_owned()))).collect()
}

fn feature(values: &[(&str, &str)]) -> NewFeature {
    NewFeature { values: texts(values), ..NewFeature::default() }
}

/// A feature of `places` at a point in the layer's own system.
fn place(name: &str, x: f64, y: f64) -> NewFeature {
    NewFeature { geometry: Some(shape(geo_types::point!(x: x, y: y), 2154)), ..feature(&[("nom", name)]) }
}

fn shape(shape: impl Into<geo_types::Geometry<f64>>, srid: i32) -> Geometry {
    Geometry { ewkb: wkb::from_geo(&shape.into(), srid).expect("ewkb"), srid: Some(srid) }
}

fn ids(fids: &[i64]) -> Option<Filter> {
    Some(Filter::Ids(fids.iter().map(|fid| format!("places.{fid}")).collect()))
}

fn named(name: &str) -> Option<Filter> {
    Some(Filter::Compare {
        op: CompareOp::Equal,
        left: Expr::Property("nom".into()),
        right: Expr::Literal(Literal::Text(name.into())),
        match_case: true,
    })
}

/// Identifiers of the first change, whatever it did.
fn fids(outcome: &Outcome) -> Vec<i64> {
    match &outcome.changes.first().expect("a change").effect {
        Effect::Inserted(all) | Effect::Updated(all) | Effect::Replaced(all) => {
            all.iter().map(|w| w.fid).collect()
        }
        Effect::Deleted(all) => all.clone(),
    }
}

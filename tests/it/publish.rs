//! Publishing, replacing, removing: whole or not at all, names that stay, and what other sessions see.

use crate::support::region::{
    Ran, command, data_tables, datasud, embedded, fixture, ingest, publisher, scalar,
};
use crate::support::{self, TestDatabase, until_holds as until};
use datasud::config::Config;
use datasud::model::GeometryType;
use datasud::publish::{self, Existing, Outcome, PublishError, Published, Registry};
use datasud::store::{Change, Store};
use datasud::style::default_sld;
use std::fs;
use std::path::{Path, PathBuf};

/// Writes a GeoJSON file of points with a name each.
fn points(folder: &Path, file: &str, names: &[&str]) -> PathBuf {
    let features: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(n, name)| {
            format!(
                r#"{{"type":"Feature","properties":{{"nom":"{name}"}},"geometry":{{"type":"Point","coordinates":[5.{n},43.5]}}}}"#
            )
        })
        .collect();
    let path = folder.join(file);
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",\n"));
    fs::write(&path, text).expect("written");
    path
}

fn slugs(published: &Published) -> Vec<&str> {
    published.layers.iter().map(|l| l.slug.as_str()).collect()
}

fn codes(published: &Published) -> Vec<&str> {
    published.report.iter().map(|f| f.code.as_str()).collect()
}

#[tokio::test]
async fn a_first_publication_makes_organisation_dataset_layer_style_record_and_view() {
    let database = support::database().await;
    let published = ingest(&database, "communes", &[fixture("communes.zip")], |r| {
        r.organisation = Some("CRIGE Région Sud".into());
        r.licence = Some("etalab-2.0".into());
    })
    .await
    .expect("published");
    assert_eq!((published.outcome, published.dataset.version), (Outcome::Loaded, 1));
    assert_eq!(published.dataset.organisation, "crige-region-sud");
    assert_eq!(slugs(&published), ["communes"]);
    assert_eq!(published.layers[0].features, 60);
    assert_eq!(published.layers[0].crs, "EPSG:2154");
    assert_eq!(scalar(&database, "select count(*) from data.communes").await, "60");
    assert_eq!(
        scalar(&database, "select title || prefix from datasud.organisation").await,
        "CRIGE Région Sudcrige-region-sud"
    );
    assert_eq!(scalar(&database, "select count(*) from datasud.style where is_default").await, "1");
    assert_eq!(scalar(&database, "select count(*) from datasud.record r join datasud.dataset d on d.id = r.dataset_id and d.record = r.uuid").await, "1");
    let nom = scalar(&database, "select nom from data.communes where nom like '%illère'").await;
    assert_eq!(nom, "L'Œillère");

    let snapshot = publish::load(&database.store).await.expect("loaded");
    let layer = &snapshot.layers["communes"];
    assert_eq!((layer.features, layer.styles.len(), layer.columns.len()), (60, 1, 7));
    let box_ = layer.extent_lonlat.expect("an extent");
    assert!(box_.min_x > 5.0 && box_.max_x < 7.0 && box_.min_y > 43.0 && box_.max_y < 44.5, "{box_:?}");
    assert!(snapshot.generation >= layer.generation);
}

#[tokio::test]
async fn replacing_keeps_slug_record_style_and_description_and_raises_version_and_generation() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let style = default_sld(GeometryType::Point, "un vert");
    let first =
        ingest(&database, "arbres", &[points(folder.path(), "arbres-2025.geojson", &["a", "b"])], |r| {
            r.description = Some("Arbres remarquables".into());
            r.style = Some(style.clone());
        })
        .await
        .expect("published");
    assert_eq!(slugs(&first), ["arbres-2025"]);
    let before = publish::load(&database.store).await.expect("loaded");
    let second = points(folder.path(), "arbres-2026.geojson", &["a", "b", "c"]);
    let second =
        ingest(&database, "arbres", &[second], |r| r.existing = Existing::Replace).await.expect("replaced");
    // The file has another name; the layer has not.
    assert_eq!(slugs(&second), ["arbres-2025"]);
    assert_eq!((second.dataset.version, second.layers[0].features), (2, 3));
    assert_eq!(second.dataset.record, first.dataset.record);
    let after = publish::load(&database.store).await.expect("loaded");
    let (old, new) = (&before.layers["arbres-2025"], &after.layers["arbres-2025"]);
    assert_eq!((old.id, &old.styles, &old.title), (new.id, &new.styles, &new.title));
    assert_eq!(new.dataset.description, "Arbres remarquables");
    assert!(new.generation > old.generation && after.generation > before.generation);
    assert_eq!(&*new.styles[0].sld, style);
    assert_ne!(old.table, new.table);
    assert_eq!(scalar(&database, "select count(*) from data.\"arbres-2025\"").await, "3");
}

#[tokio::test]
async fn the_previous_version_is_kept_and_older_ones_go() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    for version in 1..=4 {
        let file = points(folder.path(), "lieux.geojson", &["a"].repeat(version));
        ingest(&database, "lieux", &[file], |r| r.existing = Existing::Replace).await.expect("published");
    }
    let versions = scalar(
        &database,
        "select string_agg(version::text, ',' order by version) from datasud.layer_version",
    );
    assert_eq!(versions.await, "3,4");
    // Two version tables and the view.
    assert_eq!(data_tables(&database).await.len(), 3, "{:?}", data_tables(&database).await);
    assert_eq!(scalar(&database, "select count(*) from datasud.discarded_table").await, "0");
}

#[tokio::test]
async fn the_previous_version_can_be_restored_with_the_edits_it_had_and_back_again() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let load = async |names: &[&str]| {
        let file = points(folder.path(), "lieux.geojson", names);
        ingest(&database, "lieux", &[file], |r| r.existing = Existing::Replace).await.expect("published");
    };
    load(&["a", "b", "c"]).await;
    let none = publisher(&database).restore("lieux").await;
    assert!(matches!(none, Err(PublishError::NoPreviousVersion(_))));
    let mut session = database.store.job().await.expect("session");
    session.batch("delete from data.lieux where nom = 'c'").await.expect("edited");
    load(&["z"]).await;
    let facts = "select version || ':' || features || ':' || (select string_agg(nom, '' order by nom) from data.lieux) \
                 from datasud.layer l join datasud.dataset d on d.id = l.dataset_id";
    assert_eq!(scalar(&database, facts).await, "2:1:z");
    publisher(&database).restore("lieux").await.expect("restored");
    assert_eq!(scalar(&database, facts).await, "3:2:ab");
    publisher(&database).restore("lieux").await.expect("restored");
    assert_eq!(scalar(&database, facts).await, "4:1:z");
    load(&["y"]).await;
    assert_eq!(scalar(&database, facts).await, "5:1:y");
    assert_eq!(data_tables(&database).await.len(), 3);
}

#[tokio::test]
async fn a_table_that_is_being_read_goes_later_and_hinders_nobody() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let load = async |n: usize| {
        let file = points(folder.path(), "lieux.geojson", &["a"].repeat(n));
        ingest(&database, "lieux", &[file], |r| r.existing = Existing::Replace).await.expect("published");
    };
    load(1).await;
    let first = scalar(&database, "select table_name from datasud.layer").await;
    let mut reader = database.store.job().await.expect("session").begin().await.expect("begun");
    reader.session().expect("open").batch(&format!("select * from data.\"{first}\"")).await.expect("reading");
    load(2).await;
    load(3).await;
    assert_eq!(scalar(&database, "select table_name from datasud.discarded_table").await, first);
    reader.rollback().await.expect("ended");
    load(4).await;
    assert_eq!(scalar(&database, "select count(*) from datasud.discarded_table").await, "0");
    assert_eq!(data_tables(&database).await.len(), 3);
}

#[tokio::test]
async fn the_same_files_again_load_nothing_unless_somebody_edited_the_data() {
    let database = support::database().await;
    let files = [fixture("routes.geojson")];
    let replace = |r: &mut publish::Request| r.existing = Existing::Replace;
    let first = ingest(&database, "routes", &files, replace).await.expect("published");
    let table = scalar(&database, "select table_name from datasud.layer").await;
    let again = ingest(&database, "routes", &files, replace).await.expect("published");
    assert_eq!((again.outcome, again.dataset.version), (Outcome::Unchanged, 1));
    assert_eq!(codes(&again), ["unchanged"]);
    assert_eq!(again.layers[0].features, first.layers[0].features);
    assert_eq!(scalar(&database, "select table_name from datasud.layer").await, table);

    let mut session = database.store.job().await.expect("session");
    session.batch("delete from data.routes where fid = 1").await.expect("edited");
    let kept =
        ingest(&database, "routes", &files, |r| r.existing = Existing::ReplaceChanged).await.expect("kept");
    assert_eq!(kept.outcome, Outcome::Unchanged);
    let restored = ingest(&database, "routes", &files, replace).await.expect("published");
    assert_eq!((restored.outcome, restored.dataset.version), (Outcome::Loaded, 2));
    assert_eq!(restored.layers[0].features, first.layers[0].features);
}

#[tokio::test]
async fn another_style_or_option_is_a_change_even_with_the_same_files() {
    let database = support::database().await;
    let files = [fixture("routes.geojson")];
    ingest(&database, "routes", &files, |_| ()).await.expect("published");
    let style = default_sld(GeometryType::LineString, "un rouge");
    let published = ingest(&database, "routes", &files, |r| {
        r.existing = Existing::Replace;
        r.style = Some(style.clone());
        r.title = Some("Routes de la vallée".into());
    })
    .await
    .expect("published");
    assert_eq!((published.outcome, published.dataset.version), (Outcome::Loaded, 2));
    assert_eq!(published.layers[0].title, "Routes de la vallée");
    assert_eq!(scalar(&database, "select sld from datasud.style").await, style);
}

#[tokio::test]
async fn a_style_that_names_what_the_data_lacks_is_refused_and_nothing_changes() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let named = |label: &str, condition: &str| {
        format!(
            "<StyledLayerDescriptor version=\"1.0.0\" xmlns=\"http://www.opengis.net/sld\" \
             xmlns:ogc=\"http://www.opengis.net/ogc\"><NamedLayer><Name>x</Name><UserStyle><FeatureTypeStyle><Rule>\
             <ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>{condition}</ogc:PropertyName><ogc:Literal>a\
             </ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter><MaxScaleDenominator>1000</MaxScaleDenominator>\
             <PointSymbolizer/><TextSymbolizer><Label><ogc:PropertyName>{label}</ogc:PropertyName></Label>\
             </TextSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"
        )
    };
    let load = async |file: PathBuf, style: Option<String>| {
        let change = |r: &mut publish::Request| (r.existing, r.style) = (Existing::Replace, style.clone());
        ingest(&database, "lieux", &[file], change).await
    };
    let file = points(folder.path(), "lieux.geojson", &["a"]);
    for (label, condition) in [("nom", "altitude"), ("altitude", "nom")] {
        let refused = load(file.clone(), Some(named(label, condition))).await.expect_err("no such column");
        let said = refused.to_string();
        assert!(said.contains("'altitude'") && said.contains("nom") && said.contains("'lieux'"), "{said}");
        assert_eq!(refused.findings()[0].code, "style-unfit");
    }
    assert_eq!(scalar(&database, "select count(*) from datasud.dataset").await, "0");
    load(file, Some(named("nom", "nom"))).await.expect("a style that fits");
    let renamed = folder.path().join("autre.geojson");
    let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"a"},
        "geometry":{"type":"Point","coordinates":[5.4,43.3]}}]}"#;
    fs::write(&renamed, text).expect("written");
    let said = load(renamed.clone(), None).await.expect_err("its style names the old column").to_string();
    assert!(said.contains("'nom'") && said.contains("--style") && said.contains("name"), "{said}");
    assert_eq!(scalar(&database, "select version from datasud.dataset").await, "1");
    load(renamed, Some(named("name", "name"))).await.expect("with a style for the new column");
}

#[tokio::test]
async fn layers_that_vanish_are_removed_and_said_and_new_ones_are_added() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let [a, b, c] = ["a", "b", "c"].map(|n| points(folder.path(), &format!("{n}.geojson"), &[n]));
    ingest(&database, "jeu", &[a.clone(), b], |_| ()).await.expect("published");
    let published =
        ingest(&database, "jeu", &[a, c], |r| r.existing = Existing::Replace).await.expect("replaced");
    assert_eq!(slugs(&published), ["a", "c"]);
    assert!(codes(&published).contains(&"layer-removed") && codes(&published).contains(&"layer-added"));
    assert_eq!(scalar(&database, "select to_regclass('data.b')").await, "");
    assert_eq!(scalar(&database, "select count(*) from data.c").await, "1");
}

#[tokio::test]
async fn a_geopackage_publishes_all_its_layers_and_layer_chooses_one() {
    let database = support::database().await;
    let files = [fixture("patrimoine.gpkg")];
    let all = ingest(&database, "patrimoine", &files, |_| ()).await.expect("published");
    assert_eq!(slugs(&all), ["monuments", "sites_proteges", "sentiers"]);
    assert_eq!(all.layers[1].title, "Sites protégés");
    let one = ingest(&database, "seul", &files, |r| {
        r.layer = Some("sentiers".into());
        r.existing = Existing::Replace;
    })
    .await;
    // 'sentiers' is already the name of a layer of the other dataset: chosen names are not changed.
    assert!(one.is_err());
    publisher(&database).remove("patrimoine").await.expect("removed");
    let one =
        ingest(&database, "seul", &files, |r| r.layer = Some("sentiers".into())).await.expect("published");
    assert_eq!(slugs(&one), ["sentiers"]);
    assert_eq!(scalar(&database, "select count(*) from datasud.layer").await, "1");
}

#[tokio::test]
async fn a_layer_name_of_another_dataset_gets_the_datasets_name_before_it() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let file = points(folder.path(), "zones.geojson", &["a"]);
    ingest(&database, "un", std::slice::from_ref(&file), |_| ()).await.expect("published");
    let second = ingest(&database, "deux", &[file], |_| ()).await.expect("published");
    assert_eq!(slugs(&second), ["deux-zones"]);
    assert!(codes(&second).contains(&"layer-renamed"));
}

#[tokio::test]
async fn another_organisation_cannot_replace_a_dataset() {
    let database = support::database().await;
    let files = [fixture("routes.geojson")];
    ingest(&database, "routes", &files, |r| r.organisation = Some("crige".into())).await.expect("published");
    let taken = ingest(&database, "routes", &files, |r| {
        r.organisation = Some("autre".into());
        r.existing = Existing::Replace;
        r.title = Some("Autre".into());
    })
    .await;
    assert!(matches!(taken, Err(PublishError::Organisation { owner, .. }) if owner == "crige"));
    assert_eq!(scalar(&database, "select count(*) from datasud.organisation").await, "1");
}

#[tokio::test]
async fn removing_leaves_neither_rows_nor_tables_and_the_name_is_free_again() {
    let database = support::database().await;
    let files = [fixture("patrimoine.gpkg")];
    ingest(&database, "patrimoine", &files, |_| ()).await.expect("published");
    let before = publish::load(&database.store).await.expect("loaded").generation;
    publisher(&database).remove("patrimoine").await.expect("removed");
    assert_eq!(data_tables(&database).await, Vec::<String>::new());
    for table in ["dataset", "layer", "layer_version", "style", "record", "ingest_run"] {
        assert_eq!(scalar(&database, &format!("select count(*) from datasud.{table}")).await, "0", "{table}");
    }
    let after = publish::load(&database.store).await.expect("loaded");
    assert!(after.layers.is_empty() && after.generation > before);
    let again = publisher(&database).remove("patrimoine").await;
    assert!(matches!(again, Err(PublishError::UnknownDataset(name)) if name == "patrimoine"));
    ingest(&database, "patrimoine", &files, |_| ()).await.expect("published again");
}

#[tokio::test]
async fn two_publications_of_one_name_at_once_make_one_dataset() {
    let database = support::database().await;
    let files = [fixture("routes.geojson")];
    let (one, two) = tokio::join!(
        ingest(&database, "routes", &files, |_| ()),
        ingest(&database, "routes", &files, |_| ())
    );
    let refused = [one.is_err(), two.is_err()].iter().filter(|e| **e).count();
    assert_eq!(refused, 1);
    let error = one.err().or(two.err()).expect("a refusal");
    assert!(matches!(error, PublishError::NameInUse(_)), "{error}");
    assert_eq!(scalar(&database, "select count(*) from datasud.layer").await, "1");
    assert_eq!(data_tables(&database).await.len(), 2);
}

#[tokio::test]
async fn two_datasets_that_want_one_layer_name_at_once_never_share_it() {
    let database = support::database().await;
    let files = [fixture("routes.geojson")];
    let (one, two) =
        tokio::join!(ingest(&database, "un", &files, |_| ()), ingest(&database, "deux", &files, |_| ()));
    assert!(one.is_ok() || two.is_ok());
    for error in [one.err(), two.err()].into_iter().flatten() {
        assert!(matches!(error, PublishError::Overtaken), "{error}");
    }
    assert_eq!(
        scalar(&database, "select count(*) = count(distinct table_name) from datasud.layer").await,
        "true"
    );
}

#[tokio::test]
async fn a_view_that_others_built_on_stays_or_hinders_the_change_of_its_columns() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let load =
        async |path: PathBuf| ingest(&database, "lieux", &[path], |r| r.existing = Existing::Replace).await;
    load(points(folder.path(), "lieux.geojson", &["a"])).await.expect("published");
    let mut session = database.store.job().await.expect("session");
    session.batch("create view public.mine as select nom from data.lieux").await.expect("view");
    load(points(folder.path(), "lieux.geojson", &["a", "b"])).await.expect("same columns");
    assert_eq!(scalar(&database, "select count(*) from public.mine").await, "2");
    let other = folder.path().join("lieux.geojson");
    fs::write(&other, fs::read_to_string(&other).expect("read").replace("nom", "name")).expect("written");
    let refused = load(other.clone()).await;
    assert!(matches!(refused, Err(PublishError::Dependents(view)) if view == "lieux"));
    assert_eq!(scalar(&database, "select count(*) from public.mine").await, "2");
    session.batch("drop view public.mine").await.expect("dropped");
    load(other).await.expect("replaced");
    assert_eq!(scalar(&database, "select name from data.lieux order by fid limit 1").await, "a");
}

#[tokio::test]
async fn a_follower_sees_publications_edits_and_removals() {
    let database = support::database().await;
    let registry = Registry::default();
    let follower = publish::follow(registry.clone(), database.store.clone());
    ingest(&database, "routes", &[fixture("routes.geojson")], |_| ()).await.expect("published");
    until("the layer", async || registry.snapshot().layers.contains_key("routes")).await;
    let before = registry.snapshot();
    let mut session = database.store.job().await.expect("session");
    session.batch("delete from data.routes where fid = 1").await.expect("edited");
    let count = before.layers["routes"].features;
    until("the edit", async || registry.snapshot().layers["routes"].features == count - 1).await;
    assert!(registry.snapshot().generation > before.generation);
    publisher(&database).remove("routes").await.expect("removed");
    until("the removal", async || registry.snapshot().layers.is_empty()).await;
    follower.abort();
}

#[tokio::test]
async fn a_publication_is_told_once_to_every_node() {
    let database = support::database().await;
    let mut changes = database.store.changes();
    assert_eq!(changes.recv().await.expect("feed"), Change::Resync);
    ingest(&database, "routes", &[fixture("routes.geojson")], |_| ()).await.expect("published");
    let generation = publish::load(&database.store).await.expect("loaded").generation;
    assert_eq!(changes.recv().await.expect("feed"), Change::Catalogue { generation });
    assert!(changes.try_recv().is_err());
}

/// A file that takes the program a while.
fn big(folder: &Path) -> PathBuf {
    use std::fmt::Write;
    let path = folder.join("gros.geojson");
    let mut text = String::from("{\"type\":\"FeatureCollection\",\"features\":[\n");
    for n in 0..150_000_u32 {
        let (x, y) = (4.0 + f64::from(n % 400) / 200.0, 43.0 + f64::from(n / 400) / 200.0);
        let _ = writeln!(
            text,
            r#"{}{{"type":"Feature","properties":{{"n":{n},"nom":"objet {n}"}},"geometry":{{"type":"Point","coordinates":[{x},{y}]}}}}"#,
            if n == 0 { "" } else { "," }
        );
    }
    text.push_str("]}");
    fs::write(&path, text).expect("written");
    path
}

/// Starts the program on a big file and kills it at some point of its work.
async fn killed(database: &TestDatabase, arguments: &[&str], moment: &str) {
    let mut child = command(database, arguments)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    until(moment, async || {
        assert!(child.try_wait().expect("a child").is_none(), "it ended before '{moment}' was seen");
        scalar(database, moment).await == "true"
    })
    .await;
    child.kill().expect("killed");
    child.wait().expect("ended");
    until("the killed program's session has ended", async || {
        scalar(database, "select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())").await == "0"
    })
    .await;
}

/// The moments at which the tests kill: while the file is read, and while rows go into the table.
const READING: &str = "select count(*) > 0 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())";
const LOADING: &str = "select count(*) > 0 from pg_stat_progress_copy where datname = current_database()";

#[tokio::test]
async fn kill_minus_nine_during_ingest_leaves_nothing_and_the_next_ingest_works() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let file = big(folder.path());
    let arguments = ["ingest", file.to_str().expect("UTF-8"), "--dataset", "gros"];
    for moment in [READING, LOADING] {
        killed(&database, &arguments, moment).await;
        assert_eq!(data_tables(&database).await, Vec::<String>::new());
        assert_eq!(scalar(&database, "select count(*) from datasud.dataset").await, "0");
    }
    let ran = datasud(&database, &arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(scalar(&database, "select count(*) from data.gros").await, "150000");
}

#[tokio::test]
async fn kill_minus_nine_during_replace_leaves_the_old_version_served() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("folder");
    let small = points(folder.path(), "petit.geojson", &["a", "b"]);
    ingest(&database, "lieux", &[small], |_| ()).await.expect("published");
    let before =
        (data_tables(&database).await, scalar(&database, "select generation from datasud.layer").await);
    let file = big(folder.path());
    let arguments = ["ingest", file.to_str().expect("UTF-8"), "--dataset", "lieux", "--replace"];
    for moment in [READING, LOADING] {
        killed(&database, &arguments, moment).await;
        let after =
            (data_tables(&database).await, scalar(&database, "select generation from datasud.layer").await);
        assert_eq!(after, before);
        assert_eq!(scalar(&database, "select count(*) from data.petit").await, "2");
    }
    assert_eq!(datasud(&database, &arguments).code, 0);
    assert_eq!(scalar(&database, "select count(*) from data.petit").await, "150000");
}

/// Publishes a small version in an embedded database of its own.
fn small_in(data: &Path, folder: &Path) -> PathBuf {
    let small = points(folder, "lieux.geojson", &["a", "b"]);
    let ran: Ran = embedded(data, &["ingest", text(&small)]).output().expect("runs").into();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    small
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn features(data: &Path) -> serde_json::Value {
    let ran: Ran = embedded(data, &["list", "--json"]).output().expect("runs").into();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.json()[0]["layers"][0]["features"].clone()
}

#[tokio::test]
async fn a_database_stopped_in_the_middle_is_said_and_the_old_version_is_there_afterwards() {
    let (home, folder) = (support::open_folder("stopped"), tempfile::tempdir().expect("folder"));
    let data = home.path().join("data");
    small_in(&data, folder.path());
    let file = big(folder.path());
    let replace = ["ingest", text(&file), "--dataset", "lieux", "--replace", "--json"];
    let store =
        Store::open(&Config { data: data.clone(), ..Config::default() }).await.expect("shared cluster");
    let child = embedded(&data, &replace)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    until("rows are loaded", async || {
        let mut session = store.job().await.expect("session");
        session.query_one(&format!("select ({LOADING})"), &[]).await.expect("a value").get(0)
    })
    .await;
    let postmaster = store.cluster().and_then(|c| c.process_id()).expect("a running cluster");
    let kill = std::process::Command::new("kill").args(["-QUIT", &postmaster.to_string()]).status();
    assert!(kill.expect("kill runs").success());
    let ran: Ran = child.wait_with_output().expect("ended").into();
    assert_eq!(ran.code, 1, "{} {}", ran.stdout, ran.stderr);
    let said = ran.json()["report"][0]["message"].as_str().expect("text").to_owned();
    assert!(said.contains("database"), "{said}");
    store.close().await;
    assert_eq!(features(&data), 2);
    let ran: Ran = embedded(&data, &replace).output().expect("runs").into();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(features(&data), 150_000);
}

/// A small file system that exists only for the programs started in it; needs root.
#[tokio::test]
async fn a_full_disk_is_said_and_the_old_version_is_there_afterwards() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not tested: only root may mount a small disk");
        return;
    }
    let (home, folder) = (support::open_folder("full"), tempfile::tempdir().expect("folder"));
    let data = home.path().join("disk/data");
    fs::create_dir(home.path().join("disk")).expect("folder");
    let (small, large) = (points(folder.path(), "lieux.geojson", &["a", "b"]), big(folder.path()));
    let script = format!(
        r#"set -u
        mount -t tmpfs -o size=400m,mode=755 tmpfs "{disk}" || exit 42
        "{program}" ingest "{small}" --json || exit 43
        # Everything but a few megabytes is taken.
        left=$(df --output=avail -k "{disk}" | tail -1)
        head -c "$((left - 6000))"k /dev/zero > "{disk}/filler"
        "{program}" ingest "{large}" --dataset lieux --replace --json; echo "code $?"
        rm "{disk}/filler"
        "{program}" list --json
        "{program}" ingest "{large}" --dataset lieux --replace > "{folder}/again" 2>&1; echo "code $?""#,
        disk = home.path().join("disk").display(),
        program = support::PROGRAM,
        small = small.display(),
        large = large.display(),
        folder = folder.path().display(),
    );
    let output = std::process::Command::new("unshare")
        .args(["--mount", "sh", "-c", &script])
        .env("DATASUD_DATA", &data)
        .env("TMPDIR", folder.path())
        .env_remove("DATASUD_DATABASE_URL")
        .output()
        .expect("unshare runs");
    if output.status.code() == Some(42) {
        eprintln!("not tested: mounting is not allowed here");
        return;
    }
    let ran = Ran::from(output);
    let again = fs::read_to_string(folder.path().join("again")).unwrap_or_default();
    assert!(
        ran.stdout.contains("\"refused\"") && ran.stdout.contains("code 1"),
        "{} {}",
        ran.stdout,
        ran.stderr
    );
    assert!(ran.stdout.contains("disk"), "{} {}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("\"features\": 2"), "{} {}", ran.stdout, ran.stderr);
    assert!(ran.stdout.trim_end().ends_with("code 0"), "{} {} {again}", ran.stdout, ran.stderr);
}

//! Jobs in the background: done by any server, taken up where another left them, cancelled, limited to an area.

use super::blocking;
use super::store::{files, keeping, published, run};
use crate::support::{self, TestDatabase, region::scalar};
use datasud::config::Config;
use datasud::features::FeatureEngine;
use datasud::jobs::{self, Order, Running, Work, Zooms};
use datasud::publish::{self, Registry};
use datasud::render::DrawingPool;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What a server does with jobs, without the rest of it.
pub(crate) async fn node(database: &TestDatabase, config: Config) -> Running {
    let registry = Registry::default();
    registry.replace(publish::load(&database.store).await.expect("what is published"));
    let features = FeatureEngine::new(database.store.clone(), &config.limits);
    let (pool, grids) = (DrawingPool::new(0, 64), config.grids().expect("grids"));
    jobs::start(&Arc::new(config), &database.store, &registry, &features, (&pool, &grids))
}

fn order(format: &str, last: usize) -> Order {
    Order {
        work: Work::Seed,
        layers: vec!["essai".to_owned()],
        grid: None,
        zooms: Some(Zooms { first: 10, last }),
        format: Some(format.to_owned()),
        style: None,
        area: None,
        file: None,
    }
}

pub(crate) fn queue(database: &TestDatabase) -> jobs::Queue {
    jobs::Queue::new(database.store.clone(), Duration::from_secs(30))
}

pub(crate) async fn get(database: &TestDatabase, id: i64) -> jobs::Job {
    queue(database).get(id).await.expect("read").expect("there")
}

/// Waits until a job has ended.
pub(crate) async fn ended(database: &TestDatabase, id: i64) -> jobs::Job {
    let going = [jobs::State::Waiting, jobs::State::Running];
    let over = async || !going.contains(&get(database, id).await.state);
    support::until_holds("the job never ends", over).await;
    get(database, id).await
}

/// As if the servers that have jobs had not been heard of for long.
pub(crate) async fn forget(database: &TestDatabase) {
    let mut session = database.store.job().await.expect("session");
    session
        .batch("update datasud.tile_job set lease = now() - interval '1 second'")
        .await
        .expect("forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_server_is_gone_is_taken_up_where_it_was_by_another() {
    let folder = support::open_folder("grids");
    let database = published(folder.path()).await;
    let id = queue(&database).add(&order("png", 18), None, Some("moi")).await.expect("added");
    let first = node(&database, keeping(folder.path())).await;
    support::until_holds("it never gets on", async || get(&database, id).await.progress.passed > 0).await;
    // Without a word to the database, as by kill -9.
    drop(first);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (left, made) = (get(&database, id).await, files(folder.path()).len() as i64);
    assert_eq!(left.state, jobs::State::Running);
    assert!(left.progress.passed < left.progress.tiles, "too small to be interrupted: {left:?}");

    // Nobody else has it while its lease runs.
    let second = node(&database, keeping(folder.path())).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(get(&database, id).await.progress, left.progress);
    forget(&database).await;
    let job = ended(&database, id).await;
    let p = &job.progress;
    assert_eq!((job.state, p.passed), (jobs::State::Done, p.tiles), "{job:?}");
    assert_eq!(p.made + p.there, p.tiles, "{job:?}");
    assert!(p.there <= made - left.progress.passed, "it began anew: {job:?} after {left:?}, {made} files");
    assert_eq!(files(folder.path()).len() as i64, p.tiles);
    assert!(p.bytes > 0 && job.asked_by.as_deref() == Some("moi") && job.finished.is_some());
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_server_has_one_job_at_a_time_gives_it_back_at_its_end_and_ends_it_when_told() {
    let folder = support::open_folder("grids");
    let database = published(folder.path()).await;
    let queue = queue(&database);
    let mut ids = Vec::new();
    for format in ["png", "jpeg", "webp"] {
        ids.push(queue.add(&order(format, 20), None, None).await.expect("added"));
    }
    let nodes =
        [node(&database, keeping(folder.path())).await, node(&database, keeping(folder.path())).await];
    let running =
        "select count(*) || ' ' || count(distinct node) from datasud.tile_job where state = 'running'";
    support::until_holds("two never run", async || scalar(&database, running).await == "2 2").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(get(&database, ids[2]).await.state, jobs::State::Waiting);

    let [first, second] = nodes;
    first.stop().await;
    let free = "select count(*) from datasud.tile_job where state = 'running' and lease < now()";
    assert_eq!(scalar(&database, free).await, "1", "given back");
    for id in &ids {
        assert!(queue.cancel(*id).await.expect("told").is_some());
        assert_eq!(ended(&database, *id).await.state, jobs::State::Cancelled);
    }
    assert_eq!(queue.cancel(ids[0]).await.expect("told"), Some(jobs::State::Cancelled), "as it was");
    assert_eq!(queue.cancel(987_654).await.expect("told"), None);
    // The server is free for others.
    let small = queue.add(&order("png", 12), None, None).await.expect("added");
    assert_eq!(ended(&database, small).await.state, jobs::State::Done);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_can_not_be_done_any_more_has_failed_and_says_why() {
    let folder = support::open_folder("grids");
    let database = published(folder.path()).await;
    let gone = Order { layers: vec!["partie".to_owned()], ..order("png", 12) };
    let id = queue(&database).add(&gone, None, None).await.expect("added");
    let ender = queue(&database).add(&order("png", 12), None, None).await.expect("added");
    let mut session = database.store.job().await.expect("session");
    let sql = format!(
        "update datasud.tile_job set state = 'running', attempts = 5, lease = now() - interval '1 second' \
         where id = {ender}"
    );
    session.batch(&sql).await.expect("as if it had ended five servers");
    let node = node(&database, keeping(folder.path())).await;
    let job = ended(&database, id).await;
    assert_eq!(job.state, jobs::State::Failed);
    assert!(job.progress.messages[0].contains("there is no layer 'partie'"), "{job:?}");
    let job = ended(&database, ender).await;
    assert_eq!(job.state, jobs::State::Failed, "{job:?}");
    assert!(job.progress.messages[0].contains("again and again"), "{job:?}");
    node.stop().await;
}

/// A triangle over the lower left of the squares, in longitude and latitude.
fn triangle(folder: &Path) -> String {
    let path = folder.join("triangle.geojson");
    let world = datasud::geo::Crs::from_epsg(4326).expect("known");
    let lambert = datasud::geo::Crs::from_epsg(2154).expect("known");
    let way = datasud::geo::Transform::new(&lambert, &world).expect("a way");
    let corners = [[0.0, 0.0], [3000.0, 0.0], [0.0, 1000.0], [0.0, 0.0]]
        .map(|[x, y]| way.point(super::CORNER[0] + x, super::CORNER[1] + y).expect("a place"));
    let text = format!(r#"{{"type":"Polygon","coordinates":[{corners:?}]}}"#);
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_are_made_and_deleted_in_an_area_alone() {
    let folder = support::open_folder("grids");
    let database = published(folder.path()).await;
    let root = folder.path().to_owned();
    let (database, background) = blocking(move || {
        let area = triangle(&root);
        let seed = ["tiles", "seed", "essai", "--zoom", "17", "--json"];
        let all = run(&database, &root, &seed).json();
        let all = all["made"].as_u64().expect("a number");
        assert_eq!(run(&database, &root, &["tiles", "truncate", "--all"]).code, 0);

        for place in [&["--area", &area][..], &["--in", "essai", "--where", "sc = 'bas'"]] {
            let some = run(&database, &root, &[&seed[..], place].concat()).json();
            let (made, outside) = (some["made"].as_u64(), some["outside"].as_u64());
            assert_eq!(some["status"], "done", "{some}");
            assert!(made.is_some_and(|made| made > 0 && made < all * 3 / 4), "{place:?}: {some} of {all}");
            assert_eq!(files(&root).len() as u64, made.unwrap_or(0));
            assert_eq!(made.zip(outside).map(|(a, b)| a + b), some["tiles"].as_u64());
            // All there are; then those of the area go, and the others stay.
            run(&database, &root, &seed);
            let gone =
                run(&database, &root, &[&["tiles", "truncate", "essai", "--json"][..], place].concat());
            assert_eq!(gone.json()["tiles"].as_u64(), made, "{place:?}: {}", gone.stderr);
            assert_eq!(files(&root).len() as u64, all - made.unwrap_or(0));
            assert_eq!(run(&database, &root, &["tiles", "truncate", "--all"]).code, 0);
        }

        // The same left to a server.
        let mut ids = Vec::new();
        for order in [
            &["seed", "essai", "--zoom", "17"][..],
            &["truncate", "essai", "--in", "essai", "--where", "sc = 'bas'"],
        ] {
            let added = run(&database, &root, &[&["tiles"], order, &["--background", "--json"]].concat());
            assert_eq!(added.code, 0, "{}", added.stderr);
            ids.push(added.json()["id"].as_i64().expect("a number"));
        }
        assert!(files(&root).is_empty(), "nobody has done it yet");
        let shown = run(&database, &root, &["tiles", "jobs"]);
        assert!(shown.stdout.contains("seed essai: waiting"), "{}", shown.stdout);
        (database, (ids, all as i64))
    })
    .await;
    let (ids, all) = background;
    let node = node(&database, keeping(folder.path())).await;
    let seeded = ended(&database, ids[0]).await;
    assert_eq!((seeded.state, seeded.progress.made), (jobs::State::Done, all), "{seeded:?}");
    let emptied = ended(&database, ids[1]).await;
    assert_eq!(emptied.state, jobs::State::Done, "{emptied:?}");
    assert!(emptied.progress.deleted > 0 && emptied.progress.bytes > 0, "{emptied:?}");
    assert_eq!(files(folder.path()).len() as i64, all - emptied.progress.deleted);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_can_not_be_are_refused_with_a_sentence() {
    let folder = support::open_folder("grids");
    let database = published(folder.path()).await;
    let root = folder.path().to_owned();
    blocking(move || {
        let point = root.join("point.geojson");
        std::fs::write(&point, r#"{"type":"Point","coordinates":[5,43]}"#).expect("written");
        let (point, triangle) = (point.display().to_string(), triangle(&root));
        for (arguments, code, said) in [
            (&["seed", "nulle", "--background"][..], 1, "there is no layer 'nulle'"),
            (&["seed", "essai", "--grid", "nulle", "--background"], 1, "there is no grid 'nulle'"),
            (&["seed", "essai", "--style", "nulle", "--background"], 1, "has no style 'nulle'"),
            (&["seed", "essai", "--zoom", "20-30", "--background"], 1, "zooms 0 to 24"),
            (&["seed", "essai", "--area", "/nowhere/there.geojson"], 1, "/nowhere/there.geojson"),
            (&["seed", "essai", "--area", &point], 1, "points or lines"),
            (&["seed", "essai", "--area", &triangle, "--bbox", "1,2,3,4"], 2, "cannot be used with"),
            (&["seed", "essai", "--where", "sc = 'bas'"], 2, "--in"),
            (&["seed", "essai", "--in", "nulle"], 1, "there is no layer 'nulle'"),
            (
                &["seed", "essai", "--in", "essai", "--where", "sc ="],
                1,
                "the condition on the area's features",
            ),
            (&["seed", "essai", "--in", "essai", "--where", "nulle = 1"], 1, "nulle"),
            (&["seed", "essai", "--in", "essai", "--where", "sc = 'rien'"], 1, "no feature of layer 'essai'"),
            (&["truncate", "nulle", "--background"], 1, "there is no layer 'nulle'"),
            (&["cancel", "12345"], 1, "there is no job 12345"),
            (&["cancel", "un"], 2, "invalid value"),
        ] {
            let ran = run(&database, &root, &[&["tiles"][..], arguments].concat());
            assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
        }
        let none = run(&database, &root, &["tiles", "jobs", "--json"]).json();
        assert_eq!(none, serde_json::json!([]), "nothing was kept of what was refused");
    })
    .await;
}

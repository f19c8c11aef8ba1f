//! Tiles on disk come back as they were, or not at all.

use super::*;
use crate::model::{Edits, GeometryType, Layer, sample};

fn address(generation: i64, at: [u32; 2], key: &str) -> Address {
    edited(generation, generation, at, key)
}

/// The place of a tile in which the last change was another one than that of the whole layer.
fn edited(whole: i64, generation: i64, [row, col]: [u32; 2], key: &str) -> Address {
    let edits = Edits::none_since(whole);
    let layer = Layer { edits, ..sample::layer("l", GeometryType::Point, 2154, &[]) };
    Address::new(std::iter::once(&layer), ["grid", "3"], [row, col], "png", key, &[generation])
}

fn shelf(folder: &Path, most: u64, when_full: WhenFull) -> Arc<Shelf> {
    Arc::new(Shelf::new(folder.to_owned(), most, when_full))
}

fn count(folder: &Path) -> usize {
    let mut count = 0;
    Shelf::tiles(folder, &mut |_| count += 1);
    count
}

#[tokio::test]
async fn a_tile_survives_the_process_that_kept_it() {
    let folder = tempfile::tempdir().expect("folder");
    let first = shelf(folder.path(), 1 << 20, WhenFull::Evict);
    let bytes = Bytes::from_static(b"picture");
    first.put(address(1, [70, 2], "a"), bytes.clone()).await;
    first.put(address(1, [71, 2], "a"), Bytes::new()).await;
    let second = shelf(folder.path(), 1 << 20, WhenFull::Evict);
    assert_eq!(second.get(&address(1, [70, 2], "a")).await, Some(bytes));
    assert_eq!(second.get(&address(1, [71, 2], "a")).await, Some(Bytes::new()));
    assert!(second.has(&address(1, [70, 2], "a")).await);
    for other in [address(2, [70, 2], "a"), address(1, [70, 3], "a"), address(1, [70, 2], "b")] {
        assert_eq!(second.get(&other).await, None);
    }
}

#[tokio::test]
async fn a_file_that_was_cut_or_changed_is_none() {
    let folder = tempfile::tempdir().expect("folder");
    let shelf = shelf(folder.path(), 1 << 20, WhenFull::Evict);
    let address = address(1, [0, 0], "a");
    shelf.put(address.clone(), Bytes::from_static(b"0123456789")).await;
    let path = address.path(folder.path());
    let whole = std::fs::read(&path).expect("there");
    for broken in [&whole[..whole.len() - 1], &whole[..4], &[][..], &[&b"x"[..], &whole[1..]].concat()] {
        std::fs::write(&path, broken).expect("written");
        assert_eq!(shelf.get(&address).await, None);
    }
}

#[tokio::test]
async fn a_new_generation_clears_away_the_earlier_ones_and_never_a_later_one() {
    let folder = tempfile::tempdir().expect("folder");
    let shelf = shelf(folder.path(), 1 << 20, WhenFull::Evict);
    for generation in [5, 6, 4] {
        shelf.put(address(generation, [0, 0], "a"), Bytes::from_static(b"x")).await;
    }
    assert_eq!(shelf.get(&address(5, [0, 0], "a")).await, None);
    assert!(shelf.has(&address(6, [0, 0], "a")).await);
}

#[tokio::test]
async fn a_tile_that_was_edited_takes_the_place_of_the_one_before_and_its_neighbours_stay() {
    let folder = tempfile::tempdir().expect("folder");
    let shelf = shelf(folder.path(), 1 << 20, WhenFull::Evict);
    let bytes = Bytes::from_static(b"x");
    for col in 0..3 {
        shelf.put(edited(5, 5, [0, col], "a"), bytes.clone()).await;
    }
    let now = edited(5, 9, [0, 1], "a");
    assert!(!shelf.has(&now).await && shelf.get(&now).await.is_none());
    shelf.put(now.clone(), Bytes::from_static(b"y")).await;
    assert_eq!(shelf.get(&now).await.as_deref(), Some(&b"y"[..]));
    assert!(shelf.has(&now).await && !shelf.has(&edited(5, 5, [0, 1], "a")).await);
    for col in [0, 2] {
        assert_eq!(shelf.get(&edited(5, 5, [0, col], "a")).await, Some(bytes.clone()));
    }
    assert_eq!(count(folder.path()), 3);
}

#[tokio::test]
async fn the_oldest_tiles_make_room_and_seeding_stops_instead() {
    let folder = tempfile::tempdir().expect("folder");
    let bytes = Bytes::from(vec![7; 1000]);
    let server = shelf(folder.path(), 10_500, WhenFull::Evict);
    for row in 0..30 {
        server.put(address(1, [row, 0], "a"), bytes.clone()).await;
        let size: u64 = sweep::size(folder.path());
        assert!(size <= 10_500, "{size}");
    }
    assert!(server.has(&address(1, [29, 0], "a")).await && !server.is_full());
    assert!(!server.has(&address(1, [0, 0], "a")).await);
    let before = count(folder.path());
    let seeder = shelf(folder.path(), 10_500, WhenFull::Refuse);
    for row in 30..60 {
        seeder.put(address(1, [row, 0], "a"), bytes.clone()).await;
    }
    assert!(seeder.is_full());
    assert!(seeder.has(&address(1, [29, 0], "a")).await);
    assert!(count(folder.path()) >= before && sweep::size(folder.path()) <= 10_500);
    let huge = shelf(folder.path(), 100, WhenFull::Evict);
    huge.put(address(1, [99, 0], "a"), bytes).await;
    assert!(!huge.has(&address(1, [99, 0], "a")).await);
}

#[tokio::test]
async fn tiles_are_deleted_by_what_they_are() {
    let folder = tempfile::tempdir().expect("folder");
    let shelf = shelf(folder.path(), 1 << 20, WhenFull::Evict);
    for row in 0..4 {
        shelf.put(address(1, [row, 9], "a"), Bytes::from_static(b"x")).await;
    }
    let removed =
        Shelf::remove(folder.path(), &|found| found.row < 3 && found.col == 9 && found.grid == "grid");
    assert_eq!((removed.tiles, count(folder.path())), (3, 1));
    let _ = Shelf::remove(folder.path(), &|_| true);
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0);
}

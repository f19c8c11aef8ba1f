//! Tiles that are finished, before the archive is: a database of SQLite beside the archive. It survives the end of the
//! program at any moment, so that an export goes on where it was; tiles that are equal are kept once, and little of it is in
//! memory, whatever its size.

use super::{ArchiveError, ArchiveInfo, ArchiveKind, beside, put_in_place};
use crate::formats::{mbtiles, pmtiles};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use xxhash_rust::xxh3::xxh3_128;

/// Marks the file (SQLite's `application_id`): `DsTw`.
const MARK: i32 = 0x4473_5477;

/// A place in the pyramid of Web Mercator: zoom, column, row from the north.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    /// Zoom.
    pub z: u8,
    /// Column.
    pub x: u32,
    /// Row, 0 in the north.
    pub y: u32,
}

/// How a work file was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// There was none.
    New,
    /// It has tiles of the same plan.
    Again,
    /// It had tiles of another plan, which are gone.
    Anew,
}

/// Finished tiles of an archive that is being made.
pub struct WorkFile {
    connection: Connection,
    path: PathBuf,
    target: PathBuf,
    kind: ArchiveKind,
    passed: u64,
    begun: Begun,
}

/// Tables of the work file. `seen` finds tiles that are equal; the place of a tile is written as the archive wants it.
const TABLES: &str = "
    create table work (plan text not null, passed integer not null);
    create table images (tile_id integer primary key, tile_data blob not null);
    create table seen (hash blob primary key, tile_id integer not null, uses integer not null) without rowid;";
const PLACES_PMTILES: &str = "create table map (id integer primary key, tile_id integer not null);";
const PLACES_MBTILES: &str = "create table map (zoom_level integer not null, tile_column integer not null, \
    tile_row integer not null, tile_id integer not null, primary key (zoom_level, tile_column, tile_row)) without rowid;";

impl WorkFile {
    /// Opens, or begins, the work file of an archive. `plan` names the tiles and their state: what was kept of another plan is
    /// of no use and goes.
    ///
    /// # Errors
    /// [`ArchiveError::Busy`] while another export has it; [`ArchiveError::Foreign`] when the file is something else.
    pub fn open(target: &Path, kind: ArchiveKind, plan: &str) -> Result<Self, ArchiveError> {
        let path = Self::path_of(target);
        let failed = |cause| ArchiveError::sqlite(&path, cause);
        if let Ok(facts) = std::fs::symlink_metadata(&path)
            && !facts.is_file()
        {
            return Err(ArchiveError::Foreign(path));
        }
        let mut connection = Connection::open(&path).map_err(failed)?;
        let begun = begin(&mut connection, kind, plan).map_err(failed)?;
        let Some((begun, passed)) = begun else { return Err(ArchiveError::Foreign(path)) };
        Ok(Self { connection, path, target: target.to_owned(), kind, passed, begun })
    }

    /// Where the work file of an archive lies.
    #[must_use]
    pub fn path_of(target: &Path) -> PathBuf {
        beside(target, "part")
    }

    /// Tiles of the plan that are behind it.
    #[must_use]
    pub const fn passed(&self) -> u64 {
        self.passed
    }

    /// How it was found.
    #[must_use]
    pub const fn begun(&self) -> Begun {
        self.begun
    }

    /// Keeps tiles, and that `passed` more are behind it: those that have nothing are not kept. All or none of it.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn keep(&mut self, tiles: &[(Cell, Vec<u8>)], passed: u64) -> Result<(), ArchiveError> {
        let now = self.passed + passed;
        keep(&mut self.connection, self.kind, tiles, now).map_err(|c| ArchiveError::sqlite(&self.path, c))?;
        self.passed = now;
        Ok(())
    }

    /// Whether a tile was kept.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn has(&self, cell: Cell) -> Result<bool, ArchiveError> {
        let found = match self.kind {
            ArchiveKind::PmTiles => self
                .connection
                .prepare_cached("select 1 from map where id = ?1")
                .and_then(|mut s| s.exists(params![pmtiles::place(cell)])),
            ArchiveKind::MbTiles => self
                .connection
                .prepare_cached(
                    "select 1 from map where zoom_level = ?1 and tile_column = ?2 and tile_row = ?3",
                )
                .and_then(|mut s| s.exists(params![cell.z, cell.x, mbtiles::row(cell)])),
        };
        found.map_err(|cause| ArchiveError::sqlite(&self.path, cause))
    }

    /// Tiles that are kept.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn count(&self) -> Result<u64, ArchiveError> {
        let counted: Result<i64, _> =
            self.connection.query_row("select count(*) from map", [], |row| row.get(0));
        counted
            .map(|n| u64::try_from(n).unwrap_or(0))
            .map_err(|cause| ArchiveError::sqlite(&self.path, cause))
    }

    /// Makes the archive of the tiles, puts it in its place, and ends the work file. The bytes of the archive.
    ///
    /// # Errors
    /// [`ArchiveError`]; [`ArchiveError::Stopped`] when `stop` was set meanwhile. The work file is then as it was.
    pub fn finish(self, info: &ArchiveInfo, stop: &AtomicBool) -> Result<u64, ArchiveError> {
        let Self { connection, path, target, kind, .. } = self;
        match kind {
            ArchiveKind::PmTiles => {
                let written = beside(&target, "writing");
                let done = pmtiles::write(&connection, &path, &written, info, stop)
                    .and_then(|()| put_in_place(&written, &target));
                if done.is_err() {
                    let _ = std::fs::remove_file(&written);
                }
                done?;
                drop(connection);
                std::fs::remove_file(&path).map_err(|cause| ArchiveError::io(&path, cause))?;
            }
            ArchiveKind::MbTiles => {
                mbtiles::complete(&connection, info).map_err(|cause| ArchiveError::sqlite(&path, cause))?;
                drop(connection);
                put_in_place(&path, &target)?;
            }
        }
        std::fs::metadata(&target).map(|facts| facts.len()).map_err(|cause| ArchiveError::io(&target, cause))
    }

    /// Throws all of it away.
    pub fn discard(self) {
        drop(self.connection);
        let _ = std::fs::remove_file(&self.path);
    }
}

/// `None` when the file is of somebody else.
fn begin(
    connection: &mut Connection,
    kind: ArchiveKind,
    plan: &str,
) -> Result<Option<(Begun, u64)>, rusqlite::Error> {
    // Held until it is closed: two exports to one file would undo each other's work.
    connection.pragma_update(None, "locking_mode", "exclusive")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.set_prepared_statement_cache_capacity(16);
    let places = if kind == ArchiveKind::PmTiles { PLACES_PMTILES } else { PLACES_MBTILES };
    let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive)?;
    let mark: i32 = change.query_row("pragma application_id", [], |row| row.get(0))?;
    let tables: i64 = change.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))?;
    let mut begun = Begun::New;
    if tables > 0 {
        if mark != MARK {
            return Ok(None);
        }
        let found = change
            .query_row("select plan, passed from work", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
            })
            .optional()?;
        match found {
            Some((before, passed)) if before == plan => {
                change.commit()?;
                return Ok(Some((Begun::Again, u64::try_from(passed).unwrap_or(0))));
            }
            _ => begun = Begun::Anew,
        }
        change.execute_batch(
            "drop table if exists work; drop table if exists images; drop table if exists seen; \
             drop table if exists map;",
        )?;
    }
    change.pragma_update(None, "application_id", MARK)?;
    change.execute_batch(TABLES)?;
    change.execute_batch(places)?;
    change.execute("insert into work values (?1, 0)", params![plan])?;
    change.commit()?;
    Ok(Some((begun, 0)))
}

fn keep(
    connection: &mut Connection,
    kind: ArchiveKind,
    tiles: &[(Cell, Vec<u8>)],
    passed: u64,
) -> Result<(), rusqlite::Error> {
    let change = connection.transaction()?;
    for (cell, bytes) in tiles {
        let hash = xxh3_128(bytes).to_le_bytes();
        let known: Option<i64> = change
            .prepare_cached("update seen set uses = uses + 1 where hash = ?1 returning tile_id")?
            .query_row(params![hash], |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(id) => id,
            None => {
                change
                    .prepare_cached("insert into images (tile_data) values (?1)")?
                    .execute(params![bytes])?;
                let id = change.last_insert_rowid();
                change.prepare_cached("insert into seen values (?1, ?2, 1)")?.execute(params![hash, id])?;
                id
            }
        };
        match kind {
            ArchiveKind::PmTiles => change
                .prepare_cached("insert or replace into map values (?1, ?2)")?
                .execute(params![pmtiles::place(*cell), id])?,
            ArchiveKind::MbTiles => change
                .prepare_cached("insert or replace into map values (?1, ?2, ?3, ?4)")?
                .execute(params![cell.z, cell.x, mbtiles::row(*cell), id])?,
        };
    }
    change
        .prepare_cached("update work set passed = ?1")?
        .execute(params![i64::try_from(passed).unwrap_or(i64::MAX)])?;
    change.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    const CELL: Cell = Cell { z: 3, x: 4, y: 2 };

    #[test]
    fn what_was_kept_is_there_again_for_the_same_plan_and_gone_for_another() {
        for kind in ArchiveKind::ALL {
            let folder = folder();
            let target = folder.path().join("a");
            let mut work = WorkFile::open(&target, kind, "one").expect("begun");
            assert_eq!((work.begun(), work.passed()), (Begun::New, 0));
            work.keep(&[(CELL, b"tile".to_vec())], 5).expect("kept");
            drop(work);
            let work = WorkFile::open(&target, kind, "one").expect("again");
            assert_eq!((work.begun(), work.passed(), work.count().expect("counted")), (Begun::Again, 5, 1));
            assert!(work.has(CELL).expect("looked") && !work.has(Cell { x: 3, ..CELL }).expect("looked"));
            drop(work);
            let work = WorkFile::open(&target, kind, "two").expect("anew");
            assert_eq!((work.begun(), work.passed(), work.count().expect("counted")), (Begun::Anew, 0, 0));
            work.discard();
            assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 0);
        }
    }

    #[test]
    fn a_work_file_is_of_one_export_at_a_time_and_nothing_else_is_taken_for_one() {
        let folder = folder();
        let target = folder.path().join("a.pmtiles");
        let first = WorkFile::open(&target, ArchiveKind::PmTiles, "one").expect("begun");
        let second = WorkFile::open(&target, ArchiveKind::PmTiles, "one").map(|_| ());
        assert!(matches!(second, Err(ArchiveError::Busy(_))), "{second:?}");
        drop(first);

        let other = Connection::open(folder.path().join("b.pmtiles.part")).expect("opened");
        other.execute_batch("create table precious (a); insert into precious values (1);").expect("made");
        drop(other);
        std::fs::write(folder.path().join("c.pmtiles.part"), "no database at all, but text ".repeat(100))
            .expect("written");
        std::fs::create_dir(folder.path().join("d.pmtiles.part")).expect("made");
        for name in ["b.pmtiles", "c.pmtiles", "d.pmtiles"] {
            let opened = WorkFile::open(&folder.path().join(name), ArchiveKind::PmTiles, "one").map(|_| ());
            assert!(matches!(opened, Err(ArchiveError::Foreign(_))), "{name}: {opened:?}");
        }
        let other = Connection::open(folder.path().join("b.pmtiles.part")).expect("opened");
        assert!(other.table_exists(None, "precious").expect("looked"));
    }

    #[test]
    fn tiles_that_are_equal_are_kept_once() {
        let folder = folder();
        let target = folder.path().join("a.mbtiles");
        let mut work = WorkFile::open(&target, ArchiveKind::MbTiles, "one").expect("begun");
        let tiles: Vec<(Cell, Vec<u8>)> =
            (0..8).map(|x| (Cell { x, ..CELL }, vec![u8::try_from(x / 4).expect("small"); 100])).collect();
        work.keep(&tiles, 8).expect("kept");
        let images: i64 =
            work.connection.query_row("select count(*) from images", [], |row| row.get(0)).expect("counted");
        assert_eq!((images, work.count().expect("counted")), (2, 8));
    }
}

//! Reading of a database that a stranger made. It is opened for reading alone; its views run with nothing that could reach
//! outside (no trusted schema, no extensions, no other files), and no question takes longer than it may.

use crate::formats::archive::{
    ArchiveInfo, ArchiveKind, Cell, Facts, ReadError, ReadLimits, TileFormat, check_tile, checked_bounds,
    checked_zooms, of_members,
};
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};
use serde_json::{Map, Value as Json};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Steps of SQLite's machine after which it is looked at the clock.
const STEPS: i32 = 10_000;

/// Rows of `metadata` that are read.
const ROWS: usize = 1_000;

/// Tiles that [`MbTiles::check`] looks at.
const LOOKED_AT: i64 = 16;

/// An archive that is open. Reads may come from several threads; one at a time is answered.
#[derive(Debug)]
pub struct MbTiles {
    connection: Mutex<Connection>,
    /// Milliseconds since `opened` at which the question under way is to end.
    end: Arc<AtomicU64>,
    opened: Instant,
    info: ArchiveInfo,
    is_packed: bool,
    limits: ReadLimits,
}

impl MbTiles {
    /// Opens an archive: its metadata are read and checked.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn open(path: &Path, limits: ReadLimits) -> Result<Self, ReadError> {
        if std::fs::metadata(path)?.len() == 0 {
            return Err(foreign("the file is empty"));
        }
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let mut connection =
            Connection::open_with_flags(address(path), flags).map_err(|e| failed(e, &limits))?;
        let (end, opened) = (Arc::new(AtomicU64::new(u64::MAX)), Instant::now());
        restrict(&mut connection, &limits, (Arc::clone(&end), opened)).map_err(|e| failed(e, &limits))?;
        let asked = Asked::begin(&end, opened, &limits);
        let (info, is_packed) = facts(&connection, &limits)?;
        drop(asked);
        Ok(Self { connection: Mutex::new(connection), end, opened, info, is_packed, limits })
    }

    /// What the archive says of itself.
    #[must_use]
    pub const fn info(&self) -> &ArchiveInfo {
        &self.info
    }

    /// Whether its tiles are compressed by gzip.
    #[must_use]
    pub const fn is_packed(&self) -> bool {
        self.is_packed
    }

    /// The bytes of a tile as they lie in the archive; `None` where it has none.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn tile(&self, cell: Cell) -> Result<Option<Vec<u8>>, ReadError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let _asked = Asked::begin(&self.end, self.opened, &self.limits);
        tile(&connection, cell).map_err(|error| failed(error, &self.limits))
    }

    /// Counts the tiles and looks at some of them.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn check(&self) -> Result<u64, ReadError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let ask = || Asked::begin(&self.end, self.opened, &self.limits);
        let failed = |error| failed(error, &self.limits);
        let asked = ask();
        let count: i64 =
            connection.query_row("select count(*) from tiles", [], |row| row.get(0)).map_err(failed)?;
        drop(asked);
        let _asked = ask();
        let mut some = connection
            .prepare("select zoom_level, tile_column, tile_row, tile_data from tiles limit ?1")
            .map_err(failed)?;
        let mut rows = some.query(params![LOOKED_AT]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let [z, x, y] = [row.get::<_, i64>(0), row.get(1), row.get(2)];
            let (z, x, y) = (z.map_err(failed)?, x.map_err(failed)?, y.map_err(failed)?);
            let [first, last] = self.info.zooms.map(i64::from);
            let side = 1_i64 << z.clamp(0, 31);
            if z < first || z > last || !(0..side).contains(&x) || !(0..side).contains(&y) {
                return Err(ReadError::damaged(format!(
                    "it has a tile {z}/{x}/{y}, outside its zooms {first} to {last}"
                )));
            }
            let bytes = row.get_ref(3).map_err(failed)?;
            let bytes = bytes.as_blob().map_err(|_| ReadError::damaged("a tile is no blob"))?;
            check_tile(bytes, self.info.format, self.is_packed, &self.limits)?;
        }
        if count == 0 {
            return Err(ReadError::Unsupported("it has no tiles".to_owned()));
        }
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

/// The file as one that nobody changes: no locks, no journal, nothing written beside it.
fn address(path: &Path) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
    use std::os::unix::ffi::OsStrExt;
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("file:{}?immutable=1", percent_encode(whole.as_os_str().as_bytes(), NON_ALPHANUMERIC))
}

/// A question under way, which ends when its time is over.
struct Asked<'a>(&'a AtomicU64);

impl<'a> Asked<'a> {
    fn begin(end: &'a AtomicU64, opened: Instant, limits: &ReadLimits) -> Self {
        let now = u64::try_from(opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        end.store(now.saturating_add(limits.milliseconds), Ordering::Relaxed);
        Self(end)
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.0.store(u64::MAX, Ordering::Relaxed);
    }
}

fn restrict(
    connection: &mut Connection,
    limits: &ReadLimits,
    (end, opened): (Arc<AtomicU64>, Instant),
) -> Result<(), rusqlite::Error> {
    connection.progress_handler(
        STEPS,
        Some(move || opened.elapsed() > Duration::from_millis(end.load(Ordering::Relaxed))),
    );
    // What the file's own views and indexes may call, and what a damaged file may do.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_EXPR_DEPTH, 100)?;
    connection.set_limit(Limit::SQLITE_LIMIT_COMPOUND_SELECT, 16)?;
    let longest = limits.tile_bytes.max(limits.metadata_bytes);
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::try_from(longest).unwrap_or(i32::MAX))?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // What SQLite would keep of it, in KiB, and no sorting in files.
    connection.pragma_update(None, "cache_size", -4096)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.busy_timeout(Duration::from_secs(1))
}

const TILE: &str =
    "select tile_data from tiles where zoom_level = ?1 and tile_column = ?2 and tile_row = ?3 limit 1";

/// What the plan of a question names when it sorts, repeats or keeps rows.
const COSTLY: [&str; 5] = ["RECURSIVE", "TEMP B-TREE", "MATERIALIZE", "CO-ROUTINE", "AUTOMATIC"];

/// A view that keeps rows to answer takes memory that nobody foresees, each time that a tile is asked for.
fn check_plan(connection: &Connection, limits: &ReadLimits) -> Result<(), ReadError> {
    let failed = |error| failed(error, limits);
    let mut plan = connection.prepare(&format!("explain query plan {TILE}")).map_err(failed)?;
    let mut rows = plan.query(params![0, 0, 0]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let step: String = row.get(3).map_err(failed)?;
        if COSTLY.iter().any(|word| step.contains(word)) {
            return Err(ReadError::Unsupported(
                "its view 'tiles' sorts, repeats or keeps rows to find a tile; write them into a table with an index"
                    .to_owned(),
            ));
        }
    }
    Ok(())
}

fn tile(connection: &Connection, cell: Cell) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    let found: Option<Option<Vec<u8>>> = connection
        .prepare_cached(TILE)?
        .query_row(params![cell.z, cell.x, super::row(cell)], |row| row.get(0))
        .optional()?;
    Ok(found.flatten().filter(|bytes| !bytes.is_empty()))
}

/// What the table `metadata` says, and whether the tiles are compressed.
fn facts(connection: &Connection, limits: &ReadLimits) -> Result<(ArchiveInfo, bool), ReadError> {
    let failed = |error| failed(error, limits);
    for (name, columns) in
        [("metadata", "name, value"), ("tiles", "zoom_level, tile_column, tile_row, tile_data")]
    {
        let has = "select count(*) from sqlite_schema where name = ?1 and type in ('table', 'view')";
        let count: i64 = connection.query_row(has, params![name], |row| row.get(0)).map_err(failed)?;
        if count == 0 {
            return Err(foreign(&format!("it has no table '{name}'")));
        }
        connection
            .prepare(&format!("select {columns} from {name}"))
            .map_err(|error| ReadError::damaged(format!("its table '{name}' can't be read: {error}")))?;
    }
    check_plan(connection, limits)?;
    let rows = metadata(connection, limits)?;
    let text = |key: &str| rows.get(key).and_then(Json::as_str).unwrap_or_default();
    let format = TileFormat::named(text("format")).ok_or_else(|| {
        let shown: String = text("format").chars().take(40).collect();
        ReadError::Unsupported(format!(
            "its metadata say the format '{shown}'; pbf, png, jpg and webp are served"
        ))
    })?;
    let zooms = zooms(connection, &rows).map_err(failed)?;
    let zooms = match zooms {
        Some([first, last]) => match (u8::try_from(first), u8::try_from(last)) {
            (Ok(first), Ok(last)) => checked_zooms(first, last)?,
            _ => return Err(ReadError::damaged(format!("its zooms are {first} to {last}"))),
        },
        None => return Err(ReadError::Unsupported("it has no tiles".to_owned())),
    };
    let numbers =
        |key: &str| -> Option<Vec<f64>> { text(key).split(',').map(|n| n.trim().parse().ok()).collect() };
    let bounds = match numbers("bounds").as_deref() {
        Some(&[west, south, east, north]) => checked_bounds([west, south, east, north])?,
        _ if text("bounds").is_empty() => [-180.0, -85.051_128, 180.0, 85.051_128],
        _ => return Err(ReadError::damaged("its bounds are no four numbers")),
    };
    let center = match numbers("center").as_deref() {
        Some(&[x, y, zoom]) if x.is_finite() && y.is_finite() && zoom.is_finite() => {
            [x, y, zoom.clamp(f64::from(zooms[0]), f64::from(zooms[1]))]
        }
        _ => [f64::midpoint(bounds[0], bounds[2]), f64::midpoint(bounds[1], bounds[3]), f64::from(zooms[0])],
    };
    let facts: Facts = (format, zooms, bounds, center);
    let info = of_members(&rows, facts)?;
    let is_packed = format == TileFormat::Mvt && first_is_packed(connection).map_err(failed)?;
    Ok((info, is_packed))
}

/// The rows, and the members of the row `json` beside them.
fn metadata(connection: &Connection, limits: &ReadLimits) -> Result<Map<String, Json>, ReadError> {
    let failed = |error| failed(error, limits);
    let mut statement =
        connection.prepare("select cast(name as text), cast(value as text) from metadata").map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let (mut found, mut size) = (Map::new(), 0);
    while let Some(row) = rows.next().map_err(failed)? {
        let (name, value): (Option<String>, Option<String>) =
            (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        let Some((name, value)) = name.zip(value) else { continue };
        size += name.len() + value.len();
        if size > limits.metadata_bytes || found.len() >= ROWS {
            return Err(ReadError::TooLarge {
                what: "the table 'metadata'",
                limit: limits.metadata_bytes as u64,
            });
        }
        found.insert(name, Json::String(value));
    }
    if let Some(text) = found.get("json").and_then(Json::as_str) {
        match serde_json::from_str(text) {
            Ok(Json::Object(members)) => {
                found.extend(members.into_iter().filter(|(name, _)| name == "vector_layers"))
            }
            _ => return Err(ReadError::damaged("the row 'json' of its metadata is no JSON object")),
        }
    }
    Ok(found)
}

/// As the metadata say, else as the tiles are.
fn zooms(connection: &Connection, rows: &Map<String, Json>) -> Result<Option<[i64; 2]>, rusqlite::Error> {
    let said =
        |key: &str| rows.get(key).and_then(Json::as_str).and_then(|text| text.trim().parse::<i64>().ok());
    if let (Some(first), Some(last)) = (said("minzoom"), said("maxzoom")) {
        return Ok(Some([first, last]));
    }
    let sql = "select min(zoom_level), max(zoom_level) from tiles";
    connection.query_row(sql, [], |row| {
        let (first, last): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
        Ok(first.zip(last).map(|(first, last)| [first, last]))
    })
}

/// The specification asks for gzip; tiles that are not compressed are met all the same.
fn first_is_packed(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let found: Option<Vec<u8>> = connection
        .query_row("select substr(tile_data, 1, 2) from tiles limit 1", [], |row| row.get(0))
        .optional()?;
    Ok(found.is_none_or(|bytes| bytes == [0x1f, 0x8b]))
}

fn foreign(reason: &str) -> ReadError {
    ReadError::Foreign { kind: ArchiveKind::MbTiles, reason: reason.to_owned() }
}

fn failed(error: rusqlite::Error, limits: &ReadLimits) -> ReadError {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => ReadError::TooSlow(limits.milliseconds),
        Some(ErrorCode::NotADatabase) => foreign("it is no database of SQLite"),
        Some(ErrorCode::TooBig) => {
            ReadError::TooLarge { what: "a tile, or a row,", limit: limits.tile_bytes as u64 }
        }
        _ => ReadError::damaged(format!("SQLite says '{error}'")),
    }
}

#[cfg(test)]
impl MbTiles {
    /// Whether the connection refuses statements, as those would be that a file brings along.
    pub(super) fn refuses(&self, sql: &str) -> bool {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).execute_batch(sql).is_err()
    }
}

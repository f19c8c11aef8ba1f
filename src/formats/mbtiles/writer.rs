//! A work file made an archive. Equal tiles stay kept once: the table `tiles` of the specification is a view of places and
//! images.

use crate::formats::archive::{ArchiveInfo, Cell, TileFormat};
use rusqlite::{Connection, params};

/// What marks an archive (SQLite's `application_id`, MBTiles 1.3, "Database"): `MPBX`.
const MARK: i32 = 0x4d50_4258;

/// The row of a tile as TMS counts it, from the south.
pub(in crate::formats) fn row(cell: Cell) -> i64 {
    let rows = 1_i64 << cell.z.min(32);
    rows - 1 - i64::from(cell.y)
}

/// Adds what an archive has beside its tiles and takes away what a work file has beside them: all or none of it.
pub(in crate::formats) fn complete(work: &Connection, info: &ArchiveInfo) -> Result<(), rusqlite::Error> {
    let change = work.unchecked_transaction()?;
    change.execute_batch(
        "drop table seen; drop table work; \
         create table metadata (name text not null, value text not null); \
         create unique index metadata_name on metadata (name); \
         create view tiles as select map.zoom_level as zoom_level, map.tile_column as tile_column, \
           map.tile_row as tile_row, images.tile_data as tile_data \
           from map join images on images.tile_id = map.tile_id;",
    )?;
    for (name, value) in metadata(info) {
        change.execute("insert into metadata values (?1, ?2)", params![name, value])?;
    }
    change.pragma_update(None, "application_id", MARK)?;
    change.commit()
}

/// The rows of the table `metadata` (MBTiles 1.3, "Metadata").
fn metadata(info: &ArchiveInfo) -> Vec<(&'static str, String)> {
    let list = |numbers: &[f64]| numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(",");
    let mut rows = vec![
        ("name", info.name.clone()),
        ("format", info.format.mbtiles_name().to_owned()),
        ("bounds", list(&info.bounds)),
        ("center", list(&info.center)),
        ("minzoom", info.zooms[0].to_string()),
        ("maxzoom", info.zooms[1].to_string()),
        ("type", "overlay".to_owned()),
        ("version", info.version.clone()),
    ];
    for (name, text) in [("description", &info.description), ("attribution", &info.attribution)] {
        if !text.is_empty() {
            rows.push((name, text.clone()));
        }
    }
    if info.format == TileFormat::Mvt {
        rows.push(("json", serde_json::json!({"vector_layers": info.vector_layers}).to_string()));
    }
    rows
}

//! The statements of a transaction. Their texts hold columns and placeholders only, one statement for all
//! features of an action.

use super::prepare::{Row, Target};
use super::{EditError, Place, Which, geometry};
use crate::filter::SqlBuilder;
use crate::geo::wkb::GeometryType;
use crate::model::{Column, Layer};
use crate::store::{FromSql, Ident, Row as Answer, Session, StoreError};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A value of an answer, without the panic of `Row::get`.
pub(in crate::features) fn field<'a, T: FromSql<'a>>(row: &'a Answer, name: &str) -> Result<T, StoreError> {
    Ok(row.try_get(name)?)
}

/// Locks layers against other edits, loading and removing until the transaction ends, in one order for
/// all, so that nobody waits in a circle. Answers the tables to write to: data that was replaced since
/// the client's request was read counts as the same when it has the same structure.
pub(in crate::features) async fn lock_layers(
    session: &mut Session,
    layers: &[&Arc<Layer>],
) -> Result<HashMap<i64, String>, EditError> {
    let ids: Vec<i64> = layers.iter().map(|l| l.id).collect();
    session.turn_of_editor(&ids).await?;
    // A second edit of a layer's row makes PostgreSQL ask whether its dataset is there: held from the
    // beginning, so that nobody who removes it waits for the layer in the meantime.
    let datasets = "select from datasud.dataset \
                    where id in (select dataset_id from datasud.layer where id = any($1)) \
                    order by id for key share";
    session.query(datasets, &[&ids]).await?;
    let sql = "select id, table_name, jsonb_build_array(geometry, has_z, has_m, srid, columns) as shape \
               from datasud.layer where id = any($1) order by id for update";
    let mut found: HashMap<i64, (String, serde_json::Value)> = HashMap::new();
    for row in session.query(sql, &[&ids]).await? {
        found.insert(field(&row, "id")?, (field(&row, "table_name")?, field(&row, "shape")?));
    }
    let mut tables = HashMap::new();
    for layer in layers {
        let replaced = || EditError::Replaced(layer.slug.clone());
        let (table, shape) = found.get(&layer.id).ok_or_else(replaced)?;
        let same = serde_json::json!([
            layer.geometry.name(),
            layer.has_z,
            layer.has_m,
            layer.crs.srid,
            layer.columns
        ]);
        if *table != layer.table && *shape != same {
            return Err(replaced());
        }
        tables.insert(layer.id, table.clone());
    }
    Ok(tables)
}

/// Identifiers of the features that a condition finds, by number; their rows are locked until the
/// transaction ends. `None` when there are more than `limit`.
pub(in crate::features) async fn find(
    session: &mut Session,
    table: &str,
    Target(condition): &Target,
    limit: usize,
) -> Result<Option<Vec<i64>>, EditError> {
    let mut sql = SqlBuilder::new();
    sql.push("select fid from ").push(&Ident::data(table).to_string());
    if let Some(condition) = condition {
        sql.push(" where ");
        condition.to_sql(&mut sql);
    }
    sql.push(" order by fid limit ");
    sql.bind(i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1), "bigint").push(" for update");
    let rows = session.query(sql.text(), &sql.params()).await?;
    if rows.len() > limit {
        return Ok(None);
    }
    rows.iter().map(|row| Ok(row.try_get(0).map_err(StoreError::from)?)).collect::<Result<_, _>>().map(Some)
}

/// Refuses geometries that cross themselves, by PostGIS's own judgement.
pub(super) async fn check_validity<'a>(
    session: &mut Session,
    geometries: impl Iterator<Item = (&'a Place, Option<usize>, &'a Vec<u8>)>,
) -> Result<(), EditError> {
    let (places, shapes): (Vec<_>, Vec<_>) = geometries
        .filter(|(_, _, ewkb)| geometry::may_be_invalid(ewkb))
        .map(|(place, position, ewkb)| ((place, position), ewkb))
        .unzip();
    if shapes.is_empty() {
        return Ok(());
    }
    let sql = "select ord, ST_IsValidReason(g) as reason \
               from (select ord, ST_GeomFromEWKB(b) as g from unnest($1::bytea[]) with ordinality as t(b, ord)) s \
               where not ST_IsValid(g) order by ord limit 1";
    let Some(row) = session.query_opt(sql, &[&shapes]).await? else { return Ok(()) };
    let (ord, reason): (i64, String) = (field(&row, "ord")?, field(&row, "reason")?);
    let index = usize::try_from(ord.saturating_sub(1)).unwrap_or(0);
    let Some((place, position)) = places.get(index) else { return Err(StoreError::Gone.into()) };
    let mut place = (*place).clone();
    place.feature = position.map(Which::Position).or(place.feature);
    Err(EditError::Geometry {
        place: Box::new(place),
        reason: format!("is not valid: {}", readable(&reason)),
    })
}

/// `Self-intersection[5 5]` as `Self-intersection at 5 5 (x y)`.
fn readable(reason: &str) -> String {
    match reason.strip_suffix(']').and_then(|r| r.rsplit_once('[')) {
        Some((what, place)) => format!("{what} at {place} (x y, in the layer's system)"),
        None => reason.to_owned(),
    }
}

/// Writes new features and answers their identifiers, in order. Rows that come with an identifier keep it.
pub(super) async fn insert(
    session: &mut Session,
    layer: &Layer,
    table: &str,
    rows: &[(&Place, usize, &Row)],
) -> Result<Vec<i64>, EditError> {
    refuse_taken(session, table, rows).await?;
    let fids = numbers(session, table, rows).await?;
    let mut used: Vec<usize> = rows.iter().flat_map(|(_, _, row)| row.values.iter().map(|v| v.0)).collect();
    used.sort_unstable();
    used.dedup();
    let columns: Vec<(usize, &Column)> =
        used.iter().filter_map(|index| Some((*index, layer.columns.get(*index)?))).collect();
    let mut sql = SqlBuilder::new();
    sql.push("insert into ").push(&Ident::data(table).to_string()).push(" (fid");
    for (_, column) in &columns {
        sql.push(", ").push(&Ident::new(&column.name).to_string());
    }
    sql.push(", geom) select n.fid");
    for (index, column) in &columns {
        sql.push(&format!(", n.c{index}::{}", column.kind.sql()));
    }
    sql.push(", ").push(&stored("n.g", layer)).push(" from unnest(").bind(fids.clone(), "bigint[]");
    for (index, _) in &columns {
        let texts: Vec<Option<String>> = rows.iter().map(|(_, _, row)| row.text(*index)).collect();
        sql.push(", ").bind(texts, "text[]");
    }
    let geometries: Vec<Option<Vec<u8>>> =
        rows.iter().map(|(_, _, row)| row.geometry.clone().flatten()).collect();
    sql.push(", ").bind(geometries, "bytea[]").push(") as n(fid");
    for (index, _) in &columns {
        sql.push(&format!(", c{index}"));
    }
    sql.push(", g)");
    session.execute(sql.text(), &sql.params()).await?;
    Ok(fids)
}

/// An identifier that a client chose must be free.
async fn refuse_taken(
    session: &mut Session,
    table: &str,
    rows: &[(&Place, usize, &Row)],
) -> Result<(), EditError> {
    let chosen: Vec<i64> = rows.iter().filter_map(|(_, _, row)| row.fid).collect();
    if chosen.is_empty() {
        return Ok(());
    }
    let sql = format!("select fid from {} where fid = any($1)", Ident::data(table));
    let mut taken = HashSet::new();
    for row in session.query(&sql, &[&chosen]).await? {
        taken.insert(field::<i64>(&row, "fid")?);
    }
    let first = rows.iter().find_map(|(place, position, row)| {
        row.fid.filter(|fid| taken.contains(fid)).map(|fid| (*place, *position, fid))
    });
    match first {
        Some((place, position, fid)) => {
            let place = Place { feature: Some(Which::Position(position)), ..place.clone() };
            Err(EditError::Duplicate { place: Box::new(place), fid })
        }
        None => Ok(()),
    }
}

/// Identifiers from the table's own sequence for the rows that have none.
async fn numbers(
    session: &mut Session,
    table: &str,
    rows: &[(&Place, usize, &Row)],
) -> Result<Vec<i64>, EditError> {
    let missing = rows.iter().filter(|(_, _, row)| row.fid.is_none()).count();
    let mut given = Vec::new();
    if missing > 0 {
        let sequence = "select pg_get_serial_sequence($1, 'fid') as name";
        let row = session.query_one(sequence, &[&Ident::data(table).to_string()]).await?;
        let Some(name) = field::<Option<String>>(&row, "name")? else {
            return Err(StoreError::Data("the layer's table gives no identifiers".to_owned()).into());
        };
        let highest = rows.iter().filter_map(|(_, _, row)| row.fid).max();
        if let Some(highest) = highest {
            let raise = "select setval($1::text::regclass, \
                         greatest($2, coalesce(pg_sequence_last_value($1::text::regclass), 0)))";
            session.query(raise, &[&name, &highest]).await?;
        }
        let next = "select nextval($1::text::regclass) as fid from generate_series(1, $2::bigint)";
        for row in session.query(next, &[&name, &i64::try_from(missing).unwrap_or(0)]).await? {
            given.push(field::<i64>(&row, "fid")?);
        }
    }
    let mut given = given.into_iter();
    rows.iter().map(|(_, _, row)| row.fid.or_else(|| given.next()).ok_or(StoreError::Gone.into())).collect()
}

/// Writes values of a row into features.
pub(super) async fn update(
    session: &mut Session,
    layer: &Layer,
    table: &str,
    row: &Row,
    fids: &[i64],
) -> Result<(), EditError> {
    let mut sql = SqlBuilder::new();
    sql.push("update ").push(&Ident::data(table).to_string()).push(" set ");
    let mut comma = "";
    for (index, text) in &row.values {
        let Some(column) = layer.columns.get(*index) else { continue };
        sql.push(comma).push(&Ident::new(&column.name).to_string()).push(" = ");
        sql.bind(text.clone(), "text").push("::").push(column.kind.sql());
        comma = ", ";
    }
    if let Some(geometry) = &row.geometry {
        // One parameter, however often the expression names it.
        sql.push(comma).push("geom = (select ").push(&stored("n.g", layer)).push(" from (select ");
        sql.bind(geometry.clone(), "bytea").push(" as g) n)");
        comma = ", ";
    }
    if comma.is_empty() || fids.is_empty() {
        return Ok(());
    }
    sql.push(" where fid = any(").bind(fids.to_vec(), "bigint[]").push(")");
    session.execute(sql.text(), &sql.params()).await?;
    Ok(())
}

/// Removes features.
pub(super) async fn delete(session: &mut Session, table: &str, fids: &[i64]) -> Result<(), EditError> {
    if !fids.is_empty() {
        let sql = format!("delete from {} where fid = any($1)", Ident::data(table));
        session.execute(&sql, &[&fids]).await?;
    }
    Ok(())
}

/// The expression that gives the bytes of a parameter the layer's form: type, Z, M and SRID.
fn stored(bytes: &str, layer: &Layer) -> String {
    let read = format!("ST_GeomFromEWKB({bytes})");
    let kind = match layer.geometry {
        GeometryType::Geometry => read,
        GeometryType::GeometryCollection => format!("ST_ForceCollection({read})"),
        single if single.multi() != single => format!("ST_GeometryN({read}, 1)"),
        _ => format!("ST_Multi({read})"),
    };
    let force = match (layer.has_z, layer.has_m) {
        (false, false) => "ST_Force2D",
        (true, false) => "ST_Force3DZ",
        (false, true) => "ST_Force3DM",
        (true, true) => "ST_Force4D",
    };
    format!("ST_SetSRID({force}({kind}), {})", layer.crs.srid)
}

/// The numbers of the versions that features have now; 1 for those nobody ever changed.
pub(in crate::features) async fn versions(
    session: &mut Session,
    table: &str,
    fids: &[i64],
) -> Result<HashMap<i64, i64>, StoreError> {
    let sql = "select fid, max(version + (change <> 'insert')::int)::bigint as version \
               from datasud.feature_history where table_name = $1 and fid = any($2) group by fid";
    let mut versions = HashMap::new();
    for row in session.query(sql, &[&table, &fids]).await? {
        versions.insert(field(&row, "fid")?, field(&row, "version")?);
    }
    Ok(versions)
}

impl Row {
    /// The text of a column; what is not given is null.
    fn text(&self, column: usize) -> Option<String> {
        let at = self.values.binary_search_by_key(&column, |(index, _)| *index).ok()?;
        self.values.get(at)?.1.clone()
    }
}

//! The properties that GML gives every feature: a name, a description, an identifier (OGC 07-036 clause 9.4).
//! They are plain columns called `gml:name` and so on; a layer gets one when an edit first brings a value.

use super::edit::EditError;
use crate::model::{Column, ColumnType, Layer};
use crate::store::{Deadline, Ident, Store, StoreError};

/// Longest wait for those who read the layer: its table is changed while nobody does.
const WAIT: &str = "set local lock_timeout = '5s'";

/// Adds columns for some of GML's own properties to a layer. One that is there already stays as it is; all
/// nodes are told.
///
/// # Errors
/// [`EditError::Replaced`] when the layer now has other data, [`EditError::Store`].
pub async fn add_gml_properties(
    store: &Store,
    layer: &Layer,
    names: &[String],
    deadline: Deadline,
) -> Result<(), EditError> {
    let mut transaction = store.session(deadline).await?.begin().await?;
    let session = transaction.session()?;
    session.batch(WAIT).await?;
    // The row's lock keeps others that would add the same from the table until this is done.
    let find = "select columns, table_name from datasud.layer where id = $1 for update";
    let Some(row) = session.query_opt(find, &[&layer.id]).await? else {
        return Err(EditError::Replaced(layer.slug.clone()));
    };
    let table: String = row.try_get("table_name").map_err(StoreError::from)?;
    if table != layer.table {
        return Err(EditError::Replaced(layer.slug.clone()));
    }
    let columns: serde_json::Value = row.try_get("columns").map_err(StoreError::from)?;
    let known: Vec<Column> =
        serde_json::from_value(columns).map_err(|_| EditError::Replaced(layer.slug.clone()))?;
    let missing: Vec<Column> = names
        .iter()
        .filter(|name| Column::GML.contains(&name.as_str()) && known.iter().all(|c| c.name != **name))
        .map(|name| Column::new(name.clone(), ColumnType::Text))
        .collect();
    if missing.is_empty() {
        return Ok(transaction.commit().await?);
    }
    let (data, view) = (Ident::data(&table), Ident::data(&layer.slug));
    for column in &missing {
        let column = Ident::new(&column.name);
        session.batch(&format!("alter table {data} add column if not exists {column} text")).await?;
    }
    session.batch(&format!("create or replace view {view} as select * from {data}")).await?;
    let update = "update datasud.layer set columns = columns || $2::jsonb, \
                  generation = nextval('datasud.generation') where id = $1 returning generation";
    let row = session.query_one(update, &[&layer.id, &serde_json::json!(missing)]).await?;
    let generation: i64 = row.try_get("generation").map_err(StoreError::from)?;
    let told = serde_json::json!({
        "kind": "edited", "layer": layer.id, "generation": generation, "bbox": null,
    });
    session.execute("select pg_notify('datasud', $1)", &[&told.to_string()]).await?;
    Ok(transaction.commit().await?)
}

//! Where stored queries are kept: in the database, read anew for each request, so that every node knows them at
//! once.

use super::definition::Definition;
use crate::services::edge::Call;
use crate::services::wfs::error::WfsError;
use crate::store::{Row, StoreError};
use actix_web::http::StatusCode;

/// Queries that one address may keep.
const MOST: i64 = 1000;

/// The error about an identifier that is taken.
pub fn duplicate(id: &str) -> WfsError {
    let message = "there is a stored query of this identifier; drop it first, or choose another identifier";
    WfsError::new(StatusCode::BAD_REQUEST, "DuplicateStoredQueryIdValue", id, message)
}

fn definition(row: &Row) -> Result<Definition, WfsError> {
    Ok(Definition {
        id: row.try_get(0).map_err(StoreError::from)?,
        text: row.try_get(1).map_err(StoreError::from)?,
    })
}

/// The query of an identifier: this address's own goes before the platform's.
pub async fn find(call: &Call, id: &str) -> Result<Option<Definition>, WfsError> {
    if id.contains('\0') {
        return Ok(None);
    }
    let sql = "select id, definition from datasud.stored_query where id = $1::text and scope in ('', $2::text) \
               order by scope desc limit 1";
    let mut session = call.app.store.session(call.deadline()).await?;
    session.query_opt(sql, &[&id, &call.scope.prefix()]).await?.as_ref().map(definition).transpose()
}

/// All queries of this address, by identifier.
pub async fn all(call: &Call) -> Result<Vec<Definition>, WfsError> {
    let sql = "select distinct on (id) id, definition from datasud.stored_query where scope in ('', $1::text) \
               order by id, scope desc";
    let mut session = call.app.store.session(call.deadline()).await?;
    session.query(sql, &[&call.scope.prefix()]).await?.iter().map(definition).collect()
}

/// Keeps all of these, or none.
pub async fn insert(call: &Call, new: &[Definition]) -> Result<(), WfsError> {
    let scope = call.scope.prefix();
    let session = call.app.store.session(call.deadline()).await?;
    let mut transaction = session.begin().await?;
    for definition in new {
        let sql = "insert into datasud.stored_query (scope, id, definition) \
                   select $1::text, $2::text, $3::text \
                   where (select count(*) from datasud.stored_query where scope = $1::text) < $4::bigint \
                   on conflict do nothing";
        let parameters: [&(dyn crate::store::ToSql + Sync); 4] =
            [&scope, &definition.id, &definition.text, &MOST];
        if transaction.session()?.execute(sql, &parameters).await? > 0 {
            continue;
        }
        let sql = "select count(*) from datasud.stored_query where scope = $1::text and id = $2::text";
        let taken = transaction.session()?.query_one(sql, &[&scope, &definition.id]).await?;
        let taken: i64 = taken.try_get(0).map_err(StoreError::from)?;
        transaction.rollback().await?;
        if taken > 0 {
            return Err(duplicate(&definition.id));
        }
        let message = format!("no more than {MOST} stored queries are kept here; drop one that isn't needed");
        return Err(WfsError::new(
            StatusCode::BAD_REQUEST,
            "OperationProcessingFailed",
            &definition.id,
            message,
        ));
    }
    Ok(transaction.commit().await?)
}

/// Whether there was a query of this identifier, kept at this very address.
pub async fn delete(call: &Call, id: &str) -> Result<bool, WfsError> {
    if id.contains('\0') {
        return Ok(false);
    }
    let sql = "delete from datasud.stored_query where scope = $1::text and id = $2::text";
    let mut session = call.app.store.session(call.deadline()).await?;
    Ok(session.execute(sql, &[&call.scope.prefix(), &id]).await? > 0)
}

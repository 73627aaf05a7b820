//! How much room the records of a tool take, and the oldest of them as what goes first.

use mcpbox_core::{
    call::{CallRecord, Profile},
    ids::ToolId,
};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::{DELETE_BATCH, row::to_row};
use crate::{
    convert::Place,
    entity::calls::{Column, Entity},
    error::StoreError,
    store::{Store, Tx},
};

/// What a record takes, bytes; none when it cannot be stored.
pub fn size(record: &CallRecord) -> u64 {
    to_row(record).map_or(0, |row| row.bytes.unsigned_abs())
}

/// Deletes the oldest records of a tool until the rest has room in `most` bytes, in small transactions. Tests are not counted and
/// stay: they go with their version. Gives how many went.
///
/// # Errors
/// When the database fails; what was deleted until then stays deleted.
pub async fn trim(store: &Store, tool: ToolId, most: u64) -> Result<u64, StoreError> {
    let mut deleted = 0;
    loop {
        let tx = store.begin_log().await?;
        let batch = trim_batch(&tx, tool, most).await?;
        tx.commit().await?;
        deleted += batch;
        if batch == 0 {
            return Ok(deleted);
        }
    }
}

async fn trim_batch(tx: &Tx, tool: ToolId, most: u64) -> Result<u64, StoreError> {
    let test = Place("calls", "profile").word(&Profile::Quarantine)?;
    let all = Entity::find().select_only().filter(Column::ToolId.eq(tool.0)).filter(Column::Profile.ne(test));
    // PostgreSQL sums to a number of another type.
    let sum = all.clone().column_as(Expr::col(Column::Bytes).sum().cast_as("bigint"), "total");
    let total: Option<Option<i64>> = sum.into_tuple().one(&tx.inner).await?;
    let mut over = total.flatten().unwrap_or(0).unsigned_abs().saturating_sub(most);
    if over == 0 {
        return Ok(0);
    }
    let oldest = all.columns([Column::Id, Column::Bytes]).order_by_asc(Column::StartedAt).order_by_asc(Column::Id);
    let oldest: Vec<(Uuid, i64)> = oldest.limit(DELETE_BATCH).into_tuple().all(&tx.inner).await?;
    let goes = oldest.into_iter().map_while(|(id, bytes)| {
        let goes = over > 0;
        over = over.saturating_sub(bytes.unsigned_abs());
        goes.then_some(id)
    });
    let ids: Vec<Uuid> = goes.collect();
    Ok(Entity::delete_many().filter(Column::Id.is_in(ids)).exec(&tx.inner).await?.rows_affected)
}

//! Changes that other replicas must hear of: written with the change, announced on PostgreSQL when it commits.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait as _, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use serde_json::Value;

use crate::{
    convert::{Place, text, time},
    entity::outbox::{ActiveModel, Column, Entity},
    error::StoreError,
    listen,
    store::{Connection, Tx},
};

/// Rows given at a time.
const BATCH: u64 = 500;

/// A change.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxEntry {
    /// Grows in the order in which changes were committed.
    pub id: i64,
    /// What sort of change.
    pub kind: String,
    /// Ids of what changed.
    pub payload: Value,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Writes a change in the transaction that makes it; gives its id.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &Tx, kind: &str, payload: &Value, now: DateTime<Utc>) -> Result<i64, StoreError> {
    let row = ActiveModel {
        kind: Set(text(kind)),
        payload: Set(Place("outbox", "payload").json(payload)?),
        created_at: Set(time(now)),
        ..Default::default()
    };
    let row = row.insert(&tx.inner).await?;
    listen::notify(tx, listen::CHANGES, "").await?;
    Ok(row.id)
}

/// Changes after `id`, oldest first, at most 500.
///
/// # Errors
/// When the database fails.
pub async fn since(connection: &impl Connection, id: i64) -> Result<Vec<OutboxEntry>, StoreError> {
    let select = Entity::find().filter(Column::Id.gt(id)).order_by_asc(Column::Id).limit(BATCH);
    let rows = select.all(&connection.executor()).await?;
    let entry = |row: crate::entity::outbox::Model| OutboxEntry {
        id: row.id,
        kind: row.kind,
        payload: row.payload,
        created_at: row.created_at,
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// Id of the newest change, 0 when there is none: where a replica starts to listen.
///
/// # Errors
/// When the database fails.
pub async fn latest_id(connection: &impl Connection) -> Result<i64, StoreError> {
    let newest = Entity::find().order_by_desc(Column::Id).one(&connection.executor()).await?;
    Ok(newest.map_or(0, |row| row.id))
}

/// Removes changes from before `before`, which every replica has long read; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_older_than(tx: &Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let delete = Entity::delete_many().filter(Column::CreatedAt.lt(time(before)));
    Ok(delete.exec(&tx.inner).await?.rows_affected)
}

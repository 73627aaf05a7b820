//! The one-time token that lets the first admin be made. There is one at most.

use chrono::{DateTime, Utc};
use mcpbox_core::token::TokenHash;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, sea_query::OnConflict};

use crate::{
    convert::time,
    entity::setup_tokens::{Column, Entity, Model},
    error::StoreError,
    store::{Connection, Tx},
};

const ROW: i32 = 1;

/// Makes this the token; one from before counts no longer.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &Tx, token: &TokenHash, now: DateTime<Utc>) -> Result<(), StoreError> {
    let row = Model { id: ROW, token_hash: token.as_str().to_owned(), created_at: time(now) };
    let replace = OnConflict::column(Column::Id).update_columns([Column::TokenHash, Column::CreatedAt]).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(replace).exec_without_returning(&tx.inner).await?;
    Ok(())
}

/// Whether this is the token.
///
/// # Errors
/// When the database fails.
pub async fn matches(connection: &impl Connection, token: &TokenHash) -> Result<bool, StoreError> {
    let found = Entity::find().filter(Column::TokenHash.eq(token.as_str())).count(&connection.executor()).await?;
    Ok(found > 0)
}

/// Uses the token up; false when it is another.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &Tx, token: &TokenHash) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::TokenHash.eq(token.as_str()));
    Ok(delete.exec(&tx.inner).await?.rows_affected > 0)
}

/// Removes whatever token there is: an admin was made another way.
///
/// # Errors
/// When the database fails.
pub async fn clear(tx: &Tx) -> Result<(), StoreError> {
    Entity::delete_many().exec(&tx.inner).await?;
    Ok(())
}

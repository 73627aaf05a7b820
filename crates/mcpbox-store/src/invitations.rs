//! One-time tokens with which a human sets the first or a new password of an account. An account has one at most.

use chrono::{DateTime, Utc};
use mcpbox_core::{ids::UserId, token::TokenHash};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::OnConflict};

use crate::{
    convert::time,
    entity::invitations::{Column, Entity, Model},
    error::StoreError,
    store::{Connection, Tx},
};

/// Makes this the token of the account until `expires_at`; one from before counts no longer.
///
/// # Errors
/// [`StoreError::Missing`] when the account is gone.
pub async fn put(
    tx: &Tx,
    user_id: UserId,
    token: &TokenHash,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = Model {
        user_id: user_id.0,
        token_hash: token.as_str().to_owned(),
        created_at: time(now),
        expires_at: time(expires_at),
    };
    let columns = [Column::TokenHash, Column::CreatedAt, Column::ExpiresAt];
    let replace = OnConflict::column(Column::UserId).update_columns(columns).to_owned();
    let write = Entity::insert(row.into_active_model()).on_conflict(replace).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("an invitation"))?;
    Ok(())
}

/// Whose token it is, and when it ends.
///
/// # Errors
/// When the database fails.
pub async fn find(
    connection: &impl Connection,
    token: &TokenHash,
) -> Result<Option<(UserId, DateTime<Utc>)>, StoreError> {
    let found = Entity::find().filter(Column::TokenHash.eq(token.as_str())).one(&connection.executor()).await?;
    Ok(found.map(|row| (UserId(row.user_id), row.expires_at)))
}

/// Until when the account has one.
///
/// # Errors
/// When the database fails.
pub async fn of_user(connection: &impl Connection, user_id: UserId) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(Entity::find_by_id(user_id.0).one(&connection.executor()).await?.map(|row| row.expires_at))
}

/// Uses the token up; false when it is another or was used.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &Tx, token: &TokenHash) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::TokenHash.eq(token.as_str()));
    Ok(delete.exec(&tx.inner).await?.rows_affected > 0)
}

/// Takes the account's token away, if it has one.
///
/// # Errors
/// When the database fails.
pub async fn clear(tx: &Tx, user_id: UserId) -> Result<(), StoreError> {
    Entity::delete_by_id(user_id.0).exec(&tx.inner).await?;
    Ok(())
}

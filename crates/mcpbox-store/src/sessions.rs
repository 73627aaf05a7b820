//! Login sessions of admins, found by the hash of their token.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::{SessionId, UserId},
    token::TokenHash,
    user::AdminSession,
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::{
    convert::{text, time},
    entity::sessions::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

/// Sessions of one account that a list shows.
const PER_USER_MAX: u64 = 100;

/// Writes a new session.
///
/// # Errors
/// [`StoreError::Missing`] when the account is gone.
pub async fn insert(tx: &Tx, session: &AdminSession, token: &TokenHash) -> Result<(), StoreError> {
    let row = Model {
        id: session.id.0,
        user_id: session.user_id.0,
        token_hash: token.as_str().to_owned(),
        created_at: time(session.created_at),
        last_seen_at: time(session.last_seen_at),
        expires_at: time(session.expires_at),
        origin: text(&session.origin),
        user_agent: text(&session.user_agent),
    };
    let write = Entity::insert(row.into_active_model()).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("a session"))?;
    Ok(())
}

/// The session of a token, expired or not.
///
/// # Errors
/// When the database fails.
pub async fn by_token_hash(
    connection: &impl Connection,
    token: &TokenHash,
) -> Result<Option<AdminSession>, StoreError> {
    let found = Entity::find().filter(Column::TokenHash.eq(token.as_str())).one(&connection.executor()).await?;
    found.map(AdminSession::try_from).transpose()
}

/// The session with this id, expired or not.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: SessionId) -> Result<Option<AdminSession>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(AdminSession::try_from).transpose()
}

/// The sessions of an account, newest first, at most 100.
///
/// # Errors
/// When the database fails.
pub async fn by_user(connection: &impl Connection, user_id: UserId) -> Result<Vec<AdminSession>, StoreError> {
    let select = Entity::find().filter(Column::UserId.eq(user_id.0)).order_by_desc(Column::CreatedAt);
    paging::convert(select.limit(PER_USER_MAX).all(&connection.executor()).await?)
}

/// Notes that a session was used, and moves its end; false when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &Tx, id: SessionId, now: DateTime<Utc>, expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
    let change =
        ActiveModel { last_seen_at: Set(time(now)), expires_at: Set(time(expires_at)), ..ActiveModel::default() };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Ends a session; false when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, id: SessionId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(id.0).exec(&tx.inner).await?.rows_affected > 0)
}

/// Ends all sessions of an account but `except`; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_user(tx: &Tx, user_id: UserId, except: Option<SessionId>) -> Result<u64, StoreError> {
    let mut delete = Entity::delete_many().filter(Column::UserId.eq(user_id.0));
    if let Some(kept) = except {
        delete = delete.filter(Column::Id.ne(kept.0));
    }
    Ok(delete.exec(&tx.inner).await?.rows_affected)
}

/// Removes sessions that have ended; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(tx: &Tx, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let delete = Entity::delete_many().filter(Column::ExpiresAt.lte(time(now)));
    Ok(delete.exec(&tx.inner).await?.rows_affected)
}

impl TryFrom<Model> for AdminSession {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: SessionId(row.id),
            user_id: UserId(row.user_id),
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
            origin: row.origin,
            user_agent: row.user_agent,
        })
    }
}

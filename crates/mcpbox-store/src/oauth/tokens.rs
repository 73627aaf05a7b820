//! Tokens of authorizations, found by their hash. Spent refresh tokens stay until their end: one that comes again is known.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::AuthorizationId,
    oauth::{FamilyToken, TokenKind},
    token::TokenHash,
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};

use crate::{
    convert::{Place, time},
    entity::oauth_tokens::{Column, Entity, Model},
    error::StoreError,
    store::{Connection, Tx},
};

const KIND: Place = Place("oauth_tokens", "kind");

/// Writes a new token.
///
/// # Errors
/// [`StoreError::Missing`] when the authorization is gone.
pub async fn insert(tx: &Tx, token: &FamilyToken, hash: &TokenHash) -> Result<(), StoreError> {
    let row = Model {
        token_hash: hash.as_str().to_owned(),
        authorization_id: token.authorization_id.0,
        kind: KIND.word(&token.kind)?,
        generation: token.generation,
        expires_at: time(token.expires_at),
    };
    let write = Entity::insert(row.into_active_model()).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("a token"))?;
    Ok(())
}

/// The token with this hash, expired or not.
///
/// # Errors
/// When the database fails.
pub async fn by_hash(connection: &impl Connection, hash: &TokenHash) -> Result<Option<FamilyToken>, StoreError> {
    let found = Entity::find_by_id(hash.as_str().to_owned()).one(&connection.executor()).await?;
    found.map(FamilyToken::try_from).transpose()
}

/// How many refresh tokens of a generation an authorization has.
///
/// # Errors
/// When the database fails.
pub async fn count_refresh(
    connection: &impl Connection,
    id: AuthorizationId,
    generation: i32,
) -> Result<u64, StoreError> {
    let select = Entity::find()
        .filter(Column::AuthorizationId.eq(id.0))
        .filter(Column::Kind.eq(KIND.word(&TokenKind::Refresh)?))
        .filter(Column::Generation.eq(generation));
    Ok(select.count(&connection.executor()).await?)
}

/// Ends one token; false when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, hash: &TokenHash) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(hash.as_str().to_owned()).exec(&tx.inner).await?.rows_affected > 0)
}

/// Forgets tokens that have ended; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(tx: &Tx, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let delete = Entity::delete_many().filter(Column::ExpiresAt.lte(time(now)));
    Ok(delete.exec(&tx.inner).await?.rows_affected)
}

impl TryFrom<Model> for FamilyToken {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            authorization_id: AuthorizationId(row.authorization_id),
            kind: KIND.parse_word(row.kind)?,
            generation: row.generation,
            expires_at: row.expires_at,
        })
    }
}

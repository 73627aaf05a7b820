//! Access tokens of clients that send a header, found by their hash.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::TokenId,
    paging::{Page, PageRequest},
    principal::ActorKind,
    token::{AccessToken, TokenHash},
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::{
    convert::{Place, actor, actor_kind, text, time},
    entity::access_tokens::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

/// Tokens that there may be.
pub const TOKENS_MAX: u64 = 1_000;

/// Writes a new token.
///
/// # Errors
/// [`StoreError::Conflict`] when the name is taken.
pub async fn insert(tx: &Tx, token: &AccessToken, hash: &TokenHash) -> Result<(), StoreError> {
    let created_by = actor(&token.created_by);
    let row = Model {
        id: token.id.0,
        name: text(&token.name),
        token_hash: hash.as_str().to_owned(),
        scopes: Place("access_tokens", "scopes").json(&token.scopes)?,
        created_by_kind: actor_kind(created_by.kind),
        created_by_name: created_by.name,
        created_at: time(token.created_at),
        expires_at: token.expires_at.map(time),
        last_used_at: token.last_used_at.map(time),
    };
    let write = Entity::insert(row.into_active_model()).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("an access token with this name"))?;
    Ok(())
}

/// The token with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: TokenId) -> Result<Option<AccessToken>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(AccessToken::try_from).transpose()
}

/// The token with this hash, expired or not.
///
/// # Errors
/// When the database fails.
pub async fn by_hash(connection: &impl Connection, hash: &TokenHash) -> Result<Option<AccessToken>, StoreError> {
    let found = Entity::find().filter(Column::TokenHash.eq(hash.as_str())).one(&connection.executor()).await?;
    found.map(AccessToken::try_from).transpose()
}

/// All tokens with their hashes, expired ones too.
///
/// # Errors
/// When the database fails.
pub async fn all(connection: &impl Connection) -> Result<Vec<(TokenHash, AccessToken)>, StoreError> {
    let rows = Entity::find().order_by_asc(Column::Id).limit(TOKENS_MAX).all(&connection.executor()).await?;
    rows.into_iter().map(|row| Ok((TokenHash::kept(row.token_hash.clone()), row.try_into()?))).collect()
}

/// How many tokens there are.
///
/// # Errors
/// When the database fails.
pub async fn count(connection: &impl Connection) -> Result<u64, StoreError> {
    Ok(Entity::find().count(&connection.executor()).await?)
}

/// Tokens by name.
///
/// # Errors
/// When the database fails.
pub async fn list(connection: &impl Connection, page: PageRequest) -> Result<Page<AccessToken>, StoreError> {
    paging::page(&connection.executor(), Entity::find().order_by_asc(Column::Name), page).await
}

/// Notes that a token was used; false when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &Tx, id: TokenId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let change = ActiveModel { last_used_at: Set(Some(time(now))), ..ActiveModel::default() };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Deletes a token; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, id: TokenId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(id.0).exec(&tx.inner).await?.rows_affected > 0)
}

/// Removes the tokens that somebody made; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_human(tx: &Tx, username: &str) -> Result<u64, StoreError> {
    let by_humans = Column::CreatedByKind.eq(actor_kind(ActorKind::Admin));
    let delete = Entity::delete_many().filter(by_humans).filter(Column::CreatedByName.eq(username));
    Ok(delete.exec(&tx.inner).await?.rows_affected)
}

impl TryFrom<Model> for AccessToken {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: TokenId(row.id),
            name: row.name,
            scopes: Place("access_tokens", "scopes").parse_scopes(row.scopes)?,
            created_by: Place("access_tokens", "created_by_kind")
                .parse_actor(row.created_by_kind, row.created_by_name)?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        })
    }
}

//! Steps of logins and enrolments that are under way, found by the hash of their token, so that any replica takes the next step.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::UserId,
    token::TokenHash,
    user::{Ceremony, CeremonyKind},
};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, sea_query::Expr};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    convert::{Place, time},
    entity::ceremonies::{Column, Entity, Model},
    error::StoreError,
    seal::SealedAt,
    store::{Connection, Tx, sealed::Connection as _},
};

const KIND: Place = Place("ceremonies", "kind");

/// Writes a new one, and forgets those that have ended.
///
/// # Errors
/// When it cannot be sealed or written.
pub async fn insert(tx: &Tx, ceremony: &Ceremony, token: &TokenHash, now: DateTime<Utc>) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::ExpiresAt.lte(time(now))).exec(&tx.inner).await?;
    let row = Model {
        token_hash: token.as_str().to_owned(),
        kind: KIND.word(&ceremony.kind)?,
        user_id: ceremony.user_id.map(|id| id.0),
        state: tx.sealer().seal_text(place(&token.as_str().to_owned()), ceremony.state.expose_secret())?,
        attempts: ceremony.attempts,
        created_at: time(now),
        expires_at: time(ceremony.expires_at),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(&tx.inner).await?;
    Ok(())
}

/// The ceremony of this kind and token, ended or not.
///
/// # Errors
/// [`StoreError::Seal`] when its state was changed or moved.
pub async fn find(
    connection: &impl Connection,
    kind: CeremonyKind,
    token: &TokenHash,
) -> Result<Option<Ceremony>, StoreError> {
    let found = Entity::find_by_id(token.as_str()).filter(Column::Kind.eq(KIND.word(&kind)?));
    let Some(row) = found.one(&connection.executor()).await? else { return Ok(None) };
    let state = connection.sealer().unseal_text(place(&row.token_hash), &row.state)?;
    Ok(Some(Ceremony {
        kind: KIND.parse_word(row.kind)?,
        user_id: row.user_id.map(UserId),
        state: SecretString::from(state),
        attempts: row.attempts,
        expires_at: row.expires_at,
    }))
}

/// Counts a wrong answer.
///
/// # Errors
/// When the database fails.
pub async fn count_attempt(tx: &Tx, token: &TokenHash) -> Result<(), StoreError> {
    let more = Entity::update_many().col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1));
    more.filter(Column::TokenHash.eq(token.as_str())).exec(&tx.inner).await?;
    Ok(())
}

/// Ends it: of several answers one wins; false when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &Tx, token: &TokenHash) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(token.as_str()).exec(&tx.inner).await?.rows_affected > 0)
}

/// Ends what is under way for an account.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_user(tx: &Tx, user_id: UserId) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::UserId.eq(user_id.0)).exec(&tx.inner).await?;
    Ok(())
}

pub(crate) fn place(token_hash: &String) -> SealedAt<'_> {
    SealedAt { table: "ceremonies", column: "state", row: token_hash }
}

//! Passkeys of accounts: public keys, nothing secret.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::{PasskeyId, UserId},
    user::Passkey,
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::{
    convert::{Place, text, time},
    entity::passkeys::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

/// Passkeys of one account that are looked at.
const PER_USER_MAX: u64 = 50;
const CREDENTIAL: Place = Place("passkeys", "credential");

/// Writes a new passkey.
///
/// # Errors
/// [`StoreError::Conflict`] when its credential is known, [`StoreError::Missing`] when the account is gone.
pub async fn insert(tx: &Tx, passkey: &Passkey) -> Result<(), StoreError> {
    let row = Model {
        id: passkey.id.0,
        user_id: passkey.user_id.0,
        credential_id: passkey.credential_id.clone(),
        name: text(&passkey.name),
        credential: CREDENTIAL.json(&passkey.credential)?,
        created_at: time(passkey.created_at),
        last_used_at: passkey.last_used_at.map(time),
    };
    let write = Entity::insert(row.into_active_model()).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("this passkey"))?;
    Ok(())
}

/// The passkeys of an account, oldest first, at most 50.
///
/// # Errors
/// When the database fails.
pub async fn by_user(connection: &impl Connection, user_id: UserId) -> Result<Vec<Passkey>, StoreError> {
    let select = Entity::find().filter(Column::UserId.eq(user_id.0)).order_by_asc(Column::Id).limit(PER_USER_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// How many an account has.
///
/// # Errors
/// When the database fails.
pub async fn count(connection: &impl Connection, user_id: UserId) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::UserId.eq(user_id.0)).count(&connection.executor()).await?)
}

/// Notes a login with a passkey, and the key with its new counter; false when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn note_use(
    tx: &Tx,
    id: PasskeyId,
    credential: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let change = ActiveModel {
        credential: Set(CREDENTIAL.json(credential)?),
        last_used_at: Set(Some(time(now))),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Removes a passkey of this account; false when it has none with this id.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, user_id: UserId, id: PasskeyId) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::Id.eq(id.0)).filter(Column::UserId.eq(user_id.0));
    Ok(delete.exec(&tx.inner).await?.rows_affected > 0)
}

/// Removes all passkeys of an account; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_user(tx: &Tx, user_id: UserId) -> Result<u64, StoreError> {
    Ok(Entity::delete_many().filter(Column::UserId.eq(user_id.0)).exec(&tx.inner).await?.rows_affected)
}

impl TryFrom<Model> for Passkey {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: PasskeyId(row.id),
            user_id: UserId(row.user_id),
            credential_id: row.credential_id,
            name: row.name,
            credential: row.credential,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        })
    }
}

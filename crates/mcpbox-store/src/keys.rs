//! The data keys of a database: made once, wrapped by the master key, opened at start. A check value tells a wrong
//! master key from a damaged database.

use std::collections::HashMap;

use mcpbox_core::ids::SecretId;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::{
    entity::{data_keys, key_check},
    error::StoreError,
    keyring::Keyring,
    reseal,
    seal::{KeyBytes, SealError, SealedAt, Sealer, key_id, random_key, seal_with, unseal_with},
    store::Tx,
};

const CHECK_VALUE: &[u8] = b"mcpbox";
const CHECK_ROW: i32 = 1;

/// Opens the data keys with the master key; makes the first one in a new database.
pub(crate) async fn open(executor: &impl ConnectionTrait, keyring: &Keyring) -> Result<Sealer, StoreError> {
    match key_check::Entity::find_by_id(CHECK_ROW).one(executor).await? {
        Some(row) => check(keyring, &row.sealed)?,
        None => initialise(executor, keyring).await?,
    }
    let rows = data_keys::Entity::find().order_by_asc(data_keys::Column::Id).all(executor).await?;
    let mut keys = HashMap::new();
    let mut active = Uuid::nil();
    for row in rows {
        active = row.id;
        keys.insert(row.id, unwrap_key(keyring, &row)?);
    }
    Sealer::new(keys, active).ok_or_else(|| unopened(&active, SealError::UnknownKey))
}

/// Wraps all data keys with `new` instead of `old`, in one transaction; values stay as they are. Gives the number of
/// keys wrapped anew. Running it again after an interruption finishes it, or finds nothing to do.
///
/// # Errors
/// [`StoreError::WrongKey`] when neither `old` nor `new` opens the database.
pub async fn rotate_kek(tx: &Tx, old: &Keyring, new: &Keyring) -> Result<u64, StoreError> {
    let row = key_check::Entity::find_by_id(CHECK_ROW).one(&tx.inner).await?.ok_or(StoreError::WrongKey)?;
    if check(new, &row.sealed).is_err() {
        check(old, &row.sealed)?;
    }
    let mut rotated = 0;
    for row in data_keys::Entity::find().all(&tx.inner).await? {
        if wrapped_by(&row)? == new.id() {
            continue;
        }
        let key = unwrap_key(old, &row)?;
        let wrapped = wrap_key(new, row.id, &key)?;
        data_keys::Entity::update_many()
            .col_expr(data_keys::Column::Wrapped, wrapped.into())
            .filter(data_keys::Column::Id.eq(row.id))
            .exec(&tx.inner)
            .await?;
        rotated += 1;
    }
    key_check::ActiveModel { id: sea_orm::Set(CHECK_ROW), sealed: sea_orm::Set(check_blob(new)?) }
        .update(&tx.inner)
        .await?;
    Ok(rotated)
}

/// Encrypts every value with a new data key, wrapped by `keyring`, and forgets the old ones, in one transaction. Gives the
/// number of values. The store must be opened anew afterwards.
///
/// # Errors
/// [`StoreError::Seal`] when a value was changed or moved.
pub async fn rotate_data_keys(tx: &Tx, keyring: &Keyring) -> Result<u64, StoreError> {
    let (sealer, new) = with_new_key(&tx.inner, keyring).await?;
    let values = reseal::all(&tx.inner, &sealer).await?;
    data_keys::Entity::delete_many().filter(data_keys::Column::Id.ne(new)).exec(&tx.inner).await?;
    Ok(values)
}

/// All data keys, and a new one that encrypts.
async fn with_new_key(executor: &impl ConnectionTrait, keyring: &Keyring) -> Result<(Sealer, Uuid), StoreError> {
    let id = SecretId::generate().0;
    let key = random_key().map_err(|source| unopened(&id, source))?;
    let row = data_keys::Model { id, wrapped: wrap_key(keyring, id, &key)? };
    data_keys::Entity::insert(row.into_active_model()).exec_without_returning(executor).await?;
    let mut keys = HashMap::new();
    for row in data_keys::Entity::find().all(executor).await? {
        keys.insert(row.id, unwrap_key(keyring, &row)?);
    }
    let sealer = Sealer::new(keys, id).ok_or_else(|| unopened(&id, SealError::UnknownKey))?;
    Ok((sealer, id))
}

async fn initialise(executor: &impl ConnectionTrait, keyring: &Keyring) -> Result<(), StoreError> {
    // Any time-ordered id will do: the newest key is the one that encrypts.
    let id = SecretId::generate().0;
    let key = random_key().map_err(|source| unopened(&id, source))?;
    let row = data_keys::Model { id, wrapped: wrap_key(keyring, id, &key)? };
    data_keys::Entity::insert(row.into_active_model()).exec_without_returning(executor).await?;
    let row = key_check::Model { id: CHECK_ROW, sealed: check_blob(keyring)? };
    key_check::Entity::insert(row.into_active_model()).exec_without_returning(executor).await?;
    Ok(())
}

fn check(keyring: &Keyring, blob: &[u8]) -> Result<(), StoreError> {
    match unseal_with(keyring.key(), check_place(), blob) {
        Ok(value) if value.as_slice() == CHECK_VALUE => Ok(()),
        _ => Err(StoreError::WrongKey),
    }
}

fn check_blob(keyring: &Keyring) -> Result<Vec<u8>, StoreError> {
    let place = check_place();
    seal_with(keyring.key(), keyring.id(), place, CHECK_VALUE)
        .map_err(|source| StoreError::Seal { place: place.to_string(), source })
}

fn check_place() -> SealedAt<'static> {
    SealedAt { table: "key_check", column: "sealed", row: &CHECK_ROW }
}

fn wrap_key(keyring: &Keyring, id: Uuid, key: &KeyBytes) -> Result<Vec<u8>, StoreError> {
    seal_with(keyring.key(), keyring.id(), key_place(&id), key.as_slice()).map_err(|source| unopened(&id, source))
}

fn unwrap_key(keyring: &Keyring, row: &data_keys::Model) -> Result<KeyBytes, StoreError> {
    let opened = unseal_with(keyring.key(), key_place(&row.id), &row.wrapped);
    let bytes = opened.map_err(|source| unopened(&row.id, source))?;
    let mut key = KeyBytes::default();
    if bytes.len() != key.len() {
        return Err(unopened(&row.id, SealError::Format));
    }
    key.copy_from_slice(&bytes);
    Ok(key)
}

fn wrapped_by(row: &data_keys::Model) -> Result<Uuid, StoreError> {
    key_id(&row.wrapped).map_err(|source| unopened(&row.id, source))
}

fn key_place(id: &Uuid) -> SealedAt<'_> {
    SealedAt { table: "data_keys", column: "wrapped", row: id }
}

fn unopened(id: &Uuid, source: SealError) -> StoreError {
    StoreError::Seal { place: key_place(id).to_string(), source }
}

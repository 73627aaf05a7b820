//! Secrets of servers. A value goes in as a `SecretString`, lies encrypted, and comes out only through [`unseal`].

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::{SecretId, ServerId},
    name::SecretKey,
    secret::Secret,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Set};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{
    convert::{Place, text, time},
    entity::secrets::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    seal::{SealError, SealedAt},
    store::{Connection, Tx, sealed::Connection as _},
};

/// Most secrets of one server that are looked at.
const PER_SERVER_MAX: u64 = 1_000;
const WHAT: &str = "a secret with this key on this server";

/// Writes a new secret without a value (`has_value` is ignored).
///
/// # Errors
/// [`StoreError::Conflict`] when the server has this key, [`StoreError::Missing`] when the server is gone.
pub async fn insert(tx: &Tx, secret: &Secret) -> Result<(), StoreError> {
    let row = to_row(secret)?.into_active_model();
    Entity::insert(row).exec_without_returning(&tx.inner).await.map_err(StoreError::of_write(WHAT))?;
    Ok(())
}

/// Writes description, hosts and mode; false when there is no such secret. The value stays.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &Tx, secret: &Secret) -> Result<bool, StoreError> {
    let row = to_row(secret)?;
    let change = ActiveModel {
        description: Set(row.description),
        hosts: Set(row.hosts),
        mode: Set(row.mode),
        updated_at: Set(row.updated_at),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(row.id));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Encrypts and writes a value; false when there is no such secret.
///
/// # Errors
/// When it cannot be encrypted or written.
pub async fn set_value(tx: &Tx, id: SecretId, value: &SecretString, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sealed = tx.sealer().seal(place(&id.0), value.expose_secret().as_bytes());
    write_value(tx, id, Some(sealed.map_err(|source| unopened(&id.0, source))?), now).await
}

/// Whether the value has at least so many bytes, white space at its ends not counted; false without a value.
///
/// # Errors
/// [`StoreError::Seal`] when the value was changed or moved.
pub async fn value_has_bytes(connection: &impl Connection, id: SecretId, least: usize) -> Result<bool, StoreError> {
    let Some(row) = Entity::find_by_id(id.0).one(&connection.executor()).await? else { return Ok(false) };
    if row.value.is_none() {
        return Ok(false);
    }
    let (_, value) = open(connection, row)?;
    Ok(value.expose_secret().trim().len() >= least)
}

/// Notes when runs last read secrets; earlier moments than those noted change nothing.
///
/// # Errors
/// When the database fails.
pub async fn note_use(tx: &Tx, used: &BTreeMap<(ServerId, SecretKey), DateTime<Utc>>) -> Result<(), StoreError> {
    for ((server_id, key), at) in used {
        let change = ActiveModel { last_used_at: Set(Some(time(*at))), ..ActiveModel::default() };
        let earlier = Condition::any().add(Column::LastUsedAt.is_null()).add(Column::LastUsedAt.lt(time(*at)));
        let of = Condition::all().add(Column::ServerId.eq(server_id.0)).add(Column::Key.eq(key.as_str()));
        Entity::update_many().set(change).filter(of).filter(earlier).exec(&tx.inner).await?;
    }
    Ok(())
}

/// Removes a value; false when there is no such secret.
///
/// # Errors
/// When the database fails.
pub async fn clear_value(tx: &Tx, id: SecretId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    write_value(tx, id, None, now).await
}

/// Deletes a secret; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, id: SecretId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(id.0).exec(&tx.inner).await?.rows_affected > 0)
}

/// The secret with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: SecretId) -> Result<Option<Secret>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(Secret::try_from).transpose()
}

/// The secret of a server with this key.
///
/// # Errors
/// When the database fails.
pub async fn by_key(
    connection: &impl Connection,
    server_id: ServerId,
    key: &SecretKey,
) -> Result<Option<Secret>, StoreError> {
    let found = Entity::find().filter(Column::ServerId.eq(server_id.0)).filter(Column::Key.eq(key.as_str()));
    found.one(&connection.executor()).await?.map(Secret::try_from).transpose()
}

/// The secrets of a server, by key.
///
/// # Errors
/// When the database fails.
pub async fn list(connection: &impl Connection, server_id: ServerId) -> Result<Vec<Secret>, StoreError> {
    let select =
        Entity::find().filter(Column::ServerId.eq(server_id.0)).order_by_asc(Column::Key).limit(PER_SERVER_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// The secrets of all servers that have no value yet, by server and key, at most 1000.
///
/// # Errors
/// When the database fails.
pub async fn without_value(connection: &impl Connection) -> Result<Vec<Secret>, StoreError> {
    let missing = Entity::find().filter(Column::Value.is_null());
    let select = missing.order_by_asc(Column::ServerId).order_by_asc(Column::Key).limit(PER_SERVER_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// The secrets of a server that have one of these keys and a value, decrypted for one call.
///
/// # Errors
/// [`StoreError::Seal`] when a value was changed or moved.
pub async fn unseal(
    connection: &impl Connection,
    server_id: ServerId,
    keys: &[SecretKey],
) -> Result<Vec<(Secret, SecretString)>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let select = Entity::find()
        .filter(Column::ServerId.eq(server_id.0))
        .filter(Column::Key.is_in(keys.iter().map(SecretKey::as_str)))
        .filter(Column::Value.is_not_null())
        .order_by_asc(Column::Key);
    let rows = select.all(&connection.executor()).await?;
    rows.into_iter().map(|row| open(connection, row)).collect()
}

fn open(connection: &impl Connection, mut row: Model) -> Result<(Secret, SecretString), StoreError> {
    let blob = row.value.take().unwrap_or_default();
    let opened = connection.sealer().unseal(place(&row.id), &blob);
    let bytes = opened.map_err(|source| unopened(&row.id, source))?;
    let value = std::str::from_utf8(&bytes).map_err(|_| unopened(&row.id, SealError::Format))?;
    let value = SecretString::from(value);
    let secret = Secret { has_value: true, ..Secret::try_from(row)? };
    Ok((secret, value))
}

async fn write_value(tx: &Tx, id: SecretId, value: Option<Vec<u8>>, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let change = ActiveModel {
        value_set_at: Set(value.as_ref().map(|_| time(now))),
        value: Set(value),
        updated_at: Set(time(now)),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

pub(crate) fn place(id: &Uuid) -> SealedAt<'_> {
    SealedAt { table: "secrets", column: "value", row: id }
}

fn unopened(id: &Uuid, source: SealError) -> StoreError {
    StoreError::Seal { place: place(id).to_string(), source }
}

fn to_row(secret: &Secret) -> Result<Model, StoreError> {
    Ok(Model {
        id: secret.id.0,
        server_id: secret.server_id.0,
        key: secret.key.as_str().to_owned(),
        description: text(&secret.description),
        hosts: Place("secrets", "hosts").json(&secret.hosts)?,
        mode: Place("secrets", "mode").word(&secret.mode)?,
        value: None,
        created_at: time(secret.created_at),
        updated_at: time(secret.updated_at),
        value_set_at: None,
        last_used_at: None,
    })
}

impl TryFrom<Model> for Secret {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: SecretId(row.id),
            server_id: ServerId(row.server_id),
            key: Place("secrets", "key").parse_word(row.key)?,
            description: row.description,
            hosts: Place("secrets", "hosts").parse_json(row.hosts)?,
            mode: Place("secrets", "mode").parse_word(row.mode)?,
            has_value: row.value.is_some(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            value_set_at: row.value_set_at,
            last_used_at: row.last_used_at,
        })
    }
}

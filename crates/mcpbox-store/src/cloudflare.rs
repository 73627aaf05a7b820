//! What the connection over Cloudflare remembers: the plan, the API token and the result of each step, each sealed under its name.

use chrono::{DateTime, Utc};
use sea_orm::{EntityTrait, IntoActiveModel, QuerySelect, sea_query::OnConflict};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    convert::time,
    entity::cloudflare::{Column, Entity, Model},
    error::StoreError,
    seal::{SealError, SealedAt, Sealer},
    store::{Connection, Tx, sealed::Connection as _},
};

/// More names than there are.
const ROWS_MAX: u64 = 100;

/// Something that is remembered.
#[derive(Debug)]
pub struct Remembered {
    /// Its name.
    pub name: String,
    /// What, decrypted.
    pub value: SecretString,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// Everything that is remembered.
///
/// # Errors
/// [`StoreError::Seal`] when a value was changed or moved.
pub async fn all(connection: &impl Connection) -> Result<Vec<Remembered>, StoreError> {
    let rows = Entity::find().limit(ROWS_MAX).all(&connection.executor()).await?;
    let open = |row: Model| {
        let place = place(&row.name);
        let failed = |source| StoreError::Seal { place: place.to_string(), source };
        let bytes = connection.sealer().unseal(place, &row.value).map_err(failed)?;
        let value = std::str::from_utf8(&bytes).map_err(|_| failed(SealError::Format))?.into();
        Ok(Remembered { value, at: row.updated_at, name: row.name.clone() })
    };
    rows.into_iter().map(open).collect()
}

/// Remembers `value` under `name`, instead of what was there.
///
/// # Errors
/// When it cannot be sealed or written.
pub async fn put(tx: &Tx, name: &str, value: &SecretString, now: DateTime<Utc>) -> Result<(), StoreError> {
    let row = Model { name: name.to_owned(), value: sealed(tx.sealer(), name, value)?, updated_at: time(now) };
    let replace = OnConflict::column(Column::Name).update_columns([Column::Value, Column::UpdatedAt]).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(replace).exec_without_returning(&tx.inner).await?;
    Ok(())
}

fn sealed(sealer: &Sealer, name: &str, value: &SecretString) -> Result<Vec<u8>, StoreError> {
    let at = place(&name);
    let failed = |source| StoreError::Seal { place: at.to_string(), source };
    sealer.seal(at, value.expose_secret().as_bytes()).map_err(failed)
}

/// Forgets what is under `name`; false when there is nothing.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, name: &str) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(name.to_owned()).exec(&tx.inner).await?.rows_affected > 0)
}

pub(crate) fn place(name: &dyn std::fmt::Display) -> SealedAt<'_> {
    SealedAt { table: "cloudflare", column: "value", row: name }
}

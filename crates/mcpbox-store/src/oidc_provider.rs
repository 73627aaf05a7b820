//! The OpenID provider that humans may log in with: one row, its client secret sealed.

use chrono::{DateTime, Utc};
use mcpbox_core::oidc::Provider;
use sea_orm::{EntityTrait, IntoActiveModel, Set, sea_query::OnConflict};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    convert::{Place, time},
    entity::oidc_provider::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    seal::SealedAt,
    store::{Connection, Tx, sealed::Connection as _},
};

const ROW: i32 = 1;
const VALUE: Place = Place("oidc_provider", "value");

/// The provider, if one was ever set, and whether its secret is.
///
/// # Errors
/// When the database fails.
pub async fn load(connection: &impl Connection) -> Result<Option<(Provider, bool)>, StoreError> {
    let Some(row) = Entity::find_by_id(ROW).one(&connection.executor()).await? else { return Ok(None) };
    Ok(Some((VALUE.parse_json(row.value)?, row.secret.is_some())))
}

/// The client secret, decrypted to ask for a token.
///
/// # Errors
/// [`StoreError::Seal`] when it was changed or moved.
pub async fn unseal(connection: &impl Connection) -> Result<Option<SecretString>, StoreError> {
    let row = Entity::find_by_id(ROW).one(&connection.executor()).await?;
    let Some(blob) = row.and_then(|row| row.secret) else { return Ok(None) };
    Ok(Some(SecretString::from(connection.sealer().unseal_text(place(), &blob)?)))
}

/// Writes the provider; its secret stays.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &Tx, provider: &Provider, now: DateTime<Utc>) -> Result<(), StoreError> {
    let row = Model { id: ROW, value: VALUE.json(provider)?, secret: None, updated_at: time(now) };
    let replace = OnConflict::column(Column::Id).update_columns([Column::Value, Column::UpdatedAt]).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(replace).exec_without_returning(&tx.inner).await?;
    Ok(())
}

/// Seals another client secret, or removes it. The provider must have been saved.
///
/// # Errors
/// When it cannot be sealed or written.
pub async fn set_secret(tx: &Tx, secret: Option<&SecretString>) -> Result<(), StoreError> {
    let sealed = secret.map(|secret| tx.sealer().seal_text(place(), secret.expose_secret())).transpose()?;
    let change = ActiveModel { secret: Set(sealed), ..ActiveModel::default() };
    Entity::update_many().set(change).exec(&tx.inner).await?;
    Ok(())
}

pub(crate) fn place() -> SealedAt<'static> {
    SealedAt { table: "oidc_provider", column: "secret", row: &ROW }
}

//! Settings that an admin changes at run time: one row.

use chrono::{DateTime, Utc};
use mcpbox_core::settings::Settings;
use sea_orm::{EntityTrait, IntoActiveModel, sea_query::OnConflict};

use crate::{
    convert::{Place, time},
    entity::settings::{Column, Entity, Model},
    error::StoreError,
    store::{Connection, Tx},
};

const ROW: i32 = 1;

/// The settings; the defaults until they were first saved.
///
/// # Errors
/// When the database fails.
pub async fn load(connection: &impl Connection) -> Result<Settings, StoreError> {
    match Entity::find_by_id(ROW).one(&connection.executor()).await? {
        Some(row) => Place("settings", "value").parse_json(row.value),
        None => Ok(Settings::default()),
    }
}

/// Saves all settings.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &Tx, settings: &Settings, now: DateTime<Utc>) -> Result<(), StoreError> {
    let row = Model { id: ROW, value: Place("settings", "value").json(settings)?, updated_at: time(now) };
    let replace = OnConflict::column(Column::Id).update_columns([Column::Value, Column::UpdatedAt]).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(replace).exec_without_returning(&tx.inner).await?;
    Ok(())
}

//! Apps for one-time codes, their secrets sealed, and recovery codes by their hashes.

use chrono::{DateTime, Utc};
use mcpbox_core::{ids::UserId, token::TokenHash, user::CodeApp};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, Set, sea_query::OnConflict};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{
    convert::time,
    entity::{
        code_apps::{ActiveModel, Column, Entity, Model},
        recovery_codes,
    },
    error::StoreError,
    seal::SealedAt,
    store::{Connection, Tx, sealed::Connection as _},
};

/// Makes this the app of the account, in place of one from before.
///
/// # Errors
/// [`StoreError::Missing`] when the account is gone; when the secret cannot be sealed.
pub async fn put(tx: &Tx, user_id: UserId, app: &CodeApp) -> Result<(), StoreError> {
    let row = Model {
        user_id: user_id.0,
        secret: tx.sealer().seal_text(place(&user_id.0), app.secret.expose_secret())?,
        last_step: app.last_step,
        failures: app.failures,
        failing_since: app.failing_since.map(time),
        created_at: time(app.created_at),
    };
    let columns = [Column::Secret, Column::LastStep, Column::Failures, Column::FailingSince, Column::CreatedAt];
    let replace = OnConflict::column(Column::UserId).update_columns(columns).to_owned();
    let write = Entity::insert(row.into_active_model()).on_conflict(replace).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("an app for one-time codes"))?;
    Ok(())
}

/// The app of an account.
///
/// # Errors
/// [`StoreError::Seal`] when its secret was changed or moved.
pub async fn of_user(connection: &impl Connection, user_id: UserId) -> Result<Option<CodeApp>, StoreError> {
    let Some(row) = Entity::find_by_id(user_id.0).one(&connection.executor()).await? else { return Ok(None) };
    let secret = connection.sealer().unseal_text(place(&row.user_id), &row.secret)?;
    Ok(Some(CodeApp {
        secret: SecretString::from(secret),
        last_step: row.last_step,
        failures: row.failures,
        failing_since: row.failing_since,
        created_at: row.created_at,
    }))
}

/// Whether an account has an app.
///
/// # Errors
/// When the database fails.
pub async fn is_there(connection: &impl Connection, user_id: UserId) -> Result<bool, StoreError> {
    Ok(Entity::find_by_id(user_id.0).count(&connection.executor()).await? > 0)
}

/// Uses the code of a time step up; false when it, or a newer one, was used before. Wrong codes are forgotten.
///
/// # Errors
/// When the database fails.
pub async fn use_step(tx: &Tx, user_id: UserId, step: i64) -> Result<bool, StoreError> {
    let change =
        ActiveModel { last_step: Set(step), failures: Set(0), failing_since: Set(None), ..ActiveModel::default() };
    let update = Entity::update_many().set(change).filter(Column::UserId.eq(user_id.0));
    Ok(update.filter(Column::LastStep.lt(step)).exec(&tx.inner).await?.rows_affected > 0)
}

/// Writes how many wrong codes there were since when.
///
/// # Errors
/// When the database fails.
pub async fn set_failures(tx: &Tx, user_id: UserId, failures: i32, since: DateTime<Utc>) -> Result<(), StoreError> {
    let change =
        ActiveModel { failures: Set(failures), failing_since: Set(Some(time(since))), ..ActiveModel::default() };
    Entity::update_many().set(change).filter(Column::UserId.eq(user_id.0)).exec(&tx.inner).await?;
    Ok(())
}

/// Removes the app; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, user_id: UserId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(user_id.0).exec(&tx.inner).await?.rows_affected > 0)
}

/// Makes these the recovery codes of an account; those from before count no longer.
///
/// # Errors
/// [`StoreError::Missing`] when the account is gone.
pub async fn put_recovery(tx: &Tx, user_id: UserId, codes: &[TokenHash]) -> Result<(), StoreError> {
    use recovery_codes as table;
    table::Entity::delete_many().filter(table::Column::UserId.eq(user_id.0)).exec(&tx.inner).await?;
    for code in codes {
        let row = table::Model { user_id: user_id.0, code_hash: code.as_str().to_owned() };
        let write = table::Entity::insert(row.into_active_model()).exec_without_returning(&tx.inner).await;
        write.map_err(StoreError::of_write("a recovery code"))?;
    }
    Ok(())
}

/// Uses a recovery code up; false when it is none of this account's or was used.
///
/// # Errors
/// When the database fails.
pub async fn take_recovery(tx: &Tx, user_id: UserId, code: &TokenHash) -> Result<bool, StoreError> {
    let delete = recovery_codes::Entity::delete_by_id((user_id.0, code.as_str().to_owned()));
    Ok(delete.exec(&tx.inner).await?.rows_affected > 0)
}

/// How many recovery codes an account has left.
///
/// # Errors
/// When the database fails.
pub async fn count_recovery(connection: &impl Connection, user_id: UserId) -> Result<u64, StoreError> {
    let of = recovery_codes::Entity::find().filter(recovery_codes::Column::UserId.eq(user_id.0));
    Ok(of.count(&connection.executor()).await?)
}

pub(crate) fn place(user_id: &Uuid) -> SealedAt<'_> {
    SealedAt { table: "code_apps", column: "secret", row: user_id }
}

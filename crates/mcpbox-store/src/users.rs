//! Admin accounts.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::UserId,
    paging::{Page, PageRequest},
    user::User,
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, Set};

use crate::{
    convert::{exact, time},
    entity::users::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

/// Writes a new account.
///
/// # Errors
/// [`StoreError::Conflict`] when the name is taken.
pub async fn insert(tx: &Tx, user: &User) -> Result<(), StoreError> {
    let row = Model {
        id: user.id.0,
        username: exact("the username", &user.username)?,
        password_hash: user.password_hash.clone(),
        created_at: time(user.created_at),
        password_changed_at: time(user.password_changed_at),
    };
    let write = Entity::insert(row.into_active_model()).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("an admin with this name"))?;
    Ok(())
}

/// Writes a new password hash; false when there is no such account. End the account's sessions in the same transaction.
///
/// # Errors
/// When the database fails.
pub async fn update_password(tx: &Tx, id: UserId, password_hash: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let change = ActiveModel {
        password_hash: Set(password_hash.to_owned()),
        password_changed_at: Set(time(now)),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Deletes an account with its sessions; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, id: UserId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(id.0).exec(&tx.inner).await?.rows_affected > 0)
}

/// The account with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: UserId) -> Result<Option<User>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(User::try_from).transpose()
}

/// The account with this name.
///
/// # Errors
/// When the database fails.
pub async fn by_username(connection: &impl Connection, username: &str) -> Result<Option<User>, StoreError> {
    if username.contains('\0') {
        return Ok(None);
    }
    let found = Entity::find().filter(Column::Username.eq(username)).one(&connection.executor()).await?;
    found.map(User::try_from).transpose()
}

/// Accounts by name.
///
/// # Errors
/// When the database fails.
pub async fn list(connection: &impl Connection, page: PageRequest) -> Result<Page<User>, StoreError> {
    paging::page(&connection.executor(), Entity::find().order_by_asc(Column::Username), page).await
}

/// How many accounts there are.
///
/// # Errors
/// When the database fails.
pub async fn count(connection: &impl Connection) -> Result<u64, StoreError> {
    Ok(Entity::find().count(&connection.executor()).await?)
}

impl TryFrom<Model> for User {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: UserId(row.id),
            username: row.username,
            password_hash: row.password_hash,
            created_at: row.created_at,
            password_changed_at: row.password_changed_at,
        })
    }
}

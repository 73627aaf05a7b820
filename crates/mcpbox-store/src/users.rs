//! Accounts of humans.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::UserId,
    paging::{Page, PageRequest},
    user::{Role, User},
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::{
    convert::{Place, exact, time},
    entity::{
        identities,
        users::{ActiveModel, Column, Entity, Model},
    },
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

const ROLE: Place = Place("users", "role");

/// Writes a new account.
///
/// # Errors
/// [`StoreError::Conflict`] when the name is taken.
pub async fn insert(tx: &Tx, user: &User) -> Result<(), StoreError> {
    let row = Model {
        id: user.id.0,
        username: exact("the username", &user.username)?,
        password_hash: user.password_hash.clone().unwrap_or_default(),
        role: ROLE.word(&user.role)?,
        is_disabled: user.is_disabled,
        created_at: time(user.created_at),
        password_changed_at: time(user.password_changed_at),
    };
    let write = Entity::insert(row.into_active_model()).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("a user with this name"))?;
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

/// Writes what an account may do and whether it may log in; false when there is no such account. End its sessions in the same
/// transaction.
///
/// # Errors
/// When the database fails.
pub async fn update_rights(tx: &Tx, id: UserId, role: Role, is_disabled: bool) -> Result<bool, StoreError> {
    let change = ActiveModel { role: Set(ROLE.word(&role)?), is_disabled: Set(is_disabled), ..ActiveModel::default() };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// How many admins could log in if `without` were gone: with a password or with an account at another provider. Their rows are
/// held until the transaction ends, so that two admins cannot remove each other.
///
/// # Errors
/// When the database fails.
pub async fn count_admins(tx: &Tx, without: Option<UserId>) -> Result<usize, StoreError> {
    let admins = Entity::find().filter(Column::Role.eq(ROLE.word(&Role::Admin)?)).filter(Column::IsDisabled.eq(false));
    let rows = admins.order_by_asc(Column::Id).lock_exclusive().all(&tx.inner).await?;
    let linked: Vec<uuid::Uuid> = identities::Entity::find()
        .select_only()
        .column(identities::Column::UserId)
        .filter(identities::Column::UserId.is_in(rows.iter().map(|row| row.id)))
        .into_tuple()
        .all(&tx.inner)
        .await?;
    let others = rows.iter().filter(|row| without.is_none_or(|gone| gone.0 != row.id));
    Ok(others.filter(|row| !row.password_hash.is_empty() || linked.contains(&row.id)).count())
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
            password_hash: Some(row.password_hash).filter(|hash| !hash.is_empty()),
            role: ROLE.parse_word(row.role)?,
            is_disabled: row.is_disabled,
            created_at: row.created_at,
            password_changed_at: row.password_changed_at,
        })
    }
}

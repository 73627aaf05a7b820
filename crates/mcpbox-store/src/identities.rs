//! Accounts at OpenID providers that log in to accounts here, by issuer and subject.

use chrono::{DateTime, Utc};
use mcpbox_core::{ids::UserId, user::Identity};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::{
    convert::{exact, text, time},
    entity::identities::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

/// Accounts elsewhere that are looked at, of one account here.
const PER_USER_MAX: u64 = 20;

/// Writes a new link.
///
/// # Errors
/// [`StoreError::Conflict`] when the account there logs in to one here already.
pub async fn insert(tx: &Tx, identity: &Identity) -> Result<(), StoreError> {
    let row = Model {
        issuer: exact("the issuer", &identity.issuer)?,
        subject: exact("the subject", &identity.subject)?,
        user_id: identity.user_id.0,
        email: text(&identity.email),
        created_at: time(identity.created_at),
        last_used_at: time(identity.last_used_at),
    };
    let write = Entity::insert(row.into_active_model()).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("a link to this account of the provider"))?;
    Ok(())
}

/// The link of an account there.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &impl Connection, issuer: &str, subject: &str) -> Result<Option<Identity>, StoreError> {
    if issuer.contains('\0') || subject.contains('\0') {
        return Ok(None);
    }
    let found = Entity::find_by_id((issuer.to_owned(), subject.to_owned()));
    found.one(&connection.executor()).await?.map(Identity::try_from).transpose()
}

/// The links of an account here, oldest first, at most 20.
///
/// # Errors
/// When the database fails.
pub async fn by_user(connection: &impl Connection, user_id: UserId) -> Result<Vec<Identity>, StoreError> {
    let select = Entity::find().filter(Column::UserId.eq(user_id.0)).order_by_asc(Column::CreatedAt);
    paging::convert(select.limit(PER_USER_MAX).all(&connection.executor()).await?)
}

/// Notes a login and the address it told.
///
/// # Errors
/// When the database fails.
pub async fn note_use(tx: &Tx, identity: &Identity, email: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let change = ActiveModel { email: Set(text(email)), last_used_at: Set(time(now)), ..ActiveModel::default() };
    let of = Entity::update_many().set(change).filter(Column::Issuer.eq(&identity.issuer));
    of.filter(Column::Subject.eq(&identity.subject)).exec(&tx.inner).await?;
    Ok(())
}

/// Removes the links of an account here; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_user(tx: &Tx, user_id: UserId) -> Result<u64, StoreError> {
    Ok(Entity::delete_many().filter(Column::UserId.eq(user_id.0)).exec(&tx.inner).await?.rows_affected)
}

impl TryFrom<Model> for Identity {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            issuer: row.issuer,
            subject: row.subject,
            user_id: UserId(row.user_id),
            email: row.email,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        })
    }
}

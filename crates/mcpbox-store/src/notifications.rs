//! Notifications: targets with sealed addresses, notices that are to be told, and who is telling them right now.

mod delivery;
mod row;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::{ReviewId, TargetId},
    notification::{Endpoint, Notice, NoticeEvent, Target},
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Set};

pub use self::delivery::{Attempt, Claim, Delivery, claim, deliveries, finish, skip};
pub(crate) use self::row::place;
use crate::{
    convert::{Place, text, time},
    entity::{
        notices,
        notification_targets::{ActiveModel, Column, Entity},
    },
    error::StoreError,
    paging,
    store::{Connection, Tx, sealed::Connection as _},
};

/// Targets that are looked at together.
const TARGETS_MAX: u64 = 100;
/// Notices given at a time.
const NOTICES_MAX: u64 = 500;
const WHAT: &str = "a notification target with this name";

/// Writes a new target with its address sealed. It hears of notices after `told`.
///
/// # Errors
/// [`StoreError::Conflict`] when the name is taken, or when the address cannot be sealed.
pub async fn insert(tx: &Tx, target: &Target, endpoint: &Endpoint, told: i64) -> Result<(), StoreError> {
    let row = row::of(tx.sealer(), target, endpoint, told)?.into_active_model();
    Entity::insert(row).exec_without_returning(&tx.inner).await.map_err(StoreError::of_write(WHAT))?;
    Ok(())
}

/// Writes name, events and whether it is on; false when there is no such target.
///
/// # Errors
/// [`StoreError::Conflict`] when another one has the name.
pub async fn update(tx: &Tx, target: &Target) -> Result<bool, StoreError> {
    let change = ActiveModel {
        name: Set(text(&target.name)),
        is_on: Set(target.is_on),
        events: Set(Place("notification_targets", "events").json(&target.events)?),
        updated_at: Set(time(target.updated_at)),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(target.id.0));
    Ok(update.exec(&tx.inner).await.map_err(StoreError::of_write(WHAT))?.rows_affected > 0)
}

/// Seals another address and key; false when there is no such target.
///
/// # Errors
/// When they cannot be sealed or written.
pub async fn set_endpoint(tx: &Tx, id: TargetId, host: &str, endpoint: &Endpoint) -> Result<bool, StoreError> {
    let change = ActiveModel {
        host: Set(text(host)),
        url: Set(row::seal_url(tx.sealer(), id, endpoint)?),
        key: Set(row::seal_key(tx.sealer(), id, endpoint)?),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Gives up what is under way to a target, so that a new message is made of it; with `told`, of what comes after that.
///
/// # Errors
/// When the database fails.
pub async fn restart(tx: &Tx, id: TargetId, told: Option<i64>) -> Result<(), StoreError> {
    let change = ActiveModel {
        told: told.map_or(sea_orm::NotSet, Set),
        message_id: Set(None),
        message_until: Set(None),
        attempts: Set(0),
        next_at: Set(None),
        lease: Set(None),
        leased_until: Set(None),
        ..ActiveModel::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(id.0)).exec(&tx.inner).await?;
    Ok(())
}

/// Deletes a target; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, id: TargetId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(id.0).exec(&tx.inner).await?.rows_affected > 0)
}

/// The target with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: TargetId) -> Result<Option<Target>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(Target::try_from).transpose()
}

/// All targets, by name, at most 100.
///
/// # Errors
/// When the database fails.
pub async fn list(connection: &impl Connection) -> Result<Vec<Target>, StoreError> {
    let select = Entity::find().order_by_asc(Column::Name).order_by_asc(Column::Id).limit(TARGETS_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// The address of a target, decrypted to send to it.
///
/// # Errors
/// [`StoreError::Seal`] when it was changed or moved.
pub async fn unseal(connection: &impl Connection, id: TargetId) -> Result<Option<Endpoint>, StoreError> {
    let row = Entity::find_by_id(id.0).one(&connection.executor()).await?;
    row.map(|row| row::endpoint(connection.sealer(), &row)).transpose()
}

/// Writes what is to be told, in the transaction in which it happens.
///
/// # Errors
/// [`StoreError::Missing`] when the review is not there.
pub async fn note(tx: &Tx, event: NoticeEvent, review: ReviewId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let row = notices::ActiveModel {
        event: Set(Place("notices", "event").word(&event)?),
        review_id: Set(Some(review.0)),
        is_over: Set(false),
        created_at: Set(time(now)),
        ..Default::default()
    };
    let write = notices::Entity::insert(row).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("a notice"))?;
    Ok(())
}

/// Writes that an alert began, or is over.
///
/// # Errors
/// When the database fails.
pub async fn note_alert(tx: &Tx, event: NoticeEvent, is_over: bool, now: DateTime<Utc>) -> Result<(), StoreError> {
    let row = notices::ActiveModel {
        event: Set(Place("notices", "event").word(&event)?),
        review_id: Set(None),
        is_over: Set(is_over),
        created_at: Set(time(now)),
        ..Default::default()
    };
    notices::Entity::insert(row).exec_without_returning(&tx.inner).await?;
    Ok(())
}

/// Number of the newest notice, 0 when there is none.
///
/// # Errors
/// When the database fails.
pub async fn latest(connection: &impl Connection) -> Result<i64, StoreError> {
    let newest = notices::Entity::find().order_by_desc(notices::Column::Sequence).one(&connection.executor()).await?;
    Ok(newest.map_or(0, |row| row.sequence))
}

/// Notices after `told`, up to `until` when given, oldest first, at most 500.
///
/// # Errors
/// When the database fails.
pub async fn after(connection: &impl Connection, told: i64, until: Option<i64>) -> Result<Vec<Notice>, StoreError> {
    let mut select = notices::Entity::find().filter(notices::Column::Sequence.gt(told));
    if let Some(until) = until {
        select = select.filter(notices::Column::Sequence.lte(until));
    }
    let select = select.order_by_asc(notices::Column::Sequence).limit(NOTICES_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

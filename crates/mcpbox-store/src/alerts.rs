//! What is wrong now. A condition may be seen by several processes; it begins with the first and is over with the last. Beginning and end
//! are noted for whoever is to be told, in the same transaction.

use chrono::{DateTime, Utc};
use mcpbox_core::notification::NoticeEvent;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, sea_query::OnConflict};

use crate::{
    convert::{Place, text, time},
    entity::{
        alerts::{Column, Entity, Model},
        sandbox_tiers,
    },
    error::StoreError,
    notifications,
    store::{Connection, Tx},
};

/// Says that `source` sees a condition now.
///
/// # Errors
/// When the database fails.
pub async fn raise(tx: &Tx, event: NoticeEvent, source: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let is_new = count(tx, event).await? == 0;
    let row = Model { event: word(event)?, source: text(source), began_at: time(now), seen_at: time(now) };
    let again = OnConflict::columns([Column::Event, Column::Source]).update_column(Column::SeenAt).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(&tx.inner).await?;
    if is_new { notifications::note_alert(tx, event, false, now).await } else { Ok(()) }
}

/// Says that `source` does not see it, or no longer.
///
/// # Errors
/// When the database fails.
pub async fn settle(tx: &Tx, event: NoticeEvent, source: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let select = Entity::delete_many().filter(Column::Event.eq(word(event)?)).filter(Column::Source.eq(source));
    let was_there = select.exec(&tx.inner).await?.rows_affected > 0;
    finish(tx, event, was_there, now).await
}

/// Forgets what was said by processes that have not been heard of since `before`.
///
/// # Errors
/// When the database fails.
pub async fn forget_silent(tx: &Tx, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), StoreError> {
    for event in NoticeEvent::ALERTS {
        let silent =
            Entity::delete_many().filter(Column::Event.eq(word(event)?)).filter(Column::SeenAt.lt(time(before)));
        let was_there = silent.exec(&tx.inner).await?.rows_affected > 0;
        finish(tx, event, was_there, now).await?;
    }
    Ok(())
}

/// How many processes see it.
///
/// # Errors
/// When the database fails.
pub async fn count(connection: &impl Connection, event: NoticeEvent) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::Event.eq(word(event)?)).count(&connection.executor()).await?)
}

/// The best rank that a process ever had; none before the first.
///
/// # Errors
/// When the database fails.
pub async fn best_rank(connection: &impl Connection, source: &str) -> Result<Option<i32>, StoreError> {
    let row = sandbox_tiers::Entity::find_by_id(source.to_owned()).one(&connection.executor()).await?;
    Ok(row.map(|row| row.rank))
}

/// Keeps the best rank of a process.
///
/// # Errors
/// When the database fails.
pub async fn keep_rank(tx: &Tx, source: &str, rank: i32) -> Result<(), StoreError> {
    let row = sandbox_tiers::Model { source: text(source), rank };
    let better =
        OnConflict::column(sandbox_tiers::Column::Source).update_column(sandbox_tiers::Column::Rank).to_owned();
    let write = sandbox_tiers::Entity::insert(row.into_active_model()).on_conflict(better);
    write.exec_without_returning(&tx.inner).await?;
    Ok(())
}

/// Notes the end of a condition that nobody sees any more.
async fn finish(tx: &Tx, event: NoticeEvent, was_there: bool, now: DateTime<Utc>) -> Result<(), StoreError> {
    if was_there && count(tx, event).await? == 0 {
        notifications::note_alert(tx, event, true, now).await?;
    }
    Ok(())
}

fn word(event: NoticeEvent) -> Result<String, StoreError> {
    Place("alerts", "event").word(&event)
}

//! The places of requests that wait for a human: who takes one, and whether somebody looks at its page.

use chrono::{DateTime, Utc};
use mcpbox_core::{ids::AuthorizationRequestId, oauth::RequestState};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, Set, prelude::Uuid};

use super::requests::PROGRESS;
use crate::{
    convert::time,
    entity::oauth_requests::{ActiveModel, Column, Entity},
    error::StoreError,
    store::Tx,
};

/// More than ever wait at once.
const READ_MAX: u64 = 10_000;

type Row = (Uuid, String, DateTime<Utc>, Option<DateTime<Utc>>);

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: AuthorizationRequestId,
    /// Address of its browser.
    pub origin: String,
    /// When the browser brought it.
    pub created_at: DateTime<Utc>,
    /// When its page was last noted to look again; none since it was brought.
    pub looked_at: Option<DateTime<Utc>>,
}

/// All that wait, also those whose time is over and that nobody has swept away.
///
/// # Errors
/// When the database fails.
pub async fn all(tx: &Tx) -> Result<Vec<Waiting>, StoreError> {
    let select = Entity::find()
        .select_only()
        .columns([Column::Id, Column::Origin, Column::CreatedAt, Column::LookedAt])
        .filter(Column::Progress.eq(PROGRESS.word(&RequestState::Waiting)?));
    let rows: Vec<Row> = select.limit(READ_MAX).into_tuple().all(&tx.inner).await?;
    let waiting = |(id, origin, created_at, looked_at): Row| {
        let id = AuthorizationRequestId(id);
        Waiting { id, origin, created_at, looked_at }
    };
    Ok(rows.into_iter().map(waiting).collect())
}

/// Notes that the page of a request looks again, unless that was noted after `since` already.
///
/// # Errors
/// When the database fails.
pub async fn note_look(
    tx: &Tx,
    id: AuthorizationRequestId,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<(), StoreError> {
    let change = ActiveModel { looked_at: Set(Some(time(now))), ..ActiveModel::default() };
    let is_due = Condition::any().add(Column::LookedAt.is_null()).add(Column::LookedAt.lt(time(since)));
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0)).filter(is_due);
    update.filter(Column::Progress.eq(PROGRESS.word(&RequestState::Waiting)?)).exec(&tx.inner).await?;
    Ok(())
}

/// Forgets a request.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &Tx, id: AuthorizationRequestId) -> Result<(), StoreError> {
    Entity::delete_by_id(id.0).exec(&tx.inner).await?;
    Ok(())
}

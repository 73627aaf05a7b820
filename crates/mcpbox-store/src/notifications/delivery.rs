//! Who is telling a target what. A message is claimed for a while before it is sent: two replicas never send the same one at
//! once, and when a process dies with it, another takes it up after that while.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::{MessageId, TargetId},
    notification::{DeliveryReport, Target},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use super::TARGETS_MAX;
use crate::{
    convert::{Place, time},
    entity::notification_targets::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    store::{Connection, Tx},
};

/// How far a target is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The target.
    pub target: Target,
    /// Notices up to this one were told, or need not be.
    pub told: i64,
    /// The message that is under way, and the last notice it tells of.
    pub message: Option<(MessageId, i64)>,
    /// Attempts that the message took so far.
    pub attempts: u32,
    /// Not before then.
    pub next_at: Option<DateTime<Utc>>,
    /// Somebody is sending it until then.
    pub leased_until: Option<DateTime<Utc>>,
    /// When a message was last delivered.
    pub delivered_at: Option<DateTime<Utc>>,
}

/// The right to send a message until a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Whom to.
    pub target: TargetId,
    /// The message, the same in all attempts. It also names the claim together with the attempt.
    pub message: MessageId,
    /// The last notice it tells of.
    pub until: i64,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// From when on another may take it up.
    pub expires_at: DateTime<Utc>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// As it is shown.
    pub report: DeliveryReport,
    /// Whether the message is done with: delivered or given up.
    pub is_over: bool,
    /// Whether it was delivered.
    pub is_delivered: bool,
}

/// Targets that are on, by name, at most 100.
///
/// # Errors
/// When the database fails.
pub async fn deliveries(connection: &impl Connection) -> Result<Vec<Delivery>, StoreError> {
    let select = Entity::find().filter(Column::IsOn.eq(true)).order_by_asc(Column::Name).limit(TARGETS_MAX);
    select.all(&connection.executor()).await?.into_iter().map(Delivery::try_from).collect()
}

/// Takes a message to send; false when another has it, or the target moved on since `seen` was read.
///
/// # Errors
/// When the database fails.
pub async fn claim(tx: &Tx, seen: &Delivery, claim: &Claim, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let change = ActiveModel {
        message_id: Set(Some(claim.message.0)),
        message_until: Set(Some(claim.until)),
        attempts: Set(number(claim.attempt)?),
        lease: Set(Some(claim.message.0)),
        leased_until: Set(Some(time(claim.expires_at))),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(as_seen(seen, now)?);
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Moves a target on without a message, and writes what became of attempts so far, if anything; false when it moved on since
/// `seen` was read.
///
/// # Errors
/// When the database fails.
pub async fn skip(
    tx: &Tx,
    seen: &Delivery,
    told: i64,
    last: Option<&DeliveryReport>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut change = ActiveModel { told: Set(told), ..over() };
    if let Some(last) = last {
        change.last = Set(Some(Place("notification_targets", "last").json(last)?));
    }
    let update = Entity::update_many().set(change).filter(as_seen(seen, now)?);
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Writes what came of an attempt; false when the claim is no longer ours.
///
/// # Errors
/// When the database fails.
pub async fn finish(tx: &Tx, claim: &Claim, attempt: &Attempt) -> Result<bool, StoreError> {
    let mut change = match attempt.is_over {
        true => ActiveModel { told: Set(claim.until), ..over() },
        false => ActiveModel { lease: Set(None), leased_until: Set(None), ..ActiveModel::default() },
    };
    change.next_at = Set(attempt.report.next_at.map(time));
    change.last = Set(Some(Place("notification_targets", "last").json(&attempt.report)?));
    if attempt.is_delivered {
        change.delivered_at = Set(Some(time(attempt.report.at)));
    }
    let ours = Condition::all()
        .add(Column::Id.eq(claim.target.0))
        .add(Column::Lease.eq(claim.message.0))
        .add(Column::Attempts.eq(number(claim.attempt)?));
    Ok(Entity::update_many().set(change).filter(ours).exec(&tx.inner).await?.rows_affected > 0)
}

/// Nothing is under way.
fn over() -> ActiveModel {
    ActiveModel {
        message_id: Set(None),
        message_until: Set(None),
        attempts: Set(0),
        next_at: Set(None),
        lease: Set(None),
        leased_until: Set(None),
        ..ActiveModel::default()
    }
}

/// The row as it was read, on, and with nobody.
fn as_seen(seen: &Delivery, now: DateTime<Utc>) -> Result<Condition, StoreError> {
    let free = Condition::any().add(Column::LeasedUntil.is_null()).add(Column::LeasedUntil.lte(time(now)));
    Ok(Condition::all()
        .add(Column::Id.eq(seen.target.id.0))
        .add(Column::IsOn.eq(true))
        .add(Column::Told.eq(seen.told))
        .add(Column::Attempts.eq(number(seen.attempts)?))
        .add(free))
}

fn number(attempts: u32) -> Result<i32, StoreError> {
    i32::try_from(attempts).map_err(|error| Place("notification_targets", "attempts").corrupt(error))
}

impl TryFrom<Model> for Delivery {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let attempts = u32::try_from(row.attempts);
        Ok(Self {
            told: row.told,
            message: row.message_id.map(MessageId).zip(row.message_until),
            attempts: attempts.map_err(|error| Place("notification_targets", "attempts").corrupt(error))?,
            next_at: row.next_at,
            leased_until: row.leased_until,
            delivered_at: row.delivered_at,
            target: Target::try_from(row)?,
        })
    }
}

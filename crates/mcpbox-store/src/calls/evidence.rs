//! Test runs of a version as evidence and as regression examples. They go with their version, not with time.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    call::{CallRecord, Profile, Trial},
    ids::{ServerId, ToolId, VersionId},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use super::{CallFilter, DELETE_BATCH, filter::select};
use crate::{
    convert::Place,
    entity::calls::{ActiveModel, Column, Entity},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

/// Test runs kept with a version.
pub const EVIDENCE_MAX: u64 = 50;
/// Room for the test runs of a version, bytes.
pub const EVIDENCE_MAX_BYTES: u64 = 4 << 20;
/// Regression examples of a version.
pub const EXAMPLES_MAX: u64 = 10;
/// First calls shown of a version.
const FIRST_RUNS_MAX: u64 = 50;

/// The test runs of a version, newest first: the evidence of its review, at most [`EVIDENCE_MAX`] and the examples.
///
/// # Errors
/// When the database fails.
pub async fn evidence_for_version(
    connection: &impl Connection,
    version_id: VersionId,
) -> Result<Vec<CallRecord>, StoreError> {
    let filter = CallFilter { version: Some(version_id), profile: Some(Profile::Quarantine), ..CallFilter::default() };
    let select =
        select(&filter)?.order_by_desc(Column::StartedAt).order_by_desc(Column::Id).limit(EVIDENCE_MAX + EXAMPLES_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// The first calls of a version since a moment, oldest first, at most 50.
///
/// # Errors
/// When the database fails.
pub async fn first_of_version(
    connection: &impl Connection,
    version_id: VersionId,
    since: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<CallRecord>, StoreError> {
    let filter = CallFilter {
        version: Some(version_id),
        profile: Some(Profile::Live),
        since: Some(since),
        ..CallFilter::default()
    };
    let select = select(&filter)?.order_by_asc(Column::StartedAt).order_by_asc(Column::Id);
    paging::convert(select.limit(limit.min(FIRST_RUNS_MAX)).all(&connection.executor()).await?)
}

/// The regression examples of a version, oldest first, at most [`EXAMPLES_MAX`].
///
/// # Errors
/// When the database fails.
pub async fn examples_of_version(
    connection: &impl Connection,
    version_id: VersionId,
) -> Result<Vec<CallRecord>, StoreError> {
    let select = Entity::find().filter(Column::VersionId.eq(version_id.0)).filter(Column::IsExample.eq(true));
    let select = select.order_by_asc(Column::StartedAt).order_by_asc(Column::Id).limit(EXAMPLES_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// Makes a run an example of its version, or one no longer; false when there is no such run.
///
/// # Errors
/// When the database fails.
pub async fn set_example(tx: &Tx, record: &CallRecord, is_example: bool) -> Result<bool, StoreError> {
    let trial = record.trial.clone().map(|trial| Trial { is_example, ..trial });
    let change = ActiveModel {
        trial: Set(trial.map(|trial| Place("calls", "trial").json_text(&trial)).transpose()?),
        is_example: Set(is_example),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(record.id.0));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Keeps the newest [`EVIDENCE_MAX`] test runs of a version, as far as they have room in [`EVIDENCE_MAX_BYTES`], and its examples.
/// The newest stays whatever its size. Gives how many went.
///
/// # Errors
/// When the database fails.
pub async fn trim_evidence(tx: &Tx, version_id: VersionId) -> Result<u64, StoreError> {
    let ordinary = Entity::find()
        .select_only()
        .columns([Column::Id, Column::Bytes])
        .filter(Column::VersionId.eq(version_id.0))
        .filter(Column::Profile.eq(Place("calls", "profile").word(&Profile::Quarantine)?))
        .filter(Column::IsExample.eq(false));
    let newest = ordinary.order_by_desc(Column::StartedAt).order_by_desc(Column::Id);
    let runs: Vec<(uuid::Uuid, i64)> = newest.limit(DELETE_BATCH).into_tuple().all(&tx.inner).await?;
    let (mut kept, mut bytes) = (0, 0);
    let is_surplus = |(id, size): (uuid::Uuid, i64)| {
        (kept, bytes) = (kept + 1, bytes + size.unsigned_abs());
        (kept > EVIDENCE_MAX || (kept > 1 && bytes > EVIDENCE_MAX_BYTES)).then_some(id)
    };
    let surplus: Vec<uuid::Uuid> = runs.into_iter().filter_map(is_surplus).collect();
    if surplus.is_empty() {
        return Ok(0);
    }
    Ok(Entity::delete_many().filter(Column::Id.is_in(surplus)).exec(&tx.inner).await?.rows_affected)
}

/// Whose evidence goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner<'a> {
    Versions(&'a [VersionId]),
    Tool(ToolId),
    Server(ServerId),
}

/// Deletes the test runs of what is being deleted: evidence goes with its version.
pub(crate) async fn delete_evidence(tx: &Tx, owner: Owner<'_>) -> Result<(), StoreError> {
    let tests = Column::Profile.eq(Place("calls", "profile").word(&Profile::Quarantine)?);
    let of_owner = match owner {
        Owner::Versions(ids) => Column::VersionId.is_in(ids.iter().map(|id| id.0)),
        Owner::Tool(id) => Column::ToolId.eq(id.0),
        Owner::Server(id) => Column::ServerId.eq(id.0),
    };
    Entity::delete_many().filter(tests).filter(of_owner).exec(&tx.inner).await?;
    Ok(())
}

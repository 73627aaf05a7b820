//! Records of runs. They refer to nothing and survive what they are about.

mod filter;
mod row;
mod series;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    call::{CallCursor, CallRecord, Profile, Trial},
    ids::{CallId, ServerId, ToolId, VersionId},
    paging::{LogPage, LogRequest},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Set,
    sea_query::OnConflict,
};

pub use self::{
    filter::CallFilter,
    series::{CallFigures, Span, series},
};
use self::{filter::select, row::to_row};
use crate::{
    convert::{Place, time},
    entity::{
        calls::{ActiveModel, Column, Entity},
        versions,
    },
    error::StoreError,
    paging,
    store::{Connection, Store, Tx},
};

/// Rows written by one statement: far below the number of parameters either database takes.
const INSERT_BATCH: usize = 500;
/// Rows deleted by one transaction, so that other writers wait only briefly.
const DELETE_BATCH: u64 = 1_000;
/// Test runs kept with a version.
pub const EVIDENCE_MAX: u64 = 50;
/// Regression examples of a version.
pub const EXAMPLES_MAX: u64 = 10;
/// First calls shown of a version.
const FIRST_RUNS_MAX: u64 = 50;

/// How many runs there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// All.
    pub total: u64,
    /// Those that failed.
    pub failed: u64,
}

/// Appends records; one that is there already stays as it is, so that a batch may be written again after a failure.
///
/// # Errors
/// When the database fails.
pub async fn insert_many(tx: &Tx, records: &[CallRecord]) -> Result<(), StoreError> {
    for batch in records.chunks(INSERT_BATCH) {
        let rows = batch.iter().map(|record| Ok(to_row(record)?.into_active_model()));
        let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
        let ignore_known = OnConflict::column(Column::Id).do_nothing().to_owned();
        Entity::insert_many(rows).on_conflict(ignore_known).exec_without_returning(&tx.inner).await?;
    }
    Ok(())
}

/// The record with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: CallId) -> Result<Option<CallRecord>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(CallRecord::try_from).transpose()
}

/// Records, newest first; those that are written meanwhile move none of the older ones.
///
/// # Errors
/// When the database fails.
pub async fn list(
    connection: &impl Connection,
    filter: &CallFilter,
    request: LogRequest<CallCursor>,
) -> Result<LogPage<CallRecord>, StoreError> {
    let mut select = select(filter)?.order_by_desc(Column::StartedAt).order_by_desc(Column::Id);
    if let Some(CallCursor { started_at, id }) = request.older_than {
        let at = time(started_at);
        let same_moment = Condition::all().add(Column::StartedAt.eq(at)).add(Column::Id.lt(id.0));
        // Said twice: the first half is what an index can begin at.
        select = select.filter(Column::StartedAt.lte(at));
        select = select.filter(Condition::any().add(Column::StartedAt.lt(at)).add(same_moment));
    }
    let rows = paging::convert(select.limit(request.limit + 1).all(&connection.executor()).await?)?;
    Ok(LogPage::of(rows, request.limit, |record: &CallRecord| record.cursor().to_string()))
}

/// How many records there are.
///
/// # Errors
/// When the database fails.
pub async fn counts(connection: &impl Connection, filter: &CallFilter) -> Result<CallCounts, StoreError> {
    let select = select(filter)?.select_only().column_as(Column::Id.count(), "total");
    let select = select.column_as(Column::FailureKind.count(), "failed");
    let (total, failed): (i64, i64) = select.into_tuple().one(&connection.executor()).await?.unwrap_or_default();
    Ok(CallCounts { total: total.unsigned_abs(), failed: failed.unsigned_abs() })
}

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

/// Keeps the newest [`EVIDENCE_MAX`] test runs of a version and its examples. Gives how many went.
///
/// # Errors
/// When the database fails.
pub async fn trim_evidence(tx: &Tx, version_id: VersionId) -> Result<u64, StoreError> {
    let ordinary = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::VersionId.eq(version_id.0))
        .filter(Column::Profile.eq(Place("calls", "profile").word(&Profile::Quarantine)?))
        .filter(Column::IsExample.eq(false));
    let newest = ordinary.order_by_desc(Column::StartedAt).order_by_desc(Column::Id);
    let surplus: Vec<uuid::Uuid> = newest.offset(EVIDENCE_MAX).limit(DELETE_BATCH).into_tuple().all(&tx.inner).await?;
    if surplus.is_empty() {
        return Ok(0);
    }
    Ok(Entity::delete_many().filter(Column::Id.is_in(surplus)).exec(&tx.inner).await?.rows_affected)
}

/// Whose evidence goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner {
    Tool(ToolId),
    Server(ServerId),
}

/// Deletes the test runs of what is being deleted: evidence goes with its version.
pub(crate) async fn delete_evidence(tx: &Tx, owner: Owner) -> Result<(), StoreError> {
    let tests = Column::Profile.eq(Place("calls", "profile").word(&Profile::Quarantine)?);
    let of_owner = match owner {
        Owner::Tool(id) => Column::ToolId.eq(id.0),
        Owner::Server(id) => Column::ServerId.eq(id.0),
    };
    Entity::delete_many().filter(tests).filter(of_owner).exec(&tx.inner).await?;
    Ok(())
}

/// Deletes records that began before `before`, in small transactions, but keeps test runs of versions that are still there:
/// they go with their version. Gives their number.
///
/// # Errors
/// When the database fails; what was deleted until then stays deleted.
pub async fn delete_older_than(store: &Store, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut deleted = 0;
    loop {
        let tx = store.begin_log().await?;
        let batch = delete_batch(&tx, before).await?;
        tx.commit().await?;
        deleted += batch;
        if batch < DELETE_BATCH {
            return Ok(deleted);
        }
    }
}

async fn delete_batch(tx: &Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let test = Place("calls", "profile").word(&Profile::Quarantine)?;
    let versions = versions::Entity::find().select_only().column(versions::Column::Id).into_query();
    let is_evidence = Condition::all().add(Column::Profile.eq(test)).add(Column::VersionId.in_subquery(versions));
    let oldest = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::StartedAt.lt(time(before)))
        .filter(is_evidence.not())
        .order_by_asc(Column::StartedAt)
        .limit(DELETE_BATCH)
        .into_query();
    Ok(Entity::delete_many().filter(Column::Id.in_subquery(oldest)).exec(&tx.inner).await?.rows_affected)
}

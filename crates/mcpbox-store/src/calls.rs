//! Records of runs. They refer to nothing and survive what they are about.

mod evidence;
mod filter;
mod room;
mod row;
mod series;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    call::{CallCursor, CallRecord, Profile},
    ids::CallId,
    paging::{LogPage, LogRequest, Page, PageRequest},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::OnConflict,
};

pub use self::{
    filter::CallFilter,
    room::{size, trim},
    series::{CallFigures, Span, series},
};
use self::{filter::select, row::to_row};
use crate::{
    convert::{Place, time},
    entity::{
        calls::{Column, Entity},
        versions,
    },
    error::StoreError,
    paging,
    store::{Connection, Store, Tx},
};

pub use evidence::{
    EVIDENCE_MAX, EVIDENCE_MAX_BYTES, EXAMPLES_MAX, evidence_for_version, examples_of_version, first_of_version,
    set_example, trim_evidence,
};
pub(crate) use evidence::{Owner, delete_evidence};

/// Rows written by one statement: far below the number of parameters either database takes.
const INSERT_BATCH: usize = 500;
/// Rows deleted by one transaction, so that other writers wait only briefly.
const DELETE_BATCH: u64 = 1_000;

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

/// Records, newest first, in pages.
///
/// # Errors
/// When the database fails.
pub async fn page(
    connection: &impl Connection,
    filter: &CallFilter,
    page: PageRequest,
) -> Result<Page<CallRecord>, StoreError> {
    let select = select(filter)?.order_by_desc(Column::StartedAt).order_by_desc(Column::Id);
    paging::page(&connection.executor(), select, page).await
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

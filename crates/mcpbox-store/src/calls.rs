//! Records of runs. They refer to nothing and survive what they are about.

mod evidence;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    call::{CallRecord, Profile},
    ids::{CallId, ServerId, ToolId, VersionId},
    paging::{Page, PageRequest},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::OnConflict,
};

use crate::{
    convert::{Place, actor, actor_kind, text, time},
    entity::{
        calls::{Column, Entity, Model},
        versions,
    },
    error::StoreError,
    paging,
    store::{Connection, Store, Tx},
};

pub use evidence::{
    EVIDENCE_MAX, EXAMPLES_MAX, evidence_for_version, examples_of_version, first_of_version, set_example, trim_evidence,
};
pub(crate) use evidence::{Owner, delete_evidence};

/// Rows written by one statement: far below the number of parameters either database takes.
const INSERT_BATCH: usize = 500;
/// Rows deleted by one transaction, so that other writers wait only briefly.
const DELETE_BATCH: u64 = 1_000;

/// Which records a list shows; an empty filter shows all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Only of this server.
    pub server: Option<ServerId>,
    /// Only of this tool.
    pub tool: Option<ToolId>,
    /// Only of this version.
    pub version: Option<VersionId>,
    /// Only calls, or only tests.
    pub profile: Option<Profile>,
    /// Only failed ones (true) or only successful ones (false).
    pub failed: Option<bool>,
    /// Only by the actor of this name.
    pub principal: Option<String>,
    /// Only those that this run of `mcpbox_run_code` made.
    pub parent: Option<CallId>,
    /// Only those that began then or later.
    pub since: Option<DateTime<Utc>>,
}

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

/// Records, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
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

fn select(filter: &CallFilter) -> Result<Select<Entity>, StoreError> {
    let mut select = Entity::find();
    if let Some(server) = filter.server {
        select = select.filter(Column::ServerId.eq(server.0));
    }
    if let Some(tool) = filter.tool {
        select = select.filter(Column::ToolId.eq(tool.0));
    }
    if let Some(version) = filter.version {
        select = select.filter(Column::VersionId.eq(version.0));
    }
    if let Some(profile) = filter.profile {
        select = select.filter(Column::Profile.eq(Place("calls", "profile").word(&profile)?));
    }
    if let Some(principal) = &filter.principal {
        select = select.filter(Column::ActorName.eq(text(principal)));
    }
    if let Some(parent) = filter.parent {
        select = select.filter(Column::ParentId.eq(parent.0));
    }
    if let Some(since) = filter.since {
        select = select.filter(Column::StartedAt.gte(time(since)));
    }
    Ok(match filter.failed {
        Some(true) => select.filter(Column::FailureKind.is_not_null()),
        Some(false) => select.filter(Column::FailureKind.is_null()),
        None => select,
    })
}

fn to_row(record: &CallRecord) -> Result<Model, StoreError> {
    let actor = actor(&record.actor);
    let failure = record.failure.as_ref();
    Ok(Model {
        id: record.id.0,
        server_id: record.server_id.0,
        server_name: text(&record.server_name),
        tool_id: record.tool_id.0,
        tool_name: text(&record.tool_name),
        version_id: record.version_id.0,
        profile: Place("calls", "profile").word(&record.profile)?,
        actor_kind: actor_kind(actor.kind),
        actor_name: actor.name,
        arguments: Place("calls", "arguments").json_text(&record.arguments)?,
        result: Place("calls", "result").json_text(&record.result)?,
        stdout: text(&record.stdout),
        failure_kind: failure.map(|failure| failure.kind.as_str().to_owned()),
        failure: failure.map(|failure| Place("calls", "failure").json_text(failure)).transpose()?,
        observed: Place("calls", "observed").json_text(&record.observed)?,
        duration_us: i64::try_from(record.observed.duration_us).unwrap_or(i64::MAX),
        started_at: time(record.started_at),
        logs: Place("calls", "logs").json_text(&record.logs)?,
        trial: record.trial.as_ref().map(|trial| Place("calls", "trial").json_text(trial)).transpose()?,
        is_example: record.trial.as_ref().is_some_and(|trial| trial.is_example),
        parent_id: record.parent_id.map(|parent| parent.0),
    })
}

impl TryFrom<Model> for CallRecord {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: CallId(row.id),
            server_id: ServerId(row.server_id),
            server_name: row.server_name,
            tool_id: ToolId(row.tool_id),
            tool_name: row.tool_name,
            version_id: VersionId(row.version_id),
            profile: Place("calls", "profile").parse_word(row.profile)?,
            actor: Place("calls", "actor_kind").parse_actor(row.actor_kind, row.actor_name)?,
            arguments: Place("calls", "arguments").parse_json_text(&row.arguments)?,
            result: Place("calls", "result").parse_json_text(&row.result)?,
            stdout: row.stdout,
            failure: row.failure.map(|text| Place("calls", "failure").parse_json_text(&text)).transpose()?,
            observed: Place("calls", "observed").parse_json_text(&row.observed)?,
            started_at: row.started_at,
            logs: Place("calls", "logs").parse_json_text(&row.logs)?,
            trial: row.trial.map(|text| Place("calls", "trial").parse_json_text(&text)).transpose()?,
            parent_id: row.parent_id.map(CallId),
        })
    }
}

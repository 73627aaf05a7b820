//! Long calls as tasks. Whoever runs one says so every few seconds (`beat_at`); one that fell silent has ended with its process. Of all
//! that would end a task the first one wins, whichever process it comes from.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::{CallId, ToolId, VersionId},
    task::{Begun, Ending, Task, TaskState},
    token::TokenHash,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::Expr,
};

use crate::{
    convert::{Place, text, time},
    entity::tasks::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    seal::{SealedAt, Sealer},
    store::{Connection, Tx, sealed::Connection as _},
};

const STATE: Place = Place("tasks", "state");

/// Tasks of one owner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// All that are there.
    pub all: u64,
    /// Those that run.
    pub working: u64,
}

/// Writes a new one, which begins to run now.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &Tx, owner: &TokenHash, task: &Task) -> Result<(), StoreError> {
    let row = Model {
        id: task.id.clone(),
        owner: owner.as_str().to_owned(),
        name: text(&task.name),
        call_id: task.run.map(|run| run.call_id.0),
        tool_id: task.run.map(|run| run.tool_id.0),
        version_id: task.run.map(|run| run.version_id.0),
        state: STATE.word(&task.state)?,
        message: task.message.as_deref().map(text),
        created_at: time(task.created_at),
        updated_at: time(task.updated_at),
        expires_at: time(task.expires_at),
        beat_at: time(task.updated_at),
        ending: task.ending.as_ref().map(|ending| seal(tx.sealer(), &task.id, ending)).transpose()?,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(&tx.inner).await?;
    Ok(())
}

/// The task of this name, if it is this owner's.
///
/// # Errors
/// [`StoreError::Seal`] when what came of it was changed or moved.
pub async fn find(connection: &impl Connection, owner: &TokenHash, id: &str) -> Result<Option<Task>, StoreError> {
    let row = Entity::find_by_id(id).filter(Column::Owner.eq(owner.as_str())).one(&connection.executor()).await?;
    row.map(|row| to_task(connection.sealer(), row)).transpose()
}

/// Tasks of an owner, newest first, from the one after `after` on.
///
/// # Errors
/// When the database fails.
pub async fn list(
    connection: &impl Connection,
    owner: &TokenHash,
    after: Option<(DateTime<Utc>, &str)>,
    limit: u64,
) -> Result<Vec<Task>, StoreError> {
    let mut select = Entity::find().filter(Column::Owner.eq(owner.as_str()));
    if let Some((at, id)) = after {
        let same_moment = Condition::all().add(Column::CreatedAt.eq(time(at))).add(Column::Id.lt(id));
        select = select.filter(Condition::any().add(Column::CreatedAt.lt(time(at))).add(same_moment));
    }
    let select = select.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).limit(limit);
    let rows = select.all(&connection.executor()).await?;
    rows.into_iter().map(|row| to_task(connection.sealer(), row)).collect()
}

/// How many there are of an owner.
///
/// # Errors
/// When the database fails.
pub async fn count(connection: &impl Connection, owner: &TokenHash) -> Result<TaskCounts, StoreError> {
    let of = || Entity::find().filter(Column::Owner.eq(owner.as_str()));
    let all = of().count(&connection.executor()).await?;
    let working = of().filter(is_working()?).count(&connection.executor()).await?;
    Ok(TaskCounts { all, working })
}

/// Whether it still runs, as far as the database knows.
///
/// # Errors
/// When the database fails.
pub async fn is_there_and_working(connection: &impl Connection, id: &str) -> Result<bool, StoreError> {
    Ok(Entity::find_by_id(id).filter(is_working()?).count(&connection.executor()).await? > 0)
}

/// Says that it still runs, what runs, and what that said since (none: nothing new). False when it is over.
///
/// # Errors
/// When the database fails.
pub async fn beat(
    tx: &Tx,
    id: &str,
    run: Option<Begun>,
    said: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut change = ActiveModel { beat_at: Set(time(now)), ..ActiveModel::default() };
    if let Some(run) = run {
        change.call_id = Set(Some(run.call_id.0));
        change.tool_id = Set(Some(run.tool_id.0));
        change.version_id = Set(Some(run.version_id.0));
    }
    if let Some(said) = said {
        change.message = Set(Some(text(said)));
        change.updated_at = Set(time(now));
    }
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(is_working()?);
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// How a task ends.
#[derive(Debug, Clone)]
pub struct End<'a> {
    /// In which state.
    pub state: TaskState,
    /// Why, when it has to be said.
    pub message: Option<&'a str>,
    /// What came of it.
    pub ending: Option<&'a Ending>,
    /// Until when it is kept at least.
    pub keep_until: DateTime<Utc>,
}

/// Ends it; false when it is over already, or gone.
///
/// # Errors
/// When it cannot be sealed or written.
pub async fn end(tx: &Tx, id: &str, end: End<'_>, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let mut change =
        ActiveModel { state: Set(STATE.word(&end.state)?), updated_at: Set(time(now)), ..ActiveModel::default() };
    if let Some(message) = end.message {
        change.message = Set(Some(text(message)));
    }
    if let Some(ending) = end.ending {
        change.ending = Set(Some(seal(tx.sealer(), id, ending)?));
    }
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(is_working()?);
    let is_first = update.exec(&tx.inner).await?.rows_affected > 0;
    let keep = Entity::update_many().col_expr(Column::ExpiresAt, Expr::value(time(end.keep_until)));
    let keep = keep.filter(Column::Id.eq(id)).filter(Column::ExpiresAt.lt(time(end.keep_until)));
    if is_first {
        keep.exec(&tx.inner).await?;
    }
    Ok(is_first)
}

/// Names of those that fell silent before `before`.
///
/// # Errors
/// When the database fails.
pub async fn silent(connection: &impl Connection, before: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
    let select = Entity::find().filter(is_working()?).filter(Column::BeatAt.lt(time(before)));
    let select = select.select_only().column(Column::Id).limit(1_000);
    Ok(select.into_tuple().all(&connection.executor()).await?)
}

/// Whether any is over and forgotten at `now`.
///
/// # Errors
/// When the database fails.
pub async fn has_expired(connection: &impl Connection, now: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(Entity::find().filter(is_expired(now)?).limit(1).one(&connection.executor()).await?.is_some())
}

/// Removes those that are over and forgotten at `now`; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(tx: &Tx, now: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(Entity::delete_many().filter(is_expired(now)?).exec(&tx.inner).await?.rows_affected)
}

fn is_working() -> Result<Condition, StoreError> {
    Ok(Condition::all().add(Column::State.eq(STATE.word(&TaskState::Working)?)))
}

fn is_expired(now: DateTime<Utc>) -> Result<Condition, StoreError> {
    Ok(Condition::all().add(Column::State.ne(STATE.word(&TaskState::Working)?)).add(Column::ExpiresAt.lte(time(now))))
}

fn to_task(sealer: &Sealer, row: Model) -> Result<Task, StoreError> {
    let ending = row.ending.as_deref().map(|blob| sealer.unseal_text(place(&row.id), blob)).transpose()?;
    let ending = ending.map(|text| Place("tasks", "ending").parse_json_text(&text)).transpose()?;
    let run = match (row.call_id, row.tool_id, row.version_id) {
        (Some(call), Some(tool), Some(version)) => {
            Some(Begun { call_id: CallId(call), tool_id: ToolId(tool), version_id: VersionId(version) })
        }
        _ => None,
    };
    Ok(Task {
        run,
        ending,
        id: row.id,
        name: row.name,
        state: STATE.parse_word(row.state)?,
        message: row.message,
        created_at: row.created_at,
        updated_at: row.updated_at,
        expires_at: row.expires_at,
    })
}

fn seal(sealer: &Sealer, id: &str, ending: &Ending) -> Result<Vec<u8>, StoreError> {
    let text = Place("tasks", "ending").json_text(ending)?;
    sealer.seal_text(place(&id), &text)
}

pub(crate) fn place<T: std::fmt::Display>(id: &T) -> SealedAt<'_> {
    SealedAt { table: "tasks", column: "ending", row: id }
}

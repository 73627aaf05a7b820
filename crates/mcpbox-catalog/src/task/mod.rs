//! Long calls as tasks: a row of the store says how far each is, so that every process answers for all of them and what came of one
//! outlives the process that ran it. The run itself goes through [`crate::call`] like any other.
//!
//! Must not: let anybody but its owner learn of a task, or leave one working whose process is gone.

mod drive;
mod observer;
mod sweep;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    failure::{Failure, FailureKind},
    principal::Principal,
    task::{Task, TaskState},
    token::TokenHash,
};
use mcpbox_store::tasks;
use rand::{TryRng, rngs::SysRng};

pub use self::{
    drive::{Stop, drive},
    observer::Handover,
};
pub(crate) use sweep::{lapse_all, watch};

use crate::{Catalog, CatalogError};

/// How long a task is kept after it was made, when its client wishes nothing else.
pub const TTL: TimeDelta = TimeDelta::hours(1);
/// The longest that a client may wish.
pub const TTL_MAX: TimeDelta = TimeDelta::hours(24);
/// How long one is kept after it ended, whatever its client wished.
pub const KEPT_AFTER_END: TimeDelta = TimeDelta::seconds(30);
/// How often a client should ask.
pub const POLL_EVERY: Duration = Duration::from_secs(2);
/// Tasks of one owner that run at once.
pub const WORKING_MAX: u64 = 20;
/// Tasks of one owner that are kept, ended ones included.
pub const KEPT_MAX: u64 = 100;
/// Tasks of one page of a list.
const PAGE: u64 = 50;
/// How often whoever waits for the end of a task looks, without news.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What a task is about.
#[derive(Debug, Clone, Copy)]
pub struct NewTask<'a> {
    /// The tool, as it was called.
    pub name: &'a str,
    /// How long its client wishes it to be kept.
    pub ttl: Option<Duration>,
}

/// A page of the tasks of an owner, newest first.
#[derive(Debug)]
pub struct TaskPage {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// Makes a task for a call that runs, or is about to. Whoever asks for it must [`drive`] it.
///
/// # Errors
/// `LimitReached` when the owner has as many as there may be, `StorageFull` when there is no room, or the store cannot be written.
pub async fn open(cat: &Catalog, who: &Principal, new: NewTask<'_>) -> Result<Task, CatalogError> {
    cat.check_room()?;
    let (owner, now) = (owner(who), cat.clock.now());
    let task = Task {
        id: new_id()?,
        name: new.name.to_owned(),
        run: None,
        state: TaskState::Working,
        message: None,
        created_at: now,
        updated_at: now,
        expires_at: now + kept_for(new.ttl),
        ending: None,
    };
    let tx = cat.store.begin().await?;
    tasks::delete_expired(&tx, now).await?;
    let there = tasks::count(&tx, &owner).await?;
    check_room(there)?;
    tasks::insert(&tx, &owner, &task).await?;
    tx.commit().await?;
    Ok(task)
}

/// The task of this name, if it is this principal's.
///
/// # Errors
/// `NotFound`, also for somebody else's and for one that is forgotten; or the store cannot be read.
pub async fn get(cat: &Catalog, who: &Principal, id: &str) -> Result<Task, CatalogError> {
    let owner = owner(who);
    let task = tasks::find(&cat.store.reader(), &owner, id).await?.filter(|task| is_known(task, cat.clock.now()));
    let Some(task) = task else { return Err(unknown().into()) };
    if task.state.is_final() || !sweep::lapse_if_silent(cat, id).await? {
        return Ok(task);
    }
    tasks::find(&cat.store.reader(), &owner, id).await?.ok_or_else(|| unknown().into())
}

/// The same, once it is over.
///
/// # Errors
/// Those of [`get`].
pub async fn wait(cat: &Catalog, who: &Principal, id: &str) -> Result<Task, CatalogError> {
    loop {
        let changed = cat.tasks_changed.notified();
        let task = get(cat, who, id).await?;
        if task.state.is_final() {
            return Ok(task);
        }
        let _late = tokio::time::timeout(LOOK_EVERY, changed).await;
    }
}

/// The tasks of a principal, newest first, from where an earlier page ended.
///
/// # Errors
/// `InvalidArguments` for a cursor of somewhere else, or the store cannot be read.
pub async fn list(cat: &Catalog, who: &Principal, cursor: Option<&str>) -> Result<TaskPage, CatalogError> {
    let after = cursor.map(parse_cursor).transpose()?;
    let mut found = tasks::list(&cat.store.reader(), &owner(who), after, PAGE + 1).await?;
    let is_more = found.len() as u64 > PAGE;
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next =
        found.last().filter(|_| is_more).map(|last| format!("{}-{}", last.created_at.timestamp_micros(), last.id));
    let now = cat.clock.now();
    found.retain(|task| is_known(task, now));
    Ok(TaskPage { tasks: found, next })
}

/// Ends a task for its owner; gives it as it is then. One that is over stays as it ended. The run is stopped a moment later, by the
/// process that it is in.
///
/// # Errors
/// Those of [`get`].
pub async fn cancel(cat: &Catalog, who: &Principal, id: &str) -> Result<(Task, bool), CatalogError> {
    let task = get(cat, who, id).await?;
    if task.state.is_final() {
        return Ok((task, false));
    }
    let now = cat.clock.now();
    let end = tasks::End {
        state: TaskState::Cancelled,
        message: Some("The client cancelled the task."),
        ending: None,
        keep_until: now + KEPT_AFTER_END,
    };
    let tx = cat.store.begin_log().await?;
    let is_first = tasks::end(&tx, id, end, now).await?;
    tx.commit().await?;
    cat.tasks_changed.notify_waiters();
    let task = tasks::find(&cat.store.reader(), &owner(who), id).await?;
    Ok((task.ok_or_else(unknown)?, is_first))
}

/// How long a task is kept after it was made.
fn kept_for(wish: Option<Duration>) -> TimeDelta {
    let wish = wish.map(|wish| TimeDelta::from_std(wish).unwrap_or(TTL_MAX));
    wish.unwrap_or(TTL).clamp(TimeDelta::seconds(1), TTL_MAX)
}

/// Whom a task belongs to: all clients of this machine are one, elsewhere it is this client of this human.
fn owner(who: &Principal) -> TokenHash {
    let text = match who {
        Principal::Local { .. } => "local".to_owned(),
        Principal::Remote { subject, client, .. } => {
            format!("remote\n{subject}\n{}", client.as_deref().unwrap_or_default())
        }
    };
    TokenHash::of(&text)
}

fn is_known(task: &Task, now: DateTime<Utc>) -> bool {
    !task.state.is_final() || now < task.expires_at
}

fn check_room(there: tasks::TaskCounts) -> Result<(), Failure> {
    let (count, what, hint) = match there {
        tasks::TaskCounts { working, .. } if working >= WORKING_MAX => {
            (working, "that run", "wait until one ends, or cancel one with tasks/cancel")
        }
        tasks::TaskCounts { all, .. } if all >= KEPT_MAX => {
            (all, "that are kept", "call without a task meanwhile; the oldest are forgotten when their ttl is over")
        }
        _ => return Ok(()),
    };
    let message = format!("there are {count} tasks of this client {what}, as many as there may be; nothing was begun");
    Err(Failure::new(FailureKind::LimitReached, message).hint(hint))
}

fn unknown() -> Failure {
    Failure::new(FailureKind::NotFound, "there is no such task of this client, or its time is over")
        .hint("call the tool again")
}

/// 256 random bits, in hex.
fn new_id() -> Result<String, CatalogError> {
    let mut bytes = [0_u8; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(CatalogError::internal)?;
    Ok(hex::encode(bytes))
}

fn parse_cursor(text: &str) -> Result<(DateTime<Utc>, &str), Failure> {
    let parts = text.split_once('-').and_then(|(at, id)| Some((at.parse().ok()?, id)));
    let place = parts.and_then(|(at, id)| Some((DateTime::from_timestamp_micros(at)?, id)));
    place.ok_or_else(|| Failure::new(FailureKind::InvalidArguments, "this cursor is of another list"))
}

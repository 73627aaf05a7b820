//! Runs the call of a task to its end, says every few seconds that it still runs, and stops it when the task is over: cancelled by its
//! owner at whichever process, or by what the caller of [`drive`] watches for.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use mcpbox_core::task::{Ending, Task, TaskState};
use mcpbox_store::{StoreError, tasks};
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{Handover, KEPT_AFTER_END, observer::News};
use crate::Catalog;

/// How often a run looks whether its task is over, and says what it said.
const TICK: Duration = Duration::from_secs(1);
/// How often it says at least that it still runs.
const BEAT_EVERY: Duration = Duration::from_secs(5);
/// A task whose run was silent this long has ended with its process.
pub(super) const SILENT_AFTER: TimeDelta = TimeDelta::seconds(20);
/// Tries to write what came of it.
const TRIES: u32 = 5;
/// JSON-RPC: something failed inside the server.
const INTERNAL_ERROR: i64 = -32603;

/// Why a run is stopped before it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The access that began it was taken back.
    Access,
    /// This process stops.
    Shutdown,
}

/// Drives the call of `task` until it ended, or `stop` says why it must not go on: then it is dropped, which ends the run.
pub async fn drive(
    cat: Arc<Catalog>,
    task: Task,
    heard: Arc<Handover>,
    work: impl Future<Output = Ending>,
    stop: impl Future<Output = Stop>,
) {
    heard.detach();
    let over = tokio::select! {
        biased;
        ending = work => Some(Over { state: ending.state(), message: None, ending: Some(ending) }),
        why = stop => Some(stopped(why)),
        () = until_over(&cat, &task.id, &heard) => None,
    };
    // The run is gone by now: nothing of it is left when its task says that it is over.
    if let Some(over) = over {
        end(&cat, &task.id, &heard, over).await;
        cat.tasks_changed.notify_waiters();
    }
}

struct Over {
    state: TaskState,
    message: Option<&'static str>,
    ending: Option<Ending>,
}

fn stopped(why: Stop) -> Over {
    match why {
        Stop::Access => {
            let message = "The access that began this task was taken back; the run was stopped.";
            Over { state: TaskState::Cancelled, message: Some(message), ending: None }
        }
        Stop::Shutdown => {
            gone("The server that ran it stopped. What it had changed outside may stand; call the tool again.")
        }
    }
}

/// The end of a task without a result.
pub(super) fn gone_ending(message: &str) -> Ending {
    let error = json!({"code": INTERNAL_ERROR, "message": message});
    Ending::Error(error.as_object().cloned().unwrap_or_default())
}

fn gone(message: &'static str) -> Over {
    Over { state: TaskState::Failed, message: Some(message), ending: Some(gone_ending(message)) }
}

/// Until the task is over by what another did. A database that fails is no reason to stop: the task lapses by itself when it stays so.
async fn until_over(cat: &Catalog, id: &str, heard: &Handover) {
    let mut ticks = interval_at(Instant::now() + TICK, TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut beat_at = Instant::now();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = cat.tasks_changed.notified() => {}
        }
        let news = heard.news();
        let is_news = news.run.is_some() || news.said.is_some();
        let working = if is_news || beat_at.elapsed() >= BEAT_EVERY {
            beat_at = Instant::now();
            beat(cat, id, &news).await
        } else {
            tasks::is_there_and_working(&cat.store.reader(), id).await
        };
        match working {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "a task could not say that it still runs; tried again"),
        }
    }
}

async fn beat(cat: &Catalog, id: &str, news: &News) -> Result<bool, StoreError> {
    let tx = cat.store.begin_log().await?;
    let is_working = tasks::beat(&tx, id, news.run, news.said.as_deref(), cat.clock.now()).await?;
    tx.commit().await?;
    Ok(is_working)
}

/// Writes the end of a task. One that cannot be written lapses.
async fn end(cat: &Catalog, id: &str, heard: &Handover, over: Over) {
    let news = heard.news();
    for attempt in 0..TRIES {
        let written = async {
            let now = cat.clock.now();
            let end = tasks::End {
                state: over.state,
                message: over.message,
                ending: over.ending.as_ref(),
                keep_until: now + KEPT_AFTER_END,
            };
            let tx = cat.store.begin_log().await?;
            tasks::beat(&tx, id, news.run, news.said.as_deref(), now).await?;
            tasks::end(&tx, id, end, now).await?;
            tx.commit().await
        };
        match written.await {
            Ok(()) => return,
            Err(error) => tracing::warn!(%error, attempt, "the end of a task could not be written yet"),
        }
        tokio::time::sleep(Duration::from_millis(50) * 2_u32.pow(attempt)).await;
    }
    tracing::error!("the end of a task could not be written; its client is told that it failed");
}

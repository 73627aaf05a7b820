//! Tasks whose process is gone fail, and those whose time is over are forgotten, whoever ran them.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::task::TaskState;
use mcpbox_store::tasks;

use super::{
    KEPT_AFTER_END,
    drive::{SILENT_AFTER, gone_ending},
};
use crate::{Catalog, CatalogError, background::Timer};

/// How often it is looked for. It is read; written only when there is something.
const EVERY: Duration = Duration::from_secs(10);

const GONE: &str = "The server that ran it ended. What it had changed outside may stand; call the tool again.";

/// Fails every task that runs: on a database of one process alone, when that starts.
pub(crate) async fn lapse_all(cat: &Catalog) -> Result<(), CatalogError> {
    // None was heard of later than this.
    lapse_before(cat, cat.clock.now() + TimeDelta::days(1)).await
}

/// Fails a task whose process fell silent; says whether it did.
pub(super) async fn lapse_if_silent(cat: &Catalog, id: &str) -> Result<bool, CatalogError> {
    let before = cat.clock.now() - SILENT_AFTER;
    let silent = tasks::silent(&cat.store.reader(), before).await?;
    if !silent.iter().any(|silent| silent == id) {
        return Ok(false);
    }
    lapse(cat, &silent).await?;
    Ok(true)
}

async fn lapse_before(cat: &Catalog, before: DateTime<Utc>) -> Result<(), CatalogError> {
    let silent = tasks::silent(&cat.store.reader(), before).await?;
    lapse(cat, &silent).await
}

async fn lapse(cat: &Catalog, ids: &[String]) -> Result<(), CatalogError> {
    if ids.is_empty() {
        return Ok(());
    }
    let (now, ending) = (cat.clock.now(), gone_ending(GONE));
    let tx = cat.store.begin_log().await?;
    for id in ids {
        let end = tasks::End {
            state: TaskState::Failed,
            message: Some(GONE),
            ending: Some(&ending),
            keep_until: now + KEPT_AFTER_END,
        };
        tasks::end(&tx, id, end, now).await?;
    }
    tx.commit().await?;
    cat.tasks_changed.notify_waiters();
    Ok(())
}

/// Starts the timer; it ends with the catalog.
pub(crate) fn watch(cat: &Arc<Catalog>) {
    let mut timer = Timer::of(cat, EVERY, EVERY);
    cat.background.spawn(async move {
        while let Some(cat) = timer.next().await {
            if let Err(error) = round(&cat).await {
                tracing::warn!(%error, "tasks could not be looked through; tried again in {EVERY:?}");
            }
        }
    });
}

async fn round(cat: &Catalog) -> Result<(), CatalogError> {
    let now = cat.clock.now();
    lapse_before(cat, now - SILENT_AFTER).await?;
    if tasks::has_expired(&cat.store.reader(), now).await? {
        let tx = cat.store.begin_log().await?;
        tasks::delete_expired(&tx, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

//! What is kept for a time only is removed when it is over: records of runs, as long and as many as the settings say, but not the
//! tests of versions that are still there; old versions; packages that no live version needs; and the changes that other processes have long followed.

mod versions;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use mcpbox_store::{calls, outbox};

use crate::{Catalog, CatalogError, background::Timer};
pub(crate) use versions::ACTION as PRUNED;

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(3_600);
/// Not while everything else starts.
const FIRST: Duration = Duration::from_secs(60);
/// How long a change can be followed. Whoever was away longer reads everything anyway.
const FOLLOWED_FOR: TimeDelta = TimeDelta::days(1);

/// How long packages that no live version needs stay after their last use.
const PACKAGES_KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Records of runs.
    pub runs: u64,
    /// Versions of tools.
    pub versions: u64,
    /// Installed packages, as environments.
    pub environments: u64,
}

/// Removes what is older, or more, than is kept.
///
/// # Errors
/// The store cannot be written; what was removed until then stays removed.
pub async fn remove_old(cat: &Arc<Catalog>) -> Result<Removed, CatalogError> {
    let now = cat.clock.now();
    let tx = cat.store.begin().await?;
    outbox::delete_older_than(&tx, now - FOLLOWED_FOR).await?;
    tx.commit().await?;
    let kept = TimeDelta::days(i64::from(cat.snapshot().settings().log_retention_days));
    let versions = versions::prune(cat, now - kept).await?;
    let mut runs = calls::delete_older_than(&cat.store, now - kept).await?;
    for known in cat.snapshot().known() {
        runs += calls::trim(&cat.store, known.tool.id, cat.room.runs_per_tool()).await?;
    }
    let environments = remove_environments(cat).await;
    Ok(Removed { runs, versions, environments })
}

/// Removes installed packages that no live version needs and nobody tried for a while.
async fn remove_environments(cat: &Arc<Catalog>) -> u64 {
    let wanted = cat.model.lock().await.locks();
    let removed = cat.executor.remove_unused(&wanted, cat.clock.now() - PACKAGES_KEPT_FOR).await;
    if removed > 0 {
        cat.installs.forget(&wanted);
    }
    removed
}

/// Starts the timer; it ends with the catalog.
pub(crate) fn watch(cat: &Arc<Catalog>) {
    let mut timer = Timer::of(cat, FIRST, EVERY);
    cat.background.spawn(async move {
        while let Some(cat) = timer.next().await {
            match remove_old(&cat).await {
                Ok(removed) if removed == Removed::default() => {}
                Ok(Removed { runs, versions, environments }) => {
                    tracing::info!(runs, versions, environments, "removed what is kept no longer")
                }
                Err(error) => {
                    tracing::error!(%error, "what is kept no longer could not be removed; tried again in an hour")
                }
            }
        }
    });
}

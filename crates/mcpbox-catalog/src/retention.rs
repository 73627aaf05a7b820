//! What is kept for a time only is removed when it is over: records of runs, as long as the settings say, but not the tests of
//! versions that are still there; and the changes that other processes have long followed.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use mcpbox_store::{calls, outbox};

use crate::{Catalog, CatalogError};

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(3_600);
/// Not while everything else starts.
const FIRST: Duration = Duration::from_secs(60);
/// How long a change can be followed. Whoever was away longer reads everything anyway.
const FOLLOWED_FOR: TimeDelta = TimeDelta::days(1);

/// Removes what is older than it is kept; gives the number of runs.
///
/// # Errors
/// The store cannot be written; what was removed until then stays removed.
pub async fn remove_old(cat: &Catalog) -> Result<u64, CatalogError> {
    let now = cat.clock.now();
    let tx = cat.store.begin().await?;
    outbox::delete_older_than(&tx, now - FOLLOWED_FOR).await?;
    tx.commit().await?;
    let kept = TimeDelta::days(i64::from(cat.snapshot().settings().log_retention_days));
    Ok(calls::delete_older_than(&cat.store, now - kept).await?)
}

/// Starts the timer; it ends with the catalog.
pub(crate) fn watch(cat: &Arc<Catalog>) {
    let (weak, stop) = (Arc::downgrade(cat), cat.stop_background.clone());
    cat.background.spawn(async move {
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + FIRST, EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let Some(cat) = weak.upgrade() else { return };
            match remove_old(&cat).await {
                Ok(0) => {}
                Ok(runs) => tracing::info!(runs, "removed the records of runs that are older than they are kept"),
                Err(error) => tracing::error!(%error, "records that are older than they are kept could not be removed; tried again in an hour"),
            }
        }
    });
}

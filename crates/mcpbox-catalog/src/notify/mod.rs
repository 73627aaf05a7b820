//! Telling humans elsewhere that something waits: webhooks, Discord, Slack, ntfy.
//!
//! What is to be told is written in the transaction in which it happens, and kept until it is told. A message holds numbers,
//! the highest risk and a link: never code, and no name that an LLM chose. Only a [`crate::Reviewer`] says where messages go.

mod backoff;
mod deliver;
mod format;
mod message;
mod probe;
mod send;
mod target;

use std::{sync::Arc, time::Duration};

use mcpbox_egress::Broker;

use crate::{Catalog, CatalogError, background::Timer, error::refused};
use mcpbox_core::failure::FailureKind;

pub use deliver::deliver_due;
pub use probe::{ProbeReport, probe};
pub use target::{NewTarget, TargetChange, change_target, create_target, delete_target, list_targets};

/// How often it is looked whether something is to be told.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Sends through this broker from now on.
pub fn connect(cat: &Catalog, broker: Arc<Broker>) {
    // The first one stays: there is one a process.
    let _ = cat.broker.set(broker);
}

/// Starts to deliver in the background; it ends with the catalog.
pub fn watch(cat: &Arc<Catalog>) {
    let (mut timer, stop) = (Timer::of(cat, Duration::ZERO, LOOK_EVERY), cat.stop_background.clone());
    cat.background.spawn(async move {
        while let Some(cat) = timer.next().await {
            tokio::select! {
                // What is cut off here is taken up again when its claim is over.
                () = stop.cancelled() => return,
                done = deliver_due(&cat) => if let Err(error) = done {
                    tracing::warn!(%error, "notifications could not be looked at; tried again in 2 s");
                }
            }
        }
    });
}

pub(crate) fn broker(cat: &Catalog) -> Result<&Arc<Broker>, CatalogError> {
    let silent =
        || refused(FailureKind::Unavailable, "this process sends nothing to other hosts; ask the running server");
    cat.broker.get().ok_or_else(silent)
}

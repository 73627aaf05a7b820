//! Tells every listening client that the list of tools changed. One task hears the catalog and gathers what changes
//! within a short while into one signal; listeners watch a counter, so a slow one never holds the others up.

use std::{sync::Arc, time::Duration};

use mcpbox_catalog::Catalog;
use mcpbox_core::event::LiveEvent;
use tokio::sync::{broadcast::error::RecvError, watch};
use tokio_util::sync::CancellationToken;

/// How long changes are gathered before they are told.
const GATHER: Duration = Duration::from_millis(50);

/// Where listeners wait for changes of the tool list.
#[derive(Clone)]
pub(crate) struct ToolListChanges(watch::Receiver<u64>);

impl ToolListChanges {
    /// A listener of its own, deaf to what was told before.
    pub(crate) fn listener(&self) -> Self {
        let mut receiver = self.0.clone();
        receiver.mark_unchanged();
        Self(receiver)
    }

    /// Waits for the next change; false when there will be none any more.
    pub(crate) async fn next(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }
}

/// Makes the channel and the task that feeds it until `stop`. The task must be spawned by its owner.
pub(crate) fn tool_list_changes(
    catalog: &Arc<Catalog>,
    stop: CancellationToken,
) -> (ToolListChanges, impl Future<Output = ()> + Send + 'static) {
    let (sender, receiver) = watch::channel(0);
    let mut events = catalog.subscribe();
    let feed = async move {
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => return,
                event = events.recv() => event,
            };
            match event {
                Ok(LiveEvent::ToolListChanged) | Err(RecvError::Lagged(_)) => {
                    tokio::time::sleep(GATHER).await;
                    events = events.resubscribe();
                    sender.send_modify(|count| *count += 1);
                }
                Ok(_) => {}
                Err(RecvError::Closed) => return,
            }
        }
    };
    (ToolListChanges(receiver), feed)
}

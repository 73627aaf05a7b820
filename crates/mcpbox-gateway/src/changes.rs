//! Tells every listening client that the list of tools changed, and whoever watches over streams that access changed. A task
//! for each hears the catalog; listeners watch a counter, so a slow one never holds the others up.

use std::{sync::Arc, time::Duration};

use mcpbox_catalog::Catalog;
use mcpbox_core::event::LiveEvent;
use tokio::sync::{broadcast::error::RecvError, watch};
use tokio_util::sync::CancellationToken;

/// How long changes of the list are gathered before they are told.
const GATHER: Duration = Duration::from_millis(50);

/// Where listeners wait for changes of one sort.
#[derive(Clone)]
pub(crate) struct Changes(watch::Receiver<u64>);

impl Changes {
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

/// Changes of the list of tools, gathered, and the task that feeds them until `stop`. The task must be spawned by its owner.
pub(crate) fn tool_list_changes(
    catalog: &Arc<Catalog>,
    stop: CancellationToken,
) -> (Changes, impl Future<Output = ()> + Send + 'static) {
    changes(catalog, stop, LiveEvent::ToolListChanged, GATHER)
}

/// Changes of who may come in, told at once, and the task that feeds them.
pub(crate) fn access_changes(
    catalog: &Arc<Catalog>,
    stop: CancellationToken,
) -> (Changes, impl Future<Output = ()> + Send + 'static) {
    changes(catalog, stop, LiveEvent::AccessChanged, Duration::ZERO)
}

fn changes(
    catalog: &Arc<Catalog>,
    stop: CancellationToken,
    wanted: LiveEvent,
    gather: Duration,
) -> (Changes, impl Future<Output = ()> + Send + 'static) {
    let (sender, receiver) = watch::channel(0);
    let mut events = catalog.subscribe();
    let feed = async move {
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => return,
                event = events.recv() => event,
            };
            match event {
                Err(RecvError::Closed) => return,
                Ok(event) if event != wanted => {}
                Ok(_) | Err(RecvError::Lagged(_)) => {
                    if !gather.is_zero() {
                        tokio::time::sleep(gather).await;
                        events = events.resubscribe();
                    }
                    sender.send_modify(|count| *count += 1);
                }
            }
        }
    };
    (Changes(receiver), feed)
}

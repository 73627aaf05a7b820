//! What listening clients are told when the lists change: always that of the tools, those of prompts and resources when they did.

use std::{sync::Arc, time::Duration};

use rmcp::{
    ErrorData, RoleServer,
    model::{
        PromptListChangedNotification, ResourceListChangedNotification, ServerNotification, ToolListChangedNotification,
    },
    service::{NotificationContext, SubscriptionContext, SubscriptionSendError},
};

use super::offers;
use crate::{changes::Changes, exchange::Facts, gateway::Gateway};

/// Subscriptions at one time: they hold connections that calls need too.
const LISTENERS_MAX: usize = 256;
/// How often a listening task looks whether its session is still there.
const SESSION_CHECK: Duration = Duration::from_secs(60);

/// Tells a session of the older era of all that changes from now on, as long as it is there.
pub(super) fn tell_session(
    gateway: &Arc<Gateway>,
    context: NotificationContext<RoleServer>,
) -> impl Future<Output = ()> + Send + 'static {
    let mut changes = Listed::listener(gateway);
    let closing = gateway.closing.clone();
    async move {
        loop {
            tokio::select! {
                () = closing.cancelled() => return,
                changed = changes.next() => {
                    for notification in changed {
                        if context.peer.send_notification(notification).await.is_err() {
                            return;
                        }
                    }
                    if changes.is_over() {
                        return;
                    }
                }
                () = tokio::time::sleep(SESSION_CHECK) => {
                    if context.peer.is_transport_closed() {
                        return;
                    }
                }
            }
        }
    }
}

/// Tells a subscription of the newer era, as long as its client listens.
pub(super) async fn tell(gateway: &Arc<Gateway>, context: SubscriptionContext) -> Result<(), ErrorData> {
    let exchange = Facts::of(context.request_context()).exchange;
    if gateway.listeners.len() >= LISTENERS_MAX {
        let message = format!("{LISTENERS_MAX} clients listen already; list the tools again from time to time instead");
        return Err(ErrorData::internal_error(message, None));
    }
    exchange.listens(&gateway.listeners);
    let mut changes = Listed::listener(gateway);
    loop {
        tokio::select! {
            () = context.cancelled() => return Ok(()),
            () = exchange.gone.cancelled() => return Ok(()),
            () = gateway.closing.cancelled() => return Ok(()),
            changed = changes.next() => {
                for notification in changed {
                    match context.sink().send(notification).await {
                        // What the client did not ask for.
                        Ok(()) | Err(SubscriptionSendError::NotificationNotAccepted(_)) => {}
                        Err(_) => return Ok(()),
                    }
                }
                if changes.is_over() {
                    return Ok(());
                }
            }
        }
    }
}

/// Waits for changes, and knows what was told.
struct Listed {
    gateway: Arc<Gateway>,
    changes: Changes,
    told: (u64, u64),
    is_over: bool,
}

impl Listed {
    /// One that knows of all until now.
    fn listener(gateway: &Arc<Gateway>) -> Self {
        let changes = gateway.changes.listener();
        let told = gateway.catalog.snapshot().offer_marks();
        Self { gateway: Arc::clone(gateway), changes, told, is_over: false }
    }

    /// What is to be told of the next change; nothing when there will be none any more.
    async fn next(&mut self) -> Vec<ServerNotification> {
        if !self.changes.next().await {
            self.is_over = true;
            return Vec::new();
        }
        let now = self.gateway.catalog.snapshot().offer_marks();
        let (prompts, resources) = offers::changed(std::mem::replace(&mut self.told, now), now);
        let tools = ServerNotification::ToolListChangedNotification(ToolListChangedNotification::default());
        let prompts = prompts
            .then(|| ServerNotification::PromptListChangedNotification(PromptListChangedNotification::default()));
        let resources = resources
            .then(|| ServerNotification::ResourceListChangedNotification(ResourceListChangedNotification::default()));
        [Some(tools), prompts, resources].into_iter().flatten().collect()
    }

    /// Whether there will be no change any more.
    fn is_over(&self) -> bool {
        self.is_over
    }
}

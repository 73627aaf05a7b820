//! What a source says of its own accord: progress of calls, that its tools changed. What it asks for (sampling, elicitation,
//! roots) was never offered, so it is refused.

use std::{collections::HashMap, sync::Arc};

use mcpbox_core::{execute::Observer, ids::SourceId};
use rmcp::{
    ClientHandler, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, Implementation, ProgressNotificationParam, ProgressToken, ProtocolVersion,
    },
    service::NotificationContext,
};
use tokio::sync::Mutex;

use crate::pool::Changes;

/// Who hears of the progress of which call.
pub(crate) type Listeners = Arc<Mutex<HashMap<ProgressToken, Arc<dyn Observer>>>>;

/// Hears one source.
#[derive(Clone)]
pub(crate) struct Handler {
    pub(crate) source: SourceId,
    pub(crate) listeners: Listeners,
    pub(crate) changed: Arc<Changes>,
}

impl ClientHandler for Handler {
    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        let observer = self.listeners.lock().await.get(&params.progress_token).cloned();
        if let Some(observer) = observer {
            observer.progress(params.progress, params.total, params.message);
        }
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changed.note(self.source);
    }

    fn get_info(&self) -> ClientConfig {
        let who = Implementation::new("mcpbox", env!("CARGO_PKG_VERSION"));
        // For servers that are said hello to in the older way.
        ClientConfig::new(ClientCapabilities::default(), who).with_protocol_version(ProtocolVersion::V_2025_11_25)
    }
}

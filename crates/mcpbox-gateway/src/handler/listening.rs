//! What listening clients are told when the lists change: always that of the tools, those of prompts and resources when they did.

use std::sync::Arc;

use rmcp::model::{
    PromptListChangedNotification, ResourceListChangedNotification, ServerNotification, ToolListChangedNotification,
};

use super::offers;
use crate::{changes::Changes, gateway::Gateway};

/// Waits for changes, and knows what was told.
pub(super) struct Listed {
    gateway: Arc<Gateway>,
    changes: Changes,
    told: (u64, u64),
    is_over: bool,
}

impl Listed {
    /// One that knows of all until now.
    pub(super) fn listener(gateway: &Arc<Gateway>) -> Self {
        let changes = gateway.changes.listener();
        let told = gateway.catalog.snapshot().offer_marks();
        Self { gateway: Arc::clone(gateway), changes, told, is_over: false }
    }

    /// What is to be told of the next change; nothing when there will be none any more.
    pub(super) async fn next(&mut self) -> Vec<ServerNotification> {
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
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }
}

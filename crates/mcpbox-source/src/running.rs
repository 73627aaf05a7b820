//! A call on its way through the SDK, and who is told when nobody waits for it any more.

use std::sync::Arc;

use rmcp::{RoleClient, service::RequestHandle};

use crate::handler::Listeners;

/// A call that nobody has the answer of yet.
pub(crate) struct Running {
    pub(crate) listeners: Listeners,
    pub(crate) handle: Option<RequestHandle<RoleClient>>,
}

impl Running {
    /// Forgets the call; tells the source when nobody waits for it any more.
    pub(crate) async fn end(&mut self, is_given_up: bool) {
        let Some(handle) = self.handle.take() else { return };
        self.listeners.lock().await.remove(&handle.progress_token);
        if is_given_up {
            let _ = handle.cancel(Some("nobody waits for the result any more".to_owned())).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.handle.is_none() {
            return;
        }
        let mut running = Self { listeners: Arc::clone(&self.listeners), handle: self.handle.take() };
        tokio::spawn(async move { running.end(true).await });
    }
}

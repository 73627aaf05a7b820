//! How a connection that is one stream ended: told once, by whoever notices it, to all who wait for something over it.

use tokio::sync::watch;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct End(watch::Sender<Option<String>>);

impl End {
    /// Ends it, with the reason as a sentence; the first one stays.
    pub(crate) fn note(&self, why: impl Into<String>) {
        self.0.send_if_modified(|told| {
            let is_first = told.is_none();
            told.get_or_insert_with(|| why.into());
            is_first
        });
    }

    /// Why it ended; none while it has not.
    pub(crate) fn why(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    /// Waits for it.
    pub(crate) async fn reached(&self) {
        // The sender is here, so the wait ends only with a reason.
        let _ = self.0.subscribe().wait_for(Option::is_some).await;
    }
}

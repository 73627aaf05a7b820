//! What is in memory follows what is committed.

use std::{sync::Arc, time::Duration};

use mcpbox_core::event::LiveEvent;
use mcpbox_store::StoreError;

use super::Catalog;
use crate::{CatalogError, change::Touched, model::Model, packages};

/// Tries to bring the snapshot up to date after a commit.
const REFRESH_TRIES: u32 = 5;
/// How soon everything is read again after that failed, at first and at last.
const READ_AGAIN_FIRST: Duration = Duration::from_secs(1);
const READ_AGAIN_LAST: Duration = Duration::from_secs(30);

impl Catalog {
    /// Brings the snapshot up to date with a committed change. Says whether clients see another list of tools.
    pub(crate) async fn refresh(&self, touched: &Touched) -> Result<bool, CatalogError> {
        let mut model = self.model.lock().await;
        let mut read = model.patch(&self.store, touched).await;
        for attempt in 1..REFRESH_TRIES {
            let Err(error) = &read else { break };
            tracing::warn!(error = %error, attempt, "the catalog could not be read after a change; reading all of it again");
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
            read = model.reload(&self.store).await;
        }
        self.swap(&mut model, read)
    }

    /// Reads everything again and again until it can be read, in a task of its own: what is committed must not stay unseen.
    pub(crate) fn read_until_current(self: &Arc<Self>) {
        let (cat, stop) = (self.clone(), self.stop_background.clone());
        self.background.spawn(async move {
            let mut wait = READ_AGAIN_FIRST;
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                }
                if cat.reload().await.is_ok() {
                    tracing::info!("the catalog in memory is what the database says again");
                    return;
                }
                wait = (wait * 2).min(READ_AGAIN_LAST);
            }
        });
    }

    /// Reads everything again, for changes made by somebody else.
    ///
    /// # Errors
    /// The store cannot be read; the snapshot stays as it was.
    pub async fn reload(self: &Arc<Self>) -> Result<(), CatalogError> {
        let mut model = self.model.lock().await;
        let read = model.reload(&self.store).await;
        if self.swap(&mut model, read)? {
            self.emit(LiveEvent::ToolListChanged);
        }
        packages::ensure(self);
        Ok(())
    }

    fn swap(&self, model: &mut Model, read: Result<(), StoreError>) -> Result<bool, CatalogError> {
        if let Err(error) = read {
            tracing::error!(error = %error, "the catalog in memory is behind the database");
            return Err(error.into());
        }
        let next = Arc::new(model.snapshot());
        self.room.set(&next.settings().storage);
        let before = self.snapshot.swap(next.clone());
        Ok(!next.lists_the_same(&before))
    }
}

//! Following what other processes on the same database do. A change stands in the outbox, written in its transaction, and is
//! announced when that commits; who hears it reads again what was touched. What passes by (a run ended, a client came) is told
//! without being kept. On SQLite there is nobody to follow.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use mcpbox_core::{event::LiveEvent, ids::ProcessId};
use mcpbox_store::{
    Store,
    listen::{self, Heard, Listener},
    outbox,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    sync::broadcast,
    time::{Instant, sleep, timeout_at},
};

use crate::{Catalog, CatalogError, change::Touched, packages};

/// The outbox entries that are followed.
pub(crate) const KIND: &str = "catalog";
/// Everything is read again this often, should anything have been missed.
const RESYNC_EVERY: Duration = Duration::from_secs(60);
/// Before listening is tried again.
const RETRY: Duration = Duration::from_millis(500);
/// Events of one announcement: each takes less than 160 bytes.
const TOLD_AT_ONCE: usize = listen::PAYLOAD_MAX / 160 - 1;

/// A change, as the outbox tells it.
#[derive(Serialize)]
pub(crate) struct Told<'a> {
    /// Who made it, and so knows already.
    pub(crate) from: ProcessId,
    /// What was audited.
    pub(crate) kinds: &'a [&'static str],
    #[serde(flatten)]
    pub(crate) touched: &'a Touched,
    /// What listeners hear.
    pub(crate) events: &'a [LiveEvent],
}

impl Told<'_> {
    pub(crate) fn payload(&self) -> Result<Value, CatalogError> {
        serde_json::to_value(self).map_err(CatalogError::internal)
    }
}

/// The same, read.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    from: ProcessId,
    #[serde(flatten)]
    touched: Touched,
    #[serde(default)]
    events: Vec<LiveEvent>,
}

/// What passes by.
#[derive(Serialize, Deserialize)]
struct Passing {
    from: ProcessId,
    events: Vec<LiveEvent>,
    /// A client that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<String>,
}

/// Tells what passes by, here and to the other processes.
#[derive(Clone)]
pub(crate) struct News {
    from: ProcessId,
    pub(crate) store: Store,
    events: broadcast::Sender<LiveEvent>,
}

impl News {
    pub(crate) fn new(from: ProcessId, store: Store, events: broadcast::Sender<LiveEvent>) -> Self {
        Self { from, store, events }
    }

    /// Tells events. That it could not be told elsewhere is logged and nothing else: a page shows it when it is read again.
    pub(crate) async fn tell(&self, events: Vec<LiveEvent>) {
        for event in &events {
            let _nobody_listens = self.events.send(event.clone());
        }
        if !self.store.is_shared() {
            return;
        }
        for part in events.chunks(TOLD_AT_ONCE) {
            self.announce(&Passing { from: self.from, events: part.to_vec(), client: None }).await;
        }
    }

    /// Tells the other processes that a client was seen.
    pub(crate) async fn tell_client(&self, name: String) {
        self.announce(&Passing { from: self.from, events: Vec::new(), client: Some(name) }).await;
    }

    async fn announce(&self, passing: &Passing) {
        let announced = async {
            let text = serde_json::to_string(passing).map_err(CatalogError::internal)?;
            let tx = self.store.begin_log().await?;
            listen::announce(&tx, &text).await?;
            Ok::<_, CatalogError>(tx.commit().await?)
        };
        if let Err(error) = announced.await {
            tracing::warn!(%error, "the other processes could not be told what happened");
        }
    }
}

/// Starts to follow from the outbox entry `seen`; ends with the catalog.
pub(crate) fn start(cat: &Arc<Catalog>, seen: i64) {
    if !cat.store.is_shared() {
        return;
    }
    let (follower, stop) = (Follower { cat: Arc::downgrade(cat), seen }, cat.stop_background.clone());
    cat.background.spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = follower.run() => {}
        }
    });
}

struct Follower {
    cat: Weak<Catalog>,
    seen: i64,
}

impl Follower {
    /// Until the catalog is gone.
    async fn run(mut self) {
        while let Some(store) = self.cat.upgrade().map(|cat| cat.store.clone()) {
            let heard = async {
                let Some(listener) = store.listen().await? else { return Ok(()) };
                self.listen(listener).await
            };
            match heard.await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "changes of other processes cannot be heard; tried again"),
            }
            sleep(RETRY).await;
        }
    }

    /// Until the catalog is gone or the database cannot be reached.
    async fn listen(&mut self, mut listener: Listener) -> Result<(), CatalogError> {
        let mut resync = Instant::now();
        loop {
            let Ok(heard) = timeout_at(resync, listener.next()).await else {
                let Some(cat) = self.cat.upgrade() else { return Ok(()) };
                self.catch_up(&cat).await?;
                cat.reload().await?;
                resync = Instant::now() + RESYNC_EVERY;
                continue;
            };
            let heard = heard?;
            let Some(cat) = self.cat.upgrade() else { return Ok(()) };
            match heard {
                Heard::Changes => self.catch_up(&cat).await?,
                Heard::News(text) => pass_on(&cat, &text),
                Heard::Again => resync = Instant::now(),
            }
        }
    }

    /// Reads again what others touched since the last time, and tells the listeners here.
    async fn catch_up(&mut self, cat: &Arc<Catalog>) -> Result<(), CatalogError> {
        loop {
            let entries = outbox::since(&cat.store.reader(), self.seen).await?;
            let Some(last) = entries.last().map(|entry| entry.id) else { return Ok(()) };
            let (mut touched, mut events) = (Touched::default(), Vec::new());
            let mut is_news = false;
            for entry in entries.into_iter().filter(|entry| entry.kind == KIND) {
                let entry: Entry = serde_json::from_value(entry.payload).map_err(CatalogError::internal)?;
                if entry.from != cat.process {
                    is_news = true;
                    touched.add(entry.touched);
                    events.extend(entry.events.into_iter().filter(|event| *event != LiveEvent::ToolListChanged));
                }
            }
            if is_news {
                let list_changed = cat.refresh(&touched).await?;
                packages::ensure(cat);
                events.into_iter().for_each(|event| cat.emit(event));
                if list_changed {
                    cat.emit(LiveEvent::ToolListChanged);
                }
            }
            self.seen = last;
        }
    }
}

/// Tells the listeners here what passed by elsewhere.
fn pass_on(cat: &Catalog, text: &str) {
    match serde_json::from_str::<Passing>(text) {
        Ok(passing) if passing.from != cat.process => {
            passing.events.into_iter().for_each(|event| cat.emit(event));
            if let Some(name) = passing.client {
                cat.hear_of(name);
            }
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "another process said something that is not understood"),
    }
}

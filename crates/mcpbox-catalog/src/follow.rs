//! Following what other processes on the same database do. A change stands in the outbox, written in its transaction, and is
//! announced when that commits; who hears it reads again what was touched. What passes by (a run ended, a client came) is told
//! without being kept. On SQLite there is nobody to follow.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use mcpbox_core::{event::LiveEvent, ids::ProcessId, principal::Actor};
use mcpbox_store::{
    Store,
    listen::{self, Heard, Listener},
    outbox,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    sync::broadcast,
    time::{Instant, sleep, timeout, timeout_at},
};

use crate::{Catalog, CatalogError, change::Touched, packages};

/// The outbox entries that are followed.
pub(crate) const KIND: &str = "catalog";
/// Everything is read again this often, should anything have been missed.
const RESYNC_EVERY: Duration = Duration::from_secs(60);
/// Before listening is tried again.
const RETRY: Duration = Duration::from_millis(500);
/// Longest wait for what other processes committed.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(1);
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
    client: Option<Actor>,
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
    pub(crate) async fn tell_client(&self, client: Actor) {
        self.announce(&Passing { from: self.from, events: Vec::new(), client: Some(client) }).await;
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

impl Catalog {
    /// Waits until this process knows what was committed anywhere before now, so that a client whose requests come to several
    /// gateways finds what it has just made. At once on SQLite; for a moment at most, should following have failed.
    pub async fn catch_up(&self) {
        if self.store.is_shared() {
            Box::pin(self.hear_of_all()).await;
        }
    }

    async fn hear_of_all(&self) {
        let known = async {
            let newest = outbox::latest_id(&self.store.reader()).await?;
            let mut followed = self.followed.subscribe();
            // Its sender is this catalog's, so it cannot be gone.
            let _known = followed.wait_for(|seen| *seen >= newest).await;
            Ok::<_, CatalogError>(())
        };
        match timeout(CATCH_UP_LIMIT, known).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "it is not known whether other processes changed anything"),
            Err(_late) => tracing::warn!("changes of other processes are not known yet; answering without them"),
        }
    }
}

/// Starts to follow; ends with the catalog.
pub(crate) fn start(cat: &Arc<Catalog>) {
    if !cat.store.is_shared() {
        return;
    }
    let (follower, stop) = (Follower(Arc::downgrade(cat)), cat.stop_background.clone());
    cat.background.spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = follower.run() => {}
        }
    });
}

struct Follower(Weak<Catalog>);

impl Follower {
    /// Until the catalog is gone.
    async fn run(self) {
        while let Some(store) = self.0.upgrade().map(|cat| cat.store.clone()) {
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
    async fn listen(&self, mut listener: Listener) -> Result<(), CatalogError> {
        let mut resync = Instant::now();
        loop {
            // Asked here, so that no stream of news puts it off.
            if Instant::now() >= resync {
                let Some(cat) = self.0.upgrade() else { return Ok(()) };
                read_what_is_new(&cat).await?;
                cat.reload().await?;
                resync = Instant::now() + RESYNC_EVERY;
            }
            let Ok(heard) = timeout_at(resync, listener.next()).await else { continue };
            let heard = heard?;
            let Some(cat) = self.0.upgrade() else { return Ok(()) };
            match heard {
                Heard::Changes => read_what_is_new(&cat).await?,
                Heard::News(text) => pass_on(&cat, &text),
                Heard::Again => resync = Instant::now(),
            }
        }
    }
}

/// Reads again what others touched since the last time, and tells the listeners here.
async fn read_what_is_new(cat: &Arc<Catalog>) -> Result<(), CatalogError> {
    loop {
        let seen = *cat.followed.borrow();
        let entries = outbox::since(&cat.store.reader(), seen).await?;
        let Some(last) = entries.last().map(|entry| entry.id) else { return Ok(()) };
        let (mut touched, mut events) = (Touched::default(), Vec::new());
        let (mut is_news, mut is_clear) = (false, true);
        for entry in entries.into_iter().filter(|entry| entry.kind == KIND) {
            match serde_json::from_value::<Entry>(entry.payload) {
                Ok(entry) if entry.from == cat.process => {}
                Ok(entry) => {
                    is_news = true;
                    touched.add(entry.touched);
                    events.extend(entry.events.into_iter().filter(|event| *event != LiveEvent::ToolListChanged));
                }
                Err(error) => {
                    tracing::warn!(%error, entry.id, "a change of another version of MCPbox is not understood; reading everything");
                    is_clear = false;
                }
            }
        }
        if !is_clear {
            cat.reload().await?;
        }
        if is_news {
            let list_changed = cat.refresh(&touched).await?;
            packages::ensure(cat);
            events.into_iter().for_each(|event| cat.emit(event));
            if list_changed {
                cat.emit(LiveEvent::ToolListChanged);
            }
        }
        cat.followed.send_replace(last);
    }
}

/// Tells the listeners here what passed by elsewhere.
fn pass_on(cat: &Catalog, text: &str) {
    match serde_json::from_str::<Passing>(text) {
        Ok(passing) if passing.from != cat.process => {
            passing.events.into_iter().for_each(|event| cat.emit(event));
            if let Some(client) = passing.client {
                cat.hear_of(client);
            }
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "another process said something that is not understood"),
    }
}

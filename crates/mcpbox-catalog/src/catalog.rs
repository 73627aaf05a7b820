//! The catalog itself: the store, the executor and the in-memory snapshot, and the one way a change becomes visible:
//! commit → read again what was touched → swap the snapshot → tell the listeners.

mod refresh;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex as StdMutex, OnceLock},
};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use mcpbox_core::{
    clock::Clock,
    event::LiveEvent,
    execute::{Executor, SandboxStatus},
    hash::ContentHash,
    ids::{ProcessId, ReviewId},
    source::SourceClient,
};
use mcpbox_egress::Broker;
use mcpbox_store::{Store, outbox};
use tokio::sync::{Mutex, Notify, Semaphore, broadcast, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    CatalogError,
    access::{Access, Uses},
    backup::Folder,
    clients::Clients,
    expiry, follow,
    model::Model,
    observe::Observe,
    packages::{self, Installs},
    record::Records,
    retention,
    room::Room,
    snapshot::Snapshot,
    source::{Contacts, Logins},
    task,
};

/// Events kept for a listener that is slow; one that falls further behind is told that it missed some.
const EVENT_BACKLOG: usize = 1_024;
/// Password hashes computed at the same time: each takes 64 MiB.
const HASHING_AT_ONCE: usize = 2;
/// Password hashes that are computed or wait: nobody waits much longer than a second.
const HASHING_PLACES: usize = 16;
/// Those of them that attempts at the public address may take.
const HASHING_GUESTS: usize = 8;

/// What a catalog is made of.
pub struct CatalogConfig {
    /// Where everything is kept.
    pub store: Store,
    /// What runs Python.
    pub executor: Arc<dyn Executor>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Base URL of the admin UI, for the links in answers; may be set later.
    pub admin_url: String,
}

/// The hub of MCPbox. Cheap to share as `Arc<Catalog>`.
pub struct Catalog {
    /// This process, among those that work on the same database.
    pub(crate) process: ProcessId,
    /// The newest outbox entry that this process knows.
    pub(crate) followed: watch::Sender<i64>,
    pub(crate) store: Store,
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) records: Records,
    pub(crate) room: Arc<Room>,
    pub(crate) observe: Observe,
    pub(crate) hashing: Semaphore,
    /// Passwords that are hashed or wait for it.
    pub(crate) hashing_places: Semaphore,
    /// Those of them that people elsewhere may take.
    pub(crate) hashing_guests: Semaphore,
    /// Changes and records on their way; joined by [`Catalog::close`].
    pub(crate) tasks: TaskTracker,
    /// Told when a long call ended here, or was ended ([`crate::task`]).
    pub(crate) tasks_changed: Notify,
    /// Resolving and installing packages; given up by [`Catalog::close`].
    pub(crate) background: TaskTracker,
    pub(crate) stop_background: CancellationToken,
    /// Resolutions that are under way in this process.
    pub(crate) resolving: StdMutex<HashSet<ContentHash>>,
    pub(crate) resolving_turn: Mutex<()>,
    pub(crate) installs: Installs,
    pub(crate) clients: StdMutex<Clients>,
    pub(crate) access: Access,
    pub(crate) token_uses: Uses,
    /// What notifications go out through; none in a process that sends none.
    pub(crate) broker: OnceLock<Arc<Broker>>,
    /// What speaks to other MCP servers; none in a process that does not.
    pub(crate) sources: OnceLock<Arc<dyn SourceClient>>,
    pub(crate) contacts: Contacts,
    pub(crate) logins: Logins,
    /// The connection over Cloudflare.
    pub(crate) cloudflare: crate::cloudflare::Desk,
    /// Where backups are kept; none in a process that makes none.
    pub(crate) backups: OnceLock<Folder>,
    writers: TaskTracker,
    stop_writers: CancellationToken,
    admin_url: ArcSwap<String>,
    pub(crate) model: Mutex<Model>,
    snapshot: ArcSwap<Snapshot>,
    events: broadcast::Sender<LiveEvent>,
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog").field("generation", &self.snapshot().generation()).finish_non_exhaustive()
    }
}

impl Catalog {
    /// Loads the snapshot and starts the writer of call records.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn open(config: CatalogConfig) -> Result<Arc<Self>, CatalogError> {
        let (events, _) = broadcast::channel(EVENT_BACKLOG);
        let (tasks, writers, stop_writers) = (TaskTracker::new(), TaskTracker::new(), CancellationToken::new());
        let process = ProcessId::generate();
        let tell = follow::News::new(process, config.store.clone(), events.clone());
        let room = Arc::new(Room::default());
        let observe = Observe::new(&config.store);
        let meters = Arc::clone(&observe.calls);
        let records = Records::start(tell, room.clone(), meters, tasks.clone(), &writers, stop_writers.clone());
        // Before the first read: what is committed meanwhile is read twice, not never.
        let seen = outbox::latest_id(&config.store.reader()).await?;
        let mut model = Model::default();
        model.reload(&config.store).await?;
        let snapshot = model.snapshot();
        room.set(&snapshot.settings().storage);
        let catalog = Arc::new(Self {
            process,
            followed: watch::Sender::new(seen),
            background: TaskTracker::new(),
            stop_background: CancellationToken::new(),
            resolving: StdMutex::default(),
            resolving_turn: Mutex::default(),
            installs: Installs::default(),
            clients: StdMutex::default(),
            access: Access::default(),
            token_uses: Uses::default(),
            broker: OnceLock::new(),
            sources: OnceLock::new(),
            logins: Logins::default(),
            contacts: Contacts::default(),
            cloudflare: crate::cloudflare::Desk::default(),
            backups: OnceLock::new(),
            store: config.store,
            executor: config.executor,
            clock: config.clock,
            records,
            room,
            observe,
            hashing: Semaphore::new(HASHING_AT_ONCE),
            hashing_places: Semaphore::new(HASHING_PLACES),
            hashing_guests: Semaphore::new(HASHING_GUESTS),
            tasks,
            tasks_changed: Notify::new(),
            writers,
            stop_writers,
            admin_url: ArcSwap::from_pointee(config.admin_url.trim_end_matches('/').to_owned()),
            model: Mutex::new(model),
            snapshot: ArcSwap::from_pointee(snapshot),
            events,
        });
        packages::ensure(&catalog);
        expiry::watch(&catalog);
        follow::start(&catalog);
        retention::watch(&catalog);
        if !catalog.store.is_shared() {
            // Nobody else runs anything: what was running has ended with the process before.
            task::lapse_all(&catalog).await?;
        }
        task::watch(&catalog);
        Ok(catalog)
    }

    /// What time it is.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// What is published now. In memory; the hot path never touches the database.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Hears of every change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<LiveEvent> {
        self.events.subscribe()
    }

    /// How the sandbox is.
    pub fn sandbox_status(&self) -> SandboxStatus {
        self.executor.status()
    }

    /// Sets the base URL of the admin UI, once the listener is bound.
    pub fn set_admin_url(&self, url: String) {
        self.admin_url.store(Arc::new(url.trim_end_matches('/').to_owned()));
    }

    /// Where a human decides a review.
    pub fn review_url(&self, review: ReviewId) -> String {
        format!("{}/approvals/{review}", self.admin_url.load())
    }

    /// Lets remote clients in at `public_url`: an origin, without a slash at its end. It is the issuer of all tokens, and what they are
    /// good for is the MCP endpoint below it. Can be said once.
    pub fn serve_remote(&self, public_url: &str) {
        self.access.serve(format!("{public_url}/mcp"));
    }

    /// Base URL of the admin UI, without a slash at its end.
    pub fn admin_url(&self) -> String {
        self.admin_url.load().as_ref().clone()
    }

    /// A page of the admin UI.
    pub(crate) fn admin_page(&self, path: &str) -> String {
        format!("{}/{path}", self.admin_url.load())
    }

    /// Writes what is not yet written and ends the background tasks. Runs that are still under way should have ended.
    pub async fn close(&self) {
        self.stop_background.cancel();
        self.background.close();
        self.background.wait().await;
        self.tasks.close();
        self.tasks.wait().await;
        self.stop_writers.cancel();
        self.writers.close();
        self.writers.wait().await;
    }

    /// Tells the listeners; that nobody listens is fine.
    pub(crate) fn emit(&self, event: LiveEvent) {
        if event == LiveEvent::AccessChanged {
            self.access.forget();
        }
        let _ = self.events.send(event);
    }
}

//! All connections of this process: one to a source, made when it is first needed, made anew when it broke, the credentials
//! changed or the address did. After a failure the next attempt waits, a little longer each time. A program that nobody uses is
//! ended, and started again when it is needed.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::Duration,
};

use mcpbox_core::{
    execute::{BoxFuture, Observed, Observer, Outcome},
    failure::{Failure, FailureKind},
    ids::SourceId,
    program::ProgramHost,
    source::{OfferedTool, SourceCall, SourceClient, SourceHealth, SourceTarget},
    source_login::SourceLogins,
};
use mcpbox_egress::Broker;
use tokio::{
    sync::{Mutex, Notify, Semaphore},
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::{
    answer,
    connection::Connection,
    slot::{Slot, State},
};

/// Calls of one source that run at once; further ones wait within their time.
const CALLS_AT_ONCE: usize = 32;
/// After this time without a use a program ends.
const PROGRAM_IDLE: Duration = Duration::from_secs(300);

/// Speaks to other MCP servers. One per process.
pub struct Sources {
    pub(crate) broker: Arc<Broker>,
    /// What starts programs; none where tools run elsewhere.
    host: Option<Arc<dyn ProgramHost>>,
    program_idle: Duration,
    slots: StdMutex<HashMap<SourceId, Arc<Slot>>>,
    changes: Arc<Changes>,
}

/// Sources whose tools may have changed, each once however often it says so.
#[derive(Default)]
pub(crate) struct Changes {
    waiting: StdMutex<BTreeSet<SourceId>>,
    news: Notify,
}

impl Changes {
    /// Notes one.
    pub(crate) fn note(&self, source: SourceId) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(source);
        self.news.notify_one();
    }

    async fn next(&self) -> SourceId {
        loop {
            let next = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
            match next {
                Some(source) => return source,
                None => self.news.notified().await,
            }
        }
    }
}

impl Sources {
    /// Connects to nothing yet. What goes out goes through `broker`.
    pub fn new(broker: Arc<Broker>) -> Arc<Self> {
        Self::with_programs(broker, None, PROGRAM_IDLE)
    }

    /// The same; programs are started by `host`, and end when nobody used them for `idle` (five minutes when that is not said).
    pub fn with_programs(
        broker: Arc<Broker>,
        host: Option<Arc<dyn ProgramHost>>,
        idle: impl Into<Option<Duration>>,
    ) -> Arc<Self> {
        let program_idle = idle.into().unwrap_or(PROGRAM_IDLE);
        Arc::new(Self { broker, host, program_idle, slots: StdMutex::default(), changes: Arc::default() })
    }

    fn slot(&self, id: SourceId) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let places = Semaphore::new(CALLS_AT_ONCE);
            let (connection, state) = (Mutex::default(), StdMutex::default());
            Arc::new(Slot { connection, state, places, errors: Arc::default() })
        };
        Arc::clone(slots.entry(id).or_insert_with(new))
    }

    /// The connection, made anew where there is none that serves.
    async fn connect(&self, slot: &Slot, target: &SourceTarget) -> Result<Arc<Connection>, Failure> {
        let mut kept = slot.connection.lock().await;
        match &*kept {
            Some(connection) if connection.serves(target) => return Ok(Arc::clone(connection)),
            Some(connection) => {
                if let Some(why) = connection.ended() {
                    slot.gone(connection, why);
                }
                *kept = None;
            }
            None => {}
        }
        slot.check_turn(target)?;
        Box::pin(self.reconnect(slot, target, &mut kept)).await
    }

    async fn reconnect(
        &self,
        slot: &Slot,
        target: &SourceTarget,
        kept: &mut Option<Arc<Connection>>,
    ) -> Result<Arc<Connection>, Failure> {
        match self.open(slot, target).await {
            Ok(connection) => {
                let connection = Arc::new(connection);
                slot.answered(&connection.protocol);
                *kept = Some(Arc::clone(&connection));
                // It may have become another one meanwhile.
                self.changes.note(target.id);
                Ok(connection)
            }
            Err(error) => {
                tracing::warn!(source.id = %target.id, source.name = target.rule.name, error, "a source cannot be connected to");
                Err(unreachable(target, &slot.failed(error)))
            }
        }
    }

    /// A new connection. It is made in a task, as the stack of whoever calls is deep already; with them it ends.
    async fn open(&self, slot: &Slot, target: &SourceTarget) -> Result<Connection, String> {
        let mut opening = JoinSet::new();
        let programs = (self.host.clone(), Arc::clone(&slot.errors));
        opening.spawn(Connection::open(Arc::clone(&self.broker), programs, target.clone(), Arc::clone(&self.changes)));
        match opening.join_next().await {
            Some(Ok(opened)) => opened,
            Some(Err(error)) => Err(error.to_string()),
            None => Err("it was not tried".to_owned()),
        }
    }

    async fn list(&self, target: SourceTarget) -> Result<Vec<OfferedTool>, Failure> {
        let slot = self.slot(target.id);
        let connection = self.connect(&slot, &target).await?;
        connection.list().await.map_err(|error| match connection.ended() {
            Some(why) => {
                slot.gone(&connection, why.clone());
                unreachable(&target, &why)
            }
            None => unreachable(&target, &slot.failed(error)),
        })
    }

    /// The slot of a source that was asked for before.
    fn existing(&self, id: SourceId) -> Option<Arc<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    async fn check_one(&self, id: SourceId) {
        let Some(slot) = self.existing(id) else { return };
        slot.notice_end();
        // Who is being connected to, or has calls to answer, shows soon enough whether it is there.
        let connection = slot.connection.try_lock().ok().and_then(|kept| kept.clone());
        let Some(connection) = connection.filter(|_| slot.places.available_permits() == CALLS_AT_ONCE) else { return };
        if connection.is_program() && connection.idle() >= self.program_idle {
            tracing::debug!(source.id = %id, "a program that nobody uses ends");
            let mut kept = slot.connection.lock().await;
            if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, &connection)) {
                *kept = None;
                *slot.state() = State::default();
            }
            return;
        }
        let Err(error) = connection.check().await else { return };
        tracing::warn!(source.id = %id, error, "a source is no longer there");
        let mut kept = slot.connection.lock().await;
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, &connection)) {
            *kept = None;
            slot.gone(&connection, error);
        }
    }

    async fn run(&self, target: SourceTarget, call: SourceCall, observer: Arc<dyn Observer>) -> Outcome {
        let started = Instant::now();
        let limit = Duration::from_millis(call.limits.timeout_ms);
        let limits = call.limits;
        let work = async {
            let slot = self.slot(target.id);
            let _place = slot.places.acquire().await;
            let connection = self.connect(&slot, &target).await?;
            if !connection.offers(&call.tool) {
                self.changes.note(target.id);
                return Err(not_as_approved(&target));
            }
            let answer = connection.call(call, observer).await;
            answer::read(answer, &target, limits)
        };
        let result = timeout(limit, work).await.unwrap_or_else(|_| Err(too_slow(&target, limit)));
        let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        // None but of a program: what goes to another source is decided before it is called.
        let hosts = self.slot(target.id).errors.refused_since(started);
        let observed = Observed { duration_us, hosts, ..Observed::default() };
        Outcome { result, stdout: String::new(), observed }
    }
}

pub(crate) fn unreachable(target: &SourceTarget, why: &str) -> Failure {
    let message = format!("the source '{}' does not answer: {why}", target.rule.name);
    Failure::new(FailureKind::Unavailable, message).hint(
        "try again later; if it stays so, the admin of this MCPbox must look at that server, its address or the secret",
    )
}

fn not_as_approved(target: &SourceTarget) -> Failure {
    let message = format!("the source '{}' offers another tool by this name than was approved", target.rule.name);
    Failure::new(FailureKind::NotLive, message).hint("ask a human to look at what changed; nothing was called")
}

fn too_slow(target: &SourceTarget, limit: Duration) -> Failure {
    let message = format!("the source '{}' gave no result within {} ms", target.rule.name, limit.as_millis());
    Failure::new(FailureKind::Timeout, message).hint("ask for less at once; the server's timeout is set by an admin")
}

impl SourceClient for Sources {
    fn list_tools(&self, target: SourceTarget) -> BoxFuture<'_, Result<Vec<OfferedTool>, Failure>> {
        Box::pin(self.list(target))
    }

    fn call(&self, target: SourceTarget, call: SourceCall, observer: Arc<dyn Observer>) -> BoxFuture<'_, Outcome> {
        Box::pin(self.run(target, call, observer))
    }

    fn health(&self, source: SourceId) -> SourceHealth {
        let Some(slot) = self.existing(source) else { return SourceHealth::Unknown };
        slot.notice_end();
        let state = slot.state();
        match (&state.protocol, state.failures) {
            (Some(protocol), _) => SourceHealth::Connected { protocol: protocol.clone() },
            (None, 0) => SourceHealth::Unknown,
            (None, attempts) => SourceHealth::Failing { error: state.error.clone(), attempts },
        }
    }

    fn errors(&self, source: SourceId) -> Vec<String> {
        self.existing(source).map(|slot| slot.errors.lines()).unwrap_or_default()
    }

    fn changed(&self) -> BoxFuture<'_, SourceId> {
        Box::pin(self.changes.next())
    }

    fn known(&self) -> Vec<SourceId> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    fn check(&self, source: SourceId) -> BoxFuture<'_, ()> {
        Box::pin(self.check_one(source))
    }

    fn forget(&self, source: SourceId) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(&source);
    }

    fn remove(&self, source: SourceId) {
        self.forget(source);
        if let Some(host) = &self.host {
            host.remove(source);
        }
    }

    fn logins(&self) -> Option<&dyn SourceLogins> {
        Some(self)
    }
}

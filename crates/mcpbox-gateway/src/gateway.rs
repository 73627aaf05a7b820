//! What all requests share: the catalog, the limits, the lists, and the signals of shutdown.

use std::sync::Arc;

use mcpbox_catalog::Catalog;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    changes::{Changes, access_changes, tool_list_changes},
    config::GatewayConfig,
    limits::CallLimiter,
    remote::StrangerLimits,
    toolset::Lists,
};

/// Runs that may wait for people at one time: each holds a place in the sandbox.
const QUESTIONS_MAX: usize = 16;

/// What all requests share.
pub(crate) struct Gateway {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) config: GatewayConfig,
    pub(crate) limiter: CallLimiter,
    /// How often strangers may ask for access.
    pub(crate) strangers: StrangerLimits,
    pub(crate) lists: Lists,
    pub(crate) changes: Changes,
    /// Told when a token may have lost its force.
    pub(crate) access_changes: Changes,
    /// Places of questions that wait for people, each with a run.
    pub(crate) questions: Arc<Semaphore>,
    /// Requests whose answer shutdown waits for.
    pub(crate) requests: TaskTracker,
    /// Subscriptions, which shutdown lets say a last word.
    pub(crate) listeners: TaskTracker,
    /// Tasks of the gateway itself.
    pub(crate) tasks: TaskTracker,
    /// First signal of shutdown: whoever only listens, stops.
    pub(crate) closing: CancellationToken,
    /// Second signal: running calls are interrupted and say so.
    pub(crate) interrupt: CancellationToken,
    /// Last signal: sessions and streams end.
    pub(crate) ended: CancellationToken,
}

impl Gateway {
    /// Starts what runs beside the requests.
    pub(crate) fn start(catalog: Arc<Catalog>, config: GatewayConfig) -> Arc<Self> {
        let closing = CancellationToken::new();
        let tasks = TaskTracker::new();
        let (changes, feed) = tool_list_changes(&catalog, closing.clone());
        tasks.spawn(feed);
        let (access_changes, feed) = access_changes(&catalog, closing.clone());
        tasks.spawn(feed);
        Arc::new(Self {
            catalog,
            limiter: CallLimiter::new(config.rate_limits),
            strangers: StrangerLimits::new(config.remote.as_ref().map(|remote| remote.rates).unwrap_or_default()),
            config,
            lists: Lists::default(),
            changes,
            access_changes,
            questions: Arc::new(Semaphore::new(QUESTIONS_MAX)),
            requests: TaskTracker::new(),
            listeners: TaskTracker::new(),
            tasks,
            closing,
            interrupt: CancellationToken::new(),
            ended: CancellationToken::new(),
        })
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.closing.cancel();
        self.interrupt.cancel();
        self.ended.cancel();
    }
}

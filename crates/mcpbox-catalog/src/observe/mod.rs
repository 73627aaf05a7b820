//! What an operator sees: numbers for Prometheus, spans for a trace. Names of servers and tools appear; arguments, results,
//! secrets and what a client calls itself never do.

pub mod alerts;
mod calls;
mod state;
mod window;

use std::{sync::Arc, time::Duration};

use mcpbox_store::StoreError;
use prometheus_client::{encoding::text, registry::Registry};
use tokio::{sync::Mutex, time::Instant};

use crate::Catalog;

pub use calls::TOOLS_MAX;
pub(crate) use calls::{CallMeters, Stage};
use state::State;

/// Target of the spans that go to a trace collector, and nowhere else.
pub const TRACE: &str = "mcpbox::trace";

/// How long an answer is given again: whoever asks more often costs the database nothing.
const FRESH: Duration = Duration::from_secs(1);

/// All that the catalog counts.
pub(crate) struct Observe {
    pub(crate) calls: Arc<CallMeters>,
    state: State,
    registry: Registry,
    last: Mutex<Option<(Instant, String)>>,
}

impl Observe {
    pub(crate) fn new(store: &mcpbox_store::Store) -> Self {
        let (calls, state) = (CallMeters::new(), State::default());
        let mut registry = Registry::with_prefix("mcpbox");
        calls.register(&mut registry);
        state.register(&mut registry);
        store.register(registry.sub_registry_with_prefix("database"));
        Self { calls, state, registry, last: Mutex::default() }
    }
}

impl Catalog {
    /// What it counts, as lines of the OpenMetrics text format without its end mark.
    pub async fn metrics(&self) -> String {
        let mut last = self.observe.last.lock().await;
        if let Some((_, text)) = last.as_ref().filter(|(made, _)| made.elapsed() < FRESH) {
            return text.clone();
        }
        self.observe.state.read(self).await;
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = text::encode_registry(&mut text, &self.observe.registry);
        *last = Some((Instant::now(), text.clone()));
        text
    }

    /// Asks the database for a sign of life; how long that took.
    ///
    /// # Errors
    /// It cannot be reached, or not in time.
    pub async fn ping_store(&self) -> Result<Duration, StoreError> {
        self.store.ping().await
    }

    /// The database's product: `sqlite` or `postgresql`.
    pub fn store_engine(&self) -> &'static str {
        self.store.engine()
    }
}

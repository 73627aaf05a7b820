//! What stands in for other MCP servers: offers what it is told to, keeps what it was asked.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use mcpbox_core::{
    execute::{BoxFuture, Observer, Outcome},
    failure::{Failure, FailureKind},
    ids::SourceId,
    source::{OfferedTool, SourceCall, SourceClient, SourceHealth, SourceTarget},
};
use serde_json::json;
use tokio::sync::Notify;

use super::returned;

/// Another MCP server, whatever its address.
#[derive(Default)]
pub(crate) struct There {
    /// What it offers.
    pub(crate) offers: Mutex<Vec<OfferedTool>>,
    /// Each target that was asked for its tools.
    pub(crate) asked: Mutex<Vec<SourceTarget>>,
    /// Each call that came through.
    pub(crate) calls: Mutex<Vec<(SourceTarget, SourceCall)>>,
    /// While set, it does not answer; how often it did not.
    pub(crate) is_gone: AtomicBool,
    failures: AtomicU32,
    /// Sources that were deleted.
    pub(crate) removed: Mutex<Vec<SourceId>>,
    /// A source that says that its tools changed.
    changed: Mutex<Option<SourceId>>,
    news: Notify,
}

/// A tool that adds, as another server offers it.
pub(crate) fn offered(name: &str, description: &str) -> OfferedTool {
    OfferedTool {
        name: name.into(),
        title: None,
        description: description.into(),
        input_schema: json!({"type": "object", "properties": {"a": {"type": "integer"}}}),
        output_schema: None,
        annotations: None,
    }
}

impl There {
    /// One that offers these.
    pub(crate) fn offering(tools: Vec<OfferedTool>) -> Arc<Self> {
        Arc::new(Self { offers: Mutex::new(tools), ..Self::default() })
    }

    /// From now on it offers these; nobody is told.
    pub(crate) fn offer(&self, tools: Vec<OfferedTool>) {
        *self.offers.lock().unwrap() = tools;
    }

    /// Says that its tools changed.
    pub(crate) fn tell(&self, source: SourceId) {
        *self.changed.lock().unwrap() = Some(source);
        self.news.notify_one();
    }

    /// How often it was asked for its tools, and how many calls came through.
    pub(crate) fn contacts(&self) -> (usize, usize) {
        (self.asked.lock().unwrap().len(), self.calls.lock().unwrap().len())
    }
}

impl SourceClient for There {
    fn list_tools(&self, target: SourceTarget) -> BoxFuture<'_, Result<Vec<OfferedTool>, Failure>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(target);
            if self.is_gone.load(Ordering::SeqCst) {
                self.failures.fetch_add(1, Ordering::SeqCst);
                return Err(Failure::new(FailureKind::Unavailable, "the source does not answer: nobody is there"));
            }
            self.failures.store(0, Ordering::SeqCst);
            Ok(self.offers.lock().unwrap().clone())
        })
    }

    fn call(&self, target: SourceTarget, call: SourceCall, _: Arc<dyn Observer>) -> BoxFuture<'_, Outcome> {
        Box::pin(async move {
            self.calls.lock().unwrap().push((target, call));
            returned(json!({"sum": 3}))
        })
    }

    fn known(&self) -> Vec<SourceId> {
        Vec::new()
    }

    fn check(&self, _: SourceId) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn forget(&self, _: SourceId) {}

    fn remove(&self, source: SourceId) {
        self.removed.lock().unwrap().push(source);
    }

    fn health(&self, _: SourceId) -> SourceHealth {
        match self.failures.load(Ordering::SeqCst) {
            0 => SourceHealth::Connected { protocol: "2026-07-28".into() },
            attempts => SourceHealth::Failing { error: "nobody is there".into(), attempts },
        }
    }

    fn changed(&self) -> BoxFuture<'_, SourceId> {
        Box::pin(async move {
            loop {
                let told = self.changed.lock().unwrap().take();
                match told {
                    Some(source) => return source,
                    None => self.news.notified().await,
                }
            }
        })
    }
}

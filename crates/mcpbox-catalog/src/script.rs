//! The tools of a running script. Each call goes through the same choke point as any other, as the same caller, and is
//! recorded under the script's own run.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use mcpbox_core::{
    execute::{BoxFuture, Observer, ToolCalls, ToolOutput, Unobserved},
    failure::{Failure, FailureKind},
    ids::CallId,
    principal::Principal,
    task::Begun,
};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use crate::{
    Catalog,
    call::{Origin, call_from},
};

/// Calls that one script may make.
const CALLS_MAX: u32 = 100;
/// Calls of one script that run at once; further ones wait.
const AT_ONCE: usize = 8;

/// Asked before each call of a tool, with its name.
pub type CountCall = dyn Fn(&str) -> Result<(), Failure> + Send + Sync;

/// Hears a script, and calls tools for it.
pub(crate) struct ScriptObserver {
    heard: Arc<dyn Observer>,
    catalog: Arc<Catalog>,
    who: Principal,
    parent: CallId,
    count: Arc<CountCall>,
    made: AtomicU32,
    places: Semaphore,
}

impl ScriptObserver {
    pub(crate) fn new(
        heard: Arc<dyn Observer>,
        catalog: &Arc<Catalog>,
        who: &Principal,
        parent: CallId,
        count: Arc<CountCall>,
    ) -> Self {
        let (catalog, who) = (Arc::clone(catalog), who.clone());
        Self { heard, catalog, who, parent, count, made: AtomicU32::new(0), places: Semaphore::new(AT_ONCE) }
    }

    async fn call(&self, name: &str, arguments: Map<String, Value>) -> Result<Value, Failure> {
        if self.made.fetch_add(1, Ordering::Relaxed) >= CALLS_MAX {
            let failure = Failure::new(FailureKind::RateLimited, format!("a script may make {CALLS_MAX} tool calls"));
            return Err(failure.hint("do the rest in another script, or write a tool that does more in one call"));
        }
        if name.starts_with("mcpbox__") || name.starts_with("mcpbox_") {
            let failure = Failure::new(FailureKind::Forbidden, "a script calls published tools only");
            return Err(failure.hint("call management tools yourself, outside of the script"));
        }
        let closed = |_| Failure::new(FailureKind::Cancelled, "the script has ended");
        let _place = self.places.acquire().await.map_err(closed)?;
        (self.count)(name)?;
        let origin = Origin { who: (&self.who).into(), parent: Some(self.parent) };
        call_from(&self.catalog, origin, name, arguments, Arc::new(Unobserved)).await.result.map(returned)
    }
}

/// What a tool returned, as the script gets it; content blocks stand for a value that is null.
fn returned(output: ToolOutput) -> Value {
    if output.value.is_null() && !output.content.is_empty() { Value::Array(output.content) } else { output.value }
}

impl Observer for ScriptObserver {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        self.heard.progress(done, total, message);
    }

    fn log(&self, message: String) {
        self.heard.log(message);
    }

    fn begins(&self, run: Begun) {
        self.heard.begins(run);
    }

    fn tools(&self) -> Option<&dyn ToolCalls> {
        Some(self)
    }
}

impl ToolCalls for ScriptObserver {
    fn call_tool<'a>(&'a self, name: String, arguments: Map<String, Value>) -> BoxFuture<'a, Result<Value, Failure>> {
        Box::pin(async move { self.call(&name, arguments).await })
    }
}

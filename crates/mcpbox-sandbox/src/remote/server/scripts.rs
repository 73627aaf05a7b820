//! Runs on this worker that call other tools or ask the user. Nothing is decided or called here: the server is asked in a line of the
//! run's answer, and brings what came of it in a request of its own.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use mcpbox_core::{
    execute::{BoxFuture, Questions, ToolCalls},
    failure::{Failure, FailureKind},
    ids::CallId,
};
use serde_json::{Map, Value};
use tokio::sync::{mpsc::UnboundedSender, oneshot};

use super::super::wire::{Told, ToolResult};

type Asked = HashMap<u64, oneshot::Sender<Result<Value, Failure>>>;

/// The runs, by their calls.
#[derive(Clone, Default)]
pub(super) struct Scripts(Arc<Mutex<HashMap<CallId, Asked>>>);

impl Scripts {
    /// A run that says in `lines` which tools it wants.
    pub(super) fn enter(&self, call_id: CallId, lines: UnboundedSender<Bytes>) -> ScriptTools {
        self.lock().insert(call_id, Asked::new());
        ScriptTools { scripts: self.clone(), call_id, lines, next_id: AtomicU64::new(0) }
    }

    /// What a tool returned. A run that has ended wants it no more.
    pub(super) fn bring(&self, ToolResult { call_id, id, result }: ToolResult) {
        let waiting = self.lock().get_mut(&call_id).and_then(|asked| asked.remove(&id));
        if let Some(waiting) = waiting {
            let _gone = waiting.send(result);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CallId, Asked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tools of one run.
pub(super) struct ScriptTools {
    scripts: Scripts,
    call_id: CallId,
    lines: UnboundedSender<Bytes>,
    next_id: AtomicU64,
}

impl ToolCalls for ScriptTools {
    fn call_tool<'a>(&'a self, name: String, arguments: Map<String, Value>) -> BoxFuture<'a, Result<Value, Failure>> {
        self.want(|id| Told::Tool { id, name, arguments })
    }
}

impl Questions for ScriptTools {
    fn ask(&self, question: Value) -> BoxFuture<'_, Result<Value, Failure>> {
        self.want(|id| Told::Ask { id, question })
    }
}

impl ScriptTools {
    /// Says in a line what is wanted, and waits for what comes of it.
    fn want(&self, told: impl FnOnce(u64) -> Told) -> BoxFuture<'_, Result<Value, Failure>> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (waiting, answer) = oneshot::channel();
        if let Some(asked) = self.scripts.lock().get_mut(&self.call_id) {
            asked.insert(id, waiting);
        }
        let line = told(id).line();
        let is_sent = line.is_ok_and(|line| self.lines.send(line).is_ok());
        if !is_sent && let Some(asked) = self.scripts.lock().get_mut(&self.call_id) {
            asked.remove(&id);
        }
        Box::pin(async move {
            let gone = || Failure::new(FailureKind::Unavailable, "the server that calls tools is gone");
            match answer.await {
                Ok(answer) if is_sent => answer,
                _ => Err(gone()),
            }
        })
    }
}

impl Drop for ScriptTools {
    fn drop(&mut self) {
        self.scripts.lock().remove(&self.call_id);
    }
}

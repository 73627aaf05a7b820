//! What stands in for the sandbox where real decisions are made about tools that nobody runs.

use std::sync::Arc;

use mcpbox_core::execute::{
    BoxFuture, Execution, Executor, Observed, Observer, Outcome, SandboxStatus, SandboxTier, ToolOutput,
};
use serde_json::Value;

/// Returns 3.
pub(crate) struct Three;

impl Executor for Three {
    fn execute<'a>(&'a self, _: Execution, _: Arc<dyn Observer>) -> BoxFuture<'a, Outcome> {
        let output = ToolOutput { value: Value::from(3), content: Vec::new() };
        Box::pin(async { Outcome { result: Ok(output), stdout: String::new(), observed: Observed::default() } })
    }

    fn status(&self) -> SandboxStatus {
        SandboxStatus {
            tier: SandboxTier::Full,
            detail: String::new(),
            python: "3.13.1".into(),
            parked: 0,
            running: 0,
            queued: 0,
            base_ready: true,
        }
    }
}

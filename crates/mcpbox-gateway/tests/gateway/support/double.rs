//! Stands in for the jail: knows the handful of programs of these tests by their text, and notes which runs were
//! dropped.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use mcpbox_core::{
    execute::{
        BoxFuture, Entry, Execution, Executor, Observed, Observer, Outcome, SandboxStatus, SandboxTier, ToolOutput,
    },
    failure::{Failure, FailureKind},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

pub(crate) const ADD: &str =
    "async def main(a: int, b: int) -> int:\n    \"\"\"Adds two whole numbers.\"\"\"\n    return a + b\n";
pub(crate) const HANG: &str = "import asyncio\n\nasync def main() -> str:\n    \"\"\"Never returns.\"\"\"\n    await asyncio.sleep(1000)\n    return \"\"\n";
pub(crate) const PROGRESS: &str =
    "async def main() -> str:\n    \"\"\"Counts to three.\"\"\"\n    await ctx.progress(1, 3)\n    return \"done\"\n";
pub(crate) const LOG: &str = "async def main() -> str:\n    \"\"\"Says two things.\"\"\"\n    ctx.log(\"first\")\n    ctx.log(\"second\")\n    return \"done\"\n";
pub(crate) const RAISE: &str =
    "async def main() -> int:\n    \"\"\"Always raises.\"\"\"\n    raise ValueError(\"boom\")\n";
pub(crate) const BLOCKS: &str = "async def main():\n    \"\"\"Returns content blocks.\"\"\"\n    return \"blocks\"\n";
pub(crate) const LARGE: &str =
    "async def main(size: int) -> str:\n    \"\"\"Returns that many letters.\"\"\"\n    return \"x\" * size\n";

/// Two prompts, the second of which fails, and two resources. Each answers with its name and its arguments.
pub(crate) const NOTES: &str = r#"from typing import Literal

@prompt
def ask(topic: str, tone: Literal["kind", "keen", "strict"] = "kind", times: int = 1):
    """Asks about a note.

    Args:
        topic: What it is about.
    """
    return topic * times

@prompt(name="plan")
async def make_plan():
    raise ValueError("boom")

@resource("notes://all", mime_type="text/markdown", name="every_note")
def every():
    return "all"

@resource("notes://{shelf}/{id}")
def one(shelf: Literal["red", "blue"], id: int):
    return str(id)

def main() -> str:
    """Counts notes."""
    return "0"
"#;

/// Calls a tool as often as it is told, one after the other, and returns what each came to.
pub(crate) const SCRIPT: &str = "async def main(tool: str, arguments: dict, times: int = 1) -> list:\n    return []\n";

#[derive(Default)]
pub(crate) struct Double {
    pub(crate) started: AtomicUsize,
    pub(crate) dropped: AtomicUsize,
    pub(crate) changed: Notify,
}

impl Double {
    /// Waits until `count` of the runs are so.
    pub(crate) async fn until(&self, counter: &AtomicUsize, count: usize) {
        loop {
            let changed = self.changed.notified();
            if counter.load(Ordering::SeqCst) >= count {
                return;
            }
            tokio::time::timeout(std::time::Duration::from_secs(10), changed).await.expect("the run did not get there");
        }
    }

    fn note(&self, counter: &AtomicUsize) {
        counter.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }
}

/// Notes that a run was dropped before it ended.
struct DropNote<'a>(Option<&'a Double>);

impl Drop for DropNote<'_> {
    fn drop(&mut self) {
        if let Some(double) = self.0 {
            double.note(&double.dropped);
        }
    }
}

impl Executor for Double {
    fn execute<'a>(&'a self, execution: Execution, observer: Arc<dyn Observer>) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let mut note = DropNote(Some(self));
            self.note(&self.started);
            let result = run(&execution, observer.as_ref()).await;
            note.0 = None;
            Outcome {
                result,
                stdout: "printed".into(),
                observed: Observed { duration_us: 1000, ..Observed::default() },
            }
        })
    }

    fn status(&self) -> SandboxStatus {
        SandboxStatus {
            tier: SandboxTier::Full,
            detail: "double".into(),
            python: "3.13.1".into(),
            parked: 1,
            running: 0,
            queued: 0,
            base_ready: true,
        }
    }
}

/// The JSON of an object, by the names of its members.
fn sorted(value: &Value) -> String {
    let members: std::collections::BTreeMap<_, _> = value.as_object().into_iter().flatten().collect();
    json!(members).to_string()
}

async fn run(execution: &Execution, observer: &dyn Observer) -> Result<ToolOutput, Failure> {
    let number = |name: &str| execution.arguments.get(name).and_then(Value::as_i64).unwrap_or_default();
    let value = |value: Value| Ok(ToolOutput { value, content: Vec::new() });
    let given = Value::Object(execution.arguments.clone());
    match &execution.entry {
        Entry::Main => {}
        Entry::Prompt(function) if function == "make_plan" => {
            return Err(Failure::new(FailureKind::Exception, "ValueError: boom"));
        }
        Entry::Prompt(function) => {
            return value(
                json!([{"role": "user", "content": {"type": "text", "text": format!("{function} {}", sorted(&given))}}]),
            );
        }
        Entry::Resource(function) => {
            let name = if function == "every" { "all" } else { function };
            return value(json!({"text": format!("{name} {}", sorted(&given)), "mimeType": "text/plain"}));
        }
    }
    match execution.program.source.as_str() {
        ADD => value(json!(number("a") + number("b"))),
        LARGE => value(json!("x".repeat(usize::try_from(number("size")).unwrap_or_default()))),
        HANG => std::future::pending().await,
        PROGRESS => {
            for done in 1..=3 {
                observer.progress(f64::from(done), Some(3.0), Some(format!("step {done}")));
                tokio::task::yield_now().await;
            }
            value(json!("done"))
        }
        LOG => {
            for line in ["first", "second"] {
                observer.log(line.to_owned());
                tokio::task::yield_now().await;
            }
            value(json!("done"))
        }
        SCRIPT => {
            let tools = observer.tools().expect("a script has tools");
            let name = execution.arguments["tool"].as_str().unwrap_or_default().to_owned();
            let arguments = execution.arguments["arguments"].as_object().cloned().unwrap_or_default();
            let mut ends = Vec::new();
            for _ in 0..number("times").max(1) {
                ends.push(match tools.call_tool(name.clone(), arguments.clone()).await {
                    Ok(value) => value,
                    Err(failure) => json!(failure),
                });
            }
            value(json!(ends))
        }
        RAISE => Err(Failure { line: Some(3), ..Failure::new(FailureKind::Exception, "ValueError: boom") }),
        BLOCKS => Ok(ToolOutput {
            value: Value::Null,
            content: vec![json!({"type": "image", "data": "aGk=", "mimeType": "image/png"})],
        }),
        other => panic!("the double does not know this program: {other}"),
    }
}

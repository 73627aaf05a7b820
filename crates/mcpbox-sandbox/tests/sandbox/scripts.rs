//! Scripts that call tools: what passes between jail, supervisor and worker. Who may call what is the catalog's business.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use mcpbox_core::{
    execute::{BoxFuture, Executor, Observer, ToolCalls},
    failure::{Failure, FailureKind},
};
use mcpbox_sandbox::SandboxConfig;
use serde_json::{Map, Value, json};

use crate::{
    remote::worker,
    support::{Run, config, sandbox, sandbox_with, standard, strict, until},
};

/// Tools of these tests: `t__add`, `t__fail`, `t__meet` (waits until as many as asked for wait), `t__hang`, `t__large`.
#[derive(Default)]
pub(crate) struct Tools {
    begun: AtomicUsize,
    ended: AtomicUsize,
    called: Mutex<Vec<String>>,
}

struct Ended<'a>(&'a AtomicUsize);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Observer for Tools {
    fn progress(&self, _: f64, _: Option<f64>, _: Option<String>) {}
    fn log(&self, _: String) {}
    fn tools(&self) -> Option<&dyn ToolCalls> {
        Some(self)
    }
}

impl ToolCalls for Tools {
    fn call_tool<'a>(&'a self, name: String, arguments: Map<String, Value>) -> BoxFuture<'a, Result<Value, Failure>> {
        Box::pin(async move {
            self.called.lock().unwrap().push(name.clone());
            self.begun.fetch_add(1, Ordering::SeqCst);
            let _ended = Ended(&self.ended);
            let number = |name: &str| arguments.get(name).and_then(Value::as_u64).unwrap_or_default();
            match name.as_str() {
                "t__add" => Ok(json!(number("a") + number("b"))),
                "t__large" => Ok(json!("x".repeat(usize::try_from(number("size")).unwrap()))),
                "t__meet" => {
                    until("all meet", || self.begun.load(Ordering::SeqCst) as u64 >= number("count")).await;
                    Ok(json!(number("n")))
                }
                "t__hang" => std::future::pending().await,
                _ => Err(Failure::new(FailureKind::NotFound, format!("there is no tool '{name}'"))
                    .hint("did you mean t__add?")
                    .next("mcpbox_search_tools", json!({"query": "add"}))),
            }
        })
    }
}

fn with(run: Run, tools: &Arc<Tools>) -> Run {
    Run { observer: Arc::clone(tools) as _, ..run }
}

const GATHER: &str = "import asyncio\n\nasync def main():\n    \
    return await asyncio.gather(*(tools.t.meet(n=n, count=6) for n in range(6)))\n";
const CATCH: &str = "async def main():\n    try:\n        await tools.t.ad(a=1)\n    except ToolError as error:\n        \
    return [error.kind, error.message, error.hint, error.next['tool']]\n";

/// On an executor: results, errors, several at once, large values both ways.
async fn converses(executor: &dyn Executor) {
    let tools = Arc::new(Tools::default());
    let value = async |source: &str| {
        let run = with(strict(source), &tools);
        executor
            .execute(run.execution, run.observer)
            .await
            .result
            .unwrap_or_else(|failure| panic!("{failure:#?}"))
            .value
    };
    let chain =
        "async def main():\n    three = await tools.t.add(a=1, b=2)\n    return await tools.t.add(a=three, b=39)\n";
    assert_eq!(value(chain).await, json!(42));
    assert_eq!(value(GATHER).await, json!([0, 1, 2, 3, 4, 5]));
    assert_eq!(
        value(CATCH).await,
        json!(["not_found", "there is no tool 't__ad'", "did you mean t__add?", "mcpbox_search_tools"])
    );
    let large = "import asyncio\n\nasync def main():\n    \
        parts = await asyncio.gather(*(tools.t.large(size=900_000) for _ in range(20)))\n    return sum(map(len, parts))\n";
    assert_eq!(value(large).await, json!(18_000_000));
    let sent = "async def main():\n    return await tools.t.add(a=1, b=2, text='ü' * 500_000)\n";
    assert_eq!(value(sent).await, json!(3));

    let failure = async |source: &str| {
        let run = with(strict(source), &tools);
        executor.execute(run.execution, run.observer).await.result.unwrap_err()
    };
    let uncaught = failure("async def main():\n    await tools.t.ad(a=1)\n").await;
    assert_eq!((uncaught.kind, uncaught.line), (FailureKind::Exception, Some(2)), "{uncaught:?}");
    assert_eq!(uncaught.message, "ToolError: not_found: there is no tool 't__ad'");
    assert_eq!(uncaught.hint.as_deref(), Some("did you mean t__add?"));
    let unnamed = failure("async def main():\n    await tools.t.add(1, 2)\n").await;
    assert!(unnamed.hint.as_deref().unwrap().contains("by its name"), "{unnamed:?}");
    let too_large = failure("async def main():\n    await tools.t.add(a='x' * 2_000_000)\n").await;
    assert_eq!(too_large.kind, FailureKind::OutputTooLarge, "{too_large:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_calls_tools_and_gets_their_results_and_errors() {
    let sandbox = sandbox().await;
    converses(sandbox.as_ref()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_one_on_a_worker() {
    let worker = worker(config()).await;
    converses(worker.workers.as_ref()).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_end_with_the_script_here_and_on_a_worker() {
    let worker = worker(config()).await;
    let executors: [Arc<dyn Executor>; 2] = [Arc::clone(&worker.sandbox) as _, Arc::clone(&worker.workers) as _];
    let source = "import asyncio\n\nasync def main():\n    await asyncio.gather(tools.t.hang(), tools.t.hang())\n";
    for executor in executors {
        let tools = Arc::new(Tools::default());
        let run = with(strict(source), &tools);
        let call = tokio::spawn({
            let executor = Arc::clone(&executor);
            async move { executor.execute(run.execution, run.observer).await }
        });
        until("both run", || tools.begun.load(Ordering::SeqCst) == 2).await;
        assert_eq!(tools.ended.load(Ordering::SeqCst), 0);
        call.abort();
        until("both ended", || tools.ended.load(Ordering::SeqCst) == 2).await;

        let tools = Arc::new(Tools::default());
        let run = with(strict(source), &tools).limits(|limits| limits.timeout_ms = 700);
        let outcome = executor.execute(run.execution, run.observer).await;
        assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Timeout);
        until("both ended", || tools.ended.load(Ordering::SeqCst) == 2).await;
        until("nothing runs", || worker.sandbox.status().running == 0).await;
    }
    worker.stop().await;
}

/// Were scripts admitted among the calls, one in the only place would wait for ever for the tool it calls.
#[tokio::test(flavor = "multi_thread")]
async fn a_script_leaves_room_for_what_it_calls() {
    let sandbox = sandbox_with(SandboxConfig { max_concurrent: 1, ..config() }).await;
    struct Nested(Arc<mcpbox_sandbox::Sandbox>);
    impl Observer for Nested {
        fn progress(&self, _: f64, _: Option<f64>, _: Option<String>) {}
        fn log(&self, _: String) {}
        fn tools(&self) -> Option<&dyn ToolCalls> {
            Some(self)
        }
    }
    impl ToolCalls for Nested {
        fn call_tool<'a>(&'a self, _: String, _: Map<String, Value>) -> BoxFuture<'a, Result<Value, Failure>> {
            Box::pin(async move { Ok(strict("def main():\n    return 7\n").value(&self.0).await) })
        }
    }
    let run = Run {
        observer: Arc::new(Nested(Arc::clone(&sandbox))),
        ..strict("async def main():\n    return await tools.t.x()\n")
    };
    let value = tokio::time::timeout(Duration::from_secs(10), run.value(&sandbox)).await.expect("it waits for itself");
    assert_eq!(value, json!(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_code_has_no_tools_even_when_it_forges_the_frame() {
    let sandbox = sandbox().await;
    let failure = strict("async def main():\n    return await tools.t.add(a=1, b=2)\n").failure(&sandbox).await;
    assert!(failure.message.contains("'tools' is not defined"), "{failure:?}");
    let forged = "import toolcalls, tool_runtime\nasync def main():\n    \
        return await toolcalls.Tools(ctx._channel).t.add(a=1, b=2)\n";
    let failure = standard(forged).failure(&sandbox).await;
    assert!(failure.message.contains("may not call other tools"), "{failure:?}");
    let worker = worker(config()).await;
    let outcome = worker.workers.execute(standard(forged).execution, Arc::new(mcpbox_core::execute::Unobserved)).await;
    assert!(outcome.result.unwrap_err().message.contains("may not call other tools"));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_floods_the_supervisor_with_calls_is_refused_not_stored() {
    let sandbox = sandbox().await;
    let tools = Arc::new(Tools::default());
    let source = "import asyncio\n\nasync def main():\n    \
        calls = [asyncio.ensure_future(tools.t.hang()) for _ in range(1000)]\n    \
        done, _ = await asyncio.wait(calls, timeout=2)\n    \
        return [len(done), {call.exception().kind for call in done}]\n";
    let value = with(strict(source), &tools).value(&sandbox).await;
    assert_eq!(value, json!([872, ["rate_limited"]]));
    assert_eq!(tools.called.lock().unwrap().len(), 128);
}

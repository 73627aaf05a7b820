//! What a call on a worker is like: as in the server's own process, while it runs and when it ends.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use mcpbox_core::{
    capability::HostRule,
    execute::{Executor, HostOutcome, UnsealedSecret},
    failure::FailureKind,
    name::SecretKey,
    secret::SecretMode,
};
use serde_json::json;

use crate::support::{Heard, KEY, SLEEP, Worker, execution, run, spawn, until, workers};

const RUNNING: &str = "mcpbox_sandbox_running{environment=\"lean\"}";

#[tokio::test(flavor = "multi_thread")]
async fn messages_arrive_while_the_tool_runs_and_the_outcome_is_whole() {
    let worker = Worker::start("messages");
    let workers = workers(&[&worker.url]).await;
    let heard = Arc::new(Heard::default());
    let source = "import time, sys\nasync def main(n: int):\n    print('printed')\n    ctx.log('first', n)\n    \
                  await ctx.progress(1, 2, 'half')\n    time.sleep(2)\n    return {'n': [n, None, 1.5, 'ü\\n']}\n";
    let mut execution = execution(source);
    execution.arguments.insert("n".into(), json!(7));
    let observer = Arc::clone(&heard);
    let runner = Arc::clone(&workers);
    let call = tokio::spawn(async move { runner.execute(execution, observer).await });
    until("messages arrive", || heard.0.lock().unwrap().len() == 2).await;
    let arrived = Instant::now();
    assert_eq!(*heard.0.lock().unwrap(), ["first 7", "1/Some(2.0) Some(\"half\")"]);
    let outcome = call.await.unwrap();
    assert!(arrived.elapsed() > Duration::from_millis(500), "they arrive before the end");
    assert_eq!(outcome.result.unwrap().value, json!({"n": [7, null, 1.5, "ü\n"]}));
    assert_eq!(outcome.stdout, "printed\n");
    assert!(outcome.observed.modules.contains("time") && outcome.observed.duration_us >= 2_000_000);

    let failure = run(&workers, "def main():\n    x = 1\n    return x / 0\n").await.result.unwrap_err();
    assert_eq!(
        (failure.kind, failure.line, failure.snippet.as_deref()),
        (FailureKind::Exception, Some(3), Some("return x / 0"))
    );
    let mut short = self::execution(SLEEP);
    short.limits.timeout_ms = 200;
    let failure = workers.execute(short, Arc::new(Heard::default())).await.result.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
    let status = workers.status();
    assert!(status.detail.starts_with("1 of 1 sandbox workers are usable. "), "{}", status.detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hangs_up_ends_the_process() {
    let worker = Worker::start("hangs-up");
    let workers = workers(&[&worker.url]).await;
    let call = spawn(&workers, "def main():\n    while True:\n        pass\n");
    until("it computes", || worker.busy_child().is_some()).await;
    let child = worker.busy_child().unwrap();
    call.abort();
    let took = until("its process is gone", || !std::path::Path::new(&format!("/proc/{child}")).exists()).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    until("it is counted", || worker.metric(RUNNING) == 0.0).await;
    assert_eq!(worker.metric("mcpbox_sandbox_calls_total{environment=\"lean\",outcome=\"cancelled\"}"), 1.0);
    assert!(run(&workers, "def main():\n    return 1\n").await.result.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_spread_evenly() {
    let (one, two) = (Worker::start("even-1"), Worker::start("even-2"));
    let workers = workers(&[&one.url, &two.url]).await;
    let calls: Vec<_> = (0..8).map(|_| spawn(&workers, SLEEP)).collect();
    until("all run", || one.metric(RUNNING) + two.metric(RUNNING) == 8.0).await;
    assert_eq!((one.metric(RUNNING), two.metric(RUNNING)), (4.0, 4.0));
    let text = workers.metrics();
    for worker in [&one, &two] {
        let name = format!("mcpbox_worker_outstanding{{worker=\"{}\"}}", worker.url);
        assert_eq!(crate::support::sample(&text, &name), 4.0, "{text}");
    }
    until("the sum is known", || workers.status().running == 8).await;
    calls.iter().for_each(tokio::task::JoinHandle::abort);
    until("all end", || one.metric(RUNNING) + two.metric(RUNNING) == 0.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_and_egress_belong_to_the_worker_and_its_log_stays_silent() {
    let worker = Worker::start("secrets");
    let workers = workers(&[&worker.url]).await;
    until("the packages behind http are there", || workers.status().base_ready).await;
    let source = "async def main():\n    try:\n        await http.get('http://127.0.0.1:9/' + secrets['SEALED'])\n    \
                  except Exception as error:\n        return [secrets['REVEALED'][::-1], str(error)[:0]]\n";
    let mut execution = execution(source);
    let secret = |key: &str, value: &str, mode| UnsealedSecret {
        key: SecretKey::parse(key).unwrap(),
        value: value.into(),
        mode,
        hosts: vec![HostRule::parse("api.example.org").unwrap()],
    };
    execution.secrets = vec![
        secret("SEALED", "s3aled-value-that-nobody-logs", SecretMode::Sealed),
        secret("REVEALED", "revealed-value-that-nobody-logs", SecretMode::Revealed),
    ];
    let call_id = execution.call_id.to_string();
    let outcome = workers.execute(execution, Arc::new(Heard::default())).await;
    let value = outcome.result.unwrap().value;
    assert_eq!(value[0], json!("sgol-ydobon-taht-eulav-delaever"));
    let [attempt] = &outcome.observed.hosts[..] else { panic!("{:?}", outcome.observed.hosts) };
    assert_eq!((attempt.host.as_str(), attempt.outcome), ("127.0.0.1", HostOutcome::Denied));
    let log = worker.log();
    assert!(log.contains(&call_id), "the log is at its most talkative: {log}");
    for secret in ["nobody-logs", KEY] {
        assert!(!log.contains(secret), "{log}");
    }
}

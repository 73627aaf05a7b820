//! What the metrics say after calls whose ends are known.

use std::time::Duration;

use mcpbox_core::{execute::Executor, failure::FailureKind};
use serde_json::json;

use crate::support::{Run, config, sandbox_with, standard, strict, until};

/// The value of the sample that begins with `name`.
fn sample(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in\n{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn calls(outcome: &str) -> String {
    format!("mcpbox_sandbox_calls_total{{environment=\"lean\",outcome=\"{outcome}\"}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_of_a_call_is_counted_once() {
    let sandbox = sandbox_with(config()).await;
    assert_eq!(standard("def main():\n    return 1\n").value(&sandbox).await, json!(1));
    standard("def main():\n    return 1 / 0\n").fails_as(&sandbox, FailureKind::Exception).await;
    let endless = || standard("import time\ndef main():\n    time.sleep(60)\n");
    endless().limits(|limits| limits.timeout_ms = 200).fails_as(&sandbox, FailureKind::Timeout).await;

    let Run { execution, observer } = endless();
    let running = sandbox.clone();
    let call = tokio::spawn(async move { running.execute(execution, observer).await });
    let gauge = "mcpbox_sandbox_running{environment=\"lean\"}";
    until("the call runs", || sample(&sandbox.metrics(), gauge) == 1.0).await;
    call.abort();
    until("the call ends", || sample(&sandbox.metrics(), gauge) == 0.0).await;

    let text = sandbox.metrics();
    for outcome in ["ok", "exception", "timeout", "cancelled"] {
        assert_eq!(sample(&text, &calls(outcome)), 1.0, "{outcome}\n{text}");
    }
    assert_eq!(sample(&text, "mcpbox_sandbox_call_duration_seconds_count{environment=\"lean\"}"), 4.0);
    assert!(sample(&text, "mcpbox_sandbox_call_duration_seconds_sum{environment=\"lean\"}") >= 0.2);
    assert_eq!(sample(&text, "mcpbox_sandbox_queue_wait_seconds_count{environment=\"lean\"}"), 4.0);
    assert_eq!(sample(&text, "mcpbox_sandbox_zygote_starts_total{environment=\"lean\"}"), 1.0);
    assert!(text.ends_with("# EOF\n"));
    until("children are parked", || sample(&sandbox.metrics(), "mcpbox_sandbox_parked{environment=\"lean\"}") >= 2.0)
        .await;
    sandbox.shutdown(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_host_and_a_full_sandbox_show() {
    let mut config = config();
    (config.max_concurrent, config.queue_limit) = (1, 0);
    let sandbox = sandbox_with(config).await;
    strict("async def main():\n    await http.get('http://127.0.0.1:9/')\n")
        .fails_as(&sandbox, FailureKind::HostDenied)
        .await;
    let Run { execution, observer } = standard("import time\ndef main():\n    time.sleep(60)\n");
    let running = sandbox.clone();
    let call = tokio::spawn(async move { running.execute(execution, observer).await });
    let gauge = "mcpbox_sandbox_running{environment=\"lean\"}";
    until("the call runs", || sample(&sandbox.metrics(), gauge) == 1.0).await;
    standard("def main():\n    return 1\n").fails_as(&sandbox, FailureKind::Unavailable).await;
    call.abort();
    let text = sandbox.metrics();
    assert_eq!(sample(&text, "mcpbox_sandbox_egress_requests_total{outcome=\"denied\"}"), 1.0, "{text}");
    assert_eq!(sample(&text, "mcpbox_sandbox_rejected_total{environment=\"lean\"}"), 1.0, "{text}");
    assert_eq!(sample(&text, &calls("unavailable")), 1.0, "{text}");
    sandbox.shutdown(Duration::ZERO).await;
}

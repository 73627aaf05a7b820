//! What is kept of test runs, and what is made of it.

use std::{sync::Arc, sync::atomic::Ordering};

use mcpbox_catalog::{author, listing, review};
use mcpbox_core::{
    call::{CallRecord, Profile, TrialPurpose},
    execute::{HostAttempt, HostOutcome, HttpMock, Observed, Unobserved},
    failure::{Failure, FailureKind},
    ids::ReviewId,
    paging::{LogRequest, PageRequest},
    principal::ActorKind,
    regression::{DifferentPart, RegressionState, Verdict},
};
use serde_json::{Value, json};

use crate::support::{ADD, FETCH, World, failed, object, refusal, returned};

async fn shown(world: &World, review: ReviewId) -> review::ReviewDetail {
    review::show(&world.cat, review).await.unwrap()
}

fn rules(detail: &review::ReviewDetail) -> Vec<&str> {
    detail.findings.iter().map(|finding| finding.finding.rule.as_str()).collect()
}

async fn tests_of(world: &World, tool: &str) -> Vec<CallRecord> {
    let version = listing::version(&world.cat, tool, 1).await.unwrap();
    let filter =
        listing::CallFilter { version: Some(version.id), profile: Some(Profile::Quarantine), ..Default::default() };
    listing::calls(&world.cat, &filter, LogRequest::newest(100)).await.unwrap().items
}

pub(crate) fn attempt(method: &str, host: &str, outcome: HostOutcome) -> HostAttempt {
    HostAttempt { host: host.into(), port: 443, method: method.into(), outcome, detail: "200".into(), needs: None }
}

pub(crate) fn mock(url: &str) -> HttpMock {
    serde_json::from_value(json!({"url": url, "body": {"sky": "blue"}})).unwrap()
}

#[tokio::test]
async fn a_test_is_kept_whole_with_its_version() {
    let world = World::new().await;
    world.server("weather").await;
    world.create("weather", "get", FETCH).await;
    *world.executor.says.lock().unwrap() = vec!["asking".into(), "x".repeat(40_000)];
    world.answer(|_| {
        let hosts = vec![attempt("GET", "api.weather.example", HostOutcome::Mocked)];
        let observed = Observed { hosts, duration_us: 9, cpu_us: 5, peak_memory_bytes: 7, ..Observed::default() };
        mcpbox_core::execute::Outcome { observed, stdout: "printed".into(), ..returned(json!({"sky": "blue"})) }
    });
    let request = author::TestCode {
        tool: "weather__get".into(),
        arguments: object(json!({"city": "Bern"})),
        http_mocks: Some(vec![mock("https://api.weather.example/*")]),
        ..Default::default()
    };
    let report = author::test_code(&world.cat, &world.llm, request, Arc::new(Unobserved)).await.unwrap();
    assert_eq!(report.logs[0], "asking");

    let detail = shown(&world, world.publish("weather__get").await.review_id).await;
    let kept = &detail.evidence[0];
    assert_eq!(
        (kept.id, &kept.arguments, &kept.stdout),
        (report.call_id, &json!({"city": "Bern"}), &"printed".to_owned())
    );
    assert_eq!(kept.observed.cpu_us, 5);
    let said: usize = kept.logs.iter().map(String::len).sum();
    assert_eq!((kept.logs.len(), said), (2, 16 << 10), "log lines are bounded");
    let trial = kept.trial.as_ref().unwrap();
    assert_eq!((trial.purpose, trial.mocked, trial.repeatable), (TrialPurpose::Author, true, true));
    assert_eq!(trial.content_hash, detail.version.content_hash);
    assert_eq!(trial.http_mocks.as_ref().unwrap()[0].url, "https://api.weather.example/*");
    assert_eq!(rules(&detail), ["secret_unbound_host", "secret_never_read", "only_mocked"], "source first, then tests");

    *world.executor.says.lock().unwrap() = vec!["live".into()];
    author::delete_tool(&world.cat, &world.llm, "weather__get").await.unwrap();
    let left = listing::calls(&world.cat, &listing::CallFilter::default(), LogRequest::newest(50)).await.unwrap();
    assert_eq!(left.items, [], "evidence goes with its version");
}

#[tokio::test]
async fn calls_keep_what_a_tool_logs_too() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    *world.executor.says.lock().unwrap() = vec!["half way".into()];
    world.call(&tool, json!({"a": 1})).await.result.unwrap();
    world.cat.close().await;
    let logs = author::get_tool_logs(&world.cat, &world.llm, &tool, PageRequest::new(1, 1)).await.unwrap();
    assert_eq!(logs.runs[0].logs, ["half way"]);
}

#[tokio::test]
async fn a_run_with_something_secret_is_kept_redacted_and_never_repeated() {
    let world = World::new().await;
    world.server("s").await;
    let code = "async def main(token: str) -> int:\n    \"\"\"Takes a token.\"\"\"\n    return 3\n";
    world.create("s", "take", code).await;
    world.test("s__take", json!({"token": "abcdefghijklmnop"})).await;
    let secret_mock: HttpMock = serde_json::from_value(
        json!({"url": "https://x.example/", "headers": {"authorization": "Bearer abcdefghijklmnopqr"}}),
    )
    .unwrap();
    let request = author::TestCode {
        tool: "s__take".into(),
        arguments: object(json!({"token": ""})),
        http_mocks: Some(vec![secret_mock]),
        ..Default::default()
    };
    author::test_code(&world.cat, &world.llm, request, Arc::new(Unobserved)).await.unwrap();
    for run in tests_of(&world, "s__take").await {
        let trial = run.trial.clone().unwrap();
        assert!(!trial.repeatable && !trial.is_example && trial.http_mocks.is_none(), "{run:?}");
        assert!(!serde_json::to_string(&run).unwrap().contains("abcdefghijklmnop"));
    }
}

#[tokio::test]
async fn evidence_is_bounded_and_the_first_successes_stay_as_examples() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "add", ADD).await;
    for a in 0..65 {
        world.test("s__add", json!({"a": a})).await;
        world.test("s__add", json!({"a": 0})).await;
    }
    let kept = tests_of(&world, "s__add").await;
    let (examples, others): (Vec<_>, Vec<_>) = kept.iter().partition(|run| run.trial.as_ref().unwrap().is_example);
    assert_eq!((examples.len(), others.len()), (10, 50));
    let mut inputs: Vec<_> = examples.iter().map(|run| run.arguments["a"].as_i64().unwrap()).collect();
    inputs.sort_unstable();
    assert_eq!(inputs, (0..10).collect::<Vec<_>>(), "later tests do not push out earlier ones, and none counts twice");
}

#[tokio::test]
async fn examples_of_the_live_version_are_repeated_at_submission_and_differences_are_shown() {
    let world = World::new().await;
    world.server("s").await;
    author::start_server(&world.cat, &world.llm, "s").await.unwrap();
    world.create("s", "add", ADD).await;
    for a in [1, 2, 3] {
        world.test("s__add", json!({"a": a})).await;
    }
    let first = world.publish("s__add").await;
    assert!(first.regression.is_none(), "nothing was live before");
    world.approve(first.review_id).await;
    world.update_code("s__add", &ADD.replace("a + b", "b + a")).await;
    world.answer(|execution| match execution.arguments["a"].as_i64() {
        Some(1) => returned(json!(3)),
        Some(2) => returned(json!(4)),
        _ => failed(Failure::new(FailureKind::Exception, "boom")),
    });
    let report = world.publish("s__add").await;
    let regression = report.regression.unwrap();
    assert_eq!(regression.state, RegressionState::Failed);
    let verdicts: Vec<_> = regression.regression.comparisons.iter().map(|comparison| comparison.verdict).collect();
    assert_eq!(verdicts, [Verdict::Same, Verdict::Changed, Verdict::Failed]);
    let changed = &regression.regression.comparisons[1];
    assert_eq!(
        (changed.differences[0].part, changed.differences[0].before.as_str(), changed.differences[0].after.as_str()),
        (DifferentPart::Result, "3", "4")
    );
    assert!(
        report.next.iter().any(|step| step.step.contains("1 of 3 examples of version 1 do not pass")),
        "{:?}",
        report.next
    );
    let detail = shown(&world, report.review_id).await;
    assert_eq!(detail.regression.unwrap().regression.comparisons.len(), 3);
    let repeated = detail.evidence.iter().filter(|run| run.trial.as_ref().unwrap().purpose == TrialPurpose::Regression);
    assert_eq!(repeated.count(), 3, "repetitions are evidence of the new version");

    world.answer(|_| returned(Value::from(3)));
    let again = review::repeat_examples(&world.cat, &world.human, report.review_id).await.unwrap();
    assert_eq!(again.state, RegressionState::Same);
    let status = author::get_tool_status(&world.cat, &world.llm, "s__add").await.unwrap();
    assert_eq!((status.tests.passed, status.tests.failed), (5, 1), "two returned at first, three the second time");
}

#[tokio::test]
async fn a_submission_does_not_wait_for_slow_examples() {
    let world = World::new().await;
    world.server("s").await;
    author::start_server(&world.cat, &world.llm, "s").await.unwrap();
    world.create("s", "add", ADD).await;
    world.test("s__add", json!({"a": 1})).await;
    world.approve(world.publish("s__add").await.review_id).await;
    world.update_code("s__add", &ADD.replace("a + b", "b + a")).await;
    world.executor.hangs.store(true, Ordering::SeqCst);
    let report = world.publish("s__add").await;
    assert_eq!(report.regression.unwrap().state, RegressionState::Running);
    let id = report.review_id;
    let refused = refusal(review::repeat_examples(&world.cat, &world.human, id).await);
    assert_eq!(refused.kind, FailureKind::Conflict);
    world.clock.advance(chrono::TimeDelta::minutes(3));
    assert_eq!(shown(&world, id).await.regression.unwrap().state, RegressionState::Interrupted);
    world.executor.hangs.store(false, Ordering::SeqCst);
    let world = world.restart().await;
    assert_eq!(review::repeat_examples(&world.cat, &world.human, id).await.unwrap().state, RegressionState::Same);
}

#[tokio::test]
async fn a_human_tests_the_very_version_of_a_review_with_input_of_their_own() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "add", ADD).await;
    let review = world.publish("s__add").await.review_id;
    world.update_code("s__add", &ADD.replace("a + b", "b - a")).await;
    let input = review::TrialInput { arguments: object(json!({"a": 41})), ..Default::default() };
    let report = review::test_version(&world.cat, &world.human, review, input).await.unwrap();
    assert!(
        report.version == 1 && world.last_execution().program.source == ADD,
        "not the newest: what the review shows"
    );
    let detail = shown(&world, review).await;
    let run = &detail.evidence[0];
    assert_eq!((run.actor.kind, run.actor.name.as_str()), (ActorKind::Admin, "anna"));
    assert_eq!(run.trial.as_ref().unwrap().purpose, TrialPurpose::Reviewer);
    let wrong = review::TrialInput { arguments: object(json!({"a": "x"})), ..Default::default() };
    let wrong = refusal(review::test_version(&world.cat, &world.human, review, wrong).await);
    assert_eq!(wrong.kind, FailureKind::InvalidArguments);
}

#[tokio::test]
async fn a_human_marks_examples_and_takes_marks_back() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    world.test(&tool, json!({"a": 1})).await;
    world.answer(|_| failed(Failure::new(FailureKind::Exception, "boom")));
    world.test(&tool, json!({"a": 2})).await;
    let runs = tests_of(&world, &tool).await;
    let (bad, good) = (&runs[0], &runs[1]);
    assert!(good.trial.as_ref().unwrap().is_example);
    let unmarked = review::mark_example(&world.cat, &world.human, good.id, false).await.unwrap();
    assert!(!unmarked.trial.unwrap().is_example);
    world.update_code(&tool, &ADD.replace("a + b", "b + a")).await;
    assert!(world.publish(&tool).await.regression.is_none(), "no example is left");
    assert_eq!(refusal(review::mark_example(&world.cat, &world.human, bad.id, true).await).kind, FailureKind::Conflict);
    review::mark_example(&world.cat, &world.human, good.id, true).await.unwrap();
    assert!(tests_of(&world, &tool).await[1].trial.as_ref().unwrap().is_example);
}

#[tokio::test]
async fn what_tests_do_and_the_version_does_not_declare_is_found() {
    let cases: [(&str, Observed, &[&str]); 5] = [
        ("plain", Observed::default(), &[]),
        (
            "host",
            Observed { hosts: vec![attempt("GET", "evil.example", HostOutcome::Denied)], ..Observed::default() },
            &["host_not_declared"],
        ),
        (
            "metadata",
            Observed { hosts: vec![attempt("GET", "169.254.169.254", HostOutcome::Denied)], ..Observed::default() },
            &["host_forbidden"],
        ),
        ("module", Observed { modules: ["json".to_owned()].into(), ..Observed::default() }, &["module_not_declared"]),
        (
            "get_add",
            Observed { hosts: vec![attempt("POST", "evil.example", HostOutcome::Reached)], ..Observed::default() },
            &["host_not_declared", "writes_although_reading"],
        ),
    ];
    let world = World::new().await;
    world.server("s").await;
    for (name, observed, expected) in cases {
        world.create("s", name, ADD).await;
        world.answer(move |_| mcpbox_core::execute::Outcome { observed: observed.clone(), ..returned(Value::from(3)) });
        let tool = format!("s__{name}");
        world.test(&tool, json!({"a": 1})).await;
        let detail = shown(&world, world.publish(&tool).await.review_id).await;
        assert_eq!(rules(&detail), expected, "{name}");
    }
    world.answer(|_| returned(Value::from(3)));
    world.create("s", "liar", &ADD.replace("-> int", "-> str")).await;
    world.test("s__liar", json!({"a": 1})).await;
    let detail = shown(&world, world.publish("s__liar").await.review_id).await;
    assert_eq!(rules(&detail), ["result_breaks_annotation"]);
    world.create("s", "untested", ADD).await;
    let detail = shown(&world, world.publish("s__untested").await.review_id).await;
    assert_eq!(rules(&detail), ["never_tested"]);
}

//! Test runs of drafts.

use std::sync::Arc;

use mcpbox_catalog::{author, review};
use mcpbox_core::{
    capability::{Capability, HostRule},
    execute::{HttpMock, Unobserved},
    failure::{Failure, FailureKind},
    grant::GrantScope,
    secret::SecretMode,
    settings::{DraftTesting, Settings},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::support::{ADD, FETCH, World, failed, object, refusal, returned};

#[tokio::test]
async fn a_test_runs_the_newest_version_in_quarantine() {
    let world = World::new().await;
    let tool = world.live("weather", "get", FETCH).await;
    let value = review::NewSecretValue {
        value: SecretString::from("s3cr3t-value"),
        hosts: None,
        mode: None,
        description: None,
    };
    review::set_secret_value(&world.cat, &world.human, "weather", "WEATHER_KEY", value).await.unwrap();
    let newer = FETCH.replace("v1", "v2");
    world.update_code(&tool, &newer).await;
    world.answer(|_| returned(json!({"sky": "blue"})));
    let report = world.test(&tool, json!({"city": "Bern"})).await;
    assert!(report.succeeded && report.version == 2);
    let execution = world.last_execution();
    assert_eq!(execution.program.source, newer);
    assert!(execution.secrets.is_empty(), "a quarantined run gets no secrets, whatever was granted");
    assert_eq!(
        execution.hosts.as_ref(),
        [HostRule::parse("api.weather.example").unwrap()],
        "only what was granted already"
    );
    assert_eq!((execution.limits.timeout_ms, execution.limits.cpu_ms), (15_000, 10_000));
}

#[tokio::test]
async fn with_mocked_answers_code_that_reads_secrets_gets_stand_ins_and_never_a_value() {
    let world = World::new().await;
    let tool = world.live("weather", "get", FETCH).await;
    let value = review::NewSecretValue {
        value: SecretString::from("s3cr3t-value"),
        hosts: None,
        mode: None,
        description: None,
    };
    review::set_secret_value(&world.cat, &world.human, "weather", "WEATHER_KEY", value).await.unwrap();
    world.answer(|_| returned(json!({"sky": "blue"})));
    let request = author::TestCode {
        tool,
        arguments: object(json!({"city": "Bern"})),
        http_mocks: Some(vec![HttpMock {
            method: None,
            url: "https://api.weather.example/*".into(),
            status: 200,
            headers: Default::default(),
            body: json!({}),
        }]),
        ..Default::default()
    };
    author::test_code(&world.cat, &world.llm, request, Arc::new(Unobserved)).await.unwrap();
    let execution = world.last_execution();
    let secrets: Vec<_> = execution.secrets.iter().map(|s| (s.key.as_str(), s.mode, s.hosts.len())).collect();
    assert_eq!(secrets, [("WEATHER_KEY", SecretMode::Sealed, 0)]);
    assert!(!execution.secrets[0].value.expose_secret().contains("s3cr3t-value"));
}

#[tokio::test]
async fn the_report_says_what_to_do_after_each_sort_of_run() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "add", ADD).await;
    let good = world.test("s__add", json!({"a": 1})).await;
    assert_eq!(
        (good.succeeded, good.result, good.next[0].call.as_ref().unwrap().tool.as_str()),
        (true, json!(3), "mcpbox_request_publish")
    );
    world.answer(|_| failed(Failure::new(FailureKind::Exception, "ZeroDivisionError")));
    let raised = world.test("s__add", json!({"a": 1})).await;
    assert!(!raised.succeeded && raised.next[0].call.as_ref().unwrap().tool == "mcpbox_update_tool");
    world.answer(|_| failed(Failure::new(FailureKind::SecretMissing, "KEY")));
    let secret = world.test("s__add", json!({"a": 1})).await;
    assert_eq!(secret.next[0].call.as_ref().unwrap().tool, "mcpbox_request_publish");
    assert!(secret.next[1].call.as_ref().unwrap().arguments.contains_key("http_mocks"));
    world.answer(|_| returned(json!("no number")));
    let broken = world.test("s__add", json!({"a": 1})).await;
    assert_eq!(broken.failure.unwrap().kind, FailureKind::Exception, "a wrong annotation shows before publication");
}

#[tokio::test]
async fn mocks_reach_the_sandbox_and_bad_ones_are_refused() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "add", ADD).await;
    let mock = |url: &str, status| HttpMock {
        method: None,
        url: url.into(),
        status,
        headers: Default::default(),
        body: json!({}),
    };
    let test = |mocks: Vec<HttpMock>| {
        let request = author::TestCode {
            tool: "s__add".into(),
            arguments: object(json!({"a": 1})),
            http_mocks: Some(mocks),
            ..Default::default()
        };
        author::test_code(&world.cat, &world.llm, request, Arc::new(Unobserved))
    };
    test(vec![mock("https://x.example/*", 200)]).await.unwrap();
    assert_eq!(world.last_execution().http_mocks.unwrap().len(), 1);
    for bad in
        [vec![mock("x.example", 200)], vec![mock("https://x.example", 42)], vec![mock("https://x.example", 200); 51]]
    {
        assert_eq!(refusal(test(bad).await).kind, FailureKind::InvalidArguments);
    }
    let wrong = author::TestCode { tool: "s__add".into(), arguments: object(json!({"a": "x"})), ..Default::default() };
    let refused = author::test_code(&world.cat, &world.llm, wrong, Arc::new(Unobserved)).await;
    assert_eq!(refusal(refused).kind, FailureKind::InvalidArguments);
}

#[tokio::test]
async fn testing_of_drafts_can_be_switched_off() {
    let world = World::new().await;
    let live = world.live("s", "add", ADD).await;
    world.create("s", "draft", ADD).await;
    let settings = Settings { draft_testing: DraftTesting::AfterApproval, ..Settings::default() };
    review::set_settings(&world.cat, &world.human, settings).await.unwrap();
    let request =
        |tool: &str| author::TestCode { tool: tool.into(), arguments: object(json!({"a": 1})), ..Default::default() };
    let refused = author::test_code(&world.cat, &world.llm, request("s__draft"), Arc::new(Unobserved)).await;
    assert_eq!(refusal(refused).kind, FailureKind::Forbidden);
    assert!(author::test_code(&world.cat, &world.llm, request(&live), Arc::new(Unobserved)).await.unwrap().succeeded);
}

#[tokio::test]
async fn a_granted_module_reaches_the_program_and_a_pending_one_does_not() {
    let world = World::new().await;
    world.server("s").await;
    let code = "import logging\nasync def main() -> int:\n    \"\"\"Logs.\"\"\"\n    return 3\n";
    let draft = world.create("s", "log", code).await;
    assert_eq!(draft.needs[0].request.tool, "mcpbox_request_module");
    world.test("s__log", json!({})).await;
    assert!(!world.last_execution().program.modules.contains("logging"));
    let module = Capability::Module { name: "logging".into() };
    review::add_grant(&world.cat, &world.human, GrantScope::Everywhere, module, "").await.unwrap();
    world.test("s__log", json!({})).await;
    assert!(world.last_execution().program.modules.contains("logging"));
    let modules = author::get_server_modules(&world.cat, &world.llm).await.unwrap();
    assert!(modules.granted.iter().any(|granted| granted.name == "logging" && granted.scope == "everywhere"));
}

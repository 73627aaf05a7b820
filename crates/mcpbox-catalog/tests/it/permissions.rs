//! What a human sets on servers, secrets and the whole box.

use mcpbox_catalog::{author, listing, review};
use mcpbox_core::{
    capability::{Capability, HostRule},
    failure::FailureKind,
    grant::GrantScope,
    ids::{ServerId, ToolId},
    paging::LogRequest,
    review::Risk,
    secret::SecretMode,
    server::{CodePolicy, Limits},
    settings::Settings,
};
use secrecy::SecretString;
use serde_json::json;

use crate::support::{ADD, World, refusal};

fn value(text: &str) -> review::NewSecretValue {
    review::NewSecretValue { value: SecretString::from(text), hosts: None, mode: None, description: None }
}

#[tokio::test]
async fn a_placeholder_is_made_by_the_llm_and_filled_by_a_human() {
    let world = World::new().await;
    world.server("s").await;
    let hosts = ["api.example".to_owned()];
    let made = author::create_server_secret(&world.cat, &world.llm, "s", "API_KEY", "The key.", &hosts).await.unwrap();
    assert!(!made.secret.has_value && made.set_value_at.starts_with("http://127.0.0.1:3000/servers/"));
    let twice = author::create_server_secret(&world.cat, &world.llm, "s", "API_KEY", "", &[]).await;
    assert_eq!(refusal(twice).kind, FailureKind::Conflict);
    for (key, host) in [("api_key", "x.example"), ("OTHER", "https://x.example")] {
        let bad = author::create_server_secret(&world.cat, &world.llm, "s", key, "", &[host.to_owned()]).await;
        assert_eq!(refusal(bad).kind, FailureKind::InvalidArguments);
    }
    let set = review::set_secret_value(&world.cat, &world.human, "s", "API_KEY", value("hush-hush")).await.unwrap();
    assert_eq!((set.has_value, set.mode, set.hosts.len()), (true, SecretMode::Sealed, 1));
    let list = author::list_server_secrets(&world.cat, &world.llm, "s").await.unwrap();
    assert!(list.secrets[0].has_value && !serde_json::to_string(&list).unwrap().contains("hush-hush"));
    let audit = listing::audit(&world.cat, &Default::default(), LogRequest::newest(50)).await.unwrap();
    assert!(!serde_json::to_string(&audit).unwrap().contains("hush-hush"));
    review::clear_secret(&world.cat, &world.human, "s", "API_KEY").await.unwrap();
    review::delete_secret(&world.cat, &world.human, "s", "API_KEY").await.unwrap();
    let gone = review::delete_secret(&world.cat, &world.human, "s", "API_KEY").await;
    assert_eq!(refusal(gone).kind, FailureKind::NotFound);
    let empty = review::set_secret_value(&world.cat, &world.human, "s", "API_KEY", value("")).await;
    assert_eq!(refusal(empty).kind, FailureKind::InvalidArguments);
}

#[tokio::test]
async fn a_value_too_short_to_be_found_again_cannot_be_sealed() {
    let world = World::new().await;
    world.server("s").await;
    for short in ["12345", " 1234 \n"] {
        let refused = refusal(review::set_secret_value(&world.cat, &world.human, "s", "PIN", value(short)).await);
        assert_eq!(refused.kind, FailureKind::InvalidArguments);
        assert!(refused.message.contains("6 bytes") && refused.hint.unwrap().contains("revealed"));
        let list = author::list_server_secrets(&world.cat, &world.llm, "s").await.unwrap();
        assert!(list.secrets.is_empty(), "{list:?}");
    }
    let revealed = review::NewSecretValue { mode: Some(SecretMode::Revealed), ..value("12345") };
    let set = review::set_secret_value(&world.cat, &world.human, "s", "PIN", revealed).await.unwrap();
    assert_eq!(set.mode, SecretMode::Revealed);
    let sealed_again = review::NewSecretValue { mode: Some(SecretMode::Sealed), ..value("12345") };
    assert_eq!(
        refusal(review::set_secret_value(&world.cat, &world.human, "s", "PIN", sealed_again).await).kind,
        FailureKind::InvalidArguments
    );
    review::set_secret_value(&world.cat, &world.human, "s", "PIN", value("123456")).await.unwrap();
}

#[tokio::test]
async fn limits_and_policy_of_a_server_count_from_the_next_call() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    let limits = Limits { timeout_ms: 500, ..Limits::default() };
    review::set_server_limits(&world.cat, &world.human, "s", limits).await.unwrap();
    review::set_server_policy(&world.cat, &world.human, "s", CodePolicy::Standard).await.unwrap();
    world.call(&tool, json!({"a": 1})).await.result.unwrap();
    let execution = world.last_execution();
    assert_eq!((execution.limits.timeout_ms, execution.program.policy), (500, CodePolicy::Standard));
    let bad = Limits { memory_bytes: 1, ..Limits::default() };
    assert_eq!(
        refusal(review::set_server_limits(&world.cat, &world.human, "s", bad).await).kind,
        FailureKind::InvalidArguments
    );
    let settings = Settings { log_retention_days: 0, ..Settings::default() };
    assert_eq!(
        refusal(review::set_settings(&world.cat, &world.human, settings).await).kind,
        FailureKind::InvalidArguments
    );
}

#[tokio::test]
async fn ordinary_python_with_a_network_is_a_high_risk() {
    let world = World::new().await;
    world.server("s").await;
    review::set_server_policy(&world.cat, &world.human, "s", CodePolicy::Standard).await.unwrap();
    let code = "import os\nasync def main() -> str:\n    \"\"\"Gets.\"\"\"\n    return (await http.get('https://x.example/')).text\n";
    let draft = world.create("s", "get", code).await;
    assert_eq!(draft.needs.len(), 1, "modules need no grant in the standard policy: {:?}", draft.needs);
    assert_eq!(world.publish("s__get").await.risk, Risk::High);
}

#[tokio::test]
async fn disabling_a_tool_withdraws_it_at_once() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    review::set_tool_enabled(&world.cat, &world.human, &tool, false).await.unwrap();
    let failure = world.call(&tool, json!({"a": 1})).await.result.unwrap_err();
    assert_eq!((failure.kind, failure.next.unwrap().tool.as_str()), (FailureKind::NotLive, "mcpbox_update_tool"));
    let enable = author::UpdateTool { tool: tool.clone(), enabled: Some(true), ..Default::default() };
    let report = author::update_tool(&world.cat, &world.llm, enable).await.unwrap();
    assert_eq!((report.version, report.enabled), (1, true), "enabling makes no version");
    assert_eq!(world.published(), [tool]);
}

#[tokio::test]
async fn grants_are_given_only_to_what_exists_and_only_once() {
    let world = World::new().await;
    let host = || Capability::Host(HostRule::parse("x.example").unwrap());
    for scope in [GrantScope::Server(ServerId::generate()), GrantScope::Tool(ToolId::generate())] {
        let refused = review::add_grant(&world.cat, &world.human, scope, host(), "").await;
        assert_eq!(refusal(refused).kind, FailureKind::NotFound);
    }
    review::add_grant(&world.cat, &world.human, GrantScope::Everywhere, host(), "").await.unwrap();
    let twice = review::add_grant(&world.cat, &world.human, GrantScope::Everywhere, host(), "").await;
    assert_eq!(refusal(twice).kind, FailureKind::Conflict);
    let loopback = Capability::Host(HostRule::parse("127.0.0.1").unwrap());
    let refused = review::add_grant(&world.cat, &world.human, GrantScope::Everywhere, loopback, "").await;
    assert_eq!(refusal(refused).kind, FailureKind::InvalidArguments);
}

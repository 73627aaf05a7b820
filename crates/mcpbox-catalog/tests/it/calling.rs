//! The choke point: what may run, with what, and what is kept of it.

use std::{sync::Arc, time::Duration};

use mcpbox_catalog::{author, call::call_tool, listing, review};
use mcpbox_core::{
    call::Profile,
    capability::{Capability, HostRule},
    event::LiveEvent,
    execute::{Observed, Outcome, Unobserved},
    failure::{Failure, FailureKind},
    grant::GrantScope,
    name::SecretKey,
    paging::{LogRequest, PageRequest},
    principal::{Principal, Scope},
    secret::SecretMode,
    version::VersionState,
};
use mcpbox_store::{tools, versions};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::support::{ADD, FETCH, World, denied_host, failed, object, returned};

#[tokio::test]
async fn a_call_is_resolved_by_full_and_by_unambiguous_bare_name() {
    let world = World::new().await;
    world.live("one", "add", ADD).await;
    let reply = world.call("add", json!({"a": 1})).await;
    assert_eq!(reply.tool.unwrap().name, "one__add");
    assert_eq!(reply.structured.unwrap(), object(json!({"result": 3})));
    world.live("two", "add", ADD).await;
    let ambiguous = world.call("add", json!({"a": 1})).await.result.unwrap_err();
    assert_eq!(ambiguous.kind, FailureKind::Conflict);
    assert!(ambiguous.message.contains("one__add, two__add"), "{}", ambiguous.message);
    let misspelled = world.call("one__ad", json!({})).await;
    assert!(misspelled.call_id.is_none());
    let failure = misspelled.result.unwrap_err();
    assert_eq!((failure.kind, failure.hint.as_deref()), (FailureKind::NotFound, Some("did you mean one__add?")));
    world.create("one", "draft", ADD).await;
    let draft = world.call("one__draft", json!({"a": 1})).await.result.unwrap_err();
    assert_eq!((draft.kind, draft.next.unwrap().tool.as_str()), (FailureKind::NotLive, "mcpbox_get_tool_status"));
}

#[tokio::test]
async fn wrong_arguments_never_reach_the_sandbox() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    for (arguments, expected) in [
        (json!({}), "\"a\" is required"),
        (json!({"a": "1"}), "arguments.a: expected integer, got string"),
        (json!({"a": 1, "c": 2}), "no parameter 'c'"),
    ] {
        let failure = world.call(&tool, arguments).await.result.unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidArguments);
        assert!(failure.message.contains(expected), "{}", failure.message);
    }
    assert_eq!(world.runs(), 0);
    world.call(&tool, json!({"a": 1})).await.result.unwrap();
    assert_eq!(world.last_execution().arguments, object(json!({"a": 1})), "defaults are Python's business");
}

#[tokio::test]
async fn a_result_that_breaks_its_promise_is_an_exception() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    world.answer(|_| returned(json!("three")));
    let reply = world.call(&tool, json!({"a": 1})).await;
    let failure = reply.result.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Exception);
    assert!(failure.message.contains("result.result: expected integer, got string"), "{}", failure.message);
    assert!(failure.hint.unwrap().contains("annotation") && reply.structured.is_none());
}

#[tokio::test]
async fn a_tool_gets_exactly_what_it_was_granted() {
    let world = World::new().await;
    let tool = world.live("weather", "get", FETCH).await;
    let other = world.live("weather", "add", ADD).await;
    let missing = world.call(&tool, json!({"city": "Bern"})).await.result.unwrap_err();
    assert_eq!(missing.kind, FailureKind::SecretMissing);
    assert_eq!(world.runs(), 0);

    let value = review::NewSecretValue {
        value: SecretString::from("s3cr3t-value"),
        hosts: Some(vec![HostRule::parse("api.weather.example").unwrap()]),
        mode: None,
        description: None,
    };
    review::set_secret_value(&world.cat, &world.human, "weather", "WEATHER_KEY", value).await.unwrap();
    world.answer(|_| {
        let Outcome { observed, .. } = returned(json!(null));
        let secrets = [SecretKey::parse("WEATHER_KEY").unwrap()].into();
        Outcome { observed: Observed { secrets, ..observed }, ..returned(json!({"sky": "blue"})) }
    });
    let reply = world.call(&tool, json!({"city": "s3cr3t-value"})).await;
    assert_eq!(reply.structured.unwrap(), object(json!({"sky": "blue"})));
    let execution = world.last_execution();
    assert_eq!(execution.hosts.as_ref(), [HostRule::parse("api.weather.example").unwrap()]);
    let [secret] = execution.secrets.as_slice() else { panic!("one secret") };
    assert_eq!(
        (secret.key.as_str(), secret.value.expose_secret(), secret.mode),
        ("WEATHER_KEY", "s3cr3t-value", SecretMode::Sealed)
    );
    assert!(execution.program.uses_http && execution.program.modules.contains("json"));

    world.answer(|_| returned(json!(3)));
    world.call(&other, json!({"a": 1})).await.result.unwrap();
    let execution = world.last_execution();
    assert!(execution.secrets.is_empty() && execution.hosts.is_empty(), "a grant of one tool is none of another");

    world.cat.close().await;
    let records = listing::calls(&world.cat, &listing::CallFilter::default(), LogRequest::newest(50)).await.unwrap();
    assert!(
        !serde_json::to_string(&records).unwrap().contains("s3cr3t-value"),
        "an unsealed value stays out of records"
    );
    let kept = listing::secrets(&world.cat, "weather").await.unwrap();
    let read_at =
        records.items.iter().find(|record| !record.observed.secrets.is_empty()).map(|record| record.started_at);
    assert!(read_at.is_some() && kept[0].last_used_at == read_at, "when it was last used is told: {kept:?}");
}

#[tokio::test]
async fn a_grant_can_be_given_to_a_server_and_taken_back_at_once() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    let seen = || world.cat.snapshot().resolve("s__add").unwrap();
    assert!(seen().read_only_hint && !seen().open_world_hint);
    let server = seen().server_id;
    let host = Capability::Host(HostRule::parse("x.example").unwrap());
    let grant = review::add_grant(&world.cat, &world.human, GrantScope::Server(server), host, "").await.unwrap();
    world.call(&tool, json!({"a": 1})).await.result.unwrap();
    assert_eq!(world.last_execution().hosts.len(), 1);
    assert!(!seen().read_only_hint && seen().open_world_hint, "hints follow the grants");
    review::revoke_grant(&world.cat, &world.human, grant.id, "no more").await.unwrap();
    world.call(&tool, json!({"a": 1})).await.result.unwrap();
    assert!(world.last_execution().hosts.is_empty());
}

#[tokio::test]
async fn a_denial_names_the_very_request_to_make() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    world.answer(|_| {
        let mut outcome = failed(Failure::new(FailureKind::HostDenied, "lan.example:8080 is not granted"));
        outcome.observed.hosts = vec![denied_host("lan.example", 8080)];
        outcome
    });
    let next = world.call(&tool, json!({"a": 1})).await.result.unwrap_err().next.unwrap();
    assert_eq!(next.tool, "mcpbox_request_network_access");
    assert_eq!(
        (&next.arguments["tool_id"], &next.arguments["host"], &next.arguments["port"]),
        (&json!(tool), &json!("lan.example"), &json!(8080))
    );
    world.answer(|_| {
        let mut outcome = failed(Failure::new(FailureKind::ImportDenied, "logging is not granted"));
        outcome.observed = crate::support::denied_modules(&["logging"]);
        outcome
    });
    let next = world.call(&tool, json!({"a": 1})).await.result.unwrap_err().next.unwrap();
    assert_eq!((next.tool.as_str(), &next.arguments["module_name"]), ("mcpbox_request_module", &json!("logging")));
}

#[tokio::test]
async fn code_that_was_not_approved_never_runs() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    let live = world.cat.snapshot().resolve(&tool).unwrap();
    // Somebody writes into the database: a version with the approved hash but other code becomes the live one.
    let tx = world.store.begin().await.unwrap();
    let mut forged = versions::by_id(&tx, live.version_id).await.unwrap().unwrap();
    (forged.id, forged.number) = (mcpbox_core::ids::VersionId::generate(), 2);
    forged.content.code = ADD.replace("a + b", "a * 666");
    versions::insert(&tx, &forged).await.unwrap();
    let mut row = tools::by_id(&tx, live.tool_id).await.unwrap().unwrap();
    row.live_version = Some(forged.id);
    tools::update(&tx, &row).await.unwrap();
    tx.commit().await.unwrap();

    let world = world.restart().await;
    assert!(world.published().is_empty());
    let failure = world.call(&tool, json!({"a": 1})).await.result.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotLive);
    // And one that names its own code truly, but that nobody approved.
    let tx = world.store.begin().await.unwrap();
    (forged.id, forged.number, forged.state) = (mcpbox_core::ids::VersionId::generate(), 3, VersionState::Draft);
    forged.content_hash = forged.content.hash();
    versions::insert(&tx, &forged).await.unwrap();
    row.live_version = Some(forged.id);
    tools::update(&tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    world.cat.reload().await.unwrap();
    assert!(world.published().is_empty());
    assert_eq!(world.runs(), 0);
}

#[tokio::test]
async fn remote_principals_call_only_the_servers_of_their_scope() {
    let world = World::new().await;
    world.live("one", "add", ADD).await;
    world.live("two", "sub", ADD).await;
    let scoped = Principal::Remote { subject: "r".into(), client: None, scopes: vec![Scope::Server("one".into())] };
    let call = |name: &'static str| call_tool(&world.cat, &scoped, name, object(json!({"a": 1})), Arc::new(Unobserved));
    assert!(call("one__add").await.result.is_ok());
    assert!(call("add").await.result.is_ok());
    for name in ["two__sub", "two__nothing"] {
        assert_eq!(call(name).await.result.unwrap_err().kind, FailureKind::NotFound, "{name}");
    }
    let bare = call("sub").await.result.unwrap_err();
    assert_eq!(bare.kind, FailureKind::NotFound, "what may not be called does not exist");
    assert!(!format!("{bare:?}").contains("two"));
    let author = Principal::Remote { subject: "r".into(), client: None, scopes: vec![Scope::Author] };
    for name in ["one__add", "add", "nothing"] {
        let reply = call_tool(&world.cat, &author, name, object(json!({"a": 1})), Arc::new(Unobserved)).await;
        let failure = reply.result.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Forbidden, "{name}");
        assert!(!format!("{failure:?}").contains(name), "{failure:?}");
    }
}

#[tokio::test]
async fn every_call_leaves_a_record_with_redacted_arguments() {
    let world = World::new().await;
    let code = "async def main(api_key: str, city: str) -> str:\n    \"\"\"Gets.\"\"\"\n    return city\n";
    let tool = world.live("s", "get", code).await;
    let mut events = world.cat.subscribe();
    world.answer(|_| {
        let mut outcome = returned(json!("x".repeat(100_000)));
        outcome.stdout = "printed".into();
        outcome
    });
    let id = world.call(&tool, json!({"api_key": "abc", "city": "Bern"})).await.call_id.unwrap();
    let finished = tokio::time::timeout(Duration::from_secs(5), events.recv()).await.unwrap().unwrap();
    assert!(matches!(finished, LiveEvent::CallFinished { call_id, succeeded: true, .. } if call_id == id));
    let record = listing::call(&world.cat, id).await.unwrap();
    assert_eq!(record.arguments, json!({"api_key": "[redacted]", "city": "Bern"}));
    assert_eq!((record.profile, record.stdout.as_str(), record.tool_name.as_str()), (Profile::Live, "printed", "get"));
    assert!(record.result.as_str().unwrap().len() < 70_000 && record.failure.is_none());
    assert_eq!(record.actor, world.llm.actor());
    let logs = author::get_tool_logs(&world.cat, &world.llm, &tool, PageRequest::default()).await.unwrap();
    assert_eq!((logs.runs[0].call_id, logs.runs[0].version, logs.runs[0].duration_ms), (id, Some(1), 1.5));
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_a_cancelled_record() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    world.executor.hangs.store(true, std::sync::atomic::Ordering::SeqCst);
    let call = world.call(&tool, json!({"a": 1}));
    assert!(tokio::time::timeout(Duration::from_millis(50), call).await.is_err());
    assert_eq!(world.runs(), 1);
    world.cat.close().await;
    let records = listing::calls(&world.cat, &listing::CallFilter::default(), LogRequest::newest(50)).await.unwrap();
    let [record] = records.items.as_slice() else { panic!("{records:?}") };
    assert_eq!(record.failure.as_ref().unwrap().kind, FailureKind::Cancelled);
    assert!(record.observed.duration_us >= 50_000);
}

#[tokio::test]
async fn closing_writes_every_record_of_a_burst() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    // Three times what may wait: none is lost while others are written.
    let calls = (0..6_000).map(|a| world.call(&tool, json!({"a": a})));
    let replies = futures::future::join_all(calls).await;
    assert!(replies.iter().all(|reply| reply.result.is_ok()));
    let world = world.restart().await;
    let counts = listing::call_counts(&world.cat, &listing::CallFilter::default()).await.unwrap();
    assert_eq!((counts.total, counts.failed), (6_000, 0));
}

#[tokio::test]
async fn the_same_name_on_two_servers_keeps_separate_logs() {
    let world = World::new().await;
    world.live("one", "add", ADD).await;
    world.live("two", "add", ADD).await;
    world.call("one__add", json!({"a": 1})).await.result.unwrap();
    world.call("two__add", json!({"a": 2})).await.result.unwrap();
    world.cat.close().await;
    let of = |tool: &'static str| author::get_tool_logs(&world.cat, &world.llm, tool, PageRequest::default());
    let (one, two) = (of("one__add").await.unwrap(), of("two__add").await.unwrap());
    assert_eq!((one.runs.len(), &one.runs[0].arguments), (1, &json!({"a": 1})));
    assert_eq!((two.runs.len(), &two.runs[0].arguments), (1, &json!({"a": 2})));
}

//! Rules that approve without a human: what they approve, and everything an LLM may try to get past them.

use std::sync::Arc;

use mcpbox_catalog::{author, listing, policy, review};
use mcpbox_core::{
    capability::{Capability, HostRule},
    execute::{HostOutcome, Observed, Outcome, Unobserved},
    grant::{GrantEvent, GrantScope},
    ids::ReviewId,
    paging::PageRequest,
    principal::ActorKind,
    review::ReviewState,
    server::CodePolicy,
    settings::{AutoApproval, Settings},
    version::VersionState,
};
use serde_json::{Value, json};

use crate::{
    evidence::{attempt, mock},
    support::{ADD, World, denied_modules, failed, object, refusal, returned},
};

const ALL: AutoApproval = AutoApproval { pure_compute: true, granted_get: true, identical: true };
const PURE: AutoApproval = AutoApproval { pure_compute: true, granted_get: false, identical: false };
const GET: AutoApproval = AutoApproval { pure_compute: false, granted_get: true, identical: false };
const IDENTICAL: AutoApproval = AutoApproval { pure_compute: false, granted_get: false, identical: true };

const READ: &str = r#"
async def main(city: str) -> dict[str, str]:
    """Reads the weather."""
    response = await http.get("https://api.weather.example/v1")
    return response.json()
"#;

async fn switch(world: &World, auto_approval: AutoApproval) {
    let settings = Settings { auto_approval, ..Settings::default() };
    review::set_settings(&world.cat, &world.human, settings).await.unwrap();
}

async fn world_with(auto_approval: AutoApproval) -> World {
    let world = World::new().await;
    world.server("s").await;
    author::start_server(&world.cat, &world.llm, "s").await.unwrap();
    switch(&world, auto_approval).await;
    world
}

async fn state_of(world: &World, review: ReviewId) -> ReviewState {
    review::show(&world.cat, review).await.unwrap().review.state
}

/// Why the rule would not approve the newest review.
async fn reasons(world: &World, rule: policy::Rule) -> String {
    let preview = policy::preview(&world.cat, 30).await.unwrap();
    let of_rule = preview.rules.into_iter().find(|preview| preview.rule == rule).unwrap();
    of_rule.reviews.into_iter().next().unwrap().because.join("; ")
}

#[tokio::test]
async fn by_default_a_human_decides_everything() {
    let world = world_with(AutoApproval::default()).await;
    world.create("s", "add", ADD).await;
    world.test("s__add", json!({"a": 1})).await;
    let report = world.publish("s__add").await;
    assert_eq!((report.approved_by, state_of(&world, report.review_id).await), (None, ReviewState::Open));
    assert_eq!(reasons(&world, policy::Rule::PureCompute).await, "", "the preview says what the switch would do");
    assert_eq!(policy::list_automatic(&world.cat, PageRequest::default()).await.unwrap().total, 0);
}

#[tokio::test]
async fn tested_pure_compute_is_approved_audited_listed_and_taken_back_in_one_call() {
    let world = world_with(PURE).await;
    world.create("s", "add", ADD).await;
    let run = world.test("s__add", json!({"a": 1})).await.call_id;
    let report = world.publish("s__add").await;
    assert_eq!(report.approved_by.as_deref(), Some("rule pure_compute"));
    assert_eq!(report.next[0].call.as_ref().unwrap().tool, "mcpbox_call_tool");
    world.call("s__add", json!({"a": 1})).await.result.unwrap();
    let decided = review::show(&world.cat, report.review_id).await.unwrap();
    assert_eq!(decided.review.decided_by.unwrap().kind, ActorKind::System, "never a human's name");

    let listed = policy::list_automatic(&world.cat, PageRequest::default()).await.unwrap().items;
    assert_eq!((listed.len(), listed[0].rule.as_str(), listed[0].is_revoked), (1, "pure_compute", false));
    assert_eq!(listed[0].inputs["tests"][0]["call"], json!(run), "the inputs name the test that counted");

    let taken = review::revoke(&world.cat, &world.human, report.review_id, "not like this").await.unwrap();
    assert_eq!((taken.live_version, taken.review.state), (None, ReviewState::Revoked));
    assert!(world.published().is_empty());
    assert!(policy::list_automatic(&world.cat, PageRequest::default()).await.unwrap().items[0].is_revoked);
    let status = author::get_tool_status(&world.cat, &world.llm, "s__add").await.unwrap();
    assert_eq!((status.state, status.comment.as_deref()), (VersionState::Rejected, Some("not like this")));
    let again = world.publish("s__add").await;
    assert_eq!(again.approved_by, None, "what a human took back is not approved by a rule again");
    assert!(reasons(&world, policy::Rule::PureCompute).await.contains("took its approval back"));
    assert!(matches!(listing::verify_audit(&world.cat).await.unwrap(), listing::ChainCheck::Intact { .. }));
}

#[tokio::test]
async fn a_revoked_update_gives_way_to_the_version_before() {
    let world = world_with(AutoApproval::default()).await;
    let tool = world.live("s", "add", ADD).await;
    world.update_code(&tool, &ADD.replace("a + b", "a - b")).await;
    let second = world.publish(&tool).await.review_id;
    world.clock.advance(chrono::TimeDelta::minutes(1));
    world.approve(second).await;
    let taken = review::revoke(&world.cat, &world.human, second, "").await.unwrap();
    assert_eq!(taken.live_version, Some(1));
    world.call(&tool, json!({"a": 1})).await.result.unwrap();
    assert_eq!(world.last_execution().program.source, ADD);
    refusal(review::revoke(&world.cat, &world.human, second, "").await);
}

/// One try of an LLM to get something approved that a human should see. Each differs from the case above in one thing.
struct Attack {
    name: &'static str,
    code: String,
    observed: Observed,
    mocked: bool,
    expected: &'static str,
}

fn attack(name: &'static str, expected: &'static str) -> Attack {
    Attack { name, code: ADD.to_owned(), observed: Observed::default(), mocked: false, expected }
}

fn attacks() -> Vec<Attack> {
    let main = |body: &str| {
        format!("async def main(a: int, b: int = 1) -> int:\n    \"\"\"Adds.\"\"\"\n    {body}\n    return a + b\n")
    };
    let tried = |outcome| Observed { hosts: vec![attempt("GET", "x.example", outcome)], ..Observed::default() };
    vec![
        Attack { mocked: true, ..attack("mocks_in_the_only_test", "passed without mocks") },
        Attack { observed: tried(HostOutcome::Mocked), ..attack("mocked_network", "tried the network") },
        Attack { observed: tried(HostOutcome::Denied), ..attack("denied_network", "tried the network") },
        Attack { observed: denied_modules(&["os"]), ..attack("denied_module", "refused a module") },
        Attack {
            observed: Observed { modules: ["pickle".to_owned()].into(), ..Observed::default() },
            ..attack("hidden_import", "module_not_declared")
        },
        Attack { code: main("x = http"), ..attack("uses_http", "uses http") },
        Attack { code: main("await http.get(\"https://x.example/\")"), ..attack("names_a_host", "within its reach") },
        Attack { code: main("x = secrets[\"KEY\"]"), ..attack("names_a_secret", "a secret is within its reach") },
        Attack {
            code: format!("import logging\n{}", main("pass")),
            ..attack("asks_for_a_module", "it asks for module logging")
        },
        Attack { code: format!("import yaml\n{}", main("pass")), ..attack("asks_for_a_package", "package") },
        Attack { code: main("x = \"\u{202e}\""), ..attack("bidi_code", "invisible") },
    ]
}

#[tokio::test]
async fn nothing_that_a_human_should_see_is_approved_as_pure_compute() {
    let world = world_with(ALL).await;
    for attack in attacks() {
        let request = author::CreateTool {
            server: "s".into(),
            name: attack.name.into(),
            python_code: attack.code.clone(),
            description: None,
        };
        author::create_tool(&world.cat, &world.llm, request).await.unwrap();
        let observed = attack.observed.clone();
        world.answer(move |_| Outcome { observed: observed.clone(), ..returned(Value::from(3)) });
        let tool = format!("s__{}", attack.name);
        let test = author::TestCode {
            tool: tool.clone(),
            arguments: object(json!({"a": 1})),
            http_mocks: attack.mocked.then(|| vec![mock("https://x.example/*")]),
        };
        author::test_code(&world.cat, &world.llm, test, Arc::new(Unobserved)).await.unwrap();
        let report = world.publish(&tool).await;
        assert_eq!(report.approved_by, None, "{}", attack.name);
        assert_eq!(state_of(&world, report.review_id).await, ReviewState::Open, "{}", attack.name);
        let reasons = reasons(&world, policy::Rule::PureCompute).await;
        assert!(reasons.contains(attack.expected), "{}: {reasons}", attack.name);
        world.clock.advance(chrono::TimeDelta::seconds(1));
    }
    assert!(world.published().is_empty());
}

#[tokio::test]
async fn a_test_of_another_version_or_one_that_failed_does_not_count() {
    let world = world_with(PURE).await;
    world.create("s", "add", ADD).await;
    world.test("s__add", json!({"a": 1})).await;
    world.update_code("s__add", &ADD.replace("a + b", "b + a")).await;
    assert_eq!(world.publish("s__add").await.approved_by, None, "version 1 was tested, version 2 is asked for");
    assert!(reasons(&world, policy::Rule::PureCompute).await.contains("no test of exactly this version"));
    world.create("s", "other", ADD).await;
    world.answer(|_| failed(mcpbox_core::failure::Failure::new(mcpbox_core::failure::FailureKind::Exception, "boom")));
    world.test("s__other", json!({"a": 1})).await;
    assert_eq!(world.publish("s__other").await.approved_by, None);
}

#[tokio::test]
async fn a_test_after_the_submission_approves_nothing_by_itself() {
    let world = world_with(PURE).await;
    world.create("s", "add", ADD).await;
    let report = world.publish("s__add").await;
    world.test("s__add", json!({"a": 1})).await;
    assert_eq!(state_of(&world, report.review_id).await, ReviewState::Open);
}

#[tokio::test]
async fn a_flood_of_tests_does_not_wash_away_the_one_that_shows_something() {
    let world = world_with(PURE).await;
    world.create("s", "add", ADD).await;
    world.answer(|_| Outcome {
        observed: Observed { hosts: vec![attempt("GET", "x.example", HostOutcome::Denied)], ..Observed::default() },
        ..failed(mcpbox_core::failure::Failure::new(mcpbox_core::failure::FailureKind::HostDenied, "no"))
    });
    world.test("s__add", json!({"a": 0})).await;
    world.answer(|_| returned(Value::from(3)));
    for a in 0..65 {
        world.test("s__add", json!({"a": a})).await;
    }
    assert_eq!(world.publish("s__add").await.approved_by, None);
    assert!(reasons(&world, policy::Rule::PureCompute).await.contains("no longer kept"));
}

#[tokio::test]
async fn what_is_within_reach_counts_even_when_the_code_does_not_name_it() {
    let world = world_with(ALL).await;
    world.create("s", "add", ADD).await;
    world.test("s__add", json!({"a": 1})).await;
    let host = Capability::Host(HostRule::parse("x.example").unwrap());
    let grant = review::add_grant(&world.cat, &world.human, GrantScope::Everywhere, host, "").await.unwrap();
    assert_eq!(world.publish("s__add").await.approved_by, None);
    assert!(reasons(&world, policy::Rule::PureCompute).await.contains("a host is within its reach"));
    review::decide_grant(&world.cat, &world.human, grant.id, GrantEvent::Revoke, "").await.unwrap();

    review::set_server_policy(&world.cat, &world.human, "s", CodePolicy::Standard).await.unwrap();
    world.create("s", "free", ADD).await;
    world.test("s__free", json!({"a": 1})).await;
    assert_eq!(world.publish("s__free").await.approved_by, None);
    assert!(reasons(&world, policy::Rule::PureCompute).await.contains("ordinary Python"));
}

#[tokio::test]
async fn a_grant_that_is_asked_for_before_the_submission_goes_to_a_human() {
    let world = world_with(ALL).await;
    world.create("s", "add", ADD).await;
    world.test("s__add", json!({"a": 1})).await;
    author::request_network_access(&world.cat, &world.llm, "s__add", "x.example", "please", None).await.unwrap();
    let report = world.publish("s__add").await;
    assert_eq!((report.approved_by, report.requested.len()), (None, 1));

    world.create("s", "later", ADD).await;
    world.test("s__later", json!({"a": 1})).await;
    assert!(world.publish("s__later").await.approved_by.is_some());
    author::request_network_access(&world.cat, &world.llm, "s__later", "x.example", "please", None).await.unwrap();
    let grants = author::get_tool(&world.cat, &world.llm, "s__later").await.unwrap().grants;
    assert!(
        grants.iter().all(|grant| grant.state == mcpbox_core::grant::GrantState::Pending),
        "asked for afterwards: a human decides"
    );
}

#[tokio::test]
async fn an_update_that_changes_examples_or_the_name_goes_to_a_human() {
    let world = world_with(PURE).await;
    world.create("s", "add", ADD).await;
    world.test("s__add", json!({"a": 1})).await;
    assert!(world.publish("s__add").await.approved_by.is_some());
    world.update_code("s__add", &ADD.replace("a + b", "a - b")).await;
    world.answer(|_| returned(Value::from(4)));
    world.test("s__add", json!({"a": 2})).await;
    assert_eq!(world.publish("s__add").await.approved_by, None);
    assert!(reasons(&world, policy::Rule::PureCompute).await.contains("gives something else now"));

    world.answer(|_| returned(Value::from(3)));
    let rename = author::UpdateTool {
        tool: "s__add".into(),
        name: Some("send_money".into()),
        python_code: Some(ADD.into()),
        ..Default::default()
    };
    author::update_tool(&world.cat, &world.llm, rename).await.unwrap();
    world.test("s__add", json!({"a": 2})).await;
    assert_eq!(world.publish("s__add").await.approved_by, None);
    assert!(reasons(&world, policy::Rule::PureCompute).await.contains("changes the tool's name"));
}

#[tokio::test]
async fn reading_hosts_granted_for_get_is_approved_and_nothing_more() {
    let world = world_with(GET).await;
    let reach = |method: &'static str| {
        move |_: &_| Outcome {
            observed: Observed {
                hosts: vec![attempt(method, "api.weather.example", HostOutcome::Reached)],
                ..Observed::default()
            },
            ..returned(json!({"sky": "blue"}))
        }
    };
    let rule = |method: Option<&str>| {
        Capability::Host(HostRule {
            method: method.map(str::to_owned),
            ..HostRule::parse("api.weather.example").unwrap()
        })
    };
    let scope = GrantScope::Everywhere;
    let get = review::add_grant(&world.cat, &world.human, scope, rule(Some("GET")), "").await.unwrap();
    for (name, method, approved) in [("read", "GET", true), ("sneak", "POST", false)] {
        world.create("s", name, READ).await;
        world.answer(reach(method));
        world.test(&format!("s__{name}"), json!({"city": "Bern"})).await;
        let report = world.publish(&format!("s__{name}")).await;
        assert_eq!(
            report.approved_by.is_some(),
            approved,
            "{name}: {}",
            reasons(&world, policy::Rule::GrantedGet).await
        );
        assert!(report.requested.is_empty(), "a grant for GET is enough for code that only gets");
    }
    // Code that may send anything asks for the host anew, and a human decides.
    world.create("s", "post", &READ.replace("http.get", "http.post")).await;
    world.answer(reach("GET"));
    world.test("s__post", json!({"city": "Bern"})).await;
    let report = world.publish("s__post").await;
    assert_eq!((report.approved_by, report.requested.len()), (None, 1));
    // A grant for every method does not hold the tool to reading.
    review::decide_grant(&world.cat, &world.human, get.id, GrantEvent::Revoke, "").await.unwrap();
    review::add_grant(&world.cat, &world.human, scope, rule(None), "").await.unwrap();
    world.create("s", "wide", READ).await;
    world.test("s__wide", json!({"city": "Bern"})).await;
    assert_eq!(world.publish("s__wide").await.approved_by, None);
    assert!(reasons(&world, policy::Rule::GrantedGet).await.contains("for more than GET"));
}

#[tokio::test]
async fn only_what_a_human_approved_counts_as_identical() {
    let world = world_with(IDENTICAL).await;
    let tool = world.live("s", "add", ADD).await;
    world.update_code(&tool, &ADD.replace("a + b", "a - b")).await;
    let second = world.publish(&tool).await;
    assert_eq!(second.approved_by, None);
    world.approve(second.review_id).await;
    author::rollback_tool(&world.cat, &world.llm, &tool, 1).await.unwrap();
    let third = world.publish(&tool).await;
    assert_eq!(third.approved_by.as_deref(), Some("rule identical"));
    assert_eq!(
        policy::list_automatic(&world.cat, PageRequest::default()).await.unwrap().items[0].inputs["identical_to"],
        1
    );

    review::revoke(&world.cat, &world.human, second.review_id, "it was wrong").await.unwrap();
    author::rollback_tool(&world.cat, &world.llm, &tool, 2).await.unwrap();
    assert_eq!(world.publish(&tool).await.approved_by, None, "its approval was taken back");
}

#[tokio::test]
async fn what_a_rule_approved_does_not_count_as_approved_by_a_human() {
    let world = world_with(PURE).await;
    world.create("s", "add", ADD).await;
    world.test("s__add", json!({"a": 1})).await;
    assert!(world.publish("s__add").await.approved_by.is_some());
    switch(&world, IDENTICAL).await;
    world.update_code("s__add", &ADD.replace("a + b", "b + a")).await;
    author::rollback_tool(&world.cat, &world.llm, "s__add", 1).await.map(|_| ()).unwrap_or_default();
    let report = world.publish("s__add").await;
    assert_eq!(report.approved_by, None);
    assert!(reasons(&world, policy::Rule::Identical).await.contains("approved by a human"));
}

#[tokio::test]
async fn a_submission_that_races_with_a_new_draft_approves_only_what_it_looked_at() {
    let world = world_with(PURE).await;
    for round in 0..20 {
        let name = format!("race{round}");
        let tool = format!("s__{name}");
        world.create("s", &name, ADD).await;
        world.test(&tool, json!({"a": 1})).await;
        let evil = author::UpdateTool {
            tool: tool.clone(),
            python_code: Some(ADD.replace("a + b", "0")),
            ..Default::default()
        };
        let (_, _) = tokio::join!(
            author::request_publish(&world.cat, &world.llm, &tool, ""),
            author::update_tool(&world.cat, &world.llm, evil)
        );
        let _ = author::request_publish(&world.cat, &world.llm, &tool, "").await;
        if world.published().contains(&tool) {
            world.call(&tool, json!({"a": 1})).await.result.unwrap();
            assert_eq!(world.last_execution().program.source, ADD, "only what was tested is live");
        }
    }
}

//! Rules that approve without a human: what they approve, and everything an LLM may try to get past them.

use mcpbox_catalog::{author, listing, policy, review};
use mcpbox_core::{
    capability::{Capability, HostRule},
    execute::{HostOutcome, Observed, Outcome},
    grant::GrantScope,
    ids::ReviewId,
    paging::PageRequest,
    principal::ActorKind,
    review::ReviewState,
    settings::{AutoApproval, Settings},
    version::VersionState,
};
use serde_json::json;

use crate::{
    evidence::attempt,
    support::{ADD, World, refusal, returned},
};

pub(crate) const ALL: AutoApproval = AutoApproval { pure_compute: true, granted_get: true, identical: true };
pub(crate) const PURE: AutoApproval = AutoApproval { pure_compute: true, granted_get: false, identical: false };
const GET: AutoApproval = AutoApproval { pure_compute: false, granted_get: true, identical: false };
const IDENTICAL: AutoApproval = AutoApproval { pure_compute: false, granted_get: false, identical: true };

const READ: &str = r#"
async def main(city: str) -> dict[str, str]:
    """Reads the weather."""
    response = await http.get("https://api.weather.example/v1")
    return response.json()
"#;

pub(crate) async fn switch(world: &World, auto_approval: AutoApproval) {
    let settings = Settings { auto_approval, ..Settings::default() };
    review::set_settings(&world.cat, &world.human, settings).await.unwrap();
}

pub(crate) async fn world_with(auto_approval: AutoApproval) -> World {
    let world = World::new().await;
    world.server("s").await;
    author::start_server(&world.cat, &world.llm, "s").await.unwrap();
    switch(&world, auto_approval).await;
    world
}

pub(crate) async fn state_of(world: &World, review: ReviewId) -> ReviewState {
    review::show(&world.cat, review).await.unwrap().review.state
}

/// Why the rule would not approve the newest review.
pub(crate) async fn reasons(world: &World, rule: policy::Rule) -> String {
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
    review::revoke_grant(&world.cat, &world.human, get.id, "").await.unwrap();
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

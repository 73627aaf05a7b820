//! Grants with an end: the tool is withheld when it has come, and says what to do.

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_catalog::{
    author::{self, NeedState},
    listing,
    review::{self, Approval, NewGrantTerms, Term},
    verify,
};
use mcpbox_core::{
    capability::{Capability, HostRule},
    event::LiveEvent,
    failure::FailureKind,
    grant::GrantScope,
    paging::LogRequest,
    review::Refusal,
};
use serde_json::json;

use crate::support::{FETCH, World, careful, heard, refusal, returned, start_of_time};

fn weather() -> Capability {
    Capability::Host(HostRule::parse("api.weather.example").unwrap())
}

fn hours(number: i64) -> DateTime<Utc> {
    start_of_time() + TimeDelta::hours(number)
}

/// `s__fetch`, live, with its host granted for one hour.
async fn live_for_an_hour(world: &World) -> String {
    world.server("s").await;
    author::start_server(&world.cat, &world.llm, "s").await.unwrap();
    world.create("s", "fetch", FETCH.replace("headers={\"x\": secrets[\"WEATHER_KEY\"]}", "timeout=5").as_str()).await;
    let report = world.publish("s__fetch").await;
    let detail = review::show(&world.cat, report.review_id).await.unwrap();
    let terms = vec![Term { capability: weather(), expires_at: hours(1) }];
    let approval = Approval { terms, ..careful(&detail) };
    review::approve(&world.cat, &world.human, report.review_id, &report.content_hash, approval).await.unwrap();
    world.answer(|_| returned(json!({"sky": "blue"})));
    "s__fetch".to_owned()
}

#[tokio::test]
async fn a_call_after_the_end_is_refused_at_once_and_says_how_to_go_on() {
    let world = World::new().await;
    let tool = live_for_an_hour(&world).await;
    world.clock.advance(TimeDelta::minutes(59));
    world.call(&tool, json!({"city": "Bern"})).await.result.unwrap();
    world.clock.advance(TimeDelta::minutes(1));
    let failure = world.call(&tool, json!({"city": "Bern"})).await.result.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotLive);
    assert!(failure.message.contains("host api.weather.example (until 2026-03-01 11:00 UTC)"), "{failure:?}");
    let next = failure.next.unwrap();
    assert_eq!(next.tool, "mcpbox_request_publish");
    assert!(world.published().is_empty());
    let rows =
        listing::audit(&world.cat, &listing::AuditFilter::default(), LogRequest::newest(50)).await.unwrap().items;
    let row = rows.iter().find(|row| row.action == "grant.expire").unwrap();
    assert_eq!((row.actor.name.as_str(), &row.detail["capability"]), ("expiry", &json!(weather())));

    let status = author::get_tool_status(&world.cat, &world.llm, &tool).await.unwrap();
    assert!(!status.published && status.not_published_because.unwrap().contains("mcpbox_request_publish"));
    assert_eq!(status.needs.iter().map(|need| need.state).collect::<Vec<_>>(), [NeedState::Expired]);
    // The call that it named asks for exactly that, and approval makes it live again.
    let report = author::request_publish(&world.cat, &world.llm, next.arguments["tool_id"].as_str().unwrap(), "").await;
    let report = report.unwrap();
    assert_eq!(report.requested, [weather()]);
    world.approve(report.review_id).await;
    world.call(&tool, json!({"city": "Bern"})).await.result.unwrap();
}

#[tokio::test]
async fn the_timer_withholds_a_tool_that_nobody_calls() {
    let world = World::new().await;
    live_for_an_hour(&world).await;
    let mut events = world.cat.subscribe();
    world.clock.advance(TimeDelta::hours(2));
    heard(&mut events, |event| *event == LiveEvent::ToolListChanged).await;
    assert!(world.published().is_empty());
    let world = world.restart().await;
    assert!(world.published().is_empty(), "and after a restart it still is");
}

#[tokio::test]
async fn tests_do_not_reach_a_host_whose_time_is_over() {
    let world = World::new().await;
    let tool = live_for_an_hour(&world).await;
    world.test(&tool, json!({"city": "Bern"})).await;
    assert_eq!(world.last_execution().hosts.len(), 1);
    world.clock.advance(TimeDelta::hours(1));
    world.test(&tool, json!({"city": "Bern"})).await;
    assert_eq!(world.last_execution().hosts.len(), 0);
}

#[tokio::test]
async fn what_something_else_grants_is_not_missed() {
    let world = World::new().await;
    let tool = live_for_an_hour(&world).await;
    let terms = NewGrantTerms { comment: "for all".into(), expires_at: Some(hours(3)) };
    review::add_grant(&world.cat, &world.human, GrantScope::Everywhere, weather(), terms).await.unwrap();
    world.clock.advance(TimeDelta::hours(2));
    world.call(&tool, json!({"city": "Bern"})).await.result.unwrap();
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(world.call(&tool, json!({"city": "Bern"})).await.result.unwrap_err().kind, FailureKind::NotLive);
}

#[tokio::test]
async fn an_end_in_the_past_or_of_something_else_is_refused() {
    let world = World::new().await;
    let past = NewGrantTerms { comment: String::new(), expires_at: Some(hours(0)) };
    let refused = refusal(review::add_grant(&world.cat, &world.human, GrantScope::Everywhere, weather(), past).await);
    assert_eq!(refused.kind, FailureKind::InvalidArguments);
    world.server("s").await;
    world.create("s", "fetch", FETCH).await;
    let report = world.publish("s__fetch").await;
    let detail = review::show(&world.cat, report.review_id).await.unwrap();
    let other = Capability::Host(HostRule::parse("other.example").unwrap());
    for term in [Term { capability: weather(), expires_at: hours(0) }, Term { capability: other, expires_at: hours(1) }]
    {
        let approval = Approval { terms: vec![term], ..careful(&detail) };
        let refused =
            refusal(review::approve(&world.cat, &world.human, report.review_id, &report.content_hash, approval).await);
        assert_eq!(refused.kind, FailureKind::InvalidArguments);
    }
}

#[tokio::test]
async fn a_version_that_does_without_goes_live_and_a_human_may_let_the_matter_rest() {
    let world = World::new().await;
    let tool = live_for_an_hour(&world).await;
    world.clock.advance(TimeDelta::hours(1));
    assert!(world.call(&tool, json!({"city": "Bern"})).await.result.is_err());
    world.answer(|_| returned(json!(3)));
    world.update_code(&tool, crate::support::ADD).await;
    let report = world.publish(&tool).await;
    assert!(report.requested.is_empty(), "{:?}", report.requested);
    world.approve(report.review_id).await;
    world.call(&tool, json!({"a": 1})).await.result.unwrap();
    // A host that the code does not show, granted to the tool for a time and given up by a human afterwards.
    let spare = Capability::Host(HostRule::parse("spare.example").unwrap());
    let (scope, terms) =
        (GrantScope::Tool(report.tool_id), NewGrantTerms { expires_at: Some(hours(2)), ..Default::default() });
    let grant = review::add_grant(&world.cat, &world.human, scope, spare, terms).await.unwrap();
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(world.call(&tool, json!({"a": 1})).await.result.unwrap_err().kind, FailureKind::NotLive);
    review::revoke_grant(&world.cat, &world.human, grant.id, "not needed").await.unwrap();
    world.call(&tool, json!({"a": 1})).await.result.unwrap();
}

#[tokio::test]
async fn an_open_review_asks_for_what_expired_meanwhile() {
    let world = World::new().await;
    let tool = live_for_an_hour(&world).await;
    let code = author::get_tool(&world.cat, &world.llm, &tool).await.unwrap().newest.content.code;
    world.update_code(&tool, &code.replace("Fetches", "Gets")).await;
    let report = world.publish(&tool).await;
    assert!(report.requested.is_empty(), "the host is granted still");
    world.clock.advance(TimeDelta::hours(1));
    assert!(world.call(&tool, json!({"city": "Bern"})).await.result.is_err());
    let review = review::show(&world.cat, report.review_id).await.unwrap().review;
    assert_eq!(review.requested, [weather()].into());
    assert_ne!(review.content_hash, report.content_hash);
}

#[tokio::test]
async fn the_audit_chain_works_out_decisions_in_part_for_a_time_and_for_grants_alone() {
    let world = World::new().await;
    let tool = live_for_an_hour(&world).await;
    for host in ["kept.example", "refused.example"] {
        author::request_network_access(&world.cat, &world.llm, &tool, host, "to look", None).await.unwrap();
    }
    let alone = author::get_tool_status(&world.cat, &world.llm, &tool).await.unwrap().review_id.unwrap();
    let detail = review::show(&world.cat, alone).await.unwrap();
    let capability = Capability::Host(HostRule::parse("refused.example").unwrap());
    let refused = vec![Refusal { capability, reason: "unknown".into() }];
    let approval = Approval { refused, ..careful(&detail) };
    review::approve(&world.cat, &world.human, alone, &detail.review.content_hash, approval).await.unwrap();
    world.clock.advance(TimeDelta::hours(1));
    assert!(world.call(&tool, json!({"city": "Bern"})).await.result.is_err());
    let again = world.publish(&tool).await;
    world.approve(again.review_id).await;
    world.call(&tool, json!({"city": "Bern"})).await.result.unwrap();
    review::revoke(&world.cat, &world.human, alone, "no longer").await.unwrap();
    world.call(&tool, json!({"city": "Bern"})).await.result.unwrap();
    assert_eq!(world.last_execution().hosts.len(), 1, "only the grants of that review went");
    let report = verify::verify_decisions(&world.cat).await.unwrap();
    assert!(report.intact && report.decisions == 3, "{report:?}");
}

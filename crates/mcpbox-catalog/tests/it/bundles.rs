//! What is asked for one by one and what is submitted again is one review.

use mcpbox_catalog::{
    author::{self, NeedState},
    review::{self, NeedSource},
};
use mcpbox_core::{
    capability::{Capability, HostRule},
    failure::FailureKind,
    grant::{GrantEvent, GrantState},
    paging::PageRequest,
    principal::Principal,
    review::{ReviewPurpose, ReviewState},
    settings::Settings,
    version::VersionState,
};
use serde_json::json;

use crate::support::{ADD, FETCH, World, asked, denied_host, refusal, returned};

async fn ask_host(world: &World, tool: &str, host: &str) -> author::RequestReport {
    author::request_network_access(&world.cat, &world.llm, tool, host, "to look", None).await.unwrap()
}

#[tokio::test]
async fn a_single_request_opens_a_review_that_grants_without_publishing() {
    let world = World::new().await;
    world.server("s").await;
    author::start_server(&world.cat, &world.llm, "s").await.unwrap();
    world.create("s", "add", ADD).await;
    let first = ask_host(&world, "s__add", "x.example").await;
    let second = author::request_module(&world.cat, &world.llm, "s__add", asked("logging", "to log")).await.unwrap();
    assert!(first.review_id.is_some() && first.review_id == second.review_id, "one queue, not three");
    let detail = review::show(&world.cat, first.review_id.unwrap()).await.unwrap();
    assert_eq!((detail.review.purpose, detail.review.requested.len()), (ReviewPurpose::Grant, 2));
    assert!(detail.consequence.contains("no version goes live"), "{}", detail.consequence);
    let pending = author::list_pending_requests(&world.cat, &world.llm, PageRequest::default()).await.unwrap();
    assert!(pending.servers[0].grants.is_empty() && pending.servers[0].reviews.len() == 1, "{pending:?}");

    let grant = waiting(&world).await;
    let past = refusal(
        review::decide_grant(&world.cat, &world.human, grant.id, &grant.content_hash(), GrantEvent::Approve, "").await,
    );
    assert!(past.kind == FailureKind::Conflict && past.hint.unwrap().contains("/approvals/"), "not past its review");
    world.approve(first.review_id.unwrap()).await;
    let status = author::get_tool_status(&world.cat, &world.llm, "s__add").await.unwrap();
    assert_eq!((status.state, status.published), (VersionState::Draft, false), "the draft stays a draft");
    world.test("s__add", json!({"a": 1})).await;
    let rule = HostRule::parse("x.example").unwrap();
    assert_eq!(world.last_execution().hosts.as_ref(), [rule], "and its tests reach the host");
}

async fn waiting(world: &World) -> mcpbox_core::grant::Grant {
    let status = author::get_tool_status(&world.cat, &world.llm, "s__add").await.unwrap();
    status.pending_grants.first().expect("something waits").clone()
}

#[tokio::test]
async fn asking_for_publication_makes_the_open_requests_part_of_it() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "fetch", FETCH).await;
    let single = ask_host(&world, "s__fetch", "more.example").await;
    let report = world.publish("s__fetch").await;
    assert_eq!((Some(report.review_id), report.was_open), (single.review_id, true));
    let words: Vec<String> = report.requested.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["host api.weather.example", "host more.example", "secret WEATHER_KEY"]);
    let detail = review::show(&world.cat, report.review_id).await.unwrap();
    assert_eq!((detail.review.purpose, detail.version.state), (ReviewPurpose::Publish, VersionState::PendingReview));
    let seen: Vec<_> = detail.grants.new.iter().map(|grant| (grant.line, grant.can_live_without)).collect();
    assert_eq!(seen, [(Some(4), false), (None, true), (Some(4), false)]);
    let of_request = &detail.grants.new[1];
    assert_eq!(of_request.sources, [NeedSource::Request].into());
    assert_eq!(of_request.justification.as_deref(), Some("to look"));
}

#[tokio::test]
async fn submitting_the_same_again_gives_the_open_review() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "add", ADD).await;
    let first = world.publish("s__add").await;
    assert!(!first.was_open);
    for notes in ["", "please", "please"] {
        let again = author::request_publish(&world.cat, &world.llm, "s__add", notes).await.unwrap();
        assert_eq!((again.review_id, again.was_open), (first.review_id, true));
        assert_eq!(again.content_hash, first.content_hash);
    }
    assert_eq!(review::list(&world.cat, Some(ReviewState::Open), PageRequest::default()).await.unwrap().total, 1);
    assert_eq!(review::show(&world.cat, first.review_id).await.unwrap().review.notes, "please");
    // What a test was refused since then joins it.
    world.answer(|_| {
        let mut outcome = returned(json!(1));
        outcome.observed.hosts = vec![denied_host("late.example", 443)];
        outcome
    });
    world.test("s__add", json!({"a": 1})).await;
    let grown = world.publish("s__add").await;
    assert_eq!((grown.review_id, grown.requested.len()), (first.review_id, 1));
    let detail = review::show(&world.cat, first.review_id).await.unwrap();
    assert_eq!(detail.grants.new[0].sources, [NeedSource::Test].into());
}

#[tokio::test]
async fn one_client_cannot_flood_the_queue() {
    let world = World::new().await;
    let settings = Settings { open_requests_per_client: 2, ..Settings::default() };
    review::set_settings(&world.cat, &world.human, settings.clone()).await.unwrap();
    world.server("s").await;
    for name in ["one", "two", "three"] {
        world.create("s", name, ADD).await;
    }
    world.publish("s__one").await;
    let second = ask_host(&world, "s__two", "x.example").await;
    let third = refusal(author::request_publish(&world.cat, &world.llm, "s__three", "").await);
    assert_eq!(third.kind, FailureKind::RateLimited);
    assert!(third.hint.as_deref().unwrap().contains("/approvals") && third.next.is_some(), "{third:?}");
    let single = author::request_network_access(&world.cat, &world.llm, "s__three", "x.example", "please", None).await;
    assert_eq!(refusal(single).kind, FailureKind::RateLimited);
    let status = author::get_tool_status(&world.cat, &world.llm, "s__three").await.unwrap();
    assert!(status.state == VersionState::Draft && status.pending_grants.is_empty(), "nothing was written");
    // What is open may grow and be submitted again; others are not held up; a decision makes room.
    world.publish("s__two").await;
    ask_host(&world, "s__two", "y.example").await;
    let other = Principal::Local { client: Some("another client".into()) };
    let theirs = author::request_publish(&world.cat, &other, "s__three", "").await.unwrap();
    world.approve(theirs.review_id).await;
    world.approve(second.review_id.unwrap()).await;
    world.create("s", "four", ADD).await;
    world.publish("s__four").await;
    for wrong in [0, 10_001] {
        let settings = Settings { open_requests_per_client: wrong, ..settings.clone() };
        let refused = refusal(review::set_settings(&world.cat, &world.human, settings).await);
        assert_eq!(refused.kind, FailureKind::InvalidArguments);
    }
}

#[tokio::test]
async fn requests_of_a_draft_follow_its_code_and_close_when_nothing_is_left() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "add", ADD).await;
    let asked = ask_host(&world, "s__add", "x.example").await.review_id.unwrap();
    let before = review::show(&world.cat, asked).await.unwrap();
    world.update_code("s__add", &ADD.replace("a + b", "b + a")).await;
    let after = review::show(&world.cat, asked).await.unwrap();
    assert_eq!((after.review.state, after.version.number), (ReviewState::Open, 2));
    assert_ne!(after.review.content_hash, before.review.content_hash, "the code that will use it is another");
    let grant = waiting(&world).await;
    review::decide_grant(&world.cat, &world.human, grant.id, &grant.content_hash(), GrantEvent::Reject, "no")
        .await
        .unwrap();
    assert_eq!(review::show(&world.cat, asked).await.unwrap().review.state, ReviewState::Superseded);
    assert_eq!(review::list(&world.cat, Some(ReviewState::Open), PageRequest::default()).await.unwrap().total, 0);
}

#[tokio::test]
async fn requests_of_a_live_tool_are_for_what_runs_and_change_nothing_else() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    let asked = ask_host(&world, &tool, "x.example:8443").await.review_id.unwrap();
    world.update_code(&tool, &ADD.replace("a + b", "b + a")).await;
    let detail = review::show(&world.cat, asked).await.unwrap();
    assert_eq!((detail.review.purpose, detail.version.number), (ReviewPurpose::Grant, 1));
    world.approve(asked).await;
    world.call(&tool, json!({"a": 1})).await.result.unwrap();
    let execution = world.last_execution();
    assert_eq!((execution.program.source.as_str(), execution.hosts.len()), (ADD, 1));
    let granted = ask_host(&world, &tool, "x.example:8443").await;
    assert_eq!((granted.state, granted.review_id), (GrantState::Approved, None));
}

#[tokio::test]
async fn a_live_version_that_lost_a_grant_can_ask_for_it_again() {
    let world = World::new().await;
    let tool = world.live("s", "fetch", FETCH).await;
    let nothing = refusal(author::request_publish(&world.cat, &world.llm, &tool, "").await);
    assert_eq!(nothing.kind, FailureKind::Conflict);
    let host = Capability::Host(HostRule::parse("api.weather.example").unwrap());
    let grants = author::get_tool(&world.cat, &world.llm, &tool).await.unwrap().grants;
    let grant = grants.iter().find(|grant| grant.capability == host).unwrap();
    review::revoke_grant(&world.cat, &world.human, grant.id, "not now").await.unwrap();
    let report = world.publish(&tool).await;
    assert_eq!(report.requested, [host]);
    let status = author::get_tool_status(&world.cat, &world.llm, &tool).await.unwrap();
    assert!(status.state == VersionState::Approved && status.review_id == Some(report.review_id));
    assert_eq!(status.needs.iter().map(|need| need.state).collect::<Vec<_>>(), [NeedState::Pending]);
    assert!(status.next.iter().any(|step| step.step.contains(&report.review_url)), "{:?}", status.next);
    world.approve(report.review_id).await;
    assert!(author::get_tool_status(&world.cat, &world.llm, &tool).await.unwrap().needs.is_empty());
}

//! Guards that stand behind others, each tried where it stands alone.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_catalog::{
    Catalog, CatalogConfig, author, call,
    review::{self, Approval, Term},
};
use mcpbox_core::{
    capability::{Capability, HostRule},
    clock::{Clock, ManualClock},
    execute::Unobserved,
    failure::FailureKind,
    review::{Refusal, ReviewState, Risk},
};
use serde_json::json;

use crate::support::{ADD, FETCH, World, asked, careful, denied_host, object, refusal, returned, start_of_time};

fn host(name: &str) -> Capability {
    Capability::Host(HostRule::parse(name).unwrap())
}

/// Refuses one capability of the open review of `s__add`. Gives what became of it, and what is granted then.
async fn refuse_of_add(world: &World, capability: impl Fn(&Capability) -> bool) -> (ReviewState, usize) {
    let open = review::list(&world.cat, Some(ReviewState::Open), mcpbox_core::paging::PageRequest::default())
        .await
        .unwrap()
        .items
        .remove(0);
    let detail = review::show(&world.cat, open.id).await.unwrap();
    let capability = detail.review.requested.iter().find(|asked| capability(asked)).cloned().unwrap();
    let refused = vec![Refusal { capability, reason: "not here".into() }];
    let approval = Approval { refused, ..careful(&detail) };
    let decided = review::approve(&world.cat, &world.human, open.id, &open.content_hash, approval).await.unwrap();
    let grants = author::get_tool(&world.cat, &world.llm, "s__add").await.unwrap().grants;
    let in_force = grants.iter().filter(|grant| grant.state == mcpbox_core::grant::GrantState::Approved).count();
    (decided.review.state, in_force)
}

async fn world_with_add() -> World {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "add", ADD).await;
    world
}

#[tokio::test]
async fn what_a_test_showed_to_be_needed_is_not_refused_alone() {
    let world = world_with_add().await;
    world.answer(|_| {
        let mut outcome = returned(json!(1));
        outcome.observed.hosts = vec![denied_host("tried.example", 443)];
        outcome
    });
    world.test("s__add", json!({"a": 1})).await;
    author::request_network_access(&world.cat, &world.llm, "s__add", "spare.example", "later", None).await.unwrap();
    world.publish("s__add").await;
    let ended = refuse_of_add(&world, |asked| asked.to_string().contains("tried.example")).await;
    assert_eq!(ended, (ReviewState::Rejected, 0));
}

#[tokio::test]
async fn a_package_less_is_another_set_than_the_human_saw() {
    let world = world_with_add().await;
    for package in ["yaml", "pandas"] {
        author::request_module(&world.cat, &world.llm, "s__add", asked(package, "to read")).await.unwrap();
    }
    world.publish("s__add").await;
    let ended = refuse_of_add(&world, |asked| matches!(asked, Capability::Package(_))).await;
    assert_eq!(ended, (ReviewState::Rejected, 0));
}

#[tokio::test]
async fn a_review_of_requests_alone_of_which_nothing_is_left_is_no_approval() {
    let world = world_with_add().await;
    author::request_network_access(&world.cat, &world.llm, "s__add", "x.example", "later", None).await.unwrap();
    assert_eq!(refuse_of_add(&world, |_| true).await, (ReviewState::Rejected, 0));
}

#[tokio::test]
async fn an_approval_in_bulk_is_refused_in_its_own_transaction_when_the_risk_is_not_low() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "fetch", FETCH).await;
    let report = world.publish("s__fetch").await;
    assert_eq!(report.risk, Risk::Medium);
    let approve = async |in_bulk| {
        let approval = Approval { in_bulk, ..Approval::default() };
        review::approve(&world.cat, &world.human, report.review_id, &report.content_hash, approval).await
    };
    let failure = refusal(approve(true).await);
    assert!(failure.kind == FailureKind::InvalidArguments && failure.message.contains("low risk"), "{failure:?}");
    assert_eq!(approve(false).await.unwrap().review.state, ReviewState::Approved, "alone it may be");
}

/// `s__fetch`, live, with its host granted for one hour.
async fn live_for_an_hour(world: &World) -> &'static str {
    world.server("s").await;
    author::start_server(&world.cat, &world.llm, "s").await.unwrap();
    world.create("s", "fetch", &FETCH.replace("headers={\"x\": secrets[\"WEATHER_KEY\"]}", "timeout=5")).await;
    let report = world.publish("s__fetch").await;
    let detail = review::show(&world.cat, report.review_id).await.unwrap();
    let terms =
        vec![Term { capability: host("api.weather.example"), expires_at: start_of_time() + TimeDelta::hours(1) }];
    let approval = Approval { terms, ..careful(&detail) };
    review::approve(&world.cat, &world.human, report.review_id, &report.content_hash, approval).await.unwrap();
    world.answer(|_| returned(json!({"sky": "blue"})));
    "s__fetch"
}

#[tokio::test]
async fn whoever_asks_for_publication_after_the_end_asks_for_what_ended() {
    let world = World::new().await;
    let tool = live_for_an_hour(&world).await;
    world.clock.advance(TimeDelta::hours(1));
    let report = author::request_publish(&world.cat, &world.llm, tool, "").await;
    assert_eq!(report.unwrap().requested, [host("api.weather.example")]);
}

/// Once it is wound up, half a minute passes whenever somebody looks.
struct Hasty {
    clock: ManualClock,
    is_wound_up: AtomicBool,
}

impl Clock for Hasty {
    fn now(&self) -> DateTime<Utc> {
        let now = self.clock.now();
        if self.is_wound_up.load(Ordering::SeqCst) {
            self.clock.advance(TimeDelta::seconds(30));
        }
        now
    }
}

#[tokio::test]
async fn a_grant_that_ends_between_the_look_and_the_run_is_not_relied_upon() {
    let world = World::new().await;
    let tool = live_for_an_hour(&world).await;
    let just_before = start_of_time() + TimeDelta::minutes(60) - TimeDelta::seconds(1);
    let clock = Arc::new(Hasty { clock: ManualClock::starting_at(just_before), is_wound_up: AtomicBool::new(false) });
    let config = CatalogConfig {
        store: world.store.clone(),
        executor: world.executor.clone(),
        clock: clock.clone(),
        admin_url: String::new(),
    };
    let cat = Catalog::open(config).await.unwrap();
    let arguments = || object(json!({"city": "Bern"}));
    call::call_tool(&cat, &world.llm, tool, arguments(), Arc::new(Unobserved)).await.result.unwrap();
    let runs = world.runs();
    clock.is_wound_up.store(true, Ordering::SeqCst);
    let late = call::call_tool(&cat, &world.llm, tool, arguments(), Arc::new(Unobserved)).await;
    assert_eq!(late.result.unwrap_err().kind, FailureKind::NotLive);
    assert_eq!(world.runs(), runs, "nothing ran");
    cat.close().await;
}

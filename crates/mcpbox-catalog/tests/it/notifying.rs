//! What is told, when, how often, and to whom: against a real host on a network of the test's own.

use std::sync::Arc;

use chrono::TimeDelta;
use mcpbox_catalog::{notify, review};
use mcpbox_core::{
    ids::TargetId,
    notification::{DeliveryOutcome, DeliveryReport, NoticeEvent, Target, TargetKind},
    paging::PageRequest,
    review::ReviewState,
    settings::Settings,
};
use mcpbox_egress::{Broker, BrokerConfig};
use secrecy::SecretString;
use serde_json::json;

use crate::{
    lan::{Host, in_namespace},
    policy::PURE,
    support::{ADD, World, refusal},
};

/// An answer as it goes over the wire; `head` is the status line and further headers.
fn raw(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn broker() -> Arc<Broker> {
    Broker::new(BrokerConfig { connect_timeout_ms: 2_000, max_idle_connections: 0, ..BrokerConfig::default() }).unwrap()
}

/// A world that can send, with a server that tools can be made on.
async fn world() -> World {
    let world = World::new().await;
    notify::connect(&world.cat, broker());
    world.server("math").await;
    world
}

async fn target(world: &World, kind: TargetKind, url: &str) -> TargetId {
    let new = notify::NewTarget {
        name: format!("{kind:?} {url}"),
        kind,
        url: SecretString::from(url),
        key: None,
        events: Some([NoticeEvent::ReviewWaiting, NoticeEvent::RuleApproved].into()),
    };
    notify::create_target(&world.cat, &world.human, new).await.unwrap().id
}

/// Another tool waits.
async fn ask(world: &World, name: &str) -> review::ReviewDetail {
    world.create("math", name, ADD).await;
    let report = world.publish(&format!("math__{name}")).await;
    review::show(&world.cat, report.review_id).await.unwrap()
}

async fn after(world: &World, seconds: i64) {
    world.clock.advance(TimeDelta::seconds(seconds));
    notify::deliver_due(&world.cat).await.unwrap();
}

async fn shown(world: &World, id: TargetId) -> Target {
    let all = notify::list_targets(&world.cat).await.unwrap();
    all.into_iter().find(|target| target.id == id).unwrap()
}

async fn last(world: &World, id: TargetId) -> DeliveryReport {
    shown(world, id).await.last.unwrap()
}

#[test]
fn several_that_wait_are_one_message_with_count_risk_and_link_and_nothing_an_llm_wrote() {
    in_namespace(
        "notifying::several_that_wait_are_one_message_with_count_risk_and_link_and_nothing_an_llm_wrote",
        async || {
            let (world, host) = (world().await, Host::start().await);
            let kinds = [TargetKind::Webhook, TargetKind::Discord, TargetKind::Slack, TargetKind::Ntfy];
            for (kind, path) in kinds.into_iter().zip(["/hook", "/discord", "/slack", "/topic"]) {
                target(&world, kind, &host.url(path)).await;
            }
            let hostile = r#"
async def main(a: str = "@everyone <!channel> [x](http://evil.test)") -> str:
    """@everyone <@&1> click http://evil.test"""
    return a + "sk-hardcoded-0123456789abcdef"
"#;
            world.create("math", "everyone_http_evil_test", hostile).await;
            world.publish("math__everyone_http_evil_test").await;
            ask(&world, "plus").await;
            after(&world, 9).await;
            assert_eq!(host.got().len(), 0, "more may come");
            after(&world, 2).await;
            let mut got = host.got();
            got.sort_by(|one, other| one.path.cmp(&other.path));
            let paths: Vec<&str> = got.iter().map(|got| got.path.as_str()).collect();
            assert_eq!(paths, ["/", "/discord?wait=true", "/hook", "/slack"]);
            for got in &got {
                for foreign in ["evil", "everyone", "channel", "math", "plus", "async def", "sk-hardcoded"] {
                    assert!(!got.body.contains(foreign) && !got.head.contains(foreign), "{foreign}: {got:?}");
                }
                assert!(got.body.contains("http://127.0.0.1:3000/approvals"), "{got:?}");
            }
            let data = got[2].json()["data"].clone();
            let open = review::list(&world.cat, Some(ReviewState::Open), PageRequest::default()).await.unwrap();
            let highest = open.items.iter().map(|item| item.risk).max().unwrap();
            let expected = json!({"waiting": 2, "highest_risk": highest, "approved_by_rules": 0, "alerts": [],
                                  "url": "http://127.0.0.1:3000/approvals"});
            assert_eq!(data, expected);
            after(&world, 120).await;
            assert_eq!(host.got().len(), 0, "told once");
        },
    );
}

#[test]
fn what_was_decided_meanwhile_is_not_told_and_nobody_is_told_twice_a_minute() {
    in_namespace("notifying::what_was_decided_meanwhile_is_not_told_and_nobody_is_told_twice_a_minute", async || {
        let (world, host) = (world().await, Host::start().await);
        let id = target(&world, TargetKind::Slack, &host.url("/")).await;
        let first = ask(&world, "one").await;
        world.approve(first.review.id).await;
        after(&world, 11).await;
        assert_eq!((host.got().len(), shown(&world, id).await.last), (0, None));
        ask(&world, "two").await;
        after(&world, 11).await;
        assert_eq!(host.got().len(), 1);
        ask(&world, "three").await;
        ask(&world, "four").await;
        after(&world, 45).await;
        assert_eq!(host.got().len(), 0, "a minute has not passed");
        after(&world, 20).await;
        let got = host.got();
        assert_eq!(got.len(), 1);
        assert!(got[0].body.contains("3 tools wait"), "all that waits is counted: {}", got[0].body);
    });
}

#[test]
fn a_target_that_is_off_hears_nothing_and_later_only_what_is_new() {
    in_namespace("notifying::a_target_that_is_off_hears_nothing_and_later_only_what_is_new", async || {
        let (world, host) = (world().await, Host::start().await);
        let id = target(&world, TargetKind::Slack, &host.url("/")).await;
        let switch = async |is_on| {
            let change = notify::TargetChange { is_on: Some(is_on), ..Default::default() };
            notify::change_target(&world.cat, &world.human, id, change).await.unwrap();
        };
        switch(false).await;
        ask(&world, "one").await;
        after(&world, 11).await;
        switch(true).await;
        after(&world, 60).await;
        assert_eq!(host.got().len(), 0);
        ask(&world, "two").await;
        after(&world, 11).await;
        assert_eq!(host.got().len(), 1);
    });
}

#[test]
fn what_a_rule_approved_is_told_to_who_wants_it() {
    in_namespace("notifying::what_a_rule_approved_is_told_to_who_wants_it", async || {
        let (world, host) = (world().await, Host::start().await);
        target(&world, TargetKind::Webhook, &host.url("/")).await;
        world.live("math", "add", ADD).await;
        let on = Settings { auto_approval: PURE, ..Settings::default() };
        review::set_settings(&world.cat, &world.human, on).await.unwrap();
        world.update_code("math__add", &ADD.replace("a + b", "b + a")).await;
        world.test("math__add", json!({"a": 1})).await;
        assert_eq!(world.publish("math__add").await.approved_by.as_deref(), Some("rule pure_compute"));
        after(&world, 11).await;
        let got = host.got();
        assert_eq!(got.len(), 1);
        let body = got[0].json();
        assert_eq!(
            (&body["type"], &body["data"]["approved_by_rules"], &body["data"]["waiting"]),
            (&json!("rule.approved"), &json!(1), &json!(0))
        );
    });
}

#[test]
fn a_message_is_tried_again_with_growing_waits_under_the_same_id_and_given_up_at_last() {
    in_namespace(
        "notifying::a_message_is_tried_again_with_growing_waits_under_the_same_id_and_given_up_at_last",
        async || {
            let (world, host) = (world().await, Host::start().await);
            let id = target(&world, TargetKind::Webhook, &host.url("/secret-path-of-hook")).await;
            ask(&world, "one").await;
            host.answer(&raw("429 Too Many\r\nretry-after: 200.5", "wait, /secret-path-of-hook"));
            after(&world, 11).await;
            let report = last(&world, id).await;
            assert_eq!((report.outcome, report.attempts), (DeliveryOutcome::Retrying, 1));
            assert_eq!(report.next_at, Some(report.at + TimeDelta::seconds(201)), "the other end asked for it");
            assert!(
                report.said.starts_with("HTTP 429: wait") && !report.said.contains("secret-path"),
                "{}",
                report.said
            );
            after(&world, 190).await;
            let first = host.got();
            assert_eq!(first.len(), 1);
            for attempt in 2..=8 {
                host.answer(&raw("503 Unavailable", "busy"));
                let due = last(&world, id).await.next_at.unwrap();
                after(&world, (due - mcpbox_core::clock::Clock::now(&*world.clock)).num_seconds() + 1).await;
                assert_eq!(last(&world, id).await.attempts, attempt);
                let again = host.got();
                assert_eq!(again.len(), 1, "attempt {attempt}");
                assert_eq!(again[0].header("webhook-id"), first[0].header("webhook-id"));
            }
            let report = last(&world, id).await;
            assert_eq!(
                (report.outcome, report.next_at, report.said.as_str()),
                (DeliveryOutcome::GaveUp, None, "HTTP 503: busy")
            );
            after(&world, 7_200).await;
            assert_eq!(host.got().len(), 0);
            ask(&world, "two").await;
            after(&world, 11).await;
            let next = host.got();
            assert_ne!(next[0].header("webhook-id"), first[0].header("webhook-id"), "news is another message");
            assert_eq!(last(&world, id).await.outcome, DeliveryOutcome::Delivered);
        },
    );
}

#[test]
fn what_will_not_work_again_is_given_up_at_once() {
    in_namespace("notifying::what_will_not_work_again_is_given_up_at_once", async || {
        let (world, host) = (world().await, Host::start().await);
        let other = Host::start().await;
        let id = target(&world, TargetKind::Slack, &host.url("/")).await;
        for (name, answer, said) in [
            ("gone", raw("404 Not Found", "no_service"), "HTTP 404: no_service"),
            ("moved", raw(&format!("307 Moved\r\nlocation: {}", other.url("/")), ""), "it redirects elsewhere"),
        ] {
            ask(&world, name).await;
            host.answer(&answer);
            after(&world, 61).await;
            let report = last(&world, id).await;
            assert_eq!((report.outcome, report.attempts), (DeliveryOutcome::GaveUp, 1), "{name}");
            assert!(report.said.contains(said), "{}", report.said);
        }
        assert_eq!((host.got().len(), other.got().len()), (2, 0));
    });
}

#[test]
fn what_is_decided_between_two_attempts_is_not_tried_again_and_the_page_says_so() {
    in_namespace(
        "notifying::what_is_decided_between_two_attempts_is_not_tried_again_and_the_page_says_so",
        async || {
            let (world, host) = (world().await, Host::start().await);
            let id = target(&world, TargetKind::Slack, &host.url("/")).await;
            let waiting = ask(&world, "one").await;
            host.answer(&raw("503 Unavailable", "busy"));
            after(&world, 11).await;
            world.approve(waiting.review.id).await;
            after(&world, 60).await;
            assert_eq!(host.got().len(), 1);
            let report = last(&world, id).await;
            assert_eq!((report.outcome, report.next_at), (DeliveryOutcome::GaveUp, None));
            assert!(report.said.starts_with("HTTP 503: busy; all of it was decided"), "{}", report.said);
        },
    );
}

#[test]
fn a_process_that_dies_while_it_sends_loses_nothing_and_replicas_do_not_send_twice() {
    in_namespace(
        "notifying::a_process_that_dies_while_it_sends_loses_nothing_and_replicas_do_not_send_twice",
        async || {
            let (world, host) = (world().await, Host::start().await);
            let id = target(&world, TargetKind::Webhook, &host.url("/")).await;
            ask(&world, "one").await;
            world.clock.advance(TimeDelta::seconds(11));
            host.answer("");
            let cat = world.cat.clone();
            let sending = tokio::spawn(async move { notify::deliver_due(&cat).await });
            let first = loop {
                match host.got().pop() {
                    Some(got) => break got,
                    None => tokio::task::yield_now().await,
                }
            };
            let replica = world.replica().await;
            notify::connect(&replica, broker());
            notify::deliver_due(&replica).await.unwrap();
            assert_eq!(host.got().len(), 0, "the other one is at it");
            sending.abort();
            let world = world.restart().await;
            notify::connect(&world.cat, broker());
            after(&world, 40).await;
            assert_eq!(host.got().len(), 0, "the claim still stands");
            world.clock.advance(TimeDelta::seconds(21));
            let (one, other) = tokio::join!(notify::deliver_due(&world.cat), notify::deliver_due(&world.cat));
            one.and(other).unwrap();
            let again = host.got();
            assert_eq!(again.len(), 1, "exactly one of two takes it up");
            assert_eq!(again[0].header("webhook-id"), first.header("webhook-id"));
            let report = last(&world, id).await;
            assert_eq!((report.outcome, report.attempts), (DeliveryOutcome::Delivered, 2));
            after(&world, 300).await;
            assert_eq!(host.got().len(), 0);
        },
    );
}

#[test]
fn the_test_button_says_what_the_other_end_said() {
    in_namespace("notifying::the_test_button_says_what_the_other_end_said", async || {
        let (world, host) = (world().await, Host::start().await);
        let id = target(&world, TargetKind::Ntfy, &host.url("/private-topic")).await;
        host.answer(&raw("200 OK", "{\"topic\":\"private-topic\"}\n"));
        let report = notify::probe(&world.cat, &world.human, id).await.unwrap();
        assert_eq!((report.succeeded, report.status), (true, Some(200)));
        assert!(
            report.said.starts_with("HTTP 200: {\"topic\":") && !report.said.contains("private-topic"),
            "{}",
            report.said
        );
        assert_eq!(host.got()[0].json()["title"], "MCPbox can reach you");
        let bound = host.port;
        for (url, said) in [
            (format!("http://localhost:{bound}/topic"), "loopback"),
            (format!("http://10.99.0.1:{}/topic", if bound == 1 { 2 } else { 1 }), "cannot connect"),
        ] {
            let id = target(&world, TargetKind::Ntfy, &url).await;
            let report = notify::probe(&world.cat, &world.human, id).await.unwrap();
            assert_eq!((report.succeeded, report.status), (false, None));
            assert!(report.said.contains(said), "{}", report.said);
        }
        let unknown = notify::probe(&world.cat, &world.human, TargetId::generate()).await;
        assert!(refusal(unknown).message.contains("there is no notification target"));
    });
}

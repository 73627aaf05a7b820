//! What a human decides, with how much care, and what others learn of it.

use mcpbox_catalog::{
    CatalogError, author,
    review::{self, Approval, BundleField, SeenReview},
    session,
};
use mcpbox_core::{
    capability::{Capability, HostRule},
    event::LiveEvent,
    failure::FailureKind,
    grant::GrantState,
    paging::PageRequest,
    review::{Refusal, ReviewState, Risk},
    server::CodePolicy,
    version::VersionState,
};
use secrecy::SecretString;
use serde_json::json;

use crate::support::{ADD, FETCH, PASSWORD, World, asked, careful, heard, refusal};

fn host(text: &str) -> Capability {
    Capability::Host(HostRule::parse(text).unwrap())
}

fn without(capability: Capability, reason: &str) -> Approval {
    Approval { refused: vec![Refusal { capability, reason: reason.into() }], ..Approval::default() }
}

#[tokio::test]
async fn refusing_what_the_code_needs_sends_the_bundle_back_with_the_reason() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "fetch", FETCH).await;
    author::request_module(&world.cat, &world.llm, "s__fetch", asked("logging", "to log")).await.unwrap();
    let report = world.publish("s__fetch").await;
    let refuse = without(host("api.weather.example"), "use the national weather service");
    let decision =
        review::approve(&world.cat, &world.human, report.review_id, &report.content_hash, refuse).await.unwrap();
    assert_eq!((decision.review.state, decision.live_version), (ReviewState::Rejected, None));
    assert!(decision.remarks[0].contains("sent back"), "{:?}", decision.remarks);
    let status = author::get_tool_status(&world.cat, &world.llm, "s__fetch").await.unwrap();
    assert_eq!(status.state, VersionState::Rejected);
    assert_eq!(status.refused, decision.review.refused);
    assert!(status.comment.unwrap().contains("use the national weather service"));
    let next = &status.next[0];
    assert!(next.step.contains("does without host api.weather.example"), "{next:?}");
    assert_eq!(next.call.as_ref().unwrap().tool, "mcpbox_update_tool");
    let states: Vec<_> = author::get_tool(&world.cat, &world.llm, "s__fetch").await.unwrap().grants;
    assert!(
        states.iter().all(|grant| grant.state == GrantState::Pending),
        "nothing is granted, the rest may wait: {states:?}"
    );
    // The author does without it, and the rest comes along.
    let changed = world.update_code("s__fetch", &FETCH.replace("api.weather.example", "weather.gov.example")).await;
    assert_eq!(changed.version, 2);
    let again = world.publish("s__fetch").await;
    let words: Vec<String> = again.requested.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["module logging", "host weather.gov.example", "secret WEATHER_KEY"]);
    let history = review::show(&world.cat, again.review_id).await.unwrap().history;
    assert_eq!((history.len(), history[0].refused.len(), history[0].version), (1, 1, Some(1)));
}

#[tokio::test]
async fn refusing_what_the_tool_can_live_without_approves_the_rest() {
    let world = World::new().await;
    world.server("s").await;
    author::start_server(&world.cat, &world.llm, "s").await.unwrap();
    world.create("s", "add", ADD).await;
    for name in ["wanted.example", "unwanted.example"] {
        author::request_network_access(&world.cat, &world.llm, "s__add", name, "maybe later", None).await.unwrap();
    }
    let report = world.publish("s__add").await;
    let refuse = without(host("unwanted.example"), "unknown host");
    let decision =
        review::approve(&world.cat, &world.human, report.review_id, &report.content_hash, refuse).await.unwrap();
    assert_eq!((decision.review.state, decision.published), (ReviewState::Approved, true));
    world.call("s__add", json!({"a": 1})).await.result.unwrap();
    assert_eq!(world.last_execution().hosts.as_ref(), [HostRule::parse("wanted.example").unwrap()]);
    let status = author::get_tool_status(&world.cat, &world.llm, "s__add").await.unwrap();
    assert_eq!((status.refused.len(), status.pending_grants.len()), (1, 0));
    let grants = author::get_tool(&world.cat, &world.llm, "s__add").await.unwrap().grants;
    let refused = grants.iter().find(|grant| grant.state == GrantState::Rejected).unwrap();
    assert_eq!((&refused.capability, refused.comment.as_str()), (&host("unwanted.example"), "unknown host"));
}

#[tokio::test]
async fn a_refusal_names_what_is_asked_for_and_says_why() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "fetch", FETCH).await;
    let report = world.publish("s__fetch").await;
    let twice = [without(host("api.weather.example"), "a"), without(host("api.weather.example"), "b")];
    let twice = Approval { refused: twice.into_iter().flat_map(|one| one.refused).collect(), ..Approval::default() };
    let wrong = [without(host("other.example"), "no"), without(host("api.weather.example"), " "), twice];
    for approval in wrong {
        let failure =
            refusal(review::approve(&world.cat, &world.human, report.review_id, &report.content_hash, approval).await);
        assert!(failure.kind == FailureKind::InvalidArguments && failure.hint.is_some(), "{failure:?}");
    }
    assert_eq!(review::show(&world.cat, report.review_id).await.unwrap().review.state, ReviewState::Open);
}

#[tokio::test]
async fn critical_risk_wants_the_name_typed() {
    let world = World::new().await;
    world.server("s").await;
    review::set_server_policy(&world.cat, &world.human, "s", CodePolicy::Standard).await.unwrap();
    world.create("s", "fetch", FETCH).await;
    let report = world.publish("s__fetch").await;
    let detail = review::show(&world.cat, report.review_id).await.unwrap();
    assert_eq!(detail.review.risk, Risk::Critical);
    let full = careful(&detail);
    assert_eq!(full.tool_name.as_deref(), Some("s__fetch"));
    for tool_name in [None, Some("s__other".to_owned())] {
        let approval = Approval { tool_name, ..full.clone() };
        let failure =
            refusal(review::approve(&world.cat, &world.human, report.review_id, &report.content_hash, approval).await);
        assert!(failure.kind == FailureKind::InvalidArguments && failure.message.contains("s__fetch"), "{failure:?}");
    }
    review::approve(&world.cat, &world.human, report.review_id, &report.content_hash, full).await.unwrap();
}

#[tokio::test]
async fn high_risk_wants_every_serious_finding_acknowledged() {
    let world = World::new().await;
    world.server("s").await;
    // An invisible character and one that turns the text around, in two lines.
    let code = ADD.replace("return a + b", "x = \"a\u{200b}b\"\n    y = \"c\u{202e}d\"\n    return a + b");
    world.create("s", "add", &code).await;
    let report = world.publish("s__add").await;
    let detail = review::show(&world.cat, report.review_id).await.unwrap();
    let needed = detail.approval_needs.acknowledge.clone();
    assert!(needed.len() >= 2 && detail.review.risk == Risk::High, "{:?}", detail.findings);
    let approve = async |acknowledged: &[String]| {
        let approval = Approval { acknowledged: acknowledged.to_vec(), ..Approval::default() };
        review::approve(&world.cat, &world.human, report.review_id, &report.content_hash, approval).await
    };
    for some in [&needed[..0], &needed[..1], &["made:up".to_owned(), needed[0].clone()]] {
        let failure = refusal(approve(some).await);
        assert!(failure.message.contains(&needed[1]), "it names what is missing: {failure:?}");
    }
    assert_eq!(approve(&needed).await.unwrap().review.state, ReviewState::Approved);
}

#[tokio::test]
async fn several_are_approved_together_only_at_low_risk_and_sent_back_always() {
    let world = World::new().await;
    world.server("s").await;
    let mut seen = Vec::new();
    for name in ["one", "two", "three"] {
        world.create("s", name, ADD).await;
        let report = world.publish(&format!("s__{name}")).await;
        seen.push(SeenReview { id: report.review_id, content_hash: report.content_hash });
    }
    world.create("s", "fetch", FETCH).await;
    let risky = world.publish("s__fetch").await;
    let risky = SeenReview { id: risky.review_id, content_hash: risky.content_hash };
    let all: Vec<_> = seen.iter().chain([&risky]).cloned().collect();
    let failure = refusal(review::approve_many(&world.cat, &world.human, &all, "").await);
    assert!(failure.message.contains("s__fetch") && !failure.message.contains("s__one"), "{failure:?}");
    assert_eq!(
        review::list(&world.cat, Some(ReviewState::Open), PageRequest::default()).await.unwrap().total,
        4,
        "nothing was decided"
    );

    seen[1].content_hash = mcpbox_core::hash::ContentHash("0".repeat(64));
    let results = review::approve_many(&world.cat, &world.human, &seen, "small").await.unwrap();
    let made: Vec<bool> = results.iter().map(|result| result.decision.is_some()).collect();
    assert_eq!(made, [true, false, true], "one that changed does not hold up the others");
    assert_eq!(results[1].failure.as_ref().unwrap().kind, FailureKind::Conflict);
    let back = review::reject_many(&world.cat, &world.human, &[risky], "not today").await.unwrap();
    assert_eq!(back[0].decision.as_ref().unwrap().review.state, ReviewState::Rejected);
    assert_eq!(
        refusal(review::reject_many(&world.cat, &world.human, &[], "").await).kind,
        FailureKind::InvalidArguments
    );
}

#[tokio::test]
async fn a_stale_decision_learns_what_changed_field_by_field() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "add", ADD).await;
    let first = world.publish("s__add").await;
    author::request_network_access(&world.cat, &world.llm, "s__add", "x.example", "to look", None).await.unwrap();
    let stale = review::reject(&world.cat, &world.human, first.review_id, &first.content_hash, "").await.unwrap_err();
    let CatalogError::Stale { message, changes: Some(changes), decided: None, .. } = stale else { panic!("{stale:?}") };
    assert!(message.contains("it asks for host x.example in addition"), "{message}");
    assert_eq!((changes.added.as_slice(), changes.removed.len()), ([host("x.example")].as_slice(), 0));
    assert_eq!(changes.fields.iter().map(|change| change.field).collect::<Vec<_>>(), [BundleField::Requested]);
    // A new draft takes its place, and what the human saw is still compared with that.
    world.update_code("s__add", &ADD.replace("a + b", "b - a")).await;
    let second = world.publish("s__add").await;
    let stale = review::approve(&world.cat, &world.human, first.review_id, &first.content_hash, "").await.unwrap_err();
    let CatalogError::Stale { message, current, changes: Some(changes), .. } = stale else { panic!("{stale:?}") };
    assert_eq!((current, changes.since_version, changes.version), (second.content_hash, 1, 2));
    assert!(message.contains(&second.review_id.to_string()), "{message}");
    let code = changes.fields.iter().find(|change| change.field == BundleField::Code).unwrap();
    assert!(code.diff.unified.contains("+    return b - a"), "{}", code.diff.unified);
}

#[tokio::test]
async fn of_two_humans_the_second_learns_who_decided_and_when() {
    let world = World::new().await;
    mcpbox_testing::add_admin(&world.store, "ben", PASSWORD, mcpbox_core::clock::Clock::now(world.clock.as_ref()))
        .await;
    let ben = session::signed_in_from_password(&world.cat, "ben", &SecretString::from(PASSWORD), None)
        .await
        .unwrap()
        .admin()
        .unwrap();
    world.server("s").await;
    world.create("s", "add", ADD).await;
    let report = world.publish("s__add").await;
    review::approve(&world.cat, &world.human, report.review_id, &report.content_hash, "good").await.unwrap();
    let late = review::reject(&world.cat, &ben, report.review_id, &report.content_hash, "bad").await.unwrap_err();
    let CatalogError::Stale { message, decided: Some(decided), .. } = late else { panic!("{late:?}") };
    assert_eq!(
        (decided.by.name.as_str(), decided.state, decided.comment.as_str()),
        ("anna", ReviewState::Approved, "good")
    );
    assert_eq!(decided.at, crate::support::start_of_time());
    assert!(message.contains("by anna on 2026-03-01 at 10:00:00 UTC"), "{message}");
}

#[tokio::test]
async fn each_human_sees_what_changed_since_they_looked() {
    let world = World::new().await;
    mcpbox_testing::add_admin(&world.store, "ben", PASSWORD, mcpbox_core::clock::Clock::now(world.clock.as_ref()))
        .await;
    let ben = session::signed_in_from_password(&world.cat, "ben", &SecretString::from(PASSWORD), None)
        .await
        .unwrap()
        .admin()
        .unwrap();
    world.server("s").await;
    world.create("s", "add", ADD).await;
    let first = world.publish("s__add").await;
    let anna = async |id| review::show_to(&world.cat, &world.human, id).await.unwrap().last_look;
    assert_eq!(anna(first.review_id).await, None);
    review::mark_seen(&world.cat, &world.human, first.review_id, &first.content_hash).await.unwrap();
    assert_eq!(anna(first.review_id).await.unwrap().changes, None, "it is what she read");
    review::reject(&world.cat, &world.human, first.review_id, &first.content_hash, "subtract").await.unwrap();
    world.update_code("s__add", &ADD.replace("a + b", "a - b")).await;
    let second = world.publish("s__add").await;
    let look = anna(second.review_id).await.unwrap();
    assert_eq!((look.review_id, look.content_hash), (first.review_id, first.content_hash.clone()));
    let changes = look.changes.unwrap();
    assert!(changes.sentence.contains("the code changed (+1 −1 lines)"), "{}", changes.sentence);
    assert_eq!(review::show_to(&world.cat, &ben, second.review_id).await.unwrap().last_look, None, "ben read nothing");
    let unknown = mcpbox_core::hash::ContentHash("0".repeat(64));
    let refused = refusal(review::mark_seen(&world.cat, &world.human, second.review_id, &unknown).await);
    assert_eq!(refused.kind, FailureKind::Conflict);
}

#[tokio::test]
async fn one_call_takes_back_all_that_was_approved() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    let code = FETCH.replace("headers={\"x\": secrets[\"WEATHER_KEY\"]}", "timeout=5");
    world.update_code(&tool, &code).await;
    let second = world.publish(&tool).await;
    world.approve(second.review_id).await;
    world.answer(|_| {
        crate::support::failed(mcpbox_core::failure::Failure::new(FailureKind::Exception, "it called home"))
    });
    let mut events = world.cat.subscribe();
    for _ in 0..2 {
        world.call(&tool, json!({"city": "Bern"})).await.result.unwrap_err();
        heard(&mut events, |event| matches!(event, LiveEvent::CallFinished { .. })).await;
    }
    let runs = review::first_runs(&world.cat, second.review_id, 1).await.unwrap();
    assert_eq!((runs.runs.len(), runs.total, runs.failed, runs.is_revocable), (1, 2, 2, true));

    let back = review::revoke(&world.cat, &world.human, second.review_id, "it called home").await.unwrap();
    assert_eq!((back.review.state, back.live_version), (ReviewState::Revoked, Some(1)));
    assert_eq!(back.remarks, ["version 1 serves now", "it may no longer use host api.weather.example"]);
    world.answer(|_| crate::support::returned(json!(3)));
    world.call(&tool, json!({"a": 1})).await.result.unwrap();
    let execution = world.last_execution();
    assert_eq!((execution.program.source.as_str(), execution.hosts.len()), (ADD, 0), "the grants went with it");
    let status = author::get_tool_status(&world.cat, &world.llm, &tool).await.unwrap();
    assert_eq!((status.state, status.comment.as_deref()), (VersionState::Rejected, Some("it called home")));
    let again = refusal(review::revoke(&world.cat, &world.human, second.review_id, "").await);
    assert!(again.kind == FailureKind::Conflict && again.message.contains("anna"), "{again:?}");
    // It may be asked for again, and nothing serves when the first is taken back too.
    world.publish(&tool).await;
    let first = review::show(&world.cat, second.review_id).await.unwrap().history[0].review_id;
    let none = review::revoke(&world.cat, &world.human, first, "").await.unwrap();
    assert_eq!((none.live_version, world.published().len()), (None, 0));
}

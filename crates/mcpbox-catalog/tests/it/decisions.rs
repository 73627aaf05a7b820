//! How humans decide, as the audit chain tells.

use chrono::TimeDelta;
use mcpbox_catalog::{decisions, review, verify};
use mcpbox_core::{
    ids::ReviewId,
    settings::{AutoApproval, Settings},
};
use serde_json::json;

use crate::support::{ADD, World};

/// A decision `seconds` after the first look; none never looked.
async fn decide(world: &World, name: &str, seconds: Option<i64>, approve: bool) -> ReviewId {
    world.create("s", name, ADD).await;
    let report = world.publish(&format!("s__{name}")).await;
    if let Some(seconds) = seconds {
        review::look(&world.cat, &world.human, report.review_id).await.unwrap();
        world.clock.advance(TimeDelta::seconds(seconds - 1));
        review::look(&world.cat, &world.human, report.review_id).await.unwrap();
        world.clock.advance(TimeDelta::seconds(1));
    }
    let (cat, human, hash) = (&world.cat, &world.human, &report.content_hash);
    match approve {
        true => review::approve(cat, human, report.review_id, hash, "").await.unwrap(),
        false => review::reject(cat, human, report.review_id, hash, "no").await.unwrap(),
    };
    report.review_id
}

#[tokio::test]
async fn the_log_tells_how_long_admins_look_and_what_was_taken_back() {
    let world = World::new().await;
    world.server("s").await;
    let hasty = decide(&world, "hasty", Some(2), true).await;
    decide(&world, "thorough", Some(60), true).await;
    decide(&world, "sent_back", Some(20), false).await;
    decide(&world, "unseen", None, true).await;
    review::revoke(&world.cat, &world.human, hasty, "too fast").await.unwrap();
    let auto_approval = AutoApproval { pure_compute: true, ..AutoApproval::default() };
    review::set_settings(&world.cat, &world.human, Settings { auto_approval, ..Settings::default() }).await.unwrap();
    world.create("s", "pure", ADD).await;
    world.test("s__pure", json!({"a": 1})).await;
    let automatic = world.publish("s__pure").await;
    review::revoke(&world.cat, &world.human, automatic.review_id, "").await.unwrap();

    let log = decisions::decision_log(&world.cat, 30).await.unwrap();
    let anna = decisions::AdminDecisions {
        admin: "anna".into(),
        approved: 3,
        rejected: 1,
        median_review_seconds: Some(20.0),
        hasty_share: Some(1.0 / 3.0),
        without_look: 1,
        revoked_later: 1,
    };
    assert_eq!((log.admins, log.is_cut), (vec![anna], false));
    assert_eq!(log.automatic, decisions::AutomaticDecisions { approved: 1, revoked_later: 1 });
    let report = verify::verify_decisions(&world.cat).await.unwrap();
    assert!(report.intact && report.decisions == 5, "{report:?}");

    world.clock.advance(TimeDelta::days(31));
    assert_eq!(decisions::decision_log(&world.cat, 30).await.unwrap().admins, []);
}

#[tokio::test]
async fn a_look_at_what_was_asked_before_does_not_count_for_what_is_asked_now() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "add", ADD).await;
    let report = world.publish("s__add").await;
    review::look(&world.cat, &world.human, report.review_id).await.unwrap();
    world.clock.advance(TimeDelta::hours(1));
    mcpbox_catalog::author::request_network_access(&world.cat, &world.llm, "s__add", "x.example", "please", None)
        .await
        .unwrap();
    review::look(&world.cat, &world.human, report.review_id).await.unwrap();
    world.clock.advance(TimeDelta::seconds(3));
    world.approve(report.review_id).await;
    let log = decisions::decision_log(&world.cat, 30).await.unwrap();
    assert_eq!(log.admins[0].median_review_seconds, Some(3.0));
}

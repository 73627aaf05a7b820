//! Records of runs and old versions are kept as long, and as many, as the settings say.

use std::time::Duration;

use chrono::TimeDelta;
use mcpbox_catalog::{author, listing, retention, review, verify};
use mcpbox_core::{
    paging::PageRequest,
    settings::{Settings, Storage},
};
use mcpbox_store::outbox;
use serde_json::json;

use crate::support::{ADD, World};

#[tokio::test]
async fn runs_are_kept_for_the_days_of_the_settings_and_evidence_with_its_version() {
    let world = World::new().await;
    let tool = world.live("math", "plus", ADD).await;
    world.test(&tool, json!({"a": 1})).await;
    world.call(&tool, json!({"a": 1})).await;
    let settings = Settings { log_retention_days: 7, ..Settings::default() };
    review::set_settings(&world.cat, &world.human, settings).await.unwrap();
    world.clock.advance(TimeDelta::days(5));
    world.call(&tool, json!({"a": 2})).await;
    tokio::time::sleep(Duration::from_millis(200)).await; // records are written in batches
    let count = async || listing::call_counts(&world.cat, &Default::default()).await.unwrap().total;
    assert_eq!((retention::remove_old(&world.cat).await.unwrap().runs, count().await), (0, 3));
    world.clock.advance(TimeDelta::days(3));
    assert_eq!(
        (retention::remove_old(&world.cat).await.unwrap().runs, count().await),
        (1, 2),
        "the old call, not the test"
    );
    assert_eq!(outbox::since(&world.store.reader(), 0).await.unwrap(), [], "followed long ago");
}

fn code(number: u32) -> String {
    format!("def main(a: int) -> int:\n    return a + {number}\n")
}

fn storage(storage: Storage) -> Settings {
    Settings { storage, ..Settings::default() }
}

async fn numbers(world: &World, tool: &str) -> Vec<u32> {
    let all = author::list_tool_versions(&world.cat, &world.llm, tool, PageRequest::new(1, 100)).await.unwrap();
    all.versions.iter().rev().map(|version| version.version).collect()
}

#[tokio::test]
async fn old_versions_go_but_not_what_something_depends_on() {
    let world = World::new().await;
    let tool = world.live("math", "plus", &code(1)).await;
    world.update_code(&tool, &code(2)).await;
    let live = world.publish(&tool).await.review_id;
    world.approve(live).await; // replaces 1: taking it back would go there
    for number in 3..=6 {
        world.update_code(&tool, &code(number)).await;
    }
    world.test(&tool, json!({"a": 1})).await;
    let refused = world.publish(&tool).await;
    world.clock.advance(TimeDelta::days(1));
    review::reject(&world.cat, &world.human, refused.review_id, &refused.content_hash, "no").await.unwrap();
    for number in 7..=14 {
        world.update_code(&tool, &code(number)).await;
    }
    let settings = storage(Storage { versions_kept: 5, ..Storage::default() });
    review::set_settings(&world.cat, &world.human, settings).await.unwrap();

    let removed = retention::remove_old(&world.cat).await.unwrap();
    assert_eq!(
        (removed.versions, numbers(&world, &tool).await),
        (6, vec![1, 2, 6, 10, 11, 12, 13, 14]),
        "6 was decided lately"
    );
    world.clock.advance(TimeDelta::days(40));
    let removed = retention::remove_old(&world.cat).await.unwrap();
    assert_eq!((removed.versions, numbers(&world, &tool).await), (1, vec![1, 2, 10, 11, 12, 13, 14]));
    assert_eq!(retention::remove_old(&world.cat).await.unwrap().versions, 0);

    let report = verify::verify_decisions(&world.cat).await.unwrap();
    assert!(report.intact && report.deleted == 1, "the audit says what went: {report:?}");
    assert!(world.call(&tool, json!({"a": 1})).await.result.is_ok(), "what is live runs");
    review::revoke(&world.cat, &world.human, live, "").await.unwrap();
    assert!(world.call(&tool, json!({"a": 1})).await.result.is_ok(), "and so does what was live before");
}

#[tokio::test]
async fn the_oldest_records_of_a_tool_go_when_they_fill_its_room() {
    let world = World::new().await;
    let tool = world.live("math", "plus", "def main(a: int):\n    return a\n").await;
    world.answer(|_| crate::support::returned(json!("x".repeat(60_000))));
    world.test(&tool, json!({"a": 1})).await;
    let settings = storage(Storage { runs_mb_per_tool: 1, ..Storage::default() });
    review::set_settings(&world.cat, &world.human, settings).await.unwrap();
    for _ in 0..40 {
        world.call(&tool, json!({"a": 1})).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await; // records are written in batches
    retention::remove_old(&world.cat).await.unwrap();
    let left = listing::call_counts(&world.cat, &Default::default()).await.unwrap().total;
    assert_eq!(left, 16 + 1, "1 MB of 60 kB each, and the test");
}

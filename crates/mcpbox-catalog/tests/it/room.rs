//! What clients can fill is bounded, and says what to do.

use std::sync::Arc;

use mcpbox_catalog::{CatalogError, author, review};
use mcpbox_core::{
    execute::Unobserved,
    failure::{Failure, FailureKind},
    settings::{Settings, Storage},
};
use serde_json::json;

use crate::support::{ADD, World, refusal};

async fn allow(world: &World, storage: Storage) {
    let settings = Settings { storage, ..Settings::default() };
    review::set_settings(&world.cat, &world.human, settings).await.unwrap();
}

fn code(number: u32) -> String {
    format!("def main(a: int) -> int:\n    return a + {number}\n")
}

async fn update(world: &World, code: &str) -> Result<author::DraftReport, CatalogError> {
    let request =
        author::UpdateTool { tool: "math__plus".into(), python_code: Some(code.into()), ..Default::default() };
    author::update_tool(&world.cat, &world.llm, request).await
}

fn assert_limit(failure: &Failure) {
    assert_eq!(failure.kind, FailureKind::LimitReached, "{failure:?}");
    assert!(failure.hint.is_some() && failure.next.is_some(), "{failure:?}");
}

#[tokio::test]
async fn servers_tools_and_versions_are_bounded() {
    let world = World::new().await;
    world.server("math").await;
    world.create("math", "plus", ADD).await;
    let one = Storage { servers: 1, tools_per_server: 1, versions_per_day: 3, ..Storage::default() };
    allow(&world, one).await;
    let another = author::CreateServer { name: "more".into(), description: String::new() };
    assert_limit(&refusal(author::create_server(&world.cat, &world.llm, another).await));
    assert_limit(&refusal(world.try_create("math", "minus", ADD).await));
    for number in 2..=3 {
        update(&world, &code(number)).await.unwrap();
    }
    assert_limit(&refusal(update(&world, &code(4)).await));
    world.clock.advance(chrono::TimeDelta::days(1));
    update(&world, &code(4)).await.unwrap();
    author::delete_tool(&world.cat, &world.llm, "math__plus").await.unwrap();
    world.create("math", "minus", ADD).await;
}

#[tokio::test]
async fn all_code_together_is_bounded() {
    let world = World::new().await;
    world.server("math").await;
    allow(&world, Storage { code_mb: 1, ..Storage::default() }).await;
    let large = format!("{ADD}# {}\n", "x".repeat(90_000));
    for number in 0..11 {
        world.create("math", &format!("t{number}"), &large).await;
    }
    assert_limit(&refusal(world.try_create("math", "t11", &large).await));
    world.create("math", "small", ADD).await;
}

#[tokio::test]
async fn settings_out_of_range_are_refused() {
    let world = World::new().await;
    let storage = Storage { versions_kept: 4, ..Storage::default() };
    let wrong = review::set_settings(&world.cat, &world.human, Settings { storage, ..Settings::default() }).await;
    let failure = refusal(wrong);
    assert!(failure.message.contains("storage.versions_kept"), "{failure:?}");
}

#[tokio::test]
async fn below_the_reserve_clients_write_no_more_and_humans_go_on() {
    let world = World::new().await;
    let tool = world.live("math", "plus", ADD).await;
    assert_eq!(world.cat.storage().free_bytes, None);
    world.cat.watch_room(std::env::temp_dir());
    allow(&world, Storage { reserve_mb: 0, ..Storage::default() }).await;
    update(&world, &code(3)).await.unwrap();
    let waiting = world.publish(&tool).await;
    allow(&world, Storage { reserve_mb: 1_000_000, ..Storage::default() }).await; // more than any disk of a test has
    let status = world.cat.storage();
    assert!(status.is_low && status.free_bytes.is_some(), "{status:?}");

    let test = author::TestCode { tool: tool.clone(), ..Default::default() };
    let test = author::test_code(&world.cat, &world.llm, test, Arc::new(Unobserved));
    for failure in [
        refusal(world.try_create("math", "minus", ADD).await),
        refusal(update(&world, &code(4)).await),
        refusal(author::request_publish(&world.cat, &world.llm, &tool, "").await),
        refusal(test.await),
    ] {
        assert_eq!(failure.kind, FailureKind::StorageFull, "{failure:?}");
        assert!(failure.hint.is_some() && failure.human.is_some() && failure.next.is_some(), "{failure:?}");
    }
    assert!(world.call(&tool, json!({"a": 1})).await.result.is_ok(), "approved tools run");
    world.cat.close().await;
    assert_eq!(world.cat.storage().lost_records, 1, "its record is lost, and counted");
    author::stop_server(&world.cat, &world.llm, "math").await.unwrap();
    // A human is not held up.
    review::reject(&world.cat, &world.human, waiting.review_id, &waiting.content_hash, "no").await.unwrap();
    author::delete_tool(&world.cat, &world.llm, &tool).await.unwrap();
}

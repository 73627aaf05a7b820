//! Records of runs are kept as long as the settings say.

use std::time::Duration;

use chrono::TimeDelta;
use mcpbox_catalog::{listing, retention, review};
use mcpbox_core::settings::Settings;
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
    assert_eq!((retention::remove_old(&world.cat).await.unwrap(), count().await), (0, 3));
    world.clock.advance(TimeDelta::days(3));
    assert_eq!((retention::remove_old(&world.cat).await.unwrap(), count().await), (1, 2), "the old call, not the test");
    assert_eq!(outbox::since(&world.store.reader(), 0).await.unwrap(), [], "followed long ago");
}

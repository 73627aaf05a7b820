//! Backups that are made by themselves.

use chrono::TimeDelta;
use mcpbox_catalog::{backup, review};
use mcpbox_core::settings::{BackupSchedule, Settings};
use tempfile::TempDir;

use crate::support::{ADD, World, refusal};

async fn schedule(world: &World, schedule: BackupSchedule) {
    let settings = Settings { backup: schedule, ..Settings::default() };
    review::set_settings(&world.cat, &world.human, settings).await.unwrap();
}

#[tokio::test]
async fn backups_are_made_when_due_and_the_oldest_go() {
    let world = World::new().await;
    world.live("math", "plus", ADD).await;
    let directory = TempDir::new().unwrap();
    let folder = directory.path().join("backups");
    assert!(refusal(backup::state(&world.cat).await).hint.is_some());
    backup::start(&world.cat, folder.clone(), "0.0.1");
    assert_eq!(backup::make_if_due(&world.cat).await.unwrap(), None, "off unless switched on");
    schedule(&world, BackupSchedule { is_on: true, every_hours: 6, keep: 2 }).await;
    let first = backup::make_if_due(&world.cat).await.unwrap().unwrap();
    assert_eq!(backup::make_if_due(&world.cat).await.unwrap(), None, "not due yet");
    let mut last = first.clone();
    for _ in 0..2 {
        world.clock.advance(TimeDelta::hours(6));
        last = backup::make_if_due(&world.cat).await.unwrap().unwrap();
    }
    let state = backup::state(&world.cat).await.unwrap();
    assert_eq!(state.items.len(), 2);
    assert_eq!(state.items[0], last);
    assert!(!state.items.contains(&first) && state.failed.is_none());
    assert_eq!(state.next_at, Some(last.created_at + TimeDelta::hours(6)));
    let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing half-written: {names:?}");
    let (stored, _file) = backup::open_stored(&world.cat, &world.human, &last.name).await.unwrap();
    assert_eq!(stored, last);
    for other in ["../mcpbox.db", "mcpbox.key", &first.name] {
        assert!(backup::open_stored(&world.cat, &world.human, other).await.is_err(), "{other}");
    }
}

#[tokio::test]
async fn a_backup_that_fails_is_told_and_tried_again_later() {
    let world = World::new().await;
    let directory = TempDir::new().unwrap();
    let folder = directory.path().join("backups");
    std::fs::write(&folder, "in the way").unwrap();
    backup::start(&world.cat, folder.clone(), "0.0.1");
    schedule(&world, BackupSchedule { is_on: true, ..BackupSchedule::default() }).await;
    let refused = refusal(backup::make(&world.cat, mcpbox_core::principal::Actor::system("test")).await);
    assert!(refused.message.contains("backups"), "{refused:?}");
    std::fs::remove_file(&folder).unwrap();
    let state = backup::state(&world.cat).await.unwrap();
    assert!(state.failed.is_some());
    assert_eq!(backup::make_if_due(&world.cat).await.unwrap(), None);
    world.clock.advance(TimeDelta::minutes(15));
    assert!(backup::make_if_due(&world.cat).await.unwrap().is_some());
    assert!(backup::state(&world.cat).await.unwrap().failed.is_none());
}

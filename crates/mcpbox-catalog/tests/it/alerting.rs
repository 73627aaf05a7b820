//! What goes wrong is told once when it begins and once when it is over.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use chrono::TimeDelta;
use mcpbox_catalog::{
    backup, notify,
    observe::alerts::{DISK_FREE_MIN, Lookout},
    review,
};
use mcpbox_core::{
    execute::SandboxTier,
    failure::{Failure, FailureKind},
    notification::{NoticeEvent, TargetKind},
    principal::Actor,
    settings::{BackupSchedule, Settings},
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_store::notifications;
use secrecy::SecretString;
use serde_json::json;

use crate::{
    lan::{Host, in_namespace},
    support::{ADD, World, failed},
};

const PLENTY: u64 = 100 << 30;

/// What would be told: alerts and whether each is over, oldest first.
async fn told(world: &World) -> Vec<(NoticeEvent, bool)> {
    let all = notifications::after(&world.store.reader(), 0, None).await.unwrap();
    all.into_iter().filter(|notice| notice.review_id.is_none()).map(|notice| (notice.event, notice.is_over)).collect()
}

fn lookout(source: &str) -> (Lookout, Arc<AtomicU64>) {
    let free = Arc::new(AtomicU64::new(PLENTY));
    let seen = Arc::clone(&free);
    (Lookout::new(source.to_owned(), move || Some(seen.load(Ordering::SeqCst))), free)
}

#[test]
fn a_full_disk_is_one_message_and_room_on_it_another() {
    in_namespace("alerting::a_full_disk_is_one_message_and_room_on_it_another", async || {
        let (world, host) = (World::new().await, Host::start().await);
        let config = BrokerConfig { connect_timeout_ms: 2_000, max_idle_connections: 0, ..BrokerConfig::default() };
        notify::connect(&world.cat, Broker::new(config).unwrap());
        for (kind, path, events) in [
            (TargetKind::Webhook, "/hook", None),
            (TargetKind::Slack, "/quiet", Some([NoticeEvent::ReviewWaiting].into())),
        ] {
            let url = SecretString::from(host.url(path));
            let new = notify::NewTarget { name: path.to_owned(), kind, url, key: None, events };
            notify::create_target(&world.cat, &world.human, new).await.unwrap();
        }
        let (mut lookout, free) = lookout("here");
        let look = async |lookout: &mut Lookout, seconds: i64| {
            lookout.look(&world.cat).await.unwrap();
            world.clock.advance(TimeDelta::seconds(seconds));
            notify::deliver_due(&world.cat).await.unwrap();
            host.got()
        };
        assert_eq!(look(&mut lookout, 11).await.len(), 0, "all is well");
        free.store(DISK_FREE_MIN - 1, Ordering::SeqCst);
        let got = look(&mut lookout, 11).await;
        assert_eq!(got.len(), 1, "told to who wants it");
        let body = got[0].json();
        assert_eq!((&body["type"], got[0].path.as_str()), (&json!("alert.began"), "/hook"));
        assert_eq!(body["data"]["alerts"], json!([{"event": "disk_full", "is_over": false}]));
        for _ in 0..20 {
            assert_eq!(look(&mut lookout, 60).await.len(), 0, "once");
        }
        free.store(DISK_FREE_MIN + 1, Ordering::SeqCst);
        assert_eq!(look(&mut lookout, 60).await.len(), 0, "a little room is not enough");
        free.store(PLENTY, Ordering::SeqCst);
        let got = look(&mut lookout, 11).await;
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].json()["type"], "alert.over");
    });
}

#[tokio::test]
async fn a_backup_of_the_schedule_that_fails_is_told_until_one_is_made() {
    let world = World::new().await;
    let directory = tempfile::TempDir::new().unwrap();
    let folder = directory.path().join("backups");
    std::fs::write(&folder, "in the way").unwrap();
    backup::start(&world.cat, folder.clone(), "0.0.1");
    let (mut lookout, _) = lookout("here");
    assert!(backup::make(&world.cat, Actor::system("test")).await.is_err());
    lookout.look(&world.cat).await.unwrap();
    assert_eq!(told(&world).await, [], "whoever made one by hand saw it fail");
    let schedule = BackupSchedule { is_on: true, ..BackupSchedule::default() };
    let settings = Settings { backup: schedule, ..Settings::default() };
    review::set_settings(&world.cat, &world.human, settings).await.unwrap();
    world.clock.advance(TimeDelta::minutes(15));
    assert!(backup::make_if_due(&world.cat).await.is_err());
    lookout.look(&world.cat).await.unwrap();
    assert_eq!(told(&world).await, [(NoticeEvent::BackupFailed, false)]);
    std::fs::remove_file(&folder).unwrap();
    world.clock.advance(TimeDelta::minutes(15));
    assert!(backup::make_if_due(&world.cat).await.unwrap().is_some());
    lookout.look(&world.cat).await.unwrap();
    assert_eq!(told(&world).await, [(NoticeEvent::BackupFailed, false), (NoticeEvent::BackupFailed, true)]);
}

#[tokio::test]
async fn several_processes_see_one_alert_and_one_that_is_gone_keeps_none_alive() {
    let world = World::new().await;
    let ((mut one, free_one), (mut other, free_other)) = (lookout("one"), lookout("other"));
    free_one.store(0, Ordering::SeqCst);
    free_other.store(0, Ordering::SeqCst);
    one.look(&world.cat).await.unwrap();
    other.look(&world.cat).await.unwrap();
    assert_eq!(told(&world).await, [(NoticeEvent::DiskFull, false)]);
    free_one.store(PLENTY, Ordering::SeqCst);
    one.look(&world.cat).await.unwrap();
    assert_eq!(told(&world).await.len(), 1, "another still sees it");
    drop(other);
    for _ in 0..5 {
        world.clock.advance(TimeDelta::seconds(60));
        one.look(&world.cat).await.unwrap();
    }
    assert_eq!(told(&world).await, [(NoticeEvent::DiskFull, false), (NoticeEvent::DiskFull, true)]);
}

#[tokio::test]
async fn a_loop_of_crashes_and_nobody_there_are_a_failure_of_the_sandbox_and_one_crash_is_not() {
    let world = World::new().await;
    let (mut lookout, _) = lookout("here");
    let mut look = async || {
        lookout.look(&world.cat).await.unwrap();
        told(&world).await.len()
    };
    assert_eq!(look().await, 0);
    world.executor.crashes.fetch_add(1, Ordering::SeqCst);
    assert_eq!(look().await, 0);
    world.executor.crashes.fetch_add(4, Ordering::SeqCst);
    assert_eq!(look().await, 1);
    for _ in 0..6 {
        look().await;
    }
    assert_eq!(told(&world).await, [(NoticeEvent::SandboxFailure, false), (NoticeEvent::SandboxFailure, true)]);
    world.executor.is_gone.store(true, Ordering::SeqCst);
    assert_eq!((look().await, look().await), (3, 3));
    world.executor.is_gone.store(false, Ordering::SeqCst);
    assert_eq!(look().await, 4);
}

#[tokio::test]
async fn fewer_layers_than_before_a_restart_are_told_and_once() {
    let world = World::new().await;
    let look = async |source: &str, tier: SandboxTier| {
        *world.executor.tier.lock().unwrap() = tier;
        lookout(source).0.look(&world.cat).await.unwrap();
        told(&world).await
    };
    assert_eq!(look("here", SandboxTier::Full).await, []);
    for _ in 0..3 {
        assert_eq!(look("here", SandboxTier::NoNamespaces).await, [(NoticeEvent::TierDrop, false)]);
    }
    assert_eq!(look("elsewhere", SandboxTier::NoNamespaces).await.len(), 1, "it was never better there");
    assert_eq!(look("here", SandboxTier::Full).await[1..], [(NoticeEvent::TierDrop, true)]);
}

#[tokio::test]
async fn many_failing_calls_are_told_and_what_a_caller_did_wrong_does_not_count() {
    let world = World::new().await;
    world.live("math", "add", ADD).await;
    let (mut lookout, _) = lookout("here");
    for _ in 0..30 {
        world.call("math__add", json!({"a": "no number"})).await;
    }
    lookout.look(&world.cat).await.unwrap();
    assert_eq!(told(&world).await, []);
    world.answer(|_| failed(Failure::new(FailureKind::Timeout, "too slow")));
    for _ in 0..60 {
        world.call("math__add", json!({"a": 1})).await;
    }
    lookout.look(&world.cat).await.unwrap();
    assert_eq!(told(&world).await, [(NoticeEvent::ErrorRate, false)]);
}

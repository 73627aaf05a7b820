//! Tasks: quotas, whose they are, and what becomes of them when the process that ran them is gone or their time is over.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use mcpbox_catalog::{
    Catalog, CatalogError,
    task::{self, Handover, NewTask, Stop},
};
use mcpbox_core::{
    execute::{Observer, Unobserved},
    failure::FailureKind,
    principal::{Principal, Scope},
    task::{Ending, Task, TaskState},
};
use serde_json::json;
use tokio::sync::oneshot;

use crate::support::{World, refusal};

const NEW: NewTask<'static> = NewTask { name: "reports__yearly", ttl: None };

fn result() -> Ending {
    Ending::Result(json!({"content": []}).as_object().cloned().unwrap())
}

async fn opened(world: &World) -> Task {
    task::open(&world.cat, &world.llm, NEW).await.unwrap()
}

/// A task whose run ends when it is told to.
async fn running(cat: &Arc<Catalog>, who: &Principal) -> (Task, oneshot::Sender<Ending>, tokio::task::JoinHandle<()>) {
    let task = task::open(cat, who, NEW).await.unwrap();
    let (sender, told) = oneshot::channel();
    let heard = Handover::from(Arc::new(Unobserved));
    heard.progress(1.0, Some(2.0), Some("half".into()));
    let work = async move { told.await.unwrap() };
    let drive = task::drive(cat.clone(), task.clone(), heard, work, std::future::pending::<Stop>());
    (task, sender, tokio::spawn(drive))
}

async fn state(cat: &Catalog, who: &Principal, task: &Task) -> Task {
    task::get(cat, who, &task.id).await.unwrap()
}

#[tokio::test]
async fn a_task_is_there_for_its_owner_alone() {
    let world = World::new().await;
    let task = opened(&world).await;
    let remote = |subject: &str, client: &str| Principal::Remote {
        subject: subject.into(),
        client: Some(client.into()),
        scopes: vec![Scope::Tools],
    };
    let theirs = task::open(&world.cat, &remote("ada", "laptop"), NEW).await.unwrap();
    for who in [remote("eve", "laptop"), remote("ada", "phone"), world.llm.clone()] {
        let unknown = refusal(task::get(&world.cat, &who, &theirs.id).await);
        assert_eq!(unknown.kind, FailureKind::NotFound);
        assert_eq!(refusal(task::cancel(&world.cat, &who, &theirs.id).await), unknown);
        assert!(task::list(&world.cat, &who, None).await.unwrap().tasks.iter().all(|one| one.id != theirs.id));
    }
    assert_eq!(refusal(task::get(&world.cat, &remote("ada", "laptop"), &task.id).await).kind, FailureKind::NotFound);
    assert_eq!(task.id.len(), 64, "256 bits in hex");
    let other = Principal::Local { client: Some("another name".into()) };
    assert_eq!(state(&world.cat, &other, &task).await, task, "clients of this machine are one");
}

#[tokio::test]
async fn an_owner_runs_and_keeps_a_number_of_them() {
    let world = World::new().await;
    let mut kept = 0;
    while kept < task::KEPT_MAX {
        let mut working = Vec::new();
        for _ in 0..task::WORKING_MAX {
            working.push(opened(&world).await);
        }
        let refused = refusal(task::open(&world.cat, &world.llm, NEW).await);
        assert_eq!(refused.kind, FailureKind::LimitReached);
        assert!(refused.message.contains("20 tasks of this client that run"), "{}", refused.message);
        for one in &working {
            task::cancel(&world.cat, &world.llm, &one.id).await.unwrap();
        }
        kept += task::WORKING_MAX;
    }
    let refused = refusal(task::open(&world.cat, &world.llm, NEW).await);
    assert!(refused.message.contains("100 tasks of this client that are kept"), "{}", refused.message);
    let eve = Principal::Remote { subject: "eve".into(), client: None, scopes: vec![Scope::Tools] };
    task::open(&world.cat, &eve, NEW).await.unwrap();
    let first = task::list(&world.cat, &world.llm, None).await.unwrap();
    let second = task::list(&world.cat, &world.llm, first.next.as_deref()).await.unwrap();
    assert_eq!((first.tasks.len(), second.tasks.len(), second.next), (50, 50, None));
    world.clock.advance(task::TTL);
    opened(&world).await;
}

#[tokio::test]
async fn what_came_of_a_run_is_there_until_its_time_is_over() {
    let world = World::new().await;
    let replica = world.replica().await;
    let (task, end, drive) = running(&world.cat, &world.llm).await;
    end.send(result()).unwrap();
    let over = task::wait(&replica, &world.llm, &task.id).await.unwrap();
    assert_eq!((over.state, over.ending.clone()), (TaskState::Completed, Some(result())));
    assert_eq!(over.message.as_deref(), Some("1/2: half"));
    drive.await.unwrap();
    let (same, is_first) = task::cancel(&replica, &world.llm, &task.id).await.unwrap();
    assert_eq!((same, is_first), (over, false), "one that is over stays as it ended");
    world.clock.advance(task::TTL - TimeDelta::seconds(1));
    state(&world.cat, &world.llm, &task).await;
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(refusal(task::get(&world.cat, &world.llm, &task.id).await).kind, FailureKind::NotFound);
    replica.close().await;
}

#[tokio::test]
async fn a_wish_is_kept_within_bounds_and_never_costs_a_result() {
    let world = World::new().await;
    for (wish, kept_s) in [(Some(90), 90), (Some(0), 1), (Some(1_000_000), 86_400), (None, 3_600)] {
        let new = NewTask { ttl: wish.map(Duration::from_secs), ..NEW };
        let task = task::open(&world.cat, &world.llm, new).await.unwrap();
        assert_eq!(task.ttl_ms(), kept_s * 1_000, "{wish:?}");
    }
    let new = NewTask { ttl: Some(Duration::from_secs(1)), ..NEW };
    let task = task::open(&world.cat, &world.llm, new).await.unwrap();
    world.clock.advance(TimeDelta::seconds(15));
    assert_eq!(state(&world.cat, &world.llm, &task).await.state, TaskState::Working, "it still runs");
    let heard = Handover::from(Arc::new(Unobserved));
    let stop = std::future::pending::<Stop>();
    task::drive(world.cat.clone(), task.clone(), heard, async { result() }, stop).await;
    world.clock.advance(task::KEPT_AFTER_END - TimeDelta::seconds(1));
    let over = state(&world.cat, &world.llm, &task).await;
    assert_eq!((over.state, over.ttl_ms()), (TaskState::Completed, 45_000));
    world.clock.advance(TimeDelta::seconds(1));
    assert!(matches!(task::get(&world.cat, &world.llm, &task.id).await, Err(CatalogError::Refused(_))));
}

#[tokio::test]
async fn cancelled_at_one_process_the_run_stops_at_another() {
    let world = World::new().await;
    let (task, end, drive) = running(&world.cat, &world.llm).await;
    // On SQLite a process is alone, and there is no other that could be asked.
    let asked = if world.is_postgres() { world.replica().await } else { world.cat.clone() };
    let (cancelled, is_first) = task::cancel(&asked, &world.llm, &task.id).await.unwrap();
    assert_eq!((cancelled.state, is_first), (TaskState::Cancelled, true));
    tokio::time::timeout(Duration::from_secs(5), drive).await.expect("the run went on").unwrap();
    assert!(end.is_closed(), "the run was dropped");
    let over = state(&world.cat, &world.llm, &task).await;
    assert_eq!((over.state, over.ending), (TaskState::Cancelled, None));
}

#[tokio::test]
async fn a_task_whose_process_fell_silent_has_failed() {
    let world = World::new().await;
    let task = opened(&world).await;
    world.clock.advance(TimeDelta::seconds(20));
    assert_eq!(state(&world.cat, &world.llm, &task).await.state, TaskState::Working);
    world.clock.advance(TimeDelta::seconds(1));
    let over = state(&world.cat, &world.llm, &task).await;
    assert_eq!(over.state, TaskState::Failed);
    assert!(over.message.unwrap().contains("The server that ran it ended"));
    let Some(Ending::Error(error)) = over.ending else { panic!("no error") };
    assert_eq!(error["code"], -32603);
}

#[tokio::test]
async fn alone_on_its_database_a_process_that_starts_fails_what_ran_before() {
    let world = World::new().await;
    let task = opened(&world).await;
    let (done, end, drive) = running(&world.cat, &world.llm).await;
    end.send(result()).unwrap();
    drive.await.unwrap();
    let is_shared = world.is_postgres();
    let world = world.restart().await;
    let expected = if is_shared { TaskState::Working } else { TaskState::Failed };
    assert_eq!(state(&world.cat, &world.llm, &task).await.state, expected);
    assert_eq!(state(&world.cat, &world.llm, &done).await.ending, Some(result()), "what ended before stays");
}

#[tokio::test]
async fn what_must_not_go_on_says_why() {
    let world = World::new().await;
    for (stop, state, says) in [
        (Stop::Access, TaskState::Cancelled, "was taken back"),
        (Stop::Shutdown, TaskState::Failed, "call the tool again"),
    ] {
        let task = opened(&world).await;
        let heard = Handover::from(Arc::new(Unobserved));
        task::drive(world.cat.clone(), task.clone(), heard, std::future::pending(), async move { stop }).await;
        let over = task::get(&world.cat, &world.llm, &task.id).await.unwrap();
        assert_eq!(over.state, state);
        assert!(over.message.unwrap().contains(says));
    }
}

//! Long calls as tasks: whose they are, who ends them, and when they are forgotten.

use chrono::TimeDelta;
use mcpbox_core::{
    ids::{CallId, ToolId, VersionId},
    task::{Begun, Ending, Task, TaskState},
    token::TokenHash,
};
use mcpbox_store::{Store, StoreError, rotate_data_keys, tasks};
use serde_json::json;

use crate::{
    database::{keyring, on_both},
    making::later,
};

fn owner(name: &str) -> TokenHash {
    TokenHash::of(name)
}

fn task(id: &str, made: i64) -> Task {
    Task {
        id: id.into(),
        name: "reports__yearly".into(),
        run: None,
        state: TaskState::Working,
        message: None,
        created_at: later(made),
        updated_at: later(made),
        expires_at: later(made) + TimeDelta::hours(1),
        ending: None,
    }
}

async fn with(store: &Store, of: &str, task: &Task) {
    let tx = store.begin().await.unwrap();
    tasks::insert(&tx, &owner(of), task).await.unwrap();
    tx.commit().await.unwrap();
}

fn result() -> Ending {
    Ending::Result(json!({"content": [{"type": "text", "text": "42\u{0}"}]}).as_object().cloned().unwrap())
}

async fn end(store: &Store, id: &str, state: TaskState, ending: Option<&Ending>, at: i64) -> bool {
    let tx = store.begin_log().await.unwrap();
    let end = tasks::End { state, message: Some("over"), ending, keep_until: later(at) + TimeDelta::seconds(30) };
    let is_first = tasks::end(&tx, id, end, later(at)).await.unwrap();
    tx.commit().await.unwrap();
    is_first
}

#[test]
fn a_task_is_its_owners_alone_and_ends_once() {
    on_both(async |database| {
        let store = database.store().await;
        let reader = store.reader();
        with(&store, "ada", &task("a", 1)).await;
        assert_eq!(tasks::find(&reader, &owner("eve"), "a").await.unwrap(), None);
        assert_eq!(tasks::find(&reader, &owner("ada"), "a").await.unwrap(), Some(task("a", 1)));
        let run = Begun { call_id: CallId::generate(), tool_id: ToolId::generate(), version_id: VersionId::generate() };
        let tx = store.begin_log().await.unwrap();
        assert!(tasks::beat(&tx, "a", Some(run), Some("1/2: half\u{0}"), later(3)).await.unwrap());
        assert!(tasks::beat(&tx, "a", None, None, later(4)).await.unwrap());
        tx.commit().await.unwrap();
        let told = tasks::find(&reader, &owner("ada"), "a").await.unwrap().unwrap();
        assert_eq!(
            (told.run, told.message.as_deref(), told.updated_at),
            (Some(run), Some("1/2: half\u{fffd}"), later(3))
        );

        assert!(end(&store, "a", TaskState::Completed, Some(&result()), 5).await);
        assert!(!end(&store, "a", TaskState::Cancelled, None, 6).await, "the first that ends it wins");
        let over = tasks::find(&reader, &owner("ada"), "a").await.unwrap().unwrap();
        assert_eq!((over.state, over.ending), (TaskState::Completed, Some(result())));
        let tx = store.begin_log().await.unwrap();
        assert!(!tasks::beat(&tx, "a", None, Some("late"), later(7)).await.unwrap());
        tx.rollback().await.unwrap();
        assert!(!tasks::is_there_and_working(&reader, "a").await.unwrap());
    });
}

#[test]
fn those_that_fell_silent_and_those_whose_time_is_over_are_found() {
    on_both(async |database| {
        let store = database.store().await;
        let reader = store.reader();
        for (id, made) in [("a", 1), ("b", 2), ("c", 3)] {
            with(&store, "ada", &task(id, made)).await;
        }
        with(&store, "eve", &task("d", 4)).await;
        assert_eq!(tasks::count(&reader, &owner("ada")).await.unwrap(), tasks::TaskCounts { all: 3, working: 3 });
        let mut silent = tasks::silent(&reader, later(3)).await.unwrap();
        silent.sort();
        assert_eq!(silent, ["a", "b"]);
        assert!(end(&store, "a", TaskState::Cancelled, None, 5).await);
        assert_eq!(tasks::count(&reader, &owner("ada")).await.unwrap(), tasks::TaskCounts { all: 3, working: 2 });

        let hour = later(1) + TimeDelta::hours(1);
        assert!(!tasks::has_expired(&reader, hour - TimeDelta::seconds(1)).await.unwrap());
        assert!(tasks::has_expired(&reader, hour).await.unwrap());
        let far = hour + TimeDelta::days(1);
        let tx = store.begin_log().await.unwrap();
        assert_eq!(tasks::delete_expired(&tx, far).await.unwrap(), 1, "none that still runs");
        tx.commit().await.unwrap();
        // One that ran longer than it was to be kept is kept for a while after its end.
        assert!(end(&store, "b", TaskState::Completed, Some(&result()), 10_000).await);
        let kept = tasks::find(&reader, &owner("ada"), "b").await.unwrap().unwrap();
        assert_eq!(kept.expires_at, later(10_000) + TimeDelta::seconds(30));
    });
}

#[test]
fn a_list_goes_on_where_it_ended() {
    on_both(async |database| {
        let store = database.store().await;
        for (id, made) in [("a", 1), ("b", 2), ("c", 2), ("d", 3)] {
            with(&store, "ada", &task(id, made)).await;
        }
        with(&store, "eve", &task("e", 4)).await;
        let ids = async |after| {
            let found = tasks::list(&store.reader(), &owner("ada"), after, 2).await.unwrap();
            found.into_iter().map(|task| task.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(None).await, ["d", "c"]);
        assert_eq!(ids(Some((later(2), "c"))).await, ["b", "a"]);
        assert!(ids(Some((later(1), "a"))).await.is_empty());
    });
}

#[test]
fn what_came_of_a_task_is_sealed_in_its_row() {
    on_both(async |database| {
        let store = database.store().await;
        for id in ["a", "b"] {
            with(&store, "ada", &task(id, 1)).await;
            assert!(end(&store, id, TaskState::Completed, Some(&result()), 2).await);
        }
        let tx = store.begin().await.unwrap();
        rotate_data_keys(&tx, &keyring('a')).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        let store = database.store().await;
        let again = tasks::find(&store.reader(), &owner("ada"), "a").await.unwrap().unwrap();
        assert_eq!(again.ending, Some(result()), "sealed again with another key");
        let moved = "UPDATE tasks SET ending = (SELECT ending FROM tasks WHERE id = 'a') WHERE id = 'b'";
        assert_eq!(database.tamper(moved).await, 1);
        let refused = tasks::find(&store.reader(), &owner("ada"), "b").await.unwrap_err();
        assert!(matches!(refused, StoreError::Seal { .. }), "{refused}");
    });
}

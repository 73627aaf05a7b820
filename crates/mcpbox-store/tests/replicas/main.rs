//! Several processes on one PostgreSQL: what one decides, the others know at once, also after their connection broke.
//! Here, because only this crate speaks SQL.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

#[path = "../store/three.rs"]
mod three;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use mcpbox_catalog::{
    Admin, Catalog, CatalogConfig,
    access::pat::{self, NewToken},
    author, call, review, session,
};
use mcpbox_core::{
    clock::SystemClock,
    event::LiveEvent,
    execute::Unobserved,
    ids::ReviewId,
    principal::{Principal, Scope},
};
use mcpbox_testing as database;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Map;
use tokio::{sync::broadcast::Receiver, time::timeout};

use crate::{
    database::{Database, on_both},
    three::Three,
};

const ADD: &str = "async def main(a: int) -> int:\n    \"\"\"Adds.\"\"\"\n    return a + 1\n";
/// When a test gives up. What is asked for is a second; what it takes is measured elsewhere, for this machine may be busy.
const GIVE_UP: Duration = Duration::from_secs(20);

/// One process; in fact a catalog with connections of its own.
async fn replica(database: &Database) -> Arc<Catalog> {
    let config = CatalogConfig {
        store: database.store().await,
        executor: Arc::new(Three),
        clock: Arc::new(SystemClock),
        admin_url: String::new(),
    };
    Catalog::open(config).await.unwrap()
}

/// Two replicas, and the human at the second.
struct Pair {
    gateway: Arc<Catalog>,
    admin: Arc<Catalog>,
    human: Admin,
    llm: Principal,
}

impl Pair {
    async fn open(database: &Database) -> Self {
        let (gateway, admin) = (replica(database).await, replica(database).await);
        let password = || SecretString::from("correct horse battery");
        let first =
            session::FirstAdmin { proof: session::SetupProof::Local, username: "anna".into(), password: password() };
        session::create_first_admin(&admin, first).await.unwrap();
        let human = session::signed_in_from_password(&admin, "anna", &password(), None).await.unwrap().admin().unwrap();
        let pair = Self { gateway, admin, human, llm: Principal::Local { client: Some("cursor".into()) } };
        let server = author::CreateServer { name: "s".into(), description: String::new() };
        author::create_server(&pair.gateway, &pair.llm, server).await.unwrap();
        author::start_server(&pair.gateway, &pair.llm, "s").await.unwrap();
        pair
    }

    /// Asked at the gateway.
    async fn ask(&self, name: &str) -> ReviewId {
        let request =
            author::CreateTool { server: "s".into(), name: name.into(), python_code: ADD.into(), description: None };
        author::create_tool(&self.gateway, &self.llm, request).await.unwrap();
        author::request_publish(&self.gateway, &self.llm, &format!("s__{name}"), "").await.unwrap().review_id
    }

    /// Decided at the admin's.
    async fn approve(&self, review: ReviewId) {
        let detail = review::show(&self.admin, review).await.unwrap();
        let approval = review::Approval {
            acknowledged: detail.approval_needs.acknowledge.clone(),
            ..review::Approval::from("fine")
        };
        review::approve(&self.admin, &self.human, review, &detail.review.content_hash, approval).await.unwrap();
    }

    fn lists(&self, name: &str) -> bool {
        self.gateway.snapshot().published().iter().any(|tool| tool.name == name)
    }

    async fn call(&self, name: &str) -> Result<(), String> {
        let arguments = Map::from_iter([("a".into(), 1.into())]);
        let reply = call::call_tool(&self.gateway, &self.llm, name, arguments, Arc::new(Unobserved)).await;
        reply.result.map(drop).map_err(|failure| failure.to_string())
    }
}

async fn hears(events: &mut Receiver<LiveEvent>, mut wanted: impl FnMut(&LiveEvent) -> bool) {
    let heard = async { while !wanted(&events.recv().await.unwrap()) {} };
    timeout(GIVE_UP, heard).await.unwrap_or_else(|_| panic!("not heard within {GIVE_UP:?}"));
}

async fn soon(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < GIVE_UP, "{what}: not within {GIVE_UP:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn on_postgres(body: impl AsyncFn(&Database)) {
    on_both(async |database| {
        if database.backend() == sea_orm::DbBackend::Postgres {
            body(database).await;
        }
    });
}

#[test]
fn what_one_process_decides_the_others_know() {
    on_postgres(async |database| {
        let pair = Pair::open(database).await;
        let mut events = pair.gateway.subscribe();
        let review = pair.ask("add").await;
        pair.approve(review).await;
        hears(&mut events, |event| *event == LiveEvent::ReviewChanged { review_id: review }).await;
        soon("the tool is listed", || pair.lists("s__add")).await;
        hears(&mut events, |event| *event == LiveEvent::ToolListChanged).await;
        pair.call("s__add").await.unwrap();

        review::revoke(&pair.admin, &pair.human, review, "after all not").await.unwrap();
        soon("the tool is gone", || !pair.lists("s__add")).await;
        pair.call("s__add").await.unwrap_err();
    });
}

/// A token opens every replica, and a revocation closes them all: within a second is asked for, and what it took is printed.
#[test]
fn a_revoked_token_is_refused_by_every_process() {
    on_postgres(async |database| {
        let pair = Pair::open(database).await;
        let new = |name: &str| NewToken { name: name.into(), scopes: vec![Scope::Tools], expires_at: None };
        let mut took = Vec::new();
        for name in ["laptop", "phone", "tablet"] {
            let made = pat::create(&pair.admin, &pair.human, new(name)).await.unwrap();
            let is_open = || pat::principal_of(&pair.gateway, made.secret.expose_secret()).is_some();
            soon("the token opens", is_open).await;
            let mut events = pair.gateway.subscribe();
            pat::revoke(&pair.admin, &pair.human, made.token.id).await.unwrap();
            let begun = Instant::now();
            soon("the token is refused", || !is_open()).await;
            took.push(begun.elapsed());
            hears(&mut events, |event| *event == LiveEvent::AccessChanged).await;
        }
        println!("revoked at one process, refused by the other after {took:?}");
    });
}

#[test]
fn a_page_hears_of_runs_and_clients_of_other_processes() {
    on_postgres(async |database| {
        let pair = Pair::open(database).await;
        pair.approve(pair.ask("add").await).await;
        soon("the tool is listed", || pair.lists("s__add")).await;
        let mut events = pair.admin.subscribe();
        for _ in 0..120 {
            pair.call("s__add").await.unwrap();
        }
        for _ in 0..120 {
            hears(&mut events, |event| matches!(event, LiveEvent::CallFinished { succeeded: true, .. })).await;
        }
        pair.gateway.meet(&pair.llm);
        hears(&mut events, |event| *event == LiveEvent::ClientSeen).await;
        assert_eq!(pair.admin.clients()[0].name, pair.llm.actor().name);
    });
}

/// Installations may share a database, each with a schema of its own: what runs in one is nobody's business in the other.
#[test]
fn nothing_is_heard_of_another_installation() {
    on_postgres(async |database| {
        let pair = Pair::open(database).await;
        let next_door = database.neighbour().unwrap();
        let others = Pair::open(&next_door).await;
        others.approve(others.ask("add").await).await;
        soon("the tool is listed next door", || others.lists("s__add")).await;
        let (mut here, mut there) = (pair.admin.subscribe(), others.admin.subscribe());
        others.gateway.meet(&others.llm);
        hears(&mut there, |event| *event == LiveEvent::ClientSeen).await;
        others.call("s__add").await.unwrap();
        hears(&mut there, |event| matches!(event, LiveEvent::CallFinished { .. })).await;
        // What is said here comes after all that.
        let review = pair.ask("mine").await;
        let mut heard = Vec::new();
        hears(&mut here, |event| {
            heard.push(event.clone());
            *event == LiveEvent::ReviewChanged { review_id: review }
        })
        .await;
        let is_ours = |event: &LiveEvent| !matches!(event, LiveEvent::ClientSeen | LiveEvent::CallFinished { .. });
        assert!(heard.iter().all(is_ours), "{heard:?}");
        assert!(pair.admin.clients().is_empty());
    });
}

#[test]
fn one_who_lost_the_connection_learns_what_was_said_meanwhile() {
    on_postgres(async |database| {
        let pair = Pair::open(database).await;
        let review = pair.ask("add").await;
        let listening = "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity \
                         WHERE query LIKE 'LISTEN%' || hashtextextended(current_schema(), 0) || '%'";
        for _ in 0..3 {
            database.text(listening).await;
        }
        pair.approve(review).await;
        let begun = Instant::now();
        while !pair.lists("s__add") {
            assert!(begun.elapsed() < GIVE_UP, "never heard");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        pair.call("s__add").await.unwrap();
    });
}

#[test]
fn a_change_that_is_not_understood_holds_nothing_up() {
    on_postgres(async |database| {
        let pair = Pair::open(database).await;
        let review = pair.ask("add").await;
        pair.approve(review).await;
        soon("the tool is listed", || pair.lists("s__add")).await;
        let foreign = r#"{"from": 7, "events": [{"type": "unheard_of"}]}"#;
        let insert = format!("INSERT INTO outbox (kind, payload, created_at) VALUES ('catalog', '{foreign}', now())");
        database.tamper(&insert).await;
        review::revoke(&pair.admin, &pair.human, review, "after all not").await.unwrap();
        soon("the tool is gone", || !pair.lists("s__add")).await;
    });
}

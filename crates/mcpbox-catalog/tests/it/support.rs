//! A catalog on a database of its own, with a scripted executor, an LLM and a human.

mod scripted;
pub(crate) mod there;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use mcpbox_catalog::{Admin, Catalog, CatalogConfig, CatalogError, author, call, review, session};
use mcpbox_core::{
    capability::HostRule,
    clock::{Clock, ManualClock},
    event::LiveEvent,
    execute::{Execution, HostAttempt, HostOutcome, Observed, Outcome, ToolOutput, Unobserved},
    failure::Failure,
    ids::ReviewId,
    principal::Principal,
};
use mcpbox_store::{Keyring, Store};
use mcpbox_testing::{Database, add_admin};
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::{sync::broadcast::Receiver, time::timeout};

pub(crate) use scripted::{Index, Scripted, resolved};

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) const ADD: &str = r#"
async def main(a: int, b: int = 1) -> int:
    """Adds two numbers."""
    return a + b
"#;

pub(crate) const FETCH: &str = r#"
async def main(city: str) -> dict[str, str]:
    """Fetches the weather."""
    response = await http.get("https://api.weather.example/v1", params={"q": city}, headers={"x": secrets["WEATHER_KEY"]})
    return response.json()
"#;

pub(crate) fn returned(value: Value) -> Outcome {
    Outcome {
        result: Ok(ToolOutput { value, content: Vec::new() }),
        stdout: String::new(),
        observed: Observed { duration_us: 1_500, ..Observed::default() },
    }
}

pub(crate) fn failed(failure: Failure) -> Outcome {
    Outcome { result: Err(failure), stdout: String::new(), observed: Observed::default() }
}

pub(crate) fn denied_host(host: &str, port: u16) -> HostAttempt {
    HostAttempt {
        host: host.into(),
        port,
        method: "GET".into(),
        outcome: HostOutcome::Denied,
        detail: "not granted".into(),
        needs: Some(HostRule { host: host.into(), port: (!matches!(port, 80 | 443)).then_some(port), method: None }),
    }
}

pub(crate) fn denied_modules(modules: &[&str]) -> Observed {
    Observed { denied_modules: modules.iter().map(|m| (*m).to_owned()).collect::<BTreeSet<_>>(), ..Observed::default() }
}

pub(crate) struct World {
    pub(crate) cat: Arc<Catalog>,
    pub(crate) store: Store,
    pub(crate) executor: Arc<Scripted>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) llm: Principal,
    pub(crate) human: Admin,
    database: Arc<Database>,
    keyring: Keyring,
}

pub(crate) fn start_of_time() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

async fn open_catalog(store: &Store, executor: &Arc<Scripted>, clock: &Arc<ManualClock>) -> Arc<Catalog> {
    let config = CatalogConfig {
        store: store.clone(),
        executor: executor.clone(),
        clock: clock.clone(),
        admin_url: "http://127.0.0.1:3000/".into(),
    };
    Catalog::open(config).await.unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = Arc::new(Database::of_this_run());
        let keyring = Keyring::generate().unwrap();
        let store = database.open(keyring.clone()).await.unwrap();
        let executor = Scripted::new(Box::new(|_| returned(Value::from(3))));
        let clock = Arc::new(ManualClock::starting_at(start_of_time()));
        let cat = open_catalog(&store, &executor, &clock).await;
        add_admin(&store, "anna", PASSWORD, clock.now()).await;
        let human = session::signed_in_from_password(&cat, "anna", &SecretString::from(PASSWORD), None)
            .await
            .unwrap()
            .admin()
            .unwrap();
        let llm = Principal::Local { client: Some("test client".into()) };
        Self { cat, store, executor, clock, llm, human, database, keyring }
    }

    /// A catalog without any account.
    pub(crate) async fn without_admin() -> (Arc<Catalog>, Database) {
        let database = Database::of_this_run();
        let store = database.open(Keyring::generate().unwrap()).await.unwrap();
        let executor = Scripted::new(Box::new(|_| returned(Value::Null)));
        let clock = Arc::new(ManualClock::starting_at(start_of_time()));
        (open_catalog(&store, &executor, &clock).await, database)
    }

    /// Closes everything and opens it again from disk.
    pub(crate) async fn restart(self) -> Self {
        self.cat.close().await;
        self.store.close().await;
        let store = self.database.open(self.keyring.clone()).await.unwrap();
        let cat = open_catalog(&store, &self.executor, &self.clock).await;
        Self { cat, store, ..self }
    }

    /// Another process on the same database.
    pub(crate) async fn replica(&self) -> Arc<Catalog> {
        open_catalog(&self.store, &self.executor, &self.clock).await
    }

    /// The one text that a query gives.
    pub(crate) async fn text(&self, sql: &str) -> String {
        self.database.text(sql).await
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.database.location, mcpbox_store::Location::Postgres(_))
    }

    pub(crate) fn answer(&self, script: impl Fn(&Execution) -> Outcome + Send + Sync + 'static) {
        self.executor.answer(script);
    }

    pub(crate) fn last_execution(&self) -> Execution {
        self.executor.seen.lock().unwrap().pop().expect("nothing ran")
    }

    pub(crate) fn runs(&self) -> usize {
        self.executor.seen.lock().unwrap().len()
    }

    pub(crate) async fn server(&self, name: &str) {
        let request = author::CreateServer { name: name.into(), description: String::new() };
        author::create_server(&self.cat, &self.llm, request).await.unwrap();
    }

    pub(crate) async fn try_create(
        &self,
        server: &str,
        name: &str,
        code: &str,
    ) -> Result<author::DraftReport, CatalogError> {
        let request = author::CreateTool {
            server: server.into(),
            name: name.into(),
            python_code: code.into(),
            description: None,
        };
        author::create_tool(&self.cat, &self.llm, request).await
    }

    pub(crate) async fn create(&self, server: &str, name: &str, code: &str) -> author::DraftReport {
        self.try_create(server, name, code).await.unwrap()
    }

    pub(crate) async fn update_code(&self, tool: &str, code: &str) -> author::DraftReport {
        let request = author::UpdateTool { tool: tool.into(), python_code: Some(code.into()), ..Default::default() };
        author::update_tool(&self.cat, &self.llm, request).await.unwrap()
    }

    pub(crate) async fn publish(&self, tool: &str) -> author::PublishReport {
        author::request_publish(&self.cat, &self.llm, tool, "").await.unwrap()
    }

    /// Approves what is asked for now.
    pub(crate) async fn approve(&self, review: ReviewId) -> review::Decision {
        let detail = review::show(&self.cat, review).await.unwrap();
        review::approve(&self.cat, &self.human, review, &detail.review.content_hash, careful(&detail)).await.unwrap()
    }

    /// A tool that is live on a running server: `server__name`.
    pub(crate) async fn live(&self, server: &str, name: &str, code: &str) -> String {
        if !self.cat.snapshot().servers().any(|known| known.name.as_str() == server) {
            self.server(server).await;
            author::start_server(&self.cat, &self.llm, server).await.unwrap();
        }
        self.create(server, name, code).await;
        let tool = format!("{server}__{name}");
        self.approve(self.publish(&tool).await.review_id).await;
        tool
    }

    pub(crate) async fn call(&self, name: &str, arguments: Value) -> call::CallReply {
        call::call_tool(&self.cat, &self.llm, name, object(arguments), Arc::new(Unobserved)).await
    }

    pub(crate) async fn test(&self, tool: &str, arguments: Value) -> author::TestReport {
        let request = author::TestCode { tool: tool.into(), arguments: object(arguments), ..Default::default() };
        author::test_code(&self.cat, &self.llm, request, Arc::new(Unobserved)).await.unwrap()
    }

    pub(crate) fn published(&self) -> Vec<String> {
        self.cat.snapshot().published().iter().map(|tool| tool.name.clone()).collect()
    }
}

/// An approval of somebody who read every finding and typed the name.
pub(crate) fn careful(detail: &review::ReviewDetail) -> review::Approval {
    let needs = detail.approval_needs.clone();
    let (acknowledged, tool_name) = (needs.acknowledge, needs.tool_name);
    review::Approval { acknowledged, tool_name, ..review::Approval::from("fine") }
}

/// A request for a module by its name alone.
pub(crate) fn asked<'a>(module_name: &'a str, justification: &'a str) -> author::ModuleRequest<'a> {
    author::ModuleRequest { module_name, package: None, network: false, justification }
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// The refusal in an answer that must be one.
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, CatalogError>) -> Failure {
    match answer.unwrap_err() {
        CatalogError::Refused(failure) => failure,
        other => panic!("not a refusal: {other:?}"),
    }
}

/// The next event like this; others may come before it.
pub(crate) async fn heard(events: &mut Receiver<LiveEvent>, is_it: impl Fn(&LiveEvent) -> bool) -> LiveEvent {
    let hearing = async {
        loop {
            let event = events.recv().await.unwrap();
            if is_it(&event) {
                return event;
            }
        }
    };
    timeout(Duration::from_secs(20), hearing).await.expect("it is told")
}

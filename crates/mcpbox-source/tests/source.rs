//! The client against a real server of the official SDK.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failing test panics")]

mod lan;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use lan::{LAN, in_namespace};
use mcpbox_core::{
    execute::{Observer, Outcome, Unobserved},
    failure::FailureKind,
    ids::SourceId,
    server::Limits,
    source::{
        OfferedTool, SourceAuth, SourceCall, SourceClient, SourceHealth, SourceRule, SourceTarget, TransportKind,
    },
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_source::Sources;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, JsonObject, ListToolsResult,
        PaginatedRequestParams, ProgressNotificationParam, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

/// What the server does and remembers.
#[derive(Default)]
struct Facts {
    calls: AtomicUsize,
    is_cancelled: AtomicBool,
    is_changed: AtomicBool,
}

#[derive(Clone)]
struct Server(Arc<Facts>);

fn schema(value: Value) -> Arc<JsonObject> {
    Arc::new(value.as_object().unwrap().clone())
}

impl Server {
    fn tools(&self) -> Vec<Tool> {
        let words = if self.0.is_changed.load(Ordering::SeqCst) { "Counts otherwise" } else { "Counts" };
        let plain = schema(json!({"type": "object", "properties": {"n": {"type": "integer"}}}));
        // The server refuses a call of it whose header does not say what the body does.
        let routed = json!({"type": "object", "properties": {"n": {"type": "integer", "x-mcp-header": "Number"}}});
        let mut tools = ["count", "wait", "large"].map(|name| Tool::new(name, words, Arc::clone(&plain))).to_vec();
        tools.push(Tool::new("routed", words, schema(routed)));
        tools
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let mut info = ServerConfig::default();
        info.capabilities = ServerCapabilities::builder().enable_tools().build();
        info
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        match &*request.name {
            "wait" => {
                context.ct.cancelled().await;
                self.0.is_cancelled.store(true, Ordering::SeqCst);
            }
            "large" => return Ok(CallToolResult::success(vec![ContentBlock::text("x".repeat(2 << 20))]).into()),
            _ => {}
        }
        if let Some(token) = context.meta.get_progress_token() {
            for step in 1..=3 {
                let params = ProgressNotificationParam::new(token.clone(), f64::from(step)).with_total(3.0);
                context.peer.notify_progress(params).await.unwrap();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(CallToolResult::structured(json!({"n": request.arguments})).into())
    }
}

/// A running server, and a client for it.
struct World {
    facts: Arc<Facts>,
    sources: Arc<Sources>,
    target: SourceTarget,
}

impl World {
    async fn new(is_legacy: bool) -> Self {
        let facts = Arc::<Facts>::default();
        let server = Server(Arc::clone(&facts));
        let config = StreamableHttpServerConfig::default().disable_allowed_hosts().with_legacy_session_mode(true);
        let service =
            StreamableHttpService::new(move || Ok(server.clone()), Arc::<LocalSessionManager>::default(), config);
        let mut app = axum::Router::new().fallback_service(service);
        if is_legacy {
            app = app.layer(axum::middleware::from_fn(refuse_discovery));
        }
        let listener = tokio::net::TcpListener::bind((LAN, 0)).await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let broker = Broker::new(BrokerConfig::default()).unwrap();
        let rule = SourceRule {
            name: "there".into(),
            transport: TransportKind::default(),
            url,
            auth: SourceAuth::None,
            program: None,
        };
        let target = SourceTarget { id: SourceId::generate(), rule, secrets: Vec::new(), login: None };
        Self { facts, sources: Sources::new(broker), target }
    }

    async fn offered(&self, name: &str) -> Arc<OfferedTool> {
        let all = self.sources.list_tools(self.target.clone()).await.unwrap();
        Arc::new(all.into_iter().find(|tool| tool.name == name).unwrap())
    }

    async fn call(&self, tool: &Arc<OfferedTool>, limits: Limits, observer: Arc<dyn Observer>) -> Outcome {
        let arguments = Map::from_iter([("n".to_owned(), json!(7))]);
        let call = SourceCall { tool: Arc::clone(tool), arguments, limits };
        self.sources.call(self.target.clone(), call, observer).await
    }
}

/// As servers do that know no `server/discover`.
async fn refuse_discovery(request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    if String::from_utf8_lossy(&body).contains("server/discover") {
        let mut refusal = axum::response::Response::new("Bad Request: no session".into());
        *refusal.status_mut() = axum::http::StatusCode::BAD_REQUEST;
        return refusal;
    }
    next.run(axum::extract::Request::from_parts(parts, body.into())).await
}

#[derive(Default)]
struct Heard(Mutex<Vec<f64>>);

impl Observer for Heard {
    fn progress(&self, done: f64, _: Option<f64>, _: Option<String>) {
        self.0.lock().unwrap().push(done);
    }

    fn log(&self, _: String) {}
}

async fn calls_with_progress(is_legacy: bool, protocol: &str) {
    let world = World::new(is_legacy).await;
    assert_eq!(world.sources.health(world.target.id), SourceHealth::Unknown);
    let count = world.offered("count").await;
    let heard = Arc::<Heard>::default();
    let outcome = world.call(&count, Limits::default(), heard.clone()).await;
    assert_eq!(outcome.result.unwrap().value, json!({"n": {"n": 7}}));
    // What comes together with the result may come too late to be told.
    let heard = heard.0.lock().unwrap().clone();
    assert!(!heard.is_empty() && heard.iter().all(|step| [1.0, 2.0, 3.0].contains(step)), "{heard:?}");
    assert_eq!(world.sources.health(world.target.id), SourceHealth::Connected { protocol: protocol.into() });
}

#[test]
fn a_server_of_the_newer_protocol_is_called_with_progress() {
    in_namespace("a_server_of_the_newer_protocol_is_called_with_progress", || calls_with_progress(false, "2026-07-28"));
}

#[test]
fn a_server_of_the_older_protocol_is_called_with_progress() {
    in_namespace("a_server_of_the_older_protocol_is_called_with_progress", || calls_with_progress(true, "2025-11-25"));
}

#[test]
fn arguments_go_into_headers_where_the_tool_wants_them_there_too() {
    in_namespace("arguments_go_into_headers_where_the_tool_wants_them_there_too", async || {
        let world = World::new(false).await;
        let routed = world.offered("routed").await;
        let outcome = world.call(&routed, Limits::default(), Arc::new(Unobserved)).await;
        assert_eq!(outcome.result.unwrap().value, json!({"n": {"n": 7}}));
    });
}

#[test]
fn nobody_waiting_is_told_and_time_and_size_are_limited() {
    in_namespace("nobody_waiting_is_told_and_time_and_size_are_limited", async || {
        let world = World::new(false).await;
        let (wait, large) = (world.offered("wait").await, world.offered("large").await);
        let short = Limits { timeout_ms: 300, ..Limits::default() };
        let failure = world.call(&wait, short, Arc::new(Unobserved)).await.result.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Timeout);
        let is_cancelled = async {
            while !world.facts.is_cancelled.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(20), is_cancelled).await.expect("the server hears that nobody waits");
        let failure = world.call(&large, Limits::default(), Arc::new(Unobserved)).await.result.unwrap_err();
        assert_eq!(failure.kind, FailureKind::OutputTooLarge);
    });
}

#[test]
fn what_is_not_offered_as_it_was_approved_is_not_called() {
    in_namespace("what_is_not_offered_as_it_was_approved_is_not_called", async || {
        let world = World::new(false).await;
        let count = world.offered("count").await;
        world.facts.is_changed.store(true, Ordering::SeqCst);
        let now = world.offered("count").await;
        assert_ne!(count, now);
        let failure = world.call(&count, Limits::default(), Arc::new(Unobserved)).await.result.unwrap_err();
        assert_eq!((failure.kind, world.facts.calls.load(Ordering::SeqCst)), (FailureKind::NotLive, 0));
        assert!(world.call(&now, Limits::default(), Arc::new(Unobserved)).await.result.is_ok());
        assert_eq!(
            timeout(Duration::from_secs(5), world.sources.changed()).await,
            Ok(world.target.id),
            "connected anew"
        );
    });
}

#[test]
fn one_that_cannot_be_reached_is_not_tried_again_at_once() {
    in_namespace("one_that_cannot_be_reached_is_not_tried_again_at_once", async || {
        let world = World::new(false).await;
        let rule = SourceRule { url: format!("http://{LAN}:9/mcp"), ..world.target.rule.clone() };
        let gone = SourceTarget { rule, ..world.target.clone() };
        let first = world.sources.list_tools(gone.clone()).await.unwrap_err();
        assert_eq!(first.kind, FailureKind::Unavailable);
        let second = world.sources.list_tools(gone.clone()).await.unwrap_err();
        assert!(second.message.contains("tried again in"), "{second}");
        let failing = world.sources.health(gone.id);
        assert!(matches!(failing, SourceHealth::Failing { attempts: 1, .. }), "{failing:?}");
    });
}

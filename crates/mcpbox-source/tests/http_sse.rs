//! The client against servers that speak HTTP+SSE, well and badly.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a failing test panics")]

mod lan;

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::sse::{Event, KeepAlive, Sse},
    routing::{get, post},
};
use futures::stream::{self, Stream, StreamExt as _};
use lan::{LAN, in_namespace};
use mcpbox_core::{
    execute::{Outcome, Unobserved},
    failure::{Failure, FailureKind},
    ids::SourceId,
    server::Limits,
    source::{
        OfferedTool, SourceAuth, SourceCall, SourceClient, SourceHealth, SourceRule, SourceTarget, TransportKind,
    },
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_source::Sources;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

const SOON: Duration = Duration::from_secs(30);

/// What the server does and remembers.
#[derive(Default)]
struct Facts {
    /// Where it says that messages are posted; its own place when empty.
    endpoint: String,
    /// Streams that are open, by number; none for one that ended.
    streams: Mutex<Vec<Option<UnboundedSender<Event>>>>,
    calls: AtomicUsize,
    closed: AtomicUsize,
    strangers: AtomicUsize,
}

#[derive(Deserialize)]
struct Session {
    session: usize,
}

/// Counts a stream that its reader gave up.
struct Open(Arc<Facts>, UnboundedReceiver<Event>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.closed.fetch_add(1, Ordering::SeqCst);
    }
}

async fn open(State(facts): State<Arc<Facts>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (sender, receiver) = unbounded_channel();
    let mut streams = facts.streams.lock().unwrap();
    let endpoint = match facts.endpoint.as_str() {
        "" => format!("/message?session={}", streams.len()),
        elsewhere => elsewhere.to_owned(),
    };
    sender.send(Event::default().event("endpoint").data(endpoint)).unwrap();
    streams.push(Some(sender));
    drop(streams);
    let events = stream::unfold(Open(facts, receiver), async |mut open| Some((open.1.recv().await?, open)));
    Sse::new(events.map(Ok)).keep_alive(KeepAlive::new().interval(Duration::from_millis(50)))
}

async fn take(State(facts): State<Arc<Facts>>, Query(at): Query<Session>, Json(message): Json<Value>) -> StatusCode {
    let stream = facts.streams.lock().unwrap().get(at.session).cloned().flatten();
    let Some(stream) = stream else { return StatusCode::NOT_FOUND };
    let say = |event: Event| drop(stream.send(event));
    let Some(id) = message.get("id").filter(|_| message.get("method").is_some()) else { return StatusCode::ACCEPTED };
    let result = match message["method"].as_str().unwrap() {
        "initialize" => {
            json!({"protocolVersion": "2024-11-05", "capabilities": {"tools": {}}, "serverInfo": {"name": "old", "version": "1"}})
        }
        "tools/list" => {
            let tool = |name| json!({"name": name, "description": "Does it", "inputSchema": {"type": "object"}});
            let tools = ["echo", "break", "forget", "flood", "wait"].map(tool);
            json!({"tools": tools})
        }
        "tools/call" => {
            facts.calls.fetch_add(1, Ordering::SeqCst);
            match message["params"]["name"].as_str().unwrap() {
                // The stream ends; the sender that is kept is the only other one.
                "break" => {
                    facts.streams.lock().unwrap()[at.session] = None;
                    return StatusCode::ACCEPTED;
                }
                "forget" => {
                    facts.streams.lock().unwrap().push(Some(stream.clone()));
                    facts.streams.lock().unwrap()[at.session] = None;
                    say(Event::default().comment("still here"));
                    json!({"content": []})
                }
                "flood" => {
                    say(Event::default().data("x".repeat(18 << 20)));
                    return StatusCode::ACCEPTED;
                }
                "wait" => return StatusCode::ACCEPTED,
                _ => json!({"content": [{"type": "text", "text": "x".repeat(2_000)}]}),
            }
        }
        _ => json!({}),
    };
    say(Event::default().event("other").data("not for us"));
    say(Event::default().data("no message"));
    if message["params"]["name"] == "echo" {
        let told = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
        say(Event::default().data(told.to_string()));
    }
    say(Event::default().event("message").data(json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()));
    StatusCode::ACCEPTED
}

/// A running server, and a client for it.
struct World {
    facts: Arc<Facts>,
    sources: Arc<Sources>,
    target: SourceTarget,
}

impl World {
    async fn new(transport: TransportKind) -> Self {
        Self::with(transport, Facts::default(), BrokerConfig::default()).await
    }

    async fn with(transport: TransportKind, facts: Facts, config: BrokerConfig) -> Self {
        let facts = Arc::new(facts);
        let app = Router::new().route("/sse", get(open)).route("/message", post(take)).with_state(Arc::clone(&facts));
        let listener = tokio::net::TcpListener::bind((LAN, 0)).await.unwrap();
        let url = format!("http://{}/sse", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let rule = SourceRule { name: "old".into(), transport, url, auth: SourceAuth::None, program: None };
        let target = SourceTarget { id: SourceId::generate(), rule, secrets: Vec::new(), login: None };
        Self { facts, sources: Sources::new(Broker::new(config).unwrap()), target }
    }

    async fn list(&self) -> Result<Vec<OfferedTool>, Failure> {
        timeout(SOON, self.sources.list_tools(self.target.clone())).await.unwrap()
    }

    async fn call(&self, name: &str) -> Outcome {
        self.call_within(name, Limits::default()).await
    }

    async fn call_within(&self, name: &str, limits: Limits) -> Outcome {
        let tool = Arc::new(self.list().await.unwrap().into_iter().find(|tool| tool.name == name).unwrap());
        let call = SourceCall { tool, arguments: Map::new(), limits };
        timeout(SOON, self.sources.call(self.target.clone(), call, Arc::new(Unobserved))).await.unwrap()
    }

    fn health(&self) -> SourceHealth {
        self.sources.health(self.target.id)
    }

    fn streams(&self) -> usize {
        self.facts.streams.lock().unwrap().len()
    }

    async fn until(&self, what: impl Fn(&Self) -> bool) {
        let seen = async {
            while !what(self) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(SOON, seen).await.expect("it happens");
    }
}

#[test]
fn an_old_server_is_called_over_one_stream() {
    in_namespace("an_old_server_is_called_over_one_stream", async || {
        let world = World::new(TransportKind::Sse).await;
        let changed = async || timeout(SOON, world.sources.changed()).await;
        assert!(world.list().await.is_ok());
        assert_eq!(changed().await, Ok(world.target.id), "connected anew");
        for _ in 0..3 {
            assert_eq!(world.call("echo").await.result.unwrap().content.len(), 1);
        }
        assert_eq!(changed().await, Ok(world.target.id), "it says so");
        assert_eq!((world.streams(), world.facts.calls.load(Ordering::SeqCst)), (1, 3));
        assert_eq!(world.health(), SourceHealth::Connected { protocol: "2024-11-05".into() });
    });
}

#[test]
fn one_that_refuses_streamable_http_is_spoken_to_in_the_old_way() {
    in_namespace("one_that_refuses_streamable_http_is_spoken_to_in_the_old_way", async || {
        let world = World::new(TransportKind::StreamableHttp).await;
        assert!(world.call("echo").await.result.is_ok());
        let rule = SourceRule { url: world.target.rule.url.replace("/sse", "/gone"), ..world.target.rule.clone() };
        let gone = SourceTarget { id: SourceId::generate(), rule, ..world.target.clone() };
        let failure = world.sources.list_tools(gone).await.unwrap_err();
        assert!(failure.message.contains("HTTP 404") && failure.message.contains("nor does it speak"), "{failure}");
    });
}

#[test]
fn nothing_is_posted_to_another_origin() {
    in_namespace("nothing_is_posted_to_another_origin", async || {
        let stranger = Arc::<Facts>::default();
        let listener = tokio::net::TcpListener::bind((LAN, 0)).await.unwrap();
        let endpoint = format!("http://{}/message", listener.local_addr().unwrap());
        let count = async |State(facts): State<Arc<Facts>>| {
            facts.strangers.fetch_add(1, Ordering::SeqCst);
        };
        let app = Router::new().fallback(count).with_state(Arc::clone(&stranger));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let facts = Facts { endpoint, ..Facts::default() };
        let world = World::with(TransportKind::Sse, facts, BrokerConfig::default()).await;
        let failure = world.list().await.unwrap_err();
        assert!(failure.message.contains("names an endpoint elsewhere"), "{failure}");
        assert_eq!(stranger.strangers.load(Ordering::SeqCst), 0);
        world.until(|it| it.facts.closed.load(Ordering::SeqCst) == 1).await;
    });
}

#[test]
fn a_stream_that_breaks_in_a_call_fails_it_and_the_next_call_opens_another() {
    in_namespace("a_stream_that_breaks_in_a_call_fails_it_and_the_next_call_opens_another", async || {
        let world = World::new(TransportKind::Sse).await;
        let failure = world.call("break").await.result.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unavailable);
        assert!(failure.message.contains("it ended the stream"), "{failure}");
        assert!(matches!(world.health(), SourceHealth::Failing { .. }), "without another call");
        assert_eq!(world.facts.calls.load(Ordering::SeqCst), 1, "nothing is repeated by itself");
        assert!(world.call("echo").await.result.is_ok());
        assert_eq!(world.streams(), 2);
    });
}

#[test]
fn a_session_that_the_server_forgot_is_begun_anew() {
    in_namespace("a_session_that_the_server_forgot_is_begun_anew", async || {
        let world = World::new(TransportKind::Sse).await;
        assert!(world.call("forget").await.result.is_ok());
        let failure = world.list().await.unwrap_err();
        assert!(failure.message.contains("HTTP 404"), "{failure}");
        assert!(world.call("echo").await.result.is_ok());
    });
}

#[test]
fn an_event_that_is_too_large_ends_the_stream() {
    in_namespace("an_event_that_is_too_large_ends_the_stream", async || {
        let world = World::new(TransportKind::Sse).await;
        let failure = world.call("flood").await.result.unwrap_err();
        assert!(failure.message.contains("an event of more than 17408 KiB"), "{failure}");
        assert!(world.call("echo").await.result.is_ok());
    });
}

#[test]
fn a_stream_outlives_what_limits_a_single_answer() {
    in_namespace("a_stream_outlives_what_limits_a_single_answer", async || {
        let config = BrokerConfig { exchange_timeout_ms: 300, max_response_bytes: 8_000, ..BrokerConfig::default() };
        let world = World::with(TransportKind::Sse, Facts::default(), config).await;
        for _ in 0..8 {
            assert!(world.call("echo").await.result.is_ok());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(world.streams(), 1);
    });
}

#[test]
fn one_that_does_not_answer_delays_its_callers_alone_and_is_let_go_of() {
    in_namespace("one_that_does_not_answer_delays_its_callers_alone_and_is_let_go_of", async || {
        let world = World::new(TransportKind::Sse).await;
        let short = Limits { timeout_ms: 300, ..Limits::default() };
        let (waits, answers) = tokio::join!(world.call_within("wait", short), world.call("echo"));
        assert_eq!(waits.result.unwrap_err().kind, FailureKind::Timeout);
        assert!(answers.result.is_ok());
        world.sources.check(world.target.id).await;
        assert!(matches!(world.health(), SourceHealth::Connected { .. }), "it answered the question");
        assert_eq!(world.sources.known(), [world.target.id]);
        world.sources.forget(world.target.id);
        world.until(|it| it.facts.closed.load(Ordering::SeqCst) == 1).await;
        assert_eq!((world.sources.known(), world.health()), (Vec::new(), SourceHealth::Unknown));
    });
}

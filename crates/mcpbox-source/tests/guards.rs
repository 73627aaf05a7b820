//! What a source could do that is not well disposed, each in a network namespace in which 10.99.0.1 is the LAN.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a failing test panics")]

mod lan;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use lan::{LAN, in_namespace};
use mcpbox_core::{
    capability::HostRule,
    execute::UnsealedSecret,
    failure::{Failure, FailureKind},
    ids::SourceId,
    name::SecretKey,
    secret::SecretMode,
    source::{OfferedTool, SourceAuth, SourceClient, SourceRule, SourceTarget, TransportKind},
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_source::Sources;
use secrecy::SecretString;
use serde_json::{Value, json};

const TOKEN: &str = "a-token-that-nobody-may-see-4711";

/// An older server with so many tools, which notes what it is shown as `authorization`.
fn server(tools: usize, shown: Arc<Mutex<Vec<String>>>) -> Router {
    let answer = async move |headers: HeaderMap, Json(message): Json<Value>| -> Response {
        let shown_now = headers.get(header::AUTHORIZATION).map_or("", |value| value.to_str().unwrap());
        shown.lock().unwrap().push(shown_now.to_owned());
        let tool = |number| json!({"name": format!("t{number}"), "inputSchema": {"type": "object"}});
        let result = match message["method"].as_str().unwrap_or_default() {
            "initialize" => {
                json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "x", "version": "1"}})
            }
            "tools/list" => json!({"tools": (0..tools).map(tool).collect::<Vec<_>>()}),
            "server/discover" => return StatusCode::BAD_REQUEST.into_response(),
            _ => return StatusCode::ACCEPTED.into_response(),
        };
        Json(json!({"jsonrpc": "2.0", "id": message["id"], "result": result})).into_response()
    };
    Router::new().route("/mcp", post(answer.clone())).route("/real", post(answer))
}

async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind((LAN, 0)).await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn list(url: String, auth: SourceAuth, secrets: Vec<UnsealedSecret>) -> Result<Vec<OfferedTool>, Failure> {
    let rule = SourceRule { name: "there".into(), transport: TransportKind::default(), url, auth, program: None };
    let target = SourceTarget { id: SourceId::generate(), rule, secrets, login: None };
    Sources::new(Broker::new(BrokerConfig::default()).unwrap()).list_tools(target).await
}

#[test]
fn one_that_offers_more_tools_than_there_may_be_is_refused() {
    in_namespace("one_that_offers_more_tools_than_there_may_be_is_refused", async || {
        let listed = list(serve(server(1_000, Arc::default())).await, SourceAuth::None, vec![]).await;
        assert_eq!(listed.unwrap().len(), 1_000);
        let refused = list(serve(server(1_001, Arc::default())).await, SourceAuth::None, vec![]).await.unwrap_err();
        assert!(refused.kind == FailureKind::Unavailable && refused.message.contains("more than 1000"), "{refused}");
    });
}

#[test]
fn a_redirect_is_not_followed() {
    in_namespace("a_redirect_is_not_followed", async || {
        // To the same host and port, which egress lets pass: what is approved is one address.
        let shown = Arc::<Mutex<Vec<String>>>::default();
        let asked = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&asked);
        let redirect = async move || {
            count.fetch_add(1, Ordering::SeqCst);
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/real")])
        };
        let url = serve(server(1, Arc::clone(&shown)).route("/moved", post(redirect))).await;
        let moved = url.replace("/mcp", "/moved");
        let refused = list(moved, SourceAuth::None, vec![]).await.unwrap_err();
        assert!(refused.message.contains("redirects, which is not followed"), "{refused}");
        assert!(asked.load(Ordering::SeqCst) > 0 && shown.lock().unwrap().is_empty());
        let real = url.replace("/mcp", "/real");
        assert_eq!(list(real, SourceAuth::None, vec![]).await.unwrap().len(), 1, "asked itself, it answers");
    });
}

#[test]
fn a_secret_goes_to_the_hosts_it_is_bound_to_and_nowhere_else() {
    in_namespace("a_secret_goes_to_the_hosts_it_is_bound_to_and_nowhere_else", async || {
        let shown = Arc::<Mutex<Vec<String>>>::default();
        let url = serve(server(1, Arc::clone(&shown))).await;
        let key = SecretKey::parse("THERE_TOKEN").unwrap();
        let bound_to = |host: &str| {
            let (value, hosts) = (SecretString::from(TOKEN), vec![HostRule::parse(host).unwrap()]);
            vec![UnsealedSecret { key: key.clone(), value, mode: SecretMode::Sealed, hosts }]
        };
        let auth = || SourceAuth::Bearer { secret: key.clone() };
        let refused = list(url.clone(), auth(), bound_to("mcp.example.com")).await.unwrap_err();
        assert!(!refused.to_string().contains(TOKEN), "{refused}");
        assert_eq!(*shown.lock().unwrap(), Vec::<String>::new(), "nothing was sent at all");
        let place = url.trim_start_matches("http://").trim_end_matches("/mcp");
        assert_eq!(list(url.clone(), auth(), bound_to(place)).await.unwrap().len(), 1);
        assert!(shown.lock().unwrap().iter().all(|shown| *shown == format!("Bearer {TOKEN}")), "{shown:?}");
    });
}

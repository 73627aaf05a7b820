//! The routes of the MCP listener: the endpoint with its toolsets, and a sign of life. Nothing else is here, least of
//! all anything of the admin.

use std::{net::Ipv4Addr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    middleware::{Next, from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use mcpbox_core::{front::Visitor, principal::Principal, proxies::customer};
use mcpbox_listen::{Client, HSTS};
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use secrecy::SecretString;

use super::{
    answer, body, guard, older_tasks,
    refusal::{REFUSED, Refusal},
};
use crate::{
    access::{self, Shown},
    exchange::{Entrance, Exchange, Facts},
    front,
    gateway::Gateway,
    handler::Handler,
    remote::{self, Remote},
    session::{BoundSessions, as_owner},
    toolset::Toolset,
};

/// Every path the MCP listener knows.
pub const ROUTES: [&str; 7] =
    ["/mcp", "/mcp/", "/mcp/tools", "/mcp/author", "/mcp/compact", "/mcp/servers/{name}", "/health"];

#[derive(Clone)]
struct Endpoint {
    gateway: Arc<Gateway>,
    service: StreamableHttpService<Handler, BoundSessions>,
}

/// The routes of the listener: of MCP, and of remote access where it is on.
pub(crate) fn router(gateway: &Arc<Gateway>) -> Router {
    let mcp = mcp(gateway);
    match &gateway.config.remote {
        Some(remote) => {
            let named = from_fn_with_state(Arc::clone(gateway), only_its_own_name);
            let router = mcp.merge(remote::router(gateway, remote)).layer(named);
            if remote.promises_https() { router.layer(map_response(promise_https)) } else { router }
        }
        None => mcp,
    }
}

fn mcp(gateway: &Arc<Gateway>) -> Router {
    let endpoint = Endpoint { gateway: gateway.clone(), service: service(gateway) };
    let toolset = |toolset: Toolset| {
        any(move |State(endpoint): State<Endpoint>, request: Request| serve(endpoint, toolset, request))
    };
    Router::new()
        .route("/mcp", toolset(Toolset::All))
        .route("/mcp/", toolset(Toolset::All))
        .route("/mcp/tools", toolset(Toolset::Published))
        .route("/mcp/author", toolset(Toolset::Author))
        .route("/mcp/compact", toolset(Toolset::Compact))
        .route("/mcp/servers/{name}", any(serve_server))
        .route("/health", get(health))
        .fallback(no_such_path)
        .with_state(endpoint)
}

fn service(gateway: &Arc<Gateway>) -> StreamableHttpService<Handler, BoundSessions> {
    // Host, Origin and size are checked before (guard, body), with answers that say what to do.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_max_request_body_bytes(usize::MAX)
        .with_json_response(true)
        .with_sse_retry(None)
        .with_sse_keep_alive(Some(gateway.config.heartbeat))
        .with_legacy_session_mode(gateway.config.legacy_sessions)
        .with_cancellation_token(gateway.ended.clone());
    let sessions = Arc::new(BoundSessions::new(gateway.config.max_sessions));
    let of = Arc::downgrade(gateway);
    let handler = move || of.upgrade().map(Handler::new).ok_or_else(|| std::io::Error::other("MCPbox is stopping"));
    StreamableHttpService::new(handler, sessions, config)
}

async fn serve_server(State(endpoint): State<Endpoint>, Path(name): Path<String>, request: Request) -> Response {
    serve(endpoint, Toolset::Server(name), request).await
}

async fn serve(endpoint: Endpoint, toolset: Toolset, request: Request) -> Response {
    match answer(&endpoint, toolset, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn answer(endpoint: &Endpoint, toolset: Toolset, mut request: Request) -> Result<Response, Refusal> {
    let gateway = &endpoint.gateway;
    let Some(remote) = &gateway.config.remote else {
        let entrance = guard::admit(&gateway.config, &request)?;
        return admitted(endpoint, toolset, (entrance, false), request).await;
    };
    if let Some(entered) = through_front(gateway, request.headers())? {
        return admitted(endpoint, toolset, entered, request).await;
    }
    let changes = gateway.access_changes.listener();
    let entrance = Box::pin(admit_remote(gateway, remote, &toolset, request.uri(), request.headers())).await?;
    let Some(token) = remote::token_of(request.headers()).map(SecretString::from) else {
        return admitted(endpoint, toolset, (entrance, false), request).await;
    };
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    request.extensions_mut().insert(Shown(token.clone()));
    let work = admitted(endpoint, toolset.clone(), (entrance, false), request);
    if let Some(answered) = access::while_allowed(gateway, (token, changes), work).await {
        return answered;
    }
    Box::pin(admit_remote(gateway, remote, &toolset, &uri, &headers)).await?;
    Err(Refusal::new(StatusCode::UNAUTHORIZED, REFUSED, "This access has ended while the request was under way."))
}

/// Answers whoever was let in, and perhaps only to discover.
async fn admitted(
    endpoint: &Endpoint,
    toolset: Toolset,
    (entrance, is_discovery): (Entrance, bool),
    request: Request,
) -> Result<Response, Refusal> {
    let gateway = &endpoint.gateway;
    let address = request.extensions().get::<Client>().map_or(Ipv4Addr::LOCALHOST.into(), |client| client.address);
    let mut facts = Facts {
        toolset,
        client_key: entrance.account().unwrap_or_else(|| customer(address).to_string()),
        entrance,
        exchange: Exchange::default(),
        speaks_older_tasks: false,
        span: Some(tracing::Span::current()),
    };
    let account = scoped(gateway, &facts, request.uri())?;
    check_server(gateway, &facts.toolset)?;
    if request.method() != Method::POST {
        let ends_session = request.method() == Method::DELETE;
        let mut response = pass(endpoint, facts, accepting(request, "text/event-stream")).await;
        if ends_session && response.status() == StatusCode::ACCEPTED {
            // Clients take 202 for a failure here.
            *response.status_mut() = StatusCode::NO_CONTENT;
        }
        return Ok(answer::explain(response).await);
    }
    let (parts, body) = request.into_parts();
    let bytes = body::read(&parts.headers, body, gateway.config.max_body_bytes).await?;
    if is_discovery {
        front::check_discovery(&bytes)?;
    }
    if let Some((remote, who)) = account {
        remote::check_message(remote, &parts.uri, &who, &bytes)?;
    }
    let seen = older_tasks::look(&parts.headers, &bytes);
    let is_completed = seen == older_tasks::Message::Completed;
    let bytes = match seen {
        older_tasks::Message::Renamed(renamed) => {
            facts.speaks_older_tasks = true;
            renamed
        }
        _ => bytes,
    };
    let request = accepting(Request::from_parts(parts, Body::from(bytes)), "application/json, text/event-stream");
    facts.exchange = Exchange::tracked(&gateway.requests);
    let exchange = facts.exchange.clone();
    let hold = exchange.gone.clone().drop_guard();
    let response = pass(endpoint, facts, request).await;
    let response = answer::finish(response, &exchange, hold).await;
    Ok(if is_completed { older_tasks::complete(response).await } else { response })
}

/// Who comes in through a trusted front, and whether only to look; none when the request is not from one. Its token proves more than
/// the name or the page it came by, so those are not looked at.
fn through_front(gateway: &Gateway, headers: &HeaderMap) -> Result<Option<(Entrance, bool)>, Refusal> {
    let snapshot = gateway.catalog.snapshot();
    let fronts = gateway.config.front.iter().chain(snapshot.settings().front.iter());
    Ok(front::visitor(fronts, headers)?.map(|visitor| match visitor {
        Visitor::Person(principal) => (Entrance::Remote(Arc::new(principal)), false),
        Visitor::Discovery => (Entrance::Remote(Arc::new(front::nobody())), true),
    }))
}

/// Who may use the endpoint from elsewhere: whoever shows a token.
async fn admit_remote(
    gateway: &Arc<Gateway>,
    remote: &Remote,
    toolset: &Toolset,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Entrance, Refusal> {
    guard::check_place(&gateway.config, uri, headers)?;
    let principal = remote::admit(gateway, remote, (uri, headers), toolset).await?;
    Ok(Entrance::Remote(Arc::new(principal)))
}

/// Whoever came with a token of remote access, if it covers what lies at this path.
fn scoped<'a>(gateway: &'a Gateway, facts: &Facts, uri: &Uri) -> Result<Option<(&'a Remote, Arc<Principal>)>, Refusal> {
    let (Some(remote), Entrance::Remote(who)) = (&gateway.config.remote, &facts.entrance) else { return Ok(None) };
    remote::check_path(remote, uri, who, &facts.toolset)?;
    Ok(Some((remote, Arc::clone(who))))
}

/// Hands the request to the SDK, on behalf of whoever sent it.
async fn pass(endpoint: &Endpoint, facts: Facts, mut request: Request) -> Response {
    let owner = facts.owner();
    request.extensions_mut().insert(facts);
    // On the heap: the futures around it would each hold, and move, one as large.
    as_owner(&owner, Box::pin(endpoint.service.handle(request))).await.map(Body::new)
}

/// The same request, accepting what the endpoint answers with. Many clients send no or a sloppy `Accept`.
fn accepting(mut request: Request, accept: &'static str) -> Request {
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static(accept));
    request
}

fn check_server(gateway: &Gateway, toolset: &Toolset) -> Result<(), Refusal> {
    let Toolset::Server(name) = toolset else { return Ok(()) };
    if gateway.catalog.snapshot().servers().any(|server| server.name.as_str() == name) {
        return Ok(());
    }
    let shown: String = name.chars().take(80).collect();
    let message =
        format!("There is no server '{shown}'. All tools are at /mcp; mcpbox_list_servers there lists the servers.");
    Err(Refusal::new(StatusCode::NOT_FOUND, REFUSED, message))
}

async fn health(State(endpoint): State<Endpoint>, headers: HeaderMap, request: Request) -> Response {
    match guard::check_host(&endpoint.gateway.config, request.uri(), &headers) {
        Ok(()) => axum::Json(serde_json::json!({ "status": "ok" })).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// Every path of the remote listener answers under the public name alone: a page whose name was made to lead here gets nothing.
async fn only_its_own_name(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    match guard::check_host(&gateway.config, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Tells browsers to come by https alone.
async fn promise_https(mut response: Response) -> Response {
    response.headers_mut().extend([HSTS]);
    response
}

async fn no_such_path() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, REFUSED, "There is nothing here. MCP clients connect to /mcp.")
}

#[cfg(test)]
mod tests {
    use rmcp::{RoleServer, model::ClientRequest, service::RequestContext, service::Service};

    use super::*;

    fn size<A, F: Future>(_: impl FnOnce(A) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn what_is_moved_about_for_each_request_is_small() {
        let served = size(|(endpoint, toolset, request)| serve(endpoint, toolset, request));
        assert!(served < 6_000, "{served} bytes");
        let handled =
            size(|(handler, request, context): (&'static Handler, ClientRequest, RequestContext<RoleServer>)| {
                Service::handle_request(handler, request, context)
            });
        assert!(handled < 5_000, "{handled} bytes");
    }
}

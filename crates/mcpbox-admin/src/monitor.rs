//! `/metrics`, `/health` and `/health/detail`. That the process answers is no secret. Everything else is for whoever shows the metrics
//! token, a human with a session, and the command line's socket; without a token the numbers are also for programs on this machine,
//! but for nobody who comes through a proxy on it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{FromRequestParts, Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use mcpbox_listen::{Client, sign_of_proxy};
use serde_json::json;

use crate::{
    Monitor,
    auth::Viewer,
    guard::host::{self, AllowedHosts},
    peer::Peer,
    problem::Problem,
    state::AdminState,
};

#[derive(Clone)]
struct Door {
    monitor: Arc<Monitor>,
    hosts: Arc<AllowedHosts>,
    /// Where humans come in; none on a listener of its own.
    admin: Option<AdminState>,
}

/// The routes of the admin listener.
pub(crate) fn router(monitor: Option<Monitor>, admin: AdminState) -> Router {
    let alive = Router::new().route("/health", get(alive));
    let Some(monitor) = monitor else { return alive };
    let door = Door { monitor: Arc::new(monitor), hosts: Arc::clone(&admin.hosts), admin: Some(admin) };
    alive.merge(described(door))
}

/// The routes of a listener that has nothing else.
pub(crate) fn router_alone(monitor: Monitor, hosts: AllowedHosts) -> Router {
    let door = Door { monitor: Arc::new(monitor), hosts: Arc::new(hosts), admin: None };
    Router::new().route("/health", get(alive)).merge(described(door))
}

fn described(door: Door) -> Router {
    Router::new().route("/metrics", get(metrics)).route("/health/detail", get(health)).with_state(door)
}

async fn alive() -> Json<serde_json::Value> {
    Json(json!({"status": "ok"}))
}

async fn metrics(State(door): State<Door>, peer: Peer, request: Request) -> Result<Response, Problem> {
    door.admit(peer, request, true).await?;
    let format = [(header::CONTENT_TYPE, HeaderValue::from_static(door.monitor.content_type))];
    Ok((format, (door.monitor.metrics)().await).into_response())
}

async fn health(State(door): State<Door>, peer: Peer, request: Request) -> Result<Response, Problem> {
    // A listener of its own was opened for this; on the admin listener a program of this machine shows who it is.
    let is_open_here = door.admin.is_none();
    door.admit(peer, request, is_open_here).await?;
    let report = (door.monitor.health)().await;
    let status = if report.is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, [(header::CACHE_CONTROL, "no-store")], Json(report.detail)).into_response())
}

impl Door {
    async fn admit(&self, peer: Peer, request: Request, is_for_this_machine: bool) -> Result<(), Problem> {
        let is_allowed = match &self.monitor.token {
            Some(token) => {
                request.headers().get(header::AUTHORIZATION).is_some_and(|shown| token.accepts(shown.as_bytes()))
            }
            None => is_for_this_machine && self.is_local(peer, &request),
        };
        if is_allowed {
            return Ok(());
        }
        let stranger = || {
            Problem::unauthenticated(
                "Send 'Authorization: Bearer …' with the token that the operator set in MCPBOX_METRICS_TOKEN.",
            )
        };
        let admin = self.admin.as_ref().ok_or_else(stranger)?;
        let (mut parts, _) = request.into_parts();
        Viewer::from_request_parts(&mut parts, admin).await.map(|_| ()).map_err(|_| stranger())
    }

    /// A program on this machine that means this listener. A proxy's clients come from this machine too, and so do pages in a browser
    /// whose name was made to resolve here.
    fn is_local(&self, peer: Peer, request: &Request) -> bool {
        let is_here = match peer {
            Peer::Socket => true,
            Peer::Address(address) => address.to_canonical().is_loopback(),
        };
        let is_meant = peer == Peer::Socket
            || host::named(request.uri(), request.headers()).is_some_and(|host| self.hosts.allows(host));
        let is_proxied = request.extensions().get::<Client>().is_some_and(|client| client.is_proxied);
        is_here && is_meant && !is_proxied && sign_of_proxy(request).is_none()
    }
}

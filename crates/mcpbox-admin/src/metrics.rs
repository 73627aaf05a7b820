//! `GET /metrics`. Who may read it: whoever shows the metrics token; a human with a session; the command line's socket. Without a
//! token also programs on this machine, but nobody who comes through a proxy on it.

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRequestParts, Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, header};

use crate::{Metrics, auth::Viewer, guard::host, peer::Peer, problem::Problem, state::AdminState};

/// What a proxy adds.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

#[derive(Clone)]
struct Door {
    metrics: Arc<Metrics>,
    admin: AdminState,
}

/// The route, or none.
pub(crate) fn router(metrics: Option<Metrics>, admin: AdminState) -> Router {
    match metrics {
        Some(metrics) => {
            Router::new().route("/metrics", get(show)).with_state(Door { metrics: Arc::new(metrics), admin })
        }
        None => Router::new(),
    }
}

async fn show(State(Door { metrics, admin }): State<Door>, peer: Peer, request: Request) -> Result<Response, Problem> {
    let is_allowed = match &metrics.token {
        Some(token) => {
            request.headers().get(header::AUTHORIZATION).is_some_and(|shown| token.accepts(shown.as_bytes()))
        }
        None => is_local(peer, &admin, &request),
    };
    if !is_allowed {
        let (mut parts, _) = request.into_parts();
        let viewer = Viewer::from_request_parts(&mut parts, &admin).await;
        viewer.map_err(|_| {
            Problem::unauthenticated(
                "Send 'Authorization: Bearer …' with the token that the operator set in MCPBOX_METRICS_TOKEN.",
            )
        })?;
    }
    let format = [(header::CONTENT_TYPE, HeaderValue::from_static(metrics.content_type))];
    Ok((format, (metrics.text)()).into_response())
}

/// A program on this machine that means this listener. A proxy's clients come from this machine too, and so do pages in a browser
/// whose name was made to resolve here.
fn is_local(peer: Peer, admin: &AdminState, request: &Request) -> bool {
    let is_here = match peer {
        Peer::Socket => true,
        Peer::Address(address) => address.to_canonical().is_loopback(),
    };
    let is_meant = peer == Peer::Socket
        || host::named(request.uri(), request.headers()).is_some_and(|host| admin.hosts.allows(host));
    is_here && is_meant && !is_forwarded(request.headers())
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDED.iter().any(|name| headers.contains_key(*name))
}

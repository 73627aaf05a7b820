//! Zone 2: what humans use. The REST API under `/api` with sessions, problem+json and live events, served on the admin
//! listener and on the command line's socket.
//!
//! Must not: be linked by the gateway, contain business rules, or let anything but a proven human decide.

mod api;
mod auth;
mod config;
mod extract;
mod guard;
mod monitor;
mod peer;
mod problem;
mod routes;
mod server;
mod state;

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, extract::DefaultBodyLimit, middleware};
use mcpbox_catalog::Catalog;
use tokio_util::sync::CancellationToken;

pub use config::{AdminConfig, Connect, HealthReport, Hop, Monitor, PublicAddress, RateLimit};
pub use peer::Peer;
pub use routes::{PUBLIC_OPERATIONS, openapi};
pub use server::{AdminError, serve, serve_monitor, serve_socket};

use crate::{problem::Problem, state::AdminState};

/// Which door a router is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The admin listener at this address.
    Listener(SocketAddr),
    /// The command line's socket.
    Socket,
}

/// The API and the page behind all guards. The accept loop tells who is at the other end by a [`Peer`] extension.
pub fn router(catalog: Arc<Catalog>, config: AdminConfig, door: Door, shutdown: CancellationToken) -> Router {
    let state = AdminState::new(catalog, &config, door, shutdown);
    let api = routes::api()
        .fallback(|| async { Problem::of_status(http::StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async { Problem::of_status(http::StatusCode::METHOD_NOT_ALLOWED) })
        .layer(DefaultBodyLimit::max(config.max_body_bytes))
        .with_state(state.clone());
    Router::new()
        .nest("/api", api)
        .route("/api/", axum::routing::any(|| async { Problem::of_status(http::StatusCode::NOT_FOUND) }))
        .fallback_service(config.ui)
        .layer(middleware::from_fn_with_state(state.clone(), guard::origin::check))
        .layer(middleware::from_fn_with_state(state.clone(), guard::rate::check))
        .layer(middleware::from_fn_with_state(state.clone(), guard::host::check))
        // Behind its own checks: whoever scrapes by a name that browsers may not use shows the token instead.
        .merge(monitor::router(config.monitor, state.clone()))
        .layer(middleware::from_fn_with_state(state, guard::headers::add_hsts))
        .layer(middleware::from_fn(guard::headers::add))
        .layer(middleware::from_fn(guard::request::run))
}

/// Whether a path belongs to the API.
fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

//! `GET /api/connection`: how MCP clients connect, and which did.

use axum::{Json, extract::State};
use mcpbox_catalog::Client;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::Answer, auth::Viewer, state::AdminState};

/// How to connect, and who is connected.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionReport {
    /// Base URL of the admin page, as links in answers and notifications name it.
    admin_url: String,
    /// The MCP endpoint, for clients on this machine.
    mcp_url: String,
    /// The address for clients elsewhere; absent while remote access is off.
    public_url: Option<String>,
    /// The program and its arguments, for clients that start one and speak over stdio.
    command: Vec<String>,
    /// Clients that were here since the start, the latest first.
    clients: Vec<Client>,
}

/// Tells how MCP clients connect, and which were here since the start.
#[utoipa::path(get, path = "/connection", tag = "connection", responses((status = OK, body = ConnectionReport)))]
pub(crate) async fn show(State(state): State<AdminState>, _: Viewer) -> Answer<ConnectionReport> {
    let (mcp_url, command) = (state.connect.mcp_url.clone(), state.connect.command.clone());
    let public_url = state.connect.public.as_ref().map(|public| public.url.clone());
    let (admin_url, clients) = (state.catalog.admin_url(), state.catalog.clients());
    Ok(Json(ConnectionReport { admin_url, mcp_url, public_url, command, clients }))
}

//! `GET /api/sandbox`: which layers hold and how busy it is.

use axum::{Json, extract::State};
use mcpbox_core::execute::SandboxStatus;

use crate::{api::Answer, auth::Viewer, state::AdminState};

/// Tells how the sandbox is.
#[utoipa::path(get, path = "/sandbox", tag = "sandbox", responses((status = OK, body = SandboxStatus)))]
pub(crate) async fn show(State(state): State<AdminState>, _: Viewer) -> Answer<SandboxStatus> {
    Ok(Json(state.catalog.sandbox_status()))
}

//! `GET /api/audit/verify`.

use axum::{Json, extract::State};
use mcpbox_catalog::verify::{self, AuditReport};

use crate::{api::Answer, auth::Viewer, state::AdminState};

/// Walks the audit chain, and compares every decision in it with what is stored.
#[utoipa::path(get, path = "/audit/verify", tag = "audit", responses((status = OK, body = AuditReport)))]
pub(crate) async fn verify(State(state): State<AdminState>, _: Viewer) -> Answer<AuditReport> {
    Ok(Json(verify::verify_decisions(&state.catalog).await?))
}

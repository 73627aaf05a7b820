//! `GET /api/audit/verify`.

use axum::{Json, extract::State};
use mcpbox_catalog::listing::{self, ChainCheck};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::Answer, auth::Viewer, state::AdminState};

/// Whether the audit chain is whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditCheck {
    /// All rows are as they were written.
    intact: bool,
    /// How many rows an intact chain has.
    rows: Option<u64>,
    /// The first row of a broken chain that is wrong or missing.
    broken_at: Option<i64>,
}

/// Walks the audit chain and tells whether it is whole.
#[utoipa::path(get, path = "/audit/verify", tag = "audit", responses((status = OK, body = AuditCheck)))]
pub(crate) async fn verify(State(state): State<AdminState>, _: Viewer) -> Answer<AuditCheck> {
    let check = match listing::verify_audit(&state.catalog).await? {
        ChainCheck::Intact { rows } => AuditCheck { intact: true, rows: Some(rows), broken_at: None },
        ChainCheck::Broken { sequence } => AuditCheck { intact: false, rows: None, broken_at: Some(sequence) },
    };
    Ok(Json(check))
}

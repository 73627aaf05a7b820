//! `GET /api/export`.

use axum::{Json, extract::State};
use mcpbox_catalog::transfer::{self, ExportedBox};

use crate::{api::Answer, auth::Viewer, state::AdminState};

/// Exports servers, tools and what they asked for, signed by this box. Values of secrets are never in it.
#[utoipa::path(get, path = "/export", tag = "transfer", responses((status = OK, body = ExportedBox)))]
pub(crate) async fn export(State(state): State<AdminState>, viewer: Viewer) -> Answer<ExportedBox> {
    Ok(Json(transfer::export(&state.catalog, viewer.caller()).await?))
}

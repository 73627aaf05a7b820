//! `GET /api/modules`: what tools may import.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, ModuleReport};

use crate::{api::Answer, auth::Viewer, state::AdminState};

/// Lists modules that tools may import, by default and by grant.
#[utoipa::path(get, path = "/modules", tag = "modules", responses((status = OK, body = ModuleReport)))]
pub(crate) async fn show(State(state): State<AdminState>, viewer: Viewer) -> Answer<ModuleReport> {
    Ok(Json(author::get_server_modules(&state.catalog, viewer.caller()).await?))
}

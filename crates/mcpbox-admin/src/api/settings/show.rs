//! `GET /api/settings`.

use axum::{Json, extract::State};
use mcpbox_core::settings::Settings;

use crate::{api::Answer, auth::Viewer, state::AdminState};

/// Shows the settings in force.
#[utoipa::path(get, path = "/settings", tag = "settings", responses((status = OK, body = Settings)))]
pub(crate) async fn show(State(state): State<AdminState>, _: Viewer) -> Answer<Settings> {
    Ok(Json(state.catalog.snapshot().settings().clone()))
}

//! `PUT /api/settings`.

use axum::extract::State;
use mcpbox_catalog::review;
use mcpbox_core::settings::Settings;

use crate::{api::Answer, auth::Administrator, extract::Json, state::AdminState};

/// Replaces the settings; absent fields get their defaults.
#[utoipa::path(put, path = "/settings", tag = "settings", request_body = Settings, responses((status = OK, body = Settings)))]
pub(crate) async fn replace(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Json(settings): Json<Settings>,
) -> Answer<Settings> {
    Ok(axum::Json(review::set_settings(&state.catalog, &admin, settings).await?))
}

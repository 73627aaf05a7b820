//! `PUT /api/settings`.

use axum::extract::State;
use mcpbox_catalog::review;
use mcpbox_core::settings::Settings;

use crate::{api::Answer, auth::Decider, extract::Json, state::AdminState};

/// Replaces the settings; absent fields get their defaults.
#[utoipa::path(put, path = "/settings", tag = "settings", request_body = Settings, responses((status = OK, body = Settings)))]
pub(crate) async fn replace(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Json(settings): Json<Settings>,
) -> Answer<Settings> {
    Ok(axum::Json(review::set_settings(&state.catalog, &reviewer, settings).await?))
}

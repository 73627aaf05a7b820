//! `GET /api/storage`: how much room there is for what is kept.

use axum::{Json, extract::State};
use mcpbox_catalog::StorageStatus;

use crate::{api::Answer, auth::Viewer, state::AdminState};

/// Tells how much room there is where the database is, and what was lost for want of it.
#[utoipa::path(get, path = "/storage", tag = "settings", responses((status = OK, body = StorageStatus)))]
pub(crate) async fn storage(State(state): State<AdminState>, _: Viewer) -> Answer<StorageStatus> {
    Ok(Json(state.catalog.storage()))
}

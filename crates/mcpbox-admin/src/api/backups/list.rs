//! `GET /api/backups`.

use axum::{Json, extract::State};
use mcpbox_catalog::backup::{self, BackupState};

use crate::{api::Answer, auth::Viewer, state::AdminState};

/// Lists the backups in the data directory, newest first, and how the last one went. The settings hold the schedule.
#[utoipa::path(get, path = "/backups", tag = "backups", responses((status = OK, body = BackupState)))]
pub(crate) async fn list(State(state): State<AdminState>, _: Viewer) -> Answer<BackupState> {
    Ok(Json(backup::state(&state.catalog).await?))
}

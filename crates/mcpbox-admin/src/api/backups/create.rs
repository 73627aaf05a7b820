//! `POST /api/backups`.

use axum::{Json, extract::State};
use http::StatusCode;
use mcpbox_catalog::backup::{self, StoredBackup};

use crate::{auth::Administrator, problem::Problem, state::AdminState};

/// Makes a backup now, in the data directory. The encryption key is not in it.
#[utoipa::path(post, path = "/backups", tag = "backups", responses((status = CREATED, body = StoredBackup)))]
pub(crate) async fn create(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
) -> Result<(StatusCode, Json<StoredBackup>), Problem> {
    Ok((StatusCode::CREATED, Json(backup::make(&state.catalog, admin.actor()).await?)))
}

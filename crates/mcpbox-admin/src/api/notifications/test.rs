//! `POST /api/notifications/{id}/test`.

use axum::{Json, extract::State};
use mcpbox_catalog::notify::{self, ProbeReport};
use mcpbox_core::ids::TargetId;

use crate::{api::Answer, auth::Administrator, extract::Path, state::AdminState};

/// Sends a test message now, also to a target that is off, and tells what the other end said.
#[utoipa::path(
    post, path = "/notifications/{id}/test", tag = "notifications",
    params(("id" = TargetId, Path, description = "Id of the target")),
    responses((status = OK, body = ProbeReport))
)]
pub(crate) async fn test(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path(id): Path<TargetId>,
) -> Answer<ProbeReport> {
    Ok(Json(notify::probe(&state.catalog, &admin, id).await?))
}

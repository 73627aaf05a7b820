//! `GET /api/tools/{id}/versions/{number}`.

use axum::{Json, extract::State};
use mcpbox_catalog::listing;
use mcpbox_core::version::Version;

use crate::{api::Answer, auth::Viewer, extract::Path, state::AdminState};

/// Shows a version of a tool with its code.
#[utoipa::path(
    get, path = "/tools/{id}/versions/{number}", tag = "tools",
    params(
        ("id" = String, Path, description = "Id of the tool, or `server__tool`"),
        ("number" = u32, Path, description = "Number of the version, from 1")
    ),
    responses((status = OK, body = Version))
)]
pub(crate) async fn show_version(
    State(state): State<AdminState>,
    _: Viewer,
    Path((id, number)): Path<(String, u32)>,
) -> Answer<Version> {
    Ok(Json(listing::version(&state.catalog, &id, number).await?))
}

//! `DELETE /api/servers/{id}/secrets/{key}/value`.

use axum::{Json, extract::State};
use mcpbox_catalog::review;
use mcpbox_core::secret::Secret;

use crate::{api::Answer, auth::Administrator, extract::Path, state::AdminState};

/// Forgets the value of a secret; the placeholder stays.
#[utoipa::path(
    delete, path = "/servers/{id}/secrets/{key}/value", tag = "secrets",
    params(("id" = String, Path, description = "Id or name of the server"), ("key" = String, Path, description = "Key of the secret")),
    responses((status = OK, body = Secret))
)]
pub(crate) async fn clear_value(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path((id, key)): Path<(String, String)>,
) -> Answer<Secret> {
    Ok(Json(review::clear_secret(&state.catalog, &admin, &id, &key).await?))
}

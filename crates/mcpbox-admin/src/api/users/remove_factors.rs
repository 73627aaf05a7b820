//! `DELETE /api/users/{id}/factors`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::identity;
use mcpbox_core::ids::UserId;

use crate::{auth::Administrator, extract::Path, problem::Problem, state::AdminState};

/// Takes app, recovery codes and passkeys of an account away, for somebody who lost theirs. Its sessions end.
#[utoipa::path(
    delete, path = "/users/{id}/factors", tag = "users", params(("id" = UserId, Path, description = "Id of the account")),
    responses((status = NO_CONTENT, description = "Done"))
)]
pub(crate) async fn remove_factors(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    identity::remove_factors(&state.catalog, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! `DELETE /api/tokens/{id}`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::access::pat;
use mcpbox_core::ids::TokenId;

use crate::{auth::Decider, extract::Path, problem::Problem, state::AdminState};

/// Revokes a token: its next request is refused, and its open streams end.
#[utoipa::path(
    delete, path = "/tokens/{id}", tag = "tokens",
    params(("id" = TokenId, Path, description = "Id of the token")),
    responses((status = NO_CONTENT, description = "Revoked"))
)]
pub(crate) async fn revoke(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<TokenId>,
) -> Result<StatusCode, Problem> {
    pat::revoke(&state.catalog, &reviewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! `DELETE /api/sessions/{id}`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::session;
use mcpbox_core::ids::SessionId;

use crate::{auth::Member, extract::Path, problem::Problem, state::AdminState};

/// Ends one of one's own sessions, at once.
#[utoipa::path(
    delete, path = "/sessions/{id}", tag = "sessions",
    params(("id" = SessionId, Path, description = "Id of the session")),
    responses((status = NO_CONTENT, description = "Ended"))
)]
pub(crate) async fn end(
    State(state): State<AdminState>,
    Member(human): Member,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    session::end_session(&state.catalog, &human, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

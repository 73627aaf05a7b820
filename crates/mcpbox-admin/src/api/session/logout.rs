//! `DELETE /api/session`: ends the session on the server, not only in the browser.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use mcpbox_catalog::session;

use crate::{
    auth::{self, Member},
    peer::Https,
    problem::Problem,
    state::AdminState,
};

/// Logs out.
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = NO_CONTENT, description = "Logged out")))]
pub(crate) async fn logout(
    State(state): State<AdminState>,
    _: Member,
    https: Https,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(token) = auth::session_token(&headers, https) {
        session::logout(&state.catalog, &token).await?;
    }
    let cookie = auth::expired_cookie(https).ok_or_else(Problem::internal)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

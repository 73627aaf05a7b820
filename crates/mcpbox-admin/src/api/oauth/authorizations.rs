//! `/api/oauth/authorizations`: what humans authorised, until it ends.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::oauth::{self, AuthorizationReport};
use mcpbox_core::{ids::AuthorizationId, paging::Page};

use crate::{
    api::{Answer, PageQuery},
    auth::{Decider, Viewer},
    extract::{Path, Query},
    problem::Problem,
    state::AdminState,
};

/// Lists what was authorised, newest first.
#[utoipa::path(
    get, path = "/oauth/authorizations", tag = "oauth", operation_id = "list_authorizations", params(PageQuery),
    responses((status = OK, body = Page<AuthorizationReport>))
)]
pub(crate) async fn list(
    State(state): State<AdminState>,
    _: Viewer,
    Query(page): Query<PageQuery>,
) -> Answer<Page<AuthorizationReport>> {
    Ok(axum::Json(oauth::authorizations(&state.catalog, page.request()).await?))
}

/// Ends an authorization with all its tokens, at once.
#[utoipa::path(
    delete, path = "/oauth/authorizations/{id}", tag = "oauth", operation_id = "revoke_authorization",
    params(("id" = AuthorizationId, Path, description = "Id of the authorization")),
    responses((status = NO_CONTENT, description = "Ended"))
)]
pub(crate) async fn revoke(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<AuthorizationId>,
) -> Result<StatusCode, Problem> {
    oauth::revoke_authorization(&state.catalog, &reviewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! `POST /api/users/{id}/link`.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use mcpbox_catalog::{
    identity::{self, Invitation},
    session::Account,
};
use mcpbox_core::ids::UserId;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::Answer, auth::Administrator, extract::Path, state::AdminState};

/// A one-time link, shown this once. Hand it to the human whose account it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserLink {
    /// Whose account.
    user: Account,
    /// The link.
    url: String,
    /// Until when it works.
    expires_at: DateTime<Utc>,
}

impl UserLink {
    pub(crate) fn of(state: &AdminState, invited: Invitation) -> Self {
        let url = format!("{}/welcome#token={}", state.catalog.admin_url(), invited.token.expose_secret());
        Self { user: invited.user, url, expires_at: invited.expires_at }
    }
}

/// Makes a one-time link with which a new password is set; the one before loses its force.
#[utoipa::path(
    post, path = "/users/{id}/link", tag = "users", params(("id" = UserId, Path, description = "Id of the account")),
    responses((status = OK, body = UserLink))
)]
pub(crate) async fn invite(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path(id): Path<UserId>,
) -> Answer<UserLink> {
    let invited = identity::invite_again(&state.catalog, &admin, id).await?;
    Ok(Json(UserLink::of(&state, invited)))
}

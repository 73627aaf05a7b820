//! `GET /api/session/ways`: which ways to log in there are. Public: the page asks before anybody is logged in.

use axum::{Json, extract::State};
use mcpbox_catalog::identity;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::Answer, extract::Site, state::AdminState};

/// Ways to log in beside name and password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ways {
    /// Whether passkeys work at this address.
    passkeys: bool,
    /// What the OpenID provider is called, if one is switched on.
    oidc: Option<String>,
}

/// Tells which ways to log in there are.
#[utoipa::path(get, path = "/session/ways", tag = "session", responses((status = OK, body = Ways)))]
pub(crate) async fn ways(State(state): State<AdminState>, site: Site) -> Answer<Ways> {
    Ok(Json(Ways { passkeys: site.0.is_some(), oidc: identity::offered_provider(&state.catalog).await? }))
}

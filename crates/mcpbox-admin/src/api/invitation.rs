//! One-time links with which humans set the password of their account. Public: the link is the proof.

use axum::{Json as Body, extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use mcpbox_catalog::identity::{self, Invited};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{
        Answer,
        session::login::{SessionView, log_in, origin_of},
    },
    extract::{Json, Site},
    peer::{Https, Peer},
    problem::Problem,
    state::AdminState,
};

/// A link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkRequest {
    /// Its token.
    #[schema(value_type = String, write_only)]
    token: SecretString,
}

/// A password for the link's account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptRequest {
    /// The link's token.
    #[schema(value_type = String, write_only)]
    token: SecretString,
    /// 8 to 1024 characters.
    #[schema(value_type = String, write_only, format = Password)]
    password: SecretString,
}

/// Tells whose link this is.
#[utoipa::path(post, path = "/invitation", tag = "invitation", request_body = LinkRequest, responses((status = OK, body = Invited)))]
pub(crate) async fn look(
    State(state): State<AdminState>,
    peer: Peer,
    Json(request): Json<LinkRequest>,
) -> Answer<Invited> {
    state.limits.login(peer)?;
    Ok(Body(identity::invitation(&state.catalog, &request.token).await?))
}

/// Sets the password of the link's account and logs in. The link is used up.
#[utoipa::path(
    post, path = "/invitation/accept", tag = "invitation", request_body = AcceptRequest,
    responses((status = OK, body = SessionView, description = "Set, and logged in: the cookie is set"))
)]
pub(crate) async fn accept(
    State(state): State<AdminState>,
    peer: Peer,
    site: Site,
    https: Https,
    headers: HeaderMap,
    Json(request): Json<AcceptRequest>,
) -> Result<Response, Problem> {
    state.limits.login(peer)?;
    let account = identity::accept_invitation(&state.catalog, &request.token, &request.password).await?;
    log_in(&state, StatusCode::OK, (&account.username, &request.password), (site, https), origin_of(peer, &headers))
        .await
}

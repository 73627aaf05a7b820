//! `POST /api/setup`: makes the first admin with the one-time token and logs in. Public, once.

use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use mcpbox_catalog::session::{self, FirstAdmin, SetupProof};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::session::login::{SessionView, log_in, origin_of},
    extract::{Json, Site},
    peer::{Https, Peer},
    problem::Problem,
    state::AdminState,
};

/// The first admin account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupRequest {
    /// The token of the setup link; not needed on the command line's socket.
    #[schema(value_type = Option<String>, write_only)]
    token: Option<SecretString>,
    /// Name to log in with, 1 to 64 characters.
    username: String,
    /// 10 to 1024 characters.
    #[schema(value_type = String, write_only, format = Password)]
    password: SecretString,
}

/// Makes the first admin account and logs in.
#[utoipa::path(
    post, path = "/setup", tag = "setup", request_body = SetupRequest,
    responses((status = CREATED, body = SessionView, description = "Made, and logged in: the cookie is set"))
)]
pub(crate) async fn complete(
    State(state): State<AdminState>,
    peer: Peer,
    site: Site,
    https: Https,
    headers: HeaderMap,
    Json(request): Json<SetupRequest>,
) -> Result<Response, Problem> {
    let proof = match (request.token, peer) {
        (Some(token), _) => SetupProof::Token(token),
        (None, Peer::Socket) => SetupProof::Local,
        (None, Peer::Address(_)) => {
            return Err(Problem::invalid(
                "The token is missing: open the setup link that MCPbox printed at its start.",
            ));
        }
    };
    state.limits.login(peer)?;
    let first = FirstAdmin { proof, username: request.username.clone(), password: request.password.clone() };
    session::create_first_admin(&state.catalog, first).await?;
    let origin = origin_of(peer, &headers);
    log_in(&state, StatusCode::CREATED, (&request.username, &request.password), (site, https), origin).await
}

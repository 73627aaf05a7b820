//! `POST /api/session`: password in, cookie out. Public, and limited more than anything else: each attempt costs memory
//! and time on purpose.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header};
use mcpbox_catalog::session::{self, Account, LoginOrigin, NewSession};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    auth,
    extract::Json,
    peer::{Https, Peer},
    problem::Problem,
    state::AdminState,
};

/// Who wants to log in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    /// Name of the account.
    username: String,
    /// Its password.
    #[schema(value_type = String, write_only, format = Password)]
    password: SecretString,
}

/// A session. Its token stands in the cookie only.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    /// Who is logged in.
    user: Account,
    /// When the session ends at the latest; it ends earlier after 12 hours without use.
    expires_at: DateTime<Utc>,
}

/// Logs in.
#[utoipa::path(
    post, path = "/session", tag = "session", request_body = LoginRequest,
    responses((status = OK, body = SessionView, description = "Logged in: the cookie is set"))
)]
pub(crate) async fn login(
    State(state): State<AdminState>,
    peer: Peer,
    https: Https,
    headers: HeaderMap,
    Json(request): Json<LoginRequest>,
) -> Result<Response, Problem> {
    state.limits.login(peer)?;
    let session =
        session::login(&state.catalog, &request.username, &request.password, origin_of(peer, &headers)).await?;
    logged_in(StatusCode::OK, session, https)
}

/// Where a login comes from.
pub(crate) fn origin_of(peer: Peer, headers: &HeaderMap) -> LoginOrigin {
    let address = match peer {
        Peer::Address(address) => address.to_string(),
        Peer::Socket => "the command line".to_owned(),
    };
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    LoginOrigin { address, user_agent: user_agent.to_owned() }
}

/// The answer to a login: the session's cookie.
pub(crate) fn logged_in(status: StatusCode, session: NewSession, https: Https) -> Result<Response, Problem> {
    let cookie = auth::session_cookie(&session.token, https).ok_or_else(Problem::internal)?;
    let view = SessionView { user: session.user, expires_at: session.expires_at };
    Ok((status, [(header::SET_COOKIE, cookie)], axum::Json(view)).into_response())
}

//! `POST /api/session`: password in, cookie out. Public, and limited more than anything else: each attempt costs memory
//! and time on purpose.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header};
use mcpbox_catalog::{
    identity::SecondFactor,
    session::{self, Account, Login, LoginOrigin, NewSession},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    auth,
    extract::{Json, Site},
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

/// The password was right; the account wants a second factor. Answer with `POST /api/session/second`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecondFactorView {
    /// Goes along with the answer.
    token: String,
    /// Whether the code of an app answers. A recovery code always does while there is one.
    takes_code: bool,
    /// For `navigator.credentials.get`; none when no passkey of the account is for this address.
    #[schema(value_type = Option<Object>)]
    passkey: Option<Value>,
}

/// Logs in.
#[utoipa::path(
    post, path = "/session", tag = "session", request_body = LoginRequest,
    responses(
        (status = OK, body = SessionView, description = "Logged in: the cookie is set"),
        (status = ACCEPTED, body = SecondFactorView, description = "The password is right; a second factor is wanted"),
    )
)]
pub(crate) async fn login(
    State(state): State<AdminState>,
    peer: Peer,
    site: Site,
    https: Https,
    headers: HeaderMap,
    Json(request): Json<LoginRequest>,
) -> Result<Response, Problem> {
    state.limits.login(peer)?;
    let origin = origin_of(peer, &headers);
    log_in(&state, StatusCode::OK, (&request.username, &request.password), (site, https), origin).await
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

/// Opens a session, or asks for the second factor.
pub(crate) async fn log_in(
    state: &AdminState,
    status: StatusCode,
    (username, password): (&str, &SecretString),
    (site, https): (Site, Https),
    origin: LoginOrigin,
) -> Result<Response, Problem> {
    match session::login(&state.catalog, username, password, origin, site.0.as_ref()).await? {
        Login::Done(session) => opened(status, session, https),
        Login::SecondFactor(SecondFactor { token, takes_code, passkey }) => {
            let view = SecondFactorView { token: token.expose_secret().to_owned(), takes_code, passkey };
            Ok((StatusCode::ACCEPTED, axum::Json(view)).into_response())
        }
    }
}

/// The answer that carries the cookie.
pub(crate) fn opened(status: StatusCode, session: NewSession, https: Https) -> Result<Response, Problem> {
    let cookie = auth::session_cookie(&session.token, https).ok_or_else(Problem::internal)?;
    let view = SessionView { user: session.user, expires_at: session.expires_at };
    Ok((status, [(header::SET_COOKIE, cookie)], axum::Json(view)).into_response())
}

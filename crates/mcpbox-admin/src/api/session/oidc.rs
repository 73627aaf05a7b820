//! `/api/session/oidc`: to the OpenID provider and back. Public, and limited as logins are.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, header};
use mcpbox_catalog::{
    CatalogError,
    identity::{self, OidcAnswer, OidcDone, OidcStart},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::login::origin_of;
use crate::{
    auth,
    extract::Query,
    peer::{Https, Peer},
    problem::Problem,
    state::AdminState,
};

/// Where to go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OidcGo {
    /// The provider's page.
    url: String,
}

/// What the provider sends back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OidcCallback {
    /// What was sent along.
    #[serde(default)]
    state: String,
    /// The code.
    #[serde(default)]
    code: String,
    /// Who answers (RFC 9207).
    iss: Option<String>,
    /// Why there is no code.
    error: Option<String>,
}

/// Begins a login at the OpenID provider.
#[utoipa::path(
    post, path = "/session/oidc", tag = "session",
    responses((status = OK, body = OidcGo, description = "Go there with the cookie that is set"))
)]
pub(crate) async fn start_oidc(State(state): State<AdminState>, peer: Peer, https: Https) -> Result<Response, Problem> {
    state.limits.login(peer)?;
    go(https, identity::start_oidc_login(&state.catalog).await?)
}

/// The answer that sends a browser to the provider.
pub(crate) fn go(https: Https, start: OidcStart) -> Result<Response, Problem> {
    let cookie = auth::oidc_cookie(Some(&start.token), https).ok_or_else(Problem::internal)?;
    Ok(([(header::SET_COOKIE, cookie)], axum::Json(OidcGo { url: start.url })).into_response())
}

/// Takes back who comes from the provider, and sends them to the page: in, or to the login with what went wrong.
#[utoipa::path(
    get, path = "/session/oidc/callback", tag = "session", params(OidcCallback),
    responses((status = SEE_OTHER, description = "To the page"))
)]
pub(crate) async fn callback_oidc(
    State(state): State<AdminState>,
    peer: Peer,
    https: Https,
    headers: HeaderMap,
    Query(query): Query<OidcCallback>,
) -> Result<Response, Problem> {
    let Some(token) = auth::oidc_token(&headers) else { return back(https, "/login?failed=astray", None) };
    if query.error.is_some() {
        return back(https, "/login?failed=provider", None);
    }
    let answer = OidcAnswer { token, state: query.state, code: query.code, iss: query.iss };
    match identity::finish_oidc(&state.catalog, answer, origin_of(peer, &headers)).await {
        Ok(OidcDone::LoggedIn(session)) => {
            let cookie = auth::session_cookie(&session.token, https).ok_or_else(Problem::internal)?;
            back(https, "/", Some(cookie))
        }
        Ok(OidcDone::Linked) => back(https, "/settings/account?linked=true", None),
        Err(CatalogError::Unauthenticated(_)) => back(https, "/login?failed=astray", None),
        Err(CatalogError::Refused(failure)) => {
            tracing::warn!(reason = failure.message, "a login with the OpenID provider was refused");
            let word = match failure.kind {
                mcpbox_core::failure::FailureKind::Forbidden => "not_listed",
                mcpbox_core::failure::FailureKind::Conflict => "linked_elsewhere",
                _ => "provider",
            };
            back(https, &format!("/login?failed={word}"), None)
        }
        Err(other) => Err(other.into()),
    }
}

/// To a page of ours, never to one that a parameter names.
fn back(https: Https, page: &str, session: Option<HeaderValue>) -> Result<Response, Problem> {
    let mut response = Redirect::to(page).into_response();
    let over = auth::oidc_cookie(None, https).ok_or_else(Problem::internal)?;
    for cookie in [Some(over), session].into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

//! `/api/sources/{id}/login` and the way back from there.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header};
use mcpbox_catalog::{
    CatalogError,
    source::{self, BeginLogin, LoginBegun},
};
use mcpbox_core::{ids::SourceId, source_login::LoginAnswer};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    auth::{self, Administrator},
    extract::{Json, Path, Query},
    peer::{Https, Peer},
    problem::Problem,
    state::AdminState,
};

/// A login that is to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceLoginRequest {
    /// Origins that may be contacted for it besides the source's own, as an earlier answer named them under `allow`.
    #[serde(default)]
    origins: Vec<String>,
    /// Id of a client that was made there by hand; without one MCPbox says itself who it is.
    client_id: Option<String>,
    /// Its secret, where it has one.
    #[schema(value_type = Option<String>)]
    client_secret: Option<SecretString>,
}

/// What comes back with somebody.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LoginCallback {
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
    /// The same in words.
    #[serde(default)]
    error_description: String,
}

/// Begins a login at an external source with an account there: names what must be contacted for it, or the page to go to.
#[utoipa::path(
    post, path = "/sources/{id}/login", tag = "sources",
    params(("id" = SourceId, Path, description = "Id of the source")),
    request_body = SourceLoginRequest, responses((status = OK, body = LoginBegun))
)]
pub(crate) async fn begin_login(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    https: Https,
    Path(id): Path<SourceId>,
    Json(request): Json<SourceLoginRequest>,
) -> Result<Response, Problem> {
    let SourceLoginRequest { origins, client_id, client_secret } = request;
    let request = BeginLogin { origins, client_id, client_secret };
    let (begun, token) = source::begin_login(&state.catalog, &admin, id, request).await?;
    let mut response = axum::Json::<LoginBegun>(begun).into_response();
    if let Some(token) = token {
        let cookie = auth::source_cookie(Some(&token), https).ok_or_else(Problem::internal)?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Takes back who logged in at a source, and sends them to its page, which says how it went.
#[utoipa::path(
    get, path = "/sources/login/callback", tag = "sources", params(LoginCallback),
    responses((status = SEE_OTHER, description = "To the page"))
)]
pub(crate) async fn login_callback(
    State(state): State<AdminState>,
    peer: Peer,
    https: Https,
    headers: HeaderMap,
    Query(query): Query<LoginCallback>,
) -> Result<Response, Problem> {
    state.limits.login(peer)?;
    let Some(token) = auth::source_token(&headers) else { return back(https, "/servers?login=astray") };
    let LoginCallback { state: sent, code, iss, error, error_description } = query;
    let answer = match error {
        Some(error) => Err((error, error_description)),
        None => Ok(LoginAnswer { code, state: sent.clone(), issuer: iss }),
    };
    match source::finish_login(&state.catalog, &token, &sent, answer).await {
        Ok(server) => back(https, &format!("/servers/{server}/sources")),
        Err(CatalogError::Unauthenticated(_)) => back(https, "/servers?login=astray"),
        Err(other) => Err(other.into()),
    }
}

/// Forgets the login at an external source, and asks there to take the tokens back; the audit says how that went.
#[utoipa::path(
    delete, path = "/sources/{id}/login", tag = "sources",
    params(("id" = SourceId, Path, description = "Id of the source")),
    responses((status = NO_CONTENT, description = "Forgotten"))
)]
pub(crate) async fn end_login(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path(id): Path<SourceId>,
) -> Result<StatusCode, Problem> {
    source::end_login(&state.catalog, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// To a page of ours, never to one that a parameter names.
fn back(https: Https, page: &str) -> Result<Response, Problem> {
    let mut response = Redirect::to(page).into_response();
    let over = auth::source_cookie(None, https).ok_or_else(Problem::internal)?;
    response.headers_mut().append(header::SET_COOKIE, over);
    Ok(response)
}

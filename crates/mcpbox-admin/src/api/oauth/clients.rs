//! `/api/oauth/clients`: clients that registered themselves, are described by a document, or were entered.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::oauth::{self, NewClient};
use mcpbox_core::{oauth::OAuthClient, paging::Page};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{Answer, PageQuery},
    auth::{Administrator, Viewer},
    extract::{Json, Query},
    problem::Problem,
    state::AdminState,
};

/// A client that neither registers itself nor has a document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnterClient {
    /// What pages call it: 1 to 60 characters.
    name: String,
    /// Where answers may be sent to: 1 to 10 addresses.
    redirect_uris: Vec<String>,
}

/// Which client.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClientQuery {
    /// Its `client_id`, which may be an address.
    client_id: String,
}

/// Lists known clients, newest first.
#[utoipa::path(
    get, path = "/oauth/clients", tag = "oauth", operation_id = "list_clients", params(PageQuery),
    responses((status = OK, body = Page<OAuthClient>))
)]
pub(crate) async fn list(
    State(state): State<AdminState>,
    _: Viewer,
    Query(page): Query<PageQuery>,
) -> Answer<Page<OAuthClient>> {
    Ok(axum::Json(oauth::clients(&state.catalog, page.request()).await?))
}

/// Enters a client; its `client_id` is what its settings need. It has no secret.
#[utoipa::path(
    post, path = "/oauth/clients", tag = "oauth", operation_id = "enter_client", request_body = EnterClient,
    responses((status = CREATED, body = OAuthClient))
)]
pub(crate) async fn enter(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Json(EnterClient { name, redirect_uris }): Json<EnterClient>,
) -> Result<(StatusCode, axum::Json<OAuthClient>), Problem> {
    let client = oauth::enter_client(&state.catalog, &admin, NewClient { name, redirect_uris }).await?;
    Ok((StatusCode::CREATED, axum::Json(client)))
}

/// Forgets a client and ends all that was authorised for it, at once.
#[utoipa::path(
    delete, path = "/oauth/clients", tag = "oauth", operation_id = "delete_client", params(ClientQuery),
    responses((status = NO_CONTENT, description = "Forgotten"))
)]
pub(crate) async fn delete(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Query(query): Query<ClientQuery>,
) -> Result<StatusCode, Problem> {
    oauth::delete_client(&state.catalog, &admin, &query.client_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! The connection over Cloudflare: planned, shown before it is sent, done and undone step by step.

use std::collections::BTreeSet;

use axum::extract::State;
use mcpbox_catalog::cloudflare;
use mcpbox_core::cloudflare::{Plan, Setup};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::Answer,
    auth::{Administrator, Viewer},
    extract::Json,
    state::AdminState,
};

/// What is to be done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanCloudflare {
    /// Name of everything that is made: 1 to 40 of `a-z 0-9 -`.
    name: String,
    /// Account to use, 32 hex digits; the only one that the token sees unless given.
    account_id: Option<String>,
    /// E-mail addresses of the people who may sign in.
    emails: Vec<String>,
    /// Where `cloudflared` reaches the remote gateway: an IPv4 address or a name.
    gateway_host: String,
    /// Its port there.
    gateway_port: u16,
    /// API token of Cloudflare; the one that is kept unless given. Never returned.
    #[schema(value_type = Option<String>, write_only, format = Password)]
    token: Option<SecretString>,
}

/// Shows how far it is, and every request that is sent next. Sends nothing.
#[utoipa::path(get, path = "/cloudflare", tag = "cloudflare", responses((status = OK, body = Setup)))]
pub(crate) async fn show(State(state): State<AdminState>, _: Viewer) -> Answer<Setup> {
    Ok(axum::Json(cloudflare::show(&state.catalog).await?))
}

/// Writes down what is to be done. Sends nothing.
#[utoipa::path(
    put, path = "/cloudflare", tag = "cloudflare", request_body = PlanCloudflare,
    responses((status = OK, body = Setup))
)]
pub(crate) async fn plan(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Json(request): Json<PlanCloudflare>,
) -> Answer<Setup> {
    let PlanCloudflare { name, account_id, emails, gateway_host, gateway_port, token } = request;
    let emails: BTreeSet<String> = emails.iter().map(|email| email.trim().to_lowercase()).collect();
    let plan = Plan { name, account_id, emails, gateway_host, gateway_port };
    Ok(axum::Json(cloudflare::plan(&state.catalog, &admin, plan, token).await?))
}

/// Does the next step. What came of it stands in its message, also when it did not work.
#[utoipa::path(post, path = "/cloudflare/next", tag = "cloudflare", responses((status = OK, body = Setup)))]
pub(crate) async fn next(State(state): State<AdminState>, Administrator(admin): Administrator) -> Answer<Setup> {
    Ok(axum::Json(cloudflare::run(&state.catalog, &admin).await?))
}

/// Undoes the last step that was begun.
#[utoipa::path(post, path = "/cloudflare/undo", tag = "cloudflare", responses((status = OK, body = Setup)))]
pub(crate) async fn undo(State(state): State<AdminState>, Administrator(admin): Administrator) -> Answer<Setup> {
    Ok(axum::Json(cloudflare::undo(&state.catalog, &admin).await?))
}

/// Forgets the API token; what was made goes on working.
#[utoipa::path(delete, path = "/cloudflare/token", tag = "cloudflare", responses((status = OK, body = Setup)))]
pub(crate) async fn forget(State(state): State<AdminState>, Administrator(admin): Administrator) -> Answer<Setup> {
    Ok(axum::Json(cloudflare::forget_token(&state.catalog, &admin).await?))
}

//! `POST /api/tokens`.

use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use mcpbox_catalog::access::pat::{self, NewToken};
use mcpbox_core::{principal::Scope, token::AccessToken};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{auth::Decider, extract::Json, problem::Problem, state::AdminState};

/// What a client is to be allowed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateToken {
    /// What it is for: 1 to 60 characters, unique.
    name: String,
    /// What it allows: one scope or more.
    scopes: Vec<Scope>,
    /// When it ends; without it, never.
    expires_at: Option<DateTime<Utc>>,
}

/// A token, for the only time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeToken {
    /// What the client sends as `Authorization: Bearer …`. It is not kept and not shown again.
    secret: String,
    /// What is known of it.
    token: AccessToken,
}

/// Makes a token; its client acts for the human who makes it.
#[utoipa::path(
    post, path = "/tokens", tag = "tokens", request_body = CreateToken,
    responses((status = CREATED, body = MadeToken))
)]
pub(crate) async fn create(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Json(request): Json<CreateToken>,
) -> Result<(StatusCode, axum::Json<MadeToken>), Problem> {
    let CreateToken { name, scopes, expires_at } = request;
    let made = pat::create(&state.catalog, &reviewer, NewToken { name, scopes, expires_at }).await?;
    let made = MadeToken { secret: made.secret.expose_secret().to_owned(), token: made.token };
    Ok((StatusCode::CREATED, axum::Json(made)))
}

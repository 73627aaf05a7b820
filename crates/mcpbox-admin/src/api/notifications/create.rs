//! `POST /api/notifications`.

use std::collections::BTreeSet;

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::notify::{self, NewTarget};
use mcpbox_core::notification::{NoticeEvent, Target, TargetKind};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{auth::Administrator, extract::Json, problem::Problem, state::AdminState};

/// Where notifications are to go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTarget {
    /// What people call it: 1 to 60 characters, unique.
    name: String,
    /// Which service.
    kind: TargetKind,
    /// Its address: of the webhook, or of the ntfy topic. Addresses of a private network are fine. Never returned.
    #[schema(value_type = String, write_only, format = Password)]
    url: SecretString,
    /// Access token for ntfy, or signing secret (`whsec_…`) for a webhook. Never returned.
    #[schema(value_type = Option<String>, write_only, format = Password)]
    key: Option<SecretString>,
    /// What it is told; `review_waiting` and `granted_get` unless given.
    events: Option<BTreeSet<NoticeEvent>>,
}

/// Adds a target; it is told what happens from now on.
#[utoipa::path(
    post, path = "/notifications", tag = "notifications", request_body = CreateTarget,
    responses((status = CREATED, body = Target))
)]
pub(crate) async fn create(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Json(request): Json<CreateTarget>,
) -> Result<(StatusCode, axum::Json<Target>), Problem> {
    let CreateTarget { name, kind, url, key, events } = request;
    let target = notify::create_target(&state.catalog, &admin, NewTarget { name, kind, url, key, events }).await?;
    Ok((StatusCode::CREATED, axum::Json(target)))
}

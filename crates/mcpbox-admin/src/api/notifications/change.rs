//! `PATCH /api/notifications/{id}`.

use std::collections::BTreeSet;

use axum::extract::State;
use mcpbox_catalog::notify;
use mcpbox_core::{
    ids::TargetId,
    notification::{NoticeEvent, Target},
};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::Answer,
    auth::Administrator,
    extract::{Json, Path},
    state::AdminState,
};

/// What to change; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeTarget {
    /// Another name.
    name: Option<String>,
    /// Another address of the same service; the key must then be given anew. Never returned.
    #[schema(value_type = Option<String>, write_only, format = Password)]
    url: Option<SecretString>,
    /// Another key; an empty one takes it away. Never returned.
    #[schema(value_type = Option<String>, write_only, format = Password)]
    key: Option<SecretString>,
    /// What it is told.
    events: Option<BTreeSet<NoticeEvent>>,
    /// Whether messages are sent; one that is switched on is told what happens from then on.
    is_on: Option<bool>,
}

/// Changes a target.
#[utoipa::path(
    patch, path = "/notifications/{id}", tag = "notifications",
    params(("id" = TargetId, Path, description = "Id of the target")),
    request_body = ChangeTarget, responses((status = OK, body = Target))
)]
pub(crate) async fn change(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path(id): Path<TargetId>,
    Json(request): Json<ChangeTarget>,
) -> Answer<Target> {
    let ChangeTarget { name, url, key, events, is_on } = request;
    let change = notify::TargetChange { name, url, key, events, is_on };
    Ok(axum::Json(notify::change_target(&state.catalog, &admin, id, change).await?))
}

//! `POST /api/sessions/end-others`.

use axum::{Json, extract::State};
use mcpbox_catalog::session;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::Answer, auth::Member, state::AdminState};

/// What was ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndedSessions {
    /// How many sessions.
    ended: u64,
}

/// Ends all of one's own sessions but the one that asks, at once.
#[utoipa::path(post, path = "/sessions/end-others", tag = "sessions", responses((status = OK, body = EndedSessions)))]
pub(crate) async fn end_others(State(state): State<AdminState>, Member(human): Member) -> Answer<EndedSessions> {
    Ok(Json(EndedSessions { ended: session::end_other_sessions(&state.catalog, &human).await? }))
}

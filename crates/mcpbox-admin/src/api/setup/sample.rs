//! `POST /api/setup/sample`: a tool to try the way from a request to a run, before an LLM has written one.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, ToolStatus};

use crate::{api::Answer, auth::Maker, state::AdminState};

/// Makes the sample tool and asks for its review, like an LLM would. Once it is there, tells where it stands.
#[utoipa::path(post, path = "/setup/sample", tag = "setup", responses((status = OK, body = ToolStatus)))]
pub(crate) async fn make_sample(State(state): State<AdminState>, viewer: Maker) -> Answer<ToolStatus> {
    Ok(Json(author::make_sample(&state.catalog, viewer.caller()).await?))
}

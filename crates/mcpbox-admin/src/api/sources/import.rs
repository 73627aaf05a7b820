//! `POST /api/sources/{id}/import`.

use axum::{Json, extract::State};
use mcpbox_catalog::{
    author,
    source::{self, ImportedTool},
};
use mcpbox_core::{
    ids::{ReviewId, SourceId, ToolId},
    version::VersionState,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::Answer,
    auth::Maker,
    extract::{self, Path},
    problem::Problem,
    state::AdminState,
};

/// Which tools.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolChoice {
    /// As the source calls them; 1 to 50.
    tool_names: Vec<String>,
}

/// What was imported.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportedTools {
    /// In the order in which they were named.
    tools: Vec<ImportedForReview>,
}

/// A tool that was imported.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportedForReview {
    /// The tool.
    tool_id: ToolId,
    /// What it is here, `server__tool`.
    name: String,
    /// The review that it waits in; none for one that was approved exactly so before.
    review_id: Option<ReviewId>,
}

/// Imports tools of an external source, each pinned as it is now, and asks for their publication.
#[utoipa::path(
    post, path = "/sources/{id}/import", tag = "sources",
    params(("id" = SourceId, Path, description = "Id of the source")),
    request_body = ToolChoice, responses((status = OK, body = ImportedTools))
)]
pub(crate) async fn import(
    State(state): State<AdminState>,
    maker: Maker,
    Path(id): Path<SourceId>,
    extract::Json(request): extract::Json<ToolChoice>,
) -> Answer<ImportedTools> {
    let report = source::import(&state.catalog, maker.caller(), &id.to_string(), &request.tool_names).await?;
    let mut tools = Vec::new();
    for tool in report.tools {
        let review_id = ask(&state, &maker, &tool).await?;
        tools.push(ImportedForReview { tool_id: tool.tool_id, name: tool.name, review_id });
    }
    Ok(Json(ImportedTools { tools }))
}

/// The review of an imported tool, opened unless it is open.
async fn ask(state: &AdminState, maker: &Maker, tool: &ImportedTool) -> Result<Option<ReviewId>, Problem> {
    if tool.state == VersionState::Approved {
        return Ok(None);
    }
    let asked = author::request_publish(&state.catalog, maker.caller(), &tool.name, "").await?;
    Ok(Some(asked.review_id))
}
